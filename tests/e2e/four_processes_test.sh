#!/usr/bin/env bash
# The same run in one process and in four on this machine: what they decided, ordered and got filled is the same, byte
# for byte (trading rules 4.4). The order of starting does not matter, a killed bridge may come back, one SIGTERM ends all.
set -u
bowline=$1 source=$2
dir=$(mktemp -d)
pids=()
finish() {
  for p in "${pids[@]}"; do kill -9 "$p" 2>/dev/null; done
  wait
  rm -rf "$dir"
}
trap finish EXIT
failed=0
check() { # what, command...
  local what=$1; shift
  if "$@"; then echo "ok   $what"; else echo "FAIL $what"; failed=1; fi
}
within() { # seconds, command...: until the command succeeds
  local end=$((SECONDS + $1)); shift
  until "$@"; do
    [ $SECONDS -lt $end ] || return 1
    sleep 0.1
  done
}
all="signal-generator signal-bridge trade-execution portfolio-rebalancer"
declare -A port pid group
taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
# Peers name each other's port, so the ports are chosen here: below the range from which the system gives its own.
choose_ports() {
  local p=$((20000 + RANDOM % 10000))
  for s in $all; do
    while taken $p; do p=$((p + 1)); done
    port[$s]=$p
    p=$((p + 1))
  done
}
plugins=$(realpath "$(dirname "$bowline")/../plugins")
latency=0s reference=one
config() { # bars
  # Data and models call one of them otherwise than orders do (trading rules 5.7).
  sed -e "s|path: \[.*|path: [$plugins]|" -e "s|instruments: \[BTC-USD|instruments: [{symbol: BTC-USD, data_symbol: BTC-USDC}|" -e "s|bars: 2000|bars: $1|" -e "s|state: memory|state: memory, latency: $latency|" "$source/configs/four_processes.yaml"
}
parted() { # bars
  config "$1" | sed -e "s|:8025|:${port[signal-generator]}|" -e "s|:8022|:${port[signal-bridge]}|" \
    -e "s|:8024|:${port[trade-execution]}|" -e "s|:8047|:${port[portfolio-rebalancer]}|"
  echo "listen: {ports: {signal-generator: ${port[signal-generator]}, signal-bridge: ${port[signal-bridge]}," \
    "trade-execution: ${port[trade-execution]}, portfolio-rebalancer: ${port[portfolio-rebalancer]}}}"
}
is_sum() { [ "$(cksum <"$1/crypto_transactions.db")" = "$2" ]; } # folder, sum
launch() { # service, run
  BOWLINE_SERVICE=$1 "$bowline" run "$dir/$2.yaml" --var "$dir/$2.$1" --log-level WARNING >>"$dir/$2.$1.out" 2>>"$dir/$2.$1.err" &
  pid[$1]=$!
  pids+=($!)
}
ended() { # service, run, exit code
  wait "${pid[$1]}"
  local got=$?
  [ "$got" = "$3" ] || { echo "$1 ended with $got instead of $3"; cat "$dir/$2.$1.err"; return 1; }
}
compare() { # run; `group` names the process of a service that does not run alone
  for pair in candles:signal-generator decision_checks:signal-bridge order_checks:trade-execution signals:signal-generator outcomes:signal-generator decisions:signal-bridge orders:trade-execution \
    sizings:trade-execution order_events:trade-execution fills:trade-execution portfolio:trade-execution \
    rebalances:portfolio-rebalancer rebalance_weights:portfolio-rebalancer; do
    local table=${pair%%:*} owner=${pair##*:}
    "$bowline" db dump "$table" --var "$dir/$reference" >"$dir/a" || failed=1
    "$bowline" db dump "$table" --var "$dir/$1.${group[$owner]:-$owner}" >"$dir/b" || failed=1
    check "$1: $table are the same bytes" cmp "$dir/a" "$dir/b"
    check "$1: $table are not empty" test "$(wc -l <"$dir/a")" -gt 5
  done
}

is_called() { # product, folder: the orders of it, and of none with a longer name
  "$bowline" db dump orders --var "$2" | grep -q ",$1," && ! "$bowline" db dump orders --var "$2" | grep -q ",${1}C,"
}
whole() { # run
  config 2000 | sed -e '/^services:/d' >"$dir/$1.yaml"
  echo "listen: {enabled: off}" >>"$dir/$1.yaml"
  check "$1: one process ends by itself" "$bowline" run "$dir/$1.yaml" --var "$dir/$1" --log-level ERROR >"$dir/$1.out"
}
whole one
check "its candles are called as its data are" grep -q '^BTC-USDC,' <("$bowline" db dump candles --var "$dir/one")
check "its orders are not" is_called BTC-USD "$dir/one"

choose_ports
parted 2000 >"$dir/four.yaml"
launch portfolio-rebalancer four
launch trade-execution four
launch signal-bridge four
sleep 0.7  # long enough that the others have found nobody and wait
launch signal-generator four
for s in $all; do check "four: $s ends by itself" ended "$s" four 0; done
compare four
check "four: run again as one process its journal is the same" env BOWLINE_SERVICE=trade-execution "$bowline" journal replay "$dir/four.yaml" --var "$dir/four.trade-execution"

# signal-bridge is killed in the middle and started again: it hears the run from its beginning, decides every step anew,
# and trade-execution checks that it says what it said.
choose_ports
parted 2000 >"$dir/killed.yaml"
for s in $all; do launch "$s" killed; done
decided() { "$bowline" db dump decisions --var "$dir/killed.signal-bridge" 2>/dev/null | wc -l; }
for _ in $(seq 200); do
  [ "$(decided)" -gt 100 ] && break
  sleep 0.05
done
kill -9 "${pid[signal-bridge]}"
wait "${pid[signal-bridge]}" 2>/dev/null
sleep 0.5
check "killed: the others wait" kill -0 "${pid[signal-generator]}" "${pid[trade-execution]}" "${pid[portfolio-rebalancer]}"
launch signal-bridge killed
for s in $all; do check "killed: $s ends by itself" ended "$s" killed 0; done
compare killed

# Two processes, the services divided in every way that differs for them.
divided() { # run, services of the first process, of the second
  local run=$1 g s
  choose_ports
  for g in "$2" "$3"; do
    parted 2000 | sed "s|^services: .*|services: [${g// /, }]|" >"$dir/$run.${g%% *}.yaml"
    for s in $g; do group[$s]=${g%% *}; done
    "$bowline" run "$dir/$run.${g%% *}.yaml" --var "$dir/$run.${g%% *}" --log-level WARNING >>"$dir/$run.${g%% *}.out" 2>>"$dir/$run.${g%% *}.err" &
    pid[${g%% *}]=$!
    pids+=($!)
  done
  for g in "$2" "$3"; do check "$run: $g end by themselves" ended "${g%% *}" "$run" 0; done
  compare "$run"
  group=()
}
divided "signals apart" "signal-generator" "signal-bridge trade-execution portfolio-rebalancer"
divided "orders apart" "signal-generator signal-bridge portfolio-rebalancer" "trade-execution"
divided "deciders apart" "signal-generator trade-execution" "signal-bridge portfolio-rebalancer"
divided "two and two" "signal-generator signal-bridge" "trade-execution portfolio-rebalancer"

# A venue that answers later, on engine time: timers fire at the same place in every process.
latency=90s reference=slow
whole slow
check "slow: latency changes what is traded" test "$("$bowline" db dump fills --var "$dir/slow" | cksum)" != "$("$bowline" db dump fills --var "$dir/one" | cksum)"
divided "a slow venue" "signal-generator signal-bridge" "trade-execution portfolio-rebalancer"
latency=0s reference=one
# The folder of another run: its rows would stand among this run's.
choose_ports
parted 2000 >"$dir/mixed.yaml"
cp -r "$dir/four.signal-bridge" "$dir/mixed.signal-bridge"
before=$(cksum <"$dir/mixed.signal-bridge/crypto_transactions.db")
for s in $all; do launch "$s" mixed; done
check "mixed: the bridge with another run's folder ends" ended signal-bridge mixed 5
check "mixed: and says why" grep -q 'RUN_VAR_USED: .*mixed.signal-bridge was used by an earlier run' "$dir/mixed.signal-bridge.err"
for s in signal-generator trade-execution portfolio-rebalancer; do check "mixed: $s ends with it" ended "$s" mixed 0; done
check "mixed: what was decided before is as it was" is_sum "$dir/mixed.signal-bridge" "$before"

# All four write into one pair of files: each its own tables, under its own lock.
choose_ports
{ parted 2000; echo "store: {transactions: \"sqlite://$dir/shared.tx.db\", prices: \"sqlite://$dir/shared.px.db\"}"; } >"$dir/shared.yaml"
for s in $all; do launch "$s" shared; done
(sleep 60 && kill "${pid[@]}") 2>/dev/null &  # one that fails would leave the others waiting
watch=$!
for s in $all; do check "shared: $s ends by itself" ended "$s" shared 0; done
kill "$watch" 2>/dev/null
for table in candles signals outcomes decisions decision_checks sizings order_checks orders order_events fills portfolio rebalances rebalance_weights; do
  "$bowline" db dump "$table" --var "$dir/one" >"$dir/a" || failed=1
  "$bowline" db dump "$table" --transactions "$dir/shared.tx.db" --prices "$dir/shared.px.db" >"$dir/b" || failed=1
  check "shared: $table are the same bytes" cmp "$dir/a" "$dir/b"
done

choose_ports
parted 1000000 >"$dir/stopped.yaml"
for s in $all; do launch "$s" stopped; done
# A role is one process's: nobody else gets it while that one is alive, and an onlooker can neither settle nor stop.
market() { "$WS_PROBE" "${port[signal-generator]}" "/market/stream$1" "${@:2}"; }
taken() { market "?as=$1" | grep -q '409 .*FOLLOWER_TAKEN'; }
for s in signal-bridge trade-execution portfolio-rebalancer; do
  check "stopped: nobody else follows as $s" within 30 taken "$s"  # once it has come in itself
done
check "stopped: an onlooker's stop is not heard" grep -q '"type":"close"' \
  <(market "" read=1 'text={"type":"stop"}' 'text={"type":"settled","time_ns":9000000000000000000}' until='"type":"close"')
# A plan on command goes to trade-execution, which writes down who gave it.
rebalance() {
  curl -s -m 30 -X POST -H "X-Request-Id: $1" -o "$dir/body" -w '%{http_code}' "http://127.0.0.1:${port[portfolio-rebalancer]}/rebalance/run"
}
trail() { "$SQLITE_DO" "$dir/stopped.trade-execution/crypto_transactions.db" "SELECT count(*) FROM audit WHERE action='rebalance_run' AND request_id='$1'"; }
written() { [ "$(trail "$1")" = 1 ]; }
check "stopped: a plan on command" test "$(rebalance run-1)" = 202
check "stopped: it is in trade-execution's audit trail" within 5 written run-1
for n in 3 4 5 6; do  # faster than bars come: plans of one time are told apart
  check "stopped: and another at once ($n)" test "$(rebalance "run-$n")" = 202
done
# While trade-execution does not answer nobody knows what became of a plan.
kill -STOP "${pid[trade-execution]}"
check "stopped: a plan that is not answered" test "$(rebalance run-2)" = 504
check "stopped: its outcome is unknown" grep -q '"code":"REBALANCE_OUTCOME_UNKNOWN"' "$dir/body"
kill -CONT "${pid[trade-execution]}"
check "stopped: and it was taken after all, once" within 10 written run-2
kill -TERM "${pid[signal-bridge]}"
for s in $all; do check "stopped: $s ends when one of them is told to" ended "$s" stopped 0; done
check "stopped: trade-execution had begun" grep -q '^bars *[1-9]' "$dir/stopped.trade-execution.out"

sed '/^  trade-execution: http/d' "$dir/four.yaml" >"$dir/missing.yaml"
BOWLINE_SERVICE=signal-bridge "$bowline" check-config "$dir/missing.yaml" 2>"$dir/err"
check "a peer that is missing is a problem of the configuration" test $? = 3
check "and says which" grep -q 'peers.trade-execution: trade-execution is not a service of this process' "$dir/err"
exit $failed
