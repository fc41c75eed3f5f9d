// SIGINT and SIGTERM, for the verbs that turn a run.
#pragma once

#include <csignal>
#include <functional>
#include <thread>

namespace bowline::cli {

/// SIGINT and SIGTERM end the run in order. They are taken by a thread of their own, so that nothing runs in a handler.
class StopSignals {
 public:
  /// Before any other thread is made: they inherit the mask.
  StopSignals() {
    sigemptyset(&set_);
    for (const int s : {SIGINT, SIGTERM, SIGUSR2}) sigaddset(&set_, s);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);  // a file at its limit is a full disk to the store, not the end of the process
  }
  void watch(std::function<void()> stop) {
    thread_ = std::thread([this, stop = std::move(stop)] {
      for (;;) {
        int got = 0;
        if (sigwait(&set_, &got) != 0 || got == SIGUSR2) return;
        stop();
      }
    });
  }
  ~StopSignals() {
    if (!thread_.joinable()) return;
    pthread_kill(thread_.native_handle(), SIGUSR2);
    thread_.join();
  }
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

 private:
  sigset_t set_{};
  std::thread thread_;
};

}  // namespace bowline::cli
