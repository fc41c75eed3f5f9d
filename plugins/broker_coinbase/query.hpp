// Answers the host's questions: each with what the venue says now, and one BL_EV_DONE that says whether that is all of it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kit.hpp"
#include "look.hpp"
#include "pages.hpp"
#include "products.hpp"

namespace bowline::broker_coinbase {

class Query {
 public:
  /// Of the largest question that is asked by the clock, while each list is a page: open orders in three readings of two placement sources,
  /// fills, wallets, products, fees, prices.
  static constexpr std::uint32_t most_requests = 11;

  Query(Kit& kit, Look& look, Products& products) noexcept : kit_(kit), look_(look), products_(products) {}

  /// Its parts are asked for one behind the other: the order, open orders, fills, balances, products with their prices. Each is told when it is whole or
  /// page by page; of balances nothing is told before the last page. A part that fails does not keep the others from being told.
  void query(const bl_query& q);

 private:
  struct Job {
    std::uint64_t request = 0;
    std::uint32_t scope = 0;
    std::string client_id, venue_id;
    std::int64_t since_ns = 0;
    bl_status status = BL_OK;
    std::uint32_t tries = 0;  ///< of an order that is not shown yet
    bool listed = false;  ///< a list showed a row that could not be read, and it may be that: it is not told as absent
  };
  using JobPtr = std::shared_ptr<Job>;
  void next(const JobPtr& job);
  void ended(const JobPtr& job, bl_status status);
  void order(const JobPtr& job);
  void one(const JobPtr& job, const coinbase::VenueOrder& o);
  void with_its_fills(const coinbase::VenueOrder& o, std::uint32_t lane, bool end_waits, std::function<void(bool told)> then);
  struct Seen {
    coinbase::VenueOrder order;
    std::int64_t asked_ns;
  };
  /// The orders of a list of open ones, by venue id: what was read last of each.
  using Listing = std::map<std::string, Seen>;
  using ListingPtr = std::shared_ptr<Listing>;
  void open_orders(const JobPtr& job);
  void listed(const JobPtr& job, const Listing& orders, bl_status status);
  void read_open(const ListingPtr& orders, PagesDone done);
  void read_not_open(const ListingPtr& orders, std::vector<coinbase::OrderStatus> doubtful, PagesDone done);
  std::function<bool(const coinbase::VenueOrder&)> into(const ListingPtr& orders);
  void fills(const JobPtr& job);
  void balances(const JobPtr& job);

  Kit& kit_;
  Look& look_;
  Products& products_;
  /// By the venue's terms of 2025 the one may be asked for, and the other is not there; newer clients know of it. What a venue would not be
  /// asked for is left out.
  std::vector<coinbase::OrderStatus> doubtful_{coinbase::OrderStatus::unknown, coinbase::OrderStatus::edit_queued};
};

}  // namespace bowline::broker_coinbase
