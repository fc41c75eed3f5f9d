#!/usr/bin/env bash
# What keeps a run from trading for real by accident, through the built programs (trading rules 6, 5.3, 3.5): each guard of
# mode: live that is missing is refused alone, with all of them met one remains, which is the version's own; a run that starts reducing buys nothing
# until an operator lets it trade, or a planned roll-out was announced; a ramp is raised by an operator alone.
source "$(dirname "$0")/check.sh"
unset TRADING_MODE KUBERNETES_SERVICE_HOST

# ---- the guards of mode: live
mkdir "$dir/secrets"
export BOWLINE_SECRETS=$dir/secrets
for s in read trade emergency; do printf '%s%060d' $s 0 >"$dir/secrets/$s"; done
tokens='tokens: {read: "secret:\/\/read", trade: "secret:\/\/trade", emergency: "secret:\/\/emergency"}'
full() { # a live file that has everything; its plugins are the built ones, pinned
  sed "s|path: \[.*|path: [$plugins]|; s/^listen: .*/listen: {$tokens}/; s/^mode: mock/mode: live\nconfirm_live: true\nallow_outside_kubernetes: true/" "$source/configs/ema_simulated.yaml" |
    sed "/path: \[/a\\  pins: {$(cd "$plugins" && sha256sum ./*.so | sed 's|\([0-9a-f]*\)  ./\(.*\)|\2: \1|' | paste -sd, | sed 's/,/, /g')}"
  cat <<YAML
execution:
  portfolio_uuid: 1b4e28ba-2fa1-41d2-883f-0016d3cca427
  ramp: {usd_per_day: 500, orders_per_day: 10}
  floor: {max_order: 100, max_day: 1000, max_total: 5000}
  stops: {owner: venue, unprotected_after: 1m}
  drift: {position_cap: 5%, position_above: 6%, exposure_cap: 80%, exposure_above: 85%}
YAML
}
full >"$dir/full.yaml"
# What a plugin takes from elsewhere (the mock venue's SQLite) is pinned as it is told: the host names it with its SHA-256.
"$bowline" check-config "$dir/full.yaml" 2>"$dir/err" >/dev/null
others=$(sed -n 's/.*PLUGIN_PIN_MISSING: .*then add "\([^"]*\)" under plugins.pins.*/, \1/p' "$dir/err" | tr -d '\n')
sed -i "s|^\(  pins: {.*\)}\$|\1$others}|" "$dir/full.yaml"
check "live, every guard met: refused all the same" ends 9 "$bowline" check-config "$dir/full.yaml"
check "by the one guard that nobody can meet" grep -q '^bowline: LIVE_NOT_OFFERED: .*full.yaml:[0-9]*:[0-9]*: mode: this version does not offer mode: live' "$dir/err"
check "and by no other" grep -q '^1 problem in ' "$dir/err"
check "it is not run either" ends 9 run "$dir/full.yaml" "$dir/live"
check "nothing was begun" test ! -e "$dir/live"

