// The orders that this broker knows: those it was given, under the host's id, and those the venue told of, under its own.
#pragma once

#include <bowline/decimal.hpp>
#include <bowline/plugin.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "coinbase/endpoints.hpp"
#include "coinbase/order_answers.hpp"

namespace bowline::broker_coinbase {

/// How far the sending of an order of ours has come.
enum class Phase : std::uint8_t {
  stranger,   ///< not sent by this process
  held,       ///< waits here to be tried again; no try has reached the venue unless `maybe_live`
  flying,     ///< a request is under way
  unknown,    ///< the answer was lost: it may be there
  there,      ///< the venue has it
  refused,    ///< by proof it is not there
  over,       ///< it was there, and has ended
};

struct Known {
  std::string client_id, venue_id, product_id;  ///< what is not known is empty
  std::uint32_t instrument = 0;
  Phase phase = Phase::stranger;
  bool maybe_live = false;     ///< an answer to one of its tries was lost, or an earlier process may have sent it
  bool asked_for = false;      ///< by a question or a cancel that has its client id alone
  bool cancel_wanted = false;  ///< to be cancelled as soon as its venue id is known
  bool urgent = false;         ///< reduces: its requests go in the lane of exits
  bool searched_for = false;   ///< a search to cancel it is under way, or waits for its turn
  std::uint32_t tries = 0, searches = 0;  ///< searches: those to cancel it that did not find it
  std::int64_t read_ns = 0, searched_ns = 0;
  std::int64_t listed_from_ns = 0;  ///< by the venue's clock, from when on lists show it; 0: from the beginning, nobody knows when it was sent
  std::int64_t newest_ns = 0;  ///< its newest try, or that one's acknowledgement

  std::optional<bl_intent> intent;    ///< as the host wanted it; ours alone
  coinbase::OrderTerms sent;          ///< as it was sent: on the product's steps
  coinbase::Request request;          ///< its bytes: what is sent again is this, and nothing else

  Decimal told_qty = Decimal::zero();  ///< base of the fills that were told on
  Decimal short_of = Decimal::zero();  ///< what it had filled when its fills were first short of that
  std::int64_t short_since_ns = 0;     ///< and when that was; 0: they are not short
  Decimal hinted_qty = Decimal::zero();  ///< what the stream says has filled: looked for until it is told
  bool hinted_end = false;               ///< the stream says that it is over
  std::string last_told;               ///< what was said of it last, so that nothing is said twice
};

/// One per broker. A reference to a Known is good until the next learn() or forget_old().
class Orders {
 public:
  static constexpr std::size_t most_ended = 4096, most_fills = 200'000;
  static constexpr std::int64_t new_ns = 10'000'000'000;  ///< so long after it was acknowledged an order may still not be shown

  Known* by_client(std::string_view client_id) noexcept;
  Known* by_venue(std::string_view venue_id) noexcept;
  /// Of the client id, made when it is not there.
  Known& of_client(std::string_view client_id);
  /// What the venue told: known under both ids afterwards. A client id that belongs to an order of another venue id makes a stranger of
  /// this one: it is known by its venue id alone. Halves that turn out to be one order become one.
  Known& learn(std::string_view client_id, std::string_view venue_id);
  Known& learn(const coinbase::VenueOrder& o);
  /// A list shows it, and nothing but ids can be read of it ("": not that one either). Of an order of ours it says that the venue
  /// has it: it is neither refused nor sent again from now on.
  void shown(std::string_view client_id, std::string_view venue_id);
  void forget(const Known& k);
  /// It has ended: remembered for a while, to know what comes late.
  void ended(Known& k);
  /// By proof it is not at the venue: remembered for a while, too.
  void refused(Known& k);
  /// Call where no reference is held.
  void forget_old();

  /// What the venue has told of and not ended, ours and others'.
  template <class F>
  void each_working(F&& f) const {
    for (const Known& k : list_)
      if (!k.venue_id.empty() && k.phase != Phase::over) f(k);
  }
  std::size_t size() const noexcept { return list_.size(); }
  /// Whether the venue may have it and not show it yet: acknowledged a moment ago, and not read since. That it is not found, or can't be
  /// cancelled, is no evidence then.
  bool is_new(std::string_view venue_id, std::int64_t now_ns) const noexcept;

  /// Whether this fill was not told on before; it counts as told from now on, and for what its order has filled. Not for one that could
  /// not be told: it would never be.
  bool first_time(const coinbase::VenueFill& f);
  bool told(std::string_view entry_id) const { return fills_.contains(entry_id); }
  /// The entry that a later one of the same trade corrects or takes back; "" when it is not known.
  std::string entry_of(std::string_view order_id, std::string_view trade_id) const;

  /// Called with each order of ours whose venue id becomes known.
  std::function<void(Known&)> on_venue_id;

 private:
  std::list<Known> list_;
  std::map<std::string, Known*, std::less<>> by_client_, by_venue_;
  std::deque<std::string> ended_, refused_;  ///< venue ids; client ids
  std::set<std::string, std::less<>> fills_;
  std::map<std::string, std::string, std::less<>> trades_;  ///< order and trade -> entry
  std::deque<std::pair<std::string, std::string>> fill_row_;  ///< in the order told: entry, and its key in trades_
};

/// What two numbers of one quantity may differ by when the venue told one of them in quote, and it was divided here.
inline constexpr Decimal division_dust = Decimal::from_mantissa(1, -12);
/// What an order has filled by the venue's word; where its fills were told on, and add up to that but for division_dust, what they add
/// up to: the host takes an end with another quantity than its fills for one whose fills are missing.
std::optional<Decimal> filled_of(const coinbase::VenueOrder& o, const Known& k) noexcept;
/// So long the venue's list of fills may be behind its orders; what has not come by then is missing.
inline constexpr std::int64_t most_lag_ns = 30'000'000'000;
struct FilledTold {
  std::optional<Decimal> qty;
  bool held_back = false;  ///< the venue has it filled further
};
/// What the host is told that it has filled. A working order no further than its fills were told, while they only lag behind: the host
/// books by fills, and takes what they are short of for fills that are missing. It passes over what is less than it knows, of fills that
/// an earlier process told. An end is told as it is.
FilledTold filled_told(const coinbase::VenueOrder& o, Known& k, std::int64_t now_ns) noexcept;
/// What a purchase by quote gets is of so many decimals at the venue, whatever the product's step is: a division goes no further.
inline constexpr Decimal base_digit = Decimal::from_mantissa(1, -16);
/// Of a fill: base, whatever currency its size is told in; divided it is on base_digit. Not set: it can't be.
Decimal base_of(const coinbase::VenueFill& f) noexcept;

}  // namespace bowline::broker_coinbase
