// Compiled by CTest, never linked: one way at a time to write an amount or a secret to the log.
#include <bowline/decimal.hpp>
#include <string>
#include <vector>

#include "config/secret.hpp"
#include "observe/log.hpp"

using namespace bowline;

/// Any class that keeps a text to itself; there is no list of types to forget one in.
class Secret {
  std::string text_;

 public:
  const std::string& reveal() const { return text_; }
};

void log_it([[maybe_unused]] const Decimal& amount, [[maybe_unused]] const Secret& key,
            [[maybe_unused]] const config::Secret& from_config, [[maybe_unused]] const std::vector<int>& list) {
  observe::log::info("test", "text {} {} {}", 1, 2.5, std::string("x"));
  observe::log::Event(observe::log::Level::Info, "test").field("n", 1).msg("done");
#ifdef BOWLINE_LOG_DECIMAL
  observe::log::Event(observe::log::Level::Info, "test").field("amount", amount);
#endif
#ifdef BOWLINE_LOG_SECRET
  observe::log::info("test", "key {}", key);
#endif
#ifdef BOWLINE_LOG_CONFIG_SECRET
  observe::log::Event(observe::log::Level::Info, "test").field("key", from_config);
#endif
#ifdef BOWLINE_LOG_CONTAINER
  observe::log::Event(observe::log::Level::Info, "test").msg("list {}", list);
#endif
}
