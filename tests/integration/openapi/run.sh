#!/bin/sh
# run.sh OPENAPI_DUMP WORK_DIR: the documents of the four services are accepted by an independent validator, a broken one is not.
set -eu
here=$(dirname "$(realpath "$0")")
dump=$1
work=$2
what="OpenAPI documents" package="the validator @seriousme/openapi-schema-validator"
. "$here/../../node_modules.sh"
services="signal-generator signal-bridge trade-execution portfolio-rebalancer"
for service in $services; do "$dump" "$service" >"$work/node/$service.json"; done
"$dump" broken >"$work/broken.json"
cd "$work/node"
for service in $services; do node validate.mjs "$service.json"; done
if node validate.mjs "$work/broken.json" >"$work/broken.txt"; then
  echo "the validator took a document with a parameter in no place: it judges nothing"
  exit 1
fi
