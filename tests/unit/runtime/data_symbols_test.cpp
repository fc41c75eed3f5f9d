// Trading rules 5.7: feeds, models and stored prices know an instrument by what its data are told under, all else by its symbol.
#include <cmath>
#include <fstream>
#include <map>

#include "services/runtime/instances.hpp"
#include "services/runtime/run.hpp"
#include "services/runtime/selected_features.hpp"
#include "store/dump.hpp"
#include "unit/runtime/configured.hpp"

using namespace bowline;
using namespace bowline::test;
namespace fs = std::filesystem;

namespace {

/// Goes up and down, so that an EMA crosses; the shadows are long, so that what rests is reached.
void candles(const fs::path& file, double phase) {
  std::ofstream out(file);
  out << "time_utc_epoch_s,open,high,low,close,volume\n";
  for (int i = 0; i < 200; ++i) {
    char line[160];
    const double p = 100 + 10 * std::sin(phase + i / 8.0), q = 100 + 10 * std::sin(phase + (i + 1) / 8.0);
    std::snprintf(line, sizeof line, "%d,%.2f,%.2f,%.2f,%.2f,1000\n", 1640995200 + 300 * i, p, std::max(p, q) + 6, std::min(p, q) - 6, q);
    out << line;
  }
}

std::string yaml(const Folder& folder, const std::string& btc, const std::string& data) {
  return "mode: mock\nseed: 7\ninterval: 5m\nlisten: {enabled: off}\ninstruments: [" + btc + ", ETH-USDC]\nplugins: {path: [" + std::string(PLUGINS) +
         "]}\nbridge: {cost_gate: off}\ninstances:\n  - {id: market, kind: feed, plugin: bowline.feed.replay, params: {files: {" + data + ": " +
         (folder.path() / "btc.csv").string() + ", ETH-USDC: " + (folder.path() / "eth.csv").string() +
         "}}}\n  - {id: cross, kind: signal, plugin: bowline.signal.ema_cross, params: {fast: 3, slow: 8}}\n"
         "  - {id: limits, kind: risk, plugin: bowline.risk.limits}\n"
         "  - {id: venue, kind: broker, plugin: bowline.broker.mock, params: {cash: {USDC: \"10000\"}, state: memory, taker_fee: 0.1%, maker_fee: 0.1%}}\n";
}

Result<std::unique_ptr<services::Run>> made(const Folder& folder, const config::RunConfig& config, const std::string& var) {
  services::RunOptions o;
  o.var = folder.path() / var;
  o.wall_ns = [] { return 0; };
  o.select = services::select_features;
  return services::Run::make(config, std::move(o));
}

struct Ended {
  services::Summary summary;
  std::map<std::string, std::string> tables;
};

Ended run(const Folder& folder, const std::string& text, const std::string& var) {
  const auto config = configured(folder, text);
  auto run = made(folder, config, var);
  if (!run) FAIL(run.error().message);
  Ended e;
  e.summary = (*run)->execute();
  run->reset();
  const auto files = services::store_files(config, folder.path() / var);
  for (const std::string& name : store::dump_names())
    REQUIRE(store::dump(files.prices, files.transactions, name, store::DumpFormat::csv, [&](std::string_view line) { e.tables[name].append(line); }).ok());
  return e;
}

std::size_t count(const std::string& text, const std::string& word) {
  std::size_t n = 0;
  for (auto at = text.find(word); at != text.npos; at = text.find(word, at + 1)) ++n;
  return n;
}

}  // namespace

TEST_CASE("rule 5.7: data under the canonical id and orders under the submitted one decide as the submitted one's own data do") {
  Folder folder;
  candles(folder.path() / "btc.csv", 0);
  candles(folder.path() / "eth.csv", 2);
  const Ended own = run(folder, yaml(folder, "BTC-USDC", "BTC-USDC"), "own");
  Ended canonical = run(folder, yaml(folder, "{symbol: BTC-USDC, data_symbol: BTC-USD}", "BTC-USD"), "canonical");
  REQUIRE(canonical.summary.end == services::RunEnd::end_of_data);
  CHECK(canonical.summary.bars == 400);
  CHECK(canonical.summary.fills > 4);
  CHECK(canonical.summary.journal_head == own.summary.journal_head);
  for (auto& [name, rows] : canonical.tables) {
    INFO(name);
    const std::size_t submitted = count(rows, "BTC-USDC"), other = count(rows, "BTC-USD") - submitted;
    const bool prices = name == "candles" || name == "signals";
    CHECK((prices ? submitted : other) == 0);
    if (name == "candles") CHECK(other == 200);
    if (name == "orders" || name == "fills") CHECK(submitted > 2);
    // Nothing but the name differs.
    if (prices)
      for (auto at = rows.find("BTC-USD"); at != rows.npos; at = rows.find("BTC-USD", at + 8)) rows.insert(at + 7, "C");
    CHECK(rows == own.tables.at(name));
  }
}

