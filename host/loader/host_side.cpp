#include "loader/host_side.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "loader/refusals.hpp"

namespace bowline::loader {
namespace {

constexpr std::uint64_t max_log = 4096, max_secret = 1u << 16, max_key = 128, max_value = 64u << 10;
constexpr std::uint64_t max_method = 16, max_url = 16u << 10, max_headers = 64u << 10, max_body = 64u << 20;
constexpr std::uint64_t max_names = 4096, max_name = 256, max_history = 1u << 20;

HostSide& side(void* ctx) noexcept { return *static_cast<HostSide*>(ctx); }

// The host when services may be used: from configure() on, and not after the instance was abandoned.
InstanceHost* usable(void* ctx) noexcept {
  if (ctx == nullptr || side(ctx).state.load(std::memory_order_relaxed) == State::Creating) return nullptr;
  return side(ctx).host.load(std::memory_order_acquire);
}

bool in_call(void* ctx, bool control) noexcept {
  const WatchSlot& slot = side(ctx).slot;
  if ((slot.turn.load(std::memory_order_acquire) & 1) == 0 ||
      slot.thread.load(std::memory_order_relaxed) != thread_mark())
    return false;
  const CallClass kind = slot.kind.load(std::memory_order_relaxed);
  return control == (kind == CallClass::Control || kind == CallClass::Unbounded);
}

// A plugin's string as a view; false when pointer and length contradict each other or it is longer than
// `limit`.
bool view_of(bl_str s, std::uint64_t limit, std::string_view& out) noexcept {
  if (s.len > limit || (s.len != 0 && s.ptr == nullptr)) return false;
  out = s.len == 0 ? std::string_view() : std::string_view(s.ptr, s.len);
  return true;
}

void fill_error(bl_error* out, bl_status status, std::string_view text) noexcept {
  if (out == nullptr) return;
  out->status = status;
  out->native_code = 0;
  std::size_t n = std::min(text.size(), sizeof out->message - 1);
  while (n > 0 && n < text.size() && (static_cast<unsigned char>(text[n]) & 0xC0u) == 0x80u)
    --n;  // whole code points
  std::copy_n(text.data(), n, out->message);  // memcpy may not be given the null of an empty view
  std::memset(out->message + n, 0, sizeof out->message - n);
}

// ---- bl_host
// ------------------------------------------------------------------------------------------------------

void host_log(void* ctx, std::uint32_t level, bl_str text) noexcept {
  InstanceHost* host = ctx != nullptr ? side(ctx).host.load(std::memory_order_acquire) : nullptr;
  std::string_view view;
  if (host == nullptr || (text.len != 0 && text.ptr == nullptr)) return;
  view = text.len == 0 ? std::string_view() : std::string_view(text.ptr, std::min(text.len, max_log));
  host->log(std::min(level, 5u), plugin_text(view, max_log));
}

std::int64_t host_now(void* ctx) noexcept {
  InstanceHost* host = ctx != nullptr ? side(ctx).host.load(std::memory_order_acquire) : nullptr;
  return host != nullptr ? host->now_ns() : 0;
}

void host_wake(void* ctx) noexcept {
  if (InstanceHost* host = usable(ctx)) host->wake();
}

void host_fail(void* ctx, const bl_error* why) noexcept {
  if (ctx == nullptr) return;
  const std::string text = why != nullptr ? plugin_text(*why) : std::string();
  side(ctx).fail(refuse_instance(
      "PLUGIN_FAULT", side(ctx).instance,
      side(ctx).plugin + " reported a fault (" + (text.empty() ? "it gave no reason" : text) + ")",
      "correct what it names, and start the run anew"));
}

// ---- services
// -----------------------------------------------------------------------------------------------------

bl_status publish_event(void* ctx, const bl_event* event) noexcept {
  InstanceHost* host = usable(ctx);
  if (host == nullptr) return BL_E_STATE;
  return well_formed(event) ? host->publish(*event) : BL_E_INVALID;
}
bl_status timer_arm(void* ctx, std::uint64_t id, std::int64_t due, std::int64_t period) noexcept {
  InstanceHost* host = usable(ctx);
  if (host == nullptr) return BL_E_STATE;
  return period < 0 ? BL_E_INVALID : host->timer_arm(id, due, period);
}
bl_status timer_disarm(void* ctx, std::uint64_t id) noexcept {
  InstanceHost* host = usable(ctx);
  return host != nullptr ? host->timer_disarm(id) : BL_E_STATE;
}
bl_status secret_get(void* ctx, bl_str ref, char* buf, std::uint64_t cap, std::uint64_t* len) noexcept {
  InstanceHost* host = usable(ctx);
  std::string_view name;
  if (host == nullptr) return BL_E_STATE;
  if (!view_of(ref, max_name, name) || len == nullptr || (cap != 0 && buf == nullptr)) return BL_E_INVALID;
  return host->secret_get(name, {buf, std::min(cap, max_secret)}, *len);
}
bl_status select_features(void* ctx, const bl_str* names, std::uint64_t n, bl_error* why) noexcept {
  InstanceHost* host = usable(ctx);
  const bool legal =
      host != nullptr && side(ctx).configuring.load(std::memory_order_relaxed) && in_call(ctx, true);
  if (!legal) {
    fill_error(why, BL_E_STATE, "features are selected in configure only");
    return BL_E_STATE;
  }
  if (n > max_names || (n != 0 && names == nullptr)) return BL_E_INVALID;
  std::vector<std::string_view> views(n);
  for (std::uint64_t i = 0; i < n; ++i)
    if (!view_of(names[i], max_name, views[i])) return BL_E_INVALID;
  Error error;
  const bl_status status = host->select_features(views, error);
  if (status < 0) fill_error(why, status, error.message);
  return status;
}
bl_status history_bars(void* ctx, std::uint32_t instrument, std::int64_t interval, bl_bar* out,
                       std::uint64_t stride, std::uint64_t n, std::uint64_t* got) noexcept {
  constexpr std::uint64_t bar_1_0 = 128;
  InstanceHost* host = usable(ctx);
  if (host == nullptr) return BL_E_STATE;
  if (got == nullptr || (n != 0 && out == nullptr) || stride < bar_1_0 || stride % alignof(bl_bar) != 0)
    return BL_E_INVALID;
  *got = 0;
  n = std::min(n, max_history);
  if (stride == sizeof(bl_bar)) return host->history_bars(instrument, interval, {out, n}, *got);
  std::vector<bl_bar> bars(
      n);  // the plugin was built with another minor: its elements are longer or shorter than ours
  const bl_status status = host->history_bars(instrument, interval, bars, *got);
  *got = std::min(*got, n);
  const auto common = std::min<std::uint64_t>(stride, sizeof(bl_bar));
  for (std::uint64_t i = 0; status >= 0 && i < *got; ++i) {
    bars[i].h.size = static_cast<std::uint32_t>(common);
    std::memcpy(reinterpret_cast<char*>(out) + i * stride, &bars[i], common);
  }
  return status;
}
bl_status find_instrument(void* ctx, bl_str symbol, std::uint32_t* instrument) noexcept {
  InstanceHost* host = usable(ctx);
  std::string_view name;
  if (host == nullptr) return BL_E_STATE;
  if (!view_of(symbol, max_name, name) || instrument == nullptr) return BL_E_INVALID;
  return host->find_instrument(name, *instrument);
}
bl_status get_product(void* ctx, std::uint32_t instrument, bl_product* out) noexcept {
  constexpr std::uint32_t product_1_0 = 224;
  InstanceHost* host = usable(ctx);
  if (host == nullptr) return BL_E_STATE;
  if (out == nullptr || out->h.size < product_1_0) return BL_E_INVALID;
  bl_product ours{};
  ours.h.size = sizeof ours;
  const bl_status status = host->product(instrument, ours);
  if (status < 0) return status;
  const auto common = std::min<std::uint32_t>(out->h.size, sizeof ours);
  ours.h.size = common;
  std::memcpy(out, &ours, common);
  return status;
}
bl_status get_asset(void* ctx, bl_str code, std::uint32_t* asset) noexcept {
  InstanceHost* host = usable(ctx);
  std::string_view name;
  if (host == nullptr) return BL_E_STATE;
  if (!view_of(code, max_name, name) || asset == nullptr) return BL_E_INVALID;
  return host->asset(name, *asset);
}
bl_status kv_get(void* ctx, bl_str key, std::uint8_t* buf, std::uint64_t cap, std::uint64_t* len) noexcept {
  InstanceHost* host = usable(ctx);
  std::string_view name;
  if (host == nullptr) return BL_E_STATE;
  if (!view_of(key, max_key, name) || name.empty() || len == nullptr || (cap != 0 && buf == nullptr))
    return BL_E_INVALID;
  return host->kv_get(name, {buf, std::min(cap, max_value)}, *len);
}
bl_status kv_put(void* ctx, bl_str key, const std::uint8_t* buf, std::uint64_t len) noexcept {
  InstanceHost* host = usable(ctx);
  std::string_view name;
  if (host == nullptr) return BL_E_STATE;
  if (!view_of(key, max_key, name) || name.empty() || len > max_value || (len != 0 && buf == nullptr))
    return BL_E_INVALID;
  return host->kv_put(name, {buf, len});
}
bl_status metric_define(void* ctx, std::uint32_t type, bl_str name, bl_str help,
                        std::uint64_t* metric) noexcept {
  InstanceHost* host = usable(ctx);
  std::string_view label, text;
  if (host == nullptr) return BL_E_STATE;
  const bool known = type == BL_COUNTER || type == BL_GAUGE || type == BL_HISTOGRAM;
  if (!known || !view_of(name, 64, label) || label.empty() || !view_of(help, max_name, text) ||
      metric == nullptr)
    return BL_E_INVALID;
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  if (!std::ranges::all_of(label, plain)) return BL_E_INVALID;
  return host->metric_define(type, label, plugin_text(text, max_name), *metric);
}
bl_status metric_record(void* ctx, std::uint64_t metric, double value) noexcept {
  InstanceHost* host = usable(ctx);
  return host != nullptr ? host->metric_record(metric, value) : BL_E_STATE;
}
bl_status http_send(void* ctx, const bl_http_request* request, bl_error* why) noexcept {
  constexpr std::uint32_t request_1_0 = 112;
  static_assert(sizeof(bl_http_request) == request_1_0);
  InstanceHost* host = usable(ctx);
  if (host == nullptr) {
    fill_error(why, BL_E_STATE, "services may be used from configure on");
    return BL_E_STATE;
  }
  std::string_view text;
  if (request == nullptr || request->size < request_1_0 || !view_of(request->method, max_method, text) ||
      !view_of(request->url, max_url, text) || !view_of(request->headers, max_headers, text) ||
      !view_of(request->body, max_body, text)) {
    fill_error(why, BL_E_INVALID, "the request is too short, a text of it too long, or one has a length and no pointer");
    return BL_E_INVALID;
  }
  bl_http_request ours = *request;
  ours.size = sizeof ours;
  if (ours.lane > 1) ours.lane = 0;  // a lane this host does not know
  Error error;
  const bl_status status = host->http_send(ours, error);
  if (status < 0) fill_error(why, status, error.message);
  return status;
}
bl_status http_cancel(void* ctx, std::uint64_t request) noexcept {
  InstanceHost* host = usable(ctx);
  return host != nullptr ? host->http_cancel(request) : BL_E_STATE;
}
bl_status ws_open(void* ctx, std::uint64_t conn, bl_str url, bl_str headers, std::uint64_t max_frame, bl_error* why) noexcept {
  InstanceHost* host = usable(ctx);
  if (host == nullptr) {
    fill_error(why, BL_E_STATE, "services may be used from configure on");
    return BL_E_STATE;
  }
  std::string_view address, lines;
  if (!view_of(url, max_url, address) || !view_of(headers, max_headers, lines)) {
    fill_error(why, BL_E_INVALID, "a text is too long, or has a length and no pointer");
    return BL_E_INVALID;
  }
  Error error;
  const bl_status status = host->ws_open(conn, address, lines, max_frame, error);
  if (status < 0) fill_error(why, status, error.message);
  return status;
}
bl_status ws_send(void* ctx, std::uint64_t conn, bl_str text) noexcept {
  InstanceHost* host = usable(ctx);
  std::string_view view;
  if (host == nullptr) return BL_E_STATE;
  return view_of(text, max_body, view) ? host->ws_send(conn, view) : BL_E_INVALID;
}
bl_status ws_close(void* ctx, std::uint64_t conn) noexcept {
  InstanceHost* host = usable(ctx);
  return host != nullptr ? host->ws_close(conn) : BL_E_STATE;
}
std::uint32_t is_control(void* ctx) noexcept { return ctx != nullptr && in_call(ctx, true) ? 1 : 0; }
std::uint32_t is_lane(void* ctx) noexcept { return ctx != nullptr && in_call(ctx, false) ? 1 : 0; }

constexpr bl_publish_v1 publish_table{sizeof(bl_publish_v1), 0, publish_event};
constexpr bl_timer_v1 timer_table{sizeof(bl_timer_v1), 0, timer_arm, timer_disarm};
constexpr bl_secret_v1 secret_table{sizeof(bl_secret_v1), 0, secret_get};
constexpr bl_features_v1 features_table{sizeof(bl_features_v1), 0, select_features};
constexpr bl_history_v1 history_table{sizeof(bl_history_v1), 0, history_bars};
constexpr bl_instruments_v1 instruments_table{sizeof(bl_instruments_v1), 0, find_instrument, get_product,
                                              get_asset};
constexpr bl_kv_v1 kv_table{sizeof(bl_kv_v1), 0, kv_get, kv_put};
constexpr bl_metrics_v1 metrics_table{sizeof(bl_metrics_v1), 0, metric_define, metric_record};
constexpr bl_http_v1 http_table{sizeof(bl_http_v1), 0, http_send, http_cancel};
constexpr bl_ws_v1 ws_table{sizeof(bl_ws_v1), 0, ws_open, ws_send, ws_close};
constexpr bl_thread_check_v1 thread_check_table{sizeof(bl_thread_check_v1), 0, is_control, is_lane};

struct ServiceRow {
  std::string_view id;
  Service service;
  const void* table;
};
constexpr auto services =
    std::to_array<ServiceRow>({{BL_SVC_PUBLISH, Service::Publish, &publish_table},
                               {BL_SVC_TIMER, Service::Timer, &timer_table},
                               {BL_SVC_SECRET, Service::Secret, &secret_table},
                               {BL_SVC_FEATURES, Service::Features, &features_table},
                               {BL_SVC_HISTORY, Service::History, &history_table},
                               {BL_SVC_INSTRUMENTS, Service::Instruments, &instruments_table},
                               {BL_SVC_KV, Service::Kv, &kv_table},
                               {BL_SVC_METRICS, Service::Metrics, &metrics_table},
                               {BL_SVC_HTTP, Service::Http, &http_table},
                               {BL_SVC_WS, Service::Ws, &ws_table}});

const void* host_service(void* ctx, bl_str id) noexcept {
  std::string_view name;
  if (ctx == nullptr || !view_of(id, max_name, name)) return nullptr;
  if (name == BL_SVC_THREAD_CHECK) return &thread_check_table;
  const InstanceHost* host = side(ctx).host.load(std::memory_order_acquire);
  const auto row = std::ranges::find(services, name, &ServiceRow::id);
  return host != nullptr && row != services.end() && host->offers(row->service) ? row->table : nullptr;
}

constexpr std::string_view host_name = "bowline", host_version = BOWLINE_VERSION;

// The length of the UTF-8 sequence at `at`, 0 when it is not one.
std::size_t sequence_at(std::string_view text, std::size_t at) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(at);
  const std::size_t n = first < 0x80                    ? 1
                        : first >= 0xC2 && first < 0xE0 ? 2
                        : first >= 0xE0 && first < 0xF0 ? 3
                        : first >= 0xF0 && first < 0xF5 ? 4
                                                        : 0;
  if (n == 0 || at + n > text.size()) return 0;
  for (std::size_t i = 1; i < n; ++i)
    if ((byte(at + i) & 0xC0) != 0x80) return 0;
  if (n == 3 && ((first == 0xE0 && byte(at + 1) < 0xA0) || (first == 0xED && byte(at + 1) >= 0xA0)))
    return 0;  // overlong, surrogate
  if (n == 4 && ((first == 0xF0 && byte(at + 1) < 0x90) || (first == 0xF4 && byte(at + 1) >= 0x90))) return 0;
  return n;
}

}  // namespace

