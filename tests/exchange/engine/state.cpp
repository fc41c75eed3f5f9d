// The venue's state as text, and back.
#include <algorithm>

#include "archive.hpp"
#include "engine.hpp"
#include "fields.hpp"

namespace bowline::exchange {
namespace {

constexpr std::string_view title = "bowline-venue-state ";

bool amounts(std::initializer_list<Decimal> all) {  // small enough that sums of them fit
  return std::all_of(all.begin(), all.end(), [](const Decimal& d) { return d.is_set() && !d.is_negative() && d <= mul_int(most, 10'000); });
}
Error unsound(const std::string& what) { return {"STATE_UNSOUND", "the state can't be so: " + what}; }

}  // namespace

/// The parts of an engine that are its state, in their order; `market` holds the market's levels of each book, bids before asks.
struct Engine::Archive {
  std::uint64_t seed = 0;
  std::vector<std::string> currencies;
  std::vector<std::vector<Account>> rows;
  std::vector<std::array<std::vector<LevelView>, 2>> market;

  template <class A>
  void fields_of(A& a, Engine& e) {
    a.number(seed);
    a.number(e.now_ns_);
    a.number(e.sequence_);
    a.number(e.places_);
    a.number(e.trades_);
    const auto each = [&](auto& x) { fields(a, x); };
    a.list(currencies, [&](std::string& s) { a.text(s); });
    a.list(rows, [&](std::vector<Account>& r) { a.list(r, each); });
    a.list(e.users_, each);
    a.list(e.products_, each);
    a.list(e.orders_, each);
    a.list(e.fills_, each);
    a.list(e.markets_, [&](Market& m) {
      a.decimal(m.last);
      a.list(m.prints, each);
    });
    a.list(market, [&](auto& sides) {
      for (auto& side : sides) a.list(side, each);
    });
  }
};

std::string Engine::save() const {
  Archive all;
  all.seed = ids_.seed();
  all.currencies = accounts_.names();
  for (std::uint32_t u = 0; u < accounts_.rows(); ++u) all.rows.push_back(accounts_.row({u}));
  for (const Market& m : markets_) {
    auto& sides = all.market.emplace_back();
    for (const Side side : {Side::buy, Side::sell})
      m.book.walk(side, [&](const Book::Level& l) {
        if (l.market.is_positive()) sides[static_cast<std::size_t>(side)].push_back({l.price, l.market});
        return true;
      });
  }
  Writer w;
  all.fields_of(w, const_cast<Engine&>(*this));  // the list of fields serves both ways; a writer changes nothing
  std::string s = std::string(title) + std::to_string(state_version) + "\n" + w.take();
  s += "end " + std::to_string(checksum(s)) + "\n";
  return s;
}

Result<Engine> Engine::load(std::string_view s, const Options& options) {
  const auto malformed = [](std::size_t at) {
    return Error{"STATE_MALFORMED", "the state can't be read, at byte " + std::to_string(at)};
  };
  if (s.substr(0, title.size()) != title) return malformed(0);
  const std::size_t line = s.find('\n');
  if (line == std::string_view::npos) return malformed(s.size());
  if (s.substr(title.size(), line - title.size()) != std::to_string(state_version))
    return Error{"STATE_VERSION", "the state is of another version than " + std::to_string(state_version)};
  const std::size_t end = s.rfind("end ");
  if (end == std::string_view::npos || s.substr(end) != "end " + std::to_string(checksum(s.substr(0, end))) + "\n")
    return malformed(s.size());

  Engine e(options);
  Archive all;
  Reader r(s.substr(line + 1, end - line - 1));
  all.fields_of(r, e);
  if (!r.at_end()) return malformed(line + 1 + r.at());
  e.ids_ = Ids(all.seed);
  for (const std::vector<Account>& row : all.rows)
    if (row.size() > all.currencies.size()) return unsound("an account is of no currency");
  if (all.rows.size() != e.users_.size() || all.rows.size() < first_user) return unsound("users and accounts differ");
  if (all.market.size() != e.products_.size() || e.markets_.size() != e.products_.size()) return unsound("products and books differ");
  e.accounts_.restore(std::move(all.currencies), std::move(all.rows));
  if (auto ok = e.check_references(); !ok) return std::move(ok).error();
  for (std::uint32_t n = 0; n < e.products_.size(); ++n)
    for (const Side side : {Side::buy, Side::sell}) {
      const std::vector<LevelView>& levels = all.market[n][static_cast<std::size_t>(side)];
      for (const LevelView& l : levels)
        if (!usable(l.price, price_step) || !usable(l.size, amount_step) || !mul(l.price, l.size, Rounding::up).is_set())
          return unsound("a level of the market");
      e.markets_[n].book.set_market(side, levels);
    }
  if (auto ok = e.rebuild(); !ok) return std::move(ok).error();
  if (auto ok = e.audit(); !ok) return unsound(ok.error().message);
  return e;
}

/// That nothing points outside, and that numbers are where the engine relies on them. The checksum keeps accidents away; this, what
/// was written by hand.
Result<void> Engine::check_references() const {
  for (std::size_t u = first_user; u < users_.size(); ++u)
    if (!usable(users_[u].rates)) return unsound("rates of user " + std::to_string(u));
  for (std::size_t i = 0; i < orders_.size(); ++i) {
    const Order& o = orders_[i];
    const OrderState& s = o.state;
    const OrderRequest& r = o.request;
    const std::string which = "order " + std::to_string(i + 1);
    if (o.number != i + 1 || !accounts_.is_user(o.user) || o.product >= products_.size()) return unsound(which + ": its numbers");
    if (r.product_id != products_[o.product].id || judge_shape(r) != Refusal::none) return unsound(which + ": what was asked for");
    if (!usable(o.rates) || !amounts({s.size, s.filled_size, s.filled_value, s.fees, s.hold})) return unsound(which + ": its amounts");
    const bool limit = type(r.config) != OrderType::market;
    if (limit != s.limit_price.is_set() || (limit && !usable(s.limit_price, price_step))) return unsound(which + ": its price");
    if (r.stop_price.is_set() != s.stop_price.is_set() || (o.has_stop() && !usable(s.stop_price, price_step)))
      return unsound(which + ": its stop");
    if ((r.base_size.is_set() && !usable(r.base_size, amount_step)) || (r.quote_size.is_set() && !usable(r.quote_size, amount_step)))
      return unsound(which + ": its size");
    if (o.place > places_) return unsound(which + ": its place");
    if (o.created_ns > now_ns_) return unsound(which + ": its time");
    // What is on its way has done nothing yet; what is there and not at its end rests, or waits for its stop.
    const bool there = o.arrives_ns <= now_ns_, waits = type(r.config) == OrderType::stop_limit && !s.triggered;
    if (!there && (o.node != 0 || s.triggered || s.fills != 0 || s.status == Status::open || s.status == Status::edit_queued)) return unsound(which + ": it has not arrived");
    if (there && !is_final(s.status) && (s.status == Status::pending || (o.node == 0) != waits)) return unsound(which + ": where it is");
    if (is_final(s.status) && o.node != 0) return unsound(which + ": it ended and rests");
    if (o.node != 0 && !limit) return unsound(which + ": it can't rest");
    if (s.triggered && !o.has_stop()) return unsound(which + ": it has no stop");
  }
  for (std::size_t i = 0; i < fills_.size(); ++i) {
    const Fill& f = fills_[i];
    const std::string which = "fill " + std::to_string(i + 1);
    if (f.number != i + 1 || f.order == 0 || f.order > orders_.size() || f.trade > trades_) return unsound(which + ": its numbers");
    const Order& o = at(f.order);
    if (f.user != o.user || f.product != o.product || f.side != o.side()) return unsound(which + ": it is not of its order");
    if (!amounts({f.price, f.size, f.value, f.commission})) return unsound(which + ": its amounts");
  }
  for (const Market& m : markets_) {
    if (m.last.is_set() && !usable(m.last, price_step)) return unsound("a last price");
    for (const TradePrinted& t : m.prints)
      if (t.product >= products_.size() || !amounts({t.price, t.size})) return unsound("a print");
  }
  return {};
}

/// Makes all that follows from the rest: indexes, books, stops, timers.
Result<void> Engine::rebuild() {
  std::vector<Product> products;
  std::vector<Market> markets;
  products.swap(products_);
  markets.swap(markets_);
  for (const Product& p : products)
    if (auto ok = add_product(p); !ok) return unsound(ok.error().message);
  markets_ = std::move(markets);
  for (Market& m : markets_) m.low = m.high = m.last;
  orders_of_.resize(users_.size());
  fills_of_.resize(users_.size());
  open_of_.resize(users_.size());
  std::vector<Order*> resting;
  for (Order& o : orders_) {
    orders_of_[o.user.n].push_back(o.number);
    by_client_id_.insert_or_assign(client_key(o.user, o.request.client_order_id), o.number);
    if (is_final(o.state.status)) continue;
    open_of_[o.user.n].insert(o.number);
    if (o.waits_for_stop() && o.arrives_ns <= now_ns_) market_of(o).stops.add(o);
    if (o.node != 0) resting.push_back(&o);
    keep_timers(o);
  }
  for (const Fill& f : fills_) fills_of_[f.user.n].push_back(f.number);
  std::sort(resting.begin(), resting.end(), [](const Order* a, const Order* b) { return a->place < b->place; });
  for (Order* o : resting) {
    if (!o->leaves().is_positive() || !work_price(*o).is_positive()) return unsound("order " + std::to_string(o->number) + " rests with nothing");
    rest(*o);
  }
  for (Market& m : markets_) m.book.take_changes([](Side, const LevelView&) {});
  return {};
}

}  // namespace bowline::exchange
