// Every key a configuration may have: the table that the check runs on and that the reference page is made from, so
// that neither can say something else than the other.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace bowline::config {

struct Key {
  std::string_view path;      ///< "bridge.cost_gate"; [] is an element of a list, {} a value of a map
  std::string_view type;      ///< map, list, text, integer, duration, fraction, amount, switch, any
  std::string_view standard;  ///< what holds when it is absent; "required" where it must be there
  std::string_view meaning;
};

std::span<const Key> keys() noexcept;
/// The reference page, as Markdown.
std::string reference_markdown();

}  // namespace bowline::config
