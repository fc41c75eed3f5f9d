// Trading rules 4.1, with the disk full: the ballast is for exits. What is denied, and what goes on.
#include "store/ballast.hpp"
#include "unit/services/desk.hpp"
#include "unit/store/full_disk.hpp"
#include "unit/store/store_folder.hpp"

using namespace bowline;
using namespace bowline::test;
using namespace bowline::literals;
using core::Purpose;
using core::Side;

namespace {

std::unique_ptr<store::Journal> opened(const std::filesystem::path& file) {
  auto j = store::Journal::open(file, {"mock", "test", "default"});
  if (!j) FAIL(j.error().message);
  return std::move(*j);
}

struct FullDesk {
  StoreFolder dir;
  FullDisk disk{dir / "ballast"};
  store::Ballast ballast{dir / "ballast", 1024 * 1024};
  Desk d{{}, "10000"_dec, opened(dir / "journal.db")};
  std::vector<bool> told;  // whole or not, as the store hears of it

  FullDesk() {
    d.exec->keep(ballast, [this](bool whole) { told.push_back(whole); });
    d.exec->fill_reserve(d.now);
    REQUIRE(d.exec->gate_open());
    d.price(d.m.bnb, 10000);
  }
  std::uint64_t incidents(const std::string& code) const {
    const auto& all = d.exec->counts().by_incident;
    const auto it = all.find(code);
    return it == all.end() ? 0 : it->second;
  }
  std::vector<std::string> rows(std::string_view kind) const {
    std::vector<std::string> all;
    REQUIRE(d.journal->each([&](const store::JournalRow& r) -> Result<void> {
               if (r.kind == kind) all.emplace_back(r.payload);
               return {};
             }).ok());
    return all;
  }
};

}  // namespace

TEST_CASE("rule 4.1: with the disk full an exit is recorded and sent, and nothing is bought") {
  FullDesk f;
  Desk& d = f.d;
  d.hold(0.05);
  const std::size_t before = d.broker.sent.size(), intents = f.rows("intent").size();
  f.disk.fill();
  d.want(Purpose::exit, 0);
  REQUIRE(d.broker.sent.size() == before + 1);
  CHECK(d.last().side() == Side::sell);
  CHECK(f.rows("intent").size() == intents + 1);  // durable, as ever, before it was sent
  CHECK(f.incidents("BALLAST_RELEASED") == 1);
  CHECK(f.incidents("JOURNAL_WRITE") == 0);
  CHECK(d.exec->journal_ok());
  CHECK_FALSE(d.exec->reserve_whole());
  CHECK_FALSE(d.exec->gate_open());
  CHECK(f.told == std::vector<bool>{false});
  d.fill(d.last(), d.last().qty(), "99"_dec);
  d.now += bar_ns;
  d.want(Purpose::entry, 0.05, d.m.bnb);
  CHECK(d.broker.sent.size() == before + 1);
  CHECK(d.why("GATE_CLOSED") == 1);
  CHECK(d.exec->execute(d.request(Side::buy, "1"_dec), d.now).error().code == "GATE_CLOSED");
  CHECK(f.incidents("BALLAST_RELEASED") == 1);  // told once
}

TEST_CASE("rule 4.1: of a frame that finds no room the exit goes, and the purchase beside it does not") {
  FullDesk f;
  Desk& d = f.d;
  d.hold(0.05);
  const std::size_t before = d.broker.sent.size();
  f.disk.fill();
  d.want({d.target(Purpose::entry, 0.05, d.m.bnb), d.target(Purpose::exit, 0)});
  REQUIRE(d.broker.sent.size() == before + 1);
  CHECK(d.last().side() == Side::sell);
  CHECK(d.why("JOURNAL_UNWRITABLE") == 1);
  for (const auto& r : d.sink.all<core::SizingRecord>())
    if (r.code != nullptr && *r.code == "JOURNAL_UNWRITABLE") CHECK(r.order.empty());
  CHECK(f.rows("intent").size() == 2);  // the purchase before, and the exit
}

