#include "say.hpp"

#include <algorithm>
#include <string>

#include "coinbase/error_body.hpp"
#include "coinbase_stream/book.hpp"
#include "coinbase_stream/order_steps.hpp"

namespace bowline::broker_coinbase {
namespace {

using coinbase::OrderTerms;

template <std::size_t N>
void copy(char (&to)[N], std::string_view from) noexcept {
  const std::size_t n = std::min(from.size(), N - 1);
  std::copy_n(from.data(), n, to);
  to[n] = '\0';
}
/// An id that does not fit is no id: cut, it could be another's.
template <std::size_t N>
void copy_id(char (&to)[N], std::string_view id) noexcept {
  copy(to, id.size() < N ? id : std::string_view());
}
bl_dec raw(const std::optional<Decimal>& d) noexcept { return (d ? *d : Decimal::not_set()).raw(); }

std::uint32_t side_of(coinbase::Side s) noexcept {
  if (s == coinbase::Side::buy) return BL_BUY;
  return s == coinbase::Side::sell ? std::uint32_t{BL_SELL} : 0u;
}
std::uint32_t type_of(coinbase::OrderType t) noexcept {
  using T = coinbase::OrderType;
  switch (t) {
    case T::market: return BL_MARKET;
    case T::limit: return BL_LIMIT;
    case T::stop:
    case T::stop_limit: return BL_STOP_LIMIT;
    case T::bracket: return BL_BRACKET;
    case T::unknown: break;
  }
  return 0;
}
std::uint32_t tif_of(coinbase::TimeInForce t) noexcept {
  using T = coinbase::TimeInForce;
  switch (t) {
    case T::gtc: return BL_GTC;
    case T::gtd: return BL_GTD;
    case T::ioc: return BL_IOC;
    case T::fok: return BL_FOK;
    case T::unknown: break;
  }
  return 0;
}

bl_exec blank() noexcept {
  bl_exec e{};
  e.qty = e.quote_qty = e.limit_px = e.stop_px = e.cum_qty = e.cum_quote = e.cum_fee = Decimal::not_set().raw();
  return e;
}

}  // namespace

std::uint32_t state_of(coinbase::OrderStatus s) noexcept {
  using S = coinbase::OrderStatus;
  switch (s) {
    case S::pending:
    case S::queued: return BL_S_PENDING;
    case S::filled: return BL_S_FILLED;
    case S::cancelled: return BL_S_CANCELLED;
    case S::expired: return BL_S_EXPIRED;
    case S::failed: return BL_S_REJECTED;
    case S::open:
    case S::edit_queued:
    case S::cancel_queued:
    case S::unknown: break;
  }
  return BL_S_OPEN;
}

template <class E>
void Say::put(E& event, std::uint16_t type, std::uint32_t instrument, bool snapshot, std::int64_t at_ns) {
  event.h.size = sizeof event;
  event.h.type = type;
  event.h.flags = snapshot ? 2 : 0;
  event.h.ts_recv = host_.now_ns();
  event.h.ts_event = at_ns != 0 ? at_ns : event.h.ts_recv;
  event.h.instrument = instrument;
  if (sink_ != nullptr) sink_->event(sink_->ctx, &event.h);
  else host_.publish(event);
}

// What was sent is on the product's steps; where the venue has just that, it has what the host wanted.
void Say::terms(bl_exec& e, const OrderTerms& t, const Known& k) const {
  e.type = type_of(order_type_of(t.configuration));
  e.tif = tif_of(time_in_force_of(t.configuration));
  const auto told = [&](std::optional<Decimal> OrderTerms::*field, bl_dec bl_intent::*wanted) {
    const auto& v = t.*field;
    if (v && k.intent && k.sent.*field == v) return (*k.intent).*wanted;
    return raw(v);
  };
  e.qty = told(&OrderTerms::base_size, &bl_intent::qty);
  e.quote_qty = told(&OrderTerms::quote_size, &bl_intent::quote_qty);
  e.limit_px = told(&OrderTerms::limit_price, &bl_intent::limit_px);
  e.stop_px = t.stop_trigger_price ? told(&OrderTerms::stop_trigger_price, &bl_intent::stop_px) : told(&OrderTerms::stop_price, &bl_intent::stop_px);
  e.expire_ns = t.end_time_ns.value_or(0);
  if (t.post_only.value_or(false)) e.flags |= BL_POST_ONLY;
  if (t.stop_direction == coinbase::StopDirection::up) e.flags |= BL_TRIGGER_UP;
  if (t.stop_direction == coinbase::StopDirection::down) e.flags |= BL_TRIGGER_DOWN;
}

void Say::order(std::uint32_t kind, const coinbase::VenueOrder& o, Known& k, std::string_view text, bool snapshot) {
  const Listed* l = catalogue_.of(o.product_id);
  bl_exec e = blank();
  copy_id(e.client_id, k.client_id);
  copy_id(e.venue_id, o.order_id);
  e.kind = kind;
  e.state = state_of(o.status);
  e.side = side_of(o.side);
  terms(e, o.terms, k);
  if (e.type == 0) e.type = type_of(o.type);
  if (e.tif == 0) e.tif = tif_of(o.time_in_force);
  e.created_ns = o.created_ns;
  const FilledTold filled = filled_told(o, k, host_.now_ns());
  e.cum_qty = raw(filled.qty);
  if (!filled.held_back) {  // else they are of more
    e.cum_quote = raw(o.filled_value);
    e.cum_fee = raw(o.total_fees);
  }
  e.fee_asset = l != nullptr ? l->quote : 0;
  copy(e.text, coinbase::one_line(text));
  put(e, BL_EV_EXEC, l != nullptr ? l->instrument : 0, snapshot);
}

void Say::word(std::uint32_t kind, const Known& k, std::string_view text) {
  bl_exec e = blank();
  copy_id(e.client_id, k.client_id);
  copy_id(e.venue_id, k.venue_id);
  e.kind = kind;
  copy(e.text, coinbase::one_line(text));
  put(e, BL_EV_EXEC, k.instrument, false);
}

void Say::accepted(const Known& k, const coinbase::CreateReply::Placed& p) {
  const Listed* l = catalogue_.of(p.product_id);
  bl_exec e = blank();
  copy_id(e.client_id, k.client_id);
  copy_id(e.venue_id, p.order_id);
  e.kind = BL_X_ACCEPTED;
  e.state = BL_S_OPEN;
  // What the reply leaves out is as it was asked for; what it says otherwise is told, and the host judges.
  e.side = p.side != coinbase::Side::unknown ? side_of(p.side) : k.intent ? k.intent->side : 0u;
  terms(e, p.terms.configuration != coinbase::Configuration::unknown ? p.terms : k.sent, k);
  e.fee_asset = l != nullptr ? l->quote : 0;
  e.created_ns = host_.now_ns();
  put(e, BL_EV_EXEC, l != nullptr ? l->instrument : p.product_id.empty() ? k.instrument : 0, false);
}

void Say::absent(std::string_view client_id, std::string_view venue_id, std::uint32_t instrument) {
  bl_exec e = blank();
  copy_id(e.client_id, client_id);
  copy_id(e.venue_id, venue_id);
  e.kind = BL_X_ABSENT;
  copy(e.text, "NOT_FOUND");
  put(e, BL_EV_EXEC, instrument, true);
}

FillSaid Say::fill(const coinbase::VenueFill& f, bool snapshot) {
  const Listed* l = catalogue_.of(f.product_id);
  if (l == nullptr) return FillSaid::of_no_instrument;
  const Decimal base = base_of(f);
  std::string id = f.entry_id;
  bl_fill e{};
  switch (f.type) {
    case coinbase::TradeType::fill:
    case coinbase::TradeType::synthetic: break;
    case coinbase::TradeType::correction:
    case coinbase::TradeType::reversal:
      id = orders_.entry_of(f.order_id, f.trade_id);
      e.flags = f.type == coinbase::TradeType::correction ? 2 : 4;
      break;
    case coinbase::TradeType::unknown: id.clear(); break;
  }
  if (id.empty() || !base.is_set() || f.side == coinbase::Side::unknown) {
    if (odd_said_.may(f.entry_id, host_.now_ns()))
      host_.log(Level::error, "coinbase: the venue tells of a fill that is not understood (" + coinbase::one_line(f.type_word) + ", entry " +
                                  coinbase::one_line(f.entry_id) + "): it is not booked, and has to be looked at");
    return FillSaid::not_understood;
  }
  if (id.size() >= sizeof e.fill_id) id = coinbase::synthetic_fill_id(id, Decimal::zero(), Decimal::zero());  // as unique, and short
  const Known* k = orders_.by_venue(f.order_id);
  copy_id(e.client_id, k != nullptr ? std::string_view(k->client_id) : std::string_view());
  copy_id(e.venue_id, f.order_id);
  copy(e.fill_id, id);
  e.side = side_of(f.side);
  e.liquidity = f.liquidity == coinbase::Liquidity::maker ? 1 : f.liquidity == coinbase::Liquidity::taker ? 2 : 0;
  e.fee_asset = l->quote;
  e.px = f.price.raw();
  e.qty = base.raw();
  e.fee = raw(f.commission);
  put(e, BL_EV_FILL, l->instrument, snapshot, f.time_ns);
  return FillSaid::said;
}

void Say::balance(std::uint32_t asset, Decimal total, Decimal hold) {
  bl_balance_ev e{};
  e.asset = asset;
  e.total = total.raw();
  e.hold = hold.raw();
  put(e, BL_EV_BALANCE, 0, true);
}

void Say::product(const Listed& l, bool snapshot) {
  if (!l.product) return;
  const coinbase::Product& p = *l.product;
  bl_product e{};
  e.symbol = to_abi(l.symbol);
  e.base = l.base;
  e.quote = l.quote;
  e.base_step = p.base_increment.raw();
  e.quote_step = p.quote_increment.raw();
  e.px_step = p.price_increment.raw();
  e.base_min = p.base_min.raw();
  e.base_max = p.base_max.raw();
  e.quote_min = p.quote_min.raw();
  e.quote_max = p.quote_max.raw();
  e.maker_fee = raw(catalogue_.fees.maker);
  e.taker_fee = raw(catalogue_.fees.taker);
  e.last_px = raw(p.price);
  const bool view_only = p.view_only.value_or(false);
  const bool closed = p.disabled || p.trading_disabled || p.cancel_only || view_only || (!p.status.empty() && p.status != "online");
  const struct {
    bool holds;
    unsigned bit;
  } flags[] = {{!closed, 0}, {p.cancel_only, 1}, {p.limit_only, 2}, {p.post_only, 3}, {p.auction, 4}, {view_only, 5}, {l.stops != Stops::taken, 6}, {l.other_book, 7}};
  for (const auto& f : flags)
    if (f.holds) e.flags |= std::uint64_t{1} << f.bit;
  if (e.flags == 0) e.flags = 2;  // no flag at all would say that nothing is told: it is closed, and its orders can be cancelled
  put(e, BL_EV_PRODUCT, l.instrument, snapshot);
}

void Say::quote(std::uint32_t instrument, const coinbase::ProductBook& best) {
  const auto price = [](const std::vector<coinbase::Level>& side) { return side.empty() ? Decimal::not_set() : side.front().price; };
  const auto size = [](const std::vector<coinbase::Level>& side) { return side.empty() ? Decimal::not_set() : side.front().size; };
  const auto top = coinbase::quote_of(price(best.bids), size(best.bids), price(best.asks), size(best.asks));
  if (!top) return;
  bl_quote e{};
  e.px_exp = top->px_exp;
  e.qty_exp = top->qty_exp;
  e.bid = top->bid;
  e.ask = top->ask;
  e.bid_qty = top->bid_qty;
  e.ask_qty = top->ask_qty;
  put(e, BL_EV_QUOTE, instrument, true, best.time_ns);
}

void Say::done(std::uint64_t request, bl_status status) {
  bl_done e{};
  e.request = request;
  e.status = status;
  e.complete = status == BL_OK ? 1 : 0;
  put(e, BL_EV_DONE, 0, false);
}

void Say::link(bool up, bl_status status, std::string_view why) {
  bl_link e{};
  e.state = up ? 1 : 0;
  e.scope = 2;  // orders
  e.why.status = status;
  if (!up) copy(e.why.message, "LINK_DOWN: " + std::string(why));
  put(e, BL_EV_LINK, 0, false);
}

}  // namespace bowline::broker_coinbase
