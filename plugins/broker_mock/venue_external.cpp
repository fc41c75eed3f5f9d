// The part of the venue where somebody else acts in the account: orders, trades, cancels, money in and out
// that the host did not ask for.
#include <algorithm>
#include <utility>

#include "common/money.hpp"
#include "venue.hpp"

namespace bowline::broker_mock {

void Venue::script(std::vector<ExternalAct> acts) {
  for (ExternalAct& a : acts) {
    // It was then, and is in no state file: what it met is.
    if (a.what == ExternalAct::What::trade && a.at_ns <= latest_ns_) continue;
    Request r;
    r.what = Request::What::external;
    r.due_ns = r.sent_ns = a.at_ns;
    r.act = script_.size();
    script_.push_back(std::move(a));
    enqueue(std::move(r));
  }
}

void Venue::carry_out_external(const Request& r) {
  const ExternalAct& a = script_[r.act];
  const std::int64_t now_ns = std::max(r.due_ns, latest_ns_);
  if (a.what == ExternalAct::What::trade) return others_trade(a, now_ns);
  const Ledger::Quiet quiet(ledger_, !a.told);
  ActDone done;
  done.number = ++acts_;
  done.what = a.what;
  done.script = a.script;
  done.ts_ns = now_ns;
  switch (a.what) {
    case ExternalAct::What::order:
    case ExternalAct::What::fill:
      done.reason = external_order(a, now_ns, done.order);
      break;
    case ExternalAct::What::cancel:
      external_cancel(a, now_ns);
      break;
    case ExternalAct::What::deposit:
    case ExternalAct::What::withdrawal:
      done.asset = a.asset;
      done.reason = external_transfer(a, done.amount);
      break;
    case ExternalAct::What::trade:
      break;  // not in the account
  }
  new_acts_.push_back(std::move(done));
  latest_ns_ = std::max(latest_ns_, now_ns);
}

/// An order of its own, without a client id. A `fill` is one that trades whole and at once, at the price it
/// names.
Reason Venue::external_order(const ExternalAct& a, std::int64_t now_ns, std::int64_t& number) {
  OrderSpec s;
  s.instrument = a.instrument;
  s.side = a.side;
  s.type = a.type;
  s.qty = a.qty;
  s.limit_px = a.px;
  Order& o = take_in(std::move(s), now_ns, now_ns, a.told);
  number = o.number;
  const bool open = o.state == State::open;
  report(open ? Report::Kind::accepted : Report::Kind::rejected, o, now_ns, o.reason);
  if (open && a.what == ExternalAct::What::fill) {
    book(o, products_[a.instrument], {false, true, *a.px, Liquidity::taker}, a.qty, now_ns);
    finish(o, State::filled, Reason::none, now_ns);
  }
  return o.reason;
}

/// Two others trade with each other: to our orders it is a bar of one price, which opens and closes at that moment. So the market
/// goes on where no host is there to tell of bars.
void Venue::others_trade(const ExternalAct& a, std::int64_t now_ns) {
  const Product* p = product(a.instrument);
  if (p == nullptr) return;
  const BarView bar{now_ns, now_ns, *a.px, *a.px, *a.px, *a.px, a.qty};
  Decimal cap = volume_cap(bar, options_.rules, p->base_step);
  const std::vector<std::int64_t> numbers = open_[a.instrument];  // matching takes finished ones out
  for (const std::int64_t n : numbers) match(at(n), *p, bar, cap);
}

/// Ends the host's own open orders of a product behind its back.
void Venue::external_cancel(const ExternalAct& a, std::int64_t now_ns) {
  const std::vector<std::int64_t> numbers = open_[a.instrument];
  for (const std::int64_t n : numbers) {
    if (at(n).external()) continue;
    end(at(n), State::cancelled, Reason::external_cancel, now_ns);
    if (a.told) report(Report::Kind::done, at(n), now_ns, Reason::external_cancel);
  }
}

/// Money in or out. What is set aside for orders cannot be taken out.
Reason Venue::external_transfer(const ExternalAct& a, std::optional<Decimal>& amount) {
  if (a.what == ExternalAct::What::deposit) {
    ledger_.credit(a.asset, a.qty);
    amount = a.qty;
    return Reason::none;
  }
  if (ledger_.available(a.asset) < a.qty) return Reason::insufficient_fund;
  ledger_.debit(a.asset, a.qty);
  amount = money::minus(Decimal::zero(), a.qty);
  return Reason::none;
}

}  // namespace bowline::broker_mock
