// Bodies of orders: exactly what is sent, and what is not sent at all.
#include "coinbase/order_bodies.hpp"

#include <catch2/catch.hpp>

#include "coinbase/rfc3339.hpp"
#include "vectors.hpp"

using namespace bowline;
using namespace bowline::coinbase;
using namespace bowline::literals;
using bowline::coinbase_test::vector_json;
using NJson = nlohmann::json;

namespace {

constexpr std::int64_t end_2022 = 1'640'995'200'000'000'000;

NewOrder order(Configuration c) {
  NewOrder o;
  o.client_order_id = "id-1";
  o.product_id = "BTC-USD";
  o.side = Side::buy;
  o.terms.configuration = c;
  return o;
}
NewOrder limit_gtc() {
  NewOrder o = order(Configuration::limit_gtc);
  o.terms.base_size = "0.5"_dec;
  o.terms.limit_price = "45000.10"_dec;
  return o;
}
std::string body_of(const NewOrder& o) {
  const auto r = create_order(o);
  if (!r) FAIL(r.error().message);
  CHECK(r->method == Method::post);
  CHECK(r->path == "/api/v3/brokerage/orders");
  CHECK(r->query.empty());
  CHECK_FALSE(r->open);
  return r->body;
}
/// The field that create_order does not like; "" = it likes all of them.
std::string fault_of(const NewOrder& o) {
  const auto r = create_order(o);
  if (r) return "";
  CHECK((r.error().code == "COINBASE_TERMS"));
  REQUIRE(r.error().details.size() == 1);
  CHECK(r.error().details[0].first == "field");
  return r.error().details[0].second;
}
/// What a client's body asks for, as our own order of it.
NewOrder order_of(const NJson& j) {
  NewOrder o;
  o.client_order_id = j.at("client_order_id");
  o.product_id = j.at("product_id");
  o.side = side_of(j.at("side").get<std::string>());
  Fields f(j, "");
  o.terms = read_terms(f, "order_configuration");
  REQUIRE(f.ok());
  REQUIRE(o.terms.configuration != Configuration::unknown);
  o.self_trade_prevention_id = j.value("self_trade_prevention_id", "");
  o.margin_type = j.value("margin_type", "");
  o.leverage = j.value("leverage", "");
  o.retail_portfolio_id = j.value("retail_portfolio_id", "");
  return o;
}

}  // namespace

TEST_CASE("the body of each configuration is exactly this") {
  NewOrder o = order(Configuration::market_ioc);
  o.terms.quote_size = "10.00"_dec;
  CHECK(body_of(o) == R"({"client_order_id":"id-1","product_id":"BTC-USD","side":"BUY","order_configuration":{"market_market_ioc":{"quote_size":"10"}}})");
  o = order(Configuration::market_fok);
  o.side = Side::sell;
  o.terms.base_size = "0.00000001"_dec;
  CHECK(body_of(o) == R"({"client_order_id":"id-1","product_id":"BTC-USD","side":"SELL","order_configuration":{"market_market_fok":{"base_size":"0.00000001"}}})");
  const auto configuration = [](const NewOrder& of) { return configuration_json(of.terms); };
  o = limit_gtc();
  CHECK(configuration(o) == R"({"limit_limit_gtc":{"base_size":"0.5","limit_price":"45000.1","post_only":false}})");
  o.terms.post_only = true;
  CHECK(configuration(o) == R"({"limit_limit_gtc":{"base_size":"0.5","limit_price":"45000.1","post_only":true}})");
  o.terms.configuration = Configuration::limit_gtd;
  o.terms.end_time_ns = end_2022 + 5;
  CHECK(configuration(o) ==
        R"({"limit_limit_gtd":{"base_size":"0.5","limit_price":"45000.1","end_time":"2022-01-01T00:00:00.000000005Z","post_only":true}})");
  o = limit_gtc();
  o.terms.configuration = Configuration::limit_fok;
  CHECK(configuration(o) == R"({"limit_limit_fok":{"base_size":"0.5","limit_price":"45000.1"}})");
  o.terms.configuration = Configuration::limit_ioc;
  CHECK(configuration(o) == R"({"sor_limit_ioc":{"base_size":"0.5","limit_price":"45000.1"}})");
  o.terms.configuration = Configuration::stop_limit_gtc;
  o.terms.stop_price = "46000"_dec;
  o.terms.stop_direction = StopDirection::up;
  CHECK(configuration(o) ==
        R"({"stop_limit_stop_limit_gtc":{"base_size":"0.5","limit_price":"45000.1","stop_price":"46000","stop_direction":"STOP_DIRECTION_STOP_UP"}})");
  o.terms.configuration = Configuration::stop_limit_gtd;
  o.terms.stop_direction = StopDirection::down;
  o.terms.end_time_ns = end_2022;
  CHECK(configuration(o) == R"({"stop_limit_stop_limit_gtd":{"base_size":"0.5","limit_price":"45000.1","stop_price":"46000",)"
                            R"("end_time":"2022-01-01T00:00:00Z","stop_direction":"STOP_DIRECTION_STOP_DOWN"}})");
  o = limit_gtc();
  o.terms.configuration = Configuration::bracket_gtc;
  o.terms.stop_trigger_price = "40000"_dec;
  CHECK(configuration(o) == R"({"trigger_bracket_gtc":{"base_size":"0.5","limit_price":"45000.1","stop_trigger_price":"40000"}})");
  o.terms.configuration = Configuration::bracket_gtd;
  o.terms.end_time_ns = end_2022;
  CHECK(configuration(o) ==
        R"({"trigger_bracket_gtd":{"base_size":"0.5","limit_price":"45000.1","stop_trigger_price":"40000","end_time":"2022-01-01T00:00:00Z"}})");
}

