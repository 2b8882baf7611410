-- resource: crypto_key
-- title: keys
-- api-version: 2026-02-01, 2024-11-01, 2023-07-01
-- audience: arm
-- after: used_key
-- each: SELECT u.key_id AS subject, u.key_id AS url
--   FROM used_key u JOIN used_vault v ON v.vault_key = u.vault_key WHERE v.kind <> 'unresolved' ORDER BY u.key_key
-- shape: one
-- gone: 404
-- permission: Microsoft.KeyVault/vaults/keys/read
-- must: id_key
-- known: kty, key_ops, enabled, exp, nbf, created, exportable, key_rotation_policy.policy_known, key_rotation_policy.rotates,
--   key_rotation_policy.expiry_time
-- source: Azure REST API, Microsoft.KeyVault 2026-02-01, Keys_Get
--   Type, size, operations and rotation policy come only with the GET of one key. The policy is left out when the key has none;
--   an action of type rotate makes it rotate, notify alone does not. exp absent: never expires, 0 here. Times are seconds since
--   1970. Managed HSM answers here only if its setting AllowKeyManagementOperationsThroughARM is on.

CREATE TABLE crypto_key(
  id              TEXT,
  id_key          TEXT PRIMARY KEY,
  vault_key       TEXT,
  name            TEXT,
  kty             TEXT,  -- as Azure writes it: RSA, RSA-HSM, EC, ...
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
  current_version TEXT,  -- lower case; '' = not told
  src             INTEGER,  -- exchange.n
  ptr             TEXT,  -- of the item in that answer
  api_version     TEXT
) STRICT;
CREATE INDEX crypto_key_vault ON crypto_key(vault_key);

CREATE TABLE key_rotation_policy(
  key_key            TEXT PRIMARY KEY,
  policy_known       INTEGER,  -- 1: the answer tells whether there is a policy
  rotates            INTEGER,
  time_after_create  TEXT,  -- ISO 8601; '' = not used
  time_before_expiry TEXT,
  expiry_time        TEXT,  -- of future versions; '' = none
  src                INTEGER,
  ptr                TEXT
) STRICT;

-- The answers, each as far as what hangs on it has the right shape.
CREATE TEMP VIEW crypto_key_item AS
WITH body AS MATERIALIZED (
  SELECT e.n AS src, e.subject, e.api_version, ltrim(CAST(sqlar_uncompress(s.data, s.sz) AS TEXT), char(65279)) AS b
  FROM exchange e JOIN sqlar s ON s.name = 'answers/' || e.sha256
  WHERE e.resource = 'crypto_key' AND e.usable AND e.status = 200
),
shaped AS MATERIALIZED (
  SELECT src, api_version, coalesce((SELECT f.key FROM fold f WHERE f.raw = subject), lower(rtrim(subject, '/'))) AS asked,
    CASE WHEN json_type(v.value, '$.properties') = 'object'
      AND coalesce(json_type(v.value, '$.properties.attributes'), 'null') IN ('object', 'null')
      AND coalesce(json_type(v.value, '$.properties.keyOps'), 'null') IN ('array', 'null')
      AND coalesce(json_type(v.value, '$.properties.rotationPolicy'), 'null') IN ('object', 'null')
      AND coalesce(json_type(v.value, '$.properties.rotationPolicy.attributes'), 'null') IN ('object', 'null')
      AND coalesce(json_type(v.value, '$.properties.rotationPolicy.lifetimeActions'), 'null') IN ('array', 'null')
      THEN v.value ELSE '{}' END AS o
  FROM body, json_each('[' || body.b || ']') v
  WHERE v.type = 'object'
)
SELECT * FROM shaped;

