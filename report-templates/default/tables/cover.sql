-- The facts on the cover, and nothing else.
WITH month(n, word) AS (VALUES ('01', 'January'), ('02', 'February'), ('03', 'March'), ('04', 'April'), ('05', 'May'), ('06', 'June'),
  ('07', 'July'),
  ('08', 'August'), ('09', 'September'), ('10', 'October'), ('11', 'November'), ('12', 'December')),
e AS (
  SELECT max(CASE name WHEN 'organisation' THEN value END) AS organisation,
    max(CASE name WHEN 'classification' THEN value END) AS classification,
         max(CASE name WHEN 'period-start' THEN value END) AS p1, max(CASE name WHEN 'period-end' THEN value END) AS p2
    FROM engagement),
beyond AS (
  SELECT EXISTS (SELECT 1 FROM role_assignment) OR EXISTS (SELECT 1 FROM vault_access_policy) AS access,
         EXISTS (SELECT 1 FROM subscription v WHERE v.subscription_id NOT IN (SELECT subscription_id FROM scope)) AS names
)
SELECT 1 AS place, 'Organisation' AS name, coalesce(organisation, 'not stated in an engagement file') AS value, '' AS more,
  '' AS mono FROM e
UNION ALL
SELECT 2, 'Period', CAST(substr(p1, 9, 2) AS INTEGER) || ' ' || m1.word || ' ' || substr(p1, 1, 4) || ' to ' ||
       CAST(substr(p2, 9, 2) AS INTEGER) || ' ' || m2.word || ' ' || substr(p2, 1, 4), '', ''
  FROM e, month m1, month m2 WHERE m1.n = substr(p1, 6, 2) AND m2.n = substr(p2, 6, 2)
UNION ALL
SELECT 3, 'Snapshot', taken_at, CASE taken_at_by WHEN 'operator' THEN 'as set by the operator; the recording''s own times: ' ||
       coalesce(recording_first, 'not known') || ' to ' || coalesce(recording_last, 'not known') ELSE '' END, ''
  FROM snapshot
UNION ALL
SELECT 4, 'Source', 'From a recording of Azure''s answers, not from Azure itself', '', '' FROM snapshot WHERE source = 'recording'
UNION ALL
SELECT 5, 'Frameworks', (SELECT group_concat(title, ' · ')
  FROM (SELECT title || CASE label WHEN '' THEN '' ELSE ' (' || label || ')' END AS title
                           FROM framework ORDER BY position)), '', '' WHERE EXISTS (SELECT 1 FROM framework)
UNION ALL
SELECT 6, 'Classification', coalesce(classification, 'none stated'), '', '' FROM e
UNION ALL
SELECT 7, 'Holds', CASE WHEN access AND names THEN 'The raw answers in this pack name people and identities with their rights, and resources beyond the declared scope.'
                        WHEN access THEN 'The raw answers in this pack name people and identities with their rights.'
                        ELSE 'The raw answers in this pack name resources beyond the declared scope.' END, '', ''
  FROM beyond WHERE access OR names
UNION ALL
SELECT 8, 'Pack', '', '', value FROM report_option WHERE name = 'pack-id'
 ORDER BY 1
