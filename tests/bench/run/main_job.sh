#!/usr/bin/env bash
# The exercise run on real candles with everything on (file journal, store, mock venue's file). Bar: 20,000 bars/s and
# 256 MiB peak RSS. Needs BOWLINE_DATA, and BOWLINE_MODEL = the bundle that `bowline train configs/real_2021_train.yaml` wrote.
#   tests/bench/run/main_job.sh [build folder] [runs]
set -euo pipefail
cd "$(dirname "$0")/../../.."
build=${1:-build/release} runs=${2:-3}
: "${BOWLINE_DATA:?the folder that holds data/candles}" "${BOWLINE_MODEL:?the bundle trained on 2021}"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
for i in $(seq "$runs"); do
  "$build/bin/bowline" run configs/real_2022_exercise.yaml --var "$dir/var" --log-level ERROR | grep -E '^(orders|took)'
  rm -rf "$dir/var"
done
