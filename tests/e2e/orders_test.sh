#!/usr/bin/env bash
# The operator's orders through the built program: each type and time in force is taken by the venue as it was asked for, what
# can't be is refused with its key, an order is amended and is what the venue has, and a process that dies in between leaves
# the next one with that.
source "$(dirname "$0")/check.sh"
config() { # params of the venue
  sed "s|path: \[.*|path: [$plugins]|; s/state: memory/state: file$1/; s/bars: 5000, speed: max/bars: 50000, speed: 300x/; s/slow: 26/slow: 1000/
    s/^listen: .*/listen: {ports: {signal-generator: 0, signal-bridge: 0, trade-execution: 0, portfolio-rebalancer: 0}}/" \
    "$source/configs/ema_simulated.yaml"
}
# A strategy that has not seen enough to say anything for as long as this test lasts.
begin() { # config, state folder
  "$bowline" run "$dir/$1.yaml" --var "$dir/$2" --log-file "$dir/$2.log" >"$dir/$2.out" 2>"$dir/$2.err" &
  host=$!
  started+=($host)
  check "$2: it answers" within 30 priced "$2"
}
priced() {
  at=$(sed -n 's/.*"trade-execution": "\(.*\)".*/\1/p' "$dir/$1/endpoints.json" 2>/dev/null)
  [ -n "$at" ] && curl -s -m 10 "$at/portfolio" | grep -q '"version":[1-9]'
}
die() { kill -KILL $host; wait $host 2>/dev/null; started=(); }
say() { # method, route, key, body: the status; the answer is in $dir/answer
  curl -s -m 10 -o "$dir/answer" -w '%{http_code}' -X "$1" -H 'Content-Type: application/json' -H "Idempotency-Key: $3" -d "$4" "$at$2"
}
answer() { # what, status, words, method, route, key, body
  local what=$1 status=$2 words=$3
  check "$what: $status" is "$(say "${@:4}")" "$status"
  check "$what: says so" grep -q -e "$words" "$dir/answer"
}
order() { printf '{"instrument":"%s","reason":"a test",%s}' "$1" "$2"; }
first() { grep -o "\"$1\":\"[^\"]*\"" "$dir/answer" | head -1 | cut -d'"' -f4; }
venue() { "$SQLITE_DO" "$dir/$1/mock_venue.db" "$2"; } # which has it to itself as long as it runs
state_is() { curl -s -m 10 "$at/orders/$1" | grep -q "\"state\":\"$2\""; }
free() { ! curl -s -m 10 "$at/orders?state=working" | grep -q "\"instrument\":\"$1\""; }
btc=BTC-USD eth=ETH-USD

config '' >"$dir/run.yaml"
begin run orders
# What can't be is refused before anything is judged, and its key is named.
refuse() { answer "$1" 422 "\"code\":\"$2\".*\"key\":\"$3\"" POST /trades/execute "no-$1" "$(order $btc "$4")"; }
refuse market-rests ORDER_COMBINATION tif '"side":"BUY","type":"market","tif":"GTC","qty":"0.01"'
refuse stop-at-once ORDER_COMBINATION tif '"side":"SELL","type":"stop_limit","tif":"FOK","qty":"0.01","limit_price":"90","stop_price":"100"'
refuse bracket-buys ORDER_COMBINATION side '"side":"BUY","type":"bracket","qty":"0.01","limit_price":"200","stop_price":"100"'
refuse post-only-at-once ORDER_COMBINATION post_only '"side":"BUY","type":"limit","tif":"IOC","post_only":true,"qty":"0.01","limit_price":"100"'
refuse target-below-stop ORDER_PRICES limit_price '"side":"SELL","type":"bracket","qty":"0.01","limit_price":"100","stop_price":"200"'
refuse gtd-without-end ORDER_EXPIRE expire '"side":"BUY","type":"limit","tif":"GTD","qty":"0.01","limit_price":"100"'
refuse post-only-crosses POST_ONLY_WOULD_CROSS limit_price '"side":"BUY","type":"limit","tif":"GTC","post_only":true,"qty":"0.01","limit_price":"10000000"'
answer "a bracket of nothing" 422 EXIT_BEYOND_POSITION POST /trades/execute no-position "$(order $btc '"side":"SELL","type":"bracket","qty":"0.01","limit_price":"2000000","stop_price":"100"')"
check "none of it is an order" grep -q '"orders":\[\]' <(curl -s -m 10 "$at/orders")

