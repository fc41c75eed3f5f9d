#include "loader/instance_host.hpp"

#include <array>

namespace bowline::loader {

bl_status InstanceHost::publish(const bl_event&) noexcept { return BL_E_UNSUPPORTED; }
bl_status InstanceHost::timer_arm(std::uint64_t, std::int64_t, std::int64_t) noexcept {
  return BL_E_UNSUPPORTED;
}
bl_status InstanceHost::timer_disarm(std::uint64_t) noexcept { return BL_E_UNSUPPORTED; }
bl_status InstanceHost::secret_get(std::string_view, std::span<char>, std::uint64_t&) noexcept {
  return BL_E_UNSUPPORTED;
}
bl_status InstanceHost::select_features(std::span<const std::string_view>, Error&) noexcept {
  return BL_E_UNSUPPORTED;
}
bl_status InstanceHost::history_bars(std::uint32_t, std::int64_t, std::span<bl_bar>,
                                     std::uint64_t&) noexcept {
  return BL_E_UNSUPPORTED;
}
bl_status InstanceHost::find_instrument(std::string_view, std::uint32_t&) noexcept {
  return BL_E_UNSUPPORTED;
}
bl_status InstanceHost::product(std::uint32_t, bl_product&) noexcept { return BL_E_UNSUPPORTED; }
bl_status InstanceHost::asset(std::string_view, std::uint32_t&) noexcept { return BL_E_UNSUPPORTED; }
bl_status InstanceHost::kv_get(std::string_view, std::span<std::uint8_t>, std::uint64_t&) noexcept {
  return BL_E_UNSUPPORTED;
}
bl_status InstanceHost::kv_put(std::string_view, std::span<const std::uint8_t>) noexcept {
  return BL_E_UNSUPPORTED;
}
bl_status InstanceHost::metric_define(std::uint32_t, std::string_view, std::string_view,
                                      std::uint64_t&) noexcept {
  return BL_E_UNSUPPORTED;
}
bl_status InstanceHost::metric_record(std::uint64_t, double) noexcept { return BL_E_UNSUPPORTED; }
bl_status InstanceHost::http_send(const bl_http_request&, Error&) noexcept { return BL_E_UNSUPPORTED; }
bl_status InstanceHost::http_cancel(std::uint64_t) noexcept { return BL_E_UNSUPPORTED; }
bl_status InstanceHost::ws_open(std::uint64_t, std::string_view, std::string_view, std::uint64_t, Error&) noexcept {
  return BL_E_UNSUPPORTED;
}
bl_status InstanceHost::ws_send(std::uint64_t, std::string_view) noexcept { return BL_E_UNSUPPORTED; }
bl_status InstanceHost::ws_close(std::uint64_t) noexcept { return BL_E_UNSUPPORTED; }

namespace {

// Sizes as of ABI 1.0 (a product has grown since), indexed by event type; 0 = no such type. The events without a growth promise are
// whole.
constexpr auto least_sizes = [] {
  std::array<std::uint32_t, 64> sizes{};
  sizes[BL_EV_BAR] = 128;
  sizes[BL_EV_TRADE] = 72;
  sizes[BL_EV_QUOTE] = 88;
  sizes[BL_EV_OBSERVATION] = sizeof(bl_observation);
  sizes[BL_EV_FRAME] = 80;
  sizes[BL_EV_TIMER] = sizeof(bl_timer);
  sizes[BL_EV_HTTP] = sizeof(bl_http_result);
  sizes[BL_EV_WS] = sizeof(bl_ws_frame);
  sizes[BL_EV_DONE] = sizeof(bl_done);
  sizes[BL_EV_EXEC] = 440;
  sizes[BL_EV_FILL] = 288;
  sizes[BL_EV_BALANCE] = sizeof(bl_balance_ev);
  sizes[BL_EV_POSITION] = sizeof(bl_position_ev);
  sizes[BL_EV_PRODUCT] = 224;
  sizes[BL_EV_LINK] = sizeof(bl_link);
  return sizes;
}();
static_assert(sizeof(bl_event) == 48 && sizeof(bl_bar) == 128 && sizeof(bl_trade) == 72 &&
              sizeof(bl_quote) == 88 && sizeof(bl_frame) == 80 && sizeof(bl_exec) == 440 &&
              sizeof(bl_fill) == 288 && sizeof(bl_product) == 240);

}  // namespace

std::uint32_t least_event_size(std::uint16_t type) noexcept {
  const std::uint32_t least = type < least_sizes.size() ? least_sizes[type] : 0;
  return least == 0 ? sizeof(bl_event) : least;
}

}  // namespace bowline::loader
