// A plugin instance: the life cycle of the ABI enforced by the host, and one typed wrapper per kind with thin
// inline calls. Every call into the plugin is bracketed for the watchdog.
//
//              create            configure            start
//   (module) ---------> Created ----------> Configured -------> Running
//                          |   fail: stays     ^   ^ configure     | stop
//                          |                   |   +-- Stopped <---+
//                       destroy: from every state but Running.   Failed <- host.fail(), stop over its grace
#pragma once

#include <bowline/plugin.h>

#include <atomic>
#include <bowline/result.hpp>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "loader/instance_host.hpp"
#include "loader/plugin_file.hpp"
#include "loader/watch_slot.hpp"
#include "loader/watchdog.hpp"

namespace bowline::loader {

enum class State : std::uint32_t { Creating, Created, Configured, Running, Stopped, Failed, Destroyed };
/// "created", "configured", "running", "stopped", "failed", ...
std::string_view to_string(State state) noexcept;

/// Which instance to make.
struct InstanceSpec {
  std::uint32_t index = 0;  ///< host id, 1..n in configuration order
  std::string id;           ///< id in the configuration
  std::string plugin;       ///< plugin id
  std::string params;       ///< canonical JSON, checked against the schema and defaulted
};

/// What an instance wants to be given, checked: needs() of signal and risk plugins.
struct Needs {
  std::uint32_t warmup_bars = 0;
  std::uint64_t event_mask = 0;  ///< bit n = events of type n
  bool wants(std::uint16_t type) const noexcept { return type < 64 && ((event_mask >> type) & 1u) != 0; }
};

struct HostSide;  // bl_host, service tables' context, watch slot, state: internal, but its address is stable

/// What all kinds share. Made by make_instance(); destroying the object destroys the plugin's instance
/// (after a stop() with a grace of 5 s if it was running). Not thread-safe but for state(), watch slot and
/// what the ABI marks [any]: the caller serialises [control] and [lane], as the ABI demands.
class Instance {
 public:
  virtual ~Instance();
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  const InstanceSpec& spec() const noexcept { return spec_; }
  const Module& module() const noexcept { return *module_; }
  const bl_plugin& plugin() const noexcept { return *plugin_; }
  Kind kind() const noexcept { return static_cast<Kind>(plugin_->kind); }
  State state() const noexcept { return state_->load(std::memory_order_acquire); }
  /// Calls into the plugin so far. [any]
  std::uint64_t calls() const noexcept { return (slot_->turn.load(std::memory_order_relaxed) + 1) / 2; }

  /// Created or Stopped -> Configured with spec().params, or with other canonical JSON. On
  /// failure the state and the configuration before stay in force. Errors: PLUGIN_CONFIGURE_FAILED,
  /// PLUGIN_STATE. [control]
  Result<void> configure();
  Result<void> configure(std::string json);
  /// Configured or Stopped -> Running. Errors: PLUGIN_START_FAILED, PLUGIN_STATE. [control]
  Result<void> start();
  /// Running -> Stopped. If the plugin refuses or takes longer than `grace_ns` it is Failed and abandoned:
  /// its code stays mapped, it is never called again. Errors: PLUGIN_STOP_FAILED, PLUGIN_STOP_OVERRUN,
  /// PLUGIN_STATE. [control]
  Result<void> stop(std::int64_t grace_ns);
  /// State for restart or upgrade; in Running, Configured or Stopped. Empty when the plugin has none.
  /// Errors: PLUGIN_SAVE_FAILED, PLUGIN_STATE. [control]
  Result<std::vector<std::uint8_t>> save();
  /// Only in Configured and Stopped. Errors: PLUGIN_SAVED_STATE_REFUSED, PLUGIN_STATE. [control]
  Result<void> load(std::span<const std::uint8_t> bytes);
  /// The owner's verdict, for example after an error on the lane: the instance is Failed from now on. [any]
  void mark_failed(Error why) noexcept;
  /// Why it failed; empty code when it did not. [control]
  Error failure() const;

  /// An error value for a call that returned `status` and filled `why`: names the instance, the plugin, the
  /// call and the plugin's own words, made safe to print. For lane calls `code` is PLUGIN_CALL_FAILED. [any]
  Error status_error(std::string_view code, std::string_view call, bl_status status,
                     const bl_error& why) const;

  /// Whether the plugin has on_wake(); and the call. No effect unless Running. [lane]
  bool has_on_wake() const noexcept { return on_wake_ != nullptr; }
  void on_wake() noexcept;

  /// An extension's table by id, or nullptr; `least` is its smallest size (sizeof its struct as of the
  /// revision), a smaller table counts as absent. Valid until the instance is destroyed. From Configured on.
  /// [control]
  const void* extension(std::string_view id, std::uint32_t least);
  /// The raw instance, for calling an extension; bracket the call with call_extension().
  bl_inst* raw() const noexcept { return inst_; }
  /// Calls `f()` with the watchdog's bracket. `name` is static. [control] or [lane], as the extension says.
  template <class F>
  auto call_extension(CallClass kind, const char* name, std::uint64_t event, F&& f) {
    InCall bracket(*slot_, kind, name, event);
    return std::forward<F>(f)();
  }

