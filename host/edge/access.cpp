#include "edge/access.hpp"

#include <arpa/inet.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>

namespace bowline::edge {
namespace {

constexpr std::string_view realm = "Bearer realm=\"bowline\"";

/// The token of "Bearer TOKEN"; none: it is something else.
std::optional<std::string_view> bearer(std::string_view value) noexcept {
  constexpr std::string_view scheme = "bearer ";
  if (value.size() <= scheme.size()) return std::nullopt;
  for (std::size_t i = 0; i < scheme.size(); ++i) {
    const char c = value[i] >= 'A' && value[i] <= 'Z' ? static_cast<char>(value[i] + 32) : value[i];
    if (c != scheme[i]) return std::nullopt;
  }
  value.remove_prefix(std::min(value.find_first_not_of(' ', scheme.size()), value.size()));
  if (value.empty() || value.find(' ') != std::string_view::npos) return std::nullopt;
  return value;
}

/// False: it could not be made, and what is in `out` is none.
bool sha256(std::string_view text, std::array<unsigned char, 32>& out) noexcept {
  static const EVP_MD* const md = EVP_MD_fetch(nullptr, "SHA256", nullptr);  // looking it up takes longer than using it
  unsigned int n = 0;
  return md != nullptr && EVP_Digest(text.data(), text.size(), out.data(), &n, md, nullptr) == 1 && n == out.size();
}

}  // namespace

void AccessTokens::set(Scope scope, std::string_view token) noexcept {
  if (scope == Scope::Open) return;
  Known& k = known_[static_cast<std::size_t>(scope) - 1];
  k.there = sha256(token, k.hash);
}

Scope AccessTokens::scope_of(std::string_view token) const noexcept {
  Hash shown{};
  if (!sha256(token, shown)) return Scope::Open;
  Scope found = Scope::Open;
  for (std::size_t i = 0; i < known_.size(); ++i) {
    const bool same = CRYPTO_memcmp(shown.data(), known_[i].hash.data(), shown.size()) == 0;
    if (same && known_[i].there) found = static_cast<Scope>(i + 1);
  }
  return found;
}

std::optional<AccessRefusal> AccessCheck::judge(const Headers& headers, Scope needed, std::string_view remote, std::int64_t now, Scope& who) {
  who = Scope::Open;
  if (needed == Scope::Open) return std::nullopt;
  const auto shown = headers.find("Authorization");
  if (!shown)
    return AccessRefusal{401,
                         {"AUTH_MISSING", "this needs a token of scope " + std::string(scope_name(needed)) + ": send Authorization: Bearer TOKEN",
                          {{"scope", std::string(scope_name(needed))}}},
                         std::string(realm)};
  if (headers.count("Authorization") > 1) return wrong("there is more than one Authorization header", remote, now);
  const auto token = bearer(*shown);
  if (!token) return wrong("the Authorization header is not of the form Bearer TOKEN", remote, now);
  const Scope found = tokens_.scope_of(*token);
  if (found == Scope::Open) return wrong("this token is none of this host's", remote, now);
  who = found;
  if (found >= needed) return std::nullopt;
  const std::string name(scope_name(needed));
  return AccessRefusal{403,
                       {"AUTH_SCOPE", "this needs a token of scope " + name + ", and the one that was sent is of scope " + std::string(scope_name(found)),
                        {{"scope", name}}},
                       std::string(realm) + ", error=\"insufficient_scope\", scope=\"" + name + "\""};
}

AccessRefusal AccessCheck::wrong(std::string message, std::string_view remote, std::int64_t now) {
  std::string caller = caller_of(remote);
  auto at = wrong_.find(caller);
  if (at == wrong_.end()) {
    if (wrong_.size() >= most_addresses)
      wrong_.erase(std::min_element(wrong_.begin(), wrong_.end(), [](const auto& a, const auto& b) { return a.second.last < b.second.last; }));
    at = wrong_.emplace(std::move(caller), Wrong{RateBuckets({{"wrong tokens", wrong_per_second, wrong_at_once, 0}}, now), now}).first;
  }
  Wrong& w = at->second;
  w.last = std::max(w.last, now);
  if (w.bucket.take(0, 1, true, now) == 0) {
    w.told = false;
    return {401, {"AUTH_INVALID", std::move(message)}, std::string(realm) + ", error=\"invalid_token\"", true};
  }
  const bool first = !std::exchange(w.told, true);
  return {429, {"AUTH_THROTTLED", "too many wrong tokens came from this address: wait a second between tries"}, {}, first};
}

std::string principal_of(Scope scope) { return "token:" + std::string(scope_name(scope)); }

std::string caller_of(std::string_view remote) {
  const auto colon = remote.rfind(':');
  std::string address(remote.substr(0, colon));
  if (address.size() < 2 || address.front() != '[' || address.back() != ']') return address;
  address = address.substr(1, address.size() - 2);
  in6_addr bytes{};
  const std::string plain = address.substr(0, address.find('%'));  // without its zone
  if (::inet_pton(AF_INET6, plain.c_str(), &bytes) != 1) return address;
  if (IN6_IS_ADDR_V4MAPPED(&bytes)) {
    char text[INET_ADDRSTRLEN] = {};
    return ::inet_ntop(AF_INET, bytes.s6_addr + 12, text, sizeof text);
  }
  std::fill(bytes.s6_addr + 8, bytes.s6_addr + 16, static_cast<unsigned char>(0));
  char text[INET6_ADDRSTRLEN] = {};
  return std::string(::inet_ntop(AF_INET6, &bytes, text, sizeof text)) + "/64";
}

}  // namespace bowline::edge
