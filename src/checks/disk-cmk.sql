-- check: disk-cmk
-- id: DSK-01
-- order: 4
-- title: The disk is encrypted with a key that the organisation manages
-- severity: high
-- basis: own-policy
-- link: data-disks
-- kind: disk
-- needs: subscription, aks_cluster, disk
-- threshold: cmk-required
-- why: A cluster with a disk encryption set gives it to new volumes only. Volumes that were there before, that a StorageClass made
--   with other settings, or that were brought along keep what they had; only the disk itself shows it.
-- limits: Which disks belong to a cluster is told by the node resource group, the machine that they hang on, and the tags of the disk
--   driver; persistent volumes are not asked of Kubernetes, so a static volume that is detached and untagged is missed.
-- remedy: Detach the disk (scale the workload down), then give it the set; or make a new volume and copy:
--   az disk update --resource-group {group} --name {name} --encryption-type EncryptionAtRestWithCustomerKey --disk-encryption-set DES-ID
--   An OS disk is replaced with its node (scale-set-des). Guest-level Azure Disk Encryption must be given up before.
-- danger: The disk must be detached first, so what uses it stops. From then on the disk depends on the key: if the key is disabled,
--   deleted or expires, reading and writing fail about an hour later.
-- source: https://learn.microsoft.com/azure/virtual-machines/disk-encryption
WITH required AS (  -- waived: only where the organisation adopted it
  SELECT max(p.value = 'false' AND p.adopted) AS waived, max('cmk-required ' || t.value || ' ' || t.words) AS said
  FROM policy p JOIN threshold t ON t.name = p.name WHERE p.name = 'cmk-required'
),
type(word, who) AS (VALUES ('encryptionatrestwithplatformkey', 'platform'), ('encryptionatrestwithcustomerkey', 'customer'),
  ('encryptionatrestwithplatformandcustomerkeys', 'both')),
