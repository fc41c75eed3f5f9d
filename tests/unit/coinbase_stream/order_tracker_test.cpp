// Orders as the user channel tells them.
#include "coinbase_stream/order_tracker.hpp"
#include "coinbase_stream/order_steps.hpp"
#include "frames.hpp"

using namespace bowline;
using namespace bowline::literals;
using namespace stream_tests;

namespace {

std::string state(std::string_view cumulative, std::string_view average, std::string_view fees, std::string_view more = "") {
  return R"("client_order_id":"c1","product_id":"BTC-USD","order_side":"BUY","cumulative_quantity":")" +
         std::string(cumulative) + R"(","avg_price":")" + std::string(average) + R"(","total_fees":")" + std::string(fees) +
         '"' + std::string(more);
}

struct Desk {
  StreamDecoder d;
  OrderTracker t;
  UserNews tell(const std::vector<std::string>& orders, std::string_view type = "update") {
    return t.apply(taken(d, envelope("user", 1, user_event(type, orders))));
  }
  OrderStep one(std::string_view status, const std::string& more, std::string_view id = "o1") {
    const UserNews n = tell({order(id, status, more)});
    REQUIRE(n.steps.size() == 1);
    return n.steps[0];
  }
};

}  // namespace

TEST_CASE("cumulative states give fills: quantity, price and fee of what lies between two of them") {
  Desk k;
  k.t.own("c1", "1"_dec, Decimal::not_set());
  OrderStep s = k.one("PENDING", state("0", "0", "0"));
  CHECK(s.news == OrderNews::changed);
  CHECK_FALSE(s.fill);
  CHECK(s.remaining == "1"_dec);
  s = k.one("OPEN", state("0.3", "100.1", "0.18", R"(,"number_of_fills":"1","leaves_quantity":"0.7")"));
  REQUIRE(s.fill);
  CHECK(s.fill->quantity == "0.3"_dec);
  CHECK(s.fill->price == "100.1"_dec);
  CHECK(s.fill->fee == "0.18"_dec);
  CHECK(s.fill->parts == 1);
  CHECK(s.fill->fill_id == synthetic_fill_id("o1", Decimal::zero(), "0.3"_dec));
  CHECK(s.ask_rest == ask_fills);
  CHECK(s.remaining == "0.7"_dec);
  s = k.one("FILLED", state("1", "100.31", "0.6", R"(,"number_of_fills":"3","leaves_quantity":"0")"));
  REQUIRE(s.fill);
  CHECK(s.fill->quantity == "0.7"_dec);
  CHECK(s.fill->price == "100.4"_dec);
  CHECK(s.fill->fee == "0.42"_dec);
  CHECK(s.fill->parts == 2);
  CHECK(s.terminal);
  CHECK(s.remaining == Decimal::zero());
  CHECK(s.ask_rest == (ask_fills | ask_end));
  CHECK(k.t.waiting("o1").size() == 2);
}

TEST_CASE("rule 2.4: a state told again gives no second fill, and a fee that is not told is unknown, not 0") {
  Desk k;
  k.t.own("c1", "1"_dec, Decimal::not_set());
  const std::string half = R"("client_order_id":"c1","cumulative_quantity":"0.5","avg_price":"100")";
  OrderStep s = k.one("OPEN", half);
  REQUIRE(s.fill);
  CHECK_FALSE(s.fill->fee.is_set());
  CHECK_FALSE(s.total_fees.is_set());
  s = k.one("OPEN", half);
  CHECK(s.news == OrderNews::unchanged);
  CHECK_FALSE(s.fill);
  s = k.one("OPEN", half + R"(,"total_fees":"0.3")");  // the fee alone is news
  CHECK(s.news == OrderNews::changed);
  CHECK_FALSE(s.fill);
  CHECK(s.total_fees == "0.3"_dec);
  s = k.one("OPEN", R"("cumulative_quantity":"","avg_price":"","total_fees":"")");  // a short frame takes nothing back
  CHECK(s.news == OrderNews::unchanged);
  CHECK(s.cumulative == "0.5"_dec);
  CHECK(s.client_order_id == "c1");
}

