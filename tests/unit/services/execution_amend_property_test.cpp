// Orders of the operator that are placed, amended and cancelled at random, at a venue that answers late, twice or not at all,
// and fills meanwhile: what the host counts is never less than what the venue may still do, nothing is sold that is not held,
// and asked often enough the host has what the venue has. The venue here is a model of its own: it adds and subtracts.
//
//   BOWLINE_PROPERTY_SEED=7 BOWLINE_PROPERTY_SEQUENCES=100000 build/release/tests/unit/services/unit_services "property: amend*"
#include <cstdio>
#include <deque>
#include <map>

#include "unit/core/random_ops.hpp"
#include "unit/services/amend_desk.hpp"
#include "unit/store/store_folder.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using namespace bowline::test;

namespace {

/// An order as the venue has it.
struct Held {
  Intent order;  // with the terms in force there
  Decimal cum = Decimal::zero();
  std::uint32_t state = BL_S_OPEN;
  Nanos as_of = 0;
};

/// What a venue says, some time later.
struct Word {
  bool fill = false;
  bl_exec exec{};
  bl_fill exec_fill{};
};

Decimal tenths(std::uint32_t n) { return Decimal::from_mantissa(n, -1); }


/// The desk, its venue, and what they say to each other.
class World {
  using Host = AmendDesk<Desk>;
  std::filesystem::path file_;  // empty: nothing outlives the process
  bool errs_;  // a host that counts the terms in force alone
  std::unique_ptr<Host> d_;
  Rng rng_;
  std::map<std::string, Held> venue_;
  std::vector<bl_fill> fills_;
  std::deque<Word> said_;
  std::size_t sent_ = 0, amended_ = 0, cancelled_ = 0, asked_ = 0;
  Nanos time_ = 0;
  std::uint64_t keys_ = 0, fill_ids_ = 0;
  std::string wrong_;

  void check(bool holds, const std::string& what) {
    if (!holds && wrong_.empty()) wrong_ = what;
  }

 public:
  std::uint64_t amends = 0, lost = 0, restarts = 0;

  World(std::uint64_t seed, std::filesystem::path file, bool errs = false) : file_(std::move(file)), errs_(errs), rng_(seed) {
    d_ = std::make_unique<Host>(FloorLimits{}, "10000"_dec, file_.empty() ? nullptr : opened(file_));
    d_->hold(0.05);  // some to sell
    adopt_sent(false);
    const Intent& i = d_->last();
    venue_.at(std::string(i.client_id())).state = BL_S_FILLED;
    venue_.at(std::string(i.client_id())).cum = i.qty();
    fills_.push_back(d_->fill_of(i, i.qty(), i.limit_px(), "f1"));
    d_->fills = fill_ids_ = 1;
    said_.clear();
  }

  std::string run() {
    const std::uint32_t steps = 8 + rng_.below(40);
    for (std::uint32_t n = 0; n < steps && wrong_.empty(); ++n) {
      step();
      hear_host();
      judge();
    }
    for (int n = 0; n < 8 && wrong_.empty(); ++n) {  // time passes, and all is answered
      deliver();
      next_bar();
      answer_all();
      judge();
    }
    if (wrong_.empty()) agree();
    return wrong_;
  }

 private:
  const Order* working_order() const {
    const auto& all = d_->exec->orders().working();
    return all.empty() ? nullptr : all.front();
  }

  void step() {
    switch (rng_.below(10)) {
      case 0:
      case 1: return place();
      case 2:
      case 3:
      case 4: return amend();
      case 5: return cancel();
      case 6: return trade();
      case 7: return deliver();
      case 8: return next_bar();
      default:
        if (!file_.empty() && rng_.chance(40)) return restart();
        return answer_all();
    }
  }

  void place() {
    auto q = d_->request(rng_.chance(50) ? Side::buy : Side::sell, tenths(1 + rng_.below(20)), "p" + std::to_string(++keys_));
    q.type = OrderType::limit;
    q.tif = TimeInForce::gtc;
    q.limit_px = Decimal::from_int(q.side == Side::buy ? 80 + rng_.below(15) : 105 + rng_.below(15));
    static_cast<void>(d_->exec->execute(q, d_->now));
  }

