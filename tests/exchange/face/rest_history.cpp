// What became of orders: one, all that match, and their fills.
#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "exchange/face/call.hpp"
#include "exchange/face/order_views.hpp"

namespace bowline::exchange {
namespace {

constexpr std::int64_t most_orders = 1000, most_fills = 1000, default_fills = 100;
constexpr std::size_t everything = std::numeric_limits<std::size_t>::max();

/// A word of the API and what it stands for here; nothing for one that no order of this venue ever has.
template <class T>
struct Word {
  std::string_view word;
  std::optional<T> value;
};
constexpr auto statuses = std::to_array<Word<Status>>({{"PENDING", Status::pending},
                                                       {"OPEN", Status::open},
                                                       {"CANCEL_QUEUED", Status::cancel_queued},
                                                       {"FILLED", Status::filled},
                                                       {"CANCELLED", Status::cancelled},
                                                       {"EXPIRED", Status::expired},
                                                       {"FAILED", Status::failed},
                                                       {"EDIT_QUEUED", Status::edit_queued},
                                                       {"QUEUED", {}},
                                                       {"UNKNOWN_ORDER_STATUS", {}}});
constexpr auto types = std::to_array<Word<OrderType>>({{"MARKET", OrderType::market},
                                                       {"LIMIT", OrderType::limit},
                                                       {"STOP_LIMIT", OrderType::stop_limit},
                                                       {"BRACKET", OrderType::bracket},
                                                       {"STOP", {}},
                                                       {"TWAP", {}},
                                                       {"SCALED", {}},
                                                       {"ROLL_OPEN", {}},
                                                       {"ROLL_CLOSE", {}},
                                                       {"LIQUIDATION", {}},
                                                       {"UNKNOWN_ORDER_TYPE", {}}});
constexpr auto tifs = std::to_array<Word<Tif>>({{"GOOD_UNTIL_CANCELLED", Tif::gtc},
                                                {"GOOD_UNTIL_DATE_TIME", Tif::gtd},
                                                {"IMMEDIATE_OR_CANCEL", Tif::ioc},
                                                {"FILL_OR_KILL", Tif::fok},
                                                {"UNKNOWN_TIME_IN_FORCE", {}}});

/// The values of a repeated parameter. `nothing` becomes true when words were given, and none of them can match.
template <class T, std::size_t N>
std::vector<T> words(Query& q, std::string_view key, const std::array<Word<T>, N>& table, bool& nothing) {
  const std::vector<std::string> given = q.all(key);
  std::vector<T> out;
  for (const std::string& s : given) {
    const auto it = std::find_if(table.begin(), table.end(), [&](const Word<T>& w) { return w.word == s; });
    if (it == table.end()) q.refuse(key);
    else if (it->value) out.push_back(*it->value);
  }
  nothing = nothing || (!given.empty() && out.empty());
  return out;
}

/// One word of several; `none` for one that is not there.
std::string_view choice(Query& q, std::string_view key, std::initializer_list<std::string_view> allowed) {
  const std::string s = q.text(key);
  if (s.empty()) return {};
  for (const std::string_view a : allowed)
    if (a == s) return a;
  q.refuse(key);
  return {};
}

std::uint64_t read_cursor(Query& q) {
  const std::string s = q.text("cursor");
  std::uint64_t v = 0;
  if (s.empty()) return 0;
  const auto r = std::from_chars(s.data(), s.data() + s.size(), v);
  if (r.ec != std::errc{} || r.ptr != s.data() + s.size() || v == 0) q.refuse("cursor");
  return v;
}

std::string cursor_text(std::uint64_t cursor) { return cursor == 0 ? "" : std::to_string(cursor); }

std::size_t page_size(Query& q, std::int64_t other, std::int64_t most) {
  const std::int64_t limit = q.whole("limit").value_or(0);
  return static_cast<std::size_t>(std::min(limit == 0 ? other : limit, most));
}

/// Both spellings of a filter: the list, and the single one of older clients (ccxt sends it).
std::vector<std::string> ids(const Query& q, std::string_view list, std::string_view single) {
  std::vector<std::string> out = q.all(list);
  if (std::string one = q.text(single); !one.empty()) out.push_back(std::move(one));
  return out;
}

/// A page of what was sorted: its cursor counts what was told. "Unstable", as the API calls it.
template <class T>
std::uint64_t cut_page(std::vector<T>& all, std::uint64_t from, std::size_t limit) {
  const std::size_t begin = std::min<std::size_t>(from, all.size()), end = begin + std::min(limit, all.size() - begin);
  const std::uint64_t next = end < all.size() ? end : 0;
  all = std::vector<T>(all.begin() + static_cast<std::ptrdiff_t>(begin), all.begin() + static_cast<std::ptrdiff_t>(end));
  return next;
}

Decimal limit_of(const Order& o) { return o.state.limit_price.is_set() ? o.state.limit_price : Decimal::zero(); }

/// Leaves the products of which one side is among the assets. False when none is left.
bool keep_assets(const Engine& engine, const std::vector<std::string>& assets, std::vector<std::string>& products) {
  if (assets.empty()) return true;
  const auto among = [](const std::vector<std::string>& list, const std::string& x) { return std::find(list.begin(), list.end(), x) != list.end(); };
  std::vector<std::string> kept;
  for (const Product& p : engine.products())
    if ((products.empty() || among(products, p.id)) && (among(assets, p.base) || among(assets, p.quote))) kept.push_back(p.id);
  products = std::move(kept);
  return !products.empty();
}

bool spot_wanted(Query& q) {
  const auto type = choice(q, "product_type", {"UNKNOWN_PRODUCT_TYPE", "SPOT", "FUTURE", "EQUITY", "OPTION_GROUP", "FUTURE_GROUP"});
  return type.empty() || type == "SPOT" || type == "UNKNOWN_PRODUCT_TYPE";
}

}  // namespace

WebReply get_order(Call& call) {
  const Order* o = call.engine.order(call.user(), call.ids[0]);
  if (o == nullptr) return not_found("order with this orderID was not found");
  return ok({{"order", order_view(call.engine, *o)}});
}

WebReply list_orders(Call& call) {
  Query& q = call.query;
  OrderFilter f;
  bool nothing = false;
  f.user = call.user();
  f.order_ids = q.all("order_ids");
  f.product_ids = ids(q, "product_ids", "product_id");
  f.statuses = words(q, "order_status", statuses, nothing);
  f.types = words(q, "order_types", types, nothing);
  f.tifs = words(q, "time_in_forces", tifs, nothing);
  const auto side = choice(q, "order_side", {"BUY", "SELL", "UNKNOWN_ORDER_SIDE"});
  if (side == "BUY") f.side = Side::buy;
  if (side == "SELL") f.side = Side::sell;
  const auto from = q.time("start_date"), until = q.time("end_date");
  const auto source = choice(q, "order_placement_source", {"UNKNOWN_PLACEMENT_SOURCE", "RETAIL_SIMPLE", "RETAIL_ADVANCED"});
  const auto sort = choice(q, "sort_by", {"UNKNOWN_SORT_BY", "LIMIT_PRICE", "LAST_FILL_TIME"});
  f.limit = page_size(q, most_orders, most_orders);
  f.cursor = read_cursor(q);
  nothing = !spot_wanted(q) || nothing || source == "RETAIL_SIMPLE" || !keep_assets(call.engine, q.all("asset_filters"), f.product_ids);
  if (q.fault()) return bad_request(*q.fault());
  const bool open = std::find(f.statuses.begin(), f.statuses.end(), Status::open) != f.statuses.end();
  if (open && q.all("order_status").size() > 1)
    return refuse(400, wire::invalid_argument, "order_status argument is invalid - OPEN can not be combined with other statuses");
  if (!open) {  // of open orders the dates are not looked at
    f.from_ns = from.value_or(0);
    f.until_ns = until.value_or(forever);
  }

  OrderPage page;
  if (!nothing && (sort.empty() || sort == "UNKNOWN_SORT_BY")) {
    page = call.engine.orders(f);
  } else if (!nothing) {
    const std::uint64_t told = std::exchange(f.cursor, 0);
    const std::size_t limit = std::exchange(f.limit, everything);
    page = call.engine.orders(f);
    std::stable_sort(page.orders.begin(), page.orders.end(), [&](const Order* a, const Order* b) {
      return sort == "LIMIT_PRICE" ? limit_of(*b) < limit_of(*a) : b->state.last_fill_ns < a->state.last_fill_ns;
    });
    page.cursor = cut_page(page.orders, told, limit);
  }
  Json list = Json::array();
  for (const Order* o : page.orders) list.push_back(order_view(call.engine, *o));
  return ok({{"orders", std::move(list)}, {"sequence", "0"}, {"has_next", page.cursor != 0}, {"cursor", cursor_text(page.cursor)}});
}

WebReply list_fills(Call& call) {
  Query& q = call.query;
  FillFilter f;
  f.user = call.user();
  f.order_ids = ids(q, "order_ids", "order_id");
  f.trade_ids = q.all("trade_ids");
  f.product_ids = ids(q, "product_ids", "product_id");
  f.from_ns = q.time("start_sequence_timestamp").value_or(0);
  f.until_ns = q.time("end_sequence_timestamp").value_or(forever);
  const auto sort = choice(q, "sort_by", {"UNKNOWN_SORT_BY", "PRICE", "TRADE_TIME"});
  f.limit = page_size(q, default_fills, most_fills);
  f.cursor = read_cursor(q);
  if (q.fault()) return bad_request(*q.fault());

  FillPage page;
  if (sort == "PRICE") {
    const std::uint64_t told = std::exchange(f.cursor, 0);
    const std::size_t limit = std::exchange(f.limit, everything);
    page = call.engine.fills(f);
    std::stable_sort(page.fills.begin(), page.fills.end(), [](const Fill* a, const Fill* b) { return b->price < a->price; });
    page.cursor = cut_page(page.fills, told, limit);
  } else {
    page = call.engine.fills(f);  // they are told in the order of their times anyway
  }
  Json list = Json::array();
  for (const Fill* fill : page.fills) list.push_back(fill_view(call.engine, *fill));
  return ok({{"fills", std::move(list)}, {"cursor", cursor_text(page.cursor)}});
}

}  // namespace bowline::exchange
