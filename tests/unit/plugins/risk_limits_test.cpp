// The size limits: each rule, what counts, and that the answers hang together.
#include <catch2/catch.hpp>

#include <string>

#include "common/money.hpp"
#include "risk_limits/limits.hpp"

using namespace bowline::risk_limits;
using bowline::Decimal;
namespace money = bowline::money;

namespace {
Decimal D(const std::string& s) {
  const auto d = money::parse(s);
  REQUIRE(d.has_value());
  return *d;
}
Limits usual() { return {D("0.05"), D("0.8"), D("10")}; }
/// 10,000 USD of equity; instrument 1 at 100, 2 at 10.
Book book() {
  Book b;
  b.equity = D("10000");
  b.marks = {std::nullopt, D("100"), D("10")};
  return b;
}
Ask buy(const char* qty, std::uint32_t instrument = 1) {
  Ask a;
  a.instrument = instrument;
  a.qty = D(qty);
  return a;
}
Ask sell(const char* qty) {
  Ask a = buy(qty);
  a.buy = false;
  return a;
}
std::string text(const Decimal& d) { return money::text(d); }
}  // namespace

TEST_CASE("an entry up to exactly the position limit is allowed; one unit more is shrunk to it") {
  CHECK(judge(buy("5"), book(), usual()).action == Action::allow);
  const Answer a = judge(buy("5.00000001"), book(), usual());
  CHECK(a.action == Action::shrink);
  CHECK(a.code == "POSITION_LIMIT");
  CHECK(text(a.max_qty) == "5");
  CHECK(a.value > a.limit);
  CHECK(text(a.limit) == "0.05");
  CHECK(a.unit == Unit::share_of_equity);
}

TEST_CASE("what is held, in flight, resting or unknown counts; a working sell does not help") {
  Book b = book();
  b.holdings.push_back({1, D("2"), D("50")});
  b.working.push_back({1, true, D("1"), std::nullopt, D("90")});  // counts at the mark, which is dearer
  b.working.push_back({1, true, Decimal::zero(), D("50"), std::nullopt});  // by cost
  b.working.push_back({1, false, D("2"), std::nullopt, D("101")});         // a sell
  const Answer a = judge(buy("5"), b, usual());
  CHECK(a.action == Action::shrink);
  CHECK(text(a.max_qty) == "1.5");  // 500 - 200 - 100 - 50
  b.working.push_back({1, true, D("1.5"), std::nullopt, D("120")});
  const Answer full = judge(buy("0.2"), b, usual());
  CHECK(full.action == Action::reject);
  CHECK(full.code == "POSITION_LIMIT");
}

TEST_CASE("a buy is valued at the dearer of mark and limit") {
  Ask dear = buy("5");
  dear.limit_px = D("110");
  const Answer a = judge(dear, book(), usual());
  CHECK(a.action == Action::shrink);
  CHECK(text(a.max_qty) == "4.545454545454545454");
  Ask cheap = buy("5");
  cheap.limit_px = D("90");
  CHECK(judge(cheap, book(), usual()).action == Action::allow);
  cheap.qty = D("5.1");
  CHECK(judge(cheap, book(), usual()).action == Action::shrink);
}

TEST_CASE("all positions together: the exposure limit, named when it is the tighter one") {
  Book b = book();
  b.holdings.push_back({2, D("770"), D("9")});  // 7,700 at the mark
  const Answer a = judge(buy("4"), b, usual());
  CHECK(a.action == Action::shrink);
  CHECK(a.code == "EXPOSURE_LIMIT");
  CHECK(text(a.max_qty) == "3");
  CHECK(text(a.value) == "0.81");
  b.holdings[0].qty = D("800");
  CHECK(judge(buy("4"), b, usual()).action == Action::reject);
}

TEST_CASE("room below the minimum is a rejection, and so is an entry below it") {
  Book b = book();
  b.holdings.push_back({1, D("4.95"), D("100")});
  const Answer a = judge(buy("1"), b, usual());
  CHECK(a.action == Action::reject);
  CHECK(a.code == "POSITION_LIMIT");
  const Answer small = judge(buy("0.09"), book(), usual());
  CHECK(small.action == Action::reject);
  CHECK(small.code == "NOTIONAL_BELOW_MINIMUM");
  CHECK(text(small.value) == "9");
  CHECK(text(small.limit) == "10");
}

TEST_CASE("a buy by cost is judged by its cost and answered in base") {
  Ask a;
  a.instrument = 1;
  a.by_cost = D("500");
  CHECK(judge(a, book(), usual()).action == Action::allow);
  a.by_cost = D("600");
  const Answer over = judge(a, book(), usual());
  CHECK(over.action == Action::shrink);
  CHECK(text(over.max_qty) == "5");
}

TEST_CASE("without equity or a mark nothing is bought") {
  Book b = book();
  b.equity = Decimal::zero();
  CHECK(judge(buy("1"), b, usual()).code == "EQUITY_NOT_POSITIVE");
  b.equity = D("-5");
  CHECK(judge(buy("1"), b, usual()).code == "EQUITY_NOT_POSITIVE");
  b = book();
  b.marks[1].reset();
  CHECK(judge(buy("1"), b, usual()).code == "MARK_MISSING");
  CHECK(judge(buy("1", 7), book(), usual()).code == "MARK_MISSING");
}

