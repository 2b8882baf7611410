-- resource: policy_exemption
-- title: policy exemptions
-- api-version: 2022-07-01-preview
-- audience: arm
-- after: subscription
-- each: SELECT '/subscriptions/' || s.subscription_id AS subject,
--     '/subscriptions/' || s.subscription_id || '/providers/Microsoft.Authorization/policyExemptions' AS url,
--     '/subscriptions/' || s.subscription_id AS scope
--   FROM scope s LEFT JOIN subscription v ON v.subscription_id = s.subscription_id
--   WHERE coalesce(v.state, '') <> 'Deleted' ORDER BY 1
-- shape: list
-- permission: Microsoft.Authorization/policyExemptions/read
-- must: id_key, assignment_key
-- known: scope_key, expires_on, reference_ids
-- source: Azure REST API, Microsoft.Authorization 2022-07-01-preview, PolicyExemptions_List
--   expiresOn absent: never ends. policyDefinitionReferenceIds empty: all policies of the initiative. Ended ones are listed too.
--   The scope is what stands before /providers/Microsoft.Authorization/policyExemptions in the id.

CREATE TABLE policy_exemption(
  id             TEXT,
  id_key         TEXT PRIMARY KEY,
  assignment_key TEXT,
  scope          TEXT,
  scope_key      TEXT,
  category       TEXT,  -- Waiver, Mitigated
  expires_on     TEXT,  -- '' = never
  reference_ids  TEXT,  -- JSON array; [] = all
  src            INTEGER,  -- exchange.n
  ptr            TEXT,  -- of the item in that answer
  api_version    TEXT
) STRICT;
CREATE INDEX policy_exemption_assignment ON policy_exemption(assignment_key);

CREATE TEMP VIEW policy_exemption_view AS
WITH body AS MATERIALIZED (
  SELECT e.n AS src, e.subject, e.resource, e.api_version, ltrim(CAST(sqlar_uncompress(s.data, s.sz) AS TEXT), char(65279)) AS b
  FROM exchange e JOIN sqlar s ON s.name = 'answers/' || e.sha256
  WHERE e.resource = 'policy_exemption' AND e.usable AND e.status = 200
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
    CASE json_type(o, '$.properties.policyAssignmentId') WHEN 'text' THEN nullif(o ->> '$.properties.policyAssignmentId', '') END AS assignment_id,
    CASE coalesce(json_type(o, '$.properties.exemptionCategory'), 'null') WHEN 'text' THEN o ->> '$.properties.exemptionCategory'
      WHEN 'null' THEN CASE WHEN api_version >= '2020-07-01' THEN '' END END AS category,
    CASE coalesce(json_type(o, '$.properties.expiresOn'), 'null') WHEN 'text' THEN o ->> '$.properties.expiresOn'
      WHEN 'null' THEN CASE WHEN api_version >= '2020-07-01' THEN '' END END AS expires_on,
    CASE coalesce(json_type(o, '$.properties.policyDefinitionReferenceIds'), 'null') WHEN 'array' THEN o -> '$.properties.policyDefinitionReferenceIds'
      WHEN 'null' THEN CASE WHEN api_version >= '2020-07-01' THEN '[]' END END AS reference_ids
  FROM item
),
keyed AS (SELECT *, coalesce((SELECT f.key FROM fold f WHERE f.raw = id), lower(rtrim(id, '/'))) AS id_key FROM read)
SELECT id, id_key, coalesce((SELECT f.key FROM fold f WHERE f.raw = assignment_id), lower(rtrim(assignment_id, '/'))), substr(id, 1, instr(id_key, '/providers/microsoft.authorization/policyexemptions/') - 1),
  CASE WHEN instr(id_key, '/providers/microsoft.authorization/policyexemptions/') THEN substr(id_key, 1, instr(id_key, '/providers/microsoft.authorization/policyexemptions/') - 1) END,
  category, expires_on, reference_ids, src, ptr, api_version
FROM keyed;
