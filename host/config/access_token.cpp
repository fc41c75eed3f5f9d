#include "config/access_token.hpp"

#include <cctype>
#include <string>

namespace bowline::config {

Result<void> token_fits(std::string_view text) {
  if (text.size() < token_least)
    return Error{"CONFIG_TOKEN_SHORT", "a token has at least " + std::to_string(token_least) +
                                           " characters, and this one has fewer: make one with `openssl rand -hex 32`"};
  bool plain = text.size() <= token_most;
  for (std::size_t i = 0; plain && i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    plain = std::isalnum(c) != 0 || std::string_view("-._~+/=").find(text[i]) != std::string_view::npos;
  }
  if (!plain)
    return Error{"CONFIG_TOKEN_FORM", "a token has letters, digits and -._~+/= alone, " + std::to_string(token_most) +
                                          " at most: make one with `openssl rand -hex 32`"};
  return {};
}

}  // namespace bowline::config