missing() { # what, its code, its key, sed script
  sed "$4" "$dir/full.yaml" >"$dir/live.yaml"
  check "live, $1" ends 9 "$bowline" check-config "$dir/live.yaml"
  check "live, $1: named by $2 with its place" grep -q "^bowline: $2: $dir/live.yaml:[0-9]*:[0-9]*: $3: " "$dir/err"
  check "live, $1: beside the one that nobody can meet" grep -q '^2 problems in ' "$dir/err"
}
missing "not confirmed" LIVE_NOT_CONFIRMED confirm_live '/^confirm_live/d'
missing "outside Kubernetes" LIVE_OUTSIDE_KUBERNETES allow_outside_kubernetes '/^allow_outside/d'
missing "no tokens" LIVE_NOT_AUTHENTICATED listen.tokens 's/^listen: .*/listen: {host: 127.0.0.1}/'
missing "a port that others reach" LIVE_LISTEN_OPEN listen.host "s/^listen: .*/listen: {host: 0.0.0.0, $tokens}/"
echo x >"$dir/host.pem"
echo x >"$dir/secrets/host"
sed "s|^listen: .*|listen: {host: 0.0.0.0, $tokens, tls: {certificate: $dir/host.pem, key: \"secret://host\"}}|" "$dir/full.yaml" >"$dir/live.yaml"
check "live, a port that others reach over TLS" ends 9 "$bowline" check-config "$dir/live.yaml"
check "live, a port that others reach over TLS: that is no guard any more" grep -q '^1 problem in ' "$dir/err"
missing "a journal in memory" LIVE_JOURNAL_MEMORY journal 's/^seed:/journal: memory\nseed:/'
missing "no store" LIVE_STORE_MISSING store.transactions 's/^seed:/store: {transactions: none, prices: none}\nseed:/'
missing "no risk chain" LIVE_RISK_MISSING instances '/kind: risk/d'
missing "no portfolio" LIVE_PORTFOLIO_MISSING execution.portfolio_uuid '/portfolio_uuid/d'
missing "no cap per order" LIVE_MAX_ORDER_MISSING execution.floor.max_order 's/max_order: 100, //'
missing "no cap per day" LIVE_MAX_DAY_MISSING execution.floor.max_day 's/max_day: 1000, //'
missing "no cap in total" LIVE_MAX_TOTAL_MISSING execution.floor.max_total 's/, max_total: 5000//'
missing "no ramp of amounts" LIVE_RAMP_AMOUNT_MISSING execution.ramp.usd_per_day 's/usd_per_day: 500, //'
missing "no ramp of orders" LIVE_RAMP_ORDERS_MISSING execution.ramp.orders_per_day 's/, orders_per_day: 10//'
missing "a price of any age" LIVE_MARK_AGE execution.floor.max_mark_age 's/max_total: 5000/max_total: 5000, max_mark_age: 0/'
missing "stops that end with the host" LIVE_STOPS_AT_HOST execution.stops.owner 's/owner: venue, //'
missing "a position without a stop that nobody tells" LIVE_UNPROTECTED_UNTOLD execution.stops.unprotected_after 's/, unprotected_after: 1m//'
missing "drift without an end" LIVE_DRIFT_MISSING execution.drift 's/exposure_cap: 80%, exposure_above: 85%//; s/6%, }/6%}/'
missing "an assumed spread" LIVE_HALF_SPREAD execution.assumed_half_spread 's/^execution:/execution:\n  assumed_half_spread: 5bp/'
missing "a start that trades" LIVE_STARTS_ACTIVE execution.starts_reducing 's/^execution:/execution:\n  starts_reducing: off/'
missing "one plugin without its pin" PLUGIN_PIN_MISSING 'instances\[0\].plugin' 's/libfeed_simulated.so: [0-9a-f]*, //'
sed '/^  pins: /d' "$dir/full.yaml" >"$dir/live.yaml"
check "live, no pins at all" ends 9 "$bowline" check-config "$dir/live.yaml"
check "live, no pins at all: named" grep -q "^bowline: LIVE_PINS_MISSING: .*: plugins.pins: " "$dir/err"
check "live, no pins at all: each file with the SHA-256 that it has" is "$(grep -c 'PLUGIN_PIN_MISSING: .*"[a-z_]*\.so: [0-9a-f]*"' "$dir/err")" 4

# ---- the environment makes a run safer, and nothing else
check "TRADING_MODE=mock over a live file" ends 0 env TRADING_MODE=mock "$bowline" check-config "$dir/full.yaml"
check "it is a mock run" grep -q 'ok: mode mock' "$dir/out"
check "and it is said" grep -q '^bowline: note: TRADING_MODE=mock: .*says mode: live' "$dir/err"
sed 's/^mode: live/mode: ${M}/' "$dir/full.yaml" >"$dir/live.yaml"
check "a mode from the environment" ends 9 env M=live "$bowline" check-config "$dir/live.yaml"
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
