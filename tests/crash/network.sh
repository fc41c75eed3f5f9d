#!/usr/bin/env bash
# The crash matrix of the Coinbase broker: the host trades live at bowline-venue over TLS, an operator commands it, and at one place the
# host is killed, or the network between the two does what networks do. It is begun again when it has ended; the operator asks until he
# is answered, and lets it trade again when venue and book agree; what is left is judged by the reader of the other matrix.
#   tests/crash/network.sh BOWLINE SOURCE TOOLS [--quick | --list | --faults [HOW MANY] | --kills [HOW MANY] | --venue [NAME] | --point WHAT POINT]
# --venue: the venue misbehaves as misbehaviours.txt says. TOOLS is the folder of crash_tracer, crash_judge and crash_proxy in the build
# tree. Without an option: everything. docs/crash_matrix.md.
usage() { sed -n '2,7s/^# \{0,1\}//p' "$0"; }
[ $# -ge 3 ] || { usage >&2; exit 2; }
tools=$(realpath "$3")
[ -n "${TMPDIR:-}" ] || [ ! -w /dev/shm ] || export TMPDIR=/dev/shm
source "$2/tests/e2e/check.sh"
source "$2/tests/e2e/at_venue.sh"
source "$2/tests/crash/points.sh"
shift 3
tracer=$tools/crash_tracer judge=$tools/crash_judge proxy=$tools/crash_proxy book=$tools/crash_venue_book sql=${SQLITE_DO:-$tools/../e2e/sqlite_do}
jobs=${BOWLINE_CRASH_JOBS:-$(($(nproc) * 3))} # each of them waits most of the time
patience=${BOWLINE_CRASH_SECONDS:-150}        # for all that the operator wants, of one run
faults=("drop" "cut" "torn" "half_close" "corrupt" "mute" "delay 3")
stop_all() { pkill -KILL -f -- "$dir/" 2>/dev/null; }
trap 'stop_all; clean' EXIT
at_broker='request_timeout: 2s, backoff_most: 1s, sweep: 5s, sweep_alone: 2s, stream_silence: 3s, rate: 30, per_hour: 0'
at_execution='exit: {wait: 2s}
  reconcile: {orders_every: 5s, balances_every: 10s, in_flight_every: 1s}'

# ---- the host and its network ---------------------------------------------------------------------------------------------------
start_host() { # folder, how it is run...
  rm -f "$1/var/endpoints.json"
  "${@:2}" "$bowline" run "$1/run.yaml" --var "$1/var" --log-file "$1.log" --json >"$1.out" 2>"$1.err" &
  host=$!
}
alive() { # folder: whether it runs; what has ended is begun again
  ! kill -0 "$host" 2>/dev/null || return 0
  wait "$host"
  local code=$?
  case $code in
    137) ;;
    4) grep -q RECONCILE_UNANSWERED "$1.err" || return 0 ;; # nothing was known of the venue: it may not trade
    *) echo "the host ends with $code: $(cat "$1.err")" >>"$1.problem"; failed_host=1; return 1 ;;
  esac
  start_host "$1"
}
end_host() { # it is told to end, and does
  local child
  child=$(pgrep -P "$host")
  kill -TERM ${child:-"$host"} 2>/dev/null
  wait "$host"
}

