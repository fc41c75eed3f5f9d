// What a store tells about a run, and that it tells the same about the same run.
#include "store/reader.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

#include "store/dump.hpp"
#include "store/query.hpp"
#include "store/sql_store.hpp"
#include "unit/core/market.hpp"
#include "unit/store/store_folder.hpp"

using namespace bowline;
using namespace bowline::store;
using namespace bowline::test;
using namespace bowline::literals;
using nlohmann::json;

namespace {

struct Stored {
  StoreFolder dir;
  Market m;
  StoreOptions options{dir / "p.db", dir / "t.db", {"mock", "v", "default"}, {}, &m.table};

  void write(std::vector<core::Record> records) {
    auto s = SqlStore::open(options);
    if (!s) FAIL(s.error().message);
    for (core::Record& r : records) (*s)->put(std::move(r));
    (*s)->end_step(1);
    REQUIRE((*s)->close().ok());
  }
  std::unique_ptr<Reader> reader() const {
    auto r = Reader::open(options.prices, options.transactions);
    REQUIRE(r.ok());
    return std::move(*r);
  }
  core::SignalRecord signal(std::uint64_t n, core::InstrumentId id) const {
    core::SignalRecord s;
    s.id = {0, n};
    s.time = static_cast<core::Nanos>(10 * n);
    s.instrument = id;
    s.action = core::Action::buy;
    s.source = text("a, \"quoted\" one");
    return s;
  }
  core::DecisionRecord decision(std::uint64_t n, core::InstrumentId id) const {
    core::DecisionRecord d;
    d.id = {0, n};
    d.time = static_cast<core::Nanos>(10 * n);
    d.instrument = id;
    d.code = text("HOLD");
    return d;
  }
  core::OrderRecord order(std::string_view id, std::uint64_t n, std::string state) const {
    core::OrderRecord o;
    o.id = core::ClientOrderId(id);
    o.decision = {0, n};
    o.instrument = m.btc;
    o.decided_ns = static_cast<core::Nanos>(10 * n);
    o.qty = "1.5"_dec;
    o.state = std::move(state);
    return o;
  }
  std::string dump_of(std::string_view table, DumpFormat f) const {
    std::string out;
    REQUIRE(dump(options.prices, options.transactions, table, f, [&](std::string_view l) { out += l; }).ok());
    return out;
  }
};

json parsed(const Result<std::string>& r) {
  REQUIRE(r.ok());
  return json::parse(*r);
}
json parsed(const Result<Page>& page) {
  if (!page) FAIL(page.error().message);
  json all = json::array();
  for (const Entry& e : page->entries) all.push_back(json::parse(e.json));
  return all;
}
PageAsk ask(std::int64_t since, std::string only = {}, std::int64_t limit = 10, std::optional<Place> before = {}) {
  return {since, std::move(only), std::move(before), limit};
}

}  // namespace

TEST_CASE("rule 5.7: the store of prices has what was told and what models said under the canonical id, all else under the submitted one") {
  Stored s;
  const auto data = core::DataSymbols::make(s.m.table, std::vector<std::string>{"BTC-EUR"});
  REQUIRE(data);
  s.options.data = *data;
  core::CandleRecord c;
  c.instrument = s.m.btc;
  c.open_ns = 0;
  c.close_ns = 10;
  core::FeatureRecord f;
  f.time = 10;
  f.instance = text("a");
  f.names_hash = text("h");
  f.instruments = {s.m.bnb, s.m.btc};
  f.quality = {0, 0};
  f.values = {1.5, 2.5};
  s.write({c, f, s.signal(1, s.m.btc), s.decision(1, s.m.btc), s.signal(2, s.m.bnb), s.order("o-1", 1, "open")});
  auto prices = Database::open(s.options.prices, Database::Access::read);
  REQUIRE(prices);
  Query of_features(*prices, "SELECT symbols FROM features");
  REQUIRE(of_features.next());
  CHECK(of_features.bytes(0) == "BNB-USD,BTC-EUR");
  for (const char* table_name : {"candles", "signals"}) {
    INFO(table_name);
    const std::string rows = s.dump_of(table_name, DumpFormat::csv);
    CHECK(rows.find("BTC-EUR") != std::string::npos);
    CHECK(rows.find("BTC-USD") == std::string::npos);
  }
  for (const char* table_name : {"decisions", "orders"}) {
    INFO(table_name);
    const std::string rows = s.dump_of(table_name, DumpFormat::csv);
    CHECK(rows.find("BTC-USD") != std::string::npos);
    CHECK(rows.find("BTC-EUR") == std::string::npos);
  }
  // Asked for and told by the routes it is the submitted one.
  auto opened = Reader::open(s.options.prices, s.options.transactions, {{"BTC-EUR", "BTC-USD"}});
  REQUIRE(opened);
  const Reader& r = **opened;
  REQUIRE(parsed(r.signals(ask(0, "BTC-USD"))).size() == 1);
  CHECK(parsed(r.signals(ask(0, "BTC-USD")))[0]["symbol"] == "BTC-USD");
  CHECK(parsed(r.signals(ask(0, "BNB-USD")))[0]["symbol"] == "BNB-USD");
  CHECK(parsed(r.signals(ask(0))).size() == 2);
  // An explanation tells rows as they are, and finds the features.
  const json why = parsed(r.explain_decision(core::Id128{0, 1}.hex()));
  CHECK(why["decision"]["symbol"] == "BTC-USD");
  CHECK(why["signals"][0]["symbol"] == "BTC-EUR");
  REQUIRE(why["features"].size() == 1);
  CHECK(why["features"][0]["values"][0]["value"] == 2.5);
}

