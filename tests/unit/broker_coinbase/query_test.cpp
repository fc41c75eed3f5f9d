// Questions: all of it, page by page, once, and what could not be read whole never looks whole.
#include "coinbase/rfc3339.hpp"
#include "desk.hpp"

using namespace bowline;
using namespace broker_tests;

namespace {

struct Full : Desk {
  explicit Full(const Json& more = Json{{"stream", false}}) : Desk(more) {
    for (int i = 0; i < 25; ++i) {
      submit(intent("bl-" + std::to_string(i), "0.5", "100"));
      pump();
    }
    for (int i = 0; i < 5; ++i)
      for (int n = 0; n < 4; ++n) venue.fill(venue.orders[static_cast<std::size_t>(i)], Decimal::from_mantissa(1, -2), Decimal::from_int(100), host.now);
    venue.orders_page = 7;
    venue.fills_page = 3;
    venue.accounts_page = 2;
  }
};
std::size_t snapshots(const Desk& d, std::uint16_t type) {
  std::size_t n = 0;
  for (std::size_t i = 0; i < d.host.events.size(); ++i) {
    const auto& e = d.host.event<bl_event>(i);
    n += e.type == type && (e.flags & 2) != 0 ? 1 : 0;
  }
  return n;
}

}  // namespace

TEST_CASE("open orders, fills and balances come over many pages, and one DONE ends them") {
  Full d;
  d.venue.holds["BTC"] = Decimal::from_mantissa(25, -2);
  d.venue.orders[20].status = "PENDING";
  d.venue.orders[21].status = "CANCEL_QUEUED";
  d.venue.orders[22].source = "RETAIL_SIMPLE";
  const auto q = d.ask(2 | 4 | 8 | 16, "", "", d.host.now - 3600 * second);
  CHECK_FALSE(d.done(q));  // never within the question
  CHECK(d.host.requests.size() > d.served);  // and its first request is out
  d.run(second);
  const auto done = d.done(q);
  REQUIRE(done);
  CHECK(done->status == BL_OK);
  CHECK(done->complete == 1);
  CHECK(snapshots(d, BL_EV_EXEC) == 25);
  CHECK(snapshots(d, BL_EV_FILL) == 20);
  CHECK(d.balances[1] == std::pair{Decimal::from_int(10'000), Decimal::zero()});
  CHECK(d.balances[2] == std::pair{Decimal::from_int(1), Decimal::from_mantissa(25, -2)});
  CHECK(d.balances[3] == std::pair{Decimal::zero(), Decimal::zero()});  // no wallet of ETH is listed: none is owned
  CHECK(d.products.size() == 2);
}

TEST_CASE("of products that are listed it is told, with their price, also where another is not; the answer is not whole then") {
  Desk d;
  d.products.clear();
  auto q = d.ask(16);
  d.run(second);
  CHECK(d.done(q)->complete == 1);
  REQUIRE(d.products.size() == 2);
  CHECK(Decimal::from_raw(d.products[1].last_px) == Decimal::from_int(100));
  d.venue.not_listed = "BTC-USD";
  d.products.clear();
  q = d.ask(16);
  d.run(second);
  CHECK(d.done(q)->complete == 0);
  CHECK(d.done(q)->status == BL_E_NOT_FOUND);
  REQUIRE(d.products.size() == 1);
  CHECK(d.products.count(2) == 1);
  d.venue.not_listed.clear();
  d.products.clear();
  q = d.ask(16);
  d.run(second);
  CHECK(d.products.size() == 2);
}

TEST_CASE("rule 5.7: the product that data are told under has to share the book, by the venue's word") {
  const auto other = [](const std::string& data, const std::string& said) {
    Desk d(Json{{"stream", false}, {"data_symbols", {{"BTC-USD", data}}}}, false);
    d.venue.product_extra = said;
    d.run(2 * second);
    const auto q = d.ask(16);
    d.run(second);
    REQUIRE(d.done(q)->complete == 1);
    REQUIRE(d.products.size() == 2);
    CHECK((d.products[2].flags & 128) == 0);  // of which nothing is said
    return (d.products[1].flags & 128) != 0;
  };
  CHECK_FALSE(other("BTC-USDC", R"("alias":"BTC-USDC",)"));
  CHECK_FALSE(other("BTC-USDC", R"("alias":"","alias_to":["BTC-EUR","BTC-USDC"],)"));
  CHECK_FALSE(other("BTC-USD", ""));  // its own
  CHECK(other("BTC-EUR", R"("alias":"BTC-USDC",)"));
  CHECK(other("BTC-EUR", R"("alias":"","alias_to":["BTC-USDC"],)"));
  CHECK(other("BTC-USDC", R"("alias":"","alias_to":[],)"));
  CHECK(other("BTC-USDC", ""));  // not told is not shared
}

TEST_CASE("rule 5.7: what the venue says of a book may change, and is told once each time") {
  Desk d(Json{{"stream", false}, {"data_symbols", {{"BTC-USD", "BTC-USDC"}}}});
  const auto words = [&d] {
    return std::count_if(d.host.logs.begin(), d.host.logs.end(), [](const std::string& l) { return l.find("the data of BTC-USD are told under BTC-USDC") != std::string::npos; });
  };
  const auto ask = [&d] {
    d.products.clear();
    d.ask(16);
    d.run(2 * second);
    return (d.products.at(1).flags & 128) != 0;
  };
  CHECK(ask());
  CHECK(ask());
  CHECK(words() == 1);
  d.venue.product_extra = R"("alias":"BTC-USDC",)";
  CHECK_FALSE(ask());
  d.venue.product_extra = R"("alias":"BTC-EUR",)";
  CHECK(ask());
  CHECK(words() == 2);
}

TEST_CASE("a page that fails is tried again; one that goes on failing makes the answer incomplete, once") {
  for (const char* part : {"/historical/batch", "/historical/fills", "/accounts", "/products?", "/transaction_summary"}) {
    INFO(part);
    Full d;
    int left = 2;
    d.venue.fate = [&](const auto& q) {
      if (q.url.find(part) == std::string::npos || left == 0) return Fate{};
      --left;
      return Fate{Fate::Kind::says, 503, "busy"};
    };
    auto q = d.ask(2 | 4 | 8 | 16);
    d.run(30 * second);
    REQUIRE(d.done(q));
    CHECK(d.done(q)->complete == 1);

    const bool paged = std::string(part) == "/accounts" || std::string(part).starts_with("/historical");
    int seen = paged ? 0 : 1;  // the second page and all after it
    d.balances.clear();
    d.venue.fate = [&](const auto& r) { return r.url.find(part) != std::string::npos && seen++ > 0 ? Fate{Fate::Kind::lost_before} : Fate{}; };
    q = d.ask(2 | 4 | 8 | 16);
    d.run(120 * second);
    REQUIRE(d.done(q));
    CHECK(d.done(q)->complete == 0);
    CHECK(d.done(q)->status == BL_E_IO);
    CHECK(d.balances.empty() == (std::string(part) == "/accounts"));  // no part of a sum is told
  }
}

TEST_CASE("a list that turns in a circle, or is too long, is not whole") {
  Full d(Json{{"stream", false}, {"max_pages", 3}});
  const auto q = d.ask(2);
  d.run(5 * second);
  REQUIRE(d.done(q));
  CHECK(d.done(q)->status == BL_E_OVERFLOW);
  CHECK(d.done(q)->complete == 0);

  Desk e;
  e.venue.fate = [](const auto& r) {
    return r.url.find("/historical/fills") != std::string::npos ? Fate{Fate::Kind::says, 200, R"({"fills":[],"cursor":"same"})"} : Fate{};
  };
  const auto p = e.ask(4);
  e.run(5 * second);
  REQUIRE(e.done(p));
  CHECK(e.done(p)->complete == 0);
}

TEST_CASE("answers that can't be read are not whole, whatever is wrong with them") {
  for (const char* body : {"", "{", "[]", "null", R"({"orders":null})", R"({"orders":[{"order_id":"x"}],"has_next":false})", R"({"orders":[],"has_next":true})",
                           R"({"accounts":[{"uuid":"a","currency":"USD"}],"has_next":false})", R"({"fills":[{"entry_id":"e"}],"cursor":""})", "\xff\xfe"}) {
    INFO(body);
    Desk d;
    d.venue.fate = [body](const auto& r) { return r.url.ends_with("/time") ? Fate{} : Fate{Fate::Kind::says, 200, body}; };
    const auto q = d.ask(1 | 2 | 4 | 8 | 16, "bl-1", "venue-1");
    d.run(120 * second);
    REQUIRE(d.done(q));
    CHECK(d.done(q)->complete == 0);
    CHECK(d.done(q)->status < 0);
  }
}

TEST_CASE("rule 2.3: an open order that can't be read keeps no other from being told, and the answer is not whole") {
  Full d;
  d.venue.orders[22].source = "RETAIL_SIMPLE";
  d.venue.orders[9].status = "PENDING";  // of the list that is read first
  for (const char* id : {"venue-8", "venue-10", "venue-23"}) {
    INFO(id);
    d.venue.spoil = [id](Json& row, bool) { if (row["order_id"] == id) row["total_value_after_fees"] = "31415.92x"; };
    const std::size_t before = snapshots(d, BL_EV_EXEC), said = d.host.logs.size();
    const auto q = d.ask(2);
    d.run(second);
    REQUIRE(d.done(q));
    CHECK(d.done(q)->complete == 0);
    CHECK(d.done(q)->status < 0);
    CHECK(snapshots(d, BL_EV_EXEC) == before + 24);
    // Which one it is the log says, and no amount.
    std::size_t named = 0;
    for (std::size_t i = said; i < d.host.logs.size(); ++i) {
      named += d.host.logs[i].find(std::string("order ") + id + " (client id bl-") != std::string::npos ? 1 : 0;
      CHECK(d.host.logs[i].find("31415") == std::string::npos);
    }
    CHECK(named == 1);
  }
  d.venue.spoil = [](Json&, bool) {};
  const auto q = d.ask(2);
  d.run(second);
  CHECK(d.done(q)->complete == 1);
}

TEST_CASE("of an order that lists can't tell the order itself is asked, and told") {
  Desk d;
  d.submit(intent("bl-1", "0.5", "100"));
  d.run(2 * second);
  d.venue.spoil = [](Json& row, bool listed) { if (listed) row.erase("side"); };
  d.venue.fill(d.venue.orders[0], Decimal::from_mantissa(5, -1), Decimal::from_int(100), d.host.now);
  d.venue.orders[0].status = "OPEN";
  d.ask(2);
  d.run(second);
  CHECK(d.orders["bl-1"].filled() == Decimal::from_mantissa(5, -1));
  CHECK(d.orders["bl-1"].cum == Decimal::from_mantissa(5, -1));
}

TEST_CASE("rule 2.3: fills that can't be read keep no other from being told, and the answer is not whole") {
  Full d;
  d.venue.spoil_fill = [](Json& row) { if (row["entry_id"] == "entry-7") row["price"] = Json::array({31415}); };
  const auto q = d.ask(4, "", "", d.host.now - 3600 * second);
  d.run(second);
  REQUIRE(d.done(q));
  CHECK(d.done(q)->complete == 0);
  CHECK(d.done(q)->status < 0);
  CHECK(snapshots(d, BL_EV_FILL) == 19);
  const auto named = [](const std::string& l) { return l.find("fill entry-7 (order venue-2, product BTC-USD)") != std::string::npos && l.find("31415") == std::string::npos; };
  CHECK(std::count_if(d.host.logs.begin(), d.host.logs.end(), named) == 1);
}

TEST_CASE("rule 2.3: a row of a product that this run does not have is nobody's business, readable or not; one of ours is, whatever its product") {
  Full d;
  d.venue.orders.push_back(d.venue.orders[3]);
  ModelOrder& other = d.venue.orders.back();
  other.id = "venue-x";
  other.product = "XYZ-USD";
  other.client = "theirs";
  const bool named = GENERATE(true, false);
  d.venue.spoil = [named](Json& row, bool) {
    if (row["order_id"] != "venue-x") return;
    row["total_value_after_fees"] = "some";
    if (!named) row["product_id"] = Json::object();
  };
  d.venue.spoil_fill = [named](Json& row) {
    if (row["order_id"] != "venue-x") return;
    row["price"] = "some";
    if (!named) row["product_id"] = Json::object();
  };
  const std::size_t said = d.host.logs.size();
  for (const std::uint32_t scope : {2u, 4u}) {
    const auto q = d.ask(scope, "", "", d.host.now - 3600 * second);
    d.run(second);
    REQUIRE(d.done(q));
    CHECK(d.done(q)->complete == (named ? 1 : 0));
  }
  if (named) CHECK(d.host.logs.size() == said);
  const auto q = d.ask(1, "bl-99");
  d.run(5 * second);
  CHECK(d.done(q)->complete == (named ? 1 : 0));
  CHECK(d.orders["bl-99"].absent == (named ? 1 : 0));
  other.client = "bl-98";  // of before the run's products were others
  const auto p = d.ask(1, "bl-98");
  d.run(5 * second);
  CHECK(d.done(p)->complete == 0);
  CHECK(d.orders["bl-98"].absent == 0);
}

TEST_CASE("a row that goes on being unreadable is said once a minute") {
  Desk d;
  d.submit(intent("bl-1", "0.5", "100"));
  d.run(2 * second);
  d.venue.spoil = [](Json& row, bool) { row["created_time"] = "soon"; };
  const auto said = [&d] {
    return std::count_if(d.host.logs.begin(), d.host.logs.end(), [](const std::string& l) { return l.find("order venue-1 (client id bl-1") != std::string::npos; });
  };
  for (int i = 0; i < 5; ++i) {
    d.ask(2);
    d.run(10 * second);
  }
  CHECK(said() == 1);
  d.run(20 * second);
  d.ask(2);
  d.run(second);
  CHECK(said() == 2);
}

TEST_CASE("rule 2.3: an order in a row that can't be read is not absent, and is not sent again") {
  Desk d;
  d.venue.fate = [](const auto& r) { return r.method == "POST" && r.url.ends_with("/orders") ? Fate{Fate::Kind::lost_after} : Fate{}; };
  const bool listed_alone = GENERATE(false, true);
  const std::string lost = GENERATE("side", "order_id", "client_order_id");
  INFO(lost << (listed_alone ? ", in lists alone" : ""));
  d.venue.spoil = [&](Json& row, bool listed) { if (listed || !listed_alone) row[lost] = Json::object(); };
  d.submit(intent("bl-1", "0.5", "100"));
  d.pump();
  d.run(5 * second);  // it was looked for
  const bool readable = listed_alone && lost == "side";  // by its name, which the list told
  CHECK(d.orders["bl-1"].accepted == readable);
  const auto q = d.ask(1, "bl-1");
  d.run(30 * second);
  REQUIRE(d.done(q));
  CHECK(d.orders["bl-1"].absent == 0);
  CHECK(d.done(q)->complete == (readable ? 1 : 0));
  CHECK(d.orders["bl-1"].accepted == readable);
  // The host sends the same again; where the list has told whose it is, nothing goes out.
  const std::size_t sent = d.count("POST", "/orders");
  d.submit(intent("bl-1", "0.5", "100"));
  d.run(5 * second);
  CHECK(d.count("POST", "/orders") == sent + (lost == "client_order_id" ? 1 : 0));
  CHECK(d.venue.creates == 1);
  CHECK(d.orders["bl-1"].absent == 0);
}

TEST_CASE("rule 2.3: no order is absent from lists with a row that can't be read, also of an earlier process's") {
  Desk d;
  for (const char* id : {"bl-1", "bl-2"}) d.submit(intent(id, "0.5", "100"));
  d.run(2 * second);
  Desk restarted;
  restarted.venue.orders = d.venue.orders;
  restarted.venue.spoil = [](Json& row, bool) { if (row["order_id"] == "venue-2") row["number_of_fills"] = "many"; };
  for (const char* id : {"bl-2", "bl-99"}) {
    INFO(id);
    const auto q = restarted.ask(1, id);
    restarted.run(5 * second);
    REQUIRE(restarted.done(q));
    CHECK(restarted.done(q)->complete == 0);
    CHECK(restarted.orders[id].absent == 0);
  }
  const auto q = restarted.ask(1, "bl-1");  // and what can be read is found
  restarted.run(5 * second);
  CHECK(restarted.done(q)->complete == 1);
  CHECK(restarted.orders["bl-1"].venue_id == "venue-1");
  // A venue that lists it, and knows it not by its name, has said nothing.
  restarted.venue.fate = [](const auto& r) {
    if (!r.url.ends_with("/orders/historical/venue-2")) return Fate{};
    return Fate{Fate::Kind::says, 404, R"({"error":"NOT_FOUND","error_details":"order with this orderID was not found","message":"order with this orderID was not found"})"};
  };
  Desk third;
  third.venue.orders = d.venue.orders;
  third.venue.spoil = restarted.venue.spoil;
  third.venue.fate = restarted.venue.fate;
  const auto p = third.ask(1, "bl-2");
  third.run(60 * second);
  REQUIRE(third.done(p));
  CHECK(third.done(p)->complete == 0);
  CHECK(third.orders["bl-2"].absent == 0);
}

TEST_CASE("one order: by the venue's id, by ours through the lists, and absent where none has it") {
  Full d;
  auto q = d.ask(1, "bl-3");
  d.run(second);
  CHECK(d.done(q)->complete == 1);
  CHECK(d.orders["bl-3"].venue_id == "venue-4");

  Desk restarted;  // another process: it knows no venue id
  restarted.venue.orders = d.venue.orders;
  restarted.venue.orders_page = 4;
  q = restarted.ask(1, "bl-24");
  restarted.run(5 * second);
  CHECK(restarted.done(q)->complete == 1);
  CHECK(restarted.orders["bl-24"].venue_id == "venue-25");
  q = restarted.ask(1, "bl-99");
  restarted.run(5 * second);
  CHECK(restarted.done(q)->complete == 1);
  CHECK(restarted.orders["bl-99"].absent == 1);
  q = restarted.ask(1, "bl-98", "venue-none");
  restarted.run(5 * second);
  CHECK(restarted.orders["bl-98"].absent == 1);
  for (const auto& [scope, status] : {std::pair{1u, BL_E_INVALID}, std::pair{0u, BL_OK}, std::pair{32u, BL_E_UNSUPPORTED}}) {
    q = restarted.ask(scope);
    CHECK_FALSE(restarted.done(q));
    restarted.run(second);
    REQUIRE(restarted.done(q));
    CHECK(restarted.done(q)->status == status);
  }

  restarted.venue.fate = [](const auto& r) { return r.url.find("batch") != std::string::npos ? Fate{Fate::Kind::lost_before} : Fate{}; };
  q = restarted.ask(1, "bl-97");
  restarted.run(120 * second);
  CHECK(restarted.orders["bl-97"].absent == 0);  // a list that could not be read is no evidence
  CHECK(restarted.done(q)->complete == 0);
}

TEST_CASE("rule 2.3: one order of an earlier process is looked for from a day before the host says that it was made, and by a cancel as well") {
  Full d;
  Desk restarted(Json{{"stream", false}}, false);
  restarted.venue.skew_ns = -300 * second;
  restarted.run(2 * second);
  restarted.venue.orders = d.venue.orders;
  const auto from = [&restarted](const auto& asks) {
    const std::size_t before = restarted.host.requests.size();
    asks();
    for (std::size_t i = before; i < restarted.host.requests.size(); ++i)
      if (const std::string& url = restarted.host.requests[i].url; url.find("/historical/batch") != std::string::npos) {
        const auto start = values(url.substr(url.find('?') + 1), "start_date");
        return start.empty() ? std::int64_t{0} : *coinbase::parse_rfc3339(start[0]);
      }
    return std::int64_t{-1};
  };
  const std::int64_t made = restarted.host.now - 3600 * second, day = 86'400 * second, listed = made - 300 * second - day;
  CHECK(std::abs(from([&] { restarted.ask(1, "bl-24", "", made); restarted.run(second); }) - listed) <= second);
  CHECK(restarted.orders["bl-24"].venue_id == "venue-25");
  CHECK(std::abs(from([&] { restarted.ask(1, "bl-99", "", made); restarted.run(second); }) - listed) <= second);
  CHECK(restarted.orders["bl-99"].absent == 1);
  CHECK(std::abs(from([&] { restarted.cancel("bl-99"); restarted.run(second); }) - listed) <= second);
  CHECK(restarted.orders["bl-99"].refused_cancels == 1);
  CHECK(from([&] { restarted.ask(1, "bl-98"); restarted.run(60 * second); }) == 0);  // since when nobody says
  // A clock that was years ahead does not hide what was made by it.
  CHECK(from([&] { restarted.ask(1, "bl-97", "", restarted.host.now + 365 * day); restarted.run(60 * second); }) <= restarted.host.now - day);
}

TEST_CASE("one order that was just acknowledged, and is not shown yet: it is asked for again before it is told as absent") {
  Desk d;
  bool shown = false;
  d.venue.fate = [&](const auto& r) {
    if (shown || r.url.find("/orders/historical/venue-1") == std::string::npos) return Fate{};
    return Fate{Fate::Kind::says, 404, R"({"error":"NOT_FOUND","error_details":"order with this orderID was not found","message":"order with this orderID was not found"})"};
  };
  d.submit(intent("bl-1", "0.5", "100"));
  d.pump();
  auto q = d.ask(1, "bl-1");
  d.run(2 * second);
  CHECK_FALSE(d.done(q));
  SECTION("it is shown") {
    shown = true;
    d.run(10 * second);
    REQUIRE(d.done(q));
    CHECK(d.done(q)->complete == 1);
    CHECK(d.orders["bl-1"].absent == 0);
    shown = false;  // it was read: now it is gone
    q = d.ask(1, "bl-1");
    d.run(second);
    CHECK(d.orders["bl-1"].absent == 1);
  }
  SECTION("it never is") {
    d.run(30 * second);
    REQUIRE(d.done(q));
    CHECK(d.orders["bl-1"].absent == 1);
  }
}

TEST_CASE("one order that is sent again and acknowledged while the lists are read is not told as absent") {
  Desk d;
  d.venue.fate = [](const auto& q) { return q.method == "POST" && q.url.ends_with("/orders") ? Fate{Fate::Kind::lost_before} : Fate{}; };
  d.submit(intent("bl-1", "0.5", "100"));
  d.pump();
  d.run(2 * second);
  d.venue.fate = [](const auto&) { return Fate{}; };
  REQUIRE(d.orders["bl-1"].unknown);
  d.hold_answers = true;
  const auto q = d.ask(1, "bl-1");
  const std::size_t first = d.host.requests.size() - 1;
  d.answer(first);  // the list of one source; the other is asked for
  REQUIRE(d.host.requests.size() == first + 2);
  const auto early = d.venue.answer(d.host.requests[first + 1], d.host.now);
  d.submit(intent("bl-1", "0.5", "100"));
  d.answer(first + 2);
  REQUIRE(d.orders["bl-1"].accepted);
  const auto reply = testing::http_reply(d.host.requests[first + 1].request, early.status, early.body, d.host.now, early.outcome);
  d.broker->on_event(reply.h, d.host.sink);
  d.served = first + 3;
  d.hold_answers = false;
  d.run(2 * second);
  CHECK(d.orders["bl-1"].absent == 0);
  REQUIRE(d.done(q));
  CHECK(d.done(q)->complete == 1);
}

TEST_CASE("fills: corrections and reversals name the fill they are about, and what is not understood is not passed over") {
  Desk d;
  d.submit(intent("bl-1", "2", "100"));
  d.pump();
  auto& o = d.venue.orders[0];
  d.venue.fill(o, Decimal::from_int(1), Decimal::from_int(100), d.host.now);
  d.venue.fill(o, Decimal::from_mantissa(5, -1), Decimal::from_int(100), d.host.now);
  o.fills[1].type = "REVERSAL";
  o.fills[1].trade_id = o.fills[0].trade_id;
  auto q = d.ask(4);
  d.run(second);
  CHECK(d.done(q)->complete == 1);
  bool reversed = false;
  for (std::size_t i = 0; i < d.host.events.size(); ++i)
    if (d.host.event<bl_event>(i).type == BL_EV_FILL && d.host.event<bl_fill>(i).flags == 4)
      reversed = text_of(d.host.event<bl_fill>(i).fill_id) == "entry-1";
  CHECK(reversed);
  o.fills[1].type = "SOMETHING_NEW";
  o.fills[1].entry_id = "entry-9";
  q = d.ask(4);
  d.run(second);
  CHECK(d.done(q)->complete == 0);
}

TEST_CASE("rule 5.7: two wallets of one book are two: USDC is not USD") {
  Desk d;
  d.host.assets.push_back("USDC");
  d.ask(8);
  d.run(second);
  CHECK(d.balances[1].first == Decimal::from_int(10'000));
  CHECK(d.balances[4].first == Decimal::from_int(7));
}

TEST_CASE("products are told with the best bid and ask of who has no feed; a price that is not told holds up no answer") {
  Desk d;
  const auto ask = [&d](const std::string& books) {
    d.quotes.clear();
    d.venue.pricebooks = books;
    const auto request = d.ask(16);
    d.run(second);
    REQUIRE(d.done(request));
    CHECK(d.done(request)->status == BL_OK);
  };
  ask(R"({"product_id":"BTC-USD","bids":[{"price":"59990.01","size":"0.5"}],"asks":[{"price":"60000","size":"1.25"}],"time":"2026-04-07T14:30:00Z"})");
  REQUIRE(d.quotes[1].size() == 1);
  const bl_quote q = d.quotes[1][0];
  CHECK(Decimal::from_mantissa(q.bid, q.px_exp) == *Decimal::try_parse("59990.01"));
  CHECK(Decimal::from_mantissa(q.ask, q.px_exp) == Decimal::from_int(60000));
  CHECK(Decimal::from_mantissa(q.bid_qty, q.qty_exp) == *Decimal::try_parse("0.5"));
  CHECK(Decimal::from_mantissa(q.ask_qty, q.qty_exp) == *Decimal::try_parse("1.25"));
  CHECK(q.h.ts_event == *coinbase::parse_rfc3339("2026-04-07T14:30:00Z"));
  ask(R"({"product_id":"BTC-USD","bids":[],"asks":[],"time":"2026-04-07T14:30:00Z"},{"product_id":"XYZ-USD","bids":[],"asks":[],"time":"2026-04-07T14:30:00Z"})");
  REQUIRE(d.quotes[1].size() == 1);  // a book that is empty is one
  CHECK((d.quotes[1][0].bid == 0 && d.quotes[1][0].ask == 0));
  const std::string odd = R"({"product_id":"BTC-USD","bids":[{"price":"x","size":"1"}],"asks":[],"time":"2026-04-07T14:30:00Z"})";
  ask(odd);
  CHECK(d.quotes.empty());
  ask(odd + R"(,5,{"product_id":"ETH-USD","bids":[],"asks":[{"price":"3000","size":"2"}],"time":"2026-04-07T14:30:00Z"})");
  CHECK(d.quotes.count(1) == 0);
  REQUIRE(d.quotes[2].size() == 1);  // the other's is none the worse
  CHECK(Decimal::from_mantissa(d.quotes[2][0].ask, d.quotes[2][0].px_exp) == Decimal::from_int(3000));
  CHECK(std::count_if(d.host.logs.begin(), d.host.logs.end(), [](const std::string& l) { return l.find("best bid and ask of BTC-USD can't be read") != std::string::npos; }) == 2);
  ask("");
  CHECK(d.quotes.empty());
  const std::size_t before = d.count("GET", "/best_bid_ask");
  d.run(second);
  for (int i = 0; i < 3; ++i) d.ask(16);  // at one time
  d.run(second);
  CHECK(d.count("GET", "/best_bid_ask") == before + 1);
  d.run(second);
  const auto request = d.ask(16);
  const std::size_t asked = d.host.requests.size();
  for (int i = 0; i < 30; ++i) {  // a venue that never answers this one
    d.hold_answers = true;
    d.run(second / 10);
    for (; d.served < d.host.requests.size(); ++d.served)
      if (d.host.requests[d.served].url.find("/best_bid_ask") == std::string::npos) d.answer(d.served);
    d.hold_answers = false;
  }
  CHECK(d.host.requests.size() > asked);
  REQUIRE(d.done(request));
  CHECK(d.done(request)->status == BL_OK);
}

// ---- what is no part of OPEN ------------------------------------------------------------------------------------------

TEST_CASE("rule 3.6: open orders are those of each status that is not an end, also of one that moved while they were read") {
  Full d;
  const char* words[] = {"PENDING", "QUEUED", "CANCEL_QUEUED", "EDIT_QUEUED", "UNKNOWN_ORDER_STATUS", "CANCELLED"};
  for (std::size_t i = 0; i < 6; ++i) d.venue.orders[i + 10].status = words[i];
  bool moved = false;
  d.venue.fate = [&](const auto& r) {  // between the two readings
    if (!std::exchange(moved, moved || r.url.find("order_status=OPEN") != std::string::npos) && moved) {
      d.venue.orders[20].status = "CANCEL_QUEUED";
      d.venue.orders[21].status = "EDIT_QUEUED";
    }
    return Fate{};
  };
  const std::size_t before = snapshots(d, BL_EV_EXEC);
  const auto q = d.ask(2);
  d.run(second);
  REQUIRE(d.done(q));
  CHECK(d.done(q)->complete == 1);
  CHECK(moved);
  CHECK(snapshots(d, BL_EV_EXEC) == before + 24);
  for (const char* id : {"bl-10", "bl-11"}) CHECK(d.orders[id].state == BL_S_PENDING);
  for (const char* id : {"bl-12", "bl-13", "bl-14", "bl-20", "bl-21"}) CHECK(d.orders[id].state == BL_S_OPEN);
}

TEST_CASE("a venue that does not know a status which is asked for is not asked for it again, and answers for the others") {
  Full d;
  d.venue.orders[10].status = "PENDING";
  const auto asks = [&d] { return d.count("GET", "EDIT_QUEUED"); };
  d.venue.fate = [](const auto& r) {
    if (r.url.find("EDIT_QUEUED") == std::string::npos) return Fate{};
    return Fate{Fate::Kind::says, 400, R"({"error":"INVALID_ARGUMENT","error_details":"order_status","message":"invalid value for enum"})"};
  };
  const std::size_t before = snapshots(d, BL_EV_EXEC);
  auto q = d.ask(2);
  d.run(second);
  REQUIRE(d.done(q));
  CHECK(d.done(q)->complete == 1);
  CHECK(snapshots(d, BL_EV_EXEC) == before + 25);
  CHECK(asks() == 1);
  q = d.ask(2);
  d.run(second);
  CHECK(d.done(q)->complete == 1);
  CHECK(asks() == 1);
  CHECK(std::count_if(d.host.logs.begin(), d.host.logs.end(), [](const std::string& l) { return l.find("EDIT_QUEUED") != std::string::npos; }) == 1);

  Full e;  // refused whatever is asked for: that says nothing of the one status
  bool refuses = true;
  e.venue.fate = [&refuses](const auto& r) {
    if (!refuses || r.url.find("order_status") == std::string::npos) return Fate{};
    return Fate{Fate::Kind::says, 400, R"({"error":"INVALID_ARGUMENT","message":"no"})"};
  };
  q = e.ask(2);
  e.run(second);
  CHECK(e.done(q)->complete == 0);
  refuses = false;
  e.venue.orders[10].status = "EDIT_QUEUED";
  q = e.ask(2);
  e.run(second);
  CHECK(e.done(q)->complete == 1);
  CHECK(e.orders["bl-10"].state == BL_S_OPEN);
}

TEST_CASE("a venue to which the unknown status is any is not asked for that again, and no end of long ago is told") {
  Full d;
  d.venue.unknown_is_any = true;
  for (std::size_t i = 0; i < 15; ++i) d.venue.orders[i].status = "CANCELLED";
  Desk restarted;
  restarted.venue.orders = d.venue.orders;
  restarted.venue.unknown_is_any = true;
  restarted.venue.orders[15].status = "EDIT_QUEUED";
  const std::size_t asked = restarted.count("GET", "UNKNOWN_ORDER_STATUS");
  for (int i = 0; i < 2; ++i) {
    const auto q = restarted.ask(2);
    restarted.run(second);
    REQUIRE(restarted.done(q));
    CHECK(restarted.done(q)->complete == 1);
    CHECK(restarted.orders.size() == 10);
    CHECK(restarted.orders.count("bl-15") == 1);
  }
  CHECK(restarted.count("GET", "UNKNOWN_ORDER_STATUS") == asked + 1);
}

TEST_CASE("rule 3.6: many that have ended since they were listed keep no other from being told") {
  Full d;
  for (std::size_t i = 0; i < 20; ++i) d.venue.orders[i].status = "PENDING";
  std::size_t ended = 0;
  d.venue.spoil = [&ended](Json& row, bool listed) {
    if (!listed || row["status"] != "PENDING" || row["order_id"] < "venue-13") return;
    row["status"] = "CANCELLED";  // venue-13 to venue-20 and venue-2 to venue-9, which are listed first
    ++ended;
  };
  const auto q = d.ask(2);
  d.run(second);
  REQUIRE(d.done(q));
  CHECK(d.done(q)->complete == 1);
  CHECK(ended > 20);
  for (const char* id : {"bl-0", "bl-9", "bl-10", "bl-11"}) CHECK(d.orders[id].state == BL_S_PENDING);
}

TEST_CASE("a question costs what is declared of it") {
  Desk d;
  d.submit(intent("bl-1", "0.5", "100"));
  d.run(10 * second);
  d.venue.pricebooks = R"({"product_id":"BTC-USD","bids":[],"asks":[],"time":"2026-04-07T14:30:00Z"})";
  const std::size_t before = d.host.requests.size();
  const auto q = d.ask(2 | 4 | 8 | 16);
  d.run(second / 10);
  REQUIRE(d.done(q));
  CHECK(d.host.requests.size() - before == broker_coinbase::Query::most_requests);
}
