#!/usr/bin/env bash
# What can be wrong with a candle file: what plugins/feed_replay/README.md promises, through a whole run. Bars before an
# error stay stored; what is left out is counted and said.
source "$(dirname "$0")/check.sh"
good() { # rows of a market that goes up and down, from line 2 on
  awk -v n="${1:-400}" 'BEGIN {
    print "time_utc_epoch_s,open,high,low,close,volume"
    px = 10000
    for (i = 0; i < n; ++i) {
      open = px; px += (int(i / 20) % 2 ? -7 : 8) + (i * 37 % 11) - 5
      high = (open > px ? open : px) + 3; low = (open < px ? open : px) - 3
      printf "%d,%d.%02d,%d.%02d,%d.%02d,%d.%02d,%d.5\n", 1640995200 + i * 300, open, i % 100, high + 1, 0, low - 1, 0, px, 0, 1 + i % 9
    }
  }'
}
good >"$dir/good.csv"
config() { # policy, file
  echo "mode: mock
seed: 7
interval: 5m
listen: {enabled: off}
instruments: [BTC-USD]
plugins: {path: [$plugins]}
bridge: {cost_gate: off}
instances:
  - {id: candles, kind: feed, plugin: bowline.feed.replay, params: {files: {BTC-USD: $2}, on_bad: $1}}
  - {id: cross, kind: signal, plugin: bowline.signal.ema_cross, params: {fast: 3, slow: 8}}
  - {id: limits, kind: risk, plugin: bowline.risk.limits, params: {max_position: 5%, max_exposure: 80%, min_notional: \"10\"}}
  - {id: venue, kind: broker, plugin: bowline.broker.mock, params: {cash: {USD: \"10000\"}, state: memory}}" >"$dir/run.yaml"
}
replay() { # exit code, policy, file, bars: all of them stored
  config "$2" "$3"
  rm -rf "$dir/var" "$dir/var.log"
  ends "$1" run "$dir/run.yaml" "$dir/var" && is "$(field bars)" "$4" && is "$(rows candles "$dir/var")" "$4"
}
wrong() { # what, exit code, bars, words on stderr, policy, file
  check "$1 ($5)" replay "$2" "$5" "$6" "$3"
  check "$1 ($5): says so" says "$4"
}
left_out() { # what, bars, words in the log, file, policy
  check "$1 (${5:-skip})" replay 0 "${5:-skip}" "$4" "$2"
  check "$1 (${5:-skip}): the log says so" grep -q -e "$3" "$dir/var.log"
}
check "a good file" replay 0 refuse good.csv 400
check "a good file: there were orders" test "$(field made)" -gt 0
"$bowline" db dump candles --var "$dir/var" | head -300 >"$dir/good.candles"

bad_row() { # what, code, awk statement over line 300 (the bar of row 299)
  awk -F, -v OFS=, "NR == 300 { $3 } { print }" "$dir/good.csv" >"$dir/bad.csv"
  wrong "$1" 5 298 "bad.csv.*300.*$2\|$2.*bad.csv.*300" refuse bad.csv
  left_out "$1" "${4:-399}" '1 bad rows left out' bad.csv
}
bad_row "a row of text" FEED_ROW_MALFORMED '$0 = "oops"'
check "bars before the error are as in the good run" cmp <(head -299 "$dir/good.candles") <("$bowline" db dump candles --var "$dir/var" | head -299)
bad_row "a field too few" FEED_ROW_MALFORMED '$0 = $1 "," $2 "," $3 "," $4 "," $5'
bad_row "a blank line" FEED_ROW_MALFORMED '$0 = ""'
bad_row "NaN" FEED_ROW_NOT_A_NUMBER '$5 = "NaN"'
bad_row "an empty field" FEED_ROW_NOT_A_NUMBER '$5 = ""'
bad_row "a negative price" FEED_ROW_NEGATIVE '$5 = "-1"'
bad_row "a negative volume" FEED_ROW_NEGATIVE '$6 = "-1"'
bad_row "high below low" FEED_ROW_HIGH_BELOW_LOW '$3 = "1"'
bad_row "a time in milliseconds" FEED_ROW_OUT_OF_RANGE '$1 = $1 "000"'
bad_row "a time off the grid" FEED_ROW_OFF_GRID '$1 = $1 + 1'
bad_row "out of order" FEED_ROW_OUT_OF_ORDER '$1 = $1 - 3000'
awk -F, -v OFS=, 'NR == 300 { print; $5 = $4; print; next } { print }' "$dir/good.csv" >"$dir/bad.csv"
wrong "one time, two rows" 5 299 'FEED_ROW_CONFLICT' refuse bad.csv
wrong "one time, two rows" 5 299 'FEED_ROW_CONFLICT' skip bad.csv
for policy in refuse skip; do
  awk 'NR == 300 { print } { print }' "$dir/good.csv" >"$dir/bad.csv"
  left_out "the same row twice" 400 '1 repeated rows' bad.csv $policy
  awk -F, -v OFS=, 'NR == 300 { $6 = 0 } { print }' "$dir/good.csv" >"$dir/bad.csv"
  left_out "no volume" 400 '1 without volume' bad.csv $policy
  sed 300,302d "$dir/good.csv" >"$dir/bad.csv"
  left_out "a gap" 397 '1 gaps of 3 missing bars' bad.csv $policy
done
gzip -c "$dir/good.csv" >"$dir/good.csv.gz"
check "gzip" replay 0 refuse good.csv.gz 400
head -c $(($(wc -c <"$dir/good.csv.gz") / 2)) "$dir/good.csv.gz" >"$dir/cut.csv.gz"
whole=$(($(gzip -dc "$dir/cut.csv.gz" 2>/dev/null | wc -l) - 1)) # the header is none
for policy in refuse skip; do wrong "gzip cut short" 5 $whole 'FEED_FILE_TRUNCATED' $policy cut.csv.gz; done
cp "$dir/good.csv.gz" "$dir/bad.csv.gz"
printf 'XXXX' | dd of="$dir/bad.csv.gz" bs=1 seek=$(($(wc -c <"$dir/good.csv.gz") - 8)) conv=notrunc status=none # the checksum
config refuse bad.csv.gz
refused "gzip damaged" 5 FEED_FILE_CORRUPT run "$dir/run.yaml" "$dir/corrupt"
: >"$dir/empty.csv"
head -1 "$dir/good.csv" >"$dir/header.csv"
sed 1s/epoch/unix/ "$dir/good.csv" >"$dir/other.csv"
mkdir "$dir/folder.csv"
unusable() { # what, code, file
  config refuse "$3"
  rm -rf "$dir/var"
  refused "$1" 5 "$2" run "$dir/run.yaml" "$dir/var"
}
unusable "an empty file" FEED_FILE_EMPTY empty.csv
unusable "a header alone" FEED_FILE_EMPTY header.csv
unusable "another header" FEED_HEADER_WRONG other.csv
# A feed whose bars are not of the run's interval, which no param of it could have told.
mkdir "$dir/plugins"
cp "$SCRIPT_FEED" "$dir/plugins/"
sed "s|path: \[|plugins: [|; s|plugins: {plugins: \[|plugins: {path: [$dir/plugins, |
  s|plugin: bowline.feed.replay, .*|plugin: test.feed.script, params: {script: \"bar 1 1640995500 1640995500 10000\\\\nbar 1 1640995800 1640995800 10000 short\"}}|" \
  "$dir/run.yaml" >"$dir/script.yaml"
check "a bar of another length ends the run" ends 5 run "$dir/script.yaml" "$dir/script"
check "a bar of another length: says so" says 'FEED_INTERVAL: instance candles: gave a bar of 60 s, and the run.s interval is 300 s'
check "a bar of another length: the bar before it is stored" is "$(rows candles "$dir/script")" 1
sed 's/^interval: 5m/interval: 1h/' "$dir/script.yaml" >"$dir/hour.yaml"
check "an interval that the first bar does not have" ends 5 run "$dir/hour.yaml" "$dir/hour"
check "an interval that the first bar does not have: nothing was acted on" is "$(rows candles "$dir/hour")" 0
unusable "no file" FEED_FILE_UNREADABLE nothing.csv
unusable "a folder for a file" FEED_FILE_UNREADABLE folder.csv
printf '%s' "$(cat "$dir/good.csv")" >"$dir/bad.csv"
left_out "no newline at the end" 400 'may be cut' bad.csv refuse
exit $failed
