#include "exchange/server/venue.hpp"

#include <algorithm>

namespace bowline::exchange {
namespace {

std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }
std::string_view query_of(std::string_view target) {
  const auto at = target.find('?');
  return at == target.npos ? std::string_view() : target.substr(at + 1);
}
/// What is limited by address: it is told to anyone.
bool is_public(std::string_view path) {
  return path.starts_with("/api/v3/brokerage/market/") || path == "/api/v3/brokerage/time" || path.starts_with("/v2/");
}

/// A clock that was put back stands still: neither engine nor streams go back in time.
std::int64_t not_before(const Engine& engine, std::int64_t t_ns) { return std::max(engine.now(), t_ns); }

}  // namespace

KeptHead Venue::head() const { return {engine_.options(), portfolios_, origin_s_}; }

void Venue::read_ahead(const WebRequest& request) const { gate_.read_ahead(find_header(request.headers, "Authorization")); }

RequestPlan Venue::plan(const WebRequest& r) { return mischief_.request({r.method, path_of(r.target), query_of(r.target), r.body}); }

/// Whose bucket a request is counted in: the key that its token names. Whether the token is right is the gate's business; a wrong one
/// under another's name costs that one a request, as it may at the real venue.
std::string Venue::key_of(const WebRequest& r) const {
  if (is_public(path_of(r.target))) return {};
  std::string named = gate_.named_key(find_header(r.headers, "Authorization"));
  return holders_.contains(named) ? named : std::string();
}

WebReply Venue::answer(const WebRequest& request, const RequestPlan& plan, std::string_view address, std::int64_t now_ns) {
  const std::int64_t t = not_before(engine_, venue_time(now_ns));
  const RateLimits& limits = rates_.limits();
  RateGate::Word word;
  if (limits.per_second_key != 0 || limits.per_second_address != 0 || limits.per_hour_key != 0) word = rates_.ask(key_of(request), address, t);
  WebReply reply;
  if (!word.let_in) {
    reply = too_many();
  } else {
    if (plan.done) {
      reply = brokerage_->answer(request, t);
      settle(t);
    }
    if (plan.instead) reply = *plan.instead;
    if (!plan.changes.empty()) reply.body = changed(reply.body, plan.changes);
  }
  if (limits.headers && !plan.instead) tell_limits(word, limits.reset, t, reply);
  return reply;
}

StreamId Venue::open_stream(StreamKind kind, std::int64_t now_ns) {
  const std::int64_t t = not_before(engine_, venue_time(now_ns));
  engine_.advance(t);
  settle(t);
  const StreamId id = streams_->open(kind, t);
  collect(t);
  return id;
}

void Venue::said(StreamId stream, std::string_view text, std::int64_t now_ns) {
  const std::int64_t t = not_before(engine_, venue_time(now_ns));
  engine_.advance(t);
  settle(t);
  streams_->said(stream, text, t);
  collect(t);
}

void Venue::closed(StreamId stream) {
  streams_->closed(stream);
  filter_.closed(stream);
}

void Venue::advance(std::int64_t now_ns) {
  const std::int64_t t = not_before(engine_, venue_time(now_ns));
  engine_.advance(t);
  market_->advance(engine_, t);
  settle(t);
  streams_->advance(t);
  filter_.advance(t, out_);
  collect(t);
}

std::int64_t Venue::next_due() const {
  const std::int64_t t = std::min({engine_.next_due(), market_->next_due(), streams_->next_due(), filter_.next_due()});
  return t == forever ? forever : t - skew_ns_;
}

void Venue::settle(std::int64_t t) {
  if (!calls_.empty()) {
    if (keep_) keep_(calls_);
    calls_.clear();
  }
  engine_.take_events(events_);
  if (!events_.empty()) {
    streams_->happened(events_, t);
    events_.clear();
  }
  collect(t);
}

void Venue::collect(std::int64_t t) {
  streams_->take_frames(made_);
  for (Frame& f : made_) filter_.take(std::move(f), t, out_);
  made_.clear();
}

void Venue::take_frames(std::vector<FrameOut>& to) {
  std::move(out_.begin(), out_.end(), std::back_inserter(to));
  out_.clear();
}

std::optional<UserId> Venue::portfolio(std::string_view name) const {
  const auto it = std::find(portfolios_.begin(), portfolios_.end(), name);
  if (it == portfolios_.end()) return std::nullopt;
  return UserId{first_user + static_cast<std::uint32_t>(it - portfolios_.begin())};
}

namespace {
Error no_portfolio(std::string_view name) { return {"PORTFOLIO_UNKNOWN", "there is no portfolio " + std::string(name)}; }
}  // namespace

Result<void> Venue::deposit(std::string_view name, std::string_view currency, const Decimal& amount, std::int64_t now_ns) {
  const auto user = portfolio(name);
  if (!user) return no_portfolio(name);
  const std::int64_t t = not_before(engine_, venue_time(now_ns));
  auto ok = engine_.deposit(*user, currency, amount, t);
  settle(t);
  return ok;
}

Result<void> Venue::withdraw(std::string_view name, std::string_view currency, const Decimal& amount, std::int64_t now_ns) {
  const auto user = portfolio(name);
  if (!user) return no_portfolio(name);
  const std::int64_t t = not_before(engine_, venue_time(now_ns));
  auto ok = engine_.withdraw(*user, currency, amount, t);
  settle(t);
  return ok;
}

Result<void> Venue::set_rates(std::string_view name, const FeeRates& rates) {
  const auto user = portfolio(name);
  if (!user) return no_portfolio(name);
  auto ok = engine_.set_rates(*user, rates);
  settle(engine_.now());
  return ok;
}

Result<void> Venue::set_flags(std::string_view product, const ProductFlags& flags, std::int64_t now_ns) {
  const std::int64_t t = not_before(engine_, venue_time(now_ns));
  auto ok = engine_.set_flags(product, flags, t);
  settle(t);
  return ok;
}

Result<void> Venue::hold_price(std::string_view product, const Decimal& price, std::int64_t now_ns) {
  const std::int64_t t = not_before(engine_, venue_time(now_ns));
  auto ok = market_->hold(engine_, product, price, t);
  settle(t);
  return ok;
}

}  // namespace bowline::exchange
