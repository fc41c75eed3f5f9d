#!/usr/bin/env bash
# Every route of the four services, asked from outside through the built binary while it trades: what is right is
# answered, what is wrong is refused in the one shape, and a client that behaves badly harms nobody else.
# With SERVED=<folder> all answers are kept there.
source "$(dirname "$0")/check.sh"
source "$(dirname "$0")/served.sh"
all="signal-generator signal-bridge trade-execution portfolio-rebalancer"
sed "s|path: \[.*|path: [$plugins]|; s/bars: 5000, speed: max/speed: 15000x/; s/max_position: 5%/max_position: 50%/
  s/^listen: .*/listen: {ports: {signal-generator: 0, signal-bridge: 0, trade-execution: 0, portfolio-rebalancer: 0}}/" \
  "$source/configs/ema_simulated.yaml" >"$dir/run.yaml"
cat >>"$dir/run.yaml" <<YAML
  - {id: balance, kind: rebalancer, plugin: bowline.rebalancer.targets, params: {universe: all, max_weight: 3%}}
rebalance: {every_bars: 20}
YAML
serve "$dir/run.yaml" "$dir/log"
get() { ask "$1" GET "$2" "$3" "$4" "${@:5}"; }
json=(-H 'Content-Type: application/json')

for s in $all; do
  ready() { curl -s "http://127.0.0.1:${port[$s]}/readyz" | grep -q '"ok":true'; }
  check "$s is ready" within 20 ready
  for r in /health /livez /readyz /openapi.json /metrics; do get $s $r "" 200; done
  cp "$served/$(printf %04d $((asked - 1))).json" "$served/$s.openapi.json"
  check "$s: metrics are text for Prometheus" grep -q '^# TYPE bowline_' "$body"
  get $s /health "" 200
  check "$s: health names it" has "\"service\":\"$s\""
