#!/usr/bin/env bash
# Rule 5.7: data and models use the canonical product id, orders and ledger the submitted one. A replay whose file is BTC-USD's and whose
# orders are BTC-USDC's; then Coinbase's own plugins at the simulated venue, where both are one book with two wallets: heard under BTC-USD,
# ordered as BTC-USDC, paid and paid out in USDC. What the venue does not call one book is refused before anything is ordered.
source "$(dirname "$0")/check.sh"
source "$(dirname "$0")/at_venue.sh"

# ---- a replay -------------------------------------------------------------------------------------------------------------------------
awk 'BEGIN {
  print "time_utc_epoch_s,open,high,low,close,volume"
  for (i = 0; i < 300; ++i) {
    p = 100 + 10 * sin(i / 8); q = 100 + 10 * sin((i + 1) / 8)
    printf "%d,%.2f,%.2f,%.2f,%.2f,1000\n", 1640995200 + 300 * i, p, (p > q ? p : q) + 6, (p < q ? p : q) - 6, q
  }
}' >"$dir/btc.csv"
replay() { # instrument, product of the file
  cat <<YAML
mode: mock
seed: 7
listen: {enabled: off}
instruments: [$1]
plugins: {path: [$plugins]}
bridge: {cost_gate: off}
instances:
  - {id: market, kind: feed, plugin: bowline.feed.replay, params: {files: {$2: $dir/btc.csv}}}
  - {id: cross, kind: signal, plugin: bowline.signal.ema_cross, params: {fast: 3, slow: 8}}
  - {id: limits, kind: risk, plugin: bowline.risk.limits}
  - {id: venue, kind: broker, plugin: bowline.broker.mock, params: {cash: {USDC: "10000"}, state: memory}}
YAML
}
pair='{symbol: BTC-USDC, data_symbol: BTC-USD}'
replay "$pair" BTC-USD >"$dir/replay.yaml"
check "rule 5.7: check-config takes the pair" ends 0 "$bowline" check-config "$dir/replay.yaml"
check "rule 5.7: and tells it" grep -q '^BTC-USDC: orders.*: BTC-USD$' "$dir/out"
check "rule 5.7: as JSON, too" grep -q '"BTC-USDC": "BTC-USD"' <("$bowline" check-config "$dir/replay.yaml" --json)
check "rule 5.7: the replay ends by itself" ends 0 run "$dir/replay.yaml" "$dir/pair"
check "rule 5.7: and is traded in" test "$(field fills)" -gt 4
named() { # table, column: what it calls the product
  "$bowline" db dump "$1" --var "$dir/$2" | awk -F, 'NR == 1 { for (i = 1; i <= NF; ++i) if ($i == "symbol") at = i; next } { print $at }' | sort -u | paste -sd' '
}
for table in candles signals; do check "rule 5.7: $table are of BTC-USD" is "$(named $table pair)" BTC-USD; done
for table in decisions sizings orders fills; do check "rule 5.7: $table are of BTC-USDC" is "$(named $table pair)" BTC-USDC; done
replay BTC-USDC BTC-USDC >"$dir/own.yaml"
check "rule 5.7: with the file under its own name it is the same run" ends 0 run "$dir/own.yaml" "$dir/own"
for table in decisions orders fills portfolio order_checks; do
  check "rule 5.7: $table are the same bytes" cmp <("$bowline" db dump $table --var "$dir/pair") <("$bowline" db dump $table --var "$dir/own")
done
check "rule 5.7: and the candles differ by the name alone" cmp <("$bowline" db dump candles --var "$dir/pair" | sed 's/BTC-USD,/BTC-USDC,/') <("$bowline" db dump candles --var "$dir/own")
order=$("$bowline" db dump orders --var "$dir/pair" | sed -n 2p | cut -d, -f1)
check "rule 5.7: an order is explained to its signal" ends 0 "$bowline" explain "$order" --var "$dir/pair"
check "rule 5.7: the journal is proved" ends 0 "$bowline" journal verify --var "$dir/pair"
check "rule 5.7: and run again" ends 0 "$bowline" journal replay "$dir/replay.yaml" --var "$dir/pair"

