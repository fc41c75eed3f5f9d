// What a world is told of fills: booked in the model first, then handed over.
#include "unit/core/order_world.hpp"

namespace bowline::test::order_world {

FillReport World::report(const Known& k, std::string_view id, Decimal px, Decimal qty) const {
  FillReport r;
  r.id = id;
  r.fill.instrument = product(k.product).id;
  r.fill.side = k.sell ? Side::sell : Side::buy;
  r.fill.px = px;
  r.fill.qty = qty;
  r.fill.time = now_;
  return r;
}

void World::set_fee(const Known& k, FillReport& r, std::uint8_t kind) const {
  const Decimal fee = mul_int("0.25"_dec, 1 + kind / 8 % 4);
  switch (kind % 6) {
    case 2: r.fill.fee = fee; r.fill.fee_asset = usd; break;
    case 3: r.fill.fee = fee; r.fill.fee_asset = product(k.product).base; break;
    case 4: r.fill.fee = fee; r.fill.fee_asset = bnb; break;
    case 5: r.fill.fee = Decimal::zero(); r.fill.fee_asset = {}; break;
    default: break;
  }
}

void World::note_fee(Ref& f, const FillReport& r) {
  f.has_fee = r.fill.fee.is_set();
  if (!f.has_fee) return;
  f.told_fee = r.fill.fee;
  f.fee_asset = r.fill.fee_asset ? r.fill.fee_asset.value - 1 : 0;
}

bool World::book_it(Order& o, const FillReport& r, const char* code, BookedAs as, Decimal owed) {
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

void World::fill(Known& k, Order& o, const Op& op) {
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

void World::again(Known& k, Order& o, const Op& op, bool with_fee) {
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

void World::correct(Known& k, Order& o, const Op& op) {
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

void World::undo(Known& k, Order& o, const Op& op) {
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

}  // namespace bowline::test::order_world
