// What an emergency stop or a resume would do, told without doing it: nothing changes, and nothing is written down.
#include "services/runtime/json_values.hpp"
#include "services/trade_execution/execution.hpp"
#include "store/halt_latch.hpp"

namespace bowline::services {
namespace {

std::string order_line(const core::Order& o, const core::InstrumentTable& table) {
  return JsonObject()
      .text("id", o.intent.client_id())
      .text("instrument", table[o.intent.instrument()].symbol)
      .text("state", core::to_string(o.state))
      .amount("left", o.leaves())
      .amount("limit_price", o.intent.limit_px())
      .done();
}

std::string text(std::string_view value) {
  std::string out;
  append_json_string(out, value);
  return out;
}

}  // namespace

// As emergency_stop() does: halted with the gate closed, whatever it is now; what an operator has frozen stays so.
std::string Execution::plan_stop(core::Nanos) const {
  std::vector<std::string> cancels, stays, given_up;
  for (const core::Order* o : orders_.working()) {
    const bool entry = !o->external && o->intent.side() == core::Side::buy;
    (entry ? cancels : stays).push_back(order_line(*o, table_));
  }
  for (const core::Instrument& ins : table_.all())
    if (book_.insists(ins.id, core::Purpose::exit)) given_up.push_back(text(ins.symbol));
  return JsonObject()
      .boolean("dry_run", true)
      .text("state", core::to_string(core::TradingState::halted))
      .boolean("gate_open", false)
      .boolean("frozen", states_.global().frozen)
      .text("state_now", core::to_string(state()))
      .boolean("gate_open_now", gate_open())
      .boolean("latched_now", latch_ != nullptr && latch_->set())
      .number("cancels", std::uint64_t{cancels.size()})
      .json("would_cancel", json_array(cancels))
      .json("would_stay", json_array(stays))
      .json("would_give_up", json_array(given_up))
      .json("refused", "null")
      .done();
}

// As resume() does, in the order in which it would refuse.
std::string Execution::plan_resume(core::Nanos, std::string_view request_id) const {
  std::string refused = "null";
  const auto look = [&refused](const Result<void>& may) {
    if (refused == "null" && !may) refused = JsonObject().text("code", may.error().code).text("message", may.error().message).done();
  };
  const bool latched = latch_ != nullptr && latch_->set();
  const bool done_already = gate_open_ && !latched && state() == core::TradingState::active && !request_id.empty() && states_.global().request == request_id;
  if (!done_already) {
    look(may_be_active());
    look(once(true, request_id));
  }
  const bool does = refused == "null";
  std::vector<std::string> lifted;
  for (const core::Instrument& ins : table_.all())
    if (does && blocks_.blocked(ins.id)) lifted.push_back(text(ins.symbol));
  JsonObject out;
  out.boolean("dry_run", true)
      .text("state", core::to_string(does ? core::TradingState::active : state()))
      // The journal's room for exits is made whole then, if the disk has it: that is known when it is done.
      .boolean("gate_open", does ? journal_ok_ && reserve_.whole() : gate_open())
      .boolean("frozen", !does && states_.global().frozen)
      .text("state_now", core::to_string(state()))
      .boolean("gate_open_now", gate_open())
      .boolean("latched_now", latched)
      .json("would_unblock", json_array(lifted))
      .json("would_interrupt", does && liquidation_ ? text(liquidation_->id) : std::string("null"))
      .json("refused", refused);
  return out.done();
}

}  // namespace bowline::services
