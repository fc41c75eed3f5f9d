#!/usr/bin/env bash
# A store that is locked, read-only, full, from another time or of another run: exit code 7, one sentence, and what was
# stored before is still there.
source "$(dirname "$0")/check.sh"
config() { # journal, more lines
  sed "s|path: \[.*|path: [$plugins]|" "$source/configs/ema_simulated.yaml"
  printf '%s\n' "journal: $1" "${@:2}"
}
config file >"$dir/run.yaml"
config memory >"$dir/memory.yaml" # the store alone: a journal with rows is a used folder
sql() { "$SQLITE_DO" "$dir/$1" "$2"; }
check "a good run" ends 0 run "$dir/memory.yaml" "$dir/good"
orders=$(rows orders "$dir/good")
check "a good run: orders are stored" test "$orders" -gt 0
bad() { # what, words, file, SQL: over a copy of the good run
  rm -rf "$dir/bad"
  cp -r "$dir/good" "$dir/bad"
  check "$1: made" sql "bad/$3" "$4"
  refused "$1" 7 "$2" run "$dir/memory.yaml" "$dir/bad"
  check "$1: what was stored is still there" is "$("$SQLITE_DO" "$dir/bad/crypto_transactions.db" 'SELECT count(*) FROM orders')" "$orders"
}
for db in prices transactions; do
  bad "$db of a newer version" STORE_NEWER crypto_$db.db "INSERT INTO schema_migrations VALUES(999,'0999_future','00')"
  bad "$db with a changed migration" STORE_MIGRATION_CHANGED crypto_$db.db "UPDATE schema_migrations SET checksum='00' WHERE version=1"
  bad "$db of another mode" STORE_STAMP crypto_$db.db "UPDATE stamp SET mode='live'"
  bad "$db of another venue" STORE_STAMP crypto_$db.db "UPDATE stamp SET venue='bowline.broker.other'"
done
journal() { # what, words, SQL
  rm -rf "$dir/bad"
  config file | sed 's/bars: 5000/bars: 10/' >"$dir/short.yaml"
  check "$1: a short run" ends 0 run "$dir/short.yaml" "$dir/bad"
  check "$1: made" sql bad/journal.db "$3"
  refused "$1" 7 "$2" run "$dir/short.yaml" "$dir/bad"
}
journal "a journal of a newer version" JOURNAL_NEWER 'PRAGMA user_version=99'
journal "a journal of another mode" JOURNAL_STAMP "UPDATE stamp SET mode='live'"
for file in journal.db crypto_prices.db crypto_transactions.db; do
  rm -rf "$dir/bad"
  mkdir "$dir/bad"
  head -c 8192 /dev/urandom >"$dir/bad/$file"
  sum=$(cksum <"$dir/bad/$file")
  refused "$file is not a database" 7 'not a database' run "$dir/run.yaml" "$dir/bad"
  check "$file was not touched" is "$(cksum <"$dir/bad/$file")" "$sum"
  rm -rf "$dir/bad"
  mkdir -p "$dir/bad/$file"
  refused "$file is a folder" 7 '_OPEN: ' run "$dir/run.yaml" "$dir/bad"
done

# A second process on the same folder.
second() { # what, words, config
  sed 's/bars: 5000, speed: max/speed: 300x/' "$3" >"$dir/long.yaml"
  rm -rf "$dir/shared"
  "$bowline" run "$dir/long.yaml" --var "$dir/shared" --log-file "$dir/shared.log" >/dev/null 2>&1 &
  local first=$!
  started+=($first)
  check "$1: the first runs" within 20 test -e "$dir/shared/crypto_prices.db-wal"
  sleep 0.3
  refused "$1" 7 "$2" run "$dir/long.yaml" "$dir/shared"
  kill -TERM $first
  wait $first
  check "$1: the first ends in order" is $? 0
  started=()
}
second "the journal is another process's" JOURNAL_LOCKED "$dir/run.yaml"
second "the store is another process's" STORE_LOCKED "$dir/memory.yaml"

