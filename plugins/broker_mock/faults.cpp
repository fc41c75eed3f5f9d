#include "faults.hpp"

#include "fill_rules.hpp"

namespace bowline::broker_mock {

bool hits(std::uint64_t seed, const std::string& key, std::int64_t time_ns, Draw what,
          double probability) noexcept {
  return probability > 0 && luck(seed, key, time_ns, static_cast<std::uint64_t>(what)) < probability;
}

Carriage carriage_of(const FaultOptions& f, std::uint64_t seed, const std::string& key, std::int64_t now_ns,
                     Draw timeout, Draw lost) noexcept {
  if (!hits(seed, key, now_ns, timeout, f.timeout_probability)) return Carriage::sound;
  return hits(seed, key, now_ns, lost, f.timeout_lost_share) ? Carriage::lost : Carriage::silent;
}

Fate fate_of(const FaultOptions& f, std::uint64_t seed, const std::string& key, std::int64_t ts_ns) noexcept {
  if (hits(seed, key, ts_ns, Draw::lost_fill, f.lost_fill_probability)) return Fate::lost;
  if (hits(seed, key, ts_ns, Draw::late_fill, f.late_fill_probability)) return Fate::late;
  if (hits(seed, key, ts_ns, Draw::duplicate_fill, f.duplicate_fill_probability)) return Fate::twice;
  return Fate::prompt;
}

}  // namespace bowline::broker_mock
