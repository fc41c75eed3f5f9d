#!/usr/bin/env bash
# quarantine_test.sh <bowline> <SDK prefix> <work dir>: a plugin that does not return ends the process with 75 and is
# remembered; the next run leaves it out and makes no entry; an operator releases it.
set -u
bowline=$1 prefix=$2 work=$3
rm -rf "${work:?}"
mkdir -p "$work"
cd "$work" || exit 1
failed=0
check() { # what, command...
  local what=$1; shift
  if "$@"; then echo "ok   $what"; else echo "FAIL $what"; failed=1; fi
}
ends() { # exit code, command...
  local want=$1; shift
  "$@" >out 2>err
  local got=$?
  [ "$got" = "$want" ] || { echo "exit $got instead of $want: $*"; cat out err; return 1; }
}
if command -v ccache >/dev/null; then export CMAKE_CXX_COMPILER_LAUNCHER=ccache; fi
"$bowline" new plugin signal stuck >/dev/null || exit 1
sed -i 's|if (!bar.is_final()) return;|volatile bool forever = bar.is_final(); while (forever) {}|' stuck/stuck.cpp
{ cmake -S stuck -B stuck/build -G Ninja -DCMAKE_PREFIX_PATH="$prefix" && cmake --build stuck/build --target stuck; } \
  >build.log 2>&1 || { cat build.log; exit 1; }
run() { "$bowline" run stuck/run.yaml --var var --json --log-level CRITICAL; }

check "a state folder without a quarantine" ends 2 "$bowline" quarantine list --var var
check "a call that does not return ends the process" ends 75 run
check "the list can be read" ends 0 "$bowline" quarantine list --var var
check "it names instance, plugin and why" grep -q '^model: plugin local.signal.stuck, overrun in ' out
check "as JSON too" ends 0 "$bowline" quarantine list --var var --json
check "with the instance" grep -q '"instance": "model"' out
check "started again on its folder, the run goes on without it" ends 0 run
check "and makes no entry there" grep -q '"made": 0' out
check "then it has ended, and says how the quarantine goes along" ends 3 run
check "in words" grep -q 'RUN_VAR_USED: .*copy its file quarantine' err
anew() { # folder: a new one, with the quarantine of the first
  rm -rf "$1"
  mkdir "$1"
  cp var/quarantine "$1/"
}
anew next
check "the next run is well without it" ends 0 "$bowline" run stuck/run.yaml --var next --json --log-level CRITICAL
check "and makes no entry" grep -q '"made": 0' out
check "a wrong name releases nobody" ends 2 "$bowline" quarantine release modell --var var
check "and is told who there is" grep -q 'these are: model' err
check "neither a name nor --all" ends 2 "$bowline" quarantine release --var var
check "the release" ends 0 "$bowline" quarantine release model --var var
check "then nobody is left" ends 0 "$bowline" quarantine list --var var
check "it says so" grep -q 'nobody is quarantined' out
anew third
check "released, it runs, and hangs again" ends 75 "$bowline" run stuck/run.yaml --var third --log-level CRITICAL
echo torn >>var/quarantine
check "a torn line is told" ends 0 "$bowline" quarantine list --var var
check "in words" grep -q 'every instance counts as named' out
check "--all clears it" ends 0 "$bowline" quarantine release --all --var var
check "wholly" ends 0 "$bowline" quarantine list --var var
check "nobody again" grep -q 'nobody is quarantined' out
exit $failed
