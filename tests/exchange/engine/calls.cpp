// What was asked of the engine as text, and done again. The engine has neither clock nor dice, so its calls are all that its state
// follows from.
#include <algorithm>

#include "engine.hpp"
#include "fields.hpp"

namespace bowline::exchange {

/// One call with what it was given; of the fields only those that belong to `what` are written.
struct Engine::Call {
  enum class What : std::uint8_t { add_product, set_flags, add_user, set_rates, deposit, withdraw, place, cancel, edit, set_market, trade };
  What what = What::place;
  std::int64_t now_ns = 0;
  UserId user{};
  std::string text{};  ///< a product, an owner or a currency
  Product product_rules{};
  ProductFlags flags{};
  FeeRates rates{};
  Decimal amount{}, price{};
  OrderRequest order{};
  std::vector<std::string> ids{};
  EditRequest change{};
  std::vector<LevelView> bids{}, asks{};
};

namespace {

template <class A, class C>
void call_fields(A& a, C& c) {
  using What = typename C::What;
  const auto each = [&](auto& x) { fields(a, x); };
  a.choice(c.what, What::trade);
  a.number(c.now_ns);
  switch (c.what) {
    case What::add_product:
      return fields(a, c.product_rules);
    case What::set_flags:
      a.text(c.text);
      return fields(a, c.flags);
    case What::add_user:
      a.text(c.text);
      return fields(a, c.rates);
    case What::set_rates:
      a.number(c.user.n);
      return fields(a, c.rates);
    case What::deposit:
    case What::withdraw:
      a.number(c.user.n);
      a.text(c.text);
      return a.decimal(c.amount);
    case What::place:
      a.number(c.user.n);
      return fields(a, c.order);
    case What::cancel:
      a.number(c.user.n);
      return a.list(c.ids, [&](std::string& s) { a.text(s); });
    case What::edit:
      a.number(c.user.n);
      a.text(c.change.order_id);
      for (Decimal* d : {&c.change.price, &c.change.size, &c.change.stop_price}) a.decimal(*d);
      return;
    case What::set_market:
      a.text(c.text);
      a.list(c.bids, each);
      a.list(c.asks, each);
      return a.decimal(c.price);
    case What::trade:
      a.text(c.text);
      a.decimal(c.price);
      return a.decimal(c.amount);
  }
}

}  // namespace

void Engine::write(Call& c) {
  c.now_ns = std::max(now_ns_, c.now_ns);  // what the engine takes it for, however its clock was read in between
  Writer w;
  call_fields(w, c);
  *calls_ += w.take();
}

void Engine::note_product(const Product& p) {
  if (calls_ == nullptr) return;
  Call c{.what = Call::What::add_product, .now_ns = now_ns_};
  c.product_rules = p;
  write(c);
}
void Engine::note_flags(std::string_view product, const ProductFlags& flags, std::int64_t now_ns) {
  if (calls_ == nullptr) return;
  Call c{.what = Call::What::set_flags, .now_ns = now_ns, .text = std::string(product)};
  c.flags = flags;
  write(c);
}
void Engine::note_user(std::string_view owner, const FeeRates& rates, std::int64_t now_ns) {
  if (calls_ == nullptr) return;
  Call c{.what = Call::What::add_user, .now_ns = now_ns, .text = std::string(owner)};
  c.rates = rates;
  write(c);
}
void Engine::note_rates(UserId u, const FeeRates& rates) {
  if (calls_ == nullptr) return;
  Call c{.what = Call::What::set_rates, .now_ns = now_ns_, .user = u};
  c.rates = rates;
  write(c);
}
void Engine::note_money(bool in, UserId u, std::string_view currency, const Decimal& amount, std::int64_t now_ns) {
  if (calls_ == nullptr) return;
  Call c{.what = in ? Call::What::deposit : Call::What::withdraw, .now_ns = now_ns, .user = u, .text = std::string(currency)};
  c.amount = amount;
  write(c);
}
void Engine::note_place(UserId u, const OrderRequest& r, std::int64_t now_ns) {
  if (calls_ == nullptr) return;
  Call c{.what = Call::What::place, .now_ns = now_ns, .user = u};
  c.order = r;
  write(c);
}
void Engine::note_cancel(UserId u, std::span<const std::string> ids, std::int64_t now_ns) {
  if (calls_ == nullptr) return;
  Call c{.what = Call::What::cancel, .now_ns = now_ns, .user = u};
  c.ids.assign(ids.begin(), ids.end());
  write(c);
}
void Engine::note_edit(UserId u, const EditRequest& r, std::int64_t now_ns) {
  if (calls_ == nullptr) return;
  Call c{.what = Call::What::edit, .now_ns = now_ns, .user = u};
  c.change = r;
  write(c);
}
void Engine::note_market(std::string_view product, const std::vector<LevelView>& bids, const std::vector<LevelView>& asks,
                         const Decimal& last, std::int64_t now_ns) {
  if (calls_ == nullptr) return;
  Call c{.what = Call::What::set_market, .now_ns = now_ns, .text = std::string(product)};
  c.bids = bids;
  c.asks = asks;
  c.price = last;
  write(c);
}
void Engine::note_trade(std::string_view product, const Decimal& price, const Decimal& size, std::int64_t now_ns) {
  if (calls_ == nullptr) return;
  Call c{.what = Call::What::trade, .now_ns = now_ns, .text = std::string(product)};
  c.price = price;
  c.amount = size;
  write(c);
}

Result<void> Engine::replay(std::string_view calls) {
  Reader r(calls);
  while (r.good() && !r.at_end()) {
    const std::size_t at = r.at();
    Call c;
    call_fields(r, c);
    if (!r.good()) return Error{"CALLS_MALFORMED", "the calls can't be read, at byte " + std::to_string(at)};
    // What was refused then is refused again, and has changed nothing both times.
    switch (c.what) {
      case Call::What::add_product:
        static_cast<void>(add_product(c.product_rules));
        break;
      case Call::What::set_flags:
        static_cast<void>(set_flags(c.text, c.flags, c.now_ns));
        break;
      case Call::What::add_user:
        static_cast<void>(add_user(c.text, c.rates, c.now_ns));
        break;
      case Call::What::set_rates:
        advance(c.now_ns);
        static_cast<void>(set_rates(c.user, c.rates));
        break;
      case Call::What::deposit:
        static_cast<void>(deposit(c.user, c.text, c.amount, c.now_ns));
        break;
      case Call::What::withdraw:
        static_cast<void>(withdraw(c.user, c.text, c.amount, c.now_ns));
        break;
      case Call::What::place:
        place(c.user, c.order, c.now_ns);
        break;
      case Call::What::cancel:
        cancel(c.user, c.ids, c.now_ns);
        break;
      case Call::What::edit:
        edit(c.user, c.change, c.now_ns);
        break;
      case Call::What::set_market:
        static_cast<void>(set_market(c.text, c.bids, c.asks, c.price, c.now_ns));
        break;
      case Call::What::trade:
        static_cast<void>(trade_through(c.text, c.price, c.amount, c.now_ns));
        break;
    }
  }
  return {};
}

}  // namespace bowline::exchange
