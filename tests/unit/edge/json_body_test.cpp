#include "edge/json_body.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace bowline::edge;

namespace {
std::string code(std::string body) {
  Request q;
  q.body = std::move(body);
  const auto r = json_object(q);
  if (r.ok()) return "ok";
  CHECK(r.error().message.find("canary") == std::string::npos);
  return r.error().code;
}
}  // namespace

TEST_CASE("a JSON object is read, anything else is a named error without the text") {
  CHECK(code(R"({"a":{"b":[1,{"a":2}]},"b":1})") == "ok");
  CHECK(code("") == "JSON_MALFORMED");
  CHECK(code(R"({"canary":)") == "JSON_MALFORMED");
  CHECK(code(R"({"a":1} canary)") == "JSON_MALFORMED");
  CHECK(code("{\"a\":\"canary\xff\"}") == "JSON_MALFORMED");
  CHECK(code(R"({"a":1e99999})") == "JSON_MALFORMED");
  CHECK(code("[1]") == "JSON_NOT_OBJECT");
  CHECK(code("null") == "JSON_NOT_OBJECT");
}

TEST_CASE("a key given twice is refused, the same key in two objects is not") {
  CHECK(code(R"({"qty":"1","qty":"2"})") == "JSON_DUPLICATE_KEY");
  CHECK(code(R"({"a":{"x":1,"x":2}})") == "JSON_DUPLICATE_KEY");
  CHECK(code(R"({"a":[{"x":1},{"x":2}],"x":1})") == "ok");
}

TEST_CASE("nesting is bounded") {
  const auto nested = [](std::size_t n) {
    return R"({"a":)" + std::string(n, '[') + std::string(n, ']') + "}";
  };
  CHECK(code(nested(20)) == "ok");
  CHECK(code(nested(40)) == "JSON_TOO_DEEP");
  CHECK(code(nested(400'000)) == "JSON_TOO_DEEP");
}

TEST_CASE("integer parameters are whole numbers within limits") {
  Request q;
  q.query = {{"a", "7"}, {"b", "7x"}, {"c", ""}, {"d", "101"}, {"e", "-1"}, {"f", "99999999999999999999"}};
  const auto get = [&](const char* key) { return query_int(q, key, 0, 100); };
  CHECK(get("a").value() == 7);
  CHECK_FALSE(get("absent").value());
  for (const auto* key : {"b", "c", "d", "e", "f"}) {
    REQUIRE_FALSE(get(key).ok());
    CHECK(get(key).error().code == "PARAM_INVALID");
    CHECK(get(key).error().message.find(key) != std::string::npos);
  }
}
