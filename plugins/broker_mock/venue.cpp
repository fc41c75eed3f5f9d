#include "venue.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <utility>

#include "common/money.hpp"

namespace bowline::broker_mock {

const char* name_of(Reason r) noexcept {
  switch (r) {
    case Reason::none:
      return "";
    case Reason::insufficient_fund:
      return "INSUFFICIENT_FUND";
    case Reason::invalid_quantity:
      return "INVALID_QUANTITY";
    case Reason::invalid_price:
      return "INVALID_PRICE";
    case Reason::below_minimum:
      return "BELOW_MINIMUM";
    case Reason::above_maximum:
      return "ABOVE_MAXIMUM";
    case Reason::product_not_tradable:
      return "PRODUCT_NOT_TRADABLE";
    case Reason::post_only_would_cross:
      return "POST_ONLY_WOULD_CROSS";
    case Reason::expiry_passed:
      return "EXPIRY_PASSED";
    case Reason::no_reference_price:
      return "NO_REFERENCE_PRICE";
    case Reason::simulated_reject:
      return "SIMULATED_REJECT";
    case Reason::amount_overflow:
      return "AMOUNT_OVERFLOW";
    case Reason::unknown_order:
      return "UNKNOWN_ORDER";
    case Reason::already_done:
      return "ALREADY_DONE";
    case Reason::invalid_combination:
      return "INVALID_COMBINATION";
  }
  return "";
}

Venue::Venue(const VenueOptions& options, std::vector<Product> products, std::uint32_t assets)
    : options_(options), worst_fee_(std::max(options.taker_fee, options.maker_fee)), ledger_(assets) {
  std::uint32_t highest = 0;
  for (const Product& p : products) highest = std::max(highest, p.instrument);
  products_.resize(highest + 1);
  open_.resize(highest + 1);
  prices_.resize(highest + 1);
  for (Product& p : products) products_[p.instrument] = std::move(p);
  by_client_id_.max_load_factor(0.5);  // nearly every id that is looked for is new
}

const Product* Venue::product(std::uint32_t instrument) const noexcept {
  if (instrument == 0 || instrument >= products_.size() || products_[instrument].instrument == 0)
    return nullptr;
  return &products_[instrument];
}

void Venue::restore(std::vector<Order> orders, std::vector<Fill> fills) {
  for (Order& o : orders) {
    if (o.number != static_cast<std::int64_t>(orders_.size()) + 1)
      throw std::logic_error("mock venue: order numbers in the state have a hole");
    if (o.state == State::open && product(o.spec.instrument)) open_[o.spec.instrument].push_back(o.number);
    const Order& kept = orders_.emplace_back(std::move(o));
    by_client_id_.emplace(kept.spec.client_id, kept.number);
  }
  for (Fill& f : fills) {
    if (f.number != static_cast<std::int64_t>(fills_.size()) + 1)
      throw std::logic_error("mock venue: fill numbers in the state have a hole");
    fills_.push_back(std::move(f));
  }
  durable_fills_ = static_cast<std::int64_t>(fills_.size());
  set_deadline();
}

// ---- requests
// ---------------------------------------------------------------------------------------------------

Order* Venue::find(const OrderRef& ref) {
  if (!ref.client_id.empty()) {
    const auto it = by_client_id_.find(ref.client_id);
    return it == by_client_id_.end() ? nullptr : &orders_[static_cast<std::size_t>(it->second - 1)];
  }
  constexpr std::string_view prefix = "mock-";  // venue ids are this and the order's number
  if (ref.venue_id.rfind(prefix, 0) != 0) return nullptr;
  std::size_t number = 0;
  const char* end = ref.venue_id.data() + ref.venue_id.size();
  const auto [stop, ec] = std::from_chars(ref.venue_id.data() + prefix.size(), end, number);
  if (ec != std::errc{} || stop != end || number < 1 || number > orders_.size()) return nullptr;
  return &orders_[number - 1];
}

void Venue::enqueue(Request r) {
  deadline_ns_ = std::min(deadline_ns_, r.due_ns);
  requests_.push_back(std::move(r));
}

Result<void> Venue::submit(const OrderSpec& spec, std::int64_t now_ns) {
  const OrderSpec* known = nullptr;
  if (const auto it = by_client_id_.find(spec.client_id); it != by_client_id_.end())
    known = &order(it->second).spec;
  bool on_its_way = false;
  for (const Request& r : requests_)
    if (!r.is_cancel && !known && r.spec.client_id == spec.client_id) {
      known = &r.spec;
      on_its_way = true;
    }
  if (known && !(*known == spec))
    return Error{"CLIENT_ID_REUSED",
                 "the client id " + spec.client_id +
                     " belongs to an order of other content: nothing was sent; use a new id"};
  if (on_its_way) return {};
  Request r;
  r.due_ns = now_ns + options_.latency_ns;
  r.sent_ns = now_ns;
  r.spec = spec;
  enqueue(std::move(r));
  return {};
}

void Venue::cancel(const OrderRef& ref, std::int64_t now_ns) {
  Request r;
  r.due_ns = now_ns + options_.latency_ns;
  r.is_cancel = true;
  r.ref = ref;
  r.sent_ns = now_ns;
  for (const Request& other : requests_)
    r.last = r.last || (!other.is_cancel && !ref.client_id.empty() && other.spec.client_id == ref.client_id);
  enqueue(std::move(r));
}

void Venue::arrivals(std::int64_t until_ns) {
  const auto due = [until_ns](const Request& r) { return r.due_ns <= until_ns; };
  if (requests_.size() == 1 && due(requests_.front())) {  // the usual case needs no order
    Request only = std::move(requests_.front());
    requests_.clear();
    return carry_out(only);
  }
  if (std::none_of(requests_.begin(), requests_.end(), due)) return;
  std::vector<Request> now;
  std::vector<Request> later;
  for (Request& r : requests_) (due(r) ? now : later).push_back(std::move(r));
  requests_ = std::move(later);
  const auto rank = [](const Request& r) { return r.last ? 2 : r.is_cancel ? 0 : 1; };
  std::stable_sort(now.begin(), now.end(), [&rank](const Request& a, const Request& b) {
    return a.due_ns != b.due_ns ? a.due_ns < b.due_ns : rank(a) < rank(b);
  });
  for (Request& r : now) carry_out(r);
}

void Venue::carry_out(Request& r) {
  if (!r.is_cancel) return admit(r);
  Order* o = find(r.ref);
  if (o == nullptr) {
    Order unknown;
    unknown.spec.client_id = r.ref.client_id;
    unknown.venue_id = r.ref.venue_id;
    report(Report::Kind::cancel_rejected, unknown, r.due_ns, Reason::unknown_order);
  } else if (is_terminal(o->state)) {
    report(Report::Kind::cancel_rejected, *o, r.due_ns, Reason::already_done);
  } else {
    finish(*o, State::cancelled, Reason::none, r.due_ns);
  }
}

/// A new order arrives: it is judged, and rests or is refused. Either way it has a number and is remembered.
void Venue::admit(Request& r) {
  if (const auto known = by_client_id_.find(r.spec.client_id); known != by_client_id_.end())
    return report(Report::Kind::snapshot, order(known->second), r.due_ns);
  Order o;
  o.spec = std::move(r.spec);
  o.number = static_cast<std::int64_t>(orders_.size()) + 1;
  o.venue_id = "mock-" + std::to_string(o.number);
  o.submitted_ns = r.sent_ns;
  o.accepted_ns = r.due_ns;
  const Product* p = product(o.spec.instrument);
  Reason why = Reason::none;
  try {
    why = judge(o, r.due_ns);
    if (why == Reason::none) {
      o.hold_asset = o.spec.side == Side::buy ? p->quote : p->base;
      o.hold = first_hold(o);
      if (ledger_.available(o.hold_asset) < o.hold) {
        why = Reason::insufficient_fund;
        o.hold = Decimal::zero();
      }
    }
  } catch (const money::Overflow&) {
    why = Reason::amount_overflow;
    o.hold = Decimal::zero();
  }
  o.state = why == Reason::none ? State::open : State::rejected;
  o.reason = why;
  orders_.push_back(std::move(o));
  Order& kept = orders_.back();
  by_client_id_.emplace(kept.spec.client_id, kept.number);
  mark_changed(kept, r.due_ns);
  if (why != Reason::none) return report(Report::Kind::rejected, kept, r.due_ns, why);
  ledger_.rehold(kept.hold_asset, Decimal::zero(), kept.hold);
  open_[kept.spec.instrument].push_back(kept.number);
  report(Report::Kind::accepted, kept, r.due_ns);
}

Reason Venue::judge(const Order& o, std::int64_t now_ns) const {
  const OrderSpec& s = o.spec;
  const Product* p = product(s.instrument);
  if (p == nullptr || !p->tradable) return Reason::product_not_tradable;
  if (const Reason r = judge_numbers(s, *p); r != Reason::none) return r;
  if (s.tif == Tif::gtd && s.expire_ns <= now_ns) return Reason::expiry_passed;
  const bool needs_price = (s.type == Type::market && s.qty && s.side == Side::buy) || s.post_only;
  if (needs_price && prices_[s.instrument].mantissa == 0) return Reason::no_reference_price;
  if (s.post_only) {
    const Decimal last = reference_price(s.instrument);
    const Decimal half = money::times(last, options_.assumed_half_spread, money::Round::down);
    if (s.side == Side::buy ? *s.limit_px >= money::plus(last, half)
                            : *s.limit_px <= money::minus(last, half))
      return Reason::post_only_would_cross;
  }
  if (options_.reject_probability > 0 &&
      luck(options_.seed, s.client_id, now_ns, 0) < options_.reject_probability)
    return Reason::simulated_reject;
  return Reason::none;
}

Reason Venue::judge_numbers(const OrderSpec& s, const Product& p) const {
  const Decimal zero = Decimal::zero();
  const bool market = s.type == Type::market;
  if (s.qty.has_value() == s.quote_qty.has_value()) return Reason::invalid_quantity;
  if (s.quote_qty && (!market || s.side == Side::sell)) return Reason::invalid_combination;
  if (market == s.limit_px.has_value() || (s.type == Type::stop_limit) != s.stop_px.has_value())
    return Reason::invalid_price;
  if (s.post_only && (s.type != Type::limit || s.tif == Tif::ioc)) return Reason::invalid_combination;
  if (s.tif == Tif::ioc && s.type == Type::stop_limit) return Reason::invalid_combination;
  for (const auto* px : {&s.limit_px, &s.stop_px})
    if (*px && (**px <= zero || !money::on_step(**px, p.px_step))) return Reason::invalid_price;
  if (s.qty && (*s.qty <= zero || !money::on_step(*s.qty, p.base_step))) return Reason::invalid_quantity;
  if (s.quote_qty && *s.quote_qty <= zero) return Reason::invalid_quantity;
  if (s.qty && *s.qty < p.base_min) return Reason::below_minimum;
  if (s.qty && p.base_max > zero && *s.qty > p.base_max) return Reason::above_maximum;
  const std::optional<Decimal> value =
      s.quote_qty  ? *s.quote_qty
      : s.limit_px ? std::optional(money::times(*s.limit_px, *s.qty, money::Round::down))
                   : std::nullopt;
  if (value && *value < p.quote_min) return Reason::below_minimum;
  if (value && p.quote_max > zero && *value > p.quote_max) return Reason::above_maximum;
  return Reason::none;
}

Decimal Venue::reference_price(std::uint32_t instrument) const {
  return money::from_mantissa(prices_[instrument].mantissa, prices_[instrument].exp);
}

/// What an order sets aside when it is accepted: what it sells, or the most that it can cost with the fee.
Decimal Venue::first_hold(const Order& o) const {
  const OrderSpec& s = o.spec;
  if (s.side == Side::sell) return *s.qty;
  if (s.quote_qty) return *s.quote_qty;
  Decimal px = Decimal::zero();
  if (s.limit_px) {
    px = *s.limit_px;
  } else {
    const Decimal last = reference_price(s.instrument);
    px = money::plus(last, money::times(last, options_.rules.slippage, money::Round::up));
  }
  const Decimal value = money::times(px, *s.qty, money::Round::up);
  return money::plus(value, money::times(value, worst_fee_, money::Round::up));
}

// ---- questions
// --------------------------------------------------------------------------------------------------

void Venue::ask_order(const OrderRef& ref, std::int64_t now_ns) {
  if (const Order* o = find(ref)) return report(Report::Kind::snapshot, *o, now_ns);
  Order missing;
  missing.spec.client_id = ref.client_id;
  missing.venue_id = ref.venue_id;
  report(Report::Kind::absent, missing, now_ns);
}

void Venue::ask_open(std::int64_t now_ns) {
  for (const Order& o : orders_)
    if (o.state == State::open) report(Report::Kind::snapshot, o, now_ns);
}

void Venue::ask_fills(std::int64_t since_ns) {
  for (const Fill& f : fills_) {
    if (f.ts_ns < since_ns) continue;
    Report r;
    r.kind = Report::Kind::fill;
    r.ts_ns = f.ts_ns;
    r.order = order(f.order);
    r.fill = f;
    reports_.push_back(std::move(r));
  }
}

void Venue::ask_balances(std::int64_t now_ns) {
  for (std::uint32_t a = 1; a <= ledger_.assets(); ++a) {
    Report r;
    r.kind = Report::Kind::balance;
    r.ts_ns = now_ns;
    r.asset = a;
    r.balance = ledger_.of(a);
    reports_.push_back(std::move(r));
  }
}

// ---- bookkeeping
// ------------------------------------------------------------------------------------------------

void Venue::report(Report::Kind kind, const Order& o, std::int64_t now_ns, Reason reason) {
  Report& r = reports_.emplace_back();
  r.kind = kind;
  r.ts_ns = now_ns;
  r.order = o;
  r.reason = reason;
}

void Venue::mark_changed(Order& o, std::int64_t now_ns) {
  o.updated_ns = now_ns;
  changed_orders_.push_back(o.number);
}

Changes Venue::changes() const {
  Changes c;
  c.orders = changed_orders_;
  std::sort(c.orders.begin(), c.orders.end());
  c.orders.erase(std::unique(c.orders.begin(), c.orders.end()), c.orders.end());
  if (fills() > durable_fills_) c.first_new_fill = durable_fills_ + 1;
  if (ledger_.any_changed()) c.assets = ledger_.changed();
  return c;
}

void Venue::committed(std::int64_t now_ns) {
  if (ledger_.any_changed()) {
    for (const std::uint32_t a : ledger_.changed()) {
      Report& r = reports_.emplace_back();
      r.kind = Report::Kind::balance;
      r.ts_ns = now_ns;
      r.asset = a;
      r.balance = ledger_.of(a);
    }
    ledger_.clear_changed();
  }
  changed_orders_.clear();
  durable_fills_ = fills();
}

void Venue::take_reports(std::vector<Report>& to) {
  to.clear();
  to.swap(reports_);
}

void Venue::set_deadline() {
  deadline_ns_ = INT64_MAX;
  for (const Request& r : requests_) deadline_ns_ = std::min(deadline_ns_, r.due_ns);
  for (const auto& numbers : open_)
    for (const std::int64_t n : numbers)
      if (order(n).spec.tif == Tif::gtd) deadline_ns_ = std::min(deadline_ns_, order(n).spec.expire_ns);
}

}  // namespace bowline::broker_mock
