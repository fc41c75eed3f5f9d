// Orders over REST: written by the client's own writer, answered, and read back by its own readers to the last decimal.
#include "orders.hpp"

using namespace face_test;
using cb::Configuration;

TEST_CASE("an order of every kind is answered, echoed and read back as it was written") {
  Rig r;
  fill_book(r);
  std::vector<cb::NewOrder> orders;
  const auto add = [&](cb::Side side, Configuration kind, const Decimal& size, const Decimal& price) -> cb::OrderTerms& {
    orders.push_back(new_order("o" + std::to_string(orders.size()), side, kind, size, price));
    return orders.back().terms;
  };
  const std::int64_t end = r.now + 3600 * second + 123'456'789;
  add(cb::Side::buy, Configuration::limit_gtc, "0.12345678"_dec, "99.5"_dec).post_only = true;
  add(cb::Side::sell, Configuration::limit_gtc, "0.00000123"_dec, "12345678.91"_dec);
  add(cb::Side::buy, Configuration::limit_gtd, "0.02"_dec, "99.01"_dec).end_time_ns = end;
  add(cb::Side::buy, Configuration::limit_fok, "0.1"_dec, "100.01"_dec);
  add(cb::Side::sell, Configuration::limit_ioc, "5"_dec, "99.99"_dec);
  add(cb::Side::sell, Configuration::market_ioc, "0.02000001"_dec, Decimal::not_set());
  {
    auto& t = add(cb::Side::buy, Configuration::market_ioc, Decimal::not_set(), Decimal::not_set());
    t.base_size.reset();
    t.quote_size = "5"_dec;
  }
  {
    auto& t = add(cb::Side::sell, Configuration::stop_limit_gtc, "0.3"_dec, "90"_dec);
    t.stop_price = "91.5"_dec;
    t.stop_direction = cb::StopDirection::down;
  }
  {
    auto& t = add(cb::Side::buy, Configuration::stop_limit_gtd, "0.3"_dec, "120"_dec);
    t.stop_price = "110"_dec;
    t.stop_direction = cb::StopDirection::up;
    t.end_time_ns = end;
  }
  {
    auto& t = add(cb::Side::sell, Configuration::bracket_gtc, "0.4"_dec, "140"_dec);
    t.stop_trigger_price = "80"_dec;
  }
  {
    auto& t = add(cb::Side::sell, Configuration::bracket_gtd, "0.5"_dec, "141.25"_dec);
    t.stop_trigger_price = "81"_dec;
    t.end_time_ns = end;
  }
  for (const cb::NewOrder& o : orders) {
    INFO(cb::key_of(o.terms.configuration));
    if (cb::time_in_force_of(o.terms.configuration) == cb::TimeInForce::ioc) fill_book(r);
    const auto p = placed(r, o);
    CHECK(p.client_order_id == o.client_order_id);
    CHECK(p.product_id == "BTC-USD");
    CHECK(p.side == o.side);
    cb::OrderTerms wanted = o.terms;
    const bool may_post = wanted.configuration == Configuration::limit_gtc || wanted.configuration == Configuration::limit_gtd;
    if (may_post && !wanted.post_only) wanted.post_only = false;
    CHECK(p.terms == wanted);

    const cb::VenueOrder told = read(r, p.order_id);
    const Order& is = *r.e.order_by_client_id(r.alice, o.client_order_id);
    CHECK(told.terms == wanted);
    CHECK(told.client_order_id == o.client_order_id);
    CHECK(told.side == o.side);
    CHECK(told.status_word == name(is.state.status));
    CHECK(told.status != cb::OrderStatus::unknown);
    CHECK(told.type == cb::order_type_of(o.terms.configuration));
    CHECK(told.time_in_force == cb::time_in_force_of(o.terms.configuration));
    CHECK(*told.filled_size == is.state.filled_size);
    CHECK(*told.filled_value == is.state.filled_value);
    CHECK(*told.total_fees == is.state.fees);
    CHECK(told.average_filled_price == average_price(is.state));
    CHECK(told.total_value_after_fees == value_after_fees(is.side(), is.state));
    CHECK(told.number_of_fills == is.state.fills);
    CHECK(*told.outstanding_hold == is.state.hold);
    CHECK(told.created_ns == is.created_ns);
    CHECK(told.last_fill_ns.value_or(0) == is.state.last_fill_ns);
    CHECK(told.size_in_quote == is.by_quote());
    CHECK(told.size_inclusive_of_fees == is.spends_quote());
    CHECK(*told.settled == (is.state.status == Status::filled));
    const bool stop = is.has_stop();
    CHECK(told.trigger == (stop ? cb::TriggerStatus::pending : cb::TriggerStatus::no_stop));
    CHECK(told.retail_portfolio_id == r.e.id(r.alice));
    CHECK(told.placement_source == "RETAIL_ADVANCED");
  }
}

