// Orders meet each other and the market: priority, fills, and the money they move.
#include <algorithm>

#include "engine.hpp"

namespace bowline::exchange {
namespace {

constexpr std::size_t kept_prints = 1000;

bool crosses(Side taker, const Decimal& limit, const Decimal& price) { return taker == Side::buy ? price <= limit : price >= limit; }

}  // namespace

// ---- an order comes to the book ----------------------------------------------------------------------------------------------

void Engine::arrive(Order& o) {
  if (o.state.status == Status::pending) o.state.status = Status::open;
  o.place = ++places_;
  if (open_of_[o.user.n].size() > options_.max_open_orders) {
    o.state.reject = RejectReason::too_many_open_orders;
    return end(o, Status::failed, EndNote::too_many);
  }
  if (o.has_stop()) market_of(o).stops.add(o);
  if (type(o.request.config) == OrderType::stop_limit) return changed(o);
  if (o.request.post_only && would_take(o.product, o.side(), o.state.limit_price))  // the market came nearer on its way
    return end(o, Status::failed, EndNote::post_only);
  enter(o);
}

void Engine::enter(Order& o) {
  const bool runs = matching(o.product), at_once = tif(o.request.config) == Tif::ioc || tif(o.request.config) == Tif::fok;
  const bool only_maker = products_[o.product].flags.post_only || products_[book_number_[o.product]].flags.post_only;
  if (only_maker && (at_once || would_take(o.product, o.side(), work_price(o))))
    return end(o, Status::cancelled, EndNote::post_only);
  if (at_once && !runs) return end(o, Status::cancelled, EndNote::paused);
  if (tif(o.request.config) == Tif::fok && !fillable_whole(o)) return end(o, Status::cancelled, EndNote::fok_unfilled);
  const std::uint32_t fills = o.state.fills;
  if (runs) take(o);
  if (is_final(o.state.status)) return;
  if (at_once) return end(o, Status::cancelled, EndNote::ioc_rest);
  rest(o);
  if (o.state.fills == fills) changed(o);  // else the last fill has told it
}

void Engine::rest(Order& o) { o.node = market_of(o).book.add(o.side(), work_price(o), o.number, o.leaves()); }

void Engine::unrest(Order& o) {
  if (o.node == 0) return;
  market_of(o).book.remove(o.side(), work_price(o), o.node);
  o.node = 0;
}

void Engine::end(Order& o, Status status, EndNote note) {
  unrest(o);
  if (o.waits_for_stop()) market_of(o).stops.remove(o);
  if (o.state.hold.is_positive()) accounts_.release(o.user, pays(o.side(), o.product), o.state.hold, now_ns_);
  o.state.hold = Decimal::zero();
  o.state.status = status;
  o.state.note = note;
  open_of_[o.user.n].erase(o.number);
  if (!timers_.empty()) {
    timers_.erase({o.arrives_ns, Due::arrive, o.number});
    timers_.erase({o.queued.due_ns, Due::edit, o.number});
    timers_.erase({o.cancel_due_ns, Due::cancel, o.number});
    timers_.erase({o.request.end_ns, Due::expire, o.number});
  }
  o.queued = {};
  changed(o);
}

// ---- the taker's side --------------------------------------------------------------------------------------------------------

void Engine::take(Order& o) {
  const std::uint32_t n = book_number_[o.product];
  Book& book = markets_[n].book;
  const Side other = opposite(o.side());
  const bool limited = type(o.request.config) != OrderType::market;
  const Decimal limit = work_price(o);
  while (!is_final(o.state.status)) {
    const Book::Level* level = book.best(other);
    if (level == nullptr || (limited && !crosses(o.side(), limit, level->price))) return;
    const Decimal price = level->price;
    Order* maker = level->first == 0 ? nullptr : &at(book.node(level->first).order);
    if (maker != nullptr && same_trader(o, *maker) && prevented(o, *maker)) continue;
    const Cut c = cut(o, maker == nullptr ? level->market : book.node(level->first).leaves, price);
    if (c.size.is_zero()) {
      // What is left of an amount buys less than the smallest size there is: it is spent. Other orders lack money.
      if (o.spends_quote()) end(o, o.state.fills > 0 ? Status::filled : Status::cancelled, EndNote::none);
      else end(o, Status::cancelled, EndNote::no_funds);
      return;
    }
    trade(n, &o, maker, other, price, c);
    if (maker == nullptr) book.reduce_market(other, price, c.size);
  }
}

Engine::Cut Engine::cut(const Order& o, const Decimal& offered, const Decimal& price) const {
  if (o.spends_quote()) {
    const Decimal left = value_within(o.request.quote_size, o.rates.taker) - o.state.filled_value;
    const Decimal size = size_for(left, price);
    if (size.is_zero()) return {};
    if (size.is_set() && size <= offered) return {size, left, true};
    const Decimal value = min(value_of(offered, price), left);
    return {offered, value, value == left};
  }
  Decimal size = min(o.leaves(), offered);
  if (type(o.request.config) == OrderType::market && o.side() == Side::buy) {  // never more than was set aside for it
    const Decimal cost = cost_of(size, price, o.rates.taker);
    if (!cost.is_set() || cost > o.state.hold)
      size = floor_to(div(o.state.hold, mul(price, one + o.rates.taker, Rounding::up), Rounding::down),
                      products_[o.product].base_increment);
  }
  const Decimal value = value_of(size, price);
  if (!value.is_set()) return {};
  return {size, value};
}

bool Engine::fillable_whole(const Order& o) const {
  const Book& book = markets_[book_number_[o.product]].book;
  Decimal found;
  bool stopped = false;
  book.walk(opposite(o.side()), [&](const Book::Level& l) {
    if (!crosses(o.side(), o.state.limit_price, l.price)) return false;
    for (std::uint32_t n = l.first; n != 0 && !stopped; n = book.node(n).behind) {
      const bool same = options_.self_trade != SelfTrade::allow && same_trader(o, at(book.node(n).order));
      if (same && options_.self_trade != SelfTrade::cancel_maker) stopped = true;  // there it would be cancelled itself
      if (!same) found += book.node(n).leaves;
      if (found >= o.leaves()) return false;
    }
    if (!stopped) found += l.market;
    return !stopped && found < o.leaves();
  });
  return found >= o.leaves();
}

bool Engine::same_trader(const Order& a, const Order& b) const {
  const std::string& id = a.request.self_trade_prevention_id;
  return a.user == b.user || (!id.empty() && id == b.request.self_trade_prevention_id);
}

bool Engine::prevented(Order& newer, Order& older) {
  const SelfTrade what = options_.self_trade;
  if (what == SelfTrade::allow) return false;
  if (what != SelfTrade::cancel_taker) end(older, Status::cancelled, EndNote::self_trade);
  if (what != SelfTrade::cancel_maker) end(newer, Status::cancelled, EndNote::self_trade);
  return true;
}

// ---- a trade -----------------------------------------------------------------------------------------------------------------

void Engine::trade(std::uint32_t book, Order* taker, Order* maker, Side maker_side, const Decimal& price, const Cut& c) {
  Order* buyer = maker_side == Side::buy ? maker : taker;
  Order* seller = maker_side == Side::buy ? taker : maker;
  const auto role = [&](const Order* o) { return o == maker ? Liquidity::maker : Liquidity::taker; };
  const UserId from = buyer != nullptr ? buyer->user : market_row, to = seller != nullptr ? seller->user : market_row;
  // Each side settles in the quote currency of the product it named.
  const Currency in = quote_[buyer != nullptr ? buyer->product : seller != nullptr ? seller->product : book];
  const Currency out = seller != nullptr ? quote_[seller->product] : in;
  const Currency base = base_[book];
  const std::uint64_t number = ++trades_;

  Decimal buyer_fee, seller_fee;
  if (buyer != nullptr) {
    buyer_fee = commission(*buyer, c, price, role(buyer));
    accounts_.pay_held(from, in == out ? to : conversion_row, in, c.value, now_ns_);
    accounts_.pay_held(from, fee_row, in, buyer_fee, now_ns_);
    buyer->state.hold -= c.value + buyer_fee;
  } else {
    accounts_.pay(market_row, to, out, c.value, now_ns_);
  }
  if (in != out) accounts_.pay(conversion_row, to, out, c.value, now_ns_);
  if (seller != nullptr) {
    seller_fee = commission(*seller, c, price, role(seller));
    accounts_.pay_held(to, from, base, c.size, now_ns_);
    accounts_.pay(to, fee_row, out, seller_fee, now_ns_);
    seller->state.hold -= c.size;
  } else {
    accounts_.pay(market_row, from, base, c.size, now_ns_);
  }
  print(book, number, price, c.size, maker_side);
  for (Order* o : {maker, taker})
    if (o != nullptr) book_fill(*o, c, price, o == buyer ? buyer_fee : seller_fee, role(o), number);
}

Decimal Engine::commission(const Order& o, const Cut& c, const Decimal& price, Liquidity liquidity) const {
  const Decimal& rate = liquidity == Liquidity::maker ? o.rates.maker : o.rates.taker;
  if (o.side() == Side::sell) return fee_of(c.value, rate);
  if (!o.spends_quote()) return cost_of(c.size, price, rate) - c.value;
  // The last fill's fee is what is left of the amount: value and fees are then exactly what was to be spent.
  if (c.last) return o.request.quote_size - o.state.filled_value - c.value - o.state.fees;
  return floor_to(mul(c.value, rate, Rounding::down), amount_step);
}

void Engine::book_fill(Order& o, const Cut& c, const Decimal& price, const Decimal& fee, Liquidity liquidity,
                       std::uint64_t trade) {
  OrderState& s = o.state;
  Fill& f = fills_.emplace_back();
  f = {fills_.size(), trade, o.number, o.user, o.product, o.side(), liquidity, price, c.size, c.value, fee, now_ns_,
       Options::after(now_ns_, options_.listed_ns)};
  s.filled_size += c.size;
  s.filled_value += c.value;
  s.fees += fee;
  if (o.spends_quote()) s.size = s.filled_size;
  ++s.fills;
  s.last_fill_ns = now_ns_;
  fills_of_[o.user.n].push_back(f.number);
  if (o.node != 0) market_of(o).book.reduce(o.side(), work_price(o), o.node, c.size);
  if (o.spends_quote() ? c.last : o.leaves().is_zero()) return end(o, Status::filled, EndNote::none);
  rehold(o);
  changed(o);
}

void Engine::rehold(Order& o) {
  const Decimal spare = o.state.hold - need(o);
  if (!spare.is_positive()) return;
  accounts_.release(o.user, pays(o.side(), o.product), spare, now_ns_);
  o.state.hold -= spare;
}

void Engine::print(std::uint32_t book, std::uint64_t trade, const Decimal& price, const Decimal& size, Side maker) {
  Market& m = markets_[book];
  m.prints.push_back({trade, book, price, size, maker, now_ns_});
  if (m.prints.size() > kept_prints) m.prints.pop_front();
  saw_price(m, price);
  emit(m.prints.back());
}

void Engine::saw_price(Market& m, const Decimal& price) {
  m.last = price;
  m.low = m.low.is_set() ? min(m.low, price) : price;
  m.high = m.high.is_set() ? max(m.high, price) : price;
}

void Engine::trigger_stops(std::uint32_t book) {
  Market& m = markets_[book];
  if (!m.last.is_set() || !matching(book)) return;
  while (const OrderNo n = m.stops.next(m.low, m.high)) {
    Order& o = at(n);
    m.stops.remove(o);
    unrest(o);  // a bracket takes its profit no more
    o.state.triggered = true;
    o.place = ++places_;
    rehold(o);
    changed(o);
    enter(o);
  }
}

}  // namespace bowline::exchange
