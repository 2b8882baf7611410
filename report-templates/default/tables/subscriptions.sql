-- Declared and visible: each subscription in scope.
WITH lists AS (SELECT subscription_key, count(*) AS asked, sum(complete) AS complete FROM list_state WHERE subscription_key <> ''
  GROUP BY subscription_key)
SELECT coalesce(nullif(v.display_name, ''), 'name not read') AS name, s.subscription_id AS id,
       CASE s.declared_by WHEN 'option' THEN 'named in the command' ELSE 'visible to the caller' END AS declared,
       coalesce(v.state, 'not in the list of subscriptions') || CASE WHEN v.tenant_id <> (SELECT lower(tenant_id) FROM snapshot) THEN ', of another tenant: ' || v.tenant_id ELSE '' END AS state,
       f.status, CASE f.status WHEN 'pass' THEN 'complete, rights proven' WHEN 'fail' THEN 'does not hold'
         ELSE 'not proven' END AS words, f.id AS finding, CASE WHEN length(f.reason) > 150 THEN substr(f.reason, 1, 150) || '…'
         ELSE coalesce(f.reason, 'not tested') END AS reason,
       coalesce(l.complete, 0) || ' of ' || coalesce(l.asked, 0) AS lists
  FROM scope s
  LEFT JOIN subscription v ON v.subscription_id = s.subscription_id
  LEFT JOIN finding f ON f.check_id = 'collection-complete' AND f.subject_key = '/subscriptions/' || s.subscription_id
  LEFT JOIN lists l ON l.subscription_key = '/subscriptions/' || s.subscription_id
 ORDER BY CASE f.status WHEN 'fail' THEN 0 WHEN 'not-assessed' THEN 1 ELSE 2 END, name, id
