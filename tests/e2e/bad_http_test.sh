#!/usr/bin/env bash
# A running host and requests that are wrong, slow, too large or too many: each has its status, and an order that was
# accepted before is still there.
source "$(dirname "$0")/check.sh"
sed "s|path: \[.*|path: [$plugins]|; s/bars: 5000, speed: max/speed: 300x/
  s/^listen: .*/listen: {ports: {signal-generator: 0, signal-bridge: 0, trade-execution: 0, portfolio-rebalancer: 0}}/" \
  "$source/configs/ema_simulated.yaml" >"$dir/run.yaml"
# Few files for the host: a flood has to meet its limit too, and not only the kernel's patience.
(
  ulimit -n 512
  exec "$bowline" run "$dir/run.yaml" --var "$dir/var" --log-file "$dir/log" >"$dir/summary" 2>"$dir/summary.err"
) &
host=$!
started+=($host)
port_of() { sed -n "s/.*$1 listens on [0-9.]*:\([0-9]*\).*/\1/p" "$dir/log"; }
check "it listens" within 20 grep -qs 'trade-execution listens on' "$dir/log"
port=$(port_of trade-execution)
at="http://127.0.0.1:$port"
status() { curl -s -m 10 -o "$dir/body" -w '%{http_code}' "$@"; }
healthy() { [ "$(status "$at/health")" = 200 ]; }
check "health is 200" within 10 healthy
priced() { curl -s "$at/portfolio" | grep -q '"version":[1-9]'; }
check "the first bar is there" within 10 priced
order='{"instrument":"BTC-USD","side":"BUY","type":"limit","qty":"0.01","limit_price":"1000","tif":"GTC","reason":"a test"}'
place() { status -X POST -H 'Content-Type: application/json' -H "Idempotency-Key: $1" -d "$2" "$at/trades/execute"; }
check "an order is accepted" is "$(place first "$order")" 202
id=$(sed -n 's/.*"id":"\([^"]*\)".*/\1/p' "$dir/body")
kept() { # the order, as it was accepted
  curl -s -m 10 "$at/orders?state=working" | grep -q "\"id\":\"$id\""
}
check "it is in the list" kept

answer() { # what, status, code, curl's arguments
  local what=$1 want=$2 code=$3; shift 3
  check "$what" is "$(status "$@")" "$want"
  check "$what: $code" grep -q "\"code\":\"$code\"" "$dir/body"
}
answer "an unknown order" 404 ORDER_NOT_FOUND "$at/orders/bl-0"
answer "an unknown query parameter" 400 PARAM_UNKNOWN "$at/orders?statee=working"
answer "a limit out of range" 400 PARAM_INVALID "$at/orders?limit=0"
trade() { # what, status, code, body
  answer "$1" "$2" "$3" -X POST -H 'Content-Type: application/json' -H 'Idempotency-Key: other' -d "$4" "$at/trades/execute"
}
trade "a body that is not JSON" 400 JSON_MALFORMED '{"instrument":'
trade "a body that is a list" 400 JSON_NOT_OBJECT '[]'
trade "a key stands twice" 400 JSON_DUPLICATE_KEY '{"side":"BUY","side":"SELL"}'
trade "an unknown key" 400 JSON_KEY_UNKNOWN "${order/\"qty\"/\"qtyy\"}"
trade "a missing key" 400 JSON_KEY_MISSING "${order/,\"reason\":\"a test\"/}"
trade "a number for an amount" 400 DECIMAL_NOT_TEXT "${order/\"0.01\"/0.01}"
trade "an amount that is none" 400 DECIMAL_MALFORMED "${order/\"0.01\"/\"NaN\"}"
trade "an unknown instrument" 404 INSTRUMENT_UNKNOWN "${order/BTC-USD/DOGE-USD}"
trade "a quantity below zero" 422 ORDER_QUANTITY "${order/0.01/-0.01}"
answer "no Idempotency-Key" 400 IDEMPOTENCY_KEY_MISSING -X POST -d "$order" "$at/trades/execute"
check "the same key and body again" is "$(place first "$order")" 202
check "the same key and body again: one order" grep -q '"replayed":true' "$dir/body"
check "the same key, another body" is "$(place first "${order/0.01/0.02}")" 409
head -c 2000000 /dev/zero | tr '\0' 'a' >"$dir/big"
answer "a body that is too large" 413 HTTP_BODY_TOO_LARGE -X POST -H 'Expect:' -H 'Idempotency-Key: big' --data-binary "@$dir/big" "$at/trades/execute"
answer "headers that are too large" 431 HTTP_HEADER_TOO_LARGE -H "X-Long: $(head -c 20000 "$dir/big")" "$at/health"
# What is not a request of any route, at each of the four ports: they share the code and not the routes.
raw() { # port, bytes; what comes back, until the other side closes
  exec 3<>"/dev/tcp/127.0.0.1/$1"
  printf "$2" >&3
  timeout 20 cat <&3
  exec 3>&-
}
malformed() { check "$service: $1" grep -q "^HTTP/1.1 $2" <(raw "$(port_of "$service")" "$3"); }
declare -A read_route=([signal-generator]=/signals/latest [signal-bridge]=/decisions [trade-execution]=/orders [portfolio-rebalancer]=/rebalance/plan)
for service in signal-generator signal-bridge trade-execution portfolio-rebalancer; do
  here=http://127.0.0.1:$(port_of $service)
  route=${read_route[$service]}
  answer "$service: an unknown route" 404 HTTP_NOT_FOUND "$here/nothing"
  answer "$service: another service's route" 404 HTTP_NOT_FOUND "$here/$([ $service = trade-execution ] && echo decisions || echo orders)"
  answer "$service: a wrong method" 405 HTTP_METHOD -X PUT "$here$route"
  answer "$service: a body where none is taken" 405 HTTP_METHOD -X POST -d '{' "$here$route"
  answer "$service: an unknown query parameter" 400 PARAM_UNKNOWN "$here$route?x=1"
  answer "$service: a body that is too large" 413 HTTP_BODY_TOO_LARGE -X POST -H 'Expect:' --data-binary "@$dir/big" "$here$route"
  answer "$service: headers that are too large" 431 HTTP_HEADER_TOO_LARGE -H "X-Long: $(head -c 20000 "$dir/big")" "$here/health"
  malformed "not HTTP" 400 'hello\r\n\r\n'
  malformed "a request line without a version" 400 'GET /health\r\n\r\n'
  malformed "a header without a colon" 400 'GET /health HTTP/1.1\r\nHost x\r\n\r\n'
  malformed "two lengths" 400 "POST $route HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}"
  malformed "a length and chunks" 400 "POST $route HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
  malformed "a path with a broken escape" 400 "GET $route%%zz HTTP/1.1\r\nHost: x\r\n\r\n"
  check "$service: health after all that" is "$(status "$here/health")" 200