TEST_CASE("a purchase for an amount: 16 decimals, and the amount is what it costs in all") {
  Rig r;
  fill_book(r);
  cb::NewOrder o = new_order("q", cb::Side::buy, Configuration::market_ioc, Decimal::not_set());
  o.terms.base_size.reset();
  o.terms.quote_size = "10"_dec;
  const cb::VenueOrder told = read(r, placed(r, o).order_id);
  CHECK(told.total_value_after_fees == "10"_dec);
  CHECK(*told.filled_value == "9.9403578528827038"_dec);
  CHECK(*told.total_fees == "0.0596421471172962"_dec);
  const auto fills = must(cb::parse_fills(r.send(r.alices, cb::fills({})).body));
  REQUIRE(fills.fills.size() == 1);
  CHECK(fills.fills[0].size_in_quote);
  CHECK(fills.fills[0].size == "9.9403578528827038"_dec);
  CHECK(*fills.fills[0].commission == "0.0596421471172962"_dec);
  CHECK(fills.fills[0].liquidity == cb::Liquidity::taker);
  CHECK(fills.fills[0].time_ns == r.now);
  CHECK(fills.fills[0].order_id == told.order_id);
}

TEST_CASE("an order of a product on another's book keeps its name and pays with its own wallet") {
  Rig r;
  fill_book(r);
  cb::NewOrder o = new_order("a", cb::Side::buy, Configuration::limit_ioc, "0.5"_dec, "100.01"_dec);
  o.product_id = "BTC-USDC";
  const auto p = placed(r, o);
  CHECK(p.product_id == "BTC-USDC");
  CHECK(read(r, p.order_id).product_id == "BTC-USDC");
  CHECK(r.available(r.alice, "USD") == "100000"_dec);
  CHECK(r.available(r.alice, "USDC") < "100000"_dec);
}

