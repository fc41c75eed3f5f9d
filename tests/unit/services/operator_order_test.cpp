// Every type and time in force that an operator can ask for: what is refused at the door, and what leaves it.
#include "services/trade_execution/operator_order.hpp"

#include "unit/services/again.hpp"
#include "unit/store/store_folder.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using namespace bowline::test;
using services::TradeRequest;

namespace {

std::string code(const Result<services::TradeAnswer>& r) { return r ? "" : r.error().code; }

struct Shape {
  OrderType type;
  Side side;
  TimeInForce tif;
  bool post_only;
  bool fits;
};

/// A request of that shape with all that it needs, priced around 100.
TradeRequest shaped(const Desk& d, const Shape& s) {
  TradeRequest q = d.request(s.side, "1"_dec);
  q.type = s.type;
  q.tif = s.tif;
  q.post_only = s.post_only;
  if (s.type != OrderType::market) q.limit_px = s.type == OrderType::bracket || s.side == Side::sell ? "110"_dec : "90"_dec;
  if (s.type == OrderType::stop_limit || s.type == OrderType::bracket) q.stop_px = "95"_dec;
  if (s.tif == TimeInForce::gtd) q.expire_ns = d.now + bar_ns;
  return q;
}

/// Refuses to let more than half a unit through; shrinks what is larger.
struct Halves final : RiskRule {
  SharedText name_ = text("halves");
  const SharedText& name() const override { return name_; }
  bool check(const bl_intent& i, const bl_portfolio&, bl_verdict& v) override {
    v.action = Decimal::from_raw(i.qty) > "0.5"_dec ? 2 : 1;
    v.max_qty = "0.5"_dec.raw();
    put_text(v.code, "TOO_LARGE");
    return true;
  }
};

}  // namespace

TEST_CASE("which type goes with which side and time in force: what does not is refused by name, and its key is named") {
  const Desk d;
  using T = TimeInForce;
  for (const OrderType type : {OrderType::market, OrderType::limit, OrderType::stop_limit, OrderType::bracket})
    for (const Side side : {Side::buy, Side::sell})
      for (const T tif : {T::gtc, T::gtd, T::ioc, T::fok})
        for (const bool post_only : {false, true}) {
          const bool rests = tif == T::gtc || tif == T::gtd;
          const bool fits = type == OrderType::market  ? !rests && !post_only
                            : type == OrderType::limit ? rests || !post_only
                                                       : rests && !post_only && (type != OrderType::bracket || side == Side::sell);
          INFO(to_string(type) << " " << to_string(side) << " " << to_string(tif) << (post_only ? " post-only" : ""));
          const auto done = services::check_order(shaped(d, {type, side, tif, post_only, fits}), d.m.table[d.m.btc], d.now);
          CHECK(done.ok() == fits);
          if (done) continue;
          CHECK(done.error().code == "ORDER_COMBINATION");
          REQUIRE(done.error().details.size() == 1);
          CHECK(done.error().details[0].first == "key");
        }
}

TEST_CASE("prices and amounts that can't be are refused at the door, whatever the type") {
  Desk d;
  d.hold(0.05);
  const auto with = [&](const Shape& s, auto change) {
    TradeRequest q = shaped(d, s);
    change(q);
    return code(d.exec->execute(q, d.now));
  };
  const Shape bracket{OrderType::bracket, Side::sell, TimeInForce::gtc, false, true};
  CHECK(with(bracket, [](auto& q) { q.stop_px = "110"_dec; }) == "ORDER_PRICES");
  CHECK(with(bracket, [](auto& q) { q.stop_px = Decimal::not_set(); }) == "ORDER_PRICES");
  CHECK(with(bracket, [](auto& q) { q.limit_px = Decimal::not_set(); }) == "ORDER_PRICES");
  CHECK(with(bracket, [](auto& q) { q.stop_px = "95.001"_dec; }) == "ORDER_PRICE_STEP");
  CHECK(with(bracket, [](auto& q) { q.qty = "0.0009"_dec; }) == "BELOW_MINIMUM");
  CHECK(with(bracket, [](auto& q) { q.qty = Decimal::not_set(), q.quote_qty = "5"_dec; }) == "ORDER_QUANTITY");
  const Shape limit{OrderType::limit, Side::buy, TimeInForce::gtc, false, true};
  CHECK(with(limit, [](auto& q) { q.stop_px = "95"_dec; }) == "ORDER_PRICES");
  CHECK(with(limit, [](auto& q) { q.limit_px = "-1"_dec; }) == "ORDER_PRICE_STEP");
  CHECK(with(limit, [&](auto& q) { q.expire_ns = d.now + bar_ns; }) == "ORDER_EXPIRE");
  CHECK(d.broker.sent.size() == 1);  // what is held
}

