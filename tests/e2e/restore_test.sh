#!/usr/bin/env bash
# A journal that is backed up while its host trades, and put back: no order id of the first life comes again, nothing is bought before
# an operator says so, and what was replaced is kept. Killed, or the power gone, at every step of a restore there is the old journal or
# the new one. Put back by hand it is noticed.
#   tests/e2e/restore_test.sh BOWLINE SOURCE TOOLS
tools=$(realpath "$3")
source "$(dirname "$0")/check.sh"
tracer=$tools/crash_tracer
sed "s|path: \[.*|path: [$plugins]|; s|state: memory|state: file, latency: 20s|; s|bars: 5000, speed: max|bars: 50000, speed: 15000x|
  s/^listen: .*/listen: {ports: {signal-generator: 0, signal-bridge: 0, trade-execution: 0, portfolio-rebalancer: 0}}/" \
  "$source/configs/ema_simulated.yaml" >"$dir/run.yaml"
var=$dir/life journal=$dir/life/journal.db backup=$dir/backup.db
sql() { "$SQLITE_DO" "$1" "$2"; }
begin() {
  "$bowline" run "$dir/run.yaml" --var "$var" --log-file "$dir/log" >"$dir/run.out" 2>"$dir/run.err" &
  host=$!
  started+=($host)
  within 30 "$bowline" emergency state --var "$var" >/dev/null 2>&1
  at=$(sed -n 's/.*"trade-execution": "\(.*\)".*/\1/p' "$var/endpoints.json")
}
stop() { kill -TERM $host; wait $host; check "$1: it ends in order" is $? 0; started=(); }
get() { curl -s -m 10 "$at$1"; }
fills() { get /metrics | sed -n 's/^bowline_fills_total{side="buy"} //p'; }
bought() { local n; n=$(fills); [ "${n:-0}" -ge "$1" ]; }
state() { get /trading/state | sed 's/^{"state":"\([a-z]*\)".*/\1/'; }
proved() { ends 0 "$bowline" journal verify --var "$var" --journal "$1"; }
intents() { sql "$1" "SELECT json_extract(payload,'\$.client_id') FROM journal WHERE kind='intent' ${2-} ORDER BY 1"; }
epoch() { sql "$1" "SELECT value FROM epoch"; }
head_of() { "$bowline" journal verify --var / --journal "$1" --json | sed -n 's/^  "head": "\(.*\)",$/\1/p'; }
backs_up() { "$bowline" journal backup "$@" --var "$var"; }
restores() { "$bowline" journal restore "$backup" --config "$dir/run.yaml" --var "$var" --reason 'the disk failed' "$@"; }
bought_since() { # the restore, by a backup of the host that runs
  rm -f "$dir/now.db"
  "$bowline" journal backup "$dir/now.db" --var "$var" >/dev/null &&
    sql "$dir/now.db" "SELECT count(*) FROM journal WHERE kind='intent' AND json_extract(payload,'\$.side')='BUY' AND row>(SELECT max(row) FROM journal WHERE kind='restored')"
}
newest_order() { sql "$var/mock_venue.db" "SELECT max(order_no) FROM orders"; }

# ---- a backup of a host that trades ------------------------------------------------------------------------------------------
begin
check "it trades" within 60 bought 5
check "a backup while it runs" ends 0 backs_up "$backup"
check "what was written is told in one line" is "$(grep -c '^/.*backup.db: [0-9]* rows, [0-9]* bytes, head [0-9a-f]\{64\}; the chain is whole' "$dir/out") $(wc -l <"$dir/out")" "1 1"
cp "$backup" "$dir/backup.as_made"
check "it is proved" proved "$backup"
check "it is one file" test ! -e "$backup-wal"
refused "a second one of that name" 7 'JOURNAL_EXISTS: .*nothing is overwritten' backs_up "$backup"
refused "a restore while the host runs" 7 'JOURNAL_LOCKED: .*stop it first' restores --replace
had=$(fills)
check "and the host is none the worse" within 60 bought $((had + 10))
stop "first life"
check "the journal of the first life is proved" proved "$journal"
check "it is longer than the backup" test "$(intents "$journal" | wc -l)" -ge $(($(intents "$backup" | wc -l) + 10))
check "one of a host that is down" ends 0 backs_up "$dir/down.db" --json
check "has all of it" is "$(head_of "$dir/down.db")" "$(head_of "$journal")"

