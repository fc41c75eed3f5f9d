#include "exchange/wire/message.hpp"

#include <algorithm>

namespace bowline::exchange::wire {
namespace {

Error invalid(std::string why) { return {invalid_argument, std::move(why)}; }

/// The parser's callback for too deep a body: it would be refused by any gateway.
constexpr int deepest = 32;

}  // namespace

std::string camel(std::string_view snake) {
  std::string out;
  bool up = false;
  for (const char c : snake) {
    if (c == '_') {
      up = true;
      continue;
    }
    out.push_back(up && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
    up = false;
  }
  return out;
}

Result<nlohmann::json> read_body(std::string_view body) {
  if (body.find_first_not_of(" \t\r\n") == body.npos) return nlohmann::json(nlohmann::json::object());
  bool deep = false;
  auto v = nlohmann::json::parse(
      body,
      [&](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
        deep = deep || depth > deepest;
        return depth <= deepest;
      },
      false);
  if (v.is_discarded() || deep) return invalid("proto: syntax error");
  if (!v.is_object()) return invalid("proto: unexpected token");
  return v;
}

Message::Message(const nlohmann::json& object, std::string where) : object_(&object), where_(std::move(where)) {
  if (!object.is_object()) refuse("proto: unexpected token for " + where_);
}

void Message::refuse(const std::string& why) {
  if (!fault_) fault_ = invalid(why);
}

const nlohmann::json* Message::find(const char* snake) {
  const std::string other = camel(snake);
  known_.emplace_back(snake);
  known_.push_back(other);
  if (!object_->is_object()) return nullptr;
  const auto a = object_->find(snake), b = other == snake ? object_->end() : object_->find(other);
  if (a != object_->end() && b != object_->end()) {
    refuse("proto: duplicate field \"" + other + "\"");
    return nullptr;
  }
  const auto it = a != object_->end() ? a : b;
  return it == object_->end() || it->is_null() ? nullptr : &*it;
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
    if (std::find(known_.begin(), known_.end(), key) == known_.end()) refuse("proto: unknown field \"" + key + "\"");
}

}  // namespace bowline::exchange::wire
