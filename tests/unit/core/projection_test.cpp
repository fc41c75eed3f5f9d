// Rule 1.3: targets are projected onto the feasible set before there are orders.
#include "core/projection.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <algorithm>
#include <set>

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;

namespace {

const Decimal cent = "0.01"_dec;

Claim claim(std::uint32_t instrument, Decimal wanted, Decimal least = "0.01"_dec, Decimal px = "100"_dec) {
  return {{instrument}, wanted, least, cent, px};
}
/// A room that all claims are in, at their prices.
Room room_of(const std::vector<Claim>& claims, Decimal left, std::string code = "ROOM") {
  Room r{std::move(code), "the room", left, {}};
  for (const Claim& c : claims) r.unit.push_back(c.px);
  return r;
}
std::vector<Decimal> shares(const std::vector<Claim>& claims, std::vector<Room> rooms, const AskRules& ask = {}) {
  std::vector<Decimal> out;
  for (const Share& s : project(claims, std::move(rooms), ask).shares) out.push_back(s.qty);
  return out;
}
Decimal taken(const Room& r, const std::vector<Decimal>& qty) {
  Decimal sum = Decimal::zero();
  for (std::size_t i = 0; i < qty.size(); ++i) sum = sum + mul(r.unit[i], qty[i], Rounding::up);
  return sum;
}

/// A rule that allows `most` of quote to `members` together, each cut to what the others leave.
struct Group {
  std::vector<std::uint32_t> members;  // instruments
  Decimal most;
  bool has(std::uint32_t instrument) const { return std::find(members.begin(), members.end(), instrument) != members.end(); }
};
AskRules rules(const std::vector<Claim>& claims, std::vector<Group> groups) {
  return [claims, groups = std::move(groups)](std::size_t at, std::span<const Decimal> beside) {
    Allowed a{claims[at].wanted, {}, {}};
    for (const Group& g : groups) {
      if (!g.has(claims[at].instrument.value)) continue;
      Decimal left = g.most;
      for (std::size_t i = 0; i < claims.size(); ++i)
        if (i != at && g.has(claims[i].instrument.value)) left = left - mul(claims[i].px, beside[i], Rounding::up);
      const Decimal fits = left.is_positive() ? floor_to(div(left, claims[at].px, Rounding::down), claims[at].step) : Decimal::zero();
      if (fits < a.qty) a = {fits, "group", "GROUP_LIMIT"};
    }
    return a;
  };
}

}  // namespace

TEST_CASE("rule 1.3: what fits is left as it is") {
  const std::vector<Claim> claims{claim(1, "60"_dec), claim(2, "40"_dec)};
  const Projection p = project(claims, {room_of(claims, "10000"_dec)});  // all of it, to the last cent
  CHECK(p.shares[0].qty == "60"_dec);
  CHECK(p.shares[1].qty == "40"_dec);
  for (const Share& s : p.shares) {
    CHECK(s.factor == Decimal::from_int(1));
    CHECK(s.room == Share::no_room);
  }
}

TEST_CASE("rule 1.3: of what is not enough each gets the same part of its wish, whoever comes first") {
  const std::vector<Claim> claims{claim(1, "120"_dec), claim(2, "60"_dec)};
  const Projection p = project(claims, {room_of(claims, "9000"_dec, "QUOTE_BALANCE_SHORT")});
  CHECK(p.shares[0].qty == "60"_dec);
  CHECK(p.shares[1].qty == "30"_dec);
  CHECK(p.shares[0].factor == "0.5"_dec);
  REQUIRE(p.shares[0].room == 0);
  CHECK(p.rooms[0].code == "QUOTE_BALANCE_SHORT");
  CHECK(wanted_of(p.rooms[0], claims) == "18000"_dec);
}

TEST_CASE("rule 1.3: a part is rounded down to the step, and never adds up to more than there is") {
  const std::vector<Claim> claims{claim(1, "10"_dec), claim(2, "10"_dec), claim(3, "10"_dec)};
  CHECK(shares(claims, {room_of(claims, "1000"_dec)}) == std::vector{"3.33"_dec, "3.33"_dec, "3.33"_dec});
}

