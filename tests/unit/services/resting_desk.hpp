// A desk whose venue holds stops, and whose configuration wants them there.
#pragma once

#include <algorithm>

#include "unit/services/again.hpp"

namespace bowline::test {

constexpr core::Nanos second_ns = 1'000'000'000;

template <class D>
struct HoldsStops : D {
  template <class... Args>
  explicit HoldsStops(Args&&... args) : D(std::forward<Args>(args)...) {
    this->options.stops.at_venue = true;
    this->options.stops.can = {true, true};
    if constexpr (requires { this->restart(); }) this->restart();
    else this->use({});
  }
  Decimal held() const { return this->exec->portfolio().position({1}).qty; }
  bool cancelled(const core::Intent& i) const {
    return std::count(this->broker.cancelled.begin(), this->broker.cancelled.end(), i.client_id()) > 0;
  }
  std::uint64_t incidents(const std::string& code) const {
    const auto& all = this->exec->counts().by_incident;
    return all.contains(code) ? all.at(code) : 0;
  }
  void accept(const core::Intent& i) { this->report(i, BL_X_ACCEPTED); }
  /// Its cancel is done; `filled` of it were sold before.
  void gone(const core::Intent& i, Decimal filled = Decimal::zero()) { this->report(i, BL_X_DONE, BL_S_CANCELLED, filled); }
  /// The resting stop that was sent last, as it must be.
  core::Intent stop_sent(Decimal qty, Decimal stop) {
    const core::Intent& i = this->last();
    REQUIRE(core::rests_as_stop(i));
    CHECK(i.side() == core::Side::sell);
    CHECK(i.qty() == qty);
    CHECK(i.stop_px() == stop);
    return i;
  }
  /// 5 BTC at 99.95, the price at 100, and a stop that rests at 95.
  core::Intent protected_five(Decimal take = Decimal::not_set(), std::uint32_t share = 0) {
    this->hold(0.05);
    this->price(this->m.btc, 10000);
    REQUIRE(this->protect("95"_dec, take, share) == BL_OK);
    this->step();
    const core::Intent stop = stop_sent("5"_dec, "95"_dec);
    accept(stop);
    REQUIRE(this->exec->stop_owner({1}) == services::StopOwner::venue);
    this->now += bar_ns;
    this->price(this->m.btc, 10000);
    return stop;
  }
  /// All that may still be sold by what works is held.
  void never_beyond() const {
    Decimal sum = Decimal::zero();
    for (const core::Order* o : this->exec->orders().working())
      if (o->intent.side() == core::Side::sell) sum = sum + o->leaves();
    CHECK(sum <= held());
  }
};

using RestingDesk = HoldsStops<Desk>;

}  // namespace bowline::test
