#include "config/reference.hpp"

#include <array>

namespace bowline::config {
namespace {

constexpr auto table = std::to_array<Key>({
    {"mode", "text", "mock", "`mock` or `live`; TRADING_MODE in the environment may only make it safer"},
    {"services", "list", "all four", "which services this process is: signal-generator, signal-bridge, trade-execution, portfolio-rebalancer"},
    {"services[]", "text", "", "one service"},
    {"seed", "integer", "1", "of every id and of every drawn number; the same seed over the same data gives the same bytes"},
    {"interval", "duration", "5m", "length of a bar; a feed's or model's other one is refused, and so is the first bar of another length"},
    {"max_bar_delay", "duration", "0", "a bar known later than this after its close updates features and is not acted on; 0 = no limit"},
    {"time", "text", "data", "`data`: engine time moves by the data alone (replay, simulation). `real`, for feeds that tell what happens now: it moves by the clock as well, so that what is due is done while a feed is mute; one process, `journal: file`, and without `max_bar_delay` one bar. `mode: live` is always real"},
    {"store", "map", "", "where the run is stored"},
    {"store.transactions", "text", "sqlite://crypto_transactions.db", "decisions, orders, fills, portfolio; a relative path lies below `--var`; `none` stores nothing"},
    {"store.prices", "text", "sqlite://crypto_prices.db", "candles, signals; `none` exactly when transactions is"},
    {"journal", "text", "file", "`file`, or `memory` (replay and simulation only)"},
    {"listen", "map", "", "the HTTP ports"},
    {"listen.enabled", "switch", "on", "off: no port is opened"},
    {"listen.host", "text", "127.0.0.1", "address to listen on"},
    {"listen.ports", "map", "8025, 8022, 8024, 8047", "port by service"},
    {"listen.ports.signal-generator", "integer", "8025", "0 to 65535; 0 = any free one"},
    {"listen.ports.signal-bridge", "integer", "8022", "0 to 65535; 0 = any free one"},
    {"listen.ports.trade-execution", "integer", "8024", "0 to 65535; 0 = any free one"},
    {"listen.ports.portfolio-rebalancer", "integer", "8047", "0 to 65535; 0 = any free one"},
    {"peers", "map", "", "where the run's other services are, when they are other processes; those of this process may stand here too"},
    {"peers.signal-generator", "text", "", "http://host:port"},
    {"peers.signal-bridge", "text", "", "http://host:port"},
    {"peers.trade-execution", "text", "", "http://host:port"},
    {"peers.portfolio-rebalancer", "text", "", "http://host:port; leave it out of every file and the run has no rebalancer"},
    {"instruments", "list", "required", "what is traded, as text (`BTC-USD`) or with its rules; all in one quote asset, but for those of `portfolio.pegs`"},
    {"instruments[]", "any", "", "one instrument"},
    {"instruments[].symbol", "text", "required", "BASE-QUOTE"},
    {"instruments[].base_step", "amount", "0.00000001", "quantity increment"},
    {"instruments[].quote_step", "amount", "0.01", "increment of amounts in the quote asset"},
    {"instruments[].px_step", "amount", "0.01", "price increment"},
    {"instruments[].base_min", "amount", "0", "smallest order quantity"},
    {"instruments[].quote_min", "amount", "1", "smallest order notional"},
    {"instruments[].maker_fee", "fraction", "0.6%", "what is reckoned with; a venue that takes more is refused at the start"},
    {"instruments[].taker_fee", "fraction", "1.2%", "the same; cost gate, floor and a fee that is not told count with it"},
    {"portfolio", "map", "", "what the portfolio reckons with"},
    {"portfolio.pegs", "map", "none", "by asset: what counts as cash beside the accounting asset, such as `USDC: {to: USD}`. Each wallet pays for the products quoted in it alone, and nothing is converted"},
    {"portfolio.pegs{}", "map", "", "one asset"},
    {"portfolio.pegs{}.to", "text", "required", "the accounting asset, the same for all"},
    {"portfolio.pegs{}.band", "fraction", "1%", "it counts at par while its price is at most this far from 1; beyond it, or while its price is not known or older than two bars, nothing is bought with it"},
    {"portfolio.pegs{}.mark", "text", "product", "`product`: the instrument ASSET-TO tells its price, and is never bought itself; `par`: assumed, whatever happens"},
    {"plugins", "map", "", "where plugin files lie"},
    {"plugins.path", "list", "required", "folders, relative to this file; a file here is not run until an instance names it"},
    {"plugins.path[]", "text", "", "one folder"},
    {"plugins.pins", "map", "", "SHA-256 by file name; mandatory when live"},
    {"plugins.pins{}", "text", "", "64 hex digits"},
    {"plugins.call_limits", "map", "", "how long a call into a plugin may take; then the process ends and quarantines the instance"},
    {"plugins.call_limits.lane", "duration", "250ms", "signal, risk and rebalancer, each event"},
    {"plugins.call_limits.broker", "duration", "10s", "broker, each call: a simulated venue may be writing its state"},
    {"plugins.call_limits.pull", "duration", "60s", "feed, each batch: files and databases are read in it"},
    {"plugins.call_limits.control", "duration", "60s", "create, configure, start, stop: models are loaded in them"},
    {"instances", "list", "required", "what runs, in this order"},
    {"instances[]", "map", "", "one instance of a plugin"},
    {"instances[].id", "text", "required", "its name in records, logs and metrics"},
    {"instances[].kind", "text", "required", "feed, signal, risk, broker or rebalancer"},
    {"instances[].plugin", "text", "required", "plugin id; see `bowline plugin list`"},
    {"instances[].params", "any", "", "the plugin's own keys: [plugin_params.md](plugin_params.md), or `bowline plugin schema <id>`"},
    {"instances[].weight", "fraction", "1", "of a signal when several are combined"},
    {"signals", "map", "", "how predictions are joined and judged"},
    {"signals.combine", "text", "mean", "mean (of calibrated probabilities), vote, or first"},
    {"signals.resolve_bars", "integer", "12", "a signal is resolved this many bars later; a model of another horizon is refused"},
    {"bridge", "map", "", "from predictions to target weights"},
    {"bridge.max_position", "fraction", "5%", "weight of a prediction that is certain"},
    {"bridge.cost_gate", "switch", "on", "refuse an entry whose expected move is below its cost"},
    {"bridge.cost_margin", "fraction", "0.05%", "on top of round-trip fee and half spread"},
    {"execution", "map", "", "from target weights to orders"},
    {"execution.account", "text", "default", "portfolio of the account; part of every order id"},
    {"execution.assumed_half_spread", "fraction", "5bp", "where the inputs hold no quotes; never in live"},
    {"execution.gtd_bars", "integer", "2", "entries end at the venue after this many bars"},
    {"execution.min_trade", "fraction", "0.5%", "of equity; smaller differences are left alone"},
    {"execution.allow", "list", "everything", "nothing is bought of an instrument that is not in it; what is held is sold all the same"},
    {"execution.allow[]", "text", "", "one of `instruments`"},
    {"execution.deny", "list", "nothing", "nothing is bought of these; what is held is sold all the same"},
    {"execution.deny[]", "text", "", "one of `instruments`"},
    {"execution.entry", "map", "", "how a BUY and a plan's purchase are bought: a limit at the touch, and what is here"},
    {"execution.entry.post_only", "switch", "off", "the venue refuses it rather than let it take"},
    {"execution.entry.reprice", "integer", "0", "how many times it follows a touch that has gone up: cancelled, and placed anew until the end of its first order"},
    {"execution.entry.cross_within", "fraction", "none", "then it takes, if the ask is at most this far above its first touch; else, and without it, it is given up"},
    {"execution.entry.wait", "duration", "10s", "an order is at least this old before it follows"},
    {"execution.drift", "map", "", "what the price alone has made too large is trimmed, beyond a band; off unless set"},
    {"execution.drift.position_cap", "fraction", "none", "of equity: what a position is trimmed to, such as 5%. A plan that wants more keeps it"},
    {"execution.drift.position_above", "fraction", "none", "from where on it is, such as 6%"},
    {"execution.drift.exposure_cap", "fraction", "none", "the same of all positions together, such as 80%: each gives its part"},
    {"execution.drift.exposure_above", "fraction", "none", "from where on, such as 85%"},
    {"execution.exit", "map", "", "how a SELL, a stop and a take-profit are sold"},
    {"execution.exit.collar", "list", "1%, 3%, 8%", "each attempt's limit is this far below the bid; after the last, and with `[]` at once, it is at the market"},
    {"execution.exit.collar[]", "fraction", "", "one attempt"},
    {"execution.exit.wait", "duration", "30s", "an exit's order that works for longer is cancelled, and the next attempt follows; where time moves by data it has three bars"},
    {"execution.trip", "map", "", "when the host itself denies entries and cancels those that rest (state reducing); exits and stops run on, and only an operator goes back"},
    {"execution.trip.daily_loss", "fraction", "5%", "of the opening equity of the UTC day, lost since, or of equity 24 hours ago, without deposits and withdrawals; once more at each multiple; `off`: never"},
    {"execution.trip.drawdown", "fraction", "20%", "of the high-water mark of equity; once more at each multiple; `off`: never"},
    {"execution.reconcile", "map", "", "how often the venue is asked what it has, beside the start, a reconnect and each doubt; in engine time, at the end of a step"},
    {"execution.reconcile.orders_every", "duration", "1m", "open orders, fills, balances and products; 0 = only when there is cause, which is the default where `journal: memory`"},
    {"execution.reconcile.balances_every", "duration", "5m", "fills and balances alone; 0 = only when there is cause, which is the default where `journal: memory`"},
    {"execution.journal", "map", "", "the intent journal's disk"},
    {"execution.journal.ballast", "size", "16MiB", "room that is kept for exits in the file `ballast` beside the journal, and given back to it a sixteenth at a time when the disk is full: entries are denied from then on, until an operator resumes with room for it again; 64KiB to 1GiB, 0 = none; where `journal: memory` none is needed"},
    {"execution.stops", "map", "", "what the host does with the stops and take-profits that risk plugins ask for"},
    {"execution.stops.lock_bars", "integer", "12", "nobody buys what a stop or take-profit sold for this many bars; 0 = not locked"},
    {"execution.stops.unprotected_after", "duration", "0", "a position without a stop, or without one at the venue where `owner` wants it there, for this long is an incident; 0 = none is expected"},
    {"execution.stops.owner", "text", "host", "`host` watches each price and sells; `venue`: the stop rests there as an order where the venue's plugin says that the product can hold one, and sells though this host is dead, else the host watches"},
    {"execution.stops.fill_within", "duration", "30s", "one that rests, whose price was reached, and that has not sold by then is taken off, and the position goes up the exit ladder"},
    {"execution.on_shutdown", "text", "cancel_entries_keep_stops", "when the run is stopped: `cancel_entries_keep_stops` (stops that the host watches are handed to the venue where it can hold them; what stays unwatched is told by name), or `flatten`: everything is sold first"},
    {"execution.shutdown_within", "duration", "30s", "how long `flatten` sells for, by the wall clock; told to stop a second time the run ends at once"},
    {"execution.floor", "map", "", "the host's own limits, which no plugin can loosen"},
    {"execution.floor.max_order", "amount", "none", "per order, quote currency; mandatory when live"},
    {"execution.floor.max_day", "amount", "none", "entries per UTC day; mandatory when live"},
    {"execution.floor.max_total", "amount", "none", "all positions together; mandatory when live"},
    {"execution.floor.price_collar", "fraction", "none", "an entry's limit may be this far from the mark"},
    {"execution.floor.max_orders_per_minute", "integer", "0", "0 = no limit"},
    {"execution.floor.max_mark_age", "duration", "0", "no entry on an older mark; 0 = no limit"},
    {"rebalance", "map", "", "when the rebalancer plans"},
    {"rebalance.every_bars", "integer", "0", "0 = on command only"},
    {"log", "map", "", "the log"},
    {"log.level", "text", "INFO", "DEBUG, INFO, WARNING, ERROR or CRITICAL"},
    {"log.file", "text", "", "appended to; empty: stderr"},
});

}  // namespace

std::span<const Key> keys() noexcept { return table; }

std::string reference_markdown() {
  std::string out =
      "# Configuration reference\n\nGenerated by `bowline docs configuration`; one YAML file is one run. `${NAME}` is replaced by the "
      "environment's value,\n`secret://name` is resolved when a plugin asks for it, nothing else is substituted. An unknown or repeated "
      "key is an error.\nFractions are written `5%`, `5bp` or `0.05`, durations `30s`, `5m`, `1h`, `7d`.\n\n"
      "| key | type | default | meaning |\n|---|---|---|---|\n";
  for (const Key& k : table) {
    if (k.standard.empty() && (k.path.ends_with("[]") || k.path.ends_with("{}"))) continue;
    out.append("| `").append(k.path).append("` | ").append(k.type).append(" | ").append(k.standard).append(" | ");
    out.append(k.meaning).append(" |\n");
  }
  return out;
}

}  // namespace bowline::config
