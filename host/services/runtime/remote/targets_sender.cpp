#include <mutex>

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
  static Result<void> judge(const edge::HttpReply& r) {
    if (r.complete() && r.status == 200) return {};
    if (!r.complete()) return r.error;
    return Error{"PEER_REFUSED", "trade-execution refused targets with status " + std::to_string(r.status) + ": " + r.body.substr(0, 300)};
  }
  void attempt(std::string key, std::string body, std::function<void(const Result<void>&)> done) {
    auto made = call(key, body);
    const std::scoped_lock hold(lock);
    if (stopped) return;
    client->send(std::move(made), [self = shared_from_this(), key = std::move(key), body = std::move(body),
                                  done = std::move(done)](const edge::HttpReply& r) mutable {
      // Not answered, or answered by a service that is not there yet: the same key again is safe.
      if (!r.complete() || r.status >= 500) {
        if (!std::exchange(self->said, true)) out::warning("peer", "{}: no answer ({}); trying again", self->url, r.error.code);
        return self->io.post_after(100ms, [self, key = std::move(key), body = std::move(body), done = std::move(done)]() mutable {
          self->attempt(std::move(key), std::move(body), std::move(done));
        });
      }
      self->said = false;
      static_cast<void>(self->loop.post([done = std::move(done), answer = judge(r)] { done(answer); }));
    });
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
  impl_->attempt(std::move(key), std::move(body), std::move(done));
}

Result<void> TargetsSender::send_now(std::string key, std::string body) {
  return Impl::judge(impl_->client->fetch(impl_->call(key, body)));
}

}  // namespace bowline::services
