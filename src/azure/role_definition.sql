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
      AND json_type(v.value, '$.properties.permissions') = 'array'
      THEN v.value ELSE '{}' END AS o
  FROM body, json_each(body.b, '$.value') v
  WHERE v.type = 'object'
),
read AS (
  SELECT src, subject, ptr, api_version,
    CASE json_type(o, '$.id') WHEN 'text' THEN o ->> '$.id' END AS id,
    CASE WHEN json_type(o, '$.name') = 'text' AND length(o ->> '$.name') = 36 THEN o ->> '$.name' END AS guid,
    CASE json_type(o, '$.properties.roleName') WHEN 'text' THEN o ->> '$.properties.roleName' END AS name,
    CASE coalesce(json_type(o, '$.properties.type'), 'null') WHEN 'text' THEN o ->> '$.properties.type'
      WHEN 'null' THEN CASE WHEN api_version >= '2015-07-01' THEN '' END END AS type
  FROM item
)
SELECT lower(guid), id, name, type, src, ptr, api_version FROM read;

-- Only the first definition of a role is read: every subscription lists the built-in ones again. Permissions of another shape are
-- rows without a pattern, which become gaps: what they would have allowed or taken away is not known.
CREATE TEMP VIEW role_permission_view AS
WITH body AS MATERIALIZED (
  SELECT e.n AS src, ltrim(CAST(sqlar_uncompress(s.data, s.sz) AS TEXT), char(65279)) AS b
  FROM exchange e JOIN sqlar s ON s.name = 'answers/' || e.sha256
  WHERE e.n IN (SELECT src FROM role_definition)
),
item AS MATERIALIZED (SELECT b.src, '/value/' || v.key AS ptr, v.value AS o FROM body b, json_each(b.b, '$.value') v WHERE v.type = 'object'),
block AS (
  SELECT d.role_guid, d.src, d.ptr || '/properties/permissions/' || p.key AS ptr, p.key AS block, p.type, CASE p.type WHEN 'object' THEN p.value ELSE '{}' END AS o
  FROM item i CROSS JOIN role_definition d, json_each(i.o, '$.properties.permissions') p
  WHERE d.src = i.src AND d.ptr = i.ptr AND json_type(i.o, '$.properties.permissions') = 'array'
),
kind(path, word) AS (VALUES ('$.actions', 'action'), ('$.notActions', 'notAction'), ('$.dataActions', 'dataAction'), ('$.notDataActions', 'notDataAction'))
SELECT b.role_guid, b.block, k.word, CASE a.type WHEN 'text' THEN lower(a.value) END, b.src, b.ptr
FROM block b, kind k, json_each(b.o, k.path) a WHERE b.type = 'object' AND json_type(b.o, k.path) = 'array'
UNION ALL
SELECT b.role_guid, b.block, k.word, NULL, b.src, b.ptr
FROM block b, kind k WHERE b.type = 'object' AND coalesce(json_type(b.o, k.path), 'null') NOT IN ('array', 'null')
UNION ALL
SELECT b.role_guid, b.block, 'action', NULL, b.src, b.ptr FROM block b WHERE b.type <> 'object';

-- The same role with other permissions in another list: which ones hold is not known. Where the texts differ, what they say is compared:
-- blocks and patterns in any order, an empty list as none.
CREATE TEMP VIEW role_permission_gap AS
WITH body AS MATERIALIZED (
  SELECT e.n AS src, ltrim(CAST(sqlar_uncompress(s.data, s.sz) AS TEXT), char(65279)) AS b
  FROM exchange e JOIN sqlar s ON s.name = 'answers/' || e.sha256
  WHERE e.resource = 'role_definition' AND e.usable AND e.status = 200
),
item AS MATERIALIZED (
  SELECT b.src, '/value/' || v.key AS ptr, lower(v.value ->> '$.name') AS role_guid, coalesce(v.value -> '$.properties.permissions', 'null') AS permissions
  FROM body b, json_each(b.b, '$.value') v WHERE v.type = 'object' AND json_type(v.value, '$.name') = 'text'
),
first AS (SELECT i.role_guid, i.permissions FROM item i CROSS JOIN role_definition d WHERE d.role_guid = i.role_guid AND d.src = i.src AND d.ptr = i.ptr),
odd AS MATERIALIZED (
  SELECT i.src, i.ptr, i.permissions AS here, f.permissions AS there FROM item i JOIN first f ON f.role_guid = i.role_guid WHERE i.permissions <> f.permissions
),
side AS (SELECT src, ptr, 0 AS which, here AS p FROM odd UNION ALL SELECT src, ptr, 1, there FROM odd),
word AS (
  SELECT s.src, s.ptr, s.which, b.key AS block, k.key || ' ' || CASE WHEN k.type <> 'array' THEN k.type || ' ' || coalesce(k.value, '')
    WHEN a.type = 'text' THEN lower(a.value) ELSE a.type || ' ' || coalesce(a.value, '') END AS word
  FROM side s, json_each(CASE json_type(s.p) WHEN 'array' THEN s.p ELSE '[]' END) b, json_each(CASE b.type WHEN 'object' THEN b.value ELSE '{}' END) k,
    json_each(CASE k.type WHEN 'array' THEN k.value ELSE '[null]' END) a
  WHERE k.type <> 'null'
),
said AS (
  SELECT src, ptr, which, block, group_concat(word, char(10)) AS said FROM (SELECT * FROM word ORDER BY src, ptr, which, block, word) GROUP BY src, ptr, which, block
),
whole AS (SELECT src, ptr, which, group_concat(said, char(11)) AS said FROM (SELECT * FROM said ORDER BY src, ptr, which, said) GROUP BY src, ptr, which)
SELECT x.resource, x.subject, x.subject AS scope, x.url, x.status, 'Contradiction' AS code, 'role_permission: an item at ' || o.ptr || ' contradicts another one about the same thing' AS reason, x.n AS exchange
FROM odd o JOIN exchange x ON x.n = o.src
LEFT JOIN whole h ON h.src = o.src AND h.ptr = o.ptr AND h.which = 0
LEFT JOIN whole t ON t.src = o.src AND t.ptr = o.ptr AND t.which = 1
WHERE coalesce(h.said, '') <> coalesce(t.said, '') ORDER BY x.n, o.ptr;
