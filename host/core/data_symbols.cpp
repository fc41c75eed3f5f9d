#include "core/data_symbols.hpp"

#include <algorithm>

namespace bowline::core {

Result<DataSymbols> DataSymbols::make(const InstrumentTable& table, std::span<const std::string> names) {
  DataSymbols out;
  out.names_.assign(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(std::min(names.size(), table.size())));
  for (const Instrument& i : table.all()) {
    const std::string_view data = out.of(i);
    const auto bad = [&](std::string_view why) {
      return Error{"INSTRUMENT_DATA", "instrument " + i.symbol + ": its data can't be told under " + std::string(data) + ", which is " + std::string(why)};
    };
    if (data == i.symbol) continue;
    const auto dash = data.find('-');
    if (dash == std::string_view::npos || dash + 1 == data.size() || data.find('-', dash + 1) != std::string_view::npos) return bad("not of the form BASE-QUOTE");
    if (data.substr(0, dash) != table.asset_code(i.base)) return bad("of another base asset");
    for (const Instrument& other : table.all())
      if (other.id != i.id && out.of(other) == data) return bad("what those of " + other.symbol + " are told under");
  }
  return out;
}

std::string_view DataSymbols::of(const Instrument& instrument) const noexcept {
  const std::size_t at = instrument.id.value - 1;
  return at < names_.size() && !names_[at].empty() ? std::string_view(names_[at]) : std::string_view(instrument.symbol);
}

InstrumentId DataSymbols::find(const InstrumentTable& table, std::string_view data_symbol) const noexcept {
  for (const Instrument& i : table.all())
    if (of(i) == data_symbol) return i.id;
  return {};
}

}  // namespace bowline::core
