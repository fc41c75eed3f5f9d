#include "unit/core/order_world.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace bowline::test::order_world {

const InstrumentTable& instruments() {
  static const InstrumentTable table = [] {
    InstrumentTable t;
    ProductRules rules;
    rules.base_step = rules.base_min = "0.5"_dec;
    rules.quote_step = rules.px_step = "0.5"_dec;
    rules.quote_min = "1"_dec;
    rules.maker_fee = "0.006"_dec;
    rules.taker_fee = "0.012"_dec;
    t.asset("USD");
    for (const char* symbol : {"BTC-USD", "ETH-USD", "SOL-USD"}) REQUIRE(t.add(symbol, rules));
    t.asset("BNB");
    return t;
  }();
  return table;
}

World::World(Fault fault, Met* met) : fault_(fault), met_(met) {
  known_.reserve(max_orders);
  const Decimal cash = halves(2000);
  for (std::size_t a = 0; a < assets; ++a) {
    const Decimal amount = a == 0 ? cash : a % 2 == 0 ? halves(6) : Decimal::zero();
    check(book_.set_cash({static_cast<std::uint32_t>(a + 1)}, amount), "a balance is taken");
    wallet_[a] = amount;
  }
  elsewhere_ = cash;
  if (fault_ == Fault::drops_unmanaged) wallet_[2] = Decimal::zero();
  static_cast<void>(table_.find_venue("nobody"));  // from here on the venue's names are kept
}

const char* World::step(const Op& op) {
  ++events_;
  switch (op.what) {
    case What::make: make(op); break;
    case What::adopt: adopt(op); break;
    case What::restart: restart(); break;
    case What::flow: flow(op); break;
    case What::rename: rename(op); break;
    case What::take_coins: coins(op, true); break;
    case What::leave_coins: coins(op, false); break;
    case What::mark: {
      Mark m;
      m.last = marks_[op.a % products] = halves(1 + op.c % 40);
      book_.set_mark(product(op.a % products).id, m);
      book_.close_step(++now_);
      if (!std::exchange(opened_, true)) opening_flows_ = flows_;
      break;
    }
    default: {
      if (known_.empty()) break;
      Known& k = known_[op.order % known_.size()];
      Order* o = table_.find(k.id);
      if (o == nullptr) {  // forgotten
        if (met_ != nullptr) ++met_->forgotten;
        break;
      }
      switch (op.what) {
        case What::event: {
          const auto e = static_cast<E>(op.a % order_event_count);
          if (e != E::fill_part && e != E::fill_undone && e != E::amend_sent) apply(*o, e);
          break;
        }
        case What::fill: fill(k, *o, op); break;
        case What::again: again(k, *o, op, false); break;
        case What::fee: again(k, *o, op, true); break;
        case What::correct: correct(k, *o, op); break;
        case What::undo: undo(k, *o, op); break;
        case What::ask: ask(k, *o, op); break;
        case What::answer: answer(*o, op); break;
        case What::name: {
          const std::string venue = venue_name(op.d);
          const Order* has = table_.find_venue(venue);
          check(table_.set_venue_id(*o, venue) == (has == nullptr || has == o), "the venue's name is one order's");
          judge_names();
          break;
        }
        default: break;
      }
    }
  }
  if (wrong_ == nullptr) judge();
  return wrong_;
}

// ---- the model's arithmetic -----------------------------------------------------------------------------------------

void World::elsewhere(Decimal amount) {
  elsewhere_ += amount;
  flows_ += amount;
}

bool World::can_book(const Known& k, Decimal qty) const {
  if (!k.sell) return true;
  const Decimal free = k.external ? max(wallet_[base(k.product)], Decimal::zero()) : Decimal::zero();
  return qty <= free + managed_[k.product];
}

