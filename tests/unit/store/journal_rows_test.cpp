#include "store/journal_rows.hpp"
#include "store/operator_rows.hpp"

#include <cmath>
#include <limits>

#include "unit/core/market.hpp"
#include "unit/services/desk.hpp"

using namespace bowline;
using namespace bowline::store;
using namespace bowline::test;

namespace {

core::Intent full_intent(const Market& m) {
  core::Intent i = core::blank_intent();
  put_text(i.abi.client_id, "bl-0123456789abcdef");
  i.abi.instrument = m.btc.value;
  i.abi.side = BL_SELL;
  i.abi.type = BL_BRACKET;
  i.abi.tif = BL_GTD;
  i.abi.flags = BL_REDUCE_ONLY;
  i.abi.qty = "0.123456789012345678"_dec.raw();
  i.abi.limit_px = "110"_dec.raw();
  i.abi.stop_px = "90.5"_dec.raw();
  i.abi.expire_ns = 1'700'000'000'000'000'001;
  i.abi.decided_ns = 1'600'000'000'000'000'002;
  i.abi.not_after_ns = 3;
  i.purpose = core::Purpose::stop;
  i.decision = {0xfedcba9876543210, 0x0123456789abcdef};
  i.decision_px = "100.01"_dec;
  return i;
}

}  // namespace

TEST_CASE("journal rows: an intent comes back with every amount, time and id") {
  const Market m;
  const core::Intent was = full_intent(m);
  const std::string text = line(was, "BTC-USD");
  const auto is = read_intent(text, m.table);
  REQUIRE(is.ok());
  CHECK(line(*is, "BTC-USD") == text);
  CHECK(std::memcmp(&is->abi, &was.abi, sizeof was.abi) == 0);
  CHECK(is->purpose == was.purpose);
  CHECK(is->decision == was.decision);
  CHECK(is->decision_px == was.decision_px);
}

TEST_CASE("journal rows: an intent is of a product by its name, never by the number it had in another configuration") {
  const Market m;
  const auto moved = read_intent(line(full_intent(m), m.table.all().back().symbol), m.table);
  REQUIRE(moved.ok());
  CHECK(moved->abi.instrument == m.table.all().back().id.value);
  const auto gone = read_intent(line(full_intent(m), "DOGE-USD"), m.table);
  REQUIRE_FALSE(gone.ok());
  CHECK(gone.error().code == "JOURNAL_ROW");
  CHECK(gone.error().message.find("DOGE-USD") != std::string::npos);
}

