-- Clusters by status, per link of key custody; etcd stands beside the chain.
WITH place(link, position, words) AS (VALUES ('declared', 1, 'declared: a disk encryption set'),
  ('pool-disks', 2, 'disks of the pools'), ('data-disks', 3, 'data disks'), ('des', 4, 'disk encryption set'), ('key', 5, 'key'),
  ('rotation', 6, 'rotation'), ('vault', 7, 'vault'), ('identity', 8, 'identity')),
row AS (
  SELECT p.position, p.words, coalesce(l.status, 'not-applicable') AS status
    FROM custody c CROSS JOIN place p LEFT JOIN custody_link l ON l.cluster_key = c.cluster_key AND l.link = p.link
  UNION ALL
  SELECT 9, 'etcd (beside the chain)', coalesce(etcd, 'not-applicable') FROM custody)
SELECT words AS link, sum(status = 'pass') AS pass, sum(status = 'fail') AS fail, sum(status = 'not-assessed') AS not_assessed,
       sum(status = 'attested') AS attested, sum(status = 'not-applicable') AS not_applicable
  FROM row GROUP BY position ORDER BY position
