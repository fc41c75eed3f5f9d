// Numbers of frames: what each means, and what has to be done.
#include <algorithm>

#include "coinbase_stream/sequence.hpp"
#include "frames.hpp"

using namespace stream_tests;

namespace {
using State = SequenceState;
using Action = SequenceAction;
}  // namespace

TEST_CASE("frames in order are taken; what is missing in between is a gap, told once") {
  SequenceTracker t;
  CHECK(t.note(0).state == State::first);
  CHECK(t.note(1).state == State::in_order);
  const SequenceStep gap = t.note(5);
  CHECK(gap.state == State::gap);
  CHECK(gap.action == Action::mend);
  CHECK(gap.lost == 3);
  CHECK(t.note(6).action == Action::take);
  CHECK(t.gaps() == 1);
  CHECK(t.lost() == 3);
}

TEST_CASE("a frame told twice is a duplicate, one that comes after its gap is old; neither is used") {
  SequenceTracker t;
  for (const std::uint64_t n : {0U, 1U, 2U}) t.note(n);
  CHECK(t.note(2).state == State::duplicate);
  CHECK(t.note(0).state == State::duplicate);
  t.note(6);  // 3, 4, 5 are missing
  CHECK(t.note(4).state == State::old);
  CHECK(t.note(4).state == State::duplicate);
  CHECK(t.note(3).state == State::old);
  CHECK(t.note(5).state == State::old);
  for (const std::uint64_t n : {3U, 4U, 5U, 6U}) {
    CHECK(t.note(n).state == State::duplicate);
    CHECK(t.note(n).action == Action::ignore);
  }
  CHECK(t.note(7).state == State::in_order);
  CHECK(t.ignored() == 14);
}

TEST_CASE("a connection that is first heard in the midst is no gap, unless it is said to start at zero") {
  SequenceTracker t;
  CHECK(t.note(17).state == State::first);
  CHECK(t.note(18).state == State::in_order);
  SequenceTracker strict({SequenceTracker::Scope::connection, true});
  CHECK(strict.note(0).state == State::first);
  strict.reset();
  const SequenceStep late = strict.note(2);
  CHECK(late.state == State::gap);
  CHECK(late.lost == 2);
}

TEST_CASE("a new connection starts anew") {
  SequenceTracker t;
  t.note(100);
  t.reset();
  CHECK(t.note(0).state == State::first);
  CHECK(t.note(1).state == State::in_order);
}

TEST_CASE("the counter is the connection's: acknowledgements, heartbeats and data share it") {
  StreamDecoder d;
  SequenceTracker t;
  CHECK(t.note(taken(d, envelope("subscriptions", 0, R"({"subscriptions":{}})"))).state == State::first);
  CHECK(t.note(taken(d, envelope("heartbeats", 1, "{}"))).state == State::in_order);
  CHECK(t.note(taken(d, R"({"type":"error","message":"no"})")).state == State::unnumbered);
  CHECK(t.note(taken(d, envelope("l2_data", 2, book_event("update", "BTC-USD", {})))).state == State::in_order);
  CHECK(t.note(taken(d, envelope("brand_new", 3, "{}"))).state == State::in_order);
  CHECK(t.note(taken(d, envelope("heartbeats", 5, "{}"))).state == State::gap);
}

TEST_CASE("by product: each counts alone, and what names no product is not judged") {
  StreamDecoder d;
  SequenceTracker t({SequenceTracker::Scope::product, false});
  const auto book = [&](std::uint64_t n, std::string_view product) {
    return t.note(taken(d, envelope("l2_data", n, book_event("update", product, {}))));
  };
  CHECK(book(4, "BTC-USD").state == State::first);
  CHECK(book(9, "ETH-USD").state == State::first);
  CHECK(book(5, "BTC-USD").state == State::in_order);
  CHECK(book(10, "ETH-USD").state == State::in_order);
  CHECK(book(7, "BTC-USD").state == State::gap);
  CHECK(book(10, "ETH-USD").state == State::duplicate);
  CHECK(t.note(taken(d, envelope("heartbeats", 0, "{}"))).state == State::unnumbered);
  CHECK(t.note(taken(d, envelope("heartbeats", 0, "{}"))).action == Action::take);
  // Two products in one frame: the one with the gap decides.
  const StreamFrame& both =
      taken(d, envelope("l2_data", 11, book_event("update", "ETH-USD", {}) + "," + book_event("update", "BTC-USD", {})));
  CHECK(t.note(both).action == Action::mend);
}

TEST_CASE("gaps without end do not take memory without end") {
  SequenceTracker t;
  for (std::uint64_t n = 0; n < 100'000; n += 2) t.note(n);
  CHECK(t.gaps() == 49'999);
  CHECK(t.note(99'997).state == State::old);
  CHECK(t.note(1).state == State::duplicate);  // forgotten, and still ignored
  SequenceTracker by_product({SequenceTracker::Scope::product, false});
  for (int i = 0; i < 10'000; ++i) by_product.note(0, std::to_string(i));
  CHECK(by_product.note(0, "one more").state == State::unnumbered);
  SequenceTracker far;
  far.note(0);
  CHECK(far.note(INT64_MAX).state == State::gap);
  CHECK(far.note(1).state == State::old);
}

TEST_CASE("what a gap asks for is said for every channel") {
  for (const ChannelRow& row : channel_rows) {
    const auto it =
        std::find_if(mend_rows.begin(), mend_rows.end(), [&](const MendRow& m) { return m.channel == row.channel; });
    INFO(row.told);
    REQUIRE(it != mend_rows.end());
    CHECK(it->resubscribe == (row.channel == Channel::level2));
    CHECK(it->ask_rest == (row.channel == Channel::user || row.channel == Channel::candles));
  }
}
