#!/usr/bin/env bash
# What keeps a run from trading for real by accident, through the built programs (trading rules 6, 5.3, 3.5): configs/live.yaml says what
# is still to be filled in, and nothing else; each guard of mode: live that is missing is refused alone; a run that starts reducing buys
# nothing until an operator lets it trade, or a planned roll-out was announced; a ramp is raised by an operator alone. Live itself, at a
# venue: live_venue_test.sh.
source "$(dirname "$0")/check.sh"
unset TRADING_MODE KUBERNETES_SERVICE_HOST BOWLINE_SECRETS

# ---- what a user has to fill in
problems() { sed -n "s|^bowline: \([A-Z_]*\): .*live.yaml:[0-9]*:[0-9]*: \([^:]*\): .*|\1 \2|p" "$dir/err" | sort | paste -sd' '; }
sed "s|path: \[.*|path: [$plugins]|" "$source/configs/live.yaml" >"$dir/live.yaml"
check "configs/live.yaml as it is: refused" ends 9 "$bowline" check-config "$dir/live.yaml"
check "it names the secrets, the pins, the portfolio and the canary, each once, and nothing else" is "$(problems)" \
  "CONFIG_SECRET instances[4].params.key CONFIG_SECRET listen.tokens.emergency CONFIG_SECRET listen.tokens.read CONFIG_SECRET listen.tokens.trade LIVE_CANARY_MISSING instances LIVE_PINS_MISSING plugins.pins LIVE_PORTFOLIO_MISSING execution.portfolio_uuid PLUGIN_PIN_MISSING instances[0].plugin PLUGIN_PIN_MISSING instances[1].plugin PLUGIN_PIN_MISSING instances[2].plugin PLUGIN_PIN_MISSING instances[3].plugin PLUGIN_PIN_MISSING instances[4].plugin"
check "the portfolio: what to do" grep -q 'execution.portfolio_uuid: .* write it here in place of the zeros$' "$dir/err"
check "a secret: what to do" grep -q 'secret coinbase-key is not there: put it in a file of that name in the folder BOWLINE_SECRETS names' "$dir/err"
check "as JSON, too" ends 9 "$bowline" check-config "$dir/live.yaml" --json
check "as JSON, too: as many" is "$(grep -c '"code":' "$dir/out")" 12
check "it is not run" ends 9 run "$dir/live.yaml" "$dir/live"
check "nothing was begun" test ! -e "$dir/live"
mkdir "$dir/secrets"
export BOWLINE_SECRETS=$dir/secrets
for s in read trade emergency; do printf '%s%060d' $s 0 >"$dir/secrets/$s"; done
key=$(openssl ecparam -name prime256v1 -genkey -noout)
printf '{"name":"organizations/a/apiKeys/b","privateKey":"%s"}' "${key//$'\n'/\\n}" >"$dir/secrets/coinbase-key"
canary_noted "$dir/after" "$dir/secrets/coinbase-key"
pins=$(cd "$plugins" && sha256sum libfeed_coinbase.so libsignal_ema_cross.so librisk_limits.so librisk_stops.so libbroker_coinbase.so | sed 's|\([0-9a-f]*\)  \(.*\)|\2: \1|' | paste -sd, | sed 's/,/, /g')
sed -i "s|pins: {}|pins: {$pins}|; s|00000000-0000-0000-0000-000000000000|1b4e28ba-2fa1-41d2-883f-0016d3cca427|" "$dir/live.yaml"
check "filled in: what the plugins bring is left" ends 9 "$bowline" check-config --var "$dir/after" "$dir/live.yaml"
# Which param names the key is in the plugin's schema, and that one is not read yet.
check "all of it at once, and the canary of a key that is not known yet" is "$(problems)" "LIVE_CANARY_MISSING instances PLUGIN_PIN_MISSING instances[0].plugin PLUGIN_PIN_MISSING instances[4].plugin"
check "of that key it is said why" grep -q '^bowline: note: CANARY_KEY_UNKNOWN: .*PLUGIN_PIN_MISSING: ' "$dir/err"
check "and no other key is blamed" test "$(grep -c 'another key' "$dir/err")" = 0
brought=$(grep -o '"lib[a-z]*\.so\.[0-9]*: [0-9a-f]\{64\}"' "$dir/err" | tr -d '"' | sort -u | sed 's/^/, /' | tr -d '\n')
sed "s|^\(  pins: {.*\)}\$|\1$brought}|" "$dir/live.yaml" >"$dir/full.yaml"
check "then it is good, and it is live" ends 0 "$bowline" check-config --var "$dir/after" "$dir/full.yaml"
check "as it says" grep -q 'ok: mode live, 2 instruments, 5 instances' "$dir/out"

