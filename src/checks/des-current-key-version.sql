-- check: des-current-key-version
-- id: DES-03
-- order: 9
-- title: The disk encryption set uses the newest enabled version of its key
-- severity: medium
-- basis: good-practice
-- link: rotation
-- kind: des
-- needs: subscription, aks_cluster, scale_set, virtual_machine, disk, disk_encryption_set_list, disk_encryption_set, vault,
--   managed_hsm, deleted_vault, crypto_key, vault_key, key_version, vault_key_version
-- threshold: adoption-grace
-- why: A key that was rotated in the vault protects nothing new until the disk encryption set uses the new version. This compares
--   the two.
-- limits: The version that the set names is compared, not the one that wraps each disk; nodes with ephemeral OS disks keep the old
--   version until they are reimaged. Data on disk is not encrypted again by a rotation.
-- remedy: Let the set follow, or give it the newest version; then reimage pools with ephemeral OS disks (the set does not name them):
--   az disk-encryption-set update --resource-group {group} --name {name} --enable-auto-key-rotation true
--   az disk-encryption-set update --resource-group {group} --name {name} --key-url NEWEST-KEY-URL --source-vault VAULT-ID
--   az aks nodepool upgrade --resource-group CLUSTER-GROUP --cluster-name CLUSTER --name POOL --node-image-only
-- danger: Keep the old version enabled until all disks are wrapped anew: disabled earlier, it stops them. Reimaging evicts pods.
-- source: https://learn.microsoft.com/azure/virtual-machines/disk-encryption#automatic-key-rotation-of-customer-managed-keys
WITH grace AS (
  SELECT max(t.value) AS value, max(t.words) AS words, max(i.months) AS months, max(i.days) AS days, max(i.seconds) AS seconds,
    max((SELECT unixepoch(taken_at) FROM snapshot)) AS taken
  FROM threshold t LEFT JOIN iso_duration i ON i.raw = t.value WHERE t.name = 'adoption-grace'
),
-- newest: time of the newest enabled version; odd: versions of which that cannot be told
version AS (
  SELECT key_key, count(*) AS total, sum(enabled IS NULL OR created IS NULL) AS odd, max(CASE enabled WHEN 1 THEN created END) AS newest
  FROM key_version GROUP BY key_key
),
newest AS (
  SELECT v.key_key, min(v.version) AS name, min(v.src || '#' || v.ptr) AS evidence
  FROM key_version v JOIN version n ON n.key_key = v.key_key AND v.created = n.newest WHERE v.enabled = 1 GROUP BY v.key_key
),
-- the first enabled version after the one in use
overdue AS (
  SELECT u.user_key, min(v.created) AS since FROM version_in_use u JOIN key_version v ON v.key_key = u.key_key AND v.created > u.created
  WHERE u.user_kind = 'des' AND v.enabled = 1 GROUP BY u.user_key
),
item AS (
  SELECT s.des_id, s.des_key, s.state, s.reason AS why, s.evidence AS des_evidence, d.key_url, d.auto_rotation, d.rotation_error, d.previous_keys,
    u.key_key, u.version, u.pinned, u.state AS version_state, u.reason AS version_why, u.enabled, u.created, u.evidence AS version_evidence,
    k.versions_read, k.state AS key_state, k.reason AS key_why, l.reason AS list_why, v.total, v.odd, v.newest, n.name AS newest_name, n.evidence AS newest_evidence, o.since,
    g.value, g.words, g.taken,
    unixepoch(min(date(o.since, 'unixepoch', g.months || ' months'), date(o.since, 'unixepoch', 'start of month', (g.months + 1) || ' months', '-1 day'))
      || ' ' || time(o.since, 'unixepoch'), g.days || ' days', g.seconds || ' seconds') AS deadline
  FROM des_state s CROSS JOIN grace g
  LEFT JOIN disk_encryption_set d ON d.id_key = s.des_key AND s.state = 'read'
  LEFT JOIN version_in_use u ON u.user_kind = 'des' AND u.user_key = d.id_key
  LEFT JOIN key_state k ON k.key_key = u.key_key
  LEFT JOIN list_state l ON l.resource = 'key_version' AND l.subject_key = u.key_key
  LEFT JOIN version v ON v.key_key = u.key_key
  LEFT JOIN newest n ON n.key_key = u.key_key
  LEFT JOIN overdue o ON o.user_key = d.id_key
),
judged AS (
  SELECT *,
    CASE WHEN state = 'gone' THEN 'not-applicable'
      WHEN state = 'unread' OR key_key IS NULL OR coalesce(versions_read, 0) = 0 THEN 'not-assessed'
      WHEN pinned = 0 THEN CASE WHEN total = 1 THEN 'not-applicable' WHEN auto_rotation = 1 AND rotation_error = '' AND odd = 0 THEN 'pass' ELSE 'not-assessed' END
      WHEN version_state <> 'read' THEN 'not-assessed'
      WHEN total = 1 THEN 'not-applicable'
      WHEN enabled = 0 THEN 'fail'
      WHEN taken > deadline THEN 'fail'
      WHEN enabled IS NULL OR created IS NULL OR odd > 0 THEN 'not-assessed'
      WHEN since IS NULL OR taken <= deadline THEN 'pass'
      ELSE 'not-assessed' END AS status
  FROM item
)
SELECT subject, status, observed, expected, reason, "limit", evidence FROM (
  SELECT des_id AS subject, status,
    CASE WHEN key_key IS NOT NULL THEN CASE pinned WHEN 1 THEN 'version ' || version || CASE enabled WHEN 0 THEN ' (disabled)' ELSE '' END
        || coalesce(', created ' || strftime('%Y-%m-%dT%H:%M:%SZ', created, 'unixepoch'), '') ELSE 'the key URL names no version' END
      || CASE WHEN versions_read = 1 THEN '; newest enabled version ' || coalesce(newest_name || ', created ' || strftime('%Y-%m-%dT%H:%M:%SZ', newest, 'unixepoch'), 'none')
        || ' (of ' || total || ')' ELSE '' END END AS observed,
    'the newest enabled version of the key; a newer one may stand unused for ' || coalesce(value || ' ' || words, 'no time') AS expected,
    CASE status WHEN 'pass' THEN CASE WHEN pinned = 0 THEN 'the set follows the current version of the key' WHEN since IS NOT NULL THEN 'a newer version is not older than ' || value
        ELSE 'the set uses the newest enabled version' END
      WHEN 'fail' THEN CASE WHEN enabled = 0 THEN 'the version that the set uses is disabled' || CASE WHEN newest IS NULL THEN ', and no version is enabled' ELSE '' END
        ELSE 'the set uses version ' || version || ' although a newer enabled version has been there since ' || strftime('%Y-%m-%dT%H:%M:%SZ', since, 'unixepoch') END
      WHEN 'not-applicable' THEN CASE state WHEN 'gone' THEN why || '; des-healthy fails for it' ELSE 'the key has a single version' END
      ELSE CASE WHEN state = 'unread' THEN why
        WHEN key_key IS NULL THEN CASE WHEN key_url = '' THEN 'the set has no active key' WHEN key_url IS NULL THEN 'activeKey.keyUrl was not returned in a readable form' ELSE 'activeKey.keyUrl is not the URL of a key: ' || key_url END
        WHEN coalesce(versions_read, 0) = 0 THEN 'the versions of the key were not read to their end: ' || coalesce(CASE WHEN key_state <> 'read' THEN key_why END, list_why, 'the list does not hold the current version')
        WHEN pinned = 0 AND odd = 0 THEN 'the key URL names no version, and the set is not seen to follow new ones'
        WHEN pinned = 1 AND version_state <> 'read' THEN version_why
        WHEN pinned = 1 AND (enabled IS NULL OR created IS NULL) THEN 'whether version ' || version || ' is enabled and when it was created is not known'
        WHEN odd > 0 THEN 'of ' || odd || ' of ' || total || ' versions it is not known whether they are enabled or when they were created'
        ELSE 'adoption-grace ' || coalesce(value, 'is missing, so it') || ' is no duration that can be compared with' END END AS reason,
    CASE status WHEN 'pass' THEN nullif(CASE WHEN pinned = 0 THEN 'the key URL names no version: which one the set uses is not shown' WHEN since IS NOT NULL
        THEN 'a newer version was created at ' || strftime('%Y-%m-%dT%H:%M:%SZ', since, 'unixepoch') || ' and is not in use yet' ELSE '' END
      || CASE WHEN previous_keys = 0 THEN '' ELSE CASE WHEN pinned = 0 OR since IS NOT NULL THEN '; ' ELSE '' END
        || CASE WHEN previous_keys > 0 THEN 'a rotation is running: previousKeys holds ' || previous_keys ELSE 'whether a rotation is running is not known' END END, '') END AS "limit",
    nullif(trim(coalesce(version_evidence, des_evidence, '') || CASE WHEN versions_read = 1 AND newest_name <> coalesce(version, '') THEN ' ' || newest_evidence ELSE '' END), '') AS evidence
  FROM judged
  UNION ALL
  SELECT scope, 'not-assessed', NULL, NULL, 'population not known: ' || reason, NULL, evidence FROM unknown_population WHERE kind = 'des'
  UNION ALL
  SELECT scope, 'not-applicable', NULL, NULL, 'none found in scope', NULL, NULL FROM empty_population WHERE kind = 'des'
)
ORDER BY subject;