TEST_CASE("on a terminal update leaves is 0 also when it was cancelled: what remains comes from our own size") {
  Desk k;
  k.t.own("c1", "1"_dec, Decimal::not_set());
  k.one("OPEN", state("0.25", "100", "0.1"));
  const OrderStep s =
      k.one("CANCELLED", state("0.25", "100", "0.1", R"(,"leaves_quantity":"0","cancel_reason":"User requested cancel")"));
  CHECK(s.terminal);
  CHECK(s.status_changed);
  CHECK_FALSE(s.fill);
  CHECK(s.remaining == "0.75"_dec);
  CHECK(s.reason == "User requested cancel");
  CHECK(s.ask_rest == ask_end);
}

TEST_CASE("rule 2.4: a cancel that lost the race: more is filled after the end, and cancelled becomes filled") {
  Desk k;
  k.t.own("c1", "1"_dec, Decimal::not_set());
  k.one("CANCELLED", state("0.5", "100", "0.1"));
  OrderStep s = k.one("FILLED", state("1", "100", "0.2"));
  REQUIRE(s.fill);
  CHECK(s.fill->quantity == "0.5"_dec);
  CHECK(s.status == UserOrderStatus::filled);
}

TEST_CASE("an old state is left out: less filled, back from the end, pending after open") {
  Desk k;
  k.t.own("c1", "1"_dec, Decimal::not_set());
  k.one("OPEN", state("0.5", "100", "0.1"));
  OrderStep s = k.one("OPEN", state("0.3", "100", "0.06"));
  CHECK(s.news == OrderNews::old);
  CHECK(s.cumulative == "0.5"_dec);
  CHECK(k.one("PENDING", state("0.5", "100", "0.1")).news == OrderNews::old);
  CHECK(k.one("CANCEL_QUEUED", state("0.5", "100", "0.1")).status == UserOrderStatus::cancel_queued);
  CHECK(k.one("OPEN", state("0.5", "100", "0.1")).status == UserOrderStatus::open);  // the cancel was refused
  k.one("CANCELLED", state("0.5", "100", "0.1"));
  s = k.one("OPEN", state("0.5", "100", "0.1"));
  CHECK(s.news == OrderNews::old);
  CHECK(s.status == UserOrderStatus::cancelled);
  s = k.one("FILLED", state("0.4", "100", "0.1"));
  CHECK(s.news == OrderNews::old);
  CHECK((s.ask_rest & ask_doubt) != 0);
  CHECK(k.t.old() == 4);
}

TEST_CASE("more was filled, though the status is one of before: the fill counts, the status stays") {
  Desk k;
  k.t.own("c1", "1"_dec, Decimal::not_set());
  k.one("CANCELLED", state("0.5", "100", "0.1"));
  const OrderStep s = k.one("OPEN", state("0.6", "100", "0.12"));
  REQUIRE(s.fill);
  CHECK(s.fill->quantity == "0.1"_dec);
  CHECK(s.status == UserOrderStatus::cancelled);
}

TEST_CASE("an order of quote size: sixteen decimals, leaves in quote, what remains is reckoned with fees inside") {
  Desk k;
  k.t.own("c1", Decimal::not_set(), "5"_dec);
  OrderStep s = k.one("OPEN", state("0", "0", "0", R"(,"leaves_quantity":"5","order_type":"Market")"));
  CHECK_FALSE(s.remaining.is_set());
  CHECK(s.remaining_quote == "5"_dec);
  s = k.one("FILLED", state("0.5770494951509377", "8.5959999999999997", "0.0396825396825397",
                            R"(,"filled_value":"4.9603174603174603","number_of_fills":"2","leaves_quantity":"0")"));
  REQUIRE(s.fill);
  CHECK(s.fill->quantity == "0.5770494951509377"_dec);
  CHECK(s.fill->price == "8.5959999999999997"_dec);
  CHECK(s.fill->fee == "0.0396825396825397"_dec);
  CHECK(s.fill->parts == 2);
  CHECK_FALSE(s.remaining.is_set());
  CHECK(s.remaining_quote == Decimal::zero());
  CHECK((s.ask_rest & ask_doubt) == 0);
}

