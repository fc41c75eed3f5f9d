#!/usr/bin/env bash
# Every benchmark of docs/performance.md, one after another, with the machine they ran on. Ends with 1 when a bar was
# missed. Meant for a machine that does nothing else; what a tool or data is missing for is said and left out.
#   tests/bench/all.sh [build folder]
set -uo pipefail
cd "$(dirname "$0")/../.."
build=$(realpath "${1:-build/release}")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0
part() { # title, command...
  echo
  echo "== $1"
  shift
  echo "\$ $*"
  "$@"
  case $? in
    0) ;;
    77) echo "left out" ;;
    *) failed=1 ;;
  esac
}
echo "$(awk -F': ' '/model name/ {print $2; exit}' /proc/cpuinfo), $(nproc) cores; $(c++ --version | head -1); load $(cut -d' ' -f1 /proc/loadavg); $(date -u +%F)"
bench=$build/tests/bench
part "one bar across the ABI to two EMAs" "$bench/loader/bench_signal_call"
part "plugin file to ready instance" "$bench/loader/bench_plugin_ready" "$build/plugins/libsignal_ema_cross.so"
part "a check of the risk chain" env BOWLINE_BUILD="$build" "$bench/plugins/bench_risk_chain"
part "an entry through the host's whole risk chain" "$bench/orders/bench_chain_of_host" "$build/plugins"
part "intent to durable to the broker" "$bench/orders/bench_intent_to_broker" "$build/plugins"
part "fill to its protection" "$bench/orders/bench_fill_to_protection" "$build/plugins"
part "fill to its stop at the venue" "$bench/orders/bench_fill_to_resting_stop" "$build/plugins"
part "a token of Coinbase's API" "$bench/coinbase/bench_coinbase_token"
# On one core: whether the threads of the two sides share one is chance otherwise, and decides everything.
part "an order's round trip through the Coinbase broker" taskset -c 0 "$bench/coinbase/bench_coinbase_round_trip" "$build/plugins"
part "an event of the market recorded" "$bench/market_log/bench_market_log"
part "orders of the simulated venue, over loopback" tests/bench/exchange/venue_orders.sh "$build"
part "restart with 101,000 orders" "$bench/orders/bench_restart" "$build/plugins"
part "liquidate-all at 10 requests a second" "$bench/orders/bench_liquidate_all" "$build/plugins"
sed "s|path: \[.*|path: [$build/plugins]|" configs/bench_predict_train.yaml >"$dir/train.yaml"
"$build/bin/bowline" train "$dir/train.yaml" --out "$dir/model" >"$dir/out" || exit 1
part "bar close to prediction" "$bench/predict/bench_close_to_prediction" "$dir/model" "$build/plugins"
export BOWLINE_MODEL=$dir/model
part "candle to /signals/latest, four processes" tests/bench/run/candle_to_signal.sh "$build"
part "GET /signals/latest against nginx" tests/bench/edge/http_vs_nginx.sh "$build"
part "GET /signals/latest with tokens and TLS" tests/bench/edge/http_access.sh "$build"
part "a small POST through bowline.http/1" "$bench/edge/bench_paced_post"
part "replay of one instrument" tests/bench/run/replay_speed.sh "$build"
unset BOWLINE_MODEL
part "the exercise run on real candles" tests/bench/run/main_job.sh "$build"
exit $failed
