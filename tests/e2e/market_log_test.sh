#!/usr/bin/env bash
# A run whose feed tells everything once: what it heard is recorded, and `bowline journal replay` decides the same on that, byte
# for byte, also while the host is alive and when it was killed; with another price it says where it differs.
source "$(dirname "$0")/check.sh"
mkdir "$dir/plugins"
cp "$SCRIPT_FEED" "$plugins/libbroker_mock.so" "$plugins/libsignal_ema_cross.so" "$dir/plugins/"
# Bars of five seconds, up and down by some percent, with quotes between: forty of before, then eight as time goes on.
script_from() { # second
  local i at k price
  script=""
  for i in $(seq 48); do
    at=$(($1 + 5 * i)) k=$((i % 16))
    price=$((10000 + 60 * (k < 8 ? k : 16 - k)))
    [ "$i" -le 40 ] || script+="wait $at\\\\n"
    script+="bar 1 $at $at $price brief\\\\nbar 2 $at $at $((2 * price)) brief\\\\nobservation 1 $at\\\\nquote 1 $((at + 1))\\\\n"
  done
}
config() { # more of the script
  cat <<YAML
mode: mock
seed: 7
interval: 5s
time: real
max_bar_delay: 2h
listen: {ports: {signal-generator: 0, signal-bridge: 0, trade-execution: 0, portfolio-rebalancer: 0}}
store: {transactions: none, prices: none}
instruments: [BTC-USD, ETH-USD]
plugins: {path: [$dir/plugins]}
bridge: {cost_gate: off}
instances:
  - {id: market, kind: feed, plugin: test.feed.script, params: {script: "$(printf %b "$script")$1"}}
  - {id: cross, kind: signal, plugin: bowline.signal.ema_cross, params: {fast: 3, slow: 8}}
  - {id: venue, kind: broker, plugin: bowline.broker.mock, params: {cash: {USD: "10000"}, latency: 1s}}
YAML
}
replay() { "$bowline" journal replay "$@" --log-file "$dir/replay.log"; }
sql() { "$SQLITE_DO" "$dir/$1/journal.db" "$2"; }
mark() { (cd "$1" && find . -type f -exec cksum {} + | sort); }
untouched() { mark "$dir/$1" | diff "$dir/mark" - >"$dir/difference" || { head -5 "$dir/difference"; return 1; }; }
copy() { # of a run that is over
  rm -rf "${dir:?}/$2"
  cp -r "$dir/$1" "$dir/$2"
}
segment=market/market-00000001.bin.gz

