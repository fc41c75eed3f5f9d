#include "core/risk_chain.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <functional>
#include <map>
#include <set>

#include "core/portfolio_view.hpp"
#include "unit/core/market.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using test::mark_at;
using test::Market;

namespace {

struct Rule final : RiskRule {
  using Fn = std::function<bool(const bl_intent&, bl_verdict&)>;
  SharedText name_ = test::text("rule");
  Fn fn;
  explicit Rule(Fn f) : fn(std::move(f)) {}
  const SharedText& name() const override { return name_; }
  bool check(const bl_intent& i, const bl_portfolio&, bl_verdict& v) override { return fn(i, v); }
};
bool allow(const bl_intent&, bl_verdict& v) {
  v.action = 1;
  return true;
}
Rule::Fn shrink(Decimal to) {
  return [to](const bl_intent&, bl_verdict& v) {
    v.action = 2;
    v.max_qty = to.raw();
    return true;
  };
}

/// 10,000 USD, BTC at 100, a buy of 1 at 99: everything passes until a test says otherwise.
struct Desk {
  Market m;
  Portfolio book;
  OrderTable orders;
  FloorLimits limits;
  FloorFacts facts;
  std::vector<Rule::Fn> rules;
  std::vector<CheckRecord> checks;
  Intent intent = blank_intent();

  Desk() : book(m.book("10000"_dec)) {
    book.set_mark(m.btc, mark_at("100"_dec, 1000));
    facts.now = 1000;
    intent.abi.instrument = m.btc.value;
    intent.abi.side = BL_BUY;
    intent.abi.type = BL_LIMIT;
    intent.abi.qty = "1"_dec.raw();
    intent.abi.limit_px = "99"_dec.raw();
  }
  void work(Side side, Decimal qty, Decimal px) {
    Intent i = intent;
    const std::string id = "bl-" + std::to_string(orders.size());
    std::memcpy(i.abi.client_id, id.data(), id.size());
    i.abi.side = static_cast<std::uint32_t>(side);
    i.abi.qty = qty.raw();
    i.abi.limit_px = px.raw();
    REQUIRE(orders.add(i, 0, 1));
  }
  RiskAnswer ask() {
    std::vector<std::unique_ptr<RiskRule>> list;
    for (const auto& r : rules) list.push_back(std::make_unique<Rule>(r));
    RiskChain chain(std::move(list), limits, test::text("floor"));
    PortfolioView view;
    view.build(book, orders, facts.state, facts.now);
    checks.clear();
    return chain.approve(intent, book, view.get(), facts, checks);
  }
  /// "" when approved, else the code.
  std::string code() {
    const RiskAnswer a = ask();
    if (const auto* refused = std::get_if<RiskRefusal>(&a)) {
      REQUIRE_FALSE(checks.empty());
      CHECK(checks.back().code == refused->code);
      CHECK(checks.back().action == 0);
      return refused->code;
    }
    return {};
  }
  Decimal approved() {
    const RiskAnswer a = ask();
    const auto* ok = std::get_if<RiskApproved<Intent>>(&a);
    return ok == nullptr ? Decimal::not_set() : (*ok)->qty();
  }
};

}  // namespace

TEST_CASE("an intent that no rule objects to leaves as it was proposed, each verdict on record") {
  Desk d;
  d.rules = {allow, allow};
  CHECK(d.approved() == "1"_dec);
  REQUIRE(d.checks.size() == 3);
  CHECK(*d.checks[2].rule_source == "floor");
  CHECK(d.checks[2].action == 1);
}

