#include "exchange/server/dump.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "exchange/server/kept_state.hpp"

namespace bowline::exchange {
namespace {

using Json = nlohmann::ordered_json;

void line(std::FILE* to, const Json& j) { std::fprintf(to, "%s\n", j.dump(-1, ' ', false, Json::error_handler_t::replace).c_str()); }

Json text(const Decimal& d) { return d.is_set() ? Json(d.to_string()) : Json(nullptr); }

Json edits(const Order& o) {
  Json list = Json::array();
  for (const Edit& e : o.edits) list.push_back({{"price", text(e.price)}, {"size", text(e.size)}, {"accepted_ns", e.accepted_ns}});
  return list;
}

Json order_line(const Engine& e, const Order& o, const std::string& portfolio) {
  const OrderState& s = o.state;
  return {{"kind", "order"},
          {"portfolio", portfolio},
          {"order_id", e.order_id(o.number)},
          {"client_order_id", o.request.client_order_id},
          {"product_id", o.request.product_id},
          {"side", name(o.side())},
          {"configuration", row(o.request.config).key},
          {"status", name(s.status)},
          {"base_size", text(o.request.base_size)},
          {"quote_size", text(o.request.quote_size)},
          {"limit_price", text(s.limit_price)},
          {"stop_price", text(s.stop_price)},
          {"size", text(s.size)},
          {"asked_limit_price", text(o.request.limit_price)},
          {"asked_stop_price", text(o.request.stop_price)},
          {"post_only", o.request.post_only},
          {"end_ns", o.request.end_ns},
          {"triggered", s.triggered},
          {"edits", edits(o)},
          {"filled_size", text(s.filled_size)},
          {"filled_value", text(s.filled_value)},
          {"total_fees", text(s.fees)},
          {"hold", text(s.hold)},
          {"fills", s.fills},
          {"created_ns", o.created_ns},
          {"changed_ns", s.changed_ns}};
}

Json fill_line(const Engine& e, const Fill& f, const std::string& portfolio) {
  return {{"kind", "fill"},
          {"portfolio", portfolio},
          {"entry_id", e.fill_id(f)},
          {"trade_id", e.trade_id(f)},
          {"order_id", e.order_id(f.order)},
          {"product_id", e.products()[f.product].id},
          {"side", name(f.side)},
          {"liquidity", f.liquidity == Liquidity::maker ? "MAKER" : "TAKER"},
          {"price", text(f.price)},
          {"size", text(f.size)},
          {"value", text(f.value)},
          {"commission", text(f.commission)},
          {"time_ns", f.time_ns}};
}

}  // namespace

Result<void> dump_state(const std::string& path, std::FILE* to) {
  auto kept = read_state(path);
  if (!kept) return std::move(kept).error();
  if (!*kept) return Error{"STATE_ABSENT", path + ": there is no state"};
  Options options = (*kept)->head.options;
  options.visible_ns = 0;  // what exists is told, shown to clients or not
  auto engine = restore(**kept, options);
  if (!engine) return std::move(engine).error();
  const std::vector<std::string>& names = (*kept)->head.portfolios;
  const auto of = [&](UserId u) { return u.n - first_user < names.size() ? names[u.n - first_user] : std::to_string(u.n); };
  for (std::uint32_t n = first_user; n < engine->users(); ++n) {
    for (const AccountView& a : engine->accounts({n}))
      line(to, {{"kind", "account"},
                {"portfolio", of({n})},
                {"uuid", a.id},
                {"currency", a.currency},
                {"available", text(a.account.available)},
                {"hold", text(a.account.hold)}});
  }
  OrderFilter all;
  all.limit = static_cast<std::size_t>(-1);
  std::vector<const Order*> orders = engine->orders(all).orders;
  std::reverse(orders.begin(), orders.end());
  for (const Order* o : orders) line(to, order_line(*engine, *o, of(o->user)));
  for (const Fill& f : engine->all_fills()) line(to, fill_line(*engine, f, of(f.user)));
  return {};
}

}  // namespace bowline::exchange
