// The market that is driven from outside: what it offers, what traded elsewhere, and what crosses when a product matches again.
#include <algorithm>
#include <set>

#include "engine.hpp"

namespace bowline::exchange {

void Engine::uncross(std::uint32_t n) {
  if (!matching(n)) return;
  Book& book = markets_[n].book;
  while (true) {
    const Book::Level *bid = book.best(Side::buy), *ask = book.best(Side::sell);
    if (bid == nullptr || ask == nullptr || bid->price < ask->price || (bid->first == 0 && ask->first == 0)) return;
    Order* b = bid->first == 0 ? nullptr : &at(book.node(bid->first).order);
    Order* a = ask->first == 0 ? nullptr : &at(book.node(ask->first).order);
    // The older one made the price; the market is always the newer one.
    const bool bid_made = a == nullptr || (b != nullptr && b->place < a->place);
    Order *maker = bid_made ? b : a, *taker = bid_made ? a : b;
    if (taker != nullptr && same_trader(*maker, *taker) && prevented(*taker, *maker)) continue;
    if (taker != nullptr && taker->request.post_only) {
      end(*taker, Status::cancelled, EndNote::post_only);
      continue;
    }
    const Decimal price = bid_made ? bid->price : ask->price, taken = bid_made ? ask->price : bid->price;
    const Decimal offered = b == nullptr ? bid->market : b->leaves(), asked = a == nullptr ? ask->market : a->leaves();
    const Cut c{min(offered, asked), value_of(min(offered, asked), price)};
    if (!c.value.is_set()) return;
    trade(n, taker, maker, bid_made ? Side::buy : Side::sell, price, c);
    if (taker == nullptr) book.reduce_market(bid_made ? Side::sell : Side::buy, taken, c.size);
  }
}

Result<void> Engine::set_market(std::string_view product, const std::vector<LevelView>& bids, const std::vector<LevelView>& asks,
                                const Decimal& last, std::int64_t now_ns) {
  note_market(product, bids, asks, last, now_ns);
  advance(now_ns);
  const auto number = product_number(product);
  if (!number) return Error{"PRODUCT_UNKNOWN", "there is no product " + std::string(product)};
  Decimal high = Decimal::zero(), low = most;
  for (const auto* side : {&bids, &asks}) {
    std::set<Decimal> prices;
    for (const LevelView& l : *side) {
      if (!usable(l.price, price_step) || !usable(l.size, amount_step))
        return Error{"MARKET_INVALID", "a level needs a price and a size above zero"};
      if (!mul(l.price, l.size, Rounding::up).is_set()) return Error{"MARKET_INVALID", "a level is worth more than can be held"};
      if (!prices.insert(l.price).second) return Error{"MARKET_INVALID", "a price stands there twice"};
    }
    if (side == &bids && !prices.empty()) high = *prices.rbegin();
    if (side == &asks && !prices.empty()) low = *prices.begin();
  }
  if (!bids.empty() && !asks.empty() && high >= low) return Error{"MARKET_INVALID", "the best bid is not below the best ask"};
  if (last.is_set() && !usable(last, price_step)) return Error{"MARKET_INVALID", "the last price can't be used"};
  const std::uint32_t n = book_number_[*number];
  markets_[n].book.set_market(Side::buy, bids);
  markets_[n].book.set_market(Side::sell, asks);
  uncross(n);
  if (last.is_set()) saw_price(markets_[n], last);
  finish(n);
  return {};
}

Result<void> Engine::trade_through(std::string_view product, const Decimal& price, const Decimal& size, std::int64_t now_ns) {
  note_trade(product, price, size, now_ns);
  advance(now_ns);
  const auto number = product_number(product);
  if (!number) return Error{"PRODUCT_UNKNOWN", "there is no product " + std::string(product)};
  if (!usable(price, price_step) || (size.is_set() && !usable(size, amount_step)))
    return Error{"MARKET_INVALID", "a trade needs a price and a size above zero"};
  const std::uint32_t n = book_number_[*number];
  Market& m = markets_[n];
  const Side maker = m.last.is_set() && price < m.last ? Side::buy : Side::sell;  // a fall is somebody selling into bids
  Decimal left = size;
  for (const Side side : {Side::buy, Side::sell}) {
    while (matching(n) && (!left.is_set() || left.is_positive())) {
      Order* o = nullptr;
      Decimal at_price;
      m.book.walk(side, [&](const Book::Level& l) {
        const bool beyond = side == Side::buy ? l.price > price : l.price < price;
        if (!beyond && !(options_.fills_on_touch && l.price == price)) return false;
        if (l.first != 0) o = &at(m.book.node(l.first).order);
        at_price = l.price;
        return o == nullptr;
      });
      if (o == nullptr) break;
      const Decimal part = left.is_set() ? min(left, o->leaves()) : o->leaves();
      const Cut c{part, value_of(part, at_price)};
      trade(n, nullptr, o, side, at_price, c);
      if (left.is_set()) left -= part;
    }
  }
  if (left.is_set() && left.is_positive() && matching(n)) print(n, ++trades_, price, left, maker);
  saw_price(m, price);
  finish(n);
  return {};
}

}  // namespace bowline::exchange
