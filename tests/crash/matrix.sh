#!/usr/bin/env bash
# The crash matrix: a run is killed before and after each of its writes, syncs, sends and receives, started again, and judged
# by a reader of its own when it has come to its end. What it does and how to run one point again: docs/crash_matrix.md.
#   tests/crash/matrix.sh BOWLINE SOURCE TOOLS [--quick | --list | --scenario NAME [HOW MANY] | --point SCENARIO WHAT POINT [POINT]]
# TOOLS is the folder of crash_tracer and crash_judge in the build tree. Without an option: everything.
# --list counts the points of each scenario.
usage() { sed -n '2,6s/^# \{0,1\}//p' "$0"; }
[ $# -ge 3 ] || { usage >&2; exit 2; }
tools=$(realpath "$3")
[ -n "${TMPDIR:-}" ] || [ ! -w /dev/shm ] || export TMPDIR=/dev/shm # what a kill leaves is the same on every file system
source "$2/tests/e2e/check.sh"
source "$2/tests/crash/scenarios.sh"
source "$2/tests/crash/points.sh"
shift 3
tracer=$tools/crash_tracer judge=$tools/crash_judge sql=${SQLITE_DO:-$tools/../e2e/sqlite_do}
panic=$(dirname "$bowline")/bowline-panic
kinds=${BOWLINE_CRASH_KINDS:-kill before, kill after, cut, torn}
# ---- one point ------------------------------------------------------------------------------------------------------------
host() { # scenario, state folder: the command line
  command=(env BOWLINE_GATES="$2.gate" "$bowline" run "$dir/$1.yaml" --var "$2" --log-file "$2.log" --json)
}
go_on() { # scenario, state folder: to the end, from whatever was left
  local command
  host "$1" "$2"
  "${command[@]}" >"$2.out" 2>"$2.err" && return
  local code=$?
  # Killed behind its very last row it has ended, and is not begun again.
  [ $code = 3 ] && grep -q 'RUN_VAR_USED.*the journal' "$2.err" && return
  echo "the restart ends with $code: $(cat "$2.err")"
  return 1
}
judged() { # scenario, state folder, same
  "$judge" sound "$2" USD=10000 $(cat "$dir/$1.sound") || return 1
  if declare -F "left_$1" >/dev/null; then "left_$1" "$2" || { echo "what $1 has to leave is not there"; return 1; }; fi
  case $3 in '') ;; alike | renumbered | ledger | money) "$judge" "$3" "$dir/$1.whole" "$2" || return 1 ;; *) "$judge" same "$dir/$1.whole" "$2" || return 1 ;; esac
  "$bowline" journal verify --var "$2" >"$2.verify" 2>&1 || { cat "$2.verify"; return 1; }
}
traced() { # scenario, state folder, point, what...: the exit code of the run
  local s=$1 var=$2 at=$3 command
  shift 3
  host "$s" "$var"
  "$tracer" "$@" "$at" "$var" "$var.reached" -- "${command[@]}" >"$var.out" 2>"$var.err"
}
point() { # scenario, same, what, point [, point of the restart]
  local s=$1 same=$2 what=$3 at=$4 second=${5:-} var verdict=survived code words driver gates
  var=$dir/$s.$(printf '%s' "$what $at $second" | tr -c 'A-Za-z0-9' _)
  : >"$var.problem"
  read -ra words <<<"$what"
  [ "${words[0]}" != again ] || words=(kill before)
  begin_drive "$s" "$var"
  traced "$s" "$var" "$at" "${words[@]}"
  code=$?
  if [ "$(cat "$var.reached" 2>/dev/null)" != reached ]; then
    # It came to its end by itself, or went another way: that is no point survived.
    verdict=missed
    [ $code = 0 ] || { echo "the run ends with $code and the point was not reached: $(cat "$var.err")" >>"$var.problem"; verdict=FAILED; }
  elif [ "${words[0]}" = fail ]; then
    # It may go on without, or end with an error it names; it may not be ended by a broken invariant or a signal.
    case $code in 0 | 3 | 4 | 5 | 7) ;; *) echo "the run ends with $code: $(cat "$var.err")" >>"$var.problem"; verdict=FAILED ;; esac
  elif [ $code != 137 ]; then
    echo "the tracer ends with $code" >>"$var.problem"
    verdict=FAILED
  fi
  if [ -n "$second" ] && [ $verdict = survived ]; then
    traced "$s" "$var" "$second" kill before
    code=$?
    [ "$(cat "$var.reached")" = reached ] || verdict=missed
    [ $verdict = survived ] || [ $code = 0 ] || grep -q 'RUN_VAR_USED.*the journal' "$var.err" ||
      { echo "the restart ends with $code: $(cat "$var.err")" >>"$var.problem"; verdict=FAILED; }
  fi
  if [ $verdict != FAILED ]; then
    [ $verdict = missed ] && [ -z "$second" ] || go_on "$s" "$var" >>"$var.problem" 2>&1 || verdict=FAILED
    end_drive "$s" "$var" >>"$var.problem" || verdict=FAILED
    judged "$s" "$var" "$same" >>"$var.problem" 2>&1 || verdict=FAILED
  fi
  end_drive "$s" "$var" >/dev/null
  note "$s" "$what" "$at${second:+ $second}" "$var" $verdict
}

