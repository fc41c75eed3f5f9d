// Products and fees as the venue has them now, and whether a product takes stop orders.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "kit.hpp"

namespace bowline::broker_coinbase {

class Products {
 public:
  explicit Products(Kit& kit);

  /// Reads both into the catalogue; then it is asked which products take stop orders, as far as that is not known. BL_OK: every product
  /// of the run, and the fees, were told; one reading at a time serves all that ask meanwhile. BL_E_NOT_FOUND: the venue lists one of them not, or so that it can't be read. Of the products
  /// that were read the catalogue has the new state in any case.
  void read(std::function<void(bl_status)> done);
  /// Tells best bid and ask of the products that the venue lists: those of who has no feed. Not more often than once a second. `done` is
  /// called in any case.
  void read_prices(std::function<void()> done);

 private:
  void compare_book(Listed& l);
  void read_fees(bl_status products);
  void ended(bl_status status);
  /// Asks of each product that was not asked for yet whether it takes a stop-limit sale, by a preview, one behind the other; tells each
  /// that does. Where the preview has no answer nothing is assumed, and it is asked again a while later: until then the host watches what
  /// it would rather have at rest at the venue. The host's own questions go first, for a while: it waits for those.
  void probe_stops();
  void probe(std::uint32_t instrument, std::uint32_t tries);

  Kit& kit_;
  std::vector<std::function<void(bl_status)>> waiting_;  ///< for the reading that is under way
  bool probing_ = false, waits_for_quiet_ = false;
  std::int64_t wait_until_ns_ = 0, priced_ns_ = 0;
};

}  // namespace bowline::broker_coinbase
