// That everything the engine keeps fits together.
#include <algorithm>

#include "engine.hpp"

namespace bowline::exchange {

Result<void> Engine::audit() const {
  if (auto ok = accounts_.audit(); !ok) return ok;
  const auto unsound = [](const Order& o, const char* what) {
    return Error{"UNSOUND", "order " + std::to_string(o.number) + ": " + what};
  };

  // Fills make up what the orders say.
  std::vector<Decimal> size(orders_.size()), value(orders_.size()), fees(orders_.size());
  std::vector<std::uint32_t> count(orders_.size());
  for (const Fill& f : fills_) {
    const std::size_t i = f.order - 1;
    size[i] += f.size;
    value[i] += f.value;
    fees[i] += f.commission;
    ++count[i];
  }
  std::vector<std::vector<Decimal>> held(users_.size(), std::vector<Decimal>(accounts_.currencies()));
  for (const Order& o : orders_) {
    const OrderState& s = o.state;
    const std::size_t i = o.number - 1;
    if (s.filled_size != size[i] || s.filled_value != value[i] || s.fees != fees[i] || s.fills != count[i])
      return unsound(o, "its fills do not make up what it says");
    if (!s.size.is_set() || s.filled_size > s.size) return unsound(o, "it is filled beyond its size");
    if (o.spends_quote() && s.filled_value + s.fees > o.request.quote_size) return unsound(o, "it spent more than it may");
    if (s.status == Status::filled && !o.spends_quote() && s.filled_size != s.size) return unsound(o, "it is not filled");
    if (is_final(s.status) != (open_of_[o.user.n].count(o.number) == 0)) return unsound(o, "it is listed as what it is not");
    if (s.hold != need(o)) return unsound(o, "it holds other than it needs");
    held[o.user.n][pays(o.side(), o.product)] += s.hold;
    if (o.node != 0 && (is_final(s.status) || markets_[book_number_[o.product]].book.node(o.node).order != o.number))
      return unsound(o, "it rests where it is not");
  }
  for (std::uint32_t u = 0; u < users_.size(); ++u)
    for (Currency c = 0; c < accounts_.currencies(); ++c)
      if (accounts_.of({u}, c).hold != held[u][c])
        return Error{"UNBALANCED", "user " + std::to_string(u) + " holds other than open orders need of " + accounts_.name(c)};

  for (std::uint32_t n = 0; n < markets_.size(); ++n) {
    const Book& book = markets_[n].book;
    const Book::Level *bid = book.best(Side::buy), *ask = book.best(Side::sell);
    if (matching(n) && bid != nullptr && ask != nullptr && bid->price >= ask->price)
      return Error{"UNSOUND", "the book of " + products_[n].id + " is crossed"};
    bool sound = true;
    for (const Side side : {Side::buy, Side::sell})
      book.walk(side, [&](const Book::Level& l) {
        Decimal sum;
        std::uint64_t before = 0;
        for (std::uint32_t i = l.first; i != 0; i = book.node(i).behind) {
          const Book::Node& node = book.node(i);
          if (node.order == 0 || node.order > orders_.size()) return sound = false;
          const Order& o = at(node.order);
          sound = sound && o.node == i && o.side() == side && work_price(o) == l.price && node.leaves == o.leaves() &&
                  node.leaves.is_positive() && o.place > before;
          before = o.place;
          sum += node.leaves;
        }
        return sound = sound && sum == l.users && !l.market.is_negative() && l.size().is_positive();
      });
    if (!sound) return Error{"UNSOUND", "the book of " + products_[n].id + " and its orders differ"};
  }
  return {};
}

}  // namespace bowline::exchange