TEST_CASE("without averages the values tell the price; without either there is none, and REST is asked") {
  Desk k;
  k.t.own("c1", "10"_dec, Decimal::not_set());
  const auto by_value = [](std::string_view q, std::string_view v) {
    return R"("client_order_id":"c1","cumulative_quantity":")" + std::string(q) + R"(","filled_value":")" + std::string(v) +
           '"';
  };
  CHECK(k.one("OPEN", by_value("1", "100")).fill->price == "100"_dec);
  CHECK(k.one("OPEN", by_value("3", "304")).fill->price == "102"_dec);
  const OrderStep s = k.one("OPEN", by_value("4", ""));
  REQUIRE(s.fill);
  CHECK_FALSE(s.fill->price.is_set());
  CHECK((s.ask_rest & ask_doubt) != 0);
}

TEST_CASE("numbers that do not fit our own size are doubted") {
  Desk k;
  k.t.own("c1", "1"_dec, Decimal::not_set());
  OrderStep s = k.one("OPEN", state("1.5", "100", "0"));
  CHECK((s.ask_rest & ask_doubt) != 0);
  CHECK(s.remaining == Decimal::zero());
  Desk other;
  other.t.own("c1", "1"_dec, Decimal::not_set());
  s = other.one("FILLED", state("0.9", "100", "0"));
  CHECK((s.ask_rest & ask_doubt) != 0);
}

TEST_CASE("an amended size counts from then on") {
  Desk k;
  k.t.own("c1", "1"_dec, Decimal::not_set());
  k.one("OPEN", state("0.25", "100", "0"));
  k.t.own("c1", "0.5"_dec, Decimal::not_set());
  CHECK(k.one("EDIT_QUEUED", state("0.25", "100", "0")).remaining == "0.25"_dec);
}

TEST_CASE("an order that was not ours, or not of this run, is adopted: no fill is made of what it had before") {
  Desk k;
  OrderStep s = k.one("OPEN", state("0.5", "100", "0.1"), "foreign");
  CHECK(s.news == OrderNews::adopted);
  CHECK_FALSE(s.fill);
  CHECK(s.ask_rest == ask_fills);
  CHECK_FALSE(s.remaining.is_set());
  s = k.one("OPEN", state("0.75", "100", "0.15"), "foreign");
  REQUIRE(s.fill);
  CHECK(s.fill->quantity == "0.25"_dec);
  s = k.one("FAILED", R"("reject_reason":"HOLD_FAILURE","cancel_reason":"")", "new");
  CHECK(s.news == OrderNews::adopted);
  CHECK(s.terminal);
  CHECK(s.reason == "HOLD_FAILURE");
  CHECK(s.ask_rest == ask_end);
}

TEST_CASE("what is booked already is where fills are derived from; it never goes back") {
  Desk k;
  k.t.own("c1", "1"_dec, Decimal::not_set());
  k.t.restore("o1", "c1", "0.4"_dec, "100"_dec, "0.1"_dec);
  k.t.restore("o1", "c1", "0.3"_dec, "100"_dec, "0.1"_dec);
  CHECK(k.one("OPEN", state("0.3", "100", "0.08")).news == OrderNews::old);  // the stream lags behind REST
  CHECK_FALSE(k.one("OPEN", state("0.4", "100", "0.1")).fill);
  const OrderStep s = k.one("OPEN", state("0.5", "100.2", "0.13"));
  REQUIRE(s.fill);
  CHECK(s.fill->quantity == "0.1"_dec);
  CHECK(s.fill->price == "101"_dec);
  CHECK(s.fill->fee == "0.03"_dec);
}

