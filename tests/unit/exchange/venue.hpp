// A small venue for tests: two products that share a book, one with coarse steps, two users with money. Every act ends with an audit.
#pragma once

#include <catch2/catch.hpp>

#include <string>

#include "exchange/engine/engine.hpp"

namespace exchange_test {

using namespace bowline;
using namespace bowline::exchange;
using namespace bowline::literals;

inline constexpr std::int64_t second = 1'000'000'000, start = 1'700'000'000 * second;

inline Product btc_usd() {
  Product p;
  p.id = "BTC-USD";
  p.base = "BTC";
  p.quote = "USD";
  p.base_increment = "0.00000001"_dec;
  p.quote_increment = p.price_increment = "0.01"_dec;
  p.base_min_size = "0.00000001"_dec;
  p.base_max_size = "3400"_dec;
  p.quote_min_size = "1"_dec;
  p.quote_max_size = "150000000"_dec;
  return p;
}
inline Product btc_usdc() {
  Product p = btc_usd();
  p.id = "BTC-USDC";
  p.quote = "USDC";
  p.alias = "BTC-USD";
  return p;
}
inline Product shib_usd() {  // its smallest size is no multiple of its step, and its price is finer than its money
  Product p = btc_usd();
  p.id = "SHIB-USD";
  p.base = "SHIB";
  p.base_increment = "1"_dec;
  p.price_increment = "0.00000001"_dec;
  p.base_min_size = "26.7187147229469674"_dec;
  p.base_max_size = "10000000000"_dec;
  return p;
}

struct Venue {
  Engine e;
  std::int64_t now = start;
  UserId alice, bob;
  int ids = 0;

  explicit Venue(const Options& o = {}, const FeeRates& rates = {"0.004"_dec, "0.006"_dec}) : e(o) {
    for (const Product& p : {btc_usd(), btc_usdc(), shib_usd()}) REQUIRE(e.add_product(p).ok());
    alice = *e.add_user("alice", rates, now);
    bob = *e.add_user("bob", rates, now);
    for (const UserId u : {alice, bob}) {
      for (const char* c : {"USD", "USDC"}) REQUIRE(e.deposit(u, c, "100000"_dec, now).ok());
      REQUIRE(e.deposit(u, "BTC", "10"_dec, now).ok());
      REQUIRE(e.deposit(u, "SHIB", "1000000"_dec, now).ok());
    }
  }

  OrderRequest request(Side side, Config config, const Decimal& size, const Decimal& price = Decimal::not_set()) {
    OrderRequest r;
    r.client_order_id = "c" + std::to_string(++ids);
    r.product_id = "BTC-USD";
    r.side = side;
    r.config = config;
    r.base_size = size;
    r.limit_price = price;
    return r;
  }
  Placed place(UserId u, const OrderRequest& r) {
    const Placed p = e.place(u, r, now);
    audit();
    return p;
  }
  /// Places an order that must be taken, and returns its number.
  OrderNo put(UserId u, const OrderRequest& r) {
    const Placed p = place(u, r);
    INFO(names(p.refusal).preview);
    REQUIRE(p.ok());
    return p.order;
  }
  OrderNo limit(UserId u, Side side, const Decimal& size, const Decimal& price, Config config = Config::limit_gtc) {
    return put(u, request(side, config, size, price));
  }
  OrderRequest spend(const Decimal& quote) {
    OrderRequest r = request(Side::buy, Config::market_ioc, Decimal::not_set());
    r.quote_size = quote;
    return r;
  }
  OrderRequest stop(Side side, const Decimal& size, const Decimal& price, const Decimal& at, StopDirection d) {
    OrderRequest r = request(side, Config::stop_limit_gtc, size, price);
    r.stop_price = at;
    r.direction = d;
    return r;
  }
  OrderRequest bracket(Side side, const Decimal& size, const Decimal& profit, const Decimal& at) {
    OrderRequest r = request(side, Config::bracket_gtc, size, profit);
    r.stop_price = at;
    return r;
  }
  CancelReason cancel(UserId u, OrderNo n) {
    const std::string id = e.order_id(n);
    const CancelReason r = e.cancel(u, {&id, 1}, now).at(0).reason;
    audit();
    return r;
  }
  EditAnswer edit(UserId u, OrderNo n, const Decimal& size, const Decimal& price, const Decimal& at = Decimal::not_set()) {
    const EditAnswer a = e.edit(u, {e.order_id(n), price, size, at}, now);
    audit();
    return a;
  }
  void market(const std::vector<LevelView>& bids, const std::vector<LevelView>& asks, const Decimal& last = Decimal::not_set(),
              const char* product = "BTC-USD") {
    const auto ok = e.set_market(product, bids, asks, last, now);
    INFO((ok ? "" : ok.error().message));
    REQUIRE(ok.ok());
    audit();
  }
  void traded(const Decimal& price, const Decimal& size = Decimal::not_set(), const char* product = "BTC-USD") {
    REQUIRE(e.trade_through(product, price, size, now).ok());
    audit();
  }
  void pass(std::int64_t ns) {
    now += ns;
    e.advance(now);
    audit();
  }
  void audit() const {
    const auto ok = e.audit();
    INFO((ok ? "" : ok.error().message));
    REQUIRE(ok.ok());
  }
  const OrderState& state(OrderNo n) const { return e.order(n).state; }
  Status status(OrderNo n) const { return state(n).status; }
  Decimal available(UserId u, std::string_view c) const { return e.ledger().of(u, e.ledger().find_currency(c)).available; }
  Decimal hold(UserId u, std::string_view c) const { return e.ledger().of(u, e.ledger().find_currency(c)).hold; }
  std::vector<Event> events() {
    std::vector<Event> all;
    e.take_events(all);
    return all;
  }
  std::vector<TradePrinted> prints() {
    std::vector<TradePrinted> out;
    for (const Event& x : events())
      if (const auto* t = std::get_if<TradePrinted>(&x.what)) out.push_back(*t);
    return out;
  }
};

/// The text of an amount, so that a failed comparison shows it.
inline std::string str(const Decimal& d) { return d.to_string(); }

}  // namespace exchange_test
