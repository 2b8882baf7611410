-- A second cluster beside the one of estate.sql: test, with the pool web, the node resource group MC_test, no disk encryption set.
CREATE TEMP TABLE copy AS SELECT * FROM aks_cluster WHERE name = 'prod';
UPDATE temp.copy SET id = replace(id, '/prod', '/test'), id_key = replace(id_key, '/prod', '/test'), name = 'test', node_rg = 'MC_test',
  node_rg_key = replace(node_rg_key, 'mc_prod', 'mc_test'), des_id = '', des_key = '', kms_enabled = 0, kms_key_url = '', ptr = '/value/1';
INSERT INTO aks_cluster SELECT * FROM temp.copy;
DROP TABLE temp.copy;
CREATE TEMP TABLE copy AS SELECT * FROM node_pool WHERE name = 'sys';
UPDATE temp.copy SET id = replace(id, '/prod/agentPools/sys', '/test/agentPools/web'), id_key = replace(id_key, '/prod/agentpools/sys', '/test/agentpools/web'),
  cluster_id = replace(cluster_id, '/prod', '/test'), cluster_key = replace(cluster_key, '/prod', '/test'), name = 'web',
  ptr = '/value/1/properties/agentPoolProfiles/0';
INSERT INTO node_pool SELECT * FROM temp.copy;
DROP TABLE temp.copy;
CREATE TEMP TABLE copy AS SELECT * FROM scale_set WHERE name = 'aks-sys';
UPDATE temp.copy SET id = replace(replace(id, 'MC_prod', 'MC_test'), 'aks-sys', 'aks-web'), id_key = replace(replace(id_key, 'mc_prod', 'mc_test'), 'aks-sys', 'aks-web'),
  name = 'aks-web', rg_key = replace(rg_key, 'mc_prod', 'mc_test'), pool_name = 'web', os_des_id = '', os_des_key = '', ptr = '/value/1';
INSERT INTO scale_set SELECT * FROM temp.copy;
DROP TABLE temp.copy;
CREATE TEMP TABLE copy AS SELECT * FROM disk WHERE name = 'os-0';
UPDATE temp.copy SET id = replace(replace(id, 'MC_PROD', 'MC_TEST'), 'os-0', 'os-1'), id_key = replace(replace(id_key, 'mc_prod', 'mc_test'), 'os-0', 'os-1'), name = 'os-1',
  rg_key = replace(rg_key, 'mc_prod', 'mc_test'), vm_rg_key = replace(vm_rg_key, 'mc_prod', 'mc_test'), managed_by = replace(managed_by, 'mc_prod', 'mc_test'),
  managed_by_key = replace(managed_by_key, 'mc_prod', 'mc_test'), encryption_type = 'EncryptionAtRestWithPlatformKey', des_id = '', des_key = '', ptr = '/value/2';
INSERT INTO disk SELECT * FROM temp.copy;
DROP TABLE temp.copy;
INSERT INTO in_scope_disk SELECT d.id_key, c.id_key FROM disk d JOIN aks_cluster c ON c.node_rg_key = d.rg_key WHERE c.name = 'test';
INSERT INTO listing(resource, subject, url, complete, pages, status, exchange)
SELECT resource, replace(subject, 'MC_prod', 'MC_test'), url, complete, pages, status, exchange FROM listing WHERE resource IN ('scale_set', 'virtual_machine');
