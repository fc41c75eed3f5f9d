// The host's half of an instance, internal to the loader: bl_host, what its ctx points at, and the services'
// tables.
#pragma once

#include <bowline/plugin.h>

#include <atomic>
#include <bowline/result.hpp>
#include <mutex>
#include <string>

#include "loader/instance.hpp"

namespace bowline::loader {

/// Lives at a stable address from before create() until after destroy(); longer when the instance was
/// abandoned, because threads of the plugin may still call in: then `host` is null and every call answers
/// BL_E_STATE.
struct HostSide {
  WatchSlot slot;
  std::atomic<State> state{State::Creating};
  std::atomic<bool> configuring{false};
  std::atomic<InstanceHost*> host{nullptr};
  bl_host table{};
  std::mutex failure_mutex;
  Error failure{};  ///< under failure_mutex; empty code = none

  std::string instance, plugin;  ///< ids, for messages

  HostSide(InstanceHost& to, std::string instance_id, std::string plugin_id);
  /// The first failure is kept and told to the host; later ones change nothing.
  void fail(const Error& why) noexcept;
};

}  // namespace bowline::loader