TEST_CASE("rule 1.3: who is not in a full room goes on, as far as the next one") {
  const std::vector<Claim> claims{claim(1, "50"_dec), claim(2, "50"_dec), claim(3, "50"_dec)};
  Room cluster = room_of(claims, "2000"_dec, "CLUSTER");
  cluster.unit[2] = Decimal::zero();
  const Projection p = project(claims, {room_of(claims, "6000"_dec, "CASH"), cluster});
  CHECK(p.shares[0].qty == "10"_dec);
  CHECK(p.shares[1].qty == "10"_dec);
  CHECK(p.shares[2].qty == "40"_dec);  // all that the others leave of the cash, which is less than it wanted
  CHECK(p.rooms[p.shares[0].room].code == "CLUSTER");
  CHECK(p.rooms[p.shares[2].room].code == "CASH");
}

TEST_CASE("rule 1.3: a part too small for an order goes to the others, and the furthest from one goes first") {
  // 10 of 30 each: 3.33, 3.33 and 3.33; with 4 as the least of the second it makes no order.
  const std::vector<Claim> one{claim(1, "10"_dec), claim(2, "10"_dec, "4"_dec), claim(3, "10"_dec)};
  CHECK(shares(one, {room_of(one, "1000"_dec)}) == std::vector{"5"_dec, "0"_dec, "5"_dec});
  // All of them alike: the last of the configuration, in whatever order they come.
  const std::vector<Claim> alike{claim(3, "10"_dec, "4"_dec), claim(1, "10"_dec, "4"_dec), claim(2, "10"_dec, "4"_dec)};
  CHECK(shares(alike, {room_of(alike, "1000"_dec)}) == std::vector{"0"_dec, "5"_dec, "5"_dec});
  // No more than is needed for the others.
  CHECK(shares(alike, {room_of(alike, "400"_dec)}) == std::vector{"0"_dec, "4"_dec, "0"_dec});
  CHECK(shares(alike, {room_of(alike, "399.99"_dec)}) == std::vector{"0"_dec, "0"_dec, "0"_dec});
}

TEST_CASE("rule 1.3: of nothing, of less than nothing and of what can't be reckoned nobody gets anything") {
  const std::vector<Claim> claims{claim(1, "10"_dec), claim(2, "10"_dec)};
  const std::vector<Decimal> nothing{Decimal::zero(), Decimal::zero()};
  CHECK(shares(claims, {room_of(claims, Decimal::zero())}) == nothing);
  CHECK(shares(claims, {room_of(claims, "-5"_dec)}) == nothing);
  CHECK(shares(claims, {room_of(claims, Decimal::not_set())}) == nothing);
  const std::vector<Claim> huge{claim(1, "1.6e20"_dec, cent, "1.6e20"_dec), claim(2, "10"_dec)};
  CHECK(shares(huge, {room_of(huge, "1000"_dec)}) == nothing);
}

TEST_CASE("rule 1.3: what the rules allow all of them is found by asking, and shared as the rest is") {
  const std::vector<Claim> claims{claim(1, "50"_dec), claim(2, "50"_dec), claim(3, "50"_dec)};
  const Projection p = project(claims, {}, rules(claims, {{{1, 2}, "4000"_dec}}));
  CHECK(p.shares[0].qty == p.shares[1].qty);
  CHECK(p.shares[0].qty > "19.95"_dec);
  CHECK(p.shares[0].qty <= "20"_dec);
  CHECK(p.shares[2].qty == "50"_dec);
  REQUIRE(p.shares[0].room < p.rooms.size());
  CHECK(p.rooms[p.shares[0].room].code == "GROUP_LIMIT");
  CHECK(p.rooms[p.shares[0].room].of == "what group allows");
}

TEST_CASE("rule 1.3: two groups in one are each as full as they may be") {
  const std::vector<Claim> claims{claim(1, "50"_dec), claim(2, "50"_dec), claim(3, "50"_dec), claim(4, "50"_dec)};
  const std::vector<Decimal> qty = shares(claims, {}, rules(claims, {{{1, 2}, "1000"_dec}, {{1, 2, 3, 4}, "7000"_dec}}));
  CHECK(qty[0] == qty[1]);
  CHECK(qty[2] == qty[3]);
  CHECK(qty[0] + qty[1] <= "10"_dec);
  CHECK(qty[0] + qty[1] > "9.9"_dec);
  CHECK(qty[0] + qty[1] + qty[2] + qty[3] <= "70"_dec);
  CHECK(qty[0] + qty[1] + qty[2] + qty[3] > "69.5"_dec);
}

