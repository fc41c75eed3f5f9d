// What was asked, and the clock's ticks, as rows: they come back as they were, and formats from 4 on have them.
#include "store/input_rows.hpp"

#include "store/journal_verify.hpp"
#include "store/query.hpp"
#include "unit/services/again.hpp"

using namespace bowline;
using namespace bowline::store;
using namespace bowline::test;

namespace {

AskedRow full() {
  AskedRow r{{1'700'000'000'000'000'001, 12, 5, true}, Ask::trade, "ops", "a \"reason\"", "r-1"};
  r.key = "k1";
  r.symbol = "BTC-USD";
  r.order = "bl-0123";
  r.side = "SELL";
  r.type = "stop_limit";
  r.tif = "GTD";
  r.qty = "0.123456789012345678"_dec;
  r.quote_qty = "7"_dec;
  r.limit_px = "90.5"_dec;
  r.stop_px = "91"_dec;
  r.px = "100"_dec;
  r.until = 42;
  r.flag = true;
  return r;
}

int format_of(const std::filesystem::path& file) {
  auto db = Database::open(file, Database::Access::read);
  REQUIRE(db.ok());
  Query q(*db, "PRAGMA user_version");
  REQUIRE(q.next());
  return static_cast<int>(q.integer(0));
}
void set_format(const std::filesystem::path& file, int format) {
  auto db = Database::open(file, Database::Access::write);
  REQUIRE(db.ok());
  REQUIRE(db->exec("PRAGMA user_version=" + std::to_string(format)).ok());
}

std::string report(const std::vector<std::pair<std::string_view, std::string>>& notes) {
  const StoreFolder dir;
  {
    auto j = opened(dir / "journal.db");
    for (const auto& [kind, payload] : notes) REQUIRE(j->note(kind, 1, payload).ok());
    REQUIRE(j->flush().ok());
  }
  const auto r = verify_journal(dir / "journal.db");
  REQUIRE(r.ok());
  return r->bad.code + (r->bad.row != 0 ? " " + std::to_string(r->bad.row) : "");
}
std::string tick(core::Nanos at, std::uint64_t heard, std::uint64_t steps) { return line(TickRow{{at, heard, steps, false}}); }

}  // namespace

TEST_CASE("rule 4.1: a command comes back from its row as it was asked") {
  const std::string text = line(full());
  const auto r = read_asked(text);
  if (!r) FAIL(r.error().message);
  CHECK(line(*r) == text);
  CHECK(r->place.at == 1'700'000'000'000'000'001);
  CHECK(r->place.heard == 12);
  CHECK(r->place.steps == 5);
  CHECK(r->place.within);
  CHECK(r->what == Ask::trade);
  CHECK(r->who == "ops");
  CHECK(r->why == "a \"reason\"");
  CHECK(r->request == "r-1");
  CHECK(r->key == "k1");
  CHECK(r->order == "bl-0123");
  CHECK(r->side == "SELL");
  CHECK(r->type == "stop_limit");
  CHECK(r->tif == "GTD");
  CHECK(r->qty == "0.123456789012345678"_dec);
  CHECK(r->quote_qty == "7"_dec);
  CHECK(r->limit_px == "90.5"_dec);
  CHECK(r->stop_px == "91"_dec);
  CHECK(r->px == "100"_dec);
  CHECK(r->until == 42);
  CHECK(r->flag);
}

TEST_CASE("rule 4.1: each kind of command is called by its name, and a plan keeps its targets to the last bit") {
  for (int n = 0; n <= static_cast<int>(Ask::reclassify); ++n) {
    AskedRow r{{1, 2, 3, false}, static_cast<Ask>(n), "ops"};
    if (r.what == Ask::cancel || r.what == Ask::amend) r.order = "bl-1";
    if (r.what == Ask::ramp) r.count = 20;
    if (r.what == Ask::reclassify) r.asset = "SOL";
    const auto back = read_asked(line(r));
    if (!back) FAIL(back.error().message);
    CHECK(back->what == r.what);
    CHECK(back->count == r.count);
    CHECK(back->asset == r.asset);
    CHECK(line(*back) == line(r));
  }
  AskedRow plan{{1, 2, 3, false}, Ask::plan, "ops"};
  plan.plan = {{"BTC-USD", 1.0 / 3, INT64_MAX, {0xfedcba9876543210, 1}, "100.01"_dec}, {"ETH-USD", 0, 7, {2, 3}}};
  const auto back = read_asked(line(plan));
  REQUIRE(back);
  REQUIRE(back->plan.size() == 2);
  CHECK(back->plan[0].weight == 1.0 / 3);
  CHECK(back->plan[0].valid_until == INT64_MAX);
  CHECK(back->plan[0].decision == core::Id128{0xfedcba9876543210, 1});
  CHECK(back->plan[0].ref_px == "100.01"_dec);
  CHECK(!back->plan[1].ref_px.is_set());
  AskedRow state{{1, 2, 3, false}, Ask::state, "ops"};
  state.state = core::TradingState::halted;
  CHECK(read_asked(line(state))->state == core::TradingState::halted);
}

