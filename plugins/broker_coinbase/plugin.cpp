// bowline.broker.coinbase: see README.md.
#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include "broker.hpp"
#include "common/shell.hpp"
#include "params.hpp"
#include "schema.hpp"

namespace bowline::broker_coinbase {
namespace {

class Plugin {
  Host host_;
  Options options_;
  std::optional<coinbase::Credentials> credentials_;
  std::unique_ptr<Broker> broker_;
  std::array<bl_rate_class, 2> classes_{};
  bl_venue_v1 rates_{};
  // One number for all questions: the largest, of which one is asked a minute, is eleven requests (Query::most_requests); those about one order,
  // thirty a minute, are one or two; those about fills and wallets two.
  static constexpr std::uint32_t question = 9;
  static constexpr std::array<bl_call_cost, 4> costs{{{BL_CALL_SUBMIT, class_key, 1, 0},
                                                      {BL_CALL_CANCEL, class_key, 1, 0},
                                                      {BL_CALL_AMEND, class_key, 2, 0},
                                                      {BL_CALL_QUERY, class_key, question, 0}}};

  static bl_status told(bl_inst* i, bl_standing* out, bl_error* err) noexcept;

 public:
  explicit Plugin(const bl_host& host) { host_.attach(&host); }

  Result<void> configure(const plugin_common::Json& p) {
    auto options = options_of(p);
    if (!options) return options.error();
    auto credentials = credentials_of(*options, host_);
    if (!credentials) return credentials.error();
    options_ = std::move(*options);
    credentials_.emplace(std::move(*credentials));
    // At once less than the venue lets through: what was held up on the way comes there together with what was sent later.
    classes_ = {{{to_abi("key"), options_.rate, options_.rate - options_.rate / 5, options_.per_hour, 0}, {to_abi("open"), options_.open_rate, options_.open_rate, 0, 0}}};
    rates_ = {sizeof rates_, static_cast<std::uint32_t>(classes_.size()), static_cast<std::uint32_t>(costs.size()), 0, classes_.data(), costs.data(), told};
    return {};
  }
  Result<void> start() {
    if (!credentials_) {  // started once before: the broker that has ended had the key
      auto again = credentials_of(options_, host_);
      if (!again) return again.error();
      credentials_.emplace(std::move(*again));
    }
    auto broker = std::make_unique<Broker>(host_, options_, std::move(*credentials_));
    credentials_.reset();
    if (auto done = broker->begin(); !done) return done;
    broker_ = std::move(broker);
    return {};
  }
  void stop() {
    if (broker_) broker_->end();
    broker_.reset();
  }
  void on_wake() {
    if (broker_) broker_->on_wake();
  }
  const void* extension(std::string_view id) const noexcept { return id == BL_EXT_VENUE && rates_.size != 0 ? &rates_ : nullptr; }

  Broker* broker() noexcept { return broker_.get(); }
};

using Self = plugin_common::Shell<Plugin>;

/// A request on the lane: legal only while running.
template <class F>
bl_status request(bl_inst* i, bl_error* err, F&& f) noexcept {
  bl_status status = BL_PENDING;
  const bl_status s = plugin_common::guarded(err, BL_E_STATE, [&]() -> Result<void> {
    Broker* broker = Self::of(i).broker();
    if (broker == nullptr) return Error{"VENUE_NOT_STARTED", "the broker is not running"};
    Taken t = f(*broker);
    status = t.status;
    return status < 0 ? Result<void>(std::move(t.why)) : Result<void>();
  });
  if (s >= 0) return status;
  if (s == BL_E_INTERNAL || status >= 0) return s;
  if (err != nullptr) err->status = status;
  return status;
}

bl_status submit(bl_inst* i, const bl_intent* intent, bl_error* err) noexcept {
  return request(i, err, [&](Broker& b) { return b.submit(*intent); });
}
bl_status cancel(bl_inst* i, const bl_order_ref* refs, std::uint64_t n, bl_error* err) noexcept {
  return request(i, err, [&](Broker& b) { return b.cancel(std::span(refs, refs != nullptr ? n : 0)); });
}
bl_status amend(bl_inst* i, const bl_order_ref* ref, const bl_intent* wanted, bl_error* err) noexcept {
  return request(i, err, [&](Broker& b) { return b.amend(*ref, *wanted); });
}
bl_status query(bl_inst* i, const bl_query* q, bl_error* err) noexcept {
  return request(i, err, [&](Broker& b) { return b.query(*q); });
}
bl_status on_event(bl_inst* i, const bl_event* e, const bl_sink* sink) noexcept {
  Broker* broker = Self::of(i).broker();
  if (broker == nullptr) return BL_E_STATE;
  return plugin_common::guarded(nullptr, BL_E_INTERNAL, [&]() -> Result<void> { return broker->on_event(*e, *sink), Result<void>(); });
}
bl_status Plugin::told(bl_inst* i, bl_standing* out, bl_error* err) noexcept {
  constexpr std::uint32_t least = 88;  // as of ABI 1.3; a host of then has no more room, whatever it has grown to since
  return request(i, err, [out](Broker& b) -> Taken {
    if (out == nullptr || out->size < least) return {BL_E_INVALID, {"STANDING_TOO_SMALL", "the place for the answer is smaller than ABI 1.3 has it"}};
    bl_standing all = b.standing();
    all.size = std::min<std::uint32_t>(out->size, sizeof all);
    std::memcpy(out, &all, all.size);
    return {BL_OK, {}};
  });
}

/// Brackets rest there too; but which of their legs goes first the venue does not say, so the host does not count on them.
constexpr bl_broker_v1 table{sizeof(bl_broker_v1), 0, BL_CAN_REST_STOP, submit, cancel, amend, query, on_event};

}  // namespace
}  // namespace bowline::broker_coinbase

// No venue_class: the venue is a real one, and only mode: live takes it.
BOWLINE_MODULE(BL_BROKER, "broker", "bowline.broker.coinbase", "1.0.0", bowline::broker_coinbase::schema, bowline::broker_coinbase::Plugin,
               bowline::broker_coinbase::table, ",\"needed\":[\"libcrypto.so.3\",\"libsimdjson.so.14\"]")
