# What both matrices do with points (sourced by matrix.sh and network.sh): which of them, several at once, and what came of each.
results=$dir/results
jobs=${BOWLINE_CRASH_JOBS:-$(nproc)}
all=${BOWLINE_CRASH_POINTS:-1000000} # how many points of each scenario and kind
note() { # scenario, what, point(s), state folder, verdict
  printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$5" >>"$results"
  if [ "$5" = FAILED ]; then
    printf 'FAILED %s, %s at %s:\n' "$1" "$2" "$3"
    sed 's/^/  /' "$4.problem"
    [ -z "${BOWLINE_KEEP:-}" ] || { mkdir -p "$BOWLINE_KEEP"; cp -r "$4"* "$BOWLINE_KEEP/"; cp -r "$dir/$1.whole" "$dir/$1.yaml" "$BOWLINE_KEEP/" 2>/dev/null; }
  fi
  rm -rf "$4" "$4".*
}
spread() { # number: that many of the lines, evenly
  awk -v n="$1" '{ l[NR] = $0 } END { if (n >= NR) n = NR; for (i = 0; i < n; ++i) print l[int((i + 0.5) * NR / n) + 1] }'
}
many() { # function, number, scenario, same, what: of the points of stdin
  spread "$2" | cut -d' ' -f1 | xargs -r -P "$jobs" -I{} bash -c '"$@"' _ "$1" "$3" "$4" "$5" {}
}
summary() {
  awk -F'\t' '
    { n[$1 "\t" $2 "\t" $4]++; row[$1 "\t" $2]; total[$4]++ }
    END {
      printf "%-14s %-16s %9s %7s %7s\n", "scenario", "what", "survived", "missed", "failed"
      for (r in row) {
        split(r, of, "\t")
        printf "%-14s %-16s %9d %7d %7d\n", of[1], of[2], n[r "\tsurvived"], n[r "\tmissed"], n[r "\tFAILED"] | "sort"
      }
      close("sort")
      printf "%d points: %d survived, %d missed, %d failed\n", NR, total["survived"], total["missed"], total["FAILED"]
    }' "$results"
  ! grep -q $'\tFAILED$' "$results" || failed=1
  # A matrix whose points are not met says nothing.
  local missed tried
  missed=$(grep -c $'\tmissed$' "$results") tried=$(wc -l <"$results")
  # Of a few points in real time one or two may be.
  check "hardly a point is missed ($missed of $tried)" test "$missed" -le "${may_miss:-$((tried / 20))}"
}
