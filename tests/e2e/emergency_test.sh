#!/usr/bin/env bash
# Stopping everything, at every level, through the built programs: by the host, past it, and with it dead. A latch that is
# set lets no entry leave, whatever is started again, until an operator resumes; a liquidation ends flat, with a receipt.
source "$(dirname "$0")/check.sh"
panic=$(dirname "$bowline")/bowline-panic
config() { # bars, speed
  sed "s|path: \[.*|path: [$plugins]|; s/state: memory/state: file, latency: 0ms/; s/bars: 5000, speed: max/bars: $1, speed: $2/
    s/^listen: .*/listen: {ports: {signal-generator: 0, signal-bridge: 0, trade-execution: 0, portfolio-rebalancer: 0}}/" \
    "$source/configs/ema_simulated.yaml"
}
config 50000 15000x >"$dir/run.yaml"
config 400 max >"$dir/short.yaml"
# A key made for this test; the public one belongs to it.
mkdir "$dir/secrets"
line=MC4CAQAwBQYDK2VwBCIEILYW62elFRNg6HnUPfasj+sRTnBhxc6/d7N4LYKlI2Ae
printf -- '-----BEGIN %s-----\n%s\n-----END %s-----\n' 'PRIVATE KEY' $line 'PRIVATE KEY' >"$dir/secrets/receipt"
printf -- '-----BEGIN PUBLIC KEY-----\n%s\n-----END PUBLIC KEY-----\n' MCowBQYDK2VwAyEASn2XEsb4mTWApyfH3xw14XPuepZUbpznsldRILWtPMU= >"$dir/public.pem"
export BOWLINE_SECRETS=$dir/secrets
{ cat "$dir/run.yaml"; echo 'execution: {receipt: {key: "secret://receipt"}}'; } >"$dir/signed.yaml"
begin() { # state folder, configuration
  "$bowline" run "$dir/${2-run}.yaml" --var "$dir/$1" --log-file "$dir/$1.log" >"$dir/$1.out" 2>"$dir/$1.err" &
  host=$!
  started+=($host)
  check "$1: the verb finds it" within 30 answers "$dir/$1"
  at=$(sed -n 's/.*"trade-execution": "\(.*\)".*/\1/p' "$dir/$1/endpoints.json")
}
answers() { "$bowline" emergency state --var "$1" >/dev/null 2>&1; }
die() { kill -KILL $host; wait $host 2>/dev/null; started=(); }
end() { kill -TERM $host; wait $host; check "it ends in order" is $? 0; started=(); }
get() { curl -s -m 10 "$at$1"; }
filled() { get "/orders?state=filled&limit=1" | grep -q '"id"'; }
held() { get /portfolio | grep -q '"qty"'; }
flat() { ! held; }
steps() { get /metrics | sed -n 's/^bowline_steps_total{acted="true"} //p'; }
beyond() { local n; n=$(steps); [ -n "$n" ] && [ "${n%.*}" -gt "$1" ]; }
halted() { get /trading/state | grep -q '^{"state":"halted".*"gate_open":false'; }
sent() { # BUY or SELL, state folder: intents in the journal of a host that is not running
  "$SQLITE_DO" "$dir/$2/journal.db" "SELECT count(*) FROM journal WHERE kind='intent' AND payload LIKE '%\"side\":\"$1\"%'"
}

