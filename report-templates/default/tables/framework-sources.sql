-- What the mapping was written from.
SELECT name AS key, text AS title, url, seen, CASE verified WHEN 'secondary' THEN 'a copy or a report by others'
  ELSE 'the publisher''s own' END AS kind
  FROM framework_note WHERE framework = :framework AND kind = 'source' AND verified <> 'recalled' ORDER BY position
