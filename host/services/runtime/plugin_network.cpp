#include "services/runtime/plugin_network.hpp"

#include <condition_variable>
#include <mutex>
#include <utility>
#include <variant>
#include <vector>

#include "edge/paced_client.hpp"
#include "edge/ws_lines.hpp"

namespace bowline::services {
namespace {

constexpr std::uint16_t not_recorded = 4;  // bl_event.flags

bl_str of(const std::string& text) noexcept { return {text.data(), text.size()}; }
std::string text_of(bl_str s) { return s.len == 0 ? std::string() : std::string(s.ptr, s.len); }

bl_status refused(const Error& why) noexcept {
  if (why.code == "EDGE_QUEUE_FULL") return BL_E_AGAIN;
  return why.code == "EDGE_CLOSED" || why.code == "EDGE_NOT_OPEN" ? BL_E_STATE : BL_E_INVALID;
}

/// The plugin is told one text.
bl_status refused(const Error& from, Error& why) {
  why = {from.code, from.code + ": " + from.message};
  return refused(from);
}

bl_status outcome(edge::Ending ending) noexcept {
  switch (ending) {
    case edge::Ending::complete: return BL_OK;
    case edge::Ending::not_sent: return BL_E_IO;
    case edge::Ending::too_late: return BL_E_STATE;
    case edge::Ending::unknown: break;
  }
  return BL_E_UNKNOWN_OUTCOME;
}

class Port final : public NetPort {
 public:
  Port(std::shared_ptr<edge::IoThread> io, const config::RunConfig::Plugins::Network& n, edge::Clocks clocks, std::uint32_t source)
      : source_(source), io_(std::move(io)) {
    edge::PacedOptions p;
    p.ca_file = n.ca_file.string();
    p.timeout_ns = n.timeout_ns;
    p.connect_ns = n.connect_ns;
    p.connections = n.connections;
    p.spare = n.spare;
    p.idle_ns = n.idle_ns;
    p.queue = n.queue;
    p.max_reply = static_cast<std::uint64_t>(n.max_reply);
    p.jitter_seed = source;
    p.clocks = clocks;
    http_.emplace(*io_, std::move(p), [this](edge::PacedReply r) { put(std::move(r)); });
    edge::WsLinesOptions w;
    w.ca_file = n.ca_file.string();
    w.connect_ns = n.connect_ns;
    w.ping_ns = n.ping_ns;
    w.max_frame = static_cast<std::uint64_t>(n.max_frame);
    w.max_unread = static_cast<std::size_t>(n.max_frame);
    w.clocks = std::move(clocks);
    ws_.emplace(*io_, std::move(w), [this](edge::WsNews news) { put(std::move(news)); });
  }
  ~Port() override {
    on_arrival({});
    ws_.reset();  // both put what is left to say
    http_.reset();
  }

  bl_status http_send(const bl_http_request& q, Error& why) override {
    edge::PacedCall c;
    c.request = q.request;
    c.urgent = q.lane == 1;
    c.rate_class = q.rate_class;
    c.cost = q.cost;
    c.method = text_of(q.method);
    c.url = text_of(q.url);
    c.headers = text_of(q.headers);
    c.body = text_of(q.body);
    c.deadline_ns = q.deadline_ns;
    c.not_after_ns = q.not_after_ns;
    c.max_bytes = q.max_bytes;
    {
      const std::scoped_lock hold(lock_);
      ++outstanding_;  // before its answer can come
    }
    const auto done = http_->send(std::move(c));
    if (done) return BL_PENDING;
    const std::scoped_lock hold(lock_);
    --outstanding_;
    return refused(done.error(), why);
  }
  bl_status http_cancel(std::uint64_t request) override { return http_->cancel(request) ? BL_OK : BL_E_NOT_FOUND; }
  bl_status ws_open(std::uint64_t conn, std::string_view url, std::string_view headers, std::uint64_t max_frame, Error& why) override {
    const auto done = ws_->open(conn, std::string(url), std::string(headers), max_frame);
    return done ? BL_PENDING : refused(done.error(), why);
  }
  bl_status ws_send(std::uint64_t conn, std::string_view text) override {
    const auto done = ws_->send(conn, std::string(text));
    return done ? BL_OK : refused(done.error());
  }
  bl_status ws_close(std::uint64_t conn) override { return ws_->close(conn) ? BL_OK : BL_E_NOT_FOUND; }

