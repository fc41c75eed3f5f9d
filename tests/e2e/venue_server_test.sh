#!/usr/bin/env bash
# The simulated venue from outside: TLS, tokens, orders, streams, each kind of misbehaviour as a client meets it, kill and restart.
# Called with the host's binary and the source tree, as all scripts here; the venue's program stands beside the host's.
source "$(dirname "$0")/check.sh"
venue=$(dirname "$bowline")/bowline-venue
ca=$dir/ca.pem key=$dir/alice.json
brokerage=/api/v3/brokerage

config() { # more lines
  cat <<EOF
listen: {port: 0, control_port: 0, threads: 3}
tls: {ca_file: $ca}
seed: 7
market: {source: simulated, tick: 200ms}
portfolios:
  - name: main
    deposits: {USD: "100000", BTC: "2"}
    keys:
      - {generate: es256, file: $key}
      - {generate: ed25519, file: $dir/reads.json, permissions: [view]}
  - {name: other, deposits: {USD: "100000", BTC: "2"}, keys: [{generate: ed25519, file: $dir/bob.json}]}
$1
EOF
}
start() { # config file, more arguments: waits for its ports
  : >"$dir/venue.out"
  "$venue" --config "$1" --log-file "$dir/requests" "${@:2}" >"$dir/venue.out" 2>"$dir/venue.err" &
  pid=$!
  started+=("$pid")
  within 20 grep -q 'listens on' "$dir/venue.out" || { cat "$dir/venue.err"; return 1; }
  port=$(sed -n 's/.*listens on [0-9.]*:\([0-9]*\).*/\1/p' "$dir/venue.out")
  control=$(sed -n 's/.*control on 127.0.0.1:\([0-9]*\).*/\1/p' "$dir/venue.out")
}
ended() { # code: it ended by itself with this
  wait "$pid"
  is $? "$1"
}
ask() { # method, path, body; the answer's body is in $body, its head in $dir/head; prints curl's code and the status
  local path=${2%%\?*}
  body=$dir/body
  : >"$body"
  local given=()
  [ -z "${3:-}" ] || given=(-H 'Content-Type: application/json' --data-binary "$3")
  curl -s -m "${wait_s:-10}" --cacert "$ca" -X "$1" -H "Authorization: Bearer $("$VENUE_PROBE" token "${as:-$key}" "$1" "localhost:$port$path")" \
    "${given[@]}" -D "$dir/head" -o "$body" -w '%{http_code}' "https://localhost:$port$2" >"$dir/status"
  echo "$? $(cat "$dir/status")"
}
tell() { # method, path, body: the control port
  curl -s -m 10 -X "$1" ${3:+--data-binary "$3"} "http://127.0.0.1:$control$2"
}
rule() { tell POST /rules "$1" | grep -q '"id"' || { echo "no rule: $1"; return 1; }; }
order() { # client id, side, price, size
  echo "{\"client_order_id\":\"$1\",\"product_id\":\"BTC-USD\",\"side\":\"$2\",\"order_configuration\":{\"limit_limit_gtc\":{\"base_size\":\"$4\",\"limit_price\":\"$3\"}}}"
}
place() { ask POST $brokerage/orders "$(order "$@")"; }
listed() { # client id: how many orders bear it
  ask GET "$brokerage/orders/historical/batch" >/dev/null
  grep -o "\"client_order_id\":\"$1\"" "$dir/body" | wc -l
}
has() { grep -q -e "$1" "$dir/body" || { head -c 600 "$dir/body"; echo; return 1; }; }
has_not() { ! grep -q -e "$1" "$dir/body"; }
stream() { # target, key, actions: what came is in $dir/frames
  timeout 60 "$VENUE_PROBE" ws "$ca" "$port" "$1" "$2" "${@:3}" >"$dir/frames" 2>&1
}
frames() { grep -c -e "$1" "$dir/frames"; }
numbers() { sed -n 's/.*"sequence_num":\([0-9]*\).*/\1/p' "$dir/frames" | tr '\n' ' '; }
beats='text={"type":"subscribe","channel":"heartbeats"}'
fills='text={"type":"subscribe","channel":"user","product_ids":["BTC-USD"],"jwt":"{jwt}"}'

