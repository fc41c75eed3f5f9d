// All that an account holds is sold by the venue's word, where the journal can't be had (trading rules 3.6, 3.7).
#include <sqlite3.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "services/stand_in/everything_notes.hpp"
#include "services/stand_in/in_flight.hpp"
#include "services/stand_in/sell_everything.hpp"
#include "unit/services/again.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::test;
using nlohmann::json;
using services::EverythingNotes;
using services::InFlight;
using services::SellEverything;

namespace {

constexpr Nanos second_ns = 1'000'000'000;
const store::Stamp stamp{"live", "test.venue", "mine"};

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
      if ((q.scope & 16u) != 0)
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
      d.complete = whole && (lists || (q.scope & 2u) == 0) ? 1 : 0;
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

const std::string mark = "bl-0123456789abcdef0123456789abcdef";

}  // namespace

TEST_CASE("rule 3.7: everything is sold by the venue's word, managed or not, and what it is sold for is kept") {
  Sale w;
  w.begin();
  REQUIRE(w.runs());
  CHECK(w.s->clean());
  CHECK(w.v.balances[w.v.m.btc_asset.value].is_zero());
  CHECK(w.v.balances[w.v.m.bnb_asset.value].is_zero());
  CHECK(w.v.balances[w.v.m.usd.value] == "710"_dec);
  REQUIRE(w.v.sent.size() == 2);
  CHECK(w.v.sent[0].abi.type == BL_MARKET);
  CHECK(w.v.sent[0].abi.tif == BL_IOC);
  CHECK(w.v.sent[0].purpose == Purpose::emergency);
  CHECK(w.receipt().at("phase") == "done");
  CHECK(w.receipt().at("orders_read") == true);
  CHECK(w.product("BTC-USD").at("status") == "sold");
  CHECK(w.product("BTC-USD").at("sold") == "2");
  CHECK(w.product("BTC-USD").at("held_before") == "2");
  CHECK(w.product("BTC-USD").at("proceeds") == "200");
}

TEST_CASE("rule 3.6: before anything is sold, two lists of all orders agree, and what buys or holds coins is cancelled") {
  Sale w;
  w.v.rests(mark, w.v.m.btc, BL_BUY, "1"_dec);
  w.v.rests("", w.v.m.btc, BL_SELL, "2"_dec);             // somebody else's, with the id of the venue alone
  w.v.rests("their-own", w.v.m.bnb, BL_SELL, "5"_dec);
  w.begin();
  std::size_t lists = 0;
  w.v.before_submit = [&] {
    CHECK(std::none_of(w.v.orders.begin(), w.v.orders.end(), [](const Venue::Order& o) { return o.state == BL_S_OPEN && !o.client.starts_with("bl-"); }));
    lists = w.v.asked.size();
  };
  REQUIRE(w.runs());
  CHECK(lists >= 3);
  CHECK(w.v.cancelled.size() >= 3);
  CHECK(w.v.balances[w.v.m.btc_asset.value].is_zero());
  CHECK(w.v.balances[w.v.m.bnb_asset.value].is_zero());
  CHECK(w.receipt().at("cancels") == 3);
}

TEST_CASE("rule 3.7: two who sell the same never sell more than is held: what the venue refuses is read again") {
  Sale w;
  w.begin();
  int taken = 0;
  w.v.before_submit = [&] {  // a host comes first, with half of it
    if (taken++ == 0) w.v.balances[w.v.m.btc_asset.value] = "0.5"_dec;
  };
  REQUIRE(w.runs());
  CHECK(w.s->clean());
  CHECK(w.sold(w.v.m.btc) == "0.5"_dec);
  CHECK(w.v.balances[w.v.m.btc_asset.value].is_zero());
  // The next attempt has another id.
  CHECK(w.v.sent[0].client_id() != w.v.sent[1].client_id());
}

