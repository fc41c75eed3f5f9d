// Trading rules 5.7 in execution: what is bought by which wallet, and what a broken peg denies, tells and leaves alone.
#include "unit/core/pegged_market.hpp"
#include "unit/services/desk.hpp"

using namespace bowline;
using namespace bowline::test;
using namespace bowline::literals;
using core::Purpose;
using core::Side;

namespace {

/// 6000 USD and 4000 USDC, BTC and ETH at 100, USDC at 1.
struct PeggedDesk {
  PeggedMarket m;
  Broker broker;
  Sink sink;
  std::unique_ptr<store::Journal> journal = store::Journal::in_memory();
  services::Execution exec;
  core::Nanos now = start_ns;
  std::uint64_t decisions = 0, fills = 0;

  explicit PeggedDesk(bool par = false, Decimal dollars = "6000"_dec, Decimal coins = "4000"_dec)
      : exec(
            [] {
              services::ExecutionOptions o;
              o.min_trade = "0.005"_dec;
              o.trip_loss = o.trip_drawdown = Decimal::not_set();
              return o;
            }(),
            m.table, m.usd, "0.0005"_dec, {}, {}, broker, *journal, sink) {
    exec.peg(m.pegs(par), peg_stale);
    for (const auto& [asset, total] : {std::pair{m.usd, dollars}, std::pair{m.usdc, coins}}) {
      bl_balance_ev b{};
      b.h.size = sizeof b;
      b.h.type = BL_EV_BALANCE;
      b.asset = asset.value;
      b.total = total.raw();
      exec.on_broker_event(b.h);
    }
    price(m.btc, 1'000'000);
    price(m.eth, 1'000'000);
    if (!par) price(m.peg, 10'000);
  }
  /// A close in ten-thousandths.
  void price(core::InstrumentId id, std::int64_t px) {
    bl_bar bar{};
    bar.h.size = sizeof bar;
    bar.h.type = BL_EV_BAR;
    bar.h.instrument = id.value;
    bar.h.ts_event = bar.h.ts_recv = bar.close_ns = now;
    bar.px_exp = -4;
    bar.is_final = 1;
    bar.open = bar.high = bar.low = bar.close = px;
    exec.on_bar(bar);
  }
  void want(const std::vector<std::tuple<core::InstrumentId, Purpose, double>>& wishes, bool plan = false) {
    std::vector<core::Target> targets;
    for (const auto& [id, purpose, weight] : wishes) {
      core::Target& t = targets.emplace_back();
      t.instrument = id;
      t.purpose = purpose;
      t.weight = weight;
      t.decision = {7, ++decisions};
      t.time = now;
      t.valid_until = now + bar_ns;
      t.ref_px = "100"_dec;
    }
    exec.publish(now);
    exec.take_targets(targets, plan);
    exec.trade(now);
    exec.settle(now);
  }
  void fill(const core::Intent& i) {
    bl_fill f{};
    f.h.size = sizeof f;
    f.h.type = BL_EV_FILL;
    f.h.instrument = i.abi.instrument;
    f.h.ts_recv = now;
    put_text(f.client_id, i.client_id());
    put_text(f.fill_id, "f" + std::to_string(++fills));
    f.side = i.abi.side;
    f.px = (i.limit_px().is_set() ? i.limit_px() : "100"_dec).raw();
    f.qty = i.abi.qty;
    f.fee = Decimal::zero().raw();
    exec.on_broker_event(f.h);
  }
  std::uint64_t why(const std::string& code) const {
    const auto& all = exec.counts().why_not;
    return all.contains(code) ? all.at(code) : 0;
  }
  std::uint64_t incidents(const std::string& code) const {
    const auto& all = exec.counts().by_incident;
    return all.contains(code) ? all.at(code) : 0;
  }
};

}  // namespace

TEST_CASE("rule 5.7: entries are sized by all wallets and paid by their own") {
  PeggedDesk d;
  CHECK(d.exec.portfolio().equity() == "10000"_dec);
  d.want({{d.m.btc, Purpose::entry, 0.25}, {d.m.eth, Purpose::entry, 0.25}});
  REQUIRE(d.broker.sent.size() == 2);
  for (const core::Intent& i : d.broker.sent) CHECK(i.qty() == "25"_dec);  // 25 % of 10,000 at 100
  d.now += bar_ns;
  PeggedDesk poor(false, "9960"_dec, "40"_dec);  // less than an order is worth: with more it would be cut to that
  poor.want({{poor.m.eth, Purpose::entry, 0.3}});  // the dollars don't pay for it, and are not changed
  CHECK(poor.broker.sent.empty());
  CHECK(poor.why("QUOTE_BALANCE_SHORT") == 1);
}

TEST_CASE("rule 5.7: with the peg broken its product is not bought, others are, and their size counts that wallet 0") {
  PeggedDesk d;
  d.now += bar_ns;
  d.price(d.m.btc, 1'000'000);
  d.price(d.m.eth, 1'000'000);
  d.price(d.m.peg, 9'700);
  d.want({{d.m.btc, Purpose::entry, 0.25}, {d.m.eth, Purpose::entry, 0.25}});
  REQUIRE(d.broker.sent.size() == 1);
  CHECK(d.broker.sent[0].instrument() == d.m.btc);
  CHECK(d.broker.sent[0].qty() == "15"_dec);  // 25 % of 6,000
  CHECK(d.why("PEG_BROKEN") == 1);
  CHECK(d.incidents("PEG_BROKEN") == 1);
  CHECK(d.exec.portfolio().equity() == "9880"_dec);
  d.now += bar_ns;
  d.price(d.m.peg, 9'650);
  d.want({});
  CHECK(d.incidents("PEG_BROKEN") == 1);  // told once
  d.now += bar_ns;
  d.price(d.m.eth, 1'000'000);
  d.price(d.m.peg, 9'990);
  d.want({{d.m.eth, Purpose::entry, 0.3}});
  CHECK(d.broker.sent.size() == 2);  // it holds again
}

TEST_CASE("rule 5.7: a broken peg sells nothing by itself, and stands in the way of no exit and no plan that wants less") {
  PeggedDesk d;
  d.want({{d.m.eth, Purpose::rebalance, 0.3}}, true);
  REQUIRE(d.broker.sent.size() == 1);
  d.fill(d.broker.sent[0]);
  d.now += bar_ns;
  d.price(d.m.eth, 1'000'000);
  d.price(d.m.peg, 9'000);
  d.want({});
  CHECK(d.broker.sent.size() == 1);  // the plan's target stands, and what it holds is not sold because its wallet counts 0
  d.want({{d.m.eth, Purpose::rebalance, 0.3}}, true);  // nor is it when the plan says the same again
  CHECK(d.broker.sent.size() == 1);
  CHECK(d.why("PEG_BROKEN") == 1);
  CHECK(d.exec.state() == core::TradingState::active);
  d.want({{d.m.eth, Purpose::exit, 0}});
  REQUIRE(d.broker.sent.size() == 2);
  CHECK(d.broker.sent[1].side() == Side::sell);
}

TEST_CASE("rule 5.7: cash is never bought, by whomever") {
  PeggedDesk d;
  d.want({{d.m.peg, Purpose::entry, 0.3}});
  CHECK(d.broker.sent.empty());
  CHECK(d.why("PEG_PRODUCT") == 1);
  services::TradeRequest q;
  q.instrument = d.m.peg;
  q.side = Side::buy;
  q.qty = "10"_dec;
  q.key = "k1";
  q.reason = "test";
  CHECK(d.exec.execute(q, d.now).error().code == "PEG_PRODUCT");
  CHECK(d.broker.sent.empty());
}

TEST_CASE("rule 5.7: an operator buys nothing either while the peg is broken or its price too old") {
  PeggedDesk d;
  services::TradeRequest q;
  q.instrument = d.m.eth;
  q.side = Side::buy;
  q.qty = "1"_dec;
  q.key = "k1";
  q.reason = "test";
  d.now += peg_stale + 1;
  d.price(d.m.eth, 1'000'000);
  CHECK(d.exec.execute(q, d.now).error().code == "PEG_UNKNOWN");
  d.price(d.m.peg, 9'800);
  CHECK(d.exec.execute(q, d.now).error().code == "PEG_BROKEN");
  d.price(d.m.peg, 9'900);
  CHECK(d.exec.execute(q, d.now).ok());
}

TEST_CASE("rule 5.7: a price that stops coming is told once, and so is one that never came; the first step is no news") {
  PeggedDesk d;
  d.want({});
  CHECK(d.exec.counts().incidents == 0);
  d.now += peg_stale + bar_ns;
  d.want({});
  CHECK(d.incidents("PEG_UNKNOWN") == 1);
  d.now += bar_ns;
  d.want({});
  CHECK(d.incidents("PEG_UNKNOWN") == 1);
}

TEST_CASE("rule 5.7: what the record of the portfolio calls cash is all wallets") {
  PeggedDesk d;
  d.want({});
  const auto rows = d.sink.all<core::PortfolioRecord>();
  REQUIRE_FALSE(rows.empty());
  CHECK(rows.back().cash == "10000"_dec);
  CHECK(rows.back().equity == "10000"_dec);
}

TEST_CASE("rule 5.7: dollars that somebody changed into a pegged coin at the venue are a conversion") {
  PeggedDesk d;
  d.exec.begin();
  d.want({});
  const auto say = [&d](core::AssetId asset, Decimal total) {
    bl_balance_ev b{};
    b.h.size = sizeof b;
    b.h.type = BL_EV_BALANCE;
    b.h.flags = 2;  // part of an answer
    b.h.ts_event = b.h.ts_recv = d.now;
    b.asset = asset.value;
    b.total = total.raw();
    d.exec.on_broker_event(b.h);
  };
  REQUIRE(d.exec.ask_venue());
  for (std::size_t at = 0; at < d.broker.queries.size() && at < 5; ++at) {
    say(d.m.usd, "5000"_dec);
    say(d.m.usdc, "5000"_dec);
    bl_done e{};
    e.h.size = sizeof e;
    e.h.type = BL_EV_DONE;
    e.h.ts_recv = d.now;
    e.request = d.broker.queries[at].request;
    e.complete = 1;
    d.exec.on_broker_event(e.h);
  }
  CHECK(d.exec.reconciled());
  CHECK(d.incidents("BALANCE_CHANGED") == 2);
  CHECK(d.exec.portfolio().cash(d.m.usd) == "5000"_dec);
  CHECK(d.exec.portfolio().cash(d.m.usdc) == "5000"_dec);
  CHECK(d.exec.portfolio().ledger().balance(d.m.usd, core::Account::conversion) == "1000"_dec);
  CHECK(d.exec.portfolio().equity() == "10000"_dec);
}
