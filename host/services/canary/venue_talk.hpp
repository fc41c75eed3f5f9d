// One thing at a time said to a venue's plugin, and waited for: what it tells meanwhile is kept by order, fill, asset and product. For
// who tries a venue by itself, without a run.
#pragma once

#include <bowline/plugin.h>

#include <bowline/decimal.hpp>
#include <bowline/result.hpp>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/types.hpp"
#include "services/trade_execution/broker_port.hpp"

namespace bowline::services {

/// An order as the venue told it last. Amounts that are not set, and numbers that are 0, were not told.
struct ToldOrder {
  std::string client, venue, text;
  std::uint32_t instrument = 0, kind = 0, state = 0, side = 0, type = 0, flags = 0;  ///< kind: BL_X_* of the last report
  Decimal qty = Decimal::not_set(), limit_px = Decimal::not_set(), stop_px = Decimal::not_set();
  Decimal cum_qty = Decimal::not_set(), cum_quote = Decimal::not_set(), cum_fee = Decimal::not_set();
  bool lost = false;  ///< an answer of it was lost (BL_X_UNKNOWN), and the venue has not told of it since
  bool was_lost = false;  ///< that was so once
  bool works() const noexcept { return state == BL_S_PENDING || state == BL_S_OPEN; }
  bool over() const noexcept { return state == BL_S_FILLED || state == BL_S_CANCELLED || state == BL_S_REJECTED || state == BL_S_EXPIRED; }
};

struct ToldFill {
  std::string client, venue;
  std::uint32_t instrument = 0, side = 0, fee_asset = 0, flags = 0;
  Decimal px, qty, fee;  ///< fee not set: not told
};

struct ToldBalance {
  Decimal total, hold;
};

struct ToldProduct {
  std::uint64_t flags = 0;  ///< of bl_product
  Decimal base_step, quote_step, px_step, base_min, quote_min, maker_fee, taker_fee, last_px;  ///< not set: not told
  bool tradable() const noexcept { return (flags & 1) != 0; }
  bool cancel_only() const noexcept { return (flags & 2) != 0; }
  bool limit_only() const noexcept { return (flags & 4) != 0; }
  bool post_only() const noexcept { return (flags & 8) != 0; }
  bool auction() const noexcept { return (flags & 16) != 0; }
  bool view_only() const noexcept { return (flags & 32) != 0; }
  bool no_stops() const noexcept { return (flags & 64) != 0; }
  bool other_book() const noexcept { return (flags & 128) != 0; }
};

/// The parts of a question (bl_query.scope).
namespace ask {
inline constexpr std::uint32_t order = 1, open = 2, fills = 4, balances = 8, products = 16;
}

class VenueTalk {
 public:
  struct Parts {
    BrokerPort& broker;
    std::function<core::Nanos()> now;      ///< engine time
    std::function<void()> wait;            ///< a short moment; what the venue says meanwhile comes to hear()
    std::function<Error()> fault{};        ///< why the venue's plugin is of no use any more; an empty code: it is. May be empty
    std::function<Error()> interrupted{};  ///< why nothing new is to be begun; an empty code: go on. May be empty
  };
  struct Answer {
    std::vector<ToldOrder> open;               ///< that work, in the order told; of a question for them that names no order
    std::map<std::uint32_t, ToldBalance> balances;  ///< by asset
    std::map<std::uint32_t, ToldProduct> products;  ///< by instrument
    bool absent = false;                       ///< the venue does not know the order that was asked for
  };

  explicit VenueTalk(Parts parts) : p_(std::move(parts)) {}

  void hear(const bl_event& event);

  /// Asks, and waits for the whole answer. Errors: VENUE_SILENT (none within `patience`), VENUE_INCOMPLETE (the plugin could not read all
  /// of it; details have its status), the fault, the interruption.
  Result<Answer> question(std::uint32_t scope, std::string_view client = {}, std::string_view venue = {}, core::Nanos since = 0,
                          core::Nanos patience = 30'000'000'000);
  /// What was told of the last question's answer before it failed.
  const Answer& part() const noexcept { return answer_; }
  /// Waits a moment. Errors: the fault, the interruption.
  Result<void> pause();
  /// From now on an interruption is not looked at: what was begun is to be brought to an end.
  void insist() noexcept { insisting_ = true; }

  /// As told last; null: never. Borrowed until the next call of hear().
  const ToldOrder* order(std::string_view client) const;
  /// As told last, with an answer or by itself: a plugin may find out later whether stops rest. Null: never. Borrowed until the next hear().
  const ToldProduct* product(core::InstrumentId instrument) const;
  /// Waits until stops of the product rest by what was told last, but not longer than `patience`: whether they do. Errors as pause().
  Result<bool> stops_rest(core::InstrumentId instrument, core::Nanos patience);
  const std::map<std::string, ToldFill>& fills() const noexcept { return fills_; }  ///< by fill id
  /// Why the way to the venue is down by its plugin's word; "": it is not said to be.
  const std::string& link() const noexcept { return link_; }
  BrokerPort& broker() noexcept { return p_.broker; }
  core::Nanos now() const { return p_.now(); }

 private:
  Parts p_;
  std::map<std::string, ToldOrder, std::less<>> orders_;  // by client id
  std::map<std::string, ToldFill> fills_;
  std::map<std::uint32_t, ToldProduct> products_;
  std::string link_;
  bool insisting_ = false;
  std::uint64_t request_ = 0;
  bool out_ = false, done_ = false, whole_ = false, lists_ = false;
  bl_status status_ = BL_OK;
  Answer answer_;

  void hear_order(const bl_exec& e, bool snapshot);
  void hear_product(const bl_product& told);
};

}  // namespace bowline::services
