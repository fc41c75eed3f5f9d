// What the mock venue accepts, refuses, remembers and answers; and that no money appears or vanishes.
#include <catch2/catch.hpp>

#include "venue_fixture.hpp"

using namespace plugin_tests;

TEST_CASE("requests that no venue would take are rejected with their reason, and change no balance") {
  struct Case {
    const char* name;
    Reason reason;
    OrderSpec spec;
  };
  Bench b;
  b.bar("100", "100", "100", "100");
  std::vector<Case> cases;
  const auto add = [&cases](const char* name, Reason r, OrderSpec s) {
    s.client_id = name;
    cases.push_back({name, r, std::move(s)});
  };
  add("more than the cash", Reason::insufficient_fund, b.limit("", Side::buy, "100", "100"));
  add("the fee does not fit", Reason::insufficient_fund, b.limit("", Side::buy, "99.5", "100"));
  add("more than the coins", Reason::insufficient_fund, b.limit("", Side::sell, "1.1", "100"));
  add("market over the cash", Reason::insufficient_fund, b.order("", Side::buy, Type::market, "99"));
  add("zero", Reason::invalid_quantity, b.limit("", Side::buy, "0", "100"));
  add("negative", Reason::invalid_quantity, b.limit("", Side::buy, "-1", "100"));
  add("off the base step", Reason::invalid_quantity, b.limit("", Side::buy, "1.000000001", "100"));
  add("no quantity", Reason::invalid_quantity, b.limit("", Side::buy, nullptr, "100"));
  add("off the price step", Reason::invalid_price, b.limit("", Side::buy, "1", "100.001"));
  add("zero price", Reason::invalid_price, b.limit("", Side::buy, "1", "0"));
  add("limit without a price", Reason::invalid_price, b.order("", Side::buy, Type::limit, "1"));
  add("stop without a stop", Reason::invalid_price, [&] {
    OrderSpec s = b.limit("", Side::sell, "1", "90");
    s.type = Type::stop_limit;
    return s;
  }());
  add("too small", Reason::below_minimum, b.limit("", Side::buy, "0.00005", "100"));
  add("too little money", Reason::below_minimum, b.limit("", Side::buy, "0.001", "100"));
  add("too large", Reason::above_maximum, b.limit("", Side::sell, "101", "100"));
  add("too much money", Reason::above_maximum, b.limit("", Side::sell, "100", "1000000"));
  add("sell by cost", Reason::invalid_combination, [&] {
    OrderSpec s = b.order("", Side::sell, Type::market, nullptr);
    s.quote_qty = D("100");
    return s;
  }());
  add("post-only market", Reason::invalid_combination, [&] {
    OrderSpec s = b.order("", Side::buy, Type::market, "1");
    s.post_only = true;
    return s;
  }());
  add("expired", Reason::expiry_passed, [&] {
    OrderSpec s = b.limit("", Side::buy, "1", "100");
    s.tif = Tif::gtd;
    s.expire_ns = b.now;
    return s;
  }());
  add("not listed", Reason::product_not_tradable, [&] {
    OrderSpec s = b.limit("", Side::buy, "1", "100");
    s.instrument = 9;
    return s;
  }());
  add("no price yet", Reason::no_reference_price, [&] {
    OrderSpec s = b.order("", Side::buy, Type::market, "1");
    s.instrument = 2;
    return s;
  }());
  for (const Case& c : cases) {
    INFO(c.name);
    b.send(c.spec);
    CHECK(b.last(c.name).state == State::rejected);
    CHECK(b.last(c.name).reason == c.reason);
    CHECK(b.venue().order(static_cast<std::int64_t>(b.venue().orders())).spec.client_id ==
          c.name);  // remembered
  }
  CHECK(text(b.usd().total) == "10000");
  CHECK(b.usd().hold == Decimal::zero());
  b.bar("1", "1", "1", "1");
  CHECK(b.count(Report::Kind::fill) == 0);
}

TEST_CASE("an amount that arithmetic cannot hold is rejected, not wrapped") {
  Bench b;
  b.products[0].base_max = b.products[0].quote_max = Decimal::zero();
  b.send(b.limit("huge", Side::buy, "10000000000000000000", "9999999999999999999"));
  CHECK(b.last("huge").reason == Reason::amount_overflow);
}

