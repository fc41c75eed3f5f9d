#include "store/market_tape.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/contract.hpp"

namespace bowline::store {
namespace {
namespace fs = std::filesystem;

constexpr std::uint32_t nobody = std::numeric_limits<std::uint32_t>::max();

std::string text_of(const Stamp& s) { return "mode " + s.mode + ", venue " + s.venue + ", portfolio " + s.portfolio; }
}  // namespace

MarketTape::MarketTape(std::vector<SegmentName> segments, SegmentReader first)
    : segments_(std::move(segments)), reader_(std::move(first)), run_(reader_.header().run) {}

Result<std::unique_ptr<MarketTape>> MarketTape::open(const fs::path& folder, const Stamp& stamp, const core::InstrumentTable& table) {
  auto segments = segments_in(folder);
  const auto absent = [&folder](const std::string& why) { return Error{"MARKET_LOG_ABSENT", "recorded market " + folder.string() + ": " + why}; };
  if (segments.empty()) return absent("there is none");
  if (segments.front().number != 1) return absent("it begins with segment " + std::to_string(segments.front().number) + ": what came before is kept no longer");
  auto reader = SegmentReader::open(segments.front().file);
  if (!reader) return reader.error();
  const MarketHeader& header = reader->header();
  if (header.resumed) return absent("what the run's first process heard was not recorded: it begins with a later one");
  if (header.stamp.mode != stamp.mode || header.stamp.venue != stamp.venue || header.stamp.portfolio != stamp.portfolio)
    return Error{"MARKET_LOG_STAMP", "recorded market " + folder.string() + ": belongs to " + text_of(header.stamp) + "; the journal is of " + text_of(stamp)};
  std::unique_ptr<MarketTape> tape(new MarketTape(std::move(segments), std::move(*reader)));
  if (auto done = tape->name_instruments(table); !done) return done.error();
  return tape;
}

Result<void> MarketTape::name_instruments(const core::InstrumentTable& table) {
  ids_.assign(1, 0);
  known_ = table.size();
  for (const std::string& symbol : reader_.header().instruments) {
    const core::InstrumentId id = table.find(symbol);
    if (!id) return Error{"MARKET_LOG_INSTRUMENT", "the recorded market has " + symbol + ", and this configuration does not: name the one that the run was made from"};
    ids_.push_back(id.value);
  }
  return {};
}

// Frame by frame, and segment by segment, as long as the numbers follow each other and the process is the same.
void MarketTape::go_on() {
  const auto at = [this] { return " in " + segments_[segment_].file.string(); };
  while (why_.empty()) {
    MarketFrame next;
    const auto more = reader_.next(next);
    if (more && *more) {
      const std::uint64_t first = next.next - next.events.size();
      if (first != expected_) {
        why_ = first > expected_ ? std::to_string(first - expected_) + " events were lost there" : "events come twice" + at();
        return;
      }
      expected_ = next.next;
      for (HeardEvent& h : next.events) {
        std::uint32_t& id = h.event.h.instrument;
        if (id < ids_.size()) id = ids_[id];
        else if (id <= known_) id = nobody;  // of none that either of them has
      }
      frame_ = std::move(next);
      at_ = 0;
      if (frame_.events.empty() && !frame_.end) continue;
      return;
    }
    if (!more) {
      why_ = more.error().message;
      return;
    }
    if (segment_ + 1 == segments_.size()) {
      why_ = "it ends there: the process died, or goes on";
      return;
    }
    auto reader = SegmentReader::open(segments_[segment_ + 1].file);
    if (!reader) {
      why_ = reader.error().message;
      return;
    }
    ++segment_;
    if (reader->header().run != run_) {
      why_ = "the process died there, and another one went on";
      return;
    }
    const bool same = reader->header().instruments == reader_.header().instruments && reader->header().feeds == reader_.header().feeds;
    reader_ = std::move(*reader);
    if (!same) why_ = "other instruments or feeds" + at();
  }
}

MarketTape::Front MarketTape::front(core::MarketEvent*& event) {
  if (at_ == frame_.events.size() && !frame_.end && why_.empty()) go_on();
  if (at_ < frame_.events.size()) {
    event = &frame_.events[at_].event;
    return Front::event;
  }
  return frame_.end ? Front::ended : Front::unknown;
}

void MarketTape::pop() noexcept {
  ++events_;
  last_ = std::max(last_, core::Nanos{frame_.events[at_].event.h.ts_recv});
  ++at_;
}

std::uint64_t MarketTape::rows() const noexcept {
  return at_ < frame_.events.size() ? frame_.events[at_].rows : std::numeric_limits<std::uint64_t>::max();
}

const std::string& MarketTape::feed() const {
  BOWLINE_EXPECTS(at_ < frame_.events.size());
  return reader_.header().feeds[frame_.events[at_].feed];
}

}  // namespace bowline::store
