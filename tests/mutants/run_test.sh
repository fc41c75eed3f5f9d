#!/usr/bin/env bash
# What tests/mutants/run.sh says of a mutant, held against those whose fate is known, in a tree of a few small files.
set -u
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0
check() { # what, command...
  local what=$1; shift
  if "$@"; then echo "ok   $what"; else echo "FAIL $what"; failed=1; fi
}
mkdir -p "$dir/tests/mutants"
cp "$here/run.sh" "$dir/tests/mutants/"
cat >"$dir/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.22)
project(small CXX)
add_subdirectory(tests)
END
echo 'add_executable(first first.cpp)
add_executable(second second.cpp)' >"$dir/tests/CMakeLists.txt"
cat >"$dir/tests/code.hpp" <<'END'
inline int left(int n) {
  volatile int i = n;
  while (i > 0) i = i - 1;
  if (n < 0) i = 0;
  return i;
}
END
printf '#include "code.hpp"\nint main() { return left(3); }\n' >"$dir/tests/first.cpp"
printf '#include "code.hpp"\nint main() { return left(-3) != 0; }\n' >"$dir/tests/second.cpp"
mutant() { # name, tests, what sed makes of code.hpp, another line of the header
  {
    printf 'What: %s\nRule: 1.1\nTests: %s\n%s\n--- a/tests/code.hpp\n+++ b/tests/code.hpp\n' "$1" "$2" "${4+$4$'\n'}"
    sed "$3" "$dir/tests/code.hpp" | diff -U2 "$dir/tests/code.hpp" - | tail -n +3
  } >"$dir/tests/mutants/$1.patch"
}
waits='s/i = i - 1/i = i/'
mutant seen first 's/return i/return i + 1/'
mutant unseen first 's/i > 0/i >= 1/'
mutant waits first "$waits"
mutant waits_and_says_so first "$waits" 'Hangs: yes'
mutant one_waits_one_sees 'first second' "$waits; /n < 0/d"
mutant no_code first 's/return i/return lost/'
mutant of_other_code first 's/return i/return i + 1/'
sed -i 's/return i;/return k;/' "$dir/tests/mutants/of_other_code.patch"

run() { BOWLINE_MUTANT_SECONDS=5 "$dir/tests/mutants/run.sh" --jobs 1 "$@" >"$dir/out" 2>"$dir/err"; }
says() { grep -q -e "$1" "$dir/out" || { echo "no '$1' in:"; cat "$dir/out" "$dir/err"; return 1; }; }
ends() { # exit code, mutants...
  local want=$1 got; shift
  run "$@"
  got=$?
  [ $got = "$want" ] || { echo "exit $got instead of $want: $*"; cat "$dir/out" "$dir/err"; return 1; }
}
check "not all of them are killed" ends 1
check "a check that fails kills" says '^killed   seen$'
check "what no check notices has survived" says '^SURVIVED unseen: unseen$'
check "a time-out alone decides nothing" says '^UNDECIDED waits: .* within 5 s'
check "a time-out kills what says that it hangs, and is told apart" says '^killed by time waits_and_says_so$'
check "a check that fails kills beside a time-out" says '^killed   one_waits_one_sees$'
check "what does not build is broken" says '^BROKEN   no_code: does not build'
check "what does not apply is broken" says '^BROKEN   of_other_code: does not apply'
check "the sum tells them apart" says '^== 7 mutants: 3 killed (by time: 1), 1 survived, 1 undecided, 2 broken$'
check "undecided is not killed" ends 1 waits
check "seen and by time are all of them" ends 0 seen waits_and_says_so
sed -i 's/^int main() {/& for (;;) {}/' "$dir/tests/first.cpp"
check "tests that have no end without any mutant are no test" ends 2 seen
check "and that is said" says 'have no end within 5 s, without any mutant'
check "a limit that is no number is refused" test "$(BOWLINE_MUTANT_SECONDS=soon "$dir/tests/mutants/run.sh" seen 2>&1)" = \
  "BOWLINE_MUTANT_SECONDS: a number of seconds is needed, not 'soon'"
check "the list says who is killed by time" grep -q '^| `waits_and_says_so` .* `first`, by time |$' <("$dir/tests/mutants/run.sh" --list)

# One that does not apply tests nothing, and would be found in the night at the earliest.
root=$(cd "$here/../.." && pwd)
stale=$(for p in "$here"/*.patch; do patch -s -p1 -F0 --dry-run -d "$root" <"$p" >/dev/null 2>&1 || basename "$p" .patch; done)
check "each mutant applies to the code as it is${stale:+: not $(echo $stale)}" test -z "$stale"
exit $failed
