// Amounts in a test's report are told as numbers.
#pragma once

#include <bowline/decimal.hpp>
#include <catch2/catch.hpp>
#include <string>

template <>
struct Catch::StringMaker<bowline::Decimal> {
  static std::string convert(const bowline::Decimal& d) { return d.is_set() ? d.to_string() : "not set"; }
};
