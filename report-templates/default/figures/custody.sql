-- Key custody of each cluster, worst first; tables/custody-rest.sql says what a long list leaves out.
WITH shown AS (
  SELECT *, row_number() OVER (ORDER BY CASE status WHEN 'fail' THEN 0 WHEN 'not-assessed' THEN 1 ELSE 2 END, name,
    cluster_key) AS place FROM custody),
link AS (
  SELECT l.cluster_key, max(CASE l.link WHEN 'declared' THEN l.status END) AS declared,
    max(CASE l.link WHEN 'pool-disks' THEN l.status END) AS pool_disks,
         max(CASE l.link WHEN 'data-disks' THEN l.status END) AS data_disks, max(CASE l.link WHEN 'des' THEN l.status END) AS des,
         max(CASE l.link WHEN 'key' THEN l.status END) AS key, max(CASE l.link WHEN 'rotation' THEN l.status END) AS rotation,
         max(CASE l.link WHEN 'vault' THEN l.status END) AS vault, max(CASE l.link WHEN 'identity' THEN l.status END) AS identity
    FROM shown s JOIN custody_link l ON l.cluster_key = s.cluster_key WHERE s.place <= 100 GROUP BY l.cluster_key),
behind AS (
  SELECT s.cluster_key, count(*) AS n, min(f.n) AS first
    FROM shown s JOIN custody_finding b ON b.cluster_key = s.cluster_key AND b.link = s.weakest
    JOIN finding f ON f.id = b.finding_id AND f.status = s.status JOIN check_meta m ON m.check_id = f.check_id AND m.link = s.weakest
   WHERE s.place <= 100 GROUP BY s.cluster_key),
cut AS (SELECT f.n, min(instr(f.reason || ',', ','), instr(f.reason || ';', ';'), instr(f.reason || ' (', ' ('),
  instr(f.reason || ':', ':')) AS at
          FROM behind b JOIN finding f ON f.n = b.first),
pools AS (SELECT p.cluster_key, count(*) AS n, sum(p.os_disk_type = 'Ephemeral') AS ephemeral
            FROM shown s JOIN node_pool p ON p.cluster_key = s.cluster_key WHERE s.place <= 100 GROUP BY p.cluster_key)
SELECT s.name AS cluster,
       coalesce(a.location || ' · ', '') || CASE WHEN coalesce(a.environment, '') = '' THEN '' ELSE a.environment || ' · ' END ||
       coalesce(p.n, 0) || CASE p.n WHEN 1 THEN ' pool' ELSE ' pools' END || CASE WHEN p.ephemeral > 0 THEN ', ephemeral OS'
         ELSE '' END AS detail,
       l.declared, l.pool_disks, l.data_disks, l.des, l.key, l.rotation, l.vault, l.identity, s.etcd, s.status,
       CASE WHEN s.weakest IS NULL THEN 'whole' WHEN s.weakest = 'des' THEN 'DES' ELSE replace(s.weakest, '-', ' ') END AS weakest,
       CASE WHEN length(f.reason) > 60 AND cut.at BETWEEN 20 AND 70 THEN substr(f.reason, 1, cut.at - 1)
         WHEN length(f.reason) > 60 THEN substr(f.reason, 1, 56) || '…' ELSE f.reason END ||
       ', ' || f.id || CASE b.n WHEN 1 THEN '' ELSE ' and ' || (b.n - 1) || ' more' END AS reason,
       '#' || f.id AS link
  FROM shown s
  LEFT JOIN aks_cluster a ON a.id_key = s.cluster_key
  LEFT JOIN link l ON l.cluster_key = s.cluster_key
  LEFT JOIN pools p ON p.cluster_key = s.cluster_key
  LEFT JOIN behind b ON b.cluster_key = s.cluster_key
  LEFT JOIN finding f ON f.n = b.first
  LEFT JOIN cut ON cut.n = b.first
 WHERE s.place <= 100
 ORDER BY s.place
