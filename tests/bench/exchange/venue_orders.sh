#!/usr/bin/env bash
# venue_orders.sh [BUILD] [ORDERS] [CONNECTIONS] [TURNS]: how many orders bowline-venue takes and matches in a second over loopback: TLS, a
# token checked for each, its state kept on disk. Half of them buy and half sell, by two portfolios, at one price, so that all are matched.
# A line for each kind of key, with one token for all orders, with a new one for each, and with new ones that the client signed before:
# medians over the turns. ON="taskset -c 0" puts venue and client on what it says; THREADS is the venue's (0: as many as processors).
set -u
build=${1:-build/release} orders=${2:-10000} connections=${3:-8} turns=${4:-3}
dir=$(mktemp -d)
trap 'kill $pid 2>/dev/null; rm -rf "$dir"' EXIT
cat >"$dir/venue.yaml" <<EOC
listen: {port: 0, control_port: 0, threads: ${THREADS:-0}}
tls: {ca_file: $dir/ca.pem}
state: {file: $dir/state}
market: {source: none}
limits: {private: 0, public: 0}
portfolios:
  - {name: buys, deposits: {USD: "1000000000"}, keys: [{generate: es256, file: $dir/es256.buys}, {generate: ed25519, file: $dir/eddsa.buys}]}
  - {name: sells, deposits: {BTC: "1000000"}, keys: [{generate: es256, file: $dir/es256.sells}, {generate: ed25519, file: $dir/eddsa.sells}]}
EOC
${ON:-} "$build/bin/bowline-venue" --config "$dir/venue.yaml" >"$dir/out" 2>&1 &
pid=$!
for _ in $(seq 100); do grep -q 'listens on' "$dir/out" && break; sleep 0.1; done
port=$(sed -n 's/.*listens on [0-9.]*:\([0-9]*\).*/\1/p' "$dir/out") control=$(sed -n 's/.*control on 127.0.0.1:\([0-9]*\).*/\1/p' "$dir/out")
[ -n "$port" ] || { cat "$dir/out"; exit 1; }
ticks() { awk '{print $14 + $15}' "/proc/$pid/stat"; }
median() { sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }
took() { sed -n "s/.*$1/\\1/p" "$dir/runs" | median; }
echo "bowline-venue, $orders orders over $connections connections, medians of $turns turns${ON:+, on \"$ON\"}, load $(cut -d' ' -f1-3 /proc/loadavg)"
for key in es256 eddsa; do
  for tokens in one ahead sign; do
    : >"$dir/runs"
    before=$(ticks)
    for _ in $(seq "$turns"); do
      ${ON:-} "$build/tests/exchange/probe/venue_probe" load "$dir/ca.pem" "$port" "$dir/$key.buys,$dir/$key.sells" "$connections" "$orders" \
        $([ $tokens = one ] || echo --$tokens) >>"$dir/runs" || { cat "$dir/runs"; exit 1; }
    done
    venue=$((($(ticks) - before) * 1000000 / $(getconf CLK_TCK) / (orders * turns)))
    case $tokens in one) what="one token  " ;; ahead) what="new ones   " ;; sign) what="new, signed" ;; esac
    printf '%s %s %6d orders/s, p50 %5d us, p99 %6d us; processor time an order: venue %d us, client %d us\n' "$key" "$what" \
      "$(took '[:,] \([0-9]*\) orders\/s.*')" "$(took 'p50 \([0-9]*\) us.*')" "$(took 'p99 \([0-9]*\) us.*')" "$venue" "$(took 'took \([0-9]*\) us.*')"
  done
done
curl -s "http://127.0.0.1:$control/" | grep -o '"orders":[0-9]*,"open":[0-9]*'
