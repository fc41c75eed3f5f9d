#include "services/runtime/route_help.hpp"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <nlohmann/json.hpp>
#include <numeric>
#include <vector>

#include "edge/json_body.hpp"
#include "services/runtime/json_values.hpp"

namespace bowline::services {
namespace {

/// Edits from one word to another: names the key that was meant.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t corner = row[0]++;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t change = corner + (a[i] == b[j] ? 0 : 1);
      corner = row[j + 1];
      row[j + 1] = std::min({change, row[j] + 1, corner + 1});
    }
  }
  return row.back();
}

/// Names what is allowed, nearest first. A name far from all may be an amount in the wrong place: not
/// repeated.
Error unknown_name(std::string code, std::string_view what, std::string_view name,
                   std::initializer_list<std::string_view> allowed) {
  std::vector<std::string_view> near(allowed);
  const std::string_view head = name.substr(0, 40);
  std::stable_sort(near.begin(), near.end(), [&](std::string_view a, std::string_view b) {
    return distance(head, a) < distance(head, b);
  });
  std::string text = "there is no " + std::string(what);
  const bool word = !head.empty() && std::all_of(head.begin(), head.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  });
  if (word) text.append(" ").append(head);
  if (near.empty()) return Error{std::move(code), text + " here: none is allowed"};
  text += ": allowed are ";
  std::string list;
  for (const std::string_view n : near) list.append(list.empty() ? "" : ", ").append(n);
  return Error{std::move(code), text + list, {{"allowed", list}}};
}

bool ends_with(std::string_view s, std::string_view end) { return s.ends_with(end); }

}  // namespace

void on_core(const Backend& backend, edge::Responder responder, std::function<void(const Answer&)> work) {
  on_core(backend, std::make_shared<edge::Responder>(std::move(responder)), std::move(work));
}

void on_core(const Backend& backend, const Answer& answer, std::function<void(const Answer&)> work) {
  if (!backend.post([answer, work = std::move(work)] { work(answer); }))
    answer->error(503, {"SERVICE_STOPPING", "the service's loop has ended: it takes no more commands"});
}

bool refused_while_stopping(const Backend& backend, edge::Responder& answer) {
  if (!backend.accepting || backend.accepting()) return false;
  answer.error(503, {"SERVICE_STOPPING", "the run is ending: it takes cancels and the emergency stop, and no new orders"});
  return true;
}

void off_thread(const Backend& backend, const Answer& answer, std::function<void(const Answer&)> work) {
  if (!backend.offload) return work(answer);
  if (!backend.offload([answer, work = std::move(work)] { work(answer); }))
    answer->error(503, {"SERVICE_STOPPING", "the service takes no more queries"});
}

Error store_absent() { return {"STORE_ABSENT", "this run has no store: history and explanations need one"}; }

int store_status(const Error& error) noexcept {
  return ends_with(error.code, "_NOT_FOUND") ? 404 : ends_with(error.code, "_INVALID") ? 400 : 500;
}

void from_store(const Backend& backend, edge::Responder responder, bool present,
                std::function<Backend::Json()> query) {
  auto answer = std::make_shared<edge::Responder>(std::move(responder));
  if (!present) return answer->error(503, store_absent());
  off_thread(backend, answer, [query = std::move(query)](const Answer& a) {
    auto found = query();
    if (!found) return a->error(store_status(found.error()), found.error());
    (*a)(edge::Response::json(200, std::move(*found)));
  });
}

void page_from_store(const Backend& backend, edge::Responder answer, const char* name,
                     const std::function<Result<store::Page>(const store::PageAsk&)>& list, store::PageAsk ask) {
  from_store(backend, std::move(answer), static_cast<bool>(list), [&list, name, ask = std::move(ask)]() -> Backend::Json {
    const auto page = list(ask);
    if (!page) return page.error();
    return page_json(name, *page);
  });
}

edge::Handler page_route(const Backend& backend, const char* name,
                         const std::function<Result<store::Page>(const store::PageAsk&)>& list, Narrowed narrowed) {
  return [&backend, name, &list, by_symbol = narrowed == Narrowed::by_symbol](const edge::Request& q, edge::Responder answer) {
    // "limit" stands in twice where there is no symbol: the list is of fixed length.
    if (const auto ok = only_params(q, {"since", "limit", "before", by_symbol ? "symbol" : "limit"}); !ok)
      return answer.error(400, ok.error());
    auto ask = query_page(q);
    if (!ask) return answer.error(400, ask.error());
    if (by_symbol) {
      auto symbol = query_symbol(q, *backend.instruments);
      if (!symbol) return answer.error(404, symbol.error());
      ask->only = std::move(*symbol);
    }
    page_from_store(backend, std::move(answer), name, list, std::move(*ask));
  };
}

