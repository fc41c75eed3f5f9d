// What counts as cash, and what earns at the venue.
#include "config/loader.hpp"

#include <algorithm>

namespace bowline::config {

// What counts as cash beside the accounting asset (trading rules 5.7).
void Loader::pegs(const Node& portfolio) {
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
void Loader::rewards(const Node& portfolio) {
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

bool Loader::pegged(const std::string& asset) const {
  return std::any_of(c_.pegs.begin(), c_.pegs.end(), [&](const PegConfig& p) { return p.asset == asset; });
}

bool Loader::counts_as(const std::string& quote, const std::string& one) const {
  return c_.pegs.empty() ? quote == one : quote == c_.pegs.front().to || pegged(quote);
}

void Loader::peg_products(const Node& root) {
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

}  // namespace bowline::config