  void budget(const loader::VenueRates& rates) override {
    std::vector<edge::RateLimit> limits;
    for (const loader::RateClass& c : rates.classes) limits.push_back({c.name, c.per_second, c.burst, c.per_hour});
    if (limits.empty()) limits.push_back({"default", 10, 10, 0});
    http_->budget(std::move(limits));
  }
  void on_arrival(std::function<void()> bell) override {
    const std::scoped_lock hold(bell_lock_);
    bell_ = std::move(bell);
    if (bell_ && some()) bell_();
  }
  bool some() const noexcept override { return some_.load(std::memory_order_acquire); }

  void drain(const std::function<void(const bl_event&)>& f) override {
    if (!some()) return;
    std::vector<Item> items;
    {
      const std::scoped_lock hold(lock_);
      items.swap(arrived_);
      some_.store(false, std::memory_order_relaxed);
    }
    for (const Item& i : items)
      if (const auto* reply = std::get_if<edge::PacedReply>(&i)) {
        hand_over(*reply, f);
        const std::scoped_lock hold(lock_);
        --outstanding_;
      } else {
        hand_over(std::get<edge::WsNews>(i), f);
      }
  }
  std::size_t outstanding() const override {
    const std::scoped_lock hold(lock_);
    return outstanding_;
  }
  void wait(std::chrono::milliseconds most) override {
    std::unique_lock hold(lock_);
    arrival_.wait_for(hold, most, [this] { return some(); });
  }
  void close() override {
    http_->close();
    ws_->close_all();
  }

 private:
  using Item = std::variant<edge::PacedReply, edge::WsNews>;

  void put(Item item) {
    bool first = false;
    {
      const std::scoped_lock hold(lock_);
      first = arrived_.empty();
      arrived_.push_back(std::move(item));
      some_.store(true, std::memory_order_release);
    }
    arrival_.notify_all();
    if (!first) return;
    const std::scoped_lock hold(bell_lock_);
    if (bell_) bell_();
  }

  bl_event head(std::uint32_t size, std::uint16_t type, std::int64_t at) noexcept {
    bl_event h{};
    h.size = size;
    h.type = type;
    h.flags = not_recorded;
    h.ts_event = h.ts_recv = at;
    h.source = source_;
    h.seq = ++seq_;
    return h;
  }
  void hand_over(const edge::PacedReply& r, const std::function<void(const bl_event&)>& f) {
    const std::string words = r.error.code.empty() ? std::string() : r.error.code + ": " + r.error.message;
    bl_http_result e{};
    e.h = head(sizeof e, BL_EV_HTTP, r.received_ns);
    e.request = r.request;
    e.outcome = outcome(r.ending);
    e.status = static_cast<std::uint32_t>(r.status);
    e.headers = of(r.headers);
    e.body = e.outcome == BL_OK ? of(r.body) : of(words);
    f(e.h);
  }
  void hand_over(const edge::WsNews& n, const std::function<void(const bl_event&)>& f) {
    bl_ws_frame e{};
    e.h = head(sizeof e, BL_EV_WS, n.received_ns);
    e.conn = n.conn;
    e.what = n.what == edge::WsNews::What::open ? 1 : n.what == edge::WsNews::What::text ? 2 : 3;
    e.data = of(n.data);
    f(e.h);
    if (n.what == edge::WsNews::What::text) ws_->consumed(n.conn, n.data.size());
  }

  const std::uint32_t source_;
  std::uint64_t seq_ = 0;  // the lane's
  mutable std::mutex lock_;
  std::condition_variable arrival_;
  std::vector<Item> arrived_;
  std::size_t outstanding_ = 0;
  std::atomic<bool> some_{false};
  std::mutex bell_lock_;
  std::function<void()> bell_;
  std::shared_ptr<edge::IoThread> io_;  // before its users
  std::optional<edge::PacedClient> http_;
  std::optional<edge::WsLines> ws_;
};

}  // namespace

NetMaker network_maker(const config::RunConfig::Plugins::Network& network, std::function<std::int64_t()> wall_ns) {
  edge::Clocks clocks;
  if (wall_ns) clocks.wall_ns = std::move(wall_ns);
  // Held by the ports alone, so that it ends with the last of them.
  struct Shared {
    std::mutex lock;
    std::weak_ptr<edge::IoThread> io;
  };
  return [network, clocks, shared = std::make_shared<Shared>()](std::uint32_t source) -> std::unique_ptr<NetPort> {
    const std::scoped_lock hold(shared->lock);
    auto thread = shared->io.lock();
    if (!thread) shared->io = thread = std::make_shared<edge::IoThread>();
    return std::make_unique<Port>(std::move(thread), network, clocks, source);
  };
}

}  // namespace bowline::services
