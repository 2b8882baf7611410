-- The answer in one or two sentences: what the recorded settings showed, and of how many clusters.
WITH c AS (SELECT count(*) AS n, coalesce(sum(status = 'pass'), 0) AS good, coalesce(sum(status = 'fail'), 0) AS bad,
                  coalesce(sum(status NOT IN ('pass', 'fail')), 0) AS open,
                  CASE WHEN count(DISTINCT CASE WHEN status NOT IN ('pass', 'fail') THEN weakest END) = 1
                       THEN max(CASE WHEN status NOT IN ('pass', 'fail') THEN weakest END) END AS link FROM custody),
known AS (SELECT coalesce((SELECT population_known FROM check_count WHERE check_id = 'cluster-uses-des'), 0) AS yes),
word(n, small, big) AS (VALUES (1, 'one', 'One'), (2, 'two', 'Two'), (3, 'three', 'Three'), (4, 'four', 'Four'), (5, 'five', 'Five'),
  (6, 'six', 'Six'),
  (7, 'seven', 'Seven'), (8, 'eight', 'Eight'), (9, 'nine', 'Nine'), (10, 'ten', 'Ten'), (11, 'eleven', 'Eleven'),
    (12, 'twelve', 'Twelve'))
SELECT CASE
    WHEN c.n = 0 AND known.yes THEN 'In the snapshot of ' || :day || ', ' || :hour || ', no AKS cluster was found in scope.'
    WHEN c.n = 0 THEN 'In the snapshot of ' || :day || ', ' || :hour ||
      ', no AKS cluster could be read; whether there are any is not known.'
    ELSE 'In the snapshot of ' || :day || ', ' || :hour || ', the recorded settings of ' || c.good || ' of ' ||
      CASE WHEN known.yes THEN c.n || CASE c.n WHEN 1 THEN ' cluster' ELSE ' clusters' END
           ELSE CASE c.n WHEN 1 THEN 'the one cluster that could be read'
             ELSE 'the ' || c.n || ' clusters that could be read' END END ||
      ' showed a key in the organisation''s own vaults at every link.' ||
      CASE WHEN c.bad = 0 AND c.open = 0 THEN ''
           WHEN c.bad = 0 THEN ' ' || coalesce(o.big, c.open)
           ELSE ' ' || coalesce(b.big, c.bad) || ' did not' || CASE c.open WHEN 0 THEN '.'
             ELSE '; ' || coalesce(o.small, c.open) END END ||
      CASE WHEN c.open = 0 THEN '' ELSE ' could not be judged' ||
        CASE WHEN c.link IS NULL THEN '.' ELSE ', because ' || CASE c.open WHEN 1 THEN 'its' ELSE 'their' END || ' link “' ||
          replace(c.link, '-', ' ') ||
          '” could not be assessed.' END END ||
      CASE WHEN known.yes THEN '' ELSE ' How many clusters there are in all is not known: a list could not be read to its end.' END
  END AS answer
  FROM c CROSS JOIN known LEFT JOIN word b ON b.n = c.bad LEFT JOIN word o ON o.n = c.open
