-- Populations that are not known; what follows from one and the same answer stands in one row.
WITH word(kind, position, words) AS (VALUES ('cluster', 1, 'clusters'), ('pool', 2, 'node pools'), ('scale-set', 3, 'scale sets'),
  ('disk', 4, 'disks'),
  ('des', 5, 'disk encryption sets'), ('vault', 6, 'vaults'), ('key', 7, 'keys')),
one AS (SELECT u.scope_key, u.reason, u.scope, u.evidence, coalesce(w.position, 9) AS position, coalesce(w.words, u.kind) AS words
          FROM unknown_population u LEFT JOIN word w ON w.kind = u.kind ORDER BY u.scope_key, u.reason, 5)
SELECT group_concat(words, ', ') AS kinds, min(scope) AS scope, CASE scope_key WHEN '' THEN 'the tenant' END AS tenant, reason,
       CASE WHEN CAST(min(evidence) AS INTEGER) > 0 THEN printf('E-%04d', CAST(min(evidence) AS INTEGER)) END AS ref
  FROM one GROUP BY scope_key, reason ORDER BY min(position), scope_key, reason
