// The bytes of a recorded market: what goes in comes out, and nothing else ever does.
#include <rapidcheck.h>
#include <zlib.h>

#include "unit/market_log/heard.hpp"

using namespace bowline;
using namespace bowline::store;
using namespace bowline::test;

namespace {

std::string word(std::uint32_t v) {
  std::string s;
  for (int i = 0; i < 4; ++i) s += static_cast<char>(v >> (8 * i));
  return s;
}
/// A frame with a right check around whatever is in it.
std::string framed(const std::string& body) {
  return word(static_cast<std::uint32_t>(body.size())) + word(static_cast<std::uint32_t>(::crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size())))) + body;
}
std::string code_of(const std::string& bytes) {
  FrameReader reader(2, 2);
  MarketFrame frame;
  const auto read = reader.read(bytes, frame);
  return !read ? read.error().code : *read ? "read" : "not whole";
}
std::string bytes(std::initializer_list<int> all) {
  std::string s;
  for (const int b : all) s += static_cast<char>(b);
  return s;
}
std::string some_frame() {
  FrameWriter w(2);
  for (std::uint64_t n = 1; n <= 6; ++n) w.add(n % 2 == 0 ? heard_bar(n, 1, static_cast<core::Nanos>(n) * second, 100) : heard_quote(n, 2, static_cast<core::Nanos>(n) * second, 99));
  w.add(MarketEnd{"stopped", "", ""}, 7);
  return w.take();
}

}  // namespace

TEST_CASE("recorded market: whatever events are written, those are read, each field of them") {
  const bool held = rc::check([](std::uint64_t seed) {
    std::mt19937_64 draw(seed);
    const std::size_t instruments = draw() % 4;
    FrameWriter writer(instruments);
    FrameReader reader(instruments, 3);
    std::vector<HeardEvent> all;
    std::string stream;
    std::uint64_t number = 1 + draw() % 1000;
    for (std::size_t n = draw() % 60; n > 0; --n) {
      if (draw() % 9 == 0) number += draw() % 50;  // lost
      const HeardEvent h = any_event(draw, number++, 3);
      if (!writer.follows(h.number) || draw() % 12 == 0) stream += writer.empty() ? "" : writer.take();
      writer.add(h);
      all.push_back(h);
    }
    const MarketEnd end{"feed_failed", "FEED_FAILED", std::string("no \0 data", 9)};
    if (!writer.follows(number)) stream += writer.take();
    writer.add(end, number);
    stream += writer.take();
    std::vector<HeardEvent> read;
    MarketFrame frame;
    for (std::string_view rest = stream; !rest.empty();) {
      const auto taken = reader.read(rest, frame);
      RC_ASSERT(taken.ok());
      RC_ASSERT(taken->has_value());
      rest.remove_prefix(**taken);
      read.insert(read.end(), frame.events.begin(), frame.events.end());
      RC_ASSERT(frame.end.has_value() == rest.empty());
    }
    RC_ASSERT(frame.next == number);
    RC_ASSERT(*frame.end == end);
    RC_ASSERT(read.size() == all.size());
    for (std::size_t i = 0; i < all.size(); ++i) RC_ASSERT(same(read[i], all[i]));
  });
  CHECK(held);
}

TEST_CASE("recorded market: a frame that is cut off is not whole, wherever it is cut") {
  const std::string frame = some_frame();
  CHECK(code_of(frame) == "read");
  for (std::size_t n = 0; n < frame.size(); ++n) CHECK(code_of(frame.substr(0, n)) == "not whole");
}

TEST_CASE("recorded market: a frame with one bit changed is never read") {
  const std::string frame = some_frame();
  for (std::size_t i = 0; i < frame.size() * 8; ++i) {
    std::string changed = frame;
    changed[i / 8] = static_cast<char>(changed[i / 8] ^ (1 << (i % 8)));
    CHECK(code_of(changed) != "read");
    CHECK(code_of(changed + std::string(64, '\0')) != "read");
  }
}

