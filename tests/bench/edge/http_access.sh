#!/bin/sh
# GET /signals/latest, keep-alive, 32 connections: what tokens and TLS cost, and that the plain port costs what it did. All are measured
# in turn on the same machine; of each the median of its ratios to the plain port counts.
#   http_access.sh BUILD_DIR [RUNS=7] [SECONDS=2] [BEFORE]
# BEFORE: a bench_edge_server of another version, such as the one before tokens; its plain port may be at most 3 % faster.
set -eu
build=${1:?usage: http_access.sh BUILD_DIR [RUNS] [SECONDS] [BEFORE]}
runs=${2:-7}
seconds=${3:-2}
before=${4:-}
for tool in wrk openssl curl; do
  command -v $tool >/dev/null || { echo "missing: $tool (apt install wrk openssl curl)" >&2; exit 77; }
done
server=$(find "$build" -name bench_edge_server -type f | head -n 1)
[ -n "$server" ] || { echo "build the target bench_edge_server first" >&2; exit 2; }
tmp=$(mktemp -d)
trap 'exec 9>&-; wait || true; rm -rf "$tmp"' EXIT
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$tmp/key" -out "$tmp/cert" -days 1 -subj /CN=bench \
  -addext subjectAltName=IP:127.0.0.1 2>/dev/null
token=$(openssl rand -hex 32)
mkfifo "$tmp/alive"
"$server" 18741 <"$tmp/alive" &
"$server" 18742 --token "$token" <"$tmp/alive" &
"$server" 18743 --tls "$tmp/cert" "$tmp/key" <"$tmp/alive" &
"$server" 18744 --token "$token" --tls "$tmp/cert" "$tmp/key" <"$tmp/alive" &
[ -z "$before" ] || "$before" 18745 <"$tmp/alive" &
exec 9>"$tmp/alive" # the servers end when this closes
rate() { # url: requests per second of one run
  wrk -t1 -c32 -d"${seconds}s" -H "Authorization: Bearer $token" "$1/signals/latest" >"$tmp/wrk"
  if grep -q "Non-2xx\|Socket errors" "$tmp/wrk"; then cat "$tmp/wrk" >&2; exit 1; fi
  awk '/Requests\/sec/ {print $2}' "$tmp/wrk"
}
for p in 18741 18742; do curl -s --retry 20 --retry-connrefused "http://127.0.0.1:$p/" >/dev/null; done
for p in 18743 18744; do curl -sk --retry 20 --retry-connrefused "https://127.0.0.1:$p/" >/dev/null; done
echo "$(awk -F': ' '/model name/ {print $2; exit}' /proc/cpuinfo); $(date -u +%Y-%m-%d)"
echo "run    plain/s  before/plain  tokens/plain  TLS/plain  TLS and tokens/plain"
i=1
while [ "$i" -le "$runs" ]; do
  a=$(rate http://127.0.0.1:18741)
  b=$a
  [ -z "$before" ] || b=$(rate http://127.0.0.1:18745)
  c=$(rate http://127.0.0.1:18742)
  d=$(rate https://127.0.0.1:18743)
  e=$(rate https://127.0.0.1:18744)
  echo "$i $a $b $c $d $e" | awk '{printf "%3d  %9.0f  %12.3f  %12.3f  %9.3f  %20.3f\n", $1, $2, $3 / $2, $4 / $2, $5 / $2, $6 / $2}' | tee -a "$tmp/table"
  i=$((i + 1))
done
median() { awk -v c="$1" '{print $c}' "$tmp/table" | sort -n | awk '{v[NR] = $1} END {print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'; }
echo "medians: before/plain $(median 3), tokens/plain $(median 4), TLS/plain $(median 5), TLS and tokens/plain $(median 6)"
[ -z "$before" ] || median 3 | awk '{met = $1 <= 1.03; printf "the plain port against before: %s\n", met ? "met" : "MISSED"; exit !met}'