start() { # again: with the script of before
  if [ $# = 0 ]; then
    script_from $(($(date +%s) - 190))
    config silent >"$dir/run.yaml"
  fi
  "$bowline" run "$dir/run.yaml" --var "$dir/var" --log-file "$dir/log" >"$dir/run.out" 2>"$dir/run.err" &
  host=$!
  started=($host)
  check "it listens" within 30 answers
  at=$(sed -n 's/.*"trade-execution": "\(.*\)".*/\1/p' "$dir/var/endpoints.json")
}
answers() { "$bowline" emergency state --var "$dir/var" >/dev/null 2>&1; }
start
heard() { [ "$("$MARKET_EDIT" count "$dir/var/$segment" 2>/dev/null)" -ge "$1" ] 2>/dev/null; }
check "what it hears is on the disk a second later" within 20 heard 160
order='{"instrument":"BTC-USD","side":"BUY","type":"market","qty":"1","reason":"a test"}'
check "a purchase" is "$(curl -s -m 10 -o "$dir/body" -w '%{http_code}' -X POST -H 'Content-Type: application/json' -H 'Idempotency-Key: b' -d "$order" "$at/trades/execute")" 202
bought() { [ "$(sql var "SELECT count(*) FROM journal WHERE kind='fill'")" -gt 0 ]; }
check "rule 4.4: run again while the host is alive it is the same" ends 0 replay "$dir/run.yaml" --var "$dir/var"
check "and says how far the market goes" grep -q '^1[0-9][0-9] events of the recorded market, up to ' "$dir/out"
all() { heard 192; }
check "it hears the rest as time goes on" within 60 all
until=$(($(date +%s) + 3))
order="{\"instrument\":\"BTC-USD\",\"side\":\"BUY\",\"type\":\"limit\",\"tif\":\"GTD\",\"qty\":\"0.1\",\"limit_price\":\"50\",\"expire\":\"$(date -u -d @$until +%Y-%m-%dT%H:%M:%SZ)\",\"reason\":\"a test\"}"
check "an order that ends in a moment" is "$(curl -s -m 10 -o "$dir/body" -w '%{http_code}' -X POST -H 'Content-Type: application/json' -H 'Idempotency-Key: k' -d "$order" "$at/trades/execute")" 202
over() { ! curl -s -m 10 "$at/orders?state=working" | grep -q '"id"'; }
check "its end passes by the clock, and it is ended" within 20 over

kill -TERM $host
wait $host
check "it ends in order" is $? 0
started=()
mark "$dir/var" >"$dir/mark"
check "rule 4.4: run again on the market that it recorded it decides the same, byte for byte" ends 0 replay "$dir/run.yaml" --var "$dir/var"
check "and says so" grep -q '^the same, up to the last settled step, ' "$dir/out"
check "every decision was compared" grep -q " rows compared, $(sql var "SELECT count(*) FROM journal WHERE kind='intent'") decisions among them" "$dir/out"
check "the purchase was filled" bought
check "there were some" test "$(sql var "SELECT count(*) FROM journal WHERE kind='intent'")" -gt 4
check "with a command and ticks of the clock" test "$(sql var "SELECT count(DISTINCT kind) FROM journal WHERE kind IN ('asked','tick')")" = 2
check "the recorded folder is as it was" untouched var
check "the same as JSON" ends 0 replay "$dir/run.yaml" --var "$dir/var" --json
check "with the market's reach" grep -q '"events": 192,' "$dir/out"

# The bar at whose open the purchase was filled.
fill=$(sql var "SELECT min(row) FROM journal WHERE kind='fill'")
copy var raised
"$MARKET_EDIT" raise "$dir/raised/$segment" "$(sql var "SELECT time_ns/1000000000 FROM journal WHERE row=$fill")" 1
check "rule 4.4: with one recorded price another it differs" ends 13 replay "$dir/run.yaml" --var "$dir/raised"
check "and says at which row: that of the fill" says "JOURNAL_DIFFERS: row $fill, fill, "
copy var ended
"$MARKET_EDIT" end "$dir/ended/$segment" 100
refused "rule 4.4: where the rest of the market is lost the comparison ends there" 14 'JOURNAL_PART: the recorded market ends behind the step of ' replay "$dir/run.yaml" --var "$dir/ended"
check "with what it had" grep -q '^100 events of the recorded market, up to ' "$dir/out"
copy var cut
truncate -s $(($(stat -c %s "$dir/cut/$segment") / 2)) "$dir/cut/$segment"
check "a file that is cut off is played as far as it goes" ends 14 replay "$dir/run.yaml" --var "$dir/cut"
copy var none
rm -r "$dir/none/market"
refused "without a recorded market it can't be run again" 5 'FEED_NOT_REPEATED: .*MARKET_LOG_ABSENT' replay "$dir/run.yaml" --var "$dir/none"
copy var late
mv "$dir/late/$segment" "$dir/late/market/market-00000002.bin.gz"
refused "nor without its beginning" 5 'FEED_NOT_REPEATED: .*kept no longer' replay "$dir/run.yaml" --var "$dir/late"
copy var rubbish
echo rubbish >"$dir/rubbish/$segment"
refused "nor when its file is none" 5 'FEED_NOT_REPEATED: .*MARKET_LOG_FORMAT' replay "$dir/run.yaml" --var "$dir/rubbish"
sed 's/ETH-USD/SOL-USD/' "$dir/run.yaml" >"$dir/sol.yaml"
refused "nor with other instruments" 5 'FEED_NOT_REPEATED: .*MARKET_LOG_INSTRUMENT' replay "$dir/sol.yaml" --var "$dir/var"

# Killed: what was heard until a second before is there. The next process goes on with files of its own.
rm -rf "$dir/var"
start
check "it is recorded" within 20 heard 160
kill -KILL $host
wait $host 2>/dev/null
started=()
check "what a killed run had settled is the same when it is run again" ends 0 replay "$dir/run.yaml" --var "$dir/var"
start again
second() { [ -s "$dir/var/market/market-00000002.bin.gz" ]; }
check "the next process writes a file of its own" within 20 second
kill -TERM $host
wait $host
started=()
check "rule 4.4: with a restart the comparison ends there" ends 14 replay "$dir/run.yaml" --var "$dir/var"
check "and says so" says 'JOURNAL_PART'

# Where nothing can be recorded trading goes on, and it is told once.
rm -rf "$dir/var"
mkdir "$dir/var"
touch "$dir/var/market"
start
lost() { grep -q MARKET_LOG_LOST "$dir/log"; }
check "what can't be recorded is told" within 20 lost
check "in the health" grep -q MARKET_LOG_LOST <(curl -s -m 10 "$(sed -n 's/.*"signal-generator": "\(.*\)".*/\1/p' "$dir/var/endpoints.json")/health")
traded() { [ "$(sql var "SELECT count(*) FROM journal WHERE kind='intent'")" -gt 0 ]; }
kill -TERM $host
wait $host
check "it ends in order all the same" is $? 0
started=()
check "and has traded" traded
check "it was told once" is "$(grep -c MARKET_LOG_LOST "$dir/log")" 1
exit $failed
