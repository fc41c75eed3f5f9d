#include "fill_rules.hpp"

#include <algorithm>

#include "common/money.hpp"

namespace bowline::broker_mock {
namespace {

constexpr std::uint64_t mix(std::uint64_t x) noexcept {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

/// `px` made worse for the side that takes: slippage first, then the step.
Decimal worse(Side side, const Decimal& px, const FillRules& rules, const Decimal& px_step) {
  const Decimal slip = money::times(px, rules.slippage, money::Round::up);
  return side == Side::buy ? money::up_to_step(money::plus(px, slip), px_step)
                           : money::down_to_step(money::minus(px, slip), px_step);
}

/// The limit bounds what a taker pays or gets.
Decimal bounded(Side side, const Decimal& px, const Decimal& limit) {
  return side == Side::buy ? std::min(px, limit) : std::max(px, limit);
}

/// True when a price is strictly better for the order than its limit, seen from the market: trade-through.
bool through(Side side, const Decimal& market, const Decimal& limit) {
  return side == Side::buy ? market < limit : market > limit;
}

Touch touch_market(const Order& o, const BarView& bar, const FillRules& rules, const Decimal& px_step) {
  return {false, true, worse(o.spec.side, bar.open, rules, px_step), Liquidity::taker};
}

Touch touch_limit(const Order& o, const BarView& bar, const FillRules& rules, const Decimal& px_step) {
  const Decimal& limit = *o.spec.limit_px;
  const bool arrives = !o.rested && !o.spec.post_only;
  if (arrives && through(o.spec.side, bar.open, limit))
    return {false, true, bounded(o.spec.side, worse(o.spec.side, bar.open, rules, px_step), limit),
            Liquidity::taker};
  if (o.spec.tif == Tif::ioc || o.spec.tif == Tif::fok) return {};
  const Decimal& extreme = o.spec.side == Side::buy ? bar.low : bar.high;
  if (!through(o.spec.side, extreme, limit)) return {};
  return {false, true, limit, Liquidity::maker};
}

Touch touch_stop(const Order& o, const BarView& bar, const FillRules& rules, const Decimal& px_step) {
  const Decimal& stop = *o.spec.stop_px;
  const Decimal& limit = *o.spec.limit_px;
  const bool hit = o.spec.trigger_up ? bar.high > stop : bar.low < stop;
  if (!hit) return {};
  const Decimal base = o.spec.trigger_up ? std::max(stop, bar.open) : std::min(stop, bar.open);
  // Which way is worse depends on the side; a stop that triggers against its usual direction starts from the
  // stop too.
  const bool beyond = o.spec.side == Side::buy ? base > limit : base < limit;
  if (beyond) return {true, false, Decimal::zero(), Liquidity::taker};
  return {true, true, bounded(o.spec.side, worse(o.spec.side, base, rules, px_step), limit),
          Liquidity::taker};
}

Touch touch_bracket(const Order& o, const BarView& bar, const FillRules& rules, const Decimal& px_step) {
  if (o.triggered) return touch_market(o, bar, rules, px_step);
  const Decimal& stop = *o.spec.stop_px;
  if (bar.low < stop)
    return {true, true, worse(o.spec.side, std::min(stop, bar.open), rules, px_step), Liquidity::taker};
  const Decimal& target = *o.spec.limit_px;
  if (!through(o.spec.side, bar.high, target)) return {};
  return {false, true, target, Liquidity::maker};
}

}  // namespace

bool eligible(const Order& o, const BarView& bar) noexcept {
  if (bar.open_ns < o.effective_ns) return false;
  return o.spec.tif != Tif::gtd || bar.close_ns <= o.spec.expire_ns;
}

Touch touch(const Order& o, const BarView& bar, const FillRules& rules, const Decimal& px_step) {
  switch (o.spec.type) {
    case Type::market:
      return touch_market(o, bar, rules, px_step);
    case Type::limit:
      return touch_limit(o, bar, rules, px_step);
    case Type::stop_limit:
      return o.triggered ? touch_limit(o, bar, rules, px_step) : touch_stop(o, bar, rules, px_step);
    case Type::bracket:
      return touch_bracket(o, bar, rules, px_step);
  }
  return {};
}

Decimal volume_cap(const BarView& bar, const FillRules& rules, const Decimal& base_step) {
  return money::down_to_step(money::times(bar.volume, rules.max_fill_share, money::Round::down), base_step);
}

double luck(std::uint64_t seed, const std::string& client_id, std::int64_t time_ns,
            std::uint64_t purpose) noexcept {
  std::uint64_t h = 0xcbf29ce484222325ULL;  // FNV-1a of the id
  for (const char c : client_id) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  h = mix(mix(mix(seed ^ h) + static_cast<std::uint64_t>(time_ns)) + purpose);
  return static_cast<double>(h >> 11) * 0x1.0p-53;
}

}  // namespace bowline::broker_mock
