#!/usr/bin/env bash
# Training through the built binary: twice gives the same bytes, the bundle runs, and what was decided with it is
# explained by the names of its features.
source "$(dirname "$0")/check.sh"
# Fewer bars and rounds than the example: it is the way that is tested, not the model.
sed -e "s|path: \[.*|path: [$plugins]|" -e 's/bars: 20000/bars: 6000/' -e 's/rounds: 60/rounds: 15/' \
  "$source/configs/xgboost_train.yaml" >"$dir/train.yaml"
sed -e "s|path: \[.*|path: [$plugins]|" -e 's/bars: 5000/bars: 2000/' -e 's/cost_gate: on/cost_gate: off/' \
  "$source/configs/xgboost_simulated.yaml" >"$dir/run.yaml"

for n in one two; do check "training $n" ends 0 "$bowline" train "$dir/train.yaml" --out "$dir/$n"; done
check "the model is the same bytes" cmp "$dir/one/model.ubj" "$dir/two/model.ubj"
check "the manifest is the same bytes" cmp "$dir/one/manifest.json" "$dir/two/manifest.json"
check "nothing else is left in the bundle" test "$(ls -A "$dir/one" | tr '\n' ' ')" = "manifest.json model.ubj "

sed 's/rounds: 15/rounds: 400, eta: 1, early_stopping: 3/' "$dir/train.yaml" >"$dir/stopping.yaml"
check "early stopping without evaluation data is refused" ends 5 "$bowline" train "$dir/stopping.yaml" --out "$dir/stopping"
check "and says how to have some" grep -q 'TRAIN_DATA.*--evaluation' "$dir/err"
check "nothing is left of it" test ! -e "$dir/stopping/model.ubj"
check "with evaluation data it learns" ends 0 "$bowline" train "$dir/stopping.yaml" --out "$dir/stopping" --evaluation 0.15
check "and stops long before its last round" test "$(wc -c <"$dir/stopping/model.ubj")" -lt "$((4 * $(wc -c <"$dir/one/model.ubj")))"
check "the manifest counts what judged it" grep -q '"evaluation_rows": "[1-9]' "$dir/stopping/manifest.json"

export BOWLINE_MODEL=$dir/one
echo "signals: {explain: orders}" >>"$dir/run.yaml"
check "a run with the bundle" ends 0 "$bowline" run "$dir/run.yaml" --var "$dir/var" --json --log-level ERROR
check "the model spoke" grep -q '"\(buy\|sell\)": [1-9]' "$dir/out"
"$bowline" db dump decisions --var "$dir/var" >"$dir/decisions" || failed=1
decision=$(sed -n '$p' "$dir/decisions" | cut -d, -f1)
check "a decision can be explained" ends 0 "$bowline" explain "$decision" --var "$dir/var"
feature=$(sed -n '/"features"/,/]/s/^ *"\([a-z0-9_]*\)",*$/\1/p' "$dir/one/manifest.json" | head -1)
check "the manifest names its features" test -n "$feature"
check "the explanation names them too" grep -q "\"name\":\"$feature\"" "$dir/out"
check "no column is a bare number" sh -c "! grep -q '\"name\":\"[0-9][0-9]*\"' '$dir/out'"

# What drove it, of what an order was made of.
"$bowline" db dump orders --var "$dir/var" >"$dir/orders" || failed=1
order=$(grep ',entry,' "$dir/orders" | head -1 | cut -d, -f1)
check "an order can be explained" ends 0 "$bowline" explain "$order" --var "$dir/var"
part() { # words of the explanation
  grep -q -e "$1" "$dir/out" || { echo "no $1 in:"; cat "$dir/out"; return 1; }
}
check "with what drove its prediction" part '"contributions":\[{"instance":"model","output":"up","parts":\[{"contribution":[-0-9.e]*,"name":"[a-z0-9_]*","value":'
check "the rest as one sum" part '"name":"(all others)"'
check "and the model's own bias" part '"name":"(bias)"'
check "the cost gate has its parts" part '"cost_gate":{"calibration":\[{"classes":\[{"class":"up","mean_return":'
check "of fee, half spread and margin" part '"fee":[0-9.e-]*,"half_spread":[0-9.e-]*,"headroom":[-0-9.e]*,"margin":[0-9.e-]*,"on":false'
check "each check has its headroom" part '"code":"QUOTE_BALANCE_SHORT",[^}]*"headroom":"[0-9.]*"'
check "what was sent is there" part '"exchanges":\[{[^}]*"way":"sent","what":"submit"'
orders=$(cut -d, -f2 "$dir/orders" | tail -n +2 | sort -u | wc -l)
driven=$("$bowline" db dump contributions --var "$dir/var" | tail -n +2 | cut -d, -f1 | sort -u | wc -l)
check "some were asked about, and no more than orders were made of" test "$driven" -gt 0 -a "$driven" -le "$orders"
acted=$("$bowline" db dump signals --var "$dir/var" | grep -c ',\(BUY\|SELL\),')
for what in off auto decisions; do
  sed "s/explain: orders/explain: $what/" "$dir/run.yaml" >"$dir/$what.yaml"
  check "explain: $what runs" ends 0 "$bowline" run "$dir/$what.yaml" --var "$dir/explain-$what" --json --log-level ERROR
  driven=$("$bowline" db dump contributions --var "$dir/explain-$what" | tail -n +2 | cut -d, -f1 | sort -u | wc -l)
  check "explain: $what asks of what it says" is "$driven" $([ $what = decisions ] && echo "$acted" || echo 0)
  check "explain: $what decides the same" cmp "$dir/decisions" <("$bowline" db dump decisions --var "$dir/explain-$what")
done

mkdir "$dir/spoilt" && cp "$dir/one/"* "$dir/spoilt/" && printf x >>"$dir/spoilt/model.ubj"
check "a model that is not the manifest's is refused" ends 6 env BOWLINE_MODEL="$dir/spoilt" "$bowline" run "$dir/run.yaml" \
  --var "$dir/var2" --log-level ERROR
check "and says so" grep -q MODEL_CORRUPT "$dir/err"
exit $failed
