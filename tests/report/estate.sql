-- A small estate for the tests of the report: one subscription, two clusters, one of them whole, a vault that could not be
-- read, a list that was refused. Facts only; findings.sql has what the tests found.
DELETE FROM snapshot;
INSERT INTO snapshot(id, format, taken_at, taken_at_by, started_at, finished_at, source, arm_endpoint, principal_id, principal_basis, tenant_id,
    recording_name, recording_sha256, recording_creator, recording_first, recording_last, tool_name, tool_version, tool_sha256, command_line, host, os_user, sqlite_version)
  VALUES ('3c4d5e6f', 1, '2026-09-30T06:00:00Z', 'operator', '2026-10-01T08:00:00Z', '2026-10-01T08:00:01Z', 'recording', 'https://management.azure.com',
    '11111111-0000-4000-8000-000000000001', 'operator', NULL, 'a.har', printf('%064d', 7), 'mitmproxy 9', '2026-09-30T05:59:00Z', '2026-09-30T06:00:00Z',
    'keycustody', '0.1.0', printf('%064d', 8), 'keycustody collect --store STORE --replay a.har', 'audit-1', 'collector', '3.40.1');
INSERT INTO engagement VALUES ('organisation', 'Example AG'), ('prepared-by', 'A. Person'), ('classification', 'Confidential'),
  ('period-title', '2026 Q3'), ('period-start', '2026-07-01'), ('period-end', '2026-09-30');
DELETE FROM policy WHERE name NOT IN ('cryptoperiod', 'cmk-required');
UPDATE policy SET adopted = 1, owner = 'CISO', document = 'KM-04' WHERE name = 'cryptoperiod';

INSERT INTO scope VALUES ('aaaaaaaa-0000-4000-8000-000000000001', 'option', 'prod');
INSERT INTO subscription(id, id_key, subscription_id, display_name, state, src, ptr) VALUES ('/subscriptions/aaaaaaaa-0000-4000-8000-000000000001',
  '/subscriptions/aaaaaaaa-0000-4000-8000-000000000001', 'aaaaaaaa-0000-4000-8000-000000000001', 'prod', 'Enabled', 1, '/value/0');
INSERT INTO exchange(n, resource, subject, page, method, url, api_version, status, usable, received_at, size, sha256)
  WITH row(n, resource, subject, url, status) AS (VALUES
    (1, 'subscription', '', '/subscriptions?api-version=2022-12-01', 200),
    (2, 'aks_cluster', '/subscriptions/aaaaaaaa-0000-4000-8000-000000000001', '/subscriptions/aaaaaaaa-0000-4000-8000-000000000001/providers/Microsoft.ContainerService/managedClusters?api-version=2026-03-01', 200),
    (3, 'disk', '/subscriptions/aaaaaaaa-0000-4000-8000-000000000001', '/subscriptions/aaaaaaaa-0000-4000-8000-000000000001/providers/Microsoft.Compute/disks?api-version=2025-01-02', 200),
    (4, 'vault', '/subscriptions/aaaaaaaa-0000-4000-8000-000000000001', '/subscriptions/aaaaaaaa-0000-4000-8000-000000000001/providers/Microsoft.KeyVault/vaults?api-version=2026-02-01', 200),
    (5, 'policy_exemption', '/subscriptions/aaaaaaaa-0000-4000-8000-000000000001', '/subscriptions/aaaaaaaa-0000-4000-8000-000000000001/providers/Microsoft.Authorization/policyExemptions?api-version=2022-07-01-preview', 403))
  SELECT n, resource, subject, 1, 'GET', 'https://management.azure.com' || url, substr(url, instr(url, '=') + 1), status, status = 200,
         printf('2026-09-30T05:59:%02dZ', n), 100 + n, printf('%064x', n) FROM row;
INSERT INTO listing SELECT resource, subject, url, status = 200, 1, status, CASE status WHEN 200 THEN NULL ELSE 'AuthorizationFailed' END, n, subject FROM exchange;
INSERT INTO gap VALUES (1, 'policy_exemption', '/subscriptions/aaaaaaaa-0000-4000-8000-000000000001', '/subscriptions/aaaaaaaa-0000-4000-8000-000000000001',
  'https://management.azure.com/…', 403, 'AuthorizationFailed', 'permission denied: the caller needs Microsoft.Authorization/policyExemptions/read', 5);

INSERT INTO aks_cluster(id, id_key, name, location, subscription_id, rg_key, node_rg, node_rg_key, des_id, des_key, kms_enabled, kms_key_url, environment, src, ptr)
  SELECT s || '/resourceGroups/rg-' || name || '/providers/Microsoft.ContainerService/managedClusters/' || name,
         lower(s || '/resourceGroups/rg-' || name || '/providers/Microsoft.ContainerService/managedClusters/' || name), name, 'westeurope',
         'aaaaaaaa-0000-4000-8000-000000000001', s || '/resourcegroups/rg-' || name, 'MC_' || name, s || '/resourcegroups/mc_' || name,
         s || '/resourceGroups/rg-keys/providers/Microsoft.Compute/diskEncryptionSets/des-1', s || '/resourcegroups/rg-keys/providers/microsoft.compute/diskencryptionsets/des-1',
         0, '', 'production', 2, '/value/' || n
    FROM (SELECT '/subscriptions/aaaaaaaa-0000-4000-8000-000000000001' AS s), (SELECT 0 AS n, 'aks-whole' AS name UNION ALL SELECT 1, 'aks-broken');
INSERT INTO node_pool(id, id_key, cluster_id, cluster_key, subscription_id, name, mode, pool_type, node_count, os_disk_type, encryption_at_host, src, ptr)
  SELECT id || '/agentPools/system', id_key || '/agentpools/system', id, id_key, subscription_id, 'system', 'System', 'VirtualMachines', 0, 'Managed', 1, src, ptr FROM aks_cluster;