# A panic with the host alive; the host is killed and started again: no entry leaves (3.7).
begin alive
check "alive: it trades" within 40 filled
refused "a folder that is not there" 2 'LATCH_FOLDER' "$panic" stop --var "$dir/nothing"
check "panic: the host has done it" ends 0 "$panic" stop --var "$dir/alive" --reason 'a drill' --json
check "panic: it is latched" grep -q '"latched": true' "$dir/out"
check "panic: the host says what it did" grep -q '"state": "halted"' "$dir/out"
check "alive: halted, the gate closed" within 5 halted
check "the verb tells the state" ends 0 "$bowline" emergency state --var "$dir/alive"
check "with who and why" grep -q '^halted, the gate is closed by .*a drill' "$dir/out"
at_stop=$(steps)
die
buys=$(sent BUY alive)
check "alive: it had bought" test "$buys" -gt 0
check "the latch is there" test -e "$dir/alive/HALT"
begin alive
check "restarted: it is halted" within 20 halted
check "restarted: bars pass beyond the stop" within 60 beyond $((${at_stop%.*} + 200))
die
check "restarted: zero entries" is "$(sent BUY alive)" "$buys"

# Only a resume lets go.
begin alive
check "restarted again: still halted" within 20 halted
check "a resume looked at first" ends 0 "$bowline" emergency resume --var "$dir/alive" --reason 'a look' --dry-run
check "says what would follow" grep -q '^it would be active, the gate open; now it is halted, the gate closed, the latch set' "$dir/out"
check "and leaves the latch where it is" test -e "$dir/alive/HALT"
check "resume" ends 0 "$bowline" emergency resume --var "$dir/alive" --reason 'it was a drill'
check "resume: the gate is open" grep -q '^active, the gate is open' "$dir/out"
check "resume: the latch is off" test ! -e "$dir/alive/HALT"
bought() { get "/orders?limit=1000" | grep -o '"side":"BUY"' | wc -l | { read -r n; [ "$n" -gt "$buys" ]; }; }
check "and it buys again" within 90 bought
end
check "an ended host says so" test ! -e "$dir/alive/endpoints.json"
refused "a verb without a host" 11 'HOST_UNKNOWN' "$bowline" emergency state --var "$dir/alive"
refused "an address where nobody is" 11 'HOST_UNREACHABLE' "$bowline" emergency stop --url http://127.0.0.1:1 --reason x

# The latch set by hand, where no host ever ran: a whole run without an order.
mkdir "$dir/never"
: >"$dir/never/HALT"
check "latched from the start: it runs to its end" ends 0 run "$dir/short.yaml" "$dir/never"
check "and decides as ever" test "$(field steps)" -gt 300
check "and makes no order" is "$(field made)$(sent BUY never)$(sent SELL never)" 000
check "the same without the latch" ends 0 run "$dir/short.yaml" "$dir/free"
check "makes some" test "$(sent BUY free)" -gt 0

