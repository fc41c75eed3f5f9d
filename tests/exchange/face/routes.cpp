#include "exchange/face/routes.hpp"

#include <array>

namespace bowline::exchange {
namespace {

// A fixed address comes before one with a gap that would take its last segment for an id.
constexpr auto table = std::to_array<Route>({
    {"GET", "/api/v3/brokerage/time", Access::open, get_time},
    {"GET", "/api/v3/brokerage/market/products", Access::open, list_products},
    {"GET", "/api/v3/brokerage/market/products/{}", Access::open, get_product},
    {"GET", "/api/v3/brokerage/market/products/{}/candles", Access::open, get_candles},
    {"GET", "/api/v3/brokerage/market/products/{}/ticker", Access::open, get_trades},
    {"GET", "/api/v3/brokerage/market/product_book", Access::open, get_book},
    {"GET", "/api/v3/brokerage/products", Access::view, list_products},
    {"GET", "/api/v3/brokerage/products/{}", Access::view, get_product},
    {"GET", "/api/v3/brokerage/products/{}/candles", Access::view, get_candles},
    {"GET", "/api/v3/brokerage/products/{}/ticker", Access::view, get_trades},
    {"GET", "/api/v3/brokerage/product_book", Access::view, get_book},
    {"GET", "/api/v3/brokerage/best_bid_ask", Access::view, get_best_bid_ask},
    {"GET", "/api/v3/brokerage/key_permissions", Access::key, get_key_permissions},
    {"GET", "/api/v3/brokerage/accounts", Access::view, list_accounts},
    {"GET", "/api/v3/brokerage/accounts/{}", Access::view, get_account},
    {"GET", "/api/v3/brokerage/portfolios", Access::view, list_portfolios},
    {"GET", "/api/v3/brokerage/portfolios/{}", Access::view, get_portfolio},
    {"GET", "/api/v3/brokerage/transaction_summary", Access::view, get_transaction_summary},
    {"POST", "/api/v3/brokerage/orders", Access::trade, create_order},
    {"POST", "/api/v3/brokerage/orders/preview", Access::trade, preview_order},
    {"POST", "/api/v3/brokerage/orders/batch_cancel", Access::trade, cancel_orders},
    {"POST", "/api/v3/brokerage/orders/edit", Access::trade, edit_order},
    {"POST", "/api/v3/brokerage/orders/edit_preview", Access::trade, preview_edit},
    {"GET", "/api/v3/brokerage/orders/historical/batch", Access::view, list_orders},
    {"GET", "/api/v3/brokerage/orders/historical/fills", Access::view, list_fills},
    {"GET", "/api/v3/brokerage/orders/historical/{}", Access::view, get_order},
    {"GET", "/v2/time", Access::open, v2_time},
    {"GET", "/v2/currencies", Access::open, v2_currencies},
    {"GET", "/v2/currencies/crypto", Access::open, v2_crypto},
    {"GET", "/v2/exchange-rates", Access::open, v2_exchange_rates},
    {"GET", "/v2/accounts", Access::view, v2_accounts},
});

/// Whether the segments are a route's path; the ids are what fills its gaps. An id is never empty.
bool fits(std::string_view path, const std::vector<std::string>& segments, std::vector<std::string>& ids) {
  ids.clear();
  path.remove_prefix(1);
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const auto slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    if (part == "{}") {
      if (segments[i].empty()) return false;
      ids.push_back(segments[i]);
    } else if (part != segments[i]) {
      return false;
    }
    if (slash == path.npos) return i + 1 == segments.size();
    path.remove_prefix(slash + 1);
  }
  return false;
}

}  // namespace

std::span<const Route> routes() noexcept { return table; }

RouteMatch find_route(std::string_view method, const std::vector<std::string>& segments) {
  RouteMatch out;
  std::vector<std::string> ids;
  for (const Route& r : table) {
    if (!fits(r.path, segments, ids)) continue;
    if (out.route == nullptr && r.method == method) {
      out.route = &r;
      out.ids = ids;
      return out;
    }
    if (out.allowed.find(r.method) == out.allowed.npos) out.allowed += (out.allowed.empty() ? "" : ", ") + std::string(r.method);
  }
  return out;
}

}  // namespace bowline::exchange
