// Orders on their way: every form, every outcome, and that nothing goes twice but the same bytes.
#include "coinbase/rfc3339.hpp"
#include "desk.hpp"

using namespace bowline;
using namespace broker_tests;

namespace {

Fate says(int status, std::string body = "") { return {Fate::Kind::says, status, std::move(body)}; }
bool is_create(const testing::SentRequest& q) { return q.method == "POST" && q.url.ends_with("/orders"); }

/// The fate of each create in turn; then served.
void creates(Desk& d, std::vector<Fate> fates) {
  auto left = std::make_shared<std::deque<Fate>>(fates.begin(), fates.end());
  d.venue.fate = [left](const testing::SentRequest& q) {
    if (!is_create(q) || left->empty()) return Fate{};
    const Fate f = left->front();
    left->pop_front();
    return f;
  };
}

}  // namespace

TEST_CASE("a limit order is acknowledged with the venue's id, and its fill and end are told in this order") {
  Desk d;
  REQUIRE(d.submit(intent("bl-1", "0.5", "100")).status == BL_PENDING);
  d.run(second);
  const Folded& f = d.orders["bl-1"];
  CHECK(f.kinds.at(0) == BL_X_ACCEPTED);
  CHECK(f.venue_id == "venue-1");
  d.venue.fill(d.venue.orders[0], Decimal::from_mantissa(5, -1), Decimal::from_int(100), d.host.now);
  d.run(10 * second);
  CHECK(f.over);
  CHECK(f.state == BL_S_FILLED);
  CHECK(f.filled() == Decimal::from_mantissa(5, -1));
  std::size_t fill_at = 0, done_at = 0;
  for (std::size_t i = 0; i < d.host.events.size(); ++i) {
    if (d.host.event<bl_event>(i).type == BL_EV_FILL) fill_at = i;
    if (d.host.event<bl_event>(i).type == BL_EV_EXEC && d.host.event<bl_exec>(i).kind == BL_X_DONE) done_at = i;
  }
  CHECK(fill_at < done_at);
}

TEST_CASE("each request carries its lane, class and last moment, and a token of its own") {
  Desk d;
  bl_intent buy = intent("bl-1", "0.5", "100");
  buy.not_after_ns = d.host.now + 5 * second;
  d.submit(buy);
  bl_intent exit = intent("bl-2", "0.5", "100", Side::sell);
  exit.flags = BL_REDUCE_ONLY;
  d.submit(exit);
  const auto& a = d.host.requests[d.host.requests.size() - 2];
  const auto& b = d.host.requests.back();
  CHECK(a.lane == 0);
  CHECK(b.lane == 1);
  CHECK(a.not_after_ns == buy.not_after_ns);
  CHECK(a.rate_class == broker_coinbase::class_key);
  CHECK(a.cost == 1);
  CHECK(a.deadline_ns == d.host.now + d.options.request_timeout_ns);
  std::set<std::string> tokens;
  for (const auto& q : d.host.requests) {
    const std::size_t at = q.headers.find("Bearer ");
    if (q.url.ends_with("/time")) CHECK(at == std::string::npos);
    else CHECK(tokens.insert(q.headers.substr(at)).second);
  }
}

