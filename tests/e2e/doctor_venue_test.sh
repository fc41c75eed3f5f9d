#!/usr/bin/env bash
# bowline doctor --venue and --canary against the simulated venue over TLS: what is found out of a key, a clock, products and fees; the
# smallest real orders, with the venue's own word on the balances behind them; answers that are lost, processes that are killed; and
# that mode: live asks for a canary once per version and key. No text of a key is in anything that is said.
source "$(dirname "$0")/check.sh"
unset TRADING_MODE KUBERNETES_SERVICE_HOST
venue=$(dirname "$bowline")/bowline-venue
ca=$dir/ca.pem
mkdir "$dir/secrets" "$dir/said" "$dir/tmp"
export BOWLINE_SECRETS=$dir/secrets

cat >"$dir/venue.yaml" <<YAML
listen: {port: 0, control_port: 0}
tls: {ca_file: $ca}
seed: 7
market: {source: simulated, tick: 200ms}
products: [BTC-USD, ETH-USD]
portfolios:
  - name: main
    fees: {maker: 0.4%, taker: 0.6%}
    deposits: {USD: "1000", BTC: "0.5"}
    keys:
      - {generate: es256, file: $dir/secrets/trade, permissions: [view, trade]}
      - {generate: ed25519, file: $dir/secrets/view, permissions: [view]}
      - {generate: es256, file: $dir/secrets/transfer, permissions: [view, trade, transfer]}
  - {name: other, deposits: {USD: "1000"}, keys: [{generate: ed25519, file: $dir/secrets/other, permissions: [view, trade]}]}
YAML
"$venue" --config "$dir/venue.yaml" --log-file "$dir/requests" >"$dir/venue.out" 2>"$dir/venue.err" &
venue_pid=$!
started+=($venue_pid)
within 20 grep -q 'listens on' "$dir/venue.out" || { cat "$dir/venue.err"; exit 1; }
port=$(sed -n 's/.*listens on [0-9.]*:\([0-9]*\).*/\1/p' "$dir/venue.out")
control=$(sed -n 's/.*control on 127.0.0.1:\([0-9]*\).*/\1/p' "$dir/venue.out")
tell() { curl -s -m 10 -X "$1" ${3:+--data-binary "$3"} "http://127.0.0.1:$control$2"; } # method, path, body
rule() { tell POST /rules "$1" | grep -q '"id"' || { echo "no rule: $1"; return 1; }; }
main() { tell GET / | grep -o '"name":"main".*' | sed 's/"name":"other".*//'; }
balance() { main | grep -o "\"$1\":{\"available\":\"[^\"]*\",\"hold\":\"[^\"]*\"" | sed 's/.*available":"\(.*\)","hold":"\(.*\)"/\1 on hold \2/'; }
count() { tell GET / | sed "s/.*\"$1\":\([0-9]*\).*/\1/"; } # orders, open
portfolio=$(main | sed 's/.*"uuid":"\([^"]*\)".*/\1/' | head -1)
tell POST /market/BTC-USD '{"price":"50000"}' >/dev/null
tell POST /market/ETH-USD '{"price":"2500"}' >/dev/null

config() { # key, portfolio, more params, instruments
  cat <<YAML
mode: live
confirm_live: true
allow_outside_kubernetes: true
instruments: ${4:-[BTC-USD, ETH-USD]}
plugins: {path: [$plugins], network: {ca_file: $ca}, pins: {$pins}}
execution: {portfolio_uuid: $2}
instances:
  - {id: venue, kind: broker, plugin: bowline.broker.coinbase, params: {key: "secret://$1", api_url: "https://localhost:$port", ws_url: "wss://localhost:$port"${3:+, $3}}}
YAML
}
pins="libbroker_coinbase.so: $(sha256sum "$plugins/libbroker_coinbase.so" | cut -d' ' -f1)"
config trade "$portfolio" >"$dir/run.yaml"
# The distribution's libraries that the plugin takes are pinned as the host tells them.
"$bowline" check-config "$dir/run.yaml" --var "$dir/var" >/dev/null 2>"$dir/err"
pins="$pins$(grep -o '"lib[a-z]*\.so\.[0-9]*: [0-9a-f]\{64\}"' "$dir/err" | tr -d '"' | sort -u | sed 's/^/, /' | tr -d '\n')"
config trade "$portfolio" >"$dir/run.yaml"
n=0
doctor() { # arguments: as ends() calls it; what was said is kept, to be searched for keys
  n=$((n + 1))
  TMPDIR=$dir/tmp "$bowline" doctor "$@" >"$dir/said/$n.out" 2>"$dir/said/$n.err"
  local got=$?
  cat "$dir/said/$n.out"
  cat "$dir/said/$n.err" >&2
  return $got
}
found() { # what, exit code, finding that is BAD ("": none), words in it, arguments
  local what=$1 code=$2 bad=$3 words=$4; shift 4
  check "$what" ends "$code" doctor "$@"
  check "$what: it is the one thing" is "$(grep '^BAD' "$dir/out" | cut -c6-19 | sed 's/ *$//' | paste -sd,)" "$bad"
  check "$what: in these words" grep -q -e "$words" "$dir/out"
}

