#include "quote_pace.hpp"

#include <algorithm>

namespace bowline::coinbase {

QuotePace::QuotePace(const Options& options)
    : options_(options),
      spacing_ns_((1'000'000'000 + std::clamp(options.per_second, 1, 1000) - 1) / std::clamp(options.per_second, 1, 1000)) {}

bool QuotePace::may_go(Slot& s, std::int64_t now_ns) const {
  if (!s.sent) return true;
  if (now_ns < s.sent_ns) s.sent_ns = now_ns;  // the clock stepped back: at most one spacing is waited from here
  return now_ns - s.sent_ns >= spacing_ns_;
}

PacedQuote QuotePace::send(std::uint32_t instrument, Slot& s, std::int64_t now_ns) {
  const PacedQuote out{instrument, *s.held, s.newest_ns};
  s.sent = s.held;
  s.sent_ns = now_ns;
  s.held.reset();
  return out;
}

std::optional<PacedQuote> QuotePace::offer(std::uint32_t instrument, const BookQuote& quote, std::int64_t event_ns,
                                           std::int64_t now_ns) {
  Slot& s = slots_[instrument];
  // What is far ahead of the clock is not believed; nor is it of the quote before, when the clock has stepped back.
  if (event_ns - options_.max_ahead_ns > now_ns) event_ns = now_ns;
  if (s.newest_ns - options_.max_ahead_ns > now_ns) s.newest_ns = now_ns;
  if (event_ns < s.newest_ns) {
    ++old_;
    return std::nullopt;
  }
  s.newest_ns = event_ns;
  if (s.held && *s.held != quote) ++conflated_;
  if (s.sent && *s.sent == quote) {
    // Back where it was, or unchanged: nothing new to say, but that the book lives.
    s.held.reset();
    if (now_ns >= s.sent_ns && now_ns - s.sent_ns < options_.repeat_ns) return std::nullopt;
  }
  s.held = quote;
  if (!may_go(s, now_ns)) return std::nullopt;
  return send(instrument, s, now_ns);
}

void QuotePace::due(std::int64_t now_ns, std::vector<PacedQuote>& out) {
  for (auto& [instrument, s] : slots_)
    if (s.held && may_go(s, now_ns)) out.push_back(send(instrument, s, now_ns));
}

std::optional<std::int64_t> QuotePace::next_due_ns() const noexcept {
  std::optional<std::int64_t> next;
  for (const auto& [instrument, s] : slots_)
    if (s.held) next = std::min(next.value_or(INT64_MAX), s.sent_ns + spacing_ns_);
  return next;
}

void QuotePace::drop(std::uint32_t instrument) {
  if (const auto it = slots_.find(instrument); it != slots_.end()) it->second.held.reset();
}

}  // namespace bowline::coinbase
