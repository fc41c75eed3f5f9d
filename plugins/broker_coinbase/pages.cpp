#include "pages.hpp"

#include <string_view>

#include "coinbase/error_body.hpp"

namespace bowline::broker_coinbase {
namespace {

/// A row that stays is in every list that is read: the log hears of it so often.
constexpr std::int64_t said_again_ns = 60'000'000'000;
constexpr std::size_t most_said = 1000;

/// `what` it is, with what identifies it: never an amount. Errors of fields have none.
void say_unread(Kit& kit, std::string what, const Error& error) {
  what = coinbase::one_line(what);
  const std::int64_t now = kit.host.now_ns();
  const auto [it, fresh] = kit.unread_said.try_emplace(what, now);
  if (!fresh && now - it->second < said_again_ns) return;
  it->second = now;
  kit.host.log(Level::error, "coinbase: " + what + " can't be read, and the list that shows it is not whole: " + error.message);
  if (kit.unread_said.size() > most_said) kit.unread_said.clear();
}
std::string or_none(const std::string& id) { return id.empty() ? "(none)" : id; }

void note_unread(Kit& kit, const coinbase::OrderPage::Fault& f, const OnUnread& then) {
  say_unread(kit, "order " + or_none(f.order_id) + " (client id " + or_none(f.client_order_id) + ", product " + or_none(f.product_id) + ")", f.error);
  kit.orders.shown(f.client_order_id, f.order_id);
  if (then) then(f);
}

/// Those of `source`, and of the ones behind it up to `sources`.
void read_source(Kit& kit, std::uint32_t lane, coinbase::OrdersQuery query, std::size_t source, std::size_t sources,
                 std::function<bool(const coinbase::VenueOrder&)> each, PagesDone done, OnUnread unread, bool whole) {
  query.placement_source = kit.options.placement_sources[source];
  query.limit = kit.options.orders_page;
  auto stopped = std::make_shared<bool>(false), all_read = std::make_shared<bool>(whole);
  read_pages<coinbase::OrderPage>(
      kit, lane,
      [query](const std::string& cursor) {
        coinbase::OrdersQuery q = query;
        q.cursor = cursor;
        return coinbase::orders(q);
      },
      coinbase::parse_orders,
      [&kit, each, unread, stopped, all_read](const coinbase::OrderPage& page) {
        for (const coinbase::OrderPage::Fault& f : page.faults) note_unread(kit, f, unread);
        if (!page.faults.empty()) *all_read = false;
        for (const coinbase::VenueOrder& o : page.orders)
          if (!each(o)) return *stopped = true, false;
        return true;
      },
      [&kit, lane, query, source, sources, each, stopped, all_read, done, unread](bl_status status) {
        if (status < 0 || *stopped || source + 1 >= sources) return done(status == BL_OK && !*all_read ? rows_unread : status);
        read_source(kit, lane, query, source + 1, sources, each, done, unread, *all_read);
      });
}

}  // namespace

void read_orders(Kit& kit, std::uint32_t lane, coinbase::OrdersQuery query, std::function<bool(const coinbase::VenueOrder&)> each, PagesDone done,
                 OnUnread unread) {
  read_source(kit, lane, std::move(query), 0, kit.options.placement_sources.size(), std::move(each), std::move(done), std::move(unread), true);
}

void read_own_orders(Kit& kit, std::uint32_t lane, coinbase::OrdersQuery query, std::function<bool(const coinbase::VenueOrder&)> each, PagesDone done,
                     OnUnread unread) {
  read_source(kit, lane, std::move(query), 0, 1, std::move(each), std::move(done), std::move(unread), true);
}

void read_fills(Kit& kit, std::uint32_t lane, coinbase::FillsQuery query, std::function<void(const coinbase::VenueFill&)> each, PagesDone done) {
  query.limit = kit.options.fills_page;
  auto all_read = std::make_shared<bool>(true);
  read_pages<coinbase::FillPage>(
      kit, lane,
      [query](const std::string& cursor) -> Result<coinbase::Request> {
        coinbase::FillsQuery q = query;
        q.cursor = cursor;
        return coinbase::fills(q);
      },
      coinbase::parse_fills,
      [&kit, each, all_read](const coinbase::FillPage& page) {
        for (const coinbase::FillPage::Fault& f : page.faults)
          say_unread(kit, "fill " + or_none(f.entry_id) + " (order " + or_none(f.order_id) + ", product " + or_none(f.product_id) + ")", f.error);
        if (!page.faults.empty()) *all_read = false;
        for (const coinbase::VenueFill& f : page.fills) each(f);
        return true;
      },
      [done = std::move(done), all_read](bl_status status) { done(status == BL_OK && !*all_read ? rows_unread : status); });
}

}  // namespace bowline::broker_coinbase
