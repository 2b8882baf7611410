-- The frameworks of this report, one chapter each.
WITH entity AS (SELECT max(CASE name WHEN 'entity-type' THEN value END) AS kind,
  max(CASE name WHEN 'baseline' THEN value END) AS baseline FROM engagement),
ask AS (SELECT framework, max(service_provider) AS providers, max(moderate IS NOT NULL) AS baselines,
  max(verified = 'secondary') AS secondary
          FROM control GROUP BY framework)
SELECT f.id AS framework, f.title AS framework_title, f.full_title, f.edition, f.label, f.published, f.publisher, f.retention, f.file,
  f.sha256,
       CASE f.built_in WHEN 1 THEN '' ELSE 'This mapping was given by whoever ordered the report; it is not keycustody''s own.' END AS foreign_words,
       CASE WHEN ask.baselines THEN coalesce('The engagement file declares the baseline ' || upper(substr(entity.baseline, 1, 1)) ||
         substr(entity.baseline, 2) ||
              '; controls outside it are not applicable.', 'No baseline is declared in an engagement file: no control is set aside for it, and each shows its membership.')
            WHEN ask.providers THEN CASE entity.kind
              WHEN 'merchant' THEN 'The engagement file declares a merchant; what is asked of service providers only is not applicable.'
              WHEN 'service-provider' THEN 'The engagement file declares a service provider.'
              ELSE 'No entity type is declared in an engagement file: what is asked of service providers only stays, marked.' END END AS entity_words,
       coalesce(ask.secondary, 0) OR EXISTS (SELECT 1 FROM relation r WHERE r.framework = f.id AND r.verified = 'secondary')
         OR EXISTS (SELECT 1 FROM framework_note n WHERE n.framework = f.id AND n.verified = 'secondary') AS secondary,
       (SELECT count(*) FROM control_result r WHERE r.framework = f.id) AS controls,
       (SELECT count(*) FROM control_result r WHERE r.framework = f.id AND r.direct_checks + r.supporting_checks > 0) AS tested
  FROM framework f LEFT JOIN ask ON ask.framework = f.id CROSS JOIN entity
 ORDER BY f.position
