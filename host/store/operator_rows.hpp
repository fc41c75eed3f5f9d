// The journal's rows of what an operator commands beside orders: the state of one product, locks, whole positions to close,
// emergency liquidations, adoptions of the venue's word, and changes of balances that are named otherwise. Like journal_rows.hpp: one struct a kind, its line of text, and the way back.
#pragma once

#include <bowline/decimal.hpp>
#include <bowline/result.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/portfolio.hpp"
#include "core/types.hpp"

namespace bowline::store {

namespace journal_kind {
inline constexpr std::string_view product_state = "product_state", lock = "lock", close = "close", emergency = "emergency",
                                  adoption = "adoption", reclassify = "reclassify";
}  // namespace journal_kind

/// The trading state of one product from here on (trading rules 3.4).
struct ProductStateRow {
  std::string symbol;
  core::TradingState state{};
  bool frozen = false;
  std::string who, why, request;
};

/// Nothing more is bought of it until then (0 = until it is unlocked); `gone` takes the lock off.
struct LockRow {
  std::string symbol;
  core::Nanos until = 0;
  bool gone = false;
  std::string who, why, request;
};

/// A whole position to be sold by an operator's word: the same key and body are the same command after a restart, too.
struct CloseRow {
  std::string key, body, symbol;
  core::Id128 decision;
};

/// An emergency liquidation: begun, or over with its receipt (trading rules 3.6).
struct EmergencyRow {
  std::string id, event;  ///< event: "begun", "done" or "interrupted"
  std::string who, why, request;
  Decimal max_slice = Decimal::not_set(), end = Decimal::not_set();
  struct Product {
    std::string symbol;
    core::Id128 decision;
    Decimal held;
  };
  std::vector<Product> products{};
  std::string receipt;  ///< of one that is over: JSON
};

/// An adoption of the venue's word (POST /reconciliation): begun, or over with what it did. What it changed stands in rows of
/// their own, in the commit of its end.
struct AdoptionRow {
  std::string key, body, event;  ///< event: "begun", "done" or "failed"
  std::string symbol;            ///< empty: all products
  std::string who, why, request;
  std::string report{};          ///< of one that is over: JSON
};

/// What was booked as a deposit was a reward, or the other way round (trading rules 5.6): the same key and body are the same
/// command after a restart, too.
struct ReclassifyRow {
  std::string asset;
  core::Flow from{}, to{};
  Decimal amount, of_day;  ///< of_day: what of it had been booked since the day's opening
  std::string key, body, who, why, request;
};

std::string line(const ProductStateRow&);
std::string line(const LockRow&);
std::string line(const CloseRow&);
std::string line(const EmergencyRow&);
std::string line(const AdoptionRow&);
std::string line(const ReclassifyRow&);

/// The inverse of line(). Errors: JOURNAL_ROW, with what is missing or wrong in it.
Result<ProductStateRow> read_product_state(std::string_view payload);
Result<LockRow> read_lock(std::string_view payload);
Result<CloseRow> read_close(std::string_view payload);
Result<EmergencyRow> read_emergency(std::string_view payload);
Result<AdoptionRow> read_adoption(std::string_view payload);
Result<ReclassifyRow> read_reclassify(std::string_view payload);

}  // namespace bowline::store
