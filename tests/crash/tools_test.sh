#!/usr/bin/env bash
# The tools of the crash matrix themselves: the tracer kills where it is told to and takes away what was not synced, and the
# judge sees what it is there to see. A judge that finds nothing wrong with anything would prove every point.
#   tests/crash/tools_test.sh BOWLINE SOURCE TOOLS
tools=$(realpath "$3")
source "$2/tests/e2e/check.sh"
tracer=$tools/crash_tracer judge=$tools/crash_judge sql=${SQLITE_DO:-$tools/../e2e/sqlite_do}
if ! "$tracer" count "$dir" "$dir/try" -- true 2>"$dir/err"; then
  echo "skip: processes cannot be traced here: $(cat "$dir/err")"
  exit 77
fi

# ---- the tracer -----------------------------------------------------------------------------------------------------------
root=$dir/root
program='printf one >"$0/f"; sync "$0/f"; printf two >>"$0/f"; printf three >>"$0/f"; printf four >>"$0/f"; mv "$0/f" "$0/g"; rm "$0/g"'
trace() { # what...
  rm -rf "$root"
  mkdir "$root"
  "$tracer" "$@" "$root" "$dir/told" -- sh -c "$program" "$root" 2>/dev/null
}
left() { tr '\0' . <"$root/f"; }
check "all points are listed" ends 0 trace count
check "with kind, file, ordinal and bytes" is "$(tr '\n' ' ' <"$dir/told")" \
  "write:f:1 3 sync:f:1 0 write:f:2 3 write:f:3 5 write:f:4 4 rename:g:1 0 unlink:g:1 0 "
for when in before after; do
  check "killed $when the third write" ends 137 trace kill $when write:f:3
  check "and it says so" is "$(cat "$dir/told")" reached
  [ $when = before ] && want=onetwo || want=onetwothree
  check "killed $when: that write is $([ $when = before ] && echo not )there" is "$(left)" $want
done
check "a point that does not come" ends 0 trace kill before write:f:5
check "is told as missed" is "$(cat "$dir/told")" missed
check "the power goes" ends 137 trace cut write:f:4
check "what was not synced is gone" is "$(left)" one
check "the power goes, and half had reached the disk" ends 137 trace torn write:f:4
check "every second change is there, at its place" is "$(left)" one...three
rm -rf "$root"
mkdir "$root"
"$tracer" fail ENOSPC 1 write:f:3 "$root" "$dir/told" -- sh -c "${program%; mv*}" "$root" 2>/dev/null
check "a write that fails writes nothing, and the others are written" is "$(left)" onetwofour
rm -rf "$root"
mkdir "$root"
"$tracer" fail EIO 0 write:f:3 "$root" "$dir/told" -- sh -c "${program%; mv*}" "$root" 2>/dev/null
check "a disk that is gone takes nothing any more" is "$(left)" onetwo
rm -rf "$root"
mkdir "$root"
head -c 6 /dev/zero >"$root/ballast"
"$tracer" full write:f:2 "$root" "$dir/told" -- sh -c 'printf one >"$0/f"; printf two >>"$0/f"; printf venue >"$0/mock_venue.db"
  truncate -s 2 "$0/ballast"; printf three >>"$0/f"; printf four >>"$0/f"; rm "$0/ballast"; printf x >>"$0/f"' "$root" 2>/dev/null
check "a full disk takes what the ballast gives back, and no more; the venue's is another one" is "$(left) $(cat "$root/mock_venue.db")" "onefourx venue"
check "and it says so" is "$(cat "$dir/told")" reached
rm -rf "$root"
mkdir "$root"
"$tracer" hold "cp '$root/f' '$dir/meanwhile'" write:f:2 "$root" "$dir/told" -- sh -c "${program%; mv*}" "$root" 2>/dev/null
check "stopped after the second write" is "$(cat "$dir/meanwhile")" onetwo
check "and let go on" is "$(left)" onetwothreefour