TEST_CASE("the same client id and content is the same order; other content is refused and nothing is sent") {
  Bench b;
  const OrderSpec s = b.limit("id", Side::buy, "1", "99");
  b.send(s);
  b.send(s);
  CHECK(b.venue().orders() == 1);
  CHECK(b.said.back().kind == Report::Kind::snapshot);
  CHECK(b.said.back().order.number == 1);
  OrderSpec other = s;
  other.limit_px = D("98");
  const auto r = b.venue().submit(other, b.now);
  REQUIRE_FALSE(r.ok());
  CHECK(r.error().code == "CLIENT_ID_REUSED");
  b.work();
  CHECK(b.venue().orders() == 1);
  // also while the first is still on its way
  OrderSpec fresh = b.limit("fresh", Side::buy, "1", "99");
  REQUIRE(b.venue().submit(fresh, b.now).ok());
  CHECK(b.venue().submit(fresh, b.now).ok());
  fresh.qty = D("2");
  CHECK_FALSE(b.venue().submit(fresh, b.now).ok());
  b.work();
  CHECK(b.venue().orders() == 2);
}

TEST_CASE(
    "cancel: open is cancelled and released, done and unknown are refused, and cancels go before submits") {
  Bench b;
  b.send(b.limit("a", Side::buy, "90", "100"));
  CHECK(b.usd().hold > D("9000"));
  // Both leave in one moment; only when the cancel is first does the cash suffice for the submit.
  REQUIRE(b.venue().submit(b.limit("b", Side::buy, "90", "100"), b.now).ok());
  b.venue().cancel({"a", ""}, b.now);
  b.work();
  CHECK(b.last("a").state == State::cancelled);
  CHECK(b.last("b").state == State::open);
  b.cancel("a");
  CHECK(b.said.back().kind == Report::Kind::cancel_rejected);
  CHECK(b.said.back().reason == Reason::already_done);
  CHECK(b.said.back().order.state == State::cancelled);
  b.cancel("nobody");
  CHECK(b.said.back().reason == Reason::unknown_order);
  b.venue().cancel({"", "mock-2"}, b.now);
  b.work();
  CHECK(b.last("b").state == State::cancelled);
  CHECK(b.usd().hold == Decimal::zero());
}

TEST_CASE("the cancel of an order that is itself on its way comes behind it") {
  Bench b;
  REQUIRE(b.venue().submit(b.limit("a", Side::buy, "1", "100"), b.now).ok());
  b.venue().cancel({"a", ""}, b.now);
  b.work();
  CHECK(b.last("a").state == State::cancelled);
}

TEST_CASE("a cancel with latency that meets a fill on its way loses the race") {
  Bench b;
  b.options.latency_ns = bar_ns;
  REQUIRE(b.venue().submit(b.limit("a", Side::buy, "1", "100"), b.now).ok());
  b.bar("100", "100", "100", "100");
  b.work();  // the timer of the arrival
  CHECK(b.last("a").state == State::open);
  b.venue().cancel({"a", ""}, b.now);  // arrives with the close of the next bar
  b.bar("99", "99", "99", "99");
  CHECK(b.last("a").state == State::filled);
  b.work();
  CHECK(b.said.back().reason == Reason::already_done);
}

TEST_CASE("rejects are drawn by seed and id") {
  Bench b;
  b.options.reject_probability = 0.5;
  int rejected = 0;
  for (int i = 0; i < 100; ++i) {
    const std::string id = "o" + std::to_string(i);
    b.send(b.limit(id.c_str(), Side::buy, "0.1", "10"));
    rejected += b.last(id.c_str()).reason == Reason::simulated_reject;
  }
  CHECK(rejected > 30);
  CHECK(rejected < 70);
}

