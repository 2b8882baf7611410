-- resource: diagnostic_setting
-- title: diagnostic settings of key stores
-- api-version: 2021-05-01-preview
-- audience: arm
-- after: used_key
-- each: SELECT vault_id AS subject, vault_id || '/providers/Microsoft.Insights/diagnosticSettings' AS url
--   FROM used_vault WHERE kind <> 'unresolved' ORDER BY vault_key
-- shape: list
-- permission: Microsoft.Insights/diagnosticSettings/read
-- must: id, target_key
-- known: enabled, category, category_group, destination
-- source: Azure Monitor REST API 2021-05-01-preview, DiagnosticSettings_List
--   Not paged. A setting made with a category group has category null. One row per log entry; a setting without logs has one
--   row with enabled 0. destination counts the sinks that the setting names.

CREATE TABLE diagnostic_setting(
  id             TEXT,
  id_key         TEXT,
  target_key     TEXT,  -- the resource whose logs these are
  name           TEXT,
  destination    TEXT,  -- what it writes to, joined by ', '; '' = nowhere
  category       TEXT,  -- lower case; '' = none
  category_group TEXT,  -- lower case; '' = none
  enabled        INTEGER,
  position       INTEGER,
  src            INTEGER,
  ptr            TEXT,
  api_version    TEXT,
  UNIQUE (id_key, position)
) STRICT;
CREATE INDEX diagnostic_setting_target ON diagnostic_setting(target_key);

CREATE TEMP VIEW diagnostic_setting_view AS
WITH body AS MATERIALIZED (
  SELECT e.n AS src, e.subject, e.resource, e.api_version, ltrim(CAST(sqlar_uncompress(s.data, s.sz) AS TEXT), char(65279)) AS b
  FROM exchange e JOIN sqlar s ON s.name = 'answers/' || e.sha256
  WHERE e.resource = 'diagnostic_setting' AND e.usable AND e.status = 200
),
item AS MATERIALIZED (
  SELECT src, subject, api_version, '/value/' || v.key AS ptr,
    CASE WHEN json_type(v.value, '$.properties') = 'object'
      AND coalesce(json_type(v.value, '$.properties.logs'), 'null') IN ('array', 'null')
      THEN v.value ELSE '{}' END AS o
  FROM body, json_each(body.b, '$.value') v
  WHERE v.type = 'object'
),
entry AS (
  SELECT i.src, i.subject, i.api_version, i.ptr || '/properties/logs/' || l.key AS ptr, i.o AS s, l.key AS position,
    CASE l.type WHEN 'object' THEN l.value ELSE '{"enabled":"not known"}' END AS o
  FROM item i, json_each(i.o, '$.properties.logs') l WHERE json_type(i.o, '$.properties.logs') = 'array'
  UNION ALL
  SELECT i.src, i.subject, i.api_version, i.ptr, i.o, -1, '{"enabled":false}' FROM item i
  WHERE coalesce(json_array_length(i.o, '$.properties.logs'), 0) = 0
),
sink(path, word) AS (VALUES ('$.properties.workspaceId', 'Log Analytics workspace'), ('$.properties.storageAccountId', 'storage account'),
  ('$.properties.eventHubAuthorizationRuleId', 'event hub'), ('$.properties.marketplacePartnerId', 'partner solution'),
  ('$.properties.serviceBusRuleId', 'service bus')),
read AS (
  SELECT src, subject, ptr, api_version, position,
    CASE json_type(s, '$.id') WHEN 'text' THEN s ->> '$.id' END AS id,
    CASE json_type(s, '$.name') WHEN 'text' THEN s ->> '$.name' END AS name,
    CASE WHEN NOT EXISTS (SELECT 1 FROM sink k WHERE coalesce(json_type(e.s, k.path), 'null') NOT IN ('text', 'null')) THEN (
      SELECT coalesce(group_concat(w.word, ', '), '') FROM (SELECT k.word FROM sink k
        WHERE json_type(e.s, k.path) = 'text' AND (e.s ->> k.path) <> '' ORDER BY k.word) w) END AS destination,
    CASE coalesce(json_type(o, '$.category'), 'null') WHEN 'text' THEN lower(o ->> '$.category') WHEN 'null' THEN '' END AS category,
    CASE coalesce(json_type(o, '$.categoryGroup'), 'null') WHEN 'text' THEN lower(o ->> '$.categoryGroup') WHEN 'null' THEN '' END AS category_group,
    CASE coalesce(json_type(o, '$.enabled'), 'null') WHEN 'true' THEN 1 WHEN 'false' THEN 0 WHEN 'null' THEN 0 END AS enabled
  FROM entry e
)
SELECT id, coalesce((SELECT f.key FROM fold f WHERE f.raw = id), lower(rtrim(id, '/'))), coalesce((SELECT f.key FROM fold f WHERE f.raw = subject), lower(rtrim(subject, '/'))), name, destination,
  category, category_group, enabled, position, src, ptr, api_version
FROM read;
