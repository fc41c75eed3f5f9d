// A venue that loses frames, goes away, is late and answers badly: whatever it does, the final bars are its bars, each once, in
// order.
#include <rapidcheck.h>

#include <array>
#include <deque>
#include <random>

#include "rig.hpp"

using namespace feed_test;

namespace {

struct Faults {
  int lost = 0, garbled = 0, cut = 0, mute = 0, delayed = 0, refused = 0, unanswered = 0;  ///< of a thousand
};

/// What was traded in a bucket, seconds and cents: the same for everybody who asks. Some buckets have no trade.
std::vector<std::pair<std::int64_t, std::int64_t>> trades_of(std::uint64_t seed, std::size_t product, std::int64_t open_ns) {
  std::mt19937_64 draw(seed ^ (static_cast<std::uint64_t>(open_ns / bucket) * 2 + product));
  std::vector<std::pair<std::int64_t, std::int64_t>> all;
  if (draw() % 6 == 0) return all;
  std::int64_t at = 0;
  for (std::uint64_t n = 1 + draw() % 8; n > 0 && at < 299; --n) {
    at += static_cast<std::int64_t>(draw() % 70);
    if (at < 300) all.emplace_back(at, 10'000 + static_cast<std::int64_t>(draw() % 2'000));
  }
  return all;
}
/// The candle of a bucket with what was traded before `until`.
std::optional<Row> candle_of(std::uint64_t seed, std::size_t product, const std::string& id, std::int64_t open_ns, std::int64_t until_ns) {
  Row r{id, open_ns, 0, 0, 0, 0, 0};
  for (const auto& [at, price] : trades_of(seed, product, open_ns)) {
    if (open_ns + at * second >= until_ns) break;
    if (r.volume == 0) r.open = r.high = r.low = price;
    r.high = std::max(r.high, price);
    r.low = std::min(r.low, price);
    r.close = price;
    r.volume += 1 + price % 7;
  }
  return r.volume == 0 ? std::nullopt : std::optional(r);
}

/// Drives the rig second by second.
struct Venue {
  Rig& r;
  std::uint64_t seed;
  std::mt19937_64 draw;
  Faults faults;
  std::vector<std::string> ids{"BTC-USD", "ETH-USD"};
  std::size_t sockets = 0, requests = 0;
  bool open = false, mute = false;
  std::uint64_t number = 0;
  std::int64_t told_ns = 0;                                  ///< trades until then were told
  std::deque<std::pair<std::int64_t, std::string>> line;     ///< frames on their way
  std::deque<std::pair<std::int64_t, std::size_t>> asked;    ///< requests, and when they are answered

  bool happens(int of_thousand) { return static_cast<int>(draw() % 1000) < of_thousand; }
  void send(std::string frame) {
    ++number;
    if (happens(faults.lost)) return;
    if (happens(faults.garbled)) frame.resize(draw() % frame.size());
    const std::int64_t sound = line.empty() ? r.host.now : line.back().first;
    const std::int64_t late = happens(faults.delayed) ? static_cast<std::int64_t>(draw() % 12) * second : 0;
    line.emplace_back(std::max(sound, r.host.now + late), std::move(frame));
  }
  void rows(std::int64_t from_ns, std::int64_t to_ns, const char* type) {
    for (std::size_t p = 0; p < ids.size(); ++p) {
      std::vector<Row> all;
      for (std::int64_t o = from_ns - from_ns % bucket; o < to_ns; o += bucket) {
        const auto before = candle_of(seed, p, ids[p], o, from_ns), now = candle_of(seed, p, ids[p], o, to_ns);
        if (now && (now != before || std::string_view(type) == "snapshot")) all.push_back(*now);
      }
      if (!all.empty()) send(candles(r.host.now, number, all, type));
    }
  }
  void answer(std::size_t i) {
    if (happens(faults.unanswered)) {
      switch (draw() % 4) {
        case 0: return r.reply(i, "", 500);
        case 1: return r.reply(i, "EDGE_TIMEOUT: no reply", 0, BL_E_UNKNOWN_OUTCOME);
        case 2: return r.reply(i, R"({"candles":[{"start":)");
        default: return r.reply(i, "slow down", 429, BL_OK, "Retry-After: 3\r\n");
      }
    }
    const std::string& url = r.host.requests[i].url;
    const auto value = [&](const char* name) { return std::stoll(url.substr(url.find(name) + std::strlen(name))) * second; };
    const std::size_t p = url.find("ETH-USD") != url.npos ? 1 : 0;
    std::vector<Row> all;
    for (std::int64_t o = value("start="); o <= value("&end="); o += bucket)
      if (const auto row = candle_of(seed, p, ids[p], o, r.host.now)) all.push_back(*row);
    r.reply(i, rest_candles(all));
  }
  void step() {
    r.run(r.host.now + second);
    for (; requests < r.host.requests.size(); ++requests) asked.emplace_back(r.host.now + static_cast<std::int64_t>(draw() % 4) * second, requests);
    while (!asked.empty() && asked.front().first <= r.host.now) {
      const std::size_t i = asked.front().second;
      asked.pop_front();
      answer(i);
    }
    if (r.host.sockets.size() > sockets) {
      sockets = r.host.sockets.size();
      open = mute = false;
      line.clear();
      number = 0;
      if (happens(faults.refused)) return r.closed("EDGE_REFUSED: not now");
      r.opened();
      open = true;
      told_ns = r.host.now;
      send(envelope("subscriptions", r.host.now, number, json::array({{{"subscriptions", {{"candles", ids}}}}})));
      rows(r.host.now - 3 * bucket, r.host.now, "snapshot");
      return;
    }
    if (!open) return;
    if (happens(faults.cut)) {
      open = false;
      line.clear();
      return r.closed();
    }
    mute = mute || happens(faults.mute);
    if (!mute) {
      rows(told_ns, r.host.now, "update");
      told_ns = r.host.now;
      send(heartbeat(r.host.now, number));
    }
    const std::size_t conn = r.host.sockets.size();
    while (!line.empty() && line.front().first <= r.host.now && r.host.sockets.size() == conn) {
      const std::string frame = std::move(line.front().second);
      line.pop_front();
      r.says(frame);
    }
  }
};

