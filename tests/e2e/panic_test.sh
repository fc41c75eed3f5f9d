#!/usr/bin/env bash
# bowline-panic where no host takes its command (trading rules 3.7): with the host killed it cancels and sells itself, holding the
# journal's lock; beside one that hangs, and without a journal, it does what is safe and says what is not. The market is the crash
# matrix's, so that it is known where it stands when the host dies; what others trade then is the mock venue's script.
#   panic_test.sh BOWLINE SOURCE TOOLS         TOOLS: the folder of crash_judge and of the scripted market
tools=$(realpath "$3")
source "$(dirname "$0")/check.sh"
source "$source/tests/crash/scenarios.sh"
panic=$(dirname "$bowline")/bowline-panic judge=$tools/crash_judge sql=${SQLITE_DO:-$tools/../e2e/sqlite_do}

# BTC and ETH are held, a stop of each rests at the venue, and an entry of SOL rests; then the market stands still.
script >"$dir/market" <<'END'
market 1 30 10000 10000 10000 9990 10000 10000 10000 10000 10000 10000 10000 10000
market 2 30 5000 5000 5000 4990 5000 5000 5000 5000 5000 5000 5000 5000
market 3 0 100 100 100 101 102 102 102 102 102 102 102 102
say 3 1 buy
say 3 2 buy
say 3 3 buy
gate 6
say 8 3 buy
END
config() { # params of the venue, more of `execution`
  cat <<YAML
mode: mock
seed: 7
interval: 5m
listen: $open_ports
instruments: [BTC-USD, ETH-USD, SOL-USD]
plugins: {path: [$plugins, $tools/market]}
bridge: {cost_gate: off, max_position: 25%}
execution: {gtd_bars: 12, stops: {owner: venue}${2:+, $2}}
instances:
  - {id: market, kind: feed, plugin: test.feed.crash, params: {script: $dir/market}}
  - {id: cross, kind: signal, plugin: test.signal.crash, params: {script: $dir/market}}
  - {id: limits, kind: risk, plugin: bowline.risk.limits, params: {max_position: 40%, max_exposure: 90%, min_notional: "10"}}
  - {id: stops, kind: risk, plugin: bowline.risk.stops, params: {max_distance: 5%, trailing: 0%, break_even: 0%}}
  - {id: venue, kind: broker, plugin: bowline.broker.mock, params: {cash: {USD: "10000"}${1:+, $1}}}
YAML
}
config "external_orders: [$(others_trade 00:25 BTC-USD=100 ETH-USD=50)]" >"$dir/run.yaml"
config "external_orders: [$(others_trade 00:30 BTC-USD=100 ETH-USD=50)]" >"$dir/late.yaml" # as seen by who comes when the host had the venue at the gate
config '' >"$dir/still.yaml" # a venue where nobody trades
config '' 'account: other' >"$dir/other.yaml"
# No other plugin than the venue's is looked at: these are not there.
sed 's/test\.signal\.crash/no.such.signal/; s/bowline\.risk\.stops/no.such.risk/' "$dir/run.yaml" >"$dir/broken.yaml"

venue() { "$sql" "$dir/$1/mock_venue.db" "$2"; }
journal() { "$sql" "$dir/$1/journal.db" "$2"; }
answers() { "$bowline" emergency state --var "$dir/$1" >/dev/null 2>&1; }
begin() { # state folder: a host at the gate
  rm -f "$dir/$1.gate.1" "$dir/$1.gate.1.at"
  BOWLINE_GATES="$dir/$1.gate" "$bowline" run "$dir/run.yaml" --var "$dir/$1" --log-file "$dir/$1.log" >"$dir/$1.out" 2>"$dir/$1.err" &
  host=$!
  started+=("$host")
  check "$1: the market stands still" within 30 test -e "$dir/$1.gate.1.at"
  check "$1: it listens" within 30 answers "$1"
}
die() { kill -KILL "$host"; wait "$host" 2>/dev/null; started=(); }
go_on() { # state folder: a host to the end of the data
  touch "$dir/$1.gate.1"
  BOWLINE_GATES="$dir/$1.gate" "$bowline" run "$dir/run.yaml" --var "$dir/$1" --log-file "$dir/$1.log" --json
}
dead() { # state folder: what the killed host left
  rm -rf "${dir:?}/$1"
  cp -rH "$dir/left" "$dir/$1"
}
sol() { venue "$1" "SELECT state FROM orders WHERE symbol='SOL-USD'"; }
resting() { venue "$1" "SELECT count(*) FROM orders WHERE type='STOP_LIMIT' AND state='OPEN'"; }
sales() { venue "$1" "SELECT count(*) FROM orders WHERE side='SELL' AND type='MARKET'"; }
buys() { journal "$1" "SELECT count(*) FROM journal WHERE kind='intent' AND payload LIKE '%\"side\":\"buy\"%'"; }
sound() { # state folder, more for the judge: after a host has gone on with it
  "$judge" sound "$dir/$1" USD=10000 "${@:2}" && "$bowline" journal verify --var "$dir/$1" >"$dir/verify" 2>&1
}

