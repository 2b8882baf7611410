-- Per framework: its controls by result. :framework '' gives all of them.
WITH entity AS (SELECT max(CASE name WHEN 'entity-type' THEN value END) AS kind,
  max(CASE name WHEN 'baseline' THEN value END) AS baseline FROM engagement),
n AS (
  SELECT r.framework, count(*) AS controls, sum(r.status = 'no-exceptions') AS no_exceptions,
    sum(r.status = 'exceptions') AS exceptions,
         sum(r.status = 'not-assessed') AS not_assessed, sum(r.status = 'by-hand' AND r.supporting_checks > 0) AS supporting,
         sum(r.status = 'by-hand' AND r.supporting_checks = 0) AS by_hand, sum(r.status = 'not-applicable') AS not_applicable
    FROM control_result r GROUP BY r.framework),
ask AS (SELECT framework, max(service_provider) AS providers, max(moderate IS NOT NULL) AS baselines FROM control GROUP BY framework)
SELECT f.title,
       trim(CASE WHEN ask.baselines THEN coalesce(upper(substr(entity.baseline, 1, 1)) || substr(entity.baseline, 2),
         'baseline not declared') || ' · '
                 WHEN ask.providers THEN coalesce(replace(entity.kind, '-', ' '), 'entity type not declared') || ' · '
                   WHEN f.label = '' THEN substr(f.edition, 1, instr(f.edition || ',', ',') - 1) ELSE '' END ||
                   substr(f.label, 1, instr(f.label || ';', ';') - 1), ' ·') AS detail,
       n.controls, n.no_exceptions, n.exceptions, n.not_assessed, n.supporting, n.by_hand, n.not_applicable,
       n.no_exceptions || ' without exceptions, ' || n.exceptions || ' with, ' || n.not_assessed || ' not assessed, ' ||
         n.supporting ||
       ' supporting, ' || n.by_hand || ' by hand' || CASE n.not_applicable WHEN 0 THEN ''
         ELSE ', ' || n.not_applicable || ' n/a' END AS words
  FROM framework f JOIN n ON n.framework = f.id JOIN ask ON ask.framework = f.id CROSS JOIN entity
 WHERE :framework IN ('', f.id)
 ORDER BY f.position
