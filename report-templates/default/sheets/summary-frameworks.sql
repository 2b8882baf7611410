-- Per framework: how many controls, by result.
SELECT f.title || CASE f.label WHEN '' THEN '' ELSE ' (' || f.label || ')' END AS framework,
       sum(r.status = 'no-exceptions') AS no_exceptions, sum(r.status = 'exceptions') AS exceptions,
       sum(r.status = 'not-assessed') AS not_assessed,
       sum(r.status = 'by-hand' AND r.supporting_checks > 0) AS supporting,
       sum(r.status = 'by-hand' AND r.supporting_checks = 0) AS by_hand,
       sum(r.status = 'not-applicable') AS not_applicable
  FROM framework f JOIN control_result r ON r.framework = f.id
 GROUP BY f.id ORDER BY f.position
