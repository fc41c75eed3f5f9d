// Any text as an amount: what is taken reads back as itself, and arithmetic with it never leaves the defined values.
#include <bowline/decimal.hpp>
#include <cstdint>

#include "fuzz/must.hpp"

using bowline::Decimal;
using bowline::Rounding;
using bowline::fuzz::must;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto d = Decimal::parse(input);
  must(static_cast<bool>(d) == Decimal::try_parse(input).has_value(), "both ways of parsing agree", input);
  if (!d) {
    must(!d.error().code.empty(), "a refusal has a code", input);
    return 0;
  }
  must(d->is_set(), "a parsed amount is set", input);
  const auto again = Decimal::parse(d->to_string());
  must(again && *again == *d, "plain notation reads back as the same amount", input);
  must(Decimal::from_raw(d->raw()) == *d, "raw words are the same amount", input);
  must((*d - *d).is_zero(), "x - x is zero", input);
  must(mul(*d, Decimal::from_int(1), Rounding::down) == *d, "x times 1 is x", input);
  const Decimal square = mul(*d, *d, Rounding::half_even);
  must(!square.is_set() || !square.is_negative(), "a square is not negative", input);
  if (!d->is_zero()) must(div(*d, *d, Rounding::half_even) == Decimal::from_int(1), "x over x is 1", input);
  const Decimal step = *Decimal::try_parse("0.01");
  const Decimal down = floor_to(*d, step);
  if (down.is_set()) must(abs(*d - down) < step, "a floor is less than a step away", input);
  return 0;
}
