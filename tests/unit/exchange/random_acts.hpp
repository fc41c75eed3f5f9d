// Random acts on a venue, from a seed: what the property tests do to it.
#pragma once

#include "unit/exchange/venue.hpp"

namespace exchange_test {

struct Dice {
  std::uint64_t x;
  explicit Dice(std::uint64_t seed) : x(seed * 0x9e3779b97f4a7c15ULL + 1) {}
  std::uint64_t operator()(std::uint64_t n) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return (x >> 16) % n;
  }
  bool one_in(std::uint64_t n) { return (*this)(n) == 0; }
  Decimal cents(std::uint64_t from, std::uint64_t to) { return Decimal::from_mantissa(static_cast<std::int64_t>(from + (*this)(to - from)), -2); }
};

/// A venue with four users, two products on one book and a third one, and everything that can be done to it.
struct Acts {
  Dice dice;
  Engine e;
  std::int64_t now = start;
  std::vector<UserId> users;
  int ids = 0;

  static Options options(Dice& dice) {
    Options o;
    o.id_seed = dice(1000);
    o.self_trade = static_cast<SelfTrade>(dice(4));
    const auto lag = [&](std::int64_t& x) {
      if (dice.one_in(3)) x = static_cast<std::int64_t>(1 + dice(5)) * second;
    };
    lag(o.pending_ns);
    lag(o.visible_ns);
    lag(o.cancel_ns);
    lag(o.listed_ns);
    o.edit_stops = dice.one_in(2);
    o.fills_on_touch = dice.one_in(2);
    o.max_open_orders = dice.one_in(4) ? 3 : 500;
    lag(o.edit_ns);
    return o;
  }
  explicit Acts(std::uint64_t seed) : dice(seed), e(options(dice)) {
    for (const Product& p : {btc_usd(), btc_usdc(), shib_usd()}) REQUIRE(e.add_product(p).ok());
    for (int i = 0; i < 4; ++i) {
      const FeeRates rates{Decimal::from_mantissa(static_cast<std::int64_t>(dice(12'000)), -6),
                           Decimal::from_mantissa(static_cast<std::int64_t>(dice(12'000)), -6)};
      users.push_back(*e.add_user(i < 2 ? "one" : "two", rates, now));
      // Little of it, so that it runs out.
      for (const char* c : {"USD", "USDC", "BTC"})
        if (!dice.one_in(5)) REQUIRE(e.deposit(users.back(), c, dice.cents(1'00, 3000'00), now).ok());
      REQUIRE(e.deposit(users.back(), "SHIB", dice.cents(1'00, 3000'00), now).ok());
    }
  }
  UserId anyone() { return users[dice(users.size())]; }
  std::string any_product() { return std::array{"BTC-USD", "BTC-USDC", "BTC-USD", "SHIB-USD"}[dice(4)]; }
  Decimal coins(std::uint64_t most_) { return Decimal::from_mantissa(static_cast<std::int64_t>(1 + dice(most_)), -8); }
  /// Often one of a few, so that orders stand behind each other.
  Decimal price() { return dice.one_in(2) ? dice.cents(95'00, 105'00) : Decimal::from_int(static_cast<std::int64_t>(97 + dice(7))); }
  std::string any_id() { return e.order_id(1 + dice(e.orders({}).orders.size() + 1)); }

  OrderRequest request() {
    OrderRequest r;
    r.client_order_id = dice.one_in(20) ? "again" : "c" + std::to_string(++ids);
    r.product_id = any_product();
    r.side = static_cast<Side>(dice(2));
    r.config = static_cast<Config>(dice(10));
    const bool shib = r.product_id == "SHIB-USD";
    r.base_size = shib ? Decimal::from_int(static_cast<std::int64_t>(1 + dice(200)))
                       : Decimal::from_mantissa(static_cast<std::int64_t>(1 + dice(dice.one_in(2) ? 1'000'000'000 : 50'000'000)), -8);
    if (type(r.config) != OrderType::market) r.limit_price = price();
    if (r.config == Config::market_ioc && r.side == Side::buy && dice.one_in(2)) {
      r.base_size = Decimal::not_set();
      r.quote_size = dice.cents(1'00, 900'00);
    }
    if (r.config == Config::limit_gtc && dice.one_in(6)) {
      r.base_size = Decimal::not_set();
      r.quote_size = dice.cents(1'00, 900'00);
    }
    if (type(r.config) == OrderType::stop_limit || type(r.config) == OrderType::bracket) r.stop_price = price();
    if (type(r.config) == OrderType::stop_limit) r.direction = dice.one_in(2) ? StopDirection::up : StopDirection::down;
    if (tif(r.config) == Tif::gtd) r.end_ns = now + static_cast<std::int64_t>(dice(30)) * second;
    if ((r.config == Config::limit_gtc || r.config == Config::limit_gtd) && dice.one_in(4)) r.post_only = true;
    if (dice.one_in(5)) r.self_trade_prevention_id = "desk";
    return r;
  }
  std::vector<LevelView> levels(bool bids) {
    std::vector<LevelView> out;
    Decimal at = bids ? dice.cents(96'00, 100'00) : dice.cents(100'00, 104'00);
    for (std::uint64_t n = dice(5); n > 0; --n) {
      out.push_back({at, Decimal::from_mantissa(static_cast<std::int64_t>(1 + dice(300'000'000)), -8)});
      at = bids ? at - dice.cents(1, 50) : at + dice.cents(1, 50);
    }
    return out;
  }
  void act() {
    if (dice.one_in(3)) now += static_cast<std::int64_t>(dice(4)) * second;
    switch (dice(20)) {
      case 0: {
        ProductFlags f;
        bool* const all[] = {&f.is_disabled, &f.trading_disabled, &f.cancel_only, &f.limit_only,
                             &f.post_only,   &f.auction_mode,     &f.view_only};
        if (dice.one_in(3)) *all[dice(7)] = true;
        REQUIRE(e.set_flags(any_product(), f, now).ok());
        break;
      }
      case 1:
        REQUIRE(e.set_flags("BTC-USD", {}, now).ok());
        break;
      case 2:
      case 3:
        REQUIRE(e.set_market(any_product(), levels(true), levels(false), dice.one_in(2) ? price() : Decimal::not_set(), now).ok());
        break;
      case 4:
      case 5:
        REQUIRE(e.trade_through(any_product(), price(), dice.one_in(3) ? Decimal::not_set() : coins(900'000'000), now).ok());
        break;
      case 6:
      case 7:
      case 8: {
        const std::array ids_{any_id(), any_id()};
        (void)e.cancel(anyone(), ids_, now);
        break;
      }
      case 9:
      case 10: {
        EditRequest r{any_id(), price(), Decimal::from_mantissa(static_cast<std::int64_t>(1 + dice(500'000'000)), -8)};
        if (dice.one_in(3)) r.stop_price = price();
        // The owner asks, mostly.
        UserId u = anyone();
        for (const UserId each : users)
          if (e.order(each, r.order_id) != nullptr && !dice.one_in(5)) u = each;
        (void)e.edit(u, r, now);
        break;
      }
      case 11:
        (void)e.deposit(anyone(), dice.one_in(2) ? "USD" : "BTC", dice.cents(1, 100'00), now);
        break;
      case 12:
        (void)e.withdraw(anyone(), dice.one_in(2) ? "USD" : "BTC", dice.cents(1, 300'00), now);
        break;
      case 13:
        REQUIRE(e.set_rates(anyone(), {Decimal::from_mantissa(static_cast<std::int64_t>(dice(900'000)), -6), "0.006"_dec}).ok());
        break;
      case 14:
        e.advance(now += static_cast<std::int64_t>(dice(10)) * second);
        break;
      default:
        (void)e.place(anyone(), request(), now);
    }
  }
};

}  // namespace exchange_test
