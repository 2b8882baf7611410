-- resource: used_des
-- title: disk encryption sets in use
-- after: aks_cluster, scale_set, virtual_machine, disk, disk_encryption_set_list
-- each:
-- source: Derived, nothing is asked. Subjects (contracts): the disks of a cluster are those of its node resource group, those
--   attached to its machines, and those that carry the tags of a persistent volume; the sets are those that a cluster,
--   a scale set, a machine or such a disk names.

CREATE TABLE in_scope_disk(
  disk_key    TEXT,
  cluster_key TEXT,  -- '' when a persistent volume cannot be told to belong to one cluster
  UNIQUE (disk_key, cluster_key)
) STRICT;

CREATE TABLE used_des(
  des_key TEXT PRIMARY KEY,
  des_id  TEXT   -- as Azure wrote it where the set itself was listed, else as it was named
) STRICT;

-- Which cluster leads to which set, and by what.
CREATE TABLE des_use(
  des_key     TEXT,
  cluster_key TEXT,  -- '' when no cluster can be told
  user_kind   TEXT,  -- cluster, scale-set, vm, disk
  user_key    TEXT,
  UNIQUE (des_key, cluster_key, user_kind, user_key)
) STRICT;
CREATE INDEX des_use_cluster ON des_use(cluster_key);

CREATE TEMP VIEW in_scope_disk_view AS
WITH owned AS MATERIALIZED (
  SELECT d.id_key AS disk_key, c.id_key AS cluster_key FROM disk d JOIN aks_cluster c ON c.node_rg_key = d.rg_key
  UNION
  SELECT d.id_key, c.id_key FROM disk d JOIN aks_cluster c ON c.node_rg_key = d.vm_rg_key WHERE d.vm_rg_key <> ''
)
SELECT disk_key, cluster_key FROM owned
UNION ALL
SELECT d.id_key, '' FROM disk d WHERE d.pv_name <> '' AND NOT EXISTS (SELECT 1 FROM owned o WHERE o.disk_key = d.id_key);

CREATE TEMP VIEW used_des_view AS
WITH named AS (
  SELECT des_key, des_id FROM aks_cluster
  UNION ALL SELECT s.os_des_key, s.os_des_id FROM scale_set s JOIN aks_cluster c ON c.node_rg_key = s.rg_key
  UNION ALL SELECT s.secure_des_key, s.secure_des_id FROM scale_set s JOIN aks_cluster c ON c.node_rg_key = s.rg_key
  UNION ALL SELECT x.des_key, x.des_id FROM scale_set_data_disk x JOIN scale_set s ON s.id_key = x.scale_set_key JOIN aks_cluster c ON c.node_rg_key = s.rg_key
  UNION ALL SELECT v.os_des_key, v.os_des_id FROM virtual_machine v JOIN aks_cluster c ON c.node_rg_key = v.rg_key
  UNION ALL SELECT v.secure_des_key, v.secure_des_id FROM virtual_machine v JOIN aks_cluster c ON c.node_rg_key = v.rg_key
  UNION ALL SELECT d.des_key, d.des_id FROM disk d JOIN in_scope_disk i ON i.disk_key = d.id_key
  UNION ALL SELECT d.secure_des_key, d.secure_des_id FROM disk d JOIN in_scope_disk i ON i.disk_key = d.id_key
)
SELECT n.des_key, coalesce(max(l.id), min(n.des_id)) FROM named n LEFT JOIN listed_des l ON l.id_key = n.des_key
WHERE n.des_key <> '' GROUP BY n.des_key;

CREATE TEMP VIEW des_use_view AS
SELECT des_key, cluster_key, user_kind, user_key FROM (
  SELECT des_key, id_key AS cluster_key, 'cluster' AS user_kind, id_key AS user_key FROM aks_cluster
  UNION ALL SELECT s.os_des_key, c.id_key, 'scale-set', s.id_key FROM scale_set s JOIN aks_cluster c ON c.node_rg_key = s.rg_key
  UNION ALL SELECT s.secure_des_key, c.id_key, 'scale-set', s.id_key FROM scale_set s JOIN aks_cluster c ON c.node_rg_key = s.rg_key
  UNION ALL SELECT x.des_key, c.id_key, 'scale-set', s.id_key FROM scale_set_data_disk x JOIN scale_set s ON s.id_key = x.scale_set_key JOIN aks_cluster c ON c.node_rg_key = s.rg_key
  UNION ALL SELECT v.os_des_key, c.id_key, 'vm', v.id_key FROM virtual_machine v JOIN aks_cluster c ON c.node_rg_key = v.rg_key
  UNION ALL SELECT v.secure_des_key, c.id_key, 'vm', v.id_key FROM virtual_machine v JOIN aks_cluster c ON c.node_rg_key = v.rg_key
  UNION ALL SELECT d.des_key, i.cluster_key, 'disk', d.id_key FROM disk d JOIN in_scope_disk i ON i.disk_key = d.id_key
  UNION ALL SELECT d.secure_des_key, i.cluster_key, 'disk', d.id_key FROM disk d JOIN in_scope_disk i ON i.disk_key = d.id_key
) WHERE des_key <> '';
