#include "services/plugin_errors.hpp"

#include "observe/log.hpp"
#include "services/throttle.hpp"

namespace bowline::services {

void PluginErrors::add(std::string_view service, std::string_view instance, std::string_view code, std::string_view words) {
  // Found by view first: what fails with every bar makes no string.
  auto who = counts_.find(instance);
  if (who == counts_.end()) who = counts_.emplace(std::string(instance), ByCode{}).first;
  auto what = who->second.find(code);
  if (what == who->second.end()) what = who->second.emplace(std::string(code), 0).first;
  const std::uint64_t n = ++what->second;
  if (!worth_a_line(n)) return;
  const observe::log::Scope scope({.service = service});
  observe::log::Event(observe::log::Level::Warning, "plugin")
      .field("instance", instance)
      .field("code", code)
      .field("count", n)
      .msg("instance {}: {}: {}", instance, code, words);
}

std::uint64_t PluginErrors::of(std::string_view instance) const noexcept {
  std::uint64_t n = 0;
  if (const auto who = counts_.find(instance); who != counts_.end())
    for (const auto& [code, times] : who->second) n += times;
  return n;
}

}  // namespace bowline::services
