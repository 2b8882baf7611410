-- resource: role_assignment
-- title: role assignments
-- api-version: 2022-04-01
-- audience: arm
-- after: subscription
-- each: SELECT '/subscriptions/' || s.subscription_id AS subject,
--     '/subscriptions/' || s.subscription_id || '/providers/Microsoft.Authorization/roleAssignments' AS url,
--     '/subscriptions/' || s.subscription_id AS scope
--   FROM scope s LEFT JOIN subscription v ON v.subscription_id = s.subscription_id
--   WHERE coalesce(v.state, '') <> 'Deleted' ORDER BY 1
-- shape: list
-- permission: Microsoft.Authorization/roleAssignments/read
-- must: id_key, scope_key, role_guid, principal_id
-- known: condition
-- source: Azure REST API, Microsoft.Authorization 2022-04-01, RoleAssignments_ListForSubscription
--   Without a filter the list of a subscription holds what is assigned at it, below it, and inherited from management groups
--   and from the root. Eligible assignments, delegations of other tenants and members of groups are not in it.
--   Roles are compared by their last GUID: the prefix may be a subscription, a management group or nothing.

CREATE TABLE role_assignment(
  id             TEXT,
  id_key         TEXT PRIMARY KEY,
  scope          TEXT,
  scope_key      TEXT,  -- '' = the root
  role_guid      TEXT,  -- lower case
  principal_id   TEXT,  -- object id, lower case
  principal_type TEXT,
  condition      TEXT,  -- '' = none
  listed_for     TEXT,  -- the first subscription whose list held it
  src            INTEGER,  -- exchange.n
  ptr            TEXT,  -- of the item in that answer
  api_version    TEXT
) STRICT;
CREATE INDEX role_assignment_principal ON role_assignment(principal_id);
CREATE INDEX role_assignment_scope ON role_assignment(scope_key);

-- Every subscription whose list held an assignment: one that is inherited from a management group or from the root stands in the
-- list of each subscription below, and role_assignment keeps the first only.
CREATE TABLE role_assignment_seen(
  assignment_key   TEXT NOT NULL,
  subscription_key TEXT NOT NULL,  -- '/subscriptions/<guid>', lower case
  src              INTEGER,        -- the first exchange that held it
  PRIMARY KEY (assignment_key, subscription_key)
) STRICT, WITHOUT ROWID;

CREATE TEMP VIEW role_assignment_view(id, id_key, scope, scope_key, role_guid, principal_id, principal_type, condition, listed_for, src, ptr, api_version) AS
WITH body AS MATERIALIZED (
  SELECT e.n AS src, e.subject, e.resource, e.api_version, ltrim(CAST(sqlar_uncompress(s.data, s.sz) AS TEXT), char(65279)) AS b
  FROM exchange e JOIN sqlar s ON s.name = 'answers/' || e.sha256
  WHERE e.resource = 'role_assignment' AND e.usable AND e.status = 200
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
    CASE json_type(o, '$.properties.scope') WHEN 'text' THEN o ->> '$.properties.scope' END AS scope,
    CASE json_type(o, '$.properties.roleDefinitionId') WHEN 'text' THEN o ->> '$.properties.roleDefinitionId' END AS role,
    CASE json_type(o, '$.properties.principalId') WHEN 'text' THEN o ->> '$.properties.principalId' END AS principal_id,
    CASE coalesce(json_type(o, '$.properties.principalType'), 'null') WHEN 'text' THEN o ->> '$.properties.principalType'
      WHEN 'null' THEN CASE WHEN api_version >= '2018-09-01' THEN '' END END AS principal_type,
    CASE coalesce(json_type(o, '$.properties.condition'), 'null') WHEN 'text' THEN o ->> '$.properties.condition'
      WHEN 'null' THEN CASE WHEN api_version >= '2020-04-01' THEN '' END END AS condition
  FROM item
)
SELECT id, coalesce((SELECT f.key FROM fold f WHERE f.raw = id), lower(rtrim(id, '/'))), scope,
  CASE WHEN scope GLOB '/*' THEN coalesce((SELECT f.key FROM fold f WHERE f.raw = scope), lower(rtrim(scope, '/'))) END,
  CASE WHEN lower(substr(rtrim(role, '/'), -37)) GLOB '/*' AND NOT lower(substr(rtrim(role, '/'), -36)) GLOB '*[^0-9a-f-]*' THEN lower(substr(rtrim(role, '/'), -36)) END,
  lower(principal_id), principal_type, condition, lower(subject), src, ptr, api_version
FROM read;

CREATE TEMP VIEW role_assignment_seen_view AS
SELECT id_key, listed_for, min(src) FROM role_assignment_view WHERE id_key <> '' GROUP BY id_key, listed_for;
