// Every reason for which the loader turns a plugin file or an instance away: one table, from which the error
// codes, the documentation page and its test come.
#pragma once

#include <bowline/result.hpp>
#include <span>
#include <string>
#include <string_view>

namespace bowline::loader {

/// One row: the stable code, what it means, and what to do about it.
struct Refusal {
  std::string_view code;
  std::string_view meaning;
  std::string_view remedy;
};

/// All refusals, in the order of the checks. Static.
std::span<const Refusal> refusals() noexcept;

/// The table as a Markdown page: the source of docs/plugin_refusals.md.
std::string refusals_markdown();

/// An error in the one shape all refusals have: "plugin <file>: <fact>: <what to do>". `code` must be a row
/// of refusals() (a pre-condition). `file` is shown as its last path component in the message; the whole path
/// goes to details["file"].
Error refuse(std::string_view code, std::string_view file, std::string fact, std::string todo);

/// The same for something said of an instance: "instance <id>: <fact>: <what to do>".
Error refuse_instance(std::string_view code, std::string_view instance, std::string fact, std::string todo);

}  // namespace bowline::loader
