#!/bin/sh
# template.sh <kind> <SDK prefix> <work dir> [<bowline>]: begins a project of this kind, builds it with find_package
# against the installed SDK, runs its own test, and then its run.yaml. Without the binary (the sanitizer builds have
# none) the template is filled in here, and nothing is run.
set -eu
kind=$1 prefix=$2 work=$3 bowline=${4:-} name=my_$1
mkdir -p "$work"
rm -rf "${work:?}/$name"
if [ -n "$bowline" ]; then
  "$bowline" new plugin "$kind" "$name" --dir "$work/$name"
else
  mkdir -p "$work/$name"
  for file in "$prefix/share/bowline/templates/$kind"/*.in; do
    to=$(basename "$file" .in | sed "s/@NAME@/$name/g")
    sed "s/@NAME@/$name/g; s/@TYPE@/MyPlugin/g; s/@PLUGINS@/plugins/" "$file" > "$work/$name/$to"
  done
fi
if grep -rlE '@(NAME|TYPE|PLUGINS)@' "$work/$name"; then echo "a placeholder is left"; exit 1; fi
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
[ -n "$bowline" ] || exit 0
# As its README says. The run has to end well and to have gone through the new plugin: something was bought.
"$bowline" run run.yaml --var var/first --json --log-level WARNING > run.json || { cat run.json; exit 1; }
grep -q '"end": "end_of_data"' run.json || { cat run.json; echo "the run did not reach the end of its data"; exit 1; }
orders=$(sed -n 's/^ *"made": *\([0-9]*\),*$/\1/p' run.json)
[ "${orders:-0}" -gt 0 ] || { cat run.json; echo "a run without an order"; exit 1; }
echo "run: $orders orders"
