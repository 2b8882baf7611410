-- check: key-usable
-- id: KEY-03
-- order: 15
-- title: The version of the key in use can be used
-- severity: critical
-- basis: good-practice
-- link: key
-- kind: key
-- needs: subscription, aks_cluster, scale_set, virtual_machine, disk, disk_encryption_set_list, disk_encryption_set, vault,
--   managed_hsm, deleted_vault, crypto_key, vault_key, key_version, vault_key_version
-- threshold: key-expiry-warning
-- why: When the version in use is disabled, expired or deleted, the disks stop answering about one hour later and their machines shut down.
-- limits: The state on the day of the snapshot. That a set can reach its key (rights, network) is shown by other tests or not at all.
-- remedy: Disabled: az keyvault key set-attributes --subscription {subscription} --vault-name {parent} --name {name} --version VERSION --enabled true
--   Expired or about to: az keyvault key rotate --subscription {subscription} --vault-name {parent} --name {name}, then see that every disk
--   encryption set takes the new version up: az disk-encryption-set update --ids SET-ID --key-url KEY-URL --enable-auto-key-rotation true
--   Deleted: az keyvault key recover --subscription {subscription} --vault-name {parent} --name {name}
-- danger: Before re-enabling a key ask why it was disabled: after a suspected compromise Microsoft advises to contain, replace and migrate
--   first. Moving the expiry of a version forward keeps disks alive and is no rotation.
-- source: https://learn.microsoft.com/azure/virtual-machines/disk-encryption
--   After the key is disabled, deleted or expired, input and output fail about one hour later and the machines shut down.

WITH at AS (
  SELECT unixepoch(s.taken_at) AS taken, t.value AS warning, t.words,
    unixepoch(min(date(s.taken_at, d.months || ' months'), date(s.taken_at, 'start of month', (d.months + 1) || ' months', '-1 day')) || ' ' || time(s.taken_at),
      d.days || ' days', d.seconds || ' seconds') AS soon
  FROM snapshot s LEFT JOIN threshold t ON t.name = 'key-expiry-warning' LEFT JOIN iso_duration d ON d.raw = t.value
),
user AS (
  SELECT u.*, a.soon,
    CASE WHEN u.state = 'missing' THEN 'fail' WHEN u.state = 'unread' THEN 'not-assessed'
      WHEN u.enabled = 0 OR u.nbf > a.taken OR (u.exp <> 0 AND (u.exp <= a.taken OR u.exp <= a.soon)) THEN 'fail'
      WHEN u.enabled = 1 AND u.nbf <= a.taken AND (u.exp = 0 OR u.exp > a.soon) THEN 'pass'
      ELSE 'not-assessed' END AS status,
    CASE WHEN u.state <> 'read' THEN u.reason
      WHEN u.enabled = 0 THEN 'the version in use is disabled'
      WHEN u.exp <> 0 AND u.exp <= a.taken THEN 'the version in use has expired'
      WHEN u.nbf > a.taken THEN 'the version in use is not in force yet'
      WHEN u.exp <> 0 AND u.exp <= a.soon THEN 'the version in use expires ' || ((u.exp - a.taken) / 86400) || ' days after the snapshot, within the warning time ' || a.warning
      WHEN u.enabled IS NULL THEN 'whether the version in use is enabled is not known'
      WHEN u.exp IS NULL OR u.nbf IS NULL THEN 'from when to when the version in use is valid is not known'
      WHEN a.soon IS NULL AND u.exp <> 0 THEN 'the threshold key-expiry-warning is not a duration that can be counted' END AS why
  FROM version_in_use u CROSS JOIN at a
),
ordered AS (
  SELECT *, count(*) OVER (PARTITION BY key_key) AS users, row_number() OVER (PARTITION BY key_key ORDER BY
    CASE status WHEN 'fail' THEN 0 WHEN 'not-assessed' THEN 1 ELSE 2 END, CASE WHEN exp <> 0 THEN exp ELSE 9223372036854775807 END, user_kind, user_key) AS place
  FROM user
),
seen AS (
  SELECT s.key_id, s.key_key, s.state AS key_state, s.reason AS key_reason, s.evidence AS key_evidence, o.*, a.warning, a.words, a.soon AS until
  FROM key_state s CROSS JOIN at a LEFT JOIN ordered o ON o.key_key = s.key_key AND o.place = 1
)
SELECT key_id AS subject,
  CASE WHEN key_state = 'gone' THEN 'fail' WHEN status = 'fail' THEN 'fail' WHEN key_state = 'read' AND status = 'pass' THEN 'pass' ELSE 'not-assessed' END AS status,
  CASE WHEN key_state = 'gone' THEN key_reason
    WHEN state IS NOT NULL THEN CASE user_kind WHEN 'etcd' THEN 'etcd of the cluster ' ELSE 'the disk encryption set ' END || user_name || ' uses version ' || coalesce(version, '(the current one)')
      || CASE state WHEN 'missing' THEN ', which does not exist' WHEN 'unread' THEN '' ELSE
        CASE enabled WHEN 1 THEN ': enabled' WHEN 0 THEN ': disabled' ELSE ': enabled or not is not known' END
        || CASE WHEN nbf > 0 THEN ', in force from ' || coalesce(strftime('%Y-%m-%dT%H:%M:%SZ', nbf, 'unixepoch'), nbf) ELSE '' END
        || CASE WHEN exp = 0 THEN ', no expiry' WHEN exp IS NULL THEN ', expiry not known' ELSE ', expires ' || coalesce(strftime('%Y-%m-%dT%H:%M:%SZ', exp, 'unixepoch'), exp) END END
      || CASE WHEN users > 1 THEN '; users of the key: ' || users || ', this one is the worst off' ELSE '' END END AS observed,
  'the version in use is enabled, in force, and does not expire before ' || coalesce(strftime('%Y-%m-%dT%H:%M:%SZ', until, 'unixepoch'), 'the warning time') || ': key-expiry-warning ' || warning || ' ' || words AS expected,
  CASE WHEN key_state = 'gone' THEN 'the key is not there any more: whatever it encrypts stops about one hour after it went'
    WHEN status = 'fail' THEN why WHEN key_state = 'unread' THEN key_reason WHEN status = 'not-assessed' THEN why
    WHEN status IS NULL THEN 'which version of the key is in use is not known' END AS reason,
  NULL AS "limit",
  CASE WHEN key_state = 'gone' OR coalesce(evidence, '') = '' THEN key_evidence ELSE evidence END AS evidence
FROM seen
UNION ALL SELECT scope, 'not-assessed', NULL, NULL, 'population not known: ' || reason, NULL, evidence FROM unknown_population WHERE kind = 'key'
UNION ALL SELECT scope, 'not-applicable', NULL, NULL, 'none found in scope', NULL, NULL FROM empty_population WHERE kind = 'key'
ORDER BY subject;
