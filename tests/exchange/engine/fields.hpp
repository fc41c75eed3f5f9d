// What each part of the engine's state is made of, once for writing and for reading (archive.hpp). Internal to the engine.
#pragma once

#include "answers.hpp"
#include "archive.hpp"
#include "order.hpp"
#include "product.hpp"

namespace bowline::exchange {

template <class A>
void fields(A& a, ProductFlags& f) {
  a.choice(f.status, ProductStatus::delisted);
  for (bool* b : {&f.is_disabled, &f.trading_disabled, &f.cancel_only, &f.limit_only, &f.post_only, &f.auction_mode, &f.view_only})
    a.flag(*b);
}
template <class A>
void fields(A& a, Product& p) {
  for (std::string* s : {&p.id, &p.base, &p.quote, &p.alias}) a.text(*s);
  for (Decimal* d : {&p.base_increment, &p.quote_increment, &p.price_increment, &p.base_min_size, &p.base_max_size, &p.quote_min_size,
                     &p.quote_max_size})
    a.decimal(*d);
  fields(a, p.flags);
}
template <class A>
void fields(A& a, FeeRates& r) {
  a.decimal(r.maker);
  a.decimal(r.taker);
}
template <class A>
void fields(A& a, User& u) {
  a.text(u.owner);
  fields(a, u.rates);
  a.number(u.created_ns);
}
template <class A>
void fields(A& a, Account& x) {
  a.flag(x.exists);
  a.decimal(x.available);
  a.decimal(x.hold);
  a.number(x.created_ns);
  a.number(x.updated_ns);
}
template <class A>
void fields(A& a, OrderRequest& r) {
  a.text(r.client_order_id);
  a.text(r.product_id);
  a.choice(r.side, Side::sell);
  a.choice(r.config, Config::bracket_gtd);
  for (Decimal* d : {&r.base_size, &r.quote_size, &r.limit_price, &r.stop_price}) a.decimal(*d);
  a.choice(r.direction, StopDirection::down);
  a.flag(r.post_only);
  a.number(r.end_ns);
  a.text(r.self_trade_prevention_id);
}
template <class A>
void fields(A& a, OrderState& s) {
  a.choice(s.status, Status::failed);
  a.flag(s.cancel_requested);
  a.flag(s.triggered);
  a.choice(s.note, EndNote::too_many);
  a.choice(s.reject, RejectReason::too_many_open_orders);
  a.number(s.fills);
  for (Decimal* d : {&s.size, &s.limit_price, &s.stop_price, &s.filled_size, &s.filled_value, &s.fees, &s.hold}) a.decimal(*d);
  a.number(s.last_fill_ns);
  a.number(s.changed_ns);
}
template <class A>
void fields(A& a, Order& o) {
  a.number(o.number);
  a.number(o.user.n);
  a.number(o.product);
  fields(a, o.request);
  fields(a, o.rates);
  a.number(o.created_ns);
  a.number(o.arrives_ns);
  a.number(o.cancel_due_ns);
  a.list(o.edits, [&](Edit& e) {
    a.decimal(e.price);
    a.decimal(e.size);
    a.number(e.accepted_ns);
  });
  for (Decimal* d : {&o.queued.price, &o.queued.size, &o.queued.stop_price}) a.decimal(*d);
  a.number(o.queued.due_ns);
  a.number(o.place);
  fields(a, o.state);
  bool rests = o.node != 0;  // where it stands follows from its place
  a.flag(rests);
  if constexpr (A::reads) o.node = rests ? 1 : 0;
}
template <class A>
void fields(A& a, Fill& f) {
  a.number(f.number);
  a.number(f.trade);
  a.number(f.order);
  a.number(f.user.n);
  a.number(f.product);
  a.choice(f.side, Side::sell);
  a.choice(f.liquidity, Liquidity::taker);
  for (Decimal* d : {&f.price, &f.size, &f.value, &f.commission}) a.decimal(*d);
  a.number(f.time_ns);
  a.number(f.listed_ns);
}
template <class A>
void fields(A& a, TradePrinted& t) {
  a.number(t.trade);
  a.number(t.product);
  a.decimal(t.price);
  a.decimal(t.size);
  a.choice(t.maker, Side::sell);
  a.number(t.time_ns);
}
template <class A>
void fields(A& a, LevelView& l) {
  a.decimal(l.price);
  a.decimal(l.size);
}

}  // namespace bowline::exchange