TEST_CASE("questions: one order or its absence, open orders, fills since, balances") {
  Bench b;
  b.send(b.limit("a", Side::buy, "1", "101"));
  b.bar("100", "100", "100", "100");
  const std::int64_t first = b.now;
  b.send(b.limit("b", Side::buy, "1", "101"));
  b.send(b.limit("c", Side::buy, "1", "50"));
  b.bar("100", "100", "100", "100");
  b.said.clear();
  b.venue().ask_order({"a", ""}, b.now);
  b.venue().ask_order({"", "mock-3"}, b.now);
  b.venue().ask_order({"zz", ""}, b.now);
  b.venue().ask_open(b.now);
  b.venue().ask_fills(first + 1);
  b.venue().ask_balances(b.now);
  b.collect();
  using K = Report::Kind;
  std::vector<std::pair<K, std::string>> got;
  for (const Report& r : b.said)
    got.emplace_back(r.kind, r.kind == K::balance ? std::to_string(r.asset) : r.order.spec.client_id);
  CHECK(got == std::vector<std::pair<K, std::string>>{{K::snapshot, "a"},
                                                      {K::snapshot, "c"},
                                                      {K::absent, "zz"},
                                                      {K::snapshot, "c"},
                                                      {K::fill, "b"},
                                                      {K::balance, "1"},
                                                      {K::balance, "2"},
                                                      {K::balance, "3"}});
}

TEST_CASE("nothing to do means idle: the quick path may be taken") {
  Bench b;
  CHECK(b.venue().idle(1, b.now));
  b.send(b.limit("a", Side::buy, "1", "50"));
  CHECK_FALSE(b.venue().idle(1, b.now + bar_ns));
  CHECK(b.venue().idle(2, b.now + bar_ns));
  OrderSpec g = b.limit("g", Side::buy, "1", "50");
  g.tif = Tif::gtd;
  g.expire_ns = b.now + bar_ns;
  b.send(g);
  CHECK_FALSE(b.venue().idle(2, b.now + bar_ns));  // something ends by then
  b.cancel("a");
  b.cancel("g");
  CHECK(b.venue().idle(1, b.now + bar_ns));
}

