// The reader of JSON held against another one: whatever the bytes are, both take them for the same value, or for none.
#include "coinbase/json_value.hpp"

#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <utility>
#include <vector>

using namespace bowline::coinbase;

namespace {

/// The same by nlohmann's own parser, letter by letter.
class Oracle final : public nlohmann::json_sax<Json> {
  Json root_;
  std::vector<Json*> open_;
  std::vector<std::string> keys_;

  bool put(Json v, bool opens = false) {
    Json* at = &root_;
    if (open_.empty()) {
      root_ = std::move(v);
    } else if (open_.back()->is_array()) {
      open_.back()->push_back(std::move(v));
      at = &open_.back()->back();
    } else {
      const auto [where, added] = open_.back()->get_ref<Json::object_t&>().emplace(keys_.back(), std::move(v));
      if (!added) return false;
      at = &where->second;
    }
    if (!opens) return true;
    if (open_.size() == 64) return false;
    open_.push_back(at);
    keys_.emplace_back();
    return true;
  }
  bool close() { return open_.pop_back(), keys_.pop_back(), true; }

 public:
  bool null() override { return put(nullptr); }
  bool boolean(bool v) override { return put(v); }
  bool number_integer(number_integer_t v) override { return put(std::to_string(v)); }
  bool number_unsigned(number_unsigned_t v) override { return put(std::to_string(v)); }
  bool number_float(number_float_t, const string_t& digits) override { return put(digits); }
  bool string(string_t& v) override { return put(std::move(v)); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return put(Json::object(), true); }
  bool key(string_t& v) override { return keys_.back() = std::move(v), true; }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return put(Json::array(), true); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }
  Json take() { return std::move(root_); }
};
std::optional<Json> other_reader(const std::string& text) {
  Oracle o;
  if (!Json::sax_parse(text, &o)) return std::nullopt;
  return o.take();
}

/// Values, mostly good ones, of pieces that lie near the edges of what is one.
class Pieces {
 public:
  explicit Pieces(std::uint64_t seed) : draw_(seed) {}

  std::string document() {
    std::string s = space() + value(0) + space();
    for (std::size_t n = below(3); n > 0 && !s.empty(); --n) spoil(s);
    return below(50) == 0 ? "\xef\xbb\xbf" + s : s;
  }

 private:
  std::size_t below(std::size_t n) { return draw_() % n; }
  template <std::size_t N>
  std::string one(const char* const (&all)[N]) {
    return all[below(N)];
  }
  char letter() { return "{}[],:\"\\01-9etn./ \xed\xa0u"[below(21)]; }
  void spoil(std::string& s) {
    switch (below(5)) {
      case 0: s.erase(below(s.size()), 1); break;
      case 1: s.insert(below(s.size() + 1), 1, letter()); break;
      case 2: s[below(s.size())] = letter(); break;
      case 3: s.resize(below(s.size() + 1)); break;
      default: break;
    }
  }
  std::string space() { return one({"", "", "", "", " ", "\n", "\t", "\r"}); }
  std::string number() {
    return one({"0", "-0", "1", "-1", "0.5", "1e5", "1E+3", "-2.50e-7", "123456789012345678901234567890", "18446744073709551615",
                "18446744073709551616", "-9223372036854775808", "-9223372036854775809", "1e308", "1e309", "-1e400", "0.0", "0e0", "-0.0",
                "1e-400", "00", "01", "-", "1.", "1.e3", ".5", "+1", "1e", "1e+", "0x1", "NaN", "Infinity"});
  }
  std::string text() {
    std::string s = "\"";
    for (std::size_t n = below(4); n > 0; --n)
      s += below(3) != 0 ? one({"a", "BTC-USD", "", "\\n", "\\u0041", "\\ud83d\\ude00", "\\\"", "\\\\", "\\/", "\xc3\xa9", " ", "\\u0000"})
                         : one({"\\ud83d", "\\ude00", "\\ud83dx", "\\ud83d\\u0041", "\\ud83d\\ud83d", "\\u00", "\\x", "\xed\xa0\x80", "\xff", "\t", "\x01",
                                "\xc0\x80", "\xe2\x82", "\xf0\x9f\x98\x80"});
    return s + "\"";
  }
  std::string value(int depth) {
    switch (below(depth > 4 ? 5 : 8)) {
      case 0: return number();
      case 1:
      case 2: return text();
      case 3: return below(4) != 0 ? one({"true", "false", "null"}) : one({"tru", "nul", "True", "truex", "nullx"});
      case 4: return one({"{}", "[]"});
      case 5:
      case 6: return list("{", "}", [&] { return text() + space() + ":" + space() + value(depth + 1); });
      default: return list("[", "]", [&] { return value(depth + 1); });
    }
  }
  template <class Each>
  std::string list(const char* begins, const char* ends, Each&& each) {
    std::string s = begins;
    for (std::size_t i = 0, n = below(4); i < n; ++i) s.append(i != 0 ? "," : "").append(space()).append(each()).append(space());
    return s + ends;
  }

  std::mt19937_64 draw_;
};

}  // namespace

TEST_CASE("whatever is read, another reader reads the same, and what one refuses the other does") {
  std::size_t good = 0;
  Pieces pieces(20'261'130);
  for (int i = 0; i < 60'000; ++i) {
    const std::string text = pieces.document();
    const auto ours = read_json(text), theirs = other_reader(text);
    INFO(text);
    if (ours.has_value() != theirs.has_value()) FAIL("one reads it, and the other does not");
    if (ours && *ours != *theirs) FAIL("they read different values");
    good += ours ? 1 : 0;
  }
  CHECK(good > 15'000);
  CHECK(good < 45'000);
}

TEST_CASE("JSON is one value: nothing else stands before or behind it, whatever a list around it would make of that") {
  for (const char* bad : {"1,2", "1]", "[1],[2]", "]", "],[", "1],[2", ",", "1,", "{}]", "[", "{}\n{}", "\"a", "//1", "\xef\xbb\xbf\xef\xbb\xbf{}"})
    CHECK_FALSE(read_json(bad).has_value());
  CHECK_FALSE(read_json(std::string("{}\0", 3)).has_value());
  CHECK_FALSE(read_json(std::string("{}\0{}", 5)).has_value());
  CHECK(read_json("\xef\xbb\xbf {} \n").has_value());
  CHECK(read_json("\"a\"") == Json("a"));
  CHECK(read_json("null") == Json(nullptr));
}

TEST_CASE("half of a pair is no character, in a text and in a name") {
  for (const char* bad : {R"({"a":"\ude00"})", R"({"\ude00":1})", R"({"a":"\ud83d"})", R"({"a":"\ud83d\u0041"})", R"({"a":"x\udfffy"})"})
    CHECK_FALSE(read_json(bad).has_value());
  CHECK(read_json(R"("\ud83d\ude00\ud7ff\ue000")") == Json("\xf0\x9f\x98\x80\xed\x9f\xbf\xee\x80\x80"));
}
