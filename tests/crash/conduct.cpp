// The judge's second half: what the host may not have done, however often it died. From the journal's rows in their order, and
// from what the venue has: nothing is bought where a lock, a state or a latch forbids it, nothing is sold that is not held, a
// latch that was set stands, and a liquidation is carried on to its end with a receipt that adds up.
#include <unistd.h>

#include <map>
#include <set>

#include "left.hpp"

namespace crash {
namespace {

constexpr const char* rows_of_conduct =
    "SELECT kind, time_ns, json_extract(payload,'$.symbol'), json_extract(payload,'$.state'), json_extract(payload,'$.gate_open'),"
    " json_extract(payload,'$.frozen'), json_extract(payload,'$.until'), json_extract(payload,'$.gone'), json_extract(payload,'$.client_id'),"
    " json_extract(payload,'$.side'), json_extract(payload,'$.purpose'), json_extract(payload,'$.decided_ns') FROM journal"
    " WHERE kind IN ('state', 'product_state', 'lock', 'reentry', 'intent') ORDER BY row";

std::string upper(std::string s) {
  for (char& c : s)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  return s;
}

/// What forbids orders at one place of the journal.
struct Rules {
  struct Standing {
    std::string state = "active";
    bool frozen = false;
  };
  Standing global;
  bool gate_open = true;
  std::map<std::string, Standing> own;
  std::map<std::string, std::int64_t> locked, sold_by_stop;  // until; locked 0: until it is unlocked

  /// Empty: it may be bought.
  std::string against_buying(const std::string& symbol, std::int64_t at) const {
    if (!gate_open) return "the gate is closed";
    if (global.state != "active") return "trading is " + global.state;
    if (const auto s = own.find(symbol); s != own.end() && s->second.state != "active") return symbol + " is " + s->second.state;
    if (const auto l = locked.find(symbol); l != locked.end() && (l->second == 0 || at < l->second)) return symbol + " is locked";
    if (const auto r = sold_by_stop.find(symbol); r != sold_by_stop.end() && at < r->second) return "a stop or take-profit sold " + symbol;
    return {};
  }
  std::string against_selling(const std::string& symbol, const std::string& purpose) const {
    const auto s = own.find(symbol);
    if (global.frozen || (s != own.end() && s->second.frozen)) return "freeze is on";
    const bool halted = global.state == "halted" || (s != own.end() && s->second.state == "halted");
    if (halted && purpose != "stop" && purpose != "operator" && purpose != "emergency") return "trading is halted";
    return {};
  }
  void take(const Row& r) {
    const std::string& symbol = r[2];
    const Standing standing{r[3], r[5] == "1"};
    if (r[0] == "state") global = standing, gate_open = r[4] == "1";
    if (r[0] == "product_state") own[symbol] = standing;
    if (r[0] == "lock" && r[7] == "1") locked.erase(symbol);
    else if (r[0] == "lock") locked[symbol] = number(r[6]);
    if (r[0] == "reentry") sold_by_stop[symbol] = std::max(sold_by_stop[symbol], number(r[6]));
  }
};

struct Moved {
  std::int64_t at;
  int turn;  // at one time: what was bought and adopted first
  Int128 qty;
  std::string order;  // by client id; empty: no order of ours
};

class Conduct {
  const State& s_;
  const std::int64_t slack_;
  std::map<std::string, std::vector<Moved>> moves_;  // of managed inventory, by symbol
  std::map<std::string, std::string> purpose_, decision_;  // by client id

 public:
  /// `slack`: by how much the venue's clock and that of the host's steps may differ.
  Conduct(const State& s, std::int64_t slack) : s_(s), slack_(slack) {}

  void judge(bool protects, bool rests) {
    for (const Row& r : s_.journal.rows("SELECT json_extract(payload,'$.client_id'), json_extract(payload,'$.purpose'), json_extract(payload,'$.decision')"
                                        " FROM journal WHERE kind='intent'"))
      purpose_[r[0]] = r[1], decision_[r[0]] = r[2];
    read_moves();
    nothing_sold_that_is_not_held();
    nothing_meant_that_is_forbidden();
    nothing_sent_that_is_forbidden();
    nothing_amended_that_is_forbidden();
    latch_stands();
    liquidations();
    if (protects) protected_or_flat();
    never_more_at_rest_than_held(rests);
  }