done
stored() { # fills, two plans and 50 decisions are stored: no list below is empty
  curl -s "http://127.0.0.1:${port[trade-execution]}/orders?state=filled" | grep -q '"id"' &&
    curl -s "http://127.0.0.1:${port[portfolio-rebalancer]}/rebalance/history" | grep -q '"id".*"id"' &&
    [ "$(curl -s "http://127.0.0.1:${port[signal-bridge]}/decisions" | grep -o '"id"' | wc -l)" -ge 50 ]
}
check "orders, plans and decisions are there" within 40 stored

# signal-generator
g=signal-generator
get $g /signals/latest "" 200
check "the latest signals of both instruments" is "$(grep -o '"ref_price"' "$body" | wc -l)" 2
get $g /signals/latest "?symbol=ETH-USD" 200
signal=$(first id)
get $g /signals/latest "?symbol=DOGE-USD" 404
get $g /signals "?limit=5" 200
check "five signals, and more before them" is "$(grep -o '"ref_price"' "$body" | wc -l) $(grep -o '"more":[a-z]*' "$body")" '5 "more":true'
before=$(first next_before)
oldest=$(grep -o '"time_ns":[0-9]*' "$body" | head -1 | cut -d: -f2)
get $g /signals "?limit=5&before=$before" 200
check "the page before is older" test "$(grep -o '"time_ns":[0-9]*' "$body" | tail -1 | cut -d: -f2)" -le "$oldest"
get $g /signals "?symbol=BTC-USD&since=2020-01-01T00:00:00Z" 200
get $g /signals "?before=nonsense" 400
get $g /signals "?since=yesterday" 400
get $g /signals "?symbol=DOGE-USD" 404
explained() { curl -s "http://127.0.0.1:${port[$1]}$2/explain" | grep -q '"features"'; }
check "the signal's explanation is there" within 5 explained $g "/signals/$signal"
get $g '/signals/{id}/explain' "$signal" 200
get $g '/signals/{id}/explain' 00000000000000000000000000000000 404
check "an unknown signal" is "$(code)" SIGNAL_NOT_FOUND

# signal-bridge
b=signal-bridge
get $b /decisions "?limit=3" 200
decision=$(first id)
check "three decisions" is "$(grep -o '"code"' "$body" | wc -l)" 3
get $b /decisions "?symbol=ETH-USD&limit=1000" 200
get $b /decisions "?symbl=ETH-USD" 400
get $b '/decisions/{id}/explain' "$decision" 200
get $b '/decisions/{id}/explain' 00000000000000000000000000000000 404
check "an unknown decision" is "$(code)" DECISION_NOT_FOUND

# trade-execution
x=trade-execution
get $x /portfolio "" 200
get $x /portfolio "?x=1" 400
get $x /portfolio/history "?limit=3" 200
check "three versions" is "$(grep -o '"version"' "$body" | wc -l)" 3
get $x /portfolio/history "?limit=0" 400
get $x /orders "?limit=2" 200
check "two orders, and more before them" is "$(grep -o '"filled_qty"' "$body" | wc -l) $(grep -o '"more":[a-z]*' "$body")" '2 "more":true'
get $x /orders "?limit=2&before=$(first next_before)" 200
get $x /orders "?state=filled&limit=1" 200
filled=$(first id)
get $x /orders "?state=working" 200
get $x /orders "?state=nonsense" 400
get $x '/orders/{id}' "$filled" 200
get $x '/orders/{id}' bl-0 404
check "an unknown order" is "$(code)" ORDER_NOT_FOUND
get $x '/orders/{id}/explain' "$filled" 200
check "an explanation has the fills" has '"fills":\[{'
get $x '/orders/{id}/explain' bl-0 404
ask $x DELETE '/orders/{id}' bl-0 404
ask $x DELETE '/orders/{id}' "$filled" 409
check "an ended order" is "$(code)" ORDER_ENDED
get $x /nothing "" 404

# portfolio-rebalancer
r=portfolio-rebalancer
planned() { curl -s "http://127.0.0.1:${port[$r]}/rebalance/plan" | grep -q '"targets":\[{'; }
check "a plan has targets, sooner or later" within 20 planned
get $r /rebalance/plan "" 200
get $r /rebalance/history "?limit=2" 200
check "two plans with their weights" is "$(grep -o '"weights":{' "$body" | wc -l)" 2
get $r /rebalance/history "?limit=x" 400

# the WebSockets, by a client that is not the host's
probe() { "$WS_PROBE" "${port[$1]}" "${@:2}" >"$dir/ws" 2>&1; }
stream() { # service, route, what to ask behind it, actions: a stream that opens is a route that was asked
  probe "$1" "$2$3" "${@:4}"
  printf '%s\tGET\t%s\t101\t-\n' "$1" "$2" >>"$served/asked.tsv"
}
stream $g /signals/stream "?from=1" until='"type":"signal"' close end
check "signals are streamed" grep -q '"ref_price"' "$dir/ws"
check "the handshake says whose request it answers" grep -q '^101 ws-probe' "$dir/ws"
check "a goodbye is answered" grep -q '^closed 1000' "$dir/ws"
stream $g /market/stream "" read=1 until='"type":"close"'
check "the market stream begins with hello" grep -q '"type":"hello".*"BTC-USD"' "$dir/ws"
check "and tells the close of a step" grep -q '"predictions":\[' "$dir/ws"
stream $x /events/stream "" read=1 until='"type":"portfolio"'
check "portfolio versions are streamed" grep -q '"balances":\[' "$dir/ws"
for s in "$g /signals/stream" "$g /market/stream" "$x /events/stream"; do
  set -- $s
  check "$2: an unknown parameter is refused before it opens" grep -q '400 .*PARAM_UNKNOWN' <("$WS_PROBE" "${port[$1]}" "$2?x=1")
  check "$2: a from that is no number" grep -q '400 .*PARAM_INVALID' <("$WS_PROBE" "${port[$1]}" "$2?from=x")
  get "$1" "$2" "" 426
done
check "no stream elsewhere" grep -q '40[45] ' <("$WS_PROBE" "${port[$b]}" /market/stream)
check "nobody joins a run in one process" grep -q '409 .*FOLLOWER_UNKNOWN' <("$WS_PROBE" "${port[$g]}" "/market/stream?as=signal-bridge")

# a client that behaves badly
served_still() { for s in $all; do curl -s -m 2 "http://127.0.0.1:${port[$s]}/health" | grep -q '"live":true' || return 1; done; }
bad() { # what, close code, actions
  probe $g /market/stream read=1 "${@:3}" end
  check "$1: closed with $2" grep -q "^closed $2" "$dir/ws"
  check "$1: the others are served" served_still
}
bad "a message that is too large" 1009 oversize
bad "text that is not UTF-8" 1007 bad-utf8
bad "a binary message" 1003 binary
bad "a frame without a mask" 1002 unmasked
bad "a reserved opcode" 1002 reserved
probe $g /market/stream read=1 'text={"type":"stop"}' 'text=nonsense' until='"type":"close"'
check "an onlooker's stop is not heard" grep -q '"type":"close"' "$dir/ws"
"$WS_PROBE" "${port[$g]}" /market/stream read=1 torn idle=3 >"$dir/torn" &
check "half a frame: the others are served" served_still
exec 5<>"/dev/tcp/127.0.0.1/${port[$x]}"
printf 'POST /trades/execute HTTP/1.1\r\nHost: x\r\nIdempotency-Key: slow\r\nContent-Length: 100\r\n\r\n{"instr' >&5
check "half a body: the others are served" served_still
slow() { IFS= read -r -t 20 line <&5 && [ "${line:0:12}" = "HTTP/1.1 408" ]; }
check "a body that never comes is cut off" slow
exec 5>&-

# every path with a method that it has not
for s in $all; do
  for p in $(sed -n 's/^  "\(\/[^"]*\)": {$/\1/p' "$served/$s.openapi.json"); do
    case $p in *'{'*'}'*) ask $s PUT "$p" x 405 ;; *) ask $s PUT "$p" "" 405 ;; esac
    check "$s $p: says what is allowed" grep -qi '^allow: [A-Z]' "$dir/head"
  done