TEST_CASE("reader: a page begins at a time, keeps to a symbol or a state, and is the newest of what fits") {
  Stored s;
  std::vector<core::Record> all;
  for (std::uint64_t n = 1; n <= 4; ++n) {
    const auto id = n % 2 ? s.m.btc : s.m.bnb;
    all.emplace_back(s.signal(n, id));
    all.emplace_back(s.decision(n, id));
    all.emplace_back(s.order("o-" + std::to_string(n), n, n == 2 ? "filled" : "open"));
    core::PortfolioRecord p;
    p.time = static_cast<core::Nanos>(10 * n);
    p.version = n;
    p.equity = "10000.5"_dec;
    all.emplace_back(p);
    core::RebalanceRecord r;
    r.id = "r" + std::to_string(n);
    r.time = static_cast<core::Nanos>(10 * n);
    r.instance = text("plan");
    r.weights = {{s.m.btc, 0.25}, {s.m.bnb, 0.5}};
    all.emplace_back(r);
  }
  s.write(std::move(all));
  const auto r = s.reader();
  CHECK(parsed(r->signals(ask(0))).size() == 4);
  CHECK(parsed(r->signals(ask(20))).size() == 3);
  CHECK(parsed(r->signals(ask(0, "BNB-USD"))).size() == 2);
  CHECK(parsed(r->signals(ask(0, "", 1)))[0]["time_ns"] == 40);
  CHECK(parsed(r->signals(ask(0, "", 2)))[0]["time_ns"] == 30);  // the newest two, the newest last
  CHECK(parsed(r->decisions(ask(0, "BTC-USD"))).size() == 2);
  CHECK(parsed(r->decisions(ask(31, "BTC-USD"))).empty());
  CHECK(parsed(r->orders(ask(0, "open"))).size() == 3);
  CHECK(parsed(r->orders(ask(0, "filled")))[0]["id"] == "o-2");
  CHECK(parsed(r->portfolio_history(ask(30))).size() == 2);
  CHECK(parsed(r->portfolio_history(ask(0)))[0]["equity"] == "10000.5");
  const json plans = parsed(r->rebalances(ask(0, "", 2)));
  REQUIRE(plans.size() == 2);
  CHECK(plans[0]["id"] == "r3");
  CHECK(plans[1]["weights"] == json{{"BNB-USD", 0.5}, {"BTC-USD", 0.25}});
}

TEST_CASE("reader: reading on from each page's place gives every entry once, also where many have one time") {
  Stored s;
  std::vector<core::Record> all;
  for (int n = 0; n < 23; ++n) {
    auto o = s.order("o-" + std::to_string(100 + n), 1, "filled");
    o.decided_ns = n < 4 ? 5 : 10 + n / 9;
    all.emplace_back(o);
  }
  s.write(std::move(all));
  const auto r = s.reader();
  std::vector<std::string> seen;
  std::optional<Place> before;
  for (int pages = 1;; ++pages) {
    const auto page = r->orders(ask(0, "filled", 5, before));
    REQUIRE(page.ok());
    std::vector<std::string> ids;
    for (const Entry& e : page->entries) ids.push_back(json::parse(e.json)["id"]);
    CHECK(std::is_sorted(ids.begin(), ids.end()));
    seen.insert(seen.begin(), ids.begin(), ids.end());
    if (!page->more) {
      CHECK(pages == 5);
      CHECK_FALSE(page->next);
      break;
    }
    REQUIRE(page->next);
    before = Place::parse(page->next->text());  // as a caller gives it back
    REQUIRE(before);
  }
  CHECK(seen.size() == 23);
  CHECK(std::is_sorted(seen.begin(), seen.end()));
  const auto whole = r->orders(ask(0, "", 23));
  REQUIRE(whole.ok());
  CHECK_FALSE(whole->more);  // as many as there are is not a sign of more
}

