// What somebody else does in the account: it is in the books and in every answer, and told or not as the
// script says.
#include <catch2/catch.hpp>

#include "desk_fixture.hpp"
#include "temp_files.hpp"

using namespace plugin_tests;
using Words = std::vector<std::string>;
using What = ExternalAct::What;

namespace {

ScriptLine trade(What what, std::int64_t at, Side side, const char* qty, const char* px, bool told = true) {
  ScriptLine l;
  l.act.what = what;
  l.act.at_ns = at;
  l.act.told = told;
  l.act.side = side;
  l.act.type = px ? Type::limit : Type::market;
  l.act.qty = D(qty);
  if (px) l.act.px = D(px);
  l.product = "BTC-USD";
  l.act.script =
      std::to_string(at) + (side == Side::buy ? " buy " : " sell ") + qty + " " + (px ? px : "market");
  return l;
}
ScriptLine transfer(What what, std::int64_t at, const char* asset, const char* qty, bool told = true) {
  ScriptLine l;
  l.act.what = what;
  l.act.at_ns = at;
  l.act.told = told;
  l.act.qty = D(qty);
  l.asset = asset;
  l.act.script = std::to_string(at) + (what == What::deposit ? " in " : " out ") + asset + qty;
  return l;
}
ScriptLine cancel_all(std::int64_t at, bool told = true) {
  ScriptLine l;
  l.act.what = What::cancel;
  l.act.at_ns = at;
  l.act.told = told;
  l.product = "BTC-USD";
  l.act.script = std::to_string(at) + " cancel";
  return l;
}
bl_intent market_sale(const char* id, const char* qty) {
  bl_intent i = DeskBench::limit(id, BL_SELL, qty, "1");
  i.type = BL_MARKET;
  i.limit_px = bowline::money::not_set();
  return i;
}
std::string total(const DeskBench& b, std::uint32_t asset) {
  return text(b.desk->venue().ledger().of(asset).total);
}
std::string hold(const DeskBench& b, std::uint32_t asset) {
  return text(b.desk->venue().ledger().of(asset).hold);
}

}  // namespace

TEST_CASE("external order: it comes at its time, holds, fills and ends like ours, without a client id") {
  DeskBench b;
  b.options.script = {trade(What::order, b.now + minute, Side::buy, "2", "99")};
  b.open();
  b.until(b.now + minute - 1);
  CHECK(b.said.empty());
  b.until(b.now + 1);
  REQUIRE(b.words() == Words{"accepted mock-1", "balance 1"});
  CHECK(b.said[0].exec.client_id[0] == '\0');
  CHECK(hold(b, 1) == "200.376");
  b.now += 4 * minute;
  REQUIRE(b.ask(2).empty());
  CHECK(b.words() == Words{"snapshot mock-1 open"});
  b.said.clear();
  b.bar(10'000, 10'000, 9'800, 9'900);
  CHECK(b.words() == Words{"fill mock-1-1", "done mock-1 filled", "balance 1", "balance 2"});
  CHECK(b.said[0].fill.client_id[0] == '\0');
  CHECK(std::string(b.said[0].fill.venue_id) == "mock-1");
  CHECK(total(b, 2) == "3");
}

TEST_CASE("external fill: a trade at the price it names, whatever the bars say") {
  DeskBench b;
  b.options.script = {trade(What::fill, b.now + minute, Side::sell, "0.5", "20000")};
  b.open();
  b.flat_bar();
  CHECK(b.words() ==
        Words{"accepted mock-1", "fill mock-1-1", "done mock-1 filled", "balance 1", "balance 2"});
  CHECK(b.said[1].h.ts_event == b.now - 4 * minute);
  CHECK(b.said[1].fill.liquidity == 2);
  CHECK(total(b, 1) == "19880");  // 10000 + 10000 - 120
  CHECK(total(b, 2) == "0.5");
  CHECK(hold(b, 2) == "0");
}