# ---- commands at the market's gates --------------------------------------------------------------------------------------------
drive() { # scenario, state folder, gates: each command of the scenario in its place, again until it is answered; then the gate opens
  local gate at nap
  exec {nap}<> <(:) # waiting by it makes no process
  for ((gate = 1; gate <= $3; ++gate)); do
    while :; do
      if [ -e "$2.gate.$gate.at" ]; then
        at=$(sed -n 's/.*trade-execution listens on \([0-9.]*:[0-9]*\).*/\1/p' "$2.log" 2>/dev/null | tail -1)
        [ -n "$at" ] && "give_$1" "$gate" "$2" "http://$at" && break
      fi
      read -r -t 0.02 -u "$nap"
    done
    echo "$gate" >"$2.given"
    touch "$2.gate.$gate"
  done
}
send() { # method, address and route, key, body: whether it was taken. The answer is kept
  local code
  code=$(curl -s -m 5 -o "$var_answer" -w '%{http_code}' -X "$1" "$2" -H 'Content-Type: application/json' -H "Idempotency-Key: $3" \
    -H "X-Request-Id: $3" -d "$4") || return 1
  case $code in 200 | 202) return 0 ;; 5??) return 1 ;; esac
  ! grep -q ORDER_UNANSWERED "$var_answer" || return 1 # the venue is being asked about it
  if grep -q GATE_CLOSED "$var_answer"; then # a write had no room and took of the ballast: the operator resumes, and asks again
    curl -s -m 5 -o /dev/null -X POST "${2%%/[a-z]*}/emergency/resume" -H 'Content-Type: application/json' -H "X-Request-Id: room-$3-$RANDOM" \
      -d '{"reason":"crash matrix"}'
    return 1
  fi
  echo "$2 $3: $code $(cat "$var_answer")" >>"$var_answer.refused"
  return 1
}
post() { send POST "$@"; }
begin_drive() { # scenario, state folder
  driver=''
  gates=$(grep -c '^gate' "$dir/$1.script" 2>/dev/null)
  [ "${gates:-0}" != 0 ] || return 0
  var_answer=$2.answer drive "$1" "$2" "$gates" &
  driver=$!
}
end_drive() { # scenario, state folder: whether all was answered
  [ -n "$driver" ] || return 0
  kill "$driver" 2>/dev/null
  wait "$driver" 2>/dev/null
  driver=''
  [ "$(cat "$2.given" 2>/dev/null)" = "$gates" ] && [ ! -e "$2.answer.refused" ] && return
  echo "commands that were answered: up to $(cat "$2.given" 2>/dev/null) of $gates; refused: $(cat "$2.answer.refused" 2>/dev/null)"
  return 1
}

