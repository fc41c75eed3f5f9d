// What a plugin may ask of its host. A service that this host does not have answers "no": BL_E_UNSUPPORTED, 0
// or nothing. Usable from configure() on.
#pragma once

#include <bowline/plugin.h>

#include <algorithm>
#include <bowline/result.hpp>
#include <bowline/views.hpp>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bowline {

namespace detail {
/// "CODE: message", cut between two code points where it does not fit. Returns `status`.
inline bl_status put_error(bl_error* to, bl_status status, std::string_view code,
                           std::string_view message) noexcept {
  if (to == nullptr) return status;
  to->status = status;
  to->native_code = 0;
  std::size_t n = 0;
  bool cut = false;
  for (const std::string_view s : {code, std::string_view(": "), message}) {
    const std::size_t k = std::min(s.size(), sizeof to->message - 1 - n);
    std::copy_n(s.data(), k, to->message + n);  // memcpy may not be given the null of an empty view
    n += k;
    cut = cut || k < s.size();
  }
  if (cut) {
    while (n > 0 && (static_cast<unsigned char>(to->message[n - 1]) & 0xC0) == 0x80) --n;
    if (n > 0 && (static_cast<unsigned char>(to->message[n - 1]) & 0x80) != 0) --n;
  }
  to->message[n] = '\0';
  return status;
}
inline bl_status put_error(bl_error* to, bl_status status, const Error& e) noexcept {
  return put_error(to, status, e.code, e.message);
}
}  // namespace detail

enum class Level : std::uint32_t { trace, debug, info, warn, error, fatal };

/// A metric of this instance. A default one, and one the host refused, records nothing.
class Metric {
  const bl_host* host_ = nullptr;
  const bl_metrics_v1* table_ = nullptr;
  std::uint64_t id_ = 0;

 public:
  Metric() = default;
  Metric(const bl_host* host, const bl_metrics_v1* table, std::uint64_t id) noexcept
      : host_(host), table_(table), id_(id) {}
  /// Counter: add; gauge: set; histogram: observe. Never an amount or a price. [any]
  void record(double value) const noexcept {
    if (table_ != nullptr) table_->record(host_->ctx, id_, value);
  }
};

/// A timer that ends with this object. Fires as BL_EV_TIMER of its id on the lane.
class Timer {
  const bl_host* host_ = nullptr;
  const bl_timer_v1* table_ = nullptr;
  std::uint64_t id_ = 0;

 public:
  Timer() = default;
  Timer(const bl_host* host, const bl_timer_v1* table, std::uint64_t id) noexcept
      : host_(host), table_(table), id_(id) {}
  Timer(Timer&& o) noexcept : host_(o.host_), table_(std::exchange(o.table_, nullptr)), id_(o.id_) {}
  Timer& operator=(Timer&& o) noexcept {
    std::swap(host_, o.host_), std::swap(table_, o.table_), std::swap(id_, o.id_);
    return *this;
  }
  ~Timer() {
    if (table_ != nullptr) table_->disarm(host_->ctx, id_);
  }
  explicit operator bool() const noexcept { return table_ != nullptr; }
  std::uint64_t id() const noexcept { return id_; }
};

/// Base of every plugin class: the host, as a set of members.
class Host {
  const bl_host* host_ = nullptr;

  template <class T>
  static Error refused(const T& what, const bl_error& why) {
    return {what, why.message[0] != '\0' ? std::string(why.message) : std::string("the host refused")};
  }

 public:
  /// Called once by the wrapper, before configure().
  void attach(const bl_host* host) noexcept { host_ = host; }
  const bl_host& raw_host() const noexcept { return *host_; }

  /// Never an amount, a price or a key. [any]
  void log(Level level, std::string_view text) const noexcept {
    host_->log(host_->ctx, static_cast<std::uint32_t>(level), to_abi(text));
  }
  void log(std::string_view text) const noexcept { log(Level::info, text); }
  /// Engine time, ns since the epoch; virtual in a backtest. The only clock a plugin may read. [any]
  std::int64_t now_ns() const noexcept { return host_->now_ns(host_->ctx); }
  /// Asks for on_wake() on the lane. [any]
  void wake() const noexcept { host_->wake(host_->ctx); }
  /// A fault that this instance cannot recover from; the host stops it. [any]
  void fail(const Error& e) const noexcept {
    bl_error why{};
    detail::put_error(&why, BL_E_INTERNAL, e);
    host_->fail(host_->ctx, &why);
  }
  /// The table of a service, or nullptr.
  template <class T>
  const T* service(std::string_view id) const noexcept {
    return static_cast<const T*>(host_->service(host_->ctx, to_abi(id)));
  }

