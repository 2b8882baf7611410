-- resource: role_definition
-- title: role definitions
-- api-version: 2022-04-01
-- audience: arm
-- after: subscription
-- each: SELECT '/subscriptions/' || s.subscription_id AS subject,
--     '/subscriptions/' || s.subscription_id || '/providers/Microsoft.Authorization/roleDefinitions' AS url,
--     '/subscriptions/' || s.subscription_id AS scope
--   FROM scope s LEFT JOIN subscription v ON v.subscription_id = s.subscription_id
--   WHERE coalesce(v.state, '') <> 'Deleted' ORDER BY 1
-- shape: list
-- permission: Microsoft.Authorization/roleDefinitions/read
-- must: role_guid, role_permission.role_guid, role_permission.pattern
-- source: Azure REST API, Microsoft.Authorization 2022-04-01, RoleDefinitions_List
--   A role allows an operation when, inside one block of permissions, an action matches it and no notAction does; the same
--   with dataActions. Patterns have * and compare without regard to case.

CREATE TABLE role_definition(
  role_guid   TEXT PRIMARY KEY,
  id          TEXT,
  name        TEXT,
  type        TEXT,  -- BuiltInRole, CustomRole
  src         INTEGER,  -- exchange.n
  ptr         TEXT,  -- of the item in that answer
  api_version TEXT
) STRICT;

CREATE TABLE role_permission(
  role_guid TEXT,
  block     INTEGER,  -- position in permissions
  kind      TEXT,  -- action, notAction, dataAction, notDataAction
  pattern   TEXT,  -- lower case
  src       INTEGER,
  ptr       TEXT,
  UNIQUE (role_guid, block, kind, pattern)
) STRICT;

CREATE TEMP VIEW role_definition_view AS
WITH body AS MATERIALIZED (
  SELECT e.n AS src, e.subject, e.resource, e.api_version, ltrim(CAST(sqlar_uncompress(s.data, s.sz) AS TEXT), char(65279)) AS b
  FROM exchange e JOIN sqlar s ON s.name = 'answers/' || e.sha256
  WHERE e.resource = 'role_definition' AND e.usable AND e.status = 200
),
item AS MATERIALIZED (
  SELECT src, subject, api_version, '/value/' || v.key AS ptr,
    CASE WHEN json_type(v.value, '$.properties') = 'object'
      AND coalesce(json_type(v.value, '$.properties.permissions'), 'null') IN ('array', 'null')
      THEN v.value ELSE '{}' END AS o
  FROM body, json_each(body.b, '$.value') v
  WHERE v.type = 'object'
),
read AS (
  SELECT src, subject, ptr, api_version,
    CASE json_type(o, '$.id') WHEN 'text' THEN o ->> '$.id' END AS id,
    CASE json_type(o, '$.name') WHEN 'text' THEN o ->> '$.name' END AS guid,
    CASE json_type(o, '$.properties.roleName') WHEN 'text' THEN o ->> '$.properties.roleName' END AS name,
    CASE coalesce(json_type(o, '$.properties.type'), 'null') WHEN 'text' THEN o ->> '$.properties.type'
      WHEN 'null' THEN CASE WHEN api_version >= '2015-07-01' THEN '' END END AS type
  FROM item
)
SELECT lower(guid), id, name, type, src, ptr, api_version FROM read;

-- Only the first definition of a role is read: every subscription lists the built-in ones again.
CREATE TEMP VIEW role_permission_view AS
WITH body AS MATERIALIZED (
  SELECT e.n AS src, e.subject, e.resource, e.api_version, ltrim(CAST(sqlar_uncompress(s.data, s.sz) AS TEXT), char(65279)) AS b
  FROM exchange e JOIN sqlar s ON s.name = 'answers/' || e.sha256
  WHERE e.resource = 'role_definition' AND e.usable AND e.status = 200
),
block AS (
  SELECT d.role_guid, d.src, d.ptr || '/properties/permissions/' || p.key AS ptr, p.key AS block, p.value AS o
  FROM role_definition d JOIN body b ON b.src = d.src, json_each(b.b, '$.value') v, json_each(v.value, '$.properties.permissions') p
  WHERE '/value/' || v.key = d.ptr AND p.type = 'object'
),
kind(path, word) AS (VALUES ('$.actions', 'action'), ('$.notActions', 'notAction'), ('$.dataActions', 'dataAction'), ('$.notDataActions', 'notDataAction'))
SELECT b.role_guid, b.block, k.word, CASE a.type WHEN 'text' THEN lower(a.value) END, b.src, b.ptr
FROM block b, kind k, json_each(b.o, k.path) a WHERE a.type <> 'null';
