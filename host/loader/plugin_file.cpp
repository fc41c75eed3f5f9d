#include "loader/plugin_file.hpp"

#define BOOST_DLL_USE_STD_FS
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <array>
#include <boost/dll/shared_library.hpp>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "loader/file_bytes.hpp"
#include "loader/mapped_object.hpp"
#include "loader/module_check.hpp"
#include "loader/private_copy.hpp"
#include "loader/refusals.hpp"
#include "loader/sha256.hpp"

namespace bowline::loader {

namespace fs = std::filesystem;

// The handle is kept for symbol look-up; closing it does not unmap anything (RTLD_NODELETE).
struct Module::Library {
  boost::dll::shared_library handle;
};

Module::Module() = default;
Module::~Module() = default;

namespace {

constexpr std::uint64_t max_file = 1ull << 30;
constexpr const char* entry_name = "bowline_module_v1";

// The run time that every Debian has, and the sanitizers' for builds that use them.
constexpr auto run_time = std::to_array<std::string_view>(
    {"libc.so.6", "libm.so.6", "libstdc++.so.6", "libgcc_s.so.1", "libgomp.so.1", "libpthread.so.0",
     "libdl.so.2", "librt.so.1", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1", "libasan.so.8",
     "libubsan.so.1", "libtsan.so.2", "liblsan.so.0"});

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

struct OpenFile {
  UniqueFd fd;
  std::uint64_t size = 0;
};

Result<OpenFile> open_trusted(const fs::path& path) {
  const std::string file = path.string();
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd && (errno == ENOENT || errno == ENOTDIR))
    return refuse("PLUGIN_MISSING", file, "there is no file " + file,
                  "correct the path, or build and install the plugin");
  if (!fd)
    return refuse("PLUGIN_UNREADABLE", file, "cannot be opened (" + std::string(std::strerror(errno)) + ")",
                  "give the user that runs bowline read permission");
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode))
    return refuse("PLUGIN_NOT_FILE", file, "needs to be a regular file and is a folder, device or pipe",
                  "name the shared library");
  const uid_t user = ::geteuid();
  if (info.st_uid != 0 && info.st_uid != user)
    return refuse("PLUGIN_OWNER", file,
                  "belongs to user " + std::to_string(info.st_uid) + ", and only files of root or of user " +
                      std::to_string(user) + " are run",
                  "chown it to one of the two");
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return refuse("PLUGIN_PERMISSIONS", file,
                  "can be written to by group or others, so they could replace what runs",
                  "chmod go-w " + file);
  const auto size = static_cast<std::uint64_t>(info.st_size);
  if (size > max_file)
    return refuse("PLUGIN_TOO_LARGE", file, "has more than 1 GiB", "strip it, or correct the path");
  return OpenFile{std::move(fd), size};
}

/// Files without a pin, by name, with the SHA-256 that they have. All of a plugin's at once: who pins them need not come again.
using Unpinned = std::vector<std::pair<std::string, std::string>>;

Result<void> no_pins(const std::string& file, const Unpinned& unpinned) {
  std::string names, lines;
  for (const auto& [name, sha256] : unpinned) {
    names.append(names.empty() ? "" : ", ").append(name);
    lines.append(lines.empty() ? "\"" : ", \"").append(name).append(": ").append(sha256).append("\"");
  }
  const char* what = unpinned.size() == 1 ? "check the file, then add " : "check the files, then add ";
  return refuse("PLUGIN_PIN_MISSING", file, "mode live needs a pin for " + names + " and plugins.pins has none", what + lines + " under plugins.pins");
}

Result<void> check_pin(const std::string& file, const std::string& name, const std::string& sha256, const TrustPolicy& policy, Unpinned& unpinned) {
  const auto pin = policy.pins.find(name);
  if (pin == policy.pins.end()) {
    if (policy.pins_required) unpinned.emplace_back(name, sha256);
    return {};
  }
  if (lower(pin->second) == sha256) return {};
  return refuse("PLUGIN_PIN_MISMATCH", file,
                "plugins.pins wants SHA-256 " + pin->second + " for " + name + ", it has " + sha256,
                "restore the pinned file, or change the pin if the new one is wanted");
}

