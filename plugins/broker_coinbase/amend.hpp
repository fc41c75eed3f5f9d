// Amending: what the venue can edit is the price and the size of a limit order that rests without an end. Whether it did is read back.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "kit.hpp"
#include "look.hpp"
#include "submit.hpp"

namespace bowline::broker_coinbase {

class Amend {
 public:
  Amend(Kit& kit, Look& look) noexcept : kit_(kit), look_(look) {}

  /// Refusals: BL_E_UNSUPPORTED AMEND_UNSUPPORTED (the venue can't edit that, a stop-limit order or a bracket above all: cancel it, and
  /// place another), BL_E_INVALID (ids, and the
  /// product's rules), BL_E_NOT_FOUND ORDER_NOT_KNOWN (its venue id is not known), BL_E_AGAIN AMEND_RUNNING, BL_E_STATE, and those of
  /// the host.
  Taken amend(const bl_order_ref& ref, const bl_intent& wanted);

 private:
  struct Edit {
    bl_intent wanted;
    coinbase::OrderTerms terms;  ///< of the wanted order, on the product's steps
    std::uint32_t looks = 0;
  };
  void answered(const std::string& venue_id, const Answer& a);
  void read_back(const std::string& venue_id, std::string reason);
  void read(const std::string& venue_id, const std::string& reason, const Found& f);
  void end(const std::string& venue_id, std::uint32_t kind, const coinbase::VenueOrder* o, std::string_view text);

  Kit& kit_;
  Look& look_;
  std::map<std::string, Edit, std::less<>> edits_;  ///< on their way, by venue id: the venue takes one at a time
};

}  // namespace bowline::broker_coinbase
