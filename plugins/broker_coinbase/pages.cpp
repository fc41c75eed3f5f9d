#include "pages.hpp"

namespace bowline::broker_coinbase {
namespace {

/// Those of `source`, and of the ones behind it up to `sources`.
void read_source(Kit& kit, std::uint32_t lane, coinbase::OrdersQuery query, std::size_t source, std::size_t sources,
                 std::function<bool(const coinbase::VenueOrder&)> each, PagesDone done) {
  query.placement_source = kit.options.placement_sources[source];
  query.limit = kit.options.orders_page;
  auto stopped = std::make_shared<bool>(false);
  read_pages<coinbase::OrderPage>(
      kit, lane,
      [query](const std::string& cursor) {
        coinbase::OrdersQuery q = query;
        q.cursor = cursor;
        return coinbase::orders(q);
      },
      coinbase::parse_orders,
      [each, stopped](const coinbase::OrderPage& page) {
        for (const coinbase::VenueOrder& o : page.orders)
          if (!each(o)) return *stopped = true, false;
        return true;
      },
      [&kit, lane, query, source, sources, each, stopped, done](bl_status status) {
        if (status < 0 || *stopped || source + 1 >= sources) return done(status);
        read_source(kit, lane, query, source + 1, sources, each, done);
      });
}

}  // namespace

void read_orders(Kit& kit, std::uint32_t lane, coinbase::OrdersQuery query, std::function<bool(const coinbase::VenueOrder&)> each, PagesDone done) {
  read_source(kit, lane, std::move(query), 0, kit.options.placement_sources.size(), std::move(each), std::move(done));
}

void read_own_orders(Kit& kit, std::uint32_t lane, coinbase::OrdersQuery query, std::function<bool(const coinbase::VenueOrder&)> each, PagesDone done) {
  read_source(kit, lane, std::move(query), 0, 1, std::move(each), std::move(done));
}

void read_fills(Kit& kit, std::uint32_t lane, coinbase::FillsQuery query, std::function<void(const coinbase::VenueFill&)> each, PagesDone done) {
  query.limit = kit.options.fills_page;
  read_pages<coinbase::FillPage>(
      kit, lane,
      [query](const std::string& cursor) -> Result<coinbase::Request> {
        coinbase::FillsQuery q = query;
        q.cursor = cursor;
        return coinbase::fills(q);
      },
      coinbase::parse_fills,
      [each](const coinbase::FillPage& page) {
        for (const coinbase::VenueFill& f : page.fills) each(f);
        return true;
      },
      std::move(done));
}

}  // namespace bowline::broker_coinbase
