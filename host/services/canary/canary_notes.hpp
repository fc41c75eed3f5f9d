// What a canary writes down for who goes on with it: a journal of its own beside the host's, with the run's id before anything is
// sent, and each order before any byte of it leaves. Without it nothing is sent.
#pragma once

#include <bowline/result.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/instrument.hpp"
#include "store/journal.hpp"

namespace bowline::services {

/// The orders of a canary. The numbers are part of their ids.
enum class CanaryLeg : std::uint8_t { far = 0, buy = 1, stop = 2, sale = 3 };
std::string_view to_string(CanaryLeg leg) noexcept;

/// The client id of an order of that run: the same in every process. `epoch`: of the notes' journal.
core::ClientOrderId canary_order_id(std::uint64_t epoch, std::string_view account, std::string_view symbol, std::string_view run, CanaryLeg leg,
                                    std::uint32_t attempt) noexcept;

class CanaryNotes {
 public:
  /// Below the run's state folder.
  static constexpr std::string_view file_name = "canary.db";

  struct Sent {
    CanaryLeg leg{};
    std::uint32_t attempt = 0;
    core::Nanos time = 0;
    std::string venue;  ///< the venue's id of it; "": not told
  };
  /// A run that was begun, and whose end is not noted.
  struct Unfinished {
    std::string run, symbol;
    std::vector<Sent> sent;  ///< in order; each may be at the venue
  };

  /// The file is made where it is not there. Errors: those of store::Journal::open, JOURNAL_ROW (a row of it can't be read): nothing
  /// may be sent then.
  static Result<CanaryNotes> open(const std::filesystem::path& var, const store::Stamp& stamp, const core::InstrumentTable& table);
  /// Without a file, for tests.
  static CanaryNotes in_memory(const core::InstrumentTable& table);

  const std::optional<Unfinished>& unfinished() const noexcept { return unfinished_; }
  std::uint64_t epoch() const noexcept { return journal_->epoch(); }
  core::Nanos last() const noexcept { return last_; }  ///< time of the newest row; 0: there is none

  /// These are durable when they return, or have failed: then nothing may be sent. Errors: JOURNAL_WRITE.
  Result<void> begin(std::string run, std::string symbol, core::Nanos now);
  Result<store::Journal::Durable> record(const store::Journal::Approved& order, CanaryLeg leg, std::uint32_t attempt, core::Nanos now);
  Result<store::Journal::DurableAmendment> record(const store::Journal::ApprovedAmendment& amendment, std::string_view venue, core::Nanos now);
  /// The venue's id of an order of the run.
  Result<void> placed(CanaryLeg leg, std::uint32_t attempt, std::string_view venue, core::Nanos now);
  /// No byte of a recorded order has left.
  Result<void> never_left(CanaryLeg leg, std::uint32_t attempt, core::Nanos now);
  /// Nothing of the run is left at the venue.
  Result<void> over(bool passed, core::Nanos now);

 private:
  CanaryNotes(std::unique_ptr<store::Journal> journal, const core::InstrumentTable& table);
  Result<void> read();
  Result<void> write(std::string row, core::Nanos now);

  std::unique_ptr<store::Journal> journal_;
  std::optional<Unfinished> unfinished_;
  core::Nanos last_ = 0;
};

}  // namespace bowline::services
