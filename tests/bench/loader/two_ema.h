/* Two exponential averages over a bar's close: the work of the smallest useful signal, shared by the plugin and by the
 * benchmark that runs the same code inlined. */
#ifndef BENCH_TWO_EMA_H
#define BENCH_TWO_EMA_H
#include <bowline/plugin.h>

typedef struct two_ema {
  double fast, slow;
  uint64_t crossings, above;
} two_ema;

static inline void two_ema_step(two_ema *s, const bl_bar *bar) {
  const double px = (double)bar->close;
  s->fast += (px - s->fast) * (2.0 / 13.0);
  s->slow += (px - s->slow) * (2.0 / 27.0);
  const uint64_t above = s->fast > s->slow;
  s->crossings += above != s->above;
  s->above = above;
}
#endif
