-- One subscription with one cluster on which every check passes: cases change what they are about.
-- In these remarks $S is /subscriptions/11111111-1111-1111-1111-111111111111.
--   cluster  $S/resourcegroups/rg-app/providers/Microsoft.ContainerService/managedClusters/prod, pool sys
--   nodes    $S/resourceGroups/MC_prod: scale set aks-sys, disks os-0 (on a node) and pvc-1 (a persistent volume)
--   keys     $S/resourceGroups/rg-keys: disk encryption set des-prod, vault kv-prod, key disk with the versions v1 and v2 (in use)
--   identity 00000000-0000-0000-0000-0000000000d1 (of the set), ...c1 (of the cluster)
INSERT INTO subscription VALUES ('/subscriptions/11111111-1111-1111-1111-111111111111', '/subscriptions/11111111-1111-1111-1111-111111111111',
  '11111111-1111-1111-1111-111111111111', 'Production', '99999999-9999-9999-9999-999999999999', 'Enabled', 1, '/value/0', '2022-12-01');
INSERT INTO scope VALUES ('11111111-1111-1111-1111-111111111111', 'option', '11111111-1111-1111-1111-111111111111');

INSERT INTO aks_cluster(id, id_key, name, location, subscription_id, rg_key, node_rg, node_rg_key, kubernetes_version, des_id, des_key, provisioning_state,
  power_state, sku_name, hosted_system, nap, identity_type, kms_enabled, kms_key_url, kms_infra_visible, tags, environment, src, ptr, api_version)
VALUES ('/subscriptions/11111111-1111-1111-1111-111111111111/resourcegroups/rg-app/providers/Microsoft.ContainerService/managedClusters/prod',
  '/subscriptions/11111111-1111-1111-1111-111111111111/resourcegroups/rg-app/providers/microsoft.containerservice/managedclusters/prod',
  'prod', 'westeurope', '11111111-1111-1111-1111-111111111111', '/subscriptions/11111111-1111-1111-1111-111111111111/resourcegroups/rg-app',
  'MC_prod', '/subscriptions/11111111-1111-1111-1111-111111111111/resourcegroups/mc_prod', '1.33.1',
  '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-keys/providers/Microsoft.Compute/diskEncryptionSets/des-prod',
  '/subscriptions/11111111-1111-1111-1111-111111111111/resourcegroups/rg-keys/providers/microsoft.compute/diskencryptionsets/des-prod',
  'Succeeded', 'Running', 'Base', 0, 0, 'SystemAssigned', 1, 'https://kv-prod.vault.azure.net/keys/disk/v2', 0, '{}', '', 2, '/value/0', '2026-03-01');
INSERT INTO cluster_identity VALUES ('/subscriptions/11111111-1111-1111-1111-111111111111/resourcegroups/rg-app/providers/microsoft.containerservice/managedclusters/prod',
  '00000000-0000-0000-0000-0000000000c1', 'cluster', 2, '/value/0/identity');
INSERT INTO node_pool(id, id_key, cluster_id, cluster_key, subscription_id, name, mode, pool_type, os_type, vm_size, node_count, os_disk_type,
  kubelet_disk_type, encryption_at_host, power_state, provisioning_state, src, ptr, api_version)
SELECT id || '/agentPools/sys', id_key || '/agentpools/sys', id, id_key, subscription_id, 'sys', 'System', 'VirtualMachineScaleSets', 'Linux',
  'Standard_D4s_v5', 3, 'Managed', 'OS', 1, 'Running', 'Succeeded', src, ptr || '/properties/agentPoolProfiles/0', api_version FROM aks_cluster;
INSERT INTO scale_set(id, id_key, name, subscription_id, rg_key, pool_name, has_model, os_des_id, os_des_key, secure_des_id, secure_des_key, ephemeral, data_disks,
  encryption_at_host, orchestration_mode, capacity, src, ptr, api_version)