done
# Bodies, at the two ports that take any.
run=http://127.0.0.1:$(port_of portfolio-rebalancer)/rebalance/run
answer "a plan: a body that is not JSON" 400 JSON_MALFORMED -X POST -d '{"x":' "$run"
answer "a plan: a body that is a list" 400 JSON_NOT_OBJECT -X POST -d '[]' "$run"
answer "a plan: a key stands twice" 400 JSON_DUPLICATE_KEY -X POST -d '{"x":1,"x":2}' "$run"
answer "a plan: an unknown key" 400 JSON_KEY_UNKNOWN -X POST -d '{"now":true}' "$run"
answer "a plan: an unknown query parameter" 400 PARAM_UNKNOWN -X POST "$run?dry_run=true"
answer "a stop: a body that is not JSON" 400 JSON_MALFORMED -X POST -d 'now' "$at/emergency/stop"
answer "targets: a body that is not JSON" 409 TARGETS_LOCAL -X POST -H 'Idempotency-Key: t' -d '{' "$at/targets"
check "no refused stop has stopped anything" grep -q '"state":"active"' <(curl -s "$at/portfolio")
drip() { # a byte now and then: the deadline is for the whole head
  exec 4<>"/dev/tcp/127.0.0.1/$port"
  printf 'GET /health HTTP/1.1\r\nX-Slow: ' >&4
  # Read all the while: what comes before the connection is reset is not lost to the next byte that is written.
  timeout 20 cat <&4 >"$dir/loris" 2>/dev/null &
  local reader=$! i
  for i in $(seq 40); do
    kill -0 "$reader" 2>/dev/null && printf 'a' >&4 2>/dev/null || break
    sleep 0.25
  done
  wait "$reader"
  exec 4>&-
  [ "$(head -c 12 "$dir/loris")" = "HTTP/1.1 408" ] || { echo "  after $i bytes: $(head -1 "$dir/loris")"; false; }
}
trap '' PIPE
check "a slow loris is cut off" drip
check "health after all that" healthy
check "the order after all that" kept

taken=$("$HTTP_FLOOD" "$port" 10000 400)
check "10,000 connections are opened and dropped ($taken were taken)" test "$taken" -ge 9900
check "health after the flood" within 10 healthy
check "more connections than the host has files" test "$("$HTTP_FLOOD" "$port" 900 900)" -gt 0
check "health after the second flood" within 15 healthy
check "the order after the floods" kept
check "the other services answer" is "$(status "http://127.0.0.1:$(port_of signal-generator)/health")" 200
check "files are given back" within 15 test "$(ls /proc/$host/fd | wc -l)" -lt 200
kill -TERM $host
wait $host
check "it ends in order" is $? 0
started=()
check "the order is in the store" grep -q "$id" <("$bowline" db dump orders --var "$dir/var")
check "no other order was made by hand" is "$("$bowline" db dump orders --var "$dir/var" | grep -c ',operator,')" 1
exit $failed
