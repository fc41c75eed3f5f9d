// A C++ class as a plugin instance: the base table with its trampolines, and what every plugin does with
// host, errors and JSON. One class per plugin: constructor (const bl_host&), configure(json), start(),
// stop(), optional on_wake().
#pragma once

#include <bowline/plugin.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include <bowline/result.hpp>

namespace bowline::plugin_common {

using Json = nlohmann::json;

/// An instrument number above this is no instrument: a state per instrument must not grow with whatever
/// comes.
inline constexpr std::uint32_t most_instruments = 1u << 20;

inline std::string_view view(const bl_str& s) noexcept {
  return s.ptr ? std::string_view(s.ptr, s.len) : std::string_view();
}
inline bl_str str(std::string_view s) noexcept { return {s.data(), s.size()}; }

/// "CODE: message", cut at a code point where it does not fit. Returns `status`.
inline bl_status put_error(bl_error* to, bl_status status, const Error& e) noexcept {
  if (to == nullptr) return status;
  to->status = status;
  to->native_code = 0;
  std::size_t n = 0;
  const auto add = [&](std::string_view s) {
    const std::size_t k = std::min(s.size(), sizeof to->message - 1 - n);
    std::copy_n(s.data(), k, to->message + n);  // memcpy may not be given the null of an empty view
    n += k;
  };
  add(e.code);
  add(": ");
  add(e.message);
  while (n > 0 && n == sizeof to->message - 1 && (static_cast<unsigned char>(to->message[n - 1]) & 0x80) != 0)
    --n;
  to->message[n] = '\0';
  return status;
}

/// Runs `f` (-> Result<void>) behind the boundary: an error or an exception becomes a status and a text.
template <class F>
bl_status guarded(bl_error* err, bl_status on_error, F&& f) noexcept {
  try {
    const Result<void> r = f();
    return r ? BL_OK : put_error(err, on_error, r.error());
  } catch (const std::exception& e) {
    return put_error(err, BL_E_INTERNAL, Error{"PLUGIN_INTERNAL", e.what()});
  } catch (...) {
    return put_error(err, BL_E_INTERNAL, Error{"PLUGIN_INTERNAL", "an unknown exception"});
  }
}

/// What a plugin may ask of the host, with the absent ones as "no".
class HostSide {
  const bl_host* host_;

 public:
  explicit HostSide(const bl_host& host) noexcept : host_(&host) {}
  std::int64_t now_ns() const noexcept { return host_->now_ns(host_->ctx); }
  void wake() const noexcept { host_->wake(host_->ctx); }
  /// level 0 trace .. 5 fatal. Never an amount, a price or a key.
  void log(std::uint32_t level, std::string_view text) const noexcept {
    host_->log(host_->ctx, level, str(text));
  }
  void fail(const Error& e) const noexcept {
    bl_error why{};
    put_error(&why, BL_E_INTERNAL, e);
    host_->fail(host_->ctx, &why);
  }
  void* ctx() const noexcept { return host_->ctx; }
  /// The table of a service, or nullptr. From configure on.
  template <class T>
  const T* service(std::string_view id) const noexcept {
    return static_cast<const T*>(host_->service(host_->ctx, str(id)));
  }
  std::uint32_t instrument(std::string_view symbol) const noexcept {
    std::uint32_t n = 0;
    const auto* s = service<bl_instruments_v1>(BL_SVC_INSTRUMENTS);
    return s != nullptr && s->find(host_->ctx, str(symbol), &n) == BL_OK ? n : 0;
  }
  std::uint32_t asset(std::string_view code) const noexcept {
    std::uint32_t n = 0;
    const auto* s = service<bl_instruments_v1>(BL_SVC_INSTRUMENTS);
    return s != nullptr && s->asset(host_->ctx, str(code), &n) == BL_OK ? n : 0;
  }
  /// Product of an instrument; false = there is none. Instruments are numbered 1, 2, ... without holes.
  bool product(std::uint32_t instrument, bl_product& out) const noexcept {
    out = bl_product{};
    out.h.size = sizeof out;
    const auto* s = service<bl_instruments_v1>(BL_SVC_INSTRUMENTS);
    return s != nullptr && s->product(host_->ctx, instrument, &out) == BL_OK;
  }
};

/// The base table of a plugin class P: P(const bl_host&), Result<void> configure(const Json&), Result<void>
/// start(), void stop(), and, where it has them, void on_wake() and const void* extension(id), which may be
/// static.
template <class P>
struct Shell {
  static P& of(bl_inst* i) noexcept { return *reinterpret_cast<P*>(i); }

