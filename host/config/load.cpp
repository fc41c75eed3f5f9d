#include "config/load.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>

#include <yaml-cpp/eventhandler.h>

#include "config/loader.hpp"

namespace bowline::config {

void Loader::all(const Node& root) {
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
  signals(root);
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
  bridge(root);
  // Where the journal is in memory nothing outlives the run, and the venue is the run's own: by itself it is not asked.
  if (c_.journal == "file") c_.execution.reconcile.orders_every_ns = 60'000'000'000, c_.execution.reconcile.balances_every_ns = 300'000'000'000;
  if (c_.mode == "live") {
    c_.execution.starts_reducing = true;
    c_.execution.assumed_half_spread = Decimal::zero();  // nothing is assumed, also where bars come without quotes
  }
  execution(root["execution"]);
  if (const Node r = root["rebalance"]; r.IsDefined() && r.IsMap())
    number(r["every_bars"], "rebalance.every_bars", 0, 1'000'000, c_.rebalance.every_bars);
  log(root);
  if (c_.mode == "live") live_guards(root);
}

namespace {

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
