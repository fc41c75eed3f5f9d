// What the engine answers: to orders, previews, cancels, edits and queries.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "events.hpp"
#include "options.hpp"

namespace bowline::exchange {

struct Placed {
  Refusal refusal = Refusal::none;
  OrderNo order = 0;      ///< the order; of a repeated client_order_id the one that exists. 0 when refused
  bool repeated = false;  ///< the id was used before: nothing was made, and the body was not looked at
  bool ok() const noexcept { return refusal == Refusal::none; }
};

/// What an order would come to, were it placed now. Figures are 0 where a refusal keeps them from being known.
struct Preview {
  Refusal refusal = Refusal::none;
  Decimal base_size{}, quote_size{};         ///< base units; their value without the fee
  Decimal order_total{}, commission_total{};  ///< BUY: value and fee; SELL: value less fee
  Decimal average_price{};                    ///< of all of it: what trades at once and the rest at its limit
  Decimal slippage{};                         ///< share by which average_price is worse than the middle of the book
  std::optional<Decimal> best_bid{}, best_ask{};
};

struct CancelAnswer {
  std::string order_id;
  CancelReason reason = CancelReason::none;  ///< none = the request was accepted
  bool ok() const noexcept { return reason == CancelReason::none; }
};

/// Both none = accepted.
struct EditAnswer {
  EditReason reason = EditReason::none;
  Refusal refusal = Refusal::none;  ///< told by its preview name
  bool ok() const noexcept { return reason == EditReason::none && refusal == Refusal::none; }
};
struct EditRequest {
  std::string order_id;
  Decimal price = Decimal::not_set(), size = Decimal::not_set();  ///< both needed; size is the new total
  Decimal stop_price = Decimal::not_set();                        ///< only of an order that waits for its stop; not_set = as it is
};

/// Which orders; empty lists take all. Newest first.
struct OrderFilter {
  std::optional<UserId> user;
  std::vector<std::string> order_ids{}, product_ids{};
  std::vector<Status> statuses;
  std::vector<OrderType> types;
  std::vector<Tif> tifs;
  std::optional<Side> side;
  std::int64_t from_ns = 0, until_ns = forever;  ///< created at or behind, and before
  std::size_t limit = 100;
  std::uint64_t cursor = 0;  ///< from the answer before; 0 = from the newest on
};
struct OrderPage {
  std::vector<const Order*> orders;  ///< valid until the next call that is not a query
  std::uint64_t cursor = 0;          ///< for the next page; 0 = there is none
};

/// Which fills, newest first. Those of another user are never told by mistake: the user is part of the question.
struct FillFilter {
  UserId user;
  std::vector<std::string> order_ids{}, trade_ids{}, product_ids{};
  std::int64_t from_ns = 0, until_ns = forever;
  std::size_t limit = 100;
  std::uint64_t cursor = 0;
};
struct FillPage {
  std::vector<const Fill*> fills;
  std::uint64_t cursor = 0;
};

struct AccountView {
  std::string id, currency;
  Account account;
};

struct BookView {
  std::vector<LevelView> bids, asks;  ///< best first
  std::optional<Decimal> last;        ///< the last trade
  std::int64_t time_ns = 0;           ///< of the engine
};

/// A user: one portfolio. Several can belong to one owner.
struct User {
  std::string owner;
  FeeRates rates;
  std::int64_t created_ns = 0;
  bool operator==(const User&) const = default;
};

}  // namespace bowline::exchange