TEST_CASE("rule 3.7: killed and called again it goes on, and what was sold stays sold, with and without what it wrote down") {
  const bool written = GENERATE(true, false);
  const bool told = GENERATE(true, false);  // before the kill, of what the venue did
  StoreFolder var;
  Sale w;
  w.v.tells = told;
  if (written) w.begin_from(var.path());
  else w.begin();
  while (w.v.sent.empty()) w.step();
  w.v.fill_share = "0.5"_dec;
  w.v.match();  // and the process dies before it hears of it, or behind
  if (told) w.step();
  w.v.fill_share = "1"_dec;
  w.v.tells = true;
  w.notes->flush();
  if (written) w.begin_from(var.path());
  else w.notes.reset(), w.begin();
  REQUIRE(w.runs());
  CHECK(w.v.balances[w.v.m.btc_asset.value].is_zero());
  CHECK(w.sold(w.v.m.btc) == "2"_dec);
  CHECK(w.product("BTC-USD").at("sold") == "2");
  CHECK(w.product("BTC-USD").at("held_before") == "2");
  std::vector<std::string> ids;
  for (const Intent& i : w.v.sent) ids.emplace_back(i.client_id());
  std::sort(ids.begin(), ids.end());
  CHECK(std::unique(ids.begin(), ids.end()) == ids.end());
  const std::size_t before = w.v.sent.size();
  if (written) w.begin_from(var.path());
  else w.notes.reset(), w.begin();
  REQUIRE(w.runs());
  CHECK(w.v.sent.size() == before);  // said a third time it sends nothing
  CHECK(w.product("BTC-USD").at("status") == "sold");
  CHECK(w.product("BTC-USD").at("sold") == "2");
}

TEST_CASE("rule 3.7: order ids follow from the liquidation alone, and another one has others") {
  const auto id = services::everything_order_id("mine", "BTC-USD", "fire-1", 0);
  CHECK(id == services::everything_order_id("mine", "BTC-USD", "fire-1", 0));
  CHECK(id != services::everything_order_id("mine", "BTC-USD", "fire-1", 1));
  CHECK(id != services::everything_order_id("mine", "BTC-USD", "fire-2", 0));
  CHECK(id != services::everything_order_id("other", "BTC-USD", "fire-1", 0));
  CHECK(id != services::everything_order_id("mine", "BNB-USD", "fire-1", 0));
  Sale w;
  w.begin();
  REQUIRE(w.runs());
  CHECK(w.v.sent[0].client_id() == id.view());
}

TEST_CASE("rule 3.7: a sale on its way from a process that died is found by its id, and neither sent twice nor beside another") {
  Sale w;
  w.v.fills = false;
  w.begin();
  while (w.v.sent.size() < 2) w.step();
  w.notes.reset();
  w.begin();  // without what it knew
  for (int n = 0; n < 30; ++n) w.step();
  CHECK(w.v.sent.size() == 2);
  w.v.fills = true;
  REQUIRE(w.runs());
  CHECK(w.v.sent.size() == 2);
  CHECK(w.sold(w.v.m.btc) == "2"_dec);
}

TEST_CASE("rule 3.7: a sale whose answer is lost is asked for, and its id is used again only when it is not there") {
  Sale w;
  w.v.hand = services::HandOver::unknown;
  w.v.tells = false;
  SECTION("it is there") {
    w.begin();
    REQUIRE(w.runs());
    CHECK(w.v.sent.size() == 2);
  }
  SECTION("it never arrived") {
    w.begin();
    w.v.fills = false;
    while (w.v.sent.empty()) w.step();
    const std::string id(w.v.sent[0].client_id());
    const InstrumentId of = w.v.sent[0].instrument();
    std::erase_if(w.v.orders, [&](const Venue::Order& o) { return o.client == id; });
    const Nanos sent = w.now;
    const auto again = [&] { return std::count_if(w.v.sent.begin(), w.v.sent.end(), [&](const Intent& i) { return i.instrument() == of; }) > 1; };
    while (!again()) w.step();
    CHECK(w.now - sent >= 10 * second_ns);
    for (const Intent& i : w.v.sent)
      if (i.instrument() == of) CHECK(i.client_id() == id);
  }
}

