-- What this cannot show: the first limit of each framework by its heading, and whose rule customer-managed keys are.
WITH first AS (
  SELECT f.position, f.title, n.name, n.text, n.verified
    FROM framework f JOIN framework_note n ON n.framework = f.id AND n.kind = 'limit' AND n.verified <> 'recalled'
   WHERE n.position = (SELECT min(m.position) FROM framework_note m WHERE m.framework = f.id AND m.kind = 'limit'
     AND m.verified <> 'recalled')),
shipped AS (SELECT count(*) AS n, group_concat(title, ', ') AS names
  FROM (SELECT title FROM framework WHERE built_in = 1 ORDER BY position))
SELECT (SELECT group_concat(words, ' ') FROM (
          SELECT title || ': ' || CASE name WHEN '' THEN text ELSE lower(substr(name, 1, 1)) || substr(name, 2) || '.' END ||
                 CASE verified WHEN 'secondary' THEN ' †' ELSE '' END AS words
            FROM first ORDER BY position)) AS limits,
       CASE shipped.n WHEN 0 THEN '' WHEN 1 THEN shipped.names || ' does not require customer-managed keys; '
                      ELSE CASE (SELECT count(*) FROM framework) WHEN shipped.n THEN 'None of them'
                        ELSE 'None of ' || shipped.names END ||
                        ' requires customer-managed keys; ' END ||
       CASE shipped.n WHEN 0 THEN '' ELSE coalesce((
         SELECT CASE adopted WHEN 1 THEN 'that test rests on the organisation''s own policy' || CASE
           WHEN document = '' OR length(document) > 24 THEN ' (appendix D)' ELSE ' ' || document END || '.'
                     ELSE 'that test rests on keycustody''s default, which the organisation has not adopted.' END
           FROM policy WHERE name = 'cmk-required'), 'that test is the organisation''s own policy.') END AS keys
  FROM shipped
