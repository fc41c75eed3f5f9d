// Result<T>: a value, or the error a person can act on. C++20 has no std::expected, so this is the small
// part of it that the SDK and the host need. Header-only, no dependency.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace bowline {

/// A business outcome that is not success. `code` is stable and machine-readable (CATEGORY_CONDITION),
/// `message` is one sentence: what, where, the value, the limit, what to do. `details` are extra facts
/// (key, text) for a JSON error body; never an amount of money, never a secret.
struct Error {
  std::string code;
  std::string message;
  std::vector<std::pair<std::string, std::string>> details{};
};

namespace detail {
[[noreturn]] inline void bad_result_access(const Error* e) noexcept {
  std::fprintf(stderr, "bowline: Result read without a value: %s: %s\n", e ? e->code.c_str() : "-",
               e ? e->message.c_str() : "it holds a value, not an error");
  std::abort();
}
}  // namespace detail

/// Holds either a T or an Error. Reading the absent side is an impossible state and ends the process.
template <class T>
class [[nodiscard]] Result {
  static_assert(!std::is_same_v<std::remove_cvref_t<T>, Error>);
  std::variant<T, Error> v_;

 public:
  using value_type = T;
  Result(T value) : v_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : v_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const noexcept { return v_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }

  T& value() & {
    if (!ok()) detail::bad_result_access(std::get_if<1>(&v_));
    return *std::get_if<0>(&v_);
  }
  const T& value() const& {
    if (!ok()) detail::bad_result_access(std::get_if<1>(&v_));
    return *std::get_if<0>(&v_);
  }
  T&& value() && {
    if (!ok()) detail::bad_result_access(std::get_if<1>(&v_));
    return std::move(*std::get_if<0>(&v_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T value_or(T other) const& { return ok() ? value() : std::move(other); }

  const Error& error() const& {
    if (ok()) detail::bad_result_access(nullptr);
    return *std::get_if<1>(&v_);
  }
  Error&& error() && {
    if (ok()) detail::bad_result_access(nullptr);
    return std::move(*std::get_if<1>(&v_));
  }
};

template <>
class [[nodiscard]] Result<void> {
  // Success, which is nearly every time, then writes one byte, and not an empty error.
  std::optional<Error> e_;

 public:
  using value_type = void;
  Result() = default;
  Result(Error error) : e_(std::move(error)) {}

  bool ok() const noexcept { return !e_; }
  explicit operator bool() const noexcept { return ok(); }
  const Error& error() const& {
    if (ok()) detail::bad_result_access(nullptr);
    return *e_;
  }
  Error&& error() && {
    if (ok()) detail::bad_result_access(nullptr);
    return std::move(*e_);
  }
};

}  // namespace bowline
