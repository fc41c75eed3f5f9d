// The mock venue: takes requests, keeps orders and balances, fills from bars. No clock, no thread, no file of
// its own.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <bowline/result.hpp>

#include "faults.hpp"
#include "fill_rules.hpp"
#include "ledger.hpp"
#include "order.hpp"
#include "report.hpp"

namespace bowline::broker_mock {

struct VenueOptions {
  FillRules rules;
  Decimal taker_fee = Decimal::zero(), maker_fee = Decimal::zero();  ///< shares of the value traded
  Decimal assumed_half_spread =
      Decimal::zero();          ///< share of the last close between mid and touch, for post-only
  std::int64_t latency_ns = 0;  ///< from submit, cancel or amend to its arrival at the venue
  double partial_fill_probability = 0, reject_probability = 0;
  std::uint64_t seed = 1;
  FaultOptions faults;
};

/// The use: submit()/cancel()/amend()/ask() as requests come; on_bar()/on_time() as time moves; then
/// changes() -> make durable
/// -> committed() -> take_reports(). Requests arrive `latency_ns` later and are carried out by the first call
/// of on_bar() or on_time() at or behind that moment. One thread. Times never step back.
class Venue {
 public:
  Venue(const VenueOptions& options, std::vector<Product> products, std::uint32_t assets);
  Venue(const Venue&) = delete;  // its own texts are the keys of an index
  Venue& operator=(const Venue&) = delete;

  Ledger& ledger() noexcept { return ledger_; }
  const Ledger& ledger() const noexcept { return ledger_; }
  /// Puts back what a state file held; before any request. Orders and fills in ascending order of number; of
  /// amendments and external acts only how many there were.
  void restore(std::vector<Order> orders, std::vector<Fill> fills, std::int64_t amends = 0,
               std::int64_t acts = 0);
  /// What an external hand will do, each at its time, or as soon as time moves when that has passed. Behind
  /// restore(), before any request.
  void script(std::vector<ExternalAct> acts);

  /// Takes a new order on its way. CLIENT_ID_REUSED when the id belongs to an order of other content (nothing
  /// is sent); the same content again is answered with the order as it is, and makes no second one. Content
  /// is what was submitted: an amendment does not change it.
  Result<void> submit(const OrderSpec& spec, std::int64_t now_ns);
  void cancel(const OrderRef& ref, std::int64_t now_ns);
  /// Sends what an open order shall be from now on. Only its terms may differ from what it is; its client id
  /// is not looked at. An order that is so already is answered as amended and does not change: the same
  /// amendment twice is one.
  void amend(const OrderRef& ref, const OrderSpec& wanted, std::int64_t now_ns);

  /// Snapshot reports, at once and without latency: one order (or `absent`), all open orders, fills since,
  /// balances.
  void ask_order(const OrderRef& ref, std::int64_t now_ns);
  void ask_open(std::int64_t now_ns);
  void ask_fills(std::int64_t since_ns);
  void ask_balances(std::int64_t now_ns);

  /// True when a bar of this instrument, or the passing of time until `close_ns`, can change nothing: the
  /// caller may then note the price with note_price() and be done.
  bool idle(std::uint32_t instrument, std::int64_t close_ns) const noexcept {
    return close_ns < deadline_ns_ && (instrument >= open_.size() || open_[instrument].empty());
  }
  /// Remembers the last price of an instrument as it came: integer and exponent.
  void note_price(std::uint32_t instrument, std::int64_t mantissa, std::int8_t exp,
                  std::int64_t close_ns) noexcept;
  /// Applies a final bar: arrivals from before its close, expiries, then fills in order of time priority. A
  /// bar that is not newer than the last one of its instrument is ignored.
  void on_bar(std::uint32_t instrument, const BarView& bar);
  /// Lets time pass: arrivals and expiries up to and including `now_ns`.
  void on_time(std::int64_t now_ns);
  /// The next moment at which on_time() has something to do; INT64_MAX = none.
  std::int64_t deadline_ns() const noexcept { return deadline_ns_; }

  /// What changed since committed().
  Changes changes() const;
  /// The changes are durable: adds a balance report per changed asset, as of `now_ns`, and forgets them.
  void committed(std::int64_t now_ns);
  /// Moves what there is to say into `to`, whose former content is dropped and whose room is used again.
  void take_reports(std::vector<Report>& to);
  bool has_reports() const noexcept { return !reports_.empty(); }
  /// Whoever passes the reports on tells this fill at another time than it happened, or (none) does not tell
  /// it.
  void set_told(std::int64_t fill, std::optional<std::int64_t> told_ns);

  const Order& order(std::int64_t number) const { return orders_.at(static_cast<std::size_t>(number - 1)); }
  const Fill& fill(std::int64_t number) const { return fills_.at(static_cast<std::size_t>(number - 1)); }
  std::int64_t fills() const noexcept { return static_cast<std::int64_t>(fills_.size()); }
  std::size_t orders() const noexcept { return orders_.size(); }
  const Product* product(std::uint32_t instrument) const noexcept;

