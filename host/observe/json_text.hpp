// JSON text pieces for lines and documents that are written by hand.
#pragma once

#include <string>
#include <string_view>

namespace bowline::observe {

/// Appends `text` as a JSON string with quotes; bytes that are not UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);

}  // namespace bowline::observe
