#!/usr/bin/env bash
# The exercise run on real candles with everything on (HTTP, file journal, store, mock venue's file). Bars: 20,000 bars/s
# and 256 MiB peak RSS. Needs BOWLINE_DATA; BOWLINE_MODEL = the bundle that `bowline train configs/real_2021_train.yaml --evaluation 0.15`
# wrote, and without it the model is trained here first.
#   tests/bench/run/main_job.sh [build folder] [runs]
set -euo pipefail
cd "$(dirname "$0")/../../.."
build=$(realpath "${1:-build/release}") runs=${2:-5}
[ -n "${BOWLINE_DATA:-}" ] || { echo "BOWLINE_DATA does not name the folder that holds data/candles"; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
for name in real_2021_train real_2022_exercise; do
  sed "s|path: \[.*|path: [$build/plugins]|" configs/$name.yaml >"$dir/$name.yaml"
done
if [ -z "${BOWLINE_MODEL:-}" ]; then
  "$build/bin/bowline" train "$dir/real_2021_train.yaml" --out "$dir/model" --evaluation 0.15 >"$dir/out"
  BOWLINE_MODEL=$dir/model
fi
export BOWLINE_MODEL
for _ in $(seq "$runs"); do
  "$build/bin/bowline" run "$dir/real_2022_exercise.yaml" --var "$dir/var" --log-level ERROR >"$dir/out"
  grep -E '^(orders|took)' "$dir/out" >&2
  awk '/^took/ { gsub(",", ""); print $4, $(NF - 1) }' "$dir/out"
  rm -rf "$dir/var"
done | sort -n | awk '{ v[NR] = $1; if ($2 > rss) rss = $2 } END { m = v[int((NR + 1) / 2)]; met = m >= 20000 && rss <= 256
  printf "bars/s: min %.0f, median %.0f, max %.0f (bar 20000); peak memory %d MiB (bar 256): %s\n", v[1], m, v[NR], rss, met ? "met" : "MISSED"
  exit !met }'
