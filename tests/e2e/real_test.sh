#!/usr/bin/env bash
# The main job on real candles: a model fitted on 2021, 2022 replayed through all four services, with the cost gate on and
# off, each twice. Both runs of a configuration leave the same bytes, and every order and every refused signal can be
# traced to its signal, sizing and checks.
if [ -z "${BOWLINE_DATA:-}" ]; then
  echo "skipped: BOWLINE_DATA does not name the folder that holds data/candles"
  [ "${BOWLINE_REQUIRE_DATA:-0}" = 1 ] && exit 1
  exit 77
fi
source "$(dirname "$0")/check.sh"
config() { # name: with the plugins of this build, and on ports that are free
  sed "s|path: \[.*|path: [$plugins]|" "$source/configs/$1.yaml" >"$dir/$1.yaml"
  grep -q '^listen:' "$dir/$1.yaml" || echo "listen: {ports: {signal-generator: 0, signal-bridge: 0, trade-execution: 0," \
    "portfolio-rebalancer: 0}}" >>"$dir/$1.yaml"
}
for name in real_2021_train real_2022 real_2022_exercise; do config $name; done
echo "signals: {explain: orders}" >>"$dir/real_2022_exercise.yaml"  # a replay asks nobody what drove a prediction, unless it is told to
check "training on 2021" ends 0 "$bowline" train "$dir/real_2021_train.yaml" --out "$dir/model" --evaluation 0.15
export BOWLINE_MODEL=$dir/model

of() { "$SQLITE_DO" "$dir/$1/crypto_transactions.db" "ATTACH '$dir/$1/crypto_prices.db' AS p; $2"; }
twice() { # name
  for n in one two; do
    check "$1, run $n" ends 0 run "$dir/$1.yaml" "$dir/$n"
    [ $n = two ] || cp "$dir/out" "$dir/summary"
  done
  for table in candles signals outcomes decisions decision_checks sizings order_checks orders order_events fills portfolio \
    rebalances rebalance_weights; do
    for n in one two; do "$bowline" db dump $table --var "$dir/$n" >"$dir/$n.dump" || failed=1; done
    check "$1: $table are the same bytes in both runs" cmp "$dir/one.dump" "$dir/two.dump"
  done
  cp "$dir/summary" "$dir/out"
  check "$1: every bar was seen" is "$(field bars)" 371988
  # 6 products of 61,998 bars, each without the 288 that its slowest feature needs
  check "$1: every bar after the warm-up has its signal" is "$(of one 'SELECT count(*) FROM p.signals')" 370260
  check "$1: every signal has its decision" is "$(of one 'SELECT count(*) FROM p.signals WHERE id NOT IN (SELECT id FROM decisions)')" 0
  check "$1: every order has its decision" is "$(of one 'SELECT count(*) FROM orders WHERE decision_id NOT IN (SELECT id FROM decisions)')" 0
  check "$1: every order has its sizing" is "$(of one 'SELECT count(*) FROM orders WHERE id NOT IN (SELECT order_id FROM order_decisions)')" 0
  check "$1: every order has its checks" is "$(of one "SELECT count(*) FROM orders WHERE side = 'BUY' AND decision_id NOT IN (SELECT decision_id FROM order_checks)")" 0
  check "$1: every fill has its order" is "$(of one 'SELECT count(*) FROM fills WHERE order_id NOT IN (SELECT id FROM orders)')" 0
  check "$1: what was resolved is hit, miss or tie" is "$(of one "SELECT count(*) FROM p.signal_outcomes WHERE outcome NOT IN ('hit', 'miss', 'tie')")" 0
}
explained() { # id, words...: the stored run explains it, and each of the words is in it
  ends 0 "$bowline" explain "$1" --var "$dir/one" || return 1
  local word
  for word in "${@:2}"; do grep -q "$word" "$dir/out" || { echo "no $word in:"; cat "$dir/out"; return 1; }; done
}

twice real_2022
refused=$(of one "SELECT id FROM decisions WHERE code = 'EDGE_BELOW_COST' ORDER BY time_ns LIMIT 1")
check "a refused BUY is explained" explained "$refused" EDGE_BELOW_COST '"name":"rsi_14"' '"model":"xgb-' \
  '"cost_gate":{"calibration":\[{"classes":\[{"class":"up","mean_return":' '"fee":' '"half_spread":' '"margin":' '"on":true'
rm -rf "$dir/one" "$dir/two"

twice real_2022_exercise
check "thousands of orders" test "$(rows orders "$dir/one")" -gt 1000
check "thousands of fills" test "$(rows fills "$dir/one")" -gt 1000
for side in BUY SELL; do
  order=$(of one "SELECT id FROM orders WHERE side = '$side' AND state = 'filled' ORDER BY decided_ns DESC LIMIT 1")
  check "a filled $side is explained" explained "$order" '"name":"rsi_14"' '"model":"xgb-' '"sizing' '"checks' '"fills' '"headroom":"' '"what":"submit"' \
    '"contributions":\[{"instance":"model"'
done
exit $failed