TEST_CASE("amounts are plain decimals, however small or large") {
  NewOrder o = limit_gtc();
  o.terms.base_size = Decimal::epsilon();
  o.terms.limit_price = "150000000000000000000"_dec;
  CHECK(configuration_json(o.terms) ==
        R"({"limit_limit_gtc":{"base_size":"0.000000000000000001","limit_price":"150000000000000000000","post_only":false}})");
}

TEST_CASE("the same order makes the same bytes, and a preview leaves the id out") {
  const NewOrder o = limit_gtc();
  CHECK(body_of(o) == body_of(o));
  const auto p = preview_order(o);
  REQUIRE(p.ok());
  CHECK(p->path == "/api/v3/brokerage/orders/preview");
  CHECK(p->body.find("client_order_id") == p->body.npos);
  NewOrder nameless = o;
  nameless.client_order_id.clear();
  CHECK(preview_order(nameless).ok());
}

TEST_CASE("names from outside are escaped, and optional fields are sent when they are set") {
  NewOrder o = limit_gtc();
  o.client_order_id = "a\"b\\c";
  o.retail_portfolio_id = "p";
  o.preview_id = "q";
  o.leverage = "5";
  o.margin_type = "CROSS";
  o.self_trade_prevention_id = "s";
  o.attached = NewOrder::Bracket{"50000"_dec, "40000"_dec};
  const NJson j = NJson::parse(body_of(o));
  CHECK(j.at("client_order_id") == "a\"b\\c");
  CHECK(j.at("retail_portfolio_id") == "p");
  CHECK(j.at("preview_id") == "q");
  CHECK(j.at("leverage") == "5");
  CHECK(j.at("margin_type") == "CROSS");
  CHECK(j.at("self_trade_prevention_id") == "s");
  CHECK(j.at("attached_order_configuration") == NJson::parse(R"({"trigger_bracket_gtc":{"limit_price":"50000","stop_trigger_price":"40000"}})"));
  CHECK(NJson::parse(body_of(limit_gtc())).size() == 4);
}