  static bl_status create(const bl_host* host, bl_inst** out, bl_error* err) noexcept {
    return guarded(err, BL_E_INTERNAL, [&]() -> Result<void> {
      *out = reinterpret_cast<bl_inst*>(std::make_unique<P>(*host).release());
      return {};
    });
  }
  static bl_status configure(bl_inst* i, bl_str json, bl_error* err) noexcept {
    return guarded(err, BL_E_CONFIG, [&]() -> Result<void> {
      const Json params = Json::parse(view(json), nullptr, false);
      if (!params.is_object()) return Error{"PARAMS_INVALID", "params: not a JSON object"};
      return of(i).configure(params);
    });
  }
  static bl_status start(bl_inst* i, bl_error* err) noexcept {
    return guarded(err, BL_E_CONFIG, [&] { return of(i).start(); });
  }
  static bl_status stop(bl_inst* i, std::int64_t, bl_error* err) noexcept {
    return guarded(err, BL_E_INTERNAL, [&]() -> Result<void> {
      of(i).stop();
      return {};
    });
  }
  static void destroy(bl_inst* i) noexcept { delete &of(i); }
  static void on_wake(bl_inst* i) noexcept {
    if constexpr (requires(P & p) { p.on_wake(); }) of(i).on_wake();
  }
  static const void* extension(bl_inst* i, bl_str id) noexcept {
    if constexpr (extends) return of(i).extension(view(id));
    return nullptr;
  }
  static constexpr bool wakes = requires(P & p) { p.on_wake(); };
  static constexpr bool extends = requires(const P& p, std::string_view id) { p.extension(id); };

  static constexpr bl_base base{sizeof(bl_base),
                                0,
                                create,
                                configure,
                                start,
                                stop,
                                destroy,
                                wakes ? on_wake : nullptr,
                                nullptr,
                                nullptr,
                                extends ? extension : nullptr};
};

}  // namespace bowline::plugin_common

/// The one exported function, the module behind it, and the note that tells what the file is without running
/// it.
#define BOWLINE_MODULE(kind, kind_text, id_text, version_text, schema, type, table, more_json) \
  BOWLINE_MODULE_SINCE("0", kind, kind_text, id_text, version_text, schema, type, table, more_json)

/// The same, for a plugin that an older host than ABI 1.`host_minor` has no use for: it refuses the file.
#define BOWLINE_MODULE_SINCE(host_minor, kind, kind_text, id_text, version_text, schema, type, table,      \
                             more_json)                                                                    \
  BL_MANIFEST("{\"abi\":1,\"min_host_minor\":" host_minor ",\"plugins\":[{\"id\":\"" id_text            \
              "\",\"kind\":\"" kind_text "\",\"version\":\"" version_text "\"}]" more_json "}");                                      \
  extern "C" BL_EXPORT const bl_module* bowline_module_v1(void) noexcept {                                 \
    static constexpr bl_plugin plugin{sizeof(bl_plugin),                                                   \
                                      kind,                                                                \
                                      {id_text, sizeof id_text - 1},                                       \
                                      {version_text, sizeof version_text - 1},                             \
                                      {(schema).data(), (schema).size()},                                  \
                                      &bowline::plugin_common::Shell<type>::base,                          \
                                      &(table)};                                                           \
    static constexpr const bl_plugin* list[] = {&plugin};                                                  \
    static constexpr bl_module module{                                                                     \
        sizeof(bl_module), BL_ABI_MINOR, 0, 1, list, {__VERSION__, sizeof __VERSION__ - 1}};               \
    return &module;                                                                                        \
  }
