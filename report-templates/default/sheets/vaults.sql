-- Vaults and managed HSMs that keys in use lie in, read or not.
WITH place AS MATERIALIZED (SELECT n, row_number() OVER (ORDER BY n) AS row FROM exchange),
status AS MATERIALIZED (
  SELECT subject_key, max(CASE check_id WHEN 'vault-purge-protection' THEN status END) AS purge,
         max(CASE check_id WHEN 'vault-soft-delete' THEN status END) AS soft,
         max(CASE check_id WHEN 'vault-rbac' THEN status END) AS rbac, max(CASE check_id WHEN 'vault-audit-log' THEN status END) AS log
    FROM finding WHERE check_id IN ('vault-purge-protection', 'vault-soft-delete', 'vault-rbac', 'vault-audit-log')
   GROUP BY subject_key),
keys AS MATERIALIZED (SELECT vault_key, count(*) AS n FROM used_key GROUP BY vault_key)
SELECT coalesce(v.name, h.name, u.vault_id) AS name, u.kind,
       coalesce(s.purge, '') AS purge_status, coalesce(s.soft, '') AS soft_status, coalesce(s.rbac, '') AS rbac_status,
       coalesce(s.log, '') AS log_status,
       CASE coalesce(v.purge_protection, h.purge_protection) WHEN 1 THEN 'yes' WHEN 0 THEN 'no' END AS purge_protection,
       coalesce(v.soft_delete_days, h.soft_delete_days) AS soft_delete_days,
       CASE WHEN u.kind = 'hsm' THEN 'yes' ELSE CASE v.rbac WHEN 1 THEN 'yes' WHEN 0 THEN 'no' END END AS rbac,
       coalesce(v.sku, h.sku) AS sku, CASE u.kind WHEN 'hsm' THEN '' ELSE v.public_network_access END AS public_network_access,
       CASE u.kind WHEN 'hsm' THEN '' ELSE v.network_default_action END AS network_default_action,
       coalesce(v.location, h.location) AS location, coalesce(k.n, 0) AS keys, u.vault_id AS id,
       CASE WHEN coalesce(v.src, h.src) IS NULL THEN '' ELSE printf('E-%04d', coalesce(v.src, h.src)) END AS evidence,
       place.row AS evidence_row
  FROM used_vault u
  LEFT JOIN vault v ON v.id_key = u.vault_key
  LEFT JOIN managed_hsm h ON h.id_key = u.vault_key
  LEFT JOIN status s ON s.subject_key = u.vault_key
  LEFT JOIN keys k ON k.vault_key = u.vault_key
  LEFT JOIN place ON place.n = coalesce(v.src, h.src)
 ORDER BY 1, u.vault_key
