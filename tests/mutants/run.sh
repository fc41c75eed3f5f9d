#!/usr/bin/env bash
# Seeded faults: each patch of this folder is one mistake in order, risk, journal or reconciliation code. Each is built alone
# and the tests it names must fail. One that builds and passes has survived: a test is missing.
#   tests/mutants/run.sh [--jobs N] [name...]   all of them, or those named, N at a time; 0 = all were killed
#   tests/mutants/run.sh --list                 the table of docs/mutants.md
# Works on copies below build/mutants, one for each that goes on at a time; the compiler's cache makes the second run quick.
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

work=$root/build/mutants/${BOWLINE_MUTANT_SLOT:-0}
src=$work/src out=$work/out
export CCACHE_BASEDIR=$root/build/mutants CCACHE_NOHASHDIR=1
say() { printf '%s\n' "$*"; }
build() { cmake --build "$out" -j "$1" --target "${@:2}" >"$work/build.log" 2>&1; }
# The first check that fails is enough: ctest would let a test program go on to its end.
passes() {
  local t at
  for t in "$@"; do
    at=$(find "$out/tests" -name "$t" -type f -perm -u+x)
    [ -n "$at" ] || { echo "there is no $t below $out" >"$work/test.log"; return 2; }
    (cd "$(dirname "$at")" && BOWLINE_SOURCE=$src BOWLINE_BUILD=$out TZ=UTC timeout 180 "$at" --abort) >"$work/test.log" 2>&1 || return 1
  done
}

if [ "${1-}" = --one ]; then # mutant: in the copy of its slot
  patch=$here/$2.patch
  if ! patch -s -p1 --dry-run -d "$src" <"$patch" >"$work/patch.log" 2>&1; then
    say "BROKEN   $2: does not apply to the code of today"
    exit
  fi
  trap 'patch -s -R -p1 -d "$src" <"$patch"' EXIT
  trap 'exit 130' INT TERM
  patch -s -p1 -d "$src" <"$patch"
  mapfile -t tests < <(field "$patch" Tests | tr ' ' '\n')
  if ! build 1 "${tests[@]}"; then say "BROKEN   $2: does not build: $(grep -m1 'error' "$work/build.log")"
  elif passes "${tests[@]}"; then say "SURVIVED $2: $(field "$patch" What)"
  else say "killed   $2"; fi
  exit
fi

jobs=$(nproc)
if [ "${1-}" = --jobs ]; then jobs=$2; shift 2; fi
names=("$@")
[ $# -gt 0 ] || mapfile -t names < <(cd "$here" && printf '%s\n' *.patch | sed 's/\.patch$//')
for name in "${names[@]}"; do [ -f "$here/$name.patch" ] || { echo "no such mutant: $name" >&2; exit 2; }; done
[ ${#names[@]} -ge "$jobs" ] || jobs=${#names[@]}
mapfile -t tests < <(for n in "${names[@]}"; do field "$here/$n.patch" Tests | tr ' ' '\n'; done | sort -u)

for ((slot = 0; slot < jobs; ++slot)); do
  work=$root/build/mutants/$slot src=$root/build/mutants/$slot/src out=$root/build/mutants/$slot/out
  mkdir -p "$src" "$out"
  # Only what changed is copied: what a time stamp says is new is compiled anew.
  (cd "$root" && { git ls-files -z 2>/dev/null || find . -path ./build -prune -o -type f -print0; }) |
    (cd "$root" && while IFS= read -r -d '' f; do
      [ -f "$f" ] || continue
      cmp -s "$f" "$src/$f" || { mkdir -p "$src/$(dirname "$f")" && cp -p "$f" "$src/$f" && touch "$src/$f"; }
    done)
  # Without optimisation and symbols the compiler is quick, and the checks of an unoptimised build are on. A mistake may leave a variable
  # unused: that is no reason not to build it.
  cmake -S "$src" -B "$out" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG= -DBOWLINE_PARTS=core -DCMAKE_CXX_FLAGS=-w --log-level=WARNING >"$work/configure.log" 2>&1 ||
    { cat "$work/configure.log" >&2; exit 2; }
  build "$(nproc)" "${tests[@]}" || { tail -30 "$work/build.log" >&2; say "the code as it is does not build"; exit 2; }
  [ $slot -gt 0 ] || passes "${tests[@]}" || { tail -30 "$work/test.log" >&2; say "the tests fail without any mutant"; exit 2; }
done
results=$root/build/mutants/results
printf '%s\0' "${names[@]}" | xargs -0 -n 1 -P "$jobs" --process-slot-var=BOWLINE_MUTANT_SLOT "${BASH_SOURCE[0]}" --one | tee "$results"
count() { grep -c "^$1 " "$results"; }
say "== ${#names[@]} mutants: $(count killed) killed, $(count SURVIVED) survived, $(count BROKEN) broken"
[ "$(count killed)" = ${#names[@]} ]
