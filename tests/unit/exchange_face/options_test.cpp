// What no source tells of Coinbase is an option: both settings of each.
#include "exchange/face/candle_list.hpp"
#include "readers.hpp"

using namespace face_test;

namespace {

const std::string orders = std::string(root) + "/orders";
std::string limit_body(const std::string& id, const std::string& size, const std::string& more = "") {
  return R"({"client_order_id":")" + id + R"(","product_id":"BTC-USD","side":"BUY","order_configuration":{"limit_limit_gtc":{"base_size":")" + size +
         R"(","limit_price":"99")" + more + "}}}";
}

}  // namespace

TEST_CASE("option: another order under a client_order_id is the first one, or refused") {
  for (const bool strict : {false, true}) {
    FaceOptions o;
    o.id_mismatch = strict ? IdMismatch::refuse : IdMismatch::same_order;
    Rig r(o);
    const auto first = must(cb::parse_create(r.post(r.alices, orders, limit_body("a", "1")).body));
    REQUIRE(first.placed);
    const auto same = must(cb::parse_create(r.post(r.alices, orders, limit_body("a", "1")).body));
    REQUIRE(same.placed);
    CHECK(same.placed->order_id == first.placed->order_id);
    const auto other = must(cb::parse_create(r.post(r.alices, orders, limit_body("a", "2")).body));
    CHECK(other.placed.has_value() == !strict);
    if (strict) CHECK(other.refusal.reason == "INVALID_REQUEST");
    else CHECK(other.placed->order_id == first.placed->order_id);
    CHECK(r.e.orders({}).orders.size() == 1);
  }
}

TEST_CASE("option: what a client_order_id stands for, and how long") {
  for (const bool owner : {false, true})
    for (const bool short_life : {false, true}) {
      Options o;
      o.client_id_scope = owner ? ClientIdScope::owner : ClientIdScope::portfolio;
      if (short_life) o.client_id_retention_ns = 10 * second;
      Rig r({}, o);
      const UserId second_one = *r.e.add_user("alice", {"0.001"_dec, "0.002"_dec}, r.now);
      REQUIRE(r.e.deposit(second_one, "USD", "1000"_dec, r.now).ok());
      const auto place = [&] { return must(cb::parse_create(r.post(r.alices, orders, limit_body("a", "1")).body)).placed->order_id; };
      const std::string first = place();
      r.now += 11 * second;
      CHECK((place() == first) == !short_life);
      r.holders["keys/alice"].user = second_one;
      const std::size_t before = r.e.orders({}).orders.size();
      place();
      CHECK((r.e.orders({}).orders.size() == before) == owner);
    }
}

TEST_CASE("option: fields that no message has are passed over, or refused") {
  for (const bool strict : {false, true}) {
    FaceOptions o;
    o.wire.unknown = strict ? wire::UnknownFields::refuse : wire::UnknownFields::pass_over;
    Rig r(o);
    const int expected = strict ? 400 : 200;
    CHECK(r.post(r.alices, orders, limit_body("a", "1", R"(,"colour":"red")")).status == expected);
    CHECK(r.post(r.alices, orders, limit_body("b", "1", R"(,"stop_price":"90")")).status == expected);  // of another kind of order
    CHECK(r.post(r.alices, orders + "/batch_cancel", R"({"order_ids":["x"],"why":1})").status == expected);
    CHECK(r.post(r.alices, orders + "/edit", R"({"order_id":"x","why":1})").status == expected);
    CHECK(r.post(r.alices, orders, limit_body("c", "1")).status == 200);
    CHECK(r.e.orders({}).orders.size() == (strict ? 1u : 3u));
  }
}

TEST_CASE("option: empty buckets are skipped, or repeat the close before them") {
  for (const bool flat : {false, true}) {
    FaceOptions o;
    o.empty_buckets = flat ? EmptyBuckets::repeat_close : EmptyBuckets::skip;
    Rig r(o);
    const std::int64_t t = r.now / second / 60 * 60;
    r.tape.put("BTC-USD", Granularity::m1, {t - 600, "1"_dec, "3"_dec, "2"_dec, "2.5"_dec, "7"_dec});
    r.tape.put("BTC-USD", Granularity::m1, {t - 120, "4"_dec, "6"_dec, "5"_dec, "5.5"_dec, "8"_dec});
    const auto ask = [&](std::int64_t from, std::int64_t to) {
      return must(cb::parse_candles(r.send(r.alices, cb::candles(cb::Access::open, "BTC-USD", cb::Granularity::one_minute, from, to)).body));
    };
    const auto inside = ask(t - 600, t + 300);
    REQUIRE(inside.size() == (flat ? 11u : 2u));  // up to now and no further
    CHECK(inside.front().start_s == (flat ? t : t - 120));
    if (flat) {
      CHECK(inside[1].open == "5.5"_dec);
      CHECK(inside[1].volume == "0"_dec);
      CHECK(inside[3].close == "2.5"_dec);
      CHECK(inside[2].volume == "8"_dec);
    }
    const auto behind = ask(t - 300, t - 180);  // what it repeats lies before the span
    REQUIRE(behind.size() == (flat ? 3u : 0u));
    if (flat) CHECK(behind[0].high == "2.5"_dec);
    CHECK(ask(t - 6000, t - 3000).empty());  // before the first trade there is nothing to repeat
    CHECK(r.tape.largest <= most_candles);
  }
}

TEST_CASE("option: skew of clocks, and tokens that live longer than 120 s") {
  const std::string path = std::string(root) + "/accounts";
  for (const bool lenient : {false, true}) {
    GateOptions g;
    g.skew_s = lenient ? 30 : 0;
    g.max_life_s = lenient ? 0 : 119;
    Rig r({}, {}, g);
    CHECK(r.signed_get(r.alices, path).status == (lenient ? 200 : 401));  // the client's tokens live 120 s
    GateOptions exact;
    exact.skew_s = lenient ? 30 : 0;
    Rig other({}, {}, exact);
    other.now += 20 * second;  // the client's clock is ahead
    const std::string token = other.alices.bearer("GET", path);
    other.now -= 20 * second;
    CHECK(other.raw({"GET", path, {{"Host", dialled}, {"Authorization", token}}, ""}).status == (lenient ? 200 : 401));
  }
}

TEST_CASE("a source that tells more than it was asked for does not make an answer longer") {
  struct Chatty final : CandleSource {
    std::vector<Candle> candles(std::string_view, Granularity, std::int64_t start_s, std::int64_t end_s) override {
      const Decimal p = Decimal::from_int(1);
      return {{start_s - 60, p, p, p, p, p}, {start_s, p, p, p, p, p}, {end_s + 60, p, p, p, p, p}};
    }
  } source;
  FaceOptions o;
  CHECK(candle_list(o, "X", Granularity::m1, 600, 1200, 2000).empty());  // no source at all
  o.candles = &source;
  CHECK(candle_list(o, "X", Granularity::m1, 600, 1200, 2000).size() == 1);
  CHECK(candle_list(o, "X", Granularity::m1, 600, 1200, 500).empty());  // the future
}
