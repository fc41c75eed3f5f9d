#include "services/runtime/ports.hpp"

#include <algorithm>
#include <cstring>

#include "loader/extensions.hpp"
#include "observe/log.hpp"

namespace bowline::services {
namespace {

core::SharedText shared(std::string_view s) { return std::make_shared<const std::string>(s); }

bl_sink closed_sink(void* ctx) noexcept {
  bl_sink s{};
  s.size = sizeof s;
  s.ctx = ctx;
  s.event = [](void*, const bl_event*) noexcept -> bl_status { return BL_E_UNSUPPORTED; };
  s.prediction = [](void*, const bl_prediction*) noexcept -> bl_status { return BL_E_UNSUPPORTED; };
  s.target = [](void*, const bl_target*) noexcept -> bl_status { return BL_E_UNSUPPORTED; };
  s.stop = [](void*, const bl_stop*) noexcept -> bl_status { return BL_E_UNSUPPORTED; };
  return s;
}

std::string_view view(bl_str s) noexcept { return s.ptr != nullptr ? std::string_view(s.ptr, s.len) : std::string_view(); }

constexpr std::size_t most_models = 1024;  // an instance that names more models than this has lost its mind
constexpr std::size_t most_named = 16;     // in the log

}  // namespace

// ---- signal -----------------------------------------------------------------------------------------------------

SignalAdapter::SignalAdapter(loader::SignalInstance& instance, loader::Needs needs, std::unique_ptr<FrameSource> frames)
    : instance_(instance),
      needs_(needs),
      calibration_(loader::calibration_of(instance)),
      explainer_(loader::explainer_of(instance)),
      frames_(std::move(frames)),
      name_(shared(instance.spec().id)),
      sink_(closed_sink(this)) {
  sink_.prediction = [](void* ctx, const bl_prediction* p) noexcept -> bl_status {
    auto& self = *static_cast<SignalAdapter*>(ctx);
    if (p == nullptr || p->size < sizeof(bl_prediction) || self.out_ == nullptr) return BL_E_INVALID;
    const core::SharedText& model = self.intern(view(p->model_id));
    Said& said = self.out_->emplace_back(*p, &model, 0u);
    said.p.model_id = {model->data(), model->size()};
    return BL_OK;
  };
}

[[gnu::hot]] const core::SharedText& SignalAdapter::intern(std::string_view text) {
  if (last_model_ != nullptr && **last_model_ == text) return *last_model_;
  const auto known = std::find_if(models_.begin(), models_.end(), [&](const core::SharedText& m) { return *m == text; });
  if (known != models_.end()) {
    last_model_ = &*known;
  } else if (models_.size() < most_models) {
    models_.push_back(shared(loader::plugin_text(text, 256)));
    last_model_ = &models_.back();
    if (models_.size() <= most_named) {
      const observe::log::Scope scope({.service = "signal-generator"});
      observe::log::info("signal", "instance {} predicts with model {}", *name_, **last_model_);
    }
  } else {
    last_model_ = &models_.front();
  }
  return *last_model_;
}

[[gnu::hot]] Result<void> SignalAdapter::on_event(const bl_event& event, std::vector<Said>& out) {
  const std::size_t before = out.size();
  out_ = &out;
  const bl_status status = instance_.on_event(event, sink_);
  out_ = nullptr;
  if (status >= 0) return {};
  out.erase(out.begin() + static_cast<std::ptrdiff_t>(before), out.end());
  return instance_.status_error("PLUGIN_CALL_FAILED", "signal.on_event", status, bl_error{});
}

Result<ClassReturns> SignalAdapter::class_returns() {
  const auto told = loader::class_returns(instance_, calibration_);
  if (!told) return told.error();
  return ClassReturns{told->up, told->flat, told->down};
}

Result<void> SignalAdapter::contributions(const bl_frame& frame, std::uint32_t row, std::uint32_t output, std::span<double> out) {
  return loader::contributions(instance_, explainer_, frame, row, output, out);
}

// ---- risk -------------------------------------------------------------------------------------------------------

std::string RiskAdapter::assessment() {
  if (instance_ == nullptr) return {};
  auto text = loader::assessment(*instance_);
  if (text) return std::move(*text);
  if (errors_ != nullptr && text.error().code != "PLUGIN_EXTENSION_MISSING") errors_->add(service_, *name_, text.error().code, text.error().message);
  return {};
}

RiskAdapter::RiskAdapter(std::string_view id, loader::RiskInstance* instance, PluginErrors* errors, std::string_view service)
    : instance_(instance), name_(shared(id)), errors_(errors), service_(service) {}

bool RiskAdapter::check(const bl_intent& intent, const bl_portfolio& portfolio, bl_verdict& verdict) {
  if (instance_ == nullptr) {
    const auto put = [](auto& to, std::string_view text) {
      std::memcpy(to, text.data(), text.size());
      to[text.size()] = '\0';
    };
    verdict.action = 0;
    put(verdict.code, "PLUGIN_QUARANTINED");
    put(verdict.reason, "this instance ended the process before and is quarantined until an operator releases it");
    return true;
  }
  const bl_status status = instance_->check(intent, portfolio, verdict);
  if (status >= 0) return true;
  if (errors_ != nullptr) {
    const Error why = instance_->status_error("PLUGIN_CALL_FAILED", "risk.check", status, bl_error{});
    errors_->add(service_, *name_, why.code, why.message);
  }
  return false;
}

StopSink::StopSink(Execution& execution, std::string_view instance)
    : execution_(execution), name_(shared(instance)), sink_(closed_sink(this)) {
  sink_.stop = [](void* ctx, const bl_stop* wish) noexcept -> bl_status {
    if (wish == nullptr || wish->size < sizeof(bl_stop)) return BL_E_INVALID;
    const auto& self = *static_cast<StopSink*>(ctx);
    return self.execution_.want_stop(*wish, self.name_);
  };
}

// ---- broker -----------------------------------------------------------------------------------------------------

BrokerAdapter::BrokerAdapter(loader::BrokerInstance& instance, EventInbox& inbox, const std::atomic<bool>& gate_closed,
                             PluginErrors* errors)
    : instance_(instance), gate_closed_(gate_closed), errors_(errors), sink_(closed_sink(&inbox)) {
  sink_.event = [](void* ctx, const bl_event* e) noexcept -> bl_status {
    if (e == nullptr) return BL_E_INVALID;
    return static_cast<EventInbox*>(ctx)->put(*e) ? BL_OK : BL_E_INVALID;
  };
}

Error BrokerAdapter::failure(std::string_view call, bl_status status, const bl_error& why) {
  Error e = instance_.status_error("PLUGIN_CALL_FAILED", call, status, why);
  // Its own words may hold an amount (the cash it lacks): they are stored with the order, and not told in the log.
  if (errors_ != nullptr)
    errors_->add("trade-execution", instance_.spec().id, e.code,
                 instance_.status_error(e.code, call, status, bl_error{}).message);
  if (status == BL_E_AGAIN) return again(std::move(e));
  return e;
}

bool BrokerAdapter::gate_is_closed(Error& why) const {
  if (!gate_closed_.load(std::memory_order_acquire)) return false;
  why = Error{"GATE_CLOSED", "the watchdog has closed the gate: this process is ending"};
  return true;
}

HandOver BrokerAdapter::outcome(std::string_view call, bl_status status, const bl_error& error, Error& why) {
  if (status >= 0) return HandOver::taken;
  why = failure(call, status, error);
  // Only these say that no byte was written. Anything else may be live, and only the venue knows (rules 2.3).
  switch (status) {
    case BL_E_INVALID:
    case BL_E_CONFIG:
    case BL_E_STATE:
    case BL_E_UNSUPPORTED:
    case BL_E_NOT_FOUND:
    case BL_E_AGAIN:
    case BL_E_AUTH:
    case BL_E_IO:
    case BL_E_OVERFLOW: return HandOver::denied;
    default: return HandOver::unknown;
  }
}

HandOver BrokerAdapter::submit(const core::Recorded<core::RiskApproved<core::Intent>>& order, Error& why) {
  if (gate_is_closed(why)) return HandOver::denied;
  bl_error error{};
  const bl_status status = instance_.submit((**order).abi, error);
  return outcome("broker.submit", status, error, why);
}

HandOver BrokerAdapter::amend(const bl_order_ref& order, const core::Recorded<core::RiskApproved<core::Amendment>>& wanted, Error& why) {
  if (gate_is_closed(why)) return HandOver::denied;
  bl_error error{};
  const bl_status status = instance_.amend(order, (**wanted).wanted.abi, error);
  return outcome("broker.amend", status, error, why);
}

Result<void> BrokerAdapter::cancel(std::span<const bl_order_ref> orders) {
  bl_error error{};
  const bl_status status = instance_.cancel(orders, error);
  failing_ = status < 0;
  if (status >= 0) return {};
  return failure("broker.cancel", status, error);
}

Result<void> BrokerAdapter::query(const bl_query& query) {
  bl_error error{};
  const bl_status status = instance_.query(query, error);
  failing_ = status < 0;
  if (status >= 0) return {};
  return failure("broker.query", status, error);
}

[[gnu::hot]] Result<void> BrokerAdapter::on_event(const bl_event& event) {
  const bl_status status = instance_.on_event(event, sink_);
  failing_ = status < 0;
  if (status >= 0) return {};
  return failure("broker.on_event", status, bl_error{});
}

void BrokerAdapter::on_link(const bl_link& told) noexcept {
  constexpr std::uint32_t orders = 2;  // the scope that trading hangs on
  if (told.scope == 0 || (told.scope & orders) != 0) link_ = told.state <= 2 ? static_cast<Link>(told.state) : Link::stale, link_why_ = told.why;
}

bool BrokerAdapter::wake() {
  if (!wake_.load(std::memory_order_relaxed) || !wake_.exchange(false, std::memory_order_acq_rel)) return false;
  instance_.on_wake();
  return true;
}

bool BrokerAdapter::hear(const std::function<void(const Error&)>& failed) {
  if (net_ == nullptr || !net_->some() || instance_.state() == loader::State::Configured) return false;
  net_->drain([&](const bl_event& e) {
    if (broken()) return;  // nobody is there any more who could hear it
    if (const auto done = on_event(e); !done && failed) failed(done.error());
  });
  return true;
}

void pump_broker(BrokerAdapter& broker, EventInbox& inbox, Execution& execution) {
  const auto read = [&] { inbox.drain([&](const bl_event& e) {
      if (e.type == BL_EV_LINK) broker.on_link(reinterpret_cast<const bl_link&>(e));
      execution.on_broker_event(e);
    });
  };
  const auto failed = [&](const Error& why) { execution.broker_failed(why); };
  do read();
  while (broker.wake() || broker.hear(failed));
  read();
}

// ---- rebalancer -------------------------------------------------------------------------------------------------

RebalanceAdapter::RebalanceAdapter(loader::RebalancerInstance& instance, PluginErrors* errors)
    : instance_(instance), name_(shared(instance.spec().id)), errors_(errors) {}

void RebalanceAdapter::on_event(const bl_event& event) {
  const bl_status status = instance_.on_event(event);
  if (status >= 0 || errors_ == nullptr) return;
  const Error why = instance_.status_error("PLUGIN_CALL_FAILED", "rebalancer.on_event", status, bl_error{});
  errors_->add("portfolio-rebalancer", *name_, why.code, why.message);
}

Result<std::vector<PlanLine>> RebalanceAdapter::plan(std::span<const core::Prediction> predictions, const bl_portfolio& book) {
  std::vector<bl_prediction> rows;
  rows.reserve(predictions.size());
  for (const core::Prediction& p : predictions) {
    bl_prediction r{};
    r.size = sizeof r;
    r.instrument = p.instrument.value;
    r.action = static_cast<std::uint32_t>(p.action);
    r.p_up = p.p_up;
    r.p_flat = p.p_flat;
    r.p_down = p.p_down;
    r.confidence = p.confidence;
    r.weight = p.weight;
    r.threshold = p.threshold;
    r.expected_move = p.expected_move;
    r.ref_px = p.ref_px.raw();
    r.horizon_ns = p.horizon_ns;
    r.valid_until_ns = p.valid_until;
    if (p.model) r.model_id = {p.model->data(), p.model->size()};
    rows.push_back(r);
  }
  std::vector<const bl_prediction*> pointers;
  pointers.reserve(rows.size());
  for (const bl_prediction& r : rows) pointers.push_back(&r);
  std::vector<PlanLine> lines;
  bl_sink sink = closed_sink(&lines);
  sink.target = [](void* ctx, const bl_target* t) noexcept -> bl_status {
    if (t == nullptr || t->size < sizeof(bl_target)) return BL_E_INVALID;
    // Spot: a negative weight counts as 0 (ABI, bl_target.weight), and is told as such; how far below is no matter.
    static_cast<std::vector<PlanLine>*>(ctx)->push_back(
        {{t->instrument}, t->weight < 0 ? 0 : t->weight, t->valid_until_ns, t->weight < 0 ? std::max(t->weight, -1.0) : 0});
    return BL_OK;
  };
  bl_error error{};
  const bl_status status = instance_.plan(pointers, book, sink, error);
  if (status < 0) return instance_.status_error("PLUGIN_CALL_FAILED", "rebalancer.plan", status, error);
  return lines;
}

}  // namespace bowline::services
