// A canary against a venue where anything may go wrong at any call, and where its process may die at any: it never sends an order
// twice, and never leaves an order or a coin behind without naming it.
#include <filesystem>

#include "fake_venue.hpp"
#include "services/canary/canary.hpp"
#include "unit/store/store_folder.hpp"

using namespace canary_tests;
using bowline::test::StoreFolder;
using services::Canary;
using services::CanaryLeg;
using services::CanaryNotes;
using services::CanaryReport;
using services::VenueTalk;

namespace {

const store::Stamp stamp{"live", "test.venue", "mine"};

/// One process that makes a canary.
struct Process {
  FakeVenue& venue;
  std::optional<VenueTalk> talk;
  core::InstrumentTable table;
  std::function<Error()> interrupted;
  Decimal max_spend = "10"_dec;
  std::string symbol = "BTC-USD", run = "canary-1";
  std::vector<std::string> steps;

  explicit Process(FakeVenue& v) : venue(v), table(v.m.table) {
    VenueTalk::Parts parts{venue, [this] { return venue.now; }, [this] { venue.turn(*talk); }, {}, [this] { return interrupted ? interrupted() : Error{}; }};
    talk.emplace(std::move(parts));
  }
  Canary made(CanaryNotes& notes) {
    Canary::Options o;
    o.symbol = symbol;
    o.account = "mine";
    o.run = run;
    o.max_spend = max_spend;
    return Canary({*talk, table, notes, [this] { return venue.now; }, [this](const services::CanaryStep& s) { steps.push_back(s.name + (s.ok ? "" : "!")); }}, o);
  }
  CanaryReport go() {
    auto notes = CanaryNotes::in_memory(table);
    return made(notes).run();
  }
};

bool names(const CanaryReport& r, std::string_view what) {
  return std::any_of(r.left.begin(), r.left.end(), [&](const std::string& l) { return l.find(what) != std::string::npos; });
}

/// What must be true whatever happened: `before` of BTC is what was there.
void check_nothing_is_forgotten(const FakeVenue& v, const CanaryReport& r, Decimal before) {
  for (const auto& [client, times] : v.submitted) {
    INFO(client);
    CHECK(times == 1);
  }
  for (const FakeVenue::Order& o : v.orders) {
    INFO(o.client << " in state " << o.state);
    if (o.works()) CHECK(names(r, o.client));
  }
  const Decimal rest = v.balances.at(v.m.btc_asset.value) - before;
  if (!rest.is_zero()) CHECK_FALSE(r.left.empty());
  if (r.passed) CHECK(r.left.empty());
  CHECK((r.passed || !r.why.code.empty()));
}

}  // namespace

TEST_CASE("a canary goes all its way, costs the fees and the venue's share, and says what it did") {
  FakeVenue v;
  Process p(v);
  const CanaryReport r = p.go();
  INFO(r.why.code << ": " << r.why.message);
  REQUIRE(r.passed);
  CHECK(r.left.empty());
  CHECK(p.steps == std::vector<std::string>{"look", "create", "listed", "edit", "cancel", "gone", "buy", "stop", "cancel stop", "sell", "ledger"});
  REQUIRE(v.orders.size() == 4);
  CHECK(v.orders[0].limit == "79"_dec);  // as edited
  CHECK((v.orders[0].flags & BL_POST_ONLY) != 0);
  CHECK(v.orders[0].cum.is_zero());
  CHECK(v.orders[1].type == BL_MARKET);
  CHECK(v.orders[1].cum == "0.0125"_dec);  // worth 1 also where the price has fallen by a fifth
  CHECK(v.orders[2].type == BL_STOP_LIMIT);
  CHECK(v.orders[2].stop == "90"_dec);
  CHECK(v.orders[3].side == BL_SELL);
  CHECK(v.balances[v.m.btc_asset.value] == "0.5"_dec);
  CHECK(r.cost == "0.03"_dec);  // 1.2 % of 1.25, twice
  CHECK(v.balances[v.m.usd.value] == "999.97"_dec);
  check_nothing_is_forgotten(v, r, "0.5"_dec);
}

