// Whatever a venue tells of orders, in whatever order and however often, and whatever is done here in between: every
// state is one of the table's, the sums are those of the fills, and the ledger adds up. Judged after each step by a model
// that shares no code with what it judges: it adds and subtracts amounts, and knows nothing of states.
//
//   BOWLINE_PROPERTY_SEED=7 BOWLINE_PROPERTY_SEQUENCES=5000000 build/release/tests/unit/core/unit_core "property*"
#include <catch2/catch.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "unit/core/order_world.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::test::order_world;

namespace {

struct Verdict {
  const char* wrong = nullptr;
  std::size_t at = 0;
  std::uint64_t events = 0;
};

Verdict run(const std::vector<Op>& ops, Fault fault = Fault::none, Met* met = nullptr) {
  World world(fault, met);
  for (std::size_t i = 0; i < ops.size(); ++i)
    if (const char* wrong = world.step(ops[i])) return {wrong, i, world.events()};
  return {nullptr, ops.size(), world.events()};
}

std::vector<Op> smallest(std::vector<Op> ops, const char* wrong, Fault fault = Fault::none) {
  return test::shrunk(std::move(ops), [&](const std::vector<Op>& fewer) {
    const char* now = run(fewer, fault).wrong;
    return now != nullptr && std::strcmp(now, wrong) == 0;
  });
}

void check_sequences(const char* name, std::uint64_t count, std::uint32_t longest, Met& met) {
  const std::uint64_t seed = test::number_from("BOWLINE_PROPERTY_SEED", 1);
  std::printf("%s: seed %llu, %llu sequences", name, static_cast<unsigned long long>(seed), static_cast<unsigned long long>(count));
  std::fflush(stdout);
  const auto begun = std::chrono::steady_clock::now();
  std::uint64_t events = 0;
  for (std::uint64_t n = 0; n < count; ++n) {
    std::vector<Op> ops = random_ops(test::seed_of(seed, n), longest);
    const Verdict v = run(ops, Fault::none, &met);
    events += v.events;
    if (v.wrong == nullptr) continue;
    ops.resize(v.at + 1);
    const auto few = smallest(ops, v.wrong);
    std::printf("\n");
    FAIL("seed " << seed << ", sequence " << n << ": not so: " << v.wrong << "\nthe steps that break it:\n" << told(few));
  }
  std::printf(", %llu events, %.1f s\n", static_cast<unsigned long long>(events),
              std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count());
}

}  // namespace

TEST_CASE("property: random events of orders never reach an undefined state, and every sum adds up after each") {
  const std::uint64_t count = test::sequences(1'050'000);
  Met met;
  check_sequences("property of orders", count, 16, met);
  if (count < 20'000) return;
  // It has met all that it speaks of: every row, every way a fill is booked, every reason why it is not.
  for (const Transition& t : order_transitions) {
    INFO(to_string(t.from) << " + " << to_string(t.event));
    CHECK(met.rows[static_cast<std::size_t>(t.from)][static_cast<std::size_t>(t.event)] > 0);
  }
  for (const std::uint64_t n : met.booked) CHECK(n > 100);
  CHECK(met.refused == std::set<std::string>{"FILL_BEYOND_ORDER", "FILL_BEYOND_POSITION", "FILL_CONTRADICTS", "FILL_MISMATCH",
                                             "FILL_NOT_POSITIVE", "FILL_WITHOUT_ID"});
  for (const std::uint64_t n : {met.owed, met.external_fills, met.amends, met.forgotten, met.came_back, met.renamed}) CHECK(n > 10);
}

TEST_CASE("property: the same over long lives, with orders that are forgotten and tables that are restored") {
  Met met;
  check_sequences("property of orders, long", test::sequences(1'050'000) / 1000 + 1, 2'000, met);
  CHECK(met.forgotten > 0);
}

TEST_CASE("the property's own test: a host that errs is found, and the steps are shrunk to the few that show it") {
  struct Case {
    Fault fault;
    const char* wrong;
    std::size_t most;
  };
  for (const Case& c : {Case{Fault::books_twice, "a position is the sum of its fills and fees", 3},
                        Case{Fault::forgets_base_fee, "a position is the sum of its fills and fees", 2},
                        Case{Fault::drops_unmanaged, "a wallet is the sum of what went in and out", 1}}) {
    bool found = false;
    for (std::uint64_t n = 0; n < 2'000 && !found; ++n) {
      std::vector<Op> ops = random_ops(test::seed_of(5, n), 16);
      const Verdict v = run(ops, c.fault);
      if (v.wrong == nullptr || std::strcmp(v.wrong, c.wrong) != 0) continue;
      found = true;
      ops.resize(v.at + 1);
      const auto few = smallest(ops, v.wrong, c.fault);
      INFO(told(few));
      CHECK(few.size() <= c.most);
      CHECK(run(few, c.fault).wrong != nullptr);
      CHECK(run(few).wrong == nullptr);
    }
    CHECK(found);
  }
}
