#include "services/runtime/run_watch.hpp"

#include "observe/log.hpp"
#include "services/throttle.hpp"

namespace bowline::services {
namespace {

namespace out = observe::log;

/// Tells at 1, 10, 100 and so on; `next` is the number it waits for.
bool due(std::uint64_t n, std::uint64_t& next) {
  if (n < next) return false;
  while (next <= n) next *= 10;
  return true;
}

}  // namespace

RunWatch::RunWatch(RunParts parts) : parts_(std::move(parts)), feeds_(parts_.feeds.size(), FeedCondition::up) {}

void RunWatch::look() {
  if (parts_.journal != nullptr && parts_.journal->writable() != journal_ok_) {
    journal_ok_ = !journal_ok_;
    const out::Scope scope({.service = "trade-execution"});
    if (journal_ok_) out::info("journal", "the journal can be written again");
    else out::error("journal", "JOURNAL_UNWRITABLE: intents cannot be made durable: entries are denied until they can");
  }
  if (parts_.broker != nullptr && parts_.broker->link() != link_) {
    link_ = parts_.broker->link();
    const out::Scope scope({.service = "trade-execution"});
    if (worth_a_line(++link_changes_)) {
      using Link = BrokerAdapter::Link;
      if (link_ == Link::up) out::info("venue", "the venue says that its connection is up");
      else out::warning("venue", "the venue says that its connection is {}", link_ == Link::down ? "down" : "stale");
    }
  }
  look_at_feeds();
  look_at_counts();
}

void RunWatch::look_at_feeds() {
  const std::int64_t now = feeds_.empty() ? 0 : parts_.wall_ns();
  for (std::size_t i = 0; i < feeds_.size(); ++i) {
    const FeedReader& feed = *parts_.feeds[i];
    const FeedCondition is = condition(feed, now, parts_.stale_after_ns);
    if (is == feeds_[i]) continue;
    feeds_[i] = is;
    const out::Scope scope({.service = "signal-generator"});
    switch (is) {
      case FeedCondition::up: out::info("feed", "feed {} delivers again", feed.id()); break;
      case FeedCondition::stale: out::warning("feed", "FEED_STALE: feed {} delivers nothing", feed.id()); break;
      case FeedCondition::ended: out::info("feed", "feed {} has ended: no more data", feed.id()); break;
      case FeedCondition::failed: out::error("feed", "FEED_FAILED: feed {} has failed", feed.id()); break;
    }
  }
}

void RunWatch::look_at_counts() {
  if (const std::uint64_t n = parts_.loop->late_bars(); due(n, late_next_)) {
    const out::Scope scope({.service = "signal-generator"});
    out::Event(out::Level::Warning, "feed").field("count", n).msg("bars come too late to be acted on: {} so far", n);
  }
  if (parts_.store == nullptr) return;
  if (const std::uint64_t n = parts_.store->dropped(); due(n, dropped_next_))
    out::Event(out::Level::Error, "store").field("count", n).msg("STORE_DROPPED: {} records are lost for good so far: the backlog is full", n);
}

}  // namespace bowline::services
