#include "coinbase/key_file.hpp"

#include <optional>

namespace bowline::coinbase {
namespace {

constexpr std::size_t longest_file = 64 * 1024;

/// Walks over JSON text; every step is false where the text is not of that form.
class Walk {
  std::string_view s_;
  std::size_t i_ = 0;

  bool hex4(unsigned& out) noexcept {
    out = 0;
    for (int n = 0; n < 4; ++n, ++i_) {
      if (i_ >= s_.size()) return false;
      const char c = s_[i_];
      const int v = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
      if (v < 0) return false;
      out = out * 16 + static_cast<unsigned>(v);
    }
    return true;
  }

 public:
  explicit Walk(std::string_view s) : s_(s) {}
  void space() noexcept {
    while (i_ < s_.size() && (s_[i_] == ' ' || s_[i_] == '\t' || s_[i_] == '\r' || s_[i_] == '\n')) ++i_;
  }
  bool at_end() const noexcept { return i_ == s_.size(); }
  char next() const noexcept { return i_ < s_.size() ? s_[i_] : '\0'; }
  bool take(char c) noexcept {
    if (i_ >= s_.size() || s_[i_] != c) return false;
    ++i_;
    return true;
  }
  /// A string, its escapes resolved, into `out`. Beyond ASCII an escape can't be part of a key or of its name.
  bool text(Secret& out) noexcept {
    out.resize(0);
    if (!take('"')) return false;
    for (;;) {
      if (i_ >= s_.size()) return false;
      char c = s_[i_++];
      if (c == '"') return true;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c == '\\') {
        if (i_ >= s_.size()) return false;
        constexpr std::string_view names = "\"\\/bfnrt", meant = "\"\\/\b\f\n\r\t";
        const char e = s_[i_++];
        if (const auto at = names.find(e); at != names.npos) {
          c = meant[at];
        } else {
          unsigned code = 0;
          if (e != 'u' || !hex4(code)) return false;
          c = code < 0x80 ? static_cast<char>(code) : '\x01';  // no name and no key has it
        }
      }
      if (!out.push(c)) return false;
    }
  }
  /// Any value, nested ones by counting their brackets.
  bool skip(Secret& scratch) noexcept {
    std::size_t depth = 0;
    do {
      space();
      const char c = next();
      if (c == '"') {
        if (!text(scratch)) return false;
      } else if (c == '{' || c == '[') {
        ++i_;
        ++depth;
      } else if (c == '}' || c == ']') {
        if (depth == 0) return false;
        ++i_;
        --depth;
      } else if ((c == ',' || c == ':') && depth != 0) {
        ++i_;
      } else {
        const std::size_t from = i_;
        while (i_ < s_.size() && s_.substr(i_, 1).find_first_of("+-.0123456789abcdefghijklmnopqrstuvwxyzE") == 0) ++i_;
        if (i_ == from) return false;
      }
    } while (depth != 0);
    return true;
  }
};

Error broken(const char* what) {
  return {"COINBASE_KEY_FILE", std::string("the API key file ") + what + ": use the file as the portal gave it"};
}

}  // namespace

Result<KeyFile> parse_key_file(std::string_view json) {
  if (json.size() > longest_file) return Error{"COINBASE_KEY_TOO_LONG", "the API key file has more than 64 KiB: that is no key file"};
  Walk walk(json);
  Secret word(json.size() + 1), value(json.size() + 1);
  std::optional<std::string> name, id;
  std::optional<Secret> key;
  walk.space();
  if (!walk.take('{')) return broken("is no JSON object");
  walk.space();
  bool more = walk.next() != '}';
  while (more) {
    walk.space();
    if (!walk.text(word)) return broken("is no JSON object");
    walk.space();
    if (!walk.take(':')) return broken("is no JSON object");
    walk.space();
    const std::string_view field = word.view();
    if (field == "name" || field == "id" || field == "privateKey") {
      if (!walk.text(value)) return broken("has a name, id or privateKey that is no text");
      if (field == "privateKey") {
        if (key) return broken("has two fields privateKey");
        key = Secret::copy_of(value.view());
      } else {
        auto& into = field == "name" ? name : id;
        if (into) return broken("has its name twice");
        into = std::string(value.view());
      }
    } else if (!walk.skip(value)) {
      return broken("is no JSON object");
    }
    walk.space();
    more = walk.take(',');
  }
  if (!walk.take('}')) return broken("is no JSON object");
  walk.space();
  if (!walk.at_end()) return broken("goes on behind its object");
  if (!name || name->empty()) name = id;
  if (!name || name->empty()) return broken("has neither name nor id");
  if (!key) return broken("has no field privateKey");
  return KeyFile{std::move(*name), std::move(*key)};
}

}  // namespace bowline::coinbase
