-- check: key-rotation-policy
-- id: KEY-05
-- order: 17
-- title: A rotation policy makes new versions within the cryptoperiod
-- severity: medium
-- basis: good-practice
-- link: rotation
-- kind: key
-- needs: subscription, aks_cluster, scale_set, virtual_machine, disk, disk_encryption_set_list, disk_encryption_set, vault,
--   managed_hsm, deleted_vault, crypto_key, vault_key, vault_key_rotation
-- threshold: cryptoperiod
-- why: Without an action of type rotate a new version appears only when somebody thinks of it; notify only sends a message.
-- limits: The policy is a setting: that it worked shows in the versions. A disk encryption set takes a new version up only if its own
--   automatic rotation is on, and then the keys of the disks are wrapped anew: their data is not encrypted anew.
-- remedy: az keyvault key rotation-policy update --subscription {subscription} --vault-name {parent} --name {name} --value POLICY.json
--   with {"lifetimeActions":[{"trigger":{"timeAfterCreate":"P11M"},"action":{"type":"Rotate"}}],"attributes":{"expiryTime":"P1Y"}}
--   and, so that it starts now: az keyvault key rotate --subscription {subscription} --vault-name {parent} --name {name}
-- danger: Only with automatic rotation of every disk encryption set that uses the key. Otherwise an expiryTime ends the version that the sets
--   still use, and their disks stop about one hour later.
-- source: https://learn.microsoft.com/azure/key-vault/keys/how-to-configure-key-rotation
--   A key rotates at the earliest seven days after creation; timeBeforeExpiry works only with an expiry. Azure Policy
--   d8cf8476-a2ec-4916-896e-992351803c44 makes a similar test.

