// What passes between this host and the venue about an order and is in no other table: what was sent, with what handing it
// over came to, and what was told that moved nothing (a duplicate, a mismatch, an answer that says what is known). Written
// only where records are wanted; nothing hangs on it.
#pragma once

#include <deque>
#include <map>
#include <span>
#include <string>

#include "core/order.hpp"
#include "core/records.hpp"
#include "services/trade_execution/broker_port.hpp"

namespace bowline::services {

class VenueTrail {
 public:
  explicit VenueTrail(core::RecordSink& sink) : sink_(sink) {}

  /// When it is: the number and time of what is being done.
  struct At {
    std::uint64_t seq;
    core::Nanos time;
  };
  void submitted(const core::Order& order, HandOver done, const Error& why, At at);
  void amended(const core::Order& order, const core::Intent& wanted, HandOver done, const Error& why, At at);
  void cancelled(const core::Order& order, const Result<void>& done, At at);
  void asked(const core::Order& order, const Error* why, At at);
  /// A report that moved nothing.
  void told(const core::Order& order, const bl_exec& exec, At at);
  /// A fill that was not booked, and why not.
  void told(const core::Order& order, const bl_fill& fill, std::string_view why, At at);

 private:
  struct Word {
    core::Id128 said{};  // the hash of it
    std::uint64_t again = 0;
  };
  core::RecordSink& sink_;
  std::map<core::Id128, Word> last_;  // by the hash of order, way and what: a poll says the same over and over
  std::deque<core::Id128> kept_;      // the keys of last_, the oldest first

  void put(const core::Order& order, std::string_view way, std::string_view what, std::string_view about, std::string_view state,
           std::string text, At at);
};

}  // namespace bowline::services
