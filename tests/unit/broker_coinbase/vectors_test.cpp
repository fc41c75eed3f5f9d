// Published vectors through the whole broker: what it sends is what other clients send, and what was recorded of the venue is told to the
// host to the last decimal.
#include "../coinbase/vectors.hpp"
#include "coinbase/rfc3339.hpp"
#include "desk.hpp"

using namespace bowline;
using namespace broker_tests;
using bowline::coinbase_test::vector_json;

namespace {

Fate says(int status, std::string body) { return {Fate::Kind::says, status, std::move(body)}; }
bool is_create(const testing::SentRequest& q) { return q.method == "POST" && q.url.ends_with("/orders"); }
std::string path_of(const testing::SentRequest& q) {
  const std::string target = q.url.substr(std::string("https://venue.example").size());
  return target.substr(0, target.find('?'));
}
Decimal dec(const std::string& text) {
  const auto d = Decimal::try_parse(text);
  REQUIRE(d);
  return *d;
}
/// A recorded text as the host has it: the same number, digit by digit.
#define SAME(raw_value, recorded) CHECK(Decimal::from_raw(raw_value).to_string() == dec((recorded).get<std::string>()).to_string())

struct Form {
  std::uint32_t type, tif;
};
const std::map<std::string, Form> forms{{"market_market_ioc", {BL_MARKET, BL_IOC}},
                                        {"limit_limit_gtc", {BL_LIMIT, BL_GTC}},
                                        {"limit_limit_gtd", {BL_LIMIT, BL_GTD}},
                                        {"limit_limit_fok", {BL_LIMIT, BL_FOK}},
                                        {"sor_limit_ioc", {BL_LIMIT, BL_IOC}},
                                        {"stop_limit_stop_limit_gtc", {BL_STOP_LIMIT, BL_GTC}},
                                        {"stop_limit_stop_limit_gtd", {BL_STOP_LIMIT, BL_GTD}},
                                        {"trigger_bracket_gtc", {BL_BRACKET, BL_GTC}},
                                        {"trigger_bracket_gtd", {BL_BRACKET, BL_GTD}}};

/// What a host would want, to come to this configuration.
bl_intent intent_of(const Json& configuration, const std::string& client, Side side, std::uint32_t instrument = 1) {
  const std::string key = configuration.begin().key();
  const Json& in = configuration.begin().value();
  REQUIRE(forms.contains(key));
  bl_intent i = intent(client, in.value("base_size", "1").c_str(), in.value("limit_price", "1").c_str(), side);
  i.instrument = instrument;
  i.type = forms.at(key).type;
  i.tif = forms.at(key).tif;
  if (i.type == BL_MARKET) i.limit_px = Decimal::not_set().raw();
  if (in.contains("quote_size")) {
    i.qty = Decimal::not_set().raw();
    i.quote_qty = dec(in.at("quote_size")).raw();
  }
  if (in.contains("stop_price")) i.stop_px = dec(in.at("stop_price")).raw();
  if (in.contains("stop_trigger_price")) i.stop_px = dec(in.at("stop_trigger_price")).raw();
  if (in.value("stop_direction", "") == "STOP_DIRECTION_STOP_UP") i.flags |= BL_TRIGGER_UP;
  if (in.value("stop_direction", "") == "STOP_DIRECTION_STOP_DOWN") i.flags |= BL_TRIGGER_DOWN;
  if (in.value("post_only", false)) i.flags |= BL_POST_ONLY;
  if (in.contains("end_time")) i.expire_ns = *coinbase::parse_rfc3339(in.at("end_time").get<std::string>());
  return i;
}

/// Every exec that was told of an order, and the last one.
std::vector<bl_exec> execs(const Desk& d, const std::string& venue_id) {
  std::vector<bl_exec> out;
  for (std::size_t i = 0; i < d.host.events.size(); ++i)
    if (d.host.event<bl_event>(i).type == BL_EV_EXEC && text_of(d.host.event<bl_exec>(i).venue_id) == venue_id) out.push_back(d.host.event<bl_exec>(i));
  return out;
}

/// A desk with more products, whose rows are those of the vectors where they have them; LTC-BTC has the steps its recorded order needs.
struct Wide : Desk {
  explicit Wide(const Json& more = Json{{"stream", false}}) : Desk(more, false, {"ATOM-USD", "LTC-BTC"}) {
    const auto listed = vector_json("rest/nautilus_http_products.json");
    REQUIRE(listed);
    Json rows = listed->at("products");
    Json other = rows.at(0);
    for (const auto& [id, step] : {std::pair{"ETH-USD", "0.01"}, {"ATOM-USD", "0.001"}, {"LTC-BTC", "0.000001"}}) {
      const std::string name = id;
      other["product_id"] = name;
      other["base_currency_id"] = name.substr(0, name.find('-'));
      other["quote_currency_id"] = name.substr(name.find('-') + 1);
      other["price_increment"] = step;
      other["quote_min_size"] = "0.0001";
      rows.push_back(other);
    }
    products_body = Json{{"products", rows}, {"num_products", rows.size()}, {"pagination", nullptr}}.dump();
    then([](const auto&) { return Fate{}; });
    run(2 * second);
  }
  /// The products are as above; all else is as it says.
  void then(std::function<Fate(const testing::SentRequest&)> fate) {
    venue.fate = [this, fate](const testing::SentRequest& q) { return q.url.find("/products?") != std::string::npos ? says(200, products_body) : fate(q); };
  }
  std::string products_body;
};

}  // namespace

