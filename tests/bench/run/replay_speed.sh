#!/usr/bin/env bash
# Replay of one instrument, EMA cross, no feature selected, mock broker, full order accounting, journal and venue in
# memory, no store. Bar: 2 million bars/s. Prints bars/s of the loop (its own figure) for 11 runs, and their median; before
# each the core's share is measured (bench_core_share), whose range stands beside the figure.
#   tests/bench/run/replay_speed.sh [build folder]
set -euo pipefail
cd "$(dirname "$0")/../../.."
build=${1:-build/release}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# A year of one-minute bars, made once: the file is read by the feed as any other.
awk 'BEGIN { srand(1); p = 30000; print "time_utc_epoch_s,open,high,low,close,volume"
  for (i = 0; i < 2000000; i++) { o = p; p = p * (1 + 0.001 * (rand() + rand() - 1)); h = (o > p ? o : p) + 1; l = (o < p ? o : p) - 1
    printf "%d,%.2f,%.2f,%.2f,%.2f,%.4f\n", 1500000000 + 60 * i, o, h, l, p, 1 + 99 * rand() } }' >"$dir/bars.csv"
cat >"$dir/run.yaml" <<EOF
mode: mock
interval: 1m
listen: {enabled: off}
journal: memory
store: {transactions: none, prices: none}
instruments: [BTC-USD]
plugins: {path: [$(realpath "$build/plugins")]}
bridge: {cost_gate: off}
instances:
  - {id: market, kind: feed,   plugin: bowline.feed.replay, params: {files: {BTC-USD: $dir/bars.csv}, interval: 1m, speed: max}}
  - {id: cross,  kind: signal, plugin: bowline.signal.ema_cross, params: {fast: 12, slow: 26}}
  - {id: venue,  kind: broker, plugin: bowline.broker.mock, params: {cash: {USD: "1000000"}, taker_fee: 0%, maker_fee: 0%, slippage: 0%, state: memory}}
EOF
share=$build/tests/bench/run/bench_core_share
for i in $(seq 11); do
  "$share" >>"$dir/share"
  "$build/bin/bowline" run "$dir/run.yaml" --var "$dir/var$i" --log-level ERROR >"$dir/out"
  awk '/^took/ { print $4 } /^orders/ { print $0 > "/dev/stderr" }' "$dir/out" 2>"$dir/orders"
done | sort -n >"$dir/speeds"
sort -n "$dir/share" | awk '{ v[NR] = $1 } END { printf "core: eight chains of additions %.2f ns a round at best, %.2f in the median, %.2f at worst\n", v[1], v[int((NR + 1) / 2)], v[NR] }'
cat "$dir/orders"
awk '{ v[NR] = $1 } END { m = v[(NR + 1) / 2]; met = m >= 2000000
  printf "bars/s: min %.0f, median %.0f, max %.0f (bar 2000000): %s\n", v[1], m, v[NR], met ? "met" : "MISSED"; exit !met }' "$dir/speeds"