begin left
die
check "left: two stops rest" is "$(resting left)" 2
check "left: and an entry" is "$(sol left)" OPEN

# ---- the host is dead -----------------------------------------------------------------------------------------------------------
dead stop
before=$(buys stop)
check "stop without a configuration: the latch alone" ends 11 "$panic" stop --var "$dir/stop" --reason 'a drill'
check "it says how it would do more" grep -q -e '--config' "$dir/out"
check "the entry is still there" is "$(sol stop)" OPEN
check "stop: done by itself, with no other plugin than the venue's" ends 0 "$panic" stop --var "$dir/stop" --config "$dir/broken.yaml" --reason 'a drill'
check "stop: the entry has ended" is "$(sol stop)" CANCELLED
check "stop: what protects is kept" is "$(resting stop)" 2
check "stop: it says both" grep -q '^entry .*SOL-USD: cancelled' "$dir/out"
check "stop: of each stop" is "$(grep -c '^kept ' "$dir/out")" 2
check "stop: nothing was sold" is "$(sales stop)" 0
check "stop: the latch is set" test -e "$dir/stop/HALT"
check "stop: the journal is proved" ends 0 "$bowline" journal verify --var "$dir/stop"
check "stop: said again it is done again" ends 0 "$panic" stop --var "$dir/stop" --config "$dir/run.yaml" --json
check "stop: as it says" grep -q '"done": true' "$dir/out"
check "stop: a host goes on with it" ends 0 go_on stop
check "stop: it bought nothing more" is "$(buys stop)" "$before"
check "stop: the books are sound" sound stop protected resting

dead sell
check "liquidate: done by itself" ends 0 "$panic" liquidate --var "$dir/sell" --config "$dir/run.yaml" --reason fire --id fire-1 --log-file "$dir/panic.log"
check "liquidate: it told how far it was" grep -q '^BTC-USD: sold' "$dir/out"
check "liquidate: to its end" grep -q '^liquidation fire-1: done' "$dir/out"
check "liquidate: flat" nothing_held "$dir/sell" "'BTC','ETH','SOL'"
check "liquidate: every order has ended" is "$(venue sell "SELECT count(*) FROM orders WHERE state='OPEN'")" 0
check "liquidate: the journal is proved" ends 0 "$bowline" journal verify --var "$dir/sell"
sold=$(sales sell)
check "liquidate: the same again is the same one" ends 0 "$panic" liquidate --var "$dir/sell" --config "$dir/run.yaml" --json
check "liquidate: with its receipt" grep -q '"phase": "done"' "$dir/out"
check "liquidate: nothing is sold twice" is "$(sales sell)" "$sold"
check "liquidate: a host goes on with it" ends 0 go_on sell
check "liquidate: nothing more is sent" is "$(sales sell)" "$sold"
check "liquidate: done, once, and latched" liquidated "$dir/sell"
check "liquidate: the books are sound" sound sell

