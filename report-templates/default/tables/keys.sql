-- Keys in use: what they are, how old, when they expire, how they rotate.
WITH users AS (SELECT key_key, sum(user_kind = 'des') AS sets, sum(user_kind = 'etcd') AS etcd,
  min(CASE user_kind WHEN 'des' THEN user_id END) AS one
                 FROM key_use GROUP BY key_key),
used AS (SELECT key_key, min(created) AS created, count(DISTINCT version) AS versions, min(version) AS version,
  min(CASE WHEN exp > 0 THEN exp END) AS expires, min(exp) AS never FROM version_in_use GROUP BY key_key),
status AS (
  SELECT subject_key, CASE WHEN sum(status = 'fail') > 0 THEN 'fail' WHEN sum(status = 'not-assessed') > 0 THEN 'not-assessed'
    ELSE 'pass' END AS status
    FROM finding WHERE check_id IN ('key-strength', 'key-hsm', 'key-usable', 'key-expiry', 'key-rotation-policy', 'key-age')
      GROUP BY subject_key)
SELECT u.key_id AS subject, s.status,
       CASE WHEN k.id IS NULL THEN 'not read' ELSE coalesce(k.kty, 'type not told') ||
         CASE WHEN k.kty GLOB 'RSA*' AND k.bits > 0 THEN ' ' || k.bits WHEN coalesce(k.curve, '') <> '' THEN ' ' || k.curve
           ELSE '' END END AS kind,
       CASE k.enabled WHEN 1 THEN 'enabled' WHEN 0 THEN 'disabled' END AS enabled,
       CASE WHEN v.created > 0 THEN date(v.created, 'unixepoch') ELSE 'not known' END AS created,
       CASE WHEN v.created > 0 THEN ((CAST(strftime('%s', n.taken_at) AS INTEGER) - v.created) / 86400) || ' days' END AS age,
       CASE WHEN v.versions > 1 THEN v.versions || ' versions in use'
         ELSE substr(v.version, 1, 4) || '…' || substr(v.version, -2) END AS version,
       CASE WHEN v.expires > 0 THEN date(v.expires, 'unixepoch') WHEN v.never = 0 THEN 'never' ELSE 'not known' END AS expires,
       CASE WHEN r.policy_known = 1 AND r.rotates = 0 THEN 'no rotation' WHEN r.rotates = 1 THEN
         CASE WHEN r.time_after_create <> '' THEN r.time_after_create || ' after creation'
           WHEN r.time_before_expiry <> '' THEN r.time_before_expiry || ' before expiry'
              ELSE 'rotates' END ELSE 'not known' END AS rotation,
       trim(CASE w.sets WHEN 0 THEN '' WHEN 1 THEN '1 set' ELSE w.sets || ' sets' END || CASE w.etcd WHEN 0 THEN ''
         WHEN 1 THEN ', etcd of 1 cluster' ELSE ', etcd of ' || w.etcd || ' clusters' END, ', ') AS used_by
  FROM used_key u CROSS JOIN snapshot n
  LEFT JOIN crypto_key k ON k.id_key = u.key_key
  LEFT JOIN key_rotation_policy r ON r.key_key = u.key_key
  LEFT JOIN used v ON v.key_key = u.key_key
  LEFT JOIN users w ON w.key_key = u.key_key
  LEFT JOIN status s ON s.subject_key = u.key_key
 ORDER BY CASE s.status WHEN 'fail' THEN 0 WHEN 'not-assessed' THEN 1 ELSE 2 END, u.key_key