# ---- looked at ------------------------------------------------------------------------------------------------------------------
found "all is well" 0 "" '^ok *key *it may view, trade, and not move money out' --venue "$dir/run.yaml"
cat "$dir/out"
for line in secret venue portfolio clock latency 'rules BTC-USD' 'rules ETH-USD' 'fees BTC-USD' 'fees ETH-USD' account quota; do
  check "all is well: $line" grep -q "^ok *$line" "$dir/out"
done
check "the portfolio is named" grep -q "$portfolio, which is the pinned one" "$dir/out"
check "latency: median, and what 99 % are within" grep -q 'median [0-9.]* ms, 99 % within [0-9.]* ms, of [0-9][0-9]* requests' "$dir/out"
check "quota: what polling takes, and what is left" grep -q 'key: 10 a second, 10000 an hour, of which polling takes 648 an hour and leaves 9352' "$dir/out"
check "nothing was ordered" is "$(count orders)" 0
check "as JSON" ends 0 doctor --venue "$dir/run.yaml" --json
check "as JSON: it is" grep -q '^  "ok": true,' "$dir/out"
check "nothing is left behind" is "$(ls "$dir/tmp")" ""
key_hash=$(grep -o '"name" *: *"[^"]*"' "$dir/secrets/trade" | sed 's/.*: *"\(.*\)"/\1/' | tr -d '\n' | sha256sum | cut -d' ' -f1)
check "of the key the SHA-256 of its id is told" grep -q "public id: $key_hash" "$dir/out"

config transfer "$portfolio" >"$dir/bad.yaml"
found "a key that moves money out" 10 key KEY_MAY_TRANSFER --venue "$dir/bad.yaml"
config transfer "$portfolio" 'allow_transfer_key: on' >"$dir/bad.yaml"
found "which the params allow" 0 "" 'and move money out, which the broker.s params allow' --venue "$dir/bad.yaml"
config view "$portfolio" >"$dir/bad.yaml"
found "a key that only looks" 10 key KEY_TOO_LITTLE --venue "$dir/bad.yaml"
config other "$portfolio" >"$dir/bad.yaml"
found "another portfolio's key" 10 key KEY_PORTFOLIO --venue "$dir/bad.yaml"
sed "s/execution: .*/execution: {account: mine}/" "$dir/run.yaml" >"$dir/bad.yaml"
found "no portfolio pinned" 10 portfolio "set execution.portfolio_uuid: $portfolio" --venue "$dir/bad.yaml"
openssl req -x509 -newkey rsa:2048 -nodes -keyout /dev/null -out "$dir/other.pem" -days 2 -subj /CN=other 2>/dev/null
sed "s|ca_file: $ca|ca_file: $dir/other.pem|" "$dir/run.yaml" >"$dir/bad.yaml"
found "another authority" 10 venue 'out of reach: EDGE_TLS' --venue "$dir/bad.yaml"
sed "s|localhost:$port|localhost:1|g" "$dir/run.yaml" >"$dir/bad.yaml"
found "nobody there" 10 venue 'out of reach: EDGE_CONNECT' --venue "$dir/bad.yaml"
sed 's/secret:\/\/trade/secret:\/\/none/' "$dir/run.yaml" >"$dir/bad.yaml"
found "a secret that is not there" 10 secret CONFIG_SECRET --venue "$dir/bad.yaml"
echo 'SENTINEL is no key' >"$dir/secrets/garbage"
sed 's/secret:\/\/trade/secret:\/\/garbage/' "$dir/run.yaml" >"$dir/bad.yaml"
found "a secret that is no key file" 10 secret KEY_FILE --venue "$dir/bad.yaml"
sed 's/"privateKey" *: *"[^"]*"/"privateKey": "SENTINEL"/' "$dir/secrets/trade" >"$dir/secrets/broken"
sed 's/secret:\/\/trade/secret:\/\/broken/' "$dir/run.yaml" >"$dir/bad.yaml"
found "a key file without a key" 10 plugin COINBASE_KEY --venue "$dir/bad.yaml"
sed 's/"name" *: *"\([^"]*\)."/"name": "\1x"/' "$dir/secrets/trade" >"$dir/secrets/unknown"
sed 's/secret:\/\/trade/secret:\/\/unknown/' "$dir/run.yaml" >"$dir/bad.yaml"
found "a key that the venue does not know" 10 key UNAUTHORISED --venue "$dir/bad.yaml"
config trade "$portfolio" '' '[BTC-USD, SOL-USD]' >"$dir/bad.yaml"
found "a product that is not listed" 10 'rules SOL-USD' 'does not list it' --venue "$dir/bad.yaml"
check "of the other one it is told" grep -q '^ok *rules BTC-USD' "$dir/out"
tell POST /products/BTC-USD '{"cancel_only":true}' >/dev/null
found "a product that takes cancels only" 10 'rules BTC-USD' 'only cancels are taken now' --venue "$dir/run.yaml"
tell POST /products/BTC-USD '{"cancel_only":false,"status":"delisted"}' >/dev/null
found "a product that is delisted" 10 'rules BTC-USD' 'delisted' --venue "$dir/run.yaml"
tell POST /products/BTC-USD '{"status":"online"}' >/dev/null
tell POST /fees '{"portfolio":"main","maker":"0.4%","taker":"1.3%"}' >/dev/null
found "fees above those configured" 10 'fees BTC-USD,fees ETH-USD' 'taker 1.3 %, configured are 0.6 % and 1.2 %' --venue "$dir/run.yaml"
tell POST /fees '{"portfolio":"main","maker":"0.4%","taker":"0.6%"}' >/dev/null
tell POST /clock '{"skew":"-30s"}' >/dev/null # it stands still until it is so far behind
sleep 4
found "a clock that is apart" 10 clock 'behind this machine.s, more than 2000.0 ms' --venue "$dir/run.yaml"
tell POST /clock '{"skew":"0s"}' >/dev/null
sed 's/^execution: {/execution: {reconcile: {orders_every: 4s, balances_every: 4s}, /' "$dir/run.yaml" >"$dir/bad.yaml"
found "polling that takes too much" 10 quota 'asks the venue' --venue "$dir/bad.yaml"
check "still nothing was ordered" is "$(count orders)" 0