  void amend() {
    const Order* o = working_order();
    if (o == nullptr) return;
    Terms t;
    if (rng_.chance(60)) t.qty = tenths(1 + rng_.below(30));
    if (rng_.chance(60)) t.limit_px = Decimal::from_int(o->intent.side() == Side::buy ? 80 + rng_.below(15) : 105 + rng_.below(15));
    d_->broker.amend_answer = rng_.chance(10) ? services::HandOver::denied : rng_.chance(15) ? services::HandOver::unknown : services::HandOver::taken;
    amends += d_->exec->amend(d_->amendment(o->intent, t, "a" + std::to_string(++keys_)), d_->now).ok() ? 1 : 0;
  }

  void cancel() {
    if (const Order* o = working_order()) static_cast<void>(d_->exec->cancel(o->id(), d_->now, "operator", "r"));
  }

  /// The venue fills some of what works.
  void trade() {
    for (auto& [id, h] : venue_) {
      if (h.state != BL_S_OPEN) continue;
      const Decimal rest = h.order.qty() - h.cum, part = rng_.chance(40) ? rest : min(rest, tenths(1 + rng_.below(8)));
      h.cum = h.cum + part;
      bl_fill f = d_->fill_of(h.order, part, h.order.limit_px(), "f" + std::to_string(++fill_ids_));
      f.h.ts_event = ++time_;
      h.as_of = time_;
      fills_.push_back(f);
      Word w;
      w.fill = true;
      w.exec_fill = f;
      said_.push_back(w);
      if (h.cum == h.order.qty()) end(h, BL_S_FILLED);
    }
  }

  void end(Held& h, std::uint32_t state) {
    h.state = state;
    h.as_of = ++time_;
    say(h, BL_X_DONE);
  }
  void say(const Held& h, std::uint32_t kind) {
    Word w;
    w.exec = d_->told(h.order, kind, h.state, h.cum, h.as_of);
    said_.push_back(w);
  }

  // ---- what the host asks of the venue

  void hear_host() {
    adopt_sent(true);
    for (; amended_ < d_->broker.amended.size(); ++amended_) carry_out(d_->broker.amended[amended_]);
    for (; cancelled_ < d_->broker.cancelled.size(); ++cancelled_) {
      const auto at = venue_.find(d_->broker.cancelled[cancelled_]);
      if (at == venue_.end()) continue;
      if (at->second.state == BL_S_OPEN) end(at->second, BL_S_CANCELLED);
      else say(at->second, BL_X_CANCEL_REJECTED);
    }
  }
  void adopt_sent(bool tell) {
    for (; sent_ < d_->broker.sent.size(); ++sent_) {
      const Intent& i = d_->broker.sent[sent_];
      const auto [at, fresh] = venue_.try_emplace(std::string(i.client_id()), Held{i});
      if (!fresh || !tell) continue;
      at->second.as_of = ++time_;
      say(at->second, BL_X_ACCEPTED);
    }
  }

  /// It may never arrive, be refused, or be carried out; and the answer may be lost.
  void carry_out(const Intent& wanted) {
    if (d_->broker.amend_answer == services::HandOver::denied) return;
    Held& h = venue_.at(std::string(wanted.client_id()));
    const bool lost_answer = d_->broker.amend_answer == services::HandOver::unknown || rng_.chance(25);
    Word none;
    none.exec = d_->told(h.order, BL_X_UNKNOWN, BL_S_UNKNOWN, Decimal::not_set(), 0);
    none.exec.qty = none.exec.limit_px = Decimal::not_set().raw();
    if (rng_.chance(15)) return said_.push_back(none);  // never arrived
    const bool can = h.state == BL_S_OPEN && wanted.qty() >= h.cum && !rng_.chance(15);
    ++time_;
    if (can) {
      h.order.abi.qty = wanted.abi.qty;
      h.order.abi.limit_px = wanted.abi.limit_px;
      h.as_of = time_;
    }
    if (lost_answer) {
      if (d_->broker.amend_answer != services::HandOver::unknown) said_.push_back(none);
    } else {
      const Nanos was = h.as_of;
      h.as_of = time_;
      say(h, can ? BL_X_AMENDED : BL_X_AMEND_REJECTED);
      h.as_of = can ? time_ : was;
    }
    if (can && h.cum == h.order.qty()) end(h, BL_S_FILLED);
  }

