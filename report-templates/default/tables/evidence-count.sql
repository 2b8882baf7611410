-- How many answers were kept, and how many appendix A prints.
SELECT n, (SELECT arm_endpoint FROM snapshot) AS endpoint, CASE
  WHEN n > 600 THEN 'This table lists 600 of ' || n ||
  ' answers: those on which printed findings rest, and the first of the others. The workbook''s sheet Evidence lists all.'
               ELSE 'Every answer that was kept, in the order of asking.' END AS words
  FROM (SELECT count(*) AS n FROM exchange)
