-- Key custody: the chain from each cluster to whoever holds its keys, in eight links. A link is as good as the worst finding
-- on anything that the cluster reaches there; the chain is as good as its worst link. Filled after the checks, which name
-- their link in their header. etcd stands beside the chain.

-- The chain of a cluster. weakest: the first of its worst links; NULL when every link holds, or none applies.
CREATE TABLE custody(
  cluster_key TEXT NOT NULL PRIMARY KEY,
  cluster     TEXT NOT NULL,  -- id as Azure wrote it
  name        TEXT NOT NULL,
  status      TEXT NOT NULL CHECK (status IN ('pass', 'fail', 'not-assessed')),
  weakest     TEXT,
  etcd        TEXT NOT NULL CHECK (etcd IN ('pass', 'fail', 'not-assessed', 'not-applicable', 'attested'))
) STRICT;

-- Eight rows for each cluster, in the order of the chain.
CREATE TABLE custody_link(
  cluster_key TEXT NOT NULL,
  position    INTEGER NOT NULL,  -- 1 to 8
  link        TEXT NOT NULL,
  status      TEXT NOT NULL CHECK (status IN ('pass', 'fail', 'not-assessed', 'not-applicable', 'attested')),
  findings    TEXT NOT NULL,     -- ids, separated by one space; '' = none
  PRIMARY KEY (cluster_key, position)
) STRICT, WITHOUT ROWID;

-- The findings behind a link, one a row.
CREATE VIEW custody_finding AS
SELECT l.cluster_key, l.link, t.value AS finding_id
  FROM custody_link l, json_each('["' || replace(l.findings, ' ', '","') || '"]') t
 WHERE l.findings <> '';

-- What depends on a key: its disk encryption sets, and through them clusters, pools and disks; and the etcd of clusters.
CREATE TABLE key_impact(
  key_id         TEXT NOT NULL,
  dependent_kind TEXT NOT NULL CHECK (dependent_kind IN ('des', 'cluster', 'pool', 'disk', 'etcd')),
  dependent_id   TEXT NOT NULL,
  via            TEXT            -- id of the disk encryption set in between; NULL: the key itself
) STRICT;

-- ---- work tables: a cluster is its rowid in aks_cluster, a link its place in the chain (9: etcd)
CREATE TEMP TABLE custody_place(link TEXT PRIMARY KEY, position INTEGER) WITHOUT ROWID;
INSERT INTO temp.custody_place VALUES ('declared', 1), ('pool-disks', 2), ('data-disks', 3), ('des', 4), ('key', 5), ('rotation', 6),
  ('vault', 7), ('identity', 8), ('etcd', 9);
CREATE TEMP TABLE custody_check(check_id TEXT, kind TEXT, position INTEGER, PRIMARY KEY (kind, check_id)) WITHOUT ROWID;
INSERT INTO temp.custody_check SELECT m.check_id, m.kind, p.position FROM check_meta m JOIN temp.custody_place p ON p.link = m.link;

-- Sets, keys and vaults that a cluster reaches, and the scopes that it lies in or depends on.
CREATE TEMP TABLE custody_reach(kind TEXT, object_key TEXT, cluster INTEGER, PRIMARY KEY (kind, object_key, cluster)) WITHOUT ROWID;
INSERT INTO temp.custody_reach
SELECT 'des', u.des_key, c.rowid FROM des_use u JOIN aks_cluster c ON c.id_key = u.cluster_key GROUP BY 1, 2, 3;
INSERT INTO temp.custody_reach
SELECT 'key', k.key_key, r.cluster FROM temp.custody_reach r JOIN key_use k ON k.user_kind = 'des' AND k.user_key = r.object_key
 WHERE r.kind = 'des' GROUP BY 1, 2, 3;
INSERT INTO temp.custody_reach
SELECT 'vault', k.vault_key, r.cluster FROM temp.custody_reach r JOIN used_key k ON k.key_key = r.object_key
 WHERE r.kind = 'key' GROUP BY 1, 2, 3;
