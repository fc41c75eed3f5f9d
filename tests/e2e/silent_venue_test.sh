#!/usr/bin/env bash
# A venue that takes an order and never speaks of it, in real time (trading rules 2.3): after ten seconds its fate is open, it is
# asked about, sent again once with the same bytes, and over a minute later it counts as never placed. Meanwhile nothing is ordered
# beside it, and the emergency stop works.
source "$(dirname "$0")/check.sh"
mkdir "$dir/plugins"
cp "$SCRIPT_FEED" "$FIXTURES/liar.so" "$plugins/libsignal_ema_cross.so" "$dir/plugins/"
now=$(($(date +%s) / 60 * 60))
cat >"$dir/run.yaml" <<YAML
mode: mock
seed: 7
interval: 1m
time: real
listen: {ports: {signal-generator: 0, signal-bridge: 0, trade-execution: 0, portfolio-rebalancer: 0}}
instruments: [BTC-USD]
plugins: {path: [$dir/plugins]}
bridge: {cost_gate: off}
instances:
  - {id: market, kind: feed, plugin: test.feed.script, params: {script: "bar 1 $now $now 10000 short\\nsilent"}}
  - {id: cross, kind: signal, plugin: bowline.signal.ema_cross, params: {fast: 3, slow: 8}}
  - {id: venue, kind: broker, plugin: test.liar, params: {submit: silent}}
YAML
"$bowline" run "$dir/run.yaml" --var "$dir/var" --log-file "$dir/log" >"$dir/run.out" 2>"$dir/run.err" &
host=$!
started+=($host)
answers() { "$bowline" emergency state --var "$dir/var" >/dev/null 2>&1; }
check "it listens" within 30 answers
at=$(sed -n 's/.*"trade-execution": "\(.*\)".*/\1/p' "$dir/var/endpoints.json")
heard() { curl -s -m 10 "$at/portfolio" | grep -q '"time_ns":[1-9]'; }
check "the one bar is heard" within 30 heard
buy() { # key: the answer's status; the answer is in $dir/body
  curl -s -m 10 -o "$dir/body" -w '%{http_code}' -X POST -H 'Content-Type: application/json' -H "Idempotency-Key: $1" \
    -d '{"instrument":"BTC-USD","side":"BUY","type":"limit","tif":"GTC","qty":"1","limit_price":"90","reason":"a test"}' "$at/trades/execute"
}
state() { curl -s -m 10 "$at/orders?limit=10" | grep -o '"state":"[a-z_]*"' | cut -d'"' -f4; }
in_state() { [ "$(state)" = "$1" ]; }
check "an order" is "$(buy one)" 202
check "it was taken" is "$(state)" submitted
check "without a word its fate is open" within 40 in_state unknown
check "nothing is ordered beside it" is "$(buy two)" 422
check "and why is told" grep -q '"code":"ORDER_WORKING"' "$dir/body"
sent_again() { [ "$(grep -c 'is sent again' "$dir/log")" = 1 ]; }
check "it is sent again" within 30 sent_again
check "the emergency stop works" ends 0 "$bowline" emergency stop --reason drill --var "$dir/var"
check "and asks for its cancel" grep -q '^1 cancels asked for, 0 ' "$dir/out"
check "in the end it was never placed" within 150 in_state not_placed
check "it was sent again once" sent_again
check "the money is there" grep -q '"cash":"10000"' <(curl -s -m 10 "$at/portfolio")
kill -TERM $host
wait $host
check "it ends in order" is $? 0
started=()
check "the journal is whole" ends 0 "$bowline" journal verify --var "$dir/var"
check "and has one order" grep -q '^1 intents, 0 fills; orders: 1 not_placed' "$dir/out"
took=$("$SQLITE_DO" "$dir/var/crypto_transactions.db" "SELECT (SELECT max(time_ns) FROM order_events WHERE event='proved_absent') / 1000000000 - (SELECT min(time_ns) FROM order_events WHERE event='handed_over') / 1000000000")
check "which took a minute at least" test "${took:-0}" -ge 60
exit $failed
