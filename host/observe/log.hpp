// Structured log: one JSON object a line, fixed fields, and no way to write an amount or a key.
//   {"ts":"2026-11-23T20:21:28.123456Z","level":"INFO","service":"trade-execution","component":"loader","msg":"…",
//    "request_id":"…","principal":"…", …}
// Never log a request body, a balance, a price or a secret. Only text, integers, floating numbers and
// booleans have a way in: a Decimal, a Secret or any other type does not compile.
#pragma once

#include <fmt/format.h>

#include <atomic>
#include <bowline/result.hpp>
#include <concepts>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>

namespace bowline::observe::log {

enum class Level : std::uint8_t { Debug, Info, Warning, Error, Critical };

struct Options {
  std::string service = "bowline";  ///< the default of the field `service`
  std::string file{};               ///< appended to; empty: stderr
  Level level = Level::Info;        ///< lower ones are not written
  bool background = false;          ///< a thread writes; a full queue drops the oldest line and counts it
  std::function<std::int64_t()> now_ns{};  ///< wall clock, ns since the epoch; empty: the system's
};

/// [control] Sets the process's log up; may be called again (tests). Without it lines go to stderr, level
/// INFO. Error LOG_FILE when the file cannot be opened.
Result<void> init(Options options);
/// [control] Writes out what is queued and goes back to stderr. Call before the process ends.
void shutdown();
/// Lines dropped because the background queue was full.
std::uint64_t dropped() noexcept;

/// What the lines of this thread say about who they are for, until the scope ends. Empty fields keep what the
/// outer scope says. The views must outlive the scope.
class Scope {
 public:
  struct Fields {
    std::string_view service{}, request_id{}, principal{};
  };
  explicit Scope(Fields fields) noexcept;
  ~Scope();
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

 private:
  Fields before_;
};

/// The types that have a way into a line.
template <class T>
concept Loggable = std::is_arithmetic_v<std::remove_cvref_t<T>> || std::convertible_to<T, std::string_view>;

namespace detail {
extern std::atomic<Level> threshold;
void write(Level level, std::string_view component, std::string_view msg, std::string_view extra_json);
void vwrite(Level level, std::string_view component, fmt::string_view format, fmt::format_args args);
void append_field(std::string& out, std::string_view key, std::string_view value);
void append_field(std::string& out, std::string_view key, std::int64_t value);
void append_field(std::string& out, std::string_view key, std::uint64_t value);
void append_field(std::string& out, std::string_view key, double value);
void append_field(std::string& out, std::string_view key, bool value);

template <class... A>
constexpr void check() {
  static_assert(
      (Loggable<A> && ...),
      "bowline log: only text, numbers and booleans may be logged; amounts (Decimal) and secrets never");
}
}  // namespace detail

/// True when a line of that level would be written: ask before costly preparation.
inline bool enabled(Level level) noexcept {
  return level >= detail::threshold.load(std::memory_order_relaxed);
}

/// One line: log::info("loader", "loaded {} in {} ms", file, ms). [any thread]
template <class... A>
void line(Level level, std::string_view component, fmt::format_string<const A&...> format, const A&... args) {
  detail::check<const A&...>();
  if (enabled(level)) detail::vwrite(level, component, format, fmt::make_format_args(args...));
}

template <class... A>
void debug(std::string_view component, fmt::format_string<const A&...> format, const A&... args) {
  line<A...>(Level::Debug, component, format, args...);
}
template <class... A>
void info(std::string_view component, fmt::format_string<const A&...> format, const A&... args) {
  line<A...>(Level::Info, component, format, args...);
}
template <class... A>
void warning(std::string_view component, fmt::format_string<const A&...> format, const A&... args) {
  line<A...>(Level::Warning, component, format, args...);
}
template <class... A>
void error(std::string_view component, fmt::format_string<const A&...> format, const A&... args) {
  line<A...>(Level::Error, component, format, args...);
}
template <class... A>
void critical(std::string_view component, fmt::format_string<const A&...> format, const A&... args) {
  line<A...>(Level::Critical, component, format, args...);
}

/// A line with fields of its own: log::Event(Level::Info, "feed").field("rows", n).field("file",
/// name).msg("read"); A key that is one of the fixed names is written with a trailing underscore.
class Event {
 public:
  Event(Level level, std::string_view component)
      : level_(level), component_(component), on_(enabled(level)) {}

  template <class T>
  Event& field(std::string_view key, const T& value) {
    detail::check<const T&>();
    if (on_) {
      using V = std::remove_cvref_t<T>;
      if constexpr (std::is_same_v<V, bool>)
        detail::append_field(extra_, key, value);
      else if constexpr (std::is_floating_point_v<V>)
        detail::append_field(extra_, key, static_cast<double>(value));
      else if constexpr (std::is_unsigned_v<V>)
        detail::append_field(extra_, key, static_cast<std::uint64_t>(value));
      else if constexpr (std::is_integral_v<V>)
        detail::append_field(extra_, key, static_cast<std::int64_t>(value));
      else
        detail::append_field(extra_, key, std::string_view(value));
    }
    return *this;
  }
  /// Writes the line.
  template <class... A>
  void msg(fmt::format_string<const A&...> format, const A&... args) {
    detail::check<const A&...>();
    if (on_) detail::write(level_, component_, fmt::vformat(format, fmt::make_format_args(args...)), extra_);
  }

 private:
  Level level_;
  std::string_view component_;
  bool on_;
  std::string extra_;
};

/// "DEBUG" … "CRITICAL", and back (any case); nullopt for another word.
std::string_view level_name(Level level) noexcept;
Result<Level> parse_level(std::string_view text);

}  // namespace bowline::observe::log
