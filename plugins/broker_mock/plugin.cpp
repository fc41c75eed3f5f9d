// bowline.broker.mock: see README.md.
#include "common/feed_table.hpp"
#include "common/money.hpp"
#include "common/shell.hpp"
#include "desk.hpp"
#include "events.hpp"

namespace bowline::broker_mock {
namespace {

class Plugin {
  plugin_common::HostSide host_;
  DeskOptions options_;
  std::unique_ptr<Desk> desk_;
  const bl_timer_v1* timer_ = nullptr;
  const bl_publish_v1* publish_ = nullptr;
  static constexpr std::uint64_t timer_id = 1;

 public:
  explicit Plugin(const bl_host& host) : host_(host) {}

  Result<void> configure(const plugin_common::Json& p) {
    DeskOptions o;
    const auto ratio = [&p](const char* key) { return money::from_ratio(p.at(key).get<double>()); };
    o.venue.rules = {ratio("slippage"), ratio("max_fill_share")};
    o.venue.taker_fee = ratio("taker_fee");
    o.venue.maker_fee = ratio("maker_fee");
    o.venue.assumed_half_spread = ratio("assumed_half_spread");
    o.venue.latency_ns = p.at("latency").get<std::int64_t>();
    o.venue.partial_fill_probability = p.at("partial_fill_probability").get<double>();
    o.venue.reject_probability = p.at("reject_probability").get<double>();
    o.venue.seed = p.at("seed").get<std::uint64_t>();
    for (const auto& [code, text] : plugin_common::text_map(p.at("cash"))) {
      const auto amount = money::parse(text);
      if (!amount || *amount < Decimal::zero())
        return Error{"CASH_INVALID", "cash." + code + ": a decimal of 0 or more is needed"};
      o.cash.emplace_back(code, *amount);
    }
    o.memory = p.at("state").get<std::string>() == "memory";
    o.file = p.at("file").get<std::string>();
    options_ = std::move(o);
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
  void on_wake() {
    if (desk_) desk_->on_time([this](const bl_event& e) { publish_->event(host_.ctx(), &e); });
  }

  Desk* desk() noexcept { return desk_.get(); }
};

using Self = plugin_common::Shell<Plugin>;

constexpr std::string_view schema = R"json({"type":"object","additionalProperties":false,"properties":{
"cash":{"type":"object","properties":{},"additionalProperties":{"type":"string","format":"decimal"},"default":{"USD":"10000"},"description":"first balances by asset code; used only when the state is new"},
"taker_fee":{"type":"number","x-bowline-unit":"percent","default":0.012,"minimum":0,"maximum":0.5,"description":"share of the value traded"},
"maker_fee":{"type":"number","x-bowline-unit":"percent","default":0.006,"minimum":0,"maximum":0.5,"description":"share of the value traded"},
"slippage":{"type":"number","x-bowline-unit":"percent","default":0.0005,"minimum":0,"maximum":0.5,"description":"share of the price that a taker loses"},
"latency":{"type":"integer","x-bowline-unit":"duration","default":0,"minimum":0,"maximum":86400000000000,"description":"from submit or cancel to its arrival at the venue"},
"max_fill_share":{"type":"number","x-bowline-unit":"percent","default":0.1,"exclusiveMinimum":0,"maximum":1,"description":"share of a bar's volume that all our orders together may take"},
"partial_fill_probability":{"type":"number","default":0,"minimum":0,"maximum":1,"description":"that a bar fills only a part of what it could"},
"reject_probability":{"type":"number","default":0,"minimum":0,"maximum":1,"description":"that a new order is rejected"},
"assumed_half_spread":{"type":"number","x-bowline-unit":"percent","default":0.0005,"minimum":0,"maximum":0.5,"description":"between the last close and the touch, for post-only"},
"seed":{"type":"integer","default":1,"minimum":0,"description":"of the two probabilities"},
"state":{"type":"string","default":"file","enum":["file","memory"],"description":"whether the account survives the process"},
"file":{"type":"string","x-bowline-unit":"path","x-bowline-state":true,"default":"mock_venue.db","minLength":1,"description":"the state file"}}})json";

/// A call on the lane: legal only while running.
template <class F>
bl_status with_desk(bl_inst* i, bl_error* err, bl_status on_error, F&& f) noexcept {
  return plugin_common::guarded(err, on_error, [&]() -> Result<void> {
    Desk* desk = Self::of(i).desk();
    if (desk == nullptr) return Error{"VENUE_NOT_STARTED", "the venue is not running"};
    return f(*desk);
  });
}

bl_status submit(bl_inst* i, const bl_intent* intent, bl_error* err) noexcept {
  Error why;
  const bl_status s = with_desk(i, err, BL_E_INVALID, [&](Desk& d) -> Result<void> {
    auto r = d.submit(*intent);
    if (!r) why = r.error();
    return r;
  });
  if (s != BL_E_INVALID) return s == BL_OK ? BL_PENDING : s;
  if (why.code == "ORDER_UNSUPPORTED") return plugin_common::put_error(err, BL_E_UNSUPPORTED, why);
  if (why.code == "NOT_AFTER_PASSED") return plugin_common::put_error(err, BL_E_STATE, why);
  return s;
}
bl_status cancel(bl_inst* i, const bl_order_ref* refs, std::uint64_t n, bl_error* err) noexcept {
  const bl_status s = with_desk(i, err, BL_E_STATE, [&](Desk& d) -> Result<void> {
    d.cancel(refs, n);
    return {};
  });
  return s == BL_OK ? BL_PENDING : s;
}
bl_status query(bl_inst* i, const bl_query* q, bl_error* err) noexcept {
  const bl_status s = with_desk(i, err, BL_E_STATE, [&](Desk& d) -> Result<void> {
    d.query(*q);
    return {};
  });
  return s == BL_OK ? BL_PENDING : s;
}
bl_status on_event(bl_inst* i, const bl_event* e, const bl_sink* sink) noexcept {
  Desk* desk = Self::of(i).desk();
  if (desk == nullptr) return BL_E_STATE;
  if (e->type == BL_EV_BAR) desk->on_bar(*reinterpret_cast<const bl_bar*>(e), *sink);
  if (e->type == BL_EV_TIMER) desk->on_time([sink](const bl_event& said) { sink->event(sink->ctx, &said); });
  return BL_OK;
}
constexpr bl_broker_v1 table{sizeof(bl_broker_v1), 0, 0, submit, cancel, nullptr, query, on_event};

}  // namespace
}  // namespace bowline::broker_mock

BOWLINE_MODULE(BL_BROKER, "broker", "bowline.broker.mock", "1.0.0", bowline::broker_mock::schema,
               bowline::broker_mock::Plugin, bowline::broker_mock::table,
               ",\"venue_class\":\"simulated\",\"needed\":[\"libsqlite3.so.0\"]")