TEST_CASE("what the venue refuses is HTTP 200 with one reason that says something") {
  Rig r;
  fill_book(r);
  const auto limit = [&](const Decimal& size, const Decimal& price) { return new_order("x", cb::Side::buy, Configuration::limit_gtc, size, price); };
  CHECK(refusal(r, limit("999"_dec, "9999"_dec)) == "PREVIEW_INSUFFICIENT_FUND");
  CHECK(refusal(r, limit("0.000000001"_dec, "100"_dec)) == "INVALID_SIZE_PRECISION");
  CHECK(refusal(r, limit("1"_dec, "100.001"_dec)) == "INVALID_PRICE_PRECISION");
  CHECK(refusal(r, limit("0.001"_dec, "100"_dec)) == "PREVIEW_INVALID_QUOTE_SIZE_TOO_SMALL");
  cb::NewOrder o = limit("1"_dec, "101"_dec);
  o.terms.post_only = true;
  CHECK(refusal(r, o) == "INVALID_LIMIT_PRICE_POST_ONLY");
  o.product_id = "NONE-USD";
  CHECK(refusal(r, o) == "INVALID_PRODUCT_ID");
  CHECK(refusal(r, new_order("x", cb::Side::buy, Configuration::market_fok, "1"_dec)) == "UNSUPPORTED_ORDER_CONFIGURATION");
  o = new_order("x", cb::Side::sell, Configuration::stop_limit_gtc, "1"_dec, "100"_dec);
  o.terms.stop_price = "105"_dec;
  o.terms.stop_direction = cb::StopDirection::down;
  CHECK(refusal(r, o) == "PREVIEW_STOP_PRICE_ABOVE_LAST_TRADE_PRICE");
  o = limit("1"_dec, "99"_dec);
  o.attached = cb::NewOrder::Bracket{"120"_dec, "90"_dec};
  CHECK(refusal(r, o) == "UNSUPPORTED_ORDER_CONFIGURATION");
  o = limit("1"_dec, "99"_dec);
  o.retail_portfolio_id = r.e.id(r.bob);
  CHECK(create(r, o).refusal.message == "account is not available");
  o.retail_portfolio_id = r.e.id(r.alice);
  CHECK(create(r, o).placed);
  CHECK(r.e.orders({}).orders.size() == 1);

  // As recorded: a word of the new order's table, or else the preview's; for want of money the word of each.
  const Parsed named = json_of(r.send(r.alices, cb::create_order(limit("999"_dec, "9998"_dec))));
  CHECK(named["order_configuration"].is_object());  // not placed, but the id "x" is in use by now
  const auto raw = [&](const std::string& body) { return json_of(r.post(r.alices, std::string(root) + "/orders", body)); };
  const Parsed unsupported = raw(R"({"client_order_id":"t","product_id":"BTC-USD","side":"BUY","order_configuration":{"twap_limit_gtd":{"a":1}}})");
  CHECK(unsupported["error_response"]["error"] == "UNSUPPORTED_ORDER_CONFIGURATION");
  CHECK(unsupported["error_response"]["new_order_failure_reason"] == "UNSUPPORTED_ORDER_CONFIGURATION");
  CHECK_FALSE(unsupported["error_response"].contains("preview_failure_reason"));
  CHECK(unsupported["order_configuration"]["twap_limit_gtd"]["a"] == 1);
  CHECK(raw(R"({"client_order_id":"t","product_id":"BTC-USD","side":"BUY","order_configuration":{"scaled_limit_gtc":{}}})")["error_response"]["error"] ==
        "UNSUPPORTED_ORDER_CONFIGURATION");
  const Parsed small = raw(
      R"({"client_order_id":"t","product_id":"BTC-USD","side":"BUY","order_configuration":{"limit_limit_gtc":{"base_size":"0.001","limit_price":"100"}}})");
  CHECK(small["error_response"]["error"] == "UNKNOWN_FAILURE_REASON");
  CHECK(small["error_response"]["preview_failure_reason"] == "PREVIEW_INVALID_QUOTE_SIZE_TOO_SMALL");
  CHECK_FALSE(small["error_response"].contains("new_order_failure_reason"));
  const Parsed poor = raw(
      R"({"client_order_id":"t","product_id":"BTC-USD","side":"BUY","order_configuration":{"market_market_ioc":{"quote_size":"99999999"}}})");
  CHECK(poor["error_response"].dump() == R"({"error":"INSUFFICIENT_FUND","error_details":"","message":"Insufficient balance in source account",)"
                                         R"("preview_failure_reason":"PREVIEW_INSUFFICIENT_FUND"})");
  CHECK(raw(R"({"client_order_id":"t","product_id":"BTC-USD","order_configuration":{}})")["error_response"]["error"] == "INVALID_REQUEST");
  CHECK(raw(R"({"client_order_id":"t","product_id":"BTC-USD","order_configuration":{"limit_limit_gtc":{}}})")["error_response"]["error"] ==
        "INVALID_SIDE");
}

TEST_CASE("a wallet that is not there is no account") {
  Rig r;
  fill_book(r);
  const UserId poor = *r.e.add_user("poor", {"0.001"_dec, "0.001"_dec}, r.now);
  r.holders["keys/alice"].user = poor;
  const auto buy = new_order("1", cb::Side::buy, Configuration::limit_gtc, "1"_dec, "99"_dec);
  CHECK(create(r, buy).refusal.message == "account is not available");
  REQUIRE(r.e.deposit(poor, "USD", "1"_dec, r.now).ok());
  CHECK(refusal(r, buy) == "PREVIEW_INSUFFICIENT_FUND");
  REQUIRE(r.e.deposit(poor, "USD", "1000"_dec, r.now).ok());
  CHECK(create(r, buy).placed);
}

TEST_CASE("a client_order_id stands for one order, whatever is asked for next") {
  Rig r;
  fill_book(r);
  const auto first = new_order("same", cb::Side::buy, Configuration::limit_gtc, "1"_dec, "99"_dec);
  const auto p = placed(r, first);
  auto again = placed(r, first);
  CHECK(again.order_id == p.order_id);
  CHECK(again.terms == p.terms);
  again = placed(r, new_order("same", cb::Side::sell, Configuration::limit_ioc, "2"_dec, "105"_dec));
  CHECK(again.order_id == p.order_id);
  CHECK(again.side == cb::Side::buy);
  CHECK(*again.terms.base_size == "1"_dec);
  CHECK(r.e.orders({}).orders.size() == 1);
}

