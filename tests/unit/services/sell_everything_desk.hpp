// A sale of everything on a venue with balances, and on a clock that the test turns.
#pragma once

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "services/stand_in/everything_notes.hpp"
#include "services/stand_in/in_flight.hpp"
#include "services/stand_in/sell_everything.hpp"
#include "unit/services/again.hpp"

namespace bowline::test::everything {

using namespace core;
using nlohmann::json;
using services::EverythingNotes;
using services::InFlight;
using services::SellEverything;

constexpr Nanos second_ns = 1'000'000'000;
inline const store::Stamp stamp{"live", "test.venue", "mine"};

/// A venue with balances: what it is asked it answers when it is turned, and what it holds bounds what it sells.
struct Venue final : services::BrokerPort {
  struct Order {
    std::string client, venue;
    std::uint32_t instrument = 0, side = BL_SELL, type = BL_LIMIT, state = BL_S_OPEN;
    Decimal qty, limit = Decimal::not_set(), cum = Decimal::zero();
    std::string text;
  };
  Market m;
  std::map<std::uint32_t, Decimal> balances;  // in all, by asset
  std::vector<Order> orders;
  std::vector<bl_query> asked;
  std::vector<std::string> asked_ids;
  std::vector<Intent> sent;
  std::vector<std::string> cancelled;
  std::size_t answered = 0;
  std::uint64_t flags = 1;
  Decimal px = "100"_dec, fill_share = "1"_dec;
  enum class Products { told, incomplete, silent } products = Products::told;
  bool fills = true, answers = true, whole = true, lists = true, known_by_id = true, tells = true, cancels = true;
  std::uint32_t refuse = 0;                   // of the next sales
  services::HandOver hand = services::HandOver::taken;
  std::function<void()> before_submit;
  std::vector<bl_exec> news;

  Decimal held(const Order& o) const { return o.side == BL_SELL && o.state == BL_S_OPEN ? o.qty - o.cum : Decimal::zero(); }
  Decimal hold(std::uint32_t asset) const {
    Decimal sum = Decimal::zero();
    for (const Order& o : orders)
      if (m.table[InstrumentId{o.instrument}].base.value == asset) sum = sum + held(o);
    return sum;
  }
  void rests(const std::string& client, InstrumentId id, std::uint32_t side, Decimal qty) {
    Order o;
    o.client = client;
    o.venue = "v" + std::to_string(orders.size());
    o.instrument = id.value;
    o.side = side;
    o.qty = qty;
    orders.push_back(o);
  }
  bl_exec told(const Order& o, std::uint32_t kind) const {
    bl_exec e{};
    e.h.size = sizeof e;
    e.h.type = BL_EV_EXEC;
    e.h.flags = kind == BL_X_SNAPSHOT || kind == BL_X_ABSENT ? 2 : 0;
    e.h.instrument = o.instrument;
    put_text(e.client_id, o.client);
    put_text(e.venue_id, o.venue);
    put_text(e.text, o.text);
    e.kind = kind;
    e.state = kind == BL_X_ABSENT ? std::uint32_t{BL_S_UNKNOWN} : o.state;
    e.side = o.side;
    e.qty = o.qty.raw();
    e.cum_qty = o.cum.raw();
    e.cum_quote = mul(o.cum, px, Rounding::down).raw();
    e.cum_fee = Decimal::zero().raw();
    return e;
  }
  services::HandOver submit(const Recorded<RiskApproved<Intent>>& order, Error& why) override {
    if (before_submit) before_submit();
    if (hand == services::HandOver::denied) {
      why = Error{"TEST", "no connection"};
      return hand;
    }
    const Intent& i = **order;
    sent.push_back(i);
    const std::string client(i.client_id());
    if (std::any_of(orders.begin(), orders.end(), [&](const Order& o) { return o.client == client; })) return services::HandOver::taken;  // it is taken once
    Order o;
    o.client = client;
    o.venue = "v" + std::to_string(orders.size());
    o.instrument = i.abi.instrument;
    o.qty = i.qty();
    o.limit = i.limit_px();
    const std::uint32_t asset = m.table[i.instrument()].base.value;
    if (refuse > 0 || o.qty > balances[asset] - hold(asset)) {
      if (refuse > 0) --refuse;
      o.state = BL_S_REJECTED;
      o.text = "INSUFFICIENT_FUND";
    }
    orders.push_back(o);
    if (o.state == BL_S_REJECTED) news.push_back(told(orders.back(), BL_X_REJECTED));
    if (hand == services::HandOver::unknown) why = Error{"TEST", "no answer"};
    return hand;
  }
  Result<void> cancel(std::span<const bl_order_ref> refs) override {
    for (const bl_order_ref& r : refs) {
      const std::string client(r.client_id.ptr, r.client_id.len), venue(r.venue_id.ptr, r.venue_id.len);
      cancelled.push_back(venue.empty() ? client : venue);
      for (Order& o : orders)
        if (cancels && o.state == BL_S_OPEN && ((!client.empty() && o.client == client) || (!venue.empty() && o.venue == venue))) o.state = BL_S_CANCELLED;
    }
    return {};
  }
  Result<void> query(const bl_query& q) override {
    asked.push_back(q);
    asked_ids.emplace_back(q.order.client_id.ptr, q.order.client_id.len);
    return {};
  }
  Result<void> on_event(const bl_event&) override { return {}; }
  bool wake() override { return false; }

