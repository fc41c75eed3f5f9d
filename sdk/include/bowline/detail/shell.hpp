// The one place where a C++ plugin class meets the ABI: the life cycle as a table, and trampolines that let
// no exception out.
//
//              create            configure            start
//   (module) ---------> created ----------> configured -------> running      load: configured, stopped
//                          |  fail: stays      ^   ^              | stop     save: all but created
//                          +-------------------+   | configure    v          lane: running
//                                                  +---------- stopped
#pragma once

#include <bowline/plugin.h>

#include <bowline/params.hpp>
#include <bowline/services.hpp>
#include <cstdint>
#include <exception>
#include <memory>
#include <span>
#include <vector>

namespace bowline::detail {

enum class Life : std::uint8_t { created, configured, running, stopped };
enum class Call : std::uint8_t { configure, start, stop, save, load, ready, lane };

constexpr unsigned bit(Life l) { return 1u << static_cast<unsigned>(l); }
/// In which states a call is legal; every other combination answers BL_E_STATE. Order of Call.
inline constexpr unsigned legal_in[] = {
    bit(Life::created) | bit(Life::stopped),                          // configure
    bit(Life::configured) | bit(Life::stopped),                       // start
    bit(Life::running),                                               // stop
    bit(Life::configured) | bit(Life::running) | bit(Life::stopped),  // save
    bit(Life::configured) | bit(Life::stopped),                       // load
    bit(Life::configured) | bit(Life::running) | bit(Life::stopped),  // ready: needs, subscribe, extension
    bit(Life::running),                                               // lane
};
/// What to say to an illegal one. Order of Call.
inline constexpr const char* illegal[] = {
    "configure: legal once after create, and again after stop",
    "start: configure it first, and start it once",
    "stop: it does not run",
    "save: configure it first",
    "load: only when configured or stopped",
    "configure it first",
    "it does not run",
};

/// Runs f (-> bl_status) behind the boundary.
template <class F>
bl_status caught(bl_error* err, F&& f) noexcept {
  try {
    return f();
  } catch (const std::exception& e) {
    return put_error(err, BL_E_INTERNAL, "PLUGIN_INTERNAL", e.what());
  } catch (...) {
    return put_error(err, BL_E_INTERNAL, "PLUGIN_INTERNAL", "an unknown exception");
  }
}
inline bl_status status_of(const Result<void>& r, bl_error* err, bl_status on_error,
                           bl_status on_success = BL_OK) noexcept {
  return r ? on_success : put_error(err, on_error, r.error());
}
/// A method may say nothing, Result<void>, or bl_status for an answer of its own (BL_E_AGAIN, ...).
template <class F>
bl_status outcome(bl_error* err, bl_status on_error, bl_status on_success, F&& f) {
  using R = decltype(f());
  if constexpr (std::same_as<R, void>) {
    f();
    return on_success;
  } else if constexpr (std::same_as<R, bl_status>) {
    const bl_status s = f();
    return s < 0 ? put_error(err, s, "PLUGIN_REFUSED", "the plugin refused the call") : s;
  } else {
    return status_of(f(), err, on_error, on_success);
  }
}

template <class P>
concept HasParams = requires {
  P::Params::fields;
};
template <class P>
struct ParamsOf {
  using Type = NoParams;
};
template <HasParams P>
struct ParamsOf<P> {
  using Type = typename P::Params;
};

/// A plugin instance: the author's object and where it is in its life. Each configure() makes a fresh object
/// and swaps it in when it succeeds, so a refused configuration leaves the one before in force, whatever the
/// author wrote.
template <class P>
class Shell {
  using Params = typename ParamsOf<P>::Type;
  const bl_host* host_;
  Life life_ = Life::created;
  std::unique_ptr<P> plugin_;

  explicit Shell(const bl_host* host) : host_(host) {}
  static Shell& of(bl_inst* i) noexcept { return *reinterpret_cast<Shell*>(i); }
  bool legal(Call c) const noexcept { return (legal_in[static_cast<unsigned>(c)] & bit(life_)) != 0; }

  Result<void> prepare(P& fresh, const Params& params) {
    if constexpr (requires { fresh.params = params; }) fresh.params = params;
    if constexpr (requires { fresh.configure(params); }) return fresh.configure(params);
    return {};
  }

 public:
  /// Runs f(P&) -> bl_status if `call` is legal now.
  template <class F>
  static bl_status enter(bl_inst* i, Call call, bl_error* err, F&& f) noexcept {
    if (i == nullptr) return put_error(err, BL_E_INVALID, "PLUGIN_INSTANCE_NULL", "there is no instance");
    Shell& s = of(i);
    if (!s.legal(call))
      return put_error(err, BL_E_STATE, "PLUGIN_STATE", illegal[static_cast<unsigned>(call)]);
    return caught(err, [&] { return f(*s.plugin_); });
  }
  /// On the lane there is no bl_error to fill: what went wrong goes to the log.
  template <class F>
  static bl_status lane(bl_inst* i, F&& f) noexcept {
    bl_error why{};
    const bl_status s = enter(i, Call::lane, &why, std::forward<F>(f));
    if (s == BL_E_INTERNAL) {
      const Shell& shell = of(i);
      shell.host_->log(shell.host_->ctx, static_cast<std::uint32_t>(Level::error), to_abi(why.message));
    }
    return s;
  }

