#include "core/portfolio.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "core/portfolio_view.hpp"
#include "unit/core/market.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using test::mark_at;
using test::Market;

namespace {

constexpr Nanos day = 86'400'000'000'000;

Fill fill(InstrumentId id, Side side, Decimal px, Decimal qty, Decimal fee, AssetId fee_asset, Nanos time = 1) {
  Fill f;
  f.instrument = id;
  f.side = side;
  f.px = px;
  f.qty = qty;
  f.fee = fee;
  f.fee_asset = fee_asset;
  f.time = time;
  return f;
}

}  // namespace

TEST_CASE("average cost: two buys average, a sale realises against the average and leaves it as it is") {
  const Market m;
  Portfolio p = m.book("1000"_dec);
  REQUIRE(p.apply(fill(m.btc, Side::buy, "100"_dec, "1"_dec, "0"_dec, m.usd)));
  REQUIRE(p.apply(fill(m.btc, Side::buy, "200"_dec, "1"_dec, "0"_dec, m.usd)));
  CHECK(p.average(m.btc) == "150"_dec);
  CHECK(p.cash(m.usd) == "700"_dec);
  REQUIRE(p.apply(fill(m.btc, Side::sell, "180"_dec, "0.5"_dec, "0"_dec, m.usd)));
  CHECK(p.realised() == "15"_dec);
  CHECK(p.average(m.btc) == "150"_dec);
  CHECK(p.position(m.btc).cost == "225"_dec);
  CHECK(p.cash(m.usd) == "790"_dec);
  REQUIRE(p.apply(fill(m.btc, Side::sell, "100"_dec, "1.5"_dec, "0"_dec, m.usd)));
  CHECK(p.realised() == "-60"_dec);
  CHECK_FALSE(p.average(m.btc).is_set());
  CHECK(p.position(m.btc).cost.is_zero());
  CHECK(p.position(m.btc).opened == 0);
}

TEST_CASE("unrealised profit is at the bid, value and equity at the mark") {
  const Market m;
  Portfolio p = m.book("1000"_dec);
  REQUIRE(p.apply(fill(m.btc, Side::buy, "100"_dec, "2"_dec, "0"_dec, m.usd)));
  p.set_mark(m.btc, mark_at("110"_dec));
  CHECK(p.bid(m.btc) == "109.945"_dec);  // 5 bp below the close
  CHECK(p.ask(m.btc) == "110.055"_dec);
  CHECK(p.unrealised() == "19.89"_dec);
  CHECK(p.value(m.btc) == "220"_dec);
  CHECK(p.equity() == "1020"_dec);
  Mark quoted = mark_at("110"_dec);
  quoted.bid = "109"_dec;
  quoted.ask = "111"_dec;
  p.set_mark(m.btc, quoted);
  CHECK(p.unrealised() == "18"_dec);
  CHECK(p.position(m.btc).best_px == "110"_dec);
}

TEST_CASE("rule 5.1: losses are reckoned with what is held at the bid: peak, the day's opening, and what flows") {
  const Market m;
  Portfolio p = m.book("1000"_dec);
  REQUIRE(p.apply(fill(m.btc, Side::buy, "100"_dec, "2"_dec, "0"_dec, m.usd)));
  p.set_mark(m.btc, mark_at("110"_dec));
  CHECK(p.equity_at_bid() == "1019.89"_dec);  // derived: 5 bp below the close
  Mark quoted = mark_at("110"_dec);
  quoted.bid = "109"_dec;
  quoted.ask = "111"_dec;
  p.set_mark(m.btc, quoted);
  CHECK(p.equity() == "1020"_dec);
  CHECK(p.equity_at_bid() == "1018"_dec);
  p.close_step(day * 10);
  CHECK(p.peak() == "1018"_dec);
  CHECK(p.day_start() == "1018"_dec);
  PortfolioView view;
  quoted.bid = "104"_dec;  // the spread opens, and the middle falls by less
  quoted.last = "107.5"_dec;
  p.set_mark(m.btc, quoted);
  view.build(p, OrderTable(8), TradingState::active, day * 10 + 1);
  const bl_portfolio& v = view.get();
  CHECK(Decimal::from_raw(v.equity) == "1015"_dec);
  CHECK(Decimal::from_raw(v.equity_at_bid) == "1008"_dec);
  // A rule that knows nothing of the bid comes to the same loss, and to the same fall.
  CHECK(Decimal::from_raw(v.day_start_equity) - Decimal::from_raw(v.equity) == "10"_dec);
  CHECK(Decimal::from_raw(v.peak_equity) - Decimal::from_raw(v.equity) == "10"_dec);
  // Released: what leaves is worth what it would be sold at, and neither lost nor gained.
  REQUIRE(p.release(m.btc, "1"_dec));
  CHECK(p.equity_at_bid() == "904"_dec);
  CHECK(p.day_flows() == "-104"_dec);
  // Beside what is not believed a loss is reckoned by what is.
  quoted.bid = "1"_dec;
  quoted.loss_bid = "90"_dec;
  p.set_mark(m.btc, quoted);
  CHECK(p.equity_at_bid() == "890"_dec);
  CHECK(p.bid(m.btc) == "1"_dec);
  p.count_unmanaged(true);
  CHECK(p.equity_at_bid() == "980"_dec);
}