TEST_CASE("vectors: the body of each order is that of the published clients, key by key") {
  std::size_t sent = 0, brackets = 0;
  for (const char* file : {"requests/python_sdk_requests.json", "requests/ccxt_requests.json"}) {
    const auto v = vector_json(file);
    if (!v) return;
    for (const Json& one : v->at("vectors")) {
      if (one.at("method") != "POST" || one.at("path") != "/api/v3/brokerage/orders") continue;
      INFO(one.dump());
      Json expected = one.at("json");
      const std::string key = expected.at("order_configuration").begin().key();
      const Side side = expected.at("side") == "BUY" ? Side::buy : Side::sell;
      const std::string client = expected.at("client_order_id") == "<uuid>" ? "bl-1" : expected.at("client_order_id").get<std::string>();
      Wide d;
      auto i = intent_of(expected.at("order_configuration"), client, side, 2);
      if (i.type == BL_BRACKET) {  // the broker's are sales alone; a purchase is refused before a byte is sent
        CHECK(d.submit(i).why.code == "ORDER_UNSUPPORTED");
        i.side = BL_SELL;
        expected["side"] = "SELL";
        ++brackets;
      }
      REQUIRE(d.submit(i).status == BL_PENDING);
      const auto& q = d.host.requests.back();
      CHECK(q.method == "POST");
      CHECK(path_of(q) == one.at("path"));
      expected["product_id"] = "ETH-USD";  // one whose smallest order is small enough for all of them
      expected["client_order_id"] = client;
      for (const char* never : {"self_trade_prevention_id", "margin_type", "leverage", "retail_portfolio_id"}) expected.erase(never);
      CHECK(Json::parse(q.body) == expected);
      ++sent;
    }
  }
  CHECK(sent == 21);
  CHECK(brackets == 3);
}