HostSide::HostSide(InstanceHost& to, std::string instance_id, std::string plugin_id)
    : host(&to), instance(std::move(instance_id)), plugin(std::move(plugin_id)) {
  table.size = sizeof table;
  table.abi_minor = BL_ABI_MINOR;
  table.ctx = this;
  table.name = {host_name.data(), host_name.size()};
  table.version = {host_version.data(), host_version.size()};
  table.service = host_service;
  table.log = host_log;
  table.now_ns = host_now;
  table.wake = host_wake;
  table.fail = host_fail;
}

void HostSide::fail(const Error& why) noexcept {
  {
    const std::lock_guard lock(failure_mutex);
    if (!failure.code.empty()) return;
    failure = why;
  }
  // During create the state stays Creating: make_instance() sees the failure when create returns.
  State now = state.load(std::memory_order_relaxed);
  while (now != State::Creating && now != State::Destroyed && now != State::Failed &&
         !state.compare_exchange_weak(now, State::Failed, std::memory_order_release,
                                      std::memory_order_relaxed)) {
  }
  if (InstanceHost* to = host.load(std::memory_order_acquire)) to->failed(why);
}

std::string plugin_text(std::string_view text, std::size_t limit) {
  text = text.substr(0, limit);
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t n = sequence_at(text, at);
    if (n == 0) {
      if (at + 4 < text.size()) out.push_back('?');  // a torn code point at the very end is only the cut
      ++at;
    } else if (n == 1) {
      const char c = text[at++];
      out.push_back(static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c);
    } else {
      out.append(text.substr(at, n));
      at += n;
    }
  }
  return out;
}

std::string plugin_text(const bl_error& error) {
  return plugin_text({error.message, ::strnlen(error.message, sizeof error.message)}, sizeof error.message);
}

}  // namespace bowline::loader