TEST_CASE("a preview says what an order would come to, or why it would be refused, and places nothing") {
  Rig r;
  fill_book(r);
  const auto ask = [&](const cb::NewOrder& o) { return must(cb::parse_preview(r.send(r.alices, cb::preview_order(o)).body)); };
  const auto good = ask(new_order("p", cb::Side::buy, Configuration::limit_gtc, "1"_dec, "100.02"_dec));
  const Preview is = r.e.preview(r.alice, [&] {
    OrderRequest q = r.request(Side::buy, Config::limit_gtc, "1"_dec, "100.02"_dec);
    return q;
  }(), r.now);
  CHECK(good.errors.empty());
  CHECK(*good.order_total == is.order_total);
  CHECK(*good.commission_total == is.commission_total);
  CHECK(*good.base_size == "1"_dec);
  CHECK(*good.best_bid == "99.99"_dec);
  CHECK(*good.best_ask == "100.01"_dec);
  CHECK(good.slippage.has_value());
  CHECK_FALSE(good.preview_id.empty());
  const auto bad = ask(new_order("p", cb::Side::buy, Configuration::limit_gtc, "3000"_dec, "100.02"_dec));
  CHECK(bad.errors == std::vector<std::string>{"PREVIEW_INSUFFICIENT_FUND"});
  CHECK(bad.preview_id != good.preview_id);
  CHECK(r.e.order(r.alice, good.preview_id) == nullptr);
  CHECK(r.e.orders({}).orders.empty());
}

TEST_CASE("bodies that no client of good will sends are refused, and change nothing") {
  Rig r;
  fill_book(r);
  const std::string deep(5000, '['), huge(300'000, 'x');
  for (const char* address : {"/orders", "/orders/preview", "/orders/edit", "/orders/edit_preview", "/orders/batch_cancel"})
    for (const std::string& body : {std::string("["), std::string("{"), std::string("null"), std::string("7"), std::string("\"x\""),
                                    std::string("{\"a\":\xff}"), std::string("{\"client_order_id\":\"\xc3\x28\"}"), deep, "{\"a\":" + deep,
                                    std::string("{} {}"), std::string("{\"order_id\":1,\"order_ids\":1,\"side\":1}"), std::string("\0{}", 3)}) {
      INFO(address << " " << body.substr(0, 40));
      check_refused(r.post(r.alices, std::string(root) + address, body), 400, "INVALID_ARGUMENT");
    }
  const auto raw = [&](const std::string& body) { return r.post(r.alices, std::string(root) + "/orders", body); };
  const std::string head = R"({"client_order_id":"h","product_id":"BTC-USD","side":"BUY","order_configuration":{"limit_limit_gtc":)";
  for (const char* inner :
       {R"({"base_size":1,"limit_price":"99"})", R"({"base_size":"1e1","limit_price":"99"})", R"({"base_size":"1","limit_price":{}})",
        R"({"base_size":"0x1","limit_price":"99"})", R"({"base_size":"1","limit_price":"99","post_only":"true"})", R"([])"})
    check_refused(raw(head + inner + "}}"), 400, "INVALID_ARGUMENT");
  check_refused(
      raw(R"({"client_order_id":"h","product_id":"BTC-USD","side":"buy","order_configuration":{"market_market_ioc":{"base_size":"1"}}})"), 400,
      "INVALID_ARGUMENT");
  CHECK(json_of(raw(R"({"client_order_id":")" + huge +
                    R"(","product_id":"BTC-USD","side":"BUY","order_configuration":{"market_market_ioc":{"base_size":"1"}}})"))
            .at("success") == false);
  CHECK(json_of(raw(""))["success"] == false);  // an empty body is an empty object
  for (const char* inner : {R"({"base_size":"-1","limit_price":"99"})", R"({"base_size":"0","limit_price":"99"})",
                            R"({"base_size":"99999999999999999999","limit_price":"99"})", R"({"base_size":"1","limit_price":"-99"})"})
    CHECK(json_of(raw(head + inner + "}}"))["success"] == false);
  CHECK(r.e.orders({}).orders.empty());
  r.audit();
}

