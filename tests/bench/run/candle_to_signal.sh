#!/usr/bin/env bash
# Candle received → visible at GET /signals/latest: four processes, eight instruments, a model of 501 trees over all
# features, journal and store on files, a step every 200 ms. Bar: p99 100 ms. BOWLINE_MODEL = the bundle that
# `bowline train configs/bench_predict_train.yaml` wrote; without it the model is trained here first.
#   tests/bench/run/candle_to_signal.sh [build folder] [steps]
set -euo pipefail
cd "$(dirname "$0")/../../.."
build=$(realpath "${1:-build/release}") steps=${2:-500}
dir=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$dir"' EXIT
if [ -z "${BOWLINE_MODEL:-}" ]; then
  sed "s|path: \[.*|path: [$build/plugins]|" configs/bench_predict_train.yaml >"$dir/train.yaml"
  "$build/bin/bowline" train "$dir/train.yaml" --out "$dir/model" >"$dir/train.out"
  BOWLINE_MODEL=$dir/model
fi
export BOWLINE_MODEL
cat >"$dir/run.yaml" <<YAML
mode: mock
services: ["\${BOWLINE_SERVICE}"]
peers:
  signal-generator: http://127.0.0.1:18025
  signal-bridge: http://127.0.0.1:18022
  trade-execution: http://127.0.0.1:18024
  portfolio-rebalancer: http://127.0.0.1:18047
listen: {ports: {signal-generator: 18025, signal-bridge: 18022, trade-execution: 18024, portfolio-rebalancer: 18047}}
seed: 1
interval: 5m
instruments: [BTC-USD, ETH-USD, SOL-USD, ADA-USD, XRP-USD, LTC-USD, LINK-USD, DOGE-USD]
plugins: {path: [$build/plugins]}
bridge: {cost_gate: off}
instances:
  - {id: market, kind: feed,   plugin: bowline.feed.simulated, params: {seed: 12, bars: 1000000, speed: 1500x}}
  - {id: model,  kind: signal, plugin: bowline.signal.xgboost, params: {bundle: "\${BOWLINE_MODEL}"}}
  - {id: limits, kind: risk,   plugin: bowline.risk.limits}
  - {id: venue,  kind: broker, plugin: bowline.broker.mock, params: {cash: {USD: "10000"}}}
  - {id: balance, kind: rebalancer, plugin: bowline.rebalancer.targets, params: {universe: all, max_weight: 3%}}
YAML
for s in portfolio-rebalancer trade-execution signal-bridge signal-generator; do
  BOWLINE_SERVICE=$s "$build/bin/bowline" run "$dir/run.yaml" --var "$dir/$s" --log-level WARNING >/dev/null 2>"$dir/$s.err" &
done
"$(find "$build" -name bench_candle_to_signal -type f | head -n 1)" 18025 "$steps" || { cat "$dir"/*.err >&2; exit 1; }