# ---- an order that comes over HTTP ------------------------------------------------------------------------------------------
ask() { # log, file: the same order under the same key, until it is taken
  local port body='{"instrument":"BTC-USD","side":"BUY","type":"market","quote_qty":"500","reason":"crash matrix"}'
  while :; do
    port=$(sed -n 's/.*trade-execution listens on [0-9.]*:\([0-9]*\).*/\1/p' "$1" 2>/dev/null | tail -1)
    [ -n "$port" ] && [ "$(curl -s -m 5 -o "$2" -w '%{http_code}' -X POST "http://127.0.0.1:$port/trades/execute" \
      -H 'Content-Type: application/json' -H 'Idempotency-Key: crash' -d "$body")" = 202 ] && { touch "$2.taken"; return; }
    sleep 0.03
  done
}
asked_point() { # scenario, same, what, point
  local s=$1 what=$3 at=$4 var asker verdict=survived words code
  var=$dir/$s.$(printf '%s' "$what $at" | tr -c 'A-Za-z0-9' _)
  : >"$var.problem"
  read -ra words <<<"$what"
  ask "$var.log" "$var.answer" &
  asker=$!
  if [ "$what" = count ]; then
    local command
    host "$s" "$var"
    "$tracer" count "$var" "$dir/$s.points" -- "${command[@]}" >"$var.out" 2>"$var.err" || verdict=FAILED
  else
    traced "$s" "$var" "$at" "${words[@]}"
    code=$?
    if [ "$(cat "$var.reached")" != reached ]; then
      verdict=missed
      [ $code = 0 ] || verdict=FAILED
    else
      go_on "$s" "$var" >>"$var.problem" 2>&1 || verdict=FAILED
    fi
  fi
  kill $asker 2>/dev/null
  wait $asker 2>/dev/null
  [ -e "$var.answer.taken" ] || { echo "the order had no answer" >>"$var.problem"; verdict=FAILED; }
  [ $verdict = FAILED ] || {
    judged "$s" "$var" "" >>"$var.problem" 2>&1 &&
      is "$("$sql" "$var/mock_venue.db" 'SELECT count(*), sum(cum_quote <> 0) FROM orders')" '1|1' >>"$var.problem" &&
      grep -q "$("$sql" "$var/mock_venue.db" 'SELECT client_id FROM orders')" "$var.answer"
  } || verdict=FAILED
  note "$s" "$what" "$at" "$var" $verdict
}

