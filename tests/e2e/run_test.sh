#!/usr/bin/env bash
# The built binary over the simulated market: two runs give the same bytes, every order can be explained, and what is
# wrong with a configuration ends with its own code.
source "$(dirname "$0")/check.sh"
config() { sed "s|path: \[.*|path: [$plugins]|" "$source/configs/ema_simulated.yaml"; }
config >"$dir/run.yaml"

for run in one two; do
  check "run $run ends by itself" ends 0 "$bowline" run "$dir/run.yaml" --var "$dir/$run" --json --log-level ERROR
  grep -v -e '"store"' -e seconds -e rss "$dir/out" >"$dir/$run.json"
done
check "two runs sum up alike" cmp "$dir/one.json" "$dir/two.json"
for table in signals decisions decision_costs orders exchanges fills; do
  for run in one two; do "$bowline" db dump "$table" --var "$dir/$run" >"$dir/$run.$table" || failed=1; done
  check "$table are the same bytes" cmp "$dir/one.$table" "$dir/two.$table"
  check "$table are not empty" test "$(wc -l <"$dir/one.$table")" -gt 1
done
for table in core_events audit; do
  for run in one two; do check "run $run: $table can be read" ends 0 "$bowline" db dump "$table" --var "$dir/$run"; cp "$dir/out" "$dir/$run.$table"; done
  check "$table are the same bytes" cmp "$dir/one.$table" "$dir/two.$table"
done
order=$(sed -n 2p "$dir/one.fills" | cut -d, -f2)
check "an order can be explained" ends 0 "$bowline" explain "$order" --var "$dir/one"
check "the explanation names the order" grep -q "$order" "$dir/out"
check "an order nobody made cannot" ends 7 "$bowline" explain bl-0 --var "$dir/one"
check "the store is up to date" ends 0 "$bowline" db migrate --var "$dir/one"
check "and says so of both files" test "$(grep -c 'up to date$' "$dir/out")" = 2
cp -r "$dir/one" "$dir/empty"
rm "$dir/empty/crypto_prices.db"*
: >"$dir/empty/crypto_prices.db"
check "a file without tables is made whole" ends 0 "$bowline" db migrate --var "$dir/empty"
check "from version 0" grep -q 'crypto_prices.db: version 0 -> ' "$dir/out"
check "no store, no file made" ends 7 "$bowline" db migrate --var "$dir/nowhere"
check "a used state folder is refused" ends 3 "$bowline" run "$dir/run.yaml" --var "$dir/one"

config | sed 's/bars: 5000, speed: max/speed: real/' >"$dir/endless.yaml"
check "--for ends a run that has no end" ends 0 timeout 60 "$bowline" run "$dir/endless.yaml" --var "$dir/short" --for 300ms --json
check "as one that was stopped" grep -q '"end": "stopped"' "$dir/out"
check "a --for that is no duration" ends 2 "$bowline" run "$dir/endless.yaml" --var "$dir/none" --for soon

bad() { # what, exit code, words, sed script
  config | sed "$4" >"$dir/bad.yaml"
  check "$1" ends "$2" "$bowline" check-config "$dir/bad.yaml"
  check "$1: says so" grep -q -e "$3" "$dir/err"
}
bad "an unknown key" 3 'bad.yaml:[0-9]*:[0-9]*: seeed: unknown key; did you mean seed?' 's/^seed:/seeed:/'
bad "a repeated key" 3 'stands here twice' 's/^seed: 7/seed: 7\nseed: 8/'
bad "a leading zero" 3 'without leading zeros' 's/^seed: 7/seed: 010/'
bad "a misspelt param" 3 'did you mean max_position?' 's/max_position:/max_postion:/'
bad "a param over its limit" 3 'is over the limit of 100%' 's/max_exposure: 80%/max_exposure: 180%/'
bad "a missing environment variable" 3 'the environment has no BOWLINE_NOT_THERE' 's/^seed: 7/seed: ${BOWLINE_NOT_THERE}/'
bad "a plugin nobody offers" 4 'bowline.signal.nothing' 's/bowline.signal.ema_cross/bowline.signal.nothing/'
bad "mode: live" 9 'set confirm_live: true' 's/^mode: mock/mode: live/'
check "an unreadable file" ends 3 "$bowline" check-config "$dir/nothing.yaml"
check "TRADING_MODE=live over a mock file" ends 9 env TRADING_MODE=live "$bowline" check-config "$dir/run.yaml"
check "a wrong command line" ends 2 "$bowline" run
check "version" ends 0 "$bowline" version --json
exit $failed
