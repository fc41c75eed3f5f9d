#include "stream_watch.hpp"

#include <algorithm>

namespace bowline::coinbase {

void StreamWatch::watch_connection(std::int64_t limit_ns, std::int64_t now_ns) {
  watch(Channel::unknown, {}, limit_ns, now_ns);
}

void StreamWatch::watch(Channel channel, std::string_view product, std::int64_t limit_ns, std::int64_t now_ns) {
  lines_[Key{channel, std::string(product)}] = Line{std::max<std::int64_t>(limit_ns, 0), now_ns, false};
}

void StreamWatch::forget(Channel channel, std::string_view product) { lines_.erase(Key{channel, std::string(product)}); }

void StreamWatch::touch(Channel channel, std::string_view product, std::int64_t now_ns) {
  const auto it = lines_.find(Key{channel, std::string(product)});
  if (it == lines_.end()) return;
  it->second.last_ns = now_ns;  // also when the clock stepped back: it counts from here
  it->second.told = false;
}

void StreamWatch::heard(const StreamFrame& frame, std::int64_t now_ns) {
  heard_connection(now_ns);
  if (frame.is_error || frame.channel == Channel::unknown || frame.channel == Channel::subscriptions) return;
  touch(frame.channel, {}, now_ns);
  for (const std::string_view product : products_of(frame)) touch(frame.channel, product, now_ns);
}

void StreamWatch::heard_connection(std::int64_t now_ns) { touch(Channel::unknown, {}, now_ns); }

std::vector<StaleStream> StreamWatch::check(std::int64_t now_ns) {
  std::vector<StaleStream> out;
  for (auto& [key, line] : lines_) {
    if (now_ns < line.last_ns) line.last_ns = now_ns;  // a clock that stepped back does not prolong the patience
    if (line.told || !is_stale(line, now_ns)) continue;
    line.told = true;
    out.push_back({std::get<0>(key), std::get<1>(key), now_ns - line.last_ns});
  }
  return out;
}

std::vector<StaleStream> StreamWatch::stale(std::int64_t now_ns) const {
  std::vector<StaleStream> out;
  for (const auto& [key, line] : lines_)
    if (is_stale(line, now_ns)) out.push_back({std::get<0>(key), std::get<1>(key), now_ns - line.last_ns});
  return out;
}

std::optional<std::int64_t> StreamWatch::next_due_ns() const noexcept {
  std::optional<std::int64_t> next;
  for (const auto& [key, line] : lines_)
    if (line.limit_ns > 0 && !line.told) next = std::min(next.value_or(INT64_MAX), line.last_ns + line.limit_ns + 1);
  return next;
}

std::optional<std::int64_t> StreamWatch::last_ns(Channel channel, std::string_view product) const {
  const auto it = lines_.find(Key{channel, std::string(product)});
  return it == lines_.end() ? std::nullopt : std::optional(it->second.last_ns);
}

}  // namespace bowline::coinbase
