-- The answer in a sentence or two: what the recorded settings showed, and of how many clusters.
WITH c AS (SELECT count(*) AS n, coalesce(sum(status = 'pass'), 0) AS good, coalesce(sum(status = 'fail'), 0) AS bad,
                  coalesce(sum(status NOT IN ('pass', 'fail')), 0) AS rest FROM custody),
     k AS (SELECT population_known AS known FROM check_count WHERE check_id = 'cluster-uses-des')
SELECT CASE
    WHEN c.n = 0 AND coalesce((SELECT known FROM k), 0) THEN 'No AKS cluster was found in scope.'
    WHEN c.n = 0 THEN 'No AKS cluster could be read.'
    ELSE printf('In the snapshot of %s, the recorded settings of %d of %d %s showed a key in the organisation''s vault at every link.',
                s.taken_at, c.good, c.n, CASE c.n WHEN 1 THEN 'cluster' ELSE 'clusters' END)
      || CASE WHEN c.bad > 0 THEN printf(' %d did not.', c.bad) ELSE '' END
      || CASE WHEN c.rest > 0 THEN printf(' %d could not be judged.', c.rest) ELSE '' END
      || CASE WHEN coalesce((SELECT known FROM k), 0) THEN '' ELSE ' How many clusters there are in all is not known: a list could not be read to its end.' END
      || ' Between snapshots nothing was observed.'
  END AS answer
  FROM c, snapshot s
