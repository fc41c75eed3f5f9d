// The event loop behind IoThread. Only the units that do sockets include this.
#pragma once

#include <utility>  // Boost 1.74's awaitable.hpp needs it and does not include it

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <thread>

#include "edge/io_thread.hpp"

namespace bowline::edge {

struct IoThread::Impl {
  std::atomic<bool> stopped{false};  // before `context`: work dropped by its destructor still asks
  boost::asio::io_context context{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{context.get_executor()};
  std::thread thread;
  std::atomic<std::thread::id> id{};

  bool in_thread() const noexcept { return id.load(std::memory_order_relaxed) == std::this_thread::get_id(); }
};

}  // namespace bowline::edge
