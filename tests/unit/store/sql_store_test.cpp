#include "store/sql_store.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <atomic>
#include <chrono>
#include <limits>
#include <thread>

#include "store/dump.hpp"
#include "store/query.hpp"
#include "store/reader.hpp"
#include "unit/core/market.hpp"
#include "unit/store/store_folder.hpp"

using namespace bowline;
using namespace bowline::store;
using namespace bowline::literals;

TEST_CASE("rule 4.3: every kind of record is stored, explained, and guarded by lock and stamp") {
  const auto dir = std::filesystem::temp_directory_path() / ("bowline_store_" + std::to_string(::getpid()));
  std::filesystem::remove_all(dir);
  std::filesystem::create_directories(dir);
  test::Market m;
  StoreOptions o{dir / "p.db", dir / "t.db", {"mock", "v", "default"}, {}, &m.table};
  auto s = SqlStore::open(o);
  if (!s) FAIL(s.error().message);
  const core::Id128 id{1, 2};
  core::CheckRecord check{test::text("floor"), 1, "", "1.5"_dec, "2"_dec, Decimal::not_set(), "fine"};
  auto put = [&](auto r) { (*s)->put(core::Record(std::move(r))); };
  core::CandleRecord candle;
  candle.instrument = m.btc;
  put(candle);
  core::FeatureRecord f;
  f.time = 5;
  f.instance = f.names_hash = test::text("h");
  f.instruments = {m.btc, m.bnb};
  f.quality = {0, 0};
  f.values = {1, 2, 3, 4};
  (*s)->name_features("h", {"ret", "vol"});
  put(f);
  core::SignalRecord sig;
  sig.id = id;
  sig.time = 5;
  sig.instrument = m.bnb;
  put(sig);
  put(core::OutcomeRecord{id, 6, core::Outcome::hit, 0.1});
  core::DecisionRecord d;
  d.id = id;
  d.time = 5;
  d.instrument = m.bnb;
  d.checks = {check};
  d.costs = core::DecisionRecord::Costs{0.024, 0.0005, 0.0005, true};
  put(d);
  core::SizingRecord z;
  z.decision = id;
  z.order = core::ClientOrderId("o-1");
  z.instrument = m.bnb;
  z.equity = "0.000000000000000001"_dec;
  z.checks = {check, check};
  z.lost = {{{3, 4}, core::Purpose::entry, 0.5, 9, "OUTRANKED"}};
  put(z);
  core::CauseRecord cause;
  cause.signal = id;
  cause.instance = cause.model = test::text("m");
  put(cause);
  core::ContributionRecord drove;
  drove.signal = id;
  drove.instance = test::text("m");
  drove.output = core::Action::buy;
  drove.parts = {{0, 1.5}, {core::ContributionRecord::bias, 0.5}};
  put(drove);
  core::ExchangeRecord sent;
  sent.order = z.order;
  sent.way = "sent";
  sent.what = "submit";
  put(sent);
  core::OrderRecord ord;
  ord.id = z.order;
  ord.decision = id;
  ord.instrument = m.bnb;
  ord.qty = "123456789.123456789012345678"_dec;
  put(ord);
  put(core::OrderEventRecord{z.order, 1, 5, "Acked", "Submitted", "Open", ""});
  core::FillRecord fill;
  fill.fill_id = "f";
  fill.order = z.order;
  fill.fee_asset = m.usd;
  put(fill);
  put(core::PortfolioRecord{});
  core::RebalanceRecord reb;
  reb.id = "r";
  reb.weights = {{m.btc, 0.5}};
  put(reb);
  put(core::EventRecord{1, 5, "x", "{}"});
  put(core::AuditRecord{});
  (*s)->end_step(5);
  if (auto r = (*s)->flush(); !r) FAIL(r.error().message);
  CHECK(SqlStore::open(o).error().code == "STORE_LOCKED");
  REQUIRE((*s)->close().ok());
  auto reader = Reader::open(o.prices, o.transactions);
  REQUIRE(reader.ok());
  const std::string why = *(*reader)->explain_order("o-1");
  CHECK(why.find("123456789.123456789012345678") != why.npos);
  CHECK(why.find("0.000000000000000001") != why.npos);
  CHECK(why.find(R"({"name":"vol","value":4.0})") != why.npos);
  for (const std::string& name : dump_names()) {
    int lines = 0;
    REQUIRE(dump(o.prices, o.transactions, name, DumpFormat::csv, [&](std::string_view) { ++lines; }).ok());
    CHECK(lines >= 2);
  }
  o.stamp.mode = "live";
  CHECK(SqlStore::open(o).error().code == "STORE_STAMP");
  std::filesystem::remove_all(dir);
}