TEST_CASE("every order of a canary is durable before it leaves, and its run before that") {
  StoreFolder folder;
  FakeVenue v;
  Process p(v);
  auto notes = CanaryNotes::open(folder.path(), stamp, p.table);
  REQUIRE(notes);
  std::size_t seen = 0;
  v.at_each_call = [&] {
    std::filesystem::remove_all(folder / "copy");
    std::filesystem::create_directory(folder / "copy");
    for (const char* tail : {"", "-wal"}) std::filesystem::copy_file(folder / ("canary.db" + std::string(tail)).c_str(), (folder / "copy") / ("canary.db" + std::string(tail)));
    auto read = CanaryNotes::open(folder / "copy", stamp, p.table);
    REQUIRE(read);
    const std::size_t sent = read->unfinished() ? read->unfinished()->sent.size() : 0;
    if (v.orders.size() > seen) seen = v.orders.size();
    CHECK(sent >= v.orders.size());
    if (!v.orders.empty()) CHECK(read->unfinished()->run == "canary-1");
  };
  const CanaryReport r = p.made(*notes).run();
  REQUIRE(r.passed);
  CHECK(seen == 4);
  CHECK_FALSE(notes->unfinished());
}

TEST_CASE("the first surprise ends a canary, and what it had at the venue is gone or named") {
  struct One {
    Call call;
    std::size_t nth;
    Fate fate;
    const char* code;
  };
  for (const One& one : {One{Call::submit, 1, Fate::refused, "CANARY_NOT_RESTING"}, One{Call::submit, 1, Fate::denied, "TEST"}, One{Call::submit, 1, Fate::vanished, "CANARY_ABSENT"},
                         One{Call::submit, 1, Fate::other_terms, "CANARY_MISMATCH"}, One{Call::submit, 2, Fate::half, "CANARY_NOT_FILLED"}, One{Call::submit, 2, Fate::refused, "CANARY_NOT_FILLED"},
                         One{Call::submit, 3, Fate::refused, "CANARY_NOT_RESTING"}, One{Call::submit, 3, Fate::vanished, "CANARY_ABSENT"}, One{Call::submit, 4, Fate::half, "CANARY_NOT_FILLED"},
                         One{Call::submit, 4, Fate::refused, "CANARY_NOT_FILLED"}, One{Call::submit, 4, Fate::denied, "TEST"}, One{Call::amend, 1, Fate::refused, "CANARY_NOT_EDITED"},
                         One{Call::amend, 1, Fate::denied, "TEST"}, One{Call::amend, 1, Fate::vanished, "CANARY_NOT_EDITED"}, One{Call::amend, 1, Fate::other_terms, "CANARY_NOT_EDITED"},
                         One{Call::cancel, 1, Fate::other_terms, "CANARY_NOT_CANCELLED"}, One{Call::cancel, 1, Fate::denied, "TEST"}}) {
    INFO(static_cast<int>(one.call) << " number " << one.nth << " with fate " << static_cast<int>(one.fate));
    FakeVenue v;
    std::size_t n = 0;
    v.fate = [&](Call c) { return c == one.call && ++n == one.nth ? one.fate : Fate::done; };
    Process p(v);
    const CanaryReport r = p.go();
    INFO(r.why.code << ": " << r.why.message);
    CHECK_FALSE(r.passed);
    CHECK(r.why.code == one.code);
    CHECK(r.left.empty());
    CHECK(v.balances[v.m.btc_asset.value] == "0.5"_dec);
    check_nothing_is_forgotten(v, r, "0.5"_dec);
  }
}

