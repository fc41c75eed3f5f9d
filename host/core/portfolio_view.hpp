// The immutable view of the portfolio that plugins and the bridge get: the ABI's bl_portfolio over arrays that live
// here. Rebuilt once per step from the book, or filled from a message of the service that owns the book.
#pragma once

#include <bowline/plugin.h>

#include <vector>

#include "core/order.hpp"
#include "core/portfolio.hpp"

namespace bowline::core {

class PortfolioView {
 public:
  PortfolioView() = default;
  PortfolioView(const PortfolioView&) = delete;  // bl_portfolio points into the arrays
  PortfolioView& operator=(const PortfolioView&) = delete;

  /// Copies what the book and the working orders say at `now`.
  void build(const Portfolio& book, const OrderTable& orders, TradingState state, Nanos now);
  /// Adds one working order that the book does not know yet: an intent approved in the same frame.
  void add_working(const bl_intent& intent);
  /// Takes arrays that came from elsewhere; `head` brings the scalar fields.
  struct Parts {
    bl_portfolio head{};
    std::vector<bl_position> positions;
    std::vector<bl_balance> balances;
    std::vector<bl_mark> marks;
    std::vector<bl_intent> intents;   // one per working order
    std::vector<bl_working> working;  // intent pointers are set here
  };
  void assign(Parts parts);

  /// Valid until the next build or assign.
  const bl_portfolio& get() const noexcept { return parts_.head; }
  const Parts& parts() const noexcept { return parts_; }
  /// The mark of an instrument, or nullptr when it has none yet.
  const bl_mark* mark(InstrumentId id) const noexcept {
    for (const bl_mark& m : parts_.marks)
      if (m.instrument == id.value) return &m;
    return nullptr;
  }
  /// The quantity held; zero when flat.
  Decimal held(InstrumentId id) const noexcept {
    for (const bl_position& p : parts_.positions)
      if (p.instrument == id.value) return Decimal::from_raw(p.qty);
    return Decimal::zero();
  }

  /// Whether an order that buys it is working.
  bool buying(InstrumentId id) const noexcept {
    for (const bl_intent& i : parts_.intents)
      if (i.instrument == id.value && i.side == BL_BUY) return true;
    return false;
  }

 private:
  Parts parts_;
  std::vector<const bl_working*> pointers_;
  // What the rows were made of: while they stand only prices can have changed. Null: not made by build.
  const Portfolio* book_ = nullptr;
  const OrderTable* orders_ = nullptr;
  std::uint64_t book_changes_ = 0, order_changes_ = 0;
  void link();
  void scalars(const Portfolio& book, TradingState state, Nanos now);
  bool reprice(const Portfolio& book);
};

}  // namespace bowline::core
