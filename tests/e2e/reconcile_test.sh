#!/usr/bin/env bash
# The book against the venue, through the built program: a venue that keeps fills to itself and one that forgets an order
# block a product, the verb says why and what it would do, and an operator's word takes the venue's. Nothing is traded by it.
source "$(dirname "$0")/check.sh"
config() { # bars, speed, params of the venue
  sed "s|path: \[.*|path: [$plugins]|; s/state: memory/state: file$3/; s/bars: 5000, speed: max/bars: $1, speed: $2/
    s/^listen: .*/listen: {ports: {signal-generator: 0, signal-bridge: 0, trade-execution: 0, portfolio-rebalancer: 0}}/" \
    "$source/configs/ema_simulated.yaml"
}
begin() { # config, state folder
  "$bowline" run "$dir/$1.yaml" --var "$dir/$2" --log-file "$dir/$2.log" >"$dir/$2.out" 2>"$dir/$2.err" &
  host=$!
  started+=($host)
  check "$2: the verb finds it" within 30 answers "$dir/$2"
  at=$(sed -n 's/.*"trade-execution": "\(.*\)".*/\1/p' "$dir/$2/endpoints.json")
}
answers() { "$bowline" emergency state --var "$1" >/dev/null 2>&1; }
die() { kill -KILL $host; wait $host 2>/dev/null; started=(); }
reconcile() { "$bowline" reconcile "$@"; }
ends_soon() { # exit code, command...
  local want=$1 got; shift
  "$@" >"$dir/out" 2>"$dir/err"; got=$?
  [ "$got" = "$want" ]
}
intents() { "$SQLITE_DO" "$dir/$1/journal.db" "SELECT count(*) FROM journal WHERE kind='intent'"; }

# What the command line has wrong.
refused "neither plan nor adopt" 2 USAGE_ACTION reconcile --var "$dir/nobody"
refused "both" 2 USAGE_ACTION reconcile --plan --adopt-venue --reason x --var "$dir/nobody"
refused "adopt without a reason" 2 USAGE_REASON reconcile --adopt-venue --var "$dir/nobody"
refused "a plan without a host" 11 HOST_UNKNOWN reconcile --plan --var "$dir/nobody"
refused "inventory without a host" 11 HOST_UNKNOWN "$bowline" inventory adopt BTC-USD 1 --reason x --var "$dir/nobody"
refused "an instrument that leads elsewhere" 2 USAGE_INSTRUMENT "$bowline" inventory adopt ../orders 1 --reason x --var "$dir/nobody"

refused "a name without a host" 11 HOST_UNKNOWN "$bowline" inventory reclassify USD 1 --from deposit --to reward --reason x --var "$dir/nobody"

# A venue that says all it does: nothing differs. Coins that somebody else bought are taken in, and let go again.
config 50000 15000x ', external_orders: [{at: 2024-01-02T06:00:00Z, do: fill, product: ETH-USD, side: buy, qty: "0.1", px: "2200"}]' >"$dir/fair.yaml"
begin fair fair
check "a fair venue: nothing differs" ends 0 reconcile --plan --var "$dir/fair"
check "a fair venue: and it says so" grep -q '^nothing differs' "$dir/out"
check "a fair venue: as JSON" ends 0 reconcile --plan --var "$dir/fair" --json
check "a fair venue: as JSON it agrees" grep -q '"agrees": true' "$dir/out"
adopt_eth() { "$bowline" inventory adopt ETH-USD 0.04 --price 2200 --reason 'bought by hand' --var "$dir/fair" --key one >"$dir/out" 2>"$dir/err"; }
check "coins of others are adopted" within 60 adopt_eth
check "adopted: they are managed" grep -q '^ETH-USD: 0[.0-9]* managed, 0.06 unmanaged$' "$dir/out"
check "the same key moves nothing more" ends 0 "$bowline" inventory adopt ETH-USD 0.04 --price 2200 --reason 'bought by hand' --var "$dir/fair" --key one
check "and says so" grep -q 'it was moved before' "$dir/out"
refused "more than is there" 11 ADOPT_BEYOND_UNMANAGED "$bowline" inventory adopt ETH-USD 100 --reason x --var "$dir/fair"
check "nothing is sold meanwhile" ends 0 "$bowline" emergency stop --var "$dir/fair" --reason 'hold still'
unmanaged() { "$bowline" reconcile --plan --var "$dir/fair" --json 2>/dev/null | grep -A99 '"instrument": "ETH-USD"' | sed -n 's/.*"unmanaged": "\(.*\)".*/\1/p' | head -1; }
before=$(unmanaged)
release_eth() { "$bowline" inventory release ETH-USD 0.01 --reason 'to be kept' --var "$dir/fair" >"$dir/out" 2>"$dir/err"; }
if release_eth; then check "released: it is not managed any more" test "$(unmanaged)" != "$before"; else check "all of it was sold before" grep -q RELEASE_BEYOND_POSITION "$dir/err"; fi
check "a fair venue: still nothing differs" ends 0 reconcile --plan --var "$dir/fair"
die
check "fair: the journal is proved" ends 0 "$bowline" journal verify --var "$dir/fair"

