-- Owner of every table here: signal-generator (trading rules 4.2). Prices are exact: mantissas with exponents, or
-- decimals as text. Times are nanoseconds UTC; ids are hex text.
CREATE TABLE stamp(mode TEXT NOT NULL, venue TEXT NOT NULL, portfolio TEXT NOT NULL);
CREATE TABLE candles(symbol TEXT NOT NULL, open_ns INTEGER NOT NULL, close_ns INTEGER NOT NULL, px_exp INTEGER NOT NULL,
  qty_exp INTEGER NOT NULL, open INTEGER NOT NULL, high INTEGER NOT NULL, low INTEGER NOT NULL, close INTEGER NOT NULL,
  volume INTEGER NOT NULL, acted_on INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY(symbol, open_ns, close_ns)) WITHOUT ROWID;
-- Rows come in the order of time, so that a row goes to the end of its table; an id is a hash, so its index takes the
-- first eight bytes as a number: a third of the pages that a random insert has to touch.
-- One row per frame: symbols and quality flags as comma lists, values as little-endian doubles, row-major.
CREATE TABLE features(time_ns INTEGER NOT NULL, instance TEXT NOT NULL, names_hash TEXT NOT NULL, symbols TEXT NOT NULL,
  quality TEXT NOT NULL, vals BLOB NOT NULL, UNIQUE(time_ns, instance));
CREATE TABLE feature_names(names_hash TEXT NOT NULL, col INTEGER NOT NULL, name TEXT NOT NULL, PRIMARY KEY(names_hash, col));
CREATE TABLE signals(id TEXT NOT NULL, time_ns INTEGER NOT NULL, symbol TEXT NOT NULL, action TEXT NOT NULL,
  source TEXT NOT NULL, model TEXT NOT NULL, p_up REAL, p_flat REAL, p_down REAL, confidence REAL, weight REAL,
  threshold REAL, expected_move REAL, ref_px TEXT, horizon_ns INTEGER NOT NULL, valid_until INTEGER NOT NULL,
  seq INTEGER NOT NULL, id_key INTEGER NOT NULL, UNIQUE(time_ns, symbol, source));
CREATE INDEX signals_id ON signals(id_key);
CREATE TABLE signal_outcomes(signal_id TEXT NOT NULL, resolved_ns INTEGER NOT NULL, outcome TEXT NOT NULL, move REAL,
  id_key INTEGER NOT NULL, UNIQUE(resolved_ns, signal_id));
CREATE INDEX signal_outcomes_id ON signal_outcomes(id_key);
