// bowline run: one YAML file is one run.
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "cli/access.hpp"
#include "cli/load_config.hpp"
#include "cli/log_options.hpp"
#include "cli/screen.hpp"
#include "cli/stop_signals.hpp"
#include "cli/verbs.hpp"
#include "config/values.hpp"
#include "core/exit_codes.hpp"
#include "edge/endpoints.hpp"
#include "loader/watchdog.hpp"
#include "observe/log.hpp"
#include "services/runtime/http_face.hpp"
#include "services/runtime/run.hpp"
#include "services/runtime/selected_features.hpp"

namespace bowline::cli {
namespace {

struct Options {
  std::string file, var = "var", for_text;
  LogChoice log;
  std::vector<std::string> notes;
  std::uint64_t expect_steps = 0, expect_fills = 0;
  bool json = false, screen = false;
};

/// Ends the run by itself after a time on the wall.
class StopAfter {
 public:
  StopAfter(std::int64_t ns, std::function<void()> stop)
      : thread_([this, ns, stop = std::move(stop)] {
          std::unique_lock hold(lock_);
          if (!wake_.wait_for(hold, std::chrono::nanoseconds(ns), [this] { return over_; })) stop();
        }) {}
  ~StopAfter() {
    {
      const std::scoped_lock hold(lock_);
      over_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }
  StopAfter(const StopAfter&) = delete;
  StopAfter& operator=(const StopAfter&) = delete;

 private:
  std::mutex lock_;
  std::condition_variable wake_;
  bool over_ = false;
  std::thread thread_;
};

Result<std::unique_ptr<services::HttpFace>> open_ports(services::Run& run, const config::RunConfig& config, services::HttpFaceOptions http) {
  auto access = access_of(config);
  if (!access) return access.error();
  auto tls = identity_of(config);
  if (!tls) return tls.error();
  http.access = std::move(*access);
  http.tls = std::move(*tls);
  return services::HttpFace::open(run, std::move(http));
}

int exit_of(const services::Summary& s) {
  switch (s.end) {
    case services::RunEnd::end_of_data:
    case services::RunEnd::stopped:
    case services::RunEnd::feed_failed:
    case services::RunEnd::instance_failed: return s.error.code.empty() ? core::exit_code::ok : exit_code_of(s.error);
    case services::RunEnd::peer_failed: return core::exit_code::data;
  }
  return core::exit_code::internal;
}

int run(const Options& o) {
  StopSignals signals;
  std::optional<std::int64_t> limit;
  if (!o.for_text.empty()) {
    limit = config::parse_duration(o.for_text);
    if (!limit || *limit <= 0) return fail({"USAGE_INVALID", "--for: " + o.for_text + " is not a duration such as 60s or 5m"});
  }
  auto loaded = load_config(o.file, o.var, For::run);
  if (!loaded.config) return loaded.exit_code;
  config::RunConfig& config = *loaded.config;
  if (auto done = start_log(o.log, config.log); !done) return fail(done.error());
  services::RunOptions options;
  options.var = std::filesystem::absolute(o.var);
  options.config = o.file;
  options.live_facts = loaded.live_facts;
  options.secret = loaded.secret;
  options.select = services::select_features;
  loader::install_terminate_handler(options.var);
  auto made = services::Run::make(config, std::move(options));
  if (!made) {
    observe::log::shutdown();
    return fail(made.error());
  }
  services::Run& run = **made;
  signals.watch([&run] { run.stop(); });
  std::unique_ptr<services::HttpFace> face;
  std::optional<edge::Endpoints> endpoints;
  if (config.listen.enabled) {
    services::HttpFaceOptions http;
    http.host = config.listen.host;
    http.ports = config.listen.ports;
    http.version = BOWLINE_VERSION;
    http.mode = config.mode;
    http.store = services::store_files(config, std::filesystem::absolute(o.var));
    auto opened = open_ports(run, config, std::move(http));
    if (!opened) {
      observe::log::shutdown();
      return fail(opened.error());
    }
    face = std::move(*opened);
    if (auto told = edge::Endpoints::tell(std::filesystem::absolute(o.var), config.listen.host, face->ports(), config.listen.tls.there()); told)
      endpoints.emplace(std::move(*told));
    else
      observe::log::warning("run", "{}: {}", told.error().code, told.error().message);
    for (const auto& [service, port] : face->ports()) {
      const observe::log::Scope scope({.service = service});
      observe::log::info("run", "{} listens on {}:{}", service, config.listen.host, port);
    }
  }
  std::optional<Screen> screen;
  if (o.screen && !run.parted()) screen.emplace(run, o.notes);
  std::optional<StopAfter> after;
  if (limit) after.emplace(*limit, [&run] { run.stop(); });
  const services::Summary summary = run.execute([&face] {
    if (face) face->set_ready(true);
  });
  after.reset();
  screen.reset();
  endpoints.reset();
  face.reset();
  observe::log::shutdown();
  const std::string text = o.json ? summary.json() : summary.text();
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
  if (!summary.error.code.empty()) static_cast<void>(fail(summary.error));
  const int code = exit_of(summary);
  if (code == core::exit_code::ok && (summary.acted_steps < o.expect_steps || summary.fills < o.expect_fills)) {
    std::fprintf(stderr, "bowline: DEMO_UNMET: %llu bars passed and %llu fills were made; %llu and %llu were expected\n",
                 static_cast<unsigned long long>(summary.acted_steps), static_cast<unsigned long long>(summary.fills),
                 static_cast<unsigned long long>(o.expect_steps), static_cast<unsigned long long>(o.expect_fills));
    return core::exit_code::demo_unmet;
  }
  return code;
}

}  // namespace

void add_run(CLI::App& app, Action& chosen) {
  const auto o = std::make_shared<Options>();
  CLI::App* v = verb(app, "run", "run what a configuration names, until its data end or it is stopped",
                     "bowline run configs/ema_simulated.yaml --var /tmp/run1 --json");
  v->add_option("config", o->file, "the YAML file")->required();
  v->add_option("--var", o->var, "folder for all state of the run; one run, one folder")->capture_default_str();
  add_log_options(*v, o->log);
  v->add_flag("--json", o->json, "the summary as one JSON object");
  v->add_option("--for", o->for_text, "end by itself after this time on the wall, such as 60s");
  v->add_flag("--screen", o->screen, "show a one-screen status while it runs; for a run in one process");
  v->add_option("--note", o->notes, "a line to show below the status; may be given again");
  v->add_option("--expect-bars", o->expect_steps, "exit 20 unless this many bars were acted on");
  v->add_option("--expect-fills", o->expect_fills, "exit 20 unless this many fills were made");
  v->callback([o, &chosen] { chosen = [o] { return run(*o); }; });
}

}  // namespace bowline::cli
