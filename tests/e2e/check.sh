# What the scripts of this folder share. Each is called as `script BOWLINE SOURCE`, with the binary and the source tree.
set -u
bowline=$1 source=$2
dir=$(mktemp -d)
chmod 755 "$dir" # another user has to be able to look into it
started=()
clean() { # what this script started and did not wait for
  [ ${#started[@]} -eq 0 ] || kill -KILL "${started[@]}" 2>/dev/null
  if mountpoint -q "$dir/disk" 2>/dev/null; then umount -l "$dir/disk"; fi
  rm -rf "$dir"
}
trap clean EXIT
plugins=$(realpath "$(dirname "$bowline")/../plugins")
failed=0

check() { # what, command...
  local what=$1; shift
  if "$@"; then echo "ok   $what"; else echo "FAIL $what"; failed=1; fi
}
ends() { # exit code, command...; stdout and stderr are in $dir/out and $dir/err
  local want=$1; shift
  "$@" >"$dir/out" 2>"$dir/err"
  local got=$?
  [ "$got" = "$want" ] || { echo "exit $got instead of $want: $*"; cat "$dir/err"; return 1; }
}
says() { # words: one error, in one line, and the words are in it
  [ "$(wc -l <"$dir/err")" = 1 ] && grep -q -e "$1" "$dir/err" || { echo "not one line with '$1' but:"; cat "$dir/err"; return 1; }
}
refused() { # what, exit code, words, command...
  local what=$1 code=$2 words=$3; shift 3
  check "$what" ends "$code" "$@"
  check "$what: says so, once" says "$words"
}
run() { # config, state folder, more: a run whose log is not on stderr, so that stderr is what a person is told
  "$bowline" run "$1" --var "$2" --log-file "$2.log" --json "${@:3}"
}
within() { # seconds, command...: until the command succeeds
  local end=$((SECONDS + $1)); shift
  until "$@"; do
    [ $SECONDS -lt $end ] || return 1
    sleep 0.1
  done
}
rows() { # table, state folder: how many rows of it are stored
  "$bowline" db dump "$1" --var "$2" | tail -n +2 | wc -l
}
field() { # name: the first number of this name in the summary of the last run
  sed -n "s/^ *\"$1\": \([0-9.]*\),\{0,1\}$/\1/p" "$dir/out" | head -1
}
passed_canary() { # state folder, key file: as if a canary had passed there with this version and that key
  local version name
  version=$("$bowline" version | sed 's/^bowline \([^,]*\),.*/\1/')
  name=$(sed -n 's/.*"name" *: *"\([^"]*\)".*/\1/p' "$2" | tr -d '\n')
  mkdir -p "$1"
  printf '{"passed": [{"version": "%s", "key_sha256": "%s", "time": "2026-01-01T00:00:00Z"}]}\n' "$version" "$(printf %s "$name" | sha256sum | cut -d' ' -f1)" >"$1/canary.json"
}
is() { # got, want
  [ "$1" = "$2" ] || { echo "'$1' instead of '$2'"; return 1; }
}
