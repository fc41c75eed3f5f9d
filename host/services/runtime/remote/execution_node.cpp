#include "services/runtime/remote/execution_node.hpp"

#include <algorithm>

#include "core/identity.hpp"

namespace bowline::services {
namespace {
/// More than the streams keep messages, for both proposers.
constexpr std::size_t kept_answers = 32'768;
}  // namespace

ExecutionNode::ExecutionNode(FollowerParts parts, Execution& execution, BrokerAdapter& broker, EventInbox& inbox,
                             EventsStream& events, std::vector<std::string> proposers)
    : Follower(std::move(parts)),
      execution_(execution),
      broker_(broker),
      inbox_(inbox),
      events_(events),
      proposers_(std::move(proposers)) {}

void ExecutionNode::on_market(MarketEvent& event) {
  if (event.h.type == BL_EV_BAR && usable(event.bar, p_.table->size()))
    execution_.on_bar(event.bar);
  else if (event.h.type == BL_EV_QUOTE && usable(event.quote, p_.table->size()))
    execution_.on_quote(event.quote);
  else
    return;
  pump();
}

void ExecutionNode::on_close() {
  const core::PortfolioView& view = execution_.publish(close_.time);
  events_.portfolio(close_.time, view);
  taken_.clear();
  if (!close_.acted || proposers_.empty()) trade();
}

Result<bool> ExecutionNode::take(const wire::Targets& t, const std::string& key, const std::string& body) {
  const auto place = std::find(proposers_.begin(), proposers_.end(), t.from);
  if (place == proposers_.end())
    return Error{"PROPOSER_UNKNOWN", "targets are taken from the services that this run's peers name, and from nobody else"};
  const std::string slot = t.from + " " + key;
  const core::Id128 hash = core::decision_id(0, "", 0, "targets", body);
  if (const auto it = answered_.find(slot); it != answered_.end()) {
    // A proposer that was started anew decides all steps again: what it says must be what it said.
    if (it->second == hash) return true;
    return Error{"IDEMPOTENCY_KEY_REUSED", "this Idempotency-Key was used for other targets"};
  }
  if (!t.step) {  // on command: between two steps, or while one waits
    const core::Nanos now = p_.facts->engine_ns.load(std::memory_order_relaxed);
    audit_plan(*p_.sink, execution_.plan_asked(t.targets, now, t.who.principal, t.who.request_id, true), now, t.who, t.targets.size());
    apply(t);
    execution_.trade(now);
    pump();
  } else {
    if (!deciding_ || t.time != close_.time)
      return Error{"STEP_NOT_OPEN", "targets for another step than the one that is being decided"};
    if (static_cast<std::size_t>(place - proposers_.begin()) != taken_.size())
      return Error{"STEP_ORDER", "within a step signal-bridge proposes first, then portfolio-rebalancer"};
    taken_.push_back(t);
    events_.taken(t.from, t.time, t.targets.size());
    if (taken_.size() == proposers_.size()) trade();
  }
  answered_.emplace(slot, hash);
  answered_order_.push_back(slot);
  if (answered_order_.size() > kept_answers) {
    answered_.erase(answered_order_.front());
    answered_order_.pop_front();
  }
  return false;
}

void ExecutionNode::apply(const wire::Targets& t) {
  for (const core::InstrumentId id : t.changed) execution_.action_changed(id);
  if (t.from == "signal-bridge")
    execution_.take_targets(t.targets, false);
  else if (t.plan)
    execution_.take_targets(t.targets, true);
}

void ExecutionNode::trade() {
  if (close_.acted) {
    for (const wire::Targets& t : taken_) apply(t);
    execution_.trade(close_.time);
    pump();
  }
  execution_.settle(close_.time);
  settle();
}

}  // namespace bowline::services
