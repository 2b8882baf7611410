-- Helper tables: what many checks need and none should work out for itself. Made from the fact tables (src/azure/*.sql), the
-- copies of the snapshot's tables and `policy`, after all of those, before the checks. Plain SQL, also part of a pack's
-- rebuild.sql. Columns named *_key hold folded ids; evidence: tokens "N#/pointer" or "N", N = exchange.n.

-- Keys that Resource Manager did not give, where their vault or managed HSM did: the same facts from the second place. src leads to
-- that answer.
INSERT INTO crypto_key
SELECT v.* FROM vault_key v WHERE NOT EXISTS (SELECT 1 FROM crypto_key c WHERE c.id_key = v.id_key) ORDER BY v.id_key;
INSERT INTO key_rotation_policy
SELECT v.* FROM vault_key_rotation v WHERE NOT EXISTS (SELECT 1 FROM key_rotation_policy p WHERE p.key_key = v.key_key) ORDER BY v.key_key;
INSERT INTO key_version
SELECT v.* FROM vault_key_version v WHERE v.key_key NOT IN (SELECT key_key FROM key_version) ORDER BY v.id_key;
INSERT INTO used_key_version
SELECT v.* FROM vault_used_version v WHERE NOT EXISTS (SELECT 1 FROM used_key_version u WHERE u.id_key = v.id_key) ORDER BY v.id_key;

-- Everything that was asked for, and whether it was read to its end. No row: it was not asked for, so it is not known.
CREATE TABLE list_state(
  resource         TEXT NOT NULL,
  subject_key      TEXT NOT NULL,  -- what was asked about; '' = the tenant
  subject          TEXT NOT NULL,
  subscription_key TEXT NOT NULL,  -- '/subscriptions/<guid>' that it lies in, or ''
  complete         INTEGER NOT NULL,
  status           INTEGER,        -- of the last answer
  reason           TEXT,           -- why it is not complete
  evidence         TEXT,
  PRIMARY KEY (resource, subject_key)
) STRICT, WITHOUT ROWID;
WITH word(resource, words) AS (VALUES
  ('subscription', 'subscriptions'), ('aks_cluster', 'AKS clusters'), ('scale_set', 'scale sets'),
  ('virtual_machine', 'virtual machines'), ('disk', 'disks'), ('disk_encryption_set_list', 'disk encryption sets'),
  ('disk_encryption_set', 'the disk encryption set'), ('vault', 'key vaults'), ('managed_hsm', 'managed HSMs'),
  ('deleted_vault', 'deleted vaults'), ('crypto_key', 'the key'), ('key_version', 'versions of the key'),
  ('vault_key', 'the key at its vault'), ('vault_key_version', 'versions of the key at its vault'),
  ('vault_key_rotation', 'the rotation policy at the vault'), ('used_key_version', 'the version of the key'),
  ('vault_used_version', 'the version of the key at its vault'),
  ('diagnostic_setting', 'diagnostic settings'), ('role_assignment', 'role assignments'), ('role_definition', 'role definitions'),
  ('policy_assignment', 'policy assignments'), ('policy_definition', 'the policy definition'), ('policy_set', 'the policy initiative'),
  ('policy_exemption', 'policy exemptions'), ('management_group', 'management groups'), ('mg_descendant', 'the management group roster'))
INSERT INTO list_state
SELECT l.resource, l.subject_key, l.subject, CASE WHEN l.subject_key GLOB '/subscriptions/?*' THEN substr(l.subject_key, 1, 51) ELSE '' END,
  min(l.complete), l.status,
  CASE l.complete WHEN 0 THEN coalesce(w.words, l.resource) || ': not read to the end (' ||
    trim(coalesce(CAST(l.status AS TEXT), 'no answer') || ' ' || coalesce(l.code, '')) || ')' END,
  CAST(l.exchange AS TEXT)
FROM listing l LEFT JOIN word w ON w.resource = l.resource
GROUP BY l.resource, l.subject_key ORDER BY 1, 2;

-- Scopes of Azure: which scopes an object lies in. A right or a policy at any of them reaches the object. Integers, since
-- the pairs are many. Objects: subscriptions, clusters, disk encryption sets, vaults and keys in use. '' is the root.
CREATE TABLE scope_node(
  id  INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE scope_chain(
  object INTEGER NOT NULL,  -- scope_node.id
  scope  INTEGER NOT NULL,  -- scope_node.id; the object itself is one
  PRIMARY KEY (object, scope)
) STRICT, WITHOUT ROWID;

-- Which subscription's list held an assignment. One of a management group stands in the lists of the subscriptions below it:
-- so it reaches them, also where the roster of the group could not be read.
-- The key's columns come first: SQLite 3.40 takes those of a table WITHOUT ROWID for damaged where they do not.
CREATE TABLE assignment_place(
  kind             TEXT NOT NULL,  -- role, policy
  assignment_key   TEXT NOT NULL,
  subscription_key TEXT NOT NULL,
  scope_key        TEXT NOT NULL,
  PRIMARY KEY (kind, assignment_key, subscription_key)
) STRICT, WITHOUT ROWID;
INSERT INTO assignment_place
SELECT 'role', s.assignment_key, s.subscription_key, a.scope_key FROM role_assignment_seen s JOIN role_assignment a ON a.id_key = s.assignment_key
UNION
SELECT 'policy', s.assignment_key, s.subscription_key, a.scope_key FROM policy_assignment_seen s JOIN policy_assignment a ON a.id_key = s.assignment_key
ORDER BY 1, 2, 3;

CREATE TEMP TABLE scope_object(key TEXT PRIMARY KEY) WITHOUT ROWID;
INSERT OR IGNORE INTO temp.scope_object SELECT '/subscriptions/' || subscription_id FROM scope;
INSERT OR IGNORE INTO temp.scope_object SELECT '/subscriptions/' || subscription_id FROM subscription;
INSERT OR IGNORE INTO temp.scope_object SELECT id_key FROM aks_cluster;
INSERT OR IGNORE INTO temp.scope_object SELECT des_key FROM used_des WHERE des_key GLOB '/subscriptions/?*/resourcegroups/?*';
INSERT OR IGNORE INTO temp.scope_object SELECT vault_key FROM used_vault WHERE kind <> 'unresolved';
INSERT OR IGNORE INTO temp.scope_object SELECT k.key_key FROM used_key k JOIN used_vault v ON v.vault_key = k.vault_key WHERE v.kind <> 'unresolved';
INSERT OR IGNORE INTO temp.scope_object SELECT substr(key, 1, 51) FROM temp.scope_object;

CREATE TEMP TABLE scope_parent(child TEXT, parent TEXT, PRIMARY KEY (child, parent)) WITHOUT ROWID;
INSERT OR IGNORE INTO temp.scope_parent SELECT key_key, vault_key FROM used_key;
INSERT OR IGNORE INTO temp.scope_parent
SELECT key, substr(key, 1, 67 + instr(substr(key, 68) || '/', '/') - 1) FROM temp.scope_object WHERE key GLOB '/subscriptions/?*/resourcegroups/?*';
INSERT OR IGNORE INTO temp.scope_parent
SELECT parent, substr(parent, 1, 51) FROM temp.scope_parent WHERE parent GLOB '/subscriptions/?*/resourcegroups/?*';
INSERT OR IGNORE INTO temp.scope_parent SELECT id_key, parent_key FROM mg_descendant WHERE parent_key <> '';
INSERT OR IGNORE INTO temp.scope_parent
SELECT subscription_key, scope_key FROM assignment_place WHERE scope_key GLOB '/providers/microsoft.management/managementgroups/?*';

WITH RECURSIVE up(object, scope) AS (
  SELECT key, key FROM temp.scope_object
  UNION
  SELECT u.object, p.parent FROM up u JOIN temp.scope_parent p ON p.child = u.scope
)
INSERT INTO scope_node(key) SELECT scope FROM up UNION SELECT '' ORDER BY 1;
WITH RECURSIVE up(object, scope) AS (
  SELECT key, key FROM temp.scope_object
  UNION
  SELECT u.object, p.parent FROM up u JOIN temp.scope_parent p ON p.child = u.scope
),
row AS (SELECT object, scope FROM up UNION SELECT key, '' FROM temp.scope_object)
INSERT INTO scope_chain SELECT o.id, s.id FROM row r JOIN scope_node o ON o.key = r.object JOIN scope_node s ON s.key = r.scope ORDER BY 1, 2;
CREATE INDEX scope_chain_down ON scope_chain(scope, object);
DROP TABLE temp.scope_parent;
DROP TABLE temp.scope_object;

-- The operations that the checks ask about, as Azure's roles name them, in lower case. The same text can be an action (control
-- plane) and a data action (data plane): https://learn.microsoft.com/azure/role-based-access-control/permissions/security
CREATE TABLE watched_operation(
  op      TEXT NOT NULL,
  data    INTEGER NOT NULL,  -- 1: data action
  purpose TEXT NOT NULL,     -- collect, key-use, key-other, secret, grant
  PRIMARY KEY (op, data)
) STRICT, WITHOUT ROWID;
INSERT INTO watched_operation VALUES
  ('microsoft.keyvault/vaults/keys/read', 1, 'key-use'),
  ('microsoft.keyvault/vaults/keys/wrap/action', 1, 'key-use'),
  ('microsoft.keyvault/vaults/keys/unwrap/action', 1, 'key-use'),
  ('microsoft.keyvault/vaults/keys/encrypt/action', 1, 'key-other'),
  ('microsoft.keyvault/vaults/keys/decrypt/action', 1, 'key-other'),
  ('microsoft.keyvault/vaults/keys/sign/action', 1, 'key-other'),
  ('microsoft.keyvault/vaults/keys/verify/action', 1, 'key-other'),
  ('microsoft.keyvault/vaults/keys/create/action', 1, 'key-other'),
  ('microsoft.keyvault/vaults/keys/import/action', 1, 'key-other'),
  ('microsoft.keyvault/vaults/keys/update/action', 1, 'key-other'),
  ('microsoft.keyvault/vaults/keys/rotate/action', 1, 'key-other'),
  ('microsoft.keyvault/vaults/keys/delete', 1, 'key-other'),
  ('microsoft.keyvault/vaults/keys/recover/action', 1, 'key-other'),
  ('microsoft.keyvault/vaults/keys/purge/action', 1, 'key-other'),
  ('microsoft.keyvault/vaults/keys/backup/action', 1, 'key-other'),
  ('microsoft.keyvault/vaults/keys/restore/action', 1, 'key-other'),
  ('microsoft.keyvault/vaults/keys/release/action', 1, 'key-other'),
  ('microsoft.keyvault/vaults/keyrotationpolicies/write', 1, 'key-other'),
  ('microsoft.keyvault/vaults/keys/write', 0, 'key-other'),
  ('microsoft.keyvault/vaults/secrets/getsecret/action', 1, 'secret'),
  ('microsoft.keyvault/vaults/secrets/setsecret/action', 1, 'secret'),
  ('microsoft.keyvault/vaults/secrets/delete', 1, 'secret'),
  ('microsoft.keyvault/vaults/secrets/purge/action', 1, 'secret'),
  ('microsoft.keyvault/vaults/secrets/backup/action', 1, 'secret'),
  ('microsoft.keyvault/vaults/secrets/restore/action', 1, 'secret'),
  ('microsoft.keyvault/vaults/certificates/create/action', 1, 'secret'),
  ('microsoft.keyvault/vaults/certificates/import/action', 1, 'secret'),
  ('microsoft.keyvault/vaults/certificates/delete', 1, 'secret'),
  ('microsoft.authorization/roleassignments/write', 0, 'grant'),
  ('microsoft.keyvault/vaults/write', 0, 'grant'),
  ('microsoft.keyvault/vaults/accesspolicies/write', 0, 'grant'),
  ('microsoft.compute/diskencryptionsets/write', 0, 'grant');
