// bowline quarantine list|release: who ended a process, and the operator's word that it may run again.
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/verbs.hpp"
#include "core/exit_codes.hpp"
#include "loader/quarantine.hpp"

namespace bowline::cli {
namespace {

struct Options {
  std::string var = "var", instance;
  bool all = false, json = false;
};

/// A folder that is not there holds no quarantine, but whoever names it meant another one.
Result<loader::Quarantine> read(const Options& o) {
  std::error_code ec;
  if (!std::filesystem::is_directory(o.var, ec))
    return Error{"USAGE_VAR", o.var + " is not a folder: name the run's state folder with --var"};
  return loader::Quarantine::read(o.var);
}

int list(const Options& o) {
  const auto found = read(o);
  if (!found) return fail(found.error());
  if (o.json) {
    nlohmann::ordered_json instances = nlohmann::ordered_json::array();
    for (const loader::QuarantineRecord& r : found->records())
      instances.push_back({{"instance", r.instance},
                           {"plugin", r.plugin},
                           {"sha256", r.sha256},
                           {"call", r.call},
                           {"why", r.why},
                           {"event", r.event}});
    std::printf(
        "%s\n",
        nlohmann::ordered_json{{"damaged", found->damaged()}, {"instances", instances}}.dump(2).c_str());
    return core::exit_code::ok;
  }
  for (const loader::QuarantineRecord& r : found->records())
    std::printf("%s: plugin %s, %s in %s, event %llu, file %s\n", r.instance.c_str(), r.plugin.c_str(),
                r.why.c_str(), r.call.c_str(), static_cast<unsigned long long>(r.event), r.sha256.c_str());
  if (found->damaged())
    std::printf("the file %s/quarantine has lines that cannot be read: every instance counts as named\n",
                o.var.c_str());
  if (found->empty()) std::printf("nobody is quarantined in %s\n", o.var.c_str());
  return core::exit_code::ok;
}

int release(const Options& o) {
  if (o.instance.empty() != o.all)
    return fail(
        {"USAGE_INSTANCE", "name one instance, or --all for everybody and for lines that cannot be read"});
  const auto found = read(o);
  if (!found) return fail(found.error());
  std::string names;
  bool named = o.all;
  for (const loader::QuarantineRecord& r : found->records()) {
    named = named || r.instance == o.instance;
    names += " " + r.instance;
  }
  if (!named)
    return fail({"USAGE_INSTANCE", "no instance " + o.instance + " is quarantined in " + o.var +
                                       (names.empty() ? "" : "; these are:" + names)});
  if (auto done = loader::Quarantine::release(o.var, o.instance); !done) return fail(done.error());
  if (o.json) {
    auto released = nlohmann::ordered_json::array();
    for (const loader::QuarantineRecord& r : found->records())
      if (o.all || r.instance == o.instance) released.push_back(r.instance);
    std::printf("%s\n", nlohmann::ordered_json{{"released", released}}.dump(2).c_str());
    return core::exit_code::ok;
  }
  std::printf("released: %s\n", o.all ? "everybody" : o.instance.c_str());
  return core::exit_code::ok;
}

}  // namespace

void add_quarantine(CLI::App& app, Action& chosen) {
  CLI::App* group = app.add_subcommand("quarantine", "which instances ended a process, and releasing them");
  group->require_subcommand(1);
  const auto o = std::make_shared<Options>();
  CLI::App* l = verb(*group, "list", "who is quarantined, and what it was doing",
                     "bowline quarantine list --var var/first");
  l->add_option("--var", o->var, "the run's state folder")->capture_default_str();
  l->add_flag("--json", o->json, "one JSON object");
  l->callback([o, &chosen] { chosen = [o] { return list(*o); }; });
  CLI::App* r = verb(*group, "release", "let a quarantined instance run again, once you know why it is there",
                     "bowline quarantine release model --var var/first");
  r->add_option("instance", o->instance, "id of the instance");
  r->add_flag("--all", o->all, "everybody, and lines of the file that cannot be read");
  r->add_option("--var", o->var, "the run's state folder")->capture_default_str();
  r->add_flag("--json", o->json, "one JSON object");
  r->callback([o, &chosen] { chosen = [o] { return release(*o); }; });
}

}  // namespace bowline::cli
