-- Disk encryption sets in use: which key and version they hold, and whether they follow it.
WITH status AS (
  SELECT subject_key, CASE WHEN sum(status = 'fail') > 0 THEN 'fail' WHEN sum(status = 'not-assessed') > 0 THEN 'not-assessed'
    ELSE 'pass' END AS status
    FROM finding WHERE check_id IN ('des-healthy', 'des-auto-rotation', 'des-current-key-version', 'des-identity-least-privilege')
      GROUP BY subject_key),
users AS (SELECT des_key, count(DISTINCT CASE WHEN cluster_key <> '' THEN cluster_key END) AS clusters FROM des_use GROUP BY des_key)
SELECT u.des_id AS subject, s.status, CASE x.state WHEN 'read' THEN d.key_name WHEN 'gone' THEN 'the set is gone'
  ELSE 'not read' END AS key,
       CASE WHEN v.version IS NULL THEN NULL ELSE substr(v.version, 1, 4) || '…' || substr(v.version, -2) END AS version,
       CASE v.current WHEN 1 THEN 'the newest' WHEN 0 THEN 'not the newest' END AS current,
       CASE d.auto_rotation WHEN 1 THEN 'yes' WHEN 0 THEN 'no' ELSE 'not known' END AS follows,
       CASE WHEN coalesce(d.last_rotation, '') = '' THEN '' ELSE substr(d.last_rotation, 1, 10) END AS rotated,
       CASE WHEN coalesce(d.rotation_error, '') = '' THEN '' ELSE 'error: ' || d.rotation_error END AS error,
         coalesce(w.clusters, 0) AS clusters
  FROM used_des u
  LEFT JOIN des_state x ON x.des_key = u.des_key
  LEFT JOIN disk_encryption_set d ON d.id_key = u.des_key
  LEFT JOIN version_in_use v ON v.user_kind = 'des' AND v.user_key = u.des_key
  LEFT JOIN users w ON w.des_key = u.des_key
  LEFT JOIN status s ON s.subject_key = u.des_key
 ORDER BY CASE s.status WHEN 'fail' THEN 0 WHEN 'not-assessed' THEN 1 ELSE 2 END, u.des_key
