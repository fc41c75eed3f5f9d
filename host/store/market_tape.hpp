// The recorded market of a run's first process, event by event in the order in which its core took them. Only read, also while a
// host goes on with it.
#pragma once

#include <bowline/result.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/instrument.hpp"
#include "store/market_segment.hpp"

namespace bowline::store {

class MarketTape {
 public:
  /// `table`: what the events' instruments are called here. Errors: those of SegmentReader::open; MARKET_LOG_ABSENT
  /// (nothing was recorded, or not from the beginning), MARKET_LOG_STAMP (of another run), MARKET_LOG_INSTRUMENT (one that the
  /// table does not have).
  static Result<std::unique_ptr<MarketTape>> open(const std::filesystem::path& folder, const Stamp& stamp, const core::InstrumentTable& table);

  /// What comes next.
  enum class Front : std::uint8_t {
    event,
    ended,    ///< nothing any more: the recorded process came to its end; see end()
    unknown   ///< what came next is not on it: see why()
  };
  /// The event stays where it is until pop(); it may be changed.
  Front front(core::MarketEvent*& event);
  void pop() noexcept;
  /// How many rows the recorded journal had in front of that event. Behind the last one: all that may be.
  std::uint64_t rows() const noexcept;
  /// Who told it. Precondition: front() gave an event.
  const std::string& feed() const;

  /// How far it was played: events, and when the last of them was known.
  std::uint64_t events() const noexcept { return events_; }
  core::Nanos last() const noexcept { return last_; }
  /// How the recorded process ended; precondition: front() says ended.
  const MarketEnd& end() const { return *frame_.end; }
  /// Why nothing more is known; empty unless front() says unknown.
  const std::string& why() const noexcept { return why_; }

 private:
  MarketTape(std::vector<SegmentName> segments, SegmentReader first);
  Result<void> name_instruments(const core::InstrumentTable& table);
  void go_on();
  std::vector<SegmentName> segments_;
  std::size_t segment_ = 0;
  SegmentReader reader_;
  std::string run_;
  std::vector<std::uint32_t> ids_;  // here, by their number there
  std::size_t known_ = 0;           // how many there are here
  MarketFrame frame_;
  std::size_t at_ = 0;
  std::uint64_t expected_ = 1, events_ = 0;
  core::Nanos last_ = 0;
  std::string why_;
};

}  // namespace bowline::store
