-- Is this complete? Each part as printed; what is missing stands in a part of its own.
WITH sub AS (
  SELECT (SELECT count(*) FROM scope) AS declared, count(*) AS judged, coalesce(sum(status = 'pass'), 0) AS proven FROM finding
   WHERE check_id = 'collection-complete'),
lost AS (SELECT count(DISTINCT CASE kind WHEN 'cluster' THEN scope_key END) AS cluster,
  count(DISTINCT CASE kind WHEN 'pool' THEN scope_key END) AS pool,
                count(DISTINCT CASE kind WHEN 'disk' THEN scope_key END) AS disk FROM unknown_population),
des AS (SELECT count(*) AS n, coalesce(sum(state <> 'unread'), 0) AS read FROM des_state),
vault AS (SELECT count(*) AS n, coalesce(sum(state <> 'unread'), 0) AS read FROM vault_state),
key AS (SELECT count(*) AS n, coalesce(sum(state <> 'unread'), 0) AS read FROM key_state),
gaps AS (SELECT count(*) AS n FROM gap)
SELECT sub.proven || ' of ' || sub.declared || CASE sub.declared WHEN 1 THEN ' subscription' ELSE ' subscriptions' END ||
  ' read, rights proven' AS subscriptions,
       CASE WHEN sub.proven < sub.declared THEN ', ' || (sub.declared - sub.proven) ||
         ' not shown to be complete' END AS subscriptions_lost,
       (SELECT count(*) FROM aks_cluster) || CASE (SELECT count(*) FROM aks_cluster) WHEN 1 THEN ' cluster'
         ELSE ' clusters' END AS clusters,
       CASE WHEN lost.cluster > 0 THEN ', population not known' END AS clusters_lost,
       (SELECT count(*) FROM node_pool) || ' node pools' AS pools,
       CASE WHEN lost.pool > lost.cluster THEN ', population not known' END AS pools_lost,
       (SELECT count(DISTINCT disk_key) FROM in_scope_disk) || ' disks' AS disks,
       CASE WHEN lost.disk > lost.cluster THEN ', population not known' END AS disks_lost,
       des.read || ' of ' || des.n || ' disk encryption sets' AS sets,
       CASE WHEN des.read < des.n THEN ', ' || (des.n - des.read) || ' not readable' END AS sets_lost,
       vault.read || ' of ' || vault.n || CASE vault.n WHEN 1 THEN ' vault' ELSE ' vaults' END AS vaults,
       CASE WHEN vault.read < vault.n THEN ', ' || (vault.n - vault.read) || ' not readable' END AS vaults_lost,
       key.read || ' of ' || key.n || CASE key.n WHEN 1 THEN ' key' ELSE ' keys' END AS keys,
       CASE WHEN key.read < key.n THEN ', ' || (key.n - key.read) || ' not readable' END AS keys_lost,
       CASE gaps.n WHEN 0 THEN 'nothing that was asked for was refused' END AS answered,
       CASE gaps.n WHEN 0 THEN NULL WHEN 1 THEN '1 request refused or failed'
         ELSE gaps.n || ' requests refused or failed' END AS refused
  FROM sub, lost, des, vault, key, gaps
