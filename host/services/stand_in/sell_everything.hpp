// Sells all that an account holds of a configuration's products, whoever bought it (trading rules 3.6, 3.7): for an operator who says
// that it is all his, where the journal that would know it can't be had or is not asked. What is held is the venue's own word,
// read before each sale, and that is the bound: nothing here can sell more than it says is free. Order ids follow from the
// liquidation's id alone, so that whoever goes on asks the venue for the next one before it is used.
#pragma once

#include <bowline/plugin.h>

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/risk_chain.hpp"
#include "services/stand_in/everything_notes.hpp"
#include "services/stand_in/in_flight.hpp"
#include "services/trade_execution/broker_port.hpp"

namespace bowline::services {

/// The client id of the n-th sale of a product for that liquidation: the same in every process.
core::ClientOrderId everything_order_id(std::string_view account, std::string_view symbol, std::string_view liquidation, std::uint32_t attempt) noexcept;

class SellEverything {
 public:
  struct Options {
    std::string id, account, who, why;
    Decimal end = Decimal::not_set();              ///< how far below the bid the last rung sells (fraction); not set: market orders
    core::Nanos exit_wait = 10'000'000'000;        ///< a sale that works for longer is cancelled, and the next one follows
    core::Nanos send_within = 0;                   ///< how long after its decision a sale may leave; 0: no bound
  };

  /// Borrowed but `host_orders`: what a host's journal says is on its way. What such a sale may still sell is left to it until it
  /// is known to have ended, or is absent for a minute.
  SellEverything(BrokerPort& broker, const core::InstrumentTable& table, EverythingNotes& notes, Options options, std::vector<InFlight> host_orders);

  /// One step further: called several times a second. `now`: engine time.
  void look(core::Nanos now);
  void hear(const bl_event& event);

  /// Nothing is left that can be sold, and nothing works any more, by two whole answers in a row; or the venue has refused to
  /// sell what is left for minutes.
  bool over() const noexcept { return phase_ == Phase::done; }
  /// Whether it was over without a rest that the venue refuses or has on hold.
  bool clean() const noexcept;
  std::string receipt() const;
  /// Why the venue's plugin did not take the last question, cancel or sale; an empty code: it did.
  const Error& trouble() const noexcept { return trouble_; }
  /// Orders at the venue of products outside the configuration: left alone.
  std::size_t left_alone() const noexcept { return left_alone_; }

 private:
  enum class Phase : std::uint8_t { reading, selling, done };
  struct Told {  // an order as the venue has it
    core::InstrumentId instrument;
    std::string client, venue;
    core::Side side{};
  };
  struct Product {
    core::InstrumentId id;
    core::Id128 decision;
    bool skipped = false;                          // its base is money here, or another product sells it
    std::uint32_t attempt = 0;
    Decimal held_before = Decimal::not_set(), total = Decimal::not_set(), free = Decimal::not_set();
    Decimal sold = Decimal::zero(), proceeds = Decimal::zero(), fees = Decimal::zero();
    Decimal bid = Decimal::not_set(), last = Decimal::not_set();
    Decimal base_min, base_step, quote_min, px_step, base_max = Decimal::not_set(), quote_max = Decimal::not_set();
    std::uint64_t flags = 0;                       // of bl_product; 0: not told
    std::vector<std::string> orders;
    std::optional<core::Intent> sent;              // the sale of this attempt, as it was recorded: its id goes with these terms alone
    bool out = false;                              // a sale left, and its end is not known
    core::Nanos since = 0, due = 0, cancel_asked = -1;
    bool without_list = false;                     // its next question does without the list of orders, which fails: every other one
    std::uint64_t ended_at = 0;                    // the newest question when its last sale ended
    std::string venue_id;
    std::uint32_t absent = 0;
    core::Nanos absent_since = 0;
    std::uint32_t rung = 0;
    std::uint32_t refusals = 0;                    // in a row
    core::Nanos refused_since = 0;
    std::string words;                             // the venue's own, of the last refusal
    bool parked = false, no_bid = false, dust = false, held = false, gave_up = false;
    core::Nanos held_since = -1, foreign_since = -1;
    std::uint32_t clean = 0;                       // answers in a row by which nothing of it can be sold
  };
  struct Waiting {  // an order of the host's
    InFlight order;
    bool over = false;
    std::uint32_t absent = 0;
    core::Nanos absent_since = 0, due = 0;
    bool counts = true;                            // what it may still sell is not sold here
  };
  struct Question {
    std::uint64_t request = 0;                     // 0: none is out
    Product* product = nullptr;
    Waiting* waiting = nullptr;
    std::uint32_t attempt = 0;                     // of the product, when it was asked
    core::Nanos asked = 0;
    bool listed = false;                           // all orders that work were asked for, too
    bool of_products = false;                      // what they are, and their bids, and nothing else
    bool found = false, absent = false, works = false, has_balances = false;
    bl_exec told{};
    std::vector<Told> list;
    std::map<std::uint32_t, std::pair<Decimal, Decimal>> balances;  // total, free
    std::size_t others = 0;
  };

  BrokerPort& broker_;
  const core::InstrumentTable& table_;
  EverythingNotes& notes_;
  Options options_;
  std::vector<Product> products_;
  std::vector<Waiting> waiting_;
  std::size_t turn_ = 0;                           // who is asked about next
  Phase phase_ = Phase::reading;
  core::Nanos now_ = 0, next_list_ = 0, next_products_ = 0, begun_ = 0, ended_ = 0;
  std::uint64_t request_ = 0;
  Question q_;
  std::vector<Told> works_;                        // by the newest whole answer
  std::map<std::string, core::Nanos> cancel_asked_;  // by what the order is called
  std::set<std::string> cancelled_;
  std::vector<std::string> last_list_;
  std::uint32_t reads_ = 0, failed_reads_ = 0, cancels_failed_ = 0;
  std::uint32_t lists_failed_ = 0;                 // in a row
  bool agreed_ = false;
  std::size_t left_alone_ = 0;
  Error trouble_;
  core::ExitFloor floor_;

  // sell_everything.cpp: what is asked, and what an answer shows
  void ask();
  bool ask_products();
  bool put(Product* product, Waiting* waiting, std::uint32_t scope, std::string_view client_id);
  void hear_exec(const bl_exec& e, bool snapshot);
  void hear_product(const bl_product& p);
  void answered(const bl_done& done);
  void unanswered(const char* words);
  void take_answer();
  void judge_list();
  void judge(Waiting& w);
  void end_if_over();

  // sell_everything_cancels.cpp: orders that are not its own
  void cancel_foreign();
  void cancel(const std::vector<Told>& orders);
  bool ours(std::string_view client) const;
  Decimal host_sells(core::AssetId base) const;

  // sell_everything_slices.cpp: one product
  void judge(Product& p);
  void slice_ended(Product& p, const bl_exec& e);
  void next_attempt(Product& p);
  void consider(Product& p);
  void nothing_left(Product& p);
  bool foreign_sale(Product& p) const;
  bool base_busy(const Product& p) const;
  bool too_little(const Product& p, Decimal qty) const;
  Decimal price(const Product& p) const { return p.bid.is_set() ? p.bid : p.last; }
  void sell(Product& p, Decimal qty, Decimal free);
  std::optional<core::Intent> intent_of(const Product& p, Decimal qty) const;
  bool shape(const Product& p, core::Intent& intent) const;
  void refused(Product& p, std::string words);
  core::ClientOrderId id_of(const Product& p) const;

  // sell_everything_receipt.cpp
  std::string_view status(const Product& p) const;
};

}  // namespace bowline::services
