// Events as a core hears them, and what two of them have in common.
#pragma once

#include <catch2/catch.hpp>

#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "store/market_tape.hpp"
#include "unit/store/store_folder.hpp"

namespace bowline::test {

constexpr core::Nanos second = 1'000'000'000;

inline store::HeardEvent nothing(std::uint64_t number) {
  store::HeardEvent h;
  std::memset(static_cast<void*>(&h.event), 0, sizeof h.event);
  h.number = number;
  return h;
}

inline store::HeardEvent heard_bar(std::uint64_t number, std::uint32_t instrument, core::Nanos known, std::int64_t close, std::uint64_t rows = 1) {
  store::HeardEvent h = nothing(number);
  bl_bar& b = h.event.bar;
  b.h.size = sizeof b;
  b.h.type = BL_EV_BAR;
  b.h.instrument = instrument;
  b.h.ts_event = b.close_ns = known;
  b.h.ts_recv = known;
  b.open_ns = known - 60 * second;
  b.px_exp = -2;
  b.qty_exp = -8;
  b.is_final = 1;
  b.open = b.high = b.low = b.close = close;
  b.volume = 5;
  h.rows = rows;
  return h;
}

inline store::HeardEvent heard_quote(std::uint64_t number, std::uint32_t instrument, core::Nanos known, std::int64_t bid, std::uint64_t rows = 1) {
  store::HeardEvent h = nothing(number);
  bl_quote& q = h.event.quote;
  q.h.size = sizeof q;
  q.h.type = BL_EV_QUOTE;
  q.h.instrument = instrument;
  q.h.ts_event = q.h.ts_recv = known;
  q.px_exp = -2;
  q.qty_exp = -8;
  q.bid = bid;
  q.ask = bid + 1;
  q.bid_qty = q.ask_qty = 7;
  h.rows = rows;
  return h;
}

/// Any event at all: fields drawn over their whole range, every third from a few values.
inline store::HeardEvent any_event(std::mt19937_64& draw, std::uint64_t number, std::uint32_t feeds) {
  const auto any = [&draw]() -> std::uint64_t {
    switch (draw() % 3) {
      case 0: return draw();
      case 1: return draw() % 5;
      default: return std::uint64_t{0} - draw() % 5;
    }
  };
  const auto wide = [&any] { return static_cast<std::int64_t>(any()); };
  store::HeardEvent h = nothing(number);
  h.rows = any();
  h.feed = static_cast<std::uint32_t>(draw() % feeds);
  bl_event& e = h.event.h;
  const std::uint64_t kind = draw() % 3;
  if (kind == 0) {
    bl_bar& b = h.event.bar;
    b.h.size = sizeof b;
    b.h.type = BL_EV_BAR;
    b.open_ns = wide(), b.close_ns = wide(), b.open = wide(), b.high = wide(), b.low = wide(), b.close = wide(), b.volume = wide(), b.quote_volume = wide();
    b.px_exp = static_cast<std::int8_t>(any()), b.qty_exp = static_cast<std::int8_t>(any()), b.is_final = static_cast<std::uint8_t>(any());
    b.trades = any();
  } else if (kind == 1) {
    bl_quote& q = h.event.quote;
    q.h.size = sizeof q;
    q.h.type = BL_EV_QUOTE;
    q.px_exp = static_cast<std::int8_t>(any()), q.qty_exp = static_cast<std::int8_t>(any());
    q.bid = wide(), q.ask = wide(), q.bid_qty = wide(), q.ask_qty = wide();
  } else {
    bl_observation& o = h.event.observation;
    o.h.size = sizeof o;
    o.h.type = BL_EV_OBSERVATION;
    o.series = static_cast<std::uint32_t>(any());
    const std::uint64_t bits = any();  // also what is no number
    std::memcpy(&o.value, &bits, sizeof bits);
    o.valid_ns = wide();
  }
  e.flags = static_cast<std::uint16_t>(any());
  e.ts_event = wide(), e.ts_recv = wide(), e.seq = any();
  e.instrument = static_cast<std::uint32_t>(any()), e.source = static_cast<std::uint32_t>(any());
  return h;
}

inline bool same(const store::HeardEvent& a, const store::HeardEvent& b) {
  return a.number == b.number && a.rows == b.rows && a.feed == b.feed && std::memcmp(&a.event, &b.event, sizeof a.event) == 0;
}

inline store::MarketHeader header(std::string run = "run-1", std::vector<std::string> instruments = {"BTC-USD", "ETH-USD"}) {
  return {std::move(run), {"mock", "bowline.broker.mock", "default"}, false, std::move(instruments), {"market", "other"}};
}

inline core::InstrumentTable table_of(std::initializer_list<const char*> symbols) {
  core::InstrumentTable t;
  const Decimal cent = Decimal::from_mantissa(1, -2);
  for (const char* s : symbols) REQUIRE(t.add(s, {cent, cent, cent, cent, cent, Decimal::zero(), Decimal::zero()}));
  return t;
}

inline std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
inline void put_bytes(const std::filesystem::path& file, const std::string& bytes) { std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes; }

}  // namespace bowline::test
