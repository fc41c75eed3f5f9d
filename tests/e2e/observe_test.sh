#!/usr/bin/env bash
# What a run says about itself while it turns: metrics that agree with its summary, health by component, readiness that
# ends with a stop, log lines of what changed, and a store outage that is told and counted though it heals.
source "$(dirname "$0")/check.sh"
# Bars at full pace, then a hole of ten years: the feed waits there, and the numbers stand still to be compared.
awk 'BEGIN { print "time_utc_epoch_s,open,high,low,close,volume"
  for (i = 0; i < 601; ++i) { p = 100 + 10 * sin(i / 8); q = 100 + 10 * sin((i + 1) / 8)
    printf "%d,%.2f,%.2f,%.2f,%.2f,1000\n", 1640995200 + 300 * i + (i == 600) * 315360000, p, (p > q ? p : q) + 6, (p < q ? p : q) - 6, q } }' >"$dir/btc.csv"
config() { # more lines
  cat <<YAML
mode: mock
seed: 7
interval: 5m
listen: {ports: {signal-generator: 0, signal-bridge: 0, trade-execution: 0, portfolio-rebalancer: 0}}
instruments: [BTC-USD]
plugins: {path: [$plugins]}
bridge: {cost_gate: off}
instances:
  - {id: market, kind: feed, plugin: bowline.feed.replay, params: {files: {BTC-USD: $dir/btc.csv}, speed: 60000x}}
  - {id: cross, kind: signal, plugin: bowline.signal.ema_cross, params: {fast: 3, slow: 8}}
  - {id: limits, kind: risk, plugin: bowline.risk.limits, params: {max_position: 5%, max_exposure: 80%, min_notional: "10"}}
  - {id: venue, kind: broker, plugin: bowline.broker.mock, params: {cash: {USD: "10000"}, state: memory}}
YAML
}
config >"$dir/run.yaml"
begin() { # state folder
  "$bowline" run "$dir/run.yaml" --var "$dir/$1" --json --log-file "$dir/$1.log" >"$dir/$1.out" 2>"$dir/$1.err" &
  host=$!
  started+=($host)
  check "$1: it listens" within 30 grep -qs 'portfolio-rebalancer listens on' "$dir/$1.log"
  at="http://127.0.0.1:$(port_of "$1" trade-execution)"
  check "$1: it is ready" within 20 ready
}
port_of() { sed -n "s/.*$2 listens on [0-9.]*:\([0-9]*\).*/\1/p" "$dir/$1.log"; }
status() { curl -s -m 10 -o "$dir/body" -w '%{http_code}' "$@"; }
ready() { is "$(status "$at/readyz")" 200 >/dev/null; }
scrape() { curl -s -m 10 "$at/metrics" >"$dir/metrics"; }
metric() { # series: its number, in the last scrape
  awk -v s="$1" 'index($0, s " ") == 1 { print $NF }' "$dir/metrics"
}
total() { # family: the sum of its series
  awk -v s="$1" '{ n = $1; sub(/\{.*/, "", n) } n == s { t += $NF } END { print t + 0 }' "$dir/metrics"
}
took() { scrape && is "$(metric 'bowline_bars_total{feed="market"}')" "$1" >/dev/null; }
all_stored() { scrape && is "$(metric 'bowline_store_records_total{table="candles"}')" 600 >/dev/null; }
# The numbers of the loop are copied together, at a beat.
all_closed() { scrape && is "$(total bowline_steps_total)" 600 >/dev/null; }
logged() { grep -q "$1" "$dir/$run.log"; }

run=main
begin main
check "all bars before the hole are taken" within 60 took 600
check "and stored" within 20 all_stored
check "and the numbers of the last step are on the page" within 20 all_closed
cp "$dir/metrics" "$dir/page"
cp "$dir/metrics" "$dir/first"
if command -v promtool >/dev/null; then
  check "promtool finds nothing wrong with the page" sh -c "promtool check metrics <'$dir/page'"
else
  echo "skip promtool: it is not installed"
