-- Every test as it was performed.
SELECT check_id, code, title AS test, row_number() OVER (ORDER BY position) AS place, sha256, sql, needs, why, limits,
  coalesce(source, '') AS source
  FROM check_meta ORDER BY position
