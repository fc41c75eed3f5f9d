// The sale of everything, killed and called again, or beside a host: what is on its way is found, and not sold twice.
#include <sqlite3.h>

#include <filesystem>
#include <fstream>

#include "unit/services/sell_everything_desk.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::test;
using namespace bowline::test::everything;

TEST_CASE("rule 3.7: killed and called again it goes on, and what was sold stays sold, with and without what it wrote down") {
  const bool written = GENERATE(true, false);
  const bool told = GENERATE(true, false);  // before the kill, of what the venue did
  StoreFolder var;
  Sale w;
  w.v.tells = told;
  if (written) w.begin_from(var.path());
  else w.begin();
  while (w.v.sent.empty()) w.step();
  w.v.fill_share = "0.5"_dec;
  w.v.match();  // and the process dies before it hears of it, or behind
  if (told) w.step();
  w.v.fill_share = "1"_dec;
  w.v.tells = true;
  w.notes->flush();
  if (written) w.begin_from(var.path());
  else w.notes.reset(), w.begin();
  REQUIRE(w.runs());
  CHECK(w.v.balances[w.v.m.btc_asset.value].is_zero());
  CHECK(w.sold(w.v.m.btc) == "2"_dec);
  CHECK(w.product("BTC-USD").at("sold") == "2");
  CHECK(w.product("BTC-USD").at("held_before") == "2");
  std::vector<std::string> ids;
  for (const Intent& i : w.v.sent) ids.emplace_back(i.client_id());
  std::sort(ids.begin(), ids.end());
  CHECK(std::unique(ids.begin(), ids.end()) == ids.end());
  const std::size_t before = w.v.sent.size();
  if (written) w.begin_from(var.path());
  else w.notes.reset(), w.begin();
  REQUIRE(w.runs());
  CHECK(w.v.sent.size() == before);  // said a third time it sends nothing
  CHECK(w.product("BTC-USD").at("status") == "sold");
  CHECK(w.product("BTC-USD").at("sold") == "2");
}

TEST_CASE("rule 3.7: a sale on its way from a process that died is found by its id, and neither sent twice nor beside another") {
  Sale w;
  w.v.fills = false;
  w.begin();
  while (w.v.sent.size() < 2) w.step();
  w.notes.reset();
  w.begin();  // without what it knew
  for (int n = 0; n < 30; ++n) w.step();
  CHECK(w.v.sent.size() == 2);
  w.v.fills = true;
  REQUIRE(w.runs());
  CHECK(w.v.sent.size() == 2);
  CHECK(w.sold(w.v.m.btc) == "2"_dec);
}

TEST_CASE("rule 3.7: a sale whose answer is lost is asked for, and its id is used again only when it is not there") {
  Sale w;
  w.v.hand = services::HandOver::unknown;
  w.v.tells = false;
  SECTION("it is there") {
    w.begin();
    REQUIRE(w.runs());
    CHECK(w.v.sent.size() == 2);
  }
  SECTION("it never arrived") {
    w.begin();
    w.v.fills = false;
    while (w.v.sent.empty()) w.step();
    const std::string id(w.v.sent[0].client_id());
    const InstrumentId of = w.v.sent[0].instrument();
    std::erase_if(w.v.orders, [&](const Venue::Order& o) { return o.client == id; });
    const Nanos sent = w.now;
    const auto again = [&] { return std::count_if(w.v.sent.begin(), w.v.sent.end(), [&](const Intent& i) { return i.instrument() == of; }) > 1; };
    while (!again()) w.step();
    CHECK(w.now - sent >= 10 * second_ns);
    for (const Intent& i : w.v.sent)
      if (i.instrument() == of) CHECK(i.client_id() == id);
  }
}

TEST_CASE("rule 2.1: a sale that is not there goes again as it was sent: an id has one order, whatever the price and the balance are by then") {
  Sale w;
  w.v.hand = services::HandOver::unknown;
  w.v.tells = false;
  w.options.end = "0.05"_dec;
  w.begin();
  const auto bid = [&w](std::int64_t px) {
    for (const InstrumentId id : {w.v.m.btc, w.v.m.bnb}) {
      bl_quote q{};
      q.h.size = sizeof q;
      q.h.type = BL_EV_QUOTE;
      q.h.instrument = id.value;
      q.bid = px;
      w.s->hear(q.h);
    }
  };
  bid(100);
  while (w.v.sent.empty()) w.step();
  const Intent first = w.v.sent[0];
  const std::uint32_t asset = w.v.m.table[first.instrument()].base.value;
  std::erase_if(w.v.orders, [&](const Venue::Order& o) { return o.client == first.client_id(); });  // it never arrived
  const auto of = [&](std::size_t n) {
    std::vector<Intent> all;
    for (int k = 0; k < 400 && all.size() < n; ++k) {
      w.step();
      all.clear();
      std::copy_if(w.v.sent.begin(), w.v.sent.end(), std::back_inserter(all), [&](const Intent& i) { return i.instrument() == first.instrument(); });
    }
    REQUIRE(all.size() >= n);
    return all;
  };
  SECTION("the price is another one, and more is there") {
    bid(80);
    w.v.balances[asset] = w.v.balances[asset] + "1"_dec;
    const Intent again = of(2)[1];
    CHECK(again.client_id() == first.client_id());
    CHECK(again.qty() == first.qty());
    CHECK(again.limit_px() == first.limit_px());
  }
  SECTION("less is there: another order, under another id") {
    w.v.balances[asset] = "0.5"_dec;
    const Intent next = of(2)[1];
    CHECK(next.client_id() != first.client_id());
    CHECK(next.qty() == "0.5"_dec);
  }
}