TEST_CASE("recorded market: lengths and values that were never written are refused, whatever their check says") {
  CHECK(code_of(word(0) + word(0)) == "MARKET_LOG_FORMAT");
  CHECK(code_of(word(0xffffffff) + word(0) + "x") == "MARKET_LOG_FORMAT");
  CHECK(code_of(word(most_frame_bytes + 1) + word(0)) == "MARKET_LOG_FORMAT");
  for (const std::string& body : {
           bytes({0}),                       // its first event has no number
           bytes({1, 9}),                    // a kind nobody knows
           bytes({1, 0}),                    //
           bytes({1, 2}),                    // a quote of which nothing is there
           bytes({1, 2, 1, 2, 2}),           // one that is cut off
           bytes({1, 4, 100, 'x'}),          // a text that is longer than what is there
           bytes({1, 4, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02}),  // a number of more than 64 bits
           bytes({0x80}),                                                              // and one without an end
           bytes({1, 4, 0, 0, 0, 4, 0, 0, 0}),                                         // two ends
           bytes({1, 2, 1, 0, 4, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0}),                 // a feed that the header does not list
           bytes({1, 2, 1, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0}),                 // two words on which instrument it is
           bytes({1, 2, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0x80, 0x04, 0, 0, 0, 0, 0}),        // an exponent that no byte holds
           bytes({1, 2, 1, 0, 0, 0x80, 0x80, 0x08, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0}),  // flags of more than 16 bits
       })
    CHECK(code_of(framed(body)) == "MARKET_LOG_FORMAT");
  CHECK(code_of(framed(bytes({1, 2, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0}))) == "read");
  std::mt19937_64 draw(7);
  for (int i = 0; i < 20'000; ++i) {
    std::string body;
    for (std::size_t n = 1 + draw() % 80; n > 0; --n) body += static_cast<char>(draw() % 3 == 0 ? draw() % 5 : draw());
    CHECK(!code_of(framed(body)).empty());  // and nothing worse
  }
}

TEST_CASE("recorded market: a header comes back, and what is none is refused") {
  MarketHeader h = header("run \"1\"\xff");
  h.resumed = true;
  const std::string text = text_of(h);
  for (std::size_t n = 0; n < 16; ++n) CHECK(!header_size(text.substr(0, n))->has_value());
  CHECK(**header_size(text) == text.size());
  const auto read = read_header(text);
  REQUIRE(read);
  CHECK(read->run == "run \"1\"\xef\xbf\xbd");
  CHECK(read->stamp.venue == h.stamp.venue);
  CHECK(read->stamp.portfolio == h.stamp.portfolio);
  CHECK(read->resumed);
  CHECK(read->instruments == h.instruments);
  CHECK(read->feeds == h.feeds);

  const auto refused = [](std::string bytes) {
    const auto r = read_header(bytes);
    return r ? std::string("read") : r.error().code;
  };
  CHECK(refused("") == "MARKET_LOG_FORMAT");
  CHECK(refused(text.substr(0, text.size() - 1)) == "MARKET_LOG_FORMAT");
  CHECK(refused(text + "x") == "MARKET_LOG_FORMAT");
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    CHECK(refused(changed) != "read");
  }
  CHECK(refused("PNG" + text) == "MARKET_LOG_FORMAT");
  CHECK(header_size("no").error().code == "MARKET_LOG_FORMAT");
  CHECK(header_size("BLMARKET" + word(2) + word(10)).error().code == "MARKET_LOG_NEWER");
  CHECK(header_size("BLMARKET" + word(0) + word(10)).error().code == "MARKET_LOG_FORMAT");
  CHECK(header_size("BLMARKET" + word(1) + word(0xffffffff)).error().code == "MARKET_LOG_FORMAT");
  const auto with = [](const std::string& json) {
    const std::string checked = framed(json);
    return "BLMARKET" + word(1) + checked.substr(0, 4) + json + checked.substr(4, 4);
  };
  const std::string good = R"("run":"r","mode":"mock","venue":"v","portfolio":"p","resumed":false,)";
  CHECK(refused(with("{" + good + R"("instruments":["A-B"],"feeds":["f"]})")) == "read");
  for (const std::string& bad : {std::string("["), std::string("[]"), std::string("{}"), "{" + good + R"("instruments":"A-B","feeds":["f"]})", "{" + good + R"("instruments":[1],"feeds":["f"]})",
                                 "{" + good + R"("instruments":["A-B"]})"})
    CHECK(refused(with(bad)) == "MARKET_LOG_FORMAT");
  std::string many;
  for (std::size_t i = 0; i <= most_market_names; ++i) many += "\"A\",";
  CHECK(refused(with("{" + good + R"("feeds":[],"instruments":[)" + many + "\"A\"]}")) == "MARKET_LOG_FORMAT");
}
