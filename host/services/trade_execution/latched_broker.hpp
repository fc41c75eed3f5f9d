// The broker edge behind the latch (trading rules 3.7): looked at before each submit and amend, whatever the core believes. Under it
// protective stops and the operator's exits still leave, and every cancel does.
#pragma once

#include "services/trade_execution/broker_port.hpp"
#include "store/halt_latch.hpp"
#include "store/row_words.hpp"

namespace bowline::services {

class LatchedBroker final : public BrokerPort {
 public:
  /// Both are borrowed.
  LatchedBroker(BrokerPort& broker, const store::HaltLatch& latch) : broker_(broker), latch_(latch) {}

  HandOver submit(const core::Recorded<core::RiskApproved<core::Intent>>& order, Error& why) override {
    if (!leaves_under_latch(**order) && latch_.set()) {
      why = Error{"HALT_LATCHED", std::string(store::held_back_by_latch)};
      return HandOver::denied;
    }
    return broker_.submit(order, why);
  }
  bool can_amend() const noexcept override { return broker_.can_amend(); }
  HandOver amend(const bl_order_ref& order, const core::Recorded<core::RiskApproved<core::Amendment>>& wanted, Error& why) override {
    if (!leaves_under_latch((**wanted).wanted) && latch_.set()) {
      why = Error{"HALT_LATCHED", std::string(store::held_back_by_latch)};
      return HandOver::denied;
    }
    return broker_.amend(order, wanted, why);
  }
  Result<void> cancel(std::span<const bl_order_ref> orders) override { return broker_.cancel(orders); }
  Result<void> query(const bl_query& query) override { return broker_.query(query); }
  Result<void> on_event(const bl_event& event) override { return broker_.on_event(event); }
  bool wake() override { return broker_.wake(); }

 private:
  BrokerPort& broker_;
  const store::HaltLatch& latch_;

  static bool leaves_under_latch(const core::Intent& i) noexcept {
    return i.side() == core::Side::sell && (i.purpose == core::Purpose::stop || i.purpose == core::Purpose::emergency ||
                                            i.purpose == core::Purpose::operator_order);
  }
};

}  // namespace bowline::services
