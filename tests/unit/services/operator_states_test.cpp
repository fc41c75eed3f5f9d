// Trading states by an operator's word, locks and lists (trading rules 3.4).
#include <sys/resource.h>

#include <csignal>

#include "unit/services/again.hpp"
#include "unit/store/store_folder.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::test;

namespace {

services::StateRequest state(TradingState wanted, std::string request, InstrumentId only = {}) {
  return {only, wanted, false, "a test", "operator", std::move(request)};
}
services::LockRequest lock(InstrumentId id, Nanos until, std::string request) { return {id, until, "a test", "operator", std::move(request)}; }
template <class T>
std::string code(const Result<T>& r) {
  return r ? "" : r.error().code;
}

}  // namespace

TEST_CASE("reducing cancels resting entries and denies new ones; exits run (3.4)") {
  Desk d;
  d.hold(0.05);
  d.price(d.m.bnb, 10000);
  d.want(Purpose::entry, 0.05, d.m.bnb);
  const Intent entry = d.last();
  d.report(entry, BL_X_ACCEPTED);
  const auto done = d.exec->set_trading_state(state(TradingState::reducing, "r1"), d.now);
  REQUIRE(done);
  CHECK(done->cancels.asked == 1);
  CHECK(d.broker.cancelled == std::vector<std::string>{std::string(entry.client_id())});
  d.report(entry, BL_X_DONE, BL_S_CANCELLED);
  d.want(Purpose::entry, 0.05, d.m.bnb);
  CHECK(d.why("STATE_REDUCING") == 1);
  d.want(Purpose::exit, 0);
  CHECK(d.last().side() == Side::sell);
}

TEST_CASE("halted holds for one product alone: its strategy exit does not run, the other product trades on (3.4)") {
  Desk d;
  d.hold(0.05);
  d.price(d.m.bnb, 10000);
  REQUIRE(d.exec->set_trading_state(state(TradingState::halted, "r1", d.m.btc), d.now));
  CHECK(d.exec->state() == TradingState::active);
  CHECK(d.exec->states().of(d.m.btc) == TradingState::halted);
  const std::size_t sent = d.broker.sent.size();
  d.want(Purpose::exit, 0);
  CHECK(d.broker.sent.size() == sent);
  CHECK(d.why("STATE_HALTED") == 1);
  d.want(Purpose::entry, 0.10);
  CHECK(d.why("STATE_HALTED") == 2);
  d.want(Purpose::entry, 0.05, d.m.bnb);
  CHECK(d.broker.sent.size() == sent + 1);
  d.want(Purpose::stop, 0);  // the protective stop of the halted product
  CHECK(d.last().purpose == Purpose::stop);
}

TEST_CASE("of a product's own state and everybody's the stricter one counts (3.4)") {
  Desk d;
  REQUIRE(d.exec->set_trading_state(state(TradingState::reducing, "r1", d.m.btc), d.now));
  REQUIRE(d.exec->set_trading_state(state(TradingState::halted, "r2"), d.now));
  CHECK(d.exec->states().of(d.m.btc) == TradingState::halted);
  REQUIRE(d.exec->set_trading_state(state(TradingState::active, "r3"), d.now));
  CHECK(d.exec->states().of(d.m.btc) == TradingState::reducing);
  CHECK(d.exec->states().of(d.m.bnb) == TradingState::active);
}

TEST_CASE("freeze is the only state without exits: neither a stop nor the operator sells (3.4)") {
  Desk d;
  d.hold(0.05);
  auto q = state(TradingState::halted, "r1");
  q.freeze = true;
  REQUIRE(d.exec->set_trading_state(q, d.now));
  const std::size_t sent = d.broker.sent.size();
  d.want(Purpose::stop, 0);
  CHECK(d.why("EXIT_FROZEN") == 1);
  CHECK(code(d.exec->execute(d.request(Side::sell, "1"_dec), d.now)) == "EXIT_FROZEN");
  CHECK(d.broker.sent.size() == sent);
  REQUIRE(d.exec->set_trading_state(state(TradingState::halted, "r2"), d.now));  // halted without it
  CHECK(code(d.exec->execute(d.request(Side::sell, "1"_dec, "k2"), d.now)) == "");
}

TEST_CASE("a frozen product is frozen alone (3.4)") {
  Desk d;
  d.hold(0.05);
  auto q = state(TradingState::halted, "r1", d.m.bnb);
  q.freeze = true;
  REQUIRE(d.exec->set_trading_state(q, d.now));
  CHECK(d.exec->states().frozen(d.m.bnb));
  d.want(Purpose::stop, 0);
  CHECK(d.last().purpose == Purpose::stop);
}

