#include "exchange/server/mischief.hpp"

#include <algorithm>
#include <charconv>

#include "exchange/auth/token_gate.hpp"
#include "exchange/face/replies.hpp"
#include "exchange/server/dice.hpp"
#include "exchange/wire/create_body.hpp"

namespace bowline::exchange {
namespace {

constexpr std::string_view proxy_text = "go/sg/6f1c0a52-3d5e-4f0e-9f6c-5f9f0f3f8a11";  // what gateways in front of Coinbase send

bool names_product(const Asked& a, const std::string& product) {
  if (product.empty()) return true;
  // As a whole: BTC-USD is not BTC-USDC.
  const auto whole = [&](std::string_view text) {
    for (std::size_t at = text.find(product); at != text.npos; at = text.find(product, at + 1)) {
      const auto part = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-'; };
      const std::size_t end = at + product.size();
      if ((at == 0 || !part(text[at - 1])) && (end == text.size() || !part(text[end]))) return true;
    }
    return false;
  };
  return whole(a.path) || whole(a.query) || whole(a.body);
}

/// The text behind `"key":"` at its first place; empty when it is not there. Frames are written without blanks.
std::string_view text_at(std::string_view json, std::string_view key) {
  const std::string name = "\"" + std::string(key) + "\":\"";
  const std::size_t at = json.find(name);
  if (at == json.npos) return {};
  const std::size_t from = at + name.size();
  return json.substr(from, std::min(json.find('"', from), json.size()) - from);
}

bool tells_fill(std::string_view frame) {
  if (text_at(frame, "channel") != "user" || frame.find("\"type\":\"update\"") == frame.npos) return false;
  constexpr std::string_view key = "\"number_of_fills\":\"";
  for (std::size_t at = frame.find(key); at != frame.npos; at = frame.find(key, at + 1))
    if (at + key.size() < frame.size() && frame[at + key.size()] != '0') return true;
  return false;
}

WebReply rate_limited(bool headers) {
  WebReply r = too_many_requests();
  if (headers) r.headers = {{"x-ratelimit-limit", "30"}, {"x-ratelimit-remaining", "0"}, {"x-ratelimit-reset", "1"}};
  return r;
}

/// Whether it asks for a new order: nothing else is refused in the words of `reject`.
bool is_new_order(const Asked& a) { return a.method == "POST" && a.path == "/api/v3/brokerage/orders"; }

/// One of the two shapes that were recorded: a reason of a new order, told twice, or a preview's reason alone, beside an "error" that
/// says nothing. The order comes back as it was asked for.
WebReply refusal(const std::string& reason, std::string_view asked) {
  using Json = nlohmann::ordered_json;
  const bool preview = reason.starts_with("PREVIEW_");
  Json error{{"error", preview ? "UNKNOWN_FAILURE_REASON" : reason}, {"message", ""}, {"error_details", ""}};
  error[preview ? "preview_failure_reason" : "new_order_failure_reason"] = reason;
  Json configuration = Json::object();
  if (const auto body = wire::parse_create_body(asked)) configuration = body->echo;
  return {200, {}, Json{{"success", false}, {"error_response", error}, {"order_configuration", configuration}}.dump(-1, ' ', false, Json::error_handler_t::replace), {}};
}

/// An answer in place of the venue's; the first one stays.
void instead(RequestPlan& plan, const Rule& r, WebReply reply) {
  if (plan.instead) return;
  reply.note = "rule " + std::to_string(r.id);
  plan.instead = std::move(reply);
  plan.done = r.done;
}

void add(RequestPlan& plan, const Rule& r, const Asked& asked) {
  switch (r.act) {
    case Act::drop_before:
      plan.drop = true;
      plan.done = false;
      return;
    case Act::drop_after:
      plan.drop = true;
      return;
    case Act::stall:
      plan.stall = true;
      plan.done = plan.done && r.done;
      return;
    case Act::wait:
      (r.done ? plan.wait_after_ns : plan.wait_before_ns) += r.by_ns;
      return;
    case Act::answer:
      return instead(plan, r, {r.status, r.headers, r.body, {}});
    case Act::unauthorized:
      return instead(plan, r, {401, {{"Content-Type", "text/plain"}}, std::string(unauthorised_body), {}});
    case Act::rate_limited:
      return instead(plan, r, rate_limited(r.headers_sent));
    case Act::server_error:
      return instead(plan, r, {r.status, {{"Content-Type", "text/plain"}}, r.body.empty() ? std::string(proxy_text) : r.body, {}});
    case Act::reject:
      return instead(plan, r, refusal(r.reason, asked.body));
    case Act::fields:
      plan.changes.insert(plan.changes.end(), r.changes.begin(), r.changes.end());
      return;
    case Act::truncate:
      plan.truncate = r.bytes;
      return;
    default:
      return;  // of another stage
  }
}

}  // namespace

std::uint64_t Mischief::add(Rule rule) {
  rule.id = ++last_;
  rules_.push_back(std::move(rule));
  return last_;
}

bool Mischief::remove(std::uint64_t id) {
  return std::erase_if(rules_, [&](const Rule& r) { return r.id == id; }) != 0;
}

/// Counts a match, and says whether it is one on which the rule acts.
bool Mischief::acts(Rule& r) const {
  ++r.matched;
  if (r.matched < r.nth || (r.times != 0 && r.acted >= r.times)) return false;
  if (r.chance_ppm < 1'000'000 && static_cast<std::int64_t>(dice(r.seed, r.matched) % 1'000'000) >= r.chance_ppm) return false;
  ++r.acted;
  return true;
}

ConnectionPlan Mischief::connection() {
  ConnectionPlan plan;
  for (Rule& r : rules_) {
    if (r.stage != Stage::connection || !acts(r)) continue;
    plan.refuse |= r.act == Act::refuse;
    plan.hold |= r.act == Act::hold;
    if (r.act == Act::slow_read) plan.read_rate = r.bytes;
    if (r.act == Act::slow_write) plan.write_rate = r.bytes;
  }
  return plan;
}

RequestPlan Mischief::request(const Asked& asked) {
  RequestPlan plan;
  for (Rule& r : rules_)
    if (r.stage == Stage::request && (r.method.empty() || r.method == asked.method) && fits(r.route, asked.path) &&
        names_product(asked, r.product) && (r.act != Act::reject || is_new_order(asked)) && acts(r))
      exchange::add(plan, r, asked);
  return plan;
}

std::vector<const Rule*> Mischief::frame(std::string_view text) {
  std::vector<const Rule*> out;
  for (Rule& r : rules_)
    if (r.stage == Stage::frame && (r.channel.empty() || text_at(text, "channel") == r.channel) &&
        (r.product.empty() || text.find("\"" + r.product + "\"") != text.npos) && (!r.fills || tells_fill(text)) && acts(r))
      out.push_back(&r);
  return out;
}

bool Mischief::about_frames() const noexcept {
  return std::any_of(rules_.begin(), rules_.end(), [](const Rule& r) { return r.stage == Stage::frame; });
}

}  // namespace bowline::exchange