TEST_CASE("rule 3.7: a sale whose end is told in the middle of an answer counts once, and what was read before it sells nothing") {
  Sale w;
  w.v.fills = false;
  w.begin();
  while (w.v.sent.empty()) w.step();
  const std::string id(w.v.sent[0].client_id());
  const std::string symbol = w.v.m.table[w.v.sent[0].instrument()].symbol;
  w.v.answers = false;
  for (int n = 0; n < 60 && (w.v.answered == w.v.asked.size() || w.v.asked_ids.back() != id); ++n) {
    w.v.answers = w.v.answered < w.v.asked.size();
    w.step();
    w.v.answers = false;
    w.now += second_ns / 5;
    w.s->look(w.now);
  }
  REQUIRE(w.v.asked_ids.back() == id);
  const auto o = std::find_if(w.v.orders.begin(), w.v.orders.end(), [&](const Venue::Order& one) { return one.client == id; });
  REQUIRE(o != w.v.orders.end());
  o->cum = o->qty;
  o->state = BL_S_FILLED;
  const std::uint32_t asset = w.v.m.table[InstrumentId{o->instrument}].base.value;
  const Decimal held = w.v.balances[asset];
  w.v.balances[asset] = Decimal::zero();
  w.s->hear(w.v.told(*o, BL_X_SNAPSHOT).h);
  w.s->hear(w.v.told(*o, BL_X_DONE).h);
  w.v.answers = w.v.fills = true;
  REQUIRE(w.runs());
  CHECK(w.product(symbol).at("sold") == held.to_string());
  CHECK(w.product(symbol).at("orders").size() == 1);
}

TEST_CASE("rule 3.2: a sale that works for too long is cancelled, and the next follows; an operator's end bounds the ladder") {
  Sale w;
  SECTION("at the market") {
    w.v.fills = false;
    w.begin();
    while (w.v.sent.empty()) w.step();
    for (int n = 0; n < 75; ++n) w.step();
    CHECK(std::count(w.v.cancelled.begin(), w.v.cancelled.end(), "v0") >= 1);
    CHECK(w.v.orders[0].state == BL_S_CANCELLED);
    CHECK(w.v.sent.size() > 2);
    w.v.fills = true;
    REQUIRE(w.runs());
    CHECK(w.sold(w.v.m.btc) == "2"_dec);
  }
  SECTION("to an end") {
    w.options.end = "0.05"_dec;
    w.v.fills = false;
    w.begin();
    for (int n = 0; n < 20; ++n) w.step();
    CHECK(w.v.sent.empty());  // no bid to count it from
    CHECK(w.product("BTC-USD").at("status") == "parked");
    bl_quote q{};
    q.h.size = sizeof q;
    q.h.type = BL_EV_QUOTE;
    q.h.instrument = w.v.m.btc.value;
    q.bid = 100;
    w.s->hear(q.h);
    for (int n = 0; n < 600; ++n) w.step();
    REQUIRE(w.v.sent.size() >= 4);
    const std::vector<std::string> want{"99", "97", "95", "95"};
    for (std::size_t n = 0; n < 4; ++n) {
      CHECK(w.v.sent[n].abi.type == BL_LIMIT);
      CHECK(w.v.sent[n].limit_px().to_string() == want[n]);
    }
  }
}

TEST_CASE("rule 3.6: what is not tradable is parked and told, and sold as soon as it is") {
  for (const std::uint64_t flags : {0u + 2u + 1u, 32u, 16u + 1u, 8u + 1u}) {
    Sale w;
    w.v.flags = flags;
    w.begin();
    CHECK_FALSE(w.runs(30));
    CHECK(w.v.sent.empty());
    CHECK(w.product("BTC-USD").at("status") == "parked");
    w.v.flags = 1;
    REQUIRE(w.runs());
    CHECK(w.product("BTC-USD").at("status") == "sold");
  }
}