Result<void> check_static(const PluginHeader& header, const std::string& file) {
  for (const std::string& library : header.needed) {
    const auto known = [&](const auto& list) {
      return std::ranges::find(list, library) != std::ranges::end(list);
    };
    if (!known(run_time) && !known(header.manifest.needed))
      return refuse("PLUGIN_NEEDS_LIBRARY", file,
                    "needs the shared library " + library + ", which its note does not list",
                    "link it statically with hidden symbols, or list it in the note: `needed` of the type that BOWLINE_PLUGIN names, or \"needed\" in BL_MANIFEST");
  }
  if (header.entries_known && std::ranges::find(header.entries, entry_name) == header.entries.end()) {
    std::string has;
    for (const std::string& entry : header.entries) has += (has.empty() ? "" : ", ") + entry;
    return refuse(
        "PLUGIN_NO_ENTRY", file,
        std::string("this host calls ") + entry_name + ", and the file exports " +
            (has.empty() ? "no bowline_module_v*" : has + " only"),
        has.empty() ? "export it (BOWLINE_PLUGIN does) and rebuild" : "rebuild it with an SDK of major 1");
  }
  return {};
}

// The libraries that the note lists are part of what a live pin vouches for. They are known by path only once
// loaded.
Result<void> check_library_pins(const Manifest& manifest, const std::string& file,
                                const TrustPolicy& policy) {
  Unpinned unpinned;
  for (const std::string& library : manifest.needed) {
    if (!policy.pins_required && !policy.pins.contains(library)) continue;
    const fs::path path = loaded_library(library);
    if (path.empty()) continue;  // listed, not linked
    UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat info {};
    const bool readable = fd && ::fstat(fd.get(), &info) == 0;
    const FileBytes bytes =
        readable ? read_all(fd.get(), static_cast<std::size_t>(info.st_size)) : FileBytes{};
    if (!bytes.data)
      return refuse("PLUGIN_UNREADABLE", file, "its library " + path.string() + " cannot be read",
                    "make it readable");
    if (auto pinned = check_pin(file, library, sha256_hex(bytes.view()), policy, unpinned); !pinned) return pinned;
  }
  return unpinned.empty() ? Result<void>{} : no_pins(file, unpinned);
}

struct Entry {
  const bl_module* module;
  MappedObject object;
};

Result<Entry> enter(boost::dll::shared_library& handle, const PrivateCopy& copy, const std::string& file) {
  constexpr int mode = RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE;
  boost::dll::fs::error_code ec;
  ::dlerror();
  handle.load(copy.path, static_cast<boost::dll::load_mode::type>(mode), ec);
  if (ec) {
    // Boost has asked the dynamic loader other things since; asking again gives its words on this file.
    const void* again = ::dlopen(copy.path.c_str(), mode);
    const char* words = again == nullptr ? ::dlerror() : nullptr;
    const std::string why = words != nullptr ? words : ec.message();
    struct statvfs place {};
    if (::fstatvfs(copy.fd.get(), &place) == 0 && (place.f_flag & ST_NOEXEC) != 0)
      return refuse("PLUGIN_LOAD_FAILED", file,
                    "its verified copy needs a state folder that code may run from, and " +
                        copy.path.string() + " is on a file system mounted noexec",
                    "choose another state folder (--var), or mount it without noexec");
    return refuse("PLUGIN_LOAD_FAILED", file, "the dynamic loader refused it (" + why + ")",
                  "install the library or rebuild with the symbol that it names");
  }
  if (!handle.has(entry_name))
    return refuse("PLUGIN_NO_ENTRY", file,
                  std::string("this host calls ") + entry_name + ", and the file does not export it",
                  "export it (BOWLINE_PLUGIN does) and rebuild");
  using EntryFunction = const bl_module*() BL_NOEXCEPT;
  EntryFunction& function = handle.get<EntryFunction>(entry_name);
  const void* address = reinterpret_cast<const void*>(&function);

  // A look-up goes on into the libraries that the file links: the symbol must be the file's own.
  Dl_info info{};
  void* found_in = nullptr;
  link_map* own = nullptr;
  if (::dladdr1(address, &info, &found_in, RTLD_DL_LINKMAP) == 0 ||
      ::dlinfo(handle.native(), RTLD_DI_LINKMAP, &own) != 0 || found_in != own)
    return refuse("PLUGIN_ENTRY_FOREIGN", file,
                  std::string(entry_name) + " needs to be its own and was found in " +
                      (info.dli_fname ? info.dli_fname : "another object"),
                  "do not link one plugin to another");
  if (!mapped_from(address, copy.fd.get(), copy.path))
    return refuse(
        "PLUGIN_FILE_CHANGED", file,
        "what the dynamic loader mapped for " + copy.path.string() + " is not the file that was verified",
        "find out who writes into the state folder, then start again");
  return Entry{function(), MappedObject::of(address)};
}

}  // namespace

