#!/usr/bin/env bash
# Live, with every guard on (a canary is noted: doctor_venue_test.sh runs one), at a venue over TLS that is told apart from Coinbase by nothing but its certificate: configs/live.yaml with
# no change but what a user fills in and the addresses. What is wrong with key, portfolio, certificate, pin or token is refused before a
# byte of an order is sent. Then it starts reducing and orders nothing; an operator lets it trade; a bar closes, entries are made and
# stops rest at the venue; it is killed while an order has no answer; the next process has the order, and no second one; it is stopped in
# order, and by bowline-panic without a host; all is sold at the end, and book, store, journal and venue tell the same to the last decimal. No key and no token is found in what was written or told.
source "$(dirname "$0")/check.sh"
unset TRADING_MODE KUBERNETES_SERVICE_HOST BOWLINE_TOKEN BOWLINE_CA
panic=$(dirname "$bowline")/bowline-panic venue=$(dirname "$bowline")/bowline-venue clock=${CRASH_CLOCK:?the preloaded clock} probe=${VENUE_PROBE:?the probe} do_sql=${SQLITE_DO:?sqlite_do}
brokerage=/api/v3/brokerage
export CRASH_CLOCK_FILE=$dir BOWLINE_SECRETS=$dir/secrets
mkdir "$dir/secrets"
for s in read trade emergency; do openssl rand -hex 32 >"$dir/secrets/$s"; done

# Falling until the last bar before the start, which rises: the fast average crosses the slow one at its close.
first=$(date -u -d '2026-01-05T10:00:00Z' +%s)
candles() { # price at the start, what it falls in a bar, what it rises in the last one
  local t p=$1
  echo 'time_utc_epoch_s,open,high,low,close,volume'
  for ((t = first - 60 * 300; t < first; t += 300)); do
    echo "$t,$p,$((p + 1)),$((p - $2 - 1)),$((p - $2)),5"
    p=$((p - $2))
  done
  echo "$t,$p,$((p + $3 + 1)),$((p - 1)),$((p + $3)),5"
  p=$((p + $3))
  for ((t += 300; t < first + 7200; t += 300)); do echo "$t,$p,$((p + 1)),$((p - p / 500)),$p,5"; done
}
candles 60000 20 2400 >"$dir/btc.csv"
candles 3000 1 120 >"$dir/eth.csv"
port=0
open_venue() { # time of the day, name of its state: the venue and its clock, which is the host's too
  export CRASH_CLOCK_BACK=$(($(date +%s) - $(date -u -d "2026-01-05T${1}Z" +%s)))
  cat >"$dir/venue.yaml" <<YAML
listen: {port: $port, control_port: 0}
tls: {ca_file: $dir/ca.pem}
state: {file: $dir/$2}
seed: 7
portfolios:
  - name: main
    owner: alice
    fees: {maker: 0.4%, taker: 0.6%}
    deposits: {USD: "10000", BTC: "0.5"}
    keys:
      - {generate: es256, file: $dir/secrets/coinbase-key, permissions: [view, trade]}
      - {generate: ed25519, file: $dir/secrets/looks, permissions: [view]}
      - {generate: es256, file: $dir/secrets/moves, permissions: [view, trade, transfer]}
  - {name: other, owner: bob, deposits: {USD: "10000"}, keys: [{generate: es256, file: $dir/bob.json}]}
market:
  source: replay
  tick: 200ms
  replay: {files: {BTC-USD: $dir/btc.csv, ETH-USD: $dir/eth.csv}, from: "2026-01-05T${1}Z", speed: 1}
products: [BTC-USD, ETH-USD]
YAML
  : >"$dir/venue.out"
  LD_PRELOAD=$clock "$venue" --config "$dir/venue.yaml" --log-file "$dir/requests" >"$dir/venue.out" 2>"$dir/venue.err" &
  pid=$!
  started+=("$pid")
  within 60 grep -q 'listens on' "$dir/venue.out" || { cat "$dir/venue.err"; return 1; }
  port=$(sed -n 's/.*listens on [0-9.]*:\([0-9]*\).*/\1/p' "$dir/venue.out")
  control=$(sed -n 's/.*control on 127.0.0.1:\([0-9]*\).*/\1/p' "$dir/venue.out")
}
tell() { curl -s -m 10 -X "$1" ${3:+--data-binary "$3"} "http://127.0.0.1:$control$2"; } # method, path, body: the control port
uuid_of() { tell GET / | grep -o "\"name\":\"$1\",\"uuid\":\"[^\"]*\"" | cut -d'"' -f8; }
dump() { "$venue" --dump "$dir/$kept"; }
of() { sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\)\"\{0,1\}[,}].*/\1/p"; } # name: its value in each line
ordered() { grep -c "POST $brokerage/orders [0-9]" "$dir/requests"; } # orders that came to the venue, taken or not

