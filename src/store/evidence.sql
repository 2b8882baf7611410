-- A snapshot: what Azure answered, and nothing else. One SQLite file, append-only, that is also a SQLite Archive:
--   sqlite3 SNAPSHOT.db -Ax            unpacks every raw answer into answers/
--   sha256sum -c SHA256SUMS            checks them against the names
-- keycustody's own interpretation never touches this file; it is built elsewhere (facts.db) and can be dropped.
PRAGMA application_id = 0x4b435331;  -- "KCS1"
PRAGMA user_version = 1;             -- format of this schema

-- One row: who took the snapshot, when, with what, and which snapshot came before it.
CREATE TABLE snapshot(
  id                TEXT NOT NULL PRIMARY KEY,  -- 8 hex digits, random
  format            INTEGER NOT NULL,           -- of this schema: 1
  taken_at          TEXT NOT NULL,  -- finished_at, or --taken-at for a recording (then taken_at_by is 'operator')
  taken_at_by       TEXT NOT NULL CHECK (taken_at_by IN ('collector', 'operator')),
  started_at        TEXT NOT NULL,  -- UTC, the collector's clock
  finished_at       TEXT NOT NULL,  -- UTC, the collector's clock
  clock_difference  INTEGER,        -- seconds, the largest difference between our clock and a Date header; NULL: no Date or a recording
  source            TEXT NOT NULL CHECK (source IN ('azure', 'recording')),
  cloud             TEXT,           -- AzureCloud, ...; NULL for a recording
  arm_endpoint      TEXT NOT NULL,  -- scheme, host and port that the requests went to
  principal_id      TEXT,           -- object id of the caller; NULL: unknown
  principal_basis   TEXT CHECK (principal_basis IN ('token', 'operator')), -- how we know it
  tenant_id         TEXT,           -- of the token; NULL: unknown
  recording_name    TEXT,           -- base name of the HAR file, or NULL
  recording_sha256  TEXT,           -- of the HAR file's bytes
  recording_creator TEXT,           -- log.creator name and version
  recording_first   TEXT,           -- earliest and latest startedDateTime of its entries
  recording_last    TEXT,
  tool_name         TEXT NOT NULL,
  tool_version      TEXT NOT NULL,
  tool_sha256       TEXT NOT NULL,  -- of the program file that ran
  command_line      TEXT NOT NULL,  -- as given; no option carries a secret
  host              TEXT NOT NULL,  -- name of the machine that collected
  os_user           TEXT NOT NULL,  -- account that ran the collector
  sqlite_version    TEXT NOT NULL,
  previous_id       TEXT,           -- the snapshot before this one in the store; NULL for the first
  previous_sha256   TEXT            -- of that snapshot's file
) STRICT;

-- The declared scope: what the person asked to be looked at. declared_by 'option' (--subscription) or 'visible' (no option:
-- every subscription that the caller sees).
CREATE TABLE scope(
  subscription_id TEXT NOT NULL PRIMARY KEY,  -- lower-case GUID
  declared_by     TEXT NOT NULL CHECK (declared_by IN ('option', 'visible')),
  declared_as     TEXT NOT NULL               -- as the person wrote it
) STRICT;

-- One row per answer that was kept. usable 1: the body passed the strict reader, so views may read it.
CREATE TABLE exchange(
  n              INTEGER PRIMARY KEY,   -- printed as E-nnnn
  resource       TEXT NOT NULL,         -- the resource file that asked
  subject        TEXT NOT NULL,         -- what was asked about: an ARM id ('' for the tenant)
  page           INTEGER NOT NULL,      -- 1 for the first page of a list
  method         TEXT NOT NULL,
  url            TEXT NOT NULL,         -- without secrets
  api_version    TEXT,                  -- that answered
  api_version_asked TEXT,               -- that we would have asked for first
  status         INTEGER NOT NULL,      -- HTTP status
  usable         INTEGER NOT NULL CHECK (usable IN (0, 1)),
  received_at    TEXT NOT NULL,         -- UTC; for a recording its entry's own time
  date_header    TEXT,                  -- Date of the answer
  request_id     TEXT,                  -- x-ms-request-id
  correlation_id TEXT,                  -- x-ms-correlation-request-id
  routing_id     TEXT,                  -- x-ms-routing-request-id
  failure_cause  TEXT,                  -- x-ms-failure-cause
  etag           TEXT,
  principal_id   TEXT,                  -- under which the request went out; NULL: unknown
  size           INTEGER NOT NULL,      -- bytes of the body
  sha256         TEXT NOT NULL          -- of the exact bytes; for a recording, of the decoded content.text
) STRICT;