TEST_CASE("a lost answer is no second order: it is asked for, found, and the canary goes on") {
  for (const std::size_t nth : {1u, 2u, 3u, 4u})
    for (const Fate fate : {Fate::lost, Fate::silent}) {
      INFO(nth << " with fate " << static_cast<int>(fate));
      FakeVenue v;
      std::size_t n = 0;
      v.fate = [&](Call c) { return c == Call::submit && ++n == nth ? fate : Fate::done; };
      Process p(v);
      const CanaryReport r = p.go();
      INFO(r.why.code << ": " << r.why.message);
      CHECK(r.passed);
      CHECK(v.orders.size() == 4);
      CHECK(std::count(p.steps.begin(), p.steps.end(), "found again") == (fate == Fate::lost ? 1 : 0));
      check_nothing_is_forgotten(v, r, "0.5"_dec);
    }
}

TEST_CASE("a venue's plugin without room is asked again, and an edit or a cancel without an answer is looked for") {
  for (const auto& [call, fate] : std::vector<std::pair<Call, Fate>>{{Call::submit, Fate::crowded}, {Call::query, Fate::crowded}, {Call::amend, Fate::lost}, {Call::amend, Fate::silent},
                                                                     {Call::cancel, Fate::lost}, {Call::cancel, Fate::vanished}, {Call::cancel, Fate::refused}, {Call::cancel, Fate::crowded}}) {
    INFO(static_cast<int>(call) << " with fate " << static_cast<int>(fate));
    FakeVenue v;
    std::size_t n = 0;
    v.fate = [&, call = call, fate = fate](Call c) { return c == call && ++n == 1 ? fate : Fate::done; };
    Process p(v);
    const CanaryReport r = p.go();
    INFO(r.why.code << ": " << r.why.message);
    // A cancel's port says no room as an error of its own: it is a surprise like another, and what rests is cancelled all the same.
    CHECK(r.passed == !(call == Call::cancel && fate == Fate::crowded));
    check_nothing_is_forgotten(v, r, "0.5"_dec);
  }
}

TEST_CASE("any call may go wrong in any way: nothing is sent twice, nothing is left unnamed") {
  std::size_t calls = 0;
  {
    FakeVenue v;
    Process p(v);
    REQUIRE(p.go().passed);
    calls = v.calls;
  }
  std::size_t left = 0, passed = 0;
  for (std::size_t at = 1; at <= calls + 4; ++at)
    for (const Fate fate : {Fate::lost, Fate::vanished, Fate::refused, Fate::denied, Fate::crowded, Fate::silent, Fate::half, Fate::other_terms})
      for (const bool for_good : {false, true}) {  // from then on, too
        FakeVenue v;
        std::size_t n = 0;
        v.fate = [&](Call) { return ++n == at || (for_good && n > at) ? fate : Fate::done; };
        Process p(v);
        const CanaryReport r = p.go();
        INFO("call " << at << " fate " << static_cast<int>(fate) << (for_good ? " for good" : "") << ": " << r.why.code << ": " << r.why.message);
        check_nothing_is_forgotten(v, r, "0.5"_dec);
        left += r.left.empty() ? 0 : 1;
        passed += r.passed ? 1 : 0;
      }
  CHECK(left > 10);    // else it would prove nothing
  CHECK(passed > 10);
}

