#!/usr/bin/env bash
# Stops through the program: the price falls and the stop sells, two runs give the same bytes, and a run that is killed
# again and again ends with the orders, fills and balances of the run that nobody killed.
source "$(dirname "$0")/check.sh"
RANDOM=${BOWLINE_SEED:-4711}
echo "seed ${BOWLINE_SEED:-4711}"
# Down a little and up by 0.2 % a bar, so that the cross buys; then down by 2 % a bar.
awk 'BEGIN { print "time_utc_epoch_s,open,high,low,close,volume"; p = 100; t = 1640995200
  for (i = 0; i < 220; i++) { o = p; p = i < 100 ? p * 0.9995 : i < 200 ? p * 1.002 : p * 0.98
    printf "%d,%.2f,%.2f,%.2f,%.2f,1000\n", t + 300 * i, o, (o > p ? o : p) + 0.05, (o < p ? o : p) - 0.25, p } }' >"$dir/falls.csv"
cat >"$dir/falls.yaml" <<END
mode: mock
seed: 7
listen: {enabled: off}
instruments: [BTC-USD]
plugins: {path: [$plugins]}
bridge: {cost_gate: off}
execution: {stops: {lock_bars: 100, unprotected_after: 60s}}
instances:
  - {id: market, kind: feed, plugin: bowline.feed.replay, params: {files: {BTC-USD: $dir/falls.csv}}}
  - {id: cross, kind: signal, plugin: bowline.signal.ema_cross, params: {fast: 20, slow: 60}}
  - {id: stops, kind: risk, plugin: bowline.risk.stops, params: {bars: 12}}
  - {id: venue, kind: broker, plugin: bowline.broker.mock, params: {cash: {USD: "10000"}, state: file}}
END
for run in one two; do
  check "falls, run $run ends by itself" ends 0 run "$dir/falls.yaml" "$dir/$run"
  for table in orders fills core_events; do "$bowline" db dump "$table" --var "$dir/$run" >"$dir/$run.$table" || failed=1; done
done
for table in orders fills core_events; do check "falls: $table are the same bytes" cmp "$dir/one.$table" "$dir/two.$table"; done
first() { # of these orders, in time: side and purpose of the first sale
  "$SQLITE_DO" "$dir/one/crypto_transactions.db" "SELECT side, purpose FROM orders WHERE side='SELL' ORDER BY seq LIMIT 1"
}
check "the first sale is the stop's, before any SELL" is "$(first)" "SELL|stop"
check "after it nobody buys for a while" is "$("$SQLITE_DO" "$dir/one/crypto_transactions.db" "SELECT count(*) FROM orders WHERE side='BUY' AND seq > (SELECT min(seq) FROM orders WHERE side='SELL')")" 0
check "it is told with its rule" grep -q ',stop,.*""source"":""stops""' "$dir/one.core_events"
check "nothing of it is left" is "$("$SQLITE_DO" "$dir/one/mock_venue.db" "SELECT total FROM balances WHERE asset='BTC'")" 0
check "no position was without its stop" test "$(grep -c POSITION_UNPROTECTED "$dir/one.core_events")" = 0
sed '/risk.stops/d' "$dir/falls.yaml" >"$dir/bare.yaml"
check "without the plugin it is said" ends 0 run "$dir/bare.yaml" "$dir/bare"
"$bowline" db dump core_events --var "$dir/bare" >"$dir/bare.core_events"
check "as an incident" grep -q POSITION_UNPROTECTED "$dir/bare.core_events"

config() { # latency of the venue
  sed "s|path: \[.*|path: [$plugins]|; s/state: memory/state: file, latency: $1/; s/bars: 5000/bars: 2500/
       s/^instances:/instances:\n  - {id: stops, kind: risk, plugin: bowline.risk.stops, params: {bars: 48, min_distance: 0.5%, max_distance: 1%, trailing: 1%, break_even: 0%}}/" \
    "$source/configs/ema_simulated.yaml"
}
venue() { # state folder: all that the venue has
  "$SQLITE_DO" "$1/mock_venue.db" "SELECT order_no, client_id, symbol, side, type, qty, limit_px, submitted_ns, accepted_ns, state, cum_qty, cum_quote, cum_fee FROM orders ORDER BY order_no"
  "$SQLITE_DO" "$1/mock_venue.db" "SELECT fill_id, order_no, px, qty, fee, ts_ns FROM fills ORDER BY fill_no"
  "$SQLITE_DO" "$1/mock_venue.db" "SELECT asset, total, hold FROM balances ORDER BY asset"
}
same() { diff "$dir/whole" "$dir/killed" >"$dir/difference" || { head -12 "$dir/difference"; return 1; }; }
killed_after() { # ms, config, state folder: the exit code of the run; 137 when it had to be killed
  "$bowline" run "$2" --var "$3" --log-file "$3.log" --json >"$dir/out" 2>"$dir/err" &
  local child=$! waited=0
  while kill -0 $child 2>/dev/null && [ $waited -lt "$1" ]; do sleep 0.01; waited=$((waited + 10)); done
  kill -KILL $child 2>/dev/null
  wait $child 2>/dev/null
}
for latency in 0ms 20s; do
  config $latency >"$dir/run.yaml"
  check "latency $latency: the run nobody kills" ends 0 run "$dir/run.yaml" "$dir/whole-$latency"
  venue "$dir/whole-$latency" >"$dir/whole"
  stops=$("$SQLITE_DO" "$dir/whole-$latency/crypto_transactions.db" "SELECT count(*) FROM orders WHERE purpose='stop'")
  check "latency $latency: it has stops ($stops)" test "$stops" -gt 10
  for round in 1 2 3; do
    var=$dir/killed-$latency-$round kills=0 code=137
    while [ $code = 137 ] && [ $kills -lt 40 ]; do
      killed_after $((RANDOM % 150 + 20 + kills * 30)) "$dir/run.yaml" "$var"
      code=$?
      kills=$((kills + 1))
    done
    [ $code = 3 ] && grep -q 'RUN_VAR_USED.*the journal' "$dir/err" && code=0
    check "latency $latency, round $round: it ends by itself after $((kills - 1)) kills" is $code 0
    venue "$var" >"$dir/killed"
    check "latency $latency, round $round: the venue has what it has of the whole run" same
    check "latency $latency, round $round: the journal is proved" ends 0 "$bowline" journal verify --var "$var"
  done
done
exit $failed