INSERT INTO temp.custody_reach
SELECT 'scope', object_key, cluster FROM temp.custody_reach
UNION SELECT 'scope', '/subscriptions/' || subscription_id, rowid FROM aks_cluster
UNION SELECT 'scope', rg_key, rowid FROM aks_cluster
UNION SELECT 'scope', node_rg_key, rowid FROM aks_cluster WHERE node_rg_key IS NOT NULL
UNION SELECT 'scope', id_key, rowid FROM aks_cluster
UNION SELECT 'scope', '/subscriptions', rowid FROM aks_cluster
UNION SELECT 'scope', '', rowid FROM aks_cluster;

-- Everything that counts for a link of a cluster. finding NULL: a check that has nothing to say about something that the
-- cluster reaches; that is no pass.
CREATE TEMP TABLE custody_part(cluster INTEGER, position INTEGER, finding INTEGER);
INSERT INTO temp.custody_part
SELECT c.rowid, k.position, f.n FROM temp.custody_check k CROSS JOIN aks_cluster c
  LEFT JOIN finding f ON f.check_id = k.check_id AND f.subject_key = c.id_key WHERE k.kind = 'cluster';
INSERT INTO temp.custody_part
SELECT c.rowid, k.position, f.n FROM temp.custody_check k CROSS JOIN node_pool p JOIN aks_cluster c ON c.id_key = p.cluster_key
  LEFT JOIN finding f ON f.check_id = k.check_id AND f.subject_key = p.id_key WHERE k.kind = 'pool';
INSERT INTO temp.custody_part
SELECT c.rowid, k.position, f.n FROM temp.custody_check k CROSS JOIN scale_set s JOIN aks_cluster c ON c.node_rg_key = s.rg_key
  JOIN finding f ON f.check_id = k.check_id AND f.subject_key = s.id_key WHERE k.kind = 'scale-set';
INSERT INTO temp.custody_part
SELECT c.rowid, k.position, f.n FROM temp.custody_check k CROSS JOIN virtual_machine v JOIN aks_cluster c ON c.node_rg_key = v.rg_key
  JOIN finding f ON f.check_id = k.check_id AND f.subject_key = v.id_key WHERE k.kind IN ('pool', 'scale-set');
INSERT INTO temp.custody_part
SELECT c.rowid, k.position, f.n FROM temp.custody_check k CROSS JOIN in_scope_disk d JOIN aks_cluster c ON c.id_key = d.cluster_key
  LEFT JOIN finding f ON f.check_id = k.check_id AND f.subject_key = d.disk_key WHERE k.kind = 'disk';
INSERT INTO temp.custody_part
SELECT r.cluster, k.position, f.n FROM temp.custody_check k CROSS JOIN temp.custody_reach r ON r.kind = k.kind
  LEFT JOIN finding f ON f.check_id = k.check_id AND f.subject_key = r.object_key WHERE k.kind IN ('des', 'key', 'vault');
-- a population that is not known, somewhere that the cluster lies in or depends on
INSERT INTO temp.custody_part
SELECT r.cluster, k.position, f.n FROM temp.custody_check k CROSS JOIN finding f ON f.check_id = k.check_id
  CROSS JOIN temp.custody_reach r ON r.kind = 'scope' AND r.object_key = f.subject_key WHERE f.population_unknown;

-- Links. Worst first: fail, not assessed, then what holds; what does not apply counts only where nothing else does. A link
-- whose checks did not run is not assessed.
CREATE TEMP TABLE custody_worst(cluster INTEGER, position INTEGER, status TEXT, findings TEXT, PRIMARY KEY (cluster, position)) WITHOUT ROWID;
INSERT INTO temp.custody_worst
SELECT cluster, position,
       CASE min(rank) WHEN 0 THEN 'fail' WHEN 1 THEN 'not-assessed' WHEN 2 THEN 'pass' WHEN 3 THEN 'attested' ELSE 'not-applicable' END,
       coalesce(group_concat(id, ' '), '')
  FROM (SELECT DISTINCT p.cluster, p.position, f.id, f.n,
               CASE f.status WHEN 'fail' THEN 0 WHEN 'pass' THEN 2 WHEN 'attested' THEN 3 WHEN 'not-applicable' THEN 4 ELSE 1 END AS rank
          FROM temp.custody_part p LEFT JOIN finding f ON f.n = p.finding
         ORDER BY p.cluster, p.position, f.n)
 GROUP BY cluster, position;
