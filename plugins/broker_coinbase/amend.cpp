#include "amend.hpp"

#include <algorithm>
#include <utility>

#include "coinbase/error_body.hpp"
#include "coinbase/order_bodies.hpp"
#include "coinbase/rounding.hpp"

namespace bowline::broker_coinbase {
namespace {

using coinbase::Verdict;
/// An edit that was taken and does not show after so many looks is not known to be in force.
constexpr std::uint32_t most_looks = 6;

/// By the venue's published terms an edit has a price and a size, and is for limit orders GTC (ONLY_LIMIT_ORDER_EDITS_SUPPORTED).
/// Newer pages of its speak of stop-limit orders and brackets, too; nobody has seen it, and a trigger is not moved on a guess.
Result<void> editable(std::uint32_t type, std::uint32_t tif) {
  if (type == BL_STOP_LIMIT || type == BL_BRACKET)
    return Error{"AMEND_UNSUPPORTED", "Coinbase edits no stop-limit order and no bracket: cancel it, and place another; until that one rests nothing does"};
  if (type != BL_LIMIT || tif != BL_GTC)
    return Error{"AMEND_UNSUPPORTED", "Coinbase edits limit orders without an end (GTC) alone: cancel it, and place another"};
  return {};
}

bool shows(const coinbase::OrderTerms& has, const coinbase::OrderTerms& wanted) {
  return has.base_size == wanted.base_size && has.limit_price == wanted.limit_price;
}

}  // namespace

Taken Amend::amend(const bl_order_ref& ref, const bl_intent& handed) {
  bl_intent wanted{};
  std::copy_n(reinterpret_cast<const char*>(&handed), std::min<std::size_t>(handed.size, sizeof wanted), reinterpret_cast<char*>(&wanted));
  wanted.size = sizeof wanted;
  const std::int64_t now = kit_.host.now_ns();
  if (wanted.not_after_ns > 0 && now > wanted.not_after_ns)
    return {BL_E_STATE, {"NOT_AFTER_PASSED", "the time up to which the order might be amended has passed: nothing was sent"}};
  const std::string_view client = from_abi(ref.client_id), venue = from_abi(ref.venue_id);
  if (client.empty() && venue.empty()) return {BL_E_INVALID, {"ORDER_REF_MISSING", "an amendment without the id of its order cannot be sent"}};
  if (!client_id_of(wanted).empty() && !client.empty() && client_id_of(wanted) != client)
    return {BL_E_INVALID, {"AMEND_ID_OTHER", "the wanted order has another client id than the order it amends: an order keeps its id"}};
  if (auto ok = editable(wanted.type, wanted.tif); !ok) return {BL_E_UNSUPPORTED, ok.error()};
  Known* k = venue.empty() ? kit_.orders.by_client(client) : &kit_.orders.learn(client, venue);
  if (k == nullptr || k->venue_id.empty()) return {BL_E_NOT_FOUND, {"ORDER_NOT_KNOWN", "the venue's id of the order is not known: nothing was sent"}};
  if (k->intent)
    if (auto ok = editable(k->intent->type, k->intent->tif); !ok) return {BL_E_UNSUPPORTED, ok.error()};
  if (k->intent && (k->intent->side != wanted.side || k->intent->type != wanted.type || k->intent->tif != wanted.tif ||
                    ((k->intent->flags ^ wanted.flags) & BL_POST_ONLY) != 0))
    return {BL_E_UNSUPPORTED, {"AMEND_UNSUPPORTED", "only price and size of an order can be edited: cancel it, and place another"}};
  if (edits_.contains(k->venue_id)) return {BL_E_AGAIN, {"AMEND_RUNNING", "an amendment of this order is on its way: one at a time"}};
  const Listed* l = kit_.catalogue.of(wanted.instrument);
  if (l == nullptr) return {BL_E_NOT_FOUND, {"INSTRUMENT_UNKNOWN", "an order of an instrument that this run does not have"}};
  if (client_id_of(wanted).empty()) std::copy_n("amend", 5, wanted.client_id);  // of no matter: an edit carries the venue's id
  const auto form = form_of(wanted, *l);
  if (!form) return {form.error().code == "PRODUCT_NOT_READ" ? bl_status{BL_E_AGAIN} : bl_status{BL_E_INVALID}, form.error()};
  const auto request = coinbase::edit_order({k->venue_id, *form->terms.limit_price, *form->terms.base_size});
  if (!request) return {BL_E_INVALID, request.error()};
  const std::string id = k->venue_id;
  bl_error why{};
  const std::uint32_t lane = (wanted.flags & BL_REDUCE_ONLY) != 0 ? lane_urgent : lane_normal;
  edits_.emplace(id, Edit{wanted, form->terms, 0});
  const bl_status sent =
      kit_.session.send(*request, coinbase::Call::edit, lane, wanted.not_after_ns, [this, id](const Answer& a) { answered(id, a); }, &why);
  if (sent >= 0) return {};
  edits_.erase(id);
  return {sent, {"HTTP_REFUSED", why.message}};
}

void Amend::answered(const std::string& venue_id, const Answer& a) {
  switch (a.outcome.verdict) {
    case Verdict::done: return read_back(venue_id, "");
    case Verdict::refused:
    case Verdict::throttled:
    case Verdict::unauthorised:
    case Verdict::denied: return read_back(venue_id, coinbase::plain_reason(a.outcome.reason));
    case Verdict::unknown: break;
  }
  // Which terms are in force the venue says when it is asked; the host asks.
  end(venue_id, BL_X_UNKNOWN, nullptr, a.outcome.reason);
  look_.soon(venue_id, kit_.options.backoff_first_ns, lane_normal);
}

/// `reason`: why it was refused, "" when it was taken.
void Amend::read_back(const std::string& venue_id, std::string reason) {
  look_.now(venue_id, lane_normal, [this, venue_id, reason = std::move(reason)](const Found& f) { read(venue_id, reason, f); });
}

void Amend::read(const std::string& venue_id, const std::string& reason, const Found& f) {
  const auto it = edits_.find(venue_id);
  if (it == edits_.end()) return;
  Edit& e = it->second;
  const bool there = f.what == Found::What::there;
  if (!reason.empty()) return end(venue_id, BL_X_AMEND_REJECTED, there ? &f.order : nullptr, reason);
  if (there && shows(f.order.terms, e.terms)) {
    if (Known* k = kit_.orders.by_venue(venue_id); k != nullptr && k->intent) {
      std::copy_n(k->intent->client_id, sizeof e.wanted.client_id, e.wanted.client_id);
      k->intent = e.wanted;
      k->sent = e.terms;
    }
    return end(venue_id, BL_X_AMENDED, &f.order, "");
  }
  if (f.over()) return end(venue_id, BL_X_AMEND_REJECTED, &f.order, "ORDER_IS_OVER");
  if (++e.looks >= most_looks) return end(venue_id, BL_X_UNKNOWN, nullptr, "EDIT_NOT_SHOWN");
  kit_.later.after(kit_.backoff.wait_ns(e.looks), [this, venue_id] { read_back(venue_id, ""); });
}

void Amend::end(const std::string& venue_id, std::uint32_t kind, const coinbase::VenueOrder* o, std::string_view text) {
  edits_.erase(venue_id);
  Known* k = kit_.orders.by_venue(venue_id);
  if (k == nullptr) return;
  if (o != nullptr) kit_.say.order(kind, *o, *k, text, false);
  else kit_.say.word(kind, *k, text);
}

}  // namespace bowline::broker_coinbase
