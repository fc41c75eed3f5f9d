#include "config/load.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include <yaml-cpp/eventhandler.h>

#include "config/access_token.hpp"
#include "config/live_guards.hpp"
#include "config/params.hpp"
#include "config/secret.hpp"
#include "config/values.hpp"
#include "config/yaml_tree.hpp"

namespace bowline::config {
namespace {

using YAML::Node;

const std::vector<std::string> service_names{"signal-generator", "signal-bridge", "trade-execution", "portfolio-rebalancer"};
const std::vector<std::string> kind_names{"feed", "signal", "risk", "broker", "rebalancer"};

class Loader {
  Loaded& out_;
  RunConfig& c_;
  const LoadOptions& options_;
  Tree tree_;
  std::filesystem::path folder_;
  std::set<std::string> schema_said_;

 public:
  Loader(Loaded& out, const std::filesystem::path& file, const LoadOptions& options)
      : out_(out), c_(out.config), options_(options), tree_(file.string(), out.problems), folder_(std::filesystem::absolute(file).parent_path()) {
    tree_.env = options.env;
  }

  void all(const Node& root) {
    tree_.check_keys(root, "", "");
    if (!root.IsMap()) return;
    if (written_out(root["mode"], "mode")) one_of(root["mode"], "mode", {"mock", "live"}, c_.mode);
    const bool says_live = c_.mode == "live";
    trading_mode(root["mode"]);
    if (written_out(root["confirm_live"], "confirm_live")) flag(root["confirm_live"], "confirm_live", c_.live.confirm);
    flag(root["allow_outside_kubernetes"], "allow_outside_kubernetes", c_.live.outside_kubernetes);
    services(root);
    number(root["seed"], "seed", 0, INT64_MAX, c_.seed);
    duration(root["interval"], "interval", 1'000'000'000, c_.interval_ns);
    duration(root["max_bar_delay"], "max_bar_delay", 0, c_.max_bar_delay_ns);
    one_of(root["journal"], "journal", {"file", "memory"}, c_.journal);
    one_of(root["time"], "time", {"data", "real"}, c_.time);
    // Of a live file that TRADING_MODE makes a mock run, too: its feeds tell what happens now.
    if (says_live && there(root["time"]) && c_.time != "real") {
      out_.live_guard = true;
      bad(root["time"], "time", "LIVE_TIME_DATA", "live moves by the clock: leave the key out, which is time: real");
    }
    if (says_live) c_.time = "real";
    if (c_.time == "real") real_time(root);
    market_log(root["market_log"]);
    store(root["store"]);
    listen(root["listen"]);
    // Before the instances: their params may not say otherwise.
    if (const Node s = root["signals"]; s.IsDefined() && s.IsMap()) {
      one_of(s["combine"], "signals.combine", {"mean", "vote", "first"}, c_.signals.combine);
      number(s["resolve_bars"], "signals.resolve_bars", 1, 100'000, c_.signals.resolve_bars);
      one_of(s["explain"], "signals.explain", {"auto", "off", "orders", "decisions", "all"}, c_.signals.explain);
      number(s["explain_top"], "signals.explain_top", 1, 10'000, c_.signals.explain_top);
    }
    if (const Node e = root["execution"]; there(e) && e.IsMap()) portfolio(e["portfolio_uuid"], e["account"]);
    pegs(root["portfolio"]);
    instruments(root);
    rewards(root["portfolio"]);
    data_symbols(root["instruments"]);
    if (!c_.pegs.empty()) peg_products(root);
    plugins(root);
    instances(root);
    peers(root);
    if (options_.complete) roles(root["instances"]);
    if (const Node b = root["bridge"]; b.IsDefined() && b.IsMap()) {
      fraction(b["max_position"], "bridge.max_position", "0", "1", c_.bridge.max_position);
      flag(b["cost_gate"], "bridge.cost_gate", c_.bridge.cost_gate);
      fraction(b["cost_margin"], "bridge.cost_margin", "0", "1", c_.bridge.cost_margin);
    }
    // Where the journal is in memory nothing outlives the run, and the venue is the run's own: by itself it is not asked.
    if (c_.journal == "file") c_.execution.reconcile.orders_every_ns = 60'000'000'000, c_.execution.reconcile.balances_every_ns = 300'000'000'000;
    if (c_.mode == "live") {
      c_.execution.starts_reducing = true;
      c_.execution.assumed_half_spread = Decimal::zero();  // nothing is assumed, also where bars come without quotes
    }
    execution(root["execution"]);
    if (const Node r = root["rebalance"]; r.IsDefined() && r.IsMap())
      number(r["every_bars"], "rebalance.every_bars", 0, 1'000'000, c_.rebalance.every_bars);
    if (const Node l = root["log"]; l.IsDefined() && l.IsMap()) {
      one_of(l["level"], "log.level", {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}, c_.log.level);
      text(l["file"], "log.file", c_.log.file);
    }
    if (c_.mode == "live") live_guards(root);
  }

 private:
  bool there(const Node& n) const { return n.IsDefined() && !n.IsNull(); }
  void bad(const Node& at, const std::string& path, const char* code, std::string message) { tree_.problem(at, path, code, std::move(message)); }

  bool text(const Node& n, const std::string& path, std::string& to) {
    if (!there(n)) return false;
    auto t = tree_.text(n, path);
    if (!t) return false;
    to = std::move(*t);
    return true;
  }
  /// A key that has to be there, with text in it. One problem whatever is wrong: absent, of another kind, or empty.
  void required(const Node& map, const char* key, const std::string& path, std::string& to) {
    const Node n = map[key];
    const std::string where = path + "." + key;
    if (!n.IsDefined()) return bad(map, where, "CONFIG_KEY_MISSING", "is required and not there");
    if (text(n, where, to) && to.empty()) bad(n, where, "CONFIG_VALUE", "must not be empty");
  }
  void one_of(const Node& n, const std::string& path, const std::vector<std::string>& names, std::string& to) {
    std::string t;
    if (!text(n, path, t)) return;
    if (std::find(names.begin(), names.end(), t) != names.end()) {
      to = t;
      return;
    }
    std::string list;
    for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
    const std::string near = nearest(t, names);
    bad(n, path, "CONFIG_VALUE", t + " is none of: " + list + (near.empty() ? "" : "; did you mean " + near + "?"));
  }
  template <class T>
  void number(const Node& n, const std::string& path, std::int64_t min, std::int64_t max, T& to) {
    std::string t;
    if (!text(n, path, t)) return;
    const auto v = n.Tag() == "!" ? std::nullopt : parse_integer(t);
    if (!v) return bad(n, path, "CONFIG_TYPE", "a whole number without leading zeros is needed here");
    if (*v < min) return bad(n, path, "CONFIG_RANGE", t + " is under the limit of " + std::to_string(min));
    if (*v > max) return bad(n, path, "CONFIG_RANGE", t + " is over the limit of " + std::to_string(max));
    to = static_cast<T>(*v);
  }
  void duration(const Node& n, const std::string& path, std::int64_t min, std::int64_t& to) {
    std::string t;
    if (!text(n, path, t)) return;
    const auto v = parse_duration(t);
    if (!v) return bad(n, path, "CONFIG_TYPE", "a duration such as 30s, 5m or 1h is needed here");
    if (*v < min) return bad(n, path, "CONFIG_RANGE", t + " is too short");
    to = *v;
  }
  /// 0, or between the two.
  void size(const Node& n, const std::string& path, std::int64_t min, std::int64_t max, std::int64_t& to) {
    std::string t;
    if (!text(n, path, t)) return;
    const auto v = parse_size(t);
    if (!v) return bad(n, path, "CONFIG_TYPE", "a size such as 64KiB, 16MiB or 1GiB is needed here");
    if (*v != 0 && *v < min) return bad(n, path, "CONFIG_RANGE", t + " is too small");
    if (*v > max) return bad(n, path, "CONFIG_RANGE", t + " is too large");
    to = *v;
  }
  void flag(const Node& n, const std::string& path, bool& to) {
    std::string t;
    if (!text(n, path, t)) return;
    const auto v = parse_bool(t);
    if (!v) return bad(n, path, "CONFIG_TYPE", "on or off is needed here");
    to = *v;
  }
  void fraction(const Node& n, const std::string& path, std::string_view min, std::string_view max, Decimal& to) {
    std::string t;
    if (!text(n, path, t)) return;
    const auto v = parse_fraction(t);
    if (!v) return bad(n, path, "CONFIG_TYPE", "a fraction such as 5%, 5bp or 0.05 is needed here");
    if (*v < *parse_decimal(min)) return bad(n, path, "CONFIG_RANGE", t + " is under the limit of " + std::string(min));
    if (*v > *parse_decimal(max)) return bad(n, path, "CONFIG_RANGE", t + " is over the limit of " + std::string(max == "1" ? "100%" : max));
    to = *v;
  }
  /// A fraction above 0, or `off`.
  void limit(const Node& n, const std::string& path, Decimal& to) {
    std::string t;
    if (there(n) && n.IsScalar() && n.Tag() != "!" && parse_bool(n.Scalar()) == false) to = Decimal::not_set();
    else fraction(n, path, "0.0001", "1", to);
  }
  void amount(const Node& n, const std::string& path, bool positive, Decimal& to) {
    std::string t;
    if (!text(n, path, t)) return;
    const auto v = parse_decimal(t);
    if (!v) return bad(n, path, "CONFIG_TYPE", "a plain decimal such as 10000 or 0.01 is needed here");
    if (*v < Decimal::zero() || (positive && v->is_zero())) return bad(n, path, "CONFIG_RANGE", positive ? "must be above 0" : "must not be below 0");
    to = *v;
  }

  // TRADING_MODE may only make a run safer (trading rules 6).
  void trading_mode(const Node& at) {
    const auto env = options_.env ? options_.env("TRADING_MODE") : std::nullopt;
    if (!env || env->empty()) return;
    if (*env != "mock" && *env != "live") return bad(at, "mode", "CONFIG_MODE", "TRADING_MODE is neither mock nor live: correct or remove it");
    if (*env == "live" && c_.mode == "mock") {
      out_.live_guard = true;
      return bad(at, "mode", "CONFIG_MODE", "TRADING_MODE=live over a file with mode: mock: the environment may only make a run safer; set mode: live in the file, or remove TRADING_MODE");
    }
    if (*env == "mock" && c_.mode == "live") {
      c_.mode = "mock";
      out_.notes.push_back("TRADING_MODE=mock: " + tree_.file() + " says mode: live, and this run is a mock one");
    }
  }

  /// What decides whether money is at stake is read in the file itself: where ${NAME} stood, the environment would decide.
  bool written_out(const Node& n, const std::string& path) {
    if (!there(n) || !n.IsScalar() || n.Scalar().find("${") == std::string::npos) return true;
    out_.live_guard = true;
    bad(n, path, "CONFIG_MODE", "the environment must not decide this: write it out");
    return false;
  }

  void services(const Node& root) {
    const Node n = root["services"];
    if (!there(n)) {
      c_.services = service_names;
      return;
    }
    if (!n.IsSequence()) return bad(n, "services", "CONFIG_TYPE", "a list is needed here");
    for (std::size_t i = 0; i < n.size(); ++i) {
      std::string s;
      const std::string path = "services[" + std::to_string(i) + "]";
      one_of(n[i], path, service_names, s);
      if (s.empty()) continue;
      if (std::find(c_.services.begin(), c_.services.end(), s) != c_.services.end()) bad(n[i], path, "CONFIG_VALUE_REPEATED", s + " is listed twice");
      c_.services.push_back(s);
    }
    if (n.size() == 0) bad(n, "services", "CONFIG_SERVICES", "a process is at least one service: name it, or leave the key out for all four");
  }

  /// What happens once can't be had again from the feeds.
  void real_time(const Node& root) {
    if (c_.max_bar_delay_ns == 0) c_.max_bar_delay_ns = c_.interval_ns;
    c_.execution.floor.max_mark_age_ns = 2 * c_.interval_ns;  // the file may say otherwise, below
    if (c_.journal == "memory" && c_.mode != "live") bad(root["journal"], "journal", "CONFIG_VALUE", "memory is for replay and simulation: with time: real it must be file");
    if (c_.services.size() < service_names.size() && there(root["services"]) && c_.mode != "live")
      bad(root["services"], "services", "CONFIG_SERVICES", "with time: real all four services are one process: a tick of the clock is not told to another");
  }

  void market_log(const Node& n) {
    c_.market_log.enabled = c_.time == "real";
    if (!there(n) || !n.IsMap()) return;
    flag(n["enabled"], "market_log.enabled", c_.market_log.enabled);
    duration(n["keep"], "market_log.keep", 0, c_.market_log.keep_ns);
    size(n["keep_size"], "market_log.keep_size", 1024 * 1024, INT64_MAX, c_.market_log.keep_bytes);
    if (c_.market_log.enabled && c_.time != "real")
      bad(n["enabled"], "market_log.enabled", "CONFIG_VALUE", "is for time: real alone: what moves by its data has them again");
  }

  void store(const Node& n) {
    if (!there(n) || !n.IsMap()) return;
    text(n["transactions"], "store.transactions", c_.store.transactions);
    text(n["prices"], "store.prices", c_.store.prices);
    for (const auto& [name, url] : {std::pair<const char*, std::string&>{"transactions", c_.store.transactions}, {"prices", c_.store.prices}})
      if (url != "none" && !url.starts_with("sqlite://"))
        bad(n[name], std::string("store.") + name, "CONFIG_VALUE", "sqlite://path or none is needed here");
    if ((c_.store.transactions == "none") != (c_.store.prices == "none"))
      bad(n, "store", "CONFIG_VALUE", "none goes for both files or for neither");
    if (c_.store.transactions != "none" && c_.store.transactions == c_.store.prices)
      bad(n, "store", "CONFIG_VALUE", "transactions and prices need a file each");
  }

  void listen(const Node& n) {
    c_.listen.ports = {{"signal-generator", 8025}, {"signal-bridge", 8022}, {"trade-execution", 8024}, {"portfolio-rebalancer", 8047}};
    if (!there(n) || !n.IsMap()) return;
    flag(n["enabled"], "listen.enabled", c_.listen.enabled);
    text(n["host"], "listen.host", c_.listen.host);
    tokens(n["tokens"]);
    tls(n["tls"]);
    if (c_.listen.enabled && c_.listen.tokens.there() && !c_.listen.tls.there() && !loopback(c_.listen.host))
      out_.notes.push_back("listen.tokens without listen.tls on " + c_.listen.host + ": whoever is on the way can read the tokens");
    const Node ports = n["ports"];
    if (!there(ports) || !ports.IsMap()) return;
    for (const std::string& s : service_names) number(ports[s], "listen.ports." + s, 0, 65'535, c_.listen.ports[s]);
    std::map<std::uint16_t, std::string> taken;
    for (const auto& [service, port] : c_.listen.ports) {
      const auto [it, fresh] = taken.emplace(port, service);
      if (!fresh && port != 0)
        bad(there(ports[service]) ? ports[service] : ports, "listen.ports." + service, "CONFIG_PORT_SHARED",
            "port " + std::to_string(port) + " is that of " + it->second + " too: give each service its own");
    }
  }

  /// Whether what the ports need has to be there: not for who reads the file for its venue alone, and opens none.
  bool opens_ports() const { return c_.listen.enabled && options_.only_kind.empty(); }

  /// A reference, never a text; `fits` is asked about what it stands for, where ports are opened.
  bool secret_reference(const Node& n, const std::string& path, std::string& to, const std::function<Result<void>(const Secret&)>& fits) {
    std::string reference;
    if (!text(n, path, reference)) return false;
    if (!reference.starts_with("secret://")) {
      bad(n, path, "CONFIG_VALUE", "must name a secret as secret://name: what is secret never stands in this file");
      return false;
    }
    if (opens_ports()) {
      const auto found = find_secret(reference, options_.env);
      if (!found) return bad(n, path, "CONFIG_SECRET", found.error().message), false;
      if (const auto good = fits(*found); !good) return bad(n, path, good.error().code.c_str(), good.error().message), false;
    }
    to = std::move(reference);
    return true;
  }

  void tokens(const Node& n) {
    if (!there(n) || !n.IsMap()) return;
    auto& t = c_.listen.tokens;
    std::vector<std::pair<std::string, Secret>> seen;
    for (const auto& [name, to] : {std::pair<const char*, std::string*>{"read", &t.read}, {"trade", &t.trade}, {"emergency", &t.emergency}}) {
      const std::string path = std::string("listen.tokens.") + name;
      if (!there(n[name])) {
        bad(n, path, "CONFIG_KEY_MISSING", "is required beside the other tokens and not there: a token for each scope, or none at all");
        continue;
      }
      secret_reference(n[name], path, *to, [&](const Secret& s) -> Result<void> {
        if (auto good = token_fits(s.reveal()); !good) return good;
        for (const auto& [other, text] : seen)
          if (text.reveal() == s.reveal())
            return Error{"CONFIG_TOKEN_SHARED", "is the same token as " + other + ": each scope needs its own"};
        seen.emplace_back(path, Secret(std::string(s.reveal())));
        return {};
      });
    }
    if (!t.there()) t = {};
    if (c_.services.size() < service_names.size() && there(n))
      bad(n, "listen.tokens", "CONFIG_ACCESS_PARTED", "services in several processes show each other no tokens: make them one process, or leave this out");
  }

  void tls(const Node& n) {
    if (!there(n) || !n.IsMap()) return;
    auto& t = c_.listen.tls;
    std::string file;
    required(n, "certificate", "listen.tls", file);
    if (!file.empty()) {
      const std::filesystem::path p = file;
      t.certificate = (p.is_absolute() ? p : folder_ / p).lexically_normal();
      if (opens_ports() && !std::ifstream(t.certificate).good())
        bad(n["certificate"], "listen.tls.certificate", "CONFIG_VALUE", t.certificate.string() + " cannot be read: is it there, and may this user read it?");
    }
    if (!there(n["key"])) bad(n, "listen.tls.key", "CONFIG_KEY_MISSING", "is required and not there");
    else secret_reference(n["key"], "listen.tls.key", t.key, [](const Secret&) { return Result<void>(); });
    if (c_.services.size() < service_names.size())
      bad(n, "listen.tls", "CONFIG_ACCESS_PARTED", "services in several processes speak to each other without TLS: make them one process, or leave this out");
  }

  // One file may serve all processes of a run: what it says of the services of this one is not used.
  void peers(const Node& root) {
    const Node n = root["peers"];
    if (there(n) && n.IsMap())
      for (const std::string& s : service_names) {
        std::string url;
        if (!text(n[s], "peers." + s, url)) continue;
        const std::size_t colon = url.rfind(':');
        const auto port = parse_integer(url.substr(colon + 1));
        if (!url.starts_with("http://") || colon < 8 || !port || *port < 1 || *port > 65'535)
          bad(n[s], "peers." + s, "CONFIG_VALUE", "http://host:port is needed here");
        else
          c_.peers[s] = url;
      }
    const auto here = [this](const std::string& s) { return std::find(c_.services.begin(), c_.services.end(), s) != c_.services.end(); };
    if (c_.services.empty() || c_.services.size() == service_names.size()) return;
    const bool plans = std::any_of(c_.instances.begin(), c_.instances.end(), [](const InstanceConfig& i) { return i.kind == "rebalancer"; });
    for (const std::string& s : service_names)
      if (!here(s) && !c_.peers.contains(s) && (plans || s != "portfolio-rebalancer"))
        bad(there(n) ? n : root["services"], "peers." + s, "CONFIG_PEER_MISSING",
            s + " is not a service of this process: say where it is, as in http://127.0.0.1:" + std::to_string(c_.listen.ports.at(s)));
    if (!c_.listen.enabled) bad(root["listen"]["enabled"], "listen.enabled", "CONFIG_PEER_DEAF", "services in several processes reach each other through their ports: leave this on");
    for (const std::string& s : c_.services)
      if (c_.services.size() > 1 && c_.listen.ports.at(s) == 0)
        bad(root["listen"], "listen.ports." + s, "CONFIG_PORT_OPEN", "a service that others of the run talk to needs a port of its own here");
  }

  void instruments(const Node& root) {
    const Node n = root["instruments"];
    if (!there(n)) return bad(root, "instruments", "CONFIG_KEY_MISSING", "is required and not there");
    if (!n.IsSequence() || n.size() == 0) return bad(n, "instruments", "CONFIG_TYPE", "a list with at least one instrument is needed here");
    std::set<std::string> seen;
    for (std::size_t i = 0; i < n.size(); ++i) {
      const std::string path = "instruments[" + std::to_string(i) + "]";
      InstrumentConfig ins;
      if (n[i].IsMap()) {
        required(n[i], "symbol", path, ins.symbol);
        text(n[i]["data_symbol"], path + ".data_symbol", ins.data_symbol);
        amount(n[i]["base_step"], path + ".base_step", true, ins.base_step);
        amount(n[i]["quote_step"], path + ".quote_step", true, ins.quote_step);
        amount(n[i]["px_step"], path + ".px_step", true, ins.px_step);
        amount(n[i]["base_min"], path + ".base_min", false, ins.base_min);
        amount(n[i]["quote_min"], path + ".quote_min", false, ins.quote_min);
        fraction(n[i]["maker_fee"], path + ".maker_fee", "0", "0.5", ins.maker_fee);
        fraction(n[i]["taker_fee"], path + ".taker_fee", "0", "0.5", ins.taker_fee);
      } else {
        text(n[i], path, ins.symbol);
      }
      if (ins.symbol.empty()) continue;
      if (ins.data_symbol == ins.symbol) ins.data_symbol.clear();
      const auto dash = ins.symbol.find('-');
      if (!is_pair(ins.symbol))
        bad(n[i], path, "CONFIG_VALUE", ins.symbol + " is not of the form BASE-QUOTE, as in BTC-USD");
      else if (!seen.insert(ins.symbol).second)
        bad(n[i], path, "CONFIG_VALUE_REPEATED", ins.symbol + " is listed twice");
      else if (const std::string one = first_quote(); !one.empty() && !counts_as(ins.symbol.substr(dash + 1), one))
        // Cash, equity, limits and fees are one sum: without exchange rates it would add up different currencies.
        bad(n[i], path, "CONFIG_QUOTE_MIXED",
            ins.symbol + " is not quoted in " + one + (c_.pegs.empty() ? " as " + c_.instruments.front().symbol + " is" : " or what is pegged to it") +
                ": a run has one quote asset and what portfolio.pegs says counts as it, since amounts in several cannot be added up; make it a run of its own, with its own --var");
      c_.instruments.push_back(std::move(ins));
    }
  }

  static bool is_pair(const std::string& s) {
    const auto dash = s.find('-');
    return dash != std::string::npos && dash != 0 && dash + 1 != s.size() && s.find('-', dash + 1) == std::string::npos;
  }

  // Data of one product for orders of another, which shares its book (trading rules 5.7). Whether it does is the venue's to say.
  void data_symbols(const Node& n) {
    const auto data_of = [](const InstrumentConfig& i) -> const std::string& { return i.data_symbol.empty() ? i.symbol : i.data_symbol; };
    for (std::size_t i = 0; i < c_.instruments.size() && n.size() == c_.instruments.size(); ++i) {
      const std::string &data = c_.instruments[i].data_symbol, &symbol = c_.instruments[i].symbol;
      if (data.empty() || !is_pair(symbol)) continue;
      const std::string path = "instruments[" + std::to_string(i) + "].data_symbol";
      const Node at = n[i]["data_symbol"];
      const std::string base = symbol.substr(0, symbol.find('-')), quote = data.substr(data.find('-') + 1);
      if (!is_pair(data))
        bad(at, path, "CONFIG_VALUE", data + " is not of the form BASE-QUOTE, as in BTC-USD");
      else if (!data.starts_with(base + "-"))
        bad(at, path, "CONFIG_DATA_BASE", symbol + " can't have the data of " + data + ", which is of another base asset: its price is not that of " + base);
      else if (quote == base || (!c_.pegs.empty() && (pegged(base) || !counts_as(quote, {}))))
        bad(at, path, "CONFIG_DATA_QUOTE", symbol + " can't have the data of " + data + ": its price is taken as it is, and " +
                                               (!c_.pegs.empty() && pegged(base) ? base + "'s peg is told by " + symbol + " itself" : quote + " is no asset that counts as the run's"));
      else
        for (std::size_t j = 0; j < c_.instruments.size(); ++j)
          if (j != i && data_of(c_.instruments[j]) == data && (j < i || c_.instruments[j].data_symbol.empty()))
            bad(at, path, "CONFIG_DATA_SHARED", "the data of " + data + " are those of " + c_.instruments[j].symbol + " already: a feed that tells them would not know whose they are");
    }
  }

  // What counts as cash beside the accounting asset (trading rules 5.7).
  void pegs(const Node& portfolio) {
    const Node n = there(portfolio) && portfolio.IsMap() ? portfolio["pegs"] : Node(YAML::NodeType::Undefined);
    if (!there(n) || !n.IsMap()) return;
    for (const auto& entry : n) {
      PegConfig p;
      p.asset = entry.first.Scalar();
      const std::string path = "portfolio.pegs." + p.asset;
      const Node at = entry.second;
      if (!at.IsMap()) continue;  // said already
      required(at, "to", path, p.to);
      fraction(at["band"], path + ".band", "0.0001", "0.1", p.band);
      std::string mark = there(at["mark"]) ? "" : "product";
      one_of(at["mark"], path + ".mark", {"product", "par"}, mark);
      p.par = mark != "product";  // of another word is said enough
      if (p.to.empty()) continue;
      if (p.asset.empty() || p.asset.find('-') != std::string::npos || p.to.find('-') != std::string::npos)
        bad(at, path, "CONFIG_VALUE", "two assets are needed here, as in USDC: {to: USD}");
      else if (p.asset == p.to || (!c_.pegs.empty() && p.to != c_.pegs.front().to) || n[p.to].IsDefined())
        bad(at["to"], path + ".to", "CONFIG_PEG_TO", p.asset + " is pegged to " + p.to + ": all pegs are to the one accounting asset, which has none itself");
      else
        c_.pegs.push_back(std::move(p));
    }
  }
  // What earns at the venue (trading rules 5.6).
  void rewards(const Node& portfolio) {
    const Node n = there(portfolio) && portfolio.IsMap() ? portfolio["rewards"] : Node(YAML::NodeType::Undefined);
    if (!there(n) || !n.IsMap()) return;
    const auto traded = [this](const std::string& asset) {
      return std::any_of(c_.instruments.begin(), c_.instruments.end(), [&asset](const InstrumentConfig& i) {
        return i.symbol.starts_with(asset + "-") || i.symbol.ends_with("-" + asset);
      });
    };
    for (const auto& entry : n) {
      RewardConfig r;
      r.asset = entry.first.Scalar();
      const std::string path = "portfolio.rewards." + r.asset;
      const Node at = entry.second;
      if (!at.IsMap()) continue;  // said already
      std::string most;
      required(at, "most", path, most);
      if (!most.empty()) fraction(at["most"], path + ".most", "0.000001", "0.1", r.most);
      if (r.asset.empty() || r.asset.find('-') != std::string::npos || !traded(r.asset))
        bad(at, path, "CONFIG_VALUE", "no instrument has the asset " + r.asset + ": nothing of it is in the book; remove it");
      else if (r.most.is_set())
        c_.rewards.push_back(std::move(r));
    }
  }
  bool pegged(const std::string& asset) const {
    return std::any_of(c_.pegs.begin(), c_.pegs.end(), [&](const PegConfig& p) { return p.asset == asset; });
  }
  /// Whether amounts in `quote` add up with those of the run, whose quote asset is `one` where nothing is pegged.
  bool counts_as(const std::string& quote, const std::string& one) const {
    return c_.pegs.empty() ? quote == one : quote == c_.pegs.front().to || pegged(quote);
  }
  void peg_products(const Node& root) {
    const Node n = root["instruments"], of = root["portfolio"]["pegs"];
    std::set<std::string> bases, quotes, symbols;
    for (std::size_t i = 0; i < c_.instruments.size(); ++i) {
      const std::string& symbol = c_.instruments[i].symbol;
      const auto dash = symbol.find('-');
      if (dash == std::string::npos) continue;
      const std::string base = symbol.substr(0, dash), quote = symbol.substr(dash + 1), path = "instruments[" + std::to_string(i) + "]";
      symbols.insert(symbol);
      quotes.insert(quote);
      // The first of the list is held against nothing above.
      if (i == 0 && !counts_as(quote, {}))
        bad(n[i], path, "CONFIG_QUOTE_MIXED", symbol + " is quoted in neither " + c_.pegs.front().to + " nor what is pegged to it: add it to portfolio.pegs, or make it a run of its own");
      const bool cash = base == c_.pegs.front().to || pegged(base);
      if (cash && !(pegged(base) && quote == c_.pegs.front().to))
        bad(n[i], path, "CONFIG_PEG_PRODUCT", symbol + " trades cash for cash: of such products only the one that tells a peg's price can be here, as in USDC-USD");
      else if (!bases.insert(base).second)
        // Two positions would share the coins of one balance at the venue.
        bad(n[i], path, "CONFIG_BASE_SHARED", base + " is traded against another quote asset already: a run has one product of each base asset");
    }
    for (const PegConfig& p : c_.pegs) {
      if (!quotes.contains(p.asset)) bad(of[p.asset], "portfolio.pegs." + p.asset, "CONFIG_VALUE", "no instrument is quoted in " + p.asset + ": it would count as cash that buys nothing; remove it");
      if (!p.par && !symbols.contains(p.asset + "-" + p.to))
        bad(of[p.asset], "portfolio.pegs." + p.asset + ".mark", "CONFIG_PEG_MARK",
            "no instrument " + p.asset + "-" + p.to + " tells its price: add it, with a feed that has it, or state mark: par");
    }
  }

  /// Quote asset of the first instrument; empty when there is none, or when its symbol is wrong anyway.
  std::string first_quote() const {
    if (c_.instruments.empty()) return {};
    const std::string& first = c_.instruments.front().symbol;
    const auto dash = first.find('-');
    return dash == std::string::npos ? std::string() : first.substr(dash + 1);
  }

  void network(const Node& n) {
    RunConfig::Plugins::Network& to = c_.plugins.network;
    const std::string at = "plugins.network.";
    constexpr std::int64_t least_size = 64 * 1024, most_size = std::int64_t{4} << 30;
    if (std::string t; text(n["ca_file"], at + "ca_file", t) && !t.empty()) {
      const std::filesystem::path p(t);
      to.ca_file = (p.is_absolute() ? p : folder_ / p).lexically_normal();
    }
    duration(n["timeout"], at + "timeout", 1'000'000, to.timeout_ns);
    duration(n["connect_timeout"], at + "connect_timeout", 1'000'000, to.connect_ns);
    duration(n["idle"], at + "idle", 1'000'000'000, to.idle_ns);
    duration(n["ping"], at + "ping", 100'000'000, to.ping_ns);
    number(n["connections"], at + "connections", 2, 64, to.connections);
    number(n["spare"], at + "spare", 0, 16, to.spare);
    number(n["queue"], at + "queue", 1, 65'536, to.queue);
    for (const auto& [key, size_of] : {std::pair{"max_reply", &to.max_reply}, std::pair{"max_frame", &to.max_frame}}) {
      size(n[key], at + key, least_size, most_size, *size_of);
      if (*size_of == 0) bad(n[key], at + key, "CONFIG_RANGE", "0 is too small");
    }
  }
  void plugins(const Node& root) {
    const Node n = root["plugins"];
    if (!there(n) || !n.IsMap() || !there(n["path"])) return bad(there(n) ? n : root, "plugins.path", "CONFIG_KEY_MISSING", "is required and not there");
    const Node path = n["path"];
    if (!path.IsSequence()) return bad(path, "plugins.path", "CONFIG_TYPE", "a list of folders is needed here");
    for (std::size_t i = 0; i < path.size(); ++i) {
      std::string t;
      if (!text(path[i], "plugins.path[" + std::to_string(i) + "]", t)) continue;
      const std::filesystem::path p(t);
      c_.plugins.path.push_back((p.is_absolute() ? p : folder_ / p).lexically_normal());
    }
    if (const Node limits = n["call_limits"]; there(limits) && limits.IsMap()) {
      constexpr std::int64_t least = 100'000'000;  // a loaded machine may keep a thread from running for that long
      duration(limits["lane"], "plugins.call_limits.lane", least, c_.plugins.lane_limit_ns);
      duration(limits["broker"], "plugins.call_limits.broker", least, c_.plugins.broker_limit_ns);
      duration(limits["pull"], "plugins.call_limits.pull", least, c_.plugins.pull_limit_ns);
      duration(limits["control"], "plugins.call_limits.control", least, c_.plugins.control_limit_ns);
    }
    if (const Node net = n["network"]; there(net) && net.IsMap()) network(net);
    const Node pins = n["pins"];
    if (!there(pins) || !pins.IsMap()) return;
    for (const auto& entry : pins) {
      std::string sha;
      const std::string name = entry.first.Scalar();
      if (!text(entry.second, "plugins.pins." + name, sha)) continue;
      if (sha.size() != 64 || sha.find_first_not_of("0123456789abcdef") != std::string::npos)
        bad(entry.second, "plugins.pins." + name, "CONFIG_VALUE", "a SHA-256 of 64 lower-case hex digits is needed here");
      c_.plugins.pins[name] = sha;
    }
  }

  void instances(const Node& root) {
    const Node n = root["instances"];
    if (!there(n)) return bad(root, "instances", "CONFIG_KEY_MISSING", "is required and not there");
    if (!n.IsSequence()) return bad(n, "instances", "CONFIG_TYPE", "a list is needed here");
    std::set<std::string> seen;
    for (std::size_t i = 0; i < n.size(); ++i) {
      const std::string path = "instances[" + std::to_string(i) + "]";
      const Node at = n[i];
      if (!at.IsMap()) {
        bad(at, path, "CONFIG_TYPE", "keys with values are needed here");
        continue;
      }
      InstanceConfig ins;
      required(at, "id", path, ins.id);
      required(at, "plugin", path, ins.plugin);
      if (!at["kind"].IsDefined()) bad(at, path + ".kind", "CONFIG_KEY_MISSING", "is required and not there");
      one_of(at["kind"], path + ".kind", kind_names, ins.kind);
      if (!ins.id.empty() && !seen.insert(ins.id).second) bad(at["id"], path + ".id", "CONFIG_VALUE_REPEATED", ins.id + " is the id of another instance too");
      if (Decimal weight = Decimal::from_mantissa(1, 0); there(at["weight"])) {
        fraction(at["weight"], path + ".weight", "0", "1", weight);
        ins.weight = weight.to_double();
      }
      if (!ins.plugin.empty() && !ins.kind.empty()) params(at, path, ins);
      c_.instances.push_back(std::move(ins));
    }
  }

  // What the services of this process cannot do without; instances of other processes' services may stand here too.
  void roles(const Node& n) {
    if (!n.IsDefined() || !n.IsSequence()) return;  // said already
    const auto count = [this](std::string_view kind) {
      return std::count_if(c_.instances.begin(), c_.instances.end(), [kind](const InstanceConfig& i) { return i.kind == kind; });
    };
    if (count("") != 0) return;  // one of them has no kind: which one it was meant to be is not known
    const auto here = [this](std::string_view s) { return std::find(c_.services.begin(), c_.services.end(), s) != c_.services.end(); };
    if (here("signal-generator")) {
      if (count("feed") == 0) bad(n, "instances", "RUN_FEED_MISSING", "no instance of kind feed: there would be no bar; add one");
      if (count("signal") == 0)
        bad(n, "instances", "RUN_SIGNAL_MISSING", "no instance of kind signal: nothing would ever be predicted; add one");
    }
    if (const auto brokers = count("broker"); here("trade-execution") && brokers != 1)
      bad(n, "instances", "RUN_BROKER_COUNT",
          "a run has exactly one instance of kind broker, and here are " + std::to_string(brokers) + ": orders go to one venue");
  }

  void params(const Node& at, const std::string& path, InstanceConfig& ins) {
    if (!options_.only_kind.empty() && ins.kind != options_.only_kind) return;
    secrets(at["params"], path + ".params");
    if (!options_.schema || c_.plugins.path.empty()) return;
    const auto schema = options_.schema(c_, ins.plugin, ins.kind);
    if (!schema) {
      if (schema.error().code.starts_with("LIVE_")) out_.live_guard = true;
      // What is wrong with the folders is wrong for every instance, and is said once.
      if (schema.error().code != "PLUGIN_FOLDER_MISSING" || schema_said_.insert(schema.error().message).second)
        bad(at["plugin"], path + ".plugin", schema.error().code.c_str(), schema.error().message);
      return;
    }
    HostKeys host{c_.interval_ns, c_.signals.resolve_bars, c_.execution.portfolio_uuid};
    for (const InstrumentConfig& i : c_.instruments)
      if (!i.data_symbol.empty()) host.data_symbols.emplace(i.symbol, i.data_symbol);
    if (auto read = read_params(tree_, at["params"], at, path + ".params", *schema, {folder_, options_.state}, host)) {
      ins.params_json = std::move(read->json);
      ins.state_files = std::move(read->state_files);
      ins.read_files = std::move(read->read_files);
      ins.key_file = std::move(read->key_file);
      ins.key_name = std::move(read->key_name);
    }
  }

  // A reference stays a reference; that it can be resolved is checked now, and its text is never kept.
  void secrets(const Node& n, const std::string& path) {
    if (!n.IsDefined()) return;
    if (n.IsMap())
      for (const auto& entry : n) secrets(entry.second, path + "." + (entry.first.IsScalar() ? entry.first.Scalar() : "?"));
    else if (n.IsSequence())
      for (std::size_t i = 0; i < n.size(); ++i) secrets(n[i], path + "[" + std::to_string(i) + "]");
    else if (n.IsScalar() && n.Scalar().starts_with("secret://"))
      if (auto found = find_secret(n.Scalar(), options_.env); !found) bad(n, path, "CONFIG_SECRET", found.error().message);
  }

  // Only ever a reference: a key that somebody wrote here must not come out again with a message.
  void receipt_key(const Node& n, std::string& to) {
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
  void band(const Node& drift, const std::string& what, Decimal& cap, Decimal& above) {
    const std::string path = "execution.drift." + what;
    const Node from = drift[what + "_cap"], to = drift[what + "_above"];
    fraction(from, path + "_cap", "0", "1", cap);
    fraction(to, path + "_above", "0", "1", above);
    if (there(from) != there(to)) return bad(drift, path + "_cap", "CONFIG_KEY_MISSING", "goes with " + path + "_above: give both, or none");
    if (cap.is_set() && above.is_set() && above < cap) bad(to, path + "_above", "CONFIG_RANGE", "must not be under " + path + "_cap");
  }

  // Each step is wider than the one before: an exit goes through them until somebody buys.
  void collar(const Node& n, std::vector<Decimal>& to) {
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

  /// A list of configured instruments. An empty one is refused: nobody means it.
  void symbols(const Node& n, const std::string& path, std::vector<std::string>& to) {
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

  /// The portfolio takes the place of the account's name: journal, store and order ids are of it.
  void portfolio(const Node& n, const Node& account) {
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

  void execution(const Node& n) {
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
    const Node f = n["floor"];
    if (!there(f) || !f.IsMap()) return;
    amount(f["max_order"], "execution.floor.max_order", true, e.floor.max_order);
    amount(f["max_day"], "execution.floor.max_day", true, e.floor.max_day);
    amount(f["max_total"], "execution.floor.max_total", true, e.floor.max_total);
    fraction(f["price_collar"], "execution.floor.price_collar", "0", "1", e.floor.price_collar);
    number(f["max_orders_per_minute"], "execution.floor.max_orders_per_minute", 0, 1'000'000, e.floor.max_orders_per_minute);
    duration(f["max_mark_age"], "execution.floor.max_mark_age", 0, e.floor.max_mark_age_ns);
    limit(f["mark_jump"], "execution.floor.mark_jump", e.floor.mark_jump);
    duration(f["mark_jump_wait"], "execution.floor.mark_jump_wait", 0, e.floor.mark_jump_wait_ns);
  }

  void live_guards(const Node& root) {
    LiveFacts& facts = out_.live_facts;
    if (const Node e = root["execution"]; e.IsDefined() && e.IsMap()) facts.half_spread_said = there(e["assumed_half_spread"]);
    const auto pod = options_.env ? options_.env("KUBERNETES_SERVICE_HOST") : std::nullopt;
    facts.in_kubernetes = pod && !pod->empty();
    // Who needs the venue alone starts no run; and the canary itself is made before there is one.
    facts.canary_passed = !options_.only_kind.empty() || (options_.canary && options_.canary(c_));
    for (const MissingGuard& g : missing_guards(c_, facts, options_.only_kind.empty() ? LiveFor::trading : LiveFor::ending)) {
      out_.live_guard = true;
      // Of a list each thing is told: what one instance lacks says nothing of the others.
      if (g.path != "instances" && said_of(g.path)) continue;  // one problem of a key is enough: a secret that is not there, a uuid that is none
      bad(nearest_to(root, g.path, root["mode"]), std::string(g.path), g.code.data(), std::string(g.message));
    }
  }

  /// Whether something is wrong with that key, or with one below it.
  bool said_of(std::string_view key) const {
    return std::any_of(out_.problems.begin(), out_.problems.end(), [&](const Problem& p) {
      return p.path == key || (p.path.starts_with(key) && p.path[key.size()] == '.');
    });
  }

  /// The key itself, or the nearest one above it that is there; `otherwise` where none is.
  static Node nearest_to(const Node& in, std::string_view path, const Node& otherwise) {
    const std::size_t dot = path.find('.');
    const Node next = in.IsMap() ? in[std::string(path.substr(0, dot))] : Node(YAML::NodeType::Undefined);
    if (!next.IsDefined()) return otherwise;
    return dot == std::string_view::npos ? next : nearest_to(next, path.substr(dot + 1), next);
  }
};

/// Notes where a document begins; all else of it is passed over.
class Beginnings final : public YAML::EventHandler {
 public:
  YAML::Mark mark = YAML::Mark::null_mark();
  void OnDocumentStart(const YAML::Mark& m) override { mark = m; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

/// YAML::Load() takes the first document and leaves the others out unsaid; YAML::LoadAll() does not return from some texts.
YAML::Mark second_document(const std::string& text) {
  std::istringstream in(text);
  YAML::Parser parser(in);
  Beginnings first, second;
  return parser.HandleNextDocument(first) && parser.HandleNextDocument(second) ? second.mark : YAML::Mark::null_mark();
}

}  // namespace

Loaded load(const std::filesystem::path& file, const LoadOptions& options) {
  Loaded out;
  out.config.file = file;
  std::ifstream in(file, std::ios::binary);
  std::error_code ec;
  if (!in || std::filesystem::is_directory(file, ec)) {
    out.problems.push_back({file.string(), 0, 0, "", "CONFIG_UNREADABLE", "cannot be read: is it there, and may this user read it?"});
    return out;
  }
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  try {
    const Node root = YAML::Load(text);
    if (const YAML::Mark second = second_document(text); !second.is_null())
      out.problems.push_back({file.string(), second.line + 1, second.column + 1, "", "CONFIG_SYNTAX",
                              "a second document begins here: a run is one document, without a line of ---"});
    Loader(out, file, options).all(root);
  } catch (const YAML::Exception& e) {
    out.problems.push_back({file.string(), e.mark.line + 1, e.mark.column + 1, "", "CONFIG_SYNTAX", e.msg});
  }
  std::stable_sort(out.problems.begin(), out.problems.end(), [](const Problem& a, const Problem& b) {
    return a.line != b.line ? a.line < b.line : a.column < b.column;
  });
  return out;
}

}  // namespace bowline::config
