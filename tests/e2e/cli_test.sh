#!/usr/bin/env bash
# The verbs that look and tell: doctor, check-config, plugin, db, quarantine; as text and as JSON, and what they end with.
source "$(dirname "$0")/check.sh"
config() { sed "s|path: \[.*|path: [$plugins]|; s/bars: 5000/bars: 300/" "$source/configs/ema_simulated.yaml"; }
config >"$dir/good.yaml"
has() { grep -q -e "$1" "$dir/out" || { echo "stdout has no '$1' but:"; head -40 "$dir/out"; return 1; }; }
lacks() { ! grep -q -e "$1" "$dir/out"; }
err() { grep -q -e "$1" "$dir/err" || { echo "stderr has no '$1' but:"; cat "$dir/err"; return 1; }; }
finding() { # check, ok or BAD, words: in the text that doctor printed last
  grep -q "^$2 *$1 .*$3" "$dir/out" || { echo "no finding '$2 $1 ... $3' in:"; cat "$dir/out"; return 1; }
}

check "--version ends it with 0" ends 0 "$bowline" --version
check "and says the same as the verb" is "$("$bowline" --version)" "$("$bowline" version)"
check "which is the program's and the ABI's" grep -Eq '^bowline [0-9]+\.[0-9]+\.[0-9]+, plugin ABI [0-9]+\.[0-9]+, ' <("$bowline" version)

# doctor: what this machine lacks is not ours to say, so its code may be 0 or 10; each finding is.
doctor() { "$bowline" doctor --var "$dir/doctored" --path "$plugins" "$@" >"$dir/out" 2>"$dir/err"; }
doctor
check "doctor looks at the machine" finding machine ok Linux
check "doctor looks at the packages" grep -q '^\(ok  \|BAD \) packages ' "$dir/out"
check "doctor looks at the plugins" finding plugins ok 'offered in'
check "doctor looks at the state folder" finding "state folder" ok 'takes a durable journal'
check "doctor leaves no folder behind" test ! -e "$dir/doctored"
"$bowline" doctor --var "$dir/doctored" --path "$dir/nowhere" >"$dir/out"
check "a folder without plugins ends it with 10" is $? 10
check "and is named" finding plugins BAD "$dir/nowhere"
: >"$dir/file"
"$bowline" doctor --var "$dir/file/below" --path "$plugins" >"$dir/out"
check "a state folder that cannot be made ends it with 10" is $? 10
BOWLINE_DATA=$dir/nowhere "$bowline" doctor --var "$dir/doctored" --path "$plugins" >"$dir/out"
check "real data that are not there end it with 10" is $? 10
check "and are named" finding "real data" BAD "$dir/nowhere"
doctor --json
check "as JSON" has '"check": "packages"'
doctor --config "$dir/good.yaml"
check "a configuration is looked at" finding configuration ok good.yaml
check "its ports" finding ports ok 'none is opened'
check "its instances" finding instances ok '4 take their params'
config | sed 's/fast: 12/fast: 40/' >"$dir/bad.yaml"
check "what only a plugin knows is found" ends 10 "$bowline" doctor --var "$dir/doctored" --path "$plugins" --config "$dir/bad.yaml"
check "and said" finding instances BAD 'fast: 40 must be below slow: 26'
config | sed 's/^seed: 7/sed: 7/' >"$dir/bad.yaml"
check "a configuration that is wrong" ends 10 "$bowline" doctor --var "$dir/doctored" --path "$plugins" --config "$dir/bad.yaml"
check "and said so, with its code and place" finding configuration BAD 'CONFIG_KEY_UNKNOWN: .*bad.yaml:3:1: sed: unknown key'
config | sed 's|{seed: 7, bars|{start: "secret://venue/key", bars|' >"$dir/bad.yaml"
check "a secret that is not there" ends 10 "$bowline" doctor --var "$dir/doctored" --path "$plugins" --config "$dir/bad.yaml"
check "and said so" finding secrets BAD 'secret venue/key is not there'
config | sed "s/bowline.feed.simulated, params: {.*}}/bowline.feed.replay, params: {files: {BTC-USD: nothing.csv}}}/" >"$dir/bad.yaml"
check "a file that it names is not there" ends 10 "$bowline" doctor --var "$dir/doctored" --path "$plugins" --config "$dir/bad.yaml"
check "and said so" finding files BAD 'instance market: .*nothing.csv: No such file'
config | sed 's/bars: 300, speed: max/speed: 300x/
  s/^listen: .*/listen: {ports: {signal-generator: 0, signal-bridge: 0, trade-execution: 0, portfolio-rebalancer: 0}}/' >"$dir/serve.yaml"
"$bowline" run "$dir/serve.yaml" --var "$dir/holder" --log-file "$dir/holder.log" >/dev/null 2>&1 &
started+=($!)
check "a run that holds a port" within 20 grep -qs 'trade-execution listens on' "$dir/holder.log"
port=$(sed -n 's/.*trade-execution listens on [0-9.]*:\([0-9]*\).*/\1/p' "$dir/holder.log")
sed "s/signal-bridge: 0/signal-bridge: $port/" "$dir/serve.yaml" >"$dir/taken.yaml"
check "a port that is taken" ends 10 "$bowline" doctor --var "$dir/doctored" --path "$plugins" --config "$dir/taken.yaml"
check "and said so" finding ports BAD "signal-bridge: port $port on 127.0.0.1 is taken"
kill -TERM "${started[0]}"
wait "${started[0]}"
started=()

