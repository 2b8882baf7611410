-- The snapshots of the store, oldest first, each with the hash of the one before it.
SELECT position, id, taken_at, file, sha256, coalesce(previous_sha256, '') AS previous, CASE signed WHEN 1 THEN 'sealed'
  ELSE 'hashed' END AS seal,
       CASE WHEN sha256 = :snapshot_sha256 THEN 'this report' ELSE '' END AS here
  FROM report_chain ORDER BY position
