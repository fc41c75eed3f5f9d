#!/usr/bin/env bash
# bowline data against the simulated venue: a download over kills, interruptions and a venue that misbehaves, and what is made of it: list,
# check, convert, store, replay. The venue's program stands beside the host's.
source "$(dirname "$0")/check.sh"
venue=$(dirname "$bowline")/bowline-venue
ca=$dir/ca.pem candles='/api/v3/brokerage/market/products/*/candles'
cat >"$dir/venue.yaml" <<EOV
listen: {port: 0, control_port: 0}
tls: {ca_file: $ca}
seed: 7
limits: {private: 0, public: 0}
market: {source: simulated, tick: 1s}
EOV
start() { # more arguments: waits for its ports
  : >"$dir/venue.out"
  "$venue" --config "$dir/venue.yaml" --log-file "$dir/requests" "$@" >"$dir/venue.out" 2>"$dir/venue.err" &
  pid=$!
  started+=("$pid")
  within 60 grep -q 'listens on' "$dir/venue.out" || { cat "$dir/venue.err"; return 1; }
  port=$(sed -n 's/.*listens on [0-9.]*:\([0-9]*\).*/\1/p' "$dir/venue.out")
  control=$(sed -n 's/.*control on 127.0.0.1:\([0-9]*\).*/\1/p' "$dir/venue.out")
}
rule() { curl -s -m 10 -X POST --data-binary "$1" "http://127.0.0.1:$control/rules" | grep -q '"id"' || { echo "no rule: $1"; return 1; }; }
no_rules() { curl -s -m 10 -X DELETE "http://127.0.0.1:$control/rules" >/dev/null; }
asked() { grep -c 'GET .*/candles' "$dir/requests"; } # questions for candles so far
check "the venue starts" start
base=https://localhost:$port
day=$(($(date +%s) / 86400 * 86400))
download() { # folder, more; by=exec in the background, so that a signal meets the program itself
  ${by:-} "$bowline" data download BTC-USD --base-url "$base" --ca "$ca" --from $((day - 12 * 86400)) --to $((day - 86400)) --out "$1" --rate "${rate:-9}" "${@:2}"
}
file=BTC-USD_5m.csv.gz buckets=$((11 * 288)) # ten questions: nine of 350 and the rest

# ---- the whole of it, and nothing twice ------------------------------------------------------------------------------------------
check "a download" ends 0 download "$dir/whole" --json
check "asks for each stretch once" is "$(asked)" 10
check "tells how many candles there are" grep -q "\"candles\": $buckets," "$dir/out"
check "and that none is missing" grep -q '"missing": 0,' "$dir/out"
check "leaves the file alone in its folder" is "$(ls -A "$dir/whole")" "$file"
check "with a row for each" is "$(zcat "$dir/whole/$file" | tail -n +2 | wc -l)" "$buckets"
cp "$dir/whole/$file" "$dir/first"
check "once more" ends 0 download "$dir/whole"
check "asks for nothing" is "$(asked)" 10
check "and leaves the file as it is" cmp "$dir/first" "$dir/whole/$file"
check "what is not final is not written" ends 0 "$bowline" data download ETH-USD --base-url "$base" --ca "$ca" --from $((day - 3600)) --out "$dir/now" --settle 0
last=$(zcat "$dir/now/ETH-USD_5m.csv.gz" | tail -1 | cut -d, -f1)
check "the last candle has ended" test $((last + 300)) -le "$(date +%s)"
check "and is not long ago" test $((last + 1200)) -ge "$(date +%s)"

# ---- kill -9, in the middle ------------------------------------------------------------------------------------------------------
for kills in 1 2 3; do
  before=$(asked)
  by=exec rate=2 download "$dir/killed" >"$dir/out" 2>"$dir/err" &
  loading=$!
  started+=("$loading")
  enough() { [ "$(asked)" -ge $((before + 2)) ]; }
  check "kill $kills: it is under way" within 60 enough
  kill -KILL "$loading"
  wait "$loading" 2>/dev/null
  check "kill $kills: no file under its final name" test ! -e "$dir/killed/$file"
  check "kill $kills: what was answered is kept" test -s "$dir/killed/$file.part"
done
before=$(asked)
check "after the kills it goes on" ends 0 download "$dir/killed" --json
check "where it was: $(sed -n 's/.*"questions": \([0-9]*\).*/\1/p' "$dir/out") questions" test $(($(asked) - before)) -lt 8
check "to the same file, byte for byte" cmp "$dir/first" "$dir/killed/$file"
check "and nothing is left beside it" is "$(ls -A "$dir/killed")" "$file"

