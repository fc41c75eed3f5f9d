// A restart with 101,000 orders behind it, 1,000 of them open at the mock venue, whose state is a file. Bar: trading-ready
// within 1 s of the venue's answers.
//   bench_restart [plugin folder] [restarts] [folder on the disk to be measured]
// The state folder is made by what makes it in life: Run begins it, trade-execution and the mock venue's plugin trade 101
// steps of 1,000 products (an entry rests, fills, and is sold at the next step), and the process ends without a word. It is
// made in memory where there is such a disk (100,000 commits of the venue are no part of this) and then copied.
// Each restart is a process of its own. First the parts, put together as Run does it:
//   journal opened, its whole chain followed; each row put back into orders, fills and cash; the venue started on its file;
//   then it is asked, and answers: open orders, fills of the last hour, balances, products. As they lie in the inbox the clock starts.
//   Trading-ready: they are read, every question that came of them is answered, nothing is open between book and venue, and what
//   may have to be sent again has been looked for.
// Then the same through Run, whole: from Run::make to the moment at which feeds are started.
// No SQL store: it is the journal's projection, and nothing waits for it. The files are in the page cache.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "bench/orders/figures.hpp"
#include "bench/orders/order_desk.hpp"
#include "config/load.hpp"
#include "loader/catalogue.hpp"
#include "observe/log.hpp"
#include "services/runtime/instances.hpp"
#include "services/runtime/run.hpp"

