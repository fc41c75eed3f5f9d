// The start: the key's rights, the clock, the products, what stops rest; and what goes on by the clock alone.
#include "coinbase/rfc3339.hpp"
#include "desk.hpp"

using namespace bowline;
using namespace broker_tests;

TEST_CASE("a key that may do too little, too much, or elsewhere is refused, and nothing is sent with it") {
  const auto refused = [](const char* code, auto&& change, const Json& more = Json{{"stream", false}}) {
    INFO(code);
    Desk d(more, false);
    change(d.venue);
    d.run(2 * second);
    REQUIRE(d.host.faults.size() == 1);
    CHECK(d.host.faults[0].starts_with(code));
    CHECK(d.submit(intent("bl-1", "0.5", "100")).status == BL_E_AUTH);
    CHECK(d.cancel("bl-1").status == BL_E_AUTH);
    CHECK(d.count("POST", "/orders") == d.count("POST", "/orders/preview"));
  };
  refused("KEY_TOO_LITTLE", [](ModelVenue& v) { v.can_trade = false; });
  refused("KEY_TOO_LITTLE", [](ModelVenue& v) { v.can_view = false; });
  refused("KEY_MAY_TRANSFER", [](ModelVenue& v) { v.can_transfer = true; });
  refused("KEY_PORTFOLIO", [](ModelVenue&) {}, Json{{"stream", false}, {"portfolio", "p-2"}});
  Desk d(Json{{"stream", false}, {"allow_transfer_key", true}, {"portfolio", "p-1"}}, false);
  d.venue.can_transfer = true;
  d.run(2 * second);
  CHECK(d.host.faults.empty());
  CHECK(d.submit(intent("bl-1", "0.5", "100")).status == BL_PENDING);
}

TEST_CASE("before the key was judged nothing is bought, and what reduces goes") {
  Desk d(Json{{"stream", false}}, false);
  CHECK(d.submit(intent("bl-1", "0.5", "100")).status == BL_E_AGAIN);
  bl_intent exit = intent("bl-2", "0.5", "100", Side::sell);
  exit.flags = BL_REDUCE_ONLY;
  CHECK(d.submit(exit).status == BL_PENDING);
  d.venue.fate = [](const auto& q) { return q.url.ends_with("/key_permissions") ? Fate{Fate::Kind::says, 503} : Fate{}; };
  d.run(30 * second);
  CHECK(d.orders["bl-2"].accepted);
  CHECK(d.submit(intent("bl-1", "0.5", "100")).status == BL_E_AGAIN);
  d.venue.fate = [](const auto&) { return Fate{}; };
  d.run(60 * second);
  CHECK(d.submit(intent("bl-1", "0.5", "100")).status == BL_PENDING);
}

TEST_CASE("tokens follow the venue's clock") {
  Desk d(Json{{"stream", false}}, false);
  d.venue.skew_ns = 90 * second;
  d.run(2 * second);
  CHECK(std::abs(d.broker->kit().session.skew_ns() - 90 * second) < second / 100);
  d.venue.skew_ns = -30 * second;
  d.run(d.options.time_check_ns + second);
  CHECK(std::abs(d.broker->kit().session.skew_ns() + 30 * second) < second / 100);
}

TEST_CASE("ABI 1.3: what the venue said of the key and of its clock is told, as soon as it was said and not before") {
  Desk d(Json{{"stream", false}, {"allow_transfer_key", true}}, false);
  bl_standing s = d.broker->standing();
  CHECK(s.size == sizeof s);
  CHECK(s.told == 0);
  CHECK(s.may == 0);
  d.venue.can_transfer = true;
  d.venue.skew_ns = 7 * second;
  d.run(2 * second);
  s = d.broker->standing();
  CHECK(s.told == (BL_TOLD_KEY | BL_TOLD_PORTFOLIO | BL_TOLD_CLOCK));
  CHECK(s.may == (BL_MAY_VIEW | BL_MAY_TRADE | BL_MAY_TRANSFER));
  CHECK(text_of(s.portfolio) == "p-1");
  CHECK(std::abs(s.skew_ns - 7 * second) < second / 100);
  Desk long_id(Json{{"stream", false}}, false);
  long_id.venue.portfolio = std::string(64, 'p');  // one that does not fit is no id
  long_id.run(2 * second);
  CHECK(long_id.broker->standing().told == (BL_TOLD_KEY | BL_TOLD_CLOCK));
  Desk mute(Json{{"stream", false}}, false);
  mute.venue.fate = [](const auto& q) { return q.url.ends_with("/time") ? Fate{Fate::Kind::says, 503} : Fate{}; };
  mute.run(30 * second);
  CHECK(mute.broker->standing().told == (BL_TOLD_KEY | BL_TOLD_PORTFOLIO));
}