# A market that stands still sells nothing: it is said, and goes on when it is said again. Beside it no host can start.
dead still
"$panic" liquidate --var "$dir/still" --config "$dir/still.yaml" --id fire-1 --within 15 >"$dir/still.out" 2>"$dir/still.err" &
working=$!
started+=($working)
check "still: it has begun" within 6 grep -q 'selling' "$dir/still.out"
refused "still: a host beside it" 7 'JOURNAL_LOCKED' run "$dir/run.yaml" "$dir/still"
check "still: another one beside it is told" ends 11 "$panic" liquidate --var "$dir/still" --config "$dir/still.yaml" --id fire-1
check "still: that it is at work already" grep -q 'HOST_BUSY' "$dir/err"
wait $working
check "still: its time is up" is $? 12
started=()
check "still: it says so" grep -q 'it is not over' "$dir/still.out"
check "still: the sales wait at the venue" is "$(venue still "SELECT count(*) FROM orders WHERE side='SELL' AND state='OPEN'")" 2
check "still: said again it goes on" ends 0 "$panic" liquidate --var "$dir/still" --config "$dir/run.yaml"
check "still: flat" nothing_held "$dir/still" "'BTC','ETH','SOL'"
check "still: under its own id, once" liquidated "$dir/still"
check "still: a host goes on with it" ends 0 go_on still
check "still: the books are sound" sound still

# ---- no journal to go by --------------------------------------------------------------------------------------------------------
without() { # state folder, what is wrong with the journal
  check "$2: stop does what is safe" ends 7 "$panic" stop --var "$dir/$1" --config "$dir/run.yaml"
  check "$2: says why" says "$3"
  check "$2: the entry has ended, by the venue's word" is "$(sol "$1")" CANCELLED
  check "$2: what protects is kept" is "$(resting "$1")" 2
  check "$2: nothing is sold" ends 7 "$panic" liquidate --var "$dir/$1" --config "$dir/run.yaml"
  check "$2: and it says why" says 'nothing is sold'
  check "$2: indeed" is "$(sales "$1")" 0
  check "$2: the latch is set" grep -q liquidate "$dir/$1/HALT"
}
dead missing
rm "$dir/missing"/journal.db*
without missing "a journal that is missing" JOURNAL_OPEN
dead damaged
journal damaged "UPDATE journal SET payload='{}' WHERE row=4"
without damaged "a journal that is damaged" JOURNAL_CHAIN

dead other
check "another account's configuration is refused" ends 7 "$panic" stop --var "$dir/other" --config "$dir/other.yaml"
check "it says so" says JOURNAL_STAMP
check "and nothing is cancelled with it" is "$(sol other)" OPEN
check "the latch is set all the same" test -e "$dir/other/HALT"
check "a configuration that is not there" ends 3 "$panic" stop --var "$dir/other" --config "$dir/none.yaml"

# ---- the host is alive, and hangs -----------------------------------------------------------------------------------------------
begin alive
check "alive: the host does it" ends 0 "$panic" stop --var "$dir/alive" --config "$dir/run.yaml" --json
check "alive: and not this program" is "$(grep -c '"alone"' "$dir/out")" 0
# The venue's file is the host's while it lives.
works() { curl -s -m 5 "http://$(sed -n 's/.*"trade-execution": "\(.*\)".*/\1/p' "$dir/$1/endpoints.json")/orders?state=working" | grep -c '"instrument":"SOL-USD"'; }
no_entry() { [ "$(works alive)" = 0 ]; }
check "alive: no entry works any more" within 5 no_entry
die
check "alive: the entry has ended" is "$(sol alive)" CANCELLED

begin hung
kill -STOP "$host"
check "hung: nothing is sold beside it" ends 11 "$panic" liquidate --var "$dir/hung" --config "$dir/run.yaml" --id fire-1
check "hung: the operator is told whom to end" grep -q "HOST_HANGS: process $host (bowline) .*stopped.*kill -KILL $host" "$dir/err"
mkdir "$dir/seen" && cp "$dir"/hung/mock_venue.db* "$dir/seen/" # the stopped host has its lock
check "hung: nothing was sold" is "$(sales seen)" 0
check "hung: the latch is set" grep -q fire-1 "$dir/hung/HALT"
kill -CONT "$host"
halted() { "$bowline" emergency state --var "$dir/hung" 2>/dev/null | grep -q '^halted, the gate is closed'; }
check "hung: let go on it sees the latch by itself" within 20 halted
die
check "hung: ended, it is done" ends 0 "$panic" liquidate --var "$dir/hung" --config "$dir/late.yaml" --id fire-1
check "hung: flat" nothing_held "$dir/hung" "'BTC','ETH','SOL'"
check "hung: a host goes on with it" ends 0 go_on hung
check "hung: done, once" liquidated "$dir/hung"
check "hung: the books are sound" sound hung

