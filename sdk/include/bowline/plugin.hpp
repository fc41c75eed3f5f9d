// A plugin in C++20: one class, one function, one line at the end.
//
//   struct Momentum : bowline::Signal<Momentum> {
//     struct Params { ... };                                         // see params.hpp
//     Params params;                                                 // optional: filled before configure()
//     bowline::Result<void> configure(const Params& p);              // optional
//     void on_bar(const bowline::Bar& bar, bowline::Predictions& out);
//   };
//   BOWLINE_PLUGIN("com.example.momentum", "1.0.0", Momentum)
//
// Every class may add: start(), stop(grace_ns), on_wake(), save() with load(bytes), extension(id). A method
// that can fail returns Result<void>, or bl_status to answer with a status of its own. The object is made
// anew by each configure(). Host calls (log, now_ns, instrument, select_features, counter, arm, ...) are
// members: services.hpp. This header is compiled into the plugin; only plugin.h is a contract with the host.
#pragma once

#include <bowline/plugin.h>

#include <array>
#include <string_view>

#include <bowline/detail/note.hpp>
#include <bowline/detail/shell.hpp>
#include <bowline/params.hpp>
#include <bowline/services.hpp>
#include <bowline/views.hpp>

namespace bowline {

namespace detail {
using Events64 = std::uint64_t;
constexpr Events64 mask(int type) { return std::uint64_t{1} << type; }

/// What a class listens to, from the handlers that it has. A handler with other arguments is a mistake, not
/// an absence.
template <class P, class... Out>
constexpr Events64 listens() {
  Events64 m = 0;
#define BOWLINE_HANDLER(name, Arg, type)                                  \
  if constexpr (requires(P & p, Arg a, Out & ... o) { p.name(a, o...); }) \
    m |= mask(type);                                                      \
  else                                                                    \
    static_assert(                                                        \
        !requires { &P::name; }, #name "() has arguments that this kind of plugin is not called with")
  BOWLINE_HANDLER(on_bar, const Bar&, BL_EV_BAR);
  BOWLINE_HANDLER(on_frame, const Frame&, BL_EV_FRAME);
  BOWLINE_HANDLER(on_trade, const bl_trade&, BL_EV_TRADE);
  BOWLINE_HANDLER(on_quote, const bl_quote&, BL_EV_QUOTE);
  BOWLINE_HANDLER(on_observation, const bl_observation&, BL_EV_OBSERVATION);
  BOWLINE_HANDLER(on_timer, std::uint64_t, BL_EV_TIMER);
#undef BOWLINE_HANDLER
  return m;
}
template <class T>
const T& as(const bl_event& e) noexcept {
  return *reinterpret_cast<const T*>(&e);
}
/// One event to its handler, and then to on_event() if there is one. Types without a handler are ignored.
template <class P, class... Out>
void dispatch(P& p, const bl_event& e, Out&... o) {
  constexpr Events64 has = listens<P, Out...>();
  if constexpr ((has & mask(BL_EV_BAR)) != 0)
    if (e.type == BL_EV_BAR) p.on_bar(Bar(as<bl_bar>(e)), o...);
  if constexpr ((has & mask(BL_EV_FRAME)) != 0)
    if (e.type == BL_EV_FRAME) p.on_frame(Frame(as<bl_frame>(e)), o...);
  if constexpr ((has & mask(BL_EV_TRADE)) != 0)
    if (e.type == BL_EV_TRADE) p.on_trade(as<bl_trade>(e), o...);
  if constexpr ((has & mask(BL_EV_QUOTE)) != 0)
    if (e.type == BL_EV_QUOTE) p.on_quote(as<bl_quote>(e), o...);
  if constexpr ((has & mask(BL_EV_OBSERVATION)) != 0)
    if (e.type == BL_EV_OBSERVATION) p.on_observation(as<bl_observation>(e), o...);
  if constexpr ((has & mask(BL_EV_TIMER)) != 0)
    if (e.type == BL_EV_TIMER) p.on_timer(as<bl_timer>(e).timer, o...);
  if constexpr (requires { p.on_event(e, o...); }) p.on_event(e, o...);
}

/// bl_*.needs: the handlers say which events; event_mask() adds more, warmup() says how many bars.
template <class P, class... Out>
bl_status needs(bl_inst* i, bl_needs* out) noexcept {
  return Shell<P>::enter(i, Call::ready, nullptr, [&](P& p) -> bl_status {
    out->warmup_bars = 0;
    out->event_mask = listens<P, Out...>();
    if constexpr (requires { p.warmup(); }) out->warmup_bars = static_cast<std::uint32_t>(p.warmup());
    if constexpr (requires { p.event_mask(); }) out->event_mask |= p.event_mask();
    return BL_OK;
  });
}
}  // namespace detail

/// Predicts. Handlers: on_bar(const Bar&, Predictions&), on_frame(const Frame&, Predictions&), on_quote,
/// on_trade, on_observation, on_timer(id, Predictions&), or on_event(const bl_event&, Predictions&) with
/// event_mask().
template <class Self>
class Signal : public Host {
  static bl_status on_event(bl_inst* i, const bl_event* e, const bl_sink* sink) noexcept {
    return detail::Shell<Self>::lane(i, [&](Self& p) -> bl_status {
      Predictions out(*sink);
      detail::dispatch(p, *e, out);
      return BL_OK;
    });
  }

