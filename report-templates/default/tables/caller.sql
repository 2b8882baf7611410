-- Who asked.
SELECT 1 AS place, 'Object id of the caller' AS name, coalesce(principal_id, 'not known') AS value,
       CASE principal_basis WHEN 'token' THEN 'from the claims of its token'
         WHEN 'operator' THEN 'as the operator stated it (--principal)' ELSE 'so visibility cannot be proven' END AS more
  FROM snapshot
UNION ALL SELECT 2, 'Tenant', coalesce(tenant_id, 'not known'), '' FROM snapshot
UNION ALL SELECT 3, 'Cloud', coalesce(cloud, 'not stated'), arm_endpoint FROM snapshot
 ORDER BY 1