TEST_CASE("external trade: our orders meet what others trade at, and nothing that was traded before them") {
  DeskBench b;
  const std::int64_t t = b.now;
  b.options.script = {trade(What::trade, t + minute, Side::sell, "100", "101"), trade(What::trade, t + 2 * minute, Side::sell, "100", "97"),
                      trade(What::trade, t + 3 * minute, Side::sell, "100", "96")};
  b.open();
  b.until(t + minute + 1);
  CHECK(b.said.empty());  // it is in nobody's account
  REQUIRE(b.send(market_sale("a", "0.5")).empty());
  REQUIRE(b.send(b.limit("b", BL_BUY, "1", "96.5")).empty());
  b.said.clear();
  b.until(t + 2 * minute);
  CHECK(b.order("a").state == State::filled);
  CHECK(text(b.desk->venue().fill(1).px) == "96.95");
  CHECK(b.order("b").state == State::open);
  b.until(t + 3 * minute);
  CHECK(b.order("b").state == State::filled);
}

TEST_CASE("external trade: one that is over does not come again after a restart, one that is to come does") {
  DeskBench b;
  TempDir dir;
  b.options.memory = false;
  b.options.file = dir.at("venue.db");
  const std::int64_t t = b.now;
  b.options.script = {trade(What::trade, t + minute, Side::sell, "100", "50"), trade(What::trade, t + 3 * minute, Side::sell, "100", "97")};
  b.open();
  b.until(t + 2 * minute);
  REQUIRE(b.send(market_sale("a", "0.5")).empty());
  b.settle();
  b.open();
  b.until(t + 2 * minute + 1);
  CHECK(b.order("a").state == State::open);
  b.until(t + 3 * minute);
  CHECK(b.order("a").state == State::filled);
  CHECK(text(b.desk->venue().fill(1).px) == "96.95");
}

TEST_CASE("external, untold: no event says so; questions and the sums do") {
  DeskBench b;
  const std::int64_t t = b.now;
  b.options.script = {trade(What::fill, t + minute, Side::buy, "1", "100", false),
                      trade(What::order, t + minute, Side::buy, "1", "99", false),
                      transfer(What::deposit, t + minute, "USD", "7", false)};
  b.open();
  b.flat_bar();
  b.bar(10'000, 10'000, 9'800, 9'900);  // fills the resting one too
  b.flat_bar();
  CHECK(b.said.empty());
  REQUIRE(b.ask(4 | 8).empty());
  CHECK(b.words() == Words{"fill mock-1-1", "fill mock-2-1", "balance 1", "balance 2", "balance 3"});
  CHECK(text(b.said[3].balance.total) == "3");
  CHECK_FALSE(b.desk->venue().fill(1).told_ns.has_value());
  // What moves a balance of our own tells all of it.
  b.said.clear();
  REQUIRE(b.send(b.limit("a", BL_BUY, "1", "50")).empty());
  REQUIRE(b.words() == Words{"accepted a", "balance 1"});
  CHECK(text(b.said[1].balance.total) == total(b, 1));
}

TEST_CASE("external cancel: our open orders of the product end, told or not; others of theirs stay") {
  for (const bool told : {true, false}) {
    INFO(told);
    DeskBench b;
    b.options.script = {trade(What::order, b.now, Side::buy, "1", "50"), cancel_all(b.now + minute, told)};
    b.open();
    b.settle();
    REQUIRE(b.send(b.limit("a", BL_BUY, "1", "60")).empty());
    b.said.clear();
    b.until(b.now + minute);
    CHECK(b.words() == (told ? Words{"done a cancelled", "balance 1"} : Words{}));
    if (told) CHECK(std::string(b.said[0].exec.text) == "EXTERNAL_CANCEL");
    CHECK(b.order("a").state == State::cancelled);
    CHECK(b.order("a").reason == Reason::external_cancel);
    REQUIRE(b.ask(2).empty());
    CHECK(b.words() == Words{"snapshot mock-1 open"});
  }
}

TEST_CASE("external transfers: money in and out; what is held cannot be taken out") {
  DeskBench b;
  const std::int64_t t = b.now;
  b.options.script = {transfer(What::deposit, t + minute, "BTC", "2"),
                      transfer(What::withdrawal, t + 2 * minute, "USD", "9100"),
                      transfer(What::withdrawal, t + 3 * minute, "USD", "100")};
  b.open();
  REQUIRE(b.send(b.limit("a", BL_BUY, "9", "100")).empty());  // holds 910.8
  b.said.clear();
  b.flat_bar();
  CHECK(b.words() == Words{"balance 2", "balance 1"});
  CHECK(total(b, 2) == "3");
  CHECK(total(b, 1) == "9900");  // the first of the two was more than is free
}