 private:
  void read_moves() {
    for (const Row& r : s_.venue.rows("SELECT o.symbol, o.side, f.qty, f.ts_ns, o.client_id FROM fills f JOIN orders o USING(order_no) WHERE o.client_id IS NOT NULL"))
      moves_[r[0]].push_back({number(r[3]), r[1] == "BUY" ? 0 : 1, r[1] == "BUY" ? amount(r[2]).units : -amount(r[2]).units, r[4]});
    for (const Row& r : s_.journal.rows("SELECT json_extract(payload,'$.symbol'), json_extract(payload,'$.adopt'), json_extract(payload,'$.qty'), time_ns"
                                        " FROM journal WHERE kind='inventory'"))
      moves_[r[0]].push_back({number(r[3]), r[1] == "1" ? 0 : 1, r[1] == "1" ? amount(r[2]).units : -amount(r[2]).units, ""});
    for (auto& [symbol, all] : moves_)
      std::stable_sort(all.begin(), all.end(), [](const Moved& a, const Moved& b) { return a.at != b.at ? a.at < b.at : a.turn < b.turn; });
  }

  /// What is managed of it once all that happened up to then is counted, but for an order that was submitted then and filled at once.
  Int128 held(const std::string& symbol, std::int64_t until = INT64_MAX, const std::string& before = "none") const {
    Int128 sum = 0;
    if (const auto m = moves_.find(symbol); m != moves_.end())
      for (const Moved& one : m->second)
        if (one.at <= until && one.order != before) sum += one.qty;
    return sum;
  }

  /// At that time, as far as the two clocks tell it.
  bool was_held(const std::string& symbol, std::int64_t at, const Amount& qty) const {
    if (qty == Amount{true, held(symbol, at)}) return true;
    const auto moves = moves_.find(symbol);
    return slack_ > 0 && moves != moves_.end() && std::any_of(moves->second.begin(), moves->second.end(), [&](const Moved& m) {
      return m.at >= at - slack_ && m.at <= at + slack_ && (qty == Amount{true, held(symbol, m.at)} || qty == Amount{true, held(symbol, m.at - 1)});
    });
  }

  void nothing_sold_that_is_not_held() const {
    for (const auto& [symbol, all] : moves_) {
      Int128 sum = 0;
      for (const Moved& m : all)
        if ((sum += m.qty) < 0) {
          violation("more of " + symbol + " is sold than was held: " + text_of(sum) + " at " + std::to_string(m.at));
          break;
        }
    }
    for (const Row& r : s_.venue.rows("SELECT client_id, symbol, coalesce(asked_qty, qty), submitted_ns FROM orders WHERE side='SELL' AND client_id IS NOT NULL"))
      if (const Int128 had = held(r[1], number(r[3]), r[0]); amount(r[2]).units > had)
        violation("sale " + r[0] + " of " + r[2] + " " + r[1] + " asks for more than the " + text_of(had) + " that were held");
  }

  void nothing_meant_that_is_forbidden() const {
    Rules rules;
    for (const Row& r : s_.journal.rows(rows_of_conduct)) {
      if (r[0] != "intent") {
        rules.take(r);
        continue;
      }
      const std::string why = upper(r[9]) == "BUY" ? rules.against_buying(r[2], number(r[11])) : rules.against_selling(r[2], r[10]);
      if (!why.empty()) violation("order " + r[8] + " (" + r[10] + ", " + r[9] + ") was meant though " + why);
    }
  }

  /// What forbids it then; nothing where at any moment that the two clocks may mean by `at` nothing does.
  template <class Ask>
  std::string against(const std::vector<Row>& rows, std::int64_t at, Ask ask) const {
    Rules rules;
    std::vector<const Row*> perhaps;
    for (const Row& r : rows) {
      if (r[0] == "intent" || number(r[1]) >= at) continue;
      if (number(r[1]) < at - slack_) rules.take(r);
      else perhaps.push_back(&r);
    }
    std::string why = ask(rules);
    for (auto r = perhaps.begin(); !why.empty() && r != perhaps.end(); ++r) {
      rules.take(**r);
      why = ask(rules);
    }
    return why;
  }

  /// An intent that was recorded before may not be sent again after. What happened at the same time may have been in order.
  void nothing_sent_that_is_forbidden() const {
    const std::vector<Row> rows = s_.journal.rows(rows_of_conduct);
    for (const Row& o : s_.venue.rows("SELECT client_id, symbol, side, submitted_ns FROM orders WHERE client_id IS NOT NULL")) {
      const std::int64_t at = number(o[3]);
      const auto purpose = purpose_.find(o[0]);
      const std::string why = against(rows, at, [&](const Rules& rules) {
        return o[2] == "BUY" ? rules.against_buying(o[1], at) : rules.against_selling(o[1], purpose == purpose_.end() ? "" : purpose->second);
      });
      if (!why.empty()) violation("order " + o[0] + " (" + o[2] + ") was sent though " + why);
    }
  }

