// What the venue tells again of our orders that ended so long ago that memory has forgotten them: the journal has them still.
// A fill that stands there was booked, and is not booked a second time as somebody else's.
#include <set>
#include <string>

#include "services/trade_execution/execution.hpp"
#include "store/journal_find.hpp"

namespace bowline::services {
namespace {

using core::BookedAs;
using core::ClientOrderId;
using core::Nanos;

constexpr Nanos hour = 3'600'000'000'000, between = 10'000'000'000;
constexpr std::uint32_t flag_correction = 2, flag_reversal = 4;  // of bl_fill

template <std::size_t N>
std::string_view field(const char (&text)[N]) {
  return {text, ::strnlen(text, N)};
}

BookedAs told_as(const bl_fill& f) {
  if ((f.flags & flag_correction) != 0) return BookedAs::correction;
  return (f.flags & flag_reversal) != 0 ? BookedAs::reversal : BookedAs::fill;
}

/// What two reports of one execution have in common.
std::string key_of(const bl_fill& f) {
  std::string key;
  for (const std::uint32_t n : {f.h.instrument, f.side, static_cast<std::uint32_t>(told_as(f))}) key += std::to_string(n) + ' ';
  for (const bl_dec amount : {f.px, f.qty}) key += Decimal::from_raw(amount).to_string() + ' ';
  return key.append(field(f.fill_id));
}

}  // namespace

// Whatever is newer than the last order that was forgotten is in memory if it is ours. The venue's clock is not ours: an
// hour is left between them.
bool Execution::may_be_forgotten(Nanos told) const {
  const Nanos until = orders_.forgotten();
  return durable_journal_ && until != 0 && (told == 0 || told <= until + hour);
}

// One pass for all that is asked at once, and not again for a while: a venue that tells old nonsense without end must not
// hold up an exit. What was not looked for is taken for what it looks like, as is what can't be read.
void Execution::look_back(std::vector<const bl_fill*>& fills, std::span<const bl_exec* const> execs) {
  std::vector<store::ToldFill> old_fills;
  std::vector<std::string> keys;  // theirs, in the same order
  std::vector<store::ToldOrder> old_orders;
  const auto strange = [this](const bl_fill& f) {
    return may_be_forgotten(f.h.ts_event) && f.h.instrument != 0 && f.h.instrument <= table_.size() && !field(f.fill_id).empty() &&
           order_of(field(f.client_id), field(f.venue_id)) == nullptr;
  };
  const auto look_for = [&](const bl_fill& f) {
    if (!strange(f)) return;
    old_fills.push_back({field(f.fill_id), table_[core::InstrumentId{f.h.instrument}].symbol, static_cast<core::Side>(f.side),
                         Decimal::from_raw(f.px), Decimal::from_raw(f.qty), told_as(f)});
    keys.push_back(key_of(f));
  };
  for (const bl_fill* f : fills) look_for(*f);
  for (const StrangerFill& s : strangers_) look_for(s.fill);
  for (const bl_exec* e : execs) {
    const std::string_view name = field(e->client_id);
    if (name.starts_with("bl-") && may_be_forgotten(e->h.ts_event) && order_of(name, field(e->venue_id)) == nullptr)
      old_orders.push_back({ClientOrderId(name)});
  }
  if ((old_fills.empty() && old_orders.empty()) || (looked_back_ != 0 && now_ - looked_back_ < between)) return;
  looked_back_ = now_;
  if (const auto found = store::find_told(journal_, old_fills, old_orders); !found) {
    incident(found.error().code, found.error().message, now_);
    return;
  }
  for (const store::ToldOrder& o : old_orders)
    if (o.known) told_again_.insert(o.id);
  std::set<std::string> booked;
  for (std::size_t i = 0; i < keys.size(); ++i)
    if (old_fills[i].known) booked.insert(std::move(keys[i]));
  const auto known = [&booked](const bl_fill& f) { return booked.contains(key_of(f)); };
  std::erase_if(fills, [&](const bl_fill* f) { return known(*f); });
  std::erase_if(strangers_, [&](const StrangerFill& s) { return known(s.fill); });
}

bool Execution::told_before(const bl_fill& fill) {
  std::vector<const bl_fill*> alone{&fill};
  look_back(alone, {});
  return alone.empty();
}

bool Execution::told_before(const bl_exec& exec) {
  const ClientOrderId id(field(exec.client_id));
  if (told_again_.contains(id)) return true;
  std::vector<const bl_fill*> none;
  const bl_exec* alone = &exec;
  look_back(none, {&alone, 1});
  return told_again_.contains(id);
}

}  // namespace bowline::services
