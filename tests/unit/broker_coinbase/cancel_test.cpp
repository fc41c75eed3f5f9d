// Cancels: in hundreds, first in their lane, each order by itself, and the races that they lose.
#include "desk.hpp"

using namespace bowline;
using namespace broker_tests;

namespace {

bool is_cancel(const testing::SentRequest& q) { return q.url.ends_with("/batch_cancel"); }

}  // namespace

TEST_CASE("a cancel that was taken is pending until the venue shows its end") {
  Desk d;
  d.submit(intent("bl-1", "0.5", "100"));
  d.run(second);
  d.venue.cancel_at_once = false;
  REQUIRE(d.cancel("bl-1").status == BL_PENDING);
  CHECK(d.host.requests.back().lane == 1);
  d.run(second / 2);
  CHECK(d.orders["bl-1"].kinds.back() != BL_X_DONE);
  CHECK(std::count(d.orders["bl-1"].kinds.begin(), d.orders["bl-1"].kinds.end(), std::uint32_t{BL_X_CANCEL_PENDING}) == 1);
  d.venue.orders[0].status = "CANCELLED";
  d.run(5 * second);
  CHECK(d.orders["bl-1"].state == BL_S_CANCELLED);
}

TEST_CASE("250 cancels go in three requests, and each order has its own answer") {
  Desk d;
  std::vector<std::string> names;
  for (int i = 0; i < 250; ++i) {
    names.push_back("bl-" + std::to_string(i));
    d.submit(intent(names.back(), "0.5", "100"));
    d.pump();
  }
  d.venue.fill(d.venue.orders[7], Decimal::from_mantissa(5, -1), Decimal::from_int(100), d.host.now);  // filled before the cancel comes
  bool odd = true;
  d.venue.fate = [&](const testing::SentRequest& q) {
    if (is_cancel(q) && odd) {  // in the second of them two are passed over, once
      Json b = Json::parse(q.body);
      if (b.at("order_ids").size() == 100 && b.at("order_ids")[0] == "venue-101") {
        odd = false;
        Json results = Json::array();
        for (const auto& id : b.at("order_ids")) {
          if (id == "venue-105" || id == "venue-106") continue;
          d.venue.by_id(id)->status = "CANCELLED";
          results.push_back({{"success", true}, {"failure_reason", "UNKNOWN_CANCEL_FAILURE_REASON"}, {"order_id", id}});
        }
        return Fate{Fate::Kind::says, 200, Json{{"results", results}}.dump()};
      }
    }
    return Fate{};
  };
  std::vector<bl_order_ref> refs;
  for (const auto& n : names) refs.push_back({to_abi(n), {nullptr, 0}});
  REQUIRE(d.broker->cancel(refs).status == BL_PENDING);
  std::vector<std::size_t> sizes;
  for (const auto& q : d.host.requests)
    if (is_cancel(q)) sizes.push_back(Json::parse(q.body).at("order_ids").size());
  CHECK(sizes == std::vector<std::size_t>{100, 100, 50});
  d.run(60 * second);
  for (int i = 0; i < 250; ++i) {
    INFO(i);
    CHECK(d.orders[names[static_cast<std::size_t>(i)]].state == (i == 7 ? BL_S_FILLED : BL_S_CANCELLED));
  }
  CHECK(d.orders["bl-7"].filled() == Decimal::from_mantissa(5, -1));
  CHECK(d.orders["bl-7"].refused_cancels == 0);
}

TEST_CASE("the cancel of an order that is on its way goes when it has arrived") {
  Desk d;
  d.hold_answers = true;
  d.submit(intent("bl-1", "0.5", "100"));
  d.cancel("bl-1");
  CHECK(d.count("POST", "/batch_cancel") == 0);
  d.hold_answers = false;
  d.run(5 * second);
  CHECK(d.count("POST", "/batch_cancel") == 1);
  CHECK(d.orders["bl-1"].state == BL_S_CANCELLED);
}

TEST_CASE("an order whose answer was lost is found, and cancelled") {
  Desk d;
  d.venue.fate = [](const auto& q) { return q.method == "POST" && q.url.ends_with("/orders") ? Fate{Fate::Kind::lost_after} : Fate{}; };
  d.submit(intent("bl-1", "0.5", "100"));
  d.pump();
  d.cancel("bl-1");
  d.run(5 * second);
  CHECK(d.orders["bl-1"].state == BL_S_CANCELLED);
}

TEST_CASE("cancels of an order that is being searched for are one search") {
  Desk d;
  d.venue.fate = [](const auto& q) { return q.method == "POST" && q.url.ends_with("/orders") ? Fate{Fate::Kind::lost_before} : Fate{}; };
  d.submit(intent("bl-1", "0.5", "100"));
  d.pump();
  d.run(5 * second);
  const std::size_t lists = d.count("GET", "/orders/historical/batch");
  d.hold_answers = true;
  for (int i = 0; i < 10; ++i) d.cancel("bl-1");
  d.hold_answers = false;
  d.run(second / 2);
  CHECK(d.count("GET", "/orders/historical/batch") == lists + 2);  // of two placement sources
  CHECK(d.orders["bl-1"].refused_cancels == 1);
  d.cancel("bl-1");  // a later one is another
  d.run(second);
  CHECK(d.count("GET", "/orders/historical/batch") == lists + 4);
  CHECK(d.orders["bl-1"].refused_cancels == 2);
}