TEST_CASE("vectors: cancels and questions go to the addresses of the published clients") {
  const auto sdk = vector_json("requests/python_sdk_requests.json"), ccxt = vector_json("requests/ccxt_requests.json");
  if (!sdk || !ccxt) return;
  const auto find = [](const Json& v, const char* key, const char* name) {
    for (const Json& one : v.at("vectors"))
      if (one.at(key) == name) return one;
    FAIL(name);
    return Json();
  };
  Desk d;
  int made = 0;
  d.venue.fate = [&](const testing::SentRequest& q) {
    if (!is_create(q)) return Fate{};
    const Json b = Json::parse(q.body);
    return says(200, Json{{"success", true},
                          {"success_response", {{"order_id", "order_id_" + std::to_string(++made)}, {"product_id", "BTC-USD"}, {"side", "BUY"}, {"client_order_id", b.at("client_order_id")}}},
                          {"order_configuration", b.at("order_configuration")}}
                         .dump());
  };
  for (const char* id : {"bl-1", "bl-2"}) {
    d.submit(intent(id, "1", "100"));
    d.pump();
  }
  const std::string a = "bl-1", b = "bl-2";
  const bl_order_ref refs[] = {{to_abi(a), {nullptr, 0}}, {to_abi(b), {nullptr, 0}}};
  REQUIRE(d.broker->cancel(refs).status == BL_PENDING);
  const Json cancel = find(*sdk, "name", "test_cancel_orders");
  CHECK(path_of(d.host.requests.back()) == cancel.at("path"));
  CHECK(Json::parse(d.host.requests.back().body) == cancel.at("json"));

  const auto asked = [&](const Json& one) {
    for (const auto& q : d.host.requests)
      if (q.method == one.at("method") && path_of(q) == one.at("path")) return true;
    return false;
  };
  d.ask(1, "bl-1", "order_id_1");
  d.ask(2 | 4 | 8 | 16);
  d.run(second);
  for (const char* name : {"test_get_order", "test_get_accounts", "test_list_orders", "test_get_fills", "test_get_products", "test_get_transaction_summary", "test_get_api_key_permissions"})
    for (const Json& one : sdk->at("vectors"))
      if (one.at("name") == name) {
        INFO(name);
        CHECK(asked(one));
      }
  for (const char* what : {"fetch time v3", "fetch spot balance v3", "open orders"}) {
    INFO(what);
    CHECK(asked(find(*ccxt, "description", what)));
  }
}

TEST_CASE("vectors: the recorded answers to a new order, accepted and refused") {
  const auto v = vector_json("rest/create_order_success_and_failures.json");
  if (!v) return;
  for (const char* which : {"success_current_shape", "success_before_2024_09_03"}) {
    INFO(which);
    const Json& one = v->at(which);
    const Json asked = v->at("success_current_shape").at("order_configuration");
    const std::string client = one.at("success_response").at("client_order_id"), id = one.at("success_response").at("order_id");
    Wide d;
    d.then([&](const auto& q) { return is_create(q) ? says(200, one.dump()) : Fate{}; });
    REQUIRE(d.submit(intent_of(asked, client, Side::sell, 4)).status == BL_PENDING);
    CHECK(Json::parse(d.host.requests.back().body).at("order_configuration") == asked);
    d.pump();
    const auto told = execs(d, id);
    REQUIRE(told.size() == 1);
    CHECK(told[0].kind == BL_X_ACCEPTED);
    CHECK(told[0].h.instrument == 4);
    CHECK(told[0].side == BL_SELL);
    CHECK(text_of(told[0].client_id) == client);
    SAME(told[0].qty, asked.begin().value().at("base_size"));
    SAME(told[0].limit_px, asked.begin().value().at("limit_price"));
  }
  for (const auto& [which, text] : {std::pair{"failure_http_200", "UNSUPPORTED_ORDER_CONFIGURATION"}, {"failure_preview_reason_only", "STOP_PRICE_ABOVE_LAST_TRADE_PRICE"}}) {
    INFO(which);
    const Json& one = v->at(which);
    Desk d;
    d.venue.fate = [&](const auto& q) { return is_create(q) ? says(200, one.dump()) : Fate{}; };
    Json asked = one.at("order_configuration");
    auto i = intent_of(asked, "bl-1", Side::sell);
    i.flags |= BL_REDUCE_ONLY;  // the venue's rules, not ours, say whether it is large enough
    REQUIRE(d.submit(i).status == BL_PENDING);
    d.run(second);
    CHECK(d.orders["bl-1"].kinds == std::vector<std::uint32_t>{BL_X_REJECTED});
    CHECK(d.orders["bl-1"].text == text);
  }
}

