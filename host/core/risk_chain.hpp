// The chain of risk checks and, under it, the host's own floor that no plugin can loosen; and the floor of exits, which
// no plugin can close. These two are the only makers of RiskApproved<Intent> and RiskApproved<Amendment>.
#pragma once

#include <bowline/result.hpp>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "core/amendment.hpp"
#include "core/approved.hpp"
#include "core/intent.hpp"
#include "core/portfolio.hpp"
#include "core/records.hpp"

namespace bowline::core {

/// One link of the chain: a risk plugin's instance (or a test's rule). Judges, changes nothing.
class RiskRule {
 public:
  virtual ~RiskRule() = default;
  virtual const SharedText& name() const = 0;
  /// Fills `verdict`, which arrives as REJECT; false = the rule failed and its verdict is REJECT.
  virtual bool check(const bl_intent& intent, const bl_portfolio& portfolio, bl_verdict& verdict) = 0;
  /// What it stands at (bowline.assess/1), as JSON text; empty: it does not say. Asked by who reads, never on an order's way.
  virtual std::string assessment() { return {}; }
};

/// Numbers of the floor. Amounts in the accounting asset; not set = no limit (live demands all three).
struct FloorLimits {
  Decimal max_order = Decimal::not_set(), max_day = Decimal::not_set(), max_total = Decimal::not_set();
  Decimal price_collar = Decimal::not_set();  // fraction of the mark; entries outside are refused
  std::uint32_t max_orders_per_minute = 0;    // 0 = no limit
  Nanos max_mark_age = 0;                     // 0 = no limit
  Decimal mark_jump = Decimal::not_set();     // share of the price before; not set = no limit
  Nanos mark_jump_wait = 0;                   // how long nothing is bought behind a jump
};

/// What the floor has to know beside the intent. One per trade-execution; the caller keeps it true.
struct FloorFacts {
  TradingState state = TradingState::active;  // of the product: the stricter of its own and everybody's
  bool gate_open = true;
  bool store_up = true;                       // false: the SQL store can't be written (trading rules 4.1)
  bool locked = false, listed = true;         // the product: by an operator; by the configuration's allow- and deny-list
  Decimal day_notional = Decimal::zero();     // bought in the UTC day, and what works; not set: beyond all bounds
  std::uint32_t orders_last_minute = 0;       // with those of this frame
  Nanos jumped_until = 0;                     // the product's price has jumped: nothing is bought until then
  Decimal ramp_notional = Decimal::not_set(); // the ramp as it stands (trading rules 6), below the limits above; not set = none
  std::uint32_t ramp_orders = 0;              // 0 = none
  std::uint32_t day_orders = 0;               // entries ordered in the UTC day, with those of this frame
  Nanos now = 0;
  bool measure = false;                       // each limit that is kept is told with its value, before the verdict
};

/// What the projection (projection.hpp) leaves of an order behind the rules: at most this much, zero = nothing, and why.
struct Cut {
  Decimal most;
  CheckRecord why;
};

/// Refused: who refused is the last check of the list.
struct RiskRefusal {
  std::string code;
};
using RiskAnswer = std::variant<RiskApproved<Intent>, RiskRefusal>;
using AmendmentAnswer = std::variant<RiskApproved<Amendment>, RiskRefusal>;

/// Entries and increases: every rule in configuration order (each may shrink, none may enlarge), then the floor.
class RiskChain {
 public:
  RiskChain(std::vector<std::unique_ptr<RiskRule>> rules, FloorLimits limits, SharedText floor_name);

  /// Judges `intent`. Each verdict is appended to `checks`. A shrunk quantity is floored to the product's step and
  /// judged again by nobody: rules only see the intent as proposed or as shrunk so far. A `cut` comes behind the rules.
  RiskAnswer approve(const Intent& intent, const Portfolio& book, const bl_portfolio& view, const FloorFacts& facts,
                     std::vector<CheckRecord>& checks, const Cut* cut = nullptr);
  /// An amendment of a buy. What it increases is judged as its whole rest would be if it were ordered now, and is taken whole
  /// or not at all: a rule that would shrink it refuses it. Less of what was judged before passes an open gate.
  AmendmentAnswer approve(const Amendment& amendment, const Portfolio& book, const bl_portfolio& view, const FloorFacts& facts,
                      std::vector<CheckRecord>& checks);
  /// What each rule says of an exit that has left already: in front of the checks, marked as no verdict. It binds nothing (trading
  /// rules 3.1), and is asked for behind the hand-over, so that a rule that hangs holds no exit up.
  void opinions(const Intent& exit, const bl_portfolio& view, std::vector<CheckRecord>& checks) const;
  /// The rules alone, without the floor and without an approval: what the bridge asks in advance.
  bool advise(const Intent& intent, const InstrumentTable& table, const bl_portfolio& view,
              std::vector<CheckRecord>& checks, Decimal& allowed_qty);
  /// The floor alone, the other way round: whether it would let the order through if all rules did.
  bool floor_lets_through(const Intent& intent, const Portfolio& book, const bl_portfolio& view, const FloorFacts& facts) const;
  std::span<const std::unique_ptr<RiskRule>> rules() const noexcept { return rules_; }
  const FloorLimits& limits() const noexcept { return limits_; }
  const SharedText& floor_name() const noexcept { return floor_name_; }

 private:
  std::vector<std::unique_ptr<RiskRule>> rules_;
  FloorLimits limits_;
  SharedText floor_name_;
  static CheckRecord ask(RiskRule& rule, const Intent& intent, const bl_portfolio& view);
  bool run_rules(Intent& intent, const InstrumentTable& table, const bl_portfolio& view, std::vector<CheckRecord>& checks);
  bool run_floor(const Intent& intent, const Portfolio& book, const bl_portfolio& view, const FloorFacts& facts,
                 std::vector<CheckRecord>& checks) const;
};

/// What the working buys of a view take, fees outside; `intent` itself does not count. Not set: beyond all bounds.
struct BeingBought {
  Decimal all = Decimal::zero(), of_wallet = Decimal::zero();  ///< of_wallet: of the quote asset of `intent`
};
BeingBought being_bought(const Intent& intent, const Portfolio& book, const bl_portfolio& view);

/// Exits: approved when the host itself proves them risk-reducing (trading rules 3.1): sell quantity + all unresolved and
/// resting sells <= the position. What plugins say of them is recorded (RiskChain::opinions) and does not bind.
class ExitFloor {
 public:
  explicit ExitFloor(SharedText floor_name) : floor_name_(std::move(floor_name)) {}
  /// `working_sells`: leaves of all resting, in-flight and unknown sells of the product.
  RiskAnswer approve(const Intent& intent, const Portfolio& book, Decimal working_sells, bool frozen,
                     std::vector<CheckRecord>& checks) const;
  /// An amendment of a sell: its rest on the new terms is proved as a sale is. `other_sells`: without the amended order's own.
  AmendmentAnswer approve(const Amendment& amendment, const Portfolio& book, Decimal other_sells, bool frozen,
                      std::vector<CheckRecord>& checks) const;

 private:
  SharedText floor_name_;
};

/// Stable codes of the floors with what they mean, for the documentation.
std::span<const std::pair<std::string_view, std::string_view>> floor_codes() noexcept;

}  // namespace bowline::core
