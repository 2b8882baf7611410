-- If this key were disabled: everything that depends on it.
SELECT replace(key_id, rtrim(key_id, replace(key_id, '/', '')), '') AS key, dependent_kind AS kind,
       replace(dependent_id, rtrim(dependent_id, replace(dependent_id, '/', '')), '') AS name, replace(coalesce(via, ''), rtrim(coalesce(via, ''), replace(coalesce(via, ''), '/', '')), '') AS via,
       dependent_id, key_id
  FROM key_impact
 ORDER BY key_id, CASE dependent_kind WHEN 'des' THEN 0 WHEN 'cluster' THEN 1 WHEN 'etcd' THEN 2 WHEN 'pool' THEN 3 ELSE 4 END,
          dependent_id, via