# ---- a configuration: configs/live.yaml, filled in -----------------------------------------------------------------------------------
pins=$(cd "$plugins" && sha256sum libfeed_coinbase.so libsignal_ema_cross.so librisk_limits.so librisk_stops.so libbroker_coinbase.so |
  sed 's|\([0-9a-f]*\)  \(.*\)|\2: \1|' | paste -sd, | sed 's/,/, /g')
fill_in() { # more pins
  sed "s|path: \[.*|path: [$plugins]\n  network: {ca_file: $dir/ca.pem}|; s|pins: {}|pins: {$pins$1}|; s|00000000-0000-0000-0000-000000000000|$main|
    s|history: 300|history: 60, rest_url: \"https://localhost:$port\", stream_url: \"wss://localhost:$port\"|
    s|\"secret://coinbase-key\"|\"secret://coinbase-key\", api_url: \"https://localhost:$port\", ws_url: \"wss://localhost:$port\"|
    s|^  host: 127.0.0.1 .*|  ports: {signal-generator: 0, signal-bridge: 0, trade-execution: 0, portfolio-rebalancer: 0}|" "$source/configs/live.yaml"
}
kept=refusals
check "the venue begins" open_venue 09:00:00 refusals
main=$(uuid_of main) other=$(uuid_of other)
check "it has two portfolios" test -n "$main" -a -n "$other" -a "$main" != "$other"
check "by TLS 1.2" is "$(LD_PRELOAD=$clock curl -s --cacert "$dir/ca.pem" --tls-max 1.2 -o /dev/null -w '%{http_code}' "https://localhost:$port$brokerage/time")" 200
check "by TLS 1.3" is "$(LD_PRELOAD=$clock curl -s --cacert "$dir/ca.pem" --tlsv1.3 -o /dev/null -w '%{http_code}' "https://localhost:$port$brokerage/time")" 200
check "and not by TLS 1.1" sh -c "! LD_PRELOAD=$clock curl -s --cacert '$dir/ca.pem' --tls-max 1.1 --ciphers DEFAULT@SECLEVEL=0 'https://localhost:$port$brokerage/time'"
fill_in "" >"$dir/run.yaml"
canary_noted "$dir/var" "$dir/secrets/coinbase-key"
"$bowline" check-config --var "$dir/var" "$dir/run.yaml" >/dev/null 2>"$dir/err"
brought=$(grep -o '"lib[a-z]*\.so\.[0-9]*: [0-9a-f]\{64\}"' "$dir/err" | tr -d '"' | sort -u | sed 's/^/, /' | tr -d '\n')
fill_in "$brought" >"$dir/run.yaml"
check "the configuration is good as it stands" ends 0 "$bowline" check-config --var "$dir/var" "$dir/run.yaml"
check "and it is a live one" grep -q 'ok: mode live, 2 instruments, 5 instances' "$dir/out"