 public:
  static constexpr bl_kind plugin_kind = BL_SIGNAL;
  static const void* plugin_table() noexcept {
    static constexpr bl_signal_v1 table{sizeof(bl_signal_v1), 0, detail::needs<Self, Predictions>, on_event};
    return &table;
  }
};

/// Judges: void check(const Intent&, const Portfolio&, Verdict&) const. It changes nothing: it may be called
/// any number of times. Handlers as for a signal, with (event, const Portfolio&, Stops&).
template <class Self>
class Risk : public Host {
  static bl_status check(bl_inst* i, const bl_intent* intent, const bl_portfolio* portfolio,
                         bl_verdict* out) noexcept {
    const bl_status s = detail::Shell<Self>::lane(i, [&](const Self& p) -> bl_status {
      Verdict verdict(*out);
      p.check(Intent(*intent), Portfolio(*portfolio), verdict);
      return BL_OK;
    });
    if (s < 0) out->action = 0;  // half an answer is a no
    return s;
  }
  static bl_status on_event(bl_inst* i, const bl_event* e, const bl_portfolio* portfolio,
                            const bl_sink* sink) noexcept {
    return detail::Shell<Self>::lane(i, [&](Self& p) -> bl_status {
      const Portfolio view(*portfolio);
      Stops out(*sink);
      detail::dispatch(p, *e, view, out);
      return BL_OK;
    });
  }

