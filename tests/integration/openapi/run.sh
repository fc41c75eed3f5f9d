#!/bin/sh
# run.sh OPENAPI_DUMP WORK_DIR: the documents of the four services are accepted by an independent validator, a broken one is not.
set -eu
here=$(dirname "$(realpath "$0")")
dump=$1
work=$2
command -v node >/dev/null || { echo "skipped: OpenAPI documents: node is missing (apt install nodejs npm)"; exit 77; }
mkdir -p "$work/node"
cp "$here/package.json" "$here/package-lock.json" "$here/validate.mjs" "$work/node/"
if ! [ -d "$work/node/node_modules/@seriousme/openapi-schema-validator" ]; then
  command -v npm >/dev/null || { echo "skipped: OpenAPI documents: npm is missing (apt install npm)"; exit 77; }
  # Only here is the network needed, and only once a build: what npm has in its cache is taken from there. Without a
  # network, or with one that answers nothing, it is over in time for a skip instead of a timeout.
  (cd "$work/node" && timeout 100 npm ci --silent --no-audit --no-fund --prefer-offline --fetch-retries=1 \
    --fetch-retry-mintimeout=2000 --fetch-timeout=30000) ||
    { echo "skipped: OpenAPI documents: npm has no network to fetch the validator @seriousme/openapi-schema-validator"
      exit 77; }
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
