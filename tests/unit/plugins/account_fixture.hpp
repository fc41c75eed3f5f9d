// An account as the host shows it to a risk rule, built row by row.
#pragma once

#include <bowline/plugin.h>

#include <catch2/catch.hpp>

#include <cstring>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "common/money.hpp"

namespace plugin_tests {

inline bowline::Decimal D(const std::string& s) {
  const auto d = bowline::money::parse(s);
  REQUIRE(d.has_value());
  return *d;
}
inline std::string text(const bowline::Decimal& d) { return bowline::money::text(d); }
using Amount = std::optional<bowline::Decimal>;
inline bl_dec raw(const Amount& a) { return a ? a->raw() : bowline::money::not_set(); }

/// A limit order when it has a price, else a market order.
inline bl_intent order(std::uint32_t side, std::uint32_t instrument, const Amount& qty,
                       const Amount& limit_px = {}, const std::string& id = "asked") {
  bl_intent i{};
  i.size = sizeof i;
  i.instrument = instrument;
  id.copy(i.client_id, sizeof i.client_id - 1);
  i.side = side;
  i.type = limit_px ? BL_LIMIT : BL_MARKET;
  i.tif = BL_GTC;
  i.qty = raw(qty);
  i.limit_px = raw(limit_px);
  i.quote_qty = i.stop_px = bowline::money::not_set();
  return i;
}
inline bl_intent by_cost(std::uint32_t instrument, const bowline::Decimal& cost,
                         const std::string& id = "asked") {
  bl_intent i = order(BL_BUY, instrument, std::nullopt, std::nullopt, id);
  i.quote_qty = cost.raw();
  return i;
}

class AccountFixture {
  std::deque<bl_intent> intents_;  // rows point at them
  std::vector<const bl_working*> list_;
  bl_portfolio p_{};

 public:
  static constexpr std::uint32_t usd = 1;
  std::vector<bl_position> positions;
  std::vector<bl_mark> marks;
  std::vector<bl_balance> balances;
  std::deque<bl_working> working;
  bowline::Decimal equity, peak, day_start;
  bowline::Decimal at_bid = bowline::Decimal::not_set();  ///< not set: equity
  std::int64_t now_ns = 1'700'000'000'000'000'000;
  std::uint64_t version = 1;

  AccountFixture() = default;
  /// Equity, which is its own peak and opening, all of it in cash.
  explicit AccountFixture(const bowline::Decimal& worth) : equity(worth), peak(worth), day_start(worth) {
    cash(worth);
  }
  void cash(const bowline::Decimal& total) {
    balances = {{usd, 0, total.raw(), bowline::Decimal::zero().raw()}};
  }
  void mark(std::uint32_t instrument, const Amount& px) {
    for (bl_mark& m : marks)
      if (m.instrument == instrument) {
        m.px = raw(px);
        return;
      }
    marks.push_back({instrument, 0, raw(px), now_ns});
  }
  bl_position& hold(std::uint32_t instrument, const bowline::Decimal& qty, const bowline::Decimal& avg_px) {
    bl_position& p = positions.emplace_back();
    p = {};
    p.instrument = instrument;
    p.qty = qty.raw();
    p.avg_px = p.best_px = avg_px.raw();
    p.realised = p.fees = bowline::Decimal::zero().raw();
    return p;
  }
  bl_intent& work(const bl_intent& intent, const Amount& leaves, std::uint32_t state = BL_S_OPEN) {
    intents_.push_back(intent);
    working.push_back(
        {sizeof(bl_working), state, &intents_.back(), bowline::Decimal::zero().raw(), raw(leaves)});
    return intents_.back();
  }
  const bl_portfolio& view() {
    list_.clear();
    for (const bl_working& w : working) list_.push_back(&w);
    p_.size = sizeof p_;
    p_.base_asset = usd;
    p_.positions = positions.data();
    p_.n_positions = static_cast<std::uint32_t>(positions.size());
    p_.position_stride = sizeof(bl_position);
    p_.marks = marks.data();
    p_.n_marks = static_cast<std::uint32_t>(marks.size());
    p_.mark_stride = sizeof(bl_mark);
    p_.balances = balances.data();
    p_.n_balances = static_cast<std::uint32_t>(balances.size());
    p_.balance_stride = sizeof(bl_balance);
    p_.working = list_.data();
    p_.n_working = static_cast<std::uint32_t>(list_.size());
    p_.equity = equity.raw();
    p_.equity_at_bid = (at_bid.is_set() ? at_bid : equity).raw();
    p_.peak_equity = peak.raw();
    p_.day_start_equity = day_start.raw();
    p_.now_ns = now_ns;
    p_.version = version;
    return p_;
  }
};

}  // namespace plugin_tests