# ---- what is refused -----------------------------------------------------------------------------------------------------------
refused "a journal stands there" 7 'JOURNAL_EXISTS: .*--replace' restores
sed 's/^mode: mock/mode: mock\nexecution: {account: other}/' "$dir/run.yaml" >"$dir/other.yaml"
refused "another portfolio" 7 'JOURNAL_STAMP: .*portfolio default' "$bowline" journal restore "$backup" --config "$dir/other.yaml" --var "$var" --replace --reason x
cp "$backup" "$dir/changed.db"
sql "$dir/changed.db" "UPDATE journal SET payload=replace(payload,'BUY','SELL') WHERE row=(SELECT min(row) FROM journal WHERE kind='intent')"
refused "a backup that was changed" 7 'JOURNAL_CHAIN: backup .*changed.db: row [0-9]*: ' "$bowline" journal restore "$dir/changed.db" --config "$dir/run.yaml" --var "$var" --replace --reason x
check "without a reason" ends 2 "$bowline" journal restore "$backup" --config "$dir/run.yaml" --var "$var" --replace
check "the journal is as it was" is "$(head_of "$journal")" "$(head_of "$dir/down.db")"
cp -r "$var" "$dir/before"

# ---- mode: live: the epoch is drawn ------------------------------------------------------------------------------------------------
cp "$backup" "$dir/live.db"
sql "$dir/live.db" "UPDATE stamp SET mode='live'"
mkdir "$dir/live-1" "$dir/live-2"
pins=
live() { # state folder
  printf 'mode: live\nconfirm_live: on\nseed: 7\ninterval: 5m\ninstruments: [BTC-USD, ETH-USD]\nplugins:\n  path: [%s]\n  pins: {%s}\ninstances:\n  - {id: venue, kind: broker, plugin: bowline.broker.mock, params: {cash: {USD: "10000"}, state: memory}}\n' \
    "$plugins" "$pins" >"$dir/live.yaml"
  "$bowline" journal restore "$dir/live.db" --config "$dir/live.yaml" --var "$dir/$1" --reason 'a drill' >"$dir/out" 2>"$dir/err"
}
for _ in 1 2 3 4; do # what it has to be pinned by it says itself
  live live-1 && break
  while IFS=': ' read -r file hash; do pins+="${pins:+, }$file: \"$hash\""; done < <(grep -o '"[^" ]*: [0-9a-f]\{64\}"' "$dir/err" | tr -d '"' | sort -u)
done
check "live: it is put back without a guard of entries" test -s "$dir/live-1/journal.db"
check "live: and a second time" live live-2
check "rule 2.1: live: the epoch is drawn" test "$(epoch "$dir/live-1/journal.db")" != "$(epoch "$dir/live-2/journal.db")"
check "rule 2.1: live: and renewed" test "$(epoch "$dir/live-1/journal.db")" != "$(epoch "$backup")"
refused "a backup of mode: live in a run of mock" 7 'JOURNAL_STAMP: .*mode live' "$bowline" journal restore "$dir/live.db" --config "$dir/run.yaml" --var "$var" --replace --reason x