# ---- the proxy ------------------------------------------------------------------------------------------------------------
# A client asks the simulated venue for the time through it: of its connection's records the last one up says goodbye, the one before is
# the question.
venue=$(dirname "$bowline")/bowline-venue
cat >"$dir/venue.yaml" <<YAML
listen: {port: 0, control: false, threads: 1}
tls: {ca_file: $dir/ca.pem}
market: {source: none}
YAML
"$venue" --config "$dir/venue.yaml" --log-file "$dir/requests" >"$dir/venue.out" 2>&1 &
started+=($!)
check "a venue begins" within 30 grep -q 'listens on' "$dir/venue.out"
port=$(sed -n 's/.*listens on [0-9.]*:\([0-9]*\).*/\1/p' "$dir/venue.out")
turns=$dir/turns
through() { # what, point: curl's exit code, how many questions came to the venue, and what the proxy says
  local pid code before turn
  "$tools/crash_proxy" $1 $2 "$dir/told" "lane=$port" >"$dir/lane" &
  pid=$!
  within 10 grep -q lane "$dir/lane"
  echo >>"$turns"
  turn=after=$(wc -l <"$turns")
  before=$(wc -l <"$dir/requests")
  rm -f "$dir/told"
  curl -s -m 3 --cacert "$dir/ca.pem" -o "$dir/answer" -w '%{time_total}' "https://localhost:$(cut -d' ' -f2 "$dir/lane")/api/v3/brokerage/time" >"$dir/took"
  code=$?
  # What had come by then is noted before this one, which goes past the proxy: the venue has one thread.
  curl -s -m 10 --cacert "$dir/ca.pem" -o /dev/null "https://localhost:$port/api/v3/brokerage/time?$turn"
  within 10 grep -q "$turn " "$dir/requests"
  kill -TERM $pid
  wait $pid
  echo "$code $(($(wc -l <"$dir/requests") - before - 1)) $(head -1 "$dir/told" 2>/dev/null)"
}
check "the proxy lets through, and lists" is "$(through count '' | cut -d' ' -f1-2)" "0 1"
question=$(grep '^lane:up' "$dir/told" | tail -2 | head -1 | cut -d' ' -f1)
check "records of both ways" test -n "$question" -a "$(grep -c '^lane:down' "$dir/told")" -ge 3
# 28: no end in time. 35, 52, 56: the connection ends with an error, without an answer, or with a reset.
broken() { grep -qE "^(35|52|56) $1 reached$" <<<"$2" || { echo "$2"; return 1; }; }
check "drop: it does not arrive" broken 0 "$(through drop "$question")"
check "cut: it arrives, and its answer does not" broken 1 "$(through cut "$question")"
check "torn: half of it is nothing" broken 0 "$(through torn "$question")"
check "half_close: it arrives" is "$(through half_close "$question" | cut -d' ' -f2-)" "1 reached"
check "corrupt: nobody takes it for the question" broken 0 "$(through corrupt "$question")"
check "mute: nobody is told anything" is "$(through mute "$question")" "28 0 reached"
check "delay: it arrives late" is "$(through 'delay 1' "$question")" "0 1 reached"
check "delay: by a second" test "$(cut -d. -f1 "$dir/took")" = 1
check "a point that does not come does nothing" is "$(through drop lane:up:99)" "0 1 "

