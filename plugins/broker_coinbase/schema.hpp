// The params' JSON Schema: closed, every param with its default.
#pragma once

#include <string_view>

namespace bowline::broker_coinbase {

inline constexpr std::string_view schema = R"json({"type":"object","additionalProperties":false,"properties":{
"key":{"type":"string","x-bowline-key":"file","default":"","description":"secret://... of the portal's key file, as its JSON text; or leave it empty and set key_name and private_key"},
"key_name":{"type":"string","x-bowline-key":"name","default":"","description":"the key's name, or secret://... of it"},
"private_key":{"type":"string","default":"","description":"secret://... of the private key's text"},
"portfolio":{"type":"string","x-bowline-host":"execution.portfolio_uuid","default":"","description":"uuid of the portfolio that the key has to be bound to: the run's own, which it takes when left out; empty: whichever it is"},
"data_symbols":{"type":"object","x-bowline-host":"instruments.data_symbol","additionalProperties":{"type":"string"},"default":{},"description":"what the data of products are told under, where that is another product: each has to share its book, by the venue's word"},
"allow_transfer_key":{"type":"boolean","default":false,"description":"take a key that may move money out of the account"},
"api_url":{"type":"string","default":"https://api.coinbase.com","minLength":8,"maxLength":200,"description":"where requests go: scheme, host and port"},
"ws_url":{"type":"string","default":"wss://advanced-trade-ws-user.coinbase.com","minLength":6,"maxLength":200,"description":"where the stream of the account is"},
"stream":{"type":"boolean","default":true,"description":"listen to the account's stream, which tells earlier what is to be asked for"},
"rate":{"type":"integer","default":10,"minimum":1,"maximum":1000,"description":"requests a second of the key"},
"open_rate":{"type":"integer","default":10,"minimum":1,"maximum":1000,"description":"requests a second that need no key"},
"per_hour":{"type":"integer","default":10000,"minimum":0,"maximum":10000000,"description":"requests an hour of the key; 0 = no such quota"},
"request_timeout":{"type":"integer","x-bowline-unit":"duration","default":10000000000,"minimum":100000000,"maximum":60000000000,"description":"how long a request may take, the waiting for its turn included"},
"tries":{"type":"integer","default":4,"minimum":1,"maximum":20,"description":"how often a question, and an entry that never left, is tried"},
"cancel_tries":{"type":"integer","default":20,"minimum":1,"maximum":1000,"description":"how often a cancel without an answer is sent before the host is told that there is none"},
"backoff_first":{"type":"integer","x-bowline-unit":"duration","default":250000000,"minimum":10000000,"maximum":60000000000,"description":"the first wait before something is tried again"},
"backoff_most":{"type":"integer","x-bowline-unit":"duration","default":10000000000,"minimum":10000000,"maximum":600000000000,"description":"the longest"},
"sweep":{"type":"integer","x-bowline-unit":"duration","default":30000000000,"minimum":1000000000,"maximum":3600000000000,"description":"how often fills and working orders are asked for while the stream is sound"},
"sweep_alone":{"type":"integer","x-bowline-unit":"duration","default":5000000000,"minimum":1000000000,"maximum":3600000000000,"description":"the same while it is not, or there is none"},
"stream_silence":{"type":"integer","x-bowline-unit":"duration","default":10000000000,"minimum":2000000000,"maximum":600000000000,"description":"a stream without a heartbeat for so long is made anew"},
"time_check":{"type":"integer","x-bowline-unit":"duration","default":600000000000,"minimum":10000000000,"maximum":86400000000000,"description":"how often the venue's clock is asked for"},
"overlap":{"type":"integer","x-bowline-unit":"duration","default":60000000000,"minimum":0,"maximum":86400000000000,"description":"how far before the moment that is asked for fills are listed"},
"accounts_page":{"type":"integer","default":250,"minimum":1,"maximum":250,"description":"wallets a page"},
"orders_page":{"type":"integer","default":100,"minimum":1,"maximum":1000,"description":"orders a page"},
"fills_page":{"type":"integer","default":100,"minimum":1,"maximum":1000,"description":"fills a page"},
"max_pages":{"type":"integer","default":200,"minimum":1,"maximum":100000,"description":"a list of more pages is not read to its end, and its answer says so"},
"placement_sources":{"type":"array","default":["RETAIL_ADVANCED","RETAIL_SIMPLE"],"minItems":1,"maxItems":8,"items":{"type":"string","minLength":1,"maxLength":64},"description":"where orders may come from: the venue lists one source at a time"},
"probe_stops":{"type":"boolean","default":true,"description":"ask by a preview whether a product takes stop orders; without it none is said to"},
"seed":{"type":"integer","default":1,"minimum":0,"description":"of the jitter in waits"}}})json";

}  // namespace bowline::broker_coinbase
