// Orders and fills, as the venue lists them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <bowline/decimal.hpp>
#include <bowline/result.hpp>

#include "coinbase/order_terms.hpp"
#include "coinbase/words.hpp"

namespace bowline::coinbase {

struct VenueOrder {
  std::string order_id, product_id;
  std::string client_order_id;  ///< "" for an order that was placed without one
  Side side = Side::unknown;
  OrderTerms terms;  ///< configuration unknown: of a kind that we do not place
  OrderStatus status = OrderStatus::unknown;
  std::string status_word;  ///< as told, for a status that is not known here
  OrderType type = OrderType::unknown;
  TimeInForce time_in_force = TimeInForce::unknown;
  TriggerStatus trigger = TriggerStatus::unknown;
  std::optional<Decimal> filled_size;       ///< in base, cumulative; none: not told, which is not zero
  std::optional<Decimal> filled_value;      ///< in quote, without fees; none: not told
  Decimal average_filled_price;             ///< 0 before the first fill
  std::optional<Decimal> total_fees;        ///< in quote; none: not told, which is not free of charge
  Decimal total_value_after_fees;           ///< buy: filled_value + fees, sell: filled_value - fees
  std::int64_t number_of_fills = 0;
  bool pending_cancel = false, size_in_quote = false, size_inclusive_of_fees = false;
  std::optional<bool> settled;
  std::optional<Decimal> outstanding_hold;  ///< none: not told
  std::int64_t created_ns = 0;              ///< since 1970
  std::optional<std::int64_t> last_fill_ns;
  /// As told; "" where there is none. A filled order may have a cancel_message.
  std::string reject_reason, reject_message, cancel_message, placement_source, retail_portfolio_id, attached_order_id, originating_order_id;
};
struct OrderPage {
  std::vector<VenueOrder> orders;
  struct Fault {
    std::string order_id, client_order_id, product_id;  ///< what could be read of them; "" what could not
    Error error;
  };
  /// Orders that could not be read. They are there: with one of them the list is not whole, and what is not in it is not gone.
  std::vector<Fault> faults;
  std::optional<std::string> next_cursor;  ///< none: this is the last page
};
/// Errors of the list itself, here and below: COINBASE_ANSWER_UNREADABLE, COINBASE_FIELD_MISSING, COINBASE_FIELD_UNREADABLE; detail
/// `field` names it.
Result<OrderPage> parse_orders(std::string_view body);
Result<VenueOrder> parse_order(std::string_view body);

struct VenueFill {
  std::string entry_id;  ///< unique: the same fill told twice has the same
  std::string trade_id;  ///< unique only for TradeType::fill
  std::string order_id, product_id;
  TradeType type = TradeType::unknown;
  std::string type_word;                ///< as told
  Decimal price;
  Decimal size;                         ///< in base, or in quote with size_in_quote
  bool size_in_quote = false;
  std::optional<Decimal> commission;    ///< in quote; none: not told, which is not free of charge
  Side side = Side::unknown;
  Liquidity liquidity = Liquidity::unknown;
  std::int64_t time_ns = 0;             ///< of the trade, since 1970
  std::string sequence_timestamp;       ///< as told
  std::string retail_portfolio_id;
};
struct FillPage {
  std::vector<VenueFill> fills;
  struct Fault {
    std::string entry_id, order_id, product_id;  ///< what could be read of them; "" what could not
    Error error;
  };
  std::vector<Fault> faults;               ///< fills that could not be read: with one of them the list is not whole
  std::optional<std::string> next_cursor;  ///< none: this is the last page
};
Result<FillPage> parse_fills(std::string_view body);

}  // namespace bowline::coinbase
