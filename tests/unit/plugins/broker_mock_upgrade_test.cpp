// The state file's second schema: what it keeps of amendments, faults and external acts, and how a file of
// the first becomes one of the second.
#include <catch2/catch.hpp>

#include <sqlite3.h>

#include "desk_fixture.hpp"
#include "temp_files.hpp"

using namespace plugin_tests;
using Words = std::vector<std::string>;

namespace {

/// The file as version 1 of the plugin made it, with a filled, an open and a rejected order.
constexpr const char* version_1 = R"sql(
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID, STRICT;
CREATE TABLE orders(
  order_no INTEGER PRIMARY KEY,
  client_id TEXT NOT NULL UNIQUE,
  venue_id TEXT NOT NULL UNIQUE,
  symbol TEXT NOT NULL,
  side TEXT NOT NULL CHECK(side IN ('BUY','SELL')),
  type TEXT NOT NULL CHECK(type IN ('MARKET','LIMIT','STOP_LIMIT')),
  tif TEXT NOT NULL CHECK(tif IN ('GTC','GTD','IOC')),
  post_only INTEGER NOT NULL, trigger_up INTEGER NOT NULL,
  qty TEXT, quote_qty TEXT, limit_px TEXT, stop_px TEXT,
  expire_ns INTEGER NOT NULL,
  submitted_ns INTEGER NOT NULL, accepted_ns INTEGER NOT NULL, updated_ns INTEGER NOT NULL,
  state TEXT NOT NULL CHECK(state IN ('OPEN','FILLED','CANCELLED','REJECTED','EXPIRED')),
  reason TEXT NOT NULL,
  rested INTEGER NOT NULL, triggered INTEGER NOT NULL,
  cum_qty TEXT NOT NULL, cum_quote TEXT NOT NULL, cum_fee TEXT NOT NULL,
  hold_asset TEXT NOT NULL, hold TEXT NOT NULL, fills INTEGER NOT NULL) STRICT;
CREATE TABLE fills(
  fill_no INTEGER PRIMARY KEY,
  fill_id TEXT NOT NULL UNIQUE,
  order_no INTEGER NOT NULL REFERENCES orders(order_no),
  client_id TEXT NOT NULL,
  px TEXT NOT NULL, qty TEXT NOT NULL, quote TEXT NOT NULL,
  fee TEXT NOT NULL, fee_asset TEXT NOT NULL,
  liquidity TEXT NOT NULL CHECK(liquidity IN ('MAKER','TAKER')),
  ts_ns INTEGER NOT NULL) STRICT;
CREATE TABLE balances(asset TEXT PRIMARY KEY, total TEXT NOT NULL, hold TEXT NOT NULL) WITHOUT ROWID, STRICT;
INSERT INTO meta VALUES('schema','1');
INSERT INTO orders VALUES(1,'a','mock-1','BTC-USD','BUY','LIMIT','GTC',0,0,'1',NULL,'99',NULL,0,
  1000,1000,2000,'FILLED','',1,0,'1','99','0.594','USD','0',1);
INSERT INTO orders VALUES(2,'g','mock-2','BTC-USD','BUY','LIMIT','GTD',1,0,'2',NULL,'90',NULL,9000000000000000000,
  1500,1500,2000,'OPEN','',1,0,'0','0','0','USD','182.16',0);
INSERT INTO orders VALUES(3,'bad','mock-3','BTC-USD','SELL','STOP_LIMIT','GTC',0,0,'1',NULL,'0','5',0,
  1600,1600,1600,'REJECTED','INVALID_PRICE',0,0,'0','0','0','BTC','0',0);
INSERT INTO fills VALUES(1,'mock-1-1',1,'a','99','1','99','0.594','USD','MAKER',2000);
INSERT INTO balances VALUES('USD','9900.406','182.16'),('BTC','1','0');
PRAGMA application_id=0x424C4D56;
PRAGMA user_version=1;
)sql";

