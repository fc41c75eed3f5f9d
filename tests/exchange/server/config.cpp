// The configuration, key by key. What only reads numbers for engine and face is in config_market.cpp.
#include "exchange/server/config.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <set>

#include "config/values.hpp"
#include "exchange/server/config_fields.hpp"
#include "exchange/server/config_parts.hpp"

namespace bowline::exchange {
namespace {

constexpr std::int64_t second = 1'000'000'000, hour = 3600 * second;

void read_listen(Fields& f, VenueConfig& c) {
  f.text("address", c.address);
  std::int64_t port = c.port, control = c.control_port, threads = c.threads;
  f.whole("port", port, 0, 65535);
  f.whole("control_port", control, 0, 65535);
  f.flag("control", c.control);
  f.whole("threads", threads, 0, 64);
  c.port = static_cast<std::uint16_t>(port);
  c.control_port = static_cast<std::uint16_t>(control);
  c.threads = static_cast<unsigned>(threads);
}

void read_tls(Fields& f, VenueConfig& c) {
  f.text("ca_file", c.ca_file);
  f.list("names", [&](const YAML::Node& at, const std::string& path) {
    if (at.IsScalar() && !at.Scalar().empty()) c.names.push_back(at.Scalar());
    else f.sink().tell(at, path, "CONFIG_TYPE", "a host name or an address is needed here");
  });
  const std::vector<std::string> words{"good", "expired", "wrong_name", "other_authority"};
  f.word("certificate", words, [&](std::size_t i) { c.certificate = *certificate_fault(words[i]); });
}

void read_key(ConfigSink& sink, const YAML::Node& at, const std::string& path, KeyConfig& k) {
  Fields f(sink, at, path);
  f.text("name", k.name);
  f.text("public_key", k.public_key);
  f.text("file", k.file);
  f.word("generate", {"es256", "ed25519"}, [&](std::size_t i) { k.generate = i == 0 ? KeyKind::p256 : KeyKind::ed25519; });
  if (f.has("permissions")) k.can_view = k.can_trade = k.can_transfer = false;
  f.list("permissions", [&](const YAML::Node& one, const std::string& where) {
    const std::string word = one.IsScalar() ? one.Scalar() : std::string();
    if (word == "view") k.can_view = true;
    else if (word == "trade") k.can_trade = true;
    else if (word == "transfer") k.can_transfer = true;
    else sink.tell(one, where, "CONFIG_VALUE", "a permission is view, trade or transfer");
  });
  f.end();
  if (k.public_key.empty() == k.file.empty()) f.wrong("file", "a key has either a public_key (the path of its PEM) or a file (that is made when it is not there)");
  if (!k.public_key.empty() && k.name.empty()) f.wrong("public_key", "a key of which only the public half is known needs its name");
  if (!k.public_key.empty() && f.has("generate")) f.wrong("generate", "belongs to a file that is made");
}

void read_portfolio(ConfigSink& sink, const YAML::Node& at, const std::string& path, PortfolioConfig& p) {
  Fields f(sink, at, path);
  f.need("name");
  f.text("name", p.name);
  p.owner = p.name;
  f.text("owner", p.owner);
  p.rates = {Decimal::from_mantissa(4, -3), Decimal::from_mantissa(6, -3)};
  f.map("fees", [&](Fields& fees) {
    fees.share("maker", p.rates.maker);
    fees.share("taker", p.rates.taker);
    if (!usable(p.rates)) fees.wrong("taker", "a fee has six decimals at most, as a share");
  });
  f.names("deposits", [&](const std::string& currency, const YAML::Node& value, const std::string& where) {
    const auto d = config::parse_decimal(value.Scalar());
    if (!d || !usable(*d, amount_step)) sink.tell(value, where, "CONFIG_VALUE", "\"" + value.Scalar() + "\" is no amount above zero, with 16 decimals at most");
    else p.deposits.emplace_back(currency, *d);
  });
  f.list("keys", [&](const YAML::Node& one, const std::string& where) { read_key(sink, one, where, p.keys.emplace_back()); });
  f.end();
}

void read_limits(Fields& f, RateLimits& l) {
  f.whole("private", l.per_second_key, 0, 1'000'000);
  f.whole("public", l.per_second_address, 0, 1'000'000);
  f.whole("hourly", l.per_hour_key, 0, 1'000'000'000);
  f.flag("headers", l.headers);
  f.word("reset", {"seconds_left", "unix_seconds"}, [&](std::size_t i) { l.reset = static_cast<ResetUnit>(i); });
}

void read_rules(Fields& f, VenueConfig& c) {
  f.list("misbehaviour", [&](const YAML::Node& at, const std::string& path) {
    auto rule = read_rule(json_of(at));
    if (rule) c.rules.push_back(std::move(*rule));
    else f.sink().tell(at, path, rule.error().code.c_str(), rule.error().message);
  });
}

/// What no single key shows.
void check_whole(Fields& f, const VenueConfig& c) {
  std::set<std::string> names;
  for (const PortfolioConfig& p : c.portfolios)
    if (!names.insert(p.name).second) f.wrong("portfolios", "two portfolios are called " + p.name, "CONFIG_NAME_REPEATED");
  Engine engine;  // it says itself which products it takes
  for (const ProductConfig& p : c.products)
    if (const auto ok = engine.add_product(p.rules); !ok) f.wrong("products", ok.error().message, ok.error().code.c_str());
  for (const auto& [product, file] : c.market.files) {
    const auto known = std::find_if(c.products.begin(), c.products.end(), [&](const ProductConfig& p) { return p.rules.id == product; });
    if (known == c.products.end() || !known->rules.alias.empty())
      f.wrong("market", "there is no product " + product + " with a book of its own that candles could be played for", "CONFIG_PRODUCT_UNKNOWN");
  }
}

}  // namespace

VenueConfig read_config(const std::string& text, const std::string& file, std::vector<config::Problem>& problems) {
  VenueConfig c;
  c.products = default_products();
  ConfigSink sink{file, problems};
  YAML::Node all;
  try {
    all = YAML::Load(text);
  } catch (const YAML::Exception& e) {
    problems.push_back({file, e.mark.line + 1, e.mark.column + 1, "", "CONFIG_YAML", e.msg});
    return c;
  }
  Fields f(sink, all, "");
  f.map("listen", [&](Fields& in) { read_listen(in, c); });
  f.map("tls", [&](Fields& in) { read_tls(in, c); });
  f.map("state", [&](Fields& in) {
    in.text("file", c.state_file);
    in.size("log_size", c.log_size);
  });
  auto seed = static_cast<std::int64_t>(c.seed);
  f.whole("seed", seed, 0, std::numeric_limits<std::int64_t>::max());
  c.seed = c.engine.id_seed = static_cast<std::uint64_t>(seed);
  if (f.has("products")) c.products.clear();
  f.list("products", [&](const YAML::Node& at, const std::string& path) { read_product(sink, at, path, c); });
  f.list("portfolios", [&](const YAML::Node& at, const std::string& path) { read_portfolio(sink, at, path, c.portfolios.emplace_back()); });
  f.map("market", [&](Fields& in) { read_market(in, c.market); });
  f.map("engine", [&](Fields& in) { read_engine(in, c.engine); });
  f.map("face", [&](Fields& in) { read_face(in, c.face); });
  f.map("auth", [&](Fields& in) { read_gate(in, c.gate); });
  f.map("limits", [&](Fields& in) { read_limits(in, c.limits); });
  f.duration("clock_skew", c.skew_ns, -24 * hour, 24 * hour);
  read_rules(f, c);
  f.end();
  if (problems.empty()) check_whole(f, c);
  return c;
}

}  // namespace bowline::exchange
