// What the venue tells of a product, held against the configuration: where they disagree nothing is bought of it.
#include "services/trade_execution/execution.hpp"

namespace bowline::services {
namespace {

using core::InstrumentId;

constexpr std::uint64_t other_book = 1u << 7;  // of bl_product.flags

}  // namespace

// The cost gate and the balance check reckon with the configured fees, and all quantities are rounded to the configured steps, in
// whatever process they run. Less than the venue takes would let through what does not pay; more only holds back. Steps finer than the
// venue's leave a rest that is no dust here and can't be sold there.
void Execution::check_rules(const bl_product& told) {
  const InstrumentId id{told.h.instrument};
  if (!id || id.value > table_.size()) return;
  const core::Instrument& ins = table_[id];
  const auto above = [](bl_dec venue, Decimal configured) {
    const Decimal d = Decimal::from_raw(venue);
    return d.is_set() && configured.is_set() && d > configured;
  };
  if (above(told.taker_fee, ins.rules.taker_fee) || above(told.maker_fee, ins.rules.maker_fee))
    goes_against({id, "FEES_ABOVE_CONFIG", "the venue takes higher fees of " + ins.symbol + " than the configuration reckons with",
                  {"RUN_FEES_BELOW_VENUE", "the venue takes higher fees for " + ins.symbol + " than the configuration reckons with, and entries would pay less than "
                                           "they cost: state its taker_fee and maker_fee under instruments"}});
  if (above(told.base_step, ins.rules.base_step)) {
    const std::string step = Decimal::from_raw(told.base_step).to_string();
    goes_against({id, "STEP_BELOW_VENUE", "the venue trades " + ins.symbol + " in steps of " + step + ", and the configuration in finer ones",
                  {"RUN_STEP_BELOW_VENUE", "the venue trades " + ins.symbol + " in steps of " + step + ", and the configuration in steps of " +
                                           ins.rules.base_step.to_string() + ": set its base_step under instruments to " + step}});
  }
  if ((told.flags & other_book) != 0)
    goes_against({id, "DATA_OTHER_BOOK", "by the venue's word " + ins.symbol + " does not share its book with the product that its data are told under",
                  {"RUN_DATA_OTHER_BOOK", "by the venue's word " + ins.symbol + " does not share its book with the product that its data are told under, and their prices "
                                          "are not its own: correct its data_symbol under instruments, or leave it out"}});
}

void Execution::goes_against(AgainstConfig what) {
  for (const AgainstConfig& known : against_config_)
    if (known.id == what.id && known.code == what.code) return;
  // Before the start a new run is refused for it, and one that goes on begins with it (begin()). Told later it can only be said:
  // what is held must still be sold.
  if (begun_) block(what.id, what.code, what.why, now_);
  against_config_.push_back(std::move(what));
}

}  // namespace bowline::services
