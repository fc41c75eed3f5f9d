#include "panic/everything.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include "core/exit_codes.hpp"
#include "panic/desk.hpp"
#include "services/runtime/feed_reader.hpp"
#include "services/stand_in/everything_notes.hpp"
#include "services/stand_in/in_flight.hpp"
#include "services/stand_in/progress.hpp"
#include "services/stand_in/sell_everything.hpp"
#include "store/journal.hpp"

namespace bowline::panic {
namespace {

namespace ec = core::exit_code;
namespace fs = std::filesystem;
using core::Nanos;
using nlohmann::ordered_json;
using services::SellEverything;

constexpr std::int64_t second = 1'000'000'000;
/// How long after its decision a sale may leave, where engine time is the wall's.
constexpr Nanos send_within = 30 * second;

/// What is known of the host's journal, and its lock where it can be had.
struct Beside {
  services::HostOrders orders;
  std::unique_ptr<store::Journal> lock;
  std::string text;  ///< for the operator
};

/// A journal that can't be believed is not opened, since to open it is to write beside it.
Result<Beside> look_beside(const Command& c, const core::InstrumentTable& table, const store::Stamp& stamp) {
  Beside b;
  const fs::path file = fs::path(c.var) / "journal.db";
  auto holder = store::lock_holder(file);
  if (holder && holder->name == "bowline-panic") return Error{"HOST_BUSY", name_of(*holder) + " holds " + file.string() + ": it is at work already"};
  auto orders = services::orders_in_flight(file, table);
  if (!orders) {
    b.text = "journal: " + orders.error().message + ": what a host may have on its way is not known\n";
  } else {
    b.orders = std::move(*orders);
    const store::Stamp& has = b.orders.stamp;
    if (has.mode != stamp.mode || has.venue != stamp.venue || has.portfolio != stamp.portfolio)
      return Error{"JOURNAL_STAMP", "journal " + file.string() + " is of mode " + has.mode + ", venue " + has.venue + ", portfolio " + has.portfolio +
                                        ": the configuration is of another, and nothing is sent with it"};
    if (!holder) {
      auto lock = store::Journal::open(file, stamp);
      if (lock) b.lock = std::move(*lock);
      else holder = store::lock_holder(file);
    }
    if (!b.orders.in_flight.empty())
      b.text += "journal: " + std::to_string(b.orders.in_flight.size()) + " orders of the host's are on their way or work: they are ended first\n";
  }
  if (holder)
    b.text += name_of(*holder) + " holds " + file.string() + (holder->stopped ? ", and it is stopped" : "") +
              ": what it sells meanwhile is not sold here, and the venue refuses whoever comes second\n";
  return b;
}

/// In a folder that can't be written the plugin's copy has no place: then it is put elsewhere, and goes away again.
class Line {
 public:
  Result<void> make(const Command& c, const VenueConfig& from, const core::InstrumentTable& table) {
    auto made = services::VenueLine::make(*from.config, table, line_options(c, from));
    if (!made) {
      std::error_code ignored;
      scratch_ = (fs::temp_directory_path(ignored) / "bowline-panic-XXXXXX").string();
      if (::mkdtemp(scratch_.data()) == nullptr) scratch_.clear();
      if (scratch_.empty()) return made.error();
      auto options = line_options(c, from);
      options.var = scratch_;
      auto again = services::VenueLine::make(*from.config, table, std::move(options));
      if (!again) return made.error();
      made = std::move(again);
    }
    line_ = std::move(*made);
    return {};
  }
  ~Line() {
    line_.reset();
    std::error_code ignored;
    if (!scratch_.empty()) fs::remove_all(scratch_, ignored);
  }
  Line() = default;
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;
  services::VenueLine& operator*() noexcept { return *line_; }
  services::VenueLine* operator->() noexcept { return line_.get(); }