void World::book(const Known& k, Ref& f) {
  const std::size_t b = base(k.product);
  const Decimal notional = mul(f.px, f.qty, Rounding::half_even);
  Decimal &held = managed_[k.product], &coins = wallet_[b];
  if (!k.sell) {
    f.managed = k.external ? Decimal::zero() : f.qty;
    held += f.managed;
    coins += f.qty - f.managed;
    wallet_[0] += -notional;
    if (k.external) elsewhere(-notional);
  } else {
    const Decimal free = k.external ? min(max(coins, Decimal::zero()), f.qty) : Decimal::zero();
    f.managed = f.qty - free;
    held += -f.managed;
    coins += -free;
    wallet_[0] += notional;
    elsewhere(mul(f.px, free, Rounding::half_even));
  }
  if (!f.has_fee) {
    f.fee = mul(notional, "0.012"_dec, Rounding::up);
    f.fee_asset = 0;
  } else {
    f.fee = f.told_fee;
  }
  pay(k, f, true);
  f.live = true;
}

void World::pay(const Known& k, Ref& f, bool out) {
  const std::size_t b = base(k.product);
  if (out) f.fee_taken = f.fee_asset == b && !k.external ? min(f.fee, managed_[k.product]) : Decimal::zero();
  const Decimal taken = out ? f.fee_taken : -f.fee_taken, fee = out ? f.fee : -f.fee;
  managed_[k.product] += -taken;
  wallet_[f.fee_asset] += -(fee - taken);
  if (k.external) {
    if (f.fee_asset == 0) elsewhere(-fee);
  } else if (f.fee_asset == b) {
    elsewhere_ += mul(f.px, fee - taken, Rounding::half_even);
  }
}

Decimal World::unbook(const Known& k, Ref& f) {
  pay(k, f, false);
  const std::size_t b = base(k.product);
  const Decimal notional = mul(f.px, f.qty, Rounding::half_even);
  Decimal owed;
  if (!k.sell) {
    const Decimal back = min(f.managed, managed_[k.product]);
    owed = f.managed - back;
    managed_[k.product] += -back;
    wallet_[b] += -(f.qty - back);
    wallet_[0] += notional;
    if (k.external) elsewhere(notional);
  } else {
    managed_[k.product] += f.managed;
    wallet_[b] += f.qty - f.managed;
    wallet_[0] += -notional;
    elsewhere(-mul(f.px, f.qty - f.managed, Rounding::half_even));
  }
  f.live = false;
  return owed;
}

Decimal World::cum(const Known& k) const {
  Decimal sum;
  for (std::size_t i = 0; i < k.next; ++i)
    if (k.fills[i].live) sum += k.fills[i].qty;
  return sum;
}

// ---- what is judged -------------------------------------------------------------------------------------------------

bool World::tells_of_it(E event) {
  return event == E::acked || event == E::found || event == E::fill_part || event == E::fill_all || event == E::filled_short ||
         event == E::cancel_taken || event == E::amended || event == E::triggered;
}

void World::apply(Order& o, E event, const Terms* terms) {
  ++events_;
  const S from = o.state;
  const auto row = next_state(from, event);
  const std::uint64_t changes = table_.changes();
  const Decimal leaves = o.leaves();
  const ClientOrderId id = o.id();
  const auto done = table_.apply(o, event, ++now_, terms);
  check(done.ok() == (table_.changes() == changes + 1), "an event is counted when it is applied");
  if (!done) {
    check(o.state == from && o.leaves() == leaves, "a refused event changes nothing");
    check(!row || event == E::amend_sent, "an event that has a row is taken");
    return;
  }
  check(row.has_value(), "an event without a row is refused");
  if (!row) return;
  const Order* after = table_.find(id);
  if (after == nullptr) return check(false, "an order that took an event is still there");
  const S to = after->state;
  if (met_ != nullptr) {
    ++met_->rows[static_cast<std::size_t>(from)][static_cast<std::size_t>(event)];
    met_->came_back += came_back(from, to) ? 1 : 0;
    met_->amends += event == E::amend_sent ? 1 : 0;
  }
  const bool fills = after->cum_qty.is_positive();
  if (tells_of_it(event)) told_.insert(id);
  // What the venue never told of, and does not have, was never there: there was nothing to cancel.
  if (from == S::cancel_pending && event == E::proved_absent && !after->external && !told_.contains(id))
    return check(to == S::not_placed, "what was cancelled before the venue told of it, and is not there, was never placed");
  const bool ok = to == *row || (*row == S::open && to == S::partially_filled && fills) ||
                  (*row == S::partially_filled && to == S::open && !fills) ||
                  (*row == S::filled && to == S::cancelled && after->leaves().is_positive()) ||
                  (*row == S::filled && !is_terminal(to) && (event == E::amended || event == E::found)) ||
                  (to == S::filled && fills && (event == E::amended || event == E::amend_refused)) ||
                  (to == S::cancelled && fills && is_terminal(*row));
  check(ok, "a state is the row's, or the one that the sums demand in its place");
}

