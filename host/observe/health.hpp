// How the process feels: per component, alive, ready, and ready to trade.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bowline::observe {

enum class Health : std::uint8_t { Ok, Degraded, Down };

/// One service's board. Thread-safe. Texts are codes and plain words, never amounts.
class HealthBoard {
 public:
  struct Options {
    std::string service{}, version{}, mode{};
    std::int64_t live_limit_ns = 10'000'000'000;   ///< a loop that has not beaten for this long is not alive
    std::function<std::int64_t()> monotonic_ns{};  ///< empty: the system's steady clock
    std::function<bool()> may_be_ready{};          ///< false: not ready, whatever was set; empty: always true. [any]
  };
  explicit HealthBoard(Options options);
  ~HealthBoard();

  /// `code` is CATEGORY_CONDITION (empty when Ok), `text` one plain sentence.
  void set(std::string_view component, Health status, std::string_view code = {}, std::string_view text = {});
  /// Whether the service can take commands (/readyz). Starts false.
  void set_ready(bool ready);
  /// Whether the host may place entries: reconciled, fresh, journal writable, gate open. A field of /health
  /// and a metric, never a reason for 503. `reasons`: codes of what is missing.
  void set_trading_ready(bool ready, std::vector<std::string> reasons = {});
  /// The loop turns; call once a turn and at least once a second when idle. A few nanoseconds.
  void beat() noexcept;

  bool live() const noexcept;
  bool ready() const noexcept;
  bool trading_ready() const noexcept;
  /// Every component and its status, sorted by name.
  std::vector<std::pair<std::string, Health>> components() const;
  /// The worst component; Ok when there is none.
  Health overall() const;
  /// {"status","service","version","mode","live","ready","trading":{"ready","reasons"},"components":{name:{"status",
  /// "code","text"}}}; components sorted by name.
  std::string json() const;
  /// What /health answers: false (503) when a component is down, and the document.
  std::pair<bool, std::string> report() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bowline::observe