TEST_CASE("what each intent becomes, byte by byte") {
  Desk d;
  const auto body = [&d](bl_intent i) {
    static int n = 0;
    std::memset(i.client_id, 0, sizeof i.client_id);
    const std::string id = "bl-form-" + std::to_string(++n);
    std::memcpy(i.client_id, id.data(), id.size());
    const auto t = d.submit(i);
    if (t.status < 0) return t.why.code;
    const Json b = Json::parse(d.host.requests.back().body);
    return b.at("side").get<std::string>() + b.at("order_configuration").dump();
  };
  bl_intent i = market("x", "0.5");
  CHECK(body(i) == R"(SELL{"market_market_ioc":{"base_size":"0.5"}})");
  i.side = BL_BUY;
  i.qty = Decimal::not_set().raw();
  i.quote_qty = Decimal::from_mantissa(12345, -3).raw();
  CHECK(body(i) == R"(BUY{"market_market_ioc":{"quote_size":"12.34"}})");
  i.side = BL_SELL;
  CHECK(body(i) == "ORDER_UNSUPPORTED");
  i = intent("x", "0.123456789", "100.009");
  CHECK(body(i) == R"(BUY{"limit_limit_gtc":{"base_size":"0.12345678","limit_price":"100","post_only":false}})");
  i.side = BL_SELL;
  i.flags = BL_POST_ONLY;
  CHECK(body(i) == R"(SELL{"limit_limit_gtc":{"base_size":"0.12345678","limit_price":"100.01","post_only":true}})");
  i.tif = BL_IOC;
  CHECK(body(i) == "ORDER_UNSUPPORTED");
  i.flags = 0;
  CHECK(body(i) == R"(SELL{"sor_limit_ioc":{"base_size":"0.12345678","limit_price":"100.01"}})");
  i.tif = BL_FOK;
  CHECK(body(i) == R"(SELL{"limit_limit_fok":{"base_size":"0.12345678","limit_price":"100.01"}})");
  i.tif = BL_GTD;
  i.expire_ns = 1'700'000'000 * second;
  CHECK(body(i) == R"(SELL{"limit_limit_gtd":{"base_size":"0.12345678","end_time":"2023-11-14T22:13:20Z","limit_price":"100.01","post_only":false}})");
  i.type = BL_STOP_LIMIT;
  i.tif = BL_GTC;
  i.stop_px = Decimal::from_int(90).raw();
  CHECK(body(i) == R"(SELL{"stop_limit_stop_limit_gtc":{"base_size":"0.12345678","limit_price":"100.01","stop_direction":"STOP_DIRECTION_STOP_DOWN","stop_price":"90"}})");
  i.type = BL_BRACKET;
  CHECK(body(i) == R"(SELL{"trigger_bracket_gtc":{"base_size":"0.12345678","limit_price":"100.01","stop_trigger_price":"90"}})");
  i.side = BL_BUY;
  CHECK(body(i) == "ORDER_UNSUPPORTED");
  i.type = 99;
  CHECK(body(i) == "ORDER_UNSUPPORTED");
  i = intent("x", "0.5", "100");
  i.side = 7;
  CHECK(body(i) == "ORDER_UNSUPPORTED");
}

TEST_CASE("what a purchase by quote got is divided as the venue divides, to sixteen decimals") {
  const auto base = [](const char* size, const char* price) {
    coinbase::VenueFill f;
    f.size = *Decimal::try_parse(size);
    f.price = *Decimal::try_parse(price);
    f.size_in_quote = true;
    return broker_coinbase::base_of(f).to_string();
  };
  CHECK(base("4.9603174603174603", "8.596") == "0.5770494951509377");  // of the venue's own numbers (quote_size_market_buy_real)
  CHECK(base("30", "0.07") == "428.5714285714285714");
  CHECK(base("0.0000000000000001", "3") == "0");
  // Part of a level: its worth is rounded down to sixteen decimals, and what it was worth of comes back above a price of 2.
  for (const char* price : {"2.01", "3055.31", "61193.88", "999999.99"})
    for (const char* size : {"0.1234567890123457", "0.00000001", "17.0000000000000001"}) {
      const Decimal worth = floor_to(mul(*Decimal::try_parse(size), *Decimal::try_parse(price), Rounding::down), broker_coinbase::base_digit);
      CHECK(base(worth.to_string().c_str(), price) == Decimal::try_parse(size)->to_string());
    }
}

TEST_CASE("a purchase by quote has filled what its fills add up to, though the venue tells one in base and the other in quote") {
  for (const char* price : {"3055.31", "61193.88", "7", "0.07"}) {
    Desk d;
    d.venue.market_price = *Decimal::try_parse(price);
    d.venue.fills_in_quote = true;
    bl_intent i = market("bl-1", "0.5");
    i.side = BL_BUY;
    i.qty = Decimal::not_set().raw();
    i.quote_qty = Decimal::from_int(30).raw();
    REQUIRE(d.submit(i).status == BL_PENDING);
    d.run(5 * second);
    INFO(price << " " << d.orders["bl-1"].cum.to_string() << " of " << d.orders["bl-1"].filled().to_string() << " " << d.orders["bl-1"].text);
    const Folded& f = d.orders["bl-1"];
    CHECK(f.state == BL_S_FILLED);
    CHECK(f.fills.size() == 1);
    CHECK(f.cum == f.filled());
  }
  // What is missing is more than what a division leaves: the venue's word stands.
  Desk d;
  REQUIRE(d.submit(intent("bl-2", "1", "100")).status == BL_PENDING);
  d.run(second);
  ModelOrder& o = *d.venue.by_client("bl-2");
  d.venue.fill(o, *Decimal::try_parse("0.4"), o.price, d.host.now);
  d.run(10 * second);
  CHECK(d.orders["bl-2"].cum == *Decimal::try_parse("0.4"));
  d.venue.fill(o, *Decimal::try_parse("0.000000001"), o.price, d.host.now, true);  // its fill is not listed yet
  o.status = "CANCELLED";
  d.run(60 * second);
  CHECK(d.orders["bl-2"].over);
  CHECK(d.orders["bl-2"].filled() == *Decimal::try_parse("0.4"));
  CHECK(d.orders["bl-2"].cum == *Decimal::try_parse("0.400000001"));
}

