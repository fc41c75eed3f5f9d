#!/usr/bin/env bash
# Seeded faults: each patch of this folder is one mistake in order, risk, journal or reconciliation code. Each is built alone
# and the tests it names must fail. One that builds and passes has survived: a test is missing.
#   tests/mutants/run.sh [--jobs N] [name...]   all of them, or those named; 0 = all were killed
#   tests/mutants/run.sh --list                 the table of docs/mutants.md
# Works on a copy below build/mutants; the compiler's cache makes the second run quick.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
field() { sed -n "s/^$2: //p;/^--- /q" "$1"; }

if [ "${1-}" = --list ]; then
  echo '# Mutants'
  echo
  echo "Seeded faults that the tests must notice, each built alone by \`tests/mutants/run.sh\` (nightly: \`packaging/test --nightly\`)."
  echo 'The patches stand in `tests/mutants`; the rule is that of [trading_rules.md](trading_rules.md). Generated: `packaging/docs`.'
  echo
  echo '| mutant | the mistake | rule | where | killed by |'
  echo '|---|---|---|---|---|'
  for patch in "$here"/*.patch; do
    printf '| `%s` | %s | %s | `%s` | `%s` |\n' "$(basename "$patch" .patch)" "$(field "$patch" What)" "$(field "$patch" Rule)" \
      "$(sed -n 's,^--- a/,,p' "$patch")" "$(field "$patch" Tests)"
  done
  exit 0
fi

jobs=$(nproc)
if [ "${1-}" = --jobs ]; then jobs=$2; shift 2; fi
if [ $# -gt 0 ]; then patches=("${@/#/$here/}"); patches=("${patches[@]/%/.patch}"); else patches=("$here"/*.patch); fi
for patch in "${patches[@]}"; do [ -f "$patch" ] || { echo "no such mutant: $patch" >&2; exit 2; }; done

work=$root/build/mutants
src=$work/src out=$work/out
mkdir -p "$src" "$out"
# Only what changed is copied: what a time stamp says is new is compiled anew.
(cd "$root" && { git ls-files -z 2>/dev/null || find . -path ./build -prune -o -type f -print0; }) |
  (cd "$root" && while IFS= read -r -d '' f; do
    [ -f "$f" ] || continue
    cmp -s "$f" "$src/$f" || { mkdir -p "$src/$(dirname "$f")" && cp -p "$f" "$src/$f" && touch "$src/$f"; }
  done)
say() { printf '%s\n' "$*"; }
export CCACHE_BASEDIR=$work CCACHE_NOHASHDIR=1
mapfile -t tests < <(for p in "${patches[@]}"; do field "$p" Tests | tr ' ' '\n'; done | sort -u)

# Without optimisation the compiler is quick, and the checks of an unoptimised build are on. A mistake may leave a variable
# unused: that is no reason not to build it.
cmake -S "$src" -B "$out" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DBOWLINE_PARTS=core -DCMAKE_CXX_FLAGS=-w --log-level=WARNING >"$work/configure.log" 2>&1 ||
  { cat "$work/configure.log" >&2; exit 2; }
build() { cmake --build "$out" -j "$jobs" --target "${tests[@]}" >"$work/build.log" 2>&1; }
passes() { ctest --test-dir "$out" -R "^($1)\$" --timeout 180 --stop-on-failure --no-tests=error >"$work/test.log" 2>&1; }
build || { tail -30 "$work/build.log" >&2; say "the code as it is does not build"; exit 2; }
passes "$(IFS='|'; echo "${tests[*]}")" || { tail -30 "$work/test.log" >&2; say "the tests fail without any mutant"; exit 2; }

killed=0 survived=() useless=()
restore() { patch -s -R -p1 -d "$src" <"$1"; }
for patch in "${patches[@]}"; do
  name=$(basename "$patch" .patch)
  if ! patch -s -p1 --dry-run -d "$src" <"$patch" >"$work/patch.log" 2>&1; then
    useless+=("$name (does not apply)")
    say "BROKEN   $name: does not apply to the code of today"
    continue
  fi
  patch -s -p1 -d "$src" <"$patch"
  trap 'restore "$patch"; exit 130' INT TERM
  mapfile -t tests < <(field "$patch" Tests | tr ' ' '\n')
  if ! build; then
    useless+=("$name (does not build)")
    say "BROKEN   $name: does not build"
    grep -m3 'error' "$work/build.log"
  elif passes "$(IFS='|'; echo "${tests[*]}")"; then
    survived+=("$name")
    say "SURVIVED $name: $(field "$patch" What)"
  else
    killed=$((killed + 1))
    say "killed   $name"
  fi
  trap - INT TERM
  restore "$patch"
done
say "== ${#patches[@]} mutants: $killed killed, ${#survived[@]} survived, ${#useless[@]} broken"
[ ${#survived[@]} -eq 0 ] && [ ${#useless[@]} -eq 0 ]
