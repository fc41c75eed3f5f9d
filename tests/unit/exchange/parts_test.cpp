// The engine's parts for themselves: ids, money rules, accounts, the book, names.
#include <rapidcheck.h>

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "unit/exchange/venue.hpp"

using namespace exchange_test;

TEST_CASE("ids look like UUIDs, follow from the seed, and give their number back") {
  const Ids ids(7), others(8);
  std::set<std::string> seen;
  for (std::uint64_t n = 1; n < 2000; ++n) {
    const std::string s = ids.text(IdKind::order, n);
    REQUIRE(s.size() == 36);
    CHECK(s[8] == '-');
    CHECK(s[14] == '4');
    CHECK(std::string("89ab").find(s[19]) != std::string::npos);
    CHECK(seen.insert(s).second);
    CHECK(ids.number(IdKind::order, s) == n);
    CHECK(s == Ids(7).text(IdKind::order, n));
    CHECK(s != ids.text(IdKind::fill, n));
    CHECK(!ids.number(IdKind::fill, s));
    CHECK(!others.number(IdKind::order, s));
  }
  rc::check("any number comes back", [&](std::uint64_t n) { RC_ASSERT(ids.number(IdKind::user, ids.text(IdKind::user, n >> 4)) == n >> 4); });
}

TEST_CASE("what is no id of the venue is none") {
  const Ids ids(7);
  const std::string good = ids.text(IdKind::order, 5);
  std::string upper = good;
  for (char& c : upper) c = static_cast<char>(std::toupper(c));
  CHECK(ids.number(IdKind::order, upper) == 5);
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = bad[i] == '0' ? '1' : '0';
    CHECK(!ids.number(IdKind::order, bad));
    bad[i] = '\xff';
    CHECK(!ids.number(IdKind::order, bad));
    CHECK(!ids.number(IdKind::order, good.substr(0, i)));
  }
  CHECK(!ids.number(IdKind::order, good + "0"));
  CHECK(!ids.number(IdKind::order, ""));
}