# ---- what is refused before a byte of an order is sent -------------------------------------------------------------------------------
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$dir/stranger.key" -out "$dir/stranger.pem" -days 3650 -subj /CN=stranger 2>/dev/null
refuse() { # what, exit code, its code, sed script
  sed "$4" "$dir/run.yaml" >"$dir/bad.yaml"
  canary_noted "$dir/refused-$3" "$dir/secrets"/{coinbase-key,looks,moves}
  LD_PRELOAD=$clock "$bowline" run "$dir/bad.yaml" --var "$dir/refused-$3" --log-file "$dir/refused-$3.log" --json >"$dir/out" 2>"$dir/err"
  check "$1: it ends" is $? "$2"
  check "$1: says $3" grep -q "$3" "$dir/err" || cat "$dir/err"
}
refuse "the portfolio of another key" 4 KEY_PORTFOLIO "s|$main|$other|"
refuse "a key that may not trade" 4 KEY_TOO_LITTLE 's|secret://coinbase-key|secret://looks|'
refuse "a key that may move money out" 4 KEY_MAY_TRANSFER 's|secret://coinbase-key|secret://moves|'
check "that much the venue was asked" test "$(grep -c "GET $brokerage/key_permissions 200" "$dir/requests")" -ge 3
asked=$(wc -l <"$dir/requests")
refuse "another authority than the venue's" 4 RECONCILE_UNANSWERED "s|ca_file: .*}|ca_file: $dir/stranger.pem}|"
check "another authority than the venue's: why" grep -q 'certificate' "$dir/err"
refuse "a pin that does not fit" 9 PLUGIN_PIN_MISMATCH 's|libbroker_coinbase.so: ....|libbroker_coinbase.so: 0000|'
refuse "no tokens" 9 LIVE_NOT_AUTHENTICATED '/^  tokens:/d'
refuse "a token whose secret is not there" 9 CONFIG_SECRET 's|secret://emergency|secret://none|'
refuse "a key whose secret is not there" 9 CONFIG_SECRET 's|secret://coinbase-key|secret://none|'
refuse "a venue in the clear" 9 LIVE_VENUE_PLAIN "s|api_url: \"https|api_url: \"http|"
check "of these the venue heard nothing" is "$(wc -l <"$dir/requests")" "$asked"
check "no order came to the venue" is "$(ordered)" 0
check "it has none" is "$(dump | grep -c '"kind":"order"')" 0
epoch() { "$do_sql" "$dir/$1/journal.db" 'SELECT value FROM epoch'; }
check "two live runs of one seed do not make the same order ids" test "$(epoch refused-KEY_TOO_LITTLE)" != "$(epoch refused-KEY_MAY_TRANSFER)"
kill -TERM "$pid"
wait "$pid"