TEST_CASE("vectors: the recorded bodies of errors, each as what it is") {
  const auto v = vector_json("rest/error_bodies.json");
  if (!v) return;
  struct Row {
    const char* name;
    std::vector<std::uint32_t> kinds;  ///< of the order; ACCEPTED: tried again until it was taken
    const char* text;
  };
  const Row rows[] = {{"401", {BL_X_ACCEPTED}, ""},
                      {"403", {BL_X_REJECTED}, "PERMISSION_DENIED"},
                      {"400_invalid_argument", {BL_X_REJECTED}, "INVALID_ARGUMENT"},
                      {"400_granularity", {BL_X_REJECTED}, "INVALID_ARGUMENT"},
                      {"400_bad_json", {BL_X_REJECTED}, "INVALID_ARGUMENT"},
                      {"429", {BL_X_ACCEPTED}, ""},
                      {"5xx", {BL_X_UNKNOWN}, "SERVER_ERROR"}};
  for (const Row& row : rows) {
    INFO(row.name);
    const Json& one = v->at(row.name);
    const std::string body = one.at("body").is_string() ? one.at("body").get<std::string>() : one.at("body").dump();
    Desk d;
    int left = 1;
    d.venue.fate = [&](const auto& q) { return is_create(q) && left-- > 0 ? says(one.at("http"), body) : Fate{}; };
    d.submit(intent("bl-1", "0.5", "100"));
    d.run(second * 9 / 10);
    const Folded& f = d.orders["bl-1"];
    REQUIRE_FALSE(f.kinds.empty());
    CHECK(f.kinds.front() == row.kinds.front());
    if (row.kinds.front() != BL_X_ACCEPTED) CHECK(f.text == row.text);
    CHECK(d.venue.creates == (row.kinds.front() == BL_X_ACCEPTED ? 1 : 0));
  }

  // An order that the venue does not know is absent; too many cancels at once are refused as a whole.
  Desk d;
  const auto body = [&](const char* name) { return v->at(name).at("body").dump(); };
  d.venue.fate = [&](const auto& q) { return q.url.ends_with("/orders/historical/gone") ? says(404, body("404_order")) : Fate{}; };
  const auto q = d.ask(1, "bl-9", "gone");
  d.run(second);
  CHECK(d.orders["bl-9"].absent == 1);
  CHECK(d.done(q)->complete == 1);
  d.venue.fate = [&](const auto& r) { return r.url.ends_with("/batch_cancel") ? says(400, body("400_too_many_cancel_ids")) : Fate{}; };
  d.submit(intent("bl-1", "0.5", "100"));
  d.run(second);
  d.cancel("bl-1");
  d.run(5 * second);
  CHECK(d.orders["bl-1"].refused_cancels == 1);
  CHECK(d.orders["bl-1"].state == BL_S_OPEN);
}

TEST_CASE("vectors: the recorded answer to a cancel is a cancel that was taken, whatever its reason says") {
  for (const bool recorded : {true, false}) {
    const auto v = vector_json(recorded ? "rest/create_order_success_and_failures.json" : "rest/jkorf_CancelOrders.json");
    if (!v) return;
    const Json answer = recorded ? v->at("cancel_result") : v->at("response");
    const std::string id = answer.at("results").at(0).at("order_id");
    Desk d;
    d.submit(intent("bl-1", "0.5", "100"));
    d.venue.fate = [&](const auto& q) {
      if (is_create(q)) {
        Json r = Json::parse(R"({"success":true,"success_response":{"order_id":"","product_id":"BTC-USD","side":"BUY","client_order_id":"bl-1"}})");
        r["success_response"]["order_id"] = id;
        return says(200, r.dump());
      }
      return q.url.ends_with("/batch_cancel") ? says(200, answer.dump()) : Fate{};
    };
    d.pump();
    d.cancel("bl-1");
    d.pump();
    CHECK(Json::parse(d.last("/batch_cancel")->body).at("order_ids") == Json::array({id}));
    CHECK(d.orders["bl-1"].kinds.back() == BL_X_CANCEL_PENDING);
    CHECK(d.orders["bl-1"].refused_cancels == 0);
  }
}

TEST_CASE("vectors: an edit that succeeded is told when the order shows it, whatever stands beside its success") {
  const auto v = vector_json("rest/jkorf_EditOrder.json");
  if (!v) return;
  Desk d;
  d.submit(intent("bl-1", "0.5", "100"));
  d.run(second);
  d.venue.fate = [&](const auto& q) {
    if (!q.url.ends_with("/orders/edit")) return Fate{};
    auto& o = d.venue.orders[0];
    o.configuration.begin().value()["limit_price"] = "99";
    o.price = Decimal::from_int(99);
    return says(200, v->at("response").dump());
  };
  const std::string id = "bl-1";
  REQUIRE(d.broker->amend({to_abi(id), {nullptr, 0}}, intent("bl-1", "0.5", "99")).status == BL_PENDING);
  CHECK(path_of(d.host.requests.back()) == v->at("path"));
  d.run(2 * second);
  const auto told = execs(d, "venue-1");
  CHECK(told.back().kind == BL_X_AMENDED);
  CHECK(Decimal::from_raw(told.back().limit_px) == Decimal::from_int(99));
}