# ---- the operator -----------------------------------------------------------------------------------------------------------------
call() { # token, method, path, key, body: whether there is an answer; $code, and what it says in the folder
  local at
  at=$(at_of "$d/var")
  [ -n "$at" ] || return 1
  code=$(curl -s -m 8 -o "$d/answer" -w '%{http_code}' -X "$2" -H "Authorization: Bearer $(cat "$dir/secrets/$1")" -H 'Content-Type: application/json' \
    -H "Idempotency-Key: $4" ${5:+-d "$5"} "$at$3")
}
get() { call read GET "$1" look && [ "$code" = 200 ]; }
ready() { # it trades; when it has begun again, it is let to
  get /trading/state || return 1
  ! grep -q '^{"state":"active"' "$d/answer" || return 0
  call trade POST /trading/state resume '{"state":"active","reason":"book and venue agree"}'
  return 1
}
take() { # method, path, key, body: whether it was taken
  call "${token:-trade}" "$1" "$2" "$3" "$4" || return 1
  case $code in 200 | 202) return 0 ;; esac
  if grep -q PRODUCT_BLOCKED "$d/answer"; then # he has looked at the venue: it is right
    "$bowline" reconcile --adopt-venue --var "$d/var" --token secret://trade --reason 'crash matrix' >>"$d/adopted" 2>&1
    return 1
  fi
  echo "$2 $3: $code $(head -c 400 "$d/answer")" >>"$d/refused"
  return 1
}
state_of() { get "/orders/$1" && sed 's/.*"state":"\([a-z_]*\)".*/\1/;q' "$d/answer"; }
order() { # key, body: an order whose fate is known. One that never came to the venue is given once more, as another one
  ready || return 1
  local n id
  n=$(cat "$d/$1.n" 2>/dev/null || echo 1)
  if ! take POST /trades/execute "$1-$n" "{\"reason\":\"crash matrix\",$2}"; then
    # Refused for what is over soon (a stop still sells, a price is old) the same key would say so for ever.
    [ "${code:0:1}" != 4 ] || echo $((n + 1)) >"$d/$1.n"
    return 1
  fi
  id=$(sed 's/^{"id":"\([^"]*\)".*/\1/;q' "$d/answer")
  case $(state_of "$id") in
    filled | open | partially_filled | cancelled | expired) echo "$id" >"$d/$1.id" ;;
    not_placed | rejected | denied) echo $((n + 1)) >"$d/$1.n"; return 1 ;;
    *) return 1 ;;
  esac
}
held() { get /portfolio && sed 's/},{/},\n{/g' "$d/answer" | sed -n "s/.*\"instrument\":\"$1\",\"qty\":\"\([^\"]*\)\".*/\1/p"; }
at_rest() { get "/orders?state=working&limit=100" && sed 's/},{/},\n{/g' "$d/answer" | grep "\"instrument\":\"$1\""; } # its orders that work
protected() { # of all that is held a stop rests
  local qty
  qty=$(held "$1") || return 1
  [ -z "$qty" ] || at_rest "$1" | grep '"purpose":"stop"' | grep '"state":"open"' | grep -q "\"qty\":\"$qty\""
}
flat() { held "$1" >"$d/held" && [ ! -s "$d/held" ]; }
works() { at_rest "$1" | grep -q "\"id\":\"$(cat "$d/$2.id")\""; } # instrument, key of an order
btc='"instrument":"BTC-USD"' eth='"instrument":"ETH-USD"' buys='"side":"BUY"'
buy_eth() { order eth-1 "$eth,$buys,\"type\":\"market\",\"qty\":\"0.5\"" && protected ETH-USD; }
rest_btc() { order btc-1 "$btc,$buys,\"type\":\"limit\",\"tif\":\"GTC\",\"post_only\":true,\"qty\":\"0.01\",\"limit_price\":\"59000\""; }
amend_btc() { # over when it has the terms, or works no more
  local now
  now=$(get "/orders/$(cat "$d/btc-1.id")" && cat "$d/answer") || return 1
  grep -q '"limit_price":"59100"' <<<"$now" && ! grep -q '"amend' <<<"$now" && return
  ready && { works BTC-USD btc-1 || return 0; } && take PATCH "/orders/$(cat "$d/btc-1.id")" "amend-$RANDOM" '{"reason":"crash matrix","qty":"0.012","limit_price":"59100"}'
}
more_eth() { order eth-2 "$eth,$buys,\"type\":\"market\",\"qty\":\"0.3\"" && protected ETH-USD; }
cancel_btc() {
  get /trading/state || return 1
  if works BTC-USD btc-1; then take DELETE "/orders/$(cat "$d/btc-1.id")" "cancel-$RANDOM" '{"reason":"crash matrix"}'; return 1; fi
  at_rest BTC-USD >"$d/rests"
  [ ! -s "$d/rests" ]
}
take_btc() { order btc-2 "$btc,$buys,\"type\":\"limit\",\"tif\":\"IOC\",\"qty\":\"0.02\",\"limit_price\":\"60100\"" && protected BTC-USD; }
fall_eth() { # to a price
  tell POST /market/ETH-USD "{\"price\":\"$1\"}" >/dev/null && echo "$1 $SECONDS" >"$d/fell"
}
stop_eth() { # the price falls through its stop; what was protected anew below that price meanwhile, once it has had time to sell: once more
  local price at
  if read -r price at 2>/dev/null <"$d/fell"; then
    [ $SECONDS -lt $((at + 20)) ] || ! protected ETH-USD || fall_eth $((price * 95 / 100))
  else
    protected ETH-USD && fall_eth 2845
  fi
  ready && flat ETH-USD
}
close_btc() {
  ready && { flat BTC-USD || { take POST /positions/BTC-USD/close close-1 '{"reason":"crash matrix"}'; return 1; }; } && ! at_rest BTC-USD >/dev/null
}
again_btc() { order btc-3 "$btc,$buys,\"type\":\"market\",\"qty\":\"0.01\"" && protected BTC-USD; }
fire() {
  get /trading/state || return 1
  if get /emergency/fire-1; then grep -q '"phase":"done"' "$d/answer" && flat BTC-USD; return; fi
  token=emergency take POST /emergency/liquidate-all fire-1 '{"confirm":true,"reason":"crash matrix","id":"fire-1"}'
  return 1
}
steps="buy_eth rest_btc amend_btc more_eth cancel_btc take_btc stop_eth close_btc again_btc fire"
operate() { # folder: each of it in its place, until it is so
  local step end=$((SECONDS + patience)) nap
  exec {nap}<> <(:)
  for step in $steps; do
    until alive "$1" && "$step"; do
      [ -z "${failed_host:-}" ] || return 1
      if [ $SECONDS -ge $end ]; then
        echo "no end of $step in $patience s; $code $(head -c 600 "$d/answer"); refused before: $(tail -3 "$d/refused" 2>/dev/null)"
        return 1
      fi
      read -r -t 0.1 -u "$nap"
    done
    echo "$step" >>"$1.steps"
  done
  exec {nap}>&-
}

