#include "events.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "common/money.hpp"

namespace bowline::broker_mock {
namespace {

template <std::size_t N>
void copy(char (&to)[N], std::string_view from) noexcept {
  const std::size_t n = std::min(from.size(), N - 1);
  std::copy_n(from.data(), n, to);  // memcpy may not be given the null of an empty view
  to[n] = '\0';
}

template <std::size_t N>
std::string text_of(const char (&from)[N]) {
  return std::string(from, ::strnlen(from, N));
}

bl_dec maybe(const std::optional<Decimal>& d) noexcept { return d ? money::to_abi(*d) : money::not_set(); }

/// Zero means "no rule" for a product limit, and so does a value that was not told.
Decimal or_zero(const bl_dec& d) { return money::from_abi(d).value_or(Decimal::zero()); }

bl_event header(std::uint16_t type, std::uint32_t size, const Report& r, std::uint32_t instrument,
                bool snapshot) noexcept {
  bl_event h{};
  h.size = size;
  h.type = type;
  h.flags = snapshot ? 2 : 0;
  h.ts_event = r.ts_ns;
  h.ts_recv = r.told_ns != 0 ? r.told_ns : r.ts_ns;
  h.instrument = instrument;
  return h;
}

std::uint32_t kind_of(Report::Kind k) noexcept {
  switch (k) {
    case Report::Kind::accepted:
      return BL_X_ACCEPTED;
    case Report::Kind::rejected:
      return BL_X_REJECTED;
    case Report::Kind::done:
      return BL_X_DONE;
    case Report::Kind::cancel_rejected:
      return BL_X_CANCEL_REJECTED;
    case Report::Kind::absent:
      return BL_X_ABSENT;
    case Report::Kind::amended:
      return BL_X_AMENDED;
    case Report::Kind::amend_rejected:
      return BL_X_AMEND_REJECTED;
    case Report::Kind::unknown:
      return BL_X_UNKNOWN;
    default:
      return BL_X_SNAPSHOT;
  }
}

bl_exec exec_of(const Report& r, std::uint32_t fee_asset, bool snapshot) noexcept {
  const Order& o = r.order;
  bl_exec e{};
  e.h = header(BL_EV_EXEC, sizeof e, r, o.spec.instrument, snapshot);
  copy(e.client_id, o.spec.client_id);
  copy(e.venue_id, o.venue_id);
  e.kind = kind_of(r.kind);
  e.reason = static_cast<std::uint32_t>(r.reason);
  copy(e.text, name_of(r.reason));
  const bool known = o.number != 0;
  e.state = known ? static_cast<std::uint32_t>(o.state) : 0u;  // BL_S_UNKNOWN
  e.side = known ? static_cast<std::uint32_t>(o.spec.side) : 0;
  e.type = known ? static_cast<std::uint32_t>(o.spec.type) : 0;
  e.tif = known ? static_cast<std::uint32_t>(o.spec.tif) : 0;
  if (o.spec.post_only) e.flags |= BL_POST_ONLY;
  if (o.spec.type == Type::stop_limit)
    e.flags |= static_cast<std::uint32_t>(o.spec.trigger_up ? BL_TRIGGER_UP : BL_TRIGGER_DOWN);
  e.created_ns = o.accepted_ns;
  e.expire_ns = o.spec.expire_ns;
  e.qty = maybe(o.spec.qty);
  e.quote_qty = maybe(o.spec.quote_qty);
  e.limit_px = maybe(o.spec.limit_px);
  e.stop_px = maybe(o.spec.stop_px);
  e.cum_qty = known ? money::to_abi(o.cum_qty) : money::not_set();
  e.cum_quote = known ? money::to_abi(o.cum_quote) : money::not_set();
  e.cum_fee = known ? money::to_abi(o.cum_fee) : money::not_set();
  e.fee_asset = fee_asset;
  return e;
}

bl_fill fill_of(const Report& r, bool snapshot) noexcept {
  const Order& o = r.order;
  bl_fill f{};
  f.h = header(BL_EV_FILL, sizeof f, r, o.spec.instrument, snapshot);
  copy(f.client_id, o.spec.client_id);
  copy(f.venue_id, o.venue_id);
  copy(f.fill_id, r.fill.fill_id);
  f.side = static_cast<std::uint32_t>(o.spec.side);
  f.liquidity = static_cast<std::uint32_t>(r.fill.liquidity);
  f.fee_asset = r.fill.fee_asset;
  f.px = money::to_abi(r.fill.px);
  f.qty = money::to_abi(r.fill.qty);
  f.fee = money::to_abi(r.fill.fee);
  return f;
}

bl_link link_of(const Report& r, bool snapshot) noexcept {
  bl_link l{};
  l.h = header(BL_EV_LINK, sizeof l, r, 0, snapshot);
  l.state = r.kind == Report::Kind::link_up ? 1 : 0;
  l.scope = 2;  // orders
  if (l.state == 1) return l;
  l.why.status = BL_E_IO;
  copy(l.why.message, "LINK_DOWN: a simulated disconnect");
  return l;
}

}  // namespace

Result<OrderSpec> spec_of(const bl_intent& i) {
  OrderSpec s;
  s.client_id = text_of(i.client_id);
  if (i.side != BL_BUY && i.side != BL_SELL)
    return Error{"ORDER_UNSUPPORTED", "the side is neither buy nor sell"};
  if (i.type < BL_MARKET || i.type > BL_BRACKET)
    return Error{"ORDER_UNSUPPORTED", "the mock venue takes market, limit, stop-limit and bracket orders"};
  if (i.tif < BL_GTC || i.tif > BL_FOK)
    return Error{"ORDER_UNSUPPORTED", "the mock venue takes GTC, GTD, IOC and FOK orders"};
  s.instrument = i.instrument;
  s.side = static_cast<Side>(i.side);
  s.type = static_cast<Type>(i.type);
  s.tif = static_cast<Tif>(i.tif);
  s.post_only = (i.flags & BL_POST_ONLY) != 0;
  s.qty = money::from_abi(i.qty);
  s.quote_qty = money::from_abi(i.quote_qty);
  if (s.type != Type::market) s.limit_px = money::from_abi(i.limit_px);
  if (s.type == Type::bracket) {
    s.stop_px = money::from_abi(i.stop_px);
    s.trigger_up = (i.flags & BL_TRIGGER_UP) != 0;  // there is no such bracket: the venue says so
  }
  if (s.type == Type::stop_limit) {
    s.stop_px = money::from_abi(i.stop_px);
    // Without a flag: the protective direction, a sell below the market and a buy above it.
    s.trigger_up =
        (i.flags & BL_TRIGGER_UP) != 0 || ((i.flags & BL_TRIGGER_DOWN) == 0 && s.side == Side::buy);
  }
  if (s.tif == Tif::gtd) s.expire_ns = i.expire_ns;
  return s;
}

Product product_of(const bl_product& p, std::uint32_t instrument) {
  Product out;
  out.instrument = instrument;
  out.symbol.assign(p.symbol.ptr ? p.symbol.ptr : "", p.symbol.ptr ? p.symbol.len : 0);
  out.base = p.base;
  out.quote = p.quote;
  out.base_step = or_zero(p.base_step);
  out.quote_step = or_zero(p.quote_step);
  out.px_step = or_zero(p.px_step);
  out.base_min = or_zero(p.base_min);
  out.base_max = or_zero(p.base_max);
  out.quote_min = or_zero(p.quote_min);
  out.quote_max = or_zero(p.quote_max);
  out.tradable = p.flags == 0 || (p.flags & 1u) != 0;  // bit 0 tradable; no flag at all = not told
  return out;
}

BarView view_of(const bl_bar& b) {
  return {b.open_ns,
          b.close_ns,
          money::from_mantissa(b.open, b.px_exp),
          money::from_mantissa(b.high, b.px_exp),
          money::from_mantissa(b.low, b.px_exp),
          money::from_mantissa(b.close, b.px_exp),
          money::from_mantissa(b.volume, b.qty_exp)};
}

AnyEvent event_of(const Report& r, std::uint32_t fee_asset, bool snapshot) noexcept {
  AnyEvent e;
  if (r.kind == Report::Kind::fill) {
    e.fill = fill_of(r, snapshot);
  } else if (r.kind == Report::Kind::balance) {
    e.balance = bl_balance_ev{};
    e.balance.h = header(BL_EV_BALANCE, sizeof e.balance, r, 0, snapshot);
    e.balance.asset = r.asset;
    e.balance.total = money::to_abi(r.balance.total);
    e.balance.hold = money::to_abi(r.balance.hold);
  } else if (r.kind == Report::Kind::link_down || r.kind == Report::Kind::link_up) {
    e.link = link_of(r, snapshot);
  } else {
    e.exec = exec_of(r, fee_asset, snapshot);
  }
  return e;
}

}  // namespace bowline::broker_mock
