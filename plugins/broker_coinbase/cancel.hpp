// Cancels: a hundred to a request, in the lane of exits, and sent until the venue has said something of each.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "kit.hpp"
#include "look.hpp"

namespace bowline::broker_coinbase {

class Cancel {
 public:
  Cancel(Kit& kit, Look& look);

  /// Of each: the venue is asked to end it. One whose venue id is not known is cancelled when it becomes known; one that waits here to
  /// be sent is not sent any more. Errors: ORDER_REF_MISSING (nothing was sent of any).
  Result<void> cancel(std::span<const bl_order_ref> refs);

 private:
  struct Wish {
    std::uint32_t tries = 0;  ///< requests whose answer told nothing
    std::uint32_t taken = 0;  ///< times the venue took it
    bool flying = false;
  };
  void want(const std::string& venue_id);
  void send();
  void answered(const std::vector<std::string>& ids, const Answer& a);
  void taken(const std::string& venue_id);
  void refused(const std::string& venue_id, const std::string& reason);
  void once_shown(const std::string& venue_id);
  void again(const std::string& venue_id, const std::string& why);
  void say(std::uint32_t kind, const std::string& venue_id, std::string_view text);
  void without_id(Known& k);

  Kit& kit_;
  Look& look_;
  std::map<std::string, Wish, std::less<>> wishes_;  ///< by venue id
  std::vector<std::string> waiting_;                 ///< to go with the next request
  std::set<std::string> searched_;                   ///< client ids of what is being looked for
};

}  // namespace bowline::broker_coinbase