  // ---- what it says

  /// All of it, some of it twice, and neighbours in either order.
  void deliver() {
    while (!said_.empty()) {
      const std::size_t at = said_.size() > 1 && rng_.chance(20) ? 1 : 0;
      const Word w = said_[at];
      if (!rng_.chance(10)) said_.erase(said_.begin() + static_cast<std::ptrdiff_t>(at));
      if (w.fill) {
        bl_fill f = w.exec_fill;
        f.h.ts_recv = d_->now;
        d_->exec->on_broker_event(f.h);
      } else {
        bl_exec e = w.exec;
        e.h.ts_recv = d_->now;
        d_->exec->on_broker_event(e.h);
      }
      hear_host();
    }
  }

  /// An answer comes behind what was said before it.
  void answer_all() {
    deliver();
    note_questions();
    for (; asked_ < d_->broker.queries.size(); ++asked_) {
      const bl_query q = d_->broker.queries[asked_];
      if ((q.scope & 1u) != 0) answer(venue_.find(asked_ids_[asked_]));
      if ((q.scope & 2u) != 0)
        for (auto at = venue_.begin(); at != venue_.end(); ++at)
          if (at->second.state == BL_S_OPEN) answer(at);
      if ((q.scope & 4u) != 0)
        for (bl_fill f : fills_) {
          f.h.ts_recv = d_->now;
          d_->say(f.h);
        }
      d_->done(q.request);
      note_questions();
    }
  }
  std::vector<std::string> asked_ids_;  // by question; the text of a question lives as long as its call
  void note_questions() {
    std::size_t one = 0;
    asked_ids_.clear();
    for (const bl_query& q : d_->broker.queries) asked_ids_.push_back(q.scope == 1 ? d_->broker.asked[one++] : std::string());
  }
  void answer(std::map<std::string, Held>::iterator at) {
    if (at == venue_.end()) return;
    const Held& h = at->second;
    bl_exec e = d_->told(h.order, BL_X_SNAPSHOT, h.state, h.cum, h.as_of);
    d_->say(e.h);
  }

  void next_bar() {
    deliver();
    d_->now += bar_ns;
    d_->price(d_->m.btc, 10000);
    d_->step();
    hear_host();
    note_questions();
  }

  /// The process dies, and what it had not made durable is gone.
  void restart() {
    ++restarts;
    const Nanos now = d_->now;
    auto next = std::make_unique<Host>(FloorLimits{}, "77"_dec);
    d_.reset();
    next->now = now;
    next->journal = opened(file_);
    next->exec = std::make_unique<services::Execution>(next->options, next->m.table, next->m.usd, "0.0005"_dec, std::vector<std::unique_ptr<RiskRule>>{},
                                                       FloorLimits{}, next->broker, *next->journal, next->sink);
    const auto done = next->journal->each([&next](const store::JournalRow& row) { return next->exec->restore(row); });
    if (!done) return check(false, "a journal is restored: " + done.error().message), void(d_ = std::move(next));
    next->exec->restored();
    d_ = std::move(next);
    sent_ = amended_ = cancelled_ = asked_ = 0;
    said_.clear();  // it was said to nobody
    d_->price(d_->m.btc, 10000);
    static_cast<void>(d_->exec->ask_venue());
    note_questions();
    answer_all();
    d_->exec->resume_orders();
    hear_host();
    note_questions();
    answer_all();
  }

  // ---- judged

