#include "coinbase/market_answers.hpp"

#include "coinbase/fields.hpp"

namespace bowline::coinbase {
namespace {

std::vector<Level> read_levels(Fields& f, const char* side) {
  std::vector<Level> out;
  const auto& list = f.list(side);
  for (std::size_t i = 0; i < list.size(); ++i) {
    Fields in(list[i], place(f.path(side).c_str(), i));
    out.push_back({in.amount("price", Sign::positive), in.amount("size")});
    if (in.fault()) {
      f.keep(*in.fault());
      break;
    }
  }
  return out;
}

ProductBook read_book(Fields& f) {
  ProductBook b;
  b.product_id = f.text("product_id");
  b.bids = read_levels(f, "bids");
  b.asks = read_levels(f, "asks");
  b.time_ns = f.time("time");
  return b;
}

}  // namespace

Result<ProductBook> parse_product_book(std::string_view body) {
  const auto answer = read_answer(body, "a book");
  if (!answer) return answer.error();
  Fields f(*answer, "");
  const Json* inner = f.find("pricebook");
  if (inner == nullptr) {
    f.missing("pricebook");
    return *f.fault();
  }
  Fields in(*inner, "pricebook");
  ProductBook b = read_book(in);
  if (in.fault()) return *in.fault();
  return b;
}

Result<BookList> parse_best_bid_ask(std::string_view body) {
  const auto answer = read_answer(body, "the best prices");
  if (!answer) return answer.error();
  Fields f(*answer, "");
  BookList out;
  const auto& list = f.list("pricebooks");
  for (std::size_t i = 0; i < list.size(); ++i) {
    Fields in(list[i], place("pricebooks", i));
    ProductBook b = read_book(in);
    if (in.fault()) out.faults.push_back({std::move(b.product_id), *in.fault()});
    else out.books.push_back(std::move(b));
  }
  if (f.fault()) return *f.fault();
  return out;
}

Result<std::vector<Candle>> parse_candles(std::string_view body) {
  const auto answer = read_answer(body, "candles");
  if (!answer) return answer.error();
  Fields f(*answer, "");
  std::vector<Candle> out;
  const auto& list = f.list("candles");
  for (std::size_t i = 0; i < list.size(); ++i) {
    Fields in(list[i], place("candles", i));
    const Candle c{in.whole("start"),
                   in.amount("open", Sign::positive),
                   in.amount("high", Sign::positive),
                   in.amount("low", Sign::positive),
                   in.amount("close", Sign::positive),
                   in.computed("volume")};
    if (in.ok() && c.start_s < 0) in.unreadable("start", "a time after 1970");
    if (in.ok() && (c.high < max(c.open, c.close) || c.low > min(c.open, c.close))) in.unreadable("high", "above what it encloses");
    if (in.fault()) return *in.fault();
    out.push_back(c);
  }
  if (f.fault()) return *f.fault();
  return out;
}

Result<TradeList> parse_trades(std::string_view body) {
  const auto answer = read_answer(body, "trades");
  if (!answer) return answer.error();
  Fields f(*answer, "");
  TradeList out;
  const auto& list = f.list("trades");
  for (std::size_t i = 0; i < list.size(); ++i) {
    Fields in(list[i], place("trades", i));
    Trade t;
    t.trade_id = in.text("trade_id");
    t.product_id = in.text("product_id");
    t.price = in.amount("price", Sign::positive);
    t.size = in.amount("size");
    t.time_ns = in.time("time");
    t.maker_side = side_of(in.text_or_empty("side"));
    if (in.fault()) return *in.fault();
    out.trades.push_back(std::move(t));
  }
  out.best_bid = f.amount_if("best_bid");
  out.best_ask = f.amount_if("best_ask");
  if (f.fault()) return *f.fault();
  return out;
}

}  // namespace bowline::coinbase
