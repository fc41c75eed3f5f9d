#!/usr/bin/env bash
# Which test bears the number of which rule: the page docs/rules_and_tests.md, from the names of the tests alone, so that it can't
# say what is not so. packaging/docs writes it, and the test docs_are_current holds it against this.
#   tests/rules.sh              the page
#   tests/rules.sh --untested   rules and lessons that no test is named after, one a line
# A test is a rule's when its name says so: "rule 3.3: ...", "rule 6, 5.3: ...", "3.3 ...", "... (3.3)", "... (2.3, 3.3)", "rule 6: ...", "lesson 8: ...".
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C
names() { # file <tab> name: of each TEST_CASE, though it is broken over lines, and of each check of a script that names a rule
  find tests -name '*.cpp' | sort | while IFS= read -r file; do
    awk -v file="$file" '
      /TEST_CASE(_METHOD)?\(/ && /^(TEST_CASE|SCENARIO)/ {
        all = $0
        while (all !~ /"[ \t]*[,)]/ && (getline more) > 0) { sub(/^[ \t]+/, "", more); all = all more }
        sub(/^[A-Z_]+\([ \t]*"/, "", all)
        gsub(/"[ \t]*"/, "", all)
        if (match(all, /"[ \t]*[,)]/)) all = substr(all, 1, RSTART - 1)
        gsub(/\\"/, "\"", all)
        print file "\t" all
      }' "$file"
  done
  find tests/e2e tests/crash -name '*.sh' | sort | while IFS= read -r file; do
    sed -n "s/^ *check \"\\(\\(rule\\|lesson\\) [0-9][^\"]*\\)\".*/\\1/p" "$file" | while IFS= read -r name; do
      printf '%s\t%s\n' "$file" "$name"
    done
  done
}
rules() { # number <tab> title: chapters, and the first words of each rule
  awk '
    /^## [0-9]+\. / { chapter = $2; sub(/\./, "", chapter); title = $0; sub(/^## [0-9]+\. /, "", title); print chapter "\t" title; next }
    /^## / { chapter = "" }
    chapter != "" && /^[0-9]+\. / {
      number = $1; sub(/\./, "", number)
      text = $0; sub(/^[0-9]+\. /, "", text)
      if (text ~ /^\*\*/ && text !~ /^\*\*[^*]+\*\*/ && (getline more) > 0) { sub(/^ +/, "", more); text = text " " more }
      if (match(text, /^\*\*[^*]+\*\*/)) text = substr(text, 3, RLENGTH - 4)
      gsub(/\*/, "", text)
      code = 0
      for (i = 1; i <= length(text); ++i) {  # up to the end of its first clause, and none that is inside a code word
        c = substr(text, i, 1)
        if (c == "`") code = !code
        if (!code && (c == "(" || c == ";" || c == ":" || (c == "." && substr(text, i + 1, 1) !~ /[0-9]/))) break
      }
      text = substr(text, 1, i - 1); sub(/ +$/, "", text)
      print chapter "." number "\t" text
    }' docs/trading_rules.md
}
of_names() { # number <tab> file <tab> name; a lesson has L in front of its number
  names | awk -F '\t' '
    function out(n) { if (!((n, $1, $2) in seen)) { seen[n, $1, $2] = 1; print n "\t" $1 "\t" $2 } }
    {
      if (match($2, /^lesson [0-9]+/)) out("L" substr($2, 8, RLENGTH - 7))
      if (match($2, /^rule [1-7](\.[1-9])?(, [1-7](\.[1-9])?)*[:,]/)) {
        n = split(substr($2, 6, RLENGTH - 6), each, ", ")
        for (i = 1; i <= n; ++i) out(each[i])
      }
      if (match($2, /^[1-7]\.[1-9] /)) out(substr($2, 1, 3))
      rest = $2
      while (match(rest, /\([1-7]\.[1-9](, [1-7]\.[1-9])*\)/)) {
        n = split(substr(rest, RSTART + 1, RLENGTH - 2), each, ", ")
        for (i = 1; i <= n; ++i) out(each[i])
        rest = substr(rest, RSTART + RLENGTH)
      }
    }'
}
lessons="1 2 3 4 5 6 7 8 9 10 11 12 13 14 17 18 19 20"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
of_names >"$work/tests"
rules >"$work/rules"
# Chapters of which each rule has its own number bear none themselves.
leaf() { case $1 in *.* | L*) true ;; *) ! grep -q "^$1\." "$work/rules" ;; esac; }
tests_of() { awk -F '\t' -v n="$1" '$1 == n' "$work/tests"; }
if [ "${1-}" = --untested ]; then
  while IFS=$'\t' read -r number title; do
    leaf "$number" || continue
    [ -n "$(tests_of "$number")" ] || printf '%s %s\n' "$number" "$title"
  done <"$work/rules"
  for n in $lessons; do [ -n "$(tests_of "L$n")" ] || echo "lesson $n"; done
  exit 0
fi
[ $# = 0 ] || { echo "tests/rules.sh: unknown option $1" >&2; exit 2; }
table() {
  if [ -z "$(tests_of "$1")" ]; then
    printf '\nNo test is named after it.\n'
    return
  fi
  printf '\n| test | file |\n|---|---|\n'
  tests_of "$1" | awk -F '\t' '{ gsub(/\|/, "\\|", $3); print "| " $3 " | `" substr($2, 7) "` |" }'
}
cat <<'HEAD'
# Rules and their tests

Which test is named after which rule of [trading_rules.md](trading_rules.md), read from the names of the tests. That a rule has a
test does not say that all of it has code: what is enforced stands in the table there. Many tests of a rule bear no number; they
are not here. Generated: `packaging/docs`.
HEAD
while IFS=$'\t' read -r number title; do
  case $number in
    *.*) printf '\n### %s %s\n' "$number" "$title"; table "$number" ;;
    *) printf '\n## %s. %s\n' "$number" "$title"; if leaf "$number"; then table "$number"; fi ;;
  esac
done <"$work/rules"
printf '\n## Lessons\n\nWhat users of other trading systems lost money to, by the numbers of the list that it was gathered in.\n'
for n in $lessons; do
  printf '\n### Lesson %s\n' "$n"
  table "L$n"
done
