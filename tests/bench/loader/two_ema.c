#include "two_ema.h"

#include <stdlib.h>

BL_MANIFEST("{\"abi\":1,\"min_host_minor\":0,\"plugins\":[{\"id\":\"bench.two_ema\",\"kind\":\"signal\",\"version\":\"1.0.0\"}]}");

struct bl_inst {
  two_ema state;
};

static bl_status create(const bl_host *host, bl_inst **out, bl_error *err) {
  (void)host, (void)err;
  *out = calloc(1, sizeof **out);
  return *out != NULL ? BL_OK : BL_E_INTERNAL;
}
static bl_status configure(bl_inst *self, bl_str json, bl_error *err) {
  (void)self, (void)json, (void)err;
  return BL_OK;
}
static bl_status start(bl_inst *self, bl_error *err) {
  (void)self, (void)err;
  return BL_OK;
}
static bl_status stop(bl_inst *self, int64_t grace, bl_error *err) {
  (void)self, (void)grace, (void)err;
  return BL_OK;
}
static void destroy(bl_inst *self) { free(self); }
static bl_status needs(bl_inst *self, bl_needs *out) {
  (void)self;
  out->event_mask = 1ull << BL_EV_BAR;
  return BL_OK;
}
static bl_status on_event(bl_inst *self, const bl_event *event, const bl_sink *sink) {
  (void)sink;
  if (event->type == BL_EV_BAR) two_ema_step(&self->state, (const bl_bar *)event);
  return BL_OK;
}

#define ID "bench.two_ema"
#define SCHEMA "{\"type\":\"object\",\"additionalProperties\":false}"
static const bl_base base = {sizeof base, 0, create, configure, start, stop, destroy, NULL, NULL, NULL, NULL};
static const bl_signal_v1 table = {sizeof table, 0, needs, on_event};
static const bl_plugin plugin = {sizeof plugin, BL_SIGNAL, {ID, sizeof ID - 1}, {"1.0.0", 5}, {SCHEMA, sizeof SCHEMA - 1}, &base, &table};
static const bl_plugin *const list[] = {&plugin};
static const bl_module module = {sizeof module, BL_ABI_MINOR, 0, 1, list, {"bench", 5}};
BL_EXPORT const bl_module *bowline_module_v1(void) { return &module; }