# ---- a canary, and what it refuses -------------------------------------------------------------------------------------------------
canary() { doctor --canary "$dir/run.yaml" --var "$dir/var" --symbol BTC-USD --confirm-account "$portfolio" "$@"; }
no_canary() { # what, exit code, words, arguments of doctor
  local what=$1 code=$2 words=$3; shift 3
  check "$what" ends "$code" doctor "$@"
  check "$what: says so" grep -q -e "$words" "$dir/err"
  check "$what: nothing is ordered" is "$(count orders)" 0
}
guard() { "$bowline" check-config "$dir/run.yaml" --var "$dir/var" 2>&1 >/dev/null | grep -c LIVE_CANARY_MISSING; }
check "mode: live asks for a canary" is "$(guard)" 1
no_canary "no account confirmed" 2 CONFIRM_ACCOUNT --canary "$dir/run.yaml" --var "$dir/var" --symbol BTC-USD
no_canary "another account confirmed" 2 CONFIRM_ACCOUNT --canary "$dir/run.yaml" --var "$dir/var" --symbol BTC-USD --confirm-account main
no_canary "no product" 2 USAGE_SYMBOL --canary "$dir/run.yaml" --var "$dir/var" --confirm-account "$portfolio"
no_canary "a product that is not configured" 10 CANARY_SYMBOL --canary "$dir/run.yaml" --var "$dir/var" --symbol DOGE-USD --confirm-account "$portfolio"
no_canary "a cap that is too low" 10 CANARY_CAP --canary "$dir/run.yaml" --var "$dir/var" --symbol BTC-USD --confirm-account "$portfolio" --max-spend 0.5
no_canary "a cap that is none" 2 USAGE_MAX_SPEND --canary "$dir/run.yaml" --var "$dir/var" --symbol BTC-USD --confirm-account "$portfolio" --max-spend=-1
sed 's/^mode: live/mode: mock/; /^confirm_live/d; /^allow_outside/d' "$dir/run.yaml" >"$dir/bad.yaml"
no_canary "mode: mock takes no real venue" 9 MODE_VENUE_REAL --canary "$dir/bad.yaml" --var "$dir/var" --symbol BTC-USD --confirm-account "$portfolio"
mkdir -p "$dir/halted" && touch "$dir/halted/HALT"
no_canary "a folder that is latched" 11 HALT_LATCHED --canary "$dir/run.yaml" --var "$dir/halted" --symbol BTC-USD --confirm-account "$portfolio"
tell POST /products/BTC-USD '{"cancel_only":true}' >/dev/null
no_canary "a venue that is not well" 10 CANARY_NOT_BEGUN --canary "$dir/run.yaml" --var "$dir/var" --symbol BTC-USD --confirm-account "$portfolio"
tell POST /products/BTC-USD '{"cancel_only":false}' >/dev/null
check "and no canary is noted" is "$(guard)" 1