TEST_CASE("an order that can't be one is not sent, and the field is named") {
  NewOrder o = limit_gtc();
  CHECK(fault_of(o).empty());
  o.terms.configuration = Configuration::unknown;
  CHECK(fault_of(o) == "configuration");
  o = limit_gtc();
  o.client_order_id = "";
  CHECK(fault_of(o) == "client_order_id");
  o.client_order_id = std::string(129, 'a');
  CHECK(fault_of(o) == "client_order_id");
  o.client_order_id = "a\n";
  CHECK(fault_of(o) == "client_order_id");
  o = limit_gtc();
  o.product_id = "";
  CHECK(fault_of(o) == "product_id");
  o = limit_gtc();
  o.side = Side::unknown;
  CHECK(fault_of(o) == "side");
  o = limit_gtc();
  o.terms.quote_size = "1"_dec;
  CHECK(fault_of(o) == "quote_size");
  o = limit_gtc();
  o.terms.base_size.reset();
  CHECK(fault_of(o) == "base_size");
  o.terms.quote_size = "1"_dec;
  CHECK(fault_of(o).empty());
  o.terms.configuration = Configuration::limit_ioc;
  CHECK(fault_of(o) == "quote_size");
  for (const Decimal bad : {Decimal::zero(), "-1"_dec, Decimal::not_set()}) {
    o = limit_gtc();
    o.terms.base_size = bad;
    CHECK(fault_of(o) == "base_size");
    o = limit_gtc();
    o.terms.limit_price = bad;
    CHECK(fault_of(o) == "limit_price");
    o = limit_gtc();
    o.attached = NewOrder::Bracket{bad, "1"_dec};
    CHECK(fault_of(o) == "attached.limit_price");
    o.attached = NewOrder::Bracket{"1"_dec, bad};
    CHECK(fault_of(o) == "attached.stop_trigger_price");
  }
  o = limit_gtc();
  o.terms.limit_price.reset();
  CHECK(fault_of(o) == "limit_price");
  o = limit_gtc();
  o.terms.stop_price = "1"_dec;
  CHECK(fault_of(o) == "stop_price");
  o = limit_gtc();
  o.terms.end_time_ns = end_2022;
  CHECK(fault_of(o) == "end_time");
  o.terms.configuration = Configuration::limit_gtd;
  CHECK(fault_of(o).empty());
  o.terms.end_time_ns = 0;
  CHECK(fault_of(o) == "end_time");
  o.terms.end_time_ns.reset();
  CHECK(fault_of(o) == "end_time");
  o = limit_gtc();
  o.terms.configuration = Configuration::limit_fok;
  o.terms.post_only = false;
  CHECK(fault_of(o) == "post_only");
  o = limit_gtc();
  o.terms.configuration = Configuration::stop_limit_gtc;
  o.terms.stop_price = "1"_dec;
  CHECK(fault_of(o) == "stop_direction");
  o.terms.stop_direction = StopDirection::unknown;
  CHECK(fault_of(o) == "stop_direction");
  o = limit_gtc();
  o.terms.stop_direction = StopDirection::up;
  CHECK(fault_of(o) == "stop_direction");
  o = limit_gtc();
  o.leverage = "5\x7f";
  CHECK(fault_of(o) == "leverage");
  o = order(Configuration::market_ioc);
  o.terms.base_size = "1"_dec;
  o.terms.limit_price = "1"_dec;
  CHECK(fault_of(o) == "limit_price");
}

TEST_CASE("cancels go out a hundred at a time, in their order, and never with an empty id") {
  std::vector<std::string> ids;
  for (int i = 0; i < 250; ++i) ids.push_back("o" + std::to_string(i));
  const auto r = batch_cancel(ids);
  REQUIRE(r.ok());
  REQUIRE(r->size() == 3);
  std::vector<std::string> sent;
  for (const Request& one : *r) {
    CHECK(one.method == Method::post);
    CHECK(one.path == "/api/v3/brokerage/orders/batch_cancel");
    const auto list = NJson::parse(one.body).at("order_ids");
    CHECK(list.size() <= 100);
    for (const auto& id : list) sent.push_back(id);
  }
  CHECK(sent == ids);
  CHECK(batch_cancel(std::vector<std::string>(100, "a"))->size() == 1);
  CHECK(batch_cancel(std::vector<std::string>(101, "a"))->size() == 2);
  CHECK(batch_cancel(std::vector<std::string>{"a"})->front().body == R"({"order_ids":["a"]})");
  CHECK(batch_cancel(std::vector<std::string>{}).error().code == "COINBASE_ID");
  ids[249] = "";
  CHECK(batch_cancel(ids).error().code == "COINBASE_ID");
}