# ---- the guards of mode: live
missing() { # what, its code, its key, sed script
  sed "$4" "$dir/full.yaml" >"$dir/live.yaml"
  check "live, $1" ends 9 "$bowline" check-config --var "$dir/after" "$dir/live.yaml"
  check "live, $1: named by $2 with its place" grep -q "^bowline: $2: $dir/live.yaml:[0-9]*:[0-9]*: $3: " "$dir/err"
  check "live, $1: and nothing beside it" grep -q '^1 problem in ' "$dir/err"
}
missing "not confirmed" LIVE_NOT_CONFIRMED confirm_live '/^confirm_live/d'
missing "outside Kubernetes" LIVE_OUTSIDE_KUBERNETES allow_outside_kubernetes '/^allow_outside/d'
missing "no tokens" LIVE_NOT_AUTHENTICATED listen.tokens '/^  tokens:/d'
missing "a port that others reach" LIVE_LISTEN_OPEN listen.host 's/^  host: .*/  host: 0.0.0.0/'
echo x >"$dir/host.pem"
echo x >"$dir/secrets/host-key"
sed "s|^  host: .*|  host: 0.0.0.0|; s|^  # tls: .*|  tls: {certificate: $dir/host.pem, key: \"secret://host-key\"}|" "$dir/full.yaml" >"$dir/live.yaml"
check "live, a port that others reach over TLS: that is no guard any more" ends 0 "$bowline" check-config --var "$dir/after" "$dir/live.yaml"
missing "time that waits for data" LIVE_TIME_DATA time 's/^seed:/time: data\nseed:/'
missing "a journal in memory" LIVE_JOURNAL_MEMORY journal 's/^seed:/journal: memory\nseed:/'
missing "no store" LIVE_STORE_MISSING store.transactions 's/^seed:/store: {transactions: none, prices: none}\nseed:/'
missing "no risk chain" LIVE_RISK_MISSING instances '/kind: risk/d'
missing "no portfolio" LIVE_PORTFOLIO_MISSING execution.portfolio_uuid '/portfolio_uuid/d'
missing "no cap per order" LIVE_MAX_ORDER_MISSING execution.floor.max_order '/ max_order:/d'
missing "no cap per day" LIVE_MAX_DAY_MISSING execution.floor.max_day '/ max_day:/d'
missing "no cap in total" LIVE_MAX_TOTAL_MISSING execution.floor.max_total '/ max_total:/d'
missing "no ramp of amounts" LIVE_RAMP_AMOUNT_MISSING execution.ramp.usd_per_day 's/usd_per_day: 250, //'
missing "no ramp of orders" LIVE_RAMP_ORDERS_MISSING execution.ramp.orders_per_day 's/, orders_per_day: 10//'
missing "a price of any age" LIVE_MARK_AGE execution.floor.max_mark_age 's/^    max_total: .*/    max_total: 1000\n    max_mark_age: 0/'
missing "stops that end with the host" LIVE_STOPS_AT_HOST execution.stops.owner 's/owner: venue, //'
missing "a position without a stop that nobody tells" LIVE_UNPROTECTED_UNTOLD execution.stops.unprotected_after 's/, unprotected_after: 1m//'
missing "drift without an end" LIVE_DRIFT_MISSING execution.drift 's/, exposure_cap: 80%, exposure_above: 85%//'
missing "an assumed spread" LIVE_HALF_SPREAD execution.assumed_half_spread 's/^execution:/execution:\n  assumed_half_spread: 5bp/'
missing "a start that trades" LIVE_STARTS_ACTIVE execution.starts_reducing 's/^execution:/execution:\n  starts_reducing: off/'
check "live, without a canary" ends 9 "$bowline" check-config --var "$dir/before" "$dir/full.yaml"
check "live, without a canary: named, and what to do" grep -q '^bowline: LIVE_CANARY_MISSING: .*: instances: .*bowline doctor --canary' "$dir/err"
missing "a venue in the clear" LIVE_VENUE_PLAIN instances 's|{key: "secret://coinbase-key"}|{key: "secret://coinbase-key", api_url: "http://127.0.0.1:1"}|'
missing "a stream in the clear" LIVE_VENUE_PLAIN instances 's|{history: 300}|{history: 300, stream_url: "ws://127.0.0.1:1"}|'
missing "a secret that is not there" CONFIG_SECRET listen.tokens.trade 's|secret://trade|secret://none|'
more_pins=$(cd "$plugins" && sha256sum libfeed_simulated.so libfeed_replay.so libbroker_mock.so | sed 's|\([0-9a-f]*\)  \(.*\)|\2: \1|' | paste -sd, | sed 's/,/, /g')
others() { sed "s|^\(  pins: {.*\)}\$|\1, $more_pins$more}|; $1" "$dir/full.yaml" >"$dir/live.yaml"; "$bowline" check-config --var "$dir/after" "$dir/live.yaml" 2>"$dir/err" >/dev/null; }
more=
for plugin in "feed.simulated {}" "feed.replay {files: {BTC-USD: a.csv, ETH-USD: b.csv}}" "broker.mock {cash: {USD: \"10000\"}}"; do
  name=${plugin%% *} what=${plugin#* } kind=${plugin%%.*}
  others "s|plugin: bowline.$kind.coinbase, params: {.*}}|plugin: bowline.$name, params: $what}|"
  more=$(grep -o '"lib[a-z0-9_]*\.so\.[0-9]*: [0-9a-f]\{64\}"' "$dir/err" | tr -d '"' | sort -u | sed 's/^/, /' | tr -d '\n')
  others "s|plugin: bowline.$kind.coinbase, params: {.*}}|plugin: bowline.$name, params: $what}|"
  case $kind in feed) code=LIVE_FEED_SIMULATED ;; *) code=LIVE_VENUE_SIMULATED ;; esac
  check "live, bowline.$name: $code" grep -q "^bowline: $code: .*instances\[[04]\].plugin: " "$dir/err"
  check "live, bowline.$name: is not run" ends 9 run "$dir/live.yaml" "$dir/simulated"
  more=
