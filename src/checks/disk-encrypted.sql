-- check: disk-encrypted
-- id: DSK-03
-- order: 5
-- title: The disk is encrypted at rest
-- severity: critical
-- basis: standard
-- link: none
-- kind: disk
-- needs: subscription, aks_cluster, disk
-- why: This, and not the owner of the key, is what the frameworks ask of storage. The finding says whose key it is.
-- limits: Encryption at rest guards against somebody who takes the medium. A running machine reads the data in clear; so this does not
--   make card numbers unreadable on its own (PCI DSS 3.5.1.2). Static volumes that are detached and untagged are missed.
-- remedy: Look at the disk, and at guest-level encryption where it is on; then give it server-side encryption, which Azure does by itself:
--   az disk show --ids {id} --query "{encryption:encryption, guest:encryptionSettingsCollection}"
--   az disk update --resource-group {group} --name {name} --encryption-type EncryptionAtRestWithPlatformKey
-- danger: Changing the encryption of a disk needs it detached, so what uses it stops.
-- source: https://learn.microsoft.com/azure/virtual-machines/disk-encryption-overview
WITH type(word, whose) AS (VALUES
  ('encryptionatrestwithplatformkey', 'a key of the platform'),
  ('encryptionatrestwithcustomerkey', 'a customer-managed key'),
  ('encryptionatrestwithplatformandcustomerkeys', 'a key of the platform and a customer-managed key')),
-- Disks of confidential machines may tell it in their security profile alone.
profile(word, whose) AS (VALUES
  ('confidentialvm_diskencryptedwithplatformkey', 'a key of the platform (confidential disk)'),
  ('confidentialvm_diskencryptedwithcustomerkey', 'a customer-managed key (confidential disk)')),
item AS (
  SELECT d.*, t.whose AS at_rest, p.whose AS confidential
  FROM (SELECT DISTINCT disk_key FROM in_scope_disk) k JOIN (SELECT *, lower(encryption_type) AS type_word, lower(security_type) AS profile_word FROM disk) d ON d.id_key = k.disk_key
  LEFT JOIN type t ON t.word = d.type_word LEFT JOIN profile p ON p.word = d.profile_word
),
judged AS (
  SELECT *, CASE WHEN coalesce(at_rest, confidential) IS NOT NULL THEN 'pass'
      WHEN encryption_type = '' AND des_key GLOB '/subscriptions/?*/resourcegroups/?*/providers/microsoft.compute/diskencryptionsets/?*' THEN 'pass'
      WHEN lower(encryption_type) IN ('none', 'unencrypted') THEN 'fail'
      WHEN encryption_type = '' AND des_key = '' AND security_type IS NOT NULL AND ade_enabled = 1 THEN 'fail'
      ELSE 'not-assessed' END AS status
  FROM item
)
SELECT subject, status, observed, expected, reason, "limit", evidence FROM (
  SELECT id AS subject, status,
    'encryption.type ' || coalesce(nullif(encryption_type, ''), 'not told')
      || CASE WHEN confidential IS NOT NULL THEN ', securityType ' || security_type ELSE '' END
      || CASE WHEN at_rest IS NULL AND confidential IS NULL AND des_id <> '' THEN ', disk encryption set ' || des_id ELSE '' END
      || CASE ade_enabled WHEN 1 THEN ', guest-level encryption on' ELSE '' END AS observed,
    'a known encryption.type' AS expected,
    CASE status WHEN 'pass' THEN 'the disk is encrypted at rest with ' || coalesce(at_rest, confidential, 'a customer-managed key')
      WHEN 'fail' THEN CASE WHEN encryption_type = '' THEN 'guest-level encryption is all that is reported, and it is not server-side encryption of the disk'
        ELSE 'Azure reports the disk as not encrypted' END
      ELSE CASE WHEN encryption_type IS NULL THEN 'encryption.type was not returned in a readable form (api-version ' || coalesce(api_version, 'unknown') || ')'
        WHEN encryption_type = '' THEN 'encryption.type was not returned (api-version ' || coalesce(api_version, 'unknown') || ')'
        ELSE 'encryption.type ' || encryption_type || ' is not known to this check' END END AS reason,
    CASE WHEN status = 'pass' AND at_rest IS NULL AND confidential IS NULL THEN 'encryption.type was not returned; the disk encryption set that the disk names says it'
      END AS "limit",
    src || '#' || ptr AS evidence
  FROM judged
  UNION ALL
  SELECT scope, 'not-assessed', NULL, NULL, 'population not known: ' || reason, NULL, evidence FROM unknown_population WHERE kind = 'disk'
  UNION ALL
  SELECT scope, 'not-applicable', NULL, NULL, 'none found in scope', NULL, NULL FROM empty_population WHERE kind = 'disk'
)
ORDER BY subject;
