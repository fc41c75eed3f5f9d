// test.signal.crash: says what the script says, and tells when the core stands before a gate. It is called on the core thread
// with the last event before the gate; what comes to the core from elsewhere is run only when the step of that event is closed.
#include <limits>
#include <optional>

#include "common/money.hpp"
#include "common/shell.hpp"
#include "script.hpp"

namespace bowline::crash_market {
namespace {

class Plugin {
  Script script_;

 public:
  explicit Plugin(const bl_host&) {}
  Result<void> configure(const plugin_common::Json& p) {
    auto read = Script::read(p.at("script").get<std::string>());
    if (!read) return read.error();
    script_ = std::move(*read);
    return {};
  }
  Result<void> start() { return {}; }
  void stop() {}
  void needs(bl_needs& out) const noexcept { out.event_mask = 1ull << BL_EV_BAR | 1ull << BL_EV_QUOTE; }

  void on_event(const bl_event& e, const bl_sink& sink) {
    Line now;
    now.what = e.type == BL_EV_BAR ? Line::What::bar : Line::What::quote;
    now.time = e.ts_event;
    now.instrument = e.instrument;
    tell_gate(now);
    if (e.type == BL_EV_BAR) say(reinterpret_cast<const bl_bar&>(e), sink);
  }

 private:
  void tell_gate(const Line& now) const {
    for (std::size_t i = 1; i < script_.lines.size(); ++i)
      if (script_.lines[i].what == Line::What::gate && script_.lines[i - 1].same_event(now)) make(gate_file(script_.lines[i].gate) + ".at");
  }

  void say(const bl_bar& bar, const bl_sink& sink) const {
    const auto said = script_.said.find({bar.close_ns, bar.h.instrument});
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    bl_prediction p{};
    p.size = sizeof p;
    p.p_up = p.p_flat = p.p_down = p.weight = p.threshold = p.expected_move = none;
    p.model_id = plugin_common::str("script");
    p.instrument = bar.h.instrument;
    p.action = static_cast<std::uint32_t>(said == script_.said.end() ? Word::hold : said->second);
    p.confidence = said == script_.said.end() ? 0 : 1;
    p.ref_px = money::abi_from_mantissa(bar.close, bar.px_exp);
    p.horizon_ns = 12 * bar_ns;
    p.valid_until_ns = bar.close_ns + bar_ns;
    p.cause = bar.h.id;
    sink.prediction(sink.ctx, &p);
  }
};

constexpr std::string_view schema =
    R"json({"type":"object","additionalProperties":false,"required":["script"],"properties":{"script":{"type":"string"}}})json";

bl_status needs(bl_inst* i, bl_needs* out) noexcept {
  plugin_common::Shell<Plugin>::of(i).needs(*out);
  return BL_OK;
}
bl_status on_event(bl_inst* i, const bl_event* e, const bl_sink* sink) noexcept {
  if (e->type != BL_EV_BAR && e->type != BL_EV_QUOTE) return BL_OK;
  return plugin_common::guarded(nullptr, BL_E_INTERNAL, [&]() -> Result<void> {
    plugin_common::Shell<Plugin>::of(i).on_event(*e, *sink);
    return {};
  });
}
constexpr bl_signal_v1 table{sizeof(bl_signal_v1), 0, needs, on_event};

}  // namespace
}  // namespace bowline::crash_market

BOWLINE_MODULE(BL_SIGNAL, "signal", "test.signal.crash", "1.0.0", bowline::crash_market::schema, bowline::crash_market::Plugin,
               bowline::crash_market::table, "")
