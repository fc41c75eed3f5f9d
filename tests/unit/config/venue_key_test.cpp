// By which id a venue knows a key: read from configuration and secrets alone, whatever the secret's text is.
#include "config/venue_key.hpp"

#include <catch2/catch.hpp>

#include "run_file.hpp"

using namespace bowline;
using namespace bowline::config;

namespace {

std::string id_of(std::string_view json) {
  const auto id = key_file_id(json);
  return id ? *id : id.error().code;
}

constexpr const char* marked = R"({"type":"object","additionalProperties":false,"properties":{
"key":{"type":"string","default":"","x-bowline-key":"file","description":"d"},
"key_name":{"type":"string","default":"","x-bowline-key":"name","description":"d"},
"other":{"type":"string","default":"","description":"d"}}})";

}  // namespace

TEST_CASE("the id of a key file is its name, else its id, wherever that stands") {
  CHECK(id_of(R"({"name":"organizations/o/apiKeys/k","privateKey":"HIDDEN"})") == "organizations/o/apiKeys/k");
  CHECK(id_of(R"( { "privateKey" : "-----BEGIN\nHIDDEN\"\\" , "id" : "6a-b" } )") == "6a-b");
  CHECK(id_of(R"({"id":"1","name":"n"})") == "n");
  CHECK(id_of(R"({"id":"1","name":""})") == "1");
  CHECK(id_of(R"({"name":"organizations\/o\/apiKeys\/k"})") == "organizations/o/apiKeys/k");
  CHECK(id_of(R"({"x":[1,{"name":"inner"},"]"],"y":{"id":"inner"},"z":-1.5e3,"t":true,"n":null,"name":" n "})") == "n");
}

TEST_CASE("what is no key file is refused, and nothing of it is repeated") {
  for (const char* bad : {"", " ", "null", "[]", "5", "\"HIDDEN\"", "{", "{}", R"({"name")", R"({"name":)", R"({"name":5})", R"({"name":"HIDDEN)", R"({"name":"a"}x)", R"({"name":"a",})",
                          R"({"name":"a","name":"b"})", R"({"name":"\u0041"})", R"({"name":"a\"b"})", R"({"name":"a" "id":"b"})", R"({name:"a"})", R"({"a":})", R"({"a":[1,2})", R"({"a":{"b"}})",
                          "{\"name\":\"a\nb\"}", R"({"id":""})", R"({"a":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]],"name":"a"})", "HIDDEN"}) {
    INFO(bad);
    const auto id = key_file_id(bad);
    REQUIRE_FALSE(id);
    CHECK(id.error().code == "KEY_FILE");
    CHECK(id.error().message.find("HIDDEN") == std::string::npos);
  }
  CHECK(id_of(R"({"name":"a b"})") == "KEY_NAME");
  CHECK(id_of(R"({"name":")" + std::string(257, 'a') + R"("})") == "KEY_NAME");
  CHECK(id_of("{\"name\":\"a\xc3\xa4\"}") == "KEY_NAME");
  CHECK(id_of("{\"name\":\"  \"}") == "KEY_NAME");
}

TEST_CASE("a text that ends anywhere, or has any byte changed, is read or refused, and no more") {
  const std::string whole = R"({"name":"organizations/o/apiKeys/k","x":[{"a":"b\\"},null,1],"privateKey":"-----BEGIN\nAB==\n"})";
  for (std::size_t n = 0; n < whole.size(); ++n) CHECK_FALSE(key_file_id(std::string_view(whole).substr(0, n)));
  for (std::size_t n = 0; n < whole.size(); ++n)
    for (const char c : {'"', '\\', '{', '}', '[', ']', ',', ':', '\0', 'a'}) {
      std::string text = whole;
      text[n] = c;
      static_cast<void>(key_file_id(text));
    }
}

TEST_CASE("which params say the key is the schema's word; a reference is resolved, and the text of a key is never kept") {
  const auto of = [](const std::string& params, bool* loaded = nullptr) {
    RunFile run;
    run.schema = marked;
    run.env["BOWLINE_SECRET_FILE"] = R"({"name":"from-file","privateKey":"HIDDEN"})";
    run.env["BOWLINE_SECRET_NAME"] = "from-secret\n";
    run.env["BOWLINE_SECRET_BAD"] = "HIDDEN";
    const Loaded l = run.load(base + "instances:\n  - {id: venue, kind: broker, plugin: p, params: " + params + "}\n");
    INFO(all_text(l));
    if (loaded != nullptr) *loaded = l.problems.empty();
    REQUIRE(l.config.instances.size() == 1);
    CHECK(l.config.instances[0].params_json.find("HIDDEN") == std::string::npos);
    CHECK(l.config.instances[0].key_file.find("HIDDEN") == std::string::npos);
    const auto id = venue_key_id(l.config.instances[0], [&](std::string_view name) -> std::optional<std::string> {
      const auto it = run.env.find(name);
      return it == run.env.end() ? std::nullopt : std::optional<std::string>(it->second);
    });
    if (!id) CHECK(id.error().message.find("HIDDEN") == std::string::npos);
    return id ? *id : id.error().code;
  };
  CHECK(of("{key: \"secret://file\"}") == "from-file");
  CHECK(of("{key_name: \"secret://name\"}") == "from-secret");
  CHECK(of("{key_name: plain}") == "plain");
  CHECK(of("{key_name: plain, key: \"secret://file\"}") == "from-file");
  CHECK(of("{key: \"secret://bad\"}") == "KEY_FILE");
  CHECK(of("{}") == "");
  CHECK(of("{other: \"secret://file\"}") == "");
  bool loaded = true;
  CHECK(of("{key: \"secret://none\"}", &loaded) == "SECRET_MISSING");
  CHECK_FALSE(loaded);
}

TEST_CASE("a schema that marks a key in another word is one that this host cannot check") {
  RunFile run;
  run.schema = R"({"type":"object","additionalProperties":false,"properties":{"key":{"type":"string","default":"","x-bowline-key":"whole","description":"d"}}})";
  const Loaded l = run.load(base + "instances:\n  - {id: venue, kind: broker, plugin: p}\n");
  REQUIRE_FALSE(l.problems.empty());
  CHECK(l.problems[0].code == "CONFIG_SCHEMA_UNSUPPORTED");
  run.schema = R"({"type":"object","additionalProperties":false,"properties":{"key":{"type":"string","default":"","x-bowline-key":5,"description":"d"}}})";
  CHECK(run.load(base + "instances:\n  - {id: venue, kind: broker, plugin: p, params: {key: x}}\n").problems[0].code == "CONFIG_SCHEMA_UNSUPPORTED");
}