cents() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f\n", a - b }'; }
usd() { balance USD | cut -d' ' -f1; }
gone() { # what: the account is as it was, but for fees
  check "$1: nothing works any more" is "$(count open)" 0
  check "$1: what was bought is sold" is "$(balance BTC)" "0.5 on hold 0"
  check "$1: nothing is on hold" is "$(balance USD | sed 's/.*on/on/')" "on hold 0"
}
before=$(usd)
check "a canary passes" ends 0 canary
cat "$dir/out"
for step in look create listed edit cancel gone buy stop 'cancel stop' sell ledger; do check "a canary: $step" grep -q "^ok *$step .*[0-9] ms)\$" "$dir/out"; done
gone "a canary"
check "a canary: four orders" is "$(count orders)" 4
cost=$(sed -n 's/^ok *ledger .*were less \([0-9.]*\),.*/\1/p' "$dir/out")
check "a canary: by the venue's own word it cost that" is "$(cents "$before" "$(usd)")" "$(cents "$cost" 0)"
check "a canary: it is noted" grep -q "\"key_sha256\": \"$key_hash\"" "$dir/var/canary.json"
check "a canary: with the plugin's file" grep -q "\"plugin_sha256\": \"${pins:23:64}\"" "$dir/var/canary.json"
check "a canary: with the portfolio" grep -q "\"portfolio\": \"$portfolio\"" "$dir/var/canary.json"
check "mode: live is content with it" is "$(guard)" 0
check "not in another folder" is "$("$bowline" check-config "$dir/run.yaml" --var "$dir/elsewhere" 2>&1 >/dev/null | grep -c LIVE_CANARY_MISSING)" 1
cp "$dir/secrets/trade" "$dir/secrets/kept"
cp "$dir/secrets/other" "$dir/secrets/trade"
check "not with another key" is "$(guard)" 1
cp "$dir/secrets/kept" "$dir/secrets/trade"
canary_noted "$dir/elsewhere" "$dir/secrets/trade"
check "what other scripts write down counts as one" is "$("$bowline" check-config "$dir/run.yaml" --var "$dir/elsewhere" 2>&1 >/dev/null | grep -c LIVE_CANARY_MISSING)" 0
sed -i 's/"version": "[^"]*"/"version": "0.0.1"/' "$dir/var/canary.json"
check "not with another version" is "$(guard)" 1
check "it says of which the newest is" grep -q 'newest one is of .*version 0.0.1' <("$bowline" check-config "$dir/run.yaml" --var "$dir/var" 2>&1)
echo '{"passed":[' >"$dir/var/canary.json"
check "nor by a file that is damaged" is "$(guard)" 1

# ---- answers that are lost, processes that are killed ----------------------------------------------------------------------------------
orders=$(count orders)
rule '{"on":"request","do":"drop_after","method":"POST","route":"*/orders"}'
check "accepted, and the answer dropped: it passes" ends 0 canary --json
# Where the account's stream tells of the order first nobody misses the answer, and "found again" is not said.
check "accepted, and the answer dropped: it was" grep -q '"acted":1' <(tell GET /rules)
check "accepted, and the answer dropped: there was no second order" is "$(count orders)" $((orders + 4))
check "as JSON: it passed" grep -q '"passed": true' "$dir/out"
gone "accepted, and the answer dropped"
check "mode: live is content again" is "$(guard)" 0

tell DELETE /rules >/dev/null
orders=$(count orders)
rule '{"on":"request","do":"reject","reason":"INSUFFICIENT_FUND","method":"POST","route":"*/orders","nth":3}'
check "a stop that is refused: it ends there" ends 10 canary
check "a stop that is refused: says why" grep -q 'CANARY_NOT_RESTING.*INSUFFICIENT_FUND' "$dir/err"
check "a stop that is refused: what was bought is sold" grep -q '^ok *clean up .*nothing is left at the venue' "$dir/out"
gone "a stop that is refused"

