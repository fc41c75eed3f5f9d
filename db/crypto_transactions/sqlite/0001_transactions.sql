-- Owners (trading rules 4.2): decisions, decision_checks: bridge. rebalances, rebalance_weights: rebalancer. All else:
-- trade-execution. Amounts are exact decimals as text; times nanoseconds UTC; ids hex text.
CREATE TABLE stamp(mode TEXT NOT NULL, venue TEXT NOT NULL, portfolio TEXT NOT NULL);
CREATE TABLE decisions(id TEXT NOT NULL, time_ns INTEGER NOT NULL, symbol TEXT NOT NULL, action TEXT NOT NULL,
  code TEXT NOT NULL, target_weight REAL, held_weight REAL, expected_move REAL, cost REAL, max_position REAL, p_up REAL,
  threshold REAL, portfolio_version INTEGER NOT NULL, seq INTEGER NOT NULL, id_key INTEGER NOT NULL,
  UNIQUE(time_ns, symbol, id));
-- An id is a hash: its index takes the first eight bytes as a number, so that a random insert touches few pages.
CREATE INDEX decisions_id ON decisions(id_key);
CREATE TABLE decision_checks(decision_id TEXT NOT NULL, n INTEGER NOT NULL, rule TEXT NOT NULL, verdict TEXT NOT NULL,
  code TEXT NOT NULL, value TEXT, lim TEXT, max_qty TEXT, reason TEXT NOT NULL, PRIMARY KEY(decision_id, n)) WITHOUT ROWID;
CREATE TABLE order_decisions(decision_id TEXT NOT NULL, symbol TEXT NOT NULL, purpose TEXT NOT NULL, order_id TEXT NOT NULL,
  seq INTEGER NOT NULL, time_ns INTEGER NOT NULL, code TEXT NOT NULL, target_weight REAL, equity TEXT, price TEXT,
  held_qty TEXT, wanted_qty TEXT, order_qty TEXT, PRIMARY KEY(decision_id, seq, symbol, purpose, order_id)) WITHOUT ROWID;
CREATE INDEX order_decisions_order ON order_decisions(order_id);
CREATE TABLE order_checks(decision_id TEXT NOT NULL, seq INTEGER NOT NULL, symbol TEXT NOT NULL, purpose TEXT NOT NULL,
  order_id TEXT NOT NULL, n INTEGER NOT NULL, rule TEXT NOT NULL, verdict TEXT NOT NULL, code TEXT NOT NULL, value TEXT,
  lim TEXT, max_qty TEXT, reason TEXT NOT NULL, PRIMARY KEY(decision_id, seq, symbol, purpose, order_id, n)) WITHOUT ROWID;
CREATE TABLE orders(id TEXT PRIMARY KEY, decision_id TEXT NOT NULL, symbol TEXT NOT NULL, purpose TEXT NOT NULL,
  side TEXT NOT NULL, type TEXT NOT NULL, tif TEXT NOT NULL, flags INTEGER NOT NULL, qty TEXT, quote_qty TEXT, limit_px TEXT,
  stop_px TEXT, expire_ns INTEGER NOT NULL, decided_ns INTEGER NOT NULL, updated_ns INTEGER NOT NULL, state TEXT NOT NULL,
  venue_id TEXT NOT NULL, reason TEXT NOT NULL, cum_qty TEXT, cum_quote TEXT, cum_fee TEXT, decision_px TEXT,
  seq INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE order_events(order_id TEXT NOT NULL, seq INTEGER NOT NULL, time_ns INTEGER NOT NULL, event TEXT NOT NULL,
  from_state TEXT NOT NULL, to_state TEXT NOT NULL, text TEXT NOT NULL);
CREATE INDEX order_events_order ON order_events(order_id);
CREATE TABLE fills(fill_id TEXT NOT NULL, order_id TEXT NOT NULL, decision_id TEXT NOT NULL, time_ns INTEGER NOT NULL,
  symbol TEXT NOT NULL, side TEXT NOT NULL, liquidity INTEGER NOT NULL, px TEXT, qty TEXT, fee TEXT, fee_asset TEXT NOT NULL,
  seq INTEGER NOT NULL, PRIMARY KEY(fill_id, order_id)) WITHOUT ROWID;
CREATE INDEX fills_order ON fills(order_id);
CREATE TABLE portfolio_history(time_ns INTEGER NOT NULL, version INTEGER NOT NULL, equity TEXT, cash TEXT, exposure TEXT,
  realised TEXT, unrealised TEXT, fees TEXT, peak TEXT, PRIMARY KEY(time_ns, version)) WITHOUT ROWID;
CREATE TABLE rebalances(id TEXT PRIMARY KEY, time_ns INTEGER NOT NULL, instance TEXT NOT NULL,
  portfolio_version INTEGER NOT NULL, seq INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE rebalance_weights(rebalance_id TEXT NOT NULL, symbol TEXT NOT NULL, weight REAL,
  PRIMARY KEY(rebalance_id, symbol)) WITHOUT ROWID;
CREATE TABLE core_events(seq INTEGER NOT NULL, time_ns INTEGER NOT NULL, type TEXT NOT NULL, payload TEXT NOT NULL);
CREATE TABLE audit(seq INTEGER NOT NULL, time_ns INTEGER NOT NULL, principal TEXT NOT NULL, action TEXT NOT NULL,
  subject TEXT NOT NULL, reason TEXT NOT NULL, request_id TEXT NOT NULL);
