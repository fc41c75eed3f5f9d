// The requests that change something: place, cancel, edit, and what asks how it would go. The same input makes the same bytes, so that
// a request whose answer was lost can be sent again as it was.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include <bowline/decimal.hpp>
#include <bowline/result.hpp>

#include "coinbase/endpoints.hpp"
#include "coinbase/order_terms.hpp"
#include "coinbase/words.hpp"

namespace bowline::coinbase {

inline constexpr std::size_t longest_client_order_id = 128;
inline constexpr std::size_t most_cancels = 100;  ///< of one request

struct NewOrder {
  std::string client_order_id;  ///< the venue makes no second order of the same id, whatever the second body says
  std::string product_id;
  Side side = Side::unknown;
  OrderTerms terms;
  /// A bracket that the venue places when this order fills; its size is the fill's, so it has none.
  struct Bracket {
    Decimal limit_price, stop_trigger_price;
  };
  std::optional<Bracket> attached;
  /// "" = not sent.
  std::string retail_portfolio_id, preview_id, leverage, margin_type, self_trade_prevention_id;
};
/// Errors: COINBASE_TERMS, which names the field (an id that is empty, too long or has a character below a blank; and see check_terms).
Result<Request> create_order(const NewOrder& o);
/// The same without the client_order_id. Errors as create_order.
Result<Request> preview_order(const NewOrder& o);

/// One request for each 100 ids, in their order. Errors: COINBASE_ID when there is none, or one is empty: the venue then never answers.
Result<std::vector<Request>> batch_cancel(std::span<const std::string> order_ids);

struct Edit {
  std::string order_id;
  Decimal price;  ///< of the limit
  Decimal size;   ///< the new total, with what has filled
};
/// Errors: COINBASE_ID, COINBASE_TERMS.
Result<Request> edit_order(const Edit& e);
Result<Request> preview_edit(const Edit& e);

}  // namespace bowline::coinbase
