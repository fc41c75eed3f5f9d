/* sqlite_do FILE SQL: runs the statements and prints the rows; so that the tests need no sqlite3 program. */
#include <sqlite3.h>
#include <stdio.h>

static int row(void *unused, int n, char **values, char **names) {
  (void)unused, (void)names;
  for (int i = 0; i < n; ++i) printf("%s%s", i == 0 ? "" : "|", values[i] != NULL ? values[i] : "null");
  putchar('\n');
  return 0;
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  sqlite3 *db = NULL;
  char *why = NULL;
  const int rc = sqlite3_open_v2(argv[1], &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK ? sqlite3_exec(db, argv[2], row, NULL, &why) : 1;
  if (rc != SQLITE_OK) fprintf(stderr, "sqlite_do: %s: %s\n", argv[1], why != NULL ? why : sqlite3_errmsg(db));
  sqlite3_free(why);
  sqlite3_close(db);
  return rc == SQLITE_OK ? 0 : 1;
}
