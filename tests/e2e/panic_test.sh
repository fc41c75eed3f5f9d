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
  cp -r "$dir/left" "$dir/$1"
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
