#!/bin/sh
# new_plugin.sh <bowline> <work dir>: what `bowline new plugin` turns away, with its words and exit code 2, and that it
# leaves nothing behind.
set -eu
bowline=$1 work=$2
rm -rf "${work:?}"
mkdir -p "$work"
cd "$work"
refused() { # <words> <arguments...>
  words=$1; shift
  code=0
  "$bowline" new plugin "$@" > out 2> err || code=$?
  [ "$code" = 2 ] || { echo "exit $code instead of 2: $*"; cat err; exit 1; }
  grep -qF -e "$words" err || { echo "not said: $words"; cat err; exit 1; }
}
refused "did you mean signal?" signl momentum
refused "feed, signal, risk, broker or rebalancer" teapot momentum
refused "did you mean my_signal?" signal My-Signal
refused "USAGE_NAME" signal 9lives
refused "USAGE_NAME" signal ../up
refused "USAGE_NAME" signal ''
refused "my_test" signal test
mkdir here
refused "USAGE_FOLDER_EXISTS" signal momentum --dir here
[ "$(ls)" = "$(printf 'err\nhere\nout')" ] || { ls; echo "something was left behind"; exit 1; }
"$bowline" new plugin signal for_two --dir deep/down > out
[ -s deep/down/for_two.cpp ] || { echo "a folder within a new one was not made"; exit 1; }
grep -q 'struct ForTwo : ' deep/down/for_two.cpp || { echo "the type's name is not ForTwo"; exit 1; }
