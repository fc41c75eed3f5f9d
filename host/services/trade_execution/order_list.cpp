#include "services/trade_execution/order_list.hpp"

#include <algorithm>

#include "services/runtime/json_values.hpp"

namespace bowline::services {
namespace {

store::Place place_of(const core::Order& o) { return {o.intent.abi.decided_ns, std::string(o.intent.client_id())}; }

bool fits(const core::Order& o, const store::PageAsk& ask) {
  if (o.intent.abi.decided_ns < ask.since_ns) return false;
  if (ask.only == any_working) return !core::is_terminal(o.state);
  return ask.only.empty() || core::to_string(o.state) == ask.only;
}

}  // namespace

store::Page order_page(const core::OrderTable& orders, const core::InstrumentTable& table, const store::PageAsk& ask,
                       store::Page stored) {
  // What the store has below its page was not read: below that, memory alone would leave holes.
  const store::Place bottom = stored.more ? stored.entries.front().at : store::Place{INT64_MIN, {}};
  struct Found {
    store::Place at;
    const core::Order* order;  // null: only the store has it
    std::string json;
  };
  std::vector<Found> found;
  const auto take = [&](const core::Order* o) {
    if (!fits(*o, ask)) return;
    store::Place at = place_of(*o);
    if (at < bottom || (ask.before && at >= *ask.before)) return;
    found.push_back({std::move(at), o, {}});
  };
  if (ask.only != any_working)
    for (const core::Order* o : orders.done()) take(o);
  for (const core::Order* o : orders.working()) take(o);
  for (store::Entry& e : stored.entries)
    if (orders.find(core::ClientOrderId(e.at.key)) == nullptr) found.push_back({std::move(e.at), nullptr, std::move(e.json)});
  std::sort(found.begin(), found.end(), [](const Found& a, const Found& b) { return a.at < b.at; });

  store::Page page{{}, stored.more, std::move(stored.next)};
  const auto limit = static_cast<std::size_t>(ask.limit);
  if (found.size() > limit) {
    found.erase(found.begin(), found.end() - static_cast<std::ptrdiff_t>(limit));
    page.more = true;
    page.next = found.front().at;
  }
  for (Found& f : found)
    page.entries.push_back({std::move(f.at), f.order != nullptr ? order_json(*f.order, table) : std::move(f.json)});
  return page;
}

}  // namespace bowline::services
