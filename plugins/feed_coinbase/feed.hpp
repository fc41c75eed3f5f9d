// The feed: what stream and REST tell of each product, made into bars without a hole and quotes at most so often.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <bowline/services.hpp>
#include <bowline/views.hpp>

#include "candle_desk.hpp"
#include "coinbase_stream/bar_series.hpp"
#include "coinbase_stream/book.hpp"
#include "coinbase_stream/quote_pace.hpp"
#include "options.hpp"
#include "step_line.hpp"
#include "stream_line.hpp"

namespace bowline::feed_coinbase {

struct FeedProduct {
  std::uint32_t instrument = 0;
  std::string id;
};

/// Counters for the host's metrics; never an amount.
struct FeedCounts {
  std::uint64_t bars = 0, backfilled = 0, revisions = 0, rest_failures = 0, refused_rows = 0;
};

/// From subscribe() of the plugin to its end. One thread at a time; time is the host's.
class Feed final : private StreamUser {
 public:
  /// All are borrowed; `tokens` null where there is no key. `trades`: public trades are wanted, too.
  Feed(const Host& host, const Http& http, const Ws& ws, const FeedOptions& options, coinbase::TokenMaker* tokens,
       std::vector<FeedProduct> products, bool quotes, bool trades);

  /// An answer of the network, or nothing but the time. What there is to say goes into `out`, in order.
  void on_event(const bl_event& event, Events& out);
  void close() { stream_.close(); }
  /// When it wants to be called again without anything happening.
  std::int64_t next_due_ns(std::int64_t now_ns) const;

  const FeedCounts& counts() const noexcept { return counts_; }
  const StreamLine::Counts& stream_counts() const noexcept { return stream_.counts(); }

 private:
  struct Product {
    FeedProduct is;
    coinbase::BarSeries series;
    coinbase::Book book;
    std::int64_t compared_ns = 0;  ///< bars that open before it were compared with the venue's candles
    bool behind = true;
  };

  // StreamUser
  void frame(const coinbase::StreamFrame& frame, std::int64_t at_ns) override;
  void lost() override;
  void books_asked(const std::vector<std::string>& products) override;
  void note(std::uint32_t level, const Error& what) override;

  void take(const CandleAnswer& answer);
  void ask_rest();
  std::optional<coinbase::BarRange> to_compare(const Product& p) const;
  void bars();
  void say(const Step& step);
  void quote(Product& p, std::int64_t event_ns);
  void ticker(const coinbase::StreamTicker& t, std::int64_t event_ns);
  void say(const coinbase::PacedQuote& quote);
  void say(const Product& p, const coinbase::StreamTrade& trade);
  void link();
  std::int64_t next_open(const Product& p) const;
  template <class F>
  void each(std::string_view told, F&& f);

  const Host& host_;
  const FeedOptions& options_;
  std::vector<Product> products_;
  std::map<std::string, std::vector<std::size_t>, std::less<>> told_as_;
  CandleDesk desk_;
  StreamLine stream_;
  StepLine steps_;
  coinbase::QuotePace pace_;
  std::int64_t now_ = 0, began_ns_ = 0, last_ns_ = 0;  ///< last_ns_: ts_recv of the last bars
  std::uint64_t seq_ = 0;
  std::uint32_t link_ = UINT32_MAX;
  const bool books_;  ///< quotes come from order books
  Events* out_ = nullptr;
  std::map<std::string, std::uint64_t, std::less<>> noted_;
  FeedCounts counts_;
};

}  // namespace bowline::feed_coinbase
