// Trading rules 5.7: each wallet is its own cash, and what is pegged counts while its peg holds.
#include "core/pegs.hpp"

#include <catch2/catch.hpp>

#include "core/portfolio_view.hpp"
#include "core/risk_chain.hpp"
#include "unit/core/pegged_market.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using test::mark_at;
using test::PeggedMarket;

namespace {

constexpr Nanos t0 = 1'000'000'000'000;

Fill fill(InstrumentId id, Side side, Decimal px, Decimal qty, Decimal fee, AssetId fee_asset) {
  Fill f;
  f.instrument = id;
  f.side = side;
  f.px = px;
  f.qty = qty;
  f.fee = fee;
  f.fee_asset = fee_asset;
  f.time = 1;
  return f;
}

struct FloorDesk {
  PeggedMarket m;
  Portfolio book;
  OrderTable orders;
  FloorLimits limits;
  FloorFacts facts;
  std::vector<CheckRecord> checks;

  FloorDesk(Decimal dollars, Decimal coins) : book(m.book(dollars, coins)) {
    facts.now = t0;
    book.set_mark(m.btc, mark_at("100"_dec, t0));
    book.set_mark(m.eth, mark_at("50"_dec, t0));
    book.set_mark(m.peg, mark_at("1"_dec, t0));
  }
  Intent buy(InstrumentId id, Decimal qty, Decimal px) const {
    Intent i = blank_intent();
    i.abi.instrument = id.value;
    i.abi.side = BL_BUY;
    i.abi.type = BL_LIMIT;
    i.abi.qty = qty.raw();
    i.abi.limit_px = px.raw();
    return i;
  }
  void work(InstrumentId id, Decimal qty, Decimal px) {
    Intent i = buy(id, qty, px);
    const std::string name = "bl-" + std::to_string(orders.size());
    std::memcpy(i.abi.client_id, name.data(), name.size());
    REQUIRE(orders.add(i, 0, 1));
  }
  std::string ask(InstrumentId id, Decimal qty, Decimal px) {
    RiskChain chain({}, limits, test::text("floor"));
    PortfolioView view;
    view.build(book, orders, TradingState::active, facts.now);
    checks.clear();
    const RiskAnswer a = chain.approve(buy(id, qty, px), book, view.get(), facts, checks);
    const auto* refused = std::get_if<RiskRefusal>(&a);
    return refused == nullptr ? "" : refused->code;
  }
};

}  // namespace

TEST_CASE("rule 5.7: a pegged wallet counts at par while its price is within the band, the ends included") {
  const PeggedMarket m;
  Portfolio p = m.book("1000"_dec, "500"_dec);
  CHECK(p.equity() == "1500"_dec);  // no price yet: valued at par, and not sized by
  CHECK(p.sizing_equity(t0) == "1000"_dec);
  for (const Decimal px : {"1"_dec, "0.99"_dec, "1.01"_dec, "0.9951"_dec}) {
    p.set_mark(m.peg, mark_at(px, t0));
    CHECK(p.equity() == "1500"_dec);
    CHECK(p.sizing_equity(t0) == "1500"_dec);
    CHECK(p.pegs().state(m.usdc, t0) == PegState::holds);
    CHECK(p.peg_refusal(m.eth, t0).empty());
  }
  CHECK(p.cash() == "1500"_dec);
  CHECK(p.cash(m.usd) == "1000"_dec);
  CHECK(p.cash(m.usdc) == "500"_dec);
}

TEST_CASE("rule 5.7: outside the band it counts at its price, and 0 for the size of entries") {
  const PeggedMarket m;
  Portfolio p = m.book("1000"_dec, "500"_dec);
  p.set_mark(m.eth, mark_at("50"_dec, t0));
  p.set_mark(m.peg, mark_at("1"_dec, t0));
  REQUIRE(p.apply(fill(m.eth, Side::buy, "50"_dec, "2"_dec, "0"_dec, m.usdc)));
  CHECK(p.cash(m.usdc) == "400"_dec);
  CHECK(p.exposure() == "100"_dec);
  CHECK(p.equity() == "1500"_dec);
  p.set_mark(m.peg, mark_at("0.98"_dec, t0));
  CHECK(p.pegs().state(m.usdc, t0) == PegState::broken);
  CHECK(p.exposure() == "98"_dec);
  CHECK(p.equity() == "1490"_dec);  // 1000 + 0.98 x (400 + 100)
  CHECK(p.sizing_equity(t0) == "1000"_dec);
  CHECK(p.peg_refusal(m.eth, t0) == "PEG_BROKEN");
  CHECK(p.peg_refusal(m.btc, t0).empty());
  p.set_mark(m.peg, mark_at("1.0101"_dec, t0));  // above it breaks as well
  CHECK(p.pegs().state(m.usdc, t0) == PegState::broken);
  p.set_mark(m.peg, mark_at("1.0001"_dec, t0));
  CHECK(p.equity() == "1500"_dec);
  CHECK(p.sizing_equity(t0) == "1500"_dec);
}