TEST_CASE("external, refused: what the account cannot pay is rejected as ours would be") {
  DeskBench b;
  b.options.script = {trade(What::order, b.now, Side::sell, "5", "100"),
                      trade(What::fill, b.now, Side::buy, "100", "100")};
  b.open();
  b.settle();
  CHECK(b.words() == Words{"rejected mock-1", "rejected mock-2"});
  CHECK(std::string(b.said[1].exec.text) == "INSUFFICIENT_FUND");
  CHECK(b.desk->venue().fills() == 0);
}

TEST_CASE("external orders are ours to cancel and amend, by their venue id; the answer is told in any case") {
  DeskBench b;
  b.options.script = {trade(What::order, b.now, Side::buy, "1", "50", false)};
  b.open();
  b.settle();
  const bl_order_ref ref{{nullptr, 0}, {"mock-1", 6}};
  bl_intent wanted = b.limit("", BL_BUY, "2", "50");
  REQUIRE(b.desk->amend(ref, wanted).ok());
  b.settle();
  CHECK(b.orders_said() == Words{"amended mock-1"});
  b.said.clear();
  b.desk->cancel(&ref, 1);
  b.settle();
  CHECK(b.orders_said() == Words{"done mock-1 cancelled"});
  CHECK(hold(b, 1) == "0");
}

TEST_CASE(
    "an external market order fills at the next bar's open; before any bar there is no price for a buy") {
  DeskBench b;
  b.options.script = {trade(What::order, b.now, Side::buy, "1", nullptr),
                      trade(What::order, b.now + bar_ns, Side::sell, "1", nullptr)};
  b.open();
  b.settle();
  CHECK(b.words() == Words{"rejected mock-1"});
  b.flat_bar();
  b.said.clear();
  b.flat_bar();
  REQUIRE(b.orders_said() == Words{"fill mock-2-1", "done mock-2 filled"});
  CHECK(text(b.said[0].fill.px) == "99.95");
}

TEST_CASE("external acts happen once in the life of a state file, also those whose time had passed") {
  TempDir dir;
  DeskBench b;
  b.options.memory = false;
  b.options.file = dir.at("venue.db");
  b.options.script = {transfer(What::deposit, b.now - minute, "USD", "1"),
                      transfer(What::deposit, b.now - minute, "USD", "1"),
                      trade(What::order, b.now, Side::buy, "1", "50")};
  b.open();
  b.settle();
  CHECK(total(b, 1) == "10002");  // two equal entries are two
  REQUIRE(b.send(b.limit("a", BL_BUY, "1", "60")).empty());
  const std::int64_t before = b.order("a").updated_ns;
  b.options.script.push_back(transfer(What::deposit, b.now - 2 * minute, "USD", "1"));
  b.now += minute;
  b.open();
  b.settle();
  CHECK(total(b, 1) == "10003");                    // only the new one
  b.options.script.push_back(b.options.script[0]);  // a third of the two that were equal
  b.open();
  b.settle();
  CHECK(total(b, 1) == "10004");
  CHECK(b.desk->venue().orders() == 2);
  b.open();
  b.settle();
  CHECK(total(b, 1) == "10004");
  CHECK(b.desk->venue().order(1).external());
  CHECK(b.desk->venue().order(1).state == State::open);
  CHECK(b.order("a").updated_ns == before);
  CHECK(b.failures.empty());
}

TEST_CASE("an external entry of a product or asset that the run does not have is refused at the start") {
  DeskBench b;
  b.options.script = {trade(What::order, b.now, Side::buy, "1", "50")};
  b.options.script[0].product = "XYZ-USD";
  auto r = b.try_open();
  REQUIRE_FALSE(r.ok());
  CHECK(r.error().code == "EXTERNAL_ORDERS_INVALID");
  CHECK(r.error().message.find("XYZ-USD") != std::string::npos);
  b.options.script = {transfer(What::deposit, b.now, "EUR", "1")};
  r = b.try_open();
  REQUIRE_FALSE(r.ok());
  CHECK(r.error().message.find("EUR") != std::string::npos);
}
