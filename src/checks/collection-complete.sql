-- check: collection-complete
-- id: IPE-01
-- order: 22
-- title: Everything in scope was read, and could be seen
-- severity: high
-- basis: good-practice
-- link: none
-- kind: subscription
-- needs: subscription, management_group, mg_descendant, role_assignment, role_definition, aks_cluster, scale_set,
--   virtual_machine, disk, disk_encryption_set_list, disk_encryption_set, vault, managed_hsm, deleted_vault, crypto_key,
--   vault_key, vault_key_rotation, key_version, vault_key_version, used_key_version, vault_used_version, diagnostic_setting, policy_assignment, policy_set,
--   policy_definition, policy_exemption
-- why: A caller with rights on a few resource groups gets lists that look whole and are not: Azure leaves out what he may not see, and
--   says nothing. Every pass rests on what was read, so it has to be shown that everything could be seen.
-- limits: One run is one tenant: subscriptions of other tenants, where the caller may be a guest, are in no list of this one and need a
--   collection of their own; those delegated to it are listed, read, and never shown to be whole. Rights that come through a group are not counted, since its members are not read; neither are eligible assignments
--   (Privileged Identity Management) nor delegations of other tenants (Azure Lighthouse). Deny assignments, which take rights away, are not
--   read. Whether the declared scope is the right one is not shown; a subscription that neither the list of subscriptions nor the roster of
--   a management group names stays unknown.
-- remedy: Give the collecting principal the role Reader itself, not through a group, at each subscription or at a management group above, and
--   collect again:
--   az role assignment create --assignee-object-id OBJECT-ID --assignee-principal-type ServicePrincipal --role acdd72a7-3385-48ef-bd42-f606fba81ae7 --scope {id}
--   For a recording, name the caller: keycustody collect --principal OBJECT-ID
-- source: https://learn.microsoft.com/azure/role-based-access-control/role-assignments-list-rest
--   Reader (acdd72a7-3385-48ef-bd42-f606fba81ae7) permits every read that keycustody makes.

