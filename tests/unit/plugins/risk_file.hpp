// A built risk file, through the C ABI: it is told bars and positions of an account, and asked of orders.
#pragma once

#include <string>

#include "account_fixture.hpp"
#include "fake_host.hpp"

namespace plugin_tests::risk_files {

namespace money = bowline::money;

constexpr std::int64_t bar_ns = 300'000'000'000, hour = 12 * bar_ns;

struct Risk : Opened<bl_risk_v1> {
  AccountFixture account{D("10000")};
  using Opened::Opened;

  std::uint64_t mask() {
    bl_needs n{sizeof(bl_needs), 0, 0};
    REQUIRE(table->needs(inst, &n) == BL_OK);
    return n.event_mask;
  }
  std::uint32_t warmup() {
    bl_needs n{sizeof(bl_needs), 0, 0};
    REQUIRE(table->needs(inst, &n) == BL_OK);
    return n.warmup_bars;
  }
  bl_verdict check(const bl_intent& i) {
    bl_verdict v{};
    v.size = sizeof v;
    REQUIRE(table->check(inst, &i, &account.view(), &v) == BL_OK);
    return v;
  }
  std::string code(const bl_intent& i) { return check(i).code; }
  Json assessment() {
    const std::string id = BL_EXT_ASSESS;
    const auto* t = static_cast<const bl_assess_v1*>(plugin->base->extension(inst, {id.data(), id.size()}));
    REQUIRE(t != nullptr);
    std::uint64_t n = 0;
    REQUIRE(t->get(inst, nullptr, 0, &n, &error) == BL_OK);
    std::string text(n, '\0');
    REQUIRE(t->get(inst, text.data(), text.size(), &n, &error) == BL_OK);
    REQUIRE(n == text.size());
    return Json::parse(text);
  }
  void tell(const bl_event& e) { REQUIRE(table->on_event(inst, &e, &account.view(), &host.sink) == BL_OK); }
  void bar(std::uint32_t instrument, std::int64_t close_ns, std::int64_t close, std::int64_t range = 0,
           std::uint16_t flags = 0) {
    bl_bar b = bar_at(instrument, close_ns - bar_ns, close, close + range, close - range, close);
    b.h.flags = flags;
    tell(b.h);
  }
  void position(std::uint32_t instrument, const char* qty, const char* avg, std::int64_t opened,
                std::int64_t at, std::uint16_t flags = 0) {
    bl_position_ev e{};
    e.h.size = sizeof e;
    e.h.type = BL_EV_POSITION;
    e.h.flags = flags;
    e.h.instrument = e.position.instrument = instrument;
    e.h.ts_event = e.h.ts_recv = at;
    e.position.qty = D(qty).raw();
    e.position.avg_px = e.position.best_px = D(avg).raw();
    e.position.realised = e.position.fees = D("0").raw();
    e.position.opened_ns = opened;
    tell(e.h);
  }
};
inline Json lock(const char* symbol, const char* until = "") {
  return Json::array({Json{{"symbol", symbol}, {"until", until}}});
}
inline Json rung(double drawdown, double size) { return {{"drawdown", drawdown}, {"size", size}}; }
inline Json step(double gain, double share) { return {{"gain", gain}, {"share", share}}; }
inline bl_intent buy(std::uint32_t instrument, const char* qty) {
  return order(BL_BUY, instrument, D(qty), D("100"));
}
inline std::string px(const bl_dec& d) {
  const auto v = money::from_abi(d);
  return v ? money::text(*v) : "-";
}

/// The row of a code, of one product where each has its own; null: there is none.
inline Json row_of(const Json& assessment, const char* code, std::uint32_t instrument = 0) {
  for (const Json& row : assessment.value("checks", Json::array()))
    if (row.at("code") == code && (instrument == 0 || row.at("instrument") == instrument)) return row;
  return {};
}

}  // namespace plugin_tests::risk_files
