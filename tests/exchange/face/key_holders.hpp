// Whose an API key is, and what it may do. The key's public half is the token gate's.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "exchange/engine/accounts.hpp"

namespace bowline::exchange {

struct KeyHolder {
  UserId user;  ///< the portfolio that the key is bound to
  bool can_view = true, can_trade = true, can_transfer = false;
};

/// By the name of the key. A key that the gate knows and that is not here is as good as unknown.
using KeyHolders = std::map<std::string, KeyHolder, std::less<>>;

}  // namespace bowline::exchange
