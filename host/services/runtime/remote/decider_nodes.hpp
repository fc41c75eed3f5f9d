// signal-bridge and portfolio-rebalancer as processes of their own: both decide on portfolio version v(t), which they
// hear from trade-execution, and propose over its API.
#pragma once

#include <deque>

#include "services/portfolio_rebalancer/rebalancer.hpp"
#include "services/runtime/remote/follower.hpp"
#include "services/signal_bridge/bridge.hpp"

namespace bowline::services {

/// What both have in common: the view of the book, and the way of the targets.
class DeciderNode : public Follower {
 public:
  explicit DeciderNode(FollowerParts parts);
  void start() override;
  void stop() override;
  void links(std::vector<std::pair<std::string, bool>>& to) const override {
    Follower::links(to);
    to.emplace_back("trade-execution", events_->connected());
  }
  /// v(t) of the step that was decided last.
  const core::PortfolioView& view() const noexcept { return view_; }

 protected:
  core::PortfolioView view_;
  TargetsSender sender_;

  /// Everything this role waits for at `close_` is here.
  virtual bool may_decide() const { return true; }
  virtual void decide(wire::Targets& to) = 0;
  /// Another message of trade-execution.
  virtual void on_event(const nlohmann::json&) {}
  void try_decide();

 private:
  // v(t) by t, heard and not yet decided on: bars of t may still be on their way, and who was started anew hears all.
  std::deque<std::pair<core::Nanos, core::PortfolioView::Parts>> versions_;
  bool proposed_ = false;
  std::unique_ptr<StreamClient> events_;

  void on_close() override;
  void heard(const nlohmann::json& message);
};

class BridgeNode final : public DeciderNode {
 public:
  BridgeNode(FollowerParts parts, Bridge& bridge) : DeciderNode(std::move(parts)), bridge_(bridge) {}

 private:
  Bridge& bridge_;
  void on_market(MarketEvent&) override {}
  void decide(wire::Targets& to) override {
    bridge_.decide(close_.time, close_.predictions, view_, to.targets, to.changed);
  }
};

/// Decides after the bridge: it waits until trade-execution has the bridge's targets.
class RebalancerNode final : public DeciderNode {
 public:
  RebalancerNode(FollowerParts parts, Rebalancer& rebalancer) : DeciderNode(std::move(parts)), rebalancer_(rebalancer) {}
  /// A plan made on command, traded at once. Does not wait: `taken` comes on the core thread, with an error of
  /// TargetsSender::send_within. [core thread]
  void propose_now(std::span<const core::Target> targets, core::Nanos now, const Asker& who,
                   std::function<void(const Result<void>&)> taken);

 private:
  Rebalancer& rebalancer_;
  core::Nanos bridge_done_ = 0;
  std::uint64_t commands_ = 0;
  void on_market(MarketEvent& event) override {
    if (event.h.type == BL_EV_BAR && usable(event.bar, p_.table->size())) rebalancer_.on_event(event.h);
  }
  bool may_decide() const override { return bridge_done_ >= close_.time; }
  void decide(wire::Targets& to) override {
    to.plan = rebalancer_.decide(close_.time, close_.predictions, view_, to.targets);
  }
  void on_event(const nlohmann::json& message) override;
};

}  // namespace bowline::services
