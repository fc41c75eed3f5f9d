// The reference page of the plugins' own params, made from the schemas that the host checks against.
#pragma once

#include <bowline/result.hpp>
#include <filesystem>
#include <string>
#include <string_view>

namespace bowline::cli {

/// A table of one plugin's params: | key | type | default | meaning |; one sentence when it has none.
std::string params_table(std::string_view schema);
/// A section for each plugin of the folder, in the order of their ids. Errors: the loader's.
Result<std::string> plugin_params_markdown(const std::filesystem::path& folder);

}  // namespace bowline::cli
