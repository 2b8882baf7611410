-- resource: subscription
-- title: subscriptions
-- api-version: 2022-12-01, 2021-01-01
-- audience: arm
-- after:
-- each: SELECT '' AS subject, '/subscriptions' AS url, '' AS scope
-- shape: list
-- permission: Microsoft.Resources/subscriptions/read
-- must: id, subscription_id
-- known: display_name, state
-- declares: SELECT subscription_id, display_name FROM subscription
-- source: Azure REST API, Microsoft.Resources 2022-12-01, Subscriptions_List
--   An identity without any right gets 200 and an empty list; the collector never takes that for an empty estate.
--   state is Enabled, Warned, PastDue, Disabled or Deleted; all but Deleted can be read.

CREATE TABLE subscription(
  id              TEXT,
  id_key          TEXT PRIMARY KEY,
  subscription_id TEXT,     -- lower-case GUID
  display_name    TEXT,
  tenant_id       TEXT,
  state           TEXT,
  src             INTEGER,  -- exchange.n
  ptr             TEXT,     -- of the item in that answer
  api_version     TEXT
) STRICT;

CREATE TEMP VIEW subscription_view AS
WITH body AS MATERIALIZED (
  SELECT e.n AS src, e.api_version, ltrim(CAST(sqlar_uncompress(s.data, s.sz) AS TEXT), char(65279)) AS b
  FROM exchange e JOIN sqlar s ON s.name = 'answers/' || e.sha256
  WHERE e.resource = 'subscription' AND e.usable AND e.status = 200
),
item AS MATERIALIZED (
  SELECT src, api_version, '/value/' || v.key AS ptr, v.value AS o
  FROM body, json_each(body.b, '$.value') v
  WHERE v.type = 'object'
),
read AS (
  SELECT src, api_version, ptr,
    CASE json_type(o, '$.id') WHEN 'text' THEN o ->> '$.id' END AS id,
    CASE json_type(o, '$.subscriptionId') WHEN 'text' THEN o ->> '$.subscriptionId' END AS subscription_id,
    CASE json_type(o, '$.displayName') WHEN 'text' THEN o ->> '$.displayName' END AS display_name,
    CASE json_type(o, '$.tenantId') WHEN 'text' THEN o ->> '$.tenantId' END AS tenant_id,
    CASE json_type(o, '$.state') WHEN 'text' THEN o ->> '$.state' END AS state
  FROM item
)
SELECT id, lower(rtrim(id, '/')),
  CASE WHEN length(subscription_id) = 36 AND NOT lower(subscription_id) GLOB '*[^0-9a-f-]*' AND lower(rtrim(id, '/')) = '/subscriptions/' || lower(subscription_id) THEN lower(subscription_id) END,
  display_name, lower(tenant_id), state, src, ptr, api_version
FROM read;
