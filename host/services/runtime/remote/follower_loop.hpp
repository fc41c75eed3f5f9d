// The loop of a process without feeds: turns what its followers hear until the owner of event time ends the run.
#pragma once

#include <vector>

#include "services/runtime/core_loop.hpp"
#include "services/runtime/remote/follower.hpp"

namespace bowline::services {

class FollowerLoop final : public CoreLoop {
 public:
  explicit FollowerLoop(core::RecordSink& sink) : sink_(sink) {}
  /// Before run(); borrowed.
  void add(Follower& follower);
  RunEnd run() override;
  void pump() override;
  void pass_time(core::Nanos until) override;

 private:
  core::RecordSink& sink_;
  std::vector<Follower*> followers_;
  RunEnd turn();
  bool serve();
};

}  // namespace bowline::services
