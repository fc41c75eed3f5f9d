// A host around the mock venue's desk: time that fires the timers that were asked for, and all that was said.
#pragma once

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "broker_mock/desk.hpp"
#include "broker_mock/events.hpp"
#include "venue_fixture.hpp"

namespace plugin_tests {

inline bl_dec A(const char* s) { return bowline::money::to_abi(D(s)); }
inline std::string text(const bl_dec& d) {
  const auto v = bowline::money::from_abi(d);
  return v ? bowline::money::text(*v) : "-";
}

/// Assets: 1 = USD, 2 = BTC, 3 = ETH. Instruments: 1 = BTC-USD, 2 = ETH-USD. Bars in cents, five minutes
/// long.
struct DeskBench {
  DeskOptions options;
  std::int64_t now = 1'000 * bar_ns, armed = INT64_MAX;
  int wakes = 0;  ///< asked for and not yet given
  std::vector<std::string> failures;
  std::vector<AnyEvent> said;
  std::vector<bl_done> done;
  std::unique_ptr<Desk> desk;

  DeskBench() {
    options.venue.rules = {D("0.0005"), D("0.1")};
    options.venue.taker_fee = D("0.012");
    options.venue.maker_fee = D("0.006");
    options.venue.assumed_half_spread = D("0.0005");
    options.cash = {{"USD", D("10000")}, {"BTC", D("1")}};
    options.memory = true;
  }
  DeskBench(const DeskBench&) = delete;
  DeskBench& operator=(const DeskBench&) = delete;

