// Between what the venue says and what the host hears: fills told twice, late or never, late
// acknowledgements, and times in which nothing comes through. The venue's books know nothing of it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "faults.hpp"
#include "report.hpp"
#include "venue.hpp"

namespace bowline::broker_mock {

/// The use: on_bar() before the venue's; collect() when the venue has worked; then make durable, also what
/// new_outage() says; then venue.committed() and deliver(). One thread. Times as those of the venue.
class Teller {
 public:
  Teller(const FaultOptions& faults, std::uint64_t seed) : faults_(faults), seed_(seed) {}

  /// Goes on where a state file left off: late fills that were not told yet, an outage that is not over at
  /// `now_ns`.
  void restore(const Venue& venue, const std::optional<Outage>& outage, std::int64_t now_ns);
  bool has_something() const noexcept { return !held_.empty() || !late_.empty(); }

  bool down(std::int64_t now_ns) const noexcept { return outage_.covers(now_ns); }
  /// True when neither a bar that closes then nor the time until then has anything to tell or to draw.
  bool idle(std::int64_t close_ns) const noexcept {
    return close_ns < deadline_ns() && (faults_.disconnect_probability == 0 || close_ns <= drawn_ns_);
  }
  /// The next moment at which something that is held back is to be told; INT64_MAX = none.
  std::int64_t deadline_ns() const noexcept { return held_.empty() ? INT64_MAX : held_.front().due_ns; }

  /// Draws whether the link breaks with the close of this bar: once per moment, whatever the number of
  /// instruments, and not while it is down.
  void on_bar(std::int64_t close_ns);
  /// Takes what the venue has to say and decides what of it, and of what was held back, is told at `now_ns`.
  /// Notes in the venue when each fill is told.
  void collect(Venue& venue, std::int64_t now_ns);
  /// An outage that began since the last deliver().
  const std::optional<Outage>& new_outage() const noexcept { return new_outage_; }
  /// `said`: the balances that the venue told last. Becomes all that is told now, in order.
  void deliver(std::vector<Report>& said);

 private:
  struct Held {
    std::int64_t due_ns = 0;
    Report report;
    bool link() const noexcept {
      return report.kind == Report::Kind::link_down || report.kind == Report::Kind::link_up;
    }
  };
  bool lost(std::int64_t ts_ns) const noexcept { return outage_.covers(ts_ns) || before_.covers(ts_ns); }
  void hold(std::int64_t due_ns, Report r);
  void hold_link(Report::Kind kind, std::int64_t due_ns);
  void swallow(Report r);
  void route(Report r, Venue& venue);
  void date_late_fills(const Venue& venue);
  void release(Venue& venue, std::int64_t now_ns);

  FaultOptions faults_;
  std::uint64_t seed_;
  Outage outage_, before_;  ///< the latest, and the one before it
  std::optional<Outage> new_outage_;
  std::int64_t drawn_ns_ = INT64_MIN;  ///< the last moment a disconnect was drawn for
  std::vector<Held> held_;             ///< by due time, the link's words before others of one moment
  std::vector<Report> late_;           ///< late fills whose order has not ended
  std::vector<Report> fresh_, again_, ready_;
};

}  // namespace bowline::broker_mock
