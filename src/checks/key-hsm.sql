-- check: key-hsm
-- id: KEY-02
-- order: 14
-- title: The key lives in a hardware security module
-- severity: medium
-- basis: own-policy
-- link: key
-- kind: key
-- needs: subscription, aks_cluster, scale_set, virtual_machine, disk, disk_encryption_set_list, disk_encryption_set, vault,
--   managed_hsm, deleted_vault, crypto_key, vault_key, key_version, vault_key_version,
--   used_key_version, vault_used_version
-- threshold: hsm-keys
-- why: A key of an HSM never exists in clear outside validated hardware; a software key is protected by the service's own software.
-- limits: Judged by the type of the key. Which platform holds it (hsmPlatform) and its FIPS 140 certificate are not told by the control plane:
--   older HSM keys are on a platform whose FIPS 140-2 validation is historical since 21 September 2026. The certificate comes from Microsoft's
--   own package.
-- remedy: In a premium vault: az keyvault key create --subscription {subscription} --vault-name {parent} --name NEW-NAME --kty RSA-HSM --size 3072 --ops wrapKey unwrapKey,
--   then point each disk encryption set at it: az disk-encryption-set update --ids SET-ID --source-vault VAULT-ID --key-url KEY-URL
-- danger: Keep the old key enabled until every disk has taken up the new one, or the disks stop.
-- source: https://learn.microsoft.com/azure/key-vault/keys/about-keys
--   Azure Policy 587c79fe-dd04-4a5e-9d0b-f89598c7261b (Keys should be backed by a hardware security module) makes the same test.

-- What is in use: the current version, and any other that a set or an etcd names.
WITH part AS (
  SELECT id_key AS key_key, '' AS version, kty, '' AS evidence FROM crypto_key
  UNION ALL
  SELECT key_key, version, kty, ' ' || src || '#' || ptr FROM used_key_version
),
typed AS (
  SELECT *, CASE version WHEN '' THEN '' ELSE 'version ' || version || ': ' END AS prefix,
    CASE WHEN upper(kty) IN ('RSA-HSM', 'EC-HSM', 'OCT-HSM') THEN 1 WHEN upper(kty) IN ('RSA', 'EC', 'OCT') THEN 0 END AS hsm
  FROM part
),
whole AS (  -- odd: the first type that is unknown
  SELECT key_key, count(*) AS versions, sum(hsm = 0) AS soft, sum(hsm = 1) AS hard, group_concat(prefix || 'key type ' || coalesce(kty, 'not known'), '; ') AS observed,
    sum(kty IS NULL) AS untold, min(CASE WHEN hsm IS NULL THEN kty END) AS odd, group_concat(evidence, '') AS evidence,
    min(CASE WHEN hsm = 0 THEN version END) AS soft_version
  FROM (SELECT * FROM typed ORDER BY key_key, version) GROUP BY key_key
),
elsewhere AS (  -- versions in use that nobody described
  SELECT u.key_key, min(u.user_name) AS user_name, count(*) AS n FROM version_in_use u
  LEFT JOIN used_key_version x ON x.key_key = u.key_key AND x.version = u.version
  WHERE u.current IS NOT 1 AND x.id_key IS NULL GROUP BY u.key_key
),
seen AS (
  SELECT s.key_id, s.state, s.reason AS why, s.evidence AS source, w.*, v.kind, t.value AS wanted, t.words, e.user_name, e.n,
    CASE WHEN v.kind = 'hsm' OR w.hard = w.versions THEN 1 WHEN w.soft > 0 THEN 0 END AS hsm
  FROM key_state s
  LEFT JOIN whole w ON w.key_key = s.key_key
  LEFT JOIN vault_state v ON v.vault_key = s.vault_key
  LEFT JOIN threshold t ON t.name = 'hsm-keys'
  LEFT JOIN elsewhere e ON e.key_key = s.key_key
)
SELECT key_id AS subject,
  CASE WHEN wanted = 'false' THEN 'not-applicable' WHEN state <> 'read' THEN 'not-assessed' WHEN hsm = 0 THEN 'fail'
    WHEN hsm = 1 AND wanted = 'true' AND (n IS NULL OR kind = 'hsm') THEN 'pass' ELSE 'not-assessed' END AS status,
  CASE WHEN state = 'read' THEN observed || CASE kind WHEN 'hsm' THEN ', in a managed HSM' ELSE '' END END AS observed,
  CASE WHEN state = 'read' OR wanted = 'false' THEN 'hsm-keys ' || wanted || ' ' || words || CASE wanted WHEN 'true' THEN ': RSA-HSM, or a key in a managed HSM' ELSE '' END END AS expected,
  CASE WHEN wanted = 'false' THEN 'keys in hardware are not asked for: hsm-keys false ' || words
    WHEN state <> 'read' THEN why
    WHEN hsm = 0 THEN CASE soft_version WHEN '' THEN 'the key is protected by software' ELSE 'version ' || soft_version || ', which is in use, is protected by software' END
    WHEN wanted IS NULL THEN 'the threshold hsm-keys is not set'
    WHEN untold > 0 AND hsm IS NULL THEN 'the type of the key could not be read'
    WHEN hsm IS NULL THEN 'the key type ' || odd || ' is not known to this test'
    WHEN n > 0 AND kind <> 'hsm' THEN 'the type was read of the current version; ' || user_name || ' uses another one' END AS reason,
  NULL AS "limit", source || coalesce(evidence, '') AS evidence
FROM seen
UNION ALL SELECT scope, 'not-assessed', NULL, NULL, 'population not known: ' || reason, NULL, evidence FROM unknown_population WHERE kind = 'key'
UNION ALL SELECT scope, 'not-applicable', NULL, NULL, 'none found in scope', NULL, NULL FROM empty_population WHERE kind = 'key'
ORDER BY subject;