# ---- told to stop, and a venue that goes away ------------------------------------------------------------------------------------------
rule "{\"on\":\"request\",\"do\":\"stall\",\"route\":\"$candles\",\"nth\":3}"
by=exec download "$dir/stopped" --timeout 60 >"$dir/out" 2>"$dir/err" &
loading=$!
started+=("$loading")
check "two answers are there" within 60 grep -q '2 of 10' "$dir/out"
sleep 1
kill -TERM "$loading" # a shell lets what it starts behind it be deaf to SIGINT; both are heard the same way
wait "$loading"
check "an interruption ends it, though the venue does not answer" is $? 5
check "in so many words" grep -q 'bowline: DATA_INTERRUPTED: ' "$dir/err"
check "no file is there" test ! -e "$dir/stopped/$file"
no_rules
kill -KILL "$pid"
wait "$pid" 2>/dev/null
refused "a venue that is not there" 5 'DATA_VENUE_UNREACHABLE: ' download "$dir/none" --attempts 1
check "and leaves nothing" test ! -e "$dir/none/$file"
by=exec download "$dir/stopped" --attempts 100 >"$dir/out" 2>"$dir/err" &
loading=$!
started+=("$loading")
sleep 2
check "the venue comes back" start --port "$port"
wait "$loading"
check "and the download with it" is $? 0
check "with the same candles" diff <(zcat "$dir/first") <(zcat "$dir/stopped/$file")

# ---- a venue that misbehaves -----------------------------------------------------------------------------------------------------
for what in '"do":"rate_limited"' '"do":"server_error"' '"do":"drop_before"' '"do":"truncate","bytes":300' '"do":"answer","status":200,"body":"<html>"' \
  '"do":"fields","change":[{"op":"null","at":"/candles/*/low"}]' '"do":"fields","change":[{"op":"remove","at":"/candles/*/volume"}]' \
  '"do":"fields","change":[{"op":"set","at":"/candles/*/start","value":"7"}]'; do
  rm -rf "$dir/odd"
  rule "{\"on\":\"request\",$what,\"route\":\"$candles\",\"nth\":4,\"times\":2}"
  check "twice $what" ends 0 download "$dir/odd"
  check "... is waited out" diff -q <(zcat "$dir/first") <(zcat "$dir/odd/$file")
  no_rules
done
rm -rf "$dir/odd"
rule "{\"on\":\"request\",\"do\":\"fields\",\"change\":[{\"op\":\"as_number\",\"at\":\"/candles/*/close\"},{\"op\":\"as_number\",\"at\":\"/candles/*/start\"},{\"op\":\"set\",\"at\":\"/candles/0/new\",\"value\":{\"a\":null}}],\"route\":\"$candles\",\"times\":0}"
check "numbers as numbers, and new fields" ends 0 download "$dir/odd"
check "are the same candles" diff -q <(zcat "$dir/first") <(zcat "$dir/odd/$file")
no_rules
refusal() { # what, code, rule
  rm -rf "$dir/odd"
  rule "{\"on\":\"request\",$3,\"route\":\"$candles\",\"nth\":4,\"times\":0}"
  check "$1" ends 5 download "$dir/odd" --attempts 2
  check "$1: says so" grep -q "^bowline: $2: " "$dir/err"
  check "$1: no file" test ! -e "$dir/odd/$file"
  no_rules
}
refusal "a venue that is busy for good" DATA_VENUE_BUSY '"do":"rate_limited"'
refusal "one that fails for good" DATA_VENUE_FAILED '"do":"server_error","status":502'
refusal "one that refuses" DATA_VENUE_REFUSED '"do":"answer","status":403,"body":"{}"'
refusal "an answer without a number" DATA_REPLY_UNREADABLE '"do":"fields","change":[{"op":"set","at":"/candles/3/open","value":"NaN"}]'
refusal "a number of 400 digits" DATA_REPLY_UNREADABLE "\"do\":\"fields\",\"change\":[{\"op\":\"set\",\"at\":\"/candles/3/open\",\"value\":\"$(printf '9%.0s' $(seq 400))\"}]"
refusal "a candle whose low is no low" DATA_REPLY_CANDLE '"do":"fields","change":[{"op":"set","at":"/candles/3/low","value":"99999999"}]'
rule "{\"on\":\"request\",\"do\":\"fields\",\"change\":[{\"op\":\"set\",\"at\":\"/candles/3/low\",\"value\":\"99999999\"}],\"route\":\"$candles\",\"nth\":4}"
rm -rf "$dir/odd"
check "which --on-bad skip leaves out" ends 0 download "$dir/odd" --on-bad skip --json
check "and tells" grep -q '"missing": 1,' "$dir/out"
no_rules
refused "a product that the venue does not have" 5 'DATA_PRODUCT_UNKNOWN: NO-SUCH: ' \
  "$bowline" data download NO-SUCH --base-url "$base" --ca "$ca" --from $((day - 86400)) --out "$dir/none"
