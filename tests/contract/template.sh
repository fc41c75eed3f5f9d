#!/bin/sh
# template.sh <kind> <SDK prefix> <work dir>: instantiates one template as `bowline new plugin <kind> <name>` does, builds
# it with find_package against the installed SDK, and runs its own test.
set -eu
kind=$1 prefix=$2 work=$3 name=my_$1
rm -rf "$work/$name"
mkdir -p "$work/$name"
for file in "$prefix/share/bowline/templates/$kind"/*.in; do
  to=$(basename "$file" .in | sed "s/@NAME@/$name/g")
  sed "s/@NAME@/$name/g" "$file" > "$work/$name/$to"
done
if grep -rl '@NAME@' "$work/$name"; then echo "a placeholder is left"; exit 1; fi
cd "$work/$name"
for file in CMakeLists.txt README.md run.yaml "$name.cpp" "${name}_test.cpp"; do
  [ -s "$file" ] || { echo "the template of a $kind has no $file"; exit 1; }
done
if command -v ccache > /dev/null; then export CMAKE_CXX_COMPILER_LAUNCHER=ccache; fi
cmake -S . -B build -G Ninja -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_CXX_FLAGS="-Wconversion -Wshadow -Wpedantic -Werror" \
  > configure.log || { cat configure.log; exit 1; }
cmake --build build > build.log || { cat build.log; exit 1; }
ctest --test-dir build --output-on-failure
symbols=$(nm -D --defined-only "build/lib$name.so" | awk '{print $3}')
[ "$symbols" = bowline_module_v1 ] || { echo "exports: $symbols"; exit 1; }
