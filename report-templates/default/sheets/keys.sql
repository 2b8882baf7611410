-- Keys in use, read or not.
WITH place AS MATERIALIZED (SELECT n, row_number() OVER (ORDER BY n) AS row FROM exchange),
status AS MATERIALIZED (
  SELECT subject_key, max(CASE check_id WHEN 'key-strength' THEN status END) AS strength,
         max(CASE check_id WHEN 'key-hsm' THEN status END) AS hsm, max(CASE check_id WHEN 'key-usable' THEN status END) AS usable,
         max(CASE check_id WHEN 'key-expiry' THEN status END) AS expiry,
         max(CASE check_id WHEN 'key-rotation-policy' THEN status END) AS policy, max(CASE check_id WHEN 'key-age' THEN status END) AS age
    FROM finding WHERE check_id IN ('key-strength', 'key-hsm', 'key-usable', 'key-expiry', 'key-rotation-policy', 'key-age')
   GROUP BY subject_key),
versions AS MATERIALIZED (SELECT key_key, count(*) AS n FROM key_version GROUP BY key_key)
SELECT coalesce(k.name, u.key_id) AS name,
       coalesce(v.name, h.name, uv.vault_id) AS vault,
       coalesce(s.strength, '') AS strength_status, coalesce(s.hsm, '') AS hsm_status, coalesce(s.usable, '') AS usable_status,
       coalesce(s.expiry, '') AS expiry_status, coalesce(s.policy, '') AS policy_status, coalesce(s.age, '') AS age_status,
       k.kty, CASE WHEN k.kty LIKE 'EC%' THEN '' ELSE k.bits END AS bits,
       CASE WHEN json_valid(k.key_ops) THEN (SELECT group_concat(value, ', ') FROM json_each(k.key_ops)) END AS operations,
       CASE k.enabled WHEN 1 THEN 'yes' WHEN 0 THEN 'no' END AS enabled,
       strftime('%Y-%m-%dT%H:%M:%SZ', k.created, 'unixepoch') AS created,
       CASE WHEN k.exp = 0 THEN '' ELSE strftime('%Y-%m-%dT%H:%M:%SZ', k.exp, 'unixepoch') END AS expires,
       CASE r.rotates WHEN 1 THEN 'yes' WHEN 0 THEN 'no' END AS rotates, r.time_after_create AS rotate_after,
       coalesce(n.n, 0) AS versions, k.current_version, u.key_id AS id,
       CASE WHEN k.src IS NULL THEN '' ELSE printf('E-%04d', k.src) END AS evidence, place.row AS evidence_row
  FROM used_key u
  LEFT JOIN crypto_key k ON k.id_key = u.key_key
  LEFT JOIN used_vault uv ON uv.vault_key = u.vault_key
  LEFT JOIN vault v ON v.id_key = u.vault_key
  LEFT JOIN managed_hsm h ON h.id_key = u.vault_key
  LEFT JOIN key_rotation_policy r ON r.key_key = u.key_key
  LEFT JOIN versions n ON n.key_key = u.key_key
  LEFT JOIN status s ON s.subject_key = u.key_key
  LEFT JOIN place ON place.n = k.src
 ORDER BY 1, u.key_key
