// Plugin instances as the components see them: a thin adapter per kind over the loader's typed wrappers. All on the
// core thread.
#pragma once

#include <atomic>
#include <cstring>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "core/instrument.hpp"
#include "core/risk_chain.hpp"
#include "loader/instance.hpp"
#include "services/plugin_errors.hpp"
#include "services/portfolio_rebalancer/rebalancer.hpp"
#include "services/runtime/event_inbox.hpp"
#include "services/runtime/net_port.hpp"
#include "services/signal_generator/signal_port.hpp"
#include "services/trade_execution/broker_port.hpp"
#include "services/trade_execution/execution.hpp"

namespace bowline::services {

/// A signal instance. `frames` (may be null) is what it selected; owned here.
class SignalAdapter final : public SignalPort {
 public:
  SignalAdapter(loader::SignalInstance& instance, loader::Needs needs, std::unique_ptr<FrameSource> frames);
  const core::SharedText& name() const override { return name_; }
  bool wants(std::uint16_t type) const noexcept override { return needs_.wants(type); }
  FrameSource* frames() noexcept override { return frames_.get(); }
  Result<void> on_event(const bl_event& event, std::vector<Said>& out) override;
  bool calibrates() const noexcept override { return calibration_ != nullptr; }
  bool explains() const noexcept override { return explainer_ != nullptr; }
  Result<ClassReturns> class_returns() override;
  Result<void> contributions(const bl_frame& frame, std::uint32_t row, std::uint32_t output, std::span<double> out) override;

 private:
  loader::SignalInstance& instance_;
  loader::Needs needs_;
  const bl_calibration_v1* calibration_;  // null: not offered
  const bl_explain_v1* explainer_;
  std::unique_ptr<FrameSource> frames_;
  core::SharedText name_;
  std::deque<core::SharedText> models_;  // every model id it ever named, so that predictions may point at them
  const core::SharedText* last_model_ = nullptr;  // of models_: nearly always the one that comes next, too
  std::vector<Said>* out_ = nullptr;
  bl_sink sink_{};

  const core::SharedText& intern(std::string_view text);
};

/// A risk instance. Of a quarantined one there is none: it answers REJECT. A check that fails is counted in `errors`
/// (may be null), as of the service that asked.
class RiskAdapter final : public core::RiskRule {
 public:
  RiskAdapter(std::string_view id, loader::RiskInstance* instance, PluginErrors* errors = nullptr,
              std::string_view service = "trade-execution");
  const core::SharedText& name() const override { return name_; }
  bool check(const bl_intent& intent, const bl_portfolio& portfolio, bl_verdict& verdict) override;
  std::string assessment() override;

 private:
  loader::RiskInstance* instance_;
  core::SharedText name_;
  PluginErrors* errors_;
  std::string service_;
};

/// Where a risk instance asks for protection. What it wants is trade-execution's to keep.
class StopSink {
 public:
  StopSink(Execution& execution, std::string_view instance);
  StopSink(const StopSink&) = delete;
  StopSink& operator=(const StopSink&) = delete;
  const bl_sink& get() const noexcept { return sink_; }

 private:
  Execution& execution_;
  core::SharedText name_;
  bl_sink sink_{};
};

/// A broker instance. What it says, in a call or on a wake-up, lands in `inbox` and is read between calls.
class BrokerAdapter final : public BrokerPort {
 public:
  /// `gate_closed`: set by the watchdog before the process ends; nothing is handed over after it. Calls that fail are
  /// counted in `errors` (may be null).
  BrokerAdapter(loader::BrokerInstance& instance, EventInbox& inbox, const std::atomic<bool>& gate_closed,
                PluginErrors* errors = nullptr);
  HandOver submit(const core::Recorded<core::RiskApproved<core::Intent>>& order, Error& why) override;
  bool can_amend() const noexcept override { return instance_.can_amend(); }
  HandOver amend(const bl_order_ref& order, const core::Recorded<core::RiskApproved<core::Amendment>>& wanted, Error& why) override;
  Result<void> cancel(std::span<const bl_order_ref> orders) override;
  Result<void> query(const bl_query& query) override;
  Result<void> on_event(const bl_event& event) override;
  bool wake() override;
  /// What the venue says about its own connection, and whether the last cancel, query or event failed. [core thread]
  enum class Link : std::uint8_t { down = 0, up = 1, stale = 2, untold };
  Link link() const noexcept { return link_; }
  /// What it said of it last; "" when nothing. [core thread]
  std::string_view link_why() const noexcept { return {link_why_.message, ::strnlen(link_why_.message, sizeof link_why_.message)}; }
  bool failing() const noexcept { return failing_; }
  void on_link(const bl_link& told) noexcept;
  bool broken() const noexcept { return instance_.state() == loader::State::Failed; }
  /// The plugin asked for a wake-up. [any]
  void ask_wake() noexcept { wake_.store(true, std::memory_order_release); }
  /// Whether it did, and was not woken yet; or what it asked others for is there. [core thread]
  bool wants_wake() const noexcept { return wake_.load(std::memory_order_acquire) || (net_ != nullptr && net_->some()); }
  /// Where answers to what it asks others come from; null: it asks nobody. Borrowed.
  void listen(NetPort* net) noexcept { net_ = net; }
  NetPort* net() const noexcept { return net_; }
  /// Hands it the answers that are there, once it runs; of each that it could not take `failed` is told (may be empty). False:
  /// there was none. [core thread]
  bool hear(const std::function<void(const Error&)>& failed);

 private:
  loader::BrokerInstance& instance_;
  const std::atomic<bool>& gate_closed_;
  PluginErrors* errors_;
  std::atomic<bool> wake_{false};
  NetPort* net_ = nullptr;
  bl_sink sink_{};
  Link link_ = Link::untold;
  bl_error link_why_{};
  bool failing_ = false;

  bool gate_is_closed(Error& why) const;
  HandOver outcome(std::string_view call, bl_status status, const bl_error& error, Error& why);
  Error failure(std::string_view call, bl_status status, const bl_error& why);
};

/// Lets the broker run and hands execution what it says, until it is silent.
void pump_broker(BrokerAdapter& broker, EventInbox& inbox, Execution& execution);

/// A rebalancer instance.
class RebalanceAdapter final : public RebalancePlan {
 public:
  explicit RebalanceAdapter(loader::RebalancerInstance& instance, PluginErrors* errors = nullptr);
  const core::SharedText& name() const override { return name_; }
  void on_event(const bl_event& event) override;
  Result<std::vector<PlanLine>> plan(std::span<const core::Prediction> predictions, const bl_portfolio& book) override;

 private:
  loader::RebalancerInstance& instance_;
  core::SharedText name_;
  PluginErrors* errors_;
};

}  // namespace bowline::services
