// Questions to the venue: filters, pages, previews.
#include "unit/exchange/venue.hpp"

using namespace exchange_test;

TEST_CASE("orders are found by what they are") {
  Venue v;
  const OrderNo a = v.limit(v.alice, Side::buy, "1"_dec, "90"_dec);
  v.now += second;
  const OrderNo b = v.limit(v.alice, Side::sell, "1"_dec, "110"_dec);
  const OrderNo c = v.limit(v.bob, Side::buy, "1"_dec, "110"_dec);
  v.now += second;
  OrderRequest r = v.request(Side::buy, Config::limit_gtc, "100"_dec, "0.5"_dec);
  r.product_id = "SHIB-USD";
  const OrderNo d = v.put(v.alice, r);
  const auto found = [&](const OrderFilter& f) {
    std::vector<OrderNo> out;
    for (const Order* o : v.e.orders(f).orders) out.push_back(o->number);
    return out;
  };
  using L = std::vector<OrderNo>;
  OrderFilter f;
  CHECK(found(f) == L{d, c, b, a});
  f.user = v.alice;
  CHECK(found(f) == L{d, b, a});
  f.statuses = {Status::open};
  CHECK(found(f) == L{d, a});
  f.statuses = {Status::filled, Status::open};
  CHECK(found(f) == L{d, b, a});
  f.product_ids = {"SHIB-USD", "BTC-USDC"};
  CHECK(found(f) == L{d});
  f = {};
  f.side = Side::buy;
  CHECK(found(f) == L{d, c, a});
  f.from_ns = start + second;
  f.until_ns = start + 2 * second;
  CHECK(found(f) == L{c});
  f = {};
  f.order_ids = {v.e.order_id(a), "?"};
  CHECK(found(f) == L{a});
  f = {};
  f.types = {OrderType::market};
  CHECK(found(f).empty());
  f = {};
  f.tifs = {Tif::gtc};
  CHECK(found(f).size() == 4);
  f.user = UserId{77};
  CHECK(found(f).empty());
  CHECK(v.e.order(v.alice, v.e.order_id(c)) == nullptr);  // another's
  CHECK(v.e.order(v.alice, v.e.order_id(a))->number == a);
}

TEST_CASE("pages follow each other without a gap or a repeat, though orders come in between") {
  Venue v;
  for (int i = 0; i < 25; ++i) v.limit(i % 3 == 0 ? v.bob : v.alice, Side::buy, "0.1"_dec, "90"_dec);
  for (const bool open_only : {false, true})
    for (const bool of_alice : {false, true}) {
      OrderFilter f;
      f.limit = 4;
      if (open_only) f.statuses = {Status::open};
      if (of_alice) f.user = v.alice;
      std::vector<OrderNo> all;
      const std::size_t expected = v.e.orders(OrderFilter{f.user, {}, {}, f.statuses, {}, {}, {}, 0, forever, 1000, 0}).orders.size();
      while (true) {
        const OrderPage p = v.e.orders(f);
        for (const Order* o : p.orders) all.push_back(o->number);
        v.limit(v.alice, Side::buy, "0.1"_dec, "80"_dec);
        if (p.cursor == 0) break;
        CHECK(p.orders.size() == 4);
        f.cursor = p.cursor;
      }
      CHECK(all.size() == expected);
      CHECK(std::is_sorted(all.rbegin(), all.rend()));
      CHECK(std::adjacent_find(all.begin(), all.end()) == all.end());
    }
  OrderFilter beyond;
  beyond.cursor = ~0ULL;
  CHECK_FALSE(v.e.orders(beyond).orders.empty());
}

TEST_CASE("fills are told with their liquidity, newest first, in pages") {
  Venue v;
  const OrderNo sell = v.limit(v.bob, Side::sell, "3"_dec, "100"_dec);
  OrderNo last = 0;
  for (int i = 0; i < 3; ++i) last = v.limit(v.alice, Side::buy, "1"_dec, "100"_dec);
  FillFilter f{v.bob};
  f.limit = 2;
  const FillPage first = v.e.fills(f);
  REQUIRE(first.fills.size() == 2);
  REQUIRE(first.cursor != 0);
  f.cursor = first.cursor;
  const FillPage second_page = v.e.fills(f);
  REQUIRE(second_page.fills.size() == 1);
  CHECK(second_page.cursor == 0);
  CHECK(first.fills[0]->number > first.fills[1]->number);
  CHECK(first.fills[1]->number > second_page.fills[0]->number);
  const Fill& mine = *first.fills[0];
  CHECK(mine.order == sell);
  CHECK(mine.liquidity == Liquidity::maker);
  CHECK(str(mine.commission) == "0.4");
  FillFilter g{v.alice};
  g.order_ids = {v.e.order_id(last)};
  REQUIRE(v.e.fills(g).fills.size() == 1);
  const Fill& other = *v.e.fills(g).fills[0];
  CHECK(other.liquidity == Liquidity::taker);
  CHECK(other.trade == mine.trade);  // two fills of one trade
  CHECK(v.e.trade_id(other) == v.e.trade_id(mine));
  CHECK(v.e.fill_id(other) != v.e.fill_id(mine));
  g.order_ids.clear();
  g.trade_ids = {v.e.trade_id(mine)};
  CHECK(v.e.fills(g).fills.size() == 1);
  g.trade_ids.clear();
  g.product_ids = {"SHIB-USD"};
  CHECK(v.e.fills(g).fills.empty());
  g.product_ids.clear();
  g.until_ns = start;
  CHECK(v.e.fills(g).fills.empty());
}

