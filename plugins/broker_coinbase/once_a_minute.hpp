// What would be said of one thing again and again, for as long as it is as it is.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace bowline::broker_coinbase {

class OnceAMinute {
  static constexpr std::int64_t again_ns = 60'000'000'000;
  static constexpr std::size_t most = 1000;
  std::map<std::string, std::int64_t> said_;

 public:
  /// Whether it is time to say it, which is taken for done.
  bool may(const std::string& what, std::int64_t now_ns) {
    const auto [it, fresh] = said_.try_emplace(what, now_ns);
    if (!fresh && now_ns - it->second < again_ns) return false;
    it->second = now_ns;
    if (said_.size() > most) said_.clear();
    return true;
  }
};

}  // namespace bowline::broker_coinbase
