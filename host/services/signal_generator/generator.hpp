// signal-generator: bars become features, features become predictions. One frame per step holds every instrument whose
// bar arrived; a late bar updates features and is not acted on.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/identity.hpp"
#include "core/instrument.hpp"
#include "core/prediction.hpp"
#include "services/plugin_errors.hpp"
#include "services/signal_generator/causes.hpp"
#include "services/signal_generator/outcomes.hpp"
#include "services/signal_generator/signal_port.hpp"

namespace bowline::services {

/// How several signal instances become one prediction per instrument.
enum class Combine : std::uint8_t { first, mean, vote };

struct GeneratorOptions {
  std::uint64_t seed = 1;
  core::Nanos interval = 300'000'000'000;
  std::uint32_t resolve_bars = 12;  // a signal is resolved this many bars later
  std::uint32_t valid_bars = 1;     // valid_until when the plugin gives none
  Combine combine = Combine::mean;
  std::vector<double> weights;      // by signal instance; empty = equal
  Explain explain = Explain::off;
  std::size_t explain_top = 8;      // contributions that are kept by name
  PluginErrors* plugin_errors = nullptr;  // where errors are counted by instance and reason; may be null
};

class Generator {
 public:
  Generator(GeneratorOptions options, const core::InstrumentTable& table,
            std::vector<std::unique_ptr<SignalPort>> signals, core::RecordSink& sink);

  /// One final bar. `act`: false for a bar that is too late or only warms up.
  void on_bar(const bl_bar& bar, bool act);
  /// Other events (quotes, observations) for the instances that asked for them.
  void on_event(const bl_event& event);
  /// Closes step t: one frame to each instance that selected features, then combines. The span is valid until the next
  /// call. One prediction per instrument at the most, in instrument order.
  std::span<const core::Prediction> predict(core::Nanos now);
  /// Whether explain() has anything to do.
  bool explains() const noexcept { return causes_.explains(); }
  /// When all of the step closed last is done: the contributions to its predictions are asked for and written, as far as they
  /// are wanted. `ordered`: decisions that an order was made of; those of another step are passed over, what they were made on
  /// is gone.
  void explain(std::span<const core::Id128> ordered);

  const Accuracy& accuracy() const noexcept { return outcomes_.accuracy(); }
  std::size_t unresolved() const noexcept { return outcomes_.pending(); }
  const std::array<std::uint64_t, 4>& counts() const noexcept { return counts_; }  // by action
  std::uint64_t errors() const noexcept { return errors_; }
  std::uint64_t bars() const noexcept { return bars_; }
  /// The newest prediction of an instrument; its `instrument` is 0 while there is none.
  const core::Prediction& latest(core::InstrumentId id) const noexcept;

 private:
  GeneratorOptions options_;
  const core::InstrumentTable& table_;
  std::vector<std::unique_ptr<SignalPort>> signals_;
  struct Wish {
    FrameSource* frames;
    bool bars, rows;
  };
  std::vector<Wish> wishes_;             // what each signal wants, asked once: it never changes
  core::RecordSink& sink_;
  Outcomes outcomes_;
  Causes causes_;
  std::vector<std::uint32_t> fresh_;     // instruments with a bar in this step, in order of arrival
  std::vector<Decimal> close_;           // by instrument: the newest close
  std::vector<core::Nanos> closed_;      // and its time
  std::vector<Said> said_;
  // Two sets of slots in turn: they are kept from step to step, and with them their texts.
  std::vector<core::Prediction> out_, before_;
  std::size_t made_ = 0;                  // how many of out_ are of the step closed last
  std::vector<core::Prediction> latest_;  // by instrument, of the steps before it
  struct Identity {
    core::SharedText source, model;
    core::DecisionFacts facts;
  };
  std::vector<std::optional<Identity>> identities_;  // by instrument: of the prediction before
  std::vector<double> values_;
  std::vector<std::uint32_t> instruments_, quality_;
  std::array<std::uint64_t, 4> counts_{};
  std::uint64_t errors_ = 0, seq_ = 0, bars_ = 0;
  core::SharedText combined_name_, combined_model_;

  void ask(std::uint32_t signal, const bl_event& event);
  void wrong(std::uint32_t signal, std::string_view code, std::string_view words);
  void run_frame(std::uint32_t signal, core::Nanos now);
  core::Id128 identify(const core::Prediction& p, core::Nanos now);
  bool combine(core::InstrumentId id, core::Nanos now, core::Prediction& out);
  void translate(const Said& said, core::Nanos now, core::Prediction& out) const;
};

}  // namespace bowline::services
