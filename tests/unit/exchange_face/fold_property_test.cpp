// Whatever happens at the venue: who folds the stream with the client's own book and order tracker knows what the engine knows.
#include <rapidcheck.h>

#include "coinbase_stream/book.hpp"
#include "coinbase_stream/order_tracker.hpp"
#include "coinbase_stream/sequence.hpp"
#include "stream_rig.hpp"

using namespace face_test;
using cb::Channel;

namespace {

struct TradeSeen {
  std::string id, price, size;
  bool operator==(const TradeSeen&) const = default;
};

/// A client on one connection: books, trades and orders, from what it is sent alone.
struct Follower {
  StreamId id = 0;
  cb::StreamDecoder decoder;
  cb::SequenceTracker numbers{[] {
    cb::SequenceTracker::Options o;
    o.starts_at_zero = true;
    return o;
  }()};
  std::map<std::string, cb::Book> books;
  cb::OrderTracker tracker;
  std::map<std::string, cb::OrderStep> orders;
  std::map<std::string, Decimal> derived;  ///< by order: the sum of the fills that the tracker derived
  std::vector<TradeSeen> trades;           ///< of BTC-USD, oldest first, without the snapshot

  void hear(const std::string& text, std::int64_t now) {
    const auto r = decoder.decode(text);
    if (!r) RC_LOG() << r.error().message << " in " << text.substr(0, 300);
    RC_ASSERT(r.ok());
    const cb::StreamFrame& f = **r;
    RC_ASSERT(!f.is_error);
    RC_ASSERT(numbers.note(f).action == cb::SequenceAction::take);
    // An auction may last: that a book stays crossed is not for want of a frame here.
    for (const auto& e : f.books) books.try_emplace(std::string(e.product), cb::Book::Options{.crossed_limit_ns = INT64_MAX}).first->second.apply(e, {f.book_updates.data() + e.first, e.count}, f.timestamp_ns, now);
    for (auto it = f.trades.rbegin(); it != f.trades.rend(); ++it)
      if (!it->snapshot && it->product == "BTC-USD")
        trades.push_back({std::string(it->trade_id), it->price.decimal().to_string(), it->size.decimal().to_string()});
    for (const auto& step : tracker.apply(f).steps) {
      RC_ASSERT(step.news != cb::OrderNews::old);
      if (step.fill) derived[step.order_id] += step.fill->quantity;
      orders[step.order_id] = step;
    }
  }
};

bool crossed(const BookView& b) { return !b.bids.empty() && !b.asks.empty() && b.bids.front().price >= b.asks.front().price; }

void compare_book(const cb::Book& told, const BookView& is) {
  if (crossed(is)) {  // an auction gathers: the client says that it can't use such a book
    RC_ASSERT(!told.usable());
    return;
  }
  RC_ASSERT(told.usable());
  for (const auto side : {cb::BookSide::bid, cb::BookSide::ask}) {
    const auto levels = told.depth(side, SIZE_MAX);
    const auto& wanted = side == cb::BookSide::bid ? is.bids : is.asks;
    RC_ASSERT(levels.size() == wanted.size());
    for (std::size_t i = 0; i < levels.size(); ++i) {
      RC_ASSERT(levels[i].price == wanted[i].price);
      RC_ASSERT(levels[i].quantity == wanted[i].size);
    }
  }
}

}  // namespace

