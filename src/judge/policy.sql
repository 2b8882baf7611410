-- What the checks compare with, and what the engagement file says. Filled by judge/policy.c from mappings/policy.json and
-- the engagement file; the checks read `policy`, the report prints all of it.

-- One row per threshold. A threshold that the organisation has not adopted is keycustody's default: a check that rests
-- on it supports a control, it never carries one (contracts: from findings to controls).
CREATE TABLE policy(
  name        TEXT NOT NULL PRIMARY KEY,   -- 'cryptoperiod'
  value       TEXT NOT NULL,               -- 'P1Y', '90', 'true'
  unit        TEXT NOT NULL,               -- 'duration' (ISO 8601), 'days', 'bits', 'boolean', 'count'
  adopted     INTEGER NOT NULL CHECK (adopted IN (0, 1)),
  owner       TEXT NOT NULL,               -- who answers for the value; 'keycustody' for a default
  basis       TEXT NOT NULL,               -- 'own-policy', 'contract', 'law', 'good-practice'
  document    TEXT NOT NULL,               -- where the organisation adopted it, '' while it has not
  source      TEXT NOT NULL,               -- where the shipped value comes from
  description TEXT NOT NULL,               -- one sentence for the reader
  shipped     TEXT NOT NULL,               -- the value before the engagement file
  position    INTEGER NOT NULL UNIQUE      -- order of the report
) STRICT;

-- Fields of the engagement file, one row each; absent fields have no row.
CREATE TABLE engagement(
  name  TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;

-- Who is to sign, in the order of the engagement file. That somebody is named here says nothing about whether they signed.
CREATE TABLE signer(
  position INTEGER NOT NULL PRIMARY KEY,
  role     TEXT NOT NULL UNIQUE,   -- 'prepared-by', 'reviewed-by'
  name     TEXT NOT NULL,
  function TEXT NOT NULL,          -- '' when none is named
  reason   TEXT NOT NULL           -- '' when none is given
) STRICT;

-- Controls that the organisation declares not applicable, with who approved it.
CREATE TABLE not_applicable(
  framework TEXT NOT NULL,
  control   TEXT NOT NULL,
  reason    TEXT NOT NULL,
  approver  TEXT NOT NULL,
  document  TEXT NOT NULL,   -- '' when none is named
  PRIMARY KEY (framework, control)
) STRICT;