void World::judge() {
  std::size_t external = 0;
  for (const Order* o : table_.working()) {
    check(!is_terminal(o->state), "what is listed as working works");
    check(table_.find(o->id()) == o, "a working order is found");
    external += o->external ? 1 : 0;
  }
  for (const Order* o : table_.done()) {
    check(is_terminal(o->state), "what is listed as ended has ended");
    check(table_.find(o->id()) == o, "an ended order is found");
  }
  check(table_.working().size() + table_.done().size() == table_.size(), "an order is in one list");
  check(table_.done().size() <= keep, "ended orders are kept up to their bound");
  check(table_.external() == external, "orders of others are counted");
  for (const Known& k : known_) {
    const Order* o = table_.find(k.id);
    if (o == nullptr) continue;
    const Decimal leaves = o->leaves(), filled = cum(k);
    check(static_cast<std::size_t>(o->state) < order_state_count, "a state is one of the table's");
    check(!leaves.is_set() || !leaves.is_negative(), "leaves are never below zero");
    check(!leaves.is_set() || leaves.is_zero() || filled + o->filled_before + leaves <= o->most_qty(), "what may still fill can be booked");
    check(o->cum_qty == filled, "the filled quantity is the sum of the fills");
    const bool some = filled.is_positive();
    switch (o->state) {
      case S::recorded:
      case S::submitted:
      case S::open:
      case S::unknown:
      case S::not_placed:
      case S::rejected:
      case S::denied: check(!some, "what has fills is not in a state without any"); break;
      case S::partially_filled: check(some, "what is partly filled has fills"); break;
      case S::filled: check(!leaves.is_set() || leaves.is_zero(), "what is filled is filled whole"); break;
      case S::cancel_pending:
      case S::cancelled:
      case S::expired: break;
    }
  }
  Decimal cost;
  for (std::size_t p = 0; p < products; ++p) {
    const Position& at = book_.position(product(p).id);
    check(at.qty == managed_[p], "a position is the sum of its fills and fees");
    check(!at.qty.is_negative(), "a position is never below zero");
    cost += at.cost;
  }
  for (std::size_t a = 0; a < assets; ++a)
    check(book_.cash({static_cast<std::uint32_t>(a + 1)}) == wallet_[a], "a wallet is the sum of what went in and out");
  check(book_.books_agree(), "the ledger adds up to zero, and its positions are the book's");
  for (std::size_t a = 0; a < assets; ++a)
    for (const bool reward : {false, true})
      check(book_.booked({static_cast<std::uint32_t>(a + 1)}, reward ? Flow::reward : Flow::deposit) == booked_[reward][a],
            "each class has what was booked in it, or named so");
  check(book_.day_flows() == flows_ - opening_flows_ + renamed_, "the day's flows have what came as what it was");
  check(book_.net_flows() == flows_, "what came and went without a trade of ours is told apart from profit");
  if (exact_) check(book_.cash(usd) + cost - book_.realised() + book_.fees() == elsewhere_, "cash, assets and fees add up to what came in");
}

void World::judge_names() {
  for (std::uint8_t v = 0; v < 6; ++v) {
    const std::string name = venue_name(v);
    const Order* found = table_.find_venue(name);
    const Order* seen = nullptr;
    for (const Order* o : table_.working())
      if (std::string_view(o->venue_id) == name) seen = o;
    for (const Order* o : table_.done())
      if (std::string_view(o->venue_id) == name) seen = o;
    check(found == seen, "an order is found by the venue's name for it, and only by that");
  }
}

}  // namespace bowline::test::order_world