 private:
  struct Request {
    enum class What : std::uint8_t { submit, cancel, amend, external };
    What what = What::submit;
    bool last = false;  ///< the cancel of an order that is itself still on its way
    Carriage carriage = Carriage::sound;
    std::int64_t due_ns = 0, sent_ns = 0;
    OrderSpec spec;       ///< submit, amend
    OrderRef ref;         ///< cancel, amend
    std::size_t act = 0;  ///< external: index in script_
    /// At one moment: cancels, then submits and amendments as they were sent, then what must follow those,
    /// then the external hand.
    int rank() const noexcept { return what == What::external ? 3 : what != What::cancel ? 1 : last ? 2 : 0; }
  };
  struct Price {
    std::int64_t mantissa = 0, close_ns = INT64_MIN;
    std::int8_t exp = 0;
  };
  struct Amount {
    Decimal qty = Decimal::zero();
    bool short_of_fund = false;  ///< the account, not the bar, is what kept it from being more
    bool whole = false;          ///< all that the order still wants
  };

  // venue.cpp: requests and admission
  Order* find(const OrderRef& ref);
  Order& at(std::int64_t number) { return orders_[static_cast<std::size_t>(number - 1)]; }
  void enqueue(Request r);
  void arrivals(std::int64_t until_ns);
  void carry_out(Request& r);
  void admit(Request& r);
  Order& take_in(OrderSpec spec, std::int64_t sent_ns, std::int64_t now_ns, bool told);
  void carry_out_cancel(const Request& r);
  void mark_changed(Order& o, std::int64_t now_ns);
  void set_deadline();

  // venue_say.cpp: what it says, and what must be durable first; the questions are there too
  void answer(const Request& r, Report::Kind kind, const Order& o, Reason reason = Reason::none);
  void answer_unknown_order(const Request& r, Report::Kind kind);
  void report(Report::Kind kind, const Order& o, std::int64_t now_ns, Reason reason = Reason::none);
  void put_report(Report::Kind kind, const Order& o, std::int64_t now_ns, Reason reason);

  // venue_judge.cpp: what is taken, and what it sets aside
  Reason judge(const Order& o, std::int64_t now_ns) const;
  Reason judge_numbers(const OrderSpec& s, const Product& p) const;
  Reason judge_shape(const OrderSpec& s) const;
  Reason judge_post_only(const OrderSpec& s) const;
  Decimal hold_for(const OrderSpec& s, const Decimal& leaves) const;
  Decimal hold_after(const Order& o, const Decimal& spent) const;
  Decimal reference_price(std::uint32_t instrument) const;

  // venue_amend.cpp
  void carry_out_amend(const Request& r);
  Reason judge_amend(const Order& o, const OrderSpec& wanted, std::int64_t now_ns, Decimal& hold) const;
  void apply_amend(Order& o, const OrderSpec& wanted, std::int64_t now_ns, const Decimal& hold);

  // venue_external.cpp
  void carry_out_external(const Request& r);
  Reason external_order(const ExternalAct& a, std::int64_t now_ns, std::int64_t& number);
  void external_cancel(const ExternalAct& a, std::int64_t now_ns);
  Reason external_transfer(const ExternalAct& a, std::optional<Decimal>& amount);
  void others_trade(const ExternalAct& a, std::int64_t now_ns);

  // venue_match.cpp: the market
  void expire(std::int64_t until_ns);
  void match(Order& o, const Product& p, const BarView& bar, Decimal& cap);
  Amount amount(const Order& o, const Product& p, const Touch& t, const Decimal& cap,
                std::int64_t close_ns) const;
  Decimal affordable(const Order& o, const Product& p, const Touch& t) const;
  Decimal fund(const Order& o, const Product& p) const;
  const Decimal& fee_rate(Liquidity l) const noexcept;
  void book(Order& o, const Product& p, const Touch& t, const Decimal& qty, std::int64_t now_ns);
  bool complete(const Order& o, const Product& p, const Touch& t) const;
  void end(Order& o, State state, Reason reason, std::int64_t now_ns);
  void finish(Order& o, State state, Reason reason, std::int64_t now_ns);

  VenueOptions options_;
  Decimal worst_fee_ = Decimal::zero();
  std::vector<Product> products_;  ///< by instrument
  Ledger ledger_;
  std::deque<Order> orders_;  ///< by number - 1
  std::deque<Fill> fills_;    ///< by number - 1
  std::unordered_map<std::string_view, std::int64_t>
      by_client_id_;  ///< the texts are those in orders_; never walked
  std::vector<std::vector<std::int64_t>>
      open_;                       ///< open order numbers by instrument, in order of time priority
  std::vector<std::int64_t> matched_ns_;         ///< by instrument: up to when a restored state knows its bars
  std::vector<Price> prices_;      ///< by instrument
  std::vector<Request> requests_;  ///< on their way, in order of sending
  std::vector<ExternalAct> script_;
  std::int64_t last_place_ = 0;         ///< the highest Order::place that was given
  std::int64_t latest_ns_ = INT64_MIN;  ///< the latest moment that something was carried out at
  std::int64_t deadline_ns_ = INT64_MAX;
  std::vector<std::int64_t> changed_orders_, told_fills_;
  std::vector<AmendDone> new_amends_;
  std::vector<ActDone> new_acts_;
  std::int64_t amends_ = 0, acts_ = 0;  ///< how many there were
  std::int64_t durable_fills_ = 0;
  std::vector<Report> reports_;
};

}  // namespace bowline::broker_mock