TEST_CASE("the host itself only ever tightens: what an operator has halted it does not make reducing (3.4)") {
  Desk d;
  CHECK(d.exec->tighten(TradingState::reducing, d.now, "a trip"));
  CHECK(d.exec->state() == TradingState::reducing);
  CHECK(d.exec->states().global().who == "host");
  REQUIRE(d.exec->set_trading_state(state(TradingState::halted, "r1"), d.now));
  CHECK_FALSE(d.exec->tighten(TradingState::reducing, d.now, "a trip"));
  CHECK_FALSE(d.exec->tighten(TradingState::active, d.now, "a trip"));
  CHECK(d.exec->state() == TradingState::halted);
}

TEST_CASE("after an emergency stop only a resume loosens (3.7)") {
  Desk d;
  d.exec->emergency_stop(d.now, "operator", "test", "r1");
  CHECK(code(d.exec->set_trading_state(state(TradingState::active, "r2"), d.now)) == "EMERGENCY_STOPPED");
  CHECK(code(d.exec->set_trading_state(state(TradingState::reducing, "r3"), d.now)) == "EMERGENCY_STOPPED");
  CHECK(d.exec->state() == TradingState::halted);
  d.exec->emergency_resume(d.now, "operator", "over", "r4");
  CHECK(code(d.exec->set_trading_state(state(TradingState::reducing, "r5"), d.now)) == "");
}

TEST_CASE("a request that is repeated changes nothing, and never undoes what was ordered since") {
  Desk d;
  REQUIRE(d.exec->set_trading_state(state(TradingState::reducing, "r1"), d.now));
  REQUIRE(d.exec->set_trading_state(state(TradingState::active, "r2"), d.now));
  const std::uint64_t rows = d.journal->rows();
  const auto again = d.exec->set_trading_state(state(TradingState::active, "r2"), d.now);
  REQUIRE(again);
  CHECK(again->replayed);
  CHECK(d.journal->rows() == rows);
  REQUIRE(d.exec->set_trading_state(state(TradingState::halted, "r3"), d.now));
  CHECK(code(d.exec->set_trading_state(state(TradingState::active, "r2"), d.now)) == "REQUEST_REPEATED");
  CHECK(d.exec->state() == TradingState::halted);
  REQUIRE(d.exec->set_trading_state(state(TradingState::active, "r4"), d.now));
  REQUIRE(d.exec->set_trading_state(state(TradingState::halted, "r3"), d.now));  // what tightens is taken twice
  CHECK(d.exec->state() == TradingState::halted);
}

TEST_CASE("each change of a state is in the audit trail with who, why and the request") {
  Desk d;
  REQUIRE(d.exec->set_trading_state(state(TradingState::halted, "r1", d.m.btc), d.now));
  REQUIRE(d.exec->lock(lock(d.m.bnb, 0, "r2"), d.now));
  REQUIRE(d.exec->unlock(lock(d.m.bnb, 0, "r3"), d.now));
  const auto audits = d.sink.all<AuditRecord>();
  REQUIRE(audits.size() == 3);
  CHECK(audits[0].action == "trading_state");
  CHECK(audits[0].subject == "BTC-USD halted");
  CHECK(audits[1].action == "lock");
  CHECK(audits[2].action == "unlock");
  for (const auto& a : audits) {
    CHECK(a.principal == "operator");
    CHECK(a.reason == "a test");
  }
  CHECK(audits[2].request_id == "r3");
}

TEST_CASE("a locked product is not bought, by nobody, until the lock expires; its exits run") {
  Desk d;
  d.hold(0.05);
  CHECK(code(d.exec->lock(lock(d.m.btc, d.now, "r0"), d.now)) == "LOCK_EXPIRED");
  REQUIRE(d.exec->lock(lock(d.m.btc, d.now + 2 * bar_ns, "r1"), d.now));
  const std::size_t sent = d.broker.sent.size();
  d.want(Purpose::entry, 0.10);
  CHECK(d.why("PRODUCT_LOCKED") == 1);
  CHECK(code(d.exec->execute(d.request(Side::buy, "1"_dec), d.now)) == "PRODUCT_LOCKED");
  CHECK(d.broker.sent.size() == sent);
  CHECK(code(d.exec->execute(d.request(Side::sell, "1"_dec, "k2"), d.now)) == "");
  d.fill(d.last(), "1"_dec, "100"_dec);
  d.now += 2 * bar_ns;
  d.price(d.m.btc, 10000);
  CHECK(d.exec->states().lock_of(d.m.btc, d.now) == nullptr);
  d.want(Purpose::entry, 0.10);
  CHECK(d.last().side() == Side::buy);
}

TEST_CASE("a lock cancels what rests as an entry of the product, and of no other") {
  Desk d;
  const Intent entry = d.resting();
  d.price(d.m.bnb, 10000);
  d.want(Purpose::entry, 0.05, d.m.bnb);
  d.report(d.last(), BL_X_ACCEPTED);
  const auto done = d.exec->lock(lock(d.m.btc, 0, "r1"), d.now);
  REQUIRE(done);
  CHECK(done->cancels.asked == 1);
  CHECK(d.broker.cancelled == std::vector<std::string>{std::string(entry.client_id())});
}

