#!/usr/bin/env bash
# A feed that tells what happens now, and then nothing more: the clock goes on (trading rules 1.5). An order whose time passes
# is ended, engine time is told, and the journal has the ticks that something came of, and no others.
source "$(dirname "$0")/check.sh"
mkdir "$dir/plugins"
cp "$SCRIPT_FEED" "$plugins/libbroker_mock.so" "$plugins/libsignal_ema_cross.so" "$dir/plugins/"
now=$(($(date +%s) / 60 * 60))
cat >"$dir/run.yaml" <<YAML
mode: mock
seed: 7
interval: 1m
time: real
listen: {ports: {signal-generator: 0, signal-bridge: 0, trade-execution: 0, portfolio-rebalancer: 0}}
store: {transactions: none, prices: none}
instruments: [BTC-USD]
plugins: {path: [$dir/plugins]}
bridge: {cost_gate: off}
instances:
  - {id: market, kind: feed, plugin: test.feed.script, params: {script: "bar 1 $now $now 10000 short\\nsilent"}}
  - {id: cross, kind: signal, plugin: bowline.signal.ema_cross, params: {fast: 3, slow: 8}}
  - {id: venue, kind: broker, plugin: bowline.broker.mock, params: {cash: {USD: "10000"}}}
YAML
sql() { "$SQLITE_DO" "$dir/var/journal.db" "$1"; }
"$bowline" run "$dir/run.yaml" --var "$dir/var" --log-file "$dir/log" >"$dir/run.out" 2>"$dir/run.err" &
host=$!
started+=($host)
answers() { "$bowline" emergency state --var "$dir/var" >/dev/null 2>&1; }
check "it listens" within 30 answers
at=$(sed -n 's/.*"trade-execution": "\(.*\)".*/\1/p' "$dir/var/endpoints.json")
heard() { curl -s -m 10 "$at/portfolio" | grep -q '"time_ns":[1-9]'; }
check "the one bar is heard" within 30 heard
time_of() { curl -s -m 10 "$at/portfolio" | grep -o '"time_ns":[0-9]*' | head -1 | cut -d: -f2; }
first=$(time_of)
on() { [ "$(time_of)" -gt "$((first + 1000000000))" ]; }
check "engine time goes on though the feed is mute" within 20 on
until=$(($(date +%s) + 3))
order="{\"instrument\":\"BTC-USD\",\"side\":\"BUY\",\"type\":\"limit\",\"tif\":\"GTD\",\"qty\":\"0.1\",\"limit_price\":\"50\",\"expire\":\"$(date -u -d @$until +%Y-%m-%dT%H:%M:%SZ)\",\"reason\":\"a test\"}"
check "an order that ends in a moment" is "$(curl -s -m 10 -o "$dir/body" -w '%{http_code}' -X POST -H 'Content-Type: application/json' -H 'Idempotency-Key: k' -d "$order" "$at/trades/execute")" 202
over() { ! curl -s -m 10 "$at/orders?state=working" | grep -q '"id"'; }
check "it works" test "$(curl -s -m 10 "$at/orders?state=working" | grep -c '"id"')" = 1
check "its end passes, and it is ended" within 20 over
sleep 3
kill -TERM $host
wait $host
check "it ends in order" is $? 0
started=()
check "the journal is whole" ends 0 "$bowline" journal verify --var "$dir/var"
check "the tick that ended it has its row" test "$(sql "SELECT count(*) FROM journal WHERE kind='tick'")" -ge 1
check "others have none" test "$(sql "SELECT count(*) FROM journal WHERE kind='tick'")" -le 6
check "in front of the order's end" test "$(sql "SELECT min(row) FROM journal WHERE kind='tick'")" -lt "$(sql "SELECT max(row) FROM journal WHERE kind='order'")"
check "the command stands as it was asked" is "$(sql "SELECT count(*) FROM journal WHERE kind='asked'")" 1
check "rule 1.5: what the clock brought comes again when the run is run again on what it heard" ends 0 "$bowline" journal replay "$dir/run.yaml" --var "$dir/var" --log-file "$dir/replay.log"
check "of which there was one bar" grep -q '^1 event of the recorded market' "$dir/out"
sed "s|plugin: test.feed.script, .*|plugin: bowline.feed.simulated, params: {bars: 5}}|; s|path: \[.*\]|path: [$plugins]|" "$dir/run.yaml" >"$dir/simulated.yaml"
check "what happened once is no real time" ends 3 run "$dir/simulated.yaml" "$dir/simulated"
check "and says so" grep -q RUN_TIME_REAL "$dir/err"
exit $failed
