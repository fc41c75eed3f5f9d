// bowline plugin list|inspect|schema
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <memory>

#include "cli/verbs.hpp"
#include "core/exit_codes.hpp"
#include "loader/inspect.hpp"

namespace bowline::cli {
namespace {
struct Options {
  std::vector<std::string> folders;
  std::string what;
  bool json = false;
};

int print(const loader::Description& d, bool json) {
  const std::string& text = json ? d.json : d.text;
  std::fwrite(text.data(), 1, text.size(), stdout);
  if (text.empty() || text.back() != '\n') std::fputc('\n', stdout);
  return core::exit_code::ok;
}

Result<loader::Catalogue> scan(const Options& o) {
  std::vector<std::filesystem::path> folders(o.folders.begin(), o.folders.end());
  if (folders.empty()) folders.emplace_back(own_plugin_folder());
  return loader::Catalogue::scan(folders);
}

/// Loading a file to read its schema needs a private copy of it; that folder goes away again.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "bowline-schema-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};
}  // namespace

void add_plugin(CLI::App& app, Action& chosen) {
  CLI::App* plugin = app.add_subcommand("plugin", "list plugins, look into a file, print a schema");
  plugin->require_subcommand(1);
  const auto o = std::make_shared<Options>();
  CLI::App* list = verb(*plugin, "list", "what the plugin folders offer; no file is run",
                        "bowline plugin list --path build/release/plugins");
  list->add_option("--path", o->folders, "plugin folders; default: the project's own");
  list->add_flag("--json", o->json, "one JSON object");
  list->callback([o, &chosen] {
    chosen = [o] {
      auto found = scan(*o);
      if (!found) return fail(found.error());
      return print(loader::describe(*found), o->json);
    };
  });
  CLI::App* inspect = verb(*plugin, "inspect", "describe a file from its ELF note, without running it",
                           "bowline plugin inspect build/release/plugins/libsignal_ema_cross.so");
  inspect->add_option("file", o->what, "plugin file")->required();
  inspect->add_flag("--json", o->json, "one JSON object");
  inspect->callback([o, &chosen] {
    chosen = [o] {
      auto d = loader::inspect(o->what);
      if (!d) return fail(d.error());
      return print(*d, o->json);
    };
  });
  CLI::App* schema = verb(*plugin, "schema", "the JSON Schema of a plugin's params",
                          "bowline plugin schema bowline.signal.ema_cross");
  schema->add_option("id", o->what, "plugin id")->required();
  schema->add_option("--path", o->folders, "plugin folders; default: the project's own");
  schema->callback([o, &chosen] {
    chosen = [o] {
      auto found = scan(*o);
      if (!found) return fail(found.error());
      auto offer = found->find(o->what);
      if (!offer) return fail(offer.error());
      const ScratchFolder scratch;
      loader::TrustPolicy trust;
      trust.var = scratch.path();
      auto text = loader::module_schema(offer->file, o->what, trust);
      if (!text) return fail(text.error());
      std::fwrite(text->data(), 1, text->size(), stdout);
      std::fputc('\n', stdout);
      return core::exit_code::ok;
    };
  });
}

}  // namespace bowline::cli
