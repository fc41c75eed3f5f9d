// crash_judge: the independent reader. It shares no code with the host or the mock venue: it reads the files that they left.
//
//   crash_judge sound STATE ASSET=FIRST... [protected] [resting] [real=SECONDS]   whether the venue's own state, the journal and the store of one run
//                                            agree: no lost order, no second order, no unseen position, no money from nowhere;
//                                            and whether its conduct was as it should be (conduct.cpp). `protected`: what is
//                                            held at the end has a stop; `resting`: and that stop rests at the venue;
//                                            `real`: time is real, and the two clocks differ by so much at most; an order that
//                                            the venue refused is not in its book
//   crash_judge same WHOLE STATE             whether a run that was interrupted left what the whole run left
//   crash_judge renumbered WHOLE STATE       the same, but that the venue may have numbered its orders otherwise
//   crash_judge ledger WHOLE STATE           the same trades, money and holdings, by whatever orders
//   crash_judge alike WHOLE STATE            the same of the venue, the intents, and what is in force; not of when the host saw it
//
// Each violation is a line; ends with 1 when there is one, with 2 when a file cannot be read.
#include <algorithm>
#include <map>
#include <set>

#include "left.hpp"

namespace {
int violations = 0;
}

void crash::violation(const std::string& what) {
  ++violations;
  if (violations <= 20) std::printf("%s\n", what.c_str());
}

namespace {

using namespace crash;

// ---- one run in itself ------------------------------------------------------------------------------------------------

struct Order {  // as the venue has it
  std::string client, symbol, side, state;  // client: of somebody else's order what it is called here, "" if it is not known
  bool others = false;
  bool rests = false;  // a stop that waits at the venue: it works beside an entry, and beside no other sale
  Amount qty, limit_px, cum_qty, cum_quote, cum_fee;
  std::int64_t submitted = 0, updated = 0;
};

struct Fill {
  std::string order;
  Amount px, qty, fee;
  std::string fee_asset;
};

std::string base(const std::string& symbol) { return symbol.substr(0, symbol.find('-')); }
std::string quote(const std::string& symbol) { return symbol.substr(symbol.find('-') + 1); }

class Sound {
  const State& s_;
  std::map<std::string, Int128> first_;                          // what the account began with
  bool keeps_refused_;                                           // the venue's book has the orders that it refused
  std::map<std::string, Order> orders_;                          // the venue's, by number
  std::map<std::string, Fill> fills_;                            // the venue's, by fill id
  std::map<std::string, std::string> others_;                    // somebody else's orders: the journal's name by the venue's id
  std::map<std::string, std::map<std::string, std::string>> intents_;  // the journal's, by client id
  std::set<std::string> amended_;                                      // by client id: on which terms they work is judged in terms.cpp

 public:
  Sound(const State& s, std::map<std::string, Int128> first, bool keeps_refused) : s_(s), first_(std::move(first)), keeps_refused_(keeps_refused) {}

  void judge() {
    for (const Row& r : s_.journal.rows("SELECT json_extract(payload,'$.venue_id'), json_extract(payload,'$.client_id') FROM journal WHERE kind='external'"))
      if (!others_.emplace(r[0], r[1]).second) violation("the journal has somebody else's order " + r[0] + " twice");
    for (const Row& r : s_.venue.rows("SELECT client_id FROM orders WHERE amends > 0 AND client_id IS NOT NULL")) amended_.insert(r[0]);
    read_venue();
    money();
    read_journal();
    every_order_was_meant();
    every_intent_has_its_end();
    fills_are_known(s_.store.rows("SELECT fill_id, order_id, px, qty, fee, fee_asset FROM fills"), "the store");
    fills_are_known(s_.journal.rows("SELECT json_extract(payload,'$.fill_id'), json_extract(payload,'$.client_id'),"
                                    " json_extract(payload,'$.px'), json_extract(payload,'$.qty'), json_extract(payload,'$.fee'),"
                                    " json_extract(payload,'$.fee_asset') FROM journal WHERE kind='fill'"),
                    "the journal");
    never_two_at_once();
    cash_is_known();
  }