-- One row per thing asked for: did we get it to the end?
CREATE TABLE listing(
  resource TEXT NOT NULL,
  subject  TEXT NOT NULL,               -- as in exchange
  url      TEXT NOT NULL,               -- of the first page
  complete INTEGER NOT NULL CHECK (complete IN (0, 1)),  -- 1: every page read and usable
  pages    INTEGER NOT NULL,
  status   INTEGER,                     -- HTTP status of the last answer; NULL: no answer
  code     TEXT,                        -- Azure's error code, or ours: NotRecorded, MalformedBody, ...
  exchange INTEGER,                     -- the last answer, NULL when there was none
  PRIMARY KEY (resource, subject)
) STRICT;

-- What could not be read. Printed as G-nnnn; every gap makes the snapshot incomplete.
CREATE TABLE gap(
  n        INTEGER PRIMARY KEY,
  resource TEXT NOT NULL,
  subject  TEXT NOT NULL,               -- what was asked about
  scope    TEXT NOT NULL,               -- '/subscriptions/<guid>' it lies in, or '' for the tenant
  url      TEXT,
  status   INTEGER,
  code     TEXT NOT NULL,
  reason   TEXT NOT NULL,               -- one sentence
  exchange INTEGER
) STRICT;

-- The raw answers, each once, under answers/<sha256>, and SHA256SUMS. mode, mtime: as the shell's archive wants them.
CREATE TABLE sqlar(
  name  TEXT PRIMARY KEY,
  mode  INT,   -- 33152 = regular file, rw for its owner
  mtime INT,   -- seconds since 1970
  sz    INT,   -- bytes before compression
  data  BLOB   -- zlib, or as is where that is not shorter
);

-- Evidence is only ever added.
CREATE TRIGGER snapshot_keep BEFORE UPDATE ON snapshot BEGIN SELECT raise(ABORT, 'a snapshot is append-only'); END;
CREATE TRIGGER snapshot_stay BEFORE DELETE ON snapshot BEGIN SELECT raise(ABORT, 'a snapshot is append-only'); END;
CREATE TRIGGER scope_keep BEFORE UPDATE ON scope BEGIN SELECT raise(ABORT, 'a snapshot is append-only'); END;
CREATE TRIGGER scope_stay BEFORE DELETE ON scope BEGIN SELECT raise(ABORT, 'a snapshot is append-only'); END;
CREATE TRIGGER exchange_keep BEFORE UPDATE ON exchange BEGIN SELECT raise(ABORT, 'a snapshot is append-only'); END;
CREATE TRIGGER exchange_stay BEFORE DELETE ON exchange BEGIN SELECT raise(ABORT, 'a snapshot is append-only'); END;
CREATE TRIGGER listing_keep BEFORE UPDATE ON listing BEGIN SELECT raise(ABORT, 'a snapshot is append-only'); END;
CREATE TRIGGER listing_stay BEFORE DELETE ON listing BEGIN SELECT raise(ABORT, 'a snapshot is append-only'); END;
CREATE TRIGGER gap_keep BEFORE UPDATE ON gap BEGIN SELECT raise(ABORT, 'a snapshot is append-only'); END;
CREATE TRIGGER gap_stay BEFORE DELETE ON gap BEGIN SELECT raise(ABORT, 'a snapshot is append-only'); END;
CREATE TRIGGER sqlar_keep BEFORE UPDATE ON sqlar BEGIN SELECT raise(ABORT, 'a snapshot is append-only'); END;
CREATE TRIGGER sqlar_stay BEFORE DELETE ON sqlar BEGIN SELECT raise(ABORT, 'a snapshot is append-only'); END;
