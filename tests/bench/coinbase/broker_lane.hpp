// The built broker plugin as a live run has it: loaded by the loader, its requests served by the run's own network, its lane turned
// by a loop that sleeps until the network rings.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "bench/orders/figures.hpp"
#include "bench/orders/order_desk.hpp"
#include "services/runtime/core_loop.hpp"

namespace bench {

class BrokerLane {
 public:
  struct Venue {
    std::string url, ca_file;
    std::string key;          ///< the private key's text
    std::uint32_t rate = 10;  ///< requests a second that it lets through
  };
  /// `plugins`: the folder of the built ones; `var`: one for copies.
  BrokerLane(const std::filesystem::path& plugins, const std::filesystem::path& var, Venue venue);
  ~BrokerLane();

  /// The plugin is started, and has asked what it asks before the first order.
  void start();
  /// A limit order, from the call of submit until the acknowledgement lies in the host's hands: the event that the plugin told has been
  /// read out of the inbox. What the plugin does behind that is done when this returns, and not in the time. us.
  double place(const bl_intent& order);
  /// Engine time is the clock's, and what is due by it fires.
  void to_now();

 private:
  class Loop;
  void pump();
  /// Until `done`, or it gives up.
  template <class F>
  void turn_until(F&& done, const char* what);

  core::InstrumentTable table_;
  services::RunFacts facts_;
  services::EventInbox inbox_;
  services::InstanceServices services_{"venue", facts_, false};
  std::unique_ptr<loader::BrokerInstance> instance_;
  std::unique_ptr<services::BrokerAdapter> broker_;
  std::unique_ptr<Loop> loop_;
  std::vector<services::Listener> listeners_;
  std::atomic<bool> gate_{false};
  std::uint64_t events_ = 0;
  std::string waited_for_;        // the client id of the order under way
  Clock::time_point heard_;       // when it was acknowledged
  std::string refused_;           // why it was not
};

/// A purchase of BTC-USD that rests, under that client id.
bl_intent limit_order(const std::string& client_id);

}  // namespace bench
