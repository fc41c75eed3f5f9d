// Where the journal can't be had nobody here knows what is ours but by the venue's word (trading rules 3.7): an order whose client
// id has our mark and that buys is an entry of this program, and to cancel one is safe whoever made it. Nothing else is: what
// sells may be a protection, and what has no mark is somebody else's.
#pragma once

#include <bowline/plugin.h>

#include <cstddef>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/types.hpp"
#include "services/trade_execution/broker_port.hpp"

namespace bowline::services {

/// Whether a report shows an order that works, buys, and has a client id as this program makes them.
bool entry_of_ours(const bl_exec& told) noexcept;

class CancelByWord {
 public:
  /// Borrowed.
  explicit CancelByWord(BrokerPort& broker) noexcept : broker_(broker) {}

  /// One step further: asks for the orders that work, and cancels what an answer that came whole has shown. Called several times a
  /// second; `now`: engine time.
  void look(core::Nanos now);
  void hear(const bl_event& event);
  /// Two answers in a row, each whole, showed no entry of ours.
  bool over() const noexcept { return clean_ >= 2; }

  /// Entries that were seen and cancels that were asked for at least once, by client id.
  std::size_t seen() const noexcept { return cancelled_.size(); }
  /// Of the last whole answer: entries of ours that work still, and orders that are left alone.
  std::size_t working() const noexcept { return working_; }
  std::size_t left_alone() const noexcept { return left_alone_; }
  bool answered() const noexcept { return answered_; }
  /// Why the venue's plugin did not take the last question or cancel; an empty code: it did.
  const Error& trouble() const noexcept { return trouble_; }

 private:
  struct Id {
    std::string client, venue;
  };
  BrokerPort& broker_;
  std::uint64_t request_ = 0;        // of the last question
  bool out_ = false;                 // and it is not answered
  core::Nanos asked_ = 0, next_ = 0;
  std::vector<Id> told_;             // entries, by the answer that is coming in
  std::size_t others_ = 0;           // orders beside them
  std::set<std::string> cancelled_;
  std::size_t working_ = 0, left_alone_ = 0;
  std::uint32_t clean_ = 0;
  bool answered_ = false, due_ = false;  // due_: what was told is to be cancelled
  Error trouble_;

  void cancel(core::Nanos now);
};

}  // namespace bowline::services