# ---- what is done with a scenario --------------------------------------------------------------------------------------------
prepare() { # scenario: the whole run, and the list of its points
  local s=$1 command driver gates orders fills
  scenario "$s"
  host "$s" "$dir/$s.whole"
  begin_drive "$s" "$dir/$s.whole"
  check "$s: the run nobody kills" ends 0 "${command[@]}"
  check "$s: its commands are answered" end_drive "$s" "$dir/$s.whole"
  orders=$("$sql" "$dir/$s.whole/mock_venue.db" 'SELECT count(*) FROM orders') fills=$("$sql" "$dir/$s.whole/mock_venue.db" 'SELECT count(*) FROM fills')
  check "$s: it has orders and fills ($orders, $fills)" test "$orders" -ge "$least_orders" -a "$fills" -ge "$least_fills"
  check "$s: it is sound" judged "$s" "$dir/$s.whole" ""
  if declare -F "shows_$s" >/dev/null; then check "$s: it shows what it is for" "shows_$s" "$dir/$s.whole"; fi
  host "$s" "$dir/$s.count"
  begin_drive "$s" "$dir/$s.count"
  check "$s: its points are listed" ends 0 "$tracer" count "$dir/$s.count" "$dir/$s.points" -- "${command[@]}"
  end_drive "$s" "$dir/$s.count"
  check "$s: what is traced runs as ever" judged "$s" "$dir/$s.count" "$same"
  rm -rf "$dir/$s.count" "$dir/$s.count".*
  grep -v ':socket:' "$dir/$s.points" >"$dir/$s.disk"
  # What orders and their events go through, begun and settled, and the operator's words; the rest is how the files are made.
  grep -E ':(journal\.db|mock_venue\.db|socket|HALT)' "$dir/$s.points" >"$dir/$s.orders"
}
matrix() { # scenario, how many points of each: before, after, and without power
  prepare "$1"
  local kind points
  for kind in "kill before" "kill after" cut torn; do
    [[ $kinds == *"$kind"* ]] || continue
    case $kind in kill*) points=$(cat "$dir/$1.${3:-points}") ;; *) points=$(grep -E '^(write|sync|truncate):' "$dir/$1.disk") ;; esac
    many point "$2" "$1" "$same" "$kind" <<<"$points"
  done
}
again() { # scenario, how many first points, how many second ones: killed, and killed again in the restart
  local s=$1 at n=0 command driver gates same
  same=$(cat "$dir/$s.same")
  while read -r at; do
    n=$((n + 1))
    begin_drive "$s" "$dir/$s.first$n"
    traced "$s" "$dir/$s.first$n" "$at" kill before
    host "$s" "$dir/$s.first$n"
    "$tracer" count "$dir/$s.first$n" "$dir/$s.second$n" -- "${command[@]}" >"$dir/$s.out" 2>"$dir/$s.err"
    end_drive "$s" "$dir/$s.first$n"
    check "$s: the restart after $at is listed" test -s "$dir/$s.second$n"
    spread "$3" <"$dir/$s.second$n" | cut -d' ' -f1 | xargs -r -P "$jobs" -I{} bash -c '"$@"' _ point "$s" "$same" again "$at" {}
    rm -rf "$dir/$s.first$n" "$dir/$s.first$n".*
  done < <(spread "$2" <"$dir/$s.orders" | cut -d' ' -f1)
}
full() { # scenario, how many points: the disk is full from there on; then has space again, and the run is started again
  # Where a command is waited for it has to have space again in the same process.
  if [ "$(grep -c '^gate' "$dir/$1.script")" = 0 ]; then
    many point "$2" "$1" "" "fail ENOSPC 0" < <(grep '^write:' "$dir/$1.orders")
    many point "$2" "$1" "" "fail EROFS 0" < <(grep '^write:' "$dir/$1.orders")
  fi
  many point "$2" "$1" "" "fail ENOSPC 1" < <(grep '^write:' "$dir/$1.orders")
  many point "$2" "$1" "" "fail EIO 1" < <(grep '^sync:' "$dir/$1.orders")
}
room_point() { # scenario, same, what, point: with the disk full what is held is sold in the same process, and nothing is bought
  local s=$1 what=$3 at=$4 var verdict=survived code
  var=$dir/$s.$(printf '%s' "$what $at" | tr -c 'A-Za-z0-9' _)
  : >"$var.problem"
  traced "$s" "$var" "$at" full
  code=$?
  if [ "$(cat "$var.reached" 2>/dev/null)" != reached ]; then
    verdict=missed
    [ $code = 0 ] || { echo "the run ends with $code and the point was not reached: $(cat "$var.err")" >>"$var.problem"; verdict=FAILED; }
  elif "$sql" "$var/journal.db" "SELECT 1 FROM journal WHERE kind='balance'" 2>/dev/null | grep -q 1; then
    case $code in 0 | 7) ;; *) echo "the run ends with $code: $(cat "$var.err")" >>"$var.problem"; verdict=FAILED ;; esac
    nothing_held "$var" "'BTC','ETH'" || { echo "something is held at the venue when the run on the full disk ends" >>"$var.problem"; verdict=FAILED; }
    is "$("$sql" "$var/journal.db" "SELECT count(*) FROM journal WHERE kind='intent' AND payload LIKE '%\"side\":\"BUY\"%' AND row>(SELECT min(row) FROM journal WHERE kind='journal')")" 0 >>"$var.problem" ||
      { echo "something was bought on the full disk" >>"$var.problem"; verdict=FAILED; }
  else
    case $code in 3 | 5 | 7) ;; *) echo "the run that could not begin ends with $code: $(cat "$var.err")" >>"$var.problem"; verdict=FAILED ;; esac
  fi
  if [ $verdict != FAILED ]; then
    go_on "$s" "$var" >>"$var.problem" 2>&1 || verdict=FAILED
    judged "$s" "$var" "" >>"$var.problem" 2>&1 || verdict=FAILED
  fi
  note "$s" "$what" "$at" "$var" $verdict
}
room() { # how many points: each write of the journal
  prepare no_room
  many room_point "$1" no_room "" full < <(grep '^write:journal\.db' "$dir/no_room.orders")
}
hold() { # scenario, how many points: stopped between record and hand-over, a second host on the same folder, and let go on
  local s=$1 at var command before=$failed same
  same=$(cat "$dir/$s.same")
  while read -r at; do
    failed=0
    var=$dir/$s.hold
    rm -rf "$var" "$var".*
    host "$s" "$var"
    local second="'$bowline' run '$dir/$s.yaml' --var '$var' --log-file '$var.second.log' >'$var.second' 2>&1; [ \$? = 7 ] && grep -q JOURNAL_LOCKED '$var.second'"
    check "$s, stopped after $at: the run ends" ends 0 "$tracer" hold "$second" "$at" "$var" "$var.reached" -- "${command[@]}"
    check "$s, stopped after $at: the second host is refused" is "$(cat "$var.reached")" reached
    check "$s, stopped after $at: nothing is lost or doubled" judged "$s" "$var" "$same"
    printf '%s\t%s\t%s\t%s\n' "$s" "hold" "$at" "$([ "$failed" = 0 ] && echo survived || echo FAILED)" >>"$results"
    [ "$failed" = 0 ] || before=1
  done < <(grep '^sync:journal.db-wal' "$dir/$s.orders" | spread "$2" | cut -d' ' -f1)
  failed=$before
}
read_only() { # scenario: a journal that the restart may not write is a refusal, and nothing is traded
  local s=$1 var=$dir/$1.ro at before same
  same=$(cat "$dir/$s.same")
  local -a other=()
  [ "$(id -u)" != 0 ] || other=(setpriv --reuid=65534 --regid=65534 --clear-groups)
  "${other[@]}" test -r "$plugins" -a -x "$bowline" || { echo "skip read-only journal: another user cannot reach $bowline"; return; }
  at=$(spread 1 <"$dir/$s.orders" | cut -d' ' -f1)
  traced "$s" "$var" "$at" kill before
  before=$(cat "$var"/mock_venue.db* | cksum)
  chmod -R a+rX,a-w "$var"
  check "$s: a journal that is read-only is a refusal" ends 7 "${other[@]}" "$bowline" run "$dir/$s.yaml" --var "$var" --log-level CRITICAL
  check "$s: it says so" grep -q '^bowline: JOURNAL_' "$dir/err"
  check "$s: and the venue was not asked" is "$(cat "$var"/mock_venue.db* | cksum)" "$before"
  chmod -R u+w "$var"
  check "$s: writable again it goes on" go_on "$s" "$var"
  check "$s: to the same end" judged "$s" "$var" "$same"
}
operator() { # how many points
  scenario operator
  asked_point operator "" count -
  check "operator: its points are listed" test -s "$dir/operator.points"
  grep -E ':(socket|journal\.db-wal|mock_venue\.db-wal):' "$dir/operator.points" >"$dir/operator.orders"
  many asked_point "$1" operator "" "kill before" <"$dir/operator.orders"
  many asked_point "$1" operator "" "kill after" <"$dir/operator.orders"
}
panics() { # bowline-panic itself is killed before and after each of its writes, with the host alive, and called again
  local s=panic at when var verdict command driver gates
  scenario panic
  mkdir "$dir/panic.alone"
  "$tracer" count "$dir/panic.alone" "$dir/panic.own" -- "$panic" liquidate --var "$dir/panic.alone" --id fire-1 >"$dir/out" 2>&1
  check "panic: its own points are listed" test "$(grep -c -E "^(write:HALT.new|rename:HALT|sync:HALT):" "$dir/panic.own")" = 3
  while read -r at; do
    for when in before after; do
      var=$dir/panic.own_$when.$(printf '%s' "$at" | tr -c 'A-Za-z0-9' _)
      verdict=survived
      : >"$var.problem"
      host panic "$var"
      export panic_at="$when $at"
      begin_drive panic "$var"
      unset panic_at
      "${command[@]}" >"$var.out" 2>"$var.err" || { cat "$var.err" >>"$var.problem"; verdict=FAILED; }
      end_drive panic "$var" >>"$var.problem" || verdict=FAILED
      judged panic "$var" "" >>"$var.problem" 2>&1 || verdict=FAILED
      [ "$(cat "$var.panic.reached" 2>/dev/null)" = reached ] || [ $verdict = FAILED ] || verdict=missed
      note panic "bowline-panic $when" "$at" "$var" $verdict
    done
  done < <(cut -d' ' -f1 "$dir/panic.own" | grep HALT)
}
alone_point() { # scenario, same, what, point: bowline-panic without a host, killed there and called again; then a host goes on
  local s=$1 what=$3 at=$4 var verdict=survived code words
  local -a said=("$panic" "${s#alone_}")
  var=$dir/$s.$(printf '%s' "$what $at" | tr -c 'A-Za-z0-9' _)
  : >"$var.problem"
  cp -r "$dir/$s.left" "$var"
  said+=(--var "$var" --config "$dir/$s.yaml" --reason 'crash matrix')
  [ "$s" = alone_stop ] || said+=(--id fire-1)
  read -ra words <<<"$what"
  if [ "$what" = count ]; then
    "$tracer" count "$var" "$dir/$s.points" -- "${said[@]}" >"$var.out" 2>"$var.err" || { cat "$var.err" >>"$var.problem"; verdict=FAILED; }
  else
    "$tracer" "${words[@]}" "$at" "$var" "$var.reached" -- "${said[@]}" >"$var.out" 2>"$var.err"
    code=$?
    [ "$(cat "$var.reached" 2>/dev/null)" = reached ] || verdict=missed
    [ $verdict = survived ] || [ $code = 0 ] || { echo "it ends with $code: $(cat "$var.err")" >>"$var.problem"; verdict=FAILED; }
    # A sale that is perhaps on its way is waited for until that is proved or not.
    timeout 240 "${said[@]}" >"$var.out" 2>"$var.err" || { echo "called again it ends with $?: $(cat "$var.out" "$var.err")" >>"$var.problem"; verdict=FAILED; }
  fi
  touch "$var.gate.1"
  [ $verdict = FAILED ] || go_on "$s" "$var" >>"$var.problem" 2>&1 || verdict=FAILED
  [ $verdict = FAILED ] || judged "$s" "$var" "" >>"$var.problem" 2>&1 || verdict=FAILED
  note "$s" "$what" "$at" "$var" $verdict
}
alone() { # how many points of each: with the host dead at the gate, bowline-panic is killed before and after each point, and cut
  local s command left before=$failed
  for s in alone_stop alone_liquidate; do
    scenario "$s"
    host "$s" "$dir/$s.left"
    "${command[@]}" >"$dir/$s.left.out" 2>"$dir/$s.left.err" &
    left=$!
    check "$s: the host comes to the gate" within 30 test -e "$dir/$s.left.gate.1.at"
    kill -KILL "$left"
    wait "$left" 2>/dev/null
    check "$s: stops and an entry rest" is "$(venue_orders "$dir/$s.left" "state='OPEN'")" 3
    alone_point "$s" "" count -
    check "$s: its points are listed" test "$(grep -c -E '^(write|sync).*:(journal|mock_venue)\.db' "$dir/$s.points")" -ge 4
    grep -E ':(journal\.db|mock_venue\.db|HALT)' "$dir/$s.points" >"$dir/$s.own"
    many alone_point "$1" "$s" "" "kill before" <"$dir/$s.own"
    many alone_point "$1" "$s" "" "kill after" <"$dir/$s.own"
    many alone_point "$1" "$s" "" cut < <(grep -E '^(write|sync|truncate):' "$dir/$s.own")
  done
  [ "$before" = 0 ] || failed=$before
}
clock() { # how many: the wall clock steps back by an hour while the market is paced by it, and before a restart
  local s=clock n command var code
  scenario clock
  host clock "$dir/clock.whole"
  check "clock: the run nobody disturbs" ends 0 "${command[@]}"
  check "clock: it is sound" judged clock "$dir/clock.whole" ""
  for ((n = 1; n <= $1; ++n)); do
    var=$dir/clock.back$n
    : >"$var.problem"
    host clock "$var"
    local stepped=(env LD_PRELOAD="$tools/crash_clock.so" CRASH_CLOCK_FILE="$var.back" CRASH_CLOCK_BACK=3600 "${command[@]}")
    # It steps in the n-th part of the run, which takes some two seconds; in every second run the process dies then.
    "${stepped[@]}" >"$var.out" 2>"$var.err" &
    code=$!
    sleep "$(awk -v n="$n" -v of="$1" 'BEGIN { print 2 * (n - 0.5) / of }')"
    touch "$var.back"
    [ $((n % 2)) = 1 ] || { sleep 0.1; kill -KILL $code 2>/dev/null; wait $code 2>/dev/null; timeout 60 "${stepped[@]}" >"$var.out" 2>"$var.err" & code=$!; }
    ( sleep 60; kill -KILL $code ) 2>/dev/null &
    local patience=$!
    wait $code
    code=$?
    kill $patience 2>/dev/null
    local verdict=survived
    [ $code = 0 ] || grep -q 'RUN_VAR_USED.*the journal' "$var.err" || { echo "the run ends with $code: $(cat "$var.err")" >>"$var.problem"; verdict=FAILED; }
    judged clock "$var" yes >>"$var.problem" 2>&1 || verdict=FAILED
    note clock "clock back" "$n" "$var" $verdict
  done
}
list() { # the points of each scenario
  local s n all_points=0
  printf '%-14s %9s %9s\n' scenario points 'on sockets'
  for s in $all_scenarios $commanded; do
    prepare "$s" >"$dir/list.out" 2>&1 || true
    n=$(wc -l <"$dir/$s.points")
    printf '%-14s %9d %9d\n' "$s" "$n" "$(grep -c ':socket:' "$dir/$s.points")"
    all_points=$((all_points + n))
    ! grep '^FAIL' "$dir/list.out" || failed=1
    rm -rf "$dir/$s".*
  done
  printf '%-14s %9d\n' all "$all_points"
}