TEST_CASE("a plugin may shrink, never enlarge; a shrunk quantity is floored to the step") {
  Desk d;
  d.rules = {shrink("0.45678"_dec)};
  CHECK(d.approved() == "0.4567"_dec);
  d.rules = {shrink("1000"_dec)};
  CHECK(d.approved() == "1"_dec);
  d.rules = {shrink("0.5"_dec), shrink("0.8"_dec)};  // the second can't give back
  CHECK(d.approved() == "0.5"_dec);
  CHECK(rc::check("whatever two rules say", [](std::uint32_t a, std::uint32_t b, std::uint8_t kind) {
    Desk r;
    r.rules = {shrink(mul_int("0.00037"_dec, a % 8000)), shrink("-0.0055"_dec + mul_int("0.00051"_dec, b % 5000))};
    if (kind % 3 == 0) r.rules.emplace_back(allow);
    const Decimal got = r.approved();
    if (!got.is_set()) return;
    RC_ASSERT(got.is_positive());
    RC_ASSERT(got <= "1"_dec);
    RC_ASSERT(got <= mul_int("0.00037"_dec, a % 8000));
  }));
}

TEST_CASE("a plugin that writes into the intent it is shown changes nothing of what is approved") {
  Desk d;
  const bl_intent* shown = nullptr;
  d.rules = {[&shown](const bl_intent& i, bl_verdict& v) {
               shown = &i;
               auto& mine = const_cast<bl_intent&>(i);
               mine.side = BL_SELL;
               mine.qty = "1000"_dec.raw();
               mine.limit_px = "1"_dec.raw();
               std::memset(mine.client_id, 'X', sizeof mine.client_id - 1);
               v.action = 1;
               return true;
             },
             [](const bl_intent& i, bl_verdict& v) {
               CHECK(i.side == BL_BUY);
               CHECK(Decimal::from_raw(i.qty) == "1"_dec);
               v.action = 1;
               return true;
             }};
  const RiskAnswer answer = d.ask();
  CHECK(shown != nullptr);
  REQUIRE(std::holds_alternative<RiskApproved<Intent>>(answer));
  CHECK(std::memcmp(&std::get<RiskApproved<Intent>>(answer)->abi, &d.intent.abi, sizeof(bl_intent)) == 0);
}

TEST_CASE("a rule sees the intent as shrunk so far") {
  Desk d;
  Decimal seen;
  d.rules = {shrink("0.5"_dec), [&](const bl_intent& i, bl_verdict& v) {
               seen = Decimal::from_raw(i.qty);
               v.action = 1;
               return true;
             }};
  CHECK(d.approved() == "0.5"_dec);
  CHECK(seen == "0.5"_dec);
}

TEST_CASE("a shrink that can't be carried out is a refusal") {
  Desk d;
  for (const Decimal& bad : {Decimal::not_set(), "-1"_dec, Decimal::zero(), "0.00005"_dec, "0.0009"_dec}) {
    d.rules = {shrink(bad)};
    CHECK_FALSE(d.code().empty());
  }
  d.intent.abi.qty = Decimal::not_set().raw();
  d.intent.abi.quote_qty = "100"_dec.raw();
  d.rules = {shrink("0.5"_dec)};
  CHECK(d.code() == "RISK_REJECTED");
}

TEST_CASE("a rule that fails, answers nothing or something unknown rejects; nobody is asked after it") {
  Desk d;
  bool asked = false;
  const Rule::Fn witness = [&](const bl_intent&, bl_verdict& v) {
    asked = true;
    v.action = 1;
    return true;
  };
  d.rules = {[](const bl_intent&, bl_verdict& v) { v.action = 1; return false; }, witness};
  CHECK(d.code() == "RISK_RULE_FAILED");
  d.rules = {[](const bl_intent&, bl_verdict&) { return true; }, witness};
  CHECK(d.code() == "RISK_REJECTED");
  d.rules = {[](const bl_intent&, bl_verdict& v) { v.action = 7; return true; }, witness};
  CHECK(d.code() == "RISK_REJECTED");
  d.rules = {[](const bl_intent&, bl_verdict& v) { std::memcpy(v.code, "MAX_POS", 8); return true; }, witness};
  CHECK(d.code() == "MAX_POS");
  CHECK_FALSE(asked);
}