killed() { # what, rule, how many orders are there when it is killed
  tell DELETE /rules >/dev/null
  orders=$(count orders)
  rule "$2"
  canary >/dev/null 2>&1 &
  local pid=$!
  started+=($pid)
  there() { [ "$(count orders)" -ge $((orders + $1)) ] && [ "$(tell GET /rules | grep -o '"acted":[0-9]*' | cut -d: -f2)" = 1 ]; }
  check "$1: it is there" within 30 there "$3"
  kill -KILL "$(pgrep -P $pid -x bowline || echo $pid)"
  wait $pid 2>/dev/null
  started=($venue_pid)
  tell DELETE /rules >/dev/null
  check "$1: something of it is at the venue" test "$(count open) $(balance BTC)" != "0 0.5 on hold 0"
  check "$1: the next start cleans up" ends 10 canary
  cat "$dir/out"
  check "$1: and says so" grep -q CANARY_CLEANED "$dir/err"
  gone "$1"
  # The account's stream may have told of an order whose answer is stalled, and the next one was sent: as many as were noted, and the
  # sale; the newest of them may not have left any more.
  local noted sold=0
  noted=$(sed -n 's/.*clean up .*: [0-9]* of \([0-9]*\) orders are known to have ended.*/\1/p' "$dir/out")
  grep -q 'were still held' "$dir/out" && sold=1
  check "$1: each order once, and the sale of what was held" test $((orders + noted + sold - $(count orders))) -ge 0 -a $((orders + noted + sold - $(count orders))) -le 1
}
killed "killed while it edits" '{"on":"request","do":"stall","method":"POST","route":"*/orders/edit","done":false}' 1
killed "killed while it buys" '{"on":"request","do":"stall","method":"POST","route":"*/orders","nth":2}' 2
killed "killed while its stop is placed" '{"on":"request","do":"stall","method":"POST","route":"*/orders","nth":3}' 3

# Two at once, and a signal: the second is told, the first brings what it began to an end.
rule '{"on":"request","do":"stall","method":"POST","route":"*/orders/edit","done":false}'
"$bowline" doctor --canary "$dir/run.yaml" --var "$dir/var" --symbol BTC-USD --confirm-account "$portfolio" >"$dir/said/first.out" 2>"$dir/said/first.err" &
first=$!
started+=($first)
edits() { tell GET /rules | grep -q '"acted":1'; }
check "two at once: the first is at it" within 30 edits
check "two at once: the second is refused" ends 11 canary
check "two at once: it is told whom to look at" grep -q "HOST_BUSY: process $first (bowline) holds" "$dir/err"
kill -TERM $first
wait $first
check "told to stop: it ends what it began" is $? 10
check "told to stop: it says why" grep -q CANARY_STOPPED "$dir/said/first.err"
started=($venue_pid)
tell DELETE /rules >/dev/null
gone "told to stop"

# A venue that lets nothing end: what is there is named, loudly, and ended by the next one.
rule '{"on":"request","do":"server_error","method":"POST","route":"*/orders/edit"}'
rule '{"on":"request","do":"server_error","method":"POST","route":"*/batch_cancel","times":0}'
check "nothing can be ended: exit 12" ends 12 canary
check "nothing can be ended: the order is named" grep -q 'STILL AT THE VENUE: order bl-[0-9a-f]*, at the venue [-0-9a-f]*, the far of BTC-USD' "$dir/err"
check "nothing can be ended: it works at the venue" is "$(count open)" 1
tell DELETE /rules >/dev/null
check "nothing can be ended: the next start ends it" ends 10 canary
gone "nothing can be ended"
check "a canary passes after all that" ends 0 canary
gone "the last one"

# ---- no key in anything that was said ------------------------------------------------------------------------------------------------
check "what was said is there to be searched" test "$(cat "$dir"/said/* | wc -l)" -gt 200
for key in trade view transfer other; do
  # What stands between the lines of a PEM, or the whole of a base64 text; and the key's own name.
  sed -n 's/.*"privateKey" *: *"\([^"]*\)".*/\1/p' "$dir/secrets/$key" | sed 's/\\n/\n/g' | grep -v -e '-----' | grep . | cut -c1-24 >"$dir/texts"
  sed -n 's/.*"name" *: *"\([^"]*\)".*/\1/p' "$dir/secrets/$key" >>"$dir/texts"
  check "key $key: its texts are known" test "$(wc -l <"$dir/texts")" -ge 2
  check "key $key: no text of it was said, or written down" is "$(grep -rFl -f "$dir/texts" "$dir/said" "$dir/var" | wc -l)" 0
done
check "nor of what was no key" is "$(grep -rl SENTINEL "$dir/said" "$dir/var" | wc -l)" 0
exit $failed