edge::Handler explanation(const Backend& backend, const std::function<Backend::Json(const std::string& id)>& of) {
  return [&backend, &of](const edge::Request& q, edge::Responder answer) {
    from_store(backend, std::move(answer), static_cast<bool>(of), [&of, id = std::string(q.param("id"))] { return of(id); });
  };
}

std::string page_json(std::string_view name, const store::Page& page) {
  std::string items = "[";
  for (const store::Entry& e : page.entries) items.append(items.size() > 1 ? "," : "").append(e.json);
  JsonObject out;
  out.json(name, items.append("]")).boolean("more", page.more);
  if (page.next)
    out.text("next_before", page.next->text());
  else
    out.json("next_before", "null");
  return out.done();
}

Result<core::Nanos> parse_time(std::string_view text, std::string_view name) {
  const Error bad{"PARAM_INVALID",
                  std::string(name) + " must be a time like 2022-01-01T00:05:00Z, or ns since 1970",
                  {{"parameter", std::string(name)}}};
  constexpr core::Nanos second = 1'000'000'000;
  core::Nanos ns = 0;
  if (!text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), ns);
    if (ec != std::errc{}) return bad;
    return ns;
  }
  // yyyy-mm-ddThh:mm:ss
  if (text.size() < 20 || text.back() != 'Z') return bad;
  static constexpr std::string_view shape = "dddd-dd-ddTdd:dd:dd";
  int fields[6] = {};
  int at = -1;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (shape[i] == 'd' ? !digit : text[i] != shape[i]) return bad;
    if (!digit) continue;
    if (i == 0 || shape[i - 1] != 'd') ++at;
    fields[at] = fields[at] * 10 + (text[i] - '0');
  }
  std::string_view rest = text.substr(shape.size(), text.size() - shape.size() - 1);
  if (!rest.empty()) {
    if (rest[0] != '.' || rest.size() < 2 || rest.size() > 10) return bad;
    core::Nanos place = second / 10;
    for (const char c : rest.substr(1)) {
      if (c < '0' || c > '9') return bad;
      ns += (c - '0') * place;
      place /= 10;
    }
  }
  std::tm parts{};
  parts.tm_year = fields[0] - 1900;
  parts.tm_mon = fields[1] - 1;
  parts.tm_mday = fields[2];
  parts.tm_hour = fields[3];
  parts.tm_min = fields[4];
  parts.tm_sec = fields[5];
  if (fields[0] < 1970 || fields[0] > 2261) return bad;  // what ns in 63 bits can hold
  const std::tm asked = parts;
  const std::time_t whole = ::timegm(&parts);
  if (parts.tm_mday != asked.tm_mday || parts.tm_mon != asked.tm_mon || parts.tm_hour != asked.tm_hour ||
      parts.tm_min != asked.tm_min || parts.tm_sec != asked.tm_sec)
    return bad;  // timegm takes 31 February for 3 March
  return static_cast<core::Nanos>(whole) * second + ns;
}

Result<core::Nanos> query_since(const edge::Request& request) {
  const auto text = request.query_value("since");
  return text ? parse_time(*text, "since") : Result<core::Nanos>(core::Nanos{0});
}

Result<std::size_t> query_limit(const edge::Request& request) {
  const auto limit = edge::query_int(request, "limit", 1, 1000);
  if (!limit) return limit.error();
  return static_cast<std::size_t>(limit->value_or(100));
}

Result<store::PageAsk> query_page(const edge::Request& request) {
  store::PageAsk ask;
  const auto since = query_since(request);
  if (!since) return since.error();
  ask.since_ns = *since;
  const auto limit = query_limit(request);
  if (!limit) return limit.error();
  ask.limit = static_cast<std::int64_t>(*limit);
  if (const auto before = request.query_value("before")) {
    ask.before = store::Place::parse(*before);
    if (!ask.before)
      return Error{"PARAM_INVALID", "query parameter before must be the next_before of an earlier answer", {{"parameter", "before"}}};
  }
  return ask;
}

