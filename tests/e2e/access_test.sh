#!/usr/bin/env bash
# Who may ask what of a running host, through the built programs (trading rules 6): tokens wrong, missing and right, by curl, by the
# verbs and by bowline-panic, over plain HTTP and over TLS; certificates that are wrong, and one that is replaced. No token is found
# in what is written, nor in the memory of the host.
source "$(dirname "$0")/check.sh"
panic=$(dirname "$bowline")/bowline-panic
unset BOWLINE_TOKEN BOWLINE_CA
mkdir "$dir/secrets"
export BOWLINE_SECRETS=$dir/secrets
declare -A token
for s in read trade emergency stranger; do
  token[$s]=$(openssl rand -hex 32)
  echo "${token[$s]}" >"$dir/secrets/$s"
done
authority() { # name
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$dir/$1.key" -out "$dir/$1.pem" -days 30 -subj "/CN=$1" 2>/dev/null
}
issue() { # authority, file, names, days: the certificate, and its key as a secret of the same name
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$dir/secrets/$2" -out "$dir/$2.csr" -subj "/CN=host" 2>/dev/null
  openssl x509 -req -in "$dir/$2.csr" -CA "$dir/$1.pem" -CAkey "$dir/$1.key" -CAcreateserial -days "$4" -out "$dir/$2.new" \
    -extfile <(echo "subjectAltName=$3") 2>/dev/null
  mv "$dir/$2.new" "$dir/$2.pem"
}
authority ca
authority other
issue ca host IP:127.0.0.1,DNS:localhost 10
issue ca foreign IP:127.0.0.1 10

config() { # more keys of listen
  sed "s|path: \[.*|path: [$plugins]|; s/state: memory/state: file, latency: 0ms/; s/bars: 5000, speed: max/bars: 50000, speed: 3000x/
    s|^listen: .*|listen: {ports: {signal-generator: 0, signal-bridge: 0, trade-execution: 0, portfolio-rebalancer: 0}$1}|" \
    "$source/configs/ema_simulated.yaml"
}
tokens='tokens: {read: "secret://read", trade: "secret://trade", emergency: "secret://emergency"}'
config ", $tokens" >"$dir/plain.yaml"
config ", $tokens, tls: {certificate: $dir/host.pem, key: \"secret://host\"}" >"$dir/tls.yaml"

