-- resource: disk_encryption_set
-- title: disk encryption sets that no list showed
-- api-version: 2025-01-02, 2024-03-02, 2023-10-02
-- audience: arm
-- after: used_des
-- each: SELECT u.des_id AS subject, u.des_id AS url FROM used_des u
--   WHERE NOT EXISTS (SELECT 1 FROM listed_des l WHERE l.id_key = u.des_key) AND u.des_key GLOB '/subscriptions/*/diskencryptionsets/*' ORDER BY u.des_key
-- shape: one
-- gone: 404
-- permission: Microsoft.Compute/diskEncryptionSets/read
-- must: id_key, des_identity.des_key
-- known: name, location, encryption_type, key_url, auto_rotation, rotation_error, identity_type, provisioning_state, federated_client_id, previous_keys
-- source: Azure REST API, Microsoft.Compute 2025-01-02, DiskEncryptionSets_List and DiskEncryptionSets_Get
--   A set that a cluster, scale set or disk names but no list showed is asked for by id: 404 says that it is gone, 403 that it
--   cannot be seen. activeKey.sourceVault is absent where the vault lies in another subscription, so the vault is found
--   by the host of keyUrl. rotationToLatestKeyVersionEnabled absent, null and false: the version is pinned.
--   autoKeyRotationError: automatic rotation has stopped. federatedClientId "None" is none.

CREATE TABLE disk_encryption_set(
  id                  TEXT,
  id_key              TEXT PRIMARY KEY,
  name                TEXT,
  subscription_id     TEXT,
  rg_key              TEXT,
  location            TEXT,
  encryption_type     TEXT,
  key_url             TEXT,  -- '' = no active key
  key_host            TEXT,  -- lower case, without :443; '' = no usable key URL
  key_name            TEXT,
  key_version         TEXT,  -- '' = the URL names none
  source_vault_id     TEXT,
  source_vault_key    TEXT,
  previous_keys       INTEGER,  -- number; more than 0 while a rotation runs
  auto_rotation       INTEGER,
  last_rotation       TEXT,
  rotation_error      TEXT,  -- '' = none
  federated_client_id TEXT,  -- '' = none
  identity_type       TEXT,
  provisioning_state  TEXT,
  src                 INTEGER,  -- exchange.n
  ptr                 TEXT,  -- of the item in that answer
  api_version         TEXT
) STRICT;

-- The identities that reach for the key.
CREATE TABLE des_identity(
  des_key      TEXT,
  principal_id TEXT,  -- object id, lower case; NULL: the answer leaves it out
  src          INTEGER,
  ptr          TEXT,
  UNIQUE (des_key, principal_id)
) STRICT;

-- The sets in the lists and those asked for one by one (asked: its id), each as far as what hangs on it has the right shape.
CREATE TEMP VIEW disk_encryption_set_item AS
WITH body AS MATERIALIZED (
  SELECT e.n AS src, e.subject, e.resource, e.api_version, ltrim(CAST(sqlar_uncompress(s.data, s.sz) AS TEXT), char(65279)) AS b
  FROM exchange e JOIN sqlar s ON s.name = 'answers/' || e.sha256
  WHERE e.resource IN ('disk_encryption_set_list', 'disk_encryption_set') AND e.usable AND e.status = 200
),
one AS (SELECT * FROM body WHERE resource = 'disk_encryption_set'),
many AS (SELECT * FROM body WHERE resource = 'disk_encryption_set_list'),
item AS MATERIALIZED (
  SELECT src, api_version, '/value/' || v.key AS ptr, NULL AS asked, v.value AS o
  FROM many, json_each(many.b, '$.value') v WHERE v.type = 'object'
  UNION ALL
  SELECT src, api_version, '', subject, v.value FROM one, json_each('[' || one.b || ']') v WHERE v.type = 'object'
),
shaped AS MATERIALIZED (
  SELECT src, api_version, ptr, asked,
    CASE WHEN json_type(o, '$.properties') = 'object'
      AND coalesce(json_type(o, '$.identity'), 'null') IN ('object', 'null')
      AND coalesce(json_type(o, '$.identity.userAssignedIdentities'), 'null') IN ('object', 'null')
      AND coalesce(json_type(o, '$.properties.activeKey'), 'null') IN ('object', 'null')
      AND coalesce(json_type(o, '$.properties.activeKey.sourceVault'), 'null') IN ('object', 'null')
      THEN o ELSE '{}' END AS o
  FROM item
)
SELECT * FROM shaped;

