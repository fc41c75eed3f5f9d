// How a venue comes to be: products, portfolios, keys and the market, on what was kept.
#include <algorithm>

#include "exchange/server/api_key.hpp"
#include "exchange/server/dice.hpp"
#include "exchange/server/files.hpp"
#include "exchange/server/venue.hpp"

namespace bowline::exchange {
namespace {

constexpr std::int64_t second = 1'000'000'000;

/// A name for a key of this portfolio that has none, in the portal's form.
std::string made_name(std::uint64_t seed, const PortfolioConfig& portfolio, std::size_t index) {
  const Ids ids(seed);
  const auto number = [&](std::string_view of) { return seed_of(seed + index, of) >> 4; };
  return "organizations/" + ids.text(IdKind::user, seed_of(seed, portfolio.owner) >> 4) + "/apiKeys/" + ids.text(IdKind::account, number(portfolio.name));
}

}  // namespace

Venue::Venue(VenueConfig config, Engine engine)
    : config_(std::move(config)), engine_(std::move(engine)), gate_(config_.gate), skew_ns_(config_.skew_ns), rates_(config_.limits) {}

Result<std::unique_ptr<Venue>> Venue::make(VenueConfig config, const std::optional<KeptState>& kept, std::int64_t now_ns) {
  auto engine = kept ? restore(*kept, config.engine) : Result<Engine>(Engine(config.engine));
  if (!engine) return std::move(engine).error();
  std::unique_ptr<Venue> v(new Venue(std::move(config), std::move(*engine)));
  v->origin_s_ = kept ? kept->head.origin_s : v->venue_time(now_ns) / second;
  v->engine_.advance(v->venue_time(now_ns));
  if (auto ok = v->add_products(); !ok) return std::move(ok).error();
  if (auto ok = v->add_portfolios(kept, now_ns); !ok) return std::move(ok).error();
  auto market = v->make_market();
  if (!market) return std::move(market).error();
  v->market_ = std::move(*market);
  FaceOptions face = v->config_.face;
  face.holders = &v->holders_;
  face.candles = v->market_.get();
  v->brokerage_ = std::make_unique<Brokerage>(v->engine_, v->gate_, face);
  v->streams_ = std::make_unique<Streams>(v->engine_, v->gate_, face);
  for (Rule& r : v->config_.rules) v->mischief_.add(std::move(r));
  v->config_.rules.clear();
  // What the engine did up to here is part of the first snapshot, and of no stream.
  v->engine_.take_events(v->events_);
  v->events_.clear();
  v->engine_.write_calls(&v->calls_);
  return v;
}

Result<void> Venue::add_products() {
  for (const ProductConfig& p : config_.products) {
    const auto known = engine_.product_number(p.rules.id);
    if (!known) {
      if (auto ok = engine_.add_product(p.rules); !ok) return ok;
      continue;
    }
    Product there = engine_.products()[*known];
    there.flags = p.rules.flags;
    if (there != p.rules)
      return Error{"STATE_PRODUCT_CHANGED", "the kept state has other rules for " + p.rules.id + ": change them back, or begin a new state"};
  }
  return {};
}

Result<void> Venue::add_portfolios(const std::optional<KeptState>& kept, std::int64_t now_ns) {
  if (kept) portfolios_ = kept->head.portfolios;
  if (kept && engine_.users() != first_user + portfolios_.size())
    return Error{"STATE_UNSOUND", "the kept state has other users than it has names for"};
  for (const PortfolioConfig& p : config_.portfolios) {
    std::optional<UserId> user = portfolio(p.name);
    if (!user) {
      auto added = engine_.add_user(p.owner, p.rates, venue_time(now_ns));
      if (!added) return std::move(added).error();
      user = *added;
      portfolios_.push_back(p.name);
      for (const auto& [currency, amount] : p.deposits)
        if (auto ok = engine_.deposit(*user, currency, amount, venue_time(now_ns)); !ok) return ok;
    } else if (engine_.user(*user)->rates != p.rates) {
      if (auto ok = engine_.set_rates(*user, p.rates); !ok) return ok;
    }
    if (auto ok = add_keys(p, *user); !ok) return ok;
  }
  return {};
}

Result<void> Venue::add_keys(const PortfolioConfig& p, UserId user) {
  for (std::size_t i = 0; i < p.keys.size(); ++i) {
    const KeyConfig& k = p.keys[i];
    ApiKey key{k.name, {}};
    if (!k.public_key.empty()) {
      auto pem = read_file(k.public_key);
      if (!pem) return std::move(pem).error();
      key.public_pem = std::move(*pem);
    } else {
      auto there = read_file(k.file);  // a file that is there has its own name
      auto kept = keep_api_key(k.file, k.name.empty() && !there ? made_name(config_.seed, p, i) : k.name, k.generate);
      if (!kept) return std::move(kept).error();
      key = std::move(*kept);
    }
    if (auto ok = gate_.keys().add(key.name, key.public_pem); !ok) return ok;
    holders_.emplace(key.name, KeyHolder{user, k.can_view, k.can_trade, k.can_transfer});
  }
  return {};
}

Result<std::unique_ptr<Market>> Venue::make_market() const {
  const MarketConfig& m = config_.market;
  std::vector<Market::Line> lines;
  for (const ProductConfig& p : config_.products) {
    if (!p.rules.alias.empty() || m.stands_still) continue;
    Market::Line line{p.rules, p.shape, nullptr};
    const auto file = m.files.find(p.rules.id);
    if (file == m.files.end()) {
      line.prices = std::make_unique<MadePrices>(p.rules, p.shape, config_.seed, m.tick_ns);
    } else {
      auto candles = read_candles(file->second);
      if (!candles) return std::move(candles).error();
      ReplayPace pace;
      pace.speed = m.speed;
      pace.from_s = m.from_s.value_or(candles->front().time_s);
      // Candles begin where candles of their length begin by the venue's clock.
      const std::int64_t period = PlayedPrices::period(*candles);
      pace.origin_s = origin_s_ - ((origin_s_ - pace.from_s) % period + period) % period;
      line.prices = std::make_unique<PlayedPrices>(std::move(*candles), pace);
    }
    lines.push_back(std::move(line));
  }
  return std::make_unique<Market>(std::move(lines), m.tick_ns, m.levels, config_.seed);
}

}  // namespace bowline::exchange
