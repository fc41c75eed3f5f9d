// Changes to orders that are there.
#include "engine.hpp"

namespace bowline::exchange {
namespace {

constexpr std::size_t kept_edits = 5;

bool multiple(const Decimal& x, const Decimal& step) { return round_to(x, step, Rounding::down) == x; }
bool sound_price(const Decimal& x, const Product& p) { return x.is_positive() && x <= most && multiple(x, p.price_increment); }

}  // namespace

EditAnswer Engine::judge_edit(UserId u, const EditRequest& r, Decimal& hold) const {
  const auto number = ids_.number(IdKind::order, r.order_id);
  if (!number || *number == 0 || *number > orders_.size()) return {EditReason::not_found};
  const Order& o = at(*number);
  if (o.user != u) return {EditReason::not_the_owner};
  const OrderRequest& was = o.request;
  const OrderType t = type(was.config);
  const bool stops = options_.edit_stops && (was.config == Config::stop_limit_gtc || was.config == Config::bracket_gtc);
  if (was.config != Config::limit_gtc && !stops) return {EditReason::not_a_limit_order};
  if (o.state.status == Status::edit_queued) return {EditReason::being_replaced};
  if (o.state.status != Status::open) return {EditReason::not_open};
  if (o.by_quote()) return {EditReason::in_quote};
  const Product& p = products_[o.product];
  for (const std::uint32_t n : {o.product, book_number_[o.product]}) {
    const ProductFlags& f = products_[n].flags;
    if (f.status != ProductStatus::online || f.view_only || f.is_disabled || f.trading_disabled || f.cancel_only)
      return {EditReason::rejected};
  }
  if (t == OrderType::bracket && o.state.triggered) return {EditReason::rejected};  // its price is the venue's now
  if (!r.price.is_set() || !sound_price(r.price, p)) return {EditReason::price};
  const Decimal stop = r.stop_price.is_set() ? r.stop_price : o.state.stop_price;
  if (r.stop_price.is_set() && (!o.waits_for_stop() || !sound_price(r.stop_price, p))) return {EditReason::price};
  if (!r.size.is_set() || !r.size.is_positive() || !multiple(r.size, p.base_increment)) return {EditReason::size};
  if (r.size <= o.state.filled_size) return {EditReason::below_filled};
  if (r.size < p.base_min_size || r.size > p.base_max_size) return {EditReason::size};
  if (judge_worth(p, r.size, r.price) != Refusal::none) return {EditReason::size};
  if (r.price == o.state.limit_price && r.size == o.state.size && stop == o.state.stop_price) return {EditReason::equal};

  OrderRequest wanted = was;
  wanted.limit_price = r.price;
  wanted.stop_price = stop;
  const Decimal& last = markets_[book_number_[o.product]].last;
  if (const Refusal f = judge_prices(wanted, p, last); f != Refusal::none) return {EditReason::none, f};
  if (o.waits_for_stop())
    if (const Refusal f = judge_stop(wanted, last); f != Refusal::none) return {EditReason::none, f};
  const bool only_maker = was.post_only || p.flags.post_only || products_[book_number_[o.product]].flags.post_only;
  if (only_maker && !(t == OrderType::stop_limit && !o.state.triggered) && would_take(o.product, o.side(), r.price))
    return {EditReason::none, Refusal::post_only_takes};
  Order after = o;
  after.state.size = r.size;
  after.state.limit_price = r.price;
  after.state.stop_price = stop;
  hold = need(after);
  if (!hold.is_set()) return {EditReason::size};
  if (hold - o.state.hold > accounts_.of(u, pays(o.side(), o.product)).available)
    return {EditReason::none, Refusal::insufficient_fund};
  return {};
}

EditAnswer Engine::edit(UserId u, const EditRequest& r, std::int64_t now_ns) {
  note_edit(u, r, now_ns);
  advance(now_ns);
  Decimal hold;
  const EditAnswer a = judge_edit(u, r, hold);
  if (!a.ok()) return a;
  Order& o = at(*ids_.number(IdKind::order, r.order_id));
  if (options_.edit_ns > 0) {
    o.state.status = Status::edit_queued;
    o.queued = {r.price, r.size, r.stop_price, Options::after(now_ns_, options_.edit_ns)};
    keep_timers(o);
    changed(o);
  } else {
    apply_edit(o, r, hold);
  }
  finish(book_number_[o.product]);
  return {};
}

/// Judged anew: the order may be filled beyond the size by now, the money gone, the book closed.
void Engine::queued_edit_due(Order& o) {
  o.state.status = Status::open;
  const EditRequest r{order_id(o.number), o.queued.price, o.queued.size, o.queued.stop_price};
  o.queued = {};
  Decimal hold;
  if (judge_edit(o.user, r, hold).ok()) apply_edit(o, r, hold);
  else changed(o);
}

/// What was judged, with what it has to hold then.
void Engine::apply_edit(Order& o, const EditRequest& r, const Decimal& hold) {
  const Decimal stop = r.stop_price.is_set() ? r.stop_price : o.state.stop_price;
  const bool keeps_place = r.size < o.state.size && r.price == o.state.limit_price && stop == o.state.stop_price;
  Stops& stops = market_of(o).stops;

  // There is enough: judge_edit() looked.
  if (hold > o.state.hold && accounts_.hold(o.user, pays(o.side(), o.product), hold - o.state.hold, now_ns_)) o.state.hold = hold;
  const bool waits = o.waits_for_stop(), rested = o.node != 0;
  if (keeps_place && rested) market_of(o).book.reduce(o.side(), work_price(o), o.node, o.state.size - r.size);
  if (!keeps_place) {
    unrest(o);
    if (waits) stops.remove(o);
  }
  o.state.size = r.size;
  o.state.limit_price = r.price;
  o.state.stop_price = stop;
  o.edits.push_back({r.price, r.size, now_ns_});
  if (o.edits.size() > kept_edits) o.edits.erase(o.edits.begin());
  rehold(o);
  if (keeps_place) {
    changed(o);
  } else {
    o.place = ++places_;
    if (waits) stops.add(o);
    if (rested) enter(o);
    else changed(o);
  }
}

std::pair<EditAnswer, Preview> Engine::preview_edit(UserId u, const EditRequest& r, std::int64_t now_ns) {
  advance(now_ns);
  Decimal hold;
  const EditAnswer a = judge_edit(u, r, hold);
  Preview p;
  const auto number = ids_.number(IdKind::order, r.order_id);
  if (!number || *number == 0 || *number > orders_.size() || at(*number).user != u) return {a, p};
  const Order& o = at(*number);
  if (a.ok() || a.refusal == Refusal::insufficient_fund) {
    OrderRequest wanted = o.request;
    wanted.limit_price = r.price;
    p = figures(wanted, o.product, r.size, o.state.filled_size, o.rates);
  }
  const Book& book = markets_[book_number_[o.product]].book;
  if (const Book::Level* l = book.best(Side::buy)) p.best_bid = l->price;
  if (const Book::Level* l = book.best(Side::sell)) p.best_ask = l->price;
  p.refusal = a.refusal;
  return {a, p};
}

}  // namespace bowline::exchange
