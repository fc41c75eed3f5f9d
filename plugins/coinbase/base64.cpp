#include "coinbase/base64.hpp"

#include <cstdint>

namespace bowline::coinbase {
namespace {

constexpr char url_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// No table: what is decoded is a key, and a table would be read at places that depend on it.
constexpr int value_of(char c) noexcept {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

}  // namespace

void append_base64url(std::string& out, std::span<const unsigned char> bytes) {
  const std::size_t at = out.size(), n = bytes.size();
  out.resize(at + (n * 8 + 5) / 6);
  char* p = out.data() + at;
  std::size_t i = 0;
  for (; i + 2 < n; i += 3) {
    const std::uint32_t v = static_cast<std::uint32_t>(bytes[i]) << 16 | static_cast<std::uint32_t>(bytes[i + 1]) << 8 | bytes[i + 2];
    *p++ = url_alphabet[v >> 18];
    *p++ = url_alphabet[v >> 12 & 63];
    *p++ = url_alphabet[v >> 6 & 63];
    *p++ = url_alphabet[v & 63];
  }
  if (i < n) {
    const std::uint32_t v = static_cast<std::uint32_t>(bytes[i]) << 16 | (i + 1 < n ? static_cast<std::uint32_t>(bytes[i + 1]) << 8 : 0u);
    *p++ = url_alphabet[v >> 18];
    *p++ = url_alphabet[v >> 12 & 63];
    if (i + 1 < n) *p++ = url_alphabet[v >> 6 & 63];
  }
}

void append_base64url(std::string& out, std::string_view bytes) {
  append_base64url(out, std::span(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

bool decode_base64(std::string_view text, Secret& out) noexcept {
  out.resize(0);
  std::uint32_t bits = 0;
  int group = 0, padding = 0;
  for (const char c : text) {
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') continue;
    if (c == '=') {
      if (++padding > 2 || group < 2) return false;
      if (++group == 4) group = 0;
      continue;
    }
    const int v = value_of(c);
    if (v < 0 || padding != 0) return false;
    bits = bits << 6 | static_cast<std::uint32_t>(v);
    ++group;
    if (group >= 2 && !out.push(static_cast<char>(bits >> (6 - 2 * (group - 1)) & 255))) return false;
    if (group == 4) group = 0;
  }
  if (group != 0) return false;
  // One padding character leaves two bits over, two leave four; they are zero, or the text says more than its bytes.
  return padding == 0 || (bits & ((1u << (2 * padding)) - 1)) == 0;
}

}  // namespace bowline::coinbase