TEST_CASE("what is set aside for a part and what another part costs never come to more than what was set aside for both") {
  rc::check([] {
    const auto amount = [] { return Decimal::from_mantissa(*rc::gen::inRange<std::int64_t>(1, 4'000'000'000'000'000), -16); };
    const Decimal a = amount(), b = amount();
    const Decimal price = Decimal::from_mantissa(*rc::gen::inRange<std::int64_t>(1, 9'000'000'000'000), -*rc::gen::inRange(0, 13));
    const Decimal rate = Decimal::from_mantissa(*rc::gen::inRange<std::int64_t>(0, 999'999), -6);
    RC_ASSERT(need_of(a + b, price, rate) >= need_of(a, price, rate) + cost_of(b, price, rate));
    RC_ASSERT(cost_of(b, price, rate) >= value_of(b, price));
  });
}

TEST_CASE("rates and amounts that can't be worked with are told from those that can") {
  CHECK(usable(FeeRates{"0"_dec, "0.999999"_dec}));
  CHECK_FALSE(usable(FeeRates{"0"_dec, "1"_dec}));
  CHECK_FALSE(usable(FeeRates{"-0.001"_dec, "0"_dec}));
  CHECK_FALSE(usable(FeeRates{"0.0000001"_dec, "0"_dec}));
  CHECK_FALSE(usable(FeeRates{Decimal::not_set(), "0"_dec}));
  CHECK(usable("0.0000000000000001"_dec, amount_step));
  CHECK_FALSE(usable("0.00000000000000001"_dec, amount_step));
  CHECK_FALSE(usable("0"_dec, amount_step));
  CHECK_FALSE(usable("1000000000000000"_dec, amount_step));
  CHECK_FALSE(usable(Decimal::not_set(), amount_step));
}

TEST_CASE("money moves between rows and all of it sums to zero") {
  Accounts a;
  const UserId u = a.add_user(), v = a.add_user();
  const Currency usd = a.currency("USD");
  CHECK(a.currency("USD") == usd);
  CHECK(a.find_currency("EUR") == a.currencies());
  a.pay(outside_row, u, usd, "10"_dec, start);
  CHECK_FALSE(a.hold(u, usd, "10.01"_dec, start));
  CHECK_FALSE(a.hold(u, usd, Decimal::not_set(), start));
  CHECK_FALSE(a.hold(u, usd, "-1"_dec, start));
  REQUIRE(a.hold(u, usd, "7"_dec, start));
  a.pay_held(u, v, usd, "5"_dec, start);
  a.release(u, usd, "1"_dec, start);
  CHECK(str(a.of(u, usd).available) == "4");
  CHECK(str(a.of(u, usd).hold) == "1");
  CHECK(str(a.of(v, usd).available) == "5");
  CHECK(str(a.of(outside_row, usd).available) == "-10");
  CHECK(a.audit().ok());
  CHECK_FALSE(a.of(v, usd + 7).exists);
}

TEST_CASE("accounts that do not balance are found") {
  Accounts a;
  std::vector<std::vector<Account>> rows(first_user + 1, std::vector<Account>(1));
  rows[first_user][0] = {true, "5"_dec, "0"_dec, 0, 0};
  a.restore({"USD"}, rows);
  CHECK(a.audit().error().code == "UNBALANCED");
  rows[outside_row.n][0] = {true, "-5"_dec, "0"_dec, 0, 0};
  a.restore({"USD"}, rows);
  CHECK(a.audit().ok());
  rows[first_user][0].hold = "6"_dec;
  rows[first_user][0].available = "-1"_dec;
  a.restore({"USD"}, rows);
  CHECK_FALSE(a.audit().ok());
}

TEST_CASE("a book keeps price and time, users before the market, and tells each changed level once") {
  Book b;
  const auto changes = [&] {
    std::string all;
    b.take_changes([&](Side s, const LevelView& l) { all += (s == Side::buy ? "b" : "a") + str(l.price) + ":" + str(l.size) + " "; });
    return all;
  };
  const std::uint32_t one_ = b.add(Side::buy, "100"_dec, 1, "2"_dec);
  b.add(Side::buy, "101"_dec, 2, "3"_dec);
  const std::uint32_t three = b.add(Side::buy, "100"_dec, 3, "4"_dec);
  b.add(Side::sell, "103"_dec, 4, "1"_dec);
  CHECK(changes() == "b101:3 b100:6 a103:1 ");
  CHECK(changes().empty());
  CHECK(b.best(Side::buy)->price == "101"_dec);
  b.set_market(Side::buy, {{"101"_dec, "5"_dec}, {"99"_dec, "7"_dec}});
  CHECK(changes() == "b101:8 b99:7 ");
  b.set_market(Side::buy, {{"101"_dec, "5"_dec}, {"99"_dec, "7"_dec}});
  CHECK(changes().empty());
  b.reduce(Side::buy, "100"_dec, one_, "0.5"_dec);
  b.remove(Side::buy, "100"_dec, one_);
  CHECK(b.node(three).before == 0);
  CHECK(changes() == "b100:4 ");
  b.remove(Side::buy, "100"_dec, three);
  b.reduce_market(Side::buy, "99"_dec, "7"_dec);
  CHECK(changes() == "b100:0 b99:0 ");
  CHECK(b.levels(Side::buy, 9) == std::vector<LevelView>{{"101"_dec, "8"_dec}});
  b.set_market(Side::buy, {});
  CHECK(b.levels(Side::buy, 9) == std::vector<LevelView>{{"101"_dec, "3"_dec}});
  CHECK(b.levels(Side::buy, 0).empty());
}

TEST_CASE("products by which nothing could be traded exactly are refused") {
  const auto refused = [](auto&& change) {
    Product p = btc_usd();
    change(p);
    return !check(p).ok();
  };
  CHECK(check(btc_usd()).ok());
  CHECK(check(shib_usd()).ok());
  CHECK(refused([](Product& p) { p.id = ""; }));
  CHECK(refused([](Product& p) { p.quote = "BTC"; }));
  CHECK(refused([](Product& p) { p.alias = p.id; }));
  CHECK(refused([](Product& p) { p.price_increment = "0.0000000000001"_dec; }));
  CHECK(refused([](Product& p) { p.base_increment = "0"_dec; }));
  CHECK(refused([](Product& p) { p.quote_increment = Decimal::not_set(); }));
  CHECK(refused([](Product& p) { p.base_min_size = "3401"_dec; }));
  CHECK(refused([](Product& p) { p.quote_max_size = "0.5"_dec; }));
  CHECK(refused([](Product& p) { p.base_max_size = "1e15"_dec; }));
}

TEST_CASE("every name the venue says is one of Coinbase's") {
  const char* data = std::getenv("BOWLINE_DATA");
  const std::filesystem::path file = data ? std::filesystem::path(data) / "reference/coinbase/vectors/spec/enums.json" : std::filesystem::path();
  if (!data || !std::filesystem::exists(file)) {
    if (const char* must = std::getenv("BOWLINE_REQUIRE_DATA"); must && std::string_view(must) == "1")
      FAIL("BOWLINE_REQUIRE_DATA is set, and BOWLINE_DATA names no folder with reference/coinbase/vectors");
    WARN("skipped: the names of the specification: BOWLINE_DATA (folder of reference/coinbase) is not set");
    return;
  }
  const auto lists = nlohmann::json::parse(std::ifstream(file));
  const auto all = lists.at("from_openapi_2025_04"), later = lists.at("seen_later_in_clients");
  const auto has = [&](const char* list, std::string_view name) {
    INFO(list << " " << name);
    const auto& names = all.at(list);
    CHECK(std::find(names.begin(), names.end(), name) != names.end());
  };
  for (int i = 0; i <= static_cast<int>(Refusal::bracket_stop); ++i) {
    has("NewOrderFailureReason", names(static_cast<Refusal>(i)).new_order);
    has("PreviewFailureReason", names(static_cast<Refusal>(i)).preview);
  }
  for (int i = 0; i <= static_cast<int>(CancelReason::being_replaced); ++i) has("CancelOrderFailureReason", name(static_cast<CancelReason>(i)));
  for (int i = 0; i <= static_cast<int>(EditReason::being_replaced); ++i) has("EditOrderFailureReason", name(static_cast<EditReason>(i)));
  for (int i = 0; i <= static_cast<int>(RejectReason::too_many_open_orders); ++i) has("RejectReason", name(static_cast<RejectReason>(i)));
  for (int i = 0; i <= static_cast<int>(Status::failed); ++i)
    if (static_cast<Status>(i) != Status::edit_queued) has("OrderExecutionStatus", name(static_cast<Status>(i)));
  CHECK(later.at("OrderExecutionStatus").at(0) == name(Status::edit_queued));  // newer than the specification that there is
  for (int i = 0; i <= static_cast<int>(Config::bracket_gtd); ++i) {
    const ConfigRow& c = row(static_cast<Config>(i));
    CHECK(c.config == static_cast<Config>(i));
    has("OrderType", c.type_name);
    has("TimeInForceType", c.tif_name);
  }
  has("OrderSide", name(Side::buy));
  has("OrderSide", name(Side::sell));
}
