// The state on disk: what was kept is there again, and what is torn or wrong is told apart.
#include <catch2/catch.hpp>

#include <filesystem>

#include "exchange/server/files.hpp"
#include "exchange/server/kept_state.hpp"
#include "unit/exchange/venue.hpp"
#include "unit/exchange_server/folder.hpp"

using namespace exchange_test;

namespace {

KeptHead head_of(const Engine& e) { return {e.options(), {"alice", "bob"}, 1'700'000'000}; }

}  // namespace

TEST_CASE("a snapshot and the calls behind it are the state again") {
  const server_test::Folder dir;
  const std::string path = dir / "sub/state";
  Options o;
  o.cancel_ns = 3 * second;
  o.max_limit_distance = "0.5"_dec;
  o.self_trade = SelfTrade::allow;
  Venue v(o);
  CHECK(read_state(path)->has_value() == false);
  {
    auto file = StateFile::open(path);
    REQUIRE(file.ok());
    CHECK(StateFile::open(path).error().code == "STATE_IN_USE");
    REQUIRE((*file)->snapshot(head_of(v.e), v.e.save()).ok());
    std::string calls;
    v.e.write_calls(&calls);
    const auto keep = [&] {
      REQUIRE((*file)->append(calls).ok());
      calls.clear();
    };
    v.market({{"99"_dec, "5"_dec}}, {{"101"_dec, "5"_dec}}, "100"_dec);
    keep();
    const OrderNo n = v.limit(v.alice, Side::buy, "1"_dec, "98"_dec);
    keep();
    v.cancel(v.alice, n);
    keep();
    v.limit(v.bob, Side::sell, "1"_dec, "99"_dec);
    keep();
    CHECK((*file)->log_size() > 0);
    const auto kept = read_state(path);
    REQUIRE(kept->has_value());
    CHECK_FALSE((*kept)->torn);
    CHECK((*kept)->head.portfolios == std::vector<std::string>{"alice", "bob"});
    CHECK((*kept)->head.options.max_limit_distance == "0.5"_dec);
    CHECK((*kept)->head.options.client_id_retention_ns == forever);
    auto e = restore(**kept, o);
    REQUIRE(e.ok());
    CHECK(e->save() == v.e.save());

    // A new snapshot takes the log's place.
    REQUIRE((*file)->snapshot(head_of(v.e), v.e.save()).ok());
    CHECK((*file)->log_size() == 0);
    std::size_t files = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(dir.path / "sub")) ++files;
    CHECK(files == 3);  // state, log, lock
    CHECK(restore(**read_state(path), o)->save() == v.e.save());
  }
  // Whoever comes next goes on.
  auto file = StateFile::open(path);
  REQUIRE(file.ok());
  REQUIRE((*file)->snapshot(head_of(v.e), v.e.save()).ok());
  CHECK(restore(**read_state(path), o)->save() == v.e.save());
}

TEST_CASE("options that changed are the new ones, and what was done under the old ones stands") {
  const server_test::Folder dir;
  Options slow;
  slow.pending_ns = 60 * second;
  Venue v(slow);
  auto file = StateFile::open(dir / "state");
  REQUIRE((*file)->snapshot(head_of(v.e), v.e.save()).ok());
  std::string calls;
  v.e.write_calls(&calls);
  v.limit(v.alice, Side::buy, "1"_dec, "98"_dec);
  REQUIRE((*file)->append(calls).ok());
  auto e = restore(**read_state(dir / "state"), Options{});
  REQUIRE(e.ok());
  CHECK(e->order(1).state.status == Status::pending);
  CHECK(e->order(1).arrives_ns == v.now + 60 * second);
  CHECK(e->options().pending_ns == 0);
}

TEST_CASE("a record that was torn by a kill is left out, wherever it was torn, and one that is wrong is an error") {
  const server_test::Folder dir;
  const std::string path = dir / "state", log = dir / "state.log.1";
  Venue v;
  auto file = StateFile::open(path);
  REQUIRE((*file)->snapshot(head_of(v.e), v.e.save()).ok());
  std::string calls;
  v.e.write_calls(&calls);
  v.limit(v.alice, Side::buy, "1"_dec, "98"_dec);
  REQUIRE((*file)->append(calls).ok());
  const std::string one = *read_file(log);
  calls.clear();
  v.limit(v.alice, Side::buy, "2"_dec, "98"_dec);
  REQUIRE((*file)->append(calls).ok());
  const std::string both = *read_file(log);
  for (std::size_t n = one.size(); n <= both.size(); ++n) {
    REQUIRE(write_file(log, both.substr(0, n)).ok());
    const auto kept = read_state(path);
    REQUIRE(kept.ok());
    CHECK((*kept)->torn == (n != one.size() && n != both.size()));
    OrderFilter all;
    CHECK(restore(**kept, {})->orders(all).orders.size() == (n == both.size() ? 2 : 1));
  }
  for (const std::size_t at : {std::size_t{0}, std::size_t{5}, one.size() / 2, one.size() - 1}) {
    std::string wrong = both;
    wrong[at] = wrong[at] == '~' ? '!' : '~';
    REQUIRE(write_file(log, wrong).ok());
    const auto kept = read_state(path);
    // A length that is too long makes it look torn; all else is told.
    CHECK((!kept.ok() || (*kept)->torn));
    if (!kept.ok()) CHECK(kept.error().code == "STATE_MALFORMED");
  }
}

TEST_CASE("what is no state is refused") {
  const server_test::Folder dir;
  const std::string path = dir / "state";
  for (const char* bad : {"", "x", "bowline-venue 2 1\n{}\n", "bowline-venue 1 x\n{}\n", "bowline-venue 1 1\n{}\n", "bowline-venue 1 1\nno json\nx"}) {
    REQUIRE(write_file(path, bad).ok());
    const auto kept = read_state(path);
    REQUIRE_FALSE(kept.ok());
    CHECK(kept.error().code == "STATE_MALFORMED");
  }
  REQUIRE(write_file(dir / "state2", "bowline-venue 1 7\n").ok());
  Venue v;
  auto file = StateFile::open(dir / "state3");
  REQUIRE((*file)->snapshot(head_of(v.e), v.e.save()).ok());
  std::filesystem::remove(dir / "state3.log.1");
  CHECK(read_state(dir / "state3").error().code == "STATE_UNREADABLE");
}