# Bought at the market, whole or nothing; then a bracket around it.
answer "market FOK" 202 '"replayed":false' POST /trades/execute buy "$(order $btc '"side":"BUY","type":"market","tif":"FOK","qty":"0.01"')"
bought=$(first id)
check "market FOK: filled" within 20 state_is "$bought" filled
answer "a bracket" 202 '"state":"open"' POST /trades/execute bracket "$(order $btc '"side":"SELL","type":"bracket","qty":"0.005","limit_price":"2000000","stop_price":"100"')"
bracket=$(first id)
answer "a second order beside it" 422 ORDER_WORKING POST /trades/execute beside "$(order $btc '"side":"SELL","type":"market","qty":"0.005"')"

# Amended: up to the position, and not beyond it.
answer "more than is held" 422 EXIT_BEYOND_POSITION PATCH "/orders/$bracket" a1 '{"qty":"0.011","reason":"a test"}'
answer "target below stop" 422 AMEND_TERMS PATCH "/orders/$bracket" a2 '{"limit_price":"99","reason":"a test"}'
answer "a dry run" 200 '"dry_run":true' PATCH "/orders/$bracket?dry_run=true" a3 '{"qty":"0.01","reason":"a test"}'
answer "amended" 202 '"outcome":"in_force".*"qty":"0.01"' PATCH "/orders/$bracket" a3 '{"qty":"0.01","stop_price":"200","reason":"a test"}'
answer "amended again with the same key" 202 '"replayed":true' PATCH "/orders/$bracket" a3 '{"qty":"0.01","stop_price":"200","reason":"a test"}'
answer "an order that was never there" 404 ORDER_NOT_FOUND PATCH /orders/nobody a4 '{"qty":"0.01","reason":"a test"}'
answer "an order that has ended" 409 ORDER_ENDED PATCH "/orders/$bought" a5 '{"qty":"0.02","reason":"a test"}'

# The other types, as the venue has them.
answer "post-only" 202 '"state":"open"' POST /trades/execute post "$(order $eth '"side":"BUY","type":"limit","tif":"GTC","post_only":true,"qty":"0.1","limit_price":"1000"')"
post=$(first id)
answer "post-only stays so" 422 POST_ONLY_WOULD_CROSS PATCH "/orders/$post" a6 '{"limit_price":"10000000","reason":"a test"}'
check "it is cancelled" is "$(say DELETE "/orders/$post" d1 '')" 202
check "and over" within 20 state_is "$post" cancelled
answer "a limit FOK that nobody meets" 202 '"replayed":false' POST /trades/execute fok "$(order $eth '"side":"BUY","type":"limit","tif":"FOK","qty":"0.1","limit_price":"1000"')"
fok=$(first id)
check "FOK: nothing of it" within 20 state_is "$fok" cancelled
check "ETH is free" within 20 free $eth
answer "a stop-limit" 202 '"state":"open"' POST /trades/execute stop "$(order $eth '"side":"BUY","type":"stop_limit","tif":"GTD","expire":"2030-01-01T00:00:00Z","qty":"0.01","limit_price":"4000","stop_price":"3900"')"
stop=$(first id)
answer "its end moves alone" 202 '"outcome":"in_force"' PATCH "/orders/$stop" a7 '{"expire":"2031-01-01T00:00:00Z","reason":"a test"}'

