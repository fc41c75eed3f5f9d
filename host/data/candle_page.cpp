#include "data/candle_page.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "data/codes.hpp"
#include "data/interval.hpp"

namespace bowline::data {
namespace {

using Json = nlohmann::json;
constexpr std::size_t deepest = 16, most_listed = 10'000;

/// Builds the value with each number as the digits that it was written with: 0.1 must not become a double on its way to a Decimal.
class DigitsBuilder final : public nlohmann::json_sax<Json> {
  Json root_;
  std::vector<Json*> open_;  // a container stays where it is while one inside it is open
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
      if (!added) return false;  // a field that is there twice means nothing
      at = &where->second;
    }
    if (!opens) return true;
    if (open_.size() == deepest) return false;
    open_.push_back(at);
    keys_.emplace_back();
    return true;
  }
  bool close() {
    open_.pop_back();
    keys_.pop_back();
    return true;
  }

 public:
  bool null() override { return put(nullptr); }
  bool boolean(bool v) override { return put(v); }
  bool number_integer(number_integer_t v) override { return put(std::to_string(v)); }
  bool number_unsigned(number_unsigned_t v) override { return put(std::to_string(v)); }
  bool number_float(number_float_t, const string_t& digits) override { return put(digits); }
  bool string(string_t& v) override { return put(std::move(v)); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return put(Json::object(), true); }
  bool key(string_t& v) override {
    keys_.back() = std::move(v);
    return true;
  }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return put(Json::array(), true); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }
  Json take() { return std::move(root_); }
};

std::optional<Json> read_object(std::string_view body) {
  DigitsBuilder b;
  if (!Json::sax_parse(body.begin(), body.end(), &b)) return std::nullopt;
  Json v = b.take();
  return v.is_object() ? std::optional(std::move(v)) : std::nullopt;
}

Error unreadable(const std::string& what) { return {"DATA_REPLY_UNREADABLE", "the venue's answer is not what is documented: " + what}; }

const std::string* text_of(const Json& object, const char* key) {
  const auto at = object.find(key);
  return at == object.end() ? nullptr : at->get_ptr<const std::string*>();
}

std::optional<std::int64_t> whole(const std::string* text) {
  std::int64_t v = 0;
  if (text == nullptr) return std::nullopt;
  const auto [end, ec] = std::from_chars(text->data(), text->data() + text->size(), v);
  return ec == std::errc{} && end == text->data() + text->size() ? std::optional(v) : std::nullopt;
}

/// One element of the list. Whether it is a candle at all; what it says is judged later.
Result<Candle> read_candle(const Json& v, std::size_t index, bool& rounded) {
  const std::string place = "candles[" + std::to_string(index) + "]";
  if (!v.is_object()) return unreadable(place + " is no object");
  Candle c;
  const auto start = whole(text_of(v, "start"));
  if (!start || *start < 0 || *start > latest_s) return unreadable(place + ".start is missing, or no time in seconds");
  c.open_s = *start;
  for (const auto& [key, to] : {std::pair{"open", &c.open}, {"high", &c.high}, {"low", &c.low}, {"close", &c.close}}) {
    const std::string* text = text_of(v, key);
    const auto d = text == nullptr ? std::nullopt : Decimal::try_parse(*text);
    if (!d) return unreadable(place + "." + key + " is missing, or no number that can be held exactly");
    *to = *d;
  }
  const std::string* text = text_of(v, "volume");
  const auto d = text == nullptr ? std::nullopt : parse_number(*text, rounded);
  if (!d) return unreadable(place + ".volume is missing, or no number");
  c.volume = fitting_volume(*d);
  rounded = rounded || !(c.volume == *d);
  return c;
}

}  // namespace

Result<CandlePage> parse_candle_page(std::string_view body, Range asked, std::int64_t step, OnBad on_bad) {
  const auto answer = read_object(body);
  if (!answer) return unreadable("it is no JSON object");
  const auto list = answer->find("candles");
  if (list == answer->end() || !list->is_array()) return unreadable("it has no list of candles");
  if (list->size() > most_listed) return unreadable("it has more than " + std::to_string(most_listed) + " candles");
  CandlePage page;
  std::vector<std::pair<Candle, bool>> all;
  for (std::size_t i = 0; i < list->size(); ++i) {
    bool rounded = false;
    const auto c = read_candle((*list)[i], i, rounded);
    if (!c) return c.error();
    if (c->open_s % step != 0) return unreadable("candles[" + std::to_string(i) + "].start is not a multiple of " + interval_name(step));
    if (c->open_s >= asked.from_s && c->open_s < asked.to_s) all.emplace_back(*c, rounded);
  }
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.first.open_s < b.first.open_s; });
  const Candle* before = nullptr;
  for (const auto& [c, rounded] : all) {
    if (before != nullptr && before->open_s == c.open_s) {
      if (!(*before == c))
        return Error{"DATA_REPLY_CONFLICT", "the venue's answer has two candles of " + instant(c.open_s) + " that say different things"};
      continue;
    }
    before = &c;
    if (const std::string_view why = fault_of(c); !why.empty()) {
      if (on_bad == OnBad::refuse)
        return Error{"DATA_REPLY_CANDLE",
                     "the venue's candle of " + instant(c.open_s) + " breaks " + std::string(why) + ": --on-bad skip leaves such ones out"};
      page.left_out.push_back(c.open_s);
      continue;
    }
    page.rounded += rounded;
    page.candles.push_back(c);
  }
  return page;
}

Result<std::int64_t> parse_venue_time(std::string_view body) {
  const auto answer = read_object(body);
  const auto s = answer ? whole(text_of(*answer, "epochSeconds")) : std::nullopt;
  if (!s || *s <= 0 || *s > latest_s) return unreadable("it has no epochSeconds");
  return *s;
}

std::string venue_message(std::string_view body) {
  const auto answer = read_object(body);
  std::string out;
  for (const char* key : {"message", "error_details", "error"}) {
    const std::string* text = answer ? text_of(*answer, key) : nullptr;
    if (text == nullptr || text->empty()) continue;
    for (const char c : text->substr(0, 160)) out += c >= ' ' && c <= '~' ? c : '?';
    break;
  }
  return out;
}

}  // namespace bowline::data
