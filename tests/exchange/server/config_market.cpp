// Of the configuration: products, the market, and how engine, face and gate behave.
#include <algorithm>
#include <charconv>
#include <chrono>

#include "config/values.hpp"
#include "exchange/server/config_parts.hpp"

namespace bowline::exchange {
namespace {

constexpr std::int64_t ms = 1'000'000, second = 1000 * ms, hour = 3600 * second;

/// A share as a count of millionths.
void ppm(Fields& f, const char* key, std::int64_t& into, std::int64_t most) {
  Decimal d = Decimal::not_set();
  f.share(key, d);
  if (!d.is_set()) return;
  const auto n = mul_int(d, 1'000'000).to_mantissa(0, Rounding::half_even);
  if (!n || *n < 1 || *n > most) return f.wrong(key, "a share from 0.0001% to " + std::to_string(most / 10'000) + "% is needed");
  into = *n;
}

/// "2021-01-01" or "2021-01-01T00:00:00Z".
std::optional<std::int64_t> time_of(const std::string& s) {
  int parts[6] = {};
  const char* at = s.data();
  const char* const end = s.data() + s.size();
  constexpr std::string_view between = "--T::";
  for (int i = 0; i < 6; ++i) {
    const std::ptrdiff_t length = i == 0 ? 4 : 2;
    if (end - at < length) return std::nullopt;
    const auto [stop, ec] = std::from_chars(at, at + length, parts[i]);
    if (ec != std::errc() || stop != at + length) return std::nullopt;
    at = stop;
    if (i == 2 && at == end) break;
    if (i < 5 && (at == end || *at++ != between[static_cast<std::size_t>(i)])) return std::nullopt;
  }
  if (at != end && !(end - at == 1 && *at == 'Z')) return std::nullopt;
  const std::chrono::year_month_day day{std::chrono::year(parts[0]), std::chrono::month(static_cast<unsigned>(parts[1])),
                                        std::chrono::day(static_cast<unsigned>(parts[2]))};
  if (!day.ok() || parts[3] > 23 || parts[4] > 59 || parts[5] > 59) return std::nullopt;
  return std::chrono::sys_days(day).time_since_epoch().count() * 86'400 + parts[3] * 3600 + parts[4] * 60 + parts[5];
}

void read_flags(Fields& f, ProductFlags& p) {
  f.word("status", {"online", "offline", "delisted"}, [&](std::size_t i) { p.status = static_cast<ProductStatus>(i); });
  f.flag("is_disabled", p.is_disabled);
  f.flag("trading_disabled", p.trading_disabled);
  f.flag("cancel_only", p.cancel_only);
  f.flag("limit_only", p.limit_only);
  f.flag("post_only", p.post_only);
  f.flag("auction_mode", p.auction_mode);
  f.flag("view_only", p.view_only);
}

}  // namespace

void read_product(ConfigSink& sink, const YAML::Node& at, const std::string& path, VenueConfig& c) {
  const std::vector<ProductConfig> known = default_products();
  const auto find = [&](const std::string& id) { return std::find_if(known.begin(), known.end(), [&](const ProductConfig& p) { return p.rules.id == id; }); };
  if (at.IsScalar()) {
    if (const auto it = find(at.Scalar()); it != known.end()) c.products.push_back(*it);
    else sink.tell(at, path, "CONFIG_PRODUCT_UNKNOWN", "\"" + at.Scalar() + "\" is none of the products that are known without their rules");
    return;
  }
  Fields f(sink, at, path);
  f.need("id");
  std::string id;
  f.text("id", id);
  ProductConfig p;
  if (const auto it = find(id); it != known.end()) p = *it;
  p.rules.id = id;
  if (const auto dash = id.find('-'); p.rules.base.empty() && dash != id.npos) {
    p.rules.base = id.substr(0, dash);
    p.rules.quote = id.substr(dash + 1);
  }
  f.text("base", p.rules.base);
  f.text("quote", p.rules.quote);
  f.text("alias", p.rules.alias);
  f.decimal("base_increment", p.rules.base_increment);
  f.decimal("quote_increment", p.rules.quote_increment);
  f.decimal("price_increment", p.rules.price_increment);
  f.decimal("base_min_size", p.rules.base_min_size);
  f.decimal("base_max_size", p.rules.base_max_size);
  f.decimal("quote_min_size", p.rules.quote_min_size);
  f.decimal("quote_max_size", p.rules.quote_max_size);
  f.map("flags", [&](Fields& in) { read_flags(in, p.rules.flags); });
  f.map("market", [&](Fields& in) {
    in.decimal("price", p.shape.price);
    in.decimal("depth", p.shape.depth);
    ppm(in, "volatility", p.shape.volatility_ppm, 500'000);
    ppm(in, "spread", p.shape.spread_ppm, 100'000);
    if (!usable(p.shape.price, price_step) || !usable(p.shape.depth, amount_step)) in.wrong("price", "price and depth are above zero");
  });
  f.end();
  c.products.push_back(std::move(p));
}

void read_market(Fields& f, MarketConfig& m) {
  bool played = false;
  f.word("source", {"simulated", "replay", "none"}, [&](std::size_t i) {
    played = i == 1;
    m.stands_still = i == 2;
  });
  f.duration("tick", m.tick_ns, 10 * ms, hour);
  auto levels = static_cast<std::int64_t>(m.levels);
  f.whole("levels", levels, 1, 500);
  m.levels = static_cast<std::size_t>(levels);
  f.map("replay", [&](Fields& in) {
    in.names("files", [&](const std::string& product, const YAML::Node& value, const std::string&) { m.files.emplace(product, value.Scalar()); });
    in.whole("speed", m.speed, 1, 100'000);
    std::string from;
    in.text("from", from);
    if (!from.empty()) {
      m.from_s = time_of(from);
      if (!m.from_s) in.wrong("from", "\"" + from + "\" is no time, written as 2021-01-01 or 2021-01-01T00:00:00Z");
    }
  });
  if (played != !m.files.empty()) f.wrong("source", "source: replay and replay.files belong together");
}

void read_engine(Fields& f, Options& o) {
  f.duration("pending_lag", o.pending_ns, 0, hour);
  f.duration("visibility_lag", o.visible_ns, 0, hour);
  f.duration("cancel_lag", o.cancel_ns, 0, hour);
  f.duration("edit_lag", o.edit_ns, 0, hour);
  f.duration("fill_lag", o.listed_ns, 0, hour);
  f.word("self_trade", {"allow", "cancel_taker", "cancel_maker", "cancel_both"}, [&](std::size_t i) { o.self_trade = static_cast<SelfTrade>(i); });
  f.word("client_id_scope", {"portfolio", "owner"}, [&](std::size_t i) { o.client_id_scope = static_cast<ClientIdScope>(i); });
  f.duration_or_never("client_id_retention", o.client_id_retention_ns);
  std::int64_t open = o.max_open_orders;
  f.whole("max_open_orders", open, 1, 100'000'000);
  o.max_open_orders = static_cast<std::uint32_t>(open);
  f.flag("edit_stops", o.edit_stops);
  f.duration_or_never("max_end", o.max_end_ns);
  f.share("max_limit_distance", o.max_limit_distance);
  f.share("bracket_through", o.bracket_through);
  f.flag("fills_on_touch", o.fills_on_touch);
}

void read_face(Fields& f, FaceOptions& o) {
  f.word("unknown_fields", {"pass_over", "refuse"}, [&](std::size_t i) { o.wire.unknown = static_cast<wire::UnknownFields>(i); });
  f.word("id_mismatch", {"same_order", "refuse"}, [&](std::size_t i) { o.id_mismatch = static_cast<IdMismatch>(i); });
  f.word("empty_buckets", {"skip", "repeat_close"}, [&](std::size_t i) { o.empty_buckets = static_cast<EmptyBuckets>(i); });
  f.word("sequence_scope", {"connection", "product"}, [&](std::size_t i) { o.sequence_scope = static_cast<SequenceScope>(i); });
  f.flag("client_id", o.client_id_sent);
  f.flag("ack_first", o.ack_first);
  f.flag("short_batch_ends", o.short_batch_ends);
  f.duration("subscribe_within", o.subscribe_within_ns, ms, 24 * hour);
  f.duration("quiet", o.quiet_ns, ms, 24 * hour);
  f.duration("heartbeat", o.heartbeat_ns, ms, hour);
  f.duration("trades", o.trades_ns, ms, hour);
  f.duration("candles", o.candles_ns, ms, hour);
  f.duration("ticker_batch", o.ticker_batch_ns, ms, hour);
  f.flag("user_endpoint_alone", o.user_endpoint_alone);
}

void read_gate(Fields& f, GateOptions& o) {
  std::int64_t skew = o.skew_s * second, life = o.max_life_s * second;
  f.duration("skew", skew, 0, 24 * hour);
  f.duration("max_life", life, 0, 24 * hour);
  o.skew_s = skew / second;
  o.max_life_s = life / second;
  f.flag("check_open", o.check_open);
  if (f.has("other_hosts")) o.other_hosts.clear();
  f.list("other_hosts", [&](const YAML::Node& at, const std::string& path) {
    if (at.IsScalar() && !at.Scalar().empty()) o.other_hosts.push_back(at.Scalar());
    else f.sink().tell(at, path, "CONFIG_TYPE", "a host name is needed here");
  });
}

}  // namespace bowline::exchange