done
kill -TERM "$host"
wait "$host"
check "it ends in order" is $? 0
started=()

# Commands, in a run whose strategy has not seen enough bars yet to say anything, and whose plans are made on command alone: nothing
# else moves the products, however long this takes.
sed 's/speed: 15000x/speed: 300x/; s/slow: [0-9]*/slow: 500/; s/every_bars: 20/every_bars: 100000/
  s/state: memory/state: memory, external_orders: [{at: 2024-01-01T00:05:00Z, do: fill, product: ETH-USD, side: buy, qty: "0.1", px: "2200"}, {at: 2024-01-01T00:05:00Z, do: deposit, asset: USD, qty: "5"}]/' \
  "$dir/run.yaml" >"$dir/slow.yaml"
serve "$dir/slow.yaml" "$dir/slow"
priced() { curl -s "http://127.0.0.1:${port[$x]}/portfolio" | grep -q '"version":[1-9]'; }
check "the first bar is there" within 10 priced
order='{"instrument":"BTC-USD","side":"BUY","type":"limit","qty":"0.01","limit_price":"1000","tif":"GTC","reason":"a test"}'
trade() { # key, status, what to ask behind it, body
  ask $x POST /trades/execute "$3" "$2" "${json[@]}" -H "Idempotency-Key: $1" -d "$4"
}
trade mine 202 "" "$order"
mine=$(first id)
get $x /orders "?limit=1000" 200
check "the order is in the list at once" has "\"id\":\"$mine\""
get $x '/orders/{id}' "$mine" 200
trade mine 202 "" "$order"
check "the same again makes no second order" has '"replayed":true'
trade mine 409 "" "${order/0.01/0.02}"
trade other 422 "?dry_run=true" "$order"
check "a second order of the product" is "$(code)" ORDER_WORKING
amend() { # key, status, order and what to ask behind it, body
  ask $x PATCH '/orders/{id}' "$3" "$2" "${json[@]}" -H "Idempotency-Key: $1" -d "$4"
}
nearer='{"qty":"0.02","limit_price":"1100","reason":"a test"}'
amend try 200 "$mine?dry_run=true" "$nearer"
check "a dry run of an amendment says so" has '"dry_run":true'
amend nearer 202 "$mine" "$nearer"
check "it is in force" has '"outcome":"in_force".*"qty":"0.02","limit_price":"1100"'
amend nearer 202 "$mine" "$nearer"
check "the same again asks for nothing" has '"replayed":true'
amend nearer 409 "$mine" "${nearer/1100/1200}"
amend other 422 "$mine" "${nearer/0.02/0.00000000001}"
check "an amendment below the product's step" is "$(code)" ORDER_QUANTITY_STEP
amend other 400 "$mine" '{"reason":"a test"}'
ask $x PATCH '/orders/{id}' "$mine" 400 "${json[@]}" -d "$nearer"
check "an amendment without a key" is "$(code)" IDEMPOTENCY_KEY_MISSING
amend other 404 nothing "$nearer"
get $x '/orders/{id}' "$mine" 200
check "the order has its new terms" has '"qty":"0.02","quote_qty":null,"limit_price":"1100"'
ask $x DELETE '/orders/{id}' "$mine" 202
amend other 409 "$mine" "$nearer"
trade other 400 "" '{'
trade bracket 422 "?dry_run=true" '{"instrument":"BTC-USD","side":"BUY","type":"bracket","qty":"0.01","limit_price":"90000","stop_price":"1000","reason":"a test"}'
check "a bracket that buys" is "$(code)" ORDER_COMBINATION
ask $x POST /trades/execute "" 400 "${json[@]}" -d "$order"
check "an order without a key" is "$(code)" IDEMPOTENCY_KEY_MISSING
trade other 404 "" "${order/BTC-USD/DOGE-USD}"
trade other 200 "?dry_run=true" "$order"
check "a dry run says so" has '"dry_run":true'
ask $x POST /targets "" 409 "${json[@]}" -H 'Idempotency-Key: t' \
  -d '{"from":"signal-bridge","time_ns":1,"step":true,"plan":false,"targets":[],"changed":[]}'