  /// A purchase is not increased where it could not be ordered, and no sale is amended beyond what is held.
  void nothing_amended_that_is_forbidden() const {
    const std::vector<Row> rows = s_.journal.rows(rows_of_conduct);
    std::map<std::string, std::pair<Amount, Amount>> before;  // by order: quantity and limit
    for (const Row& r : s_.venue.rows("SELECT o.order_no, o.client_id, o.symbol, o.side, o.asked_qty, o.asked_limit_px, a.qty, a.limit_px, a.ts_ns,"
                                      " a.amend_no FROM amends a JOIN orders o USING(order_no) WHERE o.client_id IS NOT NULL ORDER BY a.amend_no")) {
      const std::int64_t at = number(r[8]);
      const auto [was, first] = before.try_emplace(r[0], amount(r[4]), amount(r[5]));
      const Amount qty = amount(r[6]), limit = amount(r[7]);
      const bool more = qty.units > was->second.first.units || limit.units > was->second.second.units;
      was->second = {qty, limit};
      if (r[3] == "BUY") {
        const std::string why = against(rows, at, [&](const Rules& rules) { return rules.against_buying(r[2], at); });
        if (more && !why.empty()) violation("order " + r[1] + " was increased though " + why);
        continue;
      }
      Int128 filled = 0;
      for (const Row& f : s_.venue.rows(("SELECT qty FROM fills WHERE order_no=" + r[0] + " AND ts_ns<=" + r[8]).c_str())) filled += amount(f[0]).units;
      if (qty.units - filled > held(r[2], at))
        violation("sale " + r[1] + " was amended to " + r[6] + " " + r[2] + ", and " + text_of(held(r[2], at)) + " were held");
    }
  }

  void latch_stands() const {
    const auto last = s_.journal.rows("SELECT json_extract(payload,'$.gate_open'), json_extract(payload,'$.state') FROM journal WHERE kind='state' ORDER BY row DESC LIMIT 1");
    const bool closed = !last.empty() && last[0][0] != "1", latched = ::access((s_.folder + "/HALT").c_str(), F_OK) == 0;
    if (closed && !latched) violation("the gate was closed last, and the latch is not there");
    if (latched && !closed) violation("the latch is set, and the gate is not closed");
    if (closed && last[0][1] != "halted") violation("the gate is closed, and trading is " + last[0][1]);
  }

  // ---- liquidations -----------------------------------------------------------------------------------------------------

  struct Sums {
    Int128 qty = 0, value = 0, fee = 0;
    std::set<std::string> orders;
    bool operator==(const Sums&) const = default;
  };

  Sums sums_at_venue(const std::string& decision) const {
    Sums sums;
    for (const Row& r : s_.venue.rows("SELECT client_id, cum_qty, cum_quote, cum_fee FROM orders WHERE client_id IS NOT NULL")) {
      const auto d = decision_.find(r[0]);
      if (d == decision_.end() || d->second != decision) continue;
      sums.orders.insert(r[0]);
      sums.qty += amount(r[1]).units, sums.value += amount(r[2]).units, sums.fee += amount(r[3]).units;
    }
    return sums;
  }

  void liquidations() const {
    std::map<std::string, std::pair<std::int64_t, std::string>> ended;  // by id: when, and how
    std::set<std::string> begun;
    for (const Row& r : s_.journal.rows("SELECT json_extract(payload,'$.id'), json_extract(payload,'$.event'), time_ns FROM journal WHERE kind='emergency' ORDER BY row")) {
      if (r[1] == "begun") {
        if (!begun.insert(r[0]).second) violation("liquidation " + r[0] + " was begun twice");
      } else if (!ended.emplace(r[0], std::pair(number(r[2]), r[1])).second) {
        violation("liquidation " + r[0] + " has ended twice");
      }
    }
    for (const std::string& id : begun)
      if (!ended.contains(id)) violation("liquidation " + id + " was begun, and is not carried on to its end");
    for (const Row& r : s_.journal.rows(
             "SELECT json_extract(b.payload,'$.id'), json_extract(p.value,'$.symbol'), json_extract(p.value,'$.decision'), json_extract(p.value,'$.held'),"
             " b.time_ns, json_extract(q.value,'$.status'), json_extract(q.value,'$.sold'), json_extract(q.value,'$.proceeds'), json_extract(q.value,'$.fees'),"
             " json_extract(q.value,'$.left'), json_extract(q.value,'$.held_before'), json_extract(q.value,'$.orders'), d.time_ns"
             " FROM journal b, json_each(b.payload,'$.products') p, journal d, json_each(json_extract(d.payload,'$.receipt'),'$.products') q"
             " WHERE b.kind='emergency' AND d.kind='emergency' AND json_extract(b.payload,'$.event')='begun'"
             " AND json_extract(d.payload,'$.event')<>'begun' AND json_extract(d.payload,'$.id')=json_extract(b.payload,'$.id')"
             " AND json_extract(q.value,'$.instrument')=json_extract(p.value,'$.symbol')"))
      adds_up(r);
  }