TEST_CASE("vectors: a real purchase by an amount is told with all of its sixteen decimals") {
  const auto v = vector_json("rest/quote_size_market_buy_real.json");
  if (!v) return;
  const Json& o = v->at("orders").at(0);
  const std::string id = o.at("order_id");
  Wide d;
  d.then([&](const auto& q) { return q.url.ends_with("/orders/historical/" + id) ? says(200, Json{{"order", o}}.dump()) : Fate{}; });
  d.ask(1, o.at("client_order_id"), id);
  d.run(300 * second);  // its two fills are nowhere listed: it waits for them, and tells its end
  const auto told = execs(d, id);
  REQUIRE_FALSE(told.empty());
  const bl_exec& e = told.back();
  CHECK(e.state == BL_S_FILLED);
  CHECK(e.h.instrument == 3);
  CHECK((e.type == BL_MARKET && e.tif == BL_IOC && e.side == BL_BUY));
  SAME(e.quote_qty, o.at("order_configuration").at("market_market_ioc").at("quote_size"));
  SAME(e.cum_qty, o.at("filled_size"));
  SAME(e.cum_quote, o.at("filled_value"));
  SAME(e.cum_fee, o.at("total_fees"));
  CHECK((Decimal::from_raw(e.cum_quote) + Decimal::from_raw(e.cum_fee)).to_string() == o.at("total_value_after_fees"));
  CHECK(e.created_ns == *coinbase::parse_rfc3339(o.at("created_time").get<std::string>()));
}

TEST_CASE("vectors: orders that are listed are told as they stand") {
  const auto v = vector_json("rest/nautilus_http_orders_list.json");
  if (!v) return;
  Wide d;
  d.then([&](const auto& q) {
    return q.url.find("/orders/historical/batch") != std::string::npos && q.url.find("order_status=OPEN") != std::string::npos ? says(200, v->dump()) : Fate{};
  });
  const auto asked = d.ask(2);
  d.run(5 * second);
  REQUIRE(d.done(asked));
  CHECK(d.done(asked)->complete == 1);
  const Json& o = v->at("orders").at(0);
  const auto told = execs(d, o.at("order_id"));
  REQUIRE_FALSE(told.empty());
  const bl_exec& e = told.front();
  CHECK(e.kind == BL_X_SNAPSHOT);
  CHECK(e.state == BL_S_OPEN);
  CHECK(text_of(e.client_id) == o.at("client_order_id"));
  CHECK((e.type == BL_LIMIT && e.tif == BL_GTC && e.side == BL_BUY && e.h.instrument == 1));
  SAME(e.qty, o.at("order_configuration").at("limit_limit_gtc").at("base_size"));
  SAME(e.limit_px, o.at("order_configuration").at("limit_limit_gtc").at("limit_price"));
  SAME(e.cum_qty, o.at("filled_size"));
  SAME(e.cum_fee, o.at("total_fees"));
  CHECK(e.created_ns == *coinbase::parse_rfc3339(o.at("created_time").get<std::string>()));
}

