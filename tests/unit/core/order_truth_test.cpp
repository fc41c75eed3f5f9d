// A venue with a truth of its own, and a way to it on which everything is lost, doubled, overtaken and late. Whatever this
// host made of what it heard, asking the venue once brings it to that truth; and what was still on its way then does not
// take it away from there again.
#include <catch2/catch.hpp>

#include <array>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "core/booking.hpp"
#include "unit/core/random_ops.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using test::Rng;
using S = OrderState;
using E = OrderEvent;

namespace {

constexpr std::size_t products = 2;

const InstrumentTable& instruments() {
  static const InstrumentTable table = [] {
    InstrumentTable t;
    ProductRules rules;
    rules.base_step = rules.base_min = rules.quote_step = rules.px_step = "0.5"_dec;
    rules.quote_min = "1"_dec;
    rules.taker_fee = rules.maker_fee = Decimal::zero();
    t.asset("USD");
    for (const char* symbol : {"BTC-USD", "ETH-USD"}) REQUIRE(t.add(symbol, rules));
    return t;
  }();
  return table;
}
const Instrument& product(std::size_t i) { return instruments().all()[i]; }
Decimal halves(std::uint32_t n) { return mul_int("0.5"_dec, n); }

// ---- the venue --------------------------------------------------------------------------------------------------------

struct VenueFill {
  std::string id;
  Decimal px, qty;
  Nanos changed = 0;  // when it was corrected or taken back
  bool corrected = false, undone = false;
};
struct VenueOrder {
  std::string client, name;
  std::size_t product = 0;
  bool sell = false;
  Decimal qty, limit;
  S state = S::open;  // open, filled, cancelled, expired or rejected
  std::vector<VenueFill> fills;

  Decimal cum() const {
    Decimal sum;
    for (const VenueFill& f : fills)
      if (!f.undone) sum += f.qty;
    return sum;
  }
};

/// One report on its way.
struct Message {
  std::size_t order = 0;
  E event = E::acked;
  bool is_fill = false;
  VenueFill fill;
  Terms terms;
};

struct Op {
  std::uint8_t what = 0, order = 0, a = 0, b = 0;
};

class Story {
  OrderTable table_{64, 16};
  Portfolio book_{instruments(), {1}, "0.0005"_dec};
  std::vector<VenueOrder> venue_;
  std::vector<Message> way_;
  std::vector<ClientOrderId> ours_;
  Nanos clock_ = 1;  // the venue's
  std::uint32_t names_ = 0, fills_ = 0;
  const char* wrong_ = nullptr;

  void check(bool holds, const char* what) {
    if (!holds && wrong_ == nullptr) wrong_ = what;
  }
  void say(std::size_t order, E event, Terms terms = {}) {
    terms.as_of = ++clock_;
    way_.push_back({order, event, false, {}, terms});
  }
  void say(std::size_t order, const VenueFill& fill) { way_.push_back({order, E::fill_part, true, fill, {}}); }

  // -- what happens at the venue

  void submit(const Intent& i) {
    VenueOrder v;
    v.client = i.client_id();
    v.name = "v" + std::to_string(names_++);
    v.product = i.abi.instrument - 1;
    v.sell = i.side() == Side::sell;
    v.qty = i.qty();
    v.limit = i.limit_px();
    venue_.push_back(std::move(v));
    say(venue_.size() - 1, E::acked);
  }
  void execute(std::size_t n, const Op& op) {
    VenueOrder& v = venue_[n];
    if (v.state != S::open) return;
    const Decimal rest = v.qty - v.cum();
    VenueFill f;
    f.id = "f" + std::to_string(fills_++);
    f.px = halves(1 + op.b % 20);
    f.qty = op.a % 3 == 0 ? rest : min(rest, halves(1 + op.a % 8));
    v.fills.push_back(f);
    say(n, f);
    if (v.cum() == v.qty) v.state = S::filled;
  }
  void end(std::size_t n, S state, E event) {
    if (venue_[n].state != S::open) return;
    if (state == S::rejected && !venue_[n].fills.empty()) return;
    venue_[n].state = state;
    say(n, event);
  }
  void change_terms(std::size_t n, const Terms& t, bool asked) {
    VenueOrder& v = venue_[n];
    const Decimal qty = t.qty.is_set() ? t.qty : v.qty;
    if (v.state != S::open || qty <= v.cum()) {
      if (asked) say(n, E::amend_refused);
      return;
    }
    v.qty = qty;
    if (t.limit_px.is_set()) v.limit = t.limit_px;
    Terms told;
    told.qty = v.qty;
    told.limit_px = v.limit;
    say(n, E::amended, told);
  }
  void change_fill(std::size_t n, const Op& op) {
    VenueOrder& v = venue_[n];
    if (v.fills.empty()) return;
    VenueFill& f = v.fills[op.a % v.fills.size()];
    if (f.undone) return;
    const bool whole = v.state == S::filled;
    f.changed = ++clock_;
    if (op.b % 2 == 0) {
      f.undone = true;
    } else {
      const Decimal rest = v.qty - v.cum();
      f.corrected = true;
      f.px = halves(1 + op.b % 20);
      f.qty = op.b % 4 == 1 && rest.is_positive() ? f.qty + rest : max(halves(1), f.qty - halves(op.b % 3));
    }
    say(n, f);
    if (whole && v.cum() < v.qty) v.state = S::cancelled;
    if (v.state == S::open && v.cum() == v.qty) v.state = S::filled;
  }

