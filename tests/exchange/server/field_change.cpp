#include "exchange/server/field_change.hpp"

#include <array>
#include <charconv>
#include <functional>
#include <optional>
#include <utility>

namespace bowline::exchange {
namespace {

using Json = nlohmann::ordered_json;

constexpr auto ops = std::to_array<std::pair<std::string_view, FieldOp>>({{"remove", FieldOp::remove},
                                                                          {"null", FieldOp::null},
                                                                          {"move", FieldOp::move},
                                                                          {"set", FieldOp::set},
                                                                          {"as_text", FieldOp::as_text},
                                                                          {"as_number", FieldOp::as_number}});

Error invalid(const std::string& why) { return {"RULE_INVALID", why}; }

std::optional<std::vector<std::string>> steps_of(const std::string& pointer) {
  std::vector<std::string> out;
  if (pointer.empty() || pointer[0] != '/') return std::nullopt;
  for (std::size_t at = 0; at < pointer.size();) {
    const std::size_t end = std::min(pointer.find('/', at + 1), pointer.size());
    std::string step;
    for (std::size_t i = at + 1; i < end; ++i) {
      const bool escape = pointer[i] == '~' && i + 1 < end;
      step += escape ? (pointer[i + 1] == '1' ? '/' : '~') : pointer[i];
      if (escape) ++i;
    }
    out.push_back(std::move(step));
    at = end;
  }
  return out;
}
std::string pointer_of(const std::vector<std::string>& steps) {
  std::string out;
  for (const std::string& s : steps) {
    out += '/';
    for (const char c : s) c == '/' ? out += "~1" : c == '~' ? out += "~0" : out += c;
  }
  return out;
}

std::optional<std::size_t> index_of(const std::string& step) {
  std::size_t n = 0;
  const auto [end, ec] = std::from_chars(step.data(), step.data() + step.size(), n);
  if (ec != std::errc() || end != step.data() + step.size()) return std::nullopt;
  return n;
}

/// What a step leads to; nullptr: nothing.
Json* child(Json& at, const std::string& step) {
  if (at.is_object()) {
    const auto it = at.find(step);
    return it == at.end() ? nullptr : &*it;
  }
  const auto n = at.is_array() ? index_of(step) : std::nullopt;
  return n && *n < at.size() ? &at[*n] : nullptr;
}

/// Calls `f` with each place that holds the last step, and that step; stars in between and at the end are spread out. `path` is the way
/// that was gone, with the stars' places.
void each_place(Json& at, const std::vector<std::string>& steps, std::size_t from, std::vector<std::string>& path,
                const std::function<void(Json&, const std::string&)>& f) {
  const std::string& step = steps[from];
  const bool last = from + 1 == steps.size();
  const auto go = [&](const std::string& s) {
    path.push_back(s);
    if (last) f(at, s);
    else if (Json* below = child(at, s)) each_place(*below, steps, from + 1, path, f);
    path.pop_back();
  };
  if (step != "*") return go(step);
  std::vector<std::string> names;  // listed before anything is changed
  if (at.is_array())
    for (std::size_t i = at.size(); i > 0; --i) names.push_back(std::to_string(i - 1));  // from behind: removing moves what follows
  if (at.is_object())
    for (const auto& item : at.items()) names.push_back(item.key());
  for (const std::string& n : names) go(n);
}

void erase(Json& holder, const std::string& step) {
  if (holder.is_object()) holder.erase(step);
  else if (const auto n = index_of(step); n && *n < holder.size()) holder.erase(*n);
}
void put(Json& holder, const std::string& step, Json value) {
  if (holder.is_object()) {
    holder[step] = std::move(value);
  } else if (holder.is_array()) {
    const auto n = index_of(step);
    if (n && *n < holder.size()) holder[*n] = std::move(value);
    else if (step == "-" || (n && *n == holder.size())) holder.push_back(std::move(value));
  }
}

void to_text(Json& x) {
  if (x.is_number() || x.is_boolean()) x = x.dump();
}
void to_number(Json& x) {
  if (!x.is_string()) return;
  const auto number = Json::parse(x.get<std::string>(), nullptr, false);
  if (number.is_number()) x = number;
}

void make(Json& root, const FieldChange& c) {
  std::vector<std::string> path;
  std::vector<std::pair<std::vector<std::string>, Json>> moved;
  each_place(root, c.at, 0, path, [&](Json& holder, const std::string& step) {
    Json* const there = child(holder, step);
    if (c.op == FieldOp::set) return put(holder, step, c.value);
    if (there == nullptr) return;
    switch (c.op) {
      case FieldOp::remove:
        return erase(holder, step);
      case FieldOp::null:
        *there = nullptr;
        return;
      case FieldOp::move: {
        std::vector<std::string> to = c.to;
        for (std::size_t i = 0; i < to.size() && i < path.size(); ++i)
          if (to[i] == "*") to[i] = path[i];
        moved.emplace_back(std::move(to), *there);
        return erase(holder, step);
      }
      case FieldOp::as_text:
        return to_text(*there);
      case FieldOp::as_number:
        return to_number(*there);
      case FieldOp::set:
        return;
    }
  });
  for (auto& [to, value] : moved) {
    std::vector<std::string> way;
    each_place(root, to, 0, way, [&](Json& holder, const std::string& step) { put(holder, step, value); });
  }
}

}  // namespace

Result<FieldChange> read_change(const Json& from) {
  if (!from.is_object()) return invalid("a change is an object with op and at");
  FieldChange c;
  bool known = false;
  for (const auto& item : from.items()) {
    const std::string& key = item.key();
    const Json& v = item.value();
    if (key == "value") {
      c.value = v;
      continue;
    }
    if (key != "op" && key != "at" && key != "to") return invalid("a change has no \"" + key + "\": op, at, to and value are known");
    if (!v.is_string()) return invalid("\"" + key + "\" of a change is a text");
    const auto text = v.get<std::string>();
    if (key == "op") {
      for (const auto& [word, op] : ops)
        if (word == text) c.op = op, known = true;
    } else {
      const auto steps = steps_of(text);
      if (!steps) return invalid("\"" + text + "\" is no JSON pointer: it begins with a slash");
      (key == "at" ? c.at : c.to) = *steps;
    }
  }
  if (!known) return invalid("a change needs an op: remove, null, move, set, as_text or as_number");
  if (c.at.empty()) return invalid("a change needs \"at\": where it is made");
  if ((c.op == FieldOp::move) != !c.to.empty()) return invalid("\"to\" belongs to move, and to nothing else");
  if ((c.op == FieldOp::set) != from.contains("value")) return invalid("\"value\" belongs to set, and to nothing else");
  return c;
}

Json to_json(const FieldChange& c) {
  Json out;
  for (const auto& [word, op] : ops)
    if (op == c.op) out["op"] = word;
  out["at"] = pointer_of(c.at);
  if (c.op == FieldOp::move) out["to"] = pointer_of(c.to);
  if (c.op == FieldOp::set) out["value"] = c.value;
  return out;
}

std::string changed(const std::string& text, const std::vector<FieldChange>& changes) {
  Json all = Json::parse(text, nullptr, false);
  if (all.is_discarded()) return text;
  for (const FieldChange& c : changes) make(all, c);
  return all.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace bowline::exchange
