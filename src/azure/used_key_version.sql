-- resource: used_key_version
-- title: versions in use that are not the current one
-- api-version: 2026-02-01, 2024-11-01, 2023-07-01
-- audience: arm
-- after: used_key, crypto_key
-- each: SELECT DISTINCT k.key_id || '/versions/' || k.key_version AS subject, k.key_id || '/versions/' || k.key_version AS url
--   FROM key_use k JOIN crypto_key c ON c.id_key = k.key_key
--   WHERE k.vault_key IS NOT NULL AND k.key_version <> '' AND coalesce(c.current_version, '') <> k.key_version ORDER BY 1
-- shape: one
-- gone: 404
-- permission: Microsoft.KeyVault/vaults/keys/versions/read
-- must: id_key
-- known: kty, key_ops, exportable
-- source: Azure REST API, Microsoft.KeyVault 2026-02-01, Keys_GetVersion
--   Type, size and operations belong to a version: a rotated key may have had fewer bits before. The answer about the key tells those
--   of its current version, the list of versions none.

CREATE TABLE used_key_version(
  id          TEXT,
  id_key      TEXT PRIMARY KEY,
  key_key     TEXT,
  version     TEXT,  -- lower case
  kty         TEXT,
  bits        INTEGER,  -- NULL: not told
  key_ops     TEXT,  -- JSON array, lower case, sorted
  exportable  INTEGER,
  src         INTEGER,  -- exchange.n
  ptr         TEXT,
  api_version TEXT
) STRICT;
CREATE INDEX used_key_version_key ON used_key_version(key_key);

CREATE TEMP VIEW used_key_version_view AS
WITH body AS MATERIALIZED (
  SELECT e.n AS src, e.subject, e.api_version, ltrim(CAST(sqlar_uncompress(s.data, s.sz) AS TEXT), char(65279)) AS b
  FROM exchange e JOIN sqlar s ON s.name = 'answers/' || e.sha256
  WHERE e.resource = 'used_key_version' AND e.usable AND e.status = 200
),
shaped AS MATERIALIZED (
  SELECT src, api_version, coalesce((SELECT f.key FROM fold f WHERE f.raw = subject), lower(rtrim(subject, '/'))) AS asked,
    CASE WHEN json_type(v.value, '$.properties') = 'object'
      AND coalesce(json_type(v.value, '$.properties.attributes'), 'null') IN ('object', 'null')
      AND coalesce(json_type(v.value, '$.properties.keyOps'), 'null') IN ('array', 'null')
      THEN v.value ELSE '{}' END AS o
  FROM body, json_each('[' || body.b || ']') v
  WHERE v.type = 'object'
),
read AS (
  SELECT src, asked, api_version,
    CASE json_type(o, '$.id') WHEN 'text' THEN o ->> '$.id' END AS id,
    CASE json_type(o, '$.properties.kty') WHEN 'text' THEN o ->> '$.properties.kty' END AS kty,
    CASE json_type(o, '$.properties.keySize') WHEN 'integer' THEN o ->> '$.properties.keySize' END AS bits,
    CASE json_type(o, '$.properties.keyOps') WHEN 'array' THEN (
      SELECT CASE WHEN count(*) = 0 THEN '[]' WHEN count(*) = sum(x.type = 'text') THEN json_group_array(x.v) END
      FROM (SELECT lower(value) AS v, type FROM json_each(o, '$.properties.keyOps') ORDER BY 1) x) END AS key_ops,
    CASE coalesce(json_type(o, '$.properties.attributes.exportable'), 'null') WHEN 'true' THEN 1 WHEN 'false' THEN 0
      WHEN 'null' THEN CASE WHEN api_version >= '2023-07-01' THEN 0 END END AS exportable
  FROM shaped
),
keyed AS (SELECT *, coalesce((SELECT f.key FROM fold f WHERE f.raw = id), lower(rtrim(id, '/'))) AS id_key FROM read)
SELECT id, CASE WHEN id_key = asked THEN id_key END, substr(asked, 1, instr(asked, '/versions/') - 1), substr(asked, instr(asked, '/versions/') + 10),
  kty, bits, key_ops, exportable, src, '', api_version
FROM keyed;
