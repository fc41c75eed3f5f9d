// bowline-panic stop|liquidate (trading rules 3.7): sets the latch HALT in a run's state folder, whether its host is alive or
// not, and only then asks the host, if it answers, to do the rest at once. A host that is alive sees the latch by itself.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "core/exit_codes.hpp"
#include "edge/endpoints.hpp"
#include "edge/http_client.hpp"
#include "store/halt_latch.hpp"

namespace {

using namespace bowline;
namespace ec = core::exit_code;

struct Options {
  std::string var, url, id, reason = "panic";
  bool json = false;
};

struct Asked {
  bool answered = false, taken = false;
  std::string what;  ///< the host's own words, or why there are none
};

Asked ask_host(const std::string& url, const char* route, const nlohmann::json& body) {
  edge::IoThread io;
  edge::HttpClient client(io);
  const edge::HttpReply reply = client.fetch({.method = edge::Method::Post,
                                              .url = url + route,
                                              .headers = {{"Content-Type", "application/json"}},
                                              .body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
                                              .deadline = std::chrono::milliseconds(5'000)});
  if (!reply.complete()) return {false, false, reply.error.code + ": " + reply.error.message};
  return {true, reply.status == 200 || reply.status == 202, reply.body};
}

int act(const Options& o, store::HaltOrder order) {
  const bool liquidate = order == store::HaltOrder::liquidate;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  store::Halt halt;
  halt.order = order;
  if (liquidate) halt.id = o.id.empty() ? "panic-" + std::to_string(std::chrono::duration_cast<std::chrono::seconds>(now).count()) + "-" + std::to_string(::getpid()) : o.id;
  halt.who = "bowline-panic of uid " + std::to_string(::getuid());
  halt.why = o.reason;
  const store::HaltLatch latch(o.var);
  const auto set = latch.engage(halt);
  const bool halted = latch.set() && (set.ok() || set.error().code != "LATCH_FOLDER");
  std::string url = o.url;
  Asked asked;
  if (url.empty()) {
    if (const auto found = edge::read_endpoint(o.var, "trade-execution"); found) url = *found;
    else asked.what = found.error().message;
  }
  if (!url.empty()) {
    if (liquidate)
      asked = ask_host(url, "/emergency/liquidate-all", {{"confirm", true}, {"reason", o.reason}, {"id", halt.id}});
    else
      asked = ask_host(url, "/emergency/stop", {{"reason", o.reason}});
  }
  const bool all_set = set.ok() && halted;
  if (o.json) {
    nlohmann::ordered_json out{{"latched", halted}, {"file", latch.file()}, {"order", liquidate ? "liquidate" : "stop"}};
    if (liquidate) out["id"] = halt.id;
    out["host"] = asked.taken ? "done" : asked.answered ? "refused" : "silent";
    auto words = nlohmann::ordered_json::parse(asked.what, nullptr, false);
    out["answer"] = words.is_discarded() ? nlohmann::ordered_json(asked.what) : words;
    if (!set) out["error"] = {{"code", set.error().code}, {"message", set.error().message}};
    std::printf("%s\n", out.dump(2).c_str());
  } else {
    if (halted) std::printf("the latch %s is set: no entry and no strategy exit leaves a host of this folder until an operator resumes\n", latch.file().c_str());
    if (asked.taken) std::printf("the host at %s has done it: %s\n", url.c_str(), asked.what.c_str());
    else if (asked.answered) std::printf("the host at %s has refused: %s\n", url.c_str(), asked.what.c_str());
    else std::printf("no host has answered (%s). One that is alive sees the latch by itself; one that is started does%s. Orders that rest at the "
                     "venue are still there\n", asked.what.c_str(), liquidate ? ", and sells then" : "");
    if (liquidate) std::printf("the liquidation is %s\n", halt.id.c_str());
  }
  if (!set) std::fprintf(stderr, "bowline-panic: %s: %s\n", set.error().code.c_str(), set.error().message.c_str());
  std::fflush(stdout);
  if (!all_set) return set.ok() || set.error().code != "LATCH_FOLDER" ? ec::store : ec::usage;
  return asked.taken ? ec::ok : ec::host;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"bowline-panic: stops a host, alive or dead, by the latch in its state folder\n\n"
               "Exit codes: 0 the latch is set and the host has done it; 11 the latch is set and no host took it; 7 the latch could not be set; "
               "2 the command line was wrong, or there is no such folder\n\nExample:\n  bowline-panic stop --var var/live --reason 'prices are wrong'"};
  app.require_subcommand(1);
  Options o;
  int code = ec::usage;
  const auto add = [&](const char* name, const char* about, store::HaltOrder order) {
    CLI::App* v = app.add_subcommand(name, about);
    v->add_option("--var", o.var, "the run's state folder")->required();
    v->add_option("--url", o.url, "where trade-execution listens, as http://host:port; without: as the folder's endpoints.json says");
    v->add_option("--reason", o.reason, "for the audit trail")->capture_default_str();
    if (order == store::HaltOrder::liquidate) v->add_option("--id", o.id, "of the liquidation: the same again is the same one");
    v->add_flag("--json", o.json, "one JSON object");
    v->callback([&, order] { code = act(o, order); });
  };
  add("stop", "no entry and no strategy exit any more; resting entries are cancelled, protective orders stay", store::HaltOrder::stop);
  add("liquidate", "the same, and everything is cancelled and every managed position sold", store::HaltOrder::liquidate);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) return app.exit(e);  // --help
    std::fprintf(stderr, "bowline-panic: USAGE_INVALID: %s: see bowline-panic --help\n", e.what());
    return ec::usage;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "bowline-panic: INTERNAL: %s\n", e.what());
    return ec::internal;
  }
  return code;
}
