// The ledger's tables, as the migrations that make them. A migration that has been released is never edited: append
// another.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace hone::evidence {

inline constexpr int32_t kLedgerApplicationId = 0x484f4e45;  // "HONE"

// AUTOINCREMENT: an id that was printed never comes to mean another thing, also after a purge. Captures of a
// measurement are not foreign keys, because another run's purge may take them while the measurement stays, to be said
// so when it is recomputed.
inline constexpr std::array<std::string_view, 1> kLedgerMigrations = {R"sql(
CREATE TABLE runs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  verb TEXT NOT NULL,
  started_s INTEGER NOT NULL,
  ended_s INTEGER NOT NULL,
  hone_version TEXT NOT NULL,
  verdict TEXT NOT NULL,
  environment TEXT NOT NULL
);
CREATE TABLE reports (
  run INTEGER PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
  json TEXT NOT NULL
);
CREATE TABLE findings (
  run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  id INTEGER NOT NULL,
  rule TEXT NOT NULL,
  subject TEXT NOT NULL,
  endpoint TEXT NOT NULL,
  PRIMARY KEY (run, id)
) WITHOUT ROWID;
CREATE TABLE blobs (
  sha256 TEXT PRIMARY KEY,
  bytes INTEGER NOT NULL,
  stored_bytes INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE captures (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  blob TEXT NOT NULL REFERENCES blobs (sha256),
  bytes INTEGER NOT NULL,
  service TEXT NOT NULL,
  endpoint TEXT NOT NULL,
  function TEXT NOT NULL,
  query TEXT NOT NULL,
  phase TEXT NOT NULL,
  start_ns INTEGER NOT NULL,
  end_ns INTEGER NOT NULL,
  rate REAL NOT NULL,
  through_proxy INTEGER NOT NULL,
  profiler_on INTEGER NOT NULL,
  versions TEXT NOT NULL,
  parameters TEXT NOT NULL,
  lost TEXT NOT NULL
);
CREATE INDEX captures_run ON captures (run);
CREATE INDEX captures_blob ON captures (blob);
CREATE TABLE measurements (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  metric TEXT NOT NULL,
  service TEXT NOT NULL,
  endpoint TEXT NOT NULL,
  function TEXT NOT NULL,
  query TEXT NOT NULL,
  unit TEXT NOT NULL,
  value REAL NOT NULL,
  lo REAL,
  hi REAL,
  level REAL,
  n INTEGER NOT NULL,
  n_of TEXT NOT NULL,
  method TEXT NOT NULL,
  seed INTEGER NOT NULL,
  parameters TEXT NOT NULL,
  validity TEXT NOT NULL
);
CREATE INDEX measurements_run ON measurements (run);
CREATE TABLE measurement_captures (
  measurement INTEGER NOT NULL REFERENCES measurements (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  capture INTEGER NOT NULL,
  PRIMARY KEY (measurement, position)
) WITHOUT ROWID;
CREATE TABLE experiments (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  metric TEXT NOT NULL,
  lower_is_better INTEGER NOT NULL,
  arm_a TEXT NOT NULL,
  arm_b TEXT NOT NULL,
  least_effect REAL NOT NULL,
  level REAL NOT NULL,
  pairs INTEGER NOT NULL,
  seed INTEGER NOT NULL,
  last_capture INTEGER NOT NULL,
  seal TEXT NOT NULL,
  verdict TEXT,
  effect REAL,
  lo REAL,
  hi REAL,
  outcome_level REAL,
  outcome_pairs INTEGER,
  measurement INTEGER
);
CREATE INDEX experiments_run ON experiments (run);
CREATE TRIGGER experiment_is_sealed BEFORE UPDATE OF id, run, name, metric, lower_is_better, arm_a, arm_b, least_effect, level,
  pairs, seed, last_capture, seal ON experiments
BEGIN SELECT RAISE(ABORT, 'the experiment is sealed'); END;
CREATE TRIGGER experiment_is_closed BEFORE UPDATE ON experiments WHEN OLD.verdict IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'the experiment is closed'); END;
)sql"};

}  // namespace hone::evidence
