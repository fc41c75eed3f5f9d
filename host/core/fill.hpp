// One execution: as it was told, and what booking it moved. The second is kept with the order, so that a fill that the
// venue takes back, corrects or tells the fee of later is undone to the last unit.
#pragma once

#include <bowline/decimal.hpp>
#include <string>
#include <string_view>

#include "core/types.hpp"

namespace bowline::core {

/// One execution as told.
struct Fill {
  InstrumentId instrument;
  Side side = Side::buy;
  Decimal px, qty;                     // quote per base; base
  Decimal fee = Decimal::not_set();    // in fee_asset; not set = not told yet (worst tier until known); negative = a rebate
  AssetId fee_asset;
  Nanos time = 0;
  /// What the fee was worth in the quote asset when it was booked first; not set: by today's marks. A book that is put
  /// together again has no marks of then.
  Decimal fee_worth = Decimal::not_set();
  bool external = false;               // of an order that this host did not make: it moves unmanaged inventory (rules 5.6)
};

/// What booking it moved.
struct Posted {
  Decimal notional;             // quote
  Decimal managed;              // base that went into or out of the position; the rest of the quantity is unmanaged
  Decimal cost;                 // quote: what that part cost, or had cost
  Decimal fee;                  // as paid; the worst tier where it was not told
  AssetId fee_asset;
  Decimal fee_taken, fee_cost;  // of a fee in base: what left the position, and its cost
  Decimal fee_worth;            // in quote, as counted in the book's fees
  bool fee_assumed = false;     // not told: the worst tier until it is (rules 2.4)
};

/// A fill that an order remembers: by its id it is booked once, whatever is told how often.
struct BookedFill {
  std::string id;           // as the venue gave it
  Fill fill;
  Posted posted;
  Nanos told = 0;           // the venue's time of the report that was booked last; an older correction is an old one
  bool corrected = false;   // the first report of it is out of date
  bool undone = false;      // taken back, perhaps before it was told: it stays so

  explicit BookedFill(std::string_view name) : id(name) {}
};

}  // namespace bowline::core
