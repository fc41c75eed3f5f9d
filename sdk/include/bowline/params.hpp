// Typed params from one list of fields: the JSON Schema, the defaults, the checks and the docs all come from
// it.
//
//   struct Params {
//     int fast = 12, slow = 26;
//     static constexpr auto fields = bowline::fields(
//         bowline::field<&Params::fast>("fast", "bars of the fast average", {1, 500}),
//         bowline::field<&Params::slow>("slow", "bars of the slow average", {2, 1000}));
//   };
//
// A member may be bool, an integer of 32 or 64 bits, double, std::string, std::vector<std::string> or Decimal
// (money: a string in JSON). Its initialiser is its default.
#pragma once

#include <bowline/decimal.hpp>
#include <bowline/detail/json.hpp>
#include <bowline/result.hpp>
#include <concepts>
#include <limits>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace bowline {

/// Least and greatest value of a number; {} = any.
template <class T>
struct Range {
  T least = std::numeric_limits<T>::lowest();
  T most = std::numeric_limits<T>::max();
};
/// Lists, texts and switches have no range.
struct NoRange {};

namespace detail {
template <class M>
struct MemberOf;
template <class P, class T>
struct MemberOf<T P::*> {
  using Value = T;
  using Owner = P;
};
template <class T>
concept Number = std::is_arithmetic_v<T> && !std::same_as<T, bool>;
template <class T>
using RangeOf = std::conditional_t<Number<T>, Range<std::conditional_t<Number<T>, T, int>>, NoRange>;
}  // namespace detail

template <auto Member>
struct Field {
  using Value = typename detail::MemberOf<decltype(Member)>::Value;
  using Bounds = detail::RangeOf<Value>;
  static constexpr auto member = Member;
  std::string_view name, help;
  Bounds range;
};

/// One param: its key, one line of help, and for numbers the range {least, most}.
template <auto Member>
constexpr Field<Member> field(std::string_view name, std::string_view help,
                              typename Field<Member>::Bounds range = {}) {
  return {name, help, range};
}
template <class... F>
constexpr std::tuple<F...> fields(F... f) {
  return {f...};
}

/// Of a plugin without params.
struct NoParams {
  static constexpr auto fields = bowline::fields();
};

namespace detail {

inline Error wrong_type(std::string_view name, std::string_view wanted) {
  return {"PARAMS_INVALID", "params." + std::string(name) + ": needs to be " + std::string(wanted)};
}
template <class T>
std::string number_text(T x) {
  char text[64];
  const auto r = std::to_chars(text, text + sizeof text, x);
  return {text, r.ptr};
}

template <class T>
Result<void> take(T& to, const JsonValue& v, std::string_view name, const RangeOf<T>& range) {
  using Type = JsonValue::Type;
  if constexpr (std::same_as<T, bool>) {
    if (v.type != Type::boolean) return wrong_type(name, "true or false");
    to = v.boolean;
  } else if constexpr (Number<T>) {
    T x{};
    const auto r = std::from_chars(v.raw.data(), v.raw.data() + v.raw.size(), x);
    if (v.type != Type::number || r.ec != std::errc{} || r.ptr != v.raw.data() + v.raw.size())
      return wrong_type(name, std::integral<T> ? "a whole number in range" : "a number");
    if (!(x >= range.least && x <= range.most))
      return Error{"PARAMS_RANGE", "params." + std::string(name) + ": " + number_text(x) +
                                       " is not between " + number_text(range.least) + " and " +
                                       number_text(range.most)};
    to = x;
  } else if constexpr (std::same_as<T, std::string>) {
    if (v.type != Type::text) return wrong_type(name, "a text");
    to = v.text;
  } else if constexpr (std::same_as<T, std::vector<std::string>>) {
    if (v.type != Type::texts) return wrong_type(name, "a list of texts");
    to = v.texts;
  } else {
    static_assert(std::same_as<T, Decimal>,
                  "a param is bool, a number, a text, a list of texts or a Decimal");
    const auto amount = v.type == Type::text ? Decimal::try_parse(v.text) : std::nullopt;
    if (!amount) return wrong_type(name, "a decimal number in quotes, such as \"12.5\"");
    to = *amount;
  }
  return {};
}

template <class T>
void describe(const T& standard, const RangeOf<T>& range, auto&& put) {
  if constexpr (std::same_as<T, bool>) {
    put("\"type\":\"boolean\",\"default\":");
    put(standard ? "true" : "false");
  } else if constexpr (Number<T>) {
    put(std::integral<T> ? "\"type\":\"integer\",\"default\":" : "\"type\":\"number\",\"default\":");
    put(number_text(standard));
    if (std::unsigned_integral<T> || range.least != std::numeric_limits<T>::lowest())
      put(",\"minimum\":"), put(number_text(range.least));
    if (range.most != std::numeric_limits<T>::max()) put(",\"maximum\":"), put(number_text(range.most));
  } else if constexpr (std::same_as<T, std::string>) {
    put("\"type\":\"string\",\"default\":");
    json_quote(standard, put);
  } else if constexpr (std::same_as<T, std::vector<std::string>>) {
    put("\"type\":\"array\",\"items\":{\"type\":\"string\"},\"default\":[");
    for (const auto& item : standard) {
      if (&item != standard.data()) put(",");
      json_quote(item, put);
    }
    put("]");
  } else {
    put("\"type\":\"string\",\"format\":\"decimal\",\"default\":");
    json_quote(standard.to_string(), put);
  }
}

/// Room for the schema of P, in the file itself: the host demands that what a module publishes is static.
template <class P>
struct SchemaText {
  static constexpr std::size_t room = std::apply(
      [](const auto&... f) {
        return (std::size_t{256} + ... + (1024 + 2 * (f.name.size() + f.help.size())));
      },
      P::fields);
  char text[room]{};
  std::size_t size = 0;

  SchemaText() {
    const P standard{};
    bool fits = true, first = true;
    const auto put = [&](std::string_view s) {
      if (s.size() > room - size) {
        fits = false;
      } else {
        size += s.copy(text + size, s.size());
      }
    };
    put("{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{");
    std::apply(
        [&](const auto&... f) {
          (..., (put(first ? "" : ","), first = false, json_quote(f.name, put), put(":{"),
                 describe(standard.*f.member, f.range, put), put(",\"description\":"),
                 json_quote(f.help, put), put("}")));
        },
        P::fields);
    put("}}");
    if (!fits) size = 0;  // defaults of kilobytes: no schema, and the host says so
  }
  static const SchemaText& get() {
    static const SchemaText once;
    return once;
  }
};

}  // namespace detail

/// Reads params; what is absent keeps its default. Errors: PARAMS_INVALID, PARAMS_RANGE, PARAMS_UNKNOWN.
template <class P>
Result<P> parse_params(std::string_view json) {
  P params{};
  auto read = detail::JsonReader(json).object(
      [&](const std::string& key, const detail::JsonValue& v) -> Result<void> {
        Result<void> taken = Error{"PARAMS_UNKNOWN", "params." + key + ": unknown key"};
        const auto one = [&](const auto& f) {
          if (f.name == key) taken = detail::take(params.*f.member, v, f.name, f.range);
        };
        std::apply([&](const auto&... f) { (..., one(f)); }, P::fields);
        return taken;
      });
  if (!read) return std::move(read).error();
  return params;
}

}  // namespace bowline
