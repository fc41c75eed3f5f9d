// GET /risk/state, at the last gate: its limits are the ones that bind.
#include "services/runtime/route_help.hpp"
#include "services/trade_execution/risk_state.hpp"
#include "services/trade_execution/routes.hpp"

namespace bowline::services {
namespace {

constexpr const char* risk_schema =
    R"({"type":"object","required":["time","state","gate_open","equity","limits","trips","products","rules"],"properties":{
"time":{"type":["string","null"],"format":"date-time"},"time_ns":{"type":["integer","null"]},
"state":{"type":"string","enum":["active","reducing","halted"]},"gate_open":{"type":"boolean"},
"equity":{"type":["string","null"],"format":"decimal"},
"equity_at_bid":{"type":["string","null"],"format":"decimal","description":"with what is held at the bid: what peak, drawdown, the day and the trips are reckoned by"},"peak":{"type":["string","null"],"format":"decimal"},
"drawdown":{"type":["string","null"],"format":"decimal","description":"fraction of the peak, now"},
"max_drawdown":{"type":["string","null"],"format":"decimal"},
"day_start":{"type":["string","null"],"format":"decimal"},
"day_result":{"type":["string","null"],"format":"decimal","description":"since the day's opening, without flows; below 0: a loss"},
"exposure":{"type":["string","null"],"format":"decimal"},
"exposure_share":{"type":["string","null"],"format":"decimal","description":"of equity"},
"working_entries":{"type":["string","null"],"format":"decimal","description":"what resting and unanswered buys may still cost"},
"limits":{"type":"array","description":"of the host's floor, and of the ramp where one stands","items":{"type":"object","required":["limit","value","used","headroom"],"properties":{
"limit":{"type":"string"},"value":{"type":["string","null"],"format":"decimal","description":"null: not set"},
"used":{"type":["string","null"],"format":"decimal"},"headroom":{"type":["string","null"],"format":"decimal"}}}},
"trips":{"type":"array","description":"where the host itself goes to reducing, as fractions: of the day's opening equity, of equity 24 hours ago, and of the peak",
"items":{"type":"object","required":["trip","value","used","headroom","tripped"],"properties":{
"trip":{"type":"string","enum":["daily_loss","rolling_loss","drawdown"]},"value":{"type":["string","null"],"format":"decimal","description":"where it trips next; null: never"},
"used":{"type":["string","null"],"format":"decimal"},"headroom":{"type":["string","null"],"format":"decimal"},
"tripped":{"type":"integer","description":"times: today, by the last 24 hours, or since the peak"}}}},
"products":{"type":"array","description":"what is held","items":{"type":"object","required":["instrument","value","share"],"properties":{
"instrument":{"type":"string"},"value":{"type":["string","null"],"format":"decimal"},
"share":{"type":["string","null"],"format":"decimal","description":"of equity"},"blocked":{"type":"boolean"}}}},
"rules":{"type":"array","description":"every rule of the chain, and whoever else has judged","items":{"type":"object","required":["rule","rejected","allowed","shrunk","trips","checks"],"properties":{
"rule":{"type":"string"},"rejected":{"type":"integer"},"allowed":{"type":"integer"},"shrunk":{"type":"integer"},
"trips":{"type":"array","items":{"type":"object","required":["code","count"],"properties":{"code":{"type":"string"},"count":{"type":"integer"},
"value":{"type":["string","null"],"format":"decimal","description":"at the last time"},"limit":{"type":["string","null"],"format":"decimal"},
"headroom":{"type":["string","null"],"format":"decimal","description":"below 0: by so much it was over"}}}},
"checks":{"type":"array","description":"each limit of the rule, with what it came to when an order was judged last, whether it bound or not: a row for each code, or for each product where each has its own. Of a plugin that offers no bowline.assess/1 with checks: what its verdicts told",
"items":{"type":"object","required":["code","unit","bound","value","limit","headroom","instrument","time","time_ns"],"properties":{
"code":{"type":"string"},"unit":{"type":["string","null"],"description":"share_of_equity, quote_amount, base_quantity, fraction, count, seconds; null: not told"},
"bound":{"type":"string","enum":["most","least"],"description":"least: value is not to fall below limit"},
"value":{"type":["string","null"],"format":"decimal","description":"with the order that was judged; null: not looked at yet"},
"limit":{"type":["string","null"],"format":"decimal"},
"headroom":{"type":["string","null"],"format":"decimal","description":"below 0: by so much it is beyond its limit"},
"instrument":{"type":["string","null"],"description":"of the order that was judged last"},
"time":{"type":["string","null"],"format":"date-time"},"time_ns":{"type":["integer","null"]}}}}}}}}})";

}  // namespace

void add_risk_route(edge::Router& router, const Execution& execution, Backend& backend) {
  router.add({.method = edge::Method::Get,
              .path = "/risk/state",
              .operation_id = "get_risk_state",
              .summary = "Each limit of the floor and of the risk rules and how much of it is used, what is held, and what the rules have refused.",
              .description = "Counts are of this process. trips: value and limit of the last refusal with each code; checks: of the last order "
                             "that was judged, also where it passed. Each plugin is asked about itself at each call.",
              .responses = {{200, {"as it is now", risk_schema}}},
              .tag = "operator"},
             [&execution, &backend](const edge::Request& q, edge::Responder answer) {
               if (const auto ok = only_params(q, {}); !ok) return answer.error(400, ok.error());
               on_core(backend, std::move(answer), [&execution, &backend](const Answer& a) {
                 (*a)(edge::Response::json(200, risk_json(execution, backend.now())));
               });
             });
}

}  // namespace bowline::services