SELECT '/subscriptions/' || subscription_id || '/resourceGroups/MC_prod/providers/Microsoft.Compute/virtualMachineScaleSets/aks-sys',
  node_rg_key || '/providers/microsoft.compute/virtualmachinescalesets/aks-sys', 'aks-sys', subscription_id, node_rg_key, 'sys', 1, des_id, des_key, '', '', 0, 0,
  1, 'Uniform', 3, 3, '/value/0', '2025-04-01' FROM aks_cluster;
INSERT INTO disk(id, id_key, name, subscription_id, rg_key, location, encryption_type, des_id, des_key, secure_des_id, secure_des_key, security_type, ade_enabled,
  managed_by, managed_by_key, vm_rg_key, os_type, disk_state, size_gb, pv_name, pvc_name, pvc_namespace, created_by, src, ptr, api_version)
SELECT '/subscriptions/' || subscription_id || '/resourceGroups/MC_PROD/providers/Microsoft.Compute/disks/os-0', node_rg_key || '/providers/microsoft.compute/disks/os-0',
  'os-0', subscription_id, node_rg_key, location, 'EncryptionAtRestWithCustomerKey', des_id, des_key, '', '', '', 0,
  '/subscriptions/' || subscription_id || '/resourceGroups/mc_prod/providers/Microsoft.Compute/virtualMachineScaleSets/aks-sys/virtualMachines/0',
  node_rg_key || '/providers/microsoft.compute/virtualmachinescalesets/aks-sys/virtualmachines/0', node_rg_key, 'Linux', 'Attached', 128, '', '', '', '',
  4, '/value/0', '2025-01-02' FROM aks_cluster
UNION ALL
SELECT '/subscriptions/' || subscription_id || '/resourceGroups/MC_PROD/providers/Microsoft.Compute/disks/pvc-1', node_rg_key || '/providers/microsoft.compute/disks/pvc-1',
  'pvc-1', subscription_id, node_rg_key, location, 'EncryptionAtRestWithCustomerKey', des_id, des_key, '', '', '', 0, '', '', '', '', 'Unattached', 32,
  'pvc-1', 'data', 'shop', 'kubernetes-azure-dd', 4, '/value/1', '2025-01-02' FROM aks_cluster;

INSERT INTO in_scope_disk SELECT d.id_key, c.id_key FROM disk d JOIN aks_cluster c ON c.node_rg_key = d.rg_key;
INSERT INTO used_des SELECT des_key, des_id FROM aks_cluster;
INSERT INTO des_use SELECT des_key, id_key, 'cluster', id_key FROM aks_cluster
  UNION ALL SELECT s.os_des_key, c.id_key, 'scale-set', s.id_key FROM scale_set s JOIN aks_cluster c ON c.node_rg_key = s.rg_key
  UNION ALL SELECT d.des_key, c.id_key, 'disk', d.id_key FROM disk d JOIN aks_cluster c ON c.node_rg_key = d.rg_key;
INSERT INTO listed_des SELECT des_id, des_key, 5, '/value/0' FROM aks_cluster;
INSERT INTO disk_encryption_set(id, id_key, name, subscription_id, rg_key, location, encryption_type, key_url, key_host, key_name, key_version, source_vault_id,
  source_vault_key, previous_keys, auto_rotation, last_rotation, rotation_error, federated_client_id, identity_type, provisioning_state, src, ptr, api_version)
SELECT des_id, des_key, 'des-prod', subscription_id, '/subscriptions/' || subscription_id || '/resourcegroups/rg-keys', location, 'EncryptionAtRestWithCustomerKey',
  'https://kv-prod.vault.azure.net/keys/disk/v2', 'kv-prod.vault.azure.net', 'disk', 'v2',
  '/subscriptions/' || subscription_id || '/resourceGroups/rg-keys/providers/Microsoft.KeyVault/vaults/kv-prod',
  '/subscriptions/' || subscription_id || '/resourcegroups/rg-keys/providers/microsoft.keyvault/vaults/kv-prod', 0, 1, '2026-07-01T10:20:00Z', '', '',
  'SystemAssigned', 'Succeeded', 5, '/value/0', '2025-01-02' FROM aks_cluster;
