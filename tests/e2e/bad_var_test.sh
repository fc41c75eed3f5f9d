#!/usr/bin/env bash
# A state folder that an earlier run used: refused whatever that run left behind, and what it left is as it was.
source "$(dirname "$0")/check.sh"
config() { # journal, state of the venue, more lines
  sed "s|path: \[.*|path: [$plugins]|; s/state: memory/state: $2/; s/bars: 5000/bars: 600/" "$source/configs/ema_simulated.yaml"
  printf '%s\n' "journal: $1" "${@:3}"
}
none='store: {transactions: none, prices: none}'
sums() { find "$1" -type f -not -path '*/plugins/*' -not -name '*-wal' -not -name '*-shm' -exec cksum {} + | sort -k3; }
again() { # what, config, words, other config for the second run (the same)
  rm -rf "$dir/var"
  check "$1: the first run" ends 0 run "$2" "$dir/var"
  local before
  before=$(sums "$dir/var")
  refused "$1" 3 "RUN_VAR_USED: .*$3" run "${4:-$2}" "$dir/var"
  check "$1: what is there is as it was" is "$(sums "$dir/var")" "$before"
}
config file memory >"$dir/file.yaml"
again "a journal with orders" "$dir/file.yaml" 'the journal'
# What made money vanish: no journal on disk, but a venue that goes on where it was, and a store with the same order ids.
config memory file >"$dir/memory.yaml"
again "a journal in memory, and the venue's own file" "$dir/memory.yaml" "the venue's state (.*mock_venue.db)"
config memory memory >"$dir/store.yaml"
again "a store alone" "$dir/store.yaml" 'the store'
config memory file "$none" >"$dir/venue.yaml"
again "a venue alone" "$dir/venue.yaml" "the venue's state"
# A run that made no order: the cost gate refuses all, which is an honest result and not nothing.
config file memory "$none" | sed 's/cost_gate: off/cost_gate: on/' >"$dir/gated.yaml"
sed 's/^seed: 7/seed: 8/; s/{seed: 7/{seed: 8/' "$dir/gated.yaml" >"$dir/other.yaml"
again "a run without an order" "$dir/gated.yaml" 'the journal' "$dir/other.yaml"
check "a run without an order: made none" is "$("$SQLITE_DO" "$dir/var/journal.db" "SELECT count(*) FROM journal WHERE kind='intent'")" 0
config file file "store: {transactions: \"sqlite://$dir/apart/t.db\", prices: \"sqlite://$dir/apart/p.db\"}" >"$dir/apart.yaml"
mkdir "$dir/apart"
check "a store apart from the folder" ends 0 run "$dir/apart.yaml" "$dir/here"
refused "another folder, and the store of an earlier run" 3 'RUN_VAR_USED: .*the store' run "$dir/apart.yaml" "$dir/there"

# What did not begin did not use it.
config memory memory "$none" >"$dir/nothing.yaml"
check "nothing is kept" ends 0 run "$dir/nothing.yaml" "$dir/nothing"
check "nothing is kept: the folder is as new" ends 0 run "$dir/nothing.yaml" "$dir/nothing"
exit $failed
