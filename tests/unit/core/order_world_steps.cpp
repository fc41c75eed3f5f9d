// What happens to orders and balances in a world, fills apart.
#include <algorithm>
#include <cstring>

#include "unit/core/order_world.hpp"

namespace bowline::test::order_world {

Known* World::place() {
  if (known_.size() < max_orders) return &known_.emplace_back();
  for (Known& k : known_)
    if (table_.find(k.id) == nullptr) return &(k = Known{});
  return nullptr;
}

void World::make(const Op& op) {
  Known* at = place();
  if (at == nullptr) return;
  Known& k = *at;
  Intent i = blank_intent();
  const std::string id = "bl-" + std::to_string(made_++);
  std::memcpy(i.abi.client_id, id.data(), id.size());
  k.id = ClientOrderId(id);
  k.product = op.a % products;
  k.sell = op.b % 4 == 3;
  i.abi.instrument = product(k.product).id.value;
  i.abi.side = k.sell ? BL_SELL : BL_BUY;
  i.abi.type = BL_LIMIT + static_cast<std::uint32_t>(op.c % 3);
  i.abi.tif = BL_GTC + static_cast<std::uint32_t>(op.d % 4);
  i.abi.qty = halves(1 + op.order % 16).raw();
  i.abi.limit_px = halves(20).raw();
  if (i.abi.type != BL_LIMIT) i.abi.stop_px = halves(18).raw();
  if (i.abi.tif == BL_GTD) i.abi.expire_ns = 1'000'000;
  if (op.d >= 240 && !k.sell) {
    i.abi.type = BL_MARKET;
    i.abi.tif = BL_IOC;
    i.abi.quote_qty = halves(100).raw();
    i.abi.qty = i.abi.limit_px = i.abi.stop_px = Decimal::not_set().raw();
  }
  check(table_.add(i, ++now_, 1).ok(), "a new intent becomes an order");
  check(!table_.add(i, ++now_, 1).ok(), "one intent makes one order");
  // Most of them get to the venue.
  Order* o = table_.find(k.id);
  if (op.order % 8 != 0) apply(*o, E::handed_over);
  if (op.order % 8 > 2) apply(*o, E::acked);
}

void World::adopt(const Op& op) {
  Known k;
  k.product = op.a % products;
  k.sell = op.b % 2 == 1;
  k.external = true;
  bl_exec told{};
  told.h.instrument = product(k.product).id.value;
  told.side = k.sell ? BL_SELL : BL_BUY;
  told.type = BL_LIMIT;
  told.tif = BL_GTC;
  told.qty = halves(1 + op.c % 16).raw();
  told.limit_px = halves(20).raw();
  const std::string venue = venue_name(op.d);
  if (op.b % 8 > 5) std::memcpy(told.client_id, "bl-0", 4);  // under the name of an order of ours
  const Decimal before = op.b % 8 == 4 ? halves(op.c % 4) : Decimal::zero();
  const bool taken = table_.find_venue(venue) != nullptr;
  const std::size_t external = table_.external();
  const bool free_name = told.client_id[0] != 0 && table_.find(ClientOrderId("bl-0")) == nullptr;
  const auto made = table_.adopt(told_intent(told), venue, before, ++now_, 1);
  if (made) {
    check(!taken, "an order that is known is not adopted again");
    check(external < max_external, "orders of others are followed up to their bound");
    k.id = (*made)->id();
    check((*made)->state == S::unknown && (*made)->external, "an adopted order is unknown until its report is applied");
    if (!free_name) check(k.id == external_order_id(venue), "a nameless order has the same name in every run");
    for (Known& other : known_)
      if (other.id == k.id) other.id = ClientOrderId("forgotten");
    if (Known* at = place()) *at = k;
    apply(**made, op.order % 4 == 0 ? E::cancel_taken : E::found);
  } else {
    check(taken || external >= max_external || table_.find(external_order_id(venue)) != nullptr, "an order of others is adopted");
  }
  judge_names();
}

void World::ask(Known& k, Order& o, const Op& op) {
  Terms t;
  if (op.a % 4 != 0) t.qty = halves(1 + op.c % 24);
  if (op.a % 4 == 0 || op.b % 3 == 0) t.limit_px = halves(1 + op.d % 40);
  const bool may = OrderTable::check_amend(o, t).ok();
  const std::uint64_t changes = table_.changes();
  apply(o, E::amend_sent, &t);
  check((table_.changes() != changes) == may, "an amend is noted when it may be asked for");
  if (may) check(!k.external && o.amends && o.amends->pending, "an amend that was asked for is pending");
}

void World::answer(Order& o, const Op& op) {
  const Decimal most = o.most_qty();
  Terms t;
  if (op.b % 2 == 0) t.qty = halves(op.c % 24);  // 0: a venue may write that for none
  if (op.b % 3 == 0) t.limit_px = halves(1 + op.d % 40);
  if (op.b % 5 == 0) t.as_of = 1 + op.d % 16;
  static constexpr E kinds[] = {E::amended, E::amended, E::amend_refused, E::found};
  apply(o, kinds[op.a % 4], op.a % 16 == 0 ? nullptr : &t);
  if (most.is_set()) check(o.most_qty() >= most && o.most_qty() >= o.intent.qty(), "what it may have filled at most never falls");
}

void World::restart() {
  std::vector<Order> saved = table_.snapshot();
  OrderTable anew(keep, max_external);
  for (Order& o : saved) check(anew.restore(std::move(o)).ok(), "every order of a snapshot is restored");
  check(std::ranges::equal(anew.done(), table_.done(), {}, &Order::id, &Order::id) && anew.size() == table_.size(),
        "the restored table is the table");
  bool same = anew.working().size() == table_.working().size();
  for (std::size_t i = 0; same && i < anew.working().size(); ++i)
    same = anew.working()[i]->id() == table_.working()[i]->id() && anew.working()[i]->leaves() == table_.working()[i]->leaves();
  check(same, "the restored orders work in the same order");
  table_ = std::move(anew);
  const std::vector<Order*> working = table_.working();
  for (Order* o : working) apply(*o, E::restarted);
  judge_names();
}

void World::flow(const Op& op) {
  const std::size_t asset = op.a % assets;
  const auto kind = static_cast<Flow>(op.b % 5);
  Decimal amount = halves(1 + op.c % 30);
  if (kind == Flow::withdrawal || (kind > Flow::reward && op.d % 2 == 0)) amount = -amount;
  const bool coin = asset >= 1 && asset <= products;
  const Decimal free = max(wallet_[asset], Decimal::zero()), held = coin ? managed_[asset - 1] : Decimal::zero();
  const Decimal rest = amount.is_negative() && -amount > free ? -amount - free : Decimal::zero();
  const auto done = book_.book_flow({static_cast<std::uint32_t>(asset + 1)}, kind, amount);
  check(done.ok() == (rest <= held), "a balance changes by what is there");
  if (!done) return;
  check(*done == rest, "what a position lost is told");
  wallet_[asset] += amount + rest;
  if (asset == 0) elsewhere_ += amount;
  if (kind == Flow::deposit || kind == Flow::reward) {
    booked_[kind == Flow::reward][asset] += amount;
    if (opened_) of_day_[kind == Flow::reward][asset] += amount;
  }
  if (asset == 0 && kind != Flow::reward && (kind != Flow::correction || amount.is_positive())) flows_ += amount;
  if (coin && !rest.is_zero()) {
    if (kind != Flow::correction) flows_ += -mul(rest, bid_of(asset - 1), Rounding::half_even);
    managed_[asset - 1] += -rest;
    exact_ = false;
  }
}

void World::rename(const Op& op) {
  const std::size_t asset = op.a % assets;
  const bool to = op.b % 2 != 0, from = !to;  // a reward
  const Decimal amount = halves(1 + op.c % 20), of_day = min(amount, of_day_[from][asset]);
  const auto done = book_.reclassify({static_cast<std::uint32_t>(asset + 1)}, from ? Flow::reward : Flow::deposit, to ? Flow::reward : Flow::deposit,
                                     amount, of_day);
  check(done.ok() == (amount <= booked_[from][asset]), "as much is named otherwise as was booked");
  if (!done) return;
  booked_[from][asset] += -amount;
  booked_[to][asset] += amount;
  of_day_[from][asset] += -of_day;
  of_day_[to][asset] += of_day;
  if (asset == 0) renamed_ += to ? -of_day : of_day;
  if (met_ != nullptr) ++met_->renamed;
}

void World::coins(const Op& op, bool take) {
  const std::size_t p = op.a % products;
  const Decimal qty = halves(1 + op.b % 20), px = halves(1 + op.c % 40);
  const bool may = qty <= (take ? wallet_[base(p)] : managed_[p]);
  const auto done = take ? book_.adopt(product(p).id, qty, px, ++now_) : book_.release(product(p).id, qty);
  check(done.ok() == may, "inventory is adopted and released as far as it is there");
  if (!done) return;
  flows_ += mul(take ? qty : -qty, bid_of(p), Rounding::half_even);
  managed_[p] += take ? qty : -qty;
  wallet_[base(p)] += take ? -qty : qty;
  if (take) elsewhere_ += mul(qty, px, Rounding::half_even);
  else exact_ = false;
}

}  // namespace bowline::test::order_world