check "nobody proposes targets to a run in one process" is "$(code)" TARGETS_LOCAL

# What is bought below by somebody else is to be all that there is of it.
ask $x POST '/positions/{symbol}/lock' ETH-USD 200 "${json[@]}" -d '{"reason":"a test","until":"2099-01-01T00:00:00Z"}'
ask $r POST /rebalance/run "" 202
commanded=t-$asked.a_b
ask $r POST /rebalance/run "" 400 "${json[@]}" -d '{"x":1}'

# the emergency routes
ask $x POST /emergency/stop "" 400 "${json[@]}" -d '{}'
check "a stop without a reason" is "$(code)" JSON_KEY_MISSING
ask $x POST /emergency/stop "?dry_run=true" 200 "${json[@]}" -d '{"reason":"a look"}'
check "a dry run of a stop says what would follow" has '"dry_run":true,"state":"halted","gate_open":false'
get $x /portfolio "" 200
check "and does nothing" has '"state":"active"'
ask $x POST /emergency/stop "" 200 "${json[@]}" -d '{"reason":"a test"}'
check "the gate is closed" has '"state":"halted","gate_open":false'
get $x /portfolio "" 200
check "trading is halted" has '"state":"halted"'
said() { curl -s "http://127.0.0.1:${port[$x]}/health" | grep -q '"trading":{"ready":false,"reasons":\["GATE_CLOSED","STATE_HALTED"'; }
check "health says so" within 5 said
get $x /health "" 200
trade halted 422 "" "$order"
get $r /rebalance/plan "" 200
ask $x POST /emergency/resume "" 400 "${json[@]}" -d '{"reason":""}'
ask $x POST /emergency/resume "?dry_run=true" 200 "${json[@]}" -d '{"reason":"a look"}'
check "a dry run of a resume says what would follow" has '"dry_run":true,"state":"active","gate_open":true'
get $x /portfolio "" 200
check "and resumes nothing" has '"state":"halted"'
ask $x POST /emergency/resume "" 200 "${json[@]}" -d '{"reason":"a test"}'
check "the gate is open" has '"state":"active","gate_open":true'

