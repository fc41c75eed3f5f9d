#!/bin/sh
# layout.sh <source dir> <C compiler> <work dir>: every line of abi/v*.layout is still true of the header. New lines are
# additions; a changed or missing one is a break of the ABI. Then the gate tests itself on three broken headers.
set -eu
source=$1 compiler=$2 work=$3
mkdir -p "$work"
layout() { # <include dir> <output>
  awk -f "$source/sdk/abi/layout.awk" "$1/bowline/plugin.h" > "$work/layout.c"
  "$compiler" -std=c11 -I"$1" "$work/layout.c" -o "$work/layout"
  "$work/layout" > "$2"
}
holds() { # <golden> <now>: prints the lines that are no longer true
  ! grep -Fxv -f "$2" "$1"
}
layout "$source/sdk/include" "$work/now"
for golden in "$source"/sdk/abi/v*.layout; do
  if ! holds "$golden" "$work/now"; then
    echo "the lines above stand in $golden and are no longer true: this breaks plugins that are already built"
    exit 1
  fi
done
fields=$(wc -l < "$work/now")
echo "$fields lines, all of the golden ones unchanged"

broken() { # <name> <sed script> <expected: holds|breaks>
  mkdir -p "$work/$1/bowline"
  sed "$2" "$source/sdk/include/bowline/plugin.h" > "$work/$1/bowline/plugin.h"
  if cmp -s "$work/$1/bowline/plugin.h" "$source/sdk/include/bowline/plugin.h"; then echo "$1: changed nothing"; exit 1; fi
  layout "$work/$1" "$work/$1/now"
  if holds "$source/sdk/abi/v1.0.layout" "$work/$1/now" > "$work/$1/lost"; then found=holds; else found=breaks; fi
  [ "$found" = "$3" ] || { echo "$1: expected $3, found $found"; exit 1; }
}
broken append 's|^  bl_str build; .*|&\n  uint64_t later;|' holds
broken reorder 's|uint32_t size, abi_minor;|uint32_t abi_minor, size;|' breaks
broken parameters 's|const bl_intent \*, const bl_portfolio \*, bl_verdict|const bl_portfolio *, const bl_intent *, bl_verdict|' breaks
broken renumber 's|BL_E_CONFIG = -2|BL_E_CONFIG = -20|' breaks
