// Reads an object of the venue's field by field. What is not asked for is passed over; an optional field may be missing, null or "";
// a number may be a text and the other way round. What can't be read is kept as the first fault and named, and never becomes a zero.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <bowline/decimal.hpp>
#include <bowline/result.hpp>

#include "coinbase/json_value.hpp"

namespace bowline::coinbase {

enum class Sign { any, not_negative, positive };

/// `where` is the object's place in the answer ("orders[3]"), for messages. It borrows the value, which has to outlive it. After the
/// reads, fault() says whether any of them failed; until it was asked, no value that was read may be used.
/// Errors: COINBASE_FIELD_MISSING, COINBASE_FIELD_UNREADABLE; detail `field` is the path. Values are not repeated: they may be amounts.
class Fields {
 public:
  Fields(const Json& object, std::string where);

  /// Has to be there and not empty.
  std::string text(const char* key);
  /// "" when it is not there.
  std::string text_or_empty(const char* key);
  /// Exact. What has more than 18 decimals that matter can't be read.
  Decimal amount(const char* key, Sign sign = Sign::not_negative);
  std::optional<Decimal> amount_if(const char* key, Sign sign = Sign::not_negative);
  /// What the venue has computed (averages, values, fees, rates): to the nearest 18th decimal, whatever it tells beyond.
  Decimal computed(const char* key, Sign sign = Sign::not_negative);
  std::optional<Decimal> computed_if(const char* key, Sign sign = Sign::not_negative);
  bool flag(const char* key);
  bool flag_or(const char* key, bool other);
  std::int64_t whole(const char* key);
  std::optional<std::int64_t> whole_if(const char* key);
  /// RFC 3339 -> ns since 1970.
  std::int64_t time(const char* key);
  /// "0001-01-01T00:00:00Z", the venue's "never", is nullopt too.
  std::optional<std::int64_t> time_if(const char* key);
  /// The value itself, unless it is missing, null or "".
  const Json* find(const char* key) const;
  /// The elements of a list that has to be there (it may be empty).
  const std::vector<Json>& list(const char* key);
  /// An empty one when it is not there.
  const std::vector<Json>& list_or_empty(const char* key);
  /// The texts of a list; what is no text in it is a fault.
  std::vector<std::string> texts_or_empty(const char* key);

  /// Keeps a fault of this field, unless there is one already. For a value that is there and means nothing.
  void unreadable(const char* key, const char* expected);
  void missing(const char* key);
  void keep(const Error& error);
  bool ok() const noexcept { return !fault_; }
  const std::optional<Error>& fault() const noexcept { return fault_; }
  std::string path(const char* key) const;

 private:
  const std::string* scalar(const char* key, bool needed, const char* expected);
  std::optional<Decimal> read_amount(const char* key, Sign sign, bool needed, bool rounded);
  std::optional<bool> read_flag(const char* key, bool needed);

  const Json* object_;
  std::string where_;
  std::optional<Error> fault_;
};

/// The whole answer as an object. Errors: COINBASE_ANSWER_UNREADABLE.
Result<Json> read_answer(std::string_view body, const char* what);

/// "orders[3]"
std::string place(const char* list, std::size_t index);

}  // namespace bowline::coinbase