TEST_CASE("rule 4.1: a store that is held writes nothing and keeps what it got; let go it writes all of it") {
  const auto dir = std::filesystem::temp_directory_path() / ("bowline_held_" + std::to_string(::getpid()));
  std::filesystem::remove_all(dir);
  std::filesystem::create_directories(dir);
  test::Market m;
  auto s = SqlStore::open({dir / "p.db", dir / "t.db", {"mock", "v", "default"}, {}, &m.table});
  if (!s) FAIL(s.error().message);
  const auto put = [&](core::Nanos t) {
    core::CandleRecord c;
    c.instrument = m.btc;
    c.open_ns = t;
    (*s)->put(core::Record(c));
    (*s)->end_step(t);
  };
  const auto stored = [&] {
    int lines = -1;  // the head
    REQUIRE(dump(dir / "p.db", dir / "t.db", "candles", DumpFormat::csv, [&](std::string_view) { ++lines; }).ok());
    return lines;
  };
  put(1);
  REQUIRE((*s)->flush().ok());
  (*s)->hold(true);
  put(2);
  CHECK((*s)->flush().error().code == "STORE_FULL");
  CHECK_FALSE((*s)->healthy());
  CHECK(stored() == 1);
  (*s)->hold(false);
  REQUIRE((*s)->flush().ok());
  CHECK((*s)->healthy());
  CHECK(stored() == 2);
  CHECK((*s)->dropped() == 0);
  s->reset();
  std::filesystem::remove_all(dir);
}

TEST_CASE("a full disk is told, keeps what was accepted, and flush does not call it written") {
  const auto dir = std::filesystem::temp_directory_path() / ("bowline_full_" + std::to_string(::getpid()));
  std::filesystem::remove_all(dir);
  std::filesystem::create_directories(dir);
  test::Market m;
  StoreOptions o{dir / "p.db", dir / "t.db", {"mock", "v", "default"}, {}, &m.table};
  o.max_pages = 30;  // of 16 KiB
  auto s = SqlStore::open(o);
  if (!s) FAIL(s.error().message);
  for (int i = 0; i < 20000; ++i) {
    core::CandleRecord c;
    c.instrument = m.btc;
    c.open_ns = i;
    (*s)->put(core::Record(c));
  }
  (*s)->end_step(1);
  for (int again = 0; again < 3; ++again) {
    const auto r = (*s)->flush();
    REQUIRE(!r.ok());
    CHECK(r.error().code == "STORE_FULL");
    CHECK(!(*s)->healthy());
  }
  CHECK((*s)->fault().code == "STORE_FULL");
  CHECK((*s)->dropped() == 0);
  s->reset();
  std::filesystem::remove_all(dir);
}

