#include "store/sql_store.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>

#include "store/dump.hpp"
#include "store/reader.hpp"
#include "unit/core/market.hpp"

using namespace bowline;
using namespace bowline::store;
using namespace bowline::literals;

TEST_CASE("every kind of record is stored, explained, and guarded by lock and stamp") {
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
  put(d);
  core::SizingRecord z;
  z.decision = id;
  z.order = core::ClientOrderId("o-1");
  z.instrument = m.bnb;
  z.equity = "0.000000000000000001"_dec;
  z.checks = {check, check};
  put(z);
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
