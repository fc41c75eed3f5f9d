// What the services say to each other, as JSON text and back. Exact both ways: amounts are decimal text, doubles are
// written so that they read back as they were, market data as mantissas with their exponents.
#pragma once

#include <bowline/result.hpp>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/portfolio_view.hpp"
#include "core/prediction.hpp"
#include "core/records.hpp"
#include "services/runtime/core_loop.hpp"
#include "services/runtime/feed_reader.hpp"
#include "services/runtime/plan_audit.hpp"

namespace bowline::services::wire {

/// Who publishes a stream, and the facts in which two processes of one run must agree. First message of a stream.
struct Hello {
  std::string service, run;  ///< run: drawn at start; another one means that the peer began anew
  std::uint64_t seed = 0;
  core::Nanos interval_ns = 0;
  std::vector<std::string> instruments;
};

/// The end of step t, as signal-generator tells it.
struct Close {
  core::Nanos time = 0;
  bool acted = false;  ///< false: only late bars or warm-up, so nothing is decided
  std::vector<core::Prediction> predictions;
};

/// What bridge or rebalancer wants, for trade-execution.
struct Targets {
  std::string from;             ///< the service that decided
  core::Nanos time = 0;
  bool step = true;             ///< part of step `time`; false: on command, at once
  bool plan = false;            ///< a rebalancer's whole plan, which replaces the one before
  std::vector<core::Target> targets;
  std::vector<core::InstrumentId> changed;  ///< the prediction's action is another than before
  Asker who;                                ///< on command: who gave it; not of a step
};

// ---- messages; `id` is the stream's event id, core::Nanos is event time
std::string hello_message(const Hello& hello);
std::string market_message(std::uint64_t id, const MarketEvent& event, const core::InstrumentTable& table);
std::string close_message(std::uint64_t id, core::Nanos time, bool acted, std::span<const core::Prediction> predictions,
                          const core::InstrumentTable& table);
std::string end_message(std::uint64_t id, core::Nanos time, RunEnd end);
std::string portfolio_message(std::uint64_t id, core::Nanos step, const core::PortfolioView& view,
                              const core::InstrumentTable& table);
std::string order_message(std::uint64_t id, const core::OrderRecord& order, const core::InstrumentTable& table);
std::string fill_message(std::uint64_t id, const core::FillRecord& fill, const core::InstrumentTable& table);
/// trade-execution took the targets of one service for step `time`.
std::string taken_message(std::uint64_t id, const std::string& from, core::Nanos time, std::size_t targets);
/// The body of POST /targets.
std::string targets_body(const Targets& targets, const core::InstrumentTable& table);

// ---- reading. Error WIRE_MALFORMED names what was wrong, never a value.
Result<Hello> read_hello(const nlohmann::json& message);
/// Types bar, quote and observation.
Result<MarketEvent> read_market(const nlohmann::json& message, const core::InstrumentTable& table);
Result<Close> read_close(const nlohmann::json& message, const core::InstrumentTable& table);
Result<core::PortfolioView::Parts> read_portfolio(const nlohmann::json& message, const core::InstrumentTable& table);
Result<Targets> read_targets(const nlohmann::json& body, const core::InstrumentTable& table);

std::string_view end_text(RunEnd end) noexcept;
/// How a follower ends when the run's owner ended so.
RunEnd follower_end(std::string_view text) noexcept;

}  // namespace bowline::services::wire
