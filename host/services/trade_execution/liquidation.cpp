#include "services/trade_execution/liquidation.hpp"

#include <algorithm>

#include "services/runtime/json_values.hpp"

namespace bowline::services {
namespace {

std::string_view word(Liquidation::Phase p) {
  switch (p) {
    case Liquidation::Phase::reading: return "reading";
    case Liquidation::Phase::selling: return "selling";
    case Liquidation::Phase::checking: return "checking";
    case Liquidation::Phase::done: return "done";
    case Liquidation::Phase::interrupted: return "interrupted";
    case Liquidation::Phase::planned: return "planned";
  }
  return "unknown";
}

}  // namespace

std::string_view liquidation_status(const Liquidation& l, const Liquidation::Product& p, const core::Portfolio& book) {
  const Decimal held = book.position(p.id).qty;
  if (p.unexplained && (held.is_zero() || book.dust(p.id))) return "unexplained";
  if (held.is_zero()) {
    if (p.held_before.is_positive()) return "sold";
    return book.unmanaged(p.id).is_positive() ? "unmanaged" : "flat";
  }
  if (book.dust(p.id)) return "dust";
  if (p.parked) return "parked";
  if (l.phase == Liquidation::Phase::planned) return "to_sell";
  if (l.phase == Liquidation::Phase::done) return "missing";
  return l.phase == Liquidation::Phase::interrupted ? "left" : "selling";
}

std::string liquidation_json(const Liquidation& l, const core::Portfolio& book, const core::OrderTable& orders, std::string_view journal_head) {
  const core::InstrumentTable& table = book.instruments();
  std::vector<std::string> products;
  for (const Liquidation::Product& p : l.products) {
    Decimal sold = Decimal::zero(), proceeds = Decimal::zero(), fees = Decimal::zero();
    std::vector<std::string> ids;
    const auto count = [&](const core::Order& o) {
      if (o.intent.decision != p.decision) return;
      std::string id;
      append_json_string(id, o.intent.client_id());
      ids.push_back(std::move(id));
      sold = sold + o.cum_qty;
      proceeds = proceeds + o.cum_quote;
      fees = fees + o.cum_fee;
    };
    for (const core::Order* o : orders.done()) count(*o);
    for (const core::Order* o : orders.working()) count(*o);
    std::string_view status = liquidation_status(l, p, book);
    if (status == "flat" && sold.is_positive()) status = "sold";  // what came only after it was begun
    products.push_back(JsonObject()
                           .text("instrument", table[p.id].symbol)
                           .text("status", status)
                           .amount("held_before", p.held_before)
                           .amount("sold", sold)
                           .amount("proceeds", proceeds)
                           .amount("fees", fees)
                           .amount("left", book.position(p.id).qty)
                           .amount("unmanaged", book.unmanaged(p.id))
                           .amount("at_venue", p.total_at_end)
                           .json("orders", json_array(ids))
                           .done());
  }
  return JsonObject()
      .text("id", l.id)
      .text("phase", word(l.phase))
      .text("who", l.who)
      .text("why", l.why)
      .text("request_id", l.request)
      .time("begun", l.begun)
      .time("ended", l.ended)
      .number("cancels", std::uint64_t{l.cancels.asked})
      .number("cancels_failed", std::uint64_t{l.cancels.failed})
      .boolean("orders_read", l.whole_list)
      .boolean("final_read", l.last_read.told)
      .text("journal_head", journal_head)
      .json("products", json_array(products))
      .done();
}

}  // namespace bowline::services
