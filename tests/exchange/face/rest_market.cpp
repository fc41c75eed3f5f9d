// Market data over REST: products, books, candles, trades, the time.
#include <algorithm>
#include <limits>

#include "exchange/face/call.hpp"
#include "exchange/face/candle_list.hpp"
#include "exchange/face/product_views.hpp"
#include "exchange/face/times.hpp"

namespace bowline::exchange {
namespace {

constexpr std::int64_t second = 1'000'000'000, most_levels = 5000, most_trades = 1000, default_trades = 100;
/// What lies beyond could not be reckoned with.
constexpr std::int64_t latest_s = std::numeric_limits<std::int64_t>::max() / second / 2;

/// SPOT is all that there is; a type that the API knows beside it lists nothing, and another word is refused.
bool spot_wanted(Query& q) {
  const std::string type = q.text("product_type");
  if (type.empty() || type == "SPOT" || type == "UNKNOWN_PRODUCT_TYPE") return true;
  if (type != "FUTURE" && type != "EQUITY" && type != "OPTION_GROUP" && type != "FUTURE_GROUP") q.refuse("product_type");
  return false;
}

Decimal quote_volume(const Engine& e, std::uint32_t product, const DayStats& stats) {
  const auto last = e.book(e.products()[product].id, 0)->last;
  return stats.volume.is_set() && last ? mul(stats.volume, *last, Rounding::half_even) : Decimal::zero();
}

}  // namespace

std::optional<std::uint32_t> find_product(const Call& call, const std::string& id, WebReply& reply) {
  const auto n = call.engine.product_number(id);
  if (!n) reply = not_found("product with this productID was not found");
  return n;
}

WebReply get_time(Call& call) {
  const std::int64_t s = call.now_ns / second;
  return ok({{"iso", rfc3339(call.now_ns / 1'000'000 * 1'000'000)},
             {"epochSeconds", std::to_string(s)},
             {"epochMillis", std::to_string(call.now_ns / 1'000'000)}});
}

WebReply list_products(Call& call) {
  Query& q = call.query;
  const bool spot = spot_wanted(q), tradability = q.flag("get_tradability_status");
  const auto limit = q.whole("limit"), offset = q.whole("offset");
  const std::vector<std::string> ids = q.all("product_ids");
  const std::string order = q.text("products_sort_order");
  const bool by_listing = order == "PRODUCTS_SORT_ORDER_LIST_TIME_DESCENDING";
  if (!by_listing && !order.empty() && order != "PRODUCTS_SORT_ORDER_UNDEFINED" && order != "PRODUCTS_SORT_ORDER_VOLUME_24H_DESCENDING")
    q.refuse("products_sort_order");
  if (q.fault()) return bad_request(*q.fault());

  struct Entry {
    std::uint32_t product;
    DayStats stats;
    Decimal volume;
  };
  std::vector<Entry> found;
  for (std::uint32_t n = 0; spot && n < call.engine.products().size(); ++n) {
    if (!ids.empty() && std::find(ids.begin(), ids.end(), call.engine.products()[n].id) == ids.end()) continue;
    const DayStats stats = call.stats.of(n, call.now_ns);
    found.push_back({n, stats, quote_volume(call.engine, n, stats)});
  }
  if (by_listing) std::reverse(found.begin(), found.end());
  else std::stable_sort(found.begin(), found.end(), [](const Entry& a, const Entry& b) { return b.volume < a.volume; });

  Json list = Json::array();
  const auto skip = static_cast<std::size_t>(std::min<std::int64_t>(offset.value_or(0), static_cast<std::int64_t>(found.size())));
  const std::size_t page = limit.value_or(0) == 0 ? found.size() : static_cast<std::size_t>(*limit);
  for (std::size_t i = skip; i < found.size() && i - skip < page; ++i)
    list.push_back(product_view(call.engine, found[i].product, found[i].stats, tradability));
  const std::size_t told = list.size();
  return ok({{"products", std::move(list)}, {"num_products", told}, {"pagination", nullptr}});
}

WebReply get_product(Call& call) {
  WebReply no;
  const auto n = find_product(call, call.ids[0], no);
  if (!n) return no;
  const bool tradability = call.query.flag("get_tradability_status");
  if (call.query.fault()) return bad_request(*call.query.fault());
  return ok(product_view(call.engine, *n, call.stats.of(*n, call.now_ns), tradability));
}

WebReply get_book(Call& call) {
  Query& q = call.query;
  const std::string id = q.text("product_id");
  if (id.empty()) q.refuse("product_id");
  const auto limit = q.whole("limit");
  const auto step = q.decimal("aggregation_price_increment");
  if (q.fault()) return bad_request(*q.fault());
  WebReply no;
  const auto n = find_product(call, id, no);
  if (!n) return no;
  const Product& p = call.engine.products()[*n];
  if (step && (!step->is_positive() || round_to(*step, p.price_increment, Rounding::down) != *step)) {
    q.refuse("aggregation_price_increment");
    return bad_request(*q.fault());
  }
  const auto levels = static_cast<std::size_t>(limit.value_or(0) == 0 ? most_levels : std::min(*limit, most_levels));
  BookView book = *call.engine.book(id, step ? std::numeric_limits<std::size_t>::max() : levels);
  Decimal middle = Decimal::not_set(), spread = Decimal::not_set(), points = Decimal::not_set();
  if (!book.bids.empty() && !book.asks.empty()) {
    spread = book.asks.front().price - book.bids.front().price;
    middle = div(book.asks.front().price + book.bids.front().price, Decimal::from_int(2), Rounding::half_even);
    points = round_to(mul_int(div(spread, middle, Rounding::half_even), 10'000), Decimal::from_mantissa(1, -12), Rounding::half_even);
  }
  if (step) {
    book.bids = aggregated(book.bids, Side::buy, *step);
    book.asks = aggregated(book.asks, Side::sell, *step);
    if (book.bids.size() > levels) book.bids.resize(levels);
    if (book.asks.size() > levels) book.asks.resize(levels);
  }
  return ok({{"pricebook", book_view(id, book)},
             {"last", amount(book.last)},
             {"mid_market", amount(middle)},
             {"spread_bps", amount(points)},
             {"spread_absolute", amount(spread)}});
}

WebReply get_best_bid_ask(Call& call) {
  std::vector<std::string> ids = call.query.all("product_ids");
  if (ids.empty())
    for (const Product& p : call.engine.products()) ids.push_back(p.id);
  Json list = Json::array();
  for (const std::string& id : ids) {
    WebReply no;
    if (!find_product(call, id, no)) return no;
    list.push_back(book_view(id, *call.engine.book(id, 1)));
  }
  return ok({{"pricebooks", std::move(list)}});
}

WebReply get_candles(Call& call) {
  Query& q = call.query;
  const auto start = q.whole("start"), end = q.whole("end"), limit = q.whole("limit");
  const auto g = granularity(q.text("granularity"));
  if (!start || *start > latest_s) q.refuse("start");
  if (!end || *end > latest_s) q.refuse("end");
  if (!g) q.refuse("granularity");
  if (q.fault()) return bad_request(*q.fault());
  WebReply no;
  const auto n = find_product(call, call.ids[0], no);
  if (!n) return no;
  if (*end < *start) return refuse(400, wire::invalid_argument, "start and end argument is invalid - start must be before end");
  if ((*end - *start) / seconds(*g) >= static_cast<std::int64_t>(most_candles))
    return refuse(400, wire::invalid_argument,
                  "start and end argument is invalid - number of candles requested should be less than " + std::to_string(most_candles));
  const std::string& book = call.engine.products()[call.engine.book_of(*n)].id;
  const std::vector<Candle> found = candle_list(call.options, book, *g, *start, *end, call.now_ns / second);
  const std::size_t page = limit.value_or(0) == 0 ? most_candles : static_cast<std::size_t>(*limit);
  Json list = Json::array();
  for (auto it = found.rbegin(); it != found.rend() && list.size() < page; ++it) list.push_back(candle_view(*it));  // newest first
  return ok({{"candles", std::move(list)}});
}

WebReply get_trades(Call& call) {
  Query& q = call.query;
  const auto limit = q.whole("limit"), start = q.whole("start"), end = q.whole("end");
  if (start.value_or(0) > latest_s) q.refuse("start");
  if (end.value_or(0) > latest_s) q.refuse("end");
  if (q.fault()) return bad_request(*q.fault());
  WebReply no;
  const auto n = find_product(call, call.ids[0], no);
  if (!n) return no;
  const std::int64_t page = std::min(limit.value_or(0) == 0 ? default_trades : *limit, most_trades);
  const std::string& told = call.engine.products()[*n].id;
  Json list = Json::array();
  const std::vector<TradePrinted> all = *call.engine.trades(told, most_trades);
  for (const TradePrinted& t : all) {
    if (static_cast<std::int64_t>(list.size()) == page) break;
    if ((start && t.time_ns < *start * second) || (end && t.time_ns >= (*end + 1) * second)) continue;
    list.push_back(trade_view(told, t));
  }
  const BookView best = *call.engine.book(told, 1);
  const auto price = [](const std::vector<LevelView>& side) { return side.empty() ? std::string() : amount(side.front().price); };
  return ok({{"trades", std::move(list)}, {"best_bid", price(best.bids)}, {"best_ask", price(best.asks)}});
}

}  // namespace bowline::exchange
