#include "panic/alone.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include "core/exit_codes.hpp"
#include "panic/desk.hpp"
#include "panic/everything.hpp"
#include "services/runtime/feed_reader.hpp"
#include "services/stand_in/cancel_by_word.hpp"
#include "services/stand_in/progress.hpp"
#include "services/stand_in/stand_in.hpp"
#include "services/stand_in/stand_in_clock.hpp"
#include "services/stand_in/stand_in_options.hpp"
#include "services/trade_execution/latched_broker.hpp"
#include "store/ballast.hpp"
#include "store/journal.hpp"
#include "store/journal_rows.hpp"
#include "store/lock_holder.hpp"

namespace bowline::panic {
namespace {

namespace ec = core::exit_code;
namespace fs = std::filesystem;
using core::Nanos;
using nlohmann::ordered_json;
using services::StandIn;

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t stop_within_s = 120;

/// Where nothing is stored: the journal has it, and the host that goes on with it brings the store up to it.
class NoRecords final : public core::RecordSink {
 public:
  bool wanted() const noexcept override { return false; }
  void put(core::Record&&) override {}
  void end_step(Nanos) override {}
};

// ---- without the journal ------------------------------------------------------------------------------------------------------

/// `why`: why there is no journal to go by; `code`: what is ended with when all went well.
Outcome by_word(const Command& c, const VenueConfig& from, const core::InstrumentTable& table, const Error& why, int code) {
  const bool liquidate = c.halt.order == store::HaltOrder::liquidate;
  const std::string not_sold = liquidate ? "; nothing is sold, since what of the account is ours is not known" : "";
  auto line = services::VenueLine::make(*from.config, table, line_options(c, from));
  if (!line) return refused({why.code, why.message + "; and the venue could not be reached beside it (" + line.error().code + ": " + line.error().message + ")" + not_sold}, code);
  // Where time is not real it must not be moved: whoever goes on with the folder is at its own.
  services::StandInClock clock({wall_ns, steady_ns}, second, real_time(*from.config));
  services::CancelByWord cancels((*line)->broker());
  Desk desk(**line, clock, [&cancels](const bl_event& e) { cancels.hear(e); }, c.within_s == 0 ? stop_within_s : c.within_s);
  if (const auto started = (*line)->start(clock.now()); !started)
    return refused({why.code, why.message + "; and the venue could not be reached beside it (" + started.error().code + ": " + started.error().message + ")" + not_sold}, code);
  while (!cancels.over() && !desk.enough() && (*line)->fault().code.empty()) {
    const Nanos now = clock.now();
    cancels.look(now);
    desk.turn(now);
    if (!cancels.over()) desk.wait();
  }
  Outcome o;
  o.what = Outcome::What::by_word;
  o.code = cancels.over() ? code : ec::unreconciled;
  o.error = {why.code, why.message + not_sold};
  o.text = "by the venue's own word, entries with our mark: " + std::to_string(cancels.seen()) + " cancelled" +
           (cancels.over() ? ", none works any more" : cancels.answered() ? ", " + std::to_string(cancels.working()) + " worked when it answered last" : "; the venue has not answered") +
           "; " + std::to_string(cancels.left_alone()) + " other orders are left alone\n";
  if (!cancels.over() && !cancels.trouble().code.empty()) o.text += "the venue's plugin: " + cancels.trouble().message + "\n";
  if (const Error fault = (*line)->fault(); !fault.code.empty()) o.text += "the venue's plugin failed: " + fault.code + ": " + fault.message + "\n";
  o.json = {{"done", false}, {"by_word", {{"over", cancels.over()}, {"cancelled", cancels.seen()}, {"left_alone", cancels.left_alone()}}}};
  return o;
}

/// Another process has the journal: a host that does not answer, or somebody who does this already.
Error held_by(const store::LockHolder& h, const std::string& journal, bool liquidate) {
  std::string text = name_of(h) + " holds " + journal + (h.stopped ? ", and it is stopped" : "") + ": ";
  if (h.name == "bowline-panic") return {"HOST_BUSY", text + "it is at work already"};
  text += liquidate ? "nothing is sold beside it, since it could sell the same" : "its journal can't be read beside it";
  text += ". One that lives sees the latch by itself; one that hangs has to be ended";
  if (h.pid != 0) text += ": kill -KILL " + std::to_string(h.pid) + ", and say this again";
  return {"HOST_HANGS", std::move(text)};
}

// ---- with it --------------------------------------------------------------------------------------------------------------------

/// The seed of the run that the journal is of: decisions made here are numbered as its own.
std::uint64_t seed_of(const std::string& begun, std::uint64_t otherwise) {
  const auto words = nlohmann::json::parse(begun, nullptr, false);
  const auto it = words.is_object() ? words.find("seed") : words.end();
  return words.is_object() && it != words.end() && it->is_number_unsigned() ? it->get<std::uint64_t>() : otherwise;
}

void tell_orders(std::string& text, const char* what, const std::vector<StandIn::OrderLine>& orders) {
  for (const StandIn::OrderLine& o : orders) text += std::string(what) + " " + o.id + ", " + o.side + " " + o.instrument + ": " + o.state + "\n";
}
ordered_json json_of(const std::vector<StandIn::OrderLine>& orders) {
  auto all = ordered_json::array();
  for (const StandIn::OrderLine& o : orders) all.push_back({{"id", o.id}, {"instrument", o.instrument}, {"side", o.side}, {"state", o.state}});
  return all;
}

Outcome outcome_of(const StandIn::End& end, bool liquidate) {
  Outcome o;
  o.what = end.done ? Outcome::What::done : end.error.code.empty() ? Outcome::What::open : Outcome::What::refused;
  o.error = end.error;
  o.code = end.done ? ec::ok : end.error.code.empty() ? ec::unreconciled : exit_of(end.error);
  tell_orders(o.text, "entry", end.entries);
  tell_orders(o.text, "kept", end.kept);
  if (end.of_others != 0) o.text += std::to_string(end.of_others) + " orders of others work at the venue\n";
  if (!liquidate)
    for (const std::string& symbol : end.unprotected) o.text += symbol + " is held, and no stop of it rests at the venue: nobody watches it until a host runs\n";
  if (!end.done && end.error.code.empty())
    o.text += liquidate ? "it is not over: say it again and it goes on, and so does the host that is started next\n"
                        : "not every entry is known to have ended: say it again, and look at the venue\n";
  if (!end.journal_ok) o.text += "the journal could not be written: nothing is sold before it can\n";
  o.json = {{"done", end.done}, {"entries", json_of(end.entries)}, {"kept", json_of(end.kept)}, {"of_others", end.of_others},
            {"unprotected", end.unprotected}, {"journal_ok", end.journal_ok}};
  if (!end.receipt.empty()) o.json["receipt"] = ordered_json::parse(end.receipt, nullptr, false);
  return o;
}

Outcome stand_in(const Command& c, const VenueConfig& from, const core::InstrumentTable& table, store::Journal& journal) {
  const config::RunConfig& config = *from.config;
  const bool liquidate = c.halt.order == store::HaltOrder::liquidate;
  std::string begun;
  Nanos last = 0;
  auto read = journal.each([&](const store::JournalRow& row) -> Result<void> {
    if (row.kind == store::journal_kind::begin && begun.empty()) begun = row.payload;
    last = std::max(last, row.time);
    return {};
  });
  if (!read) return by_word(c, from, table, read.error(), ec::store);
  auto line = services::VenueLine::make(config, table, line_options(c, from));
  if (!line) return refused(line.error(), exit_of(line.error()));
  const store::HaltLatch latch{fs::path(c.var)};
  services::LatchedBroker broker((*line)->broker(), latch);
  NoRecords sink;
  services::Execution execution(services::stand_in_options(config, seed_of(begun, config.seed), (*line)->caps(), liquidate), table, core::AssetId{1},
                                config.execution.assumed_half_spread, {}, {}, broker, journal, sink);
  execution.obey(latch);
  // The room that a host has kept for exits is there for these, too (trading rules 4.1).
  std::optional<store::Ballast> ballast;
  if (config.execution.ballast_bytes > 0) {
    ballast.emplace(fs::path(c.var) / "ballast", static_cast<std::uint64_t>(config.execution.ballast_bytes));
    execution.keep(*ballast);
  }
  read = journal.each([&execution](const store::JournalRow& row) { return execution.restore(row); });
  if (!read) {
    line->reset();
    return by_word(c, from, table, read.error(), ec::store);
  }
  execution.restored();
  if (ballast) execution.fill_reserve(execution.settled());
  services::StandInClock clock({wall_ns, steady_ns}, std::max(last, execution.settled()), real_time(config));
  Desk desk(**line, clock,
            [&](const bl_event& e) {
              // A venue that tells prices is the only one who does here.
              if (e.type == BL_EV_QUOTE) {
                const auto& quote = reinterpret_cast<const bl_quote&>(e);
                if (services::usable(quote, table.size())) execution.recall_quote(quote);
                return;
              }
              execution.on_broker_event(e);
            },
            c.within_s == 0 && !liquidate ? stop_within_s : c.within_s);
  // As of any process that goes on with the run: its rows are told from those before. A full disk must not keep it from cancelling.
  static_cast<void>(journal.note(store::journal_kind::begin, 0, begun.empty() ? "{\"seed\":" + std::to_string(config.seed) + "}" : begun));
  static_cast<void>(journal.flush());
  if (const auto started = (*line)->start(clock.now()); !started) return refused(started.error(), exit_of(started.error()));
  std::string before;
  StandIn work({.execution = execution,
                .journal = journal,
                .table = table,
                .now = [&clock] { return clock.now(); },
                .turn = [&desk](Nanos now) { desk.turn(now); },
                .wait = [&desk] { desk.wait(); },
                .enough = [&desk] { return desk.enough(); },
                .fault = [&line] { return (*line)->fault(); },
                .told = [&](const std::string& receipt) {
                  if (c.tell)
                    for (const std::string& news : services::progress(before, receipt)) std::printf("%s\n", news.c_str());
                  std::fflush(stdout);
                  before = receipt;
                }});
  const StandIn::End end = liquidate ? work.liquidate(c.halt) : work.stop();
  static_cast<void>(journal.flush());
  return outcome_of(end, liquidate);
}

}  // namespace

Outcome act_alone(const Command& c) {
  const bool liquidate = c.halt.order == store::HaltOrder::liquidate;
  VenueConfig from = read_venue_config(c.config, c.var);
  if (!from.config) {
    Error why{from.problems.front().code, ""};
    for (const config::Problem& p : from.problems) why.message += (why.message.empty() ? "" : "; ") + p.text();
    const int code = from.live_guard ? ec::live_guard : exit_of(why) == ec::internal ? ec::config : exit_of(why);
    return refused(std::move(why), code);
  }
  const config::RunConfig& config = *from.config;
  auto table = services::instrument_table(config);
  if (!table) return refused(table.error(), exit_of(table.error()));
  if (c.everything) return act_on_everything(c, from, *table);
  const fs::path file = fs::path(c.var) / "journal.db";
  std::error_code error;
  if (!fs::exists(file, error))
    return by_word(c, from, *table, {"JOURNAL_OPEN", "journal " + file.string() + " is not there: which orders and positions are ours is not known"}, ec::store);
  const store::Stamp stamp{config.mode, config.instances.front().plugin, config.execution.account};
  auto journal = store::Journal::open(file, stamp);
  std::optional<store::LockHolder> holder;
  if (!journal && journal.error().code == "JOURNAL_LOCKED") {
    holder = store::lock_holder(file);
    if (!holder) journal = store::Journal::open(file, stamp);  // it has let go meanwhile
  }
  if (!journal) {
    const Error& why = journal.error();
    if (why.code == "JOURNAL_LOCKED") {
      const Error held = held_by(holder.value_or(store::LockHolder{}), file.string(), liquidate);
      return held.code == "HOST_BUSY" ? refused(held, ec::host) : by_word(c, from, *table, held, ec::host);
    }
    // Of another venue or portfolio: this configuration is not that run's, and its venue not the one where its orders are.
    if (why.code == "JOURNAL_STAMP") return refused(why, ec::store);
    return by_word(c, from, *table, why, ec::store);
  }
  if ((*journal)->rows() == 0)
    return by_word(c, from, *table, {"JOURNAL_OPEN", "journal " + file.string() + " is empty: which orders and positions are ours is not known"}, ec::store);
  return stand_in(c, from, *table, **journal);
}

}  // namespace bowline::panic