TEST_CASE("fills of REST replace derived ones up to the quantity they reach, each once") {
  Desk k;
  k.t.own("c1", "1"_dec, Decimal::not_set());
  const std::string first = k.one("OPEN", state("0.3", "100", "0")).fill->fill_id;
  const std::string second_id = k.one("OPEN", state("0.8", "100", "0")).fill->fill_id;
  CHECK(k.t.replaced("o1", "0.2"_dec).empty());
  CHECK(k.t.replaced("o1", "0.5"_dec) == std::vector<std::string>{first});
  CHECK(k.t.replaced("o1", "0.5"_dec).empty());
  CHECK(k.t.waiting("o1").size() == 1);
  CHECK(k.t.replaced("o1", "1"_dec) == std::vector<std::string>{second_id});
  CHECK(k.t.replaced("none", "1"_dec).empty());
}

TEST_CASE("a snapshot comes in batches of 50: 109 orders are 50, 50 and 9, and only the last completes it") {
  Desk k;
  k.tell({order("gone", "OPEN"), order("done", "FILLED"), order("n7", "OPEN")});
  std::vector<std::string> all;
  for (int i = 0; i < 109; ++i) all.push_back(order("n" + std::to_string(i), "OPEN"));
  const auto part = [&](int from, int to) {
    return k.tell(std::vector<std::string>(all.begin() + from, all.begin() + to), "snapshot");
  };
  CHECK_FALSE(part(0, 50).snapshot_complete);
  k.tell({order("born", "OPEN")});  // between two batches
  CHECK_FALSE(part(50, 100).snapshot_complete);
  const UserNews last = part(100, 109);
  CHECK(last.snapshot_complete);
  CHECK(last.absent == std::vector<std::string>{"gone"});
  // Exactly 50 leave it open; an empty message ends it.
  CHECK_FALSE(part(0, 50).snapshot_complete);
  const UserNews empty = k.tell({}, "snapshot");
  CHECK(empty.snapshot_complete);
  CHECK(empty.absent.size() == 61);
}

TEST_CASE("a snapshot that broke off is begun anew with the subscription") {
  Desk k;
  std::vector<std::string> fifty;
  for (int i = 0; i < 50; ++i) fifty.push_back(order("n" + std::to_string(i), "OPEN"));
  CHECK_FALSE(k.tell(fifty, "snapshot").snapshot_complete);
  k.t.begin_snapshot();
  const UserNews n = k.tell({order("n1", "OPEN")}, "snapshot");
  CHECK(n.snapshot_complete);
  CHECK(n.absent.size() == 49);
}

TEST_CASE("an empty snapshot is normal, and other channels are none of its business") {
  Desk k;
  CHECK(k.tell({}, "snapshot").snapshot_complete);
  const UserNews n = k.t.apply(taken(k.d, envelope("heartbeats", 1, "{}")));
  CHECK((n.steps.empty() && !n.snapshot_complete));
}

TEST_CASE("orders that are over are remembered up to a number, then forgotten with the oldest first") {
  Desk k;
  k.t = OrderTracker({50, 3});
  for (int i = 0; i < 10; ++i) k.one("CANCELLED", R"("cumulative_quantity":"0")", "o" + std::to_string(i));
  CHECK(k.t.orders() == 3);
  CHECK(k.one("CANCELLED", "", "o9").news == OrderNews::unchanged);
  CHECK(k.one("CANCELLED", "", "o0").news == OrderNews::adopted);
  k.t.forget("o9");
  k.t.forget("never");
  CHECK(k.t.orders() == 2);
}

TEST_CASE("a word for a status that is not known changes no status") {
  Desk k;
  k.one("OPEN", state("0", "0", "0"));
  const OrderStep s = k.one("SOMETHING_NEW", state("0.1", "100", "0"));
  CHECK(s.status == UserOrderStatus::open);
  CHECK_FALSE(s.status_changed);
  REQUIRE(s.fill);
}

TEST_CASE("the same frames give the same steps and ids in every run") {
  const auto ids = [] {
    Desk k;
    k.t.own("c1", "1"_dec, Decimal::not_set());
    std::vector<std::string> out;
    for (const char* q : {"0.1", "0.25", "0.25", "0.7", "1"})
      if (const OrderStep s = k.one("OPEN", state(q, "100", "0")); s.fill) out.push_back(s.fill->fill_id);
    return out;
  };
  CHECK(ids().size() == 4);
  CHECK(ids() == ids());
}
