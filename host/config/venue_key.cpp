#include "config/venue_key.hpp"

#include "config/secret.hpp"

namespace bowline::config {
namespace {

constexpr std::size_t longest_name = 256;
constexpr int deepest = 32;

Error no_key_file() { return {"KEY_FILE", "the secret that names the venue's key is no key file: a JSON object with name or id, and the key"}; }

std::string_view trimmed(std::string_view s) noexcept {
  constexpr std::string_view blanks = " \t\r\n";
  const auto first = s.find_first_not_of(blanks);
  return first == s.npos ? std::string_view() : s.substr(first, s.find_last_not_of(blanks) + 1 - first);
}

Result<std::string> checked(std::string_view name) {
  name = trimmed(name);
  // What is refused is not repeated: name and secret get mixed up.
  bool plain = !name.empty() && name.size() <= longest_name;
  for (const char c : name) plain = plain && c > ' ' && c <= '~' && c != '"' && c != '\\';
  if (!plain) return Error{"KEY_NAME", "the name of the venue's key is empty, longer than 256 characters, or has one that no name has"};
  return std::string(name);
}

/// Walks over JSON text where it lies: a library would copy each text that it reads, the private key's too.
class Walk {
 public:
  explicit Walk(std::string_view s) noexcept : s_(s) {}
  void space() noexcept {
    while (i_ < s_.size() && std::string_view(" \t\r\n").find(s_[i_]) != std::string_view::npos) ++i_;
  }
  bool take(char c) noexcept {
    if (i_ >= s_.size() || s_[i_] != c) return false;
    ++i_;
    return true;
  }
  char next() const noexcept { return i_ < s_.size() ? s_[i_] : '\0'; }
  bool at_end() const noexcept { return i_ == s_.size(); }
  /// What stands between the quotes, its escapes as they are.
  std::optional<std::string_view> text() noexcept {
    if (!take('"')) return std::nullopt;
    const std::size_t from = i_;
    for (; i_ < s_.size(); ++i_) {
      if (s_[i_] == '"') return s_.substr(from, i_++ - from);
      if (static_cast<unsigned char>(s_[i_]) < 0x20) return std::nullopt;
      if (s_[i_] == '\\') ++i_;
    }
    return std::nullopt;
  }
  /// Any value.
  bool skip(int depth = 0) noexcept {
    space();
    if (next() == '"') return text().has_value();
    if (next() != '{' && next() != '[') {
      const std::size_t from = i_;
      while (i_ < s_.size() && std::string_view("+-.0123456789abcdefghijklmnopqrstuvwxyzE").find(s_[i_]) != std::string_view::npos) ++i_;
      return i_ != from;
    }
    if (depth == deepest) return false;
    const bool map = s_[i_++] == '{';
    const char end = map ? '}' : ']';
    space();
    if (take(end)) return true;
    do {
      space();
      if (map) {
        if (!text()) return false;
        space();
        if (!take(':')) return false;
      }
      if (!skip(depth + 1)) return false;
      space();
    } while (take(','));
    return take(end);
  }

 private:
  std::string_view s_;
  std::size_t i_ = 0;
};

/// With its escapes resolved; beyond these nothing is part of a name.
std::optional<std::string> plain(std::string_view raw) {
  std::string out;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] != '\\') {
      out += raw[i];
      continue;
    }
    if (++i >= raw.size() || raw[i] != '/') return std::nullopt;
    out += '/';
  }
  return out;
}

}  // namespace

Result<std::string> key_file_id(std::string_view json) {
  Walk w(json);
  std::optional<std::string_view> name, id;
  w.space();
  if (!w.take('{')) return no_key_file();
  w.space();
  bool more = w.next() != '}';
  while (more) {
    w.space();
    const auto field = w.text();
    if (!field) return no_key_file();
    w.space();
    if (!w.take(':')) return no_key_file();
    w.space();
    if (*field == "name" || *field == "id") {
      auto& into = *field == "name" ? name : id;
      const auto value = w.text();
      if (!value || into) return no_key_file();
      into = value;
    } else if (!w.skip()) {
      return no_key_file();
    }
    w.space();
    more = w.take(',');
  }
  if (!w.take('}')) return no_key_file();
  w.space();
  if (!w.at_end()) return no_key_file();
  const auto found = plain(name && !name->empty() ? *name : id.value_or(std::string_view()));
  if (!found || found->empty()) return no_key_file();
  return checked(*found);
}

Result<std::string> venue_key_id(const InstanceConfig& instance, const std::function<std::optional<std::string>(std::string_view)>& env) {
  if (!instance.key_file.empty()) {
    const auto file = find_secret(instance.key_file, env);
    if (!file) return file.error();
    return key_file_id(file->reveal());
  }
  if (instance.key_name.empty()) return std::string();
  if (!instance.key_name.starts_with("secret://")) return checked(instance.key_name);
  const auto name = find_secret(instance.key_name, env);
  if (!name) return name.error();
  return checked(name->reveal());
}

}  // namespace bowline::config