# ---- a start that orders nothing ----------------------------------------------------------------------------------------------------
live() { # name of its log
  LD_PRELOAD=$clock "$bowline" run "$dir/run.yaml" --var "$dir/var" --log-file "$dir/$1.log" --log-level DEBUG --json >"$dir/$1.out" 2>"$dir/$1.err" &
  host=$!
  started+=("$host")
  within 60 answers || { cat "$dir/$1.err"; return 1; }
  at=$(sed -n 's/.*"trade-execution": "\(.*\)".*/\1/p' "$dir/var/endpoints.json")
}
answers() { "$bowline" emergency state --var "$dir/var" --token secret://read >/dev/null 2>&1; }
as() { # token's name or "-", method, path, body: the status; the answer is in $dir/answer
  local call=(-s -m 20 -o "$dir/answer" -w '%{http_code}' -X "$2" -H 'Content-Type: application/json' -H "Idempotency-Key: ${key:-none}" ${4:+-d "$4"} "$at$3")
  if [ "$1" = - ]; then curl "${call[@]}"; else curl -H @<(echo "Authorization: Bearer $(cat "$dir/secrets/$1")") "${call[@]}"; fi
}
get() { as read GET "$1" >/dev/null; cat "$dir/answer"; }
said() { sed -n 's/^{"error":{"code":"\([A-Z_]*\)".*/\1/p' "$dir/answer"; }
state() { get /trading/state | sed 's/^{"state":"\([a-z]*\)".*/\1/'; }
go='{"state":"active","reason":"book and venue agree"}'
kept=state port=0
check "the venue begins again" open_venue 10:04:00 state
check "its portfolio is the same" is "$(uuid_of main)" "$main"
fill_in "$brought" >"$dir/run.yaml"
: >"$dir/requests"
check "the venue will fail at a first question" grep -q '"id"' <(tell POST /rules '{"on":"request","do":"server_error","route":"*/accounts"}')
check "the host begins, and has asked again" live one
check "it had to" grep -q "GET $brokerage/accounts?.* 503" "$dir/requests"
check "it is reducing" is "$(state)" reducing
check "and says why" grep -q 'a first start: an operator lets it trade' "$dir/answer"
buy='{"instrument":"ETH-USD","side":"BUY","type":"market","qty":"0.01","reason":"a test"}'
check "it does not buy, whoever asks" is "$(key=early as trade POST /trades/execute "$buy" | cut -c1) $(grep -c STATE_REDUCING "$dir/answer")" "4 1"
check "nobody lets it trade without a token" is "$(as - POST /trading/state "$go") $(said)" "401 AUTH_MISSING"
check "nor with one that only looks" is "$(as read POST /trading/state "$go") $(said)" "403 AUTH_SCOPE"
check "nor liquidates with one that only trades" is "$(as trade POST /emergency/liquidate-all '{"confirm":true,"reason":"no"}') $(said)" "403 AUTH_SCOPE"
check "no order came to the venue" is "$(ordered)" 0
get /health >"$dir/health.before"
check "health says that it is live, and what it waits for" grep -q '"mode":"live".*"reasons":\["STATE_REDUCING"\]' "$dir/health.before"
check "an operator lets it trade" is "$(as trade POST /trading/state "$go")" 200
check "it is active" is "$(state)" active

# ---- a bar closes -------------------------------------------------------------------------------------------------------------------
entries() { dump | grep '"side":"BUY".*"limit_limit_gtd"' | grep -c "\"status\":\"$1\""; }
stops() { dump | grep '"side":"SELL".*"stop_limit_stop_limit_gtc"' | grep "\"status\":\"OPEN\"" | of product_id | sort | paste -sd' '; }
both() { [ "$(entries "$1")" = 2 ]; }
check "a bar closes, and a BUY of each product rests at the venue" within 150 both OPEN
check "within what one order may be worth" is "$(dump | grep '"kind":"order"' | sed 's/.*"base_size":"\([0-9.]*\)".*"limit_price":"\([0-9.]*\)".*/\1 \2/' | awk '$1 * $2 > 100 || $1 * $2 < 99' | wc -l)" 0
tell POST /market/BTC-USD '{"price":"61150"}' >/dev/null
tell POST /market/ETH-USD '{"price":"3055"}' >/dev/null
check "the price falls, and both are filled" within 60 both FILLED
protected() { [ "$(stops)" = "BTC-USD ETH-USD" ]; }
check "a stop of each rests at the venue" within 60 protected
stop=$(dump | grep '"product_id":"BTC-USD".*"stop_limit_stop_limit_gtc".*"status":"OPEN"' | of order_id)
check "health is well" grep -q '^{"status":"ok"' <(get /health)

# ---- killed while an order has no answer --------------------------------------------------------------------------------------------
check "an order will have no answer" grep -q '"id"' <(tell POST /rules '{"on":"request","do":"stall","method":"POST","route":"*/orders"}')
key=more as trade POST /trades/execute "$buy" >"$dir/bought" &
buyer=$!
done_there() { dump | grep '"market_market_ioc"' | grep -q '"status":"FILLED"'; }
check "the venue has it, and has not said so" within 30 done_there
kill -KILL "$host"
wait "$host" "$buyer" 2>/dev/null
check "BTC's stop rests there without a host" is "$(dump | grep "\"order_id\":\"$stop\"" | of status)" OPEN
tell DELETE /rules >/dev/null
# ETH's stop grows with the fill, which the stream may have told before the end: then nothing of it is free at the venue.
sleep 1
free() { tell GET / | sed 's/.*"name":"main"\(.*\)"name":"other".*/\1/' | grep -o '"ETH":{"available":"[^"]*"' | cut -d'"' -f6; }
before=$(ordered) lacks=$([ "$(free)" = 0 ] && echo 0 || echo 1)
check "the host begins again" live two
check "it is reducing again" is "$(state)" reducing
check "and says why" grep -q 'did not come to its end' "$dir/answer"
check "it does not buy" is "$(key=again as trade POST /trades/execute "$buy" | cut -c1) $(grep -c STATE_REDUCING "$dir/answer")" "4 1"
known() { get "/orders?limit=100" | sed 's/},{/},\n{/g' | grep '"type":"market"' | grep -q '"state":"filled"'; }
check "it has found the order that had no answer" within 60 known
agrees() { "$bowline" reconcile --plan --var "$dir/var" --token secret://trade >"$dir/out" 2>"$dir/err"; }
check "book and venue agree" within 60 agrees || cat "$dir/out" "$dir/err"
check "ETH's stop rests there again, of all that is held" within 60 protected
held() { get /portfolio | sed 's/},{/},\n{/g' | grep "\"instrument\":\"$1\"" | of qty; }
check "of all that is held" is "$(dump | grep '"product_id":"ETH-USD".*"stop_limit_stop_limit_gtc".*"status":"OPEN"' | of base_size)" "$(held ETH-USD)"
check "BTC's stop is the same one" is "$(dump | grep "\"order_id\":\"$stop\"" | of status)" OPEN
check "nothing was bought a second time" is "$(dump | grep -c '"kind":"order".*"side":"BUY"')" 3
check "nothing but that stop was sent, if it was not there whole" is "$(($(ordered) - before))" "$lacks"
check "an operator lets it trade again" is "$(as trade POST /trading/state "$go") $(state)" "200 active"

