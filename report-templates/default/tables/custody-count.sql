-- Key custody in numbers.
SELECT count(*) AS n, coalesce(sum(status = 'pass'), 0) AS whole, coalesce(sum(status = 'fail'), 0) AS broken,
       coalesce(sum(status NOT IN ('pass', 'fail')), 0) AS open,
       count(*) || CASE count(*) WHEN 1 THEN ' cluster in scope: ' ELSE ' clusters in scope: ' END ||
         coalesce(sum(status = 'pass'), 0) || ' whole, ' ||
       coalesce(sum(status = 'fail'), 0) || ' with a link that does not hold, ' || coalesce(sum(status NOT IN ('pass', 'fail')), 0) ||
       ' that could not be judged.' || CASE (SELECT population_known FROM check_count WHERE check_id = 'cluster-uses-des')
         WHEN 1 THEN ''
       ELSE ' How many there are in all is not known.' END AS words
  FROM custody HAVING count(*) > 0
