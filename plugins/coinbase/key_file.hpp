// The key file of the portal: {"name" or "id": ..., "privateKey": ...}. Read without a JSON library, which would leave copies of the key
// in memory that nobody wipes.
#pragma once

#include <string>
#include <string_view>

#include <bowline/result.hpp>

#include "coinbase/secret.hpp"

namespace bowline::coinbase {

struct KeyFile {
  std::string name;  ///< "name" where the file has one, "id" otherwise
  Secret key;        ///< "privateKey", its escapes resolved
};

/// Other fields of the object are passed over, whatever they hold. Errors, without a byte of the text: COINBASE_KEY_FILE (no JSON object,
/// a field that is needed is missing or twice there or no text), COINBASE_KEY_TOO_LONG (above 64 KiB).
Result<KeyFile> parse_key_file(std::string_view json);

}  // namespace bowline::coinbase
