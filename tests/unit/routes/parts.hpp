// The components behind the routes, whole, over a venue that acknowledges and cancels when it is told to.
#pragma once

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "services/portfolio_rebalancer/rebalancer.hpp"
#include "services/runtime/backend.hpp"
#include "services/trade_execution/execution.hpp"

namespace routes_test {

using namespace bowline;
using namespace bowline::literals;

struct FakeBroker final : services::BrokerPort {
  std::vector<bl_exec> said;  ///< read by deliver()
  std::size_t submits = 0, cancels = 0;
  bool takes_cancels = true;

  static bl_exec about(std::string_view id, std::uint32_t kind, std::uint32_t state) {
    bl_exec e{};
    e.h.size = sizeof e;
    e.h.type = BL_EV_EXEC;
    e.h.ts_recv = 1;
    std::memcpy(e.client_id, id.data(), id.size() < sizeof e.client_id ? id.size() : sizeof e.client_id - 1);
    e.kind = kind;
    e.state = state;
    return e;
  }
  services::HandOver submit(const core::Recorded<core::RiskApproved<core::Intent>>& order, Error&) override {
    ++submits;
    bl_exec e = about((**order).client_id(), BL_X_ACCEPTED, BL_S_OPEN);
    e.h.instrument = (**order).abi.instrument;
    e.side = (**order).abi.side;
    said.push_back(e);
    return services::HandOver::taken;
  }
  Result<void> cancel(std::span<const bl_order_ref> orders) override {
    if (!takes_cancels) return Error{"BROKER_REFUSED", "not now"};
    for (const bl_order_ref& ref : orders) {
      ++cancels;
      said.push_back(about({ref.client_id.ptr, ref.client_id.len}, BL_X_DONE, BL_S_CANCELLED));
    }
    return {};
  }
  bool can_amend() const noexcept override { return true; }
  /// Amended at once, at the venue's time `answered`.
  core::Nanos answered = 1;
  services::HandOver amend(const bl_order_ref&, const core::Recorded<core::RiskApproved<core::Amendment>>& wanted, Error&) override {
    const core::Intent& i = (**wanted).wanted;
    bl_exec e = about(i.client_id(), refuses_amends ? BL_X_AMEND_REJECTED : BL_X_AMENDED, BL_S_OPEN);
    e.h.ts_event = ++answered;
    e.h.instrument = i.abi.instrument;
    e.side = i.abi.side;
    if (!refuses_amends) {
      e.qty = i.abi.qty;
      e.limit_px = i.abi.limit_px;
      e.stop_px = i.abi.stop_px;
      e.expire_ns = i.abi.expire_ns;
    } else {
      std::memcpy(e.text, "BELOW_FILLED", 13);
    }
    if (!silent) said.push_back(e);
    return services::HandOver::taken;
  }
  bool refuses_amends = false, silent = false;
  std::vector<bl_query> queries;  ///< every question; nobody answers by itself
  Result<void> query(const bl_query& q) override {
    queries.push_back(q);
    return {};
  }
  Result<void> on_event(const bl_event&) override { return {}; }
  bool wake() override { return false; }
};

/// Keeps what is put once `keep` is set.
struct Sink final : core::RecordSink {
  bool keep = false;
  std::vector<core::Record> records;
  bool wanted() const noexcept override { return keep; }
  void put(core::Record&& record) override { records.push_back(std::move(record)); }
  void end_step(core::Nanos) override {}
};

/// Refuses every entry above 3 base units.
struct SmallOnly final : core::RiskRule {
  core::SharedText name_ = std::make_shared<const std::string>("small_only");
  const core::SharedText& name() const override { return name_; }
  bool check(const bl_intent& intent, const bl_portfolio&, bl_verdict& verdict) override {
    const bool small = Decimal::from_raw(intent.qty) <= "3"_dec;
    verdict.action = small ? 1 : 0;
    if (!small) std::memcpy(verdict.code, "TOO_LARGE", 10);
    return true;
  }
};

struct FixedPlan final : services::RebalancePlan {
  core::SharedText name_ = std::make_shared<const std::string>("half");
  const core::SharedText& name() const override { return name_; }
  void on_event(const bl_event&) override {}
  Result<std::vector<services::PlanLine>> plan(std::span<const core::Prediction>,
                                               const bl_portfolio&) override {
    return std::vector<services::PlanLine>{{{1}, 0.5, 0}};
  }
};

struct Parts {
  static constexpr core::Nanos start = 1'640'995'500'000'000'000;  // 2022-01-01T00:05:00Z
  core::InstrumentTable table;
  FakeBroker broker;
  Sink sink;
  std::unique_ptr<store::Journal> journal = store::Journal::in_memory();
  std::unique_ptr<services::Execution> execution;
  std::unique_ptr<services::Rebalancer> rebalancer;
  services::Backend backend;

  explicit Parts(bool with_plan = true) {
    const core::ProductRules rules{"0.001"_dec, "0.01"_dec,  "0.01"_dec, "0.001"_dec,
                                   "1"_dec,     "0.004"_dec, "0.006"_dec};
    static_cast<void>(table.asset("USD"));
    static_cast<void>(table.add("BTC-USD", rules));
    static_cast<void>(table.add("ETH-USD", rules));
    std::vector<std::unique_ptr<core::RiskRule>> rule;
    rule.push_back(std::make_unique<SmallOnly>());
    execution = std::make_unique<services::Execution>(services::ExecutionOptions{}, table, core::AssetId{1},
                                                      "0.0005"_dec, std::move(rule), core::FloorLimits{},
                                                      broker, *journal, sink);
    std::vector<std::unique_ptr<services::RebalancePlan>> plans;
    if (with_plan) plans.push_back(std::make_unique<FixedPlan>());
    rebalancer = std::make_unique<services::Rebalancer>(services::Rebalancer::Options{}, table,
                                                        std::move(plans), sink);
    bl_balance_ev cash{};
    cash.h.size = sizeof cash;
    cash.h.type = BL_EV_BALANCE;
    cash.asset = 1;
    cash.total = "100000"_dec.raw();
    execution->on_broker_event(cash.h);
    for (std::uint32_t i = 1; i <= 2; ++i) {
      bl_bar bar{};
      bar.h.size = sizeof bar;
      bar.h.type = BL_EV_BAR;
      bar.h.instrument = i;
      bar.h.ts_event = bar.h.ts_recv = start;
      bar.close = 100;
      execution->on_bar(bar);
    }
    static_cast<void>(execution->publish(start));
    backend.now = [] { return start; };
    backend.post = [](std::function<void()> work) {
      work();
      return true;
    };
    backend.pump = [this] { deliver(); };
    backend.instruments = &table;
    backend.view = &execution->view();
    backend.take_plan = [this](std::span<const core::Target> targets, core::Nanos now, const services::Asker& who,
                               const services::Backend::Taken& taken) {
      services::audit_plan(sink, execution->plan_asked(targets, now, who.principal, who.request_id, false), now, who, targets.size());
      execution->take_targets(targets, true);
      execution->trade(now);
      taken({});
    };
  }
  void deliver() {
    const std::vector<bl_exec> now = std::move(broker.said);
    broker.said.clear();
    for (const bl_exec& e : now) execution->on_broker_event(e.h);
  }
};

}  // namespace routes_test