# ---- the program ------------------------------------------------------------------------------------------------------------------
config "state: {file: $dir/state}" >"$dir/venue.yaml"
check "help" ends 0 "$venue" --help
refused "an unknown option" 2 USAGE_INVALID "$venue" --no-such
check "a good configuration" ends 0 "$venue" --config "$dir/venue.yaml" --check
sed 's/seed: 7/sede: 7/' "$dir/venue.yaml" >"$dir/bad.yaml"
refused "an unknown key" 3 'bad.yaml:3:1: sede: unknown key; did you mean seed?' "$venue" --config "$dir/bad.yaml" --check
refused "a configuration that is not there" 2 FILE_ABSENT "$venue" --config "$dir/none.yaml"
refused "a state that is not there can't be dumped" 7 STATE_ABSENT "$venue" --dump "$dir/none"

# ---- TLS --------------------------------------------------------------------------------------------------------------------------
config "" | sed "s|$ca|$dir/ca2.pem|" >"$dir/two.yaml"
check "another venue starts" start "$dir/two.yaml"
kill -TERM "$pid"
check "and ends" ended 0
check "it starts" start "$dir/venue.yaml"
check "the key files are their owner's alone" is "$(stat -c %a "$key" "$dir/reads.json" | tr '\n' ' ')" "600 600 "
check "its own authority is trusted" is "$(ask GET $brokerage/time)" "0 200"
check "the time is there" has '"epochSeconds":"[0-9]*"'
check "by TLS 1.2" is "$(curl -s --cacert "$ca" --tls-max 1.2 -o /dev/null -w '%{http_code}' "https://127.0.0.1:$port$brokerage/time")" 200
curl -s --cacert "$ca" --tls-max 1.1 "https://localhost:$port$brokerage/time" >/dev/null
check "not by TLS 1.1" is $? 35
refused "a second venue on the same state" 7 STATE_IN_USE "$venue" --config "$dir/venue.yaml"
cp "$dir/ca2.pem" "$dir/ca2.kept"
refused "a port that is taken" 8 LISTEN_FAILED "$venue" --config "$dir/two.yaml" --port "$port"
check "leaves the authority of who has it" cmp "$dir/ca2.pem" "$dir/ca2.kept"
curl -s --cacert "$dir/ca2.pem" "https://localhost:$port$brokerage/time" >/dev/null
check "another venue's authority is refused" is $? 60
check "and so it is by a stream" is "$("$VENUE_PROBE" ws "$dir/ca2.pem" "$port" / - end | cut -d: -f1)" refused
curl -s "https://localhost:$port$brokerage/time" >/dev/null
check "without its authority nobody trusts it" is $? 60
check "two requests on one connection" is \
  "$(curl -s --cacert "$ca" -o /dev/null -o /dev/null -w '%{num_connects} ' "https://localhost:$port$brokerage/time" "https://localhost:$port$brokerage/time")" "1 0 "

# ---- who may what -----------------------------------------------------------------------------------------------------------------
check "accounts of a key" is "$(ask GET $brokerage/accounts)" "0 200"
check "with its money" has '"currency":"USD","available_balance":{"value":"100000"'
check "an Ed25519 key" is "$(as=$dir/reads.json ask GET $brokerage/accounts)" "0 200"
check "which may only look" is "$(as=$dir/reads.json ask POST $brokerage/orders "$(order no BUY 100 0.01)")" "0 403"
check "nobody without a token" is "$(curl -s --cacert "$ca" -o "$dir/body" -w '%{http_code}' "https://localhost:$port$brokerage/accounts")" 401
check "in the plain words of the real one" is "$(cat "$dir/body")" Unauthorized
check "why is in the venue's log" grep -q "GET $brokerage/accounts 401 no_header" "$dir/requests"
check "what the limits leave is told" grep -qi '^x-ratelimit-remaining: [0-9]' <(curl -s --cacert "$ca" -D - -o /dev/null "https://localhost:$port$brokerage/market/products/BTC-USD")
check "the tenth in a second is one too many" is "$(curl -s --cacert "$ca" $(for _ in $(seq 14); do echo "-o /dev/null https://localhost:$port$brokerage/time"; done) -w '%{http_code}\n' | sort -u | tail -1)" 429
printf 'GET / HTTP/9.9\r\n\r\n' | timeout 5 openssl s_client -quiet -CAfile "$ca" -connect "localhost:$port" >"$dir/body" 2>/dev/null
check "what is no request is refused" has '^HTTP/1.1 400'
check "a body that is too large" is "$(head -c 2000000 /dev/zero | tr '\0' ' ' >"$dir/large"; curl -s --cacert "$ca" -o /dev/null -w '%{http_code}' -H 'Expect:' --data-binary "@$dir/large" "https://localhost:$port$brokerage/orders")" 413