TEST_CASE("a product rests stops when a preview takes one, also from who has nothing to sell") {
  const auto flag = [](const std::string& errors, Fate fate = {}) {
    Desk d(Json{{"stream", false}}, false);
    d.venue.preview_errors = errors;
    d.venue.fate = [fate](const auto& q) { return q.url.ends_with("/preview") ? fate : Fate{}; };
    d.run(2 * second);
    d.ask(16);
    d.run(second);
    return (d.products[1].flags & 64) != 0;
  };
  CHECK_FALSE(flag(""));
  CHECK_FALSE(flag(R"("PREVIEW_INSUFFICIENT_FUND")"));
  CHECK(flag(R"("UNSUPPORTED_ORDER_CONFIGURATION")"));
  CHECK(flag("", {Fate::Kind::says, 503}));
  CHECK(flag("", {Fate::Kind::says, 400, R"({"error":"INVALID_ARGUMENT","message":"no"})"}));
  Desk d(Json{{"stream", false}, {"probe_stops", false}});
  d.ask(16);
  d.run(second);
  CHECK((d.products[1].flags & 64) != 0);
}

TEST_CASE("rule 3.3: a preview without an answer is asked for again until the venue says whether stops may rest there") {
  Desk d(Json{{"stream", false}}, false);
  int unanswered = 3;
  d.venue.fate = [&unanswered](const auto& q) { return q.url.ends_with("/preview") && unanswered-- > 0 ? Fate{Fate::Kind::says, 503} : Fate{}; };
  d.run(second / 10);
  d.ask(16);
  d.run(second / 10);
  CHECK((d.products[1].flags & 64) != 0);
  d.run(20 * second);
  CHECK((d.products[1].flags & 64) == 0);  // told without being asked
  const auto asked = d.count("POST", "/orders/preview");
  d.ask(16);
  d.run(20 * second);
  CHECK(d.count("POST", "/orders/preview") == asked);  // once it is known it is not asked again
}

TEST_CASE("rule 3.3: previews go behind the host's first questions, for a while, and one behind the other") {
  Desk d(Json{{"stream", false}}, false, {"ETH-USD", "SOL-USD"});
  const auto previews = [&d] { return d.count("POST", "/orders/preview"); };
  bool answers = false;
  d.venue.fate = [&](const auto& q) { return !answers && q.url.find("/accounts") != std::string::npos ? Fate{Fate::Kind::says, 503} : Fate{}; };
  d.ask(8);
  d.run(second);
  CHECK(previews() == 0);
  SECTION("they go when those are answered") {
    answers = true;
    d.run(2 * second);
    CHECK(previews() == d.broker->kit().catalogue.all().size());
  }
  SECTION("or ten seconds later") {
    for (int i = 0; i < 20; ++i) {
      d.ask(8);
      d.run(second);
    }
    CHECK(previews() == d.broker->kit().catalogue.all().size());
  }
}

TEST_CASE("a product without a price is asked about when it has one, and holds up no other") {
  Desk d(Json{{"stream", false}}, false, {"ETH-USD", "SOL-USD"});
  bool priced = false;
  d.venue.fate = [&](const auto& q) { return q.url.ends_with("/preview") && !priced ? Fate{Fate::Kind::says, 503} : Fate{}; };
  d.run(second);
  const std::size_t products = d.broker->kit().catalogue.all().size();
  CHECK(d.count("POST", "/orders/preview") >= products);  // one without an answer does not keep the next from being asked
  priced = true;
  d.run(30 * second);
  d.ask(16);
  d.run(second);
  for (const auto& [instrument, p] : d.products) CHECK((p.flags & 64) == 0);
  CHECK(d.products.size() == products);
}

TEST_CASE("questions about products at one time are one reading") {
  Desk d;
  d.hold_answers = true;
  const std::size_t before = d.count("GET", "/products");
  const auto a = d.ask(16), b = d.ask(16);
  CHECK(d.count("GET", "/products") == before + 1);
  d.hold_answers = false;
  d.run(second);
  CHECK(d.count("GET", "/products") == before + 1);
  CHECK((d.done(a) && d.done(a)->status == BL_OK));
  CHECK((d.done(b) && d.done(b)->status == BL_OK));
  d.ask(16);
  d.run(second);
  CHECK(d.count("GET", "/products") == before + 2);
}

