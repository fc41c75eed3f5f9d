#!/bin/sh
# run.sh OPENAPI_DUMP WORK_DIR: the documents of the four services are accepted by an independent validator, a broken one is not.
set -eu
here=$(dirname "$(realpath "$0")")
dump=$1
work=$2
command -v node >/dev/null || { echo "skipped: node is missing (apt install nodejs npm)"; exit 77; }
mkdir -p "$work/node"
cp "$here/package.json" "$here/package-lock.json" "$here/validate.mjs" "$work/node/"
if ! [ -d "$work/node/node_modules/@seriousme/openapi-schema-validator" ]; then
  command -v npm >/dev/null || { echo "skipped: npm is missing (apt install npm)"; exit 77; }
  (cd "$work/node" && npm ci --silent --no-audit --no-fund) || { echo "skipped: npm cannot fetch the validator here"; exit 77; }
fi
services="signal-generator signal-bridge trade-execution portfolio-rebalancer"
for service in $services; do "$dump" "$service" >"$work/node/$service.json"; done
"$dump" broken >"$work/broken.json"
cd "$work/node"
for service in $services; do node validate.mjs "$service.json"; done
if node validate.mjs "$work/broken.json" >"$work/broken.txt"; then
  echo "the validator took a document with a parameter in no place: it judges nothing"
  exit 1
fi