TEST_CASE("reader: a place reads back as it was written, and nothing else is one") {
  const Place p{1'640'995'500'000'000'000, "BTC-USD~cross"};
  CHECK(Place::parse(p.text()) == p);
  CHECK(Place::parse("0~") == Place{});
  for (const char* bad : {"", "~", "~x", "12", "x~y", "-1~x", "1.5~x", "99999999999999999999~x"}) CHECK_FALSE(Place::parse(bad));
}

TEST_CASE("reader: an order that is not stored is unknown, one that is comes as it now stands") {
  Stored s;
  s.write({s.order("o-1", 1, "open")});
  const auto r = s.reader();
  CHECK(r->order("o-9").error().code == "STORE_UNKNOWN");
  const json o = parsed(r->order("o-1"));
  CHECK(o["ended"] == false);
  CHECK(o["instrument"] == "BTC-USD");
  CHECK(o["qty"] == "1.5");
}

TEST_CASE("reader: a decision that led to nothing is explained; an unknown one is not") {
  Stored s;
  s.write({s.signal(1, s.m.btc), s.decision(1, s.m.btc)});
  const auto r = s.reader();
  const json why = parsed(r->explain_decision(core::Id128{0, 1}.hex()));
  CHECK(why["decision"]["code"] == "HOLD");
  CHECK(why["signals"].size() == 1);
  CHECK(why["orders"].empty());
  CHECK(r->explain_decision(core::Id128{0, 9}.hex()).error().code == "STORE_UNKNOWN");
  CHECK(r->explain_order("o-1").error().code == "STORE_UNKNOWN");
}

TEST_CASE("reader: what no signal decided is explained, too: a stop's order with what set it off, its checks, headroom and exchanges") {
  Stored s;
  const core::Id128 decision{0, 7};
  auto order = s.order("bl-stop", 7, "filled");
  order.purpose = core::Purpose::stop;
  core::SizingRecord sized;
  sized.decision = decision;
  sized.seq = 1;
  sized.instrument = s.m.btc;
  sized.purpose = core::Purpose::stop;
  sized.code = text("ORDER");
  sized.order = order.id;
  core::CheckRecord over, without;
  over.rule_source = without.rule_source = text("floor");
  over.value = "5.5"_dec;
  over.limit = "4"_dec;
  sized.checks = {over, without};
  core::OrderEventRecord told;
  told.order = order.id;
  told.event = "acked";
  told.from = "submitted";
  told.to = "open";
  const auto event = [](std::string type, std::string payload) {
    core::EventRecord e;
    e.type = std::move(type);
    e.payload = std::move(payload);
    return e;
  };
  s.write({order, sized, told, event("stop", R"({"symbol":"BTC-USD","decision":")" + decision.hex() + R"("})"),
           event("incident", R"({"code":"EXEC_MISMATCH","text":"x","order":"bl-stop"})"), event("incident", R"({"code":"A","text":"x","order":"bl-stop-2"})")});
  const auto r = s.reader();
  for (const json& why : {parsed(r->explain_decision(decision.hex())), parsed(r->explain_order("bl-stop"))}) {
    CHECK(why["decision"].is_null());
    REQUIRE(why["sizing"].size() == 1);
    CHECK(why["sizing"][0]["purpose"] == "stop");
    REQUIRE(why["checks"].size() == 2);
    CHECK(why["checks"][0]["headroom"] == "-1.5");
    CHECK(why["checks"][1]["headroom"].is_null());
    REQUIRE(why["events"].size() == 1);
    CHECK(why["events"][0]["event"] == "acked");
    REQUIRE(why["core_events"].size() == 2);  // another order's id begins like this one's
    CHECK(why["core_events"][0]["type"] == "stop");
  }
  CHECK(parsed(r->explain_decision(decision.hex()))["orders"].size() == 1);
}