# ---- put back, and gone on from ----------------------------------------------------------------------------------------------
old_epoch=$(epoch "$journal") last=$(newest_order) back=$(intents "$backup" | wc -l)
intents "$journal" >"$dir/first"
check "rule 2.1: it is put back" ends 0 restores --replace --json
check "rule 2.1: its head is the backup's" is "$(sed -n 's/^  "head": "\(.*\)",$/\1/p' "$dir/out")" "$(head_of "$backup")"
check "rule 2.1: with another epoch" test "$(epoch "$journal")" != "$old_epoch"
check "the backup is as it was" cmp "$backup" "$dir/backup.as_made"
check "the journal of before is kept, whole" is "$(head_of "$journal.replaced-1")" "$(head_of "$dir/down.db")"
check "so is the store" test -s "$var/crypto_transactions.db.replaced-1" -a ! -e "$var/crypto_transactions.db"
check "it is proved" proved "$journal"
check "with its restore" grep -q '^put back from a backup: 1 times$' "$dir/out"
begin
check "rule 2.1: it starts reducing" is "$(state)" reducing
check "and says why" grep -q 'put back from a backup' <(get /trading/state)
check "it goes on" within 60 grep -q '"going on\|going on from' "$dir/log"
denied() { get /metrics | grep -q '^bowline_why_no_order_total{code="STATE_REDUCING"} [1-9]'; }
check "entries are wanted, and denied" within 60 denied
check "rule 2.1: nothing is bought before an operator says so" is "$(bought_since)" 0
# The venue's orders of the time that the backup has not come one by one, each blocks its product, and an operator looks at each.
found() { get /metrics | sed -n 's/^bowline_incidents_total{code="EXEC_UNKNOWN_ORDER"} //p'; }
buys_again() {
  ends 0 "$bowline" emergency resume --reason 'looked at the venue' --var "$var" || return 1
  sleep 1
  [ "$(bought_since)" -gt 3 ]
}
check "and it trades on when an operator has looked" within 90 buys_again
check "rule 2.1: the venue's younger orders were found" test "$(found)" -gt 0
stop "second life"
check "rule 2.1: the journal of both lives is proved" proved "$journal"
row=$(sql "$journal" "SELECT row FROM journal WHERE kind='restored'")
intents "$journal" "AND row>$row" >"$dir/second"
check "rule 2.1: there are orders behind the restore" test "$(wc -l <"$dir/second")" -gt 3
check "rule 2.1: none has an id of the first life" is "$(comm -12 "$dir/first" "$dir/second" | wc -l)" 0
decisions() { sql "$1" "SELECT json_extract(payload,'\$.decision')||json_extract(payload,'\$.purpose') FROM journal WHERE kind='intent' AND row>$row ORDER BY 1"; }
check "rule 2.1: though the same decisions came again" test "$(comm -12 <(decisions "$journal.replaced-1" | sort -u) <(decisions "$journal" | sort -u) | wc -l)" -gt 0
check "rule 2.1: the venue has no id twice" is "$(sql "$var/mock_venue.db" "SELECT count(*) FROM (SELECT client_id FROM orders WHERE client_id IS NOT NULL GROUP BY client_id HAVING count(*)>1)")" 0
check "rule 2.1: what it took since is of the second life" is "$(comm -23 <(sql "$var/mock_venue.db" "SELECT client_id FROM orders WHERE order_no>$last AND client_id IS NOT NULL ORDER BY 1" | sort) "$dir/second" | wc -l)" 0
# The store is made of the journal anew.
stored() { sql "$var/crypto_transactions.db" "SELECT id FROM orders WHERE id LIKE 'bl-%' ORDER BY 1"; }
all_orders() { sql "$journal" "SELECT DISTINCT json_extract(payload,'\$.client_id') FROM journal WHERE kind IN ('intent','external') AND payload LIKE '%\"bl-%' ORDER BY 1"; }
check "the store has the orders of the journal, and no others" diff <(all_orders) <(stored)
check "and the audit trail says who put it back" grep -q 'bowline journal restore of uid' <("$bowline" db dump audit --var "$var")
"$bowline" journal replay "$dir/run.yaml" --var "$var" --log-file "$dir/replay.log" >"$dir/out" 2>"$dir/err"
check "a re-run goes up to the restore" is $? 14
check "and says what it can't have" says "JOURNAL_PART: row $row, restored, .*put back from a backup"

begin
check "started again nothing is said to have been put back by hand" is "$(grep -c JOURNAL_PUT_BACK "$dir/log")" 0
check "and the operator's word stands" is "$(state)" active
stop "third life"
check "the journal of all lives is proved" proved "$journal"

# ---- put back by hand -----------------------------------------------------------------------------------------------------------
rm -f "$journal" "$journal-wal" "$journal-shm"
cp "$backup" "$journal"
check "by hand: it has the epoch of then" is "$(epoch "$journal")" "$old_epoch"
begin
check "by hand: it is noticed" grep -q 'JOURNAL_PUT_BACK.*bowline journal restore' "$dir/log"
check "by hand: it starts reducing" is "$(state)" reducing
check "by hand: it is an incident" grep -q '^bowline_incidents_total{code="JOURNAL_PUT_BACK"} 1' <(get /metrics)
stop "by hand"
check "by hand: the epoch is renewed all the same" test "$(epoch "$journal")" != "$old_epoch"
check "by hand: the journal is proved" proved "$journal"
check "by hand: the store of before is kept" test -s "$var/crypto_transactions.db.replaced-2"

