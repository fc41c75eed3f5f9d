// Orders on their way to the venue. An order has one client id and one body; whatever is sent of it again is those bytes, and only
// where nothing, or nobody knows what, became of them.
#pragma once

#include <string>
#include <string_view>

#include "kit.hpp"
#include "look.hpp"
#include "order_form.hpp"

namespace bowline::broker_coinbase {

/// What a new order is answered with at once.
struct Taken {
  bl_status status = BL_PENDING;  ///< negative: refused here, no byte was sent
  Error why{};
};

class Submit {
 public:
  Submit(Kit& kit, Look& look) noexcept : kit_(kit), look_(look) {}

  /// Refusals and what they are called: BL_E_INVALID CLIENT_ID_REUSED (other terms under an id that was used), and the product's rules;
  /// BL_E_UNSUPPORTED ORDER_UNSUPPORTED; BL_E_STATE NOT_AFTER_PASSED; BL_E_AGAIN PRODUCT_NOT_READ, and a full queue; BL_E_NOT_FOUND
  /// INSTRUMENT_UNKNOWN; BL_E_AUTH: no token can be made.
  Taken submit(const bl_intent& intent);

 private:
  Taken first(const bl_intent& intent);
  Taken once_more(Known& k, const bl_intent& intent);
  bl_status send(Known& k, bl_error* why);
  void answered(const std::string& client_id, const Answer& a);
  void placed(Known& k, const coinbase::Outcome& outcome);
  void never_left(Known& k, const Answer& a);
  void refused(Known& k, std::string_view reason);
  void lost(Known& k, std::string_view reason);

  Kit& kit_;
  Look& look_;
};

}  // namespace bowline::broker_coinbase
