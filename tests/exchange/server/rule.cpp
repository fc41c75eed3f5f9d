#include "exchange/server/rule.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include "config/problem.hpp"
#include "config/values.hpp"

namespace bowline::exchange {
namespace {

using Json = nlohmann::ordered_json;

/// What an act is called, at which stages it can be, and which keys it knows beside those that every rule has.
struct ActRow {
  Act act;
  std::string_view name;
  std::uint8_t stages;    ///< bits: 1 connection, 2 request, 4 frame
  std::string_view keys;  ///< with blanks between them; a star behind one: it is needed
};
constexpr auto acts = std::to_array<ActRow>({
    {Act::refuse, "refuse", 1, ""},
    {Act::hold, "hold", 1, ""},
    {Act::slow_read, "slow_read", 1, "bytes*"},
    {Act::slow_write, "slow_write", 1, "bytes*"},
    {Act::drop_before, "drop_before", 2, ""},
    {Act::drop_after, "drop_after", 2, ""},
    {Act::stall, "stall", 2, "done"},
    {Act::wait, "wait", 2, "by* done"},
    {Act::answer, "answer", 2, "status* headers body done"},
    {Act::unauthorized, "unauthorized", 2, ""},
    {Act::rate_limited, "rate_limited", 2, "headers"},
    {Act::server_error, "server_error", 2, "status body done"},
    {Act::reject, "reject", 2, "reason* done"},
    {Act::fields, "fields", 6, "change*"},
    {Act::truncate, "truncate", 2, "bytes"},
    {Act::lose, "lose", 4, ""},
    {Act::hide, "hide", 4, ""},
    {Act::delay, "delay", 4, "by*"},
    {Act::duplicate, "duplicate", 4, "renumber"},
    {Act::reorder, "reorder", 4, ""},
    {Act::skip, "skip", 4, "count"},
    {Act::cut, "cut", 4, "bytes"},
    {Act::huge, "huge", 4, "bytes*"},
    {Act::torn, "torn", 4, ""},
    {Act::mute, "mute", 4, ""},
    {Act::disconnect, "disconnect", 4, ""},
});
constexpr auto stages = std::to_array<std::string_view>({"connection", "request", "frame"});
constexpr auto common = std::to_array<std::string_view>({"on", "do", "nth", "times", "probability", "seed"});
constexpr auto of_requests = std::to_array<std::string_view>({"method", "route", "product"});
constexpr auto of_frames = std::to_array<std::string_view>({"channel", "product", "fills"});
constexpr std::uint64_t largest = 256u << 20;

Error invalid(const std::string& why) { return {"RULE_INVALID", why}; }

const ActRow& row(Act a) { return *std::find_if(acts.begin(), acts.end(), [&](const ActRow& r) { return r.act == a; }); }

/// The keys that a rule of this stage and act may have; the needed ones of the act, too, without their star.
std::vector<std::string> keys_of(Stage stage, const ActRow& act, std::vector<std::string>& needed) {
  std::vector<std::string> out(common.begin(), common.end());
  if (stage == Stage::request) out.insert(out.end(), of_requests.begin(), of_requests.end());
  if (stage == Stage::frame) out.insert(out.end(), of_frames.begin(), of_frames.end());
  for (std::string_view left = act.keys; !left.empty();) {
    const std::size_t end = std::min(left.find(' '), left.size());
    std::string key(left.substr(0, end));
    if (key.ends_with('*')) {
      key.pop_back();
      needed.push_back(key);
    }
    out.push_back(std::move(key));
    left.remove_prefix(std::min(end + 1, left.size()));
  }
  return out;
}

/// Values as YAML has them, where all is text, and as JSON has them.
std::optional<std::uint64_t> whole(const Json& v) {
  if (v.is_number_unsigned()) return v.get<std::uint64_t>();
  const auto n = v.is_string() ? config::parse_integer(v.get<std::string>()) : std::nullopt;
  return n && *n >= 0 ? std::optional<std::uint64_t>(static_cast<std::uint64_t>(*n)) : std::nullopt;
}
std::optional<bool> flag(const Json& v) {
  if (v.is_boolean()) return v.get<bool>();
  return v.is_string() ? config::parse_bool(v.get<std::string>()) : std::nullopt;
}
std::string plain(const Json& v) { return v.is_string() ? v.get<std::string>() : v.dump(); }

/// Puts one key's value into the rule; what is expected there, when it is not that.
std::optional<std::string> take(Rule& r, const std::string& key, const Json& v) {
  const auto number = [&](std::uint64_t& into, std::uint64_t least, std::uint64_t most) -> std::optional<std::string> {
    const auto n = whole(v);
    if (!n || *n < least || *n > most) return "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
    into = *n;
    return std::nullopt;
  };
  const auto yes = [&](bool& into) -> std::optional<std::string> {
    const auto b = flag(v);
    if (!b) return "true or false";
    into = *b;
    return std::nullopt;
  };
  const auto text = [&](std::string& into) -> std::optional<std::string> {
    if (!v.is_string() || v.get<std::string>().empty()) return "a text";
    into = v.get<std::string>();
    return std::nullopt;
  };
  if (key == "method") return text(r.method);
  if (key == "route") return text(r.route);
  if (key == "product") return text(r.product);
  if (key == "channel") return text(r.channel);
  if (key == "reason") return text(r.reason);
  if (key == "fills") return yes(r.fills);
  if (key == "done") return yes(r.done);
  if (key == "renumber") return yes(r.renumber);
  if (key == "nth") return number(r.nth, 1, std::numeric_limits<std::int64_t>::max());
  if (key == "times") return number(r.times, 0, std::numeric_limits<std::int64_t>::max());
  if (key == "seed") return number(r.seed, 0, std::numeric_limits<std::int64_t>::max());
  if (key == "bytes") return number(r.bytes, 1, largest);
  if (key == "count") return number(r.count, 1, 1'000'000);
  if (key == "status") {
    std::uint64_t n = 0;
    if (auto wrong = number(n, 100, 599)) return wrong;
    r.status = static_cast<int>(n);
    return std::nullopt;
  }
  if (key == "body") {  // an object is its text
    r.body = plain(v);
    return std::nullopt;
  }
  if (key == "probability") {
    const auto d = config::parse_fraction(plain(v));
    if (!d || !d->is_positive() || *d > Decimal::from_int(1)) return "a share above 0 and up to 1, as 0.1 or 10%";
    r.chance_ppm = mul_int(*d, 1'000'000).to_mantissa(0, Rounding::up).value_or(0);
    return std::nullopt;
  }
  if (key == "by") {
    const auto ns = config::parse_duration(plain(v));
    if (!ns || *ns < 0 || *ns > 3'600'000'000'000) return "a time up to an hour, as 250ms or 5s";
    r.by_ns = *ns;
    return std::nullopt;
  }
  if (key == "headers") {
    if (!v.is_object()) return r.act == Act::rate_limited ? yes(r.headers_sent) : std::optional<std::string>("names and values");
    for (const auto& item : v.items()) r.headers.emplace_back(item.key(), plain(item.value()));
    return std::nullopt;
  }
  if (key == "change") {
    if (!v.is_array() || v.empty()) return "a list of changes";
    for (const Json& one : v) {
      auto c = read_change(one);
      if (!c) return "a list of changes, but: " + c.error().message;
      r.changes.push_back(std::move(*c));
    }
    return std::nullopt;
  }
  return "nothing";  // not reached: the keys were checked
}

}  // namespace

std::string_view name(Act act) noexcept { return row(act).name; }

Result<Rule> read_rule(const Json& from) {
  if (!from.is_object()) return invalid("a rule is an object with \"on\" and \"do\"");
  Rule r;
  const auto word = [&](const char* key) { return from.contains(key) && from[key].is_string() ? from[key].get<std::string>() : std::string(); };
  const auto stage = std::find(stages.begin(), stages.end(), word("on"));
  if (stage == stages.end()) return invalid("\"on\" is connection, request or frame");
  r.stage = static_cast<Stage>(stage - stages.begin());
  const auto bit = static_cast<std::uint8_t>(1u << static_cast<unsigned>(r.stage));
  const std::string what = word("do");
  const auto act = std::find_if(acts.begin(), acts.end(), [&](const ActRow& a) { return a.name == what && (a.stages & bit) != 0; });
  if (act == acts.end()) {
    std::string all;
    for (const ActRow& a : acts)
      if ((a.stages & bit) != 0) all += (all.empty() ? "" : ", ") + std::string(a.name);
    return invalid("\"do\" of a rule on a " + std::string(*stage) + " is one of " + all);
  }
  r.act = act->act;
  if (r.act == Act::stall || r.act == Act::wait) r.done = true;
  std::vector<std::string> needed;
  const std::vector<std::string> known = keys_of(r.stage, *act, needed);
  for (const auto& item : from.items()) {
    if (item.key() == "on" || item.key() == "do") continue;
    if (std::find(known.begin(), known.end(), item.key()) == known.end()) {
      std::string why = "\"" + item.key() + "\" is not known to " + what + " on a " + std::string(*stage);
      if (const std::string near = config::nearest(item.key(), known); !near.empty()) why += "; did you mean " + near + "?";
      return invalid(why);
    }
    if (const auto wanted = take(r, item.key(), item.value())) return invalid("\"" + item.key() + "\": " + *wanted + " is needed");
  }
  for (const std::string& n : needed)
    if (!from.contains(n)) return invalid(what + " needs \"" + n + "\"");
  if (from.contains("probability") && !from.contains("times")) r.times = 0;
  if (r.act == Act::server_error && r.status == 0) r.status = 503;
  return r;
}

Json to_json(const Rule& r) {
  Json out{{"id", r.id}, {"on", stages[static_cast<std::size_t>(r.stage)]}, {"do", name(r.act)}};
  const auto text = [&](const char* key, const std::string& v) {
    if (!v.empty()) out[key] = v;
  };
  text("method", r.method);
  text("route", r.route);
  text("product", r.product);
  text("channel", r.channel);
  if (r.fills) out["fills"] = true;
  out["nth"] = r.nth;
  out["times"] = r.times;
  if (r.chance_ppm != 1'000'000) {
    out["probability"] = Decimal::from_mantissa(r.chance_ppm, -6).to_string();
    out["seed"] = r.seed;
  }
  const auto knows = [&](std::string_view key) { return row(r.act).keys.find(key) != std::string_view::npos; };
  if (knows("by")) out["by"] = config::duration_text(r.by_ns);
  if (knows("done")) out["done"] = r.done;
  if (r.status != 0) out["status"] = r.status;
  if (r.act == Act::rate_limited) out["headers"] = r.headers_sent;
  for (const auto& [k, v] : r.headers) out["headers"][k] = v;
  text("body", r.body);
  text("reason", r.reason);
  if (r.bytes != 0) out["bytes"] = r.bytes;
  if (r.count != 0) out["count"] = r.count;
  if (r.renumber) out["renumber"] = true;
  for (const FieldChange& c : r.changes) out["change"].push_back(to_json(c));
  out["matched"] = r.matched;
  out["acted"] = r.acted;
  return out;
}

bool fits(std::string_view form, std::string_view text) noexcept {
  if (form.empty()) return true;
  std::size_t f = 0, t = 0, star = std::string_view::npos, from = 0;
  while (t < text.size()) {
    if (f < form.size() && form[f] == '*') {
      star = f++;
      from = t;
    } else if (f < form.size() && form[f] == text[t]) {
      ++f;
      ++t;
    } else if (star != std::string_view::npos) {
      f = star + 1;
      t = ++from;
    } else {
      return false;
    }
  }
  while (f < form.size() && form[f] == '*') ++f;
  return f == form.size();
}

}  // namespace bowline::exchange
