// Level2 from the text of a frame to the quote: updates per second on one core, at books of several sizes, and the time of a
// snapshot. The text is made here, shaped like the venue's; each frame has 1 to 50 updates.
//   bench_coinbase_stream --benchmark_repetitions=9 --benchmark_report_aggregates_only=true
#include <benchmark/benchmark.h>

#include <random>
#include <string>
#include <vector>

#include "coinbase_stream/book.hpp"
#include "coinbase_stream/decoder.hpp"
#include "coinbase_stream/quote_pace.hpp"
#include "coinbase_stream/sequence.hpp"

namespace {

using namespace bowline::coinbase;
constexpr std::int64_t mid_cents = 6'890'000;

std::string cents(std::int64_t n) {
  const std::string f = std::to_string(100 + n % 100);
  return std::to_string(n / 100) + '.' + f.substr(1);
}
std::string quantity(std::mt19937_64& random) {
  const std::string f = std::to_string(100'000'000 + random() % 100'000'000);
  return std::to_string(random() % 10) + '.' + f.substr(1);
}
/// `depth` levels from the middle of the market, at least 1.
std::string level(bool bid, std::int64_t depth, const std::string& qty, const char* time) {
  return std::string(R"({"side":")") + (bid ? "bid" : "offer") + R"(","event_time":")" + time + R"(","price_level":")" +
         cents(bid ? mid_cents - depth : mid_cents + depth) + R"(","new_quantity":")" + qty + R"("})";
}
std::string frame(const char* type, const std::string& levels, std::uint64_t sequence) {
  return R"({"channel":"l2_data","client_id":"","timestamp":"2026-04-07T14:30:01.456789123Z","sequence_num":)" +
         std::to_string(sequence) + R"(,"events":[{"type":")" + type + R"(","product_id":"BTC-USD","updates":[)" + levels +
         "]}]}";
}
std::string snapshot(std::int64_t levels_a_side) {
  std::mt19937_64 random(7);
  std::string all;
  for (const bool bid : {true, false})
    for (std::int64_t i = 1; i <= levels_a_side; ++i)
      all += (all.empty() ? "" : ",") + level(bid, i, quantity(random), "1970-01-01T00:00:00Z");
  return frame("snapshot", all, 0);
}

struct Tape {
  std::vector<std::string> frames;
  std::size_t updates = 0;
};
/// Two thirds near the top, as markets are, or all over the book; one update in three removes its level.
Tape tape(std::int64_t levels_a_side, bool everywhere) {
  std::mt19937_64 random(11);
  Tape out;
  for (std::uint64_t n = 0; n < 4'000; ++n) {
    std::string all;
    const std::size_t count = 1 + random() % 50;
    for (std::size_t i = 0; i < count; ++i) {
      const bool near = !everywhere && random() % 3 != 0;
      const auto depth = static_cast<std::int64_t>(1 + random() % static_cast<std::uint64_t>(near ? 50 : levels_a_side));
      all += (all.empty() ? "" : ",") + level(random() % 2 == 0, depth, random() % 3 == 0 ? "0.00000000" : quantity(random),
                                              "2026-04-07T14:30:01.456789Z");
    }
    out.frames.push_back(frame("update", all, n));
    out.updates += count;
  }
  return out;
}

void apply(Book& book, const StreamFrame& f, std::int64_t now) {
  for (const BookEvent& e : f.books) book.apply(e, std::span(f.book_updates).subspan(e.first, e.count), f.timestamp_ns, now);
}

void updates(benchmark::State& state, bool everywhere) {
  const Tape t = tape(state.range(0), everywhere);
  StreamDecoder decoder;
  Book book;
  apply(book, **decoder.decode(snapshot(state.range(0))), 0);
  QuotePace pace;
  std::int64_t now = 1'775'572'201'456'789'123;
  std::size_t quotes = 0;
  for (auto _ : state) {
    SequenceTracker tracker;
    for (const std::string& text : t.frames) {
      const auto f = decoder.decode(text);
      if (!f || tracker.note(**f).action != SequenceAction::take) state.SkipWithError("a frame was not taken");
      apply(book, **f, now);
      if (const auto q = book.quote()) quotes += pace.offer(1, *q, book.changed_ns(), now).has_value();
      now += 1'000'000;
    }
  }
  if (!book.usable() || quotes == 0) state.SkipWithError("the book is not usable");
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(t.updates));
}
void level2_near_top(benchmark::State& state) { updates(state, false); }
void level2_everywhere(benchmark::State& state) { updates(state, true); }
BENCHMARK(level2_near_top)->Arg(5'000)->Arg(40'000)->Unit(benchmark::kMillisecond);
BENCHMARK(level2_everywhere)->Arg(5'000)->Arg(40'000)->Unit(benchmark::kMillisecond);

/// The decoder alone.
void level2_decode(benchmark::State& state) {
  const Tape t = tape(5'000, false);
  StreamDecoder decoder;
  std::size_t bytes = 0;
  for (const std::string& text : t.frames) bytes += text.size();
  for (auto _ : state)
    for (const std::string& text : t.frames) benchmark::DoNotOptimize(decoder.decode(text).ok());
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(t.updates));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
}
BENCHMARK(level2_decode)->Unit(benchmark::kMillisecond);

/// A snapshot of so many MiB, from text to a usable book: with a new decoder each time, as after a connect.
void level2_snapshot(benchmark::State& state) {
  const auto wanted = static_cast<std::size_t>(state.range(0)) << 20;
  const std::size_t each = (snapshot(2'000).size() - snapshot(1'000).size()) / 2'000;
  const std::string text = snapshot(static_cast<std::int64_t>(wanted / each / 2) + 1);
  std::size_t levels = 0;
  for (auto _ : state) {
    StreamDecoder decoder;
    Book book;
    const auto f = decoder.decode(text);
    if (!f) state.SkipWithError(f.error().message.c_str());
    apply(book, **f, 0);
    if (!book.usable()) state.SkipWithError("the book is not usable");
    levels = book.size(BookSide::bid) + book.size(BookSide::ask);
  }
  state.counters["MiB"] = static_cast<double>(text.size()) / (1 << 20);
  state.counters["levels"] = static_cast<double>(levels);
}
BENCHMARK(level2_snapshot)->Arg(10)->Arg(64)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
