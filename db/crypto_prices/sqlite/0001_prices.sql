-- Owner of every table here: signal-generator (trading rules 4.2). Prices are exact: mantissas with exponents, or
-- decimals as text. Times are nanoseconds UTC; ids are hex text.
CREATE TABLE stamp(mode TEXT NOT NULL, venue TEXT NOT NULL, portfolio TEXT NOT NULL);
CREATE TABLE candles(symbol TEXT NOT NULL, open_ns INTEGER NOT NULL, close_ns INTEGER NOT NULL, px_exp INTEGER NOT NULL,
  qty_exp INTEGER NOT NULL, open INTEGER NOT NULL, high INTEGER NOT NULL, low INTEGER NOT NULL, close INTEGER NOT NULL,
  volume INTEGER NOT NULL, acted_on INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY(symbol, open_ns, close_ns)) WITHOUT ROWID;
-- One row per frame: symbols and quality flags as comma lists, values as little-endian doubles, row-major.
CREATE TABLE features(time_ns INTEGER NOT NULL, instance TEXT NOT NULL, names_hash TEXT NOT NULL, symbols TEXT NOT NULL,
  quality TEXT NOT NULL, vals BLOB NOT NULL, PRIMARY KEY(time_ns, instance)) WITHOUT ROWID;
CREATE TABLE feature_names(names_hash TEXT NOT NULL, col INTEGER NOT NULL, name TEXT NOT NULL, PRIMARY KEY(names_hash, col));
CREATE TABLE signals(id TEXT NOT NULL, time_ns INTEGER NOT NULL, symbol TEXT NOT NULL, action TEXT NOT NULL,
  source TEXT NOT NULL, model TEXT NOT NULL, p_up REAL, p_flat REAL, p_down REAL, confidence REAL, weight REAL,
  threshold REAL, expected_move REAL, ref_px TEXT, horizon_ns INTEGER NOT NULL, valid_until INTEGER NOT NULL,
  seq INTEGER NOT NULL, PRIMARY KEY(id, source)) WITHOUT ROWID;
CREATE TABLE signal_outcomes(signal_id TEXT PRIMARY KEY, resolved_ns INTEGER NOT NULL, outcome TEXT NOT NULL, move REAL)
  WITHOUT ROWID;
