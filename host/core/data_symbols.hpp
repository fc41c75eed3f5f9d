// What the data of an instrument are told under, where that is another product of the same book (trading rules 5.7): feeds, data files,
// models and stored candles call it so. Orders, ledger, journal and risk know its own symbol alone, and never ask here.
#pragma once

#include <bowline/result.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/instrument.hpp"

namespace bowline::core {

class DataSymbols {
 public:
  DataSymbols() = default;  ///< each under its own symbol
  /// `names` by the number of the instrument, the first one's first; an empty one is its own symbol, and so is what is missing. Error
  /// INSTRUMENT_DATA: not of the form BASE-QUOTE, of another base asset, or another instrument's already.
  static Result<DataSymbols> make(const InstrumentTable& table, std::span<const std::string> names);

  /// As long as this and the instrument live.
  std::string_view of(const Instrument& instrument) const noexcept;
  /// One that has another product's data is not found by its own symbol. None: InstrumentId{}.
  InstrumentId find(const InstrumentTable& table, std::string_view data_symbol) const noexcept;

 private:
  std::vector<std::string> names_;  // by number - 1; empty: its own
};

}  // namespace bowline::core