for f in $(declare -F | sed -n 's/^declare -f \(\(give\|left\)_.*\)/\1/p'); do export -f "${f?}"; done
export -f host go_on judged traced note point alone_point room_point ask asked_point is drive send post order amended begin_drive end_drive nothing_held latched liquidated venue_orders
export bowline dir plugins panic tracer judge sql results BOWLINE_KEEP btc eth buy sell
: >"$results"
if ! "$tracer" count "$dir" "$dir/try" -- true 2>"$dir/err"; then
  echo "skip: processes cannot be traced here: $(cat "$dir/err")"
  exit 77
fi
case ${1:-} in
  '')
    for s in $all_scenarios $commanded; do matrix "$s" "$all"; done
    for s in in_flight stops_late resting close_late liquidate amend; do again "$s" 8 "$all"; done
    panics
    alone "$all"
    clock 12
    for s in entry_exit in_flight; do full "$s" "$all"; hold "$s" 10; read_only "$s"; done
    for s in stops_late reprice close states orders amend; do full "$s" "$all"; done
    room "$all"
    operator "$all"
    ;;
  --quick)
    for s in $all_scenarios; do matrix "$s" 2 orders; done
    for s in $commanded; do matrix "$s" 2 orders; done
    again in_flight 2 4
    again stops_late 1 3
    again resting 1 3
    again close_late 1 3
    full entry_exit 2
    full states 2
    room 4
    hold in_flight 1
    read_only in_flight
    operator 3
    panics
    alone 1
    clock 2
    ;;
  --list)
    list
    exit "$failed"
    ;;
  --scenario)
    if [ "$2" = operator ]; then operator "${3:-$all}"; elif [ "$2" = no_room ]; then room "${3:-$all}"; elif [ "$2" = clock ]; then clock "${3:-12}"; elif [ "$2" = panics ]; then panics; elif [ "$2" = alone ]; then alone "${3:-$all}"; else matrix "$2" "${3:-$all}"; fi
    ;;
  --point)
    if [ "$2" = operator ]; then
      scenario operator
      asked_point operator "" "$3" "$4"
    else
      prepare "$2"
      point "$2" "$same" "$3" "$4" "${5:-}"
    fi
    ;;
  *) usage >&2; exit 2 ;;
esac
summary
exit "$failed"
