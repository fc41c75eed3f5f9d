// Why a prediction is what it is: what each instance said of it, what its expected move is reckoned with, and which features
// drove it most, where the instance's plugin tells that (bowline.calibration/1, bowline.explain/1). Nothing is asked, kept or
// written for a run whose plugins offer neither, or whose records nobody wants.
#pragma once

#include <bowline/result.hpp>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "core/prediction.hpp"
#include "core/records.hpp"
#include "services/signal_generator/signal_port.hpp"

namespace bowline::services {

/// Of which predictions the contributions are asked. A model takes some milliseconds for them, a hundred times what the
/// prediction took; what an expected move is reckoned with is told of every BUY and SELL in any case.
enum class Explain : std::uint8_t {
  off,
  orders,     ///< those that an order is made of in their own step, when somebody says so
  decisions,  ///< every BUY and SELL
  all         ///< HOLDs, too
};

class Causes {
 public:
  /// `weights`: by port. `failed` is told of an instance that could not explain; all are borrowed but `failed`.
  Causes(Explain what, std::size_t top, const std::vector<std::unique_ptr<SignalPort>>& ports, core::RecordSink& sink,
         std::function<void(std::uint32_t signal, const Error& why)> failed);

  /// Whether there is anything to write of predictions at all.
  bool wanted() const noexcept { return offered_ && sink_.wanted(); }
  /// What an instance saw and said in the step that is being closed; kept until the next one.
  void frame(std::uint32_t signal, const bl_frame& frame, std::span<const Said> said);
  /// A prediction was made of what was said: writes its causes.
  void predicted(const core::Prediction& made, std::span<const Said> said, std::span<const double> weights, std::uint64_t seq);
  /// Whether explain() can lead to anything; of this action without an order being made of it.
  bool explains() const noexcept { return explained_ && sink_.wanted(); }
  bool explains(core::Action a) const noexcept { return what_ == Explain::all || (what_ == Explain::decisions && a != core::Action::hold); }
  /// Asks for the contributions to a prediction of the step closed last, and writes them.
  void explain(const core::Prediction& made);

 private:
  struct Seen {  // of one port
    bool explains = false, calibrates = false;
    core::Nanos time = 0;
    std::uint64_t id = 0;
    std::uint32_t cols = 0;
    std::vector<std::uint32_t> instruments, quality;
    std::vector<bool> spoke;
    std::vector<double> values;
  };
  Explain what_;
  std::size_t top_;
  const std::vector<std::unique_ptr<SignalPort>>& ports_;
  core::RecordSink& sink_;
  std::function<void(std::uint32_t, const Error&)> failed_;
  std::vector<Seen> seen_;
  std::vector<double> parts_;
  bool offered_ = false, explained_ = false;

  void explain(std::uint32_t signal, const core::Prediction& made);
};

}  // namespace bowline::services
