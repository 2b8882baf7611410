-- Node pools.
WITH place AS MATERIALIZED (SELECT n, row_number() OVER (ORDER BY n) AS row FROM exchange),
host AS MATERIALIZED (SELECT subject_key, status FROM finding WHERE check_id = 'pool-encryption-at-host')
SELECT c.name AS cluster, p.name, coalesce(h.status, '') AS host_status,
       CASE p.encryption_at_host WHEN 1 THEN 'yes' WHEN 0 THEN 'no' END AS encryption_at_host,
       p.os_disk_type, p.kubelet_disk_type, p.mode, p.os_type, p.vm_size, p.node_count, p.power_state, p.provisioning_state, p.id,
       printf('E-%04d', p.src) AS evidence, place.row AS evidence_row
  FROM node_pool p
  LEFT JOIN aks_cluster c ON c.id_key = p.cluster_key
  LEFT JOIN host h ON h.subject_key = p.id_key
  LEFT JOIN place ON place.n = p.src
 ORDER BY c.name, p.cluster_key, p.name
