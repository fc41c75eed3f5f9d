// Looks: while few requests are under way each order is asked for by itself, else many together; and what the list of them does not show
// is asked for alone.
#include <algorithm>

#include "coinbase/rfc3339.hpp"
#include "desk.hpp"

using namespace bowline;
using namespace broker_tests;

namespace {

/// Forty orders, all acknowledged, and none of them read so far.
struct Many : Desk {
  explicit Many(std::size_t n = 40) {
    for (std::size_t i = 0; i < n; ++i) {
      submit(intent("bl-" + std::to_string(i), "0.5", "100"));
      pump();
    }
    asked_before = count("GET", "/orders/historical");
  }
  std::size_t asked() const { return count("GET", "/orders/historical") - asked_before; }
  std::size_t asked_before = 0;
};

}  // namespace

TEST_CASE("one order alone is asked for by its name") {
  Many d(1);
  d.run(2 * second);
  CHECK(d.asked() == 1);
  CHECK(d.count("GET", "/orders/historical/venue-1") == 1);
}

TEST_CASE("many orders are read in a few requests, with their fills, and each is told its own end") {
  Many d;
  for (std::size_t i = 0; i < 40; i += 2) d.venue.fill(d.venue.orders[i], Decimal::from_mantissa(5, -1), Decimal::from_int(100), d.host.now);
  d.hold_answers = true;  // nothing comes back while the looks fall due
  d.run(second / 2);
  d.hold_answers = false;
  d.run(2 * second);
  CHECK(d.asked() <= 8);  // two orders by name, the rest in one list, and fills as well
  for (std::size_t i = 0; i < 40; ++i) {
    INFO(i);
    Folded& f = d.orders["bl-" + std::to_string(i)];
    CHECK(f.over == (i % 2 == 0));
    CHECK(f.filled() == (i % 2 == 0 ? Decimal::from_mantissa(5, -1) : Decimal::zero()));
    CHECK(std::count(f.kinds.begin(), f.kinds.end(), std::uint32_t{BL_X_DONE}) == (i % 2 == 0 ? 1 : 0));
  }
}

TEST_CASE("one that the list does not show is asked for by itself, and a list that fails proves nothing") {
  Many d;
  d.venue.orders[30].source = "RETAIL_SIMPLE";  // listed elsewhere
  d.venue.fill(d.venue.orders[30], Decimal::from_mantissa(5, -1), Decimal::from_int(100), d.host.now);
  d.venue.fill(d.venue.orders[31], Decimal::from_mantissa(5, -1), Decimal::from_int(100), d.host.now);
  std::size_t lists = 0;
  d.venue.fate = [&](const auto& q) {
    return q.url.find("/batch?order_ids") != std::string::npos && ++lists <= 5 ? Fate{Fate::Kind::lost_before} : Fate{};
  };
  d.hold_answers = true;
  d.run(second / 2);
  d.hold_answers = false;
  d.run(60 * second);
  CHECK(lists > 5);
  CHECK(d.orders["bl-30"].state == BL_S_FILLED);
  CHECK(d.orders["bl-31"].state == BL_S_FILLED);
  CHECK(d.count("GET", "/orders/historical/venue-31") >= 1);  // the thirty-first of them, bl-30
  for (const auto& [id, f] : d.orders) CHECK(f.absent == 0);
}

TEST_CASE("one that the list shows and can't tell is asked for by itself, and holds up no other of the list") {
  Many d;
  d.venue.spoil = [](Json& row, bool listed) { if (listed && (row["order_id"] == "venue-31" || row["order_id"] == "venue-33")) row.erase("status"); };
  for (std::size_t i = 0; i < 40; ++i) d.venue.fill(d.venue.orders[i], Decimal::from_mantissa(5, -1), Decimal::from_int(100), d.host.now);
  // Of one the venue says by its name that it has none such, and lists it: that is no evidence, and it is asked for again.
  std::size_t unknown = 0;
  d.venue.fate = [&unknown](const auto& q) {
    if (!q.url.ends_with("/orders/historical/venue-33") || ++unknown > 20) return Fate{};
    return Fate{Fate::Kind::says, 404, R"({"error":"NOT_FOUND","error_details":"order with this orderID was not found","message":"order with this orderID was not found"})"};
  };
  d.hold_answers = true;
  d.run(second / 2);
  d.hold_answers = false;
  d.run(2 * second);
  for (std::size_t i = 0; i < 40; ++i) {
    INFO(i);
    CHECK(d.orders["bl-" + std::to_string(i)].over == (i != 32));
  }
  d.run(300 * second);
  CHECK(d.orders["bl-32"].over);
  CHECK(unknown > 20);
}