TEST_CASE("rule 3.7: what a host has on its way by its journal is left to it until it has ended or is proved absent") {
  Sale w;
  InFlight sale;
  sale.id = ClientOrderId(mark);
  sale.instrument = w.v.m.btc;
  sale.side = Side::sell;
  sale.qty = "1.5"_dec;
  w.in_flight.push_back(sale);
  w.begin();
  SECTION("absent: only what it does not take is sold, for a minute") {
    for (int n = 0; n < 150; ++n) w.step();
    CHECK(w.sold(w.v.m.btc) == "0.5"_dec);
    CHECK_FALSE(w.s->over());
    const Nanos begun = start_ns;
    REQUIRE(w.runs());
    CHECK(w.now - begun >= 60 * second_ns);
    CHECK(w.sold(w.v.m.btc) == "2"_dec);
  }
  SECTION("it shows up: it is cancelled, and then all is sold") {
    for (int n = 0; n < 50; ++n) w.step();
    w.v.rests(mark, w.v.m.btc, BL_SELL, "1.5"_dec);
    REQUIRE(w.runs());
    CHECK(w.sold(w.v.m.btc) == "2"_dec);
    CHECK(w.now - start_ns < 60 * second_ns);
  }
}

TEST_CASE("rule 3.7: each sale is durable before it leaves; without a place for it that is said, and it is sold all the same") {
  StoreFolder var;
  Sale w;
  SECTION("written") {
    w.begin_from(var.path());
    CHECK(w.notes->trouble().code.empty());
    w.v.before_submit = [&] {
      std::filesystem::create_directory(var.path() / "seen");
      for (const char* part : {"", "-wal"})
        std::filesystem::copy_file((var.path() / EverythingNotes::file_name).string() + part, (var.path() / "seen" / EverythingNotes::file_name).string() + part,
                                   std::filesystem::copy_options::overwrite_existing);
      auto seen = EverythingNotes::open(var.path() / "seen", stamp, w.v.m.table, "fire-1");
      REQUIRE(seen.ok());
      CHECK(seen->known("BTC-USD").held_before == "2"_dec);
      w.v.before_submit = {};
    };
    REQUIRE(w.runs());
    const auto second = EverythingNotes::open(var.path(), stamp, w.v.m.table, "fire-1");
    REQUIRE_FALSE(second.ok());  // somebody does it already
    CHECK(second.error().code == "JOURNAL_LOCKED");
    w.begin_from(var.path());
    CHECK(w.notes->known("BTC-USD").sold == "2"_dec);
    CHECK(w.notes->known("BTC-USD").attempt == 1);
  }
  SECTION("there is no place") {
    std::filesystem::create_directory(var.path() / EverythingNotes::file_name);
    w.begin_from(var.path());
    CHECK_FALSE(w.notes->trouble().code.empty());
    REQUIRE(w.runs());
    CHECK(w.receipt().at("noted") == false);
  }
  SECTION("it is damaged, and left as it is") {
    std::ofstream(var.path() / EverythingNotes::file_name) << "no database, by far: " << std::string(5000, 'x');
    const auto size = std::filesystem::file_size(var.path() / EverythingNotes::file_name);
    w.begin_from(var.path());
    CHECK_FALSE(w.notes->trouble().code.empty());
    REQUIRE(w.runs());
    CHECK(std::filesystem::file_size(var.path() / EverythingNotes::file_name) == size);
  }
  CHECK(w.v.balances[w.v.m.btc_asset.value].is_zero());
}

TEST_CASE("rule 3.7: a host's orders in flight are read beside its lock, and of a journal that is not whole nothing is believed") {
  StoreFolder var;
  Market m;
  Desk d({}, "10000"_dec, opened(var.path() / "journal.db"));
  d.hold(0.05);  // bought and ended
  d.price(d.m.bnb, 10000);
  d.want(Purpose::entry, 0.05, d.m.bnb);
  REQUIRE(d.journal->flush());
  const auto known = services::orders_in_flight(var.path() / "journal.db", d.m.table);
  REQUIRE(known.ok());
  REQUIRE(known->in_flight.size() == 1);
  CHECK(known->in_flight[0].id == ClientOrderId(d.last().client_id()));
  CHECK(known->in_flight[0].side == Side::buy);
  CHECK(known->rows > 0);
  d.exec.reset();
  d.journal.reset();
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open((var / "journal.db").c_str(), &db) == SQLITE_OK);
  REQUIRE(sqlite3_exec(db, "UPDATE journal SET payload='{}' WHERE row=3", nullptr, nullptr, nullptr) == SQLITE_OK);
  REQUIRE(sqlite3_changes(db) == 1);
  REQUIRE(sqlite3_close(db) == SQLITE_OK);
  const auto damaged = services::orders_in_flight(var.path() / "journal.db", d.m.table);
  REQUIRE_FALSE(damaged.ok());
  CHECK(damaged.error().code == "JOURNAL_CHAIN");
  CHECK(services::orders_in_flight(var.path() / "none.db", d.m.table).error().code == "JOURNAL_OPEN");
}