DROP TABLE temp.custody_part;
DROP TABLE temp.custody_reach;

INSERT INTO custody_link
SELECT c.id_key, p.position, p.link,
       CASE WHEN w.status IS NOT NULL THEN w.status
            WHEN EXISTS (SELECT 1 FROM temp.custody_check k WHERE k.position = p.position) THEN 'not-applicable' ELSE 'not-assessed' END,
       coalesce(w.findings, '')
  FROM aks_cluster c CROSS JOIN temp.custody_place p LEFT JOIN temp.custody_worst w ON w.cluster = c.rowid AND w.position = p.position
 WHERE p.position <= 8 ORDER BY 1, 2;

INSERT INTO custody
SELECT c.id_key, c.id, coalesce(c.name, c.id),
       CASE l.rank WHEN 0 THEN 'fail' WHEN 2 THEN 'pass' ELSE 'not-assessed' END,
       CASE WHEN l.rank < 2 THEN (SELECT p.link FROM temp.custody_place p WHERE p.position = l.position) END,
       coalesce(w.status, 'not-assessed')
  FROM aks_cluster c
  JOIN (SELECT cluster_key, min(worst) / 10 AS rank, min(worst) % 10 AS position
          FROM (SELECT cluster_key, position + 10 * CASE status WHEN 'fail' THEN 0 WHEN 'not-assessed' THEN 1
                       WHEN 'not-applicable' THEN 3 ELSE 2 END AS worst FROM custody_link)
         GROUP BY cluster_key) l ON l.cluster_key = c.id_key
  LEFT JOIN temp.custody_worst w ON w.cluster = c.rowid AND w.position = 9
 ORDER BY 1;
DROP TABLE temp.custody_worst;
DROP TABLE temp.custody_check;
DROP TABLE temp.custody_place;

-- If this key were disabled: Azure refuses reads and writes of the disks about one hour later.
INSERT INTO key_impact
WITH used AS (SELECT k.key_id, u.des_key, u.des_id FROM key_use k JOIN used_des u ON u.des_key = k.user_key WHERE k.user_kind = 'des'),
pool_use AS (
  SELECT p.id, u.des_key FROM node_pool p JOIN des_use u ON u.cluster_key = p.cluster_key AND u.user_kind = 'cluster'
  UNION
  SELECT p.id, u.des_key FROM des_use u JOIN scale_set s ON s.id_key = u.user_key
    JOIN node_pool p ON p.cluster_key = u.cluster_key AND p.name = s.pool_name WHERE u.user_kind = 'scale-set'
  UNION
  SELECT p.id, u.des_key FROM des_use u JOIN virtual_machine v ON v.id_key = u.user_key
    JOIN node_pool p ON p.cluster_key = u.cluster_key AND p.name = v.pool_name WHERE u.user_kind = 'vm'
)
SELECT key_id, 'des' AS kind, des_id, NULL FROM used
UNION ALL
SELECT s.key_id, 'cluster', c.id, s.des_id FROM used s JOIN (SELECT DISTINCT des_key, cluster_key FROM des_use) u ON u.des_key = s.des_key
  JOIN aks_cluster c ON c.id_key = u.cluster_key
UNION ALL
SELECT s.key_id, 'pool', p.id, s.des_id FROM used s JOIN pool_use p ON p.des_key = s.des_key
UNION ALL
SELECT s.key_id, 'disk', d.id, s.des_id FROM used s
  JOIN (SELECT DISTINCT des_key, user_key FROM des_use WHERE user_kind = 'disk') u ON u.des_key = s.des_key JOIN disk d ON d.id_key = u.user_key
UNION ALL
SELECT key_id, 'etcd', user_id, NULL FROM key_use WHERE user_kind = 'etcd'
 ORDER BY 1, 2, 3, 4;
CREATE INDEX key_impact_key ON key_impact(key_id);
