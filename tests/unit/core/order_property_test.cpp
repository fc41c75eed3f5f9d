// Whatever a venue tells of orders, in whatever order and however often, and whatever is done here in between: every
// state is one of the table's, the sums are those of the fills, and the ledger adds up. Judged after each step by a model
// that shares no code with what it judges: it adds and subtracts amounts, and knows nothing of states.
//
//   BOWLINE_PROPERTY_SEED=7 BOWLINE_PROPERTY_SEQUENCES=5000000 build/release/tests/unit/core/unit_core "property*"
#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/booking.hpp"
#include "core/identity.hpp"
#include "unit/core/random_ops.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using test::Rng;
using S = OrderState;
using E = OrderEvent;

namespace {

// ---- the steps ------------------------------------------------------------------------------------------------------

enum class What : std::uint8_t {
  make,          // a new order of ours
  event,         // any event but those that come of fills and amends
  fill,          // a new fill, or something that only looks like one
  again,         // the first report of a fill, once more
  fee,           // the same with a fee
  correct,       // a fill is corrected; perhaps before it was told
  undo,          // a fill is taken back; perhaps before it was told
  ask,           // we ask for other terms
  answer,        // the venue's answer, or a query's, or somebody else's amend
  adopt,         // the venue tells of an order that is not ours
  name,          // the venue names an order
  restart,       // the table is made anew from its snapshot
  flow,          // a balance changes without a trade
  rename,        // what was booked as a deposit was a reward, or the other way round
  take_coins,    // unmanaged inventory becomes a position
  leave_coins,   // and the other way
  mark,          // a price
};
constexpr std::array<const char*, 17> what_names{"make", "event", "fill", "again", "fee", "correct", "undo", "ask", "answer",
                                                 "adopt", "name", "restart", "flow", "rename", "take_coins", "leave_coins", "mark"};
struct Op {
  What what = What::make;
  std::uint8_t order = 0, a = 0, b = 0;
  std::uint8_t c = 0, d = 0;
};

Op random_op(Rng& rng, bool first) {
  // Fills and plain events most often; what changes the world seldom.
  static constexpr auto deck = [] {
    std::array<What, 64> cards{};
    std::size_t n = 0;
    const auto put = [&](What w, int times) {
      while (times-- > 0) cards[n++] = w;
    };
    put(What::make, 5);
    put(What::event, 18);
    put(What::fill, 12);
    put(What::again, 4);
    put(What::fee, 2);
    put(What::correct, 3);
    put(What::undo, 3);
    put(What::ask, 3);
    put(What::answer, 4);
    put(What::adopt, 2);
    put(What::name, 1);
    put(What::restart, 1);
    put(What::flow, 2);
    put(What::rename, 1);
    put(What::take_coins, 1);
    put(What::leave_coins, 1);
    put(What::mark, 1);
    if (n != cards.size()) throw "the deck has 64 cards";
    return cards;
  }();
  const std::uint64_t r = rng.next();
  Op op;
  op.what = first ? What::make : deck[r & 63];
  op.order = static_cast<std::uint8_t>(r >> 8);
  op.a = static_cast<std::uint8_t>(r >> 16);
  op.b = static_cast<std::uint8_t>(r >> 24);
  op.c = static_cast<std::uint8_t>(r >> 32);
  op.d = static_cast<std::uint8_t>(r >> 40);
  return op;
}

std::vector<Op> random_ops(std::uint64_t seed, std::uint32_t most) {
  Rng rng(seed);
  std::vector<Op> ops(4 + rng.below(most - 3));
  for (std::size_t i = 0; i < ops.size(); ++i) ops[i] = random_op(rng, i == 0);
  return ops;
}

// ---- the world ------------------------------------------------------------------------------------------------------

constexpr std::size_t products = 3, assets = 5;  // USD; BTC, ETH and SOL; and BNB, in which some fees are
constexpr AssetId usd{1}, bnb{5};

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
const Instrument& product(std::size_t i) { return instruments().all()[i]; }

/// Halves: every product of two of them, and the fee on it, is exact.
Decimal halves(std::uint32_t n) { return mul_int("0.5"_dec, n); }

enum class Fault { none, books_twice, forgets_base_fee, drops_unmanaged };

/// A fill as the model remembers it.
struct Ref {
  bool told = false, live = false, undone = false, corrected = false, has_fee = false;
  std::uint8_t first_fee = 0;
  Decimal first_px, first_qty;                 // of the first report
  Decimal px, qty, fee, managed, fee_taken;    // as booked
  std::size_t fee_asset = 0;                   // asset id - 1
  Decimal told_fee;
};
struct Known {
  ClientOrderId id;
  std::size_t product = 0;
  bool sell = false, external = false;
  std::array<Ref, 12> fills;
  std::size_t next = 0;  // the next fill's number
};

/// What a run has met: a property that never sees a row says nothing of it.
struct Met {
  std::array<std::array<std::uint64_t, order_event_count>, order_state_count> rows{};
  std::array<std::uint64_t, 5> booked{};  // by BookedAs
  std::set<std::string> refused;          // codes
  std::uint64_t owed = 0, external_fills = 0, amends = 0, forgotten = 0, came_back = 0, renamed = 0;
};

class World {
  static constexpr std::size_t keep = 2, max_external = 2, max_orders = 8;
  Fault fault_;
  Met* met_;
  OrderTable table_{keep, max_external};
  Portfolio book_{instruments(), usd, "0.0005"_dec};
  std::vector<Known> known_;
  std::uint32_t made_ = 0;
  Nanos now_ = 1;
  // the model
  std::array<Decimal, assets> wallet_{};
  std::array<Decimal, products> managed_{};
  Decimal elsewhere_;     // what left or entered cash and cost for other reasons than a trade of ours
  Decimal flows_;         // what of equity came and went without a trade of ours
  std::array<std::array<Decimal, assets>, 2> booked_{}, of_day_{};  // as deposits and as rewards; the same since the day's opening
  Decimal opening_flows_;  // flows_ at it
  Decimal renamed_;        // what the day's flows have otherwise, because of a name
  bool opened_ = false;
  std::array<Decimal, products> marks_{};
  bool exact_ = true;     // no cost has left in shares that only the book knows
  std::uint64_t events_ = 0;
  std::set<ClientOrderId> told_;  // of these the venue has said that they work, fill or did
  const char* wrong_ = nullptr;