TEST_CASE("what leaves is what was asked for: type, time in force, prices and flags") {
  for (const Shape& s : {Shape{OrderType::market, Side::sell, TimeInForce::fok, false, true}, Shape{OrderType::limit, Side::sell, TimeInForce::fok, false, true},
                         Shape{OrderType::limit, Side::sell, TimeInForce::gtd, true, true}, Shape{OrderType::stop_limit, Side::sell, TimeInForce::gtd, false, true},
                         Shape{OrderType::stop_limit, Side::buy, TimeInForce::gtc, false, true}, Shape{OrderType::bracket, Side::sell, TimeInForce::gtc, false, true},
                         Shape{OrderType::limit, Side::buy, TimeInForce::fok, false, true}, Shape{OrderType::limit, Side::buy, TimeInForce::gtc, true, true}}) {
    Desk d;
    if (s.side == Side::sell) d.hold(0.05);
    const TradeRequest q = shaped(d, s);
    INFO(to_string(s.type) << " " << to_string(s.side) << " " << to_string(s.tif));
    const auto done = d.exec->execute(q, d.now);
    REQUIRE(done);
    const Intent& i = d.last();
    CHECK(i.type() == s.type);
    CHECK(i.tif() == s.tif);
    CHECK(i.side() == s.side);
    CHECK(i.qty() == q.qty);
    CHECK(i.limit_px() == q.limit_px);
    CHECK(i.stop_px() == q.stop_px);
    CHECK(i.abi.expire_ns == q.expire_ns);
    CHECK(((i.abi.flags & BL_POST_ONLY) != 0) == s.post_only);
    CHECK(((i.abi.flags & BL_TRIGGER_DOWN) != 0) == (s.type == OrderType::stop_limit && s.side == Side::sell));
    CHECK(((i.abi.flags & BL_TRIGGER_UP) != 0) == (s.type == OrderType::stop_limit && s.side == Side::buy));
    CHECK(i.purpose == Purpose::operator_order);
  }
}

TEST_CASE("rule 3.1: a bracket, and every other sell, is proved against the position before it leaves") {
  Desk d;
  d.hold(0.05);
  const Decimal held = d.exec->portfolio().position(d.m.btc).qty;
  for (const OrderType type : {OrderType::market, OrderType::limit, OrderType::stop_limit, OrderType::bracket}) {
    TradeRequest q = shaped(d, {type, Side::sell, type == OrderType::market ? TimeInForce::fok : TimeInForce::gtc, false, true});
    q.qty = held + "0.0001"_dec;
    INFO(to_string(type));
    CHECK(code(d.exec->execute(q, d.now)) == "EXIT_BEYOND_POSITION");
  }
  TradeRequest whole = shaped(d, {OrderType::bracket, Side::sell, TimeInForce::gtc, false, true});
  whole.qty = held;
  CHECK(code(d.exec->execute(whole, d.now)) == "");
}

TEST_CASE("rule 3.4: a bracket is protective: it is placed while halted, and an emergency stop leaves it") {
  Desk d;
  d.hold(0.05);
  static_cast<void>(d.exec->emergency_stop(d.now, "operator", "test", "r1"));
  TradeRequest q = shaped(d, {OrderType::bracket, Side::sell, TimeInForce::gtc, false, true});
  REQUIRE(code(d.exec->execute(q, d.now)) == "");
  const Intent bracket = d.last();
  d.report(bracket, BL_X_ACCEPTED);
  static_cast<void>(d.exec->emergency_stop(d.now, "operator", "test", "r2"));
  CHECK(d.broker.cancelled.empty());
  CHECK(d.state(bracket) == OrderState::open);
}