TEST_CASE("rule 3.7: what a host has on its way by its journal is left to it until it has ended or is proved absent") {
  Sale w;
  InFlight sale;
  sale.id = ClientOrderId(mark);
  sale.instrument = w.v.m.btc;
  sale.side = Side::sell;
  sale.qty = "1.5"_dec;
  w.in_flight.push_back(sale);
  w.begin();
  SECTION("absent: only what it does not take is sold, for a minute") {
    for (int n = 0; n < 150; ++n) w.step();
    CHECK(w.sold(w.v.m.btc) == "0.5"_dec);
    CHECK_FALSE(w.s->over());
    const Nanos begun = start_ns;
    REQUIRE(w.runs());
    CHECK(w.now - begun >= 60 * second_ns);
    CHECK(w.sold(w.v.m.btc) == "2"_dec);
  }
  SECTION("it shows up: it is cancelled, and then all is sold") {
    for (int n = 0; n < 50; ++n) w.step();
    w.v.rests(mark, w.v.m.btc, BL_SELL, "1.5"_dec);
    REQUIRE(w.runs());
    CHECK(w.sold(w.v.m.btc) == "2"_dec);
    CHECK(w.now - start_ns < 60 * second_ns);
  }
}

TEST_CASE("rule 3.7: somebody's sale that can't be cancelled is waited for, and then what is free beside it is sold") {
  Sale w;
  w.v.cancels = false;
  w.v.rests("", w.v.m.btc, BL_SELL, "0.5"_dec);
  w.begin();
  for (int n = 0; n < 250; ++n) w.step();
  CHECK(w.sold(w.v.m.btc).is_zero());
  CHECK(w.sold(w.v.m.bnb) == "5"_dec);
  for (int n = 0; n < 150; ++n) w.step();
  CHECK(w.sold(w.v.m.btc) == "1.5"_dec);
  CHECK_FALSE(w.s->over());
  w.v.cancels = true;
  REQUIRE(w.runs());
  CHECK(w.sold(w.v.m.btc) == "2"_dec);
}

TEST_CASE("rule 3.7: nothing is sold by an answer that is not whole, or without one") {
  Sale w;
  w.begin();
  SECTION("not whole") {
    w.v.whole = false;
    CHECK_FALSE(w.runs(60));
    CHECK(w.s->trouble().code == "RECONCILE_INCOMPLETE");
    w.v.whole = true;
  }
  SECTION("none") {
    w.v.answers = false;
    CHECK_FALSE(w.runs(60));
    CHECK(w.s->trouble().code == "RECONCILE_INCOMPLETE");
    w.v.answered = w.v.asked.size() - 1;
    w.v.answers = true;
  }
  CHECK(w.v.sent.empty());
  REQUIRE(w.runs());
  CHECK(w.v.balances[w.v.m.btc_asset.value].is_zero());
}

TEST_CASE("rule 3.6: a venue that does not list its orders is sold to all the same, and it is not over before it has") {
  Sale w;
  w.v.lists = false;
  w.begin();
  CHECK_FALSE(w.runs(60));
  CHECK(w.v.balances[w.v.m.btc_asset.value].is_zero());
  CHECK(w.v.balances[w.v.m.bnb_asset.value].is_zero());
  CHECK(w.receipt().at("orders_read") == false);
  w.v.lists = true;
  REQUIRE(w.runs());
  CHECK(w.v.sent.size() == 2);
}

TEST_CASE("rule 3.7: a sale that never left keeps its id, and dust and refusals end it and are told") {
  Sale w;
  SECTION("denied") {
    w.v.hand = services::HandOver::denied;
    w.begin();
    for (int n = 0; n < 50; ++n) w.step();
    CHECK(w.v.sent.empty());
    w.v.hand = services::HandOver::taken;
    REQUIRE(w.runs());
    CHECK(w.v.sent[0].client_id() == services::everything_order_id("mine", w.v.m.table[w.v.sent[0].instrument()].symbol, "fire-1", 0).view());
  }
  SECTION("dust") {
    w.v.balances[w.v.m.btc_asset.value] = "0.00093"_dec;
    w.begin();
    REQUIRE(w.runs());
    CHECK(w.s->clean());
    CHECK(w.product("BTC-USD").at("status") == "dust");
    CHECK(w.product("BTC-USD").at("left") == "0.00093");
    CHECK(w.v.sent.size() == 1);
  }
  SECTION("refused for minutes") {
    w.v.refuse = 1000;
    w.begin();
    REQUIRE(w.runs(2000));
    CHECK(w.now - start_ns >= 300 * second_ns);
    CHECK_FALSE(w.s->clean());
    CHECK(w.product("BTC-USD").at("status") == "refused");
    CHECK(w.product("BTC-USD").at("words") == "INSUFFICIENT_FUND");
    CHECK(w.product("BTC-USD").at("left") == "2");
  }
}

