-- What the checks found. Filled by judge/check.c, in the order of the checks and, within one, as it ordered its subjects.

-- The checks that ran: what stands in the header of each file, and the file itself.
CREATE TABLE check_meta(
  position INTEGER NOT NULL UNIQUE,
  check_id TEXT NOT NULL PRIMARY KEY,  -- 'vault-purge-protection'
  code     TEXT NOT NULL UNIQUE,       -- 'VLT-01'
  title    TEXT NOT NULL,
  severity TEXT NOT NULL CHECK (severity IN ('critical', 'high', 'medium', 'low')),
  basis    TEXT NOT NULL CHECK (basis IN ('own-policy', 'contract', 'law', 'good-practice', 'standard')),
  link     TEXT,                       -- of key custody, or etcd, logging, policy beside it; NULL: none
  kind     TEXT NOT NULL,              -- what its subjects are
  needs    TEXT NOT NULL,              -- resources, comma separated: a gap in one of them can change the result
  why      TEXT NOT NULL,
  limits   TEXT NOT NULL,              -- what a pass does not show
  remedy   TEXT NOT NULL,              -- with {id}, {name}, {group}, {subscription}, {parent} of the subject
  danger   TEXT,                       -- where the remedy hurts
  source   TEXT NOT NULL,
  sql      TEXT NOT NULL,              -- the whole file
  sha256   TEXT NOT NULL               -- of its bytes
) STRICT;

-- One row per check and subject, the passes too. A population that is not known has a row of its own, whose subject is the
-- scope that was listed: its reason starts with 'population not known:'. A scope in which there is nothing has one that is
-- not-applicable, 'none found in scope'.
CREATE TABLE finding(
  n                  INTEGER PRIMARY KEY,
  id                 TEXT NOT NULL,  -- 'F-' and 8 hex digits of the SHA-256 of check, newline, folded subject
  check_id           TEXT NOT NULL,
  title              TEXT NOT NULL,
  subject            TEXT NOT NULL,  -- id as Azure wrote it
  subject_key        TEXT NOT NULL,  -- the same, folded
  status             TEXT NOT NULL CHECK (status IN ('pass', 'fail', 'not-applicable', 'not-assessed', 'attested')),
  severity           TEXT NOT NULL,
  basis              TEXT NOT NULL,
  observed           TEXT,
  expected           TEXT,
  reason             TEXT NOT NULL,  -- '' where a pass says nothing more
  limit_text         TEXT,           -- caveat of a pass
  remedy             TEXT,           -- of a failure; of what was not assessed: how to get it read
  danger             TEXT,
  evidence           TEXT NOT NULL,  -- 'N#/pointer' or 'N', N of exchange, separated by one space; '' = none
  population_unknown INTEGER NOT NULL CHECK (population_unknown IN (0, 1))
) STRICT;

-- Denominators. population: subjects, those that could not be assessed too; not the rows about a whole scope.
CREATE TABLE check_count(
  check_id         TEXT NOT NULL PRIMARY KEY,
  population       INTEGER NOT NULL,
  population_known INTEGER NOT NULL CHECK (population_known IN (0, 1)),
  assessed         INTEGER NOT NULL,  -- pass + fail
  pass             INTEGER NOT NULL,
  fail             INTEGER NOT NULL,
  not_applicable   INTEGER NOT NULL,  -- with 'none found in scope'
  not_assessed     INTEGER NOT NULL,  -- with 'population not known'
  attested         INTEGER NOT NULL
) STRICT;

-- Which checks a gap can change. collection-complete: every gap.
CREATE TABLE gap_affects(
  gap_n    INTEGER NOT NULL,
  check_id TEXT NOT NULL,
  PRIMARY KEY (gap_n, check_id)
) STRICT;