replay "$pair" BTC-USDC >"$dir/bad.yaml"
refused "rule 5.7: a file under the submitted id is nobody's" 5 'FEED_SYMBOL_UNKNOWN.*files.BTC-USDC' run "$dir/bad.yaml" "$dir/bad"
replay '{symbol: BTC-USDC, data_symbol: ETH-USD}' BTC-USD >"$dir/bad.yaml"
check "rule 5.7: data of another base asset" ends 3 "$bowline" check-config "$dir/bad.yaml"
check "rule 5.7: data of another base asset: says so" grep -q 'CONFIG_DATA_BASE: .*bad.yaml:4:47: instruments\[0\].data_symbol: ' "$dir/err"

# ---- one book, two wallets ---------------------------------------------------------------------------------------------------------------
d=$dir/venue
at_instruments=BTC-USDC:BTC-USD
check "the venue begins" begin_venue "$d" '' 'BTC-USD=60000 ETH-USD=3000' 'USD: "5000", USDC: "5000"' BTC-USDC || exit 1
pins_of "$d"
canary_noted "$d/var" "$dir/secrets/coinbase-key"
live_config "$d" "$d/run.yaml"
check "the configuration is good" ends 0 "$bowline" check-config --var "$d/var" "$d/run.yaml" || exit 1
check "rule 5.7: doctor names what its data are told under" ends 0 "$bowline" doctor --venue "$d/run.yaml"
check "rule 5.7: and that the venue says nothing against it" grep -q '^ok *data BTC-USDC *told under BTC-USD' "$dir/out" || cat "$dir/out"
: >"$d/requests"
begin_host() { # folder, state folder
  "$bowline" run "$1/run.yaml" --var "$2" --log-file "$1/log" --json >"$1/out" 2>"$1/err" &
  host=$!
  started+=("$host")
}
as() { # token, method, path, body: the status; the answer is in $dir/answer
  curl -s -m 20 -o "$dir/answer" -w '%{http_code}' -X "$2" -H "Authorization: Bearer $(cat "$dir/secrets/$1")" -H 'Content-Type: application/json' -H "Idempotency-Key: ${key:-none}" ${4:+-d "$4"} "$at$3"
}
stands() { at=$(at_of "$d/var"); [ -n "$at" ] && [ "$(as read GET /trading/state)" = 200 ]; }
active() { [ "$(as trade POST /trading/state '{"state":"active","reason":"book and venue agree"}')" = 200 ]; }
there() { tell GET / | sed 's/.*"name":"main"//' | grep -o "\"$1\":{\"available\":\"[^\"]*\",\"hold\":\"[^\"]*\"" | head -1 | sed 's/.*available":"\(.*\)","hold":"\(.*\)"/\1 \2/'; }
orders_there() { "$venue" --dump "$d/state" | grep '"kind":"order"'; }
begin_host "$d" "$d/var"
check "the host begins" within 60 stands || cat "$d/err"
check "an operator lets it trade" within 30 active
buys() { [ "$(key=buy as trade POST /trades/execute '{"instrument":"BTC-USDC","side":"BUY","type":"market","qty":"0.01","reason":"a test"}')" = 202 ]; }
check "rule 5.7: the price of BTC-USD is BTC-USDC's, and it is bought" within 60 buys || cat "$dir/answer"
bought() { orders_there | grep '"side":"BUY"' | grep -q '"status":"FILLED"'; }
check "rule 5.7: it is filled" within 60 bought
check "rule 5.7: as BTC-USDC" is "$(orders_there | grep -o '"product_id":"[^"]*"' | sort -u)" '"product_id":"BTC-USDC"'
check "rule 5.7: dollars are as they were" is "$(there USD)" "5000 0"
paid() { [ "$(there USDC | awk '{ print ($1 < 4500 && $1 > 4300) }')" = 1 ]; }
check "rule 5.7: and USDC have paid it" paid || there USDC
held() { as read GET /portfolio >/dev/null; grep -q '"instrument":"BTC-USDC"' "$dir/answer"; }
check "rule 5.7: the book has BTC-USDC" within 30 held
check "rule 5.7: and the venue's cash, to the last decimal" is "$(grep -o '"asset":"USDC","total":"[^"]*"' "$dir/answer" | head -1 | cut -d'"' -f8)" "$(there USDC | cut -d' ' -f1)"
check "rule 5.7: candles were asked for under BTC-USD" grep -q 'products/BTC-USD/candles.* 200' "$d/requests"
check "rule 5.7: and never under BTC-USDC" is "$(grep -c 'products/BTC-USDC/candles' "$d/requests")" 0
check "rule 5.7: orders were never of BTC-USD" is "$(orders_there | grep -c '"product_id":"BTC-USD"')" 0
rests() { orders_there | grep 'stop_limit' | grep -q '"product_id":"BTC-USDC".*"status":"OPEN"'; }
check "rule 5.7: its stop rests as BTC-USDC" within 60 rests

# What is held outlives a change of what its data are told under, and so does its stop.
stop=$(orders_there | grep 'stop_limit' | sed 's/.*"order_id":"\([^"]*\)".*/\1/')
kill -TERM "$host"
wait "$host"
at_instruments=BTC-USDC
live_config "$d" "$d/run.yaml"
begin_host "$d" "$d/var"
check "rule 5.7: the host goes on with data under the submitted id" within 60 stands || cat "$d/err"
check "rule 5.7: what it held is held" held
check "rule 5.7: and the stop is the same" is "$(orders_there | grep 'stop_limit' | grep '"status":"OPEN"' | sed 's/.*"order_id":"\([^"]*\)".*/\1/')" "$stop"
closes() { [ "$(key=close as trade POST /positions/BTC-USDC/close '{"reason":"a test"}')" = 202 ]; }
check "rule 5.7: it is closed by its own name" closes || cat "$dir/answer"
flat() { as read GET /portfolio >/dev/null; ! grep -q '"qty"' "$dir/answer"; }
check "rule 5.7: and sold" within 60 flat
check "rule 5.7: into the USDC wallet" is "$(there BTC | cut -d' ' -f1) $(there USD)" "0 5000 0"
at=$(sed -n 's/.*"signal-generator": "\(.*\)".*/\1/p' "$d/var/endpoints.json")
check "rule 5.7: a route that is asked for the canonical id knows none" is "$(as read GET '/signals?symbol=BTC-USD') $(grep -c INSTRUMENT_UNKNOWN "$dir/answer")" "404 1"
check "rule 5.7: and for the submitted one tells" is "$(as read GET '/signals?symbol=BTC-USDC')" 200
kill -TERM "$host"
wait "$host"
check "it ends in order" is $? 0
check "rule 5.7: stored candles are of BTC-USD" grep -q '^BTC-USD,' <("$bowline" db dump candles --var "$d/var")
check "rule 5.7: and the journal is proved" ends 0 "$bowline" journal verify --var "$d/var"

# ---- what is not one book ------------------------------------------------------------------------------------------------------------------
at_instruments=BTC-USDC:BTC-EUR
live_config "$d" "$d/run.yaml"
canary_noted "$d/other" "$dir/secrets/coinbase-key"
"$bowline" doctor --venue "$d/run.yaml" >"$dir/out" 2>"$dir/err"
check "rule 5.7: doctor says what is another book's" is "$(grep '^BAD' "$dir/out" | cut -c6-19 | sed 's/ *$//' | paste -sd,)" "data BTC-USDC"
sent=$(orders_there | wc -l)
timeout 120 "$bowline" run "$d/run.yaml" --var "$d/other" --log-file "$d/other.log" --json >"$dir/out" 2>"$dir/err"
check "rule 5.7: and the run is refused" is $? 3
check "rule 5.7: by its code" grep -q RUN_DATA_OTHER_BOOK "$dir/err" || cat "$dir/err"
check "rule 5.7: the log names both" grep -q 'the data of BTC-USDC are told under BTC-EUR, and the venue says that it shares its book with BTC-USD' "$d/other.log"
check "rule 5.7: nothing was ordered" is "$(orders_there | wc -l)" "$sent"
kill -TERM "$venue_pid"
wait "$venue_pid"
exit $failed
