#!/usr/bin/env bash
# A model that is missing, damaged or made for other features: exit code 6 and one sentence, and nothing is traded.
source "$(dirname "$0")/check.sh"
with() { sed "s|path: \[.*|path: [$plugins]|; s/bars: [0-9]*/bars: $2/; s/rounds: [0-9]*/rounds: 5/" "$source/configs/$1"; }
with xgboost_train.yaml 4000 >"$dir/train.yaml"
with xgboost_simulated.yaml 1500 >"$dir/run.yaml"
check "a small model is trained" ends 0 "$bowline" train "$dir/train.yaml" --out "$dir/model"
# The trained bundle lies in the folder or one below it.
manifest=$(find "$dir/model" -name manifest.json | head -1)
bundle=$(dirname "$manifest")
export BOWLINE_MODEL=$bundle
check "it runs" ends 0 run "$dir/run.yaml" "$dir/good"
bad() { # what, words: $dir/bad is the bundle
  export BOWLINE_MODEL=$dir/bad
  rm -rf "$dir/var"
  refused "$1" 6 "$2" run "$dir/run.yaml" "$dir/var"
  rm -rf "$dir/bad"
}
bad "no bundle" MODEL_MISSING
cp -r "$bundle" "$dir/bad"
rm "$dir/bad/manifest.json"
bad "no manifest" MODEL_MISSING
cp -r "$bundle" "$dir/bad"
rm "$dir/bad/model.ubj"
bad "no model in the bundle" MODEL_MISSING
cp -r "$bundle" "$dir/bad"
printf 'X' | dd of="$dir/bad/model.ubj" bs=1 seek=100 conv=notrunc status=none
bad "a damaged model" MODEL_CORRUPT
cp -r "$bundle" "$dir/bad"
head -c 1000 "$bundle/model.ubj" >"$dir/bad/model.ubj"
bad "a model cut short" MODEL_CORRUPT
cp -r "$bundle" "$dir/bad"
echo '{' >"$dir/bad/manifest.json"
bad "a manifest that is not JSON" MODEL_CORRUPT
features() { # sed script over the one list of names
  cp -r "$bundle" "$dir/bad"
  sed -e "$1" "$manifest" >"$dir/bad/manifest.json"
  ! cmp -s "$manifest" "$dir/bad/manifest.json" || { echo "FAIL the manifest was not changed by $1"; failed=1; }
}
features 's/"ema_12[a-z_0-9]*"/"no_such_feature"/; s/"rsi_14"/"no_such_feature"/'
bad "a feature this host does not know" MODEL_FEATURES
features 's/"rsi_14", *//; /^ *"rsi_14",$/d'
bad "another list of features" MODEL_FEATURES
features 's/"horizon_bars": 12/"horizon_bars": 24/'
check "a bundle of another horizon is refused by check-config too" env BOWLINE_MODEL="$dir/bad" bash -c "'$bowline' check-config '$dir/run.yaml' >/dev/null 2>&1; [ \$? = 6 ]"
bad "a bundle of another horizon" 'MODEL_HORIZON: the bundle predicts 24 bars ahead, and this run judges signals after 12'
features 's/"interval_ns": 300000000000/"interval_ns": 3600000000000/'
check "a bundle of another interval is refused by check-config too" env BOWLINE_MODEL="$dir/bad" bash -c "'$bowline' check-config --json '$dir/run.yaml' | grep -q '\"code\": \"MODEL_INTERVAL\"\|PLUGIN_CONFIGURE_FAILED'"
bad "a bundle of another interval" 'MODEL_INTERVAL: the bundle was trained on bars of 3600 s, and those of this run are of 300 s'
export BOWLINE_MODEL=$bundle
sed 's/^interval: 5m/interval: 1h/' "$dir/run.yaml" >"$dir/hour.yaml"
refused "a run of another interval than its bundle" 6 MODEL_INTERVAL run "$dir/hour.yaml" "$dir/hour"
sed 's/^interval: 5m/&\nsignals: {resolve_bars: 6}/' "$dir/train.yaml" >"$dir/six.yaml"
check "training takes the run's horizon" ends 0 "$bowline" train "$dir/six.yaml" --out "$dir/six"
check "and keeps it in the bundle" grep -q '"horizon_bars": 6' "$dir/six/manifest.json"
exit $failed