  FaultOptions& faults() { return options.venue.faults; }
  bowline::Result<void> try_open() {
    DeskHost h;
    h.now_ns = [this] { return now; };
    h.wake = [this] { ++wakes; };
    h.arm = [this](std::int64_t due) { armed = due; };
    h.fail = [this](const bowline::Error& e) { failures.push_back(e.code); };
    h.asset = [](const std::string& c) -> std::uint32_t {
      return c == "USD" ? 1 : c == "BTC" ? 2 : c == "ETH" ? 3 : 0;
    };
    desk.reset();
    armed = INT64_MAX;
    desk = std::make_unique<Desk>(options, std::move(h));
    return desk->open(Bench().products);
  }
  void open() {
    const auto r = try_open();
    if (!r) FAIL(r.error().message);
  }
  void take(const bl_event& e) {
    if (e.type == BL_EV_DONE) return done.push_back(reinterpret_cast<const bl_done&>(e));
    if (e.type == BL_EV_PRODUCT) return;
    AnyEvent copy;
    std::memcpy(static_cast<void*>(&copy), &e, std::min<std::size_t>(e.size, sizeof copy));
    said.push_back(copy);
  }
  void work() {
    wakes = 0;
    desk->on_time([this](const bl_event& e) { take(e); });
  }
  /// Gives the wakes that were asked for.
  void settle() {
    while (wakes != 0) work();
  }
  /// Lets time pass, with a call at each moment that was asked for.
  void until(std::int64_t t) {
    settle();
    while (armed <= t) {
      now = std::max(now, armed);
      armed = INT64_MAX;
      work();
      settle();
    }
    now = t;
  }
  /// The next bar: it opens now and closes five minutes on.
  void bar(std::int64_t o, std::int64_t h, std::int64_t l, std::int64_t c, std::int64_t volume = 1'000,
           std::uint32_t instrument = 1) {
    until(now + bar_ns - 1);
    ++now;
    give(instrument, o, h, l, c, volume);
    until(now);
  }
  /// A bar of an instrument that closes now.
  void give(std::uint32_t instrument, std::int64_t o, std::int64_t h, std::int64_t l, std::int64_t c,
            std::int64_t volume) {
    bl_bar b{};
    b.h.size = sizeof b;
    b.h.type = BL_EV_BAR;
    b.h.instrument = instrument;
    b.open_ns = now - bar_ns;
    b.close_ns = now;
    b.px_exp = -2;
    b.is_final = 1;
    b.open = o;
    b.high = h;
    b.low = l;
    b.close = c;
    b.volume = volume;
    bl_sink sink{};
    sink.size = sizeof sink;
    sink.ctx = this;
    sink.event = [](void* ctx, const bl_event* e) noexcept -> bl_status {
      static_cast<DeskBench*>(ctx)->take(*e);
      return BL_OK;
    };
    desk->on_bar(b, sink);
  }
  void flat_bar(std::int64_t px = 10'000) { bar(px, px, px, px); }

  static bl_intent limit(const char* id, std::uint32_t side, const char* qty, const char* px) {
    bl_intent i{};
    i.size = sizeof i;
    i.instrument = 1;
    std::strncpy(i.client_id, id, sizeof i.client_id - 1);
    i.side = side;
    i.type = BL_LIMIT;
    i.tif = BL_GTC;
    i.qty = A(qty);
    i.quote_qty = i.stop_px = bowline::money::not_set();
    i.limit_px = A(px);
    return i;
  }
  /// Sends and settles; "" or the code of the refusal.
  std::string send(const bl_intent& i) { return code(desk->submit(i)); }
  std::string amend(const char* id, const bl_intent& wanted) {
    return code(desk->amend({{id, std::strlen(id)}, {nullptr, 0}}, wanted));
  }
  std::string cancel(const char* id) {
    auto r = desk->reach(1);
    if (!r) return r.error().code;
    const bl_order_ref ref{{id, std::strlen(id)}, {nullptr, 0}};
    desk->cancel(&ref, 1);
    settle();
    return {};
  }
  /// Asks; what is said to it stands in `said` alone.
  std::string ask(std::uint32_t scope, const char* id = "", std::int64_t since = 0) {
    auto r = desk->reach(1);
    if (!r) return r.error().code;
    said.clear();
    bl_query q{};
    q.size = sizeof q;
    q.scope = scope;
    q.request = 1 + done.size();
    q.order.client_id = {id, std::strlen(id)};
    q.since_ns = since;
    desk->query(q);
    settle();
    return {};
  }

  /// All that was said, each in a word or two: "accepted a", "fill mock-1-1", "done a filled", "up", "balance
  /// 1".
  std::vector<std::string> words() const {
    std::vector<std::string> out;
    for (const AnyEvent& e : said) out.push_back(word(e));
    return out;
  }
  /// The same without the balances.
  std::vector<std::string> orders_said() const {
    std::vector<std::string> out;
    for (const AnyEvent& e : said)
      if (e.h.type != BL_EV_BALANCE) out.push_back(word(e));
    return out;
  }
  const Order& order(const char* id) const {
    for (std::size_t n = 1; n <= desk->venue().orders(); ++n)
      if (desk->venue().order(static_cast<std::int64_t>(n)).spec.client_id == id)
        return desk->venue().order(static_cast<std::int64_t>(n));
    FAIL("there is no order " << id);
    std::abort();
  }

 private:
  std::string code(const bowline::Result<void>& r) {
    if (!r) return r.error().code;
    settle();
    return {};
  }
  static std::string word(const AnyEvent& e) {
    static constexpr const char* kinds[] = {"",        "snapshot",       "accepted",       "rejected",
                                            "amended", "amend_rejected", "cancel_pending", "cancel_rejected",
                                            "done",    "unknown",        "absent"};
    static constexpr const char* states[] = {"",           " pending",  " open",   " filled",
                                             " cancelled", " rejected", " expired"};
    if (e.h.type == BL_EV_LINK) return e.link.state == 1 ? "up" : "down";
    if (e.h.type == BL_EV_BALANCE) return "balance " + std::to_string(e.balance.asset);
    if (e.h.type == BL_EV_FILL) return std::string("fill ") + e.fill.fill_id;
    std::string w = kinds[e.exec.kind];
    w += std::string(" ") + (e.exec.client_id[0] != '\0' ? e.exec.client_id : e.exec.venue_id);
    if (e.exec.kind == BL_X_DONE || e.exec.kind == BL_X_SNAPSHOT) w += states[e.exec.state];
    return w;
  }
};

}  // namespace plugin_tests
