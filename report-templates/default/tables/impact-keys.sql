-- Keys on which something depends, those with the most first.
WITH n AS (
  SELECT key_id, count(DISTINCT CASE dependent_kind WHEN 'des' THEN dependent_id END) AS sets,
    count(DISTINCT CASE dependent_kind WHEN 'cluster' THEN dependent_id END) AS clusters,
         count(DISTINCT CASE dependent_kind WHEN 'pool' THEN dependent_id END) AS pools,
           count(DISTINCT CASE dependent_kind WHEN 'disk' THEN dependent_id END) AS disks,
         count(DISTINCT CASE dependent_kind WHEN 'etcd' THEN dependent_id END) AS etcd FROM key_impact GROUP BY key_id)
SELECT key_id AS impact_key, replace(key_id, rtrim(key_id, replace(key_id, '/', '')), '') AS name,
       replace(substr(key_id, 1, instr(key_id, '/keys/') - 1),
         rtrim(substr(key_id, 1, instr(key_id, '/keys/') - 1), replace(substr(key_id, 1, instr(key_id, '/keys/') - 1), '/', '')),
         '') AS vault,
       sets || CASE sets WHEN 1 THEN ' disk encryption set' ELSE ' disk encryption sets' END || ' · ' ||
       clusters || CASE clusters WHEN 1 THEN ' cluster' ELSE ' clusters' END || ' · ' || pools || CASE pools WHEN 1 THEN ' pool'
         ELSE ' pools' END || ' · ' ||
       disks || CASE disks WHEN 1 THEN ' disk' ELSE ' disks' END || CASE etcd WHEN 0 THEN ''
         ELSE ' · etcd of ' || etcd || CASE etcd WHEN 1 THEN ' cluster' ELSE ' clusters' END END AS counts
  FROM n ORDER BY clusters DESC, disks DESC, key_id
