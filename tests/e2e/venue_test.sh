#!/usr/bin/env bash
# The built binary and its venue: what is still on its way when a run ends, and a venue that is not what the
# configuration says.
source "$(dirname "$0")/check.sh"
config() { sed "s|path: \[.*|path: [$plugins]|" "$source/configs/ema_simulated.yaml"; }
states() { "$bowline" db dump orders --var "$1" | grep -cE ",($2),"; }

# An entry rests at the end for every third bar or so: of the first lengths some end with one.
resting=0
for bars in $(seq 106 2 116); do
  config | sed "s/bars: 5000/bars: $bars/; s/state: memory/latency: 1s/" >"$dir/run.yaml"
  check "$bars bars, a venue with latency" ends 0 "$bowline" run "$dir/run.yaml" --var "$dir/$bars" --json --log-level ERROR
  check "$bars bars: nothing is left that may fill" test "$(grep -c '"working": 0' "$dir/out")" = 1
  check "$bars bars: the store says so too" test "$(states "$dir/$bars" 'open|submitted|cancel_pending|partially_filled|unknown')" = 0
  "$bowline" db dump order_events --var "$dir/$bars" | grep -q cancel_pending && resting=$((resting + 1))
done
check "some of these runs had a resting entry to cancel" test "$resting" -gt 0

config | sed 's/state: memory/state: memory, taker_fee: 5%/' >"$dir/dear.yaml"
check "a venue that takes more than the configuration reckons with is refused" ends 3 "$bowline" run "$dir/dear.yaml" --var "$dir/dear"
check "with its name and what to do" grep -q 'RUN_FEES_BELOW_VENUE.*BTC-USD.*taker_fee' "$dir/err"
sed 's/instruments: .*/instruments: [{symbol: BTC-USD, taker_fee: 5%}, {symbol: ETH-USD, taker_fee: 5%}]/' "$dir/dear.yaml" >"$dir/told.yaml"
check "with the fees stated it runs" ends 0 "$bowline" run "$dir/told.yaml" --var "$dir/told"

config | sed 's/state: memory/state: memory, rate_limit: 2, rate_burst: 2/' >"$dir/slow.yaml"
printf 'execution: {reconcile: {orders_every: 1s, balances_every: 1s}}\n' >>"$dir/slow.yaml"
check "periods that leave the venue's budget no room for orders are refused" ends 3 "$bowline" run "$dir/slow.yaml" --var "$dir/slow"
check "with what may be asked and what to do" grep -q 'RUN_RATE_BUDGET.*orders_every' "$dir/err"
sed 's/every: 1s/every: 2s/g' "$dir/slow.yaml" >"$dir/fits.yaml"
check "longer ones run" ends 0 "$bowline" run "$dir/fits.yaml" --var "$dir/fits"
exit $failed
