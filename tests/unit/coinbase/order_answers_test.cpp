// Orders and fills, as the venue lists them.
#include "coinbase/order_answers.hpp"

#include <catch2/catch.hpp>

#include "vectors.hpp"

using namespace bowline;
using namespace bowline::coinbase;
using namespace bowline::literals;
using bowline::coinbase_test::vector_json;
using bowline::coinbase_test::vector_text;
using NJson = nlohmann::json;

namespace {

NJson order_json() {
  return NJson::parse(R"({"order_id":"o","product_id":"BTC-USD","user_id":"u","order_configuration":{"limit_limit_gtc":{"base_size":"0.5","limit_price":"100",
    "post_only":true,"rfq_enabled":false}},"side":"SELL","client_order_id":"c","status":"OPEN","created_time":"2024-01-15T10:00:00Z",
    "completion_percentage":"0","average_filled_price":"0","number_of_fills":"0","pending_cancel":false,"size_in_quote":false,"total_fees":"0",
    "size_inclusive_of_fees":false,"total_value_after_fees":"0"})");
}
NJson fill_json() {
  return NJson::parse(R"({"entry_id":"e","trade_id":"t","order_id":"o","trade_time":"2024-01-15T10:00:00.123Z","trade_type":"FILL","price":"100","size":"0.5",
    "commission":"0.3","product_id":"BTC-USD","sequence_timestamp":"2024-01-15T10:00:00.2Z","liquidity_indicator":"MAKER","size_in_quote":false,"user_id":"u",
    "side":"BUY","retail_portfolio_id":"p"})");
}
Result<VenueOrder> read(const NJson& j) { return parse_order(NJson{{"order", j}}.dump()); }
std::string field_of(const Error& e) { return e.details.empty() ? "" : e.details[0].second; }

}  // namespace

TEST_CASE("an order is read with its terms, and what is not told is unknown") {
  const auto o = read(order_json());
  if (!o) FAIL(o.error().message);
  CHECK(o->order_id == "o");
  CHECK(o->client_order_id == "c");
  CHECK(o->side == Side::sell);
  CHECK(o->status == OrderStatus::open);
  CHECK(o->terms.configuration == Configuration::limit_gtc);
  CHECK(o->terms.base_size == "0.5"_dec);
  CHECK(o->terms.limit_price == "100"_dec);
  CHECK(o->terms.post_only == true);
  CHECK_FALSE(o->filled_size.has_value());
  CHECK_FALSE(o->filled_value.has_value());
  CHECK_FALSE(o->outstanding_hold.has_value());
  CHECK_FALSE(o->settled.has_value());
  CHECK(o->type == OrderType::unknown);
  CHECK(o->created_ns == 1'705'312'800'000'000'000);
  NJson j = order_json();
  j["total_fees"] = nullptr;
  CHECK_FALSE(read(j)->total_fees.has_value());
  j["status"] = "NEWLY_INVENTED";
  j["order_type"] = "UNKNOWN_ORDER_TYPE";
  CHECK(read(j)->status == OrderStatus::unknown);
  CHECK(read(j)->status_word == "NEWLY_INVENTED");
  j["client_order_id"] = "";
  CHECK(read(j)->client_order_id.empty());
  j["number_of_fills"] = 2;
  CHECK(read(j)->number_of_fills == 2);
}

TEST_CASE("an order that lacks what money hangs on is an error that names it") {
  for (const char* key :
       {"order_id", "product_id", "side", "status", "average_filled_price", "total_value_after_fees", "number_of_fills", "created_time"}) {
    NJson j = order_json();
    j.erase(key);
    CHECK(field_of(read(j).error()) == std::string("order.") + key);
    j[key] = NJson::object();
    CHECK(field_of(read(j).error()) == std::string("order.") + key);
  }
  for (const char* key : {"filled_size", "filled_value", "total_fees", "outstanding_hold_amount", "average_filled_price"}) {
    NJson j = order_json();
    j[key] = "lots";
    CHECK(field_of(read(j).error()) == std::string("order.") + key);
    j[key] = "-1";
    CHECK(field_of(read(j).error()) == std::string("order.") + key);
  }
  NJson j = order_json();
  j["side"] = "UNKNOWN_ORDER_SIDE";
  CHECK(field_of(read(j).error()) == "order.side");
  j = order_json();
  j["number_of_fills"] = "-1";
  CHECK(field_of(read(j).error()) == "order.number_of_fills");
  j = order_json();
  j["order_configuration"]["limit_limit_gtc"]["limit_price"] = "dear";
  CHECK(field_of(read(j).error()) == "order.order_configuration.limit_limit_gtc.limit_price");
  CHECK(field_of(parse_order(order_json().dump()).error()) == "order");
  CHECK(field_of(parse_orders("{}").error()) == "orders");
}

