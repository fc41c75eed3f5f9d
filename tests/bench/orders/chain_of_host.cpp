// One entry through the host's whole chain: the built plugins risk_limits (every limit on), risk_stops and risk_correlation
// behind their adapters, each verdict kept as a record, then the host's floor; with 50 positions and 200 resting orders in the
// book and the table of orders, seen through the view that the rules get. Bar: p99 <= 50 us.
//   bench_chain_of_host [plugin folder]
// What is timed is RiskChain::approve. The view is made beforehand, once a step or after something happened: what that
// takes is printed beside it. What the plugins alone take, without the host around them, is bench_risk_chain's.
#include "bench/orders/figures.hpp"
#include "bench/orders/order_desk.hpp"
#include "core/portfolio_view.hpp"

namespace {

using namespace bench;
using nlohmann::json;

constexpr std::uint32_t products = 50, resting = 200;

constexpr bl_sink no_sink = [] {
  bl_sink s{};
  s.size = sizeof s;
  s.event = [](void*, const bl_event*) noexcept -> bl_status { return BL_E_UNSUPPORTED; };
  s.prediction = [](void*, const bl_prediction*) noexcept -> bl_status { return BL_E_UNSUPPORTED; };
  s.target = [](void*, const bl_target*) noexcept -> bl_status { return BL_E_UNSUPPORTED; };
  s.stop = [](void*, const bl_stop*) noexcept -> bl_status { return BL_OK; };
  return s;
}();

core::Intent order(std::uint32_t product, std::uint32_t side, const std::string& id, core::Nanos decided) {
  core::Intent i = core::blank_intent();
  std::copy(id.begin(), id.end(), i.abi.client_id);
  i.abi.instrument = product;
  i.abi.side = side;
  i.abi.type = BL_LIMIT;
  i.abi.tif = BL_GTD;
  i.abi.qty = "0.1234"_dec.raw();
  i.abi.limit_px = "1250.01"_dec.raw();
  i.abi.decided_ns = decided;
  i.abi.expire_ns = decided + 2 * bar_ns;
  return i;
}

json every_limit() {
  return {{"max_position", 0.5}, {"max_exposure", 0.9}, {"cash_reserve", 0.05}, {"max_order", "100000"}, {"max_day", "1000000"},
          {"max_total", "2000000"}, {"max_open_orders", 1000}, {"max_product_orders", 100}, {"max_orders_per_minute", 500}, {"price_band", 0.05},
          {"max_daily_loss", 0.05}, {"max_rolling_loss", 0.08}, {"cooldown_losses", 3},
          {"drawdown_ladder", json::array({json{{"drawdown", 0.1}, {"size", 0.5}}, json{{"drawdown", 0.2}, {"size", 0.0}}})},
          {"locks", json::array({json{{"symbol", "C49-USD"}}})}};
}

}  // namespace

