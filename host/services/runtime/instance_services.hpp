// What the host offers to one plugin instance: instruments, engine time, timers, publishing, features, secrets, network, log.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "core/data_symbols.hpp"
#include "core/instrument.hpp"
#include "loader/instance_host.hpp"
#include "services/runtime/event_inbox.hpp"
#include "services/runtime/net_port.hpp"
#include "services/signal_generator/signal_port.hpp"

namespace bowline::services {

/// Facts that every instance of a run shares. Borrowed; must outlive the instances.
struct RunFacts {
  const core::InstrumentTable* instruments = nullptr;
  core::DataSymbols data;                                 ///< what feeds and signals call them
  std::atomic<std::int64_t> engine_ns{0};                 ///< engine time: the time of the event being handled
  std::atomic<std::uint32_t> timers{0};                   ///< armed by all instances: nearly always none, asked at every event
  std::atomic<bool> some_failed{false};                   ///< one of them said that it failed
  std::function<std::int64_t()> wall_ns;                  ///< the one seam that reads a clock
  std::function<Result<std::string>(std::string_view)> secret;  ///< "secret://name" -> its text; empty: not offered
  /// Makes the frames of a selection by feature names; empty: bowline.features/1 is not offered.
  std::function<Result<std::unique_ptr<FrameSource>>(std::span<const std::string_view>)> select;
  NetMaker network;  ///< makes what bowline.http/1 and bowline.ws/1 are; empty: neither is offered
};

class InstanceServices final : public loader::InstanceHost {
 public:
  /// `paced`: a feed, whose now_ns() is the wall clock (it paces itself on it); everyone else gets engine time.
  InstanceServices(std::string id, RunFacts& facts, bool paced) : id_(std::move(id)), facts_(facts), paced_(paced) {}

  // ---- loader::InstanceHost
  bool offers(loader::Service service) const noexcept override;
  std::int64_t now_ns() noexcept override;
  void wake() noexcept override;
  void log(std::uint32_t level, std::string_view text) noexcept override;
  void failed(const Error& why) noexcept override;
  bl_status publish(const bl_event& event) noexcept override;
  bl_status timer_arm(std::uint64_t id, std::int64_t due_ns, std::int64_t period_ns) noexcept override;
  bl_status timer_disarm(std::uint64_t id) noexcept override;
  bl_status secret_get(std::string_view ref, std::span<char> out, std::uint64_t& length) noexcept override;
  bl_status select_features(std::span<const std::string_view> names, Error& why) noexcept override;
  bl_status find_instrument(std::string_view symbol, std::uint32_t& instrument) noexcept override;
  bl_status product(std::uint32_t instrument, bl_product& out) noexcept override;
  bl_status asset(std::string_view code, std::uint32_t& asset) noexcept override;
  bl_status http_send(const bl_http_request& request, Error& why) noexcept override;
  bl_status http_cancel(std::uint64_t request) noexcept override;
  bl_status ws_open(std::uint64_t conn, std::string_view url, std::string_view headers, std::uint64_t max_frame, Error& why) noexcept override;
  bl_status ws_send(std::uint64_t conn, std::string_view text) noexcept override;
  bl_status ws_close(std::uint64_t conn) noexcept override;

  // ---- the run's side
  struct Timer {
    std::int64_t due = 0, period = 0;
  };
  std::string_view works_for;                      ///< the service it works for, for its log lines; static text
  /// A feed or a signal: it knows instruments by what their data are told under (trading rules 5.7), and nobody else does. Set before
  /// configure.
  bool by_data = false;
  std::function<void()> on_wake;                   ///< set before configure; called from any thread
  EventInbox* inbox = nullptr;                     ///< where published events go; null = publish is not offered
  std::function<void()> on_publish;                ///< set before start; called from any thread when something was published
  /// Its host id, where it may talk to others; 0: http and ws are not offered. Set before configure. What comes of them is
  /// drained by whoever calls its lane.
  std::uint32_t networked = 0;
  /// Null while it never asked for http or ws. [any]
  NetPort* net() const noexcept {
    const std::scoped_lock hold(net_lock_);
    return net_.get();
  }
  /// What the other side lets through, and who is rung when something came: told to the port that is there, or as soon as one
  /// is. A new bell takes the place of the one before, which is not rung any more; empty: nobody. [control]
  void budget(loader::VenueRates rates);
  void listen(std::function<void()> bell);
  /// A feed: its timers are due by the clock, and fired on its own lane. Everyone else's are the core's, in engine time.
  bool by_clock() const noexcept { return paced_; }
  const std::map<std::uint64_t, Timer>& timers() const noexcept { return timers_; }
  /// It has fired at `now`: it is due again one period later, or gone. [lane]
  void fired(std::uint64_t id, std::int64_t now) noexcept;
  /// What the instance selected in configure; empty when nothing.
  std::unique_ptr<FrameSource> take_frames() noexcept { return std::move(frames_); }
  bool has_failed() const noexcept { return failed_.load(std::memory_order_acquire); }
  /// Why it failed, in its own words; to be asked when has_failed(). [any]
  Error failure() const {
    const std::scoped_lock hold(failure_lock_);
    return failure_;
  }

 private:
  std::string id_;
  RunFacts& facts_;
  bool paced_;
  std::map<std::uint64_t, Timer> timers_;  // by id: fires in that order at one time
  std::unique_ptr<FrameSource> frames_;
  // Made when the plugin asks for one of the two services: nobody else pays for a thread and connections.
  mutable std::mutex net_lock_;
  mutable std::unique_ptr<NetPort> net_;
  std::optional<loader::VenueRates> rates_;
  std::function<void()> bell_;
  bool networks() const noexcept;
  mutable std::mutex failure_lock_;
  Error failure_;
  std::atomic<bool> failed_{false};
  std::atomic<std::uint32_t> logged_{0};
};

}  // namespace bowline::services