# ---- the judge ------------------------------------------------------------------------------------------------------------
sed "s|path: \[.*|path: [$plugins]|; s/state: memory/state: file/; s/bars: 5000/bars: 400/" "$source/configs/ema_simulated.yaml" >"$dir/run.yaml"
check "a run" ends 0 run "$dir/run.yaml" "$dir/good"
check "it is sound" ends 0 "$judge" sound "$dir/good" USD=10000
check "and the same as itself" ends 0 "$judge" same "$dir/good" "$dir/good"
sees() { # what, words, file, SQL, who: sound, same, renumbered, ledger, money, or latch (sound, with the latch set), more for the judge
  rm -rf "$dir/bad"
  cp -r "$dir/good" "$dir/bad"
  check "$1: made" "$sql" "$dir/bad/$3" "$4"
  [ "${5:-sound}" != latch ] || : >"$dir/bad/HALT"
  case ${5:-sound} in
    same | renumbered | ledger | money) check "$1" ends 1 "$judge" "$5" "$dir/good" "$dir/bad" ;;
    *) check "$1" ends 1 "$judge" sound "$dir/bad" USD=10000 ${6:-} ;;
  esac
  check "$1: says so" grep -q -e "$2" "$dir/out"
}
last="order_no=(SELECT max(order_no) FROM fills)"
sees "an order that the venue does not have" 'lost order: .* the venue does not have it' mock_venue.db "DELETE FROM orders WHERE $last"
sees "an order that the store does not have" 'lost order: .* not in the store' crypto_transactions.db "DELETE FROM orders WHERE id=(SELECT min(id) FROM orders)"
sees "an order without an intent" 'second order: .* no intent' journal.db "DELETE FROM journal WHERE row=(SELECT min(row) FROM journal WHERE kind='intent')"
sees "two orders of one product at once" 'second order: .* at the same time' mock_venue.db \
  "UPDATE orders SET submitted_ns=(SELECT min(submitted_ns) FROM orders) WHERE symbol='BTC-USD'"
sees "a fill that nobody has seen: store" 'unseen position: the store' crypto_transactions.db "DELETE FROM fills WHERE fill_id=(SELECT min(fill_id) FROM fills)"
sees "a fill that nobody has seen: journal" 'unseen position: the journal' journal.db "DELETE FROM journal WHERE row=(SELECT min(row) FROM journal WHERE kind='fill')"
sees "a fill booked twice" 'has fill .* twice' crypto_transactions.db \
  "INSERT INTO fills SELECT fill_id, 'other', decision_id, time_ns, symbol, side, liquidity, px, qty, fee, fee_asset, seq FROM fills WHERE fill_id=(SELECT min(fill_id) FROM fills)"
sees "a fill at another price" 'is another one in the store' crypto_transactions.db "UPDATE fills SET px='1' WHERE fill_id=(SELECT min(fill_id) FROM fills)"
sees "money from nowhere" 'and fills give' mock_venue.db "UPDATE balances SET total='10000.000000000000000001' WHERE asset='USD'"
sees "another state at the venue" 'filled in the store and cancelled at the venue' mock_venue.db "UPDATE orders SET state='CANCELLED' WHERE $last"
sees "an entry that still works" 'still works at the venue' mock_venue.db "UPDATE orders SET state='OPEN' WHERE side='BUY'"
sees "a hold for nothing" 'and for the orders that work' mock_venue.db "UPDATE balances SET hold='1' WHERE asset='USD'"
sees "an order on other terms" 'is another one at the venue than in the journal' mock_venue.db "UPDATE orders SET limit_px='1' WHERE $last"
sees "cash that is not there" "last word of the cash" crypto_transactions.db "UPDATE portfolio_history SET cash='1'"
sees "an order with another time in force" 'was submitted on other terms' mock_venue.db "UPDATE orders SET tif='FOK' WHERE $last"
asked="amends=1, asked_qty=qty, asked_limit_px=limit_px, asked_stop_px=stop_px, asked_expire_ns=expire_ns"
sees "an amendment that nobody asked for" 'was amended to terms that nobody asked for' mock_venue.db \
  "UPDATE orders SET $asked WHERE $last; INSERT INTO amends SELECT 1, max(order_no), '9', NULL, NULL, 0, 0, 0 FROM fills"
sees "terms that no amendment led to" 'on other terms than its amendments led to' mock_venue.db "UPDATE orders SET $asked, limit_px='1' WHERE $last"
sees "a sale that is amended beyond what is held" 'was amended to 99' mock_venue.db \
  "INSERT INTO amends SELECT 1, max(order_no), '99', NULL, NULL, 0, 0, max(submitted_ns) FROM orders WHERE side='SELL'"