done
check "and nothing was begun" test ! -e "$dir/simulated"
one() { # sed script: a pin
  sed "$1" "$dir/full.yaml" >"$dir/live.yaml"
}
one 's/libfeed_coinbase.so: [0-9a-f]*, //'
check "live, one plugin without its pin" ends 4 "$bowline" check-config --var "$dir/after" "$dir/live.yaml"
check "live, one plugin without its pin: with the sum that it has" grep -q 'PLUGIN_PIN_MISSING: .*instances\[0\].plugin: .*"libfeed_coinbase\.so: [0-9a-f]\{64\}"' "$dir/err"
one 's/libbroker_coinbase.so: ......../libbroker_coinbase.so: 00000000/'
check "live, a plugin that is not the pinned one" ends 9 "$bowline" check-config --var "$dir/after" "$dir/live.yaml"
check "live, a plugin that is not the pinned one: says so" grep -q 'PLUGIN_PIN_MISMATCH: .*instances\[4\].plugin: ' "$dir/err"

# ---- the environment makes a run safer, and nothing else
check "TRADING_MODE=mock over a live file: its venue is a real one" ends 9 env TRADING_MODE=mock "$bowline" check-config --var "$dir/after" "$dir/full.yaml"
check "which a mock run refuses" grep -q '^bowline: MODE_VENUE_REAL: .*instances\[4\].plugin: ' "$dir/err"
check "and that it is a mock one is said" grep -q '^bowline: note: TRADING_MODE=mock: .*says mode: live' "$dir/err"
sed "s|path: \[.*|path: [$plugins]|" "$source/configs/ema_simulated.yaml" >"$dir/mock.yaml"
check "TRADING_MODE=live over a mock file" ends 9 env TRADING_MODE=live "$bowline" check-config --var "$dir/after" "$dir/mock.yaml"
check "is refused" grep -q '^bowline: CONFIG_MODE: .*mode: TRADING_MODE=live over a file with mode: mock' "$dir/err"
sed 's/^mode: live/mode: ${M}/' "$dir/full.yaml" >"$dir/live.yaml"
check "a mode from the environment" ends 9 env M=live "$bowline" check-config --var "$dir/after" "$dir/live.yaml"
check "is refused" grep -q 'mode: the environment must not decide this: write it out' "$dir/err"

