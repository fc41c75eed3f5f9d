-- Owner: signal-generator. What each instance said of what became a signal, with the mean return of each class that its
-- expected move is reckoned with, and what drove its prediction most: col is the frame's column, -1 the bias, -2 the rest.
CREATE TABLE signal_causes(signal_id TEXT NOT NULL, time_ns INTEGER NOT NULL, n INTEGER NOT NULL, instance TEXT NOT NULL,
  model TEXT NOT NULL, action TEXT NOT NULL, weight REAL, p_up REAL, p_flat REAL, p_down REAL, expected_move REAL,
  return_up REAL, return_flat REAL, return_down REAL, seq INTEGER NOT NULL, id_key INTEGER NOT NULL,
  UNIQUE(time_ns, signal_id, n));
CREATE INDEX signal_causes_id ON signal_causes(id_key);
CREATE TABLE contributions(signal_id TEXT NOT NULL, time_ns INTEGER NOT NULL, instance TEXT NOT NULL, output TEXT NOT NULL,
  n INTEGER NOT NULL, col INTEGER NOT NULL, contribution REAL, id_key INTEGER NOT NULL,
  UNIQUE(time_ns, signal_id, instance, n));
CREATE INDEX contributions_id ON contributions(id_key);
