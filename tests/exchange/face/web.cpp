#include "exchange/face/web.hpp"

#include <algorithm>

namespace bowline::exchange {

std::optional<std::string_view> find_header(const WebHeaders& headers, std::string_view name) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  for (const auto& [key, value] : headers)
    if (std::equal(key.begin(), key.end(), name.begin(), name.end(), [&](char a, char b) { return lower(a) == lower(b); })) return value;
  return std::nullopt;
}

}  // namespace bowline::exchange
