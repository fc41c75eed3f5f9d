// A canary: the smallest real orders of one product, each step looked at before the next. A limit purchase far below the market is
// placed, listed, edited and cancelled; a market purchase is made, a stop rests for it and is cancelled, and it is sold; then balances
// before and after are held against what the fills say. The first surprise ends it: everything of it at the venue is cancelled and
// sold, and what can't be is named. What a process left that died in the middle the next one ends before it begins anew.
#pragma once

#include <bowline/decimal.hpp>
#include <bowline/result.hpp>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/instrument.hpp"
#include "core/risk_chain.hpp"
#include "services/canary/canary_notes.hpp"
#include "services/canary/canary_plan.hpp"
#include "services/canary/venue_talk.hpp"

namespace bowline::services {

struct CanaryStep {
  std::string name, text;
  bool ok = true;
  std::int64_t took_ns = 0;
};

struct CanaryReport {
  bool passed = false;
  Error why{};                     ///< of one that did not pass
  std::vector<CanaryStep> steps;
  std::vector<std::string> left;   ///< what is, or may be, still at the venue: each with its ids, for a person to see to
  std::string run;                 ///< "": nothing was begun
  Decimal cost = Decimal::not_set();  ///< what it cost in the quote asset: by the fills and fees told; not set: not known
};

class Canary {
 public:
  struct Options {
    std::string symbol, account, run;        ///< run: the id of this one, never used before
    Decimal max_spend = Decimal::not_set();  ///< in the quote asset: no order of it is worth more, fee and all
    bool rests_stops = true;                 ///< the venue's plugin says that the venue holds stops (BL_CAN_REST_STOP)
  };
  /// Borrowed. `told` hears each step as it ends; `steady_ns` times them.
  struct Parts {
    VenueTalk& talk;
    core::InstrumentTable& table;  ///< gets the product's rules as the venue tells them
    CanaryNotes& notes;
    std::function<std::int64_t()> steady_ns;
    std::function<void(const CanaryStep&)> told{};
  };
  Canary(Parts parts, Options options);

  /// All of it.
  CanaryReport run();
  /// Only what an earlier one left: ended, or named.
  CanaryReport clean_up();

 private:
  using Leg = CanaryLeg;
  struct Placed {
    Leg leg{};
    std::uint32_t attempt = 0;
    core::ClientOrderId id;
    core::Intent intent;
  };
  struct Sum {
    Decimal qty = Decimal::zero(), quote = Decimal::zero(), fee = Decimal::zero();
  };

  Parts p_;
  Options o_;
  core::InstrumentId instrument_;
  ToldProduct product_;
  CanaryPlan plan_;
  std::map<std::uint32_t, ToldBalance> before_;
  core::Nanos begun_ = 0;
  std::set<std::string, std::less<>> submitted_;  // handed over by this process: the plugin owes an answer of each
  core::ExitFloor floor_;
  core::RiskChain chain_;
  CanaryReport report_;

  // canary.cpp: the steps
  Result<void> steps();
  Result<std::string> look();
  Result<std::string> far_is_listed(const Placed& far);
  Result<std::string> edit(const Placed& far);
  Result<std::string> bought(const Placed& buy);
  Result<std::string> stop_is_listed(const Placed& stop);
  Result<std::string> ledger(const Placed& buy, const Placed& sale);
  template <class F>
  Result<void> step(std::string name, F&& f);
  void told(CanaryStep step);

  // canary_orders.cpp: one order
  core::Intent intent_of(Leg leg, std::uint32_t attempt, std::uint32_t side, std::uint32_t type, std::uint32_t tif) const;
  Result<Placed> send(Leg leg, std::uint32_t attempt, core::Intent intent, Decimal may_sell);
  Result<core::RiskApproved<core::Intent>> approved(const core::Intent& intent, Decimal may_sell);
  Result<ToldOrder> outcome(const Placed& order, bool end, core::Nanos patience);
  Result<ToldOrder> read(const Placed& order);
  Result<ToldOrder> cancelled(const Placed& order);
  Result<void> agrees(const Placed& order, const ToldOrder& told) const;
  Result<Sum> fills_of(const Placed& order, const ToldOrder& told);
  std::string name_of(const Placed& order) const;

  // canary_cleanup.cpp: what is left
  void end_all();
  bool end_one(const CanaryNotes::Sent& sent, Sum& bought, Sum& sold);
  void sell_rest(Decimal qty);
  core::ClientOrderId id_of(const std::string& symbol, const std::string& run, Leg leg, std::uint32_t attempt) const;
};

}  // namespace bowline::services
