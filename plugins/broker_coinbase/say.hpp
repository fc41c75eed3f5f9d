// What the venue told, in the words of the ABI, on its way to the host.
#pragma once

#include <bowline/services.hpp>
#include <cstdint>
#include <string_view>

#include "catalogue.hpp"
#include "coinbase/market_answers.hpp"
#include "coinbase/order_replies.hpp"
#include "once_a_minute.hpp"
#include "orders.hpp"

namespace bowline::broker_coinbase {

/// BL_S_* of a status. A word that is not known works on: it counts in every limit until the venue says otherwise.
std::uint32_t state_of(coinbase::OrderStatus s) noexcept;

/// What became of a fill that was to be told.
enum class FillSaid : std::uint8_t {
  said,
  of_no_instrument,  ///< of a product that this run does not have: nothing to be told
  not_understood,    ///< of a kind that is not known, or that changes one that was never seen: the answer is not whole
};

/// All on the lane.
class Say {
 public:
  Say(const Host& host, Catalogue& catalogue, Orders& orders) noexcept : host_(host), catalogue_(catalogue), orders_(orders) {}
  /// Where events go during a call that brings a sink; null: through bowline.publish/1.
  void into(const bl_sink* sink) noexcept { sink_ = sink; }

  /// One order as the venue has it. `k`: what is known of it; where the venue has what was sent, the host is told the numbers that it
  /// wanted; what has filled is told as filled_told() has it. `snapshot`: it answers a question. `text`: the venue's word, or ours.
  void order(std::uint32_t kind, const coinbase::VenueOrder& o, Known& k, std::string_view text, bool snapshot);
  /// One of which nothing is told but `kind` and why.
  void word(std::uint32_t kind, const Known& k, std::string_view text);
  /// The answer to a create, with what the venue echoed.
  void accepted(const Known& k, const coinbase::CreateReply::Placed& placed);
  void absent(std::string_view client_id, std::string_view venue_id, std::uint32_t instrument);
  /// Of a correction or reversal `orders_` has to have heard of the fill before.
  FillSaid fill(const coinbase::VenueFill& f, bool snapshot);
  void balance(std::uint32_t asset, Decimal total, Decimal hold);
  /// The product as the venue has it now, with the fees last told.
  void product(const Listed& l, bool snapshot);
  /// Best bid and ask of a product, as the venue told them at `at_ns` of its clock; what fits in no quote is not told.
  void quote(std::uint32_t instrument, const coinbase::ProductBook& best);
  void done(std::uint64_t request, bl_status status);
  void link(bool up, bl_status status, std::string_view why);

 private:
  template <class E>
  void put(E& event, std::uint16_t type, std::uint32_t instrument, bool snapshot, std::int64_t at_ns = 0);
  void terms(bl_exec& e, const coinbase::OrderTerms& t, const Known& k) const;

  const Host& host_;
  Catalogue& catalogue_;
  Orders& orders_;
  const bl_sink* sink_ = nullptr;
  OnceAMinute odd_said_;  ///< fills that were not understood
};

}  // namespace bowline::broker_coinbase