TEST_CASE("a canary whose process dies at any call is ended by the next one, which then makes its own") {
  std::size_t calls = 0;
  {
    FakeVenue v;
    Process p(v);
    REQUIRE(p.go().passed);
    calls = v.calls;
  }
  std::size_t had_left = 0;
  for (std::size_t at = 1; at <= calls; ++at)
    for (const Fate fate : {Fate::dies_before, Fate::dies_behind}) {
      INFO("call " << at << (fate == Fate::dies_before ? " before" : " behind"));
      StoreFolder folder;
      FakeVenue v;
      std::size_t n = 0;
      v.fate = [&](Call) { return ++n == at ? fate : Fate::done; };
      {
        Process p(v);
        auto notes = CanaryNotes::open(folder.path(), stamp, p.table);
        REQUIRE(notes);
        bool died = false;
        try {
          static_cast<void>(p.made(*notes).run());
        } catch (const Crash&) {
          died = true;
        }
        REQUIRE(died);
      }
      v.forget();
      v.fate = [](Call) { return Fate::done; };
      v.now += 5 * second;
      Process again(v);
      again.run = "canary-2";
      auto notes = CanaryNotes::open(folder.path(), stamp, again.table);
      REQUIRE(notes);
      const bool open = std::any_of(v.orders.begin(), v.orders.end(), [](const auto& o) { return o.works(); }) || v.balances[v.m.btc_asset.value] != "0.5"_dec;
      had_left += open ? 1 : 0;
      if (open) REQUIRE(notes->unfinished());
      const CanaryReport cleaned = again.made(*notes).clean_up();
      CHECK(cleaned.left.empty());
      CHECK_FALSE(notes->unfinished());
      CHECK(v.balances[v.m.btc_asset.value] == "0.5"_dec);
      CHECK(std::none_of(v.orders.begin(), v.orders.end(), [](const auto& o) { return o.works(); }));
      const CanaryReport r = again.made(*notes).run();
      INFO(r.why.code << ": " << r.why.message);
      CHECK(r.passed);
      check_nothing_is_forgotten(v, r, "0.5"_dec);
    }
  CHECK(had_left > 10);
}

TEST_CASE("told to stop in the middle it brings what it began to an end") {
  for (const std::size_t at : {3u, 5u, 7u, 9u, 11u, 13u}) {
    FakeVenue v;
    Process p(v);
    p.interrupted = [&]() -> Error { return v.calls >= at ? Error{"CANARY_STOPPED", "told to stop"} : Error{}; };
    const CanaryReport r = p.go();
    INFO(at << ": " << r.why.code);
    CHECK(r.why.code == "CANARY_STOPPED");
    CHECK(r.left.empty());
    CHECK(v.balances[v.m.btc_asset.value] == "0.5"_dec);
    check_nothing_is_forgotten(v, r, "0.5"_dec);
  }
}

TEST_CASE("nothing is ordered where the product, the cap or the account does not allow a canary") {
  const auto refused = [](const char* code, auto&& change) {
    INFO(code);
    FakeVenue v;
    Process p(v);
    change(v, p);
    const CanaryReport r = p.go();
    CHECK(r.why.code == code);
    CHECK(r.run.empty());
    CHECK(v.submitted.empty());
  };
  refused("CANARY_PRODUCT", [](FakeVenue& v, Process&) { v.flags = 2; });
  refused("CANARY_PRODUCT", [](FakeVenue& v, Process&) { v.flags = 1 | 4; });
  refused("CANARY_PRODUCT", [](FakeVenue& v, Process&) { v.flags = 1 | 8; });
  refused("CANARY_RULES", [](FakeVenue& v, Process&) { v.tells_price = false; });
  refused("CANARY_CAP", [](FakeVenue&, Process& p) { p.max_spend = "1"_dec; });
  refused("CANARY_CAP", [](FakeVenue&, Process& p) { p.max_spend = Decimal::not_set(); });
  refused("CANARY_SYMBOL", [](FakeVenue&, Process& p) { p.symbol = "DOGE-USD"; });
  refused("VENUE_INCOMPLETE", [](FakeVenue& v, Process&) { v.listed = false; });
  refused("CANARY_NOT_ALONE", [](FakeVenue& v, Process&) {
    FakeVenue::Order o;
    o.client = "somebody";
    o.venue = "v-9";
    o.side = BL_BUY;
    o.type = BL_LIMIT;
    o.qty = "1"_dec;
    o.limit = "1"_dec;
    o.stop = Decimal::not_set();
    v.orders.push_back(o);
  });
}