# ---- everything: the operator says that all of the account is his ------------------------------------------------------------------
# Somebody has put 3 SOL there that no host bought; others trade from when the venue heard last.
everything() { # configuration, state folder, more
  "$panic" liquidate --var "$dir/$2" --config "$dir/$1.yaml" --everything "${@:3}"
}
last=$(venue left 'SELECT max(updated_ns) FROM orders')
moment() { date -u -d "@$((last / 1000000000 + $1))" "+$2"; }
deposit="{at: $(moment 0 %Y-%m-%dT%H:%M:%SZ), do: deposit, asset: SOL, qty: \"3\"}"
trades=$(others_trade "$(moment 60 %H:%M)" BTC-USD=100 ETH-USD=50 SOL-USD=100)
config "external_orders: [$deposit, $trades]" >"$dir/all.yaml"
config "external_orders: [$deposit]" >"$dir/all_still.yaml"
config "external_orders: [$deposit, $trades], file: other.db" >"$dir/all_other.yaml"
config "external_orders: [$deposit, $trades], file: venue/mock_venue.db" >"$dir/all_below.yaml"
flat() { nothing_held "$dir/$1" "'BTC','ETH','SOL'"; }
ended() { is "$(venue "$1" "SELECT count(*) FROM orders WHERE state='OPEN'")" 0; }
balanced() { # state folder, product: what was sold of it is what was bought, and deposited
  [ "$(venue "$1" "SELECT abs(sum(CASE side WHEN 'BUY' THEN 1 ELSE -1 END * CAST(cum_qty AS REAL)) + $3) < 1e-9 FROM orders WHERE symbol='$2'")" = 1 ]
}
bytes() { sha256sum "$dir/$1"/journal.db* 2>/dev/null; }

dead unsaid
rm "$dir/unsaid"/journal.db*
check "everything: without its confirmation" ends 2 everything all unsaid
check "everything: the command line says so" says 'USAGE_INVALID.*--confirm-account'
check "everything: and nothing is done" test ! -e "$dir/unsaid/HALT"
check "everything: a confirmation alone" ends 2 "$panic" liquidate --var "$dir/unsaid" --config "$dir/all.yaml" --confirm-account default
check "everything: without a configuration" ends 2 "$panic" liquidate --var "$dir/unsaid" --everything --confirm-account default
for wrong in other Default '' 'default '; do
  check "everything: confirmed as '$wrong'" ends 2 everything all unsaid --confirm-account "$wrong"
  check "everything: is refused" says CONFIRM_ACCOUNT
done
check "everything: nothing is sold" is "$(sales unsaid)" 0
check "everything: nothing is cancelled" is "$(sol unsaid)" OPEN
check "everything: the latch says stop, and no more" grep -q '"stop"' "$dir/unsaid/HALT"
BOWLINE_CONFIRM_ACCOUNT=default CONFIRM_ACCOUNT=default check "everything: the environment confirms nothing" ends 2 everything all unsaid
dead stamped
check "everything: another account's journal" ends 7 everything other stamped --confirm-account other
check "everything: is another's" says JOURNAL_STAMP
check "everything: and nothing is cancelled with it" is "$(sol stamped)" OPEN

