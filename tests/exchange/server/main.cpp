// bowline-venue: a simulated Coinbase Advanced Trade venue over TLS, for clients to be tried on. README.md beside this file.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <string>
#include <thread>

#include "core/exit_codes.hpp"
#include "exchange/server/dump.hpp"
#include "exchange/server/files.hpp"
#include "exchange/server/wires.hpp"

namespace {

using namespace bowline;
using namespace bowline::exchange;
namespace ec = core::exit_code;

struct Arguments {
  std::string config, ca_file, dump, log_file;
  int port = -1, control_port = -1;
  bool check = false;
};

int failed(const Error& e, int code) {
  std::fprintf(stderr, "bowline-venue: %s: %s\n", e.code.c_str(), e.message.c_str());
  return code;
}

/// Keeps what the venue says is to be kept. What can't be kept must not be answered: the process ends.
class Keeper {
 public:
  Keeper(Venue& venue, StateFile& file, std::int64_t log_size) : venue_(venue), file_(file), log_size_(log_size) {}
  void operator()(std::string_view calls) {
    if (const auto ok = file_.append(calls); !ok) end(ok.error());
    if (file_.log_size() > log_size_) snapshot();
  }
  void snapshot() {
    if (const auto ok = file_.snapshot(venue_.head(), venue_.save()); !ok) end(ok.error());
  }

