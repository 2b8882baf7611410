-- check: key-expiry
-- id: KEY-04
-- order: 16
-- title: The key expires within its cryptoperiod
-- severity: medium
-- basis: own-policy
-- link: key
-- kind: key
-- needs: subscription, aks_cluster, scale_set, virtual_machine, disk, disk_encryption_set_list, disk_encryption_set, vault,
--   managed_hsm, deleted_vault, crypto_key, vault_key, key_version, vault_key_version
-- threshold: cryptoperiod, key-expiry-required
-- why: An expiry date within the cryptoperiod makes the end of a version visible and ends its use even if nobody thinks of it.
-- limits: An expiry date replaces nothing by itself. That a new version takes over in time is shown by the tests of rotation.
-- remedy: Let the rotation policy set it, so that each new version has one:
--   az keyvault key rotation-policy update --subscription {subscription} --vault-name {parent} --name {name} --value POLICY.json
--   with {"lifetimeActions":[{"trigger":{"timeBeforeExpiry":"P30D"},"action":{"type":"Rotate"}}],"attributes":{"expiryTime":"P1Y"}}
--   and then: az keyvault key rotate --subscription {subscription} --vault-name {parent} --name {name}
-- danger: Never set an expiry date without rotation: when the version in use expires, the disks stop about one hour later and their machines
--   shut down.
-- source: https://learn.microsoft.com/azure/key-vault/keys/how-to-configure-key-rotation
--   Azure Policy 152b15f7-8e1f-4c1f-ab71-8c010ba5dbc0 and 49a22571-d204-4c91-a7b6-09b1a586fbc9 make similar tests.

WITH wanted AS MATERIALIZED (
  SELECT r.value AS required, r.words AS required_words, p.value AS period, p.words, d.months, d.days, d.seconds
  FROM (SELECT 1) LEFT JOIN threshold r ON r.name = 'key-expiry-required' LEFT JOIN threshold p ON p.name = 'cryptoperiod'
  LEFT JOIN iso_duration d ON d.raw = p.value
),
user AS (
  SELECT u.*, w.*, datetime(u.created, 'unixepoch') AS born,
    CASE u.user_kind WHEN 'etcd' THEN NOT u.pinned ELSE s.auto_rotation END AS follows
  FROM version_in_use u CROSS JOIN wanted w LEFT JOIN disk_encryption_set s ON u.user_kind = 'des' AND s.id_key = u.user_key
),
dated AS (
  SELECT *, unixepoch(min(date(born, months || ' months'), date(born, 'start of month', (months + 1) || ' months', '-1 day')) || ' ' || time(born),
    days || ' days', seconds || ' seconds') AS latest
  FROM user
),
judged AS (
  SELECT *, CASE WHEN state <> 'read' THEN 'not-assessed' WHEN exp = 0 OR exp > latest THEN 'fail' WHEN exp <= latest THEN 'pass' ELSE 'not-assessed' END AS status
  FROM dated
),
ordered AS (
  SELECT *, row_number() OVER (PARTITION BY key_key ORDER BY CASE status WHEN 'fail' THEN 0 WHEN 'not-assessed' THEN 1 ELSE 2 END,
    CASE WHEN exp = 0 THEN 1 ELSE 0 END DESC, follows, exp DESC, user_kind, user_key) AS place
  FROM judged
),
seen AS (
  SELECT s.key_id, s.state AS key_state, s.reason AS key_reason, s.evidence AS key_evidence, p.rotates, w.required AS asked, w.required_words AS asked_words,
    w.period AS longest, w.words AS longest_words, o.*
  FROM key_state s CROSS JOIN wanted w
  LEFT JOIN key_rotation_policy p ON p.key_key = s.key_key
  LEFT JOIN ordered o ON o.key_key = s.key_key AND o.place = 1
)
SELECT key_id AS subject,
  CASE WHEN asked = 'false' THEN 'not-applicable' WHEN key_state = 'gone' THEN 'not-assessed' WHEN status = 'fail' THEN 'fail'
    WHEN key_state = 'read' AND status = 'pass' AND required = 'true' THEN 'pass' ELSE 'not-assessed' END AS status,
  CASE WHEN state = 'read' THEN 'version ' || coalesce(version, '(the current one)') || ': created ' || coalesce(strftime('%Y-%m-%dT%H:%M:%SZ', created, 'unixepoch'), 'at a time that is not known')
    || CASE WHEN exp = 0 THEN ', never expires' WHEN exp IS NULL THEN ', expiry not known' ELSE ', expires ' || coalesce(strftime('%Y-%m-%dT%H:%M:%SZ', exp, 'unixepoch'), exp) END END AS observed,
  'an expiry at most ' || longest || ' after creation ' || longest_words AS expected,
  CASE WHEN asked = 'false' THEN 'an expiry date is not asked for: key-expiry-required false ' || asked_words
    WHEN key_state = 'gone' THEN key_reason
    WHEN status = 'fail' AND exp = 0 THEN 'the version in use never expires'
    WHEN status = 'fail' THEN 'the version in use expires later than ' || period || ' after its creation'
    WHEN key_state = 'unread' THEN key_reason WHEN state <> 'read' THEN reason
    WHEN status IS NULL THEN 'which version of the key is in use is not known'
    WHEN exp IS NULL THEN 'the expiry of the version in use is not known'
    WHEN status = 'not-assessed' AND months IS NULL THEN 'the threshold cryptoperiod is not a duration that can be counted'
    WHEN status = 'not-assessed' THEN 'when the version in use was created is not known'
    WHEN required <> 'true' THEN 'the threshold key-expiry-required is not set' END AS reason,
  CASE WHEN key_state = 'read' AND status = 'pass' AND required = 'true' AND (coalesce(rotates, 0) <> 1 OR coalesce(follows, 0) <> 1)
    THEN CASE WHEN coalesce(rotates, 0) <> 1 THEN 'Nothing makes a new version by itself' ELSE 'What uses the key does not follow new versions by itself' END
      || ': unless somebody acts, whatever this version encrypts stops about one hour after ' || coalesce(strftime('%Y-%m-%dT%H:%M:%SZ', exp, 'unixepoch'), exp) || '.' END AS "limit",
  CASE WHEN key_state = 'gone' OR coalesce(evidence, '') = '' THEN key_evidence ELSE evidence END AS evidence
FROM seen
UNION ALL SELECT scope, 'not-assessed', NULL, NULL, 'population not known: ' || reason, NULL, evidence FROM unknown_population WHERE kind = 'key'
UNION ALL SELECT scope, 'not-applicable', NULL, NULL, 'none found in scope', NULL, NULL FROM empty_population WHERE kind = 'key'
ORDER BY subject;
