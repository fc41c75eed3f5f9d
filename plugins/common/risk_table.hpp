// The risk table for a plugin class P: void needs(bl_needs&) const, risk::Answer check(intent, portfolio),
// void on_event(event, portfolio, sink).
#pragma once

#include "shell.hpp"
#include "verdict.hpp"

namespace bowline::plugin_common {

template <class P>
struct RiskTable {
  static bl_status needs(bl_inst* i, bl_needs* out) noexcept {
    Shell<P>::of(i).needs(*out);
    return BL_OK;
  }
  static bl_status check(bl_inst* i, const bl_intent* intent, const bl_portfolio* portfolio,
                         bl_verdict* out) noexcept {
    return guarded(nullptr, BL_E_INTERNAL, [&]() -> Result<void> {
      risk::write(Shell<P>::of(i).check(*intent, *portfolio), *out);
      return {};
    });
  }
  static bl_status on_event(bl_inst* i, const bl_event* e, const bl_portfolio* portfolio,
                            const bl_sink* sink) noexcept {
    return guarded(nullptr, BL_E_INTERNAL, [&]() -> Result<void> {
      Shell<P>::of(i).on_event(*e, *portfolio, *sink);
      return {};
    });
  }
  static constexpr bl_risk_v1 value{sizeof(bl_risk_v1), 0, needs, check, on_event};
};

/// The event as its own struct, or nullptr when it is of another type or too short to be it.
template <class T>
const T* event_as(const bl_event& e, std::uint16_t type) noexcept {
  return e.type == type && e.size >= sizeof(T) ? reinterpret_cast<const T*>(&e) : nullptr;
}

}  // namespace bowline::plugin_common