TEST_CASE("vectors: wallets, fees and the rules of products") {
  const auto accounts = vector_json("rest/nautilus_http_accounts.json"), fees = vector_json("rest/jkorf_GetFeeInfo.json"), one = vector_json("rest/nautilus_http_product.json");
  if (!accounts || !fees || !one) return;
  Wide d;
  d.then([&](const auto& q) {
    if (q.url.find("/accounts") != std::string::npos) return says(200, accounts->dump());
    return q.url.find("/transaction_summary") != std::string::npos ? says(200, fees->at("response").dump()) : Fate{};
  });
  const auto asked = d.ask(8 | 16);
  d.run(5 * second);
  REQUIRE(d.done(asked));
  CHECK(d.done(asked)->complete == 1);
  for (const Json& a : accounts->at("accounts")) {
    const std::uint32_t asset = a.at("currency") == "USD" ? 1 : 2;
    const Decimal available = dec(a.at("available_balance").at("value")), hold = dec(a.at("hold").at("value"));
    CHECK(d.balances[asset].first.to_string() == (available + hold).to_string());
    CHECK(d.balances[asset].second.to_string() == hold.to_string());
  }
  CHECK(d.balances[2].first.to_string() == "1.23956789");
  CHECK(d.balances[1].first.to_string() == "10450.5");
  const bl_product& p = d.products.at(1);
  SAME(p.base_step, one->at("base_increment"));
  SAME(p.quote_step, one->at("quote_increment"));
  SAME(p.px_step, one->at("price_increment"));
  SAME(p.base_min, one->at("base_min_size"));
  SAME(p.base_max, one->at("base_max_size"));
  SAME(p.quote_min, one->at("quote_min_size"));
  SAME(p.quote_max, one->at("quote_max_size"));
  SAME(p.maker_fee, fees->at("response").at("fee_tier").at("maker_fee_rate"));
  SAME(p.taker_fee, fees->at("response").at("fee_tier").at("taker_fee_rate"));
  CHECK((p.flags & 1) == 1);
}

TEST_CASE("vectors: the documented key may move money, and is refused unless that is allowed") {
  const auto v = vector_json("rest/jkorf_GetApiKeyInfo.json");
  if (!v) return;
  const Json& key = v->at("response");
  for (const bool allowed : {false, true}) {
    Desk d(Json{{"stream", false}, {"allow_transfer_key", allowed}, {"portfolio", key.at("portfolio_uuid")}}, false);
    d.venue.fate = [&](const auto& q) { return q.url.ends_with("/key_permissions") ? says(200, key.dump()) : Fate{}; };
    d.run(2 * second);
    REQUIRE(d.host.faults.size() == (allowed ? 0 : 1));
    if (!allowed) CHECK(d.host.faults[0].find("KEY_MAY_TRANSFER") != std::string::npos);
    CHECK((d.submit(intent("bl-1", "0.5", "100")).status == BL_PENDING) == allowed);
  }
}

TEST_CASE("vectors: the account's stream leads to a look at the order it shows, and tells nothing itself") {
  const auto ack = vector_json("ws/nautilus_ws_subscriptions.json"), user = vector_json("ws/nautilus_ws_user.json"), failed = vector_json("ws/ccxt_samples.json");
  if (!ack || !user || !failed) return;
  Desk d(Json::object(), false);
  const auto frame = [&](std::uint32_t what, const std::string& data) {
    const auto f = testing::ws_frame(d.host.sockets.back().conn, what, data, d.host.now);
    d.broker->on_event(f.h, d.host.sink);
    d.pump();
  };
  d.run(2 * second);
  REQUIRE(d.host.sockets.size() == 1);
  const Json& o = user->at("events").at(0).at("orders").at(0);
  ModelOrder there;  // as the venue's own list has it
  there.id = o.at("order_id");
  there.client = o.at("client_order_id");
  there.product = o.at("product_id");
  there.side = o.at("order_side");
  there.size = dec(o.at("leaves_quantity"));
  there.price = Decimal::from_int(100);
  there.configuration = {{"limit_limit_gtc", {{"base_size", o.at("leaves_quantity")}, {"limit_price", "100"}, {"post_only", false}}}};
  there.created_ns = *coinbase::parse_rfc3339(o.at("creation_time").get<std::string>());
  d.venue.orders.push_back(there);
  frame(1, "");
  frame(2, ack->dump());
  const std::size_t told_before = execs(d, there.id).size();
  frame(2, user->dump());
  d.run(6 * second);  // of an order of others in the first snapshot: with all that nobody has asked for by then
  const auto told = execs(d, there.id);
  REQUIRE(told.size() > told_before);
  SAME(told.back().qty, o.at("leaves_quantity"));
  CHECK(told.back().state == BL_S_OPEN);
  CHECK(told.back().created_ns == there.created_ns);
  // The word for a token that is not taken ends the stream, and it is made anew.
  frame(2, failed->at("auth_error").dump());
  CHECK(d.host.closed_by_plugin.size() + d.host.sockets.size() > 1);
}
