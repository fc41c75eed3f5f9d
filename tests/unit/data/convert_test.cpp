// Between files and stores: exact, all or nothing, nothing replaced unasked.
#include <catch2/catch.hpp>

#include "data/candle_file.hpp"
#include "data/check.hpp"
#include "data/codes.hpp"
#include "data/convert.hpp"
#include "data/inventory.hpp"
#include "data/price_store.hpp"
#include "scratch.hpp"
#include "store/query.hpp"

using namespace data_test;
using namespace bowline::data;

namespace {
Result<ConvertDone> go(const fs::path& from, const fs::path& to, std::int64_t to_step = 0, bool force = false, const std::string& product = {}) {
  ConvertAsk a;
  a.from = from;
  a.to = to;
  a.to_step = to_step;
  a.force = force;
  a.product = product;
  return convert(a);
}
}  // namespace

TEST_CASE("csv, csv.gz and store hold the same, around and back") {
  Scratch dir;
  Candles all = candles(t0, t0 + 300 * 1000, 300);
  all[5].volume = Decimal::parse("0.000000000000000001").value();
  all[6].volume = Decimal::parse("123456789012345678000").value();
  all.erase(all.begin() + 100, all.begin() + 110);
  REQUIRE(write_candles(dir / "BTC-USD_5m.csv", all, Replace::no));
  const auto packed = go(dir / "BTC-USD_5m.csv", dir / "BTC-USD_5m.csv.gz");
  REQUIRE(packed);
  CHECK(packed->written == 990);
  CHECK(packed->gaps == std::vector<Range>{{t0 + 30'000, t0 + 33'000}});
  const auto stored = go(dir / "BTC-USD_5m.csv.gz", dir / "state");
  REQUIRE(stored);
  CHECK(stored->product == "BTC-USD");
  REQUIRE(go(dir / "state", dir / "back_5m.csv"));
  CHECK(bytes_of(dir / "back_5m.csv") == bytes_of(dir / "BTC-USD_5m.csv"));
  const auto held = holdings(dir / "state");
  REQUIRE(held);
  REQUIRE(held->size() == 1);
  CHECK(held->front().store);
  CHECK(held->front().candles == 990);
  CHECK(held->front().missing == 10);
  const auto read = (*PriceStore::open(dir / "state", PriceStore::Access::read))->read("BTC-USD", 300, {0, INT64_MAX});
  CheckOptions o;
  o.step = 300;
  o.allow_gaps = 10;
  CHECK(check_series(*read, o).good());
}

TEST_CASE("nothing is replaced unasked") {
  Scratch dir;
  REQUIRE(write_candles(dir / "a_5m.csv", candles(t0, t0 + 3000, 300), Replace::no));
  REQUIRE(go(dir / "a_5m.csv", dir / "b_5m.csv"));
  CHECK(go(dir / "a_5m.csv", dir / "b_5m.csv").error().code == "DATA_FILE_EXISTS");
  CHECK(go(dir / "a_5m.csv", dir / "b_5m.csv", 0, true));
  REQUIRE(go(dir / "a_5m.csv", dir / "state", 0, false, "A-USD"));
  const auto same = go(dir / "a_5m.csv", dir / "state", 0, false, "A-USD");
  REQUIRE(same);
  CHECK(same->same == 10);
  Candles other = candles(t0 - 3000, t0 + 6000, 300);  // what is new in front of the conflict must not stay either
  other[13].volume = Decimal::from_int(3);
  REQUIRE(write_candles(dir / "c_5m.csv", other, Replace::no));
  CHECK(go(dir / "c_5m.csv", dir / "state", 0, false, "A-USD").error().code == "DATA_STORE_CONFLICT");
  const auto count = [&] { return (*PriceStore::open(dir / "state", PriceStore::Access::read))->read("A-USD", 300, {0, INT64_MAX}).value(); };
  CHECK(count() == candles(t0, t0 + 3000, 300));  // all or nothing
  const auto forced = go(dir / "c_5m.csv", dir / "state", 0, true, "A-USD");
  REQUIRE(forced);
  CHECK(forced->replaced == 1);
  CHECK(forced->same == 9);
  CHECK(count() == other);
}

