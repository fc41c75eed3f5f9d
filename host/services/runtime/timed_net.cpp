#include "services/runtime/timed_net.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace bowline::services {
namespace {

constexpr std::size_t most_kept = 4096;

class Timed final : public NetPort {
 public:
  Timed(std::unique_ptr<NetPort> inner, std::shared_ptr<NetTimes> into, std::function<std::int64_t()> wall_ns)
      : inner_(std::move(inner)), into_(std::move(into)), wall_ns_(std::move(wall_ns)) {}

  bl_status http_send(const bl_http_request& q, Error& why) override {
    {
      const std::scoped_lock hold(lock_);
      sent_[q.request] = wall_ns_();  // before its answer can come
    }
    const bl_status status = inner_->http_send(q, why);
    if (status >= 0) return status;
    const std::scoped_lock hold(lock_);
    sent_.erase(q.request);
    return status;
  }
  bl_status http_cancel(std::uint64_t request) override { return inner_->http_cancel(request); }
  bl_status ws_open(std::uint64_t conn, std::string_view url, std::string_view headers, std::uint64_t max_frame, Error& why) override {
    return inner_->ws_open(conn, url, headers, max_frame, why);
  }
  bl_status ws_send(std::uint64_t conn, std::string_view text) override { return inner_->ws_send(conn, text); }
  bl_status ws_close(std::uint64_t conn) override { return inner_->ws_close(conn); }
  void budget(const loader::VenueRates& rates) override { inner_->budget(rates); }
  void on_arrival(std::function<void()> bell) override { inner_->on_arrival(std::move(bell)); }
  bool some() const noexcept override { return inner_->some(); }
  void drain(const std::function<void(const bl_event&)>& f) override {
    inner_->drain([&](const bl_event& e) {
      if (e.type == BL_EV_HTTP) ended(reinterpret_cast<const bl_http_result&>(e));
      f(e);
    });
  }
  std::size_t outstanding() const override { return inner_->outstanding(); }
  void wait(std::chrono::milliseconds most) override { inner_->wait(most); }
  void close() override { inner_->close(); }

 private:
  std::unique_ptr<NetPort> inner_;
  std::shared_ptr<NetTimes> into_;
  std::function<std::int64_t()> wall_ns_;
  std::mutex lock_;
  std::map<std::uint64_t, std::int64_t> sent_;

  void ended(const bl_http_result& r) {
    std::int64_t sent = 0;
    {
      const std::scoped_lock hold(lock_);
      const auto it = sent_.find(r.request);
      if (it == sent_.end()) return;
      sent = it->second;
      sent_.erase(it);
    }
    if (r.outcome == BL_OK) into_->took(std::max<std::int64_t>(0, r.h.ts_recv - sent));
    else into_->failed_by(r.body.len == 0 ? std::string("no reply") : std::string(r.body.ptr, r.body.len));
  }
};

}  // namespace

std::vector<std::int64_t> NetTimes::round_trips() const {
  const std::scoped_lock hold(lock_);
  return took_;
}

std::string NetTimes::last_failure() const {
  const std::scoped_lock hold(lock_);
  return failure_;
}

std::uint64_t NetTimes::failed() const {
  const std::scoped_lock hold(lock_);
  return failed_;
}

void NetTimes::took(std::int64_t ns) {
  const std::scoped_lock hold(lock_);
  if (took_.size() == most_kept) took_.erase(took_.begin());
  took_.push_back(ns);
}

void NetTimes::failed_by(std::string why) {
  const std::scoped_lock hold(lock_);
  failure_ = std::move(why);
  ++failed_;
}

std::int64_t percentile(std::vector<std::int64_t> times, unsigned of) {
  if (times.empty()) return 0;
  std::sort(times.begin(), times.end());
  const std::size_t rank = (times.size() * std::min(of, 100u) + 99) / 100;  // the nearest rank, from 1
  return times[std::max<std::size_t>(rank, 1) - 1];
}

NetMaker timed_network(NetMaker inner, std::shared_ptr<NetTimes> into, std::function<std::int64_t()> wall_ns) {
  return [inner = std::move(inner), into = std::move(into), wall_ns = std::move(wall_ns)](std::uint32_t source) -> std::unique_ptr<NetPort> {
    return std::make_unique<Timed>(inner(source), into, wall_ns);
  };
}

}  // namespace bowline::services
