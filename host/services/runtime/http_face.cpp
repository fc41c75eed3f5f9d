#include "services/runtime/http_face.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "edge/common_routes.hpp"
#include "edge/http_server.hpp"
#include "observe/health.hpp"
#include "observe/log.hpp"
#include "services/portfolio_rebalancer/routes.hpp"
#include "services/runtime/access_table.hpp"
#include "services/runtime/backend.hpp"
#include "services/runtime/run_health.hpp"
#include "services/runtime/run_metrics.hpp"
#include "services/runtime/stream_routes.hpp"
#include "services/signal_bridge/routes.hpp"
#include "services/signal_generator/routes.hpp"
#include "services/trade_execution/routes.hpp"
#include "store/reader.hpp"

namespace bowline::services {
namespace {

namespace out = observe::log;
using namespace std::chrono_literals;

/// One thread for what may block: questions to the store.
class Worker {
 public:
  Worker() : thread_([this] { run(); }) {}
  ~Worker() {
    {
      const std::scoped_lock hold(lock_);
      over_ = true;
    }
    some_.notify_one();
    thread_.join();
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  /// False when it ends, or when more wait than would be answered in time.
  bool post(std::function<void()> work) {
    {
      const std::scoped_lock hold(lock_);
      if (over_ || work_.size() >= 1024) return false;
      work_.push_back(std::move(work));
    }
    some_.notify_one();
    return true;
  }

 private:
  std::mutex lock_;
  std::condition_variable some_;
  std::deque<std::function<void()>> work_;
  bool over_ = false;
  std::thread thread_;

  void run() {
    for (;;) {
      std::function<void()> next;
      {
        std::unique_lock hold(lock_);
        some_.wait(hold, [this] { return over_ || !work_.empty(); });
        if (work_.empty()) return;
        next = std::move(work_.front());
        work_.pop_front();
      }
      next();
    }
  }
};

constexpr std::pair<const char*, const char*> services[] = {
    {"signal-generator", "Predictions from market data."},
    {"signal-bridge", "Predictions become target weights, or the reason why not."},
    {"trade-execution", "The target book, orders, fills and the portfolio."},
    {"portfolio-rebalancer", "The portfolio that is wanted."},
};

/// "Not in this store" is the caller's mistake, not the store's fault.
Backend::Json found(const char* code, Result<std::string> answer) {
  if (answer || answer.error().code != "STORE_UNKNOWN") return answer;
  return Error{code, answer.error().message};
}

}  // namespace

struct HttpFace::Impl {
  Run& run;
  HttpFaceOptions options;
  RunMetrics metrics;
  RunParts parts;
  std::chrono::steady_clock::time_point told{};  // when the boards and the metrics were last brought up to date
  LatestSignals latest;
  Broadcaster stream;
  std::unique_ptr<store::Reader> reader;  // the worker's alone
  Backend backend;
  std::map<std::string, std::unique_ptr<observe::HealthBoard>> boards;
  std::unique_ptr<Worker> worker = std::make_unique<Worker>();
  edge::IoThread io;
  std::map<std::string, std::unique_ptr<edge::HttpServer>> servers;

  Impl(Run& r, HttpFaceOptions o)
      : run(r), options(std::move(o)), metrics(run, options.version), parts(run.parts()), latest(run.instruments()) {}

