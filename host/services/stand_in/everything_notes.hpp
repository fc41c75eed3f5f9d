// What a sale of everything (trading rules 3.7) writes down for who goes on with it: a journal of its own, beside the host's, which
// may be damaged or held by a host that hangs. Each sale is durable there before any byte of it leaves. Where it can't be written
// the sale goes on all the same, by the venue alone, since the disk may be what is broken: trouble() says so.
#pragma once

#include <bowline/decimal.hpp>
#include <bowline/result.hpp>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "core/instrument.hpp"
#include "store/journal.hpp"

namespace bowline::services {

class EverythingNotes {
 public:
  /// Below the run's state folder.
  static constexpr std::string_view file_name = "panic_everything.db";

  /// Of one product, by calls before this one.
  struct Known {
    std::uint32_t attempt = 0;                     ///< of the next sale, or of the newest whose end is not known
    Decimal held_before = Decimal::not_set();      ///< of it at the venue before the first sale; not set: not noted
    Decimal sold = Decimal::zero(), proceeds = Decimal::zero(), fees = Decimal::zero();
  };
  struct Slice {
    std::uint32_t attempt = 0;
    Decimal sold = Decimal::zero(), proceeds = Decimal::zero(), fees = Decimal::zero();
  };

  /// `id`: of the liquidation; rows of others are passed over. `table` is borrowed. The file is made where it is not there. One
  /// that is damaged is left as it is, and nothing is written. Errors: JOURNAL_LOCKED alone: somebody does this already.
  static Result<EverythingNotes> open(const std::filesystem::path& var, const store::Stamp& stamp, const core::InstrumentTable& table, std::string id);
  /// Without a file.
  static EverythingNotes in_memory(const core::InstrumentTable& table, std::string id);

  Known known(std::string_view symbol) const;
  void held(std::string_view symbol, Decimal held_before, core::Nanos now);
  /// The proof that it may leave: durable where that can be had, else only of this process.
  Result<store::Journal::Durable> record(const store::Journal::Approved& sale, std::string_view symbol, std::uint32_t attempt, core::Nanos now);
  void ended(std::string_view symbol, const Slice& slice, core::Nanos now);
  void over(std::string_view receipt, core::Nanos now);
  /// Makes what was noted durable.
  void flush();

  /// Why nothing is written, or nothing any more; an empty code: it is.
  const Error& trouble() const noexcept { return trouble_; }
  std::string head() const { return journal_->head(); }

 private:
  EverythingNotes(std::unique_ptr<store::Journal> journal, const core::InstrumentTable& table, std::string id);
  Result<void> read();
  void note(std::string text, core::Nanos now);
  void give_up(Error why);

  std::unique_ptr<store::Journal> journal_;
  const core::InstrumentTable* table_;
  std::string id_;
  Error trouble_;
  std::map<std::string, Known, std::less<>> known_;
};

}  // namespace bowline::services