  static bl_status create(const bl_host* host, bl_inst** out, bl_error* err) noexcept {
    if (host == nullptr || out == nullptr)
      return put_error(err, BL_E_INVALID, "PLUGIN_HOST_NULL", "there is no host");
    return caught(err, [&]() -> bl_status {
      *out = reinterpret_cast<bl_inst*>(std::unique_ptr<Shell>(new Shell(host)).release());
      return BL_OK;
    });
  }
  static bl_status configure(bl_inst* i, bl_str json, bl_error* err) noexcept {
    if (i == nullptr || !of(i).legal(Call::configure))
      return put_error(err, BL_E_STATE, "PLUGIN_STATE", illegal[static_cast<unsigned>(Call::configure)]);
    return caught(err, [&]() -> bl_status {
      Shell& s = of(i);
      const Result<Params> params = parse_params<Params>(from_abi(json));
      if (!params) return put_error(err, BL_E_CONFIG, params.error());
      auto fresh = std::make_unique<P>();
      fresh->attach(s.host_);
      if (auto ok = s.prepare(*fresh, *params); !ok) return put_error(err, BL_E_CONFIG, ok.error());
      s.plugin_ = std::move(fresh);
      s.life_ = Life::configured;
      return BL_OK;
    });
  }
  static bl_status start(bl_inst* i, bl_error* err) noexcept {
    const bl_status s = enter(i, Call::start, err, [&](P& p) -> bl_status {
      if constexpr (requires { p.start(); })
        return outcome(err, BL_E_CONFIG, BL_OK, [&] { return p.start(); });
      return BL_OK;
    });
    if (s >= 0) of(i).life_ = Life::running;
    return s;
  }
  static bl_status stop(bl_inst* i, std::int64_t grace_ns, bl_error* err) noexcept {
    const bl_status s = enter(i, Call::stop, err, [&](P& p) -> bl_status {
      if constexpr (requires { p.stop(grace_ns); })
        return outcome(err, BL_E_INTERNAL, BL_OK, [&] { return p.stop(grace_ns); });
      return BL_OK;
    });
    if (s >= 0) of(i).life_ = Life::stopped;
    return s;
  }
  static void destroy(bl_inst* i) noexcept {
    if (i == nullptr) return;
    if (of(i).life_ == Life::running)
      stop(i, 0, nullptr);  // the host broke the rule; no thread may outlive us
    delete &of(i);
  }
  static void on_wake(bl_inst* i) noexcept {
    if constexpr (requires(P & p) { p.on_wake(); })
      lane(i, [](P& p) -> bl_status { return p.on_wake(), BL_OK; });
  }
  static bl_status save(bl_inst* i, std::uint8_t* buf, std::uint64_t cap, std::uint64_t* len,
                        bl_error* err) noexcept {
    return enter(i, Call::save, err, [&](P& p) -> bl_status {
      if constexpr (saves) {
        const std::vector<std::uint8_t> bytes = p.save();
        *len = bytes.size();
        if (cap == 0) return BL_OK;
        if (cap < bytes.size())
          return put_error(err, BL_E_INVALID, "PLUGIN_SAVE_CAPACITY", "buffer too small");
        if (!bytes.empty()) std::memcpy(buf, bytes.data(), bytes.size());
        return BL_OK;
      }
      return BL_E_UNSUPPORTED;
    });
  }
  static bl_status load(bl_inst* i, const std::uint8_t* buf, std::uint64_t len, bl_error* err) noexcept {
    return enter(i, Call::load, err, [&](P& p) -> bl_status {
      if constexpr (saves)
        return outcome(err, BL_E_INVALID, BL_OK,
                       [&] { return p.load(std::span<const std::uint8_t>(buf, buf ? len : 0)); });
      return BL_E_UNSUPPORTED;
    });
  }
  static const void* extension(bl_inst* i, bl_str id) noexcept {
    const void* found = nullptr;
    enter(i, Call::ready, nullptr, [&](P& p) -> bl_status {
      if constexpr (requires { p.extension(from_abi(id)); }) found = p.extension(from_abi(id));
      return BL_OK;
    });
    return found;
  }

  static constexpr bool wakes = requires(P & p) { p.on_wake(); };
  static constexpr bool saves = requires(P & p, std::span<const std::uint8_t> bytes) {
    p.save();
    p.load(bytes);
  };
  static constexpr bool extends = requires(P & p) { p.extension(std::string_view()); };
  static constexpr bl_base base{sizeof(bl_base),
                                0,
                                create,
                                configure,
                                start,
                                stop,
                                destroy,
                                wakes ? on_wake : nullptr,
                                saves ? save : nullptr,
                                saves ? load : nullptr,
                                extends ? extension : nullptr};
};

}  // namespace bowline::detail