  void check(bool holds, const char* what) {
    if (!holds && wrong_ == nullptr) wrong_ = what;
  }

  static std::size_t base(std::size_t p) { return p + 1; }

  // -- the model's arithmetic

  /// What a unit would be sold at: what comes and goes is worth that (trading rules 5.1).
  Decimal bid_of(std::size_t p) const { return marks_[p] - mul(marks_[p], "0.0005"_dec, Rounding::half_even); }
  /// Cash that came or went by what others did.
  void elsewhere(Decimal amount) {
    elsewhere_ += amount;
    flows_ += amount;
  }
  /// Whether the book must take it.
  bool can_book(const Known& k, Decimal qty) const {
    if (!k.sell) return true;
    const Decimal free = k.external ? max(wallet_[base(k.product)], Decimal::zero()) : Decimal::zero();
    return qty <= free + managed_[k.product];
  }
  void book(const Known& k, Ref& f) {
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
  /// The fee goes out of what was held first, where it is in the base asset; or all of that comes back.
  void pay(const Known& k, Ref& f, bool out) {
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
  Decimal unbook(const Known& k, Ref& f) {
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
  Decimal cum(const Known& k) const {
    Decimal sum;
    for (std::size_t i = 0; i < k.next; ++i)
      if (k.fills[i].live) sum += k.fills[i].qty;
    return sum;
  }

  // -- what is judged

  /// Whether it is the venue's word that the order works, fills or did.
  static bool tells_of_it(E event) {
    return event == E::acked || event == E::found || event == E::fill_part || event == E::fill_all || event == E::filled_short ||
           event == E::cancel_taken || event == E::amended || event == E::triggered;
  }

  /// One event: with a row it must be taken and lead where the row or the sums say, without one nothing may change.
  void apply(Order& o, E event, const Terms* terms = nullptr) {
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

  void judge() {
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

  void judge_names() {
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
  static std::string venue_name(std::uint8_t v) { return {'v', static_cast<char>('0' + v % 6)}; }

  // -- the steps

  /// A place for one more order: a new one, or that of an order that was forgotten.
  Known* place() {
    if (known_.size() < max_orders) return &known_.emplace_back();
    for (Known& k : known_)
      if (table_.find(k.id) == nullptr) return &(k = Known{});
    return nullptr;
  }

  FillReport report(const Known& k, std::string_view id, Decimal px, Decimal qty) const {
    FillReport r;
    r.id = id;
    r.fill.instrument = product(k.product).id;
    r.fill.side = k.sell ? Side::sell : Side::buy;
    r.fill.px = px;
    r.fill.qty = qty;
    r.fill.time = now_;
    return r;
  }
  /// 0 and 1: not told; then in quote, in base, in a third asset, and none.
  void set_fee(const Known& k, FillReport& r, std::uint8_t kind) const {
    const Decimal fee = mul_int("0.25"_dec, 1 + kind / 8 % 4);
    switch (kind % 6) {
      case 2: r.fill.fee = fee; r.fill.fee_asset = usd; break;
      case 3: r.fill.fee = fee; r.fill.fee_asset = product(k.product).base; break;
      case 4: r.fill.fee = fee; r.fill.fee_asset = bnb; break;
      case 5: r.fill.fee = Decimal::zero(); r.fill.fee_asset = {}; break;
      default: break;
    }
  }
  void note_fee(Ref& f, const FillReport& r) {
    f.has_fee = r.fill.fee.is_set();
    if (!f.has_fee) return;
    f.told_fee = r.fill.fee;
    f.fee_asset = r.fill.fee_asset ? r.fill.fee_asset.value - 1 : 0;
  }
  static std::string fill_name(std::size_t n) { return {'f', static_cast<char>('a' + n)}; }

  /// Hands it over and holds the answer against what the model says must come of it: an error code, or a way of booking.
  bool book_it(Order& o, const FillReport& r, const char* code, BookedAs as, Decimal owed = Decimal::zero()) {
    const std::uint64_t postings = book_.ledger().postings();
    const auto done = book_fill(o, book_, r);
    if (code != nullptr) {
      if (met_ != nullptr) met_->refused.insert(code);
      check(!done, "what can't be true is refused");
      if (!done) check(done.error().code == code, "it is refused for its own reason");
      return false;
    }
    check(done.ok(), "what may be true is booked");
    if (!done) return false;
    check(done->as == as, "a report is taken for what it is");
    check(done->owed == owed, "what unmanaged inventory had to give is told");
    if (met_ != nullptr) {
      ++met_->booked[static_cast<std::size_t>(as)];
      met_->owed += owed.is_positive() ? 1 : 0;
      met_->external_fills += o.external ? 1 : 0;
    }
    if (as == BookedAs::known) check(book_.ledger().postings() == postings, "what is known posts nothing");
    if (done->event) {
      check(next_state(o.state, *done->event).has_value(), "what comes of a fill has a row in every state it can meet");
      apply(o, *done->event);
    }
    return true;
  }

  void fill(Known& k, Order& o, const Op& op) {
    const Decimal rest = o.leaves(), px = halves(1 + op.c % 40);
    Decimal qty = halves(1 + op.d % 8);
    if (op.a % 4 == 1 && rest.is_set() && rest.is_positive()) qty = rest;
    FillReport r = report(k, "", px, qty);
    if (op.a >= 250) {  // looks like a fill
      const std::string name = "zz";
      r.id = name;
      if (op.a == 250) r.id = {};
      if (op.a == 251) r.fill.side = k.sell ? Side::buy : Side::sell;
      if (op.a == 252) r.fill.instrument = product((k.product + 1) % products).id;
      if (op.a == 253) r.fill.qty = -qty;
      if (op.a == 254) r.fill.px = Decimal::not_set();
      if (op.a == 255) r.fill.qty = Decimal::not_set();
      const char* code = op.a == 250 ? "FILL_WITHOUT_ID" : op.a <= 252 ? "FILL_MISMATCH" : "FILL_NOT_POSITIVE";
      if (op.a == 254 && o.most_qty().is_set() && o.cum_qty + o.filled_before + qty > o.most_qty()) code = "FILL_BEYOND_ORDER";
      book_it(o, r, code, BookedAs::known);
      return;
    }
    if (k.next == k.fills.size()) return;
    const std::size_t n = k.next;
    Ref& f = k.fills[n];
    const std::string name = fill_name(n);
    r.id = name;
    set_fee(k, r, op.b);
    if (f.told) {  // corrected or taken back before it came
      f.first_px = px;
      f.first_qty = qty;
      f.first_fee = op.b;
      ++k.next;
      book_it(o, r, nullptr, BookedAs::known);
      return;
    }
    const char* code = nullptr;
    if (o.most_qty().is_set() && cum(k) + o.filled_before + qty > o.most_qty()) code = "FILL_BEYOND_ORDER";
    else if (!can_book(k, qty)) code = "FILL_BEYOND_POSITION";
    if (code == nullptr) {
      f.told = true;
      f.px = f.first_px = px;
      f.qty = f.first_qty = qty;
      f.first_fee = op.b;
      note_fee(f, r);
      book(k, f);
      if (fault_ == Fault::forgets_base_fee && f.fee_asset == base(k.product)) pay(k, f, false);
      ++k.next;
    }
    book_it(o, r, code, BookedAs::fill);
  }

  void again(Known& k, Order& o, const Op& op, bool with_fee) {
    if (k.next == 0) return;
    const std::size_t n = op.a % k.next;
    Ref& f = k.fills[n];
    const std::string name = fill_name(n);
    FillReport r = report(k, name, f.first_px, f.first_qty);
    set_fee(k, r, with_fee ? op.b : f.first_fee);
    if (f.undone || f.corrected) {
      book_it(o, r, nullptr, BookedAs::known);
      return;
    }
    if (fault_ == Fault::books_twice) static_cast<void>(book_.apply(r.fill));
    if (!r.fill.fee.is_set()) {
      book_it(o, r, nullptr, BookedAs::known);
      return;
    }
    if (f.has_fee) {
      const std::size_t asset = r.fill.fee_asset ? r.fill.fee_asset.value - 1 : 0;
      const bool same = r.fill.fee == f.fee && asset == f.fee_asset;
      book_it(o, r, same ? nullptr : "FILL_CONTRADICTS", BookedAs::known);
      return;
    }
    pay(k, f, false);
    note_fee(f, r);
    f.fee = f.told_fee;
    pay(k, f, true);
    book_it(o, r, nullptr, BookedAs::fee);
  }

  void correct(Known& k, Order& o, const Op& op) {
    const std::size_t n = op.a % (k.next + 1);
    if (n == k.fills.size()) return;
    Ref& f = k.fills[n];
    const std::string name = fill_name(n);
    const Decimal px = halves(1 + op.c % 40), qty = halves(1 + op.d % 8);
    FillReport r = report(k, name, px, qty);
    set_fee(k, r, op.b);
    r.correction = true;
    if (f.undone) {
      book_it(o, r, nullptr, BookedAs::known);
      return;
    }
    const bool beyond = o.most_qty().is_set() && cum(k) - (f.live ? f.qty : Decimal::zero()) + o.filled_before + qty > o.most_qty();
    if (!f.told) {  // it overtakes its fill
      const char* code = beyond ? "FILL_BEYOND_ORDER" : can_book(k, qty) ? nullptr : "FILL_BEYOND_POSITION";
      if (code == nullptr) {
        f.told = f.corrected = true;
        f.px = f.first_px = px;
        f.qty = f.first_qty = qty;
        note_fee(f, r);
        book(k, f);
        ++k.next;
      }
      book_it(o, r, code, BookedAs::fill);
      return;
    }
    if (!r.fill.fee.is_set() && f.has_fee) {
      r.fill.fee = f.fee;
      r.fill.fee_asset = {static_cast<std::uint32_t>(f.fee_asset + 1)};
    }
    const std::size_t asset = r.fill.fee_asset ? r.fill.fee_asset.value - 1 : 0;
    const bool same_fee = r.fill.fee.is_set() ? f.has_fee && r.fill.fee == f.fee && asset == f.fee_asset : !f.has_fee;
    if (px == f.px && qty == f.qty && same_fee) {
      book_it(o, r, nullptr, BookedAs::known);
      return;
    }
    if (beyond) {
      book_it(o, r, "FILL_BEYOND_ORDER", BookedAs::known);
      return;
    }
    // On a copy first: it is booked whole or not at all.
    const auto wallets = wallet_;
    const auto managed = managed_;
    const Decimal other = elsewhere_, flows = flows_;
    const Ref before = f;
    Decimal owed = unbook(k, f);
    if (!can_book(k, qty)) {
      wallet_ = wallets;
      managed_ = managed;
      elsewhere_ = other;
      flows_ = flows;
      f = before;
      book_it(o, r, "FILL_BEYOND_POSITION", BookedAs::known);
      return;
    }
    f.px = px;
    f.qty = qty;
    f.corrected = true;
    note_fee(f, r);
    book(k, f);
    const Decimal settled = min(owed, managed_[k.product]);
    managed_[k.product] += -settled;
    wallet_[base(k.product)] += settled;
    book_it(o, r, nullptr, BookedAs::correction, owed - settled);
  }

  void undo(Known& k, Order& o, const Op& op) {
    const std::size_t n = op.a % (k.next + 1);
    if (n == k.fills.size()) return;
    Ref& f = k.fills[n];
    const std::string name = fill_name(n);
    FillReport r = report(k, name, Decimal::not_set(), Decimal::not_set());
    r.reversal = true;
    const bool known = f.undone;
    Decimal owed;
    if (f.live) owed = unbook(k, f);
    f.told = f.undone = true;
    book_it(o, r, nullptr, known ? BookedAs::known : BookedAs::reversal, owed);
  }

  void make(const Op& op) {
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

  void adopt(const Op& op) {
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

  void ask(Known& k, Order& o, const Op& op) {
    Terms t;
    if (op.a % 4 != 0) t.qty = halves(1 + op.c % 24);
    if (op.a % 4 == 0 || op.b % 3 == 0) t.limit_px = halves(1 + op.d % 40);
    const bool may = OrderTable::check_amend(o, t).ok();
    const std::uint64_t changes = table_.changes();
    apply(o, E::amend_sent, &t);
    check((table_.changes() != changes) == may, "an amend is noted when it may be asked for");
    if (may) check(!k.external && o.amends && o.amends->pending, "an amend that was asked for is pending");
  }

  void answer(Order& o, const Op& op) {
    const Decimal most = o.most_qty();
    Terms t;
    if (op.b % 2 == 0) t.qty = halves(op.c % 24);  // 0: a venue may write that for none
    if (op.b % 3 == 0) t.limit_px = halves(1 + op.d % 40);
    if (op.b % 5 == 0) t.as_of = 1 + op.d % 16;
    static constexpr E kinds[] = {E::amended, E::amended, E::amend_refused, E::found};
    apply(o, kinds[op.a % 4], op.a % 16 == 0 ? nullptr : &t);
    if (most.is_set()) check(o.most_qty() >= most && o.most_qty() >= o.intent.qty(), "what it may have filled at most never falls");
  }

  void restart() {
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

  void flow(const Op& op) {
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

  void rename(const Op& op) {
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

  void coins(const Op& op, bool take) {
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

 public:
  explicit World(Fault fault = Fault::none, Met* met = nullptr) : fault_(fault), met_(met) {
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
  World(const World&) = delete;

  /// What no longer holds after this step; null when all of it does.
  const char* step(const Op& op) {
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
  std::uint64_t events() const noexcept { return events_; }
};

struct Verdict {
  const char* wrong = nullptr;
  std::size_t at = 0;
  std::uint64_t events = 0;
};

Verdict run(const std::vector<Op>& ops, Fault fault = Fault::none, Met* met = nullptr) {
  World world(fault, met);
  for (std::size_t i = 0; i < ops.size(); ++i)
    if (const char* wrong = world.step(ops[i])) return {wrong, i, world.events()};
  return {nullptr, ops.size(), world.events()};
}

std::string told(const std::vector<Op>& ops) {
  std::string text;
  for (const Op& op : ops) {
    text += "  ";
    text += what_names[static_cast<std::size_t>(op.what)];
    if (op.what == What::event) text.append(" ").append(to_string(static_cast<E>(op.a % order_event_count)));
    for (const unsigned n : {static_cast<unsigned>(op.order), static_cast<unsigned>(op.a), static_cast<unsigned>(op.b),
                             static_cast<unsigned>(op.c), static_cast<unsigned>(op.d)})
      text += " " + std::to_string(n);
    text += "\n";
  }
  return text;
}

std::vector<Op> smallest(std::vector<Op> ops, const char* wrong, Fault fault = Fault::none) {
  return test::shrunk(std::move(ops), [&](const std::vector<Op>& fewer) {
    const char* now = run(fewer, fault).wrong;
    return now != nullptr && std::strcmp(now, wrong) == 0;
  });
}

void check_sequences(const char* name, std::uint64_t count, std::uint32_t longest, Met& met) {
  const std::uint64_t seed = test::number_from("BOWLINE_PROPERTY_SEED", 1);
  std::printf("%s: seed %llu, %llu sequences", name, static_cast<unsigned long long>(seed), static_cast<unsigned long long>(count));
  std::fflush(stdout);
  const auto begun = std::chrono::steady_clock::now();
  std::uint64_t events = 0;
  for (std::uint64_t n = 0; n < count; ++n) {
    std::vector<Op> ops = random_ops(test::seed_of(seed, n), longest);
    const Verdict v = run(ops, Fault::none, &met);
    events += v.events;
    if (v.wrong == nullptr) continue;
    ops.resize(v.at + 1);
    const auto few = smallest(ops, v.wrong);
    std::printf("\n");
    FAIL("seed " << seed << ", sequence " << n << ": not so: " << v.wrong << "\nthe steps that break it:\n" << told(few));
  }
  std::printf(", %llu events, %.1f s\n", static_cast<unsigned long long>(events),
              std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count());
}

}  // namespace

TEST_CASE("property: random events of orders never reach an undefined state, and every sum adds up after each") {
  const std::uint64_t count = test::sequences(1'050'000);
  Met met;
  check_sequences("property of orders", count, 16, met);
  if (count < 20'000) return;
  // It has met all that it speaks of: every row, every way a fill is booked, every reason why it is not.
  for (const Transition& t : order_transitions) {
    INFO(to_string(t.from) << " + " << to_string(t.event));
    CHECK(met.rows[static_cast<std::size_t>(t.from)][static_cast<std::size_t>(t.event)] > 0);
  }
  for (const std::uint64_t n : met.booked) CHECK(n > 100);
  CHECK(met.refused == std::set<std::string>{"FILL_BEYOND_ORDER", "FILL_BEYOND_POSITION", "FILL_CONTRADICTS", "FILL_MISMATCH",
                                             "FILL_NOT_POSITIVE", "FILL_WITHOUT_ID"});
  for (const std::uint64_t n : {met.owed, met.external_fills, met.amends, met.forgotten, met.came_back, met.renamed}) CHECK(n > 10);
}

TEST_CASE("property: the same over long lives, with orders that are forgotten and tables that are restored") {
  Met met;
  check_sequences("property of orders, long", test::sequences(1'050'000) / 1000 + 1, 2'000, met);
  CHECK(met.forgotten > 0);
}

TEST_CASE("the property's own test: a host that errs is found, and the steps are shrunk to the few that show it") {
  struct Case {
    Fault fault;
    const char* wrong;
    std::size_t most;
  };
  for (const Case& c : {Case{Fault::books_twice, "a position is the sum of its fills and fees", 3},
                        Case{Fault::forgets_base_fee, "a position is the sum of its fills and fees", 2},
                        Case{Fault::drops_unmanaged, "a wallet is the sum of what went in and out", 1}}) {
    bool found = false;
    for (std::uint64_t n = 0; n < 2'000 && !found; ++n) {
      std::vector<Op> ops = random_ops(test::seed_of(5, n), 16);
      const Verdict v = run(ops, c.fault);
      if (v.wrong == nullptr || std::strcmp(v.wrong, c.wrong) != 0) continue;
      found = true;
      ops.resize(v.at + 1);
      const auto few = smallest(ops, v.wrong, c.fault);
      INFO(told(few));
      CHECK(few.size() <= c.most);
      CHECK(run(few, c.fault).wrong != nullptr);
      CHECK(run(few).wrong == nullptr);
    }
    CHECK(found);
  }
}