# ---- stopped in order, and stopped past a host that is not there ----------------------------------------------------------------------
check "an entry rests" is "$(key=rests as trade POST /trades/execute '{"instrument":"BTC-USD","side":"BUY","type":"limit","tif":"GTC","qty":"0.0002","limit_price":"60500","reason":"a test"}')" 202
resting() { dump | grep '"product_id":"BTC-USD".*"limit_limit_gtc"' | grep -q "\"status\":\"$1\""; }
check "at the venue" within 30 resting OPEN
sent=$(ordered)
kill -TERM "$host"
wait "$host"
check "it is stopped in order" is $? 0
check "the entry is cancelled" resting CANCELLED
check "and its end is known here, as it was waited for" test "$("$bowline" db dump orders --var "$dir/var" | grep -c 'BTC-USD.*,cancelled,')" -ge 1
check "the stops rest on without it" protected
check "bowline-panic stops it at the venue by itself" ends 0 env LD_PRELOAD="$clock" "$panic" stop --var "$dir/var" --config "$dir/run.yaml" --reason 'a drill'
check "and keeps the stops" protected
check "the latch is set" test -e "$dir/var/HALT"
check "the host begins once more" live three
check "it is halted" is "$(state)" halted
check "the trade token does not resume" is "$(as trade POST /emergency/resume '{"reason":"no"}') $(said)" "403 AUTH_SCOPE"
check "the emergency token does" ends 0 "$bowline" emergency resume --var "$dir/var" --token secret://emergency --reason 'it was a drill'
check "and the latch is off" test ! -e "$dir/var/HALT"
check "book and venue agree once more" within 60 agrees || cat "$dir/out" "$dir/err"
check "BTC's stop is still the same one" is "$(dump | grep "\"order_id\":\"$stop\"" | of status)" OPEN
check "nothing was sent for all that" is "$(ordered)" "$sent"

