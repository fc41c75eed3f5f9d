// Values and rows of the state file: words for enumerators, text for amounts, NULL for what is not given.
#pragma once

#include <sqlite3.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "common/money.hpp"
#include "order.hpp"

namespace bowline::broker_mock {

/// The words of enumerators, by number; 0 has none.
namespace words {
inline constexpr std::array sides{"", "BUY", "SELL"};
inline constexpr std::array types{"", "MARKET", "LIMIT", "STOP_LIMIT", "BRACKET"};
inline constexpr std::array tifs{"", "GTC", "GTD", "IOC", "FOK"};
inline constexpr std::array states{"", "PENDING", "OPEN", "FILLED", "CANCELLED", "REJECTED", "EXPIRED"};
inline constexpr std::array liquidities{"", "MAKER", "TAKER"};
inline constexpr std::array fates{"", "PROMPT", "TWICE", "LATE", "LOST"};
inline constexpr std::array acts{"", "ORDER", "FILL", "CANCEL", "DEPOSIT", "WITHDRAWAL"};
}  // namespace words

/// The word of an enumerator, and its number again; 0 = no such word.
template <std::size_t N, class E>
const char* word_of(const std::array<const char*, N>& list, E e) {
  return list.at(static_cast<std::size_t>(e));
}
template <std::size_t N>
std::uint8_t number_of(const std::array<const char*, N>& list, const std::string& word) {
  for (std::size_t i = 1; i < N; ++i)
    if (word == list[i]) return static_cast<std::uint8_t>(i);
  return 0;
}

inline Reason reason_of(const std::string& w) {
  for (std::uint32_t i = 1; i <= last_reason; ++i)
    if (w == name_of(static_cast<Reason>(i))) return static_cast<Reason>(i);
  return Reason::none;
}

/// Fills the parameters of one statement from left to right.
class Binder {
  sqlite3_stmt* s_;
  int i_ = 0;

 public:
  explicit Binder(sqlite3_stmt* s) : s_(s) {
    sqlite3_reset(s);
    sqlite3_clear_bindings(s);
  }
  Binder& text(const std::string& v) {
    sqlite3_bind_text(s_, ++i_, v.data(), static_cast<int>(v.size()), SQLITE_TRANSIENT);
    return *this;
  }
  Binder& integer(std::int64_t v) {
    sqlite3_bind_int64(s_, ++i_, v);
    return *this;
  }
  Binder& null() {
    ++i_;  // bindings were cleared
    return *this;
  }
  /// An empty text is NULL.
  Binder& maybe_text(const std::string& v) { return v.empty() ? null() : text(v); }
  Binder& amount(const Decimal& v) { return text(money::text(v)); }
  Binder& amount(const std::optional<Decimal>& v) { return v ? amount(*v) : null(); }
  Binder& integer(const std::optional<std::int64_t>& v) { return v ? integer(*v) : null(); }
};

/// Reads the columns of one row from left to right; notes the first that is not what the schema says.
class Row {
  sqlite3_stmt* s_;
  int i_ = 0;
  bool ok_ = true;

 public:
  explicit Row(sqlite3_stmt* s) : s_(s) {}
  bool ok() const noexcept { return ok_; }
  void bad() noexcept { ok_ = false; }
  std::string text() {
    const auto* t = reinterpret_cast<const char*>(sqlite3_column_text(s_, i_));
    std::string v =
        t ? std::string(t, static_cast<std::size_t>(sqlite3_column_bytes(s_, i_))) : std::string();
    ++i_;
    return v;
  }
  std::int64_t integer() { return sqlite3_column_int64(s_, i_++); }
  bool flag() { return integer() != 0; }
  std::optional<std::int64_t> maybe_integer() {
    const bool there = sqlite3_column_type(s_, i_) != SQLITE_NULL;
    const std::int64_t v = integer();
    return there ? std::optional(v) : std::nullopt;
  }
  /// An enumerator by its word.
  template <class E, std::size_t N>
  E word(const std::array<const char*, N>& list) {
    const std::uint8_t n = number_of(list, text());
    if (n == 0) ok_ = false;
    return static_cast<E>(n);
  }
  std::optional<Decimal> maybe_amount() {
    if (sqlite3_column_type(s_, i_) == SQLITE_NULL) {
      ++i_;
      return std::nullopt;
    }
    auto v = money::parse(text());
    if (!v) ok_ = false;
    return v;
  }
  Decimal amount() {
    const auto v = maybe_amount();
    if (!v) ok_ = false;
    return v.value_or(Decimal::zero());
  }
};

/// Calls `each` for every row; false when a row was not what the schema says.
template <class Each>
bool rows(sqlite3_stmt* s, Each each) {
  bool ok = true;
  int rc = SQLITE_DONE;
  while (ok && (rc = sqlite3_step(s)) == SQLITE_ROW) {
    Row row(s);
    each(row);
    ok = row.ok();
  }
  sqlite3_finalize(s);
  return ok && rc == SQLITE_DONE;
}

}  // namespace bowline::broker_mock