# ---- orders and streams -----------------------------------------------------------------------------------------------------------
tell POST /market/BTC-USD '{"price":"50000"}' >/dev/null
check "an order" is "$(place one BUY 45000 0.01)" "0 200"
check "is taken" has '"success":true'
check "is there" is "$(listed one)" 1
check "again it is the same" is "$(place one BUY 45000 0.01)" "0 200"
check "and there is one of it" is "$(listed one)" 1
stream / - "$beats" until='"heartbeat_counter"' read=2
check "heartbeats" is "$(frames '"channel":"heartbeats"')" 3
check "no compression is offered" is "$(frames deflate)" 0
check "frames are numbered on" is "$(numbers)" "0 1 2 3 "
stream /user "$key" "$fills" until='"type":"snapshot"'
check "the user's stream begins with what is open" is "$(frames '"client_order_id":"one"')" 1
stream / - 'text={"type":"subscribe","channel":"user","jwt":"wrong"}' read=1
check "a stream without a right token is told so" is "$(frames 'authentication failure')" 1
(sleep 1; place fast BUY 51000 0.01 >/dev/null) &
stream /user "$key" "$fills" until='"status":"FILLED"'
check "a fill is told" is "$(frames '"client_order_id":"fast".*"status":"FILLED"')" 1
wait $!
check "candles of the past" is "$(ask GET "$brokerage/products/BTC-USD/candles?granularity=FIVE_MINUTE&start=$(($(date +%s) - 30000))&end=$(date +%s)")" "0 200"
check "a hundred of them" test "$(grep -o '"start"' "$dir/body" | wc -l)" -ge 100

# ---- misbehaviour: requests -------------------------------------------------------------------------------------------------------
rule '{"on":"request","do":"drop_after","method":"POST","route":"*/orders"}'
check "accepted and dropped: no answer" is "$(place dropped-after BUY 45000 0.01)" "52 000"
check "accepted and dropped: it is there" is "$(listed dropped-after)" 1
rule '{"on":"request","do":"drop_before","method":"POST","route":"*/orders"}'
check "dropped before: no answer" is "$(place dropped-before BUY 45000 0.01)" "52 000"
check "dropped before: it is not there" is "$(listed dropped-before)" 0
rule '{"on":"request","do":"stall","method":"POST","route":"*/orders"}'
check "half-open: nothing comes, and nothing ends" is "$(wait_s=2 place stalled BUY 45000 0.01)" "28 000"
check "half-open: it was done" is "$(listed stalled)" 1
rule '{"on":"request","do":"wait","by":"1500ms","route":"*/accounts"}'
before=$(date +%s%N)
check "late: answered" is "$(ask GET $brokerage/accounts)" "0 200"
check "late: by so much" test $((($(date +%s%N) - before) / 1000000)) -ge 1500
rule '{"on":"request","do":"reject","reason":"INSUFFICIENT_FUND","method":"POST","route":"*/orders"}'
check "200 with an error" is "$(place rejected BUY 45000 0.01)" "0 200"
check "says why" has '"success":false.*"error":"INSUFFICIENT_FUND"'
check "and did nothing" is "$(listed rejected)" 0
rule '{"on":"request","do":"fields","method":"POST","route":"*/orders","change":[{"op":"move","at":"/success_response/order_id","to":"/order_id"},{"op":"null","at":"/order_configuration"},{"op":"set","at":"/success_response/side","value":"SIDEWAYS"},{"op":"set","at":"/new","value":{"a":1}}]}'
check "another shape" is "$(place shaped BUY 45000 0.01)" "0 200"
check "moved, null, unknown and new" has '"side":"SIDEWAYS".*"order_configuration":null,"order_id":"[-0-9a-f]*","new":{"a":1}}'
rule '{"on":"request","do":"fields","route":"*/accounts","change":[{"op":"as_number","at":"/accounts/*/available_balance/value"},{"op":"as_text","at":"/has_next"},{"op":"remove","at":"/accounts/*/uuid"}]}'
check "other types" is "$(ask GET $brokerage/accounts)" "0 200"
check "numbers for texts" has '"available_balance":{"value":[0-9]'
check "texts for booleans" has '"has_next":"false"'
check "nothing where something was" has_not '"uuid"'
rule '{"on":"request","do":"unauthorized","route":"*/accounts"}'
check "401" is "$(ask GET $brokerage/accounts)" "0 401"
rule '{"on":"request","do":"rate_limited","route":"*/accounts"}'
check "429" is "$(ask GET $brokerage/accounts)" "0 429"
check "with its headers" grep -qi '^x-ratelimit-remaining: 0' "$dir/head"
rule '{"on":"request","do":"rate_limited","headers":false,"route":"*/accounts"}'
check "429 without" is "$(ask GET $brokerage/accounts)" "0 429"
check "no headers" is "$(grep -ci '^x-ratelimit' "$dir/head")" 0
rule '{"on":"request","do":"server_error","status":502,"done":true,"method":"POST","route":"*/orders"}'
check "5xx" is "$(place proxied BUY 45000 0.01)" "0 502"
check "that is no JSON" has '^go/sg/'
check "and was done" is "$(listed proxied)" 1
rule '{"on":"request","do":"answer","status":200,"body":"<html>","headers":{"Content-Type":"text/html"},"route":"*/accounts"}'
check "another language" is "$(ask GET $brokerage/accounts)" "0 200"
check "as it was told" has '^<html>$'
rule '{"on":"request","do":"truncate","bytes":20,"route":"*/accounts"}'
check "half an answer" is "$(ask GET $brokerage/accounts)" "18 200"
check "of twenty bytes" is "$(stat -c %s "$dir/body")" 20
rule '{"on":"request","do":"server_error","probability":"50%","seed":3,"route":"*/time"}'
check "chances" test "$(for _ in $(seq 12); do ask GET $brokerage/time; sleep 0.1; done | sort | uniq -c | wc -l)" = 2
tell DELETE /rules >/dev/null
check "and all is well again" is "$(ask GET $brokerage/time)" "0 200"