TEST_CASE("property: a stream's books, trades and orders, folded by the client, are the engine's") {
  std::map<std::string, int> seen;
  const bool held = rc::check("random acts, followed", [&] {
    Acts a(*rc::gen::arbitrary<std::uint64_t>());
    TokenGate gate;
    KeyHolders holders;
    std::vector<Client> clients;
    FaceOptions face;
    face.holders = &holders;
    face.quiet_ns = forever;
    clients.reserve(a.users.size());
    for (std::size_t i = 0; i < a.users.size(); ++i) {
      const std::string name = "keys/" + std::to_string(i);
      RC_ASSERT(gate.keys().add(name, coinbase_test::p256_public_pem).ok());
      holders[name] = {a.users[i]};
      clients.emplace_back(name, &a.now);
    }
    Streams streams(a.e, gate, face);
    std::vector<Follower> followers(a.users.size());
    std::vector<Frame> frames;
    std::vector<Event> events;
    std::vector<std::pair<Event, TradePrinted>> prints;
    const auto settle = [&] {
      a.e.advance(a.now);
      events.clear();
      a.e.take_events(events);
      streams.happened(events, a.now);
      frames.clear();
      streams.take_frames(frames);
      for (const Frame& f : frames) {
        RC_ASSERT(!f.close_after);
        for (Follower& each : followers)
          if (each.id == f.stream) each.hear(f.text, a.now);
      }
    };
    // They come at different times, into a venue that is at work.
    std::size_t joined = 0, trades_before = 0;
    const auto join = [&] {
      settle();
      Follower& f = followers[joined];
      f.id = streams.open(StreamKind::market, a.now);
      const std::vector<std::string> books{"BTC-USDC", "SHIB-USD"}, none;
      const std::string user = *cb::subscribe_message(Channel::user, none, *clients[joined].tokens.ws_token());
      streams.said(f.id, *cb::subscribe_message(Channel::level2, books, ""), a.now);
      streams.said(f.id, *cb::subscribe_message(Channel::market_trades, books, ""), a.now);
      streams.said(f.id, user, a.now);
      if (joined == 0) trades_before = a.e.trades("BTC-USD", 1000)->size();
      ++joined;
      settle();
    };
    join();
    for (int i = 0; i < 150; ++i) {
      a.act();
      if (a.dice.one_in(2)) settle();  // a server may take the events of several acts together
      if (joined < followers.size() && a.dice.one_in(20)) join();
    }
    while (joined < followers.size()) join();
    for (int i = 0; i < 2; ++i) {
      a.now += 10 * second;  // what is delayed, then the last batch of trades
      settle();
    }
    for (std::size_t u = 0; u < followers.size(); ++u) {
      const Follower& f = followers[u];
      for (const char* book : {"BTC-USD", "SHIB-USD"}) compare_book(f.books.at(book), *a.e.book(book, 100'000));
      OrderFilter mine;
      mine.user = a.users[u];
      mine.limit = SIZE_MAX;
      for (const Order* o : a.e.orders(mine).orders) {
        const auto it = f.orders.find(a.e.order_id(o->number));
        if (it == f.orders.end()) {  // over before this client came
          RC_ASSERT(u > 0u);
          RC_ASSERT(is_final(o->state.status));
          ++seen["ended before"];
          continue;
        }
        const cb::OrderStep& told = it->second;
        RC_ASSERT(told.client_order_id == o->request.client_order_id);
        RC_ASSERT(told.product == o->request.product_id);
        RC_ASSERT((told.side == cb::StreamSide::buy) == (o->side() == Side::buy));
        RC_ASSERT(told.cumulative == o->state.filled_size);
        RC_ASSERT(told.total_fees == o->state.fees);
        RC_ASSERT(told.terminal == is_final(o->state.status));
        constexpr std::array words{cb::UserOrderStatus::pending, cb::UserOrderStatus::open,      cb::UserOrderStatus::cancel_queued, cb::UserOrderStatus::edit_queued,
                                   cb::UserOrderStatus::filled,  cb::UserOrderStatus::cancelled, cb::UserOrderStatus::expired,
                                   cb::UserOrderStatus::failed};
        RC_ASSERT(told.status == words[static_cast<std::size_t>(o->state.status)]);
        ++seen[std::string(name(o->state.status)) + (o->state.fills > 0 ? " filled" : "")];
      }
    }
    const auto all = *a.e.trades("BTC-USD", 1000);
    RC_ASSERT(followers[0].trades.size() == all.size() - trades_before);
    for (std::size_t i = 0; i < followers[0].trades.size(); ++i) {
      const TradePrinted& t = all[followers[0].trades.size() - 1 - i];
      RC_ASSERT(followers[0].trades[i] == (TradeSeen{std::to_string(t.trade), t.price.to_string(), t.size.to_string()}));
    }
    if (!all.empty()) ++seen["traded"];
    if (crossed(*a.e.book("BTC-USD", 1))) ++seen["crossed"];
  });
  CHECK(held);
  for (const char* what : {"OPEN", "OPEN filled", "FILLED filled", "CANCELLED", "CANCELLED filled", "EXPIRED", "traded"}) {
    INFO(what);
    CHECK(seen[what] > 0);
  }
}

TEST_CASE("property: the fills that a client derives from the stream are those that REST lists, in sum and fee") {
  const bool held = rc::check("one user followed from the first order on", [] {
    Acts a(*rc::gen::arbitrary<std::uint64_t>());
    TokenGate gate;
    KeyHolders holders;
    RC_ASSERT(gate.keys().add("keys/0", coinbase_test::p256_public_pem).ok());
    holders["keys/0"] = {a.users[0]};
    Client client("keys/0", &a.now);
    FaceOptions face;
    face.holders = &holders;
    face.quiet_ns = forever;
    Streams streams(a.e, gate, face);
    Follower f;
    f.id = streams.open(StreamKind::user, a.now);
    const std::vector<std::string> none;
    streams.said(f.id, *cb::subscribe_message(Channel::user, none, *client.tokens.ws_token()), a.now);
    const auto settle = [&] {
      a.e.advance(a.now);
      std::vector<Event> events;
      a.e.take_events(events);
      // As a broker does before it sends: its ids are registered, so that nothing is adopted.
      for (const Event& e : events)
        if (const auto* o = std::get_if<OrderChanged>(&e.what); o != nullptr && o->user == a.users[0]) {
          const OrderRequest& q = a.e.order(o->order).request;
          f.tracker.own(q.client_order_id, q.base_size, q.quote_size);
        }
      streams.happened(events, a.now);
      std::vector<Frame> frames;
      streams.take_frames(frames);
      for (const Frame& x : frames) f.hear(x.text, a.now);
    };
    for (int i = 0; i < 150; ++i) {
      a.act();
      if (a.dice.one_in(2)) settle();
    }
    a.now += 10 * second;
    settle();
    FillFilter q;
    q.user = a.users[0];
    q.limit = SIZE_MAX;
    std::map<std::string, Decimal> sizes;
    for (const Fill* fill : a.e.fills(q).fills) sizes[a.e.order_id(fill->order)] += fill->size;
    RC_ASSERT(sizes == f.derived);
  });
  CHECK(held);
}
