// What the streams tell: each channel's events.
#include <algorithm>

#include "exchange/face/candle_list.hpp"
#include "exchange/face/stream_views.hpp"
#include "exchange/face/streams_parts.hpp"
#include "exchange/face/times.hpp"

namespace bowline::exchange {
namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr Granularity bucket = Granularity::m5;

std::int64_t bucket_of(std::int64_t now_ns) { return now_ns / second / seconds(bucket) * seconds(bucket); }

/// A frame without a row names no product: nobody could tell whose number it has.
std::set<std::string> named_if(bool rows, const std::string& id) { return rows ? std::set<std::string>{id} : std::set<std::string>{}; }

}  // namespace

// ---- books -------------------------------------------------------------------------------------------------------------------

FrameBody Streams::Parts::book_snapshot(std::uint32_t book) const {
  const std::string& id = engine.products()[book].id;
  const BookView view = *engine.book(id, SIZE_MAX);
  Json updates = Json::array();
  for (const LevelView& l : view.bids) updates.push_back(level_row(Side::buy, l, view.time_ns));
  for (const LevelView& l : view.asks) updates.push_back(level_row(Side::sell, l, view.time_ns));
  return body({{"type", "snapshot"}, {"product_id", id}, {"updates", std::move(updates)}}, {id});
}

/// One frame for each book, however much of it changed: between its rows the book may be crossed, behind them it is as the engine's.
void Streams::Parts::tell_books(std::span<const Event> events) {
  std::map<std::uint32_t, Json> updates;
  for (const Event& e : events)
    if (const auto* l = std::get_if<LevelChanged>(&e.what)) updates[l->product].push_back(level_row(l->side, l->level, e.time_ns));
  for (auto& [book, rows] : updates) {
    const std::string& id = engine.products()[book].id;
    const FrameBody told = body({{"type", "update"}, {"product_id", id}, {"updates", std::move(rows)}}, {id});
    for (auto& [stream, c] : connections)
      if (c.wants_book(StreamChannel::level2, book)) send(stream, c, row(StreamChannel::level2).told, told);
  }
}

// ---- trades, tickers ---------------------------------------------------------------------------------------------------------

FrameBody Streams::Parts::trades_snapshot(std::uint32_t book) const {
  const std::string& id = engine.products()[book].id;
  Json rows = Json::array();
  const std::vector<TradePrinted> all = *engine.trades(id, options.snapshot_trades);
  for (const TradePrinted& t : all) rows.push_back(trade_row(id, t));
  return body({{"type", "snapshot"}, {"trades", std::move(rows)}}, named_if(!all.empty(), id));
}

FrameBody Streams::Parts::tickers(const char* type, std::uint32_t book, bool best) {
  Json rows = Json::array();
  rows.push_back(ticker_row(engine, book, stats.of(book, now_ns), best));
  return body({{"type", type}, {"tickers", std::move(rows)}}, {engine.products()[book].id});
}

/// Tickers are told at once, trades in batches.
void Streams::Parts::note_trades(std::span<const Event> events) {
  std::set<std::uint32_t> books;
  for (const Event& e : events) {
    const auto* t = std::get_if<TradePrinted>(&e.what);
    if (t == nullptr) continue;
    books.insert(t->product);
    for (auto& [stream, c] : connections) {
      if (!c.wants_book(StreamChannel::market_trades, t->product)) continue;
      c.trades[t->product].push_back(*t);
      if (c.trades_due_ns == forever) c.trades_due_ns = Options::after(now_ns, options.trades_ns);
    }
  }
  for (const std::uint32_t book : books) {
    std::optional<FrameBody> told;
    for (auto& [stream, c] : connections) {
      if (c.wants_book(StreamChannel::ticker_batch, book)) c.moved.insert(book);
      if (!c.wants_book(StreamChannel::ticker, book)) continue;
      if (!told) told = tickers("update", book, true);
      send(stream, c, row(StreamChannel::ticker).told, *told);
    }
  }
}

void Streams::Parts::tell_trades(StreamId stream, Connection& c) {
  for (const auto& [book, trades] : std::exchange(c.trades, {})) {
    const std::string& id = engine.products()[book].id;
    Json rows = Json::array();
    for (auto it = trades.rbegin(); it != trades.rend(); ++it) rows.push_back(trade_row(id, *it));  // newest first
    send(stream, c, row(StreamChannel::market_trades).told, body({{"type", "update"}, {"trades", std::move(rows)}}, {id}));
  }
  c.trades_due_ns = forever;
}

void Streams::Parts::tell_batch() {
  for (auto& [stream, c] : connections)
    for (const std::uint32_t book : std::exchange(c.moved, {}))
      send(stream, c, row(StreamChannel::ticker_batch).told, tickers("update", book, false));
}

// ---- candles -----------------------------------------------------------------------------------------------------------------

