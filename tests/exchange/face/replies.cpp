#include "exchange/face/replies.hpp"

#include "exchange/auth/token_gate.hpp"
#include "exchange/wire/message.hpp"

namespace bowline::exchange {
namespace {

constexpr std::int64_t second = 1'000'000'000;

}  // namespace

WebReply ok(const Json& body) { return {200, {}, dump(body), {}}; }

WebReply refuse(int status, std::string_view code, std::string_view text) {
  return {status, {}, dump({{"error", std::string(code)}, {"error_details", std::string(text)}, {"message", std::string(text)}}), {}};
}

WebReply bad_request(const Error& e) {
  if (e.code == wire::invalid_argument) return refuse(400, e.code, e.message);
  return {400, {}, dump({{"error", std::string(e.code)}, {"error_details", ""}, {"message", e.message}}), {}};
}

WebReply unauthorised(std::string_view why) {
  return {401, {{"Content-Type", "text/plain; charset=utf-8"}}, std::string(unauthorised_body), std::string(why)};
}

WebReply missing_scopes() { return refuse(403, "PERMISSION_DENIED", "Missing required scopes"); }
WebReply not_found(std::string_view text) { return refuse(404, "NOT_FOUND", text); }

WebReply too_many_requests() {
  const Json one = {{"id", "rate_limit_exceeded"}, {"message", "Too many requests"}};
  return {429, {}, dump({{"errors", Json::array({one})}}), {}};
}

void put_rate_headers(WebReply& reply, std::int64_t limit, std::int64_t remaining, std::int64_t full_ns, std::int64_t now_ns, ResetUnit unit) {
  const std::int64_t reset = unit == ResetUnit::seconds_left ? (full_ns - now_ns + second - 1) / second : (full_ns + second - 1) / second;
  reply.headers.emplace_back("x-ratelimit-limit", std::to_string(limit));
  reply.headers.emplace_back("x-ratelimit-remaining", std::to_string(remaining));
  reply.headers.emplace_back("x-ratelimit-reset", std::to_string(reset));
}

}  // namespace bowline::exchange
