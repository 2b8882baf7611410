-- Key custody per cluster, weakest first.
WITH place AS MATERIALIZED (SELECT n, row_number() OVER (ORDER BY n) AS row FROM exchange),
link AS MATERIALIZED (
  SELECT cluster_key,
         max(CASE link WHEN 'declared' THEN status END) AS declared, max(CASE link WHEN 'pool-disks' THEN status END) AS pool_disks,
         max(CASE link WHEN 'data-disks' THEN status END) AS data_disks, max(CASE link WHEN 'des' THEN status END) AS des,
         max(CASE link WHEN 'key' THEN status END) AS key, max(CASE link WHEN 'rotation' THEN status END) AS rotation,
         max(CASE link WHEN 'vault' THEN status END) AS vault, max(CASE link WHEN 'identity' THEN status END) AS identity
    FROM custody_link GROUP BY cluster_key)
SELECT c.name, c.status, coalesce(c.weakest, '') AS weakest,
       coalesce(l.declared, 'not-applicable') AS declared, coalesce(l.pool_disks, 'not-applicable') AS pool_disks,
       coalesce(l.data_disks, 'not-applicable') AS data_disks, coalesce(l.des, 'not-applicable') AS des,
       coalesce(l.key, 'not-applicable') AS key, coalesce(l.rotation, 'not-applicable') AS rotation,
       coalesce(l.vault, 'not-applicable') AS vault, coalesce(l.identity, 'not-applicable') AS identity,
       coalesce(c.etcd, 'not-applicable') AS etcd,
       a.location, coalesce(s.display_name, a.subscription_id) AS subscription, a.kubernetes_version,
       (SELECT count(*) FROM node_pool p WHERE p.cluster_key = c.cluster_key) AS pools, a.des_id AS des_name, c.cluster AS id,
       CASE WHEN a.src IS NULL THEN '' ELSE printf('E-%04d', a.src) END AS evidence, place.row AS evidence_row
  FROM custody c
  LEFT JOIN aks_cluster a ON a.id_key = c.cluster_key
  LEFT JOIN link l ON l.cluster_key = c.cluster_key
  LEFT JOIN subscription s ON s.subscription_id = a.subscription_id
  LEFT JOIN place ON place.n = a.src
 ORDER BY CASE c.status WHEN 'fail' THEN 0 WHEN 'not-assessed' THEN 1 ELSE 2 END, c.name, c.cluster
