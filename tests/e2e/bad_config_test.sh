#!/usr/bin/env bash
# What can be wrong with a configuration, through `run`: one problem, its place, its exit code, and no state folder.
source "$(dirname "$0")/check.sh"
config() { sed "s|path: \[.*|path: [$plugins]|" "$source/configs/ema_simulated.yaml"; }
config >"$dir/good.yaml"
check "a good run" ends 0 run "$dir/good.yaml" "$dir/good"
before=$(cat "$dir"/good/*.db | cksum)

bad() { # what, exit code, words, sed script, how many problems (1)
  config | sed "$4" >"$dir/bad.yaml"
  check "$1" ends "$2" run "$dir/bad.yaml" "$dir/bad"
  check "$1: says so" grep -q -e "$3" "$dir/err"
  check "$1: is the one problem" grep -q "^${5:-1} problems\{0,1\} in " "$dir/err"
  check "$1: nothing was begun" test ! -e "$dir/bad"
}
bad "an unknown key" 3 'bad.yaml:3:1: sed: unknown key; did you mean seed?' 's/^seed:/sed:/'
bad "an unknown nested key" 3 'bridge.cost_gait: unknown key; did you mean cost_gate?' 's/cost_gate:/cost_gait:/'
bad "a repeated key" 3 'stands here twice' 's/^mode: mock/mode: mock\nmode: mock/'
bad "a missing key" 3 'instruments: is required' '/^instruments:/d'
bad "a missing key of an instance" 3 'instances\[1\].kind: is required' 's/kind: signal, //'
bad "a missing param" 3 'files: is required' 's/bowline.feed.simulated, params: {.*}}/bowline.feed.replay, params: {}}/'
bad "text where a number is needed" 3 'seed: a whole number' 's/^seed: 7/seed: seven/'
bad "a number where a duration is needed" 3 'interval: a duration such as' 's/^interval: 5m/interval: 5/'
bad "a list where text is needed" 3 'instances\[0\].id:' 's/{id: market/{id: [market]/'
bad "text where a param wants a number" 3 'params.fast:' 's/fast: 12/fast: quick/'
bad "a number below its range" 3 'seed: -1 is under the limit of 0' 's/^seed: 7/seed: -1/'
bad "a fraction above its range" 3 'bridge.max_position: 150% is over the limit of 100%' 's/^bridge:/bridge:\n  max_position: 150%/'
bad "a port above its range" 3 '70000 is over the limit of 65535' 's/^listen: .*/listen: {ports: {signal-bridge: 70000}}/'
bad "two services on one port" 3 'port 8044 is that of .* too' 's/^listen: .*/listen: {ports: {signal-bridge: 8044, trade-execution: 8044}}/'
bad "two instances of one id" 3 'cross is the id of another instance too' 's/{id: limits,/{id: cross,/'
bad "an instrument listed twice" 3 'BTC-USD is listed twice' 's/ETH-USD/BTC-USD/'
bad "instruments of two quote assets" 3 'bad.yaml:[0-9]*:[0-9]*: instruments\[1\]: ETH-EUR is not quoted in USD as BTC-USD is' 's/ETH-USD/ETH-EUR/'
bad "a feed of another interval" 3 'instances\[0\].params.interval: 1h is not the run.s interval, which is 5m' 's/{seed: 7, bars/{interval: 1h, seed: 7, bars/'
bad "no feed" 3 'instances: no instance of kind feed' '/kind: feed/d'
bad "no signal" 3 'instances: no instance of kind signal' '/kind: signal/d'
bad "no broker" 3 'instances: a run has exactly one instance of kind broker, and here are 0' '/kind: broker/d'
bad "two brokers" 3 'instances: a run has exactly one instance of kind broker, and here are 2' 's/^\( *- {id: \)venue,\(.*\)/&\n\1other,\2/'
bad "not YAML" 3 'bad.yaml:[0-9]*:[0-9]*:' 's/^instruments:.*/instruments: [BTC-USD/'
bad "a missing environment variable" 3 'the environment has no BOWLINE_NOT_THERE' 's/^seed: 7/seed: ${BOWLINE_NOT_THERE}/'
bad "a missing secret" 3 'secret venue/key is not there' 's|{seed: 7, bars|{start: "secret://venue/key", bars|'
# Twelve guards, and four plugin files without a pin; live_test.sh has them one by one.
unset KUBERNETES_SERVICE_HOST
bad "mode: live, and every guard of it" 9 'set confirm_live: true' 's/^mode: mock/mode: live/' 16
# Files that this host cannot run, however good they are: the fixtures are built to be so.
fixture() { # file
  rm -rf "$dir/plugins"
  mkdir "$dir/plugins"
  cp "$FIXTURES/$1.so" "$dir/plugins/"
}
fixture broker
bad "a broker that does not say what its venue is" 9 'instances\[3\].plugin: plugin test.puppet talks to a real venue' \
  "s|path: \[|&$dir/plugins, |; s/plugin: bowline.broker.mock.*/plugin: test.puppet}/"
check "a broker that does not say what its venue is: check-config refuses it too" ends 9 "$bowline" check-config "$dir/bad.yaml"
fixture feed_pushed
bad "a feed that pushes" 3 'instances\[0\].plugin: plugin test.puppet publishes from its own threads' \
  "s|path: \[|&$dir/plugins, |; s/plugin: bowline.feed.simulated.*/plugin: test.puppet}/"
check "a feed that pushes: check-config refuses it too" ends 3 "$bowline" check-config "$dir/bad.yaml"
export TRADING_MODE=live
bad "TRADING_MODE=live over a mock file" 9 'TRADING_MODE=live over a file with mode: mock' ''
unset TRADING_MODE

unreadable() { # what, command...
  local what=$1; shift
  check "$what" ends 3 "$@"
  check "$what: says so" grep -q 'cannot be read: is it there' "$dir/err"
}
unreadable "a file that is not there" run "$dir/nothing.yaml" "$dir/bad"
unreadable "a folder" run "$dir" "$dir/bad"
config >"$dir/closed.yaml"
chmod 000 "$dir/closed.yaml"
as_nobody=()
[ "$(id -u)" != 0 ] || as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
unreadable "a file this user may not read" "${as_nobody[@]}" "$bowline" check-config "$dir/closed.yaml"
config | sed 's/^seed:/sed:/; s/^interval: 5m/interval: 5/' >"$dir/bad.yaml"
check "two problems at once" ends 3 "$bowline" check-config "$dir/bad.yaml"
check "two problems: both told" grep -q '^2 problems in ' "$dir/err"

# A port that another process holds: the holder lets the system choose its own.
config | sed 's/bars: 5000, speed: max/speed: 300x/
  s/^listen: .*/listen: {ports: {signal-generator: 0, signal-bridge: 0, trade-execution: 0, portfolio-rebalancer: 0}}/' >"$dir/serve.yaml"
"$bowline" run "$dir/serve.yaml" --var "$dir/holder" --log-file "$dir/holder.log" >/dev/null 2>&1 &
holder=$!
started+=($holder)
check "a run that holds a port" within 20 grep -qs 'trade-execution listens on' "$dir/holder.log"
port=$(sed -n 's/.*trade-execution listens on [0-9.]*:\([0-9]*\).*/\1/p' "$dir/holder.log")
sed "s/signal-bridge: 0/signal-bridge: $port/" "$dir/serve.yaml" >"$dir/taken.yaml"
refused "a port that is taken" 8 "$port" run "$dir/taken.yaml" "$dir/taken"
check "its holder still answers" curl -sf -o /dev/null "http://127.0.0.1:$port/health"
kill -TERM $holder
wait $holder
check "its holder ends in order" is $? 0
started=()
check "the state folder of the refused run is free for the next" ends 0 run "$dir/good.yaml" "$dir/taken"
check "the good run's files are as they were" is "$(cat "$dir"/good/*.db | cksum)" "$before"
exit $failed
