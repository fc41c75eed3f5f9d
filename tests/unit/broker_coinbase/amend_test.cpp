// Amendments: what the venue can edit, and that its own word counts for what is in force.
#include "desk.hpp"

using namespace bowline;
using namespace broker_tests;

namespace {

broker_coinbase::Taken amend(Desk& d, const bl_intent& wanted, const std::string& client = "bl-1") {
  const bl_order_ref r{to_abi(client), {nullptr, 0}};
  return d.broker->amend(r, wanted);
}
bl_exec last_exec(const Desk& d) {
  for (std::size_t i = d.host.events.size(); i-- > 0;)
    if (d.host.event<bl_event>(i).type == BL_EV_EXEC) return d.host.event<bl_exec>(i);
  return {};
}

struct Resting : Desk {
  Resting() {
    submit(intent("bl-1", "0.5", "100"));
    run(second);
  }
};

}  // namespace

TEST_CASE("an edit is told as amended when the venue shows it") {
  Resting d;
  REQUIRE(amend(d, intent("bl-1", "0.75", "99.999")).status == BL_PENDING);
  CHECK(d.last("/orders/edit")->body == R"({"order_id":"venue-1","price":"99.99","size":"0.75"})");
  CHECK(amend(d, intent("bl-1", "0.8", "99")).why.code == "AMEND_RUNNING");
  d.run(second);
  const bl_exec e = last_exec(d);
  CHECK(e.kind == BL_X_AMENDED);
  CHECK(Decimal::from_raw(e.qty) == Decimal::from_mantissa(75, -2));
  CHECK(Decimal::from_raw(e.limit_px) == Decimal::from_mantissa(99999, -3));  // as the host wanted it: the venue has it on its step
}

TEST_CASE("a refused edit is told with the order as it is; an edit of what is over by its end") {
  Resting d;
  d.venue.edit_refusal = "CANNOT_EDIT_TO_BELOW_FILLED_SIZE";
  amend(d, intent("bl-1", "0.25", "100"));
  d.run(second);
  bl_exec e = last_exec(d);
  CHECK(e.kind == BL_X_AMEND_REJECTED);
  CHECK(text_of(e.text) == "CANNOT_EDIT_TO_BELOW_FILLED_SIZE");
  CHECK(e.state == BL_S_OPEN);
  CHECK(Decimal::from_raw(e.qty) == Decimal::from_mantissa(5, -1));
  d.venue.edit_refusal.clear();
  d.venue.orders[0].status = "CANCELLED";
  amend(d, intent("bl-1", "0.25", "100"));
  d.run(second);
  CHECK(d.orders["bl-1"].state == BL_S_CANCELLED);
  CHECK(last_exec(d).kind == BL_X_AMEND_REJECTED);
}

TEST_CASE("an edit without an answer, and one that never shows, are unknown") {
  Resting d;
  d.venue.fate = [](const auto& q) { return q.url.ends_with("/orders/edit") ? Fate{Fate::Kind::lost_after} : Fate{}; };
  amend(d, intent("bl-1", "0.75", "100"));
  d.pump();
  CHECK(last_exec(d).kind == BL_X_UNKNOWN);
  d.run(5 * second);
  CHECK(Decimal::from_raw(last_exec(d).qty) == Decimal::from_mantissa(75, -2));  // told by the look
  d.venue.fate = [](const auto&) { return Fate{}; };
  d.venue.edit_shows = false;
  amend(d, intent("bl-1", "0.9", "100"));
  d.run(120 * second);
  CHECK(std::count(d.orders["bl-1"].kinds.begin(), d.orders["bl-1"].kinds.end(), std::uint32_t{BL_X_UNKNOWN}) == 2);
  CHECK(std::count(d.orders["bl-1"].kinds.begin(), d.orders["bl-1"].kinds.end(), std::uint32_t{BL_X_AMENDED}) == 0);
}

TEST_CASE("what the venue can't edit is refused before a byte is sent") {
  Resting d;
  bl_intent gtd = intent("bl-1", "0.75", "100");
  gtd.tif = BL_GTD;
  gtd.expire_ns = d.host.now + 100 * second;
  CHECK(amend(d, gtd).status == BL_E_UNSUPPORTED);
  CHECK(amend(d, gtd).why.message.find("limit orders without an end (GTC) alone") != std::string::npos);
  CHECK(amend(d, intent("bl-1", "0.75", "100", Side::sell)).status == BL_E_UNSUPPORTED);
  CHECK(amend(d, intent("bl-2", "0.75", "100")).why.code == "AMEND_ID_OTHER");
  CHECK(amend(d, intent("bl-9", "0.75", "100"), "bl-9").why.code == "ORDER_NOT_KNOWN");
  CHECK(amend(d, intent("bl-1", "0.00001", "100")).why.code == "COINBASE_SIZE_TOO_SMALL");
  CHECK(d.count("POST", "/orders/edit") == 0);
}

TEST_CASE("a stop-limit order and a bracket can't be edited, whatever of them is wanted, and it is said so before a byte is sent") {
  for (const std::uint32_t type : {BL_STOP_LIMIT, BL_BRACKET})
    for (const std::uint32_t tif : {BL_GTC, BL_GTD}) {
      Desk d;
      bl_intent stop = intent("bl-1", "0.5", type == BL_BRACKET ? "120" : "80", Side::sell);
      stop.type = type;
      stop.tif = tif;
      stop.stop_px = Decimal::from_int(81).raw();
      if (tif == BL_GTD) stop.expire_ns = d.host.now + 3600 * second;
      REQUIRE(d.submit(stop).why.code == "");
      d.run(second);
      REQUIRE(d.orders["bl-1"].state == BL_S_OPEN);
      const auto refused = [&d](const bl_intent& wanted) {
        const auto t = amend(d, wanted);
        CHECK(t.status == BL_E_UNSUPPORTED);
        CHECK(t.why.code == "AMEND_UNSUPPORTED");
        CHECK(t.why.message.find("no stop-limit order and no bracket: cancel it, and place another") != std::string::npos);
        CHECK(t.why.code.size() + t.why.message.size() + 2 < sizeof(bl_error::message));
      };
      bl_intent higher = stop;
      higher.stop_px = Decimal::from_int(85).raw();
      refused(higher);
      bl_intent less = stop;
      less.qty = Decimal::from_mantissa(25, -2).raw();
      refused(less);
      refused(intent("bl-1", "0.25", "80", Side::sell));  // as a limit order it is none, either
      CHECK(d.count("POST", "/orders/edit") == 0);
      CHECK(d.venue.orders[0].status == "OPEN");
    }
}
