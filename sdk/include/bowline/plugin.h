/* plugin.h - plugin ABI, major 1.  C11, no dependencies beyond <stdint.h>/<stddef.h>.
 *
 * STRUCT CLASSES   [frozen]      layout permanent within a major.
 *                  [appendable]  first member is `uint32_t size`; fields are only ever added at
 *                                the end; read a post-1.0 field only behind BL_HAS().
 * THREAD CLASSES   [control]  host control thread; one call at a time per instance.
 *                  [lane]     the instance's event lane: a *symbolic* thread - the OS thread may
 *                             change, but calls are serialised per instance and never overlap
 *                             [control]. No blocking, no I/O, no sleeping; two exceptions: feed.pull
 *                             runs on a host reader thread, never the core's, and may read files and
 *                             databases; a simulated broker may commit its own local state file.
 *                  [io]       a thread the plugin started itself (feed and broker kinds only).
 *                  [any]      callable from every thread, concurrently.
 * OWNERSHIP        Nobody frees the other side's memory. Every pointer argument is valid until the
 *                  call returns. Pointers the plugin publishes (bl_module and what it reaches) are
 *                  static. Results go through a host sink or a caller-supplied buffer.
 * STRINGS          UTF-8, {ptr,len}, not NUL-terminated. Times: int64 ns since Unix epoch, UTC.
 * UNWINDING        No C++ exception and no Rust panic may cross. BL_NOEXCEPT makes it a type error.
 * UNKNOWN VALUES   A receiver MUST ignore unknown event types and flag bits, and MUST treat an
 *                  unknown enum value as the documented default. The validator injects both.
 */
#ifndef BL_PLUGIN_H
#define BL_PLUGIN_H
#include <stddef.h>
#include <stdint.h>

#define BL_ABI_MAJOR 1u
#define BL_ABI_MINOR 4u /* minor of THIS header; the host compares, never demands equality */

