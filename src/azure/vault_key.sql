-- resource: vault_key
-- title: keys, asked at their vault
-- api-version: 7.5, 7.4
-- audience: vault
-- after: used_key, crypto_key
-- instead: crypto_key
-- each: SELECT u.key_id AS subject, 'https://' || k.host || '/keys/' || k.name AS url, substr(u.vault_key, 1, 51) AS scope
--   FROM used_key u JOIN used_vault v ON v.vault_key = u.vault_key AND v.kind <> 'unresolved'
--   JOIN (SELECT key_key, min(host) AS host, min(key_name) AS name FROM key_use WHERE vault_key IS NOT NULL GROUP BY key_key) k ON k.key_key = u.key_key
--   LEFT JOIN crypto_key c ON c.id_key = u.key_key
--   LEFT JOIN (SELECT DISTINCT subject FROM exchange WHERE resource = 'crypto_key' AND status = 404 AND usable) g ON g.subject = u.key_id AND v.kind = 'vault'
--   WHERE c.id_key IS NULL AND g.subject IS NULL ORDER BY u.key_key
-- shape: one
-- gone: 404
-- permission: Microsoft.KeyVault/vaults/keys/read
-- must: id_key
-- known: kty, key_ops, enabled, exp, nbf, created, exportable
-- source: Azure Key Vault REST API 7.5, Get Key
--   Asked only where Resource Manager did not give the key: a managed HSM lets it read keys only with
--   AllowKeyManagementOperationsThroughARM, and its answer 400 ForbiddenByRbac has other reasons too. The answer names no size: it is the
--   bit length of the modulus n (RFC 7518 section 6.3.1.1: base64url, no leading zero octets). kid ends in the current version.
--   The caller needs the data action keys/read (Key Vault Reader; in a managed HSM: Managed HSM Crypto Auditor) and a network path.

CREATE TABLE vault_key(
  id              TEXT,  -- as crypto_key has it: vault id + /keys/ + name
  id_key          TEXT PRIMARY KEY,
  vault_key       TEXT,
  name            TEXT,
  kty             TEXT,
  bits            INTEGER,  -- NULL: not told
  curve           TEXT,
  key_ops         TEXT,  -- JSON array, lower case, sorted
  enabled         INTEGER,
  nbf             INTEGER,  -- 0: none
  exp             INTEGER,  -- 0: never expires
  created         INTEGER,
  updated         INTEGER,
  recovery_level  TEXT,
  exportable      INTEGER,
  key_uri         TEXT,
  current_version TEXT,  -- lower case
  src             INTEGER,  -- exchange.n
  ptr             TEXT,
  api_version     TEXT
) STRICT;

CREATE TEMP VIEW vault_key_view AS
WITH body AS MATERIALIZED (
  SELECT e.n AS src, e.subject, e.api_version, ltrim(CAST(sqlar_uncompress(s.data, s.sz) AS TEXT), char(65279)) AS b
  FROM exchange e JOIN sqlar s ON s.name = 'answers/' || e.sha256
  WHERE e.resource = 'vault_key' AND e.usable AND e.status = 200
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
    CASE json_type(o, '$.key.kid') WHEN 'text' THEN o ->> '$.key.kid' END AS kid,
    CASE json_type(o, '$.key.kty') WHEN 'text' THEN o ->> '$.key.kty' END AS kty,
    CASE json_type(o, '$.key.n') WHEN 'text' THEN o ->> '$.key.n' END AS n,
    CASE coalesce(json_type(o, '$.key.crv'), 'null') WHEN 'text' THEN o ->> '$.key.crv' WHEN 'null' THEN '' END AS curve,
    CASE json_type(o, '$.key.key_ops') WHEN 'array' THEN (
      SELECT CASE WHEN count(*) = 0 THEN '[]' WHEN count(*) = sum(x.type = 'text') THEN json_group_array(x.v) END
      FROM (SELECT lower(value) AS v, type FROM json_each(o, '$.key.key_ops') ORDER BY 1) x) END AS key_ops,
    CASE json_type(o, '$.attributes.enabled') WHEN 'true' THEN 1 WHEN 'false' THEN 0 END AS enabled,
    CASE coalesce(json_type(o, '$.attributes.nbf'), 'null') WHEN 'integer' THEN o ->> '$.attributes.nbf' WHEN 'null' THEN 0 END AS nbf,
    CASE coalesce(json_type(o, '$.attributes.exp'), 'null') WHEN 'integer' THEN o ->> '$.attributes.exp' WHEN 'null' THEN 0 END AS exp,
    CASE json_type(o, '$.attributes.created') WHEN 'integer' THEN o ->> '$.attributes.created' END AS created,
    CASE json_type(o, '$.attributes.updated') WHEN 'integer' THEN o ->> '$.attributes.updated' END AS updated,
    CASE coalesce(json_type(o, '$.attributes.recoveryLevel'), 'null') WHEN 'text' THEN o ->> '$.attributes.recoveryLevel' WHEN 'null' THEN '' END AS recovery_level,
    CASE coalesce(json_type(o, '$.attributes.exportable'), 'null') WHEN 'true' THEN 1 WHEN 'false' THEN 0
      WHEN 'null' THEN CASE WHEN api_version >= '7.3' THEN 0 END END AS exportable
  FROM shaped
),
placed AS (
  SELECT r.*, k.host, k.name, 'https://' || k.host || '/keys/' || k.name AS uri,
    replace(lower(r.kid), ':443/', '/') AS told, 'https://' || k.host || '/keys/' || lower(k.name) || '/' AS wanted,
    instr('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_', substr(rtrim(r.n, '='), 1, 1)) - 1 AS first,
    length(rtrim(r.n, '=')) * 6 / 8 AS bytes
  FROM read r JOIN (SELECT key_key, min(host) AS host, min(key_name) AS name FROM key_use WHERE vault_key IS NOT NULL GROUP BY key_key) k ON k.key_key = r.asked
),
answered AS (  -- the key that was asked for, in one of its versions, and no other
  SELECT *, CASE WHEN substr(told, 1, length(wanted)) = wanted AND length(told) > length(wanted) AND instr(substr(told, length(wanted) + 1), '/') = 0
    THEN substr(told, length(wanted) + 1) END AS version
  FROM placed
)
SELECT subject, CASE WHEN version IS NOT NULL THEN asked END, substr(asked, 1, instr(asked, '/keys/') - 1), name, kty,
  CASE WHEN n IS NULL OR n GLOB '*[^A-Za-z0-9_=-]*' THEN NULL  -- the first six bits of n say how many of its first octet are zero
    WHEN first >= 32 THEN bytes * 8 WHEN first >= 16 THEN bytes * 8 - 1 WHEN first >= 8 THEN bytes * 8 - 2 WHEN first >= 4 THEN bytes * 8 - 3
    WHEN first >= 2 THEN bytes * 8 - 4 WHEN first = 1 THEN bytes * 8 - 5 END,
  curve, key_ops, enabled, nbf, exp, created, updated, recovery_level, exportable, uri, version, src, '', api_version
FROM answered;