TEST_CASE("post-only never crosses: at or beyond the other side's touch it is refused here") {
  Desk d;  // bid 99.95, ask 100.05
  d.hold(0.05);
  d.price(d.m.btc, 10000);
  const auto post = [&](Side side, Decimal px, const char* key) {
    TradeRequest q = d.request(side, "1"_dec, key);
    q.type = OrderType::limit;
    q.tif = TimeInForce::gtc;
    q.post_only = true;
    q.dry_run = true;
    q.limit_px = px;
    return code(d.exec->execute(q, d.now));
  };
  CHECK(post(Side::buy, "100.05"_dec, "a") == "POST_ONLY_WOULD_CROSS");
  CHECK(post(Side::buy, "101"_dec, "b") == "POST_ONLY_WOULD_CROSS");
  CHECK(post(Side::buy, "100.04"_dec, "c") == "");
  CHECK(post(Side::sell, "99.95"_dec, "d") == "POST_ONLY_WOULD_CROSS");
  CHECK(post(Side::sell, "99.96"_dec, "e") == "");
}

TEST_CASE("FOK is whole or nothing: what a rule would shrink is refused by its code, where another order is made smaller") {
  Desk d;
  std::vector<std::unique_ptr<RiskRule>> rules;
  rules.push_back(std::make_unique<Halves>());
  d.use(std::move(rules));
  TradeRequest q = shaped(d, {OrderType::limit, Side::buy, TimeInForce::fok, false, true});
  CHECK(code(d.exec->execute(q, d.now)) == "TOO_LARGE");
  q.dry_run = true;
  CHECK(code(d.exec->execute(q, d.now)) == "TOO_LARGE");
  CHECK(d.broker.sent.empty());
  q.dry_run = false;
  q.tif = TimeInForce::ioc;
  REQUIRE(code(d.exec->execute(q, d.now)) == "");
  CHECK(d.last().qty() == "0.5"_dec);
}

TEST_CASE("rule 1.2: while a stop sells, nothing of it is bought and no order rests; what sells at once passes") {
  Desk d;
  d.options.stop_lock_bars = 0;
  d.use({});
  d.hold(0.05);
  REQUIRE(d.protect("99"_dec) == BL_OK);
  d.price(d.m.btc, 9000);
  d.step();  // the stop sells
  const Intent stop = d.last();
  REQUIRE(stop.purpose == Purpose::stop);
  d.report(stop, BL_X_DONE, BL_S_CANCELLED, Decimal::zero());  // and met nothing
  CHECK(code(d.exec->execute(shaped(d, {OrderType::limit, Side::buy, TimeInForce::gtc, false, true}), d.now)) == "ORDER_OUTRANKED");
  CHECK(code(d.exec->execute(shaped(d, {OrderType::bracket, Side::sell, TimeInForce::gtc, false, true}), d.now)) == "ORDER_OUTRANKED");
  TradeRequest now = shaped(d, {OrderType::market, Side::sell, TimeInForce::ioc, false, true});
  now.dry_run = true;
  CHECK(code(d.exec->execute(now, d.now)) == "");
}

TEST_CASE("restart: an order of each type that rests is what it was, and its key gives the same answer") {
  for (const OrderType type : {OrderType::limit, OrderType::stop_limit, OrderType::bracket}) {
    StoreFolder dir;
    TradeRequest q;
    ClientOrderId id;
    bl_intent sent{};
    {
      Desk d({}, "10000"_dec, opened(dir / "j"));
      d.hold(0.05);
      q = shaped(d, {type, Side::sell, TimeInForce::gtd, type == OrderType::limit, true});
      const auto done = d.exec->execute(q, d.now);
      REQUIRE(done);
      id = done->order;
      sent = d.last().abi;
      d.report(d.last(), BL_X_ACCEPTED);
      d.exec->settle(d.now);
    }
    Again a(dir / "j");
    const Order* o = a.exec->orders().find(id);
    REQUIRE(o != nullptr);
    INFO(to_string(type));
    CHECK(o->state == OrderState::open);
    CHECK(o->intent.type() == type);
    CHECK(o->intent.tif() == TimeInForce::gtd);
    CHECK(o->intent.abi.flags == sent.flags);
    CHECK(o->intent.stop_px() == q.stop_px);
    CHECK(o->intent.abi.expire_ns == q.expire_ns);
    const auto again = a.exec->execute(q, a.now);
    REQUIRE(again);
    CHECK(again->replayed);
    CHECK(again->order == id);
    CHECK(a.broker.sent.empty());
  }
}