 protected:
  Instance(std::shared_ptr<const Module> module, const bl_plugin& plugin, InstanceSpec spec,
           InstanceHost& host, Watchdog* watchdog);
  Result<void> create();
  Result<Needs> needs_from(bl_status (*needs)(bl_inst*, bl_needs*) BL_NOEXCEPT, const char* call);
  /// Whether lane calls may reach the plugin: one load.
  bool running() const noexcept { return state_->load(std::memory_order_relaxed) == State::Running; }
  Error state_error(std::string_view call) const;
  Result<void> configured_control(const char* call) const;

  std::shared_ptr<const Module> module_;
  const bl_plugin* plugin_;
  const bl_base* base_;
  InstanceSpec spec_;
  bl_inst* inst_ = nullptr;
  void (*on_wake_)(bl_inst*) BL_NOEXCEPT = nullptr;
  std::unique_ptr<HostSide> host_;
  WatchSlot* slot_;
  std::atomic<State>* state_;
  Watchdog* watchdog_;

 private:
  template <class T>
  friend Result<std::unique_ptr<T>> make_instance(std::shared_ptr<const Module>, InstanceSpec, InstanceHost&,
                                                  Watchdog*);
};

/// A source of market data.
class FeedInstance : public Instance {
 public:
  using Table = bl_feed_v1;
  static constexpr Kind kKind = Kind::Feed;
  /// `channels`: bits 1ull << BL_EV_*. From Configured on. Errors: PLUGIN_CALL_FAILED, PLUGIN_STATE.
  /// [control]
  Result<void> subscribe(std::span<const std::uint32_t> instruments, std::uint32_t channels);
  /// Whether the host pulls.
  bool pulled() const noexcept { return pull_ != nullptr; }
  /// BL_OK more, BL_E_AGAIN none before next_ns, BL_E_NOT_FOUND end of data; BL_E_STATE unless Running. `why`
  /// is filled on other failures. The sink must not block: ask for no more than there is room for. Reader
  /// thread.
  bl_status pull(std::uint64_t max, const bl_sink& sink, std::int64_t& next_ns, bl_error& why) noexcept {
    if (!running() || pull_ == nullptr) return BL_E_STATE;
    InCall bracket(*slot_, CallClass::Pull, "feed.pull", 0);
    return pull_(inst_, max, &sink, &next_ns, &why);
  }
  /// Whether it is handed what the network and the clock answer it: ABI 1.2.
  bool has_on_event() const noexcept { return on_event_ != nullptr; }
  /// The thread that pulls, and its time limit. BL_E_STATE unless Running.
  bl_status on_event(const bl_event& event, const bl_sink& sink) noexcept {
    if (!running()) return BL_E_STATE;
    if (on_event_ == nullptr) return BL_OK;
    InCall bracket(*slot_, CallClass::Pull, "feed.on_event", event.id);
    return on_event_(inst_, &event, &sink);
  }

  FeedInstance(std::shared_ptr<const Module>, const bl_plugin&, InstanceSpec, InstanceHost&, Watchdog*);

 private:
  const Table* table_;
  decltype(Table::pull) pull_;
  decltype(Table::on_event) on_event_;
};

/// A predictor.
class SignalInstance : public Instance {
 public:
  using Table = bl_signal_v1;
  static constexpr Kind kKind = Kind::Signal;
  /// After configure. Errors: PLUGIN_CALL_FAILED, PLUGIN_NEEDS_INVALID, PLUGIN_STATE. [control]
  Result<Needs> needs();
  /// BL_E_STATE unless Running. [lane]
  bl_status on_event(const bl_event& event, const bl_sink& sink) noexcept {
    if (!running()) return BL_E_STATE;
    InCall bracket(*slot_, CallClass::Lane, "signal.on_event", event.id);
    return on_event_(inst_, &event, &sink);
  }

  SignalInstance(std::shared_ptr<const Module>, const bl_plugin&, InstanceSpec, InstanceHost&, Watchdog*);

 private:
  const Table* table_;
  decltype(Table::on_event) on_event_;
};

/// A risk rule.
class RiskInstance : public Instance {
 public:
  using Table = bl_risk_v1;
  static constexpr Kind kKind = Kind::Risk;
  /// As SignalInstance::needs(). [control]
  Result<Needs> needs();
  /// Judges `intent`. `verdict` is reset to REJECT first and stays REJECT on any failure, whatever the plugin
  /// wrote; an unknown action counts as REJECT, and code and reason come back NUL-terminated. BL_E_STATE
  /// unless Running. [lane]
  bl_status check(const bl_intent& intent, const bl_portfolio& portfolio, bl_verdict& verdict) noexcept;
  /// BL_E_STATE unless Running. [lane]
  bl_status on_event(const bl_event& event, const bl_portfolio& portfolio, const bl_sink& sink) noexcept {
    if (!running()) return BL_E_STATE;
    InCall bracket(*slot_, CallClass::Lane, "risk.on_event", event.id);
    return on_event_(inst_, &event, &portfolio, &sink);
  }

