#!/bin/sh
# samples.sh <source dir> <SDK prefix> <work dir>: builds the C sample out of tree, as its first lines say, into
# <work dir>/lib. The one in Rust has a script of its own.
set -eu
source=$1 prefix=$2 work=$3
mkdir -p "$work/lib"
cmake -S "$source/sdk/samples/c" -B "$work/c" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" \
  -DCMAKE_C_FLAGS="-O2 -Wall -Wextra -Wconversion -Wshadow -Wpedantic -Werror" > "$work/c.log" || { cat "$work/c.log"; exit 1; }
cmake --build "$work/c" > "$work/c.log" || { cat "$work/c.log"; exit 1; }
cp "$work/c/libmomentum_c.so" "$work/lib/"
chmod go-w "$work/lib/libmomentum_c.so"
