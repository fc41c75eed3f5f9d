#include "order.hpp"

namespace bowline::broker_mock {

const char* name_of(Reason r) noexcept {
  switch (r) {
    case Reason::none:
      return "";
    case Reason::insufficient_fund:
      return "INSUFFICIENT_FUND";
    case Reason::invalid_quantity:
      return "INVALID_QUANTITY";
    case Reason::invalid_price:
      return "INVALID_PRICE";
    case Reason::below_minimum:
      return "BELOW_MINIMUM";
    case Reason::above_maximum:
      return "ABOVE_MAXIMUM";
    case Reason::product_not_tradable:
      return "PRODUCT_NOT_TRADABLE";
    case Reason::post_only_would_cross:
      return "POST_ONLY_WOULD_CROSS";
    case Reason::expiry_passed:
      return "EXPIRY_PASSED";
    case Reason::no_reference_price:
      return "NO_REFERENCE_PRICE";
    case Reason::simulated_reject:
      return "SIMULATED_REJECT";
    case Reason::amount_overflow:
      return "AMOUNT_OVERFLOW";
    case Reason::unknown_order:
      return "UNKNOWN_ORDER";
    case Reason::already_done:
      return "ALREADY_DONE";
    case Reason::invalid_combination:
      return "INVALID_COMBINATION";
    case Reason::not_amendable:
      return "NOT_AMENDABLE";
    case Reason::below_filled:
      return "BELOW_FILLED";
    case Reason::no_answer:
      return "NO_ANSWER";
    case Reason::external_cancel:
      return "EXTERNAL_CANCEL";
  }
  return "";
}

}  // namespace bowline::broker_mock