TEST_CASE("rule 7: property: cash, coins and fees are conserved, holds are what open orders hold, whatever comes") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Bench b;
    b.options.seed = seed;
    b.options.partial_fill_probability = seed % 3 ? 0.3 : 0;
    b.options.reject_probability = 0.05;
    b.options.latency_ns = seed % 4 == 0 ? minute : 0;
    std::uint64_t x = seed * 0x9e3779b97f4a7c15ULL;
    const auto next = [&x] { return x ^= x << 13, x ^= x >> 7, x ^= x << 17; };
    const auto cents = [](std::uint64_t c) {
      const std::string f = std::to_string(c % 100);
      return std::to_string(c / 100) + "." + (f.size() < 2 ? "0" + f : f);
    };
    std::uint64_t px = 10'000;
    b.bar("100", "100", "100", "100");
    for (int step = 0; step < 80; ++step) {
      for (std::uint64_t k = next() % 3; k > 0; --k) {
        const std::string id = std::to_string(seed) + "-" + std::to_string(step) + "-" + std::to_string(k);
        const Side side = next() % 2 ? Side::buy : Side::sell;
        const std::string qty = cents(1 + next() % 5'000), at = cents(px - 300 + next() % 600),
                          second = cents(px - 300 + next() % 600);
        OrderSpec s;
        switch (next() % 4) {
          case 0:
            s = b.order(id.c_str(), side, Type::market, qty.c_str());
            break;
          case 1:
            s = b.stop(id.c_str(), side, qty.c_str(), at.c_str(), second.c_str());
            break;
          case 2:
            s = b.order(id.c_str(), Side::buy, Type::market, nullptr);
            s.quote_qty = D(cents(100 + next() % 200'000).c_str());
            break;
          default:
            s = b.limit(id.c_str(), side, qty.c_str(), at.c_str());
            break;
        }
        if (next() % 3 == 0) {
          s.tif = Tif::gtd;
          s.expire_ns = b.now + static_cast<std::int64_t>(next() % 4) * bar_ns / 2;
        } else if (next() % 4 == 0) {
          s.tif = Tif::ioc;
        }
        REQUIRE(b.venue().submit(s, b.now).ok());
      }
      if (next() % 3 == 0 && b.venue().orders() > 0)
        b.venue().cancel({"", "mock-" + std::to_string(1 + next() % b.venue().orders())}, b.now);
      b.work();
      const std::uint64_t open = px - 100 + next() % 200, close = open - 100 + next() % 200;
      const std::uint64_t high = std::max(open, close) + next() % 200,
                          low = std::min(open, close) - next() % 200;
      px = std::max<std::uint64_t>(close, 1'000);
      b.bar(cents(open).c_str(), cents(high).c_str(), cents(low).c_str(), cents(close).c_str(),
            cents(next() % 50'000).c_str());

      Decimal usd = D("10000"), btc = D("1"), usd_hold = Decimal::zero(), btc_hold = Decimal::zero();
      for (std::int64_t n = 1; n <= b.venue().fills(); ++n) {
        const Fill& f = b.venue().fill(n);
        const bool buy = b.venue().order(f.order).spec.side == Side::buy;
        usd = buy ? bowline::money::minus(usd, f.quote) : bowline::money::plus(usd, f.quote);
        btc = buy ? bowline::money::plus(btc, f.qty) : bowline::money::minus(btc, f.qty);
        usd = bowline::money::minus(usd, f.fee);
        REQUIRE(f.fee >= Decimal::zero());
      }
      for (std::size_t n = 1; n <= b.venue().orders(); ++n) {
        const Order& o = b.venue().order(static_cast<std::int64_t>(n));
        if (o.state != State::open) REQUIRE(o.hold == Decimal::zero());
        Decimal& side = o.hold_asset == 1 ? usd_hold : btc_hold;
        side = bowline::money::plus(side, o.hold);
        if (o.spec.qty) REQUIRE(o.cum_qty <= *o.spec.qty);
        if (o.state == State::filled && o.spec.qty) REQUIRE(o.cum_qty == *o.spec.qty);
        if (o.spec.quote_qty) REQUIRE(bowline::money::plus(o.cum_quote, o.cum_fee) <= *o.spec.quote_qty);
      }
      REQUIRE(text(b.usd().total) == text(usd));
      REQUIRE(text(b.btc().total) == text(btc));
      REQUIRE(text(b.usd().hold) == text(usd_hold));
      REQUIRE(text(b.btc().hold) == text(btc_hold));
      REQUIRE(b.usd().hold <= b.usd().total);
      REQUIRE(b.btc().hold <= b.btc().total);
    }
    CHECK(b.venue().fills() > 5);
  }
}

TEST_CASE("golden: the same requests, bars and seed give the same reports, byte for byte, in every build") {
  Bench b;
  b.options.partial_fill_probability = 0.4;
  b.options.reject_probability = 0.1;
  b.options.seed = 77;
  b.bar("100", "100", "100", "100");
  for (int i = 0; i < 200; ++i) {
    const std::string id = "g" + std::to_string(i);
    const std::string px = std::to_string(95 + i % 11);
    if (i % 3 == 0) b.send(b.order(id.c_str(), i % 2 ? Side::buy : Side::sell, Type::market, "0.37"));
    if (i % 3 == 1) b.send(b.limit(id.c_str(), i % 2 ? Side::buy : Side::sell, "0.41", px.c_str()));
    if (i % 3 == 2) b.send(b.stop(id.c_str(), i % 2 ? Side::buy : Side::sell, "0.2", px.c_str(), px.c_str()));
    if (i % 7 == 0) b.cancel(("g" + std::to_string(i / 2)).c_str());
    const std::string o = std::to_string(97 + i % 7), c = std::to_string(96 + i % 9),
                      h = std::to_string(106 + i % 3), l = std::to_string(94 - i % 2);
    b.bar(o.c_str(), h.c_str(), l.c_str(), c.c_str(), std::to_string(i % 13).c_str());
  }
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  const auto take = [&hash](const std::string& s) {
    for (const char c : s) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  };
  for (const Report& r : b.said) {
    take(std::to_string(static_cast<int>(r.kind)) + "|" + std::to_string(r.ts_ns) + "|" + r.order.venue_id +
         "|" + r.fill.fill_id);
    take(text(r.fill.px) + "|" + text(r.fill.qty) + "|" + text(r.fill.fee) + "|" + text(r.order.hold) + "|" +
         text(r.balance.total));
    take(std::to_string(static_cast<int>(r.order.state)) + name_of(r.reason));
  }
  CHECK(b.said.size() > 500);
  CHECK(hash == 0x15cd18c12d338a8dULL);  // changes only when the rules are changed on purpose
}