TEST_CASE("accounts show what is there, under ids that stay") {
  Venue v;
  v.limit(v.alice, Side::buy, "1"_dec, "100"_dec);
  const auto all = v.e.accounts(v.alice);
  REQUIRE(all.size() == 4);
  std::set<std::string> ids;
  for (const AccountView& a : all) ids.insert(a.id);
  for (const AccountView& a : v.e.accounts(v.bob)) ids.insert(a.id);
  CHECK(ids.size() == 8);
  for (const AccountView& a : all)
    if (a.currency == "USD") {
      CHECK(str(a.account.available) == "99899.4");
      CHECK(str(a.account.hold) == "100.6");
    }
}

TEST_CASE("a preview says what an order comes to") {
  Venue v;
  v.market({{"99"_dec, "5"_dec}}, {{"101"_dec, "1"_dec}, {"103"_dec, "5"_dec}}, "100"_dec);
  Preview p = v.e.preview(v.alice, v.request(Side::buy, Config::market_ioc, "2"_dec), v.now);
  CHECK(p.refusal == Refusal::none);
  CHECK(str(p.base_size) == "2");
  CHECK(str(p.quote_size) == "204");
  CHECK(str(p.commission_total) == "1.224");
  CHECK(str(p.order_total) == "205.224");
  CHECK(str(p.average_price) == "102");
  CHECK(str(p.slippage) == "0.02");
  CHECK(p.best_bid == "99"_dec);
  CHECK(p.best_ask == "101"_dec);
  p = v.e.preview(v.alice, v.request(Side::sell, Config::limit_gtc, "2"_dec, "120"_dec), v.now);
  CHECK(str(p.order_total) == "239.04");  // 240 less 0.4 %
  CHECK(p.slippage.is_zero());
  p = v.e.preview(v.alice, v.spend("50"_dec), v.now);
  CHECK(str(p.order_total) == "50");
  p = v.e.preview(v.alice, v.request(Side::sell, Config::market_ioc, "11"_dec), v.now);
  CHECK(p.refusal == Refusal::insufficient_fund);
  CHECK(str(p.base_size) == "5");  // all that is bid for
  CHECK(v.e.orders({}).orders.empty());
}

TEST_CASE("events are in sequence, and each change of an order is cumulative") {
  Venue v;
  v.limit(v.bob, Side::sell, "1"_dec, "100"_dec);
  v.limit(v.bob, Side::sell, "1"_dec, "101"_dec);
  v.events();
  v.limit(v.alice, Side::buy, "3"_dec, "101"_dec);
  v.limit(v.alice, Side::buy, "1"_dec, "101"_dec);
  const auto events = v.events();
  std::vector<std::string> told;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (i > 0) CHECK(events[i].sequence == events[i - 1].sequence + 1);
    if (const auto* o = std::get_if<OrderChanged>(&events[i].what); o != nullptr && o->user == v.alice)
      told.push_back(std::string(name(o->state.status)) + " " + str(o->state.filled_size));
  }
  CHECK(told == std::vector<std::string>{"PENDING 0", "OPEN 1", "OPEN 2", "PENDING 0", "OPEN 0"});
  std::vector<LevelView> levels;
  for (const Event& e : events)
    if (const auto* l = std::get_if<LevelChanged>(&e.what)) levels.push_back(l->level);
  CHECK(levels == std::vector<LevelView>{{"101"_dec, "1"_dec}, {"100"_dec, "0"_dec}, {"101"_dec, "0"_dec}, {"101"_dec, "2"_dec}});
  std::vector<Event> none;
  v.e.take_events(none);
  CHECK(none.empty());
}
