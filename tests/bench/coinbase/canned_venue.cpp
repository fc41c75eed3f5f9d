#include "bench/coinbase/canned_venue.hpp"

#include <array>
#include <chrono>
#include <utility>

namespace bench {
namespace {

constexpr std::string_view api = "/api/v3/brokerage", new_order = "/api/v3/brokerage/orders";

struct Row {
  std::string_view path, body;
};
/// What does not change. Of each only what the broker reads, under the names that the venue has for it.
constexpr auto rows = std::to_array<Row>({
    {"/key_permissions",
     R"({"can_view":true,"can_trade":true,"can_transfer":false,"portfolio_uuid":"bench","portfolio_type":"DEFAULT"})"},
    {"/products",
     R"({"products":[{"product_id":"BTC-USD","price":"68923.67","base_increment":"0.00000001","quote_increment":"0.01","price_increment":"0.01",)"
     R"("base_min_size":"0.00000001","base_max_size":"3400","quote_min_size":"1","quote_max_size":"150000000","product_type":"SPOT",)"
     R"("base_currency_id":"BTC","quote_currency_id":"USD","status":"online","view_only":false}],"num_products":1})"},
    {"/transaction_summary",
     R"({"total_volume":0,"total_fees":0,"fee_tier":{"pricing_tier":"Advanced 1","taker_fee_rate":"0.006","maker_fee_rate":"0.004"}})"},
    {"/orders/preview",
     R"({"order_total":"1","commission_total":"0","errs":[],"warning":[],"quote_size":"1","base_size":"1",)"
     R"("best_bid":"68923.66","best_ask":"68923.67"})"},
});

/// What stands between `before` and the next `after`; "" where it is not there.
std::string_view between(std::string_view text, std::string_view before, std::string_view after) {
  const auto from = text.find(before);
  if (from == std::string_view::npos) return {};
  text.remove_prefix(from + before.size());
  return text.substr(0, text.find(after));
}
std::string_view path_of(std::string_view request) {
  const std::string_view target = between(request, " ", " ");
  return target.substr(0, target.find('?'));
}

std::string acknowledged(std::string_view request) {
  const auto client = between(request, R"("client_order_id":")", "\""), product = between(request, R"("product_id":")", "\""),
             side = between(request, R"("side":")", "\""), form = between(request, R"("order_configuration":)", "}}");
  std::string out = R"({"success":true,"success_response":{"order_id":"52cfe5e2-)";
  out.append(client).append(R"(","product_id":")").append(product).append(R"(","side":")").append(side);
  out.append(R"(","client_order_id":")").append(client).append(R"("},"order_configuration":)").append(form).append("}}}");
  return out;
}

std::string time_now() {
  using namespace std::chrono;
  const auto ms = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  return R"({"iso":"","epochSeconds":")" + std::to_string(ms / 1000) + R"(","epochMillis":")" + std::to_string(ms) + R"("})";
}

}  // namespace

std::string recited(std::string_view request) {
  std::string_view path = path_of(request);
  if (path == new_order) return acknowledged(request);
  if (!path.starts_with(api)) return {};
  path.remove_prefix(api.size());
  if (path == "/time") return time_now();
  for (const Row& r : rows)
    if (r.path == path) return std::string(r.body);
  return {};
}

CannedVenue::CannedVenue() : server_(ca_.issue(), [this](edge_test::Peer& peer, int) { serve(peer); }) {}

void CannedVenue::serve(edge_test::Peer& peer) {
  for (std::string request; !(request = peer.request()).empty();) {
    const std::string body = recited(request);
    if (path_of(request) == new_order) {
      const std::scoped_lock hold(lock_);
      orders_.push_back(std::move(request));
    }
    const bool said = peer.reply(body, "Content-Type: application/json; charset=utf-8\r\n", body.empty() ? "404 Not Found" : "200 OK");
    if (!said) return;
  }
}

std::vector<std::string> CannedVenue::take_orders() {
  const std::scoped_lock hold(lock_);
  return std::exchange(orders_, {});
}

}  // namespace bench