# ---- misbehaviour: connections ----------------------------------------------------------------------------------------------------
rule '{"on":"connection","do":"refuse"}'
check "refused" test "$(ask GET $brokerage/time)" != "0 200"
rule '{"on":"connection","do":"hold"}'
check "held" is "$(wait_s=2 ask GET $brokerage/time)" "28 000"
rule '{"on":"connection","do":"slow_write","bytes":4000}'
before=$(date +%s%N)
check "slow writes" is "$(wait_s=30 ask GET $brokerage/market/products)" "0 200"
check "slow writes: $(stat -c %s "$dir/body") bytes slowly" test $((($(date +%s%N) - before) / 1000000)) -ge 2000
rule '{"on":"connection","do":"slow_read","bytes":400}'
before=$(date +%s%N)
check "slow reads" is "$(wait_s=30 ask GET $brokerage/accounts)" "0 200"
check "slow reads: slowly" test $((($(date +%s%N) - before) / 1000000)) -ge 1000

# ---- misbehaviour: streams --------------------------------------------------------------------------------------------------------
rule '{"on":"frame","do":"lose","channel":"heartbeats","nth":2}'
stream / - "$beats" until='"sequence_num":3'
check "a gap" is "$(numbers)" "0 1 3 "
rule '{"on":"frame","do":"skip","count":5,"channel":"heartbeats"}'
stream / - "$beats" read=3
check "a jump" is "$(numbers)" "0 6 7 "
rule '{"on":"frame","do":"hide","channel":"heartbeats","nth":2}'
stream / - "$beats" read=4
check "what is missed without a gap" is "$(numbers)" "0 1 2 3 "
rule '{"on":"frame","do":"duplicate","channel":"heartbeats"}'
stream / - "$beats" read=4
check "twice" is "$(numbers)" "0 1 1 2 "
rule '{"on":"frame","do":"reorder","channel":"heartbeats"}'
stream / - "$beats" read=4
check "behind the next" is "$(numbers)" "0 2 1 3 "
rule '{"on":"frame","do":"mute","channel":"heartbeats","nth":2}'
stream / - "$beats" read=2 ping seconds=4
check "mute" is "$(numbers)" "0 1 "
check "and alive" is "$(frames 'pong')$(frames 'still open')" 11
rule '{"on":"frame","do":"cut","bytes":25,"channel":"heartbeats"}'
stream / - "$beats" read=2
check "half a text" is "$(tail -1 "$dir/frames" | tr -d '\n' | wc -c)" 25
rule '{"on":"frame","do":"huge","bytes":8000000,"channel":"heartbeats"}'
stream / - "$beats" read=2
check "a huge one" is "$(frames '8000000 bytes')" 1
rule '{"on":"frame","do":"torn","channel":"heartbeats"}'
stream / - "$beats" end
check "a torn one" is "$(frames '^torn after')" 1
rule '{"on":"frame","do":"disconnect","channel":"heartbeats"}'
stream / - "$beats" end
check "cut off" is "$(frames '^cut off')" 1
rule '{"on":"frame","do":"fields","channel":"heartbeats","change":[{"op":"as_text","at":"/sequence_num"}]}'
stream / - "$beats" read=2
check "a number as a text" is "$(frames '"sequence_num":"1"')" 1
for what in lose hide duplicate delay; do
  case $what in delay) more=',"by":"1500ms"' ;; *) more= ;; esac
  rule "{\"on\":\"frame\",\"do\":\"$what\",\"channel\":\"user\",\"fills\":true$more}"
  (sleep 1; place "user-$what" BUY 51000 0.01 >/dev/null) &
  stream /user "$key" "$fills" "$beats" seconds=5
  case $what in lose | hide) want=0 ;; duplicate) want=2 ;; *) want=1 ;; esac
  check "the user's fill: $what" is "$(frames "\"client_order_id\":\"user-$what\".*\"status\":\"FILLED\"")" $want
  wait $!
