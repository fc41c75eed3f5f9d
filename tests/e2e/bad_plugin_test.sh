#!/usr/bin/env bash
# What can be wrong with a plugin file, its tables and its conduct: each file alone in a folder, named by a whole run.
source "$(dirname "$0")/check.sh"
file() { # fixture, as which name: into the folder of the next run
  cp "$FIXTURES/$1.so" "$dir/plugins/${2:-$1.so}"
}
fresh() { # nothing in the folder yet
  rm -rf "$dir/plugins" "$dir/var" "$dir/var.log"
  mkdir "$dir/plugins"
}
config() { # lines of the instances beside market and venue
  echo "mode: mock
seed: 7
interval: 5m
listen: {enabled: off}
instruments: [BTC-USD, ETH-USD]
plugins: {path: [$plugins, $dir/plugins]}
bridge: {cost_gate: off}
instances:
  - {id: market, kind: feed, plugin: bowline.feed.simulated, params: {seed: 7, bars: 500, speed: max}}
  - {id: venue, kind: broker, plugin: bowline.broker.mock, params: {cash: {USD: \"10000\"}, state: memory}}" >"$dir/run.yaml"
  printf '  - {%s}\n' "$@" >>"$dir/run.yaml"
}
signal() { echo "id: cross, kind: signal, plugin: $1${2:+, params: {$2\}}"; }
judge() { echo "id: judge, kind: risk, plugin: $1${2:+, params: {$2\}}"; }
cross="id: cross, kind: signal, plugin: bowline.signal.ema_cross, params: {fast: 12, slow: 26}"
bad() { # what, words, id: the folder is filled by the caller
  config "$(signal "$3")"
  check "$1" ends 4 run "$dir/run.yaml" "$dir/var"
  check "$1: says so" grep -q -e "$2" "$dir/err"
  check "$1: in one error" is "$(grep -c -e '^bowline: ' "$dir/err")" 1
}
bad_file() { # fixture, words, id
  fresh
  file "$1"
  bad "$1" "$2" "${3:-test.puppet}"
}

# the file
fresh
bad "no such id" 'no file in .* offers it: did you mean bowline.signal.ema_cross?' bowline.signal.ema_crss
fresh
rmdir "$dir/plugins"
bad "no such folder" 'the folder .* cannot be read' test.puppet
fresh
head -c 700 "$FIXTURES/puppet.so" >"$dir/plugins/puppet.so"
bad "a truncated file" 'puppet.so: .* beyond the end of the file' test.puppet
fresh
file puppet
printf '\x03' | dd of="$dir/plugins/puppet.so" bs=1 seek=18 conv=notrunc status=none # e_machine: i386
bad "another machine's file" 'puppet.so: .*machine\|puppet.so: .*built for' test.puppet
fresh
echo "not a library" >"$dir/plugins/puppet.so"
bad "a text file" 'puppet.so: .*ELF' test.puppet
fresh
file puppet
chmod g+w "$dir/plugins/puppet.so"
bad "a file others may write" 'chmod go-w' test.puppet
bad_file no_note 'no_note.so: .*note'
bad_file note_not_json 'note_not_json.so: .*note'
bad_file major_2 'major_2.so: .*major'
bad_file minor_99 'minor_99.so: .*99'
bad_file note_twice_one_id 'test.puppet.* twice'
fresh
file puppet one.so
file puppet two.so
bad "two files of one id" 'one.so: offers test.puppet, and so does .*/two.so' test.puppet
# the entry and the tables
bad_file entry_v2 'bowline_module_v2'
bad_file no_entry 'bowline_module_v1'
bad_file undefined_symbol 'bowline_test_defined_nowhere'
bad_file links_zlib 'libz.so.1, which its note does not list'
bad_file module_null 'module_null.so'
bad_file module_small 'module_small.so: .*size\|module_small.so: .*bytes'
bad_file module_huge 'module_huge.so: .*size\|module_huge.so: .*bytes'
bad_file plugin_small 'plugin_small.so: .*size\|plugin_small.so: .*bytes'
bad_file base_huge 'base_huge.so: .*size\|base_huge.so: .*bytes'
bad_file count_huge 'count_huge.so: '
bad_file module_minor_99 'module_minor_99.so: '
bad_file null_slot 'null_slot.so: .*on_event'
bad_file null_create 'null_create.so: .*create'
bad_file foreign_slot 'foreign_slot.so: '
bad_file module_twice_one_id 'test.one' test.one
bad_file other_id 'other_id.so: '
bad_file other_kind 'other_kind.so: '
bad_file other_version 'other_version.so: '
bad_file schema_open 'additionalProperties'
bad_file schema_not_json 'schema_not_json.so: .*schema'
# create, configure, start
bad_file create_fails 'instance cross: .* create'
bad_file create_gives_nothing 'instance cross: .* gave no instance'
refused_act() { # what, exit code, words, params
  fresh
  file actor
  config "$(signal test.actor "$4")"
  check "$1" ends "$2" run "$dir/run.yaml" "$dir/var"
  check "$1: says so" says "$3"
}
refused_act "configure that refuses" 3 'PLUGIN_CONFIGURE_FAILED: instance cross: .*n must not be unlucky' 'configure: fail'
refused_act "a fault in configure" 4 'instance cross: .*the disk is on fire' 'configure: fault'
refused_act "start that fails" 4 'PLUGIN_START_FAILED: instance cross: .*no wind today' 'start: fail'
refused_act "needs without sense" 4 'PLUGIN_NEEDS_INVALID: instance cross: .*4294967295 bars' 'needs: garbage'
refused_act "a fault in a call" 4 'instance cross: ' 'on_event: fault'

hangs() { # call, fixture, id, params: what does not return while a run is made ends it
  fresh
  file "$2"
  config "$(signal "$3" "$4")"
  sed -i "s|^plugins: {|&call_limits: {control: 300ms}, |" "$dir/run.yaml"
  check "$1 that hangs" ends 75 run "$dir/run.yaml" "$dir/var"
  check "$1 that hangs: says so" says "PLUGIN_OVERRUN: instance cross .* did not return from base.$1 within 300 ms"
}
hangs create create_hangs test.puppet ''
hangs configure actor test.actor 'configure: hang'
check "configure that hangs ends check-config too" ends 75 env TMPDIR="$dir" "$bowline" check-config "$dir/run.yaml"
check "configure that hangs ends check-config too: says so" grep -q 'PLUGIN_OVERRUN: instance cross' "$dir/err"

# What throws or aborts ends the process with a sentence, and what it did in a lane call is remembered.
dies() { # fixture, words, id, params
  fresh
  file "$1"
  config "$(signal "$3" "$4")"
  check "$1 $4" ends 4 run "$dir/run.yaml" "$dir/var"
  check "$1 $4: says so" says "$2"
}
dies thrower 'instance cross (plugin test.thrower, file thrower.so): threw an exception out of base.create (I was not ready)' test.thrower ''
dies create_aborts 'aborted out of base.create' test.puppet ''
dies actor 'aborted out of signal.on_event' test.actor 'on_event: abort'
check "what aborted is quarantined" grep -q '"instance":"cross".*"call":"signal.on_event".*"why":"terminate"' "$dir/var/quarantine"

# Garbage from a call is turned away, counted, and the others go on.
fresh
file actor
config "$cross" "id: wild, kind: signal, plugin: test.actor, params: {on_event: garbage}"
check "garbage out of a signal" ends 0 run "$dir/run.yaml" "$dir/var"
check "garbage out of a signal: every bar is there" is "$(field bars)" 1000
check "garbage out of a signal: counted" test "$(field errors)" -gt 0
check "garbage out of a signal: it moves nothing" is "$("$bowline" db dump signals --var "$dir/var" | grep -c '\(BUY\|SELL\),wild')" 0
fresh
file judge
for word in odd wild silent error; do
  config "$cross" "$(judge test.judge "check: $word")"
  rm -rf "$dir/var"
  check "a verdict that is $word" ends 0 run "$dir/run.yaml" "$dir/var"
  if [ $word != wild ]; then check "a verdict that is $word rejects" is "$(field made)" 0; fi
done

# What does not return: the watchdog ends the process, and the next start knows.
fresh
file actor
config "$cross" "id: stuck, kind: signal, plugin: test.actor, params: {on_event: hang}"
check "a signal that hangs" ends 75 run "$dir/run.yaml" "$dir/var"
check "a signal that hangs: says so" says 'PLUGIN_OVERRUN: instance stuck (plugin test.actor) did not return from signal.on_event within 250 ms'
check "a signal that hangs: the log says which" grep -q 'instance stuck did not return from signal.on_event' "$dir/var.log"
check "a signal that hangs is quarantined" grep -q '"instance":"stuck","plugin":"test.actor".*"why":"overrun"' "$dir/var/quarantine"
anew() { # the next start: a fresh folder that the quarantine was copied into
  rm -rf "$dir/next" "$dir/next.log"
  mkdir "$dir/next"
  cp "$dir/var/quarantine" "$dir/next/"
}
anew
check "the next start runs without it" ends 0 run "$dir/run.yaml" "$dir/next"
check "the next start is reducing: no entry" is "$(field made)" 0
check "the next start is reducing: says so" test "$(field STATE_REDUCING)" -gt 0
check "the next start is reducing: the log says why" grep -q 'instance stuck is quarantined' "$dir/next.log"
check "the folder it ended in goes on, without it" ends 0 run "$dir/run.yaml" "$dir/var"
check "and makes no entry there" is "$(field made)" 0
check "the folder of a run that came to its end is used" ends 3 run "$dir/run.yaml" "$dir/var"
fresh
file judge
config "$cross" "$(judge test.judge "check: hang")"
check "a check that hangs" ends 75 run "$dir/run.yaml" "$dir/var"
check "a check that hangs is quarantined" grep -q '"instance":"judge".*"call":"risk.check"' "$dir/var/quarantine"
anew
check "the next start has its REJECT" ends 0 run "$dir/run.yaml" "$dir/next"
check "its REJECT lets no order through" is "$(field made)" 0
check "its REJECT is in the decisions" test "$(field PLUGIN_QUARANTINED)" -gt 0

# A rule that crashes, throws, writes into what it is shown, enlarges, or answers with amounts that mean nothing.
wild() { # word
  fresh
  file wild_judge
  config "$cross" "$(judge test.wild_judge "check: $1")"
}
orders() { "$bowline" db dump orders --var "$1" | sort | md5sum; }
wild allow
check "a rule that allows" ends 0 run "$dir/run.yaml" "$dir/var"
check "a rule that allows: orders are made" test "$(field made)" -gt 0
sane=$(orders "$dir/var")
for word in write enlarge; do
  wild $word
  check "a rule that would $word" ends 0 run "$dir/run.yaml" "$dir/var"
  check "a rule that would $word changes no order" is "$(orders "$dir/var")" "$sane"
done
for word in negative unset; do
  wild $word
  check "a rule that shrinks to what is $word" ends 0 run "$dir/run.yaml" "$dir/var"
  check "a rule that shrinks to what is $word rejects" is "$(field made)" 0
done
for word in throw crash; do
  wild $word
  check "a check that does $word" ends 4 run "$dir/run.yaml" "$dir/var"
  check "a check that does $word: says so" says 'PLUGIN_TERMINATED: instance judge .* out of risk.check'
  check "a check that does $word is quarantined" grep -q '"instance":"judge".*"call":"risk.check".*"why":"terminate"' "$dir/var/quarantine"
  anew
  check "after $word the next start has its REJECT" ends 0 run "$dir/run.yaml" "$dir/next"
  check "after $word its REJECT lets no order through" is "$(field made)" 0
done

# A venue's plugin that hangs, aborts or crashes once an order comes, in whichever call: the order was on record, the next process knows
# who it was, is reducing, asks for the order, and does not send it again.
venue() { # params
  fresh
  file liar
  config "$cross"
  sed -i "s|plugin: bowline.broker.mock, params: .*|plugin: test.liar, params: {$1}}|; s|^plugins: {|&call_limits: {broker: 500ms}, |" "$dir/run.yaml"
}
intents() { "$bowline" journal verify --var "$dir/var" | sed -n 's/^\([0-9]*\) intents.*/\1/p'; }
died() { # call, what it does, exit code, words, why, params beside it
  local what="a $1 that does $2"
  venue "${6-}$1: $2"
  check "$what" ends "$3" run "$dir/run.yaml" "$dir/var"
  check "$what: says so" says "$4"
  check "$what is quarantined" grep -q "\"instance\":\"venue\".*\"call\":\"broker.$1\".*\"why\":\"$5\"" "$dir/var/quarantine"
  check "$what: its order is on record" is "$(intents)" 1
  if [ "$1" = cancel ] || [ "$1" = query ]; then # what the exits need is called all the same, and does it again
    check "$what, again" ends "$3" run "$dir/run.yaml" "$dir/var"
    check "$what, again: says so" says "$4"
    check "$what, again: named for each time" is "$(grep -c "\"call\":\"broker.$1\"" "$dir/var/quarantine")" 2
    check "$what, again: nothing was ordered beside it" is "$(intents)" 1
    sed -i '/id: venue/s|params: {.*}}|params: {}}|' "$dir/run.yaml" # the plugin is mended
  fi
  check "after $what the run goes on" ends 0 run "$dir/run.yaml" "$dir/var"
  check "after $what it is reducing: no other order" is "$(field made) $(intents)" "0 1"
  check "after $what it says so" test "$(field STATE_REDUCING)" -gt 0
  check "after $what the log names the venue, and that it is called all the same" grep -q 'instance venue is quarantined: .* is called all the same' "$dir/var.log"
  check "after $what the order was asked for, and is not placed" grep -q '^bl-.*,not_placed,' <("$bowline" db dump orders --var "$dir/var")
}
for call in submit cancel query on_event; do
  case $call in
    submit) first= ;;
    query) first='submit: unknown, ' ;; # what has an answer is not asked about
    *) first='submit: silent, ' ;;
  esac
  died $call hang 75 "PLUGIN_OVERRUN: instance venue (plugin test.liar) did not return from broker.$call within 500 ms" overrun "$first"
  died $call abort 4 "PLUGIN_TERMINATED: instance venue .* aborted out of broker.$call" terminate "$first"
  died $call crash 4 "PLUGIN_TERMINATED: instance venue .* crashed out of broker.$call (SIGSEGV)" terminate "$first"