TEST_CASE("the floor stands under every plugin: gate, states, price") {
  Desk d;
  d.rules = {allow};
  d.facts.gate_open = false;
  CHECK(d.code() == "GATE_CLOSED");
  d.facts.gate_open = true;
  d.facts.state = TradingState::reducing;
  CHECK(d.code() == "STATE_REDUCING");
  d.facts.state = TradingState::halted;
  CHECK(d.code() == "STATE_HALTED");
  d.facts.state = TradingState::active;
  CHECK(d.code() == "");
  d.facts.store_up = false;
  CHECK(d.code() == "STORE_DOWN");
  d.facts.store_up = true;
  d.limits.max_mark_age = 50;
  d.facts.now = 1050;
  CHECK(d.code() == "");
  d.facts.now = 1051;
  CHECK(d.code() == "MARK_STALE");
  d.limits.max_mark_age = 0;
  d.facts.jumped_until = 1052;
  CHECK(d.code() == "MARK_JUMPED");
  d.facts.now = 1052;
  CHECK(d.code() == "");
  d.intent.abi.instrument = d.m.bnb.value;
  CHECK(d.code() == "MARK_MISSING");
}

TEST_CASE("the price collar binds on both sides of the mark, the edge inside") {
  Desk d;
  d.limits.price_collar = "0.05"_dec;
  for (const auto& [px, code] : {std::pair{"95"_dec, ""}, std::pair{"105"_dec, ""},
                                 std::pair{"94.99"_dec, "PRICE_OUTSIDE_COLLAR"}, std::pair{"105.01"_dec, "PRICE_OUTSIDE_COLLAR"}}) {
    d.intent.abi.limit_px = px.raw();
    CHECK(d.code() == code);
  }
}

TEST_CASE("caps per order, per day, in total, and the rate: the limit itself passes, one step more does not") {
  Desk d;  // notional 99
  d.limits.max_order = "99"_dec;
  CHECK(d.code() == "");
  d.limits.max_order = "98.99"_dec;
  CHECK(d.code() == "ORDER_NOTIONAL_LIMIT");
  d.limits.max_order = Decimal::not_set();
  d.limits.max_day = "200"_dec;
  d.facts.day_notional = "101"_dec;
  CHECK(d.code() == "");
  d.facts.day_notional = "101.01"_dec;
  CHECK(d.code() == "DAY_NOTIONAL_LIMIT");
  d.limits.max_day = Decimal::not_set();
  d.limits.max_orders_per_minute = 3;
  d.facts.orders_last_minute = 2;
  CHECK(d.code() == "");
  d.facts.orders_last_minute = 3;
  CHECK(d.code() == "ORDER_RATE_LIMIT");
}

TEST_CASE("rule 6: the ramp lies below the caps: what reaches it passes, one step more is refused with value and limit") {
  Desk d;  // notional 99
  d.facts.ramp_notional = "200"_dec;
  d.facts.day_notional = "101"_dec;
  CHECK(d.code() == "");
  d.facts.day_notional = "101.01"_dec;
  CHECK(d.code() == "RAMP_NOTIONAL");
  CHECK(d.checks.back().value == "200.01"_dec);
  CHECK(d.checks.back().limit == "200"_dec);
  d.facts.ramp_notional = Decimal::not_set();
  d.facts.ramp_orders = 3;
  d.facts.day_orders = 2;
  CHECK(d.code() == "");
  d.facts.day_orders = 3;
  CHECK(d.code() == "RAMP_ORDERS");
  CHECK(d.checks.back().value == "4"_dec);
  CHECK(d.checks.back().limit == "3"_dec);
  d.facts.ramp_orders = 0;
  CHECK(d.code() == "");
}