# check-config
check "a good configuration" ends 0 "$bowline" check-config "$dir/good.yaml" --json
check "as JSON" has '"ok": true'
config | sed 's/^seed: 7/sed: 7/; s/^interval: 5m/interval: 5/' >"$dir/bad.yaml"
check "a bad one" ends 3 "$bowline" check-config "$dir/bad.yaml"
check "its problems have codes" err "^bowline: CONFIG_KEY_UNKNOWN: $dir/bad.yaml:3:1: sed: unknown key; did you mean seed?"
check "each of them" err "^bowline: CONFIG_TYPE: $dir/bad.yaml:4:11: interval: a duration such as"
check "a bad one as JSON" ends 3 "$bowline" check-config "$dir/bad.yaml" --json
check "code" has '"code": "CONFIG_KEY_UNKNOWN"'
check "line" has '"line": 4'
check "column" has '"column": 11'
check "path" has '"path": "interval"'
check "message" has '"message": "unknown key; did you mean seed?"'
check "nothing but JSON" test ! -s "$dir/err"
config | sed 's/fast: 12/fast: 40/' >"$dir/bad.yaml"
check "what only a plugin knows" ends 3 "$bowline" check-config "$dir/bad.yaml"
check "and said" err 'PLUGIN_CONFIGURE_FAILED: instance cross: .*fast: 40 must be below slow: 26'
sed "s|path: \[.*|path: [$plugins]|" "$source/configs/xgboost_train.yaml" >"$dir/train.yaml"
check "a configuration to train with has no broker" ends 3 "$bowline" check-config "$dir/train.yaml"
check "and need not have one" ends 0 "$bowline" check-config "$dir/train.yaml" --training

# the command line
check "no verb" ends 2 "$bowline"
check "no verb: has a code" err '^bowline: USAGE_INVALID: '
check "an unknown verb" ends 2 "$bowline" frobnicate --var x
check "an unknown verb: is named" err '^bowline: USAGE_INVALID: there is no verb frobnicate: see bowline --help$'
check "no file" ends 2 "$bowline" run
check "no file: says what, and where help is" err '^bowline: USAGE_INVALID: config is required: see bowline run --help$'
check "no such option" ends 2 "$bowline" db dump orders --far "$dir"
check "no such option: says so" err '^bowline: USAGE_INVALID: .*--far.*: see bowline db dump --help$'
check "help is no error" ends 0 "$bowline" db dump --help

# plugin
check "plugin list" ends 0 "$bowline" plugin list --path "$plugins"
check "names the plugins" has 'bowline.signal.ema_cross'
check "plugin list as JSON" ends 0 "$bowline" plugin list --path "$plugins" --json
check "with their class of venue" has '"venue_class": "simulated"'
check "plugin list of a folder that is not there" ends 4 "$bowline" plugin list --path "$dir/nowhere"
check "plugin inspect" ends 0 "$bowline" plugin inspect "$plugins/libbroker_mock.so"
check "says what it is" has 'bowline.broker.mock 1.0.0 (broker)'
check "and its libraries" has 'libsqlite3.so.0'
check "plugin inspect as JSON" ends 0 "$bowline" plugin inspect "$plugins/libbroker_mock.so" --json
check "with its hash" has "$(sha256sum "$plugins/libbroker_mock.so" | cut -d' ' -f1)"
check "plugin inspect of another file" ends 4 "$bowline" plugin inspect "$dir/good.yaml"
check "says that it is none" err 'PLUGIN_NOT_ELF'
check "plugin schema" ends 0 "$bowline" plugin schema bowline.signal.ema_cross --path "$plugins"
check "is a closed schema" has '"additionalProperties": false'
check "plugin schema of nobody" ends 4 "$bowline" plugin schema bowline.signal.ema_crss --path "$plugins"
check "says who was meant" err 'did you mean bowline.signal.ema_cross?'

# db
check "a run" ends 0 run "$dir/good.yaml" "$dir/var"
check "db status" ends 0 "$bowline" db status --var "$dir/var"
check "of both files" is "$(grep -c 'version [1-9][0-9]*, up to date$' "$dir/out")" 2
check "db status as JSON" ends 0 "$bowline" db status --var "$dir/var" --json
check "with the version" has '"version": [1-9]'
check "with what is open" has '"open": \[\]'
check "db status of nothing" ends 7 "$bowline" db status --var "$dir/nowhere"
check "and no file is made" test ! -e "$dir/nowhere"
check "db migrate as JSON" ends 0 "$bowline" db migrate --var "$dir/var" --json
check "from and to" has '"from": [1-9]'

# quarantine
echo '{"instance":"cross","plugin":"p","sha256":"","call":"signal.on_event","why":"overrun","event":1}' >"$dir/var/quarantine"
check "quarantine release as JSON" ends 0 "$bowline" quarantine release cross --var "$dir/var" --json
check "says who" has '"cross"'

# train has a log as run has
"$bowline" train "$dir/train.yaml" --out "$dir/model" --log-level LOUD >"$dir/out" 2>"$dir/err"
check "a level that is none" is $? 3
check "says so" err '^bowline: CONFIG_LOG_LEVEL: '
sed -i 's/bars: 20000/bars: 3000/; s/rounds: 60/rounds: 2/' "$dir/train.yaml"
check "training with a log" ends 0 "$bowline" train "$dir/train.yaml" --out "$dir/model" --log-file "$dir/train.log" --log-level DEBUG
check "it was made" test -e "$dir/train.log"
exit $failed
