#include "exchange/wire/create_body.hpp"

#include <array>
#include <chrono>
#include <cstdio>

namespace bowline::exchange::wire {
namespace {

struct Key {
  Kind kind;
  const char* key;
};
constexpr auto keys = std::to_array<Key>({{Kind::market_ioc, "market_market_ioc"},
                                          {Kind::market_fok, "market_market_fok"},
                                          {Kind::limit_gtc, "limit_limit_gtc"},
                                          {Kind::limit_gtd, "limit_limit_gtd"},
                                          {Kind::limit_fok, "limit_limit_fok"},
                                          {Kind::limit_ioc, "sor_limit_ioc"},
                                          {Kind::stop_limit_gtc, "stop_limit_stop_limit_gtc"},
                                          {Kind::stop_limit_gtd, "stop_limit_stop_limit_gtd"},
                                          {Kind::bracket_gtc, "trigger_bracket_gtc"},
                                          {Kind::bracket_gtd, "trigger_bracket_gtd"},
                                          {Kind::other, "twap_limit_gtd"},
                                          {Kind::other, "scaled_limit_gtc"}});

/// google.protobuf.Timestamp: RFC 3339 with Z, 0 to 9 digits behind the second.
std::optional<std::int64_t> timestamp(const std::string& s) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, used = 0;
  if (s.size() < 20 || s.back() != 'Z' || std::sscanf(s.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d%n", &year, &month, &day, &hour, &minute, &second, &used) != 6 ||
      used != 19 || s.find_first_not_of("0123456789-:.TZ") != s.npos)
    return std::nullopt;
  std::int64_t fraction = 0;
  if (s[19] == '.') {
    const std::size_t digits = s.size() - 21;
    if (digits == 0 || digits > 9) return std::nullopt;
    std::int64_t unit = 100'000'000;
    for (std::size_t i = 20; i + 1 < s.size(); ++i, unit /= 10) {
      if (s[i] < '0' || s[i] > '9') return std::nullopt;
      fraction += (s[i] - '0') * unit;
    }
  } else if (s.size() != 20) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || year < 1970 || year > 2261 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return (days * 86'400 + hour * 3600 + minute * 60 + second) * 1'000'000'000 + fraction;
}

/// The fields of one configuration, and their echo.
class Inner {
  Message m_;
  nlohmann::json echo_ = nlohmann::json::object();

 public:
  Inner(const nlohmann::json& v, std::string where) : m_(v, std::move(where)) {}
  std::optional<Decimal> decimal(const char* key) {
    const auto d = m_.decimal(key);
    if (d) echo_[key] = m_.text(key);  // as it was written
    return d;
  }
  std::string text(const char* key) {
    std::string s = m_.text(key);
    if (!s.empty()) echo_[key] = s;
    return s;
  }
  bool flag(const char* key) {
    const bool v = m_.flag(key);
    if (m_.find(key) != nullptr) echo_[key] = v;
    return v;
  }
  Message& message() noexcept { return m_; }
  nlohmann::json& echo() noexcept { return echo_; }
};

void read_configuration(Message& m, CreateBody& b, const WireOptions& options) {
  const auto* v = m.find("order_configuration");
  if (v == nullptr) return;
  Message around(*v, "orderConfiguration");
  for (const Key& key : keys) {
    const auto* one = around.find(key.key);
    if (one == nullptr) continue;
    if (b.kind != Kind::none) {
      b.kind = Kind::several;
      continue;
    }
    b.kind = key.kind;
    b.configuration_key = key.key;
    if (key.kind == Kind::other) {
      b.echo[key.key] = *one;
      continue;
    }
    Inner in(*one, camel(key.key));
    b.base_size = in.decimal("base_size");
    b.quote_size = in.decimal("quote_size");
    b.limit_price = in.decimal("limit_price");
    b.stop_price = in.decimal("stop_price");
    b.stop_trigger_price = in.decimal("stop_trigger_price");
    b.stop_direction = in.text("stop_direction");
    if (const std::string end = in.text("end_time"); !end.empty()) {
      b.end_time_ns = timestamp(end);
      if (!b.end_time_ns) in.message().refuse("proto: invalid google.protobuf.Timestamp value for endTime");
    }
    b.post_only = in.flag("post_only");
    // Known to the API and without a meaning for spot orders here.
    for (const char* flag : {"reduce_only", "rfq_enabled", "rfq_disabled"}) in.flag(flag);
    in.message().end(options);
    around.keep(in.message().fault());
    b.echo[key.key] = std::move(in.echo());
  }
  around.end(options);
  if (b.kind == Kind::several) {
    b.configuration_key.clear();
    around.refuse("proto: oneof orderConfiguration is already set");
  }
  m.keep(around.fault());
}

void read_attached(Message& m, CreateBody& b, const WireOptions& options) {
  const auto* v = m.find("attached_order_configuration");
  if (v == nullptr) return;
  b.attached = true;
  Message around(*v, "attachedOrderConfiguration");
  for (const char* key : {"trigger_bracket_gtc", "trigger_bracket_gtd"}) {
    const auto* one = around.find(key);
    if (one == nullptr) continue;
    Message in(*one, camel(key));
    b.attached_size = in.decimal("base_size").has_value();
    b.attached_limit_price = in.decimal("limit_price");
    b.attached_stop_trigger_price = in.decimal("stop_trigger_price");
    in.text("end_time");
    in.end(options);
    around.keep(in.fault());
  }
  around.end(options);
  m.keep(around.fault());
}

}  // namespace

std::string_view key_of(Kind kind) noexcept {
  if (kind == Kind::other) return {};
  for (const Key& k : keys)
    if (k.kind == kind) return k.key;
  return {};
}

Result<CreateBody> parse_create_body(std::string_view body, const WireOptions& options) {
  const auto json = read_body(body);
  if (!json) return json.error();
  Message m(*json, "");
  CreateBody b;
  b.client_order_id = m.text("client_order_id");
  b.product_id = m.text("product_id");
  b.side = m.text("side");
  read_configuration(m, b, options);
  read_attached(m, b, options);
  b.self_trade_prevention_id = m.text("self_trade_prevention_id");
  b.margin_type = m.text("margin_type");
  b.leverage = m.text("leverage");
  b.retail_portfolio_id = m.text("retail_portfolio_id");
  b.preview_id = m.text("preview_id");
  m.find("commission_rate");  // of previews; no client sends it, and it changes nothing here
  m.end(options);
  if (m.fault()) return *m.fault();
  return b;
}

}  // namespace bowline::exchange::wire
