#include "exchange/server/hub.hpp"

#include <unistd.h>

#include <boost/asio/post.hpp>
#include <chrono>

namespace bowline::exchange {

std::int64_t wall_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
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
    if (ec || stopping_) return;
    armed_ns_ = forever;
    venue_.advance(wall_ns());
    pump();
  });
}

void Hub::remove_stream(StreamId id) {
  streams_.erase(id);
  venue_.closed(id);
}

std::uint64_t Hub::enter(bool stream, std::function<void()> cut) {
  connections_.emplace(++last_, Connection{stream, std::move(cut)});
  return last_;
}

void Hub::becomes_stream(std::uint64_t connection) {
  if (const auto it = connections_.find(connection); it != connections_.end()) it->second.stream = true;
}

void Hub::cut_all(bool streams_only) {
  std::vector<std::function<void()>> cuts;
  for (auto it = connections_.begin(); it != connections_.end();) {
    if (streams_only && !it->second.stream) {
      ++it;
      continue;
    }
    cuts.push_back(std::move(it->second.cut));
    it = connections_.erase(it);
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
  if (stopping_) return;
  stopping_ = true;
  timer_.cancel();
  for (const auto& f : on_stop_) f();
  cut_all(false);
  // What was cut runs to its end first.
  boost::asio::post(io_, [this] { boost::asio::post(io_, [this] { io_.stop(); }); });
}

void Hub::log(std::string_view address, const WebRequest& r, int status, std::string_view note) {
  if (log_ == nullptr) return;
  std::string target;
  for (const char c : r.target.substr(0, 512)) target += static_cast<unsigned char>(c) > ' ' ? c : '_';
  std::fprintf(log_, "%lld %.*s %s %s %d %.*s\n", static_cast<long long>(wall_ns() / 1'000'000), static_cast<int>(address.size()), address.data(),
               r.method.c_str(), target.c_str(), status, static_cast<int>(note.size()), note.data());
  std::fflush(log_);
}

}  // namespace bowline::exchange
