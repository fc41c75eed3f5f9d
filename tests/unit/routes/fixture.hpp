// All routes of the four services on one server, over real components and a core thread.
#pragma once

#include <catch2/catch.hpp>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "edge/http_client.hpp"
#include "edge/http_server.hpp"
#include "parts.hpp"
#include "services/portfolio_rebalancer/routes.hpp"
#include "services/signal_bridge/routes.hpp"
#include "services/signal_generator/routes.hpp"
#include "services/trade_execution/routes.hpp"

namespace routes_test {

using edge::Method;
using nlohmann::json;

/// Runs what is posted, in order, on one thread: the core's stand-in.
class Worker {
  std::mutex lock_;
  std::condition_variable some_;
  std::deque<std::function<void()>> work_;
  bool over_ = false;
  std::thread thread_{[this] { run(); }};

  void run() {
    for (;;) {
      std::function<void()> next;
      {
        std::unique_lock hold(lock_);
        some_.wait(hold, [&] { return over_ || !work_.empty(); });
        if (work_.empty()) return;
        next = std::move(work_.front());
        work_.pop_front();
      }
      next();
    }
  }

 public:
  ~Worker() { stop(); }
  bool post(std::function<void()> work) {
    const std::scoped_lock hold(lock_);
    if (over_) return false;
    work_.push_back(std::move(work));
    some_.notify_one();
    return true;
  }
  void stop() {
    {
      const std::scoped_lock hold(lock_);
      over_ = true;
      some_.notify_one();
    }
    if (thread_.joinable()) thread_.join();
  }
};

struct Got {
  int status = 0;
  json body;
  std::string code() const { return body.contains("error") ? body["error"]["code"].get<std::string>() : ""; }
};

struct Desk : Parts {
  services::LatestSignals latest{table};
  services::Broadcaster stream;
  Worker core;
  edge::IoThread io;
  std::shared_ptr<edge::Router> router = std::make_shared<edge::Router>();
  std::optional<edge::HttpServer> server;
  std::optional<edge::HttpClient> client;

  explicit Desk(bool with_plan = true) : Parts(with_plan) {
    backend.post = [this](std::function<void()> work) { return core.post(std::move(work)); };
    backend.offload = backend.post;
    services::add_signal_generator_routes(router, latest, stream, backend);
    services::add_signal_bridge_routes(router, backend);
    services::add_trade_execution_routes(router, *execution, backend);
    services::add_portfolio_rebalancer_routes(router, *rebalancer, backend);
  }
  ~Desk() {
    client.reset();
    server.reset();
  }
  /// Starts at the first call, so that a test may set store functions before.
  std::uint16_t port() {
    if (!server) {
      server.emplace(io, router, edge::ServerOptions{});
      REQUIRE(server->start().ok());
      client.emplace(io);
    }
    return server->port();
  }
  Got ask(Method method, const std::string& target, std::string body = {}, edge::Pairs headers = {}) {
    const auto at = "http://127.0.0.1:" + std::to_string(port()) + target;
    const auto r =
        client->fetch({.method = method, .url = at, .headers = std::move(headers), .body = std::move(body)});
    REQUIRE(r.complete());
    Got got{r.status, json::parse(r.body, nullptr, false)};
    REQUIRE_FALSE(got.body.is_discarded());
    if (r.status >= 400) {  // the one error shape, everywhere
      for (const char* key : {"code", "message", "details", "request_id"})
        CHECK(got.body["error"].contains(key));
    }
    return got;
  }
  Got get(const std::string& target) { return ask(Method::Get, target); }
  Got trade(const json& body, const std::string& key = "k1", const std::string& query = "") {
    return ask(Method::Post, "/trades/execute" + query, body.dump(), {{"Idempotency-Key", key}});
  }
};

inline json limit_buy(const char* qty = "1", const char* instrument = "BTC-USD") {
  return {
      {"instrument", instrument}, {"side", "BUY"},          {"type", "limit"}, {"tif", "GTC"}, {"qty", qty},
      {"limit_price", "99"},      {"reason", "a test buys"}};
}

}  // namespace routes_test