TEST_CASE("a request without an answer holds the looks of others up for no longer than a second") {
  Many d(3);
  d.venue.fill(d.venue.orders[2], Decimal::from_mantissa(5, -1), Decimal::from_int(100), d.host.now);
  // The first two never come back; the host has not given them up yet.
  const auto silent = [](const testing::SentRequest& q) { return q.url.ends_with("/venue-1") || q.url.ends_with("/venue-2"); };
  for (std::int64_t passed = 0; passed < 3 * second; passed += second / 10) {
    d.hold_answers = true;
    d.run(second / 10);
    for (; d.served < d.host.requests.size(); ++d.served)
      if (!silent(d.host.requests[d.served])) d.answer(d.served);
    d.hold_answers = false;
  }
  CHECK(d.orders["bl-2"].state == BL_S_FILLED);
  CHECK_FALSE(d.orders["bl-0"].over);
}

TEST_CASE("while the key's requests are on their way looks go by their pace, many together; what is urgent goes before it") {
  Many d(0);
  d.hold_answers = true;
  for (int i = 0; i < 4; ++i) d.ask(2);  // of the host: no answer so far
  const auto asked = [&d] { return d.count("GET", "/orders/historical/"); };
  const std::size_t before = asked();
  const auto answer_looks = [&d] {
    for (std::size_t i = 0; i < d.host.requests.size(); ++i)
      if (d.host.requests[i].url.find("historical/venue-") != std::string::npos || d.host.requests[i].url.find("order_ids") != std::string::npos) d.answer(i);
  };
  for (std::size_t i = 0; i < 200; ++i) {  // ten a second, each acknowledged at once, for twenty seconds
    d.submit(intent("bl-" + std::to_string(i), "0.5", "100"));
    d.answer(d.host.requests.size() - 1);
    d.run(second / 10);
    answer_looks();
  }
  const std::size_t looks = asked() - before;
  CHECK(looks >= 20);
  CHECK(looks <= 5 + 20 * 10 / 8 + 2);  // at once, one in eight of what the key may, and what fell behind the end
}

TEST_CASE("a new order that a list does not show is looked at again, and not asked for by its name") {
  Many d;
  for (auto& o : d.venue.orders) o.source = "RETAIL_SIMPLE";  // in no list of those made here
  d.hold_answers = true;
  d.run(second / 2);
  d.hold_answers = false;
  d.pump();
  const std::size_t by_name = d.count("GET", "/orders/historical/venue-");
  CHECK(by_name <= 2);  // the first two, which went alone
  d.run(60 * second);   // they are not new any more: only their name proves anything
  CHECK(d.count("GET", "/orders/historical/venue-") >= 40);
  for (const auto& [id, f] : d.orders) CHECK(f.absent == 0);
}

TEST_CASE("orders that are searched for at one time share the lists, and each has its own answer") {
  Desk d;
  for (const char* id : {"bl-1", "bl-2", "bl-3", "bl-4"}) {
    d.submit(intent(id, "0.5", "100"));
    d.pump();
  }
  d.run(2 * second);
  Desk restarted;  // knows none of them
  restarted.venue.orders = d.venue.orders;
  restarted.hold_answers = true;
  std::vector<std::uint64_t> asked;
  for (const char* id : {"bl-9", "bl-8", "bl-1", "bl-2", "bl-3", "bl-7"}) asked.push_back(restarted.ask(1, id));
  const std::size_t lists = restarted.count("GET", "/orders/historical/batch");
  CHECK(lists == 2);  // the first two by themselves
  restarted.hold_answers = false;
  restarted.run(4 * second);
  CHECK(restarted.count("GET", "/orders/historical/batch") == 6);  // those, and one reading for all others, of two placement sources each
  for (const auto request : asked) {
    REQUIRE(restarted.done(request));
    CHECK(restarted.done(request)->status == BL_OK);
  }
  for (const char* id : {"bl-1", "bl-2", "bl-3"}) CHECK(restarted.orders[id].state == BL_S_OPEN);
  for (const char* id : {"bl-7", "bl-8", "bl-9"}) CHECK(restarted.orders[id].absent == 1);
  CHECK(restarted.orders.count("bl-4") == 0);
}

