-- check: key-strength
-- id: KEY-01
-- order: 13
-- title: Strength and permitted operations of the key
-- severity: medium
-- basis: good-practice
-- link: key
-- kind: key
-- needs: subscription, aks_cluster, scale_set, virtual_machine, disk, disk_encryption_set_list, disk_encryption_set, vault,
--   managed_hsm, deleted_vault, crypto_key, vault_key, key_version, vault_key_version,
--   used_key_version, vault_used_version
-- threshold: rsa-bits, rsa-bits-advised
-- why: The key wraps the keys of the disks and should be able to do nothing else. A key that may also sign, decrypt or leave the vault
--   serves other purposes too, and whoever holds those rights reaches further.
-- limits: Azure takes RSA keys of at most 4096 bits to wrap the AES-256 keys of disks. By the comparable strengths of NIST SP 800-57 Part 1
--   (RSA 2048: 112 bits, RSA 3072: 128 bits) such a key is weaker than what it wraps; whether that is strong enough is the
--   assessor's judgement and nothing that a setting can show.
-- remedy: Operations: az keyvault key set-attributes --subscription {subscription} --vault-name {parent} --name {name} --ops wrapKey unwrapKey
--   Size or type: az keyvault key create --subscription {subscription} --vault-name {parent} --name NEW-NAME --kty RSA-HSM --size 3072 --ops wrapKey unwrapKey,
--   then point each disk encryption set at it: az disk-encryption-set update --ids SET-ID --source-vault VAULT-ID --key-url KEY-URL
-- danger: Whatever else uses the key for signing or decrypting stops. Keep the old key enabled until the disks have taken up the new one.
-- source: https://learn.microsoft.com/azure/virtual-machines/disk-encryption#restrictions
--   RSA keys of 2048, 3072 and 4096 bits only. Comparable strengths: NIST SP 800-57 Part 1 Rev. 5, table 2.

