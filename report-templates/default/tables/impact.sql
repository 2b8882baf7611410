-- What depends on one key: up to 120 names of each kind, long ones without their middle.
WITH dependent AS (SELECT DISTINCT dependent_kind AS kind, dependent_id AS id FROM key_impact WHERE key_id = :impact_key),
cut AS (SELECT kind, id, CASE kind WHEN 'pool' THEN substr(id, 1, instr(id || '/agentPools/', '/agentPools/') - 1)
  ELSE id END AS body FROM dependent),
named AS (
  SELECT kind, replace(body, rtrim(body, replace(body, '/', '')), '') || CASE kind
    WHEN 'pool' THEN '/' || replace(id, rtrim(id, replace(id, '/', '')), '') ELSE '' END AS name,
         row_number() OVER (PARTITION BY kind ORDER BY id) AS place, count(*) OVER (PARTITION BY kind) AS n FROM cut)
SELECT CASE kind WHEN 'des' THEN 'Disk encryption sets' WHEN 'cluster' THEN 'Clusters' WHEN 'pool' THEN 'Node pools'
  WHEN 'disk' THEN 'Disks' WHEN 'etcd' THEN 'etcd of' ELSE kind END AS kind,
       n, group_concat(CASE WHEN length(name) > 30 THEN substr(name, 1, 14) || '…' || substr(name, -6) ELSE name END, ' · ') AS names,
       CASE WHEN n > 120 THEN 'and ' || (n - 120) || ' more: workbook, sheet If a key were disabled' END AS more
  FROM (SELECT * FROM named WHERE place <= 120 ORDER BY kind, place) GROUP BY kind
 ORDER BY CASE kind WHEN 'des' THEN 0 WHEN 'cluster' THEN 1 WHEN 'etcd' THEN 2 WHEN 'pool' THEN 3 ELSE 4 END