# ---- the end ------------------------------------------------------------------------------------------------------------------------
check "all is sold" ends 0 "$bowline" emergency liquidate --var "$dir/var" --token secret://emergency --reason 'the end of the test' --yes --id end
sold() { "$bowline" emergency receipt --var "$dir/var" --token secret://read --id end --json >"$dir/receipt" 2>/dev/null && grep -q '"phase": "done"' "$dir/receipt"; }
check "to its end" within 120 sold
check "the venue was read once more" grep -q '"final_read": true' "$dir/receipt"
flat() { ! get /portfolio | grep -q '"qty"'; }
check "nothing is held" within 20 flat
check "nothing works at the venue" is "$(dump | grep '"kind":"order"' | grep -c '"status":"OPEN"')" 0
check "book and venue agree at the end" within 60 agrees || cat "$dir/out" "$dir/err"
get /portfolio >"$dir/portfolio"
get /health >"$dir/health.after"
get /metrics >"$dir/metrics"
tell GET / >"$dir/accounts"
kill -TERM "$host"
wait "$host"
check "it ends in order" is $? 0

# ---- the books ----------------------------------------------------------------------------------------------------------------------
csv() { "$bowline" db dump "$1" --var "$dir/var" | awk -F, -v want="$2" 'NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; n = split(want, w, " "); next }
  { line = ""; for (i = 1; i <= n; ++i) line = line (i > 1 ? " " : "") $at[w[i]]; print line }' | sort; }
told() { dump | grep "\"kind\":\"$1\",\"portfolio\":\"main\"" | while read -r line; do
    for name in $2; do printf '%s ' "$(of "$name" <<<"$line")"; done
    echo
  done | sed 's/ $//' | sort; }
lower='s/ FILLED / filled /; s/ CANCELLED / cancelled /; s/ EXPIRED / expired /'
told order "client_order_id product_id side status filled_size filled_value total_fees order_id" | sed "$lower" >"$dir/orders.venue"
csv orders "id symbol side state cum_qty cum_quote cum_fee venue_id" >"$dir/orders.store"
check "orders: store and venue tell the same, to the last decimal" diff "$dir/orders.venue" "$dir/orders.store"
ids() { while read -r line; do set -- $line; echo "$1 $(dump | grep "\"order_id\":\"$2\"" | grep '"kind":"order"' | of client_order_id) ${*:3}"; done | sort; }
told fill "entry_id order_id product_id side price size commission" | ids >"$dir/fills.venue"
csv fills "fill_id order_id symbol side px qty fee" >"$dir/fills.store"
check "fills: the same" diff "$dir/fills.venue" "$dir/fills.store"
check "there are some" test "$(wc -l <"$dir/fills.venue")" -ge 5
account() { sed 's/.*"name":"main"\(.*\)"name":"other".*/\1/' "$dir/accounts" | grep -o "\"$1\":{\"available\":\"[^\"]*\",\"hold\":\"[^\"]*\"" | cut -d'"' -f"$2"; }
balance() { grep -o "\"asset\":\"$1\",\"total\":\"[^\"]*\"" "$dir/portfolio" | head -1 | cut -d'"' -f8; }
check "cash: the book's is the venue's" is "$(of cash <"$dir/portfolio")" "$(account USD 6)"
check "cash: its balance, too" is "$(balance USD)" "$(account USD 6)"
check "BTC that was there before is there, and nobody sold it" is "$(balance BTC) $(account BTC 6)" "0.5 0.5"
check "ETH: nothing is left" is "$(account ETH 6)" 0
rest() { # path: what the venue tells the key that traded
  LD_PRELOAD=$clock curl -s -m 20 --cacert "$dir/ca.pem" "https://localhost:$port$brokerage$1" \
    -H "Authorization: Bearer $(LD_PRELOAD=$clock "$probe" token "$dir/secrets/coinbase-key" GET "localhost:$port$brokerage${1%%\?*}")"
}
check "over REST the venue tells the same fills" diff <(rest '/orders/historical/fills?limit=100' | grep -o '"entry_id":"[^"]*"' | cut -d'"' -f4 | sort) <(cut -d' ' -f1 "$dir/fills.store")
check "and the same cash" is "$(rest '/accounts?limit=250' | grep -o '"currency":"USD","available_balance":{"value":"[^"]*"' | cut -d'"' -f10)" "$(account USD 6)"
check "nothing is on hold" is "$(account USD 10)$(account BTC 10)$(account ETH 10)" 000
check "the journal is proved" ends 0 "$bowline" journal verify --var "$dir/var"
check "it has an intent for each order of the venue" is "$("$do_sql" "$dir/var/journal.db" "SELECT count(*) FROM journal WHERE kind='intent'")" "$(wc -l <"$dir/orders.venue")"
check "and each fill" grep -q "^$(wc -l <"$dir/orders.venue") intents, $(wc -l <"$dir/fills.venue") fills; " "$dir/out"
check "who did it is in the trail" is "$("$bowline" db dump audit --var "$dir/var" | grep -o 'token:[a-z]*' | sort -u | paste -sd' ')" "token:emergency token:trade"
refused "a live run is not run again" 9 MODE_REPLAY_LIVE "$bowline" journal replay "$dir/run.yaml" --var "$dir/var"

# ---- nothing secret was written or told ----------------------------------------------------------------------------------------------
pieces() { # what nobody may find: tokens, each line of each key, and what a signed request bears
  cat "$dir/secrets/read" "$dir/secrets/trade" "$dir/secrets/emergency"
  for k in coinbase-key looks moves; do sed 's/.*"privateKey" *: *"//; s/".*//; s/\\n/\n/g' "$dir/secrets/$k" | grep -v -e '^-----' -e '^.\{0,15\}$'; done
  printf 'eyJ\nBearer \n'
}
pieces >"$dir/pieces"
check "the control: there is something to look for" test "$(wc -l <"$dir/pieces")" -ge 9
check "the control: it is found where it is" grep -q -F -f "$dir/pieces" "$dir/secrets/coinbase-key"
# Copies of plugin files, which say `Bearer ` in their code, are no writing of the host's.
leaked() { grep -r -l -a -F --exclude-dir=plugins -f "$dir/pieces" "$dir"/var "$dir"/refused-* "$dir"/*.log "$dir"/*.out "$dir"/*.err "$dir"/health.* "$dir/metrics" "$dir/portfolio" "$dir/receipt" "$dir/answer" "$dir/out" "$dir/err"; }
check "no key, no token and no signed request is in what was written or told" is "$(leaked)" ""
check "the control: it would be found" grep -q -a -F -f "$dir/pieces" "$dir"/var/plugins/*/libbroker_coinbase.so
for f in "$dir"/var/market/*.gz; do check "nor in the recorded market" sh -c "! zcat -q '$f' 2>/dev/null | grep -q -a -F -f '$dir/pieces'"; done
kill -TERM "$pid"
wait "$pid"
exit $failed
