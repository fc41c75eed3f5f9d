// The record of passed canaries: durable, one per version and key, and nothing else than what was written is believed.
#include <sys/stat.h>

#include <fstream>
#include <iterator>

#include "store/canary_record.hpp"
#include "unit/store/store_folder.hpp"

using namespace bowline;
using namespace bowline::store;
using bowline::test::StoreFolder;

namespace {

CanaryPass pass(const std::string& version, const std::string& key, core::Nanos time = 1'640'995'200'000'000'000) {
  return {version, "1.3", "bowline.broker.coinbase", std::string(64, 'b'), key, "mine", "p-1", "BTC-USD", "canary-1", time};
}
std::string code(const Result<void>& r) { return r ? std::string() : r.error().code; }
std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("a canary counts for its version and its key, in its folder, and for nothing else") {
  StoreFolder var;
  CHECK(code(canary_passed(var.path(), "1.0.0", "k1")) == "CANARY_MISSING");
  REQUIRE(note_canary(var.path(), pass("1.0.0", "k1")));
  CHECK(canary_passed(var.path(), "1.0.0", "k1"));
  CHECK(code(canary_passed(var.path(), "1.0.1", "k1")) == "CANARY_MISSING");
  CHECK(code(canary_passed(var.path(), "1.0.0", "k2")) == "CANARY_MISSING");
  CHECK(code(canary_passed(var.path(), "1.0.0", "")) == "CANARY_MISSING");
  CHECK(code(canary_passed(var.path(), "", "k1")) == "CANARY_MISSING");
  CHECK(code(canary_passed(var / "elsewhere", "1.0.0", "k1")) == "CANARY_MISSING");
  // Why not is said by what the newest is of.
  CHECK(canary_passed(var.path(), "1.0.1", "k1").error().message.find("2022-01-01T00:00:00Z, version 1.0.0") != std::string::npos);
  CHECK(canary_passed(var.path(), "1.0.1", "k1").error().message.find("another key") == std::string::npos);
  CHECK(canary_passed(var.path(), "1.0.0", "k2").error().message.find("another key") != std::string::npos);
}

TEST_CASE("an empty version and an empty key are no pass, also where the file has such a one") {
  StoreFolder var;
  REQUIRE(note_canary(var.path(), pass("", "")));
  CHECK(code(canary_passed(var.path(), "", "")) == "CANARY_MISSING");
}

TEST_CASE("several versions and keys are kept side by side, one of each, and the oldest give way") {
  StoreFolder var;
  for (int n = 0; n < 40; ++n) REQUIRE(note_canary(var.path(), pass("1.0." + std::to_string(n), "k1")));
  CHECK(code(canary_passed(var.path(), "1.0.7", "k1")) == "CANARY_MISSING");
  for (int n = 8; n < 40; ++n) CHECK(canary_passed(var.path(), "1.0." + std::to_string(n), "k1"));
  for (int n = 0; n < 5; ++n) REQUIRE(note_canary(var.path(), pass("1.0.8", "k1")));
  CHECK(canary_passed(var.path(), "1.0.9", "k1"));  // the same again takes its own place
  const std::string text = text_of(var / "canary.json");
  std::size_t times = 0;
  for (std::size_t at = text.find("\"1.0.8\""); at != std::string::npos; at = text.find("\"1.0.8\"", at + 1)) ++times;
  CHECK(times == 1);
}

TEST_CASE("the record is its owner's alone, says what was tried, and leaves no other file") {
  StoreFolder var;
  REQUIRE(note_canary(var.path(), pass("1.0.0", std::string(64, 'a'))));
  struct ::stat is {};
  REQUIRE(::stat((var / "canary.json").c_str(), &is) == 0);
  CHECK((is.st_mode & 0777) == 0600);
  const std::string text = text_of(var / "canary.json");
  for (const char* word : {"\"abi\": \"1.3\"", "bowline.broker.coinbase", "\"portfolio\": \"p-1\"", "\"symbol\": \"BTC-USD\"", "\"run\": \"canary-1\"", "2022-01-01T00:00:00Z"})
    CHECK(text.find(word) != std::string::npos);
  CHECK(std::distance(std::filesystem::directory_iterator(var.path()), {}) == 1);
}

TEST_CASE("what can't be believed is no pass, and is replaced by the next one") {
  const std::string good = R"({"passed":[{"version":"1.0.0","key_sha256":"k1","time":"t"}]})";
  for (const std::string& bad : {std::string(), std::string("{"), std::string("[]"), std::string("null"), std::string(R"({"passed":{}})"), std::string(R"({"passed":[5]})"),
                                 std::string(R"({"passed":[{"version":1,"key_sha256":"k1","time":"t"}]})"), std::string(R"({"passed":[{"version":"1.0.0","time":"t"}]})"),
                                 std::string(R"({"passed":[{"version":"1.0.0","key_sha256":"k1"}]})"), good.substr(0, good.size() - 1), std::string(2 << 20, ' ') + good,
                                 std::string(100'000, '[')}) {
    INFO(bad.substr(0, 80));
    StoreFolder var;
    std::ofstream(var / "canary.json", std::ios::binary) << bad;
    CHECK(code(canary_passed(var.path(), "1.0.0", "k1")) == "CANARY_UNREADABLE");
    REQUIRE(note_canary(var.path(), pass("1.0.0", "k1")));
    CHECK(canary_passed(var.path(), "1.0.0", "k1"));
  }
  StoreFolder var;
  std::ofstream(var / "canary.json") << good;
  CHECK(canary_passed(var.path(), "1.0.0", "k1"));
  std::filesystem::remove(var / "canary.json");
  std::filesystem::create_directory(var / "canary.json");
  CHECK(code(canary_passed(var.path(), "1.0.0", "k1")) == "CANARY_UNREADABLE");
  CHECK(code(note_canary(var.path(), pass("1.0.0", "k1"))) == "CANARY_WRITE");
  std::filesystem::remove(var / "canary.json");
  REQUIRE(::mkfifo((var / "canary.json").c_str(), 0600) == 0);
  CHECK(code(canary_passed(var.path(), "1.0.0", "k1")) == "CANARY_UNREADABLE");  // and does not wait for a writer
  CHECK(code(note_canary(var / "none", pass("1.0.0", "k1"))) == "CANARY_WRITE");
}