TEST_CASE("rule 5.2: a held position without a mark counts 0, never its cost") {
  const Market m;
  Portfolio p = m.book("1000"_dec);
  REQUIRE(p.apply(fill(m.btc, Side::buy, "100"_dec, "2"_dec, "0"_dec, m.usd)));
  CHECK(p.value(m.btc).is_zero());
  CHECK(p.unrealised().is_zero());
  CHECK(p.equity() == "800"_dec);
  CHECK(p.equity_at_bid() == "800"_dec);
  CHECK_FALSE(p.bid(m.btc).is_set());
}

TEST_CASE("a fee in the quote asset leaves the cash") {
  const Market m;
  Portfolio p = m.book("1000"_dec);
  REQUIRE(p.apply(fill(m.btc, Side::buy, "100"_dec, "1"_dec, "1.2"_dec, m.usd)));
  CHECK(p.cash(m.usd) == "898.8"_dec);
  CHECK(p.fees() == "1.2"_dec);
  CHECK(p.position(m.btc).cost == "100"_dec);
}

TEST_CASE("a fee in the base asset leaves the position, and costs once: not in realised and in fees both") {
  const Market m;
  Portfolio p = m.book("1000"_dec);
  REQUIRE(p.apply(fill(m.btc, Side::buy, "100"_dec, "1"_dec, "0.01"_dec, m.btc_asset)));
  Mark mark = mark_at("100"_dec);
  mark.bid = mark.ask = "100"_dec;
  p.set_mark(m.btc, mark);
  CHECK(p.position(m.btc).qty == "0.99"_dec);
  CHECK(p.cash(m.usd) == "900"_dec);
  CHECK(p.fees() == "1"_dec);
  CHECK(p.equity() == "999"_dec);
  CHECK(p.equity() - "1000"_dec == p.realised() + p.unrealised() - p.fees());
}

TEST_CASE("a fee in a third asset leaves that asset's account and is valued by its mark, or 0 without one") {
  const Market m;
  Portfolio p = m.book("1000"_dec);
  p.set_mark(m.bnb, mark_at("300"_dec));
  REQUIRE(p.apply(fill(m.btc, Side::buy, "100"_dec, "1"_dec, "0.002"_dec, m.bnb_asset)));
  CHECK(p.cash(m.bnb_asset) == "-0.002"_dec);
  CHECK(p.fees() == "0.6"_dec);
  CHECK(p.cash(m.usd) == "900"_dec);
  REQUIRE(p.apply(fill(m.btc, Side::buy, "100"_dec, "1"_dec, "5"_dec, m.xyz)));
  CHECK(p.cash(m.xyz) == "-5"_dec);
  CHECK(p.fees() == "0.6"_dec);
}

TEST_CASE("rule 2.4: a missing fee is the worst tier until it is told, never 0") {
  const Market m;
  Portfolio p = m.book("1000"_dec);
  REQUIRE(p.apply(fill(m.btc, Side::buy, "100"_dec, "1"_dec, Decimal::not_set(), m.usd)));
  CHECK(p.fees() == "1.2"_dec);
  CHECK(p.cash(m.usd) == "898.8"_dec);
}

TEST_CASE("a sale of more than is held, and a fill without price or quantity, are refused and change nothing") {
  const Market m;
  Portfolio p = m.book("1000"_dec);
  REQUIRE(p.apply(fill(m.btc, Side::buy, "100"_dec, "1"_dec, "0"_dec, m.usd)));
  const auto beyond = p.apply(fill(m.btc, Side::sell, "100"_dec, "1.0001"_dec, "0"_dec, m.usd));
  REQUIRE_FALSE(beyond);
  CHECK(beyond.error().code == "FILL_BEYOND_POSITION");
  for (const Decimal& bad : {Decimal::zero(), "-1"_dec, Decimal::not_set()}) {
    CHECK(p.apply(fill(m.btc, Side::buy, bad, "1"_dec, "0"_dec, m.usd)).error().code == "FILL_NOT_POSITIVE");
    CHECK(p.apply(fill(m.btc, Side::sell, "1"_dec, bad, "0"_dec, m.usd)).error().code == "FILL_NOT_POSITIVE");
  }
  CHECK(p.apply(fill(m.btc, Side::buy, "1e20"_dec, "1e3"_dec, "0"_dec, m.usd)).error().code == "FILL_OVERFLOW");
  CHECK(p.position(m.btc).qty == "1"_dec);
  CHECK(p.cash(m.usd) == "900"_dec);
  CHECK(p.realised().is_zero());
}

