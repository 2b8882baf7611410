-- Link by link: at how many clusters it holds.
WITH place(link, position, words) AS (VALUES ('declared', 1, 'declared'), ('pool-disks', 2, 'pool disks'),
  ('data-disks', 3, 'data disks'),
  ('des', 4, 'disk encryption set'), ('key', 5, 'key'), ('rotation', 6, 'rotation'), ('vault', 7, 'vault'),
    ('identity', 8, 'identity')),
one AS (
  SELECT p.position, p.words, l.status FROM place p JOIN custody_link l ON l.link = p.link
  UNION ALL SELECT 9, 'etcd (beside the chain)', etcd FROM custody WHERE etcd IS NOT NULL),
n AS (
  SELECT position, words AS label, sum(status = 'pass') AS pass, sum(status = 'fail') AS fail,
    sum(status = 'not-assessed') AS not_assessed,
         sum(status = 'attested') AS attested FROM one GROUP BY position, words)
SELECT label, pass, fail, not_assessed, (SELECT count(*) FROM custody) - pass - fail - not_assessed - attested AS not_applicable,
  attested,
       pass || ' hold, ' || fail || ' do not, ' || not_assessed || ' could not be read' ||
       CASE (SELECT count(*) FROM custody) - pass - fail - not_assessed - attested WHEN 0 THEN ''
            ELSE ', does not apply to ' || ((SELECT count(*) FROM custody) - pass - fail - not_assessed - attested) END AS words
  FROM n ORDER BY position