TEST_CASE("a balance that is not there, a fee that is not told, a wallet that somebody else moved: no canary passes") {
  {
    FakeVenue v;
    v.balances[v.m.usd.value] = "0.5"_dec;
    Process p(v);
    const CanaryReport r = p.go();
    CHECK(r.why.code == "QUOTE_BALANCE_SHORT");
    CHECK(v.submitted.empty());
  }
  {
    FakeVenue v;
    v.tells_fees = false;
    Process p(v);
    const CanaryReport r = p.go();
    CHECK(r.why.code == "CANARY_FEE_UNKNOWN");
    check_nothing_is_forgotten(v, r, "0.5"_dec);
    CHECK(v.balances[v.m.btc_asset.value] == "0.5"_dec);
  }
  {
    FakeVenue v;
    bool once = false;
    v.at_each_call = [&] {
      if (v.orders.size() == 4 && !std::exchange(once, true)) v.balances[v.m.usd.value] = v.balances[v.m.usd.value] - "0.01"_dec;
    };
    Process p(v);
    const CanaryReport r = p.go();
    CHECK(r.why.code == "CANARY_LEDGER");
    check_nothing_is_forgotten(v, r, "0.5"_dec);
  }
}

TEST_CASE("an order that the venue knows by its id and does not list is a surprise") {
  FakeVenue v;
  v.lists_orders = false;
  Process p(v);
  const CanaryReport r = p.go();
  CHECK(r.why.code == "CANARY_NOT_LISTED");
  CHECK(r.left.empty());
  CHECK(v.orders.size() == 1);
  check_nothing_is_forgotten(v, r, "0.5"_dec);
}

TEST_CASE("where stops do not rest, and where nothing can be edited, the canary says that it left that out") {
  FakeVenue v;
  v.flags = 1 | 64;
  v.amends = false;
  Process p(v);
  const CanaryReport r = p.go();
  REQUIRE(r.passed);
  CHECK(v.orders.size() == 3);
  CHECK(std::count_if(r.steps.begin(), r.steps.end(), [](const auto& s) { return s.text.starts_with("left out"); }) == 2);
}

TEST_CASE("a plugin may find out a while after its start that stops rest: the canary waits for its word, and places one") {
  FakeVenue v;
  v.flags = 1 | 64;
  v.finds_stops_out = v.now + 10 * second;
  Process p(v);
  const CanaryReport r = p.go();
  REQUIRE(r.passed);
  CHECK(v.orders.size() == 4);
  CHECK(std::none_of(r.steps.begin(), r.steps.end(), [](const auto& s) { return s.text.starts_with("left out"); }));
}

TEST_CASE("what an earlier canary left of a product that is not configured any more is named, and nothing new is begun") {
  StoreFolder folder;
  FakeVenue v;
  {
    Process p(v);
    auto notes = CanaryNotes::open(folder.path(), stamp, p.table);
    REQUIRE(notes);
    REQUIRE(notes->begin("canary-0", "DOGE-USD", v.now));
  }
  Process p(v);
  auto notes = CanaryNotes::open(folder.path(), stamp, p.table);
  REQUIRE(notes);
  const CanaryReport r = p.made(*notes).run();
  CHECK(r.why.code == "CANARY_LEFT");
  CHECK(names(r, "canary-0"));
  CHECK(names(r, "DOGE-USD"));
  CHECK(names(r, services::canary_order_id(notes->epoch(), "mine", "DOGE-USD", "canary-0", CanaryLeg::buy, 0).view()));
  CHECK(v.submitted.empty());
  CHECK(notes->unfinished());
}

TEST_CASE("notes of another account, or that were changed, are not gone on with") {
  StoreFolder folder;
  FakeVenue v;
  Process p(v);
  {
    auto notes = CanaryNotes::open(folder.path(), stamp, p.table);
    REQUIRE(notes);
    CHECK(CanaryNotes::open(folder.path(), stamp, p.table).error().code == "JOURNAL_LOCKED");
  }
  CHECK(CanaryNotes::open(folder.path(), {"live", "test.venue", "other"}, p.table).error().code == "JOURNAL_STAMP");
}
