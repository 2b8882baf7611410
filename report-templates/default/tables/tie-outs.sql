-- The same thing counted in two ways.
WITH roster AS (SELECT count(DISTINCT name) AS n FROM mg_descendant
  WHERE lower(type) GLOB '*/subscriptions' OR type = '/subscriptions'),
pool AS (
  SELECT count(*) AS n, coalesce(sum(EXISTS (SELECT 1 FROM scale_set s WHERE s.rg_key = c.node_rg_key AND s.pool_name = p.name)),
    0) AS met
    FROM node_pool p JOIN aks_cluster c ON c.id_key = p.cluster_key
   WHERE p.pool_type IN ('', 'VirtualMachineScaleSets') AND coalesce(c.hosted_system, 0) = 0),
row(position, what, one, other, first, second) AS (
  SELECT 1, 'Subscriptions', 'declared', 'of them in Azure''s list of subscriptions', (SELECT count(*) FROM scope),
         (SELECT count(*) FROM scope s JOIN subscription v ON v.subscription_id = s.subscription_id)
  UNION ALL SELECT 2, 'Subscriptions', 'in the rosters of management groups', 'of them declared', roster.n,
         (SELECT count(DISTINCT d.name) FROM mg_descendant d JOIN scope s ON s.subscription_id = d.name) FROM roster
           WHERE roster.n > 0
  UNION ALL SELECT 3, 'Node pools', 'on scale sets, as the clusters list them', 'of them with a scale set in the node resource group',
    pool.n, pool.met FROM pool
  UNION ALL SELECT 4, 'Disk encryption sets', 'named by clusters, scale sets and disks', 'of them read', count(*),
    coalesce(sum(state = 'read'), 0) FROM des_state
  UNION ALL SELECT 5, 'Vaults and HSMs', 'that hold a key in use', 'of them read', count(*), coalesce(sum(state = 'read'), 0)
    FROM vault_state
  UNION ALL SELECT 6, 'Keys', 'named by disk encryption sets and etcd', 'of them read', count(*), coalesce(sum(state = 'read'), 0)
    FROM key_state
  UNION ALL SELECT 7, 'Answers', 'kept', 'of them readable as facts', count(*), coalesce(sum(usable), 0) FROM exchange)
SELECT what, one, other, first, second, CASE WHEN first = second THEN 'pass' ELSE 'not-assessed' END AS status,
       CASE WHEN first = second THEN 'agree' ELSE abs(first - second) || ' apart' END AS words
  FROM row ORDER BY position
