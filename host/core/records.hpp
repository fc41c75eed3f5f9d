// What the core writes down. Records are effects: the runtime hands them to a sink (the store's writer thread, or
// nothing), and every explanation is built from them alone. Owners: each table is written by one service
// (trading rules 4.2).
#pragma once

#include <bowline/decimal.hpp>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/types.hpp"

namespace bowline::core {

/// Text that repeats in millions of records (model ids, codes): shared, immutable, compared by content. Taking the text
/// it already has costs a comparison and no atomic count: slots that are written again each step mostly do.
class SharedText : public std::shared_ptr<const std::string> {
 public:
  using std::shared_ptr<const std::string>::shared_ptr;
  SharedText(std::shared_ptr<const std::string> text) noexcept : std::shared_ptr<const std::string>(std::move(text)) {}
  SharedText(const SharedText&) = default;
  SharedText(SharedText&&) noexcept = default;
  SharedText& operator=(SharedText&&) noexcept = default;
  SharedText& operator=(const SharedText& o) noexcept {
    if (get() != o.get()) std::shared_ptr<const std::string>::operator=(o);
    return *this;
  }
};

/// crypto_prices.candles: one final bar. Mantissas with their exponents, exact.
struct CandleRecord {
  std::uint64_t seq = 0;
  InstrumentId instrument;
  Nanos open_ns = 0, close_ns = 0;
  std::int8_t px_exp = 0, qty_exp = 0;
  std::int64_t open = 0, high = 0, low = 0, close = 0, volume = 0;
  bool acted_on = true;  // false: later than max_bar_delay, features only
};

/// crypto_prices.features: one frame, all instruments at one time. Column names by their hash, stored once.
struct FeatureRecord {
  Nanos time = 0;
  SharedText instance;            // the signal instance that selected the columns
  SharedText names_hash;          // features::feature_hash of the columns
  std::vector<InstrumentId> instruments;
  std::vector<std::uint32_t> quality;
  std::vector<double> values;     // rows x cols, row-major, NaN = missing
};

/// crypto_prices.signals: one prediction, immutable.
struct SignalRecord {
  Id128 id;                       // the decision id (trading rules 2.1)
  std::uint64_t seq = 0;
  Nanos time = 0;                 // event time of the decision
  InstrumentId instrument;
  Action action = Action::none;
  SharedText source, model;       // source: instance id, or "combined"
  double p_up = 0, p_flat = 0, p_down = 0, confidence = 0, weight = 0, threshold = 0, expected_move = 0;  // NaN = none
  Decimal ref_px = Decimal::not_set();
  Nanos horizon_ns = 0, valid_until = 0;
};

/// crypto_prices.signal_causes: what one instance said of what became a signal, and what its expected move is reckoned with.
struct CauseRecord {
  Id128 signal;
  std::uint64_t seq = 0;
  Nanos time = 0;
  std::uint32_t n = 0;            // among what was said of it, from 0
  SharedText instance, model;
  Action action = Action::none;
  double weight = 0;              // of the instance, where several are combined
  double p_up = 0, p_flat = 0, p_down = 0, expected_move = 0;        // NaN = none
  double return_up = 0, return_flat = 0, return_down = 0;            // mean over the horizon by class; NaN = not told
};

/// crypto_prices.contributions: what drove one instance's prediction most, in margin space of the class it acted on.
struct ContributionRecord {
  static constexpr std::int32_t bias = -1, rest = -2;  // instead of a column: the model's own, and the sum of all not listed
  Id128 signal;
  Nanos time = 0;
  SharedText instance;
  Action output = Action::none;   // BUY: up, SELL: down, HOLD: flat
  std::vector<std::pair<std::int32_t, double>> parts;  // column of the frame and contribution, the largest first
};

/// crypto_prices.signal_outcomes: what became of a BUY or SELL after its horizon. A tie is neither hit nor miss.
enum class Outcome : std::uint8_t { hit = 1, miss = 2, tie = 3 };
struct OutcomeRecord {
  Id128 signal;
  Nanos resolved_at = 0;
  Outcome outcome = Outcome::tie;
  double move = 0;                // return from reference to resolving close
};

/// One verdict of one check, binding or advisory. value and limit are in `unit` of the rule; text for the reader.
struct CheckRecord {
  SharedText rule_source;         // risk instance id, or "floor"
  std::uint8_t action = 0;        // 0 reject, 1 allow, 2 shrink
  std::string code;               // empty when allowed without remark
  Decimal value = Decimal::not_set(), limit = Decimal::not_set(), max_qty = Decimal::not_set();
  std::string reason;
  bool measure = false;           // for who explains, no verdict: a limit of the floor that was kept, or what a rule says of an exit, which it does not bind
};

/// crypto_transactions.decisions: what the bridge made of one signal, also when that was nothing.
struct DecisionRecord {
  Id128 id;                       // same as the signal's
  std::uint64_t seq = 0;
  Nanos time = 0;
  InstrumentId instrument;
  Action action = Action::none;
  SharedText code;                // "TARGET" when a target left, else why not: HOLD, EDGE_BELOW_COST, ...
  double target_weight = 0;       // NaN when no target left
  double held_weight = 0, expected_move = 0, cost = 0, max_position = 0, p_up = 0, threshold = 0;
  std::uint64_t portfolio_version = 0;
  std::vector<CheckRecord> checks;  // advisory
  /// crypto_transactions.decision_costs: what `cost` is made of, fractions of the price; no cost was reckoned: not told.
  struct Costs {
    double fee_rate = 0, half_spread_rate = 0, margin_rate = 0;  // the fee both ways
    bool gate = true;                                            // whether a move below it is refused
  };
  std::optional<Costs> costs;
};

/// crypto_transactions.order_netting: a target of the same product that lost to the one that was sized (trading rules 1.2).
struct LostTarget {
  Id128 decision;
  Purpose purpose = Purpose::entry;
  double weight = 0;
  Nanos valid_until = 0;
  std::string_view reason;        // OUTRANKED, REPLACED: static text
};

/// crypto_transactions.order_decisions: what execution made of one live target (sizing, netting, chain, floor).
struct SizingRecord {
  Id128 decision;
  std::uint64_t seq = 0;
  Nanos time = 0;
  InstrumentId instrument;
  Purpose purpose = Purpose::entry;
  SharedText code;                // "ORDER" when an intent left, else why not: AT_TARGET, BELOW_MIN_TRADE, ...
  ClientOrderId order;            // empty when none
  double target_weight = 0;
  Decimal equity = Decimal::not_set(), price = Decimal::not_set(), held_qty = Decimal::not_set(),
          wanted_qty = Decimal::not_set(), order_qty = Decimal::not_set();
  std::vector<CheckRecord> checks;  // binding: the chain, then the floor
  std::vector<LostTarget> lost;     // by rank, the highest first
};

/// crypto_transactions.orders: the order as it now stands (written again at each change).
struct OrderRecord {
  ClientOrderId id;
  Id128 decision;
  std::uint64_t seq = 0;
  InstrumentId instrument;
  Purpose purpose = Purpose::entry;
  Side side = Side::buy;
  OrderType type = OrderType::market;
  TimeInForce tif = TimeInForce::gtc;
  std::uint32_t flags = 0;
  Decimal qty = Decimal::not_set(), quote_qty = Decimal::not_set(), limit_px = Decimal::not_set(), stop_px = Decimal::not_set();
  Nanos expire_ns = 0, decided_ns = 0, updated_ns = 0;
  std::string state;              // core::to_string(OrderState)
  std::string venue_id, reason;
  Decimal cum_qty = Decimal::zero(), cum_quote = Decimal::zero(), cum_fee = Decimal::zero();
  Decimal decision_px = Decimal::not_set();  // for slippage against the decision price
};

/// crypto_transactions.order_events: each step of an order's life, in order.
struct OrderEventRecord {
  ClientOrderId order;
  std::uint64_t seq = 0;
  Nanos time = 0;
  std::string event, from, to, text;
};

/// crypto_transactions.venue_exchanges: what was sent to the venue about an order, and what it told that moved nothing; what
/// moved its state is in order_events.
struct ExchangeRecord {
  ClientOrderId order;
  std::uint64_t seq = 0;
  Nanos time = 0;
  std::string_view way;           // sent, told: static text
  std::string what, state, text;  // state: what handing over came to, or the order's state when it was told
  std::uint64_t again = 0;        // how often the one before it of its kind had been exchanged again by then
};

/// crypto_transactions.fills
struct FillRecord {
  std::string fill_id;            // unique at the venue
  ClientOrderId order;
  Id128 decision;
  std::uint64_t seq = 0;
  Nanos time = 0;
  InstrumentId instrument;
  Side side = Side::buy;
  std::uint8_t liquidity = 0;     // 0 unknown, 1 maker, 2 taker
  Decimal px = Decimal::not_set(), qty = Decimal::not_set(), fee = Decimal::not_set();
  AssetId fee_asset;
};

/// crypto_transactions.portfolio_history: one line after each step in which something changed, and each hour.
struct PortfolioRecord {
  Nanos time = 0;
  std::uint64_t version = 0;
  Decimal equity = Decimal::zero(), cash = Decimal::zero(), exposure = Decimal::zero(), realised = Decimal::zero(),
          unrealised = Decimal::zero(), fees = Decimal::zero(), peak = Decimal::zero();
};

/// crypto_transactions.rebalances: one plan.
struct RebalanceRecord {
  std::string id;                 // derived from the time, the instance and, if it was commanded, the request
  std::uint64_t seq = 0;          // among the plans of that time, from 1
  Nanos time = 0;
  SharedText instance;
  std::uint64_t portfolio_version = 0;
  std::vector<std::pair<InstrumentId, double>> weights;
};

/// crypto_transactions.core_events: incidents. Commands stand in audit, what the venue reports in order_events and fills.
struct EventRecord {
  std::uint64_t seq = 0;
  Nanos time = 0;
  std::string type;
  std::string payload;            // JSON
};

/// crypto_transactions.audit: who did what when, for commands and state changes.
struct AuditRecord {
  std::uint64_t seq = 0;
  Nanos time = 0;
  std::string principal, action, subject, reason, request_id;
};

using Record = std::variant<CandleRecord, FeatureRecord, SignalRecord, OutcomeRecord, DecisionRecord, SizingRecord,
                            OrderRecord, OrderEventRecord, FillRecord, PortfolioRecord, RebalanceRecord, EventRecord,
                            AuditRecord, CauseRecord, ContributionRecord, ExchangeRecord>;

/// Where records go. Called on the core thread only; must not block for longer than a full queue needs to drain.
class RecordSink {
 public:
  virtual ~RecordSink() = default;
  /// False: nobody listens, so the caller need not build records at all.
  virtual bool wanted() const noexcept = 0;
  virtual void put(Record&& record) = 0;
  /// End of a step: what was put since the last call may be written as one transaction.
  virtual void end_step(Nanos time) = 0;
};

}  // namespace bowline::core