TEST_CASE("rule 4.1: a purchase alone gets none of the ballast; what else has to be written does") {
  FullDesk f;
  Desk& d = f.d;
  f.disk.fill();
  d.want(Purpose::entry, 0.05);
  CHECK(d.broker.sent.empty());
  CHECK(f.ballast.whole());
  CHECK(d.why("JOURNAL_UNWRITABLE") == 1);
  CHECK_FALSE(d.exec->gate_open());
  d.now += bar_ns;
  d.step();
  CHECK(d.exec->journal_ok());
  CHECK_FALSE(f.ballast.whole());
  CHECK_FALSE(d.exec->gate_open());
  CHECK(f.rows("journal").size() == 2);
}

TEST_CASE("rule 4.1: with the disk full a stop sells and a cancel is recorded") {
  FullDesk f;
  Desk& d = f.d;
  d.hold(0.05);
  REQUIRE(d.protect("95"_dec) == BL_OK);
  d.price(d.m.bnb, 10000);
  d.want(Purpose::entry, 0.05, d.m.bnb);
  d.report(d.last(), BL_X_ACCEPTED);
  const std::string entry(d.last().client_id());
  f.disk.fill();
  d.now += bar_ns;
  d.price(d.m.btc, 9000);
  d.step();
  REQUIRE(d.last().side() == Side::sell);
  CHECK(d.last().purpose == Purpose::stop);
  const auto done = d.exec->cancel(core::ClientOrderId(entry), d.now, "operator", "r1");
  CHECK(done.ok());
  CHECK(d.broker.cancelled == std::vector{entry});
}

TEST_CASE("rule 4.1: only an operator's resume makes the ballast whole, and only with room for it") {
  FullDesk f;
  Desk& d = f.d;
  d.hold(0.05);
  f.disk.fill();
  d.want(Purpose::exit, 0);
  d.fill(d.last(), d.last().qty(), "99"_dec);
  d.now += bar_ns;
  f.disk.free();
  d.step();
  CHECK_FALSE(d.exec->gate_open());  // nobody has looked
  SECTION("by a resume") { REQUIRE(d.exec->resume(d.now, "operator", "room again", "r1").ok()); }
  SECTION("by a state") { REQUIRE(d.exec->set_trading_state({{}, core::TradingState::active, false, "room again", "operator", "r1"}, d.now).ok()); }
  CHECK(f.ballast.whole());
  CHECK(d.exec->gate_open());
  CHECK(f.told == std::vector<bool>{false, true});
  CHECK(f.rows("journal").back() == R"({"state":"ballast whole"})");
  d.want(Purpose::entry, 0.05, d.m.bnb);
  CHECK(d.last().side() == Side::buy);
}

TEST_CASE("rule 4.1: a ballast that cannot be made at the start denies entries, and is told") {
  StoreFolder dir;
  std::filesystem::create_directories(dir / "ballast");  // nothing can be kept there
  store::Ballast ballast(dir / "ballast", 1024 * 1024);
  Desk d({}, "10000"_dec, opened(dir / "journal.db"));
  d.exec->keep(ballast);
  d.exec->fill_reserve(d.now);
  CHECK_FALSE(d.exec->gate_open());
  CHECK(d.exec->counts().by_incident.at("BALLAST_FILE") == 1);
  CHECK(d.journal->latest("journal") == R"({"state":"ballast short"})");
  d.want(Purpose::entry, 0.05);
  CHECK(d.broker.sent.empty());
  CHECK(d.why("GATE_CLOSED") == 1);
  std::filesystem::remove(dir / "ballast");
  REQUIRE(d.exec->resume(d.now, "operator", "mended", "r1").ok());
  d.want(Purpose::entry, 0.05);
  CHECK(d.broker.sent.size() == 1);
}

TEST_CASE("rule 4.1: a ballast that is there from the start leaves no row") {
  FullDesk f;
  f.d.step();
  CHECK(f.rows("journal").empty());
  CHECK(f.told.empty());
}
