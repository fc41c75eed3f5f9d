// Which instances exist, for the moment of death: a terminate handler and a signal handler can ask it which
// plugin call the dying thread is in, without locks and without allocating. Internal to the loader.
#pragma once

#include <string>
#include <string_view>

#include "loader/watch_slot.hpp"

namespace bowline::loader {

/// Texts made ready when there was time: handlers only write them.
struct RegisteredInstance {
  const WatchSlot* slot = nullptr;
  std::string label;          ///< instance mom_btc (plugin com.example.momentum, file libmomentum.so)
  std::string record_prefix;  ///< the quarantine record up to and including "call":"
};

/// The record's first part: {"instance":...,"plugin":...,"sha256":...,"call":"
std::string record_prefix(std::string_view instance, std::string_view plugin, std::string_view sha256);
/// Completes a record with a newline into `buffer`; gives the length, 0 when it does not fit.
/// Async-signal-safe but for snprintf, which glibc keeps free of locks for these conversions.
std::size_t complete_record(char* buffer, std::size_t size, const char* prefix, const char* call,
                            std::uint64_t event, const char* why) noexcept;

/// At most 256 instances are known at a time; more are simply not named. [control]
void register_instance(const WatchSlot& slot, std::string label, std::string prefix);
void unregister_instance(const WatchSlot& slot) noexcept;
/// The instance that the calling thread is inside of, or nullptr. [any], async-signal-safe
const RegisteredInstance* instance_of_this_thread() noexcept;

}  // namespace bowline::loader
