#!/usr/bin/env bash
# A long run under faults and questions: the mock venue rejects, loses answers, tells fills late, twice or not at all and
# breaks the connection; the store stalls; client after client asks at the four ports; an operator resumes now and then, since
# what cannot be explained blocks its product. Every answer must be 200, memory and open files must not grow, and the end is
# orderly. Then the run goes on from its own journal, without faults, for as long as late things take to come out: its ledger
# must be that of the venue's own state, judged by the independent reader, and its journal must be proved.
#   tests/e2e/soak.sh BUILD [SECONDS [SPEED]]
# Nightly 7200 s at 100x. The slope of memory is that of what is resident less the pages of the store's two files, each counted up
# to the 32 MiB that its writer keeps: at this speed they fill for the better part of a day, and stop there. It is judged
# from a quarter of the time on, and only where an hour is left of it; a shorter soak is held against a coarser bound, so
# that a leak of a MiB a minute shows in one of a few minutes.
# What is bounded is full within that quarter: the ended orders that the host keeps (200 here; the 20,000 of the default would
# take two days at this speed, and what forgets them would never run), what journal and mock venue keep of their files' pages (256
# and 128 KiB), marks and equity of a rolling day (288 bars). What grows on are the books of the mock venue, some 0.6 KiB an order.
set -u
cd "$(dirname "$0")/../.."
build=$(realpath "$1") seconds=${2:-7200} speed=${3:-100x}
dir=$(mktemp -d) var=$dir/var
host= holder=
trap 'kill -KILL ${host:-} ${holder:-} 2>/dev/null; rm -rf "$dir"' EXIT
bowline=$build/bin/bowline judge=$build/tests/crash/crash_judge sql=$build/tests/e2e/sqlite_do
for tool in "$bowline" "$judge" "$sql"; do [ -x "$tool" ] || { echo "soak: $tool is not built" >&2; exit 2; }; done
declare -A port=([signal-generator]=19025 [signal-bridge]=19022 [trade-execution]=19024 [portfolio-rebalancer]=19047)
faults='latency: 20s, partial_fill_probability: 0.3, reject_probability: 0.1, timeout_probability: 0.1, cancel_reject_probability: 0.1,
    duplicate_fill_probability: 0.15, late_fill_probability: 0.15, late_fill_delay: 7m, lost_fill_probability: 0.05, late_ack_probability: 0.1,
    disconnect_probability: 0.005, disconnect_duration: 12m'
