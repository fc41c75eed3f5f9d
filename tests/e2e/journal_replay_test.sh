#!/usr/bin/env bash
# A recorded run, run again from its configuration: `bowline journal replay` decides the same, byte for byte, or says in
# which row it does not; where the world had a hand in the run it says so and stops there. What was recorded is not touched.
source "$(dirname "$0")/check.sh"
export TMPDIR=$dir/tmp
mkdir "$TMPDIR"
feed="bars: 2500, speed: max" venue="state: file, latency: 20s"
config() { # ports are opened and everything is stored, as in a run that somebody looks at
  sed "s|path: \[.*|path: [$plugins]|; s|state: memory|$venue|; s|bars: 5000, speed: max|$feed|
    s/^listen: .*/listen: {ports: {signal-generator: 0, signal-bridge: 0, trade-execution: 0, portfolio-rebalancer: 0}}/" \
    "$source/configs/ema_simulated.yaml"
}
replay() { "$bowline" journal replay "$@" --log-file "$dir/replay.log"; }
sql() { "$SQLITE_DO" "$dir/$1/journal.db" "$2"; }
rows_of() { sql "$1" "SELECT count(*) FROM journal"; }
decisions_of() { sql "$1" "SELECT count(*) FROM journal WHERE kind='intent'"; }
mark() { (cd "$1" && find . -type f -exec stat -c '%n %s %y' {} + | sort; find . -type f -exec cksum {} + | sort); }
untouched() { mark "$dir/$1" | diff "$dir/mark" - >"$dir/difference" || { head -5 "$dir/difference"; return 1; }; }
nothing_left() { [ -z "$(ls -A "$TMPDIR")" ]; }
told() { sed -n "s/^  \"$1\": \"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}$/\1/p" "$dir/out" | head -1; }

# The same configuration again.
config >"$dir/run.yaml"
check "a run" ends 0 run "$dir/run.yaml" "$dir/whole"
mark "$dir/whole" >"$dir/mark"
check "run again it is the same" ends 0 replay "$dir/run.yaml" --var "$dir/whole"
check "and says so" grep -q '^the same, to the end of the data$' "$dir/out"
check "every row was compared, and every decision" grep -q "^$(rows_of whole) rows compared, $(decisions_of whole) decisions among them, head [0-9a-f]\{64\}$" "$dir/out"
check "there were some" test "$(decisions_of whole)" -gt 50
check "the recorded folder is as it was" untouched whole
check "nothing is left behind" nothing_left
check "the same as JSON" ends 0 replay "$dir/run.yaml" --journal "$dir/whole/journal.db" --json
check "with its result" is "$(told result) $(told rows) $(told recorded_rows) $(told decisions)" "same $(rows_of whole) $(rows_of whole) $(decisions_of whole)"
check "and the head that verify tells" ends 0 "$bowline" journal verify --var "$dir/whole"
head=$(sed -n 's/.*head //p' "$dir/out")
replay "$dir/run.yaml" --var "$dir/whole" --json >"$dir/out"
check "the heads are one" is "$(told head)" "$head"

# Everything the mock venue can do wrong comes again, too, and what somebody else does in the account.
venue="state: file, latency: 5s, partial_fill_probability: 0.3, reject_probability: 0.05, timeout_probability: 0.05, duplicate_fill_probability: 0.1, late_fill_probability: 0.1, lost_fill_probability: 0.02, cancel_reject_probability: 0.2, disconnect_probability: 0.01, external_orders: [{at: 2024-01-02T00:00:00Z, do: order, product: BTC-USD, side: buy, qty: \"0.01\", px: \"1000\"}, {at: 2024-01-03T12:00:00Z, do: deposit, asset: USD, qty: \"500\"}]"
config >"$dir/faults.yaml"
check "a run with a venue that does everything wrong" ends 0 run "$dir/faults.yaml" "$dir/faults"
check "run again it is the same" ends 0 replay "$dir/faults.yaml" --var "$dir/faults"
check "with somebody else's order and money in it" test "$(sql faults "SELECT count(*) FROM journal WHERE kind IN ('external','flow')")" -gt 1