TEST_CASE("rule 1.5: a tick comes back with its place and what it was of") {
  for (const auto of : {TickRow::Of::clock, TickRow::Of::time, TickRow::Of::latch}) {
    const auto r = read_tick(line(TickRow{{9, 8, 7, false}, of}));
    REQUIRE(r);
    CHECK(r->of == of);
    CHECK(r->place.at == 9);
    CHECK(r->place.heard == 8);
    CHECK(r->place.steps == 7);
  }
}

TEST_CASE("rule 4.1: an input that can't be read is named") {
  for (const char* bad : {"", "[]", "{}", R"({"what":"dance","at":1,"heard":0,"steps":0,"who":""})", R"({"what":"lock","at":1,"heard":0,"steps":0})",
                          R"({"what":"cancel","at":1,"heard":0,"steps":0,"who":""})", R"({"what":"lock","at":"1","heard":0,"steps":0,"who":""})",
                          R"({"what":"trade","at":1,"heard":0,"steps":0,"who":"","qty":"x"})", R"({"what":"state","at":1,"heard":0,"steps":0,"who":"","state":"asleep"})",
                          R"({"what":"plan","at":1,"heard":0,"steps":0,"who":""})"}) {
    INFO(bad);
    const auto r = read_asked(bad);
    REQUIRE(!r);
    CHECK(r.error().code == "JOURNAL_ROW");
  }
  CHECK(read_tick(R"({"of":"moon","at":1,"heard":0,"steps":0})").error().code == "JOURNAL_ROW");
  CHECK(read_input("intent", "{}").error().code == "JOURNAL_ROW");
}

TEST_CASE("journal verify: inputs are read, and one before the one before it is out of place") {
  CHECK(report({{"begin", "{}"}, {"tick", tick(5, 1, 1)}, {"asked", line(full())}}).empty());
  CHECK(report({{"begin", "{}"}, {"tick", "{}"}}) == "JOURNAL_ROW 2");
  CHECK(report({{"begin", "{}"}, {"asked", "{}"}}) == "JOURNAL_ROW 2");
  CHECK(report({{"tick", tick(5, 1, 1)}, {"tick", tick(4, 1, 1)}}) == "INPUT_OUT_OF_PLACE 2");
  CHECK(report({{"tick", tick(5, 1, 1)}, {"tick", tick(5, 0, 1)}}) == "INPUT_OUT_OF_PLACE 2");
  CHECK(report({{"tick", tick(5, 1, 1)}, {"tick", tick(5, 1, 0)}}) == "INPUT_OUT_OF_PLACE 2");
  // A later process counts from the beginning.
  CHECK(report({{"tick", tick(5, 9, 9)}, {"begin", "{}"}, {"tick", tick(6, 1, 1)}}).empty());
}

TEST_CASE("journal: a file of format 2 to 4 is read as it is, taken to format 5 by who goes on from it, and a newer one is refused") {
  const StoreFolder dir;
  const auto file = dir / "journal.db";
  {
    auto j = opened(file);
    REQUIRE(j->note("begin", 0, "{\"seed\":7}").ok());
    REQUIRE(j->flush().ok());
  }
  CHECK(format_of(file) == 5);
  for (const int format : {2, 3, 4}) {
    set_format(file, format);
    const auto r = verify_journal(file);
    REQUIRE(r);
    CHECK(r->bad.code.empty());
    CHECK(format_of(file) == format);
    opened(file);
    CHECK(format_of(file) == 5);
  }
  set_format(file, 6);
  CHECK(verify_journal(file).error().code == "JOURNAL_NEWER");
  const auto refused = Journal::open(file, {"mock", "v", "default"});
  REQUIRE(!refused);
  CHECK(refused.error().code == "JOURNAL_NEWER");
  CHECK(refused.error().message.find("format 6, this one knows 5") != std::string::npos);
}
