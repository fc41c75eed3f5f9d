#include "config/live_guards.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace bowline::config {
namespace {

using nlohmann::json;

struct Row {
  LiveGuard told;
  std::string_view message;
  bool (*met)(const RunConfig&, const LiveFacts&);
  bool also_ending = false;  ///< asked of who only cancels and sells, too
};

bool is_file(std::string_view url) { return url != "none"; }

bool has_plain_url(const json& value) {
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    return text.starts_with("http://") || text.starts_with("ws://");
  }
  return value.is_structured() && std::any_of(value.begin(), value.end(), [](const json& inner) { return has_plain_url(inner); });
}

/// What a plugin asks the network for is by TLS, with the certificate checked, unless its address says otherwise; params that can't be
/// read are taken for such ones.
bool by_tls(const InstanceConfig& i) {
  if (i.kind != "broker" && i.kind != "feed") return true;
  const json params = json::parse(i.params_json, nullptr, false);
  return !params.is_discarded() && !has_plain_url(params);
}

constexpr auto table = std::to_array<Row>({
    {{"LIVE_NOT_AUTHENTICATED", "listen.tokens", "who calls over HTTP is authenticated: there is a token for each scope"},
     "live demands that callers are authenticated: give listen.tokens a secret for read, trade and emergency each",
     [](const RunConfig& c, const LiveFacts&) { return !c.listen.enabled || c.listen.tokens.there(); }},
    {{"LIVE_NOT_CONFIRMED", "confirm_live", "the file says `confirm_live: true`, in its own words"},
     "live demands that the file says so twice: set confirm_live: true",
     [](const RunConfig& c, const LiveFacts&) { return c.live.confirm; }, true},
    {{"LIVE_OUTSIDE_KUBERNETES", "allow_outside_kubernetes", "the process runs in a pod, or the file says that it need not"},
     "this process is not in Kubernetes, where one host is kept alive and no second one beside it: set allow_outside_kubernetes: true if "
     "that is seen to otherwise",
     [](const RunConfig& c, const LiveFacts& f) { return f.in_kubernetes || c.live.outside_kubernetes; }},
    {{"LIVE_LISTEN_OPEN", "listen.host", "the ports speak TLS, or are reached from this machine alone"},
     "live demands TLS of a port that others reach: set listen.tls, or listen on 127.0.0.1",
     [](const RunConfig& c, const LiveFacts&) { return !c.listen.enabled || c.listen.tls.there() || loopback(c.listen.host); }},
    {{"LIVE_TIME_DATA", "time", "time is real: nothing waits for data that do not come"},
     "live moves by the clock: leave the key out, which is time: real",
     [](const RunConfig& c, const LiveFacts&) { return c.time == "real"; }},
    {{"LIVE_SERVICES_PARTED", "services", "all four services are one process: what the clock says is told to no other"},
     "live is one process: leave the key out, which is all four services",
     [](const RunConfig& c, const LiveFacts&) { return c.services.size() == 4; }},
    {{"LIVE_JOURNAL_MEMORY", "journal", "the journal is a file"},
     "live demands journal: file",
     [](const RunConfig& c, const LiveFacts&) { return c.journal == "file"; }},
    {{"LIVE_STORE_MISSING", "store.transactions", "the run is stored"},
     "live demands a store: give store.transactions and store.prices a file each",
     [](const RunConfig& c, const LiveFacts&) { return is_file(c.store.transactions) && is_file(c.store.prices); }},
    {{"LIVE_PINS_MISSING", "plugins.pins", "plugin files are pinned; the loader refuses each one without a pin (`PLUGIN_PIN_MISSING`)"},
     "live demands the SHA-256 of every plugin file, and of each library that it brings: `sha256sum` prints them",
     [](const RunConfig& c, const LiveFacts&) { return !c.plugins.pins.empty(); }, true},
    {{"LIVE_VENUE_PLAIN", "instances", "brokers and feeds speak to their venue over TLS, whose certificate is always checked: no param of theirs is an `http://` or `ws://` address"},
     "live speaks to its venue over TLS alone, also on this machine: give the brokers and feeds addresses of https:// and wss://",
     [](const RunConfig& c, const LiveFacts&) { return std::all_of(c.instances.begin(), c.instances.end(), by_tls); }, true},
    {{"LIVE_RISK_MISSING", "instances", "there is a risk chain"},
     "live demands at least one instance of kind risk",
     [](const RunConfig& c, const LiveFacts&) {
       return std::any_of(c.instances.begin(), c.instances.end(), [](const InstanceConfig& i) { return i.kind == "risk"; });
     }},
    {{"LIVE_PORTFOLIO_MISSING", "execution.portfolio_uuid", "the portfolio of the account is pinned"},
     "live demands the portfolio that it trades by its uuid, so that another one's key is refused: write it here in place of the zeros",
     [](const RunConfig& c, const LiveFacts&) {
       const auto& e = c.execution;
       return !e.portfolio_uuid.empty() && e.portfolio_uuid != unfilled_uuid && e.account == e.portfolio_uuid;
     },
     true},
    {{"LIVE_MAX_ORDER_MISSING", "execution.floor.max_order", "an absolute cap per order"},
     "live demands this cap, and it has no default: the most that one order may be worth",
     [](const RunConfig& c, const LiveFacts&) { return c.execution.floor.max_order.is_set(); }},
    {{"LIVE_MAX_DAY_MISSING", "execution.floor.max_day", "an absolute cap per day"},
     "live demands this cap, and it has no default: the most that the entries of a UTC day may be worth",
     [](const RunConfig& c, const LiveFacts&) { return c.execution.floor.max_day.is_set(); }},
    {{"LIVE_MAX_TOTAL_MISSING", "execution.floor.max_total", "an absolute cap on all that is invested"},
     "live demands this cap, and it has no default: the most that may be invested at once",
     [](const RunConfig& c, const LiveFacts&) { return c.execution.floor.max_total.is_set(); }},
    {{"LIVE_RAMP_AMOUNT_MISSING", "execution.ramp.usd_per_day", "the first days run under a ramp: an amount"},
     "live begins under a ramp that only an operator raises: how much the entries of a UTC day may be worth to begin with",
     [](const RunConfig& c, const LiveFacts&) { return c.execution.ramp.usd_per_day.is_set(); }},
    {{"LIVE_RAMP_ORDERS_MISSING", "execution.ramp.orders_per_day", "the first days run under a ramp: a number of orders"},
     "live begins under a ramp that only an operator raises: how many entries may be ordered in a UTC day to begin with",
     [](const RunConfig& c, const LiveFacts&) { return c.execution.ramp.orders_per_day != 0; }},
    {{"LIVE_MARK_AGE", "execution.floor.max_mark_age", "nothing is bought on an old price"},
     "live never buys on a price of any age: leave the key out, which is two bars",
     [](const RunConfig& c, const LiveFacts&) { return c.execution.floor.max_mark_age_ns > 0; }},
    {{"LIVE_STOPS_AT_HOST", "execution.stops.owner", "stops rest at the venue where the product takes them, so that they sell while this host is down"},
     "a live position is not left without its stop when this host is down: set execution.stops.owner: venue",
     [](const RunConfig& c, const LiveFacts&) { return c.execution.stops.owner == "venue"; }},
    {{"LIVE_UNPROTECTED_UNTOLD", "execution.stops.unprotected_after", "a position without a stop is told after a while"},
     "live tells of a position without a stop: say after how long with execution.stops.unprotected_after",
     [](const RunConfig& c, const LiveFacts&) { return c.execution.stops.unprotected_after_ns > 0; }},
    {{"LIVE_DRIFT_MISSING", "execution.drift", "what has drifted beyond its cap is sold down: a position, and all of them together"},
     "live sells down what drifts beyond its cap: set execution.drift, such as {position_cap: 5%, position_above: 6%, "
     "exposure_cap: 80%, exposure_above: 85%}",
     [](const RunConfig& c, const LiveFacts&) { return c.execution.drift.position_above.is_set() && c.execution.drift.exposure_above.is_set(); }},
    {{"LIVE_HALF_SPREAD", "execution.assumed_half_spread", "no spread is assumed"},
     "live never trades on an assumed spread: leave the key out",
     [](const RunConfig& c, const LiveFacts& f) { return !f.half_spread_said && c.execution.assumed_half_spread.is_zero(); }},
    {{"LIVE_STARTS_ACTIVE", "execution.starts_reducing", "the host starts reducing"},
     "a live host starts reducing, and an operator lets it trade: leave the key out",
     [](const RunConfig& c, const LiveFacts&) { return c.execution.starts_reducing; }},
    {{"LIVE_CANARY_MISSING", "instances", "the smallest real orders went all their way with this version and this key: a canary has passed in the run's state folder"},
     "live demands that a canary has passed once with this version and this key: bowline doctor --canary with the state folder of the run",
     [](const RunConfig&, const LiveFacts& f) { return f.canary_passed; }},
});

