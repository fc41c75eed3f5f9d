#include "look.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <set>
#include <utility>

namespace bowline::broker_coinbase {
namespace {

using coinbase::VenueOrder;
using What = Found::What;

/// So often is an order that is not listed yet, or whose fills lag behind, looked at before the end is told all the same.
constexpr std::uint32_t most_looks = 8;
/// Lists of all that the account has are many pages: what is looked for meanwhile waits for the next reading of them. They are read in many
/// requests each: one that did not hold its place to its end would soon have others beside it, and all of them stand before the orders.
constexpr GatherLimits search_limits{.patience_ns = 60'000'000'000, .share = 20, .at_once = 2};
/// Lists of so short a time are a page or two. What was sent a moment ago, and may have to be cancelled, waits for no longer ones.
constexpr std::int64_t short_search_ns = 3'600'000'000'000;

/// Whether it ends by itself, so that looking again will show something.
bool passes(const VenueOrder& o) noexcept {
  using C = coinbase::Configuration;
  const C c = o.terms.configuration;
  const bool at_once = c == C::market_ioc || c == C::market_fok || c == C::limit_ioc || c == C::limit_fok;
  using S = coinbase::OrderStatus;
  return at_once || o.pending_cancel || o.status == S::pending || o.status == S::queued || o.status == S::cancel_queued || o.status == S::edit_queued;
}

std::string signature(const VenueOrder& o, const std::optional<Decimal>& told) {
  std::string s(coinbase::word_of(o.status));
  if (s.empty()) s = o.status_word;
  s += coinbase::configuration_json(o.terms);
  for (const auto& d : {o.filled_size, told, o.filled_value, o.total_fees}) s += "|" + (d ? d->to_string() : std::string("-"));
  return s;
}

/// Of one that a list has just shown, though it could not be read.
OnFound not_absent(OnFound then) {
  return [then = std::move(then)](const Found& f) { then(f.what == What::absent ? Found{What::failed, {}, BL_E_AGAIN} : f); };
}

std::string_view reason_of(const VenueOrder& o) noexcept {
  return o.status == coinbase::OrderStatus::filled ? std::string_view()  // one may have a cancel_message that means nothing
         : !o.reject_reason.empty() && o.reject_reason != "REJECT_REASON_UNSPECIFIED" ? std::string_view(o.reject_reason)
         : !o.cancel_message.empty()               ? std::string_view(o.cancel_message)
                                                   : std::string_view(o.reject_message);
}

}  // namespace

Look::Look(Kit& kit)
    : kit_(kit),
      looks_(kit, {}, [this](auto wanted, auto lane, auto answered) { ask_together(std::move(wanted), lane, answered); }),
      fills_(kit, {}, [this](auto wanted, auto lane, auto answered) { ask_fills(std::move(wanted), lane, answered); }),
      searches_(kit, search_limits, [this](auto searched, auto lane, auto answered) { ask_lists(std::move(searched), lane, answered); }),
      histories_(kit, search_limits, [this](auto searched, auto lane, auto answered) { ask_lists(std::move(searched), lane, answered); }) {}

// ---- when ------------------------------------------------------------------------------------------------------------

void Look::soon(std::string_view venue_id, std::int64_t wait_ns, std::uint32_t lane) {
  if (venue_id.empty()) return;
  auto it = due_.find(venue_id);
  if (it == due_.end()) it = due_.emplace(std::string(venue_id), Due{}).first;
  Due& d = it->second;
  const bool raised = d.lane < lane;
  d.lane |= lane;
  if (d.running) {
    d.again = true;
    if (raised) looks_.raise([&it](const Wanted& w) { return w.again && w.venue_id == it->first; });
    return;
  }
  const std::int64_t at = kit_.host.now_ns() + wait_ns;
  if (d.at_ns != 0 && d.at_ns <= at) return;
  plan(it->first, wait_ns);
}

void Look::plan(const std::string& venue_id, std::int64_t wait_ns) {
  const std::int64_t at = kit_.host.now_ns() + wait_ns;
  due_[venue_id].at_ns = at;
  kit_.later.after(wait_ns, [this, id = venue_id, at] {
    const auto it = due_.find(id);
    if (it != due_.end() && !it->second.running && it->second.at_ns == at) run(id);  // else another time took its place
  });
}

void Look::run(const std::string& venue_id) {
  Due& d = due_[venue_id];
  d.running = true;
  d.at_ns = 0;
  ++d.tries;
  looks_.add({venue_id, true, [this, venue_id](const Found& f) { looked(venue_id, f); }}, d.lane);
}

void Look::looked(const std::string& id, const Found& f) {
  const auto it = due_.find(id);
  if (it == due_.end()) return;
  Due& known = it->second;
  known.running = false;
  const bool hinted = std::exchange(known.again, false);
  if (f.over() || (f.what == What::absent && known.tries >= most_looks && !hinted)) {
    due_.erase(it);
    return;
  }
  if (hinted) known.tries = 1;
  const Known* k = kit_.orders.by_venue(id);
  const bool hangs = f.what == What::there && (lags(f.order) || (k != nullptr && k->hinted_end));
  const bool moves = f.what != What::there || passes(f.order) || (hangs && known.tries < most_looks);
  if (!hinted && !moves) {
    due_.erase(it);
    return;
  }
  plan(id, kit_.backoff.wait_ns(known.tries));
}

// Several in one request, from the list of those made here. One that it does not show is asked for by itself: only that
// proves anything; a new one, which need not be shown yet, at its next look.
void Look::ask_together(std::vector<Wanted> wanted, std::uint32_t lane, const Answered& answered) {
  coinbase::OrdersQuery q;
  for (const Wanted& w : wanted)
    if (coinbase::order(w.venue_id) && std::find(q.order_ids.begin(), q.order_ids.end(), w.venue_id) == q.order_ids.end()) q.order_ids.push_back(w.venue_id);
  if (q.order_ids.size() < 2) {  // or none of them can be asked for, which asking tells
    auto rest = std::make_shared<std::size_t>(wanted.size());
    for (Wanted& w : wanted) ask(w.venue_id, lane, [answered, rest] { if (--*rest == 0) answered(); }, std::move(w.then));
    return;
  }
  auto found = std::make_shared<std::map<std::string, VenueOrder>>();
  auto unread = std::make_shared<std::set<std::string>>();
  read_own_orders(
      kit_, lane, q, [found](const VenueOrder& o) { return found->insert_or_assign(o.order_id, o), true; },
      [this, wanted = std::move(wanted), lane, answered, found, unread](bl_status status) {
        answered();
        const bool to_its_end = status == BL_OK || status == rows_unread;
        for (const Wanted& w : wanted) {
          if (const auto it = found->find(w.venue_id); it != found->end()) tell(it->second, lane, 1, w.then);
          else if (unread->contains(w.venue_id)) ask(w.venue_id, lane, [] {}, not_absent(w.then));
          else if (to_its_end && w.again && kit_.orders.is_new(w.venue_id, kit_.host.now_ns())) w.then(Found{What::failed, {}, BL_E_AGAIN});
          else if (to_its_end) ask(w.venue_id, lane, [] {}, w.then);
          else if (!w.again) ask(w.venue_id, lane, [] {}, w.then);  // nobody comes back for it
          else w.then(Found{What::failed, {}, status});
        }
      },
      [this, unread](const coinbase::OrderPage::Fault& f) {
        const Known* k = f.order_id.empty() ? kit_.orders.by_client(f.client_order_id) : nullptr;
        unread->insert(k != nullptr ? k->venue_id : f.order_id);
      });
}

// ---- one order -------------------------------------------------------------------------------------------------------

void Look::now(std::string_view venue_id, std::uint32_t lane, OnFound then) { looks_.add({std::string(venue_id), false, std::move(then)}, lane); }

void Look::ask(const std::string& venue_id, std::uint32_t lane, const Answered& answered, OnFound then) {
  auto request = coinbase::order(venue_id);
  if (!request) {
    answered();
    return then(Found{What::failed, {}, BL_E_INVALID});
  }
  kit_.session.read(std::move(*request), lane, [this, lane, id = venue_id, answered, then = std::move(then)](const Answer& a) {
    answered();
    if (coinbase::says_not_found(a.outcome)) return then(Found{What::absent, {}, BL_OK});
    if (!a.done()) return then(Found{What::failed, {}, status_of(a.outcome)});
    auto order = coinbase::parse_order(a.body);
    if (!order || order->order_id != id) {
      kit_.host.log(Level::error, "coinbase: an order can't be read: " + (order ? std::string("it is another than was asked for") : order.error().message));
      return then(Found{What::failed, {}, BL_E_IO});
    }
    tell(std::move(*order), lane, 1, then);
  });
}

// What the venue told in quote is divided here: the sum may miss the whole by what that was rounded by.
bool Look::lags(const VenueOrder& o) const {
  const Known* k = kit_.orders.by_venue(o.order_id);
  return k != nullptr && kit_.catalogue.of(o.product_id) != nullptr && max(o.filled_size.value_or(Decimal::zero()), k->hinted_qty) - k->told_qty > division_dust;
}

void Look::tell(VenueOrder o, std::uint32_t lane, std::uint32_t tries, OnFound then) {
  kit_.orders.learn(o);
  if (!lags(o)) return say_order(o, then);
  fills_.add({std::make_shared<VenueOrder>(std::move(o)), lane, tries, std::move(then)}, lane);
}

void Look::ask_fills(std::vector<Lagging> wanted, std::uint32_t lane, const Answered& answered) {
  coinbase::FillsQuery q;
  std::set<std::string> ids;
  for (const Lagging& l : wanted)
    if (ids.insert(l.order->order_id).second) q.order_ids.push_back(l.order->order_id);
  read_fills(kit_, lane, q, [this, ids = std::move(ids)](const coinbase::VenueFill& f) { if (ids.contains(f.order_id)) tell_fill(f); },
             [this, wanted = std::move(wanted), answered](bl_status) {
               answered();
               // An order's fills are to be told before its end: so the end waits for them, for a while. The host asks for what is missing then.
               for (const Lagging& l : wanted) {
                 if (!lags(*l.order) || !coinbase::is_final(l.order->status) || l.tries >= most_looks) say_order(*l.order, l.then);
                 else kit_.later.after(kit_.backoff.wait_ns(l.tries), [this, l] { tell(*l.order, l.lane, l.tries + 1, l.then); });
               }
             });
}

void Look::say_order(const VenueOrder& o, const OnFound& then) {
  Known& k = kit_.orders.learn(o);
  // Read before its end and answered behind it: it does not come back.
  if (k.phase == Phase::over && !coinbase::is_final(o.status)) return then(Found{What::failed, {}, BL_E_AGAIN});
  k.read_ns = kit_.host.now_ns();
  if (std::string s = signature(o, filled_told(o, k, k.read_ns).qty); s != k.last_told) {
    k.last_told = std::move(s);
    if (o.status == coinbase::OrderStatus::unknown)
      kit_.host.log(Level::warn, "coinbase: an order's status is none that is known here: it counts as working");
    // An order of a product that this run does not have is nobody's business here.
    if (kit_.catalogue.of(o.product_id) != nullptr)
      kit_.say.order(coinbase::is_final(o.status) ? BL_X_DONE : BL_X_SNAPSHOT, o, k, reason_of(o), false);
  }
  if (coinbase::is_final(o.status)) kit_.orders.ended(k);
  then(Found{What::there, o, BL_OK});
}

FillSaid Look::tell_fill(const coinbase::VenueFill& f) {
  if (kit_.orders.told(f.entry_id)) return FillSaid::said;
  const FillSaid said = kit_.say.fill(f, false);
  if (said != FillSaid::not_understood) kit_.orders.first_time(f);
  return said;
}

// ---- lists -----------------------------------------------------------------------------------------------------------

void Look::find(std::string_view client_id, std::int64_t since_ns, std::uint32_t lane, OnFound then) {
  search(client_id, since_ns, lane, [this, lane, then = std::move(then)](const std::optional<VenueOrder>& o, bl_status status) {
    if (o) return tell(*o, lane, 1, then);
    then(status == BL_OK ? Found{What::absent, {}, BL_OK} : Found{What::failed, {}, status});
  });
}

void Look::search(std::string_view client_id, std::int64_t since_ns, std::uint32_t lane, OnSearched then) {
  const bool is_short = since_ns > 0 && kit_.listed_from(kit_.host.now_ns(), 0) - since_ns <= short_search_ns;
  (is_short ? searches_ : histories_).add({std::string(client_id), since_ns, std::move(then)}, lane);
}

// Lists from the beginning may have pages without number: what was sent a moment ago does not wait for them.
void Look::ask_lists(std::vector<Searched> searched, std::uint32_t lane, const Answered& answered) {
  const auto from = std::stable_partition(searched.begin(), searched.end(), [](const Searched& s) { return s.since_ns == 0; });
  std::vector<Searched> recent(std::make_move_iterator(from), std::make_move_iterator(searched.end()));
  searched.erase(from, searched.end());
  auto left = std::make_shared<int>((searched.empty() ? 0 : 1) + (recent.empty() ? 0 : 1));
  for (auto* group : {&recent, &searched})
    if (!group->empty()) search_together(std::move(*group), lane, [left, answered] { if (--*left == 0) answered(); });
}

void Look::search_together(std::vector<Searched> searched, std::uint32_t lane, const Answered& answered) {
  coinbase::OrdersQuery q;
  const auto first = std::min_element(searched.begin(), searched.end(), [](const Searched& a, const Searched& b) { return a.since_ns < b.since_ns; });
  if (first->since_ns > 0) q.start_ns = first->since_ns;
  auto missing = std::make_shared<std::vector<Searched>>(std::move(searched));
  read_orders(kit_, lane, q,
              [missing](const VenueOrder& o) {
                // Each hears of its order as soon as it is seen: it may be one that is to be cancelled.
                const auto found = std::stable_partition(missing->begin(), missing->end(), [&o](const Searched& s) { return s.client_id != o.client_order_id; });
                std::vector<Searched> told(std::make_move_iterator(found), std::make_move_iterator(missing->end()));
                missing->erase(found, missing->end());
                for (const Searched& s : told) s.then(o, BL_OK);
                return !missing->empty();
              },
              [missing, answered](bl_status status) {
                answered();
                for (const Searched& s : std::exchange(*missing, {})) s.then(std::nullopt, status);
              },
              [this, missing](const coinbase::OrderPage::Fault& f) {
                // Its name is one that is looked for: by the venue's id it can be asked for, and cancelled.
                const auto is = [&f](const Searched& s) { return s.client_id == f.client_order_id; };
                if (std::any_of(missing->begin(), missing->end(), is) && !f.order_id.empty()) kit_.orders.learn(f.client_order_id, f.order_id);
                by_name(f);
              });
}

void Look::by_name(const coinbase::OrderPage::Fault& f) {
  const Known* k = kit_.orders.by_venue(f.order_id);
  if (k != nullptr && k->phase != Phase::over) soon(f.order_id, 0, k->urgent ? lane_urgent : lane_normal);
}

// It is asked for with those of its order, for as long as that lacks it; also of one that nothing is known of.
void Look::by_name(const coinbase::FillPage::Fault& f) {
  const Known* k = kit_.orders.by_venue(f.order_id);
  if (k == nullptr || k->phase != Phase::over) soon(f.order_id, 0, k != nullptr && k->urgent ? lane_urgent : lane_normal);
}

// What the stream did not tell is seen here: ends without a fill, above all.
void Look::reread(std::vector<std::string> ids, bool own) {
  coinbase::OrdersQuery q;
  q.order_ids = std::move(ids);
  auto found = std::make_shared<std::vector<VenueOrder>>();
  const auto each = [found](const VenueOrder& o) { return found->push_back(o), true; };
  const auto done = [this, found, ids = q.order_ids](bl_status status) {
    for (const std::string& id : ids)  // one of a source that is not read by anybody: by its name
      if ((status == BL_OK || status == rows_unread) &&
          std::none_of(found->begin(), found->end(), [&id](const VenueOrder& o) { return o.order_id == id; }))
        soon(id, 0, lane_normal);
    for (VenueOrder& o : *found) {
      // One that was read meanwhile may be told newer than this.
      if (const Known* k = kit_.orders.by_venue(o.order_id); k != nullptr && k->phase != Phase::over)
        tell(std::move(o), k->urgent ? lane_urgent : lane_normal, 1, [](const Found&) {});
    }
  };
  own ? read_own_orders(kit_, lane_normal, q, each, done) : read_orders(kit_, lane_normal, q, each, done);
}

void Look::sweep(std::int64_t listed_from_ns, std::int64_t seen_ns, PagesDone done) {
  constexpr std::size_t batch = 50;
  std::array<std::vector<std::string>, 2> ids;  // of others, and of this process: those are all of one placement source
  kit_.orders.each_working([&](const Known& k) {
    if (k.read_ns >= seen_ns) return;
    const bool own = k.intent.has_value();
    ids[own].push_back(k.venue_id);
    if (ids[own].size() == batch) reread(std::exchange(ids[own], {}), own);
  });
  for (const bool own : {false, true})
    if (!ids[own].empty()) reread(std::move(ids[own]), own);
  coinbase::FillsQuery q;
  q.start_ns = listed_from_ns;
  read_fills(kit_, lane_normal, q,
             [this](const coinbase::VenueFill& f) {
               const bool fresh = !kit_.orders.told(f.entry_id);
               const FillSaid said = tell_fill(f);
               // One that is not understood may be about a fill of before: those of its order show it.
               if (fresh && said != FillSaid::of_no_instrument) soon(f.order_id, 0, lane_normal);
             },
             std::move(done), [this](const coinbase::FillPage::Fault& f) { by_name(f); });
}

}  // namespace bowline::broker_coinbase
