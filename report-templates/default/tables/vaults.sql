-- Vaults and HSMs that keys in use lie in.
WITH status AS (
  SELECT subject_key, CASE WHEN sum(status = 'fail') > 0 THEN 'fail' WHEN sum(status = 'not-assessed') > 0 THEN 'not-assessed'
    ELSE 'pass' END AS status
    FROM finding WHERE check_id IN ('vault-purge-protection', 'vault-soft-delete', 'vault-rbac', 'vault-audit-log')
      GROUP BY subject_key),
keys AS (SELECT vault_key, count(*) AS n FROM used_key GROUP BY vault_key)
SELECT u.vault_id AS subject, s.status, CASE x.state WHEN 'read' THEN coalesce(v.sku, h.sku, u.kind) WHEN 'deleted' THEN 'deleted'
  ELSE 'not read' END AS kind,
       CASE coalesce(v.purge_protection, h.purge_protection) WHEN 1 THEN 'yes' WHEN 0 THEN 'no' ELSE 'not known' END AS purge,
       coalesce(v.soft_delete_days, h.soft_delete_days) AS days,
       CASE WHEN u.kind = 'hsm' THEN 'own roles' ELSE CASE v.rbac WHEN 1 THEN 'roles' WHEN 0 THEN 'access policies'
         ELSE 'not known' END END AS rights,
       coalesce(v.location, h.location, '') AS location, coalesce(k.n, 0) AS keys
  FROM used_vault u
  LEFT JOIN vault_state x ON x.vault_key = u.vault_key
  LEFT JOIN vault v ON v.id_key = u.vault_key
  LEFT JOIN managed_hsm h ON h.id_key = u.vault_key
  LEFT JOIN keys k ON k.vault_key = u.vault_key
  LEFT JOIN status s ON s.subject_key = u.vault_key
 ORDER BY CASE s.status WHEN 'fail' THEN 0 WHEN 'not-assessed' THEN 1 ELSE 2 END, u.vault_key
