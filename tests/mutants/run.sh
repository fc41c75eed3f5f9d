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
    printf '| `%s` | %s | %s | `%s` | `%s`%s |\n' "$(basename "$patch" .patch)" "$(field "$patch" What)" "$(field "$patch" Rule)" \
      "$(sed -n 's,^--- a/,,p' "$patch")" "$(field "$patch" Tests)" "$([ "$(field "$patch" Hangs)" != yes ] || echo ', by time')"
  done
  exit 0
fi

limit=${BOWLINE_MUTANT_SECONDS:-180}
[[ $limit =~ ^[1-9][0-9]*$ ]] || { echo "BOWLINE_MUTANT_SECONDS: a number of seconds is needed, not '$limit'" >&2; exit 2; }
work=$root/build/mutants/${BOWLINE_MUTANT_SLOT:-0}
src=$work/src out=$work/out
export CCACHE_BASEDIR=$root/build/mutants CCACHE_NOHASHDIR=1
say() { printf '%s\n' "$*"; }
build() { cmake --build "$out" -j "$1" --target "${@:2}" >"$work/build.log" 2>&1; }
# 0: all of them pass. 1: one fails; its first check that does is enough, where ctest would let it go on to its end. 2: one is not there.
# 3: none fails, and one has no end within the limit.
passes() {
  local rule=$1 t at cases late=0
  shift
  for t in "$@"; do
    at=$(find "$out/tests" -name "$t" -type f -perm -u+x)
    [ -n "$at" ] || { echo "there is no $t below $out" >"$work/test.log"; return 2; }
    # What is named after the mistake's rule notices it soonest. The property tests take the most time, and the others notice most: they
    # come last.
    for cases in "* $rule*|~*property*" "~* $rule*|~*property*" '*property*'; do
      (cd "$(dirname "$at")" && BOWLINE_SOURCE=$src BOWLINE_BUILD=$out TZ=UTC timeout -k 10 "$limit" "$at" --abort "${cases%|*}" "${cases#*|}") \
        >"$work/test.log" 2>&1
      case $? in
        0) ;;
        124 | 137) late=3; echo "$t: no end within $limit s" >>"$work/test.log" ;;
        *) return 1 ;;
      esac
    done
  done
  return $late
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
  if ! build 1 "${tests[@]}"; then
    say "BROKEN   $2: does not build: $(grep -m1 'error' "$work/build.log")"
    exit
  fi
  passes "$(field "$patch" Rule)" "${tests[@]}"
  case $? in
    0) say "SURVIVED $2: $(field "$patch" What)" ;;
    1) say "killed   $2" ;;
    2) say "BROKEN   $2: $(tail -1 "$work/test.log")" ;;
    *)
      if [ "$(field "$patch" Hangs)" = yes ]; then say "killed by time $2"
      else say "UNDECIDED $2: no check failed, and no end within $limit s (BOWLINE_MUTANT_SECONDS)"; fi ;;
  esac
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
  cmake -S "$src" -B "$out" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG= -DBOWLINE_PARTS=all -DBOWLINE_BENCH=OFF -DCMAKE_CXX_FLAGS=-w --log-level=WARNING >"$work/configure.log" 2>&1 ||
    { cat "$work/configure.log" >&2; exit 2; }
  build "$(nproc)" "${tests[@]}" || { tail -30 "$work/build.log" >&2; say "the code as it is does not build"; exit 2; }
  [ $slot -gt 0 ] || passes any "${tests[@]}" || { tail -30 "$work/test.log" >&2; say "the tests fail, or have no end within $limit s, without any mutant"; exit 2; }
done
results=$root/build/mutants/results
printf '%s\0' "${names[@]}" | xargs -0 -n 1 -P "$jobs" --process-slot-var=BOWLINE_MUTANT_SLOT "${BASH_SOURCE[0]}" --one | tee "$results"
count() { grep -c "^$1 " "$results"; }
say "== ${#names[@]} mutants: $(count killed) killed (by time: $(count 'killed by time')), $(count SURVIVED) survived," \
  "$(count UNDECIDED) undecided, $(count BROKEN) broken"
[ "$(count killed)" = ${#names[@]} ]
