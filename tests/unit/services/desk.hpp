// trade-execution with everything around it made of glass: a broker that writes down what it gets, a sink that keeps
// every record, a journal in memory.
#pragma once

#include <catch2/catch.hpp>

#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "services/trade_execution/execution.hpp"
#include "unit/core/decimal_text.hpp"
#include "unit/core/market.hpp"

namespace bowline::test {

constexpr core::Nanos bar_ns = 300'000'000'000, start_ns = 1'640'995'200'000'000'000;

struct Sink final : core::RecordSink {
  std::vector<core::Record> records;
  bool wanted() const noexcept override { return true; }
  void put(core::Record&& r) override { records.push_back(std::move(r)); }
  void end_step(core::Nanos) override {}
  template <class T>
  std::vector<T> all() const {
    std::vector<T> out;
    for (const auto& r : records)
      if (const T* t = std::get_if<T>(&r)) out.push_back(*t);
    return out;
  }
};

struct Broker final : services::BrokerPort {
  services::HandOver answer = services::HandOver::taken;
  std::vector<core::Intent> sent;
  std::vector<std::string> cancelled;
  bool takes_cancels = true;
  std::function<void()> on_submit;

  services::HandOver submit(const core::Recorded<core::RiskApproved<core::Intent>>& order, Error& why) override {
    if (on_submit) on_submit();
    sent.push_back(**order);
    if (answer != services::HandOver::taken) why = Error{"TEST", "as the test wants"};
    return answer;
  }
  Result<void> cancel(std::span<const bl_order_ref> orders) override {
    if (!takes_cancels) return Error{"TEST", "no connection"};
    for (const auto& o : orders) cancelled.emplace_back(o.client_id.ptr, o.client_id.len);
    return {};
  }
  bool amends = true;
  services::HandOver amend_answer = services::HandOver::taken;
  std::vector<core::Intent> amended;  // as they shall be
  std::function<void()> on_amend;
  bool can_amend() const noexcept override { return amends; }
  services::HandOver amend(const bl_order_ref& order, const core::Recorded<core::RiskApproved<core::Amendment>>& wanted, Error& why) override {
    if (on_amend) on_amend();
    const core::Intent& i = (**wanted).wanted;
    CHECK(std::string_view(order.client_id.ptr, order.client_id.len) == i.client_id());
    amended.push_back(i);
    if (amend_answer != services::HandOver::taken) why = Error{"TEST", "as the test wants"};
    return amend_answer;
  }
  std::vector<std::string> asked;  // orders that were asked about
  std::vector<bl_query> queries;   // every question
  bool answers = true;
  Result<void> query(const bl_query& q) override {
    if (!answers) return Error{"TEST", "no connection"};
    queries.push_back(q);
    if ((q.scope & 1u) != 0) asked.emplace_back(q.order.client_id.ptr, q.order.client_id.len);
    return {};
  }
  Result<void> on_event(const bl_event&) override { return {}; }
  bool wake() override { return false; }
};

template <std::size_t N>
void put_text(char (&field)[N], std::string_view s) {
  std::memcpy(field, s.data(), std::min(s.size(), N - 1));
}

struct Desk {
  Market m;
  Broker broker;
  Sink sink;
  std::unique_ptr<store::Journal> journal;
  std::unique_ptr<services::Execution> exec;
  services::ExecutionOptions options = [] {
    services::ExecutionOptions o;
    o.min_trade = "0.005"_dec;
    return o;
  }();  // changed: use({}) makes the desk anew with them
  core::Nanos now = start_ns;
  std::uint64_t fills = 0, decisions = 0;