check "without its authority the venue is not trusted" ends 5 "$bowline" data download BTC-USD --base-url "$base" --from $((day - 86400)) --out "$dir/none"
check "and it says why" grep -q 'bowline: DATA_VENUE_UNREACHABLE: .*EDGE_TLS' "$dir/err"
refused "another venue's file is not added to" 5 'DATA_SOURCE_DIFFERS: ' \
  "$bowline" data download BTC-USD --base-url "https://127.0.0.1:$port" --ca "$ca" --from $((day - 86400)) --out "$dir/whole"
refused "plain HTTP to elsewhere" 2 'USAGE_INVALID: --base-url' "$bowline" data download BTC-USD --base-url http://example.com --from 2024-01-01
refused "a length that the venue does not have" 2 'USAGE_INVALID: --granularity' "$bowline" data download BTC-USD --granularity 4h --from 2024-01-01
refused "no product" 2 'USAGE_INVALID: ../x' "$bowline" data download ../x --from 2024-01-01
refused "nothing final between the two" 5 DATA_RANGE_INVALID "$bowline" data download BTC-USD --base-url "$base" --ca "$ca" --from $((day + 864000)) --out "$dir/none"

# ---- gaps ------------------------------------------------------------------------------------------------------------------------
rule "{\"on\":\"request\",\"do\":\"answer\",\"status\":200,\"body\":\"{\\\"candles\\\":[]}\",\"route\":\"$candles\",\"nth\":2}"
check "an empty page" ends 0 download "$dir/gap" --json
check "is a gap of 350 candles" grep -q '"missing": 350,' "$dir/out"
no_rules
before=$(asked)
check "that is not asked for again" ends 0 download "$dir/gap"
check "at all" is "$(asked)" "$before"
check "but told again" grep -q '1 gaps, 350 candles' "$dir/out"
check "the check finds it" ends 5 "$bowline" data check "$dir/gap/$file"
check "by its code" grep -q 'DATA_GAP: 350 candles are missing' "$dir/out"
check "and lets it pass on demand" ends 0 "$bowline" data check "$dir/gap/$file" --allow-gaps 350

# ---- list, check, convert, store -------------------------------------------------------------------------------------------------
check "the list" ends 0 "$bowline" data list "$dir/whole" --json
check "has product, count and size" is "$(grep -c -e '"product": "BTC-USD"' -e "\"candles\": $buckets," -e "\"bytes\": $(stat -c %s "$dir/first")," -e '"gaps": 0,' -e '"interval": "5m"' "$dir/out")" 5
check "all is well" ends 0 "$bowline" data check "$dir/whole" --json
zcat "$dir/first" | sed '10s/,[^,]*$/,-1/; 20d; 30p; 40s/^/x/' >"$dir/bad_5m.csv"
check "a file with faults" ends 5 "$bowline" data check "$dir/bad_5m.csv" --json
check "each by its code" is "$(grep -c -e '"DATA_ROW_NEGATIVE": 1' -e '"DATA_ROW_DUPLICATE": 1' -e '"DATA_ROW_MALFORMED": 1' -e '"DATA_GAP": 3' "$dir/out")" 4
head -c 9000 "$dir/first" >"$dir/half_5m.csv.gz"
refused "half a file is not converted" 5 'DATA_FILE_TRUNCATED: ' "$bowline" data convert "$dir/half_5m.csv.gz" "$dir/x.csv"
check "and no target is there" test ! -e "$dir/x.csv"
check "to plain text" ends 0 "$bowline" data convert "$dir/whole/$file" "$dir/BTC-USD_5m.csv"
check "the same rows" cmp "$dir/BTC-USD_5m.csv" <(zcat "$dir/first")
refused "what is there is not replaced" 5 'DATA_FILE_EXISTS: ' "$bowline" data convert "$dir/whole/$file" "$dir/BTC-USD_5m.csv"
check "but on demand" ends 0 "$bowline" data convert "$dir/whole/$file" "$dir/BTC-USD_5m.csv" --force
check "to a store" ends 0 "$bowline" data convert "$dir/BTC-USD_5m.csv" "$dir/state"
check "and back" ends 0 "$bowline" data convert "$dir/state" "$dir/back_5m.csv"
check "the same rows again" cmp "$dir/BTC-USD_5m.csv" "$dir/back_5m.csv"
check "the store is listed" ends 0 "$bowline" data list "$dir/state"
check "with its series" grep -q "^BTC-USD  *5m  *$buckets " "$dir/out"
check "and is well" ends 0 "$bowline" data check "$dir/state"
check "the table of candles has them" is "$(rows candles "$dir/state")" "$buckets"
check "longer ones" ends 0 "$bowline" data convert "$dir/whole/$file" "$dir/BTC-USD_1h.csv.gz" --resample 1h --json
check "a twelfth of them" grep -q "\"written\": $((buckets / 12))," "$dir/out"
check "by their definition" is "$(zcat "$dir/BTC-USD_1h.csv.gz" | sed -n 2p | cut -d, -f1-5)" \
  "$(zcat "$dir/first" | sed -n 2,13p | awk -F, 'NR == 1 { t = $1; o = $2; h = $3; l = $4 } { if ($3 > h) h = $3; if ($4 < l) l = $4; c = $5 } END { print t "," o "," h "," l "," c }')"
