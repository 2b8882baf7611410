-- resource: vault_key_version
-- title: versions of keys, asked at their vault
-- api-version: 7.5, 7.4
-- audience: vault
-- after: used_key, crypto_key, key_version, vault_key
-- instead: key_version
-- each: SELECT u.key_id AS subject, 'https://' || k.host || '/keys/' || k.name || '/versions' AS url, substr(u.vault_key, 1, 51) AS scope
--   FROM used_key u JOIN used_vault v ON v.vault_key = u.vault_key AND v.kind <> 'unresolved'
--   JOIN (SELECT key_key, min(host) AS host, min(key_name) AS name FROM key_use WHERE vault_key IS NOT NULL GROUP BY key_key) k ON k.key_key = u.key_key
--   LEFT JOIN (SELECT id_key FROM crypto_key UNION SELECT id_key FROM vault_key) c ON c.id_key = u.key_key
--   LEFT JOIN (SELECT DISTINCT key_key FROM key_version) y ON y.key_key = u.key_key
--   WHERE c.id_key IS NOT NULL AND y.key_key IS NULL ORDER BY u.key_key
-- shape: list
-- gone: 404
-- permission: Microsoft.KeyVault/vaults/keys/versions/read
-- must: id_key
-- known: enabled, created, exp, nbf
-- source: Azure Key Vault REST API 7.5, Get Key Versions
--   Asked only where Resource Manager gave no version of a key that is known. Pages hold 25 versions at most.

CREATE TABLE vault_key_version(
  id          TEXT,  -- as key_version has it: key id + /versions/ + version
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

CREATE TEMP VIEW vault_key_version_view AS
WITH body AS MATERIALIZED (
  SELECT e.n AS src, e.subject, e.api_version, ltrim(CAST(sqlar_uncompress(s.data, s.sz) AS TEXT), char(65279)) AS b
  FROM exchange e JOIN sqlar s ON s.name = 'answers/' || e.sha256
  WHERE e.resource = 'vault_key_version' AND e.usable AND e.status = 200
),
item AS MATERIALIZED (
  SELECT src, subject, api_version, '/value/' || v.key AS ptr, coalesce((SELECT f.key FROM fold f WHERE f.raw = subject), lower(rtrim(subject, '/'))) AS asked,
    CASE WHEN coalesce(json_type(v.value, '$.attributes'), 'null') IN ('object', 'null') THEN v.value ELSE '{}' END AS o
  FROM body, json_each(body.b, '$.value') v
  WHERE v.type = 'object'
),
read AS (
  SELECT i.src, i.subject, i.asked, i.ptr, i.api_version,
    CASE json_type(o, '$.kid') WHEN 'text' THEN replace(lower(o ->> '$.kid'), ':443/', '/') END AS told,
    'https://' || k.host || '/keys/' || lower(k.name) || '/' AS wanted,
    CASE json_type(o, '$.attributes.enabled') WHEN 'true' THEN 1 WHEN 'false' THEN 0 END AS enabled,
    CASE coalesce(json_type(o, '$.attributes.nbf'), 'null') WHEN 'integer' THEN o ->> '$.attributes.nbf' WHEN 'null' THEN 0 END AS nbf,
    CASE coalesce(json_type(o, '$.attributes.exp'), 'null') WHEN 'integer' THEN o ->> '$.attributes.exp' WHEN 'null' THEN 0 END AS exp,
    CASE json_type(o, '$.attributes.created') WHEN 'integer' THEN o ->> '$.attributes.created' END AS created
  FROM item i JOIN (SELECT key_key, min(host) AS host, min(key_name) AS name FROM key_use WHERE vault_key IS NOT NULL GROUP BY key_key) k ON k.key_key = i.asked
),
answered AS (
  SELECT *, CASE WHEN substr(told, 1, length(wanted)) = wanted AND length(told) > length(wanted) AND instr(substr(told, length(wanted) + 1), '/') = 0
    THEN substr(told, length(wanted) + 1) END AS version
  FROM read
)
SELECT subject || '/versions/' || version, asked || '/versions/' || version, asked, version, enabled, nbf, exp, created, src, ptr, api_version
FROM answered;