TEST_CASE("rule 1.3: of those that shut each other out one is bought, and not none") {
  const std::vector<Claim> claims{claim(2, "50"_dec), claim(1, "50"_dec)};
  const AskRules apart = [&claims](std::size_t at, std::span<const Decimal> beside) {
    return beside[1 - at].is_positive() ? Allowed{Decimal::zero(), "pair", "TOO_ALIKE"} : Allowed{claims[at].wanted, {}, {}};
  };
  const Projection p = project(claims, {}, apart);
  CHECK(p.shares[0].qty.is_zero());
  CHECK(p.shares[1].qty == "50"_dec);
  REQUIRE(p.shares[0].room < p.rooms.size());
  CHECK(p.rooms[p.shares[0].room].code == "TOO_ALIKE");
}

TEST_CASE("rule 1.3: of many that shut each other out the first of the configuration is bought, without asking for long") {
  std::vector<Claim> claims;
  for (std::uint32_t i = 40; i > 0; --i) claims.push_back(claim(i, "50"_dec));
  std::uint64_t asked = 0;
  const AskRules apart = [&](std::size_t at, std::span<const Decimal> beside) {
    ++asked;
    for (std::size_t i = 0; i < claims.size(); ++i)
      if (i != at && beside[i].is_positive()) return Allowed{Decimal::zero(), "pair", "TOO_ALIKE"};
    return Allowed{claims[at].wanted, {}, {}};
  };
  const std::vector<Decimal> qty = shares(claims, {}, apart);
  CHECK(qty.back() == "50"_dec);
  CHECK(std::count(qty.begin(), qty.end(), Decimal::zero()) == 39);
  CHECK(asked < 200);
}

TEST_CASE("rule 1.3: a rule whose answers make no sense buys nothing that it does not allow, and comes to an end") {
  const std::vector<Claim> claims{claim(1, "50"_dec), claim(2, "50"_dec), claim(3, "50"_dec)};
  std::uint64_t asked = 0;
  const AskRules moody = [&](std::size_t at, std::span<const Decimal> beside) {
    ++asked;
    // Allows little beside little, and all beside much.
    const Decimal others = beside[(at + 1) % 3] + beside[(at + 2) % 3];
    return Allowed{others >= "99"_dec ? "49.99"_dec : "0.02"_dec, "moody", "MOODY"};
  };
  const std::vector<Decimal> qty = shares(claims, {}, moody);
  CHECK(asked < 2000);
  for (std::size_t i = 0; i < claims.size(); ++i) CHECK((qty[i].is_zero() || qty[i] <= moody(i, qty).qty));
}