 private:
  void read_venue() {
    std::set<std::string> acts;
    for (const Row& r : s_.venue.rows("SELECT order_no FROM external_acts WHERE order_no IS NOT NULL")) acts.insert(r[0]);
    for (const Row& r : s_.venue.rows("SELECT client_id, symbol, side, state, qty, limit_px, cum_qty, cum_quote, cum_fee, submitted_ns,"
                                      " updated_ns, order_no, venue_id, type FROM orders ORDER BY order_no")) {
      const bool others = r[0] == "null";
      Order o{r[0], r[1], r[2], r[3], others, r[2] == "SELL" && (r[13] == "STOP_LIMIT" || r[13] == "BRACKET"), amount(r[4]), amount(r[5]), amount(r[6]), amount(r[7]), amount(r[8]), number(r[9]), number(r[10])};
      if (others && !acts.contains(r[11])) violation("the venue has order " + r[11] + ", which is nobody's");
      if (others) {
        const auto named = others_.find(r[12]);
        o.client = named == others_.end() ? "" : named->second;
        if (o.state == "OPEN" && o.client.empty()) violation("unseen order: " + r[12] + " of somebody else works at the venue, and the journal does not know it");
      } else if (o.state == "OPEN" && o.side == "BUY") {
        violation("entry " + o.client + " still works at the venue, and the run has ended");
      }
      if (o.qty.known && o.cum_qty.units > o.qty.units) violation("order " + o.client + " is filled beyond its quantity");
      orders_.emplace(r[11], o);
    }
    for (const Row& r : s_.venue.rows("SELECT fill_id, order_no, px, qty, fee, fee_asset FROM fills")) {
      const auto o = orders_.find(r[1]);
      if (o == orders_.end()) violation("the venue's fill " + r[0] + " is of an order that it does not have");
      else fills_[r[0]] = {o->second.client, amount(r[2]), amount(r[3]), amount(r[4]), r[5]};
    }
  }

  /// First balance and fills give what the account has; what is held is held for orders that work.
  void money() {
    std::map<std::string, Int128> has = first_;
    std::map<std::string, Int128> qty, value, fee;
    for (const Row& r : s_.venue.rows("SELECT asset, amount FROM external_acts WHERE amount IS NOT NULL")) has[r[0]] += amount(r[1]).units;
    for (const Row& r : s_.venue.rows("SELECT o.order_no, f.qty, f.quote, f.fee, f.fee_asset, o.symbol, o.side FROM fills f JOIN orders o USING(order_no)")) {
      const Int128 sign = r[6] == "BUY" ? 1 : -1;
      has[base(r[5])] += sign * amount(r[1]).units;
      has[quote(r[5])] -= sign * amount(r[2]).units;
      has[r[4]] -= amount(r[3]).units;
      qty[r[0]] += amount(r[1]).units;
      value[r[0]] += amount(r[2]).units;
      fee[r[0]] += amount(r[3]).units;
    }
    for (const auto& [no, o] : orders_)
      if (o.cum_qty.units != qty[no] || o.cum_quote.units != value[no] || o.cum_fee.units != fee[no])
        violation("the venue's sums of order " + no + " are not those of its fills");
    std::map<std::string, Int128> held;
    for (const Row& r : s_.venue.rows("SELECT hold_asset, hold FROM orders WHERE state='OPEN'")) held[r[0]] += amount(r[1]).units;
    std::set<std::string> told;
    for (const Row& r : s_.venue.rows("SELECT asset, total, hold FROM balances")) {
      told.insert(r[0]);
      if (!(amount(r[1]) == Amount{true, has[r[0]]})) violation("the venue has " + r[1] + " " + r[0] + ", and fills give " + text_of(has[r[0]]));
      if (amount(r[2]).units != held[r[0]]) violation("the venue holds " + r[2] + " " + r[0] + ", and for the orders that work " + text_of(held[r[0]]));
    }
    for (const auto& [asset, units] : has)
      if (units != 0 && !told.contains(asset)) violation("the venue's balance of " + asset + " is not there");
  }

  void read_journal() {
    constexpr const char* keys[] = {"client_id", "symbol", "side", "qty", "limit_px", "decision", "purpose", "decided_ns"};
    for (const Row& r : s_.journal.rows("SELECT json_extract(payload,'$.client_id'), json_extract(payload,'$.symbol'), json_extract(payload,'$.side'),"
                                        " json_extract(payload,'$.qty'), json_extract(payload,'$.limit_px'), json_extract(payload,'$.decision'),"
                                        " json_extract(payload,'$.purpose'), json_extract(payload,'$.decided_ns') FROM journal WHERE kind='intent' ORDER BY row")) {
      std::map<std::string, std::string> intent;
      for (std::size_t i = 0; i < r.size(); ++i) intent[keys[i]] = r[i];
      if (!intents_.emplace(r[0], intent).second) violation("the journal has two intents of order " + r[0]);
    }
  }

