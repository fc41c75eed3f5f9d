#!/usr/bin/env bash
# Somebody else in the account: orders, trades and money that the host did not ask for, at the mock venue. All of it is seen,
# none of it is touched, and what the host has in its books at the end is what the venue has.
source "$(dirname "$0")/check.sh"
RANDOM=${BOWLINE_SEED:-4711}
echo "seed ${BOWLINE_SEED:-4711}"
hands='external_orders: [
{at: 2024-01-02T00:00:00Z, do: order, product: BTC-USD, side: buy, qty: "0.01", px: "1000"},
{at: 2024-01-02T06:00:00Z, do: fill, product: ETH-USD, side: buy, qty: "0.1", px: "2200"},
{at: 2024-01-03T00:00:00Z, do: fill, product: ETH-USD, side: buy, qty: "0.2", px: "2201", told: false},
{at: 2024-01-03T12:00:00Z, do: deposit, asset: USD, qty: "500"},
{at: 2024-01-04T00:00:00Z, do: withdrawal, asset: USD, qty: "120.5"},
{at: 2024-01-05T00:00:00Z, do: order, product: ETH-USD, side: sell, qty: "0.05", px: "9000"}]'
config() { # more params of the venue
  sed "s|path: \[.*|path: [$plugins]|; s/state: memory/state: file, $(echo $hands | sed 's/[&|/]/\\&/g')$1/; s/bars: 5000/bars: 2500/" "$source/configs/ema_simulated.yaml"
}
venue() { "$SQLITE_DO" "$1/mock_venue.db" "$2"; }
dump() { "$bowline" db dump "$2" --var "$1"; }
incidents() { dump "$1" core_events | grep -c "$2"; }

config "" >"$dir/run.yaml"
check "a run with somebody else in its account" ends 0 run "$dir/run.yaml" "$dir/one"
check "theirs are followed: two that rest, one that was told, and one that nobody told of" is "$(incidents "$dir/one" ORDER_EXTERNAL)" 4
check "they are in the store, apart from ours" is "$(dump "$dir/one" orders | grep -c '^ex-')" 4
check "what they filled is booked" is "$(dump "$dir/one" fills | grep -c ',ex-')" 2
check "none of theirs is cancelled" test "$(venue "$dir/one" "SELECT count(*) FROM orders WHERE client_id IS NULL AND state='CANCELLED'")" = 0
check "nothing of it is a position that dropped" test "$(incidents "$dir/one" POSITION_DROPPED)" = 0
check "the journal is proved" ends 0 "$bowline" journal verify --var "$dir/one"
check "the deposit and the withdrawal are flows, and nothing else is" is \
  "$("$SQLITE_DO" "$dir/one/journal.db" "SELECT json_extract(payload,'$.class')||json_extract(payload,'$.amount') FROM journal WHERE kind='flow'" | tr '\n' ' ')" "deposit500 withdrawal-120.5 "
check "the host's cash is the venue's" is "$(dump "$dir/one" portfolio | tail -1 | cut -d, -f4)" "$(venue "$dir/one" "SELECT total FROM balances WHERE asset='USD'")"

# The same where dollars earn: what they may have earned is a reward, and what is more a deposit.
config "" | sed 's/px: "9000"}/&, {at: 2024-01-06T00:00:00Z, do: deposit, asset: USD, qty: "9.5"}/' >"$dir/earns.yaml"
echo 'portfolio: {rewards: {USD: {most: 1%}}}' >>"$dir/earns.yaml"
check "a run whose dollars earn" ends 0 run "$dir/earns.yaml" "$dir/earns"
check "its flows are by their class" is \
  "$("$SQLITE_DO" "$dir/earns/journal.db" "SELECT json_extract(payload,'$.class')||json_extract(payload,'$.amount') FROM journal WHERE kind='flow'" | tr '\n' ' ')" \
  "deposit500 withdrawal-120.5 reward9.5 "
check "run again it is the same" ends 0 "$bowline" journal replay "$dir/earns.yaml" --var "$dir/earns"

# The same, killed again and again: nothing of it is seen twice or forgotten.
for round in 1 2; do
  var=$dir/killed-$round kills=0 code=137
  while [ $code = 137 ] && [ $kills -lt 40 ]; do
    run "$dir/run.yaml" "$var" >"$dir/out" 2>"$dir/err" &
    child=$! waited=0 ms=$((RANDOM % 150 + 20 + kills * 30))
    while kill -0 $child 2>/dev/null && [ $waited -lt $ms ]; do sleep 0.01; waited=$((waited + 10)); done
    kill -KILL $child 2>/dev/null
    wait $child 2>/dev/null
    code=$?
    kills=$((kills + 1))
  done
  [ $code = 3 ] && grep -q 'RUN_VAR_USED.*the journal' "$dir/err" && code=0
  check "round $round: it ends by itself after $((kills - 1)) kills" is $code 0
  check "round $round: nothing of it is a position that dropped" test "$(incidents "$var" POSITION_DROPPED)" = 0
  check "round $round: the journal is proved" ends 0 "$bowline" journal verify --var "$var"
  check "round $round: each fill is booked once, whoever's it is" test \
    "$(dump "$var" fills | tail -n +2 | cut -d, -f1 | sort | uniq -d | wc -l)" = 0
done
exit $failed
