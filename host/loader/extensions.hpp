// The extensions of ABI 1.0 as typed calls: what `bowline train`, the explain routes and the rate budget use.
#pragma once

#include <bowline/plugin.h>

#include <bowline/result.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "loader/instance.hpp"

namespace bowline::loader {

/// Told how far training is (0..1) and what it is doing; false cancels.
using FitProgress = std::function<bool(double done, std::string_view note)>;

/// bowline.trainer/1: whether the signal can learn. From Configured on. [control]
bool can_fit(SignalInstance& signal);
/// Learns from `train`, judged on `eval` (may be null), and writes its model files into `dir`. Takes as long
/// as it takes: the watchdog does not count it. `progress` is called on this thread, or on one that the
/// plugin waits for. Errors: PLUGIN_EXTENSION_MISSING, PLUGIN_CALL_FAILED, PLUGIN_FIT_CANCELLED. [control]
Result<void> fit(SignalInstance& signal, const bl_dataset& train, const bl_dataset* eval,
                 const std::filesystem::path& dir, const FitProgress& progress);

/// bowline.explain/1: how the signal says what each feature contributed; null: it does not. [control]
const bl_explain_v1* explainer_of(SignalInstance& signal);
/// Additive contributions of row `row` of `frame` to class `output`, in margin space; `out` has cols + 1
/// places, the bias comes last. Errors: PLUGIN_EXTENSION_MISSING (no `explainer`), PLUGIN_EXTENSION_INVALID,
/// PLUGIN_CALL_FAILED. [lane]
Result<void> contributions(SignalInstance& signal, const bl_explain_v1* explainer, const bl_frame& frame, std::uint32_t row,
                           std::uint32_t output, std::span<double> out);

/// Mean return of each class over the horizon; NaN = not known.
struct ClassReturns {
  double up, flat, down;
};
/// bowline.calibration/1: how the signal says what its expected move is reckoned with; null: it does not. [control]
const bl_calibration_v1* calibration_of(SignalInstance& signal);
/// Errors: PLUGIN_EXTENSION_MISSING (no `calibration`), PLUGIN_CALL_FAILED. [lane]
Result<ClassReturns> class_returns(SignalInstance& signal, const bl_calibration_v1* calibration);

/// bowline.assess/1: the risk rule's standing assessment as JSON text. Errors: PLUGIN_EXTENSION_MISSING,
/// PLUGIN_CALL_FAILED, PLUGIN_EXTENSION_INVALID. [lane]
Result<std::string> assessment(RiskInstance& risk);

/// bowline.venue/1: one bucket of the venue's rate budget, and what a call costs. Copied.
struct RateClass {
  std::string name;
  std::uint32_t per_second = 0, burst = 0, per_hour = 0;  ///< per_hour 0 = no hourly quota
};
struct CallCost {
  std::uint32_t call = 0;        ///< BL_CALL_*
  std::uint32_t rate_class = 0;  ///< index into classes
  std::uint32_t cost = 0;
};
struct VenueRates {
  std::vector<RateClass> classes;
  std::vector<CallCost> costs;
};
/// Empty lists when the instance does not offer the extension. Error: PLUGIN_EXTENSION_INVALID. After
/// configure. [control]
Result<VenueRates> venue_rates(Instance& instance);

/// bowline.venue/1 from ABI 1.3 on: what the venue has said so far of the key in use and of its clock. What is empty was not told.
struct VenueStanding {
  bool key_told = false;
  bool may_view = false, may_trade = false, may_transfer = false;  ///< false without key_told
  std::optional<std::string> portfolio;                            ///< that the key is bound to; safe to print
  std::optional<std::int64_t> skew_ns;                             ///< the venue's clock less the host's
};
/// Errors: PLUGIN_STATE (it does not run), PLUGIN_EXTENSION_MISSING (also a plugin of before 1.3), PLUGIN_CALL_FAILED. [lane]
Result<VenueStanding> venue_standing(Instance& instance);

}  // namespace bowline::loader
