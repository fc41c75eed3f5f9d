#include "services/trade_execution/ramp.hpp"

namespace bowline::services {
namespace {

constexpr core::Nanos day_ns = 86'400'000'000'000;

bool more(Decimal a, Decimal b) noexcept { return a.is_set() && (!b.is_set() || b > a); }
bool more(std::uint32_t a, std::uint32_t b) noexcept { return a != 0 && (b == 0 || b > a); }

}  // namespace

bool loosens(const RampLimits& a, const RampLimits& b) noexcept {
  return more(a.usd_per_day, b.usd_per_day) || more(a.orders_per_day, b.orders_per_day);
}

RampLimits stricter(const RampLimits& a, const RampLimits& b) noexcept {
  return {more(a.usd_per_day, b.usd_per_day) ? a.usd_per_day : b.usd_per_day,
          more(a.orders_per_day, b.orders_per_day) ? a.orders_per_day : b.orders_per_day};
}

std::string words(const RampLimits& l) { return store::ramp_words(l.usd_per_day, l.orders_per_day); }

void Ramp::count(core::Nanos at) noexcept {
  const core::Nanos day = at / day_ns;
  if (day < day_) return;
  if (day > day_) orders_ = 0;
  day_ = day;
  ++orders_;
}

std::uint32_t Ramp::orders(core::Nanos now) const noexcept { return now / day_ns == day_ ? orders_ : 0; }

void Ramp::restore(const store::RampRow& r, core::Nanos at) {
  stands_ = {r.usd_per_day, r.orders_per_day};
  before_ = RampLimits{r.configured_usd_per_day, r.configured_orders_per_day};
  who_ = r.who;
  why_ = r.why;
  request_ = r.request;
  since_ = at;
}

std::optional<store::RampRow> Ramp::begin(core::Nanos now) {
  if (before_ ? *before_ == configured_ : !configured_.any()) return std::nullopt;
  if (before_) {
    // Each number for itself: one that was written higher raises nothing, one that was written lower counts.
    const RampLimits less{more(configured_.usd_per_day, before_->usd_per_day) ? configured_.usd_per_day : Decimal::not_set(),
                          more(configured_.orders_per_day, before_->orders_per_day) ? configured_.orders_per_day : 0};
    const RampLimits next = stricter(less, stands_);
    if (next != stands_) {
      who_ = "host";
      why_ = "the configuration says less than before";
      request_.clear();
      since_ = now;
      stands_ = next;
    }
  } else {
    // A journal that is gone on from and had no ramp gets this one; it was without, so that this is stricter.
    stands_ = configured_;
    since_ = now;
  }
  before_ = configured_;
  return row();
}

store::RampRow Ramp::set(const RampRequest& q, core::Nanos now) {
  stands_ = q.wanted;
  who_ = q.principal;
  why_ = q.reason;
  request_ = q.request_id;
  since_ = now;
  if (!before_) before_ = configured_;
  return row();
}

store::RampRow Ramp::row() const {
  return {stands_.usd_per_day, stands_.orders_per_day, before_->usd_per_day, before_->orders_per_day, who_, why_, request_};
}

}  // namespace bowline::services