TEST_CASE("rule 5.7: a file that is named by the submitted id is none of the run's") {
  Folder folder;
  candles(folder.path() / "btc.csv", 0);
  candles(folder.path() / "eth.csv", 2);
  const Ended e = run(folder, yaml(folder, "{symbol: BTC-USDC, data_symbol: BTC-USD}", "BTC-USDC"), "var");
  CHECK(e.summary.end != services::RunEnd::end_of_data);
  CHECK(e.summary.bars == 0);
  CHECK(e.summary.error.message.find("files.BTC-USDC") != std::string::npos);
}

TEST_CASE("rule 5.7: a configuration that was made in code is held against the same") {
  Folder folder;
  candles(folder.path() / "btc.csv", 0);
  candles(folder.path() / "eth.csv", 2);
  auto config = configured(folder, yaml(folder, "BTC-USDC", "BTC-USDC"));
  config.instruments[0].data_symbol = "ETH-USD";
  CHECK(made(folder, config, "var").error().code == "INSTRUMENT_DATA");
}

TEST_CASE("rule 5.7: of a run's instances feeds and signals are told by what the data are told under, and nobody else is") {
  Folder folder;
  candles(folder.path() / "btc.csv", 0);
  candles(folder.path() / "eth.csv", 2);
  const auto config = configured(folder, yaml(folder, "{symbol: BTC-USDC, data_symbol: BTC-USD}", "BTC-USD"));
  const auto table = services::instrument_table(config);
  REQUIRE(table);
  services::RunFacts facts;
  facts.instruments = &*table;
  facts.data = *services::data_symbols(config, *table);
  facts.wall_ns = [] { return 0; };
  facts.select = services::select_features;
  const auto catalogue = loader::Catalogue::scan(config.plugins.path);
  REQUIRE(catalogue);
  services::InstancesOptions options;
  options.var = folder.path() / "var";
  const auto all = services::Instances::make(config, *catalogue, facts, std::move(options));
  if (!all) FAIL(all.error().message);
  const auto knows = [](services::InstanceServices& s, const char* symbol) {
    std::uint32_t n = 0;
    return s.find_instrument(symbol, n) == BL_OK;
  };
  for (auto* s : {(*all)->feeds.at(0).services.get(), (*all)->signals.at(0).services.get()}) CHECK((knows(*s, "BTC-USD") && !knows(*s, "BTC-USDC")));
  for (auto* s : {(*all)->risks.at(0).services.get(), (*all)->brokers.at(0).services.get()}) CHECK((knows(*s, "BTC-USDC") && !knows(*s, "BTC-USD")));
}

TEST_CASE("rule 5.7: a feed and a signal find an instrument by one name, the other kinds by the other") {
  core::InstrumentTable table;
  core::ProductRules rules;
  rules.base_step = rules.quote_step = rules.px_step = rules.base_min = rules.quote_min = rules.maker_fee = rules.taker_fee = Decimal::from_mantissa(1, -2);
  REQUIRE(table.add("BTC-USDC", rules));
  services::RunFacts facts;
  facts.instruments = &table;
  facts.data = *core::DataSymbols::make(table, std::vector<std::string>{"BTC-USD"});
  services::InstanceServices feed("feed", facts, true), risk("risk", facts, false);
  feed.by_data = true;
  const auto finds = [](services::InstanceServices& s, std::string_view symbol) {
    std::uint32_t n = 7;
    const bl_status status = s.find_instrument(symbol, n);
    return status == BL_OK && n == 1;
  };
  CHECK(finds(feed, "BTC-USD"));
  CHECK_FALSE(finds(feed, "BTC-USDC"));
  CHECK(finds(risk, "BTC-USDC"));
  CHECK_FALSE(finds(risk, "BTC-USD"));
  const auto product = [](services::InstanceServices& s) {
    bl_product p{};
    p.h.size = sizeof p;
    REQUIRE(s.product(1, p) == BL_OK);
    return p;
  };
  const auto symbol = [](const bl_product& p) { return std::string(p.symbol.ptr, p.symbol.len); };
  CHECK(symbol(product(feed)) == "BTC-USD");
  CHECK(symbol(product(risk)) == "BTC-USDC");
  // The wallet is the submitted one's for all.
  CHECK(product(feed).quote == table.find_asset("USDC").value);
  CHECK(product(risk).quote == table.find_asset("USDC").value);
}