constexpr auto listed = [] {
  std::array<LiveGuard, table.size()> out{};
  for (std::size_t i = 0; i < table.size(); ++i) out[i] = table[i].told;
  return out;
}();

constexpr auto of_plugins = std::to_array<LiveGuard>({
    {"LIVE_VENUE_SIMULATED", "instances", "the broker's plugin does not say that its venue is simulated (`venue_class` of its file's note)"},
    {"LIVE_FEED_SIMULATED", "instances", "no feed gives what was made up or recorded: `bowline.feed.simulated`, `bowline.feed.replay`, or one whose file's note says `venue_class: simulated`"},
});

}  // namespace

std::span<const LiveGuard> live_guards() noexcept { return listed; }
std::span<const LiveGuard> live_plugin_guards() noexcept { return of_plugins; }

std::vector<MissingGuard> missing_guards(const RunConfig& config, const LiveFacts& facts, LiveFor purpose) {
  std::vector<MissingGuard> out;
  for (const Row& r : table)
    if ((purpose == LiveFor::trading || r.also_ending) && !r.met(config, facts)) out.push_back({r.told.code, r.told.path, r.message});
  return out;
}

Result<void> may_run(const RunConfig& config, const LiveFacts& facts) {
  if (config.mode == "mock") return {};
  if (config.mode != "live") return Error{"MODE_UNKNOWN", "a run is of mode mock or live, and this one is of mode " + config.mode};
  const auto missing = missing_guards(config, facts);
  if (missing.empty()) return {};
  std::string all;
  for (const MissingGuard& g : missing)
    all.append(all.empty() ? "" : "; ").append(g.code).append(" (").append(g.path).append(": ").append(g.message).append(")");
  return Error{std::string(missing.front().code), "mode: live, and not all of its guards are met: " + all};
}

Result<void> live_takes(std::string_view kind, std::string_view plugin, bool simulated, bool again) {
  if (kind == "broker" && simulated)
    return Error{"LIVE_VENUE_SIMULATED", "plugin " + std::string(plugin) + " trades at a simulated venue, and mode: live at a real one: name its "
                                         "broker, or set mode: mock"};
  if (kind == "feed" && (simulated || again))
    return Error{"LIVE_FEED_SIMULATED", "plugin " + std::string(plugin) + " tells what was made up or recorded, and mode: live trades on what "
                                        "happens now: name a feed of the venue, or set mode: mock"};
  return {};
}

// By the address as it is written, which is how the port is opened: a name is none.
bool loopback(std::string_view host) noexcept {
  if (host == "::1") return true;
  if (!host.starts_with("127.")) return false;
  return host.find_first_not_of("0123456789.") == host.npos;
}

}  // namespace bowline::config
