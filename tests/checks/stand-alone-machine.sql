-- A machine of the node resource group MC_prod that belongs to no scale set: node-1, without a pool's tag.
INSERT INTO virtual_machine(id, id_key, name, subscription_id, rg_key, pool_name, scale_set_key, os_disk_key, os_des_id, os_des_key, secure_des_id, secure_des_key,
  ephemeral, encryption_at_host, vm_size, src, ptr, api_version)
SELECT '/subscriptions/' || subscription_id || '/resourceGroups/MC_prod/providers/Microsoft.Compute/virtualMachines/node-1',
  node_rg_key || '/providers/microsoft.compute/virtualmachines/node-1', 'node-1', subscription_id, node_rg_key, '', '', '', des_id, des_key, '', '', 0, 1,
  'Standard_D2s_v3', 18, '/value/0', '2025-04-01' FROM aks_cluster WHERE name = 'prod';