namespace {

using namespace bench;
namespace fs = std::filesystem;

constexpr std::size_t products = 1'000, steps = 101;

/// Ends the process with what it has found out.
using Tell = std::function<void(const std::vector<double>&)>;

/// What `work` tells, from a process of its own that ends as it tells, and tidies nothing up.
std::vector<double> in_a_process(const std::function<void(const Tell&)>& work) {
  int ends[2];
  must(::pipe2(ends, O_CLOEXEC) == 0, "a pipe can be made");
  std::fflush(nullptr);
  const pid_t child = ::fork();
  must(child >= 0, "a process can be made");
  if (child == 0) {
    work([&ends](const std::vector<double>& found) {
      const std::size_t bytes = found.size() * sizeof(double);
      ::_exit(::write(ends[1], found.data(), bytes) == static_cast<ssize_t>(bytes) ? 0 : 1);
    });
    ::_exit(1);
  }
  ::close(ends[1]);
  std::vector<double> found;
  double one = 0;
  while (::read(ends[0], &one, sizeof one) == static_cast<ssize_t>(sizeof one)) found.push_back(one);
  ::close(ends[0]);
  int status = 0;
  must(::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0, "the process has done its work");
  return found;
}

config::RunConfig configured(const fs::path& folder, const fs::path& plugins) {
  std::string symbols;
  for (std::size_t i = 0; i < products; ++i) symbols += (i == 0 ? "C" : ", C") + std::to_string(i) + "-USD";
  std::ofstream(folder / "run.yaml") << "mode: mock\nseed: 1\ninterval: 5m\nlisten: {enabled: off}\nstore: {transactions: none, prices: none}\n"
                                     << "instruments: [" << symbols << "]\nplugins: {path: [" << plugins.string() << "]}\nbridge: {cost_gate: off}\n"
                                     << "execution: {min_trade: 0%}\ninstances:\n"
                                     << "  - {id: market, kind: feed, plugin: bowline.feed.simulated, params: {start: 2022-02-01T00:00:00Z, bars: 1}}\n"
                                     << "  - {id: cross, kind: signal, plugin: bowline.signal.ema_cross}\n"
                                     << "  - {id: venue, kind: broker, plugin: bowline.broker.mock, params: {cash: {USD: \"1000000000\"}, max_fill_share: 100%}}\n";
  config::LoadOptions o;
  o.env = [](std::string_view) { return std::optional<std::string>(); };
  o.state = folder / "var";
  o.schema = [&](const config::RunConfig& so_far, const std::string& id, const std::string&) -> Result<std::string> {
    auto all = loader::Catalogue::scan(so_far.plugins.path);
    if (!all) return all.error();
    const auto offer = all->find(id);
    if (!offer) return offer.error();
    loader::TrustPolicy trust;
    trust.var = folder / "schemas";
    const auto module = loader::load_plugin_file(offer->file, trust);
    if (!module) return module.error();
    const auto schema = (*module)->schema(id);
    return schema ? Result<std::string>(std::string(*schema)) : Result<std::string>(schema.error());
  };
  auto loaded = config::load(folder / "run.yaml", o);
  for (const config::Problem& p : loaded.problems) give_up(p.text());
  return std::move(loaded.config);
}

DeskOptions desk_options(const config::RunConfig& config, const fs::path& folder, const fs::path& plugins) {
  DeskOptions o;
  o.plugins = plugins;
  o.var = folder / "var";
  o.venue = {{"cash", {{"USD", "1000000000"}}}, {"max_fill_share", 1.0}};
  o.execution.seed = config.seed;
  o.execution.account = config.execution.account;
  return o;
}

void recall(Desk& desk) {
  take(desk.journal->each([&desk](const store::JournalRow& row) { return desk.exec->restore(row); }));
  desk.exec->restored();
}

std::unique_ptr<services::Run> make_run(const config::RunConfig& config, const fs::path& folder) {
  services::RunOptions o;
  o.var = folder / "var";
  o.config = "bench";
  return take(services::Run::make(config, std::move(o)));
}

/// A run begins the folder and is stopped before its first bar; what follows is traded in its name.
void make_folder(const fs::path& folder, const fs::path& plugins, const Tell& tell) {
  const config::RunConfig config = configured(folder, plugins);
  {
    const auto run = make_run(config, folder);
    const services::Summary s = run->execute([&run] { run->stop(); });
    must(s.end == services::RunEnd::stopped && s.error.code.empty(), "a run begins the folder and is stopped");
  }
  Desk desk(take(services::instrument_table(config)), desk_options(config, folder, plugins));
  recall(desk);
  desk.open();
  desk.exec->resume_orders();
  for (std::size_t n = 1; n <= steps; ++n) {
    desk.to(desk.now + bar_ns);
    desk.bars(10'000, 30);
    std::vector<core::Target> targets;
    for (const core::Instrument& i : desk.table.all())
      targets.push_back(desk.target(i.id, n % 2 == 1 ? core::Purpose::entry : core::Purpose::exit, n % 2 == 1 ? 0.0005 : 0));
    desk.decide(targets);
    must(desk.exec->orders().working().size() == products, "each product has an order in step " + std::to_string(n));
  }
  must(desk.exec->counts().incidents == 0, "nothing happened that should not");
  must(!desk.journal->pending(), "all of it is durable");
  tell({static_cast<double>(desk.exec->counts().orders), static_cast<double>(desk.journal->rows())});
}

/// Seconds: journal opened, rows put back, venue started, venue asked and answering, answers to trading-ready.
void restart_in_parts(const config::RunConfig& config, const fs::path& folder, const fs::path& plugins, const Tell& tell) {
  std::vector<double> parts;
  auto last = Clock::now();
  const auto part = [&parts, &last] {
    const auto now = Clock::now();
    parts.push_back(std::chrono::duration<double>(now - last).count());
    last = Clock::now();
  };
  Desk desk(take(services::instrument_table(config)), desk_options(config, folder, plugins));
  part();
  recall(desk);
  desk.facts.engine_ns = desk.now = desk.exec->settled();
  part();
  take(desk.venue->start());
  part();
  take(desk.exec->ask_venue());
  must(desk.broker->wake(), "the venue wants to answer");
  part();
  desk.pump();
  must(desk.exec->reconciled(), "the venue answers all that is asked at the start");
  desk.exec->begin();
  desk.exec->resume_orders();
  desk.pump();
  part();
  must(desk.exec->orders().working().size() == products && desk.exec->counts().incidents == 0, "book and venue are at one");
  for (const core::Order* o : desk.exec->orders().working()) must(o->state == core::OrderState::open, "what was open is open");
  tell(parts);
}

/// Seconds: Run::make, and from there to the moment at which the feeds are started.
void restart_whole(const config::RunConfig& config, const fs::path& folder, const Tell& tell) {
  const auto from = Clock::now();
  const auto run = make_run(config, folder);
  const auto made = Clock::now();
  run->execute([&] {
    const auto ready = Clock::now();
    must(run->execution().orders().working().size() == products && run->execution().counts().incidents == 0, "book and venue are at one");
    // It ends here, as the one before it did: without a word.
    tell({std::chrono::duration<double>(made - from).count(), std::chrono::duration<double>(ready - made).count()});
  });
}

std::vector<double> column(const std::vector<std::vector<double>>& rows, std::size_t n) {
  std::vector<double> c;
  for (const auto& row : rows) c.push_back(row.at(n));
  return c;
}

}  // namespace

int main(int argc, char** argv) {
  const fs::path plugins = fs::absolute(argc > 1 ? argv[1] : "build/release/plugins");
  const int restarts = argc > 2 ? std::atoi(argv[2]) : 5;
  take(observe::log::init({.service = "bench", .level = observe::log::Level::Error}));
  std::error_code ec;
  const fs::path memory("/dev/shm"), temp = fs::temp_directory_path();
  const Folder folder(argc > 3 ? fs::path(argv[3]) : temp);
  const auto began = Clock::now();
  {
    const Folder made(fs::is_directory(memory, ec) ? memory : temp);
    const auto found = in_a_process([&](const Tell& tell) { make_folder(made.path(), plugins, tell); });
    must(found.size() == 2 && found[0] == static_cast<double>(products * steps), "all orders are made");
    fs::copy(made.path() / "var", folder.path() / "var", fs::copy_options::recursive);
    std::printf("%.0f orders, %.0f rows in the journal (%ju MiB), made in %.0f s\n", found[0], found[1],
                static_cast<std::uintmax_t>(fs::file_size(folder.path() / "var" / "journal.db") >> 20),
                std::chrono::duration<double>(Clock::now() - began).count());
  }
  const config::RunConfig config = configured(folder.path(), plugins);
  std::vector<std::vector<double>> parts, whole;
  for (int i = 0; i < restarts; ++i) {
    parts.push_back(in_a_process([&](const Tell& tell) { restart_in_parts(config, folder.path(), plugins, tell); }));
    whole.push_back(in_a_process([&](const Tell& tell) { restart_whole(config, folder.path(), tell); }));
  }
  constexpr const char* names[] = {"journal opened, chain followed", "rows put back", "venue started", "venue asked, and answering"};
  for (std::size_t n = 0; n < 4; ++n) std::printf("  %-32s median %7.3f s, max %7.3f s\n", names[n], quantile(column(parts, n), 0.5), quantile(column(parts, n), 1));
  std::printf("  %-32s median %7.3f s, max %7.3f s\n", "Run::make", quantile(column(whole, 0), 0.5), quantile(column(whole, 0), 1));
  std::printf("  %-32s median %7.3f s, max %7.3f s\n", "and to the start of the feeds", quantile(column(whole, 1), 0.5), quantile(column(whole, 1), 1));
  const auto ready = column(parts, 4);
  const bool met = quantile(ready, 1) <= 1;
  std::printf("restart with %zu orders, %zu open: answers to trading-ready, %zu restarts, median %.3f s, max %.3f s (bar 1 s): %s\n", products * steps, products,
              ready.size(), quantile(ready, 0.5), quantile(ready, 1), met ? "met" : "MISSED");
  return met ? 0 : 1;
}
