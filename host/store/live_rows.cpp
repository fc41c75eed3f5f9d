#include "store/live_rows.hpp"

#include "store/journal_rows.hpp"
#include "store/row_json.hpp"

namespace bowline::store {

using namespace row_json;

namespace {

void put_limits(Line& l, const char* usd_key, const char* orders_key, Decimal usd, std::uint32_t orders) {
  if (usd.is_set()) l[usd_key] = usd.to_string();
  if (orders != 0) l[orders_key] = orders;
}

Decimal positive(const json& l, const char* key) {
  const Decimal d = amount_of(l, key);
  if (d.is_set() && !d.is_positive()) throw Bad{std::string(key) + " is not above 0"};
  return d;
}

/// Absent: 0. One that is there and is no number of orders would bound nothing: it is refused.
std::uint32_t count_of(const json& l, const char* key) {
  if (!l.contains(key)) return 0;
  const json& n = l.at(key);
  if (!n.is_number_unsigned() || n.get<std::uint64_t>() == 0 || n.get<std::uint64_t>() > UINT32_MAX) throw Bad{std::string(key) + " is not a number of orders"};
  return n.get<std::uint32_t>();
}

}  // namespace

std::string line(const RampRow& r) {
  Line l = Line::object();
  put_limits(l, "usd_per_day", "orders_per_day", r.usd_per_day, r.orders_per_day);
  put_limits(l, "configured_usd_per_day", "configured_orders_per_day", r.configured_usd_per_day, r.configured_orders_per_day);
  l["who"] = r.who;
  l["why"] = r.why;
  l["request"] = r.request;
  return text_of(l);
}

Result<RampRow> read_ramp(std::string_view payload) {
  return guarded(journal_kind::ramp, payload, [](const json& l) {
    RampRow r;
    r.usd_per_day = positive(l, "usd_per_day");
    r.orders_per_day = count_of(l, "orders_per_day");
    r.configured_usd_per_day = positive(l, "configured_usd_per_day");
    r.configured_orders_per_day = count_of(l, "configured_orders_per_day");
    r.who = l.at("who").get<std::string>();
    r.why = l.at("why").get<std::string>();
    r.request = l.at("request").get<std::string>();
    return r;
  });
}

std::string line(const EndRow& r) {
  Line l{{"end", r.end}};
  if (r.rollout) l["rollout"] = Line{{"until", r.rollout->until}, {"who", r.rollout->who}, {"why", r.rollout->why}};
  return text_of(l);
}

Result<EndRow> read_end(std::string_view payload) {
  return guarded(journal_kind::end, payload, [](const json& l) {
    EndRow r;
    r.end = l.at("end").get<std::string>();
    if (l.contains("rollout")) {
      const json& o = l.at("rollout");
      r.rollout = Rollout{o.at("until").get<core::Nanos>(), o.at("who").get<std::string>(), o.at("why").get<std::string>()};
    }
    return r;
  });
}

std::string ramp_words(Decimal usd_per_day, std::uint32_t orders_per_day) {
  return (usd_per_day.is_set() ? usd_per_day.to_string() : std::string("any amount")) + " and " +
         (orders_per_day != 0 ? std::to_string(orders_per_day) : std::string("any number of")) + " orders a day";
}

}  // namespace bowline::store