INSERT INTO des_identity SELECT id_key, '00000000-0000-0000-0000-0000000000d1', src, ptr || '/identity' FROM disk_encryption_set;

INSERT INTO vault(id, id_key, name, subscription_id, location, vault_host, sku, purge_protection, soft_delete, soft_delete_days, rbac, public_network_access,
  network_default_action, network_bypass, provisioning_state, tenant_id, src, ptr, api_version)
SELECT source_vault_id, source_vault_key, 'kv-prod', subscription_id, location, key_host, 'premium', 1, 1, 90, 1, 'Disabled', 'Deny', 'AzureServices', 'Succeeded',
  '99999999-9999-9999-9999-999999999999', 6, '/value/0', '2026-02-01' FROM disk_encryption_set;
INSERT INTO key_use
SELECT 'des', d.id_key, d.id, d.key_url, d.key_host, d.key_name, d.key_version, v.id_key, v.id, v.id || '/keys/disk', v.id_key || '/keys/disk', d.src, d.ptr
  FROM disk_encryption_set d JOIN vault v ON v.vault_host = d.key_host
UNION ALL
SELECT 'etcd', c.id_key, c.id, c.kms_key_url, v.vault_host, 'disk', 'v2', v.id_key, v.id, v.id || '/keys/disk', v.id_key || '/keys/disk', c.src, c.ptr
  FROM aks_cluster c, vault v;
INSERT INTO used_vault SELECT id_key, id, 'vault' FROM vault;
INSERT INTO used_key SELECT id_key || '/keys/disk', id || '/keys/disk', id_key FROM vault;
-- v1 of 1 July 2025, v2 of 1 July 2026: P1Y holds
INSERT INTO crypto_key(id, id_key, vault_key, name, kty, bits, curve, key_ops, enabled, nbf, exp, created, updated, recovery_level, exportable, key_uri,
  current_version, src, ptr, api_version)
SELECT key_id, key_key, vault_key, 'disk', 'RSA-HSM', 3072, '', '["unwrapkey","wrapkey"]', 1, 0, 1814400000, 1782864000, 1782864000, 'Recoverable', 0,
  'https://kv-prod.vault.azure.net/keys/disk', 'v2', 7, '', '2026-02-01' FROM used_key;
INSERT INTO key_rotation_policy SELECT key_key, 1, 1, 'P11M', '', 'P1Y', 7, '/properties/rotationPolicy' FROM used_key;
INSERT INTO key_version SELECT key_id || '/versions/v1', key_key || '/versions/v1', key_key, 'v1', 1, 0, 0, 1751328000, 8, '/value/0', '2026-02-01' FROM used_key
  UNION ALL SELECT key_id || '/versions/v2', key_key || '/versions/v2', key_key, 'v2', 1, 0, 1814400000, 1782864000, 8, '/value/1', '2026-02-01' FROM used_key;
INSERT INTO diagnostic_setting
SELECT id || '/providers/microsoft.insights/diagnosticSettings/audit', id_key || '/providers/microsoft.insights/diagnosticsettings/audit', id_key, 'audit',
  'Log Analytics workspace', '', 'audit', 1, 0, 9, '/value/0/properties/logs/0', '2021-05-01-preview' FROM vault;

