#!/usr/bin/env bash
# A long run under questions: four hundred bars a second, so that the store's page cache (32 MiB a file) is full after a
# quarter of half an hour, and client after client at the four ports. Memory and open files must not grow from there on,
# every answer must be 200, and the end is orderly.
#   tests/e2e/soak.sh BUILD SECONDS
set -u
cd "$(dirname "$0")/../.."
build=$(realpath "$1") seconds=$2
dir=$(mktemp -d)
trap 'kill -KILL "${host:-0}" 2>/dev/null; rm -rf "$dir"' EXIT
sed -e "s|path: \[.*|path: [$build/plugins]|" -e 's/, bars: 5000, speed: max/, speed: 60000x/' -e '/^listen:/d' \
  configs/ema_simulated.yaml >"$dir/run.yaml"
declare -A port=([signal-generator]=19025 [signal-bridge]=19022 [trade-execution]=19024 [portfolio-rebalancer]=19047)
echo "listen: {ports: {$(for s in "${!port[@]}"; do printf '%s: %s, ' "$s" "${port[$s]}"; done | sed 's/, $//')}}" >>"$dir/run.yaml"
"$build/bin/bowline" run "$dir/run.yaml" --var "$dir/var" --log-file "$dir/log" --for "${seconds}s" >"$dir/out" 2>"$dir/err" &
host=$!
memory() { awk '/^VmRSS/ { print int($2 / 1024) }' "/proc/$host/status"; }
files() { ls "/proc/$host/fd" | wc -l; }
ask() { # how many of the answers were not 200
  local bad=0 url
  for url in "${port[signal-generator]}/signals/latest" "${port[signal-generator]}/signals?limit=100" "${port[signal-bridge]}/decisions?limit=100" \
    "${port[trade-execution]}/portfolio" "${port[trade-execution]}/orders?limit=100" "${port[trade-execution]}/metrics" \
    "${port[portfolio-rebalancer]}/health"; do
    [ "$(curl -s -o "$dir/body" -w '%{http_code}' --max-time 10 "http://127.0.0.1:$url")" = 200 ] || { echo "not 200: $url" >&2; bad=$((bad + 1)); }
  done
  return $bad
}
for _ in $(seq 100); do curl -s -o /dev/null "http://127.0.0.1:${port[portfolio-rebalancer]}/health" && break; sleep 0.1; done
start=$SECONDS bad=0 asked=0 warm= warm_files=
while kill -0 $host 2>/dev/null && [ $((SECONDS - start)) -lt $((seconds - 3)) ]; do
  ask || bad=$((bad + $?))
  asked=$((asked + 7))
  [ -n "$warm" ] || [ $((SECONDS - start)) -lt $((seconds / 4)) ] || { warm=$(memory) warm_files=$(files); }
  last=$(memory) last_files=$(files)
done
wait $host
code=$?
host=
echo "soak of $seconds s: $(grep -E '^bars' "$dir/out" | tr -s ' '), $asked answers, $bad not 200; memory $warm MiB after a quarter, $last MiB at the end; open files $warm_files, then $last_files; exit $code"
[ $code = 0 ] && [ $bad = 0 ] && [ "$last" -le $((warm + warm / 4 + 8)) ] && [ "$last_files" -le $((warm_files + 8)) ] || { cat "$dir/err"; exit 1; }
