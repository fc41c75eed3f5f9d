/* A signal plugin in plain C11: BUY when a bar closes above the one before, SELL when below. It shows the whole of the ABI
 * that a signal needs, with nothing hidden: the note, the tables, the life cycle.
 *   cc -std=c11 -shared -fPIC -fvisibility=hidden -I<prefix>/include momentum.c -o libmomentum.so */
#include <bowline/plugin.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID "bowline.sample.momentum_c"
#define VERSION "1.0.0"
#define TEXT(literal) { literal, sizeof(literal) - 1 }

enum { MOST_INSTRUMENTS = 1024 };
enum life { CREATED, CONFIGURED, RUNNING, STOPPED };

/* Everything of an instance is in the instance: two of them share nothing. */
struct bl_inst {
  const bl_host *host;
  enum life life;
  int64_t last_close[MOST_INSTRUMENTS]; /* mantissas; 0 = none yet */
  int8_t last_exp[MOST_INSTRUMENTS];
};

static bl_status refuse(bl_error *err, bl_status status, const char *why) {
  if (err != NULL) {
    err->status = status;
    err->native_code = 0;
    snprintf(err->message, sizeof err->message, "%s", why);
  }
  return status;
}

static bl_status create(const bl_host *host, bl_inst **out, bl_error *err) {
  bl_inst *inst = calloc(1, sizeof *inst);
  if (inst == NULL) return refuse(err, BL_E_INTERNAL, "out of memory");
  inst->host = host;
  *out = inst;
  return BL_OK;
}
/* The schema has no properties, so there is nothing to read: the host has already refused every key. */
static bl_status configure(bl_inst *inst, bl_str json, bl_error *err) {
  (void)json;
  if (inst->life != CREATED && inst->life != STOPPED) return refuse(err, BL_E_STATE, "configure: stop it first");
  inst->life = CONFIGURED;
  return BL_OK;
}
static bl_status start(bl_inst *inst, bl_error *err) {
  if (inst->life != CONFIGURED && inst->life != STOPPED) return refuse(err, BL_E_STATE, "start: configure it first");
  memset(inst->last_close, 0, sizeof inst->last_close);
  inst->life = RUNNING;
  return BL_OK;
}
static bl_status stop(bl_inst *inst, int64_t grace_ns, bl_error *err) {
  (void)grace_ns;
  if (inst->life != RUNNING) return refuse(err, BL_E_STATE, "stop: it does not run");
  inst->life = STOPPED;
  return BL_OK;
}
static void destroy(bl_inst *inst) { free(inst); }

static bl_status needs(bl_inst *inst, bl_needs *out) {
  if (inst->life == CREATED) return BL_E_STATE;
  out->warmup_bars = 1;
  out->event_mask = UINT64_C(1) << BL_EV_BAR;
  return BL_OK;
}

/* m x 10^exp as a count of 10^-18; exponents from -18 to 0, which is what market data uses. */
static bl_dec price(int64_t m, int exp) {
  __extension__ typedef __int128 wide;
  wide v = m;
  if (exp < -18 || exp > 0) return (bl_dec){0, BL_DEC_NOT_SET_HI};
  for (int i = -18; i < exp; ++i) v *= 10;
  return (bl_dec){(uint64_t)v, (int64_t)(v >> 64)};
}

static bl_status on_event(bl_inst *inst, const bl_event *event, const bl_sink *sink) {
  if (inst->life != RUNNING) return BL_E_STATE;
  if (event->type != BL_EV_BAR || event->instrument >= MOST_INSTRUMENTS) return BL_OK; /* unknown: ignored */
  const bl_bar *bar = (const bl_bar *)event;
  if (!bar->is_final || bar->close <= 0) return BL_OK;
  const int64_t before = inst->last_close[event->instrument];
  const int comparable = before != 0 && inst->last_exp[event->instrument] == bar->px_exp;
  inst->last_close[event->instrument] = bar->close;
  inst->last_exp[event->instrument] = bar->px_exp;
  if (!comparable) return BL_OK;
  const bl_prediction say = {
      .size = sizeof say,
      .instrument = event->instrument,
      .action = bar->close > before ? 1 : bar->close < before ? 2 : 3,
      .p_up = NAN, .p_flat = NAN, .p_down = NAN, /* not a classifier */
      .confidence = bar->close == before ? 0.0 : 1.0,
      .weight = NAN, .threshold = NAN, .expected_move = NAN,
      .ref_px = price(bar->close, bar->px_exp),
      .horizon_ns = bar->close_ns - bar->open_ns,
      .valid_until_ns = bar->close_ns + (bar->close_ns - bar->open_ns),
      .cause = event->id,
      .model_id = TEXT("momentum_c"),
  };
  return sink->prediction(sink->ctx, &say);
}

static const bl_base base = {.size = sizeof base, .create = create, .configure = configure, .start = start, .stop = stop,
                             .destroy = destroy};
static const bl_signal_v1 table = {.size = sizeof table, .needs = needs, .on_event = on_event};
static const bl_plugin plugin = {
    .size = sizeof plugin,
    .kind = BL_SIGNAL,
    .id = TEXT(ID),
    .version = TEXT(VERSION),
    .config_schema = TEXT("{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{}}"),
    .base = &base,
    .vtable = &table,
};
static const bl_plugin *const list[] = {&plugin};
static const bl_module module = {.size = sizeof module, .abi_minor = BL_ABI_MINOR, .n_plugins = 1, .plugins = list,
                                 .build = TEXT(__VERSION__)};

BL_MANIFEST("{\"abi\":1,\"min_host_minor\":0,\"plugins\":[{\"id\":\"" ID "\",\"kind\":\"signal\",\"version\":\"" VERSION "\"}]}");
const bl_module *bowline_module_v1(void) { return &module; }
