#!/bin/sh
# needed.sh <bowline> <SDK prefix> <work dir>: a plugin that links a library of the distribution is refused until its type
# says so, and one that asks for a newer host is refused by this one; the advice is followed to the letter.
set -eu
bowline=$1 prefix=$2 work=$3
rm -rf "${work:?}"
mkdir -p "$work"
cd "$work"
if command -v ccache > /dev/null; then export CMAKE_CXX_COMPILER_LAUNCHER=ccache; fi
"$bowline" new plugin signal zipped > /dev/null
sed -i 's|^bowline_add_plugin(zipped .*SOURCES zipped.cpp|& LIBS z|' zipped/CMakeLists.txt
grep -q 'LIBS z' zipped/CMakeLists.txt || { cat zipped/CMakeLists.txt; echo "the template has another form"; exit 1; }
# Something of the library is used: the linker leaves out what is not.
printf '%s\n' '#include <zlib.h>' 'extern "C" __attribute__((used)) unsigned long sum_of(const unsigned char* b) { return crc32(0, b, 1); }' > head
cat zipped/zipped.cpp >> head
mv head zipped/zipped.cpp
build() {
  cmake -S zipped -B zipped/build -G Ninja -DCMAKE_PREFIX_PATH="$prefix" > log && cmake --build zipped/build --target zipped > log || { cat log; exit 1; }
}
says() { # code, words
  code=0
  "$bowline" plugin schema local.signal.zipped --path zipped/build > out 2> err || code=$?
  [ "$code" = "$1" ] || { echo "exit $code instead of $1"; cat err; exit 1; }
  grep -q -e "$2" out err || { echo "not said: $2"; cat out err; exit 1; }
}
type() { # line of the type
  sed -i "s|^struct Zipped : .*{|&\n  $1|" zipped/zipped.cpp
  build
}
build
says 4 'PLUGIN_NEEDS_LIBRARY: .*libz.so.1, which its note does not list.*`needed` of the type that BOWLINE_PLUGIN names'
type 'static constexpr auto needed = bowline::libraries("libz.so.1");'
says 0 '"additionalProperties": false'
"$bowline" plugin inspect zipped/build/libzipped.so --json > out
grep -q '"libz.so.1"' out || { cat out; exit 1; }
type 'static constexpr std::uint32_t min_host_minor = 99;'
says 4 'libzipped.so: needs host ABI 1.99 or newer, this host has 1.4'
