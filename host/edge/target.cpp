#include "edge/target.hpp"

#include <algorithm>

namespace bowline::edge {
namespace {

constexpr std::size_t max_query_keys = 256;

int hex(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool hides_slash(std::string_view path) noexcept {
  for (std::size_t i = 0; i + 2 < path.size(); ++i)
    if (path[i] == '%' && path[i + 1] == '2' && (path[i + 2] == 'F' || path[i + 2] == 'f')) return true;
  return false;
}

}  // namespace

bool percent_decode(std::string_view text, bool plus_is_space, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size()) return false;
      const int high = hex(text[i + 1]);
      const int low = hex(text[i + 2]);
      if (high < 0 || low < 0) return false;
      c = static_cast<char>(high * 16 + low);
      if (c == '\0') return false;
      i += 2;
    } else if (c == '+' && plus_is_space) {
      c = ' ';
    }
    out += c;
  }
  return true;
}

bool split_target(std::string_view target, std::string& path, Pairs& query) {
  query.clear();
  path.clear();
  if (target.empty() || target[0] != '/') return false;
  if (std::ranges::any_of(
          target, [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '#'; }))
    return false;
  const auto mark = target.find('?');
  const auto raw_path = target.substr(0, mark);
  if (hides_slash(raw_path) || !percent_decode(raw_path, false, path)) return false;
  if (mark == std::string_view::npos) return true;

  auto rest = target.substr(mark + 1);
  while (!rest.empty()) {
    const auto end = std::min(rest.find('&'), rest.size());
    const auto item = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (item.empty()) continue;
    if (query.size() == max_query_keys) return false;
    const auto equals = item.find('=');
    auto& [key, value] = query.emplace_back();
    if (!percent_decode(item.substr(0, equals), true, key)) return false;
    if (equals != std::string_view::npos && !percent_decode(item.substr(equals + 1), true, value))
      return false;
  }
  return true;
}

bool sane_request_id(std::string_view id) noexcept {
  return !id.empty() && id.size() <= 64 && std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

}  // namespace bowline::edge