INSERT OR IGNORE INTO watched_operation SELECT op, 0, 'collect' FROM resource_permission ORDER BY 1;

-- Which role permits which watched operation: inside one block of permissions an action matches and no notAction does.
CREATE TABLE role_can(
  role_guid TEXT NOT NULL,
  op        TEXT NOT NULL,
  data      INTEGER NOT NULL,
  purpose   TEXT NOT NULL,
  PRIMARY KEY (role_guid, op, data)
) STRICT, WITHOUT ROWID;
CREATE TEMP TABLE pattern_op(pattern TEXT, op TEXT, PRIMARY KEY (pattern, op)) WITHOUT ROWID;
INSERT OR IGNORE INTO temp.pattern_op
SELECT p.pattern, w.op FROM (SELECT DISTINCT pattern FROM role_permission) p CROSS JOIN (SELECT DISTINCT op FROM watched_operation) w
WHERE w.op GLOB replace(replace(p.pattern, '[', '[[]'), '?', '[?]');
INSERT INTO role_can
SELECT DISTINCT r.role_guid, w.op, w.data, w.purpose
FROM role_permission r JOIN temp.pattern_op m ON m.pattern = r.pattern JOIN watched_operation w ON w.op = m.op
WHERE r.kind = CASE w.data WHEN 1 THEN 'dataAction' ELSE 'action' END
  AND NOT EXISTS (
    SELECT 1 FROM role_permission n JOIN temp.pattern_op x ON x.pattern = n.pattern AND x.op = w.op
    WHERE n.role_guid = r.role_guid AND n.block = r.block AND n.kind = CASE w.data WHEN 1 THEN 'notDataAction' ELSE 'notAction' END)
