#include "services/runtime/remote/decider_nodes.hpp"

#include <nlohmann/json.hpp>

namespace bowline::services {
namespace {
/// How long whoever commands a plan is kept waiting for trade-execution's answer; the server's own limit is far above.
constexpr std::chrono::seconds patience{8};
}  // namespace

DeciderNode::DeciderNode(FollowerParts parts)
    : Follower(std::move(parts)), sender_(*p_.io, *p_.loop, p_.execution_url) {
  StreamClientOptions o{p_.execution_url, "/events/stream", "", p_.expected};
  o.expected.service = "trade-execution";
  StreamClientEvents e;
  e.message = [this](const std::shared_ptr<const nlohmann::json>& m) { heard(*m); };
  e.failed = [this](const Error& why) { fail(why); };
  events_ = std::make_unique<StreamClient>(*p_.io, *p_.loop, std::move(o), std::move(e));
}

void DeciderNode::start() {
  events_->start();
  Follower::start();
}

void DeciderNode::stop() {
  Follower::stop();
  events_->stop();
}

void DeciderNode::heard(const nlohmann::json& m) {
  if (finished()) return;
  if (m.at("type") == "portfolio") {
    auto parts = wire::read_portfolio(m, *p_.table);
    if (!parts) return fail(Error{"PEER_MALFORMED", parts.error().message});
    versions_.emplace_back(m.at("time_ns").get<core::Nanos>(), std::move(*parts));
  } else {
    on_event(m);
  }
  try_decide();
}

void DeciderNode::on_close() {
  proposed_ = false;
  try_decide();
}

void DeciderNode::try_decide() {
  if (!deciding_ || proposed_) return;
  while (!versions_.empty() && versions_.front().first < close_.time) versions_.pop_front();
  if (versions_.empty() || versions_.front().first != close_.time) return;
  if (close_.acted && !may_decide()) return;
  view_.assign(std::move(versions_.front().second));
  versions_.pop_front();
  if (!close_.acted) return settle();
  wire::Targets t;
  t.from = p_.role;
  t.time = close_.time;
  decide(t);
  proposed_ = true;
  sender_.send(p_.role + "-" + std::to_string(t.time), wire::targets_body(t, *p_.table), [this](const Result<void>& taken) {
    if (finished()) return;
    if (!taken) return fail(taken.error());
    settle();
  });
}

void RebalancerNode::on_event(const nlohmann::json& m) {
  if (m.at("type") == "targets" && m.at("from") == "signal-bridge") bridge_done_ = m.at("time_ns").get<core::Nanos>();
}

void RebalancerNode::propose_now(std::span<const core::Target> targets, core::Nanos now, const Asker& who,
                                 std::function<void(const Result<void>&)> taken) {
  wire::Targets t;
  t.from = p_.role;
  t.time = now;
  t.step = false;
  t.plan = true;
  t.targets.assign(targets.begin(), targets.end());
  t.who = who;
  sender_.send_within(patience, p_.role + "-run-" + std::to_string(now) + "-" + std::to_string(++commands_),
                      wire::targets_body(t, *p_.table), std::move(taken));
}

}  // namespace bowline::services
