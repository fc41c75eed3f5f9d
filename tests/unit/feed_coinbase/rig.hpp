// The plugin under a FakeHost whose time the test moves, and helpers to say what a venue says.
#pragma once

#include <bowline/testing.hpp>

#include <catch2/catch.hpp>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "feed_coinbase/plugin.hpp"

namespace feed_test {

using bowline::Decimal;
using nlohmann::json;
namespace fc = bowline::feed_coinbase;

inline constexpr std::int64_t second = 1'000'000'000, bucket = 300 * second;
/// A close: where the tests' time begins is a little behind it.
inline constexpr std::int64_t base = 1'600'000'200 * second;
static_assert(base % bucket == 0);

/// Params with the schema's defaults filled in, as the host does.
inline json params(const json& own = json::object()) {
  json all = json::object();
  const json schema = json::parse(fc::schema);
  for (const auto& [name, about] : schema.at("properties").items())
    if (about.contains("default")) all[name] = about.at("default");
  all.update(own);
  return all;
}

/// "2020-09-13T12:30:00.5Z" of ns since the epoch.
inline std::string stamp(std::int64_t ns) {
  const std::time_t s = static_cast<std::time_t>(ns / second);
  std::tm t{};
  ::gmtime_r(&s, &t);
  char text[64], whole[96];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &t);
  std::snprintf(whole, sizeof whole, "%s.%09dZ", text, static_cast<int>(ns % second));
  return whole;
}

struct Row {
  std::string product;
  std::int64_t open_ns = 0;
  std::int64_t open = 0, high = 0, low = 0, close = 0, volume = 0;  ///< hundredths
  bool operator==(const Row&) const = default;
};
inline std::string cents(std::int64_t n) {
  return std::to_string(n / 100) + "." + (n % 100 < 10 ? "0" : "") + std::to_string(n % 100);
}
inline json candle(const Row& r, bool rest) {
  json c = {{"start", std::to_string(r.open_ns / second)}, {"low", cents(r.low)}, {"high", cents(r.high)}, {"open", cents(r.open)},
            {"close", cents(r.close)}, {"volume", cents(r.volume)}};
  if (!rest) c["product_id"] = r.product;
  return c;
}
inline std::string envelope(const char* channel, std::int64_t at_ns, std::uint64_t number, json events) {
  return json{{"channel", channel}, {"client_id", ""}, {"timestamp", stamp(at_ns)}, {"sequence_num", number}, {"events", std::move(events)}}.dump();
}
inline std::string heartbeat(std::int64_t at_ns, std::uint64_t number) {
  return envelope("heartbeats", at_ns, number, json::array({{{"current_time", "t"}, {"heartbeat_counter", number}}}));
}
inline std::string candles(std::int64_t at_ns, std::uint64_t number, const std::vector<Row>& rows, const char* type = "update") {
  json list = json::array();
  for (const Row& r : rows) list.push_back(candle(r, false));
  return envelope("candles", at_ns, number, json::array({{{"type", type}, {"candles", list}}}));
}
inline std::string rest_candles(const std::vector<Row>& rows) {
  json list = json::array();
  for (auto r = rows.rbegin(); r != rows.rend(); ++r) list.push_back(candle(*r, true));
  return json{{"candles", list}}.dump();
}

/// A bar as it was published.
struct Bar {
  std::uint32_t instrument = 0;
  std::int64_t open_ns = 0, known_ns = 0;
  std::string open, high, low, close, volume;
  bool acted_on = false;
};

class Rig {
 public:
  bowline::testing::FakeHost host;
  std::size_t heard = 0;  ///< of host.events, by take()

  explicit Rig(const json& own = json::object(), std::uint32_t channels = 1u << BL_EV_BAR, std::vector<std::uint32_t> instruments = {1},
               std::int64_t now = base + second, std::vector<std::string> symbols = {"", "BTC-USD", "ETH-USD"}) {
    host.now = now;
    host.symbols = std::move(symbols);
    REQUIRE(Shell::create(&host.host, &inst_, &error) == BL_OK);
    const std::string text = params(own).dump();
    INFO(error.message);
    REQUIRE(Shell::configure(inst_, bowline::to_abi(text), &error) == BL_OK);
    REQUIRE(Shell::start(inst_, &error) == BL_OK);
    REQUIRE(Table::value.subscribe(inst_, instruments.data(), instruments.size(), channels, &error) == BL_OK);
  }
  ~Rig() {
    static_cast<void>(Shell::stop(inst_, 1, &error));
    Shell::destroy(inst_);
  }
  Rig(const Rig&) = delete;
  Rig& operator=(const Rig&) = delete;

