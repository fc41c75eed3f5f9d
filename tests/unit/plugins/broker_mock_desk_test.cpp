// The mock broker behind its ABI types: requests in, events out, nothing said before it is written.
#include <catch2/catch.hpp>

#include <cstring>
#include <string>
#include <vector>

#include "broker_mock/desk.hpp"
#include "broker_mock/events.hpp"
#include "common/money.hpp"
#include "temp_files.hpp"

using namespace bowline::broker_mock;
using bowline::Decimal;
using plugin_tests::TempDir;
namespace money = bowline::money;

namespace {

constexpr std::int64_t bar_ns = 300'000'000'000;

Decimal D(const char* s) {
  const auto d = money::parse(s);
  REQUIRE(d.has_value());
  return *d;
}
bl_dec A(const char* s) { return money::to_abi(D(s)); }
std::string text(const bl_dec& d) {
  const auto v = money::from_abi(d);
  return v ? money::text(*v) : "-";
}

struct Host {
  std::int64_t now = 1'000 * bar_ns, armed = 0;
  int woken = 0;
  std::vector<std::string> failures;
  std::vector<AnyEvent> said;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> done;
  std::vector<std::string> products;
  bl_sink sink{};
  std::unique_ptr<Desk> desk;

  Host() {
    sink.size = sizeof sink;
    sink.ctx = this;
    sink.event = [](void* ctx, const bl_event* e) noexcept -> bl_status {
      static_cast<Host*>(ctx)->take(*e);
      return BL_OK;
    };
  }
  void take(const bl_event& e) {
    if (e.type == BL_EV_DONE) {
      done.emplace_back(reinterpret_cast<const bl_done&>(e).request,
                        reinterpret_cast<const bl_done&>(e).complete);
    } else if (e.type == BL_EV_PRODUCT) {
      const auto& p = reinterpret_cast<const bl_product&>(e);
      products.push_back(std::string(p.symbol.ptr, p.symbol.len) + " " + text(p.taker_fee) + " " +
                         text(p.px_step));
    } else {
      AnyEvent copy;
      std::memcpy(static_cast<void*>(&copy), &e, std::min<std::size_t>(e.size, sizeof copy));
      said.push_back(copy);
    }
  }
  DeskOptions options() {
    DeskOptions o;
    o.venue.rules = {D("0.0005"), D("0.1")};
    o.venue.taker_fee = D("0.012");
    o.venue.maker_fee = D("0.006");
    o.venue.assumed_half_spread = D("0.0005");
    o.cash = {{"USD", D("10000")}};
    o.memory = true;
    return o;
  }
  bowline::Result<void> open(DeskOptions o) {
    DeskHost h;
    h.now_ns = [this] { return now; };
    h.wake = [this] { ++woken; };
    h.arm = [this](std::int64_t due) { armed = due; };
    h.fail = [this](const bowline::Error& e) { failures.push_back(e.code); };
    h.asset = [](const std::string& c) -> std::uint32_t { return c == "USD" ? 1 : c == "BTC" ? 2 : 0; };
    desk = std::make_unique<Desk>(std::move(o), std::move(h));
    bl_product p{};
    p.symbol = {"BTC-USD", 7};
    p.base = 2;
    p.quote = 1;
    p.base_step = A("0.00000001");
    p.px_step = p.quote_step = A("0.01");
    p.base_min = A("0.0001");
    p.base_max = p.quote_max = money::not_set();
    p.quote_min = A("1");
    p.flags = 1;
    return desk->open({product_of(p, 1)});
  }
  void work() {
    desk->on_time([this](const bl_event& e) { take(e); });
  }
  void bar(std::int64_t cents_open, std::int64_t high, std::int64_t low, std::int64_t close) {
    bl_bar b{};
    b.h.size = sizeof b;
    b.h.type = BL_EV_BAR;
    b.h.instrument = 1;
    b.open_ns = now;
    b.close_ns = now + bar_ns;
    b.px_exp = -2;
    b.is_final = 1;
    b.open = cents_open;
    b.high = high;
    b.low = low;
    b.close = close;
    b.volume = 1'000;
    now = b.close_ns;
    desk->on_bar(b, sink);
  }
};

bl_intent limit(const char* id, std::uint32_t side, const char* qty, const char* px) {
  bl_intent i{};
  i.size = sizeof i;
  i.instrument = 1;
  std::strncpy(i.client_id, id, sizeof i.client_id - 1);
  i.side = side;
  i.type = BL_LIMIT;
  i.tif = BL_GTC;
  i.qty = A(qty);
  i.quote_qty = i.stop_px = money::not_set();
  i.limit_px = A(px);
  return i;
}

}  // namespace