# Liquidation by the host: dry first, then for good; flat, with a receipt, and not a second time.
begin sold signed
check "sold: it holds something" within 60 held
refused "liquidate without a yes" 2 'USAGE_CONFIRM' "$bowline" emergency liquidate --var "$dir/sold" --reason fire
check "a dry run" ends 0 "$bowline" emergency liquidate --var "$dir/sold" --reason fire --dry-run --id fire-1
check "a dry run changes nothing" is "$(get /trading/state | grep -c '^{"state":"active"')" 1
check "sold: it holds something still" within 60 held
check "for good" ends 0 "$bowline" emergency liquidate --var "$dir/sold" --reason fire --yes --id fire-1
check "it is streamed as it goes on" ends 0 "$WS_PROBE" "${at##*:}" /emergency/fire-1/stream until='"type":"receipt"' end
check "to its receipt, and closed" grep -q '^closed 1000' "$dir/out"
check "halted" within 5 halted
done_() { "$bowline" emergency receipt --var "$dir/sold" --id fire-1 --json >"$dir/out" 2>/dev/null && grep -q '"phase": "done"' "$dir/out"; }
check "it ends" within 30 done_
check "flat" within 10 flat
check "the receipt tells what was sold" grep -q '"status": "sold"' "$dir/out"
check "and under which orders" grep -q '"bl-' "$dir/out"
check "and that the venue was read once more" grep -q '"final_read": true' "$dir/out"
cp "$dir/out" "$dir/receipt.json"
verify() { "$bowline" emergency receipt --verify "$dir/$1" --public-key "$dir/public.pem" "${@:2}"; }
check "it is signed, and stands in the journal of a host that is alive" ends 0 verify receipt.json --in-journal --var "$dir/sold"
check "by the key that the configuration names" grep -q '^signed by the key 975d469ced7bf8da' "$dir/out"
sed 's/"sold": "/"sold": "1/' "$dir/receipt.json" >"$dir/more.json"
refused "a receipt that was changed" 5 'RECEIPT_SIGNATURE' verify more.json
refused "and the journal has no such one" 5 'RECEIPT_NOT_IN_JOURNAL' "$bowline" emergency receipt --verify "$dir/more.json" --in-journal --var "$dir/sold"
refused "checked by nothing" 2 'USAGE_RECEIPT' "$bowline" emergency receipt --verify "$dir/receipt.json"
refused "neither an id nor a file" 2 'USAGE_RECEIPT' "$bowline" emergency receipt --var "$dir/sold"
refused "a private key where the public one belongs" 5 'RECEIPT_KEY' "$bowline" emergency receipt --verify "$dir/receipt.json" --public-key "$dir/secrets/receipt"
check "the latch orders to liquidate" grep -q '"order":"liquidate","id":"fire-1"' "$dir/sold/HALT"
check "the same id is the same one" ends 0 "$bowline" emergency liquidate --var "$dir/sold" --reason fire --yes --id fire-1 --json
check "as it says" grep -q '"replayed": true' "$dir/out"
at_stop=$(steps)
die
orders=$(sent BUY sold)+$(sent SELL sold)
no_key() { ! grep -rqF -e "$line" "$dir/sold" "$dir/sold.log" "$dir/sold.out" "$dir/sold.err"; }
check "the key is nowhere that the host wrote" no_key
begin sold signed
check "restarted: halted" within 20 halted
check "restarted: the receipt is there" within 20 done_
check "restarted: bars pass" within 60 beyond $((${at_stop%.*} + 50))
die
check "restarted: nothing more is sent" is "$(sent BUY sold)+$(sent SELL sold)" "$orders"
check "the journal is proved" ends 0 "$bowline" journal verify --var "$dir/sold"
printf 'no key\n' >"$dir/secrets/receipt"
refused "a secret that is no key" 3 'SECRET_RECEIPT_KEY' run "$dir/signed.yaml" "$dir/keyless"
check "made no state" test ! -e "$dir/keyless/journal.db"
sed "s|secret://receipt|$line|" "$dir/signed.yaml" >"$dir/plain.yaml"
check "a key in the configuration is refused" ends 3 run "$dir/plain.yaml" "$dir/keyless"
check "and not repeated" test -z "$(grep -F -e "$line" "$dir/err")"

# Ordered while the host is dead: it sells when it is started, whoever starts it.
begin dead
check "dead: it holds something" within 60 held
die
check "panic liquidate: nobody answers" ends 11 "$panic" liquidate --var "$dir/dead" --reason fire --id fire-2
check "panic liquidate: says so" grep -q 'is set: no entry.*' "$dir/out"
begin dead
sold_() { "$bowline" emergency receipt --var "$dir/dead" --id fire-2 --json >"$dir/out" 2>/dev/null && grep -q '"phase": "done"' "$dir/out"; }
check "started: it sells what it holds" within 90 sold_
check "started: it sold something" grep -q '"status": "sold"' "$dir/out"
cp "$dir/out" "$dir/receipt.json"
check "without a key the receipt says so" grep -q '"signed": false' "$dir/out"
refused "and is not taken for a signed one" 5 'RECEIPT_UNSIGNED' verify receipt.json
check "the journal proves it all the same" ends 0 "$bowline" emergency receipt --verify "$dir/receipt.json" --in-journal --var "$dir/dead"
check "started: flat" within 10 flat
end
exit $failed
