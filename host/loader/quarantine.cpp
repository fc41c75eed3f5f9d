#include "loader/quarantine.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "loader/file_bytes.hpp"
#include "loader/refusals.hpp"

namespace bowline::loader {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

Error io_error(const fs::path& file, const char* verb) {
  return Error{"PLUGIN_QUARANTINE_IO",
               "the quarantine file " + file.string() + " cannot be " + verb + " (" + std::strerror(errno) +
                   "): give the state folder space and permission",
               {{"file", file.string()}}};
}

std::string text_of(const Json& json, const char* key) {
  const auto at = json.find(key);
  return at != json.end() && at->is_string() ? at->get<std::string>() : std::string();
}

}  // namespace

Result<Quarantine> Quarantine::read(const fs::path& var) {
  Quarantine quarantine;
  const fs::path file = var / "quarantine";
  UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd && errno == ENOENT) return quarantine;
  std::ifstream in(file, std::ios::binary);
  if (!fd || !in) return io_error(file, "read");
  for (std::string line; std::getline(in, line);) {
    if (line.empty()) continue;
    const Json json = Json::parse(line, nullptr, false);
    QuarantineRecord record;
    if (json.is_object()) {
      record = {text_of(json, "instance"),
                text_of(json, "plugin"),
                text_of(json, "sha256"),
                text_of(json, "call"),
                text_of(json, "why"),
                json.contains("event") && json["event"].is_number_unsigned()
                    ? json["event"].get<std::uint64_t>()
                    : 0};
    }
    if (record.instance.empty())
      quarantine.damaged_ = true;
    else
      quarantine.records_.push_back(std::move(record));
  }
  if (in.bad()) return io_error(file, "read");
  return quarantine;
}

bool Quarantine::quarantined(std::string_view instance) const noexcept {
  return damaged_ ||
         std::ranges::any_of(records_, [&](const QuarantineRecord& r) { return r.instance == instance; });
}

Result<void> Quarantine::release(const fs::path& var, std::string_view instance) {
  auto now = read(var);
  if (!now) return std::move(now).error();
  std::string kept;
  if (!instance.empty())
    for (const QuarantineRecord& r : now->records_)
      if (r.instance != instance)
        kept += Json{{"instance", r.instance}, {"plugin", r.plugin}, {"sha256", r.sha256},
                     {"call", r.call},         {"why", r.why},       {"event", r.event}}
                    .dump() +
                "\n";
  if (!instance.empty() && now->damaged_)
    kept += "damaged\n";  // naming one instance must not clear what cannot be read
  const fs::path file = var / "quarantine", next = var / "quarantine.next";
  UniqueFd fd(::open(next.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd || ::write(fd.get(), kept.data(), kept.size()) != static_cast<ssize_t>(kept.size()) ||
      ::fsync(fd.get()) != 0 || ::rename(next.c_str(), file.c_str()) != 0)
    return io_error(file, "written");
  UniqueFd dir(::open(var.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!dir || ::fsync(dir.get()) != 0) return io_error(file, "made durable");
  return {};
}

}  // namespace bowline::loader
