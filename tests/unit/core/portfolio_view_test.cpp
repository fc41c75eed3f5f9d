// The view that rules judge by: however it came about, it says what a view made anew would say.
#include <catch2/catch.hpp>

#include <cstring>
#include <rapidcheck.h>

#include "core/portfolio_view.hpp"
#include "unit/core/market.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;

namespace {

template <class T>
bool same_rows(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

bool same(const PortfolioView& a, const PortfolioView& b) {
  const bl_portfolio &x = a.get(), &y = b.get();
  if (x.n_working != y.n_working) return false;
  for (std::uint32_t i = 0; i < x.n_working; ++i)
    if (std::memcmp(x.working[i]->intent, y.working[i]->intent, sizeof(bl_intent)) != 0 ||
        x.working[i]->state != y.working[i]->state ||
        Decimal::from_raw(x.working[i]->leaves_qty) != Decimal::from_raw(y.working[i]->leaves_qty))
      return false;
  return same_rows(a.parts().positions, b.parts().positions) && same_rows(a.parts().marks, b.parts().marks) &&
         same_rows(a.parts().balances, b.parts().balances) && x.n_positions == y.n_positions && x.n_marks == y.n_marks &&
         x.positions == a.parts().positions.data() && x.marks == a.parts().marks.data() &&
         std::memcmp(&x.equity, &y.equity, sizeof x.equity) == 0 && std::memcmp(&x.peak_equity, &y.peak_equity, sizeof x.equity) == 0 &&
         x.now_ns == y.now_ns && x.version == y.version && x.state == y.state;
}

Intent intent(int n, InstrumentId id, Decimal qty) {
  Intent i = blank_intent();
  const std::string name = "bl-" + std::to_string(n);
  std::memcpy(i.abi.client_id, name.data(), name.size());
  i.abi.instrument = id.value;
  i.abi.side = BL_BUY;
  i.abi.qty = qty.raw();
  return i;
}

}  // namespace

TEST_CASE("a view that is built again and again is the view built once") {
  CHECK(rc::check("after any events", [] {
    test::Market m;
    Portfolio book = m.book("10000"_dec);
    OrderTable orders;
    PortfolioView kept;
    int made = 0;
    const int n = *rc::gen::inRange(1, 60);
    for (int step = 0; step < n; ++step) {
      const InstrumentId id = *rc::gen::element(m.btc, m.bnb);
      switch (*rc::gen::inRange(0, 7)) {
        case 0:
        case 1: book.set_mark(id, test::mark_at(Decimal::from_mantissa(*rc::gen::inRange(1, 100000), -2), step)); break;
        case 2: {
          Fill f;
          f.instrument = id;
          f.side = *rc::gen::element(Side::buy, Side::sell);
          f.px = Decimal::from_mantissa(*rc::gen::inRange(1, 100000), -2);
          f.qty = Decimal::from_mantissa(*rc::gen::inRange(1, 100), -3);
          f.fee = "0.01"_dec;
          f.fee_asset = *rc::gen::element(m.usd, m.btc_asset, m.xyz);
          static_cast<void>(book.apply(f));
          break;
        }
        case 3: {
          auto o = orders.add(intent(++made, id, "1"_dec), step, 1);
          if (*rc::gen::arbitrary<bool>()) static_cast<void>(orders.apply(**o, OrderEvent::handed_over, step));
          break;
        }
        case 4:
          if (!orders.working().empty()) {
            Order& o = *orders.working().front();
            if (o.state == OrderState::recorded) static_cast<void>(orders.apply(o, OrderEvent::handed_over, step));
            const auto event = *rc::gen::element(OrderEvent::fill_part, OrderEvent::cancel_sent, OrderEvent::cancelled);
            if (orders.apply(o, event, step) && event == OrderEvent::fill_part) o.cum_qty = o.cum_qty + "0.001"_dec;
          }
          break;
        case 5: kept.add_working(intent(++made + 100000, id, "2"_dec).abi); break;
        default: book.close_step(step); break;
      }
      kept.build(book, orders, TradingState::active, step);
      PortfolioView anew;
      anew.build(book, orders, TradingState::active, step);
      RC_ASSERT(same(kept, anew));
    }
  }));
}

TEST_CASE("an order approved a moment ago stands in the view as one that may still fill, and goes with the next build") {
  test::Market m;
  Portfolio book = m.book("10000"_dec);
  const OrderTable orders;
  PortfolioView view;
  view.build(book, orders, TradingState::active, 1);
  view.add_working(intent(1, m.btc, "2"_dec).abi);
  REQUIRE(view.get().n_working == 1);
  CHECK(view.get().working[0]->state == BL_S_PENDING);
  CHECK(Decimal::from_raw(view.get().working[0]->leaves_qty) == "2"_dec);
  view.build(book, orders, TradingState::active, 2);
  CHECK(view.get().n_working == 0);
}
