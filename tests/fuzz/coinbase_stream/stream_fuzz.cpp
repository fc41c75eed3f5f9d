// Any text as a connection's frames, one a line: each is taken whole or refused by name, and what is kept from them (book,
// bars, orders, numbers) stays what it promises.
#include <cstdint>
#include <set>
#include <string>

#include "coinbase_stream/bar_series.hpp"
#include "coinbase_stream/book.hpp"
#include "coinbase_stream/decoder.hpp"
#include "coinbase_stream/order_tracker.hpp"
#include "coinbase_stream/quote_pace.hpp"
#include "coinbase_stream/sequence.hpp"
#include "coinbase_stream/stream_watch.hpp"
#include "fuzz/must.hpp"

using namespace bowline;
using namespace bowline::coinbase;
using fuzz::must;

namespace {

constexpr std::int64_t second = 1'000'000'000, start = 1'775'572'200 * second;

/// All that is kept of one connection and its account, and what has to hold of it after each frame.
struct Session {
  std::string_view input;
  StreamDecoder decoder;
  SequenceTracker numbers;
  StreamWatch watch;
  Book book;
  QuotePace pace;
  BarSeries bars;
  OrderTracker orders;
  std::int64_t now = start, last_bar = -1, last_quote = 0;
  std::set<std::string> fills;

  void says(bool holds, const char* what) const { must(holds, what, input); }

  void frame(std::string_view text) {
    now += second;
    const auto r = decoder.decode(text);
    if (!r) {
      const std::string& code = r.error().code;
      says(code == "FRAME_MALFORMED" || code == "FRAME_FIELD_WRONG" || code == "FRAME_FIELD_MISSING",
           "a refusal has one of its codes");
      says(!r.error().message.empty() && r.error().message.size() < 400, "a refusal has a text of a sentence");
      if (decoder.last_sequence()) (void)numbers.note(*decoder.last_sequence());
      book.gap();
      bars.lost();
      return;
    }
    const StreamFrame& f = **r;
    const SequenceStep step = numbers.note(f);
    watch.heard(f, now);
    if (step.action == SequenceAction::ignore) return;
    if (step.action == SequenceAction::mend) book.gap(), bars.lost();
    bars.heard(f.timestamp_ns, now);
    books(f);
    candles(f);
    user(f);
    for (const StreamTrade& t : f.trades)
      says(t.price.sign() > 0 && t.size.sign() > 0 && !t.product.empty(), "a trade has a price, a size and a product");
    for (const StreamTicker& t : f.tickers)
      says(!t.product.empty() && !t.price.is_negative() && !t.best_bid.is_negative(), "a ticker's prices are not below 0");
    for (const std::string_view p : products_of(f)) says(!p.empty(), "a product has a name");
    (void)watch.check(now);
  }
  void books(const StreamFrame& f) {
    std::size_t next = 0;
    for (const BookEvent& e : f.books) {
      says(e.first == next && e.first + e.count <= f.book_updates.size(), "events cover the updates");
      next = e.first + e.count;
      const auto own = std::span(f.book_updates).subspan(e.first, e.count);
      for (const BookUpdate& u : own)
        says(u.price.sign() > 0 && u.quantity.sign() >= 0, "a level has a price, and a quantity of 0 or more");
      if (book.wants_snapshot()) book.asked();
      book.apply(e, own, f.timestamp_ns, now);
      check_book();
    }
    says(next == f.book_updates.size(), "every update belongs to an event");
  }
  void check_book() {
    const auto bids = book.depth(BookSide::bid, SIZE_MAX), asks = book.depth(BookSide::ask, SIZE_MAX);
    if (!book.usable()) {
      says(bids.empty() && asks.empty() && !book.quote(), "a book that is not usable says nothing");
      return;
    }
    for (std::size_t i = 1; i < bids.size(); ++i) says(bids[i].price < bids[i - 1].price, "bids go down");
    for (std::size_t i = 1; i < asks.size(); ++i) says(asks[i].price > asks[i - 1].price, "asks go up");
    for (const auto* side : {&bids, &asks})
      for (const BookLevel& l : *side) says(l.quantity.is_positive(), "a level holds something");
    if (!bids.empty() && !asks.empty()) says(bids[0].price < asks[0].price, "a usable book is not crossed");
    const auto q = book.quote();
    if (!q) return;
    says(Decimal::from_mantissa(q->bid, q->px_exp) == (bids.empty() ? Decimal::zero() : bids[0].price),
         "the quote is the best bid");
    says(Decimal::from_mantissa(q->ask, q->px_exp) == (asks.empty() ? Decimal::zero() : asks[0].price), "and the best ask");
    if (const auto sent = pace.offer(1, *q, book.changed_ns(), now)) {
      says(sent->event_ns >= last_quote, "no old quote after a newer");
      last_quote = sent->event_ns;
    }
  }
  void candles(const StreamFrame& f) {
    for (const StreamCandle& c : f.candles) (void)bars.update(c, f.timestamp_ns, now);
    std::vector<SeriesBar> out;
    bars.advance(now, out);
    if (const auto want = bars.wanted(now, 10)) {
      says(want->from_ns < want->to_ns, "a range that is wanted is not empty");
      (void)bars.backfill(*want, {}, now);
      bars.advance(now, out);
    }
    for (const SeriesBar& b : out) {
      says(b.open_ns > last_bar && b.close_ns + 2 * second <= now, "bars come in order, and when they are over");
      says(b.values.low > 0 && b.values.low <= b.values.open && b.values.high >= b.values.close && b.values.volume >= 0,
           "a bar is possible");
      last_bar = b.open_ns;
    }
  }
  void user(const StreamFrame& f) {
    std::size_t next = 0;
    for (const UserEvent& e : f.user_events) {
      says(e.first == next && e.first + e.count <= f.orders.size(), "events cover the orders");
      next = e.first + e.count;
    }
    for (const OrderStep& s : orders.apply(f).steps) {
      says(!s.order_id.empty() && s.cumulative.is_set() && !s.cumulative.is_negative(), "an order has an id and a quantity");
      says(!s.remaining.is_negative() && !s.remaining_quote.is_negative(), "nothing below 0 remains");
      if (!s.fill) continue;
      says(s.fill->quantity.is_positive() && s.fill->from + s.fill->quantity == s.fill->to, "a fill is what lies between");
      says(!s.fill->price.is_set() || s.fill->price.is_positive(), "a fill's price is above 0");
      says(!s.fill->fee.is_negative(), "a fee is not below 0");
      says(fills.insert(s.fill->fill_id).second, "no fill is derived twice");
    }
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  Session s;
  s.input = input;
  s.orders.own("c1", Decimal::from_int(1), Decimal::not_set());
  s.orders.own("c2", Decimal::not_set(), Decimal::from_int(5));
  s.watch.watch_connection(3 * second, start);
  s.watch.watch(Channel::level2, "BTC-USD", second, start);
  for (std::size_t from = 0; from <= input.size();) {
    const std::size_t to = std::min(input.find('\n', from), input.size());
    s.frame(input.substr(from, to - from));
    from = to + 1;
  }
  // Whatever came before, a good frame is read.
  must(s.decoder.decode(R"({"channel":"heartbeats","sequence_num":1,"events":[{"heartbeat_counter":7}]})").ok(),
       "a good frame is taken after all", input);
  return 0;
}
