-- check: vault-rbac
-- id: VLT-03
-- order: 12
-- title: Rights on keys are given by role assignments
-- severity: medium
-- basis: good-practice
-- link: vault
-- kind: vault
-- needs: subscription, aks_cluster, scale_set, virtual_machine, disk, disk_encryption_set_list, disk_encryption_set, vault, managed_hsm,
--   deleted_vault
-- why: In a vault with access policies everyone who may write the vault, such as any Contributor, can give himself every right on its
--   keys. With role assignments that takes the right to assign roles.
-- limits: Who holds which role is not judged here. An owner or user access administrator can still give himself rights on keys.
-- remedy: First give the identity of each disk encryption set the role Key Vault Crypto Service Encryption User on the key:
--   az role assignment create --role e147488a-f6f5-4113-8e2d-b22465e65bf6 --assignee-object-id OBJECT-ID --assignee-principal-type ServicePrincipal --scope {id}/keys/KEY
--   Then: az keyvault update --subscription {subscription} --resource-group {group} --name {name} --enable-rbac-authorization true
-- danger: The switch puts every access policy out of force at once. Who has no role by then loses the key: disks of a set without
--   a role stop about one hour later.
-- source: https://learn.microsoft.com/azure/key-vault/general/rbac-guide
--   enableRbacAuthorization false, null or absent means that access policies decide. Azure Policy 12d4fa5e-1f9f-4c21-97a9-b99b3c6611b5 makes
--   the same test.

WITH policies AS (SELECT vault_key, count(*) AS n FROM vault_access_policy GROUP BY vault_key),
store AS (
  SELECT s.vault_id, s.state, s.kind, s.reason, s.evidence, v.rbac, coalesce(p.n, 0) AS n
  FROM vault_state s
  LEFT JOIN vault v ON v.id_key = s.vault_key
  LEFT JOIN policies p ON p.vault_key = s.vault_key
  WHERE NOT EXISTS (SELECT 1 FROM unknown_population u WHERE u.kind = 'vault' AND u.scope_key = s.vault_key)
)
SELECT vault_id AS subject,
  CASE WHEN state <> 'read' THEN 'not-assessed' WHEN kind = 'hsm' THEN 'not-applicable'
    WHEN rbac = 1 THEN 'pass' WHEN rbac = 0 THEN 'fail' ELSE 'not-assessed' END AS status,
  CASE WHEN state <> 'read' OR kind = 'hsm' THEN NULL
    WHEN rbac = 1 THEN 'enableRbacAuthorization true'
    WHEN rbac = 0 THEN 'enableRbacAuthorization false or not set; access policies: ' || n END AS observed,
  CASE WHEN state = 'read' AND kind <> 'hsm' THEN 'enableRbacAuthorization true' END AS expected,
  CASE WHEN state <> 'read' THEN reason
    WHEN kind = 'hsm' THEN 'a managed HSM has roles of its own inside the HSM and no access policies'
    WHEN rbac = 0 THEN 'access policies decide: whoever may write the vault can give himself every right on its keys'
    WHEN rbac IS NULL THEN 'the setting enableRbacAuthorization could not be read' END AS reason,
  NULL AS "limit", evidence
FROM store
UNION ALL SELECT scope, 'not-assessed', NULL, NULL, 'population not known: ' || reason, NULL, evidence FROM unknown_population WHERE kind = 'vault'
UNION ALL SELECT scope, 'not-applicable', NULL, NULL, 'none found in scope', NULL, NULL FROM empty_population WHERE kind = 'vault'
ORDER BY subject;
