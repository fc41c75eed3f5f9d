#!/usr/bin/env bash
# Paper trading end to end: configs/paper.yaml with no change but its addresses, Coinbase's feed plugin on a venue over TLS that is told
# apart from the real one by nothing but its certificate. A bar closes and BUYs are ordered; both programs are killed; ten minutes later
# they are started again, what was missed is filled in and not acted on, and the next bar fills the orders. The clocks of both programs
# are set to 18 s before a bar's end.
source "$(dirname "$0")/check.sh"
venue=$(dirname "$bowline")/bowline-venue clock=${CRASH_CLOCK:?the preloaded clock}
first=$(date -u -d '2026-01-05T10:04:42Z' +%s)
export CRASH_CLOCK_FILE=$dir
port=0

# Falling until the last bar before the start, which rises: the fast average crosses the slow one at its close.
candles() { # price at the start, what it falls in a bar, what it rises in the last one
  local t p=$1 fall=$2 rise=$3
  echo 'time_utc_epoch_s,open,high,low,close,volume'
  for ((t = first / 300 * 300 - 60 * 300; t < first / 300 * 300; t += 300)); do
    echo "$t,$p,$((p + 1)),$((p - fall - 1)),$((p - fall)),5"
    p=$((p - fall))
  done
  echo "$t,$p,$((p + rise + 1)),$((p - 1)),$((p + rise)),5"
  p=$((p + rise))
  for ((t += 300; t < first + 3600; t += 300)); do echo "$t,$p,$((p + 1)),$((p - p / 500)),$p,5"; done
}
candles 60000 20 2400 >"$dir/btc.csv"
candles 3000 1 120 >"$dir/eth.csv"
begin() { # time of the day: the venue, on its port of before
  export CRASH_CLOCK_BACK=$(($(date +%s) - $(date -u -d "2026-01-05T${1}Z" +%s)))
  cat >"$dir/venue.yaml" <<YAML
listen: {port: $port, control: off}
tls: {ca_file: $dir/ca.pem}
seed: 7
market:
  source: replay
  tick: 200ms
  replay: {files: {BTC-USD: $dir/btc.csv, ETH-USD: $dir/eth.csv}, from: "2026-01-05T${1}Z", speed: 1}
products: [BTC-USD, ETH-USD]
YAML
  : >"$dir/venue.out"
  LD_PRELOAD=$clock "$venue" --config "$dir/venue.yaml" --log-file "$dir/requests" >"$dir/venue.out" 2>"$dir/venue.err" &
  pid=$!
  started+=($pid)
  within 20 grep -q 'listens on' "$dir/venue.out" || { cat "$dir/venue.err"; return 1; }
  port=$(sed -n 's/.*listens on [0-9.]*:\([0-9]*\).*/\1/p' "$dir/venue.out")
}
paper() { # the host
  LD_PRELOAD=$clock "$bowline" run "$dir/run.yaml" --var "$dir/var" --log-file "$dir/log" --json >"$dir/run.out" 2>"$dir/run.err" &
  host=$!
  started+=($host)
}
orders() { # state: how many entries are in it
  "$bowline" db dump orders --var "$dir/var" 2>/dev/null | grep -c ",entry,BUY,limit,GTD,.*,$1,"
}
two() { [ "$(orders "$1")" = 2 ]; }

check "the venue begins" begin 10:04:42
sed "s|path: \[.*|path: [$plugins]\n  network: {ca_file: $dir/ca.pem}|; s|history: 300|history: 60, rest_url: \"https://localhost:$port\", stream_url: \"wss://localhost:$port\"|
  s/^seed: 1/seed: 1\nlisten: {ports: {signal-generator: 0, signal-bridge: 0, trade-execution: 0, portfolio-rebalancer: 0}}/" "$source/configs/paper.yaml" >"$dir/run.yaml"
check "the configuration is good as it stands" ends 0 "$bowline" check-config "$dir/run.yaml"
paper
check "a bar closes, and a BUY of each product is ordered and taken" within 60 two open
kill -KILL $host $pid
wait $host $pid 2>/dev/null

: >"$dir/requests"
check "ten minutes later the venue begins again" begin 10:14:42
paper
check "the next bar fills both" within 60 two filled
check "what was missed was asked for, of both products" test "$(grep -c 'candles.* 200' "$dir/requests")" -ge 2
kill -INT $host
wait $host
check "it ends in order" is $? 0
cat "$dir/run.err"
# Beside that nothing came before it was connected, and the goodbye at the end.
check "the feed had nothing to tell" is "$(grep 'FEED_' "$dir/log" | grep -v -c 'FEED_STALE\|EDGE_CLOSED: the client was closed')" 0
# History, the one of 10:00 live, two that were missed, the one of 10:10 live.
bars() { "$bowline" db dump candles --var "$dir/var" | grep "^$1," | cut -d, -f2; }
for p in BTC-USD ETH-USD; do
  check "$p: no hole and no duplicate" is "$(bars $p | awk 'NR > 1 && $1 - before != 300000000000 { print "after " before } { before = $1 }')" ""
  check "$p: the last one is that of 10:10" is "$(bars $p | tail -1)" "$(($(date -u -d 2026-01-05T10:10:00Z +%s) * 1000000000))"
done
decided() { "$bowline" db dump signals --var "$dir/var" | tail -n +2 | cut -d, -f2 | sort -u | wc -l; }
check "what was filled in was predicted on by nobody" is "$(decided)" 2
check "each position has its fills" is "$(rows fills "$dir/var")" 2
check "the journal is proved" ends 0 "$bowline" journal verify --var "$dir/var"
exit $failed