check "a bucket that is not whole is left out" ends 0 "$bowline" data convert "$dir/gap/$file" "$dir/gap_1h.csv" --resample 1h
check "and told" grep -q 'none could be made' "$dir/out"
refused "shorter ones can't be made" 5 DATA_INTERVAL_INVALID "$bowline" data convert "$dir/whole/$file" "$dir/BTC-USD_1m.csv" --resample 1m
refused "a slip of the pen is no folder" 2 'USAGE_INVALID: ' "$bowline" data convert "$dir/whole/$file" "$dir/out.cvs"

# ---- straight to a store, beside a file, and not under a host ----------------------------------------------------------------------
before=$(asked)
check "what the file has goes to the store unasked" ends 0 download "$dir/whole" --store "$dir/both"
check "without a question" is "$(asked)" "$before"
check "all of it" is "$(rows candles "$dir/both")" "$buckets"
check "to a store alone" ends 0 "$bowline" data download ETH-USD --base-url "$base" --ca "$ca" --from $((day - 86400)) --to "$day" --store "$dir/both"
check "is added to it" is "$(rows candles "$dir/both")" $((buckets + 288))
check "and nothing is left beside it" is "$(ls "$dir/both" | grep -c part)" 0
(flock 9; sleep 20) 9>"$dir/both/crypto_transactions.db.host.lock" &
holder=$!
started+=("$holder")
sleep 1
refused "not while a host runs on it" 7 'STORE_LOCKED: ' "$bowline" data convert "$dir/whole/$file" "$dir/both"
kill "$holder"
wait "$holder" 2>/dev/null

# ---- what was downloaded is replayed ---------------------------------------------------------------------------------------------
cat >"$dir/run.yaml" <<EOV
mode: mock
seed: 7
interval: 5m
listen: {enabled: off}
instruments: [BTC-USD]
plugins: {path: [$plugins]}
bridge: {cost_gate: off}
instances:
  - {id: candles, kind: feed, plugin: bowline.feed.replay, params: {files: {BTC-USD: $dir/killed/$file}}}
  - {id: cross, kind: signal, plugin: bowline.signal.ema_cross, params: {fast: 3, slow: 8}}
  - {id: limits, kind: risk, plugin: bowline.risk.limits, params: {max_position: 5%, max_exposure: 80%, min_notional: "10"}}
  - {id: venue, kind: broker, plugin: bowline.broker.mock, params: {cash: {USD: "10000"}, state: memory}}
EOV
check "a run over the download" ends 0 run "$dir/run.yaml" "$dir/var"
check "sees each candle" is "$(field bars)" "$buckets"
check "as it was downloaded" ends 0 "$bowline" data convert "$dir/var" "$dir/ran_5m.csv"
check "to the last digit" cmp "$dir/ran_5m.csv" "$dir/BTC-USD_5m.csv"
kill -TERM "$pid"
wait "$pid"
exit $failed