  void every_order_was_meant() {
    for (const auto& [no, o] : orders_) {
      if (o.others) continue;
      const std::string& client = o.client;
      const auto i = intents_.find(client);
      if (i == intents_.end()) {
        violation("second order: the venue has " + client + ", and no intent of it is in the journal");
        continue;
      }
      const auto& intent = i->second;
      std::string side = intent.at("side");
      std::transform(side.begin(), side.end(), side.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
      const bool terms = (amount(intent.at("qty")) == o.qty && amount(intent.at("limit_px")) == o.limit_px) || amended_.contains(client);
      if (intent.at("symbol") != o.symbol || side != o.side || !terms)
        violation("order " + client + " is another one at the venue than in the journal");
    }
  }

  /// At the venue and in both of our files it is the same order with the same end; or it was never placed, and all say so.
  void every_intent_has_its_end() {
    std::map<std::string, Row> stored;
    for (const Row& r : s_.store.rows("SELECT id, state, cum_qty, cum_quote, cum_fee FROM orders")) stored[r[0]] = r;
    std::map<std::string, std::string> noted;
    for (const Row& r : s_.journal.rows("SELECT json_extract(payload,'$.client_id'), json_extract(payload,'$.to') FROM journal WHERE kind='order' ORDER BY row"))
      noted[r[0]] = r[1];
    std::map<std::string, const Order*> ours;
    for (const auto& [no, o] : orders_)
      if (!o.others) ours[o.client] = &o;
    for (const auto& [client, intent] : intents_) {
      const auto row = stored.find(client);
      if (row == stored.end()) {
        violation("lost order: " + client + " is in the journal and not in the store");
        continue;
      }
      const std::string& state = row->second[1];
      if (noted[client] != state) violation("order " + client + " is " + state + " in the store and " + noted[client] + " in the journal");
      const auto at_venue = ours.find(client);
      if (at_venue == ours.end()) {
        if (state != "not_placed" && state != "denied" && (keeps_refused_ || state != "rejected")) violation("lost order: " + client + " is " + state + " here, and the venue does not have it");
        continue;
      }
      const Order& o = *at_venue->second;
      std::string theirs = o.state;
      std::transform(theirs.begin(), theirs.end(), theirs.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
      if (theirs == "open" && o.cum_qty.units != 0) theirs = "partially_filled";
      if (state != theirs) violation("order " + client + " is " + state + " in the store and " + theirs + " at the venue");
      const auto differs = [](const std::string& stored_sum, const Amount& venue) { return amount(stored_sum == "null" ? "0" : stored_sum).units != venue.units; };
      if (differs(row->second[2], o.cum_qty) || differs(row->second[3], o.cum_quote) || differs(row->second[4], o.cum_fee))
        violation("order " + client + " has other sums in the store than at the venue");
      stored.erase(row);
    }
    std::set<std::string> known;
    for (const auto& [venue_id, name] : others_) known.insert(name);
    for (const auto& [client, row] : stored)
      if (!intents_.contains(client) && !known.contains(client)) violation("the store has order " + client + ", and no intent of it is in the journal");
  }

  void fills_are_known(const std::vector<Row>& ours, const std::string& who) {
    std::set<std::string> seen;
    for (const Row& r : ours) {
      if (!seen.insert(r[0]).second) violation(who + " has fill " + r[0] + " twice");
      const auto f = fills_.find(r[0]);
      if (f == fills_.end()) violation(who + " has fill " + r[0] + ", and the venue does not");
      else if (f->second.order != r[1] || !(f->second.px == amount(r[2])) || !(f->second.qty == amount(r[3])) ||
               !(f->second.fee == amount(r[4])) || f->second.fee_asset != r[5])
        violation("fill " + r[0] + " is another one in " + who + " than at the venue");
    }
    for (const auto& [id, fill] : fills_)
      if (!seen.contains(id)) violation("unseen position: " + who + " does not have fill " + id + " of order " + fill.order);
  }

  std::string purpose_of(const Order& o) const {
    const auto i = intents_.find(o.client);
    return i == intents_.end() ? "" : i->second.at("purpose");
  }
  static std::int64_t ended(const Order& o) { return o.state == "OPEN" ? INT64_MAX : o.updated; }

  /// One working order per product, and beside an entry the stop of what it has bought: a decision that was carried out twice
  /// shows here even under two ids.
  void never_two_at_once() {
    for (auto a = orders_.begin(); a != orders_.end(); ++a)
      for (auto b = std::next(a); b != orders_.end(); ++b) {
        const Order &x = a->second, &y = b->second;
        if (x.others || y.others) continue;
        if (x.side != y.side && (x.rests || y.rests) && purpose_of(x.rests ? x : y) == "stop") continue;
        if (x.symbol == y.symbol && x.state != "REJECTED" && y.state != "REJECTED" && x.submitted < ended(y) && y.submitted < ended(x))
          violation("second order: " + x.client + " and " + y.client + " of " + x.symbol + " worked at the same time");
      }
  }

  /// What the run said last of its cash is what the venue has, in all assets that it began with: they count at par.
  void cash_is_known() {
    const auto last = s_.store.rows("SELECT cash FROM portfolio_history ORDER BY time_ns DESC, version DESC LIMIT 1");
    if (last.empty()) return violation("the store has no portfolio");
    Int128 has = 0;
    for (const Row& r : s_.venue.rows("SELECT asset, total FROM balances"))
      if (first_.contains(r[0])) has += amount(r[1]).units;
    if (!(amount(last[0][0]) == Amount{true, has}))
      violation("the store's last word of the cash is " + last[0][0] + ", and the venue has " + text_of(has));
  }
};

// ---- against the whole run --------------------------------------------------------------------------------------------

/// The venue numbers orders as they reach it, and its fills by them. Where two are on their way at one time a process that
/// died between them sends them in another order: then they are told by their client ids.
class Numbers {
 public:
  Numbers(const State& s, bool by_client) {
    if (!by_client) return;
    for (const Row& r : s.venue.rows("SELECT order_no, client_id FROM orders WHERE client_id<>''")) clients_[r[0]] = r[1];
  }
  std::string order(const std::string& no) const {
    const auto it = clients_.find(no);
    return it == clients_.end() ? no : it->second;
  }
  std::string told(std::string line) const {
    const std::string mark = "mock-";
    for (auto at = line.find(mark); !clients_.empty() && at != line.npos; at = line.find(mark, at + mark.size())) {
      const auto from = at + mark.size(), to = std::min(line.find_first_not_of("0123456789", from), line.size());
      line.replace(from, to - from, order(line.substr(from, to - from)));
    }
    return line;
  }

 private:
  std::map<std::string, std::string> clients_;
};

class Against {
 public:
  Against(const State& whole, const State& other, bool renumbered)
      : whole_(whole), other_(other), of_whole_(whole, renumbered), of_other_(other, renumbered) {}

  /// Of the venue, the intents, and what is in force.
  void alike() const {
    compare("orders at the venue", &State::venue,
            "SELECT order_no, client_id, symbol, side, type, tif, post_only, qty, quote_qty, limit_px, stop_px, expire_ns, submitted_ns, accepted_ns, state, reason,"
            " cum_qty, cum_quote, cum_fee FROM orders");
    compare("amendments at the venue", &State::venue, "SELECT order_no, qty, limit_px, stop_px, expire_ns, ts_ns FROM amends");
    compare("fills at the venue", &State::venue, "SELECT order_no, fill_id, client_id, px, qty, quote, fee, fee_asset, liquidity, ts_ns FROM fills");
    compare("balances at the venue", &State::venue, "SELECT '', asset, total, hold FROM balances");
    compare("intents", &State::journal, "SELECT '', time_ns, payload FROM journal WHERE kind='intent'");
    compare("what is not bought, and the states", &State::journal,
            "SELECT DISTINCT '', kind, CASE kind WHEN 'state' THEN json_remove(payload, '$.who', '$.request') ELSE payload END FROM journal WHERE kind IN ('reentry', 'state', 'product_state', 'lock', 'inventory')");
    compare("what others did", &State::venue, "SELECT order_no, script, ts_ns, asset, amount, reason FROM external_acts");
  }
  void same() const {
    alike();
    compare("fills in the journal", &State::journal, "SELECT '', time_ns, payload FROM journal WHERE kind='fill'");
    compare("orders in the store", &State::store,
            "SELECT '', id, decision_id, symbol, purpose, side, type, tif, flags, qty, quote_qty, limit_px, stop_px, expire_ns, decided_ns, state, venue_id,"
            " cum_qty, cum_quote, cum_fee, decision_px FROM orders");
    compare("fills in the store", &State::store,
            "SELECT '', fill_id, order_id, decision_id, time_ns, symbol, side, liquidity, px, qty, fee, fee_asset FROM fills");
    // A restart writes one at its first step: where nothing is traded any more it may be a later one, of the same money.
    compare("the last portfolio", &State::store, "SELECT '', cash, realised, fees FROM portfolio_history ORDER BY time_ns DESC, version DESC LIMIT 1");
    const auto last = whole_.store.rows("SELECT max(time_ns) FROM portfolio_history");
    const std::string then = "SELECT '', time_ns, equity, cash, exposure, realised, unrealised, fees, peak FROM portfolio_history WHERE time_ns=" + last[0][0] +
                             " ORDER BY version DESC LIMIT 1";
    if (!other_.store.rows(then.c_str()).empty()) compare("the last portfolio", &State::store, then.c_str());
  }
  /// What was traded and when, and what came of it.
  void ledger() const {
    compare("trades at the venue", &State::venue,
            "SELECT '', symbol, side, px, f.qty, quote, fee, fee_asset, liquidity, ts_ns FROM fills f JOIN orders USING(order_no)");
    compare("balances at the venue", &State::venue, "SELECT '', asset, total, hold FROM balances");
    compare("trades in the store", &State::store, "SELECT '', time_ns, symbol, side, liquidity, px, qty, fee, fee_asset FROM fills");
    compare("the last portfolio", &State::store, "SELECT '', cash, realised, fees FROM portfolio_history ORDER BY time_ns DESC, version DESC LIMIT 1");
  }
  /// What was traded at which price, and what came of it, whenever that was.
  void money() const {
    compare("trades at the venue", &State::venue, "SELECT '', symbol, side, px, f.qty, quote, fee, fee_asset, liquidity FROM fills f JOIN orders USING(order_no)");
    compare("balances at the venue", &State::venue, "SELECT '', asset, total, hold FROM balances");
    compare("trades in the store", &State::store, "SELECT '', symbol, side, liquidity, px, qty, fee, fee_asset FROM fills");
    compare("the last portfolio", &State::store, "SELECT '', cash, realised, fees FROM portfolio_history ORDER BY time_ns DESC, version DESC LIMIT 1");
  }

 private:
  const State &whole_, &other_;
  Numbers of_whole_, of_other_;

  /// The first column is the venue's number of an order, or empty.
  void compare(const char* what, File State::*file, const char* sql) const {
    const auto joined = [sql](const File& f, const Numbers& numbers) {
      std::multiset<std::string> all;
      for (const Row& r : f.rows(sql)) {
        std::string line = numbers.order(r[0]);
        for (auto word = r.begin() + 1; word != r.end(); ++word) line += (line.empty() ? "" : "|") + *word;
        all.insert(numbers.told(std::move(line)));
      }
      return all;
    };
    std::multiset<std::string> a = joined(whole_.*file, of_whole_), b = joined(other_.*file, of_other_);
    for (const std::string& line : std::multiset<std::string>(a))
      if (const auto it = b.find(line); it != b.end()) b.erase(it), a.erase(a.find(line));
    for (const std::string& line : a) violation(std::string(what) + ", missing: " + line);
    for (const std::string& line : b) violation(std::string(what) + ", too much: " + line);
  }
};

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() == 3 && (words[0] == "same" || words[0] == "renumbered" || words[0] == "ledger" || words[0] == "money" || words[0] == "alike")) {
    const State whole(words[1]), other(words[2]);
    const Against against(whole, other, words[0] == "renumbered");
    words[0] == "alike"    ? against.alike()
    : words[0] == "ledger" ? against.ledger()
    : words[0] == "money"  ? against.money()
                           : against.same();
  } else if (words.size() >= 2 && words[0] == "sound") {
    std::map<std::string, Int128> first;
    bool protects = false, rests = false;
    std::int64_t slack = 0;
    for (std::size_t i = 2; i < words.size(); ++i) {
      if (words[i] == "protected") {
        protects = true;
        continue;
      }
      if (words[i].starts_with("real=")) {
        slack = number(words[i].substr(5)) * 1'000'000'000;
        continue;
      }
      if (words[i] == "resting") {
        rests = true;
        continue;
      }
      const auto eq = words[i].find('=');
      if (eq == std::string::npos) return 2;
      first[words[i].substr(0, eq)] = amount(std::string_view(words[i]).substr(eq + 1)).units;
    }
    const State state(words[1]);
    judge_terms(state);
    Sound(state, std::move(first), slack == 0).judge();
    judge_conduct(state, protects, rests, slack);
  } else {
    std::fputs("usage: crash_judge sound STATE ASSET=FIRST... [protected] [resting] [real=SECONDS] | same|renumbered|ledger|money|alike WHOLE STATE\n", stderr);
    return 2;
  }
  if (violations > 20) std::printf("and %d more\n", violations - 20);
  return violations == 0 ? 0 : 1;
}
