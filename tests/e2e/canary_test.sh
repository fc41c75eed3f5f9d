#!/usr/bin/env bash
# canary_test.sh <bowline> <source>: a run whose balance, prices and keys are numbers and words that occur nowhere else.
# Logs, metrics and the bodies of refusals are read by more people than may know them: none may show up there. Each
# refusal is the one that is meant: a test that another 4xx would pass looks at nothing.
set -u
bowline=$1 source=$2
dir=$(mktemp -d)
pid=
cleanup() { [ -n "$pid" ] && kill -KILL "$pid" 2>/dev/null; rm -rf "$dir"; }
trap cleanup EXIT
failed=0
check() { # what, command...
  local what=$1; shift
  if "$@"; then echo "ok   $what"; else echo "FAIL $what"; failed=1; fi
}
plugins=$(realpath "$(dirname "$bowline")/../plugins")
mkdir "$dir/secrets" "$dir/bodies"
echo -n SENTINELKEY >"$dir/secrets/venue-key"
# A price that is easy to find, wobbling so that the averages cross and trades are made.
awk 'BEGIN { print "time_utc_epoch_s,open,high,low,close,volume"
  for (i = 0; i < 4000; ++i) { p = 77317.31 + (int(i / 6) % 2 ? -700 : 700) * ((i % 6) / 6)
    printf "%d,%.2f,%.2f,%.2f,%.2f,1000\n", 1640995200 + 300 * i, p, p + 900, p - 900, p } }' >"$dir/btc.csv"
cat >"$dir/run.yaml" <<YAML
mode: mock
seed: 7
interval: 5m
listen: {ports: {signal-generator: 0, signal-bridge: 0, trade-execution: 0, portfolio-rebalancer: 0}}
instruments: [BTC-USD]
plugins: {path: [$plugins]}
bridge: {cost_gate: off}
log: {level: DEBUG}
instances:
  - {id: market, kind: feed, plugin: bowline.feed.replay, params: {files: {BTC-USD: $dir/btc.csv}, speed: 60000x}}
  - {id: cross, kind: signal, plugin: bowline.signal.ema_cross, params: {fast: 2, slow: 4}}
  - {id: limits, kind: risk, plugin: bowline.risk.limits, params: {max_position: 5%, max_exposure: 80%, min_notional: "10"}}
  - {id: venue, kind: broker, plugin: bowline.broker.mock, params: {cash: {USD: "13371337.25"}, state: memory, file: "secret://venue-key"}}
YAML
BOWLINE_SECRETS=$dir/secrets BOWLINE_SECRET_OTHER=SENTINELKEY "$bowline" run "$dir/run.yaml" --var "$dir/var" --json \
  --log-file "$dir/log" --log-level DEBUG >"$dir/summary" 2>"$dir/err" &
pid=$!
for _ in $(seq 200); do
  [ "$(grep -c 'listens on' "$dir/log" 2>/dev/null)" = 4 ] && break
  kill -0 "$pid" 2>/dev/null || break
  sleep 0.05
done
port() { sed -n "s/.*\"msg\":\"$1 listens on [^:]*:\([0-9]*\)\".*/\1/p" "$dir/log"; }
trade=$(port trade-execution) signal=$(port signal-generator) bridge=$(port signal-bridge) rebalancer=$(port portfolio-rebalancer)
check "four ports are open" test -n "$trade" -a -n "$signal" -a -n "$bridge" -a -n "$rebalancer"
traded() { curl -s -m 10 "http://127.0.0.1:$trade/metrics" | grep -q '^bowline_fills_total{side="buy"} [1-9]'; }
for _ in $(seq 300); do # trades are made meanwhile
  traded && break
  sleep 0.1
done
check "an order was filled" traded

