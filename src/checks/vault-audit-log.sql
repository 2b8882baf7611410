-- check: vault-audit-log
-- id: LOG-01
-- order: 20
-- title: What happens to keys is logged
-- severity: high
-- basis: standard
-- link: logging
-- kind: vault
-- needs: subscription, aks_cluster, scale_set, virtual_machine, disk, disk_encryption_set_list, disk_encryption_set, vault, managed_hsm,
--   deleted_vault, diagnostic_setting
-- why: Without a diagnostic setting for AuditEvent nothing records who used, changed, deleted or restored a key; Azure keeps no such log
--   by itself.
-- limits: Whether the destination still exists, how long it keeps the events, who may change them and whether anyone reads them is not
--   shown. Changes to the vault itself stand in the activity log, which is not read.
-- remedy: az monitor diagnostic-settings create --name key-audit --resource {id} --workspace WORKSPACE-ID --logs '[{"categoryGroup":"audit","enabled":true}]'
-- source: https://learn.microsoft.com/azure/key-vault/general/logging
--   Azure Policy cf820ca0-f99e-4f3e-84fb-66e913812d21 (Resource logs in Key Vault should be enabled) makes a similar test.

WITH entry AS (
  SELECT target_key, coalesce(name, id) AS name, destination, enabled, category, category_group, src || '#' || ptr AS at,
    category = 'auditevent' OR category_group IN ('audit', 'alllogs') AS audits
  FROM diagnostic_setting
),
-- good: 1 it logs; 0 it does not; NULL it cannot be told
judged AS (SELECT *, audits AND enabled = 1 AND destination <> '' AS good FROM entry),
best AS (
  SELECT target_key, max(good) AS good, max(good IS NULL) AS doubt, max(audits AND enabled = 1) AS on_anywhere, count(*) AS n,
    max(good = 1 AND destination <> 'event hub') AS kept
  FROM judged GROUP BY target_key
),
seen AS (
  SELECT target_key, group_concat('"' || name || '" sends ' || what || ' to ' || destination, '; ') AS words, group_concat(at, ' ') AS evidence FROM (
    SELECT target_key, name, destination, group_concat(DISTINCT CASE WHEN category <> '' THEN category ELSE category_group END) AS what, min(at) AS at
    FROM judged WHERE good = 1 GROUP BY target_key, name, destination ORDER BY target_key, name, destination)
  GROUP BY target_key
),
store AS (
  SELECT s.vault_id, s.state, s.reason, s.evidence, l.complete, l.reason AS unread, l.evidence AS asked, b.good, b.doubt, b.on_anywhere, b.n, b.kept,
    seen.words, seen.evidence AS found
  FROM vault_state s
  LEFT JOIN list_state l ON l.resource = 'diagnostic_setting' AND l.subject_key = s.vault_key
  LEFT JOIN best b ON b.target_key = s.vault_key
  LEFT JOIN seen ON seen.target_key = s.vault_key
  WHERE NOT EXISTS (SELECT 1 FROM unknown_population u WHERE u.kind = 'vault' AND u.scope_key = s.vault_key)
)
SELECT vault_id AS subject,
  CASE WHEN state <> 'read' THEN 'not-assessed' WHEN good = 1 THEN 'pass'
    WHEN coalesce(complete, 0) = 0 OR doubt = 1 THEN 'not-assessed' ELSE 'fail' END AS status,
  CASE WHEN state <> 'read' THEN NULL WHEN good = 1 THEN words
    WHEN coalesce(complete, 0) = 0 OR doubt = 1 THEN NULL
    WHEN n IS NULL THEN 'no diagnostic setting'
    WHEN on_anywhere = 1 THEN 'a diagnostic setting for audit events that names no destination'
    ELSE 'diagnostic settings, but none with AuditEvent (or the group audit or allLogs) switched on' END AS observed,
  CASE WHEN state = 'read' THEN 'a diagnostic setting that sends AuditEvent, or the group audit or allLogs, to a destination' END AS expected,
  CASE WHEN state <> 'read' THEN reason WHEN good = 1 THEN NULL
    WHEN coalesce(complete, 0) = 0 THEN coalesce(unread, 'diagnostic settings: not asked for')
    WHEN doubt = 1 THEN 'a diagnostic setting could not be read as a whole'
    ELSE 'uses of the keys are recorded nowhere' END AS reason,
  CASE WHEN state = 'read' AND good = 1 AND kept = 0 THEN 'The only destination is an event hub: what receives the events from there was not read.' END AS "limit",
  trim(coalesce(evidence, '') || ' ' || coalesce(CASE WHEN good = 1 THEN found END, asked, '')) AS evidence
FROM store
UNION ALL SELECT scope, 'not-assessed', NULL, NULL, 'population not known: ' || reason, NULL, evidence FROM unknown_population WHERE kind = 'vault'
UNION ALL SELECT scope, 'not-applicable', NULL, NULL, 'none found in scope', NULL, NULL FROM empty_population WHERE kind = 'vault'
ORDER BY subject;
