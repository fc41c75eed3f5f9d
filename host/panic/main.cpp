// bowline-panic stop|liquidate (trading rules 3.7): sets the latch HALT in a run's state folder, whether its host is alive or
// not; only then asks the host, if it answers, to do the rest at once; and where no host took it, does it itself, with the run's
// configuration. A host that is alive sees the latch by itself.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "core/exit_codes.hpp"
#include "edge/endpoints.hpp"
#include "edge/http_client.hpp"
#include "loader/watchdog.hpp"
#include "observe/log.hpp"
#include "panic/alone.hpp"
#include "panic/door.hpp"
#include "store/halt_latch.hpp"

namespace {

using namespace bowline;
namespace ec = core::exit_code;

struct Options {
  std::string var, url, id, reason = "panic", config, log_file, confirm_account, max_slippage, token, ca;
  std::int64_t within_s = 0;
  bool json = false, everything = false;
};

struct Asked {
  bool answered = false, taken = false;
  std::string what;  ///< the host's own words, or why there are none
};

Asked ask_host(const edge::HostDoor& door, const std::string& url, const char* route, const nlohmann::json& body) {
  const auto shown = door.headers(url);
  if (!shown) return {false, false, shown.error().code + ": " + shown.error().message};
  edge::Pairs headers = *shown;
  headers.emplace_back("Content-Type", "application/json");
  edge::IoThread io;
  edge::HttpClient client(io, {.ca_file = door.ca_file});
  const edge::HttpReply reply = client.fetch({.method = edge::Method::Post,
                                              .url = url + route,
                                              .headers = std::move(headers),
                                              .body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
                                              .deadline = std::chrono::milliseconds(5'000)});
  if (!reply.complete()) return {false, false, reply.error.code + ": " + reply.error.message};
  return {true, reply.status == 200 || reply.status == 202, reply.body};
}

/// Who did it, if somebody did.
Asked ask(const Options& o, const store::Halt& halt, std::string& url) {
  url = o.url;
  if (url.empty()) {
    const auto found = edge::read_endpoint(o.var, "trade-execution");
    if (!found) return {false, false, found.error().message};
    url = *found;
  }
  const auto door = panic::door_of(o.token, o.ca, o.config);
  if (!door) return {false, false, door.error().code + ": " + door.error().message};
  // Of everything it sells only what it knows to be its own: it is to be still meanwhile.
  if (halt.order == store::HaltOrder::liquidate && !o.everything) {
    nlohmann::ordered_json body{{"confirm", true}, {"reason", o.reason}, {"id", halt.id}};
    if (halt.max_slice.is_set()) body["max_slice"] = halt.max_slice.to_string();
    if (halt.end.is_set()) body["max_slippage"] = halt.end.to_string();
    return ask_host(*door, url, "/emergency/liquidate-all", std::move(body));
  }
  return ask_host(*door, url, "/emergency/stop", {{"reason", o.reason}});
}

std::string fresh_id() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return "panic-" + std::to_string(std::chrono::duration_cast<std::chrono::seconds>(now).count()) + "-" + std::to_string(::getpid());
}

store::Halt halt_of(const Options& o, store::HaltOrder order, const store::HaltLatch& latch) {
  store::Halt halt;
  halt.order = order;
  halt.who = "bowline-panic of uid " + std::to_string(::getuid());
  halt.why = o.reason;
  if (order != store::HaltOrder::liquidate) return halt;
  // Said again without an id it is the one that the latch orders already, and goes on.
  const store::Halt known = latch.read();
  halt.id = !o.id.empty() ? o.id : known.order == store::HaltOrder::liquidate ? known.id : fresh_id();
  // And by the bounds of who began it.
  if (known.order == store::HaltOrder::liquidate && known.id == halt.id) {
    halt.max_slice = known.max_slice;
    halt.end = known.end;
  }
  return halt;
}

/// Its lines are for who looks into it later; what an operator has to know is printed.
void start_log(const Options& o) {
  observe::log::Options log;
  log.service = "bowline-panic";
  log.file = o.log_file.empty() ? "/dev/null" : o.log_file;
  if (const auto opened = observe::log::init(log); !opened) std::fprintf(stderr, "bowline-panic: %s: %s\n", opened.error().code.c_str(), opened.error().message.c_str());
}

panic::Outcome alone(const Options& o, const store::Halt& halt) {
  start_log(o);
  loader::install_terminate_handler(o.var);
  panic::Outcome done;
  try {
    done = panic::act_alone({.var = o.var,
                             .config = o.config,
                             .halt = halt,
                             .within_s = o.within_s,
                             .tell = !o.json,
                             .everything = o.everything,
                             .confirm_account = o.confirm_account,
                             .max_slippage = o.max_slippage.empty() ? Decimal::not_set() : *Decimal::parse(o.max_slippage)});
  } catch (const std::exception& e) {
    done.code = ec::internal;
    done.error = {"INTERNAL", e.what()};
    done.json = {{"done", false}};
  }
  observe::log::shutdown();
  return done;
}

void print(const Options& o, const store::Halt& halt, const Asked& asked, const std::string& url, const panic::Outcome* self) {
  const bool liquidate = halt.order == store::HaltOrder::liquidate;
  if (asked.taken) std::printf("the host at %s has %s: %s\n", url.c_str(), o.everything ? "stopped" : "done it", asked.what.c_str());
  else if (asked.answered) std::printf("the host at %s has refused: %s\n", url.c_str(), asked.what.c_str());
  else if (self == nullptr)
    std::printf("no host has answered (%s). One that is alive sees the latch by itself; one that is started does%s. Orders that rest at the "
                "venue are still there: with --config and the run's configuration this program %s them itself\n", asked.what.c_str(),
                liquidate ? ", and sells then" : "", liquidate ? "cancels and sells" : "cancels");
  if (self != nullptr) {
    std::printf("%s", self->text.c_str());
    using What = panic::Outcome::What;
    if (self->what == What::done && o.everything) std::printf("nothing of the account is left that can be sold\n");
    else if (self->what == What::done) std::printf("no host runs: %s\n", liquidate ? "nothing is left that can be sold" : "every entry has ended, and what protects was kept");
  }
  const bool nothing = o.everything && (self == nullptr || self->what == panic::Outcome::What::refused);
  if (liquidate && !nothing) std::printf("the liquidation is %s\n", halt.id.c_str());
}

void print_json(const store::HaltLatch& latch, const store::Halt& halt, bool halted, const Asked& asked, const Result<void>& set, const panic::Outcome* self) {
  const bool liquidate = halt.order == store::HaltOrder::liquidate;
  nlohmann::ordered_json out{{"latched", halted}, {"file", latch.file()}, {"order", liquidate ? "liquidate" : "stop"}};
  if (liquidate) out["id"] = halt.id;
  out["host"] = asked.taken ? "done" : asked.answered ? "refused" : "silent";
  auto words = nlohmann::ordered_json::parse(asked.what, nullptr, false);
  out["answer"] = words.is_discarded() ? nlohmann::ordered_json(asked.what) : words;
  if (self != nullptr) {
    out["alone"] = self->json;
    if (!self->error.code.empty()) out["alone"]["error"] = {{"code", self->error.code}, {"message", self->error.message}};
  }
  if (!set) out["error"] = {{"code", set.error().code}, {"message", set.error().message}};
  std::printf("%s\n", out.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace).c_str());
}

int act(const Options& o, store::HaltOrder order) {
  const store::HaltLatch latch(o.var);
  const store::Halt halt = halt_of(o, order, latch);
  // To sell everything is confirmed only when the configuration has been read, and the latch comes before that: it says stop until then.
  const auto set = latch.engage(o.everything ? store::Halt{store::HaltOrder::stop, "", halt.who, halt.why} : halt);
  const bool folder = set.ok() || set.error().code != "LATCH_FOLDER";
  const bool halted = folder && latch.set();
  if (halted && !o.json)
    std::printf("the latch %s is set: no entry and no strategy exit leaves a host of this folder until an operator resumes\n", latch.file().c_str());
  std::fflush(stdout);
  std::string url;
  const Asked asked = folder ? ask(o, halt, url) : Asked{};
  std::optional<panic::Outcome> self;
  if (folder && (!asked.taken || o.everything) && !o.config.empty()) self = alone(o, halt);
  if (o.json) print_json(latch, halt, halted, asked, set, self ? &*self : nullptr);
  else if (folder) print(o, halt, asked, url, self ? &*self : nullptr);
  if (self && !self->error.code.empty()) std::fprintf(stderr, "bowline-panic: %s: %s\n", self->error.code.c_str(), self->error.message.c_str());
  if (!set) std::fprintf(stderr, "bowline-panic: %s: %s\n", set.error().code.c_str(), set.error().message.c_str());
  std::fflush(stdout);
  if (!set.ok() || !halted) return folder ? ec::store : ec::usage;
  if (asked.taken && !o.everything) return ec::ok;
  return self ? self->code : ec::host;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a file at its limit is a full disk, not the end of the process
  CLI::App app{"bowline-panic: stops a run, its host alive or dead, by the latch in its state folder; with the run's configuration it cancels and\n"
               "sells itself where no host does\n\n"
               "Exit codes: 0 the latch is set, and the host or this program has done it; 11 the latch is set, and no host took it (without --config, or "
               "beside one that hangs); 12 begun, and not known to be over; 7 the latch could not be set, or the journal can't be used; 3, 4, 9 the "
               "configuration or the venue's plugin was refused; 2 the command line or the confirmation was wrong, or there is no such folder\n\n"
               "Example:\n  bowline-panic stop --var var/live --config configs/live.yaml --reason 'prices are wrong'\n"
               "  bowline-panic liquidate --var var/live --config configs/live.yaml --everything --confirm-account NAME"};
  app.require_subcommand(1);
  Options o;
  int code = ec::usage;
  const auto add = [&](const char* name, const char* about, store::HaltOrder order) {
    CLI::App* v = app.add_subcommand(name, about);
    v->add_option("--var", o.var, "the run's state folder")->required();
    v->add_option("--url", o.url, "where trade-execution listens, as http://host:port or https://host:port; without: as the folder's endpoints.json says");
    v->add_option("--token", o.token, "secret://NAME of the token to show the host, as BOWLINE_TOKEN in the environment; without: the emergency token of --config")->envname("BOWLINE_TOKEN");
    v->add_option("--ca", o.ca, "file in PEM with whom to trust for https, as BOWLINE_CA in the environment; without: the certificate of --config")->envname("BOWLINE_CA");
    v->add_option("--reason", o.reason, "for the audit trail")->capture_default_str();
    if (order == store::HaltOrder::liquidate) v->add_option("--id", o.id, "of the liquidation: the same again is the same one");
    CLI::Option* config = v->add_option("--config", o.config, "the run's YAML file: of it the venue, the account and the instruments; without: no host, nothing done but the latch");
    v->add_option("--within", o.within_s, "seconds after which it is given up waiting; 0 = of a stop 120, of a liquidation never")->check(CLI::Range(0, 1'000'000))->capture_default_str();
    v->add_option("--log-file", o.log_file, "append what it does, line by line, to this file");
    v->add_flag("--json", o.json, "one JSON object");
    if (order == store::HaltOrder::liquidate) {
      CLI::Option* everything = v->add_flag("--everything", o.everything, "all that is in the account is mine: sell every balance of the configuration's products, managed or not, by the "
                                            "venue's own word, with the journal missing, damaged or held by a host that hangs");
      CLI::Option* confirm = v->add_option("--confirm-account", o.confirm_account, "with --everything: the account's name, as execution.account has it");
      everything->needs(confirm)->needs(config);
      confirm->needs(everything);
      v->add_option("--max-slippage", o.max_slippage, "with --everything: a fraction such as 0.1: limits go down to this far below the bid, no further; without: market orders")
          ->needs(everything)->check([](const std::string& text) {
            const auto fraction = Decimal::try_parse(text);
            return fraction && fraction->is_positive() && *fraction < Decimal::from_mantissa(1, 0) ? std::string() : "--max-slippage is a fraction above 0 and below 1";
          });
    }
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