TEST_CASE("in flight, resting and unknown buys count in every limit") {
  Desk d;
  d.limits.max_total = "300"_dec;
  d.work(Side::buy, "2"_dec, "100"_dec);
  d.work(Side::sell, "5"_dec, "100"_dec);  // sells do not
  CHECK(d.code() == "");
  d.work(Side::buy, "0.02"_dec, "100"_dec);
  CHECK(d.code() == "TOTAL_NOTIONAL_LIMIT");
  d.limits.max_total = "298"_dec;
  CHECK(d.code() == "TOTAL_NOTIONAL_LIMIT");
}

TEST_CASE("rule 5.2: the quote balance covers the order with its fee and what is working") {
  Desk d;  // 99 + 1.2 % = 100.188
  d.book.set_cash(d.m.usd, "100.188"_dec);
  CHECK(d.code() == "");
  d.book.set_cash(d.m.usd, "100.187"_dec);
  CHECK(d.code() == "QUOTE_BALANCE_SHORT");
  d.book.set_cash(d.m.usd, "302.588"_dec);
  d.work(Side::buy, "2"_dec, "100"_dec);
  CHECK(d.code() == "");
  d.work(Side::buy, "0.01"_dec, "100"_dec);
  CHECK(d.code() == "QUOTE_BALANCE_SHORT");
}

TEST_CASE("below the product's smallest quantity or notional nothing leaves") {
  Desk d;
  for (const auto& [qty, code] : {std::pair{"0.0009"_dec, "BELOW_MINIMUM"}, std::pair{"0.0101"_dec, "BELOW_MINIMUM"},
                                  std::pair{"0.0102"_dec, ""}, std::pair{Decimal::zero(), "QUANTITY_BELOW_STEP"}}) {
    d.intent.abi.qty = qty.raw();
    CHECK(d.code() == code);
  }
}

TEST_CASE("an order too large for the ledger is refused; it does not stop the process") {
  Desk d;
  d.limits.max_day = d.limits.max_total = "1e20"_dec;
  d.facts.day_notional = "1e20"_dec;
  d.intent.abi.qty = "1.6e18"_dec.raw();
  CHECK(d.code() == "DAY_NOTIONAL_LIMIT");
  d.limits.max_day = Decimal::not_set();
  d.intent.abi.qty = "1.7e18"_dec.raw();  // with its fee it passes 1.7e20
  d.limits.max_total = Decimal::not_set();
  CHECK(d.code() == "QUOTE_BALANCE_SHORT");
  d.limits.max_total = "1e20"_dec;
  d.intent.abi.qty = "1e18"_dec.raw();
  d.work(Side::buy, "1.7e18"_dec, "100"_dec);
  CHECK(d.code() == "TOTAL_NOTIONAL_LIMIT");
}

TEST_CASE("rule 3.1: an exit is approved when the host proves it risk-reducing: sell + working sells <= position") {
  Desk d;
  Fill f;
  f.instrument = d.m.btc;
  f.px = "100"_dec;
  f.qty = "2"_dec;
  f.fee = "0"_dec;
  f.fee_asset = d.m.usd;
  REQUIRE(d.book.apply(f));
  const ExitFloor floor(test::text("exit_floor"));
  const auto code = [&](Decimal qty, Decimal working, Side side = Side::sell, bool frozen = false) {
    Intent i = d.intent;
    i.abi.side = static_cast<std::uint32_t>(side);
    i.abi.qty = qty.raw();
    std::vector<CheckRecord> checks;
    const RiskAnswer a = floor.approve(i, d.book, working, frozen, checks);
    CHECK(checks.size() == 1);
    const auto* refused = std::get_if<RiskRefusal>(&a);
    return refused == nullptr ? std::string() : refused->code;
  };
  CHECK(code("2"_dec, Decimal::zero()) == "");
  CHECK(code("2.0001"_dec, Decimal::zero()) == "EXIT_BEYOND_POSITION");
  CHECK(code("1.5"_dec, "0.5"_dec) == "");
  CHECK(code("1.5"_dec, "0.5001"_dec) == "EXIT_BEYOND_POSITION");
  CHECK(code("1"_dec, Decimal::not_set()) == "EXIT_BEYOND_POSITION");  // not known is not proof
  CHECK(code("1"_dec, Decimal::zero(), Side::buy) == "QUANTITY_BELOW_STEP");
  CHECK(code(Decimal::zero(), Decimal::zero()) == "QUANTITY_BELOW_STEP");
  CHECK(code("1"_dec, Decimal::zero(), Side::sell, true) == "EXIT_FROZEN");
}

