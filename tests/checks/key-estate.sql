-- One cluster whose disk encryption set des-disks uses version 0a0a of the key key-disks in the vault kv-prod; everything was read.
INSERT INTO subscription(id, id_key, subscription_id, display_name, state, src, ptr) VALUES
  ('/subscriptions/11111111-1111-1111-1111-111111111111', '/subscriptions/11111111-1111-1111-1111-111111111111', '11111111-1111-1111-1111-111111111111', 'Production', 'Enabled', 1, '/value/0');
INSERT INTO scope VALUES ('11111111-1111-1111-1111-111111111111', 'visible', '11111111-1111-1111-1111-111111111111');
INSERT INTO listing(resource, subject, url, complete, pages, status, exchange)
SELECT column1, column2, '', 1, 1, 200, column3 FROM (VALUES
  ('subscription', '', 1),
  ('aks_cluster', '/subscriptions/11111111-1111-1111-1111-111111111111', 2),
  ('scale_set', '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/MC_aks', 3),
  ('virtual_machine', '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/MC_aks', 4),
  ('disk', '/subscriptions/11111111-1111-1111-1111-111111111111', 5),
  ('disk_encryption_set_list', '/subscriptions/11111111-1111-1111-1111-111111111111', 6),
  ('vault', '/subscriptions/11111111-1111-1111-1111-111111111111', 7),
  ('managed_hsm', '/subscriptions/11111111-1111-1111-1111-111111111111', 8),
  ('deleted_vault', '/subscriptions/11111111-1111-1111-1111-111111111111', 9),
  ('crypto_key', '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-keys/providers/Microsoft.KeyVault/vaults/kv-prod/keys/key-disks', 10),
  ('key_version', '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-keys/providers/Microsoft.KeyVault/vaults/kv-prod/keys/key-disks', 11),
  ('diagnostic_setting', '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-keys/providers/Microsoft.KeyVault/vaults/kv-prod', 12),
  ('role_assignment', '/subscriptions/11111111-1111-1111-1111-111111111111', 13),
  ('role_definition', '/subscriptions/11111111-1111-1111-1111-111111111111', 14));
INSERT INTO aks_cluster(id, id_key, name, location, subscription_id, node_rg, node_rg_key, des_id, des_key, kms_enabled, kms_key_url, src, ptr) VALUES
  ('/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-aks/providers/Microsoft.ContainerService/managedClusters/aks-prod',
   '/subscriptions/11111111-1111-1111-1111-111111111111/resourcegroups/rg-aks/providers/microsoft.containerservice/managedclusters/aks-prod', 'aks-prod', 'westeurope',
   '11111111-1111-1111-1111-111111111111', 'MC_aks', '/subscriptions/11111111-1111-1111-1111-111111111111/resourcegroups/mc_aks',
   '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-keys/providers/Microsoft.Compute/diskEncryptionSets/des-disks',
   '/subscriptions/11111111-1111-1111-1111-111111111111/resourcegroups/rg-keys/providers/microsoft.compute/diskencryptionsets/des-disks', 0, '', 2, '/value/0');
INSERT INTO node_pool(id, id_key, cluster_key, subscription_id, name, pool_type, node_count, os_disk_type, encryption_at_host, src, ptr)
SELECT id || '/agentPools/system', id_key || '/agentpools/system', id_key, subscription_id, 'system', 'VirtualMachineScaleSets', 3, 'Ephemeral', 1, 2, '/value/0/properties/agentPoolProfiles/0' FROM aks_cluster;
INSERT INTO scale_set(id, id_key, name, subscription_id, rg_key, pool_name, has_model, os_des_id, os_des_key, secure_des_id, secure_des_key, ephemeral, src, ptr)
SELECT '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/MC_aks/providers/Microsoft.Compute/virtualMachineScaleSets/aks-system-vmss',
  '/subscriptions/11111111-1111-1111-1111-111111111111/resourcegroups/mc_aks/providers/microsoft.compute/virtualmachinescalesets/aks-system-vmss', 'aks-system-vmss', subscription_id,
  node_rg_key, 'system', 1, des_id, des_key, '', '', 1, 3, '/value/0' FROM aks_cluster;
