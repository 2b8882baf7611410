-- Disks in scope; those that fail first.
WITH place AS MATERIALIZED (SELECT n, row_number() OVER (ORDER BY n) AS row FROM exchange),
cmk AS MATERIALIZED (SELECT subject_key, status FROM finding WHERE check_id = 'disk-cmk'),
encrypted AS MATERIALIZED (SELECT subject_key, status FROM finding WHERE check_id = 'disk-encrypted')
SELECT d.name, coalesce(k.status, '') AS cmk_status, coalesce(e.status, '') AS encrypted_status, d.encryption_type,
       CASE WHEN coalesce(d.pvc_name, '') = '' THEN '' ELSE coalesce(d.pvc_namespace, '') || '/' || d.pvc_name END AS pvc,
       d.disk_state, d.size_gb, d.os_type, d.location, d.des_id AS des,
       d.managed_by AS managed_by, d.id,
       printf('E-%04d', d.src) AS evidence, place.row AS evidence_row
  FROM in_scope_disk i
  JOIN disk d ON d.id_key = i.disk_key
  LEFT JOIN cmk k ON k.subject_key = d.id_key
  LEFT JOIN encrypted e ON e.subject_key = d.id_key
  LEFT JOIN place ON place.n = d.src
 ORDER BY CASE k.status WHEN 'fail' THEN 0 WHEN 'not-assessed' THEN 1 ELSE 2 END, d.name, d.id
