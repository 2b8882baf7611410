-- How many tests do not hold, and how many could not be done, for some subject.
SELECT CASE sum(fail > 0) WHEN 0 THEN '' ELSE sum(fail > 0) || ' of ' || count(*) || ' tests' END AS failing,
       CASE sum(not_assessed > 0) WHEN 0 THEN '' ELSE sum(not_assessed > 0) || ' of ' || count(*) || ' tests' END AS unread
  FROM check_count HAVING count(*) > 0
