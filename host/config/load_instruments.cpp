// What is traded, and whose data it is traded by.
#include "config/loader.hpp"

namespace bowline::config {

void Loader::instruments(const Node& root) {
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

std::string Loader::first_quote() const {
  if (c_.instruments.empty()) return {};
  const std::string& first = c_.instruments.front().symbol;
  const auto dash = first.find('-');
  return dash == std::string::npos ? std::string() : first.substr(dash + 1);
}

bool Loader::is_pair(const std::string& s) {
  const auto dash = s.find('-');
  return dash != std::string::npos && dash != 0 && dash + 1 != s.size() && s.find('-', dash + 1) == std::string::npos;
}

// Data of one product for orders of another, which shares its book (trading rules 5.7). Whether it does is the venue's to say.
void Loader::data_symbols(const Node& n) {
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

}  // namespace bowline::config
