// trade-execution as a process of its own: books what the market stream brings, publishes v(t), takes the targets of
// bridge and rebalancer for t in that order, trades, settles.
#pragma once

#include <deque>
#include <map>

#include "services/runtime/events_stream.hpp"
#include "services/runtime/ports.hpp"
#include "services/runtime/remote/follower.hpp"
#include "services/trade_execution/execution.hpp"

namespace bowline::services {

class ExecutionNode final : public Follower {
 public:
  /// `proposers`: the services whose targets belong to a step, in the order in which they are taken.
  ExecutionNode(FollowerParts parts, Execution& execution, BrokerAdapter& broker, EventInbox& inbox, EventsStream& events,
                std::vector<std::string> proposers);

  void pump() override { pump_broker(broker_, inbox_, execution_); }
  /// POST /targets: true when the key was answered before. Errors: STEP_NOT_OPEN, STEP_ORDER, IDEMPOTENCY_KEY_REUSED,
  /// PROPOSER_UNKNOWN.
  Result<bool> take(const wire::Targets& targets, const std::string& key, const std::string& body);

 private:
  Execution& execution_;
  BrokerAdapter& broker_;
  EventInbox& inbox_;
  EventsStream& events_;
  const std::vector<std::string> proposers_;
  std::vector<wire::Targets> taken_;          // of the step, in order of proposers_
  std::map<std::string, core::Id128> answered_;  // hash of the body by service and key, of the steps that are still kept
  std::deque<std::string> answered_order_;

  void on_market(MarketEvent& event) override;
  void on_close() override;
  void trade();
  void apply(const wire::Targets& t);
};

}  // namespace bowline::services
