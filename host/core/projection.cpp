#include "core/projection.hpp"

#include <algorithm>

#include "core/contract.hpp"

namespace bowline::core {
namespace {

constexpr std::int64_t parts = 1 << 20;
constexpr std::uint32_t most_rounds = 32;  // rooms that are looked for: rules have a few limits each
constexpr Decimal one = Decimal::from_int(1);

Decimal taken(const Room& room, std::size_t claim, Decimal qty) {
  return room.unit[claim].is_zero() || qty.is_zero() ? Decimal::zero() : mul(room.unit[claim], qty, Rounding::up);
}

class Projecting {
  std::span<const Claim> claims_;
  const AskRules& ask_;
  std::vector<bool> out_;
  Projection p_;

  /// How far the open claims of a room can be raised beside those that are settled; one: all the way. `kept` of it stays free.
  Decimal factor(const Room& room, const std::vector<bool>& open, Decimal kept) const {
    Decimal settled = Decimal::zero(), claimed = Decimal::zero();
    for (std::size_t i = 0; i < claims_.size(); ++i) {
      if (out_[i]) continue;
      Decimal& sum = open[i] ? claimed : settled;
      sum = sum + taken(room, i, open[i] ? claims_[i].wanted : p_.shares[i].qty);
    }
    if (claimed.is_set() && claimed.is_zero()) return one;
    const Decimal all = settled + claimed;
    if (all.is_set() && room.left.is_set() && all <= room.left) return one;
    const Decimal spare = room.left - settled - kept;
    if (!spare.is_set() || !spare.is_positive() || !claimed.is_set()) return Decimal::zero();
    return div(spare, claimed, Rounding::floor);
  }

  bool fits(const Room& room) const {
    Decimal sum = Decimal::zero();
    for (std::size_t i = 0; i < claims_.size(); ++i) sum = sum + taken(room, i, p_.shares[i].qty);
    return sum.is_set() && room.left.is_set() && sum <= room.left;
  }

  /// Raises all that are not left out alike; the members of a room that is full stay where they are.
  void fill() {
    std::vector<bool> open(claims_.size());
    for (std::size_t i = 0; i < claims_.size(); ++i) {
      open[i] = !out_[i];
      if (open[i]) p_.shares[i] = {claims_[i].wanted, one, Share::no_room};
    }
    for (;;) {
      std::size_t tightest = Share::no_room;
      Decimal least = one;
      for (std::size_t r = 0; r < p_.rooms.size(); ++r)
        if (const Decimal f = factor(p_.rooms[r], open, Decimal::zero()); f < least) {
          tightest = r;
          least = f;
        }
      if (tightest == Share::no_room) return;
      const Room& room = p_.rooms[tightest];
      // Each amount is rounded up by whoever adds them up: where that makes it too much, so much is kept free for it.
      const Decimal kept = mul_int(Decimal::epsilon(), 4 * (static_cast<std::int64_t>(claims_.size()) + 4));
      const Decimal safe = factor(room, open, kept);
      raise(room, open, least, tightest);
      if (least.is_positive() && !fits(room)) raise(room, open, safe, tightest);
      for (std::size_t i = 0; i < claims_.size(); ++i) open[i] = open[i] && room.unit[i].is_zero();
    }
  }
  void raise(const Room& room, const std::vector<bool>& open, Decimal part, std::size_t of) {
    for (std::size_t i = 0; i < claims_.size(); ++i)
      if (open[i] && !room.unit[i].is_zero())
        p_.shares[i] = {floor_to(mul(claims_[i].wanted, part, Rounding::floor), claims_[i].step), part, of};
  }

  void leave_out(std::size_t claim) {
    out_[claim] = true;
    p_.shares[claim].qty = Decimal::zero();
  }

  bool leave_smallest_out() {
    std::size_t worst = Share::no_room;
    Decimal least = one;
    for (std::size_t i = 0; i < claims_.size(); ++i) {
      if (out_[i] || p_.shares[i].qty >= claims_[i].least) continue;
      const Decimal ratio = div(p_.shares[i].qty, claims_[i].least, Rounding::floor);
      const bool later = worst != Share::no_room && ratio == least && claims_[i].instrument > claims_[worst].instrument;
      if (worst != Share::no_room && !(ratio < least) && !later) continue;
      worst = i;
      least = ratio;
    }
    if (worst == Share::no_room) return false;
    leave_out(worst);
    return true;
  }

  std::vector<Decimal> quantities() const {
    std::vector<Decimal> out;
    for (const Share& s : p_.shares) out.push_back(s.qty);
    return out;
  }

