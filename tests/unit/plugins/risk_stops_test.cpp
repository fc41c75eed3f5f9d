// Where the stop of a position stands: each rule by itself, and that it only rises.
#include <catch2/catch.hpp>

#include <cmath>
#include <deque>
#include <string>

#include "account_fixture.hpp"
#include "risk_stops/protection.hpp"
#include "risk_stops/volatility.hpp"

using namespace bowline::risk_stops;
using namespace plugin_tests;
using bowline::Decimal;
namespace money = bowline::money;

namespace {
constexpr std::int64_t bar_ns = 300'000'000'000, opened = 1'000 * bar_ns;
const double unknown = NAN;

/// Only the volatility stop, 2 to 5 %.
Rules bare() {
  Rules r;
  r.min_distance = D("0.02");
  r.max_distance = D("0.05");
  return r;
}
Product product() { return {D("0.01"), D("0.0001"), D("0.01")}; }
Held held(const char* avg, const Amount& best = {}, const char* qty = "10") {
  return {D(qty), D(avg), best.value_or(Decimal::not_set()), opened};
}
/// A bar that closed `after` bars behind the opening.
Market at(const char* close, double volatility = unknown, std::int64_t after = 1) {
  return {D(close), opened + after * bar_ns, bar_ns, volatility};
}
std::string stop(Protection& p, const Held& h, const Market& m, const Rules& r) {
  return text(p.follow(h, m, r, product())->stop_px);
}
std::string stop(const Held& h, const Market& m, const Rules& r) {
  Protection p;
  return stop(p, h, m, r);
}
}  // namespace

TEST_CASE("volatility stop: factor times volatility below the average price, clamped to 2-5 %") {
  CHECK(stop(held("100"), at("100", 0.003), bare()) == "97");
  CHECK(stop(held("100"), at("100", 0.0001), bare()) == "98");
  CHECK(stop(held("100"), at("100", 0.9), bare()) == "95");
  CHECK(stop(held("100"), at("100", 0.0), bare()) == "98");
  Protection p;
  const auto w = p.follow(held("100"), at("100", 0.003), bare(), product());
  CHECK(w->rule == Rule::volatility);
  CHECK_FALSE(w->limit_px.is_set());
  CHECK(w->share == 0);
}

TEST_CASE(
    "volatility stop: while the volatility is not known the stop is the widest one, before any bar too") {
  CHECK(stop(held("100"), at("100"), bare()) == "95");
  CHECK(stop(held("100"), Market{}, bare()) == "95");
  CHECK(stop(held("100"), at("100", INFINITY), bare()) == "95");
}

TEST_CASE("a stop is rounded up to the product's step: never farther away than the rule says") {
  CHECK(stop(held("99.99"), at("100"), bare()) == "95");        // 94.9905
  CHECK(stop(held("0.0123"), at("0.0123"), bare()) == "0.02");  // a coarse step: still not farther
  Protection p;
  CHECK(text(p.follow(held("99.99"), at("100"), bare(), {})->stop_px) == "94.9905");  // no step binds nothing
}

TEST_CASE("a stop only rises, whatever average price and volatility do afterwards") {
  Protection p;
  CHECK(stop(p, held("100"), at("100", 0.002), bare()) == "98");
  CHECK(stop(p, held("100"), at("100", 0.005), bare()) == "98");
  CHECK(stop(p, held("90"), at("95", 0.005), bare()) == "98");  // more was bought, cheaper
  CHECK(stop(p, held("110"), at("110", 0.002), bare()) == "107.8");
}

TEST_CASE("a position opened at another time is another one: its stop begins anew") {
  Protection p;
  CHECK(stop(p, held("100"), at("100", 0.002), bare()) == "98");
  Held other = held("50");
  other.opened_ns += 1;
  CHECK(stop(p, other, at("50", 0.002), bare()) == "49");
  p.clear();
  CHECK(stop(p, held("40"), at("40", 0.002), bare()) == "39.2");
}

TEST_CASE("trailing stop: follows the best price since opening, from the gain on that it asks for") {
  Rules r = bare();
  r.trailing = D("0.03");
  CHECK(stop(held("100", D("110")), at("108"), r) == "106.7");
  CHECK(stop(held("100", D("110")), at("112"), r) == "108.64");  // the bar's own close is the best one now
  CHECK(stop(held("100", D("90")), at("90"), r) == "95");        // never gained: the other rule's
  r.trailing_from = D("0.05");
  CHECK(stop(held("100", D("104.99")), at("104"), r) == "95");
  CHECK(stop(held("100", D("105")), at("104"), r) == "101.85");
  Protection p;
  CHECK(p.follow(held("100", D("110")), at("108"), r, product())->rule == Rule::trailing);
}

