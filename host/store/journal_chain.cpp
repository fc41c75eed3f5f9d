#include "store/journal_chain.hpp"

namespace bowline::store {

std::string hex(const Digest& d) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string s;
  s.reserve(2 * d.size());
  for (const unsigned char c : d) {
    s += digits[c >> 4];
    s += digits[c & 15];
  }
  return s;
}

Digest Chain::next(std::string_view kind, core::Nanos time, std::string_view payload) const {
  Digest out{};
  const auto number = [this](std::uint64_t v) {
    unsigned char b[8];
    for (int i = 0; i < 8; ++i) b[i] = static_cast<unsigned char>(v >> (8 * i));
    EVP_DigestUpdate(ctx_, b, sizeof b);
  };
  const auto text = [&](std::string_view s) {
    number(s.size());
    EVP_DigestUpdate(ctx_, s.data(), s.size());
  };
  BOWLINE_INVARIANT(EVP_DigestInit_ex(ctx_, md_, nullptr) == 1);
  EVP_DigestUpdate(ctx_, head_.data(), head_.size());
  text(kind);
  number(static_cast<std::uint64_t>(time));
  text(payload);
  unsigned n = 0;
  BOWLINE_INVARIANT(EVP_DigestFinal_ex(ctx_, out.data(), &n) == 1 && n == out.size());
  return out;
}

}  // namespace bowline::store