TEST_CASE("an order that breaks a rule of its product is refused here, and one that reduces is left to the venue") {
  Desk d;
  const auto code = [&d](bl_intent i) {
    const auto t = d.submit(i);
    return t.status < 0 ? t.why.code : std::string("sent");
  };
  CHECK(code(intent("bl-1", "0.00001", "100")) == "COINBASE_SIZE_TOO_SMALL");
  CHECK(code(intent("bl-2", "0.001", "100")) == "COINBASE_NOTIONAL_TOO_SMALL");
  CHECK(code(intent("bl-3", "0.000000001", "100")) == "COINBASE_TERMS");  // nothing is left of it on the step
  bl_intent small = intent("bl-4", "0.00001", "100", Side::sell);
  small.flags = BL_REDUCE_ONLY;
  CHECK(code(small) == "sent");
  bl_intent other = intent("bl-5", "1", "100");
  other.instrument = 77;
  CHECK(code(other) == "INSTRUMENT_UNKNOWN");
  CHECK(code(intent("", "1", "100")) == "CLIENT_ID_MISSING");
  bl_intent late = intent("bl-6", "1", "100");
  late.not_after_ns = d.host.now - 1;
  CHECK(d.submit(late).status == BL_E_STATE);
  CHECK(d.count("POST", "/orders") == d.count("POST", "/orders/preview") + 1);
}

TEST_CASE("rule 2.3: a lost answer is unknown, never a refusal; the order that is there is found and told") {
  Desk d;
  creates(d, {{Fate::Kind::lost_after}});
  d.submit(intent("bl-1", "0.5", "100"));
  d.pump();
  CHECK(d.orders["bl-1"].kinds == std::vector<std::uint32_t>{BL_X_UNKNOWN});
  d.run(5 * second);
  CHECK(d.orders["bl-1"].venue_id == "venue-1");
  CHECK(d.orders["bl-1"].state == BL_S_OPEN);
  CHECK_FALSE(d.orders["bl-1"].rejected);
  CHECK(d.venue.creates == 1);
}

TEST_CASE("rule 2.3: an order that is not there says nothing by itself; asked for, it is absent, and only then") {
  Desk d;
  creates(d, {{Fate::Kind::lost_before}});
  d.submit(intent("bl-1", "0.5", "100"));
  d.run(20 * second);
  CHECK(d.orders["bl-1"].kinds == std::vector<std::uint32_t>{BL_X_UNKNOWN});
  const auto q = d.ask(1, "bl-1");
  d.run(second);
  CHECK(d.orders["bl-1"].absent == 1);
  CHECK(d.done(q)->complete == 1);
}

TEST_CASE("rule 2.3: sent again by the host it is the same bytes, and a refusal of the second try proves nothing of the first") {
  Desk d;
  creates(d, {{Fate::Kind::lost_before}, says(400, R"({"error":"INVALID_ARGUMENT","message":"no"})"), {Fate::Kind::never_sent}, {Fate::Kind::lost_before}});
  const bl_intent i = intent("bl-1", "0.5", "100");
  d.submit(i);
  d.pump();
  REQUIRE(d.submit(i).status == BL_PENDING);
  d.pump();
  CHECK(d.orders["bl-1"].kinds == std::vector<std::uint32_t>{BL_X_UNKNOWN, BL_X_UNKNOWN});
  CHECK_FALSE(d.orders["bl-1"].rejected);
  std::set<std::string> bodies;
  for (const auto& q : d.host.requests)
    if (is_create(q)) bodies.insert(q.body);
  CHECK(bodies.size() == 1);
  bl_intent other = i;
  other.qty = Decimal::from_int(3).raw();
  CHECK(d.submit(other).why.code == "CLIENT_ID_REUSED");
}