INSERT INTO used_des SELECT des_key, des_id FROM aks_cluster;
INSERT INTO des_use SELECT des_key, id_key, 'cluster', id_key FROM aks_cluster;
INSERT INTO disk_encryption_set(id, id_key, name, subscription_id, location, key_url, key_host, key_name, key_version, auto_rotation, rotation_error, federated_client_id, src, ptr)
SELECT des_id, des_key, 'des-disks', subscription_id, 'westeurope', 'https://kv-prod.vault.azure.net/keys/key-disks/0a0a', 'kv-prod.vault.azure.net', 'key-disks', '0a0a', 1, '', '', 6, '/value/0' FROM aks_cluster;
INSERT INTO vault(id, id_key, name, subscription_id, location, vault_host, sku, purge_protection, soft_delete, soft_delete_days, rbac, src, ptr, api_version) VALUES
  ('/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-keys/providers/Microsoft.KeyVault/vaults/kv-prod',
   '/subscriptions/11111111-1111-1111-1111-111111111111/resourcegroups/rg-keys/providers/microsoft.keyvault/vaults/kv-prod', 'kv-prod', '11111111-1111-1111-1111-111111111111', 'westeurope',
   'kv-prod.vault.azure.net', 'premium', 1, 1, 90, 1, 7, '/value/0', '2026-02-01');
INSERT INTO key_use(user_kind, user_key, user_id, key_url, host, key_name, key_version, vault_key, vault_id, key_id, key_key, src, ptr)
SELECT 'des', d.id_key, d.id, d.key_url, d.key_host, d.key_name, d.key_version, v.id_key, v.id, v.id || '/keys/key-disks', v.id_key || '/keys/key-disks', d.src, d.ptr FROM disk_encryption_set d, vault v;
INSERT INTO used_vault SELECT id_key, id, 'vault' FROM vault;
INSERT INTO used_key SELECT key_key, key_id, vault_key FROM key_use;
-- 1769904000 is 2026-02-01T00:00:00Z, 1801440000 is 2027-02-01T00:00:00Z
INSERT INTO crypto_key(id, id_key, vault_key, name, kty, bits, curve, key_ops, enabled, nbf, exp, created, updated, exportable, current_version, src, ptr, api_version)
SELECT key_id, key_key, vault_key, 'key-disks', 'RSA-HSM', 3072, '', '["unwrapkey","wrapkey"]', 1, 0, 1801440000, 1769904000, 1769904000, 0, '0a0a', 10, '', '2026-02-01' FROM key_use;
INSERT INTO key_version(id, id_key, key_key, version, enabled, nbf, exp, created, src, ptr, api_version)
SELECT key_id || '/versions/0a0a', key_key || '/versions/0a0a', key_key, '0a0a', 1, 0, 1801440000, 1769904000, 11, '/value/0', '2026-02-01' FROM key_use;
INSERT INTO key_rotation_policy(key_key, policy_known, rotates, time_after_create, time_before_expiry, expiry_time, src, ptr)
SELECT key_key, 1, 1, '', 'P30D', 'P1Y', 10, '/properties/rotationPolicy' FROM key_use;
INSERT INTO diagnostic_setting(id, id_key, target_key, name, destination, category, category_group, enabled, position, src, ptr)
SELECT id || '/providers/microsoft.insights/diagnosticSettings/audit', id_key || '/providers/microsoft.insights/diagnosticsettings/audit', id_key, 'audit', 'Log Analytics workspace', '', 'audit', 1, 0, 12,
  '/value/0/properties/logs/0' FROM vault;
UPDATE snapshot SET principal_id = 'AAAAAAAA-0000-0000-0000-000000000001', principal_basis = 'token';
INSERT INTO role_assignment(id, id_key, scope, scope_key, role_guid, principal_id, principal_type, condition, listed_for, src, ptr) VALUES
  ('/providers/Microsoft.Authorization/roleAssignments/r1', '/providers/microsoft.authorization/roleassignments/r1', '/subscriptions/11111111-1111-1111-1111-111111111111',
   '/subscriptions/11111111-1111-1111-1111-111111111111', 'acdd72a7-3385-48ef-bd42-f606fba81ae7', 'aaaaaaaa-0000-0000-0000-000000000001', 'ServicePrincipal', '',
   '/subscriptions/11111111-1111-1111-1111-111111111111', 13, '/value/0');
INSERT INTO role_definition(role_guid, id, name, type, src, ptr) VALUES ('acdd72a7-3385-48ef-bd42-f606fba81ae7', '', 'Reader', 'BuiltInRole', 14, '/value/0');
INSERT INTO role_permission(role_guid, block, kind, pattern, src, ptr) VALUES ('acdd72a7-3385-48ef-bd42-f606fba81ae7', 0, 'action', '*/read', 14, '/value/0/properties/permissions/0');
