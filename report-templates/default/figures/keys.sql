-- How old the keys in use are: the version that each disk encryption set or etcd uses, worst first.
WITH used AS (
  SELECT k.key_key, min(coalesce(v.created, CASE WHEN k.key_version = '' THEN c.created END)) AS start,
         max(CASE WHEN x.last_rotation <> '' THEN CAST(strftime('%s', x.last_rotation) AS INTEGER) END) AS adopted,
         min(CASE WHEN coalesce(v.exp, c.exp) > 0 THEN coalesce(v.exp, c.exp) END) AS expires
    FROM key_use k
    LEFT JOIN crypto_key c ON c.id_key = k.key_key
    LEFT JOIN key_version v ON v.key_key = k.key_key AND v.version = k.key_version
    LEFT JOIN disk_encryption_set x ON k.user_kind = 'des' AND x.id_key = k.user_key
   GROUP BY k.key_key),
span AS (SELECT d.months, d.days, p.value FROM policy p JOIN iso_duration d ON d.raw = p.value WHERE p.name = 'cryptoperiod'),
earlier AS (
  SELECT v.key_key, group_concat(v.created, ' ') AS list, count(*) AS n
    FROM (SELECT v.key_key, v.created FROM key_version v JOIN used u ON u.key_key = v.key_key
      WHERE v.created < u.start ORDER BY v.key_key, v.created) v
   GROUP BY v.key_key),
newer AS (SELECT v.key_key, max(v.created) AS at FROM key_version v JOIN used u ON u.key_key = v.key_key WHERE v.created > u.start
  GROUP BY v.key_key)
SELECT coalesce(c.name, replace(u.key_id, rtrim(u.key_id, replace(u.key_id, '/', '')), '')) AS key,
       coalesce(v.name, h.name, substr(u.key_id, 9, instr(substr(u.key_id, 9), '.') - 1)) AS detail, s.start,
         CAST(strftime('%s', n.taken_at) AS INTEGER) AS now,
       CASE WHEN s.start IS NOT NULL THEN CAST(strftime('%s', min(date(s.start, 'unixepoch', '+' || span.months || ' months'),
         date(s.start, 'unixepoch', 'start of month', '+' || (span.months + 1) || ' months', '-1 day')), '+' || span.days ||
           ' days') AS INTEGER) END AS "limit",
       s.expires, e.list AS earlier, w.at AS newer, CASE WHEN s.adopted >= s.start THEN s.adopted END AS adopted, f.status,
       CASE WHEN s.start IS NULL THEN coalesce(f.reason, 'the version in use was not read')
            ELSE 'version of ' || date(s.start, 'unixepoch') || ', ' ||
              ((CAST(strftime('%s', n.taken_at) AS INTEGER) - s.start) / 86400) || ' days' ||
              CASE WHEN w.at IS NULL THEN '' ELSE '; a newer version exists since ' || date(w.at, 'unixepoch') END ||
              CASE WHEN s.expires IS NULL THEN '' ELSE '; expires ' || date(s.expires, 'unixepoch') END END AS words
  FROM used_key u CROSS JOIN snapshot n
  LEFT JOIN span ON 1
  LEFT JOIN used s ON s.key_key = u.key_key
  LEFT JOIN crypto_key c ON c.id_key = u.key_key
  LEFT JOIN vault v ON v.id_key = u.vault_key
  LEFT JOIN managed_hsm h ON h.id_key = u.vault_key
  LEFT JOIN earlier e ON e.key_key = u.key_key
  LEFT JOIN newer w ON w.key_key = u.key_key
  LEFT JOIN finding f ON f.check_id = 'key-age' AND f.subject_key = u.key_key
 ORDER BY CASE f.status WHEN 'fail' THEN 0 WHEN 'not-assessed' THEN 1 ELSE 2 END, s.start, u.key_key
