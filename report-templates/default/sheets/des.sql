-- Disk encryption sets that something in scope names, read or not.
WITH place AS MATERIALIZED (SELECT n, row_number() OVER (ORDER BY n) AS row FROM exchange),
status AS MATERIALIZED (
  SELECT subject_key, max(CASE check_id WHEN 'des-healthy' THEN status END) AS healthy,
         max(CASE check_id WHEN 'des-auto-rotation' THEN status END) AS rotation,
         max(CASE check_id WHEN 'des-current-key-version' THEN status END) AS version,
         max(CASE check_id WHEN 'des-identity-least-privilege' THEN status END) AS identity
    FROM finding WHERE check_id IN ('des-healthy', 'des-auto-rotation', 'des-current-key-version', 'des-identity-least-privilege')
   GROUP BY subject_key)
SELECT coalesce(d.name, u.des_id) AS name,
       coalesce(s.healthy, '') AS healthy_status, coalesce(s.rotation, '') AS rotation_status,
       coalesce(s.version, '') AS version_status, coalesce(s.identity, '') AS identity_status,
       d.encryption_type, d.key_url, CASE d.auto_rotation WHEN 1 THEN 'yes' WHEN 0 THEN 'no' END AS auto_rotation,
       d.last_rotation, d.rotation_error, d.identity_type, d.location, d.provisioning_state, u.des_id AS id,
       CASE WHEN d.src IS NULL THEN '' ELSE printf('E-%04d', d.src) END AS evidence, place.row AS evidence_row
  FROM used_des u
  LEFT JOIN disk_encryption_set d ON d.id_key = u.des_key
  LEFT JOIN status s ON s.subject_key = u.des_key
  LEFT JOIN place ON place.n = d.src
 ORDER BY 1, u.des_key
