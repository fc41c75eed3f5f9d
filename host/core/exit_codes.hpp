// Exit codes of every bowline binary. Stable: scripts, systemd units and Kubernetes jobs branch on them, so a
// number is never given another meaning. docs/exit_codes.md is written from this file.
#pragma once

#include <array>
#include <string_view>

namespace bowline::core {

namespace exit_code {
inline constexpr int ok = 0;
inline constexpr int usage = 2;
inline constexpr int config = 3;
inline constexpr int plugin = 4;
inline constexpr int data = 5;
inline constexpr int model = 6;
inline constexpr int store = 7;
inline constexpr int port = 8;
inline constexpr int live_guard = 9;
inline constexpr int doctor = 10;
inline constexpr int host = 11;
inline constexpr int unreconciled = 12;
inline constexpr int journal_differs = 13;
inline constexpr int journal_part = 14;
inline constexpr int demo_unmet = 20;
inline constexpr int internal = 70;
inline constexpr int plugin_overrun = 75;
}  // namespace exit_code

struct ExitCode {
  int code;
  std::string_view name, meaning;
};

inline constexpr auto exit_codes = std::to_array<ExitCode>({
    {exit_code::ok, "ok", "it did what it was asked"},
    {exit_code::usage, "usage", "the command line was wrong"},
    {exit_code::config, "config", "the configuration was refused"},
    {exit_code::plugin, "plugin", "a plugin was refused, failed to start, or threw out of a call"},
    {exit_code::data, "data", "input data was refused"},
    {exit_code::model, "model", "a model is missing, damaged, or made for other features, another interval or another horizon"},
    {exit_code::store, "store", "a database or the journal cannot be used"},
    {exit_code::port, "port", "an address to listen on is taken or not ours"},
    {exit_code::live_guard, "live_guard", "a guard of mode: live is not met, or a real venue is named in mode: mock"},
    {exit_code::doctor, "doctor", "doctor found something to mend"},
    {exit_code::host, "host", "the running host gave no answer, or refused what it was commanded"},
    {exit_code::unreconciled, "unreconciled", "the venue and the book differ, or something of it is not explained: a product is blocked, or an order's fate is open"},
    {exit_code::journal_differs, "journal_differs", "run again, a recorded run decided otherwise than its journal says"},
    {exit_code::journal_part, "journal_part", "run again, a recorded run could be compared with its journal in part only"},
    {exit_code::demo_unmet, "demo_unmet", "the demo ended before it showed what it promises"},
    {exit_code::internal, "internal", "a broken invariant: a defect in bowline"},
    {exit_code::plugin_overrun, "plugin_overrun",
     "the watchdog ended the process: a plugin call did not return"},
});

}  // namespace bowline::core
