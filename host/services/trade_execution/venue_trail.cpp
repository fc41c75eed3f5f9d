#include "services/trade_execution/venue_trail.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/order_state.hpp"

namespace bowline::services {
namespace {

constexpr std::size_t most_kept = 4'096;
// Thousands are kept to the end of what they may repeat: by their hashes, a fifth of what their texts would take.
core::Id128 hash_of(std::string_view text) {
  const XXH128_hash_t h = XXH3_128bits(text.data(), text.size());
  return {h.high64, h.low64};
}
/// So often in a row the same is written down once more, with its count.
constexpr std::array<std::uint64_t, 4> milestones{100, 1'000, 10'000, 100'000};

template <std::size_t N>
std::string_view field(const char (&text)[N]) {
  return {text, ::strnlen(text, N)};
}

std::string_view word(HandOver done) {
  return done == HandOver::taken ? "taken" : done == HandOver::denied ? "denied" : "unknown";
}

std::string kind_of(std::uint32_t kind) {
  static constexpr std::array<std::string_view, 11> names{"",          "SNAPSHOT",       "ACCEPTED",        "REJECTED", "AMENDED", "AMEND_REJECTED",
                                                          "CANCEL_PENDING", "CANCEL_REJECTED", "DONE",     "UNKNOWN", "ABSENT"};
  return kind > 0 && kind < names.size() ? std::string(names[kind]) : "kind " + std::to_string(kind);
}

std::string state_of(std::uint32_t state) {
  static constexpr std::array<std::string_view, 7> names{"", "pending", "open", "filled", "cancelled", "rejected", "expired"};
  return state < names.size() ? std::string(names[state]) : "state " + std::to_string(state);
}

class Words {
  std::string text_;

 public:
  Words& add(std::string_view name, std::string_view value) {
    if (value.empty()) return *this;
    text_.append(text_.empty() ? "" : ", ").append(name).append(name.empty() ? "" : " ").append(value);
    return *this;
  }
  Words& add(std::string_view name, Decimal value) { return value.is_set() ? add(name, value.to_string()) : *this; }
  Words& positive(std::string_view name, bl_dec value) {
    const Decimal d = Decimal::from_raw(value);
    return d.is_positive() ? add(name, d) : *this;
  }
  Words& time(std::string_view name, core::Nanos ns) { return ns != 0 ? add(name, core::format_time(ns)) : *this; }
  std::string done() { return std::move(text_); }
};

Words terms(const core::Intent& i) {
  Words w;
  w.add("", core::to_string(i.side())).add("", core::to_string(i.type())).add("", core::to_string(i.tif()));
  w.add("qty", i.qty()).add("quote_qty", i.quote_qty()).add("limit_price", i.limit_px()).add("stop_price", i.stop_px());
  w.time("expire", i.abi.expire_ns);
  return w;
}

}  // namespace

void VenueTrail::submitted(const core::Order& order, HandOver done, const Error& why, At at) {
  if (!sink_.wanted()) return;
  put(order, "sent", "submit", {}, word(done), terms(order.intent).add("", why.message).done(), at);
}

void VenueTrail::amended(const core::Order& order, const core::Intent& wanted, HandOver done, const Error& why, At at) {
  if (!sink_.wanted()) return;
  put(order, "sent", "amend", {}, word(done), terms(wanted).add("", why.message).done(), at);
}

void VenueTrail::cancelled(const core::Order& order, const Result<void>& done, At at) {
  if (!sink_.wanted()) return;
  put(order, "sent", "cancel", {}, done ? "taken" : "denied", done ? std::string() : done.error().message, at);
}

void VenueTrail::asked(const core::Order& order, const Error* why, At at) {
  if (!sink_.wanted()) return;
  put(order, "sent", "query", {}, why == nullptr ? "taken" : "denied", why == nullptr ? std::string() : why->message, at);
}

void VenueTrail::told(const core::Order& order, const bl_exec& e, At at) {
  if (!sink_.wanted()) return;
  Words w;
  w.add("", state_of(e.state)).positive("qty", e.qty).positive("limit_price", e.limit_px).positive("stop_price", e.stop_px);
  w.add("filled", Decimal::from_raw(e.cum_qty)).add("", field(e.text));
  put(order, "told", kind_of(e.kind), {}, core::to_string(order.state), w.done(), at);
}

void VenueTrail::told(const core::Order& order, const bl_fill& f, std::string_view why, At at) {
  if (!sink_.wanted()) return;
  Words w;
  w.add("", field(f.fill_id)).add("qty", Decimal::from_raw(f.qty)).add("price", Decimal::from_raw(f.px)).add("", why);
  put(order, "told", "fill", field(f.fill_id), core::to_string(order.state), w.done(), at);
}

void VenueTrail::put(const core::Order& order, std::string_view way, std::string_view what, std::string_view about, std::string_view state,
                     std::string text, At at) {
  std::string key(order.id().view()), said(what);
  key.append(" ").append(way).append(" ");
  // What is sent repeats by its kind, a fill by its id; of the reports about an order any other ends a row of equal ones.
  if (way == "sent" || !about.empty()) key.append(what).append(" ").append(about);
  said.append(" ").append(state).append(" ").append(text);
  const core::Id128 key_hash = hash_of(key), said_hash = hash_of(said);
  const auto [known, fresh] = last_.try_emplace(key_hash);
  Word& last = known->second;
  const bool same = !fresh && last.said == said_hash && what != "submit";  // that it was sent again is never left out
  if (same && std::find(milestones.begin(), milestones.end(), ++last.again) == milestones.end()) return;
  core::ExchangeRecord r;
  r.order = order.id();
  r.seq = at.seq;
  r.time = at.time;
  r.way = way;
  r.what = what;
  r.state = state;
  r.text = std::move(text);
  r.again = last.again;
  if (!same) last = {said_hash, 0};
  sink_.put(std::move(r));
  if (!fresh) return;
  kept_.push_back(key_hash);
  if (kept_.size() <= most_kept) return;
  last_.erase(kept_.front());
  kept_.pop_front();
}

}  // namespace bowline::services
