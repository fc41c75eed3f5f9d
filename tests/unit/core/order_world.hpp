// A world of orders: the table, the book, and a model beside them that shares no code with what it judges: it adds and subtracts
// amounts, and knows nothing of states.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/booking.hpp"
#include "core/identity.hpp"
#include "unit/core/order_steps.hpp"

namespace bowline::test::order_world {

using namespace literals;
using S = OrderState;

constexpr std::size_t products = 3, assets = 5;  // USD; BTC, ETH and SOL; and BNB, in which some fees are
constexpr AssetId usd{1}, bnb{5};

const InstrumentTable& instruments();
inline const Instrument& product(std::size_t i) { return instruments().all()[i]; }

/// Halves: every product of two of them, and the fee on it, is exact.
inline Decimal halves(std::uint32_t n) { return mul_int("0.5"_dec, n); }

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
  void elsewhere(Decimal amount);
  /// Whether the book must take it.
  bool can_book(const Known& k, Decimal qty) const;
  void book(const Known& k, Ref& f);
  /// The fee goes out of what was held first, where it is in the base asset; or all of that comes back.
  void pay(const Known& k, Ref& f, bool out);
  Decimal unbook(const Known& k, Ref& f);
  Decimal cum(const Known& k) const;

  // -- what is judged

  /// Whether it is the venue's word that the order works, fills or did.
  static bool tells_of_it(E event);
  /// One event: with a row it must be taken and lead where the row or the sums say, without one nothing may change.
  void apply(Order& o, E event, const Terms* terms = nullptr);
  void judge();
  void judge_names();
  static std::string venue_name(std::uint8_t v) { return {'v', static_cast<char>('0' + v % 6)}; }

  // -- the steps

  FillReport report(const Known& k, std::string_view id, Decimal px, Decimal qty) const;
  /// 0 and 1: not told; then in quote, in base, in a third asset, and none.
  void set_fee(const Known& k, FillReport& r, std::uint8_t kind) const;
  void note_fee(Ref& f, const FillReport& r);
  static std::string fill_name(std::size_t n) { return {'f', static_cast<char>('a' + n)}; }
  /// Hands it over and holds the answer against what the model says must come of it: an error code, or a way of booking.
  bool book_it(Order& o, const FillReport& r, const char* code, BookedAs as, Decimal owed = Decimal::zero());
  void fill(Known& k, Order& o, const Op& op);
  void again(Known& k, Order& o, const Op& op, bool with_fee);
  void correct(Known& k, Order& o, const Op& op);
  void undo(Known& k, Order& o, const Op& op);
  /// A place for one more order: a new one, or that of an order that was forgotten.
  Known* place();
  void make(const Op& op);
  void adopt(const Op& op);
  void ask(Known& k, Order& o, const Op& op);
  void answer(Order& o, const Op& op);
  void restart();
  void flow(const Op& op);
  void rename(const Op& op);
  void coins(const Op& op, bool take);

 public:
  explicit World(Fault fault = Fault::none, Met* met = nullptr);
  World(const World&) = delete;

  /// What no longer holds after this step; null when all of it does.
  const char* step(const Op& op);
  std::uint64_t events() const noexcept { return events_; }
};

}  // namespace bowline::test::order_world
