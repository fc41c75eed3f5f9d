#include "coinbase/order_terms.hpp"

#include <array>

#include "coinbase/rfc3339.hpp"

namespace bowline::coinbase {
namespace {

enum : unsigned { base = 1, quote = 2, limit = 4, stop = 8, direction = 16, trigger = 32, end = 64, post = 128 };

/// One row for each configuration: what it needs, and what it may have besides. Base and quote size: one of those it allows.
struct Row {
  Configuration configuration;
  std::string_view key;
  OrderType type;
  TimeInForce force;
  unsigned sizes, needs, may;
};
constexpr auto rows = std::to_array<Row>({
    {Configuration::market_ioc, "market_market_ioc", OrderType::market, TimeInForce::ioc, base | quote, 0, 0},
    {Configuration::market_fok, "market_market_fok", OrderType::market, TimeInForce::fok, base | quote, 0, 0},
    {Configuration::limit_gtc, "limit_limit_gtc", OrderType::limit, TimeInForce::gtc, base | quote, limit, post},
    {Configuration::limit_gtd, "limit_limit_gtd", OrderType::limit, TimeInForce::gtd, base | quote, limit | end, post},
    {Configuration::limit_fok, "limit_limit_fok", OrderType::limit, TimeInForce::fok, base, limit, 0},
    {Configuration::limit_ioc, "sor_limit_ioc", OrderType::limit, TimeInForce::ioc, base, limit, 0},
    {Configuration::stop_limit_gtc, "stop_limit_stop_limit_gtc", OrderType::stop_limit, TimeInForce::gtc, base, limit | stop | direction, 0},
    {Configuration::stop_limit_gtd, "stop_limit_stop_limit_gtd", OrderType::stop_limit, TimeInForce::gtd, base, limit | stop | direction | end, 0},
    {Configuration::bracket_gtc, "trigger_bracket_gtc", OrderType::bracket, TimeInForce::gtc, base, limit | trigger, 0},
    {Configuration::bracket_gtd, "trigger_bracket_gtd", OrderType::bracket, TimeInForce::gtd, base, limit | trigger | end, 0},
});

const Row* row_of(Configuration c) noexcept {
  for (const Row& r : rows)
    if (r.configuration == c) return &r;
  return nullptr;
}

constexpr std::string_view word_of(StopDirection d) noexcept {
  return d == StopDirection::up ? "STOP_DIRECTION_STOP_UP" : d == StopDirection::down ? "STOP_DIRECTION_STOP_DOWN" : "";
}

struct Amount {
  unsigned bit;
  const char* name;
  std::optional<Decimal> OrderTerms::*field;
};
/// In the order in which they are sent.
constexpr auto amounts = std::to_array<Amount>({{base, "base_size", &OrderTerms::base_size},
                                                {quote, "quote_size", &OrderTerms::quote_size},
                                                {limit, "limit_price", &OrderTerms::limit_price},
                                                {stop, "stop_price", &OrderTerms::stop_price},
                                                {trigger, "stop_trigger_price", &OrderTerms::stop_trigger_price}});

Error wrong(const Row& r, const char* field, const char* what) {
  return {"COINBASE_TERMS", "an order " + std::string(r.key) + ": " + field + " " + what, {{"field", field}}};
}

}  // namespace

std::string_view key_of(Configuration c) noexcept {
  const Row* r = row_of(c);
  return r ? r->key : std::string_view();
}
TimeInForce time_in_force_of(Configuration c) noexcept {
  const Row* r = row_of(c);
  return r ? r->force : TimeInForce::unknown;
}
OrderType order_type_of(Configuration c) noexcept {
  const Row* r = row_of(c);
  return r ? r->type : OrderType::unknown;
}

Result<void> check_terms(const OrderTerms& t) {
  const Row* r = row_of(t.configuration);
  if (r == nullptr) return Error{"COINBASE_TERMS", "an order has no configuration", {{"field", "configuration"}}};
  const bool has_base = t.base_size.has_value(), has_quote = t.quote_size.has_value();
  if (has_base && has_quote) return wrong(*r, "quote_size", "can't stand beside base_size");
  if (!has_base && !has_quote) return wrong(*r, "base_size", "is missing");
  for (const Amount& a : amounts) {
    const auto& v = t.*a.field;
    if (v && ((r->sizes | r->needs) & a.bit) == 0) return wrong(*r, a.name, "has no place there");
    if (!v && (r->needs & a.bit) != 0) return wrong(*r, a.name, "is missing");
    if (v && !v->is_positive()) return wrong(*r, a.name, "has to be above zero");
  }
  const bool directed = t.stop_direction && *t.stop_direction != StopDirection::unknown;
  if (directed != ((r->needs & direction) != 0)) return wrong(*r, "stop_direction", directed ? "has no place there" : "is missing");
  if (t.end_time_ns.has_value() != ((r->needs & end) != 0)) return wrong(*r, "end_time", t.end_time_ns ? "has no place there" : "is missing");
  if (t.end_time_ns && *t.end_time_ns <= 0) return wrong(*r, "end_time", "has to be after 1970");
  if (t.post_only && (r->may & post) == 0) return wrong(*r, "post_only", "has no place there");
  return {};
}

std::string configuration_json(const OrderTerms& t) {
  const Row* r = row_of(t.configuration);
  if (r == nullptr) return "{}";
  std::string out = "{\"" + std::string(r->key) + "\":{";
  const auto name = [&](const char* n) {
    if (out.back() != '{') out.push_back(',');
    out.append(1, '"').append(n).append("\":");
  };
  for (const Amount& a : amounts) {
    const auto& v = t.*a.field;
    if (!v) continue;
    name(a.name);
    out.push_back('"');
    v->append_to(out);
    out.push_back('"');
  }
  if (t.end_time_ns) {
    name("end_time");
    out.append(1, '"').append(format_rfc3339(*t.end_time_ns)).append(1, '"');
  }
  if (t.stop_direction) {
    name("stop_direction");
    out.append(1, '"').append(word_of(*t.stop_direction)).append(1, '"');
  }
  if ((r->may & post) != 0) {
    name("post_only");
    out.append(t.post_only.value_or(false) ? "true" : "false");
  }
  return out.append("}}");
}

OrderTerms read_terms(Fields& f, const char* key) {
  OrderTerms t;
  const Json* around = f.find(key);
  if (around == nullptr) return t;
  if (!around->is_object()) {
    f.unreadable(key, "an object");
    return t;
  }
  const Row* found = nullptr;
  const Json* inner = nullptr;
  for (const Row& r : rows) {
    const auto it = around->find(std::string(r.key));
    if (it == around->end() || it->is_null()) continue;
    if (found != nullptr) return t;  // several: which of them the order is, nobody can say
    found = &r;
    inner = &*it;
  }
  if (found == nullptr) return t;
  Fields in(*inner, f.path(key) + "." + std::string(found->key));
  t.configuration = found->configuration;
  for (const Amount& a : amounts) t.*a.field = in.amount_if(a.name);
  t.end_time_ns = in.time_if("end_time");
  if (const std::string word = in.text_or_empty("stop_direction"); !word.empty())
    t.stop_direction = word == word_of(StopDirection::up)     ? StopDirection::up
                       : word == word_of(StopDirection::down) ? StopDirection::down
                                                              : StopDirection::unknown;
  if (in.find("post_only") != nullptr) t.post_only = in.flag("post_only");
  if (in.fault()) f.keep(*in.fault());
  return t;
}

}  // namespace bowline::coinbase
