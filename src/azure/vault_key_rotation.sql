-- resource: vault_key_rotation
-- title: rotation policies, asked at the vault
-- api-version: 7.5, 7.4
-- audience: vault
-- after: used_key, crypto_key, vault_key
-- each: SELECT u.key_id AS subject, 'https://' || k.host || '/keys/' || k.name || '/rotationpolicy' AS url, substr(u.vault_key, 1, 51) AS scope
--   FROM vault_key r JOIN used_key u ON u.key_key = r.id_key
--   JOIN (SELECT key_key, min(host) AS host, min(key_name) AS name FROM key_use WHERE vault_key IS NOT NULL GROUP BY key_key) k ON k.key_key = u.key_key
--   LEFT JOIN crypto_key c ON c.id_key = u.key_key WHERE c.id_key IS NULL ORDER BY u.key_key
-- shape: one
-- permission:
-- must: key_key
-- known: policy_known, rotates, expiry_time
-- source: Azure Key Vault REST API 7.5, Get Key Rotation Policy
--   Asked for keys that the vault gave: Resource Manager's answer holds the policy with the key. A key without one answers with a
--   single action, notify 30 days before expiry, and attributes null: it does not rotate. Words are compared without regard to
--   letter case. The caller needs the data action keyrotationpolicies/read, or getrotationpolicy in an access policy.

CREATE TABLE vault_key_rotation(
  key_key            TEXT PRIMARY KEY,
  policy_known       INTEGER,
  rotates            INTEGER,
  time_after_create  TEXT,  -- ISO 8601; '' = not used
  time_before_expiry TEXT,
  expiry_time        TEXT,  -- of future versions; '' = none
  src                INTEGER,
  ptr                TEXT
) STRICT;

-- odd: an action whose type or trigger cannot be read, or more than one that rotates: then nothing is known of the policy.
CREATE TEMP VIEW vault_key_rotation_view AS
WITH body AS MATERIALIZED (
  SELECT e.n AS src, e.subject, e.api_version, ltrim(CAST(sqlar_uncompress(s.data, s.sz) AS TEXT), char(65279)) AS b
  FROM exchange e JOIN sqlar s ON s.name = 'answers/' || e.sha256
  WHERE e.resource = 'vault_key_rotation' AND e.usable AND e.status = 200
),
shaped AS MATERIALIZED (
  SELECT src, coalesce((SELECT f.key FROM fold f WHERE f.raw = subject), lower(rtrim(subject, '/'))) AS asked,
    CASE WHEN json_type(v.value, '$.lifetimeActions') = 'array' AND coalesce(json_type(v.value, '$.attributes'), 'null') IN ('object', 'null') THEN 1 ELSE 0 END AS good,
    CASE WHEN json_type(v.value, '$.lifetimeActions') = 'array' AND coalesce(json_type(v.value, '$.attributes'), 'null') IN ('object', 'null') THEN v.value ELSE '{}' END AS o
  FROM body, json_each('[' || body.b || ']') v
  WHERE v.type = 'object'
),
action AS (
  SELECT p.src, CASE a.type WHEN 'object' THEN a.value ELSE '{}' END AS o,
    CASE a.type WHEN 'object' THEN coalesce(json_type(a.value, '$.action.type'), 'null') = 'text'
      AND coalesce(json_type(a.value, '$.trigger'), 'null') IN ('object', 'null')
      AND coalesce(json_type(a.value, '$.trigger.timeAfterCreate'), 'null') IN ('text', 'null')
      AND coalesce(json_type(a.value, '$.trigger.timeBeforeExpiry'), 'null') IN ('text', 'null') ELSE 0 END AS shaped
  FROM shaped p, json_each(p.o, '$.lifetimeActions') a
),
rotate AS (
  SELECT src, count(*) AS n, max(coalesce(o ->> '$.trigger.timeAfterCreate', '')) AS after_create, max(coalesce(o ->> '$.trigger.timeBeforeExpiry', '')) AS before_expiry
  FROM action WHERE shaped AND lower(o ->> '$.action.type') = 'rotate' GROUP BY src
),
odd AS (SELECT src FROM action WHERE NOT shaped UNION SELECT src FROM rotate WHERE n > 1)
SELECT p.asked, CASE WHEN odd.src IS NULL AND p.good THEN 1 END, CASE WHEN odd.src IS NULL AND p.good THEN r.src IS NOT NULL END,
  CASE WHEN odd.src IS NULL THEN coalesce(r.after_create, '') END, CASE WHEN odd.src IS NULL THEN coalesce(r.before_expiry, '') END,
  CASE coalesce(json_type(p.o, '$.attributes.expiryTime'), 'null') WHEN 'text' THEN p.o ->> '$.attributes.expiryTime' WHEN 'null' THEN '' END,
  p.src, ''
FROM shaped p LEFT JOIN rotate r ON r.src = p.src LEFT JOIN odd ON odd.src = p.src;
