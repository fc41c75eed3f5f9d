// The judge's third part: on which terms an order works. As it was submitted it is the journal's intent in every term; each
// amendment at the venue was asked for, in that order; and of what works the store has the terms that the venue has.
#include <map>

#include "left.hpp"

namespace crash {
namespace {

std::string upper(std::string s) {
  for (char& c : s)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  return s;
}

struct Terms {
  Amount qty, limit_px, stop_px;
  std::int64_t expire = 0;
  bool operator==(const Terms&) const = default;
};
Terms terms(const Row& r, std::size_t from) { return {amount(r[from]), amount(r[from + 1]), amount(r[from + 2]), number(r[from + 3])}; }

/// With what of `asked` is given: an amendment names what it changes.
Terms with(Terms t, const Terms& asked) {
  if (asked.qty.known) t.qty = asked.qty;
  if (asked.limit_px.known) t.limit_px = asked.limit_px;
  if (asked.stop_px.known) t.stop_px = asked.stop_px;
  if (asked.expire != 0) t.expire = asked.expire;
  return t;
}

}  // namespace

void judge_terms(const State& s) {
  std::map<std::string, Row> meant;
  for (const Row& r : s.journal.rows("SELECT json_extract(payload,'$.client_id'), json_extract(payload,'$.type'), json_extract(payload,'$.tif'),"
                                     " (json_extract(payload,'$.flags') & 2) <> 0, json_extract(payload,'$.qty'), json_extract(payload,'$.limit_px'),"
                                     " json_extract(payload,'$.stop_px'), json_extract(payload,'$.expire_ns') FROM journal WHERE kind='intent'"))
    meant[r[0]] = r;
  std::map<std::string, std::vector<Terms>> asked;
  for (const Row& r : s.journal.rows("SELECT json_extract(payload,'$.client_id'), json_extract(payload,'$.terms.qty'), json_extract(payload,'$.terms.limit_px'),"
                                     " json_extract(payload,'$.terms.stop_px'), coalesce(json_extract(payload,'$.terms.expire_ns'), 0) FROM journal"
                                     " WHERE kind='order' AND json_extract(payload,'$.event')='amend_sent' ORDER BY row"))
    asked[r[0]].push_back(terms(r, 1));
  std::map<std::string, std::vector<Terms>> led_to;
  for (const Row& r : s.venue.rows("SELECT o.client_id, a.qty, a.limit_px, a.stop_px, a.expire_ns FROM amends a JOIN orders o USING(order_no)"
                                   " WHERE o.client_id IS NOT NULL ORDER BY a.amend_no"))
    led_to[r[0]].push_back(terms(r, 1));
  std::map<std::string, Terms> stored;
  for (const Row& r : s.store.rows("SELECT id, qty, limit_px, stop_px, coalesce(expire_ns, 0) FROM orders")) stored[r[0]] = terms(r, 1);

  for (const Row& r : s.venue.rows("SELECT client_id, type, tif, post_only, CASE WHEN amends > 0 THEN asked_qty ELSE qty END,"
                                   " CASE WHEN amends > 0 THEN asked_limit_px ELSE limit_px END, CASE WHEN amends > 0 THEN asked_stop_px ELSE stop_px END,"
                                   " CASE WHEN amends > 0 THEN asked_expire_ns ELSE expire_ns END, state, qty, limit_px, stop_px, expire_ns FROM orders"
                                   " WHERE client_id IS NOT NULL")) {
    const std::string& id = r[0];
    const auto intent = meant.find(id);
    if (intent == meant.end()) continue;  // judged elsewhere
    const Row& m = intent->second;
    Terms now = terms(r, 4);
    if (upper(m[1]) != r[1] || upper(m[2]) != r[2] || m[3] != r[3] || !(terms(m, 4) == now))
      violation("order " + id + " was submitted on other terms than are in the journal");
    // Each amendment of the venue is a later one of those that were asked for; those between were refused, or never arrived.
    std::size_t at = 0;
    const std::vector<Terms>& ours = asked[id];
    for (const Terms& t : led_to[id]) {
      while (at < ours.size() && !(with(now, ours[at]) == t)) ++at;
      if (at == ours.size()) {
        violation("order " + id + " was amended to terms that nobody asked for");
        break;
      }
      now = t;
      ++at;
    }
    if (!(now == terms(r, 9))) violation("the venue has order " + id + " on other terms than its amendments led to");
    if (const auto known = stored.find(id); r[8] == "OPEN" && known != stored.end() && !(known->second == now))
      violation("order " + id + " works on other terms at the venue than in the store");
  }
}

}  // namespace crash
