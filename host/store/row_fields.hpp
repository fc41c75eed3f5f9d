// How the fields of a row of the journal are read, one by one, and what its writers share. Private to journal_rows_*.cpp.
#pragma once

#include <bowline/decimal.hpp>
#include <bowline/result.hpp>
#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/records.hpp"
#include "core/types.hpp"
#include "store/row_json.hpp"

namespace bowline::store::row_fields {

using row_json::Bad;
using row_json::json;
using row_json::Line;
using row_json::text_of;

inline void put(Line& l, const char* key, Decimal d) {
  if (d.is_set()) l[key] = d.to_string();
}

class Fields {
  json all_;

 public:
  explicit Fields(std::string_view payload) : Fields(json::parse(payload, nullptr, false)) {}
  explicit Fields(json all) : all_(std::move(all)) {
    if (!all_.is_object()) throw Bad{"it is not a JSON object"};
  }
  std::vector<Fields> list(const char* key) const {
    const auto it = all_.find(key);
    if (it == all_.end() || !it->is_array()) throw Bad{std::string(key) + " is missing or not a list"};
    std::vector<Fields> out;
    for (const json& one : *it) out.emplace_back(one);
    return out;
  }
  bool has(const char* key) const { return all_.contains(key); }
  Fields object(const char* key) const { return Fields(all_.value(key, json())); }
  std::string text(const char* key) const {
    const auto it = all_.find(key);
    if (it == all_.end() || !it->is_string()) throw Bad{std::string(key) + " is missing or not a text"};
    return it->get<std::string>();
  }
  std::string text_or(const char* key, std::string otherwise = {}) const { return has(key) ? text(key) : std::move(otherwise); }
  template <class T>
  T number(const char* key) const {
    const auto it = all_.find(key);
    if (it == all_.end() || !it->is_number()) throw Bad{std::string(key) + " is missing or not a number"};
    return it->get<T>();
  }
  bool flag(const char* key) const { return has(key) && all_[key].is_boolean() && all_[key].get<bool>(); }
  Decimal amount(const char* key) const {
    const auto d = Decimal::try_parse(text(key));
    if (!d) throw Bad{std::string(key) + " is not an amount"};
    return *d;
  }
  Decimal amount_or_none(const char* key) const { return has(key) ? amount(key) : Decimal::not_set(); }
  core::ClientOrderId order(const char* key) const {
    const std::string s = text(key);
    if (s.empty() || s.size() > 39) throw Bad{std::string(key) + " is not an order id"};
    return core::ClientOrderId(s);
  }
  std::vector<core::CheckRecord> checks() const {
    std::vector<core::CheckRecord> all;
    for (const Fields& one : list("checks")) {
      core::CheckRecord& c = all.emplace_back();
      c.rule_source = std::make_shared<const std::string>(one.text("rule"));
      c.action = one.number<std::uint8_t>("action");
      c.code = one.text("code");
      c.value = one.amount_or_none("value");
      c.limit = one.amount_or_none("limit");
      c.max_qty = one.amount_or_none("max_qty");
      c.reason = one.text("reason");
    }
    return all;
  }
  core::Id128 decision(const char* key) const { return core::Id128::from_hex(text(key)); }
  /// The value of an enumeration whose to_string() gives this word.
  template <class E>
  E word(const char* key, std::span<const E> all) const {
    const std::string s = text(key);
    for (const E e : all)
      if (core::to_string(e) == s) return e;
    throw Bad{std::string(key) + " is " + s + ", which this version does not know"};
  }
};

inline constexpr auto purposes = std::to_array({core::Purpose::entry, core::Purpose::rebalance, core::Purpose::exit,
                                                core::Purpose::operator_order, core::Purpose::stop, core::Purpose::emergency});

template <class E>
constexpr std::span<const E> span_of(const auto& array) {
  return {array.data(), array.size()};
}

template <class Read>
auto guarded(std::string_view kind, Read&& read) -> Result<decltype(read())> {
  try {
    return read();
  } catch (const Bad& bad) {
    return Error{"JOURNAL_ROW", "a row of kind " + std::string(kind) + " can't be read: " + bad.what};
  } catch (const json::exception& e) {
    return Error{"JOURNAL_ROW", "a row of kind " + std::string(kind) + " can't be read: " + e.what()};
  }
}

}  // namespace bowline::store::row_fields
