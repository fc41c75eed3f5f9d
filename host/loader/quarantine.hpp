// <var>/quarantine: which instances ended the process, one JSON object a line. A restart begins reducing
// while it names an instance, and that instance answers REJECT, until an operator releases it.
#pragma once

#include <bowline/result.hpp>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace bowline::loader {

struct QuarantineRecord {
  std::string instance;     ///< id in the configuration
  std::string plugin;       ///< plugin id
  std::string sha256;       ///< of the file that was loaded
  std::string call;         ///< what was being called
  std::string why;          ///< "overrun" or "terminate"
  std::uint64_t event = 0;  ///< id of the event, 0 = none
};

class Quarantine {
 public:
  /// Reads <var>/quarantine. No file = nobody. A torn or foreign line sets damaged(). Error:
  /// PLUGIN_QUARANTINE_IO.
  static Result<Quarantine> read(const std::filesystem::path& var);

  /// Whether `instance` is named. When the file is damaged every instance counts as named: what cannot be
  /// read fails closed.
  bool quarantined(std::string_view instance) const noexcept;
  /// Nobody is named and the file is whole: the run may start active.
  bool empty() const noexcept { return records_.empty() && !damaged_; }
  bool damaged() const noexcept { return damaged_; }
  const std::vector<QuarantineRecord>& records() const noexcept { return records_; }

  /// The operator's release: rewrites the file without `instance` (atomically; "" = empties it, damaged lines
  /// too). Error: PLUGIN_QUARANTINE_IO.
  static Result<void> release(const std::filesystem::path& var, std::string_view instance);

 private:
  std::vector<QuarantineRecord> records_;
  bool damaged_ = false;
};

}  // namespace bowline::loader
