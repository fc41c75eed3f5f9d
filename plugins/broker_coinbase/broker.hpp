// The broker as a whole: what the host asks of it, on the lane, goes to the part that does it; what comes back goes to who sent it.
#pragma once

#include <bowline/plugin.h>

#include <bowline/network.hpp>
#include <bowline/result.hpp>
#include <span>

#include "amend.hpp"
#include "cancel.hpp"
#include "kit.hpp"
#include "look.hpp"
#include "products.hpp"
#include "query.hpp"
#include "start.hpp"
#include "stream.hpp"
#include "submit.hpp"

namespace bowline::broker_coinbase {

/// `host` and `options` outlive it.
class Broker {
 public:
  Broker(const Host& host, const Options& options, coinbase::Credentials credentials);

  /// [control] Asks for the time, the key's rights and the products, and opens the stream. Errors: SERVICE_MISSING.
  Result<void> begin();
  /// [control] What is under way at the host ends there; its answers are not heard any more.
  void end();

  Taken submit(const bl_intent& intent);
  Taken cancel(std::span<const bl_order_ref> refs);
  Taken amend(const bl_order_ref& ref, const bl_intent& wanted);
  Taken query(const bl_query& q);
  /// Answers, frames and timers of ours; everything else is nothing to it. Events go into `sink`.
  void on_event(const bl_event& e, const bl_sink& sink);

  /// What is done while nothing else is to be.
  void on_wake() { kit_.session.stock_up(); }

  /// What the venue has said of the key and of its clock.
  bl_standing standing() const noexcept;

  const Kit& kit() const noexcept { return kit_; }
  const Stream& stream() const noexcept { return stream_; }
  KeyState key() const noexcept { return start_.key(); }

 private:
  std::optional<Taken> key_refused() const;

  Kit kit_;
  Look look_;
  Products products_;
  Start start_;
  Stream stream_;
  Cancel cancel_;
  Submit submit_;
  Amend amend_;
  Query query_;
};

}  // namespace bowline::broker_coinbase