# The venue's file of the recorded run, wherever it lies.
venue="state: file, file: $dir/elsewhere/venue.db, latency: 20s"
mkdir "$dir/elsewhere"
config >"$dir/absolute.yaml"
check "a run whose venue keeps its file elsewhere" ends 0 run "$dir/absolute.yaml" "$dir/absolute"
mark "$dir/elsewhere" >"$dir/mark"
check "run again it is the same" ends 0 replay "$dir/absolute.yaml" --var "$dir/absolute"
check "the venue's file is as it was" untouched elsewhere
check "nothing is left behind" nothing_left
venue="state: file, latency: 20s"

# Another run's journal.
sed 's/^seed: 7/seed: 8/' "$dir/run.yaml" >"$dir/seed.yaml"
refused "another seed" 13 'JOURNAL_DIFFERS: row 1, begin, ' replay "$dir/seed.yaml" --var "$dir/whole"
check "both rows are shown" grep -q '^  recorded: begin .*{"seed":7}$' "$dir/out"
check "both rows are shown, the re-run's too" grep -q '^  again:    begin .*{"seed":8}$' "$dir/out"
sed 's/params: {seed: 7,/params: {seed: 9,/' "$dir/run.yaml" >"$dir/market.yaml"
refused "another market" 13 'JOURNAL_DIFFERS: row [0-9]*, [a-z]*, at 2024-' replay "$dir/market.yaml" --var "$dir/whole" --json
row=$(sed -n 's/^ *"row": \([0-9]*\),$/\1/p' "$dir/out")
check "behind its beginning" test "${row:-0}" -gt 1
check "the rows before it are the same" is "$(told result) $(told rows)" "differs $((row - 1))"
check "the recorded row is the one in the file" grep -qF "\"payload\": \"$(sql whole "SELECT replace(payload, '\"', '\\\"') FROM journal WHERE row=$row")\"" "$dir/out"
sed 's/slow: 26/slow: 27/' "$dir/run.yaml" >"$dir/slow.yaml"
refused "another average" 13 'JOURNAL_DIFFERS: row [0-9]*, ' replay "$dir/slow.yaml" --var "$dir/whole"
sed 's/bars: 2500/bars: 2000/' "$dir/run.yaml" >"$dir/shorter.yaml"
refused "data that end before" 13 'JOURNAL_DIFFERS: row [0-9]*, ' replay "$dir/shorter.yaml" --var "$dir/whole"
sed 's/bars: 2500/bars: 2600/' "$dir/run.yaml" >"$dir/longer.yaml"
refused "data that go on" 13 'JOURNAL_DIFFERS: row [0-9]*, .*the data go on' replay "$dir/longer.yaml" --var "$dir/whole"

# A journal that is none.
refused "no journal" 7 'JOURNAL_OPEN: .*--var' replay "$dir/run.yaml" --var "$dir/nothing"
mkdir "$dir/changed"
cp "$dir/whole/journal.db" "$dir/changed"
sql changed "UPDATE journal SET payload=replace(payload,'BUY','SELL') WHERE row=(SELECT min(row) FROM journal WHERE kind='intent')"
refused "a journal that was changed" 7 'JOURNAL_CHAIN: .*row [0-9]*: ' replay "$dir/run.yaml" --var "$dir/changed"
sed 's/^mode: mock/mode: mock\nexecution: {account: other}/' "$dir/run.yaml" >"$dir/account.yaml"
refused "a journal of another account" 7 'JOURNAL_STAMP: .*portfolio default' replay "$dir/account.yaml" --var "$dir/whole"
check "nothing is left behind" nothing_left

# Runs that take their time.
feed="bars: 50000, speed: 15000x"
config >"$dir/paced.yaml"
answers() { "$bowline" emergency state --var "$dir/$1" >/dev/null 2>&1; }
begin() { # state folder
  "$bowline" run "$dir/paced.yaml" --var "$dir/$1" --log-file "$dir/$1.log" >"$dir/$1.out" 2>"$dir/$1.err" &
  host=$!
  started+=($host)
  check "$1: it listens" within 30 answers "$1"
  at=$(sed -n 's/.*"trade-execution": "\(.*\)".*/\1/p' "$dir/$1/endpoints.json")
}
stop() { kill -TERM $host; wait $host; check "it ends in order" is $? 0; started=(); }
filled() { curl -s -m 10 "$at/orders?state=filled&limit=1" | grep -q '"id"'; }
fills() { curl -s -m 10 "$at/metrics" | sed -n 's/^bowline_fills_total{side="buy"} //p'; }

