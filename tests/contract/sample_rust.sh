#!/bin/sh
# sample_rust.sh <source dir> <lib dir> <contract_plugins>: builds the Rust sample as its first lines say, and has it
# answer as the C one does. Skipped (77) where there is no rustc.
set -eu
source=$1 lib=$2 tests=$3
if ! command -v rustc > /dev/null; then
  echo "skipped: the sample in Rust: there is no rustc here"
  exit 77
fi
mkdir -p "$lib"
rustc --edition 2021 --crate-type cdylib -C panic=abort -C opt-level=3 -D warnings \
  "$source/sdk/samples/rust/momentum.rs" -o "$lib/libmomentum_rust.so"
chmod go-w "$lib/libmomentum_rust.so"
"$tests" "[rust]"