TEST_CASE("orders are not attached here, and nobody is left to believe that they are") {
  Rig r;
  fill_book(r);
  const auto ask = [&](const char* where, const std::string& more) {
    return json_of(r.post(r.alices, std::string(root) + where,
                          R"({"client_order_id":"a","product_id":"BTC-USD","side":"BUY","order_configuration":{"limit_limit_gtc":{"base_size":"1","limit_price":"99"}},)" + more + "}"));
  };
  const std::string bracket = R"("attached_order_configuration":{"trigger_bracket_gtc":{"limit_price":"120","stop_trigger_price":"90"}})";
  for (const std::string& more : {bracket, std::string(R"("attachedOrderConfiguration":{"triggerBracketGtd":{"limitPrice":"120"}})"),
                                  std::string(R"("attached_order_configuration":{})"), std::string(R"("attached_order_configuration":{"limit_limit_gtc":{}})")}) {
    INFO(more);
    const Parsed no = ask("/orders", more);
    CHECK(no["success"] == false);
    CHECK(no["error_response"]["error"] == "UNSUPPORTED_ORDER_CONFIGURATION");
    CHECK(no["error_response"]["new_order_failure_reason"] == "UNSUPPORTED_ORDER_CONFIGURATION");
    CHECK(no["error_response"]["message"] == "Attached orders are not supported");
    CHECK(no["order_configuration"]["limit_limit_gtc"]["base_size"] == "1");
    CHECK(ask("/orders/preview", more)["errs"] == Parsed::array({"PREVIEW_INVALID_ORDER_CONFIG"}));
  }
  const std::string sized = R"("attached_order_configuration":{"trigger_bracket_gtc":{"base_size":"1","limit_price":"120","stop_trigger_price":"90"}})";
  CHECK(ask("/orders", sized)["error_response"]["new_order_failure_reason"] == "ATTACHED_ORDER_SIZE_MUST_BE_NIL");
  CHECK(ask("/orders/preview", sized)["errs"] == Parsed::array({"PREVIEW_ATTACHED_ORDER_SIZE_MUST_BE_NIL"}));
  CHECK(r.e.orders({}).orders.empty());

  CHECK(ask("/orders", R"("attached_order_configuration":null)")["success"] == true);
  const std::string id = r.e.order_id(1);
  const auto edit = [&](const char* where, const std::string& more) {
    return json_of(r.post(r.alices, std::string(root) + where, R"({"order_id":")" + id + R"(","price":"98","size":"1",)" + more + "}"));
  };
  const Parsed no = edit("/orders/edit", bracket);
  CHECK(no["success"] == false);
  CHECK(no["errors"][0]["edit_failure_reason"] == "COMMANDER_REJECTED_EDIT_ORDER");
  CHECK(edit("/orders/edit_preview", bracket)["errors"][0]["edit_failure_reason"] == "COMMANDER_REJECTED_EDIT_ORDER");
  CHECK(r.e.order(1).state.limit_price == "99"_dec);
  CHECK(edit("/orders/edit", R"("cancel_attached_order":true)")["success"] == true);  // there is none to cancel
  CHECK(r.e.order(1).state.limit_price == "98"_dec);
}

TEST_CASE("an edit that is on its way is told as such, and nothing else is taken for the order meanwhile") {
  Options lags;
  lags.edit_ns = 3 * second;
  Rig r({}, lags);
  fill_book(r);
  REQUIRE(create(r, new_order("a", cb::Side::buy, Configuration::limit_gtc, "1"_dec, "99"_dec)).placed);
  const std::string id = r.e.order(r.alice, r.e.order_id(1)) != nullptr ? r.e.order_id(1) : "";
  const auto post = [&](const char* where, const std::string& body) { return json_of(r.post(r.alices, std::string(root) + where, body)); };
  const auto told = [&] { return json_of(r.signed_get(r.alices, std::string(root) + "/orders/historical/" + id))["order"]; };
  const auto listed = [&](const std::string& status) {
    return json_of(r.signed_get(r.alices, std::string(root) + "/orders/historical/batch?order_status=" + status))["orders"].size();
  };
  const std::string change = R"({"order_id":")" + id + R"(","price":"98","size":"2"})";
  CHECK(post("/orders/edit", change)["success"] == true);
  CHECK(told()["status"] == "EDIT_QUEUED");
  CHECK(told()["order_configuration"]["limit_limit_gtc"]["limit_price"] == "99");
  CHECK(told()["edit_history"].empty());
  CHECK(listed("OPEN") == 0);
  CHECK(listed("EDIT_QUEUED") == 1);
  CHECK(post("/orders/edit", change)["errors"][0]["edit_failure_reason"] == "ORDER_IS_ALREADY_BEING_REPLACED");
  CHECK(post("/orders/batch_cancel", R"({"order_ids":[")" + id + R"("]})")["results"][0]["failure_reason"] == "ORDER_IS_BEING_REPLACED");
  r.now += 3 * second;
  CHECK(told()["status"] == "OPEN");
  CHECK(told()["order_configuration"]["limit_limit_gtc"]["limit_price"] == "98");
  CHECK(told()["order_configuration"]["limit_limit_gtc"]["base_size"] == "2");
  CHECK(told()["edit_history"].size() == 1);
  CHECK(listed("OPEN") == 1);
}
