#!/usr/bin/env bash
# Told to stop while positions are held (trading rules 3.8): by default entries are cancelled and the stops that the host watched
# rest at the venue, are taken up by the next process, and never doubled; with on_shutdown: flatten everything is sold first.
source "$(dirname "$0")/check.sh"
cat >"$dir/keep.yaml" <<END
mode: mock
seed: 7
interval: 5m
listen: {enabled: off}
instruments: [BTC-USD, ETH-USD, SOL-USD]
plugins: {path: [$plugins]}
bridge: {cost_gate: off, max_position: 25%}
execution: {trip: {daily_loss: off, drawdown: off}}
instances:
  - {id: market, kind: feed, plugin: bowline.feed.simulated, params: {seed: 7, bars: 200000, speed: 6000x, volatility: 0.004}}
  - {id: cross, kind: signal, plugin: bowline.signal.ema_cross, params: {fast: 4, slow: 12}}
  - {id: stops, kind: risk, plugin: bowline.risk.stops, params: {bars: 12}}
  - {id: venue, kind: broker, plugin: bowline.broker.mock, params: {cash: {USD: "10000"}}}
END
sed 's/^execution: {/&on_shutdown: flatten, /' "$dir/keep.yaml" >"$dir/flatten.yaml"
sed 's/^execution: {/&stops: {owner: venue}, /' "$dir/keep.yaml" >"$dir/venue.yaml"
sql() { "$SQLITE_DO" "$1/mock_venue.db" "$2" 2>/dev/null; }
held() { sql "$1" "SELECT count(*) FROM balances WHERE asset<>'USD' AND CAST(total AS REAL) > 0"; }
holds() { [ "$(held "$1")" != 0 ] && [ -n "$(held "$1")" ]; }
# What is held, and what works as a sale of it: the same for each product, but for what an exit that works has sold already.
uncovered() {
  sql "$1" "SELECT count(*) FROM balances b WHERE asset<>'USD' AND CAST(total AS REAL) > 0 AND (SELECT coalesce(sum(CAST(qty AS REAL) - CAST(cum_qty AS REAL)), 0)
    FROM orders o WHERE o.symbol = b.asset || '-USD' AND side='SELL' AND state='OPEN') <> CAST(total AS REAL)"
}
stops() { sql "$1" "SELECT count(*) FROM orders WHERE type IN ('STOP_LIMIT','BRACKET') AND state='OPEN'"; }
doubled() { sql "$1" "SELECT count(*) FROM (SELECT symbol FROM orders WHERE side='SELL' AND state='OPEN' GROUP BY symbol HAVING count(*) > 1)"; }
stopped() { # config, state folder: held something, told to stop; its exit code
  "$bowline" run "$1" --var "$2" --log-file "$2.log" --json >"$dir/out" 2>"$dir/err" &
  local child=$!
  started+=($child)
  within 60 holds "$2"
  sleep 0.3
  kill -TERM $child
  wait $child
}

for round in 1 2 3 4 5; do # the moment may be one at which nothing is held
  rm -rf "$dir/keep"
  stopped "$dir/keep.yaml" "$dir/keep"
  code=$?
  [ "$(stops "$dir/keep")" = 0 ] || break
done
check "told to stop it ends in order" is $code 0
check "stops rest at the venue now ($(stops "$dir/keep"))" test "$(stops "$dir/keep")" -ge 1
check "what is held is covered by them" is "$(uncovered "$dir/keep")" 0
check "no entry works" is "$(sql "$dir/keep" "SELECT count(*) FROM orders WHERE side='BUY' AND state='OPEN'")" 0
check "each is in the journal before" is "$("$SQLITE_DO" "$dir/keep/journal.db" "SELECT count(*) FROM journal WHERE kind='intent' AND json_extract(payload,'\$.purpose')='stop' AND json_extract(payload,'\$.type') IN ('stop_limit','bracket')")" \
  "$(sql "$dir/keep" "SELECT count(*) FROM orders WHERE type IN ('STOP_LIMIT','BRACKET')")"
names=$(sql "$dir/keep" "SELECT client_id FROM orders WHERE type IN ('STOP_LIMIT','BRACKET') AND state='OPEN' ORDER BY order_no" | tr '\n' ' ')
check "it goes on" ends 0 run "$dir/keep.yaml" "$dir/keep" --for 2s
check "no product has two sales that work" is "$(doubled "$dir/keep")" 0
check "the journal is proved" ends 0 "$bowline" journal verify --var "$dir/keep"
for name in $names; do
  check "order $name was taken up as ours" test "$("$SQLITE_DO" "$dir/keep/journal.db" "SELECT count(*) FROM journal WHERE kind='external' AND payload LIKE '%$name%'")" = 0
done
check "nothing of it is foreign" test "$("$bowline" db dump core_events --var "$dir/keep" | grep -c 'EXEC_UNKNOWN_ORDER\|ORDER_EXTERNAL\|ORDER_CANCELLED_ELSEWHERE')" = 0

check "owner: venue: a run" ends 0 run "$dir/venue.yaml" "$dir/venue" --for 4s
check "its stops rest ($(sql "$dir/venue" "SELECT count(*) FROM orders WHERE type='STOP_LIMIT'"))" test "$(sql "$dir/venue" "SELECT count(*) FROM orders WHERE type='STOP_LIMIT'")" -ge 3
check "and follow" test "$(sql "$dir/venue" "SELECT count(*) FROM orders WHERE type='STOP_LIMIT' AND state='CANCELLED'")" -ge 1
check "never two beside each other" is "$(doubled "$dir/venue")" 0
check "what is held is covered" is "$(uncovered "$dir/venue")" 0
check "no incident" is "$("$bowline" db dump core_events --var "$dir/venue" | grep -c ',incident,')" 0

stopped "$dir/flatten.yaml" "$dir/flatten"
check "flatten ends in order" is $? 0
check "nothing is held" is "$(held "$dir/flatten")" 0
check "nothing works" is "$(sql "$dir/flatten" "SELECT count(*) FROM orders WHERE state='OPEN'")" 0
check "it was the host's own close" grep -q 'on_shutdown: flatten' <("$bowline" db dump audit --var "$dir/flatten")
exit "$failed"
