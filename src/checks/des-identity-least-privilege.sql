-- check: des-identity-least-privilege
-- id: IAM-01
-- order: 19
-- title: The identity of the disk encryption set may use its key, and nothing else
-- severity: high
-- basis: standard
-- link: identity
-- kind: des
-- needs: subscription, aks_cluster, scale_set, virtual_machine, disk, disk_encryption_set_list, disk_encryption_set, vault, managed_hsm,
--   deleted_vault, role_assignment, role_definition
-- why: The identity of a disk encryption set needs three operations on one key: get, wrap and unwrap. Whatever it may do beyond
--   that, or in other places, is open to whoever can act as it.
-- limits: Rights of the identity itself are looked at: membership of groups, eligible assignments (PIM) and deny assignments are not read,
--   and conditions are not evaluated. Of control-plane rights those count by which rights on keys can be given. Permissions on managed
--   storage accounts in access policies are not read.
-- remedy: Give the narrow right first, then take the wide one away; in a vault with access policies set exactly these:
--   az role assignment create --assignee-object-id IDENTITY --assignee-principal-type ServicePrincipal --role "Key Vault Crypto Service Encryption User" --scope KEY-ID
--   az role assignment delete --ids ASSIGNMENT-ID
--   az keyvault set-policy --name VAULT --object-id IDENTITY --key-permissions get wrapKey unwrapKey --secret-permissions --certificate-permissions
-- danger: If the identity is without its three operations, even for a while, reading and writing of the disks fail about an hour later.
-- source: https://learn.microsoft.com/azure/key-vault/general/rbac-guide
WITH item AS (
  SELECT s.des_key, s.des_id, s.state, s.reason AS why, s.evidence AS des_evidence, d.identity_type, d.key_url, '/subscriptions/' || d.subscription_id AS subscription_key,
    k.key_key, u.vault_key, v.vault_id, v.kind AS vault_kind, v.state AS vault_state, v.reason AS vault_why, v.evidence AS vault_evidence,
    b.rbac, '/subscriptions/' || coalesce(b.subscription_id, h.subscription_id) AS vault_subscription_key
  FROM des_state s
  LEFT JOIN disk_encryption_set d ON d.id_key = s.des_key AND s.state = 'read'
  LEFT JOIN key_use k ON k.user_kind = 'des' AND k.user_key = d.id_key
  LEFT JOIN used_key u ON u.key_key = k.key_key
  LEFT JOIN vault_state v ON v.vault_key = u.vault_key
  LEFT JOIN vault b ON b.id_key = v.vault_key
  LEFT JOIN managed_hsm h ON h.id_key = v.vault_key
),
read AS (SELECT * FROM item WHERE state = 'read'),
identity AS (SELECT DISTINCT r.des_key, r.key_key, r.vault_key, r.vault_id, r.vault_kind, r.rbac, r.vault_subscription_key, i.principal_id
  FROM read r JOIN des_identity i ON i.des_key = r.des_key WHERE i.principal_id <> ''),