void check(std::uint64_t seed, const Faults& faults, int buckets, const char* empty) {
  constexpr std::int64_t history = 5;
  Rig r(json{{"history", history}, {"seed", seed % 1000}, {"empty", empty}}, 1u << BL_EV_BAR, {1, 2}, base + static_cast<std::int64_t>(seed % 290) * second);
  r.run(r.host.now);
  Venue v{r, seed, std::mt19937_64(seed), faults, {"BTC-USD", "ETH-USD"}, 0, 0, false, false, 0, 0, {}, {}};
  const std::int64_t end = base + buckets * bucket;
  while (r.host.now < end) v.step();
  v.faults = {};  // all comes right in the end
  while (r.host.now < end + 3 * bucket) v.step();
  const auto bars = r.bars();
  std::int64_t known = 0, live = 0;
  for (const Bar& b : bars) {
    RC_ASSERT(b.known_ns >= known);
    known = b.known_ns;
    RC_ASSERT(!b.acted_on || b.open_ns + bucket > base);
    live += b.acted_on ? 1 : 0;
  }
  for (std::size_t p = 0; p < 2; ++p) {
    std::vector<Bar> own;
    for (const Bar& b : bars)
      if (b.instrument == p + 1) own.push_back(b);
    std::vector<Row> expected;
    for (std::int64_t o = base - history * bucket; o < end + 2 * bucket; o += bucket) {
      if (const auto row = candle_of(seed, p, v.ids[p], o, INT64_MAX)) expected.push_back(*row);
      else if (std::string_view(empty) == "flat" && !expected.empty()) {
        const std::int64_t last = expected.back().close;
        expected.push_back({v.ids[p], o, last, last, last, last, 0});
      }
    }
    RC_ASSERT(own.size() >= expected.size());
    own.resize(expected.size());  // the one that ran when it ended may be there
    for (std::size_t i = 0; i < expected.size(); ++i) RC_ASSERT(same(own[i], expected[i]));
  }
  if (faults.lost + faults.cut + faults.mute + faults.garbled + faults.delayed == 0) RC_ASSERT(live > buckets);
}

}  // namespace

TEST_CASE("property: whatever is lost, late, cut or refused, the final bars are the venue's, none missing, none twice, in order") {
  CHECK(rc::check([] {
    const auto seed = *rc::gen::arbitrary<std::uint64_t>();
    const auto rate = [](int most) { return *rc::gen::inRange(0, most + 1); };
    const Faults f{rate(30), rate(10), rate(8), rate(3), rate(20), rate(500), rate(400)};
    check(seed, f, *rc::gen::inRange(2, 8), *rc::gen::element("flat", "skip"));
  }));
}

TEST_CASE("a venue without faults: every bucket with a trade is told in time and acted on") { check(11, {}, 12, "flat"); }
