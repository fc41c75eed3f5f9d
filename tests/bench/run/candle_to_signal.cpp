// Candle received → visible at GET /signals/latest, seen by a client outside: it listens to WS /market/stream, which
// carries a candle before anything else is done with it, and asks for the signals until those of that candle are there.
//   bench_candle_to_signal PORT STEPS     (candle_to_signal.sh starts the four processes and calls this)
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "edge/http_client.hpp"
#include "edge/ws_client.hpp"

namespace {

using Clock = std::chrono::steady_clock;
using bowline::edge::HttpReply;

struct Seen {
  std::mutex lock;
  std::int64_t step = 0;  // event time of the newest candle
  Clock::time_point at;   // when its step's first candle was heard
  bool ended = false;
};

void heard(Seen& seen, std::string_view text) {
  const auto now = Clock::now();
  const auto m = nlohmann::json::parse(text, nullptr, false);
  const std::scoped_lock hold(seen.lock);
  if (m.value("type", "") == "end") seen.ended = true;
  if (m.value("type", "") != "bar") return;
  const auto t = m.value("time_ns", std::int64_t{0});
  if (t <= seen.step) return;
  seen.step = t;
  seen.at = now;
}

/// Whether every instrument's newest signal is of `step` or later; false as well when there is none yet.
bool visible(const HttpReply& reply, std::int64_t step) {
  if (!reply.complete() || reply.status != 200) return false;
  const auto m = nlohmann::json::parse(reply.body, nullptr, false);
  const auto signals = m.find("signals");
  if (signals == m.end() || signals->empty()) return false;
  return std::ranges::all_of(*signals, [step](const auto& s) { return s.value("time_ns", std::int64_t{0}) >= step; });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: bench_candle_to_signal PORT STEPS\n");
    return 2;
  }
  const std::string host = std::string("127.0.0.1:") + argv[1];
  const std::size_t wanted = static_cast<std::size_t>(std::atol(argv[2]));
  constexpr std::size_t warm_up = 20;  // models are cold and connections are made

  bowline::edge::IoThread io;
  bowline::edge::HttpClient http(io);
  Seen seen;
  bowline::edge::WsClientOptions options;
  options.url = "ws://" + host + "/market/stream";
  bowline::edge::WsClientEvents events;
  events.on_text = [&seen](std::string_view text) { heard(seen, text); };
  bowline::edge::WsClient stream(io, options, std::move(events));
  stream.start();

  std::vector<double> ms;
  std::size_t steps = 0;
  std::int64_t done = 0;
  const auto give_up = Clock::now() + std::chrono::minutes(30);
  while (ms.size() < wanted && Clock::now() < give_up) {
    std::int64_t step = 0;
    Clock::time_point at;
    {
      const std::scoped_lock hold(seen.lock);
      if (seen.ended) break;
      step = seen.step;
      at = seen.at;
    }
    if (step <= done) {
      std::this_thread::sleep_for(std::chrono::microseconds(100));
      continue;
    }
    if (!visible(http.fetch({.url = "http://" + host + "/signals/latest"}), step)) continue;
    const auto took = Clock::now() - at;
    done = step;
    if (++steps > warm_up) ms.push_back(std::chrono::duration<double, std::milli>(took).count());
  }
  stream.stop();
  if (ms.size() < wanted / 2) {
    std::fprintf(stderr, "only %zu of %zu steps were seen\n", ms.size(), wanted);
    return 1;
  }
  std::ranges::sort(ms);
  const auto at = [&ms](double q) { return ms[static_cast<std::size_t>(q * static_cast<double>(ms.size() - 1))]; };
  const bool met = at(0.99) <= 100;
  std::printf("candle to /signals/latest, %zu steps: p50 %.2f ms, p90 %.2f ms, p99 %.2f ms, max %.2f ms (bar: p99 100 ms): %s\n",
              ms.size(), at(0.5), at(0.9), at(0.99), ms.back(), met ? "met" : "MISSED");
  return met ? 0 : 1;
}
