#include "services/runtime/event_inbox.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <thread>

using bowline::services::EventInbox;

namespace {

bl_fill fill(std::uint64_t seq) {
  bl_fill f{};
  f.h.size = sizeof f;
  f.h.type = BL_EV_FILL;
  f.h.seq = seq;
  f.qty = bl_dec{};
  return f;
}

}  // namespace

TEST_CASE("inbox: events come out whole, in the order they were put") {
  EventInbox inbox;
  bl_balance_ev balance{};
  balance.h.size = sizeof balance;
  balance.h.type = BL_EV_BALANCE;
  balance.asset = 7;
  REQUIRE(inbox.put(fill(1).h));
  REQUIRE(inbox.put(balance.h));
  REQUIRE(inbox.put(fill(2).h));
  std::string seen;
  inbox.drain([&](const bl_event& e) {
    seen += std::to_string(e.type) + ":" + std::to_string(e.seq) + " ";
    if (e.type == BL_EV_BALANCE) CHECK(reinterpret_cast<const bl_balance_ev&>(e).asset == 7);
    CHECK(reinterpret_cast<std::uintptr_t>(&e) % alignof(bl_event) == 0);
  });
  CHECK(seen == "33:1 34:0 33:2 ");
  inbox.drain([](const bl_event&) { FAIL("read twice"); });
}

TEST_CASE("inbox: an event shorter than its type demands is refused, a longer one is kept whole") {
  EventInbox inbox;
  bl_fill f = fill(1);
  f.h.size = sizeof(bl_event);
  CHECK_FALSE(inbox.put(f.h));
  struct {
    bl_fill fill;
    char later[5];
  } longer{fill(3), {'l', 'a', 't', 'e', 'r'}};
  longer.fill.h.size = sizeof(bl_fill) + 5;
  REQUIRE(inbox.put(longer.fill.h));
  REQUIRE(inbox.put(fill(4).h));
  std::size_t n = 0;
  inbox.drain([&](const bl_event& e) {
    if (++n == 2) {
      CHECK(e.seq == 4);
      return;
    }
    CHECK(e.size == sizeof(bl_fill) + 5);
    CHECK(std::string(reinterpret_cast<const char*>(&e) + sizeof(bl_fill), 5) == "later");
  });
  CHECK(n == 2);
}

TEST_CASE("inbox: what reading an event causes to be put is read in the same drain") {
  EventInbox inbox;
  REQUIRE(inbox.put(fill(1).h));
  std::string seen;
  inbox.drain([&](const bl_event& e) {
    seen += std::to_string(e.seq);
    if (e.seq < 4) REQUIRE(inbox.put(fill(e.seq + 1).h));
  });
  CHECK(seen == "1234");
}

TEST_CASE("inbox: a publisher's thread and the core lose nothing between them") {
  EventInbox inbox;
  constexpr std::uint64_t all = 20000;
  std::thread publisher([&] {
    for (std::uint64_t i = 1; i <= all; ++i) static_cast<void>(inbox.put(fill(i).h));
  });
  std::uint64_t last = 0;
  bool in_order = true;
  while (last < all) inbox.drain([&](const bl_event& e) { in_order = in_order && e.seq == ++last; });
  publisher.join();
  CHECK(in_order);
  CHECK(last == all);
}
