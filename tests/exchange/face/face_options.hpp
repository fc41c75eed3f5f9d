// What the face of the venue needs beside the engine and the gate, and how it behaves where Coinbase's behaviour is a setting or is not
// known. More of the latter is in Options (lags, scope and life of a client_order_id) and GateOptions (skew, life of a token).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "exchange/face/candle_source.hpp"
#include "exchange/face/key_holders.hpp"
#include "exchange/wire/message.hpp"

namespace bowline::exchange {

/// What is answered for a client_order_id that was used for an order which asked for something else.
enum class IdMismatch : std::uint8_t { same_order, refuse };
/// What is told of a bucket in which nothing traded, behind one in which something did.
enum class EmptyBuckets : std::uint8_t { skip, repeat_close };
/// What a stream's sequence_num counts.
enum class SequenceScope : std::uint8_t { connection, product };

struct FaceOptions {
  const KeyHolders* holders = nullptr;  ///< borrowed; nullptr: there are none
  CandleSource* candles = nullptr;      ///< borrowed; nullptr: there are none

  // Open points.
  wire::WireOptions wire;  ///< unknown fields of a body
  IdMismatch id_mismatch = IdMismatch::same_order;
  EmptyBuckets empty_buckets = EmptyBuckets::skip;
  SequenceScope sequence_scope = SequenceScope::connection;
  bool client_id_sent = true;        ///< whether frames carry client_id
  bool ack_first = true;             ///< the acknowledgement comes before the snapshot that a subscription brings
  bool short_batch_ends = true;      ///< a snapshot of `user` always ends with fewer than 50 orders, if need be with none
  bool user_endpoint_alone = false;  ///< the user endpoint refuses market channels; they are served on both unless set

  // The streams' beats, in nanoseconds, 1 ms at least.
  std::int64_t subscribe_within_ns = 5'000'000'000;  ///< a connection without a subscription is closed then; forever = never
  std::int64_t quiet_ns = 90'000'000'000;            ///< and so is one to which nothing was sent as long; forever = never
  std::int64_t heartbeat_ns = 1'000'000'000;
  std::int64_t trades_ns = 250'000'000;              ///< market_trades are told in batches
  std::int64_t candles_ns = 1'000'000'000;
  std::int64_t ticker_batch_ns = 5'000'000'000;
  std::size_t snapshot_trades = 50, snapshot_candles = 100;  ///< at most 1,000 and 350
};

}  // namespace bowline::exchange