  template <class E>
  void event(const E& e) {
    REQUIRE(Table::value.on_event(inst_, &e.h, &host.sink) == BL_OK);
  }
  /// Fires timers as they come due, up to `to`.
  void run(std::int64_t to) {
    for (;;) {
      const auto at = host.timers.find(1);
      if (at == host.timers.end() || at->second > to) break;
      host.now = std::max(host.now, at->second);
      host.timers.erase(at);
      bl_timer t{};
      t.h.size = sizeof t;
      t.h.type = BL_EV_TIMER;
      t.h.ts_event = t.h.ts_recv = host.now;
      t.timer = 1;
      event(t);
    }
    host.now = std::max(host.now, to);
  }
  std::uint64_t conn() const { return host.sockets.empty() ? 0 : host.sockets.back().conn; }
  void opened() { event(bowline::testing::ws_frame(conn(), 1, {}, host.now)); }
  void says(const std::string& text) { event(bowline::testing::ws_frame(conn(), 2, text, host.now)); }
  void closed(const std::string& why = "EDGE_CLOSED: gone") {
    const std::uint64_t gone = conn();
    host.end_socket(gone);
    event(bowline::testing::ws_frame(gone, 3, why, host.now));
  }
  /// Opens the stream, with the first heartbeat.
  void connect() {
    run(host.now);
    opened();
    number = 0;
    says(heartbeat(host.now, number++));
  }
  void beat() { says(heartbeat(host.now, number++)); }
  void reply(std::size_t request, const std::string& body, std::uint32_t status = 200, bl_status outcome = BL_OK, std::string_view headers = {}) {
    event(bowline::testing::http_reply(host.requests.at(request).request, status, body, host.now, outcome, headers));
  }
  /// Bars published since the last call.
  std::vector<Bar> bars() {
    std::vector<Bar> all;
    for (; heard < host.events.size(); ++heard) {
      const auto& e = host.event<bl_event>(heard);
      if (e.type != BL_EV_BAR) continue;
      const auto& b = host.event<bl_bar>(heard);
      CHECK(b.is_final == 1);
      CHECK(b.close_ns - b.open_ns == bucket);
      const auto text = [&](std::int64_t mantissa, std::int8_t exp) { return Decimal::from_mantissa(mantissa, exp).to_string(); };
      all.push_back({e.instrument, b.open_ns, e.ts_recv, text(b.open, b.px_exp), text(b.high, b.px_exp), text(b.low, b.px_exp),
                     text(b.close, b.px_exp), text(b.volume, b.qty_exp), (e.flags & 1) == 0});
    }
    return all;
  }
  template <class T>
  std::vector<T> all(std::uint16_t type) const {
    std::vector<T> found;
    for (std::size_t i = 0; i < host.events.size(); ++i)
      if (host.event<bl_event>(i).type == type) found.push_back(host.event<T>(i));
    return found;
  }
  /// State of the feed as a whole, as it last said; -1: not yet.
  int link() const {
    int state = -1;
    for (const bl_link& l : all<bl_link>(BL_EV_LINK))
      if (l.h.instrument == 0) state = static_cast<int>(l.state);
    return state;
  }
  std::uint64_t number = 0;
  bl_error error{};

 private:
  using Shell = bowline::plugin_common::Shell<fc::Plugin>;
  using Table = bowline::plugin_common::FeedTable<fc::Plugin>;
  bl_inst* inst_ = nullptr;
};

inline std::string text(std::int64_t hundredths) { return Decimal::from_mantissa(hundredths, -2).to_string(); }
inline bool same(const Bar& b, const Row& r) {
  return b.open_ns == r.open_ns && b.open == text(r.open) && b.high == text(r.high) && b.low == text(r.low) && b.close == text(r.close) &&
         b.volume == text(r.volume);
}

}  // namespace feed_test