done
(sleep 1; tell POST /disconnect '{"what":"streams"}' >/dev/null) &
stream / - "$beats" end
check "all streams cut off by control" is "$(frames '^cut off')" 1
wait $!
check "requests go on" is "$(ask GET $brokerage/time)" "0 200"
tell DELETE /rules >/dev/null

# ---- control ----------------------------------------------------------------------------------------------------------------------
tell POST /products/BTC-USD '{"trading_disabled":true}' >/dev/null
place disabled BUY 45000 0.01 >/dev/null
check "a product that does not trade" has '"success":false'
tell POST /products/BTC-USD '{"trading_disabled":false}' >/dev/null
check "a withdrawal" is "$(tell POST /withdraw '{"portfolio":"main","currency":"BTC","amount":"1"}')" '{"done":true}'
check "one that is too large" is "$(tell POST /withdraw '{"portfolio":"main","currency":"BTC","amount":"100"}' | grep -c AMOUNT_NOT_AVAILABLE)" 1
tell POST /clock '{"skew":"10m"}' >/dev/null
check "a clock that is ahead refuses tokens" is "$(ask GET $brokerage/accounts)" "0 401"
tell POST /clock '{"skew":"0"}' >/dev/null

# ---- kill and restart -------------------------------------------------------------------------------------------------------------
# The venue's time went ten minutes ahead and stands; a new state has the right time.
check "it stops in order" test "$(tell POST /stop)" = '{"done":true}'
check "with 0" ended 0
rm -f "$dir"/state*
check "it starts anew" start "$dir/venue.yaml"
tell POST /market/BTC-USD '{"price":"50000"}' >/dev/null
check "an order rests" is "$(place keeps BUY 45000 0.01)" "0 200"
id=$(grep -o '"order_id":"[^"]*"' "$dir/body" | head -1)
check "one is filled" is "$(place filled BUY 51000 0.01)" "0 200"
"$venue" --dump "$dir/state" >"$dir/dump.live"
check "the files tell of both, beside the running venue" is "$(grep -c '"kind":"order"' "$dir/dump.live")" 2
kill -KILL "$pid"
wait "$pid" 2>/dev/null
"$venue" --dump "$dir/state" >"$dir/dump.dead"
check "what was answered is kept" diff <(grep '"kind":"[of]' "$dir/dump.live") <(grep '"kind":"[of]' "$dir/dump.dead")
check "fills are in it" grep -q '"kind":"fill","portfolio":"main".*"product_id":"BTC-USD"' "$dir/dump.dead"
check "it starts again" start "$dir/venue.yaml"
check "the order is there" is "$(listed keeps)" 1
check "under its id" has "$id"
check "its hold, too" is "$(ask GET $brokerage/accounts)" "0 200"
check "450 dollars and the fee" has '"hold":{"value":"45[0-9.]*","currency":"USD"}'
check "placed again it is the same" is "$(place keeps BUY 45000 0.01)" "0 200"
check "of the same id" has "$id"
rule '{"on":"request","do":"drop_after","method":"POST","route":"*/orders"}'
place unanswered BUY 45000 0.01 >/dev/null
curl -s -m 5 -X POST "http://127.0.0.1:$control/kill" >/dev/null
check "told to die it dies" ended 137
check "what was done and not answered is there, too" is "$("$venue" --dump "$dir/state" | grep -c '"client_order_id":"unanswered"')" 1
# Killed under load: all that was answered is there, and beyond it at most what each connection waited for.
config "state: {file: $dir/state}
limits: {private: 0, public: 0}" >"$dir/fast.yaml"
for round in 1 2 3; do
  start "$dir/fast.yaml"
  "$VENUE_PROBE" load "$ca" "$port" "$key" 4 1000000 >"$dir/load" 2>&1 &
  loading=$!
  sleep $((round)).5
  kill -KILL "$pid"
  wait "$pid" 2>/dev/null
  wait "$loading"
  "$venue" --dump "$dir/state" >"$dir/dump.dead"
  accepted=$(sed -n 's/^\([0-9]*\) orders accepted.*/\1/p' "$dir/load") there=$(grep -c "\"client_order_id\":\"load-$loading-" "$dir/dump.dead")
  check "round $round: killed after $accepted answers" test "${accepted:-0}" -gt 20
  check "round $round: of those none is missing" test "$there" -ge "${accepted:-1000000}"
  check "round $round: and nothing is there that nobody asked for" test "$there" -le $((${accepted:-0} + 4))