INSERT INTO disk(id, id_key, name, subscription_id, rg_key, encryption_type, des_id, des_key, os_type, size_gb, src, ptr)
  SELECT '/subscriptions/aaaaaaaa-0000-4000-8000-000000000001/resourceGroups/MC_' || c.name || '/providers/Microsoft.Compute/disks/' || d.name,
         '/subscriptions/aaaaaaaa-0000-4000-8000-000000000001/resourcegroups/mc_' || c.name || '/providers/microsoft.compute/disks/' || d.name, d.name,
         c.subscription_id, c.node_rg_key, 'EncryptionAtRestWithCustomerKey', c.des_id, c.des_key, '', 64, 3, '/value/' || d.n
    FROM aks_cluster c JOIN (SELECT 0 AS n, 'aks-whole' AS cluster, 'pvc-0a1b2c3d-1111-4222-8333-444455556666' AS name
                             UNION ALL SELECT 1, 'aks-broken', 'pvc-9f8e7d6c-1111-4222-8333-444455556666') d ON d.cluster = c.name;
INSERT INTO in_scope_disk SELECT d.id_key, c.id_key FROM disk d JOIN aks_cluster c ON c.node_rg_key = d.rg_key;
INSERT INTO used_des SELECT DISTINCT des_key, des_id FROM aks_cluster;
INSERT INTO des_use SELECT des_key, id_key, 'cluster', id_key FROM aks_cluster;
INSERT INTO des_use SELECT d.des_key, i.cluster_key, 'disk', d.id_key FROM disk d JOIN in_scope_disk i ON i.disk_key = d.id_key;
INSERT INTO disk_encryption_set(id, id_key, name, subscription_id, key_url, key_host, key_name, key_version, auto_rotation, last_rotation, rotation_error, src, ptr)
  SELECT des_id, des_key, 'des-1', 'aaaaaaaa-0000-4000-8000-000000000001', 'https://kv-1.vault.azure.net/keys/disk-key/00000000000000000000000000000002',
         'kv-1.vault.azure.net', 'disk-key', '00000000000000000000000000000002', 1, '2026-03-02T03:00:00Z', '', 2, '' FROM used_des;
INSERT INTO vault(id, id_key, name, subscription_id, location, vault_host, sku, purge_protection, soft_delete, soft_delete_days, rbac, src, ptr)
  VALUES ('/subscriptions/aaaaaaaa-0000-4000-8000-000000000001/resourceGroups/rg-keys/providers/Microsoft.KeyVault/vaults/kv-1',
    '/subscriptions/aaaaaaaa-0000-4000-8000-000000000001/resourcegroups/rg-keys/providers/microsoft.keyvault/vaults/kv-1', 'kv-1',
    'aaaaaaaa-0000-4000-8000-000000000001', 'westeurope', 'kv-1.vault.azure.net', 'premium', 1, 1, 90, 1, 4, '/value/0');
INSERT INTO used_vault SELECT id_key, id, 'vault' FROM vault;
INSERT INTO used_key SELECT id_key || '/keys/disk-key', id || '/keys/disk-key', id_key FROM vault;
INSERT INTO key_use(user_kind, user_key, user_id, key_url, host, key_name, key_version, vault_key, vault_id, key_id, key_key, src, ptr)
  SELECT 'des', d.id_key, d.id, d.key_url, d.key_host, d.key_name, d.key_version, v.id_key, v.id, v.id || '/keys/disk-key', v.id_key || '/keys/disk-key', 2, ''
    FROM disk_encryption_set d, vault v;
INSERT INTO crypto_key(id, id_key, vault_key, name, kty, bits, key_ops, enabled, nbf, exp, created, current_version, src, ptr)
  SELECT key_id, key_key, vault_key, 'disk-key', 'RSA-HSM', 3072, '["unwrapkey","wrapkey"]', 1, 0, 1803945600, 1772409600, '00000000000000000000000000000002', 4, '' FROM used_key;
INSERT INTO key_version(id, id_key, key_key, version, enabled, nbf, exp, created, src, ptr)
  SELECT key_id || '/versions/0000000000000000000000000000000' || n, key_key || '/versions/0000000000000000000000000000000' || n, key_key,
         '0000000000000000000000000000000' || n, 1, 0, CASE n WHEN 2 THEN 1803945600 ELSE 0 END, 1740873600 + (n - 1) * 31536000, 4, '' FROM used_key, (SELECT 1 AS n UNION ALL SELECT 2);
INSERT INTO role_definition(role_guid, id, name, type, src, ptr) VALUES
  ('e147488a-f6f5-4113-8e2d-b22465e65bf6', '/providers/Microsoft.Authorization/roleDefinitions/e147488a-f6f5-4113-8e2d-b22465e65bf6', 'Key Vault Crypto Service Encryption User', 'BuiltInRole', 1, '');
INSERT INTO role_permission(role_guid, block, kind, pattern, src, ptr) VALUES
  ('e147488a-f6f5-4113-8e2d-b22465e65bf6', 0, 'dataAction', 'microsoft.keyvault/vaults/keys/wrap/action', 1, '');
INSERT INTO role_assignment(id, id_key, scope, scope_key, role_guid, principal_id, principal_type, condition, src, ptr)
  SELECT id || '/ra', id_key || '/ra', id, id_key, 'e147488a-f6f5-4113-8e2d-b22465e65bf6', '22222222-0000-4000-8000-000000000002', 'ServicePrincipal', '', 1, '' FROM vault;
INSERT INTO des_identity SELECT des_key, '22222222-0000-4000-8000-000000000002', 2, '/identity' FROM used_des;