first_row="row=(SELECT min(row) FROM journal)" # another row in its place, so that it stands before all orders
sees "an order that is nobody's" "which is nobody's" mock_venue.db "UPDATE orders SET client_id=NULL WHERE $last"
sees "an order of somebody else that nobody saw" 'unseen order: .* of somebody else' mock_venue.db \
  "UPDATE orders SET client_id=NULL, state='OPEN' WHERE $last; INSERT INTO external_acts SELECT 1, '', 'ORDER', 0, max(order_no), NULL, NULL, '' FROM fills"
sees "a sale of more than is held" 'asks for more than' mock_venue.db "UPDATE orders SET qty='99' WHERE side='SELL'"
sees "more sold than was held" 'is sold than was held' mock_venue.db "UPDATE fills SET qty='99' WHERE order_no IN (SELECT order_no FROM orders WHERE side='SELL')"
sees "a purchase of what a stop sold" 'was meant though a stop or take-profit sold' journal.db \
  "UPDATE journal SET kind='reentry', payload='{\"symbol\":\"BTC-USD\",\"until\":9000000000000000000}' WHERE $first_row"
sees "a purchase of what is locked" 'was meant though BTC-USD is locked' journal.db \
  "UPDATE journal SET kind='lock', payload='{\"symbol\":\"BTC-USD\",\"until\":0}' WHERE $first_row"
sees "a purchase of what is reducing" 'was meant though BTC-USD is reducing' journal.db \
  "UPDATE journal SET kind='product_state', payload='{\"symbol\":\"BTC-USD\",\"state\":\"reducing\"}' WHERE $first_row"
sees "a purchase through a closed gate" 'was meant though the gate is closed' journal.db \
  "UPDATE journal SET kind='state', payload='{\"state\":\"halted\",\"gate_open\":false}' WHERE $first_row"
sees "an order sent after the gate was closed" 'was sent though the gate is closed' journal.db \
  "UPDATE journal SET kind='state', payload='{\"state\":\"halted\",\"gate_open\":false}' WHERE $first_row"
sees "a strategy's exit while halted" 'exit, SELL) was meant though trading is halted' journal.db \
  "UPDATE journal SET kind='state', payload='{\"state\":\"halted\",\"gate_open\":true}' WHERE $first_row"
sees "an exit in freeze" 'was meant though freeze is on' journal.db \
  "UPDATE journal SET kind='state', payload='{\"state\":\"halted\",\"gate_open\":true,\"frozen\":true}' WHERE $first_row"
sees "a latch that is gone" 'the latch is not there' journal.db \
  "INSERT INTO journal SELECT max(row)+1, 'state', max(time_ns), '{\"state\":\"halted\",\"gate_open\":false}', x'' FROM journal"
sees "a latch that nobody heeds" 'the latch is set, and the gate is not closed' journal.db "DELETE FROM journal WHERE row < 0" latch
begun="INSERT INTO journal SELECT max(row)+1, 'emergency', max(time_ns), '{\"id\":\"fire\",\"event\":\"begun\",\"products\":[{\"symbol\":\"BTC-USD\",\"decision\":\"d\",\"held\":\"0\"}]}', x'' FROM journal"
receipt() { # sold, left, status
  printf '{\"products\":[{\"instrument\":\"BTC-USD\",\"status\":\"%s\",\"held_before\":\"0\",\"sold\":\"%s\",\"proceeds\":\"0\",\"fees\":\"0\",\"left\":\"%s\",\"orders\":[]}]}' "$3" "$1" "$2"
}
over() { # sold, left, status
  printf "%s; INSERT INTO journal SELECT max(row)+1, 'emergency', max(time_ns), json_object('id','fire','event','done','receipt','%s'), x'' FROM journal" "$begun" "$(receipt "$@")"
}
sees "a liquidation that has no end" 'liquidation fire was begun, and is not carried on' journal.db "$begun"
sees "a liquidation that was begun twice" 'liquidation fire was begun twice' journal.db "$begun; $begun"
sees "a receipt that says too much was sold" 'sold is 1, and at the venue 0' journal.db "$(over 1 0 sold)"
sees "a receipt that leaves out what is left" '7 are left, and fills give' journal.db "$(over 0 7 left)"
sees "a receipt that was written too early" 'it is over, and the product is selling' journal.db "$(over 0 0 selling)"
sees "a position that nobody protects" 'are held, and no stop of it was asked for' mock_venue.db \
  "DELETE FROM fills WHERE fill_no=(SELECT max(fill_no) FROM fills JOIN orders USING(order_no) WHERE side='SELL')" sound protected