# the operator's states, locks and closes
get $x /trading/state "" 200
check "of each product" is "$(grep -o '"effective":"active"' "$body" | wc -l)" 2
get $x /trading/state "?x=1" 400
ask $x POST /trading/state "" 200 "${json[@]}" -d '{"state":"reducing","reason":"another test"}'
check "reducing is a state" has '^{"state":"reducing"'
trade reduced 422 "" "$order"
check "nothing is bought in it" is "$(code)" STATE_REDUCING
ask $x POST /trading/state "" 200 "${json[@]}" -d '{"state":"active","reason":"another test"}'
ask $x POST /trading/state "" 400 "${json[@]}" -d '{"state":"halted","freeze":true,"reason":"another test"}'
check "freeze needs its words" is "$(code)" CONFIRM_MISSING
ask $x POST /trading/state "" 200 "${json[@]}" -d '{"state":"halted","instrument":"ETH-USD","reason":"another test"}'
check "one product alone" has '^{"state":"active"'
ask $x POST /trading/state "" 200 "${json[@]}" -d '{"state":"active","instrument":"ETH-USD","reason":"another test"}'
ask $x POST /trading/state "" 404 "${json[@]}" -d '{"state":"active","instrument":"DOGE-USD","reason":"another test"}'
ask $x POST '/positions/{symbol}/lock' BTC-USD 200 "${json[@]}" -d '{"reason":"another test","until":"2100-01-01T00:00:00Z"}'
trade locked 422 "" "$order"
check "a locked product is not bought" is "$(code)" PRODUCT_LOCKED
get $x /trading/state "" 200
check "the lock is shown" has '"until":"2100-01-01T00:00:00Z"'
ask $x POST '/positions/{symbol}/unlock' BTC-USD 200 "${json[@]}" -d '{"reason":"another test"}'
ask $x POST '/positions/{symbol}/unlock' BTC-USD 409 "${json[@]}" -d '{"reason":"another test"}'
ask $x POST '/positions/{symbol}/lock' DOGE-USD 404 "${json[@]}" -d '{"reason":"another test"}'
ask $x POST '/positions/{symbol}/close' BTC-USD 400 "${json[@]}" -d '{"reason":"another test"}'
# An order of the plan's own may still work, or come in between.
tries=0
rests() {
  [ "$(curl -s -m 10 -o "$dir/rests" -w '%{http_code}' -X POST "${json[@]}" -H "Idempotency-Key: rests-$((++tries))" -d "$order" "http://127.0.0.1:${port[$x]}/trades/execute")" = 202 ]
}
check "an order rests" within 30 rests
ask $x POST '/positions/{symbol}/close' BTC-USD 202 "${json[@]}" -H 'Idempotency-Key: close' -d '{"reason":"another test"}'
check "what rests is cancelled" has '"cancels":1'
ask $x POST '/positions/{symbol}/close' BTC-USD 202 "${json[@]}" -H 'Idempotency-Key: close' -d '{"reason":"another test"}'
check "the same close" has '"replayed":true'

get $x /risk/state "" 200
check "each limit of the floor" is "$(grep -o '"headroom":[^,]*,\{0,1\}' "$body" | wc -l | { read -r n; [ "$n" -ge 4 ] && echo enough; })" enough
get $x /risk/state "?x=1" 400
get $x /risk/ramp "" 200
check "no ramp" has '^{"usd_per_day":null,"orders_per_day":null'
get $x /risk/ramp "?x=1" 400
ask $x POST /risk/ramp "" 200 "${json[@]}" -d '{"usd_per_day":"1000000","orders_per_day":100000,"reason":"another test"}'
check "a ramp" has '^{"usd_per_day":"1000000","orders_per_day":100000'
ask $x POST /risk/ramp "" 400 "${json[@]}" -d '{"orders_per_day":0,"reason":"another test"}'
ask $x POST /risk/ramp "" 200 "${json[@]}" -d '{"off":true,"reason":"another test"}'
ask $x POST /trading/rollout "" 200 "${json[@]}" -d '{"within":"1h","reason":"another test"}'
ask $x POST /trading/rollout "" 400 "${json[@]}" -d '{"within":"never","reason":"another test"}'
# coins that somebody else bought
bought() { curl -s "http://127.0.0.1:${port[$x]}/portfolio" | grep -q '"asset":"ETH","total":"0.1"'; }
check "coins of others are there" within 20 bought
moving() { # adopt or release, status, key, body
  ask $x POST "/inventory/{instrument}/$1" ETH-USD "$2" "${json[@]}" -H "Idempotency-Key: $3" -d "$4"
}
moving adopt 200 in '{"qty":"0.05","price":"2200","reason":"another test"}'
check "adopted: a position, and a rest" has '"managed":"0.05","unmanaged":"0.05","replayed":false'
moving adopt 200 in '{"qty":"0.05","price":"2200","reason":"another test"}'
check "the same again moves nothing" has '"replayed":true'
moving adopt 409 in '{"qty":"0.01","price":"2200","reason":"another test"}'
moving adopt 422 more '{"qty":"1","price":"2200","reason":"another test"}'
check "more than is there" is "$(code)" ADOPT_BEYOND_UNMANAGED
moving adopt 400 more '{"qty":0.05,"reason":"another test"}'
moving release 200 out '{"qty":"0.05","reason":"another test"}'
check "released" has '"managed":"0","unmanaged":"0.1"'
moving release 422 more '{"qty":"1","reason":"another test"}'
ask $x POST '/inventory/{instrument}/release' DOGE-USD 404 "${json[@]}" -H 'Idempotency-Key: more' -d '{"qty":"1","reason":"another test"}'

named() { # status, key, body
  ask $x POST /inventory/reclassify "" "$1" "${json[@]}" -H "Idempotency-Key: $2" -d "$3"
}
named 422 name '{"asset":"USD","amount":"1000000","from":"deposit","to":"reward","reason":"another test"}'
check "more than was booked" is "$(code)" RECLASSIFY_BEYOND_BOOKED
reward='{"asset":"USD","amount":"5","from":"deposit","to":"reward","reason":"another test"}'
earned() { curl -s -X POST "http://127.0.0.1:${port[$x]}/inventory/reclassify" "${json[@]}" -H 'Idempotency-Key: earned' -d "$reward" | grep -q '"deposit":"0","reward":"5"'; }
check "what somebody brought was earned" within 20 earned
named 200 earned "$reward"
check "said again it changes nothing" has '"deposit":"0","reward":"5","replayed":true'
named 400 name '{"asset":"USD","amount":"1","from":"deposit","to":"deposit","reason":"another test"}'
named 404 name '{"asset":"DOGE","amount":"1","from":"deposit","to":"reward","reason":"another test"}'

# how the book stands against the venue
get $x /reconciliation "" 200
check "no adoption yet" has '"adoption":null'
get $x /reconciliation "?x=1" 400
ask $x POST /reconciliation "" 202 "${json[@]}" -d '{"action":"ask","reason":"another test"}'
check "the venue has answered" has '"unanswered":0'
ask $x POST /reconciliation "" 400 "${json[@]}" -d '{"action":"adopt_venue","confirm":true,"reason":"another test"}'
check "an adoption without a key" is "$(code)" IDEMPOTENCY_KEY_MISSING
ask $x POST /reconciliation "" 400 "${json[@]}" -H 'Idempotency-Key: a' -d '{"action":"adopt_venue","reason":"another test"}'
check "adopting needs its confirmation" is "$(code)" CONFIRM_MISSING
ask $x POST /reconciliation "" 200 "${json[@]}" -H 'Idempotency-Key: a' -d '{"action":"adopt_venue","confirm":true,"reason":"another test"}'
check "it is done when the venue has answered" has '"phase":"done"'
ask $x POST /reconciliation "" 409 "${json[@]}" -H 'Idempotency-Key: a' -d '{"action":"adopt_venue","confirm":true,"instrument":"ETH-USD","reason":"another test"}'
get $x /reconciliation "" 200
check "the adoption is told" has '"adoption":{"key":"a","phase":"done"'
ask $x POST /emergency/liquidate-all "" 400 "${json[@]}" -d '{"reason":"another test"}'
check "liquidating needs its confirmation" is "$(code)" CONFIRM_MISSING
ask $x POST /emergency/liquidate-all "?dry_run=true" 200 "${json[@]}" -d '{"reason":"another test"}'
check "a dry run is a plan" has '"phase":"planned"'
ask $x POST /emergency/liquidate-all "" 202 "${json[@]}" -d '{"reason":"another test","confirm":true,"id":"all"}'
get $x '/emergency/{id}' all 200
get $x '/emergency/{id}' nothing 404
probe $x /emergency/all/stream read=1
printf '%s\tGET\t%s\t101\t-\n' $x '/emergency/{id}/stream' >>"$served/asked.tsv"
check "a liquidation is streamed" grep -q '^{"event_id":1,"type":"[a-z]*","liquidation":{"id":"all"' "$dir/ws"
check "the stream of one that nobody knows is closed" grep -q '^closed 4404' <("$WS_PROBE" "${port[$x]}" /emergency/nothing/stream end)
check "its unknown parameter is refused before it opens" grep -q '400 .*PARAM_UNKNOWN' <("$WS_PROBE" "${port[$x]}" "/emergency/all/stream?x=1")
ask $x POST /emergency/resume "" 200 "${json[@]}" -d '{"reason":"another test"}'
check "what is over is streamed once, and closed" grep -q '^closed 1000' <("$WS_PROBE" "${port[$x]}" /emergency/all/stream until='"type":"receipt"' end)

audited() { "$SQLITE_DO" "$dir/var.slow/crypto_transactions.db" "SELECT count(*) FROM audit WHERE $1"; }
kill -TERM "$host"
wait "$host"
check "it ends in order" is $? 0
started=()
check "the plan on command is in the audit trail" is "$(audited "action='rebalance_run' AND request_id='$commanded'")" 1
check "both emergency commands are in the audit trail" is "$(audited "action='trading_state' AND reason='a test' AND request_id LIKE 't-%'")" 2

# a client that never reads, in a run that says much: its queue is bounded, and the others hear all
sed "s|path: \[.*|path: [$plugins]|; s/bars: 5000, speed: max/speed: max/; s/^mode: mock/mode: mock\njournal: memory\nstore: {transactions: none, prices: none}/
  s/^listen: .*/listen: {ports: {signal-generator: 0, signal-bridge: 0, trade-execution: 0, portfolio-rebalancer: 0}}/" \
  "$source/configs/ema_simulated.yaml" >"$dir/fast.yaml"
serve "$dir/fast.yaml" "$dir/fast"
"$WS_PROBE" "${port[$g]}" /market/stream idle=4 end >"$dir/deaf" &
deaf=$!
for _ in 1 2 3 4 5 6; do
  check "a client that never reads: the others are served" served_still
  sleep 0.5
done
wait $deaf
check "a client that never reads is cut off" grep -q '^closed 1013\|^cut off' "$dir/deaf"
check "the host is well" served_still
kill -TERM "$host"
wait "$host"
check "the fast run ends in order" is $? 0
started=()
exit $failed