TEST_CASE("a search holds its place until its lists are read, and neither a cancel's nor that of a new order waits for it") {
  Desk d;
  d.submit(intent("bl-1", "0.5", "100"));
  d.run(2 * second);
  const auto lists = [&d] { return d.count("GET", "/orders/historical/batch?") - d.count("GET", "order_ids="); };
  const std::size_t before = lists();
  d.hold_answers = true;
  for (const char* id : {"bl-9", "bl-8", "bl-7"}) d.ask(1, id);
  d.run(30 * second);
  CHECK(lists() == before + 2);
  d.cancel("bl-6");
  CHECK(lists() == before + 3);  // and bl-7 with it
  CHECK(d.host.requests.back().lane == 1);
  for (int i = 0; i < 2; ++i) {
    const std::string id = "bl-new-" + std::to_string(i);
    bl_intent exit = intent(id, "0.5", "100", Side::sell);
    exit.flags = BL_REDUCE_ONLY;
    d.submit(exit);
    const auto lost = testing::http_reply(d.host.requests.back().request, 0, "EDGE_DEADLINE: no answer", d.host.now, BL_E_UNKNOWN_OUTCOME);
    d.broker->on_event(lost.h, d.host.sink);
    d.run(second);
    CHECK(lists() == before + 4 + static_cast<std::size_t>(i));
  }
  d.ask(1, "bl-5");
  d.run(10 * second);
  CHECK(lists() == before + 5);
  d.run(20 * second);  // a minute has passed: whoever is so slow holds up nobody any more
  CHECK(lists() == before + 6);
}

TEST_CASE("what was sent a moment ago is searched for in the lists of the last minute, by the venue's clock") {
  Desk d(Json{{"stream", false}}, false);
  d.venue.skew_ns = -300 * second;
  d.run(2 * second);
  d.venue.fate = [](const auto& q) { return q.method == "POST" && q.url.ends_with("/orders") ? Fate{Fate::Kind::lost_after} : Fate{}; };
  d.submit(intent("bl-1", "0.5", "100"));
  d.run(2 * second);
  CHECK(d.orders["bl-1"].state == BL_S_OPEN);
  const auto* list = d.last("limit=100");
  REQUIRE(list != nullptr);
  const auto start = values(list->url.substr(list->url.find('?') + 1), "start_date");
  REQUIRE(start.size() == 1);
  const std::int64_t since = *coinbase::parse_rfc3339(start[0]), sent = d.venue.orders[0].created_ns;
  CHECK(sent - since >= 60 * second);
  CHECK(sent - since <= 61 * second);
}

TEST_CASE("one that a shared search finds is told at once, and does not wait for those that are nowhere") {
  Desk d;
  d.venue.orders_page = 1;
  for (int i = 0; i < 6; ++i) {
    d.submit(intent("bl-" + std::to_string(i), "0.5", "100"));
    d.pump();
  }
  Desk restarted;  // knows none of them
  restarted.venue.orders = d.venue.orders;
  restarted.venue.orders_page = 1;
  restarted.venue.fate = [](const auto& q) { return q.url.find("cursor=") != std::string::npos ? Fate{Fate::Kind::says, 503} : Fate{}; };
  restarted.hold_answers = true;
  std::vector<std::uint64_t> asked;
  for (const char* id : {"bl-7", "bl-8", "bl-5", "bl-9"}) asked.push_back(restarted.ask(1, id));  // the first two go by themselves
  restarted.hold_answers = false;
  restarted.run(3 * second);
  REQUIRE(restarted.done(asked[2]));
  CHECK(restarted.orders["bl-5"].state == BL_S_OPEN);
  CHECK_FALSE(restarted.done(asked[3]));
  restarted.run(60 * second);
  for (const std::size_t i : {0u, 1u, 3u}) {
    REQUIRE(restarted.done(asked[i]));
    CHECK(restarted.done(asked[i])->status != BL_OK);  // lists that were not read to their end prove nothing
  }
  CHECK(restarted.orders["bl-9"].absent == 0);
}

