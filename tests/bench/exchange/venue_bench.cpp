// What one order costs inside the simulated venue, without sockets: the whole of it, and the parts of it that are its own. Processor time
// of one thread. venue_orders.sh has the rate over loopback.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

#include "exchange/auth/token.hpp"
#include "exchange/probe/token.hpp"
#include "exchange/server/api_key.hpp"
#include "exchange/server/reply_text.hpp"
#include "exchange/server/venue.hpp"
#include "exchange/wire/create_body.hpp"

namespace {

using namespace bowline;
using namespace bowline::exchange;

constexpr const char* path = "/api/v3/brokerage/orders";

std::string order(std::uint64_t n) {
  return "{\"client_order_id\":\"00000000-0000-4000-8000-" + std::to_string(100'000'000'000 + n) + "\",\"product_id\":\"BTC-USD\",\"side\":\"" +
         (n % 2 == 0 ? "BUY" : "SELL") + "\",\"order_configuration\":{\"limit_limit_gtc\":{\"base_size\":\"0.0001\",\"limit_price\":\"50000\"}}}";
}

/// A venue with one portfolio and a key of each kind, in a folder of its own.
struct Desk {
  std::string folder;
  std::unique_ptr<Venue> venue;
  std::int64_t now = static_cast<std::int64_t>(std::time(nullptr)) * 1'000'000'000;
  std::vector<FrameOut> frames;
  std::string kept;

  Desk() {
    char name[] = "/tmp/venue_bench_XXXXXX";
    if (::mkdtemp(name) == nullptr) std::abort();
    folder = name;
    std::vector<config::Problem> problems;
    VenueConfig c = read_config("limits: {private: 0, public: 0}\nmarket: {source: none}\nportfolios:\n  - {name: main, deposits: {USD: \"1000000000000\", BTC: \"1000000\"}, "
                                "keys: [{generate: es256, file: " + folder + "/p256}, {generate: ed25519, file: " + folder + "/ed25519}]}\n",
                                "bench", problems);
    auto made = Venue::make(std::move(c), std::nullopt, now);
    for (const config::Problem& p : problems) std::fprintf(stderr, "%s\n", p.text().c_str());
    if (!made) std::fprintf(stderr, "%s\n", made.error().message.c_str());
    if (!problems.empty() || !made) std::abort();
    venue = std::move(*made);
    venue->keep_with([this](std::string_view calls) { kept.assign(calls); });
  }
  ~Desk() {
    std::remove((folder + "/p256").c_str());
    std::remove((folder + "/ed25519").c_str());
    ::rmdir(folder.c_str());
  }
  WebRequest request(const std::string& token, std::uint64_t n) const {
    return {"POST", path, {{"Host", "localhost:8443"}, {"Authorization", "Bearer " + token}, {"Content-Type", "application/json"}}, order(n)};
  }
};

/// An order each, every second one meets the one before. `same`: all by one token; else a token each.
void orders(benchmark::State& s, const char* key_file, bool same) {
  Desk d;
  const venue_probe::Key key = venue_probe::read_key(d.folder + "/" + key_file);
  std::vector<std::string> tokens;
  const std::size_t many = same ? 1 : 20'000;
  while (tokens.size() < many) tokens.push_back(venue_probe::token(key, std::string("POST localhost:8443") + path));
  std::uint64_t n = 0;
  for (auto _ : s) {
    const WebRequest r = d.request(tokens[n % many], n);
    d.now += 1'000;
    const WebReply reply = d.venue->answer(r, d.venue->plan(r), "127.0.0.1", d.now);
    benchmark::DoNotOptimize(reply_text(reply, true));
    if (reply.body.find("\"success\":true") == std::string::npos) s.SkipWithError(reply.body.c_str());
    d.frames.clear();
    d.venue->take_frames(d.frames);
    benchmark::DoNotOptimize(d.venue->next_due());
    ++n;
  }
  s.counters["orders/s"] = benchmark::Counter(static_cast<double>(s.iterations()), benchmark::Counter::kIsRate);
}
BENCHMARK_CAPTURE(orders, one_token, "p256", true)->Iterations(20'000);
BENCHMARK_CAPTURE(orders, es256_each, "p256", false)->Iterations(20'000);
BENCHMARK_CAPTURE(orders, eddsa_each, "ed25519", false)->Iterations(20'000);

void body(benchmark::State& s) {
  const std::string text = order(1);
  for (auto _ : s) benchmark::DoNotOptimize(wire::parse_create_body(text));
}
BENCHMARK(body);

void token(benchmark::State& s) {
  Desk d;
  const std::string text = venue_probe::token(venue_probe::read_key(d.folder + "/p256"), std::string("POST localhost:8443") + path);
  for (auto _ : s) {
    Token t;
    benchmark::DoNotOptimize(parse_token(text, t));
  }
}
BENCHMARK(token);

void signature(benchmark::State& s, const char* key_file) {
  Desk d;
  const std::string text = venue_probe::token(venue_probe::read_key(d.folder + "/" + key_file), std::string("POST localhost:8443") + path);
  const auto key = keep_api_key(d.folder + "/" + key_file, "", KeyKind::p256);
  KeyRing ring;
  Token t;
  if (!key || !ring.add(key->name, key->public_pem) || parse_token(text, t) != TokenShape::good) std::abort();
  const KeyRing::Entry* entry = ring.find(t.kid);
  for (auto _ : s)
    if (!KeyRing::verify(*entry, t.signed_part, t.signature)) s.SkipWithError("not verified");
}
BENCHMARK_CAPTURE(signature, es256, "p256");
BENCHMARK_CAPTURE(signature, eddsa, "ed25519");

}  // namespace

BENCHMARK_MAIN();
