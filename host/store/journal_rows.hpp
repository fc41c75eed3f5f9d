// What the rows of the journal say: one struct a kind, its one line of text, and the way back. A row names things by what
// they are called (symbol, asset code), never by a number of one configuration: the next run may have another.
#pragma once

#include <bowline/decimal.hpp>
#include <bowline/result.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/booking.hpp"
#include "core/instrument.hpp"
#include "core/intent.hpp"
#include "core/order.hpp"
#include "core/order_state.hpp"
#include "core/records.hpp"

namespace bowline::store {

/// Kinds as they stand in the file. What a reader does not know it may pass over, but for `intent`, `order` and `fill`.
namespace journal_kind {
inline constexpr std::string_view begin = "begin", intent = "intent", order = "order", fill = "fill", balance = "balance",
                                  state = "state", block = "block", step = "step", command = "command", target = "target", sizing = "sizing",
                                  external = "external", protection = "protection", reentry = "reentry", flow = "flow", inventory = "inventory", owed = "owed",
                                  journal = "journal", agreed = "agreed", end = "end";
}  // namespace journal_kind

/// A balance as the venue told it, taken into the book as it stands; in a row `agreed`, what it had of it when the two were the same.
struct BalanceRow {
  std::string asset;
  Decimal total;
};

/// One event of an order's life, with the state it led to.
struct OrderRow {
  core::ClientOrderId order;
  core::OrderEvent event{};
  core::OrderState to{};
  std::string venue_id;  ///< as known then; empty = not yet
  std::string text;      ///< the venue's own words
  core::Terms terms{};   ///< told with it and taken; nothing set: none were told
};

/// An order that this host did not make, as it was found: core::OrderTable::adopt() makes the same of it again.
struct ExternalRow {
  core::ClientOrderId order;  ///< what it is called here
  core::Intent told;          ///< its client id is the venue's, and may be empty
  std::string venue_id;
  Decimal filled_before;
};

/// A balance that changed without a trade (trading rules 5.6), as booked.
struct FlowRow {
  std::string asset;
  core::Flow kind{};
  Decimal amount;
};

/// One report of an execution as booked. `fee` may be not set: not told. `fee_worth`: in the quote asset, as it was booked
/// then. A row that changes a fill told before names it by `of_fill` in the file, not by `fill_id`: who knows fills alone
/// can't take it for one.
struct FillRow {
  core::ClientOrderId order;
  std::string fill_id, symbol;
  core::Side side{};
  Decimal px, qty, fee, fee_worth;
  std::string fee_asset;
  std::uint32_t liquidity = 0;
  core::BookedAs as = core::BookedAs::fill;
  bool corrected = false;  ///< what was told first of it is out of date
  core::Nanos told = 0;    ///< the venue's time of a correction or reversal
  core::Nanos at = 0;      ///< when it was known, where that is not the row's time; 0: it is
};

/// Inventory that the operator adopted at a price, or released; the same key and body move it once.
struct InventoryRow {
  std::string symbol;
  bool adopt = true;
  Decimal qty, px;  ///< px not set: released
  std::string key, body;
};

/// The trading state from here on, who wanted it and why (trading rules 3.4).
struct StateRow {
  core::TradingState state{};
  bool gate_open = true, frozen = false;
  bool looked = false;  ///< an operator's resume: what blocked a product is explained
  std::string who, why, request{};
};

/// An order has ended at the venue with another quantity than its fills add up to. `judged`: they had time to come.
struct OwedRow {
  core::ClientOrderId order;
  Decimal told;  ///< filled in all, as the venue says
  bool judged = false;
};

/// Nothing more is bought of it: the venue reported what can't be explained. `gone`: this reason is explained.
struct BlockRow {
  std::string symbol, code, text{};  ///< text: empty in rows of earlier versions
  core::ClientOrderId order{};       ///< empty: of none
  bool gone = false;
};

/// What a step left behind that can't be had from orders and fills. `settled` is the last step whose events all stand
/// before this row.
struct StepRow {
  core::Nanos settled = 0, day = -1;
  std::uint64_t version = 0, seq = 0;  ///< of the portfolio, and of the newest event
  Decimal peak, day_start, max_drawdown;
  Decimal day_notional;  ///< what was bought in the UTC day, and what works: for who reads; the orders and fills say it again
  Decimal net_flows = Decimal::zero(), day_flows = Decimal::zero();
  std::uint32_t loss_trips = 0, rolling_trips = 0, drawdown_trips = 0;  ///< how many times its limit the day's loss, that of 24 hours, and the fall from the peak, have tripped
  core::Nanos rolling_tripped = 0;                   ///< when that of 24 hours did last
  std::string marks{};                               ///< of the rolling day, those that no row before has
  std::vector<std::pair<std::string, Decimal>> best{};  ///< by symbol: the best price of a position, where it is another than was noted last
};

/// An operator's order, answered: the same key and body get the same answer after a restart, too.
struct CommandRow {
  std::string key, body;
  core::ClientOrderId order;
  Decimal qty;
  std::vector<core::CheckRecord> checks{};
};

/// A target that outlives its step: a plan's, or an exit that stands until all is sold. `gone` takes it off again.
struct TargetRow {
  std::string symbol;
  core::Purpose purpose{};
  double weight = 0;
  core::Nanos valid_until = 0;
  core::Id128 decision;
  Decimal ref_px;
  bool insists = false, gone = false;
  Decimal keep = Decimal::not_set();  ///< core::Target::keep
};

/// What a risk rule asked for to protect a position, as it was taken (core::ProtectionWish, its instrument by its symbol).
struct ProtectionRow {
  std::string symbol, source;
  Decimal stop_px, take_px = Decimal::not_set(), taken_px = Decimal::not_set();
  std::uint32_t share = 0, rule = 0;
};

/// Nobody buys of it before this time: a protection sold it (trading rules 1.3).
struct ReentryRow {
  std::string symbol;
  core::Nanos until = 0;
};

/// How a target became an order: core::SizingRecord, its instrument by its symbol.
struct SizingRow {
  std::string symbol;
  core::SizingRecord made;  ///< time and instrument are the row's and the reader's to fill in
};

std::string line(const SizingRow&);
std::string line(const BalanceRow&);
std::string line(const OrderRow&);
std::string line(const FlowRow&);
std::string line(const InventoryRow&);
/// `symbol` is that of its instrument.
std::string line(const ExternalRow&, std::string_view symbol);
std::string line(const FillRow&);
std::string line(const StateRow&);
std::string line(const BlockRow&);
std::string line(const OwedRow&);
std::string line(const StepRow&);
std::string line(const CommandRow&);
std::string line(const TargetRow&);
std::string line(const ProtectionRow&);
std::string line(const ReentryRow&);
/// The whole intent, every field named. `symbol` is its instrument's.
std::string line(const core::Intent& intent, std::string_view symbol);

/// The inverse of line(). Errors: JOURNAL_ROW, with what is missing or wrong in it.
Result<SizingRow> read_sizing(std::string_view payload);
Result<BalanceRow> read_balance(std::string_view payload);
Result<OrderRow> read_order(std::string_view payload);
Result<FlowRow> read_flow(std::string_view payload);
Result<InventoryRow> read_inventory(std::string_view payload);
Result<ExternalRow> read_external(std::string_view payload, const core::InstrumentTable& table);
Result<FillRow> read_fill(std::string_view payload);
Result<StateRow> read_state(std::string_view payload);
Result<BlockRow> read_block(std::string_view payload);
Result<OwedRow> read_owed(std::string_view payload);
Result<StepRow> read_step(std::string_view payload);
Result<CommandRow> read_command(std::string_view payload);
Result<TargetRow> read_target(std::string_view payload);
Result<ProtectionRow> read_protection(std::string_view payload);
Result<ReentryRow> read_reentry(std::string_view payload);
/// The intent with the number its symbol has in `table`. Also JOURNAL_ROW when the table does not know the symbol.
Result<core::Intent> read_intent(std::string_view payload, const core::InstrumentTable& table);

}  // namespace bowline::store