# Alive, and then stopped half way.
begin stopped
check "stopped: it trades" within 60 filled
check "alive: what it did so far is the same" ends 0 replay "$dir/paced.yaml" --var "$dir/stopped"
check "alive: up to a step" grep -q '^the same, up to the last settled step, 2024-' "$dir/out"
check "alive: with decisions" test "$(sed -n 's/.*compared, \([0-9]*\) decisions.*/\1/p' "$dir/out")" -gt 0
check "alive: the host is none the worse" answers stopped
stop
mark "$dir/stopped" >"$dir/mark"
check "stopped by SIGTERM: the same" ends 0 replay "$dir/paced.yaml" --var "$dir/stopped" --json
check "stopped: up to there" is "$(told result) $(told decisions)" "same $(decisions_of stopped)"
check "stopped: what was not compared is its own end" is "$(($(told rows) + $(told own_end)))" "$(rows_of stopped)"
check "stopped: its end is among it" test "$(told own_end)" -gt 0
check "stopped: the recorded folder is as it was" untouched stopped
rests=0
sed "s/speed: 15000x/speed: max/" "$dir/paced.yaml" >"$dir/fast.yaml"
written() { [ "$(stat -c %s "$dir/$1/journal.db-wal" 2>/dev/null || echo 0)" -gt "$2" ]; }
for round in 1 2 3 4 5 6; do # now and then an entry rests, and is cancelled
  "$bowline" run "$dir/fast.yaml" --var "$dir/fast-$round" --log-file "$dir/fast-$round.log" >/dev/null 2>&1 &
  host=$!
  started+=($host)
  check "round $round: it trades" within 60 written "fast-$round" $((100000 + round * 150000))
  stop
  check "round $round: the same up to its last settled step" ends 0 replay "$dir/fast.yaml" --var "$dir/fast-$round" --json
  check "round $round: all decisions" is "$(told result) $(told decisions)" "same $(decisions_of "fast-$round")"
  check "round $round: there were some" test "$(told decisions)" -gt 0
  [ "$(told own_end)" -gt 1 ] && rests=$((rests + 1))
done
check "some ended with more than a word" test $rests -gt 0
# Of a run that was stopped a decision that is another is no end of it.
sed 's/slow: 26/slow: 27/' "$dir/fast.yaml" >"$dir/fast27.yaml"
refused "stopped, and another average" 13 'JOURNAL_DIFFERS: row [0-9]*, ' replay "$dir/fast27.yaml" --var "$dir/fast-6"

# Started again: a re-run has one process only.
begin stopped
check "started again: it goes on" within 60 filled
stop
refused "started again" 14 "JOURNAL_PART: row [0-9]*, [a-z]*, .*the run was started again here" replay "$dir/paced.yaml" --var "$dir/stopped"

# An operator's commands. The strategies leave BTC-USD alone: what they want of it is below the least order.
sed 's/^instruments: .*/instruments: [{symbol: BTC-USD, quote_min: "600"}, ETH-USD]/; s/max_position: 5%/max_position: 50%/' "$dir/paced.yaml" >"$dir/two.yaml"
mv "$dir/two.yaml" "$dir/paced.yaml"
order='{"instrument":"BTC-USD","side":"BUY","type":"limit","qty":"0.05","limit_price":"30000","tif":"GTC","reason":"a test"}'
trade() { # what stands behind the route: the status
  curl -s -m 10 -o "$dir/body" -w '%{http_code}' -X POST -H 'Content-Type: application/json' -H "Idempotency-Key: key" -d "$order" "$at/trades/execute$1"
}
cat >>"$dir/paced.yaml" <<YAML
  - {id: balance, kind: rebalancer, plugin: bowline.rebalancer.targets, params: {universe: all, max_weight: 3%}}