  void judge() {
    note_questions();
    const Decimal held = d_->exec->portfolio().position(d_->m.btc).qty;
    Decimal selling = Decimal::zero();
    for (const Order* o : d_->exec->orders().working()) {
      const auto at = venue_.find(std::string(o->intent.client_id()));
      if (at == venue_.end()) continue;
      const Held& h = at->second;
      if (o->intent.side() == Side::sell) selling = selling + o->leaves();
      if (h.state != BL_S_OPEN) continue;
      const Decimal may_fill = h.order.qty() - h.cum;
      const Decimal counted = errs_ ? o->intent.qty() - o->cum_qty : o->leaves();
      check(counted >= may_fill, "what the venue may still fill is counted");
      check(Decimal::from_raw(o->worst_case().limit_px) >= h.order.limit_px() || o->intent.side() == Side::sell, "a buy's dearest price is counted");
    }
    check(selling <= held, "nothing is sold that is not held");
    for (const auto& [code, n] : d_->exec->counts().by_incident)
      check(code == "AMEND_LOST" || code == "RECONCILE_INCOMPLETE", "no alarm of what is in order: " + code);
    for (const auto& [id, h] : venue_) {
      const Order* o = d_->exec->orders().find(ClientOrderId(id));
      if (o == nullptr) continue;
      check(o->cum_qty <= h.cum, "no fill is booked that was not made");
    }
  }

  void agree() {
    Decimal position = Decimal::zero();
    for (const auto& [id, h] : venue_) {
      position = h.order.side() == Side::buy ? position + h.cum : position - h.cum;
      const Order* o = d_->exec->orders().find(ClientOrderId(id));
      if (o == nullptr) return check(false, "no order is lost");
      check(o->cum_qty == h.cum, "the fills of an order are those of the venue");
      check(is_terminal(o->state) == (h.state != BL_S_OPEN), "an order works here as there");
      if (h.state != BL_S_OPEN) continue;
      check(!(o->amends && o->amends->pending), "an amendment is answered in the end");
      check(o->intent.qty() == h.order.qty() && o->intent.limit_px() == h.order.limit_px(), "the terms in force are the venue's");
    }
    check(d_->exec->portfolio().position(d_->m.btc).qty == position, "the position is the sum of the fills");
    const auto& by = d_->exec->counts().by_incident;
    if (const auto at = by.find("AMEND_LOST"); at != by.end()) lost += at->second;
  }
};

}  // namespace

TEST_CASE("property: amends, fills and cancels in any order leave the host with what the venue has, and count the worse till then") {
  const std::uint64_t seed = number_from("BOWLINE_PROPERTY_SEED", 1), count = sequences(8'000);
  std::uint64_t amends = 0, lost = 0;
  for (std::uint64_t n = 0; n < count; ++n) {
    World w(seed_of(seed, n), {});
    const std::string wrong = w.run();
    amends += w.amends;
    lost += w.lost;
    if (!wrong.empty()) FAIL("seed " << seed << ", sequence " << n << ": not so: " << wrong);
  }
  std::printf("property of amends: seed %llu, %llu sequences, %llu amends, %llu of them lost\n", static_cast<unsigned long long>(seed),
              static_cast<unsigned long long>(count), static_cast<unsigned long long>(amends), static_cast<unsigned long long>(lost));
  if (count < 100) return;
  CHECK(amends > count / 2);
  CHECK(lost > 0);
}

TEST_CASE("property: amends and restarts: a process that dies in between leaves the next one with what the venue has") {
  const std::uint64_t seed = number_from("BOWLINE_PROPERTY_SEED", 1), count = std::max<std::uint64_t>(sequences(8'000) / 80, 20);
  std::uint64_t restarts = 0;
  for (std::uint64_t n = 0; n < count; ++n) {
    StoreFolder dir;
    World w(seed_of(seed + 1, n), dir / "j");
    const std::string wrong = w.run();
    restarts += w.restarts;
    if (!wrong.empty()) FAIL("seed " << seed << ", sequence " << n << ": not so: " << wrong);
  }
  CHECK(restarts > 0);
}

TEST_CASE("the property of amends would notice a host that counts the terms in force alone") {
  bool found = false;
  for (std::uint64_t n = 0; n < 2'000 && !found; ++n) found = !World(seed_of(3, n), {}, true).run().empty();
  CHECK(found);
}
