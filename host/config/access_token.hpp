// What a token has to be like that lets somebody in at the ports.
#pragma once

#include <bowline/result.hpp>
#include <cstddef>
#include <string_view>

namespace bowline::config {

inline constexpr std::size_t token_least = 32, token_most = 512;

/// Errors: CONFIG_TOKEN_SHORT, CONFIG_TOKEN_FORM (too long, or with what no Authorization header may hold); never with the text.
Result<void> token_fits(std::string_view text);

}  // namespace bowline::config
