// The venue's own affairs: products, users, money, time, and taking orders in.
#include "engine.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace bowline::exchange {
namespace {

constexpr std::size_t longest_id = 128;

Error unknown_product(std::string_view id) { return {"PRODUCT_UNKNOWN", "there is no product " + std::string(id)}; }
Error unknown_user() { return {"USER_UNKNOWN", "there is no such user"}; }

}  // namespace

Engine::Engine(const Options& options) : options_(options), ids_(options.id_seed) {
  users_.resize(first_user);
  orders_of_.resize(first_user);
  fills_of_.resize(first_user);
  open_of_.resize(first_user);
}

Result<void> Engine::add_product(const Product& p) {
  if (auto ok = check(p); !ok) return ok;
  if (product_by_id_.find(p.id) != product_by_id_.end()) return Error{"PRODUCT_EXISTS", "there is a product " + p.id + " already"};
  note_product(p);
  const auto number = static_cast<std::uint32_t>(products_.size());
  std::uint32_t book = number;
  if (!p.alias.empty()) {
    const auto it = product_by_id_.find(p.alias);
    if (it == product_by_id_.end() || !products_[it->second].alias.empty() || products_[it->second].base != p.base)
      return Error{"PRODUCT_ALIAS_UNKNOWN", "product " + p.id + ": " + p.alias + " has no book of the same base to share"};
    book = it->second;
  }
  products_.push_back(p);
  book_number_.push_back(book);
  base_.push_back(accounts_.currency(p.base));
  quote_.push_back(accounts_.currency(p.quote));
  markets_.emplace_back();
  product_by_id_.emplace(p.id, number);
  return {};
}

Result<void> Engine::set_flags(std::string_view product, const ProductFlags& flags, std::int64_t now_ns) {
  note_flags(product, flags, now_ns);
  advance(now_ns);
  const auto n = product_number(product);
  if (!n) return unknown_product(product);
  if (products_[*n].flags == flags) return {};
  products_[*n].flags = flags;
  emit(ProductChanged{*n, flags});
  const std::uint32_t book = book_number_[*n];
  uncross(book);
  finish(book);
  return {};
}

Result<UserId> Engine::add_user(std::string_view owner, const FeeRates& rates, std::int64_t now_ns) {
  if (!usable(rates)) return Error{"RATES_INVALID", "fee rates are shares from 0 to below 1, with 6 decimals at most"};
  note_user(owner, rates, now_ns);
  advance(now_ns);
  const UserId u = accounts_.add_user();
  users_.push_back({std::string(owner), rates, now_ns_});
  orders_of_.emplace_back();
  fills_of_.emplace_back();
  open_of_.emplace_back();
  return u;
}

Result<void> Engine::set_rates(UserId u, const FeeRates& rates) {
  if (!accounts_.is_user(u)) return unknown_user();
  if (!usable(rates)) return Error{"RATES_INVALID", "fee rates are shares from 0 to below 1, with 6 decimals at most"};
  note_rates(u, rates);
  users_[u.n].rates = rates;
  return {};
}

Result<void> Engine::deposit(UserId u, std::string_view currency, const Decimal& amount, std::int64_t now_ns) {
  note_money(true, u, currency, amount, now_ns);
  advance(now_ns);
  if (!accounts_.is_user(u)) return unknown_user();
  if (currency.empty() || !usable(amount, amount_step))
    return Error{"AMOUNT_INVALID", "an amount is above zero, with 16 decimals at most"};
  const Currency c = accounts_.currency(currency);
  // All that ever comes in stays far below what a Decimal holds, and so do all sums of it.
  if (amount - accounts_.of(outside_row, c).available > mul_int(most, 1000))
    return Error{"AMOUNT_INVALID", "more than the venue can hold of one currency"};
  accounts_.pay(outside_row, u, c, amount, now_ns_);
  return {};
}

Result<void> Engine::withdraw(UserId u, std::string_view currency, const Decimal& amount, std::int64_t now_ns) {
  note_money(false, u, currency, amount, now_ns);
  advance(now_ns);
  if (!accounts_.is_user(u)) return unknown_user();
  if (!usable(amount, amount_step)) return Error{"AMOUNT_INVALID", "an amount is above zero, with 16 decimals at most"};
  const Currency c = accounts_.find_currency(currency);
  if (accounts_.of(u, c).available < amount) return Error{"AMOUNT_NOT_AVAILABLE", "less than that is available"};
  accounts_.pay(u, outside_row, c, amount, now_ns_);
  return {};
}

// ---- orders ------------------------------------------------------------------------------------------------------------------

std::string Engine::client_key(UserId u, std::string_view client_id) const {
  // The length in front keeps an owner's name and an id from running into each other.
  std::string key;
  if (options_.client_id_scope == ClientIdScope::owner)
    key = std::to_string(users_[u.n].owner.size()) + ":" + users_[u.n].owner;
  else
    key = std::to_string(u.n) + "#";
  key += client_id;
  return key;
}

