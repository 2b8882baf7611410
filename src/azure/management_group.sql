-- resource: management_group
-- title: management groups
-- api-version: 2023-04-01, 2020-05-01
-- audience: arm
-- after:
-- each: SELECT '' AS subject, '/providers/Microsoft.Management/managementGroups' AS url, '' AS scope
-- shape: list
-- permission: Microsoft.Management/managementGroups/read
-- must: id_key
-- known: name
-- source: Azure REST API, Microsoft.Management 2023-04-01, ManagementGroups_List
--   The roster tells which subscriptions exist beside those that the caller sees. The root group has the tenant's id as its name.

CREATE TABLE management_group(
  id           TEXT,
  id_key       TEXT PRIMARY KEY,
  name         TEXT,
  display_name TEXT,
  tenant_id    TEXT,  -- lower-case GUID
  src          INTEGER,  -- exchange.n
  ptr          TEXT,  -- of the item in that answer
  api_version  TEXT
) STRICT;

CREATE TEMP VIEW management_group_view AS
WITH body AS MATERIALIZED (
  SELECT e.n AS src, e.subject, e.resource, e.api_version, ltrim(CAST(sqlar_uncompress(s.data, s.sz) AS TEXT), char(65279)) AS b
  FROM exchange e JOIN sqlar s ON s.name = 'answers/' || e.sha256
  WHERE e.resource = 'management_group' AND e.usable AND e.status = 200
),
item AS MATERIALIZED (
  SELECT src, subject, api_version, '/value/' || v.key AS ptr, v.value AS o
  FROM body, json_each(body.b, '$.value') v
  WHERE v.type = 'object'
),
read AS (
  SELECT src, subject, ptr, api_version,
    CASE json_type(o, '$.id') WHEN 'text' THEN o ->> '$.id' END AS id,
    CASE json_type(o, '$.name') WHEN 'text' THEN o ->> '$.name' END AS name,
    CASE json_type(o, '$.properties.displayName') WHEN 'text' THEN o ->> '$.properties.displayName' END AS display_name,
    CASE json_type(o, '$.properties.tenantId') WHEN 'text' THEN o ->> '$.properties.tenantId' END AS tenant_id
  FROM item
)
SELECT id, coalesce((SELECT f.key FROM fold f WHERE f.raw = id), lower(rtrim(id, '/'))), name, display_name, lower(tenant_id), src, ptr, api_version
FROM read;