TEST_CASE("what this process sent is searched for from then on, though the clocks are set meanwhile, and whoever shares the search") {
  Desk d(Json{{"stream", false}}, false);
  d.venue.skew_ns = -300 * second;  // ours is ahead
  d.run(2 * second);
  d.venue.fate = [](const auto& q) { return q.method == "POST" && q.url.ends_with("/orders") ? Fate{Fate::Kind::lost_after} : Fate{}; };
  d.submit(intent("bl-1", "0.5", "100"));
  d.venue.skew_ns = 0;
  d.run(d.options.time_check_ns + second);  // by the venue's clock as it is told now the order is older than it was
  CHECK(d.orders["bl-1"].state == BL_S_OPEN);
  CHECK(d.orders["bl-1"].absent == 0);
  const auto request = d.ask(1, "bl-1");
  d.run(second);
  REQUIRE(d.done(request));
  CHECK(d.orders["bl-1"].absent == 0);
}

TEST_CASE("an exit's look does not wait behind those of entries, nor does one that has become urgent while it waited") {
  Many d(0);
  d.hold_answers = true;
  for (int i = 0; i < 4; ++i) d.ask(2);  // of the host: the key is busy
  const auto acknowledged = [&d](const bl_intent& i) {
    d.submit(i);
    d.answer(d.host.requests.size() - 1);
  };
  for (int i = 0; i < 120; ++i) acknowledged(intent("bl-" + std::to_string(i), "0.5", "100"));
  bl_intent exit = intent("bl-exit", "0.5", "100", Side::sell);
  exit.flags = BL_REDUCE_ONLY;
  acknowledged(exit);
  const auto looks = [&d](std::size_t from) {
    std::vector<testing::SentRequest> out;
    for (std::size_t i = from; i < d.host.requests.size(); ++i)
      if (const auto& q = d.host.requests[i]; q.url.find("/orders/historical/venue-") != std::string::npos || q.url.find("order_ids=") != std::string::npos) out.push_back(q);
    return out;
  };
  const auto first_of = [](const testing::SentRequest& q) { return values(q.url.substr(q.url.find('?') + 1), "order_ids").at(0); };
  d.run(3 * second / 10);  // all are due, and nothing is answered: two looks are under way, and the urgent one
  const auto gone = looks(0);
  REQUIRE(gone.size() == 3);
  CHECK(gone[2].lane == 1);
  CHECK(first_of(gone[2]) == d.venue.by_client("bl-exit")->id);
  d.venue.cancel_at_once = false;
  d.cancel("bl-100");
  d.answer(d.host.requests.size() - 1);  // taken: its look is urgent now
  const std::size_t before = d.host.requests.size();
  d.run(second);
  const auto next = looks(before);
  REQUIRE_FALSE(next.empty());
  CHECK(next[0].lane == 1);
  CHECK(first_of(next[0]) == d.venue.by_client("bl-100")->id);
}

// ---- fills that the venue lists behind their orders -------------------------------------------------------------------