CREATE TEMP VIEW disk_encryption_set_view AS
WITH read AS (
  SELECT src, asked, ptr, api_version,
    CASE WHEN json_type(o, '$.id') = 'text' AND lower(o ->> '$.id') GLOB '/subscriptions/?*/providers/?*/?*' THEN o ->> '$.id' END AS id,
    CASE json_type(o, '$.name') WHEN 'text' THEN o ->> '$.name' END AS name,
    CASE json_type(o, '$.location') WHEN 'text' THEN o ->> '$.location' END AS location,
    CASE coalesce(json_type(o, '$.properties.encryptionType'), 'null') WHEN 'text' THEN o ->> '$.properties.encryptionType'
      WHEN 'null' THEN CASE WHEN api_version >= '2023-10-02' THEN '' END END AS encryption_type,
    CASE coalesce(json_type(o, '$.properties.activeKey.keyUrl'), 'null') WHEN 'text' THEN o ->> '$.properties.activeKey.keyUrl'
      WHEN 'null' THEN CASE WHEN api_version >= '2023-10-02' THEN '' END END AS key_url,
    CASE coalesce(json_type(o, '$.properties.activeKey.sourceVault.id'), 'null') WHEN 'text' THEN o ->> '$.properties.activeKey.sourceVault.id'
      WHEN 'null' THEN CASE WHEN api_version >= '2023-10-02' THEN '' END END AS source_vault_id,
    CASE coalesce(json_type(o, '$.properties.previousKeys'), 'null') WHEN 'array' THEN json_array_length(o, '$.properties.previousKeys') WHEN 'null' THEN 0 END AS previous_keys,
    CASE coalesce(json_type(o, '$.properties.rotationToLatestKeyVersionEnabled'), 'null') WHEN 'true' THEN 1 WHEN 'false' THEN 0
      WHEN 'null' THEN CASE WHEN api_version >= '2023-10-02' THEN 0 END END AS auto_rotation,
    CASE coalesce(json_type(o, '$.properties.lastKeyRotationTimestamp'), 'null') WHEN 'text' THEN o ->> '$.properties.lastKeyRotationTimestamp'
      WHEN 'null' THEN CASE WHEN api_version >= '2023-10-02' THEN '' END END AS last_rotation,
    CASE coalesce(json_type(o, '$.properties.autoKeyRotationError'), 'null') WHEN 'object' THEN
      coalesce(CASE json_type(o, '$.properties.autoKeyRotationError.code') WHEN 'text' THEN o ->> '$.properties.autoKeyRotationError.code' END, 'error without code')
      WHEN 'null' THEN CASE WHEN api_version >= '2023-10-02' THEN '' END END AS rotation_error,
    CASE coalesce(json_type(o, '$.properties.federatedClientId'), 'null') WHEN 'text' THEN o ->> '$.properties.federatedClientId'
      WHEN 'null' THEN CASE WHEN api_version >= '2023-10-02' THEN '' END END AS federated_client_id,
    CASE coalesce(json_type(o, '$.identity.type'), 'null') WHEN 'text' THEN o ->> '$.identity.type'
      WHEN 'null' THEN CASE WHEN api_version >= '2023-10-02' THEN '' END END AS identity_type,
    CASE coalesce(json_type(o, '$.properties.provisioningState'), 'null') WHEN 'text' THEN o ->> '$.properties.provisioningState'
      WHEN 'null' THEN CASE WHEN api_version >= '2023-10-02' THEN '' END END AS provisioning_state
  FROM disk_encryption_set_item
),
named AS MATERIALIZED (SELECT *, coalesce((SELECT f.key FROM fold f WHERE f.raw = id), lower(rtrim(id, '/'))) AS found,
  coalesce((SELECT f.key FROM fold f WHERE f.raw = asked), lower(rtrim(asked, '/'))) AS wanted FROM read),