  /// Those of `among` that have more than the rules allow them beside the others.
  std::vector<std::size_t> over(std::span<const std::size_t> among, const std::vector<Decimal>& qty) const {
    std::vector<std::size_t> out;
    for (const std::size_t i : among)
      if (qty[i].is_positive() && ask_(i, qty).qty < qty[i]) out.push_back(i);
    return out;
  }

  bool all_allowed(std::span<const std::size_t> among, const std::vector<Decimal>& qty) const {
    return std::none_of(among.begin(), among.end(), [&](std::size_t i) { return qty[i].is_positive() && ask_(i, qty).qty < qty[i]; });
  }

  std::size_t first_of(std::span<const std::size_t> some) const {
    return *std::min_element(some.begin(), some.end(), [this](std::size_t a, std::size_t b) { return claims_[a].instrument < claims_[b].instrument; });
  }

  /// Makes a room of what the rules allow to all of `too_much` that share a limit; the others are beside them as they are.
  void learn(const std::vector<std::size_t>& too_much) {
    const std::vector<Decimal> whole = quantities();
    const auto at = [&](std::int64_t part) {
      std::vector<Decimal> qty = whole;
      for (const std::size_t i : too_much)
        qty[i] = floor_to(mul(whole[i], div(Decimal::from_int(part), Decimal::from_int(parts), Rounding::down), Rounding::floor), claims_[i].step);
      return qty;
    };
    std::int64_t fits = 0, too_large = parts;
    while (too_large - fits > 1) {
      const std::int64_t mid = fits + (too_large - fits) / 2;
      (all_allowed(too_much, at(mid)) ? fits : too_large) = mid;
    }
    const std::vector<Decimal> beyond = at(too_large), fitting = at(fits);
    std::vector<std::size_t> stuck = over(too_much, beyond);
    if (stuck.empty()) stuck = too_much;  // what it said a moment ago
    const std::size_t first = first_of(stuck);
    const Allowed said = ask_(first, beyond);
    Room room{said.code, "what " + said.rule + " allows", Decimal::zero(), std::vector<Decimal>(claims_.size(), Decimal::zero())};
    Decimal smallest = Decimal::not_set();
    for (const std::size_t i : stuck) {
      room.left = room.left + mul(claims_[i].px, fitting[i], Rounding::up);
      const Decimal least = mul(claims_[i].px, claims_[i].least, Rounding::up);
      if (!smallest.is_set() || (least.is_set() && least < smallest)) smallest = least;
    }
    const bool serves = room.left.is_set() && smallest.is_set() && room.left >= smallest;
    if (serves)
      for (const std::size_t i : stuck) room.unit[i] = claims_[i].px;
    p_.rooms.push_back(std::move(room));
    if (serves) return;
    // No part of it makes one order, though each alone was allowed one: they shut each other out. The first
    // stays in this step; whether another goes beside it is judged anew in the step behind it, with what the first has bought.
    for (const std::size_t i : stuck) {
      if (i == first && stuck.size() > 1) continue;
      p_.shares[i] = {Decimal::zero(), Decimal::zero(), p_.rooms.size() - 1};
      out_[i] = true;
    }
  }

 public:
  Projecting(std::span<const Claim> claims, std::vector<Room> rooms, const AskRules& ask)
      : claims_(claims), ask_(ask), out_(claims.size(), false), p_{std::vector<Share>(claims.size()), std::move(rooms)} {
    for (const Claim& c : claims)
      BOWLINE_EXPECTS(c.wanted.is_positive() && c.least.is_positive() && c.step.is_positive() && c.px.is_positive());
    for (const Room& r : p_.rooms) BOWLINE_EXPECTS(r.unit.size() == claims.size());
  }

  Projection run() {
    std::vector<std::size_t> all(claims_.size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
    for (std::uint32_t rounds = most_rounds;; --rounds) {
      do fill();
      while (leave_smallest_out());
      if (!ask_) return std::move(p_);
      const std::vector<std::size_t> too_much = over(all, quantities());
      if (too_much.empty()) return std::move(p_);
      if (rounds > 0) {
        learn(too_much);
        continue;
      }
      // A rule whose answers make no sense together: what it does not allow is not bought.
      rounds = 1;
      for (const std::size_t i : too_much) leave_out(i);
    }
  }
};

}  // namespace

Projection project(std::span<const Claim> claims, std::vector<Room> rooms, const AskRules& ask) {
  return Projecting(claims, std::move(rooms), ask).run();
}

Decimal wanted_of(const Room& room, std::span<const Claim> claims) {
  Decimal sum = Decimal::zero();
  for (std::size_t i = 0; i < claims.size(); ++i) sum = sum + taken(room, i, claims[i].wanted);
  return sum;
}

}  // namespace bowline::core
