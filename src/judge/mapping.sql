-- The frameworks that were loaded: what a mapping file says, as rows. judge/mapping.c fills them, judge/control.sql and the
-- report read them. Texts are our own words; the standards themselves are not copied.

CREATE TABLE IF NOT EXISTS framework(
  id          TEXT NOT NULL PRIMARY KEY,  -- 'pci-dss'
  position    INTEGER NOT NULL UNIQUE,    -- order of loading
  title       TEXT NOT NULL,              -- 'PCI DSS 4.0.1', short enough for a running head
  full_title  TEXT NOT NULL,
  edition     TEXT NOT NULL,              -- '4.0.1'
  label       TEXT NOT NULL,              -- printed with every title ('legacy Rev5; the 2026 classes are not mapped'), or ''
  published   TEXT NOT NULL,              -- 'June 2024'
  publisher   TEXT NOT NULL,
  retention   TEXT NOT NULL,              -- how long evidence is kept under it, one sentence
  file        TEXT NOT NULL,              -- name of the mapping file
  sha256      TEXT NOT NULL,              -- of its bytes
  built_in    INTEGER NOT NULL CHECK (built_in IN (0, 1))
) STRICT;

-- Dates and facts about the edition (kind 'note'), what the framework's pages must say first (kind 'limit'), and the
-- sources that the mapping was written from (kind 'source').
CREATE TABLE IF NOT EXISTS framework_note(
  framework TEXT NOT NULL,
  kind      TEXT NOT NULL CHECK (kind IN ('note', 'limit', 'source')),
  position  INTEGER NOT NULL,
  name      TEXT NOT NULL,   -- of a source: its key; of a limit: its heading; of a note: ''
  text      TEXT NOT NULL,
  url       TEXT NOT NULL,   -- '' when there is none
  seen      TEXT NOT NULL,   -- date at which a source was read, ''
  source    TEXT NOT NULL,   -- of a note or a limit: keys of sources, comma separated; of a source: ''
  verified  TEXT NOT NULL CHECK (verified IN ('original', 'secondary', 'recalled')),
  PRIMARY KEY (framework, kind, position)
) STRICT;

CREATE TABLE IF NOT EXISTS control(
  framework     TEXT NOT NULL,
  id            TEXT NOT NULL,             -- '3.7.4', '164.312(a)(2)(iv)', 'SC-28(1)'
  position      INTEGER NOT NULL,          -- order in its framework
  family        TEXT NOT NULL,             -- '3', '164.312', 'SC'
  family_title  TEXT NOT NULL,
  title         TEXT NOT NULL,             -- in our own words
  test_kind     TEXT NOT NULL,             -- 'examine, interview, observe': what an assessor does; '' when only recalled
  test_kind_verified TEXT NOT NULL,        -- original, secondary, recalled
  proves        TEXT NOT NULL,             -- what our tests show for it
  cannot        TEXT NOT NULL,             -- what they cannot show
  rest          TEXT NOT NULL,             -- what a person must still show
  obligation    TEXT NOT NULL,             -- HIPAA: 'required', 'addressable', 'standard'; else ''
  service_provider INTEGER NOT NULL CHECK (service_provider IN (0, 1)),  -- 1: asked of service providers only (PCI DSS)
  li_saas       INTEGER,                   -- FedRAMP baselines: 1 member, 0 not; NULL: the framework has no baselines
  low           INTEGER,
  moderate      INTEGER,
  high          INTEGER,
  note          TEXT NOT NULL,             -- an assessor's trap or a parameter value, ''
  source        TEXT NOT NULL,             -- keys of framework_note, comma separated
  verified      TEXT NOT NULL CHECK (verified IN ('original', 'secondary', 'recalled')),
  PRIMARY KEY (framework, id)
) STRICT;

-- relation: D direct evidence, S supporting, I informs (never changes a result).
CREATE TABLE IF NOT EXISTS relation(
  framework TEXT NOT NULL,
  control   TEXT NOT NULL,
  check_id  TEXT NOT NULL,
  position  INTEGER NOT NULL,
  relation  TEXT NOT NULL CHECK (relation IN ('D', 'S', 'I')),
  part      TEXT NOT NULL,   -- which words of the requirement the test reaches, in our words
  rest      TEXT NOT NULL,   -- what a person must still show
  source    TEXT NOT NULL,
  verified  TEXT NOT NULL CHECK (verified IN ('original', 'secondary', 'recalled')),
  PRIMARY KEY (framework, control, check_id)
) STRICT;