keyed AS MATERIALIZED (SELECT *, CASE WHEN wanted IS NULL OR wanted = found THEN found END AS id_key,
  CASE WHEN lower(key_url) GLOB 'https://?*/keys/?*' THEN substr(key_url, 9) END AS rest FROM named),
host AS (SELECT *, substr(rest, 1, instr(rest, '/') - 1) AS h, substr(rest, instr(rest, '/') + 6) AS path FROM keyed),
url AS (
  SELECT *, CASE WHEN lower(substr(rest, instr(rest, '/'), 6)) = '/keys/' THEN replace(lower(h) || ' ', ':443 ', '') END AS host,
    rtrim(path, '/') AS p FROM host
),
part AS (SELECT *, CASE WHEN instr(p, '/') THEN substr(p, 1, instr(p, '/') - 1) ELSE p END AS n,
    CASE WHEN instr(p, '/') THEN substr(p, instr(p, '/') + 1) ELSE '' END AS v FROM url)
SELECT id, id_key, name, substr(id_key, 16, 36),
  substr(id_key, 1, 67 + instr(substr(id_key, 68) || '/', '/') - 1), replace(lower(location), ' ', ''), encryption_type, key_url,
  CASE WHEN key_url IS NULL THEN NULL WHEN host <> '' AND n <> '' AND instr(v, '/') = 0 THEN rtrim(host) ELSE '' END,
  CASE WHEN key_url IS NULL THEN NULL WHEN host <> '' AND instr(v, '/') = 0 THEN n ELSE '' END,
  CASE WHEN key_url IS NULL THEN NULL WHEN host <> '' AND instr(v, '/') = 0 THEN lower(v) ELSE '' END,
  source_vault_id, coalesce((SELECT f.key FROM fold f WHERE f.raw = source_vault_id), lower(rtrim(source_vault_id, '/'))), previous_keys, auto_rotation, last_rotation, rotation_error,
  CASE WHEN lower(federated_client_id) = 'none' THEN '' ELSE federated_client_id END, identity_type, provisioning_state, src, ptr, api_version
FROM part;

-- wrong: the object id is there and is no text. One that is left out is not known, and no fault of the answer.
CREATE TEMP VIEW des_identity_seen AS
WITH whole AS (SELECT src, ptr, o, o ->> '$.id' AS id FROM disk_encryption_set_item WHERE json_type(o, '$.id') = 'text'),
identity AS (
  SELECT id, src, ptr || '/identity' AS ptr, json_type(o, '$.identity.principalId') AS t, o ->> '$.identity.principalId' AS principal_id
  FROM whole WHERE coalesce(json_type(o, '$.identity.principalId'), 'null') <> 'null' OR lower(o ->> '$.identity.type') GLOB '*systemassigned*'
  UNION ALL
  SELECT w.id, w.src, w.ptr || '/identity/userAssignedIdentities', CASE u.type WHEN 'object' THEN json_type(u.value, '$.principalId') ELSE u.type END,
    CASE u.type WHEN 'object' THEN u.value ->> '$.principalId' END
  FROM whole w, json_each(w.o, '$.identity.userAssignedIdentities') u WHERE json_type(w.o, '$.identity.userAssignedIdentities') = 'object'
)
SELECT coalesce((SELECT f.key FROM fold f WHERE f.raw = id), lower(rtrim(id, '/'))) AS des_key, CASE t WHEN 'text' THEN lower(principal_id) END AS principal_id, src, ptr,
  coalesce(t, 'null') NOT IN ('text', 'null') AS wrong
FROM identity;

CREATE TEMP VIEW des_identity_view AS
SELECT s.des_key, s.principal_id, s.src, s.ptr FROM des_identity_seen s JOIN disk_encryption_set d ON d.id_key = s.des_key;

CREATE TEMP VIEW des_identity_gap AS
SELECT x.resource, x.subject, lower(substr(x.subject, 1, 51)) AS scope, x.url, x.status, 'des_identity: an item at ' || s.ptr || ' has no usable principal_id' AS reason, x.n AS exchange
FROM des_identity_seen s JOIN exchange x ON x.n = s.src WHERE s.wrong ORDER BY x.n, s.ptr;
