// The desk of another process: put together again from the journal that an earlier one left.
#pragma once

#include <filesystem>

#include "unit/services/desk.hpp"
#include "unit/store/store_folder.hpp"

namespace bowline::test {

inline std::unique_ptr<store::Journal> opened(const std::filesystem::path& file) {
  auto j = store::Journal::open(file, {"mock", "v", "default"});
  if (!j) FAIL(j.error().message);
  return std::move(*j);
}

/// A desk put together again from a journal: the same file, another process as far as the desk can tell.
struct Again : Desk {
  explicit Again(const std::filesystem::path& file, const services::ExecutionOptions* with = nullptr) : Desk({}, "77"_dec, nullptr) {
    if (with != nullptr) options = *with;
    journal = opened(file);
    restart();
  }
  /// Anew, with the options as they are now.
  void restart(core::FloorLimits floor = {}) {
    exec = std::make_unique<services::Execution>(options, m.table, m.usd, "0.0005"_dec, std::vector<std::unique_ptr<core::RiskRule>>{},
                                                 floor, broker, *journal, sink);
    const auto done = journal->each([this](const store::JournalRow& row) { return exec->restore(row); });
    if (!done) FAIL(done.error().message);
    exec->restored();
  }
};

/// What must be the same after a restart. Marks and equity are not in it: prices are told anew.
inline std::string facts(const services::Execution& e, const Market& m) {
  std::string s = std::string(core::to_string(e.state())) + (e.gate_open() ? " open" : " closed");
  for (const core::Instrument& i : m.table.all()) {
    const core::Position& p = e.portfolio().position(i.id);
    s += "\n" + i.symbol + " " + p.qty.to_string() + " cost " + p.cost.to_string() + " realised " + p.realised.to_string() + " fees " +
         p.fees.to_string() + (e.blocked(i.id) ? " blocked" : "");
  }
  for (const Decimal& c : e.portfolio().cash_by_asset()) s += "\ncash " + c.to_string();
  s += "\nfees " + e.portfolio().fees().to_string() + " realised " + e.portfolio().realised().to_string();
  const auto order = [&s](const core::Order& o) {
    s += "\n" + std::string(o.intent.client_id()) + " " + std::string(core::to_string(o.state)) + " " + std::string(std::string_view(o.venue_id)) + " " + o.cum_qty.to_string() +
         " " + o.cum_quote.to_string() + " " + o.cum_fee.to_string() + " fills " + std::to_string(o.fills.size());
  };
  for (const core::Order* o : e.orders().working()) order(*o);
  for (const core::Order* o : e.orders().done()) order(*o);
  return s;
}

/// The same with flows, the peak, and which orders are of others.
inline std::string all_facts(const services::Execution& e, const Market& m) {
  std::string s = facts(e, m) + "\nflows " + e.portfolio().net_flows().to_string() + " peak " + e.portfolio().peak().to_string() + "\nof others";
  for (const core::Order* o : e.orders().working())
    if (o->external) s += " " + std::string(o->intent.client_id());
  for (const core::Order* o : e.orders().done())
    if (o->external) s += " " + std::string(o->intent.client_id());
  return s;
}

}  // namespace bowline::test
