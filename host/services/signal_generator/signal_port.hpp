// A signal plugin's instance as signal-generator sees it.
#pragma once

#include <bowline/result.hpp>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/records.hpp"

namespace bowline::services {

/// The features one instance selected: updated by every bar, read once per frame.
class FrameSource {
 public:
  virtual ~FrameSource() = default;
  virtual std::size_t cols() const noexcept = 0;
  /// The columns' names, cols() of them, and the hash that stands for them in records.
  virtual std::span<const std::string> names() const = 0;
  virtual const core::SharedText& names_hash() const = 0;
  virtual void update(const bl_bar& bar) = 0;
  /// Writes cols() values; NaN while cold. Gives the quality bits of the row.
  virtual std::uint32_t row(core::InstrumentId instrument, std::span<double> out) const = 0;
};

/// One thing that was said. `model`: the model id's text, empty when none was named; the port's, it stands as long as the port.
struct Said {
  bl_prediction p;
  const core::SharedText* model;
  std::uint32_t signal;  // the generator's number of the port
};

/// Mean return over the horizon of each class that the instance predicts; NaN = not known.
struct ClassReturns {
  double up, flat, down;
};

class SignalPort {
 public:
  virtual ~SignalPort() = default;
  virtual const core::SharedText& name() const = 0;
  /// Whether it asked for events of this type.
  virtual bool wants(std::uint16_t type) const noexcept = 0;
  /// nullptr when it selected no features.
  virtual FrameSource* frames() noexcept = 0;
  /// One event; what is said to it is appended, with 0 for the signal. An error leaves out what this call said.
  virtual Result<void> on_event(const bl_event& event, std::vector<Said>& out) = 0;
  /// Whether it can tell what its expected move is reckoned with, and what each feature contributed to a prediction. Neither
  /// ever changes.
  virtual bool calibrates() const noexcept { return false; }
  virtual bool explains() const noexcept { return false; }
  virtual Result<ClassReturns> class_returns() { return Error{"PLUGIN_EXTENSION_MISSING", "it tells no class returns"}; }
  /// Of row `row` of a frame that it was given, to class `output` (0 down, 1 flat, 2 up), in margin space; `out` has a place per
  /// column and the bias behind them.
  virtual Result<void> contributions(const bl_frame& /*frame*/, std::uint32_t /*row*/, std::uint32_t /*output*/, std::span<double> /*out*/) {
    return Error{"PLUGIN_EXTENSION_MISSING", "it explains no prediction"};
  }
};

}  // namespace bowline::services