done
# Eight connections on three threads, two kinds of keys, a new token for each order; a stream on one of them when it ends.
check "it starts once more" start "$dir/fast.yaml"
"$VENUE_PROBE" load "$ca" "$port" "$key,$dir/bob.json" 8 400 --sign >"$dir/load" 2>&1
check "orders of many connections" grep -q '^400 orders accepted, 0 not' "$dir/load"
"$VENUE_PROBE" load "$ca" "$port" "$dir/bob.json,$key" 5 400 --ahead >"$dir/load" 2>&1
check "and of tokens that were signed before" grep -q '^400 orders accepted, 0 not' "$dir/load"
"$venue" --dump "$dir/state" >"$dir/dump.live"
stream / - "$beats" read=1000 &
streaming=$!
within 10 grep -q heartbeat_counter "$dir/frames"
kill -TERM "$pid"
check "SIGTERM ends it in order" ended 0
wait "$streaming"
check "its streams end with it" is "$(frames '^cut off')" 1
"$venue" --dump "$dir/state" >"$dir/dump.dead"
check "and all orders are kept" is "$(grep -c '"kind":"order"' "$dir/dump.dead")" "$(grep -c '"kind":"order"' "$dir/dump.live")"
cut -c1-200 "$dir/state.log."* | head -1 >"$dir/log"
check "and leaves an empty log" is "$(stat -c %s "$dir/log")" 0
echo x >>"$(ls "$dir"/state.log.*)"
check "a torn record is no harm" start "$dir/venue.yaml"
check "and is told" grep -q 'the last record was not whole' "$dir/venue.err"
kill -TERM "$pid"
wait "$pid"
printf 'x' | dd of="$dir/state" bs=1 seek=400 conv=notrunc 2>/dev/null
refused "a state that was changed by hand" 7 STATE_ "$venue" --config "$dir/venue.yaml"

# ---- certificates that are wrong --------------------------------------------------------------------------------------------------
for fault in expired wrong_name other_authority; do
  config "" | sed "s|ca_file: $ca|ca_file: $ca, certificate: $fault|" >"$dir/fault.yaml"
  check "$fault: it starts" start "$dir/fault.yaml"
  curl -s --cacert "$ca" "https://localhost:$port$brokerage/time" >/dev/null
  check "$fault: a client that looks refuses it" is $? 60
  kill -TERM "$pid"
  wait "$pid"
done
exit $failed