struct Db {
  sqlite3* db = nullptr;
  explicit Db(const std::string& path) { REQUIRE(sqlite3_open(path.c_str(), &db) == SQLITE_OK); }
  ~Db() { sqlite3_close(db); }
  Db(const Db&) = delete;
  Db& operator=(const Db&) = delete;
  void run(const std::string& sql) {
    char* why = nullptr;
    sqlite3_exec(db, sql.c_str(), nullptr, nullptr, &why);
    const std::string text = why ? why : "";
    sqlite3_free(why);
    REQUIRE(text.empty());
  }
  /// All rows, columns joined with '|', rows with a space.
  std::string rows(const std::string& sql) {
    std::string out;
    const auto each = [](void* to, int n, char** values, char**) {
      auto& text = *static_cast<std::string*>(to);
      if (!text.empty()) text += ' ';
      for (int i = 0; i < n; ++i) text += (i ? "|" : "") + std::string(values[i] ? values[i] : "-");
      return 0;
    };
    REQUIRE(sqlite3_exec(db, sql.c_str(), each, &out, nullptr) == SQLITE_OK);
    return out;
  }
};

std::unique_ptr<DeskBench> bench_on(const std::string& path) {
  auto b = std::make_unique<DeskBench>();
  b->options.memory = false;
  b->options.file = path;
  return b;
}

}  // namespace

