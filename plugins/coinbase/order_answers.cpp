#include "coinbase/order_answers.hpp"

#include "coinbase/fields.hpp"
#include "coinbase/page.hpp"

namespace bowline::coinbase {
namespace {

/// A side that is neither is a fault: whether money came or went hangs on it.
Side read_side(Fields& f) {
  const Side s = side_of(f.text("side"));
  if (s == Side::unknown) f.unreadable("side", "BUY or SELL");
  return s;
}

VenueOrder read_order(Fields& f) {
  VenueOrder o;
  o.order_id = f.text("order_id");
  o.product_id = f.text("product_id");
  o.client_order_id = f.text_or_empty("client_order_id");
  o.side = read_side(f);
  o.terms = read_terms(f, "order_configuration");
  o.status_word = f.text("status");
  o.status = order_status_of(o.status_word);
  o.type = order_type_of(f.text_or_empty("order_type"));
  o.time_in_force = time_in_force_of(f.text_or_empty("time_in_force"));
  o.trigger = trigger_status_of(f.text_or_empty("trigger_status"));
  o.filled_size = f.computed_if("filled_size");
  o.filled_value = f.computed_if("filled_value");
  o.average_filled_price = f.computed("average_filled_price");
  o.total_fees = f.computed_if("total_fees");
  o.total_value_after_fees = f.computed("total_value_after_fees", Sign::any);
  o.number_of_fills = f.whole("number_of_fills");
  if (o.number_of_fills < 0) f.unreadable("number_of_fills", "zero or above");
  o.pending_cancel = f.flag_or("pending_cancel", false);
  o.size_in_quote = f.flag_or("size_in_quote", false);
  o.size_inclusive_of_fees = f.flag_or("size_inclusive_of_fees", false);
  if (f.find("settled") != nullptr) o.settled = f.flag("settled");
  o.outstanding_hold = f.computed_if("outstanding_hold_amount");
  o.created_ns = f.time("created_time");
  o.last_fill_ns = f.time_if("last_fill_time");
  o.reject_reason = f.text_or_empty("reject_reason");
  o.reject_message = f.text_or_empty("reject_message");
  o.cancel_message = f.text_or_empty("cancel_message");
  o.placement_source = f.text_or_empty("order_placement_source");
  o.retail_portfolio_id = f.text_or_empty("retail_portfolio_id");
  o.attached_order_id = f.text_or_empty("attached_order_id");
  o.originating_order_id = f.text_or_empty("originating_order_id");
  return o;
}

VenueFill read_fill(Fields& f) {
  VenueFill v;
  v.entry_id = f.text("entry_id");
  v.trade_id = f.text_or_empty("trade_id");
  v.order_id = f.text("order_id");
  v.product_id = f.text("product_id");
  v.type_word = f.text("trade_type");
  v.type = trade_type_of(v.type_word);
  v.price = f.computed("price", Sign::positive);
  v.size = f.computed("size");
  v.size_in_quote = f.flag_or("size_in_quote", false);
  v.commission = f.computed_if("commission");
  v.side = read_side(f);
  v.liquidity = liquidity_of(f.text_or_empty("liquidity_indicator"));
  v.time_ns = f.time("trade_time");
  v.sequence_timestamp = f.text_or_empty("sequence_timestamp");
  v.retail_portfolio_id = f.text_or_empty("retail_portfolio_id");
  return v;
}

}  // namespace

Result<OrderPage> parse_orders(std::string_view body) {
  const auto answer = read_answer(body, "a list of orders");
  if (!answer) return answer.error();
  Fields f(*answer, "");
  OrderPage page;
  const auto& list = f.list("orders");
  for (std::size_t i = 0; i < list.size(); ++i) {
    Fields in(list[i], place("orders", i));
    VenueOrder o = read_order(in);
    if (in.fault()) page.faults.push_back({std::move(o.order_id), std::move(o.client_order_id), std::move(o.product_id), *in.fault()});
    else page.orders.push_back(std::move(o));
  }
  page.next_cursor = next_cursor(f);
  if (f.fault()) return *f.fault();
  return page;
}

Result<VenueOrder> parse_order(std::string_view body) {
  const auto answer = read_answer(body, "an order");
  if (!answer) return answer.error();
  Fields f(*answer, "");
  const Json* inner = f.find("order");
  if (inner == nullptr) {
    f.missing("order");
    return *f.fault();
  }
  Fields in(*inner, "order");
  VenueOrder o = read_order(in);
  if (in.fault()) return *in.fault();
  return o;
}

Result<FillPage> parse_fills(std::string_view body) {
  const auto answer = read_answer(body, "a list of fills");
  if (!answer) return answer.error();
  Fields f(*answer, "");
  FillPage page;
  const auto& list = f.list("fills");
  for (std::size_t i = 0; i < list.size(); ++i) {
    Fields in(list[i], place("fills", i));
    VenueFill v = read_fill(in);
    if (in.fault()) page.faults.push_back({std::move(v.entry_id), std::move(v.order_id), std::move(v.product_id), *in.fault()});
    else page.fills.push_back(std::move(v));
  }
  page.next_cursor = next_cursor(f);
  if (f.fault()) return *f.fault();
  return page;
}

}  // namespace bowline::coinbase
