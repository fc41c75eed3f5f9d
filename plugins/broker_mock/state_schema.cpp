#include "state_schema.hpp"

namespace bowline::broker_mock {

const char* const tables_of_1 = R"sql(
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID, STRICT;
CREATE TABLE balances(asset TEXT PRIMARY KEY, total TEXT NOT NULL, hold TEXT NOT NULL) WITHOUT ROWID, STRICT;
)sql";

const char* const tables_of_2 = R"sql(
CREATE TABLE orders(
  order_no INTEGER PRIMARY KEY,            -- 1, 2, ... in order of arrival, without holes
  client_id TEXT UNIQUE,                   -- NULL: an external hand's order
  venue_id TEXT NOT NULL UNIQUE,
  symbol TEXT NOT NULL,
  side TEXT NOT NULL CHECK(side IN ('BUY','SELL')),
  type TEXT NOT NULL CHECK(type IN ('MARKET','LIMIT','STOP_LIMIT','BRACKET')),
  tif TEXT NOT NULL CHECK(tif IN ('GTC','GTD','IOC','FOK')),
  post_only INTEGER NOT NULL, trigger_up INTEGER NOT NULL,
  qty TEXT, quote_qty TEXT, limit_px TEXT, stop_px TEXT,  -- decimals as plain text; NULL = not given
  expire_ns INTEGER NOT NULL,
  submitted_ns INTEGER NOT NULL, accepted_ns INTEGER NOT NULL, updated_ns INTEGER NOT NULL,
  state TEXT NOT NULL CHECK(state IN ('OPEN','FILLED','CANCELLED','REJECTED','EXPIRED')),
  reason TEXT NOT NULL,                     -- '' or the stable word of the README's table
  rested INTEGER NOT NULL, triggered INTEGER NOT NULL,
  cum_qty TEXT NOT NULL, cum_quote TEXT NOT NULL, cum_fee TEXT NOT NULL,
  hold_asset TEXT NOT NULL, hold TEXT NOT NULL, fills INTEGER NOT NULL,
  effective_ns INTEGER NOT NULL,            -- since when the present terms hold
  place INTEGER NOT NULL,                   -- time priority: the lower goes first
  told INTEGER NOT NULL,                    -- 0: an external order that only questions show
  amends INTEGER NOT NULL,                  -- how often it was amended; if so, the terms as submitted:
  asked_qty TEXT, asked_limit_px TEXT, asked_stop_px TEXT, asked_expire_ns INTEGER) STRICT;
CREATE TABLE fills(
  fill_no INTEGER PRIMARY KEY,             -- 1, 2, ... over all orders, without holes
  fill_id TEXT NOT NULL UNIQUE,
  order_no INTEGER NOT NULL REFERENCES orders(order_no),
  client_id TEXT,
  px TEXT NOT NULL, qty TEXT NOT NULL, quote TEXT NOT NULL,
  fee TEXT NOT NULL, fee_asset TEXT NOT NULL,
  liquidity TEXT NOT NULL CHECK(liquidity IN ('MAKER','TAKER')),
  ts_ns INTEGER NOT NULL,
  fate TEXT NOT NULL CHECK(fate IN ('PROMPT','TWICE','LATE','LOST')),
  told_ns INTEGER) STRICT;                  -- when the host was told without asking; NULL = not so far
CREATE TABLE amends(
  amend_no INTEGER PRIMARY KEY,            -- 1, 2, ... over all orders, without holes
  order_no INTEGER NOT NULL REFERENCES orders(order_no),
  qty TEXT NOT NULL, limit_px TEXT, stop_px TEXT, expire_ns INTEGER NOT NULL,  -- the terms it led to
  kept_place INTEGER NOT NULL,
  ts_ns INTEGER NOT NULL) STRICT;
CREATE TABLE external_acts(
  act_no INTEGER PRIMARY KEY,              -- 1, 2, ... in order of happening, without holes
  script TEXT NOT NULL,                     -- the entry of external_orders, as one line
  what TEXT NOT NULL CHECK(what IN ('ORDER','FILL','CANCEL','DEPOSIT','WITHDRAWAL')),
  ts_ns INTEGER NOT NULL,
  order_no INTEGER REFERENCES orders(order_no),
  asset TEXT, amount TEXT,                  -- of a deposit or withdrawal: what was added, below 0: taken
  reason TEXT NOT NULL) STRICT;             -- why it was refused, or ''
)sql";

const char* const set_aside_1 = R"sql(
ALTER TABLE orders RENAME TO old_orders;
ALTER TABLE fills RENAME TO old_fills;
)sql";

const char* const bring_over_1 = R"sql(
INSERT INTO orders SELECT order_no, client_id, venue_id, symbol, side, type, tif, post_only, trigger_up,
  qty, quote_qty, limit_px, stop_px, expire_ns, submitted_ns, accepted_ns, updated_ns, state, reason,
  rested, triggered, cum_qty, cum_quote, cum_fee, hold_asset, hold, fills,
  accepted_ns, order_no, 1, 0, NULL, NULL, NULL, NULL FROM old_orders;
INSERT INTO fills SELECT fill_no, fill_id, order_no, client_id, px, qty, quote, fee, fee_asset, liquidity,
  ts_ns, 'PROMPT', ts_ns FROM old_fills;
DROP TABLE old_fills;
DROP TABLE old_orders;
)sql";

}  // namespace bowline::broker_mock