# ---- killed on the way -----------------------------------------------------------------------------------------------------------
mkdir "$dir/none"
if ! "$tracer" count "$dir/none" "$dir/try" -- true 2>"$dir/err"; then
  echo "skip the crashes of a restore: processes cannot be traced here: $(cat "$dir/err")"
  exit $failed
fi
old_head=$(head_of "$dir/down.db") back_head=$(head_of "$backup")
cut=$dir/cut
fresh_copy() { rm -rf "$cut"; cp -r "$dir/before" "$cut"; }
traced() { "$tracer" "$@" "$cut" "$dir/told" -- "$bowline" journal restore "$backup" --config "$dir/run.yaml" --var "$cut" --reason r --replace >"$dir/out" 2>"$dir/err"; }
fresh_copy
check "a restore, step by step" ends 0 traced count
grep -v ':endpoints' "$dir/told" | cut -d' ' -f1 >"$dir/points"
echo "$(wc -l <"$dir/points") steps"
check "there are steps of names and of bytes" test "$(grep -c '^rename:' "$dir/points")" -ge 2 -a "$(grep -c '^sync:' "$dir/points")" -ge 5
whole() { # one of the two, and nothing lost of the old one
  local now kept=0 file
  now=$("$bowline" journal verify --var "$cut" --json) || { echo "not proved: $now"; return 1; }
  case $(sed -n 's/^  "restores": \(.*\),$/\1/p' <<<"$now") in
    0) is "$(sed -n 's/^  "head": "\(.*\)",$/\1/p' <<<"$now")" "$old_head" || return 1 ;;
    1) is "$(sql "$cut/journal.db" "SELECT json_extract(payload,'\$.head') FROM journal WHERE kind='restored'")" "$back_head" || return 1
      test "$(epoch "$cut/journal.db")" != "$old_epoch" || { echo "restored with the epoch of before"; return 1; }
      for file in "$cut"/journal.db.replaced-?; do [ "$(head_of "$file")" = "$old_head" ] && kept=1; done
      [ $kept = 1 ] || { echo "the old journal is lost"; return 1; } ;;
    *) echo "restored more than once"; return 1 ;;
  esac
  # Nor of the store.
  cat "$cut"/crypto_transactions.db* >/dev/null 2>&1 || { echo "the store is lost"; return 1; }
}
some() { awk -v n="$1" '{ l[NR] = $0 } END { if (n >= NR) n = NR; for (i = 0; i < n; ++i) print l[int((i + 0.5) * NR / n) + 1] }'; }
# Names are what it is about: each of them; of the bytes some.
{ grep -E '^(rename|unlink|sync|truncate):' "$dir/points" | some "${BOWLINE_RESTORE_POINTS:-40}"; grep '^write:' "$dir/points" | some "${BOWLINE_RESTORE_WRITES:-10}"; } >"$dir/chosen"
tried=0 met=0 bad=0
for how in "kill before" "kill after" cut torn; do
  while read -r point; do
    fresh_copy
    # shellcheck disable=SC2086
    traced $how "$point"
    tried=$((tried + 1))
    grep -q reached "$dir/told" && met=$((met + 1))
    whole || { echo "  $how $point"; bad=$((bad + 1)); continue; }
    # Said again it is done, whatever was left.
    "$bowline" journal restore "$backup" --config "$dir/run.yaml" --var "$cut" --reason r --replace >"$dir/out" 2>"$dir/err" ||
      { echo "  $how $point: said again: $(cat "$dir/err")"; bad=$((bad + 1)); }
  done <"$dir/chosen"
done
check "rule 2.1: killed or without power at $met of $tried steps, there is the old journal or the new one" is $bad 0
check "hardly a step is missed" test $met -ge $((tried * 9 / 10))
exit $failed
