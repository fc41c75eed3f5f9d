// The venue at work: requests from the host in, events out, and the state file written before anything is
// said.
#pragma once

#include <bowline/plugin.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <bowline/result.hpp>

#include "rate_limit.hpp"
#include "state_file.hpp"
#include "teller.hpp"
#include "venue.hpp"

namespace bowline::broker_mock {

/// An external act as a config names it: its product and asset as text.
struct ScriptLine {
  ExternalAct act;
  std::string product, asset;  ///< one of them, by kind of act
};

struct DeskOptions {
  VenueOptions venue;
  std::vector<std::pair<std::string, Decimal>> cash;  ///< first balances by asset code
  bool memory = false;                                ///< no state file
  std::string file;                                   ///< absolute path of the state file
  std::uint32_t rate_limit = 0, rate_burst = 0;  ///< requests per second and at once; 0 per second = no limit
  std::vector<ScriptLine> script;
};

/// What the desk asks of the host; the plugin fills it from bl_host and its services.
struct DeskHost {
  std::function<std::int64_t()> now_ns;
  std::function<void()> wake;
  std::function<void(std::int64_t due_ns)>
      arm;                                 ///< on_time() is wanted at that moment; replaces the one before
  std::function<void(const Error&)> fail;  ///< nothing more can be acknowledged
  std::function<std::uint32_t(const std::string&)> asset;  ///< asset number of a code, 0 = none
};

/// Where events go: the call's sink, or bowline.publish/1.
using Say = std::function<void(const bl_event&)>;

/// All on the lane but open(), which is [control].
class Desk {
 public:
  Desk(DeskOptions options, DeskHost host) : options_(std::move(options)), host_(std::move(host)) {}

  /// Makes the venue for these products, with the state file's content or the first cash. Errors:
  /// ASSET_UNKNOWN (cash in something no instrument trades), EXTERNAL_ORDERS_INVALID (a product or asset that
  /// this run does not have), STATE_*.
  Result<void> open(std::vector<Product> products);

  /// Takes a request on its way and asks to be woken. Errors: ORDER_UNSUPPORTED, CLIENT_ID_MISSING,
  /// CLIENT_ID_REUSED, NOT_AFTER_PASSED, and those of reach(). Nothing was sent when it fails.
  Result<void> submit(const bl_intent& intent);
  /// The same for what an order shall be from now on. Errors: ORDER_UNSUPPORTED, ORDER_REF_MISSING,
  /// AMEND_ID_OTHER (`wanted` has a client id that is not the order's), NOT_AFTER_PASSED, and those of
  /// reach().
  Result<void> amend(const bl_order_ref& ref, const bl_intent& wanted);
  /// Whether a request of this cost can be sent now; if so it is charged. To be asked before cancel() and
  /// query(). Errors: LINK_DOWN, RATE_LIMITED. No byte was sent when it fails.
  Result<void> reach(std::int64_t cost);
  void cancel(const bl_order_ref* refs, std::uint64_t n);
  void query(const bl_query& q);
  /// What one call of cancel() costs: it travels in requests of up to 100 orders.
  static constexpr std::int64_t cancel_cost(std::uint64_t n) noexcept {
    return n == 0 ? 1 : static_cast<std::int64_t>((n - 1) / 100 + 1);
  }

  /// A bar: final ones only. Nanoseconds when no order of its instrument is open and nothing is due.
  void on_bar(const bl_bar& bar, const bl_sink& sink) {
    if (!bar.is_final) return;
    // A host that goes on after a restart tells old bars again: they are prices, and nothing is filled by them.
    if ((bar.h.flags & 1u) != 0)
      return venue_->note_price(bar.h.instrument, bar.close, bar.px_exp, bar.close_ns);
    if (venue_->idle(bar.h.instrument, bar.close_ns) && (!teller_ || teller_->idle(bar.close_ns)))
      return venue_->note_price(bar.h.instrument, bar.close, bar.px_exp, bar.close_ns);
    busy_bar(bar, sink);
  }
  /// Carries out what has arrived, answers questions: at a wake, and at the moments arm() asked for.
  void on_time(const Say& say);

  const Venue& venue() const noexcept { return *venue_; }

 private:
  void busy_bar(const bl_bar& bar, const bl_sink& sink);
  bool flush(std::int64_t now_ns, const Say& say);
  void say_reports(const Say& say, bool snapshot);
  void answer(const bl_query& q, std::int64_t now_ns, const Say& say);
  void say_products(std::int64_t now_ns, const Say& say);
  void say_done(const bl_query& q, std::int64_t now_ns, bl_status status, const Say& say);
  void soon();
  void rearm();
  template <class Work>
  void guarded(Work&& work);
  std::uint32_t fee_asset(const Order& o) const noexcept;
  Result<void> name_assets();
  Result<void> reachable(std::int64_t now_ns, std::int64_t cost) const;
  Result<StoredState> load();
  Result<std::vector<ExternalAct>> script_left(std::vector<std::string> done) const;
  void start_teller(const StoredState& state);
  Names names() const;

  struct Question {
    bl_query query;
    OrderRef ref;  ///< query.order, copied: its text lives only during the call
  };
  DeskOptions options_;
  DeskHost host_;
  std::vector<Product> products_;
  std::vector<std::string> asset_codes_;  ///< by asset number
  std::unique_ptr<Venue> venue_;
  std::unique_ptr<StateFile> file_;
  std::unique_ptr<Teller> teller_;  ///< null: all is told at once and in order
  RateLimit rate_;
  std::vector<Question> questions_;
  std::vector<Report> saying_;  ///< being said
  std::int64_t armed_ns_ = INT64_MAX;
  bool failed_ = false;
};

}  // namespace bowline::broker_mock
