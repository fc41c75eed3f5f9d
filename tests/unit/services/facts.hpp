// What must be the same after a restart, flows and orders of others among it.
#pragma once

#include <string>

#include "unit/services/again.hpp"
#include "unit/store/store_folder.hpp"

namespace bowline::test {

/// What must be the same after a restart. Marks and equity are not in it: prices are told anew.
inline std::string facts(const services::Execution& e, const Market& m) {
  std::string s = std::string(core::to_string(e.state())) + (e.gate_open() ? " open" : " closed");
  for (const core::Instrument& i : m.table.all()) {
    const core::Position& p = e.portfolio().position(i.id);
    s += "\n" + i.symbol + " " + p.qty.to_string() + " cost " + p.cost.to_string() + " realised " + p.realised.to_string() + " fees " +
         p.fees.to_string() + (e.blocked(i.id) ? " blocked" : "");
  }
  for (const Decimal& c : e.portfolio().cash_by_asset()) s += "\ncash " + c.to_string();
  s += "\nflows " + e.portfolio().net_flows().to_string() + " peak " + e.portfolio().peak().to_string();
  s += "\nfees " + e.portfolio().fees().to_string() + " realised " + e.portfolio().realised().to_string();
  const auto order = [&s](const core::Order& o) {
    s += "\n" + std::string(o.intent.client_id()) + " " + std::string(core::to_string(o.state)) + " " + std::string(std::string_view(o.venue_id)) + " " + o.cum_qty.to_string() +
         " " + o.cum_quote.to_string() + " " + o.cum_fee.to_string() + " fills " + std::to_string(o.fills.size()) + (o.external ? " of others" : "");
  };
  for (const core::Order* o : e.orders().working()) order(*o);
  for (const core::ClientOrderId& id : e.orders().done()) order(*e.orders().find(id));
  return s;
}

}  // namespace bowline::test