TEST_CASE("a store of several series asks which") {
  Scratch dir;
  REQUIRE(write_candles(dir / "A-USD_5m.csv", candles(t0, t0 + 3600, 300), Replace::no));
  REQUIRE(go(dir / "A-USD_5m.csv", dir / "state"));
  REQUIRE(go(dir / "A-USD_5m.csv", dir / "state", 900));
  const auto which = go(dir / "state", dir / "out_5m.csv");
  REQUIRE_FALSE(which);
  CHECK(which.error().code == "DATA_STORE_ABSENT");
  CHECK(which.error().message.find("A-USD 5m, A-USD 15m") != std::string::npos);
  CHECK_FALSE(fs::exists(dir / "out_5m.csv"));
  CHECK(go(dir / "state", dir / "out_5m.csv", 0, false, "B-USD").error().code == "DATA_STORE_ABSENT");
  CHECK(go(dir / "none", dir / "out_5m.csv").error().code == "DATA_STORE_ABSENT");
}

TEST_CASE("longer candles on the way, and only between two times") {
  Scratch dir;
  Candles all = candles(t0, t0 + 7200, 60);
  all.erase(all.begin() + 70);
  REQUIRE(write_candles(dir / "A-USD_1m.csv.gz", all, Replace::no));
  const auto done = go(dir / "A-USD_1m.csv.gz", dir / "A-USD_5m.csv.gz", 300);
  REQUIRE(done);
  CHECK(done->read == 119);
  CHECK(done->written == 23);
  CHECK(done->gaps == std::vector<Range>{{t0 + 4200, t0 + 4500}});
  CHECK(read_candles(dir / "A-USD_5m.csv.gz")->candles == resample(all, 60, 300)->candles);
  ConvertAsk a;
  a.from = dir / "A-USD_1m.csv.gz";
  a.to = dir / "part.csv";
  a.range = {t0 + 600, t0 + 1200};
  CHECK(convert(a)->written == 10);
  a.to = dir / "none.csv";
  a.range = {t0 + 100'000, t0 + 200'000};
  CHECK(convert(a).error().code == "DATA_RANGE_INVALID");
  CHECK_FALSE(fs::exists(dir / "none.csv"));
}

TEST_CASE("a bad row ends it, and there is no target") {
  Scratch dir;
  put(dir / "a_5m.csv", std::string(csv_header) + "\n1704067200,1,2,1,1,1\n1704067500,1,2,1,1,x\n");
  const auto bad = go(dir / "a_5m.csv", dir / "b_5m.csv.gz");
  REQUIRE_FALSE(bad);
  CHECK(bad.error().code == code::row_not_a_number);
  CHECK(bad.error().message.find("a_5m.csv:3:") != std::string::npos);
  CHECK_FALSE(fs::exists(dir / "b_5m.csv.gz"));
  CHECK_FALSE(go(dir / "a_5m.csv", dir / "state"));
  CHECK_FALSE(fs::exists(dir / "state"));
}

TEST_CASE("what a run wrote to its store stays as it wrote it") {
  Scratch dir;
  REQUIRE(write_candles(dir / "A-USD_5m.csv", candles(t0, t0 + 600, 300), Replace::no));
  REQUIRE(go(dir / "A-USD_5m.csv", dir / "state"));
  {
    auto db = store::Database::open(dir / "state/crypto_prices.db", store::Database::Access::write);
    REQUIRE(db->exec("UPDATE candles SET acted_on=1, seq=9"));
  }
  REQUIRE(go(dir / "A-USD_5m.csv", dir / "state"));
  auto db = store::Database::open(dir / "state/crypto_prices.db", store::Database::Access::read);
  store::Query q(*db, "SELECT count(*) FROM candles WHERE acted_on=1 AND seq=9");
  REQUIRE(q.next());
  CHECK(q.integer(0) == 2);
}

TEST_CASE("a store that was changed by hand is told, not believed") {
  Scratch dir;
  REQUIRE(write_candles(dir / "A-USD_5m.csv", candles(t0, t0 + 600, 300), Replace::no));
  REQUIRE(go(dir / "A-USD_5m.csv", dir / "state"));
  {
    auto db = store::Database::open(dir / "state/crypto_prices.db", store::Database::Access::write);
    REQUIRE(db->exec("UPDATE candles SET px_exp=-300"));
  }
  CHECK(go(dir / "state", dir / "out_5m.csv").error().code == code::row_out_of_range);
  put(dir / "torn.db", "SQLite format 3, or not");
  CHECK(go(dir / "torn.db", dir / "out_5m.csv").error().code == "STORE_OPEN");
}
