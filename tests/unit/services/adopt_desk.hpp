// A desk whose operator adopts what the venue says, and whose venue answers each question with what the test has it say.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>

#include "unit/services/venue_word.hpp"

namespace bowline::test::adopting {

using namespace core;
using nlohmann::json;

/// Answers each question with what `word` says to it, in the order in which they were asked.
template <class D>
struct Answering : D {
  using D::D;
  std::size_t answered = 0, absent_answered = 0;
  std::function<void(const bl_query&)> word;
  void answer_all(bool complete = true) {
    while (answered < this->broker.queries.size()) {
      REQUIRE(answered < 200);  // it is asked without end
      const bl_query q = this->broker.queries[answered++];
      if (word) word(q);
      this->done(q.request, complete);
    }
  }
  /// The venue has these balances, and nothing else to say.
  void has(Decimal usd, Decimal btc) {
    word = [this, usd, btc](const bl_query& q) {
      if ((q.scope & 8u) == 0) return;
      this->say_balance(this->m.usd, usd);
      this->say_balance(this->m.btc_asset, btc);
    };
  }
  void say_absent(const Intent& i) {
    bl_exec e = this->exec_of(i, BL_S_UNKNOWN, Decimal::not_set());
    e.kind = BL_X_ABSENT;
    this->say(e.h);
  }
  static services::AdoptRequest adoption(std::string key = "k1", InstrumentId only = {}) {
    services::AdoptRequest q;
    q.instrument = only;
    q.key = std::move(key);
    q.reason = "looked";
    q.principal = "operator";
    q.request_id = "r1";
    return q;
  }
  std::string code(const services::AdoptRequest& q) {
    bool replayed = false;
    const auto done = this->exec->adopt_venue(q, this->now, replayed);
    return done ? "" : done.error().code;
  }
  /// Commanded, answered, and as it ended.
  json adopt(const services::AdoptRequest& q) {
    bool replayed = false;
    const auto begun = this->exec->adopt_venue(q, this->now, replayed);
    if (!begun) FAIL(begun.error().code + ": " + begun.error().message);
    CHECK_FALSE(replayed);
    answer_all();
    return outcome(q.key);
  }
  json outcome(const std::string& key) const { return json::parse(this->exec->adoption(key).value_or("null")); }
  json adopt() { return adopt(adoption()); }
  void next(int cents = 10000) {
    this->now += bar_ns;
    this->price(this->m.btc, cents);
    this->step();
  }
  std::vector<std::string> codes(InstrumentId id = {1}) const {
    std::vector<std::string> all;
    for (const services::BlockReason& r : this->exec->blocks().reasons(id)) all.push_back(r.code);
    return all;
  }
};

using Codes = std::vector<std::string>;

/// A desk that holds five of BTC at 99.95, its cash 9500.25.
struct Desk : Answering<test::Begun> {
  explicit Desk(std::unique_ptr<store::Journal> j = nullptr) : Answering<test::Begun>(FloorLimits{}, std::move(j)) {
    hold(0.05);
    report(last(), BL_X_ACCEPTED);
    step();
    REQUIRE(held() == "5"_dec);
    REQUIRE(cash() == "9500.25"_dec);
  }
  Decimal cash() const { return exec->portfolio().cash(m.usd); }
  /// A sale of all that the venue says was filled whole, and of which it tells no fill.
  Intent sold_untold() {
    want(Purpose::exit, 0);
    const Intent exit = last();
    REQUIRE(exit.side() == Side::sell);
    report(exit, BL_X_ACCEPTED);
    report(exit, BL_X_DONE, BL_S_FILLED, exit.qty());
    step();
    next();
    REQUIRE(codes() == Codes{"FILLS_MISSING"});
    return exit;
  }
  /// An entry that was acknowledged, and that the venue does not know when it is asked.
  Intent forgotten() {
    want(Purpose::entry, 0.1);
    const Intent entry = last();
    REQUIRE(entry.side() == Side::buy);
    report(entry, BL_X_ACCEPTED);
    report(entry, BL_X_ABSENT, BL_S_UNKNOWN);
    REQUIRE(codes() == Codes{"ORDER_GONE"});
    return entry;
  }
  /// The venue has no order, and these balances.
  void has_no(const Intent& order, Decimal usd = "9500.25"_dec, Decimal btc = "5"_dec) {
    word = [this, order, usd, btc](const bl_query& q) {
      if ((q.scope & 1u) != 0) say_absent(order);
      if ((q.scope & 8u) == 0) return;
      say_balance(m.usd, usd);
      say_balance(m.btc_asset, btc);
    };
  }
};

/// Another process on the journal of that desk, its start's questions answered.
struct Again : Answering<test::VenueWord<test::Again>> {
  using Answering<test::VenueWord<test::Again>>::Answering;
  void start() {
    exec->begin();
    exec->resume_orders();
    now = test::start_ns + 20 * bar_ns;
    price(m.btc, 10000);
  }
};

}  // namespace bowline::test::adopting
