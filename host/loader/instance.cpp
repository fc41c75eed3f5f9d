#include "loader/instance.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>

#include "loader/call_registry.hpp"
#include "loader/host_side.hpp"
#include "loader/refusals.hpp"

namespace bowline::loader {
namespace {

constexpr std::uint32_t max_warmup = 1'000'000;
constexpr std::uint64_t max_saved = 64u << 20;
constexpr std::int64_t last_grace_ns = 5'000'000'000;

constexpr auto state_names = std::to_array<std::string_view>(
    {"being created", "created", "configured", "running", "stopped", "failed", "destroyed"});

std::string_view text_of(bl_str s) { return {s.ptr, s.len}; }

// A plugin that did not stop in time may have threads that still hold the ctx and the instance: both stay
// where they are until the process ends.
void keep_for_good(std::unique_ptr<HostSide> side, bl_inst* instance) {
  static std::mutex mutex;
  static auto* const kept = new std::vector<std::pair<std::unique_ptr<HostSide>, bl_inst*>>;
  const std::lock_guard lock(mutex);
  kept->emplace_back(std::move(side), instance);
}

}  // namespace

std::string_view to_string(State state) noexcept {
  const auto at = static_cast<std::size_t>(state);
  return at < state_names.size() ? state_names[at] : "unknown";
}

Instance::Instance(std::shared_ptr<const Module> module, const bl_plugin& plugin, InstanceSpec spec,
                   InstanceHost& host, Watchdog* watchdog)
    : module_(std::move(module)),
      plugin_(&plugin),
      base_(plugin.base),
      spec_(std::move(spec)),
      on_wake_(BL_HAS(plugin.base, bl_base, on_wake) ? plugin.base->on_wake : nullptr),
      host_(std::make_unique<HostSide>(host, spec_.id, std::string(text_of(plugin.id)))),
      slot_(&host_->slot),
      state_(&host_->state),
      watchdog_(watchdog) {
  const std::string id(text_of(plugin.id));
  register_instance(
      *slot_,
      "instance " + spec_.id + " (plugin " + id + ", file " + module_->file().filename().string() + ")",
      record_prefix(spec_.id, id, module_->sha256()));
  if (watchdog_ != nullptr) watchdog_->add(*slot_, {spec_.index, spec_.id, id, module_->sha256()});
}

Instance::~Instance() {
  if (state() == State::Running) (void)stop(last_grace_ns);
  const bool abandoned = host_->host.load(std::memory_order_relaxed) == nullptr;
  if (inst_ != nullptr && !abandoned) {
    const InCall bracket(*slot_, CallClass::Control, "base.destroy", 0);
    base_->destroy(inst_);
  }
  if (watchdog_ != nullptr) watchdog_->remove(*slot_);
  unregister_instance(*slot_);
  state_->store(State::Destroyed, std::memory_order_release);
  host_->host.store(nullptr, std::memory_order_release);
  if (abandoned) keep_for_good(std::move(host_), inst_);
}

Error Instance::state_error(std::string_view call) const {
  if (state() == State::Failed) {
    Error why = failure();
    return refuse_instance("PLUGIN_STATE", spec_.id,
                           std::string(call) + " is not possible, it has failed (" + why.message + ")",
                           "make a new instance");
  }
  return refuse_instance("PLUGIN_STATE", spec_.id,
                         std::string(call) + " is not legal while it is " + std::string(to_string(state())),
                         "this is a defect in the host: report it");
}

Error Instance::status_error(std::string_view code, std::string_view call, bl_status status,
                             const bl_error& why) const {
  const std::string text = plugin_text(why);
  Error error = refuse_instance(code, spec_.id,
                                std::string(text_of(plugin_->id)) + " failed in " + std::string(call) + " (" +
                                    (text.empty() ? std::string("it gave no reason") : text) + ", status " +
                                    std::to_string(status) + ")",
                                "correct what it names");
  error.details.emplace_back("plugin_message", text);
  return error;
}

Result<void> Instance::create() {
  bl_error why{};
  bl_status status = BL_E_INTERNAL;
  {
    const InCall bracket(*slot_, CallClass::Control, "base.create", 0);
    status = base_->create(&host_->table, &inst_, &why);
  }
  if (status < 0) {
    inst_ = nullptr;
    return status_error("PLUGIN_CREATE_FAILED", "create", status, why);
  }
  if (inst_ == nullptr)
    return refuse_instance(
        "PLUGIN_CREATE_FAILED", spec_.id,
        std::string(text_of(plugin_->id)) + " said that create succeeded and gave no instance",
        "mend the plugin");
  if (Error failed = failure(); !failed.code.empty()) return failed;
  state_->store(State::Created, std::memory_order_release);
  return {};
}

Result<void> Instance::configure() { return configure(spec_.params); }

Result<void> Instance::configure(std::string json) {
  State before = state();
  if (before != State::Created && before != State::Stopped) return state_error("configure");
  bl_error why{};
  bl_status status = BL_E_INTERNAL;
  {
    host_->configuring.store(true, std::memory_order_relaxed);
    const InCall bracket(*slot_, CallClass::Control, "base.configure", 0);
    status = base_->configure(inst_, {json.data(), json.size()}, &why);
    host_->configuring.store(false, std::memory_order_relaxed);
  }
  if (status < 0) return status_error("PLUGIN_CONFIGURE_FAILED", "configure", status, why);
  if (!state_->compare_exchange_strong(before, State::Configured)) return failure();  // host.fail() meanwhile
  spec_.params = std::move(json);
  return {};
}

Result<void> Instance::start() {
  State before = state();
  if (before != State::Configured && before != State::Stopped) return state_error("start");
  bl_error why{};
  bl_status status = BL_E_INTERNAL;
  {
    const InCall bracket(*slot_, CallClass::Control, "base.start", 0);
    status = base_->start(inst_, &why);
  }
  if (status < 0) return status_error("PLUGIN_START_FAILED", "start", status, why);
  if (!state_->compare_exchange_strong(before, State::Running)) return failure();
  return {};
}

Result<void> Instance::stop(std::int64_t grace_ns) {
  State before = State::Running;
  if (state() != before) return state_error("stop");
  bl_error why{};
  bl_status status = BL_E_INTERNAL;
  const auto began = std::chrono::steady_clock::now();
  {
    slot_->extra_ns.store(grace_ns, std::memory_order_relaxed);
    const InCall bracket(*slot_, CallClass::Control, "base.stop", 0);
    status = base_->stop(inst_, grace_ns, &why);
  }
  slot_->extra_ns.store(0, std::memory_order_relaxed);
  const bool late = std::chrono::steady_clock::now() - began > std::chrono::nanoseconds(grace_ns);
  if (status >= 0 && !late) {
    if (!state_->compare_exchange_strong(before, State::Stopped)) return failure();
    return {};
  }
  Error error = late ? refuse_instance("PLUGIN_STOP_OVERRUN", spec_.id,
                                       "stop took longer than its grace of " +
                                           std::to_string(grace_ns / 1'000'000) + " ms",
                                       "it was abandoned: make stop quicker, or raise the grace")
                     : status_error("PLUGIN_STOP_FAILED", "stop", status, why);
  host_->fail(error);
  host_->host.store(nullptr, std::memory_order_release);  // abandoned: see the destructor
  return error;
}

Result<std::vector<std::uint8_t>> Instance::save() {
  const State now = state();
  if (now != State::Running && now != State::Configured && now != State::Stopped) return state_error("save");
  std::vector<std::uint8_t> bytes;
  if (!BL_HAS(base_, bl_base, save)) return bytes;
  const InCall bracket(*slot_, CallClass::Control, "base.save", 0);
  bl_error why{};
  std::uint64_t length = 0;
  bl_status status = base_->save(inst_, nullptr, 0, &length, &why);
  // BL_E_OVERFLOW is a natural answer to a buffer of no bytes, and carries the length all the same.
  if (status < 0 && status != BL_E_OVERFLOW) return status_error("PLUGIN_SAVE_FAILED", "save", status, why);
  if (length > max_saved)
    return refuse_instance("PLUGIN_SAVE_FAILED", spec_.id,
                           "it wants to save " + std::to_string(length) + " bytes, the limit is 64 MiB",
                           "mend the plugin");
  bytes.resize(length);
  if (length == 0) return bytes;
  std::uint64_t written = 0;
  status = base_->save(inst_, bytes.data(), bytes.size(), &written, &why);
  if (status < 0) return status_error("PLUGIN_SAVE_FAILED", "save", status, why);
  if (written > bytes.size())
    return refuse_instance("PLUGIN_SAVE_FAILED", spec_.id, "its second save was longer than its first",
                           "mend the plugin");
  bytes.resize(written);
  return bytes;
}

Result<void> Instance::load(std::span<const std::uint8_t> bytes) {
  const State now = state();
  if (now != State::Configured && now != State::Stopped) return state_error("load");
  if (!BL_HAS(base_, bl_base, load))
    return refuse_instance("PLUGIN_SAVED_STATE_REFUSED", spec_.id, "its plugin takes no saved state",
                           "start it without one");
  bl_error why{};
  const InCall bracket(*slot_, CallClass::Control, "base.load", 0);
  const bl_status status = base_->load(inst_, bytes.data(), bytes.size(), &why);
  if (status < 0) return status_error("PLUGIN_SAVED_STATE_REFUSED", "load", status, why);
  return {};
}

void Instance::mark_failed(Error why) noexcept { host_->fail(std::move(why)); }

Error Instance::failure() const {
  const std::lock_guard lock(host_->failure_mutex);
  return host_->failure;
}

void Instance::on_wake() noexcept {
  if (on_wake_ == nullptr || !running()) return;
  const InCall bracket(*slot_, kind() == Kind::Broker ? CallClass::Broker : CallClass::Lane, "base.on_wake",
                       0);
  on_wake_(inst_);
}

const void* Instance::extension(std::string_view id, std::uint32_t least) {
  const State now = state();
  if (now != State::Configured && now != State::Running && now != State::Stopped) return nullptr;
  if (!BL_HAS(base_, bl_base, extension)) return nullptr;
  const InCall bracket(*slot_, CallClass::Control, "base.extension", 0);
  const void* table = base_->extension(inst_, {id.data(), id.size()});
  if (table == nullptr || reinterpret_cast<std::uintptr_t>(table) % alignof(void*) != 0) return nullptr;
  std::uint32_t size = 0;
  std::memcpy(&size, table, sizeof size);
  return size >= least ? table : nullptr;
}

Result<void> Instance::configured_control(const char* call) const {
  const State now = state();
  if (now != State::Configured && now != State::Running && now != State::Stopped) return state_error(call);
  return {};
}

Result<Needs> Instance::needs_from(bl_status (*needs)(bl_inst*, bl_needs*) BL_NOEXCEPT, const char* call) {
  if (auto legal = configured_control(call); !legal) return std::move(legal).error();
  bl_needs out{};
  out.size = sizeof out;
  bl_status status = BL_E_INTERNAL;
  {
    const InCall bracket(*slot_, CallClass::Control, call, 0);
    status = needs(inst_, &out);
  }
  if (status < 0) return status_error("PLUGIN_CALL_FAILED", call, status, bl_error{});
  if (out.warmup_bars > max_warmup)
    return refuse_instance("PLUGIN_NEEDS_INVALID", spec_.id,
                           "it wants " + std::to_string(out.warmup_bars) + " bars to warm up, the limit is " +
                               std::to_string(max_warmup),
                           "mend the plugin or its params");
  return Needs{out.warmup_bars, out.event_mask};
}

// ---- kinds
// ----------------------------------------------------------------------------------------------------------

FeedInstance::FeedInstance(std::shared_ptr<const Module> m, const bl_plugin& p, InstanceSpec s,
                           InstanceHost& h, Watchdog* w)
    : Instance(std::move(m), p, std::move(s), h, w),
      table_(static_cast<const Table*>(p.vtable)),
      pull_(table_->pull),
      on_event_(BL_HAS(table_, bl_feed_v1, on_event) ? table_->on_event : nullptr) {}

Result<void> FeedInstance::subscribe(std::span<const std::uint32_t> instruments, std::uint32_t channels) {
  if (auto legal = configured_control("subscribe"); !legal) return legal;
  bl_error why{};
  bl_status status = BL_E_INTERNAL;
  {
    const InCall bracket(*slot_, CallClass::Control, "feed.subscribe", 0);
    status = table_->subscribe(inst_, instruments.data(), instruments.size(), channels, &why);
  }
  if (status < 0) return status_error("PLUGIN_CALL_FAILED", "subscribe", status, why);
  return {};
}

SignalInstance::SignalInstance(std::shared_ptr<const Module> m, const bl_plugin& p, InstanceSpec s,
                               InstanceHost& h, Watchdog* w)
    : Instance(std::move(m), p, std::move(s), h, w),
      table_(static_cast<const Table*>(p.vtable)),
      on_event_(table_->on_event) {}

Result<Needs> SignalInstance::needs() { return needs_from(table_->needs, "signal.needs"); }

RiskInstance::RiskInstance(std::shared_ptr<const Module> m, const bl_plugin& p, InstanceSpec s,
                           InstanceHost& h, Watchdog* w)
    : Instance(std::move(m), p, std::move(s), h, w),
      table_(static_cast<const Table*>(p.vtable)),
      on_event_(table_->on_event) {}

Result<Needs> RiskInstance::needs() { return needs_from(table_->needs, "risk.needs"); }

bl_status RiskInstance::check(const bl_intent& intent, const bl_portfolio& portfolio,
                              bl_verdict& verdict) noexcept {
  constexpr std::uint32_t reject = 0, shrink = 2;
  const auto rejected = [&verdict](const char* code, const char* reason) {
    verdict = bl_verdict{};
    verdict.size = sizeof verdict;
    verdict.action = reject;
    std::memcpy(verdict.code, code, std::strlen(code));
    std::memcpy(verdict.reason, reason, std::strlen(reason));
  };
  rejected("", "");
  if (!running()) {
    rejected("PLUGIN_STATE", "the risk instance is not running");
    return BL_E_STATE;
  }
  bl_status status = BL_E_INTERNAL;
  {
    const InCall bracket(*slot_, CallClass::Lane, "risk.check", intent.cause);
    status = table_->check(inst_, &intent, &portfolio, &verdict);
  }
  verdict.size = sizeof verdict;
  verdict.code[sizeof verdict.code - 1] = '\0';
  verdict.reason[sizeof verdict.reason - 1] = '\0';
  if (status < 0) rejected("PLUGIN_CALL_FAILED", "the risk instance reported an error");
  if (verdict.action > shrink) rejected("PLUGIN_CALL_FAILED", "the risk instance gave an unknown verdict");
  return status;
}

BrokerInstance::BrokerInstance(std::shared_ptr<const Module> m, const bl_plugin& p, InstanceSpec s,
                               InstanceHost& h, Watchdog* w)
    : Instance(std::move(m), p, std::move(s), h, w),
      table_(static_cast<const Table*>(p.vtable)),
      amend_(table_->amend),
      on_event_(table_->on_event) {}

RebalancerInstance::RebalancerInstance(std::shared_ptr<const Module> m, const bl_plugin& p, InstanceSpec s,
                                       InstanceHost& h, Watchdog* w)
    : Instance(std::move(m), p, std::move(s), h, w),
      table_(static_cast<const Table*>(p.vtable)),
      on_event_(table_->on_event) {}

template <class T>
Result<std::unique_ptr<T>> make_instance(std::shared_ptr<const Module> module, InstanceSpec spec,
                                         InstanceHost& host, Watchdog* watchdog) {
  auto plugin = module->plugin(spec.plugin);
  if (!plugin) return std::move(plugin).error();
  if (static_cast<Kind>((*plugin)->kind) != T::kKind)
    return refuse_instance("PLUGIN_KIND_MISMATCH", spec.id,
                           "wants a " + std::string(to_string(T::kKind)) + ", and " + spec.plugin + " is a " +
                               std::string(to_string(static_cast<Kind>((*plugin)->kind))),
                           "correct `kind` or `plugin` of the instance");
  auto instance = std::make_unique<T>(std::move(module), **plugin, std::move(spec), host, watchdog);
  if (auto made = instance->create(); !made) return std::move(made).error();
  return instance;
}

template Result<std::unique_ptr<FeedInstance>> make_instance(std::shared_ptr<const Module>, InstanceSpec,
                                                             InstanceHost&, Watchdog*);
template Result<std::unique_ptr<SignalInstance>> make_instance(std::shared_ptr<const Module>, InstanceSpec,
                                                               InstanceHost&, Watchdog*);
template Result<std::unique_ptr<RiskInstance>> make_instance(std::shared_ptr<const Module>, InstanceSpec,
                                                             InstanceHost&, Watchdog*);
template Result<std::unique_ptr<BrokerInstance>> make_instance(std::shared_ptr<const Module>, InstanceSpec,
                                                               InstanceHost&, Watchdog*);
template Result<std::unique_ptr<RebalancerInstance>> make_instance(std::shared_ptr<const Module>,
                                                                   InstanceSpec, InstanceHost&, Watchdog*);

}  // namespace bowline::loader