begin() { # state folder, configuration
  "$bowline" run "$dir/$2.yaml" --var "$dir/$1" --log-file "$dir/$1.log" --log-level DEBUG >"$dir/$1.out" 2>"$dir/$1.err" &
  host=$!
  started+=("$host")
  check "$1: the verb finds it, with its token" within 30 answers "$dir/$1"
  for s in signal-generator signal-bridge trade-execution portfolio-rebalancer; do
    at[$s]=$(sed -n "s/.*\"$s\": \"\(.*\)\".*/\1/p" "$dir/$1/endpoints.json")
  done
  base=${at[trade-execution]}
}
declare -A at
answers() { "$bowline" emergency state --var "$1" --token secret://read --ca "$dir/ca.pem" >/dev/null 2>&1; }
end() { kill -TERM "$host"; wait "$host"; check "$1: it ends in order" is $? 0; started=(); }
curl() { command curl -s -m 10 --cacert "$dir/ca.pem" "$@"; }
status() { # token's name or "-", curl's arguments
  local as=$1; shift
  [ "$as" = - ] && curl -o "$dir/body" -w '%{http_code}' "$@" || curl -o "$dir/body" -w '%{http_code}' -H @<(echo "Authorization: Bearer ${token[$as]}") "$@"
}
said() { sed -n 's/^{"error":{"code":"\([A-Z_]*\)".*/\1/p' "$dir/body"; }
json=(-H 'Content-Type: application/json')
state() { "$bowline" emergency state --var "$1" --token secret://read --ca "$dir/ca.pem" --json | sed -n 's/^  "state": "\(.*\)",/\1/p'; }
opened=(-H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==')

walk() { # name: what is the same over plain HTTP and over TLS
  for s in "${!at[@]}"; do
    check "$1: $s, /livez is anybody's" is "$(status - "${at[$s]}/livez")" 200
    for path in /health /metrics /openapi.json; do
      check "$1: $s, $path is not" is "$(status - "${at[$s]}$path")" 401
      check "$1: $s, $path is read" is "$(status read "${at[$s]}$path")" 200
    done
    # Every operation of the document says what it asks, and nobody else than the two probes asks nothing.
    check "$1: $s, every route says what it asks" is "$(grep -c '"operationId"' "$dir/body")" "$(grep -c '"security": \[' "$dir/body")"
    check "$1: $s, two ask nothing" is "$(grep -c '"security": \[\]' "$dir/body")" 2
  done
  check "$1: no token" is "$(status - "$base/orders") $(said)" "401 AUTH_MISSING"
  check "$1: what to do is told" grep -qi '^www-authenticate: Bearer realm="bowline"' <(curl -o /dev/null -D - "$base/orders")
  check "$1: another's token" is "$(status stranger "$base/orders") $(said)" "401 AUTH_INVALID"
  check "$1: the token in the address is none" is "$(status - "$base/orders?token=${token[read]}") $(said)" "401 AUTH_MISSING"
  check "$1: read reads" is "$(status read "$base/orders")" 200
  check "$1: emergency reads" is "$(status emergency "$base/orders")" 200
  check "$1: a path that is not there is not told of" is "$(status - "$base/nothing") $(said)" "401 AUTH_MISSING"
  check "$1: read does not trade" is "$(status read "${json[@]}" -H 'Idempotency-Key: a' -d '{}' "$base/trades/execute") $(said)" "403 AUTH_SCOPE"
  check "$1: trade may try" is "$(status trade "${json[@]}" -H 'Idempotency-Key: a' -d '{}' "$base/trades/execute" | cut -c1)" 4
  check "$1: and is not refused for its token" test "$(said)" != AUTH_SCOPE
  check "$1: a body is not waited for" is "$(status - -H 'Expect: 100-continue' --data-binary @<(head -c 900000 /dev/zero) "$base/trades/execute")" 401
  check "$1: a stream needs a token" is "$(status - --http1.1 "${opened[@]}" "$base/events/stream")" 401
  curl -m 2 --http1.1 -i -N -H @<(echo "Authorization: Bearer ${token[read]}") "${opened[@]}" "$base/events/stream" >"$dir/stream"
  check "$1: and is opened with one" grep -qa '^HTTP/1.1 101' "$dir/stream"
  check "$1: and tells" grep -qa '"type":"hello"' "$dir/stream"
  check "$1: trade does not resume" is "$(status trade "${json[@]}" -d '{"reason":"no"}' "$base/emergency/resume") $(said)" "403 AUTH_SCOPE"
  check "$1: trade does not liquidate" is "$(status trade "${json[@]}" -d '{"confirm":true,"reason":"no"}' "$base/emergency/liquidate-all") $(said)" "403 AUTH_SCOPE"
}
verbs() { # state folder
  local say=(--var "$dir/$1" --ca "$dir/ca.pem")
  refused "$1: the verb without a token" 11 AUTH_MISSING "$bowline" emergency stop --reason x "${say[@]}"
  refused "$1: the verb with a token that only reads" 11 AUTH_SCOPE "$bowline" emergency stop --reason x "${say[@]}" --token secret://read
  refused "$1: the token itself on the command line" 2 USAGE_TOKEN "$bowline" emergency stop --reason x "${say[@]}" --token "${token[trade]}"
  check "$1: and it is not told again" sh -c "! grep -q ${token[trade]} '$dir/err'"
  refused "$1: a secret that is not there" 3 SECRET_MISSING "$bowline" emergency stop --reason x "${say[@]}" --token secret://none
  check "$1: trade stops" ends 0 "$bowline" emergency stop --reason 'a drill' "${say[@]}" --token secret://trade
  check "$1: it is halted" is "$(state "$dir/$1")" halted
  refused "$1: trade does not resume by the verb" 11 AUTH_SCOPE "$bowline" emergency resume --reason x "${say[@]}" --token secret://trade
  check "$1: emergency resumes, the token named by the environment" ends 0 env BOWLINE_TOKEN=secret://emergency "$bowline" emergency resume --reason 'over' "${say[@]}"
  check "$1: ramp" ends 0 "$bowline" ramp show "${say[@]}" --token secret://read
  check "$1: reconcile" ends 0 "$bowline" reconcile "${say[@]}" --token secret://trade --plan
  check "$1: rollout" ends 0 "$bowline" rollout --reason drill --within 1h "${say[@]}" --token secret://trade
  check "$1: panic with the run's configuration" ends 0 "$panic" stop --var "$dir/$1" --config "$dir/$2.yaml" --reason 'panic drill'
  check "$1: the host did it" grep -q 'has done it' "$dir/out"
  check "$1: it is halted again" is "$(state "$dir/$1")" halted
  check "$1: emergency resumes again" ends 0 "$bowline" emergency resume --reason over "${say[@]}" --token secret://emergency
  check "$1: panic with a token that may only look is refused, and the latch is set" ends 11 "$panic" stop --var "$dir/$1" --token secret://read --ca "$dir/ca.pem"
  check "$1: as it says" grep -q AUTH_SCOPE "$dir/out"
  check "$1: liquidated" ends 0 "$bowline" emergency liquidate --reason drill --yes "${say[@]}" --token secret://emergency
}
memory() { # the writable memory of the host, as a core dump would have it
  local from to
  while IFS='- ' read -r from to _; do
    dd if=/proc/$host/mem bs=4096 skip=$((16#$from / 4096)) count=$(((16#$to - 16#$from) / 4096)) 2>/dev/null
  done < <(grep ' rw' /proc/$host/maps | grep -v vvar)
}
unseen() { # state folder
  memory >"$dir/memory"
  check "$1: the control: memory can be read" grep -qa "$dir/$1" "$dir/memory"
  for s in read trade emergency stranger; do
    check "$1: no token $s in the memory of the host" sh -c "! grep -qa ${token[$s]} '$dir/memory'"
    check "$1: no token $s in what is written" sh -c "! grep -rqa ${token[$s]} '$dir/$1' '$dir/$1.log' '$dir/$1.out' '$dir/$1.err'"
  done
  rm "$dir/memory"
}
trail() { # state folder
  for who in trade emergency; do check "$1: the trail names token:$who" grep -q "token:$who" <("$bowline" db dump audit --var "$dir/$1"); done
}

# ---- over plain HTTP
begin plain plain
walk plain
verbs plain plain
unseen plain
for _ in $(seq 12); do status stranger "$base/orders" >/dev/null; done
check "many wrong tokens" is "$(status stranger "$base/orders") $(said)" "429 AUTH_THROTTLED"
check "the right one comes in all the same" is "$(status trade "$base/orders")" 200
check "they are counted" grep -q '^bowline_http_refused_total{reason="unauthenticated",service="trade-execution"} [1-9]\|^bowline_http_refused_total{service="trade-execution",reason="unauthenticated"} [1-9]' \
  <(curl -H @<(echo "Authorization: Bearer ${token[read]}") "$base/metrics")
check "the log tells of them" grep -q 'AUTH_INVALID: from 127.0.0.1' "$dir/plain.log"
end plain
trail plain

# ---- over TLS
begin tls tls
check "endpoints.json says https" grep -q '"https://127.0.0.1:' "$dir/tls/endpoints.json"
walk tls
verbs tls tls
unseen tls
check "by TLS 1.2" is "$(status read --tls-max 1.2 "$base/orders")" 200
check "by TLS 1.3" is "$(status read --tlsv1.3 "$base/orders")" 200
check "not by TLS 1.1" sh -c "! command curl -sk --tls-max 1.1 --ciphers DEFAULT@SECLEVEL=0 '$base/livez'"
command curl -s --cacert "$dir/other.pem" "$base/livez" >/dev/null
check "another authority is not trusted" is $? 60
check "plain HTTP is told so" is "$(status - "http${base#https}/livez") $(said)" "400 HTTP_NOT_TLS"
refused "a verb that trusts somebody else" 11 HOST_UNREACHABLE "$bowline" emergency state --var "$dir/tls" --ca "$dir/other.pem" --token secret://read
first=$(openssl x509 -in "$dir/host.pem" -noout -serial)
shown() { openssl s_client -connect "${base#https://}" </dev/null 2>/dev/null | openssl x509 -noout -serial; }
check "it shows its certificate" is "$(shown)" "$first"
issue ca host IP:127.0.0.1,DNS:localhost 10
renewed() { [ "$(shown)" = "$(openssl x509 -in "$dir/host.pem" -noout -serial)" ]; }
check "a certificate that is replaced is shown within seconds" within 10 renewed
check "and it is another one" test "$(shown)" != "$first"
check "the log says so" grep -q EDGE_TLS_RENEWED "$dir/tls.log"
issue ca host IP:127.0.0.1,DNS:localhost -1
check "one whose time is over" within 10 renewed
command curl -s --cacert "$dir/ca.pem" "$base/livez" >/dev/null
check "is refused by who looks at it" is $? 60
end tls
trail tls

# ---- what is refused before anything begins
issue ca host IP:127.0.0.1 10
echo short >"$dir/secrets/short"
refuse() { # what, exit code, its code, sed script
  sed "$4" "$dir/tls.yaml" >"$dir/bad.yaml"
  check "$1" ends "$2" run "$dir/bad.yaml" "$dir/bad"
  check "$1: says $3" grep -q "$3" "$dir/err"
}
refuse "a short token" 3 CONFIG_TOKEN_SHORT 's|secret://read|secret://short|'
refuse "one token for two scopes" 3 CONFIG_TOKEN_SHARED 's|secret://read|secret://trade|'
refuse "no token for one scope" 3 CONFIG_KEY_MISSING 's|trade: "secret://trade", ||'
refuse "a token in the file" 3 CONFIG_VALUE "s|secret://read|${token[read]}|"
check "and it is not told" sh -c "! grep -q ${token[read]} '$dir/err'"
refuse "no certificate" 3 listen.tls.certificate 's|host\.pem|none.pem|'
refuse "a key of another certificate" 8 EDGE_TLS_KEY 's|key: "secret://host"|key: "secret://foreign"|'
refuse "services in several processes" 3 CONFIG_ACCESS_PARTED 's|^seed:|services: [trade-execution]\nseed:|'
exit $failed