 private:
  [[noreturn]] static void end(const Error& e) {
    failed(e, 0);
    ::_exit(ec::store);
  }
  Venue& venue_;
  StateFile& file_;
  std::int64_t log_size_;
};

int serve(VenueConfig config, const Arguments& o) {
  std::unique_ptr<StateFile> state;
  std::optional<KeptState> kept;
  const std::string state_file = config.state_file, ca_file = config.ca_file, address = config.address;
  const std::int64_t log_size = config.log_size;
  if (!state_file.empty()) {
    auto opened = StateFile::open(state_file);
    if (!opened) return failed(opened.error(), ec::store);
    state = std::move(*opened);
    auto read = read_state(state_file);
    if (!read) return failed(read.error(), ec::store);
    kept = std::move(*read);
    if (kept && kept->torn) std::fprintf(stderr, "bowline-venue: %s: the last record was not whole: nobody was answered for it\n", state_file.c_str());
  }
  const auto identity = make_identity(config.names, config.certificate, wall_ns() / 1'000'000'000);
  if (!identity) return failed(identity.error(), ec::config);
  const std::uint16_t port = config.port, control_port = config.control_port;
  const bool control = config.control;
  const unsigned threads = config.threads != 0 ? config.threads : std::clamp(std::thread::hardware_concurrency(), 1u, 4u);
  auto venue = Venue::make(std::move(config), kept, wall_ns());
  if (!venue) return failed(venue.error(), venue.error().code.starts_with("STATE_") ? ec::store : ec::config);
  std::FILE* log = nullptr;
  if (!o.log_file.empty()) {
    log = std::fopen(o.log_file.c_str(), "a");
    if (log == nullptr) return failed({"LOG_UNWRITABLE", o.log_file + " can't be written"}, ec::usage);
  }
  std::optional<Keeper> keeper;
  if (state) {
    keeper.emplace(**venue, *state, log_size);
    keeper->snapshot();
    (*venue)->keep_with(std::ref(*keeper));
  }

  Hub hub(**venue, log, threads);
  const auto tls = TlsWire::open(hub, address, port, *identity);
  if (!tls) return failed(tls.error(), ec::port);
  Result<std::unique_ptr<ControlWire>> controls = std::unique_ptr<ControlWire>();
  if (control) controls = ControlWire::open(hub, control_port);
  if (!controls) return failed(controls.error(), ec::port);
  // Only now: where the ports are another venue's, the file may be, too.
  if (!ca_file.empty())
    if (const auto ok = write_file(ca_file, identity->authority_pem); !ok) return failed(ok.error(), ec::config);
  boost::asio::signal_set signals(hub.io(), SIGTERM, SIGINT);
  signals.async_wait([&](const boost::system::error_code& e, int) {
    if (!e) hub.stop();
  });
  hub.on_stop([&] { signals.cancel(); });
  (*venue)->advance(wall_ns());
  // The first look at the products reckons a year of each: before anybody waits for it.
  static_cast<void>((*venue)->answer({"GET", "/api/v3/brokerage/market/products", {}, {}}, {}, "the venue itself", wall_ns()));
  hub.ask([](Venue&) {});
  std::printf("bowline-venue listens on %s:%u", address.c_str(), static_cast<unsigned>((*tls)->port()));
  if (*controls) std::printf(", control on 127.0.0.1:%u", static_cast<unsigned>((*controls)->port()));
  std::printf("\n");
  std::fflush(stdout);
  hub.run();
  if (keeper) keeper->snapshot();
  if (log != nullptr) std::fclose(log);
  return ec::ok;
}

int run(const Arguments& o) {
  if (!o.dump.empty()) {
    const auto ok = dump_state(o.dump, stdout);
    return ok ? ec::ok : failed(ok.error(), ec::store);
  }
  std::vector<config::Problem> problems;
  const auto text = o.config.empty() ? Result<std::string>(std::string()) : read_file(o.config);
  if (!text) return failed(text.error(), ec::usage);
  VenueConfig config = read_config(*text, o.config.empty() ? "defaults" : o.config, problems);
  for (const config::Problem& p : problems) std::fprintf(stderr, "bowline-venue: %s: %s\n", p.code.c_str(), p.text().c_str());
  if (!problems.empty()) return ec::config;
  if (o.check) {
    std::printf("%s is good: %zu products, %zu portfolios, %zu rules of misbehaviour\n", o.config.c_str(), config.products.size(), config.portfolios.size(), config.rules.size());
    return ec::ok;
  }
  if (o.port >= 0) config.port = static_cast<std::uint16_t>(o.port);
  if (o.control_port >= 0) config.control_port = static_cast<std::uint16_t>(o.control_port);
  if (!o.ca_file.empty()) config.ca_file = o.ca_file;
  return serve(std::move(config), o);
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a file at its limit is a full disk, not the end of the process
  CLI::App app{"bowline-venue: a simulated Coinbase Advanced Trade venue: REST and WebSocket over TLS on one port, a market, users with keys, and\n"
               "misbehaviour on demand. It ends in order at SIGTERM.\n\n"
               "Exit codes: 0 it ended in order; 2 the command line was wrong; 3 the configuration was refused; 7 the state can't be used or kept; 8 a\n"
               "port can't be listened on; 137 it was told to die\n\n"
               "Example:\n  bowline-venue --config configs/venue.yaml --ca-file var/venue/ca.pem"};
  Arguments o;
  app.add_option("--config", o.config, "the venue's YAML file; without: default products, no users, a simulated market");
  app.add_option("--port", o.port, "of REST and WebSocket, in place of the configuration's; 0 = any that is free")->check(CLI::Range(0, 65535));
  app.add_option("--control-port", o.control_port, "of the control port, on 127.0.0.1; 0 = any that is free")->check(CLI::Range(0, 65535));
  app.add_option("--ca-file", o.ca_file, "where the certificate of the venue's authority is written, for clients to trust");
  app.add_option("--log-file", o.log_file, "append a line for each request to this file: milliseconds, address, method, target, status, why");
  app.add_flag("--check", o.check, "reads the configuration, says what is wrong with it, and ends");
  app.add_option("--dump", o.dump, "prints a kept state's accounts, orders and fills as JSON lines, and ends; the state may be in use");
  try {
    app.parse(argc, argv);
    return run(o);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) return app.exit(e);  // --help
    std::fprintf(stderr, "bowline-venue: USAGE_INVALID: %s: see bowline-venue --help\n", e.what());
    return ec::usage;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "bowline-venue: INTERNAL: %s\n", e.what());
    return ec::internal;
  }
}
