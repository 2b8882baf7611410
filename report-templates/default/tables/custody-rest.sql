-- What a long list of clusters leaves out (figures/custody.sql shows 100).
WITH shown AS (
  SELECT status, row_number() OVER (ORDER BY CASE status WHEN 'fail' THEN 0 WHEN 'not-assessed' THEN 1 ELSE 2 END, name,
    cluster_key) AS place FROM custody),
rest AS (SELECT count(*) AS n, coalesce(sum(status NOT IN ('fail', 'not-assessed')), 0) AS whole FROM shown WHERE place > 100)
SELECT 'and ' || n || ' more' || CASE whole WHEN n THEN ' that hold' ELSE ', ' || whole || ' of which hold' END AS words FROM rest
  WHERE n > 0
