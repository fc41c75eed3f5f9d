#include "store/sql_store.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>

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