# Each of these waits for others to trade, which may be a minute: they go on beside each other, each in a folder of its own.
scenes=()
beside() { # scene: a function
  (
    whole=$dir dir=$dir/$1.beside started=() failed=0
    trap '[ ${#started[@]} -eq 0 ] || kill -KILL "${started[@]}" 2>/dev/null' EXIT
    mkdir "$dir"
    ln -s "$whole/left" "$whole"/*.yaml "$dir"
    "$1"
    exit $failed
  ) >"$dir/$1.said" 2>&1 &
  started+=($!)
  scenes+=("$1 $!")
}
journal_missing() {
  dead lost
  rm "$dir/lost"/journal.db*
  check "journal missing: everything is sold" ends 0 everything all lost --confirm-account default --id fire-1
  check "journal missing: flat, and what nobody here bought is sold as well" flat lost
  check "journal missing: it was there" grep -q '^SOL-USD: sold, sold 3 of 3' "$dir/out"
  check "journal missing: every order has ended" ended lost
  check "journal missing: none is made" test ! -e "$dir/lost/journal.db"
  check "journal missing: what it did is noted" is "$("$sql" "$dir/lost/panic_everything.db" "SELECT count(*)>=3 FROM journal WHERE kind='intent'")" 1
  check "journal missing: the receipt is written" grep -q '"phase": "done"' "$dir/lost/panic_everything.json"
  check "journal missing: the latch orders it" grep -q fire-1 "$dir/lost/HALT"
  sold=$(sales lost)
  check "journal missing: said again it is the same one" ends 0 everything all lost --confirm-account default --json
  check "journal missing: with its receipt" grep -q '"sold": "3"' "$dir/out"
  check "journal missing: nothing is sold twice" is "$(sales lost)" "$sold"
  rm "$dir/lost"/panic_everything.*
  check "journal missing: nor without what was noted" ends 0 everything all lost --confirm-account default
  check "journal missing: by the venue alone" is "$(sales lost)" "$sold"
}

journal_damaged() {
  dead broken
  journal broken "UPDATE journal SET payload='{}' WHERE row=4"
  before=$(bytes broken)
  check "journal damaged: everything is sold" ends 0 everything all broken --confirm-account default
  check "journal damaged: it says that it is" grep -q 'journal: .*not known' "$dir/out"
  check "journal damaged: flat" flat broken
  check "journal damaged: every order has ended" ended broken
  check "journal damaged: it is left as it is" is "$(bytes broken)" "$before"
}

# Killed while its sales wait, and called again: they are found by their ids.
killed_and_called_again() {
  dead cut
  rm "$dir/cut"/journal.db*
  "$panic" liquidate --var "$dir/cut" --config "$dir/all_still.yaml" --everything --confirm-account default --id fire-1 >"$dir/cut.out" 2>"$dir/cut.err" &
  working=$!
  started+=($working)
  seen() { rm -rf "$dir/cut.seen" && mkdir "$dir/cut.seen" && cp "$dir/cut"/panic_everything.db* "$dir/cut.seen/" 2>/dev/null && [ "$("$sql" "$dir/cut.seen/panic_everything.db" "SELECT count(*) FROM journal WHERE kind='intent'" 2>/dev/null)" -ge 3 ] 2>/dev/null; }
  check "killed: three sales are on their way" within 30 seen
  check "killed: another one beside it is told" ends 11 everything all_still cut --confirm-account default
  check "killed: that it is at work already" grep -q HOST_BUSY "$dir/err"
  kill -KILL $working
  wait $working 2>/dev/null
  started=()
  check "killed: called again it goes on" ends 0 everything all cut --confirm-account default
  check "killed: under its id" grep -q 'the liquidation is fire-1' "$dir/out"
  check "killed: flat" flat cut
  check "killed: as much of BTC was sold as was held" balanced cut BTC-USD 0
  check "killed: and of SOL" balanced cut SOL-USD 3
}

# The disk is broken: nothing can be written, the latch neither.
nothing_can_be_written() {
  dead below
  mkdir "$dir/below/venue"
  mv "$dir/below"/mock_venue.db* "$dir/below/venue/"
  rm -f "$dir/below/HALT"
  as_other=()
  [ "$(id -u)" != 0 ] || as_other=(setpriv --reuid=65534 --regid=65534 --clear-groups)
  chmod -R a+rX "$dir/below"
  chmod 777 "$dir/below/venue"
  chmod 666 "$dir/below/venue"/*
  chmod 644 "$dir"/all_below.yaml
  chmod 555 "$dir/below"
  check "nothing can be written: everything is sold" ends 7 "${as_other[@]}" "$panic" liquidate --var "$dir/below" --config "$dir/all_below.yaml" --everything --confirm-account default --id fire-1
  check "nothing can be written: the latch is not set, and that is said" grep -q LATCH_WRITE "$dir/err"
  check "nothing can be written: nothing is noted, and that is said" grep -q 'nothing is noted' "$dir/out"
  check "nothing can be written: the receipt is printed" grep -q 'the receipt could not be written: {"id":"fire-1","phase":"done"' "$dir/out"
  check "nothing can be written: flat" nothing_held "$dir/below/venue" "'BTC','ETH','SOL'"
  check "nothing can be written: said again it sells nothing more" ends 7 "${as_other[@]}" "$panic" liquidate --var "$dir/below" --config "$dir/all_below.yaml" --everything --confirm-account default --id fire-1 --json
  check "nothing can be written: and counts what it sold" grep -q '"sold": "3"' "$dir/out"
  chmod 755 "$dir/below"
}

# A host that hangs has the journal. Its venue is elsewhere, as a real one is: here a copy of it.
host_stopped() {
  begin stuck
  kill -STOP "$host"
  for part in '' -wal; do [ ! -e "$dir/stuck/mock_venue.db$part" ] || cp "$dir/stuck/mock_venue.db$part" "$dir/stuck/other.db$part"; done
  before=$(bytes stuck)
  check "stopped: without the override nothing is sold" ends 11 "$panic" liquidate --var "$dir/stuck" --config "$dir/all_other.yaml"
  check "stopped: everything is sold beside it" ends 0 everything all_other stuck --confirm-account default --id fire-1
  check "stopped: it says who holds the journal" grep -q "process $host (bowline) holds .*stopped" "$dir/out"
  check "stopped: and what the host has on its way" grep -q 'journal: 3 orders of the host' "$dir/out"
  check "stopped: the journal is left as it is" is "$(bytes stuck)" "$before"
  check "stopped: flat" is "$("$sql" "$dir/stuck/other.db" "SELECT count(*) FROM balances WHERE asset IN ('BTC','ETH','SOL') AND CAST(total AS REAL) <> 0")" 0
  check "stopped: every order has ended" is "$("$sql" "$dir/stuck/other.db" "SELECT count(*) FROM orders WHERE state='OPEN'")" 0
  kill -CONT "$host"
  halted_too() { "$bowline" emergency state --var "$dir/stuck" 2>/dev/null | grep -q '^halted, the gate is closed'; }
  check "stopped: let go on it is halted" within 20 halted_too
  # The host may still have got the question of the one that was refused, and ordered that liquidation: the id is said.
  check "alive: said again beside a host that answers it is the same one" ends 0 everything all_other stuck --confirm-account default --id fire-1
  check "alive: which is asked to stop, and not to sell" grep -q '^the host at .* has stopped: ' "$dir/out"
  check "alive: it is under its id" grep -q 'the liquidation is fire-1' "$dir/out"
  die
}

for scene in journal_missing journal_damaged killed_and_called_again nothing_can_be_written host_stopped; do beside $scene; done
for scene in "${scenes[@]}"; do
  wait "${scene#* }" || failed=1
  cat "$dir/${scene% *}.said"
done
started=()

# ---- what it is made of ---------------------------------------------------------------------------------------------------------
libraries=$(ldd "$panic")
for one in soci prometheus xgboost; do check "it needs no $one" is "$(grep -c "$one" <<<"$libraries")" 0; done
nm -C "$panic" >"$dir/symbols" 2>/dev/null || echo "skip: the symbols cannot be read here"
if [ -s "$dir/symbols" ]; then
  check "its symbols are read" grep -q 'bowline::services::Execution::liquidate' "$dir/symbols"
  for one in store::SqlStore store::SqlWriter services::Generator services::Bridge services::Rebalancer services::Pipeline bowline::features:: bowline::research::; do
    check "it has no $one" is "$(grep -c " [TtDdBb] .*$one" "$dir/symbols")" 0
  done
fi
exit $failed