Result<std::string> query_symbol(const edge::Request& request, const core::InstrumentTable& table) {
  const auto text = request.query_value("symbol");
  if (!text) return std::string{};
  if (!table.find(*text))
    return Error{"INSTRUMENT_UNKNOWN", "the symbol asked for is not among the configured instruments"};
  return std::string(*text);
}

Result<void> only_params(const edge::Request& request, std::initializer_list<std::string_view> allowed) {
  for (const auto& [key, value] : request.query)
    if (std::find(allowed.begin(), allowed.end(), key) == allowed.end())
      return unknown_name("PARAM_UNKNOWN", "query parameter", key, allowed);
  return {};
}

int request_status(const Error& error) noexcept { return error.code == "INSTRUMENT_UNKNOWN" ? 404 : 400; }

Result<void> only_keys(const nlohmann::json& object, std::initializer_list<std::string_view> allowed) {
  for (const auto& [key, value] : object.items())
    if (std::find(allowed.begin(), allowed.end(), key) == allowed.end())
      return unknown_name("JSON_KEY_UNKNOWN", "key", key, allowed);
  return {};
}

Result<std::string> text_of(const nlohmann::json& object, std::string_view key, bool required,
                            std::size_t max) {
  const std::string name(key);
  const auto it = object.find(name);
  if (it == object.end()) {
    if (required) return Error{"JSON_KEY_MISSING", "key " + name + " is missing", {{"key", name}}};
    return std::string{};
  }
  if (!it->is_string()) return Error{"JSON_TYPE", "key " + name + " must be text", {{"key", name}}};
  auto text = it->get<std::string>();
  if ((required && text.empty()) || text.size() > max)
    return Error{
        "JSON_VALUE", "key " + name + " must have 1 to " + std::to_string(max) + " bytes", {{"key", name}}};
  return text;
}

Result<Decimal> decimal_of(const nlohmann::json& object, std::string_view key) {
  const std::string name(key);
  const auto it = object.find(name);
  if (it == object.end() || it->is_null()) return Decimal::not_set();
  if (it->is_number())
    return Error{"DECIMAL_NOT_TEXT",
                 "key " + name + " must be a decimal in quotes, like \"0.1\": a JSON number is not exact",
                 {{"key", name}}};
  if (!it->is_string())
    return Error{"JSON_TYPE", "key " + name + " must be a decimal in quotes", {{"key", name}}};
  auto value = Decimal::parse(it->get_ref<const std::string&>());
  if (!value) return Error{value.error().code, "key " + name + ": " + value.error().message, {{"key", name}}};
  return *value;
}

edge::ParamDoc since_doc() {
  return {.name = "since",
          .description = "only entries whose own time is not older: a time in UTC, or ns since 1970",
          .example = "2022-01-01T00:05:00Z"};
}
edge::ParamDoc limit_doc() {
  return {.name = "limit",
          .type = "integer",
          .description = "at most so many, the newest of what fits: 1 to 1000, 100 without",
          .example = "50"};
}
edge::ParamDoc before_doc() {
  return {.name = "before",
          .description = "only what is older than the page before: its next_before",
          .example = "1640995500000000000~bl-0123456789abcdef"};
}
edge::ParamDoc symbol_doc() {
  return {.name = "symbol", .description = "only this instrument", .example = "BTC-USD"};
}
edge::ParamDoc id_doc(std::string what, std::string example) {
  return {.name = "id",
          .in = "path",
          .required = true,
          .description = std::move(what),
          .example = std::move(example)};
}
std::string list_schema(std::string_view key, std::string_view item) {
  return R"({"type":"object","required":[")" + std::string(key) + R"("],"properties":{")" + std::string(key) +
         R"(":{"type":"array","items":)" + std::string(item) + "}}}";
}

std::string page_schema(std::string_view key, std::string_view item) {
  return R"({"type":"object","required":[")" + std::string(key) + R"(","more","next_before"],"properties":{")" + std::string(key) +
         R"(":{"type":"array","items":)" + std::string(item) +
         R"(},"more":{"type":"boolean","description":"older entries may fit as well"},
"next_before":{"type":["string","null"],"description":"with more: give it as before to read on; else null"}}})";
}
const char* const page_text =
    "The newest entries that fit, the newest last. With more, older ones may fit as well: ask again with the same parameters "
    "and before = next_before, until more is false.";