  // -- what the host does and hears

  Order* order_of(const VenueOrder& v) {
    if (Order* o = v.client.empty() ? nullptr : table_.find(ClientOrderId(v.client))) return o;
    return table_.find_venue(v.name);
  }
  void apply(Order& o, E event, const Terms* terms = nullptr) {
    const bool row = next_state(o.state, event).has_value();
    check(table_.apply(o, event, 1, terms).ok() == row || event == E::amend_sent, "an event is taken when it has a row");
  }
  void book(Order& o, const VenueOrder& v, const VenueFill& f) {
    FillReport r;
    r.id = f.id;
    r.fill.instrument = product(v.product).id;
    r.fill.side = v.sell ? Side::sell : Side::buy;
    r.fill.px = f.px;
    r.fill.qty = f.qty;
    r.fill.fee = Decimal::zero();
    r.correction = f.corrected;
    r.reversal = f.undone;
    r.told = f.changed;
    const auto done = book_fill(o, book_, r);
    if (!done) {
      // Its terms have not been heard of yet; it is in the listing, later.
      check(done.error().code == "FILL_BEYOND_ORDER", "a true fill is refused only while it can't be the order's");
      return;
    }
    if (done->event) apply(o, *done->event);
  }
  void hear(const Message& m) {
    VenueOrder& v = venue_[m.order];
    Order* o = order_of(v);
    if (o == nullptr) {
      o = adopt(v);
      if (o == nullptr) return;
    }
    if (m.is_fill) return book(*o, v, m.fill);
    apply(*o, m.event, &m.terms);
  }
  Order* adopt(const VenueOrder& v) {
    bl_exec told{};
    told.h.instrument = product(v.product).id.value;
    told.side = v.sell ? BL_SELL : BL_BUY;
    told.type = BL_LIMIT;
    told.tif = BL_GTC;
    told.qty = v.qty.raw();
    told.limit_px = v.limit.raw();
    std::memcpy(told.client_id, v.client.data(), v.client.size());
    const auto made = table_.adopt(told_intent(told), v.name, Decimal::zero(), 1, 1);
    check(made.ok(), "an order of others is adopted");
    return made ? *made : nullptr;
  }
  void restart() {
    OrderTable anew(64, 16);
    for (Order& o : table_.snapshot()) check(anew.restore(std::move(o)).ok(), "an order is restored");
    table_ = std::move(anew);
    const std::vector<Order*> working = table_.working();
    for (Order* o : working) apply(*o, E::restarted);
  }

