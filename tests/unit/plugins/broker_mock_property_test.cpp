// Properties of the mock venue under random requests, bars and faults: whatever comes, no money appears or
// vanishes, no order is filled beyond what it is or before it was there, and who asks learns the truth.
#include <catch2/catch.hpp>

#include <sqlite3.h>

#include <map>
#include <set>

#include "desk_fixture.hpp"
#include "temp_files.hpp"

using namespace plugin_tests;
namespace money = bowline::money;

namespace {

struct Dice {
  std::uint64_t x;
  explicit Dice(std::uint64_t seed) : x(seed * 0x9e3779b97f4a7c15ULL + 1) {}
  std::uint64_t operator()(std::uint64_t n) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return (x >> 16) % n;
  }
  bool one_in(std::uint64_t n) { return (*this)(n) == 0; }
  double share(double up_to) { return up_to * static_cast<double>((*this)(1'000)) / 1'000; }
};

Decimal cents(std::uint64_t n) { return money::from_mantissa(static_cast<std::int64_t>(n), -2); }

/// A random desk, and one random step after the other.
struct Sequence {
  DeskBench b;
  Dice dice;
  std::uint64_t px = 10'000;
  std::vector<bl_intent> sent;  ///< what was submitted, by the id's number
  std::vector<std::pair<std::int64_t, std::pair<std::uint32_t, Decimal>>> in;  ///< time, asset, amount
  std::int64_t checked_fills = 0;
  std::size_t read = 0;  ///< of b.said
  bool down = false;
  std::map<std::string, int> told;  ///< fills told without asking, by id

  explicit Sequence(std::uint64_t seed, bool withdrawals = false) : dice(seed) {
    b.options.venue.seed = seed;
    b.options.venue.latency_ns = std::array<std::int64_t, 4>{0, 0, minute, 7 * minute}[dice(4)];
    b.options.venue.partial_fill_probability = dice.one_in(2) ? 0.3 : 0;
    b.options.venue.reject_probability = dice.one_in(4) ? 0.1 : 0;
    FaultOptions& f = b.faults();
    if (dice.one_in(2)) f.timeout_probability = dice.share(0.5);
    f.timeout_lost_share = dice.share(1);
    if (dice.one_in(2)) f.cancel_reject_probability = dice.share(0.5);
    if (dice.one_in(2)) f.duplicate_fill_probability = dice.share(0.5);
    if (dice.one_in(2)) f.late_fill_probability = dice.share(0.5);
    if (dice.one_in(2)) f.lost_fill_probability = dice.share(0.3);
    if (dice.one_in(2)) f.late_ack_probability = dice.share(0.5);
    if (dice.one_in(2)) f.disconnect_probability = dice.share(0.2);
    f.late_fill_delay_ns = static_cast<std::int64_t>(dice(20)) * minute;
    f.late_ack_delay_ns = static_cast<std::int64_t>(dice(20)) * minute;
    f.disconnect_duration_ns = static_cast<std::int64_t>(1 + dice(20)) * minute;
    f.disconnect_replays = dice.one_in(2);
    if (dice.one_in(4)) b.options.rate_limit = b.options.rate_burst = 3;
    for (std::uint64_t n = dice(6); n > 0; --n) add_act(withdrawals);
  }
  void add_act(bool withdrawals) {
    ScriptLine l;
    ExternalAct& a = l.act;
    a.what = static_cast<ExternalAct::What>(1 + dice(withdrawals ? 5 : 4));
    a.at_ns = b.now + static_cast<std::int64_t>(dice(150)) * minute;
    a.told = dice.one_in(2);
    a.side = dice.one_in(2) ? Side::buy : Side::sell;
    a.qty = cents(1 + dice(3'000));
    a.script = std::to_string(b.options.script.size());
    if (a.what >= ExternalAct::What::deposit) {
      const bool usd = dice.one_in(2);
      l.asset = usd ? "USD" : "BTC";
      if (a.what == ExternalAct::What::deposit) in.push_back({a.at_ns, {usd ? 1u : 2u, a.qty}});
    } else {
      l.product = "BTC-USD";
      if (a.what == ExternalAct::What::order && dice.one_in(3))
        a.type = Type::market;
      else
        a.px = cents(px - 500 + dice(1'000));
    }
    b.options.script.push_back(l);
  }

  bl_intent order() {
    const std::string id = "o" + std::to_string(sent.size());
    bl_intent i = DeskBench::limit(id.c_str(), dice.one_in(2) ? BL_BUY : BL_SELL, "1", "1");
    i.type = static_cast<std::uint32_t>(1 + dice(4));
    i.tif = static_cast<std::uint32_t>(dice.one_in(2) ? 1 : 1 + dice(4));
    terms(i);
    if (i.type == BL_MARKET) i.limit_px = money::not_set();
    if (i.type == BL_MARKET && i.side == BL_BUY && dice.one_in(2)) {
      i.quote_qty = money::to_abi(cents(100 + dice(300'000)));
      i.qty = money::not_set();
    }
    if (i.type == BL_BRACKET && !dice.one_in(8)) i.side = BL_SELL;
    if (dice.one_in(5)) i.flags |= BL_POST_ONLY;
    if (dice.one_in(10)) i.flags |= BL_TRIGGER_UP;
    return i;
  }
  void terms(bl_intent& i) {
    i.qty = money::to_abi(cents(dice.one_in(3) ? 1 + dice(3'000) : 1 + dice(120)));
    const std::uint64_t one = px - 400 + dice(800), two = px - 400 + dice(800);
    i.limit_px = money::to_abi(cents(i.type == BL_BRACKET ? std::max(one, two) : one));
    if (i.type == BL_STOP_LIMIT || i.type == BL_BRACKET)
      i.stop_px = money::to_abi(cents(i.type == BL_BRACKET ? std::min(one, two) : two));
    i.expire_ns = b.now + static_cast<std::int64_t>(dice(40)) * minute;
  }
  std::string some_id() { return sent.empty() ? "nobody" : "o" + std::to_string(dice(sent.size() + 1)); }

  void step() {
    const std::uint64_t what = dice(16);
    if (what < 5) {
      const bl_intent i = dice.one_in(6) && !sent.empty() ? sent[dice(sent.size())] : order();
      const bool again =
          !sent.empty() && std::strcmp(i.client_id, ("o" + std::to_string(sent.size())).c_str()) != 0;
      const std::string refused = b.send(i);
      CHECK((refused.empty() || refused == "RATE_LIMITED" || refused == "LINK_DOWN"));
      if (!again && refused.empty()) sent.push_back(i);
    } else if (what < 8) {
      const std::string id = some_id();
      bl_intent wanted = sent.empty() ? order() : sent[dice(sent.size())];
      std::memset(wanted.client_id, 0, sizeof wanted.client_id);
      for (const bl_intent& i : sent)
        if (id == i.client_id) wanted = i;
      if (dice.one_in(2))
        wanted.qty = money::to_abi(cents(1 + dice(150)));
      else
        terms(wanted);
      const std::string refused = b.amend(id.c_str(), wanted);
      CHECK((refused.empty() || refused == "RATE_LIMITED" || refused == "LINK_DOWN" ||
             refused == "AMEND_ID_OTHER"));
    } else if (what < 10) {
      b.cancel(some_id().c_str());
    } else if (what < 11) {
      note_told();
      b.ask(static_cast<std::uint32_t>(1 + dice(15)), some_id().c_str());
      b.said.clear();
      read = 0;
    } else if (what < 12) {
      b.until(b.now + static_cast<std::int64_t>(dice(4)) * minute);
    } else {
      bar();
    }
    b.settle();
    b.until(b.now);
    note_told();
  }
  void bar() {
    const std::uint64_t open = px - 150 + dice(300), close = open - 150 + dice(300);
    const std::uint64_t high = std::max(open, close) + dice(150), low = std::min(open, close) - dice(150);
    const auto volume = static_cast<std::int64_t>(dice(120));
    b.until(b.now + bar_ns - 1);
    ++b.now;
    checked_fills = b.desk->venue().fills();  // those of the time before were looked at by then
    b.give(1, static_cast<std::int64_t>(open), static_cast<std::int64_t>(high),
           static_cast<std::int64_t>(low), static_cast<std::int64_t>(close), volume);
    check_fills_of_the_bar(volume, cents(low), cents(high));
    px = std::max<std::uint64_t>(close, 2'000);
  }
  /// Each fill that a bar made, against its order as it was when the bar met it.
  void check_fills_of_the_bar(std::int64_t volume, const Decimal& low, const Decimal& high) {
    const Venue& v = b.desk->venue();
    Decimal taken = Decimal::zero();
    for (std::int64_t n = checked_fills + 1; n <= v.fills(); ++n) {
      const Fill& f = v.fill(n);
      const Order& o = v.order(f.order);
      if (f.ts_ns != b.now) continue;  // an external fill while the bar ran
      taken = money::plus(taken, f.qty);
      REQUIRE(f.ts_ns - bar_ns >= o.effective_ns);
      REQUIRE(f.ts_ns > o.submitted_ns + (o.external() ? 0 : b.options.venue.latency_ns));
      const bool buy = o.spec.side == Side::buy;
      if (f.liquidity == Liquidity::maker) {
        REQUIRE(f.px == *o.spec.limit_px);
        REQUIRE((buy ? low < f.px : high > f.px));
      } else if (o.spec.limit_px && o.spec.type != Type::bracket) {
        REQUIRE((buy ? f.px <= *o.spec.limit_px : f.px >= *o.spec.limit_px));
      }
      if (o.spec.post_only) REQUIRE(f.liquidity == Liquidity::maker);
    }
    REQUIRE(taken <= money::times(Decimal::from_int(volume), D("0.1"), money::Round::down));
  }

  /// What was said since: the link's rule, and each fill's fate.
  void note_told() {
    for (; read < b.said.size(); ++read) {
      const AnyEvent& e = b.said[read];
      if (e.h.type == BL_EV_LINK) {
        REQUIRE(down == (e.link.state == 1));
        down = e.link.state == 0;
        continue;
      }
      REQUIRE_FALSE(down);
      if (e.h.type == BL_EV_FILL) ++told[e.fill.fill_id];
    }
  }

  void check() {
    const Venue& v = b.desk->venue();
    std::map<std::uint32_t, Decimal> total{{1, D("10000")}, {2, D("1")}},
        hold{{1, Decimal::zero()}, {2, Decimal::zero()}};
    for (const auto& [at, what] : in)
      if (at <= b.now) total[what.first] = money::plus(total[what.first], what.second);
    struct Sum {
      Decimal qty = Decimal::zero(), quote = Decimal::zero(), fee = Decimal::zero();
      std::uint32_t fills = 0;
    };
    std::vector<Sum> sums(v.orders() + 1);
    std::set<std::string> ids;
    for (std::int64_t n = 1; n <= v.fills(); ++n) {
      const Fill& f = v.fill(n);
      const Order& o = v.order(f.order);
      REQUIRE(ids.insert(f.fill_id).second);
      REQUIRE(f.qty > Decimal::zero());
      REQUIRE(f.fee >= Decimal::zero());
      REQUIRE((f.ts_ns > o.accepted_ns || (o.external() && f.ts_ns == o.accepted_ns)));
      Sum& s = sums[static_cast<std::size_t>(f.order)];
      s.qty = money::plus(s.qty, f.qty);
      s.quote = money::plus(s.quote, f.quote);
      s.fee = money::plus(s.fee, f.fee);
      ++s.fills;
      const bool buy = o.spec.side == Side::buy;
      total[1] = money::minus(buy ? money::minus(total[1], f.quote) : money::plus(total[1], f.quote), f.fee);
      total[2] = buy ? money::plus(total[2], f.qty) : money::minus(total[2], f.qty);
    }
    for (std::size_t n = 1; n <= v.orders(); ++n) {
      const Order& o = v.order(static_cast<std::int64_t>(n));
      INFO("order " << o.venue_id << " " << o.spec.client_id);
      REQUIRE(text(o.cum_qty) == text(sums[n].qty));
      REQUIRE(text(o.cum_quote) == text(sums[n].quote));
      REQUIRE(text(o.cum_fee) == text(sums[n].fee));
      REQUIRE(o.fills == sums[n].fills);
      if (o.spec.qty && o.fills != 0) REQUIRE(o.cum_qty <= *o.spec.qty);
      if (o.spec.quote_qty && o.fills != 0) REQUIRE(money::plus(o.cum_quote, o.cum_fee) <= *o.spec.quote_qty);
      if (o.state == State::filled && o.spec.qty) REQUIRE(o.cum_qty == *o.spec.qty);
      if (o.spec.tif == Tif::fok)
        REQUIRE((o.fills == 0 ? o.state != State::filled : o.fills == 1 && o.state == State::filled));
      if (o.state != State::open) REQUIRE(o.hold == Decimal::zero());
      if (o.hold_asset != 0) hold[o.hold_asset] = money::plus(hold[o.hold_asset], o.hold);
    }
    for (const std::uint32_t a : {1u, 2u}) {
      INFO("asset " << a);
      const Balance& l = v.ledger().of(a);
      REQUIRE(text(l.total) == text(total[a]));
      REQUIRE(text(l.hold) == text(hold[a]));
      REQUIRE(l.hold <= l.total);
    }
    REQUIRE(b.failures.empty());
  }

  /// At the end the host asks, with the link up and the budget there: what it hears is what is.
  void check_answers() {
    b.until(b.now + 60 * minute);  // longer than any outage
    note_told();
    const Venue& v = b.desk->venue();
    for (const auto& [id, times] : told) {
      INFO("fill " << id);
      const Fill* f = nullptr;
      for (std::int64_t n = 1; n <= v.fills(); ++n)
        if (v.fill(n).fill_id == id) f = &v.fill(n);
      REQUIRE(f != nullptr);
      REQUIRE(f->told_ns.has_value());
      REQUIRE(v.order(f->order).told);
      REQUIRE(f->fate != Fate::lost);
      REQUIRE(times <= (f->fate == Fate::twice ? 2 : 1));
    }
    for (std::int64_t n = 1; n <= v.fills(); ++n) {
      INFO("fill " << v.fill(n).fill_id);
      REQUIRE(v.fill(n).told_ns.has_value() == (told.count(v.fill(n).fill_id) == 1));
    }
    REQUIRE(b.ask(2 | 4 | 8).empty());
    std::size_t fills = 0, open = 0, still_open = 0;
    for (const AnyEvent& e : b.said) {
      if (e.h.type == BL_EV_FILL) {
        const Fill& f = v.fill(static_cast<std::int64_t>(++fills));
        REQUIRE(f.fill_id == e.fill.fill_id);
        REQUIRE(text(e.fill.qty) == text(f.qty));
        REQUIRE(v.order(f.order).spec.client_id == e.fill.client_id);
      } else if (e.h.type == BL_EV_EXEC) {
        ++open;
        REQUIRE(e.exec.state == BL_S_OPEN);
      } else {
        REQUIRE(text(e.balance.total) == text(v.ledger().of(e.balance.asset).total));
      }
    }
    for (std::size_t n = 1; n <= v.orders(); ++n)
      still_open += v.order(static_cast<std::int64_t>(n)).state == State::open;
    REQUIRE(fills == static_cast<std::size_t>(v.fills()));
    REQUIRE(open == still_open);
  }
};

/// The whole of a venue as text: what a restart must not change.
std::vector<std::string> picture(const Venue& v) {
  const auto maybe = [](const std::optional<Decimal>& d) { return d ? text(*d) : std::string("-"); };
  std::vector<std::string> p;
  for (std::size_t n = 1; n <= v.orders(); ++n) {
    const Order& o = v.order(static_cast<std::int64_t>(n));
    std::string t = o.venue_id + " " + o.spec.client_id;
    for (const auto& d : {o.spec.qty, o.spec.quote_qty, o.spec.limit_px, o.spec.stop_px}) t += " " + maybe(d);
    for (const Decimal& d : {o.cum_qty, o.cum_quote, o.cum_fee, o.hold}) t += " " + text(d);
    for (const std::int64_t i :
         {o.spec.expire_ns, o.submitted_ns, o.accepted_ns, o.updated_ns, o.effective_ns, o.place,
          static_cast<std::int64_t>(o.state), static_cast<std::int64_t>(o.reason), std::int64_t{o.fills},
          std::int64_t{o.amends}, std::int64_t{o.hold_asset}, std::int64_t{o.spec.instrument},
          static_cast<std::int64_t>(o.spec.type), static_cast<std::int64_t>(o.spec.tif),
          static_cast<std::int64_t>(o.spec.side)})
      t += " " + std::to_string(i);
    for (const bool f : {o.rested, o.triggered, o.told, o.spec.post_only, o.spec.trigger_up})
      t += f ? " 1" : " 0";
    if (o.asked)
      t += " asked " + maybe(o.asked->qty) + " " + maybe(o.asked->limit_px) + " " + maybe(o.asked->stop_px) +
           " " + std::to_string(o.asked->expire_ns);
    p.push_back(t);
  }
  for (std::int64_t n = 1; n <= v.fills(); ++n) {
    const Fill& f = v.fill(n);
    p.push_back(f.fill_id + " " + text(f.px) + " " + text(f.qty) + " " + text(f.quote) + " " + text(f.fee) +
                " " + std::to_string(f.ts_ns) + " " + std::to_string(static_cast<int>(f.fate)) + " " +
                (f.told_ns ? std::to_string(*f.told_ns) : "-"));
  }
  for (const std::uint32_t a : {1u, 2u})
    p.push_back(text(v.ledger().of(a).total) + " " + text(v.ledger().of(a).hold));
  return p;
}

/// What README.md says of the file, read without the plugin's code.
struct FileReader {
  sqlite3* db = nullptr;
  explicit FileReader(const std::string& path) { REQUIRE(sqlite3_open(path.c_str(), &db) == SQLITE_OK); }
  ~FileReader() { sqlite3_close(db); }
  FileReader(const FileReader&) = delete;
  FileReader& operator=(const FileReader&) = delete;
  template <class Each>
  void each(const char* sql, Each f) {
    sqlite3_stmt* s = nullptr;
    REQUIRE(sqlite3_prepare_v2(db, sql, -1, &s, nullptr) == SQLITE_OK);
    while (sqlite3_step(s) == SQLITE_ROW) f(s);
    sqlite3_finalize(s);
  }
  static std::string text_at(sqlite3_stmt* s, int i) {
    const auto* t = reinterpret_cast<const char*>(sqlite3_column_text(s, i));
    return t ? t : "";
  }
  static Decimal amount_at(sqlite3_stmt* s, int i) { return D(text_at(s, i).c_str()); }

  void check() {
    std::map<std::string, Decimal> total{{"USD", D("10000")}, {"BTC", D("1")}};
    std::map<std::string, Decimal> hold{{"USD", Decimal::zero()}, {"BTC", Decimal::zero()}};
    std::map<std::int64_t, Decimal> filled;
    each("SELECT asset, amount FROM external_acts WHERE amount IS NOT NULL", [&](sqlite3_stmt* s) {
      Decimal& t = total[text_at(s, 0)];
      t = money::plus(t, amount_at(s, 1));
    });
    each(
        "SELECT o.side, f.qty, f.quote, f.fee, f.order_no, f.ts_ns - o.accepted_ns, o.client_id IS NULL FROM "
        "fills f"
        " JOIN orders o USING(order_no)",
        [&](sqlite3_stmt* s) {
          const bool buy = text_at(s, 0) == "BUY";
          Decimal& usd = total["USD"];
          Decimal& btc = total["BTC"];
          usd = money::minus(buy ? money::minus(usd, amount_at(s, 2)) : money::plus(usd, amount_at(s, 2)),
                             amount_at(s, 3));
          btc = buy ? money::plus(btc, amount_at(s, 1)) : money::minus(btc, amount_at(s, 1));
          Decimal& sum = filled[sqlite3_column_int64(s, 4)];
          sum = money::plus(sum, amount_at(s, 1));
          REQUIRE(sqlite3_column_int64(s, 5) + sqlite3_column_int64(s, 6) > 0);
        });
    each("SELECT order_no, state, hold_asset, hold, cum_qty, qty, fills FROM orders", [&](sqlite3_stmt* s) {
      if (text_at(s, 1) != "OPEN") REQUIRE(text_at(s, 3) == "0");
      if (text_at(s, 1) == "OPEN") hold[text_at(s, 2)] = money::plus(hold[text_at(s, 2)], amount_at(s, 3));
      REQUIRE(amount_at(s, 4) == filled[sqlite3_column_int64(s, 0)]);
      if (!text_at(s, 5).empty() && sqlite3_column_int64(s, 6) != 0)
        REQUIRE(amount_at(s, 4) <= amount_at(s, 5));
    });
    each("SELECT asset, total, hold FROM balances", [&](sqlite3_stmt* s) {
      INFO(text_at(s, 0));
      REQUIRE(text_at(s, 1) == text(total[text_at(s, 0)]));
      REQUIRE(text_at(s, 2) == text(hold[text_at(s, 0)]));
    });
    each("PRAGMA foreign_key_check", [](sqlite3_stmt*) { FAIL("a row refers to one that is not there"); });
  }
};

}  // namespace

TEST_CASE(
    "property: books, orders and fills agree after each step of any sequence, and who asks learns the "
    "truth") {
  std::size_t fills = 0, amends = 0, late = 0, lost = 0, external = 0, brackets = 0, whole = 0, unheard = 0;
  for (std::uint64_t seed = 1; seed <= 5'000; ++seed) {
    INFO("seed " << seed);
    Sequence s(seed);
    s.b.open();
    s.b.settle();
    for (int i = 0; i < 40; ++i) {
      INFO("step " << i);
      s.step();
      s.check();
    }
    s.check_answers();
    const Venue& v = s.b.desk->venue();
    fills += static_cast<std::size_t>(v.fills());
    for (std::int64_t n = 1; n <= v.fills(); ++n) {
      late += v.fill(n).fate == Fate::late;
      lost += v.fill(n).fate == Fate::lost;
      unheard += v.fill(n).fate == Fate::prompt && !v.fill(n).told_ns;
    }
    for (std::size_t n = 1; n <= v.orders(); ++n) {
      const Order& o = v.order(static_cast<std::int64_t>(n));
      amends += o.amends;
      external += o.external();
      brackets += o.spec.type == Type::bracket && o.fills != 0;
      whole += o.spec.tif == Tif::fok && o.fills != 0;
    }
  }
  // The sequences are worth their time.
  CHECK(fills > 10'000);
  CHECK(amends > 2'000);
  CHECK(late > 500);
  CHECK(lost > 500);
  CHECK(unheard > 500);
  CHECK(external > 2'500);
  CHECK(brackets > 250);
  CHECK(whole > 250);
}

TEST_CASE(
    "property: a venue that ends at any step and starts again is the one that ended, and its file adds up") {
  TempDir dir;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    Sequence s(seed, true);
    s.b.options.memory = false;
    s.b.options.file = dir.at("venue" + std::to_string(seed) + ".db");
    s.b.open();
    s.b.settle();
    for (int i = 0; i < 30; ++i) {
      INFO("step " << i);
      s.step();
      if (!s.dice.one_in(5)) continue;
      const auto before = picture(s.b.desk->venue());
      s.b.desk.reset();  // what is only in memory is gone: requests on their way, and nothing else
      FileReader(s.b.options.file).check();
      s.b.open();
      REQUIRE(picture(s.b.desk->venue()) == before);
      s.b.said.clear();
      s.read = 0;
      s.down = false;
      s.b.settle();
    }
    s.b.desk.reset();
    FileReader(s.b.options.file).check();
    REQUIRE(s.b.failures.empty());
  }
}
