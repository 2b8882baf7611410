-- Is this complete? What was read, what was not.
WITH g AS (SELECT count(*) AS n FROM gap),
     v AS (SELECT coalesce(sum(status = 'pass'), 0) AS proven, count(*) AS n FROM finding WHERE check_id = 'collection-complete')
SELECT CASE WHEN g.n = 0 AND v.proven = v.n AND v.n > 0 THEN 'Is this complete? As far as can be shown, yes. '
            ELSE 'Is this complete? No. ' END
  || printf('%d %s declared, %d shown to be visible to the account that read them. ',
            (SELECT count(*) FROM scope), CASE (SELECT count(*) FROM scope) WHEN 1 THEN 'subscription' ELSE 'subscriptions' END, v.proven)
  || printf('Read: %d clusters, %d node pools, %d disks in scope, %d vaults used, %d keys used. ',
            (SELECT count(*) FROM aks_cluster), (SELECT count(*) FROM node_pool), (SELECT count(*) FROM in_scope_disk),
            (SELECT count(*) FROM used_vault), (SELECT count(*) FROM used_key))
  || CASE g.n WHEN 0 THEN 'Nothing that was asked for was refused.' WHEN 1 THEN '1 thing could not be read: sheet Gaps.'
              ELSE printf('%d things could not be read: sheet Gaps.', g.n) END
  || CASE s.source WHEN 'recording' THEN ' The answers come from a recording.' ELSE '' END AS complete
  FROM g, v, snapshot s