TEST_CASE(
    "desk: an order is acknowledged at the wake, filled at a bar, and every word of it is in the events") {
  Host h;
  REQUIRE(h.open(h.options()).ok());
  bl_intent i = limit("id-1", BL_BUY, "2", "99");
  i.tif = BL_GTD;
  i.expire_ns = h.now + 2 * bar_ns;
  REQUIRE(h.desk->submit(i).ok());
  CHECK(h.woken == 1);
  CHECK(h.said.empty());
  h.work();
  REQUIRE(h.said.size() == 2);
  const bl_exec& e = h.said[0].exec;
  CHECK(e.h.size == sizeof(bl_exec));
  CHECK(e.h.type == BL_EV_EXEC);
  CHECK(e.kind == BL_X_ACCEPTED);
  CHECK(e.state == BL_S_OPEN);
  CHECK(std::string(e.client_id) == "id-1");
  CHECK(std::string(e.venue_id) == "mock-1");
  CHECK(e.side == BL_BUY);
  CHECK(e.tif == BL_GTD);
  CHECK(e.expire_ns == i.expire_ns);
  CHECK(text(e.qty) == "2");
  CHECK(text(e.quote_qty) == "-");
  CHECK(text(e.limit_px) == "99");
  CHECK(text(e.cum_qty) == "0");
  CHECK(e.fee_asset == 1);
  CHECK(h.said[1].h.type == BL_EV_BALANCE);
  CHECK(text(h.said[1].balance.hold) == "200.376");
  CHECK(h.armed == i.expire_ns);
  h.said.clear();
  h.bar(10'000, 10'000, 9'800, 9'900);
  REQUIRE(h.said.size() == 4);  // fill, done, two balances
  const bl_fill& f = h.said[0].fill;
  CHECK(f.h.type == BL_EV_FILL);
  CHECK(std::string(f.fill_id) == "mock-1-1");
  CHECK(text(f.px) == "99");
  CHECK(text(f.qty) == "2");
  CHECK(text(f.fee) == "1.188");
  CHECK(f.fee_asset == 1);
  CHECK(f.liquidity == 1);
  CHECK(h.said[1].exec.kind == BL_X_DONE);
  CHECK(h.said[1].exec.state == BL_S_FILLED);
  CHECK(text(h.said[1].exec.cum_quote) == "198");
  CHECK(text(h.said[2].balance.total) == "9800.812");
  CHECK(h.said[3].balance.asset == 2);
  CHECK(text(h.said[3].balance.total) == "2");
}

TEST_CASE("desk: what the venue does not know is refused at once, and nothing is sent") {
  Host h;
  REQUIRE(h.open(h.options()).ok());
  const auto code = [&h](const bl_intent& i) {
    const auto r = h.desk->submit(i);
    return r.ok() ? std::string() : r.error().code;
  };
  bl_intent i = limit("a", BL_BUY, "1", "99");
  i.tif = 77;
  CHECK(code(i) == "ORDER_UNSUPPORTED");
  i = limit("a", BL_BUY, "1", "99");
  i.type = 77;
  CHECK(code(i) == "ORDER_UNSUPPORTED");
  i = limit("a", 0, "1", "99");
  CHECK(code(i) == "ORDER_UNSUPPORTED");
  CHECK(code(limit("", BL_BUY, "1", "99")) == "CLIENT_ID_MISSING");
  i = limit("a", BL_BUY, "1", "99");
  i.not_after_ns = h.now - 1;
  CHECK(code(i) == "NOT_AFTER_PASSED");
  i.not_after_ns = h.now;
  CHECK(code(i).empty());
  i.limit_px = A("98");
  CHECK(code(i) == "CLIENT_ID_REUSED");
  h.work();
  CHECK(h.desk->venue().orders() == 1);
}

