#include "exchange/server/hub.hpp"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <exception>
#include <thread>

namespace bowline::exchange {
namespace asio = boost::asio;

std::int64_t wall_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

namespace {

std::vector<std::unique_ptr<Hub::Loop>> make_loops(unsigned n) {
  std::vector<std::unique_ptr<Hub::Loop>> out;
  for (unsigned i = 0; i < std::max(n, 1u); ++i) out.push_back(std::make_unique<Hub::Loop>(1));  // each has one thread
  return out;
}

}  // namespace

Hub::Hub(Venue& venue, std::FILE* log, unsigned threads) : loops_(make_loops(threads)), timer_(*loops_.front()), venue_(venue), log_(log) {
  for (auto it = loops_.begin() + 1; it != loops_.end(); ++it) awake_.push_back(asio::make_work_guard(**it));
}
Hub::~Hub() = default;

Hub::Loop& Hub::next_loop() { return *loops_[turn_++ % loops_.size()]; }

void Hub::run_other(Loop& loop) {
  try {
    loop.run();
  } catch (...) {
    const std::lock_guard guard(lock_);
    if (!failed_) failed_ = std::current_exception();
    io().stop();
  }
}

void Hub::run() {
  std::vector<std::thread> threads;
  for (auto it = loops_.begin() + 1; it != loops_.end(); ++it) threads.emplace_back([this, loop = it->get()] { run_other(*loop); });
  const auto end = [&] {
    for (auto& loop : loops_) loop->stop();
    for (std::thread& t : threads) t.join();
  };
  try {
    io().run();
  } catch (...) {
    end();
    throw;
  }
  // What was cut on the other loops runs to its end first, as on this one.
  for (auto it = loops_.begin() + 1; it != loops_.end(); ++it)
    asio::post(**it, [loop = it->get()] { asio::post(*loop, [loop] { loop->stop(); }); });
  for (std::thread& t : threads) t.join();
  threads.clear();
  if (failed_) std::rethrow_exception(failed_);
}

void Hub::pump() {
  venue_.take_frames(frames_);
  for (FrameOut& f : frames_)
    if (const auto it = streams_.find(f.stream); it != streams_.end()) it->second->send(std::move(f));
  frames_.clear();
  arm();
}

/// One timer for all that the venue has to do; set anew only when something is due earlier, so that a busy venue does not set it each time.
void Hub::arm() {
  if (stopping_) return;
  const std::int64_t due = venue_.next_due();
  if (due >= armed_ns_) return;
  armed_ns_ = due;
  timer_.expires_after(std::chrono::nanoseconds(std::max<std::int64_t>(due - wall_ns(), 0)));
  timer_.async_wait([this](const boost::system::error_code& ec) {
    if (ec) return;
    const std::lock_guard guard(lock_);
    if (stopping_) return;
    armed_ns_ = forever;
    venue_.advance(wall_ns());
    pump();
  });
}

StreamId Hub::open_stream(StreamKind kind, std::shared_ptr<StreamLine> line) {
  return ask([&](Venue& v) {
    const StreamId id = v.open_stream(kind, wall_ns());
    streams_.emplace(id, std::move(line));
    return id;
  });
}

void Hub::close_stream(StreamId id) {
  const std::lock_guard guard(lock_);
  streams_.erase(id);
  venue_.closed(id);
}

std::uint64_t Hub::enter(std::function<void()> cut) {
  const std::lock_guard guard(lock_);
  connections_.emplace(++last_, Connection{false, std::move(cut)});
  return last_;
}

void Hub::becomes_stream(std::uint64_t connection) {
  const std::lock_guard guard(lock_);
  if (const auto it = connections_.find(connection); it != connections_.end()) it->second.stream = true;
}

void Hub::leave(std::uint64_t connection) {
  const std::lock_guard guard(lock_);
  connections_.erase(connection);
}

void Hub::cut_all(bool streams_only) {
  std::vector<std::function<void()>> cuts;
  {
    const std::lock_guard guard(lock_);
    for (auto it = connections_.begin(); it != connections_.end();) {
      if (streams_only && !it->second.stream) {
        ++it;
        continue;
      }
      cuts.push_back(std::move(it->second.cut));
      it = connections_.erase(it);
    }
  }
  for (const auto& cut : cuts) cut();
}

void Hub::act(ControlAnswer::Then then) {
  using Then = ControlAnswer::Then;
  if (then == Then::kill) ::_exit(137);  // as a kill by signal 9 looks to a shell
  if (then == Then::stop) stop();
  if (then == Then::disconnect_all || then == Then::disconnect_streams) cut_all(then == Then::disconnect_streams);
}

void Hub::stop() {
  {
    const std::lock_guard guard(lock_);
    if (stopping_) return;
    stopping_ = true;
    timer_.cancel();
  }
  for (const auto& f : on_stop_) f();
  cut_all(false);
  // What was cut runs to its end first.
  asio::post(io(), [this] { asio::post(io(), [this] { io().stop(); }); });
}

void Hub::log(std::string_view address, const WebRequest& r, int status, std::string_view note) {
  if (log_ == nullptr) return;
  std::string target;
  for (const char c : r.target.substr(0, 512)) target += static_cast<unsigned char>(c) > ' ' ? c : '_';
  // One call, and so one line, whoever else writes one.
  std::fprintf(log_, "%lld %.*s %s %s %d %.*s\n", static_cast<long long>(wall_ns() / 1'000'000), static_cast<int>(address.size()), address.data(),
               r.method.c_str(), target.c_str(), status, static_cast<int>(note.size()), note.data());
  std::fflush(log_);
}

}  // namespace bowline::exchange
