// One value of a key: its kind, its limits, and what is wrong with it.
#include "config/loader.hpp"

#include <algorithm>

#include "config/values.hpp"

namespace bowline::config {

bool Loader::text(const Node& n, const std::string& path, std::string& to) {
  if (!there(n)) return false;
  auto t = tree_.text(n, path);
  if (!t) return false;
  to = std::move(*t);
  return true;
}

void Loader::required(const Node& map, const char* key, const std::string& path, std::string& to) {
  const Node n = map[key];
  const std::string where = path + "." + key;
  if (!n.IsDefined()) return bad(map, where, "CONFIG_KEY_MISSING", "is required and not there");
  if (text(n, where, to) && to.empty()) bad(n, where, "CONFIG_VALUE", "must not be empty");
}

void Loader::one_of(const Node& n, const std::string& path, const std::vector<std::string>& names, std::string& to) {
  std::string t;
  if (!text(n, path, t)) return;
  if (std::find(names.begin(), names.end(), t) != names.end()) {
    to = t;
    return;
  }
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
  const std::string near = nearest(t, names);
  bad(n, path, "CONFIG_VALUE", t + " is none of: " + list + (near.empty() ? "" : "; did you mean " + near + "?"));
}

void Loader::duration(const Node& n, const std::string& path, std::int64_t min, std::int64_t& to) {
  std::string t;
  if (!text(n, path, t)) return;
  const auto v = parse_duration(t);
  if (!v) return bad(n, path, "CONFIG_TYPE", "a duration such as 30s, 5m or 1h is needed here");
  if (*v < min) return bad(n, path, "CONFIG_RANGE", t + " is too short");
  to = *v;
}

void Loader::size(const Node& n, const std::string& path, std::int64_t min, std::int64_t max, std::int64_t& to) {
  std::string t;
  if (!text(n, path, t)) return;
  const auto v = parse_size(t);
  if (!v) return bad(n, path, "CONFIG_TYPE", "a size such as 64KiB, 16MiB or 1GiB is needed here");
  if (*v != 0 && *v < min) return bad(n, path, "CONFIG_RANGE", t + " is too small");
  if (*v > max) return bad(n, path, "CONFIG_RANGE", t + " is too large");
  to = *v;
}

void Loader::flag(const Node& n, const std::string& path, bool& to) {
  std::string t;
  if (!text(n, path, t)) return;
  const auto v = parse_bool(t);
  if (!v) return bad(n, path, "CONFIG_TYPE", "on or off is needed here");
  to = *v;
}

void Loader::fraction(const Node& n, const std::string& path, std::string_view min, std::string_view max, Decimal& to) {
  std::string t;
  if (!text(n, path, t)) return;
  const auto v = parse_fraction(t);
  if (!v) return bad(n, path, "CONFIG_TYPE", "a fraction such as 5%, 5bp or 0.05 is needed here");
  if (*v < *parse_decimal(min)) return bad(n, path, "CONFIG_RANGE", t + " is under the limit of " + std::string(min));
  if (*v > *parse_decimal(max)) return bad(n, path, "CONFIG_RANGE", t + " is over the limit of " + std::string(max == "1" ? "100%" : max));
  to = *v;
}

void Loader::limit(const Node& n, const std::string& path, Decimal& to) {
  std::string t;
  if (there(n) && n.IsScalar() && n.Tag() != "!" && parse_bool(n.Scalar()) == false) to = Decimal::not_set();
  else fraction(n, path, "0.0001", "1", to);
}

void Loader::amount(const Node& n, const std::string& path, bool positive, Decimal& to) {
  std::string t;
  if (!text(n, path, t)) return;
  const auto v = parse_decimal(t);
  if (!v) return bad(n, path, "CONFIG_TYPE", "a plain decimal such as 10000 or 0.01 is needed here");
  if (*v < Decimal::zero() || (positive && v->is_zero())) return bad(n, path, "CONFIG_RANGE", positive ? "must be above 0" : "must not be below 0");
  to = *v;
}

}  // namespace bowline::config