principal AS (SELECT principal_id, count(*) AS sets FROM identity GROUP BY principal_id),
-- where an identity may have its three operations: the keys of its sets and their vaults
own AS (SELECT principal_id, key_key AS scope_key FROM identity WHERE key_key IS NOT NULL UNION SELECT principal_id, vault_key FROM identity WHERE vault_key IS NOT NULL),
assigned AS (
  SELECT a.id_key, a.principal_id, coalesce(nullif(a.scope, ''), '/') AS scope, a.scope_key, a.condition, a.role_guid, a.src, a.ptr, coalesce(d.name, a.role_guid) AS role, d.role_guid IS NOT NULL AS known,
    o.scope_key IS NOT NULL AS at_own,
    -- the vault in whose place the role is given, where it is given at a vault or a key
    CASE WHEN a.scope_key GLOB '*/providers/microsoft.keyvault/vaults/*' THEN substr(a.scope_key, 1, coalesce(nullif(instr(a.scope_key, '/keys/'), 0), 4096) - 1) END AS place_key
  FROM principal p JOIN role_assignment a ON a.principal_id = p.principal_id
  LEFT JOIN role_definition d ON d.role_guid = a.role_guid
  LEFT JOIN own o ON o.principal_id = a.principal_id AND o.scope_key = a.scope_key
),
-- a vault that no list showed may be the one of a set whose vault was not found: then nobody can say that it is another
hidden AS (
  SELECT DISTINCT a.id_key FROM assigned a JOIN identity i ON i.principal_id = a.principal_id LEFT JOIN vault v ON v.id_key = a.place_key
  WHERE a.place_key IS NOT NULL AND v.id_key IS NULL AND coalesce(i.vault_kind, 'unresolved') = 'unresolved'
),
power AS (
  SELECT a.id_key, max(c.purpose = 'key-use') AS uses, sum(c.purpose <> 'key-use') AS excesses, min(CASE WHEN c.purpose <> 'key-use' THEN c.op END) AS excess
  FROM assigned a JOIN role_can c ON c.role_guid = a.role_guid WHERE c.purpose <> 'collect' GROUP BY a.id_key
),
-- access policies of vaults in which they decide, or may do so
allowed AS (
  SELECT p.vault_key, p.position, p.object_id AS principal_id, v.id AS vault_id, v.rbac, p.application_id, p.key_permissions, p.secret_permissions, p.certificate_permissions,
    p.src, p.ptr, o.scope_key IS NOT NULL AS at_own
  FROM principal q JOIN vault_access_policy p ON p.object_id = q.principal_id JOIN vault v ON v.id_key = p.vault_key
  LEFT JOIN own o ON o.principal_id = q.principal_id AND o.scope_key = p.vault_key
  WHERE coalesce(v.rbac, 0) = 0
),
verb AS (
  SELECT a.vault_key, a.position, a.principal_id, a.at_own, a.application_id, 'keys' AS kind, j.value AS word FROM allowed a, json_each(a.key_permissions) j
  UNION ALL SELECT a.vault_key, a.position, a.principal_id, a.at_own, a.application_id, 'secrets', j.value FROM allowed a, json_each(a.secret_permissions) j
  UNION ALL SELECT a.vault_key, a.position, a.principal_id, a.at_own, a.application_id, 'certificates', j.value FROM allowed a, json_each(a.certificate_permissions) j
),
excess AS (
  SELECT vault_key, position, principal_id, at_own, kind, group_concat(word, ', ') AS words
  FROM (SELECT * FROM verb WHERE kind <> 'keys' OR at_own = 0 OR word NOT IN ('get', 'wrapkey', 'unwrapkey') ORDER BY vault_key, position, kind, word)
  GROUP BY vault_key, position, principal_id, at_own, kind
),
need(n, op, word) AS (VALUES (1, 'microsoft.keyvault/vaults/keys/read', 'get'), (2, 'microsoft.keyvault/vaults/keys/wrap/action', 'wrapkey'), (3, 'microsoft.keyvault/vaults/keys/unwrap/action', 'unwrapkey')),
-- what each identity has on the key of its set; plain 1: without a condition
have AS (
  SELECT i.des_key, i.principal_id, n.word, max(a.condition = '') AS plain
  FROM identity i JOIN scope_node o ON o.key = i.key_key JOIN scope_chain x ON x.object = o.id JOIN scope_node s ON s.id = x.scope
  JOIN role_assignment a ON a.principal_id = i.principal_id AND a.scope_key = s.key
  JOIN role_can c ON c.role_guid = a.role_guid AND c.data = 1 JOIN need n ON n.op = c.op
  WHERE i.rbac = 1 GROUP BY i.des_key, i.principal_id, n.word
  UNION ALL
  SELECT DISTINCT i.des_key, i.principal_id, n.word, 1
  FROM identity i JOIN verb v ON v.vault_key = i.vault_key AND v.principal_id = i.principal_id AND v.kind = 'keys' AND v.application_id = '' JOIN need n ON v.word IN (n.word, 'all')
  WHERE i.rbac = 0
),
-- subscriptions whose lists cannot prove that nothing more is there; that of role assignments is never empty, since who reads it
-- has a right there
asked(subscription_key, everywhere) AS (
  SELECT '/subscriptions/' || s.subscription_id, 1 FROM scope s LEFT JOIN subscription v ON v.subscription_id = s.subscription_id WHERE coalesce(v.state, '') <> 'Deleted'
  UNION SELECT subscription_key, 0 FROM read UNION SELECT vault_subscription_key, 0 FROM read WHERE vault_subscription_key IS NOT NULL
),
filled AS (SELECT DISTINCT subscription_key FROM assignment_place WHERE kind = 'role'),
hole AS (
  SELECT a.subscription_key, max(a.everywhere) AS everywhere,
    max(CASE WHEN coalesce(r.complete, 0) = 0 THEN coalesce(r.reason, 'role assignments: not asked for')
      WHEN f.subscription_key IS NULL THEN 'role assignments: the list is empty, which it cannot be' END) AS no_roles,
    max(CASE WHEN coalesce(d.complete, 0) = 0 THEN coalesce(d.reason, 'role definitions: not asked for') END) AS no_definitions,
    max(CASE WHEN coalesce(v.complete, 0) = 0 THEN coalesce(v.reason, 'key vaults: not asked for') END) AS no_vaults
  FROM asked a
  LEFT JOIN filled f ON f.subscription_key = a.subscription_key
  LEFT JOIN list_state r ON r.resource = 'role_assignment' AND r.subject_key = a.subscription_key
  LEFT JOIN list_state d ON d.resource = 'role_definition' AND d.subject_key = a.subscription_key
  LEFT JOIN list_state v ON v.resource = 'vault' AND v.subject_key = a.subscription_key
  GROUP BY a.subscription_key
),
-- What an identity lacks; certain 1 where nothing was left unread that could give it.
unclear AS (SELECT DISTINCT principal_id FROM assigned WHERE known = 0),
blurred AS (
  SELECT DISTINCT i.des_key, i.principal_id FROM identity i JOIN vault_access_policy p ON p.vault_key = i.vault_key
  WHERE p.object_id IS NULL OR (p.object_id = i.principal_id AND (p.key_permissions IS NULL OR p.application_id IS NULL))
),
lack AS (
  SELECT i.des_key, i.principal_id, i.rbac, n.n, n.word,
    CASE i.rbac WHEN 1 THEN h.no_roles IS NULL AND h.no_definitions IS NULL AND u.principal_id IS NULL ELSE b.des_key IS NULL END AS certain
  FROM identity i CROSS JOIN need n
  LEFT JOIN have w ON w.des_key = i.des_key AND w.principal_id = i.principal_id AND w.word = n.word
  LEFT JOIN hole h ON h.subscription_key = i.vault_subscription_key
  LEFT JOIN unclear u ON u.principal_id = i.principal_id
  LEFT JOIN blurred b ON b.des_key = i.des_key AND b.principal_id = i.principal_id
  WHERE i.vault_kind = 'vault' AND i.rbac IS NOT NULL AND w.des_key IS NULL
),
-- What is wrong (certain 1) or cannot be told (certain 0), one row each.
fault(des_key, certain, n, says) AS (
  SELECT des_key, CASE WHEN lower(identity_type) IN ('', 'none') THEN 1 ELSE 0 END, 1,
    CASE WHEN identity_type IS NULL THEN 'identity.type was not returned in a readable form' WHEN lower(identity_type) IN ('', 'none') THEN 'the set has no identity, so it cannot use its key'
      ELSE 'the object id of an identity of the set was not returned' END
  FROM read r WHERE identity_type IS NULL OR lower(identity_type) IN ('', 'none') OR NOT EXISTS (SELECT 1 FROM des_identity i WHERE i.des_key = r.des_key AND i.principal_id <> '')
    OR EXISTS (SELECT 1 FROM des_identity i WHERE i.des_key = r.des_key AND i.principal_id IS NULL)
  UNION ALL
  SELECT des_key, 0, 2, CASE WHEN key_key IS NULL THEN 'which key the set uses is not known' WHEN vault_state <> 'read' THEN 'rights on the key cannot be told: ' || vault_why
    WHEN vault_kind = 'hsm' THEN 'the key lies in a managed HSM, whose local role assignments were not read'
    WHEN rbac IS NULL THEN 'whether the vault decides by roles or by access policies is not known (enableRbacAuthorization)' ELSE 'nothing is known of the vault' END
  FROM read WHERE key_key IS NULL OR coalesce(vault_state, '') <> 'read' OR coalesce(vault_kind, '') <> 'vault' OR rbac IS NULL
  UNION ALL
  SELECT i.des_key, 1, 3, 'the role ' || a.role || ' at ' || a.scope || ' lets it do more: ' || p.excess || CASE p.excesses WHEN 1 THEN '' ELSE ' and ' || (p.excesses - 1) || ' more' END
  FROM identity i JOIN assigned a ON a.principal_id = i.principal_id JOIN power p ON p.id_key = a.id_key WHERE p.excesses > 0
  UNION ALL
  SELECT i.des_key, h.id_key IS NULL, 4, 'the role ' || a.role || ' is given at ' || a.scope
    || CASE WHEN h.id_key IS NULL THEN ', which is neither the key of the set nor its vault' ELSE ', a vault that was not seen: whether the key of the set lies there is not known' END
  FROM identity i JOIN assigned a ON a.principal_id = i.principal_id JOIN power p ON p.id_key = a.id_key LEFT JOIN hidden h ON h.id_key = a.id_key WHERE p.uses = 1 AND p.excesses = 0 AND a.at_own = 0
  UNION ALL
  SELECT i.des_key, 1, 5, 'the access policy of ' || CASE e.at_own WHEN 1 THEN 'its vault' ELSE a.vault_id END || ' allows more: ' || e.kind || ' ' || e.words
  FROM identity i JOIN allowed a ON a.principal_id = i.principal_id AND a.rbac = 0 JOIN excess e ON e.vault_key = a.vault_key AND e.position = a.position
  UNION ALL
  SELECT des_key, min(certain), 6, CASE rbac WHEN 1 THEN 'no role assignment of its own gives identity ' ELSE 'no access policy of its own gives identity ' END || principal_id
      || ' the operation ' || group_concat(word, ', ') || ', so the set cannot use its key (membership of groups is not expanded)'
  FROM (SELECT * FROM lack ORDER BY des_key, principal_id, n) GROUP BY des_key, principal_id, rbac
  UNION ALL
  SELECT i.des_key, 0, 7, 'what the role ' || a.role || ' at ' || a.scope || ' permits is not known: its definition was not read'
  FROM identity i JOIN assigned a ON a.principal_id = i.principal_id WHERE a.known = 0
  UNION ALL
  SELECT i.des_key, 0, 8, 'an access policy of ' || a.vault_id || ' was not returned in a readable form, or it is not known whether it decides'
  FROM identity i JOIN allowed a ON a.principal_id = i.principal_id
  WHERE a.rbac IS NULL OR a.key_permissions IS NULL OR a.secret_permissions IS NULL OR a.certificate_permissions IS NULL
  UNION ALL
  SELECT DISTINCT r.des_key, 0, 9, h.subscription_key || ': ' || coalesce(h.no_roles, h.no_definitions, h.no_vaults)
  FROM read r JOIN hole h ON h.everywhere = 1 OR h.subscription_key IN (r.subscription_key, r.vault_subscription_key)
  WHERE coalesce(h.no_roles, h.no_definitions, h.no_vaults) IS NOT NULL
),
wrong AS (
  SELECT des_key, max(certain) AS certain, group_concat(says, '; ') AS says
  FROM (SELECT DISTINCT des_key, certain, n, says FROM fault ORDER BY des_key, certain DESC, n, says) GROUP BY des_key
),
caveat(des_key, n, says) AS (
  SELECT des_key, 1, 'the operation ' || word || ' is given under a condition that is not evaluated' FROM have WHERE coalesce(plain, 0) = 0
  UNION ALL
  SELECT i.des_key, 2, 'identity ' || i.principal_id || ' serves ' || (p.sets - 1) || ' more disk encryption set' || CASE p.sets WHEN 2 THEN '' ELSE 's' END || ', and may use their keys too'
  FROM identity i JOIN principal p ON p.principal_id = i.principal_id WHERE p.sets > 1
),
aside AS (SELECT des_key, group_concat(says, '; ') AS says FROM (SELECT * FROM caveat ORDER BY des_key, n, says) GROUP BY des_key),
-- rights on keys, or to give them, in words
seen(des_key, says) AS (
  SELECT i.des_key, a.role || ' at ' || a.scope FROM identity i JOIN assigned a ON a.principal_id = i.principal_id JOIN power p ON p.id_key = a.id_key
  UNION
  SELECT i.des_key, 'access policy of ' || a.vault_id || ': ' || coalesce((SELECT group_concat(v.kind || ' ' || v.word, ', ') FROM (SELECT kind, word FROM verb v WHERE v.vault_key = a.vault_key AND v.position = a.position ORDER BY kind DESC, word) v), 'nothing')
  FROM identity i JOIN allowed a ON a.principal_id = i.principal_id AND a.rbac = 0
),
listed AS (SELECT des_key, group_concat(says, '; ') AS says FROM (SELECT * FROM seen ORDER BY des_key, says) GROUP BY des_key),
token(des_key, src, ptr) AS (
  SELECT r.des_key, i.src, i.ptr FROM read r JOIN des_identity i ON i.des_key = r.des_key
  UNION SELECT i.des_key, a.src, a.ptr FROM identity i JOIN assigned a ON a.principal_id = i.principal_id LEFT JOIN power p ON p.id_key = a.id_key WHERE p.id_key IS NOT NULL OR a.known = 0
  UNION SELECT i.des_key, a.src, a.ptr FROM identity i JOIN allowed a ON a.principal_id = i.principal_id
),
proof AS (SELECT des_key, group_concat(src || '#' || ptr, ' ') AS tokens FROM (SELECT * FROM token ORDER BY des_key, src, ptr) GROUP BY des_key),
judged AS (
  SELECT i.*, w.says AS fault_says, a.says AS caveat_says, l.says AS seen_says, p.tokens,
    CASE i.state WHEN 'gone' THEN 'not-applicable' WHEN 'unread' THEN 'not-assessed' ELSE CASE w.certain WHEN 1 THEN 'fail' WHEN 0 THEN 'not-assessed' ELSE 'pass' END END AS status
  FROM item i LEFT JOIN wrong w ON w.des_key = i.des_key LEFT JOIN aside a ON a.des_key = i.des_key LEFT JOIN listed l ON l.des_key = i.des_key LEFT JOIN proof p ON p.des_key = i.des_key
)
SELECT subject, status, observed, expected, reason, "limit", evidence FROM (
  SELECT des_id AS subject, status, CASE WHEN state = 'read' THEN 'rights that were seen: ' || coalesce(seen_says, 'none on keys') END AS observed,
    'get, wrap and unwrap on the key of the set, given at the key or its vault, and nothing else' AS expected,
    CASE status WHEN 'pass' THEN 'the identity may use the key and nothing else' WHEN 'not-applicable' THEN why || '; des-healthy fails for it' ELSE coalesce(fault_says, why) END AS reason,
    CASE status WHEN 'pass' THEN caveat_says END AS "limit",
    nullif(trim(coalesce(des_evidence, '') || coalesce(' ' || nullif(vault_evidence, ''), '') || coalesce(' ' || tokens, '')), '') AS evidence
  FROM judged
  UNION ALL
  SELECT scope, 'not-assessed', NULL, NULL, 'population not known: ' || reason, NULL, evidence FROM unknown_population WHERE kind = 'des'
  UNION ALL
  SELECT scope, 'not-applicable', NULL, NULL, 'none found in scope', NULL, NULL FROM empty_population WHERE kind = 'des'
)
ORDER BY subject;