TEST_CASE("an order of a list that can't be read is told with the ids that can, and keeps no other from being read") {
  NJson odd = order_json(), other = order_json();
  odd["order_id"] = "o-1";
  odd["client_order_id"] = "c-1";
  other["order_id"] = "o-2";
  const auto list = [&](const NJson& row) { return parse_orders(NJson{{"orders", {row, other}}, {"has_next", false}, {"cursor", ""}}.dump()); };
  for (const char* key : {"product_id", "side", "status", "average_filled_price", "number_of_fills", "created_time", "order_configuration"}) {
    INFO(key);
    NJson row = odd;
    row[key] = 1.5e30;
    if (key == std::string("product_id") || key == std::string("status")) row[key] = NJson::array();
    const auto p = list(row);
    if (!p) FAIL(p.error().message);
    REQUIRE(p->orders.size() == 1);
    CHECK(p->orders[0].order_id == "o-2");
    REQUIRE(p->faults.size() == 1);
    CHECK(p->faults[0].order_id == "o-1");
    CHECK(p->faults[0].client_order_id == "c-1");
    CHECK(p->faults[0].product_id == (key == std::string("product_id") ? "" : "BTC-USD"));
    CHECK(field_of(p->faults[0].error) == std::string("orders[0].") + key);
  }
  odd.erase("order_id");
  odd["client_order_id"] = NJson::object();
  CHECK(list(odd)->faults.at(0).order_id.empty());
  CHECK(list(odd)->faults.at(0).client_order_id.empty());
  CHECK(field_of(list(odd)->faults.at(0).error) == "orders[0].order_id");
  for (const NJson& row : {NJson(5), NJson(nullptr), NJson::array(), NJson("x")}) {
    const auto p = list(row);
    REQUIRE(p.ok());
    CHECK(p->orders.size() == 1);
    REQUIRE(p->faults.size() == 1);
    CHECK(p->faults[0].order_id.empty());
  }
  CHECK(list(order_json())->faults.empty());
}

TEST_CASE("terms of kinds that we do not place, of several kinds, or of none, are unknown and no error") {
  for (const char* terms : {R"({"twap_limit_gtd":{"x":1}})", "{}", "null", R"({"limit_limit_gtc":{"base_size":"1"},"sor_limit_ioc":{"base_size":"1"}})",
                            R"({"rfq_enabled":true})"}) {
    NJson j = order_json();
    j["order_configuration"] = NJson::parse(terms);
    const auto o = read(j);
    REQUIRE(o.ok());
    CHECK(o->terms == OrderTerms{});
  }
  NJson j = order_json();
  j["order_configuration"] = NJson::parse(R"({"market_market_ioc":{"quote_size":"5","rfq_enabled":false},"rfq_disabled":true})");
  CHECK(read(j)->terms.quote_size == "5"_dec);
  j["order_configuration"] = 5;
  CHECK(field_of(read(j).error()) == "order.order_configuration");
  j["order_configuration"] = NJson::parse(
      R"({"stop_limit_stop_limit_gtd":{"base_size":0.001,"limit_price":"10000.00","stop_price":"20000.00","end_time":"2021-05-31T09:59:59Z","stop_direction":"SIDEWAYS"}})");
  const auto stop = read(j);
  REQUIRE(stop.ok());
  CHECK(stop->terms.base_size == "0.001"_dec);
  CHECK(stop->terms.stop_direction == StopDirection::unknown);
  CHECK(stop->terms.end_time_ns == 1'622'455'199'000'000'000);
}