n=0
ask() { # status, code (or codes) of the refusal's body ("-": any), curl arguments: the body is kept
  local want=$1 code=$2; shift 2
  n=$((n + 1))
  local got
  got=$(curl -s -m 10 -o "$dir/bodies/$n" -w '%{http_code}' "$@")
  [ "$got" = "$want" ] || { echo "FAIL $got instead of $want: $*"; cat "$dir/bodies/$n"; failed=1; }
  [ "$code" = - ] || grep -q "\"code\":\"\($code\)\"" "$dir/bodies/$n" || { echo "FAIL not $code: $*"; cat "$dir/bodies/$n"; failed=1; }
}
base=http://127.0.0.1:$trade
key=(-H 'Authorization: Bearer SENTINELKEY' -H 'X-Api-Key: SENTINELKEY')
json=(-H 'Content-Type: application/json')
ask 404 HTTP_NOT_FOUND "${key[@]}" "$base/nothing"
ask 405 HTTP_METHOD "${key[@]}" -X DELETE "$base/health"
ask 400 JSON_MALFORMED "${key[@]}" "${json[@]}" -H 'Idempotency-Key: k0' -d '{"symbol":' "$base/trades/execute"
ask 400 JSON_KEY_UNKNOWN "${key[@]}" "${json[@]}" -H 'Idempotency-Key: k0' -d '{"key":"SENTINELKEY","cash":"13371337.25"}' "$base/trades/execute"
# Beyond the balance, and beyond what is held: the refusals know both. While the strategy has an order working, that is
# what is said instead.
market='{"instrument":"BTC-USD","side":"BUY","type":"market","quote_qty":"13371337250","reason":"canary"}'
sell='{"instrument":"BTC-USD","side":"SELL","type":"market","qty":"13371337.25","reason":"canary"}'
ask 422 'POSITION_LIMIT\|ORDER_WORKING' "${key[@]}" "${json[@]}" -H 'Idempotency-Key: k1' -d "$market" "$base/trades/execute"
ask 422 'EXIT_BEYOND_POSITION\|ORDER_WORKING' "${key[@]}" "${json[@]}" -H 'Idempotency-Key: k2' -d "$sell" "$base/trades/execute"
ask 404 HTTP_NOT_FOUND "${key[@]}" "$base/trades/none/explain"
ask 404 ORDER_NOT_FOUND "${key[@]}" "$base/orders/SENTINEL-none/explain"
ask 400 PARAM_INVALID "${key[@]}" "http://127.0.0.1:$signal/signals?limit=SENTINELKEY"
ask 404 HTTP_NOT_FOUND "${key[@]}" "http://127.0.0.1:$bridge/nothing"
ask 404 HTTP_NOT_FOUND "${key[@]}" "http://127.0.0.1:$rebalancer/nothing?cash=13371337.25"
for p in $trade $signal $bridge $rebalancer; do
  ask 200 - "http://127.0.0.1:$p/metrics"
  check "the page of $p is full" test "$(grep -c '^bowline_' "$dir/bodies/$n")" -gt 100
  ask 200 - "http://127.0.0.1:$p/health"
  ask 200 - "http://127.0.0.1:$p/livez"
  ask 200 - "http://127.0.0.1:$p/readyz"
  ask 200 - "http://127.0.0.1:$p/openapi.json"
done
# The control: a body that may know a price does, and the search below would find it.
check "the portfolio knows the balance" sh -c "curl -s '$base/portfolio' | grep -qE '1337|13[0-9]{6}'"
kill -TERM "$pid"
wait "$pid"
code=$?
pid=
check "the run ends well" test "$code" = 0
check "it traded" grep -q '"fills": [1-9]' "$dir/summary"
check "the control: what may know the balance does" grep -q 1337 "$dir/summary"
for sentinel in 13371337 '1[.]3371' SENTINELKEY '7[5-9][0-9]{3}[.][0-9]'; do
  check "no $sentinel in log, metrics and refusals" sh -c "! grep -rnE '$sentinel' '$dir/log' '$dir/err' '$dir/bodies' | cut -c1-300 | grep ."
done
exit $failed