int main(int argc, char** argv) {
  const std::filesystem::path plugins = std::filesystem::absolute(argc > 1 ? argv[1] : "build/release/plugins");
  const Folder folder;
  const core::InstrumentTable table = market_of(products);
  services::RunFacts facts;
  facts.instruments = &table;
  facts.wall_ns = [] { return 0; };

  core::Nanos now = start_ns;
  core::Portfolio book(table, core::AssetId{1}, "0.0005"_dec);
  must(book.set_cash({1}, "1000000"_dec), "cash is taken");
  for (const core::Instrument& i : table.all()) {
    core::Fill f;
    f.instrument = i.id;
    f.side = core::Side::buy;
    f.px = "1234.56"_dec;
    f.qty = "1.2345"_dec;
    f.fee = Decimal::zero();
    f.fee_asset = {1};
    f.time = now - 1'000 * bar_ns;
    take(book.apply(f));
    core::Mark m;
    m.last = "1250.01"_dec;
    m.time = now;
    book.set_mark(i.id, m);
  }
  book.close_step(now);
  core::OrderTable orders;
  for (std::uint32_t n = 0; n < resting; ++n) {
    core::Order* o = take(orders.add(order(1 + n % products, n % 4 == 0 ? BL_SELL : BL_BUY, "order-" + std::to_string(n),
                                           now - (n % 2 == 0 ? 10 * second : bar_ns)), now, n));
    take(orders.apply(*o, core::OrderEvent::handed_over, now));
    take(orders.apply(*o, core::OrderEvent::acked, now));
  }
  core::PortfolioView view;
  view.build(book, orders, core::TradingState::active, now);
  must(view.get().n_positions == products && view.get().n_working == resting, "the view has 50 positions and 200 orders");

  struct Link {
    services::InstanceServices services;
    std::unique_ptr<loader::RiskInstance> instance;
  };
  std::vector<std::unique_ptr<Link>> links;
  std::vector<std::unique_ptr<core::RiskRule>> rules;
  const std::tuple<const char*, const char*, json> named[] = {
      {"risk_limits", "bowline.risk.limits", every_limit()},
      {"risk_stops", "bowline.risk.stops", {{"require_history", true}}},
      {"risk_correlation", "bowline.risk.correlation", {{"max_cluster", 0.9}, {"correlated_share", 0.9}}}};
  for (const auto& [file, plugin, params] : named) {
    Link& l = *links.emplace_back(new Link{services::InstanceServices(file, facts, false), nullptr});
    l.instance = instance_of<loader::RiskInstance>(plugins / (std::string("lib") + file + ".so"), plugin, file, params, l.services, folder.path());
    take(l.instance->needs());
    take(l.instance->start());
    rules.push_back(std::make_unique<services::RiskAdapter>(file, l.instance.get()));
  }
  // What they learn from: a common move and each product's own, a bar each five minutes.
  std::uint64_t x = 11;
  const auto below = [&x](std::uint64_t n) { return static_cast<std::int64_t>((x ^= x << 13, x ^= x >> 7, x ^= x << 17) % n); };
  for (core::Nanos at = now - 3'000 * bar_ns; at < now;) {
    at += bar_ns;
    facts.engine_ns = at;
    const std::int64_t common = below(401) - 200;
    for (std::uint32_t i = 1; i <= products; ++i) {
      bl_bar b{};
      b.h.size = sizeof b;
      b.h.type = BL_EV_BAR;
      b.h.instrument = i;
      b.h.ts_event = b.h.ts_recv = b.close_ns = at;
      b.open_ns = at - bar_ns;
      b.px_exp = -2;
      b.is_final = 1;
      b.open = b.close = 125'000 + common + below(201) - 100;
      b.high = b.open + 30;
      b.low = b.open - 30;
      b.volume = 1'000;
      for (const auto& l : links) must(l->instance->on_event(b.h, view.get(), no_sink) >= 0, "a rule hears a bar");
    }
  }
  core::FloorLimits floor;
  floor.max_order = "100000"_dec;
  floor.max_day = "1000000"_dec;
  floor.max_total = "2000000"_dec;
  floor.price_collar = "0.05"_dec;
  floor.max_orders_per_minute = 500;
  floor.max_mark_age = bar_ns;
  core::RiskChain chain(std::move(rules), floor, std::make_shared<const std::string>("floor"));
  core::FloorFacts f;
  f.now = now;

  std::vector<double> us, built;
  std::vector<core::CheckRecord> checks;
  for (std::uint32_t n = 0; n < 210'000; ++n) {
    const core::Intent asked = order(1 + n % (products - 1), BL_BUY, "asked", now);
    checks.clear();
    const auto from = Clock::now();
    const core::RiskAnswer answer = chain.approve(asked, book, view.get(), f, checks);
    const auto to = Clock::now();
    // All of it is gone through: an early refusal would be cheap and tell nothing.
    if (!std::holds_alternative<core::RiskApproved<core::Intent>>(answer)) give_up("an order was not allowed: " + checks.back().code + " of " + *checks.back().rule_source);
    must(checks.size() == 4, "three rules and the floor have judged");
    if (n >= 10'000) us.push_back(us_between(from, to));
  }
  for (int n = 0; n < 10'000; ++n) {
    core::PortfolioView anew;
    const auto from = Clock::now();
    anew.build(book, orders, core::TradingState::active, now);
    built.push_back(us_between(from, Clock::now()));
  }
  std::printf("the rules' view made from nothing: p50 %.1f us, p99 %.1f us\n", quantile(built, 0.5), quantile(built, 0.99));
  const bool met = quantile(us, 0.99) <= 50;
  std::printf("chain of 3 plugins and the floor, %u positions, %u resting orders: %zu times, p50 %.1f us, p99 %.1f us (bar: p99 50 us): %s\n", products, resting,
              us.size(), quantile(us, 0.5), quantile(us, 0.99), met ? "met" : "MISSED");
  return met ? 0 : 1;
}
