#include "cancel.hpp"

#include <algorithm>
#include <utility>

#include "coinbase/error_body.hpp"
#include "coinbase/order_bodies.hpp"
#include "coinbase/order_replies.hpp"

namespace bowline::broker_coinbase {
namespace {

using coinbase::CancelResult;
using coinbase::Verdict;
/// A cancel that was taken, and after so many looks the order works on as if nobody had asked: it is asked again.
constexpr std::uint32_t looks_before_again = 3;
/// What the host repeats sooner is not sent again: its answer, a look or the next try is on its way, and each request more would stand before them.
constexpr std::int64_t repeat_ns = 1'000'000'000;
/// What is cancelled at one time goes together; no cancel waits for the answers of others, nor for a pace.
constexpr GatherLimits limits{.most_together = coinbase::most_cancels, .most_flying = 1000};

}  // namespace

Cancel::Cancel(Kit& kit, Look& look)
    : kit_(kit), look_(look), requests_(kit, limits, [this](auto ids, std::uint32_t, auto gathered) { send(ids, gathered); }) {
  kit_.orders.on_venue_id = [this](Known& k) {
    if (!k.cancel_wanted) return;
    k.cancel_wanted = false;
    want(k.venue_id);
    requests_.go();
  };
}

Result<void> Cancel::cancel(std::span<const bl_order_ref> refs) {
  for (const bl_order_ref& r : refs)
    if (from_abi(r.client_id).empty() && from_abi(r.venue_id).empty())
      return Error{"ORDER_REF_MISSING", "a cancel without the id of its order cannot be sent"};
  for (const bl_order_ref& r : refs) {
    const std::string_view client = from_abi(r.client_id), venue = from_abi(r.venue_id);
    if (!venue.empty()) {
      kit_.orders.learn(client, venue);
      want_unless_just_sent(std::string(venue));
      continue;
    }
    Known& k = kit_.orders.of_client(client);
    if (!k.venue_id.empty()) want_unless_just_sent(k.venue_id);
    else without_id(k);
  }
  requests_.go();
  return {};
}

// The venue takes its own ids alone. What is on its way is cancelled when it arrives; what may be there is looked for.
void Cancel::without_id(Known& k) {
  k.asked_for = k.cancel_wanted = true;
  if (k.phase == Phase::flying || k.phase == Phase::held) return;  // Submit sees to it
  if (std::exchange(k.searched_for, true)) return;  // that search answers for this cancel, too
  // Lists are the dearest question there is: what they did not show is looked for more and more seldom.
  const std::int64_t at = k.searched_ns == 0 ? 0 : k.searched_ns + kit_.backoff.wait_ns(k.searches == 0 ? 1 : k.searches + 2);
  if (at <= kit_.host.now_ns()) return search(k.client_id);
  kit_.later.after(at - kit_.host.now_ns(), [this, client = k.client_id] { search(client); });
}

void Cancel::search(const std::string& client_id) {
  Known* sought = kit_.orders.by_client(client_id);
  if (sought == nullptr) return;
  if (!sought->venue_id.empty()) {  // it showed up while this waited, and is being cancelled
    sought->searched_for = false;
    return;
  }
  look_.find(client_id, sought->listed_from_ns, lane_urgent, [this, client_id](const Found& f) {
    Known* k = kit_.orders.by_client(client_id);
    if (k == nullptr) return;
    k->searched_for = false;
    k->searched_ns = kit_.host.now_ns();
    if (f.what == Found::What::absent) ++k->searches;
    if (f.what == Found::What::there || !k->venue_id.empty()) return;  // acknowledged meanwhile it is being cancelled
    const bool absent = f.what == Found::What::absent;
    kit_.say.word(absent ? BL_X_CANCEL_REJECTED : BL_X_UNKNOWN, *k, absent ? "UNKNOWN_CANCEL_ORDER" : "NO_ANSWER");
  });
}

void Cancel::want(const std::string& venue_id) {
  if (!coinbase::batch_cancel(std::span(&venue_id, 1)))  // no id of the venue's: one request of many must not fail for it
    return kit_.later.after(0, [this, venue_id] { say(BL_X_CANCEL_REJECTED, venue_id, "UNKNOWN_CANCEL_ORDER"); });
  Wish& w = wishes_[venue_id];
  if (w.flying || w.waiting) return;
  w.waiting = true;
  requests_.put(venue_id, lane_urgent);
}

void Cancel::want_unless_just_sent(const std::string& venue_id) {
  const auto w = wishes_.find(venue_id);
  if (w != wishes_.end() && w->second.sent_ns != 0 && kit_.host.now_ns() - w->second.sent_ns < repeat_ns) return;
  want(venue_id);
}

void Cancel::send(const std::vector<std::string>& ids, const std::function<void()>& gathered) {
  for (const std::string& id : ids) {
    Wish& w = wishes_[id];
    w.waiting = false;
    w.flying = true;
    w.sent_ns = kit_.host.now_ns();
  }
  const auto requests = coinbase::batch_cancel(ids);  // one, of so many
  const bl_status sent = requests ? kit_.session.send(requests->front(), coinbase::Call::cancel, lane_urgent, 0,
                                                      [this, ids, gathered](const Answer& a) { gathered(); answered(ids, a); })
                                  : bl_status{BL_E_INVALID};
  if (sent >= 0) return;
  kit_.later.after(0, [this, ids, gathered] {
    Answer a;
    a.outcome = {Verdict::denied, "NOT_SENT", "the host takes no more requests now"};
    gathered();
    answered(ids, a);
  });
}

void Cancel::answered(const std::vector<std::string>& ids, const Answer& a) {
  for (const std::string& id : ids) wishes_[id].flying = false;
  switch (a.outcome.verdict) {
    case Verdict::done: {
      const auto results = coinbase::parse_cancel(a.body, ids);
      for (std::size_t i = 0; i < ids.size(); ++i) {
        if (!results || (*results)[i].state == CancelResult::State::untold) again(ids[i], "NO_ANSWER");
        else if ((*results)[i].state == CancelResult::State::accepted) taken(ids[i]);
        else refused(ids[i], coinbase::plain_reason((*results)[i].reason));
      }
      break;
    }
    case Verdict::refused:
      for (const std::string& id : ids) refused(id, coinbase::plain_reason(a.outcome.reason));
      break;
    case Verdict::unauthorised:
      for (const std::string& id : ids) {
        say(BL_X_CANCEL_REJECTED, id, a.outcome.reason);
        wishes_.erase(id);
      }
      break;
    case Verdict::denied:
    case Verdict::throttled:
    case Verdict::unknown:
      for (const std::string& id : ids) again(id, a.outcome.reason);
      break;
  }
}

// Taken means that the venue will try: only the order itself says that it is over.
void Cancel::taken(const std::string& venue_id) {
  if (wishes_[venue_id].taken++ == 0) say(BL_X_CANCEL_PENDING, venue_id, "");
  const std::uint32_t round = wishes_[venue_id].taken;
  look_.soon(venue_id, kit_.stream_sound ? kit_.options.backoff_first_ns : 0, lane_urgent);  // its end is hinted at sooner
  // By then looks have shown it as over, or the cancel got lost behind the door.
  std::int64_t wait = 0;
  for (std::uint32_t i = 1; i <= looks_before_again; ++i) wait += kit_.backoff.wait_ns(i) * 2;
  kit_.later.after(wait, [this, venue_id, round] {
    const auto w = wishes_.find(venue_id);
    if (w == wishes_.end() || w->second.taken != round) return;
    if (const Known* k = kit_.orders.by_venue(venue_id); k != nullptr && k->phase == Phase::over) {
      wishes_.erase(w);
      return;
    }
    look_.now(venue_id, lane_urgent, [this, venue_id](const Found& f) {
      const bool gone = f.what == Found::What::absent && !kit_.orders.is_new(venue_id, kit_.host.now_ns());  // a new one may not be shown yet
      if (f.over() || gone) {
        wishes_.erase(venue_id);
        return;
      }
      again(venue_id, "NO_ANSWER");
    });
  });
}

// What the venue has of it decides: over, its end is told by the look; else the cancel was refused.
void Cancel::refused(const std::string& venue_id, const std::string& reason) {
  if (reason == "DUPLICATE_CANCEL_REQUEST") return taken(venue_id);  // the first one was heard
  wishes_.erase(venue_id);
  look_.now(venue_id, lane_urgent, [this, venue_id, reason](const Found& f) {
    if (f.over()) return;
    // A new order can't be read for a moment, nor cancelled: that the venue does not know it is no answer.
    if (f.what == Found::What::absent && kit_.orders.is_new(venue_id, kit_.host.now_ns())) return once_shown(venue_id);
    say(f.what == Found::What::failed ? BL_X_UNKNOWN : BL_X_CANCEL_REJECTED, venue_id, f.what == Found::What::failed ? std::string("NO_ANSWER") : reason);
    if (f.what == Found::What::there) look_.soon(venue_id, kit_.options.backoff_first_ns, lane_urgent);
  });
}

void Cancel::once_shown(const std::string& venue_id) {
  kit_.later.after(kit_.backoff.wait_ns(1), [this, venue_id] {
    if (const Known* k = kit_.orders.by_venue(venue_id); k != nullptr && k->phase == Phase::over) return;
    want(venue_id);
    requests_.go();
  });
}

// Cancelling twice does no harm, and not cancelling may: it is sent until the venue says something of it.
void Cancel::again(const std::string& venue_id, const std::string& why) {
  const auto it = wishes_.find(venue_id);
  if (it == wishes_.end()) return;
  if (++it->second.tries >= kit_.options.cancel_tries) {
    wishes_.erase(it);
    return say(BL_X_UNKNOWN, venue_id, why);
  }
  kit_.later.after(kit_.backoff.wait_ns(it->second.tries), [this, venue_id] {
    if (!wishes_.contains(venue_id)) return;
    if (const Known* k = kit_.orders.by_venue(venue_id); k != nullptr && k->phase == Phase::over) {
      wishes_.erase(venue_id);
      return;
    }
    want(venue_id);
    requests_.go();
  });
}

void Cancel::say(std::uint32_t kind, const std::string& venue_id, std::string_view text) {
  if (const Known* k = kit_.orders.by_venue(venue_id)) kit_.say.word(kind, *k, text);
}

}  // namespace bowline::broker_coinbase
