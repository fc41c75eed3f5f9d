#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "bars.hpp"

using namespace bowline::features;
using namespace bowline::features::test;

TEST_CASE("the catalogue has 86 features with stable, distinct names, a group, a formula and a warm-up") {
  std::set<std::string> seen;
  for (const FeatureDef& f : catalogue()) {
    INFO(f.name);
    CHECK(f.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos);
    CHECK(seen.insert(f.name).second);
    CHECK(!f.group.empty());
    CHECK(!f.formula.empty());
    CHECK(f.warmup >= 1);
    CHECK(find(f.name) == &f);
  }
  CHECK(seen.size() == 86);
}

TEST_CASE("warm-ups are the textbook's") {
  CHECK(find("body")->warmup == 1);
  CHECK(find("logret_1")->warmup == 2);
  CHECK(find("rsi_14")->warmup == 15);
  CHECK(find("adx_14")->warmup == 28);
  CHECK(find("macd_signal")->warmup == 34);
  CHECK(find("trix_15")->warmup == 44);
  CHECK(find("autocorr_48")->warmup == 50);
  CHECK(find("logret_288")->warmup == 289);
}

TEST_CASE("a name nobody has is answered with the nearest") {
  CHECK(find("rsi14") == nullptr);
  CHECK(nearest("rsi14") == "rsi_14");
  CHECK(nearest("volume_zz_20") == "volume_z_20");
}

TEST_CASE("the hash is 128 bits in hex and depends on names and order") {
  using Names = std::vector<std::string_view>;
  const auto hash = [](Names n) { return feature_hash(n); };
  CHECK(hash({"rsi_14", "gap"}).size() == 32);
  CHECK(hash({"rsi_14", "gap"}) == hash({"rsi_14", "gap"}));
  CHECK(hash({"rsi_14", "gap"}) != hash({"gap", "rsi_14"}));
  CHECK(hash({"rsi_14"}) != hash({"rsi_14", "gap"}));
  CHECK(hash({"ab", "c"}) != hash({"a", "bc"}));
}

TEST_CASE("the documentation page has a row for every feature") {
  const std::string page = catalogue_markdown();
  for (const FeatureDef& f : catalogue()) CHECK(page.find("| `" + f.name + "` | ") != std::string::npos);
}
