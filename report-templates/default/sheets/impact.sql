-- If this key were disabled: everything that depends on it.
SELECT key_id AS key, dependent_kind AS kind,
       dependent_id AS name, coalesce(via, '') AS via,
       dependent_id, key_id
  FROM key_impact
 ORDER BY key_id, CASE dependent_kind WHEN 'des' THEN 0 WHEN 'cluster' THEN 1 WHEN 'etcd' THEN 2 WHEN 'pool' THEN 3 ELSE 4 END,
          dependent_id, via
