-- resource: used_key
-- title: keys in use
-- after: used_des, disk_encryption_set, vault, managed_hsm, aks_cluster
-- each:
-- source: Derived, nothing is asked. Keys and vaults in scope are those that a disk encryption set in use, or the etcd encryption of a
--   cluster, names. A key URL resolves by equality of its host with the host of a vault that was read, never by a pattern:
--   kv.vault.azure.net.example.com is another host. Key identifiers: Azure Key Vault, "Keys, secrets and certificates overview".

CREATE TABLE key_use(
  user_kind   TEXT,  -- des, etcd
  user_key    TEXT,
  user_id     TEXT,
  key_url     TEXT,
  host        TEXT,
  key_name    TEXT,
  key_version TEXT,  -- lower case; '' = the URL names none
  vault_key   TEXT,  -- NULL when no vault that was read has this host
  vault_id    TEXT,  -- or https://host
  key_id      TEXT,  -- vault id + /keys/ + name, or https://host/keys/name
  key_key     TEXT,
  src         INTEGER,
  ptr         TEXT,
  UNIQUE (user_kind, user_key)
) STRICT;
CREATE INDEX key_use_key ON key_use(key_key);

CREATE TABLE used_vault(
  vault_key TEXT PRIMARY KEY,
  vault_id  TEXT,
  kind      TEXT   -- vault, hsm, unresolved
) STRICT;

CREATE TABLE used_key(
  key_key   TEXT PRIMARY KEY,
  key_id    TEXT,
  vault_key TEXT
) STRICT;
CREATE INDEX used_key_vault ON used_key(vault_key);

CREATE TEMP VIEW key_use_view AS
WITH etcd AS (
  SELECT id, id_key, kms_key_url AS key_url, src, ptr,
    CASE WHEN lower(kms_key_url) GLOB 'https://?*/keys/?*' THEN substr(kms_key_url, 9) END AS rest
  FROM aks_cluster WHERE kms_key_url <> ''
),
host AS (
  SELECT *, rtrim(replace(lower(substr(rest, 1, instr(rest, '/') - 1)) || ' ', ':443 ', '')) AS host,
    rtrim(substr(rest, instr(rest, '/') + 6), '/') AS p
  FROM etcd WHERE lower(substr(rest, instr(rest, '/'), 6)) = '/keys/'
),
named AS (
  SELECT 'des' AS kind, s.id_key AS user_key, s.id AS user_id, s.key_url, s.key_host AS host, s.key_name AS name, s.key_version AS version, s.src, s.ptr
  FROM used_des u JOIN disk_encryption_set s ON s.id_key = u.des_key
  WHERE s.key_host <> '' AND s.key_name <> '' AND s.key_version IS NOT NULL
  UNION ALL
  SELECT 'etcd', id_key, id, key_url, host, CASE WHEN instr(p, '/') THEN substr(p, 1, instr(p, '/') - 1) ELSE p END,
    CASE WHEN instr(p, '/') THEN lower(substr(p, instr(p, '/') + 1)) ELSE '' END, src, ptr
  FROM host WHERE host <> '' AND p <> '' AND instr(substr(p, instr(p || '/', '/') + 1), '/') = 0
),
store AS (
  SELECT vault_host AS host, max(id) AS id, max(id_key) AS id_key FROM vault GROUP BY vault_host HAVING count(*) = 1
  UNION ALL
  SELECT hsm_host, max(id), max(id_key) FROM managed_hsm GROUP BY hsm_host HAVING count(*) = 1
)
SELECT n.kind, n.user_key, n.user_id, n.key_url, n.host, n.name, n.version, s.id_key, coalesce(s.id, 'https://' || n.host),
  rtrim(coalesce(s.id, 'https://' || n.host), '/') || '/keys/' || n.name,
  coalesce(s.id_key, 'https://' || n.host) || '/keys/' || lower(n.name), n.src, n.ptr
FROM named n LEFT JOIN store s ON s.host = n.host;

CREATE TEMP VIEW used_vault_view AS
SELECT coalesce(k.vault_key, lower(k.vault_id)), min(k.vault_id),
  CASE WHEN k.vault_key IS NULL THEN 'unresolved' WHEN EXISTS (SELECT 1 FROM managed_hsm h WHERE h.id_key = k.vault_key) THEN 'hsm' ELSE 'vault' END
FROM key_use k GROUP BY 1;

CREATE TEMP VIEW used_key_view AS
SELECT key_key, min(key_id), coalesce(vault_key, lower(vault_id)) FROM key_use GROUP BY key_key;
