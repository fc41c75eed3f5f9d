#include "coinbase/jwt.hpp"

#include <openssl/rand.h>

#include <charconv>

#include "coinbase/base64.hpp"

namespace bowline::coinbase {
namespace {

/// What can stand in a request line and needs no escape in JSON.
bool fits_uri(std::string_view s) noexcept {
  for (const char c : s)
    if (c <= ' ' || c > '~' || c == '"' || c == '\\') return false;
  return true;
}

void append_number(std::string& out, std::int64_t v) {
  char text[24];
  const auto r = std::to_chars(text, text + sizeof text, v);
  out.append(text, r.ptr);
}

}  // namespace

bool random_nonce(Nonce& out) noexcept { return RAND_bytes(out.data(), static_cast<int>(out.size())) == 1; }

// The name has passed Credentials: it needs no escape.
TokenMaker::TokenMaker(Credentials credentials, ClockSeconds clock, NonceSource nonce)
    : credentials_(std::move(credentials)),
      clock_(std::move(clock)),
      nonce_(std::move(nonce)),
      header_front_(std::string(R"({"alg":")") + name_of(credentials_.key().algorithm()) + R"(","kid":")" + credentials_.name() +
                    R"(","nonce":")"),
      claims_front_(R"({"sub":")" + credentials_.name() + R"(","iss":"cdp","nbf":)") {}

Result<std::string> TokenMaker::token(std::string_view method, std::string_view host, std::string_view path) {
  path = path.substr(0, path.find('?'));
  if (method.empty() || host.empty() || !path.starts_with('/') || !fits_uri(method) || !fits_uri(host) || !fits_uri(path))
    return Error{"COINBASE_TOKEN_URI", "a token needs a method, a host and an encoded path that begins with /, without blanks and quotes"};
  return make(method, host, path);
}

Result<std::string> TokenMaker::ws_token() { return make({}, {}, {}); }

Result<std::string> TokenMaker::make(std::string_view method, std::string_view host, std::string_view path) {
  Nonce nonce{};
  if (!nonce_(nonce)) return Error{"COINBASE_NONCE", "there is no randomness for a token's nonce"};
  const std::int64_t now = clock_();
  scratch_.assign(header_front_);
  for (const unsigned char byte : nonce) {
    constexpr char digits[] = "0123456789abcdef";
    scratch_.push_back(digits[byte >> 4]);
    scratch_.push_back(digits[byte & 15]);
  }
  scratch_.append(R"(","typ":"JWT"})");
  std::string out;
  out.reserve(640);
  append_base64url(out, scratch_);
  out.push_back('.');
  scratch_.assign(claims_front_);
  append_number(scratch_, now);
  scratch_.append(R"(,"exp":)");
  append_number(scratch_, now + life_s);
  if (!path.empty()) scratch_.append(R"(,"uri":")").append(method).append(1, ' ').append(host).append(path).append(1, '"');
  scratch_.push_back('}');
  append_base64url(out, scratch_);
  const auto signature = credentials_.key().sign(out);
  if (!signature) return signature.error();
  out.push_back('.');
  append_base64url(out, *signature);
  return out;
}

}  // namespace bowline::coinbase
