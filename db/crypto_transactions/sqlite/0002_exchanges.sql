-- Owners: decision_costs: bridge. order_netting, venue_exchanges: trade-execution.
-- What the cost of a decision is made of: fractions of the price, the fee both ways.
CREATE TABLE decision_costs(decision_id TEXT PRIMARY KEY, fee REAL, half_spread REAL, margin REAL, gate INTEGER NOT NULL)
  WITHOUT ROWID;
-- The targets that lost to the one that was sized (order_decisions), the highest rank first.
CREATE TABLE order_netting(decision_id TEXT NOT NULL, seq INTEGER NOT NULL, symbol TEXT NOT NULL, purpose TEXT NOT NULL,
  order_id TEXT NOT NULL, n INTEGER NOT NULL, time_ns INTEGER NOT NULL, lost_decision TEXT NOT NULL, lost_purpose TEXT NOT NULL,
  lost_weight REAL, lost_valid_until INTEGER NOT NULL, reason TEXT NOT NULL,
  PRIMARY KEY(decision_id, seq, symbol, purpose, order_id, n)) WITHOUT ROWID;
CREATE INDEX order_netting_lost ON order_netting(lost_decision);
-- What was sent to the venue about an order, and what it told that moved nothing; what moved its state is in order_events.
CREATE TABLE venue_exchanges(order_id TEXT NOT NULL, seq INTEGER NOT NULL, time_ns INTEGER NOT NULL, way TEXT NOT NULL,
  what TEXT NOT NULL, state TEXT NOT NULL, text TEXT NOT NULL, again INTEGER NOT NULL);
CREATE INDEX venue_exchanges_order ON venue_exchanges(order_id);