ORDER BY 1, 2, 3;
DROP TABLE temp.pattern_op;

-- The thresholds, with the words that a finding puts behind the value: whose it is.
CREATE TABLE threshold(
  name  TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL,
  words TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO threshold
SELECT name, value, CASE WHEN adopted THEN '(adopted by ' || owner || ': ' || document || ')'
  WHEN value = shipped THEN '(keycustody''s default, not adopted by the organisation)'
  ELSE '(set for this engagement, not adopted by the organisation)' END
FROM policy ORDER BY 1;

-- Durations of ISO 8601 (PnYnMnWnDTnHnMnS, whole numbers) that thresholds and rotation policies name. What is not exactly that has
-- no row, so whatever rests on it is not assessed.
CREATE TABLE iso_duration(
  raw     TEXT NOT NULL PRIMARY KEY,
  months  INTEGER NOT NULL,  -- years and months
  days    INTEGER NOT NULL,  -- weeks and days
  seconds INTEGER NOT NULL   -- hours, minutes and seconds
) STRICT;
WITH raw(s) AS (
  SELECT value FROM policy WHERE unit = 'duration' UNION SELECT time_after_create FROM key_rotation_policy
  UNION SELECT time_before_expiry FROM key_rotation_policy UNION SELECT expiry_time FROM key_rotation_policy
),
cut AS (
  SELECT s, instr(s, 'T') AS at, CASE instr(s, 'T') WHEN 0 THEN substr(s, 2) ELSE substr(s, 2, instr(s, 'T') - 2) END AS d0,
    CASE instr(s, 'T') WHEN 0 THEN '' ELSE substr(s, instr(s, 'T') + 1) END AS t0
  FROM raw WHERE s GLOB 'P?*'
),
years AS (SELECT *, substr(d0, 1, max(instr(d0, 'Y') - 1, 0)) AS y, substr(d0, instr(d0, 'Y') + 1) AS d1 FROM cut),
months AS (SELECT *, substr(d1, 1, max(instr(d1, 'M') - 1, 0)) AS m, substr(d1, instr(d1, 'M') + 1) AS d2 FROM years),
weeks AS (SELECT *, substr(d2, 1, max(instr(d2, 'W') - 1, 0)) AS w, substr(d2, instr(d2, 'W') + 1) AS d3 FROM months),
days AS (SELECT *, substr(d3, 1, max(instr(d3, 'D') - 1, 0)) AS d FROM weeks),
hours AS (SELECT *, substr(t0, 1, max(instr(t0, 'H') - 1, 0)) AS h, substr(t0, instr(t0, 'H') + 1) AS t1 FROM days),
minutes AS (SELECT *, substr(t1, 1, max(instr(t1, 'M') - 1, 0)) AS n, substr(t1, instr(t1, 'M') + 1) AS t2 FROM hours),
part AS (SELECT *, substr(t2, 1, max(instr(t2, 'S') - 1, 0)) AS c FROM minutes)
INSERT INTO iso_duration
SELECT s, CAST(y AS INTEGER) * 12 + CAST(m AS INTEGER), CAST(w AS INTEGER) * 7 + CAST(d AS INTEGER),
  CAST(h AS INTEGER) * 3600 + CAST(n AS INTEGER) * 60 + CAST(c AS INTEGER)
FROM part
WHERE NOT (y || m || w || d || h || n || c GLOB '*[^0-9]*') AND y || m || w || d || h || n || c <> ''
  AND max(length(y), length(m), length(w), length(d), length(h), length(n), length(c)) <= 6
  AND s = 'P' || CASE y WHEN '' THEN '' ELSE y || 'Y' END || CASE m WHEN '' THEN '' ELSE m || 'M' END
    || CASE w WHEN '' THEN '' ELSE w || 'W' END || CASE d WHEN '' THEN '' ELSE d || 'D' END
    || CASE WHEN h || n || c = '' THEN '' ELSE 'T' END || CASE h WHEN '' THEN '' ELSE h || 'H' END
    || CASE n WHEN '' THEN '' ELSE n || 'M' END || CASE c WHEN '' THEN '' ELSE c || 'S' END
ORDER BY 1;

-- What became of each disk encryption set in use. gone: Azure says 404, and the list of its subscription was read, so it is not
-- merely out of sight.
CREATE TABLE des_state(
  des_key  TEXT NOT NULL PRIMARY KEY,
  des_id   TEXT NOT NULL,
  state    TEXT NOT NULL CHECK (state IN ('read', 'gone', 'unread')),
  reason   TEXT,
  evidence TEXT
) STRICT;
INSERT INTO des_state
SELECT u.des_key, u.des_id,
  CASE WHEN d.id_key IS NOT NULL THEN 'read' WHEN x.status = 404 AND x.complete AND l.complete THEN 'gone' ELSE 'unread' END,
  CASE WHEN d.id_key IS NOT NULL THEN NULL
    WHEN x.status = 404 AND x.complete AND l.complete THEN 'the disk encryption set does not exist (404)'
    WHEN x.status = 404 THEN 'Azure answered 404, but the sets of its subscription were not read: it may be out of sight, not gone'
    WHEN x.complete THEN 'the answer does not describe the set that was asked for'
    ELSE coalesce(x.reason, 'the disk encryption set was not read') END,
  CASE WHEN d.id_key IS NOT NULL THEN d.src || '#' || d.ptr ELSE x.evidence END
FROM (SELECT *, substr(des_key, 1, 51) AS subscription_key FROM used_des) u
LEFT JOIN disk_encryption_set d ON d.id_key = u.des_key
LEFT JOIN list_state x ON x.resource = 'disk_encryption_set' AND x.subject_key = u.des_key
LEFT JOIN list_state l ON l.resource = 'disk_encryption_set_list' AND l.subject_key = u.subscription_key
ORDER BY 1;

-- What became of each vault in use. A deleted vault keeps its name reserved in its cloud, so a host of that name is that vault:
-- https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview
CREATE TABLE vault_state(
  vault_key TEXT NOT NULL PRIMARY KEY,
  vault_id  TEXT NOT NULL,
  kind      TEXT NOT NULL,
  state     TEXT NOT NULL CHECK (state IN ('read', 'deleted', 'unread')),
  reason    TEXT,
  evidence  TEXT
) STRICT;
WITH suffix(s) AS (VALUES ('.vault.azure.net'), ('.vault.usgovcloudapi.net'), ('.vault.azure.cn')),
dead AS (
  SELECT 'https://' || lower(v.name) || suffix.s AS vault_key, max(v.scheduled_purge_date) AS purge, max(v.src || '#' || v.ptr) AS evidence
  FROM deleted_vault v, suffix WHERE v.name <> '' GROUP BY 1
),
cross_tenant AS (
  SELECT DISTINCT lower(k.vault_id) AS vault_key FROM key_use k JOIN disk_encryption_set d ON d.id_key = k.user_key
  WHERE k.user_kind = 'des' AND k.vault_key IS NULL AND d.federated_client_id <> ''
)
INSERT INTO vault_state
SELECT u.vault_key, u.vault_id, u.kind,
  CASE WHEN u.kind <> 'unresolved' THEN 'read' WHEN dead.vault_key IS NOT NULL THEN 'deleted' ELSE 'unread' END,
  CASE WHEN u.kind <> 'unresolved' THEN NULL
    WHEN dead.vault_key IS NOT NULL THEN 'the vault is deleted' || coalesce(' and can be recovered until ' || dead.purge, '')
    WHEN f.vault_key IS NOT NULL THEN 'the key lies in another tenant (federatedClientId), whose vault cannot be seen from here'
    ELSE 'no vault or managed HSM with this host was in the lists that were read' END,
  coalesce(CASE WHEN v.id_key IS NOT NULL THEN v.src || '#' || v.ptr END, CASE WHEN h.id_key IS NOT NULL THEN h.src || '#' || h.ptr END,
    dead.evidence)
FROM used_vault u
LEFT JOIN vault v ON v.id_key = u.vault_key
LEFT JOIN managed_hsm h ON h.id_key = u.vault_key
LEFT JOIN dead ON dead.vault_key = u.vault_key
LEFT JOIN cross_tenant f ON f.vault_key = u.vault_key
ORDER BY 1;

-- What became of each key in use. versions_read: the list of versions was read to its end and holds the current version, if the key
-- names one; without that, nothing can be said of the newest.
CREATE TABLE key_state(
  key_key       TEXT NOT NULL PRIMARY KEY,
  key_id        TEXT NOT NULL,
  vault_key     TEXT NOT NULL,
  state         TEXT NOT NULL CHECK (state IN ('read', 'gone', 'unread')),
  reason        TEXT,
  versions_read INTEGER NOT NULL,
  evidence      TEXT
) STRICT;
WITH version AS (SELECT key_key, count(*) AS n FROM key_version GROUP BY key_key)
INSERT INTO key_state
SELECT k.key_key, k.key_id, k.vault_key,
  CASE WHEN c.id_key IS NOT NULL THEN 'read' WHEN v.state = 'deleted' THEN 'gone'
    WHEN v.state = 'read' AND v.kind = 'vault' AND x.status = 404 AND x.complete THEN 'gone' ELSE 'unread' END,
  CASE WHEN c.id_key IS NOT NULL THEN NULL WHEN v.state <> 'read' THEN v.reason
    WHEN v.kind = 'vault' AND x.status = 404 AND x.complete THEN 'the vault was read, and the key is not in it (404)'
    WHEN x.status = 404 THEN 'the managed HSM answers 404: it may not let the control plane read keys'
    WHEN x.complete THEN 'the answer does not describe the key that was asked for'
    ELSE coalesce(x.reason, 'the key was not read') || CASE WHEN z.complete = 0 THEN '; ' || z.reason || CASE z.status WHEN 403 THEN
      CASE WHEN z.reason GLOB '*ForbiddenByFirewall*' THEN ': its network rules do not let the collecting machine in'
        WHEN v.kind = 'hsm' THEN ': the local role Managed HSM Crypto Auditor permits it'
        ELSE ': the role Key Vault Reader permits it, or get, list and getrotationpolicy in an access policy' END ELSE '' END ELSE '' END END,
  coalesce(l.complete = 1 AND l.status = 200 AND version.n > 0 AND (coalesce(c.current_version, '') = '' OR EXISTS (
    SELECT 1 FROM key_version y WHERE y.key_key = k.key_key AND y.version = c.current_version)), 0),
  CASE WHEN c.id_key IS NOT NULL THEN c.src || '#' || c.ptr ELSE coalesce(x.evidence, v.evidence) END
FROM used_key k
LEFT JOIN vault_state v ON v.vault_key = k.vault_key
LEFT JOIN crypto_key c ON c.id_key = k.key_key
LEFT JOIN version ON version.key_key = k.key_key
LEFT JOIN list_state x ON x.resource = 'crypto_key' AND x.subject_key = k.key_key
LEFT JOIN list_state z ON z.resource = 'vault_key' AND z.subject_key = k.key_key
LEFT JOIN list_state l ON l.resource = 'key_version' AND l.subject_key = k.key_key
ORDER BY 1;

-- Which version of its key each disk encryption set and each etcd uses now, and what is known of that version: from the list of
-- versions, and for the current one also from the key itself. Where the two answers differ, the value is not known. missing:
-- the list was read to its end and does not hold it.
CREATE TABLE version_in_use(
  user_kind TEXT NOT NULL,  -- des, etcd
  user_key  TEXT NOT NULL,
  user_name TEXT NOT NULL,
  key_key   TEXT NOT NULL,
  version   TEXT,           -- NULL: the key URL names none, and the current one is not told
  pinned    INTEGER NOT NULL,  -- 1: the key URL names it; 0: the current version, whichever it is
  current   INTEGER,        -- 1: it is the current version of the key; NULL: not known
  state     TEXT NOT NULL CHECK (state IN ('read', 'missing', 'unread')),
  reason    TEXT,
  enabled   INTEGER,
  nbf       INTEGER,        -- 0: none
  exp       INTEGER,        -- 0: never expires
  created   INTEGER,
  evidence  TEXT NOT NULL,
  PRIMARY KEY (user_kind, user_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX version_in_use_key ON version_in_use(key_key);
WITH named AS (
  SELECT u.*, c.id_key AS whole, coalesce(nullif(u.key_version, ''), nullif(c.current_version, '')) AS v,
    CASE WHEN u.key_version = '' THEN c.id_key IS NOT NULL ELSE u.key_version = c.current_version END AS is_current
  FROM key_use u LEFT JOIN crypto_key c ON c.id_key = u.key_key
)
INSERT INTO version_in_use
SELECT n.user_kind, n.user_key, replace(n.user_id, rtrim(n.user_id, replace(n.user_id, '/', '')), ''), n.key_key, n.v, n.key_version <> '',
  CASE WHEN n.whole IS NOT NULL AND c.current_version <> '' THEN n.is_current WHEN n.key_version = '' THEN 1 END,
  CASE WHEN y.id_key IS NOT NULL OR n.is_current THEN 'read' WHEN s.versions_read AND n.v IS NOT NULL THEN 'missing' ELSE 'unread' END,
  CASE WHEN y.id_key IS NOT NULL OR n.is_current THEN NULL
    WHEN s.versions_read AND n.v IS NOT NULL THEN 'the list of versions was read to its end and does not hold ' || n.v
    WHEN s.state <> 'read' THEN s.reason
    ELSE 'nothing is known of version ' || coalesce(n.v, '(the current one)') || ': ' || coalesce(l.reason, 'the list of versions was not read') END,
  CASE WHEN y.id_key IS NULL THEN k.enabled WHEN k.id_key IS NULL OR k.enabled = y.enabled THEN y.enabled END,
  CASE WHEN y.id_key IS NULL THEN k.nbf WHEN k.id_key IS NULL OR k.nbf = y.nbf THEN y.nbf END,
  CASE WHEN y.id_key IS NULL THEN k.exp WHEN k.id_key IS NULL OR k.exp = y.exp THEN y.exp END,
  CASE WHEN y.id_key IS NULL THEN k.created WHEN k.id_key IS NULL OR k.created = y.created THEN y.created END,
  trim(coalesce(n.src || '#' || n.ptr, '') || coalesce(' ' || y.src || '#' || y.ptr, '') || coalesce(' ' || k.src || '#' || k.ptr, '')
    || CASE WHEN y.id_key IS NULL AND k.id_key IS NULL AND l.evidence <> '' THEN ' ' || l.evidence ELSE '' END)
FROM named n
LEFT JOIN key_state s ON s.key_key = n.key_key
LEFT JOIN crypto_key c ON c.id_key = n.key_key
LEFT JOIN crypto_key k ON k.id_key = n.key_key AND n.is_current
LEFT JOIN key_version y ON y.key_key = n.key_key AND y.version = n.v
LEFT JOIN list_state l ON l.resource = 'key_version' AND l.subject_key = n.key_key
ORDER BY 1, 2;

-- Whose population is not known: a list was refused or not read to its end, or another answer contradicts it. What comes out of an
-- unknown population is unknown too, so a row for clusters is followed by rows for everything that clusters lead to.
CREATE TABLE unknown_population(
  kind             TEXT NOT NULL,  -- cluster, pool, scale-set, disk, des, vault, key
  scope            TEXT NOT NULL,  -- id of what was listed; '/subscriptions' = the tenant
  scope_key        TEXT NOT NULL,
  subscription_key TEXT NOT NULL,  -- '/subscriptions/<guid>' that it lies in, or ''
  reason           TEXT NOT NULL,
  evidence         TEXT,
  PRIMARY KEY (kind, scope_key)
) STRICT, WITHOUT ROWID;

INSERT OR IGNORE INTO unknown_population
SELECT 'cluster', '/subscriptions', '/subscriptions', '', coalesce(l.reason, 'no subscription is in scope'), l.evidence
FROM (SELECT 1) LEFT JOIN list_state l ON l.resource = 'subscription' AND l.subject_key = ''
WHERE NOT EXISTS (SELECT 1 FROM scope) OR (coalesce(l.complete, 0) = 0 AND NOT EXISTS (SELECT 1 FROM scope WHERE declared_by = 'option'));

CREATE TEMP TABLE asked_kind(kind TEXT, resource TEXT, words TEXT);
INSERT INTO temp.asked_kind VALUES ('cluster', 'aks_cluster', 'AKS clusters'), ('disk', 'disk', 'disks');
INSERT OR IGNORE INTO unknown_population
SELECT k.kind, '/subscriptions/' || s.subscription_id, '/subscriptions/' || s.subscription_id, '/subscriptions/' || s.subscription_id,
  coalesce(l.reason, k.words || ': not asked for'), l.evidence
FROM scope s CROSS JOIN temp.asked_kind k
LEFT JOIN subscription v ON v.subscription_id = s.subscription_id
LEFT JOIN list_state l ON l.resource = k.resource AND l.subject_key = '/subscriptions/' || s.subscription_id
WHERE coalesce(l.complete, 0) = 0 AND coalesce(v.state, '') <> 'Deleted' ORDER BY 1, 2;
DROP TABLE temp.asked_kind;

-- A disk on a machine of a scale set as AKS names them, in a group that no cluster claims: a cluster that no list showed.
INSERT OR IGNORE INTO unknown_population
SELECT 'cluster', '/subscriptions/' || d.subscription_id, '/subscriptions/' || d.subscription_id, '/subscriptions/' || d.subscription_id,
  'the disk ' || min(d.name) || ' hangs on a machine of a node pool, and no cluster that was read has that node resource group',
  min(d.src || '#' || d.ptr)
FROM disk d JOIN scope s ON s.subscription_id = d.subscription_id
WHERE d.managed_by_key GLOB '*/virtualmachinescalesets/aks*'
  AND NOT EXISTS (SELECT 1 FROM aks_cluster c WHERE c.node_rg_key = d.vm_rg_key)
GROUP BY d.subscription_id ORDER BY 2;

-- A cluster always has pools, unless Microsoft or node auto-provisioning keeps them elsewhere.
INSERT OR IGNORE INTO unknown_population
SELECT 'pool', c.id, c.id_key, '/subscriptions/' || c.subscription_id, 'the cluster was returned without node pools', c.src || '#' || c.ptr
FROM aks_cluster c
WHERE coalesce(c.hosted_system, 0) = 0 AND coalesce(c.nap, 0) = 0 AND NOT EXISTS (SELECT 1 FROM node_pool p WHERE p.cluster_key = c.id_key)
ORDER BY c.id_key;

-- The node resource group of each cluster: not named, not listed, or listed without what the pools say must be there.
INSERT OR IGNORE INTO unknown_population
SELECT 'scale-set', c.id, c.id_key, '/subscriptions/' || c.subscription_id, 'the cluster was returned without its node resource group', c.src || '#' || c.ptr
FROM aks_cluster c WHERE coalesce(c.node_rg, '') = '' ORDER BY c.id_key;
WITH place AS (
  SELECT node_rg_key, min(node_rg) AS node_rg, min(subscription_id) AS subscription_id FROM aks_cluster WHERE node_rg <> '' GROUP BY node_rg_key
),
pool AS (
  SELECT c.node_rg_key,
    sum(p.pool_type IN ('', 'VirtualMachineScaleSets') AND coalesce(p.node_count, 1) > 0) AS sets,
    sum(CASE WHEN p.pool_type IN ('VirtualMachines', 'AvailabilitySet') THEN coalesce(p.node_count, 1) ELSE 0 END) AS machines
  FROM aks_cluster c JOIN node_pool p ON p.cluster_key = c.id_key GROUP BY c.node_rg_key
),
seen_set AS (SELECT rg_key, count(*) AS n FROM scale_set GROUP BY rg_key),
seen_vm AS (SELECT rg_key, count(*) AS n FROM virtual_machine GROUP BY rg_key)
INSERT OR IGNORE INTO unknown_population
SELECT 'scale-set', '/subscriptions/' || g.subscription_id || '/resourceGroups/' || g.node_rg, g.node_rg_key, '/subscriptions/' || g.subscription_id,
  CASE WHEN coalesce(s.complete, 0) = 0 THEN coalesce(s.reason, 'scale sets: not asked for')
    WHEN coalesce(v.complete, 0) = 0 THEN coalesce(v.reason, 'virtual machines: not asked for')
    WHEN coalesce(p.sets, 0) > 0 AND coalesce(n.n, 0) = 0 THEN 'the node pools run on scale sets, and the list of the node resource group holds none'
    ELSE 'the node pools run on virtual machines, and the list of the node resource group holds none' END,
  CASE WHEN coalesce(s.complete, 0) = 0 THEN s.evidence WHEN coalesce(v.complete, 0) = 0 THEN v.evidence
    WHEN coalesce(p.sets, 0) > 0 AND coalesce(n.n, 0) = 0 THEN s.evidence ELSE v.evidence END
FROM place g
LEFT JOIN list_state s ON s.resource = 'scale_set' AND s.subject_key = g.node_rg_key
LEFT JOIN list_state v ON v.resource = 'virtual_machine' AND v.subject_key = g.node_rg_key
LEFT JOIN pool p ON p.node_rg_key = g.node_rg_key
LEFT JOIN seen_set n ON n.rg_key = g.node_rg_key
LEFT JOIN seen_vm m ON m.rg_key = g.node_rg_key
WHERE coalesce(s.complete, 0) = 0 OR coalesce(v.complete, 0) = 0 OR (coalesce(p.sets, 0) > 0 AND coalesce(n.n, 0) = 0)
  OR (coalesce(p.machines, 0) > 0 AND coalesce(m.n, 0) = 0)
ORDER BY g.node_rg_key;

-- Running pools with managed OS disks, and not one OS disk in the list.
WITH pool AS (
  SELECT c.node_rg_key, min(c.node_rg) AS node_rg, min(c.subscription_id) AS subscription_id, sum(p.node_count) AS nodes, min(p.src || '#' || p.ptr) AS evidence
  FROM aks_cluster c JOIN node_pool p ON p.cluster_key = c.id_key
  WHERE c.node_rg <> '' AND p.os_disk_type = 'Managed' AND p.node_count > 0 AND coalesce(p.power_state, '') <> 'Stopped' AND coalesce(c.power_state, '') <> 'Stopped'
  GROUP BY c.node_rg_key
)
INSERT OR IGNORE INTO unknown_population
SELECT 'disk', '/subscriptions/' || p.subscription_id || '/resourceGroups/' || p.node_rg, p.node_rg_key, '/subscriptions/' || p.subscription_id,
  'the node pools count ' || p.nodes || ' running nodes with managed OS disks, and the list holds no OS disk of theirs', p.evidence
FROM pool p WHERE NOT EXISTS (SELECT 1 FROM disk d WHERE d.rg_key = p.node_rg_key AND d.os_type <> '') ORDER BY p.node_rg_key;

-- Downstream, one step after the other.
INSERT OR IGNORE INTO unknown_population
SELECT k.kind, u.scope, u.scope_key, u.subscription_key, u.reason, u.evidence
FROM unknown_population u CROSS JOIN (SELECT 'pool' AS kind UNION ALL SELECT 'scale-set' UNION ALL SELECT 'disk' UNION ALL SELECT 'des') k
WHERE u.kind = 'cluster' ORDER BY 1, 3;
INSERT OR IGNORE INTO unknown_population
SELECT 'des', scope, scope_key, subscription_key, reason, evidence FROM unknown_population WHERE kind IN ('scale-set', 'disk') ORDER BY kind, scope_key;
INSERT OR IGNORE INTO unknown_population
SELECT 'des', id, id_key, '/subscriptions/' || subscription_id, 'it is not known whether the cluster names a disk encryption set', src || '#' || ptr
FROM aks_cluster WHERE des_id IS NULL ORDER BY id_key;
INSERT OR IGNORE INTO unknown_population
SELECT k.kind, u.scope, u.scope_key, u.subscription_key, u.reason, u.evidence
FROM unknown_population u CROSS JOIN (SELECT 'vault' AS kind UNION ALL SELECT 'key') k WHERE u.kind = 'des' ORDER BY 1, 3;
WITH lost AS (
  SELECT s.des_id AS scope, s.des_key AS scope_key, 'which key it uses is not known: ' || s.reason AS reason, s.evidence FROM des_state s WHERE s.state = 'unread'
  UNION ALL
  SELECT d.id, d.id_key, 'which key it uses is not known: its key URL could not be read', d.src || '#' || d.ptr
  FROM used_des u JOIN disk_encryption_set d ON d.id_key = u.des_key WHERE d.key_url IS NULL OR (d.key_url <> '' AND d.key_host = '')
  UNION ALL
  SELECT id, id_key, 'whether a key encrypts its etcd is not known', src || '#' || ptr FROM aks_cluster
  WHERE kms_key_url IS NULL OR kms_enabled IS NULL
  UNION ALL
  SELECT c.id, c.id_key, 'which key encrypts its etcd is not known: the key URL could not be read', c.src || '#' || c.ptr
  FROM aks_cluster c WHERE c.kms_key_url <> '' AND NOT EXISTS (SELECT 1 FROM key_use k WHERE k.user_kind = 'etcd' AND k.user_key = c.id_key)
  UNION ALL
  SELECT v.vault_id, v.vault_key, v.reason, v.evidence FROM vault_state v
  WHERE v.state = 'unread' AND v.vault_key NOT IN (SELECT lower(k.vault_id) FROM key_use k JOIN disk_encryption_set d ON d.id_key = k.user_key
    WHERE k.user_kind = 'des' AND k.vault_key IS NULL AND d.federated_client_id <> '')
)
INSERT OR IGNORE INTO unknown_population
SELECT k.kind, l.scope, l.scope_key, CASE WHEN l.scope_key GLOB '/subscriptions/?*' THEN substr(l.scope_key, 1, 51) ELSE '' END, l.reason, l.evidence
FROM lost l CROSS JOIN (SELECT 'vault' AS kind UNION ALL SELECT 'key') k ORDER BY 1, 3;

-- Subscriptions in scope that were read completely and hold none of a kind.
CREATE TABLE empty_population(
  kind      TEXT NOT NULL,
  scope     TEXT NOT NULL,
  scope_key TEXT NOT NULL,
  PRIMARY KEY (kind, scope_key)
) STRICT, WITHOUT ROWID;
WITH subscription_in_scope AS (
  SELECT '/subscriptions/' || s.subscription_id AS key, s.subscription_id AS id FROM scope s LEFT JOIN subscription v ON v.subscription_id = s.subscription_id
  WHERE coalesce(v.state, '') <> 'Deleted'
),
there(kind, id) AS (
  SELECT 'cluster', subscription_id FROM aks_cluster
  UNION SELECT 'pool', subscription_id FROM node_pool
  UNION SELECT 'scale-set', s.subscription_id FROM scale_set s JOIN aks_cluster c ON c.node_rg_key = s.rg_key
  UNION SELECT 'scale-set', v.subscription_id FROM virtual_machine v JOIN aks_cluster c ON c.node_rg_key = v.rg_key
  UNION SELECT 'disk', d.subscription_id FROM in_scope_disk i JOIN disk d ON d.id_key = i.disk_key
  UNION SELECT 'des', substr(des_key, 16, 36) FROM used_des
  UNION SELECT 'des', substr(cluster_key, 16, 36) FROM des_use
  UNION SELECT 'key', substr(key_key, 16, 36) FROM used_key
  UNION SELECT 'key', substr(user_key, 16, 36) FROM key_use
  UNION SELECT 'key', substr(e.cluster_key, 16, 36) FROM key_use k JOIN des_use e ON e.des_key = k.user_key
),
kind(name, counted_as) AS (VALUES ('cluster', 'cluster'), ('pool', 'pool'), ('scale-set', 'scale-set'), ('disk', 'disk'), ('des', 'des'), ('key', 'key'), ('vault', 'key'))
INSERT INTO empty_population
SELECT k.name, s.key, s.key FROM subscription_in_scope s CROSS JOIN kind k
WHERE NOT EXISTS (SELECT 1 FROM there t WHERE t.kind = k.counted_as AND t.id = s.id)
  AND NOT EXISTS (SELECT 1 FROM unknown_population u WHERE u.kind = k.name AND u.subscription_key IN ('', s.key))
ORDER BY 1, 2;
