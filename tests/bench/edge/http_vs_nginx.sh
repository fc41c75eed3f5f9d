#!/bin/sh
# GET /signals/latest, keep-alive, 32 connections: this server against nginx returning the same bytes from memory.
# The two are measured in turn on the same machine, one worker each, and the median of the ratios counts (bar: 0.5).
#   http_vs_nginx.sh BUILD_DIR [RUNS=7] [SECONDS=3]
set -eu
build=${1:?usage: http_vs_nginx.sh BUILD_DIR [RUNS] [SECONDS]}
runs=${2:-7}
seconds=${3:-3}
ours=18731
theirs=18732
for tool in nginx wrk curl; do
  command -v $tool >/dev/null || { echo "missing: $tool (apt install nginx-light wrk curl)" >&2; exit 77; }
done
server=$(find "$build" -name bench_edge_server -type f | head -n 1)
[ -n "$server" ] || { echo "build the target bench_edge_server first" >&2; exit 2; }

tmp=$(mktemp -d)
mkfifo "$tmp/alive"
"$server" $ours <"$tmp/alive" &
our_pid=$!
exec 9>"$tmp/alive"  # the server ends when this closes
trap 'exec 9>&-; nginx -p "$tmp" -c nginx.conf -s stop 2>/dev/null || true; wait $our_pid 2>/dev/null || true; rm -rf "$tmp"' EXIT
curl -s --retry 20 --retry-connrefused --retry-delay 0 "http://127.0.0.1:$ours/signals/latest" >"$tmp/bytes"

cat >"$tmp/nginx.conf" <<CONF
worker_processes 1;
pid $tmp/nginx.pid;
error_log $tmp/error.log;
events { worker_connections 1024; }
http {
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 600s;
  client_body_temp_path $tmp; proxy_temp_path $tmp; fastcgi_temp_path $tmp; uwsgi_temp_path $tmp; scgi_temp_path $tmp;
  server {
    listen 127.0.0.1:$theirs;
    location /signals/latest { default_type application/json; return 200 '$(cat "$tmp/bytes")'; }
  }
}
CONF
nginx -p "$tmp" -c nginx.conf
curl -s --retry 20 --retry-connrefused "http://127.0.0.1:$theirs/signals/latest" >"$tmp/bytes.nginx"
cmp "$tmp/bytes" "$tmp/bytes.nginx" || { echo "the two do not return the same bytes" >&2; exit 1; }

rate() {  # requests per second of one wrk run
  wrk -t1 -c32 -d"${seconds}s" "http://127.0.0.1:$1/signals/latest" >"$tmp/wrk"
  if grep -q "Non-2xx\|Socket errors" "$tmp/wrk"; then cat "$tmp/wrk" >&2; exit 1; fi
  awk '/Requests\/sec/ {print $2}' "$tmp/wrk"
}
echo "body $(wc -c <"$tmp/bytes") bytes; $(awk -F': ' '/model name/ {print $2; exit}' /proc/cpuinfo); $(nginx -v 2>&1); $(date -u +%Y-%m-%d)"
echo "run  bowline/s  nginx/s  ratio"
i=1
while [ "$i" -le "$runs" ]; do
  a=$(rate $ours)
  b=$(rate $theirs)
  echo "$i $a $b" | awk '{printf "%3d  %9.0f  %7.0f  %.3f\n", $1, $2, $3, $2 / $3}' | tee -a "$tmp/table"
  i=$((i + 1))
done
awk '{print $4}' "$tmp/table" | sort -n | awk -v bar=0.5 '{v[NR] = $1} END {
  m = NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2
  met = (m >= bar)
  printf "median ratio %.3f (bar %.1f): %s\n", m, bar, met ? "met" : "MISSED"
  exit !met }'
