#include "edge/target.hpp"

#include <catch2/catch.hpp>

using namespace bowline::edge;

namespace {
bool splits(std::string_view target) {
  std::string path;
  Pairs query;
  return split_target(target, path, query);
}
}  // namespace

TEST_CASE("a target is split and decoded") {
  std::string path;
  Pairs query;
  REQUIRE(split_target("/a%20b/c+d?x=1&y=%26%3D&x=2&flag&e=&z=a+b", path, query));
  CHECK(path == "/a b/c+d");
  CHECK(query == Pairs{{"x", "1"}, {"y", "&="}, {"x", "2"}, {"flag", ""}, {"e", ""}, {"z", "a b"}});
  REQUIRE(split_target("/?", path, query));
  CHECK(path == "/");
  CHECK(query.empty());
  REQUIRE(split_target("/x?&&a=b=c&", path, query));
  CHECK(query == Pairs{{"a", "b=c"}});
}

TEST_CASE("what cannot be read is refused") {
  for (const auto* t : {"", "x", "*", "?a", "/%", "/%4", "/%4g", "/%00", "/a?b=%", "/a?%zz=1", "/a b", "/a#b",
                        "/a\tb", "/a%2fb", "/a%2Fb", "/\x7f"}) {
    INFO(t);
    CHECK_FALSE(splits(t));
  }
  CHECK(splits("/a?b=%2F"));  // a slash in a value moves no border
}

TEST_CASE("the number of query keys is bounded") {
  std::string t = "/?a";
  for (int i = 1; i < 256; ++i) t += "&a";
  CHECK(splits(t));
  CHECK_FALSE(splits(t + "&a"));
}

TEST_CASE("headers compare names without case and keep their order") {
  Headers h;
  h.add("Content-Type", "a");
  h.add("X-A", "1");
  h.add("x-a", "2");
  CHECK(h.find("CONTENT-TYPE") == "a");
  CHECK(h.find("x-A") == "1");
  CHECK(h.count("X-A") == 2);
  CHECK_FALSE(h.find("X-"));
  CHECK(h[2] == std::pair<std::string_view, std::string_view>{"x-a", "2"});
}
