-- resource: mg_descendant
-- title: management group rosters
-- api-version: 2023-04-01, 2020-05-01
-- audience: arm
-- after: management_group
-- each: SELECT m.id AS subject, m.id || '/descendants' AS url, '' AS scope
--   FROM management_group m
--   WHERE lower(m.name) = m.tenant_id OR NOT EXISTS (SELECT 1 FROM management_group r WHERE lower(r.name) = r.tenant_id)
--   ORDER BY m.id_key
-- shape: list
-- permission: Microsoft.Management/managementGroups/descendants/read
-- must: id_key
-- known: type, name, parent_key
-- source: Azure REST API, Microsoft.Management 2023-04-01, ManagementGroups_GetDescendants
--   The whole subtree, groups and subscriptions; so the root alone is asked where the caller sees it. type is
--   Microsoft.Management/managementGroups or, as documented, /subscriptions and, in the examples,
--   Microsoft.Management/managementGroups/subscriptions; the name of a subscription is its GUID.

CREATE TABLE mg_descendant(
  id           TEXT,
  id_key       TEXT PRIMARY KEY,
  type         TEXT,
  name         TEXT,
  display_name TEXT,
  parent_key   TEXT,  -- '' when not told
  listed_for   TEXT,  -- the group that was asked, folded
  src          INTEGER,  -- exchange.n
  ptr          TEXT,  -- of the item in that answer
  api_version  TEXT
) STRICT;

CREATE TEMP VIEW mg_descendant_view AS
WITH body AS MATERIALIZED (
  SELECT e.n AS src, e.subject, e.resource, e.api_version, ltrim(CAST(sqlar_uncompress(s.data, s.sz) AS TEXT), char(65279)) AS b
  FROM exchange e JOIN sqlar s ON s.name = 'answers/' || e.sha256
  WHERE e.resource = 'mg_descendant' AND e.usable AND e.status = 200
),
item AS MATERIALIZED (
  SELECT src, subject, api_version, '/value/' || v.key AS ptr, v.value AS o
  FROM body, json_each(body.b, '$.value') v
  WHERE v.type = 'object'
),
read AS (
  SELECT src, subject, ptr, api_version,
    CASE json_type(o, '$.id') WHEN 'text' THEN o ->> '$.id' END AS id,
    CASE json_type(o, '$.type') WHEN 'text' THEN o ->> '$.type' END AS type,
    CASE json_type(o, '$.name') WHEN 'text' THEN o ->> '$.name' END AS name,
    CASE json_type(o, '$.properties.displayName') WHEN 'text' THEN o ->> '$.properties.displayName' END AS display_name,
    CASE WHEN coalesce(json_type(o, '$.properties'), 'null') IN ('object', 'null') AND coalesce(json_type(o, '$.properties.parent'), 'null') IN ('object', 'null')
      THEN CASE coalesce(json_type(o, '$.properties.parent.id'), 'null') WHEN 'text' THEN o ->> '$.properties.parent.id'
        WHEN 'null' THEN CASE WHEN api_version >= '2020-05-01' THEN '' END END END AS parent
  FROM item
)
SELECT id, coalesce((SELECT f.key FROM fold f WHERE f.raw = id), lower(rtrim(id, '/'))), type, name, display_name, coalesce((SELECT f.key FROM fold f WHERE f.raw = parent), lower(rtrim(parent, '/'))), coalesce((SELECT f.key FROM fold f WHERE f.raw = subject), lower(rtrim(subject, '/'))), src, ptr, api_version
FROM read;
