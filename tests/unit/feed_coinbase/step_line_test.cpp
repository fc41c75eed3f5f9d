#include "feed_coinbase/step_line.hpp"

#include "feed_coinbase/backoff.hpp"
#include "rig.hpp"

using namespace feed_test;
using bowline::coinbase::SeriesBar;

namespace {
SeriesBar closed(std::int64_t close) {
  SeriesBar b;
  b.open_ns = close - bucket;
  b.close_ns = close;
  return b;
}
/// What goes: closes in units of a bucket, and their products.
std::string gone(fc::StepLine& line, std::int64_t now) {
  std::vector<fc::Step> steps;
  line.take(now, steps);
  std::string out;
  for (const fc::Step& s : steps) {
    out += (out.empty() ? "" : " ") + std::to_string(s.close_ns / bucket) + ":";
    for (const fc::StepBar& b : s.bars) out += std::to_string(b.product);
  }
  return out;
}
}  // namespace

TEST_CASE("steps: bars of one close go together, in order of product, once all have theirs") {
  fc::StepLine line(2);
  line.put(1, closed(bucket), 10, 100);
  line.passed(1, bucket);
  CHECK(gone(line, 50).empty());
  CHECK(line.next_due_ns() == 110);
  line.put(0, closed(bucket), 60, 100);
  line.passed(0, bucket);
  CHECK(gone(line, 60) == "1:01");
  CHECK_FALSE(line.next_due_ns());
}

TEST_CASE("steps: a product that has no bar for a close is not waited for once it is past it") {
  fc::StepLine line(2);
  line.put(0, closed(bucket), 0, 100);
  line.passed(0, bucket);
  line.passed(1, bucket);
  CHECK(gone(line, 1) == "1:0");
}

TEST_CASE("steps: what waited long enough goes alone, who is behind is not waited for again, and comes as steps of its own") {
  fc::StepLine line(2);
  line.put(0, closed(bucket), 0, 100);
  line.passed(0, bucket);
  CHECK(gone(line, 99).empty());
  CHECK(gone(line, 100) == "1:0");
  line.put(0, closed(2 * bucket), 200, 100);
  line.passed(0, 2 * bucket);
  CHECK(gone(line, 200) == "2:0");  // product 1 has not even the close before
  line.put(1, closed(bucket), 300, 100);
  line.put(1, closed(2 * bucket), 300, 100);
  line.passed(1, 2 * bucket);
  CHECK(gone(line, 300) == "1:1 2:1");
  line.put(0, closed(3 * bucket), 400, 100);
  line.passed(0, 3 * bucket);
  CHECK(gone(line, 400).empty());  // it has caught up
}

TEST_CASE("steps: an older close that waits holds up the later ones") {
  fc::StepLine line(2);
  line.put(0, closed(bucket), 0, 1000);
  line.put(0, closed(2 * bucket), 0, 10);
  line.passed(0, 2 * bucket);
  CHECK(gone(line, 500).empty());
  CHECK(gone(line, 1000) == "1:0 2:0");
}

TEST_CASE("back-off: longer each time up to the most, shortened by at most a half, the same for the same seed") {
  fc::Backoff a(7, 1000, 60'000), b(7, 1000, 60'000), c(8, 1000, 60'000);
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    const std::int64_t whole = std::min<std::int64_t>(60'000, 1000ll << std::min(i, 20));
    const std::int64_t wait = a.next();
    CHECK(wait <= whole);
    CHECK(wait > whole / 2 - 1);
    CHECK(wait == b.next());
    differs = differs || wait != c.next();
  }
  CHECK(differs);
  a.reset();
  CHECK(a.next() <= 1000);
}
