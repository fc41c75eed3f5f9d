// The params' JSON Schema: closed, every param with its default.
#pragma once

#include <string_view>

namespace bowline::broker_mock {

inline constexpr std::string_view schema = R"json({"type":"object","additionalProperties":false,"properties":{
"cash":{"type":"object","properties":{},"additionalProperties":{"type":"string","format":"decimal"},"default":{"USD":"10000"},"description":"first balances by asset code; used only when the state is new"},
"taker_fee":{"type":"number","x-bowline-unit":"percent","default":0.012,"minimum":0,"maximum":0.5,"description":"share of the value traded"},
"maker_fee":{"type":"number","x-bowline-unit":"percent","default":0.006,"minimum":0,"maximum":0.5,"description":"share of the value traded"},
"slippage":{"type":"number","x-bowline-unit":"percent","default":0.0005,"minimum":0,"maximum":0.5,"description":"share of the price that a taker loses"},
"latency":{"type":"integer","x-bowline-unit":"duration","default":0,"minimum":0,"maximum":86400000000000,"description":"from submit, cancel or amend to its arrival at the venue"},
"max_fill_share":{"type":"number","x-bowline-unit":"percent","default":0.1,"exclusiveMinimum":0,"maximum":1,"description":"share of a bar's volume that all our orders together may take"},
"partial_fill_probability":{"type":"number","default":0,"minimum":0,"maximum":1,"description":"that a bar fills only a part of what it could"},
"reject_probability":{"type":"number","default":0,"minimum":0,"maximum":1,"description":"that a new order is rejected"},
"assumed_half_spread":{"type":"number","x-bowline-unit":"percent","default":0.0005,"minimum":0,"maximum":0.5,"description":"between the last close and the touch, for post-only"},
"seed":{"type":"integer","default":1,"minimum":0,"description":"of all that is drawn by lot"},
"rate_limit":{"type":"integer","default":0,"minimum":0,"maximum":1000000,"description":"requests per second of engine time; 0 = no limit"},
"rate_burst":{"type":"integer","default":0,"minimum":0,"maximum":1000000,"description":"requests at once; 0 = as many as rate_limit"},
"timeout_probability":{"type":"number","default":0,"minimum":0,"maximum":1,"description":"that the answer to a submit, cancel or amend is lost"},
"timeout_lost_share":{"type":"number","default":0.5,"minimum":0,"maximum":1,"description":"share of these requests that never arrived"},
"cancel_reject_probability":{"type":"number","default":0,"minimum":0,"maximum":1,"description":"that the cancel of an open order is refused"},
"duplicate_fill_probability":{"type":"number","default":0,"minimum":0,"maximum":1,"description":"that a fill is told twice"},
"late_fill_probability":{"type":"number","default":0,"minimum":0,"maximum":1,"description":"that a fill is told behind the end of its order"},
"late_fill_delay":{"type":"integer","x-bowline-unit":"duration","default":300000000000,"minimum":0,"maximum":86400000000000,"description":"from the order's end to such a fill"},
"lost_fill_probability":{"type":"number","default":0,"minimum":0,"maximum":1,"description":"that a fill is told only to who asks"},
"late_ack_probability":{"type":"number","default":0,"minimum":0,"maximum":1,"description":"that an acceptance is told late"},
"late_ack_delay":{"type":"integer","x-bowline-unit":"duration","default":300000000000,"minimum":0,"maximum":86400000000000,"description":"from the acceptance to its being told"},
"disconnect_probability":{"type":"number","default":0,"minimum":0,"maximum":1,"description":"that the connection breaks as a bar closes"},
"disconnect_duration":{"type":"integer","x-bowline-unit":"duration","default":600000000000,"minimum":1000000000,"maximum":604800000000000,"description":"how long it is down"},
"disconnect_replays":{"type":"boolean","default":false,"description":"whether what happened meanwhile is told when it is up again"},
"external_orders":{"type":"array","default":[],"maxItems":1000,"description":"what somebody else does in the account","items":{"type":"object","additionalProperties":false,"required":["at","do"],"properties":{
"at":{"type":"string","description":"when: 2022-01-01T12:00:00Z, or epoch seconds in quotes"},
"do":{"type":"string","enum":["order","fill","cancel","deposit","withdrawal","trade"],"description":"what"},
"product":{"type":"string","description":"symbol, for order, fill, cancel and trade"},
"asset":{"type":"string","description":"code, for deposit and withdrawal"},
"side":{"type":"string","enum":["buy","sell"],"description":"for order and fill"},
"type":{"type":"string","enum":["limit","market"],"description":"of an order; limit when left out"},
"qty":{"type":"string","format":"decimal","description":"of all but cancel"},
"px":{"type":"string","format":"decimal","description":"of a limit order, a fill or a trade"},
"told":{"type":"boolean","default":true,"description":"whether the venue says it without being asked"}}}},
"state":{"type":"string","default":"file","enum":["file","memory"],"description":"whether the account survives the process"},
"file":{"type":"string","x-bowline-unit":"path","x-bowline-state":true,"default":"mock_venue.db","minLength":1,"description":"the state file"}}})json";

}  // namespace bowline::broker_mock
