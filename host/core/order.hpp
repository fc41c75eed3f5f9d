// One order as the host knows it, and the table of them. Working orders are few and are kept in the order of their
// making; ended ones stay reachable for late reports up to a bound.
//
// What happens to a report of an order that was forgotten: find() does not know it. What the journal's file says was told
// before is passed over (execution_forgotten.cpp); anything new of it is taken for an order of others that is named as ours are,
// which blocks its product: its fill is booked as unmanaged until somebody has looked. How many ended ones are kept is
// execution.ended_orders; a question to the venue reaches back to an hour before the oldest of these: an order that is not
// done, one whose fills are missing, and the time when the balances last agreed.
#pragma once

#include <algorithm>
#include <bowline/result.hpp>
#include <cstring>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/boxed.hpp"
#include "core/fill.hpp"
#include "core/intent.hpp"
#include "core/order_state.hpp"

namespace bowline::core {

/// What an amend may change, and what a report tells of it. Not set (the end: 0) = as it is, or not told.
struct Terms {
  Decimal qty = Decimal::not_set(), limit_px = Decimal::not_set(), stop_px = Decimal::not_set();
  Nanos expire_ns = 0;
  Nanos as_of = 0;  // the venue's time of a report: by it an old one is told from a new one; 0 = not told
};

/// The amends of one order. While one is not answered, either terms may be in force.
struct Amends {
  Terms first;               // what the order was sent with
  Terms wanted;              // asked for last
  bool pending = false;      // and not answered yet
  Decimal most_qty;          // the largest quantity that ever was, or may have been, in force
  Nanos answered = 0;        // the venue's time of the last answer: one that is not newer is the last one, told twice
  Nanos seen = 0;            // and of the last word on what is in force: older terms are not in force any more
};

/// The venue's id of an order. Only the table gives it, so that the order is found by it.
class VenueId {
  std::string text_;
  friend class OrderTable;

 public:
  operator std::string_view() const noexcept { return text_; }
  bool empty() const noexcept { return text_.empty(); }
};

struct Order {
  Intent intent;                        // with the terms in force: an amend that was answered has changed them
  OrderState state = OrderState::recorded;
  bool external = false;                // not made by this host: found at the venue. Never amended, cancelled only by whoever
                                        // made it or in an emergency; its fills are unmanaged inventory (trading rules 5.6)
  bool nameless = false;                // external, and its client id is this host's own name for its venue id
  VenueId venue_id;
  std::string reason;
  Decimal cum_qty = Decimal::zero();    // filled, base
  Decimal cum_quote = Decimal::zero();  // filled, quote, before fees
  Decimal cum_fee = Decimal::zero();    // worth in the quote asset at the time of each fill; each fill has its own asset
  Decimal filled_before = Decimal::zero();  // external: filled before it was found; in the balances already, not in cum_qty
  Nanos updated = 0;
  bool cancel_asked = false;            // by this host, or an earlier process of it
  Nanos cancel_since = 0;               // when this process asked for it first; 0 = it did not
  bool at_venue = false;                // the venue has told that it works or fills, or did
  Nanos triggered = 0;                  // when its stop price was reached; 0 = not yet, or it has none
  std::uint64_t seq = 0;                // of the event that made it
  std::vector<BookedFill> fills;        // by whose ids each is booked once
  Boxed<Amends> amends;                 // none was ever asked for, or told

  ClientOrderId id() const noexcept { return ClientOrderId(intent.client_id()); }
  /// The client id by which the venue knows it; empty where it knows its own alone (bl_order_ref).
  std::string_view client_id_at_venue() const noexcept { return nameless ? std::string_view() : intent.client_id(); }
  /// What may still fill, in base units, never negative; not set for a market buy by cost (its quantity is not known yet).
  /// While an amend is not answered, of the larger of the two quantities that may be in force.
  Decimal leaves() const noexcept {
    Decimal most = intent.qty();
    if (!most.is_set()) return most;
    if (amends && amends->pending && amends->wanted.qty.is_set()) most = max(most, amends->wanted.qty);
    const Decimal rest = most - cum_qty - filled_before;
    return rest.is_negative() ? Decimal::zero() : rest;
  }
  /// What a fill may bring it to at most, over all terms it ever had; not set for a buy by cost.
  Decimal most_qty() const noexcept { return amends ? amends->most_qty : intent.qty(); }
  /// fill_all when nothing may fill any more, else fill_part: what its last fill was.
  OrderEvent fill_event() const noexcept {
    const Decimal rest = leaves();
    return rest.is_set() && rest.is_zero() ? OrderEvent::fill_all : OrderEvent::fill_part;
  }
  const BookedFill* fill(std::string_view fill_id) const noexcept;
  /// Whether what a report tells (not set and 0: not told) can be this order: the terms in force, those asked for, or, in
  /// an old report, those it was sent with (trading rules 2.2).
  bool agrees(const Terms& told) const noexcept;
  /// Whether a report shows all that the amend which is out asked for, and nothing against it: that answers it.
  bool shows_wanted(const Terms& told) const noexcept;
  /// Whether it tells something else than what the amend which is out asked for.
  bool contradicts_wanted(const Terms& told) const noexcept;
  /// The intent with the terms that may cost the most of those that may be in force: what limits count (rules 5.5).
  bl_intent worst_case() const noexcept;
};

// Thousands of ended ones are kept: what few of them have stands elsewhere.
static_assert(sizeof(Order) <= 448);
/// By how much the average price of what has filled is worse than the price that was decided by, as a share of that (trading
/// rules 1.4): positive when a buy paid more or a sale got less. Not set while nothing has filled, or without such a price.
Decimal slippage(Side side, Decimal decision_px, Decimal cum_qty, Decimal cum_quote) noexcept;

/// The most fills that one order may have: a venue that tells more of it tells nonsense.
inline constexpr std::size_t max_fills_per_order = 10'000;

/// What the venue tells of an order, as an intent: for adopt(). Its client id is as told, and may be empty.
Intent told_intent(const bl_exec& told) noexcept;

class OrderTable {
  struct Hash {
    // The text is padded with zeros: five words of it. Not noexcept, on purpose: then the table keeps each hash, and an
    // order that went cold long ago is not read again only because its neighbour in the table is looked for.
    std::size_t operator()(const ClientOrderId& id) const {
      std::uint64_t h = 0;
      for (std::size_t i = 0; i < id.text.size(); i += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, id.text.data() + i, 8);
        h = (h ^ word) * 0x9E3779B97F4A7C15u;
        h ^= h >> 32;
      }
      return h;
    }
  };
  using Orders = std::unordered_map<ClientOrderId, Order, Hash>;
  Orders by_id_;                  // looked up, never iterated; an order stays where it is
  Orders::node_type spare_;       // the place of the order forgotten last, for the next one
  std::vector<Order*> working_;   // not terminal, in order of making
  std::deque<Order*> done_;      // terminal, the one that ended first in front
  std::size_t keep_done_, max_external_;
  std::size_t external_ = 0;      // working orders that this host did not make
  std::uint64_t changes_ = 0;
  Nanos forgotten_ = 0;
  // Made when it is first asked for: a run whose orders all have client ids never pays for it. Looked up, never iterated.
  std::optional<std::unordered_map<std::string_view, Order*>> by_venue_id_;

