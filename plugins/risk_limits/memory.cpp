#include "memory.hpp"

#include <algorithm>

namespace bowline::risk_limits {
namespace {

constexpr std::uint32_t correction = 2, reversal = 4;  // bits of bl_fill.flags
constexpr std::uint32_t dust = 1;                      // bit of bl_position.flags

/// When it was known; publishers that do not tell it tell when it happened.
std::int64_t known_at(const bl_event& e) noexcept { return std::max(e.ts_recv, e.ts_event); }

}  // namespace

void Memory::reset(const Cooldown& cooldown) {
  *this = Memory();
  cooldown_ = cooldown;
}

void Memory::on_fill(const bl_fill& fill) {
  if (fill.side != BL_BUY) return;
  const std::int64_t day = fill.h.ts_event / day_ns;
  if (day < day_) return;  // it comes late: the day it belongs to is over
  if (day > day_) {
    day_ = day;
    bought_ = Decimal::zero();
  }
  // What does not fit stays "not set": the day's amount is then unknown, and nothing is bought on it. A
  // correction counts in full: which part of the fill before it replaces is not told.
  const Decimal paid = mul(Decimal::from_raw(fill.px), Decimal::from_raw(fill.qty), Rounding::up);
  const bool taken_back = (fill.flags & reversal) != 0 && (fill.flags & correction) == 0;
  bought_ = taken_back ? bought_ - paid : bought_ + paid;
  if (bought_.is_negative()) bought_ = Decimal::zero();  // what was taken back had never been counted
}

// Kept in the order of the ids: a check looks up every order that is in flight.
std::vector<Memory::Sent>::const_iterator Memory::place_of(const char* id) const noexcept {
  return std::partition_point(sent_.begin(), sent_.end(),
                              [id](const Sent& s) { return risk::compare_ids(s.id.data(), id) < 0; });
}
bool Memory::heard_of(const char* id, std::int64_t from) const noexcept {
  const auto at = place_of(id);
  return at != sent_.end() && at->at > from && risk::compare_ids(at->id.data(), id) == 0;
}

void Memory::on_exec(const bl_exec& exec) {
  if (exec.client_id[0] == '\0' || exec.kind == BL_X_ABSENT) return;  // not ours; not sent
  const std::int64_t now = known_at(exec.h);
  std::erase_if(sent_, [now](const Sent& s) { return s.at <= now - minute_ns; });
  // A snapshot may tell of an order that is days old: what counts is when it was made.
  const std::int64_t at = exec.created_ns > 0 ? exec.created_ns : now;
  if (heard_of(exec.client_id, now - minute_ns)) return;
  Sent s{{}, at};
  std::copy_n(exec.client_id, s.id.size(), s.id.data());
  sent_.insert(place_of(exec.client_id), s);
}

void Memory::Losses::add(std::int64_t at, const Cooldown& rule) {
  times.push_back(at);
  if (times.size() > rule.losses) times.pop_front();
  if (times.size() == rule.losses && times.front() > at - rule.window_ns) enough_at = at;
}

void Memory::on_position(const bl_position_ev& changed) {
  const bl_position& p = changed.position;
  if (cooldown_.losses == 0 || p.instrument >= plugin_common::most_instruments) return;
  if (p.instrument >= trips_.size()) trips_.resize(std::size_t{p.instrument} + 1);
  Trip& trip = trips_[p.instrument];
  const Decimal result = Decimal::from_raw(p.realised) - Decimal::from_raw(p.fees);
  if (!result.is_set()) return;  // nothing can be said of it
  const bool open = Decimal::from_raw(p.qty).is_positive() && (p.flags & dust) == 0;
  // What was earned before it was first seen is not this trip's.
  if (open && !trip.open) trip.at_open = trip.known ? trip.result : result;
  if (!open && trip.open && result < trip.at_open) {
    const std::int64_t at = known_at(changed.h);
    trip.losses.add(at, cooldown_);
    losses_.add(at, cooldown_);
  }
  trip.known = true;
  trip.open = open;
  trip.result = result;
}

void Memory::on_equity(const bl_portfolio& portfolio) {
  const Decimal equity = Portfolio(portfolio).equity_at_bid();
  const std::int64_t now = portfolio.now_ns;
  if (!equity.is_positive() || now <= 0) return;  // there is no portfolio yet
  if (!equity_.empty() && now < equity_.back().at + minute_ns) return;
  equity_.push_back({now, equity});
  while (equity_.size() > 1 && equity_[1].at <= now - day_ns) equity_.pop_front();
}

std::uint32_t Memory::sent_last_minute(std::int64_t now_ns) const noexcept {
  return static_cast<std::uint32_t>(
      std::count_if(sent_.begin(), sent_.end(), [&](const Sent& s) { return s.at > now_ns - minute_ns; }));
}

std::uint32_t Memory::orders_last_minute(const bl_portfolio& portfolio,
                                         const bl_intent& judged) const noexcept {
  const std::int64_t from = portfolio.now_ns - minute_ns;
  std::uint32_t n = sent_last_minute(portfolio.now_ns);
  if (judged.client_id[0] != '\0' && heard_of(judged.client_id, from)) --n;
  for (const bl_working* w : Portfolio(portfolio).working())
    if (w->intent->decided_ns > from && !risk::is_same(*w, judged) && !heard_of(w->intent->client_id, from))
      ++n;
  return n;
}

std::optional<Decimal> Memory::equity_a_day_ago(std::int64_t now_ns) const noexcept {
  if (equity_.empty()) return std::nullopt;
  const auto later = std::upper_bound(equity_.begin(), equity_.end(), now_ns - day_ns,
                                      [](std::int64_t at, const Sample& s) { return at < s.at; });
  return later == equity_.begin() ? later->equity : std::prev(later)->equity;
}

std::optional<std::int64_t> Memory::cooling_since(std::uint32_t instrument,
                                                  std::int64_t now_ns) const noexcept {
  if (!cooldown_.per_product) return cools(losses_, now_ns) ? losses_.enough_at : std::nullopt;
  if (instrument >= trips_.size() || !cools(trips_[instrument].losses, now_ns)) return std::nullopt;
  return trips_[instrument].losses.enough_at;
}

}  // namespace bowline::risk_limits