# A venue that keeps fills to itself.
config 50000 15000x ', lost_fill_probability: 0.5' >"$dir/lossy.yaml"
echo 'execution: {reconcile: {orders_every: 0s, balances_every: 0s}}' >>"$dir/lossy.yaml" # else it is asked before they are missed
begin lossy lossy
blocked() { curl -s -m 10 "$at/reconciliation" | grep -q '"code":"FILLS_MISSING"'; }
check "lost fills block a product" within 60 blocked
check "hold still" ends 0 "$bowline" emergency stop --var "$dir/lossy" --reason 'fills are missing'
check "the plan says that something is not explained" ends 12 reconcile --plan --var "$dir/lossy"
check "the plan says what and since when" grep -Eq '^(BTC|ETH)-USD +2[0-9T:.Z-]+ +FILLS_MISSING +bl-[^ ]+ +unblocks it' "$dir/out"
check "the venue's word is taken" ends 0 reconcile --adopt-venue --reason 'looked at the venue' --key word-1 --var "$dir/lossy"
check "and it says what it unblocked" grep -Eq '^(BTC|ETH)-USD: unblocked' "$dir/out"
check "then nothing differs" ends 0 reconcile --plan --var "$dir/lossy"
check "trading is halted still: only a resume loosens" grep -q '"state":"halted"' <(curl -s -m 10 "$at/trading/state")
die
made=$(intents lossy)
begin lossy lossy
check "restarted: nothing differs" within 30 ends_soon 0 reconcile --plan --var "$dir/lossy"
check "restarted: the adoption is known" grep -q '"adoption":{"key":"word-1","phase":"done"' <(curl -s -m 10 "$at/reconciliation")
check "restarted: the same key is the same one" ends 0 reconcile --adopt-venue --reason 'looked at the venue' --key word-1 --var "$dir/lossy" --json
check "restarted: as it says" grep -q '"replayed": true' "$dir/out"
die
check "no order came of any of it" is "$(intents lossy)" "$made"
check "lossy: the journal is proved" ends 0 "$bowline" journal verify --var "$dir/lossy"

# A venue that forgets an order which it had acknowledged. Slow: the strategy has not seen enough to say anything.
config 50000 300x '' >"$dir/slow.yaml"
begin slow gone
priced() { curl -s -m 10 "$at/portfolio" | grep -q '"version":[1-9]'; }
check "gone: the first bar is there" within 20 priced
order='{"instrument":"BTC-USD","side":"BUY","type":"limit","qty":"0.01","limit_price":"1000","tif":"GTC","reason":"a test"}'
curl -s -m 10 -X POST -H 'Content-Type: application/json' -H 'Idempotency-Key: k' -d "$order" "$at/trades/execute" >/dev/null
rests() { curl -s -m 10 "$at/orders?limit=1" | grep -q '"state":"open"'; }
check "gone: an order rests" within 20 rests
# What the venue said of it is durable with the end of its step.
version() { curl -s -m 10 "$at/portfolio" | sed -n 's/.*"version":\([0-9]*\).*/\1/p'; }
before=$(version)
settled() { [ "$(version)" -gt $((before + 1)) ]; }
check "gone: its step is over" within 20 settled
die
venue() { "$SQLITE_DO" "$dir/gone/mock_venue.db" "$1"; }
check "gone: the venue has it" is "$(venue "SELECT count(*) FROM orders WHERE state='OPEN'")" 1
venue "DELETE FROM orders" >/dev/null
venue "UPDATE balances SET hold='0'" >/dev/null
begin slow gone
check "gone: the plan names it" within 30 ends_soon 12 reconcile --plan --var "$dir/gone"
check "gone: and that it blocks" grep -Eq '^BTC-USD .*ORDER_GONE .*unblocks it' "$dir/out"
taken() { ends_soon 0 reconcile --adopt-venue --instrument BTC-USD --reason 'the venue has lost it' --var "$dir/gone"; }
check "gone: the venue's word is taken" within 30 taken
check "gone: its product is unblocked" grep -q '^BTC-USD: unblocked' "$dir/out"
check "gone: nothing differs any more" ends 0 reconcile --plan --var "$dir/gone"
check "gone: no order works" grep -q '"orders":\[\]' <(curl -s -m 10 "$at/orders?state=working")
die
check "gone: the journal is proved" ends 0 "$bowline" journal verify --var "$dir/gone"
exit $failed
