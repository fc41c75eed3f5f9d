// What a configuration says of this feed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <bowline/result.hpp>

#include "coinbase_stream/bar_series.hpp"
#include "common/shell.hpp"

namespace bowline::feed_coinbase {

enum class QuoteSource : std::uint8_t { level2, ticker, none };

struct FeedOptions {
  std::string rest, stream;  ///< without a slash at their end
  std::string key;           ///< "secret://...", or "" for none
  std::int64_t grace_ns = 0, settle_ns = 0, hold_ns = 0, warmup_wait_ns = 0, silence_ns = 0, quiet_ns = 0, compare_after_ns = 0;
  std::int64_t history = 0;  ///< bars of before the start
  std::uint32_t requests_per_second = 10;
  int quotes_per_second = 10;
  QuoteSource quotes = QuoteSource::level2;
  coinbase::EmptyBuckets empty = coinbase::EmptyBuckets::flat;
  std::uint64_t seed = 1;

  /// host[:port] of `rest`, as a token names it.
  std::string authority() const;
};

/// The only length of a bar that the stream tells.
inline constexpr std::int64_t interval_ns = 300'000'000'000;

/// Of params that were held against `schema`. Errors: FEED_INTERVAL (another length than five minutes), FEED_URL.
Result<FeedOptions> feed_options(const plugin_common::Json& params);

inline constexpr std::string_view schema = R"json({"type":"object","additionalProperties":false,"properties":{
"rest_url":{"type":"string","default":"https://api.coinbase.com","description":"where candles are asked for: scheme, host and port"},
"stream_url":{"type":"string","default":"wss://advanced-trade-ws.coinbase.com","description":"where the stream is: scheme, host and port"},
"key":{"type":"string","default":"","pattern":"^(secret://.+)?$","description":"an API key's file as secret://name; empty: none, market data are public"},
"interval":{"type":"integer","x-bowline-unit":"duration","x-bowline-host":"interval","default":300000000000,"minimum":1000000000,"description":"length of a bar: the run's own, which has to be 5m"},
"history":{"type":"integer","default":300,"minimum":0,"maximum":100000,"description":"bars of before the start, to warm up with; nobody acts on them"},
"grace":{"type":"integer","x-bowline-unit":"duration","default":2000000000,"minimum":0,"maximum":60000000000,"description":"how long after its close a bar is waited with"},
"settle":{"type":"integer","x-bowline-unit":"duration","default":10000000000,"minimum":1000000000,"maximum":300000000000,"description":"how long after a close REST is asked for it: its candle is whole then, and none proves that there was no trade"},
"hold":{"type":"integer","x-bowline-unit":"duration","default":3000000000,"minimum":0,"maximum":60000000000,"description":"how long the bars of one close wait for those of other products"},
"warmup_wait":{"type":"integer","x-bowline-unit":"duration","default":60000000000,"minimum":0,"maximum":3600000000000,"description":"the same for bars of before the start"},
"silence":{"type":"integer","x-bowline-unit":"duration","default":10000000000,"minimum":2000000000,"maximum":600000000000,"description":"a stream that says nothing for this long, heartbeats included, is connected anew"},
"quiet":{"type":"integer","x-bowline-unit":"duration","default":300000000000,"minimum":10000000000,"maximum":86400000000000,"description":"a subscription that says nothing for this long is asked for again, and then the stream connected anew"},
"compare_after":{"type":"integer","x-bowline-unit":"duration","default":60000000000,"minimum":10000000000,"maximum":3600000000000,"description":"how long after its close a bar is compared with the venue's candle"},
"empty":{"type":"string","default":"flat","enum":["flat","skip"],"description":"what five minutes without a trade become: a flat bar, or none; as in the data that models learned from"},
"quotes":{"type":"string","default":"level2","enum":["level2","ticker","none"],"description":"where bid and ask come from: the order book, or its best levels as the venue tells them with a trade"},
"quotes_per_second":{"type":"integer","default":10,"minimum":1,"maximum":10,"description":"of a product, at most; always the newest"},
"requests_per_second":{"type":"integer","default":10,"minimum":1,"maximum":30,"description":"for candles: 10 for everybody, 30 with a key"},
"seed":{"type":"integer","default":1,"minimum":0,"description":"of the jitter between attempts"}}})json";

}  // namespace bowline::feed_coinbase