const char* const prediction_schema =
    R"({"type":"object","required":["id","symbol","action","time","time_ns"],"properties":{
"id":{"type":"string","description":"decision id, 32 hex digits"},"symbol":{"type":"string"},
"action":{"type":"string","enum":["BUY","SELL","HOLD","NONE"]},
"time":{"type":["string","null"],"format":"date-time"},"time_ns":{"type":["integer","null"]},
"p_up":{"type":["number","null"]},"p_flat":{"type":["number","null"]},"p_down":{"type":["number","null"]},
"confidence":{"type":["number","null"]},"weight":{"type":["number","null"]},"threshold":{"type":["number",
"null"]},
"expected_move":{"type":["number","null"]},"ref_price":{"type":["string","null"],"format":"decimal"},
"horizon_ns":{"type":"integer"},"valid_until":{"type":["string","null"],"format":"date-time"},
"valid_until_ns":{"type":["integer","null"]},"source":{"type":"string"},"model":{"type":"string"}}})";

const char* const explain_schema =
    R"({"type":"object","description":"the causes, from the records alone: signals, features, contributions, cost_gate, sizing with the targets that lost, checks with headroom, events, exchanges with the venue","additionalProperties":true})";

const char* const target_schema =
    R"({"type":"object","required":["symbol","weight","decision"],"properties":{"symbol":{"type":"string"},
"purpose":{"type":"string"},"weight":{"type":"number","minimum":-1,"maximum":1,"description":"below 0: counts as 0"},"decision":{"type":"string"},
"time":{"type":["string","null"],"format":"date-time"},"time_ns":{"type":["integer","null"]},
"valid_until":{"type":["string","null"],"format":"date-time","description":"null: until the next plan"},
"valid_until_ns":{"type":["integer","null"]},"ref_price":{"type":["string","null"],"format":"decimal"}}})";

const char* const order_schema =
    R"({"type":"object","required":["id","decision","instrument","origin","side","type","state","ended","qty","filled_qty",
"decided","decided_ns","updated","updated_ns"],
"properties":{"id":{"type":"string"},
"decision":{"type":"string"},"instrument":{"type":"string"},"purpose":{"type":"string"},
"origin":{"type":"string","enum":["host","external"],"description":"external: found at the venue, not made by this host"},
"side":{"type":"string","enum":["BUY","SELL"]},"type":{"type":"string"},"tif":{"type":"string"},
"state":{"type":"string"},"ended":{"type":"boolean"},"qty":{"type":["string","null"],"format":"decimal"},
"quote_qty":{"type":["string","null"],"format":"decimal"},"limit_price":{"type":["string","null"],
"format":"decimal"},
"stop_price":{"type":["string","null"],"format":"decimal"},"filled_qty":{"type":["string","null"],
"format":"decimal"},
"filled_quote":{"type":["string","null"],"format":"decimal"},"fee":{"type":["string","null"],
"format":"decimal"},
"decision_price":{"type":["string","null"],"format":"decimal"},
"slippage":{"type":["string","null"],"format":"decimal","description":"by how much the average price of what has filled is worse than the price it was decided by, as a share of that; below zero: better"},
"expire":{"type":["string","null"],
"format":"date-time"},
"expire_ns":{"type":["integer","null"]},"decided":{"type":["string","null"],"format":"date-time"},
"decided_ns":{"type":["integer","null"]},"updated":{"type":["string","null"],"format":"date-time"},
"updated_ns":{"type":["integer","null"]},"venue_id":{"type":"string"},"reason":{"type":"string"},
"amend":{"type":"object","description":"an amendment that the venue has not answered: what it asks for, null as it is; either terms may be in force",
"properties":{"qty":{"type":["string","null"],"format":"decimal"},"limit_price":{"type":["string","null"],"format":"decimal"},
"stop_price":{"type":["string","null"],"format":"decimal"},"expire":{"type":["string","null"],"format":"date-time"},
"expire_ns":{"type":["integer","null"]}}}}})";

const char* const checks_schema =
    R"({"type":"array","items":{"type":"object","properties":{"rule":{"type":"string"},
"action":{"type":"string","enum":["reject","allow","shrink"]},"code":{"type":"string"},
"value":{"type":["string","null"],"format":"decimal"},"limit":{"type":["string","null"],"format":"decimal"},
"max_qty":{"type":["string","null"],"format":"decimal"},"reason":{"type":"string"}}}})";

}  // namespace bowline::services
