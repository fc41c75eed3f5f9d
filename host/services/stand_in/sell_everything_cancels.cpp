// Of a sale of everything what concerns orders that are not its own: they are cancelled, and what they may still sell is left to them.
#include <algorithm>

#include "services/stand_in/sell_everything.hpp"

namespace bowline::services {
namespace {

constexpr core::Nanos second = 1'000'000'000;
constexpr std::size_t most_at_once = 100;

}  // namespace

bool SellEverything::ours(std::string_view client) const {
  return !client.empty() && std::any_of(products_.begin(), products_.end(), [&](const Product& p) { return client == id_of(p).view(); });
}

// Every order that is no sale of this one: what buys would buy what is to be sold, and what sells has it on hold.
void SellEverything::cancel_foreign() {
  std::vector<Told> all;
  for (const Told& t : works_) {
    if (ours(t.client)) continue;
    core::Nanos& asked = cancel_asked_.try_emplace(t.venue.empty() ? t.client : t.venue, -second).first->second;
    if (now_ - asked < second) continue;
    asked = now_;
    all.push_back(t);
  }
  cancel(all);
}

void SellEverything::cancel(const std::vector<Told>& orders) {
  for (std::size_t from = 0; from < orders.size(); from += most_at_once) {
    const std::size_t to = std::min(orders.size(), from + most_at_once);
    std::vector<bl_order_ref> refs;
    for (std::size_t i = from; i < to; ++i)
      refs.push_back({{orders[i].client.data(), orders[i].client.size()}, {orders[i].venue.data(), orders[i].venue.size()}});
    if (const auto sent = broker_.cancel(refs); !sent) {
      trouble_ = sent.error();
      cancels_failed_ += static_cast<std::uint32_t>(to - from);
      continue;
    }
    for (std::size_t i = from; i < to; ++i)
      if (!ours(orders[i].client)) cancelled_.insert(orders[i].venue.empty() ? orders[i].client : orders[i].venue);
  }
}

// What sales of the host's may still take that the venue does not show: it has no hold for them yet.
Decimal SellEverything::host_sells(core::AssetId base) const {
  Decimal sum = Decimal::zero();
  for (const Waiting& w : waiting_) {
    if (w.over || w.order.side != core::Side::sell || !w.order.qty.is_set() || table_[w.order.instrument].base != base) continue;
    const bool shown = std::any_of(works_.begin(), works_.end(), [&](const Told& t) { return t.client == w.order.id.view(); });
    if (!shown) sum = sum + w.order.qty;
  }
  return sum;
}

}  // namespace bowline::services