fi
"$bowline" docs metrics | sed -n 's/^| `\(bowline_[a-z_]*\)`.*/\1/p' >"$dir/catalogue"
check "the catalogue is not empty" test "$(wc -l <"$dir/catalogue")" -gt 30
sed -n 's/^# TYPE \([a-z_]*\) .*/\1/p' "$dir/page" | sort >"$dir/exported"
# In one process there is no peer.
grep -v bowline_peer_connected "$dir/catalogue" | sort >"$dir/wanted"
check "every catalogued metric is exported, and no other" diff "$dir/wanted" "$dir/exported"
check "health is 200" is "$(status "$at/health")" 200
for component in journal loop plugins store venue; do
  check "health has $component" grep -q "\"$component\":{\"status\":\"ok\"" "$dir/body"
  check "and so has its metric" is "$(metric "bowline_health{component=\"$component\",service=\"trade-execution\"}")" 0
done
check "the feed is on its service's board" is "$(metric 'bowline_health{component="feed market",service="signal-generator"}')" 0
check "the feed is up" is "$(metric 'bowline_feed_up{feed="market"}')" 1
check "the store is up" is "$(metric bowline_store_up)" 1
check "the journal can be written" is "$(metric bowline_journal_writable)" 1
check "entries may be placed" is "$(metric bowline_trading_ready)" 1
check "commits are timed" test "$(metric bowline_journal_commit_seconds_count)" -gt 0
check "every step is timed where data are waited for" test "$(metric bowline_close_to_prediction_seconds_count)" -gt 300
check "calls into the signal are counted" test "$(metric 'bowline_plugin_calls_total{instance="cross"}')" -gt 600
check "requests are counted" test "$(metric 'bowline_http_requests_total{class="2xx",method="GET",route="/metrics",service="trade-execution"}')" -gt 1
check "an unknown route is counted" is "$(status "$at/nothing")" 404
scrape
check "as refused by the server" is "$(metric 'bowline_http_refused_total{reason="unrouted",service="trade-execution"}')" 1
# A request of which half is there when the stop comes gets a whole answer.
exec 3<>"/dev/tcp/127.0.0.1/${at##*:}"
printf 'POST /emergency/stop HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 33\r\n\r\n{"reason":' >&3
held() { scrape && test "$(metric 'bowline_http_connections{service="trade-execution"}')" -ge 2; }
unready() { ! ready; }
check "half a request is held beside this one" within 10 held
kill -TERM $host
check "it is not ready once a stop began" within 10 unready
printf '"a request at the end"}' >&3
timeout 10 head -c 12 <&3 >"$dir/answer"
exec 3>&-
check "half a request at SIGTERM is answered in whole" is "$(cat "$dir/answer")" "HTTP/1.1 503"
wait $host
check "the run ends in order" is $? 0
started=()
cp "$dir/main.out" "$dir/out"
cp "$dir/first" "$dir/metrics"
agree() { # what, summary's name, number of the page
  check "$1 as in the summary" is "$3" "$(field "$2")"
  check "$1: some" test "$3" -gt 0
}
agree "bars" bars "$(total bowline_bars_total)"
agree "steps" steps "$(total bowline_steps_total)"
agree "BUY" buy "$(metric 'bowline_signals_total{action="BUY"}')"
agree "SELL" sell "$(metric 'bowline_signals_total{action="SELL"}')"
agree "HOLD" hold "$(metric 'bowline_signals_total{action="HOLD"}')"
agree "fills" fills "$(total bowline_fills_total)"
agree "hits" hits "$(metric 'bowline_signals_resolved_total{result="hit"}')"
agree "targets" TARGET "$(metric 'bowline_decisions_total{result="TARGET"}')"
agree "orders" made "$(awk '/^bowline_orders_total.*state="submitted"/ { t += $NF } END { print t + 0 }' "$dir/metrics")"
check "incidents as in the summary" is "$(total bowline_incidents_total)" "$(field incidents)"
check "late bars as in the summary" is "$(metric bowline_late_bars_total)" "$(field late_bars)"
check "each order was allowed by the floor" test "$(metric 'bowline_risk_verdicts_total{rule="floor",verdict="allow"}')" -gt 0
for words in '"msg":"the run begins".*"mode":"mock".*"instances":"market=bowline.feed.replay' '"msg":"the run ends: stopped"' \
  '"service":"trade-execution".*trade-execution listens on'; do
  check "the log says $words" logged "$words"
