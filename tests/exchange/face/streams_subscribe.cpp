// What clients ask for: subscriptions, and the snapshots that they bring.
#include <algorithm>

#include "exchange/face/stream_views.hpp"
#include "exchange/face/streams_parts.hpp"

namespace bowline::exchange {
namespace {

constexpr std::size_t batch_size = 50;

}  // namespace

/// Why a message is not let in; "" = it is. `user` becomes the portfolio of the key, where there is one.
std::string_view Streams::Parts::refuse_token(const StreamMessage& m, const Connection& c, std::optional<UserId>& user) const {
  const ChannelRow& row = *m.channel;
  if (options.user_endpoint_alone && c.kind == StreamKind::user && (row.market || row.channel == StreamChannel::status))
    return authentication_failure;
  if (m.jwt.empty()) return row.needs_key ? authentication_failure : "";
  const Admission a = gate.check_stream(m.jwt, now_ns / 1'000'000'000);
  if (!a.ok()) return authentication_failure;
  const KeyHolder* holder = nullptr;
  if (options.holders != nullptr)
    if (const auto it = options.holders->find(a.key_name); it != options.holders->end()) holder = &it->second;
  if (holder != nullptr && holder->can_view && engine.user(holder->user) != nullptr) user = holder->user;
  // One connection is of one user.
  if (row.needs_key && (!user || (c.user && *c.user != *user))) return authentication_failure;
  return "";
}

void Streams::Parts::handle(StreamId id, Connection& c, const StreamMessage& m) {
  std::optional<UserId> user;
  if (const std::string_view why = refuse_token(m, c, user); !why.empty()) return send_error(id, c, why);
  if (!m.subscribe) return unsubscribe(id, c, m);
  if (m.channel->needs_key) c.user = user;
  subscribe(id, c, m);
}

void Streams::Parts::subscribe(StreamId id, Connection& c, const StreamMessage& m) {
  const ChannelRow& row = *m.channel;
  std::vector<Wanted> named;
  if (row.channel != StreamChannel::heartbeats) {  // it has no products, and some clients name them all the same
    for (const std::string& product : m.product_ids) {
      const auto n = engine.product_number(product);
      if (!n) return send_error(id, c, "product not found: " + product.substr(0, 64));
      named.push_back({product, *n, engine.book_of(*n)});
    }
    if (row.needs_products && named.empty()) return send_error(id, c, "product_ids is required");
  }
  const auto start = [&](Beat& beat, StreamChannel channel) {
    if (row.channel == channel && !anyone(channel)) beat.start(now_ns);
  };
  start(heartbeat, StreamChannel::heartbeats);
  start(candles, StreamChannel::candles);
  start(batch, StreamChannel::ticker_batch);
  Subscription& s = c.channels[row.channel];
  for (const Wanted& w : named) s.add(w);
  if (named.empty() && (row.channel == StreamChannel::user || row.channel == StreamChannel::status)) s.all = true;
  c.subscribed_once = true;
  if (options.ack_first) acknowledge(id, c);
  snapshot(id, c, row, named);
  if (!options.ack_first) acknowledge(id, c);
}

void Streams::Parts::unsubscribe(StreamId id, Connection& c, const StreamMessage& m) {
  const StreamChannel channel = m.channel->channel;
  if (const auto it = c.channels.find(channel); it != c.channels.end()) {
    Subscription& s = it->second;
    for (const std::string& product : m.product_ids) s.remove(product);
    const bool whole = m.product_ids.empty() || channel == StreamChannel::heartbeats;
    if (whole || (s.products.empty() && !s.all)) c.channels.erase(it);
  }
  if (c.find(StreamChannel::user) == nullptr) c.user.reset();
  std::erase_if(c.trades, [&](const auto& each) { return !c.wants_book(StreamChannel::market_trades, each.first); });
  if (c.trades.empty()) c.trades_due_ns = forever;
  std::erase_if(c.moved, [&](std::uint32_t book) { return !c.wants_book(StreamChannel::ticker_batch, book); });
  acknowledge(id, c);
}

/// The complete set, as it is now.
void Streams::Parts::acknowledge(StreamId id, Connection& c) {
  Json set = Json::object();
  for (const auto& [channel, s] : c.channels) {
    Json list = Json::array();
    if (channel == StreamChannel::user) list.push_back(engine.id(*c.user));
    else if (channel == StreamChannel::heartbeats || s.all) list.push_back(std::string(row(channel).asked));
    else
      for (const Wanted& w : s.products) list.push_back(w.id);
    set[std::string(row(channel).asked)] = std::move(list);
  }
  send(id, c, "subscriptions", body({{"subscriptions", std::move(set)}}));
}

void Streams::Parts::snapshot(StreamId id, Connection& c, const ChannelRow& row, const std::vector<Wanted>& named) {
  if (row.channel == StreamChannel::user) return snapshot_orders(id, c);
  if (row.channel == StreamChannel::status) {
    std::vector<std::uint32_t> numbers;
    for (const Wanted& w : named) numbers.push_back(w.product);
    for (std::uint32_t n = 0; named.empty() && n < engine.products().size(); ++n) numbers.push_back(n);
    return send(id, c, row.told, products("snapshot", numbers));
  }
  std::set<std::uint32_t> done;
  for (const Wanted& w : named) {
    if (!done.insert(w.book).second) continue;  // two products on one book are one market
    switch (row.channel) {
      case StreamChannel::level2:
        send(id, c, row.told, book_snapshot(w.book));
        break;
      case StreamChannel::market_trades:
        c.trades.erase(w.book);  // they are in the snapshot
        send(id, c, row.told, trades_snapshot(w.book));
        break;
      case StreamChannel::ticker:
      case StreamChannel::ticker_batch:
        send(id, c, row.told, tickers("snapshot", w.book, row.channel == StreamChannel::ticker));
        break;
      case StreamChannel::candles:
        send(id, c, row.told, candles_snapshot(w.book));
        break;
      default:
        break;
    }
  }
}

/// Their numbers are in the order of acceptance, so the first that is still hidden ends it.
void Streams::Parts::forget_shown() {
  while (!hidden.empty() && Options::after(engine.order(*hidden.begin()).created_ns, engine.options().visible_ns) <= engine.now())
    hidden.erase(hidden.begin());
}

/// What is not over, newest first.
std::vector<const Order*> Streams::Parts::live_orders(UserId user) {
  std::vector<const Order*> out;
  forget_shown();
  for (auto it = hidden.rbegin(); it != hidden.rend(); ++it) {
    const Order& o = engine.order(*it);
    if (o.user == user && !is_final(o.state.status)) out.push_back(&o);
  }
  OrderFilter f;
  f.user = user;
  f.statuses = {Status::pending, Status::open, Status::cancel_queued};
  f.limit = SIZE_MAX;
  for (const Order* o : engine.orders(f).orders) out.push_back(o);
  return out;
}

/// In batches: one with fewer than 50 says that it was the last.
void Streams::Parts::snapshot_orders(StreamId id, Connection& c) {
  const Subscription& s = *c.find(StreamChannel::user);
  Json rows = Json::array();
  std::set<std::string> named;
  const auto flush = [&] {
    send(id, c, "user", orders("snapshot", std::exchange(rows, Json::array()), std::exchange(named, {})));
  };
  bool any = false;
  for (const Order* o : live_orders(*c.user)) {
    if (!s.has_product(o->product)) continue;
    any = true;
    rows.push_back(user_row(engine, *o, o->state));
    named.insert(o->request.product_id);
    if (rows.size() == batch_size) flush();
  }
  if (!rows.empty() || !any || options.short_batch_ends) flush();
}

}  // namespace bowline::exchange