#ifdef __cplusplus
#define BL_NOEXCEPT noexcept
extern "C" {
#else
#define BL_NOEXCEPT
#endif
#if defined(_WIN32)
#define BL_EXPORT __declspec(dllexport)
#else
#define BL_EXPORT __attribute__((visibility("default")))
#endif
/* True when `p` is new enough to carry `f`, and, for a slot, the slot is filled. */
#define BL_REACHES(p, T, f) ((p)->size >= offsetof(T, f) + sizeof((p)->f))
#define BL_HAS(p, T, f) (BL_REACHES(p, T, f) && (p)->f)

/* ---- vocabulary [frozen] ------------------------------------------------------------------- */
typedef struct bl_str { const char *ptr; uint64_t len; } bl_str;
typedef struct bl_dec {  /* exact money: a two's-complement 128-bit count of 10^-18 units */
  uint64_t lo;           /* low word */
  int64_t hi;            /* high word; {0, INT64_MIN} is the "not set" value */
} bl_dec;                /* one canonical form: equal values are equal bytes */
typedef struct bl_error {   /* caller-allocated, filled by the callee; no pointer to free */
  int32_t status;
  int32_t native_code;      /* exchange / errno code, 0 if none */
  char message[248];        /* NUL-terminated, truncated on a code-point boundary */
} bl_error;

typedef int32_t bl_status;  /* >= 0 success, < 0 failure; constants, never a C enum in a struct */
enum {
  BL_OK = 0, BL_PENDING = 1,                    /* accepted; the outcome arrives as an event */
  BL_E_INVALID = -1, BL_E_CONFIG = -2, BL_E_STATE = -3, BL_E_UNSUPPORTED = -4, BL_E_NOT_FOUND = -5,
  BL_E_AGAIN = -6 /* retry later: rate limit, queue full */, BL_E_AUTH = -7, BL_E_IO = -8,
  BL_E_OVERFLOW = -9, BL_E_UNKNOWN_OUTCOME = -10 /* it MAY be live: ask the venue; never a new client_id */,
  BL_E_INTERNAL = -127
};
typedef uint32_t bl_kind;
enum { BL_FEED = 1, BL_SIGNAL = 2, BL_RISK = 3, BL_BROKER = 4, BL_REBALANCER = 5 };
typedef struct bl_inst bl_inst; /* plugin-private instance */

/* ---- host -> plugin: services -------------------------------------------------------------- */
/* [appendable] Handed to create(); valid until destroy() returns. */
typedef struct bl_host {
  uint32_t size, abi_minor;
  void *ctx;
  bl_str name, version;     /* for diagnostics only: never branch on them */
  /* [any] Static table for a service id such as "bowline.timer/1", or NULL. Its `ctx` argument is this
   * struct's ctx. Usable from configure() on. */
  const void *(*service)(void *ctx, bl_str id) BL_NOEXCEPT;
  /* [any] level 0 trace .. 5 fatal; rate-limited and prefixed by the host. */
  void (*log)(void *ctx, uint32_t level, bl_str msg) BL_NOEXCEPT;
  /* [any] Engine time. Virtual in a backtest: a plugin that reads any other clock is rejected. */
  int64_t (*now_ns)(void *ctx) BL_NOEXCEPT;
  /* [any] Ask for on_wake() on the instance's lane; coalesced. From [io] use this or bowline.publish/1. */
  void (*wake)(void *ctx) BL_NOEXCEPT;
  /* [any] Report an unrecoverable fault; the host stops the instance and applies its policy. */
  void (*fail)(void *ctx, const bl_error *why) BL_NOEXCEPT;
} bl_host;

#define BL_SVC_TIMER "bowline.timer/1"
typedef struct bl_timer_v1 {  /* [appendable] fires as BL_EV_TIMER on the lane */
  uint32_t size, pad;
  bl_status (*arm)(void *ctx, uint64_t id, int64_t due_ns, int64_t period_ns) BL_NOEXCEPT; /* [lane] */
  bl_status (*disarm)(void *ctx, uint64_t id) BL_NOEXCEPT;                                 /* [lane] */
} bl_timer_v1;
#define BL_SVC_SECRET "bowline.secret/1"
typedef struct bl_secret_v1 { /* [appendable] secrets never appear in the config text */
  uint32_t size, pad;
  bl_status (*get)(void *ctx, bl_str ref, char *buf, uint64_t cap, uint64_t *len) BL_NOEXCEPT; /* [control] */
} bl_secret_v1;
/* Same shape: bowline.http/1, bowline.ws/1, bowline.metrics/1, bowline.kv/1, bowline.history/1, bowline.instruments/1,
 * bowline.thread_check/1. Ids are "bowline.<name>/<rev>"; third parties use "<reverse.dns>.<name>/<rev>".
 * A draft keeps its id when it becomes stable; a changed draft gets the next rev. */

/* ---- events: host -> plugin and plugin -> host --------------------------------------------- */
#define BL_EV_HAS(e, T, f) ((e)->h.size >= offsetof(T, f) + sizeof((e)->f)) /* same, for structs that begin with bl_event */
#define BL_DEC_NOT_SET_HI INT64_MIN

typedef struct bl_event {   /* [frozen] */
  uint32_t size;
  uint16_t type, flags;     /* BL_EV_*; bit 0 replayed, bit 1 snapshot, bit 2 not recorded */
  uint64_t id;              /* the core's sequence number, set by the host on acceptance; publishers leave 0 */
  int64_t ts_event, ts_recv;/* ts_recv is also `known_at`: nothing may use the event before it */
  uint32_t instrument, source; /* source: host id of the publishing instance */
  uint64_t seq;             /* per source; a gap means "resync" */
} bl_event;
enum { BL_EV_BAR = 1, BL_EV_TRADE = 2, BL_EV_QUOTE = 3, BL_EV_OBSERVATION = 4, BL_EV_FRAME = 8, BL_EV_TIMER = 16,
       BL_EV_HTTP = 17, BL_EV_WS = 18, BL_EV_DONE = 19, BL_EV_EXEC = 32, BL_EV_FILL = 33, BL_EV_BALANCE = 34,
       BL_EV_POSITION = 35, BL_EV_PRODUCT = 36, BL_EV_LINK = 48 }; /* core types stay below 64: masks are 1ull << type */
enum { BL_BUY = 1, BL_SELL = 2 };
enum { BL_MARKET = 1, BL_LIMIT = 2, BL_STOP_LIMIT = 3, BL_BRACKET = 4 };
enum { BL_GTC = 1, BL_GTD = 2, BL_IOC = 3, BL_FOK = 4 };
enum { BL_REDUCE_ONLY = 1, BL_POST_ONLY = 2, BL_TRIGGER_UP = 4, BL_TRIGGER_DOWN = 8 };
enum { BL_X_SNAPSHOT = 1, BL_X_ACCEPTED = 2, BL_X_REJECTED = 3, BL_X_AMENDED = 4, BL_X_AMEND_REJECTED = 5, BL_X_CANCEL_PENDING = 6,
       BL_X_CANCEL_REJECTED = 7, BL_X_DONE = 8, BL_X_UNKNOWN = 9, BL_X_ABSENT = 10 /* this query did not find it: evidence; only the host concludes (trading_rules 2.3) */ };
enum { BL_S_UNKNOWN = 0, BL_S_PENDING = 1, BL_S_OPEN = 2, BL_S_FILLED = 3, BL_S_CANCELLED = 4, BL_S_REJECTED = 5, BL_S_EXPIRED = 6 };

typedef struct bl_bar {     /* [appendable] one exponent per message, one mantissa per field */
  bl_event h;
  int64_t open_ns, close_ns;
  int8_t px_exp, qty_exp; uint8_t is_final, pad[5];
  int64_t open, high, low, close, volume, quote_volume;
  uint64_t trades;
} bl_bar;
typedef struct bl_trade {   /* [appendable] BL_EV_TRADE: one public trade */
  bl_event h;
  int8_t px_exp, qty_exp; uint8_t aggressor, pad[5]; /* aggressor: 0 unknown, BL_BUY, BL_SELL */
  int64_t px, qty;
} bl_trade;
typedef struct bl_quote {   /* [appendable] BL_EV_QUOTE: conflated top of book; a mantissa of 0 = that side is empty */
  bl_event h;
  int8_t px_exp, qty_exp; uint8_t pad[6];
  int64_t bid, ask, bid_qty, ask_qty;
} bl_quote;
typedef struct bl_frame {   /* [appendable] one matrix, so that a model predicts all instruments in one call */
  bl_event h;
  uint32_t rows, cols;      /* cols: the features asked for by name through bowline.features/1 at configure */
  const uint32_t *instruments; /* rows */
  const double *values;     /* rows x cols, row-major; NaN = missing */
  const uint32_t *quality;  /* rows: bit 0 warm, bit 1 stale input, bit 2 outlier, ... */
} bl_frame;
typedef struct bl_observation { bl_event h; uint32_t series, pad; double value; int64_t valid_ns; } bl_observation;
typedef struct bl_timer { bl_event h; uint64_t timer; } bl_timer;
typedef struct bl_link { bl_event h; uint32_t state, scope; bl_error why; } bl_link;   /* 0 down 1 up 2 stale; scope: bit 0 data, bit 1 orders */
typedef struct bl_done { bl_event h; uint64_t request; bl_status status; uint32_t complete; } bl_done;

typedef struct bl_intent {  /* [appendable] one order the host wants to send; made by the host alone, read by risk and broker */
  uint32_t size, instrument;
  char client_id[40];
  uint32_t side, type, tif, flags;
  bl_dec qty;               /* base */
  bl_dec quote_qty;         /* market buy by cost, fee inside; exactly one of qty, quote_qty is set */
  bl_dec limit_px, stop_px; /* bracket: limit_px = take profit, stop_px = stop trigger */
  int64_t expire_ns;        /* GTD */
  int64_t decided_ns;
  int64_t not_after_ns;     /* no first byte after this; a broker passes it on to bowline.http/1 */
  uint64_t cause;           /* bl_event.id or prediction id */
} bl_intent;
typedef struct bl_order_ref { bl_str client_id, venue_id; } bl_order_ref; /* [frozen] client_id empty for an order the host did not make */
typedef struct bl_exec {    /* [appendable] BL_EV_EXEC: one order as the venue has it */
  bl_event h;
  char client_id[40], venue_id[64];
  uint32_t kind, state, side, type, tif, flags, reason, pad;
  int64_t created_ns, expire_ns;
  bl_dec qty, quote_qty, limit_px, stop_px;
  bl_dec cum_qty, cum_quote, cum_fee; /* cumulative; not set = not told, never 0 for "unknown" */
  uint32_t fee_asset; int32_t native_code; char text[120];
} bl_exec;
typedef struct bl_fill {    /* [appendable] BL_EV_FILL: one execution */
  bl_event h;
  char client_id[40], venue_id[64], fill_id[72]; /* fill_id: unique at the venue; synthetic ones are hashes of the facts */
  uint32_t side, liquidity;  /* 0 unknown, 1 maker, 2 taker */
  uint32_t fee_asset, flags; /* bit 0 synthetic, bit 1 correction, bit 2 reversal */
  bl_dec px, qty, fee;       /* fee not set = not told yet */
} bl_fill;
typedef struct bl_balance { uint32_t asset, pad; bl_dec total, hold; } bl_balance; /* [appendable by stride] */
typedef struct bl_balance_ev { bl_event h; uint32_t asset, pad; bl_dec total, hold; } bl_balance_ev;
typedef struct bl_product { /* [appendable] BL_EV_PRODUCT, and what bowline.instruments/1 hands out */
  bl_event h;
  bl_str symbol; uint32_t base, quote; /* handed to feeds and signals, `symbol` is what its data are told under; base and quote are always those of what is ordered */
  bl_dec base_step, quote_step, px_step, base_min, base_max, quote_min, quote_max, maker_fee, taker_fee;
  uint64_t flags;           /* bits from 0: tradable, cancel_only, limit_only, post_only, auction, view_only, no_stops (BL_CAN_* do not hold for it), other_book (what its data are told under does not share its book) */
  bl_dec last_px;           /* 1.3: of the last trade, as the venue told it with the rules; zero or not set = not told */
} bl_product;

typedef struct bl_prediction { /* [appendable] what a signal plugin says about one instrument */
  uint32_t size, instrument, action, flags; /* action: 1 BUY, 2 SELL, 3 HOLD; flags: bit 0 calibrated */
  double p_up, p_flat, p_down;              /* sum 1, NaN = not a classifier */
  double confidence, weight;                /* 0..1; weight: wanted fraction of equity, NaN = host sizes */
  double threshold, expected_move;          /* expected_move: calibrated return over the horizon, NaN = none */
  bl_dec ref_px;
  int64_t horizon_ns, valid_until_ns;
  uint64_t cause; bl_str model_id;
} bl_prediction;

typedef struct bl_position { /* [appendable by stride] */
  uint32_t instrument, flags; /* bit 0 dust, bit 1 quarantined, bit 2 unprotected */
  bl_dec qty, avg_px, realised, fees, best_px /* most favourable mark since opening */;
  int64_t opened_ns;
} bl_position;
typedef struct bl_position_ev { bl_event h; bl_position position; } bl_position_ev; /* BL_EV_POSITION: the host's view after a change */
typedef struct bl_mark { uint32_t instrument, flags; bl_dec px; int64_t ts; } bl_mark;  /* [appendable by stride] every instrument, held or not */
typedef struct bl_working { uint32_t size, state; const bl_intent *intent; bl_dec cum_qty, leaves_qty; } bl_working;
typedef struct bl_portfolio { /* [appendable] immutable view for one call */
  uint32_t size, base_asset, n_positions, position_stride, n_balances, balance_stride, n_marks, mark_stride, n_working, state; /* 0 active 1 reducing 2 halted */
  const bl_position *positions; const bl_balance *balances; const bl_mark *marks;
  const bl_working *const *working; /* in flight and resting, unknown ones included */
  bl_dec equity, peak_equity, day_start_equity;
  int64_t now_ns; uint64_t version;
  bl_dec equity_at_bid;     /* 1.4: with what is held at the bid, by which losses are reckoned. equity less peak_equity, and less day_start_equity, are already so */
} bl_portfolio;

typedef struct bl_target {  /* [appendable] what a rebalancer (or the host's bridge) wants to hold; only the host makes orders */
  uint32_t size, instrument;
  double weight;            /* wanted fraction of equity; spot: 0..1, a negative one counts as 0 */
  uint32_t urgency, flags;  /* urgency: 0 patient, 1 normal, 2 now */
  int64_t valid_until_ns;
  uint64_t cause;
} bl_target;
/* 1.1: the host watches it against the bid and sells. stop_px at or above the bid = now; the highest stop of a position
 * counts, a lower one is taken and changes nothing. limit_px = the next take-profit (not set: none), flags & 0xffff the
 * ten-thousandths of what is held then that are sold there (0 = all). expire_ns must be 0: a stop ends with its position. */
typedef struct bl_stop { uint32_t size, instrument; bl_dec stop_px, limit_px; int64_t expire_ns; uint32_t rule, flags; } bl_stop; /* wanted protection of a whole position */
typedef struct bl_sink {    /* [appendable] a slot a kind may not use returns BL_E_UNSUPPORTED */
  uint32_t size, pad;
  void *ctx;
  bl_status (*event)(void *ctx, const bl_event *) BL_NOEXCEPT;            /* [lane] feed.pull, feed.on_event, broker.on_event */
  bl_status (*prediction)(void *ctx, const bl_prediction *) BL_NOEXCEPT;  /* [lane] signal */
  bl_status (*target)(void *ctx, const bl_target *) BL_NOEXCEPT;          /* [lane] rebalancer */
  bl_status (*stop)(void *ctx, const bl_stop *) BL_NOEXCEPT;              /* [lane] risk: reduce-only by construction */
} bl_sink;

#define BL_SVC_PUBLISH "bowline.publish/1"
typedef struct bl_publish_v1 { uint32_t size, pad; bl_status (*event)(void *ctx, const bl_event *) BL_NOEXCEPT; } bl_publish_v1; /* [io] or [lane] */

/* ---- plugin -> host: one common base, one table per kind ----------------------------------- */
typedef struct bl_base {    /* [appendable] every instance of every kind */
  uint32_t size, pad;
  /* [control] Allocate only: no services, no I/O. */
  bl_status (*create)(const bl_host *host, bl_inst **out, bl_error *err) BL_NOEXCEPT;
  /* [control] `json`: canonical JSON, already schema-checked and defaulted by the host.
   * Legal in CREATED and STOPPED. On failure the previous configuration stays in force. */
  bl_status (*configure)(bl_inst *, bl_str json, bl_error *err) BL_NOEXCEPT;
  bl_status (*start)(bl_inst *, bl_error *err) BL_NOEXCEPT;   /* [control] */
  /* [control] Must return within `grace_ns`; afterwards no plugin thread is alive. */
  bl_status (*stop)(bl_inst *, int64_t grace_ns, bl_error *err) BL_NOEXCEPT;
  void (*destroy)(bl_inst *) BL_NOEXCEPT;                     /* [control] every state but RUNNING */
  void (*on_wake)(bl_inst *) BL_NOEXCEPT;                     /* [lane] optional */
  /* [control] Opaque versioned state for restart and upgrade: optional. save: call with cap 0 for
   * the length. load: must reject, without crashing, anything it did not write. */
  bl_status (*save)(bl_inst *, uint8_t *buf, uint64_t cap, uint64_t *len, bl_error *) BL_NOEXCEPT;
  bl_status (*load)(bl_inst *, const uint8_t *buf, uint64_t len, bl_error *) BL_NOEXCEPT; /* [control] */
  /* [any] Static extension table for an id, or NULL. */
  const void *(*extension)(bl_inst *, bl_str id) BL_NOEXCEPT;
} bl_base;

typedef struct bl_feed_v1 { uint32_t size, pad;
  bl_status (*subscribe)(bl_inst *, const uint32_t *instruments, uint64_t n, uint32_t channels, bl_error *) BL_NOEXCEPT; /* [control] */
  /* [lane] Optional; present = the host pulls and the feed never publishes from [io] (replay, simulated, database history).
   * Emits at most `max` events in time order; BL_OK more, BL_E_AGAIN none before *next_ns, BL_E_NOT_FOUND end of data. */
  bl_status (*pull)(bl_inst *, uint64_t max, const bl_sink *, int64_t *next_ns, bl_error *) BL_NOEXCEPT;
  /* 1.2 [lane] Optional: this feed's http results, ws frames and timers (due by now_ns), on the thread that pulls, never beside
   * a pull. Data go into the sink or to bowline.publish/1, in one order. A negative status ends the run as a failed pull does. */
  bl_status (*on_event)(bl_inst *, const bl_event *, const bl_sink *) BL_NOEXCEPT;
} bl_feed_v1;
typedef struct bl_needs { uint32_t size, warmup_bars; uint64_t event_mask; } bl_needs; /* [appendable] caller-allocated */
typedef struct bl_signal_v1 { uint32_t size, pad;
  bl_status (*needs)(bl_inst *, bl_needs *out) BL_NOEXCEPT;                                   /* [control] after configure */
  bl_status (*on_event)(bl_inst *, const bl_event *, const bl_sink *) BL_NOEXCEPT;            /* [lane] */
} bl_signal_v1;
typedef struct bl_verdict { /* [appendable] caller-allocated; arrives as REJECT: doing nothing fails closed */
  uint32_t size, action;    /* 0 REJECT, 1 ALLOW, 2 SHRINK to max_qty */
  bl_dec max_qty, value, limit; /* value: of what was proposed, also when it is shrunk; not set where there is no number */
  uint32_t rule, unit;
  char code[48], reason[128]; /* code: stable CATEGORY_CONDITION */
} bl_verdict;
typedef struct bl_risk_v1 { uint32_t size, pad;
  bl_status (*needs)(bl_inst *, bl_needs *out) BL_NOEXCEPT;                                   /* [control] after configure */
  /* [lane] Deterministic in (params, events seen, intent, portfolio); changes no state: it may be called any number of times. */
  bl_status (*check)(bl_inst *, const bl_intent *, const bl_portfolio *, bl_verdict *out) BL_NOEXCEPT;
  bl_status (*on_event)(bl_inst *, const bl_event *, const bl_portfolio *, const bl_sink *) BL_NOEXCEPT; /* [lane] */
} bl_risk_v1;
typedef struct bl_query { uint32_t size, scope; uint64_t request; bl_order_ref order; int64_t since_ns; } bl_query; /* scope bits: 1 order (since_ns > 0: made no earlier, by the host's clock), 2 open orders, 4 fills since, 8 balances, 16 products and fees */
/* bl_broker_v1.caps: what the venue holds on its own, whether the host lives or not: a resting sell of this type, GTC, until
 * its trigger. A bit says what is so for every product whose flags do not say no_stops; 0 = the host watches its stops. */
enum { BL_CAN_REST_STOP = 1 /* BL_STOP_LIMIT */, BL_CAN_REST_BRACKET = 2 /* BL_BRACKET: one hold, the stop first */ };
typedef struct bl_broker_v1 { uint32_t size, pad;
  uint64_t caps;            /* BL_CAN_* */
  bl_status (*submit)(bl_inst *, const bl_intent *, bl_error *) BL_NOEXCEPT;                   /* [lane] enqueue */
  bl_status (*cancel)(bl_inst *, const bl_order_ref *, uint64_t n, bl_error *) BL_NOEXCEPT;    /* [lane] enqueue, before any queued submit */
  bl_status (*amend)(bl_inst *, const bl_order_ref *, const bl_intent *wanted, bl_error *) BL_NOEXCEPT; /* [lane] optional */
  bl_status (*query)(bl_inst *, const bl_query *, bl_error *) BL_NOEXCEPT; /* [lane] enqueue; snapshot events, then one BL_EV_DONE with `request` */
  bl_status (*on_event)(bl_inst *, const bl_event *, const bl_sink *) BL_NOEXCEPT;             /* [lane] optional: market data and timers */
} bl_broker_v1;
typedef struct bl_rebalancer_v1 { uint32_t size, pad;
  bl_status (*on_event)(bl_inst *, const bl_event *) BL_NOEXCEPT;                              /* [lane] optional */
  bl_status (*plan)(bl_inst *, const bl_prediction *const *, uint64_t n, const bl_portfolio *, const bl_sink *, bl_error *) BL_NOEXCEPT; /* [lane] pure */
} bl_rebalancer_v1;

typedef struct bl_http_request { uint32_t size, lane /* 0 normal, 1 exits and cancels */, rate_class, cost; uint64_t request; bl_str method, url, headers, body; int64_t deadline_ns, not_after_ns /* checked on a suspend-aware clock just before the first byte; passed: BL_E_STATE, nothing sent */; uint64_t max_bytes; } bl_http_request;
typedef struct bl_http_result { bl_event h; uint64_t request; bl_status outcome; uint32_t status; bl_str headers, body; } bl_http_result; /* BL_E_IO: no byte was sent; BL_E_UNKNOWN_OUTCOME: sent, no whole reply */
typedef struct bl_http_v1 { uint32_t size, pad;
  bl_status (*send)(void *ctx, const bl_http_request *, bl_error *) BL_NOEXCEPT;   /* [any] */
  bl_status (*cancel)(void *ctx, uint64_t request) BL_NOEXCEPT;                    /* [any] */
} bl_http_v1;
typedef struct bl_ws_frame { bl_event h; uint64_t conn; uint32_t what, pad; bl_str data; } bl_ws_frame; /* 1 open 2 text 3 closed */
typedef struct bl_ws_v1 { uint32_t size, pad; /* all [any] */
  bl_status (*open)(void *ctx, uint64_t conn, bl_str url, bl_str headers, uint64_t max_frame, bl_error *) BL_NOEXCEPT;
  bl_status (*send)(void *ctx, uint64_t conn, bl_str text) BL_NOEXCEPT;
  bl_status (*close)(void *ctx, uint64_t conn) BL_NOEXCEPT;
} bl_ws_v1;
typedef struct bl_features_v1 { uint32_t size, pad;
  bl_status (*select)(void *ctx, const bl_str *names, uint64_t n, bl_error *) BL_NOEXCEPT; /* [control] in configure; fixes cols */
} bl_features_v1;
typedef struct bl_history_v1 { uint32_t size, pad; /* [lane] newest `n` final bars before now_ns, oldest first; *got set */
  bl_status (*bars)(void *ctx, uint32_t instrument, int64_t interval_ns, bl_bar *out, uint64_t stride, uint64_t n, uint64_t *got) BL_NOEXCEPT;
} bl_history_v1;
typedef struct bl_instruments_v1 { uint32_t size, pad;
  bl_status (*find)(void *ctx, bl_str symbol, uint32_t *instrument) BL_NOEXCEPT;           /* [any] by `symbol` as product() tells it to this kind */
  bl_status (*product)(void *ctx, uint32_t instrument, bl_product *out) BL_NOEXCEPT;       /* [any] out->h.size set by the caller */
  bl_status (*asset)(void *ctx, bl_str code, uint32_t *asset) BL_NOEXCEPT;                /* [any] */
} bl_instruments_v1;
#define BL_SVC_KV "bowline.kv/1"
typedef struct bl_kv_v1 { uint32_t size, pad; /* [control] small durable facts of one instance; keys <= 128 bytes, values <= 64 KiB */
  bl_status (*get)(void *ctx, bl_str key, uint8_t *buf, uint64_t cap, uint64_t *len) BL_NOEXCEPT; /* BL_E_NOT_FOUND when absent; cap 0 for the length */
  bl_status (*put)(void *ctx, bl_str key, const uint8_t *buf, uint64_t len) BL_NOEXCEPT;          /* len 0 removes */
} bl_kv_v1;
#define BL_SVC_METRICS "bowline.metrics/1"
enum { BL_COUNTER = 1, BL_GAUGE = 2, BL_HISTOGRAM = 3 };
typedef struct bl_metrics_v1 { uint32_t size, pad; /* names [a-z0-9_]+, prefixed and labelled with the instance by the host; never an amount or a price */
  bl_status (*define)(void *ctx, uint32_t type, bl_str name, bl_str help, uint64_t *metric) BL_NOEXCEPT; /* [control] */
  bl_status (*record)(void *ctx, uint64_t metric, double value) BL_NOEXCEPT; /* [any] counter: add, gauge: set, histogram: observe */
} bl_metrics_v1;
#define BL_SVC_THREAD_CHECK "bowline.thread_check/1"
typedef struct bl_thread_check_v1 { uint32_t size, pad; /* [any] 1 yes, 0 no: which class the calling thread is in, for this instance, now */
  uint32_t (*is_control)(void *ctx) BL_NOEXCEPT;
  uint32_t (*is_lane)(void *ctx) BL_NOEXCEPT;
} bl_thread_check_v1;
#define BL_SVC_HTTP "bowline.http/1"
#define BL_SVC_WS "bowline.ws/1"
#define BL_SVC_FEATURES "bowline.features/1"
#define BL_SVC_HISTORY "bowline.history/1"
#define BL_SVC_INSTRUMENTS "bowline.instruments/1"
#define BL_EXT_TRAINER "bowline.trainer/1"
#define BL_EXT_EXPLAIN "bowline.explain/1"
#define BL_EXT_CALIBRATION "bowline.calibration/1"
#define BL_EXT_ASSESS "bowline.assess/1"
#define BL_EXT_VENUE "bowline.venue/1"
/* [frozen] one bucket of the venue's rate budget; the host's edge charges it, the plugin neither sleeps nor counts */
typedef struct bl_rate_class { bl_str name; uint32_t per_second, burst, per_hour, pad; } bl_rate_class; /* per_hour 0 = no hourly quota */
enum { BL_CALL_SUBMIT = 1, BL_CALL_CANCEL = 2, BL_CALL_AMEND = 3, BL_CALL_QUERY = 4 };
typedef struct bl_call_cost { uint32_t call, rate_class, cost, pad; } bl_call_cost; /* [frozen] call: BL_CALL_* */
enum { BL_TOLD_KEY = 1, BL_TOLD_PORTFOLIO = 2, BL_TOLD_CLOCK = 4 }; /* bl_standing.told */
enum { BL_MAY_VIEW = 1, BL_MAY_TRADE = 2, BL_MAY_TRANSFER = 4 };    /* bl_standing.may: transfer = move money out */
typedef struct bl_standing { /* 1.3 [appendable] caller-allocated: what the venue has said so far of the key in use, and of its clock */
  uint32_t size, told, may, pad; /* of what `told` does not name nothing is said */
  int64_t skew_ns;          /* the venue's clock less the host's */
  char portfolio[64];       /* that the key is bound to, as the venue calls it */
} bl_standing;
typedef struct bl_venue_v1 { uint32_t size, n_classes, n_costs, pad; /* [control] after configure */
  const bl_rate_class *classes; const bl_call_cost *costs; /* static, or owned by the instance until destroy */
  bl_status (*standing)(bl_inst *, bl_standing *out, bl_error *) BL_NOEXCEPT; /* 1.3 [lane] optional, while running */
} bl_venue_v1;
typedef struct bl_dataset { uint32_t size, rows, cols, n_classes; const bl_str *names; const float *values; const float *labels, *weights; } bl_dataset;
typedef struct bl_trainer_v1 { uint32_t size, pad; /* [control]; progress returns <0 to cancel */
  bl_status (*fit)(bl_inst *, const bl_dataset *train, const bl_dataset *eval, bl_str dir, void *pctx,
                   bl_status (*progress)(void *pctx, double done, bl_str note) BL_NOEXCEPT, bl_error *) BL_NOEXCEPT;
} bl_trainer_v1;
typedef struct bl_explain_v1 { uint32_t size, pad; /* [lane] contrib: cols + 1 values, bias last, margin space of class `output`: 0 down, 1 flat, 2 up */
  bl_status (*contributions)(bl_inst *, const bl_frame *, uint32_t row, uint32_t output, double *contrib, uint64_t n, bl_error *) BL_NOEXCEPT;
} bl_explain_v1;
typedef struct bl_calibration_v1 { uint32_t size, pad; /* [lane] up, flat, down: the mean return of each class over the horizon, which expected_move is reckoned with; NaN = none */
  bl_status (*class_returns)(bl_inst *, double *up_flat_down, uint64_t n, bl_error *) BL_NOEXCEPT; /* n is 3 */
} bl_calibration_v1;
typedef struct bl_assess_v1 { uint32_t size, pad; /* [lane] the standing assessment, canonical JSON; cap 0 for the length */
  bl_status (*get)(bl_inst *, char *buf, uint64_t cap, uint64_t *len, bl_error *) BL_NOEXCEPT;
} bl_assess_v1;
/* ---- the module: the one exported symbol ---------------------------------------------------- */
typedef struct bl_plugin {  /* [appendable] */
  uint32_t size;
  bl_kind kind;
  bl_str id, version;       /* "com.example.momentum", SemVer */
  bl_str config_schema;     /* JSON Schema 2020-12, additionalProperties:false */
  const bl_base *base;
  const void *vtable;       /* bl_<kind>_v1 */
} bl_plugin;
typedef struct bl_module {  /* [appendable], static */
  uint32_t size;
  uint32_t abi_minor;       /* minor of the header it was compiled with: a diagnostic */
  uint32_t min_host_minor;  /* oldest host it runs on: set by hand, NOT BL_ABI_MINOR */
  uint32_t n_plugins;
  const bl_plugin *const *plugins;
  bl_str build;             /* compiler, SDK version, git hash */
} bl_module;
/* The major is in the name, so one file can serve two majors and a wrong one is a clean
 * "symbol not found". Must not allocate, start threads or touch the environment. [control] */
BL_EXPORT const bl_module *bowline_module_v1(void) BL_NOEXCEPT;

/* Metadata readable WITHOUT executing the file: JSON in an ELF note of the name "bowline". */
#define BL_NOTE_SECTION ".note.bowline"
#define BL_MANIFEST(json)                                                                          \
  __attribute__((section(BL_NOTE_SECTION), used, aligned(4))) static const struct {                \
    uint32_t namesz, descsz, type; char name[8]; char desc[(sizeof(json) + 3u) & ~3u];             \
  } bl_manifest_note = {8u, sizeof(json), 1u, "bowline", json}

#ifdef __cplusplus
}
#endif
#endif