INSERT INTO role_definition VALUES
  ('e147488a-f6f5-4113-8e2d-b22465e65bf6', '/providers/Microsoft.Authorization/roleDefinitions/e147488a-f6f5-4113-8e2d-b22465e65bf6', 'Key Vault Crypto Service Encryption User', 'BuiltInRole', 11, '/value/0', '2022-04-01'),
  ('acdd72a7-3385-48ef-bd42-f606fba81ae7', '/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7', 'Reader', 'BuiltInRole', 11, '/value/1', '2022-04-01'),
  ('b24988ac-6180-42a0-ab88-20f7382dd24c', '/providers/Microsoft.Authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c', 'Contributor', 'BuiltInRole', 11, '/value/2', '2022-04-01'),
  ('8e3af657-a8ff-443c-a75c-2fe8c4bcb635', '/providers/Microsoft.Authorization/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635', 'Owner', 'BuiltInRole', 11, '/value/3', '2022-04-01'),
  ('00482a5a-887f-4fb3-b363-3b7fe8e74483', '/providers/Microsoft.Authorization/roleDefinitions/00482a5a-887f-4fb3-b363-3b7fe8e74483', 'Key Vault Administrator', 'BuiltInRole', 11, '/value/4', '2022-04-01'),
  ('12338af0-0e69-4776-bea7-57ae8d297424', '/providers/Microsoft.Authorization/roleDefinitions/12338af0-0e69-4776-bea7-57ae8d297424', 'Key Vault Crypto User', 'BuiltInRole', 11, '/value/5', '2022-04-01');
INSERT INTO role_permission VALUES
  ('e147488a-f6f5-4113-8e2d-b22465e65bf6', 0, 'dataAction', 'microsoft.keyvault/vaults/keys/read', 11, '/value/0/properties/permissions/0'),
  ('e147488a-f6f5-4113-8e2d-b22465e65bf6', 0, 'dataAction', 'microsoft.keyvault/vaults/keys/wrap/action', 11, '/value/0/properties/permissions/0'),
  ('e147488a-f6f5-4113-8e2d-b22465e65bf6', 0, 'dataAction', 'microsoft.keyvault/vaults/keys/unwrap/action', 11, '/value/0/properties/permissions/0'),
  ('acdd72a7-3385-48ef-bd42-f606fba81ae7', 0, 'action', '*/read', 11, '/value/1/properties/permissions/0'),
  ('b24988ac-6180-42a0-ab88-20f7382dd24c', 0, 'action', '*', 11, '/value/2/properties/permissions/0'),
  ('b24988ac-6180-42a0-ab88-20f7382dd24c', 0, 'notAction', 'microsoft.authorization/*/delete', 11, '/value/2/properties/permissions/0'),
  ('b24988ac-6180-42a0-ab88-20f7382dd24c', 0, 'notAction', 'microsoft.authorization/*/write', 11, '/value/2/properties/permissions/0'),
  ('8e3af657-a8ff-443c-a75c-2fe8c4bcb635', 0, 'action', '*', 11, '/value/3/properties/permissions/0'),
  ('00482a5a-887f-4fb3-b363-3b7fe8e74483', 0, 'dataAction', 'microsoft.keyvault/vaults/*', 11, '/value/4/properties/permissions/0'),
  ('12338af0-0e69-4776-bea7-57ae8d297424', 0, 'dataAction', 'microsoft.keyvault/vaults/keys/read', 11, '/value/5/properties/permissions/0'),
  ('12338af0-0e69-4776-bea7-57ae8d297424', 0, 'dataAction', 'microsoft.keyvault/vaults/keys/wrap/action', 11, '/value/5/properties/permissions/0'),
  ('12338af0-0e69-4776-bea7-57ae8d297424', 0, 'dataAction', 'microsoft.keyvault/vaults/keys/unwrap/action', 11, '/value/5/properties/permissions/0'),
  ('12338af0-0e69-4776-bea7-57ae8d297424', 0, 'dataAction', 'microsoft.keyvault/vaults/keys/decrypt/action', 11, '/value/5/properties/permissions/0');
-- the set may use its key; the cluster may read the set
INSERT INTO role_assignment(id, id_key, scope, scope_key, role_guid, principal_id, principal_type, condition, listed_for, src, ptr, api_version)
SELECT u.key_id || '/providers/Microsoft.Authorization/roleAssignments/a1', u.key_key || '/providers/microsoft.authorization/roleassignments/a1', u.key_id, u.key_key,
  'e147488a-f6f5-4113-8e2d-b22465e65bf6', '00000000-0000-0000-0000-0000000000d1', 'ServicePrincipal', '', '/subscriptions/11111111-1111-1111-1111-111111111111',
  10, '/value/0', '2022-04-01' FROM used_key u
