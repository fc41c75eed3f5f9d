// WS /events/stream of trade-execution: orders and fills as they change, and each portfolio version v(t).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "services/runtime/broadcaster.hpp"
#include "services/runtime/remote/wire.hpp"

namespace bowline::services {

class EventsStream {
 public:
  /// `keep`: messages are made and kept also while nobody listens, for a service that is not there at the moment.
  EventsStream(const wire::Hello& hello, const core::InstrumentTable& table, bool keep = true)
      : hello_(std::make_shared<const std::string>(wire::hello_message(hello))), table_(table), keep_(keep) {}

  // ---- [core thread]
  void portfolio(core::Nanos step, const core::PortfolioView& view) {
    if (heard()) stream_.publish(wire::portfolio_message(stream_.next_id(), step, view, table_));
  }
  void order(const core::OrderRecord& r) {
    if (heard()) stream_.publish(wire::order_message(stream_.next_id(), r, table_));
  }
  void fill(const core::FillRecord& r) {
    if (heard()) stream_.publish(wire::fill_message(stream_.next_id(), r, table_));
  }
  /// The targets of one service for a step are here: the next one may decide.
  void taken(const std::string& from, core::Nanos step, std::size_t targets) {
    stream_.publish(wire::taken_message(stream_.next_id(), from, step, targets));
  }
  // ---- [I/O thread]
  void join(const std::shared_ptr<edge::WsSession>& session, std::optional<std::uint64_t> from) {
    session->send(hello_);
    stream_.add(session, from);
  }

 private:
  std::shared_ptr<const std::string> hello_;
  const core::InstrumentTable& table_;
  const bool keep_;
  Broadcaster stream_{16'384, std::chrono::seconds(0)};

  bool heard() { return keep_ || !stream_.skip_unheard(); }
};

/// Stands before the store and tells the stream what execution writes about orders and fills.
class EventsTap final : public core::RecordSink {
 public:
  EventsTap(EventsStream& stream, core::RecordSink& next) : stream_(stream), next_(next) {}
  bool wanted() const noexcept override { return true; }
  void put(core::Record&& record) override {
    if (const auto* order = std::get_if<core::OrderRecord>(&record)) stream_.order(*order);
    if (const auto* fill = std::get_if<core::FillRecord>(&record)) stream_.fill(*fill);
    if (next_.wanted()) next_.put(std::move(record));
  }
  void end_step(core::Nanos time) override { next_.end_step(time); }

 private:
  EventsStream& stream_;
  core::RecordSink& next_;
};

}  // namespace bowline::services