 public:
  static constexpr bl_kind plugin_kind = BL_RISK;
  static const void* plugin_table() noexcept {
    static constexpr bl_risk_v1 table{sizeof(bl_risk_v1), 0, detail::needs<Self, const Portfolio, Stops>,
                                      check, on_event};
    return &table;
  }
};

/// What pull() found.
struct Pull {
  bl_status status = BL_OK;
  std::int64_t next_ns = 0;
  static Pull more() noexcept { return {}; }                                     ///< ask again
  static Pull wait_until(std::int64_t ns) noexcept { return {BL_E_AGAIN, ns}; }  ///< nothing before `ns`
  static Pull end() noexcept { return {BL_E_NOT_FOUND, 0}; }                     ///< end of data
};

/// Brings market data: Result<void> subscribe(std::span<const std::uint32_t> instruments, std::uint32_t
/// channels), and Result<Pull> pull(std::uint64_t max, Events&), at most `max` events in time order, or handlers of what it
/// asked the network for: on_event(const bl_event&, Events&) for BL_EV_HTTP, BL_EV_WS and BL_EV_TIMER, or
/// on_timer(id, Events&); they publish() or emit into Events. Both may be there. Handlers need a host of ABI 1.2: a feed
/// without pull says so with `static constexpr std::uint32_t min_host_minor = 2`.
template <class Self>
class Feed : public Host {
  static bl_status subscribe(bl_inst* i, const std::uint32_t* instruments, std::uint64_t n,
                             std::uint32_t channels, bl_error* err) noexcept {
    return detail::Shell<Self>::enter(i, detail::Call::ready, err, [&](Self& p) -> bl_status {
      const std::span<const std::uint32_t> list(instruments, instruments ? n : 0);
      return detail::outcome(err, BL_E_CONFIG, BL_OK, [&] { return p.subscribe(list, channels); });
    });
  }
  static bl_status pull(bl_inst* i, std::uint64_t max, const bl_sink* sink, std::int64_t* next_ns,
                        bl_error* err) noexcept {
    return detail::Shell<Self>::enter(i, detail::Call::lane, err, [&](Self& p) -> bl_status {
      if constexpr (pulls<Self>()) {
        Events out(*sink);
        const Result<Pull> found = p.pull(max, out);
        if (!found) return detail::put_error(err, BL_E_IO, found.error());
        *next_ns = found->next_ns;
        return found->status;
      }
      return BL_E_UNSUPPORTED;
    });
  }
  static bl_status on_event(bl_inst* i, const bl_event* e, const bl_sink* sink) noexcept {
    return detail::Shell<Self>::lane(i, [&](Self& p) -> bl_status {
      Events out(*sink);
      detail::dispatch(p, *e, out);
      return BL_OK;
    });
  }
  template <class P>
  static constexpr bool pulls() {
    return requires(P & p, Events & out) { p.pull(std::uint64_t{1}, out); };
  }
  template <class P>
  static constexpr bool hears() {
    return detail::listens<P, Events>() != 0 || requires(P & p, const bl_event& e, Events& out) { p.on_event(e, out); };
  }

 public:
  static constexpr bl_kind plugin_kind = BL_FEED;
  static const void* plugin_table() noexcept {
    static constexpr bl_feed_v1 table{sizeof(bl_feed_v1), 0, subscribe, pulls<Self>() ? pull : nullptr,
                                      hears<Self>() ? on_event : nullptr};
    return &table;
  }
};

/// Trades at a venue: submit(const Intent&), cancel(std::span<const bl_order_ref>), query(const bl_query&),
/// each of which only enqueues; optional amend(const bl_order_ref&, const Intent&) and on_event(const
/// bl_event&, Events&). Outcomes are events. `static constexpr bool simulated = true` says that the venue is
/// not a real one.
template <class Self>
class Broker : public Host {
  template <class F>
  static bl_status enqueue(bl_inst* i, bl_error* err, F&& f) noexcept {
    return detail::Shell<Self>::enter(i, detail::Call::lane, err, [&](Self& p) -> bl_status {
      return detail::outcome(err, BL_E_INVALID, BL_PENDING, [&] { return f(p); });
    });
  }
  static bl_status submit(bl_inst* i, const bl_intent* intent, bl_error* err) noexcept {
    return enqueue(i, err, [&](Self& p) { return p.submit(Intent(*intent)); });
  }
  static bl_status cancel(bl_inst* i, const bl_order_ref* orders, std::uint64_t n, bl_error* err) noexcept {
    return enqueue(i, err, [&](Self& p) { return p.cancel(std::span(orders, orders ? n : 0)); });
  }
  static bl_status amend(bl_inst* i, const bl_order_ref* order, const bl_intent* wanted,
                         bl_error* err) noexcept {
    if constexpr (amends<Self>()) {
      return enqueue(i, err, [&](Self& p) { return p.amend(*order, Intent(*wanted)); });
    } else {
      return BL_E_UNSUPPORTED;
    }
  }
  static bl_status query(bl_inst* i, const bl_query* query, bl_error* err) noexcept {
    return enqueue(i, err, [&](Self& p) { return p.query(*query); });
  }
  static bl_status on_event(bl_inst* i, const bl_event* e, const bl_sink* sink) noexcept {
    return detail::Shell<Self>::lane(i, [&](Self& p) -> bl_status {
      Events out(*sink);
      detail::dispatch(p, *e, out);
      return BL_OK;
    });
  }
  template <class P>
  static constexpr bool amends() {
    return requires(P & p, const bl_order_ref& o, const Intent& wanted) { p.amend(o, wanted); };
  }
  template <class P>
  static constexpr std::uint64_t caps_of() {
    if constexpr (requires { P::caps; }) return P::caps;
    return 0;
  }

