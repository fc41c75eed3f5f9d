#include "core/instrument.hpp"

#include <algorithm>

#include "core/contract.hpp"

namespace bowline::core {

Result<InstrumentId> InstrumentTable::add(std::string_view symbol, const ProductRules& rules) {
  const std::size_t dash = symbol.find('-');
  if (dash == std::string_view::npos || dash == 0 || dash + 1 == symbol.size() ||
      symbol.find('-', dash + 1) != std::string_view::npos)
    return Error{"INSTRUMENT_MALFORMED", "instrument " + std::string(symbol) + ": not of the form BASE-QUOTE, as in BTC-USD"};
  if (find(symbol)) return Error{"INSTRUMENT_REPEATED", "instrument " + std::string(symbol) + ": listed twice; name each once"};
  for (const Decimal& step : {rules.base_step, rules.quote_step, rules.px_step})
    if (!step.is_set() || !step.is_positive())
      return Error{"INSTRUMENT_RULES", "instrument " + std::string(symbol) + ": base_step, quote_step and px_step must be above 0"};
  const AssetId quote = asset(symbol.substr(dash + 1));
  const AssetId base = asset(symbol.substr(0, dash));
  const InstrumentId id{static_cast<std::uint32_t>(instruments_.size() + 1)};
  instruments_.push_back({id, std::string(symbol), base, quote, rules});
  return id;
}

AssetId InstrumentTable::find_asset(std::string_view code) const noexcept {
  const auto it = std::find(assets_.begin(), assets_.end(), code);
  return it == assets_.end() ? AssetId{} : AssetId{static_cast<std::uint32_t>(it - assets_.begin()) + 1};
}

AssetId InstrumentTable::asset(std::string_view code) {
  if (const AssetId known = find_asset(code)) return known;
  assets_.emplace_back(code);
  return AssetId{static_cast<std::uint32_t>(assets_.size())};
}

std::string_view InstrumentTable::asset_code(AssetId id) const {
  BOWLINE_EXPECTS(id.value >= 1 && id.value <= assets_.size());
  return assets_[id.value - 1];
}

InstrumentId InstrumentTable::find(std::string_view symbol) const noexcept {
  for (const Instrument& i : instruments_)
    if (i.symbol == symbol) return i.id;
  return {};
}

void InstrumentTable::update(InstrumentId id, const ProductRules& rules) {
  BOWLINE_EXPECTS(id.value >= 1 && id.value <= instruments_.size());
  instruments_[id.value - 1].rules = rules;
}

}  // namespace bowline::core