TEST_CASE("without a stream the clock finds fills, ends, and what others do") {
  Desk d;
  d.submit(intent("bl-1", "0.5", "100"));
  d.submit(intent("bl-2", "0.5", "100"));
  d.run(second);
  d.venue.fill(d.venue.orders[0], Decimal::from_mantissa(2, -1), Decimal::from_int(100), d.host.now);
  d.venue.orders[1].status = "EXPIRED";
  ModelOrder foreign = d.venue.orders[0];
  foreign.id = "venue-x";
  foreign.client = "";
  foreign.fills.clear();
  d.venue.orders.push_back(foreign);
  d.venue.fill(d.venue.orders.back(), Decimal::from_mantissa(3, -1), Decimal::from_int(100), d.host.now);
  d.run(15 * second);
  CHECK(d.orders["bl-1"].filled() == Decimal::from_mantissa(2, -1));
  CHECK(d.orders["bl-1"].state == BL_S_OPEN);
  CHECK(d.orders["bl-2"].state == BL_S_EXPIRED);
  CHECK(d.orders["venue-x"].filled() == Decimal::from_mantissa(3, -1));
}

TEST_CASE("rule 2.3: a fill that stays unreadable makes no sweep longer than the one before, and is asked for by its order until it can be read") {
  Desk d;
  d.submit(intent("bl-1", "0.5", "100"));
  d.run(2 * second);
  d.all_fill_beside_a_foreign_one();
  bool spoilt = true;
  d.venue.spoil_fill = [&spoilt](Json& row) { if (spoilt) row["price"] = "some"; };
  d.run(300 * second);
  std::string newest;
  for (const auto& q : d.host.requests)
    if (q.url.find("/fills?start_sequence") != std::string::npos) newest = q.url;
  REQUIRE_FALSE(newest.empty());
  const std::int64_t from = *coinbase::parse_rfc3339(values(newest.substr(newest.find('?') + 1), "start_sequence_timestamp").at(0));
  CHECK(d.host.now - from <= d.options.overlap_ns + 20 * second);
  CHECK(d.orders["bl-1"].fills.empty());
  spoilt = false;
  d.run(30 * second);
  CHECK(d.orders["bl-1"].filled() == Decimal::from_mantissa(2, -1));
  CHECK(d.orders["venue-x"].filled() == Decimal::from_mantissa(2, -1));
}

TEST_CASE("rule 2.3: fills are swept for by the venue's clock") {
  for (const std::int64_t skew : {-300 * second, 300 * second}) {
    INFO(skew);
    Desk d(Json{{"stream", false}}, false);
    d.venue.skew_ns = skew;
    d.run(2 * second);
    ModelOrder foreign;
    foreign.id = "venue-x";
    foreign.product = "BTC-USD";
    foreign.side = "BUY";
    foreign.configuration = {{"limit_limit_gtc", {{"base_size", "1"}, {"limit_price", "100"}}}};
    foreign.size = Decimal::from_int(1);
    foreign.created_ns = d.host.now + skew;
    d.venue.orders.push_back(foreign);
    for (int i = 1; i <= 3; ++i) {
      d.venue.fill(d.venue.orders[0], Decimal::from_mantissa(1, -1), Decimal::from_int(100), d.host.now + skew);
      d.run(8 * second);
      CHECK(d.orders["venue-x"].filled() == Decimal::from_mantissa(i, -1));
    }
    const auto* list = d.last("limit=100");
    REQUIRE(list != nullptr);
    for (const auto& q : d.host.requests) {
      if (q.url.find("/fills?start_sequence") == std::string::npos || q.at_ns < d.host.now - 6 * second) continue;
      const std::int64_t from = *coinbase::parse_rfc3339(values(q.url.substr(q.url.find('?') + 1), "start_sequence_timestamp").at(0));
      CHECK(std::abs(q.at_ns + skew - d.options.overlap_ns - from) <= 6 * second);
    }
    // And asked for by the host, who tells its own time.
    const auto q = d.ask(4, "", "", d.host.now);
    REQUIRE_FALSE(d.done(q));
    const std::int64_t from = *coinbase::parse_rfc3339(values(d.host.requests.back().url.substr(d.host.requests.back().url.find('?') + 1), "start_sequence_timestamp").at(0));
    CHECK(std::abs(d.host.now + skew - d.options.overlap_ns - from) <= second);
  }
}

