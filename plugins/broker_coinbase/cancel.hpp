// Cancels: a hundred to a request, in the lane of exits, and sent until the venue has said something of each.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "gather.hpp"
#include "kit.hpp"
#include "look.hpp"

namespace bowline::broker_coinbase {

class Cancel {
 public:
  Cancel(Kit& kit, Look& look);

  /// Of each: the venue is asked to end it. One whose venue id is not known is cancelled when it becomes known; one that waits here to
  /// be sent is not sent any more. What is asked for again within a second of its last request is under way: that one stands for it.
  /// Errors: ORDER_REF_MISSING (nothing was sent of any).
  Result<void> cancel(std::span<const bl_order_ref> refs);

 private:
  struct Wish {
    std::uint32_t tries = 0;  ///< requests whose answer told nothing
    std::uint32_t taken = 0;  ///< times the venue took it
    std::int64_t sent_ns = 0;
    bool waiting = false, flying = false;
  };
  void want(const std::string& venue_id);
  void want_unless_just_sent(const std::string& venue_id);
  void send(const std::vector<std::string>& ids, const std::function<void()>& gathered);
  void answered(const std::vector<std::string>& ids, const Answer& a);
  void taken(const std::string& venue_id);
  void refused(const std::string& venue_id, const std::string& reason);
  void once_shown(const std::string& venue_id);
  void again(const std::string& venue_id, const std::string& why);
  void say(std::uint32_t kind, const std::string& venue_id, std::string_view text);
  void without_id(Known& k);
  void search(const std::string& client_id);

  Kit& kit_;
  Look& look_;
  std::map<std::string, Wish, std::less<>> wishes_;  ///< by venue id
  Gather<std::string> requests_;                     ///< venue ids
};

}  // namespace bowline::broker_coinbase