namespace {
struct Open {
  test::Market m;
  std::filesystem::path dir = std::filesystem::temp_directory_path() / ("bowline_taken_" + std::to_string(::getpid()));
  StoreOptions o{dir / "p.db", dir / "t.db", {"mock", "v", "default"}, {}, &m.table};
  std::unique_ptr<SqlStore> store;
  Open() {
    std::filesystem::remove_all(dir);
    std::filesystem::create_directories(dir);
    again();
  }
  ~Open() {
    store.reset();
    std::filesystem::remove_all(dir);
  }
  void again() {
    store.reset();
    auto s = SqlStore::open(o);
    if (!s) FAIL(s.error().message);
    store = std::move(*s);
  }
  Result<void> write(core::Record r) {
    store->put(std::move(r));
    store->end_step(1);
    return store->flush();
  }
  std::string text(const std::string& table) {
    std::string all;
    REQUIRE(dump(o.prices, o.transactions, table, DumpFormat::csv, [&](std::string_view line) { all.append(line).append("\n"); }).ok());
    return all;
  }
};

core::DecisionRecord decision_of(const test::Market& m) {
  core::DecisionRecord d;
  d.id = {1, 2};
  d.time = 5;
  d.seq = 7;
  d.instrument = m.btc;
  d.code = test::text("HOLD");
  d.target_weight = d.cost = std::numeric_limits<double>::quiet_NaN();
  d.checks = {{test::text("floor"), 1, "", "1.5"_dec, Decimal::not_set(), Decimal::not_set(), "fine"}};
  return d;
}
core::OrderRecord order_of(const test::Market& m) {
  core::OrderRecord o;
  o.id = core::ClientOrderId("o-1");
  o.decision = {1, 2};
  o.instrument = m.btc;
  o.decided_ns = 5;
  o.state = "open";
  return o;
}
}  // namespace

TEST_CASE("what was decided may be written again as it is, by a process that counts anew, and never as something else") {
  Open s;
  core::DecisionRecord d = decision_of(s.m);
  REQUIRE(s.write(d).ok());
  const std::string first = s.text("decisions"), checks = s.text("decision_checks");
  s.again();
  d.seq = 1;
  REQUIRE(s.write(d).ok());
  CHECK(s.text("decisions") == first);
  d.code = test::text("TARGET");
  CHECK(s.write(d).error().code == "STORE_ROW_TAKEN");
  CHECK(!s.store->healthy());
  CHECK(s.text("decisions") == first);
  s.again();
  d = decision_of(s.m);
  d.checks[0].action = 0;
  CHECK(s.write(d).error().code == "STORE_ROW_TAKEN");
  CHECK(s.text("decision_checks") == checks);
}

TEST_CASE("an order's row follows its state; another order with its id does not take its place") {
  Open s;
  core::OrderRecord o = order_of(s.m);
  REQUIRE(s.write(o).ok());
  o.state = "filled";
  o.cum_qty = "1"_dec;
  REQUIRE(s.write(o).ok());
  const std::string filled = s.text("orders");
  CHECK(filled.find("filled") != filled.npos);
  for (const int what : {0, 1, 2, 3}) {
    core::OrderRecord other = order_of(s.m);
    other.state = "denied";
    if (what == 0) other.decision = {3, 4};
    if (what == 1) other.instrument = s.m.bnb;
    if (what == 2) other.side = core::Side::sell;
    if (what == 3) other.decided_ns = 6;
    s.again();
    CHECK(s.write(other).error().code == "STORE_ROW_TAKEN");
    CHECK(s.text("orders") == filled);
  }
}

TEST_CASE("rule 4.2: what a record is written to belongs to one service alone") {
  const auto owner_of = [](const char* role, const auto& make) {
    Open s;
    REQUIRE(s.write(make(s.m)).ok());
    for (const char* other : {"signal-generator", "signal-bridge", "trade-execution", "portfolio-rebalancer"}) {
      INFO(role << " and " << other);
      CHECK(*s.store->used({other}) == (std::string_view(other) == role));
    }
  };
  owner_of("signal-generator", [](const test::Market& m) {
    core::CandleRecord r;
    r.instrument = m.btc;
    return r;
  });
  owner_of("signal-generator", [](const test::Market& m) {
    core::SignalRecord r;
    r.instrument = m.btc;
    r.source = test::text("cross");
    return r;
  });
  owner_of("signal-bridge", [](const test::Market& m) { return decision_of(m); });
  owner_of("portfolio-rebalancer", [](const test::Market&) {
    core::RebalanceRecord r;
    r.id = "r1";
    r.instance = test::text("plan");
    return r;
  });
  owner_of("trade-execution", [](const test::Market& m) { return order_of(m); });
  owner_of("trade-execution", [](const test::Market&) {
    core::OrderEventRecord r;
    r.order = core::ClientOrderId("bl-1");
    return r;
  });
  owner_of("trade-execution", [](const test::Market& m) {
    core::FillRecord r;
    r.fill_id = "f1";
    r.instrument = m.btc;
    r.fee_asset = m.usd;
    return r;
  });
  owner_of("trade-execution", [](const test::Market&) { return core::PortfolioRecord{}; });
  owner_of("trade-execution", [](const test::Market&) { return core::EventRecord{}; });
  owner_of("trade-execution", [](const test::Market&) { return core::AuditRecord{}; });
}

