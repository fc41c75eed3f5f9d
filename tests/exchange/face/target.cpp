#include "exchange/face/target.hpp"

#include <algorithm>
#include <charconv>

#include "exchange/face/times.hpp"
#include "exchange/wire/message.hpp"

namespace bowline::exchange {
namespace {

int hex(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> decode(std::string_view s, bool plus_is_blank) {
  std::string out;
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (s[i] == '%') {
      if (i + 2 >= s.size() || hex(s[i + 1]) < 0 || hex(s[i + 2]) < 0) return std::nullopt;
      out.push_back(static_cast<char>(hex(s[i + 1]) * 16 + hex(s[i + 2])));
      i += 2;
    } else {
      out.push_back(plus_is_blank && s[i] == '+' ? ' ' : s[i]);
    }
  }
  return out;
}

/// Calls f(part) for each part between separators until it returns false.
template <class F>
bool split(std::string_view s, char separator, F&& f) {
  while (true) {
    const auto at = s.find(separator);
    if (!f(s.substr(0, at))) return false;
    if (at == s.npos) return true;
    s.remove_prefix(at + 1);
  }
}

}  // namespace

std::optional<Target> split_target(std::string_view target) {
  if (target.empty() || target.front() != '/') return std::nullopt;
  if (std::any_of(target.begin(), target.end(), [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 127; })) return std::nullopt;
  Target t;
  const auto mark = target.find('?');
  t.path = target.substr(0, mark);
  const bool good = split(t.path.substr(1), '/', [&](std::string_view part) {
    auto segment = decode(part, false);
    if (segment) t.segments.push_back(std::move(*segment));
    return segment.has_value();
  });
  if (!good) return std::nullopt;
  std::vector<std::pair<std::string, std::string>> fields;
  if (mark != target.npos) {
    const bool read = split(target.substr(mark + 1), '&', [&](std::string_view part) {
      if (part.empty()) return true;
      const auto equals = part.find('=');
      auto key = decode(part.substr(0, equals), true);
      auto value = decode(equals == part.npos ? std::string_view() : part.substr(equals + 1), true);
      if (!key || !value) return false;
      fields.emplace_back(std::move(*key), std::move(*value));
      return true;
    });
    if (!read) return std::nullopt;
  }
  t.query = Query(std::move(fields));
  return t;
}

std::string Query::text(std::string_view key) const {
  const std::string other = wire::camel(key);
  for (const auto& [k, v] : fields_)
    if (k == key || k == other) return v;
  return {};
}

std::vector<std::string> Query::all(std::string_view key) const {
  const std::string other = wire::camel(key);
  std::vector<std::string> out;
  for (const auto& [k, v] : fields_)
    if ((k == key || k == other) && !v.empty()) out.push_back(v);
  return out;
}

std::optional<std::int64_t> Query::whole(std::string_view key) {
  const std::string s = text(key);
  if (s.empty()) return std::nullopt;
  std::int64_t v = 0;
  const auto r = std::from_chars(s.data(), s.data() + s.size(), v);
  if (r.ec == std::errc{} && r.ptr == s.data() + s.size() && v >= 0) return v;
  refuse(key);
  return std::nullopt;
}

bool Query::flag(std::string_view key) {
  const std::string s = text(key);
  if (s == "true" || s == "True" || s == "1") return true;
  if (!s.empty() && s != "false" && s != "False" && s != "0") refuse(key);
  return false;
}

std::optional<std::int64_t> Query::time(std::string_view key) {
  const std::string s = text(key);
  if (s.empty()) return std::nullopt;
  const auto t = parse_time(s);
  if (!t) refuse(key);
  return t;
}

std::optional<Decimal> Query::decimal(std::string_view key) {
  const std::string s = text(key);
  if (s.empty()) return std::nullopt;
  const auto d = s.find_first_of("eE+") == s.npos ? Decimal::try_parse(s) : std::nullopt;
  if (!d) refuse(key);
  return d;
}

void Query::refuse(std::string_view key) {
  if (!fault_) fault_ = Error{wire::invalid_argument, std::string(key) + " argument is invalid"};
}

}  // namespace bowline::exchange
