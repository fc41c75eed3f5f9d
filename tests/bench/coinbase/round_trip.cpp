// The round trip of an order through the built Coinbase broker, over kept TLS on loopback: from the call of submit until the acknowledgement
// is in the host's hands, against a bare Beast exchange of the very same bytes with the same server, and one bare P-256 signature.
// Blocks of both take turns. Bar: p50 <= 1.25 x bare. Tokens may be made ahead, each for one order.
//   taskset -c 0 bench_coinbase_round_trip [plugin folder] [orders]
// On one core, because on more of them the system's choice, which of the threads that talk to each other share one, outweighs all else.
// What is in the time: the order's form and body, its token out of the stock, the hand-over to the I/O thread and back to the lane, TLS, the
// reply read and held against the order, the event. Not in it: the host's own way to submit, which bench_intent_to_broker has.
#include <cstdlib>
#include <thread>

#include "bench/coinbase/bare_client.hpp"
#include "bench/coinbase/broker_lane.hpp"
#include "bench/coinbase/canned_venue.hpp"
#include "unit/coinbase/keys.hpp"

using namespace bench;

namespace {

constexpr double bar = 1.25;
constexpr std::size_t block = 100;
constexpr std::uint32_t rate = 1'000;  // the most that the plugin's budget takes
/// A block of orders and a little more: the budget stays full, and no order waits for it.
constexpr auto pace = std::chrono::milliseconds(1'300 * block / rate);

std::string client_id(std::size_t n) {
  char text[40];
  std::snprintf(text, sizeof text, "bl-%032zx", n);
  return text;
}

struct Bare {
  std::vector<double> both, exchange, signature;
};

void bare_block(BareClient& client, BareSignature& signature, const std::vector<std::string>& orders, Bare* into) {
  for (const std::string& order : orders) {
    must(client.load(order), "an order is a whole request");
    const auto begun = Clock::now();
    const bool answered = client.exchange();
    const auto read = Clock::now();
    const bool is_signed = signature.sign();
    const auto ended = Clock::now();
    must(answered && is_signed && client.body() == recited(order), "the bare exchange has the order's own answer");
    if (into == nullptr) continue;
    into->both.push_back(us_between(begun, ended));
    into->exchange.push_back(us_between(begun, read));
    into->signature.push_back(us_between(read, ended));
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::filesystem::path plugins = std::filesystem::absolute(argc > 1 ? argv[1] : "build/release/plugins");
  const std::size_t orders = argc > 2 ? static_cast<std::size_t>(std::atol(argv[2])) : 4'000;
  if (orders < 200 || orders > 40'000) give_up("usage: bench_coinbase_round_trip [plugin folder] [orders, 200 to 40000]");
  const Folder folder;
  CannedVenue venue;
  BrokerLane lane(plugins, folder.path(), {venue.url(), venue.ca_file(), bowline::coinbase_test::p256_pem, rate});
  lane.start();
  BareClient client(venue.port(), venue.ca_file());
  BareSignature signature(bowline::coinbase_test::p256_pem);

  std::vector<double> ours;
  Bare bare;
  std::vector<std::string> sent;
  const std::size_t blocks = orders / block, warm_up = blocks / 10 + 1;
  std::size_t made = 0;
  for (std::size_t b = 0; b < warm_up + blocks; ++b) {
    const auto begun = Clock::now();
    const bool counts = b >= warm_up;
    const bool bare_first = b % 2 == 1;  // with the orders of the block before
    if (bare_first) bare_block(client, signature, sent, counts ? &bare : nullptr);
    static_cast<void>(venue.take_orders());
    for (std::size_t i = 0; i < block; ++i) {
      const double us = lane.place(limit_order(client_id(++made)));
      if (counts) ours.push_back(us);
    }
    sent = venue.take_orders();
    if (!bare_first) bare_block(client, signature, sent, counts ? &bare : nullptr);
    lane.to_now();
    std::this_thread::sleep_until(begun + pace);
  }

  figure("a bare Beast exchange", bare.exchange);
  figure("a bare P-256 signature", bare.signature);
  figure("both", bare.both);
  const double ratio = quantile(ours, 0.5) / quantile(bare.both, 0.5);
  const bool met = ratio <= bar;
  std::printf("submit to acknowledged: %zu orders, p50 %.1f us, p99 %.1f us; p50 %.3f x bare of %.1f us (bar %.2f x): %s\n", ours.size(),
              quantile(ours, 0.5), quantile(ours, 0.99), ratio, quantile(bare.both, 0.5), bar, met ? "met" : "MISSED");
  return met ? 0 : 1;
}