done
check "no line for each bar" test "$(wc -l <"$dir/main.log")" -lt 60

# The emergency stop, who and which request; then the store is held by somebody else for some seconds.
run=second
begin second
check "an emergency stop" is "$(status -X POST -H 'X-Request-Id: drill-0001' -H 'Content-Type: application/json' -d '{"reason":"a drill nobody may read of"}' "$at/emergency/stop")" 200
check "is told, with its request" logged '"msg":"emergency stop: .*"request_id":"drill-0001"'
check "the state is told" logged '"msg":"trading state: HALTED".*"request_id":"drill-0001"\|"msg":"trading state: halted".*"request_id":"drill-0001"'
check "but not what was written in it" sh -c "! grep -q nobody.may.read '$dir/second.log'"
halted() { status "$at/health" >/dev/null; grep -q '"trading":{"ready":false,"reasons":\["GATE_CLOSED","STATE_HALTED"' "$dir/body"; }
check "health says what keeps entries back" within 5 halted
state() { scrape; is "$(metric bowline_trading_state)" 2 >/dev/null; }
check "and so do the metrics" within 5 state
"$SQLITE_DO" "$dir/second/crypto_transactions.db" \
  "BEGIN IMMEDIATE; WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c WHERE x < 40000000) SELECT count(*) FROM c; COMMIT" >/dev/null &
holder=$!
down() { [ "$(status "$at/health")" = 503 ] && grep -q '"store":{"status":"down","code":"STORE_LOCKED"' "$dir/body"; }
check "a store that cannot be written is down" within 30 down
check "which is told" logged '"level":"ERROR".*"component":"store".*STORE_LOCKED'
wait $holder
up() { [ "$(status "$at/health")" = 200 ] && scrape && is "$(metric bowline_store_up)" 1 >/dev/null; }
check "it heals" within 30 up
check "which is told, too" logged '"component":"store".*can be written again'
check "and counted" test "$(metric bowline_store_outages_total)" -ge 1
kill -TERM $host
wait $host
check "the run ends well: nothing was lost" is $? 0
started=()
cp "$dir/second.out" "$dir/out"
check "the summary knows of the outage" test "$(field store_outages)" -ge 1
check "and that nothing was lost" is "$(field store_dropped)" 0
check "the audit names the stop" sh -c "'$bowline' db dump audit --var '$dir/second' | grep -q 'trading_state,'"

# One of four processes, whose peers are not there: it waits for them for some seconds once it is to end.
BOWLINE_SERVICE=signal-generator
export BOWLINE_SERVICE
sed "s|path: \[.*|path: [$plugins]|; /^seed/i listen: {ports: {signal-generator: 0}}" "$source/configs/four_processes.yaml" >"$dir/run.yaml"
run=alone
"$bowline" run "$dir/run.yaml" --var "$dir/alone" --log-file "$dir/alone.log" >/dev/null 2>"$dir/alone.err" &
host=$!
started+=($host)
check "alone: it listens" within 30 grep -qs 'signal-generator listens on' "$dir/alone.log"
at="http://127.0.0.1:$(port_of alone signal-generator)"
check "alone: it is ready" within 20 ready
kill -TERM $host
told_unready() { is "$(status "$at/readyz")" 503 >/dev/null; }
check "alone: it is not ready once a stop began" within 2 told_unready
check "and alive" is "$(status "$at/livez")" 200
status "$at/health" >/dev/null
check "as health says" grep -q '"live":true,"ready":false' "$dir/body"
kill -TERM $host # at once
wait $host
started=()
exit $failed
