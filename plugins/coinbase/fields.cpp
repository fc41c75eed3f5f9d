#include "coinbase/fields.hpp"

#include <charconv>

#include "coinbase/rfc3339.hpp"

namespace bowline::coinbase {
namespace {

const std::vector<Json> no_elements;

/// Plain or e-notation, to the nearest 18th decimal, ties away from zero.
std::optional<Decimal> parse_rounded(std::string_view s) {
  if (const auto exact = Decimal::try_parse(s)) return exact;
  if (s.find_first_not_of("-0123456789.") != s.npos) return std::nullopt;
  const auto dot = s.find('.');
  if (dot == s.npos || s.size() <= dot + 1 + Decimal::scale) return std::nullopt;
  const std::string_view rest = s.substr(dot + 1 + Decimal::scale);
  if (rest.find_first_not_of("0123456789") != rest.npos) return std::nullopt;
  const auto cut = Decimal::try_parse(s.substr(0, dot + 1 + Decimal::scale));
  if (!cut || rest.front() < '5') return cut;
  const Decimal up = s.front() == '-' ? *cut - Decimal::epsilon() : *cut + Decimal::epsilon();
  return up.is_set() ? std::optional(up) : std::nullopt;
}

}  // namespace

Fields::Fields(const Json& object, std::string where) : object_(&object), where_(std::move(where)) {
  if (!object.is_object())
    fault_ = Error{"COINBASE_FIELD_UNREADABLE", "the venue's answer: " + (where_.empty() ? "the whole" : where_) + " is no object", {{"field", where_}}};
}

std::string Fields::path(const char* key) const { return where_.empty() ? key : where_ + "." + key; }

void Fields::keep(const Error& error) {
  if (!fault_) fault_ = error;
}
void Fields::missing(const char* key) {
  if (!fault_) fault_ = Error{"COINBASE_FIELD_MISSING", "the venue's answer: " + path(key) + " is missing or empty", {{"field", path(key)}}};
}
void Fields::unreadable(const char* key, const char* expected) {
  if (!fault_)
    fault_ = Error{"COINBASE_FIELD_UNREADABLE", "the venue's answer: " + path(key) + " is not " + expected, {{"field", path(key)}}};
}

const Json* Fields::find(const char* key) const {
  if (!object_->is_object()) return nullptr;
  const auto it = object_->find(key);
  if (it == object_->end() || it->is_null()) return nullptr;
  if (const auto* s = it->get_ptr<const std::string*>(); s != nullptr && s->empty()) return nullptr;
  return &*it;
}

/// The text of a text or of a number; nullptr where there is none, and a fault where there should be.
const std::string* Fields::scalar(const char* key, bool needed, const char* expected) {
  const Json* v = find(key);
  if (v == nullptr) {
    if (needed) missing(key);
    return nullptr;
  }
  const auto* s = v->get_ptr<const std::string*>();
  if (s == nullptr) unreadable(key, expected);
  return s;
}

std::string Fields::text(const char* key) {
  const auto* s = scalar(key, true, "a text");
  return s ? *s : std::string();
}
std::string Fields::text_or_empty(const char* key) {
  const auto* s = scalar(key, false, "a text");
  return s ? *s : std::string();
}

std::optional<Decimal> Fields::read_amount(const char* key, Sign sign, bool needed, bool rounded) {
  const auto* s = scalar(key, needed, "an amount");
  if (s == nullptr) return std::nullopt;
  const auto d = rounded ? parse_rounded(*s) : Decimal::try_parse(*s);
  if (!d) {
    unreadable(key, "an amount that can be held exactly");
    return std::nullopt;
  }
  if ((sign != Sign::any && d->is_negative()) || (sign == Sign::positive && d->is_zero())) {
    unreadable(key, sign == Sign::positive ? "an amount above zero" : "an amount of zero or above");
    return std::nullopt;
  }
  return d;
}
// Where it could not be read, a fault was kept; "not set" makes sure that nobody reckons with it.
Decimal Fields::amount(const char* key, Sign sign) { return read_amount(key, sign, true, false).value_or(Decimal::not_set()); }
std::optional<Decimal> Fields::amount_if(const char* key, Sign sign) { return read_amount(key, sign, false, false); }
Decimal Fields::computed(const char* key, Sign sign) { return read_amount(key, sign, true, true).value_or(Decimal::not_set()); }
std::optional<Decimal> Fields::computed_if(const char* key, Sign sign) { return read_amount(key, sign, false, true); }

std::optional<bool> Fields::read_flag(const char* key, bool needed) {
  const Json* v = find(key);
  if (v == nullptr) {
    if (needed) missing(key);
    return std::nullopt;
  }
  if (v->is_boolean()) return v->get<bool>();
  if (const auto* s = v->get_ptr<const std::string*>()) {
    if (*s == "true") return true;
    if (*s == "false") return false;
  }
  unreadable(key, "true or false");
  return std::nullopt;
}
bool Fields::flag(const char* key) { return read_flag(key, true).value_or(false); }
bool Fields::flag_or(const char* key, bool other) { return read_flag(key, false).value_or(other); }

std::optional<std::int64_t> Fields::whole_if(const char* key) {
  const auto* s = scalar(key, false, "a whole number");
  if (s == nullptr) return std::nullopt;
  std::int64_t v = 0;
  const auto r = std::from_chars(s->data(), s->data() + s->size(), v);
  if (r.ec == std::errc{} && r.ptr == s->data() + s->size()) return v;
  unreadable(key, "a whole number");
  return std::nullopt;
}
std::int64_t Fields::whole(const char* key) {
  if (find(key) == nullptr) missing(key);
  return whole_if(key).value_or(0);
}

std::optional<std::int64_t> Fields::time_if(const char* key) {
  const auto* s = scalar(key, false, "a time");
  if (s == nullptr || s->starts_with("0001-01-01T")) return std::nullopt;
  const auto t = parse_rfc3339(*s);
  if (!t) unreadable(key, "a time like 2024-01-15T10:05:00Z");
  return t;
}
std::int64_t Fields::time(const char* key) {
  const auto t = time_if(key);
  if (!t) missing(key);
  return t.value_or(0);
}

const std::vector<Json>& Fields::list_or_empty(const char* key) {
  const Json* v = find(key);
  if (v == nullptr) return no_elements;
  if (const auto* l = v->get_ptr<const Json::array_t*>()) return *l;
  unreadable(key, "a list");
  return no_elements;
}
const std::vector<Json>& Fields::list(const char* key) {
  if (find(key) == nullptr) missing(key);
  return list_or_empty(key);
}
std::vector<std::string> Fields::texts_or_empty(const char* key) {
  std::vector<std::string> out;
  for (const Json& v : list_or_empty(key)) {
    const auto* s = v.get_ptr<const std::string*>();
    if (s == nullptr) {
      unreadable(key, "a list of texts");
      return out;
    }
    out.push_back(*s);
  }
  return out;
}

Result<Json> read_answer(std::string_view body, const char* what) {
  auto v = read_json(body);
  if (!v || !v->is_object()) return Error{"COINBASE_ANSWER_UNREADABLE", std::string("the venue's answer to ") + what + " is no JSON object"};
  return std::move(*v);
}

std::string place(const char* list, std::size_t index) { return std::string(list) + "[" + std::to_string(index) + "]"; }

}  // namespace bowline::coinbase