YAML
asked_rows() { sql "$1" "SELECT count(*) FROM journal WHERE kind='asked'"; }
asked() { sql "$1" "SELECT count(*) FROM journal WHERE kind='asked' AND payload LIKE '{\"what\":\"$2\"%'"; }
again() { # what: the run of that name, run again, is the same, with everything it was asked
  check "$1: run again it is the same" ends 0 replay "$dir/paced.yaml" --var "$dir/$1" --json
  check "$1: with all it decided" is "$(told result) $(told decisions)" "same $(decisions_of "$1")"
  check "$1: the journal is whole" ends 0 "$bowline" journal verify --var "$dir/$1"
}
begin ordered
check "ordered: it trades" within 60 filled
check "ordered: an order of the operator is taken" is "$(trade "")" 202
id=$(sed -n 's/.*"id":"\([^"]*\)".*/\1/p' "$dir/body")
check "ordered: asked again it is the same one" is "$(trade "")" 202
stop
check "ordered: it stands as it was asked" is "$(asked ordered trade)" 1
again ordered
# What comes to nothing leaves nothing behind: no row, and no number.
begin asked
check "asked: it trades" within 60 filled
before=$(fills)
more() { [ "$(fills)" -gt "$before" ]; }
check "asked: a dry run" is "$(trade '?dry_run=true')" 200
post() { # port's base, path, body: the status
  curl -s -m 10 -o "$dir/body" -w '%{http_code}' -X POST -H 'Content-Type: application/json' -H "Idempotency-Key: k$RANDOM$RANDOM" -d "$3" "$1$2"
}
check "asked: an order that is refused" is "$(post "$at" /trades/execute '{"instrument":"BTC-USD","side":"SELL","type":"market","qty":"5000","reason":"more than is held"}')" 422
check "asked: a lock that has expired is refused" is "$(post "$at" /positions/BTC-USD/lock '{"reason":"late","until":"2023-01-01T00:00:00Z"}')" 422
check "asked: nothing to unlock" is "$(post "$at" /positions/BTC-USD/unlock '{"reason":"none"}')" 409
check "asked: no such order" is "$(curl -s -m 10 -o /dev/null -w '%{http_code}' -X DELETE "$at/orders/bl-nobody")" 404
check "asked: it trades on" within 60 more
stop
check "asked: it was asked nothing" is "$(asked_rows asked)" 0
again asked
# All there is to command. Somebody brings money, so that there is a deposit that can be named otherwise.
sed -i 's/latency: 20s/&, external_orders: [{at: 2024-01-01T12:00:00Z, do: deposit, asset: USD, qty: "500"}]/' "$dir/paced.yaml"
begin all
rebalancer=$(sed -n 's/.*"portfolio-rebalancer": "\(.*\)".*/\1/p' "$dir/all/endpoints.json")
check "all: it trades" within 60 filled
check "all: an order that rests" is "$(trade "")" 202
id=$(sed -n 's/.*"id":"\([^"]*\)".*/\1/p' "$dir/body")
check "all: is cancelled" is "$(curl -s -m 10 -o /dev/null -w '%{http_code}' -X DELETE -H 'X-Request-Id: c-1' "$at/orders/$id")" 202
over() { curl -s -m 10 "$at/orders/$id" | grep -q '"ended":true'; }
check "all: and ends" within 30 over
check "all: a dry run between them" is "$(trade '?dry_run=true')" 200
check "all: a plan" is "$(curl -s -m 10 -o /dev/null -w '%{http_code}' -X POST "$rebalancer/rebalance/run")" 202
check "all: and another" is "$(curl -s -m 10 -o /dev/null -w '%{http_code}' -X POST "$rebalancer/rebalance/run")" 202
check "all: a lock" is "$(post "$at" /positions/BTC-USD/lock '{"reason":"mine"}')" 200
check "all: and off" is "$(post "$at" /positions/BTC-USD/unlock '{"reason":"yours"}')" 200
check "all: one product is reduced" is "$(post "$at" /trading/state '{"state":"reducing","instrument":"ETH-USD","reason":"wait"}')" 200
check "all: and goes on" is "$(post "$at" /trading/state '{"state":"active","instrument":"ETH-USD","reason":"go"}')" 200
check "all: a ramp" is "$(post "$at" /risk/ramp '{"usd_per_day":"1000000","orders_per_day":100000,"reason":"wide"}')" 200
named() { "$bowline" inventory reclassify USD 120 --from deposit --to reward --reason interest --key interest --var "$dir/all" >"$dir/out" 2>"$dir/err"; }
check "all: what was booked as a deposit was a reward" within 60 named
check "all: the verb says how much is booked as what" grep -q '^USD: 380 booked as deposits, 120 as rewards$' "$dir/out"
check "all: said again it is the same" named
check "all: and it says so" grep -q '120 as rewards; it was named so before$' "$dir/out"
check "all: a roll-out is announced" is "$(post "$at" /trading/rollout '{"within":"1h","reason":"version 2"}')" 200
holds() { curl -s -m 10 "$at/portfolio" | grep -q '"instrument":"ETH-USD","qty":"[0-9.]*[1-9]'; }
closes() { [ "$(post "$at" /positions/ETH-USD/close '{"reason":"enough"}')" = 202 ]; }
check "all: something is held" within 60 holds
check "all: it is closed" within 60 closes
check "all: the venue is asked" is "$(post "$at" /reconciliation '{"action":"ask","reason":"look"}')" 202
check "all: an emergency stop" ends 0 "$bowline" emergency stop --var "$dir/all" --reason drill
check "all: an order under it is refused" is "$(post "$at" /trades/execute '{"instrument":"BTC-USD","side":"BUY","type":"market","qty":"0.01","reason":"no"}')" 422
check "all: a resume" ends 0 "$bowline" emergency resume --var "$dir/all" --reason over
before=$(fills)
check "all: it trades on" within 60 more
stop
for what in trade cancel plan lock unlock state close venue stop resume ramp rollout reclassify; do check "all: $what has its row" test "$(asked all $what)" -ge 1; done
check "all: with who asked for the cancel" is "$(sql all "SELECT count(*) FROM journal WHERE kind='asked' AND payload LIKE '%\"request\":\"c-1\"%'")" 1
again all
# The latch, set from outside.
begin latched
check "latched: it trades" within 60 filled
check "latched: a panic" ends 0 "$(dirname "$bowline")/bowline-panic" stop --var "$dir/latched" --reason smoke
halted() { curl -s -m 10 "$at/trading/state" | grep -q '^{"state":"halted"'; }
check "latched: it halts" within 20 halted
stop
# Between the file and the host's look at it an order may have been held back, which nobody can place: then it ends there.
latched_again() {
  replay "$dir/paced.yaml" --var "$dir/latched" >"$dir/out" 2>"$dir/err" && return
  [ $? = 14 ] && grep -q 'the latch, set the trading state' "$dir/err"
}
check "latched: run again it is the same" latched_again
check "latched: the latch, or the stop that came with it, has its row" test "$(sql latched "SELECT count(*) FROM journal WHERE kind='asked'")" -ge 1
# A command that does not come again is one that the re-run lacks.
mkdir "$dir/altered"
cp "$dir/ordered/journal.db" "$dir/altered"
sed 's/slow: 26/slow: 27/' "$dir/paced.yaml" >"$dir/other.yaml"
refused "ordered, and another average" 13 'JOURNAL_DIFFERS: row [0-9]*, ' replay "$dir/other.yaml" --var "$dir/altered"
# A liquidation goes by the clock: where it begins the comparison ends.
begin sold
check "sold: it trades" within 60 filled
check "sold: everything is liquidated" is "$(post "$at" /emergency/liquidate-all '{"confirm":true,"reason":"drill"}')" 202
stop
refused "sold" 14 "JOURNAL_PART: row [0-9]*, .*" replay "$dir/paced.yaml" --var "$dir/sold"
check "sold: the rows before it were compared" grep -q "^[0-9]* rows compared, [1-9]" "$dir/out"

# What can't be run again.
sed 's/^mode: mock/mode: live\nconfirm_live: true/' "$dir/run.yaml" >"$dir/live.yaml"
check "a run of mode: live" ends 9 replay "$dir/live.yaml" --var "$dir/whole"

# Interrupted it ends at once, says how far it came, and leaves nothing behind.
"$bowline" journal replay "$dir/run.yaml" --var "$dir/whole" --log-file "$dir/replay.log" >"$dir/out" 2>"$dir/err" &
child=$!
started+=($child)
begun() { ls "$TMPDIR"/bowline-replay-*/recorded.db >/dev/null 2>&1; }
for _ in $(seq 4000); do begun && break; sleep 0.005; done
kill -TERM $child
wait $child
check "interrupted" is $? 14
started=()
check "interrupted: says so" says 'JOURNAL_PART: the re-run was interrupted'
check "nothing is left behind" nothing_left
exit $failed
