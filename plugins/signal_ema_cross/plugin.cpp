// bowline.signal.ema_cross: see README.md.
#include <limits>
#include <vector>

#include "common/bars.hpp"
#include "common/money.hpp"
#include "common/shell.hpp"
#include "ema_cross.hpp"

namespace bowline::ema_cross {
namespace {

class Plugin {
  std::vector<Averages> averages_;  ///< by instrument
  Speeds speeds_;
  double confidence_ = 1;
  std::int64_t horizon_bars_ = 12;
  std::string model_;
  bl_prediction say_{};  ///< what does not change between bars is set once

 public:
  explicit Plugin(const bl_host&) {}

  Result<void> configure(const plugin_common::Json& p) {
    const auto fast = p.at("fast").get<std::uint32_t>(), slow = p.at("slow").get<std::uint32_t>();
    if (fast >= slow)
      return Error{"EMA_FAST_NOT_BELOW_SLOW",
                   "fast: " + std::to_string(fast) + " must be below slow: " + std::to_string(slow)};
    speeds_ = Speeds(fast, slow);
    confidence_ = p.at("confidence").get<double>();
    horizon_bars_ = p.at("horizon").get<std::int64_t>();
    model_ = "ema_cross-" + std::to_string(fast) + "-" + std::to_string(slow);
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    say_ = bl_prediction{};
    say_.size = sizeof say_;
    say_.p_up = say_.p_flat = say_.p_down = say_.weight = say_.threshold = say_.expected_move = none;
    say_.model_id = plugin_common::str(model_);
    return {};
  }
  Result<void> start() {
    averages_.clear();
    return {};
  }
  void stop() {}

  void needs(bl_needs& out) const noexcept {
    out.warmup_bars = speeds_.warmup;
    out.event_mask = 1ull << BL_EV_BAR;
  }

  void on_bar(const bl_bar& bar, const bl_sink& sink) {
    if (!bar.is_final || bar.close <= 0) return;
    const std::uint32_t instrument = bar.h.instrument;
    if (instrument >= averages_.size()) {
      if (instrument > plugin_common::most_instruments) return;
      averages_.resize(instrument + 1);
    }
    const Crossing c = averages_[instrument].update(plugin_common::to_double(bar.close, bar.px_exp), speeds_);
    if (c == Crossing::cold) return;
    const std::int64_t length = bar.close_ns - bar.open_ns;
    say_.instrument = instrument;
    say_.action = c == Crossing::up ? 1 : c == Crossing::down ? 2 : 3;
    say_.confidence = c == Crossing::none ? 0 : confidence_;
    say_.ref_px = money::abi_from_mantissa(bar.close, bar.px_exp);
    say_.horizon_ns = horizon_bars_ * length;
    say_.valid_until_ns = bar.close_ns + length;
    say_.cause = bar.h.id;
    sink.prediction(sink.ctx, &say_);
  }
};

constexpr std::string_view schema = R"json({"type":"object","additionalProperties":false,"properties":{
"fast":{"type":"integer","default":12,"minimum":1,"maximum":500,"description":"bars of the fast average"},
"slow":{"type":"integer","default":26,"minimum":2,"maximum":1000,"description":"bars of the slow average; above fast"},
"confidence":{"type":"number","default":1.0,"minimum":0,"maximum":1,"description":"confidence of a BUY or SELL: the share of the largest position that a crossing asks for"},
"horizon":{"type":"integer","default":12,"minimum":1,"maximum":100000,"description":"bars over which the prediction is judged later"}}})json";

bl_status needs(bl_inst* i, bl_needs* out) noexcept {
  plugin_common::Shell<Plugin>::of(i).needs(*out);
  return BL_OK;
}
bl_status on_event(bl_inst* i, const bl_event* e, const bl_sink* sink) noexcept {
  if (e->type != BL_EV_BAR) return BL_OK;
  return plugin_common::guarded(nullptr, BL_E_INTERNAL, [&]() -> Result<void> {
    plugin_common::Shell<Plugin>::of(i).on_bar(*reinterpret_cast<const bl_bar*>(e), *sink);
    return {};
  });
}
constexpr bl_signal_v1 table{sizeof(bl_signal_v1), 0, needs, on_event};

}  // namespace
}  // namespace bowline::ema_cross

BOWLINE_MODULE(BL_SIGNAL, "signal", "bowline.signal.ema_cross", "1.0.0", bowline::ema_cross::schema,
               bowline::ema_cross::Plugin, bowline::ema_cross::table, "")
