// A small venue that speaks the API over recorded requests: what it holds is the truth that a broker is judged against.
#pragma once

#include <bowline/decimal.hpp>
#include <bowline/testing.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace broker_tests {

using bowline::Decimal;
using Json = nlohmann::json;

struct ModelFill {
  std::string entry_id, trade_id, type = "FILL";
  Decimal price, size, fee;
  std::int64_t at_ns = 0;
  bool hidden = false;  ///< lags behind the order's state
};
struct ModelOrder {
  std::string id, client, product, side, body;
  Json configuration;
  std::string status = "OPEN", source = "RETAIL_ADVANCED", reject_reason;
  Decimal size, price;
  std::int64_t created_ns = 0;
  bool pending_cancel = false;
  std::deque<ModelFill> fills;
  Decimal filled() const {
    Decimal sum;
    for (const auto& f : fills) sum += f.size;
    return sum;
  }
  bool works() const { return status == "OPEN" || status == "PENDING" || status == "CANCEL_QUEUED" || status == "QUEUED" || status == "EDIT_QUEUED"; }
};

/// What happens to one request on its way.
struct Fate {
  enum class Kind { served, never_sent, too_late, lost_before, lost_after, says } kind = Kind::served;
  int status = 500;  ///< says: this is answered, and nothing is done
  std::string body{};
};

struct ModelAnswer {
  bl_status outcome = BL_OK;
  std::uint32_t status = 200;
  std::string body;
};

class ModelVenue {
 public:
  std::deque<ModelOrder> orders;
  std::map<std::string, Decimal> wallets{{"USD", Decimal::from_int(10'000)}, {"BTC", Decimal::from_int(1)}, {"USDC", Decimal::from_int(7)}};
  std::map<std::string, Decimal> holds{};
  bool can_view = true, can_trade = true, can_transfer = false;
  std::string portfolio = "p-1";
  std::int64_t skew_ns = 0;
  std::string product_extra;   ///< more fields of BTC-USD: "\"cancel_only\":true,"
  std::string not_listed;  ///< a product that the venue does not have
  std::string preview_errors;  ///< words, each in quotes
  bool cancel_at_once = true;
  std::string cancel_refusal, edit_refusal, create_refusal;
  bool edit_shows = true;
  bool unknown_is_any = false;  ///< who asks for UNKNOWN_ORDER_STATUS is told of orders of each status
  std::size_t orders_page = 100, fills_page = 100, accounts_page = 250;
  std::function<Fate(const bowline::testing::SentRequest&)> fate = [](const auto&) { return Fate{}; };
  std::uint64_t creates = 0;  ///< orders that were made
  Decimal market_price = Decimal::from_int(100);
  std::string pricebooks;  ///< of the best bids and asks, as JSON: none is a path that it does not have
  bool fills_in_quote = false;  ///< the size of a fill is told in quote
  std::function<void(Json& row, bool listed)> spoil = [](Json&, bool) {};  ///< what is told of an order, in a list or by its name
  std::function<void(Json& row)> spoil_fill = [](Json&) {};

  ModelAnswer answer(const bowline::testing::SentRequest& q, std::int64_t now_ns);
  /// Trades with a working order.
  void fill(ModelOrder& o, Decimal size, Decimal price, std::int64_t now_ns, bool hidden = false);
  ModelOrder* by_client(const std::string& client);
  ModelOrder* by_id(const std::string& id);
  Json order_json(const ModelOrder& o) const;

 private:
  ModelAnswer serve(const bowline::testing::SentRequest& q, std::int64_t now_ns);
  std::string create(const Json& body, std::string text, std::int64_t now_ns);
  std::string cancel(const Json& body);
  std::string edit(const Json& body);
  std::string list_orders(const std::string& query) const;
  std::string told_size(const ModelOrder& o, const ModelFill& f) const;
  std::string list_fills(const std::string& query) const;
  std::string list_accounts(const std::string& query) const;
  std::uint64_t last_ = 0, entries_ = 0;
};

/// All values of a key of a query.
std::vector<std::string> values(const std::string& query, const std::string& key);

}  // namespace broker_tests
