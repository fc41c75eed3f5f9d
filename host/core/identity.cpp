#include "core/identity.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace bowline::core {
namespace {

Id128 hash_of(const unsigned char* bytes, std::size_t size) noexcept {
  const XXH128_hash_t h = XXH3_128bits(bytes, size);
  return {h.high64, h.low64};
}

// Fields are hashed with their lengths, so that no two different lists of fields give the same bytes.
class Facts {
  FactBytes& buf_;
  std::size_t n_ = 0;

 public:
  explicit Facts(FactBytes& bytes) noexcept : buf_(bytes) {}
  void add(std::uint64_t v) noexcept {
    if (n_ + 8 > buf_.size()) return;
    std::memcpy(buf_.data() + n_, &v, 8);
    n_ += 8;
  }
  void add(std::string_view s) noexcept {
    add(static_cast<std::uint64_t>(s.size()));
    if (s.size() > 96) {  // long names count by their own hash
      const XXH128_hash_t h = XXH3_128bits(s.data(), s.size());
      add(h.high64);
      add(h.low64);
      return;
    }
    // By words, the last of which overlaps: for a length it can't know, the compiler's own copy starts a string
    // instruction, which costs more than the hash.
    unsigned char* to = buf_.data() + n_;
    if (s.size() >= 8) {
      for (std::size_t i = 0; i + 8 < s.size(); i += 8) std::memcpy(to + i, s.data() + i, 8);
      std::memcpy(to + s.size() - 8, s.data() + s.size() - 8, 8);
    } else {
      for (std::size_t i = 0; i < s.size(); ++i) to[i] = static_cast<unsigned char>(s[i]);
    }
    n_ += s.size();
  }
  std::size_t size() const noexcept { return n_; }
};

ClientOrderId named(char first, char second, Id128 hash) noexcept {
  ClientOrderId id;
  id.text[0] = first;
  id.text[1] = second;
  id.text[2] = '-';
  hash.hex_to(id.text.data() + 3);
  return id;
}

}  // namespace

DecisionFacts::DecisionFacts(std::uint64_t run_seed, std::string_view symbol, std::string_view source,
                             std::string_view model) noexcept {
  FactBytes bytes;
  Facts f(bytes);
  f.add(run_seed);
  f.add(symbol);
  f.add(source);
  f.add(model);
  key_ = hash_of(bytes.data(), f.size());
}

[[gnu::hot]] Id128 DecisionFacts::at(Nanos time) const noexcept {
  const std::uint64_t words[3] = {key_.hi, key_.lo, static_cast<std::uint64_t>(time)};
  unsigned char bytes[sizeof words];
  std::memcpy(bytes, words, sizeof words);
  return hash_of(bytes, sizeof bytes);
}

Id128 decision_id(std::uint64_t run_seed, std::string_view symbol, Nanos time, std::string_view source,
                  std::string_view model) noexcept {
  return DecisionFacts(run_seed, symbol, source, model).at(time);
}

ClientOrderId client_order_id(std::uint64_t store_epoch, std::string_view account, Id128 decision, Purpose purpose,
                              std::uint32_t leg, std::uint32_t attempt) noexcept {
  FactBytes bytes;
  Facts f(bytes);
  f.add(store_epoch);
  f.add(decision.hi);
  f.add(decision.lo);
  f.add(static_cast<std::uint64_t>(purpose));
  f.add((static_cast<std::uint64_t>(leg) << 32) | attempt);
  f.add(account);
  return named('b', 'l', hash_of(bytes.data(), f.size()));
}

ClientOrderId external_order_id(std::string_view venue_id) noexcept {
  FactBytes bytes;
  Facts f(bytes);
  f.add("external order");
  f.add(venue_id);
  return named('e', 'x', hash_of(bytes.data(), f.size()));
}

}  // namespace bowline::core
