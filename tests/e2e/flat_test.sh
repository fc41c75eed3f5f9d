#!/usr/bin/env bash
# The worst minute through the built program (trading rules 3.1, 3.2): the price falls by 15 %, the feed says nothing more, every
# risk plugin rejects whatever it is shown, and the venue refuses by lot three of five orders. What is held is sold all the
# same, by the ladder, within its schedule.
source "$(dirname "$0")/check.sh"
mkdir "$dir/plugins"
cp "$SCRIPT_FEED" "$FIXTURES/judge.so" "$plugins/libbroker_mock.so" "$plugins/libsignal_ema_cross.so" "$plugins/librisk_stops.so" "$dir/plugins/"
now=$(date +%s) minute=$(($(date +%s) / 60 * 60))
config() { # script of the feed, what the rules say, params of the venue
  cat <<YAML
mode: mock
seed: 7
interval: 1m
time: real
listen: {ports: {signal-generator: 0, signal-bridge: 0, trade-execution: 0, portfolio-rebalancer: 0}}
instruments: [BTC-USD]
plugins: {path: [$dir/plugins]}
bridge: {cost_gate: off}
execution: {floor: {max_mark_age: 10m}} # the one bar of its feed is minutes old, so that nobody acts on it
instances:
  - {id: market, kind: feed, plugin: test.feed.script, params: {script: "$1"}}
  - {id: cross, kind: signal, plugin: bowline.signal.ema_cross, params: {fast: 3, slow: 8}}
  - {id: first, kind: risk, plugin: test.judge, params: {check: "$2"}}
  - {id: stops, kind: risk, plugin: bowline.risk.stops, params: {require_history: false}}
  - {id: second, kind: risk, plugin: test.judge, params: {check: "$2"}}
  - {id: third, kind: risk, plugin: test.judge, params: {check: "$2"}}
  - {id: venue, kind: broker, plugin: bowline.broker.mock, params: {cash: {USD: "10000"}$3}}
YAML
}
begin() { # config
  "$bowline" run "$dir/$1.yaml" --var "$dir/var" --log-file "$dir/$1.log" >"$dir/$1.out" 2>"$dir/$1.err" &
  host=$!
  started+=($host)
  check "$1: it listens" within 30 listens
  at=$(sed -n 's/.*"trade-execution": "\(.*\)".*/\1/p' "$dir/var/endpoints.json")
}
listens() { "$bowline" emergency state --var "$dir/var" >/dev/null 2>&1; }
portfolio() { curl -s -m 10 "$at/portfolio"; }

# Bought while all is well.
trades() { # price: what others trade at the venue from a moment on, every two seconds
  local at list=
  for ((at = now + 4; at < now + 120; at += 2)); do list+="{at: \"$at\", do: trade, product: BTC-USD, qty: \"1000\", px: \"$1\"}, "; done
  printf 'external_orders: [%s]' "${list%, }"
}
config "bar 1 $((minute - 180)) $((minute - 180)) 10000 short\nsilent" allow ", $(trades 100)" >"$dir/calm.yaml"
begin calm
priced() { portfolio | grep -q '"version":[1-9]'; }
check "calm: it has a price" within 30 priced
check "calm: an order" is "$(curl -s -m 10 -o "$dir/body" -w '%{http_code}' -X POST -H 'Content-Type: application/json' -H 'Idempotency-Key: k' \
  -d '{"instrument":"BTC-USD","side":"BUY","type":"market","quote_qty":"1000","reason":"a test"}' "$at/trades/execute")" 202
held() { portfolio | grep -q '"instrument":"BTC-USD","qty":"[0-9.]*[1-9]'; }
check "calm: it is held" within 30 held
kill -KILL $host
wait $host 2>/dev/null
started=()

# The worst minute: at the venue the price falls on, and others trade there all the time.
now=$(date +%s) minute=$(($(date +%s) / 60 * 60)) # a bar that is known a minute after its close is late, and not acted on
config "bar 1 $minute $now 8500 short\nsilent" silent ", reject_probability: 0.6, $(trades 80)" >"$dir/worst.yaml"
begin worst
fell=$SECONDS
flat() { ! held && [ "$(sells_done)" -gt 0 ]; }
sells_done() { curl -s -m 10 "$at/orders?state=filled&limit=100" | grep -c '"side":"SELL"'; }
check "worst: flat, within a minute" within 60 flat
echo "worst: flat after $((SECONDS - fell)) s"
kill -TERM $host
wait $host
check "worst: it ends in order" is $? 0
started=()
store() { "$SQLITE_DO" "$dir/var/crypto_transactions.db" "SELECT $1"; }
sales="FROM orders WHERE side='SELL'"
check "the stop sold" is "$(store "group_concat(DISTINCT purpose) $sales")" stop
check "the first attempt was within 1 % of the bid" is "$(store "limit_px $sales ORDER BY seq LIMIT 1")" 84.1
check "one attempt worked at a time" is "$(store "count(*) $sales AND state='filled'")" 1
check "every rule rejected every attempt, which bound nobody" is \
  "$(store "count(*) FROM order_checks WHERE purpose='stop' AND rule IN ('first','second','third') AND verdict='reject'")" "$(($(store "count(*) $sales") * 3))"
check "nothing of it is left at the venue" is "$("$SQLITE_DO" "$dir/var/mock_venue.db" "SELECT total FROM balances WHERE asset='BTC'")" 0
check "the journal is proved" ends 0 "$bowline" journal verify --var "$dir/var"
exit $failed
