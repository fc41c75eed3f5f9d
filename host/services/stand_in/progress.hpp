// How far a liquidation is, in words for who waits for it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bowline::services {

/// What its receipt says now and did not say before, a line each; `before` may be empty. Products without a position are passed
/// over.
std::vector<std::string> progress(std::string_view before, std::string_view receipt);

}  // namespace bowline::services
