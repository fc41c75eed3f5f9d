#include "store/input_rows.hpp"

#include <array>
#include <span>

#include "store/row_json.hpp"

namespace bowline::store {
namespace {

using namespace row_json;

constexpr auto asks = std::to_array<std::string_view>({"trade", "cancel", "plan", "close", "lock", "unlock", "state", "stop", "resume", "latch",
                                                       "inventory", "venue", "adoption", "amend", "ramp", "rollout", "reclassify"});
static_assert(asks.size() == static_cast<std::size_t>(Ask::reclassify) + 1);
constexpr auto ticks = std::to_array<std::string_view>({"clock", "time", "latch"});
static_assert(ticks.size() == static_cast<std::size_t>(TickRow::Of::latch) + 1);

void put(Line& l, const char* key, const std::string& text) {
  if (!text.empty()) l[key] = text;
}
void put(Line& l, const char* key, Decimal d) {
  if (d.is_set()) l[key] = d.to_string();
}
void put(Line& l, const EventPlace& p) {
  l["at"] = p.at;
  l["heard"] = p.heard;
  l["steps"] = p.steps;
  if (p.within) l["within"] = true;
}

std::string text_or_none(const json& l, const char* key) { return l.contains(key) ? l.at(key).get<std::string>() : std::string(); }

EventPlace place_in(const json& l) {
  return {l.at("at").get<core::Nanos>(), l.at("heard").get<std::uint64_t>(), l.at("steps").get<std::uint64_t>(), l.value("within", false)};
}

std::size_t number_of(const json& l, const char* key, std::span<const std::string_view> words) {
  const auto word = l.at(key).get<std::string>();
  for (std::size_t i = 0; i < words.size(); ++i)
    if (words[i] == word) return i;
  throw Bad{std::string(key) + " is " + word + ", which this version does not know"};
}

}  // namespace

std::string_view to_string(Ask a) noexcept { return asks[static_cast<std::size_t>(a)]; }

std::string line(const AskedRow& r) {
  Line l{{"what", to_string(r.what)}};
  put(l, r.place);
  l["who"] = r.who;
  put(l, "why", r.why);
  put(l, "request", r.request);
  put(l, "key", r.key);
  put(l, "symbol", r.symbol);
  put(l, "asset", r.asset);
  put(l, "client_id", r.order);
  put(l, "side", r.side);
  put(l, "type", r.type);
  put(l, "tif", r.tif);
  put(l, "qty", r.qty);
  put(l, "quote_qty", r.quote_qty);
  put(l, "limit_px", r.limit_px);
  put(l, "stop_px", r.stop_px);
  put(l, "px", r.px);
  if (r.until != 0) l["until"] = r.until;
  if (r.count != 0) l["count"] = r.count;
  if (r.what == Ask::state) l["state"] = core::to_string(r.state);
  if (r.flag) l["flag"] = true;
  if (r.what == Ask::plan) {
    Line& plan = l["plan"] = Line::array();
    for (const PlanTarget& t : r.plan) {
      Line one{{"symbol", t.symbol}, {"weight", t.weight}, {"valid_until", t.valid_until}, {"decision", t.decision.hex()}};
      put(one, "ref_px", t.ref_px);
      plan.push_back(std::move(one));
    }
  }
  return text_of(l);
}

Result<AskedRow> read_asked(std::string_view payload) {
  return guarded(journal_kind::asked, payload, [](const json& l) {
    AskedRow r;
    r.what = static_cast<Ask>(number_of(l, "what", asks));
    r.place = place_in(l);
    r.who = l.at("who").get<std::string>();
    r.why = text_or_none(l, "why");
    r.request = text_or_none(l, "request");
    r.key = text_or_none(l, "key");
    r.symbol = text_or_none(l, "symbol");
    r.asset = text_or_none(l, "asset");
    r.order = text_or_none(l, "client_id");
    if (r.order.size() > 39 || ((r.what == Ask::cancel || r.what == Ask::amend) && r.order.empty())) throw Bad{"client_id is not an order id"};
    r.side = text_or_none(l, "side");
    r.type = text_or_none(l, "type");
    r.tif = text_or_none(l, "tif");
    r.qty = amount_of(l, "qty");
    r.quote_qty = amount_of(l, "quote_qty");
    r.limit_px = amount_of(l, "limit_px");
    r.stop_px = amount_of(l, "stop_px");
    r.px = amount_of(l, "px");
    r.until = l.value("until", core::Nanos{0});
    r.count = l.value("count", std::uint32_t{0});
    if (r.what == Ask::state) r.state = state_of(l.at("state").get<std::string>());
    r.flag = l.value("flag", false);
    if (r.what == Ask::plan)
      for (const json& one : l.at("plan"))
        r.plan.push_back({one.at("symbol").get<std::string>(), one.at("weight").get<double>(), one.at("valid_until").get<core::Nanos>(),
                          core::Id128::from_hex(one.at("decision").get<std::string>()), amount_of(one, "ref_px")});
    return r;
  });
}

std::string line(const TickRow& r) {
  Line l{{"of", ticks[static_cast<std::size_t>(r.of)]}};
  put(l, r.place);
  return text_of(l);
}

Result<TickRow> read_tick(std::string_view payload) {
  return guarded(journal_kind::tick, payload, [](const json& l) {
    return TickRow{place_in(l), static_cast<TickRow::Of>(number_of(l, "of", ticks))};
  });
}

Result<Input> read_input(std::string_view kind, std::string_view payload) {
  if (kind == journal_kind::asked) {
    auto r = read_asked(payload);
    return r ? Result<Input>(Input(std::move(*r))) : Result<Input>(r.error());
  }
  if (kind != journal_kind::tick) return Error{"JOURNAL_ROW", "a row of kind " + std::string(kind) + " is no input"};
  auto r = read_tick(payload);
  return r ? Result<Input>(Input(std::move(*r))) : Result<Input>(r.error());
}

}  // namespace bowline::store