  Result<void> ask_store();
  void fill_backend();
  void follow_loop();
  Result<void> listen();
  void tell_state();
};

Result<void> HttpFace::Impl::ask_store() {
  if (options.store.transactions.empty()) return {};
  std::map<std::string, std::string> symbols;
  for (const core::Instrument& i : run.instruments().all())
    if (const std::string_view data = run.data_symbols().of(i); data != i.symbol) symbols.emplace(data, i.symbol);
  auto opened = store::Reader::open(options.store.prices, options.store.transactions, std::move(symbols));
  if (!opened) return opened.error();
  reader = std::move(*opened);
  const store::Reader* r = reader.get();
  backend.signals = [r](const store::PageAsk& ask) { return r->signals(ask); };
  backend.decisions = [r](const store::PageAsk& ask) { return r->decisions(ask); };
  backend.orders = [r](const store::PageAsk& ask) { return r->orders(ask); };
  backend.portfolio_history = [r](const store::PageAsk& ask) { return r->portfolio_history(ask); };
  backend.rebalances = [r](const store::PageAsk& ask) { return r->rebalances(ask); };
  backend.order = [r](const std::string& id) { return found("ORDER_NOT_FOUND", r->order(id)); };
  backend.explain_signal = [r](const std::string& id) { return found("SIGNAL_NOT_FOUND", r->explain_decision(id)); };
  backend.explain_decision = [r](const std::string& id) { return found("DECISION_NOT_FOUND", r->explain_decision(id)); };
  backend.explain_order = [r](const std::string& id) { return found("ORDER_NOT_FOUND", r->explain_order(id)); };
  return {};
}

void HttpFace::Impl::fill_backend() {
  backend.accepting = [this] { return run.loop().accepting(); };
  backend.post = [this](std::function<void()> work) { return run.loop().post(std::move(work)); };
  backend.now = [this] { return run.now(); };
  backend.pump = [this] { run.loop().pump(); };
  backend.offload = [this](std::function<void()> work) { return worker->post(std::move(work)); };
  backend.instruments = &run.instruments();
  backend.view = run.view();
  backend.take_plan = [this](std::span<const core::Target> targets, core::Nanos now, const Asker& who, Backend::Taken taken) {
    run.take_plan(targets, now, who, std::move(taken));
  };
  if (run.parted() && run.hosts("trade-execution"))
    backend.take_targets = [this](const wire::Targets& targets, const std::string& key, const std::string& body) {
      return run.take_targets(targets, key, body);
    };
}

void HttpFace::Impl::tell_state() {
  for (const auto& [peer, connected] : run.links())
    for (auto& [name, board] : boards)
      if (name != peer)
        board->set("peer " + peer, connected ? observe::Health::Ok : observe::Health::Degraded, connected ? "" : "PEER_ABSENT",
                   connected ? "" : "not connected; the run waits for it");
  for (auto& [name, board] : boards)
    for (const Component& c : components(parts, name)) board->set(c.name, c.status, c.code, c.text);
  if (!run.hosts("trade-execution")) return;
  const std::vector<std::string> missing = trading_obstacles(parts);
  for (auto& [name, board] : boards) board->set_trading_ready(missing.empty(), missing);
}

// What the loop tells after each step and while it waits. All on the core thread.
void HttpFace::Impl::follow_loop() {
  run.loop().beat = [this] {
    for (auto& [name, board] : boards) board->beat();
    // A replay at full speed beats hundreds of times a second: nobody looks as often.
    const auto now = std::chrono::steady_clock::now();
    if (now - told < 50ms) return;
    told = now;
    tell_state();
    metrics.publish();
  };
  run.loop().after_step = [this](core::Nanos, bool acted) {
    if (!acted) return;
    latest.take(run.loop().predictions());
    publish_signals(stream, run.loop().predictions(), run.instruments());
  };
}

Result<void> HttpFace::Impl::listen() {
  for (const auto& [name, about] : services) {
    if (!run.hosts(name)) continue;
    auto board = std::make_unique<observe::HealthBoard>(observe::HealthBoard::Options{
        .service = name, .version = options.version, .mode = options.mode, .may_be_ready = [this] { return run.loop().accepting(); }});
    board->set("loop", observe::Health::Ok);
    board->beat();
    const observe::HealthBoard* b = board.get();
    boards.emplace(name, std::move(board));
    auto router = std::make_shared<edge::Router>();
    edge::register_common_routes(router, {.service = name, .version = options.version, .description = about,
                                          .health = [b] { return b->report(); }, .live = [b] { return b->live(); },
                                          .ready = [b] { return b->ready(); }, .metrics = [this] { return metrics.expose(); }});
    const std::string_view service = name;
    if (service == "signal-generator") {
      add_signal_generator_routes(router, latest, stream, backend);
      add_market_stream_route(router, run.market());
    }
    if (service == "signal-bridge") add_signal_bridge_routes(router, backend);
    if (service == "trade-execution") {
      add_trade_execution_routes(router, run.execution(), backend);
      add_liquidation_stream_route(*router, run.liquidation(), backend);
      add_events_stream_route(router, run.events());
      add_targets_route(router, backend);
    }
    if (service == "portfolio-rebalancer") add_portfolio_rebalancer_routes(router, run.rebalancer(), backend);
    router->set_scopes(scope_of_route);
    edge::ServerOptions so;
    so.bind = options.host;
    so.port = options.ports.at(name);
    so.service = name;
    so.access = options.access;
    so.tls = options.tls;
    if (run.parted()) so.ws_max_queued_bytes = 64u << 20;  // a service that was started anew is sent all that is kept
    so.on_problem = [name = std::string(name)](std::string_view code, std::string_view text, std::string_view request) {
      const out::Scope scope({.service = name, .request_id = request});
      out::warning("edge", "{}: {}", code, text);
    };
    auto server = std::make_unique<edge::HttpServer>(io, std::move(router), std::move(so));
    metrics.serve(name, *server, *b);
    servers.emplace(name, std::move(server));
  }
  tell_state();
  // All are known before the first is asked anything: one page of metrics tells of all of them.
  for (auto& [name, server] : servers)
    if (auto done = server->start(); !done) return done;
  return {};
}

HttpFace::HttpFace(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<HttpFace>> HttpFace::open(Run& run, HttpFaceOptions options) {
  std::unique_ptr<HttpFace> face(new HttpFace(std::make_unique<Impl>(run, std::move(options))));
  Impl& m = *face->impl_;
  m.fill_backend();
  if (auto done = m.ask_store(); !done) return done.error();
  if (auto done = m.listen(); !done) return done.error();
  m.follow_loop();
  return face;
}

HttpFace::~HttpFace() {
  set_ready(false);
  for (auto& [name, server] : impl_->servers) static_cast<void>(server->drain(2s));
  impl_->servers.clear();
  impl_->worker.reset();
  impl_->io.stop();
  impl_->run.loop().beat = {};
  impl_->run.loop().after_step = {};
}

void HttpFace::set_ready(bool ready) {
  for (auto& [name, board] : impl_->boards) board->set_ready(ready);
}

std::map<std::string, std::uint16_t> HttpFace::ports() const {
  std::map<std::string, std::uint16_t> all;
  for (const auto& [name, server] : impl_->servers) all[name] = server->port();
  return all;
}

}  // namespace bowline::services