# ---- one run ----------------------------------------------------------------------------------------------------------------------
judged() { # folder
  "$venue" --dump "$1/state" >"$1.dump" || return 1
  "$book" main "$1/var/mock_venue.db" <"$1.dump" || return 1
  "$judge" sound "$1/var" USD=10000 "real=$slack" || return 1
  "$bowline" journal verify --var "$1/var" >"$1.verify" 2>&1 || { cat "$1.verify"; return 1; }
}
network_run() { # folder, what, point: from the first request to the judge; problems are in its file
  local d=$1 what=$2 at=$3 host='' code='' failed_host='' port control portfolio venue_pid proxy_pid='' more='' slack=1 ok=0
  local -a started=() words
  : >"$1.problem"
  read -ra words <<<"$what"
  [ "$what" != venue ] || more=$'\n'$(sed -n "s/^$at  *| *//p" "$source/tests/crash/misbehaviours.txt")
  [[ $more != *clock_skew* ]] || slack=21
  [[ $more == *limits:* ]] || more="limits: {private: 30, public: 30}$more"
  begin_venue "$1" "$more" 'BTC-USD=60000 ETH-USD=3000' 'USD: "10000"' >>"$1.problem" || return 1
  canary_noted "$1/var" "$dir/secrets/coinbase-key"
  case $what in
    whole | venue | kill* | "kills count") live_config "$1" "$1/run.yaml" ;;
    *)
      "$proxy" "${words[@]}" ${at:+"$at"} "$1.reached" "rest=$port" "stream=$port" >"$1.lanes" &
      proxy_pid=$!
      within 10 test "$(wc -l <"$1.lanes")" = 2
      live_config "$1" "$1/run.yaml" "$(sed -n 's/^rest //p' "$1.lanes")" "$(sed -n 's/^stream //p' "$1.lanes")"
      ;;
  esac
  case $what in
    "kills count") start_host "$1" "$tracer" count "$1/var" "$1.reached" -- ;;
    kill*) start_host "$1" "$tracer" "${words[@]}" "$at" "$1/var" "$1.reached" -- ;;
    *) start_host "$1" ;;
  esac
  operate "$1" >>"$1.problem" || ok=1
  end_host
  code=$?
  if [ $code = 137 ]; then # its place was in its end
    start_host "$1"
    within 60 get /trading/state || echo "it does not begin again to end" >>"$1.problem"
    end_host
    code=$?
  fi
  [ $code = 0 ] || { echo "the host ends with $code when it is told to: $(cat "$1.err")" >>"$1.problem"; ok=1; }
  kill -TERM "$venue_pid" ${proxy_pid:+"$proxy_pid"} 2>/dev/null
  wait "$venue_pid" ${proxy_pid:+"$proxy_pid"} 2>/dev/null
  judged "$1" >>"$1.problem" || ok=1
  # Where the venue tells no lies there is nothing that could not be explained.
  [[ $at == order_other_* ]] || ! grep -h -o -E 'ORDER_GONE: [^"]*|EXEC_MISMATCH: [^"]*' "$1.log" >>"$1.problem" || ok=1
  return $ok
}
network_point() { # scenario, same, what, point
  local var verdict=survived
  var=$dir/$1.$(printf '%s' "$3 $4" | tr -c 'A-Za-z0-9' _)
  network_run "$var" "$3" "$4" 2>>"$var.said" || verdict=FAILED
  if [ "$3" = venue ]; then did "$var" "$4" >>"$dir/did"; echo reached >"$var.reached"; fi
  [ $verdict = FAILED ] || [ "$(cat "$var.reached" 2>/dev/null)" = reached ] || verdict=missed
  note "$1" "$3" "$4" "$var" $verdict
}
unsound() { # what awk makes beside, words: the whole run's book with that in it is no sound one, and the judge says these words
  cp -r "$dir/whole/var" "$dir/control"
  awk "$1"' { print }' "$dir/whole.dump" | "$book" main "$dir/control/mock_venue.db" || return 1
  "$judge" sound "$dir/control" USD=10000 real=1 >"$dir/out"
  local got=$?
  rm -rf "$dir/control"
  [ $got = 1 ] && grep -q "$2" "$dir/out" || { echo "the judge ends with $got: $(cat "$dir/out")"; return 1; }
}
told() { # folder, what: a run, and what was wrong with it
  network_run "$1" "$2" '' 2>"$1.said" && return
  cat "$1.problem"
  [ -z "${BOWLINE_KEEP:-}" ] || { mkdir -p "$BOWLINE_KEEP"; cp -r "$1" "$1".* "$BOWLINE_KEEP/"; }
  return 1
}
did() { # folder, name: what host and broker did with what the venue did
  local asked sent states incidents
  asked=$(grep -c . "$1/requests") sent=$(grep -c 'POST /api/v3/brokerage/orders ' "$1/requests")
  states=$("$sql" "$1/var/crypto_transactions.db" "SELECT count(*)||' '||state FROM orders GROUP BY state ORDER BY state" 2>/dev/null | paste -sd, | sed 's/,/, /g')
  incidents=$(sed -n 's/.*"component":"incident".*"code":"\([A-Z_]*\)".*/\1/p' "$1.log" | sort | uniq -c | awk '{ print $2 ($1 > 1 ? " x" $1 : "") }' | paste -sd, | sed 's/,/, /g')
  printf '%s\t%s requests, %s of them new orders; %s%s\n' "$2" "$asked" "$sent" "$states" "${incidents:+; told: $incidents}"
}
prepare() { # the run that nobody disturbs, and the lists of points
  local f
  begin_venue "$dir/first" '' 'BTC-USD=60000 ETH-USD=3000' 'USD: "10000"' || exit 1 # the key, and the pins of what is loaded
  pins_of "$dir/first"
  kill -TERM "$venue_pid"
  wait "$venue_pid" 2>/dev/null
  check "the run that nobody disturbs" told "$dir/whole" whole
  check "it has what it is there for" shows "$dir/whole/var"
  # A judge that finds nothing wrong with anything would prove every point.
  check "the control: a fill that nobody here knows is seen" unsound '/"kind":"fill"/ { line = $0; sub(/"entry_id":"/, "&x", line); print line }' 'unseen position'
  check "the control: an order that nobody meant is seen" unsound '/"kind":"order"/ && !done { line = $0; sub(/"client_order_id":"/, "&x", line); sub(/"order_id":"/, "&x", line); print line; done = 1 }' 'second order'
  check "the control: money from nowhere is seen" unsound '/"kind":"account".*"USD"/ { sub(/"available":"/, "&1"); print; next } 0' 'the venue has'
  check "its records are listed" told "$dir/records" count
  sort -t: -k1,1 -k2,2 -k3,3n "$dir/records.reached" >"$dir/coinbase.records"
  check "its system calls are listed" told "$dir/calls" "kills count"
  grep -E ':(journal\.db|socket|HALT)' "$dir/calls.reached" >"$dir/coinbase.calls"
  check "there are some ($(wc -l <"$dir/coinbase.records") records, $(wc -l <"$dir/coinbase.calls") calls)" test "$(wc -l <"$dir/coinbase.records")" -ge 100 -a "$(wc -l <"$dir/coinbase.calls")" -ge 200
}
shows() { # entries of four kinds, an edit, a cancel, a stop that sold by itself, sales of close and liquidation
  local n
  n=$("$sql" "$1/mock_venue.db" "SELECT sum(side='BUY' AND state='FILLED'), sum(amends), sum(side='BUY' AND state='CANCELLED'), sum(type='STOP_LIMIT' AND state='FILLED'), sum(type='STOP_LIMIT' AND state='CANCELLED'), sum(side='SELL' AND type<>'STOP_LIMIT' AND state='FILLED') FROM orders")
  is "$(awk -F'|' '{ print ($1 >= 4) ($2 == 1) ($3 == 1) ($4 == 1) ($5 >= 2) ($6 >= 2) }' <<<"$n")" 111111 || { echo "$n"; return 1; }
}
disturb() { # how many points of each fault
  local fault
  for fault in "${faults[@]}"; do many network_point "$1" coinbase "" "$fault" <"$dir/coinbase.records"; done
}
misbehave() { # with a name: that one
  sed -n 's/^\([a-z_0-9]*\)  *|.*/\1/p' "$source/tests/crash/misbehaviours.txt" | grep -x -e "${1:-.*}" | many network_point "$all" coinbase "" venue
  sort "$dir/did" | awk -F'\t' '{ printf "%-24s %s\n", $1, $2 }'
}
slay() { # how many points of each
  many network_point "$1" coinbase "" "kill before" <"$dir/coinbase.calls"
  many network_point "$1" coinbase "" "kill after" <"$dir/coinbase.calls"
}
for f in $(declare -F | cut -d' ' -f3); do export -f "${f?}"; done
export source bowline dir plugins panic tracer judge proxy book sql venue results patience steps btc eth buys BOWLINE_KEEP BOWLINE_SECRETS at_venue_plugins at_instruments at_execution at_broker at_limits at_stops at_floor at_ramp
: >"$results"
if ! "$tracer" count "$dir" "$dir/try" -- true 2>"$dir/err"; then
  echo "skip: processes cannot be traced here: $(cat "$dir/err")"
  exit 77
fi
case ${1:-} in
  '') prepare; misbehave; disturb "$all"; slay "$all" ;;
  --quick) may_miss=2; prepare; disturb 1; slay 2 ;;
  --list) prepare; cat "$dir/coinbase.records" "$dir/coinbase.calls"; exit "$failed" ;;
  --faults) prepare; disturb "${2:-$all}" ;;
  --kills) prepare; slay "${2:-$all}" ;;
  --venue) prepare; misbehave "${2:-}" ;;
  --point) prepare; network_point coinbase "" "$2" "$3" ;;
  *) usage >&2; exit 2 ;;
esac
summary
exit "$failed"
