// What the routes ask of the process they run in: the core thread, its time, and the store. Functions and not
// a Pipeline, so that routes are tested without one.
#pragma once

#include <bowline/result.hpp>
#include <functional>
#include <span>
#include <string>

#include "core/instrument.hpp"
#include "core/portfolio_view.hpp"
#include "core/prediction.hpp"
#include "services/runtime/plan_audit.hpp"
#include "store/page.hpp"

namespace bowline::services {
namespace wire {
struct Targets;
}

/// Filled before the server starts, then read only; must outlive the server. The store's functions run off
/// the I/O thread and give JSON text; an empty one is answered with 503 STORE_ABSENT.
struct Backend {
  using Json = Result<std::string>;

  /// Runs the work on the core thread; false when the loop has ended: 503 SERVICE_STOPPING. [any]
  std::function<bool(std::function<void()>)> post{};
  /// False from the moment a stop begins: what makes new orders is answered with 503 SERVICE_STOPPING, what ends them is
  /// taken as long as the loop turns. Empty: always. [core thread]
  std::function<bool()> accepting{};
  /// Engine time. [core thread]
  std::function<core::Nanos()> now{};
  /// Lets the broker act on what was commanded. [core thread]
  std::function<void()> pump{};
  /// Runs blocking work on a worker; false when it takes none any more. Empty: the calling thread does it
  /// (tests).
  std::function<bool(std::function<void()>)> offload{};
  const core::InstrumentTable* instruments = nullptr;

  /// The book as the rebalancer sees it; null: this process keeps no portfolio. [core thread]
  const core::PortfolioView* view = nullptr;
  /// How handing over a plan ended, told once, on the core thread: taken, or an error; see Run::take_plan.
  using Taken = std::function<void(const Result<void>&)>;
  /// Hands a rebalancer's whole plan to trade-execution. Empty: there is none in reach. [core thread]
  std::function<void(std::span<const core::Target>, core::Nanos, const Asker&, Taken)> take_plan{};

  /// Takes what a service in another process proposes; true when this key was answered before. Empty: all proposers are
  /// in this process. [core thread]
  std::function<Result<bool>(const wire::Targets&, const std::string& key, const std::string& body)> take_targets{};

  // ---- the store
  std::function<Result<store::Page>(const store::PageAsk&)> signals{}, decisions{}, orders{}, portfolio_history{}, rebalances{};
  /// Errors whose code ends in _NOT_FOUND are answered with 404.
  std::function<Json(const std::string&id)> order{}, explain_signal{}, explain_decision{}, explain_order{};
};

}  // namespace bowline::services
