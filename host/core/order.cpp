#include "core/order.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace bowline::core {

Result<Order*> OrderTable::add(const Intent& intent, Nanos now, std::uint64_t seq) {
  const ClientOrderId id(intent.client_id());
  if (id.empty()) return Error{"ORDER_WITHOUT_ID", "an intent without a client order id can't become an order"};
  Order* made = nullptr;
  if (spare_.empty()) {
    const auto [it, fresh] = by_id_.try_emplace(id);
    if (fresh) made = &it->second;
  } else {
    spare_.key() = id;
    auto done = by_id_.insert(std::move(spare_));
    if (done.inserted) made = &done.position->second;
    else spare_ = std::move(done.node);
  }
  if (made == nullptr)
    return Error{"DUPLICATE_INTENT", "order " + std::string(id.view()) + " exists already: one intent makes one order"};
  ++changes_;
  Order& o = *made;
  o.intent = intent;
  o.updated = now;
  o.seq = seq;
  working_.push_back(&o);
  return &o;
}

// Nearly every question is about a working order, and of these there are few.
const Order* OrderTable::find(const ClientOrderId& id) const {
  if (working_.size() <= 8)
    for (const Order* o : working_)
      if (std::memcmp(o->intent.abi.client_id, id.text.data(), id.text.size()) == 0) return o;
  const auto it = by_id_.find(id);
  return it == by_id_.end() ? nullptr : &it->second;
}
Order* OrderTable::find(const ClientOrderId& id) { return const_cast<Order*>(std::as_const(*this).find(id)); }

Result<void> OrderTable::apply(Order& order, OrderEvent event, Nanos now) {
  const auto to = next_state(order.state, event);
  if (!to)
    return Error{"ORDER_EVENT_UNEXPECTED", "order " + std::string(order.intent.client_id()) + " is " +
                                               std::string(to_string(order.state)) + " and can't take the event " +
                                               std::string(to_string(event))};
  ++changes_;
  const bool was = is_terminal(order.state);
  // The table knows no quantities: what works and has fills is partly filled, by whatever way it came back to working.
  order.state = *to == OrderState::open && order.cum_qty.is_positive() ? OrderState::partially_filled : *to;
  order.updated = now;
  const bool is = is_terminal(order.state);
  if (!was && is) {
    working_.erase(std::find(working_.begin(), working_.end(), &order));
    done_.push_back(order.id());
    while (done_.size() > keep_done_) {
      if (const auto it = by_id_.find(done_.front()); it != by_id_.end() && is_terminal(it->second.state)) {
        spare_ = by_id_.extract(it);
        spare_.mapped() = Order{};
      }
      done_.pop_front();
    }
  } else if (was && !is) {  // it lives after all
    std::erase(done_, order.id());
    working_.push_back(&order);
  }
  return {};
}

}  // namespace bowline::core
