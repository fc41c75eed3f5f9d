// The latch outside the store (trading rules 3.7): the file HALT in a run's state folder. While it is there no entry and no
// strategy exit leaves a host of that folder. It is set by hand, by bowline-panic or by a host, needs neither of them alive,
// and only an operator's resume takes it off. Plain system calls, no database: it works on a full disk.
#pragma once

#include <bowline/decimal.hpp>
#include <bowline/result.hpp>
#include <filesystem>
#include <string>

namespace bowline::store {

enum class HaltOrder : std::uint8_t {
  stop,      ///< cancel resting entries, keep protective orders
  liquidate  ///< and sell every managed position (trading rules 3.6)
};

/// What the latch says. A file that is empty or can't be read says stop: it is set all the same.
struct Halt {
  HaltOrder order = HaltOrder::stop;
  std::string id;  ///< of the liquidation: one id is one liquidation
  std::string who, why;
  /// Of a liquidation, what its operator has bounded: whoever goes on with it sells no more at once, and no cheaper. Not set: no bound.
  Decimal max_slice = Decimal::not_set();  ///< the worth of one slice, in what the account is counted in
  Decimal end = Decimal::not_set();        ///< how far below the bid its ladder ends (fraction)
};

class HaltLatch {
 public:
  explicit HaltLatch(const std::filesystem::path& var) : file_((var / "HALT").string()), folder_(var.string()) {}

  /// Anything but the proof that the file is not there counts as set. One system call. [any]
  bool set() const noexcept;
  /// [any]
  Halt read() const;
  /// Sets it with its words in one step, then makes that durable. Where they can't be written it is an empty file, which needs
  /// next to no room and says stop. One that orders to liquidate is not turned into a stop. Errors: LATCH_WRITE (not set, not
  /// durable, or an order to liquidate that has no words), LATCH_FOLDER (there is no such folder).
  Result<void> engage(const Halt& halt) const;
  /// Takes it off, durably. Nothing where there is none. Errors: LATCH_WRITE: it is still set.
  Result<void> clear() const;
  const std::string& file() const noexcept { return file_; }

 private:
  std::string file_, folder_;
};

}  // namespace bowline::store