 private:
  std::unique_ptr<services::VenueLine> line_;
  std::string scratch_;
};

/// Beside the latch, in one step; false: it could not be written.
bool write_receipt(const std::string& var, const std::string& receipt) {
  const std::string file = (fs::path(var) / "panic_everything.json").string(), fresh = file + ".new";
  const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  const std::string text = ordered_json::parse(receipt).dump(2) + "\n";
  bool done = true;
  for (std::size_t at = 0; done && at < text.size();) {
    const ssize_t n = ::write(fd, text.data() + at, text.size() - at);
    done = n > 0;
    if (done) at += static_cast<std::size_t>(n);
  }
  done = done && ::fsync(fd) == 0;
  ::close(fd);
  if (done) done = ::rename(fresh.c_str(), file.c_str()) == 0;
  if (!done) ::unlink(fresh.c_str());
  return done;
}

}  // namespace

Outcome act_on_everything(const Command& c, const VenueConfig& from, const core::InstrumentTable& table) {
  const config::RunConfig& config = *from.config;
  const store::Stamp stamp{config.mode, config.instances.front().plugin, config.execution.account};
  if (c.confirm_account.empty() || c.confirm_account != config.execution.account)
    return refused({"CONFIRM_ACCOUNT", "--confirm-account does not name the account of " + c.config + " (execution.account): nothing is sent"}, ec::usage);
  auto beside = look_beside(c, table, stamp);
  if (!beside) return refused(beside.error(), beside.error().code == "HOST_BUSY" ? ec::host : ec::store);
  auto notes = services::EverythingNotes::open(c.var, stamp, table, c.halt.id);
  if (!notes) {
    const fs::path file = fs::path(c.var) / services::EverythingNotes::file_name;
    return refused({"HOST_BUSY", name_of(store::lock_holder(file).value_or(store::LockHolder{})) + " holds " + file.string() + ": it is at work already"}, ec::host);
  }
  std::string said = beside->text;
  // Confirmed: who starts a host on the folder after this is to go on with it. It is halted already, whatever comes of this.
  if (const auto ordered = store::HaltLatch(c.var).engage(c.halt); !ordered)
    said += "the latch does not order the liquidation: " + ordered.error().message + "; to go on with it give --id " + c.halt.id + "\n";
  if (!notes->trouble().code.empty())
    said += "nothing is noted (" + notes->trouble().message + "): it goes on by the venue alone; to go on with it give --id " + c.halt.id + "\n";
  if (c.tell) {
    std::printf("%s", said.c_str());
    std::fflush(stdout);
  }
  Line line;
  if (const auto made = line.make(c, from, table); !made) return refused(made.error(), exit_of(made.error()));
  const bool real = real_time(config);
  services::StandInClock clock({wall_ns, steady_ns}, std::max<Nanos>(second, beside->orders.last), real);
  SellEverything sale(line->broker(), table, *notes,
                      {.id = c.halt.id,
                       .account = config.execution.account,
                       .who = c.halt.who,
                       .why = c.halt.why,
                       .end = c.max_slippage,
                       .exit_wait = config.execution.exit.wait_ns,
                       .send_within = real ? send_within : 0},
                      std::move(beside->orders.in_flight));
  Desk desk(*line, clock, [&sale](const bl_event& e) { sale.hear(e); }, c.within_s);
  if (const auto started = line->start(clock.now()); !started) return refused(started.error(), exit_of(started.error()));
  const bool noted = notes->trouble().code.empty();
  std::string before;
  while (!sale.over() && !desk.enough() && line->fault().code.empty()) {
    sale.look(clock.now());
    desk.turn(clock.now());
    notes->flush();
    const std::string receipt = sale.receipt();
    if (c.tell)
      for (const std::string& news : services::progress(before, receipt)) std::printf("%s\n", news.c_str());
    std::fflush(stdout);
    before = receipt;
    if (!sale.over()) desk.wait();
  }
  const Error fault = line->fault();
  const std::string receipt = sale.receipt();
  if (sale.over()) notes->over(receipt, clock.now());
  Outcome o;
  const bool done = sale.over() && sale.clean();
  o.what = done ? Outcome::What::done : Outcome::What::open;
  o.code = done ? ec::ok : fault.code.empty() ? ec::unreconciled : exit_of(fault);
  o.error = fault;
  if (c.tell)
    for (const std::string& news : services::progress(before, receipt)) o.text += news + "\n";
  else o.text += said;
  if (sale.left_alone() != 0) o.text += std::to_string(sale.left_alone()) + " orders of products outside the configuration are left alone\n";
  if (sale.over() && !done) o.text += "the venue does not sell what is left: look at the receipt, and sell it there by hand\n";
  if (!sale.over()) {
    o.text += "it is not over: say it again with --id " + c.halt.id + " and it goes on\n";
    if (!sale.trouble().code.empty()) o.text += "the venue's plugin: " + sale.trouble().message + "\n";
  }
  if (noted && !notes->trouble().code.empty()) o.text += "nothing more was noted (" + notes->trouble().message + "): it went on by the venue alone\n";
  const bool written = write_receipt(c.var, receipt);
  if (!written) o.text += "the receipt could not be written: " + receipt + "\n";
  o.json = {{"done", done}, {"said", said}, {"noted", notes->trouble().code.empty()}, {"receipt_written", written},
            {"receipt", ordered_json::parse(receipt, nullptr, false)}};
  return o;
}

}  // namespace bowline::panic
