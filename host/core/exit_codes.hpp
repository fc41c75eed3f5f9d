// Exit codes of every bowline binary. Stable: scripts, systemd units and Kubernetes jobs branch on them, so a
// number is never given another meaning. The table in docs/ is written from this file.
#pragma once

namespace bowline::core::exit_code {

inline constexpr int ok = 0;
inline constexpr int usage = 2;            ///< the command line was wrong
inline constexpr int config = 3;           ///< the configuration was refused
inline constexpr int plugin = 4;           ///< a plugin was refused, failed to start, or threw out of a call
inline constexpr int data = 5;             ///< input data was refused
inline constexpr int model = 6;            ///< a model is missing, damaged or made for other features
inline constexpr int store = 7;            ///< a database or the journal cannot be used
inline constexpr int port = 8;             ///< an address to listen on is taken or not ours
inline constexpr int live_guard = 9;       ///< a guard of mode: live is not met
inline constexpr int doctor = 10;           ///< doctor found something to mend
inline constexpr int demo_unmet = 20;      ///< the demo ended before it showed what it promises
inline constexpr int internal = 70;        ///< a broken invariant: a defect in bowline
inline constexpr int plugin_overrun = 75;  ///< the watchdog ended the process: a plugin call did not return

}  // namespace bowline::core::exit_code