TEST_CASE("a bar that closed before the position was opened says nothing of it") {
  Rules r = bare();
  r.trailing = D("0.03");
  CHECK(stop(held("100", D("100")), at("120", unknown, 0), r) == "97");
  CHECK(stop(held("100", D("100")), at("120", unknown, -5), r) == "97");
}

TEST_CASE("break-even: after the gain the stop is where both fees are earned back") {
  Rules r = bare();
  r.break_even = D("0.04");
  CHECK(stop(held("100", D("103.99")), at("103.99"), r) == "95");
  CHECK(stop(held("100", D("104")), at("103.5"), r) == "102.03");  // 100 x 1.01 / 0.99 = 102.0202
  Protection p;
  const auto w = p.follow(held("100", D("104")), at("103.5"), r, product());
  CHECK(w->rule == Rule::break_even);
  // Sold there, the fee of 1 % paid twice: nothing is lost.
  CHECK(w->stop_px - mul(w->stop_px, D("0.01"), bowline::Rounding::up) >= D("101"));
}

TEST_CASE("break-even: where the price has fallen below it already, it waits, and then stays") {
  Rules r = bare();
  r.break_even = D("0.04");
  Protection p;
  CHECK(stop(p, held("100", D("104")), at("102"), r) == "95");
  CHECK(stop(p, held("100", D("104")), at("102.5"), r) == "102.03");
  CHECK(stop(p, held("100", D("104")), at("101"), r) == "102.03");
}

TEST_CASE("time stop: after n bars without the gain the stop is at the close, which means now") {
  Rules r = bare();
  r.time_bars = 12;
  r.time_gain = D("0.01");
  CHECK(stop(held("100", D("100.5")), at("99", unknown, 11), r) == "95");
  CHECK(stop(held("100", D("100.5")), at("99", unknown, 12), r) == "99");
  CHECK(stop(held("100", D("101")), at("99", unknown, 12), r) == "95");  // it reached the gain once
  Protection p;
  const auto w = p.follow(held("100", D("100.5")), at("99.123", unknown, 12), r, product());
  CHECK(w->rule == Rule::time);
  CHECK(w->stop_px == D("99.13"));  // at or above the close
}

TEST_CASE("take-profit: all of it at the gain, the price rounded up") {
  Rules r = bare();
  r.profit = {{D("0.1"), D("1")}};
  Protection p;
  auto w = p.follow(held("100"), at("100"), r, product());
  CHECK(text(w->limit_px) == "110");
  CHECK(w->share == 0);
  CHECK(w->rule == Rule::volatility);
  w = p.follow(held("33.333"), at("33"), r, product());
  CHECK(text(w->limit_px) == "36.67");  // 36.6663
}

