#include "coinbase/error_body.hpp"

#include <array>
#include <optional>

#include "coinbase/fields.hpp"

namespace bowline::coinbase {
namespace {

constexpr std::size_t longest_line = 300;

struct GatewayCode {
  std::int64_t code;
  std::string_view word;
};
/// The numbers of gRPC, which the gateway puts beside a text that is no code.
constexpr auto gateway_codes = std::to_array<GatewayCode>({{1, "CANCELLED"},
                                                           {2, "UNKNOWN"},
                                                           {3, "INVALID_ARGUMENT"},
                                                           {4, "DEADLINE_EXCEEDED"},
                                                           {5, "NOT_FOUND"},
                                                           {6, "ALREADY_EXISTS"},
                                                           {7, "PERMISSION_DENIED"},
                                                           {8, "RESOURCE_EXHAUSTED"},
                                                           {9, "FAILED_PRECONDITION"},
                                                           {10, "ABORTED"},
                                                           {11, "OUT_OF_RANGE"},
                                                           {12, "UNIMPLEMENTED"},
                                                           {13, "INTERNAL"},
                                                           {14, "UNAVAILABLE"},
                                                           {15, "DATA_LOSS"},
                                                           {16, "UNAUTHENTICATED"}});

std::string first_of(Fields& f, const char* a, const char* b) {
  std::string s = f.text_or_empty(a);
  return s.empty() ? f.text_or_empty(b) : s;
}

}  // namespace

std::string one_line(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, longest_line)) out.push_back(c == '\n' || c == '\r' || c == '\t' ? ' ' : c >= ' ' && c <= '~' ? c : '?');
  return out;
}

std::string plain_reason(std::string_view reason) {
  constexpr std::string_view preview = "PREVIEW_";
  if (reason.starts_with(preview)) reason.remove_prefix(preview.size());
  return std::string(reason == "INSUFFICIENT_FUNDS" ? "INSUFFICIENT_FUND" : reason);
}

bool says_nothing(std::string_view r) noexcept {
  return r.empty() || r == "UNKNOWN" || (r.starts_with("UNKNOWN_") && r.ends_with("FAILURE_REASON"));
}

ErrorBody read_error_body(std::string_view body) {
  ErrorBody out;
  const auto json = read_json(body);
  if (!json || !json->is_object()) {
    out.message = one_line(body.substr(0, body.find('\n')));
    return out;
  }
  Fields f(*json, "");
  if (const auto& errors = f.list_or_empty("errors"); !errors.empty()) {
    Fields in(errors.front(), "errors[0]");
    out.code = one_line(in.text_or_empty("id"));
    out.message = one_line(in.text_or_empty("message"));
  } else {
    out.code = one_line(f.text_or_empty("error"));
    out.message = one_line(first_of(f, "message", "error_details"));
    const std::string told = f.text_or_empty("code");
    for (const auto& row : gateway_codes)
      if (told == std::to_string(row.code)) {
        if (out.message.empty()) out.message = out.code;
        out.code = row.word;
      }
  }
  out.envelope = !out.code.empty();
  return out;
}

}  // namespace bowline::coinbase