 public:
  Story() {
    // Enough of everything, ours and not, that nothing is ever sold short.
    for (std::uint32_t a = 1; a <= products + 1; ++a) check(book_.set_cash({a}, halves(20'000)), "a balance is taken");
    for (std::size_t p = 0; p < products; ++p) check(book_.adopt(product(p).id, halves(10'000), halves(10), 1).ok(), "coins are adopted");
    static_cast<void>(table_.find_venue("nobody"));
  }
  Story(const Story&) = delete;

  void step(const Op& op) {
    const std::size_t n = venue_.empty() ? 0 : op.order % venue_.size();
    Order* o = ours_.empty() ? nullptr : table_.find(ours_[op.order % ours_.size()]);
    const auto at_venue = [&]() -> std::size_t {
      for (std::size_t i = 0; i < venue_.size(); ++i)
        if (!venue_[i].client.empty() && o != nullptr && venue_[i].client == o->intent.client_id()) return i;
      return venue_.size();
    };
    switch (op.what % 16) {
      case 0:
      case 1: {  // an order of ours; it leaves or not, and the host knows or not
        Intent i = blank_intent();
        const std::string id = "bl-" + std::to_string(ours_.size());
        std::memcpy(i.abi.client_id, id.data(), id.size());
        i.abi.instrument = product(op.a % products).id.value;
        i.abi.side = op.b % 2 == 0 ? BL_BUY : BL_SELL;
        i.abi.type = BL_LIMIT;
        i.abi.tif = BL_GTC;
        i.abi.qty = halves(2 + op.b % 10).raw();
        i.abi.limit_px = halves(10).raw();
        const auto made = table_.add(i, 1, 1);
        check(made.ok(), "a new intent becomes an order");
        if (!made) return;
        ours_.emplace_back(id);
        if (op.a % 8 < 6) submit(i);
        if (op.a % 16 == 9) return restart();  // killed between the journal and the wire, or just after it
        apply(**made, op.a % 8 == 7 ? E::deny : E::handed_over);
        if (op.b % 4 == 3 && (*made)->state == S::submitted) apply(**made, E::timed_out);
        return;
      }
      case 2:  // a cancel: it arrives or not
        if (o == nullptr || !next_state(o->state, E::cancel_sent)) return;
        apply(*o, E::cancel_sent);
        if (const std::size_t at = at_venue(); op.a % 4 != 0 && at < venue_.size()) {
          if (venue_[at].state == S::open) end(at, S::cancelled, E::cancelled);
          else say(at, E::cancel_refused);
        }
        return;
      case 3: {  // an amend: the same
        if (o == nullptr) return;
        Terms t;
        t.qty = halves(1 + op.a % 16);
        if (op.b % 3 == 0) t.limit_px = halves(1 + op.b % 20);
        if (!OrderTable::check_amend(*o, t)) return;
        apply(*o, E::amend_sent, &t);
        if (const std::size_t at = at_venue(); op.b % 4 != 0 && at < venue_.size()) change_terms(at, t, true);
        return;
      }
      case 4: {  // somebody else's order
        VenueOrder v;
        v.name = "v" + std::to_string(names_++);
        v.product = op.a % products;
        v.sell = op.b % 2 == 0;
        v.qty = halves(1 + op.b % 10);
        v.limit = halves(10);
        if (op.a % 4 == 3) v.client = "web-" + v.name;
        venue_.push_back(std::move(v));
        if (op.a % 2 == 0) say(venue_.size() - 1, E::acked);
        return;
      }
      case 5:
        if (!venue_.empty() && op.b % 4 == 0) end(n, S::expired, E::expired);
        if (!venue_.empty() && op.b % 4 == 1) end(n, S::cancelled, E::cancelled);
        if (!venue_.empty() && op.b % 4 == 2) end(n, S::rejected, E::rejected);
        if (!venue_.empty() && op.b % 4 == 3) {  // somebody else amends it
          Terms t;
          t.qty = halves(1 + op.a % 20);
          change_terms(n, t, false);
        }
        return;
      case 6:
        if (!venue_.empty() && op.b % 2 == 0) change_fill(n, op);
        return;
      case 7:
        if (op.a % 4 == 0) restart();
        // A proof that was none: the order is at the venue all the same.
        if (op.a % 4 == 1 && o != nullptr && (o->state == S::unknown || o->state == S::submitted)) apply(*o, E::proved_absent);
        if (op.a % 4 == 2 && o != nullptr && !is_terminal(o->state)) apply(*o, E::timed_out);
        return;
      case 8:
      case 9:
      case 10:
        if (!venue_.empty()) execute(n, op);
        return;
      default: {  // a report arrives, is lost, or arrives and comes again
        if (way_.empty()) return;
        const std::size_t at = op.a % way_.size();
        const Message m = way_[at];
        if (op.b % 4 != 0) hear(m);
        if (op.b % 4 != 1) way_.erase(way_.begin() + static_cast<std::ptrdiff_t>(at));
        return;
      }
    }
  }

  /// The venue is asked: what it has, with which terms, what of it has filled, and what of ours it has not.
  void ask() {
    ++clock_;
    for (VenueOrder& v : venue_) {
      Order* o = order_of(v);
      if (o == nullptr) o = adopt(v);
      if (o == nullptr) return;
      Terms t;
      t.qty = v.qty;
      t.limit_px = v.limit;
      t.as_of = clock_;
      if (v.state == S::open) apply(*o, E::found, &t);
      else if (next_state(o->state, E::amended)) apply(*o, E::amended, &t);
      if (o->amends && o->amends->pending) apply(*o, E::amend_refused);  // what is there is what it is
      // Through the listing twice: what did not fit fits when what the venue took back is out.
      for (int pass = 0; pass < 2; ++pass)
        for (const VenueFill& f : v.fills) book(*o, v, f);
      const bool whole = v.cum() == v.qty;
      switch (v.state) {
        case S::filled: apply(*o, whole ? E::fill_all : E::filled_short); break;
        case S::cancelled: apply(*o, E::cancelled); break;
        case S::expired: apply(*o, E::expired); break;
        case S::rejected: apply(*o, E::rejected); break;
        default: apply(*o, E::found, &t); break;  // its terms came before its fills; whether it works, after them
      }
    }
    const std::vector<Order*> working = table_.working();
    for (Order* o : working) {
      bool there = false;
      for (const VenueOrder& v : venue_) there = there || order_of(v) == o;
      if (there) continue;
      for (int poll = 0; poll < 3; ++poll) apply(*o, E::absent);
      apply(*o, E::proved_absent);
    }
  }

  void judge() {
    std::array<Decimal, products> ours{}, theirs{};
    Decimal cash = halves(20'000);
    for (VenueOrder& v : venue_) {
      const Order* o = order_of(v);
      if (o == nullptr) return check(false, "every order of the venue is known here");
      check(o->cum_qty == v.cum(), "what filled there has filled here");
      check(o->intent.qty() == v.qty, "the quantity in force there is in force here");
      const bool works = v.state == S::open;
      check(is_terminal(o->state) != works, "what works there works here, and what ended there has ended here");
      // An end by other means with everything filled may be called filled; and one partial end is as good as another.
      const auto part = [](S s) { return s == S::cancelled || s == S::expired; };
      if (!works)
        check(o->state == v.state || (o->state == S::filled && v.cum() == v.qty) || (part(o->state) && part(v.state)),
              "it ended here as it ended there");
      for (const VenueFill& f : v.fills) {
        if (f.undone) continue;
        const Decimal notional = mul(f.px, f.qty, Rounding::half_even);
        cash += v.sell ? notional : -notional;
        Decimal& coins = o->external ? theirs[v.product] : ours[v.product];
        coins += v.sell ? -f.qty : f.qty;
      }
    }
    for (std::size_t p = 0; p < products; ++p) {
      check(book_.position(product(p).id).qty == halves(10'000) + ours[p], "a position is what our orders made of it");
      check(book_.unmanaged(product(p).id) == halves(10'000) + theirs[p], "the rest is what the orders of others made of it");
    }
    check(book_.cash({1}) == cash, "cash is what all of them left");
    check(book_.books_agree(), "the ledger adds up");
    for (const ClientOrderId& id : ours_) check(table_.find(id) != nullptr, "no order of ours is lost");
  }

  const char* run(const std::vector<Op>& ops) {
    for (const Op& op : ops) {
      step(op);
      if (wrong_ != nullptr) return wrong_;
    }
    ask();
    judge();
    if (wrong_ != nullptr) return wrong_;
    // What was still on its way is old now.
    for (const Message& m : std::vector<Message>(way_)) hear(m);
    judge();
    return wrong_;
  }
};

std::vector<Op> random_ops(std::uint64_t seed) {
  Rng rng(seed);
  std::vector<Op> ops(6 + rng.below(30));
  for (Op& op : ops) {
    const std::uint64_t r = rng.next();
    op = {static_cast<std::uint8_t>(r), static_cast<std::uint8_t>(r >> 8), static_cast<std::uint8_t>(r >> 16),
          static_cast<std::uint8_t>(r >> 24)};
  }
  ops[0].what = 0;
  return ops;
}

}  // namespace

TEST_CASE("property: whatever is lost, doubled or overtaken, one answer of the venue brings orders and book to its truth") {
  const std::uint64_t seed = test::number_from("BOWLINE_PROPERTY_SEED", 1), count = test::sequences(200'000);
  std::printf("property of the venue's truth: seed %llu, %llu sequences\n", static_cast<unsigned long long>(seed),
              static_cast<unsigned long long>(count));
  for (std::uint64_t n = 0; n < count; ++n) {
    const std::vector<Op> ops = random_ops(test::seed_of(seed, n));
    const char* wrong = Story().run(ops);
    if (wrong == nullptr) continue;
    const auto few = test::shrunk(ops, [&](const std::vector<Op>& fewer) {
      const char* now = Story().run(fewer);
      return now != nullptr && std::strcmp(now, wrong) == 0;
    });
    std::string text;
    for (const Op& op : few)
      text += "  " + std::to_string(op.what % 16) + " order " + std::to_string(op.order) + " a " + std::to_string(op.a) + " b " +
              std::to_string(op.b) + "\n";
    FAIL("seed " << seed << ", sequence " << n << ": not so: " << wrong << "\nthe steps that break it:\n" << text);
  }
}
