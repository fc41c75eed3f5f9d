// What can be traded and by which rules, and the assets behind it. Numbered in the order of the configuration.
#pragma once

#include <bowline/decimal.hpp>
#include <bowline/result.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/contract.hpp"
#include "core/types.hpp"

namespace bowline::core {

/// The rules of one product. Quantities in base units, amounts in the quote asset.
struct ProductRules {
  Decimal base_step, quote_step, px_step;  // increments, > 0
  Decimal base_min, quote_min;             // smallest order by quantity and by notional
  Decimal maker_fee, taker_fee;            // fractions of notional
};

struct Instrument {
  InstrumentId id;
  std::string symbol;  // "BTC-USD"
  AssetId base, quote;
  ProductRules rules;
};

class InstrumentTable {
  std::vector<Instrument> instruments_;
  std::vector<std::string> assets_;

 public:
  /// Adds "BASE-QUOTE"; refuses a malformed or repeated symbol and rules that are not positive.
  Result<InstrumentId> add(std::string_view symbol, const ProductRules& rules);
  /// The id of an asset code, added when new. The first quote asset added is the accounting asset (id 1).
  AssetId asset(std::string_view code);
  AssetId find_asset(std::string_view code) const noexcept;
  std::string_view asset_code(AssetId id) const;

  InstrumentId find(std::string_view symbol) const noexcept;
  const Instrument& operator[](InstrumentId id) const {
    BOWLINE_EXPECTS(id.value >= 1 && id.value <= instruments_.size());
    return instruments_[id.value - 1];
  }
  const std::vector<Instrument>& all() const noexcept { return instruments_; }
  std::size_t size() const noexcept { return instruments_.size(); }
  std::size_t asset_count() const noexcept { return assets_.size(); }
  /// New rules told by the venue (BL_EV_PRODUCT).
  void update(InstrumentId id, const ProductRules& rules);
};

}  // namespace bowline::core
