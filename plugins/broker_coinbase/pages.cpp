#include "pages.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include "coinbase/error_body.hpp"

namespace bowline::broker_coinbase {
namespace {

/// A row that stays is in every list that is read. `what` it is, with what identifies it: never an amount. Errors of fields have none.
void say_unread(Kit& kit, std::string what, const Error& error) {
  what = coinbase::one_line(what);
  if (kit.unread_said.may(what, kit.host.now_ns()))
    kit.host.log(Level::error, "coinbase: " + what + " can't be read, and the list that shows it is not whole: " + error.message);
}
std::string or_none(const std::string& id) { return id.empty() ? "(none)" : id; }

/// Of a product that this run does not have it is nobody's business, as it would be if it could be read: but for what was sent here, or
/// asked for by its name. That may have been sent when the run's products were others.
bool is_others(Kit& kit, const std::string& product_id, std::string_view client_id, std::string_view venue_id) {
  const auto ours = [](const Known* k) { return k != nullptr && (k->intent || k->asked_for); };
  return !product_id.empty() && kit.catalogue.of(product_id) == nullptr && !ours(kit.orders.by_client(client_id)) && !ours(kit.orders.by_venue(venue_id));
}

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
        for (const coinbase::OrderPage::Fault& f : page.faults) {
          if (is_others(kit, f.product_id, f.client_order_id, f.order_id)) continue;
          *all_read = false;
          note_unread(kit, f, unread);
        }
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

void read_fills(Kit& kit, std::uint32_t lane, coinbase::FillsQuery query, std::function<void(const coinbase::VenueFill&)> each, PagesDone done,
                std::function<void(const coinbase::FillPage::Fault&)> unread) {
  query.limit = kit.options.fills_page;
  auto all_read = std::make_shared<bool>(true);
  auto changes = std::make_shared<std::vector<coinbase::VenueFill>>();
  read_pages<coinbase::FillPage>(
      kit, lane,
      [query](const std::string& cursor) -> Result<coinbase::Request> {
        coinbase::FillsQuery q = query;
        q.cursor = cursor;
        return coinbase::fills(q);
      },
      coinbase::parse_fills,
      [&kit, each, unread = std::move(unread), all_read, changes](const coinbase::FillPage& page) {
        for (const coinbase::FillPage::Fault& f : page.faults) {
          if (is_others(kit, f.product_id, "", f.order_id)) continue;
          *all_read = false;
          say_unread(kit, "fill " + or_none(f.entry_id) + " (order " + or_none(f.order_id) + ", product " + or_none(f.product_id) + ")", f.error);
          if (unread) unread(f);
        }
        for (const coinbase::VenueFill& f : page.fills) {
          if (f.type == coinbase::TradeType::correction || f.type == coinbase::TradeType::reversal) changes->push_back(f);
          else each(f);
        }
        return true;
      },
      [each, done = std::move(done), all_read, changes](bl_status status) {
        // The venue lists what is newest first; those of one trade may have one time.
        std::reverse(changes->begin(), changes->end());
        std::stable_sort(changes->begin(), changes->end(), [](const auto& a, const auto& b) { return a.time_ns < b.time_ns; });
        for (const coinbase::VenueFill& f : *changes) each(f);
        done(status == BL_OK && !*all_read ? rows_unread : status);
      });
}

}  // namespace bowline::broker_coinbase
