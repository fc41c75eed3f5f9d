// A mock venue with two products and short words for what tests do with it.
#pragma once

#include <catch2/catch.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "broker_mock/venue.hpp"
#include "common/money.hpp"

namespace plugin_tests {

using bowline::Decimal;
using namespace bowline::broker_mock;

inline Decimal D(const char* s) {
  const auto d = bowline::money::parse(s);
  REQUIRE(d.has_value());
  return *d;
}
inline std::string text(const Decimal& d) { return bowline::money::text(d); }

inline constexpr std::int64_t minute = 60'000'000'000;
inline constexpr std::int64_t bar_ns = 5 * minute;

/// Assets: 1 = USD, 2 = BTC, 3 = ETH. Instruments: 1 = BTC-USD, 2 = ETH-USD.
struct Bench {
  VenueOptions options;
  std::vector<Product> products;
  std::unique_ptr<Venue> venue_;
  std::int64_t now = 1'000 * bar_ns;
  std::vector<Report> said;

  Bench() {
    options.rules = {D("0.0005"), D("0.1")};
    options.taker_fee = D("0.012");
    options.maker_fee = D("0.006");
    options.assumed_half_spread = D("0.0005");
    Product p;
    p.instrument = 1;
    p.symbol = "BTC-USD";
    p.base = 2;
    p.quote = 1;
    p.base_step = D("0.00000001");
    p.quote_step = p.px_step = D("0.01");
    p.base_min = D("0.0001");
    p.base_max = D("100");
    p.quote_min = D("1");
    p.quote_max = D("1000000");
    products.push_back(p);
    p.instrument = 2;
    p.symbol = "ETH-USD";
    p.base = 3;
    products.push_back(p);
  }
  Venue& venue() {
    if (!venue_) {
      venue_ = std::make_unique<Venue>(options, products, 3);
      venue_->ledger().set(1, {D("10000"), Decimal::zero()});
      venue_->ledger().set(2, {D("1"), Decimal::zero()});
      venue_->ledger().clear_changed();
    }
    return *venue_;
  }
  OrderSpec order(const char* id, Side side, Type type, const char* qty) const {
    OrderSpec s;
    s.client_id = id;
    s.instrument = 1;
    s.side = side;
    s.type = type;
    s.trigger_up = side == Side::buy;
    if (qty) s.qty = D(qty);
    return s;
  }
  OrderSpec limit(const char* id, Side side, const char* qty, const char* px) const {
    OrderSpec s = order(id, side, Type::limit, qty);
    s.limit_px = D(px);
    return s;
  }
  OrderSpec stop(const char* id, Side side, const char* qty, const char* stop_px, const char* px) const {
    OrderSpec s = limit(id, side, qty, px);
    s.type = Type::stop_limit;
    s.stop_px = D(stop_px);
    return s;
  }
  /// Sends and lets the venue work at this moment, as a wake does.
  void send(const OrderSpec& s) {
    REQUIRE(venue().submit(s, now).ok());
    work();
  }
  void cancel(const char* id) {
    venue().cancel({id, ""}, now);
    work();
  }
  void work() {
    venue().on_time(now);
    collect();
  }
  void collect() {
    venue().committed(now);
    std::vector<Report> taken;
    venue().take_reports(taken);
    for (Report& r : taken) said.push_back(std::move(r));
  }
  /// The next bar of an instrument: it opens now and closes five minutes on.
  void bar(const char* o, const char* h, const char* l, const char* c, const char* volume = "1000",
           std::uint32_t instrument = 1) {
    const BarView b{now, now + bar_ns, D(o), D(h), D(l), D(c), D(volume)};
    now += bar_ns;
    venue().on_bar(instrument, b);
    const Decimal cents = bowline::money::times(b.close, D("100"), bowline::money::Round::down);
    venue().note_price(instrument, std::stoll(text(cents)), -2, now);
    collect();
  }
  const Order& last(const char* id) {
    for (auto it = said.rbegin(); it != said.rend(); ++it)
      if (it->kind != Report::Kind::balance && it->order.spec.client_id == id) return it->order;
    FAIL("nothing was said about " << id);
    std::abort();
  }
  std::vector<Fill> fills(const char* id) const {
    std::vector<Fill> f;
    for (const Report& r : said)
      if (r.kind == Report::Kind::fill && r.order.spec.client_id == id) f.push_back(r.fill);
    return f;
  }
  std::size_t count(Report::Kind k) const {
    std::size_t n = 0;
    for (const Report& r : said) n += r.kind == k;
    return n;
  }
  Balance usd() { return venue().ledger().of(1); }
  Balance btc() { return venue().ledger().of(2); }
};

}  // namespace plugin_tests
