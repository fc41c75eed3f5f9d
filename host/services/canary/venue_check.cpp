#include "services/canary/venue_check.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "services/runtime/rate_budget.hpp"

namespace bowline::services {
namespace {

using core::Nanos;

constexpr Nanos second = 1'000'000'000;
/// How long the plugin may take to find out what its key may do.
constexpr Nanos judged_within = 30 * second;
/// A way that is told to be down is given so long to come up.
constexpr Nanos down_for = 4 * second;
/// Questions whose requests are timed; each is of products and fees.
constexpr int rounds = 10;

std::string milliseconds(std::int64_t ns) {
  char text[48];
  std::snprintf(text, sizeof text, "%.1f ms", static_cast<double>(ns) / 1e6);
  return text;
}

std::string percent(Decimal share) {
  const Decimal p = mul(share, Decimal::from_int(100), Rounding::half_even);
  return (p.is_set() ? p.to_string() : std::string("?")) + " %";
}

/// What to do about a request that failed: `why` begins with its code.
std::string way_mend(std::string_view why) {
  if (why.starts_with("EDGE_TLS")) return "the other side is not who it says, or plugins.network.ca_file names another authority than its own: leave it out for the real venue";
  if (why.starts_with("EDGE_RESOLVE")) return "correct the host in the broker's params, or this machine's name servers";
  return "see that the address in the broker's params is right, and that this machine is let out to it";
}

VenueFinding key_of(const loader::VenueStanding& s) {
  if (!s.key_told) return {"key", false, "the venue has not said what the key may do", "ask again; look at the venue's own status page"};
  std::string may = std::string(s.may_view ? "view" : "not view") + (s.may_trade ? ", trade" : ", not trade") + (s.may_transfer ? ", and move money out" : ", and not move money out");
  if (!s.may_view || !s.may_trade) return {"key", false, "it may " + may, "make a key that may view and trade"};
  // The plugin has taken it: so its params allow it in so many words.
  if (s.may_transfer) return {"key", true, "it may " + may + ", which the broker's params allow", ""};
  return {"key", true, "it may " + may, ""};
}

VenueFinding portfolio_of(const loader::VenueStanding& s, const std::string& pinned) {
  if (!s.portfolio) return {"portfolio", false, "the venue does not say which one the key is bound to", "see in the venue's own pages which portfolio the key is of"};
  if (pinned.empty()) return {"portfolio", false, "the key is bound to " + *s.portfolio + ", and the configuration pins none", "set execution.portfolio_uuid: " + *s.portfolio};
  if (pinned != *s.portfolio) return {"portfolio", false, "the key is bound to " + *s.portfolio + ", and the configuration pins another", "give the key of that portfolio, or correct execution.portfolio_uuid"};
  return {"portfolio", true, *s.portfolio + ", which is the pinned one", ""};
}

VenueFinding clock_of(const loader::VenueStanding& s) {
  if (!s.skew_ns) return {"clock", false, "the venue has not told its time", "ask again"};
  const std::int64_t away = *s.skew_ns < 0 ? (*s.skew_ns == INT64_MIN ? INT64_MAX : -*s.skew_ns) : *s.skew_ns;
  const std::string text = "the venue's is " + milliseconds(away) + (*s.skew_ns < 0 ? " behind" : " ahead of") + " this machine's";
  if (away > most_skew_ns) return {"clock", false, text + ", more than " + milliseconds(most_skew_ns), "set this machine's clock (timedatectl set-ntp true)"};
  return {"clock", true, text, ""};
}

/// Until the key is judged. An error: the plugin's own, VENUE_UNREACHED.
Result<loader::VenueStanding> judged(const VenueCheckParts& p) {
  const Nanos until = p.talk.now() + judged_within;
  Nanos down_since = 0;
  for (;;) {
    if (auto go = p.talk.pause(); !go) return go.error();
    auto s = p.standing();
    if (!s) {
      // Failed in between: the next pause says why.
      if (s.error().code != "PLUGIN_STATE" || p.talk.now() >= until) return s.error();
      continue;
    }
    if (s->key_told && s->skew_ns) return *s;
    const bool down = !p.talk.link().empty();
    if (!down) down_since = 0;
    else if (down_since == 0) down_since = p.talk.now();
    if (p.talk.now() < until && (!down || p.talk.now() - down_since < down_for)) continue;
    if (s->key_told) return *s;
    const std::string why = p.times->last_failure();
    return Error{"VENUE_UNREACHED", !p.talk.link().empty() && why.empty() ? p.talk.link() : why.empty() ? std::string("no answer about the key") : why};
  }
}

}  // namespace

std::vector<VenueFinding> judge_product(const config::InstrumentConfig& ours, const ToldProduct* told) {
  const std::string rules = "rules " + ours.symbol, fees = "fees " + ours.symbol;
  if (told == nullptr) return {{rules, false, "the venue does not list it, or so that it can't be read", "correct the symbol, or take it out of instruments"}};
  std::vector<VenueFinding> out;
  const ToldProduct& t = *told;
  const auto say = [](Decimal d) { return d.is_set() ? d.to_string() : std::string("not told"); };
  std::string text = "steps " + say(t.base_step) + " and " + say(t.px_step) + ", at least " + say(t.base_min) + " and worth " + say(t.quote_min);
  const char* closed = t.view_only() ? "this account may only look at it" : t.cancel_only() ? "only cancels are taken now, or it is closed or delisted"
                       : !t.tradable() ? "it does not trade now: it is closed or delisted" : t.auction() ? "it is in an auction" : t.limit_only() ? "only limit orders are taken now"
                       : t.post_only() ? "only orders that rest are taken now" : nullptr;
  // What counts of the two minima is the larger one, at the price of now.
  const auto smallest = [&](Decimal base_min, Decimal quote_min) {
    const Decimal by_size = base_min.is_set() && t.last_px.is_set() ? mul(base_min, t.last_px, Rounding::up) : Decimal::zero();
    return !by_size.is_set() ? by_size : quote_min.is_set() ? max(by_size, quote_min) : by_size;
  };
  const Decimal venue_least = smallest(t.base_min, t.quote_min), our_least = smallest(ours.base_min, ours.quote_min);
  const bool looser = venue_least.is_set() && our_least.is_set() && our_least < venue_least;
  const auto finer = [](Decimal our_step, Decimal venue_step) { return venue_step.is_set() && our_step.is_set() && our_step < venue_step; };
  const bool finer_sizes = finer(ours.base_step, t.base_step);  // a run is refused for it
  if (finer(ours.px_step, t.px_step)) text += "; the configuration's step of prices is finer, and they are rounded";
  if (t.no_stops()) text += "; stops do not rest at the venue";
  if (closed != nullptr) out.push_back({rules, false, std::string(closed) + "; " + text, "wait until it trades, or take it out of instruments"});
  else if (looser) out.push_back({rules, false, "the venue takes no order worth less than " + say(venue_least) + ", and the configuration would order " + say(our_least) + "; " + text,
                                  "set quote_min of " + ours.symbol + " to " + say(ceil_to(venue_least, Decimal::from_mantissa(1, -2)))});
  else if (finer_sizes) out.push_back({rules, false, "the configuration's sizes go in steps of " + say(ours.base_step) + "; " + text, "set base_step of " + ours.symbol + " to " + say(t.base_step)});
  else out.push_back({rules, true, text, ""});
  if (!ours.data_symbol.empty()) {
    const std::string data = "data " + ours.symbol;
    if (t.other_book()) out.push_back({data, false, "told under " + ours.data_symbol + ", which by the venue's word is of another book",
                                       "set data_symbol of " + ours.symbol + " to the product whose book it shares, or leave it out"});
    else out.push_back({data, true, "told under " + ours.data_symbol + ", and the venue says nothing against it", ""});
  }
  if (!t.maker_fee.is_set() || !t.taker_fee.is_set()) {
    out.push_back({fees, false, "the venue did not tell them", "ask again"});
    return out;
  }
  const std::string both = "maker " + percent(t.maker_fee) + ", taker " + percent(t.taker_fee) + ", configured are " + percent(ours.maker_fee) + " and " + percent(ours.taker_fee);
  const bool above = t.maker_fee > ours.maker_fee || t.taker_fee > ours.taker_fee;
  out.push_back({fees, !above, both, above ? "set maker_fee and taker_fee of " + ours.symbol + " to no less: a run is refused as it is" : ""});
  return out;
}

VenueFinding judge_latency(const std::vector<std::int64_t>& round_trips, std::uint64_t failed) {
  if (round_trips.empty()) return {"latency", false, "no request was answered", "see what the other lines say"};
  const std::int64_t median = percentile(round_trips, 50);
  const std::string text = "median " + milliseconds(median) + ", 99 % within " + milliseconds(percentile(round_trips, 99)) + ", of " + std::to_string(round_trips.size()) + " requests" +
                           (failed == 0 ? std::string() : ", " + std::to_string(failed) + " more had no answer");
  if (median > most_median_ns) return {"latency", false, text, "run nearer to the venue, or on a better line"};
  return {"latency", true, text, ""};
}

VenueFinding judge_quota(const loader::VenueRates& rates, const config::RunConfig& config) {
  const auto& r = config.execution.reconcile;
  const auto fits = fits_rate_budget(rates, r.orders_every_ns, r.balances_every_ns, config.time == "real" ? r.in_flight_every_ns : 0);
  if (!fits) return {"quota", false, fits.error().message, "make the periods of execution.reconcile longer"};
  const auto an_hour = [](Nanos every) { return every <= 0 ? std::uint64_t{0} : static_cast<std::uint64_t>((3600 * second + every - 1) / every); };
  const std::uint64_t questions = an_hour(r.orders_every_ns) + an_hour(r.balances_every_ns);
  std::string text;
  for (std::size_t i = 0; i < rates.classes.size(); ++i) {
    const loader::RateClass& c = rates.classes[i];
    std::uint64_t cost = 0;
    for (const loader::CallCost& call : rates.costs)
      if (call.call == BL_CALL_QUERY && call.rate_class == i) cost = call.cost;
    text += (text.empty() ? "" : "; ") + c.name + ": " + std::to_string(c.per_second) + " a second" + (c.per_hour == 0 ? std::string() : ", " + std::to_string(c.per_hour) + " an hour");
    if (cost == 0) continue;
    const std::uint64_t takes = questions * cost;
    text += ", of which polling takes " + std::to_string(takes) + " an hour";
    if (c.per_hour != 0) text += " and leaves " + std::to_string(c.per_hour - std::min<std::uint64_t>(takes, c.per_hour));
  }
  if (rates.classes.empty()) text = "the plugin states none: one of ten requests a second";
  return {"quota", true, text, ""};
}

std::vector<VenueFinding> check_venue(const VenueCheckParts& p) {
  std::vector<VenueFinding> out;
  const auto standing = judged(p);
  if (!standing) {
    const Error& why = standing.error();
    if (why.code == "VENUE_UNREACHED" && p.talk.link().find("UNAUTHORISED") != std::string::npos)
      out.push_back({"key", false, "the venue does not take it (UNAUTHORISED)", "it is another venue's, was withdrawn, or is not this secret's: make a new one"});
    else if (why.code == "VENUE_UNREACHED") out.push_back({"venue", false, "it is out of reach: " + why.message, way_mend(why.message)});
    else if (why.code == "PLUGIN_EXTENSION_MISSING") out.push_back({"key", false, why.message, "use a broker plugin that speaks plugin ABI 1.3"});
    else out.push_back({"key", false, why.code + ": " + why.message, "correct what it names"});
    return out;
  }
  out.push_back({"venue", true, "it is reached", ""});
  out.push_back(key_of(*standing));
  out.push_back(portfolio_of(*standing, p.config.execution.portfolio_uuid));
  out.push_back(clock_of(*standing));
  auto seen = p.talk.question(ask::open | ask::balances | ask::products);
  std::string failed;
  if (!seen) failed = seen.error().code + ": " + seen.error().message;
  const VenueTalk::Answer answer = seen ? std::move(*seen) : p.talk.part();
  const auto rates = p.rates();
  // Slower than the venue lets requests through, so that no wait for a turn is measured.
  const std::uint32_t a_second = rates && !rates->classes.empty() ? std::max<std::uint32_t>(1, rates->classes.front().per_second) : 10;
  const Nanos pace = std::max<Nanos>(second / 4, 5 * second / 2 / a_second);
  for (int n = 0; n < rounds && answer.products.size() == p.table.size(); ++n) {
    const Nanos until = p.talk.now() + pace;
    if (!p.talk.question(ask::products)) break;
    while (p.talk.now() < until)
      if (!p.talk.pause()) break;
  }
  out.push_back(judge_latency(p.times->round_trips(), p.times->failed()));
  bool listed = true;
  for (const config::InstrumentConfig& ours : p.config.instruments) {
    const auto it = answer.products.find(p.table.find(ours.symbol).value);
    listed = listed && it != answer.products.end();
    for (VenueFinding& f : judge_product(ours, it == answer.products.end() ? nullptr : p.talk.product(p.table.find(ours.symbol)))) out.push_back(std::move(f));
  }
  // That a product is not listed makes the answer a part of one, and is said already.
  if (!failed.empty() && listed) out.push_back({"account", false, "orders, balances or products could not be read: " + failed, "ask again; look at the venue's own status page"});
  else if (answer.balances.empty()) out.push_back({"account", false, "no balance was told", "see that the key is of the right portfolio"});
  else out.push_back({"account", true, std::to_string(answer.open.size()) + " orders of these products work", ""});
  out.push_back(rates ? judge_quota(*rates, p.config) : VenueFinding{"quota", false, rates.error().message, "mend the plugin"});
  return out;
}

}  // namespace bowline::services
