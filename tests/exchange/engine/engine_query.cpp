// Questions to the venue.
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "engine.hpp"

namespace bowline::exchange {
namespace {

template <class T>
bool among(const std::vector<T>& list, const T& x) {
  return list.empty() || std::find(list.begin(), list.end(), x) != list.end();
}
bool only_open(const std::vector<Status>& list) {
  return !list.empty() && std::none_of(list.begin(), list.end(), [](Status s) { return is_final(s); });
}

}  // namespace

std::optional<std::uint32_t> Engine::product_number(std::string_view id) const {
  const auto it = product_by_id_.find(id);
  return it == product_by_id_.end() ? std::nullopt : std::optional(it->second);
}

const User* Engine::user(UserId u) const { return accounts_.is_user(u) ? &users_[u.n] : nullptr; }

const Order* Engine::own(UserId u, std::string_view order_id) const {
  const auto n = ids_.number(IdKind::order, order_id);
  return n && *n > 0 && *n <= orders_.size() && at(*n).user == u ? &at(*n) : nullptr;
}

const Order* Engine::order(UserId u, std::string_view order_id) const {
  const Order* o = own(u, order_id);
  return o != nullptr && shows(*o) ? o : nullptr;
}

const Order* Engine::order_by_client_id(UserId u, std::string_view client_id) const {
  if (!accounts_.is_user(u)) return nullptr;
  const auto it = by_client_id_.find(client_key(u, client_id));
  return it != by_client_id_.end() && at(it->second).user == u && shows(at(it->second)) ? &at(it->second) : nullptr;
}

const Order& Engine::order(OrderNo n) const {
  if (n == 0 || n > orders_.size()) {
    std::fputs("bowline-venue: an order was asked for by a number that no order has\n", stderr);
    std::abort();
  }
  return at(n);
}

OrderPage Engine::orders(const OrderFilter& f) const {
  OrderPage page;
  const auto wanted = [&](const Order& o) {
    return shows(o) && (!f.user || o.user == *f.user) && (!f.side || o.side() == *f.side) && o.created_ns >= f.from_ns &&
           o.created_ns < f.until_ns && among(f.statuses, o.state.status) && among(f.types, type(o.request.config)) &&
           among(f.tifs, tif(o.request.config)) && among(f.product_ids, o.request.product_id) &&
           (f.order_ids.empty() || among(f.order_ids, order_id(o.number)));
  };
  // True while there is room. The cursor is the number of the last order told, and is given only when another one follows.
  const auto tell = [&](const Order& o) {
    if (!wanted(o)) return true;
    if (page.orders.size() == f.limit) {
      page.cursor = page.orders.empty() ? 0 : page.orders.back()->number;
      return false;
    }
    page.orders.push_back(&o);
    return true;
  };
  const OrderNo below = f.cursor == 0 ? orders_.size() + 1 : f.cursor;
  if (f.user && !accounts_.is_user(*f.user)) return page;
  if (f.user && only_open(f.statuses)) {  // those are few, however long the history
    const std::set<OrderNo>& open = open_of_[f.user->n];
    for (auto it = open.lower_bound(below); it != open.begin();)
      if (!tell(at(*--it))) break;
  } else if (f.user) {
    const std::vector<OrderNo>& all = orders_of_[f.user->n];
    for (auto it = std::lower_bound(all.begin(), all.end(), below); it != all.begin();)
      if (!tell(at(*--it))) break;
  } else {
    for (OrderNo n = std::min<OrderNo>(below, orders_.size() + 1); n > 1;)
      if (!tell(at(--n))) break;
  }
  return page;
}

FillPage Engine::fills(const FillFilter& f) const {
  FillPage page;
  if (!accounts_.is_user(f.user)) return page;
  const std::vector<std::uint64_t>& all = fills_of_[f.user.n];
  const std::uint64_t below = f.cursor == 0 ? fills_.size() + 1 : f.cursor;
  for (auto it = std::lower_bound(all.begin(), all.end(), below); it != all.begin();) {
    const Fill& fill = fills_[*--it - 1];
    if (fill.listed_ns > now_ns_ || fill.time_ns < f.from_ns || fill.time_ns >= f.until_ns ||
        !among(f.product_ids, products_[fill.product].id) || (!f.order_ids.empty() && !among(f.order_ids, order_id(fill.order))) ||
        (!f.trade_ids.empty() && !among(f.trade_ids, trade_id(fill))))
      continue;
    if (page.fills.size() == f.limit) {
      page.cursor = page.fills.empty() ? 0 : page.fills.back()->number;
      break;
    }
    page.fills.push_back(&fill);
  }
  return page;
}

std::vector<AccountView> Engine::accounts(UserId u) const {
  std::vector<AccountView> out;
  if (!accounts_.is_user(u)) return out;
  for (Currency c = 0; c < accounts_.currencies(); ++c)
    if (const Account& a = accounts_.of(u, c); a.exists)
      out.push_back({ids_.text(IdKind::account, (static_cast<std::uint64_t>(u.n) << 24) + c), accounts_.name(c), a});
  return out;
}

Result<BookView> Engine::book(std::string_view product, std::size_t limit) const {
  const auto n = product_number(product);
  if (!n) return Error{"PRODUCT_UNKNOWN", "there is no product " + std::string(product)};
  const Market& m = markets_[book_number_[*n]];
  return BookView{m.book.levels(Side::buy, limit), m.book.levels(Side::sell, limit),
                  m.last.is_set() ? std::optional(m.last) : std::nullopt, now_ns_};
}

Result<std::vector<TradePrinted>> Engine::trades(std::string_view product, std::size_t limit) const {
  const auto n = product_number(product);
  if (!n) return Error{"PRODUCT_UNKNOWN", "there is no product " + std::string(product)};
  const std::deque<TradePrinted>& all = markets_[book_number_[*n]].prints;
  return std::vector<TradePrinted>(all.rbegin(), all.rbegin() + static_cast<std::ptrdiff_t>(std::min(limit, all.size())));
}

}  // namespace bowline::exchange