TEST_CASE("reader: headroom is how far a value was on the right side of its limit; which side that is the verdict tells") {
  Stored s;
  auto order = s.order("bl-1", 7, "filled");
  core::SizingRecord sized;
  sized.decision = {0, 7};
  sized.instrument = s.m.btc;
  sized.code = text("ORDER");
  sized.order = order.id;
  const auto check = [&](std::string_view rule, std::uint8_t action, std::string code, Decimal value, Decimal limit) {
    core::CheckRecord c;
    c.rule_source = text(rule);
    c.action = action;
    c.code = std::move(code);
    c.value = value;
    c.limit = limit;
    sized.checks.push_back(c);
  };
  check("floor", 1, "ORDER_NOTIONAL_LIMIT", "30"_dec, "100"_dec);  // at most
  check("floor", 1, "BELOW_MINIMUM", "30"_dec, "1"_dec);           // at least
  check("floor", 0, "DAY_NOTIONAL_LIMIT", "130"_dec, "100"_dec);
  check("limits", 0, "CASH_RESERVE_LIMIT", "0.05"_dec, "0.2"_dec);
  check("limits", 2, "POSITION_LIMIT", "0.08"_dec, "0.05"_dec);
  check("limits", 1, "", "0.25"_dec, "0.25"_dec);
  check("limits", 1, "A_REMARK", "0.3"_dec, "0.1"_dec);
  check("limits", 1, "", Decimal::not_set(), "0.1"_dec);
  s.write({order, sized});
  const json why = parsed(s.reader()->explain_order("bl-1"));
  const std::vector<json> want{"70", "29", "-30", "-0.15", "-0.03", "0", nullptr, nullptr};
  REQUIRE(why["checks"].size() == want.size());
  for (std::size_t i = 0; i < want.size(); ++i) {
    INFO(why["checks"][i].dump());
    CHECK(why["checks"][i]["headroom"] == want[i]);
  }
}

TEST_CASE("reader: the cost gate in its parts, with what each instance's expected move is reckoned with; contributions by name and value") {
  Stored s;
  auto signal = s.signal(1, s.m.btc);
  signal.source = text("model");
  auto decision = s.decision(1, s.m.btc);
  decision.code = text("EDGE_BELOW_COST");
  decision.expected_move = 0.013;
  decision.cost = 0.025;
  decision.costs = core::DecisionRecord::Costs{0.024, 0.0005, 0.0005, true};
  core::CauseRecord cause;
  cause.signal = signal.id;
  cause.time = signal.time;
  cause.instance = text("model");
  cause.model = text("m-1");
  cause.action = core::Action::buy;
  cause.weight = 2;
  cause.p_up = 0.7;
  cause.p_flat = 0.2;
  cause.p_down = 0.1;
  cause.expected_move = 0.013;
  cause.return_up = 0.02;
  cause.return_flat = 0;
  cause.return_down = -0.01;
  core::CauseRecord silent = cause;  // it tells no returns: nothing that its move could be reckoned from
  silent.n = 1;
  silent.instance = text("other");
  silent.return_up = silent.return_flat = silent.return_down = std::numeric_limits<double>::quiet_NaN();
  core::FeatureRecord frame;
  frame.time = signal.time;
  frame.instance = text("model");
  frame.names_hash = text("h");
  frame.instruments = {s.m.btc};
  frame.quality = {1};
  frame.values = {5, 6, 7};
  core::ContributionRecord drove;
  drove.signal = signal.id;
  drove.time = signal.time;
  drove.instance = text("model");
  drove.output = core::Action::buy;
  drove.parts = {{2, -0.5}, {0, 0.25}, {core::ContributionRecord::rest, 0.125}, {core::ContributionRecord::bias, 1}};
  {
    auto store = SqlStore::open(s.options);
    REQUIRE(store.ok());
    (*store)->name_features("h", {"rsi_14", "range", "atr_14"});
    for (core::Record r : std::vector<core::Record>{signal, decision, cause, silent, frame, drove}) (*store)->put(std::move(r));
    (*store)->end_step(1);
    REQUIRE((*store)->close().ok());
  }
  const json why = parsed(s.reader()->explain_decision(signal.id.hex()));
  const json& gate = why["cost_gate"];
  CHECK(gate["on"] == true);
  CHECK(gate["fee"] == 0.024);
  CHECK(gate["half_spread"] == 0.0005);
  CHECK(gate["margin"] == 0.0005);
  CHECK(gate["cost"] == 0.025);
  CHECK(gate["expected_move"] == 0.013);
  CHECK(gate["headroom"].get<double>() == Approx(-0.012));
  REQUIRE(gate["calibration"].size() == 1);
  const json& c = gate["calibration"][0];
  CHECK(c["instance"] == "model");
  CHECK(c["model"] == "m-1");
  CHECK(c["weight"] == 2);
  double sum = 0;
  REQUIRE(c["classes"].size() == 3);
  for (const json& one : c["classes"]) sum += one["probability"].get<double>() * one["mean_return"].get<double>();
  CHECK(sum == Approx(c["expected_move"].get<double>()));
  CHECK(c["classes"][0] == json{{"class", "up"}, {"probability", 0.7}, {"mean_return", 0.02}});
  REQUIRE(why["contributions"].size() == 1);
  CHECK(why["contributions"][0]["instance"] == "model");
  CHECK(why["contributions"][0]["output"] == "up");
  const json parts{{{"name", "atr_14"}, {"value", 7.0}, {"contribution", -0.5}},
                   {{"name", "rsi_14"}, {"value", 5.0}, {"contribution", 0.25}},
                   {{"name", "(all others)"}, {"contribution", 0.125}},
                   {{"name", "(bias)"}, {"contribution", 1.0}}};
  CHECK(why["contributions"][0]["parts"] == parts);
}