  /// The number of an instrument or asset; 0 = there is none. [any]
  std::uint32_t instrument(std::string_view symbol) const noexcept {
    std::uint32_t n = 0;
    const auto* s = service<bl_instruments_v1>(BL_SVC_INSTRUMENTS);
    return s != nullptr && s->find(host_->ctx, to_abi(symbol), &n) == BL_OK ? n : 0;
  }
  std::uint32_t asset(std::string_view code) const noexcept {
    std::uint32_t n = 0;
    const auto* s = service<bl_instruments_v1>(BL_SVC_INSTRUMENTS);
    return s != nullptr && s->asset(host_->ctx, to_abi(code), &n) == BL_OK ? n : 0;
  }
  std::optional<bl_product> product(std::uint32_t instrument) const noexcept {
    bl_product p{};
    p.h.size = sizeof p;
    const auto* s = service<bl_instruments_v1>(BL_SVC_INSTRUMENTS);
    if (s == nullptr || s->product(host_->ctx, instrument, &p) != BL_OK) return std::nullopt;
    return p;
  }
  /// The columns of every frame to come, in this order. Only in configure(). [control]
  Result<void> select_features(const std::vector<std::string>& names) const {
    const auto* s = service<bl_features_v1>(BL_SVC_FEATURES);
    if (s == nullptr) return Error{"FEATURES_UNSUPPORTED", "this host makes no features"};
    std::vector<bl_str> list;
    for (const auto& name : names) list.push_back(to_abi(name));
    bl_error why{};
    if (s->select(host_->ctx, list.data(), list.size(), &why) < 0) return refused("FEATURES_REFUSED", why);
    return {};
  }
  Metric counter(std::string_view name, std::string_view help) const {
    return metric(BL_COUNTER, name, help);
  }
  Metric gauge(std::string_view name, std::string_view help) const { return metric(BL_GAUGE, name, help); }
  Metric histogram(std::string_view name, std::string_view help) const {
    return metric(BL_HISTOGRAM, name, help);
  }
  /// period_ns 0 = once. An empty Timer when the host refuses. [lane]
  Timer arm(std::uint64_t id, std::int64_t due_ns, std::int64_t period_ns = 0) const noexcept {
    const auto* s = service<bl_timer_v1>(BL_SVC_TIMER);
    if (s == nullptr || s->arm(host_->ctx, id, due_ns, period_ns) < 0) return {};
    return {host_, s, id};
  }
  /// The text behind "secret://...". Keep it no longer than needed. [control]
  Result<std::string> secret(std::string_view ref) const {
    const auto* s = service<bl_secret_v1>(BL_SVC_SECRET);
    if (s == nullptr) return Error{"SECRET_UNSUPPORTED", "this host hands out no secrets"};
    std::string text(4096, '\0');
    std::uint64_t n = 0;
    if (s->get(host_->ctx, to_abi(ref), text.data(), text.size(), &n) < 0 || n > text.size())
      return Error{"SECRET_REFUSED", "there is no such secret, or it is larger than 4096 bytes"};
    text.resize(n);
    return text;
  }
  /// From [io] or [lane]; feed and broker only. Any struct that begins with bl_event.
  template <class E>
  bl_status publish(E event) const noexcept {
    const auto* s = service<bl_publish_v1>(BL_SVC_PUBLISH);
    if (s == nullptr) return BL_E_UNSUPPORTED;
    event.h.size = sizeof event;
    return s->event(host_->ctx, &event.h);
  }

 private:
  Metric metric(std::uint32_t type, std::string_view name, std::string_view help) const noexcept {
    const auto* s = service<bl_metrics_v1>(BL_SVC_METRICS);
    std::uint64_t id = 0;
    if (s == nullptr || s->define(host_->ctx, type, to_abi(name), to_abi(help), &id) < 0) return {};
    return {host_, s, id};
  }
};

}  // namespace bowline