TEST_CASE("a file of schema 1 is opened as one of schema 2, with every row, and the account goes on") {
  TempDir dir;
  const std::string path = dir.at("venue.db");
  Db(path).run(version_1);
  {
    auto b = bench_on(path);
    b->open();
    const Venue& v = b->desk->venue();
    REQUIRE(v.orders() == 3);
    CHECK(b->order("a").state == State::filled);
    CHECK(b->order("bad").reason == Reason::invalid_price);
    const Order& g = b->order("g");
    CHECK(g.effective_ns == 1'500);
    CHECK(g.place == 2);
    CHECK(g.told);
    CHECK(g.amends == 0);
    CHECK(text(v.ledger().of(1).hold) == "182.16");
    CHECK(v.fill(1).fate == Fate::prompt);
    CHECK(v.fill(1).told_ns == 2'000);
    // What schema 1 could not hold.
    bl_intent i = b->limit("bracket", BL_SELL, "1", "110");
    i.type = BL_BRACKET;
    i.stop_px = A("90");
    REQUIRE(b->send(i).empty());
    bl_intent g2 = b->limit("g", BL_BUY, "2", "91");
    g2.tif = BL_GTD;
    g2.expire_ns = 9'000'000'000'000'000'000;
    g2.flags = BL_POST_ONLY;
    b->flat_bar();
    REQUIRE(b->amend("g", g2).empty());
    CHECK(text(*b->order("g").spec.limit_px) == "91");
    CHECK(b->failures.empty());
  }
  Db db(path);
  CHECK(db.rows("PRAGMA user_version") == "2");
  CHECK(db.rows("PRAGMA application_id") == "1112296790");
  CHECK(db.rows("SELECT value FROM meta WHERE key='schema'") == "2");
  CHECK(db.rows("SELECT client_id, type, limit_px, asked_limit_px, place, amends FROM orders") ==
        "a|LIMIT|99|-|1|0 g|LIMIT|91|90|5|1 bad|STOP_LIMIT|0|-|3|0 bracket|BRACKET|110|-|4|0");
  CHECK(db.rows("SELECT amend_no, order_no, qty, limit_px, kept_place FROM amends") == "1|2|2|91|0");
  CHECK(db.rows("SELECT count(*) FROM sqlite_master WHERE name LIKE '%old%'") == "0");
  CHECK(db.rows("PRAGMA foreign_key_check").empty());
  CHECK(db.rows("PRAGMA integrity_check") == "ok");
}

TEST_CASE("an upgraded file has the very schema of a new one") {
  TempDir dir;
  Db(dir.at("old.db")).run(version_1);
  bench_on(dir.at("old.db"))->open();
  bench_on(dir.at("new.db"))->open();
  const std::string schema = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name";
  CHECK(Db(dir.at("old.db")).rows(schema) == Db(dir.at("new.db")).rows(schema));
}

TEST_CASE("an upgrade that cannot be done leaves the file as it is, and says so") {
  TempDir dir;
  const std::string path = dir.at("venue.db");
  Db(path).run(version_1);
  Db(path).run("ALTER TABLE fills DROP COLUMN ts_ns");
  auto b = bench_on(path);
  for (int i = 0; i < 2; ++i) {
    const auto r = b->try_open();
    REQUIRE_FALSE(r.ok());
    CHECK(r.error().code == "STATE_CORRUPT");
    CHECK(r.error().message.find(path) != std::string::npos);
  }
  b.reset();
  Db db(path);
  CHECK(db.rows("PRAGMA user_version") == "1");
  CHECK(db.rows("SELECT group_concat(name) FROM (SELECT name FROM sqlite_master WHERE type='table' ORDER BY "
                "name)") == "balances,fills,meta,orders");
  CHECK(db.rows("SELECT count(*) FROM orders") == "3");
}

TEST_CASE(
    "a restarted venue has its amendments: terms, place, what was first asked, and their numbers go on") {
  TempDir dir;
  auto b = bench_on(dir.at("venue.db"));
  b->open();
  REQUIRE(b->send(b->limit("a", BL_BUY, "1", "99")).empty());
  REQUIRE(b->send(b->limit("b", BL_BUY, "1", "99")).empty());
  REQUIRE(b->amend("a", b->limit("a", BL_BUY, "2", "99")).empty());
  b->open();
  CHECK(b->order("a").amends == 1);
  REQUIRE(b->send(b->limit("a", BL_BUY, "1", "99")).empty());  // as first submitted: still the same order
  CHECK(b->send(b->limit("a", BL_BUY, "2", "99")) == "CLIENT_ID_REUSED");
  REQUIRE(b->amend("b", b->limit("b", BL_BUY, "0.9", "99")).empty());
  b->said.clear();
  b->bar(10'000, 10'000, 9'800, 10'000, 9);  // cap 0.9: b is first now, and has shrunk
  CHECK(b->orders_said() == Words{"fill mock-2-1", "done b filled"});
  b.reset();
  CHECK(Db(dir.at("venue.db")).rows("SELECT amend_no, order_no, qty, kept_place FROM amends") ==
        "1|1|2|0 2|2|0.9|1");
}

TEST_CASE(
    "an order whose answer was lost is in the file before anything is said, one that never arrived is not") {
  for (const double lost : {0.0, 1.0}) {
    TempDir dir;
    auto b = bench_on(dir.at("venue.db"));
    b->faults().timeout_probability = 1;
    b->faults().timeout_lost_share = lost;
    b->open();
    REQUIRE(b->send(b->limit("a", BL_BUY, "1", "99")).empty());
    CHECK(b->orders_said() == Words{"unknown a"});
    b->faults() = {};
    b->open();
    REQUIRE(b->ask(1, "a").empty());
    CHECK(b->words() == Words{lost == 0 ? "snapshot a open" : "absent a"});
  }
}

TEST_CASE(
    "late fills that were not told are told by the next run, those that were are not; lost ones never") {
  TempDir dir;
  auto b = bench_on(dir.at("venue.db"));
  b->faults().late_fill_probability = 1;
  b->faults().late_fill_delay_ns = 7 * minute;
  b->open();
  REQUIRE(b->send(b->limit("a", BL_BUY, "1", "99")).empty());
  b->bar(10'000, 10'000, 9'800, 9'900);
  b->until(b->now + 7 * minute);  // told
  REQUIRE(b->send(b->limit("b", BL_BUY, "1", "99")).empty());
  b->bar(10'000, 10'000, 9'800, 9'900);
  const std::int64_t end = b->now;
  b->faults() = {};
  b->faults().late_fill_delay_ns = 7 * minute;
  b->said.clear();
  b->open();
  b->until(end + 7 * minute - 1);
  CHECK(b->said.empty());
  b->until(end + 7 * minute);
  CHECK(b->words() == Words{"fill mock-2-1"});
  b->said.clear();
  b->open();
  b->until(end + 100 * bar_ns);
  CHECK(b->said.empty());
  b.reset();
  CHECK(Db(dir.at("venue.db")).rows("SELECT fate, told_ns - ts_ns FROM fills") ==
        "LATE|420000000000 LATE|420000000000");
}

TEST_CASE("a disconnect goes on behind a restart, until its end") {
  TempDir dir;
  auto b = bench_on(dir.at("venue.db"));
  b->faults().disconnect_probability = 1;
  b->faults().disconnect_duration_ns = 7 * minute;
  b->open();
  b->flat_bar();
  const std::int64_t down = b->now;
  b->said.clear();
  b->faults() = {};
  b->until(down + minute);
  b->open();
  CHECK(b->send(b->limit("a", BL_BUY, "1", "99")) == "LINK_DOWN");
  b->settle();
  CHECK(b->words() == Words{"down"});
  b->until(down + 7 * minute);
  CHECK(b->words() == Words{"down", "up"});
  CHECK(b->send(b->limit("a", BL_BUY, "1", "99")).empty());
  b->said.clear();
  b->open();  // it is over: nothing is said of it
  b->settle();
  CHECK(b->said.empty());
  CHECK(b->wakes == 0);
}

TEST_CASE("what is told of a fill is in the file: at once, twice, in an outage not at all") {
  TempDir dir;
  auto b = bench_on(dir.at("venue.db"));
  b->faults().duplicate_fill_probability = 1;
  b->open();
  REQUIRE(b->send(b->limit("a", BL_BUY, "1", "99")).empty());
  b->bar(10'000, 10'000, 9'800, 9'900);
  b->faults() = {};
  b->faults().disconnect_probability = 1;
  b->faults().disconnect_duration_ns = minute;
  b->open();
  REQUIRE(b->send(b->limit("b", BL_BUY, "1", "99")).empty());
  b->bar(10'000, 10'000, 9'800, 9'900);
  b->faults() = {};
  b->open();
  REQUIRE(b->send(b->limit("c", BL_BUY, "1", "99")) == "LINK_DOWN");
  b->until(b->now + minute);
  REQUIRE(b->send(b->limit("c", BL_BUY, "1", "99")).empty());
  b->bar(10'000, 10'000, 9'800, 9'900);
  b.reset();
  CHECK(Db(dir.at("venue.db")).rows("SELECT client_id, fate, told_ns - ts_ns FROM fills") ==
        "a|TWICE|0 b|PROMPT|- c|PROMPT|0");
}

TEST_CASE("external acts are in the file, with what they moved and why not") {
  TempDir dir;
  auto b = bench_on(dir.at("venue.db"));
  ScriptLine in, out, order;
  in.act.what = ExternalAct::What::deposit;
  in.act.qty = D("5");
  in.asset = "USD";
  in.act.script = "in";
  out = in;
  out.act.what = ExternalAct::What::withdrawal;
  out.act.script = "out";
  ScriptLine much = out;
  much.act.qty = D("99999");
  much.act.script = "much";
  order.act.qty = D("1");
  order.act.px = D("50");
  order.product = "BTC-USD";
  order.act.script = "order";
  order.act.told = false;
  b->options.script = {in, out, much, order};
  for (ScriptLine& l : b->options.script) l.act.at_ns = b->now;
  b->open();
  b->settle();
  b.reset();
  Db db(dir.at("venue.db"));
  CHECK(db.rows("SELECT act_no, script, what, order_no, asset, amount, reason FROM external_acts") ==
        "1|in|DEPOSIT|-|USD|5| 2|out|WITHDRAWAL|-|USD|-5| 3|much|WITHDRAWAL|-|USD|-|INSUFFICIENT_FUND "
        "4|order|ORDER|1|-|-|");
  CHECK(db.rows("SELECT client_id, venue_id, told FROM orders") == "-|mock-1|0");
}