TEST_CASE("another instrument without a mark counts at cost; without a cost nothing can be judged") {
  Book b = book();
  b.marks[2].reset();
  b.holdings.push_back({2, D("100"), D("78")});
  const Answer a = judge(buy("4"), b, usual());
  CHECK(a.code == "EXPOSURE_LIMIT");
  CHECK(text(a.max_qty) == "2");
  b.holdings[0].avg_px = Decimal::zero();
  CHECK(judge(buy("4"), b, usual()).code == "MARK_MISSING");
  b.holdings.clear();
  b.working.push_back({9, true, D("1"), std::nullopt, std::nullopt});  // beyond the list of marks
  CHECK(judge(buy("4"), b, usual()).code == "MARK_MISSING");
}

TEST_CASE("sells that reduce are allowed whatever the limits say; more than is free is cut or refused") {
  Book b = book();
  b.equity = D("-1");
  b.marks.clear();
  b.holdings.push_back({1, D("90"), D("100")});
  CHECK(judge(sell("90"), b, usual()).action == Action::allow);
  CHECK(judge(sell("0.00001"), b, usual()).action == Action::allow);
  const Answer a = judge(sell("91"), b, usual());
  CHECK(a.action == Action::shrink);
  CHECK(text(a.max_qty) == "90");
  b.working.push_back({1, false, D("90"), std::nullopt, std::nullopt});
  const Answer none = judge(sell("1"), b, usual());
  CHECK(none.action == Action::reject);
  CHECK(none.code == "SELL_EXCEEDS_POSITION");
}

TEST_CASE("senseless quantities and amounts beyond exact arithmetic are rejected") {
  CHECK(judge(buy("0"), book(), usual()).code == "QUANTITY_INVALID");
  CHECK(judge(buy("-1"), book(), usual()).code == "QUANTITY_INVALID");
  CHECK(judge(sell("0"), book(), usual()).code == "QUANTITY_INVALID");
  CHECK(judge(Ask{}, book(), usual()).code == "QUANTITY_INVALID");
  Book b = book();
  b.marks[1] = D("10000000000000000000");
  CHECK(judge(buy("10000000000000000000"), b, usual()).code == "ARITHMETIC_OVERFLOW");
}

TEST_CASE(
    "property: what was shrunk passes when asked again; less than what passes, passes; limits hold exactly") {
  std::uint64_t x = 99;
  const auto next = [&x] { return x ^= x << 13, x ^= x >> 7, x ^= x << 17; };
  const auto amount = [&](std::uint64_t below) {
    return money::from_mantissa(static_cast<std::int64_t>(1 + next() % below), -4);
  };
  int shrunk = 0, allowed = 0, rejected = 0;
  for (int round = 0; round < 20'000; ++round) {
    Book b;
    b.equity = amount(200'000'000);
    b.marks.resize(4);
    for (std::size_t i = 1; i < 4; ++i) b.marks[i] = amount(5'000'000);
    for (std::uint64_t k = next() % 3; k > 0; --k)
      b.holdings.push_back({static_cast<std::uint32_t>(1 + next() % 3), amount(100'000), amount(5'000'000)});
    for (std::uint64_t k = next() % 3; k > 0; --k)
      b.working.push_back({static_cast<std::uint32_t>(1 + next() % 3), next() % 2 == 0, amount(50'000),
                           std::nullopt, amount(5'000'000)});
    Limits limits{money::from_mantissa(static_cast<std::int64_t>(1 + next() % 100), -2),
                  money::from_mantissa(static_cast<std::int64_t>(1 + next() % 100), -2), amount(100'000)};
    Ask ask;
    ask.instrument = static_cast<std::uint32_t>(1 + next() % 3);
    ask.qty = amount(300'000);
    if (next() % 2) ask.limit_px = amount(5'000'000);
    Answer a = judge(ask, b, limits);
    rejected += a.action == Action::reject;
    if (a.action == Action::shrink) {
      ++shrunk;
      REQUIRE(a.max_qty < *ask.qty);
      ask.qty = a.max_qty;
      const Answer again = judge(ask, b, limits);
      // The quantity was rounded down: a notional that met the minimum exactly may be 10^-18 short of it now.
      if (again.action != Action::allow) REQUIRE(again.code == "NOTIONAL_BELOW_MINIMUM");
      a = again;
    }
    if (a.action != Action::allow) continue;
    ++allowed;
    Ask half = ask;
    half.qty = money::times(*ask.qty, D("0.5"), money::Round::down);
    if (*half.qty <= Decimal::zero()) continue;
    const Answer less = judge(half, b, limits);
    REQUIRE((less.action == Action::allow || less.code == "NOTIONAL_BELOW_MINIMUM"));
  }
  CHECK(shrunk > 1'000);
  CHECK(allowed > 3'000);
  CHECK(rejected > 1'000);
}