# It dies right behind an amendment, and the next process has what the venue has.
answer "amended, and then it dies" 202 '"outcome":"in_force"' PATCH "/orders/$stop" a8 '{"qty":"0.02","limit_price":"4100","reason":"a test"}'
die
as_asked() { # what, order, columns, want
  check "$1: the venue has it as asked" is "$(venue orders "SELECT $3 FROM orders WHERE client_id='$2'")" "$4"
}
as_asked "market FOK" "$bought" "type, tif, side, qty, state, cum_qty" 'MARKET|FOK|BUY|0.01|FILLED|0.01'
as_asked "a bracket" "$bracket" "type, tif, side, asked_qty, limit_px, asked_stop_px, state" 'BRACKET|GTC|SELL|0.005|2000000|100|OPEN'
as_asked "a bracket, amended once" "$bracket" "qty, stop_px, amends" '0.01|200|1'
as_asked "post-only" "$post" "type, tif, post_only, amends" 'LIMIT|GTC|1|0'
as_asked "FOK" "$fok" "type, tif, state, cum_qty" 'LIMIT|FOK|CANCELLED|0'
as_asked "a stop-limit" "$stop" "type, tif, trigger_up, asked_limit_px, stop_px, asked_expire_ns" 'STOP_LIMIT|GTD|1|4000|3900|1893456000000000000'
as_asked "a stop-limit, amended twice" "$stop" "qty, limit_px, expire_ns, amends" '0.02|4100|1924992000000000000|2'
begin run orders
told() { curl -s -m 10 "$at/orders/$stop" | grep -q '"state":"open","ended":false,"qty":"0.02","quote_qty":null,"limit_price":"4100"'; }
check "restarted: it has it, too" within 30 told
check "restarted: nothing is pending" test "$(curl -s -m 10 "$at/orders/$stop" | grep -c '"amend":')" = 0
answer "restarted: the same key asks for nothing" 202 '"outcome":"in_force".*' PATCH "/orders/$stop" a8 '{"qty":"0.02","limit_price":"4100","reason":"a test"}'
check "restarted: it is a repeat" grep -q '"replayed":true' "$dir/answer"
check "restarted: nothing differs" within 30 "$bowline" reconcile --plan --var "$dir/orders"
audited() { [ "$("$SQLITE_DO" "$dir/orders/crypto_transactions.db" "SELECT count(*) FROM audit WHERE action='amend'")" -ge 2 ]; }
check "restarted: the amendments are in the audit trail" within 30 audited # the store follows the journal, and not at once
die
check "the journal is proved" ends 0 "$bowline" journal verify --var "$dir/orders"
check "no line of the trail stands there twice" test "$("$SQLITE_DO" "$dir/orders/crypto_transactions.db" "SELECT count(*) - count(DISTINCT time_ns || principal || action || subject || request_id) FROM audit")" = 0

# A venue whose answers are lost: what is not known is asked, and decided by what it has.
config ', timeout_probability: 1, timeout_lost_share: 0.5' >"$dir/lossy.yaml"
sed -i 's/speed: 300x/speed: 3000x/' "$dir/lossy.yaml"
begin lossy lossy
for n in 1 2 3 4 5 6; do
  say POST /trades/execute "o$n" "$(order $eth "\"side\":\"BUY\",\"type\":\"limit\",\"tif\":\"GTC\",\"qty\":\"0.1\",\"limit_price\":\"100$n\"")" >/dev/null
  id=$(first id)
  ended() { curl -s -m 10 "$at/orders/$id" | grep -q '"ended":true'; }
  known() { state_is "$id" open || ended; }
  [ -n "$id" ] || continue
  check "lossy $n: whether the order is there is known in the end" within 30 known
  if ended; then continue; fi
  say PATCH "/orders/$id" "p$n" "{\"limit_price\":\"110$n\",\"reason\":\"a test\"}" >/dev/null
  check "lossy $n: the amendment is asked for, whatever becomes of it" grep -Eq '"outcome":"(pending|in_force)"' "$dir/answer"
  decided() { ! curl -s -m 10 "$at/orders/$id" | grep -q '"amend":'; }
  check "lossy $n: and is in the end" within 60 decided
  printf '%s|%s\n' "$id" "$(curl -s -m 10 "$at/orders/$id" | sed -n 's/.*"limit_price":"\([0-9]*\)".*/\1/p')" >>"$dir/told"
  gone() { say DELETE "/orders/$id" "d$n" '' >/dev/null; ended; }
  check "lossy $n: cancelled" within 60 gone
done
check "lossy: nothing differs" within 60 "$bowline" reconcile --plan --var "$dir/lossy"
die
check "lossy: some amendments were decided" test -s "$dir/told"
while IFS= read -r line; do
  check "lossy: on the terms that the venue has" is "$(venue lossy "SELECT client_id, limit_px FROM orders WHERE client_id='${line%|*}'")" "$line"
done <"$dir/told"
check "lossy: the journal is proved" ends 0 "$bowline" journal verify --var "$dir/lossy"
exit $failed
