-- check: policy-cmk-enforced
-- id: POL-01
-- order: 21
-- title: Azure Policy watches for clusters without a disk encryption set
-- severity: low
-- basis: good-practice
-- link: policy
-- kind: cluster
-- needs: subscription, aks_cluster, management_group, mg_descendant, policy_assignment, policy_set, policy_definition, policy_exemption
-- why: The built-in policy 7d7be79c-23ba-4033-84dd-45e2a5ccdd67 ("Both operating systems and data disks in Azure Kubernetes Service
--   clusters should be encrypted by customer-managed keys") finds clusters that name no disk encryption set, and with effect Deny
--   refuses them. It keeps what the other tests saw from drifting.
-- limits: The policy looks at the property of the cluster alone, not at set, key, vault or disks. That it is assigned says nothing about how
--   often it is evaluated or who reads the result. Selectors of exemptions are not read: an exemption counts whole.
-- remedy: Assign it where it reaches every cluster, best at a management group; first with Audit, then with Deny:
--   az policy assignment create --name aks-cmk --scope /providers/Microsoft.Management/managementGroups/GROUP --policy 7d7be79c-23ba-4033-84dd-45e2a5ccdd67 --params '{"effect":{"value":"Audit"}}'
--   Give exemptions an end: az policy exemption update --name EXEMPTION --scope SCOPE --expires-on DATE
-- danger: Deny refuses every later change of a cluster without a disk encryption set too, upgrades among them; and such a cluster must
--   be rebuilt.
-- source: https://learn.microsoft.com/azure/aks/policy-reference
WITH builtin(key) AS (VALUES ('/providers/microsoft.authorization/policydefinitions/7d7be79c-23ba-4033-84dd-45e2a5ccdd67')),
-- every assignment of the policy: of itself, or of an initiative that holds it
held AS (
  SELECT a.id_key, 0 AS in_set, -1 AS position, '' AS reference_key, NULL AS member_parameters, NULL AS set_parameters
  FROM policy_assignment a JOIN builtin b ON b.key = a.definition_key
  UNION ALL
  SELECT a.id_key, 1, m.position, lower(m.reference_id), m.parameters, s.parameters
  FROM builtin b JOIN policy_set_member m ON m.definition_key = b.key JOIN policy_set s ON s.id_key = m.set_key JOIN policy_assignment a ON a.definition_key = m.set_key
),
-- overrides of the effect; applies NULL: it cannot be told
override AS (
  SELECT h.id_key, h.position, CASE WHEN o.type <> 'object' THEN '?' ELSE lower(coalesce(o.value ->> '$.kind', '?')) END AS kind,
    CASE o.type WHEN 'object' THEN CASE json_type(o.value, '$.value') WHEN 'text' THEN lower(o.value ->> '$.value') END END AS effect,
    CASE WHEN o.type <> 'object' THEN NULL
      WHEN coalesce(json_type(o.value, '$.selectors'), 'null') = 'null' THEN 1
      WHEN json_type(o.value, '$.selectors') <> 'array' THEN NULL
      WHEN EXISTS (SELECT 1 FROM json_each(o.value, '$.selectors') s WHERE h.in_set = 0 OR coalesce(h.reference_key, '') = '' OR lower(coalesce(CASE s.type WHEN 'object' THEN s.value ->> '$.kind' END, '')) <> 'policydefinitionreferenceid') THEN NULL
      WHEN EXISTS (SELECT 1 FROM json_each(o.value, '$.selectors') s
        WHERE (json_type(s.value, '$.in') = 'array' AND h.reference_key NOT IN (SELECT lower(i.value) FROM json_each(s.value, '$.in') i))
          OR (json_type(s.value, '$.notIn') = 'array' AND h.reference_key IN (SELECT lower(i.value) FROM json_each(s.value, '$.notIn') i))) THEN 0
      ELSE 1 END AS applies
  FROM held h JOIN policy_assignment a ON a.id_key = h.id_key, json_each(a.overrides) o
),
overridden AS (
  SELECT id_key, position, sum(kind NOT IN ('policyeffect', 'definitionversion') OR (kind = 'policyeffect' AND (applies IS NULL OR (applies = 1 AND effect IS NULL)))) AS odd,
    count(DISTINCT CASE WHEN kind = 'policyeffect' AND applies = 1 THEN effect END) AS effects, max(CASE WHEN kind = 'policyeffect' AND applies = 1 THEN effect END) AS effect
  FROM override GROUP BY id_key, position
),
-- said: what the assignment (or the initiative) writes for the parameter effect; NULL = nothing, '?' = not readable
said AS (
  SELECT h.*, CASE h.in_set
    WHEN 0 THEN (SELECT CASE p.type WHEN 'object' THEN CASE json_type(p.value, '$.value') WHEN 'text' THEN p.value ->> '$.value' ELSE '?' END ELSE '?' END FROM json_each(a.parameters) p WHERE lower(p.key) = 'effect' LIMIT 1)
    ELSE (SELECT CASE p.type WHEN 'object' THEN CASE json_type(p.value, '$.value') WHEN 'text' THEN p.value ->> '$.value' ELSE '?' END ELSE '?' END FROM json_each(h.member_parameters) p WHERE lower(p.key) = 'effect' LIMIT 1) END AS word,
    a.parameters IS NULL OR (h.in_set = 1 AND (h.member_parameters IS NULL OR h.set_parameters IS NULL)) AS blurred
  FROM held h JOIN policy_assignment a ON a.id_key = h.id_key
),
-- name: of the parameter of the initiative that an expression hands on
named AS (
  SELECT *, CASE WHEN in_set = 1 AND lower(word) GLOB '[[]parameters(''?*'')]' AND substr(word, 14, length(word) - 16) NOT GLOB '*['''')(]*' THEN lower(substr(word, 14, length(word) - 16)) END AS name FROM said
),
given AS (
  SELECT n.*, CASE WHEN n.word IS NULL THEN NULL
    WHEN n.name IS NOT NULL THEN coalesce(
      (SELECT CASE p.type WHEN 'object' THEN CASE json_type(p.value, '$.value') WHEN 'text' THEN p.value ->> '$.value' ELSE '?' END ELSE '?' END FROM json_each(a.parameters) p WHERE lower(p.key) = n.name LIMIT 1),
      (SELECT CASE p.type WHEN 'object' THEN CASE json_type(p.value, '$.defaultValue') WHEN 'text' THEN p.value ->> '$.defaultValue' ELSE '?' END ELSE '?' END FROM json_each(n.set_parameters) p WHERE lower(p.key) = n.name LIMIT 1), '?')
    WHEN n.in_set = 1 AND n.word GLOB '[[]*' THEN '?'
    ELSE n.word END AS parameter
  FROM named n JOIN policy_assignment a ON a.id_key = n.id_key
),
ruled AS (
  SELECT g.id_key, g.position, g.in_set, CASE WHEN a.overrides IS NULL OR o.odd > 0 OR o.effects > 1 OR g.blurred THEN NULL WHEN o.effects = 1 THEN o.effect
    ELSE lower(nullif(nullif(coalesce(g.parameter, d.default_effect, '?'), '?'), '')) END AS effect,
    d.src || '#' || d.ptr AS definition_evidence
  FROM given g JOIN policy_assignment a ON a.id_key = g.id_key CROSS JOIN builtin b
  LEFT JOIN overridden o ON o.id_key = g.id_key AND o.position = g.position
  LEFT JOIN policy_definition d ON d.id_key = b.key
),
-- initiatives that were not read, or not whole: they may hold the policy
unread AS (
  SELECT a.id_key FROM policy_assignment a LEFT JOIN policy_set s ON s.id_key = a.definition_key
  WHERE a.is_set = 1 AND (s.id_key IS NULL OR s.members IS NULL OR s.members <> (SELECT count(*) FROM policy_set_member m WHERE m.set_key = s.id_key))
),
-- Subscriptions whose management groups are all known, up to the root: another group is then really another.
placed AS (
  SELECT d.id_key AS subscription_key FROM mg_descendant d JOIN management_group g ON g.id_key = d.listed_for
  JOIN list_state l ON l.resource = 'mg_descendant' AND l.subject_key = d.listed_for AND l.complete = 1
  WHERE lower(g.name) = g.tenant_id AND NOT EXISTS (SELECT 1 FROM mg_descendant p WHERE coalesce(p.parent_key, '') = '')
),
reach AS (
  SELECT a.id_key, o.id AS object, c.id_key AS cluster_key, '/subscriptions/' || c.subscription_id AS subscription_key, p.subscription_key IS NOT NULL AS placed
  FROM (SELECT id_key FROM held UNION SELECT id_key FROM unread) h JOIN policy_assignment a ON a.id_key = h.id_key
  JOIN scope_node s ON s.key = a.scope_key JOIN scope_chain x ON x.scope = s.id JOIN scope_node o ON o.id = x.object JOIN aks_cluster c ON c.id_key = o.key
  LEFT JOIN placed p ON p.subscription_key = '/subscriptions/' || c.subscription_id
),
-- scopes that an assignment leaves out
left_out AS (
  SELECT r.id_key, r.cluster_key, max(x.scope IS NOT NULL) AS out,
    max(n.scope_key IS NULL OR (x.scope IS NULL AND r.placed = 0 AND n.scope_key GLOB '/providers/microsoft.management/managementgroups/?*')) AS odd
  FROM reach r JOIN policy_not_scope n ON n.assignment_key = r.id_key
  LEFT JOIN scope_node s ON s.key = n.scope_key LEFT JOIN scope_chain x ON x.scope = s.id AND x.object = r.object
  GROUP BY r.id_key, r.cluster_key
),
-- exemptions (one that names members of an initiative, where the member has no name to compare, may count); ends: seconds since 1970, NULL = cannot be told
ended AS (
  SELECT e.*, CASE WHEN e.expires_on <> '' THEN unixepoch(e.expires_on) END AS ends, (SELECT unixepoch(taken_at) FROM snapshot) AS taken FROM policy_exemption e
),
exempt AS (
  SELECT r.id_key, r.cluster_key, h.position,
    max(x.scope IS NOT NULL AND e.expires_on = '' AND (h.in_set = 0 OR e.reference_ids = '[]' OR y.hit = 1)) AS forever,
    max(CASE WHEN x.scope IS NOT NULL AND e.ends > e.taken AND (h.in_set = 0 OR e.reference_ids = '[]' OR y.hit = 1) THEN e.expires_on END) AS until,
    max((e.scope_key IS NULL OR (x.scope IS NULL AND r.placed = 0 AND e.scope_key GLOB '/providers/microsoft.management/managementgroups/?*')
        OR (x.scope IS NOT NULL AND (e.expires_on IS NULL OR (e.expires_on <> '' AND e.ends IS NULL) OR (h.in_set = 1 AND (e.reference_ids IS NULL
          OR (e.reference_ids <> '[]' AND y.hit IS NULL AND (coalesce(h.reference_key, '') = '' OR EXISTS (SELECT 1 FROM json_each(e.reference_ids) j WHERE j.type <> 'text'))))))))
      AND NOT (e.ends IS NOT NULL AND e.ends <= e.taken)) AS odd
  FROM reach r JOIN held h ON h.id_key = r.id_key JOIN ended e ON e.assignment_key = r.id_key
  LEFT JOIN (SELECT e.id_key, lower(j.value) AS word, 1 AS hit FROM policy_exemption e, json_each(e.reference_ids) j GROUP BY e.id_key, lower(j.value)) y ON y.id_key = e.id_key AND y.word = h.reference_key
  LEFT JOIN scope_node s ON s.key = e.scope_key LEFT JOIN scope_chain x ON x.scope = s.id AND x.object = r.object
  GROUP BY r.id_key, r.cluster_key, h.position
),
-- One row for each cluster and assignment: off says why it does not count, odd why that cannot be told.
cover AS (
  SELECT r.cluster_key, a.id_key, coalesce(nullif(a.display_name, ''), a.id) AS name, a.scope, u.effect, e.until,
    CASE WHEN l.out = 1 THEN 'leaves the cluster out (notScopes)' WHEN lower(a.enforcement_mode) = 'donotenforce' THEN 'is not enforced (enforcementMode DoNotEnforce)'
      WHEN u.effect = 'disabled' THEN 'has effect Disabled' WHEN e.forever = 1 THEN 'has an exemption without an end' END AS off,
    CASE WHEN u.id_key IS NULL THEN 'assigns an initiative that was not read'
      WHEN a.not_scopes IS NULL OR l.odd = 1 THEN 'may leave the cluster out (notScopes)'
      WHEN coalesce(lower(a.enforcement_mode), '') <> 'default' THEN 'has an enforcementMode whose meaning here is not known: ' || coalesce(a.enforcement_mode, 'not told')
      WHEN coalesce(a.resource_selectors, '') <> '[]' THEN 'has resourceSelectors, which this check does not evaluate'
      WHEN u.effect IS NULL THEN 'has an effect that could not be told' WHEN u.effect NOT IN ('audit', 'deny', 'disabled') THEN 'has effect ' || u.effect || ', which the policy does not know'
      WHEN e.odd = 1 THEN 'has an exemption of which it is not known whether it counts' END AS odd,
    a.src || '#' || a.ptr AS evidence, CASE WHEN a.is_set THEN g.src || '#' || g.ptr END AS set_evidence, u.definition_evidence
  FROM reach r JOIN policy_assignment a ON a.id_key = r.id_key
  LEFT JOIN ruled u ON u.id_key = r.id_key
  LEFT JOIN policy_set g ON g.id_key = a.definition_key
  LEFT JOIN left_out l ON l.id_key = r.id_key AND l.cluster_key = r.cluster_key
  LEFT JOIN exempt e ON e.id_key = r.id_key AND e.cluster_key = r.cluster_key AND e.position = u.position
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY cluster_key ORDER BY off IS NOT NULL, odd IS NOT NULL, until IS NOT NULL, effect DESC, id_key) AS place FROM cover
),
best AS (SELECT * FROM ranked WHERE place = 1 AND off IS NULL AND odd IS NULL),
rest AS (
  SELECT cluster_key, sum(off IS NULL AND odd IS NOT NULL) AS unclear, group_concat('the assignment ' || name || ' at ' || scope || ' ' || coalesce(off, odd), '; ') AS says
  FROM (SELECT DISTINCT cluster_key, id_key, name, scope, off, odd FROM cover WHERE off IS NOT NULL OR odd IS NOT NULL ORDER BY cluster_key, off IS NOT NULL, id_key) GROUP BY cluster_key
),
token AS (
  SELECT DISTINCT cluster_key, evidence FROM cover UNION SELECT cluster_key, set_evidence FROM cover WHERE set_evidence <> '' UNION SELECT cluster_key, definition_evidence FROM cover WHERE definition_evidence <> ''
),
proof AS (SELECT cluster_key, group_concat(evidence, ' ') AS tokens FROM (SELECT * FROM token ORDER BY cluster_key, CAST(evidence AS INTEGER), evidence) GROUP BY cluster_key),
judged AS (
  SELECT c.id, c.src, c.ptr, b.effect, b.until, b.name, b.scope, r.unclear, r.says, p.tokens, a.evidence AS list_evidence,
    CASE WHEN coalesce(a.complete, 0) = 0 THEN coalesce(a.reason, 'policy assignments: not asked for') END AS no_assignments,
    CASE WHEN coalesce(e.complete, 0) = 0 THEN coalesce(e.reason, 'policy exemptions: not asked for') END AS no_exemptions
  FROM aks_cluster c
  LEFT JOIN best b ON b.cluster_key = c.id_key
  LEFT JOIN rest r ON r.cluster_key = c.id_key
  LEFT JOIN proof p ON p.cluster_key = c.id_key
  LEFT JOIN list_state a ON a.resource = 'policy_assignment' AND a.subject_key = '/subscriptions/' || c.subscription_id
  LEFT JOIN list_state e ON e.resource = 'policy_exemption' AND e.subject_key = '/subscriptions/' || c.subscription_id
),
stated AS (
  SELECT *, CASE WHEN effect IS NOT NULL THEN CASE WHEN coalesce(no_assignments, no_exemptions) IS NULL THEN 'pass' ELSE 'not-assessed' END
    WHEN no_assignments IS NOT NULL OR unclear > 0 THEN 'not-assessed' ELSE 'fail' END AS status FROM judged
)
SELECT subject, status, observed, expected, reason, "limit", evidence FROM (
  SELECT id AS subject, status,
    CASE WHEN effect = 'audit' THEN 'A policy watches for clusters without a DES; effect Audit: nothing is prevented. Assignment ' || name || ' at ' || scope
      WHEN effect = 'deny' THEN 'A policy watches for clusters without a DES; effect Deny: making or changing one is refused. Assignment ' || name || ' at ' || scope
      WHEN status = 'fail' THEN CASE WHEN says IS NULL THEN 'no assignment of the policy reaches the cluster' ELSE 'no assignment of the policy counts for the cluster' END END AS observed,
    'policy 7d7be79c-23ba-4033-84dd-45e2a5ccdd67 assigned with effect Audit or Deny, enforced, and no exemption without an end' AS expected,
    CASE status WHEN 'pass' THEN 'the policy is assigned and reaches the cluster'
      WHEN 'fail' THEN coalesce(says, 'policy 7d7be79c-23ba-4033-84dd-45e2a5ccdd67 is not assigned to anything that the cluster lies in')
      ELSE CASE WHEN no_assignments IS NOT NULL THEN no_assignments WHEN effect IS NOT NULL THEN 'whether an exemption takes the cluster out is not known: ' || no_exemptions ELSE says END END AS reason,
    CASE status WHEN 'pass' THEN nullif(CASE effect WHEN 'audit' THEN 'effect Audit: nothing is prevented' ELSE '' END
      || CASE WHEN until IS NULL THEN '' ELSE CASE effect WHEN 'audit' THEN '; ' ELSE '' END || 'an exemption takes the cluster out until ' || until END, '') END AS "limit",
    src || '#' || ptr || coalesce(' ' || nullif(coalesce(tokens, list_evidence), ''), '') AS evidence
  FROM stated
  UNION ALL
  SELECT scope, 'not-assessed', NULL, NULL, 'population not known: ' || reason, NULL, evidence FROM unknown_population WHERE kind = 'cluster'
  UNION ALL
  SELECT scope, 'not-applicable', NULL, NULL, 'none found in scope', NULL, NULL FROM empty_population WHERE kind = 'cluster'
)
ORDER BY subject;
