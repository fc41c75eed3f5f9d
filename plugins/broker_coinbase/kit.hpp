// What all parts of the broker share.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "catalogue.hpp"
#include "later.hpp"
#include "once_a_minute.hpp"
#include "orders.hpp"
#include "params.hpp"
#include "say.hpp"
#include "session.hpp"

namespace bowline::broker_coinbase {

struct Kit {
  const Host& host;
  const Options& options;
  Later later;
  Backoff backoff;
  Catalogue catalogue;
  Orders orders;
  Say say;
  Session session;
  bool stream_sound = false;  ///< what happens to an order is hinted at: then the clock need not ask as often
  std::size_t questions = 0;  ///< of the host, under way: what can wait lets them go first
  std::function<void()> on_quiet;  ///< called when the last of them has its answer; may be empty
  OnceAMinute unread_said;  ///< rows of lists that could not be read
  const std::int64_t begun_ns;  ///< what was decided before, an earlier process may have sent

  Kit(const Host& h, const Options& o, coinbase::Credentials credentials)
      : host(h),
        options(o),
        later(h),
        backoff(o.seed, o.backoff_first_ns, o.backoff_most_ns),
        catalogue(h),
        say(h, catalogue, orders),
        session(h, o, later, backoff, std::move(credentials)),
        begun_ns(h.now_ns()) {}
  /// From when on lists show what happened at `at_ns` of ours, by the venue's clock: by what is known of the clocks now, which may be set
  /// later. Never 0, which is from the beginning.
  std::int64_t listed_from(std::int64_t at_ns, std::int64_t margin_ns) const noexcept {
    constexpr std::int64_t not_told_ns = 600'000'000'000;
    return std::max<std::int64_t>(at_ns + session.skew_ns() - (session.clock_told() ? margin_ns : std::max(margin_ns, not_told_ns)), 1);
  }
  /// Of an order that is sent now.
  std::int64_t listed_from_now() const noexcept { return listed_from(host.now_ns(), 60'000'000'000); }
  /// Of one that another process sent, no earlier than that; 0, which nobody knows: from the beginning. A day: the clock which that one
  /// went by may have been wrong, and what the lists leave out would be taken for absent.
  std::int64_t listed_from_of_others(std::int64_t at_ns) const noexcept {
    return at_ns > 0 ? listed_from(std::min(at_ns, host.now_ns()), 86'400'000'000'000) : 0;
  }

  Kit(const Kit&) = delete;
  Kit& operator=(const Kit&) = delete;
};

/// What a question that failed means for whoever asked the broker.
inline bl_status status_of(const coinbase::Outcome& o) noexcept {
  switch (o.verdict) {
    case coinbase::Verdict::done: return BL_OK;
    case coinbase::Verdict::unauthorised: return BL_E_AUTH;
    case coinbase::Verdict::throttled: return BL_E_AGAIN;
    case coinbase::Verdict::refused: return BL_E_INVALID;
    case coinbase::Verdict::denied:
    case coinbase::Verdict::unknown: break;
  }
  return BL_E_IO;
}

}  // namespace bowline::broker_coinbase