done
venue 'submit: unknown'
check "a submit of unknown outcome" ends 0 run "$dir/run.yaml" "$dir/var"
check "of unknown outcome, and absent when asked: each was never placed" is "$("$bowline" db dump orders --var "$dir/var" | tail -n +2 | grep -vc ',not_placed,')" 0
check "of unknown outcome: some were made" test "$(field made)" -gt 0

# One that goes silent: what it has taken works on, nothing is ordered beside it or in its place, and no money is thought spent.
silent() { # what, params, state of its orders at the end
  venue "$2"
  check "$1" ends 0 run "$dir/run.yaml" "$dir/var"
  "$bowline" db dump orders --var "$dir/var" | tail -n +2 >"$dir/orders"
  check "$1: some were made" test "$(field made)" -gt 0
  check "$1: all of them work to the end" is "$(field working) $(intents)" "$(field made) $(field made)"
  check "$1: none beside another" is "$(cut -d, -f3 "$dir/orders" | sort | uniq -d)" ""
  check "$1: what else was wanted waits for it" test "$(field ORDER_WORKING)" -gt 0
  check "$1: each was sent once" is "$("$bowline" db dump exchanges --var "$dir/var" | grep -c ',sent,submit,')" "$(field made)"
  check "$1: each is cancelled when it is wanted no more" is "$("$bowline" db dump exchanges --var "$dir/var" | grep ',sent,cancel,' | cut -d, -f1 | sort -u | wc -l)" "$(field made)"
  check "$1: their fate is open" is "$(grep -vc ",$3," "$dir/orders")" 0
  check "$1: the journal says which" is "$("$bowline" journal verify --var "$dir/var" | grep -c "^unresolved: bl-.*, $3 since")" "$(field made)"
  check "$1: the money is there" grep -q '"cash": "10000"' "$dir/out"
}
silent "a venue that takes an order and never speaks of it" 'submit: silent' cancel_pending
silent "a venue that does not know, and does not answer" 'submit: unknown, query: silent' unknown
check "a venue that does not answer is said" test "$(field RECONCILE_INCOMPLETE)" -gt 0

