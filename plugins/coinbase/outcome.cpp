#include "coinbase/outcome.hpp"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "coinbase/error_body.hpp"
#include "coinbase/json_value.hpp"
#include "coinbase/order_replies.hpp"

namespace bowline::coinbase {
namespace {

constexpr bool changes(Call c) noexcept { return c == Call::create || c == Call::cancel || c == Call::edit; }

/// All spellings of the venue's codes: "resource_exhausted", "RESOURCE_EXHAUSTED", "ResourceExhausted". `words`: small letters alone.
bool is_one_of(std::string_view code, std::initializer_list<std::string_view> words) noexcept {
  const auto same = [&](std::string_view word) {
    for (const char c : code) {
      if (c == '_') continue;
      if (word.empty() || word.front() != (c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c)) return false;
      word.remove_prefix(1);
    }
    return word.empty();
  };
  return std::any_of(words.begin(), words.end(), same);
}
bool is_limit(std::string_view code) noexcept { return is_one_of(code, {"ratelimitexceeded", "resourceexhausted"}); }
bool is_permission(std::string_view code) noexcept { return is_one_of(code, {"permissiondenied"}); }
/// Codes that say "something went wrong inside", under whatever status: of an order they prove nothing.
bool is_doubt(std::string_view code) noexcept {
  return is_one_of(code, {"cancelled", "canceled", "unknown", "deadlineexceeded", "alreadyexists", "aborted", "internal", "unavailable", "dataloss"});
}
/// The venue waited too long, or was not waited for: of an order neither proves anything, whatever the body says.
constexpr bool is_given_up(int status) noexcept { return status == 408 || status == 499; }

Outcome unreadable(const Error& e) { return {Verdict::unknown, "ANSWER_UNREADABLE", e.message}; }
Outcome done() { return {Verdict::done, "", ""}; }
/// "No" without a reason is no proof: it is also what an answer looks like that the venue could not fill in.
Outcome refused(const Refusal& r) {
  if (says_nothing(r.reason) && r.message.empty()) return {Verdict::unknown, "ANSWER_UNREADABLE", "the venue says no, and no reason for it"};
  return {Verdict::refused, r.reason, r.message};
}

/// HTTP 2xx: the body decides.
Outcome of_success(Call call, std::string_view body) {
  switch (call) {
    case Call::create: {
      auto r = parse_create(body);
      if (!r) return unreadable(r.error());
      if (!r->placed) return refused(r->refusal);
      Outcome o = done();
      o.placed = std::move(r->placed);
      return o;
    }
    case Call::cancel: {
      const auto r = parse_cancel(body);
      return r ? done() : unreadable(r.error());
    }
    case Call::edit: {
      const auto r = parse_edit(body);
      if (!r) return unreadable(r.error());
      return r->accepted ? done() : refused(r->refusal);
    }
    case Call::preview:
    case Call::preview_edit: {
      const auto r = call == Call::preview ? parse_preview(body) : parse_edit_preview(body);
      if (!r) return unreadable(r.error());
      return r->errors.empty() ? done() : Outcome{Verdict::refused, r->errors.front(), "the preview says that the order would be refused"};
    }
    case Call::read:
      break;
  }
  const auto json = read_json(body);
  return json && json->is_object() ? done() : Outcome{Verdict::unknown, "ANSWER_UNREADABLE", "the venue's answer is no JSON object"};
}

}  // namespace

const char* name_of(Verdict v) noexcept {
  switch (v) {
    case Verdict::done:
      return "done";
    case Verdict::refused:
      return "refused";
    case Verdict::denied:
      return "denied";
    case Verdict::unknown:
      return "unknown";
    case Verdict::throttled:
      return "throttled";
    case Verdict::unauthorised:
      return "unauthorised";
  }
  return "unknown";
}

Outcome outcome_of(Call call, const Reply& reply, const Standing& standing) {
  if (reply.delivery == Reply::Delivery::not_sent) return {Verdict::denied, "NOT_SENT", "no byte of the request was sent"};
  if (reply.delivery == Reply::Delivery::lost) return {Verdict::unknown, "NO_ANSWER", "the request was sent, and no whole answer came back"};
  const int status = reply.status;
  if (status >= 200 && status < 300) return of_success(call, reply.body);
  if (status >= 500) return {Verdict::unknown, "SERVER_ERROR", read_error_body(reply.body).message};
  if (status >= 300 && status < 400) return {Verdict::unknown, "REDIRECTED", "the venue answered with a redirection, which is not followed"};
  if (status < 400) return {Verdict::unknown, "UNEXPECTED_STATUS", "the venue's HTTP status is none that it uses"};

  const ErrorBody e = read_error_body(reply.body);
  // Limits stand in front of everything else: under each status such a request was turned away at the door.
  if (status == 429 || is_limit(e.code)) return {Verdict::throttled, "RATE_LIMITED", e.message};
  if (status == 401) {
    if (standing.key_worked && standing.unauthorised_in_a_row < Standing::patience)
      return {Verdict::throttled, "MAYBE_RATE_LIMITED", "401 to a key that has worked: throttling looks like that, too"};
    return {Verdict::unauthorised, "UNAUTHORISED", e.message};
  }
  if (status == 403 && is_permission(e.code)) return {Verdict::unauthorised, "PERMISSION_DENIED", e.message};
  // A refusal is one in the venue's own envelope. What something on the way says proves nothing about an order that was sent.
  if (!is_given_up(status) && e.envelope && !(changes(call) && is_doubt(e.code))) return {Verdict::refused, e.code, e.message};
  if (status == 403 && !changes(call)) return {Verdict::unauthorised, "PERMISSION_DENIED", e.message};
  return {Verdict::unknown, "UNEXPECTED_STATUS", e.message};
}

bool says_not_found(const Outcome& o) noexcept {
  if (o.verdict != Verdict::refused) return false;
  return is_one_of(o.reason, {"notfound"}) || (is_one_of(o.reason, {"unknown"}) && o.message.find("was not found") != std::string::npos);
}

}  // namespace bowline::coinbase
