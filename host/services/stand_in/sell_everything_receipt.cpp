// What a sale of everything has come to, in words.
#include "services/runtime/json_values.hpp"
#include "services/stand_in/sell_everything.hpp"

namespace bowline::services {

std::string_view SellEverything::status(const Product& p) const {
  if (p.skipped) return "flat";
  if (p.gave_up) return "refused";
  if (p.parked || p.no_bid) return "parked";
  if (p.held) return "missing";
  if (p.dust) return "dust";
  if (p.total.is_set() && p.total.is_zero() && !p.out) return p.sold.is_positive() ? "sold" : "flat";
  return "selling";
}

std::string SellEverything::receipt() const {
  std::vector<std::string> products;
  for (const Product& p : products_) {
    std::vector<std::string> ids;
    for (const std::string& id : p.orders) {
      std::string one;
      append_json_string(one, id);
      ids.push_back(std::move(one));
    }
    products.push_back(JsonObject()
                           .text("instrument", table_[p.id].symbol)
                           .text("status", status(p))
                           .amount("held_before", p.held_before.is_set() ? p.held_before : Decimal::zero())
                           .amount("sold", p.sold)
                           .amount("proceeds", p.proceeds)
                           .amount("fees", p.fees)
                           .amount("left", p.skipped || !p.total.is_set() ? Decimal::zero() : p.total)
                           .amount("at_venue", p.total)
                           .text("words", p.words)
                           .json("orders", json_array(ids))
                           .done());
  }
  static constexpr std::string_view words[] = {"reading", "selling", "done"};
  return JsonObject()
      .text("id", options_.id)
      .text("phase", words[static_cast<std::size_t>(phase_)])
      .boolean("everything", true)
      .text("account", options_.account)
      .text("who", options_.who)
      .text("why", options_.why)
      .time("begun", begun_)
      .time("ended", ended_)
      .number("cancels", std::uint64_t{cancelled_.size()})
      .number("cancels_failed", std::uint64_t{cancels_failed_})
      .boolean("orders_read", agreed_)
      .number("left_alone", std::uint64_t{left_alone_})
      .boolean("noted", notes_.trouble().code.empty())
      .json("products", json_array(products))
      .done();
}

}  // namespace bowline::services
