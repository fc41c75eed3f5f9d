# Turns plugin.h into a C program that prints `struct.field offset size declaration` for every field of every struct
# and `NAME value` for every constant. Sizes of structs are not in it: an appendable struct may grow. The list comes from the header itself, so a new field cannot be forgotten.
#   awk -f layout.awk plugin.h > layout.c && cc layout.c && ./a.out
function trim(s) { gsub(/^[ \t]+|[ \t]+$/, "", s); return s }
function emit(owner, name, decl) {
  gsub(/"/, "\\\"", decl)
  printf "  printf(\"%s.%s %%zu %%zu %s\\n\", offsetof(%s, %s), sizeof(((%s *)0)->%s));\n",
         owner, name, decl, owner, name, owner, name
}
function field(owner, text,   n, i, parts, base, first, name) {
  text = trim(text)
  if (text == "") return
  if (match(text, /\(\*[a-z_]+\)\(/)) {
    name = substr(text, RSTART + 2, RLENGTH - 4)
    emit(owner, name, text)
    return
  }
  n = split(text, parts, ",")
  first = parts[1]
  match(first, /[ *][A-Za-z_0-9]+(\[[0-9]+\])?$/)
  base = trim(substr(first, 1, RSTART))
  for (i = 1; i <= n; i++) {
    name = i == 1 ? substr(first, RSTART + 1) : trim(parts[i])
    first_decl = base " " name
    sub(/\[.*/, "", name)
    sub(/^\*/, "", name)
    emit(owner, name, first_decl)
  }
}
{ all = all " " $0 }
END {
  while (match(all, /\/\*[^*]*\*+([^\/*][^*]*\*+)*\//)) all = substr(all, 1, RSTART - 1) " " substr(all, RSTART + RLENGTH)
  gsub(/[ \t]+/, " ", all)
  constants = all
  print "#include <bowline/plugin.h>\n#include <stdio.h>\nint main(void) {"
  while (match(all, /typedef struct [a-z0-9_]+ \{/)) {
    owner = substr(all, RSTART + 15, RLENGTH - 17)
    all = substr(all, RSTART + RLENGTH)
    end = index(all, "}")
    body = substr(all, 1, end - 1)
    all = substr(all, end + 1)
    n = split(body, fields, ";")
    for (f = 1; f <= n; f++) field(owner, fields[f])
  }
  while (match(constants, /enum \{[^}]*\}/)) {
    n = split(substr(constants, RSTART + 6, RLENGTH - 7), values, ",")
    constants = substr(constants, RSTART + RLENGTH)
    for (f = 1; f <= n; f++) {
      name = trim(values[f])
      sub(/ *=.*/, "", name)
      printf "  printf(\"%s %%d\\n\", (int)%s);\n", name, name
    }
  }
  print "  return 0;\n}"
}
