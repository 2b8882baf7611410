-- check: des-healthy
-- id: DES-01
-- order: 7
-- title: The disk encryption set is there, has an identity, and names a key in a vault that can be seen
-- severity: high
-- basis: good-practice
-- link: des
-- kind: des
-- needs: subscription, aks_cluster, scale_set, virtual_machine, disk, disk_encryption_set_list, disk_encryption_set, vault, managed_hsm,
--   deleted_vault, role_assignment, role_definition
-- why: The disk encryption set stands between disks and key: with its identity it asks the vault to unwrap what encrypts the disks. If it,
--   its identity or its vault is missing, the disks stop.
-- limits: Whether the key itself works is judged by key-usable, whether the identity may use it by des-identity-least-privilege,
--   whether rotation runs by des-auto-rotation. Rights that a cluster has through a group are not seen.
-- remedy: Repair what the reason names: give the set an identity, point it at a key, or recover the vault:
--   az disk-encryption-set identity assign --resource-group {group} --name {name} --system-assigned
--   az disk-encryption-set update --resource-group {group} --name {name} --key-url KEY-URL --source-vault VAULT-ID
--   az keyvault recover --name VAULT
--   az role assignment create --assignee-object-id CLUSTER-IDENTITY --assignee-principal-type ServicePrincipal --role Reader --scope {id}
-- danger: A new identity has no right on the key until it is given one. From the moment a set points at another key, its disks depend on
--   that key too; the old one must stay until all are wrapped anew.
-- source: https://learn.microsoft.com/azure/virtual-machines/disk-encryption
WITH item AS (
  SELECT s.des_key, s.des_id, s.state, s.reason AS why, s.evidence AS des_evidence, d.*, k.key_id, u.vault_key,
    v.vault_id, v.kind AS vault_kind, v.state AS vault_state, v.reason AS vault_why, v.evidence AS vault_evidence,
    coalesce(b.location, h.location) AS vault_location
  FROM des_state s
  LEFT JOIN disk_encryption_set d ON d.id_key = s.des_key AND s.state = 'read'
  LEFT JOIN key_use k ON k.user_kind = 'des' AND k.user_key = d.id_key
  LEFT JOIN used_key u ON u.key_key = k.key_key
  LEFT JOIN vault_state v ON v.vault_key = u.vault_key
  LEFT JOIN vault b ON b.id_key = v.vault_key
  LEFT JOIN managed_hsm h ON h.id_key = v.vault_key
),
read AS (SELECT * FROM item WHERE state = 'read'),
-- What is wrong (certain 1) or cannot be told (certain 0), one row each.
fault(des_key, certain, n, says) AS (
  SELECT des_key, CASE lower(provisioning_state) WHEN 'failed' THEN 1 WHEN 'canceled' THEN 1 WHEN 'deleting' THEN 1 ELSE 0 END, 1,
    CASE WHEN provisioning_state <> '' THEN 'provisioningState is ' || provisioning_state ELSE 'provisioningState was not returned in a readable form' END
  FROM read WHERE provisioning_state IS NULL OR lower(provisioning_state) <> 'succeeded'
  UNION ALL
  SELECT des_key, 0, 2, CASE WHEN encryption_type <> '' THEN 'encryptionType ' || encryption_type || ' is not known to this check'
    ELSE 'encryptionType was not returned in a readable form' END
  FROM read WHERE encryption_type IS NULL OR lower(encryption_type) NOT IN ('encryptionatrestwithcustomerkey', 'encryptionatrestwithplatformandcustomerkeys', 'confidentialvmencryptedwithcustomerkey')
  UNION ALL
  SELECT des_key, CASE key_url WHEN '' THEN 1 ELSE 0 END, 3, CASE WHEN key_url = '' THEN 'the set has no active key' WHEN key_url IS NULL THEN 'activeKey.keyUrl was not returned in a readable form'
    ELSE 'activeKey.keyUrl is not the URL of a key: ' || key_url END
  FROM read WHERE key_id IS NULL
  UNION ALL
  SELECT des_key, CASE vault_state WHEN 'deleted' THEN 1 ELSE 0 END, 4, coalesce(vault_why, 'nothing is known of the vault')
  FROM read WHERE key_id IS NOT NULL AND coalesce(vault_state, '') <> 'read'
  UNION ALL
  SELECT r.des_key, CASE WHEN lower(r.identity_type) IN ('', 'none') THEN 1 ELSE 0 END, 5,
    CASE WHEN lower(r.identity_type) IN ('', 'none') THEN 'the set has no identity, so it cannot reach the key' WHEN r.identity_type IS NULL THEN 'identity.type was not returned in a readable form'
      ELSE 'which identity the set has was not returned (identity.type ' || r.identity_type || ')' END
  FROM read r WHERE r.identity_type IS NULL OR lower(r.identity_type) IN ('', 'none')
    OR NOT EXISTS (SELECT 1 FROM des_identity i WHERE i.des_key = r.des_key AND i.principal_id <> '')
  UNION ALL
  SELECT des_key, 0, 6, 'federatedClientId was not returned in a readable form' FROM read WHERE federated_client_id IS NULL
),
-- Clusters that use a set, and whether their own identity may read it.
user AS (
  SELECT DISTINCT u.des_key, c.id_key, c.name, c.subscription_id FROM des_use u JOIN aks_cluster c ON c.id_key = u.cluster_key
),
-- Nothing can be missed where the list of the subscription was read to its end (it is never empty: the reader's own right is in
-- it) and the definitions too.
told AS (
  SELECT r.des_key, a.subject_key IS NOT NULL AND d.subject_key IS NOT NULL AND f.subscription_key IS NOT NULL AS complete
  FROM read r
  LEFT JOIN list_state a ON a.resource = 'role_assignment' AND a.subject_key = '/subscriptions/' || r.subscription_id AND a.complete = 1
  LEFT JOIN list_state d ON d.resource = 'role_definition' AND d.subject_key = '/subscriptions/' || r.subscription_id AND d.complete = 1
  LEFT JOIN (SELECT DISTINCT subscription_key FROM assignment_place WHERE kind = 'role') f ON f.subscription_key = '/subscriptions/' || r.subscription_id
),
may AS (
  SELECT DISTINCT u.des_key, u.id_key
  FROM user u JOIN cluster_identity i ON i.cluster_key = u.id_key AND i.kind = 'cluster'
  JOIN role_assignment a ON a.principal_id = i.principal_id
  JOIN role_can r ON r.role_guid = a.role_guid AND r.op = 'microsoft.compute/diskencryptionsets/read' AND r.data = 0
  JOIN scope_node s ON s.key = a.scope_key
  JOIN scope_node o ON o.key = u.des_key
  JOIN scope_chain x ON x.object = o.id AND x.scope = s.id
),
caveat(des_key, n, says) AS (
  SELECT u.des_key, 1, CASE WHEN NOT EXISTS (SELECT 1 FROM cluster_identity i WHERE i.cluster_key = u.id_key AND i.kind = 'cluster' AND i.principal_id <> '')
      THEN 'whether cluster ' || u.name || ' may read the set is not known: its identity was not returned'
    WHEN t.complete AND NOT EXISTS (SELECT 1 FROM cluster_identity i JOIN role_assignment a ON a.principal_id = i.principal_id LEFT JOIN role_definition d ON d.role_guid = a.role_guid
        WHERE i.cluster_key = u.id_key AND i.kind = 'cluster' AND d.role_guid IS NULL)
      THEN 'no role assignment of its own lets the identity of cluster ' || u.name || ' read the set'
    ELSE 'whether the identity of cluster ' || u.name || ' may read the set is not known: role assignments or definitions were not read' END
  FROM user u JOIN told t ON t.des_key = u.des_key
  WHERE NOT EXISTS (SELECT 1 FROM may m WHERE m.des_key = u.des_key AND m.id_key = u.id_key)
  UNION ALL
  SELECT des_key, 2, CASE WHEN location <> '' AND vault_location <> '' THEN 'the set lies in ' || location || ', the key in ' || vault_location
    ELSE 'whether set and key lie in the same region is not known' END
  FROM read WHERE coalesce(location, '') = '' OR coalesce(vault_location, '') = '' OR location <> vault_location
  UNION ALL
  SELECT u.des_key, 3, 'cluster ' || u.name || ' lies in another subscription than the set' FROM user u JOIN read r ON r.des_key = u.des_key WHERE r.subscription_id <> u.subscription_id
  UNION ALL
  SELECT r.des_key, 4, 'sourceVault names ' || r.source_vault_id || ', the key URL leads to ' || r.vault_id
  FROM read r WHERE r.source_vault_key <> '' AND r.source_vault_key <> r.vault_key
  UNION ALL
  SELECT des_key, 5, 'the key is reached across tenants (federatedClientId ' || federated_client_id || ')' FROM read WHERE federated_client_id <> ''
),
wrong AS (
  SELECT des_key, max(certain) AS certain, group_concat(says, '; ') AS says
  FROM (SELECT * FROM fault ORDER BY des_key, certain DESC, n, says) GROUP BY des_key
),
aside AS (
  SELECT des_key, group_concat(says, '; ') AS says FROM (SELECT DISTINCT des_key, n, says FROM caveat ORDER BY des_key, n, says) GROUP BY des_key
),
judged AS (
  SELECT i.*, w.says AS fault_says, a.says AS caveat_says,
    CASE i.state WHEN 'gone' THEN 'fail' WHEN 'unread' THEN 'not-assessed'
      ELSE CASE w.certain WHEN 1 THEN 'fail' WHEN 0 THEN 'not-assessed' ELSE 'pass' END END AS status
  FROM item i LEFT JOIN wrong w ON w.des_key = i.des_key LEFT JOIN aside a ON a.des_key = i.des_key
)
SELECT subject, status, observed, expected, reason, "limit", evidence FROM (
  SELECT des_id AS subject, status,
    CASE state WHEN 'gone' THEN 'no such set (404)' WHEN 'read' THEN 'provisioningState ' || coalesce(nullif(provisioning_state, ''), 'not told')
      || ', encryptionType ' || coalesce(nullif(encryption_type, ''), 'not told') || ', identity ' || coalesce(CASE identity_type WHEN '' THEN 'none' ELSE identity_type END, 'not told')
      || ', key ' || coalesce(CASE key_url WHEN '' THEN 'none' ELSE key_url END, 'not told') END AS observed,
    'provisioningState Succeeded, an encryptionType with a customer key, an identity, an active key in a vault that can be seen' AS expected,
    CASE status WHEN 'pass' THEN 'the set is whole and its key lies in ' || vault_id ELSE coalesce(fault_says, why) END AS reason,
    CASE status WHEN 'pass' THEN caveat_says END AS "limit",
    nullif(trim(coalesce(des_evidence, '') || ' ' || coalesce(vault_evidence, '')), '') AS evidence
  FROM judged
  UNION ALL
  SELECT scope, 'not-assessed', NULL, NULL, 'population not known: ' || reason, NULL, evidence FROM unknown_population WHERE kind = 'des'
  UNION ALL
  SELECT scope, 'not-applicable', NULL, NULL, 'none found in scope', NULL, NULL FROM empty_population WHERE kind = 'des'
)
ORDER BY subject;