TEST_CASE("what a search for a cancel did not show is searched for more and more seldom, and still cancelled when it shows up") {
  Desk d;
  d.venue.fate = [](const auto& q) { return q.method == "POST" && q.url.ends_with("/orders") ? Fate{Fate::Kind::lost_before} : Fate{}; };
  d.submit(intent("bl-1", "0.5", "100"));
  d.run(5 * second);
  const std::size_t lists = d.count("GET", "/orders/historical/batch");
  for (std::int64_t passed = 0; passed < 60 * second; passed += second / 10) {  // asked for by the host at each of its steps
    d.cancel("bl-1");
    d.run(second / 10);
  }
  const std::size_t searches = (d.count("GET", "/orders/historical/batch") - lists) / 2;
  CHECK(searches >= 6);
  CHECK(searches <= 14);  // at once, after one, two, four seconds and then ten; each wait down to its half
  CHECK(d.orders["bl-1"].refused_cancels == searches);
  d.venue.fate = [](const auto&) { return Fate{}; };
  d.submit(intent("bl-1", "0.5", "100"));  // sent again by the host
  d.run(5 * second);
  CHECK(d.orders["bl-1"].state == BL_S_CANCELLED);
}

TEST_CASE("a cancel that is asked for again within a second is not sent again; one that got no further later is") {
  Desk d;
  d.submit(intent("bl-1", "0.5", "100"));
  d.run(second);
  d.venue.cancel_at_once = false;
  for (int i = 0; i < 10; ++i) {
    d.cancel("bl-1");
    d.run(second / 20);
  }
  CHECK(d.count("POST", "/batch_cancel") == 1);
  d.run(6 * second / 10);
  d.cancel("bl-1");
  CHECK(d.count("POST", "/batch_cancel") == 2);
  d.venue.orders[0].status = "CANCELLED";
  d.run(5 * second);
  CHECK(d.orders["bl-1"].state == BL_S_CANCELLED);
}

TEST_CASE("an id that is none of the venue's is refused by itself, and those beside it go") {
  Desk d;
  d.submit(intent("bl-1", "0.5", "100"));
  d.run(second);
  const std::string client = "bl-1", other = "bl-2", bad = "a\nb";
  const bl_order_ref refs[] = {{to_abi(other), to_abi(bad)}, {to_abi(client), {nullptr, 0}}};
  REQUIRE(d.broker->cancel(refs).status == BL_PENDING);
  d.run(5 * second);
  CHECK(d.orders["bl-1"].state == BL_S_CANCELLED);
  CHECK(d.orders["bl-2"].refused_cancels == 1);
  CHECK(d.orders["bl-2"].text == "UNKNOWN_CANCEL_ORDER");
}

TEST_CASE("one that waits here to be tried again does not go any more; one that nobody knows is refused") {
  Desk d;
  d.venue.fate = [](const auto& q) { return q.method == "POST" && q.url.ends_with("/orders") ? Fate{Fate::Kind::never_sent} : Fate{}; };
  d.submit(intent("bl-1", "0.5", "100"));
  d.pump();
  d.cancel("bl-1");
  d.venue.fate = [](const auto&) { return Fate{}; };
  d.run(20 * second);
  CHECK(d.orders["bl-1"].kinds == std::vector<std::uint32_t>{BL_X_REJECTED});
  CHECK(d.orders["bl-1"].text == "CANCELLED_UNSENT");
  CHECK(d.venue.creates == 0);
  d.cancel("bl-nobody");
  d.run(5 * second);
  CHECK(d.orders["bl-nobody"].refused_cancels == 1);
  CHECK(d.orders["bl-nobody"].text == "UNKNOWN_CANCEL_ORDER");
  CHECK(d.cancel("").why.code == "ORDER_REF_MISSING");
}

TEST_CASE("a refused cancel: the venue's order decides what is told") {
  Desk d;
  d.submit(intent("bl-1", "0.5", "100"));
  d.run(second);
  d.venue.cancel_refusal = "COMMANDER_REJECTED_CANCEL_ORDER";
  d.cancel("bl-1");
  d.run(second);
  CHECK(d.orders["bl-1"].refused_cancels == 1);
  CHECK(d.orders["bl-1"].text == "COMMANDER_REJECTED_CANCEL_ORDER");
  d.venue.cancel_refusal = "DUPLICATE_CANCEL_REQUEST";  // it was heard before: its end comes
  d.cancel("bl-1");
  d.run(second / 10);
  d.venue.orders[0].status = "CANCELLED";
  d.run(10 * second);
  CHECK(d.orders["bl-1"].refused_cancels == 1);
  CHECK(d.orders["bl-1"].state == BL_S_CANCELLED);
}