TEST_CASE("unlocking what is not locked is refused by name; a repeated unlock takes off no newer lock") {
  Desk d;
  CHECK(code(d.exec->unlock(lock(d.m.btc, 0, "r0"), d.now)) == "LOCK_ABSENT");
  REQUIRE(d.exec->lock(lock(d.m.btc, 0, "r1"), d.now));
  REQUIRE(d.exec->unlock(lock(d.m.btc, 0, "r2"), d.now));
  CHECK(d.exec->unlock(lock(d.m.btc, 0, "r2"), d.now)->replayed);
  REQUIRE(d.exec->lock(lock(d.m.btc, 0, "r3"), d.now));
  CHECK(code(d.exec->unlock(lock(d.m.btc, 0, "r2"), d.now)) == "REQUEST_REPEATED");
  CHECK(d.exec->states().lock_of(d.m.btc, d.now) != nullptr);
}

TEST_CASE("of a product that is not listed nothing is bought; what is held of it is sold") {
  Desk d;
  d.hold(0.05);
  d.exec->list(d.m.btc, false);
  d.want(Purpose::entry, 0.10);
  CHECK(d.why("PRODUCT_NOT_LISTED") == 1);
  CHECK(code(d.exec->execute(d.request(Side::buy, "1"_dec), d.now)) == "PRODUCT_NOT_LISTED");
  d.want(Purpose::exit, 0);
  CHECK(d.last().side() == Side::sell);
}

TEST_CASE("restart: states, freeze, locks and their authors are what they were; so is what was taken before (3.4)") {
  StoreFolder dir;
  Nanos then = 0;
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    then = d.now;
    auto q = state(TradingState::halted, "r1");
    q.freeze = true;
    REQUIRE(d.exec->set_trading_state(state(TradingState::active, "r0"), d.now));
    REQUIRE(d.exec->set_trading_state(q, d.now));
    REQUIRE(d.exec->set_trading_state(state(TradingState::reducing, "r2", d.m.bnb), d.now));
    REQUIRE(d.exec->lock(lock(d.m.btc, d.now + 9 * bar_ns, "r3"), d.now));
    REQUIRE(d.exec->lock(lock(d.m.bnb, 0, "r4"), d.now));
    REQUIRE(d.exec->unlock(lock(d.m.bnb, 0, "r5"), d.now));
  }
  Again a(dir / "j");
  const services::TradingStates& s = a.exec->states();
  CHECK(s.global().state == TradingState::halted);
  CHECK(s.global().frozen);
  CHECK(s.global().who == "operator");
  CHECK(s.global().why == "a test");
  CHECK(s.global().since == then);
  CHECK(s.own(a.m.bnb).state == TradingState::reducing);
  CHECK(s.own(a.m.btc).state == TradingState::active);
  REQUIRE(s.lock_of(a.m.btc, then) != nullptr);
  CHECK(s.lock_of(a.m.btc, then)->until == then + 9 * bar_ns);
  CHECK(s.lock_of(a.m.bnb, then) == nullptr);
  CHECK(code(a.exec->set_trading_state(state(TradingState::active, "r0"), a.now)) == "REQUEST_REPEATED");
  CHECK(a.sink.records.empty());
}

TEST_CASE("a word that is said again is not answered before it is durable (3.4, 4.1)") {
  StoreFolder folder;
  Desk d({}, "10000"_dec, opened(folder / "j"));
  // A disk that takes nothing more: file size limit, its signal ignored.
  const auto before = std::signal(SIGXFSZ, SIG_IGN);
  rlimit old{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &old) == 0);
  const rlimit none{1, old.rlim_max};
  REQUIRE(setrlimit(RLIMIT_FSIZE, &none) == 0);
  CHECK(code(d.exec->set_trading_state(state(TradingState::reducing, "r1"), d.now)) == "JOURNAL_UNWRITABLE");
  CHECK(code(d.exec->set_trading_state(state(TradingState::reducing, "r1"), d.now)) == "JOURNAL_UNWRITABLE");
  CHECK(code(d.exec->lock(lock(d.m.btc, 0, "r2"), d.now)) == "JOURNAL_UNWRITABLE");
  CHECK(code(d.exec->unlock(lock(d.m.btc, 0, "r3"), d.now)) == "JOURNAL_UNWRITABLE");
  CHECK(code(d.exec->unlock(lock(d.m.btc, 0, "r3"), d.now)) == "JOURNAL_UNWRITABLE");
  REQUIRE(setrlimit(RLIMIT_FSIZE, &old) == 0);
  std::signal(SIGXFSZ, before);
  d.step();
  const auto again = d.exec->set_trading_state(state(TradingState::reducing, "r1"), d.now);
  REQUIRE(again);
  CHECK(again->replayed);
  CHECK_FALSE(d.journal->pending());
}
