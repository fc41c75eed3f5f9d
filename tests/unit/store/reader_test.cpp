// What a store tells about a run, and that it tells the same about the same run.
#include "store/reader.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "store/dump.hpp"
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

}  // namespace

TEST_CASE("reader: lists begin at a time, keep to a symbol or a state, and end at the limit") {
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
  CHECK(parsed(r->signals(0, "", 10)).size() == 4);
  CHECK(parsed(r->signals(20, "", 10)).size() == 3);
  CHECK(parsed(r->signals(0, "BNB-USD", 10)).size() == 2);
  CHECK(parsed(r->signals(0, "", 1))[0]["time_ns"] == 10);
  CHECK(parsed(r->decisions(0, "BTC-USD", 10)).size() == 2);
  CHECK(parsed(r->decisions(31, "BTC-USD", 10)).empty());
  CHECK(parsed(r->orders(0, "open", 10)).size() == 3);
  CHECK(parsed(r->orders(0, "filled", 10))[0]["id"] == "o-2");
  CHECK(parsed(r->portfolio_history(30, 10)).size() == 2);
  CHECK(parsed(r->portfolio_history(0, 10))[0]["equity"] == "10000.5");
  const json plans = parsed(r->rebalances(2));
  REQUIRE(plans.size() == 2);
  CHECK(plans[0]["id"] == "r3");
  CHECK(plans[1]["weights"][0] == json{{"symbol", "BNB-USD"}, {"weight", 0.5}});
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

TEST_CASE("store: an order is one row, as it now stands") {
  Stored s;
  auto later = s.order("o-1", 1, "filled");
  later.cum_qty = "1.5"_dec;
  s.write({s.order("o-1", 1, "open"), later});
  const json all = parsed(s.reader()->orders(0, "", 10));
  REQUIRE(all.size() == 1);
  CHECK(all[0]["state"] == "filled");
  CHECK(all[0]["cum_qty"] == "1.5");
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