TEST_CASE("an edit has both price and size") {
  const auto r = edit_order({"o-1", "45000.10"_dec, "0.5"_dec});
  REQUIRE(r.ok());
  CHECK(r->path == "/api/v3/brokerage/orders/edit");
  CHECK(r->body == R"({"order_id":"o-1","price":"45000.1","size":"0.5"})");
  CHECK(preview_edit({"o-1", "1"_dec, "1"_dec})->path == "/api/v3/brokerage/orders/edit_preview");
  CHECK(edit_order({"", "1"_dec, "1"_dec}).error().code == "COINBASE_ID");
  CHECK(edit_order({"o", Decimal::zero(), "1"_dec}).error().code == "COINBASE_TERMS");
  CHECK(edit_order({"o", "1"_dec, Decimal::not_set()}).error().code == "COINBASE_TERMS");
}

TEST_CASE("the published requests of other clients are made exactly, as JSON") {
  std::size_t orders = 0, cancels = 0;
  for (const char* file : {"requests/ccxt_requests.json", "requests/python_sdk_requests.json"}) {
    const auto v = vector_json(file);
    if (!v) return;
    for (const auto& one : v->at("vectors")) {
      const std::string path = one.at("path");
      INFO(one.dump());
      if (one.at("method") != "POST") continue;
      if (path.ends_with("/orders")) {
        const auto r = create_order(order_of(one.at("json")));
        REQUIRE(r.ok());
        CHECK(r->path == path);
        CHECK(NJson::parse(r->body) == one.at("json"));
        ++orders;
      } else if (path.ends_with("/batch_cancel")) {
        const std::vector<std::string> ids = one.at("json").at("order_ids");
        const auto r = batch_cancel(ids);
        REQUIRE(r.ok());
        REQUIRE(r->size() == 1);
        CHECK(r->front().path == path);
        CHECK(NJson::parse(r->front().body) == one.at("json"));
        ++cancels;
      }
    }
  }
  CHECK(orders == 21);
  CHECK(cancels == 2);
}

TEST_CASE("times are written and read as RFC 3339") {
  CHECK(format_rfc3339(0) == "1970-01-01T00:00:00Z");
  CHECK(format_rfc3339(end_2022) == "2022-01-01T00:00:00Z");
  CHECK(format_rfc3339(1'709'210'096'000'000'001) == "2024-02-29T12:34:56.000000001Z");
  CHECK(parse_rfc3339("2022-01-01T00:00:00Z") == end_2022);
  CHECK(parse_rfc3339("2024-02-29T12:34:56.000000001Z") == 1'709'210'096'000'000'001);
  CHECK(parse_rfc3339("2022-01-01T00:00:00.1234567899999Z") == end_2022 + 123'456'789);
  CHECK(parse_rfc3339("2022-01-01T02:30:00.5+02:30") == end_2022 + 500'000'000);
  CHECK(parse_rfc3339("2021-12-31t23:00:00-01:00") == end_2022);
  CHECK(parse_rfc3339("2021-12-31T23:59:60Z") == end_2022);
  for (const char* bad : {"", "2022-01-01", "2022-01-01T00:00:00", "2022-01-01T00:00Z", "2022-02-30T00:00:00Z", "2023-02-29T00:00:00Z", "2022-13-01T00:00:00Z",
                          "2022-01-01T24:00:00Z", "2022-01-01T00:60:00Z", "2022-01-01T00:00:61Z", "2022-01-01T00:00:00.Z", "2022-01-01T00:00:00Zx",
                          "2022-01-01T00:00:00+1:00", "1969-12-31T23:59:59Z", "1970-01-01T00:00:00+01:00", "2262-01-01T00:00:00Z", "0001-01-01T00:00:00Z",
                          "2022-1-01T00:00:00Z", "+022-01-01T00:00:00Z", "2022-01-01T-1:00:00Z", " 2022-01-01T00:00:00Z"}) {
    INFO(bad);
    CHECK_FALSE(parse_rfc3339(bad).has_value());
  }
}