 public:
  static constexpr bl_kind plugin_kind = BL_BROKER;
  static const void* plugin_table() noexcept {
    static constexpr bl_broker_v1 table{sizeof(bl_broker_v1),
                                        0,
                                        caps_of<Self>(),
                                        submit,
                                        cancel,
                                        amends<Self>() ? amend : nullptr,
                                        query,
                                        on_event};
    return &table;
  }
};

/// Says what to hold: plan(std::span<const bl_prediction* const>, const Portfolio&, Targets&), pure: the same
/// input gives the same targets. Weights lie in 0..1 and sum to at most 1. Optional on_event(const
/// bl_event&).
template <class Self>
class Rebalancer : public Host {
  static bl_status on_event(bl_inst* i, const bl_event* e) noexcept {
    return detail::Shell<Self>::lane(i, [&](Self& p) -> bl_status {
      detail::dispatch(p, *e);
      return BL_OK;
    });
  }
  static bl_status plan(bl_inst* i, const bl_prediction* const* predictions, std::uint64_t n,
                        const bl_portfolio* portfolio, const bl_sink* sink, bl_error* err) noexcept {
    return detail::Shell<Self>::enter(i, detail::Call::lane, err, [&](Self& p) -> bl_status {
      Targets out(*sink);
      const std::span<const bl_prediction* const> list(predictions, predictions ? n : 0);
      return detail::outcome(err, BL_E_INVALID, BL_OK,
                             [&] { return p.plan(list, Portfolio(*portfolio), out); });
    });
  }

 public:
  static constexpr bl_kind plugin_kind = BL_REBALANCER;
  static const void* plugin_table() noexcept {
    static constexpr bl_rebalancer_v1 table{sizeof(bl_rebalancer_v1), 0, on_event, plan};
    return &table;
  }
};

namespace detail {
/// The module behind the one exported function: static, and filled on the first call, because the schema's
/// numbers are written by the library, not by the compiler.
template <class T>
struct ModuleOf {
  bl_plugin plugin;
  const bl_plugin* list[1];
  bl_module module;
  ModuleOf(std::string_view id, std::string_view version) noexcept
      : plugin{sizeof(bl_plugin), T::plugin_kind,  to_abi(id),       to_abi(version),
               schema(),          &Shell<T>::base, T::plugin_table()},
        list{&plugin},
        module{sizeof(bl_module), BL_ABI_MINOR, note_facts<T>().min_host_minor, 1, list, {__VERSION__, sizeof __VERSION__ - 1}} {}
  static bl_str schema() noexcept {
    const auto& s = SchemaText<typename ParamsOf<T>::Type>::get();
    return {s.text, s.size};
  }
};
}  // namespace detail

/// Names of the distribution's shared libraries that a plugin is linked to, as the note has to list them:
///   static constexpr auto needed = bowline::libraries("libxgboost.so.0");
template <class... Name>
constexpr std::array<std::string_view, sizeof...(Name)> libraries(const Name&... name) {
  return {std::string_view(name)...};
}

}  // namespace bowline

/// The note, and the one exported function. Once per file. The type may say more of the file, all of it optional:
///   static constexpr bool simulated = true;               // of a broker: its venue is not real
///   static constexpr auto needed = bowline::libraries(…);  // else PLUGIN_NEEDS_LIBRARY
///   static constexpr std::uint32_t min_host_minor = 0;    // the oldest host it runs on
#define BOWLINE_PLUGIN(id, version, Type)                                                              \
  __attribute__((section(BL_NOTE_SECTION), used, aligned(4))) static constexpr auto bl_manifest_note = \
      bowline::detail::make_note<bowline::detail::note_text(                                           \
          id, version, Type::plugin_kind, bowline::detail::note_facts<Type>(), nullptr)>(              \
          id, version, Type::plugin_kind, bowline::detail::note_facts<Type>());                        \
  extern "C" BL_EXPORT const bl_module* bowline_module_v1(void) noexcept {                             \
    static const bowline::detail::ModuleOf<Type> only(id, version);                                    \
    return &only.module;                                                                               \
  }