# What a venue must say of itself, where its money is not real (trading rules 6).
fresh
file broker
config "$cross"
sed -i "s|plugin: bowline.broker.mock, params: .*|plugin: test.puppet}|" "$dir/run.yaml"
check "rule 6: a venue that does not say it is simulated" ends 9 run "$dir/run.yaml" "$dir/var"
check "rule 6: a venue that does not say it is simulated: says so" grep -q 'MODE_VENUE_REAL: .*plugin test.puppet talks to a real venue' "$dir/err"
fresh
config "$cross"
sed -i '/id: venue/d' "$dir/run.yaml"
check "a run without a venue" ends 3 run "$dir/run.yaml" "$dir/var"
check "a run without a venue: says so" grep -q 'RUN_BROKER_COUNT: ' "$dir/err"

# Two plugins one after the other, of two files and of one.
fresh
file good_a
file good_b
file two_plugins
for plugin in test.a test.b test.one test.two; do
  rm -rf "$dir/var"
  config "$(signal $plugin)" "id: a, kind: signal, plugin: test.a" "id: b, kind: signal, plugin: test.b" \
    "id: one, kind: signal, plugin: test.one" "id: two, kind: signal, plugin: test.two"
  echo "signals: {combine: first}" >>"$dir/run.yaml"
  check "$plugin first of several plugins" ends 0 run "$dir/run.yaml" "$dir/var"
  check "$plugin first: it spoke, and nobody failed" is "$("$bowline" db dump signals --var "$dir/var" | grep -c ',cross,') $(field errors)" "1000 0"
done
exit $failed
