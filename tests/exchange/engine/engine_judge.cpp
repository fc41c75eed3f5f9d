// What the venue refuses, what an order sets aside, and what it would come to.
#include "engine.hpp"

namespace bowline::exchange {
namespace {

bool multiple(const Decimal& x, const Decimal& step) { return round_to(x, step, Rounding::down) == x; }
bool is_limit(const OrderRequest& r) { return type(r.config) != OrderType::market; }
bool at_once(const OrderRequest& r) { return tif(r.config) == Tif::ioc || tif(r.config) == Tif::fok; }

}  // namespace

Engine::Judged Engine::judge(UserId u, const OrderRequest& r) const {
  Judged j;
  const auto number = product_number(r.product_id);
  if (!number) return {Refusal::invalid_product};
  const Product& p = products_[*number];
  const Market& m = markets_[book_number_[*number]];
  if (j.refusal = judge_state(r, *number); j.refusal != Refusal::none) return j;
  if (j.refusal = judge_shape(r); j.refusal != Refusal::none) return j;
  if (j.refusal = judge_prices(r, p, m.last); j.refusal != Refusal::none) return j;
  if (j.refusal = judge_sizes(r, p, j.size); j.refusal != Refusal::none) return j;
  if (r.stop_price.is_set())
    if (j.refusal = judge_stop(r, m.last); j.refusal != Refusal::none) return j;
  if (tif(r.config) == Tif::gtd) {
    if (r.end_ns <= now_ns_) return {Refusal::end_time};
    if (r.end_ns > Options::after(now_ns_, options_.max_end_ns)) return {Refusal::end_time_too_far};
  }

  const FeeRates& rates = users_[u.n].rates;
  j.pays = pays(r.side, *number);
  if (!is_limit(r)) {
    const Book::Level* best = m.book.best(opposite(r.side));
    if (best == nullptr) return {Refusal::no_liquidity};
    if (r.quote_size.is_set()) {
      j.hold = r.quote_size;
    } else {
      if (j.refusal = judge_worth(p, j.size, best->price); j.refusal != Refusal::none) return j;
      j.hold = r.side == Side::sell ? j.size : sweep_cost(*number, j.size, rates.taker).value_or(Decimal::not_set());
    }
  } else {
    if (!r.quote_size.is_set())
      if (j.refusal = judge_worth(p, j.size, r.limit_price); j.refusal != Refusal::none) return j;
    const bool only_maker = r.post_only || ((p.flags.post_only || products_[book_number_[*number]].flags.post_only) &&
                                            type(r.config) != OrderType::stop_limit);
    if (only_maker && would_take(*number, r.side, r.limit_price)) return {Refusal::post_only_takes};
    Decimal worst = r.limit_price;
    if (type(r.config) == OrderType::bracket && r.side == Side::buy) worst = max(worst, through(r.side, p, r.stop_price));
    j.hold = r.side == Side::sell ? j.size : need_of(j.size, worst, rates.worst());
  }
  if (!j.hold.is_set()) j.refusal = Refusal::quote_too_large;
  else if (accounts_.of(u, j.pays).available < j.hold) j.refusal = Refusal::insufficient_fund;
  return j;
}

Refusal Engine::judge_state(const OrderRequest& r, std::uint32_t product) const {
  // An alias is refused for its own flags and for those of the book it shares.
  for (const std::uint32_t n : {product, book_number_[product]}) {
    const ProductFlags& f = products_[n].flags;
    if (f.status != ProductStatus::online || f.view_only) return Refusal::untradable;
    if (f.is_disabled || f.trading_disabled || f.cancel_only) return Refusal::entry_disabled;
    if (f.limit_only && !is_limit(r)) return Refusal::market_state;
    if ((f.auction_mode || f.post_only) && at_once(r)) return Refusal::market_state;
  }
  return Refusal::none;
}

Refusal Engine::judge_shape(const OrderRequest& r) const {
  const OrderType t = type(r.config);
  if (r.config == Config::market_fok) return Refusal::unsupported;
  if (r.base_size.is_set() == r.quote_size.is_set()) return Refusal::invalid_request;
  if (r.post_only && r.config == Config::limit_fok) return Refusal::post_only_with_fok;
  if (r.post_only && r.config != Config::limit_gtc && r.config != Config::limit_gtd) return Refusal::invalid_request;
  if (r.quote_size.is_set()) {
    if (t == OrderType::bracket) return Refusal::quote_size_for_bracket;
    // A sale is of base units, and so is what waits for a stop or must trade at once at a limit.
    const bool market = r.config == Config::market_ioc, rests = r.config == Config::limit_gtc || r.config == Config::limit_gtd;
    if (!(market && r.side == Side::buy) && !rests) return Refusal::unsupported;
  }
  if (t != OrderType::market && !r.limit_price.is_set()) return Refusal::limit_price;
  if (t == OrderType::market && r.limit_price.is_set()) return Refusal::invalid_request;
  const bool stop = t == OrderType::stop_limit || t == OrderType::bracket;
  if (stop != r.stop_price.is_set()) return stop ? Refusal::stop_price : Refusal::invalid_request;
  if ((t == OrderType::stop_limit) != (r.direction != StopDirection::none)) return stop ? Refusal::stop_price : Refusal::invalid_request;
  return Refusal::none;
}

Refusal Engine::judge_prices(const OrderRequest& r, const Product& p, const Decimal& last) const {
  if (is_limit(r)) {
    if (!r.limit_price.is_positive() || r.limit_price > most) return Refusal::limit_price;
    if (!multiple(r.limit_price, p.price_increment)) return Refusal::price_precision;
    if (options_.max_limit_distance.is_set() && last.is_set() && type(r.config) == OrderType::limit &&
        abs(r.limit_price - last) > mul(last, options_.max_limit_distance, Rounding::down))
      return Refusal::limit_too_far;
  }
  if (r.stop_price.is_set()) {
    const bool bracket = type(r.config) == OrderType::bracket;
    if (!r.stop_price.is_positive() || r.stop_price > most) return bracket ? Refusal::bracket_stop : Refusal::stop_price;
    if (!multiple(r.stop_price, p.price_increment)) return bracket ? Refusal::trigger_precision : Refusal::stop_precision;
  }
  return Refusal::none;
}

Refusal Engine::judge_sizes(const OrderRequest& r, const Product& p, Decimal& size) const {
  size = Decimal::zero();
  if (r.quote_size.is_set()) {
    const Decimal& q = r.quote_size;
    if (q < p.quote_min_size) return Refusal::quote_too_small;
    if (q > p.quote_max_size) return Refusal::quote_too_large;
    if (!multiple(q, p.quote_increment)) return Refusal::quote_size_precision;
    if (!is_limit(r)) return Refusal::none;
    size = floor_to(div(q, r.limit_price, Rounding::down), p.base_increment);  // a limit order is of what it buys at its limit
    if (!size.is_set()) return Refusal::base_too_large;
  } else {
    size = r.base_size;
    // The increment first: "0.5" of a product in whole units is a matter of precision, however small.
    if (size.is_positive() && !multiple(size, p.base_increment)) return Refusal::size_precision;
  }
  if (size < p.base_min_size) return Refusal::base_too_small;
  if (size > p.base_max_size) return Refusal::base_too_large;
  return Refusal::none;
}

Refusal Engine::judge_worth(const Product& p, const Decimal& size, const Decimal& price) const {
  const Decimal worth = mul(size, price, Rounding::down);
  if (!worth.is_set() || worth > p.quote_max_size) return Refusal::quote_too_large;
  return worth < p.quote_min_size ? Refusal::quote_too_small : Refusal::none;
}

Refusal Engine::judge_stop(const OrderRequest& r, const Decimal& last) const {
  if (!last.is_set()) return Refusal::no_trade_yet;
  const Decimal &limit = r.limit_price, &stop = r.stop_price;
  if (type(r.config) == OrderType::bracket) {
    const bool sell = r.side == Side::sell;
    if (sell ? limit <= stop : limit >= stop) return Refusal::bracket_prices;
    if (sell ? stop >= last : stop <= last) return Refusal::bracket_stop;
    return (sell ? limit <= last : limit >= last) ? Refusal::bracket_limit : Refusal::none;
  }
  if (r.direction == StopDirection::up && stop <= last) return Refusal::stop_below_last;
  if (r.direction == StopDirection::down && stop >= last) return Refusal::stop_above_last;
  // A limit that the trigger itself is already beyond could not trade: a buy on the way up, a sale on the way down.
  if (r.direction == StopDirection::up && r.side == Side::buy && stop > limit) return Refusal::stop_above_limit;
  if (r.direction == StopDirection::down && r.side == Side::sell && stop < limit) return Refusal::stop_below_limit;
  return Refusal::none;
}

bool Engine::would_take(std::uint32_t product, Side side, const Decimal& price) const {
  if (!matching(product)) return false;
  const Book::Level* best = markets_[book_number_[product]].book.best(opposite(side));
  return best != nullptr && (side == Side::buy ? best->price <= price : best->price >= price);
}

Decimal Engine::through(Side side, const Product& p, const Decimal& trigger) const {
  const bool sell = side == Side::sell;
  const Decimal x = mul(trigger, sell ? one - options_.bracket_through : one + options_.bracket_through, Rounding::half_even);
  return max(p.price_increment, round_to(x, p.price_increment, sell ? Rounding::floor : Rounding::ceil));
}

Decimal Engine::work_price(const Order& o) const {
  const bool stopped = type(o.request.config) == OrderType::bracket && o.state.triggered;
  return stopped ? through(o.side(), products_[o.product], o.state.stop_price) : o.state.limit_price;
}

Decimal Engine::worst_price(const Order& o) const {
  const Decimal now = work_price(o);
  if (type(o.request.config) != OrderType::bracket || o.state.triggered || o.side() == Side::sell) return now;
  return max(now, through(o.side(), products_[o.product], o.state.stop_price));
}

Decimal Engine::need(const Order& o) const {
  if (is_final(o.state.status)) return Decimal::zero();
  if (o.side() == Side::sell) return o.leaves();
  if (type(o.request.config) == OrderType::market) return o.state.hold;  // what is left of what it may spend
  return need_of(o.leaves(), worst_price(o), o.rates.worst());
}

std::optional<Decimal> Engine::sweep_cost(std::uint32_t product, const Decimal& size, const Decimal& rate) const {
  Decimal left = size, cost;
  bool any = false;
  markets_[book_number_[product]].book.walk(Side::sell, [&](const Book::Level& l) {
    const Decimal part = min(left, l.size());
    cost += need_of(part, l.price, rate);
    left -= part;
    any = true;
    return left.is_positive();
  });
  return any ? std::optional(cost) : std::nullopt;
}

// ---- previews ----------------------------------------------------------------------------------------------------------------

Preview Engine::preview(UserId u, const OrderRequest& r, std::int64_t now_ns) {
  advance(now_ns);
  if (!accounts_.is_user(u)) return {Refusal::invalid_request};
  const Judged j = judge(u, r);
  const auto number = product_number(r.product_id);
  if (!number) return {j.refusal};
  // What is only short of money has figures all the same; what is wrong in itself has none.
  const bool sound = j.refusal == Refusal::none || j.refusal == Refusal::insufficient_fund;
  Preview p = sound ? figures(r, *number, j.size, Decimal::zero(), users_[u.n].rates) : Preview{};
  const Book& book = markets_[book_number_[*number]].book;
  if (const Book::Level* l = book.best(Side::buy)) p.best_bid = l->price;
  if (const Book::Level* l = book.best(Side::sell)) p.best_ask = l->price;
  p.refusal = j.refusal;
  return p;
}

Preview Engine::figures(const OrderRequest& r, std::uint32_t product, const Decimal& size, const Decimal& filled,
                        const FeeRates& rates) const {
  const Book& book = markets_[book_number_[product]].book;
  const OrderType t = type(r.config);
  const bool buy = r.side == Side::buy, spends = t == OrderType::market && r.quote_size.is_set();
  const bool takes = t == OrderType::market || (t == OrderType::limit && matching(product));
  Decimal left = spends ? value_within(r.quote_size, rates.taker) : size - filled;  // quote units of what spends, else base units
  Preview p;
  if (takes)
    book.walk(opposite(r.side), [&](const Book::Level& l) {
      if (is_limit(r) && (buy ? l.price > r.limit_price : l.price < r.limit_price)) return false;
      const Decimal wanted = spends ? size_for(left, l.price) : left;
      const bool enough = wanted.is_set() && wanted <= l.size();
      const Decimal part = enough ? wanted : l.size();
      const Decimal value = spends && enough ? left : value_of(part, l.price);
      if (!part.is_positive() || !value.is_set()) return false;
      p.base_size += part;
      p.quote_size += value;
      p.commission_total += fee_of(value, rates.taker);
      left -= spends ? value : part;
      return left.is_positive();
    });
  if (is_limit(r) && !at_once(r) && left.is_positive()) {
    const Decimal value = value_of(left, r.limit_price);
    p.base_size += left;
    p.quote_size += value;
    p.commission_total += fee_of(value, t == OrderType::stop_limit ? rates.taker : rates.maker);
  }
  if (spends && p.quote_size == value_within(r.quote_size, rates.taker)) p.commission_total = r.quote_size - p.quote_size;
  p.order_total = buy ? p.quote_size + p.commission_total : p.quote_size - p.commission_total;
  if (p.base_size.is_positive()) p.average_price = round16(div(p.quote_size, p.base_size, Rounding::half_even));
  const Book::Level *bid = book.best(Side::buy), *ask = book.best(Side::sell);
  if (bid != nullptr && ask != nullptr && p.average_price.is_positive()) {
    const Decimal middle = div(bid->price + ask->price, Decimal::from_int(2), Rounding::half_even);
    const Decimal worse = buy ? p.average_price - middle : middle - p.average_price;
    p.slippage = max(Decimal::zero(), round16(div(worse, middle, Rounding::half_even)));
  }
  return p;
}

}  // namespace bowline::exchange
