// All that a state file holds, believed only as far as it keeps the schema's own rules.
#include <sqlite3.h>

#include <charconv>
#include <utility>

#include "state_file.hpp"
#include "state_rows.hpp"

namespace bowline::broker_mock {

Result<void> StateFile::read_orders(StoredState& out) {
  auto s = prepare("SELECT * FROM orders ORDER BY order_no");
  if (!s) return s.error();
  std::string stray;
  const bool ok = rows(*s, [&](Row& r) {
    Order o;
    o.number = r.integer();
    o.spec.client_id = r.text();
    o.venue_id = r.text();
    const std::string symbol = r.text();
    o.spec.instrument = names_.instrument(symbol);
    o.spec.side = r.word<Side>(words::sides);
    o.spec.type = r.word<Type>(words::types);
    o.spec.tif = r.word<Tif>(words::tifs);
    o.spec.post_only = r.flag();
    o.spec.trigger_up = r.flag();
    o.spec.qty = r.maybe_amount();
    o.spec.quote_qty = r.maybe_amount();
    o.spec.limit_px = r.maybe_amount();
    o.spec.stop_px = r.maybe_amount();
    o.spec.expire_ns = r.integer();
    o.submitted_ns = r.integer();
    o.accepted_ns = r.integer();
    o.updated_ns = r.integer();
    o.state = r.word<State>(words::states);
    o.reason = reason_of(r.text());
    o.rested = r.flag();
    o.triggered = r.flag();
    o.cum_qty = r.amount();
    o.cum_quote = r.amount();
    o.cum_fee = r.amount();
    o.hold_asset = names_.asset_number(r.text());
    o.hold = r.amount();
    o.fills = static_cast<std::uint32_t>(r.integer());
    o.effective_ns = r.integer();
    o.place = r.integer();
    o.told = r.flag();
    o.amends = static_cast<std::uint32_t>(r.integer());
    Terms asked;
    asked.qty = r.maybe_amount();
    asked.limit_px = r.maybe_amount();
    asked.stop_px = r.maybe_amount();
    asked.expire_ns = r.integer();
    if (o.amends != 0) o.asked = std::make_shared<const Terms>(asked);
    if (o.number != static_cast<std::int64_t>(out.orders.size()) + 1) r.bad();
    if (o.state == State::open && o.spec.instrument == 0) stray = symbol;
    out.orders.push_back(std::move(o));
  });
  if (!ok)
    return error("STATE_CORRUPT",
                 "table orders breaks its own rules near row " + std::to_string(out.orders.size()));
  if (!stray.empty())
    return error("STATE_INSTRUMENT_MISSING",
                 "it holds an open order in " + stray +
                     ", which is not among this run's instruments: add it, or use a new file");
  return {};
}

Result<void> StateFile::read_fills(StoredState& out) {
  auto s = prepare(
      "SELECT fill_no, fill_id, order_no, px, qty, quote, fee, fee_asset, liquidity, ts_ns, fate, told_ns"
      " FROM fills ORDER BY fill_no");
  if (!s) return s.error();
  const bool ok = rows(*s, [&](Row& r) {
    Fill f;
    f.number = r.integer();
    f.fill_id = r.text();
    f.order = r.integer();
    f.px = r.amount();
    f.qty = r.amount();
    f.quote = r.amount();
    f.fee = r.amount();
    f.fee_asset = names_.asset_number(r.text());
    f.liquidity = r.word<Liquidity>(words::liquidities);
    f.ts_ns = r.integer();
    f.fate = r.word<Fate>(words::fates);
    f.told_ns = r.maybe_integer();
    if (f.number != static_cast<std::int64_t>(out.fills.size()) + 1) r.bad();
    if (f.order < 1 || f.order > static_cast<std::int64_t>(out.orders.size())) r.bad();
    out.fills.push_back(std::move(f));
  });
  if (!ok)
    return error("STATE_CORRUPT",
                 "table fills breaks its own rules near row " + std::to_string(out.fills.size()));
  return {};
}

Result<void> StateFile::read_balances(StoredState& out) {
  auto s = prepare("SELECT asset, total, hold FROM balances ORDER BY asset");
  if (!s) return s.error();
  const bool ok = rows(*s, [&](Row& r) {
    StoredState::Holding h;
    h.asset = r.text();
    h.balance.total = r.amount();
    h.balance.hold = r.amount();
    if (h.balance.hold < Decimal::zero() || h.balance.hold > h.balance.total) r.bad();
    out.balances.push_back(std::move(h));
  });
  if (!ok) return error("STATE_CORRUPT", "table balances breaks its own rules");
  return {};
}

Result<void> StateFile::read_acts(StoredState& out) {
  auto s = prepare("SELECT act_no, script FROM external_acts ORDER BY act_no");
  if (!s) return s.error();
  const bool ok = rows(*s, [&](Row& r) {
    if (r.integer() != static_cast<std::int64_t>(out.acts.size()) + 1) r.bad();
    out.acts.push_back(r.text());
  });
  if (!ok) return error("STATE_CORRUPT", "table external_acts breaks its own rules");
  return {};
}

Result<void> StateFile::read_outage(StoredState& out) {
  auto s = prepare(
      "SELECT f.value, u.value FROM meta f, meta u WHERE f.key='down_from_ns' AND u.key='down_until_ns'");
  if (!s) return s.error();
  const bool ok = rows(*s, [&](Row& r) {
    Outage o;
    for (std::int64_t* to : {&o.from_ns, &o.until_ns}) {
      const std::string t = r.text();
      const auto [stop, ec] = std::from_chars(t.data(), t.data() + t.size(), *to);
      if (ec != std::errc{} || stop != t.data() + t.size()) r.bad();
    }
    out.outage = o;
  });
  if (!ok) return error("STATE_CORRUPT", "table meta breaks its own rules");
  return {};
}

Result<StoredState> StateFile::read() {
  StoredState out;
  if (auto r = read_orders(out); !r) return r.error();
  if (auto r = read_fills(out); !r) return r.error();
  if (auto r = read_balances(out); !r) return r.error();
  if (auto r = read_acts(out); !r) return r.error();
  if (auto r = read_outage(out); !r) return r.error();
  out.amends = number("SELECT coalesce(max(amend_no), 0) FROM amends");
  out.is_new = out.orders.empty() && out.balances.empty() && out.acts.empty();
  return out;
}

}  // namespace bowline::broker_mock
