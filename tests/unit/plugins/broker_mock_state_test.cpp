// The mock venue's own file: what was acknowledged is there after a restart, and a wrong file is refused by
// name.
#include <catch2/catch.hpp>

#include <csignal>
#include <filesystem>
#include <string>

#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker_mock/state_file.hpp"
#include "temp_files.hpp"
#include "venue_fixture.hpp"

using namespace plugin_tests;

namespace {

Names names() {
  Names n;
  n.symbol = [](std::uint32_t i) { return std::string(i == 1 ? "BTC-USD" : i == 2 ? "ETH-USD" : ""); };
  n.asset = [](std::uint32_t a) {
    return std::string(a == 1 ? "USD" : a == 2 ? "BTC" : a == 3 ? "ETH" : "");
  };
  n.instrument = [](const std::string& s) -> std::uint32_t {
    return s == "BTC-USD" ? 1 : s == "ETH-USD" ? 2 : 0;
  };
  n.asset_number = [](const std::string& s) -> std::uint32_t {
    return s == "USD" ? 1 : s == "BTC" ? 2 : s == "ETH" ? 3 : 0;
  };
  return n;
}

std::unique_ptr<StateFile> must_open(const std::string& path) {
  auto f = StateFile::open(path, names());
  if (!f) FAIL(f.error().message);
  return std::move(*f);
}

/// A bench that writes each change to a file before it forgets it.
struct Stored : Bench {
  std::unique_ptr<StateFile> file;
  explicit Stored(const std::string& path) : file(must_open(path)) {}
  void save() {
    REQUIRE(file->commit(venue(), venue().changes()).ok());
    collect();
  }
  void save_bar(const char* o, const char* h, const char* l, const char* c) {
    const BarView b{now, now + bar_ns, D(o), D(h), D(l), D(c), D("1000")};
    now += bar_ns;
    venue().on_bar(1, b);
    save();
  }
  void save_send(const OrderSpec& s) {
    REQUIRE(venue().submit(s, now).ok());
    venue().on_time(now);
    save();
  }
};

std::string code_of_opening(const std::string& path) {
  auto f = StateFile::open(path, names());
  if (!f) return f.error().code;
  auto s = (*f)->read();
  return s ? "" : s.error().code;
}

void sql(const std::string& path, const char* text) {
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &db) == SQLITE_OK);
  REQUIRE(sqlite3_exec(db, text, nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(db);
}

void fill_some(Stored& b) {
  b.save_send(b.limit("a", Side::buy, "1.5", "101"));
  b.save_bar("100", "100", "100", "100");
  OrderSpec g = b.limit("g", Side::buy, "1", "90");
  g.tif = Tif::gtd;
  g.expire_ns = b.now + 10 * bar_ns;
  b.save_send(g);
  b.save_send(b.stop("s", Side::sell, "0.5", "95", "94"));
  b.save_send(b.limit("bad", Side::buy, "1", "0"));
  OrderSpec q = b.order("q", Side::buy, Type::market, nullptr);
  q.quote_qty = D("500");
  b.venue().note_price(1, 10'000, -2, b.now);
  b.save_send(q);
}

}  // namespace

TEST_CASE("however many orders the file holds, none of it stays in memory behind its commit") {
  TempDir dir;
  Stored b(dir.at("venue.db"));
  auto more = [&b, n = 0]() mutable {
    for (int batch = 0; batch < 20; ++batch) {
      for (int i = 0; i < 50; ++i)
        REQUIRE(b.venue().submit(b.limit(("order-" + std::to_string(++n)).c_str(), Side::buy, "1", "0"), b.now).ok());
      b.venue().on_time(b.now);
      b.save();
    }
    return sqlite3_memory_used();
  };
  const sqlite3_int64 before = sqlite3_memory_used(), after_one = more();
  CHECK(after_one > before);  // it is counted
  static_cast<void>(more());
  const sqlite3_int64 after_three = more();
  CHECK(b.venue().orders() == 3'000);
  CHECK(after_three - after_one < 50'000);
}

TEST_CASE("a restarted venue is the venue that stopped") {
  TempDir dir;
  const std::string path = dir.at("venue.db");
  Bench second;
  std::vector<std::string> before;
  const auto picture = [](const Venue& v) {
    std::vector<std::string> p;
    for (std::size_t n = 1; n <= v.orders(); ++n) {
      const Order& o = v.order(static_cast<std::int64_t>(n));
      p.push_back(o.venue_id + o.spec.client_id + std::to_string(static_cast<int>(o.state)) +
                  text(o.cum_qty) + "/" + text(o.cum_quote) + "/" + text(o.cum_fee) + "/" + text(o.hold) +
                  "/" + std::to_string(o.rested) + name_of(o.reason) + std::to_string(o.updated_ns) +
                  std::to_string(o.hold_asset));
    }
    for (std::int64_t n = 1; n <= v.fills(); ++n)
      p.push_back(v.fill(n).fill_id + text(v.fill(n).px) + text(v.fill(n).fee));
    for (std::uint32_t a = 1; a <= 3; ++a)
      p.push_back(text(v.ledger().of(a).total) + "|" + text(v.ledger().of(a).hold));
    return p;
  };
  std::vector<Report> straight_on;
  {
    Stored b(path);
    fill_some(b);
    before = picture(b.venue());
    second.now = b.now;
  }
  auto file = must_open(path);
  auto state = file->read();
  REQUIRE(state.ok());
  CHECK_FALSE(state->is_new);
  for (const auto& h : state->balances) second.venue().ledger().set(names().asset_number(h.asset), h.balance);
  second.venue().ledger().set(3, Balance{});
  second.venue().restore(state->orders, state->fills);
  CHECK(picture(second.venue()) == before);

  // It goes on: the resting orders fill, the numbers continue, the ids are remembered.
  CHECK_FALSE(second.venue().submit(second.limit("a", Side::buy, "9", "101"), second.now).ok());
  second.bar("89", "89", "80", "85");
  CHECK(second.last("g").state == State::filled);
  CHECK(second.venue().order(3).state == State::open);
  CHECK(second.venue().order(3).triggered);  // gapped below its limit
  CHECK(second.last("q").state == State::filled);
  second.send(second.limit("next", Side::buy, "0.1", "50"));
  CHECK(second.last("next").venue_id == "mock-6");
}

TEST_CASE("rule 7: what was not committed is not there: an order that nobody acknowledged") {
  TempDir dir;
  const std::string path = dir.at("venue.db");
  {
    Stored b(path);
    b.save_send(b.limit("a", Side::buy, "1", "99"));
    REQUIRE(b.venue().submit(b.limit("lost", Side::buy, "1", "99"), b.now).ok());
    b.venue().on_time(b.now);  // accepted in memory, then the process ends before the commit
  }
  auto state = must_open(path)->read();
  REQUIRE(state.ok());
  REQUIRE(state->orders.size() == 1);
  CHECK(state->orders[0].spec.client_id == "a");
}

TEST_CASE("rule 7: a venue killed without warning leaves all that it committed") {
  TempDir dir;
  const std::string path = dir.at("venue.db");
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    auto f = StateFile::open(path, names());
    if (!f) _exit(1);
    Bench b;
    for (int i = 0; i < 50; ++i) {
      const std::string id = "o" + std::to_string(i);
      if (!b.venue().submit(b.limit(id.c_str(), Side::buy, "0.1", "99"), b.now)) _exit(2);
      b.venue().on_time(b.now);
      if (!(*f)->commit(b.venue(), b.venue().changes())) _exit(3);
      b.venue().committed(b.now);
    }
    ::raise(SIGKILL);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  auto state = must_open(path)->read();
  REQUIRE(state.ok());
  CHECK(state->orders.size() == 50);
}

TEST_CASE("files that are not this venue's are refused, each by its own code") {
  TempDir dir;
  CHECK(code_of_opening(dir.at("no/such/folder/x.db")) == "STATE_UNREADABLE");
  CHECK(code_of_opening(dir.write("text.db", std::string(5'000, 'x'))) == "STATE_FOREIGN");
  sql(dir.at("other.db"), "CREATE TABLE t(a)");
  CHECK(code_of_opening(dir.at("other.db")) == "STATE_FOREIGN");

  { Stored b(dir.at("newer.db")); }
  sql(dir.at("newer.db"), "PRAGMA user_version=3");
  CHECK(code_of_opening(dir.at("newer.db")) == "STATE_NEWER");

  const std::string held = dir.at("held.db");
  auto first = must_open(held);
  CHECK(code_of_opening(held) == "STATE_LOCKED");
  first.reset();
  CHECK(code_of_opening(held).empty());
}

TEST_CASE("a state that breaks its own rules is refused, not believed") {
  TempDir dir;
  const auto broken = [&dir](const char* name, const char* change) {
    {
      Stored b(dir.at(name));
      b.venue().ledger().set(1, {D("10000"), Decimal::zero()});
      fill_some(b);
    }
    sql(dir.at(name), change);
    return code_of_opening(dir.at(name));
  };
  CHECK(broken("ok.db", "SELECT 1").empty());
  CHECK(broken("hole.db", "PRAGMA foreign_keys=OFF; DELETE FROM orders WHERE order_no=2") == "STATE_CORRUPT");
  CHECK(broken("number.db", "UPDATE orders SET cum_qty='1e5' WHERE order_no=1") == "STATE_CORRUPT");
  CHECK(broken("fill.db", "UPDATE fills SET px='abc'") == "STATE_CORRUPT");
  CHECK(broken("hold.db", "UPDATE balances SET hold='999999' WHERE asset='USD'") == "STATE_CORRUPT");
  CHECK(broken("gone.db", "UPDATE orders SET symbol='XYZ-USD' WHERE client_id='g'") ==
        "STATE_INSTRUMENT_MISSING");
}

TEST_CASE("a full disk is an error before anything is acknowledged, and what was there stays") {
  TempDir dir;
  const std::string path = dir.at("venue.db");
  {
    Stored b(path);
    b.save_send(b.limit("kept", Side::buy, "0.1", "99"));
    struct rlimit old {};
    REQUIRE(getrlimit(RLIMIT_FSIZE, &old) == 0);
    const auto before = std::signal(SIGXFSZ, SIG_IGN);
    struct rlimit tight = old;
    tight.rlim_cur = 1;
    REQUIRE(setrlimit(RLIMIT_FSIZE, &tight) == 0);
    REQUIRE(b.venue().submit(b.limit("lost", Side::buy, "0.1", "99"), b.now).ok());
    b.venue().on_time(b.now);
    const auto r = b.file->commit(b.venue(), b.venue().changes());
    REQUIRE(setrlimit(RLIMIT_FSIZE, &old) == 0);
    std::signal(SIGXFSZ, before);
    REQUIRE_FALSE(r.ok());
    CHECK(r.error().code.substr(0, 6) == "STATE_");
    CHECK(r.error().message.find(path) != std::string::npos);
  }
  auto state = must_open(path)->read();
  REQUIRE(state.ok());
  REQUIRE(state->orders.size() == 1);
  CHECK(state->orders[0].spec.client_id == "kept");
}
