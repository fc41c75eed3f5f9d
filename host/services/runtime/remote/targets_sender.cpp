#include <algorithm>
#include <mutex>
#include <optional>

#include "edge/http_client.hpp"
#include "observe/log.hpp"
#include "services/runtime/remote/follower.hpp"

namespace bowline::services {
namespace {
namespace out = observe::log;
using namespace std::chrono_literals;
}  // namespace

struct TargetsSender::Impl : std::enable_shared_from_this<Impl> {
  edge::IoThread& io;
  CoreLoop& loop;
  const std::string url;
  std::unique_ptr<edge::HttpClient> client;  // used under `lock` while not stopped, so that its end is the owner's alone
  bool said = false;                         // of this outage; I/O thread
  std::mutex lock;
  bool stopped = false;  // under lock

  Impl(edge::IoThread& i, CoreLoop& l, std::string base)
      : io(i), loop(l), url(std::move(base) + "/targets"), client(std::make_unique<edge::HttpClient>(i)) {}

  edge::HttpCall call(const std::string& key, const std::string& body) const {
    return {.method = edge::Method::Post,
            .url = url,
            .headers = {{"Content-Type", "application/json"}, {"Idempotency-Key", key}},
            .body = body,
            .deadline = 5s,
            .idempotent = true};
  }
  /// One body on its way, over all tries.
  struct Sending {
    std::string key, body;
    std::function<void(const Result<void>&)> done;
    std::optional<std::chrono::steady_clock::time_point> give_up;  ///< none: until it is answered
    bool may_be_there = false;                                     ///< a try may have been carried out
  };
  using Shared = std::shared_ptr<Sending>;

  void end(const Shared& s, Result<void> answer) {
    static_cast<void>(loop.post([s, answer = std::move(answer)] { s->done(answer); }));
  }
  Error given_up(const Sending& s) const {
    if (!s.may_be_there)
      return {"EXECUTION_ABSENT", "trade-execution at " + url + " cannot be reached: nothing was handed over"};
    return {"REBALANCE_OUTCOME_UNKNOWN",
            "trade-execution did not answer in time: it may have taken and traded the targets, now or later. Look at its "
            "GET /orders and GET /portfolio, and at the audit trail, before you run another plan"};
  }
  /// [I/O thread]
  void judge(const Shared& s, const edge::HttpReply& r) {
    if (r.complete() && r.status == 200) return said = false, end(s, {});
    // Not answered, or answered by a service that is not there yet: the same key again is safe.
    if (!r.complete() || r.status >= 500) {
      // A 503 is said before anything is done; every other silence or fault may have come after.
      if (r.outcome == edge::Outcome::Unknown || (r.complete() && r.status != 503)) s->may_be_there = true;
      if (s->give_up && std::chrono::steady_clock::now() >= *s->give_up) return end(s, given_up(*s));
      if (!std::exchange(said, true)) out::warning("peer", "{}: no answer ({}); trying again", url, r.error.code);
      return io.post_after(100ms, [self = shared_from_this(), s] { self->attempt(s); });
    }
    said = false;
    end(s, Error{"PEER_REFUSED", "trade-execution refused targets with status " + std::to_string(r.status) + ": " + r.body.substr(0, 300)});
  }
  void attempt(const Shared& s) {
    auto made = call(s->key, s->body);
    if (s->give_up) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(*s->give_up - std::chrono::steady_clock::now());
      made.deadline = std::clamp(left, std::chrono::milliseconds(100), made.deadline);
    }
    const std::scoped_lock hold(lock);
    if (stopped) return;
    client->send(std::move(made), [self = shared_from_this(), s](const edge::HttpReply& r) { self->judge(s, r); });
  }
};

TargetsSender::TargetsSender(edge::IoThread& io, CoreLoop& loop, std::string base_url)
    : impl_(std::make_shared<Impl>(io, loop, std::move(base_url))) {}
TargetsSender::~TargetsSender() {
  {
    const std::scoped_lock hold(impl_->lock);
    impl_->stopped = true;
  }
  impl_->client.reset();  // waits for its callbacks
}

void TargetsSender::send(std::string key, std::string body, std::function<void(const Result<void>&)> done) {
  impl_->attempt(std::make_shared<Impl::Sending>(Impl::Sending{std::move(key), std::move(body), std::move(done), {}, false}));
}

void TargetsSender::send_within(std::chrono::milliseconds patience, std::string key, std::string body,
                                std::function<void(const Result<void>&)> done) {
  impl_->attempt(std::make_shared<Impl::Sending>(Impl::Sending{std::move(key), std::move(body), std::move(done),
                                                               std::chrono::steady_clock::now() + patience, false}));
}

}  // namespace bowline::services
