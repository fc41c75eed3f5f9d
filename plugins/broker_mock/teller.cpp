#include "teller.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace bowline::broker_mock {
namespace {
/// When it is said: an answer tells of what was before.
std::int64_t told_at(const Report& r) noexcept { return r.told_ns != 0 ? r.told_ns : r.ts_ns; }
}  // namespace


void Teller::restore(const Venue& venue, const std::optional<Outage>& outage, std::int64_t now_ns) {
  for (std::int64_t n = 1; n <= venue.fills(); ++n) {
    const Fill& f = venue.fill(n);
    if (f.fate != Fate::late || f.told_ns) continue;
    Report r;
    r.kind = Report::Kind::fill;
    r.ts_ns = f.ts_ns;
    r.order = venue.order(f.order);
    r.fill = f;
    late_.push_back(std::move(r));
  }
  date_late_fills(venue);
  if (!outage || !outage->covers(now_ns)) return;
  outage_ = *outage;
  hold_link(Report::Kind::link_down, now_ns);
  hold_link(Report::Kind::link_up, outage_.until_ns);
}

void Teller::on_bar(std::int64_t close_ns) {
  if (faults_.disconnect_probability == 0 || close_ns <= drawn_ns_) return;
  drawn_ns_ = close_ns;
  if (down(close_ns) || !hits(seed_, "", close_ns, Draw::disconnect, faults_.disconnect_probability)) return;
  before_ = outage_;
  outage_ = {close_ns, close_ns + faults_.disconnect_duration_ns};
  new_outage_ = outage_;
  hold_link(Report::Kind::link_down, outage_.from_ns);
  hold_link(Report::Kind::link_up, outage_.until_ns);
}

void Teller::hold(std::int64_t due_ns, Report r) {
  Held h{due_ns, std::move(r)};
  const auto behind = std::find_if(held_.begin(), held_.end(), [&h](const Held& other) {
    return other.due_ns > h.due_ns || (other.due_ns == h.due_ns && h.link() && !other.link());
  });
  held_.insert(behind, std::move(h));
}

void Teller::hold_link(Report::Kind kind, std::int64_t due_ns) {
  Report r;
  r.kind = kind;
  r.ts_ns = due_ns;
  hold(due_ns, std::move(r));
}

/// It happened while nothing came through: it is told when the link is up again, or never by itself.
void Teller::swallow(Report r) {
  if (!faults_.disconnect_replays) return;
  const std::int64_t due_ns = outage_.covers(told_at(r)) ? outage_.until_ns : before_.until_ns;
  hold(due_ns, std::move(r));
}

void Teller::route(Report r, Venue& venue) {
  const bool fill = r.kind == Report::Kind::fill;
  if (fill && r.fill.fate == Fate::lost) return;
  if (fill && r.fill.fate == Fate::late) return late_.push_back(std::move(r));
  if (lost(told_at(r))) {
    if (fill) venue.set_told(r.fill.number, std::nullopt);
    return swallow(std::move(r));
  }
  if (r.kind == Report::Kind::accepted &&
      hits(seed_, r.order.key(), r.ts_ns, Draw::late_ack, faults_.late_ack_probability)) {
    const std::int64_t due_ns = r.ts_ns + faults_.late_ack_delay_ns;
    return hold(due_ns, std::move(r));
  }
  if (fill && r.fill.fate == Fate::twice) again_.push_back(r);
  ready_.push_back(std::move(r));
}

/// A late fill comes behind the end of its order.
void Teller::date_late_fills(const Venue& venue) {
  const auto ended = std::stable_partition(late_.begin(), late_.end(), [&venue](const Report& r) {
    return !is_terminal(venue.order(r.fill.order).state);
  });
  for (auto it = ended; it != late_.end(); ++it) {
    const std::int64_t due_ns = venue.order(it->fill.order).updated_ns + faults_.late_fill_delay_ns;
    hold(due_ns, std::move(*it));
  }
  late_.erase(ended, late_.end());
}

/// Puts what is due among what is told now, each at its time.
void Teller::release(Venue& venue, std::int64_t now_ns) {
  for (std::size_t i = 0; i < held_.size();) {  // what is due while the link is down waits for its end
    if (held_[i].link() || !outage_.covers(held_[i].due_ns)) {
      ++i;
      continue;
    }
    Report waits = std::move(held_[i].report);
    held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(i));
    hold(outage_.until_ns, std::move(waits));
  }
  auto due = held_.begin();
  std::size_t at = 0;
  for (; due != held_.end() && due->due_ns <= now_ns; ++due) {
    while (at < ready_.size() &&
           (due->link() ? told_at(ready_[at]) < due->due_ns : told_at(ready_[at]) <= due->due_ns))
      ++at;
    due->report.told_ns = due->due_ns;
    if (due->report.kind == Report::Kind::fill) venue.set_told(due->report.fill.number, due->due_ns);
    ready_.insert(ready_.begin() + static_cast<std::ptrdiff_t>(at++), std::move(due->report));
  }
  held_.erase(held_.begin(), due);
}

void Teller::collect(Venue& venue, std::int64_t now_ns) {
  venue.take_reports(fresh_);
  for (Report& r : fresh_) route(std::move(r), venue);
  std::move(again_.begin(), again_.end(), std::back_inserter(ready_));
  again_.clear();
  date_late_fills(venue);
  release(venue, now_ns);
}

void Teller::deliver(std::vector<Report>& said) {
  for (Report& r : said) {
    if (lost(told_at(r)))
      swallow(std::move(r));
    else
      ready_.push_back(std::move(r));
  }
  said.swap(ready_);
  ready_.clear();
  new_outage_.reset();
}

}  // namespace bowline::broker_mock