WITH caller AS (SELECT nullif(lower(principal_id), '') AS id, source, nullif(lower(tenant_id), '') AS tenant FROM snapshot),
tenant AS (
  SELECT NOT EXISTS (SELECT 1 FROM scope) AS none, coalesce(l.complete, 0) AS complete, l.reason, l.evidence
  FROM (SELECT 1) LEFT JOIN list_state l ON l.resource = 'subscription' AND l.subject_key = ''
),
-- what is read in a subscription; management groups and the list of subscriptions belong to the tenant
wanted AS (
  SELECT DISTINCT op FROM resource_permission
  WHERE op NOT GLOB 'microsoft.management/*' AND op <> 'microsoft.resources/subscriptions/read'
),
place AS (
  SELECT '/subscriptions/' || s.subscription_id AS key, v.id_key IS NOT NULL AS visible, v.state, v.tenant_id AS tenant, v.src || '#' || v.ptr AS at
  FROM scope s LEFT JOIN subscription v ON v.subscription_id = s.subscription_id
),
-- the caller's own assignments at or above each subscription; one with a condition, or whose condition is not known, proves nothing
own AS (
  SELECT p.key, a.role_guid, a.src || '#' || a.ptr AS at
  FROM place p
  JOIN scope_node n ON n.key = p.key
  JOIN scope_chain c ON c.object = n.id
  JOIN scope_node up ON up.id = c.scope
  JOIN role_assignment a ON a.scope_key = up.key
  JOIN caller ON caller.id = a.principal_id
  WHERE a.condition = ''
),
permitted AS (
  SELECT DISTINCT o.key, r.op FROM own o JOIN role_can r ON r.role_guid = o.role_guid AND r.data = 0 JOIN wanted w ON w.op = r.op
),
lacking AS (
  SELECT p.key, w.op, row_number() OVER (PARTITION BY p.key ORDER BY w.op) AS place
  FROM place p CROSS JOIN wanted w LEFT JOIN permitted t ON t.key = p.key AND t.op = w.op WHERE t.op IS NULL
),
lacks AS (
  SELECT key, count(*) AS n, group_concat(CASE WHEN place <= 3 THEN op END, ', ') || CASE WHEN count(*) > 3 THEN ' and ' || (count(*) - 3) || ' more' ELSE '' END AS words
  FROM (SELECT * FROM lacking ORDER BY key, place) GROUP BY key
),
rights AS (
  SELECT key, count(*) AS n, group_concat(at, ' ') AS evidence FROM (
    SELECT DISTINCT o.key, o.at FROM own o JOIN role_can r ON r.role_guid = o.role_guid AND r.data = 0 JOIN wanted w ON w.op = r.op ORDER BY o.key, o.at)
  GROUP BY key
),
-- a gap of the tenant concerns every subscription
refused AS (
  SELECT p.key, count(*) AS n, min(g.n) AS first
  FROM place p CROSS JOIN (SELECT n, lower(rtrim(scope, '/')) AS key FROM gap) g WHERE g.key IN (p.key, '') GROUP BY p.key
),
unread AS (
  SELECT key, group_concat(reason, '; ') AS words, min(nullif(evidence, '')) AS evidence
  FROM (SELECT p.key, u.reason, min(u.evidence) AS evidence FROM place p JOIN unknown_population u ON u.subscription_key IN (p.key, '')
      WHERE u.scope_key NOT GLOB 'https://*' GROUP BY p.key, u.reason
    -- a vault at a host that no list shows belongs to the subscriptions whose sets and clusters use it
    UNION
    SELECT '/subscriptions/' || substr(k.user_key, 16, 36), 'a key in use lies at ' || k.host || ': ' || u.reason, min(k.src || '#' || k.ptr)
      FROM key_use k JOIN used_key y ON y.key_key = k.key_key JOIN unknown_population u ON u.kind = 'vault' AND u.scope_key = y.vault_key
      WHERE k.vault_key IS NULL GROUP BY 1, 2 ORDER BY 1, 2)
  GROUP BY key
),
judged AS (
  SELECT p.*, r.n AS gaps, g.reason AS gap_reason, g.resource AS gap_resource, g.exchange AS gap_at, coalesce(l.n, 0) AS missing, l.words AS missing_words,
    coalesce(o.n, 0) AS assignments, o.evidence AS rights_at, u.words AS unread, u.evidence AS unread_at, caller.id AS caller, caller.source,
    CASE WHEN p.tenant <> caller.tenant THEN 'it belongs to the tenant ' || p.tenant || ', the collecting principal signed in to ' || caller.tenant END AS elsewhere,
    a.complete AS assigned, a.reason AS assigned_reason, a.evidence AS assigned_at, d.complete AS defined, d.reason AS defined_reason, d.evidence AS defined_at,
    (SELECT count(*) FROM wanted) AS operations
  FROM place p CROSS JOIN caller
  LEFT JOIN refused r ON r.key = p.key
  LEFT JOIN gap g ON g.n = r.first
  LEFT JOIN lacks l ON l.key = p.key
  LEFT JOIN rights o ON o.key = p.key
  LEFT JOIN unread u ON u.key = p.key
  LEFT JOIN list_state a ON a.resource = 'role_assignment' AND a.subject_key = p.key
  LEFT JOIN list_state d ON d.resource = 'role_definition' AND d.subject_key = p.key
),
reasoned AS (
  SELECT *, CASE WHEN gaps = 1 THEN '; 1 request was refused or failed, or its answer could not be used: ' || gap_reason
      WHEN gaps > 1 THEN '; ' || gaps || ' requests were refused or failed, or their answers could not be used; the first: ' || gap_reason ELSE '' END
    || CASE WHEN visible THEN '' ELSE '; visibility not proven: the subscription is not among those that the caller sees' END
    || CASE WHEN caller IS NULL THEN '; visibility not proven: the collecting principal is not known' || CASE source WHEN 'recording' THEN ' (for a recording --principal names it)' ELSE '' END
      WHEN coalesce(assigned, 0) = 0 THEN '; visibility not proven: ' || coalesce(assigned_reason, 'role assignments: not asked for')
      WHEN coalesce(defined, 0) = 0 THEN '; visibility not proven: ' || coalesce(defined_reason, 'role definitions: not asked for')
      WHEN missing THEN '; visibility not proven: no role assignment of the collecting principal itself covers ' || missing_words || '; rights through a group cannot be seen'
      ELSE '' END
    || CASE WHEN elsewhere <> '' THEN '; visibility not proven: ' || elsewhere || ', and rights by delegation (Azure Lighthouse) are in no list' ELSE '' END
    || CASE WHEN unread <> '' THEN '; what it holds is not known: ' || unread ELSE '' END AS reasons
  FROM judged
),
-- subscriptions of the tenant that the caller does not see, where everything visible was to be looked at ('?': the roster does not tell which)
hidden AS (
  SELECT '/subscriptions/' || m.id AS key, min(m.display_name) AS name, min(m.at) AS at
  FROM (SELECT coalesce(nullif(lower(name), ''), CASE WHEN id_key GLOB '/subscriptions/?*' THEN substr(id_key, 16) END, '?') AS id, display_name, src || '#' || ptr AS at
    FROM mg_descendant WHERE lower(type) GLOB '*/subscriptions' OR (type IS NULL AND id_key GLOB '/subscriptions/?*')) m
  LEFT JOIN subscription v ON v.subscription_id = m.id LEFT JOIN scope s ON s.subscription_id = m.id
  WHERE v.id_key IS NULL AND s.subscription_id IS NULL AND EXISTS (SELECT 1 FROM scope WHERE declared_by = 'visible')
  GROUP BY m.id
)
SELECT key AS subject,
  CASE WHEN state = 'Deleted' THEN 'not-applicable' WHEN reasons = '' AND operations > 0 THEN 'pass' ELSE 'not-assessed' END AS status,
  CASE WHEN visible THEN 'subscription state ' || coalesce(state, 'not told') || CASE state WHEN 'Enabled' THEN '' ELSE ' (not Enabled)' END || coalesce('; ' || elsewhere, '')
    || '; gaps: ' || coalesce(gaps, 0) || '; role assignments of the collecting principal at or above it that permit reading: ' || assignments
    || ', covering ' || (operations - missing) || ' of ' || operations || ' operations' END AS observed,
  'no gap, and role assignments of the collecting principal itself, at or above the subscription, for each of the ' || operations || ' operations that are read with' AS expected,
  CASE WHEN state = 'Deleted' THEN 'the subscription is deleted; nothing in it was asked for' WHEN reasons = '' AND operations = 0 THEN 'visibility not proven: no operation is named' ELSE nullif(substr(reasons, 3), '') END AS reason,
  NULL AS "limit",
  trim(coalesce(at, '') || ' ' || CASE WHEN reasons = '' THEN coalesce(rights_at, '') ELSE coalesce(gap_at || ' ', '') || coalesce(assigned_at, '') END) AS evidence
FROM reasoned
UNION ALL
SELECT key, 'not-assessed', 'named by the management group roster' || coalesce(' as "' || name || '"', ''), 'every subscription of the tenant is visible to the collecting principal',
  'visibility not proven: the management group roster names the subscription, and the collecting principal does not see it', NULL, at
FROM hidden
UNION ALL
SELECT '/subscriptions', 'not-assessed', NULL, NULL, 'population not known: ' || CASE WHEN complete = 0 THEN coalesce(reason, 'subscriptions: not asked for') ELSE 'no subscription is in scope' END, NULL, evidence
FROM tenant WHERE none OR complete = 0
ORDER BY subject;
