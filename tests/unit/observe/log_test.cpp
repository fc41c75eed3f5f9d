#include "observe/log.hpp"

#include <cstdio>
#include <limits>
#include <thread>

#include "unit/observe/log_file.hpp"

namespace blog = bowline::observe::log;
using bowline::test::LogFile;
using nlohmann::json;

TEST_CASE("a line is one JSON object with the fixed fields") {
  LogFile f({.service = "trade-execution", .now_ns = [] { return std::int64_t{1'669'234'567'123'456'789}; }});
  blog::info("loader", "loaded {} in {} ms", "libx.so", 12);
  const auto lines = f.lines();
  REQUIRE(lines.size() == 1);
  const json want = {{"ts", "2022-11-23T20:16:07.123456Z"},
                     {"level", "INFO"},
                     {"service", "trade-execution"},
                     {"component", "loader"},
                     {"msg", "loaded libx.so in 12 ms"},
                     {"request_id", ""},
                     {"principal", ""}};
  CHECK(lines[0] == want);
}

TEST_CASE("times before 1970 and at a day's border are right") {
  std::int64_t now = -1;
  LogFile f({.now_ns = [&] { return now; }});
  blog::info("x", "a");
  now = 1'672'531'199'999'999'999;
  blog::info("x", "b");
  const auto lines = f.lines();
  CHECK(lines[0]["ts"] == "1969-12-31T23:59:59.999999Z");
  CHECK(lines[1]["ts"] == "2022-12-31T23:59:59.999999Z");
}

TEST_CASE("lines below the level are not written") {
  LogFile f({.level = blog::Level::Warning});
  blog::debug("x", "no");
  blog::info("x", "no");
  blog::warning("x", "yes");
  blog::error("x", "yes");
  blog::critical("x", "yes");
  CHECK_FALSE(blog::enabled(blog::Level::Info));
  const auto lines = f.lines();
  REQUIRE(lines.size() == 3);
  CHECK(lines[0]["level"] == "WARNING");
  CHECK(lines[2]["level"] == "CRITICAL");
}

TEST_CASE("a scope says for whom the work is done, nested ones fill in") {
  LogFile f;
  {
    const blog::Scope outer({.service = "bridge", .request_id = "r-1"});
    {
      const blog::Scope inner({.principal = "operator"});
      blog::info("x", "both");
    }
    blog::info("x", "outer");
  }
  blog::info("x", "none");
  const auto lines = f.lines();
  CHECK(lines[0]["request_id"] == "r-1");
  CHECK(lines[0]["principal"] == "operator");
  CHECK(lines[0]["service"] == "bridge");
  CHECK(lines[1]["principal"] == "");
  CHECK(lines[2]["request_id"] == "");
  CHECK(lines[2]["service"] == "bowline");
}

TEST_CASE("fields of one's own are typed; a fixed name is not overwritten") {
  LogFile f;
  blog::Event(blog::Level::Info, "feed")
      .field("rows", 61'998u)
      .field("delta", -3)
      .field("share", 0.25)
      .field("nan", std::numeric_limits<double>::quiet_NaN())
      .field("done", true)
      .field("file", std::string("a\"b"))
      .field("level", "mine")
      .msg("read {} rows", 61'998);
  const auto line = f.lines().at(0);
  CHECK(line["rows"] == 61'998);
  CHECK(line["delta"] == -3);
  CHECK(line["share"] == 0.25);
  CHECK(line["nan"].is_null());
  CHECK(line["done"] == true);
  CHECK(line["file"] == "a\"b");
  CHECK(line["level"] == "INFO");
  CHECK(line["level_"] == "mine");
}

TEST_CASE("hostile text stays inside its string") {
  LogFile f;
  const std::string evil = "a\"},{\"level\":\"CRITICAL\n\x01\xff\xc3\x28 \xe2\x82\xac";
  const blog::Scope scope({.request_id = evil});
  blog::info("x", "{}", evil);
  blog::info("x", "{}", std::string(100'000, 'y'));
  const auto lines = f.lines();
  REQUIRE(lines.size() == 2);  // no line break got through
  CHECK(lines[0]["level"] == "INFO");
  CHECK(lines[0]["msg"].get<std::string>().starts_with("a\"},{\"level\":\"CRITICAL\n"));
  CHECK(lines[0]["msg"].get<std::string>().ends_with("\xe2\x82\xac"));
  CHECK(lines[1]["msg"].get<std::string>().size() == 16 * 1024);
}

TEST_CASE("threads do not mix their lines, in the background or not") {
  const bool background = GENERATE(false, true);
  LogFile f({.background = background});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([t] {
      const auto id = "r-" + std::to_string(t);
      const blog::Scope scope({.request_id = id});
      for (int i = 0; i < 500; ++i) blog::info("t", "{} {}", t, i);
    });
  for (auto& t : threads) t.join();
  const auto lines = f.lines();
  CHECK(lines.size() + blog::dropped() == 2000);
  for (const auto& line : lines)
    CHECK(line["msg"].get<std::string>().substr(0, 1) == line["request_id"].get<std::string>().substr(2));
}

TEST_CASE("a log file that cannot be opened is an error that names it") {
  const auto r = blog::init({.file = "/proc/no/such/file.log"});
  REQUIRE_FALSE(r.ok());
  CHECK(r.error().code == "LOG_FILE");
  CHECK(r.error().message.find("/proc/no/such/file.log") != std::string::npos);
}

TEST_CASE("levels are read in any case, other words are refused") {
  CHECK(blog::parse_level("warning").value() == blog::Level::Warning);
  CHECK(blog::parse_level("CRITICAL").value() == blog::Level::Critical);
  CHECK(blog::parse_level("warn").error().code == "LOG_LEVEL");
}
