// The files of sdk/templates, put into the binary when it is built: it needs no files beside it to begin a
// project.
#pragma once

#include <span>
#include <string_view>

namespace bowline::cli {

struct TemplateFile {
  std::string_view kind, path, text;  ///< path and text with @NAME@, @TYPE@ and @PLUGINS@ still in them
};
std::span<const TemplateFile> template_files() noexcept;

}  // namespace bowline::cli