WITH wanted AS (
  SELECT t.value AS period, t.words, d.months AS pm, d.days AS pd, d.seconds AS ps
  FROM (SELECT 1) LEFT JOIN threshold t ON t.name = 'cryptoperiod' LEFT JOIN iso_duration d ON d.raw = t.value
),
policy AS (
  SELECT s.key_id, s.state, s.reason, s.evidence, w.*, p.policy_known, p.rotates, p.time_after_create AS after, p.time_before_expiry AS before, p.expiry_time AS life,
    p.src || '#' || p.ptr AS at, c.exp, datetime(c.created, 'unixepoch') AS born, datetime(nullif(c.exp, 0), 'unixepoch') AS ends,
    a.months AS am, a.days AS ad, a.seconds AS "as", b.months AS bm, b.days AS bd, b.seconds AS bs, l.months AS lm, l.days AS ld, l.seconds AS ls
  FROM key_state s CROSS JOIN wanted w
  LEFT JOIN key_rotation_policy p ON p.key_key = s.key_key
  LEFT JOIN crypto_key c ON c.id_key = s.key_key
  LEFT JOIN iso_duration a ON a.raw = p.time_after_create
  LEFT JOIN iso_duration b ON b.raw = p.time_before_expiry
  LEFT JOIN iso_duration l ON l.raw = p.expiry_time
),
-- latest: the end of the cryptoperiod of the current version; first: when timeAfterCreate rotates it; next: when its successor would expire
dated AS (
  SELECT *,
    unixepoch(min(date(born, pm || ' months'), date(born, 'start of month', (pm + 1) || ' months', '-1 day')) || ' ' || time(born), pd || ' days', ps || ' seconds') AS latest,
    unixepoch(min(date(born, am || ' months'), date(born, 'start of month', (am + 1) || ' months', '-1 day')) || ' ' || time(born), ad || ' days', "as" || ' seconds') AS first,
    datetime(min(date(born, lm || ' months'), date(born, 'start of month', (lm + 1) || ' months', '-1 day')) || ' ' || time(born), ld || ' days', ls || ' seconds') AS next
  FROM policy
),
-- timeBeforeExpiry, counted back from the expiry of the current version and from the one that the policy gives
counted AS (
  SELECT *,
    unixepoch(min(date(ends, -bm || ' months'), date(ends, 'start of month', (1 - bm) || ' months', '-1 day')) || ' ' || time(ends), -bd || ' days', -bs || ' seconds') AS back_now,
    unixepoch(min(date(next, -bm || ' months'), date(next, 'start of month', (1 - bm) || ' months', '-1 day')) || ' ' || time(next), -bd || ' days', -bs || ' seconds') AS back_next
  FROM dated
),
judged AS (
  SELECT *,
    CASE WHEN state <> 'read' THEN reason
      WHEN rotates = 0 THEN 'no action of type rotate: there is no policy, or it only notifies'
      WHEN rotates = 1 AND before <> '' AND exp = 0 THEN 'it rotates before an expiry, and the key has none'
      WHEN rotates = 1 AND before <> '' AND life = '' THEN 'it rotates before an expiry, and the policy gives new versions none'
      WHEN rotates = 1 AND after <> '' AND first > latest THEN 'it rotates ' || after || ' after creation, later than ' || period
      WHEN rotates = 1 AND before <> '' AND (back_now > latest OR back_next > latest) THEN 'it rotates ' || before || ' before the expiry, and that is later than ' || period || ' after creation' END AS why,
    CASE WHEN rotates IS NULL THEN 'whether there is a rotation policy could not be read'
      WHEN pm IS NULL THEN 'the threshold cryptoperiod is not a duration that can be counted'
      WHEN after = '' AND before = '' THEN 'the rotate action has no trigger that can be read'
      WHEN after <> '' AND am IS NULL THEN 'timeAfterCreate ' || after || ' is not a duration that can be counted'
      WHEN before <> '' AND bm IS NULL THEN 'timeBeforeExpiry ' || before || ' is not a duration that can be counted'
      WHEN before <> '' AND lm IS NULL THEN 'expiryTime ' || coalesce(life, '(not known)') || ' is not a duration that can be counted'
      WHEN before <> '' AND exp IS NULL THEN 'the expiry of the key is not known'
      WHEN latest IS NULL OR (after <> '' AND first IS NULL) OR (before <> '' AND (back_now IS NULL OR back_next IS NULL)) THEN 'when the current version was created is not known' END AS doubt
  FROM counted
)
SELECT key_id AS subject,
  CASE WHEN state <> 'read' THEN 'not-assessed' WHEN why <> '' THEN 'fail'
    WHEN rotates = 1 AND doubt IS NULL AND (after <> '' OR before <> '') AND (after = '' OR first <= latest) AND (before = '' OR (back_now <= latest AND back_next <= latest)) THEN 'pass'
    ELSE 'not-assessed' END AS status,
  CASE WHEN state <> 'read' OR rotates IS NULL THEN NULL WHEN rotates = 0 THEN 'no action of type rotate'
    ELSE 'action rotate' || CASE WHEN after <> '' THEN ', timeAfterCreate ' || after ELSE '' END || CASE WHEN before <> '' THEN ', timeBeforeExpiry ' || before ELSE '' END
      || CASE WHEN life <> '' THEN ', expiryTime ' || life ELSE ', no expiryTime' END END AS observed,
  CASE WHEN state = 'read' THEN 'an action of type rotate that makes a new version at most ' || period || ' after the one before ' || words END AS expected,
  coalesce(why, doubt, CASE WHEN coalesce(after, before) IS NULL THEN 'when it rotates could not be read' END) AS reason,
  NULL AS "limit",
  CASE WHEN state = 'read' THEN coalesce(at, evidence) ELSE evidence END AS evidence
FROM judged
UNION ALL SELECT scope, 'not-assessed', NULL, NULL, 'population not known: ' || reason, NULL, evidence FROM unknown_population WHERE kind = 'key'
UNION ALL SELECT scope, 'not-applicable', NULL, NULL, 'none found in scope', NULL, NULL FROM empty_population WHERE kind = 'key'
ORDER BY subject;
