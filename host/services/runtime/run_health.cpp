#include "services/runtime/run_health.hpp"

namespace bowline::services {
namespace {

using observe::Health;

Component feed_component(const FeedReader& feed, const RunParts& parts) {
  Component c{"feed " + feed.id(), Health::Ok, "", ""};
  switch (condition(feed, parts.wall_ns(), parts.stale_after_ns)) {
    case FeedCondition::up: break;
    case FeedCondition::stale:
      return {c.name, Health::Degraded, "FEED_STALE", "it has delivered nothing for longer than two bars may take"};
    case FeedCondition::ended: return {c.name, Health::Degraded, "FEED_ENDED", "its data have ended"};
    case FeedCondition::failed: return {c.name, Health::Down, "FEED_FAILED", "it has failed, and the run ends"};
  }
  return c;
}

Component market_component(const store::MarketRecorder& recorder) {
  if (recorder.lost() == 0) return {"market log", Health::Ok, "", ""};
  return {"market log", Health::Degraded, "MARKET_LOG_LOST", "what is heard is not recorded whole, and a re-run ends there"};
}

Component journal_component(const RunParts& parts) {
  Component c{"journal", Health::Ok, "", ""};
  if (!parts.journal->writable() || (parts.execution != nullptr && !parts.execution->journal_ok()))
    return {c.name, Health::Down, "JOURNAL_UNWRITABLE", "intents cannot be made durable: entries are denied until they can"};
  if (parts.execution != nullptr && !parts.execution->reserve_whole())
    return {c.name, Health::Degraded, "BALLAST_RELEASED", "the disk is full, or was: exits go on in what room is kept for them, entries are denied until an operator resumes with room for it"};
  return c;
}

Component store_component(const store::SqlStore& store) {
  Component c{"store", Health::Ok, "", ""};
  if (!store.healthy()) return {c.name, Health::Down, store.fault().code, "it cannot be written: entries are denied, exits go on"};
  if (store.dropped() != 0) return {c.name, Health::Degraded, "STORE_DROPPED", "records of this run were lost for good"};
  return c;
}

Component venue_component(const BrokerAdapter& broker) {
  using Link = BrokerAdapter::Link;
  Component c{"venue", Health::Ok, "", ""};
  if (broker.broken()) return {c.name, Health::Down, "PLUGIN_FAILED", "its plugin has failed, and the run ends"};
  if (broker.link() == Link::down) return {c.name, Health::Down, "VENUE_LINK_DOWN", "it says that its connection is down"};
  if (broker.link() == Link::stale) return {c.name, Health::Degraded, "VENUE_LINK_STALE", "it says that its connection is stale"};
  if (broker.failing()) return {c.name, Health::Degraded, "PLUGIN_CALL_FAILED", "its plugin answered the last call with an error"};
  return c;
}

Component plugins_component(const Instances& instances) {
  std::string out;
  const auto gather = [&out](const auto& list) {
    for (const auto& one : list)
      if (one.quarantined) out += (out.empty() ? "" : ", ") + one.id;
  };
  gather(instances.feeds);
  gather(instances.signals);
  gather(instances.risks);
  gather(instances.brokers);
  gather(instances.rebalancers);
  if (out.empty()) return {"plugins", Health::Ok, "", ""};
  return {"plugins", Health::Degraded, "PLUGIN_QUARANTINED", "quarantined until an operator releases them: " + out};
}

}  // namespace

FeedCondition condition(const FeedReader& feed, std::int64_t now_ns, std::int64_t stale_after_ns) {
  switch (feed.state()) {
    case FeedReader::State::ended: return FeedCondition::ended;
    case FeedReader::State::failed: return FeedCondition::failed;
    case FeedReader::State::delivering: break;
  }
  if (feed.says_stale()) return FeedCondition::stale;
  // One that runs ahead of the core is silent because the core is behind, which is another complaint.
  const std::int64_t last = feed.delivered_ns();
  return last != 0 && feed.waiting() == 0 && now_ns - last > stale_after_ns ? FeedCondition::stale : FeedCondition::up;
}

std::vector<Component> components(const RunParts& parts, std::string_view service) {
  std::vector<Component> all;
  if (service == "signal-generator") {
    for (const FeedReader* f : parts.feeds) all.push_back(feed_component(*f, parts));
    if (parts.recorder != nullptr) all.push_back(market_component(*parts.recorder));
  }
  if (service == "trade-execution") {
    if (parts.journal != nullptr) all.push_back(journal_component(parts));
    if (parts.broker != nullptr) all.push_back(venue_component(*parts.broker));
  }
  if (parts.store != nullptr) all.push_back(store_component(*parts.store));
  if (parts.instances != nullptr) all.push_back(plugins_component(*parts.instances));
  return all;
}

std::vector<std::string> trading_obstacles(const RunParts& parts) {
  std::vector<std::string> codes;
  if (parts.execution == nullptr) return codes;
  const Execution& e = *parts.execution;
  if (!e.gate_open()) codes.emplace_back("GATE_CLOSED");
  if (e.state() == core::TradingState::halted) codes.emplace_back("STATE_HALTED");
  if (e.state() == core::TradingState::reducing) codes.emplace_back("STATE_REDUCING");
  if (!e.journal_ok()) codes.emplace_back("JOURNAL_UNWRITABLE");
  if (!e.reserve_whole()) codes.emplace_back("BALLAST_RELEASED");
  if (!e.store_up()) codes.emplace_back("STORE_DOWN");
  if (parts.broker != nullptr && parts.broker->link() == BrokerAdapter::Link::down) codes.emplace_back("VENUE_LINK_DOWN");
  for (const FeedReader* f : parts.feeds)
    if (condition(*f, parts.wall_ns(), parts.stale_after_ns) == FeedCondition::stale) {
      codes.emplace_back("FEED_STALE");
      break;
    }
  return codes;
}

}  // namespace bowline::services
