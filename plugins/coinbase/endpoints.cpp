#include "coinbase/endpoints.hpp"

#include "coinbase/rfc3339.hpp"

namespace bowline::coinbase {
namespace {

constexpr std::uint32_t largest_account_page = 250, most_trades = 1000;
constexpr std::int64_t most_candles = 350;

void append_encoded(std::string& out, std::string_view s) {
  constexpr char digits[] = "0123456789ABCDEF";
  for (const char c : s) {
    const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
    const auto byte = static_cast<unsigned char>(c);
    if (plain)
      out.push_back(c);
    else
      out.append({'%', digits[byte >> 4], digits[byte & 15]});
  }
}

/// Builds a request of GET.
class Get {
  Request r_;

 public:
  explicit Get(std::string_view path, bool open = false) {
    r_.path.append(api_root).append(path);
    r_.open = open;
  }
  Get& segment(std::string_view s) {
    r_.path.push_back('/');
    append_encoded(r_.path, s);
    return *this;
  }
  Get& add(std::string_view key, std::string_view value) {
    if (!r_.query.empty()) r_.query.push_back('&');
    r_.query.append(key).push_back('=');
    append_encoded(r_.query, value);
    return *this;
  }
  Get& number(std::string_view key, std::int64_t value) { return add(key, std::to_string(value)); }
  Get& each(std::string_view key, std::span<const std::string> values) {
    for (const auto& v : values) add(key, v);
    return *this;
  }
  Get& unless_empty(std::string_view key, std::string_view value) { return value.empty() ? *this : add(key, value); }
  Get& unless_zero(std::string_view key, std::uint32_t value) { return value == 0 ? *this : number(key, value); }
  Get& time(std::string_view key, const std::optional<std::int64_t>& ns) { return ns ? add(key, format_rfc3339(*ns)) : *this; }
  Get& path(std::string_view s) {
    r_.path.append(s);
    return *this;
  }
  Request done() { return std::move(r_); }
};

Error no_id(const char* what) { return {"COINBASE_ID", std::string("a request needs ") + what + ", and it is empty"}; }
/// "." and ".." as a whole segment would be another path.
bool is_id(std::string_view s) noexcept { return !s.empty() && s != "." && s != ".."; }
Get market(Access access, std::string_view path) { return access == Access::open ? Get("/market", true).path(path) : Get(path); }

}  // namespace

Result<Request> accounts(std::uint32_t limit, std::string_view cursor) {
  if (limit == 0 || limit > largest_account_page) return Error{"COINBASE_PAGE", "a page of accounts has 1 to 250 of them"};
  return Get("/accounts").number("limit", limit).unless_empty("cursor", cursor).done();
}
Result<Request> account(std::string_view uuid) {
  if (!is_id(uuid)) return no_id("an account's uuid");
  return Get("/accounts").segment(uuid).done();
}

Request products(Access access, const ProductsQuery& q) {
  Get g = market(access, "/products");
  g.unless_zero("limit", q.limit).unless_zero("offset", q.offset).unless_empty("product_type", q.product_type).each("product_ids", q.product_ids);
  if (q.tradability) g.add("get_tradability_status", "true");
  return g.done();
}
Result<Request> product(Access access, std::string_view product_id, bool tradability) {
  if (!is_id(product_id)) return no_id("a product");
  Get g = market(access, "/products");
  g.segment(product_id);
  if (tradability) g.add("get_tradability_status", "true");
  return g.done();
}
Result<Request> product_book(Access access, std::string_view product_id, std::uint32_t limit) {
  if (!is_id(product_id)) return no_id("a product");
  return market(access, "/product_book").add("product_id", product_id).unless_zero("limit", limit).done();
}
Result<Request> best_bid_ask(std::span<const std::string> product_ids) {
  if (product_ids.empty()) return no_id("a product");
  for (const auto& id : product_ids)
    if (id.empty()) return no_id("a product");
  return Get("/best_bid_ask").each("product_ids", product_ids).done();
}
Result<Request> candles(Access access, std::string_view product_id, Granularity granularity, std::int64_t start_s, std::int64_t end_s) {
  if (!is_id(product_id)) return no_id("a product");
  if (start_s < 0 || end_s <= start_s || (end_s - start_s) / seconds_of(granularity) >= most_candles)
    return Error{"COINBASE_CANDLE_SPAN", "candles are asked for from a start to a later end, and for fewer than 350 buckets at once"};
  return market(access, "/products")
      .segment(product_id)
      .path("/candles")
      .number("start", start_s)
      .number("end", end_s)
      .add("granularity", word_of(granularity))
      .done();
}
Result<Request> trades(Access access, std::string_view product_id, std::uint32_t limit, std::optional<std::int64_t> start_s,
                       std::optional<std::int64_t> end_s) {
  if (!is_id(product_id)) return no_id("a product");
  if (limit == 0 || limit > most_trades) return Error{"COINBASE_PAGE", "trades are asked for 1 to 1000 at once"};
  Get g = market(access, "/products");
  g.segment(product_id).path("/ticker").number("limit", limit);
  if (start_s) g.number("start", *start_s);
  if (end_s) g.number("end", *end_s);
  return g.done();
}

Result<Request> orders(const OrdersQuery& q) {
  bool open = false;
  for (const OrderStatus s : q.statuses) open = open || s == OrderStatus::open;
  if (open && q.statuses.size() > 1) return Error{"COINBASE_STATUS_MIX", "the venue lists OPEN orders alone, or others without them: ask twice"};
  Get g("/orders/historical/batch");
  g.each("order_ids", q.order_ids).each("product_ids", q.product_ids);
  for (const OrderStatus s : q.statuses) g.add("order_status", s == OrderStatus::unknown ? "UNKNOWN_ORDER_STATUS" : word_of(s));
  g.time("start_date", q.start_ns).time("end_date", q.end_ns).unless_empty("order_placement_source", q.placement_source);
  return g.unless_zero("limit", q.limit).unless_empty("cursor", q.cursor).done();
}
Result<Request> order(std::string_view order_id) {
  if (!is_id(order_id)) return no_id("an order's id");
  return Get("/orders/historical").segment(order_id).done();
}
Request fills(const FillsQuery& q) {
  Get g("/orders/historical/fills");
  g.each("order_ids", q.order_ids).each("trade_ids", q.trade_ids).each("product_ids", q.product_ids);
  g.time("start_sequence_timestamp", q.start_ns).time("end_sequence_timestamp", q.end_ns);
  return g.unless_zero("limit", q.limit).unless_empty("cursor", q.cursor).done();
}

Request portfolios() { return Get("/portfolios").done(); }
Result<Request> portfolio(std::string_view uuid) {
  if (!is_id(uuid)) return no_id("a portfolio's uuid");
  return Get("/portfolios").segment(uuid).done();
}
Request transaction_summary(std::string_view product_type) {
  return Get("/transaction_summary").unless_empty("product_type", product_type).done();
}
Request key_permissions() { return Get("/key_permissions").done(); }
Request server_time() { return Get("/time", true).done(); }

}  // namespace bowline::coinbase
