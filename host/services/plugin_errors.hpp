// Calls that plugin instances answered with an error, or with something that cannot be true, counted by instance and
// code. The run goes on: risk fails closed, a signal says nothing, the rebalancer's plan before stands. [core thread]
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace bowline::services {

class PluginErrors {
 public:
  using ByCode = std::map<std::string, std::uint64_t, std::less<>>;

  /// Counts, and writes a line for those that are worth_a_line(). `words` are the reason, the plugin's own among them.
  void add(std::string_view service, std::string_view instance, std::string_view code, std::string_view words);
  /// Instance -> code -> how often.
  const std::map<std::string, ByCode, std::less<>>& counts() const noexcept { return counts_; }
  /// Over all codes.
  std::uint64_t of(std::string_view instance) const noexcept;

 private:
  std::map<std::string, ByCode, std::less<>> counts_;
};

}  // namespace bowline::services
