#include "edge/paced_client.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <future>
#include <limits>
#include <map>
#include <mutex>
#include <optional>
#include <unordered_set>

#include "edge/call_queue.hpp"
#include "edge/host_pool.hpp"
#include "edge/http_exchange.hpp"
#include "edge/request_text.hpp"

namespace bowline::edge {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

struct Call {
  std::uint64_t request = 0;
  CallQueue::Entry entry{};
  Url url{};
  ExchangeOrder order{};
  std::int64_t deadline = never, not_after = never;  // boot time
  std::uint64_t budget = 0;  // the one that it was charged to
  std::shared_ptr<HostPool> pool{};
  std::shared_ptr<WireSocket> socket{};  // while it uses one
  std::uint64_t sent_before = std::numeric_limits<std::uint64_t>::max();  // what the socket had sent; while it connects no number is more
  bool waits = true;      // in the queue
  bool held = false;      // charged, and not gone yet
  bool answered = false;  // from then on nothing of it is written

  bool sent() const noexcept { return socket && socket->sent() > sent_before; }
};

}  // namespace

class PacedClient::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(IoThread& io, PacedOptions options, std::function<void(PacedReply)> answered)
      : io_(io.impl()),
        options_(std::move(options)),
        answered_(std::move(answered)),
        tls_(std::make_shared<TlsContext>(options_.ca_file, Anchors::FileAlone)),
        timer_(io_.context) {}

  void budget(std::vector<RateLimit> classes) {
    const RateBuckets made(std::move(classes), options_.clocks.boot_ns());
    {
      const std::scoped_lock hold(lock_);
      possible_ = made;
    }
    asio::post(io_.context, [self = shared_from_this(), made] {
      self->buckets_ = made;
      ++self->budget_;
      std::vector<std::shared_ptr<Call>> lost;
      for (const auto& [id, c] : self->calls_)
        if (c->waits && !made.possible(c->entry.rate_class, c->entry.cost)) lost.push_back(c);
      for (const auto& c : lost) self->end_early(*c, no_such_class());
      self->go_on();
    });
  }

  Result<void> send(PacedCall call) {
    auto url = url_of(call.url);
    if (!url.ok()) return std::move(url).error();
    if (!url->tls() && !is_loopback(*url)) return Error{"EDGE_BAD_URL", "without TLS only this machine can be talked to"};
    auto bytes = request_bytes(call.method, *url, call.headers, call.body, options_.user_agent);
    if (!bytes) return bytes.error();
    const auto c = std::make_shared<Call>();
    const Clocks& clocks = options_.clocks;
    c->request = call.request;
    c->entry = {call.request, call.rate_class, call.cost, call.urgent};
    c->url = std::move(*url);
    c->order.bytes = std::move(*bytes);
    c->order.head = call.method == "HEAD";
    c->order.max_body = call.max_bytes == 0 ? options_.max_reply : std::min(call.max_bytes, options_.max_reply);
    c->deadline = call.deadline_ns == 0 ? clocks.boot_ns() + options_.timeout_ns : clocks.boot_of(call.deadline_ns);
    if (call.not_after_ns != 0) c->not_after = clocks.boot_of(call.not_after_ns);
    const std::scoped_lock hold(lock_);
    if (closed_ || io_.stopped.load()) return Error{"EDGE_CLOSED", "the client is closed"};
    if (possible_ && !possible_->possible(call.rate_class, call.cost)) return no_such_class();
    if (open_.contains(call.request))
      return Error{"EDGE_BAD_REQUEST", "a request of that number is not answered yet"};
    std::size_t& waiting = waiting_[call.urgent ? 1 : 0];
    if (waiting >= options_.queue)
      return Error{"EDGE_QUEUE_FULL", std::to_string(waiting) + " requests of that lane wait already"};
    ++waiting;
    open_.insert(call.request);
    arrived_.push_back(c);
    if (!std::exchange(rung_, true)) asio::post(io_.context, [self = shared_from_this()] { self->fetch(); });
    return {};
  }

  bool cancel(std::uint64_t request) {
    {
      const std::scoped_lock hold(lock_);
      if (closed_ || !open_.contains(request)) return false;
    }
    asio::post(io_.context, [self = shared_from_this(), request] {
      const auto at = self->calls_.find(request);
      if (at == self->calls_.end()) return;  // answered meanwhile
      self->end_early(*std::shared_ptr<Call>(at->second), {"EDGE_CANCELLED", "the caller withdrew the request"});
      self->go_on();
    });
    return true;
  }

  void close() {
    {
      const std::scoped_lock hold(lock_);
      closed_ = true;
    }
    if (io_.in_thread() || io_.stopped.load()) return end_all();
    std::promise<void> done;
    asio::post(io_.context, [&] {
      end_all();
      done.set_value();
    });
    done.get_future().wait();
  }

  std::size_t outstanding() const {
    const std::scoped_lock hold(lock_);
    return open_.size();
  }
  std::uint64_t opened() const noexcept { return opened_.load(); }
  std::uint64_t resumed() const noexcept { return resumed_.load(); }

 private:
  /// Orders go to one and the same address: it is taken apart once.
  Result<Url> url_of(const std::string& text) {
    const std::scoped_lock hold(url_lock_);
    if (text != last_text_ || text.empty()) {
      auto made = parse_url(text, "http", "https");
      if (!made.ok()) return made;
      last_url_ = std::move(*made);
      last_text_ = text;
    }
    return last_url_;
  }

  static Error no_such_class() {
    return {"EDGE_RATE_CLASS", "there is no such rate class, or its bucket never holds what the request costs"};
  }

  void fetch() {
    std::vector<std::shared_ptr<Call>> calls;
    {
      const std::scoped_lock hold(lock_);
      rung_ = false;
      calls.swap(arrived_);
    }
    for (auto& c : calls) {
      calls_[c->request] = c;
      // Accepted while the budget was not known.
      if (buckets_ && !buckets_->possible(c->entry.rate_class, c->entry.cost)) {
        end_early(*c, no_such_class());
        continue;
      }
      c->pool = pool_of(c->url);
      queue_.push(c->entry);
      next_limit_ = std::min({next_limit_, c->deadline, c->not_after});
    }
    go_on();
  }

  std::shared_ptr<HostPool> pool_of(const Url& url) {
    auto& pool = pools_[url.key()];
    if (!pool) {
      const HostPoolOptions o{std::max<std::size_t>(options_.connections, 2), options_.spare, options_.idle_ns, options_.connect_ns};
      pool = std::make_shared<HostPool>(io_.context, url, tls_, o, options_.clocks, options_.jitter_seed, options_.lookup);
    }
    return pool;
  }

  /// What has passed its time ends, what may go goes, and the timer is set for what comes next.
  void go_on() {
    if (ended_) return;
    const std::int64_t now = options_.clocks.boot_ns();
    if (now >= next_limit_) expire(now);
    if (buckets_ && queue_.size() != 0)
      while (const auto next = queue_.next(*buckets_, now, [this](const CallQueue::Entry& e) {
        return calls_.at(e.id)->pool->room(e.urgent);
      }))
        dispatch(calls_.at(*next));
    arm(now);
  }

  void expire(std::int64_t now) {
    std::vector<std::shared_ptr<Call>> over;
    next_limit_ = never;
    for (const auto& [id, c] : calls_) {
      const std::int64_t limit = c->waits ? std::min(c->deadline, saturated(c->not_after)) : c->deadline;
      if (now >= limit) over.push_back(c);
      else next_limit_ = std::min(next_limit_, limit);
    }
    for (const auto& c : over) {
      if (c->waits && now > c->not_after) end_early(*c, too_late());
      else end_early(*c, {"EDGE_DEADLINE", c->sent() ? "no whole reply came in time" : "the time ended before it could be sent"});
    }
  }
  static std::int64_t saturated(std::int64_t last_moment) { return last_moment == never ? never : last_moment + 1; }
  static Error too_late() { return {"EDGE_TOO_LATE", "it could not be sent before its last moment"}; }

  void arm(std::int64_t now) {
    std::int64_t next = next_limit_;
    if (queue_.size() != 0 && queue_.ask_again() != 0) next = std::min(next, queue_.ask_again());
    // Timers stand still while the machine sleeps, and spare connections are looked after.
    if (!calls_.empty() || !pools_.empty()) next = std::min(next, now + options_.tick_ns);
    if (next == never || (armed_ != 0 && armed_ <= next)) return;
    armed_ = next;
    timer_.expires_after(std::chrono::nanoseconds(std::max<std::int64_t>(next - now, 0)));
    timer_.async_wait([self = shared_from_this()](error_code ec) {
      if (ec || self->ended_) return;
      self->armed_ = 0;
      for (const auto& [key, pool] : self->pools_) pool->tend();
      std::erase_if(self->pools_, [](const auto& p) {
        const bool forgotten = p.second->forgotten() && p.second.use_count() == 1;
        if (forgotten) p.second->close();
        return forgotten;
      });
      self->go_on();
    });
  }

  void dispatch(const std::shared_ptr<Call>& c) {
    leave_queue(*c);
    buckets_->hold(c->entry.rate_class, c->entry.cost);
    c->held = true;
    c->budget = budget_;
    c->pool->begin();
    asio::co_spawn(io_.context, carry(shared_from_this(), c), [](std::exception_ptr e) {
      if (e) std::rethrow_exception(e);  // a callback that throws is a programming error: be loud
    });
  }

  void leave_queue(Call& c) {
    if (!std::exchange(c.waits, false)) return;
    const std::scoped_lock hold(lock_);
    --waiting_[c.entry.urgent ? 1 : 0];
  }

  bool may_send(const Call& c) const {
    if (c.answered) return false;
    const std::int64_t now = options_.clocks.boot_ns();
    return now <= c.not_after && now < c.deadline;
  }

  static asio::awaitable<void> carry(std::shared_ptr<Impl> self, std::shared_ptr<Call> c) {
    const auto pool = c->pool;
    c->order.may_send = [impl = self.get(), call = c.get()] { return impl->may_send(*call); };
    PacedReply reply;
    std::shared_ptr<WireSocket> kept;
    while (!c->answered) {
      c->socket = pool->take(c->entry.urgent);
      bool fresh = !c->socket;
      if (fresh) {
        const std::uint64_t before = pool->resumed();
        auto error = co_await pool->open(c->socket);
        if (error) {
          if (c->answered || !(c->socket = pool->take_any())) {
            reply.error = std::move(*error);
            break;
          }
          fresh = false;
        } else {
          self->opened_.fetch_add(1);
          self->resumed_.fetch_add(pool->resumed() - before);
        }
      }
      self->goes(*c);
      c->sent_before = c->socket->sent();
      auto got = co_await exchange(*c->socket, c->order);
      const bool sent = c->sent();
      if (got.reusable && (got.whole || !sent)) kept = c->socket;
      if (!got.whole && !sent && !got.refused && !fresh && !c->answered) {
        c->sent_before = std::numeric_limits<std::uint64_t>::max();
        continue;  // a kept connection that was dead before any byte: another one can do no harm
      }
      reply.error = std::move(got.error);
      if (got.whole) {
        if (fresh) pool->welcomed();
        reply.ending = Ending::complete;
        reply.status = got.status;
        reply.headers = std::move(got.headers);
        reply.body = std::move(got.body);
        reply.error = {};
      } else if (sent) {
        reply.ending = Ending::unknown;
      } else if (got.refused && !c->answered) {
        const bool late = self->options_.clocks.boot_ns() > c->not_after;
        reply.ending = late ? Ending::too_late : Ending::not_sent;
        reply.error = late ? too_late() : Error{"EDGE_DEADLINE", "the time ended before it could be sent"};
      }
      break;
    }
    self->goes(*c);
    c->socket.reset();
    c->order.may_send = nullptr;
    pool->end();
    self->answer(*c, std::move(reply));
    if (kept) pool->give_back(std::move(kept));
    if (!self->ended_) pool->tend();
    self->go_on();
  }

  /// What was charged when it left the queue goes now, or never. While hands were shaken nothing was put in its place: all that waited
  /// would go at once on top of a bucket that had filled up meanwhile.
  void goes(Call& c) {
    if (!std::exchange(c.held, false) || c.budget != budget_ || !buckets_) return;
    buckets_->release(c.entry.rate_class, c.entry.cost, options_.clocks.boot_ns());
  }

  /// Before it has run its course. What is on a wire stays there; nothing more of it is written.
  void end_early(Call& c, Error why) {
    PacedReply reply;
    const bool late = why.code == "EDGE_TOO_LATE";
    reply.ending = c.sent() ? Ending::unknown : late ? Ending::too_late : Ending::not_sent;
    reply.error = std::move(why);
    if (c.socket) c.socket->cancel();
    answer(c, std::move(reply));
  }

  void answer(Call& c, PacedReply reply) {
    if (std::exchange(c.answered, true)) return;
    if (c.waits) {
      static_cast<void>(queue_.erase(c.request));
      leave_queue(c);
    }
    reply.request = c.request;
    reply.received_ns = options_.clocks.wall_ns();
    calls_.erase(c.request);
    {
      const std::scoped_lock hold(lock_);
      open_.erase(c.request);
    }
    answered_(std::move(reply));
  }

  void end_all() {
    if (std::exchange(ended_, true)) return;
    std::vector<std::shared_ptr<Call>> all;
    {
      const std::scoped_lock hold(lock_);
      all.swap(arrived_);
    }
    for (const auto& c : all) calls_[c->request] = c;
    all.clear();
    for (const auto& [id, c] : calls_) all.push_back(c);
    for (const auto& c : all) end_early(*c, {"EDGE_CLOSED", "the client was closed before the reply was whole"});
    timer_.cancel();
    for (const auto& [key, pool] : pools_) pool->close();
    pools_.clear();
  }

  IoThread::Impl& io_;
  const PacedOptions options_;
  const std::function<void(PacedReply)> answered_;
  std::atomic<std::uint64_t> opened_{0}, resumed_{0};

  std::mutex url_lock_;
  std::string last_text_;  // the last good one, and what it says
  Url last_url_;

  mutable std::mutex lock_;  // guards what follows
  std::unordered_set<std::uint64_t> open_;
  std::vector<std::shared_ptr<Call>> arrived_;
  std::optional<RateBuckets> possible_;  // never charged
  std::size_t waiting_[2] = {0, 0};
  bool rung_ = false, closed_ = false;

  // the I/O thread's
  const std::shared_ptr<TlsContext> tls_;
  asio::steady_timer timer_;
  std::map<std::string, std::shared_ptr<HostPool>> pools_;
  std::map<std::uint64_t, std::shared_ptr<Call>> calls_;
  CallQueue queue_;
  std::optional<RateBuckets> buckets_;
  std::uint64_t budget_ = 0;  // how many there were
  std::int64_t next_limit_ = never, armed_ = 0;
  bool ended_ = false;
};

PacedClient::PacedClient(IoThread& io, PacedOptions options, std::function<void(PacedReply)> answered)
    : impl_(std::make_shared<Impl>(io, std::move(options), std::move(answered))) {}
PacedClient::~PacedClient() { impl_->close(); }
void PacedClient::budget(std::vector<RateLimit> classes) { impl_->budget(std::move(classes)); }
Result<void> PacedClient::send(PacedCall call) { return impl_->send(std::move(call)); }
bool PacedClient::cancel(std::uint64_t request) { return impl_->cancel(request); }
std::size_t PacedClient::outstanding() const { return impl_->outstanding(); }
std::uint64_t PacedClient::connections_opened() const noexcept { return impl_->opened(); }
std::uint64_t PacedClient::sessions_resumed() const noexcept { return impl_->resumed(); }
void PacedClient::close() { impl_->close(); }

}  // namespace bowline::edge
