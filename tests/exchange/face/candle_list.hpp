// Candles as the venue tells them: those of the source, and what becomes of the buckets between them.
#pragma once

#include "exchange/face/face_options.hpp"

namespace bowline::exchange {

/// The candles of a book whose start is in [start_s, end_s] and not ahead of now_s, oldest first. With EmptyBuckets::repeat_close a bucket
/// without a trade repeats the close before it (of up to most_candles buckets before the span), at volume 0. The span must not hold more
/// than most_candles buckets.
std::vector<Candle> candle_list(const FaceOptions& options, std::string_view book, Granularity granularity, std::int64_t start_s,
                                std::int64_t end_s, std::int64_t now_s);

}  // namespace bowline::exchange
