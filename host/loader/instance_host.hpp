// What one plugin instance may ask of the host. A service of the host implements this interface; the loader
// turns it into bl_host and the service tables of the ABI, checks what the plugin passes in, and answers
// thread_check itself.
#pragma once

#include <bowline/plugin.h>

#include <bowline/result.hpp>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace bowline::loader {

/// The services of the ABI that an InstanceHost may offer. thread_check is always there.
enum class Service : std::uint32_t { Publish, Timer, Secret, Features, History, Instruments, Kv, Metrics, Http, Ws };

/// One object per instance. Every function is noexcept: it is called from plugin code. The thread class of
/// each is in brackets; [any] means concurrently. Pointers and views are valid during the call only. The
/// plugin's side is checked before these are called: views are non-null when non-empty, events are at least
/// as long as their type demands.
class InstanceHost {
 public:
  virtual ~InstanceHost() = default;

  /// Whether the service is there; constant over the instance's life. When false the plugin's look-up gives
  /// NULL. [any]
  virtual bool offers(Service service) const noexcept = 0;

  // ---- bl_host
  /// Engine time, ns since the epoch. [any]
  virtual std::int64_t now_ns() noexcept = 0;
  /// Have on_wake() called on the instance's lane; coalesced. [any]
  virtual void wake() noexcept = 0;
  /// level 0 trace .. 5 fatal. The implementation prefixes it with the instance and limits the rate. `text`
  /// is valid UTF-8 of at most 4 KiB without control characters. [any]
  virtual void log(std::uint32_t level, std::string_view text) noexcept = 0;
  /// The instance is FAILED (it said so, or a control call overran its grace). Only take note of it: the
  /// instance must not be called or destroyed from here. [any]
  virtual void failed(const Error& why) noexcept = 0;

  // ---- services; the defaults are those of a host that does not offer them
  virtual bl_status publish(const bl_event& event) noexcept;  // [io] [lane]
  virtual bl_status timer_arm(std::uint64_t id, std::int64_t due_ns,
                              std::int64_t period_ns) noexcept;  // [lane]
  virtual bl_status timer_disarm(std::uint64_t id) noexcept;     // [lane]
  /// Copies at most out.size() bytes and sets `length` to the whole length; BL_E_OVERFLOW when it does not
  /// fit. [control]
  virtual bl_status secret_get(std::string_view ref, std::span<char> out, std::uint64_t& length) noexcept;
  /// Fixes the columns of the instance's frames. `why` is filled on refusal. [control], in configure only
  virtual bl_status select_features(std::span<const std::string_view> names, Error& why) noexcept;
  /// The newest out.size() final bars before now, oldest first; `got` says how many. [lane]
  virtual bl_status history_bars(std::uint32_t instrument, std::int64_t interval_ns, std::span<bl_bar> out,
                                 std::uint64_t& got) noexcept;
  virtual bl_status find_instrument(std::string_view symbol, std::uint32_t& instrument) noexcept;  // [any]
  virtual bl_status product(std::uint32_t instrument, bl_product& out) noexcept;                   // [any]
  virtual bl_status asset(std::string_view code, std::uint32_t& asset) noexcept;                   // [any]
  /// BL_E_NOT_FOUND when absent; otherwise as secret_get. Keys are 1..128 bytes, values at most 64 KiB.
  /// [control]
  virtual bl_status kv_get(std::string_view key, std::span<std::uint8_t> out, std::uint64_t& length) noexcept;
  virtual bl_status kv_put(std::string_view key, std::span<const std::uint8_t> value) noexcept;  // [control]
  /// type: BL_COUNTER, BL_GAUGE or BL_HISTOGRAM; `name` matches [a-z0-9_]+. [control]
  virtual bl_status metric_define(std::uint32_t type, std::string_view name, std::string_view help,
                                  std::uint64_t& metric) noexcept;
  virtual bl_status metric_record(std::uint64_t metric, double value) noexcept;  // [any]
  /// `request` has at least its fields of ABI 1.0, its texts are bounded, its lane is 0 or 1. BL_PENDING: accepted, one
  /// BL_EV_HTTP will come. `why` is filled on refusal, and then none will. [any]
  virtual bl_status http_send(const bl_http_request& request, Error& why) noexcept;
  virtual bl_status http_cancel(std::uint64_t request) noexcept;  // [any]
  /// BL_PENDING: accepted, one BL_EV_WS of 3 (closed) will come in the end. `why` is filled on refusal. [any]
  virtual bl_status ws_open(std::uint64_t conn, std::string_view url, std::string_view headers, std::uint64_t max_frame,
                            Error& why) noexcept;
  virtual bl_status ws_send(std::uint64_t conn, std::string_view text) noexcept;  // [any]
  virtual bl_status ws_close(std::uint64_t conn) noexcept;                        // [any]
};

/// The least size of an event of this type as of ABI 1.0; 48 (the header) for a type this host does not know.
std::uint32_t least_event_size(std::uint16_t type) noexcept;
/// Whether an event that a plugin emits is as long as its type demands. Use it in a sink before reading the
/// payload.
inline bool well_formed(const bl_event* event) noexcept {
  return event != nullptr && event->size >= least_event_size(event->type);
}

/// The text of an error that a plugin filled in: bounded, valid UTF-8, without control characters.
std::string plugin_text(const bl_error& error);
/// The same for any text of a plugin, cut at `limit` bytes.
std::string plugin_text(std::string_view text, std::size_t limit);

}  // namespace bowline::loader