sees "a position whose stop does not rest" 'are held, and stops rest for 0' mock_venue.db \
  "DELETE FROM fills WHERE fill_no=(SELECT max(fill_no) FROM fills JOIN orders USING(order_no) WHERE side='SELL')" sound resting
sale="(SELECT max(order_no) FROM orders WHERE side='SELL')"
sees "stops that rest for more than is held" 'stops rest for 99' mock_venue.db \
  "ATTACH '$dir/bad/journal.db' AS j; UPDATE j.journal SET payload=json_set(payload,'\$.purpose','stop') WHERE kind='intent' AND json_extract(payload,'\$.client_id')=(SELECT client_id FROM orders WHERE order_no=$sale); UPDATE orders SET type='STOP_LIMIT', state='OPEN', qty='99', cum_qty='0' WHERE order_no=$sale"
sees "an order less than in the whole run" 'orders at the venue, missing' mock_venue.db "DELETE FROM orders WHERE $last" same
sees "another ledger than the whole run's" 'the last portfolio, missing' crypto_transactions.db "UPDATE portfolio_history SET equity='1'" same
sees "other cash than the whole run's" 'the last portfolio, missing' crypto_transactions.db "UPDATE portfolio_history SET time_ns=time_ns+1, cash='1'" same
sees "a lock that the whole run does not have" 'what is not bought, and the states, too much' journal.db \
  "INSERT INTO journal SELECT max(row)+1, 'reentry', max(time_ns), '{\"symbol\":\"BTC-USD\",\"until\":1}', x'' FROM journal" same
sees "orders that the venue numbered otherwise" 'orders at the venue, missing' mock_venue.db "ATTACH '$dir/bad/journal.db' AS j;
  ATTACH '$dir/bad/crypto_transactions.db' AS t; UPDATE fills SET order_no='9'||order_no, fill_id=replace(fill_id,'mock-','mock-9');
  UPDATE orders SET order_no='9'||order_no; UPDATE j.journal SET payload=replace(payload,'mock-','mock-9');
  UPDATE t.orders SET venue_id=replace(venue_id,'mock-','mock-9'); UPDATE t.fills SET fill_id=replace(fill_id,'mock-','mock-9')" same
check "and they are the same ones" ends 0 "$judge" renumbered "$dir/good" "$dir/bad"
sees "an order less, however they are numbered" 'orders at the venue, missing' mock_venue.db "DELETE FROM orders WHERE $last" renumbered
sees "other amounts, however they are numbered" 'orders at the venue, too much' mock_venue.db "UPDATE orders SET cum_fee='1' WHERE $last" renumbered
sees "another trade, by whatever order" 'trades at the venue, missing' mock_venue.db "UPDATE fills SET px='1' WHERE fill_no=(SELECT max(fill_no) FROM fills)" ledger
sees "a trade that came at another time" 'trades in the store, too much' crypto_transactions.db "UPDATE fills SET time_ns=time_ns+1 WHERE fill_id=(SELECT min(fill_id) FROM fills)" ledger
sees "other money" 'the last portfolio, missing' crypto_transactions.db "UPDATE portfolio_history SET cash='1'" ledger
sees "a trade at another price, whenever it came" 'trades at the venue, missing' mock_venue.db "UPDATE fills SET px='1' WHERE fill_no=(SELECT max(fill_no) FROM fills)" money
sees "a trade less, whenever it came" 'trades in the store, missing' crypto_transactions.db "DELETE FROM fills WHERE fill_id=(SELECT min(fill_id) FROM fills)" money
rm -rf "$dir/bad"
mkdir "$dir/bad"
check "a file that is not there is not taken for a good one" ends 2 "$judge" sound "$dir/bad" USD=10000
exit "$failed"
