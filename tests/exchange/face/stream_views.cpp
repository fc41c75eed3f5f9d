#include "exchange/face/stream_views.hpp"

#include "exchange/face/order_views.hpp"
#include "exchange/face/times.hpp"

namespace bowline::exchange {
namespace {

std::string_view type_word(OrderType t) noexcept {
  switch (t) {
    case OrderType::market:
      return "Market";
    case OrderType::limit:
      return "Limit";
    case OrderType::stop_limit:
      return "Stop Limit";
    case OrderType::bracket:
      return "Bracket";
  }
  return "";
}

/// In the currency in which the order was sized; "0" of what is over.
Decimal leaves_of(const Order& o) {
  const OrderState& s = o.state;
  if (is_final(s.status)) return Decimal::zero();
  if (!o.by_quote()) return s.size - s.filled_size;
  const Decimal left = o.request.quote_size - s.filled_value - (o.spends_quote() ? s.fees : Decimal::zero());
  return max(left, Decimal::zero());
}

std::string or_zero(const Decimal& d) { return d.is_set() ? amount(d) : "0"; }

}  // namespace

Json level_row(Side side, const LevelView& l, std::int64_t event_ns) {
  return {{"side", side == Side::buy ? "bid" : "offer"},
          {"event_time", rfc3339(event_ns)},
          {"price_level", amount(l.price)},
          {"new_quantity", amount(l.size)}};
}

Json trade_row(std::string_view product_id, const TradePrinted& t) {
  return {{"product_id", std::string(product_id)}, {"trade_id", std::to_string(t.trade)}, {"price", amount(t.price)},
          {"size", amount(t.size)},                {"time", rfc3339(t.time_ns)},          {"side", std::string(name(t.maker))}};
}

Json candle_row(std::string_view product_id, const Candle& c) {
  return {{"start", std::to_string(c.start_s)}, {"high", amount(c.high)},   {"low", amount(c.low)},
          {"open", amount(c.open)},             {"close", amount(c.close)}, {"volume", amount(c.volume)},
          {"product_id", std::string(product_id)}};
}

Json ticker_row(const Engine& engine, std::uint32_t book, const DayStats& stats, bool best) {
  const std::string& id = engine.products()[book].id;
  const BookView view = *engine.book(id, 1);
  const Decimal last = view.last.value_or(Decimal::not_set());
  Json out = {{"type", "ticker"},
              {"product_id", id},
              {"price", amount(last)},
              {"volume_24_h", amount(stats.volume)},
              {"low_24_h", amount(stats.low)},
              {"high_24_h", amount(stats.high)},
              {"low_52_w", amount(stats.year_low)},
              {"high_52_w", amount(stats.year_high)},
              {"price_percent_chg_24_h", amount(percent_change(stats.open, last))}};
  if (!best) return out;
  const auto put = [&](const char* price, const char* size, const std::vector<LevelView>& side) {
    out[price] = side.empty() ? "" : amount(side.front().price);
    out[size] = side.empty() ? "" : amount(side.front().size);
  };
  put("best_bid", "best_bid_quantity", view.bids);
  put("best_ask", "best_ask_quantity", view.asks);
  return out;
}

Json status_row(const Product& p) {
  return {{"product_type", "SPOT"},
          {"id", p.id},
          {"base_currency", p.base},
          {"quote_currency", p.quote},
          {"base_increment", amount(p.base_increment)},
          {"quote_increment", amount(p.quote_increment)},
          {"display_name", p.base + "/" + p.quote},
          {"status", std::string(name(p.flags.status))},
          {"status_message", ""},
          {"min_market_funds", amount(p.quote_min_size)}};
}

Json user_row(const Engine& engine, const Order& order, const OrderState& state) {
  Order o = order;
  o.state = state;
  const OrderRequest& r = o.request;
  const bool limit = r.config == Config::limit_gtc || r.config == Config::limit_gtd;
  return {{"order_id", engine.order_id(o.number)},
          {"client_order_id", r.client_order_id},
          {"status", std::string(name(state.status))},
          {"product_id", r.product_id},
          {"order_side", std::string(name(o.side()))},
          {"order_type", std::string(type_word(type(r.config)))},
          {"cumulative_quantity", amount(state.filled_size)},
          {"leaves_quantity", amount(leaves_of(o))},
          {"avg_price", amount(average_price(state))},
          {"filled_value", amount(state.filled_value)},
          {"number_of_fills", std::to_string(state.fills)},
          {"completion_percentage", amount(completion_percentage(o))},
          {"total_fees", amount(state.fees)},
          {"total_value_after_fees", amount(value_after_fees(o.side(), state))},
          {"limit_price", or_zero(state.limit_price)},
          {"stop_price", or_zero(state.stop_price)},
          {"post_only", limit && r.post_only ? "true" : "false"},
          {"time_in_force", std::string(row(r.config).tif_name)},
          {"trigger_status", std::string(trigger_status(o))},
          {"cancel_reason", state.status == Status::cancelled ? std::string(text(state.note)) : ""},
          {"reject_reason", state.status == Status::failed ? std::string(name(state.reject)) : ""},
          {"creation_time", rfc3339(o.created_ns)},
          {"start_time", std::string(no_time)},
          {"end_time", tif(r.config) == Tif::gtd ? rfc3339(r.end_ns) : std::string(no_time)},
          {"outstanding_hold_amount", amount(state.hold)},
          {"product_type", "SPOT"},
          {"risk_managed_by", "UNKNOWN_RISK_MANAGEMENT_TYPE"},
          {"contract_expiry_type", "UNKNOWN_CONTRACT_EXPIRY_TYPE"},
          {"retail_portfolio_id", engine.id(o.user)}};
}

}  // namespace bowline::exchange
