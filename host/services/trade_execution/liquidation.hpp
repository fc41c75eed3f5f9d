// An emergency liquidation (trading rules 3.6): what was asked, how far it is, and its receipt. Execution drives it.
#pragma once

#include <bowline/decimal.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "core/instrument.hpp"
#include "core/order.hpp"
#include "core/portfolio.hpp"
#include "services/trade_execution/final_read.hpp"
#include "services/trade_execution/operator_commands.hpp"

namespace bowline::services {

/// POST /emergency/liquidate-all.
struct LiquidationRequest {
  std::string id;                              ///< one id is one liquidation
  Decimal max_slice = Decimal::not_set();      ///< worth of one sale at the bid; not set: a position at once
  Decimal end = Decimal::not_set();            ///< how far below the bid the last rung sells (fraction); not set: market orders
  bool dry_run = false;
  std::string reason, principal, request_id;
};

struct Liquidation {
  enum class Phase : std::uint8_t {
    reading,      ///< cancels are asked for, and the venue for all orders, until two answers agree
    selling,      ///< slice by slice, each after a read of the position
    checking,     ///< nothing is left that can be sold, as far as is known: the venue is read once more
    done,         ///< nothing is left that can be sold
    interrupted,  ///< an operator resumed before it was done
    planned       ///< a dry run: nothing was changed
  };
  struct Product {
    core::InstrumentId id;
    core::Id128 decision;                        ///< of its slices
    Decimal held_before = Decimal::zero();
    Decimal at_venue = Decimal::not_set();       ///< free there, as read last; not set: not told
    std::uint64_t read = 0;                      ///< number of the question that is out; 0 = none
    bool was_read = false;                       ///< since its last slice ended
    bool parked = false;                         ///< not tradable now: tried again
    bool stalled = false;                        ///< the last try sold nothing
    bool short_told = false;
    core::ClientOrderId slice;                   ///< on its way, or just ended; empty: none
    Decimal held_at_slice = Decimal::zero();
    std::uint32_t shorts = 0;                    ///< reads by which the venue has nothing free of it
    core::Nanos short_since = 0;                 ///< when the first of them was
    core::Nanos foreign_since = -1, foreign_asked = 0;  ///< since when somebody else's sale is waited for; its last cancel
    std::uint32_t foreign_looks = 0;
    std::uint32_t waits = 0;                     ///< looks since the question that is out was asked
    std::uint32_t rung = 0;                      ///< of the ladder: rises with a slice that sold nothing
    core::Nanos tried = -1;                      ///< when something was tried last
    std::uint32_t idle = 0;                      ///< looks since then
    Decimal held_at_end = Decimal::zero();       ///< when nothing was left that could be sold
    Decimal total_at_end = Decimal::not_set();   ///< of it at the venue, as the last read told; not set: not told
    Decimal free_at_end = Decimal::not_set();
    bool unexplained = false;                    ///< and the ledger has another, which nothing explains
  };

  std::string id, who, why, request;
  Decimal max_slice = Decimal::not_set(), end = Decimal::not_set();
  Phase phase = Phase::reading;
  core::Nanos begun = 0, ended = 0;
  Cancels cancels;
  std::vector<Product> products;                 ///< every instrument of the run
  std::uint32_t reads = 0, failed_reads = 0, waits = 0;
  core::Nanos busy_since = -1;                   ///< since when the broker has no room; -1 = it has
  std::uint32_t busy_looks = 0;                  ///< looks since then
  bool asked = false;                            ///< the list of orders is asked for
  bool whole_list = false;                       ///< two reads agreed
  FinalRead last_read;
  std::vector<core::ClientOrderId> last_list;

  /// Whether it is what sells now: no stop acts beside it.
  bool sells() const noexcept { return phase == Phase::selling || phase == Phase::checking; }
  /// Whether the decision is one of its own.
  bool made(core::Id128 decision) const noexcept {
    for (const Product& p : products)
      if (p.decision == decision) return true;
    return false;
  }
  Product* product(core::InstrumentId id_) noexcept {
    for (Product& p : products)
      if (p.id == id_) return &p;
    return nullptr;
  }
};

/// What became of one product, by what the book says now: sold, unmanaged (nothing of it is ours), flat, dust, parked, missing
/// (the venue has none of it free), unexplained (the venue has another balance than the book), selling, left (interrupted),
/// to_sell (a dry run).
std::string_view liquidation_status(const Liquidation& l, const Liquidation::Product& p, const core::Portfolio& book);

/// The receipt as JSON: sold, parked, dust and unmanaged, with the orders of each. `journal_head`: the chain's head, by which
/// it can be held against the journal.
std::string liquidation_json(const Liquidation& l, const core::Portfolio& book, const core::OrderTable& orders, std::string_view journal_head);

}  // namespace bowline::services
