#!/usr/bin/env bash
# run.sh BOWLINE SOURCE WORK_DIR: a client that is not ours, ccxt from npm as it is, against bowline-venue over TLS; REST and WebSocket.
set -u
here=$(dirname "$(realpath "$0")") work=$3
what="ccxt at bowline-venue" package=$(sed -n 's/.*"ccxt": "\(.*\)".*/ccxt \1/p' "$here/package.json")
source "$here/../../node_modules.sh"
source "$here/../check.sh"
venue=$(dirname "$bowline")/bowline-venue
# ccxt needs a global `crypto`, which Node 18, Debian 12's, has behind an option.
if [[ $(node --version) == v18.* ]]; then export NODE_OPTIONS=--experimental-global-webcrypto; fi
start() { # name, more of the configuration: waits for its ports
  cat >"$dir/$1.yaml" <<EOF
listen: {port: 0, control_port: 0}
tls: {ca_file: $dir/ca.pem}
seed: 7
market: {source: simulated, tick: 200ms}
portfolios:
  - name: main
    owner: alice
    fees: {maker: 0.4%, taker: 0.6%}
    deposits: {USD: "1000000", BTC: "5"}
    keys:
      - {generate: es256, file: $dir/alice.json}
      - {generate: es256, file: $dir/reads.json, permissions: [view]}
  - name: other
    owner: bob
    fees: {maker: 0.4%, taker: 0.6%}
    deposits: {USD: "1000000", BTC: "5"}
    keys: [{generate: ed25519, file: $dir/bob.json}]
$2
EOF
  : >"$dir/$1.out"
  "$venue" --config "$dir/$1.yaml" --log-file "$dir/$1.requests" >"$dir/$1.out" 2>"$dir/$1.err" &
  pid=$!
  started+=("$pid")
  within 20 grep -q 'listens on' "$dir/$1.out" || { cat "$dir/$1.err"; exit 1; }
  port=$(sed -n 's/.*listens on [0-9.]*:\([0-9]*\).*/\1/p' "$dir/$1.out")
  control=$(sed -n 's/.*control on 127.0.0.1:\([0-9]*\).*/\1/p' "$dir/$1.out")
}
client() { # script
  (cd "$work/node" && NODE_EXTRA_CA_CERTS=$dir/ca.pem node "$1" "$port" "$control" "$dir")
}
stranger() { # script: without the venue's authority among those it trusts
  (cd "$work/node" && env -u NODE_EXTRA_CA_CERTS node "$1" "$port" "$control" "$dir")
}
finish() { # name
  curl -s -X POST "http://127.0.0.1:$control/stop" >/dev/null
  wait "$pid"
  check "the venue $1 ends in order" is $? 0
  check "and has nothing to say" is "$(cat "$dir/$1.err")" ""
}

start whole ""
check "trading with both kinds of keys" client client.mjs
check "not without the venue's authority" stranger no_authority.mjs
# Nothing was asked for that the venue does not serve, and nothing made it stumble: 0 and 503 are what it was told to do.
check "what was answered" is "$(awk '{print $5}' "$dir/whole.requests" | sort -u | tr '\n' ' ')" "0 101 200 401 403 404 429 503 "
finish whole
start narrow "limits: {private: 3, public: 3}"
check "more than the limits let in" client limits.mjs
finish narrow
exit $failed
