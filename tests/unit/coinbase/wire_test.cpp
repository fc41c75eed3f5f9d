// Bodies as the simulated venue reads them, in every dialect that clients send.
#include <catch2/catch.hpp>

#include "coinbase/order_bodies.hpp"
#include "exchange/wire/create_body.hpp"
#include "exchange/wire/small_bodies.hpp"
#include "vectors.hpp"

using namespace bowline;
using namespace bowline::exchange::wire;
using namespace bowline::literals;
using bowline::coinbase_test::vector_json;
using NJson = nlohmann::json;

namespace {

/// Every key below the top in lowerCamelCase: what the TypeScript client would send.
NJson in_camel(const NJson& j) {
  if (!j.is_object()) return j;
  NJson out = NJson::object();
  for (const auto& [key, value] : j.items()) out[camel(key)] = in_camel(value);
  return out;
}
std::string refusal(const std::string& body, const WireOptions& options = {}) {
  const auto r = parse_create_body(body, options);
  if (r) return "";
  CHECK(r.error().code == "INVALID_ARGUMENT");
  return r.error().message;
}
constexpr const char* snake =
    R"({"client_order_id":"c","product_id":"BTC-USD","side":"BUY","order_configuration":{"limit_limit_gtd":{"base_size":"0.50","limit_price":"100","end_time":"2022-01-01T00:00:00.5Z","post_only":true}}})";

}  // namespace

TEST_CASE("a body means the same in snake_case, in camelCase, and in a mixture") {
  CHECK(camel("stop_limit_stop_limit_gtc") == "stopLimitStopLimitGtc");
  CHECK(camel("side") == "side");
  const auto same = [](const CreateBody& b) {
    CHECK(b.client_order_id == "c");
    CHECK(b.product_id == "BTC-USD");
    CHECK(b.side == "BUY");
    CHECK(b.kind == Kind::limit_gtd);
    CHECK(b.configuration_key == "limit_limit_gtd");
    CHECK(b.base_size == "0.5"_dec);
    CHECK(b.limit_price == "100"_dec);
    CHECK(b.end_time_ns == 1'640'995'200'500'000'000);
    CHECK(b.post_only);
    CHECK(b.echo == NJson::parse(snake).at("order_configuration"));  // as it was written, in snake_case
  };
  same(*parse_create_body(snake));
  same(*parse_create_body(in_camel(NJson::parse(snake)).dump()));
  same(*parse_create_body(
      R"({"clientOrderId":"c","product_id":"BTC-USD","side":"BUY","orderConfiguration":{"limit_limit_gtd":{"baseSize":"0.50","limitPrice":"100","endTime":"2022-01-01T00:00:00.5Z","post_only":true}}})"));
}

