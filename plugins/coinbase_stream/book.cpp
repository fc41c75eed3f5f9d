#include "book.hpp"

#include <algorithm>

namespace bowline::coinbase {
namespace {

constexpr std::int64_t power_of_ten(int n) noexcept {  // 0..18
  std::int64_t p = 1;
  for (; n > 0; --n) p *= 10;
  return p;
}

/// The coarsest exponent in -18..0 under which both values are whole and fit; nullopt where there is none.
std::optional<int> common_exponent(Decimal a, Decimal b) {
  const StreamNumber x = StreamNumber::from(a), y = StreamNumber::from(b);
  if (x.wide() || y.wide()) return std::nullopt;
  const int e = std::min(x.exp(), y.exp());
  return x.at(e) && y.at(e) ? std::optional(e) : std::nullopt;
}

}  // namespace

void Book::step(BookInput input) {
  for (const BookArrow& a : book_arrows) {
    if (a.from != state_ || a.input != input) continue;
    if (a.to == BookState::lost) ++losses_;
    if (a.to == BookState::crossed) ++crossings_;
    state_ = a.to;
    // What is not usable until a snapshot is not kept either: nobody can read it by mistake.
    if (state_ == BookState::lost || state_ == BookState::waiting) sides_.emplace<Narrow>();
    return;
  }
}

void Book::apply(const BookEvent& event, std::span<const BookUpdate> updates, std::int64_t told_ns, std::int64_t now_ns) {
  if (event.snapshot) {
    load(updates);
    step(BookInput::snapshot);
    changed_ns_ = 0;
  } else if (state_ == BookState::waiting || state_ == BookState::lost) {
    left_out_ += updates.size();
    return;
  } else {
    for (const BookUpdate& u : updates) set(u);
  }
  std::int64_t newest = 0;
  for (const BookUpdate& u : updates) newest = std::max(newest, u.event_ns);
  changed_ns_ = std::max(changed_ns_, newest != 0 ? newest : told_ns);
  // Judged at the end of an event: in the midst of one a book may be crossed.
  if (!is_crossed()) {
    step(BookInput::update);
    return;
  }
  if (state_ == BookState::live) crossed_since_ns_ = now_ns;
  step(BookInput::crossing);
  tick(now_ns);
}

void Book::tick(std::int64_t now_ns) {
  if (state_ != BookState::crossed) return;
  if (now_ns < crossed_since_ns_) crossed_since_ns_ = now_ns;  // a clock that stepped back does not prolong it
  if (now_ns - crossed_since_ns_ > options_.crossed_limit_ns) step(BookInput::overdue);
}

void Book::load(std::span<const BookUpdate> updates) {
  sides_.emplace<Narrow>();
  px_exp_ = options_.px_exp;
  qty_exp_ = options_.qty_exp;
  if (load_narrow(updates)) return;
  std::vector<Levels<Decimal>::Level> bids, asks;
  for (const BookUpdate& u : updates)
    (u.side == BookSide::bid ? bids : asks).push_back({u.price.decimal(), u.quantity.decimal()});
  Wide& wide = sides_.emplace<Wide>();
  wide.bids.assign(std::move(bids));
  wide.asks.assign(std::move(asks));
}

bool Book::load_narrow(std::span<const BookUpdate> updates) {
  // The exponents as written serve nearly always. Numbers padded with zeros can make them too fine to fit: then the least
  // that the values need.
  for (const bool trim : {false, true}) {
    int px = options_.px_exp, qty = options_.qty_exp;
    for (const BookUpdate& u : updates) {
      if (u.price.wide() || u.quantity.wide()) return false;
      px = std::min<int>(px, trim ? u.price.trimmed().exp() : u.price.exp());
      qty = std::min<int>(qty, trim ? u.quantity.trimmed().exp() : u.quantity.exp());
    }
    std::vector<Levels<std::int64_t>::Level> bids, asks;
    bids.reserve(updates.size());
    bool fits = true;
    for (const BookUpdate& u : updates) {
      const auto p = u.price.at(px), q = u.quantity.at(qty);
      fits = p && q;
      if (!fits) break;
      (u.side == BookSide::bid ? bids : asks).push_back({*p, *q});
    }
    if (!fits) continue;
    Narrow& narrow = std::get<Narrow>(sides_);
    narrow.bids.assign(std::move(bids));
    narrow.asks.assign(std::move(asks));
    px_exp_ = static_cast<std::int8_t>(px);
    qty_exp_ = static_cast<std::int8_t>(qty);
    return true;
  }
  return false;
}

void Book::set(const BookUpdate& u) {
  if (Narrow* narrow = std::get_if<Narrow>(&sides_)) {
    auto price = u.price.at(px_exp_), quantity = u.quantity.at(qty_exp_);
    if ((!price || !quantity) && !u.price.wide() && !u.quantity.wide() &&
        refine(u.price.trimmed().exp(), u.quantity.trimmed().exp())) {
      price = u.price.at(px_exp_);
      quantity = u.quantity.at(qty_exp_);
    }
    if (price && quantity) {
      narrow->of(u.side).set(*price, *quantity);
      return;
    }
    widen();
  }
  std::get<Wide>(sides_).of(u.side).set(u.price.decimal(), u.quantity.decimal());
}

/// Finer exponents for all levels, where they fit; false and nothing changed where they do not.
bool Book::refine(int px_exp, int qty_exp) {
  Narrow& narrow = std::get<Narrow>(sides_);
  px_exp = std::min<int>(px_exp, px_exp_);
  qty_exp = std::min<int>(qty_exp, qty_exp_);
  const std::int64_t by_px = power_of_ten(px_exp_ - px_exp), by_qty = power_of_ten(qty_exp_ - qty_exp);
  bool fits = true;
  for (Levels<std::int64_t>* side : {&narrow.bids, &narrow.asks})
    side->each([&](auto& l) {
      std::int64_t out = 0;
      fits = fits && !__builtin_mul_overflow(l.price, by_px, &out) && !__builtin_mul_overflow(l.quantity, by_qty, &out);
    });
  if (!fits) return false;
  for (Levels<std::int64_t>* side : {&narrow.bids, &narrow.asks})
    side->each([&](auto& l) {
      l.price *= by_px;
      l.quantity *= by_qty;
    });
  px_exp_ = static_cast<std::int8_t>(px_exp);
  qty_exp_ = static_cast<std::int8_t>(qty_exp);
  return true;
}

void Book::widen() {
  const Narrow narrow = std::move(std::get<Narrow>(sides_));
  Wide wide;
  for (const BookSide side : {BookSide::bid, BookSide::ask}) {
    std::vector<Levels<Decimal>::Level> levels;
    levels.reserve(narrow.of(side).size());
    narrow.of(side).upward([&](const auto& l) {
      levels.push_back({Decimal::from_mantissa(l.price, px_exp_), Decimal::from_mantissa(l.quantity, qty_exp_)});
      return true;
    });
    wide.of(side).assign(std::move(levels));
  }
  sides_ = std::move(wide);
}

bool Book::is_crossed() const {
  return std::visit(
      [](const auto& s) { return !s.bids.empty() && !s.asks.empty() && !(s.bids.highest().price < s.asks.lowest().price); },
      sides_);
}

std::optional<BookQuote> Book::quote() const {
  if (!usable()) return std::nullopt;
  if (const Narrow* n = std::get_if<Narrow>(&sides_)) {
    BookQuote q{px_exp_, qty_exp_};
    if (!n->bids.empty()) q.bid = n->bids.highest().price, q.bid_qty = n->bids.highest().quantity;
    if (!n->asks.empty()) q.ask = n->asks.lowest().price, q.ask_qty = n->asks.lowest().quantity;
    return q;
  }
  const Wide& w = std::get<Wide>(sides_);
  const auto bid = w.bids.empty() ? Levels<Decimal>::Level{} : w.bids.highest();
  const auto ask = w.asks.empty() ? Levels<Decimal>::Level{} : w.asks.lowest();
  const auto px = common_exponent(bid.price, ask.price), qty = common_exponent(bid.quantity, ask.quantity);
  if (!px || !qty) return std::nullopt;
  return BookQuote{static_cast<std::int8_t>(*px),
                   static_cast<std::int8_t>(*qty),
                   StreamNumber::from(bid.price).at(*px).value_or(0),
                   StreamNumber::from(ask.price).at(*px).value_or(0),
                   StreamNumber::from(bid.quantity).at(*qty).value_or(0),
                   StreamNumber::from(ask.quantity).at(*qty).value_or(0)};
}

std::vector<BookLevel> Book::depth(BookSide side, std::size_t n) const {
  std::vector<BookLevel> out;
  if (!usable() || n == 0) return out;
  out.reserve(std::min(n, size(side)));
  const auto take = [&](Decimal price, Decimal quantity) {
    out.push_back({price, quantity});
    return out.size() < n;
  };
  const auto walk = [&](const auto& levels, const auto& each) {
    if (side == BookSide::bid)
      levels.downward(each);
    else
      levels.upward(each);
  };
  if (const Narrow* narrow = std::get_if<Narrow>(&sides_))
    walk(narrow->of(side), [&](const auto& l) {
      return take(Decimal::from_mantissa(l.price, px_exp_), Decimal::from_mantissa(l.quantity, qty_exp_));
    });
  else
    walk(std::get<Wide>(sides_).of(side), [&](const auto& l) { return take(l.price, l.quantity); });
  return out;
}

std::size_t Book::size(BookSide side) const noexcept {
  return std::visit([&](const auto& s) { return s.of(side).size(); }, sides_);
}

std::optional<BookQuote> quote_of(Decimal bid, Decimal bid_qty, Decimal ask, Decimal ask_qty) {
  const auto number = [](Decimal d) { return d.is_set() ? StreamNumber::from(d).trimmed() : StreamNumber(); };
  const StreamNumber b = number(bid), bq = number(bid_qty), a = number(ask), aq = number(ask_qty);
  if (b.wide() || bq.wide() || a.wide() || aq.wide()) return std::nullopt;
  BookQuote q;
  q.px_exp = std::min(b.exp(), a.exp());
  q.qty_exp = std::min(bq.exp(), aq.exp());
  const auto bid_at = b.at(q.px_exp), ask_at = a.at(q.px_exp), bid_qty_at = bq.at(q.qty_exp), ask_qty_at = aq.at(q.qty_exp);
  if (!bid_at || !ask_at || !bid_qty_at || !ask_qty_at) return std::nullopt;
  q.bid = *bid_at;
  q.ask = *ask_at;
  q.bid_qty = *bid_qty_at;
  q.ask_qty = *ask_qty_at;
  return q;
}

}  // namespace bowline::coinbase