TEST_CASE("rule 5.7: a price that is too old is none; what was at par stays valued so and sizes nothing") {
  const PeggedMarket m;
  Portfolio p = m.book("1000"_dec, "500"_dec);
  p.set_mark(m.peg, mark_at("1"_dec, t0));
  CHECK(p.pegs().state(m.usdc, t0 + test::peg_stale) == PegState::holds);
  CHECK(p.pegs().state(m.usdc, t0 + test::peg_stale + 1) == PegState::unknown);
  CHECK(p.sizing_equity(t0 + test::peg_stale + 1) == "1000"_dec);
  CHECK(p.equity() == "1500"_dec);
  CHECK(p.peg_refusal(m.eth, t0 + test::peg_stale + 1) == "PEG_UNKNOWN");
  CHECK(p.peg_refusal(m.btc, t0 + test::peg_stale + 1).empty());
}

TEST_CASE("rule 5.7: par by configuration holds without a price, and whatever one says") {
  const PeggedMarket m;
  Portfolio p = m.book("1000"_dec, "500"_dec, true);
  CHECK(p.sizing_equity(t0) == "1500"_dec);
  p.set_mark(m.peg, mark_at("0.5"_dec, t0));
  CHECK(p.equity() == "1500"_dec);
  CHECK(p.peg_refusal(m.eth, t0).empty());
}

TEST_CASE("rule 5.7: an order is paid out of its own product's wallet, never out of the sum") {
  FloorDesk d("1000"_dec, "100"_dec);
  CHECK(d.ask(d.m.eth, "1"_dec, "50"_dec).empty());
  CHECK(d.ask(d.m.eth, "2"_dec, "50"_dec) == "QUOTE_BALANCE_SHORT");  // 100 and its fee; the dollars don't help
  CHECK(d.ask(d.m.btc, "9"_dec, "100"_dec).empty());
  d.work(d.m.eth, "1"_dec, "50"_dec);
  CHECK(d.ask(d.m.btc, "9"_dec, "100"_dec).empty());  // what works in the other wallet takes nothing of this one
  CHECK(d.ask(d.m.eth, "1"_dec, "50"_dec) == "QUOTE_BALANCE_SHORT");
  d.work(d.m.btc, "9"_dec, "100"_dec);
  CHECK(d.ask(d.m.btc, "1"_dec, "100"_dec) == "QUOTE_BALANCE_SHORT");
}

TEST_CASE("rule 5.7: caps bind the sum of all wallets") {
  FloorDesk d("1000"_dec, "1000"_dec);
  d.limits.max_total = "500"_dec;
  d.work(d.m.btc, "4"_dec, "100"_dec);
  CHECK(d.ask(d.m.eth, "2"_dec, "50"_dec).empty());
  CHECK(d.ask(d.m.eth, "3"_dec, "50"_dec) == "TOTAL_NOTIONAL_LIMIT");
}

TEST_CASE("rule 5.7: with its peg broken or unknown a product is not bought, and the other is; cash itself is never bought") {
  FloorDesk d("1000"_dec, "1000"_dec);
  CHECK(d.ask(d.m.peg, "10"_dec, "1"_dec) == "PEG_PRODUCT");
  CHECK(d.ask(d.m.eth, "1"_dec, "50"_dec).empty());
  d.book.set_mark(d.m.peg, mark_at("0.95"_dec, t0));
  CHECK(d.ask(d.m.eth, "1"_dec, "50"_dec) == "PEG_BROKEN");
  CHECK(d.ask(d.m.btc, "1"_dec, "100"_dec).empty());
  d.book.set_mark(d.m.peg, mark_at("1"_dec, t0));
  CHECK(d.ask(d.m.eth, "1"_dec, "50"_dec).empty());
  d.facts.now = t0 + test::peg_stale + 1;
  CHECK(d.ask(d.m.eth, "1"_dec, "50"_dec) == "PEG_UNKNOWN");
}

TEST_CASE("rule 5.7: with the peg broken an exit of its product is proved as ever") {
  FloorDesk d("1000"_dec, "1000"_dec);
  REQUIRE(d.book.apply(fill(d.m.eth, Side::buy, "50"_dec, "2"_dec, "0"_dec, d.m.usdc)));
  d.book.set_mark(d.m.peg, mark_at("0.5"_dec, t0));
  Intent sell = d.buy(d.m.eth, "2"_dec, "49"_dec);
  sell.abi.side = BL_SELL;
  const ExitFloor floor(test::text("exit_floor"));
  CHECK(std::holds_alternative<RiskApproved<Intent>>(floor.approve(sell, d.book, "0"_dec, false, d.checks)));
}