# ---- a run that starts reducing, under a ramp (in mock: the same code)
sed "s|path: \[.*|path: [$plugins]|; s/state: memory/state: file, latency: 0ms/; s/bars: 5000, speed: max/bars: 50000, speed: 15000x/
  s/^listen: .*/listen: {ports: {signal-generator: 0, signal-bridge: 0, trade-execution: 0, portfolio-rebalancer: 0}}/" \
  "$source/configs/ema_simulated.yaml" >"$dir/run.yaml"
echo 'execution: {starts_reducing: on, ramp: {usd_per_day: 100000, orders_per_day: 50}}' >>"$dir/run.yaml"
begin() {
  "$bowline" run "$dir/run.yaml" --var "$dir/var" --log-file "$dir/log" >"$dir/run.out" 2>"$dir/run.err" &
  host=$!
  started+=($host)
  check "$1: it is there" within 30 answers
  at=$(sed -n 's/.*"trade-execution": "\(.*\)".*/\1/p' "$dir/var/endpoints.json")
}
answers() { "$bowline" emergency state --var "$dir/var" >/dev/null 2>&1; }
get() { curl -s -m 10 "$at$1"; }
state() { get /trading/state | sed 's/^{"state":"\([a-z]*\)".*/\1/'; }
go() { curl -s -m 10 -o /dev/null -X POST -H 'Content-Type: application/json' -d '{"state":"active","reason":"let it trade"}' "$at/trading/state"; }
filled() { get "/orders?state=filled&limit=1" | grep -q '"id"'; }
end() { kill -TERM $host; wait $host; check "$1: it ends in order" is $? 0; started=(); }
die() { kill -KILL $host; wait $host 2>/dev/null; started=(); }
ramp_of() { sed -n "s/.*\"$1\": \([^,]*\),*/\1/p" "$dir/out" | head -1; }

begin "a first start"
check "a first start: it is reducing" is "$(state)" reducing
check "a first start: it says why" grep -q 'a first start: an operator lets it trade' <(get /trading/state)
go
check "an operator lets it trade" is "$(state)" active
check "it trades" within 60 filled
check "the ramp is shown" ends 0 "$bowline" ramp show --var "$dir/var" --json
check "as it was configured" is "$(ramp_of orders_per_day)" 50
check "an operator raises it" ends 0 "$bowline" ramp set --orders 60 --reason 'good days' --var "$dir/var" --json
check "it is raised" is "$(ramp_of orders_per_day) $(ramp_of usd_per_day)" '60 "100000"'
check "a roll-out is announced" ends 0 "$bowline" rollout --reason 'version 1.2' --within 24h --var "$dir/var"
end "the roll-out's stop"

begin "after the roll-out"
check "after the roll-out: it goes on as it was" is "$(state)" active
check "after the roll-out: the ramp is the operator's" ends 0 "$bowline" ramp show --var "$dir/var" --json
check "after the roll-out: as he set it" is "$(ramp_of orders_per_day)" 60
die

begin "after a crash"
check "after a crash: it starts reducing" is "$(state)" reducing
check "after a crash: it says why" grep -q 'did not come to its end' <(get /trading/state)
go
check "after a crash: an operator lets it trade" is "$(state)" active
end "a plain stop"
sed -i 's/orders_per_day: 50/orders_per_day: 500/' "$dir/run.yaml"

begin "after a plain stop"
check "after a plain stop: it starts reducing" is "$(state)" reducing
check "a configuration that says more raises nothing" ends 0 "$bowline" ramp show --var "$dir/var" --json
check "the ramp is what the operator set" is "$(ramp_of orders_per_day)" 60
end "the last stop"
check "the journal is proved" ends 0 "$bowline" journal verify --var "$dir/var"
asked() { "$SQLITE_DO" "$dir/var/journal.db" "SELECT count(*) FROM journal WHERE kind='asked' AND payload LIKE '{\"what\":\"$1\"%' AND payload LIKE '%\"why\":\"$2\"%'"; }
check "the raise is in the journal, with its reason" is "$(asked ramp 'good days')" 1
check "and so is the roll-out" is "$(asked rollout 'version 1.2')" 1
exit $failed
