#!/usr/bin/env bash
# A run that is killed, again and again, and started again on its own folder: it ends with the orders, fills and balances of
# the run that nobody killed. What the venue has is read from its own state file, not from the host.
source "$(dirname "$0")/check.sh"
RANDOM=${BOWLINE_SEED:-4711}
echo "seed ${BOWLINE_SEED:-4711}"
config() { # latency of the venue
  sed "s|path: \[.*|path: [$plugins]|; s/state: memory/state: file, latency: $1/; s/bars: 5000/bars: 2500/" "$source/configs/ema_simulated.yaml"
}
venue() { # state folder: all that the venue has
  "$SQLITE_DO" "$1/mock_venue.db" "SELECT order_no, client_id, symbol, side, type, qty, limit_px, submitted_ns, accepted_ns, state, cum_qty, cum_quote, cum_fee FROM orders ORDER BY order_no"
  "$SQLITE_DO" "$1/mock_venue.db" "SELECT fill_id, order_no, px, qty, fee, ts_ns FROM fills ORDER BY fill_no"
  "$SQLITE_DO" "$1/mock_venue.db" "SELECT asset, total, hold FROM balances ORDER BY asset"
}
same() { diff "$dir/whole" "$dir/killed" >"$dir/difference" || { head -12 "$dir/difference"; cp -r "$dir" "${BOWLINE_KEEP:-/dev/null}" 2>/dev/null; return 1; }; }
killed_after() { # ms, config, state folder: the exit code of the run; 137 when it had to be killed
  "$bowline" run "$2" --var "$3" --log-file "$3.log" --json >"$dir/out" 2>"$dir/err" &
  local child=$! waited=0
  while kill -0 $child 2>/dev/null && [ $waited -lt "$1" ]; do sleep 0.01; waited=$((waited + 10)); done
  kill -KILL $child 2>/dev/null
  wait $child 2>/dev/null
}
for latency in 0ms 20s; do
  config $latency >"$dir/run.yaml"
  check "latency $latency: the run nobody kills" ends 0 run "$dir/run.yaml" "$dir/whole-$latency"
  took=$(field seconds)
  venue "$dir/whole-$latency" >"$dir/whole"
  check "latency $latency: it has fills" test "$(grep -c '|' "$dir/whole")" -gt 100
  for round in 1 2 3; do
    var=$dir/killed-$latency-$round kills=0 code=137
    while [ $code = 137 ] && [ $kills -lt 40 ]; do
      # From a tenth of the run's time up, a little longer each time, so that it comes to its end.
      ms=$((RANDOM % 150 + 20 + kills * 30))
      killed_after $ms "$dir/run.yaml" "$var"
      code=$?
      kills=$((kills + 1))
    done
    # Killed behind its very last row it has ended, and is not begun again.
    [ $code = 3 ] && grep -q 'RUN_VAR_USED.*the journal' "$dir/err" && code=0
    check "latency $latency, round $round: it ends by itself after $((kills - 1)) kills" is $code 0
    venue "$var" >"$dir/killed"
    check "latency $latency, round $round: the venue has what it has of the whole run" same
    check "latency $latency, round $round: the journal is proved" ends 0 "$bowline" journal verify --var "$var"
    check "latency $latency, round $round: and no order is unresolved" test "$(grep -c unresolved "$dir/out")" = 0
  done
done
# What may not go on: another run's decisions, and an account that is gone.
config 0ms | sed 's/bars: 2500/bars: 50000/' >"$dir/long.yaml"
killed_after 400 "$dir/long.yaml" "$dir/long"
check "it was killed in the middle" test "$("$SQLITE_DO" "$dir/long/journal.db" "SELECT count(*) FROM journal WHERE kind='intent'")" -gt 0
sed 's/^seed: 7/seed: 8/' "$dir/long.yaml" >"$dir/other.yaml"
refused "another seed" 3 'RUN_CONFIG_CHANGED: .*another folder with --var' run "$dir/other.yaml" "$dir/long"
cp -r "$dir/long" "$dir/lost"
rm "$dir/lost"/mock_venue.db*
refused "the venue's state is gone" 3 'RUN_VENUE_LOST: .*mock_venue.db' run "$dir/long.yaml" "$dir/lost"
"$SQLITE_DO" "$dir/lost/journal.db" "UPDATE journal SET payload=replace(payload,'BUY','SELL') WHERE row=(SELECT min(row) FROM journal WHERE kind='intent')"
refused "a journal that was changed" 7 'JOURNAL_CHAIN: .*is not what was written' run "$dir/long.yaml" "$dir/lost"
refused "and verify says where" 7 'JOURNAL_CHAIN: row [0-9]*: ' "$bowline" journal verify --var "$dir/lost"
exit $failed
