#!/bin/sh
# served.sh ROUTES_TEST BOWLINE SOURCE WORK_DIR: every answer that the built binary gives to the test of all routes is what
# the served document of its service says, to the last member; and an answer that is not would be noticed.
set -eu
here=$(dirname "$(realpath "$0")")
routes=$1 bowline=$2 source=$3 work=$4
what="OpenAPI documents" package="the validator @seriousme/openapi-schema-validator"
. "$here/../../node_modules.sh"
rm -rf "$work/served"
SERVED=$work/served bash "$routes" "$bowline" "$source" >"$work/routes.txt" || { grep -v '^ok' "$work/routes.txt"; exit 1; }
cd "$work/node"
node validate.mjs "$work"/served/*.openapi.json
node served.mjs "$work/served"
# The checker itself: each of these changes must be refused.
spoil() { # sed expression
  rm -rf "$work/spoilt"
  cp -r "$work/served" "$work/spoilt"
  sed -i "$1" "$work"/spoilt/0*.json
  if node served.mjs "$work/spoilt" >"$work/spoilt.txt"; then
    echo "answers changed with $1 are taken: the check judges nothing"
    exit 1
  fi
}
spoil 's/"instrument":/"symbol":/g'         # a column's name instead of the member's
spoil 's/"filled_qty":"/"cum_qty":"/g'
spoil 's/"ref_price":"\([0-9.]*\)"/"ref_price":\1/g'  # a number for an amount
spoil 's/"more":[a-z]*,//g'                 # a required member
spoil 's/"weights":{[^}]*}/"weights":[]/g'  # a list for an object
spoil 's/"request_id":"[^"]*"//g'           # of the error shape
