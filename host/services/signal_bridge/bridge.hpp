// signal-bridge: predictions become target weights, or the reason why not. Cost gate, sizing, advisory risk. Decides on
// portfolio version v(t) and on nothing else, so one process and four decide alike.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/portfolio_view.hpp"
#include "core/prediction.hpp"
#include "core/risk_chain.hpp"

namespace bowline::services {

struct BridgeOptions {
  double max_position = 0.05;         // fraction of equity per asset
  bool cost_gate = true;
  double cost_margin = 0.0005;        // on top of round-trip fee and half spread
  double assumed_half_spread = 0.0005;
  Decimal max_position_exact = Decimal::from_mantissa(5, -2);
};

/// Stable codes of a decision, with their meaning: the documentation's table.
std::span<const std::pair<std::string_view, std::string_view>> decision_codes() noexcept;

class Bridge {
 public:
  Bridge(BridgeOptions options, const core::InstrumentTable& table, std::vector<std::unique_ptr<core::RiskRule>> advisers,
         core::RecordSink& sink);

  /// One decision per prediction, in instrument order. Targets that passed are appended to `targets`; instruments whose
  /// action differs from the prediction before are appended to `changed` (a rebalancer's target for them falls).
  void decide(core::Nanos now, std::span<const core::Prediction> predictions, const core::PortfolioView& view,
              std::vector<core::Target>& targets, std::vector<core::InstrumentId>& changed);

  /// Predictions of a step that an earlier process decided on: what they wanted is remembered, nothing is decided.
  void recall(std::span<const core::Prediction> predictions);

  /// Decisions by code since start.
  const std::map<std::string, std::uint64_t>& counts() const noexcept { return counts_; }

  /// w = max_position x clamp((p_up - threshold) / (1 - threshold), 0, 1); without probabilities the prediction's own
  /// weight, else max_position x confidence (trading rules 1.2).
  static double weight_of(const core::Prediction& p, double max_position) noexcept;

 private:
  BridgeOptions options_;
  const core::InstrumentTable& table_;
  core::RiskChain advisers_;
  core::RecordSink& sink_;
  std::vector<core::Action> last_;  // by instrument
  std::map<std::string, std::uint64_t> counts_;
  core::SharedText last_code_;
  std::uint64_t* last_count_ = nullptr;  // of last_code_: nodes of counts_ do not move
  std::uint64_t seq_ = 0;

  void count(const core::SharedText& code);
};

}  // namespace bowline::services