std::string_view Module::build() const noexcept { return {module_->build.ptr, module_->build.len}; }

Result<const bl_plugin*> Module::plugin(std::string_view id) const {
  std::string has;
  for (std::uint32_t i = 0; i < module_->n_plugins; ++i) {
    const bl_plugin* plugin = module_->plugins[i];
    const std::string_view own(plugin->id.ptr, plugin->id.len);
    if (own == id) return plugin;
    has.append(has.empty() ? "" : ", ").append(own);
  }
  return refuse("PLUGIN_ID_UNKNOWN", file_.string(), "does not offer " + std::string(id) + ", it has " + has,
                "choose one of these");
}

Result<std::string_view> Module::schema(std::string_view id) const {
  auto found = plugin(id);
  if (!found) return std::move(found).error();
  return std::string_view((*found)->config_schema.ptr, (*found)->config_schema.len);
}

Result<std::shared_ptr<const Module>> load_plugin_file(const fs::path& path, const TrustPolicy& policy) {
  const std::string file = path.string();
  auto open = open_trusted(path);
  if (!open) return std::move(open).error();
  const FileBytes bytes = read_all(open->fd.get(), open->size);
  if (!bytes.data)
    return refuse("PLUGIN_UNREADABLE", file, "could not be read to its end",
                  "check the disk, or copy the file again");
  const std::string sha256 = sha256_hex(bytes.view());
  Unpinned unpinned;
  if (auto pinned = check_pin(file, path.filename().string(), sha256, policy, unpinned); !pinned) return std::move(pinned).error();
  if (!unpinned.empty()) return no_pins(file, unpinned).error();
  auto header = read_header(bytes.view(), file);
  if (!header) return std::move(header).error();
  if (auto sound = check_static(*header, file); !sound) return std::move(sound).error();
  auto copy = private_copy(policy.var, path, bytes.view(), sha256);
  if (!copy) return std::move(copy).error();

  std::shared_ptr<Module> module(new Module);
  module->library_ = std::make_unique<Module::Library>();
  auto entry = enter(module->library_->handle, *copy, file);
  if (!entry) return std::move(entry).error();
  if (auto pinned = check_library_pins(header->manifest, file, policy); !pinned)
    return std::move(pinned).error();
  if (auto sound = check_module(entry->module, entry->object, header->manifest, file); !sound)
    return std::move(sound).error();
  module->file_ = path;
  module->copy_ = std::move(copy->path);
  module->sha256_ = sha256;
  module->manifest_ = std::move(header->manifest);
  module->module_ = entry->module;
  return std::shared_ptr<const Module>(std::move(module));
}

}  // namespace bowline::loader