TEST_CASE("rule 5.2: what is worth more than any amount is no dust, and counts as no equity to size by") {
  const Market m;
  Portfolio p = m.book("1000"_dec);
  REQUIRE(p.apply(fill(m.btc, Side::buy, "100"_dec, "5"_dec, "0"_dec, m.usd)));
  Mark wild = mark_at("100"_dec);
  wild.bid = wild.ask = "1e20"_dec;
  p.set_mark(m.btc, wild);
  CHECK_FALSE(p.dust(m.btc));
  p.set_mark(m.btc, mark_at("1e20"_dec));  // by a bar
  CHECK_FALSE(p.dust(m.btc));
  CHECK_FALSE(p.equity().is_set());
  CHECK_FALSE(p.values(m.btc, "1e20"_dec));
  CHECK(p.values(m.btc, "2e18"_dec));
  CHECK_FALSE(p.values(m.btc, "2.1e18"_dec));
  CHECK(p.values(m.bnb, "1e19"_dec));  // nothing is held of it
  CHECK_FALSE(p.values(m.bnb, "1.1e19"_dec));
  p.set_mark(m.btc, mark_at("100"_dec));
  CHECK(p.equity() == "1000"_dec);
}

TEST_CASE("rule 5.3: for caps a position without a price counts what it cost; equity counts it 0 (5.2)") {
  const Market m;
  Portfolio p = m.book("1000"_dec);
  REQUIRE(p.apply(fill(m.btc, Side::buy, "100"_dec, "5"_dec, "0"_dec, m.usd)));
  CHECK(p.invested() == "500"_dec);
  CHECK(p.exposure().is_zero());
  CHECK(p.equity() == "500"_dec);
  REQUIRE(p.apply(fill(m.bnb, Side::buy, "10"_dec, "2"_dec, "0"_dec, m.usd)));
  p.set_mark(m.bnb, mark_at("11"_dec));
  CHECK(p.invested() == "522"_dec);
  p.set_mark(m.btc, mark_at("90"_dec));
  CHECK(p.invested() == "472"_dec);
  CHECK(p.invested() == p.exposure());
}

TEST_CASE("dust is what is held but too little to sell, by quantity or by worth") {
  const Market m;
  Portfolio p = m.book("1000"_dec);
  CHECK_FALSE(p.dust(m.btc));
  REQUIRE(p.apply(fill(m.btc, Side::buy, "100"_dec, "0.0009"_dec, "0"_dec, m.usd)));
  CHECK(p.dust(m.btc));  // below base_min
  REQUIRE(p.apply(fill(m.btc, Side::buy, "100"_dec, "0.0091"_dec, "0"_dec, m.usd)));
  CHECK_FALSE(p.dust(m.btc));  // 0.01 without a price: not known to be too little
  p.set_mark(m.btc, mark_at("99"_dec));
  CHECK(p.dust(m.btc));  // worth less than quote_min at the bid
  p.set_mark(m.btc, mark_at("101"_dec));
  CHECK_FALSE(p.dust(m.btc));
}

TEST_CASE("a cheap, plentiful asset does not overflow the average cost") {
  const Market m;
  Portfolio p = m.book("1e15"_dec);
  REQUIRE(p.apply(fill(m.btc, Side::buy, "0.001"_dec, "1e13"_dec, "0"_dec, m.usd)));  // cost x quantity = 1e23
  REQUIRE(p.apply(fill(m.btc, Side::sell, "0.002"_dec, "2.5e12"_dec, "0"_dec, m.usd)));
  CHECK(p.position(m.btc).cost == "7.5e9"_dec);
  CHECK(p.realised() == "2.5e9"_dec);
}

TEST_CASE("the peak only rises; the day's opening is taken at the first step of each UTC day; versions count steps") {
  const Market m;
  Portfolio p = m.book("1000"_dec);
  CHECK_FALSE(p.day_start().is_set());
  p.close_step(day * 10 + 5);
  CHECK(p.day_start() == "1000"_dec);
  CHECK(p.peak() == "1000"_dec);
  p.set_cash(m.usd, "1200"_dec);
  p.close_step(day * 11 - 1);
  CHECK(p.day_start() == "1000"_dec);
  CHECK(p.peak() == "1200"_dec);
  p.set_cash(m.usd, "900"_dec);
  p.close_step(day * 11);
  CHECK(p.day_start() == "900"_dec);
  CHECK(p.peak() == "1200"_dec);
  CHECK(p.version() == 3);
}