TEST_CASE("what a gateway would refuse is refused with its words") {
  CHECK(refusal("{").starts_with("proto: syntax error"));
  CHECK(refusal("[]").starts_with("proto: unexpected token"));
  CHECK(refusal("\"x\"").starts_with("proto: unexpected token"));
  CHECK(refusal(std::string(100'000, '[')).starts_with("proto: syntax error"));
  std::string deep;
  for (int i = 0; i < 40; ++i) deep += "{\"a\":";
  CHECK(refusal(deep + "1" + std::string(40, '}')).starts_with("proto: syntax error"));
  CHECK(refusal(R"({"side":5})") == "proto: invalid value for string field side");
  CHECK(refusal(R"({"product_id":"a","productId":"a"})") == "proto: duplicate field \"productId\"");
  CHECK(refusal(R"({"order_configuration":5})").starts_with("proto: unexpected token"));
  CHECK(refusal(R"({"order_configuration":{"limit_limit_gtc":5}})").starts_with("proto: unexpected token"));
  CHECK(refusal(R"({"order_configuration":{"limit_limit_gtc":{},"sor_limit_ioc":{}}})") == "proto: oneof orderConfiguration is already set");
  CHECK(refusal(R"({"order_configuration":{"limit_limit_gtc":{"base_size":0.5}}})") == "proto: invalid value for string field baseSize");
  for (const char* bad : {"x", "1e5", "+1", "1.", ".", "1,5", "0x10", "NaN", "1 ", "99999999999999999999999"}) {
    INFO(bad);
    CHECK(refusal(NJson{{"order_configuration", {{"limit_limit_gtc", {{"base_size", bad}}}}}}.dump()) == "base_size argument is invalid");
  }
  for (const char* bad : {"x", "2022-01-01", "2022-01-01T00:00:00", "2022-02-30T00:00:00Z", "2022-01-01T00:00:00.Z", "2022-01-01T00:00:00.1234567890Z",
                          "2022-01-01T25:00:00Z", "2022-01-01T00:00:00ZZ", "2022-01-01 00:00:00Z", "2022-01-01T00:00:0:0Z", "0001-01-01T00:00:00Z"}) {
    INFO(bad);
    CHECK(refusal(NJson{{"order_configuration", {{"limit_limit_gtd", {{"end_time", bad}}}}}}.dump()).starts_with("proto: invalid google.protobuf.Timestamp"));
  }
  CHECK(refusal(R"({"order_configuration":{"limit_limit_gtc":{"post_only":"true"}}})") == "proto: invalid value for bool field postOnly");
}

TEST_CASE("what is missing is the venue's to judge, and an unknown field is passed over or refused as the options say") {
  for (const char* body : {"", " ", "{}", R"({"order_configuration":null})", R"({"order_configuration":{}})"}) {
    const auto b = parse_create_body(body);
    REQUIRE(b.ok());
    CHECK(b->kind == Kind::none);
    CHECK(b->echo == NJson::object());
  }
  CHECK(parse_create_body(R"({"order_configuration":{"limit_limit_gtc":{"base_size":""}}})")->base_size == std::nullopt);
  const auto twap = parse_create_body(R"({"order_configuration":{"twapLimitGtd":{"x":1}}})");
  CHECK(twap->kind == Kind::other);
  CHECK(twap->configuration_key == "twap_limit_gtd");
  const WireOptions strict{UnknownFields::refuse};
  CHECK(refusal(snake, strict).empty());
  CHECK(refusal(R"({"colour":"red"})").empty());
  CHECK(refusal(R"({"colour":"red"})", strict) == "proto: unknown field \"colour\"");
  CHECK(refusal(R"({"order_configuration":{"limit_limit_gtc":{"colour":"red"}}})", strict) == "proto: unknown field \"colour\"");
  CHECK(refusal(R"({"order_configuration":{"limit_limit_gtc":{"rfq_enabled":true}},"commission_rate":"0.1"})", strict).empty());
  const auto attached = parse_create_body(R"({"attachedOrderConfiguration":{"triggerBracketGtc":{"limitPrice":"2","stopTriggerPrice":"1"}}})", strict);
  REQUIRE(attached.ok());
  CHECK((attached->attached && !attached->attached_size));
  CHECK(attached->attached_limit_price == "2"_dec);
  CHECK(attached->attached_stop_trigger_price == "1"_dec);
  // A size there, another kind and nothing at all are the venue's to refuse; none of them goes unseen.
  const auto sized = parse_create_body(R"({"attached_order_configuration":{"trigger_bracket_gtc":{"base_size":"1","limit_price":"2","stop_trigger_price":"1"}}})");
  REQUIRE(sized.ok());
  CHECK((sized->attached && sized->attached_size));
  for (const char* v : {"{}", R"({"trigger_bracket_gtd":{}})", R"({"limit_limit_gtc":{"base_size":"1"}})"}) {
    const auto b = parse_create_body(std::string(R"({"attached_order_configuration":)") + v + "}");
    REQUIRE(b.ok());
    CHECK((b->attached && !b->attached_size));
  }
  CHECK_FALSE(parse_create_body(R"({"attached_order_configuration":null})")->attached);
  CHECK(parse_edit_body(R"({"attachedOrderConfiguration":{}})")->attached);
  CHECK_FALSE(parse_edit_body(R"({"cancel_attached_order":true})")->attached);
  CHECK_FALSE(parse_edit_body(R"({"cancel_attached_order":"true"})").ok());
}

TEST_CASE("cancels and edits are read in both spellings") {
  CHECK(*parse_cancel_body(R"({"order_ids":["a","b"]})") == std::vector<std::string>{"a", "b"});
  CHECK(*parse_cancel_body(R"({"orderIds":["a"]})") == std::vector<std::string>{"a"});
  NJson many = NJson::object();
  for (int i = 0; i < 100; ++i) many["order_ids"].push_back("x");
  CHECK(parse_cancel_body(many.dump())->size() == 100);
  many["order_ids"].push_back("x");
  CHECK(parse_cancel_body(many.dump()).error().code == "InvalidArgument");
  CHECK(parse_cancel_body(many.dump()).error().message == "Too many orderIDs entered, limit is 100");
  for (const char* bad : {"{}", R"({"order_ids":[]})", R"({"order_ids":"a"})", R"({"order_ids":[1]})", "", "["})
    CHECK(parse_cancel_body(bad).error().code == "INVALID_ARGUMENT");
  const auto e = parse_edit_body(R"({"orderId":"o","price":"1.50","size":"2","stopPrice":"1"})");
  REQUIRE(e.ok());
  CHECK(e->order_id == "o");
  CHECK(e->price == "1.5"_dec);
  CHECK(e->size == "2"_dec);
  CHECK(e->stop_price == "1"_dec);
  CHECK_FALSE(parse_edit_body(R"({"order_id":"o"})")->price.has_value());
  CHECK(parse_edit_body(R"({"order_id":"o","price":1.5})").error().code == "INVALID_ARGUMENT");
}

TEST_CASE("what our own client sends is read as it was meant") {
  coinbase::NewOrder o;
  o.client_order_id = "a\"b";
  o.product_id = "BTC-USD";
  o.side = coinbase::Side::sell;
  o.terms.configuration = coinbase::Configuration::stop_limit_gtd;
  o.terms.base_size = "0.000000000000000001"_dec;
  o.terms.limit_price = "45000.1"_dec;
  o.terms.stop_price = "45100"_dec;
  o.terms.stop_direction = coinbase::StopDirection::down;
  o.terms.end_time_ns = 1'640'995'200'000'000'001;
  o.attached = coinbase::NewOrder::Bracket{"2"_dec, "1"_dec};
  const auto b = parse_create_body(coinbase::create_order(o)->body, {UnknownFields::refuse});
  REQUIRE(b.ok());
  CHECK(b->client_order_id == o.client_order_id);
  CHECK(b->side == "SELL");
  CHECK(b->kind == Kind::stop_limit_gtd);
  CHECK(b->base_size == o.terms.base_size);
  CHECK(b->limit_price == o.terms.limit_price);
  CHECK(b->stop_price == o.terms.stop_price);
  CHECK(b->stop_direction == "STOP_DIRECTION_STOP_DOWN");
  CHECK(b->end_time_ns == o.terms.end_time_ns);
  CHECK(b->attached_limit_price == "2"_dec);
  const std::vector<std::string> ids = {"a", "b"};
  CHECK(*parse_cancel_body(coinbase::batch_cancel(ids)->front().body, {UnknownFields::refuse}) == ids);
  const auto e = parse_edit_body(coinbase::edit_order({"o", "1.5"_dec, "2"_dec})->body, {UnknownFields::refuse});
  REQUIRE(e.ok());
  CHECK(e->price == "1.5"_dec);
}

TEST_CASE("the published bodies of other clients are read, in both spellings and strictly") {
  std::size_t met = 0;
  for (const char* file : {"requests/ccxt_requests.json", "requests/python_sdk_requests.json"}) {
    const auto v = vector_json(file);
    if (!v) return;
    for (const auto& one : v->at("vectors")) {
      if (one.at("path") != "/api/v3/brokerage/orders") continue;
      const NJson& sent = one.at("json");
      INFO(sent.dump());
      for (const std::string& body : {sent.dump(), in_camel(sent).dump()}) {
        const auto b = parse_create_body(body, {UnknownFields::refuse});
        REQUIRE(b.ok());
        CHECK(b->client_order_id == sent.at("client_order_id"));
        CHECK(b->product_id == sent.at("product_id"));
        CHECK(b->side == sent.at("side"));
        CHECK(b->echo == sent.at("order_configuration"));
        CHECK(key_of(b->kind) == sent.at("order_configuration").begin().key());
        CHECK(b->self_trade_prevention_id == sent.value("self_trade_prevention_id", ""));
        CHECK(b->margin_type == sent.value("margin_type", ""));
        CHECK(b->leverage == sent.value("leverage", ""));
        CHECK(b->retail_portfolio_id == sent.value("retail_portfolio_id", ""));
      }
      ++met;
    }
  }
  CHECK(met == 21);
}
