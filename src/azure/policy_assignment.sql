-- resource: policy_assignment
-- title: policy assignments
-- api-version: 2025-03-01, 2023-04-01
-- audience: arm
-- after: subscription
-- each: SELECT '/subscriptions/' || s.subscription_id AS subject,
--     '/subscriptions/' || s.subscription_id || '/providers/Microsoft.Authorization/policyAssignments' AS url,
--     '/subscriptions/' || s.subscription_id AS scope
--   FROM scope s LEFT JOIN subscription v ON v.subscription_id = s.subscription_id
--   WHERE coalesce(v.state, '') <> 'Deleted' ORDER BY 1
-- shape: list
-- permission: Microsoft.Authorization/policyAssignments/read
-- must: id_key, scope_key, definition_guid
-- known: enforcement_mode, not_scopes, parameters, overrides, resource_selectors, policy_not_scope.scope_key
-- source: Azure REST API, Microsoft.Authorization 2025-03-01, PolicyAssignments_List
--   Without a filter: what is assigned at the subscription, inherited from management groups, and inside. enforcementMode absent
--   is Default. The effect is, in this order: an override, the assignment's parameter, the default of the definition.

CREATE TABLE policy_assignment(
  id                 TEXT,
  id_key             TEXT PRIMARY KEY,
  display_name       TEXT,
  scope              TEXT,
  scope_key          TEXT,
  definition_id      TEXT,
  definition_key     TEXT,
  definition_guid    TEXT,  -- last segment, lower case
  is_set             INTEGER,  -- 1: an initiative (policySetDefinitions)
  enforcement_mode   TEXT,  -- Default, DoNotEnforce, Enroll
  not_scopes         TEXT,  -- JSON array
  parameters         TEXT,  -- JSON object
  overrides          TEXT,  -- JSON array
  resource_selectors TEXT,  -- JSON array
  listed_for         TEXT,
  src                INTEGER,  -- exchange.n
  ptr                TEXT,  -- of the item in that answer
  api_version        TEXT
) STRICT;

-- Scopes that an assignment leaves out.
CREATE TABLE policy_not_scope(
  assignment_key TEXT,
  scope_key      TEXT,
  src            INTEGER,
  ptr            TEXT,
  UNIQUE (assignment_key, scope_key)
) STRICT;

-- Every subscription whose list held an assignment; policy_assignment keeps the first only.
CREATE TABLE policy_assignment_seen(
  assignment_key   TEXT NOT NULL,
  subscription_key TEXT NOT NULL,  -- '/subscriptions/<guid>', lower case
  src              INTEGER,        -- the first exchange that held it
  PRIMARY KEY (assignment_key, subscription_key)
) STRICT, WITHOUT ROWID;

CREATE TEMP VIEW policy_assignment_view(id, id_key, display_name, scope, scope_key, definition_id, definition_key, definition_guid, is_set,
  enforcement_mode, not_scopes, parameters, overrides, resource_selectors, listed_for, src, ptr, api_version) AS
WITH body AS MATERIALIZED (
  SELECT e.n AS src, e.subject, e.resource, e.api_version, ltrim(CAST(sqlar_uncompress(s.data, s.sz) AS TEXT), char(65279)) AS b
  FROM exchange e JOIN sqlar s ON s.name = 'answers/' || e.sha256
  WHERE e.resource = 'policy_assignment' AND e.usable AND e.status = 200
),
item AS MATERIALIZED (
  SELECT src, subject, api_version, '/value/' || v.key AS ptr,
    CASE WHEN json_type(v.value, '$.properties') = 'object'
      THEN v.value ELSE '{}' END AS o
  FROM body, json_each(body.b, '$.value') v
  WHERE v.type = 'object'
),
read AS (
  SELECT src, subject, ptr, api_version,
    CASE json_type(o, '$.id') WHEN 'text' THEN o ->> '$.id' END AS id,
    CASE coalesce(json_type(o, '$.properties.displayName'), 'null') WHEN 'text' THEN o ->> '$.properties.displayName'
      WHEN 'null' THEN CASE WHEN api_version >= '2023-04-01' THEN '' END END AS display_name,
    CASE json_type(o, '$.properties.scope') WHEN 'text' THEN o ->> '$.properties.scope' END AS scope,
    CASE json_type(o, '$.properties.policyDefinitionId') WHEN 'text' THEN o ->> '$.properties.policyDefinitionId' END AS definition_id,
    CASE coalesce(json_type(o, '$.properties.enforcementMode'), 'null') WHEN 'text' THEN o ->> '$.properties.enforcementMode' WHEN 'null' THEN 'Default' END AS enforcement_mode,
    CASE coalesce(json_type(o, '$.properties.notScopes'), 'null') WHEN 'array' THEN o -> '$.properties.notScopes'
      WHEN 'null' THEN CASE WHEN api_version >= '2018-05-01' THEN '[]' END END AS not_scopes,
    CASE coalesce(json_type(o, '$.properties.parameters'), 'null') WHEN 'object' THEN o -> '$.properties.parameters'
      WHEN 'null' THEN CASE WHEN api_version >= '2018-05-01' THEN '{}' END END AS parameters,
    CASE coalesce(json_type(o, '$.properties.overrides'), 'null') WHEN 'array' THEN o -> '$.properties.overrides'
      WHEN 'null' THEN CASE WHEN api_version >= '2022-06-01' THEN '[]' END END AS overrides,
    CASE coalesce(json_type(o, '$.properties.resourceSelectors'), 'null') WHEN 'array' THEN o -> '$.properties.resourceSelectors'
      WHEN 'null' THEN CASE WHEN api_version >= '2022-06-01' THEN '[]' END END AS resource_selectors
  FROM item
),
keyed AS (SELECT *, coalesce((SELECT f.key FROM fold f WHERE f.raw = definition_id), lower(rtrim(definition_id, '/'))) AS definition_key FROM read)
SELECT id, coalesce((SELECT f.key FROM fold f WHERE f.raw = id), lower(rtrim(id, '/'))), display_name, scope, CASE WHEN scope GLOB '/*' THEN coalesce((SELECT f.key FROM fold f WHERE f.raw = scope), lower(rtrim(scope, '/'))) END, definition_id, definition_key,
  CASE WHEN instr(definition_key, '/policysetdefinitions/') THEN substr(definition_key, instr(definition_key, '/policysetdefinitions/') + 22)
    WHEN instr(definition_key, '/policydefinitions/') THEN substr(definition_key, instr(definition_key, '/policydefinitions/') + 19) END,
  CASE WHEN instr(definition_key, '/policysetdefinitions/') THEN 1 WHEN instr(definition_key, '/policydefinitions/') THEN 0 END, enforcement_mode, not_scopes, parameters, overrides, resource_selectors,
  lower(subject), src, ptr, api_version
FROM keyed;

CREATE TEMP VIEW policy_not_scope_view AS
SELECT a.id_key, CASE n.type WHEN 'text' THEN coalesce((SELECT f.key FROM fold f WHERE f.raw = n.value), lower(rtrim(n.value, '/'))) END, a.src, a.ptr || '/properties/notScopes/' || n.key
FROM policy_assignment a, json_each(a.not_scopes) n;

CREATE TEMP VIEW policy_assignment_seen_view AS
SELECT id_key, listed_for, min(src) FROM policy_assignment_view WHERE id_key <> '' GROUP BY id_key, listed_for;
