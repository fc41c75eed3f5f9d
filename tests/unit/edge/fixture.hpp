// A server on a free loopback port with a few routes that tests share.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "edge/http_server.hpp"

namespace edge_test {

using namespace bowline::edge;
using namespace std::chrono_literals;

/// A value that one thread gives and another waits for.
template <class T>
class Slot {
  std::mutex m_;
  std::condition_variable cv_;
  std::vector<T> values_;

 public:
  void put(T v) {
    const std::scoped_lock hold(m_);
    values_.push_back(std::move(v));
    cv_.notify_all();
  }
  /// The next value, in order; nullopt after ten seconds.
  std::optional<T> take() {
    std::unique_lock hold(m_);
    if (!cv_.wait_for(hold, 10s, [&] { return !values_.empty(); })) return std::nullopt;
    T v = std::move(values_.front());
    values_.erase(values_.begin());
    return v;
  }
  std::size_t size() {
    const std::scoped_lock hold(m_);
    return values_.size();
  }
};

inline RouteDoc doc(Method method, std::string path, std::string id) {
  return {.method = method, .path = std::move(path), .operation_id = std::move(id), .summary = "test"};
}

struct TestServer {
  IoThread io;
  std::shared_ptr<Router> router = std::make_shared<Router>();
  std::optional<HttpServer> server;
  Slot<std::shared_ptr<Responder>> held;  ///< what /hold keeps unanswered

  TestServer() {
    router->add(doc(Method::Get, "/hello", "hello"),
                [](const Request&, Responder r) { r(Response::json(200, R"({"hello":1})")); });
    router->add(doc(Method::Post, "/echo", "echo"),
                [](const Request& q, Responder r) { r(Response::text(200, q.body)); });
    router->add(doc(Method::Get, "/orders/{id}", "order"),
                [](const Request& q, Responder r) { r(Response::text(200, std::string(q.param("id")))); });
    router->add(doc(Method::Delete, "/orders/{id}", "cancel"), [](const Request&, Responder r) {
      r(Response{204, {}, {}, {}});
    });
    router->add(doc(Method::Get, "/hold", "hold"),
                [this](const Request&, Responder r) { held.put(std::make_shared<Responder>(std::move(r))); });
    router->add(doc(Method::Get, "/throw", "throw"),
                [](const Request&, Responder) { throw std::runtime_error("canary-in-exception"); });
    router->add(doc(Method::Get, "/big", "big"), [](const Request&, Responder r) {
      static const auto big = std::make_shared<const std::string>(8'000'000, 'x');
      r(Response::shared(big));
    });
  }
  ~TestServer() { server.reset(); }

  std::uint16_t start(ServerOptions options = {}) {
    server.emplace(io, router, std::move(options));
    const auto r = server->start();
    if (!r.ok()) throw std::runtime_error(r.error().message);
    return server->port();
  }
  /// Waits until `holds` is true of the server's counters; false after ten seconds.
  template <class F>
  bool wait_stats(F holds) {
    for (int i = 0; i < 2000; ++i) {
      if (holds(server->stats())) return true;
      std::this_thread::sleep_for(5ms);  // no event exists for a counter; polling with a bound
    }
    return false;
  }
};

}  // namespace edge_test
