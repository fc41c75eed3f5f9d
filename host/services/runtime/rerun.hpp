// A recorded run, run again: the same configuration and seed, and the same events, since its feeds give them again or what they
// gave was recorded, in a folder of its own. All that it leaves is a journal to be held against the recorded one.
#pragma once

#include <functional>

#include "services/runtime/run.hpp"
#include "store/journal_compare.hpp"

namespace bowline::services {

/// The configuration of the re-run. Nothing is served, stored or logged; feeds do not wait for the clock; what a plugin
/// keeps in a file is kept below `scratch`, wherever the recorded run kept it. Services that were processes of their own
/// are one process (trading rules 4.4). `heard`: what its feeds gave is on a tape, and they are not asked again. Errors:
/// MODE_REPLAY_LIVE, FEED_NOT_REPEATED (nobody knows that the feed gives the same events again).
Result<config::RunConfig> rerun_config(config::RunConfig config, const std::filesystem::path& scratch, bool heard = false);

/// Whether the market that such a run hears is recorded: its feeds tell what happens now.
bool hears_once(const config::RunConfig& config) noexcept;

/// What it heard, below its state folder `var`; its journal has that stamp. Errors: FEED_NOT_REPEATED, with why it can't be had;
/// those of instrument_table().
Result<std::unique_ptr<store::MarketTape>> recorded_market(const config::RunConfig& config, const std::filesystem::path& var, const store::Stamp& stamp);

struct RerunEnd {
  std::uint64_t settled_rows = 0;  ///< rows of its journal when the last step up to `settled` was settled
  core::Nanos last = 0;            ///< that step; 0: none
  bool beyond = false;             ///< a step behind `settled` was begun and closed
  std::string unheard;             ///< with a tape: why it is not known what came next; empty: it was not asked for, or nothing came
  RunEnd end = RunEnd::end_of_data;
  Error error;                     ///< empty code unless it failed
};

/// It is asked what options.inputs says, at the same places among the events, and nothing else.
/// Runs it until a step behind `settled` is closed, its data end, or it is stopped; its journal is then whole in the file
/// journal.db of `options.var`. `made`: the run, to be stopped from elsewhere, until the call returns. `progress`: time of
/// each closed step; may be empty. Errors: those of Run::make.
Result<RerunEnd> run_again(const config::RunConfig& config, RunOptions options, core::Nanos settled,
                           const std::function<void(Run*)>& made, const std::function<void(core::Nanos)>& progress);

/// Which rows of its journal count against the recorded one's. `cut`: it was ended too soon. `heard`: on a tape; its own end is
/// none of the market's then, since nobody recorded when the recorded run came to it.
store::Rerun::Behind behind(const store::JournalExtent& recorded, const RerunEnd& again, bool cut, bool heard) noexcept;

}  // namespace bowline::services
