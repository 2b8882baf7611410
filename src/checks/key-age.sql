-- check: key-age
-- id: KEY-06
-- order: 18
-- title: The version of the key in use is no older than its cryptoperiod
-- severity: medium
-- basis: good-practice
-- link: rotation
-- kind: key
-- needs: subscription, aks_cluster, scale_set, virtual_machine, disk, disk_encryption_set_list, disk_encryption_set, vault,
--   managed_hsm, deleted_vault, crypto_key, vault_key, key_version, vault_key_version
-- threshold: cryptoperiod
-- why: A rotated key protects nothing new while a disk encryption set still uses the old version. So what counts is the age of the version
--   that each set and each etcd uses, not that of the newest.
-- limits: The age on the day of the snapshot. A new version wraps the keys of the disks anew; their data is not encrypted anew.
-- remedy: az keyvault key rotate --subscription {subscription} --vault-name {parent} --name {name}
--   then, for a set without automatic rotation: az disk-encryption-set update --ids SET-ID --key-url KEY-URL --enable-auto-key-rotation true
-- danger: Leave the old version enabled until every disk has taken up the new one; nodes with ephemeral OS disks take it up only when they are
--   made anew.
-- source: https://learn.microsoft.com/azure/virtual-machines/disk-encryption#automatic-key-rotation-of-customer-managed-keys
--   Azure Policy c26e4b24-cf98-4c67-b48b-5a25c4c69eb9 makes a similar test of versions, used or not.

WITH wanted AS MATERIALIZED (
  SELECT unixepoch(s.taken_at) AS taken, t.value AS period, t.words, d.months, d.days, d.seconds
  FROM snapshot s LEFT JOIN threshold t ON t.name = 'cryptoperiod' LEFT JOIN iso_duration d ON d.raw = t.value
),
user AS (SELECT u.*, w.*, datetime(u.created, 'unixepoch') AS born FROM version_in_use u CROSS JOIN wanted w),
dated AS (
  SELECT *, unixepoch(min(date(born, months || ' months'), date(born, 'start of month', (months + 1) || ' months', '-1 day')) || ' ' || time(born),
    days || ' days', seconds || ' seconds') AS until
  FROM user
),
judged AS (
  SELECT *, CASE WHEN state <> 'read' OR created > taken + 86400 THEN 'not-assessed' WHEN until < taken THEN 'fail' WHEN until >= taken THEN 'pass' ELSE 'not-assessed' END AS status
  FROM dated
),
ordered AS (
  SELECT *, count(*) OVER (PARTITION BY key_key) AS users, row_number() OVER (PARTITION BY key_key ORDER BY
    CASE status WHEN 'fail' THEN 0 WHEN 'not-assessed' THEN 1 ELSE 2 END, created, user_kind, user_key) AS place
  FROM judged
),
seen AS (
  SELECT s.key_id, s.state AS key_state, s.reason AS key_reason, s.evidence AS key_evidence, o.*
  FROM key_state s LEFT JOIN ordered o ON o.key_key = s.key_key AND o.place = 1
)
SELECT key_id AS subject,
  CASE WHEN key_state = 'gone' THEN 'not-assessed' WHEN status = 'fail' THEN 'fail' WHEN key_state = 'read' AND status = 'pass' THEN 'pass' ELSE 'not-assessed' END AS status,
  CASE WHEN key_state <> 'gone' AND state = 'read' AND born IS NOT NULL THEN 'version ' || coalesce(version, '(the current one)') || ', in use by '
    || CASE user_kind WHEN 'etcd' THEN 'etcd of the cluster ' ELSE 'the disk encryption set ' END || user_name || ', was created ' || strftime('%Y-%m-%dT%H:%M:%SZ', created, 'unixepoch')
    || CASE WHEN created <= taken THEN ', ' || ((taken - created) / 86400) || ' days before the snapshot' ELSE '' END
    || CASE WHEN users > 1 THEN '; users of the key: ' || users || ', this one has the oldest version' ELSE '' END END AS observed,
  (SELECT 'the version in use was created at most ' || period || ' before the snapshot ' || words FROM wanted) AS expected,
  CASE WHEN key_state = 'gone' THEN key_reason
    WHEN status = 'fail' THEN 'its cryptoperiod ended ' || strftime('%Y-%m-%dT%H:%M:%SZ', until, 'unixepoch')
    WHEN key_state = 'unread' THEN key_reason WHEN state <> 'read' THEN reason
    WHEN status IS NULL THEN 'which version of the key is in use is not known'
    WHEN status = 'not-assessed' AND created > taken + 86400 THEN 'it is said to have been created after the snapshot'
    WHEN status = 'not-assessed' AND months IS NULL THEN 'the threshold cryptoperiod is not a duration that can be counted'
    WHEN status = 'not-assessed' THEN 'when the version in use was created is not known' END AS reason,
  NULL AS "limit",
  CASE WHEN key_state = 'gone' OR coalesce(evidence, '') = '' THEN key_evidence ELSE evidence END AS evidence
FROM seen
UNION ALL SELECT scope, 'not-assessed', NULL, NULL, 'population not known: ' || reason, NULL, evidence FROM unknown_population WHERE kind = 'key'
UNION ALL SELECT scope, 'not-applicable', NULL, NULL, 'none found in scope', NULL, NULL FROM empty_population WHERE kind = 'key'
ORDER BY subject;