# Read-only: as a user who owns nothing here. Root may write everywhere.
as_other=()
[ "$(id -u)" != 0 ] || as_other=(setpriv --reuid=65534 --regid=65534 --clear-groups)
if "${as_other[@]}" test -r "$plugins" -a -x "$bowline"; then
  run_other() { "${as_other[@]}" "$bowline" run "$1" --var "$2" --log-level CRITICAL --json; }
  mkdir "$dir/closed"
  chmod 555 "$dir/closed"
  refused "a folder that is read-only" 7 'JOURNAL_OPEN\|JOURNAL_READ_ONLY' run_other "$dir/run.yaml" "$dir/closed"
  refused "a folder that cannot be made" 3 'RUN_VAR_UNUSABLE' run_other "$dir/run.yaml" "$dir/closed/below"
  mkdir -m 777 "$dir/mine"
  config file "store: {transactions: \"sqlite://$dir/closed/t.db\", prices: \"sqlite://$dir/closed/p.db\"}" >"$dir/apart.yaml"
  refused "store files in a folder that is read-only" 7 'STORE_READ_ONLY' run_other "$dir/apart.yaml" "$dir/mine"
  rm -rf "$dir/bad"
  cp -r "$dir/good" "$dir/bad"
  chmod 777 "$dir/bad"
  chmod 444 "$dir"/bad/*.db
  sum=$(cat "$dir"/bad/*.db | cksum)
  refused "store files that are read-only" 7 'STORE_READ_ONLY' run_other "$dir/memory.yaml" "$dir/bad"
  check "store files that are read-only are as they were" is "$(cat "$dir"/bad/*.db | cksum)" "$sum"
else
  echo "skip read-only store: another user cannot reach $bowline"
fi

# A full disk: a small one where that can be made, and a limit on the size of files everywhere.
whole() { # what was committed can be read, and holds together
  for db in crypto_prices crypto_transactions journal; do
    [ ! -s "$1/$db.db" ] || is "$("$SQLITE_DO" "$1/$db.db" 'PRAGMA integrity_check')" ok || return 1
  done
}
full() { # what, state folder, command...
  local what=$1 var=$2; shift 2
  check "$what" ends 7 "$@"
  check "$what: says so" grep -q '^bowline: \(STORE_FULL\|STORE_OPEN\|JOURNAL_WRITE\|JOURNAL_OPEN\|JOURNAL_FULL\): ' "$dir/err"
  check "$what: in one error" is "$(grep -c '^bowline: ' "$dir/err")" 1
  check "$what: counts what is lost" test "$(field store_dropped)" -gt 0
  rm -rf "$dir/moved" # SQLite needs some space to read, too
  cp -r "$var" "$dir/moved"
  check "$what: what was stored holds together" whole "$dir/moved"
  check "$what: bars before it are stored" test "$(rows candles "$dir/moved")" -gt 0
}
limited() ( # KiB, command...
  ulimit -f "$1"
  shift
  "$@"
)
# The plugins' copies have to fit, the store not.
config file | sed 's/bars: 5000/bars: 400000/' >"$dir/large.yaml"
largest=$(stat -c %s "$plugins"/*.so | sort -n | tail -1)
full "files that may not grow" "$dir/limit" limited $((largest / 1024 + 24000)) run "$dir/large.yaml" "$dir/limit"
mkdir "$dir/disk"
copies=$(cat "$plugins"/lib{feed_simulated,signal_ema_cross,risk_limits,broker_mock}.so | wc -c)
if [ "$(id -u)" = 0 ] && mount -t tmpfs -o size=$((copies / 1024 + 48000))k tmpfs "$dir/disk" 2>/dev/null; then
  run_on_disk() { "$bowline" run "$dir/large.yaml" --var "$dir/disk/var" --log-file "$dir/disk.log" --json; }
  full "a full disk" "$dir/disk/var" run_on_disk
  umount "$dir/disk"
else
  echo "skip full disk: a small one cannot be mounted here"
fi
exit $failed