FrameBody Streams::Parts::candles_snapshot(std::uint32_t book) {
  const std::string& id = engine.products()[book].id;
  const std::int64_t newest = bucket_of(now_ns), length = seconds(bucket);
  const auto count = static_cast<std::int64_t>(std::clamp<std::size_t>(options.snapshot_candles, 1, most_candles));
  const auto found = candle_list(options, id, bucket, std::max<std::int64_t>(newest - (count - 1) * length, 0), newest, now_ns / second);
  Json rows = Json::array();
  for (auto it = found.rbegin(); it != found.rend(); ++it) rows.push_back(candle_row(id, *it));
  // What was told of a book is kept once for all: whoever subscribes later hears of a change at most twice.
  auto& told = told_candles[book];
  if (told.empty())
    for (const Candle& c : found)
      if (c.start_s >= newest - length) told[c.start_s] = c;
  return body({{"type", "snapshot"}, {"candles", std::move(rows)}}, named_if(!found.empty(), id));
}

/// The running bucket and the one before it, where they are not as they were told last.
void Streams::Parts::tell_candles() {
  const std::int64_t newest = bucket_of(now_ns), length = seconds(bucket);
  std::set<std::uint32_t> books;
  for (const auto& [stream, c] : connections)
    if (const Subscription* s = c.find(StreamChannel::candles))
      for (const Wanted& w : s->products) books.insert(w.book);
  for (const std::uint32_t book : books) {
    const std::string& id = engine.products()[book].id;
    auto& told = told_candles[book];
    std::erase_if(told, [&](const auto& each) { return each.first < newest - length; });
    Json rows = Json::array();
    for (const Candle& c : candle_list(options, id, bucket, std::max<std::int64_t>(newest - length, 0), newest, now_ns / second)) {
      const auto it = told.find(c.start_s);
      if (it != told.end() && it->second == c) continue;
      told[c.start_s] = c;
      rows.push_back(candle_row(id, c));
    }
    if (rows.empty()) continue;
    const FrameBody update = body({{"type", "update"}, {"candles", std::move(rows)}}, {id});
    for (auto& [stream, c] : connections)
      if (c.wants_book(StreamChannel::candles, book)) send(stream, c, row(StreamChannel::candles).told, update);
  }
}

// ---- products, orders, heartbeats --------------------------------------------------------------------------------------------

FrameBody Streams::Parts::products(const char* type, const std::vector<std::uint32_t>& numbers) const {
  Json rows = Json::array();
  std::set<std::string> named;
  for (const std::uint32_t n : numbers) {
    rows.push_back(status_row(engine.products()[n]));
    named.insert(engine.products()[n].id);
  }
  return body({{"type", type}, {"products", std::move(rows)}}, std::move(named));
}

void Streams::Parts::tell_flags(std::span<const Event> events) {
  std::set<std::uint32_t> changed;
  for (const Event& e : events)
    if (const auto* p = std::get_if<ProductChanged>(&e.what)) changed.insert(p->product);
  if (changed.empty()) return;
  for (auto& [stream, c] : connections) {
    const Subscription* s = c.find(StreamChannel::status);
    if (s == nullptr) continue;
    std::vector<std::uint32_t> numbers;
    for (const std::uint32_t n : changed)
      if (s->has_product(n)) numbers.push_back(n);
    if (!numbers.empty()) send(stream, c, row(StreamChannel::status).told, products("update", numbers));
  }
}

FrameBody Streams::Parts::orders(const char* type, Json rows, std::set<std::string> named) const {
  const Json none = {{"perpetual_futures_positions", Json::array()}, {"expiring_futures_positions", Json::array()}};
  return body({{"type", type}, {"orders", std::move(rows)}, {"positions", none}}, std::move(named));
}

/// One frame for each connection, with all states that an order went through; in scope `product` one for each product.
void Streams::Parts::tell_orders(std::span<const Event> events) {
  forget_shown();
  struct Row {
    UserId user;
    std::uint32_t product;
    std::string product_id;
    Json json;
  };
  std::vector<Row> rows;
  for (const Event& e : events) {
    const auto* changed = std::get_if<OrderChanged>(&e.what);
    if (changed == nullptr) continue;
    const Order& o = engine.order(changed->order);
    if (Options::after(o.created_ns, engine.options().visible_ns) > engine.now()) hidden.insert(o.number);
    const bool wanted = std::any_of(connections.begin(), connections.end(), [&](const auto& each) {
      return each.second.user == changed->user && each.second.find(StreamChannel::user) != nullptr;
    });
    if (!wanted) continue;
    rows.push_back({o.user, o.product, o.request.product_id, user_row(engine, o, changed->state)});
  }
  if (rows.empty()) return;
  for (auto& [stream, c] : connections) {
    const Subscription* s = c.find(StreamChannel::user);
    if (s == nullptr) continue;
    std::map<std::string, Json> told;
    std::set<std::string> named;
    for (const Row& r : rows) {
      if (r.user != *c.user || !s->has_product(r.product)) continue;
      named.insert(r.product_id);
      told[options.sequence_scope == SequenceScope::product ? r.product_id : ""].push_back(r.json);
    }
    for (auto& [product, list] : told)
      send(stream, c, "user", orders("update", std::move(list), product.empty() ? named : std::set<std::string>{product}));
  }
}

void Streams::Parts::tell_heartbeats() {
  const std::int64_t period = heartbeat.period_ns;
  const FrameBody told = body({{"current_time", go_time(now_ns, now_ns - first_ns)}, {"heartbeat_counter", now_ns / period - first_ns / period}});
  for (auto& [stream, c] : connections)
    if (c.find(StreamChannel::heartbeats) != nullptr) send(stream, c, row(StreamChannel::heartbeats).told, told);
}

}  // namespace bowline::exchange
