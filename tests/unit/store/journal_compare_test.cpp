#include "store/journal_compare.hpp"

#include <map>

#include "store/input_rows.hpp"
#include "store/journal_rows.hpp"
#include "store/journal_snapshot.hpp"
#include "store/operator_rows.hpp"
#include "store/query.hpp"
#include "store/row_words.hpp"
#include "unit/store/store_folder.hpp"

using namespace bowline;
using namespace bowline::store;
using namespace bowline::test;

namespace {

struct Row {
  core::Nanos time;
  std::string kind, payload;
};
using Rows = std::vector<Row>;
using Behind = Rerun::Behind;

void write(const std::filesystem::path& file, const Rows& rows) {
  auto j = Journal::open(file, {"mock", "v", "default"});
  if (!j) FAIL(j.error().message);
  for (const Row& r : rows) REQUIRE((*j)->note(r.kind, r.time, r.payload).ok());
  REQUIRE((*j)->flush().ok());
}

JournalExtent extent_of(const Rows& rows) {
  const StoreFolder dir;
  write(dir / "a.db", rows);
  const auto e = measure_journal(dir / "a.db");
  if (!e) FAIL(e.error().message);
  return *e;
}

JournalComparison compare(const Rows& recorded, const Rows& again, std::uint64_t settled_rows, Behind behind) {
  const StoreFolder dir;
  write(dir / "a.db", recorded);
  write(dir / "b.db", again);
  const auto extent = measure_journal(dir / "a.db");
  if (!extent) FAIL(extent.error().message);
  const auto c = compare_journals(dir / "a.db", *extent, {dir / "b.db", settled_rows, behind});
  if (!c) FAIL(c.error().message);
  return *c;
}

std::string step(core::Nanos settled, std::uint64_t seq = 0) {
  StepRow r;
  r.settled = settled;
  r.seq = seq;
  r.peak = r.day_start = r.max_drawdown = r.day_notional = Decimal::zero();
  return line(r);
}
const Row begin{0, "begin", "{\"seed\":7}"};
Row settled(core::Nanos t, std::uint64_t seq = 0) { return {t, "step", step(t, seq)}; }
Row intent(core::Nanos t, std::string id) { return {t, "intent", "{\"client_id\":\"" + id + "\",\"purpose\":\"entry\"}"}; }
Row order(core::Nanos t, std::string id, std::string event) { return {t, "order", "{\"client_id\":\"" + id + "\",\"event\":\"" + event + "\",\"to\":\"open\"}"}; }
Row end(core::Nanos t, std::string how) { return {t, "end", "{\"end\":\"" + how + "\"}"}; }
Rows operator+(Rows a, const Rows& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
const Rows two_steps{begin, intent(10, "a"), order(10, "a", "handed_over"), settled(10), intent(20, "b"), settled(20)};

}  // namespace

TEST_CASE("journal replay: journals of the same bytes are the same, with their decisions and their head") {
  const StoreFolder dir;
  const Rows rows = two_steps + Rows{end(20, "end_of_data")};
  write(dir / "a.db", rows);
  std::string head;
  {
    auto j = Journal::open(dir / "a.db", {"mock", "v", "default"});
    REQUIRE(j.ok());
    head = (*j)->head();
  }
  const JournalComparison c = compare(rows, rows, 6, Behind::all);
  CHECK(c.result == Agreement::same);
  CHECK(c.rows == 7);
  CHECK(c.decisions == 2);
  CHECK(c.head == head);
  CHECK(c.row == 0);
  CHECK(c.own_end == 0);
}

TEST_CASE("journal replay: the first row that differs is named, by whatever byte of it") {
  const auto first = [](const Rows& recorded, const Rows& again, Behind behind = Behind::own_end) {
    const JournalComparison c = compare(recorded, again, 6, behind);
    CHECK(c.result == Agreement::differ);
    CHECK(c.rows == c.row - 1);
    return c.row;
  };
  const auto changed = [](std::size_t at, Row to) {
    Rows rows = two_steps;
    rows[at] = std::move(to);
    return rows;
  };
  CHECK(first(two_steps, changed(0, {0, "begin", "{\"seed\":8}"})) == 1);
  CHECK(first(two_steps, changed(1, intent(10, "A"))) == 2);
  CHECK(first(two_steps, changed(4, intent(21, "b"))) == 5);
  CHECK(first(two_steps, changed(2, {10, "fill", two_steps[2].payload})) == 3);
  CHECK(first(two_steps, changed(5, settled(21))) == 6);  // the last one that counts
  // A row too few, and a row too many.
  const JournalComparison missing = compare(two_steps, Rows(two_steps.begin(), two_steps.end() - 1), 6, Behind::all);
  CHECK(missing.row == 6);
  REQUIRE(missing.recorded);
  CHECK(missing.recorded->kind == "step");
  CHECK(missing.recorded->time == 20);
  CHECK(!missing.again);
  const JournalComparison extra = compare(two_steps, two_steps + Rows{intent(30, "c")}, 7, Behind::own_end);
  CHECK(extra.result == Agreement::differ);
  CHECK(extra.row == 7);
  CHECK(!extra.recorded);
  REQUIRE(extra.again);
  CHECK(extra.again->payload == intent(30, "c").payload);
}

TEST_CASE("journal replay: a run that came to its end is compared to its very last row") {
  const Rows whole = two_steps + Rows{end(20, "end_of_data")};
  CHECK(compare(whole, two_steps + Rows{end(20, "stopped")}, 6, Behind::all).row == 7);
  CHECK(compare(whole, two_steps, 6, Behind::all).row == 7);
  CHECK(compare(whole, two_steps + Rows{order(20, "b", "cancel_sent"), end(20, "end_of_data")}, 6, Behind::all).result == Agreement::differ);
}

TEST_CASE("journal replay: a stopped run's own end is told apart, and what the re-run does behind it does not count") {
  const Rows stopped = two_steps + Rows{order(20, "b", "cancel_sent"), order(20, "b", "cancelled"), settled(20, 3), end(20, "stopped")};
  const Rows on = two_steps + Rows{order(30, "b", "acked"), intent(30, "c"), settled(30)};
  const JournalComparison c = compare(stopped, on, 6, Behind::own_end);
  CHECK(c.result == Agreement::same);
  CHECK(c.rows == 6);
  CHECK(c.own_end == 4);
  // Nor does a re-run that ends there.
  CHECK(compare(stopped, two_steps, 6, Behind::own_end).own_end == 4);
  CHECK(compare(two_steps, on, 6, Behind::own_end).result == Agreement::same);
}

TEST_CASE("journal replay: a step that was not settled is compared as far as it goes") {
  const Rows half = two_steps + Rows{intent(30, "c"), order(30, "b", "cancel_sent"), end(20, "stopped")};
  const Rows on = two_steps + Rows{intent(30, "c"), order(30, "c", "handed_over"), settled(30)};
  const JournalComparison c = compare(half, on, 6, Behind::own_end);
  CHECK(c.result == Agreement::same);
  CHECK(c.rows == 7);
  CHECK(c.decisions == 3);
  CHECK(c.own_end == 2);
}

TEST_CASE("journal replay: no end decides: a decision behind the last settled step that the re-run did not make differs") {
  const Rows on = two_steps + Rows{intent(30, "c"), settled(30)};
  CHECK(compare(two_steps + Rows{intent(30, "d"), end(20, "stopped")}, on, 6, Behind::own_end).row == 7);
  CHECK(compare(two_steps + Rows{order(20, "b", "cancel_sent"), intent(30, "c")}, on, 6, Behind::own_end).row == 8);
  CHECK(compare(two_steps + Rows{{30, "sizing", "{}"}}, on, 6, Behind::own_end).result == Agreement::differ);
  // Nor is a beginning an end.
  CHECK(compare({begin}, {{0, "begin", "{\"seed\":8}"}}, 0, Behind::own_end).result == Agreement::differ);
}

TEST_CASE("journal replay: a re-run that was cut off is compared until there") {
  const JournalComparison c = compare(two_steps, {begin, intent(10, "a"), order(10, "a", "handed_over"), settled(10), end(10, "stopped")}, 4, Behind::nothing);
  CHECK(c.result == Agreement::same);
  CHECK(c.rows == 4);
  CHECK(c.decisions == 1);
}

TEST_CASE("journal replay: a row that only the world can make ends the comparison, and is named") {
  StateRow by_operator, by_host, by_quarantine;
  by_operator.state = by_host.state = by_quarantine.state = core::TradingState::reducing;
  by_operator.who = "ops";
  by_host.who = by_quarantine.who = "host";
  by_host.why = "POSITION_DROPPED: managed inventory went";
  by_quarantine.why = an_instance_is_quarantined;
  const Row outside[] = {{20, "command", "{}"},
                         {20, "close", "{}"},
                         {20, "emergency", "{}"},
                         {20, "inventory", "{}"},
                         {20, "product_state", "{}"},
                         {20, "lock", "{}"},
                         {20, "adoption", "{}"},
                         {20, "external", "{}"},
                         {20, "flow", "{}"},
                         {20, "journal", "{\"state\":\"writable again\"}"},
                         {20, "state", line(by_operator)},
                         {20, "state", line(by_quarantine)},
                         {20, "target", "{\"symbol\":\"BTC-USD\",\"purpose\":\"operator\"}"},
                         {20, "intent", "{\"client_id\":\"x\",\"purpose\":\"emergency\"}"},
                         {20, "order", "{\"client_id\":\"a\",\"event\":\"deny\",\"to\":\"denied\",\"text\":\"the latch HALT is set: no entry and no strategy exit "
                                       "leaves until an operator resumes\"}"}};
  for (const Row& row : outside) {
    INFO(row.kind << " " << row.payload);
    const Rows recorded = Rows(two_steps.begin(), two_steps.begin() + 4) + Rows{row, settled(20)};
    const JournalComparison c = compare(recorded, two_steps, 6, Behind::own_end);
    CHECK(c.result == Agreement::part);
    CHECK(c.row == 5);
    CHECK(c.rows == 4);
    CHECK(!c.why.empty());
    REQUIRE(c.recorded);
    CHECK(c.recorded->kind == row.kind);
    CHECK(c.recorded->time == 20);
    // What the re-run has there, too, is no reason to stop.
    CHECK(compare(recorded, recorded, 6, Behind::own_end).result == Agreement::same);
    // Behind the last settled step it is no end either.
    CHECK(compare(two_steps + Rows{row}, two_steps, 6, Behind::own_end).result == Agreement::part);
  }
  for (const Row& row : {Row{20, "state", line(by_host)}, Row{20, "block", "{}"}, Row{20, "target", "{\"symbol\":\"BTC-USD\",\"purpose\":\"exit\"}"},
                         Row{20, "order", "{\"client_id\":\"a\",\"event\":\"deny\",\"to\":\"denied\",\"text\":\"no\"}"}}) {
    INFO(row.kind << " " << row.payload);
    CHECK(compare(Rows(two_steps.begin(), two_steps.begin() + 4) + Rows{row, settled(20)}, two_steps, 6, Behind::own_end).result == Agreement::differ);
  }
}

TEST_CASE("journal replay: where a command stands as it was asked, what it led to must come again") {
  AskedRow a{{20, 4, 1, false}, Ask::lock, "ops"};
  a.symbol = "BTC-USD";
  const Row asked{20, "asked", line(a)}, lock{20, "lock", "{}"};
  StateRow by_operator;
  by_operator.state = core::TradingState::reducing;
  by_operator.who = "ops";
  const Rows before(two_steps.begin(), two_steps.begin() + 4), recorded = before + Rows{asked, lock, settled(20)};
  const JournalExtent e = extent_of(recorded);
  REQUIRE(e.inputs.size() == 1);
  CHECK(place_of(e.inputs[0].input).heard == 4);
  CHECK(e.inputs[0].row != 0);
  CHECK(compare(recorded, recorded, 7, Behind::all).result == Agreement::same);
  for (const Row& row : {lock, Row{20, "command", "{}"}, Row{20, "state", line(by_operator)}, Row{20, "target", "{\"symbol\":\"BTC-USD\",\"purpose\":\"operator\"}"}}) {
    INFO(row.kind);
    const JournalComparison c = compare(before + Rows{asked, row, settled(20)}, before + Rows{asked, settled(20)}, 7, Behind::all);
    CHECK(c.result == Agreement::differ);
    CHECK(c.row == 6);
  }
  // Not asked at all it differs where it was asked.
  CHECK(compare(recorded, before + Rows{settled(20)}, 6, Behind::all).row == 5);
  // What nobody here commanded is as far away as ever.
  for (const char* kind : {"external", "flow", "journal", "emergency"})
    CHECK(compare(before + Rows{asked, {20, kind, "{}"}, settled(20)}, before + Rows{asked, settled(20)}, 7, Behind::all).result == Agreement::part);
}

TEST_CASE("journal replay: a command in the middle of a step of several processes is named, and nothing behind it is compared") {
  AskedRow a{{20, 4, 1, true}, Ask::cancel, "ops"};
  a.order = "b";
  const Rows before(two_steps.begin(), two_steps.begin() + 4);
  const JournalComparison c = compare(before + Rows{{20, "asked", line(a)}, settled(20)}, before + Rows{settled(20)}, 6, Behind::all);
  CHECK(c.result == Agreement::part);
  CHECK(c.row == 5);
  CHECK(c.why.find("several processes") != std::string::npos);
}

TEST_CASE("journal replay: an input that can't be read ends it with its row") {
  const StoreFolder dir;
  write(dir / "a.db", Rows{begin, {1, "tick", "{}"}});
  const auto e = measure_journal(dir / "a.db");
  REQUIRE(!e);
  CHECK(e.error().code == "JOURNAL_ROW");
  CHECK(e.error().message.find("row 2:") != std::string::npos);
}

TEST_CASE("journal replay: what a later process did is told apart from what the first one did") {
  const Rows later{order(20, "b", "restarted"), begin, intent(30, "c"), settled(30), end(30, "end_of_data")};
  const Rows first = two_steps + Rows{order(20, "b", "cancel_sent"), end(20, "stopped")};
  const JournalExtent e = extent_of(first + later);
  CHECK(e.rows == 13);
  CHECK(e.first == 8);
  CHECK(e.settled == 20);
  CHECK(!e.whole);
  // Killed, it leaves no end.
  CHECK(extent_of(two_steps + later).first == 6);
  CHECK(extent_of(two_steps + Rows{begin, settled(30)}).first == 6);
  for (const Rows& recorded : {first + later, two_steps + later}) {
    const JournalComparison c = compare(recorded, two_steps + Rows{intent(30, "c"), settled(30)}, 6, Behind::own_end);
    CHECK(c.result == Agreement::part);
    CHECK(c.rows == 6);
    CHECK(c.row == recorded.size() - later.size() + 1);
    CHECK(c.why == "the run was started again here");
  }
  // A re-run that has the very same rows there has them by chance.
  CHECK(compare(two_steps + later, two_steps + later, 6, Behind::own_end).result == Agreement::part);
}

TEST_CASE("journal replay: how far a run came") {
  CHECK(extent_of({begin}).settled == 0);
  CHECK(extent_of(two_steps).settled == 20);
  CHECK(extent_of(two_steps).first == 6);
  CHECK(extent_of(two_steps + Rows{{30, "step", step(25)}}).settled == 25);  // of a frame: the step before it was quiet
  CHECK(extent_of(two_steps + Rows{end(40, "stopped")}).settled == 40);     // its last steps were quiet
  CHECK(!extent_of(two_steps + Rows{end(40, "feed_failed")}).whole);
  CHECK(extent_of(two_steps + Rows{end(20, "end_of_data")}).whole);
  CHECK(extent_of(two_steps).stamp.venue == "v");
}

TEST_CASE("journal replay: what has no row of its own is guessed at, and differs all the same") {
  const auto why = [](Row recorded) {
    const JournalComparison c = compare(Rows(two_steps.begin(), two_steps.end() - 1) + Rows{std::move(recorded)}, two_steps, 6, Behind::own_end);
    CHECK(c.result == Agreement::differ);
    return c.why;
  };
  CHECK(why(order(20, "a", "cancel_sent")).starts_with("an operator's cancel"));
  CHECK(why({20, "target", "{\"symbol\":\"*\",\"purpose\":\"rebalance\",\"gone\":true}"}).starts_with("a plan"));
  CHECK(why(settled(20, 1)).starts_with("only the numbering differs"));
  CHECK(why({20, "step", step(21)}).empty());
}

TEST_CASE("journal replay: a recorded journal that was changed is refused, with its row") {
  const StoreFolder dir;
  write(dir / "a.db", two_steps);
  {
    auto db = Database::open(dir / "a.db", Database::Access::write);
    REQUIRE(db.ok());
    REQUIRE(db->exec("UPDATE journal SET payload='x' WHERE row=3").ok());
  }
  const auto e = measure_journal(dir / "a.db");
  REQUIRE(!e);
  CHECK(e.error().code == "JOURNAL_CHAIN");
  CHECK(e.error().message.find("row 3:") != std::string::npos);
  CHECK(measure_journal(dir / "no.db").error().code == "JOURNAL_OPEN");
}

TEST_CASE("journal replay: a journal is copied while its host has it, and nothing is left beside it") {
  const StoreFolder dir, to;
  auto j = Journal::open(dir / "journal.db", {"mock", "v", "default"});
  REQUIRE(j.ok());
  for (const Row& r : two_steps) REQUIRE((*j)->note(r.kind, r.time, r.payload).ok());
  REQUIRE((*j)->flush().ok());
  const auto files = [](const std::filesystem::path& folder) {
    std::map<std::string, std::pair<std::uintmax_t, std::filesystem::file_time_type>> all;
    for (const auto& e : std::filesystem::directory_iterator(folder)) all[e.path().filename()] = {e.file_size(), e.last_write_time()};
    return all;
  };
  const auto before = files(dir.path());
  REQUIRE(before.size() == 2);  // the file and its log, where all of it still is
  const std::string head = (*j)->head();
  // Its host's locks are its process's: they are met from another one.
  CHECK(in_child([&] {
          const auto copy = copy_journal(dir / "journal.db", to.path());
          if (!copy) return 1;
          const auto e = measure_journal(*copy);
          if (!e || e->first != 6 || e->settled != 20) return 2;
          const auto c = compare_journals(*copy, *e, {*copy, 6, Behind::own_end});
          return c && c->head == head ? 7 : 3;
        }) == 7);
  CHECK(files(dir.path()) == before);
  CHECK(copy_journal(dir / "no.db", to.path()).error().code == "JOURNAL_OPEN");
}