TEST_CASE("rule 4.2: a store says whether an earlier run left rows in the tables of a role") {
  Open s;
  const auto used = [&](std::vector<std::string> roles) { return *s.store->used(roles); };
  CHECK_FALSE(used({}));
  REQUIRE(s.write(order_of(s.m)).ok());
  s.again();
  CHECK(used({}));
  CHECK(used({"signal-bridge", "trade-execution"}));
  CHECK_FALSE(used({"signal-generator"}));
  CHECK_FALSE(used({"signal-bridge"}));
  core::CandleRecord c;
  c.instrument = s.m.btc;
  REQUIRE(s.write(c).ok());
  CHECK(used({"signal-generator"}));
  REQUIRE(s.write(decision_of(s.m)).ok());
  CHECK(used({"signal-bridge"}));
  CHECK_FALSE(used({"portfolio-rebalancer"}));
}

TEST_CASE("candles and signals are written at the exercise's pace", "[.pace]") {
  const auto dir = std::filesystem::temp_directory_path() / ("bowline_pace_" + std::to_string(::getpid()));
  std::filesystem::remove_all(dir);
  std::filesystem::create_directories(dir);
  test::Market m;
  StoreOptions o{dir / "p.db", dir / "t.db", {"mock", "v", "default"}, {}, &m.table};
  auto s = SqlStore::open(o);
  REQUIRE(s.ok());
  const auto name = test::text("combined");
  const auto begin = std::chrono::steady_clock::now();
  constexpr int bars = 100000;
  for (int i = 0; i < bars; ++i) {
    core::CandleRecord c;
    c.instrument = m.btc;
    c.open_ns = i;
    (*s)->put(core::Record(c));
    core::SignalRecord g;
    core::DecisionRecord d;
    g.id = d.id = {static_cast<std::uint64_t>(i) * 0x9e3779b97f4a7c15u, 1};
    g.instrument = d.instrument = m.btc;
    g.source = g.model = d.code = name;
    (*s)->put(core::Record(g));
    (*s)->put(core::Record(std::move(d)));
    (*s)->end_step(i);
  }
  REQUIRE((*s)->flush().ok());
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  WARN(bars / seconds << " bars/s");
  s->reset();
  std::filesystem::remove_all(dir);
}

TEST_CASE("the audit trail from a time on is read as it was written") {
  const test::StoreFolder folder;
  test::Market m;
  const StoreOptions o{folder / "p.db", folder / "t.db", {"mock", "v", "default"}, {}, &m.table};
  {
    auto s = SqlStore::open(o);
    if (!s) FAIL(s.error().message);
    for (const core::Nanos at : {5, 6, 7}) (*s)->put(core::AuditRecord{static_cast<std::uint64_t>(at), at * 1'000'000'000'000'000'000, "me", "lock", "BTC-USD", "why", "r" + std::to_string(at)});
    (*s)->end_step(7);
    REQUIRE((*s)->close().ok());
  }
  auto s = SqlStore::open(o);
  if (!s) FAIL(s.error().message);
  const auto trail = (*s)->audit_from(6'000'000'000'000'000'000);
  if (!trail) FAIL(trail.error().message);
  REQUIRE(trail->size() == 2);
  const core::AuditRecord& first = trail->front();
  CHECK(first.seq == 6);
  CHECK(first.time == 6'000'000'000'000'000'000);
  CHECK(first.principal + first.action + first.subject + first.reason + first.request_id == "melockBTC-USDwhyr6");
  CHECK(trail->back().request_id == "r7");
  REQUIRE((*s)->close().ok());
}