  void adds_up(const Row& r) const {
    const std::string where = "the receipt of liquidation " + r[0] + ": " + r[1] + ": ";
    const Sums sums = sums_at_venue(r[2]);
    if (!(amount(r[6]) == Amount{true, sums.qty})) violation(where + "sold is " + r[6] + ", and at the venue " + text_of(sums.qty));
    if (!(amount(r[7]) == Amount{true, sums.value})) violation(where + "the proceeds are " + r[7] + ", and at the venue " + text_of(sums.value));
    if (!(amount(r[8]) == Amount{true, sums.fee})) violation(where + "the fees are " + r[8] + ", and at the venue " + text_of(sums.fee));
    for (const std::string& id : sums.orders)
      if (r[11].find('"' + id + '"') == std::string::npos) violation(where + "order " + id + " is not in it");
    if (!(amount(r[10]) == amount(r[3]))) violation(where + "held before was " + r[10] + ", and " + r[3] + " when it was begun");
    const std::int64_t begun = number(r[4]), ended = number(r[12]);
    if (!was_held(r[1], begun, amount(r[3]))) violation(where + r[3] + " were held when it was begun, and fills give " + text_of(held(r[1], begun)));
    if (!(amount(r[9]) == Amount{true, held(r[1], ended)})) violation(where + r[9] + " are left, and fills give " + text_of(held(r[1], ended)));
    if (r[5] == "sold" && amount(r[9]).units != 0) violation(where + "it is sold, and " + r[9] + " are left");
    if (r[5] == "selling" || r[5] == "to_sell") violation(where + "it is over, and the product is " + r[5]);
  }

  // ---- stops ------------------------------------------------------------------------------------------------------------

  /// What rests as a stop at the end sells no more than is managed; `whole`: and no less.
  void never_more_at_rest_than_held(bool whole) const {
    std::map<std::string, Int128> rest;
    for (const Row& r : s_.venue.rows("SELECT client_id, symbol, qty, cum_qty FROM orders WHERE state='OPEN' AND side='SELL' AND client_id IS NOT NULL"
                                      " AND type IN ('STOP_LIMIT', 'BRACKET')"))
      if (const auto p = purpose_.find(r[0]); p != purpose_.end() && p->second == "stop") rest[r[1]] += amount(r[2]).units - amount(r[3]).units;
    for (const auto& [symbol, units] : rest)
      if (units > held(symbol)) violation("stops rest for " + text_of(units) + " of " + symbol + ", and " + text_of(held(symbol)) + " are held");
    if (!whole) return;
    for (const auto& [symbol, all] : moves_)
      if (const Int128 has = held(symbol); has > 0 && rest[symbol] != has)
        violation("of " + symbol + " " + text_of(has) + " are held, and stops rest for " + text_of(rest[symbol]));
  }

  /// What is held at the end, and is worth an order, has a stop that was asked for since it was opened.
  void protected_or_flat() const {
    for (const auto& [symbol, all] : moves_) {
      Int128 sum = 0;
      std::int64_t opened = 0;
      for (const Moved& m : all) {
        if (sum == 0) opened = m.at;
        sum += m.qty;
      }
      if (sum <= 0) continue;
      const std::string ask = "SELECT count(*) FROM journal WHERE kind='protection' AND json_extract(payload,'$.symbol')='" + symbol +
                              "' AND time_ns>=" + std::to_string(opened);
      if (s_.journal.rows(ask.c_str())[0][0] == "0") violation("of " + symbol + " " + text_of(sum) + " are held, and no stop of it was asked for");
    }
  }
};

}  // namespace

void judge_conduct(const State& state, bool protects, bool rests, std::int64_t slack) { Conduct(state, slack).judge(protects, rests); }

}  // namespace crash
