// The whole venue without its sockets: requests, streams and the market on one engine, the limits and the misbehaviour around them, and
// what is kept. Times that come in are those of the real clock, in nanoseconds since 1970; the venue's own clock may differ. One caller at
// a time, but for read_ahead().
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exchange/face/brokerage.hpp"
#include "exchange/face/streams.hpp"
#include "exchange/server/config.hpp"
#include "exchange/server/frame_filter.hpp"
#include "exchange/server/kept_state.hpp"
#include "exchange/server/market.hpp"
#include "exchange/server/mischief.hpp"
#include "exchange/server/rate_gate.hpp"

namespace bowline::exchange {

class Venue {
 public:
  /// Builds it by its configuration, on what was kept: users and products that are new in the configuration come to it, and none goes.
  /// Makes the key files that are not there. Errors: those of the parts, and STATE_PRODUCT_CHANGED (a product has other rules than the
  /// kept one; its flags are the state's).
  static Result<std::unique_ptr<Venue>> make(VenueConfig config, const std::optional<KeptState>& kept, std::int64_t now_ns);

  /// Called with what has to be kept before anything of it is told: the calls since the last time, never none.
  void keep_with(std::function<void(std::string_view calls)> keep) { keep_ = std::move(keep); }
  KeptHead head() const;
  std::string save() const { return engine_.save(); }

  // ---- requests --------------------------------------------------------------------------------------------------------------
  /// Verifies the token that a request bears, so that answer() need not: most of what a request costs, and the one part of it that needs
  /// nothing of the venue that changes. Any thread, also while another one is at the venue.
  void read_ahead(const WebRequest& request) const;
  /// What the rules say of a request: asked once, before it is answered. Waiting and closing are the caller's.
  RequestPlan plan(const WebRequest& request);
  /// Does what is asked, so far as the plan has it done, and answers. `address`: the client's, without its port.
  WebReply answer(const WebRequest& request, const RequestPlan& plan, std::string_view address, std::int64_t now_ns);
  ConnectionPlan connection() { return mischief_.connection(); }

  // ---- streams ---------------------------------------------------------------------------------------------------------------
  StreamId open_stream(StreamKind kind, std::int64_t now_ns);
  void said(StreamId stream, std::string_view text, std::int64_t now_ns);
  void closed(StreamId stream);
  /// Moves what is to be sent by now behind what is in `to`. After every call that carries a time.
  void take_frames(std::vector<FrameOut>& to);

  // ---- time ------------------------------------------------------------------------------------------------------------------
  void advance(std::int64_t now_ns);
  /// When advance() is next needed, by the real clock; forever: never.
  std::int64_t next_due() const;
  std::int64_t skew_ns() const noexcept { return skew_ns_; }
  /// How far the venue's clock is ahead. Put back, it stands still until it is where it ought to be: an engine's time never steps back.
  void set_skew(std::int64_t ns) noexcept { skew_ns_ = ns; }

  // ---- control ---------------------------------------------------------------------------------------------------------------
  Mischief& mischief() noexcept { return mischief_; }
  const Engine& engine() const noexcept { return engine_; }
  const std::vector<std::string>& portfolios() const noexcept { return portfolios_; }
  /// The user of a portfolio; none: there is no such portfolio.
  std::optional<UserId> portfolio(std::string_view name) const;
  Result<void> deposit(std::string_view portfolio, std::string_view currency, const Decimal& amount, std::int64_t now_ns);
  Result<void> withdraw(std::string_view portfolio, std::string_view currency, const Decimal& amount, std::int64_t now_ns);
  Result<void> set_rates(std::string_view portfolio, const FeeRates& rates);
  Result<void> set_flags(std::string_view product, const ProductFlags& flags, std::int64_t now_ns);
  Result<void> hold_price(std::string_view product, const Decimal& price, std::int64_t now_ns);

 private:
  Venue(VenueConfig config, Engine engine);
  // venue_build.cpp
  Result<void> add_products();
  Result<void> add_portfolios(const std::optional<KeptState>& kept, std::int64_t now_ns);
  Result<void> add_keys(const PortfolioConfig& portfolio, UserId user);
  Result<std::unique_ptr<Market>> make_market() const;

  std::int64_t venue_time(std::int64_t now_ns) const noexcept { return now_ns + skew_ns_; }
  /// Behind every move of the engine: keeps it, and tells the streams.
  void settle(std::int64_t t_ns);
  void collect(std::int64_t t_ns);
  std::string key_of(const WebRequest& request) const;

  VenueConfig config_;
  Engine engine_;
  TokenGate gate_;
  KeyHolders holders_;
  std::vector<std::string> portfolios_;  ///< from first_user on
  std::int64_t origin_s_ = 0, skew_ns_ = 0;
  std::unique_ptr<Market> market_;
  std::unique_ptr<Brokerage> brokerage_;
  std::unique_ptr<Streams> streams_;
  Mischief mischief_;
  FrameFilter filter_{mischief_};
  RateGate rates_;
  std::string calls_;
  std::function<void(std::string_view)> keep_;
  std::vector<Event> events_;
  std::vector<Frame> made_;
  std::vector<FrameOut> out_;
};

}  // namespace bowline::exchange
