// Just enough JSON for params: the host hands over canonical JSON that it has already held against the
// plugin's schema, so this reads one flat object of scalars and lists of strings, and refuses everything
// else. It never reads past the end, whatever it is given.
#pragma once

#include <bowline/result.hpp>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bowline::detail {

/// One value. `raw` is the number's own text.
struct JsonValue {
  enum class Type { null, boolean, number, text, texts } type = Type::null;
  bool boolean = false;
  std::string_view raw;
  std::string text;
  std::vector<std::string> texts;
};

class JsonReader {
  std::string_view s_;
  std::size_t i_ = 0;

  void space() {
    while (i_ < s_.size() && (s_[i_] == ' ' || s_[i_] == '\t' || s_[i_] == '\n' || s_[i_] == '\r')) ++i_;
  }
  bool word(std::string_view w) {
    if (s_.substr(i_, w.size()) != w) return false;
    i_ += w.size();
    return true;
  }
  static void utf8(std::string& out, std::uint32_t c) {
    const auto put = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
    if (c < 0x80) return put(c);
    if (c < 0x800) return put(0xC0 | (c >> 6)), put(0x80 | (c & 63));
    if (c < 0x10000) return put(0xE0 | (c >> 12)), put(0x80 | ((c >> 6) & 63)), put(0x80 | (c & 63));
    put(0xF0 | (c >> 18)), put(0x80 | ((c >> 12) & 63)), put(0x80 | ((c >> 6) & 63)), put(0x80 | (c & 63));
  }
  bool hex4(std::uint32_t& out) {
    if (s_.size() - i_ < 4) return false;
    const char* from = s_.data() + i_;
    i_ += 4;
    const auto r = std::from_chars(from, from + 4, out, 16);
    return r.ec == std::errc{} && r.ptr == from + 4;
  }
  bool escape(std::string& out) {
    if (i_ >= s_.size()) return false;
    constexpr std::string_view names = "\"\\/bfnrt", meant = "\"\\/\b\f\n\r\t";
    const char c = s_[i_++];
    if (const auto at = names.find(c); at != names.npos) return out.push_back(meant[at]), true;
    std::uint32_t high = 0, low = 0;
    if (c != 'u' || !hex4(high)) return false;
    if (high >= 0xD800 && high < 0xDC00) {
      if (!word("\\u") || !hex4(low) || low < 0xDC00 || low > 0xDFFF) return false;
      high = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
    } else if (high >= 0xDC00 && high <= 0xDFFF) {
      return false;
    }
    utf8(out, high);
    return true;
  }
  bool string(std::string& out) {
    if (!word("\"")) return false;
    out.clear();
    while (i_ < s_.size()) {
      const char c = s_[i_++];
      if (c == '"') return true;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c != '\\') {
        out.push_back(c);
      } else if (!escape(out)) {
        return false;
      }
    }
    return false;
  }
  bool list(std::vector<std::string>& out) {
    ++i_;
    space();
    if (word("]")) return true;
    for (;;) {
      space();
      if (!string(out.emplace_back())) return false;
      space();
      if (word("]")) return true;
      if (!word(",")) return false;
    }
  }
  bool value(JsonValue& v) {
    using Type = JsonValue::Type;
    space();
    if (i_ >= s_.size()) return false;
    if (s_[i_] == '"') return v.type = Type::text, string(v.text);
    if (s_[i_] == '[') return v.type = Type::texts, list(v.texts);
    if (word("null")) return v.type = Type::null, true;
    if (word("true")) return v.type = Type::boolean, v.boolean = true, true;
    if (word("false")) return v.type = Type::boolean, true;
    const std::size_t from = i_;
    while (i_ < s_.size() && std::string_view("+-.eE0123456789").find(s_[i_]) != std::string_view::npos) ++i_;
    v.type = Type::number;
    v.raw = s_.substr(from, i_ - from);
    return !v.raw.empty();
  }

 public:
  explicit JsonReader(std::string_view text) : s_(text) {}

  /// Calls member(key, value) -> Result<void> for each member, and stops at its first error.
  template <class F>
  Result<void> object(F&& member) {
    const Error broken{"PARAMS_INVALID", "params: not a flat JSON object"};
    space();
    if (!word("{")) return broken;
    space();
    bool more = !word("}");
    while (more) {
      std::string key;
      JsonValue v;
      space();
      if (!string(key)) return broken;
      space();
      if (!word(":") || !value(v)) return broken;
      if (auto taken = member(key, v); !taken) return taken;
      space();
      more = word(",");
      if (!more && !word("}")) return broken;
    }
    space();
    return i_ == s_.size() ? Result<void>{} : Result<void>{broken};
  }
};

/// `s` as a JSON string, quotes included.
inline void json_quote(std::string_view s, auto&& put) {
  put("\"");
  for (const char& c : s) {
    if (c == '"' || c == '\\') put("\\");
    if (static_cast<unsigned char>(c) < 0x20) {
      put(" ");  // no control character belongs into a name, a help text or a default
    } else {
      put(std::string_view(&c, 1));
    }
  }
  put("\"");
}

}  // namespace bowline::detail