WITH wanted AS (
  SELECT max(CASE name WHEN 'rsa-bits' THEN CAST(value AS INTEGER) END) AS least, max(CASE name WHEN 'rsa-bits' THEN words END) AS least_words,
    max(CASE name WHEN 'rsa-bits-advised' THEN CAST(value AS INTEGER) END) AS advised, max(CASE name WHEN 'rsa-bits-advised' THEN words END) AS advised_words
  FROM threshold
),
-- What is in use: the current version, and any other that a set or an etcd names.
part AS (
  SELECT id_key AS key_key, '' AS version, kty, bits, key_ops, exportable, '' AS evidence FROM crypto_key
  UNION ALL
  SELECT key_key, version, kty, bits, key_ops, exportable, ' ' || src || '#' || ptr FROM used_key_version
),
seen AS (
  SELECT p.key_key, p.version, w.*, upper(p.kty) AS kty, p.bits, p.key_ops, p.exportable, p.evidence,
    CASE p.version WHEN '' THEN '' ELSE 'version ' || p.version || ': ' END AS prefix,
    (SELECT group_concat(o.value, ', ') FROM json_each(p.key_ops) o) AS ops,
    (SELECT group_concat(o.value, ', ') FROM json_each(p.key_ops) o WHERE o.value NOT IN ('wrapkey', 'unwrapkey')) AS wider,
    (SELECT count(DISTINCT o.value) FROM json_each(p.key_ops) o WHERE o.value IN ('wrapkey', 'unwrapkey')) AS needed,
    CASE WHEN p.bits >= 15360 THEN 256 WHEN p.bits >= 7680 THEN 192 WHEN p.bits >= 3072 THEN 128 WHEN p.bits >= 2048 THEN 112 WHEN p.bits >= 1024 THEN 80 ELSE 0 END AS comparable
  FROM part p CROSS JOIN wanted w
),
fault AS (
  SELECT *, substr(CASE WHEN kty NOT IN ('RSA', 'RSA-HSM') THEN '; a key of type ' || kty || ' cannot wrap the keys of disks' ELSE '' END
    || CASE WHEN bits < least THEN '; ' || bits || ' bits are fewer than ' || least ELSE '' END
    || CASE WHEN wider <> '' THEN '; it may do more than wrap and unwrap: ' || wider ELSE '' END
    || CASE WHEN key_ops IS NOT NULL AND needed < 2 THEN '; it may not both wrap and unwrap, so disks cannot use it' ELSE '' END
    || CASE WHEN exportable = 1 THEN '; it can be exported from the vault' ELSE '' END, 3) AS faults,
    substr(CASE WHEN kty IS NULL THEN ', its type' ELSE '' END || CASE WHEN bits IS NULL AND kty IS NOT NULL THEN ', its size' ELSE '' END
    || CASE WHEN key_ops IS NULL THEN ', its operations' ELSE '' END || CASE WHEN exportable IS NULL THEN ', whether it is exportable' ELSE '' END, 3) AS unknown,
    kty IN ('RSA', 'RSA-HSM') AND bits >= least AND wider IS NULL AND needed = 2 AND exportable = 0 AS good,
    coalesce(kty, 'type not known') || coalesce(', ' || bits || ' bits (comparable to ' || nullif(comparable, 0) || ' bits of security)', '')
      || coalesce('; operations: ' || ops, '') || CASE exportable WHEN 0 THEN '; not exportable' WHEN 1 THEN '; exportable' ELSE '' END AS observed
  FROM seen
),
whole AS (
  SELECT key_key, min(coalesce(good, 0)) AS good, group_concat(prefix || observed, '; ') AS observed, group_concat(prefix || nullif(faults, ''), '; ') AS faults,
    group_concat(prefix || 'the answer does not tell ' || nullif(unknown, ''), '; ') AS unknown, min(bits) AS bits, min(comparable) AS comparable,
    min(advised) AS advised, min(advised_words) AS advised_words, min(least) AS least, min(least_words) AS least_words, group_concat(evidence, '') AS evidence
  FROM (SELECT * FROM fault ORDER BY key_key, version) GROUP BY key_key
),
elsewhere AS (  -- versions in use that nobody described
  SELECT u.key_key, min(u.user_name) AS user_name, count(*) AS n FROM version_in_use u
  LEFT JOIN used_key_version x ON x.key_key = u.key_key AND x.version = u.version
  WHERE u.current IS NOT 1 AND x.id_key IS NULL GROUP BY u.key_key
),
judged AS (
  SELECT s.key_id, s.state, s.reason AS why, s.evidence AS source, w.*, e.user_name, e.n
  FROM key_state s LEFT JOIN whole w ON w.key_key = s.key_key LEFT JOIN elsewhere e ON e.key_key = s.key_key
)
SELECT key_id AS subject,
  CASE WHEN state <> 'read' THEN 'not-assessed' WHEN faults <> '' THEN 'fail' WHEN good = 1 AND n IS NULL THEN 'pass' ELSE 'not-assessed' END AS status,
  CASE WHEN state = 'read' THEN observed END AS observed,
  CASE WHEN state = 'read' THEN 'RSA or RSA-HSM of at least ' || least || ' bits ' || least_words || '; operations wrapKey and unwrapKey only; not exportable' END AS expected,
  CASE WHEN state <> 'read' THEN why WHEN faults <> '' THEN faults WHEN unknown <> '' THEN unknown
    WHEN n > 0 THEN 'type and size were read of the current version; ' || user_name || ' uses another one'
    WHEN least IS NULL THEN 'the threshold rsa-bits is not set' END AS reason,
  CASE WHEN state = 'read' AND faults IS NULL AND unknown IS NULL AND n IS NULL AND bits < advised THEN 'RSA ' || bits || ' is comparable to ' || comparable
    || ' bits of security; ' || advised || ' bits are advised ' || advised_words || ', and it wraps AES-256 keys: whether that is enough is the assessor''s judgement.' END AS "limit",
  source || coalesce(evidence, '') AS evidence
FROM judged
UNION ALL SELECT scope, 'not-assessed', NULL, NULL, 'population not known: ' || reason, NULL, evidence FROM unknown_population WHERE kind = 'key'
UNION ALL SELECT scope, 'not-applicable', NULL, NULL, 'none found in scope', NULL, NULL FROM empty_population WHERE kind = 'key'
ORDER BY subject;