CREATE TEMP VIEW crypto_key_view AS
WITH read AS (
  SELECT src, asked, '' AS ptr, api_version,
    CASE json_type(o, '$.id') WHEN 'text' THEN o ->> '$.id' END AS id,
    CASE json_type(o, '$.name') WHEN 'text' THEN o ->> '$.name' END AS name,
    CASE json_type(o, '$.properties.kty') WHEN 'text' THEN o ->> '$.properties.kty' END AS kty,
    CASE json_type(o, '$.properties.keySize') WHEN 'integer' THEN o ->> '$.properties.keySize' END AS bits,
    CASE coalesce(json_type(o, '$.properties.curveName'), 'null') WHEN 'text' THEN o ->> '$.properties.curveName'
      WHEN 'null' THEN CASE WHEN api_version >= '2023-07-01' THEN '' END END AS curve,
    CASE json_type(o, '$.properties.keyOps') WHEN 'array' THEN (
      SELECT CASE WHEN count(*) = 0 THEN '[]' WHEN count(*) = sum(x.type = 'text') THEN json_group_array(x.v) END
      FROM (SELECT lower(value) AS v, type FROM json_each(o, '$.properties.keyOps') ORDER BY 1) x) END AS key_ops,
    CASE json_type(o, '$.properties.attributes.enabled') WHEN 'true' THEN 1 WHEN 'false' THEN 0 END AS enabled,
    CASE coalesce(json_type(o, '$.properties.attributes.nbf'), 'null') WHEN 'integer' THEN o ->> '$.properties.attributes.nbf'
      WHEN 'null' THEN CASE WHEN api_version >= '2023-07-01' THEN 0 END END AS nbf,
    CASE coalesce(json_type(o, '$.properties.attributes.exp'), 'null') WHEN 'integer' THEN o ->> '$.properties.attributes.exp'
      WHEN 'null' THEN CASE WHEN api_version >= '2023-07-01' THEN 0 END END AS exp,
    CASE json_type(o, '$.properties.attributes.created') WHEN 'integer' THEN o ->> '$.properties.attributes.created' END AS created,
    CASE json_type(o, '$.properties.attributes.updated') WHEN 'integer' THEN o ->> '$.properties.attributes.updated' END AS updated,
    CASE coalesce(json_type(o, '$.properties.attributes.recoveryLevel'), 'null') WHEN 'text' THEN o ->> '$.properties.attributes.recoveryLevel'
      WHEN 'null' THEN CASE WHEN api_version >= '2023-07-01' THEN '' END END AS recovery_level,
    CASE coalesce(json_type(o, '$.properties.attributes.exportable'), 'null') WHEN 'true' THEN 1 WHEN 'false' THEN 0
      WHEN 'null' THEN CASE WHEN api_version >= '2023-07-01' THEN 0 END END AS exportable,
    CASE coalesce(json_type(o, '$.properties.keyUri'), 'null') WHEN 'text' THEN o ->> '$.properties.keyUri'
      WHEN 'null' THEN CASE WHEN api_version >= '2023-07-01' THEN '' END END AS key_uri,
    CASE coalesce(json_type(o, '$.properties.keyUriWithVersion'), 'null') WHEN 'text' THEN o ->> '$.properties.keyUriWithVersion'
      WHEN 'null' THEN CASE WHEN api_version >= '2023-07-01' THEN '' END END AS current
  FROM crypto_key_item
),
keyed AS (SELECT *, coalesce((SELECT f.key FROM fold f WHERE f.raw = id), lower(rtrim(id, '/'))) AS id_key FROM read)
SELECT id, CASE WHEN id_key = asked THEN id_key END, substr(id_key, 1, instr(id_key, '/keys/') - 1), name, kty, bits, curve, key_ops, enabled, nbf, exp, created, updated,
  recovery_level, exportable, key_uri,
  CASE WHEN current = '' THEN '' WHEN lower(current) GLOB 'https://*/keys/*/*' THEN replace(lower(rtrim(current, '/')), rtrim(lower(rtrim(current, '/')), '0123456789abcdefghijklmnopqrstuvwxyz-_'), '') END,
  src, ptr, api_version
FROM keyed;

-- odd: an action whose type or trigger cannot be read, or more than one that rotates: then nothing is known of the policy.
CREATE TEMP VIEW key_rotation_policy_view AS
WITH policy AS (
  SELECT src, api_version, asked, o, json_type(o, '$.properties.rotationPolicy') AS t FROM crypto_key_item
  WHERE json_type(o, '$.id') = 'text' AND coalesce((SELECT f.key FROM fold f WHERE f.raw = (o ->> '$.id')), lower(rtrim((o ->> '$.id'), '/'))) = asked
),
action AS (
  SELECT p.src, CASE a.type WHEN 'object' THEN a.value ELSE '{}' END AS o,
    CASE a.type WHEN 'object' THEN coalesce(json_type(a.value, '$.action.type'), 'null') = 'text'
      AND coalesce(json_type(a.value, '$.trigger'), 'null') IN ('object', 'null')
      AND coalesce(json_type(a.value, '$.trigger.timeAfterCreate'), 'null') IN ('text', 'null')
      AND coalesce(json_type(a.value, '$.trigger.timeBeforeExpiry'), 'null') IN ('text', 'null') ELSE 0 END AS shaped
  FROM policy p, json_each(p.o, '$.properties.rotationPolicy.lifetimeActions') a
  WHERE json_type(p.o, '$.properties.rotationPolicy.lifetimeActions') = 'array'
),
rotate AS (
  SELECT src, count(*) AS n, max(coalesce(o ->> '$.trigger.timeAfterCreate', '')) AS after_create, max(coalesce(o ->> '$.trigger.timeBeforeExpiry', '')) AS before_expiry
  FROM action WHERE shaped AND lower(o ->> '$.action.type') = 'rotate' GROUP BY src
),
odd AS (SELECT src FROM action WHERE NOT shaped UNION SELECT src FROM rotate WHERE n > 1)
SELECT p.asked,
  CASE WHEN odd.src IS NOT NULL THEN NULL WHEN p.api_version >= '2023-07-01' OR p.t = 'object' THEN 1 END,
  CASE WHEN odd.src IS NOT NULL THEN NULL WHEN r.src IS NOT NULL THEN 1 WHEN p.t = 'object' OR p.api_version >= '2023-07-01' THEN 0 END,
  CASE WHEN odd.src IS NULL THEN coalesce(r.after_create, '') END, CASE WHEN odd.src IS NULL THEN coalesce(r.before_expiry, '') END,
  CASE coalesce(json_type(p.o, '$.properties.rotationPolicy.attributes.expiryTime'), 'null')
    WHEN 'text' THEN p.o ->> '$.properties.rotationPolicy.attributes.expiryTime' WHEN 'null' THEN '' END,
  p.src, '/properties/rotationPolicy'
FROM policy p LEFT JOIN rotate r ON r.src = p.src LEFT JOIN odd ON odd.src = p.src;
