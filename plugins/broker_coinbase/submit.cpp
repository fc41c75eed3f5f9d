#include "submit.hpp"

#include <algorithm>
#include <utility>

#include "coinbase/error_body.hpp"
#include "coinbase/order_replies.hpp"

namespace bowline::broker_coinbase {
namespace {

using coinbase::Verdict;

/// How long an unknown order is given before it is looked for: what is on its way has arrived by then.
constexpr std::int64_t settle_ns = 1'000'000'000;
/// An order that rests is looked at so long after its acknowledgement where the stream hints at what happens to it.
constexpr std::int64_t rests_ns = 2'000'000'000;

bool too_late(const bl_intent& i, std::int64_t now_ns) noexcept { return i.not_after_ns > 0 && now_ns > i.not_after_ns; }

bl_status status_for(const Error& e) noexcept {
  if (e.code == "ORDER_UNSUPPORTED") return BL_E_UNSUPPORTED;
  if (e.code == "PRODUCT_NOT_READ") return BL_E_AGAIN;
  return BL_E_INVALID;
}

/// What the host handed over, as far as this header knows it.
bl_intent copy_of(const bl_intent& i) noexcept {
  bl_intent mine{};
  std::copy_n(reinterpret_cast<const char*>(&i), std::min<std::size_t>(i.size, sizeof mine), reinterpret_cast<char*>(&mine));
  mine.size = sizeof mine;
  return mine;
}

}  // namespace

Taken Submit::submit(const bl_intent& handed) {
  const bl_intent intent = copy_of(handed);
  if (too_late(intent, kit_.host.now_ns()))
    return {BL_E_STATE, {"NOT_AFTER_PASSED", "the time up to which the order might be sent has passed: nothing was sent"}};
  Known* k = kit_.orders.by_client(client_id_of(intent));
  return k != nullptr && k->intent ? once_more(*k, intent) : first(intent);
}

Taken Submit::first(const bl_intent& intent) {
  const Listed* l = kit_.catalogue.of(intent.instrument);
  if (l == nullptr) return {BL_E_NOT_FOUND, {"INSTRUMENT_UNKNOWN", "an order of an instrument that this run does not have"}};
  const auto form = form_of(intent, *l);
  if (!form) return {status_for(form.error()), form.error()};
  auto request = coinbase::create_order(*form);
  if (!request) return {BL_E_INVALID, request.error()};
  // Decided before this broker began, or asked for before it was handed over: an earlier process may have sent it, and no word about a try
  // of this one is one about that.
  const bool asked_for = kit_.orders.by_client(form->client_order_id) != nullptr;
  const bool others = asked_for || intent.decided_ns < kit_.begun_ns;
  Known& k = kit_.orders.of_client(form->client_order_id);
  k.product_id = l->symbol;
  k.instrument = intent.instrument;
  k.intent = intent;
  k.sent = form->terms;
  k.request = std::move(*request);
  k.urgent = (intent.flags & BL_REDUCE_ONLY) != 0;
  if (!k.venue_id.empty()) {  // the venue told of it before it was handed over: an earlier process sent it
    if (k.phase == Phase::stranger) k.phase = Phase::there;
    k.last_told.clear();
    look_.soon(k.venue_id, 0, k.urgent ? lane_urgent : lane_normal);
    return {};
  }
  k.tries = 0;
  k.maybe_live = others;
  if (!others) k.listed_from_ns = kit_.listed_from_now();
  else if (const std::int64_t from = kit_.listed_from_of_others(intent.decided_ns); k.listed_from_ns == 0 || from < k.listed_from_ns) k.listed_from_ns = from;
  bl_error why{};
  const bl_status sent = send(k, &why);
  if (sent >= 0) return {};
  if (asked_for) {  // which stays so
    k.intent.reset();
    k.phase = Phase::stranger;
  } else {
    kit_.orders.forget(k);
  }
  return {sent, {"HTTP_REFUSED", why.message}};
}

// The host sends again what had no answer, or never left; of what the venue has it is told once more.
Taken Submit::once_more(Known& k, const bl_intent& intent) {
  if (!same_order(*k.intent, intent))
    return {BL_E_INVALID, {"CLIENT_ID_REUSED", "another order has had this client id: nothing was sent"}};
  k.intent->not_after_ns = intent.not_after_ns;
  switch (k.phase) {
    case Phase::held:
    case Phase::flying: return {};
    case Phase::there:
    case Phase::over:
      k.last_told.clear();
      look_.soon(k.venue_id, 0, k.urgent ? lane_urgent : lane_normal);
      return {};
    case Phase::stranger:
    case Phase::unknown:
    case Phase::refused: break;
  }
  k.tries = 0;
  const Phase before = k.phase;
  bl_error why{};
  const bl_status sent = send(k, &why);
  if (sent >= 0) return {};
  k.phase = before;
  return {sent, {"HTTP_REFUSED", why.message}};
}

bl_status Submit::send(Known& k, bl_error* why) {
  k.phase = Phase::flying;
  k.searches = 0;
  ++k.tries;
  k.newest_ns = kit_.host.now_ns();
  return kit_.session.send(k.request, coinbase::Call::create, k.urgent ? lane_urgent : lane_normal, k.intent->not_after_ns,
                           [this, id = k.client_id](const Answer& a) { answered(id, a); }, why);
}

void Submit::answered(const std::string& client_id, const Answer& a) {
  Known* k = kit_.orders.by_client(client_id);
  if (k == nullptr) return;
  switch (a.outcome.verdict) {
    case Verdict::done: return placed(*k, a.outcome);
    case Verdict::refused:
    case Verdict::unauthorised: return refused(*k, coinbase::plain_reason(a.outcome.reason));
    case Verdict::denied:
    case Verdict::throttled: return never_left(*k, a);
    case Verdict::unknown: return lost(*k, a.outcome.reason);
  }
}

void Submit::placed(Known& k, const coinbase::Outcome& outcome) {
  if (!outcome.placed || (!outcome.placed->client_order_id.empty() && outcome.placed->client_order_id != k.client_id))
    return lost(k, "ANSWER_MISMATCH");  // it is about another order: of this one nothing is known
  const coinbase::CreateReply::Placed& p = *outcome.placed;
  if (!k.venue_id.empty() && k.venue_id != p.order_id) return lost(k, "ANSWER_MISMATCH");
  if (k.phase == Phase::over) return;  // it was quicker than its acknowledgement
  k.phase = Phase::there;
  k.newest_ns = kit_.host.now_ns();
  kit_.say.accepted(k, p);
  const std::uint32_t lane = k.urgent ? lane_urgent : lane_normal;
  kit_.orders.learn(k.client_id, p.order_id);
  const bool ends_at_once = k.intent->type == BL_MARKET || k.intent->tif == BL_IOC || k.intent->tif == BL_FOK;
  look_.soon(p.order_id, kit_.stream_sound && !ends_at_once ? rests_ns : kit_.options.backoff_first_ns, lane);
}

// Nothing of this try is at the venue. The same bytes may go again: an order that reduces until its last moment, another a few times.
void Submit::never_left(Known& k, const Answer& a) {
  if (k.phase != Phase::flying) return;  // the venue has told of it meanwhile
  const bool over = a.too_late || too_late(*k.intent, kit_.host.now_ns());
  const bool enough = k.tries >= kit_.options.tries && (!k.urgent || k.intent->not_after_ns == 0);
  if (over || enough || k.cancel_wanted) {
    const std::string reason = k.cancel_wanted ? "CANCELLED_UNSENT" : over ? "NOT_AFTER_PASSED" : a.outcome.reason;
    return refused(k, reason);
  }
  k.phase = Phase::held;
  kit_.later.after(std::max(kit_.backoff.wait_ns(k.tries), a.retry_after_ns), [this, id = k.client_id] {
    Known* held = kit_.orders.by_client(id);
    if (held == nullptr || held->phase != Phase::held) return;
    bl_error why{};
    const bool late = held->cancel_wanted || too_late(*held->intent, kit_.host.now_ns());
    if (!late && send(*held, &why) >= 0) return;
    held->phase = Phase::flying;
    Answer none;
    none.too_late = late && !held->cancel_wanted;
    none.outcome = {Verdict::denied, "NOT_SENT", why.message};
    never_left(*held, none);
  });
}

// By proof of this try. Of a try before whose answer was lost, or which another process made, it proves nothing.
void Submit::refused(Known& k, std::string_view reason) {
  if (k.phase == Phase::there || k.phase == Phase::over) return;  // the venue has told of it meanwhile
  if (k.maybe_live) return lost(k, reason);
  kit_.orders.refused(k);
  kit_.say.word(BL_X_REJECTED, k, reason);
}

void Submit::lost(Known& k, std::string_view reason) {
  if (k.phase == Phase::there || k.phase == Phase::over) return;
  k.maybe_live = true;
  k.phase = Phase::unknown;
  kit_.say.word(BL_X_UNKNOWN, k, reason);
  // Looked for once from here: found, it is told. That it is not found is the host's to ask for, and to conclude from.
  kit_.later.after(settle_ns, [this, id = k.client_id] {
    const Known* lost = kit_.orders.by_client(id);
    if (lost == nullptr || lost->phase != Phase::unknown) return;
    look_.find(id, lost->listed_from_ns, lost->urgent ? lane_urgent : lane_normal, [](const Found&) {});
  });
}

}  // namespace bowline::broker_coinbase
