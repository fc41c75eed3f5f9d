/* Preloaded into a program: its wall clock steps back by $CRASH_CLOCK_BACK seconds once the file $CRASH_CLOCK_FILE is there.
 * The clocks that do not step (monotonic, boot) are the system's. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long back(void) {
  static long stepped = 0;
  if (stepped != 0) return stepped;
  const char *file = getenv("CRASH_CLOCK_FILE"), *by = getenv("CRASH_CLOCK_BACK");
  if (file != NULL && by != NULL && access(file, F_OK) == 0) stepped = atol(by);
  return stepped;
}

int clock_gettime(clockid_t id, struct timespec *to) {
  static int (*real)(clockid_t, struct timespec *) = NULL;
  if (real == NULL) *(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
  const int rc = real(id, to);
  if (rc == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) to->tv_sec -= back();
  return rc;
}

int gettimeofday(struct timeval *restrict to, void *restrict zone) {
  (void)zone;
  struct timespec now;
  if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
  to->tv_sec = now.tv_sec;
  to->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *to) {
  struct timespec now;
  if (clock_gettime(CLOCK_REALTIME, &now) != 0) return (time_t)-1;
  if (to != NULL) *to = now.tv_sec;
  return now.tv_sec;
}