TEST_CASE("rule 2.3: what an earlier process may have sent is not refused by a try of this one that did not get there") {
  // Held by the order that this one's predecessor sent: the venue lists it late, and refuses another for want of money.
  const Fate no_money = says(200, R"({"success":false,"error_response":{"error":"INSUFFICIENT_FUND","message":"no"}})");
  const Fate slow = says(429, R"({"errors":[{"id":"rate_limit_exceeded","message":"slow"}]})");
  const auto told = [](const Fate& fate, std::int64_t decided_before, bool asked = false) {
    Desk d;
    creates(d, std::vector<Fate>(8, fate));
    bl_intent i = intent("bl-1", "0.5", "100");
    i.decided_ns = decided_before == 0 ? 0 : d.host.now - decided_before;
    if (asked) {
      d.ask(1, "bl-1");
      d.run(second);
      REQUIRE(d.orders["bl-1"].absent == 1);
    }
    d.host.http_answer = BL_E_AGAIN;  // a hand-over that came to nothing changes nothing of that
    REQUIRE(d.broker->submit(i).status == BL_E_AGAIN);
    d.host.http_answer = BL_PENDING;
    REQUIRE(d.broker->submit(i).status == BL_PENDING);
    d.run(60 * second);
    const Folded& f = d.orders["bl-1"];
    CHECK(f.rejected != f.unknown);
    return f.rejected;
  };
  for (const Fate& fate : {no_money, slow, Fate{Fate::Kind::never_sent}, Fate{Fate::Kind::too_late}}) {
    INFO(static_cast<int>(fate.kind) << " " << fate.status);
    CHECK_FALSE(told(fate, 30 * second));  // the desk is two seconds old
    CHECK_FALSE(told(fate, 0));            // nobody knows when
    CHECK(told(fate, second));
    CHECK_FALSE(told(fate, second, true));  // the host would not ask for what nobody has sent
  }
}