TEST_CASE("an order that the venue does not show yet is not gone: its cancel goes again") {
  Desk d;
  bool shown = false;
  d.venue.fate = [&](const auto& q) {
    if (shown) return Fate{};
    if (is_cancel(q)) return Fate{Fate::Kind::says, 200, R"({"results":[{"success":false,"failure_reason":"UNKNOWN_CANCEL_ORDER","order_id":"venue-1"}]})"};
    if (q.url.find("/orders/historical/venue-1") == std::string::npos) return Fate{};
    return Fate{Fate::Kind::says, 404, R"({"error":"NOT_FOUND","error_details":"order with this orderID was not found","message":"order with this orderID was not found"})"};
  };
  d.submit(intent("bl-1", "0.5", "100"));
  d.pump();
  REQUIRE(d.orders["bl-1"].accepted);
  SECTION("and has its end when it does") {
    d.cancel("bl-1");
    d.run(second);
    CHECK(d.orders["bl-1"].refused_cancels == 0);
    CHECK_FALSE(d.orders["bl-1"].over);
    shown = true;
    d.run(10 * second);
    CHECK(d.orders["bl-1"].state == BL_S_CANCELLED);
    CHECK(d.orders["bl-1"].refused_cancels == 0);
  }
  SECTION("and is told as refused when it never does") {
    d.cancel("bl-1");
    d.run(60 * second);
    CHECK(d.orders["bl-1"].refused_cancels == 1);
    CHECK(d.orders["bl-1"].text == "UNKNOWN_CANCEL_ORDER");
  }
}

TEST_CASE("a cancel without an answer is sent until there is one, and ends as unknown when there never is") {
  Desk d;
  d.submit(intent("bl-1", "0.5", "100"));
  d.submit(intent("bl-2", "0.5", "100"));
  d.run(second);
  int left = 6;
  d.venue.fate = [&left](const auto& q) {
    if (!is_cancel(q) || left == 0) return Fate{};
    --left;
    return left % 3 == 0 ? Fate{Fate::Kind::says, 429, "slow"} : left % 3 == 1 ? Fate{Fate::Kind::lost_before} : Fate{Fate::Kind::never_sent};
  };
  d.cancel("bl-1");
  d.run(60 * second);
  CHECK(left == 0);
  CHECK(d.orders["bl-1"].state == BL_S_CANCELLED);
  d.venue.fate = [](const auto& q) { return is_cancel(q) ? Fate{Fate::Kind::says, 503} : Fate{}; };
  d.cancel("bl-2");
  d.run(400 * second);
  CHECK(std::count(d.orders["bl-2"].kinds.begin(), d.orders["bl-2"].kinds.end(), std::uint32_t{BL_X_UNKNOWN}) == 1);
  CHECK(d.orders["bl-2"].refused_cancels == 0);
}

TEST_CASE("a cancel that was taken and got lost behind the door is asked for again") {
  Desk d;
  d.submit(intent("bl-1", "0.5", "100"));
  d.run(second);
  bool first = true;
  d.venue.fate = [&first](const auto& q) {
    if (!is_cancel(q) || !first) return Fate{};
    first = false;
    return Fate{Fate::Kind::says, 200, R"({"results":[{"success":true,"failure_reason":"UNKNOWN_CANCEL_FAILURE_REASON","order_id":"venue-1"}]})"};
  };
  d.cancel("bl-1");
  d.run(30 * second);
  CHECK(d.count("POST", "/batch_cancel") == 2);
  CHECK(d.orders["bl-1"].state == BL_S_CANCELLED);
}

TEST_CASE("a cancel that was taken and got lost is asked for again, though the venue did not show the order yet") {
  Desk d;
  bool lost = true, shown = false;
  d.venue.fate = [&](const auto& q) {
    if (is_cancel(q) && lost) return lost = false, Fate{Fate::Kind::says, 200, R"({"results":[{"success":true,"failure_reason":"UNKNOWN_CANCEL_FAILURE_REASON","order_id":"venue-1"}]})"};
    if (shown || q.url.find("/orders/historical/venue-1") == std::string::npos) return Fate{};
    return Fate{Fate::Kind::says, 404, R"({"error":"NOT_FOUND","error_details":"order with this orderID was not found","message":"order with this orderID was not found"})"};
  };
  d.submit(intent("bl-1", "0.5", "100"));
  d.pump();
  d.cancel("bl-1");
  d.run(5 * second);
  shown = true;
  d.run(30 * second);
  CHECK(d.orders["bl-1"].state == BL_S_CANCELLED);
}

TEST_CASE("an order that was never acknowledged, and whose row can't be read, is cancelled by the venue's id that the row tells") {
  Desk d;
  d.venue.fate = [](const auto& r) { return r.method == "POST" && r.url.ends_with("/orders") ? Fate{Fate::Kind::lost_after} : Fate{}; };
  d.venue.spoil = [](Json& row, bool) { row["average_filled_price"] = "some"; };
  d.submit(intent("bl-1", "0.5", "100"));
  d.pump();
  d.cancel("bl-1");
  d.run(5 * second);
  CHECK(d.venue.orders[0].status == "CANCELLED");
  CHECK(d.orders["bl-1"].absent == 0);
  CHECK(d.orders["bl-1"].refused_cancels == 0);
}
