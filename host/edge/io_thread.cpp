#include "edge/io_thread.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "edge/io_impl.hpp"

namespace bowline::edge {

IoThread::IoThread() : impl_(std::make_unique<Impl>()) {
  impl_->thread = std::thread([impl = impl_.get()] {
    impl->id.store(std::this_thread::get_id());
    try {
      impl->context.run();
    } catch (const std::exception& e) {
      // Handlers are guarded where they are called: what arrives here is an impossible state.
      std::fprintf(stderr, "bowline: the I/O thread was ended by an exception: %s\n", e.what());
      std::abort();
    }
  });
}

IoThread::~IoThread() { stop(); }

void IoThread::post(std::function<void()> work) {
  if (!impl_->stopped.load()) boost::asio::post(impl_->context, std::move(work));
}

void IoThread::post_after(std::chrono::nanoseconds delay, std::function<void()> work) {
  post([this, delay, work = std::move(work)]() mutable {
    auto timer = std::make_shared<boost::asio::steady_timer>(impl_->context, delay);
    timer->async_wait([timer, work = std::move(work)](boost::system::error_code ec) {
      if (!ec) work();
    });
  });
}

bool IoThread::in_thread() const noexcept { return impl_->in_thread(); }

void IoThread::stop() {
  if (impl_->stopped.exchange(true)) return;
  impl_->work.reset();
  impl_->context.stop();
  if (impl_->thread.joinable()) impl_->thread.join();
}

}  // namespace bowline::edge