TEST_CASE("rule 2.3: what an earlier process may have sent is looked for from a day before it was decided, by the venue's clock") {
  for (const std::int64_t decided_before : {std::int64_t{3600} * second, std::int64_t{0}}) {
    Desk d(Json{{"stream", false}}, false);
    d.venue.skew_ns = -7200 * second;
    d.run(2 * second);
    creates(d, {{Fate::Kind::lost_before}});
    bl_intent i = intent("bl-1", "0.5", "100");
    i.decided_ns = decided_before == 0 ? 0 : d.host.now - decided_before;
    REQUIRE(d.broker->submit(i).status == BL_PENDING);
    d.run(2 * second);
    const auto* list = d.last("limit=100");
    REQUIRE(list != nullptr);
    const auto start = values(list->url.substr(list->url.find('?') + 1), "start_date");
    REQUIRE(start.size() == (decided_before == 0 ? 0 : 1));
    if (decided_before == 0) continue;
    const std::int64_t before = i.decided_ns + d.venue.skew_ns - *coinbase::parse_rfc3339(start[0]);
    CHECK(before >= 86'400 * second);
    CHECK(before <= 86'401 * second);
  }
}

TEST_CASE("rule 2.3: the outcomes of a new order") {
  struct Row {
    Fate fate;
    std::uint32_t kind;
    const char* text;
  };
  const Row rows[] = {
      {says(200, R"({"success":false,"error_response":{"error":"INSUFFICIENT_FUND","message":"no"}})"), BL_X_REJECTED, "INSUFFICIENT_FUND"},
      {says(200, R"({"success":false,"error_response":{"error":"UNKNOWN_FAILURE_REASON","preview_failure_reason":"PREVIEW_INVALID_BASE_SIZE_TOO_SMALL"}})"), BL_X_REJECTED,
       "INVALID_BASE_SIZE_TOO_SMALL"},
      {says(200, "{"), BL_X_UNKNOWN, "ANSWER_UNREADABLE"},
      {says(200, R"({"success":true})"), BL_X_UNKNOWN, "ANSWER_UNREADABLE"},
      {says(200, R"({"success":true,"success_response":{"order_id":"v","client_order_id":"another","product_id":"BTC-USD","side":"BUY"}})"), BL_X_UNKNOWN, "ANSWER_MISMATCH"},
      {says(400, R"({"error":"INVALID_ARGUMENT","message":"no"})"), BL_X_REJECTED, "INVALID_ARGUMENT"},
      {says(403, R"({"error":"PERMISSION_DENIED","error_details":"Missing required scopes"})"), BL_X_REJECTED, "PERMISSION_DENIED"},
      {says(500, "go/sg/uuid"), BL_X_UNKNOWN, "SERVER_ERROR"},
      {says(502), BL_X_UNKNOWN, "SERVER_ERROR"},
      {says(302), BL_X_UNKNOWN, "REDIRECTED"},
      {says(408), BL_X_UNKNOWN, "UNEXPECTED_STATUS"},
      {says(418, "<html>"), BL_X_UNKNOWN, "UNEXPECTED_STATUS"},
      {{Fate::Kind::lost_before}, BL_X_UNKNOWN, "NO_ANSWER"},
      {{Fate::Kind::too_late}, BL_X_REJECTED, "NOT_AFTER_PASSED"},
  };
  for (const Row& row : rows) {
    Desk d;
    INFO(row.text << " " << row.fate.status << " " << row.fate.body);
    creates(d, {row.fate});
    d.submit(intent("bl-1", "0.5", "100"));
    d.pump();
    REQUIRE(d.orders["bl-1"].kinds.size() == 1);
    CHECK(d.orders["bl-1"].kinds[0] == row.kind);
    CHECK(d.orders["bl-1"].text == row.text);
    CHECK(d.venue.creates == 0);
  }
}

TEST_CASE("an entry that was throttled, or never left, is tried a few times; one that reduces until its last moment") {
  Desk d;
  creates(d, std::vector<Fate>(50, says(429, R"({"errors":[{"id":"rate_limit_exceeded","message":"slow"}]})")));
  d.submit(intent("bl-1", "0.5", "100"));
  d.run(60 * second);
  CHECK(d.orders["bl-1"].kinds == std::vector<std::uint32_t>{BL_X_REJECTED});
  CHECK(d.orders["bl-1"].text == "RATE_LIMITED");
  CHECK(d.count("POST", "/orders") - d.count("POST", "/orders/preview") == d.options.tries);

  Desk e;
  creates(e, std::vector<Fate>(9, {Fate::Kind::never_sent}));
  bl_intent exit = intent("bl-2", "0.5", "100", Side::sell);
  exit.flags = BL_REDUCE_ONLY;
  exit.not_after_ns = e.host.now + 600 * second;
  e.submit(exit);
  e.run(120 * second);
  CHECK(e.orders["bl-2"].accepted);
  CHECK(e.venue.creates == 1);

  Desk f;
  creates(f, std::vector<Fate>(500, {Fate::Kind::never_sent}));
  exit.not_after_ns = f.host.now + 30 * second;
  f.submit(exit);
  f.run(120 * second);
  CHECK(f.orders["bl-2"].kinds == std::vector<std::uint32_t>{BL_X_REJECTED});
  CHECK(f.orders["bl-2"].text == "NOT_AFTER_PASSED");
  for (const auto& q : f.host.requests)
    if (is_create(q)) CHECK(q.at_ns <= exit.not_after_ns);
}

TEST_CASE("a 401 to a key that has worked is throttling, three times; the next one is not") {
  Desk d;
  creates(d, {says(401, "Unauthorized"), says(401, "Unauthorized")});
  d.submit(intent("bl-1", "0.5", "100"));
  d.run(5 * second);
  CHECK(d.orders["bl-1"].accepted);
  CHECK(d.links.empty());
  d.venue.fate = [](const auto& q) { return q.url.ends_with("/time") ? Fate{} : says(401, "Unauthorized"); };
  d.submit(intent("bl-2", "0.5", "100"));
  d.run(60 * second);
  CHECK(d.orders["bl-2"].rejected);
  CHECK(d.orders["bl-2"].text == "UNAUTHORISED");
  REQUIRE(d.links.size() == 1);
  CHECK(d.links[0].state == 0);
  CHECK(d.links[0].why.status == BL_E_AUTH);
  d.venue.fate = [](const auto&) { return Fate{}; };
  d.run(60 * second);
  REQUIRE(d.links.size() == 2);
  CHECK(d.links[1].state == 1);
}

TEST_CASE("a full queue of the host's is no order, and is said at once") {
  Desk d;
  d.host.http_answer = BL_E_AGAIN;
  CHECK(d.submit(intent("bl-1", "0.5", "100")).status == BL_E_AGAIN);
  d.host.http_answer = BL_PENDING;
  CHECK(d.submit(intent("bl-1", "0.5", "100")).status == BL_PENDING);
  d.run(second);
  CHECK(d.orders["bl-1"].accepted);
}

TEST_CASE("a product that only cancels takes no entry, and is told as it is") {
  Desk d;
  d.venue.product_extra = R"("cancel_only":true,)";
  d.ask(16);
  d.run(second);
  CHECK(d.submit(intent("bl-1", "0.5", "100")).why.code == "COINBASE_NOT_TRADABLE");
  CHECK((d.products[1].flags & 3) == 2);
  CHECK((d.products[2].flags & 3) == 1);
  CHECK(Decimal::from_raw(d.products[1].taker_fee) == Decimal::from_mantissa(6, -3));
}

TEST_CASE("a status that is not known works on; a market order is followed to its end") {
  Desk d;
  d.submit(intent("bl-1", "0.5", "100"));
  d.pump();
  d.venue.orders[0].status = "SOMETHING_NEW";
  d.ask(1, "bl-1");
  d.run(second);
  CHECK(d.orders["bl-1"].state == BL_S_OPEN);
  d.submit(market("bl-2", "0.25"));
  d.run(2 * second);
  CHECK(d.orders["bl-2"].state == BL_S_FILLED);
  CHECK(d.orders["bl-2"].filled() == Decimal::from_mantissa(25, -2));
}

TEST_CASE("an order whose answer was lost, and whose fill is heard of first, is ours all the same") {
  Desk d;
  creates(d, {{Fate::Kind::lost_after}});
  d.submit(intent("bl-1", "0.5", "100"));
  d.pump();
  d.venue.fill(d.venue.orders[0], Decimal::from_mantissa(1, -1), Decimal::from_int(100), d.host.now);
  d.venue.fate = [](const auto& q) { return q.url.find("batch") != std::string::npos ? Fate{Fate::Kind::never_sent} : Fate{}; };
  d.run(60 * second);
  CHECK(d.orders["bl-1"].venue_id == "venue-1");
  CHECK(d.orders["bl-1"].accepted);
  CHECK(d.orders["bl-1"].filled() == Decimal::from_mantissa(1, -1));
  CHECK(d.orders.count("venue-1") == 0);
  CHECK(d.submit(intent("bl-1", "0.5", "100")).status == BL_PENDING);
  d.run(5 * second);
  CHECK(d.count("POST", "/orders") - d.count("POST", "/orders/preview") == 1);
}

TEST_CASE("what the venue asks to wait is waited, up to a minute") {
  for (const auto& [header, least] : {std::pair{"7", 7}, std::pair{"61", 0}, std::pair{"-3", 0}, std::pair{"soon", 0}, std::pair{"", 0}}) {
    INFO(header);
    Desk d;
    d.hold_answers = true;
    const std::size_t before = d.count("POST", "/orders");
    d.submit(intent("bl-1", "0.5", "100"));
    const std::string headers = std::string("Retry-After: ") + header + "\r\n";
    const auto r = testing::http_reply(d.host.requests.back().request, 429, "slow", d.host.now, BL_OK, headers);
    d.served = d.host.requests.size();
    d.hold_answers = false;
    const std::int64_t at = d.host.now;
    d.broker->on_event(r.h, d.host.sink);
    d.run(20 * second);
    REQUIRE(d.count("POST", "/orders") == before + 2);
    CHECK((d.last("/orders")->at_ns - at >= 7 * second) == (least == 7));
  }
}

TEST_CASE("what was refused is forgotten after some thousands, and not before") {
  Desk d;
  d.venue.create_refusal = "INVALID_LIMIT_PRICE_POST_ONLY";
  for (int i = 0; i < 4200; ++i) {
    d.submit(intent("bl-" + std::to_string(i), "0.5", "100"));
    d.pump();
  }
  CHECK(d.broker->kit().orders.size() <= broker_coinbase::Orders::most_ended + 2);
  CHECK(d.submit(intent("bl-4199", "0.75", "100")).why.code == "CLIENT_ID_REUSED");
}
