#!/bin/sh
# elf.sh <folder...>: every plugin file in them is linked as bowline_add_plugin() promises, so that two plugins in one
# process cannot reach each other and a call never waits for the dynamic loader.
# elf.sh --faulty <c++> <work dir>: the opposite: a library with every fault is built, and each check finds its own.
set -u
faults() { # file: one line a fault
  headers=$(readelf -lW "$1") dynamic=$(readelf -dW "$1") symbols=$(readelf --dyn-syms -W "$1") relocations=$(readelf -rW "$1")
  echo "$headers" | grep -q GNU_RELRO || echo "no RELRO"
  echo "$dynamic" | grep -q 'BIND_NOW\|FLAGS_1.*NOW' || echo "no BIND_NOW"
  echo "$headers" | grep 'GNU_STACK' | grep -q 'RWE\|R E' && echo "an executable stack"
  echo "$headers" | grep -q GNU_STACK || echo "no word about the stack"
  echo "$dynamic" | grep -q TEXTREL && echo "relocations in its code"
  echo "$symbols" | grep -q ' UNIQUE ' && echo "unique symbols"
  exported=$(echo "$symbols" | awk '$7 != "UND" && $7 != "ABS" && ($5 == "GLOBAL" || $5 == "WEAK" || $5 == "UNIQUE") {sub(/@.*/, "", $8); print $8}')
  [ "$exported" = bowline_module_v1 ] || echo "exports" $exported
  # A call to a function of its own that goes through the PLT can end in another library's.
  for name in $exported; do
    echo "$relocations" | grep 'JUMP_SLO\|JUMP_SLOT' | grep -q " $name\(@\| \|$\)" && echo "calls its own $name through the PLT"
  done
  readelf -nW "$1" | grep -q '^ *bowline ' || echo "no Bowline note"
}
if [ "$1" = --faulty ]; then
  mkdir -p "$3"
  printf '%s\n' 'inline int& counter() { static int n = 1; return n; }' 'extern "C" int one() { return counter(); }' \
    'extern "C" int two() { return one() + 1; }' > "$3/faulty.cpp"
  "$2" -shared -fPIC -O0 -fgnu-unique -Wl,-z,lazy -Wl,-z,norelro -Wl,-z,execstack "$3/faulty.cpp" -o "$3/libfaulty.so" || exit 1
  found=$(faults "$3/libfaulty.so")
  echo "$found"
  for fault in "no RELRO" "no BIND_NOW" "an executable stack" "unique symbols" "exports" "calls its own one through" "no Bowline note"; do
    echo "$found" | grep -q "^$fault" || { echo "not found: $fault"; exit 1; }
  done
  exit 0
fi
n=0 failed=0
for file in $(find "$@" -name 'lib*.so' -not -path '*/CMakeFiles/*' | sort); do
  n=$((n + 1))
  found=$(faults "$file")
  [ -z "$found" ] && continue
  echo "$found" | sed "s|^|$file: |"
  failed=1
done
echo "$n files"
[ "$n" -ge 12 ] || { echo "seven plugins and five templates were expected at least"; failed=1; }
exit $failed