  explicit Desk(core::FloorLimits limits = {}, Decimal cash = "10000"_dec, std::unique_ptr<store::Journal> j = nullptr)
      : journal(j ? std::move(j) : store::Journal::in_memory()) {
    make({}, limits, cash);
  }
  /// Anew, with these rules in the chain.
  void use(std::vector<std::unique_ptr<core::RiskRule>> rules) { make(std::move(rules), {}, "10000"_dec); }
  void make(std::vector<std::unique_ptr<core::RiskRule>> rules, core::FloorLimits limits, Decimal cash) {
    exec = std::make_unique<services::Execution>(options, m.table, m.usd, "0.0005"_dec, std::move(rules), limits, broker, *journal, sink);
    bl_balance_ev b{};
    b.h.size = sizeof b;
    b.h.type = BL_EV_BALANCE;
    b.asset = m.usd.value;
    b.total = cash.raw();
    exec->on_broker_event(b.h);
    price(m.btc, 10000);
  }
  /// A close in cents.
  void price(core::InstrumentId id, std::int64_t cents) {
    bl_bar bar{};
    bar.h.size = sizeof bar;
    bar.h.type = BL_EV_BAR;
    bar.h.instrument = id.value;
    bar.h.ts_event = bar.h.ts_recv = bar.close_ns = now;
    bar.px_exp = -2;
    bar.is_final = 1;
    bar.open = bar.high = bar.low = bar.close = cents;
    exec->on_bar(bar);
  }
  /// A quote in cents, between two steps; `bid_qty`: in whole units, 0 = not told.
  void quote(core::InstrumentId id, std::int64_t bid, std::int64_t ask, std::int64_t bid_qty = 0) {
    bl_quote q{};
    q.h.size = sizeof q;
    q.h.type = BL_EV_QUOTE;
    q.h.instrument = id.value;
    q.h.ts_event = q.h.ts_recv = now;
    q.px_exp = -2;
    q.bid = bid;
    q.ask = ask;
    q.bid_qty = bid_qty;
    exec->on_quote(q);
  }
  /// A risk rule's wish: a stop, and perhaps a take-profit with its share in ten-thousandths.
  bl_status protect(Decimal stop, Decimal take = Decimal::not_set(), std::uint32_t share = 0, std::string_view source = "stops",
                    core::InstrumentId id = {1}) {
    bl_stop s{};
    s.size = sizeof s;
    s.instrument = id.value;
    s.stop_px = stop.raw();
    s.limit_px = take.raw();
    s.flags = share;
    s.rule = 1;
    return exec->want_stop(s, std::make_shared<const std::string>(source));
  }
  core::Target target(core::Purpose purpose, double weight, core::InstrumentId id = {1}) {
    core::Target t;
    t.instrument = id;
    t.purpose = purpose;
    t.weight = weight;
    t.decision = {7, ++decisions};
    t.time = now;
    t.valid_until = now + bar_ns;
    t.ref_px = exec->portfolio().mark(id).last;
    return t;
  }
  void want(const std::vector<core::Target>& targets, bool plan = false) {
    exec->publish(now);
    exec->take_targets(targets, plan);
    exec->trade(now);
    exec->settle(now);
  }
  /// A step in which nobody wants anything new.
  void step() { want(std::vector<core::Target>{}); }
  void want(core::Purpose purpose, double weight, core::InstrumentId id = {1}) {
    want(std::vector{target(purpose, weight, id)}, purpose == core::Purpose::rebalance);
  }
  const core::Intent& last() const {
    REQUIRE_FALSE(broker.sent.empty());
    return broker.sent.back();
  }
  core::OrderState state(const core::Intent& i) const {
    const core::Order* o = exec->orders().find(core::ClientOrderId(i.client_id()));
    REQUIRE(o != nullptr);
    return o->state;
  }
  /// How the venue of these tests calls an order.
  static std::string venue_id_of(const core::Intent& i) { return "v-" + std::string(i.client_id()); }
  /// The venue's word about an order, as it was sent: change `i` for a venue that got it wrong.
  void report(const core::Intent& i, std::uint32_t kind, std::uint32_t state = BL_S_OPEN, Decimal filled = Decimal::not_set()) {
    bl_exec e{};
    e.h.size = sizeof e;
    e.h.type = BL_EV_EXEC;
    e.h.instrument = i.abi.instrument;
    e.h.ts_recv = now;
    put_text(e.client_id, i.client_id());
    if (kind != BL_X_UNKNOWN && kind != BL_X_ABSENT) put_text(e.venue_id, venue_id_of(i));  // it knows no id of what it does not have
    e.side = i.abi.side;
    e.qty = i.abi.qty;
    e.quote_qty = i.abi.quote_qty;
    e.limit_px = i.abi.limit_px;
    e.stop_px = i.abi.stop_px;
    e.expire_ns = i.abi.expire_ns;
    e.kind = kind;
    e.cum_qty = filled.raw();
    e.state = state;
    exec->on_broker_event(e.h);
  }
  bl_fill fill_of(const core::Intent& i, Decimal qty, Decimal px, std::string_view id) const {
    bl_fill f{};
    f.h.size = sizeof f;
    f.h.type = BL_EV_FILL;
    f.h.instrument = i.abi.instrument;
    f.h.ts_recv = now;
    put_text(f.client_id, i.client_id());
    put_text(f.fill_id, id);
    f.side = i.abi.side;
    f.px = px.raw();
    f.qty = qty.raw();
    f.fee = Decimal::zero().raw();
    return f;
  }
  void fill(const core::Intent& i, Decimal qty, Decimal px) {
    exec->on_broker_event(fill_of(i, qty, px, "f" + std::to_string(++fills)).h);
  }
  /// An entry of 5 % of equity that the venue has acknowledged; nothing of it is filled.
  core::Intent resting() {
    want(core::Purpose::entry, 0.05);
    const core::Intent entry = last();
    report(entry, BL_X_ACCEPTED);
    return entry;
  }
  /// Buys `weight` of equity and fills it at its limit.
  void hold(double weight, core::InstrumentId id = {1}) {
    want(core::Purpose::entry, weight, id);
    const core::Intent i = last();
    fill(i, i.qty(), i.limit_px());
    REQUIRE(exec->portfolio().position(id).qty == i.qty());
    now += 2 * bar_ns;
  }
  std::uint64_t why(const std::string& code) const {
    const auto& counts = exec->counts().why_not;
    const auto it = counts.find(code);
    return it == counts.end() ? 0 : it->second;
  }
  services::TradeRequest request(core::Side side, Decimal qty, std::string key = "k1") const {
    services::TradeRequest q;
    q.instrument = m.btc;
    q.side = side;
    q.qty = qty;
    q.key = std::move(key);
    q.reason = "test";
    q.principal = "operator";
    return q;
  }
  /// An operator's own stop at 90 of all five that are held, acknowledged.
  core::Intent own_stop() {
    services::TradeRequest stop = request(core::Side::sell, "5"_dec);
    stop.type = core::OrderType::stop_limit;
    stop.tif = core::TimeInForce::gtc;
    stop.limit_px = "89"_dec;
    stop.stop_px = "90"_dec;
    REQUIRE(exec->execute(stop, now));
    const core::Intent sent = last();
    report(sent, BL_X_ACCEPTED);
    return sent;
  }
};

}  // namespace bowline::test