TEST_CASE("desk: questions are answered with snapshots and end with one DONE of their number") {
  Host h;
  REQUIRE(h.open(h.options()).ok());
  REQUIRE(h.desk->submit(limit("a", BL_BUY, "1", "99")).ok());
  h.work();
  h.said.clear();
  bl_query q{};
  q.size = sizeof q;
  q.scope = 1 | 2 | 4 | 8 | 16;
  q.request = 42;
  {
    std::string id = "nobody";
    q.order.client_id = {id.data(), id.size()};
    h.desk->query(q);
    id.assign("xxxxxx");  // the text lives only during the call
  }
  CHECK(h.said.empty());
  h.work();
  REQUIRE(h.said.size() == 4);
  CHECK(h.said[0].exec.kind == BL_X_ABSENT);
  CHECK(std::string(h.said[0].exec.client_id) == "nobody");
  CHECK(text(h.said[0].exec.cum_qty) == "-");
  CHECK(h.said[1].exec.kind == BL_X_SNAPSHOT);
  for (const AnyEvent& e : h.said) CHECK((e.h.flags & 2) == 2);
  CHECK(h.products == std::vector<std::string>{"BTC-USD 0.012 0.01"});
  CHECK(h.done == std::vector<std::pair<std::uint64_t, std::uint32_t>>{{42, 1}});
}

TEST_CASE("desk: with latency it asks for a timer instead of a wake, and is there in time without either") {
  Host h;
  auto o = h.options();
  o.venue.latency_ns = bar_ns / 2;
  REQUIRE(h.open(o).ok());
  REQUIRE(h.desk->submit(limit("a", BL_BUY, "1", "99")).ok());
  CHECK(h.woken == 0);
  CHECK(h.armed == h.now + bar_ns / 2);
  h.bar(9'800, 9'800, 9'700, 9'800);  // no timer came: the bar itself brings the arrival, and cannot fill it
  REQUIRE_FALSE(h.said.empty());
  CHECK(h.said[0].exec.kind == BL_X_ACCEPTED);
  CHECK(h.said[0].h.ts_event == h.armed);
  CHECK(h.desk->venue().fills() == 0);
}

TEST_CASE("desk: a bar that is not final, or of an unknown instrument, changes nothing") {
  Host h;
  REQUIRE(h.open(h.options()).ok());
  REQUIRE(h.desk->submit(limit("a", BL_BUY, "1", "99")).ok());
  h.work();
  bl_bar b{};
  b.h.instrument = 1;
  b.open_ns = h.now;
  b.close_ns = h.now + bar_ns;
  b.low = b.high = b.open = b.close = 1;
  b.volume = 1'000;
  h.desk->on_bar(b, h.sink);
  b.is_final = 1;
  b.h.instrument = 99;
  h.desk->on_bar(b, h.sink);
  CHECK(h.desk->venue().fills() == 0);
}

TEST_CASE("desk: cash in an unknown asset is refused by name") {
  Host h;
  auto o = h.options();
  o.cash.emplace_back("EUR", D("5"));
  const auto r = h.open(o);
  REQUIRE_FALSE(r.ok());
  CHECK(r.error().code == "ASSET_UNKNOWN");
  CHECK(r.error().message.find("cash.EUR") != std::string::npos);
}

TEST_CASE(
    "desk: state file and memory give the same events; a restart goes on, and cash is not given twice") {
  TempDir dir;
  std::vector<std::string> said[2];
  for (int file = 0; file < 2; ++file) {
    Host h;
    auto o = h.options();
    o.memory = file == 0;
    o.file = dir.at("venue.db");
    REQUIRE(h.open(o).ok());
    for (int i = 0; i < 12; ++i) {
      const std::string id = "o" + std::to_string(i);
      REQUIRE(
          h.desk->submit(limit(id.c_str(), i % 3 == 2 ? BL_SELL : BL_BUY, "0.5", i % 2 ? "101" : "97")).ok());
      h.work();
      h.bar(10'000, 10'200, 9'600, 10'000);
    }
    for (const AnyEvent& e : h.said)
      said[file].push_back(std::string(reinterpret_cast<const char*>(&e), e.h.size));
    CHECK(h.failures.empty());
    if (file == 0) continue;
    const auto usd = h.desk->venue().ledger().of(1).total;
    const auto orders = h.desk->venue().orders();
    h.desk.reset();
    REQUIRE(h.open(o).ok());
    CHECK(h.desk->venue().ledger().of(1).total == usd);
    CHECK(h.desk->venue().orders() == orders);
  }
  CHECK(said[0].size() > 30);
  CHECK(said[0] == said[1]);
}
