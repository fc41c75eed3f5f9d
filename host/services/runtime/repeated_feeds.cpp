#include "services/runtime/repeated_feeds.hpp"

#include <algorithm>
#include <array>

namespace bowline::services {
namespace {
constexpr auto repeated = std::to_array<std::string_view>({"bowline.feed.replay", "bowline.feed.simulated"});
}  // namespace

std::span<const std::string_view> repeated_feeds() noexcept { return repeated; }

bool comes_again(std::string_view plugin) noexcept { return std::find(repeated.begin(), repeated.end(), plugin) != repeated.end(); }

}  // namespace bowline::services