Placed Engine::place(UserId u, const OrderRequest& r, std::int64_t now_ns) {
  note_place(u, r, now_ns);
  advance(now_ns);
  if (!accounts_.is_user(u) || r.client_order_id.empty() || r.client_order_id.size() > longest_id ||
      r.self_trade_prevention_id.size() > longest_id)
    return {Refusal::invalid_request};
  std::string key = client_key(u, r.client_order_id);
  const auto known = by_client_id_.find(key);
  if (known != by_client_id_.end() &&
      Options::after(at(known->second).created_ns, options_.client_id_retention_ns) > now_ns_)
    return {Refusal::none, known->second, true};
  const Judged j = judge(u, r);
  if (j.refusal != Refusal::none) return {j.refusal};
  if (!accounts_.hold(u, j.pays, j.hold, now_ns_)) return {Refusal::insufficient_fund};

  Order& o = orders_.emplace_back();
  o.number = orders_.size();
  o.user = u;
  o.product = *product_number(r.product_id);
  o.request = r;
  o.rates = users_[u.n].rates;
  o.created_ns = now_ns_;
  o.arrives_ns = Options::after(now_ns_, options_.pending_ns);
  o.state.size = j.size;
  o.state.limit_price = type(r.config) == OrderType::market ? Decimal::not_set() : r.limit_price;
  o.state.stop_price = r.stop_price;
  o.state.hold = j.hold;
  by_client_id_.insert_or_assign(std::move(key), o.number);
  orders_of_[u.n].push_back(o.number);
  open_of_[u.n].insert(o.number);
  changed(o);
  if (o.arrives_ns <= now_ns_) arrive(o);
  keep_timers(o);
  finish(book_number_[o.product]);
  return {Refusal::none, o.number};
}

std::vector<CancelAnswer> Engine::cancel(UserId u, std::span<const std::string> ids, std::int64_t now_ns) {
  note_cancel(u, ids, now_ns);
  advance(now_ns);
  std::vector<CancelAnswer> answers;
  answers.reserve(ids.size());
  for (const std::string& id : ids) {
    CancelAnswer& a = answers.emplace_back();
    a.order_id = id;
    const Order* found = own(u, id);
    if (found == nullptr) {
      a.reason = CancelReason::unknown_order;
      continue;
    }
    Order& o = at(found->number);
    if (o.state.status == Status::filled) {
      a.reason = CancelReason::fully_filled;
    } else if (o.state.cancel_requested) {
      a.reason = CancelReason::duplicate;
    } else if (is_final(o.state.status)) {
      a.reason = CancelReason::unknown_order;
    } else if (o.state.status == Status::edit_queued) {
      a.reason = CancelReason::being_replaced;
    } else {
      o.state.cancel_requested = true;
      o.cancel_due_ns = Options::after(now_ns_, options_.cancel_ns);
      if (o.cancel_due_ns <= now_ns_) {
        end(o, Status::cancelled, EndNote::by_user);
      } else {
        o.state.status = Status::cancel_queued;
        changed(o);
        keep_timers(o);
      }
      finish(book_number_[o.product]);
    }
  }
  return answers;
}

// ---- time --------------------------------------------------------------------------------------------------------------------

void Engine::advance(std::int64_t now_ns) {
  while (!timers_.empty() && timers_.begin()->at_ns <= now_ns) {
    const Timer t = *timers_.begin();
    timers_.erase(timers_.begin());
    now_ns_ = std::max(now_ns_, t.at_ns);
    due(t);
  }
  now_ns_ = std::max(now_ns_, now_ns);
}

std::int64_t Engine::next_due() const noexcept { return timers_.empty() ? forever : timers_.begin()->at_ns; }

void Engine::due(const Timer& t) {
  Order& o = at(t.order);
  switch (t.what) {
    case Due::arrive:
      arrive(o);
      break;
    case Due::edit:
      queued_edit_due(o);
      break;
    case Due::cancel:
      end(o, Status::cancelled, EndNote::by_user);
      break;
    case Due::expire:
      end(o, Status::expired, EndNote::none);
      break;
  }
  finish(book_number_[o.product]);
}

void Engine::keep_timers(const Order& o) {
  if (is_final(o.state.status)) return;
  if (o.arrives_ns > now_ns_) timers_.insert({o.arrives_ns, Due::arrive, o.number});
  if (o.state.status == Status::edit_queued) timers_.insert({o.queued.due_ns, Due::edit, o.number});
  if (o.state.status == Status::cancel_queued) timers_.insert({o.cancel_due_ns, Due::cancel, o.number});
  if (tif(o.request.config) == Tif::gtd) timers_.insert({o.request.end_ns, Due::expire, o.number});
}

// ---- events ------------------------------------------------------------------------------------------------------------------

void Engine::emit(std::variant<OrderChanged, TradePrinted, LevelChanged, ProductChanged> what) {
  events_.push_back({++sequence_, now_ns_, std::move(what)});
}

void Engine::changed(Order& o) {
  o.state.changed_ns = now_ns_;
  emit(OrderChanged{o.number, o.user, o.state});
}

void Engine::finish(std::uint32_t book) {
  Market& m = markets_[book];
  trigger_stops(book);
  m.low = m.high = m.last;
  m.book.take_changes([&](Side side, const LevelView& level) { emit(LevelChanged{book, side, level}); });
}

void Engine::take_events(std::vector<Event>& to) {
  to.insert(to.end(), std::make_move_iterator(events_.begin()), std::make_move_iterator(events_.end()));
  events_.clear();
}

}  // namespace bowline::exchange
