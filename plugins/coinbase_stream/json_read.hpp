// Steps of reading a frame, used by the decoder alone: a value's text without a detour over a double, and a fault that says
// where it is.
#pragma once

#include <simdjson.h>

#include <cstring>
#include <string>
#include <string_view>

#include <bowline/result.hpp>

#include "decoder.hpp"
#include "stream_time.hpp"

namespace bowline::coinbase::stream_detail {

namespace od = simdjson::ondemand;

/// A key as it stands in the text: up to its closing quote. What is longer than the text ends in the padding behind it.
struct Key {
  const char* p;
  bool is(std::string_view name) const noexcept {
    return std::memcmp(p, name.data(), name.size()) == 0 && p[name.size()] == '"';
  }
};

/// One scalar: the text between the quotes, the digits of a number, or a word.
struct Token {
  enum class Kind : std::uint8_t { text, number, boolean, null, nested } kind = Kind::null;
  std::string_view text;
};

/// Reads one frame into `frame`. Every step gives false when the frame can't be taken; `why` then says what and where.
class Reader {
 public:
  Reader(StreamFrame& into, DecoderCounts& counts, TimeReader& times) : frame(into), counts_(counts), times_(times) {}

  StreamFrame& frame;
  Error why{};

  /// f(Key, od::value&) for each field of an object.
  template <class F>
  bool fields(od::value& v, const char* name, F&& f) {
    od::object object;
    if (const auto e = v.get_object().get(object)) return broken(e, name, "is no object");
    return fields_of(object, name, f);
  }
  template <class F>
  bool fields_of(od::object& object, const char* name, F&& f) {
    for (auto each : object) {
      od::field field;
      if (const auto e = std::move(each).get(field)) return broken(e, name, "");
      const Key key{field.key().raw()};
      if (!f(key, field.value())) return false;
    }
    return true;
  }
  /// f(od::value&) for each item of a list; null is an empty list.
  template <class F>
  bool items(od::value& v, const char* name, std::size_t& index, F&& f) {
    Token t;
    if (!token(v, name, t)) return false;
    if (t.kind == Token::Kind::null) return true;
    od::array array;
    if (const auto e = v.get_array().get(array)) return broken(e, name, "is no list");
    index = 0;
    for (auto item : array) {
      od::value one;
      if (const auto e = std::move(item).get(one)) return broken(e, name, "");
      if (!f(one)) return false;
      ++index;
    }
    index = none;
    return true;
  }
  /// f(Key, value) for the fields of each row of an event's list.
  template <class Begin, class F, class End>
  bool rows(od::value& v, const char* name, Begin&& begin, F&& f, End&& end) {
    list = name;
    const bool good = items(v, name, row, [&](od::value& item) { return begin() && fields(item, "", f) && end(); });
    if (good) list = "";
    return good;
  }

  bool token(od::value& v, const char* name, Token& out);
  /// null gives "".
  bool text(od::value& v, const char* name, std::string_view& out);
  /// A number that the venue states: exact. null and "" are an error.
  bool number(od::value& v, const char* name, StreamNumber& out);
  /// A number that may be missing: null and "" leave `out` not set. Rounded at the 18th decimal.
  bool decimal(od::value& v, const char* name, Decimal& out);
  /// A whole number >= 0, as number or text.
  bool count(od::value& v, const char* name, std::int64_t& out, bool& told);
  bool flag(od::value& v, const char* name, std::optional<bool>& out);
  /// What is no time is counted and taken as not told.
  bool time(od::value& v, const char* name, std::int64_t& out);
  bool snapshot(od::value& v, std::optional<bool>& out);
  bool side(od::value& v, const char* name, StreamSide& out);
  void unknown_word() noexcept { ++counts_.unknown_words; }

  bool wrong(const char* name, std::string_view what) { return fail("FRAME_FIELD_WRONG", name, what); }
  bool missing(const char* name) { return fail("FRAME_FIELD_MISSING", name, "is missing"); }
  bool broken(simdjson::error_code e, const char* name, std::string_view if_type);

  // Where the reader is: events[event].list[row].
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  std::size_t event = none, row = none;
  const char* list = "";
  std::string_view product;  ///< of the event or row, once it is known

 private:
  bool fail(const char* code, const char* name, std::string_view what);

  DecoderCounts& counts_;
  TimeReader& times_;
};

// One per channel: an event of it into the frame.
bool read_book(Reader& r, od::value& event);
bool read_trades(Reader& r, od::value& event);
bool read_tickers(Reader& r, od::value& event);
bool read_candles(Reader& r, od::value& event);
bool read_products(Reader& r, od::value& event);
bool read_user(Reader& r, od::value& event);
bool read_subscriptions(Reader& r, od::value& event);
bool read_heartbeat(Reader& r, od::value& event);

}  // namespace bowline::coinbase::stream_detail