TEST_CASE("rule 2.3: what was filled before the venue had told its time is swept for by that time") {
  Desk d(Json{{"stream", false}}, false);
  d.venue.skew_ns = -3600 * second;
  d.venue.fate = [](const auto& q) { return q.url.ends_with("/time") ? Fate{Fate::Kind::says, 503} : Fate{}; };
  const std::int64_t begun = d.host.now;
  d.run(30 * second);
  d.venue.fate = [](const auto&) { return Fate{}; };
  d.run(d.options.time_check_ns + second);
  const auto earliest = [&](const testing::SentRequest& q) {
    if (q.url.find("/fills?start_sequence") == std::string::npos || q.at_ns < begun + d.options.time_check_ns) return false;
    return *coinbase::parse_rfc3339(values(q.url.substr(q.url.find('?') + 1), "start_sequence_timestamp").at(0)) <= begun - 3600 * second;
  };
  d.run(10 * second);
  CHECK(std::any_of(d.host.requests.begin(), d.host.requests.end(), earliest));
}

TEST_CASE("fills that lag behind the end are waited for, and the end is told when they do not come") {
  Desk d;
  d.submit(intent("bl-1", "0.5", "100"));
  d.run(second);
  d.venue.fill(d.venue.orders[0], Decimal::from_mantissa(5, -1), Decimal::from_int(100), d.host.now, true);
  d.run(6 * second);
  CHECK_FALSE(d.orders["bl-1"].over);
  d.venue.orders[0].fills[0].hidden = false;
  d.run(30 * second);
  CHECK(d.orders["bl-1"].over);
  CHECK(d.orders["bl-1"].filled() == Decimal::from_mantissa(5, -1));

  d.submit(intent("bl-2", "0.5", "100"));
  d.run(second);
  d.venue.fill(d.venue.orders[1], Decimal::from_mantissa(5, -1), Decimal::from_int(100), d.host.now, true);
  d.run(300 * second);
  CHECK(d.orders["bl-2"].over);
  CHECK(d.orders["bl-2"].fills.empty());
  d.venue.orders[1].fills[0].hidden = false;  // later than anybody waited
  d.ask(4, "", "", 0);
  d.run(second);
  CHECK(d.orders["bl-2"].filled() == Decimal::from_mantissa(5, -1));
}

TEST_CASE("the way to the venue is down after some lost requests, and up with the next answer") {
  Desk d;
  d.venue.fate = [](const auto&) { return Fate{Fate::Kind::never_sent}; };
  d.run(30 * second);
  REQUIRE(d.links.size() == 1);
  CHECK(d.links[0].state == 0);
  CHECK(d.links[0].scope == 2);
  CHECK(text_of(d.links[0].why.message) == "LINK_DOWN: EDGE_CONNECT: no connection");  // why, in the host's words
  d.venue.fate = [](const auto&) { return Fate{}; };
  d.run(60 * second);
  REQUIRE(d.links.size() == 2);
  CHECK(d.links[1].state == 1);
}

TEST_CASE("waits double up to a limit, are drawn from the seed, and never more than the whole") {
  broker_coinbase::Backoff a(7, second, 8 * second), b(7, second, 8 * second), c(8, second, 8 * second);
  bool differs = false;
  for (std::uint32_t i = 1; i < 40; ++i) {
    const auto wait = a.wait_ns(i), whole = std::min(second << std::min(i - 1, 3u), 8 * second);
    CHECK(wait == b.wait_ns(i));
    differs = differs || wait != c.wait_ns(i);
    CHECK(wait <= whole);
    CHECK(wait >= whole / 2);
  }
  CHECK(differs);
}

TEST_CASE("params: one way to name the key, and never the key itself") {
  const auto code = [](const Json& p) {
    const auto o = broker_coinbase::options_of(p);
    return o ? std::string("ok") : o.error().code;
  };
  CHECK(code(Json::object()) == "PARAMS_KEY");
  CHECK(code({{"key", "secret://a"}}) == "ok");
  CHECK(code({{"key", "{\"name\":1}"}}) == "PARAMS_KEY");
  CHECK(code({{"key", "secret://a"}, {"key_name", "n"}, {"private_key", "secret://b"}}) == "PARAMS_KEY");
  CHECK(code({{"key_name", "n"}}) == "PARAMS_KEY");
  CHECK(code({{"key_name", "n"}, {"private_key", "MHcCAQ"}}) == "PARAMS_KEY");
  for (const char* bad : {"http//x", "ftp://x", "https://", "https://x/y", "https://a b", "https://u@x"})
    CHECK(code({{"key", "secret://a"}, {"api_url", bad}}) == "PARAMS_URL");
  CHECK(code({{"key", "secret://a"}, {"ws_url", "https://x"}}) == "PARAMS_URL");
  CHECK(broker_coinbase::options_of({{"key", "secret://a"}, {"api_url", "http://localhost:8443/"}})->api_host == "localhost:8443");
}
