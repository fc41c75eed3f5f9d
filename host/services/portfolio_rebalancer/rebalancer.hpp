// portfolio-rebalancer: asks the configured plan for the portfolio it wants, every n bars or on command, and proposes
// it. Never makes an order.
#pragma once

#include <bowline/result.hpp>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/portfolio_view.hpp"
#include "core/prediction.hpp"
#include "core/records.hpp"
#include "services/plugin_errors.hpp"

namespace bowline::services {

/// One wanted weight of a plan.
struct PlanLine {
  core::InstrumentId instrument;
  double weight = 0;
  core::Nanos valid_until = 0;
  double below_zero = 0;  ///< what the plugin said where it was below 0, which counts as 0
};

/// A rebalancer plugin's instance as this service sees it.
class RebalancePlan {
 public:
  virtual ~RebalancePlan() = default;
  virtual const core::SharedText& name() const = 0;
  virtual void on_event(const bl_event& event) = 0;
  /// Pure: the same inputs give the same lines.
  virtual Result<std::vector<PlanLine>> plan(std::span<const core::Prediction> predictions, const bl_portfolio& book) = 0;
};

class Rebalancer {
 public:
  struct Options {
    std::uint64_t seed = 1;
    std::uint32_t every_bars = 0;   // 0 = on command only
    core::Nanos interval = 0;
    PluginErrors* plugin_errors = nullptr;  // where a plan that fails is counted; may be null
  };
  Rebalancer(Options options, const core::InstrumentTable& table, std::vector<std::unique_ptr<RebalancePlan>> plans,
             core::RecordSink& sink);

  void on_event(const bl_event& event);
  /// At the close of a step: a plan when one is due. True when `targets` holds a whole new plan (maybe an empty one).
  /// When the plan fails, the one before stands, and the failure is counted and told.
  bool decide(core::Nanos now, std::span<const core::Prediction> predictions, const core::PortfolioView& view,
              std::vector<core::Target>& targets);
  /// A step that an earlier process decided: its predictions are known and it counts, nothing is planned.
  void recall(std::span<const core::Prediction> predictions);
  /// On command, at once. `record`: false for a dry run. `command` is its request id: plans of one time have ids of their
  /// own, for each is a decision that orders may come of.
  Result<std::vector<core::Target>> run(core::Nanos now, const core::PortfolioView& view, bool record,
                                        std::string_view command);
  /// An earlier process of this run recorded so many plans at `now`, the step this one goes on from.
  void planned_before(core::Nanos now, std::uint64_t plans) noexcept {
    planned_at_ = now;
    planned_ = plans;
  }
  /// A plan was commanded at `now` and made in another process: what is planned here later is numbered behind it.
  void planned_elsewhere(core::Nanos now) noexcept { planned_before(now, (now == planned_at_ ? planned_ : 0) + plans_.size()); }
  std::uint64_t plans_made() const noexcept { return made_; }

 private:
  Options options_;
  const core::InstrumentTable& table_;
  std::vector<std::unique_ptr<RebalancePlan>> plans_;
  core::RecordSink& sink_;
  std::vector<core::Prediction> latest_;  // by instrument; instrument 0 = none yet
  core::SharedText asked_;                // the instance whose plan was asked for last
  std::uint64_t bars_ = 0, made_ = 0;
  core::Nanos planned_at_ = 0;   // of the newest recorded plan
  std::uint64_t planned_ = 0;    // so many were recorded at that time
};

}  // namespace bowline::services