-- key, named: the set that counts and its id as it is written. A confidential disk names it in its security profile.
item AS (
  SELECT *, lower(encryption_type) AS type_word,
    CASE lower(security_type) WHEN 'confidentialvm_diskencryptedwithcustomerkey' THEN 'customer' WHEN 'confidentialvm_diskencryptedwithplatformkey' THEN 'platform' END AS confidential,
    CASE lower(security_type) WHEN 'confidentialvm_diskencryptedwithcustomerkey' THEN secure_des_key ELSE des_key END AS key,
    CASE lower(security_type) WHEN 'confidentialvm_diskencryptedwithcustomerkey' THEN secure_des_id ELSE des_id END AS named
  FROM disk
),
-- each disk once, with what its clusters name
owned AS (
  SELECT i.*, t.who, count(c.id_key) AS clusters, sum(c.des_key = i.key) AS same, sum(c.des_id IS NULL AND c.id_key IS NOT NULL) AS clusters_unknown,
    sum(c.des_key = '') AS bare, min(CASE WHEN c.des_key <> i.key THEN c.des_id END) AS other_des
  FROM in_scope_disk o JOIN item i ON i.id_key = o.disk_key LEFT JOIN aks_cluster c ON c.id_key = o.cluster_key LEFT JOIN type t ON t.word = i.type_word
  GROUP BY o.disk_key
),
seen AS (
  SELECT i.*,
    CASE WHEN i.ade_enabled = 1 THEN 'guest-level Azure Disk Encryption is on, which rules out server-side encryption with a customer-managed key'
      WHEN i.security_type IS NULL OR i.confidential = 'customer' THEN NULL
      WHEN i.who = 'platform' AND i.key <> '' THEN 'encryption.type says platform key although a disk encryption set is named'
      WHEN i.who = 'platform' THEN 'the disk is encrypted with a key of the platform'
      WHEN i.encryption_type = '' AND i.confidential = 'platform' AND i.key = '' THEN 'the confidential disk is encrypted with a key of the platform' END AS fault,
    CASE WHEN i.ade_enabled IS NULL THEN 'encryptionSettingsCollection.enabled was not returned in a readable form'
      WHEN i.security_type IS NULL THEN 'securityProfile.securityType was not returned in a readable form'
      WHEN i.confidential = 'customer' AND coalesce(i.key, '') = '' THEN 'securityType says customer key, but the disk encryption set is not told (secureVMDiskEncryptionSetId)'
      WHEN i.confidential = 'customer' THEN NULL
      WHEN i.encryption_type IS NULL THEN 'encryption.type was not returned in a readable form'
      WHEN i.who IS NULL AND i.encryption_type <> '' THEN 'encryption.type ' || i.encryption_type || ' is not known to this check'
      WHEN i.key IS NULL THEN 'encryption.diskEncryptionSetId was not returned in a readable form'
      WHEN i.key = '' AND i.encryption_type = '' THEN 'encryption.type was not returned, and no disk encryption set is named'
      WHEN i.key = '' AND i.who <> 'platform' THEN 'encryption.type says customer key, but no disk encryption set is named' END AS gap,
    i.key GLOB '/subscriptions/?*/resourcegroups/?*/providers/microsoft.compute/diskencryptionsets/?*' AS is_set
  FROM owned i
),
judged AS (
  SELECT s.*, r.waived, r.said,
    CASE WHEN s.fault IS NOT NULL THEN CASE WHEN r.waived = 1 THEN CASE WHEN s.gap IS NULL THEN 'not-applicable' ELSE 'not-assessed' END ELSE 'fail' END
      WHEN s.gap IS NOT NULL OR s.is_set = 0 THEN 'not-assessed' ELSE 'pass' END AS status
  FROM seen s CROSS JOIN required r
)
SELECT subject, status, observed, expected, reason, "limit", evidence FROM (
  SELECT id AS subject, status,
    'encryption.type ' || coalesce(nullif(encryption_type, ''), 'not told') || ', disk encryption set ' || coalesce(nullif(named, ''), 'none named')
      || CASE WHEN security_type <> '' THEN ', securityType ' || security_type ELSE '' END
      || CASE ade_enabled WHEN 1 THEN ', guest-level encryption on' ELSE '' END AS observed,
    'a customer-managed key (EncryptionAtRestWithCustomerKey or EncryptionAtRestWithPlatformAndCustomerKeys) through a disk encryption set; ' || coalesce(said, 'cmk-required') AS expected,
    CASE status WHEN 'pass' THEN CASE WHEN who = 'both' THEN 'the disk is encrypted with a platform key and a customer-managed key' ELSE 'the disk is encrypted with a customer-managed key' END
      WHEN 'fail' THEN fault
      WHEN 'not-applicable' THEN fault || ', and no customer-managed key is required: ' || said
      ELSE coalesce(gap, named || ' is not the id of a disk encryption set') END AS reason,
    CASE WHEN status <> 'pass' THEN NULL
      WHEN clusters = 0 THEN 'which cluster the volume belongs to cannot be told, so the set is not compared with that of a cluster'
      WHEN same = clusters THEN NULL
      WHEN clusters_unknown > 0 THEN 'which disk encryption set the cluster names is not known, so the two are not compared'
      WHEN bare > 0 THEN 'the cluster names no disk encryption set; the disk has its own'
      ELSE 'the disk encryption set is not the one that the cluster names (' || other_des || ')' END AS "limit",
    src || '#' || ptr AS evidence
  FROM judged
  UNION ALL
  SELECT scope, 'not-assessed', NULL, NULL, 'population not known: ' || reason, NULL, evidence FROM unknown_population WHERE kind = 'disk'
  UNION ALL
  SELECT scope, 'not-applicable', NULL, NULL, 'none found in scope', NULL, NULL FROM empty_population WHERE kind = 'disk'
)
ORDER BY subject;
