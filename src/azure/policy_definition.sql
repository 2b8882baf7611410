-- resource: policy_definition
-- title: policy definitions
-- api-version: 2025-03-01, 2023-04-01
-- audience: arm
-- after: policy_assignment, policy_set
-- each: SELECT '/providers/Microsoft.Authorization/policyDefinitions/7d7be79c-23ba-4033-84dd-45e2a5ccdd67' AS subject,
--     '/providers/Microsoft.Authorization/policyDefinitions/7d7be79c-23ba-4033-84dd-45e2a5ccdd67' AS url
--   WHERE EXISTS (SELECT 1 FROM policy_assignment WHERE definition_guid = '7d7be79c-23ba-4033-84dd-45e2a5ccdd67')
--      OR EXISTS (SELECT 1 FROM policy_set_member WHERE definition_guid = '7d7be79c-23ba-4033-84dd-45e2a5ccdd67')
-- shape: one
-- permission: Microsoft.Authorization/policyDefinitions/read
-- must: id_key
-- known: default_effect
-- source: Azure REST API, Microsoft.Authorization 2025-03-01, PolicyDefinitions_GetBuiltIn
--   Asked for where it is assigned: "Both operating systems and data disks in Azure Kubernetes Service clusters should be
--   encrypted by customer-managed keys" (Azure/azure-policy, built-in-policies/policyDefinitions/Kubernetes/AKS_CMK_Deny.json).

CREATE TABLE policy_definition(
  id             TEXT,
  id_key         TEXT PRIMARY KEY,
  guid           TEXT,
  display_name   TEXT,
  policy_type    TEXT,
  default_effect TEXT,
  parameters     TEXT,  -- JSON object
  src            INTEGER,  -- exchange.n
  ptr            TEXT,  -- of the item in that answer
  api_version    TEXT
) STRICT;

CREATE TEMP VIEW policy_definition_view AS
WITH body AS MATERIALIZED (
  SELECT e.n AS src, e.subject, e.resource, e.api_version, ltrim(CAST(sqlar_uncompress(s.data, s.sz) AS TEXT), char(65279)) AS b
  FROM exchange e JOIN sqlar s ON s.name = 'answers/' || e.sha256
  WHERE e.resource = 'policy_definition' AND e.usable AND e.status = 200
),
item AS MATERIALIZED (
  SELECT src, subject, api_version, '' AS ptr,
    CASE WHEN json_type(v.value, '$.properties') = 'object'
      AND coalesce(json_type(v.value, '$.properties.parameters'), 'null') IN ('object', 'null')
      AND coalesce(json_type(v.value, '$.properties.parameters.effect'), 'null') IN ('object', 'null')
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
    CASE coalesce(json_type(o, '$.properties.parameters.effect.defaultValue'), 'null') WHEN 'text' THEN o ->> '$.properties.parameters.effect.defaultValue'
      WHEN 'null' THEN CASE WHEN api_version >= '2023-04-01' THEN '' END END AS default_effect,
    CASE coalesce(json_type(o, '$.properties.parameters'), 'null') WHEN 'object' THEN o -> '$.properties.parameters'
      WHEN 'null' THEN CASE WHEN api_version >= '2023-04-01' THEN '{}' END END AS parameters
  FROM item
),
keyed AS (SELECT *, coalesce((SELECT f.key FROM fold f WHERE f.raw = id), lower(rtrim(id, '/'))) AS id_key FROM read)
SELECT id, CASE WHEN id_key = lower(rtrim(subject, '/')) THEN id_key END, substr(id_key, instr(id_key, '/policydefinitions/') + 19), display_name, policy_type, default_effect, parameters, src, ptr, api_version
FROM keyed;