TEST_CASE("reader: where no cost was reckoned there is no gate; a gate that is off is told as that") {
  Stored s;
  auto off = s.decision(2, s.m.btc);
  off.costs = core::DecisionRecord::Costs{0.024, 0.0005, 0.0005, false};
  s.write({s.decision(1, s.m.btc), off});
  const auto r = s.reader();
  CHECK(parsed(r->explain_decision(core::Id128{0, 1}.hex()))["cost_gate"].is_null());
  CHECK(parsed(r->explain_decision(core::Id128{0, 2}.hex()))["cost_gate"]["on"] == false);
}

TEST_CASE("reader: a target that lost is shown with its winner, and from its own side; what passed with the venue in order") {
  Stored s;
  const core::Id128 winner{0, 7}, loser{0, 8};
  auto order = s.order("bl-1", 7, "open");
  core::SizingRecord sized;
  sized.decision = winner;
  sized.seq = 3;
  sized.time = 30;
  sized.instrument = s.m.btc;
  sized.purpose = core::Purpose::rebalance;
  sized.code = text("ORDER");
  sized.order = order.id;
  sized.lost = {{loser, core::Purpose::entry, 0.05, 99, "OUTRANKED"}};
  core::SizingRecord alone = sized;  // the same decision a step later: nobody beside it
  alone.seq = 4;
  alone.order = {};
  alone.code = text("AT_TARGET");
  alone.lost.clear();
  const auto exchange = [&](std::string_view way, std::string what, std::uint64_t again) {
    core::ExchangeRecord e;
    e.order = order.id;
    e.way = way;
    e.what = std::move(what);
    e.again = again;
    return e;
  };
  s.write({order, sized, alone, s.decision(8, s.m.btc), exchange("sent", "submit", 0), exchange("told", "ACCEPTED", 0), exchange("sent", "query", 4)});
  const auto r = s.reader();
  const json why = parsed(r->explain_decision(winner.hex()));
  REQUIRE(why["sizing"].size() == 2);
  REQUIRE(why["sizing"][0]["lost"].size() == 1);
  const json lost_target{{"decision", loser.hex()}, {"purpose", "entry"}, {"weight", 0.05}, {"valid_until_ns", 99}, {"reason", "OUTRANKED"}};
  CHECK(why["sizing"][0]["lost"][0] == lost_target);
  CHECK(why["sizing"][1]["lost"].empty());
  for (const json& view : {why, parsed(r->explain_order("bl-1"))}) {
    REQUIRE(view["exchanges"].size() == 3);
    CHECK(view["exchanges"][0]["what"] == "submit");
    CHECK(view["exchanges"][1]["way"] == "told");
    CHECK(view["exchanges"][2]["again"] == 4);
    CHECK(view["lost_to"].empty());
  }
  const json lost = parsed(r->explain_decision(loser.hex()));
  CHECK(lost["orders"].empty());
  REQUIRE(lost["lost_to"].size() == 1);
  CHECK(lost["lost_to"][0]["decision_id"] == winner.hex());
  CHECK(lost["lost_to"][0]["purpose"] == "rebalance");
  CHECK(lost["lost_to"][0]["reason"] == "OUTRANKED");
}

