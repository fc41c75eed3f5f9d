#include "loader/refusals.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

#include "core/contract.hpp"

namespace bowline::loader {
namespace {

constexpr auto table = std::to_array<Refusal>({
    // the file itself
    {"PLUGIN_MISSING", "There is no file of this name.",
     "Correct the path, or build and install the plugin."},
    {"PLUGIN_NOT_FILE", "The path is a folder, device or pipe.", "Name the shared library itself."},
    {"PLUGIN_UNREADABLE", "The file cannot be opened or read.",
     "Give the user that runs bowline read permission."},
    {"PLUGIN_TOO_LARGE", "The file is larger than 1 GiB.", "Strip it, or correct the path."},
    {"PLUGIN_PERMISSIONS", "Group or others may write to the file, so they could replace what runs.",
     "chmod go-w FILE"},
    {"PLUGIN_OWNER", "The file belongs neither to root nor to the user that runs bowline.",
     "chown it to one of the two."},
    {"PLUGIN_PIN_MISSING", "Mode live demands a pin for every file, and this one has none.",
     "Check the file, then add its SHA-256 under plugins.pins."},
    {"PLUGIN_PIN_MISMATCH", "The file's SHA-256 is not the pinned one.",
     "Restore the pinned file, or, if the new one is wanted, change the pin."},
    // the ELF headers and the note; no code has run
    {"PLUGIN_NOT_ELF", "The file is not an ELF file.", "Name a Linux shared library."},
    {"PLUGIN_TRUNCATED", "The file ends before the parts that its headers speak of.",
     "Copy or build it again."},
    {"PLUGIN_WRONG_MACHINE", "The file was built for another processor.", "Build it for this machine."},
    {"PLUGIN_NOT_LIBRARY", "The file is an executable or an object file.",
     "Link it as a shared library (bowline_add_plugin)."},
    {"PLUGIN_NO_NOTE", "The file carries no Bowline note, so nothing can be known of it without running it.",
     "Build it with bowline_add_plugin(), or put BL_MANIFEST into one source file."},
    {"PLUGIN_NOTE_INVALID", "The note cannot be understood.", "Rebuild with the current SDK."},
    {"PLUGIN_ABI_MAJOR", "The plugin was built for another ABI major.",
     "Rebuild it with an SDK of the host's major."},
    {"PLUGIN_HOST_TOO_OLD", "The plugin needs a newer minor of the ABI than this host has.",
     "Update bowline, or rebuild the plugin with a lower min_host_minor."},
    {"PLUGIN_DUPLICATE_ID", "One plugin id is offered twice, in one file or by two files.",
     "Remove one of the files, or give one plugin another id."},
    {"PLUGIN_NEEDS_LIBRARY", "The file links a shared library that its note does not list.",
     "Link it statically with hidden symbols, or list the distribution's library in the note (`needed`)."},
    {"PLUGIN_NO_ENTRY", "The file does not export bowline_module_v1.",
     "Export it (BOWLINE_PLUGIN does), or use a host of its major."},
    // the private copy and the dynamic loader
    {"PLUGIN_COPY_FAILED", "The verified copy under the state folder could not be made.",
     "Give the state folder space and write permission."},
    {"PLUGIN_LOAD_FAILED", "The dynamic loader refused the file.",
     "Read its message: most often a library or symbol is missing."},
    {"PLUGIN_FILE_CHANGED", "What was mapped is not the file that was verified.",
     "Find out who writes into the state folder."},
    {"PLUGIN_ENTRY_FOREIGN", "bowline_module_v1 was found in another library than the plugin.",
     "Do not link one plugin to another."},
    // what the module says
    {"PLUGIN_TABLE_SIZE", "A table is smaller than ABI 1.0 demands, or larger than the file.",
     "Set its size member to sizeof, and rebuild."},
    {"PLUGIN_POINTER_FOREIGN", "A pointer in the module's tables leads out of the plugin's own file.",
     "Make what the module publishes static in the plugin."},
    {"PLUGIN_SLOT_MISSING", "A function that its kind must have is NULL.", "Implement it."},
    {"PLUGIN_NOTE_MISMATCH", "The loaded module disagrees with the note.",
     "Rebuild, so that both come from one source."},
    {"PLUGIN_SCHEMA_INVALID", "The params schema is not a JSON Schema of an object.",
     "Correct config_schema."},
    {"PLUGIN_SCHEMA_OPEN", "The params schema lets unknown keys through, so a misspelt key would be ignored.",
     "Add \"additionalProperties\": false to every object."},
    // looking plugins up
    {"PLUGIN_FOLDER_MISSING", "A folder of plugins.path does not exist or cannot be read.",
     "Create it or correct the path."},
    {"PLUGIN_NOT_FOUND", "No file in plugins.path offers this plugin id.",
     "Correct the id, or add the file."},
    {"PLUGIN_ID_UNKNOWN", "The file does not offer this plugin id.", "Choose one that it offers."},
    {"PLUGIN_KIND_MISMATCH", "The plugin is of another kind than the instance.",
     "Correct `kind` or `plugin` of the instance."},
    // instances
    {"PLUGIN_CREATE_FAILED", "The plugin could not make an instance.", "Read its message."},
    {"PLUGIN_CONFIGURE_FAILED", "The plugin refused its params.", "Read its message and correct the params."},
    {"PLUGIN_START_FAILED", "The instance could not start.", "Read its message."},
    {"PLUGIN_STOP_FAILED", "The instance reported an error from stop and was abandoned.",
     "Read its message."},
    {"PLUGIN_STOP_OVERRUN", "stop took longer than its grace and the instance was abandoned.",
     "Make stop quicker, or raise the grace."},
    {"PLUGIN_SAVE_FAILED", "The instance could not save its state.", "Read its message."},
    {"PLUGIN_SAVED_STATE_REFUSED", "The instance refused a saved state.",
     "Start it without one; it warms up from history."},
    {"PLUGIN_CALL_FAILED", "A control call returned an error.", "Read its message."},
    {"PLUGIN_NEEDS_INVALID", "needs() asked for something impossible.", "Correct the plugin."},
    {"PLUGIN_EXTENSION_MISSING", "The plugin does not offer an extension that is needed.",
     "Choose a plugin that does."},
    {"PLUGIN_EXTENSION_INVALID", "What an extension handed out makes no sense.", "Correct the plugin."},
    {"PLUGIN_FIT_CANCELLED", "Training was cancelled.", "Start it again when it suits."},
    {"PLUGIN_FAULT", "The instance reported a fault it cannot recover from.",
     "Read its message and correct what it names. The run has ended."},
    {"PLUGIN_TERMINATED", "An exception reached the plugin's boundary, or it called abort(): the process ended.",
     "Mend the plugin, or take the instance out of the configuration."},
    {"PLUGIN_STATE", "A call was not legal in the instance's state.",
     "This is a defect in the host: report it."},
    {"PLUGIN_QUARANTINE_IO", "The quarantine file cannot be read or written.",
     "Give the state folder space and permission."},
});

}  // namespace

std::span<const Refusal> refusals() noexcept { return table; }

std::string refusals_markdown() {
  std::string page =
      "# Why a plugin was turned away\n\n"
      "Every refusal is one sentence with a stable code: the file or the instance, what it needs, what this "
      "host has, and "
      "what to do.\nNothing of a file has run when a code up to `PLUGIN_COPY_FAILED` is given.\n\n"
      "| code | meaning | what to do |\n|---|---|---|\n";
  for (const Refusal& row : table) {
    page.append("| `").append(row.code).append("` | ").append(row.meaning).append(" | ");
    page.append(row.remedy).append(" |\n");
  }
  return page;
}

namespace {
Error make(std::string_view code, std::string subject, std::string fact, std::string todo) {
  BOWLINE_EXPECTS(std::ranges::any_of(table, [&](const Refusal& row) { return row.code == code; }));
  return Error{std::string(code), std::move(subject) + ": " + std::move(fact) + ": " + std::move(todo), {}};
}
}  // namespace

Error refuse(std::string_view code, std::string_view file, std::string fact, std::string todo) {
  const std::string name = std::filesystem::path(file).filename().string();
  Error error =
      make(code, "plugin " + (name.empty() ? std::string(file) : name), std::move(fact), std::move(todo));
  error.details.emplace_back("file", std::string(file));
  return error;
}

Error refuse_instance(std::string_view code, std::string_view instance, std::string fact, std::string todo) {
  Error error = make(code, "instance " + std::string(instance), std::move(fact), std::move(todo));
  error.details.emplace_back("instance", std::string(instance));
  return error;
}

}  // namespace bowline::loader