TEST_CASE("rule 2.4: a working order is told as filled no further than its fills were told, until they have lagged for half a minute") {
  Desk d;
  d.submit(intent("bl-1", "0.5", "100"));
  d.run(2 * second);
  Folded& f = d.orders["bl-1"];
  const auto ask = [&d](std::uint32_t scope) {
    const auto q = scope == 1 ? d.ask(1, "bl-1") : d.ask(scope);
    d.run(second);
    REQUIRE(d.done(q));
    CHECK(d.done(q)->complete == 1);
  };
  d.venue.fill(d.venue.orders[0], Decimal::from_mantissa(1, -1), Decimal::from_int(100), d.host.now);
  d.run(10 * second);
  REQUIRE(f.filled() == Decimal::from_mantissa(1, -1));
  d.venue.fill(d.venue.orders[0], Decimal::from_mantissa(2, -1), Decimal::from_int(100), d.host.now, true);
  SECTION("asked for by its name, in the list of open orders, or by nobody") {
    const int how = GENERATE(0, 1, 2);
    INFO(how);
    if (how < 2) ask(how == 0 ? 1 : 2);
    else d.run(8 * second);
    CHECK(f.cum == Decimal::from_mantissa(1, -1));
    CHECK_FALSE(f.cum_quote.is_set());  // they are of more
    CHECK_FALSE(f.cum_fee.is_set());
    d.run(15 * second);
    CHECK_FALSE(f.ahead);
    d.venue.orders[0].fills[1].hidden = false;
    d.run(10 * second);
    CHECK(f.filled() == Decimal::from_mantissa(3, -1));
    CHECK(f.cum == f.filled());
    CHECK(f.cum_quote == Decimal::from_int(30));
    CHECK_FALSE(f.ahead);
  }
  SECTION("a fill that comes no more is missing") {
    ask(1);
    d.run(20 * second);
    CHECK_FALSE(f.ahead);
    d.run(20 * second);
    CHECK(f.ahead);
    CHECK(f.cum == Decimal::from_mantissa(3, -1));
    CHECK(f.cum_quote == Decimal::from_int(30));
    ask(2);
    CHECK(f.cum == Decimal::from_mantissa(3, -1));
  }
  SECTION("each fill has its own half a minute") {
    for (int i = 0; i < 4; ++i) {
      d.run(20 * second);
      d.venue.fill(d.venue.orders[0], Decimal::from_mantissa(1, -2), Decimal::from_int(100), d.host.now, true);
      d.run(second);
      d.venue.orders[0].fills[static_cast<std::size_t>(i) + 1].hidden = false;  // the one before
    }
    CHECK_FALSE(f.ahead);
    d.run(60 * second);
    CHECK(f.ahead);
  }
  SECTION("its end is told as it is") {
    d.venue.orders[0].status = "CANCELLED";
    d.run(60 * second);
    CHECK(f.over);
    CHECK(f.cum == Decimal::from_mantissa(3, -1));
  }
}

TEST_CASE("rule 2.4: of an earlier process's orders, and of others', the fills are told before how far they have filled") {
  Desk d;
  for (const char* id : {"bl-1", "bl-2"}) d.submit(intent(id, "0.5", "100"));
  d.run(2 * second);
  d.all_fill_beside_a_foreign_one();
  const std::uint32_t scope = GENERATE(1u, 2u);
  Desk restarted(Json{{"stream", false}, {"sweep_alone", 3'600'000'000'000}});
  restarted.venue.orders = d.venue.orders;
  restarted.venue.orders[1].fills[0].hidden = true;
  std::vector<std::uint64_t> asked;
  if (scope == 2) asked.push_back(restarted.ask(2));
  else for (const char* id : {"venue-1", "venue-2", "venue-x"}) asked.push_back(restarted.ask(1, "", id));
  restarted.run(second);
  for (const auto q : asked) {
    REQUIRE(restarted.done(q));
    CHECK(restarted.done(q)->complete == 1);
  }
  std::map<std::string, Decimal> first_cum;
  for (std::size_t i = 0; i < restarted.host.events.size(); ++i)
    if (restarted.host.event<bl_event>(i).type == BL_EV_EXEC) {
      const auto& e = restarted.host.event<bl_exec>(i);
      first_cum.try_emplace(text_of(e.venue_id), Decimal::from_raw(e.cum_qty));
    }
  for (const char* id : {"bl-1", "venue-x"}) {
    CHECK(restarted.orders[id].cum == Decimal::from_mantissa(2, -1));
    CHECK(restarted.orders[id].filled() == Decimal::from_mantissa(2, -1));
    CHECK(first_cum[restarted.orders[id].venue_id] == Decimal::from_mantissa(2, -1));  // what it is taken over with
    CHECK_FALSE(restarted.orders[id].ahead);
  }
  // Told an earlier process or not told at all: that nobody knows here. What is less than the host has it passes over.
  CHECK(restarted.orders["bl-2"].cum == Decimal::zero());
  restarted.venue.orders[1].fills[0].hidden = false;
  restarted.run(10 * second);
  CHECK(restarted.orders["bl-2"].cum == Decimal::from_mantissa(2, -1));
  CHECK_FALSE(restarted.orders["bl-2"].ahead);
}

// ---- fills that change others -----------------------------------------------------------------------------------------