TEST_CASE("reader: a store of an earlier version is explained as far as it goes") {
  Stored s;
  s.write({s.order("bl-1", 7, "filled"), s.decision(7, s.m.btc)});
  for (const auto& [file, tables] : {std::pair{s.options.prices, std::vector{"signal_causes", "contributions"}},
                                     std::pair{s.options.transactions, std::vector{"decision_costs", "order_netting", "venue_exchanges"}}}) {
    auto db = Database::open(file, Database::Access::write);
    REQUIRE(db.ok());
    for (const char* table : tables) REQUIRE(db->exec("DROP TABLE " + std::string(table)).ok());
  }
  const auto r = s.reader();
  const json why = parsed(r->explain_order("bl-1"));
  CHECK(why["order"]["id"] == "bl-1");
  CHECK(why["cost_gate"].is_null());
  for (const char* part : {"contributions", "lost_to", "exchanges"}) CHECK(why[part] == json::array());
}

TEST_CASE("reader: a store that cannot be read is not one that has nothing") {
  Stored s;
  s.write({s.order("o-1", 1, "open"), s.decision(1, s.m.btc)});
  const auto r = s.reader();
  auto db = Database::open(s.options.transactions, Database::Access::write);
  REQUIRE(db.ok());
  for (const char* table : {"fills", "rebalances", "decisions", "orders"})
    REQUIRE(db->exec("DROP TABLE " + std::string(table)).ok());
  CHECK(r->order("o-1").error().code == "STORE_OPEN");
  CHECK(r->explain_order("o-1").error().code == "STORE_OPEN");
  CHECK(r->explain_decision(core::Id128{0, 1}.hex()).error().code == "STORE_OPEN");
  CHECK(r->orders({}).error().code == "STORE_OPEN");
  CHECK(r->rebalances({}).error().code == "STORE_OPEN");
}

TEST_CASE("store: an order is one row, as it now stands") {
  Stored s;
  auto later = s.order("o-1", 1, "filled");
  later.cum_qty = "1.5"_dec;
  s.write({s.order("o-1", 1, "open"), later});
  const json all = parsed(s.reader()->orders(ask(0)));
  REQUIRE(all.size() == 1);
  CHECK(all[0]["state"] == "filled");
  CHECK(all[0]["filled_qty"] == "1.5");
}

TEST_CASE("dump: the order of writing and the core's numbering do not show") {
  Stored a, b;
  auto first = a.signal(1, a.m.btc), second = a.signal(2, a.m.bnb);
  a.write({first, second});
  first.seq = 17;
  b.write({second, first});
  for (const DumpFormat f : {DumpFormat::csv, DumpFormat::jsonl}) CHECK(a.dump_of("signals", f) == b.dump_of("signals", f));
}

TEST_CASE("dump: CSV quotes what must be quoted; JSONL is one object a line, absent numbers null") {
  Stored s;
  auto signal = s.signal(1, s.m.btc);
  signal.p_up = std::numeric_limits<double>::quiet_NaN();
  s.write({signal});
  const std::string csv = s.dump_of("signals", DumpFormat::csv), lines = s.dump_of("signals", DumpFormat::jsonl);
  CHECK(csv.find(",\"a, \"\"quoted\"\" one\",") != csv.npos);
  CHECK(std::count(lines.begin(), lines.end(), '\n') == 1);
  const json row = json::parse(lines);
  CHECK(row["source"] == "a, \"quoted\" one");
  CHECK(row["p_up"].is_null());
  CHECK_FALSE(row.contains("seq"));
  CHECK(dump(s.options.prices, s.options.transactions, "nothing", DumpFormat::csv, [](std::string_view) {}).error().code ==
        "STORE_DUMP");
}

TEST_CASE("store: a folder or a file that cannot be written is told as that") {
  Stored s;
  s.write({s.signal(1, s.m.btc)});
  namespace fs = std::filesystem;
  fs::permissions(s.dir.path(), fs::perms(0555));
  const auto as_somebody = [&] {
    return in_child([&] {
      if (::geteuid() == 0 && ::setuid(65534) != 0) return 2;
      auto opened = SqlStore::open(s.options);
      return !opened.ok() && opened.error().code == "STORE_READ_ONLY" ? 7 : 1;
    });
  };
  fs::permissions(s.dir / "t.db.host.lock", fs::perms(0444));
  CHECK(as_somebody() == 7);  // the lock
  fs::permissions(s.dir / "t.db.host.lock", fs::perms(0666));
  for (const char* f : {"p.db", "t.db"}) fs::permissions(s.dir / f, fs::perms(0444));
  CHECK(as_somebody() == 7);  // the files
  fs::permissions(s.dir.path(), fs::perms(0755));
}