TEST_CASE("rule 1.3: random claims come out feasible, alike, in whatever order, and stay as they are") {
  const bool held = rc::check("the projection", [] {
    const auto number = [](int from, int to, int exp) { return Decimal::from_mantissa(*rc::gen::inRange(from, to), exp); };
    const auto n = static_cast<std::size_t>(*rc::gen::inRange(1, 9));
    std::vector<Claim> claims;
    for (std::uint32_t i = 0; i < n; ++i) {
      Claim c{{i + 1}, Decimal::zero(), Decimal::zero(), *rc::gen::element("1"_dec, "0.01"_dec, "0.0001"_dec, "0.003"_dec), number(1, 5'000'000, -3)};
      c.wanted = mul_int(c.step, *rc::gen::inRange(1, 100'000));
      c.least = min(c.wanted, mul_int(c.step, *rc::gen::inRange(1, 2'000)));
      claims.push_back(c);
    }
    Decimal all = Decimal::zero();
    for (const Claim& c : claims) all = all + mul(c.px, c.wanted, Rounding::up);
    std::vector<Room> rooms;
    for (int r = *rc::gen::inRange(0, 4); r > 0; --r) {
      Room room{"R" + std::to_string(r), "a room", mul(all, number(-5, 130, -2), Rounding::down), {}};
      for (const Claim& c : claims) room.unit.push_back(*rc::gen::inRange(0, 4) == 0 ? Decimal::zero() : mul(c.px, number(100, 103, -2), Rounding::up));
      rooms.push_back(room);
    }
    std::vector<Group> groups;
    for (int g = *rc::gen::inRange(0, 3); g > 0; --g) {
      Group group{{}, mul(all, number(0, 120, -2), Rounding::down)};
      for (const Claim& c : claims)
        if (*rc::gen::inRange(0, 3) != 0) group.members.push_back(c.instrument.value);
      groups.push_back(group);
    }
    const Projection p = project(claims, rooms, rules(claims, groups));
    std::vector<Decimal> qty;
    for (const Share& s : p.shares) qty.push_back(s.qty);

    // Feasible: rooms, rules, and each an order or none.
    for (const Room& r : rooms) RC_ASSERT(taken(r, qty) <= max(r.left, Decimal::zero()));
    const AskRules ask = rules(claims, groups);
    for (std::size_t i = 0; i < n; ++i) {
      RC_ASSERT(qty[i] <= claims[i].wanted);
      RC_ASSERT(floor_to(qty[i], claims[i].step) == qty[i]);
      RC_ASSERT(qty[i].is_zero() || qty[i] >= claims[i].least);
      if (qty[i].is_positive()) RC_ASSERT(ask(i, qty).qty >= qty[i]);
      // Less than the wish only for a reason, and the same part for all who share it.
      RC_ASSERT((qty[i] == claims[i].wanted) == (p.shares[i].room == Share::no_room));
      for (std::size_t j = 0; j < i; ++j)
        if (qty[i].is_positive() && qty[j].is_positive() && p.shares[i].room == p.shares[j].room) RC_ASSERT(p.shares[i].factor == p.shares[j].factor);
    }
    // Nothing is left of a room that made somebody's part smaller, but for what rounding leaves.
    for (std::size_t r = 0; r < rooms.size(); ++r) {
      Decimal rounding = Decimal::from_mantissa(1, -6);
      bool full = false;
      for (std::size_t i = 0; i < n; ++i)
        if (qty[i].is_positive() && p.shares[i].room == r) {
          full = true;
          rounding = rounding + mul(rooms[r].unit[i], claims[i].step, Rounding::up);
        }
      if (full) RC_ASSERT(rooms[r].left - taken(rooms[r], qty) < rounding);
    }

    // The order of the claims does not matter.
    std::vector<std::size_t> order(n);
    for (std::size_t i = 0; i < n; ++i) order[i] = i;
    for (std::size_t i = n; i > 1; --i) std::swap(order[i - 1], order[static_cast<std::size_t>(*rc::gen::inRange(0, static_cast<int>(i)))]);
    std::vector<Claim> other;
    std::vector<Room> other_rooms = rooms;
    for (Room& r : other_rooms) r.unit.clear();
    for (const std::size_t i : order) {
      other.push_back(claims[i]);
      for (std::size_t r = 0; r < rooms.size(); ++r) other_rooms[r].unit.push_back(rooms[r].unit[i]);
    }
    const std::vector<Decimal> turned = shares(other, other_rooms, rules(other, groups));
    for (std::size_t i = 0; i < n; ++i) RC_ASSERT(turned[i] == qty[order[i]]);

    // What came out, claimed again, comes out again.
    std::vector<Claim> again;
    std::vector<Room> again_rooms = rooms;
    for (Room& r : again_rooms) r.unit.clear();
    std::vector<Decimal> some;
    for (std::size_t i = 0; i < n; ++i) {
      if (qty[i].is_zero()) continue;
      some.push_back(qty[i]);
      again.push_back(claims[i]);
      again.back().wanted = qty[i];
      for (std::size_t r = 0; r < rooms.size(); ++r) again_rooms[r].unit.push_back(rooms[r].unit[i]);
    }
    RC_ASSERT(shares(again, again_rooms, rules(again, groups)) == some);
  });
  CHECK(held);
}
