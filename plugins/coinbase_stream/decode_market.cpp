// Channels of the market: book, trades, tickers, candles, products.
#include "json_read.hpp"

namespace bowline::coinbase::stream_detail {
namespace {

bool positive(Reader& r, const StreamNumber& n, const char* name) { return n.sign() > 0 || r.wrong(name, "is not above 0"); }
bool not_negative(Reader& r, const StreamNumber& n, const char* name) { return n.sign() >= 0 || r.wrong(name, "is below 0"); }

bool book_side(Reader& r, od::value& v, BookSide& out) {
  std::string_view word;
  if (!r.text(v, "side", word)) return false;
  if (word == "bid")
    out = BookSide::bid;
  else if (word == "offer" || word == "ask")  // "offer" is what the venue says
    out = BookSide::ask;
  else
    return r.wrong("side", "is neither bid nor offer");
  return true;
}

bool book_updates(Reader& r, od::value& v) {
  BookUpdate u;
  unsigned got = 0;
  return r.rows(
      v, "updates",
      [&] {
        u = {};
        got = 0;
        return true;
      },
      [&](Key key, od::value& value) {
        if (key.is("price_level"))
          return got |= 1, r.number(value, "price_level", u.price) && positive(r, u.price, "price_level");
        if (key.is("new_quantity"))
          return got |= 2, r.number(value, "new_quantity", u.quantity) && not_negative(r, u.quantity, "new_quantity");
        if (key.is("side")) return got |= 4, book_side(r, value, u.side);
        if (key.is("event_time")) return r.time(value, "event_time", u.event_ns);
        return true;
      },
      [&] {
        if (got != 7) return r.missing((got & 1) == 0 ? "price_level" : (got & 2) == 0 ? "new_quantity" : "side");
        r.frame.book_updates.push_back(u);
        return true;
      });
}

}  // namespace

bool read_book(Reader& r, od::value& event) {
  BookEvent e;
  e.first = r.frame.book_updates.size();
  std::optional<bool> snapshot;
  bool listed = false;
  const bool good = r.fields(event, "", [&](Key key, od::value& value) {
    if (key.is("type")) return r.snapshot(value, snapshot);
    if (key.is("product_id")) {
      if (!r.text(value, "product_id", e.product)) return false;
      r.product = e.product;
      return true;
    }
    if (key.is("updates")) return listed = true, book_updates(r, value);
    return true;
  });
  if (!good) return false;
  if (!snapshot) return r.missing("type");
  if (e.product.empty()) return r.missing("product_id");
  if (!listed) return r.missing("updates");
  e.snapshot = *snapshot;
  e.count = r.frame.book_updates.size() - e.first;
  r.frame.books.push_back(e);
  return true;
}

bool read_trades(Reader& r, od::value& event) {
  const std::size_t first = r.frame.trades.size();
  std::optional<bool> snapshot;
  bool listed = false;
  StreamTrade t;
  unsigned got = 0;
  const auto begin = [&] {
    t = {};
    got = 0;
    return true;
  };
  const auto field = [&](Key key, od::value& value) {
    if (key.is("product_id")) return r.text(value, "product_id", t.product);
    if (key.is("trade_id")) return r.text(value, "trade_id", t.trade_id);
    if (key.is("price")) return got |= 1, r.number(value, "price", t.price) && positive(r, t.price, "price");
    if (key.is("size")) return got |= 2, r.number(value, "size", t.size) && positive(r, t.size, "size");
    if (key.is("side")) return r.side(value, "side", t.maker);
    if (key.is("time")) return r.time(value, "time", t.time_ns);
    return true;
  };
  const auto end = [&] {
    if (t.product.empty()) return r.missing("product_id");
    if (got != 3) return r.missing((got & 1) == 0 ? "price" : "size");
    r.frame.trades.push_back(t);
    return true;
  };
  const bool good = r.fields(event, "", [&](Key key, od::value& value) {
    if (key.is("type")) return r.snapshot(value, snapshot);
    if (key.is("trades")) return listed = true, r.rows(value, "trades", begin, field, end);
    return true;
  });
  if (!good) return false;
  if (!snapshot) return r.missing("type");  // old trades must not pass for new ones
  if (!listed) return r.missing("trades");
  for (std::size_t i = first; i < r.frame.trades.size(); ++i) r.frame.trades[i].snapshot = *snapshot;
  return true;
}

bool read_tickers(Reader& r, od::value& event) {
  struct Column {
    const char* name;
    Decimal StreamTicker::*at;
  };
  static constexpr Column columns[] = {{"price", &StreamTicker::price},
                                       {"best_bid", &StreamTicker::best_bid},
                                       {"best_ask", &StreamTicker::best_ask},
                                       {"best_bid_quantity", &StreamTicker::best_bid_quantity},
                                       {"best_ask_quantity", &StreamTicker::best_ask_quantity},
                                       {"volume_24_h", &StreamTicker::volume_24h},
                                       {"low_24_h", &StreamTicker::low_24h},
                                       {"high_24_h", &StreamTicker::high_24h},
                                       {"low_52_w", &StreamTicker::low_52w},
                                       {"high_52_w", &StreamTicker::high_52w},
                                       {"price_percent_chg_24_h", &StreamTicker::change_24h_percent}};
  const std::size_t first = r.frame.tickers.size();
  std::optional<bool> snapshot;
  bool listed = false;
  StreamTicker t;
  const auto begin = [&] {
    t = {};
    return true;
  };
  const auto field = [&](Key key, od::value& value) {
    if (key.is("product_id")) return r.text(value, "product_id", t.product);
    for (const Column& c : columns)
      if (key.is(c.name)) return r.decimal(value, c.name, t.*c.at);
    return true;
  };
  const auto end = [&] {
    if (t.product.empty()) return r.missing("product_id");
    for (const Column& c : columns)  // a change may be below 0, nothing else
      if (c.at != &StreamTicker::change_24h_percent && (t.*c.at).is_negative()) return r.wrong(c.name, "is below 0");
    r.frame.tickers.push_back(t);
    return true;
  };
  const bool good = r.fields(event, "", [&](Key key, od::value& value) {
    if (key.is("type")) return r.snapshot(value, snapshot);
    if (key.is("tickers")) return listed = true, r.rows(value, "tickers", begin, field, end);
    return true;
  });
  if (!good) return false;
  if (!listed) return r.missing("tickers");
  for (std::size_t i = first; i < r.frame.tickers.size(); ++i) r.frame.tickers[i].snapshot = snapshot.value_or(false);
  return true;
}

bool read_candles(Reader& r, od::value& event) {
  struct Column {
    const char* name;
    StreamNumber StreamCandle::*at;
  };
  static constexpr Column columns[] = {{"open", &StreamCandle::open},
                                       {"high", &StreamCandle::high},
                                       {"low", &StreamCandle::low},
                                       {"close", &StreamCandle::close},
                                       {"volume", &StreamCandle::volume}};
  const std::size_t first = r.frame.candles.size();
  std::optional<bool> snapshot;
  bool listed = false, started = false;
  StreamCandle c;
  unsigned got = 0;
  const auto begin = [&] {
    c = {};
    got = 0;
    started = false;
    return true;
  };
  const auto field = [&](Key key, od::value& value) {
    if (key.is("product_id")) return r.text(value, "product_id", c.product);
    if (key.is("start")) return r.count(value, "start", c.start_s, started);
    for (unsigned i = 0; i < 5; ++i)
      if (key.is(columns[i].name))
        return got |= 1U << i,
               r.number(value, columns[i].name, c.*columns[i].at) && not_negative(r, c.*columns[i].at, columns[i].name);
    return true;
  };
  const auto end = [&] {
    if (c.product.empty()) return r.missing("product_id");
    if (!started) return r.missing("start");
    for (unsigned i = 0; i < 5; ++i)
      if ((got >> i & 1U) == 0) return r.missing(columns[i].name);
    r.frame.candles.push_back(c);
    return true;
  };
  const bool good = r.fields(event, "", [&](Key key, od::value& value) {
    if (key.is("type")) return r.snapshot(value, snapshot);
    if (key.is("candles")) return listed = true, r.rows(value, "candles", begin, field, end);
    return true;
  });
  if (!good) return false;
  if (!listed) return r.missing("candles");
  for (std::size_t i = first; i < r.frame.candles.size(); ++i) r.frame.candles[i].snapshot = snapshot.value_or(false);
  return true;
}

bool read_products(Reader& r, od::value& event) {
  StreamProduct p;
  bool listed = false;
  const auto begin = [&] {
    p = {};
    return true;
  };
  const auto field = [&](Key key, od::value& value) {
    if (key.is("id")) return r.text(value, "id", p.id);
    if (key.is("product_type")) return r.text(value, "product_type", p.product_type);
    if (key.is("base_currency")) return r.text(value, "base_currency", p.base_currency);
    if (key.is("quote_currency")) return r.text(value, "quote_currency", p.quote_currency);
    if (key.is("display_name")) return r.text(value, "display_name", p.display_name);
    if (key.is("status")) return r.text(value, "status", p.status);
    if (key.is("status_message")) return r.text(value, "status_message", p.status_message);
    if (key.is("base_increment")) return r.decimal(value, "base_increment", p.base_increment);
    if (key.is("quote_increment")) return r.decimal(value, "quote_increment", p.quote_increment);
    if (key.is("min_market_funds")) return r.decimal(value, "min_market_funds", p.min_market_funds);
    return true;
  };
  const auto end = [&] {
    if (p.id.empty()) return r.missing("id");
    r.frame.products.push_back(p);
    return true;
  };
  const bool good = r.fields(event, "", [&](Key key, od::value& value) {
    if (key.is("products")) return listed = true, r.rows(value, "products", begin, field, end);
    return true;
  });
  return good && (listed || r.missing("products"));
}

}  // namespace bowline::coinbase::stream_detail
