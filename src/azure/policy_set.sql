-- resource: policy_set
-- title: policy initiatives that are assigned
-- api-version: 2025-03-01, 2023-04-01
-- audience: arm
-- after: policy_assignment
-- each: SELECT min(definition_id) AS subject, min(definition_id) AS url FROM policy_assignment WHERE is_set GROUP BY definition_key ORDER BY definition_key
-- shape: one
-- permission: Microsoft.Authorization/policySetDefinitions/read
-- must: id_key, policy_set_member.definition_guid
-- known: members, parameters, policy_set_member.parameters, policy_set_member.reference_id
-- source: Azure REST API, Microsoft.Authorization 2025-03-01, PolicySetDefinitions_Get and PolicySetDefinitions_GetBuiltIn
--   Which policies an initiative holds, and how its parameters reach them.

CREATE TABLE policy_set(
  id           TEXT,
  id_key       TEXT PRIMARY KEY,
  display_name TEXT,
  policy_type  TEXT,
  parameters   TEXT,  -- JSON object
  members      INTEGER,
  src          INTEGER,  -- exchange.n
  ptr          TEXT,  -- of the item in that answer
  api_version  TEXT
) STRICT;

CREATE TABLE policy_set_member(
  set_key         TEXT,
  position        INTEGER,
  reference_id    TEXT,
  definition_key  TEXT,
  definition_guid TEXT,
  parameters      TEXT,  -- JSON object
  src             INTEGER,
  ptr             TEXT,
  UNIQUE (set_key, position)
) STRICT;
CREATE INDEX policy_set_member_guid ON policy_set_member(definition_guid);

CREATE TEMP VIEW policy_set_view AS
WITH body AS MATERIALIZED (
  SELECT e.n AS src, e.subject, e.resource, e.api_version, ltrim(CAST(sqlar_uncompress(s.data, s.sz) AS TEXT), char(65279)) AS b
  FROM exchange e JOIN sqlar s ON s.name = 'answers/' || e.sha256
  WHERE e.resource = 'policy_set' AND e.usable AND e.status = 200
),
item AS MATERIALIZED (
  SELECT src, subject, api_version, '' AS ptr,
    CASE WHEN json_type(v.value, '$.properties') = 'object'
      AND coalesce(json_type(v.value, '$.properties.parameters'), 'null') IN ('object', 'null')
      AND coalesce(json_type(v.value, '$.properties.policyDefinitions'), 'null') IN ('array', 'null')
      THEN v.value ELSE '{}' END AS o
  FROM body, json_each('[' || body.b || ']') v
  WHERE v.type = 'object'
),
read AS (
  SELECT src, subject, ptr, api_version,
    CASE json_type(o, '$.id') WHEN 'text' THEN o ->> '$.id' END AS id,
    CASE coalesce(json_type(o, '$.properties.displayName'), 'null') WHEN 'text' THEN o ->> '$.properties.displayName'
      WHEN 'null' THEN CASE WHEN api_version >= '2023-04-01' THEN '' END END AS display_name,
    CASE coalesce(json_type(o, '$.properties.policyType'), 'null') WHEN 'text' THEN o ->> '$.properties.policyType'
      WHEN 'null' THEN CASE WHEN api_version >= '2023-04-01' THEN '' END END AS policy_type,
    CASE coalesce(json_type(o, '$.properties.parameters'), 'null') WHEN 'object' THEN o -> '$.properties.parameters'
      WHEN 'null' THEN CASE WHEN api_version >= '2023-04-01' THEN '{}' END END AS parameters,
    CASE json_type(o, '$.properties.policyDefinitions') WHEN 'array' THEN json_array_length(o, '$.properties.policyDefinitions') END AS members
  FROM item
),
keyed AS (SELECT *, coalesce((SELECT f.key FROM fold f WHERE f.raw = id), lower(rtrim(id, '/'))) AS id_key, coalesce((SELECT f.key FROM fold f WHERE f.raw = subject), lower(rtrim(subject, '/'))) AS asked FROM read)
SELECT id, CASE WHEN id_key = asked THEN id_key END, display_name, policy_type, parameters, members, src, ptr, api_version
FROM keyed;

CREATE TEMP VIEW policy_set_member_view AS
WITH body AS MATERIALIZED (
  SELECT e.n AS src, e.subject, e.resource, e.api_version, ltrim(CAST(sqlar_uncompress(s.data, s.sz) AS TEXT), char(65279)) AS b
  FROM exchange e JOIN sqlar s ON s.name = 'answers/' || e.sha256
  WHERE e.resource = 'policy_set' AND e.usable AND e.status = 200
),
whole AS MATERIALIZED (
  SELECT src, subject, api_version, '' AS ptr,
    CASE WHEN json_type(v.value, '$.properties') = 'object'
      AND coalesce(json_type(v.value, '$.properties.parameters'), 'null') IN ('object', 'null')
      AND coalesce(json_type(v.value, '$.properties.policyDefinitions'), 'null') IN ('array', 'null')
      THEN v.value ELSE '{}' END AS o
  FROM body, json_each('[' || body.b || ']') v
  WHERE v.type = 'object'
),
item AS MATERIALIZED (
  SELECT w.src, w.subject, w.ptr || '/properties/policyDefinitions/' || d.key AS ptr, d.key AS position,
    CASE d.type WHEN 'object' THEN d.value ELSE '{}' END AS o
  FROM whole w JOIN policy_set s ON s.src = w.src, json_each(w.o, '$.properties.policyDefinitions') d
  WHERE json_type(w.o, '$.properties.policyDefinitions') = 'array'
),
read AS (
  SELECT src, subject, ptr, position,
    CASE coalesce(json_type(o, '$.policyDefinitionReferenceId'), 'null') WHEN 'text' THEN o ->> '$.policyDefinitionReferenceId' WHEN 'null' THEN '' END AS reference_id,
    CASE json_type(o, '$.policyDefinitionId') WHEN 'text' THEN o ->> '$.policyDefinitionId' END AS definition_id,
    CASE coalesce(json_type(o, '$.parameters'), 'null') WHEN 'object' THEN o -> '$.parameters' WHEN 'null' THEN '{}' END AS parameters
  FROM item
)
SELECT coalesce((SELECT f.key FROM fold f WHERE f.raw = subject), lower(rtrim(subject, '/'))), position, reference_id, coalesce((SELECT f.key FROM fold f WHERE f.raw = definition_id), lower(rtrim(definition_id, '/'))),
  CASE WHEN instr(lower(definition_id), '/policydefinitions/') THEN substr(lower(definition_id), instr(lower(definition_id), '/policydefinitions/') + 19) END, parameters, src, ptr
FROM read;
