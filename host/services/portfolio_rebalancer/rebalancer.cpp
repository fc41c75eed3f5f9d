#include "services/portfolio_rebalancer/rebalancer.hpp"

#include <cmath>

#include "core/identity.hpp"

namespace bowline::services {

Rebalancer::Rebalancer(Options options, const core::InstrumentTable& table,
                       std::vector<std::unique_ptr<RebalancePlan>> plans, core::RecordSink& sink)
    : options_(options), table_(table), plans_(std::move(plans)), sink_(sink), latest_(table.size()) {}

[[gnu::hot]] void Rebalancer::on_event(const bl_event& event) {
  for (const auto& p : plans_) p->on_event(event);
}

[[gnu::hot]] bool Rebalancer::decide(core::Nanos now, std::span<const core::Prediction> predictions, const core::PortfolioView& view,
                                      std::vector<core::Target>& targets) {
  ++bars_;
  if (plans_.empty()) return false;
  for (const core::Prediction& p : predictions) latest_[p.instrument.value - 1] = p;
  if (options_.every_bars == 0 || bars_ % options_.every_bars != 0) return false;
  auto made = run(now, view, true, {});
  if (!made) {
    if (options_.plugin_errors != nullptr)
      options_.plugin_errors->add("portfolio-rebalancer", *asked_, made.error().code, made.error().message);
    return false;
  }
  targets.insert(targets.end(), made->begin(), made->end());
  return true;
}

void Rebalancer::recall(std::span<const core::Prediction> predictions) {
  ++bars_;
  for (const core::Prediction& p : predictions) latest_[p.instrument.value - 1] = p;
}

Result<std::vector<core::Target>> Rebalancer::run(core::Nanos now, const core::PortfolioView& view, bool record,
                                                  std::string_view command) {
  if (plans_.empty())
    return Error{"REBALANCER_ABSENT", "no instance of kind rebalancer is configured: add one under instances"};
  std::vector<core::Prediction> known;
  for (const core::Prediction& p : latest_)
    if (p.instrument) known.push_back(p);
  std::uint64_t before = now == planned_at_ ? planned_ : 0;
  std::string which;  // of several plans of one time; the one that is due has none
  if (before > 0 || !command.empty()) which = '/' + std::to_string(before) + '/' + std::string(command);
  std::vector<core::Target> targets;
  std::vector<core::RebalanceRecord> records;  // of plans that may still be thrown away for what another says
  for (const auto& plan : plans_) {
    asked_ = plan->name();
    auto lines = plan->plan(known, view.get());
    if (!lines) return lines.error();
    double sum = 0;
    core::RebalanceRecord r;
    for (const PlanLine& line : *lines) {
      if (!line.instrument || line.instrument.value > table_.size() || !(line.weight >= 0 && line.weight <= 1))
        return Error{"REBALANCE_WEIGHT", "instance " + *plan->name() + " planned a weight outside 0..1 or an unknown product"};
      sum += line.weight;
      core::Target t;
      t.instrument = line.instrument;
      t.purpose = core::Purpose::rebalance;
      t.weight = line.below_zero < 0 ? line.below_zero : line.weight;  // the target book takes it as 0, and the sizing says so
      t.time = now;
      // A rebalancer's target stands until its next plan (trading rules 1.2).
      t.valid_until = line.valid_until > 0 ? line.valid_until : INT64_MAX;
      t.decision = core::decision_id(options_.seed, table_[line.instrument].symbol, now, *plan->name(), "rebalance" + which);
      if (const bl_mark* m = view.mark(line.instrument)) t.ref_px = Decimal::from_raw(m->px);
      targets.push_back(t);
      r.weights.emplace_back(line.instrument, line.weight);
    }
    if (sum > 1 + 1e-9)
      return Error{"REBALANCE_SUM", "instance " + *plan->name() + " planned weights that sum to more than 1"};
    r.id = core::decision_id(options_.seed, "", now, *plan->name(), "plan" + which).hex();
    r.time = now;
    r.instance = plan->name();
    r.portfolio_version = view.get().version;
    records.push_back(std::move(r));
  }
  if (!record) return targets;
  for (core::RebalanceRecord& r : records) {
    ++made_;
    r.seq = ++before;
    if (sink_.wanted()) sink_.put(std::move(r));
  }
  planned_before(now, before);
  return targets;
}

}  // namespace bowline::services
