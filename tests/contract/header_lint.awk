# plugin.h keeps its promises: it includes only stddef.h and stdint.h, every function pointer is BL_NOEXCEPT, and every
# slot says on which thread it is called - on its own lines, or in the head of its struct. Exit 1 with one line per fault.
function fault(text) { print FILENAME ": " text; bad = 1 }
function check(slot, tail, head, owner,   name) {
  if (!match(slot, /\(\*[a-z_]+\)\(/)) return
  name = owner "." substr(slot, RSTART + 2, RLENGTH - 4)
  ++slots
  if (slot !~ /BL_NOEXCEPT *$/) fault(name " is not BL_NOEXCEPT")
  if ((head " " slot " " tail) !~ tag) fault(name " has no thread tag")
}
BEGIN { tag = "\\[(control|lane|any|io)\\]" }
/^#include/ && $2 != "<stddef.h>" && $2 != "<stdint.h>" { fault("includes " $2) }
{ all = all $0 "\n" }
END {
  # A semicolon inside a comment ends no field.
  while (match(all, /\/\*[^*]*\*+([^\/*][^*]*\*+)*\//)) {
    comment = substr(all, RSTART + 2, RLENGTH - 4)
    gsub(/[;{}]/, ",", comment)
    done = done substr(all, 1, RSTART - 1) "/*" comment "*/"
    all = substr(all, RSTART + RLENGTH)
  }
  all = done all
  while (match(all, /typedef struct [a-z0-9_]+ \{/)) {
    owner = substr(all, RSTART + 15, RLENGTH - 17)
    all = substr(all, RSTART + RLENGTH)
    body = substr(all, 1, match(all, /\n?\} *bl_/) - 1)
    rest = substr(all, RSTART + 1)
    line_end = index(rest, "\n")  # a struct on one line has its tag behind the name
    n = split(body, chunks, ";")
    # Before the first field's end: the comment that speaks of the whole struct. A tag behind a field is the field's own.
    head = substr(rest, 1, line_end)
    for (i = 1; i <= n && chunks[i] !~ /\(\*/; i++) head = head chunks[i]
    if (i <= n) {
      first = chunks[i]
      head = head (index(first, "\n") ? substr(first, 1, index(first, "\n") - 1) : "")
    }
    for (; i <= n; i++) {
      next_line = i < n ? chunks[i + 1] : ""
      cut = index(next_line, "\n")
      check(chunks[i], cut ? substr(next_line, 1, cut - 1) : next_line, head, owner)
    }
  }
  if (slots < 50) fault("only " slots " slots found: the lint no longer understands the header")
  exit bad
}
