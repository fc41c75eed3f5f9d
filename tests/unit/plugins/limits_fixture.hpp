// What the tests of the limits ask: an account, an order, and the answer, which is one of the table's and hangs on no watching.
#pragma once

#include <string>

#include "account_fixture.hpp"
#include "risk_limits/codes.hpp"
#include "risk_limits/limits.hpp"
#include "risk_limits/memory.hpp"

namespace plugin_tests::limits {

using namespace bowline::risk_limits;
using bowline::Decimal;

constexpr std::int64_t s = 1'000'000'000, minute = 60 * s, hour = 60 * minute, day = 24 * hour;

inline Limits usual() {
  Limits l;
  l.max_position = D("0.05");
  l.max_exposure = D("0.8");
  l.min_notional = D("10");
  return l;
}
/// Everything off but what a test turns on.
inline Limits open() {
  Limits l;
  l.max_position = l.max_exposure = D("1");
  return l;
}
/// Number, code and unit of an answer are those of the table, which the documentation is made from.
inline bool listed(const Answer& a) {
  for (const bowline::risk::Code& c : codes)
    if (c.rule == a.rule && c.code == a.code) return c.unit == a.unit || a.unit == bowline::risk::Unit::none;
  return a.code.empty();
}
/// 10,000 USD of equity; instrument 1 at 100, 2 at 10.
inline AccountFixture account() {
  AccountFixture a(D("10000"));
  a.mark(1, D("100"));
  a.mark(2, D("10"));
  return a;
}
inline Answer ask(AccountFixture& a, const bl_intent& i, const Limits& l = usual(), const Memory& m = {}) {
  static bowline::risk::Marks marks;
  static bowline::risk::LastChecks last;
  last.reset(codes, 2);
  const Answer said = judge(i, a.view(), l, m, marks, &last);
  CHECK(listed(said));
  const Answer unwatched = judge(i, a.view(), l, m, marks);  // no verdict depends on it
  CHECK((said.code == unwatched.code && said.action == unwatched.action && said.max_qty == unwatched.max_qty && said.value == unwatched.value));
  return said;
}
inline bl_intent buy(const char* qty, std::uint32_t instrument = 1, const Amount& limit_px = {},
                     const std::string& id = "asked") {
  return order(BL_BUY, instrument, D(qty), limit_px, id);
}
inline bl_intent sell(const char* qty, std::uint32_t instrument = 1, const Amount& limit_px = {},
                      const std::string& id = "asked") {
  return order(BL_SELL, instrument, D(qty), limit_px, id);
}

}  // namespace plugin_tests::limits
