// Currencies: their names, which of them are money of a state, and what they are worth.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "exchange/engine/engine.hpp"

namespace bowline::exchange {

/// "Bitcoin"; the code itself of one that is not known here.
std::string_view currency_name(std::string_view code) noexcept;
bool is_fiat(std::string_view code) noexcept;

/// What one unit is worth in US dollars, by the last trades: a product in USD, or one that shares the book of such a product and thereby
/// counts the quotes as equal. None where neither tells it.
std::optional<Decimal> worth_in_usd(const Engine& engine, std::string_view code);

}  // namespace bowline::exchange