TEST_CASE("every code the floors can give stands in the documentation's table, once") {
  std::set<std::string_view> names;
  for (const auto& [code, meaning] : floor_codes()) {
    CHECK(names.insert(code).second);
    CHECK(meaning.size() > 10);
  }
  for (const char* code : {"GATE_CLOSED", "STATE_HALTED", "STATE_REDUCING", "STORE_DOWN", "MARK_MISSING", "MARK_STALE", "PRICE_OUTSIDE_COLLAR",
                           "ORDER_NOTIONAL_LIMIT", "DAY_NOTIONAL_LIMIT", "TOTAL_NOTIONAL_LIMIT", "ORDER_RATE_LIMIT", "RAMP_NOTIONAL", "RAMP_ORDERS",
                           "QUOTE_BALANCE_SHORT", "QUANTITY_BELOW_STEP", "BELOW_MINIMUM", "RISK_RULE_FAILED",
                           "EXIT_BEYOND_POSITION", "EXIT_FROZEN"})
    CHECK(names.contains(code));
}

TEST_CASE("each limit of the floor that is kept is told with its value when somebody asks, before the verdict, which is one line") {
  Desk d;
  d.limits.max_order = "200"_dec;
  d.limits.max_day = "1000"_dec;
  d.limits.max_total = "5000"_dec;
  d.limits.price_collar = "0.05"_dec;
  d.limits.max_orders_per_minute = 10;
  d.limits.max_mark_age = 5'000'000'000;
  d.facts.day_notional = "300"_dec;
  d.facts.orders_last_minute = 4;
  d.facts.now = 2'000'001'000;
  CHECK(d.code().empty());
  CHECK(d.checks.size() == 1);
  d.facts.measure = true;
  CHECK(d.code().empty());
  std::map<std::string, std::pair<Decimal, Decimal>> told;
  for (std::size_t i = 0; i + 1 < d.checks.size(); ++i) {
    CHECK(d.checks[i].measure);
    CHECK(d.checks[i].action == 1);
    CHECK(*d.checks[i].rule_source == "floor");
    told[d.checks[i].code] = {d.checks[i].value, d.checks[i].limit};
  }
  CHECK_FALSE(d.checks.back().measure);
  CHECK(d.checks.back().code.empty());
  const std::map<std::string, std::pair<Decimal, Decimal>> want{
      {"MARK_STALE", {"2"_dec, "5"_dec}},          {"PRICE_OUTSIDE_COLLAR", {"1"_dec, "5"_dec}}, {"ORDER_NOTIONAL_LIMIT", {"99"_dec, "200"_dec}},
      {"DAY_NOTIONAL_LIMIT", {"399"_dec, "1000"_dec}}, {"ORDER_RATE_LIMIT", {"4"_dec, "10"_dec}}, {"TOTAL_NOTIONAL_LIMIT", {"99"_dec, "5000"_dec}},
  };
  for (const auto& [code, amounts] : want) {
    REQUIRE(told.contains(code));
    CHECK(told[code] == amounts);
  }
  CHECK(told.contains("BELOW_MINIMUM"));
  CHECK(told["QUOTE_BALANCE_SHORT"].second == "10000"_dec);

  d.limits.max_total = "50"_dec;  // refused: the ones before it were kept, and the refusal is the last line
  CHECK(d.code() == "TOTAL_NOTIONAL_LIMIT");
  CHECK(d.checks.size() > 3);
}