  RiskInstance(std::shared_ptr<const Module>, const bl_plugin&, InstanceSpec, InstanceHost&, Watchdog*);

 private:
  const Table* table_;
  decltype(Table::on_event) on_event_;
};

/// A venue.
class BrokerInstance : public Instance {
 public:
  using Table = bl_broker_v1;
  static constexpr Kind kKind = Kind::Broker;
  VenueClass venue_class() const noexcept { return module_->manifest().venue_class; }
  std::uint64_t caps() const noexcept { return table_->caps; }
  bool can_amend() const noexcept { return amend_ != nullptr; }
  bool has_on_event() const noexcept { return on_event_ != nullptr; }

  // All [lane]; BL_E_STATE unless Running. `why` is filled on failure.
  bl_status submit(const bl_intent& intent, bl_error& why) noexcept {
    if (!running()) return BL_E_STATE;
    InCall bracket(*slot_, CallClass::Broker, "broker.submit", intent.cause);
    return table_->submit(inst_, &intent, &why);
  }
  bl_status cancel(std::span<const bl_order_ref> orders, bl_error& why) noexcept {
    if (!running()) return BL_E_STATE;
    InCall bracket(*slot_, CallClass::Broker, "broker.cancel", 0);
    return table_->cancel(inst_, orders.data(), orders.size(), &why);
  }
  bl_status amend(const bl_order_ref& order, const bl_intent& wanted, bl_error& why) noexcept {
    if (!running()) return BL_E_STATE;
    if (amend_ == nullptr) return BL_E_UNSUPPORTED;
    InCall bracket(*slot_, CallClass::Broker, "broker.amend", wanted.cause);
    return amend_(inst_, &order, &wanted, &why);
  }
  bl_status query(const bl_query& query, bl_error& why) noexcept {
    if (!running()) return BL_E_STATE;
    InCall bracket(*slot_, CallClass::Broker, "broker.query", 0);
    return table_->query(inst_, &query, &why);
  }
  bl_status on_event(const bl_event& event, const bl_sink& sink) noexcept {
    if (!running()) return BL_E_STATE;
    if (on_event_ == nullptr) return BL_OK;
    InCall bracket(*slot_, CallClass::Broker, "broker.on_event", event.id);
    return on_event_(inst_, &event, &sink);
  }

  BrokerInstance(std::shared_ptr<const Module>, const bl_plugin&, InstanceSpec, InstanceHost&, Watchdog*);

 private:
  const Table* table_;
  decltype(Table::amend) amend_;
  decltype(Table::on_event) on_event_;
};

/// A portfolio rule.
class RebalancerInstance : public Instance {
 public:
  using Table = bl_rebalancer_v1;
  static constexpr Kind kKind = Kind::Rebalancer;
  bool has_on_event() const noexcept { return on_event_ != nullptr; }
  // All [lane]; BL_E_STATE unless Running.
  bl_status on_event(const bl_event& event) noexcept {
    if (!running()) return BL_E_STATE;
    if (on_event_ == nullptr) return BL_OK;
    InCall bracket(*slot_, CallClass::Lane, "rebalancer.on_event", event.id);
    return on_event_(inst_, &event);
  }
  bl_status plan(std::span<const bl_prediction* const> predictions, const bl_portfolio& portfolio,
                 const bl_sink& sink, bl_error& why) noexcept {
    if (!running()) return BL_E_STATE;
    InCall bracket(*slot_, CallClass::Lane, "rebalancer.plan", portfolio.version);
    return table_->plan(inst_, predictions.data(), predictions.size(), &portfolio, &sink, &why);
  }

  RebalancerInstance(std::shared_ptr<const Module>, const bl_plugin&, InstanceSpec, InstanceHost&, Watchdog*);

 private:
  const Table* table_;
  decltype(Table::on_event) on_event_;
};

/// Makes an instance of kind T in state Created. `host` is borrowed and must outlive it; `watchdog` may be
/// null (tools, tests). Errors: PLUGIN_ID_UNKNOWN, PLUGIN_KIND_MISMATCH, PLUGIN_CREATE_FAILED. [control]
template <class T>
Result<std::unique_ptr<T>> make_instance(std::shared_ptr<const Module> module, InstanceSpec spec,
                                         InstanceHost& host, Watchdog* watchdog);

}  // namespace bowline::loader
