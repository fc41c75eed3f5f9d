// How orders are made, and the limits that hold them.
#include "config/loader.hpp"

#include <algorithm>

#include "config/secret.hpp"

namespace bowline::config {

void Loader::execution(const Node& n) {
  if (!there(n) || !n.IsMap()) return;
  auto& e = c_.execution;
  if (e.portfolio_uuid.empty()) text(n["account"], "execution.account", e.account);
  flag(n["starts_reducing"], "execution.starts_reducing", e.starts_reducing);
  if (const Node r = n["ramp"]; there(r) && r.IsMap()) {
    amount(r["usd_per_day"], "execution.ramp.usd_per_day", true, e.ramp.usd_per_day);
    number(r["orders_per_day"], "execution.ramp.orders_per_day", 1, 1'000'000, e.ramp.orders_per_day);
  }
  fraction(n["assumed_half_spread"], "execution.assumed_half_spread", "0", "0.1", e.assumed_half_spread);
  number(n["gtd_bars"], "execution.gtd_bars", 1, 10'000, e.gtd_bars);
  number(n["ended_orders"], "execution.ended_orders", 100, 1'000'000, e.ended_orders);
  fraction(n["min_trade"], "execution.min_trade", "0", "1", e.min_trade);
  if (const Node b = n["entry"]; there(b) && b.IsMap()) {
    flag(b["post_only"], "execution.entry.post_only", e.entry.post_only);
    number(b["reprice"], "execution.entry.reprice", 0, 100, e.entry.reprice);
    fraction(b["cross_within"], "execution.entry.cross_within", "0", "0.1", e.entry.cross_within);
    duration(b["wait"], "execution.entry.wait", 0, e.entry.wait_ns);
    limit(b["max_move"], "execution.entry.max_move", e.entry.max_move);
  }
  if (const Node d = n["drift"]; there(d) && d.IsMap()) {
    band(d, "position", e.drift.position_cap, e.drift.position_above);
    band(d, "exposure", e.drift.exposure_cap, e.drift.exposure_above);
  }
  if (const Node x = n["exit"]; there(x) && x.IsMap()) {
    collar(x["collar"], e.exit.collar);
    number(x["slices"], "execution.exit.slices", 1, 20, e.exit.slices);
    duration(x["wait"], "execution.exit.wait", 1'000'000'000, e.exit.wait_ns);
  }
  if (const Node j = n["journal"]; there(j) && j.IsMap()) size(j["ballast"], "execution.journal.ballast", 64 * 1024, 1024 * 1024 * 1024, e.ballast_bytes);
  if (const Node s = n["stops"]; there(s) && s.IsMap()) {
    number(s["lock_bars"], "execution.stops.lock_bars", 0, 1'000'000, e.stops.lock_bars);
    duration(s["unprotected_after"], "execution.stops.unprotected_after", 0, e.stops.unprotected_after_ns);
    one_of(s["owner"], "execution.stops.owner", {"host", "venue"}, e.stops.owner);
    duration(s["fill_within"], "execution.stops.fill_within", 1'000'000'000, e.stops.fill_within_ns);
  }
  one_of(n["on_shutdown"], "execution.on_shutdown", {"cancel_entries_keep_stops", "flatten"}, e.on_shutdown.how);
  duration(n["shutdown_within"], "execution.shutdown_within", 1'000'000'000, e.on_shutdown.within_ns);
  if (const Node t = n["trip"]; there(t) && t.IsMap()) {
    limit(t["daily_loss"], "execution.trip.daily_loss", e.trip.daily_loss);
    limit(t["drawdown"], "execution.trip.drawdown", e.trip.drawdown);
  }
  if (const Node r = n["reconcile"]; there(r) && r.IsMap()) {
    duration(r["orders_every"], "execution.reconcile.orders_every", 0, e.reconcile.orders_every_ns);
    duration(r["balances_every"], "execution.reconcile.balances_every", 0, e.reconcile.balances_every_ns);
    duration(r["in_flight_every"], "execution.reconcile.in_flight_every", 1'000'000'000, e.reconcile.in_flight_every_ns);
  }
  if (const Node r = n["receipt"]; there(r) && r.IsMap()) receipt_key(r["key"], e.receipt.key);
  symbols(n["allow"], "execution.allow", e.allow);
  symbols(n["deny"], "execution.deny", e.deny);
  for (const std::string& s : e.deny)
    if (std::find(e.allow.begin(), e.allow.end(), s) != e.allow.end())
      bad(n["deny"], "execution.deny", "CONFIG_VALUE", s + " is in execution.allow as well: it is one or the other");
  floor(n);
}

void Loader::floor(const Node& n) {
  const Node f = n["floor"];
  if (!there(f) || !f.IsMap()) return;
  auto& e = c_.execution;
  amount(f["max_order"], "execution.floor.max_order", true, e.floor.max_order);
  amount(f["max_day"], "execution.floor.max_day", true, e.floor.max_day);
  amount(f["max_total"], "execution.floor.max_total", true, e.floor.max_total);
  fraction(f["price_collar"], "execution.floor.price_collar", "0", "1", e.floor.price_collar);
  number(f["max_orders_per_minute"], "execution.floor.max_orders_per_minute", 0, 1'000'000, e.floor.max_orders_per_minute);
  duration(f["max_mark_age"], "execution.floor.max_mark_age", 0, e.floor.max_mark_age_ns);
  limit(f["mark_jump"], "execution.floor.mark_jump", e.floor.mark_jump);
  duration(f["mark_jump_wait"], "execution.floor.mark_jump_wait", 0, e.floor.mark_jump_wait_ns);
}

// Only ever a reference: a key that somebody wrote here must not come out again with a message.
void Loader::receipt_key(const Node& n, std::string& to) {
  const std::string path = "execution.receipt.key";
  std::string reference;
  if (!text(n, path, reference) || reference.empty()) return;
  if (!reference.starts_with("secret://"))
    return bad(n, path, "CONFIG_VALUE", "must name a secret as secret://name: a key never stands in this file");
  if (std::find(c_.services.begin(), c_.services.end(), "trade-execution") != c_.services.end())
    if (auto found = find_secret(reference, options_.env); !found) return bad(n, path, "CONFIG_SECRET", found.error().message);
  to = std::move(reference);
}

// Both ends or none: with one of them nobody could say what is sold, or when.
void Loader::band(const Node& drift, const std::string& what, Decimal& cap, Decimal& above) {
  const std::string path = "execution.drift." + what;
  const Node from = drift[what + "_cap"], to = drift[what + "_above"];
  fraction(from, path + "_cap", "0", "1", cap);
  fraction(to, path + "_above", "0", "1", above);
  if (there(from) != there(to)) return bad(drift, path + "_cap", "CONFIG_KEY_MISSING", "goes with " + path + "_above: give both, or none");
  if (cap.is_set() && above.is_set() && above < cap) bad(to, path + "_above", "CONFIG_RANGE", "must not be under " + path + "_cap");
}

// Each step is wider than the one before: an exit goes through them until somebody buys.
void Loader::collar(const Node& n, std::vector<Decimal>& to) {
  if (!there(n) || !n.IsSequence()) return;
  std::vector<Decimal> steps;
  for (std::size_t i = 0; i < n.size(); ++i) {
    const std::string path = "execution.exit.collar[" + std::to_string(i) + "]";
    Decimal step = Decimal::not_set();
    fraction(n[i], path, "0.0001", "0.99", step);
    if (!step.is_set()) return;
    if (!steps.empty() && step <= steps.back()) return bad(n[i], path, "CONFIG_RANGE", "must be wider than the step before it");
    steps.push_back(step);
  }
  to = std::move(steps);
}

void Loader::symbols(const Node& n, const std::string& path, std::vector<std::string>& to) {
  if (!there(n)) return;
  if (!n.IsSequence() || n.size() == 0) return bad(n, path, "CONFIG_TYPE", "a list with at least one instrument is needed here");
  std::vector<std::string> names;
  for (const InstrumentConfig& i : c_.instruments) names.push_back(i.symbol);
  for (std::size_t i = 0; i < n.size(); ++i) {
    std::string s;
    one_of(n[i], path + "[" + std::to_string(i) + "]", names, s);
    if (!s.empty()) to.push_back(std::move(s));
  }
}

void Loader::portfolio(const Node& n, const Node& account) {
  std::string t;
  if (!text(n, "execution.portfolio_uuid", t) || t.empty()) return;
  if (t == unfilled_uuid) {
    // Of a live file its guard says so.
    if (c_.mode != "live") bad(n, "execution.portfolio_uuid", "CONFIG_VALUE", "the zeros stand for a portfolio that is still to be filled in: write its uuid, or leave the key out");
    return;
  }
  if (there(account)) return bad(account, "execution.account", "CONFIG_VALUE", "execution.portfolio_uuid is the account: leave this one out");
  bool fits = t.size() == 36;
  for (std::size_t i = 0; fits && i < t.size(); ++i)
    fits = i == 8 || i == 13 || i == 18 || i == 23 ? t[i] == '-' : std::string_view("0123456789abcdef").find(t[i]) != std::string_view::npos;
  if (!fits)
    return bad(n, "execution.portfolio_uuid", "CONFIG_VALUE", "a uuid in lower case such as 1b4e28ba-2fa1-41d2-883f-0016d3cca427 is needed here");
  c_.execution.portfolio_uuid = t;
  c_.execution.account = std::move(t);
}

}  // namespace bowline::config
