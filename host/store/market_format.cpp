#include "store/market_format.hpp"

#include <zlib.h>

#include <bit>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/contract.hpp"

namespace bowline::store {
namespace {

using nlohmann::json;

constexpr std::string_view magic = "BLMARKET";
constexpr std::uint32_t version = 1;
constexpr std::size_t head_bytes = magic.size() + 8, frame_head = 8, check_bytes = 4;
constexpr std::uint8_t tag_bar = 1, tag_quote = 2, tag_observation = 3, tag_end = 4;

Error broken(std::string what) { return {"MARKET_LOG_FORMAT", std::move(what)}; }

void put32(std::string& to, std::uint32_t v) {
  for (int i = 0; i < 4; ++i) to += static_cast<char>(v >> (8 * i));
}
std::uint32_t get32(std::string_view at) {
  std::uint32_t v = 0;
  for (int i = 3; i >= 0; --i) v = v << 8 | static_cast<std::uint8_t>(at[static_cast<std::size_t>(i)]);
  return v;
}
std::uint32_t check_of(std::string_view bytes) {
  return static_cast<std::uint32_t>(::crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
}

void put(std::string& to, std::uint64_t v) {
  for (; v >= 0x80; v >>= 7) to += static_cast<char>(v | 0x80);
  to += static_cast<char>(v);
}
void put(std::string& to, std::string_view text) {
  put(to, text.size());
  to += text;
}
// Small differences of either sign are small numbers.
std::uint64_t folded(std::uint64_t now, std::uint64_t before) {
  const auto d = static_cast<std::int64_t>(now - before);
  return static_cast<std::uint64_t>(d) << 1 ^ static_cast<std::uint64_t>(d >> 63);
}
std::uint64_t unfolded(std::uint64_t v, std::uint64_t before) { return before + (v >> 1 ^ (0 - (v & 1))); }

/// Reads on in a payload; what is not there makes it bad, and all that is asked then is 0.
struct Cursor {
  std::string_view rest;
  bool good = true;
  std::uint64_t number() {
    std::uint64_t v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (rest.empty()) break;
      const auto b = static_cast<std::uint8_t>(rest.front());
      rest.remove_prefix(1);
      if (shift == 63 && b > 1) break;
      v |= static_cast<std::uint64_t>(b & 0x7f) << shift;
      if ((b & 0x80) == 0) return v;
    }
    good = false;
    return 0;
  }
  std::uint8_t byte() {
    if (rest.empty()) good = false;
    if (!good) return 0;
    const auto b = static_cast<std::uint8_t>(rest.front());
    rest.remove_prefix(1);
    return b;
  }
  std::string text() {
    const std::uint64_t n = number();
    if (!good || n > rest.size()) {
      good = false;
      return {};
    }
    std::string t(rest.substr(0, n));
    rest.remove_prefix(n);
    return t;
  }
};

/// Goes through the fields of an event in one order, whether they become words or are made of them.
struct ToWords {
  std::uint64_t* at;
  template <class T>
  void operator()(T v) { *at++ = static_cast<std::uint64_t>(static_cast<std::int64_t>(v)); }
  void operator()(std::uint64_t v) { *at++ = v; }
  void operator()(double v) { *at++ = std::bit_cast<std::uint64_t>(v); }
};
struct FromWords {
  const std::uint64_t* at;
  bool good = true;
  template <class T>
  void operator()(T& v) {
    const std::uint64_t w = *at++;
    v = static_cast<T>(w);
    good = good && static_cast<std::uint64_t>(static_cast<std::int64_t>(v)) == w;  // it has no more than its field holds
  }
  void operator()(std::uint64_t& v) { v = *at++; }
  void operator()(double& v) { v = std::bit_cast<double>(*at++); }
};

template <class V, class H>
void header_fields(V& v, H& h) {
  v(h.flags), v(h.ts_event), v(h.ts_recv), v(h.instrument), v(h.source), v(h.seq);
}
template <class V, class B>
void bar_fields(V& v, B& b) {
  header_fields(v, b.h);
  v(b.open_ns), v(b.close_ns), v(b.px_exp), v(b.qty_exp), v(b.is_final), v(b.open), v(b.high), v(b.low), v(b.close), v(b.volume), v(b.quote_volume), v(b.trades);
}
template <class V, class Q>
void quote_fields(V& v, Q& q) {
  header_fields(v, q.h);
  v(q.px_exp), v(q.qty_exp), v(q.bid), v(q.ask), v(q.bid_qty), v(q.ask_qty);
}
template <class V, class O>
void observation_fields(V& v, O& o) {
  header_fields(v, o.h);
  v(o.series), v(o.value), v(o.valid_ns);
}
constexpr std::size_t header_words = 6, bar_words = header_words + 12, quote_words = header_words + 6, observation_words = header_words + 3;

struct Shape {
  std::uint16_t type;
  std::size_t size, words;
};
/// By tag - 1.
constexpr std::array<Shape, 3> shapes{{{BL_EV_BAR, sizeof(bl_bar), bar_words}, {BL_EV_QUOTE, sizeof(bl_quote), quote_words}, {BL_EV_OBSERVATION, sizeof(bl_observation), observation_words}}};

std::uint8_t tag_of(const bl_event& e) {
  if (e.type == BL_EV_BAR) return tag_bar;
  return e.type == BL_EV_QUOTE ? tag_quote : tag_observation;
}

template <class V, class E>
void fields(V& v, std::uint8_t tag, E& e) {
  if (tag == tag_bar) bar_fields(v, e.bar);
  else if (tag == tag_quote) quote_fields(v, e.quote);
  else observation_fields(v, e.observation);
}

}  // namespace

std::string text_of(const MarketHeader& h) {
  const json all{{"run", h.run}, {"mode", h.stamp.mode}, {"venue", h.stamp.venue}, {"portfolio", h.stamp.portfolio}, {"resumed", h.resumed},
                 {"instruments", h.instruments}, {"feeds", h.feeds}};
  const std::string text = all.dump(-1, ' ', false, json::error_handler_t::replace);
  std::string out(magic);
  put32(out, version);
  put32(out, static_cast<std::uint32_t>(text.size()));
  out += text;
  put32(out, check_of(text));
  return out;
}

Result<std::optional<std::size_t>> header_size(std::string_view begin) {
  if (begin.substr(0, magic.size()) != magic.substr(0, begin.size())) return broken("it is no recorded market");
  if (begin.size() < head_bytes) return std::optional<std::size_t>();
  const std::uint32_t is = get32(begin.substr(magic.size())), length = get32(begin.substr(magic.size() + 4));
  if (is > version) return Error{"MARKET_LOG_NEWER", "it is of version " + std::to_string(is) + ", and this one reads up to " + std::to_string(version) + ": read it with the version that wrote it"};
  if (is == 0 || length > most_market_header_bytes) return broken("its header can't be so");
  return std::optional(head_bytes + length + check_bytes);
}

Result<MarketHeader> read_header(std::string_view bytes) {
  const auto size = header_size(bytes);
  if (!size) return size.error();
  if (!*size || **size != bytes.size()) return broken("its header is cut off");
  const std::string_view text = bytes.substr(head_bytes, bytes.size() - head_bytes - check_bytes);
  if (get32(bytes.substr(bytes.size() - check_bytes)) != check_of(text)) return broken("its header does not match its check");
  try {
    const json all = json::parse(text);
    MarketHeader h;
    h.run = all.at("run").get<std::string>();
    h.stamp = {all.at("mode").get<std::string>(), all.at("venue").get<std::string>(), all.at("portfolio").get<std::string>()};
    h.resumed = all.at("resumed").get<bool>();
    h.instruments = all.at("instruments").get<std::vector<std::string>>();
    h.feeds = all.at("feeds").get<std::vector<std::string>>();
    if (h.instruments.size() > most_market_names || h.feeds.size() > most_market_names) return broken("its header can't be so");
    return h;
  } catch (const json::exception& e) {
    return broken(std::string("its header can't be read: ") + e.what());
  }
}

LastWords::Words& LastWords::of(std::size_t kind, std::uint64_t instrument) {
  const std::size_t places = all_.size() / types, at = kind * places + (instrument < places ? static_cast<std::size_t>(instrument) : 0);
  touched_.push_back(at);
  return all_[at];
}

void LastWords::clear() noexcept {
  for (const std::size_t at : touched_) all_[at] = {};
  touched_.clear();
}

FrameWriter::FrameWriter(std::size_t instruments) : last_(instruments) { BOWLINE_EXPECTS(instruments <= most_market_names); }

void FrameWriter::begin(std::uint64_t number) {
  last_.clear();
  put(body_, number);
  next_ = number;
}

void FrameWriter::add(const HeardEvent& heard) {
  BOWLINE_EXPECTS(follows(heard.number));
  static_assert(bar_words + 2 <= LastWords::most);
  if (body_.empty()) begin(heard.number);
  ++next_;
  const std::uint8_t tag = tag_of(heard.event.h);
  LastWords::Words now{heard.rows, heard.feed};
  ToWords words{now.data() + 2};
  fields(words, tag, heard.event);
  // The instrument stands in front: by it a reader finds what the rest is told by.
  const std::uint64_t instrument = heard.event.h.instrument;
  LastWords::Words& before = last_.of(tag - 1u, instrument);
  body_ += static_cast<char>(tag);
  put(body_, instrument);
  for (std::size_t i = 0; i < shapes[tag - 1u].words + 2; ++i) put(body_, folded(now[i], before[i]));
  before = now;
}

void FrameWriter::add(const MarketEnd& end, std::uint64_t number) {
  BOWLINE_EXPECTS(follows(number));
  if (body_.empty()) begin(number);
  body_ += static_cast<char>(tag_end);
  // A plugin's own words may be long; they are told to a person.
  for (const std::string* text : {&end.how, &end.code, &end.why}) put(body_, std::string_view(*text).substr(0, 4096));
}

std::string FrameWriter::take() {
  std::string out;
  out.reserve(frame_head + body_.size());
  put32(out, static_cast<std::uint32_t>(body_.size()));
  put32(out, check_of(body_));
  out += body_;
  body_.clear();
  return out;
}

Result<std::optional<std::size_t>> FrameReader::read(std::string_view bytes, MarketFrame& frame) {
  if (bytes.size() < frame_head) return std::optional<std::size_t>();
  const std::uint32_t length = get32(bytes);
  if (length == 0 || length > most_frame_bytes) return broken("a frame of " + std::to_string(length) + " bytes was never written");
  if (bytes.size() - frame_head < length) return std::optional<std::size_t>();
  const std::string_view body = bytes.substr(frame_head, length);
  if (check_of(body) != get32(bytes.substr(4))) return broken("a frame does not match its check");
  if (auto done = payload(body, frame); !done) return done.error();
  return std::optional(frame_head + length);
}

Result<void> FrameReader::payload(std::string_view bytes, MarketFrame& frame) {
  frame = {};
  last_.clear();
  Cursor c{bytes};
  frame.next = c.number();
  if (!c.good || frame.next == 0) return broken("a frame without its first number");
  while (!c.rest.empty()) {
    if (frame.end) return broken("something stands behind the end");
    const std::uint8_t tag = c.byte();
    if (tag == tag_end) {
      MarketEnd& end = frame.end.emplace();
      end.how = c.text(), end.code = c.text(), end.why = c.text();
      if (!c.good) return broken("an end is cut off");
      continue;
    }
    if (tag == 0 || tag > shapes.size()) return broken("a record of kind " + std::to_string(tag) + ", which this version does not know");
    const Shape& shape = shapes[tag - 1u];
    const std::uint64_t instrument = c.number();
    LastWords::Words& words = last_.of(tag - 1u, instrument);
    for (std::size_t i = 0; i < shape.words + 2; ++i) words[i] = unfolded(c.number(), words[i]);
    if (!c.good) return broken("a record is cut off");
    HeardEvent& heard = frame.events.emplace_back();
    std::memset(static_cast<void*>(&heard.event), 0, sizeof heard.event);
    heard.number = frame.next;
    if (heard.number == std::numeric_limits<std::uint64_t>::max()) return broken("a number that no event has");
    ++frame.next;
    heard.rows = words[0];
    heard.feed = static_cast<std::uint32_t>(words[1]);
    FromWords from{words.data() + 2};
    fields(from, tag, heard.event);
    heard.event.h.size = static_cast<std::uint32_t>(shape.size);
    heard.event.h.type = shape.type;
    if (!from.good || words[1] >= feeds_ || heard.event.h.instrument != instrument) return broken("a record holds what its fields can't");
  }
  return {};
}

}  // namespace bowline::store
