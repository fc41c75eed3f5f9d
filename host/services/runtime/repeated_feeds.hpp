// Feeds that tell what was made up or recorded: the same events, each time they are asked.
#pragma once

#include <span>
#include <string_view>

namespace bowline::services {

/// Their plugins; static text.
std::span<const std::string_view> repeated_feeds() noexcept;

/// Whether a feed of that plugin gives the same events each time, and paces them by a param `speed`.
bool comes_again(std::string_view plugin) noexcept;

}  // namespace bowline::services
