#include "exchange/wire/message.hpp"

#include <algorithm>

namespace bowline::exchange::wire {
namespace {

Error invalid(std::string why) { return {invalid_argument, std::move(why)}; }

constexpr int deepest = 32;

/// Whether a body goes deeper than any gateway takes. Looks at the text: what is no JSON is found by the parser.
bool too_deep(std::string_view body) noexcept {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < body.size(); ++i) {
    const char c = body[i];
    if (quoted) {
      if (c == '\\') ++i;
      else quoted = c != '"';
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      if (++depth > deepest) return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

constexpr char upper(char c) noexcept { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

/// Whether `name` is the camelCase spelling of `snake`. Most fields of most bodies are asked for in vain: it makes no text.
bool is_camel(std::string_view name, std::string_view snake) noexcept {
  std::size_t at = 0;
  bool up = false;
  for (const char c : snake) {
    if (c == '_') {
      up = true;
      continue;
    }
    if (at == name.size() || name[at] != (up ? upper(c) : c)) return false;
    ++at;
    up = false;
  }
  return at == name.size();
}

}  // namespace

std::string camel(std::string_view snake) {
  std::string out;
  bool up = false;
  for (const char c : snake) {
    if (c == '_') {
      up = true;
      continue;
    }
    out.push_back(up ? upper(c) : c);
    up = false;
  }
  return out;
}

Result<nlohmann::json> read_body(std::string_view body) {
  if (body.find_first_not_of(" \t\r\n") == body.npos) return nlohmann::json(nlohmann::json::object());
  if (too_deep(body)) return invalid("proto: syntax error");
  auto v = nlohmann::json::parse(body, nullptr, false);
  if (v.is_discarded()) return invalid("proto: syntax error");
  if (!v.is_object()) return invalid("proto: unexpected token");
  return v;
}

Message::Message(const nlohmann::json& object, std::string_view where) : object_(&object) {
  known_.reserve(16);
  if (!object.is_object()) refuse("proto: unexpected token for " + std::string(where));
}

void Message::refuse(const std::string& why) {
  if (!fault_) fault_ = invalid(why);
}

const nlohmann::json* Message::find(const char* snake) {
  known_.push_back(snake);
  const auto* fields = object_->get_ptr<const nlohmann::json::object_t*>();
  if (fields == nullptr) return nullptr;
  const std::string_view plain = snake;
  const nlohmann::json* found = nullptr;
  for (const auto& [key, value] : *fields) {
    if (key != plain && !is_camel(key, plain)) continue;
    if (found != nullptr) {
      refuse("proto: duplicate field \"" + camel(plain) + "\"");
      return nullptr;
    }
    found = &value;
  }
  return found == nullptr || found->is_null() ? nullptr : found;
}

std::string Message::text(const char* snake) {
  const auto* v = find(snake);
  if (v == nullptr) return {};
  if (const auto* s = v->get_ptr<const std::string*>()) return *s;
  refuse(std::string("proto: invalid value for string field ") + camel(snake));
  return {};
}

std::optional<Decimal> Message::decimal(const char* snake) {
  const std::string s = text(snake);
  if (s.empty()) return std::nullopt;
  const auto d = s.find_first_of("eE+") == s.npos ? Decimal::try_parse(s) : std::nullopt;
  if (!d) refuse(std::string(snake) + " argument is invalid");
  return d;
}

bool Message::flag(const char* snake) {
  const auto* v = find(snake);
  if (v == nullptr) return false;
  if (v->is_boolean()) return v->get<bool>();
  refuse(std::string("proto: invalid value for bool field ") + camel(snake));
  return false;
}

void Message::end(const WireOptions& options) {
  if (options.unknown == UnknownFields::pass_over || !object_->is_object()) return;
  for (const auto& [key, value] : object_->items())
    if (std::none_of(known_.begin(), known_.end(), [&](const char* one) { return key == one || is_camel(key, one); }))
      refuse("proto: unknown field \"" + key + "\"");
}

}  // namespace bowline::exchange::wire