TEST_CASE("rule 5.7: nothing is converted: a product's fills move its own wallet alone") {
  const PeggedMarket m;
  Portfolio p = m.book("1000"_dec, "500"_dec);
  p.set_mark(m.peg, mark_at("1"_dec, t0));
  REQUIRE(p.apply(fill(m.eth, Side::buy, "50"_dec, "4"_dec, "1"_dec, m.usdc)));
  REQUIRE(p.apply(fill(m.btc, Side::buy, "100"_dec, "3"_dec, "2"_dec, m.usd)));
  CHECK(p.cash(m.usdc) == "299"_dec);
  CHECK(p.cash(m.usd) == "698"_dec);
  REQUIRE(p.apply(fill(m.eth, Side::sell, "60"_dec, "4"_dec, "0"_dec, m.usdc)));
  CHECK(p.cash(m.usdc) == "539"_dec);
  CHECK(p.cash(m.usd) == "698"_dec);
  CHECK(p.fees() == "3"_dec);
  CHECK(p.realised() == "40"_dec);
  CHECK(p.books_agree());
}

TEST_CASE("rule 5.7: a fee in another wallet leaves that wallet and is a cost at par; a missing one is of the product's own") {
  const PeggedMarket m;
  Portfolio p = m.book("1000"_dec, "500"_dec);
  CHECK(p.priced(m.usd, m.eth));
  REQUIRE(p.apply(fill(m.eth, Side::buy, "50"_dec, "1"_dec, "2"_dec, m.usd)));
  CHECK(p.cash(m.usd) == "998"_dec);
  CHECK(p.cash(m.usdc) == "450"_dec);
  CHECK(p.fees() == "2"_dec);
  REQUIRE(p.apply(fill(m.eth, Side::buy, "50"_dec, "1"_dec, Decimal::not_set(), {})));
  CHECK(p.cash(m.usdc) == "399.4"_dec);  // 50 and 1.2 % of it
  CHECK(p.cash(m.usd) == "998"_dec);
}

TEST_CASE("rule 5.7: a deposit into a pegged wallet is a flow, and no gain") {
  const PeggedMarket m;
  Portfolio p = m.book("1000"_dec, "500"_dec);
  p.set_mark(m.peg, mark_at("1"_dec, t0));
  p.close_step(t0);
  REQUIRE(p.book_flow(m.usdc, Flow::deposit, "250"_dec));
  CHECK(p.equity() == "1750"_dec);
  CHECK(p.net_flows() == "250"_dec);
  CHECK(p.day_base() == p.equity());
  // Somebody changes dollars into it at the venue: neither a gain nor a flow worth speaking of.
  REQUIRE(p.book_flow(m.usd, Flow::conversion, "-100"_dec));
  REQUIRE(p.book_flow(m.usdc, Flow::conversion, "100"_dec));
  CHECK(p.equity() == "1750"_dec);
  CHECK(p.net_flows() == "250"_dec);
}

TEST_CASE("rule 5.7: somebody else's trade of cash for cash moves the wallets, and nothing is unmanaged or held") {
  const PeggedMarket m;
  Portfolio p = m.book("1000"_dec, "500"_dec);
  p.set_mark(m.peg, mark_at("1"_dec, t0));
  Fill f = fill(m.peg, Side::buy, "1"_dec, "100"_dec, "0"_dec, m.usd);
  f.external = true;
  REQUIRE(p.apply(f));
  CHECK(p.cash(m.usd) == "900"_dec);
  CHECK(p.cash(m.usdc) == "600"_dec);
  CHECK(p.equity() == "1500"_dec);
  CHECK(p.net_flows().is_zero());
  CHECK(p.unmanaged(m.peg).is_zero());
  CHECK(p.adopt(m.peg, "1"_dec, "1"_dec, t0).error().code == "ADOPT_BEYOND_UNMANAGED");
  p.count_unmanaged(true);
  CHECK(p.equity() == "1500"_dec);
}

TEST_CASE("rule 5.7: somebody else's purchase out of a pegged wallet is a flow of what it cost") {
  const PeggedMarket m;
  Portfolio p = m.book("1000"_dec, "500"_dec);
  p.set_mark(m.peg, mark_at("1"_dec, t0));
  p.set_mark(m.eth, mark_at("50"_dec, t0));
  Fill f = fill(m.eth, Side::buy, "50"_dec, "2"_dec, "0"_dec, m.usdc);
  f.external = true;
  REQUIRE(p.apply(f));
  CHECK(p.equity() == "1400"_dec);
  CHECK(p.net_flows() == "-100"_dec);
  CHECK(p.unmanaged(m.eth) == "2"_dec);
  p.count_unmanaged(true);
  CHECK(p.unmanaged_value() == "100"_dec);
}

TEST_CASE("rule 5.7: without pegs the one wallet is cash, and another asset is none") {
  const PeggedMarket m;
  Portfolio p(m.table, m.usd, "0.0005"_dec);
  p.set_cash(m.usd, "1000"_dec);
  p.set_cash(m.usdc, "500"_dec);
  CHECK(p.equity() == "1000"_dec);
  CHECK(p.cash() == "1000"_dec);
  CHECK(p.sizing_equity(t0) == "1000"_dec);
  CHECK(p.unmanaged(m.peg) == "500"_dec);
}
