// Where prices come from, and what the market does to the engine.
#include <catch2/catch.hpp>

#include <zlib.h>

#include <cmath>

#include "exchange/server/config.hpp"
#include "exchange/server/files.hpp"
#include "exchange/server/market.hpp"
#include "unit/exchange_server/folder.hpp"

using namespace bowline;
using namespace bowline::exchange;
using namespace bowline::literals;

namespace {

constexpr std::int64_t second = 1'000'000'000, start_s = 1'790'000'100;  // a multiple of five minutes

ProductConfig btc() { return default_products().front(); }

MadePrices made(std::uint64_t seed = 7) { return {btc().rules, btc().shape, seed, second}; }

std::vector<FileCandle> candles() {
  return {{1'000'000'200, "10"_dec, "14"_dec, "9"_dec, "12"_dec, "8"_dec},
          {1'000'000'500, "12"_dec, "13"_dec, "8"_dec, "9"_dec, "4"_dec},
          {1'000'001'400, "9"_dec, "9"_dec, "9"_dec, "9"_dec, "0"_dec}};
}

}  // namespace

TEST_CASE("made prices follow from the seed and the time alone") {
  MadePrices a = made(), b = made(), c = made(8);
  bool differs = false;
  for (std::int64_t s = 0; s < 1000; ++s) {
    const Decimal p = a.at((start_s + s) * second);
    CHECK(p.is_positive());
    CHECK(round_to(p, "0.01"_dec, Rounding::down) == p);
    differs |= p != c.at((start_s + s) * second);
  }
  CHECK(differs);
  for (std::int64_t s = 999; s >= 0; s -= 37) CHECK(b.at((start_s + s) * second) == a.at((start_s + s) * second));
}

TEST_CASE("made prices move about as much as they say") {
  MadePrices p = made();
  double square = 0;
  constexpr int days = 200;
  for (int d = 0; d < days; ++d) {
    const double one = p.at((start_s + d * 86'400) * second).to_double(), next = p.at((start_s + (d + 1) * 86'400) * second).to_double();
    square += (next / one - 1) * (next / one - 1);
  }
  const double day = std::sqrt(square / days);
  CHECK(day > 0.008);
  CHECK(day < 0.08);
}

TEST_CASE("a longer candle is what its shorter ones come to, whatever was asked before") {
  MadePrices p = made(), fresh = made();
  const std::int64_t hour = start_s / 3600 * 3600, later = (hour + 100'000) * second;
  const auto sum_of = [&](std::int64_t from, std::int64_t until, std::int64_t length) {
    std::optional<Candle> sum;
    for (std::int64_t s = from; s < until; s += length) {
      const auto c = p.candle(s, s + length, later);
      REQUIRE(c);
      CHECK(c->low <= min(c->open, c->close));
      CHECK(c->high >= max(c->open, c->close));
      CHECK(c->volume.is_positive());
      if (!sum) {
        sum = c;
        continue;
      }
      sum->low = min(sum->low, c->low);
      sum->high = max(sum->high, c->high);
      sum->close = c->close;
      sum->volume += c->volume;
    }
    return *sum;
  };
  for (int again = 0; again < 2; ++again) {  // the second time they are remembered
    CHECK(sum_of(hour, hour + 1800, 60) == *fresh.candle(hour, hour + 1800, later));
    CHECK(sum_of(hour, hour + 1800, 300) == *fresh.candle(hour, hour + 1800, later));
    CHECK(sum_of(hour, hour + 86'400, 3600) == *fresh.candle(hour, hour + 86'400, later));
    CHECK(sum_of(hour, hour + 86'400, 7200) == *p.candle(hour, hour + 86'400, later));
  }
  // From an hour on they are made of every fifth minute: within what the minutes' own steps come to.
  const Candle exact = sum_of(hour, hour + 3600, 60), coarse = *p.candle(hour, hour + 3600, later);
  CHECK(coarse.open == exact.open);
  CHECK(coarse.low >= exact.low);
  CHECK(coarse.high <= exact.high);
  CHECK(coarse.close == p.at((hour + 3300) * second));
  // One that is not over yet has its first half, and does not change when it is over.
  const auto half = p.candle(hour, hour + 3600, (hour + 1799) * second);
  CHECK(half->close == p.at((hour + 1500) * second));
  CHECK(half->high <= coarse.high);
  CHECK(half->low >= coarse.low);
  CHECK(p.candle(hour, hour + 300, (hour + 100) * second)->close == p.at((hour + 100) * second));
  CHECK_FALSE(p.candle(hour, hour + 3600, (hour - 1) * second));
}

TEST_CASE("a year of days is at hand") {
  MadePrices p = made();
  const std::int64_t day = start_s / 86'400 * 86'400;
  std::size_t n = 0;
  for (std::int64_t d = 0; d < 350; ++d) n += p.candle(day - d * 86'400, day - d * 86'400 + 86'400, day * second).has_value();
  CHECK(n == 350);  // of the last one its first moment
}

TEST_CASE("what trades in a made market is what its candles tell") {
  MadePrices p = made();
  Candle sum;
  const auto trades = p.trades((start_s - 1) * second, (start_s + 59) * second, 1000);
  REQUIRE(trades.size() == 60);
  for (const MarketTrade& t : trades) sum.volume += t.size;
  const auto c = p.candle(start_s, start_s + 60, (start_s + 60) * second);
  CHECK(c->volume == sum.volume);
  CHECK(c->open == trades.front().price);
  CHECK(c->close == trades.back().price);
  CHECK(p.trades(start_s * second, (start_s + 3600) * second, 10).size() == 10);
}

TEST_CASE("a file's candles are played in the venue's time") {
  PlayedPrices p(candles(), {.origin_s = start_s, .from_s = 1'000'000'500, .speed = 1});
  CHECK(p.at((start_s - 301) * second).is_set() == false);
  CHECK(p.at((start_s - 300) * second) == "10"_dec);
  CHECK(p.at((start_s - 300 + 75) * second) == "9"_dec);  // it rose: the low comes first
  CHECK(p.at((start_s - 1) * second) == "12"_dec);
  CHECK(p.at((start_s + 75) * second) == "13"_dec);  // it fell: the high comes first
  CHECK(p.at((start_s + 150) * second) == "8"_dec);
  CHECK(p.at((start_s + 899) * second) == "9"_dec);
  CHECK(p.at((start_s + 1'000'000) * second) == "9"_dec);

  const auto past = p.candle(start_s - 300, start_s, start_s * second);
  REQUIRE(past);
  CHECK(*past == Candle{start_s - 300, "9"_dec, "14"_dec, "10"_dec, "12"_dec, "8"_dec});
  const auto growing = p.candle(start_s, start_s + 300, (start_s + 80) * second);
  CHECK(*growing == Candle{start_s, "12"_dec, "13"_dec, "12"_dec, "13"_dec, "2"_dec});
  CHECK_FALSE(p.candle(start_s + 300, start_s + 600, (start_s + 10'000) * second));  // a gap of the file
  const auto trades = p.trades(start_s * second, (start_s + 225) * second, 10);
  REQUIRE(trades.size() == 3);
  CHECK(trades[1].price == "8"_dec);
  CHECK(trades[1].size == "1"_dec);
}

TEST_CASE("a file is played faster") {
  PlayedPrices p(candles(), {.origin_s = start_s, .from_s = 1'000'000'200, .speed = 60});
  CHECK(p.at(start_s * second) == "10"_dec);
  CHECK(p.at((start_s + 5) * second) == "12"_dec);
  CHECK(p.trades(start_s * second - 1, (start_s + 30) * second, 100).size() == 12);
}

TEST_CASE("candle files are read plain and packed, and refused with their line") {
  const server_test::Folder dir;
  const std::string head = "time_utc_epoch_s,open,high,low,close,volume\n", two = "100,1,2,0.5,1.5,10\n400,1.5,2,1,1,0\n";
  REQUIRE(write_file(dir / "a.csv", head + two).ok());
  const auto plain = read_candles(dir / "a.csv");
  REQUIRE(plain.ok());
  REQUIRE(plain->size() == 2);
  CHECK((*plain)[0].low == "0.5"_dec);
  CHECK(PlayedPrices::period(*plain) == 300);
  gzFile z = gzopen((dir / "a.csv.gz").c_str(), "wb");
  gzputs(z, (head + two).c_str());
  gzclose(z);
  CHECK(read_candles(dir / "a.csv.gz")->size() == 2);

  const auto refused = [&](const std::string& text, const char* words) {
    REQUIRE(write_file(dir / "b.csv", text).ok());
    const auto r = read_candles(dir / "b.csv");
    REQUIRE_FALSE(r.ok());
    INFO(r.error().message);
    CHECK(r.error().message.find(words) != std::string::npos);
  };
  refused("", "fewer than two");
  refused(head + "100,1,2,0.5,1.5,10\n", "fewer than two");
  refused("time,open\n", ":1: the first line");
  refused(head + two + "400,1,1,1,1,1\n", ":4: its time");
  refused(head + "100,1,2,1.2,1.5,10\n" + two, ":2: it is no candle");
  refused(head + "100,1,2,0.5,1.5\n", ":2: it is no candle");
  refused(head + "100,1,2,0.5,1.5,10,9\n", ":2: it is no candle");
  refused(head + "100,1,nan,0.5,1.5,10\n", ":2: it is no candle");
  refused(head + "100,-1,2,-2,1.5,10\n", ":2: it is no candle");
  CHECK(read_candles(dir / "none").error().code == "CANDLES_UNREADABLE");
  std::string packed = *read_file(dir / "a.csv.gz");
  REQUIRE(write_file(dir / "torn.gz", packed.substr(0, packed.size() - 12)).ok());
  CHECK_FALSE(read_candles(dir / "torn.gz").ok());
}

TEST_CASE("the market makes books and trades, fills who rests in its way, and stands where it is held") {
  Engine e;
  std::vector<Market::Line> lines;
  const ProductConfig p = btc();
  REQUIRE(e.add_product(p.rules).ok());
  lines.push_back({p.rules, p.shape, std::make_unique<MadePrices>(p.rules, p.shape, 7, second)});
  Market m(std::move(lines), second, 10, 7);
  std::int64_t now = start_s * second;
  const UserId u = *e.add_user("a", {"0"_dec, "0"_dec}, now);
  REQUIRE(e.deposit(u, "USD", "1000000"_dec, now).ok());
  CHECK(m.next_due() <= now);
  m.advance(e, now);
  CHECK(m.next_due() == now + second);
  auto book = *e.book("BTC-USD", 100);
  REQUIRE(book.bids.size() == 10);
  REQUIRE(book.asks.size() == 10);
  CHECK(book.bids[0].price < book.asks[0].price);
  CHECK(*book.last == MadePrices(p.rules, p.shape, 7, second).at(now));
  CHECK(e.trades("BTC-USD", 10)->size() == 1);

  REQUIRE(m.hold(e, "BTC-USD", "50000"_dec, now).ok());
  OrderRequest r;
  r.client_order_id = "1";
  r.product_id = "BTC-USD";
  r.base_size = "0.1"_dec;
  r.limit_price = "45000"_dec;
  const OrderNo n = e.place(u, r, now).order;
  for (int i = 0; i < 5; ++i) m.advance(e, now += second);
  CHECK(*e.book("BTC-USD", 1)->last == "50000"_dec);
  CHECK(e.order(n).state.status == Status::open);
  REQUIRE(m.hold(e, "BTC-USD", "40000"_dec, now).ok());
  CHECK(e.order(n).state.status == Status::filled);
  CHECK(average_price(e.order(n).state) == "45000"_dec);
  REQUIRE(m.hold(e, "BTC-USD", Decimal::not_set(), now).ok());
  CHECK(*e.book("BTC-USD", 1)->last == MadePrices(p.rules, p.shape, 7, second).at(now));
  CHECK(m.hold(e, "BTC-USD", "0.001"_dec, now).error().code == "MARKET_INVALID");
  CHECK(m.hold(e, "BTC-USD", "-1"_dec, now).error().code == "MARKET_INVALID");
  CHECK(m.hold(e, "BTC-EUR", "1"_dec, now).error().code == "PRODUCT_UNKNOWN");
  CHECK(e.audit().ok());

  const std::int64_t first = (now / second - 3000) / 300 * 300;
  const auto c = m.candles("BTC-USD", Granularity::m5, first, now / second);
  REQUIRE(c.size() == 11);
  CHECK(c.front().start_s == first);
  CHECK(m.candles("BTC-EUR", Granularity::m5, first, now / second).empty());
  CHECK(m.candles("BTC-USD", Granularity::m5, now / second + 300, now / second + 900).empty());
}

TEST_CASE("every default product has a market with a book and trades") {
  Engine e;
  std::vector<Market::Line> lines;
  std::size_t books = 0;
  for (const ProductConfig& p : default_products()) {
    REQUIRE(e.add_product(p.rules).ok());
    if (p.rules.alias.empty()) lines.push_back({p.rules, p.shape, std::make_unique<MadePrices>(p.rules, p.shape, 1, second)}), ++books;
  }
  CHECK(books >= 12);
  Market m(std::move(lines), second, 10, 1);
  for (int i = 0; i < 20; ++i) m.advance(e, (start_s + i) * second);
  for (const ProductConfig& p : default_products()) {
    const auto b = *e.book(p.rules.id, 20);
    INFO(p.rules.id);
    CHECK(b.bids.size() == 10);
    CHECK(b.asks.size() == 10);
    CHECK(e.trades(p.rules.id, 50)->size() >= 20);
  }
}
