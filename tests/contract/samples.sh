#!/bin/sh
# samples.sh <source dir> <SDK prefix> <work dir>: builds the C and, where there is a rustc, the Rust sample out of tree,
# as their first lines say, into <work dir>/lib.
set -eu
source=$1 prefix=$2 work=$3
mkdir -p "$work/lib"
cmake -S "$source/sdk/samples/c" -B "$work/c" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" \
  -DCMAKE_C_FLAGS="-O2 -Wall -Wextra -Wconversion -Wshadow -Wpedantic -Werror" > "$work/c.log" || { cat "$work/c.log"; exit 1; }
cmake --build "$work/c" > "$work/c.log" || { cat "$work/c.log"; exit 1; }
cp "$work/c/libmomentum_c.so" "$work/lib/"
rm -f "$work/lib/libmomentum_rust.so"
if command -v rustc > /dev/null; then
  rustc --edition 2021 --crate-type cdylib -C panic=abort -C opt-level=3 -D warnings \
    "$source/sdk/samples/rust/momentum.rs" -o "$work/lib/libmomentum_rust.so"
fi
chmod go-w "$work/lib"/*.so