config() { # bars, speed, params of the venue
  cat <<YAML
mode: mock
seed: 7
interval: 5m
listen: {ports: {$(for s in "${!port[@]}"; do printf '%s: %s, ' "$s" "${port[$s]}"; done | sed 's/, $//')}}
instruments: [BTC-USD, ETH-USD, SOL-USD, LTC-USD]
plugins: {path: [$build/plugins]}
bridge: {cost_gate: off, max_position: 15%}
execution: {assumed_half_spread: 10bp, gtd_bars: 3, ended_orders: 200}
instances:
  - {id: market, kind: feed, plugin: bowline.feed.simulated, params: {seed: 7, bars: $1, speed: $2, volatility: 0.5%}}
  - {id: cross, kind: signal, plugin: bowline.signal.ema_cross, params: {fast: 2, slow: 5}}
  - {id: limits, kind: risk, plugin: bowline.risk.limits, params: {max_position: 20%, max_exposure: 80%, min_notional: "10"}}
  - {id: stops, kind: risk, plugin: bowline.risk.stops, params: {bars: 48, min_distance: 1%, max_distance: 2%, trailing: 2%, break_even: 0%}}
  - {id: venue, kind: broker, plugin: bowline.broker.mock, params: {cash: {USD: "100000"}, $3}}
YAML
}
config 0 "$speed" "$faults" >"$dir/run.yaml"
"$bowline" run "$dir/run.yaml" --var "$var" --log-file "$dir/log" --for "${seconds}s" >"$dir/out" 2>"$dir/err" &
host=$!
memory() { awk '/^VmRSS/ { print $2 }' "/proc/$host/status"; } # KiB
# KiB of the store that its writer keeps in memory. A page of 16 KiB takes 17.9 there: its header, and what the heap loses between
# pages while SQLite balances its trees (SQLite alone, filling such a file in steps of a few rows; this host loses somewhat more,
# which counts as growth).
kept() {
  local db pages sum=0
  for db in transactions prices; do
    pages=$("$sql" "$var/crypto_$db.db" "PRAGMA page_count" 2>/dev/null || echo 0) # of 16 KiB
    sum=$((sum + (pages < 2048 ? pages : 2048) * 179 / 10))
  done
  echo $sum
}
files() { ls "/proc/$host/fd" | wc -l; }
ask() { # how many of the answers were not 200
  local bad=0 url
  for url in "${port[signal-generator]}/signals/latest" "${port[signal-generator]}/signals?limit=100" "${port[signal-bridge]}/decisions?limit=100" \
    "${port[trade-execution]}/portfolio" "${port[trade-execution]}/orders?limit=100" "${port[trade-execution]}/metrics" \
    "${port[portfolio-rebalancer]}/livez"; do # /health says, rightly, that the store stalls
    [ "$(curl -s -o "$dir/body" -w '%{http_code}' --max-time 10 "http://127.0.0.1:$url")" = 200 ] || { echo "not 200: $url" >&2; bad=$((bad + 1)); }
  done
  return $bad
}
stall() { # seconds: somebody else holds the store's write lock, and sleeps
  "$sql" "$var/crypto_transactions.db" "BEGIN IMMEDIATE; WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c" >/dev/null 2>&1 &
  holder=$!
  sleep 0.3
  kill -STOP $holder 2>/dev/null && stalls=$((stalls + 1)) # else the writer had it just then
  stalled_until=$((SECONDS + $1))
}
let_go() { # of the lock: what it wrote is nothing
  [ -n "$holder" ] || return 0
  kill -KILL $holder 2>/dev/null
  wait $holder 2>/dev/null
  holder=
}
for _ in $(seq 100); do curl -s -o /dev/null "http://127.0.0.1:${port[portfolio-rebalancer]}/health" && break; sleep 0.1; done
start=$SECONDS bad=0 asked=0 stalls=0 resumed=0 stalled_until=0 warm_files= last_files=
next_stall=$((start + seconds / 20)) next_resume=$((start + 10))
while kill -0 $host 2>/dev/null && [ $((SECONDS - start)) -lt $((seconds - 3)) ]; do
  ask || bad=$((bad + $?))
  asked=$((asked + 7))
  echo "$((SECONDS - start)) $(memory) $(kept)" >>"$dir/rss"
  [ -n "$warm_files" ] || [ $((SECONDS - start)) -lt $((seconds / 4)) ] || warm_files=$(files)
  last_files=$(files)
  [ $SECONDS -lt $stalled_until ] || let_go
  if [ -z "$holder" ] && [ $SECONDS -ge $next_stall ] && [ $((SECONDS - start)) -lt $((seconds - seconds / 10)) ]; then
    stall 15
    next_stall=$((SECONDS + seconds / 20 + 15))
  fi
  if [ $SECONDS -ge $next_resume ]; then
    "$bowline" emergency resume --var "$var" --reason 'soak: looked at' >/dev/null 2>&1 && resumed=$((resumed + 1))
    next_resume=$((SECONDS + 10))
  fi
  [ "$seconds" -lt 600 ] || sleep 1
done
let_go
wait $host
code=$?
host=
failed=0
say() { # what holds, what was found: one line; "ok" when the test before it did not fail
  [ "$1" = 0 ] && echo "ok   $2" || { echo "FAIL $2"; failed=1; }
}
echo "soak of $seconds s at $speed: $(grep -E '^(bars|orders)' "$dir/out" | tr -s ' ' | tr '\n' ';') $resumed resumes, $stalls stalls of the store"
[ $code = 0 ]; say $? "the run ends in order (exit $code)"
[ $bad = 0 ] && [ $asked -gt 0 ]; say $? "$asked answers, $bad of them not 200"
[ -n "$warm_files" ] && [ "$last_files" -le $((warm_files + 8)) ]; say $? "open files: ${warm_files:-none} after a quarter, $last_files at the end"
# Least squares over what was sampled from a quarter on.
awk -v from=$((seconds / 4)) '
  $1 >= from && $2 > 0 && $3 > 0 { n++; x = $1; y = $2 - $3; t += x; m += y; r += $2; tt += x * x; tm += x * y; tr += x * $2
    if (n == 1) { first = x; at = $2 } last = x; end = $2 }
  END { if (n < 2 || n * tt == t * t) { print "memory was not measured"; exit 1 }
    hourly = 3600 / 1024 / (n * tt - t * t); slope = (n * tm - t * m) * hourly; raw = (n * tr - t * r) * hourly; span = (last - first) / 60
    judged = span >= 60; met = judged ? slope <= 1 : end <= at + at / 4 + 8192
    printf "memory: %.1f MiB after a quarter, %.1f MiB at the end; slope over %.0f min %.2f MiB/h, less the store\047s pages %.2f MiB/h (bar 1 MiB/h%s): %s\n", at / 1024, end / 1024,
      span, raw, slope, judged ? "" : ", judged from an hour on; until then a quarter and 8 MiB more", met ? "met" : "MISSED"
    exit !met }' "$dir/rss" >"$dir/slope"
say $? "$(cat "$dir/slope")"
# What it met, from the venue's own state and the journal.
venue() { "$sql" "$var/mock_venue.db" "$1"; }
count() { "$sql" "$var/journal.db" "SELECT count(*) FROM journal WHERE $1"; }
fates=$(venue "SELECT fate, count(*) FROM fills GROUP BY fate ORDER BY fate" | tr '|\n' ' ,')
rejected=$(venue "SELECT count(*) FROM orders WHERE state='REJECTED' AND reason='SIMULATED_REJECT'")
unanswered=$(count "kind='order' AND json_extract(payload,'\$.event')='timed_out'")
down=$(venue "SELECT count(*) FROM meta WHERE key='down_from_ns'")
echo "met: fills $fates $rejected rejects, $unanswered lost answers, disconnects: $([ "$down" = 1 ] && echo yes || echo none)"
if [ "$seconds" -ge 3600 ]; then
  [ "$rejected" -gt 0 ] && [ "$unanswered" -gt 0 ] && [ "$down" = 1 ] && [ $stalls -gt 0 ] && [[ $fates == *LATE* && $fates == *TWICE* && $fates == *LOST* ]]
  say $? "every kind of fault was met"
fi
# On without faults, so that what was late is told and what was lost is asked for; then nothing may be missing.
steps=$(sed -n 's/^ *"steps": \([0-9]*\).*/\1/p; s/^bars .* \([0-9]*\) steps.*/\1/p' "$dir/out" | head -1)
steps=${steps:-$("$sql" "$var/crypto_prices.db" "SELECT count(DISTINCT close_ns) FROM candles" 2>/dev/null || echo 0)}
config $((steps + 40)) max 'latency: 0ms' >"$dir/calm.yaml"
"$bowline" run "$dir/calm.yaml" --var "$var" --log-file "$dir/calm.log" >"$dir/calm.out" 2>"$dir/calm.err"
say $? "it goes on from its journal without faults, to its end"
"$judge" sound "$var" USD=100000 >"$dir/judged" 2>&1
say $? "the ledger is balanced: venue, journal and store agree$(sed 's/^/; /' "$dir/judged" | tr -d '\n' | head -c 2000)"
"$bowline" journal verify --var "$var" >"$dir/verified" 2>&1
say $? "journal verify: $(tail -1 "$dir/verified")"
[ -z "${BOWLINE_KEEP:-}" ] || { mkdir -p "$BOWLINE_KEEP"; cp -r "$dir"/. "$BOWLINE_KEEP/"; }
[ $failed = 0 ] || cat "$dir/err" "$dir/calm.err" >&2
exit $failed
