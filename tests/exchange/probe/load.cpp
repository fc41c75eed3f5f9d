#include "load.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include "line.hpp"
#include "token.hpp"

namespace venue_probe {
namespace {

using Clock = std::chrono::steady_clock;

double processor_s() {
  rusage r{};
  ::getrusage(RUSAGE_SELF, &r);
  const auto s = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6; };
  return s(r.ru_utime) + s(r.ru_stime);
}

/// The value below which a share of the sorted ones is.
double at_share(const std::vector<double>& sorted, double share) {
  if (sorted.empty()) return 0;
  return sorted[std::min(sorted.size() - 1, static_cast<std::size_t>(share * static_cast<double>(sorted.size())))];
}

class Run {
 public:
  explicit Run(const Load& load)
      : load_(load), keys_{read_key(load.buys), read_key(load.sells)}, uri_("POST localhost:" + std::to_string(load.port) + path), left_(load.orders) {
    for (const Key& k : keys_) one_.push_back(token(k, uri_));
    if (load_.tokens == Tokens::ahead)
      for (int n = 0; n < load_.orders; ++n) ahead_.push_back(token(keys_[static_cast<std::size_t>(n % 2)], uri_));
  }

  int go() {
    std::vector<std::thread> threads;
    std::vector<std::vector<double>> times(static_cast<std::size_t>(load_.connections));
    const auto begin = Clock::now();
    const double busy = processor_s();
    for (int i = 0; i < load_.connections; ++i) threads.emplace_back([&, i] { connection(i, times[static_cast<std::size_t>(i)]); });
    for (std::thread& t : threads) t.join();
    const double s = std::chrono::duration<double>(Clock::now() - begin).count();
    std::vector<double> all;
    for (const auto& each : times) all.insert(all.end(), each.begin(), each.end());
    std::sort(all.begin(), all.end());
    std::printf("%d orders accepted, %d not, in %.3f s: %.0f orders/s, p50 %.0f us, p99 %.0f us; the client took %.0f us of processor time for each\n",
                good_.load(), bad_.load(), s, good_.load() / s, at_share(all, 0.5), at_share(all, 0.99),
                (processor_s() - busy) * 1e6 / std::max(1, good_.load()));
    return bad_ == 0 ? 0 : 1;
  }

 private:
  static constexpr const char* path = "/api/v3/brokerage/orders";

  /// The n-th order of all: every second one is a sell. Its token is of who sends it.
  std::string request(int number, int n) const {
    const auto side = static_cast<std::size_t>(n % 2);
    const std::string order = "{\"client_order_id\":\"load-" + std::to_string(::getpid()) + "-" + std::to_string(number) + "-" + std::to_string(n) +
                              "\",\"product_id\":\"BTC-USD\",\"side\":\"" + (side == 0 ? "BUY" : "SELL") +
                              "\",\"order_configuration\":{\"limit_limit_gtc\":{\"base_size\":\"0.0001\",\"limit_price\":\"50000\"}}}";
    std::string out = "POST ";
    out.append(path).append(" HTTP/1.1\r\nHost: localhost:").append(std::to_string(load_.port)).append("\r\nAuthorization: Bearer ");
    if (load_.tokens == Tokens::each) out += token(keys_[side], uri_);
    else out += load_.tokens == Tokens::ahead ? ahead_[static_cast<std::size_t>(n)] : one_[side];
    out.append("\r\nContent-Type: application/json\r\nContent-Length: ").append(std::to_string(order.size())).append("\r\n\r\n");
    return out + order;
  }

  void connection(int number, std::vector<double>& times) {
    Line line;
    std::string why, body;
    if (!line.open(load_.ca, load_.port, why)) {
      std::printf("refused: %s\n", why.c_str());
      std::exit(1);
    }
    for (int left = left_.fetch_sub(1); left > 0; left = left_.fetch_sub(1)) {
      const std::string text = request(number, load_.orders - left);
      const auto sent = Clock::now();
      line.send(text);
      const int status = line.answer(body);
      times.push_back(std::chrono::duration<double, std::micro>(Clock::now() - sent).count());
      if (status == 200 && body.find("\"success\":true") != std::string::npos) ++good_;
      else if (++bad_ == 1) std::printf("status %d: %s\n", status, body.c_str());
      if (status == 0) return;
    }
  }

  const Load& load_;
  const std::vector<Key> keys_;
  const std::string uri_;
  std::vector<std::string> one_, ahead_;
  std::atomic<int> left_, good_{0}, bad_{0};
};

}  // namespace

int run_load(const Load& load) { return Run(load).go(); }

}  // namespace venue_probe