  void match() {
    for (Order& o : orders) {
      const bool ours = o.client.starts_with("bl-") && o.side == BL_SELL && o.state == BL_S_OPEN && o.limit == Decimal::not_set() && fills;
      if (!ours || std::none_of(sent.begin(), sent.end(), [&](const Intent& i) { return i.client_id() == o.client; })) continue;
      const Decimal sold = floor_to(mul(o.qty, fill_share, Rounding::down), "0.0001"_dec);
      o.cum = sold;
      o.state = sold == o.qty ? BL_S_FILLED : BL_S_CANCELLED;
      const Instrument& ins = m.table[InstrumentId{o.instrument}];
      balances[ins.base.value] = balances[ins.base.value] - sold;
      balances[ins.quote.value] = balances[ins.quote.value] + mul(sold, px, Rounding::down);
      if (tells) news.push_back(told(o, BL_X_DONE));
    }
  }
  void turn(SellEverything& s) {
    match();
    for (const bl_exec& e : std::exchange(news, {}))
      if (tells) s.hear(e.h);
    for (; answers && answered < asked.size(); ++answered) {
      const bl_query& q = asked[answered];
      const std::string id = asked_ids[answered];
      if ((q.scope & 1u) != 0) {
        const auto it = std::find_if(orders.begin(), orders.end(), [&](const Order& o) { return o.client == id; });
        Order none;
        none.client = id;
        if (it != orders.end() && known_by_id) s.hear(told(*it, BL_X_SNAPSHOT).h);
        else s.hear(told(none, BL_X_ABSENT).h);
      }
      if ((q.scope & 2u) != 0)
        for (const Order& o : orders)
          if (o.state == BL_S_OPEN) s.hear(told(o, BL_X_SNAPSHOT).h);
      if ((q.scope & 8u) != 0)
        for (const auto& [asset, total] : balances) {
          bl_balance_ev b{};
          b.h.size = sizeof b;
          b.h.type = BL_EV_BALANCE;
          b.h.flags = 2;
          b.asset = asset;
          b.total = total.raw();
          b.hold = hold(asset).raw();
          s.hear(b.h);
        }
      if ((q.scope & 16u) != 0 && products == Products::silent) continue;
      if ((q.scope & 16u) != 0 && products == Products::told)
        for (const Instrument& ins : m.table.all()) {
          bl_product p{};
          p.h.size = sizeof p;
          p.h.type = BL_EV_PRODUCT;
          p.h.instrument = ins.id.value;
          p.base_step = p.quote_step = p.px_step = p.base_min = p.quote_min = p.base_max = p.quote_max = Decimal::not_set().raw();
          p.flags = flags;
          s.hear(p.h);
        }
      bl_done d{};
      d.h.size = sizeof d;
      d.h.type = BL_EV_DONE;
      d.request = q.request;
      d.complete = whole && (lists || (q.scope & 2u) == 0) && ((q.scope & 16u) == 0 || products == Products::told) ? 1 : 0;
      s.hear(d.h);
    }
  }
};

struct Sale {
  Venue v;
  std::unique_ptr<EverythingNotes> notes;
  SellEverything::Options options{.id = "fire-1", .account = "mine", .who = "op", .why = "fire"};
  std::vector<InFlight> in_flight;
  std::unique_ptr<SellEverything> s;
  Nanos now = start_ns;

  Sale() {
    v.balances[v.m.btc_asset.value] = "2"_dec;
    v.balances[v.m.bnb_asset.value] = "5"_dec;
    v.balances[v.m.usd.value] = "10"_dec;
  }
  void begin() {
    s.reset();
    if (!notes) notes = std::make_unique<EverythingNotes>(EverythingNotes::in_memory(v.m.table, options.id));
    s = std::make_unique<SellEverything>(v, v.m.table, *notes, options, in_flight);
    v.answered = v.asked.size();
  }
  void begin_from(const std::filesystem::path& var) {
    s.reset();
    notes.reset();
    auto opened = EverythingNotes::open(var, stamp, v.m.table, options.id);
    REQUIRE(opened.ok());
    notes = std::make_unique<EverythingNotes>(std::move(*opened));
    begin();
  }
  void step() {
    now += second_ns / 5;
    s->look(now);
    v.turn(*s);
  }
  /// Seconds until it is over; gives up behind `most`.
  bool runs(int most = 200) {
    for (int n = 0; n < most * 5 && !s->over(); ++n) step();
    return s->over();
  }
  json receipt() const { return json::parse(s->receipt()); }
  json product(const std::string& symbol) const {
    const json all = receipt();
    for (const json& p : all.at("products"))
      if (p.at("instrument") == symbol) return p;
    return {};
  }
  Decimal sold(InstrumentId id) const {
    Decimal sum = Decimal::zero();
    for (const Venue::Order& o : v.orders)
      if (o.instrument == id.value && o.side == BL_SELL) sum = sum + o.cum;
    return sum;
  }
};

inline const std::string mark = "bl-0123456789abcdef0123456789abcdef";

}  // namespace bowline::test::everything
