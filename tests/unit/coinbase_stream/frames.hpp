// Frames as the venue sends them, for the tests of the stream; and a decoder that must take them.
#pragma once

#include <catch2/catch.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "coinbase_stream/decoder.hpp"

namespace stream_tests {

using namespace bowline::coinbase;

inline constexpr std::int64_t second = 1'000'000'000;
inline constexpr std::int64_t minute = 60 * second;
/// 2026-04-07T14:30:00Z, which opens a bucket of five minutes.
inline constexpr std::int64_t t0 = 1'775'572'200 * second;

inline std::string envelope(std::string_view channel, std::uint64_t sequence, std::string_view events,
                            std::string_view time = "2026-04-07T14:30:00.123456Z") {
  return R"({"channel":")" + std::string(channel) + R"(","client_id":"","timestamp":")" + std::string(time) +
         R"(","sequence_num":)" + std::to_string(sequence) + R"(,"events":[)" + std::string(events) + "]}";
}

inline std::string level(std::string_view side, std::string_view price, std::string_view quantity,
                         std::string_view time = "2026-04-07T14:30:00.123456Z") {
  return R"({"side":")" + std::string(side) + R"(","event_time":")" + std::string(time) + R"(","price_level":")" +
         std::string(price) + R"(","new_quantity":")" + std::string(quantity) + R"("})";
}

inline std::string book_event(std::string_view type, std::string_view product, const std::vector<std::string>& levels) {
  std::string out = R"({"type":")" + std::string(type) + R"(","product_id":")" + std::string(product) + R"(","updates":[)";
  for (std::size_t i = 0; i < levels.size(); ++i) out += (i ? "," : "") + levels[i];
  return out + "]}";
}

/// One order of channel user: the fields given, in JSON, behind an id and a status.
inline std::string order(std::string_view id, std::string_view status, std::string_view more = "") {
  return R"({"order_id":")" + std::string(id) + R"(","status":")" + std::string(status) + '"' + (more.empty() ? "" : ",") +
         std::string(more) + "}";
}

inline std::string user_event(std::string_view type, const std::vector<std::string>& orders) {
  std::string out = R"({"type":")" + std::string(type) + R"(","orders":[)";
  for (std::size_t i = 0; i < orders.size(); ++i) out += (i ? "," : "") + orders[i];
  return out + "]}";
}

inline const StreamFrame& taken(StreamDecoder& d, std::string_view text) {
  auto r = d.decode(text);
  INFO(text.substr(0, 400));
  INFO((r ? std::string() : r.error().code + ": " + r.error().message));
  REQUIRE(r.ok());
  return **r;
}

inline bowline::Error refused(StreamDecoder& d, std::string_view text) {
  auto r = d.decode(text);
  INFO(text.substr(0, 400));
  REQUIRE_FALSE(r.ok());
  return r.error();
}

}  // namespace stream_tests