  Order* place(const ClientOrderId& id);
  void started(Order& order);
  void ended(Order& order);
  void forget_oldest();
  void index(Order& order);

 public:
  /// `keep_done`: how many ended orders stay in memory for late reports (the store keeps them all), at least the last.
  /// `max_external`: how many working orders of others are adopted.
  explicit OrderTable(std::size_t keep_done = 20'000, std::size_t max_external = 1'000)
      : keep_done_(keep_done == 0 ? 1 : keep_done), max_external_(max_external) {
    // Mostly empty: what is looked for is nearly always not there yet, or the oldest, which no cache holds any more.
    by_id_.max_load_factor(0.25);
    by_id_.reserve(std::min<std::size_t>(keep_done, 20'000));
  }
  OrderTable(OrderTable&&) = default;  // its orders stay where they are
  OrderTable& operator=(OrderTable&&) = default;

  /// Takes a new order in state recorded. An id that is known already is refused (duplicate intent).
  Result<Order*> add(const Intent& intent, Nanos now, std::uint64_t seq);
  /// Takes an order that this host did not make, in state unknown: the caller then applies the event of the report that
  /// told of it (`found`, as a rule). `filled_before`: its cumulative quantity in that report, which the balances hold.
  /// Without a client id, or with one that another order has, it gets external_order_id(venue_id): the same one in
  /// every run. ORDER_WITHOUT_ID, ORDER_KNOWN (find() or find_venue() has it), ORDER_MALFORMED,
  /// EXTERNAL_ORDERS_FULL.
  Result<Order*> adopt(const Intent& told, std::string_view venue_id, Decimal filled_before, Nanos now, std::uint64_t seq);
  /// Takes back an order as snapshot() or the store has it. After a restart the caller applies `restarted` to what works.
  /// ORDER_WITHOUT_ID, DUPLICATE_INTENT.
  Result<Order*> restore(Order saved);
  /// Every order in memory: the ended ones, oldest first, then the working ones in the order of their making. Restored in
  /// this order they make the same table.
  std::vector<Order> snapshot() const;

  Order* find(const ClientOrderId& id);
  const Order* find(const ClientOrderId& id) const;
  /// By the venue's id. The first question makes an index of all orders.
  Order* find_venue(std::string_view venue_id);
  /// The venue names the order. False, and nothing changed, where another order in memory has that id (known once
  /// find_venue() was asked): the venue gives two orders one name.
  bool set_venue_id(Order& order, std::string_view venue_id);

  /// Applies one event; an unlisted pair is an error value and changes nothing: ORDER_EVENT_UNEXPECTED. The table of
  /// states knows no quantities, so these are held against it here: what works and has fills is partly filled; "filled"
  /// is said only of what is filled whole, else the end is a partial one; what has fills was neither refused nor absent.
  /// `terms` go with amend_sent (what is asked for: see check_amend for its errors), and with amended, amend_refused
  /// and found (what the venue says is in force; null or not set = as asked for, or not told).
  Result<void> apply(Order& order, OrderEvent event, Nanos now, const Terms* terms = nullptr);
  /// Whether the order may be asked for these terms now. ORDER_EVENT_UNEXPECTED, AMEND_IMPOSSIBLE (not our order, or one
  /// that does not rest), AMEND_PENDING (one at a time), AMEND_TERMS (nothing changes, or not what it can have). Steps
  /// and limits of the product are not looked at.
  static Result<void> check_amend(const Order& order, const Terms& wanted);

  const std::vector<Order*>& working() const noexcept { return working_; }
  /// Ended orders still in memory, oldest first.
  const std::deque<Order*>& done() const noexcept { return done_; }
  std::size_t size() const noexcept { return by_id_.size(); }
  /// Working orders that this host did not make; they are in working() too.
  std::size_t external() const noexcept { return external_; }
  /// The latest `updated` of an order that was forgotten; 0: none was. Our orders that changed later are all in memory.
  Nanos forgotten() const noexcept { return forgotten_; }
  /// Rises with every order added and every event applied.
  std::uint64_t changes() const noexcept { return changes_; }
};

}  // namespace bowline::core
