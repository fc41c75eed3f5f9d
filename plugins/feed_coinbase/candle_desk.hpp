// Asks the venue's REST interface for candles, for one product at a time each: what the stream did not tell, and what a bar is
// compared with later. It paces itself after failures; the host's budget paces the rest.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <bowline/network.hpp>

#include "backoff.hpp"
#include "coinbase/jwt.hpp"
#include "coinbase_stream/bar_series.hpp"
#include "options.hpp"

namespace bowline::feed_coinbase {

struct CandleAnswer {
  std::size_t product = 0;
  coinbase::BarRange range{};
  std::int64_t sent_ns = 0;
  std::vector<coinbase::BackfillRow> rows;
};

/// One thread at a time. All times are the caller's clock.
class CandleDesk {
 public:
  /// `tokens`: null where there is no key. Both are borrowed.
  CandleDesk(const Http& http, const FeedOptions& options, coinbase::TokenMaker* tokens, std::vector<std::string> products);

  /// Whether something may be asked of that product now: nothing is out, and no failure is to be waited out.
  bool free(std::size_t product, std::int64_t now_ns) const;
  /// Sends the question. An error is one failure of the product's. Errors: those of the request and the token, FEED_REST_REFUSED.
  Result<void> ask(std::size_t product, coinbase::BarRange range, std::int64_t now_ns);
  /// The reply to a question of this desk's; nullopt: it is none. Errors: FEED_REST_FAILED (the status, or how it ended),
  /// FEED_CANDLES_UNREADABLE.
  std::optional<Result<CandleAnswer>> answer(const HttpReply& reply, std::int64_t now_ns);
  /// The answer did not bring what was wanted yet: not before `at_ns`.
  void later(std::size_t product, std::int64_t at_ns) { lines_[product].after_ns = at_ns; }

  /// The venue was heard from again: what failed while it was away need not be waited out, and all ask at one time.
  void back(std::int64_t now_ns);

  std::uint64_t asked() const noexcept { return last_; }

 private:
  struct Line {
    std::string product;
    Backoff backoff;
    std::int64_t after_ns = 0;
    bool out = false;
  };
  struct Question {
    std::size_t product;
    coinbase::BarRange range;
    std::int64_t sent_ns;
  };
  void failed(Line& line, std::int64_t now_ns, std::int64_t at_least_ns);

  const Http& http_;
  const FeedOptions& options_;
  coinbase::TokenMaker* tokens_;
  std::vector<Line> lines_;
  std::map<std::uint64_t, Question> out_;
  std::uint64_t last_ = 0;
  std::int64_t all_after_ns_ = 0;  ///< the venue said that we ask too often
};

}  // namespace bowline::feed_coinbase
