-- check: etcd-kms-cmk
-- id: ETC-01
-- order: 6
-- title: Secrets in etcd are encrypted with a key that the organisation manages
-- severity: high
-- basis: own-policy
-- link: etcd
-- kind: cluster
-- needs: subscription, aks_cluster, vault, managed_hsm, deleted_vault, crypto_key, vault_key
-- why: Secrets of Kubernetes lie in etcd, on a disk of Microsoft. With the key management service of the cluster they are
--   encrypted with a key in a vault of the organisation before they get there.
-- limits: Whether secrets that were there before have been written again since, and so encrypted, is not seen. The key itself is judged
--   by key-usable, key-strength and the other tests of keys.
-- remedy: Give the cluster a key, then write all secrets again; from Kubernetes 1.33 on with the first form (it may need the extension
--   aks-preview), before with the second:
--   az aks update --resource-group {group} --name {name} --kms-infrastructure-encryption Enabled --enable-azure-keyvault-kms --azure-keyvault-kms-key-id KEY-ID-WITHOUT-VERSION --azure-keyvault-kms-key-vault-resource-id VAULT-ID --azure-keyvault-kms-key-vault-network-access Public --assign-identity IDENTITY-ID
--   az aks update --resource-group {group} --name {name} --enable-azure-keyvault-kms --azure-keyvault-kms-key-id KEY-ID
--   kubectl get secrets --all-namespaces -o json | kubectl replace -f -
-- danger: From Kubernetes 1.33 on it cannot be turned off again. If the key is disabled, deleted or expires, the secrets cannot be read
--   and the control plane of the cluster may fail.
-- source: https://learn.microsoft.com/azure/aks/kms-data-encryption-concepts
WITH used AS (
  SELECT c.*, k.key_id, k.key_version, k.host, s.state, s.reason AS why, s.evidence AS key_evidence
  FROM aks_cluster c
  LEFT JOIN key_use k ON k.user_kind = 'etcd' AND k.user_key = c.id_key
  LEFT JOIN key_state s ON s.key_key = k.key_key
),
judged AS (
  SELECT *,
    CASE WHEN kms_enabled IS NULL THEN 'not-assessed' WHEN kms_enabled = 0 THEN 'fail'
      WHEN coalesce(kms_key_url, '') = '' OR key_id IS NULL THEN 'not-assessed'
      ELSE CASE state WHEN 'read' THEN 'pass' WHEN 'gone' THEN 'fail' ELSE 'not-assessed' END END AS status,
    CASE WHEN coalesce(kms_infra_visible, 0) = 0 THEN 'not visible at api-version ' || coalesce(api_version, 'unknown')
      WHEN kms_infra_encryption IS NULL THEN 'not returned in a readable form'
      WHEN kms_infra_encryption = '' THEN 'off' ELSE kms_infra_encryption END AS platform_mode
  FROM used
)
SELECT subject, status, observed, expected, reason, "limit", evidence FROM (
  SELECT id AS subject, status,
    CASE WHEN kms_enabled IS NOT NULL THEN 'azureKeyVaultKms.enabled ' || CASE kms_enabled WHEN 1 THEN 'true' ELSE 'false or absent' END
      || ', keyId ' || coalesce(CASE kms_key_url WHEN '' THEN 'none' ELSE kms_key_url END, 'not told') || '; platform-key mode (infrastructureEncryption): ' || platform_mode END AS observed,
    'azureKeyVaultKms.enabled true, keyId a key in a vault that can be seen' AS expected,
    CASE status WHEN 'pass' THEN 'secrets are encrypted with a customer-managed key before they reach etcd'
      WHEN 'fail' THEN CASE WHEN kms_enabled = 1 THEN 'the key that encrypts etcd is not there any more: ' || why
        WHEN lower(kms_infra_encryption) = 'enabled' THEN 'a key of the platform alone encrypts what etcd holds (infrastructureEncryption Enabled)'
        WHEN coalesce(kms_infra_visible, 0) = 0 THEN 'no customer-managed key encrypts what etcd holds; whether a key of the platform does is not visible at api-version ' || coalesce(api_version, 'unknown')
        WHEN kms_infra_encryption IS NULL THEN 'no customer-managed key encrypts what etcd holds; whether a key of the platform does was not returned in a readable form'
        ELSE 'neither a customer-managed key nor the platform-key mode encrypts what etcd holds' END
      ELSE CASE WHEN kms_enabled IS NULL THEN 'azureKeyVaultKms.enabled was not returned in a readable form (api-version ' || coalesce(api_version, 'unknown') || ')'
        WHEN kms_key_url IS NULL THEN 'azureKeyVaultKms.keyId was not returned in a readable form (api-version ' || coalesce(api_version, 'unknown') || ')'
        WHEN kms_key_url = '' THEN 'the key management service is on, but its answer names no key'
        WHEN key_id IS NULL THEN 'azureKeyVaultKms.keyId is not the URL of a key: ' || kms_key_url
        ELSE 'the cluster names the key ' || key_id || ', which was not read: ' || coalesce(why, 'nothing is known of it') END END AS reason,
    CASE WHEN status = 'pass' THEN CASE key_version WHEN '' THEN NULL
      ELSE 'keyId names a version: the cluster does not follow a new version of the key by itself' END END AS "limit",
    src || '#' || ptr || coalesce(' ' || nullif(key_evidence, ''), '') AS evidence
  FROM judged
  UNION ALL
  SELECT scope, 'not-assessed', NULL, NULL, 'population not known: ' || reason, NULL, evidence FROM unknown_population WHERE kind = 'cluster'
  UNION ALL
  SELECT scope, 'not-applicable', NULL, NULL, 'none found in scope', NULL, NULL FROM empty_population WHERE kind = 'cluster'
)
ORDER BY subject;