TEST_CASE("journal rows: every kind comes back as it was written") {
  const core::ClientOrderId id("bl-1");
  {
    const OrderRow was{id, core::OrderEvent::cancel_refused, core::OrderState::open, "v\"1", "it said \"no\"\n\xff"};
    const auto is = read_order(line(was));
    REQUIRE(is.ok());
    CHECK(is->order == id);
    CHECK(is->event == was.event);
    CHECK(is->to == was.to);
    CHECK(is->venue_id == was.venue_id);
    CHECK(is->text.find("it said \"no\"\n") == 0);  // what is no UTF-8 is replaced, the rest stays
  }
  {
    FillRow was{id, "f-1", "BTC-USD", core::Side::sell, "0.000000000000000001"_dec, "2"_dec, Decimal::not_set(), "0.5"_dec, "USD", 2};
    CHECK(line(was).find("\"at\"") == std::string::npos);
    was.at = 1'700'000'000'000'000'123;
    const auto is = read_fill(line(was));
    REQUIRE(is.ok());
    CHECK(line(*is) == line(was));
    CHECK(is->at == was.at);
    CHECK_FALSE(is->fee.is_set());
    CHECK(is->fee_worth == "0.5"_dec);
  }
  {
    const StateRow was{core::TradingState::reducing, false, true, true, "operator", "because"};
    const auto is = read_state(line(was));
    REQUIRE(is.ok());
    CHECK(line(*is) == line(was));
    CHECK_FALSE(is->gate_open);
    CHECK(is->frozen);
    CHECK(is->looked);
  }
  {
    StepRow was{1'700'000'000'000'000'123, 19'675, 7, 8, "12345.678"_dec, Decimal::not_set(), "0.1"_dec, "99"_dec};
    CHECK(read_step(line(was))->best.empty());
    was.best = {{"BTC-USD", "50158.59"_dec}, {"ETH-USD", "2800"_dec}};
    const auto is = read_step(line(was));
    REQUIRE(is.ok());
    CHECK(line(*is) == line(was));
    CHECK(is->best == was.best);
    CHECK(is->settled == was.settled);
  }
  {
    TargetRow was{"ETH-USD", core::Purpose::rebalance, 0.1, 42, {1, 2}, "7"_dec, true, false};
    const auto is = read_target(line(was));
    REQUIRE(is.ok());
    CHECK(line(*is) == line(was));
    CHECK(is->weight == 0.1);
    CHECK_FALSE(is->keep.is_set());
    was.keep = "3.5"_dec;
    CHECK(read_target(line(was))->keep == "3.5"_dec);
    was.gone = true;
    const auto gone = read_target(line(was));
    REQUIRE(gone.ok());
    CHECK(gone->gone);
  }
  {
    ProtectionRow was{"ETH-USD", "stops", "95.01"_dec, "110"_dec, "105"_dec, 2500, 3};
    const auto is = read_protection(line(was));
    REQUIRE(is.ok());
    CHECK(line(*is) == line(was));
    CHECK(is->source == "stops");
    CHECK(is->share == 2500);
    CHECK(is->taken_px == "105"_dec);
    was.take_px = Decimal::not_set();
    CHECK_FALSE(read_protection(line(was))->take_px.is_set());
    was.stop_px = Decimal::zero();
    CHECK(read_protection(line(was)).error().code == "JOURNAL_ROW");
  }
  {
    const ReentryRow was{"ETH-USD", 1'700'000'000'000'000'123};
    const auto is = read_reentry(line(was));
    REQUIRE(is.ok());
    CHECK(is->symbol == "ETH-USD");
    CHECK(is->until == was.until);
  }
  {
    CommandRow was{"key-1", "the body", id, "0.25"_dec, {}};
    was.checks.push_back({std::make_shared<const std::string>("limits"), 2, "POSITION_LIMIT", "0.06"_dec, "0.05"_dec, "1"_dec, "why"});
    const auto is = read_command(line(was));
    REQUIRE(is.ok());
    CHECK(line(*is) == line(was));
    REQUIRE(is->checks.size() == 1);
    CHECK(*is->checks[0].rule_source == "limits");
  }
  {
    SizingRow was;
    was.symbol = "BTC-USD";
    was.made.order = id;
    was.made.decision = {3, 4};
    was.made.purpose = core::Purpose::exit;
    was.made.code = std::make_shared<const std::string>("ORDER");
    was.made.seq = 9;
    was.made.target_weight = 0.05;
    was.made.equity = "10000"_dec;
    was.made.order_qty = "1"_dec;
    was.made.checks.push_back({std::make_shared<const std::string>("floor"), 1, "", Decimal::not_set(), Decimal::not_set(), Decimal::not_set(), ""});
    const auto is = read_sizing(line(was));
    REQUIRE(is.ok());
    CHECK(line(*is) == line(was));
    CHECK_FALSE(is->made.price.is_set());
    was.made.target_weight = std::numeric_limits<double>::quiet_NaN();  // an operator's order has none
    REQUIRE(read_sizing(line(was)).ok());
    CHECK(std::isnan(read_sizing(line(was))->made.target_weight));
  }
  {
    FillRow was;
    was.order = id;
    was.fill_id = "f1";
    was.symbol = "BTC-USD";
    was.side = core::Side::sell;
    was.px = was.qty = was.fee = was.fee_worth = Decimal::not_set();
    was.fee_asset = "USD";
    was.as = core::BookedAs::reversal;
    was.told = 7;
    const auto is = read_fill(line(was));
    REQUIRE(is.ok());
    CHECK(line(*is) == line(was));
    CHECK(is->as == core::BookedAs::reversal);
    CHECK_FALSE(is->qty.is_set());
    CHECK(line(was).find("fill_id") == std::string::npos);  // who knows plain fills alone must not take it for one
    was.as = core::BookedAs::correction;
    CHECK_FALSE(read_fill(line(was)).ok());  // that must say what is right now
  }
  {
    ExternalRow was;
    was.order = id;
    was.told = core::blank_intent();
    was.told.abi.instrument = 1;
    was.told.abi.side = BL_SELL;
    was.told.abi.type = 77;  // others may have orders of kinds that are none of ours
    was.told.abi.qty = "2"_dec.raw();
    was.venue_id = "x1";
    was.filled_before = "0.5"_dec;
    core::InstrumentTable table;
    core::ProductRules rules;
    rules.base_step = rules.quote_step = rules.px_step = rules.base_min = rules.quote_min = "1"_dec;
    rules.maker_fee = rules.taker_fee = Decimal::zero();
    REQUIRE(table.add("BTC-USD", rules));
    const auto is = read_external(line(was, "BTC-USD"), table);
    REQUIRE(is.ok());
    CHECK(line(*is, "BTC-USD") == line(was, "BTC-USD"));
    CHECK_FALSE(read_external(line(was, "ETH-USD"), table).ok());
  }
  {
    OrderRow was{id, core::OrderEvent::found, core::OrderState::open, "x1", "", {}};
    CHECK(line(was).find("terms") == std::string::npos);
    was.terms.qty = "3"_dec;
    was.terms.as_of = 9;
    const auto is = read_order(line(was));
    REQUIRE(is.ok());
    CHECK(line(*is) == line(was));
    CHECK(is->terms.qty == "3"_dec);
    CHECK_FALSE(is->terms.limit_px.is_set());
  }
  CHECK(read_flow(line(FlowRow{"USD", core::Flow::withdrawal, "-5"_dec}))->kind == core::Flow::withdrawal);
  CHECK(line(*read_inventory(line(InventoryRow{"BTC-USD", false, "1"_dec, Decimal::not_set(), "k", "b"}))) ==
        line(InventoryRow{"BTC-USD", false, "1"_dec, Decimal::not_set(), "k", "b"}));
  CHECK(read_balance(line(BalanceRow{"USD", "-0.5"_dec}))->total == "-0.5"_dec);
  CHECK(read_block(line(BlockRow{"BTC-USD", "FILLS_MISSING"}))->code == "FILLS_MISSING");
}

TEST_CASE("journal rows: what blocks a product comes back with its words, its order and what is missing; so does that it is explained") {
  const core::ClientOrderId id("bl-0123456789abcdef");
  const auto block = read_block(line(BlockRow{"BTC-USD", "FILLS_MISSING", "a \"word\"", id}));
  REQUIRE(block.ok());
  CHECK(block->symbol == "BTC-USD");
  CHECK(block->text == "a \"word\"");
  CHECK(block->order == id);
  CHECK_FALSE(block->gone);
  CHECK(read_block(line(BlockRow{"BTC-USD", "FILLS_MISSING", "", id, true}))->gone);
  const auto bare = read_block("{\"symbol\":\"BTC-USD\",\"code\":\"EXEC_MISMATCH\"}");  // of an earlier version
  REQUIRE(bare.ok());
  CHECK(bare->order.empty());
}

TEST_CASE("journal rows: an adoption comes back as it was begun, and as it ended") {
  const auto begun = read_adoption(line(AdoptionRow{"k", "b", "begun", "BTC-USD", "operator", "looked", "r"}));
  REQUIRE(begun.ok());
  CHECK(begun->symbol == "BTC-USD");
  CHECK(begun->why == "looked");
  const auto done = read_adoption(line(AdoptionRow{"k", "b", "done", "", "operator", "looked", "r", "{\"phase\":\"done\"}"}));
  REQUIRE(done.ok());
  CHECK(done->symbol.empty());
  CHECK(done->report == "{\"phase\":\"done\"}");
  CHECK_FALSE(read_adoption(line(AdoptionRow{"k", "b", "half", "", "", "", ""})).ok());
}

TEST_CASE("journal rows: a change that is named otherwise comes back with its classes, who and why; what can't be one is refused") {
  const ReclassifyRow was{"SOL", core::Flow::deposit, core::Flow::reward, "0.25"_dec, Decimal::zero(), "k", "b", "operator", "staking", "r"};
  const auto is = read_reclassify(line(was));
  REQUIRE(is.ok());
  CHECK(line(*is) == line(was));
  CHECK(is->from == core::Flow::deposit);
  CHECK(is->to == core::Flow::reward);
  CHECK(is->amount == "0.25"_dec);
  CHECK(is->of_day.is_zero());
  CHECK(is->why == "staking");
  const auto with = [&was](const std::string& old, const std::string& now) {
    std::string text = line(was);
    const auto at = text.find(old);
    REQUIRE(at != std::string::npos);
    return read_reclassify(text.replace(at, old.size(), now));
  };
  CHECK(with("\"from\":\"deposit\"", "\"from\":\"correction\"").error().message.find("correction") != std::string::npos);
  CHECK_FALSE(with("\"to\":\"reward\"", "\"to\":7").ok());
  CHECK_FALSE(with("\"0.25\"", "\"-0.25\"").ok());
  CHECK_FALSE(with("\"0.25\"", "0.25").ok());
  CHECK_FALSE(with("\"0.25\"", "\"99999999999999999999999999999999\"").ok());
  CHECK_FALSE(with("\"of_day\"", "\"day_of\"").ok());
  CHECK_FALSE(read_reclassify("{").ok());
  CHECK_FALSE(read_reclassify("[]").ok());
}

TEST_CASE("journal rows: what lacks a field or has it wrong is refused with its name") {
  const auto why = [](const auto& r) { return r.ok() ? std::string() : r.error().message; };
  CHECK(why(read_balance("not json")).find("JSON") != std::string::npos);
  CHECK(why(read_balance("[]")).find("JSON") != std::string::npos);
  CHECK(why(read_balance("{\"asset\":\"USD\"}")).find("total") != std::string::npos);
  CHECK(why(read_balance("{\"asset\":\"USD\",\"total\":\"1e5x\"}")).find("total") != std::string::npos);
  CHECK(why(read_balance("{\"asset\":\"USD\",\"total\":1}")).find("total") != std::string::npos);
  CHECK(why(read_order("{\"client_id\":\"\",\"event\":\"acked\",\"to\":\"open\"}")).find("client_id") != std::string::npos);
  CHECK(why(read_order("{\"client_id\":\"a\",\"event\":\"acked\",\"to\":\"half_open\"}")).find("state") != std::string::npos);
  CHECK(why(read_state("{\"state\":\"asleep\"}")).find("asleep") != std::string::npos);
  CHECK(why(read_step("{\"settled\":\"1\"}")).find("settled") != std::string::npos);
}