UNION ALL
SELECT d.id || '/providers/Microsoft.Authorization/roleAssignments/a2', d.id_key || '/providers/microsoft.authorization/roleassignments/a2', d.id, d.id_key,
  'acdd72a7-3385-48ef-bd42-f606fba81ae7', '00000000-0000-0000-0000-0000000000c1', 'ServicePrincipal', '', '/subscriptions/11111111-1111-1111-1111-111111111111',
  10, '/value/1', '2022-04-01' FROM disk_encryption_set d;

INSERT INTO policy_assignment(id, id_key, display_name, scope, scope_key, definition_id, definition_key, definition_guid, is_set, enforcement_mode, not_scopes,
  parameters, overrides, resource_selectors, listed_for, src, ptr, api_version)
VALUES ('/subscriptions/11111111-1111-1111-1111-111111111111/providers/Microsoft.Authorization/policyAssignments/aks-cmk',
  '/subscriptions/11111111-1111-1111-1111-111111111111/providers/microsoft.authorization/policyassignments/aks-cmk', 'AKS disks', '/subscriptions/11111111-1111-1111-1111-111111111111',
  '/subscriptions/11111111-1111-1111-1111-111111111111', '/providers/Microsoft.Authorization/policyDefinitions/7d7be79c-23ba-4033-84dd-45e2a5ccdd67',
  '/providers/microsoft.authorization/policydefinitions/7d7be79c-23ba-4033-84dd-45e2a5ccdd67', '7d7be79c-23ba-4033-84dd-45e2a5ccdd67', 0, 'Default', '[]',
  '{"effect":{"value":"Deny"}}', '[]', '[]', '/subscriptions/11111111-1111-1111-1111-111111111111', 12, '/value/0', '2025-03-01');
INSERT INTO policy_definition VALUES ('/providers/Microsoft.Authorization/policyDefinitions/7d7be79c-23ba-4033-84dd-45e2a5ccdd67',
  '/providers/microsoft.authorization/policydefinitions/7d7be79c-23ba-4033-84dd-45e2a5ccdd67', '7d7be79c-23ba-4033-84dd-45e2a5ccdd67',
  'Both operating systems and data disks in Azure Kubernetes Service clusters should be encrypted by customer-managed keys', 'BuiltIn', 'Audit', '{}', 13, '', '2025-03-01');

-- everything was read to its end
INSERT INTO listing(resource, subject, url, complete, pages, status, exchange)
SELECT r.column1, '/subscriptions/11111111-1111-1111-1111-111111111111', '', 1, 1, 200, r.column2 FROM (VALUES ('aks_cluster', 2), ('disk', 4), ('disk_encryption_set_list', 5), ('vault', 6),
  ('managed_hsm', 14), ('deleted_vault', 15), ('role_assignment', 10), ('role_definition', 11), ('policy_assignment', 12), ('policy_exemption', 16)) r
UNION ALL SELECT 'subscription', '', '', 1, 1, 200, 1
UNION ALL SELECT 'management_group', '', '', 1, 1, 200, 17
UNION ALL SELECT 'scale_set', '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/MC_prod', '', 1, 1, 200, 3
UNION ALL SELECT 'virtual_machine', '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/MC_prod', '', 1, 1, 200, 18
UNION ALL SELECT 'crypto_key', key_id, '', 1, 1, 200, 7 FROM used_key
UNION ALL SELECT 'key_version', key_id, '', 1, 1, 200, 8 FROM used_key
UNION ALL SELECT 'diagnostic_setting', id, '', 1, 1, 200, 9 FROM vault
UNION ALL SELECT 'policy_definition', id, '', 1, 1, 200, 13 FROM policy_definition;
