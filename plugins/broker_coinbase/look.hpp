// Looks an order up at the venue and tells the host what it finds: its fills, and then how it stands. Whatever hints that something
// happened (an answer, the stream, the clock) only leads here; what is told comes from here.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gather.hpp"
#include "kit.hpp"
#include "pages.hpp"

namespace bowline::broker_coinbase {

/// What a look found.
struct Found {
  enum class What : std::uint8_t {
    there,
    absent,  ///< the venue says that it has none such: evidence, since a new order can't be read for a moment
    failed,  ///< nothing was learned
  } what = What::failed;
  coinbase::VenueOrder order;  ///< there
  bl_status status = BL_OK;    ///< failed: why
  bool over() const noexcept { return what == What::there && coinbase::is_final(order.status); }
};
using OnFound = std::function<void(const Found&)>;
using OnSearched = std::function<void(const std::optional<coinbase::VenueOrder>&, bl_status)>;

class Look {
 public:
  explicit Look(Kit& kit);

  /// Before long, and again with waits between while it is to change by itself: it fills at once, is being cancelled, or its fills
  /// lag behind. Several calls are one look, at the earliest of their times.
  void soon(std::string_view venue_id, std::int64_t wait_ns, std::uint32_t lane);
  /// Once, now, or together with others while much is on its way; what is new is told before `then` is called.
  void now(std::string_view venue_id, std::uint32_t lane, OnFound then);
  /// The order of this client id, in lists that leave out no state and no source: orders made from `since_ns` on (0: all); those that are
  /// looked for at one time share the lists. What is new of it is told as by now().
  void find(std::string_view client_id, std::int64_t since_ns, std::uint32_t lane, OnFound then);
  /// The same, and nothing is told: the order if the lists show it, else BL_OK if they are whole.
  void search(std::string_view client_id, std::int64_t since_ns, std::uint32_t lane, OnSearched then);
  /// Tells the fills that were not told of lists from then on, by the venue's clock, and what has become of each order that is not over and
  /// was not read since `seen_ns`.
  void sweep(std::int64_t listed_from_ns, std::int64_t seen_ns, PagesDone done);

  /// A list shows it and can't be read: what is known here is looked at by its name, which may be read.
  void by_name(const coinbase::OrderPage::Fault& f);
  void by_name(const coinbase::FillPage::Fault& f);

  /// As found; `then` as now(). `tries`: of the fills that lag behind.
  void tell(coinbase::VenueOrder o, std::uint32_t lane, std::uint32_t tries, OnFound then);
  /// Whether it has filled more than was told, by its own word or the stream's.
  bool lags(const coinbase::VenueOrder& o) const;
  /// Tells a fill if it was not told before.
  FillSaid tell_fill(const coinbase::VenueFill& f);

 private:
  struct Due {
    std::int64_t at_ns = 0;
    std::uint32_t lane = 0, tries = 0;
    bool running = false, again = false;
  };
  struct Wanted {
    std::string venue_id;
    bool again;  ///< it is looked at again if nothing was learned
    OnFound then;
  };
  /// An order whose fills are to be told first.
  struct Lagging {
    std::shared_ptr<coinbase::VenueOrder> order;
    std::uint32_t lane, tries;
    OnFound then;
  };
  struct Searched {
    std::string client_id;
    std::int64_t since_ns;
    OnSearched then;
  };
  using Answered = std::function<void()>;
  void plan(const std::string& venue_id, std::int64_t wait_ns);
  void run(const std::string& venue_id);
  void looked(const std::string& venue_id, const Found& f);
  void ask(const std::string& venue_id, std::uint32_t lane, const Answered& answered, OnFound then);
  void ask_together(std::vector<Wanted> wanted, std::uint32_t lane, const Answered& answered);
  void ask_fills(std::vector<Lagging> wanted, std::uint32_t lane, const Answered& answered);
  void ask_lists(std::vector<Searched> searched, std::uint32_t lane, const Answered& answered);
  void search_together(std::vector<Searched> searched, std::uint32_t lane, const Answered& answered);
  void say_order(const coinbase::VenueOrder& o, const OnFound& then);
  void reread(std::vector<std::string> ids, bool own);

  Kit& kit_;
  std::map<std::string, Due, std::less<>> due_;
  Gather<Wanted> looks_;
  Gather<Lagging> fills_;
  Gather<Searched> searches_, histories_;  ///< of lists that are short, and of those that are not
};

}  // namespace bowline::broker_coinbase