namespace {

/// Of each fill that was told as a change, in their order: flags and id.
std::vector<std::string> changes(const Desk& d) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < d.host.events.size(); ++i)
    if (d.host.event<bl_event>(i).type == BL_EV_FILL)
      if (const auto& f = d.host.event<bl_fill>(i); f.flags != 0) out.push_back(std::to_string(f.flags) + " " + text_of(f.fill_id));
  return out;
}
/// Newest first, as the venue lists them: what the fills are about, and then a correction and what takes that back.
void change_and_take_back(ModelOrder& o, std::int64_t now, bool one_time) {
  const ModelFill fill = o.fills.at(0);
  ModelFill correction = fill, reversal = fill;
  correction.type = "CORRECTION";
  correction.entry_id = "entry-c";
  correction.at_ns = now + (one_time ? 0 : 1'000'000);
  reversal.type = "REVERSAL";
  reversal.entry_id = "entry-r";
  reversal.at_ns = now + (one_time ? 0 : 2'000'000);
  o.fills = {reversal, correction, fill};
  o.status = "OPEN";
}

}  // namespace

TEST_CASE("rule 2.4: a correction that is listed before its fill is told behind it, by looks, sweeps and questions, and once") {
  const int how = GENERATE(0, 1, 2);
  INFO(how);
  Desk d(Json{{"stream", false}, {"sweep_alone", how == 1 ? std::int64_t{5'000'000'000} : std::int64_t{3'600'000'000'000}}});
  d.submit(intent("bl-1", "5", "100"));
  d.run(2 * second);
  d.venue.fill(d.venue.orders[0], Decimal::from_mantissa(5, -1), Decimal::from_int(100), d.host.now);
  change_and_take_back(d.venue.orders[0], d.host.now, GENERATE(false, true));
  if (how == 0) d.ask(1, "bl-1");
  if (how == 2) d.ask(4);
  d.run(10 * second);
  CHECK(changes(d) == std::vector<std::string>{"2 entry-1", "4 entry-1"});
  d.ask(1, "bl-1");
  d.run(10 * second);
  CHECK(changes(d).size() == 2);
}

TEST_CASE("rule 2.4: a correction of a fill that this process never saw is told when those of its order are read") {
  Desk d(Json{{"stream", false}}, false);
  ModelOrder o;
  o.id = "venue-x";
  o.client = "bl-old";
  o.product = "BTC-USD";
  o.side = "BUY";
  o.configuration = {{"limit_limit_gtc", {{"base_size", "5"}, {"limit_price", "100"}}}};
  o.size = Decimal::from_int(5);
  o.created_ns = d.host.now - 86'400 * second;
  d.venue.orders.push_back(o);
  d.venue.fill(d.venue.orders[0], Decimal::from_mantissa(5, -1), Decimal::from_int(100), d.host.now - 7200 * second);
  d.run(8 * second);
  ModelFill correction = d.venue.orders[0].fills[0];
  correction.type = "CORRECTION";
  correction.entry_id = "entry-c";
  correction.at_ns = d.host.now;
  d.venue.orders[0].fills.push_front(correction);
  d.run(20 * second);
  CHECK(changes(d) == std::vector<std::string>{"2 entry-1"});
}

TEST_CASE("rule 2.4: a fill of a kind that is not known is not counted as told, and its order's fills are missing") {
  Desk d;
  d.submit(intent("bl-1", "5", "100"));
  d.run(2 * second);
  d.venue.fill(d.venue.orders[0], Decimal::from_mantissa(5, -1), Decimal::from_int(100), d.host.now);
  d.venue.orders[0].fills[0].type = "SOMETHING_NEW";
  d.run(60 * second);
  CHECK(d.orders["bl-1"].fills.empty());
  CHECK(d.orders["bl-1"].cum == Decimal::from_mantissa(5, -1));
  CHECK(std::count_if(d.host.logs.begin(), d.host.logs.end(), [](const std::string& l) { return l.find("not understood") != std::string::npos; }) <= 2);
  d.venue.orders[0].fills[0].type = "FILL";  // as if it were known from now on
  d.run(20 * second);
  CHECK(d.orders["bl-1"].filled() == Decimal::from_mantissa(5, -1));
}