TEST_CASE("rule 3.7: each sale is durable before it leaves; without a place for it that is said, and it is sold all the same") {
  StoreFolder var;
  Sale w;
  SECTION("written") {
    w.begin_from(var.path());
    CHECK(w.notes->trouble().code.empty());
    w.v.before_submit = [&] {
      std::filesystem::create_directory(var.path() / "seen");
      for (const char* part : {"", "-wal"})
        std::filesystem::copy_file((var.path() / EverythingNotes::file_name).string() + part, (var.path() / "seen" / EverythingNotes::file_name).string() + part,
                                   std::filesystem::copy_options::overwrite_existing);
      auto seen = EverythingNotes::open(var.path() / "seen", stamp, w.v.m.table, "fire-1");
      REQUIRE(seen.ok());
      CHECK(seen->known("BTC-USD").held_before == "2"_dec);
      w.v.before_submit = {};
    };
    REQUIRE(w.runs());
    const auto second = EverythingNotes::open(var.path(), stamp, w.v.m.table, "fire-1");
    REQUIRE_FALSE(second.ok());  // somebody does it already
    CHECK(second.error().code == "JOURNAL_LOCKED");
    w.begin_from(var.path());
    CHECK(w.notes->known("BTC-USD").sold == "2"_dec);
    CHECK(w.notes->known("BTC-USD").attempt == 1);
  }
  SECTION("there is no place") {
    std::filesystem::create_directory(var.path() / EverythingNotes::file_name);
    w.begin_from(var.path());
    CHECK_FALSE(w.notes->trouble().code.empty());
    REQUIRE(w.runs());
    CHECK(w.receipt().at("noted") == false);
  }
  SECTION("it is damaged, and left as it is") {
    std::ofstream(var.path() / EverythingNotes::file_name) << "no database, by far: " << std::string(5000, 'x');
    const auto size = std::filesystem::file_size(var.path() / EverythingNotes::file_name);
    w.begin_from(var.path());
    CHECK_FALSE(w.notes->trouble().code.empty());
    REQUIRE(w.runs());
    CHECK(std::filesystem::file_size(var.path() / EverythingNotes::file_name) == size);
  }
  CHECK(w.v.balances[w.v.m.btc_asset.value].is_zero());
}

TEST_CASE("rule 3.7: a host's orders in flight are read beside its lock, and of a journal that is not whole nothing is believed") {
  StoreFolder var;
  Market m;
  Desk d({}, "10000"_dec, opened(var.path() / "journal.db"));
  d.hold(0.05);  // bought and ended
  d.price(d.m.bnb, 10000);
  d.want(Purpose::entry, 0.05, d.m.bnb);
  REQUIRE(d.journal->flush());
  const auto known = services::orders_in_flight(var.path() / "journal.db", d.m.table);
  REQUIRE(known.ok());
  REQUIRE(known->in_flight.size() == 1);
  CHECK(known->in_flight[0].id == ClientOrderId(d.last().client_id()));
  CHECK(known->in_flight[0].side == Side::buy);
  CHECK(known->rows > 0);
  d.exec.reset();
  d.journal.reset();
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open((var / "journal.db").c_str(), &db) == SQLITE_OK);
  REQUIRE(sqlite3_exec(db, "UPDATE journal SET payload='{}' WHERE row=3", nullptr, nullptr, nullptr) == SQLITE_OK);
  REQUIRE(sqlite3_changes(db) == 1);
  REQUIRE(sqlite3_close(db) == SQLITE_OK);
  const auto damaged = services::orders_in_flight(var.path() / "journal.db", d.m.table);
  REQUIRE_FALSE(damaged.ok());
  CHECK(damaged.error().code == "JOURNAL_CHAIN");
  CHECK(services::orders_in_flight(var.path() / "none.db", d.m.table).error().code == "JOURNAL_OPEN");
}
