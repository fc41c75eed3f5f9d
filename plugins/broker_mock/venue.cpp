#include "venue.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <utility>

#include "common/money.hpp"

namespace bowline::broker_mock {

Venue::Venue(const VenueOptions& options, std::vector<Product> products, std::uint32_t assets)
    : options_(options), worst_fee_(std::max(options.taker_fee, options.maker_fee)), ledger_(assets) {
  std::uint32_t highest = 0;
  for (const Product& p : products) highest = std::max(highest, p.instrument);
  products_.resize(highest + 1);
  open_.resize(highest + 1);
  prices_.resize(highest + 1);
  matched_ns_.resize(highest + 1, INT64_MIN);
  for (Product& p : products) products_[p.instrument] = std::move(p);
  by_client_id_.max_load_factor(0.25);  // nearly every id that is looked for is new
  by_client_id_.reserve(32'768);       // a rehash reads every id of a long run again
}

const Product* Venue::product(std::uint32_t instrument) const noexcept {
  if (instrument == 0 || instrument >= products_.size() || products_[instrument].instrument == 0)
    return nullptr;
  return &products_[instrument];
}

void Venue::restore(std::vector<Order> orders, std::vector<Fill> fills, std::int64_t amends,
                    std::int64_t acts) {
  for (Order& o : orders) {
    if (o.number != static_cast<std::int64_t>(orders_.size()) + 1)
      throw std::logic_error("mock venue: order numbers in the state have a hole");
    if (o.state == State::open && product(o.spec.instrument)) open_[o.spec.instrument].push_back(o.number);
    last_place_ = std::max(last_place_, o.place);
    latest_ns_ = std::max(latest_ns_, o.updated_ns);
    if (product(o.spec.instrument))
      matched_ns_[o.spec.instrument] = std::max(matched_ns_[o.spec.instrument], o.updated_ns);
    const Order& kept = orders_.emplace_back(std::move(o));
    if (!kept.external()) by_client_id_.emplace(kept.spec.client_id, kept.number);
  }
  for (auto& numbers : open_)
    std::sort(numbers.begin(), numbers.end(),
              [this](std::int64_t a, std::int64_t b) { return order(a).place < order(b).place; });
  for (Fill& f : fills) {
    if (f.number != static_cast<std::int64_t>(fills_.size()) + 1)
      throw std::logic_error("mock venue: fill numbers in the state have a hole");
    fills_.push_back(std::move(f));
  }
  durable_fills_ = static_cast<std::int64_t>(fills_.size());
  amends_ = amends;
  acts_ = acts;
  set_deadline();
}

// ---- requests
// ---------------------------------------------------------------------------------------------------

Order* Venue::find(const OrderRef& ref) {
  if (!ref.client_id.empty()) {
    const auto it = by_client_id_.find(ref.client_id);
    return it == by_client_id_.end() ? nullptr : &at(it->second);
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

namespace {
/// Whether these are the terms and the rest of what was once submitted, whatever it was amended to since.
bool was_submitted_as(const Order& o, const OrderSpec& spec) {
  if (!o.asked) return o.spec == spec;
  OrderSpec first = o.spec;
  first.set(*o.asked);
  return first == spec;
}
}  // namespace

Result<void> Venue::submit(const OrderSpec& spec, std::int64_t now_ns) {
  bool known = false, same = true, on_its_way = false;
  if (const auto it = by_client_id_.find(spec.client_id); it != by_client_id_.end()) {
    known = true;
    same = was_submitted_as(order(it->second), spec);
  }
  for (const Request& r : requests_)
    if (r.what == Request::What::submit && r.carriage != Carriage::lost && !known &&
        r.spec.client_id == spec.client_id) {
      known = on_its_way = true;
      same = r.spec == spec;
    }
  if (!same)
    return Error{"CLIENT_ID_REUSED",
                 "the client id " + spec.client_id +
                     " belongs to an order of other content: nothing was sent; use a new id"};
  if (on_its_way) return {};
  Request r;
  r.due_ns = now_ns + options_.latency_ns;
  r.sent_ns = now_ns;
  r.spec = spec;
  r.carriage = carriage_of(options_.faults, options_.seed, spec.client_id, now_ns, Draw::timeout_submit,
                           Draw::lost_submit);
  enqueue(std::move(r));
  return {};
}

void Venue::cancel(const OrderRef& ref, std::int64_t now_ns) {
  Request r;
  r.what = Request::What::cancel;
  r.due_ns = now_ns + options_.latency_ns;
  r.ref = ref;
  r.sent_ns = now_ns;
  for (const Request& other : requests_)
    r.last = r.last || (other.what == Request::What::submit && !ref.client_id.empty() &&
                        other.spec.client_id == ref.client_id);
  r.carriage =
      carriage_of(options_.faults, options_.seed, ref.client_id.empty() ? ref.venue_id : ref.client_id,
                  now_ns, Draw::timeout_cancel, Draw::lost_cancel);
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
  std::stable_sort(now.begin(), now.end(), [](const Request& a, const Request& b) {
    return a.due_ns != b.due_ns ? a.due_ns < b.due_ns : a.rank() < b.rank();
  });
  for (Request& r : now) carry_out(r);
}

void Venue::carry_out(Request& r) {
  if (r.carriage == Carriage::lost) {
    const Order* o = find(r.ref);
    return answer(r, Report::Kind::unknown, o ? *o : Order());
  }
  switch (r.what) {
    case Request::What::submit:
      return admit(r);
    case Request::What::cancel:
      return carry_out_cancel(r);
    case Request::What::amend:
      return carry_out_amend(r);
    case Request::What::external:
      return carry_out_external(r);
  }
}

void Venue::carry_out_cancel(const Request& r) {
  Order* o = find(r.ref);
  if (o == nullptr) return answer_unknown_order(r, Report::Kind::cancel_rejected);
  if (is_terminal(o->state)) return answer(r, Report::Kind::cancel_rejected, *o, Reason::already_done);
  if (hits(options_.seed, o->key(), r.due_ns, Draw::cancel_reject, options_.faults.cancel_reject_probability))
    return answer(r, Report::Kind::cancel_rejected, *o, Reason::simulated_reject);
  end(*o, State::cancelled, Reason::none, r.due_ns);
  answer(r, Report::Kind::done, *o);
}

/// A new order arrives: it is judged, and rests or is refused. Either way it has a number and is remembered.
void Venue::admit(Request& r) {
  if (const auto known = by_client_id_.find(r.spec.client_id); known != by_client_id_.end())
    return answer(r, Report::Kind::snapshot, order(known->second));
  const Order& kept = take_in(std::move(r.spec), r.sent_ns, r.due_ns, true);
  answer(r, kept.state == State::open ? Report::Kind::accepted : Report::Kind::rejected, kept, kept.reason);
}

Order& Venue::take_in(OrderSpec spec, std::int64_t sent_ns, std::int64_t now_ns, bool told) {
  Order o;
  o.spec = std::move(spec);
  o.number = static_cast<std::int64_t>(orders_.size()) + 1;
  o.venue_id = "mock-" + std::to_string(o.number);
  o.submitted_ns = sent_ns;
  o.accepted_ns = o.effective_ns = now_ns;
  o.place = ++last_place_;
  o.told = told;
  const Product* p = product(o.spec.instrument);
  Reason why = Reason::none;
  try {
    why = judge(o, now_ns);
    if (why == Reason::none) {
      o.hold_asset = o.spec.side == Side::buy ? p->quote : p->base;
      o.hold = hold_for(o.spec, o.spec.qty.value_or(Decimal::zero()));
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
  if (!kept.external()) by_client_id_.emplace(kept.spec.client_id, kept.number);
  mark_changed(kept, now_ns);
  if (why != Reason::none) return kept;
  ledger_.rehold(kept.hold_asset, Decimal::zero(), kept.hold);
  open_[kept.spec.instrument].push_back(kept.number);
  return kept;
}

// ---- bookkeeping
// ------------------------------------------------------------------------------------------------

void Venue::mark_changed(Order& o, std::int64_t now_ns) {
  o.updated_ns = now_ns;
  latest_ns_ = std::max(latest_ns_, now_ns);
  changed_orders_.push_back(o.number);
}

void Venue::set_deadline() {
  deadline_ns_ = INT64_MAX;
  for (const Request& r : requests_) deadline_ns_ = std::min(deadline_ns_, r.due_ns);
  for (const auto& numbers : open_)
    for (const std::int64_t n : numbers)
      if (order(n).spec.tif == Tif::gtd) deadline_ns_ = std::min(deadline_ns_, order(n).spec.expire_ns);
}

}  // namespace bowline::broker_mock