TEST_CASE("a fill is read, its fee is unknown when it is not told, and it goes on by the cursor alone") {
  const auto page = [](const NJson& f, const char* cursor) { return parse_fills(NJson{{"fills", {f}}, {"cursor", cursor}}.dump()); };
  const auto p = page(fill_json(), "");
  if (!p) FAIL(p.error().message);
  REQUIRE(p->fills.size() == 1);
  const VenueFill& f = p->fills[0];
  CHECK(f.entry_id == "e");
  CHECK(f.type == TradeType::fill);
  CHECK(f.price == "100"_dec);
  CHECK(f.size == "0.5"_dec);
  CHECK(f.commission == "0.3"_dec);
  CHECK(f.liquidity == Liquidity::maker);
  CHECK(f.side == Side::buy);
  CHECK(f.time_ns == 1'705'312'800'123'000'000);
  CHECK_FALSE(p->next_cursor.has_value());
  CHECK(page(fill_json(), "more")->next_cursor == "more");
  NJson j = fill_json();
  j["commission"] = "";
  CHECK_FALSE(page(j, "")->fills[0].commission.has_value());
  j["commission"] = "-0.3";
  CHECK(field_of(page(j, "")->faults.at(0).error) == "fills[0].commission");
  for (const char* key : {"entry_id", "order_id", "product_id", "trade_type", "price", "size", "side", "trade_time"}) {
    j = fill_json();
    j.erase(key);
    CHECK(field_of(page(j, "")->faults.at(0).error) == std::string("fills[0].") + key);
    CHECK(page(j, "")->fills.empty());
  }
  j = fill_json();
  j.erase("price");
  const auto two = parse_fills(NJson{{"fills", {j, fill_json(), 5}}, {"cursor", "more"}}.dump());
  REQUIRE(two.ok());
  CHECK(two->fills.size() == 1);
  REQUIRE(two->faults.size() == 2);
  CHECK((two->faults[0].entry_id == "e" && two->faults[0].order_id == "o" && two->faults[0].product_id == "BTC-USD"));
  CHECK(two->faults[1].entry_id.empty());
  CHECK(two->next_cursor == "more");
  j = fill_json();
  j["trade_type"] = "GIFT";
  CHECK(page(j, "")->fills[0].type == TradeType::unknown);
  CHECK(page(j, "")->fills[0].type_word == "GIFT");
  CHECK(field_of(parse_fills("{}").error()) == "fills");
}

TEST_CASE("the published orders are read, with their sixteen decimals") {
  const auto list = vector_text("rest/nautilus_http_orders_list.json"), real = vector_text("rest/quote_size_market_buy_real.json");
  if (!list || !real) return;
  const auto p = parse_orders(*list);
  if (!p) FAIL(p.error().message);
  REQUIRE(p->orders.size() == 2);
  CHECK(p->orders[0].outstanding_hold == "450"_dec);
  CHECK(p->orders[0].time_in_force == TimeInForce::gtc);
  CHECK(p->orders[0].trigger == TriggerStatus::no_stop);
  CHECK(p->orders[1].status == OrderStatus::filled);
  CHECK(p->orders[1].terms.configuration == Configuration::market_ioc);
  CHECK(p->orders[1].total_value_after_fees == *p->orders[1].filled_value - *p->orders[1].total_fees);
  const auto r = parse_orders(*real);
  if (!r) FAIL(r.error().message);
  const VenueOrder& o = r->orders.at(0);
  CHECK(o.filled_size == "0.5770494951509377"_dec);
  CHECK(o.average_filled_price == "8.5959999999999997"_dec);
  CHECK(*o.filled_value + *o.total_fees == o.total_value_after_fees);
  CHECK(o.cancel_message == "Internal error");
  CHECK(o.number_of_fills == 2);
  CHECK(o.last_fill_ns == 1'691'172'321'351'596'698);
  CHECK((o.size_in_quote && o.size_inclusive_of_fees));
  CHECK(o.settled == true);
  const auto made_up = vector_json("requests/python_sdk_requests.json");
  CHECK(field_of(parse_order(made_up->at("vectors").at(0).at("canned_response").dump()).error()) == "order");
}
