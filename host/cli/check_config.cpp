// bowline check-config: everything that is wrong with a configuration, at once; nothing is started.
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/load_config.hpp"
#include "cli/try_plugins.hpp"
#include "cli/verbs.hpp"
#include "core/exit_codes.hpp"

namespace bowline::cli {
namespace {

struct Options {
  std::string file, var = "var";
  bool json = false, training = false;
};

void print_json(const Options& o, const LoadedConfig& loaded, const Error& of_plugins) {
  auto problems = nlohmann::ordered_json::array();
  for (const config::Problem& p : loaded.problems)
    problems.push_back({{"code", p.code}, {"file", p.file}, {"line", p.line}, {"column", p.column}, {"path", p.path}, {"message", p.message}});
  if (!of_plugins.code.empty())
    problems.push_back({{"code", of_plugins.code}, {"file", o.file}, {"line", 0}, {"column", 0}, {"path", ""}, {"message", of_plugins.message}});
  nlohmann::ordered_json all{{"ok", problems.empty()}, {"file", o.file}, {"problems", problems}};
  if (!loaded.notes.empty()) all["notes"] = loaded.notes;
  if (loaded.config) {
    all["mode"] = loaded.config->mode;
    all["instruments"] = loaded.config->instruments.size();
    for (const config::InstrumentConfig& i : loaded.config->instruments)
      if (!i.data_symbol.empty()) all["data_symbols"][i.symbol] = i.data_symbol;
    all["instances"] = loaded.config->instances.size();
  }
  std::printf("%s\n", all.dump(2).c_str());
}

void print_ok(const Options& o, const config::RunConfig& c) {
  std::printf("%s: ok: mode %s, %zu instruments, %zu instances\n", o.file.c_str(), c.mode.c_str(), c.instruments.size(), c.instances.size());
  for (const config::InstrumentConfig& i : c.instruments)
    if (!i.data_symbol.empty())
      std::printf("%s: orders, positions and records of orders; feeds, models and candles: %s\n", i.symbol.c_str(), i.data_symbol.c_str());
}

int check(const Options& o) {
  const For purpose = o.training ? For::training : For::run;
  const LoadedConfig loaded = o.json ? read_config(o.file, o.var, purpose) : load_config(o.file, o.var, purpose);
  Error of_plugins;
  if (loaded.config)
    if (auto asked = try_plugins(*loaded.config, loaded); !asked) of_plugins = asked.error();
  const int code = !loaded.config ? loaded.exit_code : of_plugins.code.empty() ? core::exit_code::ok : exit_code_of(of_plugins);
  if (o.json)
    print_json(o, loaded, of_plugins);
  else if (!of_plugins.code.empty())
    static_cast<void>(fail(of_plugins));
  else if (loaded.config)
    print_ok(o, *loaded.config);
  return code;
}

}  // namespace

void add_check_config(CLI::App& app, Action& chosen) {
  const auto o = std::make_shared<Options>();
  CLI::App* v = verb(app, "check-config", "everything that is wrong with a configuration, at once; nothing is started",
                     "bowline check-config configs/ema_simulated.yaml");
  v->add_option("config", o->file, "the YAML file")->required();
  v->add_option("--var", o->var, "state folder that the run would get: mode: live looks there for a passed canary")->capture_default_str();
  v->add_flag("--training", o->training, "it is for bowline train: a broker is not asked for");
  v->add_flag("--json", o->json, "the problems as one JSON object: code, file, line, column, path, message of each");
  v->callback([o, &chosen] { chosen = [o] { return check(*o); }; });
}

}  // namespace bowline::cli
