-- resource: key_version
-- title: versions of keys
-- api-version: 2026-02-01, 2024-11-01, 2023-07-01
-- audience: arm
-- after: used_key
-- each: SELECT u.key_id AS subject, u.key_id || '/versions' AS url
--   FROM used_key u JOIN used_vault v ON v.vault_key = u.vault_key WHERE v.kind <> 'unresolved' ORDER BY u.key_key
-- shape: list
-- gone: 404
-- permission: Microsoft.KeyVault/vaults/keys/versions/read
-- must: id_key
-- known: enabled, created, exp, nbf
-- source: Azure REST API, Microsoft.KeyVault 2026-02-01, Keys_ListVersions
--   Times are seconds since 1970.

CREATE TABLE key_version(
  id          TEXT,
  id_key      TEXT PRIMARY KEY,
  key_key     TEXT,
  version     TEXT,  -- lower case
  enabled     INTEGER,
  nbf         INTEGER,  -- 0: none
  exp         INTEGER,  -- 0: never expires
  created     INTEGER,
  src         INTEGER,  -- exchange.n
  ptr         TEXT,  -- of the item in that answer
  api_version TEXT
) STRICT;
CREATE INDEX key_version_key ON key_version(key_key);

CREATE TEMP VIEW key_version_view AS
WITH body AS MATERIALIZED (
  SELECT e.n AS src, e.subject, e.resource, e.api_version, ltrim(CAST(sqlar_uncompress(s.data, s.sz) AS TEXT), char(65279)) AS b
  FROM exchange e JOIN sqlar s ON s.name = 'answers/' || e.sha256
  WHERE e.resource = 'key_version' AND e.usable AND e.status = 200
),
item AS MATERIALIZED (
  SELECT src, subject, api_version, '/value/' || v.key AS ptr,
    CASE WHEN json_type(v.value, '$.properties') = 'object'
      AND coalesce(json_type(v.value, '$.properties.attributes'), 'null') IN ('object', 'null')
      THEN v.value ELSE '{}' END AS o
  FROM body, json_each(body.b, '$.value') v
  WHERE v.type = 'object'
),
read AS (
  SELECT src, subject, ptr, api_version,
    CASE json_type(o, '$.id') WHEN 'text' THEN o ->> '$.id' END AS id,
    CASE json_type(o, '$.properties.attributes.enabled') WHEN 'true' THEN 1 WHEN 'false' THEN 0 END AS enabled,
    CASE coalesce(json_type(o, '$.properties.attributes.nbf'), 'null') WHEN 'integer' THEN o ->> '$.properties.attributes.nbf'
      WHEN 'null' THEN CASE WHEN api_version >= '2023-07-01' THEN 0 END END AS nbf,
    CASE coalesce(json_type(o, '$.properties.attributes.exp'), 'null') WHEN 'integer' THEN o ->> '$.properties.attributes.exp'
      WHEN 'null' THEN CASE WHEN api_version >= '2023-07-01' THEN 0 END END AS exp,
    CASE json_type(o, '$.properties.attributes.created') WHEN 'integer' THEN o ->> '$.properties.attributes.created' END AS created
  FROM item
),
keyed AS (SELECT *, coalesce((SELECT f.key FROM fold f WHERE f.raw = id), lower(rtrim(id, '/'))) AS id_key, coalesce((SELECT f.key FROM fold f WHERE f.raw = subject), lower(rtrim(subject, '/'))) AS key_key FROM read)
SELECT id, CASE WHEN substr(id_key, 1, length(key_key) + 10) = key_key || '/versions/' THEN id_key END, key_key,
  substr(id_key, length(key_key) + 11), enabled, nbf, exp, created, src, ptr, api_version
FROM keyed;