TEST_CASE("scaled take-profit: one step after the other, by what was sold of the largest quantity") {
  Rules r = bare();
  r.profit = {{D("0.03"), D("0.5")}, {D("0.06"), D("0.3")}, {D("0.1"), D("0.2")}};
  Protection p;
  const auto next = [&](const char* qty) {
    return *p.follow(held("100", std::nullopt, qty), at("100"), r, product());
  };
  Wanted w = next("10");
  CHECK(text(w.limit_px) == "103");
  CHECK(w.share == 5'000);
  w = next("7");  // a part of the first step was sold: 2 of the 7 that are left
  CHECK(text(w.limit_px) == "103");
  CHECK(w.share == 2'858);
  w = next("5");
  CHECK(text(w.limit_px) == "106");
  CHECK(w.share == 6'000);
  w = next("2.00005");  // less than a step of the product is missing: the next one
  CHECK(text(w.limit_px) == "110");
  CHECK(w.share == 0);
  w = next("20");  // more was bought: the ladder begins anew on the larger position
  CHECK(text(w.limit_px) == "103");
  CHECK(w.share == 5'000);
}

TEST_CASE("scaled take-profit: what the steps leave has no take-profit") {
  Rules r = bare();
  r.profit = {{D("0.03"), D("0.5")}};
  Protection p;
  CHECK(p.follow(held("100"), at("100"), r, product())->share == 5'000);
  const auto w = p.follow(held("100", std::nullopt, "5"), at("100"), r, product());
  CHECK_FALSE(w->limit_px.is_set());
  CHECK(w->share == 0);
  CHECK(text(w->stop_px) == "95");
}

TEST_CASE("a position of unknown cost is protected from the first price that is seen") {
  Held h = held("100");
  h.avg_px = Decimal::not_set();
  Protection p;
  CHECK_FALSE(p.follow(h, Market{}, bare(), product()));
  CHECK(stop(p, h, at("80"), bare()) == "76");
  CHECK(stop(p, h, at("100"), bare()) == "76");  // that price stays its base
}

TEST_CASE(
    "property: whatever comes, the stop only rises, is on the grid, and within 2-5 % when it is the only "
    "rule") {
  std::uint64_t x = 77;
  const auto below = [&x](std::uint64_t n) { return (x ^= x << 13, x ^= x >> 7, x ^= x << 17) % n; };
  const auto price = [&] {
    return money::from_mantissa(static_cast<std::int64_t>(9'000 + below(3'000)), -2);
  };
  int raised = 0;
  for (int round = 0; round < 500; ++round) {
    Rules r = bare();
    const bool alone = below(2) == 0;
    if (!alone) {
      r.trailing = D("0.03");
      r.break_even = D("0.04");
      r.time_bars = 20;
      r.time_gain = D("0.01");
    }
    Protection p;
    const Decimal avg = price();
    Decimal best = avg, last = Decimal::zero();
    for (std::int64_t i = 0; i < 40; ++i) {
      const Decimal close = price();
      best = max(best, close);
      const Held h{D("1"), avg, best, opened};
      const double v = below(3) == 0 ? unknown : static_cast<double>(below(1'000)) * 1e-5;
      const auto w = p.follow(h, {close, opened + (i + 1) * bar_ns, bar_ns, v}, r, product());
      REQUIRE(w);
      REQUIRE(w->stop_px >= last);
      REQUIRE(money::on_step(w->stop_px, D("0.01")));
      if (alone) {
        REQUIRE(w->stop_px >= mul(avg, D("0.95"), bowline::Rounding::down));
        REQUIRE(w->stop_px <= mul(avg, D("0.98"), bowline::Rounding::up) + D("0.01"));
      }
      raised += w->stop_px > last;
      last = w->stop_px;
    }
  }
  CHECK(raised > 1'000);
}

TEST_CASE("volatility: the mean true range of the last n bars, gaps to the close before included") {
  Volatility v(Measure::atr, 3);
  v.update(101, 99, 100);  // no close before: no range yet
  CHECK(v.seen() == 0);
  v.update(103, 101, 102);  // from 100: 3 %
  v.update(104, 102, 103);  // 2 / 102
  CHECK(std::isnan(v.value()));
  v.update(100, 98, 99);  // gap down from 103: 5 / 103
  CHECK(v.known());
  CHECK(v.value() == Approx((0.03 + 2.0 / 102 + 5.0 / 103) / 3).epsilon(1e-7));
  v.update(99, 99, 99);  // nothing: the 3 % leave
  CHECK(v.value() == Approx((0.0 + 2.0 / 102 + 5.0 / 103) / 3).epsilon(1e-7));
}

TEST_CASE("volatility: the root of the mean squared return of the last n bars") {
  Volatility v(Measure::realised, 2);
  v.update(100, 100, 100);
  v.update(102, 102, 102);
  v.update(200, 50, 101);  // high and low do not count
  CHECK(v.value() == Approx(std::sqrt((0.02 * 0.02 + std::pow(1.0 / 102, 2)) / 2)).epsilon(1e-7));
}

TEST_CASE("property: the volatility after any way is that of the last n bars alone, to the last bit") {
  std::uint64_t x = 5;
  const auto below = [&x](std::uint64_t n) { return (x ^= x << 13, x ^= x >> 7, x ^= x << 17) % n; };
  for (const Measure m : {Measure::atr, Measure::realised}) {
    struct Bar {
      double high, low, close;
    };
    std::deque<Bar> last;
    Volatility whole(m, 10);
    for (int i = 0; i < 5'000; ++i) {
      const double close =
          1.0 + static_cast<double>(below(i == 2'000 ? 100'000'000 : 1'000)) * 1e-3;  // one wild bar
      const Bar b{close * 1.01, close * 0.99, close};
      whole.update(b.high, b.low, b.close);
      last.push_back(b);
      if (last.size() > 11) last.pop_front();
      if (last.size() < 11) continue;
      Volatility fresh(m, 10);
      for (const Bar& one : last) fresh.update(one.high, one.low, one.close);
      REQUIRE(fresh.value() == whole.value());
    }
  }
}