TEST_CASE("double entry: cash + cost - realised + fees is what came in, to the last 10^-18, after any fills") {
  CHECK(rc::check("random fills", [](const std::vector<std::tuple<std::uint8_t, std::uint32_t, std::uint32_t>>& list) {
    const Market m;
    const Decimal start = "1000000"_dec;
    Portfolio p = m.book(start);
    p.set_mark(m.bnb, mark_at("301.7"_dec));
    Decimal elsewhere = Decimal::zero();  // worth of fees that other accounts paid
    Decimal qty = Decimal::zero(), bnb = Decimal::zero();
    for (const auto& [kind, a, b] : list) {
      const Decimal px = mul_int("0.000137"_dec, 1 + a % 100'000), amount = mul_int("0.00091"_dec, 1 + b % 5'000);
      const Side side = kind % 2 == 0 ? Side::buy : Side::sell;
      const Decimal fee = mul_int("0.0000031"_dec, b % 7);
      const int how = kind / 2 % 4;
      Fill f = fill(m.btc, side, px, amount, fee, how == 0 ? m.usd : how == 1 ? m.btc_asset : m.bnb_asset);
      if (how == 3) f.fee = Decimal::not_set();
      const Decimal held = p.position(m.btc).qty;
      const auto done = p.apply(f);
      RC_ASSERT(done.ok() == (side == Side::buy || amount <= held));
      if (!done) continue;
      qty = side == Side::buy ? qty + amount : qty - amount;
      if (how == 1) {
        const Decimal taken = min(fee, qty);
        qty = qty - taken;
        elsewhere += mul(fee, px, Rounding::half_even) - mul(taken, px, Rounding::half_even);
      }
      if (how == 2) {
        elsewhere += mul(fee, "301.7"_dec, Rounding::half_even);
        bnb += fee;
      }
      const Position& pos = p.position(m.btc);
      RC_ASSERT(pos.qty == qty);
      RC_ASSERT(p.cash(m.bnb_asset) == -bnb);
      RC_ASSERT(p.cash(m.usd) + pos.cost - p.realised() + p.fees() - elsewhere == start);
      RC_ASSERT(p.realised() == pos.realised);
      RC_ASSERT(p.fees() == pos.fees);
      RC_ASSERT(!pos.cost.is_negative() || abs(pos.cost) < "0.000000000001"_dec);
    }
  }));
}

TEST_CASE("the view holds what the book and the working orders say, and survives being built again") {
  const Market m;
  Portfolio p = m.book("1000"_dec);
  REQUIRE(p.apply(fill(m.btc, Side::buy, "100"_dec, "2"_dec, "0"_dec, m.usd)));
  p.set_mark(m.btc, mark_at("110"_dec, 7));
  p.close_step(9);
  OrderTable orders;
  Intent i = blank_intent();
  std::memcpy(i.abi.client_id, "bl-1", 4);
  i.abi.instrument = m.btc.value;
  i.abi.qty = "3"_dec.raw();
  Order& o = **orders.add(i, 0, 1);
  REQUIRE(orders.apply(o, OrderEvent::handed_over, 0));
  REQUIRE(orders.apply(o, OrderEvent::timed_out, 0));
  o.cum_qty = "1"_dec;
  PortfolioView view;
  for (int round = 0; round < 2; ++round) view.build(p, orders, TradingState::reducing, 9);
  const bl_portfolio& v = view.get();
  REQUIRE(v.n_positions == 1);
  CHECK(Decimal::from_raw(v.positions[0].avg_px) == "100"_dec);
  CHECK(view.held(m.btc) == "2"_dec);
  CHECK(view.held(m.bnb).is_zero());
  REQUIRE(view.mark(m.btc) != nullptr);
  CHECK(view.mark(m.btc)->ts == 7);
  CHECK(view.mark(m.bnb) == nullptr);
  CHECK(Decimal::from_raw(v.equity) == "1020"_dec);
  CHECK(v.state == 1);
  CHECK(v.version == 1);
  REQUIRE(v.n_working == 1);  // unknown ones count
  CHECK(v.working[0]->state == BL_S_UNKNOWN);
  CHECK(Decimal::from_raw(v.working[0]->leaves_qty) == "2"_dec);
  CHECK(std::string_view(v.working[0]->intent->client_id) == "bl-1");
}
