// bowline.broker.mock: see README.md.
#include <array>
#include <string_view>
#include <utility>

#include "common/shell.hpp"
#include "desk.hpp"
#include "events.hpp"
#include "params.hpp"
#include "schema.hpp"

namespace bowline::broker_mock {
namespace {

class Plugin {
  plugin_common::HostSide host_;
  DeskOptions options_;
  std::unique_ptr<Desk> desk_;
  const bl_timer_v1* timer_ = nullptr;
  const bl_publish_v1* publish_ = nullptr;
  bl_rate_class rate_class_{};
  bl_venue_v1 rates_{};
  static constexpr std::uint64_t timer_id = 1;
  static constexpr std::array<bl_call_cost, 4> costs{{{BL_CALL_SUBMIT, 0, 1, 0},
                                                      {BL_CALL_CANCEL, 0, 1, 0},
                                                      {BL_CALL_AMEND, 0, 1, 0},
                                                      {BL_CALL_QUERY, 0, 1, 0}}};

 public:
  explicit Plugin(const bl_host& host) : host_(host) {}

  Result<void> configure(const plugin_common::Json& p) {
    auto options = options_of(p);
    if (!options) return options.error();
    options_ = std::move(*options);
    // What bowline.venue/1 says: one bucket for all requests, each at the cost of one.
    rate_class_ = {plugin_common::str("requests"), options_.rate_limit, options_.rate_burst, 0, 0};
    const bool limited = options_.rate_limit != 0;
    rates_ = {sizeof rates_,
              limited ? 1u : 0u,
              limited ? static_cast<std::uint32_t>(costs.size()) : 0u,
              0,
              limited ? &rate_class_ : nullptr,
              limited ? costs.data() : nullptr,
              nullptr};
    return {};
  }

  Result<void> start() {
    timer_ = host_.service<bl_timer_v1>(BL_SVC_TIMER);
    publish_ = host_.service<bl_publish_v1>(BL_SVC_PUBLISH);
    if (publish_ == nullptr)
      return Error{"SERVICE_MISSING",
                   "the host offers no bowline.publish/1: a broker cannot answer without it"};
    DeskHost h;
    h.now_ns = [this] { return host_.now_ns(); };
    h.wake = [this] { host_.wake(); };
    if (timer_ != nullptr) h.arm = [this](std::int64_t due) { timer_->arm(host_.ctx(), timer_id, due, 0); };
    h.fail = [this](const Error& e) { host_.fail(e); };
    h.asset = [this](const std::string& code) { return host_.asset(code); };
    auto desk = std::make_unique<Desk>(options_, std::move(h));
    std::vector<Product> products;
    bl_product p;
    for (std::uint32_t i = 1; host_.product(i, p); ++i) products.push_back(product_of(p, i));
    if (auto r = desk->open(std::move(products)); !r) return r;
    desk_ = std::move(desk);
    return {};
  }
  void stop() { desk_.reset(); }
  const void* extension(std::string_view id) const noexcept {
    return id == BL_EXT_VENUE && rates_.size != 0 ? &rates_ : nullptr;
  }
  void on_wake() {
    if (desk_) desk_->on_time([this](const bl_event& e) { publish_->event(host_.ctx(), &e); });
  }

  Desk* desk() noexcept { return desk_.get(); }
};

using Self = plugin_common::Shell<Plugin>;

/// What a refusal means for the host. All of them say that no byte was sent.
bl_status status_of(std::string_view code) noexcept {
  constexpr std::array<std::pair<std::string_view, bl_status>, 5> known{
      {{"ORDER_UNSUPPORTED", BL_E_UNSUPPORTED},
       {"NOT_AFTER_PASSED", BL_E_STATE},
       {"VENUE_NOT_STARTED", BL_E_STATE},
       {"LINK_DOWN", BL_E_IO},
       {"RATE_LIMITED", BL_E_AGAIN}}};
  for (const auto& [name, status] : known)
    if (name == code) return status;
  return BL_E_INVALID;
}

/// A request on the lane: legal only while running.
template <class F>
bl_status request(bl_inst* i, bl_error* err, F&& f) noexcept {
  bl_status refused = BL_E_INVALID;
  const bl_status s = plugin_common::guarded(err, BL_E_INVALID, [&]() -> Result<void> {
    Desk* desk = Self::of(i).desk();
    Result<void> r = desk ? f(*desk) : Error{"VENUE_NOT_STARTED", "the venue is not running"};
    if (!r) refused = status_of(r.error().code);
    return r;
  });
  if (s == BL_OK) return BL_PENDING;
  if (s != BL_E_INVALID) return s;  // an exception
  if (err != nullptr) err->status = refused;
  return refused;
}

bl_status submit(bl_inst* i, const bl_intent* intent, bl_error* err) noexcept {
  return request(i, err, [&](Desk& d) { return d.submit(*intent); });
}
bl_status amend(bl_inst* i, const bl_order_ref* ref, const bl_intent* wanted, bl_error* err) noexcept {
  return request(i, err, [&](Desk& d) { return d.amend(*ref, *wanted); });
}
bl_status cancel(bl_inst* i, const bl_order_ref* refs, std::uint64_t n, bl_error* err) noexcept {
  return request(i, err, [&](Desk& d) -> Result<void> {
    if (auto r = d.reach(Desk::cancel_cost(n)); !r) return r;
    d.cancel(refs, n);
    return {};
  });
}
bl_status query(bl_inst* i, const bl_query* q, bl_error* err) noexcept {
  return request(i, err, [&](Desk& d) -> Result<void> {
    if (auto r = d.reach(1); !r) return r;
    d.query(*q);
    return {};
  });
}
bl_status on_event(bl_inst* i, const bl_event* e, const bl_sink* sink) noexcept {
  Desk* desk = Self::of(i).desk();
  if (desk == nullptr) return BL_E_STATE;
  if (e->type == BL_EV_BAR) desk->on_bar(*reinterpret_cast<const bl_bar*>(e), *sink);
  if (e->type == BL_EV_TIMER) desk->on_time([sink](const bl_event& said) { sink->event(sink->ctx, &said); });
  return BL_OK;
}
constexpr bl_broker_v1 table{sizeof(bl_broker_v1), 0, BL_CAN_REST_STOP | BL_CAN_REST_BRACKET, submit, cancel, amend, query, on_event};

}  // namespace
}  // namespace bowline::broker_mock

BOWLINE_MODULE(BL_BROKER, "broker", "bowline.broker.mock", "1.0.0", bowline::broker_mock::schema,
               bowline::broker_mock::Plugin, bowline::broker_mock::table,
               ",\"venue_class\":\"simulated\",\"needed\":[\"libsqlite3.so.0\"]")
