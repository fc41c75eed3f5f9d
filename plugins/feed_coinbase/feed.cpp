#include "feed.hpp"

#include <algorithm>

namespace bowline::feed_coinbase {
namespace {

using coinbase::BarRange;
using coinbase::Channel;

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t look_every = second / 4;
constexpr std::int64_t ask_again_after = 2 * second;  // an answer that did not settle what was wanted
constexpr std::int64_t told_within = second;          // the venue tells candles once a second: what was traded before that has been told
constexpr std::int64_t most_buckets = 300;            // of one answer: the venue refuses 350
constexpr std::uint16_t nobody_acts = 1;              // bl_event.flags

std::int64_t floor_bucket(std::int64_t ns) { return ns - ns % interval_ns; }

std::vector<std::string> ids_of(const std::vector<FeedProduct>& products) {
  std::vector<std::string> ids;
  for (const FeedProduct& p : products) ids.push_back(p.id);
  return ids;
}

coinbase::BarSeries::Options series_options(const FeedOptions& o) {
  coinbase::BarSeries::Options s;
  s.interval_ns = interval_ns;
  s.grace_ns = o.grace_ns;
  s.settle_ns = o.settle_ns;
  s.empty = o.empty;
  return s;
}

coinbase::QuotePace::Options pace_options(const FeedOptions& o) {
  coinbase::QuotePace::Options p;
  p.per_second = o.quotes_per_second;
  return p;
}

}  // namespace

Feed::Feed(const Host& host, const Http& http, const Ws& ws, const FeedOptions& options, coinbase::TokenMaker* tokens,
           std::vector<FeedProduct> products, bool quotes, bool trades)
    : host_(host),
      options_(options),
      desk_(http, options, tokens, ids_of(products)),
      stream_(ws, options, tokens, *this),
      steps_(products.size()),
      pace_(pace_options(options)),
      books_(quotes && options.quotes == QuoteSource::level2) {
  now_ = began_ns_ = host_.now_ns();
  const std::int64_t running = floor_bucket(began_ns_);
  const std::int64_t start = std::max<std::int64_t>(0, running - options.history * interval_ns);
  const std::vector<std::string> ids = ids_of(products);
  for (FeedProduct& is : products) {
    Product& p = products_.emplace_back(Product{std::move(is), coinbase::BarSeries(series_options(options)), {}, running});
    p.series.start_at(start);
  }
  for (std::size_t i = 0; i < ids.size(); ++i) {
    told_as_[ids[i]].push_back(i);
    // One book is shared, and told under the other's name. A run has one product of each base asset.
    constexpr std::string_view submitted = "-USDC";
    if (const std::string other = ids[i].substr(0, ids[i].size() - 1); ids[i].ends_with(submitted) && std::find(ids.begin(), ids.end(), other) == ids.end())
      told_as_[other].push_back(i);
  }
  stream_.want(Channel::candles, ids);
  if (books_) stream_.want(Channel::level2, ids);
  if (quotes && options.quotes == QuoteSource::ticker) stream_.want(Channel::ticker, ids);
  if (trades) stream_.want(Channel::market_trades, ids);
}

template <class F>
void Feed::each(std::string_view told, F&& f) {
  const auto at = told_as_.find(told);
  if (at == told_as_.end()) return;
  for (const std::size_t i : at->second) f(products_[i]);
}

void Feed::on_event(const bl_event& event, Events& out) {
  now_ = host_.now_ns();
  out_ = &out;
  if (const auto frame = WsFrame::of(event)) {
    const bool before = stream_.speaks();
    stream_.hear(*frame, now_);
    if (!before && stream_.speaks()) desk_.back(now_);
  }
  if (const auto reply = HttpReply::of(event))
    if (const auto answer = desk_.answer(*reply, now_)) {
      if (*answer) take(**answer);
      else ++counts_.rest_failures, note(3, answer->error());
    }
  if (books_)
    for (Product& p : products_) {
      p.book.tick(now_);
      if (p.book.wants_snapshot() && stream_.up()) stream_.book_lost(p.is.id);
    }
  stream_.turn(now_);
  bars();
  ask_rest();
  std::vector<coinbase::PacedQuote> due;
  pace_.due(now_, due);
  for (const coinbase::PacedQuote& q : due) say(q);
  link();
  out_ = nullptr;
}

void Feed::frame(const coinbase::StreamFrame& f, std::int64_t at_ns) {
  const std::int64_t whole_ns = (f.timestamp_ns != 0 ? f.timestamp_ns : at_ns) - told_within;
  for (Product& p : products_) p.series.heard(whole_ns, at_ns);
  const auto heard = [&](const Product& p) { stream_.told(f.channel, p.is.id, at_ns); };
  for (const coinbase::StreamCandle& c : f.candles)
    each(c.product, [&](Product& p) {
      heard(p);
      if (auto taken = p.series.update(c, whole_ns, at_ns); !taken) ++counts_.refused_rows, note(3, taken.error());
    });
  for (const coinbase::BookEvent& b : f.books)
    each(b.product, [&](Product& p) {
      heard(p);
      p.book.apply(b, std::span(f.book_updates).subspan(b.first, b.count), f.timestamp_ns, now_);
      quote(p, p.book.changed_ns());
    });
  for (const coinbase::StreamTicker& t : f.tickers) ticker(t, f.timestamp_ns);
  for (auto t = f.trades.rbegin(); t != f.trades.rend(); ++t)  // told newest first
    each(t->product, [&](const Product& p) {
      heard(p);
      if (!t->snapshot) say(p, *t);
    });
}

void Feed::lost() {
  for (Product& p : products_) {
    p.series.lost();
    p.book.gap();
    pace_.drop(p.is.instrument);
  }
}

void Feed::books_asked(const std::vector<std::string>& ids) {
  for (Product& p : products_)
    if (std::find(ids.begin(), ids.end(), p.is.id) != ids.end()) {
      p.book.gap();
      p.book.asked();
    }
}

// The first of a kind, the tenth, the hundredth and so on.
void Feed::note(std::uint32_t level, const Error& what) {
  std::uint64_t& n = noted_[what.code];
  ++n;
  for (std::uint64_t at = 1; at <= n; at *= 10)
    if (at == n) host_.log(static_cast<Level>(level), what.code + ": " + what.message + (n > 1 ? " (" + std::to_string(n) + " times by now)" : ""));
}

// ---- bars ------------------------------------------------------------------------------------------------------------

std::int64_t Feed::next_open(const Product& p) const {
  return p.series.next_due_ns().value_or(interval_ns + options_.grace_ns) - interval_ns - options_.grace_ns;
}

void Feed::take(const CandleAnswer& answer) {
  Product& p = products_[answer.product];
  if (auto taken = p.series.backfill(answer.range, answer.rows, answer.sent_ns); !taken) {
    ++counts_.refused_rows;
    note(3, taken.error());
  }
  // Told by REST or compared with it, it was asked about.
  if (answer.range.from_ns <= p.compared_ns && answer.range.to_ns + options_.compare_after_ns <= answer.sent_ns)
    p.compared_ns = std::max(p.compared_ns, std::min(answer.range.to_ns, next_open(p)));
  if (const auto still = p.series.wanted(answer.sent_ns, most_buckets); still && still->from_ns <= answer.range.from_ns)
    desk_.later(answer.product, now_ + ask_again_after);
}

std::optional<BarRange> Feed::to_compare(const Product& p) const {
  const std::int64_t until = std::min(floor_bucket(now_ - options_.compare_after_ns), next_open(p));
  if (until <= p.compared_ns) return std::nullopt;
  return BarRange{p.compared_ns, std::min(until, p.compared_ns + most_buckets * interval_ns)};
}

void Feed::ask_rest() {
  for (std::size_t i = 0; i < products_.size(); ++i) {
    const Product& p = products_[i];
    if (!desk_.free(i, now_)) continue;
    // Nobody acts on what REST fills in: asked when it has settled, its candle is whole, and none proves that there was no trade.
    auto range = p.series.wanted(now_ - std::max<std::int64_t>(0, options_.settle_ns - options_.grace_ns), most_buckets);
    if (!range) range = to_compare(p);
    if (!range) continue;
    if (auto asked = desk_.ask(i, *range, now_); !asked) ++counts_.rest_failures, note(3, asked.error());
  }
}

void Feed::bars() {
  std::vector<coinbase::SeriesBar> ready;
  for (std::size_t i = 0; i < products_.size(); ++i) {
    Product& p = products_[i];
    ready.clear();
    p.series.advance(now_, ready);
    for (const coinbase::SeriesBar& b : ready) steps_.put(i, b, now_, b.close_ns <= began_ns_ ? options_.warmup_wait_ns : options_.hold_ns);
    steps_.passed(i, next_open(p));
    for (const coinbase::BarRevision& r : p.series.take_revisions()) {
      ++counts_.revisions;
      note(3, Error{"FEED_BAR_REVISED", p.is.id + ": the venue tells other numbers for the bar that opened at " + std::to_string(r.open_ns / second) +
                                            " than it was final with: the bar stays"});
    }
  }
  std::vector<Step> steps;
  steps_.take(now_, steps);
  for (const Step& s : steps) say(s);
}

// History of before the start is known when it closed, as it was to whoever ran then. What is filled in later is known now: one
// close after the other, so that each is a step of its own.
void Feed::say(const Step& step) {
  const bool history = step.close_ns <= began_ns_ && step.close_ns > last_ns_;
  last_ns_ = history ? step.close_ns : std::max(now_, last_ns_ + 1);
  for (const StepBar& s : step.bars) {
    const coinbase::BarValues& v = s.bar.values;
    bl_bar b{};
    b.h.type = BL_EV_BAR;
    b.h.flags = s.bar.backfilled || history ? nobody_acts : std::uint16_t{0};
    b.h.instrument = products_[s.product].is.instrument;
    b.h.ts_event = s.bar.close_ns;
    b.h.ts_recv = last_ns_;
    b.h.seq = ++seq_;
    b.open_ns = s.bar.open_ns;
    b.close_ns = s.bar.close_ns;
    b.px_exp = v.px_exp;
    b.qty_exp = v.qty_exp;
    b.is_final = 1;
    b.open = v.open;
    b.high = v.high;
    b.low = v.low;
    b.close = v.close;
    b.volume = v.volume;
    ++counts_.bars;
    if (s.bar.backfilled) ++counts_.backfilled;
    out_->emit(b);
  }
}

// ---- quotes and trades -----------------------------------------------------------------------------------------------

void Feed::quote(Product& p, std::int64_t event_ns) {
  const auto top = p.book.quote();
  if (!top) return pace_.drop(p.is.instrument);
  if (const auto now = pace_.offer(p.is.instrument, *top, event_ns, now_)) say(*now);
}

void Feed::ticker(const coinbase::StreamTicker& t, std::int64_t event_ns) {
  each(t.product, [&](const Product& p) {
    stream_.told(Channel::ticker, p.is.id, now_);
    if (!t.best_bid.is_set() || !t.best_ask.is_set()) return;
    const auto top = coinbase::quote_of(t.best_bid, t.best_bid_quantity, t.best_ask, t.best_ask_quantity);
    if (!top) return;
    if (const auto now = pace_.offer(p.is.instrument, *top, event_ns, now_)) say(*now);
  });
}

void Feed::say(const coinbase::PacedQuote& paced) {
  bl_quote q{};
  q.h.type = BL_EV_QUOTE;
  q.h.instrument = paced.instrument;
  q.h.ts_event = paced.event_ns;
  q.h.ts_recv = now_;
  q.h.seq = ++seq_;
  q.px_exp = paced.quote.px_exp;
  q.qty_exp = paced.quote.qty_exp;
  q.bid = paced.quote.bid;
  q.ask = paced.quote.ask;
  q.bid_qty = paced.quote.bid_qty;
  q.ask_qty = paced.quote.ask_qty;
  out_->emit(q);
}

void Feed::say(const Product& p, const coinbase::StreamTrade& trade) {
  if (trade.price.wide() || trade.size.wide()) return;
  bl_trade t{};
  t.h.type = BL_EV_TRADE;
  t.h.instrument = p.is.instrument;
  t.h.ts_event = trade.time_ns;
  t.h.ts_recv = now_;
  t.h.seq = ++seq_;
  t.px_exp = trade.price.exp();
  t.qty_exp = trade.size.exp();
  t.aggressor = trade.aggressor() == coinbase::StreamSide::buy ? BL_BUY : trade.aggressor() == coinbase::StreamSide::sell ? BL_SELL : 0;
  t.px = trade.price.mantissa();
  t.qty = trade.size.mantissa();
  out_->emit(t);
}

// ---- what is up ------------------------------------------------------------------------------------------------------

/// Down: no stream. Stale: it says nothing yet, or a product is a whole bar behind. Of the feed as a whole, and of each product.
void Feed::link() {
  constexpr std::uint32_t down = 0, up = 1, stale = 2, data = 1;
  const auto tell = [&](std::uint32_t instrument, std::uint32_t state, std::string_view words) {
    bl_link l{};
    l.h.type = BL_EV_LINK;
    l.h.instrument = instrument;
    l.h.ts_event = l.h.ts_recv = now_;
    l.h.seq = ++seq_;
    l.state = state;
    l.scope = data;
    if (state != up) detail::put_error(&l.why, BL_E_IO, "FEED_STALE", words);
    out_->emit(l);
  };
  bool some = false;
  for (Product& p : products_) {
    const bool behind = p.series.next_due_ns().value_or(now_) + interval_ns < now_;
    some = some || behind;
    if (behind == p.behind) continue;
    p.behind = behind;
    tell(p.is.instrument, behind ? stale : up, p.is.id + ": its bars are behind");
  }
  const std::uint32_t state = !stream_.up() ? down : some || !stream_.speaks() ? stale : up;
  if (state == link_) return;
  link_ = state;
  tell(0, state, !stream_.up() ? "there is no stream" : some ? "the bars of a product are behind" : "the stream says nothing yet");
}

std::int64_t Feed::next_due_ns(std::int64_t now_ns) const {
  std::int64_t due = now_ns + look_every;
  const auto sooner = [&](std::optional<std::int64_t> at) {
    if (at && *at > now_ns) due = std::min(due, *at);
  };
  sooner(pace_.next_due_ns());
  sooner(steps_.next_due_ns());
  for (const Product& p : products_) sooner(p.series.next_due_ns());
  return due;
}

}  // namespace bowline::feed_coinbase