TEST_CASE("incidents and the audit are the same text for the same run: no sequence numbers, no request ids") {
  const auto dump_of = [](std::uint64_t seq, const std::string& request) {
    const test::StoreFolder folder;
    test::Market m;
    const StoreOptions o{folder / "p.db", folder / "t.db", {"mock", "v", "default"}, {}, &m.table};
    auto s = SqlStore::open(o);
    if (!s) FAIL(s.error().message);
    for (const char* code : {"B", "A"})
      (*s)->put(core::EventRecord{++seq, 5, "incident", "{\"code\":\"" + std::string(code) + "\"}"});
    (*s)->put(core::AuditRecord{++seq, 6, "me", "trading_state", "HALTED", "a \"drill\", no more", request});
    (*s)->end_step(6);
    REQUIRE((*s)->close().ok());
    std::string text;
    for (const char* table : {"core_events", "audit"})
      REQUIRE(dump(o.prices, o.transactions, table, DumpFormat::csv,
                   [&](std::string_view line) { text += line; }).ok());
    return text;
  };
  const std::string one = dump_of(1, "0123456789abcdef"), two = dump_of(70, "fedcba9876543210");
  CHECK(one == two);
  CHECK(one ==
        "time_ns,type,payload\n5,incident,\"{\"\"code\"\":\"\"A\"\"}\"\n5,incident,\"{\"\"code\"\":\"\"B\"\"}\"\n"
        "time_ns,principal,action,subject,reason\n6,me,trading_state,HALTED,\"a \"\"drill\"\", no more\"\n");
}

TEST_CASE("an outage is told at its beginning and its end, counted, and what the backlog could not hold is lost and said so") {
  const test::StoreFolder folder;
  test::Market m;
  StoreOptions o{folder / "p.db", folder / "t.db", {"mock", "v", "default"}, {}, &m.table};
  o.queue_records = 10;
  std::atomic<int> failing{0}, healed{0};
  o.on_failing = [&](const Error& why) { failing += why.code == "STORE_LOCKED" ? 1 : 100; };
  o.on_healed = [&] { ++healed; };
  auto opened = SqlStore::open(o);
  if (!opened) FAIL(opened.error().message);
  SqlStore& s = **opened;
  const auto put = [&](int steps) {
    for (int i = 0; i < steps; ++i) {
      s.put(core::EventRecord{1, i, "x", "{}"});
      s.end_step(i);
    }
  };
  put(1);
  REQUIRE(s.flush().ok());
  CHECK(s.written(11) == 1);
  CHECK(std::string(record_tables[11]) == "core_events");
  {
    auto other = Database::open(folder / "t.db", Database::Access::write);
    REQUIRE(other.ok());
    REQUIRE(other->exec("BEGIN IMMEDIATE").ok());
    put(1);
    for (int i = 0; i < 1000 && s.healthy(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    REQUIRE_FALSE(s.healthy());
    CHECK(s.outages() == 1);
    CHECK(s.failed_writes() >= 1);
    put(200);
    CHECK(s.dropped() == 40);  // 16 queues of 10 are kept
    CHECK(s.queued() == 160);
    REQUIRE(other->exec("ROLLBACK").ok());
  }
  REQUIRE(s.flush().ok());
  CHECK(s.outages() == 1);
  CHECK(failing == 1);
  CHECK(healed == 1);
  CHECK(s.written(11) == 162);
  CHECK(s.dropped() == 40);  // and stay lost
}

TEST_CASE("what still could not be written at the end is counted as lost") {
  const test::StoreFolder folder;
  test::Market m;
  StoreOptions o{folder / "p.db", folder / "t.db", {"mock", "v", "default"}, {}, &m.table};
  auto opened = SqlStore::open(o);
  if (!opened) FAIL(opened.error().message);
  SqlStore& s = **opened;
  auto other = Database::open(folder / "t.db", Database::Access::write);
  REQUIRE(other.ok());
  REQUIRE(other->exec("BEGIN IMMEDIATE").ok());
  for (int i = 0; i < 7; ++i) {
    s.put(core::EventRecord{1, i, "x", "{}"});
    s.end_step(i);
  }
  CHECK_FALSE(s.close().ok());
  CHECK(s.dropped() == 7);
  CHECK(s.written(11) == 0);
}
