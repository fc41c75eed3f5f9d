// One request on its way to the handler of its address.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "exchange/face/market_stats.hpp"
#include "exchange/face/replies.hpp"
#include "exchange/face/target.hpp"

namespace bowline::exchange {

struct Call {
  Engine& engine;
  const FaceOptions& options;
  MarketStats& stats;
  std::uint64_t& previews;              ///< that were answered so far
  const std::vector<std::string>& ids;  ///< what stood in the path where the route has a gap
  Query& query;
  std::string_view body;
  std::int64_t now_ns;
  const KeyHolder* holder = nullptr;  ///< of the key; nullptr on public addresses
  UserId user() const { return holder->user; }
};

using Handler = WebReply (*)(Call&);

/// The product of an id; after an unknown one `reply` is the refusal.
std::optional<std::uint32_t> find_product(const Call& call, const std::string& id, WebReply& reply);

// rest_market.cpp
WebReply get_time(Call& call);
WebReply list_products(Call& call);
WebReply get_product(Call& call);
WebReply get_book(Call& call);
WebReply get_best_bid_ask(Call& call);
WebReply get_candles(Call& call);
WebReply get_trades(Call& call);
// rest_orders.cpp
WebReply create_order(Call& call);
WebReply preview_order(Call& call);
WebReply cancel_orders(Call& call);
WebReply edit_order(Call& call);
WebReply preview_edit(Call& call);
// rest_history.cpp
WebReply get_order(Call& call);
WebReply list_orders(Call& call);
WebReply list_fills(Call& call);
// rest_account.cpp
WebReply list_accounts(Call& call);
WebReply get_account(Call& call);
WebReply list_portfolios(Call& call);
WebReply get_portfolio(Call& call);
WebReply get_transaction_summary(Call& call);
WebReply get_key_permissions(Call& call);
// rest_v2.cpp
WebReply v2_time(Call& call);
WebReply v2_currencies(Call& call);
WebReply v2_crypto(Call& call);
WebReply v2_exchange_rates(Call& call);
WebReply v2_accounts(Call& call);

}  // namespace bowline::exchange
