#include <catch2/catch.hpp>

#include "loader/plugin_file.hpp"

using namespace bowline::loader;

namespace {
std::string code_of(std::string_view json) {
  const auto checked = check_schema(json, "libx.so", "test.x");
  return checked ? "" : checked.error().code;
}
}  // namespace

TEST_CASE("a schema must be an object that refuses unknown keys, all the way down") {
  CHECK(code_of(R"({"type":"object","additionalProperties":false})").empty());
  CHECK(code_of(R"({"type":"object","properties":{"n":{"type":"integer"}},"additionalProperties":false})")
            .empty());
  CHECK(
      code_of(
          R"({"type":"object","properties":{"files":{"type":"object","additionalProperties":{"type":"string"}}},
                    "additionalProperties":false})")
          .empty());  // a map: any key, one schema
  CHECK(code_of(R"({"type":"object"})") == "PLUGIN_SCHEMA_OPEN");
  CHECK(code_of(R"({"type":"object","additionalProperties":true})") == "PLUGIN_SCHEMA_OPEN");
  CHECK(code_of(R"({"type":"object","additionalProperties":{}})") ==
        "PLUGIN_SCHEMA_OPEN");  // the root is not a map
  CHECK(code_of(R"({"type":"object","additionalProperties":false,"properties":{"a":{"type":"object"}}})") ==
        "PLUGIN_SCHEMA_OPEN");
  CHECK(code_of(R"({"type":"object","additionalProperties":false,"properties":{"a":{"properties":{}}}})") ==
        "PLUGIN_SCHEMA_OPEN");
  CHECK(
      code_of(
          R"({"type":"object","additionalProperties":false,"properties":{"a":{"type":"array","items":{"type":"object"}}}})") ==
      "PLUGIN_SCHEMA_OPEN");
  CHECK(code_of(R"({"type":"object","additionalProperties":false,
                    "properties":{"a":{"type":"object","additionalProperties":{"type":"object"}}}})") ==
        "PLUGIN_SCHEMA_OPEN");
}

TEST_CASE("what is not a schema is refused as such") {
  for (const char* bad :
       {"", "{", "[]", "1", "null", R"({"type":"string","additionalProperties":false})",
        R"({"type":"object","additionalProperties":false,"properties":[]})",
        R"({"type":"object","additionalProperties":false,"properties":{"a":3}})",
        R"({"type":"object","additionalProperties":false,"anyOf":[]})",
        R"({"type":"object","additionalProperties":false,"properties":{"a":{"$ref":"#/b"}}})"}) {
    INFO(bad);
    CHECK(code_of(bad) == "PLUGIN_SCHEMA_INVALID");
  }
  std::string deep = R"({"type":"object","additionalProperties":false,"properties":{"a":)";
  for (int i = 0; i < 100; ++i) deep += R"({"type":"array","items":)";
  deep += "{}" + std::string(102, '}');
  CHECK(code_of(deep) == "PLUGIN_SCHEMA_INVALID");
}

TEST_CASE("an open schema is refused with the place") {
  const auto open = check_schema(
      R"({"type":"object","additionalProperties":false,"properties":{"caps":{"type":"object"}}})", "libx.so",
      "test.x");
  CHECK_THAT(open.error().message, Catch::Contains("at /caps"));
}
