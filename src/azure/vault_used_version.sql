-- resource: vault_used_version
-- title: versions in use that are not the current one, asked at their vault
-- api-version: 7.5, 7.4
-- audience: vault
-- after: used_key, crypto_key, vault_key, used_key_version
-- instead: used_key_version
-- each: SELECT DISTINCT k.key_id || '/versions/' || k.key_version AS subject, 'https://' || k.host || '/keys/' || k.key_name || '/' || k.key_version AS url,
--     substr(k.vault_key, 1, 51) AS scope
--   FROM key_use k JOIN (SELECT id_key, current_version FROM crypto_key UNION ALL SELECT id_key, current_version FROM vault_key) c ON c.id_key = k.key_key
--   LEFT JOIN used_key_version y ON y.key_key = k.key_key AND y.version = k.key_version
--   LEFT JOIN (SELECT DISTINCT subject FROM exchange WHERE resource = 'used_key_version' AND status = 404 AND usable) g ON g.subject = k.key_id || '/versions/' || k.key_version
--   WHERE k.vault_key IS NOT NULL AND k.key_version <> '' AND coalesce(c.current_version, '') <> k.key_version AND y.id_key IS NULL AND g.subject IS NULL ORDER BY 1
-- shape: one
-- gone: 404
-- permission: Microsoft.KeyVault/vaults/keys/read
-- must: id_key
-- known: kty, key_ops, exportable
-- source: Azure Key Vault REST API 7.5, Get Key with a version
--   Asked only where Resource Manager did not describe the version. The size is the bit length of the modulus, as in vault_key.sql.

CREATE TABLE vault_used_version(
  id          TEXT,  -- as used_key_version has it: key id + /versions/ + version
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

CREATE TEMP VIEW vault_used_version_view AS
WITH body AS MATERIALIZED (
  SELECT e.n AS src, e.subject, e.api_version, ltrim(CAST(sqlar_uncompress(s.data, s.sz) AS TEXT), char(65279)) AS b
  FROM exchange e JOIN sqlar s ON s.name = 'answers/' || e.sha256
  WHERE e.resource = 'vault_used_version' AND e.usable AND e.status = 200
),
shaped AS MATERIALIZED (
  SELECT src, subject, api_version, coalesce((SELECT f.key FROM fold f WHERE f.raw = subject), lower(rtrim(subject, '/'))) AS asked,
    CASE WHEN json_type(v.value, '$.key') = 'object'
      AND coalesce(json_type(v.value, '$.attributes'), 'null') IN ('object', 'null')
      AND coalesce(json_type(v.value, '$.key.key_ops'), 'null') IN ('array', 'null')
      THEN v.value ELSE '{}' END AS o
  FROM body, json_each('[' || body.b || ']') v
  WHERE v.type = 'object'
),
read AS (
  SELECT src, subject, asked, api_version,
    CASE json_type(o, '$.key.kid') WHEN 'text' THEN replace(lower(o ->> '$.key.kid'), ':443/', '/') END AS told,
    CASE json_type(o, '$.key.kty') WHEN 'text' THEN o ->> '$.key.kty' END AS kty,
    CASE json_type(o, '$.key.n') WHEN 'text' THEN o ->> '$.key.n' END AS n,
    CASE json_type(o, '$.key.key_ops') WHEN 'array' THEN (
      SELECT CASE WHEN count(*) = 0 THEN '[]' WHEN count(*) = sum(x.type = 'text') THEN json_group_array(x.v) END
      FROM (SELECT lower(value) AS v, type FROM json_each(o, '$.key.key_ops') ORDER BY 1) x) END AS key_ops,
    CASE coalesce(json_type(o, '$.attributes.exportable'), 'null') WHEN 'true' THEN 1 WHEN 'false' THEN 0
      WHEN 'null' THEN CASE WHEN api_version >= '7.3' THEN 0 END END AS exportable
  FROM shaped
),
placed AS (  -- the version that was asked for, at the host of its vault, and no other
  SELECT DISTINCT r.*, k.key_key, k.key_version AS version, r.told = 'https://' || k.host || '/keys/' || lower(k.key_name) || '/' || k.key_version AS same,
    instr('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_', substr(rtrim(r.n, '='), 1, 1)) - 1 AS first,
    length(rtrim(r.n, '=')) * 6 / 8 AS bytes
  FROM read r JOIN key_use k ON k.key_key || '/versions/' || k.key_version = r.asked AND k.vault_key IS NOT NULL
)
SELECT subject, CASE WHEN same THEN asked END, key_key, version, kty,
  CASE WHEN n IS NULL OR n GLOB '*[^A-Za-z0-9_=-]*' THEN NULL
    WHEN first >= 32 THEN bytes * 8 WHEN first >= 16 THEN bytes * 8 - 1 WHEN first >= 8 THEN bytes * 8 - 2 WHEN first >= 4 THEN bytes * 8 - 3
    WHEN first >= 2 THEN bytes * 8 - 4 WHEN first = 1 THEN bytes * 8 - 5 END,
  key_ops, exportable, src, '', api_version
FROM placed;
